/*
 * store_outbox.c - mails that wait to go out, those that went, and those that could not.
 *
 * A row is what desk_outgoing wrote, plus how sending goes: state, attempts, next try, last reply, and each recipient's own
 * fate once there is one to tell. The bytes of the mail are made from the record when it is sent. Which row is being sent at
 * the moment is the sender's knowledge alone (`busy`): after a crash everything that waits is simply due again.
 * Diagnostics: STATUS_NOT_FOUND no such row; STATUS_BROKEN a record that cannot be read.
 */
#include "store_private.h"

#include <string.h>

/* No mail is put off for longer: what waits for a later time was written before the clock was set back, and is due. */
#define RETRY_MOST_MS (2 * 60 * 60 * (int64_t)1000)

const char *store_outbox_state_name(enum outbox_state state)
{
	static const char *const names[] = { [OUTBOX_WAITING] = "waiting", [OUTBOX_SENT] = "sent", [OUTBOX_FAILED] = "failed" };

	return names[state];
}

static enum outbox_state state_parse(const char *name)
{
	return strcmp(name, "sent") == 0 ? OUTBOX_SENT : strcmp(name, "failed") == 0 ? OUTBOX_FAILED : OUTBOX_WAITING;
}

/* ---- recipients ---- */

static void add_cell(struct buffer *out, const char *text, char end)
{
	for (; text && *text; text++)
		buffer_add_char(out, *text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text);
	buffer_add_char(out, end);
}

static void recipients_write(struct buffer *out, const struct outbox_row *row)
{
	for (size_t i = 0; i < row->recipients.count; i++) {
		add_cell(out, store_outbox_state_name(row->recipients.at[i].state), '\t');
		add_cell(out, row->recipients.at[i].address, '\t');
		add_cell(out, row->recipients.at[i].reply, '\n');
	}
}

static char *take_cell(struct arena *arena, const char **at, const char *ends)
{
	size_t length = strcspn(*at, ends);
	char *cell = arena_copy(arena, *at, length);

	*at += length + ((*at)[length] != '\0');
	return cell;
}

static void recipients_read(struct arena *arena, const char *lines, struct outbox_row *row)
{
	while (*lines) {
		const char *state = take_cell(arena, &lines, "\t"), *address = take_cell(arena, &lines, "\t");
		const char *reply = take_cell(arena, &lines, "\n");

		*ARENA_PUSH(arena, &row->recipients) = (struct outbox_recipient){ address, state_parse(state), reply };
	}
}

/* Nothing is known of them yet: all of To and Cc, each once. */
static void recipients_of_record(struct arena *arena, struct outbox_row *row)
{
	const struct mail_addresses *lists[] = { &row->outgoing.to, &row->outgoing.cc };

	for (size_t l = 0; l < COUNT_OF(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++) {
			const char *address = lists[l]->at[i].address;
			bool there = false;

			for (size_t k = 0; k < row->recipients.count; k++)
				there = there || text_equal_nocase(row->recipients.at[k].address, address);
			if (!there)
				*ARENA_PUSH(arena, &row->recipients) = (struct outbox_recipient){ address, OUTBOX_WAITING, "" };
		}
}

void store_outbox_row_failed(struct outbox_row *row, const char *address, const char *reply)
{
	bool waiting = false, found = false;

	for (size_t i = 0; i < row->recipients.count; i++) {
		struct outbox_recipient *recipient = &row->recipients.at[i];

		if (text_equal_nocase(recipient->address, address) || row->recipients.count == 1) {
			recipient->state = OUTBOX_FAILED;
			recipient->reply = reply;
			found = true;
		}
		waiting = waiting || recipient->state == OUTBOX_WAITING;
	}
	row->last_reply = *reply ? reply : "bounced";
	/* A bounce that names nobody we wrote to (a forwarded address) still says that the mail did not arrive. */
	if (!waiting || !found)
		row->state = OUTBOX_FAILED;
}

/* ---- rows ---- */

static void read_row(struct cursor *cursor, struct arena *arena, struct outbox_row *row)
{
	const char *recipients;
	enum status status;

	row->id = cursor_number(cursor, 0);
	row->ticket = cursor_number(cursor, 1);
	row->created = cursor_number(cursor, 2);
	row->next_try = cursor_number(cursor, 3);
	row->state = state_parse(cursor_text(cursor, arena, 4));
	row->attempts = (int)cursor_number(cursor, 5);
	row->last_reply = cursor_text(cursor, arena, 6);
	recipients = cursor_text_or_null(cursor, arena, 7);
	status = desk_outgoing_read(arena, cursor_text(cursor, arena, 8), &row->outgoing);
	if (status != STATUS_OK && cursor->status == STATUS_OK)
		cursor->status = error_set(cursor->error, STATUS_BROKEN, "outgoing mail %lld cannot be read: run `sportello fsck`", (long long)row->id);
	if (recipients)
		recipients_read(arena, recipients, row);
	else
		recipients_of_record(arena, row);
}

static bool is_busy(const struct outbox_busy *busy, int64_t id)
{
	for (size_t i = 0; busy && i < busy->count; i++)
		if (busy->at[i] == id)
			return true;
	return false;
}

/* ---- which are next ---- */

#define FRESH_MS (10 * 1000)             /* what was written that long ago and never looked at is part of a backlog */
#define EARLIER_MESSAGES 20              /* of a ticket, that are looked at for one that did not leave yet */

static bool is_among(const struct outbox_rows *rows, int64_t id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->at[i].id == id)
			return true;
	return false;
}

