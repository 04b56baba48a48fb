/*
 * store_read.c - tickets as values: one with its messages and history, many by a filter.
 *
 * Reading never changes anything and never waits for the writer (WAL). A merged ticket is shown as itself; its survivor
 * stands in facts.merged_into. The columns are those that stand in engine.h.
 * Diagnostics: STATUS_NOT_FOUND no such ticket; STATUS_BROKEN a state or kind of message that is no word of ours.
 */
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_lines(struct arena *arena, const char *text, struct strings *list)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			strings_add(arena, list, arena_copy(arena, text, length));
		text += length + (text[length] == '\n');
	}
}

static enum status no_word_of_ours(struct cursor *cursor, const char *what, const char *word)
{
	if (cursor->status == STATUS_OK)
		cursor->status = error_set(cursor->error, STATUS_BROKEN, "the database has a %s \"%s\": run `sportello fsck`", what, word);
	return cursor->status;
}

void store_read_ticket_columns(struct cursor *cursor, struct arena *arena, struct ticket_facts *facts)
{
	const char *state = cursor_text(cursor, arena, 1);

	facts->id = cursor_number(cursor, 0);
	if (!desk_ticket_state_parse(state, &facts->state))
		no_word_of_ours(cursor, "ticket state", state);
	facts->queue = cursor_text(cursor, arena, 2);
	facts->agent = cursor_text(cursor, arena, 3);
	facts->subject = cursor_text(cursor, arena, 4);
	facts->language = cursor_text(cursor, arena, 5);
	facts->customer = (struct participant){ cursor_text(cursor, arena, 6), cursor_text(cursor, arena, 7), ROLE_CUSTOMER, cursor_text(cursor, arena, 15) };
	facts->created = cursor_number(cursor, 8);
	facts->updated = cursor_number(cursor, 9);
	facts->closed_at = cursor_number(cursor, 10);
	facts->pending_until = cursor_number(cursor, 11);
	facts->merged_into = cursor_number(cursor, 12);
	facts->resolved_at = cursor_number(cursor, 13);
	facts->voice = cursor_text(cursor, arena, 14);
	facts->waiting = cursor_text(cursor, arena, 16);
	if (facts->state == STATE_PENDING && !*facts->waiting)
		facts->waiting = WAITING_CUSTOMER;       /* of the first version */
#define FIELD(member, NAME, history) facts->member = cursor_text(cursor, arena, 16 + TICKET_FIELD_##NAME);
	TICKET_FIELDS(FIELD)
#undef FIELD
	facts->language_kept = cursor_number(cursor, 16 + TICKET_FIELD_COUNT) != 0;
	facts->last_customer_message_id = "";
}

void store_read_message_columns(struct cursor *cursor, struct arena *arena, struct message_row *message)
{
	const char *kind = cursor_text(cursor, arena, 1);

	message->seq = (int)cursor_number(cursor, 0);
	if (!desk_message_kind_parse(kind, &message->kind))
		no_word_of_ours(cursor, "kind of message", kind);
	message->out = cursor_number(cursor, 2) != 0;
	message->raw = cursor_number(cursor, 3);
	message->from = (struct mail_address){ cursor_text(cursor, arena, 4), cursor_text(cursor, arena, 5) };
	read_lines(arena, cursor_text(cursor, arena, 6), &message->to);
	message->date = cursor_number(cursor, 7);
	message->message_id = cursor_text_or_null(cursor, arena, 8);
	message->text = cursor_text_or_null(cursor, arena, 9);
	message->agent = cursor_text(cursor, arena, 10);
	message->flags = cursor_text(cursor, arena, 11);
	message->outbox = cursor_number(cursor, 12);
	message->proved = cursor_text(cursor, arena, 13);
	message->side = (int)cursor_number(cursor, 14);
}

static enum participant_role role_named(const char *name)
{
	for (enum participant_role role = ROLE_CUSTOMER; role <= ROLE_LEFT; role++)
		if (strcmp(desk_participant_role_name(role), name) == 0)
			return role;
	return ROLE_PROPOSED;            /* a word of a newer program: reads nothing */
}

static enum status read_participants(struct cursor *cursor, struct arena *arena, struct ticket_facts *facts)
{
	*ARENA_PUSH(arena, &facts->participants) = facts->customer;
	while (cursor_next(cursor)) {
		const char *address = cursor_text(cursor, arena, 0), *name = cursor_text(cursor, arena, 1);
		struct participant person = { address, name, role_named(cursor_text(cursor, arena, 2)), cursor_text(cursor, arena, 3) };

		if (person.role == ROLE_PROPOSED || person.role == ROLE_LEFT)
			*ARENA_PUSH(arena, &facts->outside) = person;
		else
			*ARENA_PUSH(arena, &facts->participants) = person;
	}
	return cursor_close(cursor);
}

#define REFERENCES_KEPT 10

