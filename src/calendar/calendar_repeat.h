/* calendar_repeat.h - repetitions of an event: RRULE of RFC 5545 section 3.3.10, the part that holidays use. */
#ifndef SPORTELLO_CALENDAR_REPEAT_H
#define SPORTELLO_CALENDAR_REPEAT_H

#include "calendar.h"

struct repeat_time { int64_t seconds; bool date_only; };         /* local seconds */
struct repeat_times { struct repeat_time *at; size_t count; };

#define REPEAT_LIST 64
struct repeat_day { int ordinal, weekday; };     /* ordinal 0: each; -1: the last. weekday 0: Monday */
struct repeat {
	enum { REPEAT_DAILY, REPEAT_WEEKLY, REPEAT_MONTHLY, REPEAT_YEARLY } every;
	int interval, count, week_start;         /* count 0: without end */
	int64_t start, until;                    /* local seconds; until INT64_MAX: none */
	struct repeat_day days[REPEAT_LIST]; size_t day_count;
	int months[REPEAT_LIST]; size_t month_count;
	int month_days[REPEAT_LIST]; size_t month_day_count;
};

/* False and *problem: what is not understood. */
bool calendar_repeat_read(const char *text, const struct repeat_time *start, const struct zone *zone, struct repeat *repeat, const char **problem);
/* Calls `see` with the local seconds of each repetition, the first included, in order, to the end of ZONE_LAST_YEAR. */
void calendar_repeat_follow(const struct repeat *repeat, void (*see)(void *context, int64_t seconds), void *context);

#endif
