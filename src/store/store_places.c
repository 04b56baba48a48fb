/*
 * store_places.c - where something stands, found by its ticket, its mail or an address: an index that is filled late.
 *
 * Only who erases, or lets go of what is old, asks it; a mail pays nothing for it. Rows of mailbox, message, outbox and ticket never change what is
 * indexed here and are numbered as they come: `place` has those up to the marks in `meta`, and whoever needs it brings it up first, in small
 * transactions, then what little came meanwhile in his own. Of an address it has a hash, which goes with the address (store_places_forget()).
 * A stale entry does no harm: who finds a row by it looks at the row, or has erased it already.
 */
#include "store_private.h"

#include <string.h>
#include <time.h>

#define AT_ONCE 400              /* rows of a table in one transaction: two or three milliseconds */
#define REST_MS 8                /* between two of them, for who else writes */

struct row { int64_t id, numbers[2]; const char *addresses[2]; };

/* Which of the row's numbers and addresses have an entry, and of which kind; 0: none. */
struct table { enum sql since; const char *mark; enum store_place numbers[2], addresses[2]; };

static const struct table tables[] = {
	{ SQL_PLACES_OF_MAILBOX, "places_mailbox", { PLACE_MAILBOX_OF_TICKET, PLACE_MAILBOX_OF_RAW }, { PLACE_MAILBOX_FROM, PLACE_MAILBOX_FROM } },
	{ SQL_PLACES_OF_MESSAGES, "places_message", { PLACE_MESSAGE_OF_RAW, 0 }, { PLACE_MESSAGE_FROM, 0 } },
	{ SQL_PLACES_OF_OUTBOX, "places_outbox", { PLACE_OUTBOX_OF_TICKET, 0 }, { 0, 0 } },
	{ SQL_PLACES_OF_TICKETS, "places_ticket", { 0, 0 }, { PLACE_TICKET_OF_CUSTOMER, 0 } },
};

int64_t store_place_of_address(const char *address)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	uint64_t hash = engine_hash(store_contact_key(&arena, address));

	return (int64_t)(hash >> 1);
}

static enum status add(struct store *store, enum store_place kind, int64_t key, int64_t id, struct error *error)
{
	return engine_run(store->engine, error, SQL_PLACE_ADD, "dii", (int)kind, key, id);
}

/* Outgoing mails of no ticket are listed under 0; a mail on none is found by its raw mail alone. */
static enum status add_row(struct store *store, const struct table *table, const struct row *row, struct error *error)
{
	enum status status = STATUS_OK;

	for (int i = 0; i < 2 && status == STATUS_OK; i++)
		if (table->numbers[i] && (row->numbers[i] || table->numbers[i] == PLACE_OUTBOX_OF_TICKET))
			status = add(store, table->numbers[i], row->numbers[i], row->id, error);
	for (int i = 0; i < 2 && status == STATUS_OK; i++)
		if (table->addresses[i] && *row->addresses[i])
			status = add(store, table->addresses[i], store_place_of_address(row->addresses[i]), row->id, error);
	return status;
}

static enum status catch_up_table(struct store *store, const struct table *table, size_t limit, size_t *done, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct { struct row *at; size_t count; } rows = { 0 };
	struct cursor cursor;
	int64_t mark = 0;
	enum status status = engine_number(store->engine, error, &mark, 0, SQL_META_GET, "t", table->mark);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, table->since, "ii", mark, (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(&arena, &rows) = (struct row){ cursor_number(&cursor, 0), { cursor_number(&cursor, 1), cursor_number(&cursor, 2) },
		                                           { cursor_text(&cursor, &arena, 3), cursor_text(&cursor, &arena, 4) } };
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		status = add_row(store, table, &rows.at[i], error);
	*done += rows.count;
	return status == STATUS_OK && rows.count ? engine_run(store->engine, error, SQL_META_SET, "ti", table->mark, rows.at[rows.count - 1].id) : status;
}

enum status store_places_step(struct store *store, bool *more, struct error *error)
{
	enum status status = STATUS_OK;
	size_t done = 0;

	*more = false;
	for (size_t i = 0; i < COUNT_OF(tables) && status == STATUS_OK; i++, done = 0) {
		status = catch_up_table(store, &tables[i], AT_ONCE, &done, error);
		*more |= done == AT_ONCE;
	}
	return status;
}

enum status store_places_finish(struct store *store, struct error *error)
{
	enum status status = STATUS_OK;

	for (bool more = true; more && status == STATUS_OK;)
		status = store_places_step(store, &more, error);
	return status;
}

enum status store_places_catch_up(struct store *store, struct error *error)
{
	const struct timespec rest = { .tv_nsec = REST_MS * 1000000L };
	enum status status = STATUS_OK;

	for (bool more = true; more && status == STATUS_OK;) {
		if ((status = store_begin(store, error)) != STATUS_OK)
			return status;
		if ((status = store_places_step(store, &more, error)) == STATUS_OK)
			status = store_commit(store, error);
		else
			store_rollback(store);
		if (more)
			nanosleep(&rest, NULL);
	}
	return status;
}

enum status store_places_forget_part(struct store *store, const char *address, struct error *error)
{
	static const struct { enum store_place kind; const char *erased; } kinds[] = { { PLACE_MAILBOX_FROM, "mailbox" }, { PLACE_MESSAGE_FROM, "message" }, { PLACE_TICKET_OF_CUSTOMER, "ticket" } };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < COUNT_OF(kinds) && status == STATUS_OK; i++)
		status = engine_run(store->engine, error, SQL_ERASING_PLACES, "dit", (int)kinds[i].kind, store_place_of_address(address), kinds[i].erased);
	return status;
}

enum status store_places_forget(struct store *store, const char *address, struct error *error)
{
	static const enum store_place kinds[] = { PLACE_MAILBOX_FROM, PLACE_MESSAGE_FROM, PLACE_TICKET_OF_CUSTOMER };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < COUNT_OF(kinds) && status == STATUS_OK; i++)
		status = engine_run(store->engine, error, SQL_PLACE_FORGET, "di", (int)kinds[i], store_place_of_address(address));
	return status;
}
