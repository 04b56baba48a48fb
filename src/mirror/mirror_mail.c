/*
 * mirror_mail.c - a message of a ticket as the mail that stands in the tree.
 *
 * What came by mail stands as it came, and what was sent as it was sent, but for the fields that say where answers and receipts go: Reply-To is
 * the house's address, what stood there is X-Original-Reply-To, and so with the others. A note, and words that came by a page or the command line, get a header of their own, under the ticket's subject and
 * references. Decides nothing.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mirror_private.h"
#include "outbox.h"

/* ---- the fields ---- */

/* Where an answer or a receipt would go past the desk. */
static const char *const leads_past[] = {"Reply-To", "Mail-Reply-To", "Mail-Followup-To", "Disposition-Notification-To", "Return-Receipt-To",
                                         "X-Confirm-Reading-To"};

/* The name, blanks, ":". */
static bool is_field(const char *name, const char *line, size_t length)
{
	size_t at = strlen(name);
	if (length <= at || strncasecmp(line, name, at) != 0)
		return false;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at < length && line[at] == ':';
}

static bool leads_past_us(const char *line, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(leads_past); i++)
		if (is_field(leads_past[i], line, length))
			return true;
	return false;
}

/* The whole header is gone through, however long it is: no field in it may lead past the desk. */
static void with_house_address(const struct buffer *mail, const char *address, struct buffer *out)
{
	const char *at = mail->at ? mail->at : "", *stop = at + mail->length, *first = memchr(at, '\n', mail->length);
	bool crlf = first && first > at && first[-1] == '\r';
	buffer_printf(out, "Reply-To: %s%s", address, crlf || !first ? "\r\n" : "\n");
	while (at < stop) {
		const char *end = memchr(at, '\n', (size_t)(stop - at));
		size_t length = (size_t)((end ? end + 1 : stop) - at);
		if (*at == '\n' || (length == 2 && *at == '\r'))
			break;
		if (leads_past_us(at, length))
			buffer_add_string(out, "X-Original-");
		buffer_add(out, at, length);
		at += length;
	}
	buffer_add(out, at, (size_t)(stop - at));
}

/* ---- who reads, as it shows them ---- */

static bool names(const struct mail_addresses *shown, const struct participant *person)
{
	for (size_t i = 0; i < shown->count; i++)
		if (text_equal_nocase(shown->at[i].address, person->address) || text_equal_nocase(shown->at[i].address, desk_answers_at(person)))
			return true;
	return false;
}

static size_t header_length(const struct buffer *mail)
{
	const char *text = mail->at ? mail->at : "";
	const char *lf = memmem(text, mail->length, "\n\n", 2), *crlf = memmem(text, mail->length, "\n\r\n", 3);
	const char *end = lf && (!crlf || lf < crlf) ? lf : crlf;
	return end ? (size_t)(end - text) + 1 : mail->length;
}

/* The ticket as the mail lets one see it: with its customer, and with whom its own header names. An answer that others would read, who were let in by
 * another message, is for its writer to confirm. */
static struct ticket_facts as_shown(struct arena *arena, const struct ticket_facts *ticket, const struct buffer *bytes)
{
	struct mail_source source = {.fd = -1, .data = bytes->at ? bytes->at : "", .size = header_length(bytes)};
	struct mail_options options = {.light = true};
	struct ticket_facts shown = *ticket;
	struct mail mail;
	if (!ticket->participants.count)
		return shown;
	mail_parse(arena, &source, &options, &mail);
	shown.participants.at = ARENA_ARRAY(arena, struct participant, ticket->participants.count);
	shown.participants.count = 0;
	for (size_t i = 0; i < ticket->participants.count; i++) {
		const struct participant *person = &ticket->participants.at[i];
		const struct mail_addresses from = {&mail.from, 1};
		if (names(&from, person) || names(&mail.to, person) || names(&mail.cc, person))
			shown.participants.at[shown.participants.count++] = *person;
	}
	return shown;
}

/* ---- its bytes ---- */

