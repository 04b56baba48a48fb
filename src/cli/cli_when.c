/*
 * cli_when.c - a time to come, as people write it: 3d, 2h, 30m, 1w, tomorrow, monday, 2026-11-25, 2026-11-25T09:00:00+01:00; and for
 * reports a time gone by.
 *
 * A day without an hour means nine o'clock; a time without a zone is UTC. RFC 3339 for the long form.
 * May not ask the clock: now comes in.
 * Diagnostics: "is no time" (not understood), "is not in the future".
 */
#include "cli_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400)
#define NINE (9 * INT64_C(3600))

/* Days since 1970-01-01 of a Gregorian date. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t shifted = year - (month <= 2), era = shifted / 400, of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool date_right(int year, int month, int day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1] + (month == 2 && leap);
}

/* "Z", "+01:00" or nothing; false: neither. */
static bool read_zone(const char *text, int64_t *seconds)
{
	int hours, minutes, used = 0;

	*seconds = 0;
	if (!*text || !strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	if ((*text != '+' && *text != '-') || sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[1 + used] || hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
	return true;
}

static bool read_date(const char *text, int64_t *seconds)
{
	int year, month, day, hour = 9, minute = 0, second = 0, used = 0, more = 0;
	int64_t zone;

	if (strspn(text, "0123456789") != 4 || sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || !date_right(year, month, day))
		return false;
	text += used;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		if (sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &used) != 2)
			return false;
		text += 1 + used;
		if (*text == ':' && sscanf(text, ":%2d%n", &second, &more) == 1)
			text += more;
		if (*text == '.')
			text += 1 + strspn(text + 1, "0123456789");
	}
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || !read_zone(text, &zone))
		return false;
	*seconds = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second - zone;
	return true;
}

static bool read_distance(const char *text, int64_t *seconds)
{
	static const struct { char letter; int64_t seconds; } units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', DAY }, { 'w', 7 * DAY } };
	char *end;
	long count = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || count < 1 || count > 10000 || !*end || end[1])
		return false;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (units[i].letter == *end) {
			*seconds = count * units[i].seconds;
			return true;
		}
	return false;
}

/* "monday", "mon": the next such day, never today. 1970-01-01 was a Thursday. */
static bool read_weekday(const char *text, int64_t today, int64_t *seconds)
{
	static const char *const names[] = { "thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday" };
	size_t length = strlen(text);

	for (int i = 0; i < 7 && length >= 3; i++)
		if (text_starts_nocase(names[i], text)) {
			int64_t ahead = (i - today % 7 + 7) % 7;

			*seconds = (today + (ahead ? ahead : 7)) * DAY + NINE;
			return true;
		}
	return false;
}

/* A date alone or a time without a zone is none. */
bool cli_instant(const char *text, int64_t *seconds)
{
	const char *clock = strpbrk(text, "Tt ");

	return clock && strpbrk(clock, "Zz+-") && read_date(text, seconds);
}

enum status cli_when(const char *text, int64_t now, int64_t *ms, struct error *error)
{
	int64_t seconds, today = now / 1000 / DAY;

	if (read_distance(text, &seconds))
		*ms = now + seconds * 1000;
	else if (text_equal_nocase(text, "tomorrow"))
		*ms = ((today + 1) * DAY + NINE) * 1000;
	else if (read_weekday(text, today, &seconds) || read_date(text, &seconds))
		*ms = seconds * 1000;
	else
		return error_set(error, STATUS_USAGE, "\"%s\" is no time; write 3d, 2h, 30m, 1w, tomorrow, monday, 2026-11-25 or 2026-11-25T09:00Z", text);
	if (*ms <= now)
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is not in the future", text);
	return STATUS_OK;
}

/* A date alone is its beginning, on the clocks of the zone. */
static bool read_day(const char *text, const struct zone *zone, int64_t *seconds)
{
	if (strlen(text) != strlen("2026-11-25") || !read_date(text, seconds))
		return false;
	int64_t midnight = *seconds - *seconds % DAY;

	*seconds = midnight - calendar_zone_span_at(zone, midnight - calendar_zone_span_at(zone, midnight)->offset)->offset;
	return true;
}

/* cli_when counts from the epoch here: what lies before the year 2000 was a distance. */
enum status cli_since(const char *text, const struct zone *zone, int64_t now, int64_t *since, struct error *error)
{
	int64_t when = 0;

	if (read_day(text, zone, &when)) {
		*since = when * 1000;
		return STATUS_OK;
	}
	enum status status = cli_when(text, 0, &when, error);
	if (status == STATUS_OK)
		*since = when < 946684800000 ? now - when : when;
	return status;
}
