/*
 * sqlite_open.c - a connection: opened, identified, brought up to date, closed; and its transactions.
 *
 * A connection belongs to one thread at a time (SQLite runs without its own mutexes here). The database is 0600: it holds
 * other people's letters. Durability is set here, once: WAL and synchronous=FULL; checkpoints never happen inside a commit
 * (wal_autocheckpoint=0): sqlite_upkeep.c does them beside.
 * Diagnostics: STATUS_NOT_FOUND no database there (and not `create`), STATUS_BAD_INPUT not one of ours or of a newer version,
 * STATUS_TRY_LATER locked, full or not writable, STATUS_BROKEN damaged.
 */
#include "sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATEMENT_JOURNAL_BYTES (-1)             /* what a savepoint keeps for its rollback stays in memory, a few dozen pages */
#define LOG_KEPT "67108864"                     /* bytes of the log's file: what it grew beyond, beside a long backup, is given back */
#define SOON_TIMES 100                           /* so often who waits for the lock asks again after a millisecond, */
#define LATER_MS 20                              /* then after so many */
#define SPILL_PAGES 2048                         /* a transaction may be larger than the cache; beyond 8 MiB its pages go to the log early */

static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);        /* a process-wide lock for each allocation, for figures nobody reads */
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_BYTES);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);        /* no pages in advance: most connections read little */
	sqlite3_initialize();
#ifndef SQLITE_WITHOUT_VFS               /* slower then: two writes a page instead of one a commit */
	sqlite_register_vfs();
#endif
}

void sqlite_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure_library);
}

/* The file is made here and not by SQLite, for its mode. */
enum status sqlite_make_file(const char *state_dir, const char *path, struct error *error)
{
	int fd;

	if (!directory_make(state_dir, 0700))
		return error_set(error, STATUS_TRY_LATER, "%s: cannot make the state directory: %s", state_dir, strerror(errno));
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		return error_set(error, STATUS_TRY_LATER, "%s: cannot make the database: %s", path, strerror(errno));
	return STATUS_OK;
}

/* A backup cannot be made of what is half another version: first that, then the lock and the steps. */
static enum status before_steps(struct engine *engine, engine_before_upgrade before, struct error *error)
{
	int from = 0;
	enum status status = before ? sqlite_older_version(engine->db, SCHEMA_VERSION, &from, error) : STATUS_OK;

	return status == STATUS_OK && from ? before(engine, engine->state_dir, from, error) : status;
}

/* SQLite's own handler asks again after up to 25 ms, soon: a mail would wait three times as long as the command beside it holds the lock. */
static int wait_for_lock(void *unused, int times)
{
	const struct timespec pause = { .tv_nsec = (times < SOON_TIMES ? 1 : LATER_MS) * 1000000L };

	(void)unused;
	if (SOON_TIMES + (times - SOON_TIMES) * LATER_MS >= BUSY_TIMEOUT_MS)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static enum status set_up(struct engine *engine, const char *path, bool create, engine_before_upgrade before, struct error *error)
{
	char cache[80];
	enum status status;

	sqlite3_busy_handler(engine->db, wait_for_lock, NULL);
	snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d; PRAGMA cache_spill=%d",
	         engine->use == ENGINE_WRITES ? WRITER_CACHE_KIB : READER_CACHE_KIB, SPILL_PAGES);
	/* page_size only counts before the first table; the rest is of the connection. */
	status = sqlite_exec(engine->db, "PRAGMA page_size=4096; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=" LOG_KEPT "; "
	                     "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF", error);
	if (status == STATUS_OK)
		status = sqlite_exec(engine->db, cache, error);
	if (status == STATUS_OK)
		status = before_steps(engine, before, error);
	if (status == STATUS_OK)
		status = sqlite_bring_up(engine->db, path, create, engine_migrations, engine_migration_count, error);
	if (status == STATUS_OK)
		status = sqlite_exec(engine->db, "PRAGMA journal_mode=WAL", error);
	return status;
}

static struct engine *new_engine(const struct engine_kind *kind, const char *state_dir, enum engine_use use)
{
	struct engine *engine = calloc(1, sizeof *engine);

	if (!engine || !(engine->state_dir = strdup(state_dir))) {
		free(engine);
		return NULL;
	}
	engine->kind = kind;
	engine->use = use;
	for (int key = 0; key < ENGINE_KEYS; key++)
		sqlite_deferred_init(&engine->keys[key], (enum engine_key)key);
	return engine;
}

static enum status connect_to(const struct engine_kind *kind, const char *path, const char *state_dir, enum engine_use use, struct engine **engine, struct error *error)
{
	int code;

	if (!(*engine = new_engine(kind, state_dir, use)))
		return error_set(error, STATUS_TRY_LATER, "%s: out of memory", path);
	code = sqlite3_open_v2(path, &(*engine)->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed((*engine)->db, code, path, error);
}

static enum status check_url(const char *url, struct error *error)
{
	return strcmp(url, SQLITE_URL) == 0 ? STATUS_OK : error_set(error, STATUS_BAD_CONFIG, "\"%s\": after \"" SQLITE_URL "\" nothing comes: it is sportello.db in the state directory", url);
}

char *sqlite_place(struct arena *arena, const char *url, const char *state_dir)
{
	(void)url;
	return arena_printf(arena, "%s/sportello.db", state_dir);
}

static int64_t size_of(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 ? (int64_t)about.st_size : 0;
}

void sqlite_size(const struct engine *engine, int64_t *bytes, int64_t *log)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *path = sqlite_place(&arena, SQLITE_URL, engine->state_dir);

