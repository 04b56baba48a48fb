/*
 * desk_due.c - by when a customer who wrote is to hear from an agent, where the queue says so (queues[].answer_hours).
 *
 * The clock starts with the customer's words and is not put back by more of them; it stops with an agent's answer, and with
 * whatever takes the ticket out of "new" and "open". Notes do not stop it: the customer does not see them.
 * When it runs out, the agents are told once, with the words that wait (desk_timer.c).
 */
#include "desk_private.h"

static bool is_due(const struct ticket_facts *ticket)
{
	return ticket->state == STATE_NEW || ticket->state == STATE_OPEN;
}

static bool customer_waits_after(enum ticket_event event)
{
	return event == EVENT_CUSTOMER_MAIL || event == EVENT_NOT_SOLVED || event == EVENT_STILL_NEED_HELP || event == EVENT_HELD_CREATE;
}

static int64_t answer_ms(const struct decision *d, const struct ticket_facts *ticket)
{
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	return queue ? queue->answer_hours * HOUR_MS : 0;
}

/* Some queue does: the clock of a ticket that was moved since runs on, and an answer stops it there, too. */
static bool anybody_promises(const struct desk_policy *policy)
{
	for (size_t i = 0; i < policy->queues.count; i++)
		if (policy->queues.at[i].answer_hours > 0)
			return true;
	return false;
}

void desk_due_starts(struct decision *d, const struct ticket_facts *ticket)
{
	if (is_due(ticket))
		desk_plan_timer(d, ticket, TIMER_ANSWER, answer_ms(d, ticket));
}

bool desk_due_stops(const struct decision *d, const struct ticket_facts *before, enum ticket_state next, enum ticket_event event)
{
	return desk_answer_is_due(d, before) && (event == EVENT_AGENT_REPLY || (next != STATE_NEW && next != STATE_OPEN));
}

void desk_due_follows(struct decision *d, const struct ticket_facts *ticket, enum ticket_event event)
{
	if (customer_waits_after(event))
		desk_due_starts(d, ticket);
}

const char *desk_due_date(const struct decision *d, const struct ticket_facts *ticket, const char *language)
{
	int64_t wait = answer_ms(d, ticket), due = wait ? d->facts->now + wait : 0;
	if (d->policy->answer_due)
		due = d->policy->answer_due(d->policy->promises, ticket, d->facts->now);
	return due ? desk_moment(d->arena, d->policy, due, language) : NULL;
}

bool desk_answer_is_due(const struct decision *d, const struct ticket_facts *ticket)
{
	return is_due(ticket) && anybody_promises(d->policy);
}
