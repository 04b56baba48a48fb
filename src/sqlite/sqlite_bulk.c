/*
 * sqlite_bulk.c - a database of this engine as source or target of a copy (include/engine_bulk.h): opened, read row by row, and told what it is.
 *
 * Connections of their own. A target says by its application_id that it is being filled, so that no program takes it for a desk. A large mail that is a file is
 * handed out as that file. The second connection (`lock`) is for what must be written to a source, and holds other writers off.
 */
#include "sqlite_bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOLD_MS 30000                   /* how long others may be writing before a hold gives up */

sqlite3_stmt *sqlite_bulk_prepare_text(sqlite3 *db, const char *sql, enum status *status, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	*status = code == SQLITE_OK ? STATUS_OK : sqlite_failed(db, code, sql, error);
	return statement;
}

enum status sqlite_bulk_value(sqlite3 *db, const char *sql, int64_t *value, struct error *error)
{
	enum status status;
	sqlite3_stmt *statement = sqlite_bulk_prepare_text(db, sql, &status, error);
	int code;

	*value = 0;
	if (!statement)
		return status;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*value = sqlite3_column_int64(statement, 0);
	else if (code != SQLITE_DONE)
		status = sqlite_failed(db, code, sql, error);
	sqlite3_finalize(statement);
	return status;
}

/* ---- opened ---- */

static enum status connect_to(const char *path, sqlite3 **db, struct error *error)
{
	int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return sqlite_failed(*db, code, path, error);
	sqlite3_busy_timeout(*db, HOLD_MS);
	return sqlite_exec(*db, "PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536", error);
}

/* A source is whole, of this version, and in use like any. */
static enum status open_source(struct engine_bulk *bulk, struct error *error)
{
	int64_t application = 0, version = 0;
	enum status status = access(bulk->path, F_OK) == 0 ? connect_to(bulk->path, &bulk->db, error) : error_set(error, STATUS_NOT_FOUND, "%s: %s", bulk->path, strerror(errno));

	if (status == STATUS_OK)
		status = connect_to(bulk->path, &bulk->lock, error);
	if (status == STATUS_OK)
		status = sqlite_bulk_value(bulk->db, "PRAGMA application_id", &application, error);
	if (status == STATUS_OK)
		status = sqlite_bulk_value(bulk->db, "PRAGMA user_version", &version, error);
	if (status != STATUS_OK)
		return status;
	if (application != APPLICATION_ID)
		return error_set(error, STATUS_BAD_INPUT, application == COPYING_ID ? "%s: an unfinished copy: nothing can be copied from it" : "%s: not a Sportello database", bulk->path);
	if (version != SCHEMA_VERSION)
		return error_set(error, STATUS_BAD_INPUT, "%s: of schema %lld, and this program of %d: start this version's sportellod on it first", bulk->path, (long long)version,
		                 SCHEMA_VERSION);
	return STATUS_OK;
}

static enum status open_target(struct engine_bulk *bulk, struct error *error)
{
	return access(bulk->path, F_OK) == 0 ? connect_to(bulk->path, &bulk->db, error) : STATUS_OK;
}

enum status sqlite_bulk_open(const struct engine_bulk_kind *kind, const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk,
                             struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct engine_bulk *it = *bulk = calloc(1, sizeof *it);
	enum status status = STATUS_OK;

	if (!it || !(it->state_dir = strdup(state_dir)) || !(it->path = strdup(sqlite_place(&arena, url, state_dir))))
		abort();
	it->kind = kind;
	it->fd = -1;
	sqlite_library();
	if (strcmp(url, SQLITE_URL) != 0)
		status = error_set(error, STATUS_BAD_CONFIG, "\"%s\": after \"" SQLITE_URL "\" nothing comes: it is sportello.db in the state directory", url);
	if (status == STATUS_OK)
		status = use == BULK_FROM ? open_source(it, error) : open_target(it, error);
	if (status != STATUS_OK)
		sqlite_bulk_close(bulk);
	return status;
}

void sqlite_bulk_forget_put(struct engine_bulk *bulk)
{
	sqlite3_finalize(bulk->put);
	bulk->put = NULL;
	bulk->put_table = NULL;
}

void sqlite_bulk_close(struct engine_bulk **bulk)
{
	struct engine_bulk *it = *bulk;

	sqlite3_finalize(it->reading);
	sqlite_bulk_forget_put(it);
	sqlite3_close(it->lock);
	sqlite3_close(it->db);
	cleanup_fd(&it->fd);
	free(it->path);
	free(it->state_dir);
	free(it);
	*bulk = NULL;
}

