/*
 * sqlite_private.h - what the files of this engine share and no other room sees. The only header that names SQLite.
 *
 * A connection (struct engine) keeps every statement it ever prepared; statements.h and OWN_STATEMENTS list them all. Files work through
 * the helpers of sqlite_sql.c, which bind, step, reset and translate SQLite's result codes into our statuses in one place.
 * Nothing here allocates a row: values go into the caller's arena, or are bound where they stand (SQLITE_STATIC), so what is
 * bound must live until the statement was reset, which every helper does before it returns.
 */
#ifndef SPORTELLO_SQLITE_PRIVATE_H
#define SPORTELLO_SQLITE_PRIVATE_H

#include "engine_bulk.h"
#include "engine_kind.h"
#include "schema.h"
#include "statements.h"

#include <sqlite3.h>

/* The engine's own. */
#define OWN_STATEMENTS(X) \
	/* transactions */ \
	X(OWN_BEGIN, "BEGIN IMMEDIATE") \
	X(OWN_BEGIN_READ, "BEGIN") \
	X(OWN_COMMIT, "COMMIT") \
	X(OWN_ROLLBACK, "ROLLBACK") \
	X(OWN_SAVEPOINT, "SAVEPOINT job") \
	X(OWN_RELEASE, "RELEASE job") \
	X(OWN_ROLLBACK_TO, "ROLLBACK TO job") \
	/* deferred indexes */ \
	X(OWN_MAILBOX_SINCE, "SELECT id, message_id, mail_digest, claim FROM mailbox WHERE id>?1 ORDER BY id") \
	X(OWN_CONTACT_SINCE, "SELECT id, address FROM contact WHERE id>?1 ORDER BY id") \
	X(OWN_MAILBOX_MERGED, "SELECT id, message_id, mail_digest, claim FROM mailbox WHERE id<=(SELECT value FROM meta WHERE key='mailbox_key') AND detail<>'erased'") \
	X(OWN_CONTACT_MERGED, "SELECT id, address FROM contact WHERE id<=(SELECT value FROM meta WHERE key='contact_key') AND address<>''") \
	X(OWN_MAILBOX_KEY_NEWEST, "SELECT row, tag FROM mailbox_key WHERE hash=?1 ORDER BY row DESC LIMIT ?2") \
	X(OWN_MAILBOX_KEY_OLDEST, "SELECT row, tag FROM mailbox_key WHERE hash=?1 ORDER BY row LIMIT ?2") \
	X(OWN_MAILBOX_KEY_ADD, "INSERT OR IGNORE INTO mailbox_key(hash,row,tag) VALUES(?1,?2,?3)") \
	X(OWN_CONTACT_KEY_NEWEST, "SELECT row, tag FROM contact_key WHERE hash=?1 ORDER BY row DESC LIMIT ?2") \
	X(OWN_CONTACT_KEY_OLDEST, "SELECT row, tag FROM contact_key WHERE hash=?1 ORDER BY row LIMIT ?2") \
	X(OWN_MAILBOX_KEY_FORGET, "DELETE FROM mailbox_key WHERE hash=?1 AND row=?2") \
	X(OWN_CONTACT_KEY_FORGET, "DELETE FROM contact_key WHERE hash=?1 AND row=?2") \
	X(OWN_CONTACT_KEY_ADD, "INSERT OR IGNORE INTO contact_key(hash,row,tag) VALUES(?1,?2,?3)")

enum own_sql {
	OWN_FIRST = SQL_COUNT - 1,
#define X(id, text) id,
	OWN_STATEMENTS(X)
#undef X
	STATEMENT_COUNT
};

#define SQLITE_URL "sqlite:"
#define APPLICATION_ID 0x53504f52       /* "SPOR": what `file` and we know our databases by */
#define COPYING_ID 0x53504f43           /* "SPOC": one that `store copy` fills */
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
	const struct engine_kind *kind;
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
	int64_t words_version;                  /* data_version of search.db when it was asked how far it is ... */
	bool words_changed;                     /* ... and somebody else has written to it since */
	const _Atomic bool *give_up;            /* of sqlite_copy(); NULL: never */
};

/* sqlite_open.c: before anything else is asked of the library. */
void sqlite_library(void);
enum status sqlite_make_file(const char *state_dir, const char *path, struct error *error);
/* sqlite_vfs.c: once a process, before a connection is opened. Not there in a build with VFS=no. */
void sqlite_register_vfs(void);
/* sqlite_tokens.c: before a full text is opened on it. An SQLite code. */
int sqlite_tokens_register(sqlite3 *db);
/* ---- sqlite_scrub.c ---- */
#define SQLITE_PAGE_BYTES 4096
#define SQLITE_SCRUBBED_BYTES ((sqlite3_int64)64 << 30)  /* in a larger database a page may look like another sort of page */
/* Is there something in the room of a page that nobody reads? out: the same page, or a copy of it, in which it is emptied; NULL: none. */
bool sqlite_clean_page(const unsigned char page[SQLITE_PAGE_BYTES], bool first, unsigned char *out);

