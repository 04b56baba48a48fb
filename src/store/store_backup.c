/*
 * store_backup.c - one file that alone restores everything, made while mails come in.
 *
 * SQLite's backup copies one snapshot of the database, without stopping the writer. Then the large mails, which live as files
 * beside the database, are written into their rows piece by piece, and the secret key into meta, so that the links and
 * addresses in customers' mailboxes work after a restore. Made as FILE.partial (0600), synced, renamed: FILE is complete or
 * not there. To restore: put it into an empty state directory as sportello.db and start.
 * Diagnostics: STATUS_TRY_LATER with the path (disk full ...); STATUS_BROKEN: the copy is made, but a raw mail is damaged or gone.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGES_AT_ONCE 4096       /* all of them in one snapshot: the step below never lets go of it */
#define PIECE (64 * 1024)

struct backup {
	struct store *store;
	sqlite3 *copy;
	struct error *error;
	int64_t broken;                  /* a raw mail that is not as it was; 0: none */
};

static enum status make_partial(const char *path, struct error *error)
{
	CLEANUP_FD int fd = -1;

	unlink(path);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? STATUS_OK : error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
}

static enum status copy_pages(struct backup *backup)
{
	sqlite3_backup *pages = sqlite3_backup_init(backup->copy, "main", backup->store->db, "main");
	int code;

	if (!pages)
		return sql_failed(backup->copy, sqlite3_errcode(backup->copy), "starting the backup", backup->error);
	/* Our own read transaction pins the snapshot, so the steps between do not start again. */
	while ((code = sqlite3_backup_step(pages, PAGES_AT_ONCE)) == SQLITE_OK)
		continue;
	if (code != SQLITE_DONE) {
		sqlite3_backup_finish(pages);
		return sql_failed(NULL, code, "copying the database", backup->error);
	}
	code = sqlite3_backup_finish(pages);
	return code == SQLITE_OK ? STATUS_OK : sql_failed(backup->copy, code, "copying the database", backup->error);
}

static enum status copy_snapshot(struct backup *backup)
{
	bool began;
	int64_t last;
	enum status status = read_begin(backup->store, &began, backup->error);

	if (status == STATUS_OK)         /* BEGIN alone takes no snapshot: the first read does */
		status = sql_number(backup->store, backup->error, &last, 0, SQL_MAILBOX_LAST, "");
	if (status == STATUS_OK)
		status = copy_pages(backup);
	read_end(backup->store, began);
	return status;
}

/* ---- large mails ---- */

struct large { int64_t id, size; const char *file; const unsigned char *digest; };
struct larges { struct large *at; size_t count; };

static enum status list_larges(struct backup *backup, struct arena *arena, struct larges *larges)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(backup->copy, "SELECT id, size, file, digest FROM raw WHERE file IS NOT NULL", -1, &statement, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct large *large = ARENA_PUSH(arena, larges);
		unsigned char digest[SHA256_SIZE] = { 0 };

		large->id = sqlite3_column_int64(statement, 0);
		large->size = sqlite3_column_int64(statement, 1);
		large->file = arena_string(arena, (const char *)sqlite3_column_text(statement, 2));
		if (sqlite3_column_bytes(statement, 3) == SHA256_SIZE)
			memcpy(digest, sqlite3_column_blob(statement, 3), SHA256_SIZE);
		large->digest = (unsigned char *)arena_copy(arena, digest, sizeof digest);
		code = SQLITE_OK;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? STATUS_OK : sql_failed(backup->copy, code, "listing the large mails", backup->error);
}

/* Makes room for the bytes in the row, and opens it. */
static enum status open_place(struct backup *backup, const struct large *large, sqlite3_blob **blob)
{
	char sql[120];
	enum status status;
	int code;

	snprintf(sql, sizeof sql, "UPDATE raw SET file=NULL, bytes=zeroblob(%lld) WHERE id=%lld", (long long)large->size, (long long)large->id);
	if ((status = sql_exec(backup->copy, sql, backup->error)) != STATUS_OK)
		return status;
	code = sqlite3_blob_open(backup->copy, "main", "raw", "bytes", large->id, 1, blob);
	return code == SQLITE_OK ? STATUS_OK : sql_failed(backup->copy, code, "writing a large mail", backup->error);
}

static enum status fill_place(struct backup *backup, const struct large *large, int fd, sqlite3_blob *blob)
{
	unsigned char digest[SHA256_SIZE];
	char piece[PIECE];
	struct sha256 sum;
	int64_t at = 0;
	ssize_t got = 0;

