/*
 * store_open.c - a connection: opened, identified, brought up to date, closed; and its transactions.
 *
 * A connection belongs to one thread at a time (SQLite runs without its own mutexes here). The database is 0600: it holds
 * other people's letters. Durability is set here, once: WAL and synchronous=FULL; checkpoints never happen inside a commit
 * (wal_autocheckpoint=0): store_wal.c does them beside.
 * Diagnostics: STATUS_NOT_FOUND no database there (and not `create`), STATUS_BAD_INPUT not one of ours or of a newer version,
 * STATUS_TRY_LATER locked, full or not writable, STATUS_BROKEN damaged.
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATEMENT_JOURNAL_BYTES (-1)             /* what a savepoint keeps for its rollback stays in memory, a few dozen pages */
#define LOG_KEPT "67108864"                     /* bytes of the log's file: what it grew beyond, beside a long backup, is given back */
#define SPILL_PAGES 2048                         /* a transaction may be larger than the cache; beyond 8 MiB its pages go to the log early */

static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);        /* a process-wide lock for each allocation, for figures nobody reads */
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_BYTES);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);        /* no pages in advance: most connections read little */
	sqlite3_initialize();
	vfs_register();
}

/* The file is made here and not by SQLite, for its mode. */
static enum status make_file(const char *state_dir, const char *path, struct error *error)
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

static enum status set_up(struct store *store, const char *path, bool create, int cache_kib, struct error *error)
{
	char cache[80];
	enum status status;

	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	snprintf(cache, sizeof cache, "PRAGMA cache_size=-%d; PRAGMA cache_spill=%d", cache_kib, SPILL_PAGES);
	/* page_size only counts before the first table; the rest is of the connection. */
	status = sql_exec(store->db, "PRAGMA page_size=4096; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=" LOG_KEPT "; "
	                  "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF", error);
	if (status == STATUS_OK)
		status = sql_exec(store->db, cache, error);
	if (status == STATUS_OK)
		status = schema_bring_up(store->db, path, create, schema_migrations, schema_migration_count, error);
	if (status == STATUS_OK)
		status = sql_exec(store->db, "PRAGMA journal_mode=WAL", error);
	return status;
}

enum status store_open_file(const char *state_dir, bool create, int cache_kib, struct store **store, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	CLEANUP_ARENA struct arena arena = { 0 };
	char *path = arena_printf(&arena, "%s/sportello.db", state_dir);
	enum status status = STATUS_OK;
	int code;

	*store = NULL;
	pthread_once(&once, configure_library);
	if (create)
		status = make_file(state_dir, path, error);
	else if (access(path, F_OK) < 0)
		status = error_set(error, errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_TRY_LATER,
		                   "%s: %s: start sportellod, or check desk.state_dir", path, strerror(errno));
	if (status != STATUS_OK)
		return status;
	if (!(*store = calloc(1, sizeof **store)) || !((*store)->state_dir = strdup(state_dir))) {
		free(*store);
		*store = NULL;
		return error_set(error, STATUS_TRY_LATER, "%s: out of memory", path);
	}
	late_init(&(*store)->mailbox_keys, LATE_MAILBOX);
	late_init(&(*store)->contact_keys, LATE_CONTACT);
	code = sqlite3_open_v2(path, &(*store)->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	status = code == SQLITE_OK ? set_up(*store, path, create, cache_kib, error) : sql_failed((*store)->db, code, path, error);
	if (status == STATUS_OK)
		status = keys_restore(*store, error);
	if (status != STATUS_OK)
		store_close(store);
	return status;
}

enum status store_open(const char *state_dir, bool create, struct store **store, struct error *error)
{
	return store_open_file(state_dir, create, READER_CACHE_KIB, store, error);
}

void store_close(struct store **store)
{
	struct store *it = *store;

	if (!it)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(it->statements[i]);
	search_close(it);
	late_fini(&it->mailbox_keys);
	late_fini(&it->contact_keys);
	sqlite3_close(it->db);
	free(it->state_dir);
	free(it->budget);
	free(it);
	*store = NULL;
}

/* ---- transactions ---- */

/* What was learnt inside a transaction that did not happen is unlearnt; and what one job learnt is not the next one's. */
void store_forget_lookups(struct store *store)
{
	store->claimed.nothing = false;
	store->met.contact = 0;
}

static void forget(struct store *store)
{
	store->caught_up = false;
	store_forget_lookups(store);
}

enum status store_begin(struct store *store, struct error *error)
{
	enum status status = sql_run(store, error, SQL_BEGIN, "");

	forget(store);
	if (status == STATUS_OK) {
		late_begin(&store->mailbox_keys);
		late_begin(&store->contact_keys);
	}
	return status;
}

enum status store_commit(struct store *store, struct error *error)
{
	return store_committed(store, sql_run(store, error, SQL_COMMIT, ""));
}

enum status store_committed(struct store *store, enum status status)
{
	if (status == STATUS_OK) {
		late_settled(store);
		budget_settle(store);
	} else {
		store_rollback(store);
	}
	forget(store);
	return status;
}

void store_rollback(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, NULL, SQL_ROLLBACK, "");
	late_back_to(&store->mailbox_keys, &store->mailbox_keys.at_begin);
	late_back_to(&store->contact_keys, &store->contact_keys.at_begin);
	store->late.known = store->late.moved = false;
	budget_undo(store);
	forget(store);
}

enum status store_savepoint(struct store *store, struct error *error)
{
	late_savepoint(&store->mailbox_keys);
	late_savepoint(&store->contact_keys);
	return sql_run(store, error, SQL_SAVEPOINT, "");
}

enum status store_release(struct store *store, struct error *error)
{
	return sql_run(store, error, SQL_RELEASE, "");
}

void store_rollback_to(struct store *store)
{
	/* A full disk may have rolled back all of the transaction already. */
	if (sqlite3_get_autocommit(store->db)) {
		store_rollback(store);
		return;
	}
	if (sql_run(store, NULL, SQL_ROLLBACK_TO, "") != STATUS_OK || sql_run(store, NULL, SQL_RELEASE, "") != STATUS_OK) {
		store_rollback(store);
		return;
	}
	late_back_to(&store->mailbox_keys, &store->mailbox_keys.at_savepoint);
	late_back_to(&store->contact_keys, &store->contact_keys.at_savepoint);
	store_forget_lookups(store);
}

enum status read_begin(struct store *store, bool *began, struct error *error)
{
	enum status status;

	*began = false;
	if (!sqlite3_get_autocommit(store->db))
		return STATUS_OK;
	forget(store);
	if ((status = sql_run(store, error, SQL_BEGIN_READ, "")) == STATUS_OK)
		*began = true;
	return status;
}

void read_end(struct store *store, bool began)
{
	if (!began)
		return;
	if (!sqlite3_get_autocommit(store->db))
		sql_run(store, NULL, SQL_ROLLBACK, "");
	forget(store);
}
