/*
 * store_history.c - the history of a ticket: typed values, and the one place that has words for them.
 *
 * Each change of a ticket is one row: when, who, what, why. What stands in typed columns (enum history_kind); words are made when a
 * person reads. Rows of the first version have words only: here they are taken apart again, and nowhere else is the text of a
 * history read to know something. Replaying the rows in their order gives the ticket's state, queue, agent, simple fields, the ticket
 * it was merged into and the count of its messages; fsck compares.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

/* "#": number, "<": was, ">": now, "@": number as a time; the arrow of a change is said as it stands, and so is the rest. */
static const char *const forms[HISTORY_KINDS] = {
	[HISTORY_STATE] = "state < -> >", [HISTORY_QUEUE] = "queue < -> >", [HISTORY_AGENT] = "agent < -> >",
#define FORM(member, NAME, history) [HISTORY_##NAME] = #member " < -> >",
	TICKET_FIELDS(FORM)
#undef FORM
	[HISTORY_MERGED] = "merged into #", [HISTORY_MERGED_FROM] = "merged from #", [HISTORY_UNMERGED] = "merge undone", [HISTORY_LINKED] = "linked to #",
	[HISTORY_TAG] = "tag >", [HISTORY_UNTAG] = "untag >", [HISTORY_LANGUAGE] = "language >", [HISTORY_PENDING] = "pending until @",
	[HISTORY_RATED] = "rated # of 5", [HISTORY_PARTICIPANT] = "participant >", [HISTORY_PROPOSED] = "proposed >", [HISTORY_LEFT] = "participant > left",
	[HISTORY_ANSWER_TO] = "answers to < go to >", [HISTORY_BOUNCED] = "mail # to > bounced", [HISTORY_REMARK] = "remark: >",
	[HISTORY_WATCHES] = "> watches", [HISTORY_UNWATCHES] = "> no longer watches", [HISTORY_WARNED] = "told of its promise: <, >",
};

/* Of the simple fields by their kind: where the replay keeps them. */
static const struct { size_t offset; bool simple; } simple_fields[HISTORY_KINDS] = {
#define PLACE(member, NAME, history) [HISTORY_##NAME] = { offsetof(struct replay, member), true },
	TICKET_FIELDS(PLACE)
#undef PLACE
};

static bool is_change(enum history_kind kind)
{
	return (kind >= HISTORY_STATE && kind <= HISTORY_AGENT) || simple_fields[kind].simple;
}

/* ---- as it is kept ---- */

static bool is_privileged(const struct new_ticket *create)
{
	return (create->vip && *create->vip) || (create->organisation && *create->organisation) || (create->level && *create->level);
}

char *store_history_of_created(struct arena *arena, const struct new_ticket *create)
{
	const char *fields[] = { desk_ticket_state_name(create->state), create->priority, create->queue, create->agent, create->vip, create->organisation, create->level };
	/* The last three only where there are any: most tickets are anybody's. */
	size_t count = COUNT_OF(fields) - (is_privileged(create) ? 0 : 3), length[COUNT_OF(fields)], all = 0;
	char *lines, *at;

	for (size_t i = 0; i < count; i++)
		all += 1 + (length[i] = fields[i] ? strlen(fields[i]) : 0);
	lines = at = arena_room(arena, all);
	for (size_t i = 0; i < count; i++) {
		memcpy(at, fields[i] ? fields[i] : "", length[i]);
		at += length[i];
		*at++ = i + 1 < count ? '\n' : '\0';
	}
	return lines;
}

static const char *line_of(struct arena *arena, const char *lines, int number)
{
	while (number-- > 0 && (lines = strchr(lines, '\n')))
		lines++;
	return lines ? arena_copy(arena, lines, strcspn(lines, "\n")) : "";
}

const char *store_history_created(struct arena *arena, const struct history_row *row, enum history_field field)
{
	return row->kind == HISTORY_CREATED ? line_of(arena, row->now, (int)field) : "";
}

