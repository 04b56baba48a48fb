/*
 * cli_sla.c - `sla explain`, `sla list`, and the clocks in a ticket's JSON: what was promised, by when, and how it stands.
 *
 * May not reckon: that is the sla room's.
 */
#include "cli_private.h"

#include <stdlib.h>
#include <string.h>

static const char *duration(struct arena *arena, int64_t seconds)
{
	int64_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
	const char *sign = seconds < 0 ? "-" : "";

	return minutes >= 60 ? arena_printf(arena, "%s%lldh%02dm", sign, (long long)(minutes / 60), (int)(minutes % 60))
	                     : arena_printf(arena, "%s%lldm%02ds", sign, (long long)minutes, (int)((seconds < 0 ? -seconds : seconds) % 60));
}

static void add_head(struct json *json, const struct promise_book *book, const struct sla_clock *clock)
{
	json_string(json, "clock", sla_kind_name(clock->kind));
	json_string(json, "policy", clock->policy->name);
	json_string(json, "state", sla_state_name(clock));
	json_time(json, "started", clock->started * 1000);
	json_time(json, "due", clock->due == INT64_MAX ? 0 : clock->due * 1000);
	json_time(json, "stopped", clock->stopped * 1000);
	json_number(json, "used_seconds", clock->used);
	json_number(json, "left_seconds", clock->left);
	json_number(json, "version", (int64_t)clock->version + 1);
	json_time(json, "version_since", clock->version < book->count ? book->at[clock->version].at : 0);
	json_bool(json, "retargeted", clock->retargeted);
}

static enum status clocks_of(struct cli *cli, const struct ticket_row *row, int64_t now, struct promise_book **book, struct sla_clocks *clocks, struct error *error)
{
	enum status status = cli_book(cli, book, error);

	if (status == STATUS_OK)
		gateway_clocks_of(&cli->arena, *book, cli->store, row, now, clocks);
	return status;
}

void cli_sla_json(struct cli *cli, struct json *json, const struct ticket_row *row)
{
	struct promise_book *book;
	struct sla_clocks clocks = { 0 };
	struct error error;

	if (clocks_of(cli, row, clock_now(), &book, &clocks, &error) != STATUS_OK)
		cli_warn("ticket %lld: its promises cannot be told: %s", (long long)row->facts.id, error.text);
	json_array(json, "sla");
	for (size_t i = 0; i < clocks.count; i++) {
		json_object(json, NULL);
		add_head(json, book, &clocks.at[i]);
		json_object_end(json);
	}
	json_array_end(json);
}

/* ---- explain ---- */

