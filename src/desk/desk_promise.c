/*
 * desk_promise.c - the steps of a promise: who is told that a clock is due soon or late, and the priority that the ticket gets.
 *
 * Which step is taken when is reckoned elsewhere (sla, gateway_steps.c). Each is written down in the history, so that none is taken twice. Of several steps of
 * one ticket at once there is one mail for each agent.
 */
#include <string.h>

#include "desk_private.h"

static void add_name(struct arena *arena, struct strings *names, const struct desk_agent *agent)
{
	if (agent && !strings_have(names, agent->name))
		strings_add(arena, names, agent->name);
}

static void add_queue(const struct desk_policy *policy, const struct ticket_facts *ticket, struct arena *arena, struct strings *names)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	for (size_t i = 0; queue && i < queue->agents.count; i++)
		add_name(arena, names, desk_agent_named(policy, queue->agents.at[i]));
}

/* Those of the queue; where it has none, those of the desk; where that has none, the queue. */
static void add_supervisors(const struct desk_policy *policy, const struct ticket_facts *ticket, struct arena *arena, struct strings *names)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	size_t before = names->count;
	bool any = false;
	for (size_t i = 0; queue && i < queue->agents.count; i++) {
		const struct desk_agent *agent = desk_agent_named(policy, queue->agents.at[i]);
		any |= agent && agent->role == AGENT_SUPERVISOR;
	}
	for (size_t i = 0; i < policy->agents.count; i++)
		if (policy->agents.at[i].role == AGENT_SUPERVISOR && (!any || strings_have(&queue->agents, policy->agents.at[i].name)))
			add_name(arena, names, &policy->agents.at[i]);
	if (!any && names->count == before)
		add_queue(policy, ticket, arena, names);
}

void desk_step_agents(const struct desk_policy *policy, const struct facts *facts, const struct desk_steps *steps, struct arena *arena, struct strings *names)
{
	const struct ticket_facts *ticket = facts->ticket;
	const struct desk_agent *own = *ticket->agent ? desk_agent_named(policy, ticket->agent) : NULL;
	for (size_t i = 0; i < steps->count; i++)
		switch (steps->at[i].tell) {
		case DESK_TELL_AGENT:
			if (own && !desk_on_leave(own, facts))
				add_name(arena, names, own);
			else
				add_queue(policy, ticket, arena, names);
			break;
		case DESK_TELL_QUEUE:
			add_name(arena, names, own);
			add_queue(policy, ticket, arena, names);
			break;
		case DESK_TELL_SUPERVISOR: add_supervisors(policy, ticket, arena, names); break;
		}
}

static int rank(const char *priority)
{
	for (int i = 0; i < PRIORITY_COUNT; i++)
		if (strcmp(desk_priority_names[i], priority) == 0)
			return i;
	return -1;
}

static void raise_priority(struct decision *d, struct ticket_facts *ticket, const struct desk_steps *steps)
{
	const struct desk_field *field = desk_field_simple(TICKET_FIELD_PRIORITY);
	for (size_t i = 0; i < steps->count; i++)
		if (rank(steps->at[i].priority) > rank(ticket->priority))
			desk_plan_set_field(d, ticket, field, steps->at[i].priority, "its promise");
}

/* Of the clock that is due first. */
static const char *variables_of(struct decision *d, const struct desk_steps *steps, bool late, const char *language)
{
	const struct desk_step *first = &steps->at[0];
	CLEANUP_BUFFER struct buffer out = {0};
	for (size_t i = 1; i < steps->count; i++)
		if (steps->at[i].late == late && (first->late != late || steps->at[i].due < first->due))
			first = &steps->at[i];
	record_add(&out, "date", desk_time(d->arena, d->policy, first->due, language));
	if (strcmp(first->clock, "resolution") == 0)
		record_add(&out, "solution", "yes");
	return arena_string(d->arena, buffer_string(&out));
}

void desk_decide_steps(const struct desk_policy *policy, const struct desk_steps *steps, const struct strings *listed, const struct facts *facts, struct plan *plan)
{
	struct decision d = {.policy = policy, .facts = facts, .plan = plan, .arena = plan->arena, .trace = "promise", .next_outbox = facts->next_outbox};
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	struct strings names = {0};
	bool late = false;
	plan->ticket = ticket->id;
	for (size_t i = 0; i < steps->count; i++) {
		struct effect *effect = desk_plan_add(&d, EFFECT_WARNED, ticket->id);
		effect->from = steps->at[i].clock;
		effect->to = steps->at[i].text;
		effect->number = steps->at[i].started;
		late |= steps->at[i].late;
	}
	raise_priority(&d, ticket, steps);
	desk_step_agents(policy, facts, steps, plan->arena, &names);
	for (size_t i = 0; i < names.count; i++) {
		const struct desk_agent *agent = desk_agent_named(policy, names.at[i]);
		if (agent && !strings_have(listed, agent->name))
			desk_notice_to_agent(&d, ticket, agent, late ? "agent-overdue" : "agent-due", facts->last_words, variables_of(&d, steps, late, desk_agents_language(policy, agent)));
	}
}
