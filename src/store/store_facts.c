/*
 * store_facts.c - what the store knows about a mail or a ticket, for the desk to decide on.
 *
 * Read-only. Inside the write transaction the numbers to be given (next_ticket, next_outbox) stay true until the plan is
 * applied; outside (explain) everything comes from one snapshot. Clues lead to tickets: by number, by Message-ID, by the
 * outgoing mail of a bounce address; a merged ticket leads on to its survivor, so that the desk never sees one.
 */
#include "store_private.h"

#include <string.h>

#define MERGES_FOLLOWED 64       /* more than anybody merges in a row; also ends a circle */

enum status store_resolve_merged(struct store *store, int64_t *ticket, struct error *error)
{
	enum status status = STATUS_OK;

	for (int i = 0; i < MERGES_FOLLOWED && status == STATUS_OK; i++) {
		int64_t into;

		status = engine_number(store->engine, error, &into, 0, SQL_TICKET_MERGED_INTO, "i", *ticket);
		if (status != STATUS_OK || into == 0)
			return status;
		*ticket = into;
	}
	return status;
}

static enum status next_numbers(struct store *store, struct facts *facts, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_NEXT_NUMBERS, "");
	if (cursor_next(&cursor)) {
		facts->next_ticket = cursor_number(&cursor, 0);
		facts->next_outbox = cursor_number(&cursor, 1);
	}
	return cursor_close(&cursor);
}

/* ---- clues ---- */

static enum status find_bounced(struct store *store, struct arena *arena, int64_t outbox, struct facts *facts, struct error *error)
{
	struct outbox_row row;
	struct bounced_mail *bounced;
	enum status status = store_outbox_get(store, arena, outbox, &row, error);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	bounced = facts->bounced = ARENA_NEW(arena, struct bounced_mail);
	bounced->outbox = row.id;
	bounced->ticket = row.ticket;
	bounced->template = row.outgoing.template ? row.outgoing.template : "";
	bounced->to = row.recipients.count ? row.recipients.at[0].address : "";
	for (size_t i = 0; i < row.recipients.count; i++)
		strings_add(arena, &bounced->recipients, row.recipients.at[i].address);
	bounced->subject = row.outgoing.subject;
	bounced->to_agent = row.outgoing.to_agent;
	bounced->agent = row.outgoing.agent ? row.outgoing.agent : "";
	bounced->variables = row.outgoing.variables ? row.outgoing.variables : "";
	bounced->about_seq = row.outgoing.about_seq;
	bounced->known = row.state == OUTBOX_FAILED;
	return STATUS_OK;
}

/* A bounce address, or the signed Message-ID that a bounce quotes, names the outgoing mail. */
static bool names_outgoing(const struct clue *clue, const struct incoming *incoming)
{
	return clue->token.number > 0 && (clue->kind == EVIDENCE_BOUNCE_ADDRESS
		|| (clue->kind == EVIDENCE_MESSAGE_TOKEN && incoming->mail->kind == MAIL_BOUNCE));
}

static enum status ticket_of_clue(struct store *store, struct arena *arena, const struct incoming *incoming, const struct clue *clue,
                                  struct facts *facts, int64_t *ticket, struct error *error)
{
	enum status status = STATUS_OK;

	*ticket = clue->ticket ? clue->ticket : clue->token.ticket;
	if (!facts->bounced && names_outgoing(clue, incoming))
		status = find_bounced(store, arena, clue->token.number, facts, error);
	if (facts->bounced && facts->bounced->outbox == clue->token.number && clue->kind == EVIDENCE_BOUNCE_ADDRESS)
		facts->bounced->proved = true;
	if (status == STATUS_OK && !*ticket && clue->kind == EVIDENCE_BOUNCE_ADDRESS && facts->bounced)
		*ticket = facts->bounced->ticket;
	if (status == STATUS_OK && !*ticket && clue->message_id)
		status = store_find_message_id(store, clue->message_id, ticket, error);
	if (status == STATUS_OK && *ticket)
		status = store_resolve_merged(store, ticket, error);
	return status;
}

/* Agents who heard of their colleagues within the last minute. */
static enum status read_told(struct store *store, struct arena *arena, struct ticket_facts *ticket, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_TIMERS_COLLEAGUES, "i", ticket->id);
	while (cursor_next(&cursor))
		strings_add(arena, &ticket->told, cursor_text(&cursor, arena, 0));
	return cursor_close(&cursor);
}

