/*
 * store_learn.c - for the classifier: the tickets that people confirmed, the models it made of them, and how often it was right.
 *
 * confirmed and routed are written with the plans (store_apply.c). A model is put in whole, in one transaction, with the SHA-256 of its
 * bytes; the two newest are kept, so that a damaged one has a predecessor. May not know what is in a model.
 */
#include "store_private.h"

#include <string.h>

static void add_lines(struct arena *arena, struct strings *lines, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		strings_add(arena, lines, arena_copy(arena, text, length));
		text += length + (text[length] != '\0');
	}
}

enum status store_confirmed_tickets(struct store *store, struct arena *arena, size_t limit, struct confirmed_rows *rows, struct error *error)
{
	struct cursor cursor;
	enum status status;

	*rows = (struct confirmed_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_CONFIRMED_NEWEST, "i", (int64_t)limit);
	while (cursor_next(&cursor)) {
		struct confirmed_row *row = ARENA_PUSH(arena, rows);

		*row = (struct confirmed_row){ .ticket = cursor_number(&cursor, 0), .queue = cursor_text(&cursor, arena, 1),
			.at = cursor_number(&cursor, 2), .raw = cursor_number(&cursor, 3), .priority = cursor_text(&cursor, arena, 4) };
		add_lines(arena, &row->tags, cursor_text(&cursor, arena, 5));
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows->count / 2; i++) {
		struct confirmed_row row = rows->at[i];

		rows->at[i] = rows->at[rows->count - 1 - i];
		rows->at[rows->count - 1 - i] = row;
	}
	return status;
}

enum status store_confirmed_since(struct store *store, int64_t at, int64_t *count, struct error *error)
{
	return engine_number(store->engine, error, count, 0, SQL_CONFIRMED_SINCE, "i", at);
}

/* ---- models ---- */

enum status store_model_newest(struct store *store, int64_t *version, struct error *error)
{
	return engine_number(store->engine, error, version, 0, SQL_MODEL_NEWEST, "");
}

enum status store_model_put(struct store *store, int64_t began, const char *configuration, const char *note, const void *bytes, size_t length, int64_t *version, struct error *error)
{
	unsigned char checksum[SHA256_SIZE];
	int64_t later = 0;
	enum status status = store_model_newest(store, version, error);

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &later, 0, SQL_MODELS_LATER, "i", began);
	if (status != STATUS_OK || later)
		return status;
	sha256_of(bytes, length, checksum);
	status = engine_run(store->engine, error, SQL_MODEL_ADD, "iitbbt", ++*version, began, note, checksum, sizeof checksum, bytes, length, configuration);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_MODEL_FORGET, "") : status;
}

static bool is_whole(struct cursor *cursor, const struct model_row *row)
{
	unsigned char checksum[SHA256_SIZE];
	size_t length;
	const void *kept = cursor_blob(cursor, 3, &length);

	sha256_of(row->bytes ? row->bytes : "", row->length, checksum);
	return kept && length == SHA256_SIZE && memcmp(kept, checksum, SHA256_SIZE) == 0;
}

enum status store_model_get(struct store *store, store_model_accept accept, void *context, int64_t *version, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	*version = 0;
	cursor_open(&cursor, store->engine, error, SQL_MODELS, "");
	while (!*version && cursor_next(&cursor)) {
		struct model_row row = { .version = cursor_number(&cursor, 0), .created = cursor_number(&cursor, 1), .note = cursor_text(&cursor, &arena, 2),
			.configuration = cursor_text(&cursor, &arena, 5) };

		row.bytes = cursor_blob(&cursor, 4, &row.length);
		row.whole = is_whole(&cursor, &row);
		if (accept(context, &row))
			*version = row.version;
	}
	return cursor_close(&cursor);
}

/* ---- what it did ---- */

enum status store_routed_judged(struct store *store, int64_t after_model, int64_t untouched_before, int64_t limit, int64_t *judged, int64_t *right,
                                struct error *error)
{
	struct cursor cursor;

	*judged = *right = 0;
	cursor_open(&cursor, store->engine, error, SQL_ROUTED_JUDGED, "iii", after_model, untouched_before, limit);
	if (cursor_next(&cursor)) {
		*judged = cursor_number(&cursor, 0);
		*right = cursor_number(&cursor, 1);
	}
	return cursor_close(&cursor);
}

static enum status read_report(struct store *store, struct arena *arena, enum sql statement, struct routed_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct routed_rows){ 0 };
	cursor_open(&cursor, store->engine, error, statement, "");
	while (cursor_next(&cursor)) {
		struct routed_row *row = ARENA_PUSH(arena, rows);

		*row = (struct routed_row){ .queue = cursor_text(&cursor, arena, 0), .month = cursor_text(&cursor, arena, 1),
			.routed = cursor_number(&cursor, 2), .corrected = cursor_number(&cursor, 3) };
		row->confidence = (double)cursor_number(&cursor, 4) / 1e4 / (double)row->routed;
	}
	return cursor_close(&cursor);
}

enum status store_routed_report(struct store *store, struct arena *arena, struct routed_rows *rows, struct error *error)
{
	return read_report(store, arena, SQL_ROUTED_REPORT, rows, error);
}

enum status store_learned_report(struct store *store, struct arena *arena, struct routed_rows *rows, struct error *error)
{
	return read_report(store, arena, SQL_LEARNED_REPORT, rows, error);
}
