/*
 * sqlite_sql.c - the one place where statements are prepared, bound, stepped and reset, and SQLite's result codes become ours.
 *
 * Each statement is prepared when first used and kept with its connection. A statement never stays unreset: an open one
 * would hold a snapshot and stop the WAL from being reused. May not know what a ticket is.
 * Diagnostics: STATUS_TRY_LATER with what the administrator can do (locked, disk full, read-only, input/output error, no
 * memory); STATUS_BROKEN for a damaged file, or a statement that does not fit the schema (a mistake of ours).
 */
#include "sqlite_private.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(id, text) [id] = text,
	STATEMENTS(X)
	OWN_STATEMENTS(X)
#undef X
};

/* Each name of the door has its words: as many words as names, and none twice. */
enum {
#define X(id, text) HAS_##id,
	STATEMENTS(X)
#undef X
	HAS_COUNT
};
_Static_assert((int)HAS_COUNT == (int)SQL_COUNT, "a statement of engine.h has no words");

enum status sqlite_status(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE:
		return STATUS_OK;
	case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_READONLY:
	case SQLITE_CANTOPEN: case SQLITE_NOMEM: case SQLITE_PERM: case SQLITE_AUTH: case SQLITE_PROTOCOL:
		return STATUS_TRY_LATER;
	default:
		return STATUS_BROKEN;
	}
}

static bool is_full(int code, int system)
{
	return (code & 0xff) == SQLITE_FULL || ((code & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT));
}

static const char *advice(int code, int system)
{
	if (is_full(code, system))
		return "the disk is full: make room; what waits will be tried again";
	if ((code & 0xff) == SQLITE_IOERR && system == EROFS)
		return "the file system of the state directory is read-only: look at the kernel log; what waits will be tried again";
	if ((code & 0xff) == SQLITE_CANTOPEN && (system == EMFILE || system == ENFILE))
		return "too many files are open; what waits will be tried again";
	switch (code & 0xff) {
	case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_PROTOCOL:
		return "the database is locked by another program for more than 5 s: stop it; what waits will be tried again";
	case SQLITE_IOERR:
		return "the disk reports an input/output error: look at the kernel log; what waits will be tried again";
	case SQLITE_READONLY: case SQLITE_PERM: case SQLITE_AUTH:
		return "the database cannot be written: check the owner and the mount of the state directory";
	case SQLITE_CANTOPEN:
		return "the database cannot be opened: check the owner and the mode of the state directory";
	case SQLITE_NOMEM:
		return "out of memory; what waits will be tried again";
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		return "the database is damaged: run `sportello fsck`, and restore the last backup";
	default:
		return "this should not happen: run `sportello fsck` and report it";
	}
}

enum status sqlite_failed(sqlite3 *db, int code, const char *doing, struct error *error)
{
	int system = errno;                      /* set to 0 before the step, by those who step */

	/* What cannot be read SQLite calls damaged, as if it had read something else. */
	if ((code & 0xff) == SQLITE_CORRUPT && system == EIO)
		code = SQLITE_IOERR_READ;
	if ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN)
		system = 0;
	enum status status = error_set(error, sqlite_status(code), "%s: %s (SQLite: %s%s%s)", doing, advice(code, system),
	                               db ? sqlite3_errmsg(db) : sqlite3_errstr(code), system ? ": " : "", system ? strerror(system) : "");

	if (error)
		error->full = is_full(code, system);
	return status;
}

enum status sqlite_exec(sqlite3 *db, const char *sql, struct error *error)
{
	int code;

	errno = 0;
	code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(db, code, sql, error);
}

/* What an error message calls the statement: its first words. */
static enum status statement_failed(struct engine *engine, int code, int id, struct error *error)
{
	char doing[60];

	snprintf(doing, sizeof doing, "%.*s", (int)strcspn(statement_texts[id], "(,;"), statement_texts[id]);
	return sqlite_failed(engine->db, code, doing, error);
}

static sqlite3_stmt *prepared(struct engine *engine, int id, enum status *status, struct error *error)
{
	sqlite3_stmt **statement = &engine->statements[id];

	if (!*statement) {
		int code = sqlite3_prepare_v3(engine->db, statement_texts[id], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);

		if (code != SQLITE_OK) {
			*status = statement_failed(engine, code, id, error);
			return NULL;
		}
	}
	*status = STATUS_OK;
	return *statement;
}

