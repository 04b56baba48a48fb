/*
 * sqlite_bulk_put.c - a database of this engine as the target of a copy: made, filled, indexed, finished.
 *
 * Tables come first, indexes when they are full, triggers last: what rows bring about came along as rows. Large mails become files under mails/, synced before
 * their row. Transactions are not synced while tables are filled for the first time (a power cut leaves an earlier state, from which it goes on), and are where
 * the source forgets what it had noted. What is taken away is overwritten.
 */
#include "sqlite_bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE "PRAGMA cache_size=-131072; PRAGMA wal_autocheckpoint=4000; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF"

/* ---- made ---- */

static enum status steps(sqlite3 *db, enum engine_step which, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < engine_migration_count; i++)
		for (const char *const *sql = engine_migrations[i].sql; *sql && status == STATUS_OK; sql++)
			if (engine_step_of(*sql) == which)
				status = sqlite_exec(db, *sql, error);
	return status;
}

static enum status set_id(sqlite3 *db, const char *id, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_exec(db, arena_printf(&arena, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_ID "','%s') ON CONFLICT(key) DO UPDATE SET value=excluded.value;"
	                                            " PRAGMA application_id=%d", id, COPYING_ID), error);
}

static enum status drop_triggers(sqlite3 *db, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status;
	sqlite3_stmt *triggers = sqlite_bulk_prepare_text(db, "SELECT name FROM sqlite_schema WHERE type='trigger'", &status, error);

	while (triggers && sqlite3_step(triggers) == SQLITE_ROW)
		buffer_printf(&sql, "DROP TRIGGER \"%s\";", (const char *)sqlite3_column_text(triggers, 0));
	sqlite3_finalize(triggers);
	return status == STATUS_OK ? sqlite_exec(db, buffer_string(&sql), error) : status;
}

enum status sqlite_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error)
{
	int64_t tables = 0;
	enum status status = sqlite_make_file(bulk->state_dir, bulk->path, error);

	if (status == STATUS_OK && !bulk->db && sqlite3_open_v2(bulk->path, &bulk->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		status = sqlite_failed(bulk->db, sqlite3_errcode(bulk->db), bulk->path, error);
	if (status == STATUS_OK)
		status = sqlite_exec(bulk->db, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; " CACHE, error);
	if (status == STATUS_OK)
		status = sqlite_bulk_value(bulk->db, "SELECT count(*) FROM sqlite_schema", &tables, error);
	if (status == STATUS_OK)
		status = sqlite_exec(bulk->db, "BEGIN IMMEDIATE", error);
	if (status != STATUS_OK)
		return status;
	status = tables ? drop_triggers(bulk->db, error) : steps(bulk->db, STEP_TABLE, error);
	if (status == STATUS_OK)
		status = set_id(bulk->db, id, error);
	return sqlite_bulk_end(bulk, status, error);
}

/* ---- filled ---- */

enum status sqlite_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status;
	sqlite3_stmt *statement = sqlite_bulk_prepare_text(bulk->db, arena_printf(&arena, "SELECT max(\"%s\") FROM %s", engine_bulk_lead(table), table->name), &status, error);

	*any = statement && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
	*last = *any ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return status;
}

enum status sqlite_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error)
{
	return sqlite_exec(bulk->db, durable ? "PRAGMA synchronous=FULL; BEGIN IMMEDIATE" : "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE", error);
}

/* Their files go when the transaction is there. */
static enum status note_file(struct engine_bulk *bulk, int64_t raw, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status;
	sqlite3_stmt *statement = sqlite_bulk_prepare_text(bulk->db, arena_printf(&arena, "SELECT file FROM raw WHERE id=%lld AND file IS NOT NULL", (long long)raw), &status, error);

	if (statement && sqlite3_step(statement) == SQLITE_ROW) {
		bulk->files.at = realloc(bulk->files.at, (bulk->files.count + 1) * sizeof *bulk->files.at);
		if (!bulk->files.at || !(bulk->files.at[bulk->files.count++] = strdup((const char *)sqlite3_column_text(statement, 0))))
			abort();
	}
	sqlite3_finalize(statement);
	return status;
}

static void settle_files(struct engine_bulk *bulk, bool remove)
{
	for (size_t i = 0; i < bulk->files.count; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };

		if (remove)
			unlink(arena_printf(&arena, "%s/mails/%s", bulk->state_dir, bulk->files.at[i]));
		free(bulk->files.at[i]);
	}
	free(bulk->files.at);
	bulk->files.at = NULL;
	bulk->files.count = 0;
}

