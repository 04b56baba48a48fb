/*
 * sqlite_query.c - the tickets that a query wants: engine_query.c makes the statement, which is prepared for this once.
 */
#include "sqlite_private.h"

#include <errno.h>

static void bind_value(void *context, int number, int64_t is, const char *text)
{
	sqlite3_stmt *statement = context;

	if (text)
		sqlite3_bind_text(statement, number, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(statement, number, is);
}

static enum status prepare(struct engine *engine, const char *columns, const struct query *query, int64_t now, size_t limit, sqlite3_stmt **statement, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	int code;

	engine_query_text(&sql, NULL, columns, query, limit);
	errno = 0;
	code = sqlite3_prepare_v2(engine->db, buffer_string(&sql), -1, statement, NULL);
	if (code != SQLITE_OK)
		return sqlite_failed(engine->db, code, "listing tickets", error);
	engine_query_values(query, now, bind_value, *statement);
	return STATUS_OK;
}

void sqlite_cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const char *columns, const struct query *query, int64_t now, size_t limit)
{
	sqlite3_stmt *statement = NULL;

	*cursor = (struct cursor){ .engine = engine, .error = error, .once = true };
	cursor->status = prepare(engine, columns, query, now, limit, &statement, error);
	cursor->statement = statement;
}
