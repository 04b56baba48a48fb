/*
 * cli_open.c - what most commands begin with: configuration, store and keys, numbers, the text on standard input.
 *
 * A wrong configuration shows all its errors, as `sportello check` does, and ends the command with 78.
 * May not change anything; a database is only made where the caller says so.
 * Diagnostics: "there is no database in DIR yet" (66): no mail came in so far, or desk.state_dir is another one.
 */
#include "cli_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES ((size_t)1024 * 1024)

void cli_warn(const char *format, ...)
{
	CLEANUP_ARENA struct arena arena;
	const char *line;
	va_list arguments;

	arena_init(&arena);
	va_start(arguments, format);
	line = cli_safe(&arena, arena_vprintf(&arena, format, arguments), false);
	va_end(arguments);
	fprintf(stderr, "sportello: %s\n", line);
}

static void warn_problem(const struct config_problem *problem)
{
	cli_warn("%s:%d: %s%s%s", problem->file, problem->line, problem->key, *problem->key ? ": " : "", problem->text);
}

const char *cli_config_file(const struct cli *cli)
{
	const char *named = getenv("SPORTELLO_CONFIG");

	return cli->option[O_CONFIG] ? cli->option[O_CONFIG] : named && *named ? named : CLI_CONFIG_FILE;
}

enum status cli_need_config(struct cli *cli, struct error *error)
{
	const char *file = cli_config_file(cli);
	struct config_problems problems;
	size_t wrong = 0;

	if (cli->config)
		return STATUS_OK;
	if (config_load(file, &cli->arena, &cli->config, &problems) == STATUS_OK) {
		cli->policy = cli->config->policy;
		log_set_addresses((enum log_addresses)cli->config->log_addresses);
		return STATUS_OK;
	}
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.at[i].warning) {
			warn_problem(&problems.at[i]);
			wrong++;
		}
	return error_set(error, STATUS_BAD_CONFIG, "%s: %zu error%s in the configuration; correct %s, then run sportello check", file, wrong,
	                 wrong == 1 ? "" : "s", wrong == 1 ? "it" : "them");
}

enum status cli_need_rules(struct cli *cli, struct error *error)
{
	struct config_problems problems = { NULL, 0 };
	enum status status = cli_need_config(cli, error);

	if (status != STATUS_OK || (status = rules_init(error)) != STATUS_OK)
		return status;
	if (rules_load(cli->config, &cli->arena, &problems, &cli->rules) == STATUS_OK)
		return STATUS_OK;
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.at[i].warning)
			warn_problem(&problems.at[i]);
	return error_set(error, STATUS_BAD_CONFIG, "the rules cannot be used; correct them, then run sportello rules lint");
}

enum status cli_need_store(struct cli *cli, bool create, struct error *error)
{
	enum status status = cli_need_config(cli, error);

	if (status != STATUS_OK || cli->store)
		return status;
	if (!create && store_missing(cli->config->state_dir, cli->config->store_url))
		return error_set(error, STATUS_NOT_FOUND, "there is no database in %s yet; start sportellod, or look at desk.state_dir in %s",
		                 cli->config->state_dir, cli->config->file);
	status = store_open(cli->config->state_dir, cli->config->store_url, create, &cli->store, error);
	if (status == STATUS_OK)
		status = store_keys(cli->config->state_dir, create, &cli->policy.keys, error);
	return status;
}

enum status cli_book(struct cli *cli, struct promise_book **book, struct error *error)
{
	enum status status = STATUS_OK;

	if (!cli->book) {
		*book = ARENA_NEW(&cli->arena, struct promise_book);
		if ((status = gateway_book_read(cli->config, cli->store, &cli->arena, *book, error)) == STATUS_OK)
			cli->book = *book;
	}
	*book = cli->book;
	return status;
}

/* "12", "#12", "[#12]". */
enum status cli_number(const char *text, const char *what, int64_t *number, struct error *error)
{
	const char *digits = text + strspn(text, "[#");
	char *end;

	errno = 0;
	*number = strtoll(digits, &end, 10);
	if (errno || end == digits || end[strspn(end, "]")] || *digits < '0' || *digits > '9' || *number < 1)
		return error_set(error, STATUS_USAGE, "\"%s\" is no number of %s", text, what);
	return STATUS_OK;
}

enum status cli_limit(struct cli *cli, size_t *limit, struct error *error)
{
	int64_t number = 0;

	if (cli->option[O_LIMIT] && cli_number(cli->option[O_LIMIT], "results, for --limit", &number, error) != STATUS_OK)
		return STATUS_USAGE;
	*limit = (size_t)number;
	return STATUS_OK;
}

static enum status read_input(struct buffer *text, struct error *error)
{
	char piece[16384];

	for (;;) {
		ssize_t got = read(STDIN_FILENO, piece, sizeof piece);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (got < 0 && errno == EBADF))
			return STATUS_OK;
		if (got < 0)
			return error_set(error, STATUS_BAD_INPUT, "standard input: %s", strerror(errno));
		if (text->length + (size_t)got > TEXT_BYTES)
			return error_set(error, STATUS_BAD_INPUT, "the text on standard input is longer than %zu bytes", TEXT_BYTES);
		buffer_add(text, piece, (size_t)got);
	}
}

enum status cli_text(struct cli *cli, bool needed, const char **text, struct error *error)
{
	CLEANUP_BUFFER struct buffer input;
	bool terminal = isatty(STDIN_FILENO);
	enum status status;
	char *clean;
	size_t length;

	buffer_init(&input);
	*text = "";
	if (cli->option[O_NO_TEXT] || (terminal && !needed))
		return STATUS_OK;
	if (terminal)
		fputs("Type the text; end it with Control-D on a line of its own.\n", stderr);
	if ((status = read_input(&input, error)) != STATUS_OK)
		return status;
	if (input.length && !utf8_valid(input.at, input.length))
		return error_set(error, STATUS_BAD_INPUT, "the text on standard input is not UTF-8; convert it first, for example with iconv(1)");
	clean = utf8_clean(&cli->arena, input.length ? input.at : "", input.length);
	for (length = strlen(clean); length && strchr(" \t\n", clean[length - 1]); length--)
		clean[length - 1] = '\0';
	*text = clean + strspn(clean, "\n");
	if (needed && !**text)
		return error_set(error, STATUS_BAD_INPUT, "no text; give it on standard input");
	return STATUS_OK;
}

static const char *ours_among(const struct cli *cli, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (desk_address_is_ours(&cli->policy, list->at[i].address))
			return list->at[i].address;
	return NULL;
}

const char *cli_recipient(struct cli *cli, const struct mail *mail)
{
	const char *found = cli->option[O_RCPT];

	if (!found)
		found = ours_among(cli, &mail->to);
	if (!found)
		found = ours_among(cli, &mail->cc);
	for (size_t i = 0; !found && i < mail->delivered_to.count; i++)
		if (desk_address_is_ours(&cli->policy, mail->delivered_to.at[i]))
			found = mail->delivered_to.at[i];
	return found ? found : cli->policy.queues.at[0].address;
}
