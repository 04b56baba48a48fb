/*
 * cli_help.c - `sportello --help`, `sportello help COMMAND`: made from the table of commands that cli_main.c has.
 *
 * For a person at a terminal; the whole story is sportello(1). May not know a command by name.
 */
#include "cli_private.h"

#include <string.h>

static const struct cli_option_row *row_of(enum cli_option option)
{
	const struct cli_option_row *row = cli_options;

	while (row->name && row->option != option)
		row++;
	return row;
}

static void add_option(struct buffer *out, enum cli_option option)
{
	const struct cli_option_row *row = row_of(option);

	if (row->name)
		buffer_printf(out, " [--%s%s%s]", row->name, row->value ? " " : "", row->value ? row->value : "");
}

static void add_usage(struct buffer *out, const struct cli_command *command)
{
	buffer_printf(out, "%s%s%s", command->name, *command->synopsis ? " " : "", command->synopsis);
	for (int option = O_VERSION + 1; option < O_COUNT; option++)
		if (command->options & OPT(option))
			add_option(out, (enum cli_option)option);
}

#define COLUMNS 80                                /* where no terminal says how many */

static int columns(void)
{
	return cli_columns() ? cli_columns() : COLUMNS;
}

/* A name, and what is said of it beside it, or below, where the name is long. */
static void add_row(struct buffer *out, const char *name, int width, const char *text)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *lead = arena_printf(&arena, "  %-*s  ", width, ""), *first = arena_printf(&arena, "  %-*s  ", width, name);

	if (cli_width(name) > width)
		buffer_printf(out, "  %s\n", name);
	cli_wrap(out, text, columns(), cli_width(name) > width ? lead : first, lead);
}

void cli_help(struct buffer *out, const struct cli_command *commands)
{
	CLEANUP_BUFFER struct buffer usage;

	buffer_init(&usage);
	buffer_add_string(out, "usage: sportello [-c FILE] [--json] COMMAND ...\n\n");
	for (const struct cli_command *command = commands; command->name; command++) {
		if (!command->summary)
			continue;
		buffer_reset(&usage);
		buffer_printf(&usage, "%s%s%s", command->name, *command->synopsis ? " " : "", command->synopsis);
		add_row(out, buffer_string(&usage), 30, command->summary);
	}
	buffer_add_string(out, "\nsportello help COMMAND tells its options; sportello(1) tells all, with examples.\n");
}

void cli_help_command(struct buffer *out, const struct cli_command *command)
{
	CLEANUP_BUFFER struct buffer usage;

	buffer_init(&usage);
	add_usage(&usage, command);
	cli_wrap(out, buffer_string(&usage), columns(), "usage: sportello [-c FILE] [--json] ", "       ");
	buffer_add_char(out, '\n');
	if (command->summary)
		cli_wrap(out, command->summary, columns(), "", "");
	if (*command->details)
		cli_wrap(out, command->details, columns(), "", "");
	buffer_add_char(out, '\n');
	for (int option = 0; option < O_COUNT; option++) {
		const struct cli_option_row *row = row_of((enum cli_option)option);
		CLEANUP_BUFFER struct buffer name;

		buffer_init(&name);
		if (option > O_JSON && !(command->options & OPT(option)))
			continue;
		buffer_printf(&name, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
		add_row(out, buffer_string(&name), 24, row->text);
	}
}

enum status cli_run_help(struct cli *cli, struct error *error)
{
	size_t found = 0;
	const char *name = cli->count == 0 ? "" : cli->count == 1 ? cli->words[0] : arena_printf(&cli->arena, "%s %s", cli->words[0], cli->words[1]);
	size_t length = strlen(name);

	if (!length) {
		cli_help(&cli->out, cli->commands);
		return STATUS_OK;
	}
	for (const struct cli_command *command = cli->commands; command->name; command++) {
		bool group = !strncmp(command->name, name, length) && command->name[length] == ' ';

		if (strcmp(command->name, name) && !group)
			continue;
		if (found++)
			buffer_add_char(&cli->out, '\n');
		cli_help_command(&cli->out, command);
	}
	return found ? STATUS_OK : error_set(error, STATUS_USAGE, "there is no command \"%s\"; see sportello --help", name);
}
