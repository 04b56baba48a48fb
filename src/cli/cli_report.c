/*
 * cli_report.c - `report NAME`: numbers of a span of time as a table, JSON, CSV, a drawing, or the tickets that a figure counts.
 *
 * May not count: that is the report room's; what it says is shown here. Figures by agent only where the configuration allows them, and
 * who looked is kept.
 */
#include "cli_private.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNTING_NICE 5

/* ---- what is asked ---- */

static enum status find_figure(struct cli *cli, struct report_ask *ask, struct error *error)
{
	const char *name = cli->option[O_LIST], *all = "";

	if (!name)
		return STATUS_OK;
	if ((ask->list = report_figure_named(ask->kind, name)))
		return STATUS_OK;
	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (figure->kind == ask->kind)
			all = arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : "", figure->name);
	return error_set(error, STATUS_USAGE, "report %s has no figure \"%s\"; it has %s", report_kind_name(ask->kind), name, all);
}

static enum status find_where(struct cli *cli, struct report_ask *ask, struct error *error)
{
	struct query *query = ARENA_NEW(&cli->arena, struct query);
	enum status status;

	if (!cli->option[O_WHERE])
		return STATUS_OK;
	ask->where = query;
	status = cli_query(cli, cli->option[O_WHERE], query, error);
	return status;
}

static enum status find_span(struct cli *cli, struct report_ask *ask, struct error *error)
{
	enum status status = cli_since(cli->option[O_SINCE] ? cli->option[O_SINCE] : "30d", ask->zone, ask->now, &ask->from, error);

	ask->to = ask->now + 1;
	return status == STATUS_OK && cli->option[O_UNTIL] ? cli_since(cli->option[O_UNTIL], ask->zone, ask->now, &ask->to, error) : status;
}

/* Who measures people is seen (article 4 of law 300/1970, section 87 BetrVG): switched off unless the desk wants it, and written down. */
static enum status may_look_at_agents(struct cli *cli, const struct report_ask *ask, struct error *error)
{
	if (ask->by != BY_AGENT && !(ask->where && query_uses(ask->where, QUERY_AGENT)))
		return STATUS_OK;
	if (!cli->config->reports_per_agent)
		return error_set(error, STATUS_USAGE, "figures of single agents are switched off: reports.per_agent in %s", cli->config->file);
	return cli_note_looked(cli, arena_printf(&cli->arena, "report %s%s%s%s%s", report_kind_name(ask->kind), ask->by ? " --by " : "", report_by_name(ask->by),
	                                         cli->option[O_WHERE] ? " --where " : "", cli->option[O_WHERE] ? cli->option[O_WHERE] : ""), error);
}

static enum status understand(struct cli *cli, struct report_ask *ask, struct error *error)
{
	const char *refused;
	enum status status;

	*ask = (struct report_ask){ .now = clock_now(), .zone = cli->config->zone, .policy = &cli->policy };
	if (!report_kind_named(cli->words[0], &ask->kind))
		return error_set(error, STATUS_USAGE, "there is no report \"%s\"; there are volume, answers, resolution, promises, satisfaction, workload, articles and mail", cli->words[0]);
	if (cli->option[O_BY] && !report_by_named(cli->option[O_BY], &ask->by))
		return error_set(error, STATUS_USAGE, "--by \"%s\": one of " REPORT_BY_NAMES, cli->option[O_BY]);
	if ((status = find_span(cli, ask, error)) != STATUS_OK || (status = find_where(cli, ask, error)) != STATUS_OK || (status = find_figure(cli, ask, error)) != STATUS_OK)
		return status;
	if ((refused = report_refused(&cli->arena, ask)))
		return error_set(error, STATUS_USAGE, "%s", refused);
	return may_look_at_agents(cli, ask, error);
}

/* ---- what is shown ---- */

#define FIGURES_MOST 15
static void show_table(struct cli *cli, const struct report *report)
{
	struct cli_column columns[FIGURES_MOST + 1] = { { report->ask.by ? report_by_name(report->ask.by) : "", false, true, false } };
	struct cli_table table = { .columns = columns, .width = 1 };
	const struct report_row *rows[1] = { report->total };

	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (figure->kind == report->ask.kind && table.width <= FIGURES_MOST)
			columns[table.width++] = (struct cli_column){ figure->title, true, false, false };
	for (size_t i = 0; i <= report->rows.count; i++) {
		const struct report_row *row = i < report->rows.count ? report->rows.at[i] : rows[0];

		cli_table_cell(cli, &table, row->key);
		for (const struct report_figure *figure = report_figures; figure->name; figure++)
			if (figure->kind == report->ask.kind)
				cli_table_cell(cli, &table, report_words(&cli->arena, report, figure, row));
	}
	buffer_printf(&cli->out, "%s, %s to %s, %s\n\n", report_kind_name(report->ask.kind), cli_time_in(&cli->arena, report->ask.zone, report->ask.from),
	              cli_time_in(&cli->arena, report->ask.zone, report->ask.to), report->ask.zone->name);
	cli_table_print(cli, &table);
	if (report->ask.kind == REPORT_SATISFACTION && report_counted(report, report->total, COUNT_RATED) < 10)
		buffer_add_string(&cli->out, "\nFewer than ten ratings: too few to say much.\n");
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

/* A ticket that was counted twice is there twice: as many rows as the figure says. */
static enum status show_listed(struct cli *cli, struct report *report, struct error *error)
{
	struct ticket_rows rows = { NULL, 0 };
	enum status status = STATUS_OK;

	if (report->listed.count)
		qsort(report->listed.at, report->listed.count, sizeof *report->listed.at, newest_first);
	for (size_t i = 0; i < report->listed.count && status == STATUS_OK; i++)
		if (report->listed.at[i])
			status = store_ticket_head(cli->store, &cli->arena, report->listed.at[i], ARENA_PUSH(&cli->arena, &rows), error);
	if (status == STATUS_OK)
		cli_ticket_rows(cli, &rows);
	return status;
}

static enum status show_svg(struct cli *cli, const struct report *report, struct error *error)
{
	CLEANUP_BUFFER struct buffer svg = { 0 };

	report_svg(report, &svg);
	return cli_setup_write(cli->option[O_SVG], buffer_string(&svg), false, error);
}

static bool show_some(void *cli)
{
	return cli_flush(cli);
}

/* Mails that come in have the processor first. */
static enum status make(struct cli *cli, const struct report_ask *ask, struct report *report, struct error *error)
{
	setpriority(PRIO_PROCESS, 0, COUNTING_NICE);     /* in vain: it is only less polite */
	return gateway_report(cli->config, cli->store, &cli->arena, ask, report, error);
}

enum status cli_run_report(struct cli *cli, struct error *error)
{
	struct report report;
	struct report_ask ask;
	enum status status;

	if ((status = cli_need_store(cli, false, error)) != STATUS_OK || (status = understand(cli, &ask, error)) != STATUS_OK || (status = make(cli, &ask, &report, error)) != STATUS_OK)
		return status;
	if (cli->option[O_SVG] && (status = show_svg(cli, &report, error)) != STATUS_OK)
		return status;
	if (ask.list)
		return show_listed(cli, &report, error);
	if (cli->option[O_CSV])
		report_csv(&report, &cli->out, show_some, cli);
	else if (cli->json)
		report_json(&report, &cli->out, show_some, cli);
	else
		show_table(cli, &report);
	return STATUS_OK;
}
