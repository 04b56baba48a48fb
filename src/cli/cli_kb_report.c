/*
 * cli_kb_report.c - `kb report`: what the articles did, and which ones are worth writing.
 *
 * How many requests the articles were asked about, what was shown, and what customers said to it; the same by article; and the requests that no
 * article answered, by likeness: nothing was good enough, or what was shown was refused. Reads the store alone, writes nothing.
 * A request counts as deflected when its customer said "this solved it", and did not come back: silence is told, but counts for nothing.
 */
#include "cli_private.h"

#include "kb.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS  20                       /* told in words; --json tells all */
#define TICKETS 6                        /* of a group, in words */

/* By what was shown. */
struct shown { int64_t all, solved, refused, returned, taken, silent, waiting; };
struct article_sum { const char *article, *title; int64_t suggested, first, solved, refused; };
struct kb_numbers {
	int64_t since, asked, nothing;
	struct shown acknowledged, held;
	struct { struct article_sum *at; size_t count; } articles;
	struct { const struct suggestion_row **at; size_t count; } unanswered;
	struct kb_groups groups;
};

static void count_said(struct shown *shown, const char *said)
{
	shown->all++;
	shown->solved += !strcmp(said, OUTCOME_SOLVED);
	shown->refused += !strcmp(said, OUTCOME_REFUSED);
	shown->returned += !strcmp(said, OUTCOME_RETURNED);
	shown->taken += !strcmp(said, OUTCOME_TAKEN);
	shown->silent += !strcmp(said, OUTCOME_SILENCE);
	shown->waiting += !*said;
}

static struct article_sum *article_of(struct cli *cli, struct kb_numbers *report, const char *article)
{
	for (size_t i = 0; i < report->articles.count; i++)
		if (!strcmp(report->articles.at[i].article, article))
			return &report->articles.at[i];
	*ARENA_PUSH(&cli->arena, &report->articles) = (struct article_sum){ .article = article };
	return &report->articles.at[report->articles.count - 1];
}

static void count_row(struct cli *cli, struct kb_numbers *report, const struct suggestion_row *row)
{
	report->asked++;
	report->nothing += row->shown == SUGGESTION_NOTHING;
	if (row->shown == SUGGESTION_HELD)
		count_said(&report->held, row->outcome);
	else if (row->shown == SUGGESTION_ACKNOWLEDGED)
		count_said(&report->acknowledged, row->outcome);
	for (size_t i = 0; i < row->articles.count; i++) {
		const struct suggested_row *suggested = &row->articles.at[i];
		struct article_sum *sum = article_of(cli, report, suggested->article);

		sum->title = suggested->title;   /* the newest one */
		sum->suggested++;
		sum->first += i == 0;
		sum->solved += !strcmp(suggested->outcome, OUTCOME_SOLVED);
		sum->refused += !strcmp(suggested->outcome, OUTCOME_REFUSED);
	}
	if (row->shown == SUGGESTION_NOTHING || !strcmp(row->outcome, OUTCOME_REFUSED))
		*ARENA_PUSH(&cli->arena, &report->unanswered) = row;
}

static int by_suggested_down(const void *a, const void *b)
{
	const struct article_sum *x = a, *y = b;

	if (x->suggested != y->suggested)
		return x->suggested > y->suggested ? -1 : 1;
	return strcmp(x->article, y->article);
}

static void make_report(struct cli *cli, const struct suggestion_rows *rows, struct kb_numbers *report)
{
	const char **questions;

	for (size_t i = 0; i < rows->count; i++)
		count_row(cli, report, &rows->at[i]);
	if (report->articles.count)
		qsort(report->articles.at, report->articles.count, sizeof *report->articles.at, by_suggested_down);
	questions = ARENA_ARRAY(&cli->arena, const char *, report->unanswered.count + 1);
	for (size_t i = 0; i < report->unanswered.count; i++)
		questions[i] = report->unanswered.at[i]->question;
	kb_group(&cli->arena, questions, report->unanswered.count, &report->groups);
}

