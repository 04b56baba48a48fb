/*
 * store_raw.c - kept raw mails: the row that names them, and the way back to their bytes.
 *
 * Small mails are blobs in the table, large ones files that were synced before (store_spool.c), or, where machines share no disk, in the database in pieces. A large blob (from a restored
 * backup) is read through a file without a name, so that memory stays small. What is handed out are the bytes as they
 * came; whether they still have their digest is fsck's question.
 * Diagnostics: STATUS_NOT_FOUND no such row; STATUS_BROKEN a row whose file is gone.
 */
#define _GNU_SOURCE        /* O_TMPFILE */
#include "store_private.h"

#include "store_spool_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *store_raw_path(struct arena *arena, const char *state_dir, const char *file)
{
	return arena_printf(arena, "%s/mails/%s", state_dir, file);
}

/* From the file that it arrived in, in pieces, to where every gateway finds it. */
static enum status copy_to_database(struct store *store, struct store_spool *spool, struct error *error)
{
	char piece[64 * 1024];
	struct engine_blob *blob;
	enum status status = engine_blob_open(store->engine, ENGINE_RAW_BYTES, spool->raw, true, &blob, error);

	if (status != STATUS_OK)
		return status;
	for (size_t at = 0; at < spool->size && status == STATUS_OK;) {
		ssize_t got = pread(spool->fd, piece, sizeof piece, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		status = got > 0 ? engine_blob_write(blob, piece, (size_t)got, at, error) : error_set(error, STATUS_TRY_LATER, "a large mail cannot be read back: %s", strerror(errno));
		at += got > 0 ? (size_t)got : 0;
	}
	engine_blob_close(&blob);
	return status;
}

enum status store_keep_raw(struct store *store, struct store_spool *spool, int64_t *raw, struct error *error)
{
	int64_t there = 0;
	enum status status = STATUS_OK;

	if (spool->failed || !spool->finished)
		return error_set(error, STATUS_BROKEN, "a mail was to be kept before it was complete");
	/* The row of another recipient of this mail; it may be gone with that one's savepoint. */
	if (spool->raw)
		status = engine_number(store->engine, error, &there, 0, SQL_RAW_SAME, "ib", spool->raw, spool->sha256, sizeof spool->sha256);
	if (status == STATUS_OK && !there) {
		bool large = spool->fd >= 0, in_file = large && engine_keeps_files(store->engine);
		const char *bytes = in_file ? NULL : spool->memory.at && !large ? spool->memory.at : "";

		status = engine_run(store->engine, error, SQL_RAW_ADD, "ibtb", (int64_t)spool->size, spool->sha256, sizeof spool->sha256,
		                 in_file ? spool->file : NULL, bytes, large ? (size_t)0 : spool->memory.length);
		if (status == STATUS_OK)
			spool->raw = engine_last_row(store->engine);
		spool->in_database = large && !in_file;
		if (status == STATUS_OK && spool->in_database)
			status = copy_to_database(store, spool, error);
	}
	*raw = status == STATUS_OK ? spool->raw : 0;
	return status;
}

/* ---- the way back ---- */

static enum status open_kept_file(struct store *store, const char *file, struct store_raw *out, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = store_raw_path(&arena, store->state_dir, file);
	struct stat about;

	out->source.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (out->source.fd < 0 || fstat(out->source.fd, &about) < 0)
		return error_set(error, errno == ENOENT ? STATUS_BROKEN : STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
	out->source.size = (uint64_t)about.st_size;
	return STATUS_OK;
}

static enum status copy_small_blob(struct store *store, int64_t raw, struct store_raw *out, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_RAW_BYTES, "i", raw);
	if (cursor_next(&cursor)) {
		size_t length;
		const void *bytes = cursor_blob(&cursor, 0, &length);

		out->owned = malloc(length + 1);
		if (!out->owned)
			cursor.status = error_set(error, STATUS_TRY_LATER, "raw mail %lld: out of memory", (long long)raw);
		else if (length > 0)
			memcpy(out->owned, bytes, length);
		out->source.data = out->owned;
		out->source.size = length;
	}
	return cursor_close(&cursor);
}

enum status store_scratch(struct store *store, int *fd, struct error *error)
{
	*fd = open(store->state_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return *fd >= 0 ? STATUS_OK : error_set(error, STATUS_TRY_LATER, "%s: no room to unpack a mail: %s", store->state_dir, strerror(errno));
}

static enum status copy_blob(struct engine_blob *blob, int64_t raw, int fd, struct error *error)
{
	char piece[32 * 1024];
	size_t size = engine_blob_size(blob);

	for (size_t at = 0; at < size;) {
		size_t length = size - at < sizeof piece ? size - at : sizeof piece;
		enum status status = engine_blob_read(blob, piece, length, at, error);

		if (status != STATUS_OK)
			return status;
		if (!write_all(fd, piece, length))
			return error_set(error, STATUS_TRY_LATER, "raw mail %lld: cannot unpack it: %s", (long long)raw, strerror(errno));
		at += length;
	}
	return STATUS_OK;
}

static enum status unpack_large_blob(struct store *store, int64_t raw, struct store_raw *out, struct error *error)
{
	struct engine_blob *blob;
	enum status status;

