/*
 * store_backup.c - one file that alone restores everything, made while mails come in.
 *
 * The engine copies one snapshot of the database, without stopping the writer. Then the large mails, which live as files
 * beside the database, are written into their rows piece by piece, and the secret key into meta, so that the links and
 * addresses in customers' mailboxes work after a restore. Made as FILE.partial (0600), synced, renamed: FILE is complete or
 * not there. To restore: store_restore.c; or by hand, into an empty state directory as sportello.db.
 * Where there is no room for it, nothing is begun. Diagnostics: STATUS_TRY_LATER with the path (disk full ...); STATUS_BROKEN: the copy is made, but a raw mail is damaged or gone.
 */
#include "store_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE (64 * 1024)

struct backup {
	struct store *store;
	struct engine *copy;
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

/* ---- large mails ---- */

struct large { int64_t id, size; const char *file; const unsigned char *digest; };
struct larges { struct large *at; size_t count; };

static enum status list_larges(struct backup *backup, struct arena *arena, struct larges *larges)
{
	struct cursor cursor;

	cursor_open(&cursor, backup->copy, backup->error, SQL_RAW_IN_FILES, "");
	while (cursor_next(&cursor)) {
		struct large *large = ARENA_PUSH(arena, larges);
		unsigned char digest[SHA256_SIZE];

		store_raw_kept_digest(&cursor, 2, digest);
		*large = (struct large){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_text(&cursor, arena, 3),
		                         (unsigned char *)arena_copy(arena, (const char *)digest, sizeof digest) };
	}
	return cursor_close(&cursor);
}

/* Makes room for the bytes in the row, and opens it. */
static enum status open_place(struct backup *backup, const struct large *large, struct engine_blob **blob)
{
	enum status status = engine_run(backup->copy, backup->error, SQL_RAW_MAKE_ROOM, "ii", large->id, large->size);

	return status == STATUS_OK ? engine_blob_open(backup->copy, ENGINE_RAW_BYTES, large->id, true, blob, backup->error) : status;
}

static enum status fill_place(struct backup *backup, const struct large *large, int fd, struct engine_blob *blob)
{
	unsigned char digest[SHA256_SIZE];
	char piece[PIECE];
	struct sha256 sum;
	int64_t at = 0;
	ssize_t got = 0;

	sha256_init(&sum);
	while (at < large->size && (got = pread(fd, piece, sizeof piece, at)) > 0) {
		size_t length = got < large->size - at ? (size_t)got : (size_t)(large->size - at);
		enum status status = engine_blob_write(blob, piece, length, (size_t)at, backup->error);

		if (status != STATUS_OK)
			return status;
		sha256_add(&sum, piece, length);
		at += (int64_t)length;
	}
	sha256_end(&sum, digest);
	if (memcmp(digest, large->digest, sizeof digest) != 0)
		backup->broken = large->id;
	return STATUS_OK;
}

static enum status take_in(struct backup *backup, const struct large *large)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_FD int fd = open(store_raw_path(&arena, backup->store->state_dir, large->file), O_RDONLY | O_CLOEXEC);
	struct engine_blob *blob;
	enum status status;

	if (fd < 0) {
		backup->broken = large->id;
		return STATUS_OK;
	}
	if ((status = open_place(backup, large, &blob)) != STATUS_OK)
		return status;
	status = fill_place(backup, large, fd, blob);
	engine_blob_close(&blob);
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

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return STATUS_OK;
	if (file_read_all(path, 4096, &keys, backup->error) != STATUS_OK)
		return STATUS_TRY_LATER;
	return engine_run(backup->copy, backup->error, SQL_META_SET, "tt", META_SECRET_KEY, buffer_string(&keys));
}

/* ---- room ---- */

/* Bytes of the large mails, which the copy takes in. */
static int64_t size_of_mails(struct arena *arena, const char *state_dir)
{
	const char *folder = arena_printf(arena, "%s/mails", state_dir);
	DIR *directory = opendir(folder);
	struct stat about;
	int64_t all = 0;

	for (struct dirent *entry; directory && (entry = readdir(directory));)
		if (*entry->d_name != '.' &&
		    stat(arena_printf(arena, "%s/%s", folder, entry->d_name), &about) == 0)
			all += about.st_size;
	if (directory)
		closedir(directory);
	return all;
}

/* Before a disk is filled that others need, too. */
static enum status look_for_room(struct backup *backup, struct arena *arena, const char *partial)
{
	int64_t bytes, log, needed, room;
	struct statvfs disk;

	if (statvfs(partial, &disk) < 0)
		return STATUS_OK;
	engine_size(backup->store->engine, &bytes, &log);
	needed = bytes + size_of_mails(arena, backup->store->state_dir);
	room = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	if (needed <= room)
		return STATUS_OK;
	error_set(backup->error, STATUS_TRY_LATER, "%.*s: %lld MB are needed, and %lld MB are free",
	          (int)(strlen(partial) - strlen(".partial")), partial,
	          (long long)(needed / 1000000 + 1), (long long)(room / 1000000));
	backup->error->full = true;
	return STATUS_TRY_LATER;
}

/* ---- the file ---- */

static enum status fill_copy(struct backup *backup, const char *partial)
{
	enum status status = engine_copy(backup->store->engine, partial, &backup->copy, backup->error), closed;

	if (status == STATUS_OK)
		status = take_in_larges(backup);
	if (status == STATUS_OK)
		status = take_in_keys(backup);
	closed = engine_close(&backup->copy, status == STATUS_OK ? backup->error : NULL);
	return status == STATUS_OK ? closed : status;
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
		status = look_for_room(&backup, &arena, partial);
	if (status == STATUS_OK)
		status = fill_copy(&backup, partial);
	if (status == STATUS_OK)
		status = put_in_place(&arena, partial, file, error);
	if (status != STATUS_OK) {
		unlink(partial);
		unlink(arena_printf(&arena, "%s-journal", partial));
		return status;
	}
	if (backup.broken)
		return error_set(error, STATUS_BROKEN, "%s is made, but raw mail %lld is damaged or gone: run `sportello fsck`", file,
		                 (long long)backup.broken);
	return STATUS_OK;
}

void store_give_up_when(struct store *store, const _Atomic bool *told)
{
	engine_give_up_when(store->engine, told);
}
