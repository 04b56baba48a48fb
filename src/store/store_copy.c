/*
 * store_copy.c - a desk into another kind of database, beside its work: `sportello store copy`.
 *
 * In this order, each part going on where an earlier run was killed:
 * 1. The source notes from now on which rows change. Tables are filled, many rows a transaction, in the order of their numbers: the last one says where to go on.
 * 2. Indexes are made. What was noted meanwhile is fetched again, until little is left.
 * 3. Writers are held for a moment: the last changes and the facts of `meta` are fetched, and a snapshot is taken of the source as it stands. They go on.
 * 4. Snapshot and copy are read to their end, and their digests compared, table by table: sums over the rows, so that order does not matter.
 * 5. Lookups and triggers are made, and the copy says what it is. Before that no program opens it.
 * Where a daemon works on the source it goes on noting, and the same command, run when that daemon is stopped, fetches what came since. Then the source is closed: it
 * knows where the desk went, and nobody writes to it (store_moved()) until store_copy_end() opens it again. What is made again (full
 * text, lookups, the places of who erases) is not copied. Texts that are not UTF-8 are cleaned, on whichever side they stand: PostgreSQL has no others.
 * Diagnostics: STATUS_BAD_INPUT the target has something else; STATUS_TRY_LATER a daemon works on the target, no room, the server is gone: run it again;
 * STATUS_BROKEN the two differ.
 */
#include "store_private.h"

#include "engine_bulk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_ROWS 20000
#define PIECE_BYTES ((size_t)16 * 1024 * 1024)
#define CHANGES_AT_ONCE 4000
#define CHANGES_FEW 400                  /* so many are fetched while writers are held */
#define PASSES_MOST 500                  /* more comes in than can be fetched: it is said */

struct copying {
	const struct store_copy_order *order;
	struct arena *arena;
	struct engine_bulk *from, *to;
	const struct engine_table *tables;
	size_t count;
	const char *id;
	struct store_copied *out;
	struct error *error;
};

static void say(struct copying *copy, const char *text)
{
	if (copy->order->progress)
		copy->order->progress(copy->order->context, text);
}

/* ---- a row on its way ---- */

/* As the engine that is stricter has it. The number of texts that had to be cleaned. */
static int clean_row(const struct engine_table *table, struct engine_row *row, struct arena *arena)
{
	int cleaned = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		struct engine_cell *cell = &row->at[i];

		if (cell->kind != CELL_TEXT || (utf8_valid(cell->at, cell->length) && !memchr(cell->at, '\0', cell->length)))
			continue;
		cell->at = utf8_clean(arena, cell->at, strnlen(cell->at, cell->length));
		cell->length = strlen(cell->at);
		cleaned++;
	}
	return cleaned;
}

static size_t size_of(const struct engine_table *table, const struct engine_row *row)
{
	size_t size = 0;

	for (size_t i = 0; i < table->column_count; i++)
		size += 16 + (row->at[i].kind == CELL_NUMBER ? 0 : row->at[i].length);
	return size;
}

/* What is being read of the source goes into the target's transaction: all of it, or as much as a piece has. *more: there may be others. */
static enum status put_rows(struct copying *copy, const struct engine_table *table, bool piece, bool *more, int64_t *rows)
{
	struct engine_row row;
	size_t bytes = 0, count = 0;
	enum status status = STATUS_OK;

	*more = false;
	while (status == STATUS_OK && !*more && engine_bulk_next(copy->from, &row, &status, copy->error)) {
		CLEANUP_ARENA struct arena arena = { 0 };

		clean_row(table, &row, &arena);
		status = engine_bulk_put(copy->to, table, &row, copy->error);
		bytes += size_of(table, &row);
		*more = piece && (++count >= PIECE_ROWS || bytes >= PIECE_BYTES);
		++*rows;
	}
	return status;
}

/* ---- 1: filled ---- */

static enum status fill_by_number(struct copying *copy, const struct engine_table *table, int64_t *rows)
{
	int64_t last = INT64_MIN;
	bool any = false, more = true;
	enum status status = engine_bulk_last(copy->to, table, &last, &any, copy->error);

	if (status == STATUS_OK)
		status = engine_bulk_read(copy->from, table, any ? last : INT64_MIN, NULL, 0, copy->error);
	/* Of the last number there may be more rows than came. */
	for (bool first = true; more && status == STATUS_OK; first = false) {
		status = engine_bulk_begin(copy->to, false, copy->error);
		if (status != STATUS_OK)
			break;
		if (first && any)
			status = engine_bulk_remove(copy->to, table, &last, 1, copy->error);
		if (status == STATUS_OK)
			status = put_rows(copy, table, true, &more, rows);
		status = engine_bulk_end(copy->to, status, copy->error);
	}
	return status;
}

