/*
 * postgres_open.c - a connection: opened, identified, made again after it was lost, closed.
 *
 * The URL goes to libpq as it is: TLS, passwords (~/.pgpass, service files) and several hosts are its business. A connection that a pooler gives us is known by
 * its process number, which is not the server's.
 * Diagnostics: STATUS_NOT_FOUND no tables there (and not `create`), STATUS_BAD_INPUT not in UTF-8, too old, or of a newer version of this program,
 * STATUS_TRY_LATER not reachable.
 */
#include "postgres_private.h"

#include <stdlib.h>
#include <string.h>

#define SERVER_LEAST 120000      /* PostgreSQL 12 */

/* After each connect. */
static enum status identify(struct engine *engine, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	const char *encoding = "";
	int64_t version = 0;

	engine->pooled = true;
	postgres_cursor_open_own(&cursor, engine, error, OWN_ABOUT, "");
	if (postgres_cursor_next(&cursor)) {
		engine->pooled = postgres_cursor_number(&cursor, 0) != PQbackendPID(engine->connection);
		encoding = postgres_cursor_text_or_null(&cursor, &arena, 1);
		version = postgres_cursor_number(&cursor, 2);
	}
	if (postgres_cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	if (version < SERVER_LEAST)
		return error_set(error, STATUS_BAD_INPUT, "%s: PostgreSQL %lld is too old: 12 or newer", postgres_place(&arena, engine->url, ""), (long long)version / 10000);
	if (strcmp(encoding, "UTF8") != 0)
		return error_set(error, STATUS_BAD_INPUT, "%s: the database is in %s: make it with createdb -E UTF8 -T template0", postgres_place(&arena, engine->url, ""), encoding);
	return STATUS_OK;
}

static struct engine *new_engine(const struct engine_kind *kind, const char *url, const char *state_dir, enum engine_use use)
{
	struct engine *engine = calloc(1, sizeof *engine);
	CLEANUP_ARENA struct arena arena = { 0 };
	unsigned char name[16];

	if (!engine || !(engine->url = strdup(url)) || !(engine->state_dir = strdup(state_dir))) {
		if (engine)
			free(engine->url);
		free(engine);
		return NULL;
	}
	engine->kind = kind;
	engine->use = use;
	engine->identify = identify;
	random_bytes(name, sizeof name);
	strcpy(engine->name, hex_encode(&arena, name, sizeof name));
	return engine;
}

enum status postgres_open(const struct engine_kind *kind, const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before,
                          struct engine **engine, struct error *error)
{
	struct engine *it = *engine = new_engine(kind, url, state_dir, use);
	enum status status;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "opening the database: out of memory");
	/* What stands beside the database (the secret key) has its place here, as with any engine. */
	status = !create || directory_make(state_dir, 0700) ? postgres_connect(it, error) : error_set(error, STATUS_TRY_LATER, "%s: cannot make the state directory", state_dir);
	if (status == STATUS_OK)
		status = postgres_bring_up(it, create, before, error);
	if (status != STATUS_OK)
		postgres_close(engine, NULL);
	return status;
}

enum status postgres_close(struct engine **engine, struct error *error)
{
	struct engine *it = *engine;

	(void)error;
	if (!it)
		return STATUS_OK;
	postgres_disconnect(it);
	arena_fini(&it->words.arena);
	arena_fini(&it->expected.arena);
	free(it->url);
	free(it->state_dir);
	free(it);
	*engine = NULL;
	return STATUS_OK;
}

/* Only the server knows: a database that cannot be reached may have tables. */
bool postgres_missing(const char *url, const char *state_dir)
{
	struct engine *engine = NULL;
	enum status status = engine_open(url, state_dir, false, ENGINE_READS, NULL, &engine, NULL);

	engine_close(&engine, NULL);
	return status == STATUS_NOT_FOUND;
}

/* The server's log and lookups are its own; there is nothing to settle. */
enum status postgres_make_ready(struct engine *engine, struct error *error)
{
	(void)engine;
	(void)error;
	return STATUS_OK;
}
