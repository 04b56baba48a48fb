/*
 * postgres_keys.c - rows by a hash, in plain tables: an index entry costs the server little, and nothing is put off.
 */
#include "postgres_private.h"

#include <string.h>

#define FINDINGS_OF_A_SORT 20    /* that fsck tells */

static const struct { int newest, oldest, add, forget; } key_sql[] = {
	[ENGINE_MAILBOX] = { OWN_MAILBOX_KEY_NEWEST, OWN_MAILBOX_KEY_OLDEST, OWN_MAILBOX_KEY_ADD, OWN_MAILBOX_KEY_FORGET },
	[ENGINE_CONTACT] = { OWN_CONTACT_KEY_NEWEST, OWN_CONTACT_KEY_OLDEST, OWN_CONTACT_KEY_ADD, OWN_CONTACT_KEY_FORGET },
};

enum status postgres_keys_ready(struct engine *engine, struct error *error)
{
	(void)engine;
	(void)error;
	return STATUS_OK;
}

/* Known inside a transaction that writes, where nobody else does; else it may always have happened. */
unsigned long postgres_changes_seen(struct engine *engine)
{
	return engine->writes && engine->in_transaction ? engine->seen : ++engine->seen;
}

/* A failure is told by whoever asks next. */
void postgres_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag)
{
	postgres_run(engine, NULL, key_sql[key].add, "iii", (int64_t)hash, row, (int64_t)tag);
}

enum status postgres_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error)
{
	return postgres_run(engine, error, key_sql[key].forget, "ii", (int64_t)hash, row);
}

static enum status read_hits(struct cursor *cursor, struct engine_hit *hits, size_t room, size_t *count)
{
	for (*count = 0; *count < room && postgres_cursor_next(cursor); (*count)++)
		hits[*count] = (struct engine_hit){ .row = postgres_cursor_number(cursor, 0), .tag = (uint32_t)postgres_cursor_number(cursor, 1) };
	return postgres_cursor_close(cursor);
}

enum status postgres_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag, struct engine_hit *hits, size_t room, size_t *count,
                                 struct error *error)
{
	struct cursor cursor;

	postgres_cursor_open_own(&cursor, engine, error, key_sql[key].newest, "iii", (int64_t)hash, (int64_t)room, tag ? (int64_t)*tag : (int64_t)-1);
	return read_hits(&cursor, hits, room, count);
}

enum status postgres_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash, struct engine_hit *hits, size_t room, size_t *count, struct error *error)
{
	struct cursor cursor;

	postgres_cursor_open_own(&cursor, engine, error, key_sql[key].oldest, "ii", (int64_t)hash, (int64_t)room);
	return read_hits(&cursor, hits, room, count);
}

static enum status check_sort(struct engine *engine, int id, const char *name, const struct engine_findings *findings, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	int found = 0;

	postgres_cursor_open_own(&cursor, engine, error, id, "");
	while (postgres_cursor_next(&cursor))
		if (found++ < FINDINGS_OF_A_SORT)
			findings->complain(findings->context, arena_printf(&arena, "%s %lld: cannot be found by its key", name, (long long)postgres_cursor_number(&cursor, 0)));
	return postgres_cursor_close(&cursor);
}

enum status postgres_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	enum status status = check_sort(engine, OWN_MAILBOX_KEYS, "mailbox", findings, error);

	return status == STATUS_OK ? check_sort(engine, OWN_CONTACT_KEYS, "contact", findings, error) : status;
}
