/*
 * store_promise.c - when the first clock of a ticket is due, kept beside it so that what is due first is found among a million; and which tickets
 * something happened to since.
 *
 * A copy of what the history says: who made it (gateway_promises.c) makes it again at will. May not reckon.
 */
#include "store_private.h"

#include <stdlib.h>

static int by_moment(const void *a, const void *b)
{
	const struct changed_ticket *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

enum status store_changed_since(struct store *store, struct arena *arena, int64_t since, size_t limit, struct changed_tickets *tickets, struct error *error)
{
	struct cursor cursor;

	*tickets = (struct changed_tickets){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_CHANGED_SINCE, "ii", since, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, tickets) = (struct changed_ticket){ cursor_number(&cursor, 0), cursor_number(&cursor, 1) };
	if (tickets->count)
		qsort(tickets->at, tickets->count, sizeof *tickets->at, by_moment);
	return cursor_close(&cursor);
}

enum status store_open_tickets(struct store *store, struct arena *arena, int64_t after, size_t limit, struct changed_tickets *tickets, struct error *error)
{
	struct cursor cursor;

	*tickets = (struct changed_tickets){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_OPEN_SINCE, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, tickets) = (struct changed_ticket){ cursor_number(&cursor, 0), 0 };
	return cursor_close(&cursor);
}

enum status store_promise_get(struct store *store, int64_t ticket, struct promise_row *row, struct error *error)
{
	struct cursor cursor;

	*row = (struct promise_row){ .ticket = ticket };
	cursor_open(&cursor, store->engine, error, SQL_PROMISE_GET, "i", ticket);
	if (cursor_next(&cursor))
		*row = (struct promise_row){ ticket, cursor_number(&cursor, 0), cursor_number(&cursor, 1) };
	return cursor_close(&cursor);
}

enum status store_promise_set(struct store *store, const struct promise_row *row, struct error *error)
{
	if (!row->due)
		return engine_run(store->engine, error, SQL_PROMISE_REMOVE, "i", row->ticket);
	return engine_run(store->engine, error, SQL_PROMISE_SET, "iii", row->ticket, row->due, row->step);
}

enum status store_promise_forget(struct store *store, struct error *error)
{
	return engine_run(store->engine, error, SQL_PROMISE_REMOVE_ALL, "");
}

enum status store_promise_steps(struct store *store, struct arena *arena, int64_t now, size_t limit, struct promise_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct promise_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_PROMISE_STEPS, "ii", now, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct promise_row){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 2) };
	return cursor_close(&cursor);
}