static int64_t deflected(const struct kb_numbers *report)
{
	return report->acknowledged.solved + report->held.solved;
}

/* The subject; without one, how the text begins. */
static const char *subject_of(struct cli *cli, const struct suggestion_row *row)
{
	const char *at = row->question + strspn(row->question, "\n ");

	return arena_copy(&cli->arena, at, strcspn(at, "\n"));
}

/* ---- JSON ---- */

static void shown_as_json(struct json *json, const char *key, const struct shown *shown)
{
	json_object(json, key);
	json_number(json, "shown", shown->all);
	json_number(json, "solved", shown->solved);
	json_number(json, "refused", shown->refused);
	json_number(json, "returned", shown->returned);
	json_number(json, "taken", shown->taken);
	json_number(json, "silent", shown->silent);
	json_number(json, "no_word", shown->waiting);
	json_object_end(json);
}

static void group_as_json(struct cli *cli, struct json *json, const struct kb_numbers *report, const struct kb_group *group)
{
	json_object(json, NULL);
	json_number(json, "count", (int64_t)group->count);
	json_strings(json, "words", &group->words);
	json_string(json, "example", subject_of(cli, report->unanswered.at[group->at[0]]));
	json_array(json, "tickets");
	for (size_t i = 0; i < group->count; i++)
		json_number(json, NULL, report->unanswered.at[group->at[i]]->ticket);
	json_array_end(json);
	json_object_end(json);
}

