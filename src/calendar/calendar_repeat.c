/*
 * calendar_repeat.c - RRULE (RFC 5545 section 3.3.10) of holidays: by day, week, month or year, with BYMONTH, BYMONTHDAY and BYDAY.
 *
 * Every day of each period is asked whether the rule takes it: slow (36,000 days at most) and easy to believe. The first time of the
 * event counts even where the rule would not take it (section 3.8.5.3 leaves that open; calendars show it).
 * May not know what an event is.
 */
#include "calendar_private.h"
#include "calendar_repeat.h"

#include <stdlib.h>
#include <string.h>

static const char *const weekdays[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static int weekday_named(const char *text)
{
	for (int i = 0; i < 7; i++)
		if (text_starts_nocase(text, weekdays[i]))
			return i;
	return -1;
}

/* "MO", "2MO", "-1FR", separated by commas. */
static bool read_days(const char *text, struct repeat *repeat)
{
	for (;; text++) {
		char *end;
		long ordinal = strtol(text, &end, 10);
		int weekday = weekday_named(end);

		if (weekday < 0 || ordinal < -53 || ordinal > 53 || repeat->day_count == REPEAT_LIST || (end != text && !ordinal))
			return false;
		repeat->days[repeat->day_count++] = (struct repeat_day){ (int)ordinal, weekday };
		text = end + 2;
		if (*text != ',')
			return !*text;
	}
}

static bool read_numbers(const char *text, int most, bool negative, int *list, size_t *count)
{
	for (;; text++) {
		char *end;
		long number = strtol(text, &end, 10);

		if (end == text || !number || number > most || number < (negative ? -most : 1) || *count == REPEAT_LIST)
			return false;
		list[(*count)++] = (int)number;
		text = end;
		if (*text != ',')
			return !*text;
	}
}

static bool read_small(const char *text, int *number)
{
	char *end;
	long value = strtol(text, &end, 10);

	*number = (int)value;
	return end != text && !*end && value >= 1 && value <= 100000;
}

/* "20301231" (the day belongs to it) or "20301231T225959Z". */
static bool read_until(const char *text, const struct zone *zone, int64_t *until)
{
	int year = 0, month = 0, day = 0, clock = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits != 8)
		return false;
	long date = strtol(text, NULL, 10);
	year = (int)(date / 10000);
	month = (int)(date / 100 % 100);
	day = (int)(date % 100);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*until = calendar_day_of(year, month, day) * CALENDAR_DAY + CALENDAR_DAY - 1;
	if (text[8] == 'T' && strspn(text + 9, "0123456789") == 6) {
		clock = (int)strtol(text + 9, NULL, 10);
		*until += (clock / 10000) * 3600 + clock / 100 % 100 * 60 + clock % 100 - CALENDAR_DAY + 1;
		if (text[15] == 'Z')
			*until += calendar_zone_span_at(zone, *until)->offset;
	}
	return true;
}

static bool read_every(const char *text, struct repeat *repeat)
{
	static const char *const names[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal_nocase(text, names[i])) {
			repeat->every = (int)i;
			return true;
		}
	return false;
}

static bool read_part(const char *name, const char *value, const struct zone *zone, struct repeat *repeat)
{
	if (text_equal_nocase(name, "FREQ"))
		return read_every(value, repeat);
	if (text_equal_nocase(name, "INTERVAL"))
		return read_small(value, &repeat->interval);
	if (text_equal_nocase(name, "COUNT"))
		return read_small(value, &repeat->count);
	if (text_equal_nocase(name, "UNTIL"))
		return read_until(value, zone, &repeat->until);
	if (text_equal_nocase(name, "WKST"))
		return (repeat->week_start = weekday_named(value)) >= 0;
	if (text_equal_nocase(name, "BYDAY"))
		return read_days(value, repeat);
	if (text_equal_nocase(name, "BYMONTH"))
		return read_numbers(value, 12, false, repeat->months, &repeat->month_count);
	if (text_equal_nocase(name, "BYMONTHDAY"))
		return read_numbers(value, 31, true, repeat->month_days, &repeat->month_day_count);
	return false;
}

bool calendar_repeat_read(const char *text, const struct repeat_time *start, const struct zone *zone, struct repeat *repeat, const char **problem)
{
	char part[256];
	bool has_every = false;

	*repeat = (struct repeat){ .interval = 1, .start = start->seconds, .until = INT64_MAX };
	*problem = "is not understood; write out its days as single events";
	while (*text) {
		size_t length = strcspn(text, ";");
		char *value;

		if (length >= sizeof part)
			return false;
		memcpy(part, text, length);
		part[length] = '\0';
		text += length + (text[length] == ';');
		if (!length)
			continue;
		if (!(value = strchr(part, '=')))
			return false;
		*value++ = '\0';
		has_every |= text_equal_nocase(part, "FREQ");
		if (!read_part(part, value, zone, repeat))
			return false;
	}
	for (size_t i = 0; i < repeat->day_count; i++)
		if (repeat->days[i].ordinal && repeat->every < REPEAT_MONTHLY)
			return false;
	return has_every;
}

