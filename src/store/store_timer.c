/*
 * store_timer.c - what is due later, and small numbers kept under a name.
 *
 * A timer is a row that a plan set. Whoever fires it takes the row away in the transaction that applies what it does: over a crash it
 * fires then, or again later, never twice. Setting and clearing stand in store_apply.c.
 */
#include "store_private.h"

enum status store_timers_due(struct store *store, struct arena *arena, int64_t now, size_t limit, struct timer_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct timer_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_TIMERS_DUE, "ii", now, (int64_t)limit);
	while (cursor_next(&cursor)) {
		struct timer_row *row = ARENA_PUSH(arena, rows);

		*row = (struct timer_row){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 2), cursor_text(&cursor, arena, 3) };
	}
	return cursor_close(&cursor);
}

enum status store_timer_take(struct store *store, int64_t id, bool *taken, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_TIMER_TAKE, "i", id);

	*taken = status == STATUS_OK && engine_changes(store->engine) == 1;
	return status;
}

enum status store_number_get(struct store *store, const char *name, int64_t *number, struct error *error)
{
	return engine_number(store->engine, error, number, 0, SQL_META_GET, "t", name);
}

enum status store_number_set(struct store *store, const char *name, int64_t number, struct error *error)
{
	return engine_run(store->engine, error, SQL_META_SET, "ti", name, number);
}
