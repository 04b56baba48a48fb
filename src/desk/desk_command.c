/*
 * desk_command.c - slash commands on the first lines of an agent's mail; which there are says desk_command_table.c.
 *
 * Commands stand on the first lines; the first line that is no command begins the words. One wrong command spoils the whole mail:
 * nothing of it is done, the agent is told what was wrong with each line, so that nothing half-meant reaches a customer. A path like "/etc/passwd is
 * wrong" on the first lines is a command to us, too, and is asked back for: better than sending it half-read.
 * Below the words no command is carried out. But nobody who writes /note there wants the mail sent: it makes the whole a note. Any other
 * command there is asked back for. A ticket's number may stand directly behind a command: "/assign #12 me".
 */
#include <string.h>

#include "desk_private.h"
#include "limits.h"

#define SHOWN_BYTES 80                           /* of a wrong line, as it is named */

static bool is_wide_blank(uint32_t code)
{
	return code == 0xA0 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

static bool shows_nothing(uint32_t code)
{
	return utf8_steers(code) || code == 0xAD || (code >= 0x200B && code <= 0x200D) || (code >= 0x2060 && code <= 0x206F);
}

/* A line as its writer sees it: mail programs put blanks that are none of ASCII into empty lines, and characters that show nothing. */
static char *seen_line(struct arena *arena, const char *text, size_t length)
{
	char *line = arena_copy(arena, text, length), *to = line;
	for (size_t i = 0, size; i < length; i += size) {
		uint32_t code = ' ';
		if (!(size = utf8_decode(text + i, length - i, &code)))
			size = 1;
		if (is_wide_blank(code) || code == '\t' || code == '\r')
			*to++ = ' ';
		else if (!shows_nothing(code)) {
			memcpy(to, text + i, size);
			to += size;
		}
	}
	*to = '\0';
	return text_trim(line);
}

/* Nothing but what nobody sees: no words. */
static const char *words_of(struct arena *arena, const char *text)
{
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (*seen_line(arena, at, strcspn(at, "\n")))
			return text_trim(arena_string(arena, at));
	return "";
}

/* "/assign #12 me": which command, the ticket named behind it, and the rest of the line. */
struct command_line { const struct desk_command *command; const char *name; size_t length; int64_t ticket; const char *rest; };

static void read_line(const char *line, struct command_line *read)
{
	const char *word = line + 1 + strcspn(line + 1, " \t");
	*read = (struct command_line){.name = line + 1, .length = (size_t)(word - line - 1)};
	read->command = desk_command_named(read->name, read->length);
	word += strspn(word, " \t");
	size_t length = strcspn(word, " \t");
	const char *rest = word + length + strspn(word + length, " \t");
	unsigned what = read->command ? read->command->what : 0;
	bool is_argument = read->command && read->command->kind == ACTION_MERGE && !*rest;
	bool bare = what & (COMMAND_ARGUMENT_IS_TICKET | COMMAND_BARE_NUMBER) || (read->command && !read->command->argument && !(what & COMMAND_OF_NO_TICKET));
	if (!is_argument && !(what & COMMAND_OF_NO_TICKET))
		read->ticket = desk_ticket_number(word, length, bare);
	read->rest = read->ticket ? rest : word;
}

/* What a line of nothing but a command would be, without the marks of a program that writes bold letters as stars, and without a dot
 * behind it. NULL: it is none. */
static const struct desk_command *command_below(char *line, const char **argument)
{
	char *end = line + strlen(line);
	while (*line && strchr("*_`", *line))
		line++;
	while (end > line && strchr("*_`.:;,!", end[-1]))
		*--end = '\0';
	if (*line != '/')
		return NULL;
	size_t length = strcspn(line + 1, " ");
	*argument = text_trim(line + 1 + length);
	return desk_command_named(line + 1, length);
}

/* What is wrong with the line itself; NULL: nothing. */
static const char *line_problem(struct decision *d, const struct command_line *read, size_t count)
{
	const char *language = d->language ? d->language : "en";
	const struct desk_command *command = read->command;
	if (strlen(read->name) > LIMIT_COMMAND_LINE)
		return desk_sentence(d->arena, language, SAY_LONG_LINE, arena_printf(d->arena, "%d", LIMIT_COMMAND_LINE), NULL, NULL);
	if (count >= LIMIT_COMMANDS)
		return desk_sentence(d->arena, language, SAY_TOO_MANY, arena_printf(d->arena, "%d", LIMIT_COMMANDS), NULL, NULL);
	if (!command)
		return desk_sentence(d->arena, language, SAY_NO_COMMAND, arena_copy(d->arena, read->name, read->length > 40 ? 40 : read->length), NULL, NULL);
	bool takes_word = command->argument && !(command->what & COMMAND_ARGUMENT_IS_TICKET);
	if (takes_word && !*read->rest && !(command->what & COMMAND_MAY_STAND_ALONE))
		return desk_sentence(d->arena, language, SAY_NEEDS_WORD, command->name, desk_command_usage(d->arena, command), NULL);
	if (!takes_word && *read->rest)
		return desk_sentence(d->arena, language, command->argument ? SAY_NO_NUMBER : SAY_ALONE, command->argument ? read->rest : command->name,
		                     command->argument ? command->name : read->rest, NULL);
	return NULL;
}

static size_t asked(const struct agent_words *words)
{
	size_t count = 0;
	for (size_t i = 0; i < words->actions.count; i++)
		count += (desk_command_of(words->actions.at[i].kind, words->actions.at[i].field)->what & COMMAND_TELLS) != 0;
	return count;
}

/* One line that begins with '/'. NULL: done. */
static const char *take_command(struct decision *d, const char *line, struct agent_words *words)
{
	struct command_line read;
	read_line(line, &read);
	const struct desk_command *command = read.command;
	const char *problem = line_problem(d, &read, words->actions.count);
	if (problem)
		return problem;
	if (command->what & COMMAND_TELLS && asked(words) >= LIMIT_ASKED)
		return desk_sentence(d->arena, d->language ? d->language : "en", SAY_ASKED_OFTEN, arena_printf(d->arena, "%d", LIMIT_ASKED), NULL, NULL);
	if (command->kind == ACTION_NOTE || command->kind == ACTION_REPLY) {
		words->note |= command->kind == ACTION_NOTE;
		words->send |= command->kind == ACTION_REPLY;
		if (command->kind == ACTION_NOTE && read.ticket)
			words->note_ticket = read.ticket;
		return NULL;
	}
	struct action action = {.kind = command->kind, .field = desk_command_field(command), .argument = read.rest, .text = "", .to = "", .subject = "", .trace = "",
	                        .ticket = read.ticket, .line = utf8_cut(d->arena, line, SHOWN_BYTES)};
	problem = desk_check_argument(d, command, words->agent, &action);
	if (!problem)
		*ARENA_PUSH(d->arena, &words->actions) = action;
	return problem;
}

/* Of the lines below the first words: "/note" is taken out and makes a note of all. NULL: no other command stands there; where one does beside
 * it, that may be a list of commands that a mail program made unlike ours, and the writer is asked. */
static const char *commands_below(struct decision *d, struct agent_words *words)
{
	CLEANUP_BUFFER struct buffer out;
	const char *problem = NULL;
	bool was = words->note;
	buffer_init(&out);
	for (const char *at = words->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t length = strcspn(at, "\n");
		const char *argument = "";
		const struct desk_command *command = memchr(at, '/', length) ? command_below(seen_line(d->arena, at, length), &argument) : NULL;
		bool note = command && command->kind == ACTION_NOTE;
		words->note |= note;
		if (!(note && !*argument))
			buffer_printf(&out, "%.*s\n", (int)length, at);
		if (command && !note && !problem)
			problem = desk_sentence(d->arena, d->language ? d->language : "en", SAY_BELOW, command->name, NULL, NULL);
	}
	words->text = text_trim(arena_string(d->arena, buffer_string(&out)));
	return was ? NULL : problem;
}

/* A sentence that does not name the command has the line before it. */
static void add_problem(struct decision *d, const char **all, const char *line, const char *problem)
{
	bool named = strstr(problem, arena_copy(d->arena, line, strcspn(line, " ")));
	const char *one = named ? problem : arena_printf(d->arena, "%s: %s", utf8_cut(d->arena, line, SHOWN_BYTES), problem);
	*all = *all ? arena_printf(d->arena, "%s\n%s", *all, one) : one;
}

bool desk_commands(struct decision *d, const char *text, struct agent_words *words, const char **problem)
{
	size_t wrong = 0;
	*problem = NULL;
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = seen_line(d->arena, text, length);
		if (*line && *line != '/')
			break;
		const char *bad = *line && wrong < LIMIT_COMMANDS ? take_command(d, line, words) : NULL;
		if (bad)
			add_problem(d, problem, line, bad), wrong++;
		text += length + (text[length] == '\n');
	}
	words->text = words_of(d->arena, text);
	const char *below = *problem ? NULL : commands_below(d, words);
	if (below)
		*problem = below;
	return !*problem;
}

