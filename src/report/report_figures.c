/*
 * report_figures.c - the reports, and every figure of each: what it is called, what it is made of, and which tickets it counts.
 *
 * May not contain code but the lookup. doc/reports.md has a paragraph for each of the rows.
 */
#include "report.h"

#include <string.h>

static const char *const kinds[REPORT_KINDS] = { "volume", "answers", "resolution", "promises", "satisfaction", "workload", "articles", "mail" };
static const char *const bys[REPORT_BYS] = { "", "queue", "agent", "customer", "organisation", "tag", "language", "day", "week", "month", "hour" };

#define SUM(name, title, kind, count) { name, title, kind, UNIT_COUNT, FIGURE_SUM, count, 0, count }
#define MEDIAN(name, title, kind, value, count) { name, title, kind, UNIT_SECONDS, FIGURE_MEDIAN, value, 0, count }
#define P90(name, title, kind, value, count) { name, title, kind, UNIT_SECONDS, FIGURE_P90, value, 0, count }
#define SHARE(name, title, kind, part, whole) { name, title, kind, UNIT_SHARE, FIGURE_SHARE, part, whole, part }

const struct report_figure report_figures[] = {
	SUM("new", "New", REPORT_VOLUME, COUNT_NEW),
	SUM("reopened", "Reopened", REPORT_VOLUME, COUNT_REOPENED),
	SUM("resolved", "Resolved", REPORT_VOLUME, COUNT_RESOLVED),
	SUM("merged", "Merged", REPORT_VOLUME, COUNT_MERGED),
	SUM("moved_in", "Moved in", REPORT_VOLUME, COUNT_MOVED_IN),
	SUM("moved_out", "Moved out", REPORT_VOLUME, COUNT_MOVED_OUT),
	SUM("backlog_start", "Open at start", REPORT_VOLUME, COUNT_START),
	SUM("backlog_end", "Open at end", REPORT_VOLUME, COUNT_END),

	SUM("first_n", "First answers", REPORT_ANSWERS, COUNT_FIRST),
	MEDIAN("first_median_seconds", "median", REPORT_ANSWERS, VALUE_FIRST, COUNT_FIRST),
	P90("first_p90_seconds", "p90", REPORT_ANSWERS, VALUE_FIRST, COUNT_FIRST),
	SHARE("first_in_time_share", "in time", REPORT_ANSWERS, COUNT_FIRST_IN_TIME, COUNT_FIRST_PROMISED),
	MEDIAN("first_elapsed_median_seconds", "elapsed", REPORT_ANSWERS, VALUE_FIRST_ELAPSED, COUNT_FIRST),
	P90("first_elapsed_p90_seconds", "elapsed p90", REPORT_ANSWERS, VALUE_FIRST_ELAPSED, COUNT_FIRST),
	SUM("next_n", "Next answers", REPORT_ANSWERS, COUNT_NEXT),
	MEDIAN("next_median_seconds", "median", REPORT_ANSWERS, VALUE_NEXT, COUNT_NEXT),
	P90("next_p90_seconds", "p90", REPORT_ANSWERS, VALUE_NEXT, COUNT_NEXT),
	SHARE("next_in_time_share", "in time", REPORT_ANSWERS, COUNT_NEXT_IN_TIME, COUNT_NEXT_PROMISED),
	MEDIAN("next_elapsed_median_seconds", "elapsed", REPORT_ANSWERS, VALUE_NEXT_ELAPSED, COUNT_NEXT),
	P90("next_elapsed_p90_seconds", "elapsed p90", REPORT_ANSWERS, VALUE_NEXT_ELAPSED, COUNT_NEXT),

	SUM("resolution_n", "Resolved", REPORT_RESOLUTION, COUNT_SOLVED),
	MEDIAN("resolution_median_seconds", "median", REPORT_RESOLUTION, VALUE_SOLVED, COUNT_SOLVED),
	P90("resolution_p90_seconds", "p90", REPORT_RESOLUTION, VALUE_SOLVED, COUNT_SOLVED),
	SHARE("resolution_in_time_share", "in time", REPORT_RESOLUTION, COUNT_SOLVED_IN_TIME, COUNT_SOLVED_PROMISED),
	MEDIAN("resolution_elapsed_median_seconds", "elapsed", REPORT_RESOLUTION, VALUE_SOLVED_ELAPSED, COUNT_SOLVED),
	P90("resolution_elapsed_p90_seconds", "elapsed p90", REPORT_RESOLUTION, VALUE_SOLVED_ELAPSED, COUNT_SOLVED),
	SUM("reopened", "Reopened", REPORT_RESOLUTION, COUNT_REOPENED),

	SUM("n", "Promises", REPORT_PROMISES, COUNT_PROMISED),
	SUM("met", "Met", REPORT_PROMISES, COUNT_KEPT),
	SUM("missed", "Missed", REPORT_PROMISES, COUNT_MISSED),
	SHARE("in_time_share", "in time", REPORT_PROMISES, COUNT_KEPT, COUNT_PROMISED),
	SUM("retargeted", "Retargeted", REPORT_PROMISES, COUNT_RETARGETED),

	SUM("satisfaction_n", "Ratings", REPORT_SATISFACTION, COUNT_RATED),
	{ "satisfaction_mean", "mean", REPORT_SATISFACTION, UNIT_MEAN, FIGURE_MEAN, VALUE_STARS, 0, COUNT_RATED },
	SHARE("satisfaction_response_share", "responded", REPORT_SATISFACTION, COUNT_RESPONDED, COUNT_COULD_RATE),

	SUM("written", "Customers' mails", REPORT_WORKLOAD, COUNT_WRITTEN),
	SUM("answers", "Answers", REPORT_WORKLOAD, COUNT_ANSWERED),
	SUM("notes", "Notes", REPORT_WORKLOAD, COUNT_NOTED),
	SUM("resolved", "Resolved", REPORT_WORKLOAD, COUNT_RESOLVED),
	SUM("backlog_start", "Open at start", REPORT_WORKLOAD, COUNT_START),
	SUM("backlog_end", "Open at end", REPORT_WORKLOAD, COUNT_END),

	SUM("asked", "Asked about", REPORT_ARTICLES, COUNT_ASKED),
	SUM("suggested", "Suggested", REPORT_ARTICLES, COUNT_SUGGESTED),
	SUM("solved", "Solved", REPORT_ARTICLES, COUNT_DEFLECTED),
	SUM("refused", "Did not help", REPORT_ARTICLES, COUNT_REFUSED),
	SHARE("deflection_share", "deflected", REPORT_ARTICLES, COUNT_DEFLECTED, COUNT_SUGGESTED),

	SUM("n", "Mails", REPORT_MAIL, COUNT_MAIL),
	{ NULL, NULL, REPORT_KINDS, UNIT_COUNT, FIGURE_SUM, 0, 0, 0 }
};

const char *report_kind_name(enum report_kind kind)
{
	return kinds[kind];
}

const char *report_by_name(enum report_by by)
{
	return bys[by];
}

bool report_kind_named(const char *name, enum report_kind *kind)
{
	for (int i = 0; i < REPORT_KINDS; i++)
		if (strcmp(kinds[i], name) == 0) {
			*kind = (enum report_kind)i;
			return true;
		}
	return false;
}

bool report_by_named(const char *name, enum report_by *by)
{
	for (int i = BY_QUEUE; i < REPORT_BYS; i++)
		if (strcmp(bys[i], name) == 0) {
			*by = (enum report_by)i;
			return true;
		}
	return false;
}

const struct report_figure *report_figure_named(enum report_kind kind, const char *name)
{
	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (figure->kind == kind && strcmp(figure->name, name) == 0)
			return figure;
	return NULL;
}
