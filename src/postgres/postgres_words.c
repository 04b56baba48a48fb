/*
 * postgres_words.c - full text: the words of messages as tsvectors, made of our own tokens, so that both engines find the same words.
 *
 * Words are gathered while the messages are read, and written in a transaction of their own at the end, which does not take the writer's lock. Several gateways
 * may index at once: the same message gives the same row. Where all words were thrown away meanwhile (somebody was erased), what was gathered is thrown away, too: else
 * erased words came back, and those before them were missing for good. Who throws away writes the row `words_edition`, whose xmin is then another one.
 */
#include "postgres_private.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define VECTOR_BYTES (512 * 1024)        /* of the words of one message: the server takes 1 MiB */
#define VECTOR_POSITIONS 16383           /* the server counts no further */
#define QUERY_BYTES 4096

/* ---- what is there ---- */

static enum status start_anew(struct engine *engine, int edition, struct error *error)
{
	enum status status = engine_begin(engine, error);

	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_WORDS_LOCK, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_WORDS_DELETE, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, SQL_META_SET, "ti", "words_edition", (int64_t)edition);
	if (status == STATUS_OK)
		status = postgres_run(engine, error, SQL_META_SET, "ti", "words_upto", (int64_t)0);
	if (status == STATUS_OK)
		return engine_commit(engine, error);
	engine_rollback(engine);
	return status;
}

enum status postgres_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error)
{
	int64_t there;
	enum status status = postgres_number_of(engine, error, &there, 0, SQL_META_GET, "t", "words_edition");

	*upto = 0;
	if (status == STATUS_OK && there != edition)
		status = start_anew(engine, edition, error);
	if (status == STATUS_OK)
		status = postgres_number_of(engine, error, &engine->words.age, 0, OWN_WORDS_AGE, "");
	if (status == STATUS_OK)
		status = postgres_number_of(engine, error, upto, 0, SQL_META_GET, "t", "words_upto");
	return status;
}

void postgres_words_forget(struct engine *engine)
{
	start_anew(engine, 0, NULL);
}

enum status postgres_words_clear(struct engine *engine, struct error *error)
{
	int64_t edition;
	enum status status = postgres_number_of(engine, error, &edition, 0, SQL_META_GET, "t", "words_edition");

	return status == STATUS_OK ? start_anew(engine, (int)edition, error) : status;
}

/* ---- adding ---- */

enum status postgres_words_begin(struct engine *engine, struct error *error)
{
	(void)error;
	arena_fini(&engine->words.arena);
	engine->words.at = NULL;
	engine->words.count = 0;
	return STATUS_OK;
}

/* 'word':7A, as the server reads it. Words are letters and digits: nothing in them needs a quote. */
static void add_words(struct buffer *vector, const char *text, char weight, int *position)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	while (vector->length < VECTOR_BYTES && words_next(&text, word, folded))
		buffer_printf(vector, "'%s':%d%c ", folded, *position < VECTOR_POSITIONS ? ++*position : VECTOR_POSITIONS, weight);
	*position += 1;                  /* no phrase goes from one into the next */
}

enum status postgres_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people, struct error *error)
{
	CLEANUP_BUFFER struct buffer vector = { 0 };
	CLEANUP_ARENA struct arena arena = { 0 };
	struct postgres_word *word;
	int position = 0;

	(void)error;
	add_words(&vector, subject, 'A', &position);
	add_words(&vector, arena_copy(&arena, text, length), 'D', &position);
	add_words(&vector, people, 'B', &position);
	word = ARENA_PUSH(&engine->words.arena, &engine->words);
	*word = (struct postgres_word){ message, arena_string(&engine->words.arena, buffer_string(&vector)) };
	return STATUS_OK;
}

static enum status write_words(struct engine *engine, int64_t upto, struct error *error)
{
	int64_t age = 0;
	enum status status;

	engine->in_transaction = true;
	status = postgres_run(engine, error, OWN_BEGIN, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_WORDS_LOCK, "");
	if (status == STATUS_OK)
		status = postgres_number_of(engine, error, &age, 0, OWN_WORDS_AGE, "");
	if (status == STATUS_OK && age != engine->words.age) {
		postgres_rollback(engine);
		return STATUS_OK;                /* thrown away: who looks again begins at the first message */
	}
	for (size_t i = 0; i < engine->words.count && status == STATUS_OK; i++)
		status = postgres_run(engine, error, OWN_WORDS_ADD, "it", engine->words.at[i].message, engine->words.at[i].text);
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_WORDS_UPTO, "i", upto);
	if (status == STATUS_OK)
		return postgres_commit(engine, error);
	postgres_rollback(engine);
	return status;
}

enum status postgres_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error)
{
	if (status == STATUS_OK)
		status = write_words(engine, upto, error);
	arena_fini(&engine->words.arena);
	engine->words.at = NULL;
	engine->words.count = 0;
	return status;
}

/* ---- searching ---- */

/* What a person wrote without a space is found in that order: 'anna' <-> 'example' <-> 'com'. */
static bool add_phrase(struct buffer *query, const char *word)
{
	char token[WORDS_BYTES], folded[WORDS_BYTES];
	size_t before = query->length;

	while (query->length < QUERY_BYTES && words_next(&word, token, folded))
		buffer_printf(query, "%s'%s'", query->length == before ? before ? " & (" : "(" : " <-> ", folded);
	if (query->length > before)
		buffer_add_char(query, ')');
	return query->length > before;
}

enum status postgres_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error)
{
	CLEANUP_BUFFER struct buffer query = { 0 };
	CLEANUP_ARENA struct arena own = { 0 };
	struct cursor cursor;
	size_t count = 0;

	*found = (struct engine_found){ 0 };
	while (*words && count < LIMIT_QUERY_TERMS) {
		size_t length = strcspn(words, " \t\r\n");

		count += length > 0 && add_phrase(&query, arena_copy(&own, words, length));
		words += length + (words[length] != '\0');
	}
	if (query.length == 0)
		return STATUS_OK;
	postgres_cursor_open_own(&cursor, engine, error, OWN_WORDS_FIND, "ti", buffer_string(&query), (int64_t)limit);
	while (postgres_cursor_next(&cursor))
		*ARENA_PUSH(arena, found) = postgres_cursor_number(&cursor, 0);
	return postgres_cursor_close(&cursor);
}