static void bind(sqlite3_stmt *statement, const char *format, va_list arguments)
{
	for (int i = 1; *format; format++, i++)
		switch (*format) {
		case 'i':
			sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
			break;
		case 'd':
			sqlite3_bind_int(statement, i, va_arg(arguments, int));
			break;
		case 't': {
			const char *text = va_arg(arguments, const char *);
			sqlite3_bind_text(statement, i, text, text ? (int)strlen(text) : 0, SQLITE_STATIC);
			break;
		}
		case 'b': {
			const void *bytes = va_arg(arguments, const void *);
			size_t length = va_arg(arguments, size_t);
			sqlite3_bind_blob64(statement, i, bytes, length, SQLITE_STATIC);
			break;
		}
		default:
			assert(!"unknown letter in a bind format");
		}
}

/* The statement after its first step; NULL with *status where it cannot be prepared. The caller resets it. */
static sqlite3_stmt *first_step(struct engine *engine, int id, const char *format, va_list arguments, enum status *status, struct error *error)
{
	sqlite3_stmt *statement = prepared(engine, id, status, error);
	int code;

	if (!statement)
		return NULL;
	bind(statement, format, arguments);
	errno = 0;
	code = sqlite3_step(statement);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		*status = statement_failed(engine, code, id, error);
	return statement;
}

enum status sqlite_run_list(struct engine *engine, struct error *error, int id, const char *format, va_list arguments)
{
	enum status status;

	sqlite3_reset(first_step(engine, id, format, arguments, &status, error));
	return status;
}

enum status sqlite_run(struct engine *engine, struct error *error, int id, const char *format, ...)
{
	enum status status;
	va_list arguments;

	va_start(arguments, format);
	status = sqlite_run_list(engine, error, id, format, arguments);
	va_end(arguments);
	return status;
}

int64_t sqlite_changes(struct engine *engine)
{
	return sqlite3_changes64(engine->db);
}

int64_t sqlite_last_row(struct engine *engine)
{
	return sqlite3_last_insert_rowid(engine->db);
}

enum status sqlite_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, va_list arguments)
{
	enum status status;
	sqlite3_stmt *statement = first_step(engine, id, format, arguments, &status, error);

	*value = otherwise;
	if (statement && sqlite3_data_count(statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		*value = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return status;
}

void sqlite_cursor_open_list(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, va_list arguments)
{
	*cursor = (struct cursor){ .engine = engine, .error = error };
	cursor->statement = prepared(engine, id, &cursor->status, error);
	if (cursor->statement)
		bind(cursor->statement, format, arguments);
}

void sqlite_cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	sqlite_cursor_open_list(cursor, engine, error, id, format, arguments);
	va_end(arguments);
}

bool sqlite_cursor_next(struct cursor *cursor)
{
	int code;

	if (!cursor->statement || cursor->status != STATUS_OK)
		return false;
	errno = 0;
	code = sqlite3_step(cursor->statement);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		cursor->status = sqlite_failed(cursor->engine->db, code, "reading the database", cursor->error);
	sqlite_cursor_close(cursor);
	return false;
}

enum status sqlite_cursor_close(struct cursor *cursor)
{
	if (cursor->statement && cursor->once)
		sqlite3_finalize(cursor->statement);
	else if (cursor->statement)
		sqlite3_reset(cursor->statement);
	cursor->statement = NULL;
	return cursor->status;
}

const char *sqlite_cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column)
{
	const char *text = (const char *)sqlite3_column_text(cursor->statement, column);

	return text ? arena_copy(arena, text, (size_t)sqlite3_column_bytes(cursor->statement, column)) : NULL;
}

const void *sqlite_cursor_blob(struct cursor *cursor, int column, size_t *length)
{
	const void *bytes = sqlite3_column_blob(cursor->statement, column);

	*length = (size_t)sqlite3_column_bytes(cursor->statement, column);
	return bytes;
}

int64_t sqlite_cursor_number(struct cursor *cursor, int column)
{
	return sqlite3_column_int64(cursor->statement, column);
}