/* ---------------------------------------------------------------- schema */
/* The version of a database of ours that an older program made; 0: it is none, or needs no step. */
enum status sqlite_older_version(sqlite3 *db, int newest, int *version, struct error *error);
enum status sqlite_bring_up(sqlite3 *db, const char *path, bool create, const struct migration *steps, size_t count, struct error *error);

/* ---------------------------------------------------------------- helpers: as engine_run() and cursor_open(), for the engine's own statements, too */
enum status sqlite_status(int code);
enum status sqlite_failed(sqlite3 *db, int code, const char *doing, struct error *error);
enum status sqlite_exec(sqlite3 *db, const char *sql, struct error *error);
enum status sqlite_run(struct engine *engine, struct error *error, int id, const char *format, ...);
void sqlite_cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, ...);

/* ---------------------------------------------------------------- what stands in sqlite_kind, by the names and with the comments of engine.h */
enum status sqlite_run_list(struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
void sqlite_cursor_open_list(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
enum status sqlite_open(const struct engine_kind *kind, const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before, struct engine **engine, struct error *error);
bool sqlite_missing(const char *url, const char *state_dir);
char *sqlite_place(struct arena *arena, const char *url, const char *state_dir);
enum status sqlite_close(struct engine **engine, struct error *error);
enum status sqlite_make_ready(struct engine *engine, struct error *error);
enum status sqlite_begin(struct engine *engine, struct error *error);
enum status sqlite_begin_read(struct engine *engine, struct error *error);
void sqlite_end_read(struct engine *engine);
enum status sqlite_commit(struct engine *engine, struct error *error);
void sqlite_rollback(struct engine *engine);
enum status sqlite_savepoint(struct engine *engine, struct error *error);
enum status sqlite_release(struct engine *engine, struct error *error);
bool sqlite_rollback_to(struct engine *engine);
bool sqlite_in_transaction(const struct engine *engine);
enum status sqlite_settle(struct engine *engine, struct error *error);
enum status sqlite_catch_up(struct engine *engine, size_t jobs, struct error *error);
enum status sqlite_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, va_list arguments);
int64_t sqlite_changes(struct engine *engine);
int64_t sqlite_last_row(struct engine *engine);
void sqlite_cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const char *columns, const struct query *query, int64_t now, size_t limit);
bool sqlite_cursor_next(struct cursor *cursor);
enum status sqlite_cursor_close(struct cursor *cursor);
const char *sqlite_cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column);
const void *sqlite_cursor_blob(struct cursor *cursor, int column, size_t *length);
int64_t sqlite_cursor_number(struct cursor *cursor, int column);
enum status sqlite_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error);
size_t sqlite_blob_size(struct engine_blob *blob);
enum status sqlite_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error);
enum status sqlite_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error);
void sqlite_blob_close(struct engine_blob **blob);
enum status sqlite_keys_ready(struct engine *engine, struct error *error);
unsigned long sqlite_changes_seen(struct engine *engine);
void sqlite_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag);
enum status sqlite_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag, struct engine_hit *hits, size_t room, size_t *count, struct error *error);
enum status sqlite_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error);
enum status sqlite_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash, struct engine_hit *hits, size_t room, size_t *count, struct error *error);
enum status sqlite_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error);
enum status sqlite_words_begin(struct engine *engine, struct error *error);
enum status sqlite_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people, struct error *error);
enum status sqlite_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error);
void sqlite_words_forget(struct engine *engine);
enum status sqlite_words_clear(struct engine *engine, struct error *error);
enum status sqlite_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error);
enum status sqlite_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error);
void sqlite_upkeep_stop(struct engine_upkeep **upkeep);
void sqlite_upkeep_after_commit(struct engine_upkeep *upkeep);
bool sqlite_upkeep_wanted(struct engine_upkeep *upkeep);
enum status sqlite_checkpoint(struct engine *engine);
void sqlite_size(const struct engine *engine, int64_t *bytes, int64_t *log);
enum status sqlite_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error);
void sqlite_give_up_when(struct engine *engine, const _Atomic bool *told);
enum status sqlite_forgets(struct engine *engine, struct error *error);
enum status sqlite_scrub(struct engine *engine, struct error *error);
enum status sqlite_check(struct engine *engine, const struct engine_findings *findings, struct error *error);
enum status sqlite_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error);

/* ---------------------------------------------------------------- sync: see sqlite_sync.c */
/* Ends the process if what failed was a sync. For the daemon's own threads. */
void sqlite_end_if_sync_failed(sqlite3 *db, const char *doing);
/* All of the log into the database, synced, and the log empty: nothing that the kernel only believes to be on disk is built upon. */
enum status sqlite_settle_log(struct engine *engine, struct error *error);

#endif
