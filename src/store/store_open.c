/*
 * store_open.c - a connection and its transactions: those of the engine, and what the store remembers in one.
 *
 * A connection belongs to one thread at a time. What was learnt inside a transaction (who was looked up, which acknowledgements were
 * counted) lives as long as that, and is undone with it.
 * Diagnostics: those of engine_open().
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t place_of(const char *state_dir)
{
	unsigned char digest[SHA256_SIZE];
	uint64_t place;

	sha256_of(state_dir, strlen(state_dir), digest);
	memcpy(&place, digest, sizeof place);
	return place;
}

/* store_restore.c says so while places change: the database may lack its log. */
static bool is_half_restored(const char *state_dir)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return access(arena_printf(&arena, "%s/restore.new/changing", state_dir), F_OK) == 0;
}

/* A fact of meta; NULL: there is none. */
static enum status fact_of(struct engine *engine, struct arena *arena, const char *key, const char **value, struct error *error)
{
	struct cursor cursor;

	*value = NULL;
	cursor_open(&cursor, engine, error, SQL_META_GET, "t", key);
	if (cursor_next(&cursor))
		*value = cursor_text(&cursor, arena, 0);
	return cursor_close(&cursor);
}

/* store_copy.c goes on with a copy until somebody else has written to it. */
static enum status see_whether_copied(struct store *store, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_META_GET, "t", META_COPIED);
	store->copied = cursor_next(&cursor);
	return cursor_close(&cursor);
}

static enum status see_whether_moved(struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *moved;
	enum status status = fact_of(store->engine, &arena, META_MOVED, &moved, error);

	if (status == STATUS_OK && moved && !(store->moved = strdup(moved)))
		status = error_set(error, STATUS_TRY_LATER, "%s: out of memory", store->state_dir);
	return status;
}

static const char *moved_where(const char *moved)
{
	const char *blank = strchr(moved, ' ');

	return blank ? blank + 1 : moved;
}

enum status store_moved(const struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	if (!store->moved)
		return STATUS_OK;
	return error_set(error, STATUS_BAD_CONFIG, "the desk was copied from here to %s at %s, and nothing is written here since: store.url shall name that one; "
	                 "or, to go on here without what came there, run `sportello store copy --end`", moved_where(store->moved), time_rfc3339(&arena, strtoll(store->moved, NULL, 10)));
}

enum status store_open_with(const char *state_dir, const char *url, bool create,
                            enum engine_use use, engine_before_upgrade before, struct store **store,
                            struct error *error)
{
	struct store *it = *store = calloc(1, sizeof *it);
	enum status status;

	if (!it || !(it->state_dir = strdup(state_dir))) {
		free(it);
		*store = NULL;
		return error_set(error, STATUS_TRY_LATER, "%s: out of memory", state_dir);
	}
	it->place = place_of(state_dir);
	if (is_half_restored(state_dir)) {
		store_close(store);
		return error_set(error, STATUS_TRY_LATER, "%s: `sportello restore` was broken off while files changed places: run it again, with the same backup", state_dir);
	}
	status = engine_open(url ? url : STORE_URL, state_dir, create, use, before, &it->engine,
	                     error);
	if (status == STATUS_OK)
		status = store_keys_restore(it, error);
	if (status == STATUS_OK)
		status = see_whether_copied(it, error);
	if (status == STATUS_OK)
		status = see_whether_moved(it, error);
	if (status != STATUS_OK)
		store_close(store);
	return status;
}

enum status store_open_for(const char *state_dir, const char *url, bool create, enum engine_use use,
                           struct store **store, struct error *error)
{
	return store_open_with(state_dir, url, create, use,
	                       create ? store_backup_before_upgrade : store_upgrade_by_command,
	                       store, error);
}

enum status store_open(const char *state_dir, const char *url, bool create, struct store **store, struct error *error)
{
	return store_open_for(state_dir, url, create, ENGINE_READS, store, error);
}

/* ---- to look, and leave it ---- */

static _Thread_local int seen; /* the callback has no place for it */

static enum status leave_it(struct engine *engine, const char *state_dir, int from,
                            struct error *error)
{
	(void)engine;
	seen = from;
	return error_set(error, STATUS_REFUSED, "%s: of schema %d, and left so", state_dir, from);
}

struct advice { struct arena *arena; struct strings *said; };

static void keep_advice(void *context, const char *text)
{
	struct advice *advice = context;

	*ARENA_PUSH(advice->arena, advice->said) = arena_string(advice->arena, text);
}

enum status store_look_at_server(const char *state_dir, const char *url, struct engine **engine, struct error *error)
{
	*engine = NULL;
	return strcmp(url ? url : STORE_URL, STORE_URL) == 0 ? STATUS_OK : engine_open(url, state_dir, false, ENGINE_READS, NULL, engine, error);
}

