/*
 * report_rows.c - the rows of a report by their keys, spans of time, order, and what is made of the numbers of a row: median, p90, mean, share.
 *
 * The median of an even number of values is the mean of the two in the middle; p90 is the smallest value that nine of ten are not above (nearest rank).
 */
#include "report_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- by key ---- */

static size_t slot_of(const struct report *report, const char *key)
{
	size_t slot = hash_spread(hash_text(key)) & (report->table.size - 1);

	while (report->table.at[slot] && strcmp(report->table.at[slot]->key, key) != 0)
		slot = (slot + 1) & (report->table.size - 1);
	return slot;
}

static void widen(struct report *report)
{
	if (report->table.size && report->rows.count * 2 < report->table.size)
		return;
	report->table.size = report->table.size ? report->table.size * 2 : 64;
	report->table.at = ARENA_ARRAY(report->arena, struct report_row *, report->table.size);
	for (size_t i = 0; i < report->rows.count; i++)
		report->table.at[slot_of(report, report->rows.at[i]->key)] = report->rows.at[i];
}

struct report_row *report_row_of(struct report *report, const char *key)
{
	widen(report);
	size_t slot = slot_of(report, key);

	if (!report->table.at[slot]) {
		struct report_row *row = report->table.at[slot] = ARENA_NEW(report->arena, struct report_row);

		row->key = arena_string(report->arena, key);
		*ARENA_PUSH(report->arena, &report->rows) = row;
	}
	return report->table.at[slot];
}

void report_row_bump(struct report *report, struct report_row *row, enum report_count count)
{
	row->counts[count]++;
}

void report_row_value(struct report *report, struct report_row *row, enum report_value value, int64_t number)
{
	*ARENA_PUSH(report->arena, &row->values[value]) = number < 0 ? 0 : number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
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

static struct report_row *work_out(struct report *report, int64_t ms)
{
	CLEANUP_ARENA struct arena scratch = { 0 };

	return report_row_of(report, report_bucket_of(&scratch, &report->ask, ms));
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
		report_row_of(report, report_bucket_of(&scratch, &report->ask, at));
		arena_reset(&scratch);
	}
	report_row_of(report, report_bucket_of(&scratch, &report->ask, report->ask.to - 1));
}

/* ---- order ---- */

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_by_digit(const uint32_t *from, uint32_t *to, size_t count, int shift)
{
	size_t starts[DIGITS] = { 0 }, sum = 0;

	for (size_t i = 0; i < count; i++)
		starts[(from[i] >> shift) % DIGITS]++;
	for (size_t d = 0; d < DIGITS; d++) {
		size_t here = starts[d];

		starts[d] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[(from[i] >> shift) % DIGITS]++] = from[i];
}

/* Many of them digit by digit, three of which are all. */
static void order_values(struct report_numbers *values)
{
	if (values->count < DIGITS) {
		if (values->count)
			qsort(values->at, values->count, sizeof *values->at, by_size);
		return;
	}
	CLEANUP_BUFFER struct buffer room = { 0 };
	uint32_t *other = (uint32_t *)(void *)buffer_reserve(&room, values->count * sizeof *other);

	for (int digit = 0; digit < 3; digit++)
		sort_by_digit(digit % 2 ? other : values->at, digit % 2 ? values->at : other, values->count, digit * DIGIT_BITS);
	memcpy(values->at, other, values->count * sizeof *other);
}

static void order_row(struct report_row *row)
{
	for (int i = 0; i < REPORT_VALUES; i++)
		order_values(&row->values[i]);
}

static int by_key(const void *a, const void *b)
{
	const struct report_row *x = *(struct report_row *const *)a, *y = *(struct report_row *const *)b;
	bool none = !strcmp(x->key, NO_KEY), other = !strcmp(y->key, NO_KEY);

	return none != other ? none - other : strcmp(x->key, y->key);
}

void report_order(struct report *report)
{
	if (report->rows.count)
		qsort(report->rows.at, report->rows.count, sizeof *report->rows.at, by_key);
	order_row(&report->total);
	for (size_t i = 0; i < report->rows.count; i++)
		order_row(report->rows.at[i]);
}

/* ---- numbers ---- */

static double median(const struct report_numbers *values)
{
	size_t half = values->count / 2;

	return values->count % 2 ? values->at[half] : ((double)values->at[half - 1] + values->at[half]) / 2;
}

static double mean(const struct report_numbers *values)
{
	double sum = 0;

	for (size_t i = 0; i < values->count; i++)
		sum += values->at[i];
	return sum / (double)values->count;
}

static bool of_values(const struct report_figure *figure, const struct report_numbers *values, double *number)
{
	if (!values->count)
		return false;
	if (figure->how == FIGURE_MEAN) {
		*number = mean(values);
		return true;
	}
	*number = figure->how == FIGURE_MEDIAN ? median(values) : values->at[(values->count * 9 + 9) / 10 - 1];
	return true;
}

bool report_number(const struct report_row *row, const struct report_figure *figure, double *number)
{
	switch (figure->how) {
	case FIGURE_SUM:
		*number = (double)row->counts[figure->of];
		return true;
	case FIGURE_SHARE:
		*number = row->counts[figure->among] ? (double)row->counts[figure->of] / (double)row->counts[figure->among] : 0;
		return row->counts[figure->among] != 0;
	default:
		return of_values(figure, &row->values[figure->of], number);
	}
}
