/*
 * report_rows.c - the rows of a report by their keys, spans of time, order.
 */
#include "report_private.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* ---- by key ---- */

static bool is_key(const char *text, const char *key, size_t length)
{
	return strncmp(text, key, length) == 0 && !text[length];
}

static size_t slot_of(const struct report *report, size_t hash, const char *key, size_t length)
{
	size_t slot = hash & (report->table.size - 1);

	while (report->table.at[slot].row && (report->table.at[slot].hash != hash || !is_key(report->table.at[slot].row->key, key, length)))
		slot = (slot + 1) & (report->table.size - 1);
	return slot;
}

static size_t free_slot(const struct report *report, size_t hash)
{
	size_t slot = hash & (report->table.size - 1);

	while (report->table.at[slot].row)
		slot = (slot + 1) & (report->table.size - 1);
	return slot;
}

/* By much at once: there are either few rows or a hundred thousand, and each of them is moved each time. */
static void widen(struct report *report)
{
	typeof(report->table) old = report->table;

	if (old.size && report->rows.count * 2 < old.size)
		return;
	report->table.size = old.size ? old.size * 8 : 64;
	report->table.at = arena_alloc(report->arena, report->table.size * sizeof *report->table.at);
	for (size_t i = 0; i < old.size; i++)
		if (old.at[i].row)
			report->table.at[free_slot(report, old.at[i].hash)] = old.at[i];
}

#define FIRST_ROOM ((size_t)16 * 1024)
#define LARGEST_ROOM (4 * MEMORY_LARGE)

void *report_room(struct report *report, size_t bytes)
{
	typeof(report->room) *room = &report->room;

	bytes = (bytes + 7) / 8 * 8;
	if (room->left < bytes) {
		size_t next = room->taken ? room->taken * 4 : FIRST_ROOM;

		next = next < LARGEST_ROOM ? next : LARGEST_ROOM;
		room->left = next > bytes ? next : bytes;
		room->taken += room->left;
		room->at = arena_room(report->arena, room->left);
	}
	room->at += bytes;
	room->left -= bytes;
	return room->at - bytes;
}

/* Its key stands behind it. */
static struct report_row *new_row(struct report *report, const char *key, size_t length)
{
	size_t size = sizeof(struct report_row) + report->width * sizeof(int64_t);
	struct report_row *row = memset(report_room(report, size + length + 1), 0, size);
	char *copy = (char *)row + size;

	memcpy(copy, key, length);
	copy[length] = '\0';
	row->key = copy;
	return row;
}

struct report_row *report_row_new(const struct report *report, struct arena *arena, const char *key)
{
	struct report_row *row = arena_alloc(arena, sizeof *row + report->width * sizeof *row->counts);

	row->key = key;
	return row;
}

struct report_row *report_row_of(struct report *report, const char *key, size_t length)
{
	if (!length)
		return report_row_of(report, NO_KEY, strlen(NO_KEY));
	widen(report);
	size_t hash = bytes_hash(key, length), slot = slot_of(report, hash, key, length);

	if (!report->table.at[slot].row) {
		struct report_row *row = report->table.at[slot].row = new_row(report, key, length);

		report->table.at[slot].hash = hash;
		*ARENA_PUSH(report->arena, &report->rows) = row;
		row->number = (uint32_t)report->rows.count;
	}
	return report->table.at[slot].row;
}

struct report_row **report_row_numbered(struct report *report, size_t number)
{
	typeof(report->numbered) old = report->numbered;

	if (number >= old.size) {
		report->numbered.size = number + number / 2 + 1024;
		report->numbered.at = ARENA_ARRAY(report->arena, struct report_row *, report->numbered.size);
		if (old.size)
			memcpy(report->numbered.at, old.at, old.size * sizeof *old.at);
	}
	return &report->numbered.at[number];
}

/* ---- spans of time ---- */

