/*
 * store_keys_shared.c - one ring of keys for all gateways on one database: who changes it puts it there, and the others take it into their secret.key.
 *
 * Each machine has a key of the ring before it works here (store_keys_agree()), and the database does not: what stands there is sealed under each key that the ring
 * has or had before the change, so that whoever missed one change opens it, and who has the database or its backup alone does not. Not under one that was revoked, unless no
 * other was left (`revoke all`): then whoever has a stolen key and the database, too, opens it. Changes are counted; the file says after which one it was written.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

#define META_RING "keyring"              /* number of the change, then a line for each key under which the ring is sealed */
#define META_KEYS "keys"                 /* ids of keys that the ring has or had, one a line: a machine that has none of them is no machine of this desk */

/* Not the key that signs tokens itself. */
static void sealing_key(const struct key_line *line, unsigned char key[SHA256_SIZE])
{
	static const char use[] = "sportello keyring";

	hmac_sha256(line->key, DESK_KEY_SIZE, use, sizeof use - 1, key);
}

static enum status read_row(struct store *store, struct arena *arena, int64_t *number, char **sealed, struct error *error)
{
	struct cursor cursor;
	char *row = NULL;

	*number = 0;
	*sealed = NULL;
	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_RING);
	if (cursor_next(&cursor))
		row = arena_string(arena, cursor_text(&cursor, arena, 0));
	if (cursor_close(&cursor) == STATUS_OK && row)
		*number = strtoll(strsep(&row, "\n"), NULL, 10);
	*sealed = row;
	return cursor.status;
}

/* The ring's text; NULL: under none of these keys. */
static char *open_one(struct arena *arena, const struct key_lines *mine, const char *sealed)
{
	unsigned char key[SHA256_SIZE], *bytes = arena_alloc(arena, strlen(sealed) + 1);
	int length = base32_decode(sealed, strlen(sealed), bytes, strlen(sealed) + 1);
	char *text = length > SEAL_MORE ? arena_alloc(arena, (size_t)length - SEAL_MORE + 1) : NULL;

	for (size_t i = 0; text && i < mine->count; i++) {
		sealing_key(&mine->at[i], key);
		if (unseal(key, bytes, (size_t)length, (unsigned char *)text)) {
			text[length - SEAL_MORE] = '\0';
			return text;
		}
	}
	return NULL;
}

static char *open_ring(struct arena *arena, const struct key_lines *mine, char *sealed)
{
	char *text = NULL;

	for (char *one; !text && (one = strsep(&sealed, "\n"));)
		text = open_one(arena, mine, one);
	return text;
}

enum status store_keys_take(struct store *store, struct key_lines *lines, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *path = store_keys_path(&arena, store->state_dir);
	int64_t number;
	char *sealed, *text;
	enum status status = read_row(store, &arena, &number, &sealed, error);

	if (status != STATUS_OK || number <= lines->number)
		return status;
	if (!(text = open_ring(&arena, lines, sealed)))
		return error_set(error, STATUS_BAD_CONFIG, "%s: none of these keys is of this desk any more: copy secret.key from a machine that works on this database", path);
	status = store_keys_parse(path, text, lines, error);
	lines->number = number;
	return status;
}

static void add_sealed(struct arena *arena, struct buffer *row, const struct key_line *line, const char *text)
{
	size_t length = strlen(text);
	unsigned char key[SHA256_SIZE], *bytes = arena_alloc(arena, length + SEAL_MORE);

	sealing_key(line, key);
	seal(key, text, length, bytes);
	buffer_printf(row, "\n%s", base32_encode(arena, bytes, length + SEAL_MORE));
}

static bool is_among(const struct key_lines *lines, const struct key_line *line)
{
	for (size_t i = 0; i < lines->count; i++)
		if (memcmp(lines->at[i].key, line->key, DESK_KEY_SIZE) == 0)
			return true;
	return false;
}

enum status store_keys_put(struct store *store, const struct key_lines *were, struct key_lines *lines, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer row = { 0 };
	const char *text;

	lines->number++;
	text = store_keys_text(&arena, lines);
	buffer_printf(&row, "%lld", (long long)lines->number);
	for (size_t i = 0; i < lines->count; i++)
		add_sealed(&arena, &row, &lines->at[i], text);
	for (size_t i = 0; i < were->count; i++)
		if (!is_among(lines, &were->at[i]))
			add_sealed(&arena, &row, &were->at[i], text);
	return engine_run(store->engine, error, SQL_META_SET, "tt", META_RING, buffer_string(&row));
}

/* ---- whose keys they are ---- */

static bool has_line(const char *lines, const char *id)
{
	size_t length = strlen(id);

	for (const char *at = lines; (at = strstr(at, id)); at += length)
		if ((at == lines || at[-1] == '\n') && (at[length] == '\n' || !at[length]))
			return true;
	return false;
}

static enum status read_known(struct store *store, struct arena *arena, const char **known, struct error *error)
{
	struct cursor cursor;

	*known = "";
	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_KEYS);
	if (cursor_next(&cursor))
		*known = cursor_text(&cursor, arena, 0);
	return cursor_close(&cursor);
}

enum status store_keys_note(struct store *store, const struct store_keyring *ring, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *known;
	size_t new = 0;
	enum status status = read_known(store, &arena, &known, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < ring->count; i++)
		if (!has_line(known, ring->at[i].id) && ++new)
			known = arena_printf(&arena, "%s%s%s", known, *known ? "\n" : "", ring->at[i].id);
	return new ? engine_run(store->engine, error, SQL_META_SET, "tt", META_KEYS, known) : STATUS_OK;
}

enum status store_keys_known(struct store *store, const struct store_keyring *ring, bool *known, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *ids;
	enum status status = read_known(store, &arena, &ids, error);

	*known = ring->count == 0 || !*ids;
	for (size_t i = 0; i < ring->count; i++)
		*known |= has_line(ids, ring->at[i].id);
	return status;
}