enum status sqlite_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	bool raw = strcmp(table->name, "raw") == 0;
	sqlite3_stmt *statement;
	enum status status;

	buffer_printf(&sql, "DELETE FROM %s", table->name);
	if (numbers)
		buffer_printf(&sql, " WHERE \"%s\"=?1", engine_bulk_lead(table));
	else if (strcmp(table->name, "meta") == 0) {
		buffer_add_string(&sql, " WHERE");
		engine_bulk_not_own(&sql);
	}
	statement = sqlite_bulk_prepare_text(bulk->db, buffer_string(&sql), &status, error);
	for (size_t i = 0; i < (numbers ? count : 1) && status == STATUS_OK; i++) {
		if (numbers && raw)
			status = note_file(bulk, numbers[i], error);
		if (numbers)
			sqlite3_bind_int64(statement, 1, numbers[i]);
		if (status == STATUS_OK && sqlite3_step(statement) != SQLITE_DONE)
			status = sqlite_failed(bulk->db, sqlite3_errcode(bulk->db), buffer_string(&sql), error);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	return status;
}

static enum status put_statement(struct engine_bulk *bulk, const struct engine_table *table, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	bool raw = strcmp(table->name, "raw") == 0;
	enum status status;

	if (bulk->put_table == table)
		return STATUS_OK;
	sqlite_bulk_forget_put(bulk);
	buffer_printf(&sql, "INSERT INTO %s(", table->name);
	engine_bulk_columns(&sql, table);
	buffer_printf(&sql, "%s) VALUES(", raw ? ",file" : "");
	for (size_t i = 0; i < table->column_count + raw; i++)
		buffer_add_string(&sql, i ? ",?" : "?");
	buffer_add_char(&sql, ')');
	bulk->put = sqlite_bulk_prepare_text(bulk->db, buffer_string(&sql), &status, error);
	bulk->put_table = bulk->put ? table : NULL;
	return status;
}

static enum status file_failed(const char *path, struct error *error)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	error_set(error, STATUS_TRY_LATER, "%s: %s; run it again when that is mended", path, strerror(errno));
	if (error)
		error->full = full;
	return STATUS_TRY_LATER;
}

static bool copy_bytes(const struct engine_cell *cell, int fd)
{
	char piece[64 * 1024];

	for (size_t at = 0; at < cell->length;) {
		ssize_t got = pread(cell->fd, piece, cell->length - at < sizeof piece ? cell->length - at : sizeof piece, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || !write_all(fd, piece, (size_t)got))
			return false;
		at += (size_t)got;
	}
	return fsync(fd) == 0;
}

/* As a mail that comes in: under a name of chance, on the disk before its row. */
static enum status put_large(struct engine_bulk *bulk, struct arena *arena, const struct engine_cell *cell, const char **name, struct error *error)
{
	unsigned char random[16];
	char *hex, *mails = arena_printf(arena, "%s/mails", bulk->state_dir), *folder, *path;

	random_bytes(random, sizeof random);
	hex = hex_encode(arena, random, sizeof random);
	folder = arena_printf(arena, "%s/%.2s", mails, hex);
	*name = arena_printf(arena, "%.2s/%s", hex, hex);
	path = arena_printf(arena, "%s/%s", mails, *name);
	if (!directory_make(mails, 0700) || !directory_make(folder, 0700))
		return file_failed(folder, error);
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || !copy_bytes(cell, fd) || !directory_sync(folder) || !directory_sync(mails))
		return file_failed(path, error);
	return STATUS_OK;
}

/* What is written as a whole number was one. */
static bool is_number(const struct engine_cell *cell)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return cell->length > 0 && cell->length < 20 && strcmp(arena_printf(&arena, "%lld", strtoll(arena_copy(&arena, cell->at, cell->length), NULL, 10)),
	                                                       arena_copy(&arena, cell->at, cell->length)) == 0;
}

