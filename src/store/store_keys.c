/*
 * store_keys.c - the secret keys that sign tokens: STATE_DIR/secret.key, 0600, a line each: 64 hex digits, a blank, when it was made; and of one that
 * was there before a backup was restored, " below N": it speaks for tickets below that number alone. "# ring N": the change of the ring that several machines share
 * (store_keys_shared.c) after which it was written.
 *
 * The first line signs, all lines verify: store_keyring.c writes new lines above. The file is made whole or not at all (written aside,
 * synced, linked), so that two programs starting at once end up with one key. A backup carries the keys inside its database: where the
 * file is missing when a database is opened, it is written from there.
 * Diagnostics: STATUS_BAD_CONFIG with the file and line for what is not a key, or a file that others may read.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RING_MARK "# ring "
#define KEY_FILE_LIMIT 4096      /* bytes: DESK_KEYS lines and comments */

char *store_keys_path(struct arena *arena, const char *state_dir)
{
	return arena_printf(arena, "%s/secret.key", state_dir);
}

static enum status write_failed(const char *path, struct error *error)
{
	return error_set(error, STATUS_TRY_LATER, "%s: cannot write the secret key: %s", path, strerror(errno));
}

/* A new file, so that its mode is ours from its first byte on; of the same owner as the one that it replaces, if it does. */
static int open_aside(const char *aside, const struct stat *like)
{
	int fd;

	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && like && geteuid() != like->st_uid && fchown(fd, like->st_uid, like->st_gid) < 0)
		cleanup_fd(&fd);
	return fd;
}

enum status store_keys_write(const char *state_dir, const char *text, bool replace, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = store_keys_path(&arena, state_dir);
	char *aside = arena_printf(&arena, "%s.%ld", path, (long)getpid());
	struct stat about;
	CLEANUP_FD int fd = open_aside(aside, replace && stat(path, &about) == 0 ? &about : NULL);
	enum status status = STATUS_OK;

	if (fd < 0)
		return write_failed(aside, error);
	if (!write_all(fd, text, strlen(text)) || fsync(fd) < 0)
		status = write_failed(aside, error);
	else if (replace ? rename(aside, path) < 0 : link(aside, path) < 0 && errno != EEXIST)
		status = write_failed(path, error);
	unlink(aside);
	if (status == STATUS_OK && !directory_sync(state_dir))
		status = write_failed(state_dir, error);
	return status;
}

static bool hex_read(const char *text, size_t length, unsigned char key[DESK_KEY_SIZE])
{
	if (length != 2 * DESK_KEY_SIZE || strspn(text, "0123456789abcdefABCDEF") < length)
		return false;
	for (size_t i = 0; i < DESK_KEY_SIZE; i++) {
		unsigned int byte;
		char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };

		sscanf(pair, "%2x", &byte);
		key[i] = (unsigned char)byte;
	}
	return true;
}

/* Behind the time: " below 101". */
static int64_t below_read(const char *text, size_t length)
{
	static const char word[] = " below ";
	const char *at = memmem(text, length, word, sizeof word - 1);

	return at ? strtoll(at + sizeof word - 1, NULL, 10) : 0;
}

static int64_t time_read(const char *text)
{
	struct tm tm = { 0 };

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000;
}

enum status store_keys_parse(const char *path, const char *text, struct key_lines *lines, struct error *error)
{
	int line = 0;

	*lines = (struct key_lines){ .count = 0 };
	while (*text) {
		size_t length = strcspn(text, "\r\n"), key = strcspn(text, " \t\r\n");

		line++;
		if (strncmp(text, RING_MARK, sizeof RING_MARK - 1) == 0)
			lines->number = strtoll(text + sizeof RING_MARK - 1, NULL, 10);
		if (length > 0 && *text != '#') {
			struct key_line *new = &lines->at[lines->count];

			if (lines->count == DESK_KEYS)
				return error_set(error, STATUS_BAD_CONFIG, "%s:%d: more than %d keys", path, line, DESK_KEYS);
			if (!hex_read(text, key, new->key))
				return error_set(error, STATUS_BAD_CONFIG, "%s:%d: not a key of %d hexadecimal digits", path, line, 2 * DESK_KEY_SIZE);
			new->made = key < length ? time_read(text + key + 1) : 0;
			new->below = below_read(text, length);
			lines->count++;
		}
		text += length;
		text += *text == '\r';
		text += *text == '\n';
	}
	return lines->count ? STATUS_OK : error_set(error, STATUS_BAD_CONFIG, "%s: no key in it", path);
}

char *store_keys_line(struct arena *arena, const struct key_line *line)
{
	return arena_printf(arena, "%s%s%s%s\n", hex_encode(arena, line->key, DESK_KEY_SIZE), line->made ? " " : "", time_rfc3339(arena, line->made),
	                    line->below ? arena_printf(arena, " below %lld", (long long)line->below) : "");
}

char *store_keys_text(struct arena *arena, const struct key_lines *lines)
{
	char *text = arena_printf(arena, "%s", lines->number ? arena_printf(arena, RING_MARK "%lld\n", (long long)lines->number) : "");

	for (size_t i = 0; i < lines->count; i++)
		text = arena_printf(arena, "%s%s", text, store_keys_line(arena, &lines->at[i]));
	return text;
}

enum status store_keys_read(const char *state_dir, struct key_lines *lines, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer text = { 0 };
	char *path = store_keys_path(&arena, state_dir);
	struct stat about;
	enum status status;

	if (stat(path, &about) == 0 && (about.st_mode & (S_IRWXO | S_IWGRP)))
		return error_set(error, STATUS_BAD_CONFIG, "%s: others may read or change it: chmod 600, then `sportello key revoke all`", path);
	if ((status = file_read_all(path, KEY_FILE_LIMIT, &text, error)) != STATUS_OK)
		return status;
	return store_keys_parse(path, buffer_string(&text), lines, error);
}

/* A restored backup brings the key in its meta table; it goes to its file and out of the database. */
enum status store_keys_restore(struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	const char *text = NULL;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_SECRET_KEY);
	if (cursor_next(&cursor))
		text = cursor_text(&cursor, &arena, 0);
	if ((status = cursor_close(&cursor)) != STATUS_OK || !text)
		return status;
	if (access(store_keys_path(&arena, store->state_dir), F_OK) < 0 && (status = store_keys_write(store->state_dir, text, false, error)) != STATUS_OK)
		return status;
	engine_words_forget(store->engine);           /* of the database that was here before, if any */
	log_event(LOG_NOTICE, "store.restored", "state_dir", store->state_dir, NULL);
	return engine_run(store->engine, error, SQL_META_DELETE, "t", META_SECRET_KEY);
}