bool report_by_is_time(enum report_by by)
{
	return by >= BY_DAY;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static const char *week(struct arena *arena, int64_t day)
{
	int64_t year, thursday = day - calendar_weekday(day) + 3;
	int month, date;

	calendar_date_of(thursday, &year, &month, &date);
	return arena_printf(arena, "%04d-W%02d", (int)year, (int)((thursday - calendar_day_of(year, 1, 1)) / 7 + 1));
}

const char *report_bucket_of(struct arena *arena, const struct report_ask *ask, int64_t ms)
{
	int64_t second = floor_div(ms, 1000), local = second + calendar_zone_span_at(ask->zone, second)->offset, day = floor_div(local, CALENDAR_DAY), year;
	int month, date;

	if (ask->by == BY_WEEK)
		return week(arena, day);
	calendar_date_of(day, &year, &month, &date);
	if (ask->by == BY_MONTH)
		return arena_printf(arena, "%04d-%02d", (int)year, month);
	if (ask->by == BY_DAY)
		return arena_printf(arena, "%04d-%02d-%02d", (int)year, month, date);
	return arena_printf(arena, "%04d-%02d-%02dT%02d", (int)year, month, date, (int)((local - day * CALENDAR_DAY) / 3600));
}

/* ---- the row of a moment: worked out once for each quarter of an hour, in which no zone begins another hour but by a change of its clocks ---- */

#define QUARTER_MS (15LL * 60 * 1000)

static struct report_row *row_called(struct report *report, const char *key)
{
	return report_row_of(report, key, strlen(key));
}

static struct report_row *work_out(struct report *report, int64_t ms)
{
	CLEANUP_ARENA struct arena scratch = { 0 };

	return row_called(report, report_bucket_of(&scratch, &report->ask, ms));
}

static void begin_spans(struct report *report)
{
	report->spans.first = floor_div(report->ask.from, QUARTER_MS);
	report->spans.count = (size_t)(floor_div(report->ask.to - 1, QUARTER_MS) - report->spans.first + 1);
	report->spans.at = ARENA_ARRAY(report->arena, struct report_row *, report->spans.count);
}

/* Where both ends of the quarter are in one row, all of it is. */
struct report_row *report_row_at(struct report *report, int64_t ms)
{
	int64_t quarter = floor_div(ms, QUARTER_MS);
	size_t i = (size_t)(quarter - report->spans.first);

	if (i >= report->spans.count)
		return work_out(report, ms);
	if (!report->spans.at[i]) {
		struct report_row *row = work_out(report, ms);

		if (work_out(report, quarter * QUARTER_MS) != row || work_out(report, (quarter + 1) * QUARTER_MS - 1) != row)
			return row;
		report->spans.at[i] = row;
	}
	return report->spans.at[i];
}

#define STEP_MS (30LL * 60 * 1000)       /* shorter than any span, and than any shift of a zone */

void report_buckets(struct report *report)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	int64_t step = report->ask.by == BY_HOUR ? STEP_MS : 12 * 3600 * 1000LL;

	if (!report_by_is_time(report->ask.by))
		return;
	begin_spans(report);
	for (int64_t at = report->ask.from; at < report->ask.to; at += step) {
		row_called(report, report_bucket_of(&scratch, &report->ask, at));
		arena_reset(&scratch);
	}
	row_called(report, report_bucket_of(&scratch, &report->ask, report->ask.to - 1));
}

/* ---- order ---- */

/* The first bytes of a key stand beside it: where there are many rows, most of them are told apart without looking for them. */
struct keyed { uint64_t first, second; struct report_row *row; };

static struct keyed keyed_of(struct report_row *row)
{
	uint64_t begin[2] = { 0, 0 };

	memccpy(begin, row->key, 0, sizeof begin);
	return (struct keyed){ be64toh(begin[0]), be64toh(begin[1]), row };
}

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return strcmp(x->row->key, y->row->key);
}

static void order_rows(struct report *report, struct buffer *room)
{
	size_t count = report->rows.count;
	struct keyed *keyed = (struct keyed *)(void *)buffer_reserve(room, count * sizeof *keyed + 1);

	for (size_t i = 0; i < count; i++)
		keyed[i] = keyed_of(report->rows.at[i]);
	qsort(keyed, count, sizeof *keyed, by_key);
	for (size_t i = 0; i < count; i++)
		report->rows.at[i] = keyed[i].row;
}

static void none_comes_last(struct report *report)
{
	struct report_row **at = report->rows.at, *none = NULL;

	for (size_t i = 0; i < report->rows.count; i++)
		if (none)
			at[i - 1] = at[i];
		else if (strcmp(at[i]->key, NO_KEY) == 0)
			none = at[i];
	if (none)
		at[report->rows.count - 1] = none;
}

void report_order(struct report *report)
{
	CLEANUP_BUFFER struct buffer room = { 0 };

	order_rows(report, &room);
	none_comes_last(report);
}