static enum status replace_all(struct copying *copy, const struct engine_table *table, bool durable, int64_t *rows)
{
	bool more;
	enum status status = engine_bulk_begin(copy->to, durable, copy->error);

	if (status != STATUS_OK)
		return status;
	status = engine_bulk_remove(copy->to, table, NULL, 0, copy->error);
	if (status == STATUS_OK)
		status = engine_bulk_read(copy->from, table, 0, NULL, 0, copy->error);
	if (status == STATUS_OK)
		status = put_rows(copy, table, false, &more, rows);
	return engine_bulk_end(copy->to, status, copy->error);
}

static bool is_facts(const struct engine_table *table)
{
	return strcmp(table->name, "meta") == 0;
}

static enum status fill(struct copying *copy, const struct engine_table *table)
{
	int64_t done = 0, rows = 0, began = clock_monotonic_us();
	enum status status = engine_bulk_marked(copy->to, table->name, &done, copy->error);

	if (status != STATUS_OK || done)
		return status;
	status = table->by_number ? fill_by_number(copy, table, &rows) : replace_all(copy, table, false, &rows);
	if (status == STATUS_OK)
		status = engine_bulk_mark(copy->to, table->name, 1, copy->error);
	if (status == STATUS_OK && rows >= PIECE_ROWS)
		say(copy, arena_printf(copy->arena, "%s: %lld rows in %.1f s", table->name, (long long)rows, (double)(clock_monotonic_us() - began) / 1e6));
	return status;
}

static enum status fill_all(struct copying *copy)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < copy->count && status == STATUS_OK; i++)
		if (!is_facts(&copy->tables[i]))
			status = fill(copy, &copy->tables[i]);
	return status;
}

/* ---- 2: caught up ---- */

static const struct engine_table *table_named(const struct copying *copy, const char *name)
{
	for (size_t i = 0; name && i < copy->count; i++)
		if (strcmp(copy->tables[i].name, name) == 0)
			return &copy->tables[i];
	return NULL;
}

/* Rows of these numbers, as they are now. */
static enum status fetch_again(struct copying *copy, const struct engine_table *table, const int64_t *numbers, size_t count)
{
	int64_t rows = 0;
	bool more;
	enum status status = engine_bulk_remove(copy->to, table, table->by_number ? numbers : NULL, count, copy->error);

	if (status == STATUS_OK)
		status = engine_bulk_read(copy->from, table, 0, table->by_number ? numbers : NULL, count, copy->error);
	return status == STATUS_OK ? put_rows(copy, table, false, &more, &rows) : status;
}

/* Of changes from *at on, those of one table; each number once. */
static enum status fetch_table(struct copying *copy, struct arena *arena, const struct engine_changes *changes, size_t *at)
{
	const char *name = changes->at[*at].table;
	const struct engine_table *table = table_named(copy, name);
	struct { int64_t *at; size_t count; } numbers = { 0 };

	for (; *at < changes->count && changes->at[*at].table == name; ++*at)
		if (!numbers.count || numbers.at[numbers.count - 1] != changes->at[*at].number)
			*ARENA_PUSH(arena, &numbers) = changes->at[*at].number;
	return table ? fetch_again(copy, table, numbers.at, numbers.count) : STATUS_OK;
}

/* One round; *left: as many as it found. */
static enum status catch_up(struct copying *copy, size_t *found)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct engine_changes changes;
	enum status status = engine_bulk_changes(copy->from, &arena, CHANGES_AT_ONCE, &changes, copy->error);

	*found = changes.count;
	if (status != STATUS_OK || !changes.count)
		return status;
	if ((status = engine_bulk_begin(copy->to, true, copy->error)) != STATUS_OK)
		return status;
	for (size_t at = 0; at < changes.count && status == STATUS_OK;)
		status = fetch_table(copy, &arena, &changes, &at);
	status = engine_bulk_end(copy->to, status, copy->error);
	return status == STATUS_OK ? engine_bulk_changes_done(copy->from, &changes, copy->error) : status;
}

static enum status catch_up_beside(struct copying *copy)
{
	size_t found = SIZE_MAX;
	enum status status = STATUS_OK;

	for (int i = 0; i < PASSES_MOST && found > CHANGES_FEW && status == STATUS_OK; i++)
		status = catch_up(copy, &found);
	return status;
}

/* ---- 3: held ---- */

static enum status copy_counted(struct copying *copy)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < copy->count && status == STATUS_OK; i++) {
		int64_t number = 0;

		if (!copy->tables[i].counted)
			continue;
		status = engine_bulk_counted(copy->from, &copy->tables[i], &number, copy->error);
		if (status == STATUS_OK)
			status = engine_bulk_set_counted(copy->to, &copy->tables[i], number, copy->error);
	}
	return status;
}

