/*
 * cli_kb.c - `kb list`, `kb ask`, `kb lint`: the articles of kb_dir, what they would answer, and what is wrong with them.
 *
 * Reads the folder itself, so that it works while no daemon runs, and stores nothing. `kb ask --file` is the bench of the ranking: one
 * question a line gives one JSON object a line, also for an empty one.
 * Diagnostics of `kb lint` are "file:line: text" on standard error; ends with 65 if one of it is an error, no mere warning.
 */
#include "cli_private.h"

#include "kb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define BETWEEN " \xE2\x80\xA2 "             /* subject and text, in one line */
#define QUESTION_BYTES (64 * 1024)

static enum status open_kb(struct cli *cli, struct kb **kb, struct kb_problems *problems, struct error *error)
{
	enum status status = cli_need_config(cli, error);

	*kb = NULL;
	return status == STATUS_OK ? kb_open(cli->config->kb_dir, kb, &cli->arena, problems, error) : status;
}

static void say_problems(struct cli *cli, const struct kb_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct kb_problem *problem = &problems->at[i];
		const char *line = problem->line ? arena_printf(&cli->arena, ":%d", problem->line) : "";

		fprintf(stderr, "%s\n", cli_safe(&cli->arena, arena_printf(&cli->arena, "%s%s: %s%s", problem->file, line, problem->warning ? "warning: " : "", problem->text), false));
	}
}

/* ---- list ---- */

static void list_as_json(struct cli *cli, const struct kb_articles *articles)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < articles->count; i++) {
		const struct kb_article *article = &articles->at[i];

		json_object(&json, NULL);
		json_string(&json, "article", article->id);
		json_string(&json, "language", *article->language ? article->language : NULL);
		json_string(&json, "title", article->title);
		json_string(&json, "file", article->file);
		json_strings(&json, "keywords", &article->keywords);
		json_strings(&json, "queues", &article->queues);
		json_bool(&json, "hidden", article->hidden);
		json_time(&json, "changed", article->changed);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void list_as_table(struct cli *cli, const struct kb_articles *articles)
{
	static const struct cli_column columns[] = { { "article", false, true, false }, { "language", false, false, false }, { "title", false, true, false },
	                                             { "queues", false, true, false }, { "changed", false, false, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };

	for (size_t i = 0; i < articles->count; i++) {
		const struct kb_article *article = &articles->at[i];

		cli_table_cell(cli, &table, article->id);
		cli_table_cell(cli, &table, article->language);
		cli_table_cell(cli, &table, article->title);
		cli_table_cell(cli, &table, article->hidden ? "(hidden)" : article->queues.count ? cli_join(&cli->arena, &article->queues, ", ") : "all");
		cli_table_cell(cli, &table, cli_age(&cli->arena, article->changed));
	}
	cli_table_print(cli, &table);
}

enum status cli_run_kb_list(struct cli *cli, struct error *error)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb_articles articles;
	struct kb *kb;
	enum status status = open_kb(cli, &kb, &problems, error);

	if (status != STATUS_OK)
		return status;
	kb_list(kb, &cli->arena, &articles);
	if (cli->json)
		list_as_json(cli, &articles);
	else {
		say_problems(cli, &problems);
		list_as_table(cli, &articles);
	}
	kb_close(&kb);
	return STATUS_OK;
}

/* ---- ask ---- */

static void json_scores(struct json *json, const char *key, const struct kb_scores *scores)
{
	json_array(json, key);
	for (size_t i = 0; i < scores->count; i++) {
		json_object(json, NULL);
		json_string(json, "article", scores->at[i].article);
		json_string(json, "title", scores->at[i].title);
		if (*scores->at[i].excerpt)
			json_string(json, "excerpt", scores->at[i].excerpt);
		json_real(json, "score", scores->at[i].score);
		json_object_end(json);
	}
	json_array_end(json);
}

static void answer_as_json(struct buffer *out, const struct kb_answer *answer)
{
	struct json json;

	json_init(&json, out);
	json_object(&json, NULL);
	json_scores(&json, "suggest", &answer->suggest);
	json_scores(&json, "ranking", &answer->ranking);
	json_real(&json, "confidence", answer->confidence);
	json_real(&json, "threshold", answer->threshold);
	json_string(&json, "language", *answer->language ? answer->language : NULL);
	json_object_end(&json);
	buffer_add_char(out, '\n');
}

static void answer_as_text(struct cli *cli, const struct kb_answer *answer)
{
	const struct kb_scores *scores = answer->suggest.count ? &answer->suggest : &answer->ranking;

	if (!scores->count)
		buffer_add_string(&cli->out, "No article has anything to do with it.\n");
	else if (!answer->suggest.count)
		buffer_printf(&cli->out, "Nothing would be suggested: %.2f sure, and %.2f are needed. The nearest:\n\n", answer->confidence, answer->threshold);
	for (size_t i = 0; i < scores->count; i++) {
		buffer_printf(&cli->out, "%.2f  %s  %s\n", scores->at[i].score, cli_safe(&cli->arena, scores->at[i].article, false), cli_safe(&cli->arena, scores->at[i].title, false));
		if (*scores->at[i].excerpt)
			buffer_printf(&cli->out, "      %s\n", cli_safe(&cli->arena, scores->at[i].excerpt, false));
	}
}

static void ask(struct cli *cli, struct kb *kb, const char *line, struct arena *arena, struct kb_answer *answer)
{
	const char *between = strstr(line, BETWEEN);
	struct kb_question question = { .text = line, .queue = cli->option[O_QUEUE] };

	if (between) {
		question.subject = arena_copy(arena, line, (size_t)(between - line));
		question.text = between + strlen(BETWEEN);
	}
	kb_suggest(kb, &question, arena, answer);
}

static enum status open_lines(const char *path, FILE **file, struct error *error)
{
	*file = !strcmp(path, "-") ? stdin : fopen(path, "re");
	return *file ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
}

/* The next line, as clean text; NULL at the end. */
static const char *next_line(FILE *file, struct arena *arena)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, file);
	const char *clean = NULL;

	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	if (length >= 0)
		clean = utf8_clean(arena, line, length > QUESTION_BYTES ? QUESTION_BYTES : (size_t)length);
	free(line);
	return clean;
}

