/*
 * store_mailbox.c - every delivery ever accepted, and the counts that must add up.
 *
 * accepted = sum of dispositions: each row has exactly one, and the schema does not take a row without. Counting a million
 * rows takes a moment, and rows never change their disposition: a connection counts each row once and remembers how far it
 * got, so that /metrics may ask as often as it likes.
 */
#include "store_private.h"

#include <string.h>

enum status store_mailbox_before(struct store *store, struct arena *arena, int64_t before, size_t limit, struct mailbox_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct mailbox_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_MAILBOX_NEWEST, "ii", limit ? (int64_t)limit : (int64_t)-1, before);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct mailbox_row){
			.id = cursor_number(&cursor, 0), .received = cursor_number(&cursor, 1), .ticket = cursor_number(&cursor, 2),
			.raw = cursor_number(&cursor, 3), .size = (uint64_t)cursor_number(&cursor, 4), .seq = (int)cursor_number(&cursor, 5),
			.duplicates = (int)cursor_number(&cursor, 6), .recipient = cursor_text(&cursor, arena, 7),
			.envelope_from = cursor_text(&cursor, arena, 8), .from = cursor_text(&cursor, arena, 9),
			.subject = cursor_text(&cursor, arena, 10), .message_id = cursor_text_or_null(&cursor, arena, 11),
			.kind = cursor_text(&cursor, arena, 12), .disposition = cursor_text(&cursor, arena, 13),
			.detail = cursor_text(&cursor, arena, 14), .trace = cursor_text(&cursor, arena, 15),
		};
	return cursor_close(&cursor);
}

enum status store_mailbox(struct store *store, struct arena *arena, size_t limit, struct mailbox_rows *rows, struct error *error)
{
	return store_mailbox_before(store, arena, INT64_MAX, limit, rows, error);
}

enum status store_mailbox_raw(struct store *store, int64_t id, int64_t *raw, struct error *error)
{
	enum status status = engine_number(store->engine, error, raw, 0, SQL_MAILBOX_RAW, "i", id);

	return status == STATUS_OK && !*raw ? error_set(error, STATUS_NOT_FOUND, "there is no mail %lld; see sportello mailbox list", (long long)id) : status;
}

static enum status count_mailbox(struct store *store, struct store_totals *totals, struct error *error)
{
	int64_t last = 0, more = 0;
	enum status status = engine_number(store->engine, error, &last, 0, SQL_MAILBOX_LAST, "");

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &more, 0, SQL_MAILBOX_DISPOSED_SINCE, "i", store->counted.upto);
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &totals->duplicates, 0, SQL_MAILBOX_DUPLICATES, "");
	if (status != STATUS_OK)
		return status;
	store->counted.upto = last;
	store->counted.disposed += more;
	totals->accepted = last;
	totals->mailbox_by_disposition_count = store->counted.disposed;
	return STATUS_OK;
}

/* By the classifier, and moved elsewhere since. */
static enum status count_routed(struct store *store, struct store_totals *totals, struct error *error)
{
	int64_t last = 0, more = 0;
	enum status status = engine_number(store->engine, error, &last, 0, SQL_ROUTED_LAST, "");

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &more, 0, SQL_ROUTED_SINCE, "i", store->counted.routed_upto);
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &totals->corrected, 0, SQL_ROUTED_CORRECTED, "");
	if (status != STATUS_OK)
		return status;
	store->counted.routed_upto = last;
	store->counted.routed += more;
	totals->routed = store->counted.routed;
	return STATUS_OK;
}

static enum status count_tickets(struct store *store, struct store_totals *totals, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_TICKETS_BY_STATE, "");
	while (cursor_next(&cursor)) {
		enum ticket_state state;

		totals->tickets += cursor_number(&cursor, 1);
		if (desk_ticket_state_parse(cursor_text(&cursor, &arena, 0), &state))
			totals->by_state[state] += cursor_number(&cursor, 1);
	}
	return cursor_close(&cursor);
}

static enum status count_outbox(struct store *store, struct store_totals *totals, struct error *error)
{
	int64_t all = 0;
	enum status status = engine_number(store->engine, error, &all, 0, SQL_OUTBOX_LAST, "");

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &totals->outbox[OUTBOX_WAITING], 0, SQL_OUTBOX_WAITING, "");
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &totals->outbox[OUTBOX_FAILED], 0, SQL_OUTBOX_FAILED, "");
	totals->outbox[OUTBOX_SENT] = all - totals->outbox[OUTBOX_WAITING] - totals->outbox[OUTBOX_FAILED];
	return status;
}

enum status store_totals(struct store *store, struct store_totals *totals, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*totals = (struct store_totals){ 0 };
	if (status == STATUS_OK)
		status = count_mailbox(store, totals, error);
	if (status == STATUS_OK)
		status = count_tickets(store, totals, error);
	if (status == STATUS_OK)
		status = count_outbox(store, totals, error);
	if (status == STATUS_OK)
		status = count_routed(store, totals, error);
	store_read_end(store, began);
	return status;
}
