/*
 * calendar_zone.c - a zone from the bytes of its TZif file (RFC 9636): a sorted list of spans with one offset each.
 *
 * What the file says in years to come as a rule (the footer, a POSIX TZ string) is written out as spans up to ZONE_LAST_YEAR, so that
 * everybody else only looks up a list. libc's functions are not used: they have one zone for the whole process.
 * May not read files. Diagnostics: "is no zone file", "ends too early", "has a rule that is not understood".
 */
#include "calendar_private.h"

#include <string.h>

#define HEADER_BYTES 44
#define TYPES_MOST 256
#define TIMES_MOST 100000                /* transitions; real files have below 400 */

/* ---------------------------------------------------------------- days */

int64_t calendar_day_of(int64_t year, int month, int day)
{
	int64_t shifted = year - (month <= 2), era = (shifted >= 0 ? shifted : shifted - 399) / 400, of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void calendar_date_of(int64_t day, int64_t *year, int *month, int *day_of_month)
{
	int64_t shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097, of_era = shifted - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100), part = (5 * of_year + 2) / 153;

	*day_of_month = (int)(of_year - (153 * part + 2) / 5 + 1);
	*month = (int)(part < 10 ? part + 3 : part - 9);
	*year = years + era * 400 + (*month <= 2);
}

/* 1970-01-01 was a Thursday. */
int calendar_weekday(int64_t day)
{
	int64_t rest = (day + 3) % 7;

	return (int)(rest < 0 ? rest + 7 : rest);
}

int calendar_month_length(int64_t year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* ---------------------------------------------------------------- the file */

struct counts { uint32_t isut, isstd, leap, times, types, chars; };
struct block { struct counts counts; int width; const unsigned char *at, *end; };         /* data, without the header */

static int64_t big_endian(const unsigned char *at, int width)
{
	uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < width; i++)
		value = value << 8 | at[i];
	return (int64_t)value;
}

static uint64_t block_bytes(const struct counts *c, int width)
{
	return (uint64_t)c->times * (uint64_t)(width + 1) + (uint64_t)c->types * 6 + c->chars + (uint64_t)c->leap * (uint64_t)(width + 4) + c->isstd + c->isut;
}

static bool read_header(const unsigned char *at, const unsigned char *end, int width, struct block *block)
{
	uint32_t *const counts[] = { &block->counts.isut, &block->counts.isstd, &block->counts.leap, &block->counts.times, &block->counts.types, &block->counts.chars };

	if (end - at < HEADER_BYTES || memcmp(at, "TZif", 4))
		return false;
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		*counts[i] = (uint32_t)big_endian(at + 20 + 4 * i, 4);
	block->width = width;
	block->at = at + HEADER_BYTES;
	block->end = end;
	return block->counts.times <= TIMES_MOST && block->counts.types && block->counts.types <= TYPES_MOST
	    && block_bytes(&block->counts, width) <= (uint64_t)(end - block->at);
}

/* A later span of the same look is none; one that does not come later ends the reading (false). */
static bool add_span(struct arena *arena, struct zone *zone, int64_t from, int offset, const char *abbreviation)
{
	struct zone_span *last = zone->spans.count ? &zone->spans.at[zone->spans.count - 1] : NULL;

	if (last && from <= last->from)
		return false;
	if (last && last->offset == offset && !strcmp(last->abbreviation, abbreviation))
		return true;
	*ARENA_PUSH(arena, &zone->spans) = (struct zone_span){ from, offset, abbreviation };
	return true;
}

static const char *abbreviation_of(struct arena *arena, const struct block *block, const unsigned char *types, size_t type)
{
	const unsigned char *chars = types + block->counts.types * 6;
	size_t from = types[type * 6 + 5], length = 0;

	while (from + length < block->counts.chars && chars[from + length])
		length++;
	return arena_copy(arena, chars + from, from < block->counts.chars ? length : 0);
}