bool desk_begins_with_command(struct arena *arena, const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *line = seen_line(arena, text, strcspn(text, "\n"));
		if (*line)
			return line[0] == '/' && ((line[1] >= 'a' && line[1] <= 'z') || (line[1] >= 'A' && line[1] <= 'Z'));
	}
	return false;
}

bool desk_asks_to_send(struct arena *arena, const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *line = seen_line(arena, text, strcspn(text, "\n"));
		if (text_equal_nocase(line, "/send"))
			return true;
		if (*line && *line != '/')
			return false;
	}
	return false;
}

void desk_command_tickets(struct arena *arena, const char *text, struct numbers *tickets, bool *past)
{
	for (int lines = 0; lines < LIMIT_COMMANDS && *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *line = seen_line(arena, text, strcspn(text, "\n"));
		struct command_line read;
		if (!*line)
			continue;
		if (*line != '/')
			return;
		read_line(line, &read);
		int64_t into = read.command && read.command->kind == ACTION_MERGE ? desk_ticket_number(read.rest, strlen(read.rest), true) : 0;
		if (into)
			*ARENA_PUSH(arena, tickets) = into;
		if (read.ticket)
			*ARENA_PUSH(arena, tickets) = read.ticket;
		*past |= into || read.ticket || (read.command && (read.command->kind == ACTION_UNDO || read.command->kind == ACTION_ASK));
		lines++;
	}
}

static bool is_on_first_lines(struct arena *arena, const char *text, const char *const *commands, size_t count)
{
	for (int lines = 0; lines < LIMIT_COMMANDS && *text; text += strcspn(text, "\n"), text += *text == '\n', lines++) {
		const char *line = seen_line(arena, text, strcspn(text, "\n"));
		if (*line && *line != '/')
			return false;
		size_t length = strcspn(line, " ");
		for (size_t i = 0; i < count; i++)
			if (strlen(commands[i]) == length && strncasecmp(line, commands[i], length) == 0)
				return true;
	}
	return false;
}

bool desk_asks_for_saved(struct arena *arena, const char *text)
{
	static const char *const commands[] = {"/use", "/send"};
	return is_on_first_lines(arena, text, commands, COUNT_OF(commands));
}

bool desk_asks_third_party(struct arena *arena, const char *text)
{
	static const char *const commands[] = {"/ask"};
	return is_on_first_lines(arena, text, commands, COUNT_OF(commands));
}
