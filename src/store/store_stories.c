/*
 * store_stories.c - what happened to tickets, for reports: as many as there are, one after the other, each with what is needed and no more.
 *
 * One snapshot for all of them, so that the numbers of one report are of one moment.
 */
#include "store_private.h"

struct numbers { int64_t *at; size_t count; };

static enum status read_numbers(struct store *store, struct arena *arena, int64_t since, struct numbers *numbers, struct error *error)
{
	struct cursor cursor;
	int64_t first = 1;
	enum status status = store_first_ticket_since(store, since, &first, error);

	if (status)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_STORIES, "ii", since, first);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, numbers) = cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

static enum status read_columns(struct store *store, struct arena *arena, int64_t ticket, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_TICKET_GET, "i", ticket);
	if (cursor_next(&cursor))
		store_read_ticket_columns(&cursor, arena, &row->facts);
	return cursor_close(&cursor);
}

static enum status read_lines(struct store *store, struct arena *arena, int64_t ticket, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_HISTORY, "ii", ticket, (int64_t)1);
	while (cursor_next(&cursor)) {
		struct history_row *line = ARENA_PUSH(arena, &row->history);

		store_history_read_columns(&cursor, arena, line);
		line->at = cursor_number(&cursor, 5);
		line->who = cursor_text(&cursor, arena, 6);
		line->why = "";
	}
	return cursor_close(&cursor);
}

static enum status read_messages(struct store *store, struct arena *arena, int64_t ticket, struct ticket_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_STORY_MESSAGES, "i", ticket);
	while (cursor_next(&cursor)) {
		struct message_row *message = ARENA_PUSH(arena, &row->messages);

		message->seq = (int)cursor_number(&cursor, 0);
		desk_message_kind_parse(cursor_text(&cursor, arena, 1), &message->kind);
		message->out = cursor_number(&cursor, 2) != 0;
		message->agent = cursor_text(&cursor, arena, 3);
		message->outbox = cursor_number(&cursor, 4);
		message->flags = cursor_text(&cursor, arena, 5);
		message->date = cursor_number(&cursor, 6);
	}
	return cursor_close(&cursor);
}

static enum status read_story(struct store *store, struct arena *arena, int64_t ticket, bool messages, struct ticket_row *row, struct error *error)
{
	enum status status = read_columns(store, arena, ticket, row, error);

	if (status == STATUS_OK)
		status = read_lines(store, arena, ticket, row, error);
	return status == STATUS_OK && messages ? read_messages(store, arena, ticket, row, error) : status;
}

enum status store_story_of(struct store *store, struct arena *arena, int64_t ticket, struct ticket_row *row, struct error *error)
{
	*row = (struct ticket_row){ 0 };
	return read_story(store, arena, ticket, true, row, error);
}

enum status store_stories_of(struct store *store, int64_t since, bool messages, store_wanted wanted, store_story story, void *context, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 }, one = { 0 };
	struct numbers numbers = { 0 };
	bool began, goes_on = true;
	enum status status = store_read_begin(store, &began, error);

	if (status == STATUS_OK)
		status = read_numbers(store, &arena, since, &numbers, error);
	for (size_t i = 0; i < numbers.count && status == STATUS_OK && goes_on; i++) {
		struct ticket_row row = { 0 };

		if (wanted && !wanted(context, numbers.at[i]))
			continue;
		if ((status = read_story(store, &one, numbers.at[i], messages, &row, error)) == STATUS_OK && row.history.count)
			goes_on = story(context, &one, &row);
		arena_reset(&one);
	}
	store_read_end(store, began);
	return status;
}

enum status store_stories(struct store *store, int64_t since, bool messages, store_story story, void *context, struct error *error)
{
	return store_stories_of(store, since, messages, NULL, story, context, error);
}

static enum status read_mails(struct store *store, int64_t from, int64_t to, int64_t first, int64_t end, store_accepted accepted, void *context, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_MAIL_BETWEEN, "iiii", from, to, first, end);
	while (cursor_next(&cursor)) {
		accepted(context, cursor_number(&cursor, 0), cursor_text(&cursor, &arena, 1), cursor_number(&cursor, 2), cursor_text(&cursor, &arena, 3));
		arena_reset(&arena);
	}
	return cursor_close(&cursor);
}

enum status store_mail_between(struct store *store, int64_t from, int64_t to, int64_t after, store_accepted accepted, void *context, struct error *error)
{
	int64_t first = 1, end = 1;
	enum status status = store_first_mail_since(store, from, &first, error);

	if (status == STATUS_OK)
		status = store_first_mail_since(store, to + 2 * STORE_SET_BACK_MS, &end, error);
	return status == STATUS_OK ? read_mails(store, from, to, first > after ? first : after + 1, end, accepted, context, error) : status;
}

enum status store_mails(struct store *store, int64_t first, int64_t end, store_accepted accepted, void *context, struct error *error)
{
	return read_mails(store, INT64_MIN, INT64_MAX, first, end, accepted, context, error);
}

enum status store_looked_add(struct store *store, int64_t at, const char *who, const char *what, struct error *error)
{
	return engine_run(store->engine, error, SQL_LOOKED_ADD, "itt", at, who, what);
}

enum status store_looked(struct store *store, struct arena *arena, struct looked_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct looked_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_LOOKED, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct looked_row){ cursor_number(&cursor, 0), cursor_text(&cursor, arena, 1), cursor_text(&cursor, arena, 2) };
	return cursor_close(&cursor);
}
