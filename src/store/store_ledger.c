/*
 * store_ledger.c - the ledger of erasures: a file of its own, outside of what a backup brings back.
 *
 * Where several machines work on one database it is the same for all of them: its key is a fact of the database, and its lines are the log of erasures there. Each machine keeps all of it in its own STATE_DIR/erasures, too: whoever restores the database
 * from a server's backup, which has no later erasures, has them there (`sportello erase replay`). Lines are only ever added, so a database that went back takes none away.
 * Diagnostics: STATUS_BAD_INPUT "is no ledger"; STATUS_BAD_CONFIG the file is another desk's.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEDGER_BYTES ((size_t)256 * 1024 * 1024)
#define HEAD "sportello erasures 1 "

char *store_ledger_path(struct arena *arena, const struct store *store)
{
	return arena_printf(arena, "%s/erasures", store->state_dir);
}

static int digit(char byte)
{
	return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_key(const char *hex, unsigned char key[LEDGER_KEY_SIZE])
{
	for (int i = 0; i < LEDGER_KEY_SIZE; i++) {
		int high = digit(hex[2 * i]), low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return hex[2 * LEDGER_KEY_SIZE] == '\n';
}

enum status store_ledger_read(struct arena *arena, const char *path, struct ledger *ledger, struct error *error)
{
	CLEANUP_BUFFER struct buffer file = { 0 };
	enum status status;

	*ledger = (struct ledger){ .lines = "" };
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return STATUS_OK;
	if ((status = file_read_all(path, LEDGER_BYTES, &file, error)) != STATUS_OK)
		return status;
	const char *text = arena_string(arena, buffer_string(&file));

	if (strncmp(text, HEAD, strlen(HEAD)) != 0 || !read_key(text + strlen(HEAD), ledger->key))
		return error_set(error, STATUS_BAD_INPUT, "%s is no ledger of erasures", path);
	ledger->known = true;
	ledger->lines = strchr(text, '\n') + 1;
	return STATUS_OK;
}

const char *store_ledger_digest(struct arena *arena, const unsigned char key[LEDGER_KEY_SIZE], const char *what)
{
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(key, LEDGER_KEY_SIZE, what, strlen(what), digest);
	return arena_copy(arena, hex_encode(arena, digest, sizeof digest), LEDGER_DIGEST_HEX);
}

enum status store_ledger_begin(struct store *store, const char *key, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = store_ledger_path(&arena, store), *head = arena_printf(&arena, HEAD "%s\n", key);
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || !write_all(fd, head, strlen(head)) || fsync(fd) < 0 || !directory_sync(store->state_dir))
		return error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
	return STATUS_OK;
}

const char *store_ledger_identity(struct arena *arena, int64_t ticket, int64_t created)
{
	return arena_printf(arena, "ticket %lld %lld", (long long)ticket, (long long)created);
}

/* ---- several machines ---- */

struct lines { const char **at; size_t count; };

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A line for each, in order. */
static void split(struct arena *arena, const char *text, struct lines *lines)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		*ARENA_PUSH(arena, lines) = arena_copy(arena, text, strcspn(text, "\n"));
	if (lines->count)
		qsort(lines->at, lines->count, sizeof *lines->at, by_text);
}

char *store_ledger_line(struct arena *arena, int64_t at, const char *kind, int64_t a, int64_t b, const char *digest, int64_t attachment)
{
	return arena_printf(arena, attachment ? "%s %s %lld %lld %s %lld" : "%s %s %lld %lld %s", time_rfc3339(arena, at), kind, (long long)a, (long long)b, digest, (long long)attachment);
}

static enum status append(const char *path, const struct buffer *text, struct error *error)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || !write_all(fd, text->at, text->length) || fsync(fd) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s; the ledger of erasures has not all of them", path, strerror(errno));
	return STATUS_OK;
}

static enum status append_missing(struct store *store, struct arena *arena, const char *path, const struct ledger *ledger, struct error *error)
{
	CLEANUP_BUFFER struct buffer more = { 0 };
	struct lines known = { 0 };
	struct cursor cursor;

	split(arena, ledger->lines, &known);
	cursor_open(&cursor, store->engine, error, SQL_ERASURES, "");
	while (cursor_next(&cursor)) {
		const char *line = store_ledger_line(arena, cursor_number(&cursor, 1), cursor_text(&cursor, arena, 2), cursor_number(&cursor, 3), cursor_number(&cursor, 4),
		                                     cursor_text(&cursor, arena, 5), cursor_number(&cursor, 7));

		if (!known.count || !bsearch(&line, known.at, known.count, sizeof *known.at, by_text))
			buffer_printf(&more, "%s\n", line);
	}
	if (cursor_close(&cursor) != STATUS_OK || !more.length)
		return cursor.status;
	return append(path, &more, error);
}

static enum status key_of_database(struct store *store, struct arena *arena, const char **hex, struct error *error)
{
	struct cursor cursor;

	*hex = NULL;
	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_LEDGER_KEY);
	if (cursor_next(&cursor))
		*hex = cursor_text(&cursor, arena, 0);
	return cursor_close(&cursor);
}

enum status store_ledger_share(struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *path = store_ledger_path(&arena, store), *hex;
	struct ledger ledger;
	enum status status;

	if (engine_alone(store->engine))
		return STATUS_OK;
	if ((status = store_ledger_read(&arena, path, &ledger, error)) != STATUS_OK || (status = key_of_database(store, &arena, &hex, error)) != STATUS_OK)
		return status;
	if (!hex)
		return ledger.known ? engine_run(store->engine, error, SQL_META_SET, "tt", META_LEDGER_KEY, hex_encode(&arena, ledger.key, sizeof ledger.key)) : STATUS_OK;
	if (!ledger.known && (status = store_ledger_begin(store, hex, error)) != STATUS_OK)
		return status;
	if (ledger.known && strcmp(hex, hex_encode(&arena, ledger.key, sizeof ledger.key)) != 0)
		return error_set(error, STATUS_BAD_CONFIG, "%s: not the ledger of this database: move it aside", path);
	return append_missing(store, &arena, path, &ledger, error);
}
