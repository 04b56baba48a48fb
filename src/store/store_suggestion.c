/*
 * store_suggestion.c - what the articles were asked, what was shown of them, and what customers said to it.
 *
 * Written with the plans (store_apply.c): asked has a row for each request, suggested one for each article that was shown. A word of the
 * customer gets a number that grows over the whole desk, so that who learns from them sees at a glance whether there is a new one, even
 * where the clock stands still. A later word on the same ticket takes the earlier one's place. May not know what is in an article.
 */
#include "store_private.h"

#include <string.h>

enum status store_suggestion_add(struct store *store, int64_t ticket, const struct suggestion *suggestion, int64_t now, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = engine_run(store->engine, error, SQL_SUGGESTION_ADD, "iittdt", ticket, now, desk_suggestion_shown_name(suggestion->shown),
	                             suggestion->language ? suggestion->language : "", (int)suggestion->stranger, utf8_cut(&arena, suggestion->question ? suggestion->question : "", SUGGESTION_BYTES));

	for (size_t i = 0; i < suggestion->articles.count && status == STATUS_OK; i++) {
		const struct desk_article *article = &suggestion->articles.at[i];

		status = engine_run(store->engine, error, SQL_SUGGESTED_ADD, "idttitt", ticket, (int)i + 1, article->id, article->language ? article->language : "",
		                 (int64_t)(article->score * 10000), article->title ? article->title : "", article->excerpt ? article->excerpt : "");
	}
	return status;
}

enum status store_suggestion_outcome(struct store *store, int64_t ticket, const char *said, const char *article, int64_t now, struct error *error)
{
	int64_t number;
	bool solved = strcmp(said, OUTCOME_SOLVED) == 0, refused = strcmp(said, OUTCOME_REFUSED) == 0;
	enum status status = engine_run(store->engine, error, SQL_SUGGESTION_OUTCOME, "iti", ticket, said, now);

	if (status == STATUS_OK)
		status = store_kb_said(store, &number, error);
	/* The word before, if there was one, counts no more. */
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_SUGGESTED_TAKE_BACK, "ii", ticket, number + 1);
	if (status == STATUS_OK && (refused || (solved && *article)))
		status = engine_run(store->engine, error, SQL_SUGGESTED_SAID, "itti", ticket, article, said, number + 1);
	return status;
}

static enum suggestion_shown shown_of(const char *name)
{
	for (int i = SUGGESTION_NEVER; i <= SUGGESTION_HELD; i++)
		if (strcmp(desk_suggestion_shown_name((enum suggestion_shown)i), name) == 0)
			return (enum suggestion_shown)i;
	return SUGGESTION_NEVER;
}

static enum status read_articles(struct store *store, struct arena *arena, int64_t ticket, struct desk_articles *articles, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_SUGGESTED_GET, "i", ticket);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, articles) = (struct desk_article){ .id = cursor_text(&cursor, arena, 0), .language = cursor_text(&cursor, arena, 1),
			.title = cursor_text(&cursor, arena, 3), .excerpt = cursor_text(&cursor, arena, 4), .score = (double)cursor_number(&cursor, 2) / 1e4 };
	return cursor_close(&cursor);
}

enum status store_read_suggestion(struct store *store, struct arena *arena, int64_t ticket, struct suggestion *suggestion, struct error *error)
{
	struct cursor cursor;
	enum status status;

	*suggestion = (struct suggestion){ .outcome = "", .question = "", .language = "" };
	cursor_open(&cursor, store->engine, error, SQL_SUGGESTION_GET, "i", ticket);
	if (cursor_next(&cursor)) {
		suggestion->shown = shown_of(cursor_text(&cursor, arena, 0));
		suggestion->outcome = cursor_text(&cursor, arena, 1);
		suggestion->language = cursor_text(&cursor, arena, 2);
		suggestion->stranger = cursor_number(&cursor, 3) != 0;
	}
	status = cursor_close(&cursor);
	return status == STATUS_OK && suggestion->shown > SUGGESTION_NOTHING ? read_articles(store, arena, ticket, &suggestion->articles, error) : status;
}

enum status store_ticket_last_words(struct store *store, int64_t ticket, int *seq, struct error *error)
{
	int64_t last;
	enum status status = engine_number(store->engine, error, &last, 0, SQL_TICKET_LAST_WORDS, "i", ticket);