static void bind(sqlite3_stmt *statement, int at, const struct engine_cell *cell, bool fact)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	switch (cell->kind) {
	case CELL_NUMBER:
		sqlite3_bind_int64(statement, at, cell->number);
		break;
	case CELL_TEXT:
		if (fact && is_number(cell))
			sqlite3_bind_int64(statement, at, strtoll(arena_copy(&arena, cell->at, cell->length), NULL, 10));
		else
			sqlite3_bind_text(statement, at, cell->at ? cell->at : "", (int)cell->length, SQLITE_STATIC);
		break;
	case CELL_BYTES:
		sqlite3_bind_blob64(statement, at, cell->length ? cell->at : "", cell->length, SQLITE_STATIC);
		break;
	case CELL_NULL: case CELL_FILE:
		sqlite3_bind_null(statement, at);
		break;
	}
}

enum status sqlite_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	bool raw = strcmp(table->name, "raw") == 0, fact = strcmp(table->name, "meta") == 0;
	const char *file = NULL;
	enum status status = put_statement(bulk, table, error);

	for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++) {
		if (row->at[i].kind == CELL_FILE)
			status = put_large(bulk, &arena, &row->at[i], &file, error);
		bind(bulk->put, (int)i + 1, &row->at[i], fact && i > 0);
	}
	if (status != STATUS_OK)
		return status;
	if (raw)
		sqlite3_bind_text(bulk->put, (int)table->column_count + 1, file, -1, SQLITE_STATIC);
	if (sqlite3_step(bulk->put) != SQLITE_DONE)
		status = sqlite_failed(bulk->db, sqlite3_errcode(bulk->db), table->name, error);
	sqlite3_reset(bulk->put);
	return status;
}

enum status sqlite_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error)
{
	if (status == STATUS_OK)
		status = sqlite_exec(bulk->db, "COMMIT", error);
	settle_files(bulk, status == STATUS_OK);
	if (status != STATUS_OK)
		sqlite3_exec(bulk->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

enum status sqlite_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_exec(bulk->db, arena_printf(&arena, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_AT "%s',%lld) ON CONFLICT(key) DO UPDATE SET value=excluded.value", name,
	                                          (long long)value), error);
}

enum status sqlite_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_bulk_value(bulk->db, arena_printf(&arena, "SELECT value FROM meta WHERE key='" BULK_FACT_AT "%s'", name), value, error);
}

/* ---- indexed, finished ---- */

enum status sqlite_bulk_index(struct engine_bulk *bulk, struct error *error)
{
	int64_t there;
	enum status status = sqlite_bulk_value(bulk->db, "SELECT count(*) FROM sqlite_schema WHERE name='ticket_state'", &there, error);

	if (status != STATUS_OK || there)
		return status;
	status = sqlite_bulk_begin(bulk, false, error);
	if (status == STATUS_OK)
		status = steps(bulk->db, STEP_INDEX, error);
	return sqlite_bulk_end(bulk, status, error);
}

static enum status add_key(struct engine_bulk *bulk, sqlite3_stmt *add, uint64_t hash, int64_t row, uint32_t tag, struct error *error)
{
	enum status status = STATUS_OK;

	sqlite3_bind_int64(add, 1, (sqlite3_int64)hash);
	sqlite3_bind_int64(add, 2, row);
	sqlite3_bind_int64(add, 3, tag);
	if (sqlite3_step(add) != SQLITE_DONE)
		status = sqlite_failed(bulk->db, sqlite3_errcode(bulk->db), "making lookups", error);
	sqlite3_reset(add);
	return status;
}

/* Lookups by Message-ID: all of them, at once (see sqlite_deferred.c, which goes on from there). */
static enum status mailbox_keys(struct engine_bulk *bulk, struct error *error)
{
	enum status status;
	sqlite3_stmt *add, *rows = sqlite_bulk_prepare_text(bulk->db, "SELECT id, message_id, mail_digest, claim FROM mailbox WHERE detail<>'erased'", &status, error);

