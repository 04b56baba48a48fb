/*
 * calendar_holidays.c - the events of an iCalendar text (RFC 5545) as closed time of a calendar.
 *
 * Lines are unfolded, each VEVENT is gathered and, at its END, written out: its own time, its repetitions (calendar_repeat.c), RDATE,
 * without EXDATE and without what an event with RECURRENCE-ID says anew. Times with Z are instants; all others are wall-clock
 * times of the calendar's zone, whatever TZID says: a holiday file is of the place that it is used for.
 * Own code and not libical: that pulls ICU, glib and libdb, and a closed day needs a tenth of it. TRANSP does not matter:
 * published holidays are "transparent".
 * May not read files. Diagnostics: "line N: ... is no date", "... is not understood".
 */
#include "calendar_private.h"
#include "calendar_repeat.h"

#include <string.h>

#define EVENTS_MOST 20000
#define LINE_MOST 8192                   /* bytes of an unfolded line that are looked at; SUMMARY may be longer */
#define DATES_MOST 2000                  /* of one event's RDATE and EXDATE */

struct event {
	struct repeat_time start, end;
	bool has_start, has_end, cancelled;
	int64_t length;                          /* of DURATION; -1: none */
	struct repeat_times more, except;        /* RDATE, EXDATE */
	const char *rule, *uid, *instead_of;     /* "" where there is none; instead_of: RECURRENCE-ID as written */
	struct repeat_time instead;
	int line;
};

struct reader {
	struct arena *arena;
	struct calendar *calendar;
	struct { struct event *at; size_t count; } events;
	struct event event;
	bool inside, deeper;                     /* in a VEVENT; in a VALARM within it */
	int line;
	struct error *error;
};

/* ---------------------------------------------------------------- values */

static bool digits_at(const char *text, int count, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + text[i] - '0';
	}
	return true;
}

/* "20261225", "20261225T140000", "20261225T140000Z". *used: bytes. */
static bool read_time(const struct zone *zone, const char *text, struct repeat_time *time, size_t *used)
{
	int year, month, day, hour = 0, minute = 0, second = 0;

	if (!digits_at(text, 4, &year) || !digits_at(text + 4, 2, &month) || !digits_at(text + 6, 2, &day) || month < 1 || month > 12 || day < 1
	    || day > calendar_month_length(year, month))
		return false;
	*used = 8;
	time->date_only = text[8] != 'T';
	if (!time->date_only) {
		if (!digits_at(text + 9, 2, &hour) || !digits_at(text + 11, 2, &minute) || !digits_at(text + 13, 2, &second) || hour > 23 || minute > 59 || second > 60)
			return false;
		*used = 15;
	}
	time->seconds = calendar_day_of(year, month, day) * CALENDAR_DAY + hour * 3600 + minute * 60 + second;
	if (!time->date_only && text[15] == 'Z') {
		*used = 16;
		time->seconds += calendar_zone_span_at(zone, time->seconds)->offset;
	}
	return true;
}

/* "P1D", "PT4H30M", "P2W". */
static bool read_duration(const char *text, int64_t *seconds)
{
	static const struct { char letter; int64_t seconds; bool of_time; } units[] = {
		{ 'W', 7 * CALENDAR_DAY, false }, { 'D', CALENDAR_DAY, false }, { 'H', 3600, true }, { 'M', 60, true }, { 'S', 1, true } };
	bool time = false;

	*seconds = 0;
	text += *text == '+';
	if (*text++ != 'P' || !*text)
		return false;
	while (*text) {
		int64_t number = 0;
		const char *from;
		bool known = false;

		if (*text == 'T' && !time) {
			time = true;
			text++;
		}
		for (from = text; *text >= '0' && *text <= '9' && text - from < 9; text++)
			number = number * 10 + *text - '0';
		for (size_t i = 0; i < COUNT_OF(units) && text > from && !known; i++)
			if (*text == units[i].letter && time == units[i].of_time) {
				*seconds += number * units[i].seconds;
				known = true;
			}
		if (!known)
			return false;
		text++;
	}
	return true;
}

