/*
 * desk_hold.c - a request that waits for its customer's word on the suggested articles, before any agent is burdened with it.
 *
 * It is a ticket in state held: kept like any mail, given to nobody, told to nobody. It is held only where the mail with the articles may go
 * out; whatever speaks against that (a machine, a forged sender, the budget, a rule that wants a person) makes it a ticket at once. It
 * leaves by the customer's button or reply, by an agent who takes it, by silence, or when that mail comes back: nothing is lost by it.
 * Each way of leaving is a word on the articles, which the ranking learns from: only the customer's own words count there.
 */
#include <string.h>

#include "desk_private.h"

static bool important(const char *priority)
{
	return priority && (strcmp(priority, "urgent") == 0 || strcmp(priority, "high") == 0);
}

/* A rule that names an agent, tells one at once, or says that it is important wants a person, not an article; so does what was learned. Rules
 * that could not be run might have said so. */
static bool wants_a_person(const struct verdict *verdict)
{
	if (!verdict)
		return false;
	bool vip = strings_have(&verdict->tags, "vip") || (verdict->learned_tag && strcmp(verdict->learned_tag, "vip") == 0);
	return vip || important(verdict->priority) || important(verdict->learned_priority) || verdict->agent || verdict->notify.count || verdict->trouble;
}

static bool refused_lately(const struct decision *d)
{
	return d->facts->sender_refused_at && d->facts->now - d->facts->sender_refused_at < d->policy->kb_quiet_hours * HOUR_MS;
}

/* A mail to several of our queues is shared by their agents: it is not held in one and open in the other. */
static bool for_several_queues(const struct decision *d, const struct incoming *incoming)
{
	const struct mail_addresses *lists[] = {&incoming->mail->to, &incoming->mail->cc};
	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++) {
			const struct desk_queue *queue = desk_queue_with_address(d->policy, lists[k]->at[i].address);
			if (queue && queue != incoming->address.queue)
				return true;
		}
	return d->facts->siblings.count > 0;
}

bool desk_may_hold(struct decision *d, const struct incoming *incoming, const struct desk_queue *queue, const char *customer, int64_t points_at)
{
	if (d->facts->suggestion.shown != SUGGESTION_HELD || !d->facts->suggestion.articles.count || !queue || !desk_queue_wants_notice(queue, "held"))
		return false;
	if (incoming->mail->kind != MAIL_REQUEST || points_at || for_several_queues(d, incoming))
		return false;
	return !wants_a_person(d->facts->verdict) && !refused_lately(d) && !desk_no_acknowledgement(d, incoming->mail, customer);
}

/* ---- to the agents ---- */

void desk_present(struct decision *d, struct ticket_facts *ticket, const char *more)
{
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	const char *suggested = "";
	for (size_t i = 0; i < ticket->suggestion.articles.count; i++)
		suggested = arena_printf(d->arena, "%s%s%s", suggested, i ? ", " : "", ticket->suggestion.articles.at[i].id);
	if (*suggested)
		record_add(&variables, "suggested", suggested);
	if (*more)
		record_add(&variables, "more", utf8_cut(d->arena, more, 16 * 1024));
	if (!*ticket->agent)
		desk_give_out(d, ticket);
	desk_notice_to_agents(d, ticket, "agent-new", 1, NULL, arena_string(d->arena, buffer_string(&variables)));
}

void desk_held_mail_failed(struct decision *d, struct ticket_facts *ticket, const char *template)
{
	if (!desk_notice_is(template, NOTICE_OF_HELD) || (ticket->state != STATE_HELD && ticket->state != STATE_EXPIRED))
		return;
	desk_plan_event(d, ticket, EVENT_HELD_CREATE, "our mail with the articles did not arrive");
	desk_present(d, ticket, "");
}

/* ---- silence ---- */

/* Nothing of the mail is repeated to a stranger now either, and it costs what every mail to a stranger costs. */
static struct outgoing *tell_held(struct decision *d, struct ticket_facts *ticket, const char *template)
{
	struct outgoing *notice = desk_tell_customer(d, ticket, template);
	if (notice && ticket->suggestion.stranger) {
		notice->subject = "";
		notice->to.at[0].name = "";
		struct effect *count = desk_plan_add(d, EFFECT_COUNT_ACKNOWLEDGEMENT, ticket->id);
		count->to = ticket->customer.address;
		count->number = 1;
	}
	return notice;
}

void desk_decide_held_timer(struct decision *d, struct ticket_facts *ticket, const char *timer)
{
	if (ticket->state != STATE_HELD)
		return;
	if (strcmp(timer, TIMER_HELD_REMIND) == 0) {
		struct outgoing *notice = tell_held(d, ticket, "held-reminder");
		if (notice)
			desk_show_articles(d, ticket, &ticket->suggestion.articles, notice);
	} else if (d->policy->kb_silence == SILENCE_EXPIRE && d->facts->customer_told) {
		desk_plan_event(d, ticket, EVENT_HELD_EXPIRED, "no answer");
		tell_held(d, ticket, "expired");
	} else {
		desk_plan_event(d, ticket, EVENT_HELD_CREATE, "no answer");
		desk_present(d, ticket, "");
	}
}
