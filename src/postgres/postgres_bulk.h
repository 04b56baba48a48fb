/*
 * postgres_bulk.h - what postgres_bulk.c (a database as source, or looked at), postgres_bulk_notes.c (what changes in it meanwhile) and postgres_bulk_put.c (as target) share.
 */
#ifndef SPORTELLO_POSTGRES_BULK_H
#define SPORTELLO_POSTGRES_BULK_H

#include "postgres_private.h"

#include "engine_bulk.h"

struct engine_bulk {
	const struct engine_bulk_kind *kind;
	char *url, *state_dir;
	PGconn *db;
	PGconn *lock;                    /* of a source */
	bool held;
	/* reading */
	const struct engine_table *table;
	bool reading, begun;             /* begun: the head of what the server sends is behind us */
	char *line;                      /* the row that was read last */
	int fd;                          /* of the large mail that was read last */
	/* putting */
	const struct engine_table *put_table;
	struct buffer out;
	uint64_t removed;                /* a bit for each table of which rows were taken away */
};

/* A connection without a pipeline; NULL: *status says why. */
PGconn *postgres_bulk_connect(const char *url, enum status *status, struct error *error);
/* What is said of a failure; result may be NULL. */
enum status postgres_bulk_failed(PGconn *db, const PGresult *result, const char *doing, struct error *error);
enum status postgres_bulk_exec(PGconn *db, const char *sql, struct error *error);
enum status postgres_bulk_value(PGconn *db, const char *sql, int64_t *value, bool *any, struct error *error);
enum status postgres_bulk_text(PGconn *db, struct arena *arena, const char *sql, const char **text, struct error *error);        /* NULL: there is none */
void postgres_bulk_stop(struct engine_bulk *bulk);       /* whatever is still being read */
/* "{1,2,3}", as a literal. */
void postgres_bulk_numbers(struct buffer *sql, const int64_t *numbers, size_t count);
/* COPY ... FROM STDIN in binary: its head, its rows by the functions below, its end. */
enum status postgres_bulk_copy_in(struct engine_bulk *bulk, const char *sql, struct error *error);
void postgres_bulk_row(struct buffer *out, size_t columns);
void postgres_bulk_number(struct buffer *out, int64_t number);
void postgres_bulk_bytes(struct buffer *out, const void *bytes, size_t length);
void postgres_bulk_null(struct buffer *out);
enum status postgres_bulk_flush(struct engine_bulk *bulk, bool all, struct error *error);
enum status postgres_bulk_copy_end(struct engine_bulk *bulk, struct error *error);
/* The writers' own lock, then all tables: nobody else writes until the transaction ends. */
enum status postgres_bulk_lock(PGconn *db, const char *mode, struct error *error);
enum status postgres_bulk_end_notes(PGconn *db, struct error *error);

/* ---- what stands in postgres_bulk_kind, by the names and with the comments of engine_bulk.h ---- */
enum status postgres_bulk_open(const struct engine_bulk_kind *kind, const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk, struct error *error);
void postgres_bulk_close(struct engine_bulk **bulk);
enum status postgres_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error);
enum status postgres_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error);
bool postgres_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error);
enum status postgres_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error);
enum status postgres_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error);
enum status postgres_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error);
enum status postgres_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error);
enum status postgres_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error);
enum status postgres_bulk_hold(struct engine_bulk *bulk, struct error *error);
enum status postgres_bulk_release(struct engine_bulk *bulk, struct error *error);
enum status postgres_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error);
enum status postgres_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error);
enum status postgres_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error);
enum status postgres_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error);
enum status postgres_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error);
enum status postgres_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error);
enum status postgres_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error);
enum status postgres_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error);
enum status postgres_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error);
enum status postgres_bulk_index(struct engine_bulk *bulk, struct error *error);
enum status postgres_bulk_finish(struct engine_bulk *bulk, struct error *error);
enum status postgres_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error);

#endif