	*seq = (int)last;
	return status;
}

enum status store_ticket_told(struct store *store, int64_t ticket, bool *told, struct error *error)
{
	int64_t mails;
	enum status status = engine_number(store->engine, error, &mails, 0, SQL_TICKET_TOLD, "i", ticket);

	*told = status == STATUS_OK && mails > 0;
	return status;
}

/* ---- for learning ---- */

enum status store_kb_said(struct store *store, int64_t *number, struct error *error)
{
	return engine_number(store->engine, error, number, 0, SQL_OUTCOME_LAST, "");
}

enum status store_kb_feedback(struct store *store, struct arena *arena, size_t limit, struct feedback_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct feedback_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_FEEDBACK, "i", (int64_t)limit);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct feedback_row){ .ticket = cursor_number(&cursor, 0), .article = cursor_text(&cursor, arena, 1),
			.solved = cursor_number(&cursor, 2) != 0, .question = cursor_text(&cursor, arena, 3) };
	for (size_t i = 0; i < rows->count / 2; i++) {
		struct feedback_row row = rows->at[i];

		rows->at[i] = rows->at[rows->count - 1 - i];
		rows->at[rows->count - 1 - i] = row;
	}
	return cursor_close(&cursor);
}

/* ---- for reports ---- */

static enum status read_suggested(struct store *store, struct arena *arena, struct suggestion_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_SUGGESTED_GET, "i", row->ticket);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &row->articles) = (struct suggested_row){ .article = cursor_text(&cursor, arena, 0),
			.language = cursor_text(&cursor, arena, 1), .score = (double)cursor_number(&cursor, 2) / 1e4,
			.title = cursor_text(&cursor, arena, 3), .outcome = cursor_text(&cursor, arena, 5) };
	return cursor_close(&cursor);
}

static enum status read_asked_since(struct store *store, struct arena *arena, int64_t since, struct suggestion_rows *rows, struct error *error)
{
	struct cursor cursor;
	int64_t first = 1;
	enum status status = store_first_ticket_since(store, since, &first, error);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_SUGGESTIONS_SINCE, "ii", since, first);
	while (cursor_next(&cursor)) {
		struct suggestion_row *row = ARENA_PUSH(arena, rows);

		*row = (struct suggestion_row){ .ticket = cursor_number(&cursor, 0), .at = cursor_number(&cursor, 1), .said_at = cursor_number(&cursor, 4),
			.shown = shown_of(cursor_text(&cursor, arena, 2)), .outcome = cursor_text(&cursor, arena, 3), .language = cursor_text(&cursor, arena, 5),
			.question = cursor_text(&cursor, arena, 6), .queue = cursor_text(&cursor, arena, 7) };
		if (!desk_ticket_state_parse(cursor_text(&cursor, arena, 8), &row->state))
			cursor.status = error_set(error, STATUS_BROKEN, "ticket %lld has a state that is none: run `sportello fsck`", (long long)row->ticket);
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		if (rows->at[i].shown > SUGGESTION_NOTHING)
			status = read_suggested(store, arena, &rows->at[i], error);
	return status;
}

enum status store_suggestions_since(struct store *store, struct arena *arena, int64_t since, struct suggestion_rows *rows, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*rows = (struct suggestion_rows){ 0 };
	if (status == STATUS_OK)
		status = read_asked_since(store, arena, since, rows, error);
	store_read_end(store, began);
	return status;
}

enum status store_asked_of(struct store *store, int64_t ticket, struct asked_row *row, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	*row = (struct asked_row){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_ASKED_OF, "i", ticket);
	if (cursor_next(&cursor)) {
		const char *said = cursor_text(&cursor, &arena, 2);

		*row = (struct asked_row){ .at = cursor_number(&cursor, 0), .there = true, .shown = shown_of(cursor_text(&cursor, &arena, 1)) > SUGGESTION_NOTHING,
			.solved = strcmp(said, OUTCOME_SOLVED) == 0, .refused = strcmp(said, OUTCOME_REFUSED) == 0 };
		row->said_at = row->solved || row->refused ? cursor_number(&cursor, 3) : 0;
	}
	return cursor_close(&cursor);
}