static bool read_spans(struct arena *arena, const struct block *block, struct zone *zone)
{
	const unsigned char *kinds = block->at + (size_t)block->counts.times * (size_t)block->width, *types = kinds + block->counts.times;

	for (size_t i = 0; i < (size_t)block->counts.times + 1; i++) {
		size_t type = i ? kinds[i - 1] : 0;
		int64_t from = i ? big_endian(block->at + (i - 1) * (size_t)block->width, block->width) : ZONE_FROM_EVER;

		if (type >= block->counts.types || (i && from == ZONE_FROM_EVER))
			return false;
		int64_t offset = big_endian(types + type * 6, 4);
		if (offset <= -CALENDAR_DAY * 2 || offset >= CALENDAR_DAY * 2
		    || !add_span(arena, zone, from, (int)offset, abbreviation_of(arena, block, types, type)))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the rule at its end: "CET-1CEST,M3.5.0,M10.5.0/3" */

struct change { enum { CHANGE_JULIAN, CHANGE_DAY, CHANGE_WEEKDAY } kind; int month, week, day, seconds; };
struct rule { const char *standard, *summer; int offset, summer_offset; struct change begin, end; };

static bool read_name(struct arena *arena, const char **at, const char **name)
{
	bool quoted = **at == '<';
	const char *from = *at + quoted;
	size_t length = quoted ? strcspn(from, ">") : strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (!length || (quoted && from[length] != '>'))
		return false;
	*name = arena_copy(arena, from, length);
	*at = from + length + quoted;
	return true;
}

static bool read_number(const char **at, int most, int *number)
{
	int value = 0, digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < 4; digits++)
		value = value * 10 + *(*at)++ - '0';
	*number = value;
	return digits && value <= most;
}

/* "[+-]hh[:mm[:ss]]", up to 167 hours (RFC 9636 section 3.3.1). */
static bool read_clock(const char **at, int *seconds)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes = 0, rest = 0;

	*at += **at == '-' || **at == '+';
	if (!read_number(at, 167, &hours))
		return false;
	if (**at == ':' && (++*at, !read_number(at, 59, &minutes)))
		return false;
	if (**at == ':' && (++*at, !read_number(at, 59, &rest)))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60 + rest);
	return true;
}

static bool read_change(const char **at, struct change *change)
{
	*change = (struct change){ .kind = CHANGE_DAY, .seconds = 7200 };
	if (*(*at)++ != ',')
		return false;
	if (**at == 'M') {
		change->kind = CHANGE_WEEKDAY;
		++*at;
		if (!read_number(at, 12, &change->month) || *(*at)++ != '.' || !read_number(at, 5, &change->week) || *(*at)++ != '.'
		    || !read_number(at, 6, &change->day) || !change->month || !change->week)
			return false;
	} else {
		change->kind = **at == 'J' ? CHANGE_JULIAN : CHANGE_DAY;
		*at += **at == 'J';
		if (!read_number(at, 365, &change->day))
			return false;
	}
	return **at != '/' || (++*at, read_clock(at, &change->seconds));
}

/* rule->summer NULL: there is none. */
static bool read_rule(struct arena *arena, const char *text, struct rule *rule)
{
	*rule = (struct rule){ 0 };
	if (!read_name(arena, &text, &rule->standard) || !read_clock(&text, &rule->offset))
		return false;
	rule->offset = -rule->offset;            /* POSIX counts west */
	if (!*text)
		return true;
	if (!read_name(arena, &text, &rule->summer))
		return false;
	rule->summer_offset = rule->offset + 3600;
	if (*text && *text != ',') {
		if (!read_clock(&text, &rule->summer_offset))
			return false;
		rule->summer_offset = -rule->summer_offset;
	}
	return read_change(&text, &rule->begin) && read_change(&text, &rule->end) && !*text;
}

/* Local seconds of a change in a year. */
static int64_t change_in(const struct change *change, int64_t year)
{
	int64_t day = calendar_day_of(year, 1, 1);

	if (change->kind == CHANGE_JULIAN) {     /* 1 to 365, 29 February is never counted */
		day += change->day - 1 + (change->day >= 60 && calendar_month_length(year, 2) == 29);
	} else if (change->kind == CHANGE_DAY) {
		day += change->day;
	} else {
		int64_t first = calendar_day_of(year, change->month, 1);
		int wanted = (change->day + 6) % 7, ahead = (wanted - calendar_weekday(first) + 7) % 7;

		day = first + ahead + 7 * (change->week - 1);
		if (day >= first + calendar_month_length(year, change->month))
			day -= 7;
	}
	return day * CALENDAR_DAY + change->seconds;
}

