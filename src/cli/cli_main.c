/*
 * cli_main.c - `sportello`: reads the command line by the tables of cli_commands.c, runs one command, prints, exits.
 *
 * Options may stand anywhere before "--". Standard output gets the command's result and nothing else; an error is one
 * sentence on standard error. Exit codes are those of sysexits(3): 0, 64 usage, 65 bad input, 66 no such thing, 70 broken,
 * 74 output failed, 75 try later, 77 not allowed, 78 configuration.
 */
#include "cli_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#ifndef SPORTELLO_VERSION
#define SPORTELLO_VERSION ""
#endif

static enum status set_option(struct cli *cli, const struct cli_option_row *row, const char *value)
{
	if (row->option == O_TO)
		strings_add(&cli->arena, &cli->to, value);
	strings_add(&cli->arena, &cli->all[row->option], value);
	cli->option[row->option] = value;
	return STATUS_OK;
}

static const struct cli_option_row *option_named(const char *name, size_t length)
{
	for (const struct cli_option_row *row = cli_options; row->name; row++)
		if (strlen(row->name) == length && !memcmp(row->name, name, length))
			return row;
	return NULL;
}

/* "--name", "--name=value", "--name value", "-cFILE", "-c FILE", "-h". */
static enum status take_option(struct cli *cli, char **arguments, int *at, struct error *error)
{
	const char *word = arguments[*at], *value = NULL;
	const struct cli_option_row *row;

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");

		row = option_named(word + 2, length);
		value = word[2 + length] ? word + 3 + length : NULL;
	} else {
		row = word[1] == 'c' ? option_named("config", 6) : word[1] == 'h' ? option_named("help", 4) : NULL;
		value = word[2] ? word + 2 : NULL;
	}
	if (!row)
		return error_set(error, STATUS_USAGE, "there is no option \"%s\"; see sportello --help", word);
	if (!row->value && value)
		return error_set(error, STATUS_USAGE, "--%s takes no value", row->name);
	if (row->value && !value && !(value = arguments[++*at]))
		return error_set(error, STATUS_USAGE, "--%s needs a value: --%s %s", row->name, row->name, row->value);
	return set_option(cli, row, value ? value : "");
}

static enum status read_arguments(struct cli *cli, int count, char **arguments, struct error *error)
{
	bool options = true;

	cli->words = ARENA_ARRAY(&cli->arena, const char *, (size_t)count + 1);
	for (int i = 1; i < count; i++) {
		enum status status = STATUS_OK;

		if (options && !strcmp(arguments[i], "--"))
			options = false;
		else if (options && arguments[i][0] == '-' && arguments[i][1] && !query_is_term(arguments[i]))
			status = take_option(cli, arguments, &i, error);
		else
			cli->words[cli->count++] = arguments[i];
		if (status != STATUS_OK)
			return status;
	}
	cli->json = cli->option[O_JSON] != NULL;
	return STATUS_OK;
}

/* "tikcet list": the closest first word, or the closest second one of its group. */
static enum status unknown_command(struct cli *cli, struct error *error)
{
	const char *best = NULL;

	for (const struct cli_command *command = cli->commands; command->name; command++)
		if (command->summary)
			best = text_closest(cli->words[0], best, arena_copy(&cli->arena, command->name, strcspn(command->name, " ")));
	return error_set(error, STATUS_USAGE, best ? "there is no command \"%s\"; did you mean \"%s\"?" : "there is no command \"%s\"; see sportello --help%s", cli->words[0],
	                 best ? best : "");
}

static enum status unknown_in_group(struct cli *cli, struct error *error)
{
	size_t length = strlen(cli->words[0]);
	const char *best = NULL;

	if (cli->count < 2)
		return error_set(error, STATUS_USAGE, "%s what? see sportello help %s", cli->words[0], cli->words[0]);
	for (const struct cli_command *command = cli->commands; command->name; command++)
		if (!strncmp(command->name, cli->words[0], length) && command->name[length] == ' ')
			best = text_closest(cli->words[1], best, command->name + length + 1);
	if (best)
		return error_set(error, STATUS_USAGE, "there is no command \"%s %s\"; did you mean \"%s %s\"?", cli->words[0], cli->words[1], cli->words[0], best);
	return error_set(error, STATUS_USAGE, "there is no command \"%s %s\"; see sportello help %s", cli->words[0], cli->words[1], cli->words[0]);
}

