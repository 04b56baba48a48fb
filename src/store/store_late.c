/*
 * store_late.c - an index over random keys that is filled later, so that a mail does not pay a random page for it.
 *
 * mailbox (by Message-ID) and contact (by address) are tables that only grow. Their rows up to `merged` have their key in
 * an indexed table (mailbox_key, contact_key); the rows after it are read once, when a connection first looks, and held in a
 * hash table in memory. A lookup asks both. When enough rows wait (a sixteenth of what is indexed, within bounds), the
 * writer sorts their keys and moves a few of them with each of its transactions: neighbours share a page, so that the
 * millionth ticket writes a tenth of the pages that it would at once, and no merge is ever seen as a pause.
 * Nothing is lost by a crash: `merged` moves (in meta) with the last key of a merge, and keys that are there already are
 * ignored. A hash is a hint: who looks up compares the row itself, so that stale and colliding entries do no harm.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

/* Rows that wait before a merge: at least, so that small desks never merge in small steps; at most, for memory (24 bytes a
 * row, 16 more while merging) and for the time it takes to read them when a connection opens (about 1 ms a thousand). */
uint32_t late_least = 8192, late_most = 131072;
#define FIRST_BUCKETS 1024

struct late_sql { enum sql since, newest, oldest, add; const char *meta; };
static const struct late_sql late_sql[] = {
	[LATE_MAILBOX] = { SQL_MAILBOX_SINCE, SQL_MAILBOX_KEY_NEWEST, SQL_MAILBOX_KEY_OLDEST, SQL_MAILBOX_KEY_ADD, "mailbox_key" },
	[LATE_CONTACT] = { SQL_CONTACT_SINCE, SQL_CONTACT_KEY_NEWEST, SQL_CONTACT_KEY_OLDEST, SQL_CONTACT_KEY_ADD, "contact_key" },
};

/* The start of a SHA-256: nobody makes his mails collide with those of others. */
uint64_t late_hash(const char *text)
{
	unsigned char digest[SHA256_SIZE];
	uint64_t hash;

	sha256_of(text, strlen(text), digest);
	memcpy(&hash, digest, sizeof hash);
	return hash;
}

void late_init(struct late *late, enum late_kind kind)
{
	*late = (struct late){ .kind = kind };
}

void late_fini(struct late *late)
{
	free(late->at);
	free(late->buckets);
	free(late->sorted);
	late_init(late, late->kind);
}

/* ---- the rows in memory ---- */

static void *must(void *memory)
{
	if (!memory)
		abort();        /* as the arena does: the daemon is restarted, and what was not answered is tried again */
	return memory;
}

static void chain(struct late *late, uint32_t i)
{
	uint32_t *bucket = &late->buckets[late->at[i].hash & (late->bucket_count - 1)];

	late->at[i].next = *bucket;
	*bucket = i + 1;
}

static void rebuild_buckets(struct late *late, uint32_t bucket_count)
{
	if (bucket_count != late->bucket_count)
		late->buckets = must(realloc(late->buckets, bucket_count * sizeof *late->buckets));
	late->bucket_count = bucket_count;
	memset(late->buckets, 0, bucket_count * sizeof *late->buckets);
	for (uint32_t i = 0; i < late->count; i++)
		chain(late, i);
}

void late_add(struct late *late, uint64_t hash, int64_t row, uint32_t tag)
{
	if (row <= late->loaded)
		return;
	if (late->count == late->room) {
		late->room = late->room ? 2 * late->room : FIRST_BUCKETS;
		late->at = must(realloc(late->at, late->room * sizeof *late->at));
	}
	late->at[late->count++] = (struct late_entry){ .hash = hash, .row = row, .tag = tag };
	late->loaded = row;
	if (late->count > late->bucket_count)
		rebuild_buckets(late, late->bucket_count ? 2 * late->bucket_count : FIRST_BUCKETS);
	else
		chain(late, late->count - 1);
}

static void end_merge(struct late *late)
{
	free(late->sorted);
	late->sorted = NULL;
	late->position = 0;
}

/* Takes the newest entries out again: each stands at the head of its chain. */
void late_back_to(struct late *late, const struct late_mark *mark)
{
	while (late->count > mark->count) {
		struct late_entry *entry = &late->at[--late->count];

		late->buckets[entry->hash & (late->bucket_count - 1)] = entry->next;
	}
	if (late->loaded > mark->loaded)
		late->loaded = mark->loaded;
	late->position = mark->position;
	/* A merge that took in rows which did not happen starts again. */
	if (late->sorted && late->sorted_upto > late->loaded)
		end_merge(late);
}

