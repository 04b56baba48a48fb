/*
 * store_keyring.c - keys changed while mails are under way: a new one signs, the older ones go on verifying until they are dropped.
 *
 * And the first key is made here, where there is none. The file is read, changed and replaced as a whole under a lock of the state directory, so that
 * two changes at once both count. A crash leaves the old file or the new one. Who runs (a daemon) reads it again; nothing here talks to anybody.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void name_key(const struct key_line *line, struct store_key *key)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	unsigned char digest[SHA256_SIZE];

	sha256_of(line->key, sizeof line->key, digest);
	memcpy(key->id, hex_encode(&arena, digest, (sizeof key->id - 1) / 2), sizeof key->id);
	key->made = line->made;
	key->below = line->below;
}

static void name_keys(const struct key_lines *lines, struct store_keyring *ring)
{
	ring->count = lines->count;
	for (size_t i = 0; i < lines->count; i++)
		name_key(&lines->at[i], &ring->at[i]);
}

enum status store_keyring(const char *state_dir, struct store_keyring *ring, struct error *error)
{
	struct key_lines lines;
	enum status status = store_keys_read(state_dir, &lines, error);

	if (status == STATUS_OK)
		name_keys(&lines, ring);
	return status;
}

static int lock(const char *state_dir)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0)
		cleanup_fd(&fd);
	return fd;
}

static void put_new_first(struct key_lines *lines)
{
	memmove(&lines->at[1], &lines->at[0], lines->count * sizeof lines->at[0]);
	random_bytes(lines->at[0].key, DESK_KEY_SIZE);
	lines->at[0].made = clock_now() / 1000 * 1000;
	lines->at[0].below = 0;
	lines->count++;
}

static void drop(struct key_lines *lines, size_t which)
{
	memmove(&lines->at[which], &lines->at[which + 1], (lines->count - which - 1) * sizeof lines->at[0]);
	lines->count--;
}

/* A change under way: the file is locked, and where several machines share the ring, so is the database. */
struct change { int locked; struct store *store; struct key_lines were, lines; };

static void change_end(struct change *change)
{
	if (change->store)
		store_rollback(change->store);
	store_close(&change->store);
	cleanup_fd(&change->locked);
}

#define CLEANUP_CHANGE __attribute__((cleanup(change_end)))

/* The database's ring, if others share it: what they changed counts. STATUS_OK without a store: there is none yet, or nobody else works on it. */
static enum status join(const char *state_dir, const char *url, struct change *change, struct error *error)
{
	enum status status = url ? store_open(state_dir, url, false, &change->store, error) : STATUS_OK;

	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && change->store && store_is_alone(change->store))) {
		store_close(&change->store);
		return STATUS_OK;
	}
	if (status == STATUS_OK && change->store && (status = store_begin(change->store, error)) == STATUS_OK)
		status = store_keys_take(change->store, &change->lines, error);
	return status;
}

static enum status begin(const char *state_dir, const char *url, struct change *change, struct error *error)
{
	enum status status;

	change->locked = lock(state_dir);
	if (change->locked < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s", state_dir, strerror(errno));
	status = store_keys_read(state_dir, &change->lines, error);
	if (status == STATUS_OK)
		status = join(state_dir, url, change, error);
	change->were = change->lines;
	return status;
}

static enum status keep(const char *state_dir, const struct key_lines *lines, struct store_keyring *ring, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	name_keys(lines, ring);
	return store_keys_write(state_dir, store_keys_text(&arena, lines), true, error);
}

/* The database first: a machine that falls in between finds it there. */
static enum status finish(const char *state_dir, struct change *change, struct store_keyring *ring, struct error *error)
{
	enum status status = STATUS_OK;

	name_keys(&change->lines, ring);
	if (change->store && (status = store_keys_put(change->store, &change->were, &change->lines, error)) == STATUS_OK
	    && (status = store_keys_note(change->store, ring, error)) == STATUS_OK)
		status = store_commit(change->store, error);
	return status == STATUS_OK ? keep(state_dir, &change->lines, ring, error) : status;
}

enum status store_key_rotate(const char *state_dir, const char *url, int64_t keep_since, struct store_keyring *ring, struct error *error)
{
	CLEANUP_CHANGE struct change change = { .locked = -1 };
	struct key_lines *lines = &change.lines;
	enum status status = begin(state_dir, url, &change, error);

