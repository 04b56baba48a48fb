/*
 * store_facts_past.c - what happened to a ticket and with whom it is talked about: for commands of agents, which undo, hand back or go to a third party.
 *
 * Part of the facts of a mail (store_facts.c). Read-only.
 */
#include "store_private.h"

#define PAST_ROWS 1000           /* rows of a history, the newest, that are read while a mail is decided on */
#define PAST_MESSAGES 60         /* rows of a history, the newest, whose messages are looked at */

static void note_past(struct arena *arena, struct ticket_past *past, const struct history_row *row, bool reply)
{
	static const enum past_kind kinds[HISTORY_KINDS] = {
		[HISTORY_STATE] = PAST_STATE, [HISTORY_QUEUE] = PAST_QUEUE, [HISTORY_AGENT] = PAST_AGENT, [HISTORY_TAG] = PAST_TAG, [HISTORY_UNTAG] = PAST_UNTAG,
		[HISTORY_PENDING] = PAST_PENDING, [HISTORY_PARTICIPANT] = PAST_CC, [HISTORY_LEFT] = PAST_UNCC, [HISTORY_LANGUAGE] = PAST_LANGUAGE,
		[HISTORY_WATCHES] = PAST_WATCH, [HISTORY_UNWATCHES] = PAST_UNWATCH,
#define FIELD(member, NAME, history) [history] = PAST_FIELD,
		TICKET_FIELDS(FIELD)
#undef FIELD
	};
	static const enum ticket_field fields[HISTORY_KINDS] = {
#define FIELD(member, NAME, history) [history] = TICKET_FIELD_##NAME,
		TICKET_FIELDS(FIELD)
#undef FIELD
	};
	struct past_change *change = ARENA_PUSH(arena, &past->changes);

	*change = (struct past_change){ .at = row->at, .who = row->who, .why = row->why, .field = fields[row->kind], .was = row->was, .now = row->now };
	change->what = reply ? PAST_REPLY : kinds[row->kind];
	if (row->kind == HISTORY_AGENT || row->kind == HISTORY_CREATED)
		strings_add(arena, &past->agents, row->kind == HISTORY_AGENT ? row->now : store_history_created(arena, row, HISTORY_CREATED_AGENT));
	if (row->kind == HISTORY_QUEUE || row->kind == HISTORY_CREATED)
		strings_add(arena, &past->queues, row->kind == HISTORY_QUEUE ? row->now : store_history_created(arena, row, HISTORY_CREATED_QUEUE));
}

/* The newest first; what is older than PAST_ROWS gives nobody a right to act. */
static enum status read_past(struct store *store, struct arena *arena, struct ticket_facts *ticket, struct error *error)
{
	struct { struct history_row *at; size_t count; } rows = { 0 };
	struct cursor cursor;
	int64_t last;
	enum status status = engine_number(store->engine, error, &last, 0, SQL_HISTORY_LAST, "i", ticket->id);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_HISTORY, "ii", ticket->id, last - PAST_ROWS + 1);
	while (cursor_next(&cursor)) {
		struct history_row *row = ARENA_PUSH(arena, &rows);

		store_history_read_columns(&cursor, arena, row);
		row->at = cursor_number(&cursor, 5);
		row->who = cursor_text(&cursor, arena, 6);
		row->why = cursor_text(&cursor, arena, 7);
	}
	status = cursor_close(&cursor);
	for (size_t i = rows.count; i > 0 && status == STATUS_OK; i--) {
		const struct history_row *row = &rows.at[i - 1];
		struct message_row message = { .kind = MESSAGE_NOTE };

		if (row->kind == HISTORY_MESSAGE && rows.count - i < PAST_MESSAGES)
			status = store_message(store, arena, ticket->id, (int)row->number, &message, error);
		note_past(arena, &ticket->past, row, message.kind == MESSAGE_REPLY && message.out);
	}
	return status;
}

enum status store_read_sides(struct store *store, struct arena *arena, int64_t ticket, struct ticket_facts *facts, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_SIDES, "i", ticket);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &facts->sides) = (struct side){ (int)cursor_number(&cursor, 0), cursor_text(&cursor, arena, 1), cursor_text(&cursor, arena, 2),
		                                                   cursor_text(&cursor, arena, 3) };
	return cursor_close(&cursor);
}

static bool is_of_side(const struct clue *clue)
{
	enum token_kind kind = clue->token.kind;

	return (clue->kind == EVIDENCE_ADDRESS_TOKEN && (kind == TOKEN_SIDE || kind == TOKEN_SIDE_AGENT)) || (clue->kind == EVIDENCE_MESSAGE_TOKEN && kind == TOKEN_MAIL_TO_SIDE);
}

/* The conversation that a signed address, or a Message-ID of ours to a third party, is of. */
enum status store_read_side(struct store *store, struct arena *arena, struct facts *facts, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < facts->clues.count && status == STATUS_OK; i++) {
		const struct clue_facts *found = &facts->clues.at[i];
		const struct token *token = &found->clue->token;
		struct ticket_facts first = { .id = token->ticket };

		if (!found->ticket || facts->side || !is_of_side(found->clue))
			continue;
		status = store_read_sides(store, arena, token->ticket, &first, error);
		for (size_t k = 0; k < first.sides.count; k++)
			if (found->clue->kind == EVIDENCE_ADDRESS_TOKEN ? first.sides.at[k].number == (token->kind == TOKEN_SIDE_AGENT ? desk_shown_side(token) : token->number) : desk_who(first.sides.at[k].address) == token->who)
				facts->side = &first.sides.at[k];
		if (status == STATUS_OK && facts->side && !found->ticket->sides.count)
			status = store_read_sides(store, arena, found->ticket->id, found->ticket, error);
	}
	return status;
}

enum status store_read_pasts(struct store *store, struct arena *arena, struct facts *facts, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < facts->clues.count && status == STATUS_OK; i++) {
		struct ticket_facts *ticket = facts->clues.at[i].ticket;

		if (ticket && !ticket->past.changes.count)
			status = read_past(store, arena, ticket, error);
		if (status == STATUS_OK && ticket && !ticket->sides.count)
			status = store_read_sides(store, arena, ticket->id, ticket, error);
	}
	return status;
}
