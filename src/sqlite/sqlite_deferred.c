/*
 * sqlite_deferred.c - an index over random keys that is filled later, so that a mail does not pay a random page for it.
 *
 * mailbox (by Message-ID) and contact (by address) are tables that only grow. Their rows up to `merged` have their key in
 * an indexed table (mailbox_key, contact_key); the rows after it are read once, when a connection first looks, and held in a
 * hash table in memory. A lookup asks both. When enough rows wait (a sixteenth of what is indexed, within bounds), the
 * writer sorts their keys and moves a few of them with each of its transactions: neighbours share a page, so that the
 * millionth ticket writes a tenth of the pages that it would at once, and no merge is ever seen as a pause.
 * Nothing is lost by a crash: `merged` moves (in meta) with the last key of a merge, and keys that are there already are
 * ignored. A hash is a hint: who looks up compares the row itself, so that stale and colliding entries do no harm.
 */
#include "sqlite_private.h"

#include <stdlib.h>
#include <string.h>

/* Rows that wait before a merge: at least, so that small desks never merge in small steps; at most, for memory (24 bytes a
 * row, 16 more while merging) and for the time it takes to read them when a connection opens (about 1 ms a thousand). */
uint32_t sqlite_deferred_least = 8192, sqlite_deferred_most = 131072;
#define FIRST_BUCKETS 1024
#define MERGE_KEYS_A_JOB 2       /* keys moved a job while merging; faster than the one that a mail adds */
#define FINDINGS_OF_A_SORT 20    /* that fsck tells */

struct key_sql { int since, newest, oldest, add; const char *meta; };
static const struct key_sql key_sql[] = {
	[ENGINE_MAILBOX] = { OWN_MAILBOX_SINCE, OWN_MAILBOX_KEY_NEWEST, OWN_MAILBOX_KEY_OLDEST, OWN_MAILBOX_KEY_ADD, "mailbox_key" },
	[ENGINE_CONTACT] = { OWN_CONTACT_SINCE, OWN_CONTACT_KEY_NEWEST, OWN_CONTACT_KEY_OLDEST, OWN_CONTACT_KEY_ADD, "contact_key" },
};

void sqlite_deferred_init(struct deferred *deferred, enum engine_key key)
{
	*deferred = (struct deferred){ .key = key };
}

void sqlite_deferred_fini(struct deferred *deferred)
{
	free(deferred->at);
	free(deferred->buckets);
	free(deferred->sorted);
	sqlite_deferred_init(deferred, deferred->key);
}

/* ---- the rows in memory ---- */

static void *must(void *memory)
{
	if (!memory)
		abort();        /* as the arena does: the daemon is restarted, and what was not answered is tried again */
	return memory;
}

static void chain(struct deferred *deferred, uint32_t i)
{
	uint32_t *bucket = &deferred->buckets[deferred->at[i].hash & (deferred->bucket_count - 1)];

	deferred->at[i].next = *bucket;
	*bucket = i + 1;
}

static void rebuild_buckets(struct deferred *deferred, uint32_t bucket_count)
{
	if (bucket_count != deferred->bucket_count)
		deferred->buckets = must(realloc(deferred->buckets, bucket_count * sizeof *deferred->buckets));
	deferred->bucket_count = bucket_count;
	memset(deferred->buckets, 0, bucket_count * sizeof *deferred->buckets);
	for (uint32_t i = 0; i < deferred->count; i++)
		chain(deferred, i);
}

static void add(struct deferred *deferred, uint64_t hash, int64_t row, uint32_t tag)
{
	if (row <= deferred->loaded)
		return;
	if (deferred->count == deferred->room) {
		deferred->room = deferred->room ? 2 * deferred->room : FIRST_BUCKETS;
		deferred->at = must(realloc(deferred->at, deferred->room * sizeof *deferred->at));
	}
	deferred->at[deferred->count++] = (struct deferred_entry){ .hash = hash, .row = row, .tag = tag };
	deferred->loaded = row;
	if (deferred->count > deferred->bucket_count)
		rebuild_buckets(deferred, deferred->bucket_count ? 2 * deferred->bucket_count : FIRST_BUCKETS);
	else
		chain(deferred, deferred->count - 1);
}

static void end_merge(struct deferred *deferred)
{
	free(deferred->sorted);
	deferred->sorted = NULL;
	deferred->position = 0;
}

