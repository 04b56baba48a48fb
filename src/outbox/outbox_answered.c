/*
 * outbox_answered.c - the text of a mail of ours by its Message-ID, so that an answer's quote of it is known by its words.
 *
 * A Message-ID of ours is signed and names its row; nothing is searched. The words are rendered again, as they were sent.
 * May not fail: a row that is gone, or a mail that cannot be read, gives "".
 */
#include "outbox_words.h"

const char *outbox_answered(const void *context, struct arena *arena, const char *message_id)
{
	const struct outbox_answered *from = context;
	struct token token;
	struct outbox_row row;
	struct rendered rendered = { .text = "" };
	struct error error;

	if (!desk_message_id_read(from->policy, message_id, &token))
		return NULL;
	if (!token.number || store_outbox_get(from->store, arena, token.number, &row, &error) != STATUS_OK || row.ticket != token.ticket)
		return "";
	struct rendering r = { .store = from->store, .policy = from->policy, .templates = from->templates, .arena = arena, .row = &row };
	enum status status = outbox_words(&r, &rendered, &error);

	outbox_words_fini(&r);
	return status ? "" : arena_printf(arena, "%s%s%s", rendered.text, *rendered.heading ? "\n" : "", rendered.heading);
}