static enum status raw_bytes(struct store *store, int64_t raw, struct buffer *out, struct error *error)
{
	struct store_raw opened;
	char piece[16384];
	enum status status = store_raw_open(store, raw, &opened, error);
	if (status != STATUS_OK)
		return status;
	if (opened.source.fd < 0)
		buffer_add(out, opened.source.data, (size_t)opened.source.size);
	for (uint64_t at = 0; opened.source.fd >= 0 && at < opened.source.size && status == STATUS_OK;) {
		ssize_t n = pread(opened.source.fd, piece, sizeof piece, (off_t)at);
		if (n <= 0)
			status = error_set(error, STATUS_TRY_LATER, "the raw mail %lld cannot be read", (long long)raw);
		else
			buffer_add(out, piece, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
	}
	store_raw_close(&opened);
	return status;
}

static enum status sent_bytes(const struct config *config, const struct desk_policy *policy, struct store *store, struct arena *arena, int64_t outbox,
                              struct buffer *out, struct error *error)
{
	struct outbox_row row;
	enum status status = store_outbox_get(store, arena, outbox, &row, error);
	if (status == STATUS_OK && row.outgoing.variables && strcmp(row.outgoing.variables, OUTBOX_BARED) == 0)
		return STATUS_NOT_FOUND;         /* its words stand on the ticket alone (store_retention.c) */
	if (status == STATUS_OK && row.outgoing.from.address && strcmp(row.outgoing.from.address, ERASED_ADDRESS) == 0)
		return STATUS_NOT_FOUND;         /* one of those who got it was erased, and the message was not */
	return status == STATUS_OK ? outbox_render(store, policy, &config->templates, arena, &row, out, error) : status;
}

static struct mail_address writer_of(const struct desk_policy *policy, const struct ticket_facts *ticket, const struct message_row *message)
{
	const struct desk_agent *agent = message->agent && *message->agent ? desk_agent_named(policy, message->agent) : NULL;
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	if (agent)
		return (struct mail_address){agent->email, *agent->display ? agent->display : agent->name};
	if (message->from.address && mail_address_usable(message->from.address))
		return message->from;
	return (struct mail_address){queue ? queue->address : policy->queues.at[0].address, policy->name};
}

/* Words that no mail carries as they are to be shown, or no longer does. */
static enum status written_bytes(const struct desk_policy *policy, struct store *store, struct arena *arena, const struct ticket_facts *ticket,
                                 const struct message_row *message, struct buffer *out, struct error *error)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	struct mail_address to = {queue ? queue->address : policy->queues.at[0].address, ""};
	struct words words = {.text = ""};
	struct store_raw raw;
	enum status status = message->text && *message->text ? STATUS_OK : store_words(store, arena, message, NULL, 0, LIMIT_INTAKE_TEXT, &words, error);
	struct mail_out mail = {
		.from = writer_of(policy, ticket, message), .to = {&to, 1}, .reply_to = "",
		.subject = arena_printf(arena, "%s%s [#%lld]", message->kind == MESSAGE_NOTE ? "[note] " : "", ticket->subject, (long long)ticket->id),
		.message_id = message->message_id && *message->message_id && message->kind != MESSAGE_NOTE ? message->message_id
			: arena_printf(arena, "<%lld.%d.mirror@%s>", (long long)ticket->id, message->seq, policy->domain),
		.in_reply_to = ticket->message_ids.count ? ticket->message_ids.at[ticket->message_ids.count - 1] : "", .references = ticket->message_ids,
		.date = message->date, .language = "", .auto_submitted = "", .desk_mark = policy->domain, .list_unsubscribe = "",
		.text = message->text && *message->text ? message->text : words.text, .html = "", .attached = {.fd = -1}, .attached_name = "",
	};
	if (status != STATUS_OK)
		return status;
	status = message->raw ? store_raw_open(store, message->raw, &raw, error) : STATUS_NOT_FOUND;
	if (status == STATUS_NOT_FOUND)
		return mail_compose(&mail, out, error);
	if (status != STATUS_OK)
		return status;
	status = mail_compose_with_attachments(&mail, &raw.source, out, error);
	store_raw_close(&raw);
	return status;
}

enum status mirror_mail(const struct config *config, const struct desk_policy *policy, struct store *store, struct arena *arena,
                        const struct ticket_facts *ticket, const struct message_row *message, struct buffer *out, struct error *error)
{
	CLEANUP_BUFFER struct buffer bytes;
	enum status status;
	buffer_init(&bytes);
	if (message->outbox)
		status = sent_bytes(config, policy, store, arena, message->outbox, &bytes, error);
	else if (message->raw && message->kind != MESSAGE_NOTE)
		status = raw_bytes(store, message->raw, &bytes, error);
	else
		status = written_bytes(policy, store, arena, ticket, message, &bytes, error);
	if (status == STATUS_NOT_FOUND)
		status = written_bytes(policy, store, arena, ticket, message, &bytes, error);
	if (status != STATUS_OK)
		return status;
	const struct ticket_facts shown = as_shown(arena, ticket, &bytes);
	with_house_address(&bytes, message->side ? desk_side_house_address(arena, policy, ticket, message->side, message->seq)
	                                         : desk_house_address(arena, policy, &shown, message->seq), out);
	return STATUS_OK;
}