static enum status ask_file(struct cli *cli, struct kb *kb, struct error *error)
{
	CLEANUP_ARENA struct arena arena;
	struct kb_answer answer;
	const char *line;
	FILE *file;

	arena_init(&arena);
	if (open_lines(cli->option[O_FILE], &file, error) != STATUS_OK)
		return STATUS_NOT_FOUND;
	while ((line = next_line(file, &arena))) {
		ask(cli, kb, line, &arena, &answer);
		answer_as_json(&cli->out, &answer);
		arena_reset(&arena);
		if (!cli_flush(cli))
			break;
	}
	if (file != stdin)
		fclose(file);
	return STATUS_OK;
}

static enum status learn_file(struct cli *cli, struct kb *kb, struct error *error)
{
	struct { struct kb_feedback *at; size_t count; } all = { NULL, 0 };
	const char *line;
	FILE *file;

	if (open_lines(cli->option[O_FEEDBACK], &file, error) != STATUS_OK)
		return STATUS_NOT_FOUND;
	while ((line = next_line(file, &cli->arena))) {
		const char *tab = strchr(line, '\t');
		struct kb_feedback *feedback;

		if (!tab)
			continue;
		feedback = ARENA_PUSH(&cli->arena, &all);
		feedback->question = arena_copy(&cli->arena, line, (size_t)(tab - line));
		feedback->article = arena_copy(&cli->arena, tab + 1, strcspn(tab + 1, "\t"));
		feedback->solved = true;
	}
	if (file != stdin)
		fclose(file);
	kb_learn(kb, all.at, all.count, true);
	return STATUS_OK;
}

static enum status answer_all(struct cli *cli, struct kb *kb, struct error *error)
{
	struct kb_answer answer;
	enum status status = cli->option[O_FEEDBACK] ? learn_file(cli, kb, error) : STATUS_OK;

	if (status != STATUS_OK || cli->option[O_FILE])
		return status == STATUS_OK ? ask_file(cli, kb, error) : status;
	ask(cli, kb, cli->words[0], &cli->arena, &answer);
	if (cli->json)
		answer_as_json(&cli->out, &answer);
	else
		answer_as_text(cli, &answer);
	return STATUS_OK;
}

enum status cli_run_kb_ask(struct cli *cli, struct error *error)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb *kb;
	enum status status;

	if ((cli->count == 0) == !cli->option[O_FILE])
		return error_set(error, STATUS_USAGE, "give one question, or --file with one a line");
	if ((status = open_kb(cli, &kb, &problems, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < problems.count; i++)      /* the folder itself; `kb lint` says the rest */
		if (!strcmp(problems.at[i].file, cli->config->kb_dir))
			cli_warn("%s: %s", problems.at[i].file, problems.at[i].text);
	status = answer_all(cli, kb, error);
	kb_close(&kb);
	return status;
}

/* ---- lint ---- */

static void problems_as_json(struct cli *cli, const struct kb_problems *problems)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < problems->count; i++) {
		json_object(&json, NULL);
		json_string(&json, "file", problems->at[i].file);
		json_number(&json, "line", problems->at[i].line);
		json_string(&json, "text", problems->at[i].text);
		json_bool(&json, "warning", problems->at[i].warning);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_kb_lint(struct cli *cli, struct error *error)
{
	struct kb_problems problems = { NULL, 0 };
	struct kb *kb;
	enum status status = open_kb(cli, &kb, &problems, error);

	if (status != STATUS_OK)
		return status;
	kb_lint(kb, &cli->arena, &problems);
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.at[i].warning)
			cli->exit_code = EX_DATAERR;
	if (cli->json)
		problems_as_json(cli, &problems);
	else {
		say_problems(cli, &problems);
		if (!problems.count)
			buffer_add_string(&cli->out, "nothing to say: the articles are fine\n");
	}
	kb_close(&kb);
	return STATUS_OK;
}