/* Newest last, at most REFERENCES_KEPT, the first one always: mail programs find a conversation by it. And the newest of the customer's side. */
static enum status read_message_ids(struct cursor *cursor, struct arena *arena, struct ticket_facts *facts)
{
	const char *ids[REFERENCES_KEPT], *first = NULL;
	size_t count = 0;

	while (cursor_next(cursor)) {                    /* the newest ones, newest first; then the first, whether it was among them or not */
		const char *id = cursor_text(cursor, arena, 0), *kind = cursor_text(cursor, arena, 3);
		bool persons = strcmp(kind, "request") == 0 || strcmp(kind, "reply") == 0;

		/* What is not for the customer (notes, bounces) is not referred to in mails to the customer. */
		first = persons || strcmp(kind, "notice") == 0 ? id : NULL;
		if (first && count < REFERENCES_KEPT && (!count || strcmp(ids[count - 1], id) != 0))
			ids[count++] = id;
		if (persons && !cursor_number(cursor, 1) && !*cursor_text(cursor, arena, 2) && !*facts->last_customer_message_id)
			facts->last_customer_message_id = id;
	}
	if (first && count == REFERENCES_KEPT)
		ids[count - 1] = first;
	while (count > 0)
		strings_add(arena, &facts->message_ids, ids[--count]);
	return cursor_close(cursor);
}

static enum status read_texts(struct cursor *cursor, struct arena *arena, struct strings *list)
{
	while (cursor_next(cursor))
		strings_add(arena, list, cursor_text(cursor, arena, 0));
	return cursor_close(cursor);
}

/* Asked for all at once (engine.h), read one after the other. */
static enum status complete_facts(struct store *store, struct arena *arena, struct ticket_facts *facts, struct error *error)
{
	struct cursor people, tags, watchers, ids, last;
	enum status status, later;

	cursor_open(&people, store->engine, error, SQL_PARTICIPANTS, "i", facts->id);
	cursor_open(&tags, store->engine, error, SQL_TAGS, "i", facts->id);
	cursor_open(&watchers, store->engine, error, SQL_WATCHERS, "i", facts->id);
	cursor_open(&ids, store->engine, error, SQL_MESSAGE_IDS, "i", facts->id);
	cursor_open(&last, store->engine, error, SQL_MESSAGE_LAST_SEQ, "i", facts->id);
	status = read_participants(&people, arena, facts);
	if ((later = read_texts(&tags, arena, &facts->tags)) != STATUS_OK)
		status = later;
	if ((later = read_texts(&watchers, arena, &facts->watchers)) != STATUS_OK)
		status = later;
	if ((later = read_message_ids(&ids, arena, facts)) != STATUS_OK)
		status = later;
	facts->next_seq = 1 + (cursor_next(&last) ? (int)cursor_number(&last, 0) : 0);
	if ((later = cursor_close(&last)) != STATUS_OK)
		status = later;
	return status == STATUS_OK ? store_read_suggestion(store, arena, facts->id, &facts->suggestion, error) : status;
}

/* *facts NULL: no such ticket. */
static enum status read_alone(struct store *store, struct arena *arena, int64_t id, struct ticket_facts **facts, struct error *error)
{
	struct cursor cursor;

	*facts = NULL;
	cursor_open(&cursor, store->engine, error, SQL_TICKET_GET, "i", id);
	if (cursor_next(&cursor)) {
		*facts = ARENA_NEW(arena, struct ticket_facts);
		store_read_ticket_columns(&cursor, arena, *facts);
	}
	return cursor_close(&cursor);
}

enum status store_read_ticket_facts(struct store *store, struct arena *arena, int64_t id, struct ticket_facts **facts, struct error *error)
{
	enum status status = read_alone(store, arena, id, facts, error);

	return status == STATUS_OK && *facts ? complete_facts(store, arena, *facts, error) : status;
}

/* ---- for people ---- */

static enum status read_messages(struct store *store, struct arena *arena, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_MESSAGES, "i", row->facts.id);
	while (cursor_next(&cursor))
		store_read_message_columns(&cursor, arena, ARENA_PUSH(arena, &row->messages));
	return cursor_close(&cursor);
}

static const struct message_row *message_of(const struct ticket_row *row, const struct history_row *line)
{
	const struct message_row *message = line->number > 0 && line->number <= (int64_t)row->messages.count ? &row->messages.at[line->number - 1] : NULL;

	return message && line->kind == HISTORY_MESSAGE && message->seq == line->number ? message : NULL;
}

/* Behind the messages, whose words are theirs. */
static enum status read_history(struct store *store, struct arena *arena, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_HISTORY, "ii", row->facts.id, (int64_t)1);
	while (cursor_next(&cursor)) {
		struct history_row *line = ARENA_PUSH(arena, &row->history);

		store_history_read_columns(&cursor, arena, line);
		line->at = cursor_number(&cursor, 5);
		line->who = cursor_text(&cursor, arena, 6);
		line->why = cursor_text(&cursor, arena, 7);
		line->what = store_history_words(arena, line, message_of(row, line));
	}
	return cursor_close(&cursor);
}

