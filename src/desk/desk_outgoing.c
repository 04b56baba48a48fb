/*
 * desk_outgoing.c - an outgoing mail as one text value, and back.
 *
 * The outbox row keeps what cannot be derived: who, to whom, which template, which message it is about. The bytes are made
 * from it when it is sent, the same each time, so that intake writes little and a retry sends the very same mail.
 */
#include <stdlib.h>
#include <string.h>

#include "desk.h"

static void put_number(struct buffer *out, const char *key, int64_t number)
{
	char text[24];
	record_add(out, key, log_number(text, number));
}

static void put_text(struct buffer *out, const char *key, const char *value)
{
	if (value && *value)
		record_add(out, key, value);
}

static void put_address(struct buffer *out, const char *key, const struct mail_address *address)
{
	CLEANUP_BUFFER struct buffer both;
	buffer_init(&both);
	buffer_printf(&both, "%s %s", address->address, address->name ? address->name : "");
	record_add(out, key, buffer_string(&both));
}

void desk_outgoing_write(struct buffer *out, const struct outgoing *o)
{
	put_number(out, "id", o->id);
	put_text(out, "trace", o->trace);
	put_number(out, "ticket", o->ticket);
	put_text(out, "template", o->template);
	put_text(out, "language", o->language);
	put_text(out, "queue", o->queue);
	put_text(out, "agent", o->agent);
	put_text(out, "to-agent", o->to_agent ? "yes" : "");
	put_text(out, "automatic", o->automatic ? "yes" : "");
	put_text(out, "stranger", o->stranger ? "yes" : "");
	put_address(out, "from", &o->from);
	for (size_t i = 0; i < o->to.count; i++)
		put_address(out, "to", &o->to.at[i]);
	for (size_t i = 0; i < o->cc.count; i++)
		put_address(out, "cc", &o->cc.at[i]);
	put_text(out, "reply-to", o->reply_to);
	put_text(out, "envelope-from", o->envelope_from);
	put_text(out, "message-id", o->message_id);
	put_text(out, "in-reply-to", o->in_reply_to);
	for (size_t i = 0; i < o->references.count; i++)
		put_text(out, "reference", o->references.at[i]);
	put_text(out, "subject", o->subject);
	put_number(out, "date", o->date);
	put_number(out, "seq", o->seq);
	put_number(out, "about", o->about_seq);
	if (o->raw)
		put_number(out, "raw", o->raw);
	put_text(out, "variables", o->variables);
}

static struct mail_address read_address(struct arena *arena, const char *value)
{
	const char *blank = strchr(value, ' ');
	if (!blank)
		return (struct mail_address){value, ""};
	return (struct mail_address){arena_copy(arena, value, (size_t)(blank - value)), blank + 1};
}

struct text_field { const char *key; size_t offset; };
#define FIELD(key, member) {key, offsetof(struct outgoing, member)}
static const struct text_field text_fields[] = {
	FIELD("trace", trace), FIELD("template", template), FIELD("language", language), FIELD("queue", queue), FIELD("agent", agent),
	FIELD("reply-to", reply_to), FIELD("envelope-from", envelope_from), FIELD("message-id", message_id),
	FIELD("in-reply-to", in_reply_to), FIELD("subject", subject), FIELD("variables", variables),
};

static void set_text(struct outgoing *o, size_t offset, const char *value)
{
	memcpy((char *)o + offset, &value, sizeof value);
}

static void read_field(struct arena *arena, struct outgoing *o, const char *key, const char *value)
{
	for (size_t i = 0; i < COUNT_OF(text_fields); i++)
		if (strcmp(text_fields[i].key, key) == 0) {
			set_text(o, text_fields[i].offset, value);
			return;
		}
	int64_t number = strtoll(value, NULL, 10);
	if (strcmp(key, "id") == 0) o->id = number;
	else if (strcmp(key, "ticket") == 0) o->ticket = number;
	else if (strcmp(key, "date") == 0) o->date = number;
	else if (strcmp(key, "seq") == 0) o->seq = (int)number;
	else if (strcmp(key, "about") == 0) o->about_seq = (int)number;
	else if (strcmp(key, "raw") == 0) o->raw = number;
	else if (strcmp(key, "to-agent") == 0) o->to_agent = true;
	else if (strcmp(key, "automatic") == 0) o->automatic = true;
	else if (strcmp(key, "stranger") == 0) o->stranger = true;
	else if (strcmp(key, "from") == 0) o->from = read_address(arena, value);
	else if (strcmp(key, "to") == 0) *ARENA_PUSH(arena, &o->to) = read_address(arena, value);
	else if (strcmp(key, "cc") == 0) *ARENA_PUSH(arena, &o->cc) = read_address(arena, value);
	else if (strcmp(key, "reference") == 0) *ARENA_PUSH(arena, &o->references) = value;
}

enum status desk_outgoing_read(struct arena *arena, const char *record, struct outgoing *o)
{
	const char *at = record, *key, *value;
	*o = (struct outgoing){.from = {"", ""}};
	for (size_t i = 0; i < COUNT_OF(text_fields); i++)
		set_text(o, text_fields[i].offset, "");
	while (record_next(arena, &at, &key, &value))
		read_field(arena, o, key, value);
	return o->id && o->to.count && *o->template ? STATUS_OK : STATUS_BROKEN;
}