static enum status wrong(struct reader *reader, const char *name, const char *value, const char *what)
{
	return error_set(reader->error, STATUS_BAD_INPUT, "line %d: %s \"%.60s\" %s", reader->line, name, value, what);
}

static enum status read_times(struct reader *reader, const char *name, const char *value, struct repeat_times *list)
{
	for (const char *at = value;;) {
		struct repeat_time time;
		size_t used;

		if (!read_time(reader->calendar->zone, at, &time, &used))
			return wrong(reader, name, value, "is no date");
		if (list->count >= DATES_MOST)
			return wrong(reader, name, value, "has too many dates");
		*ARENA_PUSH(reader->arena, list) = time;
		at += used;
		if (*at == '/')                  /* a PERIOD: its length is the event's */
			at += strcspn(at, ",");
		if (*at != ',')
			return *at ? wrong(reader, name, value, "is no date") : STATUS_OK;
		at++;
	}
}

/* ---------------------------------------------------------------- one line */

static enum status one_time(struct reader *reader, const char *name, const char *value, struct repeat_time *time, bool *has)
{
	size_t used;

	if (!read_time(reader->calendar->zone, value, time, &used) || value[used])
		return wrong(reader, name, value, "is no date");
	*has = true;
	return STATUS_OK;
}

static enum status take_property(struct reader *reader, const char *name, const char *value)
{
	struct event *event = &reader->event;
	bool has;

	if (!strcmp(name, "DTSTART"))
		return one_time(reader, name, value, &event->start, &event->has_start);
	if (!strcmp(name, "DTEND"))
		return one_time(reader, name, value, &event->end, &event->has_end);
	if (!strcmp(name, "DURATION"))
		return read_duration(value, &event->length) ? STATUS_OK : wrong(reader, name, value, "is no length of time");
	if (!strcmp(name, "RDATE"))
		return read_times(reader, name, value, &event->more);
	if (!strcmp(name, "EXDATE"))
		return read_times(reader, name, value, &event->except);
	if (!strcmp(name, "RRULE"))
		event->rule = arena_string(reader->arena, value);
	else if (!strcmp(name, "UID"))
		event->uid = arena_string(reader->arena, value);
	else if (!strcmp(name, "STATUS"))
		event->cancelled = text_equal_nocase(value, "CANCELLED");
	else if (!strcmp(name, "RECURRENCE-ID")) {
		event->instead_of = arena_string(reader->arena, value);
		return one_time(reader, name, value, &event->instead, &has);
	}
	return STATUS_OK;
}

static enum status end_event(struct reader *reader)
{
	struct event *event = &reader->event;

	reader->inside = false;
	if (!event->has_start)
		return error_set(reader->error, STATUS_BAD_INPUT, "line %d: an event without DTSTART", event->line);
	if (reader->events.count >= EVENTS_MOST)
		return error_set(reader->error, STATUS_BAD_INPUT, "line %d: more than %d events", event->line, EVENTS_MOST);
	*ARENA_PUSH(reader->arena, &reader->events) = *event;
	return STATUS_OK;
}

/* NAME;PARAMETER=...:VALUE. Parameters say nothing that the value does not show, but a quoted one may hold a colon. */
static enum status take_line(struct reader *reader, char *line)
{
	size_t length = strcspn(line, ";:");
	bool quoted = false;
	char *value = line + length;

	while (*value && (quoted || *value != ':'))
		quoted ^= *value++ == '"';
	if (!*value)
		return STATUS_OK;                /* no property at all: passed over */
	line[length] = value == line + length ? ':' : line[length];
	char *name = text_trim(arena_copy(reader->arena, line, length));
	for (char *at = name; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
	value = text_trim(value + 1);
	if (!strcmp(name, "BEGIN") && text_equal_nocase(value, "VEVENT") && !reader->inside) {
		reader->inside = true;
		reader->deeper = false;
		reader->event = (struct event){ .length = -1, .rule = "", .uid = "", .instead_of = "", .line = reader->line };
	} else if (reader->inside && !strcmp(name, "END") && text_equal_nocase(value, "VEVENT"))
		return end_event(reader);
	else if (!strcmp(name, "BEGIN") || !strcmp(name, "END"))
		reader->deeper = reader->inside && *name == 'B';
	else if (reader->inside && !reader->deeper)
		return take_property(reader, name, value);
	return STATUS_OK;
}

static enum status read_lines(struct reader *reader, const char *text, size_t length)
{
	CLEANUP_BUFFER struct buffer line;
	enum status status = STATUS_OK;

