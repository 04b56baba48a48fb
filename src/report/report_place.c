/*
 * report_place.c - counts where tickets were: the backlog, what changed it, and the ratings of what was solved.
 *
 * At each event the ticket is what it was then. It is in the backlog of the rows whose keys it has; what changes that is counted with its cause, so that no
 * change of a backlog is without one.
 */
#include "report_counting.h"

/* in: of the backlog that the report is about. */
struct place { bool open, in; struct report_shape *shape; };
struct telling {
	struct place place;
	bool was_open, merged, started, ended, begun;
	int stars;                               /* the newest rating before the end; 0: none */
	int64_t rated_at, solved_at;             /* within the span, the last time; 0: not */
	struct report_shape *rated, *solved;     /* the ticket then */
};

static bool has(struct rows rows, const struct report_row *row)
{
	for (size_t i = 0; i < rows.count; i++)
		if (rows.at[i] == row)
			return true;
	return false;
}

static void move(struct counting *c, struct rows from, struct rows to, enum report_count count)
{
	if (!(c->report->counted & REPORT_BIT(count)))
		return;
	for (size_t i = 0; i < from.count; i++)
		if (!has(to, from.at[i]))
			report_row_bump(c->report, from.at[i], count), report_list(c, count);
}

static void follow(struct counting *c, struct telling *t, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct place old = t->place, new = { .open = event->flags & EVENT_OPEN, .shape = shape };

	t->merged = event->flags & EVENT_MERGED;
	new.in = new.open && report_is_wanted(c->report, shape, c->whose);
	t->place = new;
	if (!report_within(c, event->at))
		;
	else if (!old.in && new.in)
		report_bump(c, event->at, old.open ? COUNT_MOVED_IN : t->was_open ? COUNT_REOPENED : COUNT_NEW, report_rows_of(c, new.shape));
	else if (old.in && !new.in)
		report_bump(c, event->at, new.open ? COUNT_MOVED_OUT : t->merged ? COUNT_MERGED : COUNT_RESOLVED, report_rows_of(c, old.shape));
	else if (old.in) {
		move(c, report_rows_of(c, new.shape), report_rows_of(c, old.shape), COUNT_MOVED_IN);
		move(c, report_rows_of(c, old.shape), report_rows_of(c, new.shape), COUNT_MOVED_OUT);
	}
	if (old.open && !new.open && !t->merged && report_within(c, event->at)) {
		t->solved_at = event->at;
		t->solved = shape;
	}
	t->was_open |= new.open;
}

/* The backlog as it was at the ends, before anything that happened then. */
static void look_at_ends(struct counting *c, struct telling *t, int64_t at)
{
	const struct report_ask *ask = &c->report->ask;

	if (!t->started && at >= ask->from) {
		t->started = true;
		if (t->place.in)
			report_bump(c, ask->from, COUNT_START, report_rows_of(c, t->place.shape));
	}
	if (!t->ended && at >= ask->to) {
		t->ended = true;
		if (t->place.in)
			report_bump(c, ask->to, COUNT_END, report_rows_of(c, t->place.shape));
	}
}

/* ---- ratings ---- */

static void rate(struct counting *c, struct telling *t, const struct report_read *event)
{
	t->stars = (int)event->used;
	if (!report_within(c, event->at))
		return;
	t->rated_at = event->at;
	t->rated = c->shapes[event->shape];
}

static bool could_rate(const struct telling *t)
{
	return t->solved_at && !t->merged && t->solved->rated;
}

static void count_satisfaction(struct counting *c, const struct telling *t)
{
	if (!c->report->rows_too && !(c->report->counted & REPORT_BIT(COUNT_RATED)))
		return;
	if (t->rated_at && report_is_wanted(c->report, t->rated, c->whose)) {
		report_bump(c, t->rated_at, COUNT_RATED, report_rows_of(c, t->rated));
		report_add_value(c, t->rated_at, VALUE_STARS, t->stars, report_rows_of(c, t->rated));
	}
	if (!could_rate(t))
		return;
	report_count_at(c, t->solved_at, t->solved, COUNT_COULD_RATE);
	if (t->stars)
		report_count_at(c, t->solved_at, t->solved, COUNT_RESPONDED);
}

/* ---- a ticket ---- */

void report_count_places(struct counting *c, struct bytes *bytes)
{
	struct telling t = { .begun = false };
	struct report_read event;
	int64_t before = 0;

	while (report_next(c, bytes, FAMILY_PLACES, &before, &event)) {
		look_at_ends(c, &t, event.at);
		t.begun = true;
		if (event.at >= c->report->ask.to)
			break;
		if (event.kind == EVENT_PLACE)
			follow(c, &t, &event);
		else if (event.kind == EVENT_RATED)
			rate(c, &t, &event);
	}
	look_at_ends(c, &t, INT64_MAX);
	count_satisfaction(c, &t);
}