	if (status != STATUS_OK)
		return status;
	if (lines->count == DESK_KEYS && lines->at[DESK_KEYS - 1].made > keep_since)
		return error_set(error, STATUS_REFUSED, "there are %d keys, and links that the oldest signed are still good: wait, or revoke one", DESK_KEYS);
	if (lines->count == DESK_KEYS)
		lines->count--;
	put_new_first(lines);
	return finish(state_dir, &change, ring, error);
}

static size_t find(const struct key_lines *lines, const char *id)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct store_key key;

		name_key(&lines->at[i], &key);
		if (text_equal_nocase(key.id, id))
			return i;
	}
	return DESK_KEYS;
}

enum status store_key_revoke(const char *state_dir, const char *url, const char *id, struct store_keyring *ring, struct error *error)
{
	CLEANUP_CHANGE struct change change = { .locked = -1 };
	struct key_lines *lines = &change.lines;
	enum status status = begin(state_dir, url, &change, error);
	size_t which = 0;

	if (status != STATUS_OK)
		return status;
	if (id && (which = find(lines, id)) == DESK_KEYS)
		return error_set(error, STATUS_NOT_FOUND, "there is no key \"%s\"; see `sportello key list`", id);
	if (id)
		drop(lines, which);
	else
		lines->count = 0;
	if (lines->count)                         /* nothing for who has the revoked one, where others of the desk have another */
		change.were = *lines;
	if (which == 0)
		put_new_first(lines);
	return finish(state_dir, &change, ring, error);
}

enum status store_keys_follow(struct store *store, struct error *error)
{
	CLEANUP_FD int locked = -1;
	struct key_lines lines;
	struct store_keyring ring;
	int64_t number;
	enum status status;

	if (store_is_alone(store))
		return STATUS_OK;
	if ((locked = lock(store->state_dir)) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s", store->state_dir, strerror(errno));
	if ((status = store_keys_read(store->state_dir, &lines, error)) != STATUS_OK)
		return status;
	number = lines.number;
	if ((status = store_keys_take(store, &lines, error)) != STATUS_OK || lines.number == number)
		return status;
	return keep(store->state_dir, &lines, &ring, error);
}

/* ---- after a restore ---- */

static bool share_one(const struct key_lines *a, const struct key_lines *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (!memcmp(a->at[i].key, b->at[k].key, DESK_KEY_SIZE))
				return true;
	return false;
}

static bool missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

enum status store_keys_of_restored(const char *state_dir, const char *aside, int64_t below, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct key_lines here = { .count = 0 }, lines = { .count = 0 };
	struct store_keyring ring;
	enum status status = STATUS_OK;

	if (!missing(store_keys_path(&arena, aside)))
		status = store_keys_read(aside, &lines, error);
	if (status == STATUS_OK && !missing(store_keys_path(&arena, state_dir)))
		status = store_keys_read(state_dir, &here, error);
	if (status != STATUS_OK)
		return status;
	if (!lines.count || share_one(&here, &lines))
		lines = here;
	for (size_t i = 0; i < lines.count; i++)
		if (!lines.at[i].below || lines.at[i].below > below)
			lines.at[i].below = below;
	if (lines.count == DESK_KEYS)
		lines.count--;
	put_new_first(&lines);
	return keep(aside, &lines, &ring, error);
}

/* ---- at the start ---- */

static enum status make_keys(const char *state_dir, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct key_line line = { .made = clock_now() / 1000 * 1000 };

	if (!directory_make(state_dir, 0700))
		return error_set(error, STATUS_TRY_LATER, "%s: cannot make the state directory: %s", state_dir, strerror(errno));
	random_bytes(line.key, sizeof line.key);
	return store_keys_write(state_dir, store_keys_line(&arena, &line), false, error);
}

/* Opening a restored backup writes its key; a new one made before would put it, and every address and link that it signed, out of use. */
static enum status keys_of_backup(const char *state_dir, struct error *error)
{
	struct store *store;
	enum status status = store_open(state_dir, NULL, false, &store, error);

	store_close(&store);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_keys(const char *state_dir, bool create, struct desk_keys *keys, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = store_keys_path(&arena, state_dir);
	struct key_lines lines;
	enum status status;

	if (create && missing(path) && (status = keys_of_backup(state_dir, error)) != STATUS_OK)
		return status;
	if (create && missing(path) && (status = make_keys(state_dir, error)) != STATUS_OK)
		return status;
	if ((status = store_keys_read(state_dir, &lines, error)) != STATUS_OK)
		return status;
	keys->count = lines.count;
	for (size_t i = 0; i < lines.count; i++)
		memcpy(keys->key[i], lines.at[i].key, DESK_KEY_SIZE);
	for (size_t i = 0; i < DESK_KEYS; i++)
		keys->below[i] = i < lines.count ? lines.at[i].below : 0;
	return STATUS_OK;
}