static void follow_rule(struct arena *arena, const struct rule *rule, struct zone *zone)
{
	int64_t last = zone->spans.at[zone->spans.count - 1].from, year = 1970;
	int month, day;

	if (!rule->summer) {
		if (last != ZONE_FROM_EVER || zone->spans.count > 1)
			return;                  /* the last span goes on */
		zone->spans.at[0] = (struct zone_span){ ZONE_FROM_EVER, rule->offset, rule->standard };
		return;
	}
	if (last != ZONE_FROM_EVER)
		calendar_date_of(last / CALENDAR_DAY, &year, &month, &day);
	for (; year <= ZONE_LAST_YEAR; year++) {
		int64_t begin = change_in(&rule->begin, year) - rule->offset, end = change_in(&rule->end, year) - rule->summer_offset;
		bool north = begin < end;

		/* What is not later than what the file says is passed over. */
		add_span(arena, zone, north ? begin : end, north ? rule->summer_offset : rule->offset, north ? rule->summer : rule->standard);
		add_span(arena, zone, north ? end : begin, north ? rule->offset : rule->summer_offset, north ? rule->standard : rule->summer);
	}
}

static enum status read_footer(struct arena *arena, const unsigned char *at, const unsigned char *end, struct zone *zone, struct error *error)
{
	const unsigned char *stop = at < end && *at == '\n' ? memchr(at + 1, '\n', (size_t)(end - at - 1)) : NULL;
	struct rule rule;

	if (!stop)
		return error_set(error, STATUS_BAD_INPUT, "zone %s: its file ends too early", zone->name);
	if (stop == at + 1)
		return STATUS_OK;                /* says nothing of later times */
	if (!read_rule(arena, arena_copy(arena, at + 1, (size_t)(stop - at - 1)), &rule))
		return error_set(error, STATUS_BAD_INPUT, "zone %s: its file has a rule that is not understood", zone->name);
	follow_rule(arena, &rule, zone);
	return STATUS_OK;
}

enum status calendar_zone_read(struct arena *arena, const char *name, const void *bytes, size_t length, struct zone *zone, struct error *error)
{
	const unsigned char *at = bytes, *end = at + length;
	struct block block;

	*zone = (struct zone){ .name = arena_string(arena, name) };
	if (!read_header(at, end, 4, &block))
		return error_set(error, STATUS_BAD_INPUT, "zone %s: its file is no zone file (TZif, RFC 9636)", name);
	bool old = at[4] < '2';
	if (!old && !read_header(block.at + block_bytes(&block.counts, 4), end, 8, &block))
		return error_set(error, STATUS_BAD_INPUT, "zone %s: its file ends too early", name);
	if (!read_spans(arena, &block, zone))
		return error_set(error, STATUS_BAD_INPUT, "zone %s: its file is broken: times that go back, or a kind of time that is not there", name);
	return old ? STATUS_OK : read_footer(arena, block.at + block_bytes(&block.counts, 8), end, zone, error);
}

void calendar_zone_utc(struct arena *arena, struct zone *zone)
{
	*zone = (struct zone){ .name = "UTC" };
	add_span(arena, zone, ZONE_FROM_EVER, 0, "UTC");
}

const struct zone_span *calendar_zone_span_at(const struct zone *zone, int64_t instant)
{
	size_t low = 0, high = zone->spans.count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (zone->spans.at[middle].from <= instant)
			low = middle;
		else
			high = middle;
	}
	return &zone->spans.at[low];
}

bool calendar_zone_name_usable(const char *name)
{
	size_t length = strlen(name);

	return length && length < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") == length
	    && *name != '/' && name[length - 1] != '/' && !strstr(name, "//");
}