#define RUSH 10                  /* messages of the customer's side, as SQL_MESSAGE_RUSH counts them, among the newest 60 of all */

/* Does the customer's side write without end? Two short looks, the second only then; none at a ticket that has not so many. */
static enum status read_rush(struct store *store, struct arena *arena, struct ticket_facts *ticket, struct error *error)
{
	int64_t gathering = 0;
	enum status status = STATUS_OK;

	if (ticket->next_seq > RUSH)
		status = engine_number(store->engine, error, &ticket->rush_since, 0, SQL_MESSAGE_RUSH, "i", ticket->id);
	if (status == STATUS_OK && ticket->rush_since)
		status = engine_number(store->engine, error, &gathering, 0, SQL_TIMER_GATHERING, "i", ticket->id);
	ticket->gathering = gathering > 0;
	return status == STATUS_OK ? read_told(store, arena, ticket, error) : status;
}

enum status store_replies_from(struct store *store, int64_t ticket, int seq, int *count, struct error *error)
{
	int64_t messages = 0;
	enum status status = engine_number(store->engine, error, &messages, 0, SQL_MESSAGES_FROM, "id", ticket, seq);

	*count = (int)messages;
	return status;
}

/* Each ticket is read once, however many clues lead to it. */
static enum status facts_of_clue_ticket(struct store *store, struct arena *arena, struct facts *facts, int64_t ticket,
                                        struct ticket_facts **found, struct error *error)
{
	*found = NULL;
	if (!ticket)
		return STATUS_OK;
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].ticket && facts->clues.at[i].ticket->id == ticket) {
			*found = facts->clues.at[i].ticket;
			return STATUS_OK;
		}
	enum status status = store_read_ticket_facts(store, arena, ticket, found, error);
	return status == STATUS_OK && *found ? read_rush(store, arena, *found, error) : status;
}

/* Nothing that the mail refers to is known; has its sender referred to the same before? */
static enum status read_referred(struct store *store, struct arena *arena, const struct incoming *incoming, struct facts *facts, struct error *error)
{
	enum status status = STATUS_OK;

	if (facts->siblings.count)               /* this very mail opened one for another queue; here it opens its own */
		return STATUS_OK;
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].ticket)
			return STATUS_OK;
	for (size_t i = 0; i < facts->clues.count && status == STATUS_OK; i++) {
		struct clue_facts *found = &facts->clues.at[i];
		int64_t ticket = 0;

		if (found->clue->kind != EVIDENCE_MESSAGE_ID)
			continue;
		status = store_referred_find(store, arena, found->clue->message_id, incoming->mail->from.address, &ticket, error);
		if (status != STATUS_OK || !ticket || (status = store_resolve_merged(store, &ticket, error)) != STATUS_OK)
			continue;
		return facts_of_clue_ticket(store, arena, facts, ticket, &found->ticket, error);
	}
	return status;
}

#define EARLY_MESSAGES 200       /* of a ticket, among which one tells that a queue had to do with it */

/* The mail came to the own address of another queue than the ticket's: had that queue to do with it before, or is it asked anew? */
static enum status read_other_queue(struct store *store, struct arena *arena, const struct incoming *incoming, struct ticket_facts *ticket, struct error *error)
{
	const struct desk_queue *queue = incoming->address.queue;
	const char *message_id = incoming->mail->message_id ? incoming->mail->message_id : "";
	int64_t beside = 0, known = 0;
	enum status status;

	if (incoming->address.class != ADDRESS_QUEUE || !queue || strcmp(queue->name, ticket->queue) == 0)
		return STATUS_OK;
	status = engine_number(store->engine, error, &beside, 0, SQL_TICKET_BESIDE, "it", ticket->id, queue->name);
	if (status == STATUS_OK && beside)
		return store_read_ticket_facts(store, arena, beside, &ticket->beside, error);
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &known, 0, SQL_TICKET_KNOWS_ADDRESS, "ittd", ticket->id, queue->address, message_id, EARLY_MESSAGES);
	ticket->queue_is_new = known == 0;
	return status;
}

