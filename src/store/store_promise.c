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

static enum status read_changed(struct store *store, struct arena *arena, enum sql id, int64_t since, size_t limit, int64_t first, struct changed_tickets *tickets,
                                struct error *error)
{
	struct cursor cursor;

	*tickets = (struct changed_tickets){ 0 };
	if (first)
		cursor_open(&cursor, store->engine, error, id, "iii", since, (int64_t)limit, first);
	else
		cursor_open(&cursor, store->engine, error, id, "ii", since, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, tickets) = (struct changed_ticket){ cursor_number(&cursor, 0), cursor_number(&cursor, 1) };
	if (tickets->count)
		qsort(tickets->at, tickets->count, sizeof *tickets->at, by_moment);
	return cursor_close(&cursor);
}

static int by_ticket(const void *a, const void *b)
{
	const struct changed_ticket *x = a, *y = b;

	return x->ticket == y->ticket ? by_moment(a, b) : (x->ticket > y->ticket) - (x->ticket < y->ticket);
}

/* Each ticket once, with the last that happened to it; in order of time. */
static void keep_last_of_each(struct changed_tickets *tickets)
{
	size_t kept = 0;

	if (!tickets->count)
		return;
	qsort(tickets->at, tickets->count, sizeof *tickets->at, by_ticket);
	for (size_t i = 0; i < tickets->count; i++)
		if (i + 1 == tickets->count || tickets->at[i].ticket != tickets->at[i + 1].ticket)
			tickets->at[kept++] = tickets->at[i];
	tickets->count = kept;
	qsort(tickets->at, kept, sizeof *tickets->at, by_moment);
}

/* Up to when a list that may have been cut off is whole: its last moment may go on behind the cut. */
static int64_t whole_to(const struct changed_tickets *tickets, size_t limit)
{
	return tickets->count < limit ? INT64_MAX : tickets->at[tickets->count - 1].at - 1;
}

static void add_to(struct arena *arena, struct changed_tickets *all, const struct changed_tickets *some, int64_t upto)
{
	for (size_t i = 0; i < some->count && some->at[i].at <= upto; i++)
		*ARENA_PUSH(arena, all) = some->at[i];
}

/* What was opened, and what happened to others. */
static enum status read_both(struct store *store, struct arena *arena, int64_t since, int64_t first, size_t limit, struct changed_tickets *tickets, struct error *error)
{
	struct changed_tickets changed, created;
	enum status status = read_changed(store, arena, SQL_CREATED_SINCE, since, limit, first, &created, error);

	*tickets = (struct changed_tickets){ 0 };
	if (status == STATUS_OK)
		status = read_changed(store, arena, SQL_CHANGED_SINCE, since, limit, 0, &changed, error);
	if (status)
		return status;
	tickets->upto = whole_to(&created, limit) < whole_to(&changed, limit) ? whole_to(&created, limit) : whole_to(&changed, limit);
	add_to(arena, tickets, &created, tickets->upto);
	add_to(arena, tickets, &changed, tickets->upto);
	keep_last_of_each(tickets);
	return STATUS_OK;
}

/* Where more than that happened at one moment (many requests closed by one command), all of it is read. */
enum status store_changed_since(struct store *store, struct arena *arena, int64_t since, size_t limit, struct changed_tickets *tickets, struct error *error)
{
	int64_t first = 1;
	enum status status = store_first_ticket_since(store, since, &first, error);

	*tickets = (struct changed_tickets){ .upto = INT64_MAX };
	do {
		if (status == STATUS_OK)
			status = read_both(store, arena, since, first, limit, tickets, error);
		limit *= 8;
	} while (status == STATUS_OK && !tickets->count && tickets->upto != INT64_MAX);
	return status;
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

enum status store_promises(struct store *store, struct arena *arena, int64_t after, size_t limit, struct promise_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct promise_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_PROMISES_ALL, "ii", after, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct promise_row){ .ticket = cursor_number(&cursor, 0), .due = cursor_number(&cursor, 1) };
	return cursor_close(&cursor);
}

/* ---- versions ---- */

enum status store_version_add(struct store *store, const struct version_row *row, struct error *error)
{
	return engine_run(store->engine, error, SQL_VERSION_ADD, "idtt", row->at, (int)row->applied, row->who, row->text);
}

enum status store_version_last(struct store *store, int64_t *id, struct error *error)
{
	*id = 0;
	return engine_number(store->engine, error, id, 0, SQL_VERSION_LAST, "");
}

enum status store_versions(struct store *store, struct arena *arena, struct version_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct version_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_VERSIONS, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct version_row){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 2) != 0,
		                                                 cursor_text(&cursor, arena, 3), cursor_text(&cursor, arena, 4) };
	return cursor_close(&cursor);
}