	buffer_init(&line);
	for (size_t at = 0; at < length && status == STATUS_OK;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t stop = end ? (size_t)(end - text) : length, bytes = stop - at;

		reader->line++;
		if (bytes && text[at + bytes - 1] == '\r')
			bytes--;
		if (line.length + bytes <= LINE_MOST)
			buffer_add(&line, text + at, bytes);
		at = stop + 1;
		if (at < length && (text[at] == ' ' || text[at] == '\t')) {
			at++;                    /* folded: it goes on */
			continue;
		}
		CLEANUP_FREE char *whole = buffer_steal(&line);
		status = take_line(reader, whole);
	}
	return status;
}

/* ---------------------------------------------------------------- events into closed time */

static int64_t length_of(const struct event *event)
{
	if (event->has_end)
		return event->end.seconds - event->start.seconds;
	return event->length >= 0 ? event->length : event->start.date_only ? CALENDAR_DAY : 0;
}

static bool is_excepted(const struct repeat_times *except, int64_t seconds)
{
	for (size_t i = 0; i < except->count; i++)
		if (except->at[i].date_only ? calendar_floor_day(seconds) * CALENDAR_DAY == except->at[i].seconds : seconds == except->at[i].seconds)
			return true;
	return false;
}

struct closing { struct reader *reader; const struct event *event; int64_t length; };

static void close_at(void *context, int64_t seconds)
{
	struct closing *closing = context;

	if (closing->length > 0 && !is_excepted(&closing->event->except, seconds))
		calendar_pieces_add(closing->reader->arena, &closing->reader->calendar->closed, seconds, seconds + closing->length);
}

/* What another event says anew is an exception of the one that repeats. */
static void except_the_moved(struct reader *reader)
{
	for (size_t i = 0; i < reader->events.count; i++)
		for (size_t k = 0; *reader->events.at[i].instead_of && k < reader->events.count; k++) {
			struct event *event = &reader->events.at[k];

			if (!*event->instead_of && *event->uid && !strcmp(event->uid, reader->events.at[i].uid) && event->except.count < DATES_MOST)
				*ARENA_PUSH(reader->arena, &event->except) = reader->events.at[i].instead;
		}
}

static enum status close_event(struct reader *reader, const struct event *event)
{
	struct closing closing = { reader, event, length_of(event) };
	struct repeat rule;
	const char *problem;

	if (event->cancelled)
		return STATUS_OK;
	if (!*event->rule)
		close_at(&closing, event->start.seconds);
	else if (!calendar_repeat_read(event->rule, &event->start, reader->calendar->zone, &rule, &problem))
		return error_set(reader->error, STATUS_BAD_INPUT, "line %d: RRULE \"%.60s\": %s", event->line, event->rule, problem);
	else
		calendar_repeat_follow(&rule, close_at, &closing);
	for (size_t i = 0; i < event->more.count; i++)
		close_at(&closing, event->more.at[i].seconds);
	return STATUS_OK;
}

enum status calendar_holidays_read(struct arena *arena, struct calendar *calendar, const char *text, size_t length, struct error *error)
{
	struct reader reader = { .arena = arena, .calendar = calendar, .error = error };
	enum status status;

	if (length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
		text += 3;
		length -= 3;
	}
	if ((status = read_lines(&reader, text, length)) != STATUS_OK)
		return status;
	if (!reader.line || reader.inside)
		return error_set(error, STATUS_BAD_INPUT, "line %d: the file ends within an event, or is empty", reader.line);
	except_the_moved(&reader);
	for (size_t i = 0; i < reader.events.count; i++)
		if ((status = close_event(&reader, &reader.events.at[i])) != STATUS_OK)
			return status;
	return STATUS_OK;
}