static struct late_mark mark_of(const struct late *late)
{
	return (struct late_mark){ .count = late->count, .position = late->position, .loaded = late->loaded };
}

void late_begin(struct late *late)
{
	late->at_begin = late->at_savepoint = mark_of(late);
}

void late_savepoint(struct late *late)
{
	late->at_savepoint = mark_of(late);
}

/* Rows up to `merged` are in the table now: out of memory with them. */
static void drop_merged(struct late *late, int64_t merged)
{
	uint32_t gone = 0;

	late->merged = merged;
	if (late->loaded < merged)
		late->loaded = merged;
	while (gone < late->count && late->at[gone].row <= merged)
		gone++;
	if (gone > 0) {
		late->count -= gone;
		memmove(late->at, late->at + gone, late->count * sizeof *late->at);
		rebuild_buckets(late, late->bucket_count);
	}
	if (late->sorted && late->sorted_upto <= merged)
		end_merge(late);
}

void late_key_of_row(const struct late *late, sqlite3_stmt *statement, struct late_key *key)
{
	const char *text = (const char *)sqlite3_column_text(statement, 1);

	key->row = sqlite3_column_int64(statement, 0);
	key->tag = 0;
	if (late->kind == LATE_CONTACT) {
		key->hash = late_hash(text ? text : "");
		return;
	}
	unsigned char digest[MAIL_DIGEST_SIZE] = { 0 }, claim[CLAIM_SIZE] = { 0 };
	if (sqlite3_column_bytes(statement, 2) == sizeof digest)
		memcpy(digest, sqlite3_column_blob(statement, 2), sizeof digest);
	if (sqlite3_column_bytes(statement, 3) == sizeof claim)
		memcpy(claim, sqlite3_column_blob(statement, 3), sizeof claim);
	key->hash = mail_key(text, digest);
	key->tag = claim_tag(claim);
}

/* What others added since we last looked (or all that waits, the first time). */
static enum status catch_up(struct store *store, struct late *late, struct error *error)
{
	const struct late_sql *sql = &late_sql[late->kind];
	struct cursor cursor;
	int64_t merged;
	enum status status = sql_number(store, error, &merged, 0, SQL_META_GET, "t", sql->meta);

	if (status != STATUS_OK)
		return status;
	if (merged > late->merged)
		drop_merged(late, merged);
	cursor_open(&cursor, store, error, sql->since, "i", late->loaded);
	while (cursor_next(&cursor)) {
		struct late_key key;

		late_key_of_row(late, cursor.statement, &key);
		late_add(late, key.hash, key.row, key.tag);
	}
	/* What was there before this transaction does not leave with its rollback. */
	late->at_begin = late->at_savepoint = mark_of(late);
	return cursor.status;
}

/* SQLite counts how often it saw the database change; what we wrote ourselves is in memory already. */
static unsigned int data_version(struct store *store)
{
	unsigned int version = 0;

	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_DATA_VERSION, &version);
	return version;
}

void late_settled(struct store *store)
{
	store->late.known = store->caught_up && !store->late.moved;
	store->late.moved = false;
	if (store->late.known)
		store->late.version = data_version(store);
}

enum status late_ready(struct store *store, struct error *error)
{
	enum status status;

	if (!store->caught_up && store->late.known)
		store->caught_up = data_version(store) == store->late.version;
	if (store->caught_up)
		return STATUS_OK;
	status = catch_up(store, &store->mailbox_keys, error);
	if (status == STATUS_OK)
		status = catch_up(store, &store->contact_keys, error);
	store->caught_up = status == STATUS_OK;
	return status;
}

/* ---- lookups ---- */

static bool have_row(const struct late_hit *hits, size_t count, int64_t row)
{
	for (size_t i = 0; i < count; i++)
		if (hits[i].row == row)
			return true;
	return false;
}

enum status late_find_newest(struct store *store, struct late *late, uint64_t hash, const uint32_t *tag,
                             struct late_hit *hits, size_t room, size_t *count, struct error *error)
{
	struct cursor cursor;
	uint32_t seen = 0;
	enum status status = late_ready(store, error);

