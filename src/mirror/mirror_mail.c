/*
 * mirror_mail.c - a message of a ticket as the mail that stands in the tree.
 *
 * What came by mail stands as it came, and what was sent as it was sent, but for one field: Reply-To is the house's address, what stood there is
 * X-Original-Reply-To. A note, and words that came by a page or the command line, get a header of their own, under the ticket's subject and
 * references. Decides nothing.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mirror_private.h"
#include "outbox.h"

#define HEADER_MOST (512 * 1024)         /* bytes that are looked through for Reply-To: twice what is read of a header */

/* ---- the one field ---- */

/* "Reply-To", blanks, ":". */
static bool is_reply_to(const char *line, size_t length)
{
	size_t at = strlen("Reply-To");
	if (length <= at || strncasecmp(line, "Reply-To", at) != 0)
		return false;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return at < length && line[at] == ':';
}

static void with_house_address(const struct buffer *mail, const char *address, struct buffer *out)
{
	const char *at = mail->at ? mail->at : "", *stop = at + mail->length, *first = memchr(at, '\n', mail->length);
	bool crlf = first && first > at && first[-1] == '\r';
	buffer_printf(out, "Reply-To: %s%s", address, crlf || !first ? "\r\n" : "\n");
	while (at < stop && (size_t)(at - mail->at) < HEADER_MOST) {
		const char *end = memchr(at, '\n', (size_t)(stop - at));
		size_t length = (size_t)((end ? end + 1 : stop) - at);
		if (*at == '\n' || (length == 2 && *at == '\r'))
			break;
		if (is_reply_to(at, length))
			buffer_add_string(out, "X-Original-");
		buffer_add(out, at, length);
		at += length;
	}
	buffer_add(out, at, (size_t)(stop - at));
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

/* Words that no mail carries as they are to be shown. */
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
		.message_id = arena_printf(arena, "<%lld.%d.mirror@%s>", (long long)ticket->id, message->seq, policy->domain),
		.in_reply_to = ticket->message_ids.count ? ticket->message_ids.at[ticket->message_ids.count - 1] : "", .references = ticket->message_ids,
		.date = message->date, .language = "", .auto_submitted = "", .desk_mark = policy->domain, .list_unsubscribe = "",
		.text = message->text && *message->text ? message->text : words.text, .html = "", .attached = {.fd = -1}, .attached_name = "",
	};
	if (status != STATUS_OK)
		return status;
	if (!message->raw)
		return mail_compose(&mail, out, error);
	if ((status = store_raw_open(store, message->raw, &raw, error)) != STATUS_OK)
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
	if (status == STATUS_OK)
		with_house_address(&bytes, message->side ? desk_side_house_address(arena, policy, ticket, message->side)
		                                         : desk_house_address(arena, policy, ticket, message->seq), out);
	return status;
}
