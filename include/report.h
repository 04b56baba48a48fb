/*
 * report.h - numbers: what happened to tickets in a span of time, counted from their history.
 *
 * Allowed to include: base, calendar, desk, query, sla, store (its rows), limits. Pure: whoever has the rows gives them one by one; the numbers of a table, a
 * chart, a CSV file and JSON are those of one struct report. doc/reports.md defines each figure.
 *
 * Nothing is taken from what a ticket is now: each line of the history is counted with queue, agent, tags, language and priority as they were then.
 * What enters the backlog (new, open, pending; not merged) of a row has one of the causes new, reopened, moved in; what leaves it resolved, merged, moved out:
 * so a backlog at the end is always the one at the start, plus what came, minus what went.
 */
#ifndef SPORTELLO_REPORT_H
#define SPORTELLO_REPORT_H

#include "base.h"
#include "calendar.h"
#include "desk.h"
#include "query.h"
#include "sla.h"
#include "store.h"

enum report_kind { REPORT_VOLUME, REPORT_ANSWERS, REPORT_RESOLUTION, REPORT_PROMISES, REPORT_SATISFACTION, REPORT_WORKLOAD, REPORT_ARTICLES, REPORT_MAIL, REPORT_KINDS };
enum report_by { BY_NOTHING, BY_QUEUE, BY_AGENT, BY_CUSTOMER, BY_ORGANISATION, BY_TAG, BY_LANGUAGE, BY_DAY, BY_WEEK, BY_MONTH, BY_HOUR, REPORT_BYS };
#define REPORT_BY_NAMES "queue, agent, customer, organisation, tag, language, day, week, month, hour"

/* What is counted: by one each time. */
enum report_count {
	COUNT_NEW, COUNT_REOPENED, COUNT_RESOLVED, COUNT_MERGED, COUNT_MOVED_IN, COUNT_MOVED_OUT, COUNT_START, COUNT_END,
	COUNT_FIRST, COUNT_FIRST_PROMISED, COUNT_FIRST_IN_TIME, COUNT_NEXT, COUNT_NEXT_PROMISED, COUNT_NEXT_IN_TIME,
	COUNT_SOLVED, COUNT_SOLVED_PROMISED, COUNT_SOLVED_IN_TIME,       /* resolutions, each with its time */
	COUNT_PROMISED, COUNT_KEPT, COUNT_MISSED, COUNT_RETARGETED, COUNT_RATED, COUNT_COULD_RATE, COUNT_RESPONDED,
	COUNT_WRITTEN, COUNT_ANSWERED, COUNT_NOTED, COUNT_ASKED, COUNT_SUGGESTED, COUNT_DEFLECTED, COUNT_REFUSED, COUNT_MAIL, REPORT_COUNTS
};
/* What is measured: seconds, or stars. */
enum report_value { VALUE_FIRST, VALUE_FIRST_ELAPSED, VALUE_NEXT, VALUE_NEXT_ELAPSED, VALUE_SOLVED, VALUE_SOLVED_ELAPSED, VALUE_STARS, REPORT_VALUES };

enum report_unit { UNIT_COUNT, UNIT_SECONDS, UNIT_SHARE, UNIT_MEAN };
struct report_figure {
	const char *name, *title;                /* "first_median_seconds"; of a table's column */
	enum report_kind kind;
	enum report_unit unit;
	enum { FIGURE_SUM, FIGURE_MEDIAN, FIGURE_P90, FIGURE_MEAN, FIGURE_SHARE } how;
	int of, among;                           /* a count, or a value; of a share: this count among that one */
	enum report_count lists;                 /* whose tickets --list shows */
};
extern const struct report_figure report_figures[];      /* ends with a NULL name */