static void report_as_json(struct cli *cli, const struct kb_numbers *report)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_time(&json, "since", report->since);
	json_number(&json, "asked", report->asked);
	json_number(&json, "nothing", report->nothing);
	shown_as_json(&json, "acknowledged", &report->acknowledged);
	shown_as_json(&json, "held", &report->held);
	json_number(&json, "deflected", deflected(report));
	if (report->asked)
		json_real(&json, "deflection_rate", (double)deflected(report) / (double)report->asked);
	else
		json_null(&json, "deflection_rate");
	json_array(&json, "articles");
	for (size_t i = 0; i < report->articles.count; i++) {
		const struct article_sum *sum = &report->articles.at[i];

		json_object(&json, NULL);
		json_string(&json, "article", sum->article);
		json_string(&json, "title", sum->title);
		json_number(&json, "suggested", sum->suggested);
		json_number(&json, "first", sum->first);
		json_number(&json, "solved", sum->solved);
		json_number(&json, "refused", sum->refused);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_array(&json, "unanswered");
	for (size_t i = 0; i < report->groups.count; i++)
		group_as_json(cli, &json, report, &report->groups.at[i]);
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

/* ---- words ---- */

static const char *of(struct cli *cli, int64_t part, int64_t all)
{
	return arena_printf(&cli->arena, "%lld of %lld (%.0f %%)", (long long)part, (long long)all, all ? 100 * (double)part / (double)all : 0);
}

static void add_if(struct buffer *out, int64_t number, const char *what)
{
	if (number)
		buffer_printf(out, ", %lld %s", (long long)number, what);
}

static void shown_as_words(struct cli *cli, const char *what, const struct shown *shown, const char *waiting)
{
	if (!shown->all)
		return;
	buffer_printf(&cli->out, "Solved by an article: %s %s", of(cli, shown->solved, shown->all), what);
	add_if(&cli->out, shown->refused, "still needed help");
	add_if(&cli->out, shown->returned, "came back after \"solved\"");
	add_if(&cli->out, shown->taken, "were taken by an agent");
	add_if(&cli->out, shown->silent, "never answered");
	add_if(&cli->out, shown->waiting, waiting);
	buffer_add_string(&cli->out, ".\n");
}

static void articles_as_table(struct cli *cli, const struct kb_numbers *report)
{
	static const struct cli_column columns[] = { { "article", false, true, false }, { "title", false, true, false }, { "suggested", true, false, false },
	                                             { "first", true, false, false }, { "solved", true, false, false }, { "refused", true, false, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };

	for (size_t i = 0; i < report->articles.count; i++) {
		const struct article_sum *sum = &report->articles.at[i];
		const int64_t numbers[] = { sum->suggested, sum->first, sum->solved, sum->refused };

		cli_table_cell(cli, &table, sum->article);
		cli_table_cell(cli, &table, sum->title);
		for (size_t k = 0; k < COUNT_OF(numbers); k++)
			cli_table_cell(cli, &table, arena_printf(&cli->arena, "%lld", (long long)numbers[k]));
	}
	buffer_add_char(&cli->out, '\n');
	cli_table_print(cli, &table);
}

static const char *tickets_of(struct cli *cli, const struct kb_numbers *report, const struct kb_group *group)
{
	struct strings numbers = { NULL, 0 };

	for (size_t i = 0; i < group->count && i < TICKETS; i++)
		strings_add(&cli->arena, &numbers, arena_printf(&cli->arena, "%lld", (long long)report->unanswered.at[group->at[i]]->ticket));
	return arena_printf(&cli->arena, "%s%s", cli_join(&cli->arena, &numbers, " "), group->count > TICKETS ? " ..." : "");
}

static void groups_as_table(struct cli *cli, const struct kb_numbers *report)
{
	static const struct cli_column columns[] = { { "requests", true, false, false }, { "about", false, true, false }, { "for example", false, true, false },
	                                             { "tickets", false, true, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	size_t told = report->groups.count < GROUPS ? report->groups.count : GROUPS;

	for (size_t i = 0; i < told; i++) {
		const struct kb_group *group = &report->groups.at[i];

		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%zu", group->count));
		cli_table_cell(cli, &table, cli_join(&cli->arena, &group->words, ", "));
		cli_table_cell(cli, &table, subject_of(cli, report->unanswered.at[group->at[0]]));
		cli_table_cell(cli, &table, tickets_of(cli, report, group));
	}
	buffer_printf(&cli->out, "\nNo article answered %zu requests. Articles worth writing:\n\n", report->unanswered.count);
	cli_table_print(cli, &table);
	if (told < report->groups.count)
		buffer_printf(&cli->out, "... and %zu more, see --json\n", report->groups.count - told);
}

static void report_as_words(struct cli *cli, const struct kb_numbers *report)
{
	buffer_printf(&cli->out, "Since %s the articles were asked about %lld requests.\n", cli_time(&cli->arena, report->since), (long long)report->asked);
	if (!report->asked)
		return;
	buffer_printf(&cli->out, "Nothing was good enough to be shown: %s.\n", of(cli, report->nothing, report->asked));
	shown_as_words(cli, "shown with the acknowledgement", &report->acknowledged, "said nothing to it");
	shown_as_words(cli, "held", &report->held, "have not answered yet");
	buffer_printf(&cli->out, "Deflected: %s.\n", of(cli, deflected(report), report->asked));
	if (report->articles.count)
		articles_as_table(cli, report);
	if (report->groups.count)
		groups_as_table(cli, report);
}

enum status cli_run_kb_report(struct cli *cli, struct error *error)
{
	struct kb_numbers report = { .asked = 0 };
	struct suggestion_rows rows;
	enum status status;

	if ((status = cli_need_config(cli, error)) != STATUS_OK ||
	    (status = cli_since(cli->option[O_SINCE] ? cli->option[O_SINCE] : "30d", cli->config->zone, clock_now(), &report.since, error)) != STATUS_OK ||
	    (status = cli_need_store(cli, false, error)) != STATUS_OK ||
	    (status = store_suggestions_since(cli->store, &cli->arena, report.since, &rows, error)) != STATUS_OK)
		return status;
	make_report(cli, &rows, &report);
	if (cli->json)
		report_as_json(cli, &report);
	else
		report_as_words(cli, &report);
	return STATUS_OK;
}
