/*
 * sqlite_check.c - SQLite's own check of the file, for fsck.
 *
 * A statement that cannot be run on a damaged file is a finding; one that cannot be run now ends the check.
 */
#include "sqlite_private.h"

#include <errno.h>

static enum status check(struct engine *engine, const char *sql, bool *clean, const struct engine_findings *findings, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	sqlite3_stmt *statement = NULL;
	struct error own;
	int code;

	errno = 0;
	*clean = true;
	code = sqlite3_prepare_v2(engine->db, sql, -1, &statement, NULL);
	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		if (text && strcmp(text, "ok") != 0) {
			findings->complain(findings->context, arena_printf(&arena, "database file: %s", text));
			*clean = false;
		}
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	*clean = *clean && code == SQLITE_DONE;
	if (code == SQLITE_DONE)
		return STATUS_OK;
	if (sqlite_failed(engine->db, code, sql, &own) == STATUS_BROKEN) {
		findings->complain(findings->context, own.text);
		return STATUS_OK;
	}
	if (error)
		*error = own;
	return own.status;
}

enum status sqlite_check(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	bool clean;
	enum status status = check(engine, "PRAGMA quick_check(20)", &clean, findings, error);

	return status == STATUS_OK && clean ? check(engine, "PRAGMA integrity_check(20)", &clean, findings, error) : status;
}