struct report_ask {
	enum report_kind kind;
	enum report_by by;
	int64_t from, to;                        /* ms; to: the first that does not belong to it */
	int64_t now;
	const struct zone *zone;
	const struct query *where;               /* NULL: all */
	const struct report_figure *list;        /* whose tickets are wanted; NULL: none */
	const struct desk_policy *policy;
};
struct report_numbers { const uint32_t *at; size_t count; };         /* by size */
/* There may be a hundred thousand, and each is met ten times in no order: it has what the report shows, and nothing else. report_counted() and report_values_of() read it. */
struct report_row {
	const char *key;
	uint32_t number;                         /* from 1 on, as they were made; of the total 0 */
	int64_t counts[];                        /* those that the report shows: report.columns */
};
/* What was measured, in the order in which it came, until report_end() puts it in order. row: number of one, and whether it is of the total, too. */
struct report_measured { uint32_t row, value; };
struct report_log_block;
struct report_log {
	struct report_log_block *first, *last;
	uint32_t *at, *starts;                   /* of all rows, one row after the other; where each begins, by number */
	struct report_numbers total;
};
/* ---- events: what the history of a ticket says to all reports, before anybody asks; those of many tickets in one page of bytes ----
 * Tickets 1 to 256 are page 1, and so on; a page has a part for each family, so that a report reads no more than it counts. Words that stand in many events (queue, agent, tags,
 * organisation ... of a ticket then; who wrote; what promised) stand once in the part, and nowhere else: who takes the page away has taken them away. */
#define REPORT_PAGE_EDITION 3            /* of what pages say and of how: those of another are made again */
#define REPORT_PAGE_TICKETS 256
#define REPORT_PAGE_MAILS 1024
enum report_family { FAMILY_PLACES, FAMILY_WORDS, FAMILY_ANSWERS, FAMILY_SOLVED, FAMILY_PROMISES, FAMILY_ASKED, FAMILY_MAILS, FAMILY_WHOSE, FAMILY_SHAPES, REPORT_FAMILIES };
#define REPORT_TICKET_FAMILIES FAMILY_MAILS     /* those before it: of the history of tickets */

struct report_words { struct { const char *at; size_t length; } *at; size_t count; struct { uint32_t *at; size_t size; } table; };
struct report_chunk { const unsigned char *at; size_t length; };
struct report_page {
	struct arena *arena;
	struct report_words shapes, names;       /* what a ticket is at a moment, as bytes; everything else that is a word */
	struct { struct report_chunk *at; size_t count; } chunks;        /* a ticket's each; of mails each is one */
};
void report_page_init(struct report_page *page, struct arena *arena);
/* Points into the bytes. False: they are no page. */
bool report_page_read(struct report_page *page, struct arena *arena, const void *bytes, size_t length);
void report_page_write(const struct report_page *page, struct buffer *out);
/* When the first and the last of its events was, ms; a ticket that is open at its end goes on for ever. None: first > last. False: torn. */
bool report_page_span(const struct report_page *page, enum report_family family, int64_t *first, int64_t *last);
/* What the history says, in place of what that slot of the pages (one a family) said before; row NULL: nothing. runs: gateway_runs_of(); asked: what the articles were. */
void report_tell(struct report_page pages[REPORT_TICKET_FAMILIES], size_t slot, struct arena *scratch, const struct ticket_row *row, const struct sla_clocks *runs,
                 const struct asked_row *asked);
/* Do both say the same of that slot? */
bool report_page_same(const struct report_page *a, const struct report_page *b, enum report_family family, size_t slot);
void report_tell_mail(struct report_page *page, int64_t received, const char *disposition, const char *queue, int64_t ticket);

/* ---- FAMILY_WHOSE: of each ticket, by which contact it was asked, and when. No address: who has the numbers has the contacts, too. ---- */
enum { REPORT_NOBODY = 0, REPORT_ASK_TICKET = -1 };      /* instead of a contact's number; asked: the ticket itself says it */
struct report_asker { int64_t contact, created; };
void report_tell_asker(struct report_page *page, size_t slot, struct report_asker asker);
struct report_asker report_asker_of(const struct report_page *page, size_t slot);        /* REPORT_ASK_TICKET: it does not say, or is torn */

/* ---- FAMILY_SHAPES: the list of shapes of a page of FAMILY_PLACES, alone: it tells which rows there are. ---- */
void report_tell_shapes(struct report_page *page, const struct report_page *places);
bool report_shapes_same(const struct report_page *page, const struct report_page *places);

struct report_shape;
/* Of a ticket, what no event says: for --by customer, and for queries that ask for customer or created. number: the customer's, so that he is not looked for by his address each
 * time; always the same, 0: he has none. */