/* Takes the newest entries out again: each stands at the head of its chain. */
void sqlite_deferred_back_to(struct deferred *deferred, const struct deferred_mark *mark)
{
	while (deferred->count > mark->count) {
		struct deferred_entry *entry = &deferred->at[--deferred->count];

		deferred->buckets[entry->hash & (deferred->bucket_count - 1)] = entry->next;
	}
	if (deferred->loaded > mark->loaded)
		deferred->loaded = mark->loaded;
	deferred->position = mark->position;
	/* A merge that took in rows which did not happen starts again. */
	if (deferred->sorted && deferred->sorted_upto > deferred->loaded)
		end_merge(deferred);
}

static struct deferred_mark mark_of(const struct deferred *deferred)
{
	return (struct deferred_mark){ .count = deferred->count, .position = deferred->position, .loaded = deferred->loaded };
}

void sqlite_deferred_begin(struct deferred *deferred)
{
	deferred->at_begin = deferred->at_savepoint = mark_of(deferred);
}

void sqlite_deferred_savepoint(struct deferred *deferred)
{
	deferred->at_savepoint = mark_of(deferred);
}

/* Rows up to `merged` are in the table now: out of memory with them. */
static void drop_merged(struct deferred *deferred, int64_t merged)
{
	uint32_t gone = 0;

	deferred->merged = merged;
	if (deferred->loaded < merged)
		deferred->loaded = merged;
	while (gone < deferred->count && deferred->at[gone].row <= merged)
		gone++;
	if (gone > 0) {
		deferred->count -= gone;
		memmove(deferred->at, deferred->at + gone, deferred->count * sizeof *deferred->at);
		rebuild_buckets(deferred, deferred->bucket_count);
	}
	if (deferred->sorted && deferred->sorted_upto <= merged)
		end_merge(deferred);
}

static void copy_digest(struct cursor *cursor, int column, unsigned char digest[ENGINE_DIGEST_SIZE])
{
	size_t length;
	const void *bytes = sqlite_cursor_blob(cursor, column, &length);

	memset(digest, 0, ENGINE_DIGEST_SIZE);
	if (bytes && length == ENGINE_DIGEST_SIZE)
		memcpy(digest, bytes, length);
}

/* The columns of OWN_MAILBOX_SINCE or OWN_CONTACT_SINCE, as a key. */
static void key_of_row(const struct deferred *deferred, struct cursor *cursor, struct deferred_key *key)
{
	const char *text = (const char *)sqlite3_column_text(cursor->statement, 1);
	unsigned char digest[ENGINE_DIGEST_SIZE];

	key->row = sqlite_cursor_number(cursor, 0);
	key->tag = 0;
	if (deferred->key == ENGINE_CONTACT) {
		key->hash = engine_hash(text ? text : "");
		return;
	}
	copy_digest(cursor, 2, digest);
	key->hash = engine_mail_hash(text, digest);
	copy_digest(cursor, 3, digest);
	key->tag = engine_claim_tag(digest);
}

/* What others added since we last looked (or all that waits, the first time). */
static enum status catch_up(struct engine *engine, struct deferred *deferred, struct error *error)
{
	const struct key_sql *sql = &key_sql[deferred->key];
	struct cursor cursor;
	int64_t merged;
	enum status status = engine_number(engine, error, &merged, 0, SQL_META_GET, "t", sql->meta);

	if (status != STATUS_OK)
		return status;
	if (merged > deferred->merged)
		drop_merged(deferred, merged);
	sqlite_cursor_open(&cursor, engine, error, sql->since, "i", deferred->loaded);
	while (sqlite_cursor_next(&cursor)) {
		struct deferred_key key;

		key_of_row(deferred, &cursor, &key);
		add(deferred, key.hash, key.row, key.tag);
	}
	/* What was there before this transaction does not leave with its rollback. */
	deferred->at_begin = deferred->at_savepoint = mark_of(deferred);
	return cursor.status;
}

/* SQLite counts how often it saw the database change; what we wrote ourselves is in memory already. */
static unsigned int data_version(struct engine *engine)
{
	unsigned int version = 0;

	sqlite3_file_control(engine->db, "main", SQLITE_FCNTL_DATA_VERSION, &version);
	return version;
}

void sqlite_deferred_settled(struct engine *engine)
{
	engine->settled.known = engine->caught_up && !engine->settled.moved;
	engine->settled.moved = false;
	if (engine->settled.known)
		engine->settled.version = data_version(engine);
}

enum status sqlite_keys_ready(struct engine *engine, struct error *error)
{
	enum status status;

