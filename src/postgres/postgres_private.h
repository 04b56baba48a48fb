/*
 * postgres_private.h - what the files of this engine share and no other room sees. The only header that names libpq.
 *
 * A connection (struct engine) is always in pipeline mode: what is asked goes into a queue, and answers are taken from its head. Inside a
 * transaction a write is sent and its answer left for later; the first that is asked for something flushes, and takes all answers before its own. A
 * failure that nobody waited for is kept (`failed`) and told to whoever asks next: the transaction is lost by then, the server says so itself.
 *
 * Decisions that all files lean on:
 * - One writer at a time over all machines: engine_begin() takes a lock of the transaction (pg_advisory_xact_lock), as SQLite's BEGIN IMMEDIATE. Then READ
 *   COMMITTED sees all that was committed before, claims are unique, a ticket's facts do not move under its plan, and numbers have no gaps (max+1), so that
 *   `fsck` says the same of both engines. The lock is gone with the transaction, so a pooler in transaction mode does no harm, and nobody needs to repeat
 *   anything. The disk is waited for behind it (postgres_transaction.c), and questions are asked together (postgres_expect.c). Reads take no lock: one snapshot (REPEATABLE READ).
 * - No state of a session: what a transaction needs it sets for itself. Statements are prepared (by protocol) only where no pooler stands between.
 * - Texts are UTF-8: what a stranger sent otherwise is cleaned on the way in; raw mails are bytea. All texts are COLLATE "C", as SQLite compares.
 * - Large mails stand in the database (raw_piece), in pieces: machines share no disk.
 */
#ifndef SPORTELLO_POSTGRES_PRIVATE_H
#define SPORTELLO_POSTGRES_PRIVATE_H

#include "engine_bulk.h"
#include "engine_kind.h"
#include "limits.h"
#include "schema.h"
#include "statements.h"

#include <libpq-fe.h>

#include "postgres_statements.h"

#define LOCK_TIMEOUT "5s"               /* how long another may write before a mail is put off */
#define IDLE_TIMEOUT "60s"              /* a machine that is gone in the middle of its transaction stops the others no longer */
#define CONNECT_SECONDS "5"
#define PENDING_MOST 512                /* answers that are left for later; each is some dozen bytes in the socket */

/* ---------------------------------------------------------------- what was asked, in order */
/* A cursor's answer: whole, or the portion of it that is read. */
struct reading { PGresult *result; int row; bool done, ok; struct reading *from; unsigned long portion; };       /* from: it is another's answer, and his to clear; portion: number of the server's cursor, 0: none */
enum request_kind { REQUEST_STATEMENT, REQUEST_PREPARE, REQUEST_SYNC };
struct request { enum request_kind kind; int id; bool counts; struct reading *reading; };       /* id: of the statement; -1: none of the list. reading NULL: nobody reads it */

struct numbers { int64_t at[POSTGRES_NUMBERED]; };

/* ---------------------------------------------------------------- connection */
struct engine {
	const struct engine_kind *kind;
	PGconn *connection;             /* NULL: lost, and not made again yet */
	char *url, *state_dir;
	enum engine_use use;
	enum status (*identify)(struct engine *engine, struct error *error);     /* after each connect */
	bool listens;                   /* hints of other gateways come over this connection */
	bool pooled;                    /* somebody stands between us and the server: nothing is prepared */
	bool in_transaction, writes;
	bool lost;                      /* the transaction is gone with its connection, and who had it has not ended it yet: nothing runs until he does */
	bool failed; struct error failure;      /* of this transaction, told to whoever asks next */
	uint64_t troubles;              /* failures since it was opened */
	bool broken;                    /* the pipeline wants a sync */
	struct request pending[PENDING_MOST + 8];
	size_t first, count;            /* of pending, a ring */
	char prepared[STATEMENT_COUNT][24];     /* the format it was prepared for, with a letter before it; "": it was not */
	int64_t changes, last_row;      /* of the last engine_run() */
	struct numbers numbers, numbers_before, numbers_committed;
	bool numbers_known;             /* numbers_committed are where they stand, if nobody wrote since */
	unsigned long seen;             /* counts that somebody else wrote */
	char name[33];                  /* of this connection, by which it knows its own writes again */
	unsigned long portions;         /* cursors of the server's that were opened */
	bool named;                     /* this transaction says that it wrote */
	const _Atomic bool *give_up;
	struct { struct postgres_word *at; size_t count; struct arena arena; int64_t age; } words;       /* to be added; age: of the words that were there when it was asked how far they are */
	bool rehearsing;                /* what is asked is only noted down, and what is written is not */
	struct { struct expected **at; size_t count, asked; int rounds; struct arena arena; } expected;      /* of this transaction; asked: since the last answers were taken */
};
struct expected;
struct postgres_word { int64_t message; const char *text; };

