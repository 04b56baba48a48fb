/*
 * store_facts_later.c - what an answer to a notice has to reckon with: what colleagues said and did since, and what they are still writing.
 *
 * Part of the facts of a mail (store_facts.c). Read-only.
 */
#include "store_private.h"

#define LATER_AGENTS 5           /* writers whose newest words are told */
#define LATER_BYTES 1500         /* of each */
#define DRAFT_AGENTS 50          /* more than work on one ticket */

static enum status add_later(struct store *store, struct arena *arena, int64_t ticket, int seq, struct facts *facts, struct error *error)
{
	struct message_row message;
	struct words words = { .text = "" };
	enum status status = store_message(store, arena, ticket, seq, &message, error);

	if (status == STATUS_OK)
		status = store_words(store, arena, &message, NULL, 0, LATER_BYTES, &words, error);
	if (status == STATUS_OK)
		*ARENA_PUSH(arena, &facts->later) = (struct later_words){ seq, message.kind != MESSAGE_NOTE, message.agent, words.text };
	return status;
}

/* side: of that conversation with a third party alone; 0: all that was said to the customer, and notes. */
static enum status read_later(struct store *store, struct arena *arena, int64_t ticket, int after, int side, struct facts *facts, struct error *error)
{
	int seqs[LATER_AGENTS];
	size_t count = 0;
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_MESSAGES_OF_AGENTS, "iddd", ticket, after, LATER_AGENTS, side);
	while (cursor_next(&cursor) && count < COUNT_OF(seqs))
		seqs[count++] = (int)cursor_number(&cursor, 0);
	status = cursor_close(&cursor);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add_later(store, arena, ticket, seqs[i], facts, error);
	return status;
}

static enum status history_who(struct store *store, struct arena *arena, int64_t ticket, enum history_kind kind, const char **who, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_HISTORY_WHO, "id", ticket, (int)kind);
	if (cursor_next(&cursor))
		*who = cursor_text(&cursor, arena, 0);
	return cursor_close(&cursor);
}

enum status store_later_words(struct store *store, struct arena *arena, int64_t ticket, int after, struct facts *facts, struct error *error)
{
	enum status status = read_later(store, arena, ticket, after, 0, facts, error);

	if (status == STATUS_OK)
		status = history_who(store, arena, ticket, HISTORY_STATE, &facts->closed_by, error);
	return status == STATUS_OK ? history_who(store, arena, ticket, HISTORY_AGENT, &facts->taken_by, error) : status;
}

static enum status read_drafts(struct store *store, struct arena *arena, int64_t ticket, int shown, int side, struct facts *facts, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_DRAFTS, "iddd", ticket, shown, DRAFT_AGENTS, side);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &facts->drafts) = (struct draft){ ticket, (int)cursor_number(&cursor, 0), cursor_text(&cursor, arena, 1),
		                                                     cursor_text_or_null(&cursor, arena, 2), cursor_number(&cursor, 3) != 0 };
	return cursor_close(&cursor);
}

/* Numbers are each ticket's own: of the ticket that this one was merged into since, what came later by date counts. */
enum status store_read_news(struct store *store, struct arena *arena, struct facts *facts, struct error *error)
{
	const struct clue_facts *found = desk_agents_clue(facts);
	enum status status;
	int64_t at = 0;

	if (!found || found->clue->token.kind == TOKEN_NOTE || !found->clue->token.number)
		return STATUS_OK;
	int64_t ticket = found->clue->token.ticket, survivor = found->ticket->id;
	int side = found->clue->token.kind == TOKEN_SIDE_AGENT ? desk_shown_side(&found->clue->token) : 0;
	int shown = desk_shown_seq(&found->clue->token);

	status = read_drafts(store, arena, ticket, shown, side, facts, error);
	if (status == STATUS_OK)
		status = read_later(store, arena, ticket, shown, side, facts, error);
	if (status != STATUS_OK || ticket == survivor || side)
		return status;
	status = engine_number(store->engine, error, &at, 0, SQL_MESSAGE_SEQ_AT, "iid", survivor, ticket, shown);
	return status == STATUS_OK ? read_later(store, arena, survivor, (int)at, 0, facts, error) : status;
}
