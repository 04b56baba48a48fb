/*
 * report_count.c - counts the events of tickets that happened in the span of the report, page by page.
 */
#include "report_counting.h"

#include <string.h>

/* ---- articles: what was asked of them when the ticket came ---- */

static void count_asked(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];

	report_count_at(c, event->at, shape, COUNT_ASKED);
	if (!(event->flags & EVENT_SHOWN))
		return;
	report_count_at(c, event->at, shape, COUNT_SUGGESTED);
	if (event->at + event->used >= c->report->ask.to)
		return;                          /* what was said to it belongs to a later report */
	if (event->flags & EVENT_HELPED)
		report_count_at(c, event->at, shape, COUNT_DEFLECTED);
	if (event->flags & EVENT_REFUSED)
		report_count_at(c, event->at, shape, COUNT_REFUSED);
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

	if (!report_within(c, event->at) || !report_is_wanted(c->report, shape, c->whose))
		return;
	struct rows rows = report_rows_by(c, shape, event->name, &room);

	report_bump(c, event->at, of[event->kind].n, rows);
	if (event->flags & EVENT_PROMISED)
		report_bump(c, event->at, of[event->kind].promised, rows);
	if ((event->flags & EVENT_PROMISED) && !(event->flags & EVENT_MISSED))
		report_bump(c, event->at, of[event->kind].in_time, rows);
	report_add_value(c, event->at, of[event->kind].used, event->used, rows);
	report_add_value(c, event->at, of[event->kind].elapsed, event->elapsed, rows);
}

static void count_promise(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct report_row *named;

	if (!report_within(c, event->at) || event->at / 1000 > c->report->ask.now / 1000 || !report_is_wanted(c->report, shape, c->whose))
		return;
	struct rows rows = report_rows_of(c, shape);

	if (c->report->ask.by == BY_NOTHING) {
		named = report_row_named(c, event->name);
		rows = (struct rows){ &named, 1 };
	}
	if (event->flags & EVENT_RETARGETED) {
		report_bump(c, event->at, COUNT_RETARGETED, rows);
		return;
	}
	report_bump(c, event->at, COUNT_PROMISED, rows);
	report_bump(c, event->at, event->flags & EVENT_MISSED ? COUNT_MISSED : COUNT_KEPT, rows);
}

static void count_words(struct counting *c, const struct report_read *event)
{
	struct report_shape *shape = c->shapes[event->shape];
	struct report_row *room;

	if (!report_within(c, event->at) || !report_is_wanted(c->report, shape, c->whose))
		return;
	if (event->kind == EVENT_WRITTEN)
		report_bump(c, event->at, COUNT_WRITTEN, report_rows_of(c, shape));
	else
		report_bump(c, event->at, event->kind == EVENT_ANSWERED ? COUNT_ANSWERED : COUNT_NOTED, report_rows_by(c, shape, event->name, &room));
}

/* ---- a ticket ---- */

static void count_all_words(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (report_next(c, bytes, FAMILY_WORDS, &before, &event))
		count_words(c, &event);
}

static void count_promises(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (report_next(c, bytes, FAMILY_PROMISES, &before, &event))
		count_promise(c, &event);
}

static void count_all_asked(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (report_next(c, bytes, FAMILY_ASKED, &before, &event))
		count_asked(c, &event);
}

/* Of both families that have times. */
static void count_answers(struct counting *c, struct bytes *bytes)
{
	struct report_read event;
	int64_t before = 0;

	while (report_next(c, bytes, FAMILY_ANSWERS, &before, &event))
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
	if (!report_within(c, mail.at))
		return;
	c->number = mail.ticket;
	bool in_row = c->report->ask.by == BY_NOTHING || c->report->ask.by == BY_QUEUE;

	if (in_row)
		row = report_row_named(c, c->report->ask.by == BY_NOTHING ? mail.disposition : mail.queue);
	report_bump(c, mail.at, COUNT_MAIL, in_row ? (struct rows){ &row, 1 } : (struct rows){ NULL, 0 });
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
			report_count_places(c, bytes);
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
