/*
 * sqlite_bulk.h - what sqlite_bulk.c (a database as source, or looked at) and sqlite_bulk_put.c (as target) share.
 */
#ifndef SPORTELLO_SQLITE_BULK_H
#define SPORTELLO_SQLITE_BULK_H

#include "sqlite_private.h"

struct engine_bulk {
	const struct engine_bulk_kind *kind;
	char *state_dir, *path;
	sqlite3 *db;                     /* NULL: a target that is not there yet */
	sqlite3 *lock;                   /* of a source */
	/* reading */
	sqlite3_stmt *reading;
	const struct engine_table *table;
	const int64_t *numbers; size_t number_count, number_at;
	int fd;                          /* of the large mail that was read last */
	/* putting */
	sqlite3_stmt *put;
	const struct engine_table *put_table;
	struct { char **at; size_t count; } files;      /* of rows that this transaction takes away */
};

/* NULL, and *status says why, where the words are not understood. Who asked finalizes it. */
sqlite3_stmt *sqlite_bulk_prepare_text(sqlite3 *db, const char *sql, enum status *status, struct error *error);
enum status sqlite_bulk_value(sqlite3 *db, const char *sql, int64_t *value, struct error *error);       /* 0 where there is no row */
void sqlite_bulk_forget_put(struct engine_bulk *bulk);
/* In a transaction, or none: what notes changes is gone. */
enum status sqlite_bulk_end_notes(sqlite3 *db, struct error *error);

/* ---- what stands in sqlite_bulk_kind, by the names and with the comments of engine_bulk.h ---- */
enum status sqlite_bulk_open(const struct engine_bulk_kind *kind, const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk, struct error *error);
void sqlite_bulk_close(struct engine_bulk **bulk);
enum status sqlite_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error);
enum status sqlite_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error);
bool sqlite_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error);
enum status sqlite_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error);
enum status sqlite_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error);
enum status sqlite_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error);
enum status sqlite_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error);
enum status sqlite_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error);
enum status sqlite_bulk_hold(struct engine_bulk *bulk, struct error *error);
enum status sqlite_bulk_release(struct engine_bulk *bulk, struct error *error);
enum status sqlite_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error);
enum status sqlite_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error);
enum status sqlite_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error);
enum status sqlite_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error);
enum status sqlite_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error);
enum status sqlite_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error);
enum status sqlite_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error);
enum status sqlite_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error);
enum status sqlite_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error);
enum status sqlite_bulk_index(struct engine_bulk *bulk, struct error *error);
enum status sqlite_bulk_finish(struct engine_bulk *bulk, struct error *error);
enum status sqlite_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error);

#endif