/* The daemon has a lock on a file of its own. */
enum status sqlite_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_FD int fd = open(arena_printf(&arena, "%s/sportellod.lock", bulk->state_dir), O_RDONLY | O_CLOEXEC);

	(void)error;
	*works = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
	return STATUS_OK;
}

/* ---- reading ---- */

static void read_text(struct buffer *sql, const struct engine_table *table, bool one)
{
	buffer_add_string(sql, "SELECT ");
	engine_bulk_columns(sql, table);
	buffer_printf(sql, "%s FROM %s", engine_table_is(table, "raw") ? ",file" : "", table->name);
	if (table->by_number)
		buffer_printf(sql, " WHERE \"%s\"%s?1 ORDER BY \"%s\"", engine_bulk_lead(table), one ? "=" : ">=", engine_bulk_lead(table));
	else if (engine_table_is(table, "meta")) {
		buffer_add_string(sql, " WHERE");
		engine_bulk_not_own(sql);
	}
}

enum status sqlite_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status;

	sqlite3_finalize(bulk->reading);
	bulk->table = table;
	bulk->numbers = numbers;
	bulk->number_count = count;
	bulk->number_at = 0;
	read_text(&sql, table, numbers != NULL);
	bulk->reading = sqlite_bulk_prepare_text(bulk->db, buffer_string(&sql), &status, error);
	if (bulk->reading && table->by_number)
		sqlite3_bind_int64(bulk->reading, 1, numbers ? count ? numbers[0] : 0 : from);
	return status;
}

/* A fact is a text, whatever it was stored as. */
static void read_cell(struct engine_bulk *bulk, int column, struct engine_cell *cell)
{
	bool fact = engine_table_is(bulk->table, "meta");

	*cell = (struct engine_cell){ .fd = -1 };
	switch (sqlite3_column_type(bulk->reading, column)) {
	case SQLITE_NULL:
		cell->kind = CELL_NULL;
		return;
	case SQLITE_INTEGER:
		cell->kind = fact ? CELL_TEXT : CELL_NUMBER;
		cell->number = sqlite3_column_int64(bulk->reading, column);
		if (!fact)
			return;
		cell->at = (const char *)sqlite3_column_text(bulk->reading, column);
		break;
	case SQLITE_BLOB:
		cell->kind = CELL_BYTES;
		cell->at = sqlite3_column_blob(bulk->reading, column);
		break;
	default:
		cell->kind = CELL_TEXT;
		cell->at = (const char *)sqlite3_column_text(bulk->reading, column);
	}
	cell->length = (size_t)sqlite3_column_bytes(bulk->reading, column);
}

/* The bytes of a mail that is a file: raw's last column. */
static enum status open_large(struct engine_bulk *bulk, struct engine_row *row, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *file = (const char *)sqlite3_column_text(bulk->reading, (int)bulk->table->column_count);
	struct engine_cell *bytes = &row->at[bulk->table->column_count - 1];
	struct stat about;
	char *path;

	cleanup_fd(&bulk->fd);
	if (!file || bytes->kind != CELL_NULL)
		return STATUS_OK;
	path = arena_printf(&arena, "%s/mails/%s", bulk->state_dir, file);
	bulk->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (bulk->fd < 0 || fstat(bulk->fd, &about) < 0)
		return error_set(error, errno == ENOENT ? STATUS_BROKEN : STATUS_TRY_LATER, "%s: %s; put it back from a backup, or erase that message: see `sportello fsck`", path, strerror(errno));
	*bytes = (struct engine_cell){ .kind = CELL_FILE, .fd = bulk->fd, .length = (size_t)about.st_size };
	return STATUS_OK;
}

static bool next_number(struct engine_bulk *bulk)
{
	if (!bulk->numbers || ++bulk->number_at >= bulk->number_count)
		return false;
	sqlite3_reset(bulk->reading);
	sqlite3_bind_int64(bulk->reading, 1, bulk->numbers[bulk->number_at]);
	return true;
}

bool sqlite_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error)
{
	int code;

	*status = STATUS_OK;
	if (bulk->numbers && bulk->number_count == 0)
		return false;
	while ((code = sqlite3_step(bulk->reading)) == SQLITE_DONE && next_number(bulk))
		continue;
	if (code != SQLITE_ROW) {
		if (code != SQLITE_DONE)
			*status = sqlite_failed(bulk->db, code, "reading the database", error);
		sqlite3_finalize(bulk->reading);
		bulk->reading = NULL;
		return false;
	}
	for (size_t i = 0; i < bulk->table->column_count; i++)
		read_cell(bulk, (int)i, &row->at[i]);
	if (engine_table_is(bulk->table, "raw"))
		*status = open_large(bulk, row, error);
	return *status == STATUS_OK;
}