/* ---- as values ---- */

static void tell_created(struct arena *arena, const struct history_row *line, struct ticket_facts *facts)
{
	enum ticket_state state;

	if (desk_ticket_state_parse(store_history_created(arena, line, HISTORY_CREATED_STATE), &state))
		facts->state = state;
	facts->queue = store_history_created(arena, line, HISTORY_CREATED_QUEUE);
	facts->agent = store_history_created(arena, line, HISTORY_CREATED_AGENT);
	facts->priority = store_history_created(arena, line, HISTORY_CREATED_PRIORITY);
	facts->vip = store_history_created(arena, line, HISTORY_CREATED_VIP);
	facts->organisation = store_history_created(arena, line, HISTORY_CREATED_ORGANISATION);
	facts->level = store_history_created(arena, line, HISTORY_CREATED_LEVEL);
}

static void tell_tag(struct arena *arena, const struct history_row *line, struct ticket_facts *facts)
{
	struct strings kept = { 0 };

	for (size_t i = 0; i < facts->tags.count; i++)
		if (strcmp(facts->tags.at[i], line->now) != 0)
			strings_add(arena, &kept, facts->tags.at[i]);
	if (line->kind == HISTORY_TAG)
		strings_add(arena, &kept, line->now);
	facts->tags = kept;
}

bool store_history_tell(struct arena *arena, const struct history_row *line, struct ticket_facts *facts)
{
	enum ticket_state state;

	switch (line->kind) {
	case HISTORY_CREATED: tell_created(arena, line, facts); return true;
	case HISTORY_STATE:
		if (desk_ticket_state_parse(line->now, &state))
			facts->state = state;
		return true;
	case HISTORY_QUEUE: facts->queue = line->now; return true;
	case HISTORY_AGENT: facts->agent = line->now; return true;
#define FIELD(member, NAME, history) case HISTORY_##NAME: facts->member = line->now; return true;
	TICKET_FIELDS(FIELD)
#undef FIELD
	case HISTORY_LANGUAGE: facts->language = line->now; return true;
	case HISTORY_TAG: case HISTORY_UNTAG: tell_tag(arena, line, facts); return true;
	default: return false;
	}
}

/* ---- for people ---- */

static const char *shown(const char *name)
{
	return *name ? name : NOBODY;
}

static const char *shown_value(const struct history_row *row, const char *value)
{
	return !simple_fields[row->kind].simple ? shown(value) : *value ? value : "none";
}

static const char *created_words(struct arena *arena, const struct history_row *row)
{
	const char *organisation = line_of(arena, row->now, HISTORY_CREATED_ORGANISATION), *level = line_of(arena, row->now, HISTORY_CREATED_LEVEL);

	return arena_printf(arena, "created: state %s, priority %s, queue %s, agent %s%s%s%s%s%s", line_of(arena, row->now, HISTORY_CREATED_STATE),
	                    line_of(arena, row->now, HISTORY_CREATED_PRIORITY), line_of(arena, row->now, HISTORY_CREATED_QUEUE),
	                    shown(line_of(arena, row->now, HISTORY_CREATED_AGENT)),
	                    *line_of(arena, row->now, HISTORY_CREATED_VIP) ? ", VIP" : "", *organisation ? ", organisation " : "", organisation, *level ? ", level " : "", level);
}

static const char *joined(struct arena *arena, const struct strings *list)
{
	CLEANUP_BUFFER struct buffer text = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		buffer_add_string(&text, i ? ", " : "");
		buffer_add_string(&text, list->at[i]);
	}
	return arena_string(arena, buffer_string(&text));
}