/* Finds the command and leaves the words behind it. */
static enum status find_command(struct cli *cli, struct error *error)
{
	for (const struct cli_command *command = cli->commands; command->name; command++) {
		const char *blank = strchr(command->name, ' ');
		size_t length = blank ? (size_t)(blank - command->name) : strlen(command->name), own = blank ? 2 : 1;

		if (cli->count < own || strlen(cli->words[0]) != length || memcmp(cli->words[0], command->name, length))
			continue;
		if (blank && strcmp(cli->words[1], blank + 1))
			continue;
		cli->command = command;
		cli->words += own;
		cli->count -= own;
		return STATUS_OK;
	}
	for (const struct cli_command *command = cli->commands; command->name; command++)
		if (!strncmp(command->name, cli->words[0], strlen(cli->words[0])) && command->name[strlen(cli->words[0])] == ' ')
			return unknown_in_group(cli, error);
	return unknown_command(cli, error);
}

static uint64_t many_of(const struct cli_command *command)
{
	const struct cli_many *row = cli_many;

	while (row->command && strcmp(row->command, command->name) != 0)
		row++;
	return row->options;
}

static enum status check_usage(struct cli *cli, struct error *error)
{
	const struct cli_command *command = cli->command;

	for (const struct cli_option_row *row = cli_options; row->name; row++)
		if (row->option > O_VERSION && cli->option[row->option] && !(command->options & OPT(row->option)))
			return error_set(error, STATUS_USAGE, "%s knows no option --%s; see sportello help %s", command->name, row->name, command->name);
	for (const struct cli_option_row *row = cli_options; row->name; row++)
		if (row->value && cli->all[row->option].count > 1 && !(many_of(command) & OPT(row->option)))
			return error_set(error, STATUS_USAGE, "--%s is given twice", row->name);
	int words = (int)cli->count + (cli->option[O_WHERE] && cli->command->options & OPT(O_YES));   /* --where stands for the number */
	if (words < command->least || (command->most >= 0 && words > command->most))
		return error_set(error, STATUS_USAGE, "usage: sportello %s %s", command->name, command->synopsis);
	return STATUS_OK;
}

static enum status run(struct cli *cli, int count, char **arguments, struct error *error)
{
	enum status status = read_arguments(cli, count, arguments, error);

	if (status != STATUS_OK)
		return status;
	if (cli->option[O_VERSION]) {
		buffer_printf(&cli->out, "sportello %s\n", SPORTELLO_VERSION);
		return STATUS_OK;
	}
	if (cli->option[O_HELP] && !cli->count)
		return cli_run_help(cli, error);
	if (!cli->count)
		return error_set(error, STATUS_USAGE, "no command; see sportello --help");
	if ((status = find_command(cli, error)) != STATUS_OK)
		return status;
	if (cli->option[O_HELP]) {
		cli_help_command(&cli->out, cli->command);
		return STATUS_OK;
	}
	if ((status = check_usage(cli, error)) != STATUS_OK)
		return status;
	return cli->command->run(cli, error);
}


int main(int count, char **arguments)
{
	struct cli cli = { .exit_code = EX_OK };
	struct error error = { .status = STATUS_OK };
	enum status status;

	cli_output_keep();
	log_set_level(LOG_ERROR);
	mail_init();
	arena_init(&cli.arena);
	buffer_init(&cli.out);
	cli.commands = cli_all_commands(&cli.arena);
	status = run(&cli, count, arguments, &error);
	if (status != STATUS_OK) {
		cli_warn("%s", error.text);
		cli.exit_code = status_exit_code(status);
	} else if (!cli_flush(&cli) && !cli_seen_enough()) {
		cli_warn("standard output: %s", strerror(errno));
		cli.exit_code = EX_IOERR;
	}
	cli_output_end();
	gateway_learned_unref(&cli.learned);
	if (cli.store)
		store_close(&cli.store);
	if (cli.rules)
		rules_unref(&cli.rules);
	config_unref(&cli.config);
	buffer_fini(&cli.out);
	arena_fini(&cli.arena);
	return cli.exit_code;
}
