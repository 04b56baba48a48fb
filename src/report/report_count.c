/*
 * report_count.c - counts the events of tickets that happened in the span of the report.
 *
 * At each event the ticket is what it was then. It is in the backlog of the rows whose keys it has; what changes that is counted with its cause, so that no
 * change of a backlog is without one.
 */
#include "report_private.h"

#include <stdlib.h>
#include <string.h>

struct name { const char *at; size_t length; struct report_row *row; };
struct rows { struct report_row *const *at; size_t count; };
/* in: of the backlog that the report is about. Its rows are looked for when something is counted in them, so that none is there in which nothing is. */
struct place { bool open, in; struct report_shape *shape; };
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

/* ---- which rows ---- */

static struct report_row *row_named(struct counting *c, size_t name)
{
	if (!c->names[name].row)
		c->names[name].row = report_row_of(c->report, c->names[name].at, c->names[name].length);
	return c->names[name].row;
}

static bool is_plain_lower(const char *text)
{
	for (; *text; text++)
		if ((*text >= 'A' && *text <= 'Z') || (unsigned char)*text >= 0x80)
			return false;
	return true;
}

static struct report_row *row_of_address(struct counting *c)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const char *key = is_plain_lower(c->whose->customer) ? c->whose->customer : text_lower(&scratch, c->whose->customer);

	return report_row_of(c->report, key, strlen(key));
}

static struct report_row *row_of_customer(struct counting *c)
{
	struct report_row **numbered = c->whose->number ? report_row_numbered(c->report, c->whose->number) : NULL;

	if (!numbered)
		return row_of_address(c);
	if (!*numbered)
		*numbered = row_of_address(c);
	return *numbered;
}

/* Of one event much is counted. */
static struct report_row *row_at(struct counting *c, int64_t at)
{
	if (!c->time_row || c->time != at) {
		c->time_row = report_row_at(c->report, at);
		c->time = at;
	}
	return c->time_row;
}

static struct rows rows_of(struct counting *c, struct report_shape *shape)
{
	if (c->report->ask.by == BY_CUSTOMER) {
		if (!c->customer)
			c->customer = row_of_customer(c);
		return (struct rows){ &c->customer, 1 };
	}
	report_shape_rows(c->report, shape);
	return (struct rows){ shape->rows.at, shape->rows.count };
}

/* By agent it counts for whose doing it was, where that is an agent's. */
static struct rows rows_by(struct counting *c, struct report_shape *shape, size_t who, struct report_row **room)
{
	if (c->report->ask.by != BY_AGENT || !c->names[who].length)
		return rows_of(c, shape);
	*room = row_named(c, who);
	return (struct rows){ room, 1 };
}

/* ---- counting ---- */

static void list(struct counting *c, enum report_count count)
{
	struct report *report = c->report;

	if (report->ask.list && report->ask.list->lists == count)
		*ARENA_PUSH(report->arena, &report->listed) = c->number;
}

static bool within(const struct counting *c, int64_t at)
{
	return at >= c->report->ask.from && at < c->report->ask.to;
}

/* In all these rows, in that of its time, and in the total. What no figure shows only makes the rows that are given. */
static void bump(struct counting *c, int64_t at, enum report_count count, struct rows rows)
{
	struct report *report = c->report;

	if (!(report->counted & REPORT_BIT(count)))
		return;
	report_row_bump(report, report->total, count);
	list(c, count);
	for (size_t i = 0; i < rows.count; i++)
		report_row_bump(report, rows.at[i], count);
	if (report_by_is_time(report->ask.by) && count != COUNT_START && count != COUNT_END)
		report_row_bump(report, row_at(c, at), count);
}

static void add_value(struct counting *c, int64_t at, enum report_value value, int64_t number, struct rows rows)
{
	struct report *report = c->report;

	uint32_t total = MEASURED_TOTAL;         /* once */

	if (!(report->measures & REPORT_BIT(value)))
		return;
	for (size_t i = 0; i < rows.count; i++, total = 0)
		report_measure(report, rows.at[i]->number | total, value, number);
	if (report_by_is_time(report->ask.by)) {
		report_measure(report, row_at(c, at)->number | total, value, number);
		total = 0;
	}
	if (total)
		report_measure(report, total, value, number);
}

