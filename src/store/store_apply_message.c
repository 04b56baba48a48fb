/*
 * store_apply_message.c - the effects of a plan on messages and mails: what stands on a ticket, what goes out, what came back.
 */
#include "store_apply.h"

#include <string.h>

/* ---- messages ---- */

static bool is_acknowledged(const struct plan *plan, const char *address)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == EFFECT_COUNT_ACKNOWLEDGEMENT && text_equal_nocase(text_or_empty(plan->at[i].to), text_or_empty(address)))
			return *text_or_empty(address) != '\0';
	return false;
}

/* A person of the customer's side wrote: we know him now. */
static enum status remember_sender(struct applying *a, const struct new_message *message)
{
	const struct mail *mail = a->delivery ? a->delivery->incoming->mail : NULL;
	bool persons = message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY, counted;

	if (!mail || !message->raw || message->out || !persons || *text_or_empty(message->agent))
		return STATUS_OK;
	counted = !a->acknowledged && is_acknowledged(a->plan, mail->from.address);
	if (counted)
		a->acknowledged = mail->from.address;
	bool opened = a->created && text_equal_nocase(text_or_empty(a->create->customer.address), mail->from.address);
	return store_contact_wrote(a->store, &mail->from, mail->language, mail->language_sure, counted, opened ? a->created : 0, a->now, a->error);
}

static const char *one_a_line(struct arena *arena, const struct strings *list)
{
	CLEANUP_BUFFER struct buffer text = { 0 };

	if (list->count <= 1)
		return list->count ? list->at[0] : "";
	for (size_t i = 0; i < list->count; i++) {
		buffer_add_string(&text, i ? "\n" : "");
		buffer_add_string(&text, list->at[i]);
	}
	return arena_copy(arena, text.at, text.length);
}

static enum status message_came(struct applying *a, const struct effect *effect)
{
	return store_apply_changed(a, effect->ticket, (struct happening){ HISTORY_MESSAGE, .number = effect->message->seq }, effect->why);
}

/* Split: what that other message is made of, raw mail and all, stands in both tickets. */
static enum status copy_message(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;
	enum status status = engine_run(a->store->engine, a->error, SQL_MESSAGE_COPY, "idtid", effect->ticket, message->seq,
	                             desk_message_kind_name(message->kind), message->copy_ticket, message->copy_seq);

	if (status == STATUS_OK && engine_changes(a->store->engine) != 1)
		return error_set(a->error, STATUS_BROKEN, "a plan copies message %d of ticket %lld, which is not there", message->copy_seq, (long long)message->copy_ticket);
	return status == STATUS_OK ? message_came(a, effect) : status;
}

/* An agent answered: the ticket is where it belongs. */
static enum status confirm_answered(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;

	if (message->kind != MESSAGE_REPLY || !message->out || !*text_or_empty(message->agent))
		return STATUS_OK;
	return engine_run(a->store->engine, a->error, SQL_CONFIRM_ANSWERED, "ii", effect->ticket, a->now);
}

enum status store_apply_append_message(struct applying *a, const struct effect *effect)
{
	const struct new_message *message = effect->message;

	if (message->copy_seq)
		return copy_message(a, effect);
	int64_t raw = message->raw && a->delivery ? a->delivery->raw : 0;
	enum status status = STATUS_OK;

	if (message->raw_seq)
		status = engine_number(a->store->engine, a->error, &raw, 0, SQL_MESSAGE_RAW, "id", message->raw_ticket, message->raw_seq);
	if (status != STATUS_OK)
		return status;
	status = engine_run(a->store->engine, a->error, SQL_MESSAGE_ADD, "idtdi" "ttt" "itt" "ttitd", effect->ticket, message->seq,
		desk_message_kind_name(message->kind), (int)message->out, raw, text_or_empty(message->from.address),
		text_or_empty(message->from.name), one_a_line(a->arena, &message->to), message->date, message->message_id,
		message->text, text_or_empty(message->agent), text_or_empty(message->flags), message->outbox, text_or_empty(message->proved), message->side);