	sha256_init(&sum);
	while (at < large->size && (got = pread(fd, piece, sizeof piece, at)) > 0) {
		int length = got < large->size - at ? (int)got : (int)(large->size - at);
		int code = sqlite3_blob_write(blob, piece, length, (int)at);

		if (code != SQLITE_OK)
			return sql_failed(backup->copy, code, "writing a large mail", backup->error);
		sha256_add(&sum, piece, (size_t)length);
		at += length;
	}
	sha256_end(&sum, digest);
	if (memcmp(digest, large->digest, sizeof digest) != 0)
		backup->broken = large->id;
	return STATUS_OK;
}

static enum status take_in(struct backup *backup, const struct large *large)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_FD int fd = open(raw_path(&arena, backup->store->state_dir, large->file), O_RDONLY | O_CLOEXEC);
	sqlite3_blob *blob = NULL;
	enum status status;

	if (fd < 0) {
		backup->broken = large->id;
		return STATUS_OK;
	}
	if ((status = open_place(backup, large, &blob)) != STATUS_OK)
		return status;
	status = fill_place(backup, large, fd, blob);
	sqlite3_blob_close(blob);
	return status;
}

static enum status take_in_larges(struct backup *backup)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct larges larges = { 0 };
	enum status status = list_larges(backup, &arena, &larges);

	for (size_t i = 0; i < larges.count && status == STATUS_OK; i++)
		status = take_in(backup, &larges.at[i]);
	return status;
}

/* ---- secret key ---- */

static enum status take_in_keys(struct backup *backup)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer keys = { 0 };
	char *path = arena_printf(&arena, "%s/secret.key", backup->store->state_dir);
	sqlite3_stmt *statement = NULL;
	int code;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return STATUS_OK;
	if (file_read_all(path, 4096, &keys, backup->error) != STATUS_OK)
		return STATUS_TRY_LATER;
	code = sqlite3_prepare_v2(backup->copy, "INSERT OR REPLACE INTO meta(key,value) VALUES(?1,?2)", -1, &statement, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, META_SECRET_KEY, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, buffer_string(&keys), -1, SQLITE_STATIC);
		code = sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? STATUS_OK : sql_failed(backup->copy, code, "writing the secret key", backup->error);
}

/* ---- the file ---- */

static enum status fill_copy(struct backup *backup, const char *partial)
{
	int code = sqlite3_open_v2(partial, &backup->copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	enum status status = code == SQLITE_OK ? copy_snapshot(backup) : sql_failed(backup->copy, code, partial, backup->error);

	/* One file, no log beside it; synced as a whole at the end. */
	if (status == STATUS_OK)
		status = sql_exec(backup->copy, "PRAGMA synchronous=OFF; PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF", backup->error);
	if (status == STATUS_OK)
		status = take_in_larges(backup);
	if (status == STATUS_OK)
		status = take_in_keys(backup);
	code = sqlite3_close(backup->copy);
	if (status == STATUS_OK && code != SQLITE_OK)
		status = sql_failed(NULL, code, partial, backup->error);
	return status;
}

static bool file_sync(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static enum status put_in_place(struct arena *arena, const char *partial, const char *file, struct error *error)
{
	char *directory = arena_string(arena, file), *slash = strrchr(directory, '/');

	if (!file_sync(partial) || rename(partial, file) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s", file, strerror(errno));
	if (slash)
		slash[slash == directory] = '\0';
	if (!directory_sync(slash ? directory : "."))
		return error_set(error, STATUS_TRY_LATER, "%s: %s", directory, strerror(errno));
	return STATUS_OK;
}

enum status store_backup(struct store *store, const char *file, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *partial = arena_printf(&arena, "%s.partial", file);
	struct backup backup = { .store = store, .error = error };
	enum status status = make_partial(partial, error);

	if (status == STATUS_OK)
		status = fill_copy(&backup, partial);
	if (status == STATUS_OK)
		status = put_in_place(&arena, partial, file, error);
	if (status != STATUS_OK) {
		unlink(partial);
		return status;
	}
	if (backup.broken)
		return error_set(error, STATUS_BROKEN, "%s is made, but raw mail %lld is damaged or gone: run `sportello fsck`", file,
		                 (long long)backup.broken);
	return STATUS_OK;
}
