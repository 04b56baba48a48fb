/*
 * calendar_time.c - business time: how many open seconds lie between two instants, and when so many have gone by.
 *
 * Open is an instant whose wall-clock time lies in the hours of its local date and in no holiday. So each span of one offset is looked
 * at alone: in it wall clock and instant differ by a constant, an hour that is skipped is in no span, one that comes twice is in two.
 * May not know why somebody asks.
 */
#include "calendar_private.h"

/* Walks the open pieces of local days, in order; the callback sees local seconds and stops the walk with false. */
struct walk { bool (*see)(void *context, int64_t from, int64_t to); void *context; };

/* One piece of a day without the holidays in it. */
static bool see_without_closed(const struct calendar *calendar, int64_t from, int64_t to, const struct walk *walk)
{
	size_t low = 0, high = calendar->closed.count;

	while (low < high) {                     /* the first holiday that ends behind `from` */
		size_t middle = (low + high) / 2;

		if (calendar->closed.at[middle].to <= from)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < calendar->closed.count && calendar->closed.at[low].from < to; low++) {
		if (calendar->closed.at[low].from > from && !walk->see(walk->context, from, calendar->closed.at[low].from))
			return false;
		from = calendar->closed.at[low].to;
	}
	return from >= to || walk->see(walk->context, from, to);
}

static bool walk_local(const struct calendar *calendar, int64_t from, int64_t to, const struct walk *walk)
{
	for (int64_t day = calendar_floor_day(from); day * CALENDAR_DAY < to; day++) {
		const struct calendar_pieces *hours = &calendar->week[calendar_weekday(day)];

		for (size_t i = 0; i < hours->count; i++) {
			int64_t begin = day * CALENDAR_DAY + hours->at[i].from, end = day * CALENDAR_DAY + hours->at[i].to;

			begin = begin > from ? begin : from;
			end = end < to ? end : to;
			if (begin < end && !see_without_closed(calendar, begin, end, walk))
				return false;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- walks over instants */

struct count {
	int64_t offset;                          /* of the span that is walked */
	int64_t seconds;                         /* seen so far */
	int64_t wanted;                          /* INT64_MAX: all of them */
	int64_t at;                              /* instant at which `wanted` was reached, or the last that was open ended */
};

static bool count_piece(void *context, int64_t from, int64_t to)
{
	struct count *count = context;
	int64_t rest = count->wanted - count->seconds;

	if (to - from >= rest) {
		count->seconds = count->wanted;
		count->at = from + rest - count->offset;
		return false;
	}
	count->seconds += to - from;
	count->at = to - count->offset;
	return true;
}

/* False: it was stopped, since as much as is wanted was seen. */
static bool walk_instants(const struct calendar *calendar, int64_t from, int64_t to, struct count *count)
{
	const struct zone *zone = calendar->zone;
	struct walk walk = { count_piece, count };

	for (const struct zone_span *span = calendar_zone_span_at(zone, from); from < to; span++) {
		bool last = span + 1 == zone->spans.at + zone->spans.count;
		int64_t end = last || span[1].from > to ? to : span[1].from;

		count->offset = span->offset;
		if (!walk_local(calendar, from + span->offset, end + span->offset, &walk))
			return false;
		from = end;
	}
	return true;
}

int64_t calendar_between(const struct calendar *calendar, int64_t from, int64_t to)
{
	struct count count = { .wanted = INT64_MAX };

	if (from < to)
		walk_instants(calendar, from, to, &count);
	return count.seconds;
}

bool calendar_ever_open(const struct calendar *calendar)
{
	for (size_t i = 0; i < COUNT_OF(calendar->week); i++)
		if (calendar->week[i].count)
			return true;
	return false;
}

#define HORIZON ((int64_t)CALENDAR_YEARS * 366 * CALENDAR_DAY)

static enum status never_open(const struct calendar *calendar, struct error *error)
{
	return error_set(error, STATUS_NOT_FOUND, "calendar %s is not open long enough within %d years", calendar->name, CALENDAR_YEARS);
}

enum status calendar_add(const struct calendar *calendar, int64_t from, int64_t seconds, int64_t *instant, struct error *error)
{
	struct count count = { .wanted = seconds };

	*instant = from;
	if (seconds <= 0)
		return STATUS_OK;
	if (walk_instants(calendar, from, from + HORIZON, &count))
		return never_open(calendar, error);
	*instant = count.at;
	return STATUS_OK;
}

/* The end of what is open on a local date; false: nothing is. Walks the instants that may bear that date. */
static bool end_of_day(const struct calendar *calendar, int64_t day, int64_t *instant)
{
	const struct zone *zone = calendar->zone;
	int64_t begin = day * CALENDAR_DAY;
	bool any = false;

	for (const struct zone_span *span = calendar_zone_span_at(zone, begin - 2 * CALENDAR_DAY); ; span++) {
		bool last = span + 1 == zone->spans.at + zone->spans.count;
		int64_t from = span->from == ZONE_FROM_EVER ? INT64_MIN / 2 : span->from + span->offset, to = last ? INT64_MAX / 2 : span[1].from + span->offset;
		struct count count = { .offset = span->offset, .wanted = INT64_MAX };
		struct walk walk = { count_piece, &count };

		from = from > begin ? from : begin;
		to = to < begin + CALENDAR_DAY ? to : begin + CALENDAR_DAY;
		if (from < to)
			walk_local(calendar, from, to, &walk);
		if (count.seconds) {
			any = true;
			*instant = count.at;
		}
		if (last || span[1].from > begin + 2 * CALENDAR_DAY)
			return any;
	}
}

enum status calendar_add_days(const struct calendar *calendar, int64_t from, int days, int64_t *instant, struct error *error)
{
	int64_t day = calendar_floor_day(from + calendar_zone_span_at(calendar->zone, from)->offset), last = day + HORIZON / CALENDAR_DAY;

	while (days > 0 && day < last)
		if (end_of_day(calendar, ++day, instant))
			days--;
	return days > 0 ? never_open(calendar, error) : STATUS_OK;
}

enum status calendar_add_length(const struct calendar *calendar, int64_t from, const struct calendar_length *length, int64_t *instant,
                                struct error *error)
{
	return length->days ? calendar_add_days(calendar, from, length->days, instant, error)
	                    : calendar_add(calendar, from, length->seconds, instant, error);
}