struct report_whose { const char *customer; int64_t created; size_t number; };
struct report {
	struct arena *arena;
	struct report_ask ask;
	struct report_row *total;
	unsigned char columns[REPORT_COUNTS], width;             /* where a count stands in a row; how many do */
	struct report_log measured[REPORT_VALUES];
	struct { char *at; size_t left, taken; } room;           /* for rows and values */
	struct { struct report_row **at; size_t count; } rows;   /* in their order, once report_end() was called */
	struct { int64_t *at; size_t count; } listed;            /* a ticket as often as it was counted */
	struct { struct { size_t hash; struct report_row *row; } *at; size_t size; } table;              /* by key */
	struct { struct { size_t hash; struct report_shape *shape; } *at; size_t count, size; } shapes;  /* by their bytes */
	struct { struct report_row **at; int64_t first; size_t count; } spans;   /* the row of each quarter of an hour, once it was looked for */
	unsigned shape_words;                    /* of what a ticket is, these words decide where it counts: a bit each */
	struct { char *at; size_t size; } shape_room;            /* where they are put together */
	bool whose;                              /* report_whose is wanted */
	bool rows_too, only_rows;                /* where something happened there is a row; of where tickets were nothing else is asked */
	uint64_t counted, measures;              /* what figures of this report are made of: a bit for each count, for each value */
	struct { struct report_row **at; size_t size; } numbered;                /* of customers, by their numbers */
};

const char *report_kind_name(enum report_kind kind);
const char *report_by_name(enum report_by by);           /* "" for nothing */
bool report_kind_named(const char *name, enum report_kind *kind);
bool report_by_named(const char *name, enum report_by *by);
/* Of that report; NULL: it has none of that name. */
const struct report_figure *report_figure_named(enum report_kind kind, const char *name);
/* Does the report count events of that family? */
bool report_needs(const struct report_ask *ask, enum report_family family);
/* Can the report be made? NULL, or why not. */
const char *report_refused(struct arena *arena, const struct report_ask *ask);

void report_begin(struct report *report, struct arena *arena, const struct report_ask *ask);
/* Counts a page's part. numbers: of the tickets in its slots, 0: not that one; whose: of each, where report.whose is set. False: it is torn. */
bool report_count(struct report *report, enum report_family family, const struct report_page *page, const int64_t *numbers, const struct report_whose *whose);
/* Nothing but rows is asked of where a page's tickets were (report.only_rows), and those of their shapes, or of their customers, are all there: its part of FAMILY_PLACES says
 * nothing more. shapes: its part of FAMILY_SHAPES. */
bool report_has_rows(struct report *report, const struct report_page *shapes, const int64_t *numbers, const struct report_whose *whose);
void report_end(struct report *report);

/* 0 for what the report does not show. */
int64_t report_counted(const struct report *report, const struct report_row *row, enum report_count count);
/* Once report_end() was called. */
struct report_numbers report_values_of(const struct report *report, const struct report_row *row, enum report_value value);
/* False: there is none (nothing was counted that it could be made of). row NULL: one in which nothing is. */
bool report_number(const struct report *report, const struct report_row *row, const struct report_figure *figure, double *number);

/* The day, week, month or hour of a moment, as a row of that report is called: "2026-11-25", "2026-W48", "2026-11", "2026-11-25T09". */
const char *report_bucket_of(struct arena *arena, const struct report_ask *ask, int64_t ms);

/* ---- what it looks like ---- */
/* There may be megabytes: each time some hundred kilobytes stand in `out`, they are taken out of it. False: nobody wants more. NULL: all stays in `out`. */
typedef bool (*report_take)(void *context);
void report_json(const struct report *report, struct buffer *out, report_take take, void *context);
void report_csv(const struct report *report, struct buffer *out, report_take take, void *context);
void report_csv_cell(struct buffer *out, const char *text);      /* RFC 4180, and no formula for who opens it */
const char *report_words(struct arena *arena, const struct report *report, const struct report_figure *figure, const struct report_row *row);     /* for people: "2h 05m", "91 %", "-" */
const char *report_duration(struct arena *arena, int64_t seconds);
/* A drawing of it, and false where it has nothing to draw. */
bool report_svg(const struct report *report, struct buffer *out);

#endif