/* Something that happened, to a ticket as it was. */
static void count(struct counting *c, int64_t at, struct report_shape *shape, enum report_count what)
{
	if (within(c, at) && report_is_wanted(c->report, shape, c->whose))
		bump(c, at, what, rows_of(c, shape));
}

/* ---- the backlog ---- */

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
			report_row_bump(c->report, from.at[i], count), list(c, count);
}

static void follow(struct counting *c, struct telling *t, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct place old = t->place, new = { .open = event->flags & EVENT_OPEN, .shape = shape };

	t->merged = event->flags & EVENT_MERGED;
	new.in = new.open && report_is_wanted(c->report, shape, c->whose);
	t->place = new;
	if (!within(c, event->at))
		;
	else if (!old.in && new.in)
		bump(c, event->at, old.open ? COUNT_MOVED_IN : t->was_open ? COUNT_REOPENED : COUNT_NEW, rows_of(c, new.shape));
	else if (old.in && !new.in)
		bump(c, event->at, new.open ? COUNT_MOVED_OUT : t->merged ? COUNT_MERGED : COUNT_RESOLVED, rows_of(c, old.shape));
	else if (old.in) {
		move(c, rows_of(c, new.shape), rows_of(c, old.shape), COUNT_MOVED_IN);
		move(c, rows_of(c, old.shape), rows_of(c, new.shape), COUNT_MOVED_OUT);
	}
	if (old.open && !new.open && !t->merged && within(c, event->at)) {
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
			bump(c, ask->from, COUNT_START, rows_of(c, t->place.shape));
	}
	if (!t->ended && at >= ask->to) {
		t->ended = true;
		if (t->place.in)
			bump(c, ask->to, COUNT_END, rows_of(c, t->place.shape));
	}
}

/* ---- articles: what was asked of them when the ticket came ---- */

static void count_asked(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];

	count(c, event->at, shape, COUNT_ASKED);
	if (!(event->flags & EVENT_SHOWN))
		return;
	count(c, event->at, shape, COUNT_SUGGESTED);
	if (event->at + event->used >= c->report->ask.to)
		return;                          /* what was said to it belongs to a later report */
	if (event->flags & EVENT_HELPED)
		count(c, event->at, shape, COUNT_DEFLECTED);
	if (event->flags & EVENT_REFUSED)
		count(c, event->at, shape, COUNT_REFUSED);
}

/* ---- ratings ---- */

static void rate(struct counting *c, struct telling *t, const struct report_read *event)
{
	t->stars = (int)event->used;
	if (!within(c, event->at))
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
		bump(c, t->rated_at, COUNT_RATED, rows_of(c, t->rated));
		add_value(c, t->rated_at, VALUE_STARS, t->stars, rows_of(c, t->rated));
	}
	if (!could_rate(t))
		return;
	count(c, t->solved_at, t->solved, COUNT_COULD_RATE);
	if (t->stars)
		count(c, t->solved_at, t->solved, COUNT_RESPONDED);
}

/* ---- clocks ---- */

static void count_answer(struct counting *c, const struct report_read *event)
{
	static const struct { enum report_count n, promised, in_time; enum report_value used, elapsed; } of[REPORT_EVENT_KINDS] = {
		[EVENT_FIRST] = { COUNT_FIRST, COUNT_FIRST_PROMISED, COUNT_FIRST_IN_TIME, VALUE_FIRST, VALUE_FIRST_ELAPSED },
		[EVENT_NEXT] = { COUNT_NEXT, COUNT_NEXT_PROMISED, COUNT_NEXT_IN_TIME, VALUE_NEXT, VALUE_NEXT_ELAPSED },
		[EVENT_SOLVED] = { COUNT_SOLVED, COUNT_SOLVED_PROMISED, COUNT_SOLVED_IN_TIME, VALUE_SOLVED, VALUE_SOLVED_ELAPSED },
	};
	struct report_shape *shape = c->shapes[event->shape];
	struct report_row *room;

	if (!within(c, event->at) || !report_is_wanted(c->report, shape, c->whose))
		return;
	struct rows rows = rows_by(c, shape, event->name, &room);

	bump(c, event->at, of[event->kind].n, rows);
	if (event->flags & EVENT_PROMISED)
		bump(c, event->at, of[event->kind].promised, rows);
	if ((event->flags & EVENT_PROMISED) && !(event->flags & EVENT_MISSED))
		bump(c, event->at, of[event->kind].in_time, rows);
	add_value(c, event->at, of[event->kind].used, event->used, rows);
	add_value(c, event->at, of[event->kind].elapsed, event->elapsed, rows);
}

