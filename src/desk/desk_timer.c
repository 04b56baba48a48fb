/*
 * desk_timer.c - what time does to a ticket: a wait that is over, an answer that is overdue, silence after "resolved", the agents' daily digest.
 *
 * A timer that comes too late (the ticket moved on in the same moment) does nothing. The store takes the timer's row away in the
 * transaction that applies the plan, so that nothing fires twice and nothing is lost over a restart.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"

int desk_gathered_from(const char *timer)
{
	return strncmp(timer, TIMER_GATHERED, strlen(TIMER_GATHERED)) == 0 ? atoi(timer + strlen(TIMER_GATHERED)) : 0;
}

/* Not where the timer is of an older configuration. */
static void overdue(struct decision *d, const struct ticket_facts *ticket)
{
	if (!desk_answer_is_due(d, ticket))
		return;
	desk_plan_remark(d, ticket->id, "the answer is overdue", NULL);
	desk_notice_to_agents(d, ticket, "agent-overdue", d->facts->last_words, NULL, NULL);
}

void desk_decide_timer(const struct desk_policy *policy, const char *timer, const struct facts *facts, struct plan *plan)
{
	struct decision d = {policy, facts, plan, plan->arena, "timer", facts->next_outbox, NULL, 0, NULL};
	if (!plan->who)
		plan->who = "timer";
	if (!facts->ticket)
		return;
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	plan->ticket = ticket->id;
	if (strcmp(timer, TIMER_HELD_REMIND) == 0 || strcmp(timer, TIMER_HELD_END) == 0)
		desk_decide_held_timer(&d, ticket, timer);
	else if (desk_told_until(timer) >= 0)
		desk_tell_what_happened_since(&d, ticket, timer);
	else if (desk_gathered_from(timer))
		desk_tell_of_gathered(&d, ticket, desk_gathered_from(timer));
	else if (strcmp(timer, TIMER_PENDING) == 0 && desk_plan_event(&d, ticket, EVENT_TIME_COME, "the time has come")) {
		desk_notice_to_agents(&d, ticket, "agent-pending", facts->last_words, NULL, NULL);
	} else if (strcmp(timer, TIMER_ANSWER) == 0) {
		overdue(&d, ticket);
	} else if (strcmp(timer, TIMER_REMIND) == 0 && ticket->state == STATE_RESOLVED) {
		desk_tell_customer(&d, ticket, "reminder");
	} else if (strcmp(timer, TIMER_CLOSE) == 0 && ticket->state == STATE_RESOLVED) {
		desk_plan_event(&d, ticket, EVENT_SILENCE, "no answer");
		desk_tell_customer(&d, ticket, "closed");
	}
}

void desk_decide_gone(const struct desk_policy *policy, const struct facts *facts, struct plan *plan)
{
	struct decision d = {.policy = policy, .facts = facts, .plan = plan, .arena = plan->arena, .trace = "desk", .next_outbox = facts->next_outbox};
	CLEANUP_BUFFER struct buffer variables = {0};
	if (!facts->ticket || !*facts->ticket->agent || desk_agent_named(policy, facts->ticket->agent))
		return;
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	const char *gone = ticket->agent;
	plan->ticket = ticket->id;
	desk_plan_set_agent(&d, ticket, "", arena_printf(plan->arena, "%s is no longer in the configuration", gone));
	record_add(&variables, "gone", gone);
	desk_notice_to_agents(&d, ticket, "agent-new", ticket->next_seq > 1 ? 1 : 0, NULL, arena_string(plan->arena, buffer_string(&variables)));
}

void desk_decide_digest(const struct desk_policy *policy, const struct desk_agent *agent, const char *lines, const struct facts *facts,
                        struct plan *plan)
{
	desk_decide_list(policy, "agent-digest", agent, lines, facts, plan);
}

void desk_decide_list(const struct desk_policy *policy, const char *template, const struct desk_agent *agent, const char *lines, const struct facts *facts, struct plan *plan)
{
	struct decision d = {policy, facts, plan, plan->arena, "timer", facts->next_outbox, NULL, 0, NULL};
	const struct desk_queue *queue = &policy->queues.at[0];
	if (!mail_address_usable(agent->email) || !desk_queue_wants_notice(queue, template))
		return;
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	record_add(&variables, "text", lines);
	record_add(&variables, "date", desk_date(plan->arena, desk_local(policy, facts->now), desk_agents_language(policy, agent)));
	struct outgoing *o = ARENA_NEW(plan->arena, struct outgoing);
	*o = (struct outgoing){.id = d.next_outbox++, .trace = d.trace, .template = template, .language = desk_agents_language(policy, agent), .queue = queue->name,
	                       .agent = agent->name, .to_agent = true, .automatic = true, .from = {queue->address, policy->name},
	                       .reply_to = "", .in_reply_to = "", .subject = "", .date = facts->now,
	                       .variables = arena_string(plan->arena, buffer_string(&variables))};
	desk_show_news(&d, "", o->variables, o);
	struct token bounce = {.kind = TOKEN_BOUNCE, .number = o->id}, id = {.kind = TOKEN_MAIL_TO_AGENT, .number = o->id, .who = desk_who(agent->name)};
	o->envelope_from = desk_token_address(plan->arena, policy, queue->address, &bounce);
	o->message_id = desk_message_id(plan->arena, policy, &id);
	*ARENA_PUSH(plan->arena, &o->to) = (struct mail_address){agent->email, agent->display};
	desk_plan_add(&d, EFFECT_ENQUEUE, 0)->outgoing = o;
}
