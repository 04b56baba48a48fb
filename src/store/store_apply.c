/*
 * store_apply.c - carries out a plan: each effect by its own small function, in order, in the caller's transaction.
 *
 * Decides nothing. What changes a ticket also writes a row of its history (store_history.c has the words) and moves
 * ticket.updated. Numbers of tickets and outgoing mails are those the plan was given; that they are free is certain inside
 * the transaction the facts were read in, so a taken one is STATUS_BROKEN. The mailbox row of a delivery is written last,
 * with the one disposition that the plan has.
 * After any other status than STATUS_OK the caller rolls back: nothing of a plan stays alone.
 */
#include "store_private.h"

#include <string.h>

struct applying {
	struct store *store;
	const struct plan *plan;
	const struct delivery_record *delivery;
	struct arena *arena;
	struct error *error;
	int64_t now;
	int64_t created, touched;        /* tickets whose `updated` is right already */
	const struct new_ticket *create; /* of the one that was created */
	struct { int64_t ticket, n; } history;   /* number of the last row written */
	const struct effect *disposition;
};

static enum status history(struct applying *a, int64_t ticket, const char *what, const char *why)
{
	enum status status = STATUS_OK;

	if (a->history.ticket != ticket) {
		a->history.ticket = ticket;
		status = sql_number(a->store, a->error, &a->history.n, 0, SQL_HISTORY_LAST, "i", ticket);
	}
	return status != STATUS_OK ? status
		: sql_run(a->store, a->error, SQL_HISTORY_ADD, "iiittt", ticket, ++a->history.n, a->now,
		          a->plan->who ? a->plan->who : "", what, why ? why : "");
}

static enum status touch(struct applying *a, int64_t ticket)
{
	if (ticket == a->created || ticket == a->touched)
		return STATUS_OK;
	a->touched = ticket;
	return sql_run(a->store, a->error, SQL_TICKET_TOUCH, "ii", ticket, a->now);
}

static enum status changed(struct applying *a, int64_t ticket, const char *what, const char *why)
{
	enum status status = touch(a, ticket);

	return status == STATUS_OK ? history(a, ticket, what, why) : status;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- tickets ---- */

static enum status create_ticket(struct applying *a, const struct effect *effect)
{
	const struct new_ticket *create = effect->create;
	enum status status = sql_run(a->store, a->error, SQL_TICKET_ADD, "itttt" "tttt" "ii", effect->ticket,
		ticket_state_name(create->state), text_or_empty(create->queue), text_or_empty(create->agent), text_or_empty(create->priority),
		text_or_empty(create->subject), text_or_empty(create->language), text_or_empty(create->customer.address),
		text_or_empty(create->customer.name), a->now, create->state == STATE_CLOSED ? a->now : (int64_t)0);

	if (status != STATUS_OK)
		return status;
	a->created = effect->ticket;
	a->create = create;
	a->history.ticket = effect->ticket;      /* which has none yet */
	a->history.n = 0;
	return history(a, effect->ticket, history_created(a->arena, create), effect->why);
}

struct field { const char *name; enum sql now, set; };

/* The history says what really was there, so that it can be replayed. */
static enum status set_field(struct applying *a, const struct effect *effect, const struct field *field)
{
	struct cursor cursor;
	const char *from = NULL;
	enum status status;

	cursor_open(&cursor, a->store, a->error, field->now, "i", effect->ticket);
	if (cursor_next(&cursor))
		from = cursor_text(&cursor, a->arena, 0);
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (!from)
		return error_set(a->error, STATUS_BROKEN, "a plan changes ticket %lld, which is not there", (long long)effect->ticket);
	status = sql_run(a->store, a->error, field->set, "iti", effect->ticket, text_or_empty(effect->to), a->now);
	return status == STATUS_OK ? history(a, effect->ticket, history_change(a->arena, field->name, from, effect->to), effect->why) : status;
}

static enum status set_state(struct applying *a, const struct effect *effect)
{
	static const struct field field = { "state", SQL_TICKET_STATE_NOW, SQL_TICKET_STATE };

	return set_field(a, effect, &field);
}

static enum status set_queue(struct applying *a, const struct effect *effect)
{
	static const struct field field = { "queue", SQL_TICKET_QUEUE_NOW, SQL_TICKET_QUEUE };
	enum status status = set_field(a, effect, &field);

