/*
 * sqlite_bring_up.c - a database takes the steps of the schema that it lacks.
 *
 * The database says what it is: application_id is ours, user_version counts the steps it has taken. sqlite_bring_up() takes
 * the missing steps in one transaction, so that a crash leaves the old version or the new one. May not touch a database of
 * another program or of a newer Sportello: both are refused with a sentence that says so.
 */
#include "sqlite_private.h"

#include <stdio.h>

static enum status pragma_number(sqlite3 *db, const char *sql, int64_t *value, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	*value = 0;
	if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : sqlite_failed(db, code, sql, error);
}

struct identity { int64_t application, version, tables; };

static enum status identify(sqlite3 *db, struct identity *identity, struct error *error)
{
	enum status status = pragma_number(db, "PRAGMA application_id", &identity->application, error);

	if (status == STATUS_OK)
		status = pragma_number(db, "PRAGMA user_version", &identity->version, error);
	if (status == STATUS_OK)
		status = pragma_number(db, "SELECT count(*) FROM sqlite_schema", &identity->tables, error);
	return status;
}

static enum status judge(const struct identity *identity, const char *path, bool create, int newest, struct error *error)
{
	bool empty = identity->application == 0 && identity->version == 0 && identity->tables == 0;

	if (empty && !create)
		return error_set(error, STATUS_NOT_FOUND, "%s: an empty database: start sportellod, or restore a backup", path);
	if (identity->application == COPYING_ID)
		return error_set(error, STATUS_BAD_INPUT, "%s: an unfinished copy of another database: run the same `sportello store copy` again, or remove the file", path);
	if (!empty && identity->application != APPLICATION_ID)
		return error_set(error, STATUS_BAD_INPUT, "%s: not a Sportello database", path);
	if (identity->version > newest)
		return error_set(error, STATUS_BAD_INPUT, "%s: made by a newer Sportello (schema %lld, this program knows up to %d): "
		                 "install that version, or restore the backup of before the upgrade (see sportellod(8), FILES)", path, (long long)identity->version, newest);
	return STATUS_OK;
}

static enum status take_steps(sqlite3 *db, int64_t from, const struct migration *steps, size_t count, struct error *error)
{
	char sql[80];

	for (size_t i = 0; i < count; i++) {
		if (steps[i].to <= from)
			continue;
		for (const char *const *text = steps[i].sql; *text; text++) {
			enum status status = sqlite_exec(db, *text, error);
			if (status != STATUS_OK)
				return status;
		}
	}
	snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, steps[count - 1].to);
	return sqlite_exec(db, sql, error);
}

enum status sqlite_older_version(sqlite3 *db, int newest, int *version, struct error *error)
{
	struct identity identity;
	enum status status = identify(db, &identity, error);

	*version = status == STATUS_OK && identity.application == APPLICATION_ID && identity.version > 0 && identity.version < newest ? (int)identity.version : 0;
	return status;
}

enum status sqlite_bring_up(sqlite3 *db, const char *path, bool create, const struct migration *steps, size_t count, struct error *error)
{
	int newest = steps[count - 1].to;
	struct identity identity;
	int64_t began = clock_monotonic_us();
	enum status status = identify(db, &identity, error);

	if (status == STATUS_OK)
		status = judge(&identity, path, create, newest, error);
	if (status != STATUS_OK || identity.version == newest)
		return status;
	/* Another program may be at it too: look again under the lock. */
	if ((status = sqlite_exec(db, "BEGIN EXCLUSIVE", error)) != STATUS_OK)
		return status;
	status = identify(db, &identity, error);
	if (status == STATUS_OK)
		status = judge(&identity, path, create, newest, error);
	if (status == STATUS_OK)
		status = take_steps(db, identity.version, steps, count, error);
	if (status == STATUS_OK)
		status = sqlite_exec(db, "COMMIT", error);
	if (status != STATUS_OK) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return status;
	}
	if (identity.version > 0)
		log_event(LOG_NOTICE, "store.migrated", "from", LOG_NUMBER(identity.version), "to", LOG_NUMBER(newest), "ms", LOG_NUMBER((clock_monotonic_us() - began) / 1000), NULL);
	return STATUS_OK;
}
