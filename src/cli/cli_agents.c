/*
 * cli_agents.c - the hidden `agents-mdoc`: the commands of agents' mails, as they stand in sportello-agents(7), made from the desk's table.
 *
 * tests/blackbox/test_terminal.py compares the page with it, so that the manual cannot lack a command.
 */
#include "cli_private.h"

static void add_words(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			buffer_add_char(out, '\\');
		buffer_add_char(out, *text);
	}
}

enum status cli_run_agents_mdoc(struct cli *cli, struct error *error)
{
	const struct desk_command *command;

	(void)error;
	buffer_add_string(&cli->out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; (command = desk_command_at(i)); i++) {
		buffer_printf(&cli->out, ".It Cm /%s", command->name);
		if (command->argument) {
			buffer_add_string(&cli->out, " Ar ");
			add_words(&cli->out, command->argument);
		}
		buffer_add_char(&cli->out, '\n');
		add_words(&cli->out, command->help[0]);
		buffer_add_string(&cli->out, ".\n");
	}
	buffer_add_string(&cli->out, ".El\n");
	return STATUS_OK;
}