	/* Only people move tickets: that says where it belongs, and whether the classifier was right. */
	if (status == STATUS_OK)
		status = sql_run(a->store, a->error, SQL_CONFIRM, "iti", effect->ticket, effect->to, a->now);
	return status == STATUS_OK ? sql_run(a->store, a->error, SQL_ROUTED_MOVED, "iti", effect->ticket, effect->to, a->now) : status;
}

static enum status note_routed(struct applying *a, const struct effect *effect)
{
	return sql_run(a->store, a->error, SQL_ROUTED_ADD, "itii", effect->ticket, effect->to, effect->number, a->now);
}

static enum status note_learned(struct applying *a, const struct effect *effect)
{
	return sql_run(a->store, a->error, SQL_LEARNED_ADD, "ittii", effect->ticket, effect->from, effect->to, effect->number, a->now);
}

/* Who had the customer last, and whose turn it was, is remembered for the next assignment. */
static enum status remember_agent(struct applying *a, const struct effect *effect)
{
	struct cursor cursor;
	const char *queue = "", *customer = "";
	enum status status;

	cursor_open(&cursor, a->store, a->error, SQL_TICKET_QUEUE_CUSTOMER, "i", effect->ticket);
	if (cursor_next(&cursor)) {
		queue = cursor_text(&cursor, a->arena, 0);
		customer = cursor_text(&cursor, a->arena, 1);
	}
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (effect->number)
		status = sql_run(a->store, a->error, SQL_ASSIGNED_SET, "tti", queue, effect->to, effect->ticket);
	return status == STATUS_OK && *customer ? contact_had_agent(a->store, customer, effect->to, a->error) : status;
}

static enum status set_agent(struct applying *a, const struct effect *effect)
{
	static const struct field field = { "agent", SQL_TICKET_AGENT_NOW, SQL_TICKET_AGENT };
	enum status status = set_field(a, effect, &field);

	return status == STATUS_OK && *text_or_empty(effect->to) ? remember_agent(a, effect) : status;
}

static enum status set_priority(struct applying *a, const struct effect *effect)
{
	static const struct field field = { "priority", SQL_TICKET_PRIORITY_NOW, SQL_TICKET_PRIORITY };
	enum status status = set_field(a, effect, &field);

	return status == STATUS_OK ? sql_run(a->store, a->error, SQL_LEARNED_PRIORITY, "iti", effect->ticket, effect->to, a->now) : status;
}

static enum status add_tag(struct applying *a, const struct effect *effect)
{
	enum status status = sql_run(a->store, a->error, SQL_TAG_ADD, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || sqlite3_changes(a->store->db) == 0)
		return status;
	return changed(a, effect->ticket, arena_printf(a->arena, "tag %s", effect->to), effect->why);
}

static enum status set_pending(struct applying *a, const struct effect *effect)
{
	const char *until = time_rfc3339(a->arena, effect->number);
	enum status status = sql_run(a->store, a->error, SQL_TICKET_PENDING, "iii", effect->ticket, effect->number, a->now);

	return status == STATUS_OK ? history(a, effect->ticket, arena_printf(a->arena, "pending until %s", until), effect->why) : status;
}

static enum status link_one_way(struct applying *a, int64_t ticket, int64_t other, const char *why)
{
	enum status status = sql_run(a->store, a->error, SQL_LINK_ADD, "ii", ticket, other);

	if (status != STATUS_OK || sqlite3_changes(a->store->db) == 0)
		return status;
	return changed(a, ticket, arena_printf(a->arena, "linked to %lld", (long long)other), why);
}

static enum status link_tickets(struct applying *a, const struct effect *effect)
{
	enum status status = link_one_way(a, effect->ticket, effect->number, effect->why);

	return status == STATUS_OK ? link_one_way(a, effect->number, effect->ticket, effect->why) : status;
}

static enum status customer_of(struct applying *a, int64_t ticket, const char **customer)
{
	struct cursor cursor;

	*customer = NULL;
	if (ticket == a->created) {
		*customer = text_or_empty(a->create->customer.address);
		return STATUS_OK;
	}
	cursor_open(&cursor, a->store, a->error, SQL_TICKET_CUSTOMER, "i", ticket);
	if (cursor_next(&cursor))
		*customer = cursor_text(&cursor, a->arena, 0);
	return cursor_close(&cursor);
}

static enum status add_participant_row(struct applying *a, int64_t ticket, const struct participant *who, const char *why)
{
	const char *customer;
	enum status status = customer_of(a, ticket, &customer);

