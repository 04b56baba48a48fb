/*
 * store_spool.c - the bytes of a mail while it arrives: small ones in memory, large ones in the file they will stay in.
 *
 * Used by one thread at a time, before the write transaction. A large mail is written once, under STATE_DIR/mails, with a
 * random name, and synced (file and directories) before its row can be committed; memory does not grow with it. The digest
 * is made on the way. A file that was not kept is removed with its spool; after a crash housekeeping removes what no row names.
 * Diagnostics: STATUS_TRY_LATER with the path and errno's text (disk full, not writable). After a failed write the spool
 * stays failed until it is reset.
 */
#include "store_private.h"

#include "store_spool_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BEHIND (64 * 1024)         /* bytes gathered for one write(2) of a large mail */
#define ROOM_KEPT (32 * 1024)            /* bytes of memory that a connection keeps from one mail to the next */

struct store_spool *store_spool_new(const char *state_dir)
{
	struct store_spool *spool = calloc(1, sizeof *spool);

	if (!spool || !(spool->state_dir = strdup(state_dir)))
		abort();
	spool->fd = -1;
	buffer_init(&spool->memory);
	store_spool_reset(spool);
	return spool;
}

void store_spool_reset(struct store_spool *spool)
{
	if (spool->fd >= 0) {
		CLEANUP_ARENA struct arena arena = { 0 };

		close(spool->fd);
		if (!spool->kept)
			unlink(store_raw_path(&arena, spool->state_dir, spool->file));
	}
	spool->fd = -1;
	spool->file[0] = '\0';
	spool->size = 0;
	spool->raw = 0;
	spool->failed = 0;
	spool->kept = spool->finished = spool->in_database = false;
	if (spool->memory.room > ROOM_KEPT)
		buffer_fini(&spool->memory);
	buffer_reset(&spool->memory);
	sha256_init(&spool->digest);
}

void store_spool_free(struct store_spool **spool)
{
	if (!*spool)
		return;
	store_spool_reset(*spool);
	buffer_fini(&(*spool)->memory);
	free((*spool)->state_dir);
	free(*spool);
	*spool = NULL;
}

/* mails/ab, made when it is first needed. Each process syncs the entry once, also of a directory that it found: who made it
 * may have died before. */
static bool make_directory(const char *mails, const char *directory, const char *state_dir, unsigned char first)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static bool synced[256];
	bool ok;

	pthread_mutex_lock(&mutex);
	ok = directory_make(mails, 0700) && directory_make(directory, 0700);
	if (ok && !synced[first])
		ok = synced[first] = directory_sync(mails) && directory_sync(state_dir);
	pthread_mutex_unlock(&mutex);
	return ok;
}

static bool open_file(struct store_spool *spool)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	unsigned char name[RAW_NAME_BYTES];
	char *mails = arena_printf(&arena, "%s/mails", spool->state_dir), *hex, *directory;

	random_bytes(name, sizeof name);
	hex = hex_encode(&arena, name, sizeof name);
	directory = arena_printf(&arena, "%s/%.2s", mails, hex);
	if (!make_directory(mails, directory, spool->state_dir, name[0]))
		return false;
	memcpy(spool->file, hex, 2);
	spool->file[2] = '/';
	strcpy(spool->file + 3, hex);
	spool->fd = open(store_raw_path(&arena, spool->state_dir, spool->file), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return spool->fd >= 0;
}

/* What memory holds goes to the file. */
static bool flush(struct store_spool *spool)
{
	if (spool->fd < 0 && !open_file(spool))
		return false;
	if (!write_all(spool->fd, spool->memory.at, spool->memory.length))
		return false;
	if (spool->memory.room > WRITE_BEHIND)       /* it held a mail until now, and is for a write from here on */
		buffer_fini(&spool->memory);
	buffer_reset(&spool->memory);
	return true;
}

bool store_spool_add(struct store_spool *spool, const void *bytes, size_t length)
{
	size_t limit = spool->fd >= 0 ? WRITE_BEHIND : LIMIT_MEMORY_SPOOL;

	if (spool->failed)
		return false;
	sha256_add(&spool->digest, bytes, length);
	spool->size += length;
	if (spool->memory.length + length > limit && !flush(spool)) {
		spool->failed = errno ? errno : EIO;
		return false;
	}
	if (spool->fd >= 0 && length > WRITE_BEHIND) {
		if (!write_all(spool->fd, bytes, length))
			spool->failed = errno ? errno : EIO;
		return !spool->failed;
	}
	buffer_add(&spool->memory, bytes, length);
	return true;
}

static bool sync_file(struct store_spool *spool)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	if (spool->memory.length > 0 && !flush(spool))
		return false;
	return fdatasync(spool->fd) == 0
		&& directory_sync(arena_printf(&arena, "%s/mails/%.2s", spool->state_dir, spool->file));
}

enum status store_spool_finish(struct store_spool *spool, struct error *error)
{
	if (!spool->failed && !spool->finished) {
		sha256_end(&spool->digest, spool->sha256);
		spool->finished = true;
		if (spool->fd >= 0 && !sync_file(spool))
			spool->failed = errno ? errno : EIO;
	}
	if (spool->failed)
		return error_set(error, STATUS_TRY_LATER, "%s/mails: cannot keep a large mail: %s", spool->state_dir, strerror(spool->failed));
	return STATUS_OK;
}

bool store_spool_full(const struct store_spool *spool)
{
	return spool->failed == ENOSPC || spool->failed == EDQUOT;
}

void store_spool_source(const struct store_spool *spool, struct mail_source *source)
{
	*source = (struct mail_source){ .size = spool->size, .fd = spool->fd };
	if (spool->fd < 0)
		source->data = spool->memory.at ? spool->memory.at : "";
}

void store_spool_kept(struct store_spool *spool)
{
	spool->kept = !spool->in_database;
}
