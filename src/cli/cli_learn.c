/*
 * cli_learn.c - `learn try`: learns from one file, guesses the lines of another, stores nothing.
 *
 * A line is "label TAB text", the oldest first; in the file of classes "label TAB description". Prints one JSON object for each line of the
 * test file, in order, with the label that routing would give, how sure it is, and whether it would route. The labels of
 * the test file are not looked at. An empty training file is fine if there are classes: then nothing is ever routed.
 * Diagnostics: file:line of a line without a TAB (65), a file that cannot be read (66).
 */
#include "cli_private.h"
#include "learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES ((size_t)1024 * 1024 * 1024)
#define FLUSH_BYTES ((size_t)256 * 1024)

struct lines { struct line { const char *label, *text; } *at; size_t count; };

/* need_label: a line without a TAB is an error; else it is a text. Empty lines count only in the test file. */
static enum status read_lines(struct cli *cli, const char *path, bool need_label, struct lines *lines, struct error *error)
{
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	enum status status = file_read_all(path, FILE_BYTES, &bytes, error);
	char *at = status == STATUS_OK ? utf8_clean(&cli->arena, bytes.at ? bytes.at : "", bytes.length) : NULL;

	for (int number = 1; at && *at; number++) {
		char *next = strchr(at, '\n'), *tab;

		if (next)
			*next++ = '\0';
		tab = strchr(at, '\t');
		if (tab)
			*tab++ = '\0';
		else if (need_label && *at)
			return error_set(error, STATUS_BAD_INPUT, "%s:%d: there must be a label, a TAB and a text", path, number);
		if (tab || *at || !need_label)
			*ARENA_PUSH(&cli->arena, lines) = (struct line){ tab ? at : "", tab ? tab : at };
		at = next;
	}
	return status;
}

static enum status read_precision(struct cli *cli, double *precision, struct error *error)
{
	const char *text = cli->option[O_PRECISION];
	char *end;

	*precision = 0.95;
	if (!text)
		return STATUS_OK;
	*precision = strtod(text, &end);
	if (*end || end == text || !(*precision >= 0.5 && *precision <= 0.999))
		return error_set(error, STATUS_USAGE, "--precision is a number from 0.5 to 0.999, such as 0.95, not \"%s\"", text);
	return STATUS_OK;
}

static enum status train(struct cli *cli, struct learn_model **model, struct error *error)
{
	struct lines texts = { 0 }, classes = { 0 };
	struct learn_input input = { 0 };
	struct learn_text *text;
	struct learn_class *class;
	enum status status = read_precision(cli, &input.precision, error);

	if (status == STATUS_OK)
		status = read_lines(cli, cli->option[O_TRAIN], true, &texts, error);
	if (status == STATUS_OK && cli->option[O_CLASSES])
		status = read_lines(cli, cli->option[O_CLASSES], true, &classes, error);
	if (status != STATUS_OK)
		return status;
	text = ARENA_ARRAY(&cli->arena, struct learn_text, texts.count + 1);
	class = ARENA_ARRAY(&cli->arena, struct learn_class, classes.count + 1);
	for (size_t i = 0; i < texts.count; i++)
		text[i] = (struct learn_text){ .label = texts.at[i].label, .text = texts.at[i].text };
	for (size_t i = 0; i < classes.count; i++)
		class[i] = (struct learn_class){ classes.at[i].label, classes.at[i].text };
	input.texts = text;
	input.text_count = texts.count;
	input.classes = class;
	input.class_count = classes.count;
	return learn_train(&input, model, error);
}

static void print_guess(struct cli *cli, const struct learn_model *model, const char *text)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct learn_guess guess;
	struct json json;

	learn_predict(model, &arena, text, LEARN_REASONS_NEVER, &guess);
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "label", guess.label);
	json_real(&json, "confidence", floor(guess.confidence * 1e4) / 1e4);     /* never more sure than it is */
	json_bool(&json, "routed", guess.routed);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_learn_try(struct cli *cli, struct error *error)
{
	struct learn_model *model = NULL;
	struct lines tests = { 0 };
	enum status status;

	if (!cli->option[O_TRAIN] || !cli->option[O_TEST])
		return error_set(error, STATUS_USAGE, "usage: sportello learn try --train FILE --test FILE [--classes FILE] [--precision P]");
	status = read_lines(cli, cli->option[O_TEST], false, &tests, error);
	if (status == STATUS_OK)
		status = train(cli, &model, error);
	for (size_t i = 0; status == STATUS_OK && i < tests.count; i++) {
		print_guess(cli, model, tests.at[i].text);
		if (cli->out.length > FLUSH_BYTES && !cli_flush(cli))
			break;
	}
	learn_free(&model);
	return status;
}