	if (status != STATUS_OK || (customer && text_equal_nocase(customer, who->address)) || !*who->address)
		return status;
	status = sql_run(a->store, a->error, SQL_PARTICIPANT_ADD, "ittt", ticket, who->address, text_or_empty(who->name),
	                 who->role == ROLE_CUSTOMER ? "customer" : "cc");
	if (status != STATUS_OK || sqlite3_changes(a->store->db) == 0)
		return status;
	return changed(a, ticket, arena_printf(a->arena, "participant %s", who->address), why);
}

static enum status add_participant(struct applying *a, const struct effect *effect)
{
	return add_participant_row(a, effect->ticket, effect->participant, effect->why);
}

/* The messages stay where they are; whoever could write to the one ticket can now write to the other. */
static enum status merge_tickets(struct applying *a, const struct effect *effect)
{
	struct ticket_facts *gone;
	int64_t into = effect->number;
	enum status status = resolve_merged(a->store, &into, a->error);

	if (status == STATUS_OK)
		status = read_ticket_facts(a->store, a->arena, effect->ticket, &gone, a->error);
	if (status != STATUS_OK)
		return status;
	if (!gone || into == effect->ticket)
		return error_set(a->error, STATUS_BROKEN, "a plan merges ticket %lld into %lld", (long long)effect->ticket, (long long)effect->number);
	for (size_t i = 0; i < gone->participants.count && status == STATUS_OK; i++)
		status = add_participant_row(a, into, &gone->participants.at[i], effect->why);
	if (status == STATUS_OK)
		status = sql_run(a->store, a->error, SQL_TICKET_MERGE, "iii", effect->ticket, into, a->now);
	if (status == STATUS_OK)
		status = history(a, effect->ticket, arena_printf(a->arena, "merged into %lld", (long long)into), effect->why);
	return status != STATUS_OK ? status
		: changed(a, into, arena_printf(a->arena, "merged from %lld", (long long)effect->ticket), effect->why);
}

static enum status remove_participant(struct applying *a, const struct effect *effect)
{
	enum status status = sql_run(a->store, a->error, SQL_PARTICIPANT_REMOVE, "it", effect->ticket, effect->to);

	if (status != STATUS_OK || sqlite3_changes(a->store->db) == 0)
		return status;
	return changed(a, effect->ticket, arena_printf(a->arena, "participant %s left", effect->to), effect->why);
}

static enum status set_timer(struct applying *a, const struct effect *effect)
{
	return sql_run(a->store, a->error, SQL_TIMER_ADD, "iit", effect->number, effect->ticket, effect->to);
}

static enum status clear_timers(struct applying *a, const struct effect *effect)
{
	return sql_run(a->store, a->error, SQL_TIMERS_CLEAR, "i", effect->ticket);
}

static enum status rate(struct applying *a, const struct effect *effect)
{
	enum status status = sql_run(a->store, a->error, SQL_RATING_SET, "iiit", effect->ticket, a->now, effect->number, text_or_empty(effect->to));

	return status != STATUS_OK ? status
		: changed(a, effect->ticket, arena_printf(a->arena, "rated %lld of 5", (long long)effect->number), effect->to);
}

static enum status note_asked(struct applying *a, const struct effect *effect)
{
	return asked_add(a->store, effect->ticket, effect->asked, a->now, a->error);
}

/* Who says that it did not help is left alone for a while, in every ticket. */
static enum status note_said(struct applying *a, const struct effect *effect)
{
	struct cursor cursor;
	const char *customer = "";
	enum status status = asked_said(a->store, effect->ticket, effect->to, text_or_empty(effect->from), a->now, a->error);

	if (status != STATUS_OK || strcmp(effect->to, SAID_REFUSED) != 0)
		return status;
	cursor_open(&cursor, a->store, a->error, SQL_TICKET_CUSTOMER, "i", effect->ticket);
	if (cursor_next(&cursor))
		customer = cursor_text(&cursor, a->arena, 0);
	status = cursor_close(&cursor);
	return status == STATUS_OK && *customer ? contact_refused(a->store, customer, a->now, a->error) : status;
}

static enum status remark(struct applying *a, const struct effect *effect)
{
	return changed(a, effect->ticket, arena_printf(a->arena, "remark: %s", effect->to), effect->why);
}

/* ---- messages ---- */

/* A person of the customer's side wrote: we know him now. */
static enum status remember_sender(struct applying *a, const struct new_message *message)
{
	const struct mail *mail = a->delivery ? a->delivery->incoming->mail : NULL;
	bool persons = message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY;

