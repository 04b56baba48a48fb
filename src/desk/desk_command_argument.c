/*
 * desk_command_argument.c - what stands behind a command of an agent's mail: is it what the command takes?
 *
 * Mail programs make links of addresses, and people write "me". What is taken is put into the action as the desk keeps it. Whether it can be done
 * says desk_action.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"
#include "limits.h"
#include "query.h"

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

int64_t desk_ticket_number(const char *word, size_t length, bool bare)
{
	int64_t number = 0;
	if (length && *word == '#')
		word++, length--;
	else if (!bare)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (word[i] < '0' || word[i] > '9' || i > 14)
			return 0;
		number = number * 10 + (word[i] - '0');
	}
	return number;
}

/* The codes of ISO 639-1. */
static bool is_language(const char *code)
{
	static const char all[] = " aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff"
		" fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky"
		" la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa"
		" sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";
	char word[5] = {' ', code[0], code[0] ? code[1] : '\0', ' ', '\0'};
	return strlen(code) == 2 && strstr(all, word);
}

/* Words in quotes are one term of a query, and looked for one by one all the same. */
static bool has_many_words(const char *words)
{
	size_t count = 0;
	for (const char *at = words; *at; at += strcspn(at, " "), at += strspn(at, " "))
		count++;
	return count > LIMIT_QUERY_TERMS;
}

static const char *say(struct decision *d, enum sentence which, const char *one, const char *two, const char *three)
{
	return desk_sentence(d->arena, d->language ? d->language : "en", which, one, two, three);
}

static const char *many_words(struct decision *d)
{
	return say(d, SAY_MANY_WORDS, arena_printf(d->arena, "%d", LIMIT_QUERY_TERMS), NULL, NULL);
}

static const char *check_query(struct decision *d, const char *text)
{
	struct query query;
	struct error error;
	struct arena *arena = d->arena;
	const char *problem = NULL;
	if (query_read(arena, text, &query, &error) != STATUS_OK)
		return arena_string(arena, error.text);
	problem = desk_query_problem(arena, &query);
	return !problem && has_many_words(query.words) ? many_words(d) : problem;
}

/* "agent:me" is the writer. */
static const char *with_me(struct arena *arena, const char *query, const char *name)
{
	static const char me[] = "agent:me";
	CLEANUP_BUFFER struct buffer out = {0};
	for (const char *at = query; *at;) {
		bool begins = at == query || at[-1] == ' ' || at[-1] == '-';
		if (begins && strncmp(at, me, strlen(me)) == 0 && (!at[strlen(me)] || at[strlen(me)] == ' ')) {
			buffer_printf(&out, "agent:%s", name);
			at += strlen(me);
		} else
			buffer_add_char(&out, *at++);
	}
	return arena_string(arena, buffer_string(&out));
}

/* "3d third-party": until when, and for whom. */
static const char *check_wait(struct decision *d, struct action *action)
{
	const char *blank = strrchr(action->argument, ' '), *when = action->argument;
	action->waiting = blank ? desk_waiting_named(blank + 1) : NULL;
	if (action->waiting)
		when = text_trim(arena_copy(d->arena, when, (size_t)(blank - when)));
	action->until = desk_parse_until(when, d->facts->now);
	if (!action->until && blank && !action->waiting && desk_parse_until(text_trim(arena_copy(d->arena, when, (size_t)(blank - when))), d->facts->now))
		return say(d, SAY_NO_WAITING, blank + 1, NULL, NULL);
	return action->until ? NULL : say(d, SAY_NO_TIME, when, NULL, NULL);
}

/* "", "back", "3d", "until 2026-12-24". */
static const char *check_away(struct decision *d, struct action *action)
{
	const char *when = action->argument;
	if (text_starts_nocase(when, "until "))
		when = text_trim(arena_string(d->arena, when + strlen("until ")));
	action->until = !*when ? AWAY_OPEN : text_equal_nocase(when, "back") ? 0 : desk_parse_until(when, d->facts->now);
	return action->until || text_equal_nocase(when, "back") ? NULL : say(d, SAY_NO_TIME, when, NULL, NULL);
}

const char *desk_check_argument(struct decision *d, const struct desk_command *command, const struct desk_agent *writer, struct action *action)
{
	const char *argument = action->argument, *problem;
	switch (action->kind) {
	case ACTION_ASSIGN:
		if (writer && text_equal_nocase(argument, "me") && !desk_agent_named(d->policy, argument))
			action->argument = argument = writer->name;
		return desk_agent_named(d->policy, argument) ? NULL : say(d, SAY_NO_AGENT, argument, NULL, NULL);
	case ACTION_QUEUE:
		return desk_queue_named(d->policy, argument) ? NULL : say(d, SAY_NO_QUEUE, argument, NULL, NULL);
	case ACTION_CC: case ACTION_UNCC: case ACTION_NEW: case ACTION_ASK:
		action->argument = address_in(d->arena, argument);
		return mail_address_usable(action->argument) ? NULL : say(d, SAY_NO_ADDRESS, action->argument, NULL, NULL);
	case ACTION_PEND:
		return check_wait(d, action);
	case ACTION_AWAY:
		return check_away(d, action);
	case ACTION_MERGE:
		action->until = desk_ticket_number(argument, strlen(argument), true);
		return action->until ? NULL : say(d, SAY_NO_NUMBER, argument, command->name, NULL);
	case ACTION_LANGUAGE:
		action->argument = text_lower(d->arena, argument);
		return is_language(action->argument) ? NULL : say(d, SAY_NO_LANGUAGE, argument, NULL, NULL);
	case ACTION_LIST:
		action->argument = writer ? with_me(d->arena, argument, writer->name) : argument;
		problem = check_query(d, action->argument);
		return problem ? say(d, SAY_QUERY_WRONG, problem, NULL, NULL) : NULL;
	case ACTION_SEARCH:
		return has_many_words(argument) ? many_words(d) : NULL;
	case ACTION_SET_FIELD:
		action->argument = desk_field_kept(action->field, argument);
		return action->argument ? NULL : say(d, SAY_NOT_OF_FIELD, argument, action->field->name, action->field->wanted);
	default:
		return NULL;
	}
}
