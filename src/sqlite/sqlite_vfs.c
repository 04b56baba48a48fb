/*
 * sqlite_vfs.c - gathers what SQLite writes to the write-ahead log, so that a commit is one write(2) and not two a page.
 *
 * A layer over SQLite's own file system ("unix"): the log is wrapped, and of a database the lock for writing is watched. SQLite appends
 * a header of 24 bytes and a page for each frame; they gather here until the last page of a commit, whose header says
 * so, until the log is read, synced or measured, or until ROOM is full. So the file holds a whole transaction before
 * anybody is told of it or waits for its sync, as without this layer, and a crash finds the same log, only less often a part of one.
 * What is left of a transaction that was undone is forgotten when the lock for writing is given back: written later, it would lie over
 * what another program has committed meanwhile.
 * What goes into the database itself (in WAL mode: a checkpoint) goes without what was left in the free room of its pages: see sqlite_scrub.c.
 * Diagnostics: a write that fails is told to SQLite by the call that needed it (disk full, input/output error).
 */
#include "sqlite_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (128 * 1024)                /* bytes: a commit of thirty pages; longer ones are written in pieces */
#define FRAME_HEADER 24                  /* https://www.sqlite.org/fileformat2.html#walformat */
#define COMMIT_AT 4                      /* in the header: pages of the database after the commit, 0: not the last frame */

/* The real file lies right behind it. */
struct log_file {
	sqlite3_file base;
	sqlite3_file *real;
	sqlite3_int64 start;             /* where in the file `bytes` belong */
	int length;
	bool last_frame;                 /* the page that comes next ends a commit */
	sqlite3_file *database;          /* whose log it is */
	unsigned char *bytes;            /* NULL until the first write: readers of the log never need it */
};

static sqlite3_vfs *below;
static __thread struct log_file *gathering;      /* what this thread wrote to last: a transaction is one thread's */

static struct log_file *log_of(sqlite3_file *file)
{
	return (struct log_file *)file;
}

/* After a failure nothing is kept: SQLite undoes the transaction, and what it writes next is complete in itself. */
static int flush(struct log_file *log)
{
	int length = log->length;

	log->length = 0;
	return length ? log->real->pMethods->xWrite(log->real, log->bytes, length, log->start) : SQLITE_OK;
}

static int flush_then(struct log_file *log, int code)
{
	return code == SQLITE_OK ? flush(log) : code;
}

static int gather(struct log_file *log, const void *bytes, int length, sqlite3_int64 at)
{
	int code = SQLITE_OK;

	if (!log->bytes && !(log->bytes = malloc(ROOM)))
		return SQLITE_IOERR_NOMEM;
	if (log->length && (at != log->start + log->length || log->length + length > ROOM))
		code = flush(log);
	if (code != SQLITE_OK || length > ROOM)
		return code != SQLITE_OK ? code : log->real->pMethods->xWrite(log->real, bytes, length, at);
	if (!log->length)
		log->start = at;
	memcpy(log->bytes + log->length, bytes, (size_t)length);
	log->length += length;
	gathering = log;
	return SQLITE_OK;
}

static int log_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
	static const unsigned char more[4];
	struct log_file *log = log_of(file);
	bool ends = log->last_frame;
	int code = gather(log, bytes, length, at);

	log->last_frame = length == FRAME_HEADER && memcmp((const char *)bytes + COMMIT_AT, more, sizeof more) != 0;
	return ends ? flush_then(log, code) : code;
}

static int log_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->real->pMethods->xRead(log->real, bytes, length, at) : code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->real->pMethods->xTruncate(log->real, size) : code;
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->real->pMethods->xSync(log->real, flags) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct log_file *log = log_of(file);
	int code = flush(log);

	return code == SQLITE_OK ? log->real->pMethods->xFileSize(log->real, size) : code;
}

static int log_close(sqlite3_file *file)
{
	struct log_file *log = log_of(file);
	int code = flush(log), closed = log->real->pMethods->xClose(log->real);

	if (gathering == log)
		gathering = NULL;
	free(log->bytes);
	return code == SQLITE_OK ? closed : code;
}

static int log_lock(sqlite3_file *file, int how)
{
	return log_of(file)->real->pMethods->xLock(log_of(file)->real, how);
}

static int log_unlock(sqlite3_file *file, int how)
{
	return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, how);
}

static int log_is_locked(sqlite3_file *file, int *locked)
{
	return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, locked);
}

static int log_control(sqlite3_file *file, int what, void *value)
{
	return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, what, value);
}

static int log_sector(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int log_character(sqlite3_file *file)
{
	return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1, .xClose = log_close, .xRead = log_read, .xWrite = log_write, .xTruncate = log_truncate, .xSync = log_sync,
	.xFileSize = log_size, .xLock = log_lock, .xUnlock = log_unlock, .xCheckReservedLock = log_is_locked, .xFileControl = log_control,
	.xSectorSize = log_sector, .xDeviceCharacteristics = log_character,
};

/* ---- the lock for writing: byte 0 of the locks of a log, https://www.sqlite.org/walformat.html#locking_primitives ---- */

static sqlite3_io_methods database_methods;
static const sqlite3_io_methods *methods_below;

static int database_lock(sqlite3_file *file, int first, int count, int flags)
{
	if (first == 0 && (flags & SQLITE_SHM_UNLOCK) && gathering && gathering->database == file)
		gathering->length = 0;
	return methods_below->xShmLock(file, first, count, flags);
}

/* A page without what lies in its free room; in a database so large that the page may be of another sort, as it is. */
static int database_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
	unsigned char page[SQLITE_PAGE_BYTES];
	sqlite3_int64 size = SQLITE_SCRUBBED_BYTES;

	if (length != SQLITE_PAGE_BYTES || at % SQLITE_PAGE_BYTES)
		return methods_below->xWrite(file, bytes, length, at);
	if (!sqlite_clean_page(bytes, at == 0, NULL) || methods_below->xFileSize(file, &size) != SQLITE_OK || size >= SQLITE_SCRUBBED_BYTES)
		return methods_below->xWrite(file, bytes, length, at);
	memcpy(page, bytes, sizeof page);
	sqlite_clean_page(page, at == 0, page);
	return methods_below->xWrite(file, page, length, at);
}

/* All of its methods are those of below, but for two. */
static void watch_lock(sqlite3_file *file)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	if (!methods_below && file->pMethods && file->pMethods->iVersion >= 2) {
		database_methods = *file->pMethods;
		database_methods.xShmLock = database_lock;
		database_methods.xWrite = database_write;
		methods_below = file->pMethods;
	}
	if (methods_below && file->pMethods == methods_below)
		file->pMethods = &database_methods;
	pthread_mutex_unlock(&mutex);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct log_file *log = log_of(file);
	int code;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL)) {
		code = below->xOpen(below, name, file, flags, out);
		if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB))
			watch_lock(file);
		return code;
	}
	*log = (struct log_file){ .real = (sqlite3_file *)(log + 1), .database = sqlite3_database_file_object(name) };
	code = below->xOpen(below, name, log->real, flags, out);
	if (log->real->pMethods)
		log->base.pMethods = &log_methods;
	return code;
}

/* Becomes the default of this process. Everything but opening a file is still the one below. */
void sqlite_register_vfs(void)
{
	static sqlite3_vfs own;

	below = sqlite3_vfs_find(NULL);
	if (!below)
		return;
	own = *below;
	own.pNext = NULL;
	own.zName = "sportello";
	own.szOsFile = (int)sizeof(struct log_file) + below->szOsFile;
	own.xOpen = open_file;
	sqlite3_vfs_register(&own, 1);
}