static enum status read_clues(struct store *store, struct arena *arena, const struct incoming *incoming,
                              const struct evidence *evidence, struct facts *facts, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < evidence->count && status == STATUS_OK; i++) {
		struct ticket_facts *found = NULL;
		int64_t ticket;

		status = ticket_of_clue(store, arena, incoming, &evidence->at[i], facts, &ticket, error);
		if (status == STATUS_OK)
			status = facts_of_clue_ticket(store, arena, facts, ticket, &found, error);
		if (status == STATUS_OK && found && evidence->at[i].kind != EVIDENCE_MENTION && !found->beside && !found->queue_is_new)
			status = read_other_queue(store, arena, incoming, found, error);
		*ARENA_PUSH(arena, &facts->clues) = (struct clue_facts){ .clue = &evidence->at[i], .ticket = found };
	}
	return status;
}

/* ---- the same mail for another recipient ---- */

static enum status add_sibling(struct store *store, struct arena *arena, int64_t ticket, struct facts *facts, struct error *error)
{
	struct ticket_facts *sibling = NULL;
	enum status status = store_resolve_merged(store, &ticket, error);

	for (size_t i = 0; i < facts->siblings.count; i++)
		if (facts->siblings.at[i].ticket == ticket)
			return status;
	if (status == STATUS_OK)
		status = store_read_ticket_facts(store, arena, ticket, &sibling, error);
	if (status == STATUS_OK && sibling)
		*ARENA_PUSH(arena, &facts->siblings) = (struct sibling){ sibling->id, sibling->queue };
	return status;
}

static enum status read_same_mail(struct store *store, struct arena *arena, const struct incoming *incoming, struct facts *facts, struct error *error)
{
	struct same_mails same;
	enum status status = store_find_same_mail(store, arena, incoming, &same, error);

	facts->ordered = same.ordered;
	for (size_t i = 0; i < same.count && status == STATUS_OK; i++) {
		int64_t ticket = same.at[i].ticket;

		for (size_t k = 0; k < facts->clues.count && same.at[i].seq; k++) {
			struct ticket_facts *found = facts->clues.at[k].ticket;

			if (found && found->id == ticket)
				found->same_mail_seq = same.at[i].seq;
			if (found && found->beside && found->beside->id == ticket)
				found->beside->same_mail_seq = same.at[i].seq;
		}
		status = add_sibling(store, arena, ticket, facts, error);
	}
	return status;
}

/* Forged mail does not take the mark away; but where nothing ever proves who writes, one mail a week finds out whether it still holds. */
static bool bounces(const struct contact *contact, int64_t now)
{
	return contact->bounced_at > 0 && now - contact->bounced_at < BOUNCED_MS;
}

/* Whom an answer would go to: another person than the sender, where Reply-To says so. */
static enum status read_answered(struct store *store, const char *address, const struct contact *contact, struct facts *facts, struct error *error)
{
	facts->answer_proved = contact->proved_at > 0;
	facts->sender_bouncing = bounces(contact, facts->now);
	facts->sender_refused_at = contact->refused_at;
	if (store_contact_within(contact->window_start, facts->now, ACKNOWLEDGEMENT_WINDOW_MS))
		facts->acknowledgements_last_hour = contact->window_count;
	if (store_contact_within(contact->day_start, facts->now, ACKNOWLEDGEMENT_DAY_MS))
		facts->acknowledgements_last_day = contact->day_count;
	return !*address ? STATUS_OK : store_budget_facts(store, address, facts, error);
}

static enum status read_sender(struct store *store, struct arena *arena, const struct incoming *incoming, const struct evidence *evidence,
                               struct facts *facts, struct error *error)
{
	const char *from = incoming->mail->from.address, *answer_to = evidence->answer_to ? evidence->answer_to : from;
	struct contact contact;
	enum status status = store_contact_find(store, arena, from, &contact, error);

	facts->sender_known = contact.written > 0;
	facts->sender_spam = contact.spam;
	if (store_contact_within(contact.asked_start, facts->now, ACKNOWLEDGEMENT_WINDOW_MS))
		facts->asked_last_hour = contact.asked_count;
	else
		facts->asked_before = contact.asked_count;
	facts->sender_language = contact.language;
	facts->last_agent = contact.last_agent;
	if (status == STATUS_OK && *from)
		status = store_standing_of(store, arena, from, &contact, facts->now, &facts->standing, error);
	if (status == STATUS_OK && !text_equal_nocase(from, answer_to))
		status = store_contact_find(store, NULL, answer_to, &contact, error);
	return status == STATUS_OK ? read_answered(store, answer_to, &contact, facts, error) : status;
}

static void start(struct facts *facts)
{
	*facts = (struct facts){ .now = clock_now(), .sender_language = "", .last_agent = "" };
}