enum status sqlite_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_bulk_value(bulk->db, arena_printf(&arena, "SELECT seq FROM sqlite_sequence WHERE name='%s'", table->name), number, error);
}

/* ---- a source: what changes is noted ---- */

static void note(struct buffer *sql, const struct engine_table *table, const char *what, const char *of)
{
	buffer_printf(sql, "CREATE TRIGGER copying_%s_%s%s AFTER %s ON %s BEGIN INSERT INTO copying(tab,number) VALUES('%s',", table->name, what, of, what, table->name, table->name);
	if (table->by_number)
		buffer_printf(sql, "%s.\"%s\"", of, engine_bulk_lead(table));
	else
		buffer_add_char(sql, '0');
	buffer_add_string(sql, "); END;\n");
}

static void notes(struct buffer *sql)
{
	size_t count;
	const struct engine_table *tables = engine_tables(&count);

	for (size_t i = 0; i < count; i++) {
		if (engine_table_is(&tables[i], "meta"))
			continue;
		note(sql, &tables[i], "INSERT", "new");
		note(sql, &tables[i], "DELETE", "old");
		note(sql, &tables[i], "UPDATE", "new");
		if (tables[i].by_number)
			note(sql, &tables[i], "UPDATE", "old");
	}
}

static enum status watched(struct engine_bulk *bulk, struct arena *arena, const char **id, struct error *error)
{
	enum status status;
	sqlite3_stmt *statement = sqlite_bulk_prepare_text(bulk->lock, "SELECT value FROM meta WHERE key='" BULK_FACT_WATCH "'", &status, error);

	*id = NULL;
	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		*id = arena_string(arena, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return status;
}

static enum status begin_notes(struct engine_bulk *bulk, struct arena *arena, const char **id, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	unsigned char name[16];

	random_bytes(name, sizeof name);
	*id = hex_encode(arena, name, sizeof name);
	buffer_add_string(&sql, "CREATE TABLE copying(id INTEGER PRIMARY KEY AUTOINCREMENT, tab TEXT NOT NULL, number INTEGER NOT NULL) STRICT;\n");
	notes(&sql);
	buffer_printf(&sql, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_WATCH "','%s')", *id);
	return sqlite_exec(bulk->lock, buffer_string(&sql), error);
}

enum status sqlite_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error)
{
	enum status status = sqlite_exec(bulk->lock, "BEGIN IMMEDIATE", error);

	if (status != STATUS_OK)
		return status;
	status = watched(bulk, arena, id, error);
	if (status == STATUS_OK && !*id && begin)
		status = begin_notes(bulk, arena, id, error);
	if (status == STATUS_OK)
		status = sqlite_exec(bulk->lock, "COMMIT", error);
	if (status != STATUS_OK)
		sqlite3_exec(bulk->lock, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

enum status sqlite_bulk_end_notes(sqlite3 *db, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status;
	sqlite3_stmt *triggers = sqlite_bulk_prepare_text(db, "SELECT name FROM sqlite_schema WHERE type='trigger' AND name GLOB 'copying_*'", &status, error);

	while (triggers && sqlite3_step(triggers) == SQLITE_ROW)
		buffer_printf(&sql, "DROP TRIGGER \"%s\";", (const char *)sqlite3_column_text(triggers, 0));
	sqlite3_finalize(triggers);
	buffer_add_string(&sql, "DROP TABLE IF EXISTS copying; DELETE FROM meta WHERE key='" BULK_FACT_WATCH "'");
	return status == STATUS_OK ? sqlite_exec(db, buffer_string(&sql), error) : status;
}

static enum status set_moved(struct engine_bulk *bulk, const char *to, struct error *error)
{
	enum status status = sqlite_exec(bulk->lock, "DELETE FROM meta WHERE key='" BULK_FACT_MOVED "'", error);
	sqlite3_stmt *statement = status == STATUS_OK && to ? sqlite_bulk_prepare_text(bulk->lock, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_MOVED "',?1||' '||?2)", &status, error) : NULL;

	if (!statement)
		return status;
	sqlite3_bind_int64(statement, 1, clock_now());
	sqlite3_bind_text(statement, 2, to, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) != SQLITE_DONE)
		status = sqlite_failed(bulk->lock, sqlite3_errcode(bulk->lock), "noting where the desk is", error);
	sqlite3_finalize(statement);
	return status;
}

enum status sqlite_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error)
{
	enum status status = sqlite3_get_autocommit(bulk->lock) ? sqlite_exec(bulk->lock, "BEGIN IMMEDIATE", error) : STATUS_OK;

