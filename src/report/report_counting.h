/*
 * report_counting.h - what all that counts shares: the page and the ticket that is counted, the rows in which its events count, and counting in them.
 */
#ifndef SPORTELLO_REPORT_COUNTING_H
#define SPORTELLO_REPORT_COUNTING_H

#include "report_private.h"

struct name { const char *at; size_t length; struct report_row *row; };
struct rows { struct report_row *const *at; size_t count; };
struct counting {
	struct report *report;
	const struct report_page *page;
	struct report_shape **shapes;
	struct name *names;
	/* of the ticket that is counted */
	int64_t number;
	const struct report_whose *whose;        /* NULL: nobody asked */
	struct report_row *customer;
	bool torn;
	/* of the span of time in which the last event was */
	int64_t time;
	struct report_row *time_row;
};

/* ---- report_counting.c: which rows ---- */
struct report_row *report_row_named(struct counting *c, size_t name);    /* of a name of the page */
struct report_row *report_counting_row_at(struct counting *c, int64_t at);       /* of the span of time */
/* Those of the ticket as it was; they are looked for when something is counted in them, so that none is there in which nothing is. */
struct rows report_rows_of(struct counting *c, struct report_shape *shape);
/* By agent it counts for whose doing it was, where that is an agent's. room: for one row. */
struct rows report_rows_by(struct counting *c, struct report_shape *shape, size_t who, struct report_row **room);
void report_add_value(struct counting *c, int64_t at, enum report_value value, int64_t number, struct rows rows);

/* ---- report_place.c ---- */
void report_count_places(struct counting *c, struct bytes *bytes);

/* ---- counting: some million times ---- */

static inline void report_list(struct counting *c, enum report_count count)
{
	struct report *report = c->report;

	if (report->ask.list && report->ask.list->lists == count)
		*ARENA_PUSH(report->arena, &report->listed) = c->number;
}

static inline bool report_within(const struct counting *c, int64_t at)
{
	return at >= c->report->ask.from && at < c->report->ask.to;
}

/* In all these rows, in that of its time, and in the total. What no figure shows only makes the rows that are given. */
static inline void report_bump(struct counting *c, int64_t at, enum report_count count, struct rows rows)
{
	struct report *report = c->report;

	if (!(report->counted & REPORT_BIT(count)))
		return;
	report_row_bump(report, report->total, count);
	report_list(c, count);
	for (size_t i = 0; i < rows.count; i++)
		report_row_bump(report, rows.at[i], count);
	if (report_by_is_time(report->ask.by) && count != COUNT_START && count != COUNT_END)
		report_row_bump(report, report_counting_row_at(c, at), count);
}

/* Something that happened, to a ticket as it was. */
static inline void report_count_at(struct counting *c, int64_t at, struct report_shape *shape, enum report_count what)
{
	if (report_within(c, at) && report_is_wanted(c->report, shape, c->whose))
		report_bump(c, at, what, report_rows_of(c, shape));
}

/* The next event of the ticket. False: there is none, or it is torn. */
static inline bool report_next(struct counting *c, struct bytes *bytes, enum report_family family, int64_t *before, struct report_read *event)
{
	if (!report_event_read(bytes, family, before, event))
		return false;
	c->torn |= event->shape >= c->page->shapes.count || (event->name && event->name >= c->page->names.count) || (event->kind > EVENT_WRITTEN && !c->page->names.count);
	return !c->torn;
}

#endif