	*count = 0;
	if (status != STATUS_OK)
		return status;
	if (late->bucket_count)
		for (uint32_t i = late->buckets[hash & (late->bucket_count - 1)]; i && *count < room && seen < LATE_SCAN; seen++) {
			const struct late_entry *entry = &late->at[i - 1];

			if (entry->hash == hash && (!tag || entry->tag == *tag))
				hits[(*count)++] = (struct late_hit){ .row = entry->row, .tag = entry->tag };
			i = entry->next;
		}
	if (late->merged == 0)
		return STATUS_OK;
	cursor_open(&cursor, store, error, late_sql[late->kind].newest, "id", (int64_t)hash, LATE_SCAN);
	while (*count < room && cursor_next(&cursor)) {
		struct late_hit hit = { .row = cursor_number(&cursor, 0), .tag = (uint32_t)cursor_number(&cursor, 1) };

		if ((!tag || hit.tag == *tag) && !have_row(hits, *count, hit.row))
			hits[(*count)++] = hit;
	}
	return cursor_close(&cursor);
}

enum status late_find_oldest(struct store *store, struct late *late, uint64_t hash,
                             struct late_hit *hits, size_t room, size_t *count, struct error *error)
{
	struct cursor cursor;
	struct late_hit *oldest = hits;
	size_t in_table = 0;
	enum status status = late_ready(store, error);

	*count = 0;
	if (status != STATUS_OK)
		return status;
	if (late->merged > 0) {
		cursor_open(&cursor, store, error, late_sql[late->kind].oldest, "id", (int64_t)hash, (int)room);
		while (*count < room && cursor_next(&cursor))
			hits[(*count)++] = (struct late_hit){ .row = cursor_number(&cursor, 0), .tag = (uint32_t)cursor_number(&cursor, 1) };
		status = cursor_close(&cursor);
	}
	in_table = *count;
	/* A chain runs from new to old: each older entry pushes the others back. */
	if (late->bucket_count && status == STATUS_OK)
		for (uint32_t i = late->buckets[hash & (late->bucket_count - 1)], seen = 0; i && seen < LATE_SCAN; seen++) {
			const struct late_entry *entry = &late->at[i - 1];

			if (entry->hash == hash && !have_row(hits, in_table, entry->row) && in_table < room) {
				size_t moved = *count - in_table;

				if (*count == room)
					moved--;
				else
					(*count)++;
				oldest = hits + in_table;
				memmove(oldest + 1, oldest, moved * sizeof *oldest);
				*oldest = (struct late_hit){ .row = entry->row, .tag = entry->tag };
			}
			i = entry->next;
		}
	return status;
}

/* Is this very key in the table? For fsck. */
enum status late_has(struct store *store, const struct late *late, const struct late_key *key, bool *there, struct error *error)
{
	struct cursor cursor;

	*there = false;
	cursor_open(&cursor, store, error, late_sql[late->kind].newest, "ii", (int64_t)key->hash, (int64_t)-1);
	while (!*there && cursor_next(&cursor))
		*there = cursor_number(&cursor, 0) == key->row && (uint32_t)cursor_number(&cursor, 1) == key->tag;
	return cursor_close(&cursor);
}

/* ---- merging ---- */

static int by_hash(const void *a, const void *b)
{
	const struct late_key *x = a, *y = b;

	/* As SQLite orders them: signed. */
	if (x->hash != y->hash)
		return (int64_t)x->hash < (int64_t)y->hash ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static uint32_t enough(const struct late *late)
{
	int64_t part = late->merged / 16;

	return part < late_least ? late_least : part > late_most ? late_most : (uint32_t)part;
}

static void start_merge(struct late *late)
{
	late->sorted = must(malloc(late->count * sizeof *late->sorted));
	late->sorted_count = late->count;
	late->sorted_upto = late->loaded;
	late->position = 0;
	for (uint32_t i = 0; i < late->count; i++)
		late->sorted[i] = (struct late_key){ late->at[i].hash, late->at[i].row, late->at[i].tag };
	qsort(late->sorted, late->sorted_count, sizeof *late->sorted, by_hash);
}

enum status late_merge_step(struct store *store, struct late *late, size_t budget, struct error *error)
{
	const struct late_sql *sql = &late_sql[late->kind];
	enum status status = late_ready(store, error);

	if (status != STATUS_OK || (!late->sorted && late->count < enough(late)))
		return status;
	if (!late->sorted)
		start_merge(late);
	for (; budget > 0 && late->position < late->sorted_count && status == STATUS_OK; budget--) {
		const struct late_key *key = &late->sorted[late->position++];

		status = sql_run(store, error, sql->add, "iii", (int64_t)key->hash, key->row, (int64_t)key->tag);
	}
	/* Said together with the last keys; memory lets go of them when the next transaction reads it. */
	if (status == STATUS_OK && late->position == late->sorted_count) {
		store->late.moved = true;
		status = sql_run(store, error, SQL_META_SET, "ti", sql->meta, late->sorted_upto);
	}
	return status;
}