static void count_promise(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct report_row *named;

	if (!within(c, event->at) || event->at / 1000 > c->report->ask.now / 1000 || !report_is_wanted(c->report, shape, c->whose))
		return;
	struct rows rows = rows_of(c, shape);

	if (c->report->ask.by == BY_NOTHING) {
		named = row_named(c, event->name);
		rows = (struct rows){ &named, 1 };
	}
	if (event->flags & EVENT_RETARGETED) {
		bump(c, event->at, COUNT_RETARGETED, rows);
		return;
	}
	bump(c, event->at, COUNT_PROMISED, rows);
	bump(c, event->at, event->flags & EVENT_MISSED ? COUNT_MISSED : COUNT_KEPT, rows);
}

static void count_words(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct report_row *room;

	if (!within(c, event->at) || !report_is_wanted(c->report, shape, c->whose))
		return;
	if (event->kind == EVENT_WRITTEN)
		bump(c, event->at, COUNT_WRITTEN, rows_of(c, shape));
	else
		bump(c, event->at, event->kind == EVENT_ANSWERED ? COUNT_ANSWERED : COUNT_NOTED, rows_by(c, shape, event->name, &room));
}

/* ---- a ticket ---- */

static inline bool next(struct counting *c, struct bytes *bytes, enum report_family family, int64_t *before, struct report_read *event)
{
	if (!report_event_read(bytes, family, before, event))
		return false;
	c->torn |= event->shape >= c->page->shapes.count || (event->name && event->name >= c->page->names.count) || (event->kind > EVENT_WRITTEN && !c->page->names.count);
	return !c->torn;
}