/* ---------------------------------------------------------------- postgres_text.c */
/* The words of a statement of engine.h, or of one of ours. */
const char *postgres_text(int id);
int postgres_numbered(int id);          /* the table whose next number it takes as its last value; -1: none */
void postgres_translate(struct buffer *out, const char *sql);          /* from the common dialect */
void postgres_translate_table(struct buffer *out, const char *sql);    /* of a step of the schema; nothing: it has no counterpart */

/* ---------------------------------------------------------------- postgres_values.c */
#define TYPE_INT8 20                /* of the server's catalogue, which does not change */
#define VALUES_MOST (LIMIT_QUERY_TERMS + 20)
struct values {
	int count;
	Oid types[VALUES_MOST];
	const char *at[VALUES_MOST];
	int lengths[VALUES_MOST], formats[VALUES_MOST];
	char numbers[VALUES_MOST][8];
	char format[24];
	struct arena arena;             /* what had to be cleaned */
};
void postgres_values_init(struct values *values);
void postgres_values_fini(struct values *values);
void postgres_value_number(struct values *values, int64_t number);
void postgres_value_text(struct values *values, const char *text);
void postgres_value_bytes(struct values *values, const void *bytes, size_t length);
void postgres_values_list(struct values *values, const char *format, va_list arguments);
int64_t postgres_result_number(const PGresult *result, int row, int column);
const char *postgres_result_text(const PGresult *result, int row, int column, struct arena *arena);      /* NULL for null */

/* ---------------------------------------------------------------- postgres_expect.c */
/* The answer to that question, if it is at hand, or on its way (reading->done says which); in a rehearsal it is asked. NULL: ask. */
struct reading *postgres_expected(struct engine *engine, int id, struct values *values, struct error *error);
void postgres_expected_changed(struct engine *engine, int id, const struct values *values);     /* before a statement that writes */
void postgres_expected_forget(struct engine *engine);
bool postgres_rehearse(struct engine *engine);
int64_t postgres_value_first(const struct values *values);

/* ---------------------------------------------------------------- postgres_wire.c */
enum status postgres_connect(struct engine *engine, struct error *error);
void postgres_disconnect(struct engine *engine);
/* Sends; the answer comes later. text NULL: that of id. */
enum status postgres_send(struct engine *engine, int id, const char *text, struct values *values, struct reading *reading, struct error *error);
void postgres_reading_forget(struct engine *engine, struct reading *reading);    /* its answer is thrown away, also when it comes */
/* Takes answers until this one has come (NULL: all). STATUS_OK: it went well, and all before it. */
enum status postgres_take(struct engine *engine, struct reading *reading, struct error *error);
void postgres_sync(struct engine *engine);       /* what was sent ends here; what failed before it does not hinder what comes */
/* After a failure: the server hears statements again. False: the connection is gone. */
bool postgres_recover(struct engine *engine);
enum status postgres_result_failed(struct engine *engine, const PGresult *result, const char *doing, struct error *error);
/* One of the words alone, in a transaction of its own where none is open; the answer was taken. */
enum status postgres_exec(struct engine *engine, const char *sql, struct error *error);
enum status postgres_run(struct engine *engine, struct error *error, int id, const char *format, ...);
enum status postgres_number_of(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, ...);
void postgres_cursor_open_own(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, ...);

