/*
 * desk_page.c - what a customer's button on a page does. The link was proved by its token; it is good for one ticket and one role.
 *
 * Pressing again changes nothing: the plan is empty, and the page shows what already is so. Words that came with the button join the
 * ticket as a message of the customer, once.
 */
#include <string.h>

#include "desk_private.h"
#include "limits.h"

static struct new_message *add_words(struct decision *d, struct ticket_facts *ticket, const char *words)
{
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_REPLY, false);
	message->text = words;
	message->from = (struct mail_address){ticket->customer.address, ticket->customer.name};
	message->flags = "written on the page";
	return message;
}

static enum status confirm(struct decision *d, struct ticket_facts *ticket, struct error *error)
{
	if (ticket->state == STATE_CLOSED)
		return STATUS_OK;
	if (!desk_plan_event(d, ticket, EVENT_CONFIRMED, "the customer confirmed by the link"))
		return error_set(error, STATUS_REFUSED, "the request is being worked on again");
	desk_notice_to_agents(d, ticket, "agent-confirmed", 0, NULL, NULL);
	return STATUS_OK;
}

static enum status refuse(struct decision *d, struct ticket_facts *ticket, const struct page_act *act, struct error *error)
{
	bool words = *act->words && !d->facts->words_known;
	enum ticket_state before = ticket->state;
	if (!desk_plan_event(d, ticket, EVENT_NOT_SOLVED, "the customer says it is not solved"))
		return error_set(error, STATUS_REFUSED, "nothing to refuse: the request was not resolved yet");
	if (before == ticket->state && !words)
		return STATUS_OK;
	int seq = words ? add_words(d, ticket, act->words)->seq : 0;
	desk_notice_to_agents(d, ticket, "agent-refused", seq, NULL, NULL);
	return STATUS_OK;
}

static enum status add(struct decision *d, struct ticket_facts *ticket, const struct page_act *act)
{
	if (!*act->words || d->facts->words_known)
		return STATUS_OK;
	struct new_message *message = add_words(d, ticket, act->words);
	bool unseen = desk_is_unseen(ticket);
	desk_plan_event(d, ticket, EVENT_CUSTOMER_MAIL, "the customer wrote");
	if (unseen)
		desk_present(d, ticket, act->words);
	else
		desk_tell_of_reply(d, ticket, message->seq);
	return STATUS_OK;
}

/* ---- the word on what was suggested ---- */

/* "I still need help": whatever became of the request meanwhile, somebody is to look at it. */
static enum status help(struct decision *d, struct ticket_facts *ticket, const struct page_act *act)
{
	bool words = *act->words && !d->facts->words_known, unseen = desk_is_unseen(ticket);
	enum ticket_state before = ticket->state;
	if (ticket->state == STATE_NEW && ticket->suggestion.shown > SUGGESTION_NOTHING && !*ticket->suggestion.outcome) {
		desk_say(d, ticket, OUTCOME_REFUSED, "");
		desk_plan_remark(d, ticket->id, "the customer says that the articles did not help", NULL);
	}
	desk_plan_event(d, ticket, EVENT_STILL_NEED_HELP, "the customer still needs help");
	int seq = words ? add_words(d, ticket, act->words)->seq : 0;
	if (before != ticket->state && unseen)
		desk_present(d, ticket, words ? act->words : "");
	else if (before != ticket->state)
		desk_notice_to_agents(d, ticket, "agent-refused", seq, NULL, NULL);
	else if (words)
		desk_tell_of_reply(d, ticket, seq);
	return STATUS_OK;
}

/* Which of the articles that were shown; "": none of them. */
static const char *shown_article(const struct ticket_facts *ticket, const char *id)
{
	for (size_t i = 0; i < ticket->suggestion.articles.count; i++)
		if (strcmp(ticket->suggestion.articles.at[i].id, id) == 0)
			return ticket->suggestion.articles.at[i].id;
	return "";
}

/* "This solved it": closed, while no agent works on it. Where one does, the agent closes it; the word is kept. */
static enum status solved(struct decision *d, struct ticket_facts *ticket, const struct page_act *act)
{
	const char *article = shown_article(ticket, act->article ? act->article : "");
	bool unseen = desk_is_unseen(ticket);
	enum ticket_state before = ticket->state;
	const char *why = *article ? arena_printf(d->arena, "solved by article %s", article) : "solved, the customer says";
	if (ticket->suggestion.shown <= SUGGESTION_NOTHING || strcmp(ticket->suggestion.outcome, OUTCOME_SOLVED) == 0)
		return STATUS_OK;
	desk_say(d, ticket, OUTCOME_SOLVED, article);
	desk_plan_event(d, ticket, EVENT_KB_SOLVED, why);
	if (before == ticket->state)
		desk_plan_remark(d, ticket->id, why, NULL);
	else if (!unseen)
		desk_notice_to_agents(d, ticket, "agent-confirmed", 0, NULL, NULL);
	return STATUS_OK;
}