	if ((status = store_scratch(store, &out->source.fd, error)) != STATUS_OK)
		return status;
	if ((status = engine_blob_open(store->engine, ENGINE_RAW_BYTES, raw, false, &blob, error)) != STATUS_OK)
		return status;
	out->source.size = engine_blob_size(blob);
	status = copy_blob(blob, raw, out->source.fd, error);
	engine_blob_close(&blob);
	return status;
}

enum status store_raw_open(struct store *store, int64_t raw, struct store_raw *out, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	const char *file = NULL;
	int64_t size = -1;
	bool there = false;
	enum status status;

	*out = (struct store_raw){ .source = { .fd = -1 } };
	cursor_open(&cursor, store->engine, error, SQL_RAW_GET, "i", raw);
	if (cursor_next(&cursor)) {
		size = cursor_number(&cursor, 0);
		file = cursor_text_or_null(&cursor, &arena, 1);
		there = cursor_number(&cursor, 2) != 0;
	}
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (size < 0)
		return error_set(error, STATUS_NOT_FOUND, "no raw mail %lld", (long long)raw);
	if (!there && !file)
		return error_set(error, STATUS_NOT_FOUND, "raw mail %lld is no longer kept: it was erased, or let go after its time", (long long)raw);
	status = !there && file ? open_kept_file(store, file, out, error)
		: size > LIMIT_MEMORY_SPOOL ? unpack_large_blob(store, raw, out, error)
		: copy_small_blob(store, raw, out, error);
	if (status != STATUS_OK)
		store_raw_close(out);
	return status;
}

enum status store_raw_digest(const struct mail_source *source, unsigned char out[SHA256_SIZE])
{
	char piece[64 * 1024];
	struct sha256 sum;
	uint64_t at = 0;

	sha256_init(&sum);
	if (source->fd < 0) {
		sha256_add(&sum, source->data, source->size);
		at = source->size;
	}
	while (at < source->size) {
		ssize_t got = pread(source->fd, piece, sizeof piece, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? STATUS_TRY_LATER : STATUS_BROKEN;
		sha256_add(&sum, piece, (size_t)got);
		at += (uint64_t)got;
	}
	sha256_end(&sum, out);
	return STATUS_OK;
}

/* All 0, if there is none of its size. */
void store_raw_kept_digest(struct cursor *cursor, int column, unsigned char out[SHA256_SIZE])
{
	size_t length;
	const void *bytes = cursor_blob(cursor, column, &length);

	memset(out, 0, SHA256_SIZE);
	if (bytes && length == SHA256_SIZE)
		memcpy(out, bytes, length);
}

enum status store_raw_check(struct store *store, int64_t raw, const struct store_raw *opened, struct error *error)
{
	unsigned char digest[SHA256_SIZE], kept[SHA256_SIZE] = { 0 };
	enum status status = store_raw_digest(&opened->source, digest);
	struct cursor cursor;

	if (status == STATUS_TRY_LATER)
		return error_set(error, status, "raw mail %lld cannot be read: %s", (long long)raw, strerror(errno));
	cursor_open(&cursor, store->engine, error, SQL_RAW_DIGEST, "i", raw);
	if (cursor_next(&cursor))
		store_raw_kept_digest(&cursor, 0, kept);
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	if (status != STATUS_OK || memcmp(digest, kept, sizeof kept) != 0)
		return error_set(error, STATUS_BROKEN, "raw mail %lld: its bytes are not those that came: run `sportello fsck`", (long long)raw);
	return STATUS_OK;
}

void store_raw_close(struct store_raw *raw)
{
	free(raw->owned);
	if (raw->source.fd >= 0)
		close(raw->source.fd);
	*raw = (struct store_raw){ .source = { .fd = -1 } };
}

/* ---- files ---- */

static bool visit_directory(const char *mails, const char *part, bool (*visit)(void *, const char *, int64_t, uint64_t), void *context)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	DIR *directory = opendir(arena_printf(&arena, "%s/%s", mails, part));
	bool go_on = true;

	if (!directory)
		return true;
	for (struct dirent *entry; go_on && (entry = readdir(directory));) {
		struct stat about;

		if (entry->d_name[0] == '.' || fstatat(dirfd(directory), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		go_on = visit(context, arena_printf(&arena, "%s/%s", part, entry->d_name),
		              (int64_t)about.st_mtim.tv_sec * 1000, (uint64_t)about.st_size);
	}
	closedir(directory);
	return go_on;
}

enum status store_raw_files_each(const char *state_dir, bool (*visit)(void *context, const char *file, int64_t modified_ms, uint64_t size),
                                 void *context, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *mails = arena_printf(&arena, "%s/mails", state_dir);
	DIR *directory = opendir(mails);

	if (!directory)
		return errno == ENOENT ? STATUS_OK : error_set(error, STATUS_TRY_LATER, "%s: %s", mails, strerror(errno));
	for (struct dirent *entry; (entry = readdir(directory));)
		if (entry->d_name[0] != '.' && !visit_directory(mails, entry->d_name, visit, context))
			break;
	closedir(directory);
	return STATUS_OK;
}