/* What a ticket's reader gets arrives in its order, also past a backlog: does one wait that nobody took yet? */
static enum status must_follow(struct store *store, const struct outbox_row *row, const struct outbox_busy *busy, const struct outbox_rows *taken, bool *must,
                               struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_EARLIER, "iid", row->ticket, row->id, EARLIER_MESSAGES);
	for (*must = false; cursor_next(&cursor);)
		*must |= !is_busy(busy, cursor_number(&cursor, 0)) && !is_among(taken, cursor_number(&cursor, 0));
	return cursor_close(&cursor);
}

/* A backlog that is due all at once is left to those who look by time; from here on, what is new goes beside it. */
static enum status pass_backlog(struct store *store, const struct outbox_rows *found, int64_t now, struct outbox_lane *lane, struct error *error)
{
	if (!found->count || found->at[0].created > now - FRESH_MS)
		return STATUS_OK;
	lane->beside = true;
	return engine_number(store->engine, error, &lane->seen, lane->seen, SQL_OUTBOX_LAST, "");
}

/* Rows that nobody looked at yet, in the order in which they were written. */
static enum status find_new(struct store *store, struct arena *arena, int64_t now, struct outbox_lane *lane, const struct outbox_busy *busy, size_t limit,
                            struct outbox_rows *rows, struct error *error)
{
	struct outbox_rows found = { 0 };
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_AFTER, "ii", lane->seen, (int64_t)limit);
	while (cursor_next(&cursor))
		read_row(&cursor, arena, ARENA_PUSH(arena, &found));
	if ((status = cursor_close(&cursor)) == STATUS_OK)
		status = pass_backlog(store, &found, now, lane, error);
	for (size_t i = 0; i < found.count && status == STATUS_OK; i++) {
		const struct outbox_row *row = &found.at[i];
		bool due = row->id > lane->seen && row->state == OUTBOX_WAITING && row->next_try <= now && !is_busy(busy, row->id), must = false;

		if (due && lane->beside)
			status = must_follow(store, row, busy, rows, &must, error);
		if (due && !must)
			*ARENA_PUSH(arena, rows) = *row;
		if (row->id > lane->seen)
			lane->seen = row->id;
	}
	return status;
}

enum status store_outbox_due(struct store *store, struct arena *arena, int64_t now, struct outbox_lane *lane, const struct outbox_busy *busy, size_t limit,
                             struct outbox_rows *rows, struct error *error)
{
	struct cursor cursor;
	enum status status = STATUS_OK;

