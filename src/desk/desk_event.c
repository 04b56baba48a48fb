/*
 * desk_event.c - an event moves a ticket by the table of desk_state.c, with all that follows from it: timers, the promised answer, and the
 * word on what was suggested that the event is in itself.
 */
#include "desk_private.h"

bool desk_plan_event(struct decision *d, struct ticket_facts *ticket, enum ticket_event event, const char *why)
{
	enum ticket_state next;
	if (!desk_ticket_transition(ticket->state, event, &next))
		return false;
	bool stops = desk_due_stops(d, ticket, next, event);
	if (next == ticket->state) {
		if (stops)
			desk_plan_add(d, EFFECT_CLEAR_TIMERS, ticket->id);
		desk_due_follows(d, ticket, event);
		return true;
	}
	desk_word_of_event(d, ticket, event);
	bool had_timers = ticket->state == STATE_PENDING || ticket->state == STATE_RESOLVED || ticket->state == STATE_HELD;
	desk_plan_set_state(d, ticket, next, why);
	if (had_timers || stops)
		desk_plan_add(d, EFFECT_CLEAR_TIMERS, ticket->id);
	if (next == STATE_RESOLVED) {
		desk_plan_timer(d, ticket, TIMER_REMIND, d->policy->remind_days * DAY_MS);
		desk_plan_timer(d, ticket, TIMER_CLOSE, d->policy->close_days * DAY_MS);
	}
	desk_due_follows(d, ticket, event);
	return true;
}

void desk_plan_wait(struct decision *d, struct ticket_facts *ticket, int64_t until, const char *waiting)
{
	desk_plan_event(d, ticket, EVENT_PEND, NULL);
	desk_plan_add(d, EFFECT_CLEAR_TIMERS, ticket->id);
	struct effect *pending = desk_plan_add(d, EFFECT_SET_PENDING, ticket->id);
	pending->number = ticket->pending_until = until;
	pending->to = ticket->waiting = waiting;
	struct effect *timer = desk_plan_add(d, EFFECT_SET_TIMER, ticket->id);
	timer->to = TIMER_PENDING;
	timer->number = until;
}