static const char *message_words(struct arena *arena, const struct history_row *row, const struct message_row *message)
{
	if (!message)
		return arena_printf(arena, "message %lld", (long long)row->number);
	const char *from = *message->agent ? message->agent : message->from.address;
	const char *to = message->out ? joined(arena, &message->to) : "";

	return arena_printf(arena, "message %d (%s)%s%s%s%s", message->seq, desk_message_kind_name(message->kind), *from ? " from " : "", from, *to ? " to " : "", to);
}

static const char *form_words(struct arena *arena, const struct history_row *row)
{
	CLEANUP_BUFFER struct buffer words = { 0 };

	for (const char *at = forms[row->kind]; *at; at++)
		switch (*at) {
		case '#': buffer_printf(&words, "%lld", (long long)row->number); break;
		case '@': buffer_add_string(&words, time_rfc3339(arena, row->number)); break;
		case '<': buffer_add_string(&words, shown_value(row, row->was)); break;
		case '>':
			buffer_add_string(&words, at > forms[row->kind] && at[-1] == '-' ? ">" : is_change(row->kind) ? shown_value(row, row->now) : row->now);
			break;
		default: buffer_add_char(&words, *at);
		}
	return arena_string(arena, buffer_string(&words));
}

const char *store_history_words(struct arena *arena, const struct history_row *row, const struct message_row *message)
{
	if (*row->what)
		return row->what;
	switch (row->kind) {
	case HISTORY_CREATED: return created_words(arena, row);
	case HISTORY_MESSAGE: return message_words(arena, row, message);
	default: return forms[row->kind] ? form_words(arena, row) : "";
	}
}

/* ---- words of the first version ---- */

static const char *hidden(const char *name)
{
	return strcmp(name, NOBODY) == 0 ? "" : name;
}

/* Cuts "A<mark>B": returns A, and B in *rest. NULL: no such mark. */
static char *cut(struct arena *arena, const char *text, const char *mark, const char **rest)
{
	const char *at = strstr(text, mark);

	if (!at)
		return NULL;
	*rest = at + strlen(mark);
	return arena_copy(arena, text, (size_t)(at - text));
}

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static void parse_created(struct arena *arena, const char *rest, struct history_row *row)
{
	const char *state, *priority, *queue;

	row->kind = HISTORY_CREATED;
	if ((state = cut(arena, rest, ", priority ", &rest)) && (priority = cut(arena, rest, ", queue ", &rest)) && (queue = cut(arena, rest, ", agent ", &rest)))
		row->now = arena_printf(arena, "%s\n%s\n%s\n%s", state, priority, queue, hidden(rest));
}

/* A change whose words cannot be read leaves `was` what no ticket ever was. */
static void parse_change(struct arena *arena, const char *rest, struct history_row *row)
{
	const char *to = "", *from = cut(arena, rest, " -> ", &to);

	row->was = from ? hidden(from) : "?";
	row->now = hidden(to);
}

static void parse_words(struct arena *arena, struct history_row *row)
{
	static const struct { const char *prefix; enum history_kind kind; } changes[] = {
		{ "state ", HISTORY_STATE }, { "queue ", HISTORY_QUEUE }, { "agent ", HISTORY_AGENT }, { "priority ", HISTORY_PRIORITY },
	}, numbers[] = {
		{ "message ", HISTORY_MESSAGE }, { "merged into ", HISTORY_MERGED }, { "merged from ", HISTORY_MERGED_FROM }, { "linked to ", HISTORY_LINKED },
		{ "rated ", HISTORY_RATED },
	}, names[] = {
		{ "tag ", HISTORY_TAG }, { "untag ", HISTORY_UNTAG }, { "language ", HISTORY_LANGUAGE }, { "remark: ", HISTORY_REMARK },
	};
	const char *rest;

	if ((rest = after(row->what, "created: state ")))
		parse_created(arena, rest, row);
	else if (strcmp(row->what, forms[HISTORY_UNMERGED]) == 0)
		row->kind = HISTORY_UNMERGED;
	for (size_t i = 0; i < COUNT_OF(changes) && !row->kind; i++)
		if ((rest = after(row->what, changes[i].prefix))) {
			row->kind = changes[i].kind;
			parse_change(arena, rest, row);
		}
	for (size_t i = 0; i < COUNT_OF(numbers) && !row->kind; i++)
		if ((rest = after(row->what, numbers[i].prefix))) {
			row->kind = numbers[i].kind;
			row->number = atoll(rest);
		}
	for (size_t i = 0; i < COUNT_OF(names) && !row->kind; i++)
		if ((rest = after(row->what, names[i].prefix))) {
			row->kind = names[i].kind;
			row->now = rest;
		}
}