	if (!mail || !message->raw || message->out || !persons || *text_or_empty(message->agent))
		return STATUS_OK;
	return contact_wrote(a->store, &mail->from, mail->language, a->now, a->error);
}

static const char *one_a_line(struct arena *arena, const struct strings *list, const char *mark)
{
	CLEANUP_BUFFER struct buffer text = { 0 };

	if (list->count <= 1)
		return list->count ? list->at[0] : "";
	for (size_t i = 0; i < list->count; i++) {
		buffer_add_string(&text, i ? mark : "");
		buffer_add_string(&text, list->at[i]);
	}
	return arena_copy(arena, text.at, text.length);
}

static const char *message_words(struct applying *a, const struct new_message *message)
{
	const char *from = *text_or_empty(message->agent) ? message->agent : text_or_empty(message->from.address);
	const char *to = message->out ? one_a_line(a->arena, &message->to, ", ") : "";

	return arena_printf(a->arena, "message %d (%s)%s%s%s%s", message->seq, message_kind_name(message->kind),
	                    *from ? " from " : "", from, *to ? " to " : "", to);
}

/* Split: what that other message is made of, raw mail and all, stands in both tickets. */
static enum status copy_message(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;
	enum status status = sql_run(a->store, a->error, SQL_MESSAGE_COPY, "idtid", effect->ticket, message->seq,
	                             message_kind_name(message->kind), message->copy_ticket, message->copy_seq);

	if (status == STATUS_OK && sqlite3_changes(a->store->db) != 1)
		return error_set(a->error, STATUS_BROKEN, "a plan copies message %d of ticket %lld, which is not there", message->copy_seq, (long long)message->copy_ticket);
	return status == STATUS_OK ? changed(a, effect->ticket, message_words(a, message), effect->why) : status;
}

/* An agent answered: the ticket is where it belongs. */
static enum status confirm_answered(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;

	if (message->kind != MESSAGE_REPLY || !message->out || !*text_or_empty(message->agent))
		return STATUS_OK;
	return sql_run(a->store, a->error, SQL_CONFIRM_ANSWERED, "ii", effect->ticket, a->now);
}

static enum status append_message(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;

	if (message->copy_seq)
		return copy_message(a, effect);
	int64_t raw = message->raw && a->delivery ? a->delivery->raw : 0;
	enum status status = sql_run(a->store, a->error, SQL_MESSAGE_ADD, "idtdi" "ttt" "itt" "tti", effect->ticket, message->seq,
		message_kind_name(message->kind), (int)message->out, raw, text_or_empty(message->from.address),
		text_or_empty(message->from.name), one_a_line(a->arena, &message->to, "\n"), message->date, message->message_id,
		message->text, text_or_empty(message->agent), text_or_empty(message->flags), message->outbox);

	if (status == STATUS_OK)
		status = remember_sender(a, message);
	if (status == STATUS_OK)
		status = confirm_answered(a, effect);
	return status == STATUS_OK ? changed(a, effect->ticket, message_words(a, message), effect->why) : status;
}

/* ---- mails ---- */

static enum status enqueue(struct applying *a, const struct effect *effect)
{
	CLEANUP_BUFFER struct buffer record = { 0 };
	struct outgoing outgoing = *effect->outgoing;

	/* A mail that is passed on as it is: the row knows where its bytes are. */
	if (a->delivery && strcmp(outgoing.template, "redirect") == 0)
		outgoing.raw = a->delivery->raw;
	outgoing_write(&record, &outgoing);
	return sql_run(a->store, a->error, SQL_OUTBOX_ADD, "iiit", effect->outgoing->id, effect->outgoing->ticket, a->now,
	               buffer_string(&record));
}

/* Of those whom the mail was for: a report may name any address, and proves nothing about others. One recipient is meant whatever it names
 * (that may be where his mail is forwarded to). "": nobody in particular. */
static const char *recipient_meant(const struct outbox_row *row, const char *named)
{
	for (size_t i = 0; i < row->recipients.count; i++)
		if (text_equal_nocase(row->recipients.at[i].address, named))
			return row->recipients.at[i].address;
	return row->recipients.count == 1 || (!*named && row->recipients.count) ? row->recipients.at[0].address : "";
}

static enum status mail_bounced(struct applying *a, const struct effect *effect)
{
	struct outbox_row row;
	const char *address = text_or_empty(effect->to), *meant;
	enum status status = store_outbox_get(a->store, a->arena, effect->number, &row, a->error);

