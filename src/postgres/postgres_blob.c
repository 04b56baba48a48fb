/*
 * postgres_blob.c - large values, a piece at a time: of a column by substring(), and of a large mail from the rows of raw_piece, which is also how it is written.
 */
#include "postgres_private.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)256 * 1024)

struct engine_blob { const struct engine_kind *kind; struct engine *engine; enum engine_value value; int64_t row; size_t column, pieces; };

static const struct { int size, read; } value_sql[] = {
	[ENGINE_RAW_BYTES] = { OWN_RAW_SIZE, OWN_RAW_READ }, [ENGINE_DERIVED_TEXT] = { OWN_TEXT_SIZE, OWN_TEXT_READ }, [ENGINE_DERIVED_REPLY] = { OWN_REPLY_SIZE, OWN_REPLY_READ },
};

static enum status measure(struct engine_blob *blob, struct error *error)
{
	struct cursor cursor;
	bool there = false;

	postgres_cursor_open_own(&cursor, blob->engine, error, value_sql[blob->value].size, "i", blob->row);
	if (postgres_cursor_next(&cursor)) {
		there = true;
		blob->column = (size_t)postgres_cursor_number(&cursor, 0);
		blob->pieces = blob->value == ENGINE_RAW_BYTES ? (size_t)postgres_cursor_number(&cursor, 1) : 0;
	}
	if (postgres_cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	return there ? STATUS_OK : error_set(error, STATUS_BROKEN, "opening a large value: there is none in row %lld", (long long)blob->row);
}

enum status postgres_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error)
{
	struct engine_blob *it = *blob = calloc(1, sizeof *it);
	enum status status = STATUS_OK;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "opening a large value: out of memory");
	*it = (struct engine_blob){ .kind = engine->kind, .engine = engine, .value = value, .row = row };
	if (!write && (status = measure(it, error)) != STATUS_OK)
		postgres_blob_close(blob);
	return status;
}

size_t postgres_blob_size(struct engine_blob *blob)
{
	return blob->column + blob->pieces;
}

/* Copies what the row has of it; *got: how much. */
static void copy_row(struct cursor *cursor, int column, char *to, size_t room, size_t *got)
{
	size_t length;
	const void *bytes = postgres_cursor_blob(cursor, column, &length);

	*got = !bytes ? 0 : length < room ? length : room;
	if (*got > 0)
		memcpy(to, bytes, *got);
}

static enum status read_pieces(struct engine_blob *blob, char *to, size_t length, size_t offset, size_t *done, struct error *error)
{
	struct cursor cursor;

	postgres_cursor_open_own(&cursor, blob->engine, error, OWN_PIECE_READ, "iii", blob->row, (int64_t)offset, (int64_t)length);
	while (postgres_cursor_next(&cursor)) {
		size_t got;

		copy_row(&cursor, 1, to + *done, length - *done, &got);
		*done += got;
	}
	return postgres_cursor_close(&cursor);
}

enum status postgres_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error)
{
	struct cursor cursor;
	size_t done = 0;
	enum status status;

	if (blob->pieces > 0) {
		status = read_pieces(blob, bytes, length, offset, &done, error);
	} else {
		postgres_cursor_open_own(&cursor, blob->engine, error, value_sql[blob->value].read, "iii", blob->row, (int64_t)offset + 1, (int64_t)length);
		if (postgres_cursor_next(&cursor))
			copy_row(&cursor, 0, bytes, length, &done);
		status = postgres_cursor_close(&cursor);
	}
	if (status != STATUS_OK || done == length)
		return status;
	return error_set(error, STATUS_BROKEN, "reading a large value: row %lld is shorter than it was", (long long)blob->row);
}

enum status postgres_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t at = 0; at < length && status == STATUS_OK; at += PIECE) {
		size_t size = length - at < PIECE ? length - at : PIECE;

		status = postgres_run(blob->engine, error, OWN_PIECE_ADD, "iib", blob->row, (int64_t)(offset + at), (const char *)bytes + at, size);
	}
	return status;
}

void postgres_blob_close(struct engine_blob **blob)
{
	free(*blob);
	*blob = NULL;
}