	if (status == STATUS_OK)
		status = sqlite_bulk_end_notes(bulk->lock, error);
	if (status == STATUS_OK)
		status = set_moved(bulk, moved_to, error);
	if (status == STATUS_OK)
		return sqlite_exec(bulk->lock, "COMMIT", error);
	sqlite3_exec(bulk->lock, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

enum status sqlite_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error)
{
	enum status status;
	sqlite3_stmt *statement = sqlite_bulk_prepare_text(bulk->lock, "SELECT id, tab, number FROM (SELECT id, tab, number FROM copying ORDER BY id LIMIT ?1) ORDER BY tab, number", &status, error);
	int code = SQLITE_DONE;

	*changes = (struct engine_changes){ 0 };
	if (!statement)
		return status;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)most);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		*ARENA_PUSH(arena, changes) = (struct engine_change){ sqlite3_column_int64(statement, 0), engine_table_known((const char *)sqlite3_column_text(statement, 1)),
		                                                       sqlite3_column_int64(statement, 2) };
	if (code != SQLITE_DONE)
		status = sqlite_failed(bulk->lock, code, "reading what changed", error);
	sqlite3_finalize(statement);
	return status;
}

/* While all are held it is part of the hold's transaction. */
enum status sqlite_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error)
{
	bool own = sqlite3_get_autocommit(bulk->lock) != 0;
	enum status status = own ? sqlite_exec(bulk->lock, "BEGIN IMMEDIATE", error) : STATUS_OK;
	sqlite3_stmt *statement = status == STATUS_OK ? sqlite_bulk_prepare_text(bulk->lock, "DELETE FROM copying WHERE id=?1", &status, error) : NULL;

	for (size_t i = 0; i < changes->count && status == STATUS_OK; i++) {
		sqlite3_bind_int64(statement, 1, changes->at[i].id);
		if (sqlite3_step(statement) != SQLITE_DONE)
			status = sqlite_failed(bulk->lock, sqlite3_errcode(bulk->lock), "noting what is copied", error);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	if (status == STATUS_OK && own)
		status = sqlite_exec(bulk->lock, "COMMIT", error);
	if (status != STATUS_OK && own)
		sqlite3_exec(bulk->lock, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

enum status sqlite_bulk_hold(struct engine_bulk *bulk, struct error *error)
{
	return sqlite_exec(bulk->lock, "BEGIN IMMEDIATE", error);
}

/* BEGIN alone takes no snapshot: the first read does. */
enum status sqlite_bulk_release(struct engine_bulk *bulk, struct error *error)
{
	int64_t any;
	enum status status;

	sqlite3_finalize(bulk->reading);
	bulk->reading = NULL;
	status = sqlite_exec(bulk->db, "BEGIN", error);
	if (status == STATUS_OK)
		status = sqlite_bulk_value(bulk->db, "SELECT count(*) FROM meta", &any, error);
	return status == STATUS_OK ? sqlite_exec(bulk->lock, "COMMIT", error) : status;
}

/* ---- a target: what it is ---- */

enum status sqlite_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error)
{
	int64_t application, tables;
	enum status status;
	sqlite3_stmt *statement;

	*state = BULK_EMPTY;
	*id = "";
	if (!bulk->db)
		return STATUS_OK;
	status = sqlite_bulk_value(bulk->db, "PRAGMA application_id", &application, error);
	if (status == STATUS_OK)
		status = sqlite_bulk_value(bulk->db, "SELECT count(*) FROM sqlite_schema", &tables, error);
	if (status != STATUS_OK || (!application && !tables))
		return status;
	*state = BULK_IN_USE;
	if (application != APPLICATION_ID && application != COPYING_ID)
		return STATUS_OK;
	statement = sqlite_bulk_prepare_text(bulk->db, "SELECT value FROM meta WHERE key='" BULK_FACT_ID "'", &status, error);
	if (statement && sqlite3_step(statement) == SQLITE_ROW) {
		*id = arena_string(arena, (const char *)sqlite3_column_text(statement, 0));
		*state = application == COPYING_ID ? BULK_UNFINISHED : BULK_COPIED;
	}
	sqlite3_finalize(statement);
	return status;
}