	*bytes = size_of(path);
	*log = size_of(arena_printf(&arena, "%s-wal", path));
}

bool sqlite_missing(const char *url, const char *state_dir)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return access(sqlite_place(&arena, url, state_dir), F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

enum status sqlite_open(const struct engine_kind *kind, const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before,
                        struct engine **engine, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = sqlite_place(&arena, url, state_dir);
	enum status status = check_url(url, error);

	*engine = NULL;
	sqlite_library();
	if (status == STATUS_OK && create)
		status = sqlite_make_file(state_dir, path, error);
	else if (status == STATUS_OK && access(path, F_OK) < 0)
		status = error_set(error, sqlite_missing(url, state_dir) ? STATUS_NOT_FOUND : STATUS_TRY_LATER,
		                   "%s: %s: start sportellod, or check desk.state_dir", path, strerror(errno));
	if (status == STATUS_OK)
		status = connect_to(kind, path, state_dir, use, engine, error);
	if (status == STATUS_OK)
		status = set_up(*engine, path, create, before, error);
	if (status != STATUS_OK)
		sqlite_close(engine, NULL);
	return status;
}

enum status sqlite_close(struct engine **engine, struct error *error)
{
	struct engine *it = *engine;
	int code;

	if (!it)
		return STATUS_OK;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(it->statements[i]);
	sqlite3_finalize(it->add_words);
	sqlite3_close(it->words);
	for (int key = 0; key < ENGINE_KEYS; key++)
		sqlite_deferred_fini(&it->keys[key]);
	code = sqlite3_close(it->db);
	free(it->state_dir);
	free(it);
	*engine = NULL;
	return code == SQLITE_OK ? STATUS_OK : sqlite_failed(NULL, code, "closing the database", error);
}

enum status sqlite_make_ready(struct engine *engine, struct error *error)
{
	enum status status = sqlite_settle_log(engine, error);

	if (status == STATUS_OK)
		status = sqlite_begin_read(engine, error);
	if (status != STATUS_OK)
		return status;
	status = sqlite_keys_ready(engine, error);
	sqlite_end_read(engine);
	return status;
}

/* ---- transactions ---- */

enum status sqlite_begin(struct engine *engine, struct error *error)
{
	enum status status = sqlite_run(engine, error, OWN_BEGIN, "");

	engine->caught_up = false;
	for (int key = 0; key < ENGINE_KEYS && status == STATUS_OK; key++)
		sqlite_deferred_begin(&engine->keys[key]);
	return status;
}

enum status sqlite_begin_read(struct engine *engine, struct error *error)
{
	engine->caught_up = false;
	return sqlite_run(engine, error, OWN_BEGIN_READ, "");
}

/* It tells each failure at once. */
enum status sqlite_settle(struct engine *engine, struct error *error)
{
	(void)engine;
	(void)error;
	return STATUS_OK;
}

bool sqlite_in_transaction(const struct engine *engine)
{
	return sqlite3_get_autocommit(engine->db) == 0;
}

void sqlite_end_read(struct engine *engine)
{
	if (sqlite_in_transaction(engine))
		sqlite_run(engine, NULL, OWN_ROLLBACK, "");
	engine->caught_up = false;
}

enum status sqlite_commit(struct engine *engine, struct error *error)
{
	enum status status = sqlite_run(engine, error, OWN_COMMIT, "");

	if (status == STATUS_OK) {
		sqlite_deferred_settled(engine);
		engine->caught_up = false;
		return STATUS_OK;
	}
	if (engine->use == ENGINE_WRITES)
		sqlite_end_if_sync_failed(engine->db, "commit");
	sqlite_rollback(engine);
	return status;
}

void sqlite_rollback(struct engine *engine)
{
	sqlite_end_read(engine);
	for (int key = 0; key < ENGINE_KEYS; key++)
		sqlite_deferred_back_to(&engine->keys[key], &engine->keys[key].at_begin);
	engine->settled.known = engine->settled.moved = false;
}

enum status sqlite_savepoint(struct engine *engine, struct error *error)
{
	for (int key = 0; key < ENGINE_KEYS; key++)
		sqlite_deferred_savepoint(&engine->keys[key]);
	return sqlite_run(engine, error, OWN_SAVEPOINT, "");
}

enum status sqlite_release(struct engine *engine, struct error *error)
{
	return sqlite_run(engine, error, OWN_RELEASE, "");
}

bool sqlite_rollback_to(struct engine *engine)
{
	/* A full disk may have rolled back all of the transaction already. */
	if (!sqlite_in_transaction(engine) || sqlite_run(engine, NULL, OWN_ROLLBACK_TO, "") != STATUS_OK
	    || sqlite_run(engine, NULL, OWN_RELEASE, "") != STATUS_OK) {
		sqlite_rollback(engine);
		return false;
	}
	for (int key = 0; key < ENGINE_KEYS; key++)
		sqlite_deferred_back_to(&engine->keys[key], &engine->keys[key].at_savepoint);
	return true;
}
