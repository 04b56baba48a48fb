/*
 * store_follow.c - for who follows the store from a position of his own: messages in the order they came, and where tickets stand.
 *
 * Reads alone, in pieces of the caller's size; keeps no position. Diagnostics: STATUS_TRY_LATER: locked.
 */
#include "store_private.h"

enum status store_messages_after(struct store *store, struct arena *arena, int64_t after, size_t limit, struct followed_messages *rows, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_MESSAGES_SINCE, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor)) {
		struct followed_message *row = ARENA_PUSH(arena, rows);

		store_read_message_columns(&cursor, arena, &row->message);
		row->id = cursor_number(&cursor, 15);
		row->ticket = cursor_number(&cursor, 16);
	}
	return cursor_close(&cursor);
}

enum status store_messages_last(struct store *store, int64_t *last, struct error *error)
{
	return engine_number(store->engine, error, last, 0, SQL_MESSAGE_LAST_ID, "");
}

enum status store_ticket_places(struct store *store, struct arena *arena, int64_t after, size_t limit, struct ticket_places *places, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_TICKET_PLACES, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, places) = (struct ticket_place){ cursor_number(&cursor, 0), cursor_number(&cursor, 4), cursor_text(&cursor, arena, 1),
		                                                    cursor_text(&cursor, arena, 2), cursor_text(&cursor, arena, 3) };
	return cursor_close(&cursor);
}