/* ---------------------------------------------------------------- which days */

struct date { int64_t day, year; int month, of_month, weekday; };

static bool in_months(const struct repeat *repeat, const struct date *date)
{
	for (size_t i = 0; i < repeat->month_count; i++)
		if (repeat->months[i] == date->month)
			return true;
	return !repeat->month_count;
}

static bool in_month_days(const struct repeat *repeat, const struct date *date)
{
	int length = calendar_month_length(date->year, date->month);

	for (size_t i = 0; i < repeat->month_day_count; i++) {
		int wanted = repeat->month_days[i];

		if ((wanted > 0 ? wanted : length + 1 + wanted) == date->of_month)
			return true;
	}
	return !repeat->month_day_count;
}

/* The n-th Monday is counted in the month, or in the year where the rule is yearly and names no month. */
static bool is_ordinal(const struct repeat *repeat, const struct repeat_day *wanted, const struct date *date)
{
	bool of_year = repeat->every == REPEAT_YEARLY && !repeat->month_count;
	int64_t first = of_year ? calendar_day_of(date->year, 1, 1) : date->day - date->of_month + 1;
	int64_t last = of_year ? calendar_day_of(date->year, 12, 31) : first + calendar_month_length(date->year, date->month) - 1;

	return wanted->ordinal > 0 ? (date->day - first) / 7 + 1 == wanted->ordinal : (last - date->day) / 7 + 1 == -wanted->ordinal;
}

static bool in_days(const struct repeat *repeat, const struct date *date)
{
	for (size_t i = 0; i < repeat->day_count; i++)
		if (repeat->days[i].weekday == date->weekday && (!repeat->days[i].ordinal || is_ordinal(repeat, &repeat->days[i], date)))
			return true;
	return !repeat->day_count;
}

/* Is the period of this day one of every `interval`? */
static bool in_interval(const struct repeat *repeat, const struct date *date, const struct date *start)
{
	int64_t periods = 0;

	if (repeat->every == REPEAT_DAILY)
		periods = date->day - start->day;
	else if (repeat->every == REPEAT_WEEKLY)
		periods = (date->day - (date->weekday - repeat->week_start + 7) % 7 - (start->day - (start->weekday - repeat->week_start + 7) % 7)) / 7;
	else if (repeat->every == REPEAT_MONTHLY)
		periods = (date->year - start->year) * 12 + date->month - start->month;
	else
		periods = date->year - start->year;
	return periods % repeat->interval == 0;
}

/* What the rule does not name is as at the start. */
static bool as_at_start(const struct repeat *repeat, const struct date *date, const struct date *start)
{
	bool named_day = repeat->day_count || repeat->month_day_count;

	if (repeat->every == REPEAT_WEEKLY)
		return repeat->day_count || date->weekday == start->weekday;
	if (repeat->every == REPEAT_MONTHLY)
		return named_day || date->of_month == start->of_month;
	if (repeat->every == REPEAT_YEARLY)
		return (named_day || date->of_month == start->of_month)
		    && (repeat->month_count || repeat->day_count || date->month == start->month || (repeat->month_day_count && !repeat->day_count));
	return true;
}

static struct date date_of(int64_t day)
{
	struct date date = { .day = day, .weekday = calendar_weekday(day) };

	calendar_date_of(day, &date.year, &date.month, &date.of_month);
	return date;
}

void calendar_repeat_follow(const struct repeat *repeat, void (*see)(void *context, int64_t seconds), void *context)
{
	int64_t first = calendar_floor_day(repeat->start), clock = repeat->start - first * CALENDAR_DAY;
	struct date start = date_of(first);
	int seen = 0;

	for (struct date date = start; date.year <= ZONE_LAST_YEAR && (!repeat->count || seen < repeat->count); date = date_of(date.day + 1)) {
		bool taken = in_months(repeat, &date) && in_month_days(repeat, &date) && in_days(repeat, &date) && as_at_start(repeat, &date, &start)
		          && in_interval(repeat, &date, &start);

		if (date.day * CALENDAR_DAY + clock > repeat->until)
			return;
		if (!taken && date.day != first)
			continue;
		see(context, date.day * CALENDAR_DAY + clock);
		seen++;
	}
}
