/*
 * report_private.h - what the files of the report room share: rows by key, and the events of a page.
 *
 * From the lowest up: report_bytes.h, report_rows.c, report_values.c, report_page.c, report_shape.c, report_tell.c, report_counting.h, report_counting.c, report_place.c, report_count.c, report_frame.c.
 */
#ifndef SPORTELLO_REPORT_PRIVATE_H
#define SPORTELLO_REPORT_PRIVATE_H

#include "report.h"
#include "report_bytes.h"

#define NO_KEY "none"
#define REPORT_BIT(of) (UINT64_C(1) << (of))         /* of report.counted and report.measures */

/* ---- report_rows.c ---- */
struct report_row *report_row_of(struct report *report, const char *key, size_t length);         /* made where it is not there; without a key: that of NO_KEY */
struct report_row **report_row_numbered(struct report *report, size_t number);             /* where that of a customer stands once it was looked for */
void *report_room(struct report *report, size_t bytes);          /* not zeroed; of few large pieces, since there may be a hundred thousand rows and a million values */
struct report_row *report_row_new(const struct report *report, struct arena *arena, const char *key);      /* of no table */

/* Is called some million times, for what the report shows. */
static inline void report_row_bump(const struct report *report, struct report_row *row, enum report_count count)
{
	row->counts[report->columns[count]]++;
}

bool report_by_is_time(enum report_by by);
/* A row for each span from the first to the last, also where nothing happened. */
void report_buckets(struct report *report);
struct report_row *report_row_at(struct report *report, int64_t ms);     /* of a report by time */
void report_order(struct report *report);                /* rows by key */

/* ---- what it looks like ---- */
#define REPORT_TAKE_BYTES ((size_t)256 * 1024)   /* are taken out at once: see report_take */
static inline bool report_goes_on(const struct buffer *out, report_take take, void *context)
{
	return !take || out->length < REPORT_TAKE_BYTES || take(context);
}

/* ---- report_values.c ---- */
#define MEASURED_TOTAL (UINT32_C(1) << 31)       /* beside a row's number: it is of the total, too */
struct report_log_block { struct report_log_block *next; size_t count, room; struct report_measured at[]; };
void report_log_widen(struct report *report, struct report_log *log);
void report_values_settle(struct report *report);        /* by row and by size */

static inline void report_measure(struct report *report, uint32_t row, enum report_value value, int64_t number)
{
	struct report_log *log = &report->measured[value];

	if (!log->last || log->last->count == log->last->room)
		report_log_widen(report, log);
	log->last->at[log->last->count++] = (struct report_measured){ row, number < 0 ? 0 : number > UINT32_MAX ? UINT32_MAX : (uint32_t)number };
}

/* ---- report_page.c ---- */
enum report_event_kind {
	EVENT_PLACE,                     /* the ticket is something else from then on: open or not, merged or not, another shape */
	EVENT_RATED,                     /* used: stars */
	EVENT_ASKED,                     /* used: ms until the customer said whether the articles helped */
	EVENT_WRITTEN, EVENT_ANSWERED, EVENT_NOTED,      /* name: who */
	EVENT_FIRST, EVENT_NEXT, EVENT_SOLVED,           /* name: who; used, elapsed: seconds */
	EVENT_PROMISE,                   /* name: "gold first"; a clock that runs is missed at its due moment, unless something comes before */
	REPORT_EVENT_KINDS
};
#define EVENT_FLAG_BITS 3
enum { EVENT_OPEN = 1, EVENT_MERGED = 2, EVENT_PROMISED = 1, EVENT_MISSED = 2, EVENT_RETARGETED = 4, EVENT_SHOWN = 1, EVENT_HELPED = 2, EVENT_REFUSED = 4 };
struct report_event { int64_t at; enum report_event_kind kind; unsigned flags; const char *shape; size_t shape_length; const char *name; int64_t used, elapsed; };
/* The same as a page has it: shape and name are numbers in its lists. */
struct report_read { int64_t at; enum report_event_kind kind; unsigned flags; size_t shape, name; int64_t used, elapsed; };
struct report_mail { int64_t at, ticket; size_t disposition, queue; };
size_t report_word(struct report_page *page, struct report_words *words, const char *at, size_t length);         /* its number */
void report_page_set(struct report_page *page, size_t slot, const struct buffer *chunk);
void report_event_write(struct report_page *page, enum report_family family, struct buffer *chunk, int64_t *before, const struct report_event *event);

/* Moments are kept as what they are later than the one before; those of clocks are whole seconds. */
static inline int64_t report_family_unit(enum report_family family)
{
	return family == FAMILY_ANSWERS || family == FAMILY_SOLVED || family == FAMILY_PROMISES ? 1000 : 1;
}

static inline bool report_event_is_named(enum report_event_kind kind)
{
	return kind > EVENT_WRITTEN;
}

static inline bool report_event_is_used(enum report_event_kind kind)
{
	return kind == EVENT_RATED || kind == EVENT_ASKED;
}

/* False: there is none. A report reads some ten million; which family it is, is known where it is built in. */
static inline bool report_event_read(struct bytes *bytes, enum report_family family, int64_t *before, struct report_read *event)
{
	const bool times = family == FAMILY_ANSWERS || family == FAMILY_SOLVED;

	if (bytes->at >= bytes->end || bytes->torn)
		return false;
	uint64_t kind = bytes_read(bytes);

	event->kind = (enum report_event_kind)(kind >> EVENT_FLAG_BITS);
	event->flags = (unsigned)kind & ((1u << EVENT_FLAG_BITS) - 1);
	*before += bytes_read_signed(bytes);
	event->at = *before * report_family_unit(family);
	event->shape = (size_t)bytes_read(bytes);
	event->name = report_event_is_named(event->kind) ? (size_t)bytes_read(bytes) : 0;
	event->used = report_event_is_used(event->kind) || times ? bytes_read_signed(bytes) : 0;
	event->elapsed = times ? bytes_read_signed(bytes) : 0;
	bytes->torn |= kind >> EVENT_FLAG_BITS >= REPORT_EVENT_KINDS;
	return !bytes->torn;
}

bool report_mail_read(struct bytes *bytes, struct report_mail *mail);

/* ---- report_shape.c ---- */
/* What a ticket is at a moment, once in a report: whether it is wanted, and the rows that it is in. */
struct report_shape {
	const char *bytes; size_t length;
	bool wanted;                             /* where the query asks for nothing else */
	bool rated;                              /* its queue asks for ratings */
	struct { struct report_row **at; size_t count; } rows;
	struct ticket_facts facts;               /* what a shape has of them */
};
void report_shape_write(struct buffer *out, const struct ticket_facts *facts);
unsigned report_shape_words(const struct report_ask *ask);         /* see report.shape_words */
struct report_shape *report_shape_of(struct report *report, const char *bytes, size_t length);   /* NULL: they are none */
void report_shape_rows(struct report *report, struct report_shape *shape);       /* shape->rows */
bool report_is_wanted(const struct report *report, const struct report_shape *shape, const struct report_whose *whose);

#endif
