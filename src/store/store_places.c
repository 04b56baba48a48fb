/*
 * store_places.c - where something stands, found by its ticket, its mail or an address: an index that is filled late.
 *
 * Only who erases, or lets go of what is old, asks it; a mail pays nothing for it. Rows of mailbox, message, outbox and ticket never change what is
 * indexed here and are numbered as they come: `place` has those up to the marks in `meta`, and whoever needs it brings it up first, then what little came
 * meanwhile in his own transaction. Of an address it has a hash, which goes with the address (store_places_forget()).
 * Many rows at a time are looked up outside of every transaction and put in the order of the index: entries of a million tickets in the order of the tickets would
 * write each of its pages hundreds of times. They are written a few milliseconds at a time; the mark moves with the last of them, and where it moved
 * meanwhile, somebody else had the rows, may have erased some since, and these are dropped.
 * A stale entry does no harm: who finds a row by it looks at the row, or has erased it already.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOKED_UP 100000         /* rows of a table that are put in order together: ten megabytes */
#define READ_AT_ONCE 2000        /* of them by one question */
#define CLOCK_EACH 32            /* entries between two looks at the clock */
#define WRITTEN_MOST 2000        /* entries in one portion: a database server does them after they were asked for */
#define PORTION_US 8000          /* so long one's own transaction holds the writer */
#define REST_US 26000            /* behind it: mails that waited are written before the next one */

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

/* ---- looking up ---- */

static void add(struct arena *arena, struct places_missing *missing, enum store_place kind, int64_t key, int64_t id)
{
	*ARENA_PUSH(arena, missing) = (struct place_entry){ kind, key, id };
}

/* Outgoing mails of no ticket are listed under 0; a mail on none is found by its raw mail alone. */
static void add_row(struct arena *arena, struct places_missing *missing, const struct table *table, struct cursor *row)
{
	CLEANUP_ARENA struct arena words = { 0 };
	int64_t id = cursor_number(row, 0);

	for (int i = 0; i < 2; i++) {
		int64_t number = cursor_number(row, 1 + i);

		if (table->numbers[i] && (number || table->numbers[i] == PLACE_OUTBOX_OF_TICKET))
			add(arena, missing, table->numbers[i], number, id);
	}
	for (int i = 0; i < 2; i++) {
		const char *address = table->addresses[i] ? cursor_text(row, &words, 3 + i) : "";

		if (*address)
			add(arena, missing, table->addresses[i], store_place_of_address(address), id);
	}
	missing->last = id;
}

static enum status look_up_some(struct store *store, struct arena *arena, const struct table *table, struct places_missing *missing, size_t *count, struct error *error)
{
	struct cursor cursor;

	*count = 0;
	cursor_open(&cursor, store->engine, error, table->since, "ii", missing->last, (int64_t)READ_AT_ONCE);
	for (; cursor_next(&cursor); ++*count)
		add_row(arena, missing, table, &cursor);
	return cursor_close(&cursor);
}

static int in_order(const void *a, const void *b)
{
	const struct place_entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

_Static_assert(COUNT_OF(tables) == PLACES_TABLES, "tables with an index of places");

enum status store_places_look_up(struct store *store, struct arena *arena, int table, struct places_missing *missing, struct error *error)
{
	size_t some = READ_AT_ONCE;
	enum status status;

	*missing = (struct places_missing){ .mark = tables[table].mark };
	status = engine_number(store->engine, error, &missing->from, 0, SQL_META_GET, "t", missing->mark);
	missing->last = missing->from;
	for (; status == STATUS_OK && some == READ_AT_ONCE && missing->rows < LOOKED_UP; missing->rows += some)
		status = look_up_some(store, arena, &tables[table], missing, &some, error);
	if (missing->count)
		qsort(missing->at, missing->count, sizeof *missing->at, in_order);
	return status;
}

/* ---- writing ---- */

static bool is_over(size_t written, int64_t until)
{
	return written >= WRITTEN_MOST || (written && written % CLOCK_EACH == 0 && clock_monotonic_us() >= until);
}

enum status store_places_write(struct store *store, const struct places_missing *missing, int64_t until, size_t *done, struct error *error)
{
	int64_t mark = 0;
	enum status status = engine_number(store->engine, error, &mark, 0, SQL_META_GET, "t", missing->mark);
	bool stale = status == STATUS_OK && mark != missing->from;
	size_t i = stale ? missing->count : missing->done;

	for (size_t first = i; i < missing->count && status == STATUS_OK; i++) {
		const struct place_entry *entry = &missing->at[i];

		if (until && is_over(i - first, until))
			break;
		status = engine_run(store->engine, error, SQL_PLACE_ADD, "dii", (int)entry->kind, entry->key, entry->id);
	}
	*done = i;
	if (status != STATUS_OK || stale || i < missing->count)
		return status;
	return engine_run(store->engine, error, SQL_META_SET, "ti", missing->mark, missing->last);
}

static enum status finish_table(struct store *store, int table, struct error *error)
{
	struct places_missing missing = { .rows = LOOKED_UP };
	enum status status = STATUS_OK;

	while (missing.rows >= LOOKED_UP && status == STATUS_OK) {
		CLEANUP_ARENA struct arena arena = { 0 };
		size_t done;

		status = store_places_look_up(store, &arena, table, &missing, error);
		if (status == STATUS_OK && missing.rows)
			status = store_places_write(store, &missing, 0, &done, error);
	}
	return status;
}

enum status store_places_finish(struct store *store, struct error *error)
{
	enum status status = STATUS_OK;

	for (int table = 0; table < PLACES_TABLES && status == STATUS_OK; table++)
		status = finish_table(store, table, error);
	return status;
}

static enum status write_portion(struct store *store, struct places_missing *missing, struct error *error)
{
	size_t done = 0;
	enum status status = store_begin(store, error);

	if (status != STATUS_OK)
		return status;
	if ((status = store_places_write(store, missing, clock_monotonic_us() + PORTION_US, &done, error)) == STATUS_OK)
		status = store_commit(store, error);
	else
		store_rollback(store);
	missing->done = done;
	return status;
}

/* What has no entries, as an outgoing mail's, moves the mark all the same. */
static enum status write_all_missing(struct store *store, struct places_missing *missing, struct error *error)
{
	const struct timespec rest = { .tv_nsec = REST_US * 1000L };
	enum status status;

	while ((status = write_portion(store, missing, error)) == STATUS_OK && missing->done < missing->count)
		nanosleep(&rest, NULL);
	return status;
}

static enum status catch_up_table(struct store *store, int table, struct error *error)
{
	struct places_missing missing = { .rows = PLACES_WORTH_IT };
	enum status status = STATUS_OK;

	while (missing.rows >= PLACES_WORTH_IT && status == STATUS_OK) {
		CLEANUP_ARENA struct arena arena = { 0 };

		status = store_places_look_up(store, &arena, table, &missing, error);
		if (status == STATUS_OK && missing.rows)
			status = write_all_missing(store, &missing, error);
	}
	return status;
}

enum status store_places_catch_up(struct store *store, struct error *error)
{
	enum status status = STATUS_OK;

	for (int table = 0; table < PLACES_TABLES && status == STATUS_OK; table++)
		status = catch_up_table(store, table, error);
	return status;
}

/* ---- forgetting ---- */

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
