/*
 * store_history.c - the words of a ticket's history, written here and read back here.
 *
 * Each change of a ticket is one row: when, who, what, why. `what` is plain English for people, and regular enough that
 * replaying the rows in their order gives the ticket's state, queue, agent, priority, the ticket it was merged into and the
 * count of its messages; fsck compares. The forms:
 *   created: state S, priority P, queue Q, agent A      message N (KIND) from X to Y
 *   state|queue|agent|priority X -> Y                   merged into N, merged from N, linked to N, merge undone
 *   tag T, participant X, participant X left, proposed X, answers to X go to Y, rated N of 5, pending until T, mail N to X bounced, remark: TEXT     (replay to nothing)
 * Nobody as agent is written "nobody".
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static const char *shown(const char *name)
{
	return name && *name ? name : NOBODY;
}

char *history_created(struct arena *arena, const struct new_ticket *create)
{
	return arena_printf(arena, "created: state %s, priority %s, queue %s, agent %s", ticket_state_name(create->state),
	                    create->priority ? create->priority : "", create->queue ? create->queue : "", shown(create->agent));
}

char *history_change(struct arena *arena, const char *field, const char *from, const char *to)
{
	return arena_printf(arena, "%s %s -> %s", field, shown(from), shown(to));
}

/* ---- replay ---- */

void replay_init(struct replay *replay, struct arena *arena)
{
	*replay = (struct replay){ .queue = arena_string(arena, ""), .agent = arena_string(arena, ""), .priority = arena_string(arena, "") };
}

static const char *hidden(const char *name)
{
	return strcmp(name, NOBODY) == 0 ? "" : name;
}

/* Cuts "A<mark>B" after `skip` bytes: returns A, and B in *rest. NULL: no such mark. */
static char *cut(struct arena *arena, const char *text, const char *mark, const char **rest)
{
	const char *at = strstr(text, mark);

	if (!at)
		return NULL;
	*rest = at + strlen(mark);
	return arena_copy(arena, text, (size_t)(at - text));
}

static const char *replay_created(struct replay *replay, struct arena *arena, const char *rest)
{
	const char *state = cut(arena, rest, ", priority ", &rest);

	if (replay->created)
		return "is created twice";
	if (!state || strlen(state) >= sizeof replay->state || !(replay->priority = cut(arena, rest, ", queue ", &rest))
	    || !(replay->queue = cut(arena, rest, ", agent ", &rest)))
		return "is created in words that cannot be read";
	strcpy(replay->state, state);
	replay->agent = arena_string(arena, hidden(rest));
	replay->created = true;
	return NULL;
}

static const char *replay_change(struct arena *arena, const char *rest, const char *now, const char **to)
{
	const char *from = cut(arena, rest, " -> ", to);

	if (!from)
		return "changes in words that cannot be read";
	*to = hidden(*to);
	return strcmp(hidden(from), now) == 0 ? NULL : "changes from what it was not";
}

static const char *replay_message(struct replay *replay, const char *rest)
{
	int seq = atoi(rest);

	if (seq != replay->last_seq + 1)
		return "has its messages out of order";
	replay->last_seq = seq;
	return NULL;
}

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

const char *replay_step(struct replay *replay, struct arena *arena, const char *what)
{
	const char *rest, *to = "", *complaint;

	if ((rest = after(what, "created: state ")))
		return replay_created(replay, arena, rest);
	if (!replay->created)
		return "starts without being created";
	if ((rest = after(what, "message ")))
		return replay_message(replay, rest);
	if ((rest = after(what, "merged into "))) {
		replay->merged_into = atoll(rest);
		return NULL;
	}
	if (strcmp(what, "merge undone") == 0) {
		replay->merged_into = 0;
		return NULL;
	}
	if ((rest = after(what, "state "))) {
		complaint = replay_change(arena, rest, replay->state, &to);
		if (!complaint && strlen(to) < sizeof replay->state)
			strcpy(replay->state, to);
		return complaint;
	}
	struct { const char *prefix; char **value; } fields[] = {
		{ "queue ", &replay->queue }, { "agent ", &replay->agent }, { "priority ", &replay->priority },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if ((rest = after(what, fields[i].prefix))) {
			complaint = replay_change(arena, rest, *fields[i].value, &to);
			*fields[i].value = arena_string(arena, to);
			return complaint;
		}
	return NULL;
}
