/*
 * sqlite_scrub.c - nothing of what was erased stays in the database's files.
 *
 * With secure_delete SQLite overwrites what it deletes; what it only moved, when it balanced its tree, may be left in the gap of a page. So the log goes
 * into the database and is cut to nothing, and then the erased words are looked for in the file itself: where one is left, the database is written
 * anew (VACUUM). Diagnostics: STATUS_TRY_LATER: somebody reads an older state, and keeps the log.
 */
#include "sqlite_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define PIECE ((size_t)1024 * 1024)
#define WORD_MOST 512            /* bytes of a word that are looked for */
#define TRIES 50
#define BETWEEN_TRIES_NS 100000000

enum status sqlite_forgets(struct engine *engine, struct error *error)
{
	return sqlite_exec(engine->db, "PRAGMA secure_delete=ON", error);
}

static enum status cut_log(struct engine *engine, struct error *error)
{
	const struct timespec between = { .tv_nsec = BETWEEN_TRIES_NS };
	int code = SQLITE_BUSY;

	for (int i = 0; i < TRIES && (code == SQLITE_BUSY || code == SQLITE_LOCKED); i++) {
		code = sqlite3_wal_checkpoint_v2(engine->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
			nanosleep(&between, NULL);
	}
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(engine->db, code, "bringing the log into the database", error);
}

static bool holds_word(const char *bytes, size_t length, const struct strings *words)
{
	for (size_t i = 0; i < words->count; i++) {
		size_t size = strnlen(words->at[i], WORD_MOST);

		/* Addresses are kept in lower case; other spellings of the first letter are found by the second. */
		if (size > 3 && memmem(bytes, length, words->at[i], size))
			return true;
	}
	return false;
}

static bool is_left(const char *path, const struct strings *words)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *piece = malloc(PIECE + WORD_MOST);
	size_t kept = 0;
	ssize_t got = 0;
	bool left = false;

	while (fd >= 0 && piece && !left && (got = read(fd, piece + kept, PIECE)) > 0) {
		size_t length = kept + (size_t)got;

		left = holds_word(piece, length, words);
		kept = length < WORD_MOST ? length : WORD_MOST;
		memmove(piece, piece + length - kept, kept);
	}
	free(piece);
	return left || fd < 0 || got < 0;
}

enum status sqlite_scrub(struct engine *engine, const struct strings *words, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = cut_log(engine, error);

	if (status != STATUS_OK || !is_left(sqlite_place(&arena, SQLITE_URL, engine->state_dir), words))
		return status;
	status = sqlite_exec(engine->db, "VACUUM", error);
	return status == STATUS_OK ? cut_log(engine, error) : status;
}
