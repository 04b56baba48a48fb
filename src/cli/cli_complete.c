/*
 * cli_complete.c - what may come next on a command line, for the shells: commands, options, and what is in their places: tickets, queues, agents.
 *
 * `sportello complete -- WORDS` (hidden) is given the words so far, the last of which is being written, and says a candidate a line, behind a tab what
 * it is; ":files" where a file is meant. All of it comes from the table of commands: the synopsis of a command names what stands where. The
 * scripts of `sportello completion SHELL` do nothing but ask. May not complain: what cannot be known is not offered.
 */
#include "cli_private.h"

#include <string.h>

#define TICKETS 100                              /* that are offered: the newest of those that are open */

struct asking {
	struct cli *cli;
	const char **before; size_t count;       /* the words that are there, without options */
	const char *current;                     /* the one that is being written */
	const struct cli_command *command;       /* NULL: not named yet */
	size_t own;                              /* words of its name */
};

static void offer(struct asking *asking, const char *word, const char *text)
{
	struct arena *arena = &asking->cli->arena;

	if (strncmp(word, asking->current, strlen(asking->current)) == 0)
		buffer_printf(&asking->cli->out, "%s\t%s\n", cli_safe(arena, word, false), cli_safe(arena, text ? text : "", false));
}

static void offer_choices(struct asking *asking, const char *choices)
{
	for (size_t length; *choices; choices += length + (choices[length] == '|')) {
		length = strcspn(choices, "|");
		offer(asking, arena_copy(&asking->cli->arena, choices, length), "");
	}
}

/* ---- what the desk has ---- */

static bool desk_known(struct asking *asking)
{
	struct error error;

	return cli_need_config(asking->cli, &error) == STATUS_OK;
}

static void offer_queues(struct asking *asking)
{
	for (size_t i = 0; desk_known(asking) && i < asking->cli->policy.queues.count; i++)
		offer(asking, asking->cli->policy.queues.at[i].name, asking->cli->policy.queues.at[i].description);
}

static void offer_agents(struct asking *asking)
{
	for (size_t i = 0; desk_known(asking) && i < asking->cli->policy.agents.count; i++)
		offer(asking, asking->cli->policy.agents.at[i].name, asking->cli->policy.agents.at[i].display);
}

static void offer_calendars(struct asking *asking)
{
	for (size_t i = 0; desk_known(asking) && i < asking->cli->config->calendars.count; i++)
		offer(asking, asking->cli->config->calendars.at[i].name, "");
}

static void offer_replies(struct asking *asking)
{
	struct saved_replies replies = { 0 };

	if (desk_known(asking))
		config_replies(asking->cli->config, &asking->cli->arena, &replies, NULL);
	for (size_t i = 0; i < replies.count; i++)
		offer(asking, replies.at[i].name, replies.at[i].title);
}

static void offer_keys(struct asking *asking)
{
	struct store_keyring ring = { .count = 0 };
	struct error error;

	if (!desk_known(asking) || store_keyring(asking->cli->config->state_dir, &ring, &error) != STATUS_OK)
		return;
	for (size_t i = 0; i < ring.count; i++)
		offer(asking, ring.at[i].id, i ? "verifies" : "signs");
	offer(asking, "all", "");
}

static void offer_tickets(struct asking *asking)
{
	static const char *const states[] = { "new", "open", "pending" };
	struct arena *arena = &asking->cli->arena;
	struct query query = { .words = "" };
	struct ticket_rows rows = { NULL, 0 };
	struct error error;

	for (size_t i = 0; i < COUNT_OF(states); i++)
		query_add(arena, &query, QUERY_STATE, states[i]);
	if (cli_need_store(asking->cli, false, &error) != STATUS_OK
	    || store_tickets(asking->cli->store, arena, &query, clock_now(), TICKETS, &rows, &error) != STATUS_OK)
		return;
	for (size_t i = 0; i < rows.count; i++)
		offer(asking, arena_printf(arena, "%lld", (long long)rows.at[i].facts.id), rows.at[i].facts.subject);
}

/* ---- places ---- */

/* "queue:", and behind it the queues. */
static void offer_query(struct asking *asking)
{
	const char *colon = strchr(asking->current, ':');
	struct asking inner = *asking;
	CLEANUP_BUFFER struct buffer found = { 0 };

	if (!colon) {
		for (int key = 0; key < QUERY_KEYS; key++)
			offer(asking, arena_printf(&asking->cli->arena, "%s:", query_key_name((enum query_key)key)), "");
		return;
	}
	size_t before = asking->cli->out.length, length = (size_t)(colon - asking->current) + 1;

	inner.current = colon + 1;
	if (!strncmp(asking->current, "queue:", 6))
		offer_queues(&inner);
	else if (!strncmp(asking->current, "agent:", 6)) {
		offer_agents(&inner);
		offer(&inner, "none", "");
	} else if (!strncmp(asking->current, "state:", 6))
		offer_choices(&inner, "new|open|pending|held|resolved|closed|expired");
	else if (!strncmp(asking->current, "priority:", 9))
		offer_choices(&inner, "low|normal|high|urgent");
	else if (!strncmp(asking->current, "waiting:", 8))
		offer_choices(&inner, "us|them");
	/* Each with its key before it. */
	buffer_add(&found, asking->cli->out.at + before, asking->cli->out.length - before);
	asking->cli->out.length = before;
	for (const char *line = buffer_string(&found); *line; line += strcspn(line, "\n") + 1)
		buffer_printf(&asking->cli->out, "%.*s%.*s\n", (int)length, asking->current, (int)strcspn(line, "\n"), line);
}