	if (status != STATUS_OK)
		return status;
	meant = recipient_meant(&row, address);
	if (!*address)
		address = meant;
	outbox_row_failed(&row, address, text_or_empty(effect->why));
	status = store_outbox_result(a->store, &row, NULL, a->error);
	if (status == STATUS_OK && *meant)
		status = contact_bounced(a->store, meant, effect->why, a->now, a->error);
	if (status != STATUS_OK || !row.ticket)
		return status;
	return changed(a, row.ticket, arena_printf(a->arena, "mail %lld to %s bounced", (long long)row.id, address), effect->why);
}

static enum status count_acknowledgement(struct applying *a, const struct effect *effect)
{
	enum status status = *text_or_empty(effect->to) ? contact_acknowledged(a->store, effect->to, a->now, a->error) : STATUS_OK;

	return status == STATUS_OK && effect->number ? budget_spend(a->store, effect->to, a->now, a->error) : status;
}

static enum status prove_address(struct applying *a, const struct effect *effect)
{
	return contact_proved(a->store, effect->to, a->now, a->error);
}

static enum status mail_arrives(struct applying *a, const struct effect *effect)
{
	return contact_arrives(a->store, effect->to, a->error);
}

static enum status set_disposition(struct applying *a, const struct effect *effect)
{
	if (a->disposition)
		return error_set(a->error, STATUS_BROKEN, "a plan has two dispositions: %s and %s", a->disposition->to, effect->to);
	a->disposition = effect;
	return STATUS_OK;
}

static enum status (*const appliers[])(struct applying *, const struct effect *) = {
	[EFFECT_CREATE_TICKET] = create_ticket, [EFFECT_APPEND_MESSAGE] = append_message, [EFFECT_SET_STATE] = set_state,
	[EFFECT_SET_QUEUE] = set_queue, [EFFECT_SET_AGENT] = set_agent, [EFFECT_SET_PRIORITY] = set_priority,
	[EFFECT_ADD_TAG] = add_tag, [EFFECT_SET_PENDING] = set_pending, [EFFECT_LINK] = link_tickets,
	[EFFECT_MERGE] = merge_tickets, [EFFECT_ADD_PARTICIPANT] = add_participant, [EFFECT_REMARK] = remark,
	[EFFECT_ENQUEUE] = enqueue, [EFFECT_MAIL_BOUNCED] = mail_bounced,
	[EFFECT_REMOVE_PARTICIPANT] = remove_participant, [EFFECT_SET_TIMER] = set_timer, [EFFECT_CLEAR_TIMERS] = clear_timers,
	[EFFECT_RATE] = rate, [EFFECT_ROUTED] = note_routed, [EFFECT_LEARNED] = note_learned, [EFFECT_ASKED] = note_asked, [EFFECT_SAID] = note_said,
	[EFFECT_PROVE_ADDRESS] = prove_address, [EFFECT_MAIL_ARRIVES] = mail_arrives, [EFFECT_COUNT_ACKNOWLEDGEMENT] = count_acknowledgement, [EFFECT_DISPOSITION] = set_disposition,
};

static enum status add_to_mailbox(struct applying *a)
{
	const struct incoming *incoming = a->delivery->incoming;
	const struct mail *mail = incoming->mail;
	const struct effect *disposition = a->disposition;
	unsigned char digest[MAIL_DIGEST_SIZE];
	enum status status;

	if (!disposition)
		return error_set(a->error, STATUS_BROKEN, "a plan for a mail has no disposition");
	if ((status = late_ready(a->store, a->error)) != STATUS_OK)
		return status;
	mail_digest(incoming, digest);
	status = sql_run(a->store, a->error, SQL_MAILBOX_ADD, "ittttttttiiiibbt", incoming->received, text_or_empty(incoming->recipient),
		text_or_empty(incoming->envelope_from), text_or_empty(mail->from.address), text_or_empty(mail->subject), mail->message_id,
		mail_kind_name(a->plan->kind), disposition->to, text_or_empty(disposition->why), disposition->ticket, disposition->number,
		a->delivery->raw, (int64_t)incoming->size, a->delivery->claim, (size_t)CLAIM_SIZE, digest, sizeof digest,
		text_or_empty(incoming->trace));
	if (status == STATUS_OK)
		late_add(&a->store->mailbox_keys, mail_key(mail->message_id, digest), sqlite3_last_insert_rowid(a->store->db),
		         claim_tag(a->delivery->claim));
	return status;
}

enum status store_apply(struct store *store, const struct plan *plan, const struct delivery_record *delivery, struct error *error)
{
	struct applying a = { .store = store, .plan = plan, .delivery = delivery, .arena = plan->arena, .error = error, .now = clock_now() };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < plan->count && status == STATUS_OK; i++)
		status = appliers[plan->at[i].kind](&a, &plan->at[i]);
	return status == STATUS_OK && delivery ? add_to_mailbox(&a) : status;
}