enum status store_advise(const char *state_dir, const char *url, struct arena *arena, struct strings *said, struct error *error)
{
	struct advice advice = { arena, said };
	struct engine *engine;
	enum status status = store_look_at_server(state_dir, url, &engine, error);

	*said = (struct strings){ 0 };
	if (status == STATUS_OK && engine)
		status = engine_advise(engine, &(struct engine_findings){ keep_advice, &advice }, error);
	engine_close(&engine, NULL);
	return status;
}

enum status store_look(const char *state_dir, const char *url, int *older, struct error *error)
{
	struct store *store = NULL;
	enum status status;

	seen = 0;
	status = store_open_with(state_dir, url, false, ENGINE_READS, leave_it, &store, error);
	if (status == STATUS_OK)
		status = store_moved(store, error);
	*older = seen;
	store_close(&store);
	return seen && status == STATUS_REFUSED ? STATUS_OK : status;
}

enum status store_copy_stand(const char *state_dir, const char *url, struct arena *arena, struct store_copy_stand *stand, struct error *error)
{
	struct engine *engine = NULL;
	const char *noting = NULL, *moved = NULL, *copied = NULL, *beside = NULL;
	enum status status = engine_open(url ? url : STORE_URL, state_dir, false, ENGINE_READS, leave_it, &engine, error);

	if (status == STATUS_OK)
		status = fact_of(engine, arena, META_NOTING, &noting, error);
	if (status == STATUS_OK)
		status = fact_of(engine, arena, META_MOVED, &moved, error);
	if (status == STATUS_OK)
		status = fact_of(engine, arena, META_COPIED, &copied, error);
	if (status == STATUS_OK)
		status = fact_of(engine, arena, META_COPIED_BESIDE, &beside, error);
	*stand = (struct store_copy_stand){ noting != NULL, copied && beside && strcmp(beside, "0") != 0, moved ? moved_where(moved) : NULL };
	engine_close(&engine, NULL);
	return status;
}

/* ---- to close ---- */

void store_close(struct store **store)
{
	struct store *it = *store;

	if (!it)
		return;
	engine_close(&it->engine, NULL);
	free(it->state_dir);
	free(it->budget);
	free(it->moved);
	free(it);
	*store = NULL;
}

bool store_missing(const char *state_dir, const char *url)
{
	return engine_missing(url ? url : STORE_URL, state_dir);
}

size_t store_ports(const char *url, int ports[STORE_PORTS])
{
	return engine_ports(url ? url : STORE_URL, ports);
}

char *store_place(struct arena *arena, const char *state_dir, const char *url)
{
	return engine_place(arena, url ? url : STORE_URL, state_dir);
}

/* ---- transactions ---- */

/* What was learnt inside a transaction that did not happen is unlearnt; and what one job learnt is not the next one's. */
void store_forget_lookups(struct store *store)
{
	store->claimed.of = NULL;
	store->claimed.nothing = false;
	store->met.known = false;
}

enum status store_begin(struct store *store, struct error *error)
{
	enum status status;

	store_forget_lookups(store);
	if ((status = store_moved(store, error)) != STATUS_OK)
		return status;
	status = engine_begin(store->engine, error);
	return status == STATUS_OK && store->copied ? engine_run(store->engine, error, SQL_META_DELETE, "t", META_COPIED) : status;
}

enum status store_commit(struct store *store, struct error *error)
{
	enum status status = engine_commit(store->engine, error);

	if (status == STATUS_OK)
		store_budget_settle(store);
	else
		store_budget_undo(store);
	store->copied &= status != STATUS_OK;
	store_forget_lookups(store);
	return status;
}

bool store_is_alone(const struct store *store)
{
	return engine_alone(store->engine);
}

uint64_t store_troubles(const struct store *store)
{
	return engine_troubles(store->engine);
}

enum status store_durable(struct store *store, struct error *error)
{
	return engine_durable(store->engine, error);
}

void store_rollback(struct store *store)
{
	engine_rollback(store->engine);
	store_budget_undo(store);
	store_forget_lookups(store);
}

enum status store_savepoint(struct store *store, struct error *error)
{
	return engine_savepoint(store->engine, error);
}

enum status store_release(struct store *store, struct error *error)
{
	return engine_release(store->engine, error);
}

void store_rollback_to(struct store *store)
{
	if (!engine_rollback_to(store->engine))
		store_budget_undo(store);
	store_forget_lookups(store);
}

enum status store_read_begin(struct store *store, bool *began, struct error *error)
{
	enum status status;

	*began = false;
	if (engine_in_transaction(store->engine))
		return STATUS_OK;
	store_forget_lookups(store);
	if ((status = engine_begin_read(store->engine, error)) == STATUS_OK)
		*began = true;
	return status;
}

void store_read_end(struct store *store, bool began)
{
	if (!began)
		return;
	engine_end_read(store->engine);
	store_forget_lookups(store);
}

enum status store_checkpoint(struct store *store)
{
	return engine_checkpoint(store->engine);
}
