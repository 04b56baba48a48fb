/*
 * sqlite_blob.c - large values, read and written in place, a piece at a time, so that memory does not grow with them.
 */
#include "sqlite_private.h"

#include <errno.h>

/* The handle of SQLite itself is ours: there is nothing to keep beside it. */
static sqlite3_blob *own(struct engine_blob *blob)
{
	return (sqlite3_blob *)blob;
}

static enum status piece_failed(int code, const char *doing, struct error *error)
{
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(NULL, code, doing, error);
}

enum status engine_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error)
{
	static const struct { const char *table, *column; } places[] = {
		[ENGINE_RAW_BYTES] = { "raw", "bytes" }, [ENGINE_DERIVED_TEXT] = { "derived", "text" }, [ENGINE_DERIVED_REPLY] = { "derived", "reply_text" },
	};
	sqlite3_blob *opened = NULL;
	int code;

	errno = 0;
	code = sqlite3_blob_open(engine->db, "main", places[value].table, places[value].column, row, write, &opened);
	*blob = (struct engine_blob *)opened;
	if (code == SQLITE_OK)
		return STATUS_OK;
	*blob = NULL;
	sqlite3_blob_close(opened);
	return sqlite_failed(engine->db, code, "opening a large value", error);
}

size_t engine_blob_size(struct engine_blob *blob)
{
	return (size_t)sqlite3_blob_bytes(own(blob));
}

enum status engine_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error)
{
	errno = 0;
	return piece_failed(sqlite3_blob_read(own(blob), bytes, (int)length, (int)offset), "reading a large value", error);
}

enum status engine_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error)
{
	errno = 0;
	return piece_failed(sqlite3_blob_write(own(blob), bytes, (int)length, (int)offset), "writing a large value", error);
}

void engine_blob_close(struct engine_blob **blob)
{
	sqlite3_blob_close(own(*blob));
	*blob = NULL;
}
