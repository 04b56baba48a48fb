/*
 * cli_acts.c - all commands of the command line: those of cli_commands.c, and what agents' mails can do to a ticket.
 *
 * An act of the desk's table (desk_command_table.c) that cli_commands.c has no row for is "ticket NAME" by itself, with the words of that table.
 */
#include "cli_private.h"

#include <ctype.h>
#include <string.h>

struct commands { struct cli_command *at; size_t count; };

static bool has_row(const char *name)
{
	for (const struct cli_command *command = cli_commands; command->name; command++)
		if (!strcmp(command->name, name))
			return true;
	return false;
}

static const char *upper(struct arena *arena, const char *word)
{
	char *name = arena_string(arena, word);

	for (char *at = name; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return name;
}

/* A field's argument bears its name, whatever words it takes: those are what is said of the command. */
static struct cli_command row_of(struct arena *arena, const struct desk_command *act, const char *name, const struct cli_command *as)
{
	const struct desk_field *field = desk_command_field(act);
	struct cli_command row = *as;

	row.name = name;
	row.least = row.most = act->argument ? 2 : 1;
	row.synopsis = !act->argument ? "N" : arena_printf(arena, "N %s", field ? upper(arena, act->name) : act->argument);
	row.summary = field && field->words ? field->wanted : act->help[0];
	return row;
}

static void add_other_acts(struct arena *arena, struct commands *all, const struct cli_command *as)
{
	const struct desk_command *act;

	for (size_t i = 0; (act = desk_command_at(i)); i++) {
		const char *name = arena_printf(arena, "ticket %s", desk_command_line_name(act));

		if (*desk_command_line_name(act) && !has_row(name))
			*ARENA_PUSH(arena, all) = row_of(arena, act, name, as);
	}
}

const struct cli_command *cli_all_commands(struct arena *arena)
{
	struct commands all = { NULL, 0 };

	for (const struct cli_command *command = cli_commands; command->name; command++)
		if (!strcmp(command->name, CLI_OTHER_ACTS))
			add_other_acts(arena, &all, command);
		else
			*ARENA_PUSH(arena, &all) = *command;
	*ARENA_PUSH(arena, &all) = (struct cli_command){ .name = NULL };
	return all.at;
}
