/*
 * sqlite_scrub.c - nothing of what was erased stays in the database's files.
 *
 * With secure_delete SQLite overwrites what it deletes. What it only moved, when it balanced its tree, stays in the free room of a page: between the
 * pointers to the cells and the cells themselves, and in free blocks (https://www.sqlite.org/fileformat2.html#b_tree_pages). Nobody reads that room,
 * so it can be emptied: in each page that a checkpoint writes (sqlite_vfs.c), and, for pages of earlier days, here, in the file, a piece at a time, while
 * nobody brings the log into it. Intake goes on; nothing is ever written anew as a whole.
 * A page of another sort than these begins with the number of a page: it would have to be above 2^25 to look like one of them, so that databases
 * beyond 64 GiB are left alone. Diagnostics: STATUS_TRY_LATER: somebody reads an older state, and keeps the log.
 */
#include "sqlite_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_BYTES (64 * SQLITE_PAGE_BYTES)
#define TRIES 50
#define BETWEEN_TRIES_NS 100000000
#define CHECKPOINT_LOCK 1        /* https://www.sqlite.org/walformat.html#locking_primitives */
#define LEAF_HEADER 8
#define INNER_HEADER 12

enum status sqlite_forgets(struct engine *engine, struct error *error)
{
	return sqlite_exec(engine->db, "PRAGMA secure_delete=ON", error);
}

/* ---- one page ---- */

static size_t number_at(const unsigned char *page, size_t at)
{
	return (size_t)page[at] << 8 | page[at + 1];
}

/* Was there something? out: the page in which it is overwritten; NULL: none. */
static bool empty(const unsigned char *page, size_t from, size_t length, unsigned char *out)
{
	const unsigned char *at = page + from;
	bool any = length && (*at || memcmp(at, at + 1, length - 1) != 0);       /* all of them as the first one, and that is none */

	if (any && out)
		memset(out + from, 0, length);
	return any;
}

bool sqlite_clean_page(const unsigned char page[SQLITE_PAGE_BYTES], bool first, unsigned char *out)
{
	size_t head = first ? 100 : 0, type = page[head];
	bool leaf = type == 10 || type == 13, any;

	if (!leaf && type != 2 && type != 5)
		return false;
	size_t gap = head + (leaf ? LEAF_HEADER : INNER_HEADER) + 2 * number_at(page, head + 3), cells = number_at(page, head + 5);

	if (gap > cells || cells > SQLITE_PAGE_BYTES)
		return false;
	any = empty(page, gap, cells - gap, out);
	/* They follow each other upwards; each begins with where the next one is, and its own size. */
	for (size_t block = number_at(page, head + 1), last = cells; block >= last && block + 4 <= SQLITE_PAGE_BYTES; ) {
		size_t size = number_at(page, block + 2);

		if (size < 4 || block + size > SQLITE_PAGE_BYTES)
			break;
		any |= empty(page, block + 4, size - 4, out);
		last = block + size;
		block = number_at(page, block);
	}
	return any;
}

/* ---- the file ---- */

static enum status cut_log(struct engine *engine, struct error *error)
{
	const struct timespec between = { .tv_nsec = BETWEEN_TRIES_NS };
	int code = SQLITE_BUSY;

	/* Most of it while others write; they wait for the rest. */
	sqlite3_wal_checkpoint_v2(engine->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	for (int i = 0; i < TRIES && (code == SQLITE_BUSY || code == SQLITE_LOCKED); i++) {
		code = sqlite3_wal_checkpoint_v2(engine->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
			nanosleep(&between, NULL);
	}
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(engine->db, code, "bringing the log into the database", error);
}

/* Only a checkpoint writes the file, and none can while this is held. */
static bool hold_checkpoints(sqlite3_file *file, bool hold)
{
	const struct timespec between = { .tv_nsec = BETWEEN_TRIES_NS / 10 };
	int flags = SQLITE_SHM_EXCLUSIVE | (hold ? SQLITE_SHM_LOCK : SQLITE_SHM_UNLOCK), code = SQLITE_BUSY;

	for (int i = 0; i < TRIES && code == SQLITE_BUSY; i++) {
		code = file->pMethods->xShmLock(file, CHECKPOINT_LOCK, 1, flags);
		if (code == SQLITE_BUSY)
			nanosleep(&between, NULL);
	}
	return code == SQLITE_OK;
}

/* By SQLite's own descriptor: to close another one of the same file would give back its locks. */
static bool clean_piece(sqlite3_file *file, unsigned char *piece, int length, sqlite3_int64 at, bool write)
{
	bool good = file->pMethods->xRead(file, piece, length, at) == SQLITE_OK;

	for (int i = 0; i < length && good; i += SQLITE_PAGE_BYTES)
		if (sqlite_clean_page(piece + i, at + i == 0, piece + i))
			good = write && file->pMethods->xWrite(file, piece + i, SQLITE_PAGE_BYTES, at + i) == SQLITE_OK;
	return good;
}

/* Most pieces are clean: only for the others the log has to wait. */
static bool clean_file(sqlite3_file *file)
{
	unsigned char *piece = malloc(PIECE_BYTES);
	sqlite3_int64 size = 0;
	bool done = piece && file->pMethods->xFileSize(file, &size) == SQLITE_OK;

	for (sqlite3_int64 at = 0; done && at < size && size < SQLITE_SCRUBBED_BYTES; at += PIECE_BYTES) {
		int length = size - at < PIECE_BYTES ? (int)(size - at) : PIECE_BYTES;

		if (clean_piece(file, piece, length, at, false))
			continue;
		done = hold_checkpoints(file, true);
		if (done) {
			done = clean_piece(file, piece, length, at, true);
			hold_checkpoints(file, false);
		}
	}
	free(piece);
	return done && file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

enum status sqlite_scrub(struct engine *engine, struct error *error)
{
	sqlite3_file *file = NULL;
	enum status status = cut_log(engine, error);

	if (status != STATUS_OK)
		return status;
	sqlite3_file_control(engine->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (file && file->pMethods && file->pMethods->iVersion >= 2 && !clean_file(file))
		return error_set(error, STATUS_TRY_LATER, "the database's free room could not be emptied; the erasure is finished at the next try");
	return STATUS_OK;
}