	if (!rows)
		return status;
	add = sqlite_bulk_prepare_text(bulk->db, "INSERT OR IGNORE INTO mailbox_key(hash,row,tag) VALUES(?1,?2,?3)", &status, error);
	while (add && status == STATUS_OK && sqlite3_step(rows) == SQLITE_ROW) {
		unsigned char digest[ENGINE_DIGEST_SIZE] = { 0 }, claim[ENGINE_DIGEST_SIZE] = { 0 };

		if (sqlite3_column_bytes(rows, 2) == sizeof digest)
			memcpy(digest, sqlite3_column_blob(rows, 2), sizeof digest);
		if (sqlite3_column_bytes(rows, 3) == sizeof claim)
			memcpy(claim, sqlite3_column_blob(rows, 3), sizeof claim);
		status = add_key(bulk, add, engine_mail_hash((const char *)sqlite3_column_text(rows, 1), digest), sqlite3_column_int64(rows, 0), engine_claim_tag(claim), error);
	}
	sqlite3_finalize(add);
	sqlite3_finalize(rows);
	return status;
}

static enum status contact_keys(struct engine_bulk *bulk, struct error *error)
{
	enum status status;
	sqlite3_stmt *add, *rows = sqlite_bulk_prepare_text(bulk->db, "SELECT id, address FROM contact WHERE address<>''", &status, error);

	if (!rows)
		return status;
	add = sqlite_bulk_prepare_text(bulk->db, "INSERT OR IGNORE INTO contact_key(hash,row,tag) VALUES(?1,?2,?3)", &status, error);
	while (add && status == STATUS_OK && sqlite3_step(rows) == SQLITE_ROW)
		status = add_key(bulk, add, engine_hash((const char *)sqlite3_column_text(rows, 1)), sqlite3_column_int64(rows, 0), 0, error);
	sqlite3_finalize(add);
	sqlite3_finalize(rows);
	return status;
}

static enum status stamp(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_exec(bulk->db, arena_printf(&arena, "INSERT INTO meta(key,value) SELECT 'mailbox_key', coalesce(max(id),0) FROM mailbox WHERE true ON CONFLICT(key) DO UPDATE SET value=excluded.value;"
	                                                  "INSERT INTO meta(key,value) SELECT 'contact_key', coalesce(max(id),0) FROM contact WHERE true ON CONFLICT(key) DO UPDATE SET value=excluded.value;"
	                                                  "DELETE FROM meta WHERE substr(key,1,7)='places_' OR substr(key,1,8)='" BULK_FACT_AT "';"
	                                                  "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, SCHEMA_VERSION), error);
}

/* Of whatever was here before; it is made again. */
static void forget_words(struct engine_bulk *bulk)
{
	static const char *const files[] = { "search.db", "search.db-wal", "search.db-shm" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		CLEANUP_ARENA struct arena arena = { 0 };

		unlink(arena_printf(&arena, "%s/%s", bulk->state_dir, files[i]));
	}
}

enum status sqlite_bulk_finish(struct engine_bulk *bulk, struct error *error)
{
	enum status status;

	sqlite_bulk_forget_put(bulk);
	sqlite3_finalize(bulk->reading);
	bulk->reading = NULL;
	forget_words(bulk);
	if ((status = sqlite_bulk_begin(bulk, true, error)) != STATUS_OK)
		return status;
	status = sqlite_exec(bulk->db, "DELETE FROM mailbox_key; DELETE FROM contact_key; DELETE FROM place", error);
	if (status == STATUS_OK)
		status = mailbox_keys(bulk, error);
	if (status == STATUS_OK)
		status = contact_keys(bulk, error);
	if (status == STATUS_OK)
		status = steps(bulk->db, STEP_TRIGGER, error);
	if (status == STATUS_OK)
		status = stamp(bulk, error);
	status = sqlite_bulk_end(bulk, status, error);
	return status == STATUS_OK ? sqlite_exec(bulk->db, "PRAGMA wal_checkpoint(TRUNCATE)", error) : status;
}

enum status sqlite_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return sqlite_exec(bulk->db, arena_printf(&arena, "DELETE FROM sqlite_sequence WHERE name='%s'; INSERT INTO sqlite_sequence(name,seq) SELECT '%s', max(%lld,(SELECT coalesce(max(\"%s\"),0) FROM %s))",
	                                          table->name, table->name, (long long)number, engine_bulk_lead(table), table->name), error);
}
