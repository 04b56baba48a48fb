/*
 * desk_command.c - slash commands on the first lines of an agent's mail; which there are says desk_command_table.c.
 *
 * Commands stand on the first lines; the first line that is no command begins the words. One wrong command spoils the whole mail:
 * nothing of it is done, the agent is told what was wrong, so that nothing half-meant reaches a customer. A path like "/etc/passwd is
 * wrong" on the first lines is a command to us, too, and is asked back for: better than sending it half-read.
 * Below the words no command is carried out. But nobody who writes /note there wants the mail sent: it makes the whole a note. Any other
 * command there is asked back for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"
#include "limits.h"

#define UNIT(letter, seconds) case letter: return (seconds)
static int64_t unit_seconds(char letter)
{
	switch (letter) {
	UNIT('m', 60); UNIT('h', 3600); UNIT('d', 86400); UNIT('w', 7 * 86400);
	default: return 0;
	}
}

/* "2026-11-25" or "2026-11-25T09:00[:00][Z]", UTC. */
static int64_t parse_date(const char *words)
{
	int year, month, day, hour = 9, minute = 0, used = 0;
	if (sscanf(words, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3)
		return 0;
	if (words[used] == 'T' || words[used] == ' ')
		sscanf(words + used + 1, "%2d:%2d", &hour, &minute);
	if (year < 2000 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return 0;
	return (desk_day_number(year, month, day) * 86400 + hour * 3600 + minute * 60) * 1000;
}

int64_t desk_parse_until(const char *words, int64_t now)
{
	char *end;
	long count = strtol(words, &end, 10);
	if (end != words && count > 0 && count < 10000 && unit_seconds(*end) && !end[1])
		return now + count * unit_seconds(*end) * 1000;
	if (text_equal_nocase(words, "tomorrow"))
		return now + 86400000;
	int64_t until = parse_date(words);
	return until > now ? until : 0;
}

/* Mail programs make links of addresses: "anna@example.com <mailto:anna@example.com>". */
static const char *address_in(struct arena *arena, const char *text)
{
	const char *open = strchr(text, '<'), *start = open ? open + 1 : text;
	if (text_starts_nocase(start, "mailto:"))
		start += strlen("mailto:");
	return text_lower(arena, arena_copy(arena, start, strcspn(start, "<> \t")));
}

static const char *check_argument(struct arena *arena, const struct desk_policy *policy, int64_t now, const struct desk_agent *writer,
                                  struct action *action)
{
	const char *argument = action->argument;
	switch (action->kind) {
	case ACTION_ASSIGN:
		if (writer && text_equal_nocase(argument, "me") && !desk_agent_named(policy, argument))
			action->argument = argument = writer->name;
		return desk_agent_named(policy, argument) ? NULL : arena_printf(arena, "there is no agent \"%s\"", argument);
	case ACTION_QUEUE:
		return desk_queue_named(policy, argument) ? NULL : arena_printf(arena, "there is no queue \"%s\"", argument);
	case ACTION_CC: case ACTION_UNCC:
		action->argument = address_in(arena, argument);
		return mail_address_usable(action->argument) ? NULL : arena_printf(arena, "\"%s\" is no address", argument);
	case ACTION_PEND:
		action->until = desk_parse_until(argument, now);
		return action->until ? NULL : arena_printf(arena, "\"%s\" is no time to come: write 3d, 2h, 1w, tomorrow or 2026-11-25", argument);
	case ACTION_MERGE: {
		char *end;
		const char *digits = *argument == '#' ? argument + 1 : argument;
		action->until = strtoll(digits, &end, 10);
		return action->until > 0 && !*end ? NULL : arena_printf(arena, "\"%s\" is no ticket number: write /merge 7", argument);
	}
	case ACTION_SET_FIELD:
		action->argument = desk_field_kept(action->field, argument);
		return action->argument ? NULL : arena_printf(arena, "\"%s\" is no %s: %s", argument, action->field->name, action->field->wanted);
	default:
		return NULL;
	}
}

/* One line that begins with '/'. NULL: done. */
static const char *take_command(struct arena *arena, const struct desk_policy *policy, char *line, int64_t now, struct agent_words *words)
{
	size_t length = strcspn(line + 1, " \t");
	if (words->actions.count >= LIMIT_COMMANDS)
		return arena_printf(arena, "there are more than %d commands: send the others in a mail of their own", LIMIT_COMMANDS);
	const struct desk_command *command = desk_command_named(line + 1, length);
	if (!command)
		return arena_printf(arena, "\"/%.*s\" is not a command", (int)(length > 40 ? 40 : length), line + 1);
	const char *argument = text_trim(line + 1 + length);
	if (command->argument && !*argument)
		return arena_printf(arena, "/%s needs a word behind it: %s", command->name, desk_command_usage(arena, command));
	if (!command->argument && *argument)
		return arena_printf(arena, "/%s stands alone on its line, but \"%s\" follows", command->name, argument);
	if (command->kind == ACTION_NOTE || command->kind == ACTION_REPLY) {
		words->note |= command->kind == ACTION_NOTE;
		words->send |= command->kind == ACTION_REPLY;
		return NULL;
	}
	struct action action = {.kind = command->kind, .field = desk_command_field(command), .argument = argument, .text = "", .to = "", .subject = "", .trace = ""};
	const char *problem = check_argument(arena, policy, now, words->agent, &action);
	if (!problem)
		*ARENA_PUSH(arena, &words->actions) = action;
	return problem;
}

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

/* Of the lines below the first words: "/note" is taken out and makes a note of all. NULL: no other command stands there; where one does beside
 * it, that may be a list of commands that a mail program made unlike ours, and the writer is asked. */
static const char *commands_below(struct arena *arena, struct agent_words *words)
{
	CLEANUP_BUFFER struct buffer out;
	const char *problem = NULL;
	bool was = words->note;
	buffer_init(&out);
	for (const char *at = words->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t length = strcspn(at, "\n");
		const char *argument = "";
		const struct desk_command *command = memchr(at, '/', length) ? command_below(seen_line(arena, at, length), &argument) : NULL;
		bool note = command && command->kind == ACTION_NOTE;
		words->note |= note;
		if (!(note && !*argument))
			buffer_printf(&out, "%.*s\n", (int)length, at);
		if (command && !note && !problem)
			problem = arena_printf(arena, "/%s stands below your words: commands are carried out on the first lines only", command->name);
	}
	words->text = text_trim(arena_string(arena, buffer_string(&out)));
	return was ? NULL : problem;
}

bool desk_commands(struct arena *arena, const struct desk_policy *policy, const char *text, int64_t now,
                   struct agent_words *words, const char **problem)
{
	*problem = NULL;
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = seen_line(arena, text, length);
		if (*line && *line != '/')
			break;
		if (*line && (*problem = take_command(arena, policy, line, now, words)))
			return false;
		text += length + (text[length] == '\n');
	}
	words->text = words_of(arena, text);
	return !(*problem = commands_below(arena, words));
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
