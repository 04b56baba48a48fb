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
struct report_numbers { double *at; size_t count; };
struct report_row {
	const char *key;
	int64_t counts[REPORT_COUNTS];
	struct report_numbers values[REPORT_VALUES];
};
struct report {
	struct arena *arena;
	struct report_ask ask;
	struct report_row total;
	struct { struct report_row **at; size_t count; } rows;   /* in their order, once report_end() was called */
	struct { int64_t *at; size_t count; } listed;            /* a ticket as often as it was counted */
	struct { struct report_row **at; size_t size; } table;   /* by key */
	size_t suggestion;                       /* of the asked articles: where the next is looked for */
	const struct suggestion_rows *suggestions;
};

const char *report_kind_name(enum report_kind kind);
const char *report_by_name(enum report_by by);           /* "" for nothing */
bool report_kind_named(const char *name, enum report_kind *kind);
bool report_by_named(const char *name, enum report_by *by);
/* Of that report; NULL: it has none of that name. */
const struct report_figure *report_figure_named(enum report_kind kind, const char *name);
bool report_needs_messages(enum report_kind kind);       /* and the clocks' runs */
/* Can the report be made? NULL, or why not. */
const char *report_refused(struct arena *arena, const struct report_ask *ask);

void report_begin(struct report *report, struct arena *arena, const struct report_ask *ask);
/* One ticket, as store_stories() gives it; runs: of its clocks (gateway_runs_of), where the report needs them. */
void report_ticket(struct report *report, struct arena *scratch, const struct ticket_row *row, const struct sla_clocks *runs);
void report_mail(struct report *report, int64_t received, const char *disposition, int64_t ticket, const char *recipient);
void report_end(struct report *report);

/* False: there is none (nothing was counted that it could be made of). */
bool report_number(const struct report_row *row, const struct report_figure *figure, double *number);

/* The day, week, month or hour of a moment, as a row of that report is called: "2026-11-25", "2026-W48", "2026-11", "2026-11-25T09". */
const char *report_bucket_of(struct arena *arena, const struct report_ask *ask, int64_t ms);

/* ---- what it looks like ---- */
void report_json(const struct report *report, struct buffer *out);
void report_csv(const struct report *report, struct buffer *out);
void report_csv_cell(struct buffer *out, const char *text);      /* RFC 4180, and no formula for who opens it */
const char *report_words(struct arena *arena, const struct report_figure *figure, const struct report_row *row);  /* for people: "2h 05m", "91 %", "-" */
/* A drawing of it, and false where it has nothing to draw. */
bool report_svg(const struct report *report, struct buffer *out);

#endif