	if (status == STATUS_OK)
		status = remember_sender(a, message);
	if (status == STATUS_OK)
		status = confirm_answered(a, effect);
	return status == STATUS_OK ? message_came(a, effect) : status;
}

/* ---- mails ---- */

/* What the budget of strangers counts is known from the row, too: to the other gateways. */
static bool is_of_stranger(const struct plan *plan, const struct outgoing *outgoing)
{
	for (size_t i = 0; i < plan->count && outgoing->to.count && !outgoing->to_agent; i++)
		if (plan->at[i].kind == EFFECT_COUNT_ACKNOWLEDGEMENT && plan->at[i].number && text_equal_nocase(text_or_empty(plan->at[i].to), outgoing->to.at[0].address))
			return true;
	return false;
}

enum status store_apply_enqueue(struct applying *a, const struct effect *effect)
{
	CLEANUP_BUFFER struct buffer record = { 0 };
	struct outgoing outgoing = *effect->outgoing;

	/* A mail that is passed on as it is: the row knows where its bytes are. */
	if (a->delivery && strcmp(outgoing.template, "redirect") == 0)
		outgoing.raw = a->delivery->raw;
	outgoing.stranger = is_of_stranger(a->plan, &outgoing);
	desk_outgoing_write(&record, &outgoing);
	store_budget_row(a->store, outgoing.id);
	return engine_run(a->store->engine, a->error, SQL_OUTBOX_ADD, "iiit", effect->outgoing->id, effect->outgoing->ticket, a->now,
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

enum status store_apply_mail_bounced(struct applying *a, const struct effect *effect)
{
	struct outbox_row row;
	const char *address = text_or_empty(effect->to), *meant;
	enum status status = store_outbox_get(a->store, a->arena, effect->number, &row, a->error);

	if (status != STATUS_OK)
		return status;
	meant = recipient_meant(&row, address);
	if (!*address)
		address = meant;
	store_outbox_row_failed(&row, address, text_or_empty(effect->why));
	status = store_outbox_result(a->store, &row, NULL, a->error);
	if (status == STATUS_OK && *meant)
		status = store_contact_bounced(a->store, meant, effect->why, a->now, a->error);
	if (status != STATUS_OK || !row.ticket)
		return status;
	return store_apply_changed(a, row.ticket, (struct happening){ HISTORY_BOUNCED, .number = row.id, .now = address }, effect->why);
}

enum status store_apply_count_acknowledgement(struct applying *a, const struct effect *effect)
{
	const char *to = text_or_empty(effect->to);
	bool counted = a->acknowledged && text_equal_nocase(a->acknowledged, to);
	if (counted)                             /* with the row that says that he wrote; once */
		a->acknowledged = "";
	enum status status = *to && !counted ? store_contact_acknowledged(a->store, to, a->now, a->error) : STATUS_OK;

	return status == STATUS_OK && effect->number ? store_budget_spend(a->store, effect->to, a->now, a->error) : status;
}

enum status store_apply_count_asked(struct applying *a, const struct effect *effect)
{
	return store_contact_asked(a->store, effect->to, (int)effect->number, a->now, a->error);
}

/* That a person said so is what the classifier learns from. */
enum status store_apply_spam(struct applying *a, const struct effect *effect)
{
	enum status status = *effect->to ? store_contact_spam(a->store, effect->to, (int)effect->number, a->now, a->error) : STATUS_OK;

	return status == STATUS_OK && effect->number ? engine_run(a->store->engine, a->error, SQL_CONFIRM_ANSWERED, "ii", effect->ticket, a->now) : status;
}

enum status store_apply_away(struct applying *a, const struct effect *effect)
{
	a->store->nobody_away.known = false;
	return effect->number ? engine_run(a->store->engine, a->error, SQL_AWAY_SET, "ti", effect->to, effect->number)
	                      : engine_run(a->store->engine, a->error, SQL_AWAY_END, "t", effect->to);
}

enum status store_apply_prove_address(struct applying *a, const struct effect *effect)
{
	return store_contact_proved(a->store, effect->to, a->now, a->error);
}

enum status store_apply_mail_arrives(struct applying *a, const struct effect *effect)
{
	return store_contact_arrives(a->store, effect->to, a->error);
}
