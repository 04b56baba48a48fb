/*
 * desk_outcome.c - what came of the articles that were suggested: the customer's, time's or an agent's word on them, said or done.
 *
 * The ranking learns from it: only the customer's own words count there. Of a held request, until when a word is waited for, too.
 */
#include <string.h>

#include "desk_private.h"

void desk_set_held_timers(struct decision *d, const struct ticket_facts *ticket)
{
	int remind = d->policy->kb_remind_hours, end = d->policy->kb_end_hours;
	if (!end || remind < end)
		desk_plan_timer(d, ticket, TIMER_HELD_REMIND, remind * HOUR_MS);
	desk_plan_timer(d, ticket, TIMER_HELD_END, end * HOUR_MS);
}

void desk_say(struct decision *d, struct ticket_facts *ticket, const char *said, const char *article)
{
	struct effect *effect = desk_plan_add(d, EFFECT_OUTCOME, ticket->id);
	effect->to = said;
	effect->from = article;
	ticket->suggestion.outcome = said;
}

void desk_word_of_event(struct decision *d, struct ticket_facts *ticket, enum ticket_event event)
{
	const char *said = ticket->suggestion.outcome ? ticket->suggestion.outcome : "";
	bool waits = ticket->state == STATE_HELD && !*said;
	bool expired = ticket->state == STATE_EXPIRED && strcmp(said, OUTCOME_SILENCE) == 0;
	bool solved = ticket->state == STATE_CLOSED && strcmp(said, OUTCOME_SOLVED) == 0;
	bool customer = event == EVENT_CUSTOMER_MAIL || event == EVENT_STILL_NEED_HELP;
	if (ticket->suggestion.shown <= SUGGESTION_NOTHING)
		return;
	if ((customer && (waits || expired)) || (solved && event == EVENT_STILL_NEED_HELP))
		desk_say(d, ticket, OUTCOME_REFUSED, "");
	else if (solved)
		desk_say(d, ticket, OUTCOME_RETURNED, "");
	else if (waits)
		desk_say(d, ticket, event == EVENT_HELD_EXPIRED || event == EVENT_HELD_CREATE ? OUTCOME_SILENCE : OUTCOME_TAKEN, "");
}

/* Ask before the state moves. */
bool desk_is_unseen(const struct ticket_facts *ticket)
{
	bool solved_unseen = ticket->state == STATE_CLOSED && ticket->suggestion.shown == SUGGESTION_HELD && !*ticket->agent;
	return ticket->state == STATE_HELD || ticket->state == STATE_EXPIRED || solved_unseen;
}