static void offer_files(struct asking *asking)
{
	buffer_add_string(&asking->cli->out, ":files\n");
}

static void offer_commands(struct asking *asking);

/* What a word of a synopsis, or the value of an option, stands for. */
static const struct { const char *word; void (*offer)(struct asking *asking); } places[] = {
	{ "N", offer_tickets }, { "INTO", offer_tickets }, { "AGENT", offer_agents }, { "QUEUE", offer_queues }, { "FILE", offer_files },
	{ "NAME", offer_replies }, { "KEY", offer_keys }, { "QUERY", offer_query }, { "COMMAND", offer_commands },
};

static void offer_place(struct asking *asking, const char *place)
{
	const char *name = place + strspn(place, "[");
	size_t length = strcspn(name, ".]|");

	if (asking->command && !strncmp(asking->command->name, "calendar ", 9) && !strncmp(name, "NAME", 4)) {
		offer_calendars(asking);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (strlen(places[i].word) == length && !strncmp(places[i].word, name, length)) {
			places[i].offer(asking);
			return;
		}
	if (strchr(name, '|'))
		offer_choices(asking, name);
}

/* A field of tickets that takes certain words: "ticket priority N PRIORITY". */
static bool offer_field(struct asking *asking)
{
	const struct desk_field *field = !strncmp(asking->command->name, "ticket ", 7) ? desk_field_asked(asking->command->name + 7) : NULL;

	if (!field || !field->words || asking->count != asking->own + 1)
		return false;
	for (size_t i = 0; i < field->count; i++)
		offer(asking, field->words[i], "");
	return true;
}

/* The word of the synopsis that stands there; the last one goes on where it ends with dots. */
static void offer_words(struct asking *asking)
{
	const char *at = asking->command->synopsis, *place = NULL;

	for (size_t i = asking->own; *at; i++) {
		size_t length = strcspn(at, " ");

		place = arena_copy(&asking->cli->arena, at, length);
		if (i == asking->count)
			break;
		at += length + (at[length] == ' ');
		if (!strstr(place, "..."))
			place = NULL;
	}
	if (strstr(asking->command->synopsis, "[QUERY]"))
		place = "QUERY";
	if (!strcmp(asking->command->synopsis, "[COMMAND]"))
		place = "COMMAND";
	if (!offer_field(asking) && place)
		offer_place(asking, place);
}

/* ---- commands and options ---- */

static void offer_commands(struct asking *asking)
{
	struct strings said = { NULL, 0 };
	size_t first = asking->command ? asking->own : 0;       /* behind `help` */
	const char *group = asking->count > first ? asking->before[first] : NULL;

	for (const struct cli_command *command = asking->cli->commands; command->name; command++) {
		size_t length = strcspn(command->name, " ");
		const char *word = arena_copy(&asking->cli->arena, command->name, length);

		if (!command->summary)
			continue;
		if (group && !strcmp(group, word) && command->name[length])
			offer(asking, command->name + length + 1, command->summary);
		if (group || strings_have(&said, word))
			continue;
		strings_add(&asking->cli->arena, &said, word);
		offer(asking, word, command->name[length] ? "" : command->summary);
	}
}

static const struct cli_option_row *option_of(const char *word)
{
	for (const struct cli_option_row *row = cli_options; row->name; row++)
		if ((!strncmp(word, "--", 2) && !strcmp(row->name, word + 2)) || (row->option == O_CONFIG && !strcmp(word, "-c")))
			return row;
	return NULL;
}

static void offer_options(struct asking *asking)
{
	for (const struct cli_option_row *row = cli_options; row->name; row++)
		if (row->option <= O_VERSION || (asking->command && asking->command->options & OPT(row->option)))
			offer(asking, arena_printf(&asking->cli->arena, "--%s", row->name), row->text);
}

static void offer_value(struct asking *asking, const struct cli_option_row *row)
{
	switch (row->option) {
	case O_STATE: offer_choices(asking, "new|open|pending|held|resolved|closed|expired"); break;
	case O_WAITING: offer_choices(asking, "customer|third-party|ourselves"); break;
	case O_POSTFIX: offer_choices(asking, "here|none"); break;
	case O_WEB: offer_choices(asking, "nginx|caddy|apache|none"); break;
	case O_WHERE: offer_query(asking); break;
	default: offer_place(asking, row->value);
	}
}

/* The command that the words name, if they do. */
static void find_command(struct asking *asking)
{
	for (const struct cli_command *command = asking->cli->commands; command->name; command++) {
		const char *blank = strchr(command->name, ' ');
		size_t length = blank ? (size_t)(blank - command->name) : strlen(command->name), own = blank ? 2 : 1;

		if (asking->count < own || strlen(asking->before[0]) != length || strncmp(command->name, asking->before[0], length) != 0
		    || (blank && strcmp(blank + 1, asking->before[1]) != 0))
			continue;
		asking->command = command;
		asking->own = own;
		return;
	}
}

enum status cli_run_complete(struct cli *cli, struct error *error)
{
	struct asking asking = { .cli = cli, .before = ARENA_ARRAY(&cli->arena, const char *, cli->count + 1), .current = cli->count ? cli->words[cli->count - 1] : "" };
	const struct cli_option_row *open = NULL;        /* an option that waits for its value */

	(void)error;
	for (size_t i = 0; i + 1 < cli->count; i++) {
		const struct cli_option_row *row = open ? NULL : option_of(cli->words[i]);

		if (open && open->option == O_CONFIG)
			cli->option[O_CONFIG] = cli->words[i];
		else if (!open && !row && cli->words[i][0] != '-')
			asking.before[asking.count++] = cli->words[i];
		open = row && row->value ? row : NULL;
	}
	find_command(&asking);
	if (open)
		offer_value(&asking, open);
	else if (asking.current[0] == '-')
		offer_options(&asking);
	else if (asking.command)
		offer_words(&asking);
	else
		offer_commands(&asking);
	return STATUS_OK;
}

/* ---- the scripts ---- */

static const struct { const char *shell, *script; } scripts[] = {
	{ "bash",
	  "# Completion of sportello for bash, made by `sportello completion bash`.\n"
	  "_sportello() {\n"
	  "\tlocal line=${COMP_LINE:0:COMP_POINT} word text current cut\n"
	  "\tlocal -a words found shown\n"
	  "\tread -ra words <<<\"$line\"\n"
	  "\t[[ $line == *[[:space:]] ]] && words+=(\"\")\n"
	  "\tcurrent=${words[-1]}\n"
	  "\tcut=${current%\"${current##*[:=]}\"}\n"
	  "\tCOMPREPLY=()\n"
	  "\twhile IFS=$'\\t' read -r word text; do\n"
	  "\t\tif [[ $word == :files ]]; then compopt -o default; return; fi\n"
	  "\t\t[[ $word == *: ]] && compopt -o nospace\n"
	  "\t\tfound+=(\"${word#\"$cut\"}\")\n"
	  "\t\tshown+=(\"${word#\"$cut\"}${text:+  ($text)}\")\n"
	  "\tdone < <(\"${words[0]}\" complete -- \"${words[@]:1}\" 2>/dev/null)\n"
	  "\t# What a number stands for is said where there is a choice.\n"
	  "\tif [[ ${#found[@]} -gt 1 && ${found[0]} == [0-9]* ]]; then COMPREPLY=(\"${shown[@]}\"); else COMPREPLY=(\"${found[@]}\"); fi\n"
	  "}\n"
	  "complete -o nosort -F _sportello sportello\n" },
	{ "zsh",
	  "#compdef sportello\n"
	  "# Completion of sportello for zsh, made by `sportello completion zsh`.\n"
	  "_sportello() {\n"
	  "\tlocal -a lines found\n"
	  "\tlocal line\n"
	  "\tlines=(\"${(@f)$(\"${words[1]}\" complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
	  "\t[[ -n $lines[1] ]] || return 1\n"
	  "\tif [[ $lines[1] == :files ]]; then _files; return; fi\n"
	  "\tfor line in $lines; do found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\"); done\n"
	  "\t_describe -V sportello found\n"
	  "}\n"
	  "if [[ $funcstack[1] == _sportello ]]; then _sportello \"$@\"; else compdef _sportello sportello; fi\n" },
	{ "fish",
	  "# Completion of sportello for fish, made by `sportello completion fish`.\n"
	  "function __sportello_complete\n"
	  "\tset -l words (commandline -opc)\n"
	  "\tset -l current (commandline -ct)\n"
	  "\tset -l lines (command $words[1] complete -- $words[2..-1] \"$current\" 2>/dev/null)\n"
	  "\tif test \"$lines[1]\" = :files\n"
	  "\t\t__fish_complete_path \"$current\"\n"
	  "\telse\n"
	  "\t\tprintf '%s\\n' $lines\n"
	  "\tend\n"
	  "end\n"
	  "complete -c sportello -f -k -a '(__sportello_complete)'\n" },
};

enum status cli_run_completion(struct cli *cli, struct error *error)
{
	for (size_t i = 0; i < COUNT_OF(scripts); i++)
		if (!strcmp(cli->words[0], scripts[i].shell)) {
			buffer_add_string(&cli->out, scripts[i].script);
			return STATUS_OK;
		}
	return error_set(error, STATUS_USAGE, "there is no completion for \"%s\"; bash, zsh and fish have one", cli->words[0]);
}