	*rows = (struct outbox_rows){ 0 };
	if (lane)
		status = find_new(store, arena, now, lane, busy, limit / 2, rows, error);
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_DUE, "ii", now, now + RETRY_MOST_MS);
	while (rows->count < limit && cursor_next(&cursor))
		if (!is_busy(busy, cursor_number(&cursor, 0)) && !is_among(rows, cursor_number(&cursor, 0)))
			read_row(&cursor, arena, ARENA_PUSH(arena, rows));
	if (lane && rows->count < limit)
		lane->beside = false;            /* nothing is left behind */
	return cursor_close(&cursor);
}

enum status store_outbox_page(struct store *store, struct arena *arena, bool all, int64_t after_try, int64_t after_id, size_t limit, struct outbox_rows *rows,
                              struct error *error)
{
	struct cursor cursor;

	*rows = (struct outbox_rows){ 0 };
	cursor_open(&cursor, store->engine, error, all ? SQL_OUTBOX_ALL : SQL_OUTBOX_WAITING_ALL, "iii", after_try, after_id, limit ? (int64_t)limit : (int64_t)-1);
	while (cursor_next(&cursor))
		read_row(&cursor, arena, ARENA_PUSH(arena, rows));
	return cursor_close(&cursor);
}

enum status store_outbox_list(struct store *store, struct arena *arena, bool all, struct outbox_rows *rows, struct error *error)
{
	return store_outbox_page(store, arena, all, INT64_MIN, 0, 0, rows, error);
}

enum status store_outbox_get(struct store *store, struct arena *arena, int64_t id, struct outbox_row *row, struct error *error)
{
	struct cursor cursor;
	bool there = false;
	enum status status;

	*row = (struct outbox_row){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_GET, "i", id);
	if ((there = cursor_next(&cursor)))
		read_row(&cursor, arena, row);
	status = cursor_close(&cursor);
	return status == STATUS_OK && !there ? error_set(error, STATUS_NOT_FOUND, "no outgoing mail %lld", (long long)id) : status;
}

enum status store_outbox_result(struct store *store, const struct outbox_row *row, const char *rendered_text, struct error *error)
{
	CLEANUP_BUFFER struct buffer recipients = { 0 }, record = { 0 };
	enum status status;

	recipients_write(&recipients, row);
	status = engine_run(store->engine, error, SQL_OUTBOX_RESULT, "itditt", row->id, store_outbox_state_name(row->state), row->attempts,
	                 row->next_try, row->last_reply ? row->last_reply : "", buffer_string(&recipients));
	if (status == STATUS_OK && row->outgoing_changed) {
		buffer_reset(&record);
		desk_outgoing_write(&record, &row->outgoing);
		status = engine_run(store->engine, error, SQL_OUTBOX_RECORD, "it", row->id, buffer_string(&record));
	}
	if (status == STATUS_OK && rendered_text && row->outgoing.seq > 0)
		status = engine_run(store->engine, error, SQL_MESSAGE_SET_TEXT, "idt", row->outgoing.ticket, row->outgoing.seq, rendered_text);
	return status;
}

enum status store_outbox_tried(struct store *store, int64_t id, int *attempts, struct error *error)
{
	int64_t tried;
	enum status status = engine_number(store->engine, error, &tried, -1, SQL_OUTBOX_TRIED, "i", id);

	*attempts = (int)tried;
	return status;
}

enum status store_outbox_retry_now(struct store *store, int64_t *count, struct error *error)
{
	int64_t now = clock_now();
	enum status status = engine_run(store->engine, error, SQL_OUTBOX_RETRY_NOW, "i", now);

	*count = status == STATUS_OK ? engine_changes(store->engine) : 0;
	return status == STATUS_OK ? store_number_set(store, STORE_OUTBOX_RETRIED, now, error) : status;
}

int64_t store_outbox_waiting(struct store *store)
{
	int64_t count;

	return engine_number(store->engine, NULL, &count, 0, SQL_OUTBOX_WAITING, "") == STATUS_OK ? count : -1;
}

int64_t store_outbox_next_due(struct store *store)
{
	int64_t due;

	return engine_number(store->engine, NULL, &due, 0, SQL_OUTBOX_NEXT_DUE, "") == STATUS_OK ? due : 0;
}