static enum status read_away(struct store *store, struct arena *arena, struct facts *facts, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_AWAY, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &facts->away) = (struct away){ cursor_text(&cursor, arena, 0), cursor_number(&cursor, 1) };
	return cursor_close(&cursor);
}

/* On most days nobody is: a mail does not ask for that again. */
static enum status read_away_once(struct store *store, struct arena *arena, struct facts *facts, struct error *error)
{
	unsigned long seen = engine_changes_seen(store->engine);
	enum status status;

	if (store->nobody_away.known && store->nobody_away.seen == seen)
		return STATUS_OK;
	status = read_away(store, arena, facts, error);
	store->nobody_away.known = status == STATUS_OK && !facts->away.count;
	store->nobody_away.seen = seen;
	return status;
}

static enum status read_facts_of_mail(struct store *store, struct arena *arena, const struct incoming *incoming,
                                      const struct evidence *evidence, struct facts *facts, struct error *error)
{
	enum status status = next_numbers(store, facts, error);

	if (status == STATUS_OK)
		status = read_clues(store, arena, incoming, evidence, facts, error);
	if (status == STATUS_OK)
		status = read_same_mail(store, arena, incoming, facts, error);
	if (status == STATUS_OK)
		status = read_referred(store, arena, incoming, facts, error);
	if (status == STATUS_OK)
		status = read_sender(store, arena, incoming, evidence, facts, error);
	if (status == STATUS_OK)
		status = read_away_once(store, arena, facts, error);
	if (status == STATUS_OK)
		status = store_read_news(store, arena, facts, error);
	if (status == STATUS_OK)
		status = store_read_side(store, arena, facts, error);
	if (status == STATUS_OK && evidence->past)
		status = store_read_pasts(store, arena, facts, error);
	return status;
}

enum status store_facts_of_mail(struct store *store, struct arena *arena, const struct incoming *incoming,
                                const struct evidence *evidence, struct facts *facts, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	start(facts);
	if (status == STATUS_OK)
		status = read_facts_of_mail(store, arena, incoming, evidence, facts, error);
	store_read_end(store, began);
	return status;
}

/* The parts do not wait for one another, so that each asks its first question at once. */
enum status store_rehearse_mail(struct store *store, struct arena *arena, const struct incoming *incoming, const struct evidence *evidence,
                                const unsigned char claim[CLAIM_SIZE], struct error *error)
{
	struct facts facts;
	bool duplicate;
	enum status claimed = store_claim(store, incoming, claim, &duplicate, error), known, referred;

	start(&facts);
	known = read_sender(store, arena, incoming, evidence, &facts, error);
	referred = read_clues(store, arena, incoming, evidence, &facts, error);
	if (claimed != STATUS_OK || known != STATUS_OK || referred != STATUS_OK || duplicate)
		return claimed != STATUS_OK ? claimed : known != STATUS_OK ? known : referred;
	start(&facts);
	return read_facts_of_mail(store, arena, incoming, evidence, &facts, error);
}

enum status store_facts_of_ticket(struct store *store, struct arena *arena, int64_t ticket, struct facts *facts, struct error *error)
{
	struct contact customer = { 0 };
	bool began;
	enum status status = store_read_begin(store, &began, error);

	start(facts);
	if (status == STATUS_OK)
		status = next_numbers(store, facts, error);
	if (status == STATUS_OK)
		status = store_read_ticket_facts(store, arena, ticket, &facts->ticket, error);
	if (status == STATUS_OK && facts->ticket)
		status = store_contact_find(store, NULL, facts->ticket->customer.address, &customer, error);
	facts->sender_bouncing = bounces(&customer, facts->now);
	if (status == STATUS_OK && facts->ticket)
		status = read_rush(store, arena, facts->ticket, error);
	if (status == STATUS_OK)
		status = read_away(store, arena, facts, error);
	if (status == STATUS_OK && facts->ticket)
		status = store_read_sides(store, arena, facts->ticket->id, facts->ticket, error);
	store_read_end(store, began);
	return status;
}

enum status store_sender_known(struct store *store, const char *address, bool *known, struct error *error)
{
	struct contact contact;
	bool began;
	enum status status = store_read_begin(store, &began, error);

	if (status == STATUS_OK)
		status = store_contact_find(store, NULL, address, &contact, error);
	*known = status == STATUS_OK && contact.written > 0;
	store_read_end(store, began);
	return status;
}