/* Once, with the first rating: what follows is the same customer's second thought. */
static void tell_of_rating(struct decision *d, const struct ticket_facts *ticket, const struct page_act *act)
{
	CLEANUP_BUFFER struct buffer variables = {0};
	record_add(&variables, "stars", arena_printf(d->arena, "%d", act->stars));
	if (*act->words)
		record_add(&variables, "text", act->words);
	desk_tell_with_supervisors(d, ticket, "agent-rated", arena_string(d->arena, buffer_string(&variables)));
}

static enum status rate(struct decision *d, struct ticket_facts *ticket, const struct page_act *act, struct error *error)
{
	if (act->stars < 1 || act->stars > 5)
		return error_set(error, STATUS_BAD_INPUT, "a rating is a number from 1 to 5");
	if (ticket->state != STATE_CLOSED)
		return error_set(error, STATUS_REFUSED, "a request can be rated once it is closed");
	struct effect *effect = desk_plan_add(d, EFFECT_RATE, ticket->id);
	effect->number = act->stars;
	effect->to = act->words;
	if (!d->facts->stars && (act->stars <= LIMIT_BAD_STARS || *act->words))
		tell_of_rating(d, ticket, act);
	return STATUS_OK;
}

/* Before anybody of ours asked. */
static enum status done(struct decision *d, struct ticket_facts *ticket)
{
	bool unseen = desk_is_unseen(ticket);
	if (ticket->state == STATE_CLOSED)
		return STATUS_OK;
	desk_plan_event(d, ticket, EVENT_DONE, "the customer says on the page that it is solved");
	if (!unseen)
		desk_notice_to_agents(d, ticket, "agent-confirmed", 0, NULL, NULL);
	return STATUS_OK;
}

/* Asked for, it stays: in whatever language the customer writes from then on. */
static enum status language(struct decision *d, struct ticket_facts *ticket, const struct page_act *act, struct error *error)
{
	if (!act->language)
		return error_set(error, STATUS_BAD_INPUT, "there is no such language");
	if (strcmp(ticket->language, act->language) == 0 && ticket->language_kept)
		return STATUS_OK;
	struct effect *effect = desk_plan_add(d, EFFECT_SET_LANGUAGE, ticket->id);
	effect->from = ticket->language;
	effect->to = ticket->language = act->language;
	effect->number = 1;
	effect->why = "the customer asked for it";
	return STATUS_OK;
}

enum status desk_decide_page(const struct desk_policy *policy, const struct page_act *act, const struct facts *facts,
                             struct plan *plan, struct error *error)
{
	struct decision d = {policy, facts, plan, plan->arena, act->trace, facts->next_outbox, NULL, 0, NULL};
	if (!facts->ticket)
		return error_set(error, STATUS_NOT_FOUND, "there is no such request");
	struct ticket_facts *ticket = desk_copy_ticket(plan->arena, facts->ticket);
	plan->who = *ticket->customer.address ? ticket->customer.address : "customer";
	plan->ticket = ticket->id;
	enum status status = STATUS_OK;
	switch (act->kind) {
	case PAGE_CONFIRM: status = confirm(&d, ticket, error); break;
	case PAGE_REFUSE:  status = refuse(&d, ticket, act, error); break;
	case PAGE_WORDS:   status = add(&d, ticket, act); break;
	case PAGE_RATE:    status = rate(&d, ticket, act, error); break;
	case PAGE_HELP:    status = help(&d, ticket, act); break;
	case PAGE_SOLVED:  status = solved(&d, ticket, act); break;
	case PAGE_DONE:    status = done(&d, ticket); break;
	case PAGE_LANGUAGE: status = language(&d, ticket, act, error); break;
	}
	if (status != STATUS_OK)
		plan->count = 0;
	/* The link was in a mail that nobody else got. */
	if (plan->count && facts->sender_bouncing)
		desk_plan_add(&d, EFFECT_MAIL_ARRIVES, 0)->to = ticket->customer.address;
	return status;
}