	if (!engine->caught_up && engine->settled.known)
		engine->caught_up = data_version(engine) == engine->settled.version;
	if (engine->caught_up)
		return STATUS_OK;
	engine->changes_seen++;
	status = catch_up(engine, &engine->keys[ENGINE_MAILBOX], error);
	if (status == STATUS_OK)
		status = catch_up(engine, &engine->keys[ENGINE_CONTACT], error);
	engine->caught_up = status == STATUS_OK;
	return status;
}

unsigned long sqlite_changes_seen(struct engine *engine)
{
	struct error error;

	return sqlite_keys_ready(engine, &error) == STATUS_OK ? engine->changes_seen : ++engine->changes_seen;
}

/* ---- lookups ---- */

static bool have_row(const struct engine_hit *hits, size_t count, int64_t row)
{
	for (size_t i = 0; i < count; i++)
		if (hits[i].row == row)
			return true;
	return false;
}

enum status sqlite_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag,
                             struct engine_hit *hits, size_t room, size_t *count, struct error *error)
{
	struct deferred *deferred = &engine->keys[key];
	struct cursor cursor;
	uint32_t seen = 0;
	enum status status = sqlite_keys_ready(engine, error);

	*count = 0;
	if (status != STATUS_OK)
		return status;
	if (deferred->bucket_count)
		for (uint32_t i = deferred->buckets[hash & (deferred->bucket_count - 1)]; i && *count < room && seen < DEFERRED_SCAN; seen++) {
			const struct deferred_entry *entry = &deferred->at[i - 1];

			if (entry->hash == hash && (!tag || entry->tag == *tag))
				hits[(*count)++] = (struct engine_hit){ .row = entry->row, .tag = entry->tag };
			i = entry->next;
		}
	if (deferred->merged == 0)
		return STATUS_OK;
	sqlite_cursor_open(&cursor, engine, error, key_sql[deferred->key].newest, "id", (int64_t)hash, DEFERRED_SCAN);
	while (*count < room && sqlite_cursor_next(&cursor)) {
		struct engine_hit hit = { .row = sqlite_cursor_number(&cursor, 0), .tag = (uint32_t)sqlite_cursor_number(&cursor, 1) };

		if ((!tag || hit.tag == *tag) && !have_row(hits, *count, hit.row))
			hits[(*count)++] = hit;
	}
	return sqlite_cursor_close(&cursor);
}

enum status sqlite_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash,
                             struct engine_hit *hits, size_t room, size_t *count, struct error *error)
{
	struct deferred *deferred = &engine->keys[key];
	struct cursor cursor;
	struct engine_hit *oldest = hits;
	size_t in_table = 0;
	enum status status = sqlite_keys_ready(engine, error);

	*count = 0;
	if (status != STATUS_OK)
		return status;
	if (deferred->merged > 0) {
		sqlite_cursor_open(&cursor, engine, error, key_sql[deferred->key].oldest, "id", (int64_t)hash, (int)room);
		while (*count < room && sqlite_cursor_next(&cursor))
			hits[(*count)++] = (struct engine_hit){ .row = sqlite_cursor_number(&cursor, 0), .tag = (uint32_t)sqlite_cursor_number(&cursor, 1) };
		status = sqlite_cursor_close(&cursor);
	}
	in_table = *count;
	/* A chain runs from new to old: each older entry pushes the others back. */
	if (deferred->bucket_count && status == STATUS_OK)
		for (uint32_t i = deferred->buckets[hash & (deferred->bucket_count - 1)], seen = 0; i && seen < DEFERRED_SCAN; seen++) {
			const struct deferred_entry *entry = &deferred->at[i - 1];

			if (entry->hash == hash && !have_row(hits, in_table, entry->row) && in_table < room) {
				size_t moved = *count - in_table;

				if (*count == room)
					moved--;
				else
					(*count)++;
				oldest = hits + in_table;
				memmove(oldest + 1, oldest, moved * sizeof *oldest);
				*oldest = (struct engine_hit){ .row = entry->row, .tag = entry->tag };
			}
			i = entry->next;
		}
	return status;
}

/* Is this very key in the table? For fsck. */
static enum status has_key(struct engine *engine, const struct deferred *deferred, const struct deferred_key *key, bool *there, struct error *error)
{
	struct cursor cursor;

