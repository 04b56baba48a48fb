/*
 * mail_date.c - the time of a Date header in every form that is still sent.
 *
 * RFC 5322 section 3.3 with section 4.3 (two-digit years, zone names, comments), asctime and ctime order, ISO 8601,
 * and dates with day and month turned round where only one reading is possible. A zone that nobody knows is UTC.
 * Reads tokens, not a grammar: what it does not know it skips. May not invent a date: day, month and year must be there,
 * and in range. Makes no problems; mail_parse says when a date is there that cannot be read.
 */
#include "mail_private.h"

struct when { int year, month, day, hour, minute, second, zone, spare; bool has_time, has_zone, has_day, has_month, has_year, long_year; };

/* Month names by their first three letters, in English and in the languages of mailers that wrote their own. */
static int month_of(struct span word)
{
	static const char names[][4] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" };
	static const struct { char name[5]; int month; } others[] = {
		{ "gen", 1 }, { "ene", 1 }, { "fev", 2 }, { "m\xC3\xA4r", 3 }, { "mrz", 3 }, { "maa", 3 }, { "avr", 4 },
		{ "abr", 4 }, { "mai", 5 },
		{ "mag", 5 }, { "mei", 5 }, { "maj", 5 }, { "giu", 6 }, { "lug", 7 }, { "ago", 8 }, { "set", 9 },
		{ "okt", 10 }, { "ott", 10 },
		{ "out", 10 }, { "dez", 12 }, { "dic", 12 }, { "des", 12 },
	};
	for (int i = 0; i < 12; i++)
		if (mail_span_starts_nocase(word, names[i]))
			return i + 1;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (mail_span_starts_nocase(word, others[i].name))
			return others[i].month;
	return 0;
}

static bool zone_of(struct span word, int *zone)
{
	static const struct { const char *name; int minutes; } zones[] = {
		{ "UT", 0 }, { "UTC", 0 }, { "GMT", 0 }, { "Z", 0 }, { "EST", -300 }, { "EDT", -240 }, { "CST", -360 }, { "CDT", -300 },
		{ "MST", -420 }, { "MDT", -360 }, { "PST", -480 }, { "PDT", -420 }, { "CET", 60 }, { "CEST", 120 }, { "MET", 60 },
		{ "MEST", 120 }, { "MEZ", 60 }, { "MESZ", 120 }, { "WET", 0 }, { "WEST", 60 }, { "EET", 120 }, { "EEST", 180 },
		{ "BST", 60 }, { "MSK", 180 }, { "JST", 540 }, { "KST", 540 }, { "HST", -600 }, { "AEST", 600 }, { "AEDT", 660 },
		{ "NZST", 720 }, { "NZDT", 780 }, { "EST5EDT", -300 }, { "CST6CDT", -360 }, { "MST7MDT", -420 }, { "PST8PDT", -480 },
	};
	for (size_t i = 0; i < COUNT_OF(zones); i++)
		if (mail_span_equal_nocase(word, zones[i].name)) {
			*zone = zones[i].minutes;
			return true;
		}
	return false;
}

static int number(const char *at, size_t length)
{
	int value = 0;
	for (size_t i = 0; i < length && is_digit(at[i]); i++)
		value = value > 99999 ? value : value * 10 + (at[i] - '0');
	return value;
}

static size_t digits(struct span word, size_t from)
{
	size_t i = from;
	while (i < word.length && is_digit(word.at[i]))
		i++;
	return i - from;
}

static void take_year(struct when *when, int year, size_t length)
{
	/* RFC 5322 section 4.3: two digits, 0..49 is 20xx; three digits are years since 1900. */
	when->year = length >= 4 ? year : length == 3 ? year + 1900 : year < 50 ? year + 2000 : year + 1900;
	when->has_year = true;
	when->long_year = length >= 4;
}

/* hh:mm, hh:mm:ss, hh.mm.ss, with what may stick to it: a fraction, AM/PM follows as its own word. */
static bool take_time(struct when *when, struct span word)
{
	size_t a = digits(word, 0);
	if (!a || a > 2 || a >= word.length || (word.at[a] != ':' && word.at[a] != '.'))
		return false;
	size_t b = digits(word, a + 1);
	if (!b || b > 2 || (word.at[a] == '.' && (a + 1 + b >= word.length || word.at[a + 1 + b] != '.')))
		return false;
	when->hour = number(word.at, a);
	when->minute = number(word.at + a + 1, b);
	size_t c = a + 1 + b < word.length && (word.at[a + 1 + b] == ':' || word.at[a + 1 + b] == '.') ? digits(word, a + b + 2) : 0;
	if (c)
		when->second = number(word.at + a + b + 2, c);
	return when->has_time = true;
}

static bool take_zone(struct when *when, struct span word)
{
	if (word.length < 3 || (word.at[0] != '+' && word.at[0] != '-') || !is_digit(word.at[1]))
		return false;
	size_t a = digits(word, 1);
	int value = number(word.at + 1, a), minutes = a <= 2 ? value * 60 : value / 100 * 60 + value % 100;
	if (a <= 2 && 1 + a < word.length && word.at[1 + a] == ':')
		minutes += number(word.at + 2 + a, digits(word, 2 + a) < 2 ? digits(word, 2 + a) : 2);
	if (a > 4 || minutes >= 24 * 60)
		return false;
	when->zone = word.at[0] == '-' ? -minutes : minutes;
	return when->has_zone = true;
}

