/*
 * report_values.c - what was measured: gathered as it comes, put in order by row and size at the end, and what is made of the numbers of a row: median, p90, mean, share.
 *
 * There may be a million values, and a hundred thousand rows: a list for each row would be met in no order each time.
 * The median of an even number of values is the mean of the two in the middle; p90 is the smallest value that nine of ten are not above (nearest rank).
 */
#include "report_private.h"

#include <string.h>

#define FIRST_ROOM 4096
#define NEXT_ROOM ((size_t)256 * 1024)

void report_log_widen(struct report *report, struct report_log *log)
{
	size_t room = log->last ? NEXT_ROOM : FIRST_ROOM;
	struct report_log_block *block = report_room(report, sizeof *block + room * sizeof *block->at);

	block->next = NULL;
	block->count = 0;
	block->room = room;
	if (log->last)
		log->last->next = block;
	else
		log->first = block;
	log->last = block;
}

/* ---- order ---- */

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define SMALL_BITS 8
#define SMALL_DIGITS (1u << SMALL_BITS)
#define FEW 24                   /* are put in order one by one */

static void order_few(uint32_t *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t value = at[i];
		size_t k = i;

		for (; k && at[k - 1] > value; k--)
			at[k] = at[k - 1];
		at[k] = value;
	}
}

/* False: the digit is the same in all of them. */
static inline bool sort_by_digit(const uint32_t *from, uint32_t *to, size_t count, int shift, unsigned digits)
{
	uint32_t starts[DIGITS], sum = 0;

	memset(starts, 0, digits * sizeof *starts);
	for (size_t i = 0; i < count; i++)
		starts[(from[i] >> shift) % digits]++;
	if (starts[(from[0] >> shift) % digits] == count)
		return false;
	for (size_t d = 0; d < digits; d++) {
		uint32_t here = starts[d];

		starts[d] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[(from[i] >> shift) % digits]++] = from[i];
	return true;
}

/* Digit by digit, the lowest first. For many of them digits are large, and three are all; for some, small. */
static void order_by_digits(uint32_t *at, size_t count, int bits, struct buffer *room)
{
	buffer_reset(room);
	uint32_t *from = at, *to = (uint32_t *)(void *)buffer_reserve(room, count * sizeof *to);

	for (int shift = 0; shift < 32; shift += bits)
		if (bits == DIGIT_BITS ? sort_by_digit(from, to, count, shift, DIGITS) : sort_by_digit(from, to, count, shift, SMALL_DIGITS)) {
			uint32_t *other = from;

			from = to;
			to = other;
		}
	if (from != at)
		memcpy(at, from, count * sizeof *from);
}

static void order_values(uint32_t *at, size_t count, struct buffer *room)
{
	if (count <= FEW)
		order_few(at, count);
	else
		order_by_digits(at, count, count < DIGITS ? SMALL_BITS : DIGIT_BITS, room);
}

/* ---- by row ---- */

/* starts: how many there are of the row before the last, and so on, so that where the rows begin stands at their numbers once all are in their place. */
static void count_measured(const struct report_log *log, size_t *total)
{
	*total = 0;
	for (const struct report_log_block *block = log->first; block; block = block->next)
		for (size_t i = 0; i < block->count; i++) {
			*total += block->at[i].row / MEASURED_TOTAL;
			log->starts[block->at[i].row % MEASURED_TOTAL + 2]++;
		}
	log->starts[2] = 0;                      /* of no row */
}

static void place_measured(struct report_log *log, uint32_t *total)
{
	for (const struct report_log_block *block = log->first; block; block = block->next)
		for (size_t i = 0; i < block->count; i++) {
			uint32_t row = block->at[i].row % MEASURED_TOTAL;

			if (block->at[i].row & MEASURED_TOTAL)
				*total++ = block->at[i].value;
			if (row)
				log->at[log->starts[row + 1]++] = block->at[i].value;
		}
}

static void settle(struct report *report, struct report_log *log, struct buffer *room)
{
	size_t rows = report->rows.count;

	log->starts = ARENA_ARRAY(report->arena, uint32_t, rows + 3);
	count_measured(log, &log->total.count);
	for (size_t i = 0; i + 1 < rows + 3; i++)
		log->starts[i + 1] += log->starts[i];
	log->at = report_room(report, log->starts[rows + 2] * sizeof *log->at);
	uint32_t *total = report_room(report, log->total.count * sizeof *total);

	place_measured(log, total);
	for (size_t row = 1; row <= rows; row++)
		order_values(log->at + log->starts[row], log->starts[row + 1] - log->starts[row], room);
	order_values(total, log->total.count, room);
	log->total.at = total;
}

void report_values_settle(struct report *report)
{
	CLEANUP_BUFFER struct buffer room = { 0 };

	for (int value = 0; value < REPORT_VALUES; value++)
		if (report->measured[value].first)
			settle(report, &report->measured[value], &room);
}

struct report_numbers report_values_of(const struct report *report, const struct report_row *row, enum report_value value)
{
	const struct report_log *log = &report->measured[value];

	if (!row || !log->starts)
		return (struct report_numbers){ NULL, 0 };
	if (!row->number)
		return log->total;
	return (struct report_numbers){ log->at + log->starts[row->number], log->starts[row->number + 1] - log->starts[row->number] };
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

int64_t report_counted(const struct report *report, const struct report_row *row, enum report_count count)
{
	return row && report->counted >> count & 1 ? row->counts[report->columns[count]] : 0;
}

bool report_number(const struct report *report, const struct report_row *row, const struct report_figure *figure, double *number)
{
	struct report_numbers values;
	int64_t among;

	switch (figure->how) {
	case FIGURE_SUM:
		*number = (double)report_counted(report, row, (enum report_count)figure->of);
		return true;
	case FIGURE_SHARE:
		among = report_counted(report, row, (enum report_count)figure->among);
		*number = among ? (double)report_counted(report, row, (enum report_count)figure->of) / (double)among : 0;
		return among != 0;
	default:
		values = report_values_of(report, row, (enum report_value)figure->of);
		return of_values(figure, &values, number);
	}
}