static enum status read_rating(struct store *store, struct arena *arena, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	row->rating = "";
	cursor_open(&cursor, store->engine, error, SQL_RATING_GET, "i", row->facts.id);
	if (cursor_next(&cursor)) {
		row->stars = (int)cursor_number(&cursor, 0);
		row->rating = cursor_text(&cursor, arena, 1);
	}
	return cursor_close(&cursor);
}

static enum status read_links(struct store *store, struct arena *arena, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_LINKS, "i", row->facts.id);
	return read_texts(&cursor, arena, &row->linked);
}

static enum status read_head(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error)
{
	struct ticket_facts *facts;
	enum status status = store_read_ticket_facts(store, arena, id, &facts, error);

	if (status != STATUS_OK)
		return status;
	if (!facts)
		return error_set(error, STATUS_NOT_FOUND, "no ticket %lld", (long long)id);
	row->facts = *facts;
	status = read_links(store, arena, row, error);
	return status == STATUS_OK ? read_rating(store, arena, row, error) : status;
}

static enum status read_ticket(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error)
{
	enum status status = read_head(store, arena, id, row, error);

	if (status == STATUS_OK)
		status = read_messages(store, arena, row, error);
	return status == STATUS_OK ? read_history(store, arena, row, error) : status;
}

enum status store_ticket_alone(struct store *store, struct arena *arena, int64_t id, struct ticket_facts *facts, struct error *error)
{
	struct ticket_facts *found;
	enum status status = read_alone(store, arena, id, &found, error);

	*facts = found ? *found : (struct ticket_facts){ 0 };
	return status == STATUS_OK && !found ? error_set(error, STATUS_NOT_FOUND, "no ticket %lld", (long long)id) : status;
}

enum status store_ticket_head(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*row = (struct ticket_row){ 0 };
	if (status == STATUS_OK)
		status = read_head(store, arena, id, row, error);
	store_read_end(store, began);
	return status;
}

enum status store_message(struct store *store, struct arena *arena, int64_t id, int seq, struct message_row *message, struct error *error)
{
	struct cursor cursor;
	bool found = false;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_MESSAGE, "id", id, seq);
	if (cursor_next(&cursor)) {
		*message = (struct message_row){ 0 };
		store_read_message_columns(&cursor, arena, message);
		found = true;
	}
	status = cursor_close(&cursor);
	return status != STATUS_OK || found ? status : error_set(error, STATUS_NOT_FOUND, "ticket %lld has no message %d", (long long)id, seq);
}

enum status store_timer_due(struct store *store, int64_t ticket, const char *kind, int64_t *due, struct error *error)
{
	return engine_number(store->engine, error, due, 0, SQL_TIMER_DUE, "it", ticket, kind);
}

enum status store_stars(struct store *store, int64_t ticket, int *stars, struct error *error)
{
	struct cursor cursor;

	*stars = 0;
	cursor_open(&cursor, store->engine, error, SQL_RATING_GET, "i", ticket);
	if (cursor_next(&cursor))
		*stars = (int)cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

enum status store_words_known(struct store *store, int64_t ticket, const char *words, bool *known, struct error *error)
{
	int64_t count = 0;
	enum status status = *words ? engine_number(store->engine, error, &count, 0, SQL_MESSAGE_SAYS, "it", ticket, words) : STATUS_OK;

	*known = count > 0;
	return status;
}

enum status store_public_messages(struct store *store, struct arena *arena, int64_t id, size_t skip, size_t limit, struct message_rows *rows,
                                  size_t *count, struct error *error)
{
	struct cursor cursor;
	int64_t all;
	enum status status = engine_number(store->engine, error, &all, 0, SQL_MESSAGES_PUBLIC_COUNT, "i", id);

	*rows = (struct message_rows){ 0 };
	*count = (size_t)all;
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_MESSAGES_PUBLIC, "iii", id, (int64_t)limit, (int64_t)skip);
	while (cursor_next(&cursor))
		store_read_message_columns(&cursor, arena, ARENA_PUSH(arena, rows));
	return cursor_close(&cursor);
}

enum status store_ticket(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*row = (struct ticket_row){ 0 };
	if (status == STATUS_OK)
		status = read_ticket(store, arena, id, row, error);
	store_read_end(store, began);
	return status;
}

enum status store_complete_row(struct store *store, struct arena *arena, struct ticket_row *row, bool facts, struct error *error)
{
	enum status status = facts ? complete_facts(store, arena, &row->facts, error) : STATUS_OK;

	return status == STATUS_OK ? read_links(store, arena, row, error) : status;
}