static enum status fetch_last(struct copying *copy)
{
	int64_t rows = 0;
	size_t found = 1;
	enum status status = STATUS_OK;

	while (found && status == STATUS_OK)
		status = catch_up(copy, &found);
	if (status == STATUS_OK)
		status = replace_all(copy, table_named(copy, "meta"), true, &rows);
	return status == STATUS_OK ? copy_counted(copy) : status;
}

static enum status last_step(struct copying *copy)
{
	int64_t began = clock_monotonic_us();
	enum status status = engine_bulk_hold(copy->from, copy->error);

	if (status == STATUS_OK)
		status = fetch_last(copy);
	if (status == STATUS_OK)
		status = engine_bulk_release(copy->from, copy->error);
	copy->out->held_ms = (clock_monotonic_us() - began) / 1000;
	return status;
}

/* ---- 4: compared ---- */

struct sum { int64_t rows, cleaned; unsigned char digest[ENGINE_ROW_DIGEST]; };
struct reading { struct engine_bulk *bulk; const struct engine_table *tables; size_t count; struct sum *sums; enum status status; struct error error; };

static void add_digest(unsigned char sum[ENGINE_ROW_DIGEST], const unsigned char digest[ENGINE_ROW_DIGEST])
{
	unsigned int carry = 0;

	for (int i = ENGINE_ROW_DIGEST - 1; i >= 0; i--) {
		carry += (unsigned int)sum[i] + digest[i];
		sum[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

static enum status sum_up(struct reading *reading, const struct engine_table *table, struct sum *sum)
{
	struct engine_row row;
	enum status status = engine_bulk_read(reading->bulk, table, INT64_MIN, NULL, 0, &reading->error);

	while (status == STATUS_OK && engine_bulk_next(reading->bulk, &row, &status, &reading->error)) {
		CLEANUP_ARENA struct arena arena = { 0 };
		unsigned char digest[ENGINE_ROW_DIGEST];

		sum->cleaned += clean_row(table, &row, &arena);
		status = engine_row_digest(table, &row, digest, &reading->error);
		add_digest(sum->digest, digest);
		sum->rows++;
	}
	return status;
}

static void *read_all(void *argument)
{
	struct reading *reading = argument;

	for (size_t i = 0; i < reading->count && reading->status == STATUS_OK; i++)
		reading->status = sum_up(reading, &reading->tables[i], &reading->sums[i]);
	return NULL;
}

/* Both at once: one in a thread of its own. */
static enum status read_both(struct copying *copy, struct sum *from, struct sum *to)
{
	struct reading readings[2] = { { copy->from, copy->tables, copy->count, from, STATUS_OK, { 0 } }, { copy->to, copy->tables, copy->count, to, STATUS_OK, { 0 } } };
	pthread_t thread;
	bool beside = pthread_create(&thread, NULL, read_all, &readings[0]) == 0;

	read_all(&readings[1]);
	if (beside)
		pthread_join(thread, NULL);
	else
		read_all(&readings[0]);
	for (int i = 0; i < 2; i++)
		if (readings[i].status != STATUS_OK) {
			*copy->error = readings[i].error;
			return readings[i].status;
		}
	return STATUS_OK;
}

static enum status compare(struct copying *copy)
{
	CLEANUP_FREE struct sum *from = calloc(copy->count, sizeof *from), *to = calloc(copy->count, sizeof *to);
	enum status status = from && to ? read_both(copy, from, to) : error_set(copy->error, STATUS_TRY_LATER, "out of memory");

	for (size_t i = 0; i < copy->count && status == STATUS_OK; i++) {
		if (from[i].rows != to[i].rows || memcmp(from[i].digest, to[i].digest, sizeof from[i].digest) != 0)
			return error_set(copy->error, STATUS_BROKEN, "table %s is not the same on both sides (%lld rows, %lld in the copy): the copy stays unfinished; remove it, run `sportello fsck`, and begin again",
			                 copy->tables[i].name, (long long)from[i].rows, (long long)to[i].rows);
		*ARENA_PUSH(copy->arena, &copy->out->tables) = (struct store_copied_table){ copy->tables[i].name, from[i].rows, hex_encode(copy->arena, from[i].digest, sizeof from[i].digest) };
		copy->out->rows += from[i].rows;
		copy->out->cleaned += from[i].cleaned;
	}
	return status;
}

/* ---- all of it ---- */

static enum status refuse(struct copying *copy, enum engine_bulk_state state)
{
	const char *place = copy->out->to;

	if (state == BULK_COPIED)
		return error_set(copy->error, STATUS_BAD_INPUT, "%s is a complete copy already, and what changed in %s since was not noted: start sportellod on it, or empty it to copy again", place,
		                 copy->out->from);
	if (state == BULK_UNFINISHED)
		return error_set(copy->error, STATUS_BAD_INPUT, "%s has an unfinished copy of another database, or of a noting that was ended: empty it (dropdb and createdb; for SQLite remove the file and mails/)", place);
	return error_set(copy->error, STATUS_BAD_INPUT, "%s has something in it already: a copy wants an empty database", place);
}

static enum status begin(struct copying *copy)
{
	enum engine_bulk_state state;
	const char *copied;
	bool works = false;
	enum status status = engine_bulk_works(copy->to, &works, copy->error);

	if (status == STATUS_OK && works && strcmp(copy->order->to, STORE_URL) != 0)
		return error_set(copy->error, STATUS_TRY_LATER, "a sportellod works on %s: stop it first", copy->out->to);
	if (status == STATUS_OK)
		status = engine_bulk_state(copy->to, copy->arena, &state, &copied, copy->error);
	if (status != STATUS_OK)
		return status;
	if ((status = engine_bulk_watch(copy->from, copy->arena, false, &copy->id, copy->error)) != STATUS_OK)
		return status;
	if (state == BULK_IN_USE || (state != BULK_EMPTY && (!copy->id || strcmp(copied, copy->id) != 0)))
		return refuse(copy, state);
	if (!copy->id && (status = engine_bulk_watch(copy->from, copy->arena, true, &copy->id, copy->error)) != STATUS_OK)
		return status;
	return engine_bulk_prepare(copy->to, copy->id, copy->error);
}

static enum status work(struct copying *copy)
{
	enum status status = begin(copy);

	if (status == STATUS_OK)
		status = fill_all(copy);
	if (status == STATUS_OK) {
		say(copy, "indexes");
		status = engine_bulk_index(copy->to, copy->error);
	}
	if (status == STATUS_OK) {
		say(copy, "what changed meanwhile");
		status = catch_up_beside(copy);
	}
	if (status == STATUS_OK)
		status = last_step(copy);
	if (status == STATUS_OK) {
		say(copy, "comparing");
		status = compare(copy);
	}
	if (status == STATUS_OK) {
		say(copy, "lookups");
		status = engine_bulk_finish(copy->to, copy->error);
	}
	return status;
}

/* Nobody works on the source: what it noted is of no use any more, and who starts a daemon on it all the same shall hear where the desk is. */
static enum status settle(struct copying *copy)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct engine_changes changes = { 0 };
	enum status status;

	engine_bulk_close(&copy->from);          /* its snapshot */
	status = engine_bulk_open(copy->order->from, copy->order->state_dir, BULK_FROM, &copy->from, copy->error);
	if (status == STATUS_OK)
		status = engine_bulk_works(copy->from, &copy->out->works, copy->error);
	if (status == STATUS_OK && !copy->out->works)
		status = engine_bulk_changes(copy->from, &arena, 1, &changes, copy->error);
	copy->out->works |= changes.count > 0;
	if (status == STATUS_OK)
		status = engine_bulk_mark(copy->to, COPIED_BESIDE, copy->out->works, copy->error);
	return status == STATUS_OK && !copy->out->works ? engine_bulk_unwatch(copy->from, copy->out->to, copy->error) : status;
}

enum status store_copy(const struct store_copy_order *order, struct arena *arena, struct store_copied *out, struct error *error)
{
	struct copying copy = { .order = order, .arena = arena, .out = out, .error = error };
	int64_t began = clock_monotonic_us();
	enum status status;

	*out = (struct store_copied){ .from = store_place(arena, order->state_dir, order->from), .to = store_place(arena, order->state_dir, order->to) };
	if (strcmp(order->from, order->to) == 0 || strcmp(out->from, out->to) == 0)
		return error_set(error, STATUS_BAD_INPUT, "%s is where the tickets are: --to is another database", out->to);
	copy.tables = engine_tables(&copy.count);
	status = engine_bulk_open(order->from, order->state_dir, BULK_FROM, &copy.from, error);
	if (status == STATUS_OK)
		status = engine_bulk_open(order->to, order->state_dir, BULK_TO, &copy.to, error);
	if (status == STATUS_OK)
		status = work(&copy);
	if (status == STATUS_OK)
		status = settle(&copy);
	engine_bulk_close(&copy.from);
	engine_bulk_close(&copy.to);
	out->ms = (clock_monotonic_us() - began) / 1000;
	return status;
}

enum status store_copy_end(const char *state_dir, const char *from, struct error *error)
{
	struct engine_bulk *bulk;
	enum status status = engine_bulk_open(from, state_dir, BULK_FROM, &bulk, error);

	if (status == STATUS_OK)
		status = engine_bulk_unwatch(bulk, NULL, error);
	engine_bulk_close(&bulk);
	return status;
}
