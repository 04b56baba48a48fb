/*
 * calendar.h - zones, working hours, holidays and business time.
 *
 * Allowed to include: base. Pure: touches no clock, no file and none of libc's zone functions (those share one zone for the whole
 * process). Bytes come in, values come out; they live in the caller's arena.
 *
 * Instants are seconds since 1970-01-01 UTC, without leap seconds. "Local seconds" are what a clock on the wall of the zone
 * shows, counted as if it were UTC. Zones: RFC 9636 (TZif). Holidays: RFC 5545 (iCalendar).
 */
#ifndef SPORTELLO_CALENDAR_H
#define SPORTELLO_CALENDAR_H

#include "base.h"

/* ---- zones ---- */

#define ZONE_FROM_EVER INT64_MIN
struct zone_span {                       /* from this instant to that of the next one, local = UTC + offset */
	int64_t from;                    /* the first span is from ZONE_FROM_EVER */
	int offset;                      /* seconds east of UTC */
	const char *abbreviation;        /* "CEST", "+03" */
};
struct zone {
	const char *name;                /* "Europe/Rome" */
	struct { struct zone_span *at; size_t count; } spans;    /* at least one; known to the end of ZONE_LAST_YEAR */
};
#define ZONE_LAST_YEAR 2100              /* later instants keep the last offset */

/* Reads the bytes of a TZif file, any version. STATUS_BAD_INPUT: it is none, or is broken. Copies what it keeps. */
enum status calendar_zone_read(struct arena *arena, const char *name, const void *bytes, size_t length, struct zone *zone, struct error *error);
/* The zone that is UTC all the time. */
void calendar_zone_utc(struct arena *arena, struct zone *zone);
const struct zone_span *calendar_zone_span_at(const struct zone *zone, int64_t instant);
/* "Europe/Rome": letters, digits, _ + - in parts that / separates; no way out of a folder. */
bool calendar_zone_name_usable(const char *name);

/* ---- dates of the Gregorian calendar ---- */

int64_t calendar_day_of(int64_t year, int month, int day);       /* days since 1970-01-01; month and day from 1 */
void calendar_date_of(int64_t day, int64_t *year, int *month, int *day_of_month);
int calendar_weekday(int64_t day);                               /* 0: Monday ... 6: Sunday */
int calendar_month_length(int64_t year, int month);

/* ---- a calendar: when it is open ---- */

#define CALENDAR_DAY 86400
struct calendar_piece { int64_t from, to; };     /* seconds; `to` is the first that does not belong to it */
struct calendar_pieces { struct calendar_piece *at; size_t count; };
struct calendar {
	const char *name;
	const struct zone *zone;
	struct calendar_pieces week[7];  /* of Monday ... Sunday: seconds of the wall clock, 0 to CALENDAR_DAY; sorted, none touches another */
	struct calendar_pieces closed;   /* holidays, local seconds; sorted, none overlaps */
};

/* "09:00-13:00": "24:00" is the end of the day. False: it is none, or ends before it begins. */
bool calendar_hours_read(const char *text, struct calendar_piece *piece);
/* Adds a piece and keeps the list sorted, what overlaps or touches joined. */
void calendar_pieces_add(struct arena *arena, struct calendar_pieces *list, int64_t from, int64_t to);
bool calendar_ever_open(const struct calendar *calendar);        /* has any hours in its week */

/* Seconds that are open from `from` to before `to`; 0 where `to` is not later. A wall-clock hour that is skipped counts 0, one that comes
 * twice counts twice. Costs time in proportion to the days between. */
int64_t calendar_between(const struct calendar *calendar, int64_t from, int64_t to);
/* The earliest instant at which so many open seconds have gone by since `from`. STATUS_NOT_FOUND: not within CALENDAR_YEARS years. */
#define CALENDAR_YEARS 20
enum status calendar_add(const struct calendar *calendar, int64_t from, int64_t seconds, int64_t *instant, struct error *error);
/* The end of the n-th business day after `from`, by local dates; n from 1. A business day has a second that is open. */
enum status calendar_add_days(const struct calendar *calendar, int64_t from, int days, int64_t *instant, struct error *error);

/* ---- lengths of time, as promises are written ---- */

struct calendar_length { int64_t seconds; int days; };           /* open seconds, or business days; the other is 0 */
/* "30m", "4h", "1h30m", "2bd". False: it is none of these, or 0. */
bool calendar_length_read(const char *text, struct calendar_length *length);
enum status calendar_add_length(const struct calendar *calendar, int64_t from, const struct calendar_length *length, int64_t *instant,
                                struct error *error);

/* ---- holidays ---- */

/* Adds the events of an iCalendar text to calendar->closed: whole days, and timed events for their time. Understands DTSTART, DTEND, DURATION,
 * RRULE (YEARLY with BYMONTH, BYMONTHDAY, BYDAY; WEEKLY with BYDAY; DAILY; INTERVAL, COUNT, UNTIL, WKST), RDATE, EXDATE, RECURRENCE-ID and
 * STATUS:CANCELLED. Repetitions are followed to the end of ZONE_LAST_YEAR. STATUS_BAD_INPUT: *error names the line; what came before it stays.
 * calendar->zone must be there. */
enum status calendar_holidays_read(struct arena *arena, struct calendar *calendar, const char *text, size_t length, struct error *error);

#endif