/* ---------------------------------------------------------------- postgres_schema.c */
enum status postgres_bring_up(struct engine *engine, bool create, engine_before_upgrade before, struct error *error);
/* The statements that lead from one version (0: nothing) to another, one after the other. */
enum status postgres_schema_steps(int from, int to, enum status (*take)(void *context, const char *sql, struct error *error), void *context, struct error *error);
/* All statements of one sort, of the common steps and of this engine's own tables, for who makes a database in parts (engine_bulk.h). */
void postgres_schema_step(struct buffer *sql, enum engine_step step);

/* ---------------------------------------------------------------- what stands in postgres_kind, by the names and with the comments of engine.h */
enum status postgres_run_list(struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
void postgres_cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
enum status postgres_open(const struct engine_kind *kind, const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before, struct engine **engine, struct error *error);
enum status postgres_hint(struct engine *engine, struct error *error);
bool postgres_hear(struct engine *engine, int ms);
uint64_t postgres_troubles(const struct engine *engine);
enum status postgres_lease(struct engine *engine, const char *name, const char *holder, int seconds, bool *ours, struct error *error);
enum status postgres_advise(struct engine *engine, const struct engine_findings *findings, struct error *error);
size_t postgres_ports(const char *url, int ports[ENGINE_PORTS]);
bool postgres_missing(const char *url, const char *state_dir);
char *postgres_place(struct arena *arena, const char *url, const char *state_dir);
enum status postgres_close(struct engine **engine, struct error *error);
enum status postgres_make_ready(struct engine *engine, struct error *error);
enum status postgres_begin(struct engine *engine, struct error *error);
enum status postgres_begin_read(struct engine *engine, struct error *error);
void postgres_end_read(struct engine *engine);
enum status postgres_commit(struct engine *engine, struct error *error);
void postgres_rollback(struct engine *engine);
enum status postgres_savepoint(struct engine *engine, struct error *error);
enum status postgres_release(struct engine *engine, struct error *error);
bool postgres_rollback_to(struct engine *engine);
bool postgres_in_transaction(const struct engine *engine);
enum status postgres_settle(struct engine *engine, struct error *error);
enum status postgres_durable(struct engine *engine, struct error *error);
enum status postgres_catch_up(struct engine *engine, size_t jobs, struct error *error);
enum status postgres_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, va_list arguments);
int64_t postgres_changes(struct engine *engine);
int64_t postgres_last_row(struct engine *engine);
void postgres_cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const char *columns, const struct query *query, int64_t now, size_t limit);
bool postgres_cursor_next(struct cursor *cursor);
enum status postgres_cursor_close(struct cursor *cursor);
const char *postgres_cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column);
const void *postgres_cursor_blob(struct cursor *cursor, int column, size_t *length);
int64_t postgres_cursor_number(struct cursor *cursor, int column);
enum status postgres_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error);
size_t postgres_blob_size(struct engine_blob *blob);
enum status postgres_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error);
enum status postgres_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error);
void postgres_blob_close(struct engine_blob **blob);
enum status postgres_keys_ready(struct engine *engine, struct error *error);
unsigned long postgres_changes_seen(struct engine *engine);
void postgres_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag);
enum status postgres_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag, struct engine_hit *hits, size_t room, size_t *count, struct error *error);
enum status postgres_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error);
enum status postgres_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash, struct engine_hit *hits, size_t room, size_t *count, struct error *error);
enum status postgres_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error);
enum status postgres_words_begin(struct engine *engine, struct error *error);
enum status postgres_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people, struct error *error);
enum status postgres_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error);
void postgres_words_forget(struct engine *engine);
enum status postgres_words_clear(struct engine *engine, struct error *error);
enum status postgres_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error);
enum status postgres_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error);
void postgres_upkeep_stop(struct engine_upkeep **upkeep);
void postgres_upkeep_after_commit(struct engine_upkeep *upkeep);
bool postgres_upkeep_wanted(struct engine_upkeep *upkeep);
enum status postgres_checkpoint(struct engine *engine);
void postgres_size(const struct engine *engine, int64_t *bytes, int64_t *log);
enum status postgres_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error);
void postgres_give_up_when(struct engine *engine, const _Atomic bool *told);
enum status postgres_forgets(struct engine *engine, struct error *error);
enum status postgres_scrub(struct engine *engine, struct error *error);
enum status postgres_check(struct engine *engine, const struct engine_findings *findings, struct error *error);
enum status postgres_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error);

#endif
