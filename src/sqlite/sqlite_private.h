/*
 * sqlite_private.h - what the files of this engine share and no other room sees. The only header that names SQLite.
 *
 * A connection (struct engine) keeps every statement it ever prepared; sqlite_statements.h lists them all. Files work through
 * the helpers of sqlite_sql.c, which bind, step, reset and translate SQLite's result codes into our statuses in one place.
 * Nothing here allocates a row: values go into the caller's arena, or are bound where they stand (SQLITE_STATIC), so what is
 * bound must live until the statement was reset, which every helper does before it returns.
 */
#ifndef SPORTELLO_SQLITE_PRIVATE_H
#define SPORTELLO_SQLITE_PRIVATE_H

#include "engine.h"

#include <sqlite3.h>

#include "sqlite_statements.h"

#define SQLITE_URL "sqlite:"
#define APPLICATION_ID 0x53504f52       /* "SPOR": what `file` and we know our databases by */
#define SCHEMA_VERSION 2
#define BUSY_TIMEOUT_MS 5000            /* how long another program may hold the lock before a mail is put off */
#define WRITER_CACHE_KIB 1024           /* the hot pages are few (right edges of B-trees); the kernel keeps the rest */
#define READER_CACHE_KIB 128            /* there are a dozen of them, and what they miss is a read from the kernel's cache */

/* ---------------------------------------------------------------- deferred index: see sqlite_deferred.c */
struct deferred_entry { uint64_t hash; int64_t row; uint32_t tag, next; };
struct deferred_key { uint64_t hash; int64_t row; uint32_t tag; };
struct deferred_mark { uint32_t count, position; int64_t loaded; };
struct deferred {
	enum engine_key key;
	struct deferred_entry *at;              /* entries of the rows after `merged`, oldest first */
	uint32_t count, room;
	uint32_t *buckets, bucket_count;        /* index + 1 of the newest entry of each chain; a power of two */
	int64_t loaded;                         /* rows up to this one are in `at` or in the table */
	int64_t merged;                         /* rows up to this one are in the table */
	struct deferred_key *sorted;            /* the merge that is going on; NULL: none */
	uint32_t sorted_count, position;
	int64_t sorted_upto;
	struct deferred_mark at_begin, at_savepoint;
};
#define DEFERRED_SCAN 4096      /* entries of one hash that are looked at: a sender with one Message-ID for all costs no more */

void sqlite_deferred_init(struct deferred *deferred, enum engine_key key);
void sqlite_deferred_fini(struct deferred *deferred);
void sqlite_deferred_begin(struct deferred *deferred);
void sqlite_deferred_savepoint(struct deferred *deferred);
void sqlite_deferred_back_to(struct deferred *deferred, const struct deferred_mark *mark);
/* After a commit of ours: memory has what it wrote, until somebody else writes. */
void sqlite_deferred_settled(struct engine *engine);
/* Inside the writer's transaction: moves up to `budget` keys into the table, if enough wait. */
enum status sqlite_deferred_merge_step(struct engine *engine, struct deferred *deferred, size_t budget, struct error *error);
extern uint32_t sqlite_deferred_least, sqlite_deferred_most;     /* bounds of how many rows wait before a merge; tests make them small */

/* ---------------------------------------------------------------- connection */
struct engine {
	sqlite3 *db;
	char *state_dir;
	enum engine_use use;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct deferred keys[ENGINE_KEYS];
	bool caught_up;                         /* the deferred indexes are those of the running transaction */
	unsigned long changes_seen;             /* how often they had to be caught up: somebody else wrote */
	struct { bool known, moved; unsigned int version; } settled;     /* when they last were, see sqlite_deferred_settled() */
	sqlite3 *words;                         /* search.db; NULL until it is asked for */
	sqlite3_stmt *add_words;                /* while some are added */
	const _Atomic bool *give_up;            /* of engine_copy(); NULL: never */
};

/* sqlite_vfs.c: once a process, before a connection is opened. Not there in a build with VFS=no. */
void sqlite_register_vfs(void);

/* ---------------------------------------------------------------- schema */
struct migration { int to; const char *const *sql; };   /* sql ends with NULL */
extern const struct migration sqlite_migrations[];
extern const size_t sqlite_migration_count;
/* The version of a database of ours that an older program made; 0: it is none, or needs no step. */
enum status sqlite_older_version(sqlite3 *db, int newest, int *version, struct error *error);
enum status sqlite_bring_up(sqlite3 *db, const char *path, bool create, const struct migration *steps, size_t count, struct error *error);

/* ---------------------------------------------------------------- helpers: as engine_run() and cursor_open(), for the engine's own statements, too */
enum status sqlite_status(int code);
enum status sqlite_failed(sqlite3 *db, int code, const char *doing, struct error *error);
enum status sqlite_exec(sqlite3 *db, const char *sql, struct error *error);
enum status sqlite_run(struct engine *engine, struct error *error, int id, const char *format, ...);
void sqlite_cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, ...);

/* ---------------------------------------------------------------- sync: see sqlite_sync.c */
/* Ends the process if what failed was a sync. For the daemon's own threads. */
void sqlite_end_if_sync_failed(sqlite3 *db, const char *doing);
/* All of the log into the database, synced, and the log empty: nothing that the kernel only believes to be on disk is built upon. */
enum status sqlite_settle_log(struct engine *engine, struct error *error);

#endif