static void count_places(struct counting *c, struct bytes *bytes)
{
	struct telling t = { .begun = false };
	struct report_read event;
	int64_t before = 0;

	while (next(c, bytes, FAMILY_PLACES, &before, &event)) {
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

static void count_all_words(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (next(c, bytes, FAMILY_WORDS, &before, &event))
		count_words(c, &event);
}

static void count_promises(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (next(c, bytes, FAMILY_PROMISES, &before, &event))
		count_promise(c, &event);
}

static void count_all_asked(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (next(c, bytes, FAMILY_ASKED, &before, &event))
		count_asked(c, &event);
}

/* Of both families that have times. */
static void count_answers(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (next(c, bytes, FAMILY_ANSWERS, &before, &event))
		if (event.kind == EVENT_FIRST || event.kind == EVENT_NEXT || event.kind == EVENT_SOLVED)
			count_answer(c, &event);
}

static void count_mail(struct counting *c, struct bytes *bytes)
{
	struct report_mail mail;
	struct report_row *row;

	if (!report_mail_read(bytes, &mail) || mail.disposition >= c->page->names.count || mail.queue >= c->page->names.count) {
		c->torn = true;
		return;
	}
	if (!within(c, mail.at))
		return;
	c->number = mail.ticket;
	bool in_row = c->report->ask.by == BY_NOTHING || c->report->ask.by == BY_QUEUE;

	if (in_row)
		row = row_named(c, c->report->ask.by == BY_NOTHING ? mail.disposition : mail.queue);
	bump(c, mail.at, COUNT_MAIL, in_row ? (struct rows){ &row, 1 } : (struct rows){ NULL, 0 });
}

/* ---- a page ---- */

/* Where nothing is asked of them, all are the same. */
static bool find_shapes(struct counting *c)
{
	const struct report_words *words = &c->page->shapes;
	struct report_shape *any = c->report->shape_words ? NULL : report_shape_of(c->report, "", 0);

	for (size_t i = 0; i < words->count; i++)
		if (!(c->shapes[i] = any ? any : report_shape_of(c->report, words->at[i].at, words->at[i].length)))
			return false;
	return true;
}

static bool find_words(struct counting *c, struct arena *arena)
{
	const struct report_page *page = c->page;

	c->shapes = ARENA_ARRAY(arena, struct report_shape *, page->shapes.count + 1);
	c->names = ARENA_ARRAY(arena, struct name, page->names.count + 1);
	if (!find_shapes(c))
		return false;
	for (size_t i = 0; i < page->names.count; i++)
		c->names[i].at = page->names.at[i].at, c->names[i].length = page->names.at[i].length;
	return true;
}

static bool have_rows(const struct counting *c)
{
	bool all = true;

	for (size_t i = 0; i < c->page->shapes.count && all; i++)
		all = c->shapes[i]->rows.count > 0;
	return all;
}

static bool has_row(struct counting *c)
{
	return c->report->only_rows && c->whose && c->whose->number && *report_row_numbered(c->report, c->whose->number);
}

static bool customers_have_rows(struct report *report, const int64_t *numbers, const struct report_whose *whose)
{
	bool all = true;

	for (size_t i = 0; i < REPORT_PAGE_TICKETS && all; i++)
		all = !numbers[i] || (whose[i].number && *report_row_numbered(report, whose[i].number));
	return all;
}

bool report_has_rows(struct report *report, const struct report_page *shapes, const int64_t *numbers, const struct report_whose *whose)
{
	struct counting c = { .report = report, .page = shapes };

	if (report->ask.by == BY_CUSTOMER)
		return report->only_rows && customers_have_rows(report, numbers, whose);
	return report->only_rows && find_words(&c, shapes->arena) && have_rows(&c);
}

/* Rows of customers lie anywhere: the page's are called for before the first of them is needed. */
static void call_rows(struct report *report, const struct report_page *page, const int64_t *numbers, const struct report_whose *whose)
{
	for (size_t i = 0; i < page->chunks.count; i++)
		if (numbers[i] && whose[i].number) {
			const struct report_row *row = *report_row_numbered(report, whose[i].number);

			__builtin_prefetch(row);
			__builtin_prefetch((const char *)row + 64);
		}
}

static void count_chunk(struct counting *c, enum report_family family, struct bytes *bytes)
{
	switch (family) {
	case FAMILY_PLACES:
		if (!has_row(c))
			count_places(c, bytes);
		break;
	case FAMILY_WORDS: count_all_words(c, bytes); break;
	case FAMILY_PROMISES: count_promises(c, bytes); break;
	case FAMILY_ASKED: count_all_asked(c, bytes); break;
	case FAMILY_MAILS: count_mail(c, bytes); break;
	default: count_answers(c, bytes);
	}
}

bool report_count(struct report *report, enum report_family family, const struct report_page *page, const int64_t *numbers, const struct report_whose *whose)
{
	struct counting c = { .report = report, .page = page };

	if (!find_words(&c, page->arena))
		return false;
	if (whose && report->ask.by == BY_CUSTOMER)
		call_rows(report, page, numbers, whose);
	for (size_t i = 0; i < page->chunks.count && !c.torn; i++) {
		struct bytes bytes = { page->chunks.at[i].at, page->chunks.at[i].at + page->chunks.at[i].length, false };

		if (!page->chunks.at[i].length || (family != FAMILY_MAILS && !numbers[i]))
			continue;
		c.number = numbers ? numbers[i] : 0;
		c.whose = whose ? &whose[i] : NULL;
		c.customer = NULL;
		count_chunk(&c, family, &bytes);
		c.torn |= bytes.torn;
	}
	return !c.torn;
}
