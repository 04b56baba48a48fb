/*
 * store_referred.c - what mails that opened tickets referred to, by their sender.
 *
 * Alarms of one incident often share a reference to a mail that we never saw, and so do two mails of one person about a conversation
 * elsewhere. The later ones are found by it; only the same sender's are. A mail without references costs nothing here, and one whose
 * references lead to a ticket is not looked up. The newest ticket of a reference counts.
 */
#include "store_private.h"

#include <string.h>

#define REFERRED_MOST 8          /* of one mail: what it answers, and the nearest of what that answered */

static int64_t referred_key(struct arena *arena, const char *message_id, const char *sender)
{
	return (int64_t)engine_hash(arena_printf(arena, "%s\n%s", message_id, text_lower(arena, sender)));
}

enum status store_referred_find(struct store *store, struct arena *arena, const char *message_id, const char *sender, int64_t *ticket, struct error *error)
{
	return engine_number(store->engine, error, ticket, 0, SQL_REFERRED_GET, "i", referred_key(arena, message_id, sender));
}

enum status store_referred_remember(struct store *store, struct arena *arena, const struct mail *mail, int64_t ticket, struct error *error)
{
	const struct strings *lists[] = { &mail->in_reply_to, &mail->references };
	enum status status = STATUS_OK;
	size_t left = REFERRED_MOST;

	for (size_t l = 0; l < 2 && *mail->from.address; l++)
		for (size_t i = lists[l]->count; i > 0 && left > 0 && status == STATUS_OK; i--, left--)
			status = engine_run(store->engine, error, SQL_REFERRED_SET, "ii", referred_key(arena, lists[l]->at[i - 1], mail->from.address), ticket);
	return status;
}
