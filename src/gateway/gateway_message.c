/*
 * gateway_message.c - the words of a stored message. What came by mail is derived from the raw mail each time, so that a better
 * parser reads old mails better, too.
 */
#include "gateway.h"
#include "limits.h"

static const char *derive(struct arena *arena, struct store *store, const struct message_row *message, bool only_new)
{
	struct store_raw raw;
	struct error error;
	if (message->text)
		return message->text;
	if (!message->raw || store_raw_open(store, message->raw, &raw, &error) != STATUS_OK)
		return "";
	struct mail mail;
	struct mail_options options = {.light = true, .text_only = !only_new, .text_most = only_new ? 0 : LIMIT_SEARCH_BYTES};
	mail_parse(arena, &raw.source, &options, &mail);
	store_raw_close(&raw);
	return only_new ? mail.reply_text : mail.text;
}

const char *gateway_message_text(struct arena *arena, struct store *store, const struct message_row *message)
{
	return derive(arena, store, message, false);
}

const char *gateway_message_words(struct arena *arena, struct store *store, const struct message_row *message)
{
	return derive(arena, store, message, true);
}