static void explain_json(struct cli *cli, const struct promise_book *book, const struct sla_clocks *clocks)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < clocks->count; i++) {
		const struct sla_clock *clock = &clocks->at[i];

		json_object(&json, NULL);
		add_head(&json, book, clock);
		json_array(&json, "segments");
		for (size_t k = 0; k < clock->segments.count; k++) {
			json_object(&json, NULL);
			json_time(&json, "from", clock->segments.at[k].from * 1000);
			json_time(&json, "to", clock->segments.at[k].to * 1000);
			json_number(&json, "seconds", clock->segments.at[k].seconds);
			json_string(&json, "why", clock->segments.at[k].why);
			json_object_end(&json);
		}
		json_array_end(&json);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

/* Which version, where there was more than one. */
static const char *version_words(struct cli *cli, const struct promise_book *book, const struct sla_clock *clock)
{
	int64_t at = clock->version < book->count ? book->at[clock->version].at : 0;

	if (book->count < 2)
		return "";
	return arena_printf(&cli->arena, " (version %zu%s%s)", clock->version + 1, at ? ", of " : "", at ? cli_time(&cli->arena, at) : "");
}

static void explain_clock(struct cli *cli, const struct promise_book *book, const struct sla_clock *clock)
{
	struct arena *arena = &cli->arena;

	buffer_printf(&cli->out, "%s%s%s  %s, by %s%s%s\n", cli_colours() ? CLI_BOLD : "", sla_kind_name(clock->kind), cli_colours() ? CLI_PLAIN : "", sla_state_name(clock), clock->policy->name,
	              version_words(cli, book, clock), clock->retargeted ? "; late only since that holds for it" : "");
	for (size_t i = 0; i < clock->segments.count; i++) {
		const struct sla_segment *segment = &clock->segments.at[i];

		buffer_printf(&cli->out, "  %s to %s  %10s  %s\n", cli_time(arena, segment->from * 1000), cli_time(arena, segment->to * 1000), duration(arena, segment->seconds), segment->why);
	}
	buffer_printf(&cli->out, "  used %s, left %s", duration(arena, clock->used), duration(arena, clock->left));
	if (clock->due != INT64_MAX)
		buffer_printf(&cli->out, ", due %s", cli_time(arena, clock->due * 1000));
	buffer_add_string(&cli->out, "\n");
}

static enum status explain(struct cli *cli, struct error *error)
{
	struct promise_book *book;
	struct ticket_row row;
	struct sla_clocks clocks;
	int64_t number;
	enum status status = cli_number(cli->words[0], "a ticket", &number, error);

	if (status != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK || (status = store_ticket(cli->store, &cli->arena, number, &row, error)) != STATUS_OK)
		return status;
	if ((status = clocks_of(cli, &row, clock_now(), &book, &clocks, error)) != STATUS_OK)
		return status;
	if (cli->json)
		explain_json(cli, book, &clocks);
	for (size_t i = 0; i < clocks.count && !cli->json; i++)
		explain_clock(cli, book, &clocks.at[i]);
	if (!cli->json && !clocks.count && row.facts.merged_into)
		buffer_printf(&cli->out, "Request %lld went into #%lld, whose clocks go on from the earlier start of both.\n", (long long)number, (long long)row.facts.merged_into);
	else if (!cli->json && !clocks.count)
		buffer_printf(&cli->out, "Nothing is promised for request %lld: no sla[] of the configuration holds for it.\n", (long long)number);
	return STATUS_OK;
}

/* ---- list ---- */

struct waiting { int64_t ticket; const char *subject, *agent; struct sla_clock clock; };
struct waitings { struct waiting *at; size_t count; };

static int by_due(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	return x->clock.due != y->clock.due ? (x->clock.due > y->clock.due) - (x->clock.due < y->clock.due) : (x->ticket > y->ticket) - (x->ticket < y->ticket);
}

/* Only tickets that have a clock which runs. */
static enum status find_tickets(struct cli *cli, int64_t within, struct ticket_rows *rows, struct error *error)
{
	struct query query = { .words = "" };
	enum status status;

	*ARENA_PUSH(&cli->arena, &query.terms) = (struct query_term){ .key = QUERY_DUE, .ms = within < 0 ? 2 * PROMISE_NEVER : within * 1000 };
	*ARENA_PUSH(&cli->arena, &query.sorts) = (struct query_sort){ .key = QUERY_DUE };
	status = cli_query_ready(cli, &query, error);
	return status == STATUS_OK ? store_tickets(cli->store, &cli->arena, &query, clock_now(), 0, rows, error) : status;
}

/* The clocks that have not stopped, those due first. within: seconds from now; < 0: all. */
static enum status collect(struct cli *cli, int64_t within, struct waitings *waitings, struct error *error)
{
	int64_t now = clock_now();
	struct promise_book *book;
	struct ticket_rows rows;
	enum status status = find_tickets(cli, within, &rows, error);

	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		struct ticket_row row;
		struct sla_clocks clocks;

		if ((status = store_ticket(cli->store, &cli->arena, rows.at[i].facts.id, &row, error)) != STATUS_OK || (status = clocks_of(cli, &row, now, &book, &clocks, error)) != STATUS_OK)
			break;
		for (size_t k = 0; k < clocks.count; k++)
			if (!clocks.at[k].over && (within < 0 || (clocks.at[k].due <= now / 1000 + within && (!clocks.at[k].paused || clocks.at[k].missed))))
				*ARENA_PUSH(&cli->arena, waitings) = (struct waiting){ row.facts.id, row.facts.subject, row.facts.agent, clocks.at[k] };
	}
	if (waitings->count)
		qsort(waitings->at, waitings->count, sizeof *waitings->at, by_due);
	return status;
}

