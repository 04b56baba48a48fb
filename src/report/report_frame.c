/*
 * report_frame.c - what is around the counting: what a report needs and shows, its begin and its end, and what cannot be asked.
 */
#include "report_private.h"

#include <string.h>

/* ---- what it needs ---- */

static bool has_rows(const struct report_ask *ask)
{
	return ask->by != BY_NOTHING && !report_by_is_time(ask->by);
}

bool report_needs(const struct report_ask *ask, enum report_family family)
{
	static const enum report_family own[REPORT_KINDS] = {
		[REPORT_VOLUME] = FAMILY_PLACES, [REPORT_ANSWERS] = FAMILY_ANSWERS, [REPORT_RESOLUTION] = FAMILY_SOLVED, [REPORT_PROMISES] = FAMILY_PROMISES,
		[REPORT_SATISFACTION] = FAMILY_PLACES, [REPORT_WORKLOAD] = FAMILY_WORDS, [REPORT_ARTICLES] = FAMILY_ASKED, [REPORT_MAIL] = FAMILY_MAILS,
	};
	/* Where something happened, there is a row, also in a report of something else. */
	bool rows = has_rows(ask), backlog = ask->kind == REPORT_RESOLUTION || ask->kind == REPORT_WORKLOAD;

	return family == own[ask->kind] || (family == FAMILY_PLACES && ask->kind != REPORT_MAIL && (rows || backlog));
}

/* What stays of a backlog is made of all that came and went. */
static uint64_t counts_of(enum report_kind kind)
{
	const uint64_t backlog = REPORT_BIT(COUNT_END + 1) - 1, ends = REPORT_BIT(COUNT_START) | REPORT_BIT(COUNT_END);
	uint64_t counts = 0;

	for (const struct report_figure *figure = report_figures; figure->name; figure++) {
		if (figure->kind != kind)
			continue;
		counts |= REPORT_BIT(figure->lists);
		if (figure->how == FIGURE_SUM || figure->how == FIGURE_SHARE)
			counts |= REPORT_BIT(figure->of);
		if (figure->how == FIGURE_SHARE)
			counts |= REPORT_BIT(figure->among);
	}
	return counts & ends ? counts | backlog : counts;
}

static uint64_t values_of(enum report_kind kind)
{
	uint64_t values = 0;

	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (figure->kind == kind && figure->how != FIGURE_SUM && figure->how != FIGURE_SHARE)
			values |= REPORT_BIT(figure->of);
	return values;
}

/* ---- begin and end ---- */

/* What is counted of them; all others find rows in them at most. */
#define OF_PLACES ((REPORT_BIT(COUNT_END + 1) - 1) | REPORT_BIT(COUNT_RATED) | REPORT_BIT(COUNT_COULD_RATE) | REPORT_BIT(COUNT_RESPONDED))

void report_begin(struct report *report, struct arena *arena, const struct report_ask *ask)
{
	*report = (struct report){ .arena = arena, .ask = *ask };
	report->shape_words = report_shape_words(ask);
	report->counted = counts_of(ask->kind);
	report->measures = values_of(ask->kind);
	for (int count = 0; count < REPORT_COUNTS; count++)
		if (report->counted & REPORT_BIT(count))
			report->columns[count] = report->width++;
	report->total = report_row_new(report, arena, "total");
	report->whose = ask->by == BY_CUSTOMER || (ask->where && (query_uses(ask->where, QUERY_CUSTOMER) || query_uses(ask->where, QUERY_CREATED)));
	report->rows_too = has_rows(ask);
	report->only_rows = report->rows_too && !(report->counted & OF_PLACES) && !ask->list;
	report_buckets(report);
}

/* What a row has more at its end than at its start. */
static int64_t grown(const struct report *report, const struct report_row *row)
{
	static const enum report_count came[] = { COUNT_NEW, COUNT_REOPENED, COUNT_MOVED_IN }, went[] = { COUNT_RESOLVED, COUNT_MERGED, COUNT_MOVED_OUT };
	int64_t grown = 0;

	for (size_t i = 0; i < COUNT_OF(came); i++)
		grown += report_counted(report, row, came[i]) - report_counted(report, row, went[i]);
	return grown;
}

/* From one span of time to the next: what was there at the end of the one is there at the start of the other. */
static void chain(struct report *report)
{
	int64_t open = report_counted(report, report->total, COUNT_START);

	if (!report_by_is_time(report->ask.by) || !(report->counted & REPORT_BIT(COUNT_START)))
		return;
	for (size_t i = 0; i < report->rows.count; i++) {
		struct report_row *row = report->rows.at[i];

		row->counts[report->columns[COUNT_START]] = open;
		open += grown(report, row);
		row->counts[report->columns[COUNT_END]] = open;
	}
}

void report_end(struct report *report)
{
	report_values_settle(report);
	report_order(report);
	chain(report);
}

const char *report_refused(struct arena *arena, const struct report_ask *ask)
{
	const char *changes = ask->where ? query_changes_by_itself(ask->where) : NULL;

	if (ask->from >= ask->to)
		return "the report would end before it begins";
	if (ask->by == BY_HOUR && ask->to - ask->from > 92 * 86400000LL)
		return "by hour a report is of 92 days at most";
	if (ask->kind == REPORT_MAIL && ask->by != BY_NOTHING && ask->by != BY_QUEUE && !report_by_is_time(ask->by))
		return "mails are counted by disposition, or by queue, day, week, month or hour";
	if (ask->kind == REPORT_MAIL && ask->where)
		return "--where is about tickets, and this report about mails";
	if (changes && strcmp(changes, query_key_name(QUERY_CREATED)) != 0)
		return arena_printf(arena, "%s is not what it was then: a report counts by queue, agent, priority, tag, customer, language or created", changes);
	return NULL;
}
