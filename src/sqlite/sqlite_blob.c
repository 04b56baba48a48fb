/*
 * sqlite_blob.c - large values, read and written in place, a piece at a time, so that memory does not grow with them.
 */
#include "sqlite_private.h"

#include <errno.h>
#include <stdlib.h>

struct engine_blob { const struct engine_kind *kind; sqlite3_blob *is; };

static enum status piece_failed(int code, const char *doing, struct error *error)
{
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(NULL, code, doing, error);
}

enum status sqlite_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error)
{
	static const struct { const char *table, *column; } places[] = {
		[ENGINE_RAW_BYTES] = { "raw", "bytes" }, [ENGINE_DERIVED_TEXT] = { "derived", "text" }, [ENGINE_DERIVED_REPLY] = { "derived", "reply_text" },
	};
	struct engine_blob *it = *blob = malloc(sizeof *it);
	int code;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "opening a large value: out of memory");
	*it = (struct engine_blob){ .kind = engine->kind };
	errno = 0;
	code = sqlite3_blob_open(engine->db, "main", places[value].table, places[value].column, row, write, &it->is);
	if (code == SQLITE_OK)
		return STATUS_OK;
	sqlite_blob_close(blob);
	return sqlite_failed(engine->db, code, "opening a large value", error);
}

size_t sqlite_blob_size(struct engine_blob *blob)
{
	return (size_t)sqlite3_blob_bytes(blob->is);
}

enum status sqlite_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error)
{
	errno = 0;
	return piece_failed(sqlite3_blob_read(blob->is, bytes, (int)length, (int)offset), "reading a large value", error);
}

enum status sqlite_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error)
{
	errno = 0;
	return piece_failed(sqlite3_blob_write(blob->is, bytes, (int)length, (int)offset), "writing a large value", error);
}

void sqlite_blob_close(struct engine_blob **blob)
{
	sqlite3_blob_close((*blob)->is);
	free(*blob);
	*blob = NULL;
}