static void list_json(struct cli *cli, const struct waitings *waitings)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < waitings->count; i++) {
		json_object(&json, NULL);
		json_number(&json, "ticket", waitings->at[i].ticket);
		json_string(&json, "subject", waitings->at[i].subject);
		json_string(&json, "agent", *waitings->at[i].agent ? waitings->at[i].agent : NULL);
		add_head(&json, cli->book, &waitings->at[i].clock);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void list_table(struct cli *cli, const struct waitings *waitings)
{
	static const struct cli_column columns[] = {
		{ "Due", false, false, false }, { "Left", true, false, false }, { "Clock", false, false, false }, { "State", false, false, false },
		{ "Request", true, false, false }, { "Agent", false, false, false }, { "Subject", false, true, false }
	};
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };

	for (size_t i = 0; i < waitings->count; i++) {
		const struct waiting *at = &waitings->at[i];

		cli_table_cell(cli, &table, at->clock.due == INT64_MAX ? "never" : cli_time(&cli->arena, at->clock.due * 1000));
		cli_table_cell(cli, &table, duration(&cli->arena, at->clock.left));
		cli_table_cell(cli, &table, sla_kind_name(at->clock.kind));
		cli_table_cell(cli, &table, sla_state_name(&at->clock));
		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%lld", (long long)at->ticket));
		cli_table_cell(cli, &table, at->agent);
		cli_table_cell(cli, &table, cli_safe(&cli->arena, at->subject, false));
	}
	cli_table_print(cli, &table);
}

/* ---- versions ---- */

static const char *names_of(struct cli *cli, const struct promise_list *promises)
{
	const char *names = "";

	for (size_t i = 0; i < promises->count; i++)
		names = arena_printf(&cli->arena, "%s%s%s", names, *names ? ", " : "", promises->at[i].name);
	return *names ? names : "nothing";
}

static void versions_json(struct cli *cli, const struct promise_book *book)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < book->count; i++) {
		json_object(&json, NULL);
		json_number(&json, "version", (int64_t)i + 1);
		json_time(&json, "since", book->at[i].at);
		json_bool(&json, "applied", book->at[i].applied);
		json_string(&json, "who", *book->at[i].who ? book->at[i].who : NULL);
		json_string(&json, "text", book->at[i].text);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_sla_versions(struct cli *cli, struct error *error)
{
	static const struct cli_column columns[] = {
		{ "Version", true, false, false }, { "Since", false, false, false }, { "Holds for", false, false, false }, { "Promises", false, true, false }
	};
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	struct promise_book *book;
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK || (status = cli_book(cli, &book, error)) != STATUS_OK)
		return status;
	if (cli->json) {
		versions_json(cli, book);
		return STATUS_OK;
	}
	for (size_t i = 0; i < book->count; i++) {
		const struct promise_version *version = &book->at[i];

		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%zu", i + 1));
		cli_table_cell(cli, &table, version->at ? cli_time(&cli->arena, version->at) : "the beginning");
		cli_table_cell(cli, &table, !version->applied ? "what begins then" : *version->who ? arena_printf(&cli->arena, "what was open, too (%s)", version->who) : "what was open, too");
		cli_table_cell(cli, &table, names_of(cli, &version->promises));
	}
	cli_table_print(cli, &table);
	return STATUS_OK;
}

enum status cli_run_sla(struct cli *cli, struct error *error)
{
	struct waitings waitings = { 0 };
	struct calendar_length within = { .seconds = -1 };
	enum status status;

	if (strstr(cli->command->name, "explain"))
		return explain(cli, error);
	if (cli->option[O_WITHIN] && (!calendar_length_read(cli->option[O_WITHIN], &within) || within.days))
		return error_set(error, STATUS_USAGE, "--within \"%s\": expected a time such as 30m or 2h", cli->option[O_WITHIN]);
	if ((status = cli_need_store(cli, false, error)) != STATUS_OK || (status = collect(cli, within.seconds, &waitings, error)) != STATUS_OK)
		return status;
	if (cli->json)
		list_json(cli, &waitings);
	else
		list_table(cli, &waitings);
	return STATUS_OK;
}
