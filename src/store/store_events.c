/*
 * store_events.c - keeps pages of events for reports: bytes that src/report makes of the history and reads again, by family and number of the page.
 *
 * A copy of what the history says, like store_promise.c: a page may be missing, and is made again. What is erased takes its page away in the same transaction, and
 * STORE_EVENTS_TAKEN grows, so that nobody puts back what he made before.
 */
#include "store_private.h"

#include <string.h>

#define FAMILY_SHIFT 32

static int64_t id_of(int family, int64_t page)
{
	return ((int64_t)family << FAMILY_SHIFT) + page;
}

/* ---- reading ---- */

enum status store_event_page_damaged(struct error *error)
{
	return error_set(error, STATUS_BROKEN, "a page of events for reports is damaged: run `sportello fsck`");
}

enum status store_event_pages(struct store *store, int family, int64_t first, int64_t end, int64_t from, int64_t to, store_event_page page, void *context, struct error *error)
{
	struct cursor cursor;
	bool whole = true;

	cursor_open(&cursor, store->engine, error, SQL_EVENTS_BETWEEN, "iiii", id_of(family, first), id_of(family, end), from, to);
	while (whole && cursor_next(&cursor)) {
		size_t length = 0;
		const void *bytes = cursor_blob(&cursor, 1, &length);

		whole = page(context, cursor_number(&cursor, 0) - id_of(family, 0), bytes, length);
	}
	enum status status = cursor_close(&cursor);

	return status == STATUS_OK && !whole ? store_event_page_damaged(error) : status;
}

enum status store_event_page_get(struct store *store, struct arena *arena, int family, int64_t page, const void **bytes, size_t *length, struct error *error)
{
	struct cursor cursor;

	*bytes = NULL;
	*length = 0;
	cursor_open(&cursor, store->engine, error, SQL_EVENTS_GET, "i", id_of(family, page));
	if (cursor_next(&cursor)) {
		const void *kept = cursor_blob(&cursor, 2, length);

		*bytes = arena_copy(arena, kept ? kept : "", *length);
	}
	return cursor_close(&cursor);
}

static enum status read_numbers(struct cursor *cursor, struct arena *arena, int64_t less, struct ticket_ids *numbers)
{
	*numbers = (struct ticket_ids){ 0 };
	while (cursor_next(cursor))
		*ARENA_PUSH(arena, numbers) = cursor_number(cursor, 0) - less;
	return cursor_close(cursor);
}

enum status store_event_page_ids(struct store *store, struct arena *arena, int family, struct ticket_ids *pages, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_EVENTS_IDS, "ii", id_of(family, 0), id_of(family + 1, 0));
	return read_numbers(&cursor, arena, id_of(family, 0), pages);
}

enum status store_event_gaps(struct store *store, struct arena *arena, size_t limit, struct ticket_ids *pages, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_EVENT_GAPS, "i", (int64_t)limit);
	return read_numbers(&cursor, arena, 0, pages);
}

enum status store_merges_of(struct store *store, struct arena *arena, int64_t ticket, struct ticket_ids *into, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_MERGES_OF, "i", ticket);
	return read_numbers(&cursor, arena, 0, into);
}

enum status store_tickets_whose(struct store *store, struct arena *arena, int64_t first, size_t count, struct ticket_whose *whose, struct error *error)
{
	struct cursor cursor;

	for (size_t i = 0; i < count; i++)
		whose[i] = (struct ticket_whose){ .customer = "" };
	cursor_open(&cursor, store->engine, error, SQL_TICKETS_WHOSE, "ii", first, first + (int64_t)count);
	while (cursor_next(&cursor)) {
		int64_t ticket = cursor_number(&cursor, 0);

		whose[ticket - first] = (struct ticket_whose){ ticket, cursor_number(&cursor, 2), cursor_text(&cursor, arena, 1) };
	}
	return cursor_close(&cursor);
}

enum status store_contact_number(struct store *store, struct arena *arena, const char *address, int64_t *number, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find(store, arena, address, &contact, error);

	*number = strcmp(store_contact_key(arena, address), text_lower(arena, address)) == 0 ? contact.id : 0;
	return status;
}

enum status store_contact_addresses(struct store *store, struct arena *arena, struct strings *by_number, struct error *error)
{
	CLEANUP_BUFFER struct buffer gathered = { 0 };
	struct cursor cursor;
	const char *none = NULL;

	cursor_open(&cursor, store->engine, error, SQL_CONTACTS_ALL, "");
	while (cursor_next(&cursor)) {
		size_t number = (size_t)cursor_number(&cursor, 0);
		const char *address = cursor_text(&cursor, arena, 1);

		while (gathered.length < number * sizeof none)
			buffer_add(&gathered, &none, sizeof none);
		buffer_add(&gathered, &address, sizeof address);
	}
	ARENA_LIST(arena, by_number, gathered.length / sizeof none);
	if (gathered.length)
		memcpy(by_number->at, gathered.at, gathered.length);
	return cursor_close(&cursor);
}

enum status store_contacts_joined(struct store *store, struct arena *arena, struct strings *addresses, struct error *error)
{
	struct cursor cursor;

	*addresses = (struct strings){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_CONTACTS_JOINED, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, addresses) = cursor_text(&cursor, arena, 0);
	return cursor_close(&cursor);
}

enum status store_ticket_last(struct store *store, int64_t *ticket, struct error *error)
{
	*ticket = 0;
	return engine_number(store->engine, error, ticket, 0, SQL_TICKET_LAST, "");
}

enum status store_mailbox_last(struct store *store, int64_t *id, struct error *error)
{
	*id = 0;
	return engine_number(store->engine, error, id, 0, SQL_MAILBOX_LAST, "");
}

/* ---- writing ---- */

enum status store_event_page_put(struct store *store, int family, int64_t page, int64_t first, int64_t last, const void *bytes, size_t length, struct error *error)
{
	return engine_run(store->engine, error, SQL_EVENTS_PUT, "iiib", id_of(family, page), first, last, bytes, length);
}

enum status store_event_gap_filled(struct store *store, int64_t page, struct error *error)
{
	return engine_run(store->engine, error, SQL_EVENT_GAP_FILLED, "i", page);
}

static enum status count_one(struct store *store, const char *name, struct error *error)
{
	int64_t number = 0;
	enum status status = store_number_get(store, name, &number, error);

	return status == STATUS_OK ? store_number_set(store, name, number + 1, error) : status;
}

static enum status count_taken(struct store *store, struct error *error)
{
	return count_one(store, STORE_EVENTS_TAKEN, error);
}

enum status store_events_moved(struct store *store, struct error *error)
{
	return count_one(store, STORE_EVENTS_MOVED, error);
}

/* Gaps that are there already have no page: none is taken away twice. */
static enum status take(struct store *store, enum sql gaps, struct error *error)
{
	enum status status = engine_run(store->engine, error, gaps, "");

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_EVENTS_OF_GAPS, "");
	return status == STATUS_OK ? count_taken(store, error) : status;
}

enum status store_events_forget(struct store *store, struct error *error)
{
	return take(store, SQL_EVENT_GAPS_OF_ERASED, error);
}

enum status store_events_of_open(struct store *store, struct error *error)
{
	return take(store, SQL_EVENT_GAPS_OF_OPEN, error);
}

enum status store_events_clear(struct store *store, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_EVENTS_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_EVENT_GAPS_CLEAR, "");
	return status == STATUS_OK ? count_taken(store, error) : status;
}