	*there = false;
	sqlite_cursor_open(&cursor, engine, error, key_sql[deferred->key].newest, "ii", (int64_t)key->hash, (int64_t)-1);
	while (!*there && sqlite_cursor_next(&cursor))
		*there = sqlite_cursor_number(&cursor, 0) == key->row && (uint32_t)sqlite_cursor_number(&cursor, 1) == key->tag;
	return sqlite_cursor_close(&cursor);
}

void sqlite_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag)
{
	add(&engine->keys[key], hash, row, tag);
}

enum status sqlite_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error)
{
	static const int forget[] = { [ENGINE_MAILBOX] = OWN_MAILBOX_KEY_FORGET, [ENGINE_CONTACT] = OWN_CONTACT_KEY_FORGET };

	return sqlite_run(engine, error, forget[key], "ii", (int64_t)hash, row);
}

/* ---- merging ---- */

static int by_hash(const void *a, const void *b)
{
	const struct deferred_key *x = a, *y = b;

	/* As SQLite orders them: signed. */
	if (x->hash != y->hash)
		return (int64_t)x->hash < (int64_t)y->hash ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static uint32_t enough(const struct deferred *deferred)
{
	int64_t part = deferred->merged / 16;

	return part < sqlite_deferred_least ? sqlite_deferred_least : part > sqlite_deferred_most ? sqlite_deferred_most : (uint32_t)part;
}

static void start_merge(struct deferred *deferred)
{
	deferred->sorted = must(malloc(deferred->count * sizeof *deferred->sorted));
	deferred->sorted_count = deferred->count;
	deferred->sorted_upto = deferred->loaded;
	deferred->position = 0;
	for (uint32_t i = 0; i < deferred->count; i++)
		deferred->sorted[i] = (struct deferred_key){ deferred->at[i].hash, deferred->at[i].row, deferred->at[i].tag };
	qsort(deferred->sorted, deferred->sorted_count, sizeof *deferred->sorted, by_hash);
}

enum status sqlite_deferred_merge_step(struct engine *engine, struct deferred *deferred, size_t budget, struct error *error)
{
	const struct key_sql *sql = &key_sql[deferred->key];
	enum status status = sqlite_keys_ready(engine, error);

	if (status != STATUS_OK || (!deferred->sorted && deferred->count < enough(deferred)))
		return status;
	if (!deferred->sorted)
		start_merge(deferred);
	for (; budget > 0 && deferred->position < deferred->sorted_count && status == STATUS_OK; budget--) {
		const struct deferred_key *key = &deferred->sorted[deferred->position++];

		status = sqlite_run(engine, error, sql->add, "iii", (int64_t)key->hash, key->row, (int64_t)key->tag);
	}
	/* Said together with the last keys; memory lets go of them when the next transaction reads it. */
	if (status == STATUS_OK && deferred->position == deferred->sorted_count) {
		engine->settled.moved = true;
		status = engine_run(engine, error, SQL_META_SET, "ti", sql->meta, deferred->sorted_upto);
	}
	return status;
}

enum status sqlite_catch_up(struct engine *engine, size_t jobs, struct error *error)
{
	enum status status = STATUS_OK;

	for (int key = 0; key < ENGINE_KEYS && status == STATUS_OK; key++)
		status = sqlite_deferred_merge_step(engine, &engine->keys[key], jobs * MERGE_KEYS_A_JOB, error);
	return status;
}

/* ---- for fsck ---- */

static enum status check_keys(struct engine *engine, struct deferred *deferred, int rows, const char *name, const struct engine_findings *findings, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	enum status status = STATUS_OK;
	int found = 0;

	sqlite_cursor_open(&cursor, engine, error, rows, "");
	while (status == STATUS_OK && sqlite_cursor_next(&cursor)) {
		struct deferred_key key;
		bool there = false;

		key_of_row(deferred, &cursor, &key);
		status = has_key(engine, deferred, &key, &there, error);
		if (status == STATUS_OK && !there && found++ < FINDINGS_OF_A_SORT)
			findings->complain(findings->context, arena_printf(&arena, "%s %lld: cannot be found by its key", name, (long long)key.row));
	}
	return sqlite_cursor_close(&cursor) != STATUS_OK ? cursor.status : status;
}

enum status sqlite_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	enum status status = check_keys(engine, &engine->keys[ENGINE_MAILBOX], OWN_MAILBOX_MERGED, "mailbox", findings, error);

	return status == STATUS_OK ? check_keys(engine, &engine->keys[ENGINE_CONTACT], OWN_CONTACT_MERGED, "contact", findings, error) : status;
}
