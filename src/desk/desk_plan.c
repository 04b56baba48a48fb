/*
 * desk_plan.c - the plan: effects in order. The verbs here keep the working copy of the ticket in step with what was planned.
 */
#include <string.h>

#include "desk_private.h"

void desk_plan_init(struct plan *plan, struct arena *arena, const char *who)
{
	*plan = (struct plan){.arena = arena, .who = who};
}

bool desk_plan_has(const struct plan *plan, enum effect_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == kind)
			return true;
	return false;
}

struct effect *desk_plan_add(struct decision *d, enum effect_kind kind, int64_t ticket)
{
	struct effect *effect = ARENA_PUSH(d->arena, d->plan);
	*effect = (struct effect){.kind = kind, .ticket = ticket, .from = "", .to = "", .why = ""};
	return effect;
}

void desk_plan_remark(struct decision *d, int64_t ticket, const char *what, const char *why)
{
	struct effect *effect = desk_plan_add(d, EFFECT_REMARK, ticket);
	effect->to = what;
	effect->why = why ? why : "";
}

void desk_plan_disposition(struct decision *d, const char *name, int64_t ticket, int seq, const char *why)
{
	struct effect *effect = desk_plan_add(d, EFFECT_DISPOSITION, ticket);
	effect->to = name;
	effect->number = seq;
	effect->why = why ? why : "";
	d->plan->ticket = ticket;
}

static void plan_change(struct decision *d, enum effect_kind kind, int64_t ticket, const char *from, const char *to, const char *why)
{
	struct effect *effect = desk_plan_add(d, kind, ticket);
	effect->from = from;
	effect->to = to;
	effect->why = why ? why : "";
}

void desk_plan_timer(struct decision *d, const struct ticket_facts *ticket, const char *timer, int64_t wait)
{
	if (wait <= 0)
		return;
	struct effect *effect = desk_plan_add(d, EFFECT_SET_TIMER, ticket->id);
	effect->to = timer;
	effect->number = d->facts->now + wait;
}

void desk_plan_set_state(struct decision *d, struct ticket_facts *ticket, enum ticket_state state, const char *why)
{
	plan_change(d, EFFECT_SET_STATE, ticket->id, desk_ticket_state_name(ticket->state), desk_ticket_state_name(state), why);
	ticket->state = state;
}

void desk_plan_set_agent(struct decision *d, struct ticket_facts *ticket, const char *agent, const char *why)
{
	if (strcmp(ticket->agent, agent) == 0)
		return;
	plan_change(d, EFFECT_SET_AGENT, ticket->id, ticket->agent, agent, why);
	ticket->agent = agent;
}

void desk_plan_set_field(struct decision *d, struct ticket_facts *ticket, const struct desk_field *field, const char *value, const char *why)
{
	const char **place = (const char **)((char *)ticket + field->offset), *from = *place ? *place : "";
	if (strcmp(from, value) == 0)
		return;
	plan_change(d, EFFECT_SET_FIELD, ticket->id, from, value, why);
	d->plan->at[d->plan->count - 1].field = field;
	*place = value;
}

void desk_plan_set_queue(struct decision *d, struct ticket_facts *ticket, const char *queue, const char *why)
{
	if (strcmp(ticket->queue, queue) == 0)
		return;
	plan_change(d, EFFECT_SET_QUEUE, ticket->id, ticket->queue, queue, why);
	ticket->queue = queue;
}

struct new_message *desk_plan_message(struct decision *d, struct ticket_facts *ticket, enum message_kind kind, bool out)
{
	struct effect *effect = desk_plan_add(d, EFFECT_APPEND_MESSAGE, ticket->id);
	struct new_message *message = ARENA_NEW(d->arena, struct new_message);
	*message = (struct new_message){.seq = ticket->next_seq++, .kind = kind, .out = out, .from = {"", ""},
	                                .date = d->facts->now, .agent = "", .flags = ""};
	effect->message = message;
	effect->number = message->seq;
	return message;
}