/* 2026-11-22, 22-Nov-2026, 22/11/2026, 22.11.2026 */
static bool take_joined(struct when *when, struct span word, size_t *used)
{
	size_t a = digits(word, 0);
	if (!a || a >= word.length || (word.at[a] != '-' && word.at[a] != '/' && word.at[a] != '.'))
		return false;
	size_t start = a + 1, b = 0;
	while (start + b < word.length && (is_digit(word.at[start + b]) || is_alpha(word.at[start + b])))
		b++;
	size_t third = start + b + 1, c = third < word.length && word.at[start + b] == word.at[a] ? digits(word, third) : 0;
	if (!b || !c)
		return false;
	int month = is_digit(word.at[start]) ? number(word.at + start, b) : month_of((struct span){ word.at + start, b });
	int first = number(word.at, a);
	when->month = month;
	if (a == 4) {
		take_year(when, first, a);
		when->day = number(word.at + third, c);
	} else {
		take_year(when, number(word.at + third, c), c);
		when->day = first;
		if (month > 12 && first <= 12)
			when->day = month, when->month = first;
	}
	*used = third + c;
	return when->has_day = when->has_month = true;
}

static void take_word(struct when *when, struct span word)
{
	size_t used = 0, count = digits(word, 0);
	int zone;
	if (take_joined(when, word, &used)) {
		if (used + 1 < word.length && lower(word.at[used]) == 't') {
			struct span rest = { word.at + used + 1, word.length - used - 1 };
			take_time(when, rest);
			for (size_t i = 5; i < rest.length; i++)
				if (rest.at[i] == '+' || rest.at[i] == '-')
					take_zone(when, (struct span){ rest.at + i, rest.length - i });
		}
	} else if (take_time(when, word) || (when->has_time && take_zone(when, word))) {
		for (size_t i = 4; i < word.length && !when->has_zone; i++)       /* 10:52:37+0200 */
			if (is_digit(word.at[0]) && (word.at[i] == '+' || word.at[i] == '-'))
				take_zone(when, (struct span){ word.at + i, word.length - i });
	} else if (count && count == word.length && count <= 2 && !when->has_day) {
		when->day = number(word.at, count);
		when->has_day = true;
	} else if (count && count == word.length && count <= 2 && !when->has_month && !when->has_year && !when->spare && number(word.at, count) > 0) {
		when->spare = number(word.at, count);                             /* 05 10 2026: a month, if no other comes; else a year */
	} else if (count && count == word.length && count <= 4 && !when->has_year && when->has_day) {
		take_year(when, number(word.at, count), count);
	} else if (count && count <= 2 && !when->has_day && word.length - count <= 2) {
		when->day = number(word.at, count);                               /* 1st, 2., 3rd */
		when->has_day = true;
	} else if (!count && !when->has_month && month_of(word)) {
		when->month = month_of(word);
		when->has_month = true;
	} else if (when->has_time && !when->has_zone && zone_of(word, &zone)) {
		when->zone = zone;
		when->has_zone = true;
	} else if (when->has_time && mail_span_equal_nocase(word, "PM") && when->hour < 12) {
		when->hour += 12;
	} else if (when->has_time && mail_span_equal_nocase(word, "AM") && when->hour == 12) {
		when->hour = 0;
	}
}

/* Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant's days_from_civil). */
static int64_t days_of(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* A number of two digits between day and year is the month, as some servers write it; or the day, if the first one was the month. */
static void take_spare(struct when *when)
{
	if (!when->spare)
		return;
	if (!when->has_month && when->long_year) {
		bool turned = when->spare > 12 && when->day <= 12;
		when->month = turned ? when->day : when->spare;
		when->day = turned ? when->spare : when->day;
		when->has_month = true;
	} else if (when->has_month && !when->has_year) {
		take_year(when, when->spare, 2);
	}
}

static bool sensible(const struct when *when)
{
	return when->has_day && when->has_month && when->has_year && when->day >= 1 && when->day <= 31 && when->month >= 1
	       && when->month <= 12 && when->year >= 1900 && when->year <= 9999 && when->hour < 24 && when->minute < 60 && when->second <= 60;
}

bool mail_date_parse(struct span raw, int64_t *ms, int *zone)
{
	struct when when = { 0 };
	int depth = 0;
	if (raw.length > 1000)
		raw.length = 1000;
	for (size_t i = 0; i < raw.length;) {
		char c = raw.at[i];
		if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		if (is_blank(c) || c == ',' || c == '(' || c == ')' || c == '"' || c == ';' || depth) {
			i++;
			continue;
		}
		size_t start = i;
		while (i < raw.length && !is_blank(raw.at[i]) && !strchr(",()\";", raw.at[i]))
			i++;
		if (i == start)
			i++;
		else
			take_word(&when, (struct span){ raw.at + start, i - start });
	}
	take_spare(&when);
	if (!sensible(&when))
		return false;
	*zone = when.zone;
	*ms = (((days_of(when.year, when.month, when.day) * 24 + when.hour) * 60 + when.minute - when.zone) * 60 + when.second) * 1000;
	return true;
}