void store_history_read_columns(struct cursor *cursor, struct arena *arena, struct history_row *row)
{
	int64_t kind = cursor_number(cursor, 1);

	row->what = cursor_text(cursor, arena, 0);
	row->kind = kind > 0 && kind < HISTORY_KINDS ? (enum history_kind)kind : HISTORY_OTHER;
	row->number = cursor_number(cursor, 2);
	row->was = cursor_text(cursor, arena, 3);
	row->now = cursor_text(cursor, arena, 4);
	if (!kind)
		parse_words(arena, row);
}

/* ---- replay ---- */

void store_replay_init(struct replay *replay)
{
#define EMPTY(member, NAME, history) .member = "",
	*replay = (struct replay){ .queue = "", .agent = "", TICKET_FIELDS(EMPTY) };
#undef EMPTY
}

static const char *replay_created(struct replay *replay, struct arena *arena, const struct history_row *row)
{
	const char *state = store_history_created(arena, row, HISTORY_CREATED_STATE);

	if (replay->created)
		return "is created twice";
	if (!*state || strlen(state) >= sizeof replay->state)
		return "is created in words that cannot be read";
	strcpy(replay->state, state);
	replay->priority = store_history_created(arena, row, HISTORY_CREATED_PRIORITY);
	replay->queue = store_history_created(arena, row, HISTORY_CREATED_QUEUE);
	replay->agent = store_history_created(arena, row, HISTORY_CREATED_AGENT);
	replay->vip = store_history_created(arena, row, HISTORY_CREATED_VIP);
	replay->organisation = store_history_created(arena, row, HISTORY_CREATED_ORGANISATION);
	replay->level = store_history_created(arena, row, HISTORY_CREATED_LEVEL);
	replay->created = true;
	return NULL;
}

static const char *replay_change(struct replay *replay, struct arena *arena, const struct history_row *row)
{
	const char **field = row->kind == HISTORY_QUEUE ? &replay->queue : row->kind == HISTORY_AGENT ? &replay->agent
		: (const char **)((char *)replay + simple_fields[row->kind].offset);
	const char *now = row->kind == HISTORY_STATE ? replay->state : *field;

	if (strcmp(row->was, now) != 0)
		return "changes from what it was not";
	if (row->kind != HISTORY_STATE)
		*field = arena_string(arena, row->now);
	else if (strlen(row->now) < sizeof replay->state)
		strcpy(replay->state, row->now);
	return NULL;
}

static const char *replay_message(struct replay *replay, const struct history_row *row)
{
	if (row->number != replay->last_seq + 1)
		return "has its messages out of order";
	replay->last_seq = (int)row->number;
	return NULL;
}

const char *store_replay_step(struct replay *replay, struct arena *arena, const struct history_row *row)
{
	if (row->kind == HISTORY_CREATED)
		return replay_created(replay, arena, row);
	if (!replay->created)
		return "starts without being created";
	if (row->kind == HISTORY_MESSAGE)
		return replay_message(replay, row);
	if (row->kind == HISTORY_MERGED || row->kind == HISTORY_UNMERGED)
		replay->merged_into = row->kind == HISTORY_MERGED ? row->number : 0;
	return is_change(row->kind) ? replay_change(replay, arena, row) : NULL;
}
