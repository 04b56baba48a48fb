/*
 * engine_bulk.h - whole tables, row by row, out of one database and into another: for who copies a desk (src/store/store_copy.c).
 *
 * Allowed to include: base. Which tables there are, and their columns, is read from the steps of the schema (src/engine/engine_tables.c): who adds a table need
 * not think of copies. Connections of their own, beside those of engine.h: what is done here takes no part in their transactions.
 * - A source is read while others write to it: engine_bulk_watch() has it note which rows change (in a table of its own, filled by triggers, that has numbers and
 *   names of tables only), and the copier fetches those again until there are few, then holds all writers for a moment, fetches the last, and keeps a snapshot.
 * - A target is nobody's while it is filled: no program opens it but who goes on copying. Rows are put in the order of their key, many in a transaction, so that
 *   what is there says where to go on.
 * Diagnostics as in engine.h.
 */
#ifndef SPORTELLO_ENGINE_BULK_H
#define SPORTELLO_ENGINE_BULK_H

#include "base.h"

#define ENGINE_COLUMNS 40
#define ENGINE_KEY_COLUMNS 4
#define ENGINE_ROW_DIGEST 16

enum engine_column_type { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_BYTES };
struct engine_column { const char *name; enum engine_column_type type; };
struct engine_table {
	const char *name;
	struct engine_column columns[ENGINE_COLUMNS]; size_t column_count;
	size_t key[ENGINE_KEY_COLUMNS], key_count;      /* which columns are its key, in its order */
	bool by_number;                  /* the first of them is a number: changes are noted by it; else by the table alone, and all of it is fetched again */
	bool counted;                    /* its numbers are never given twice, although rows go */
};
/* All tables that a copy has, in the order of the schema. */
const struct engine_table *engine_tables(size_t *count);
/* Tables of the schema that the desk makes again from the others; and facts of `meta` that are an engine's own, or say how far such a table is filled. */
bool engine_table_is_made_again(const char *name);
bool engine_table_is(const struct engine_table *table, const char *name);
const char *engine_table_known(const char *name);        /* its name, for good; NULL: there is no such one */
bool engine_fact_is_own(const char *key);

/* ---------------------------------------------------------------- a row, as both engines mean it */
/* CELL_FILE: `length` bytes of the file fd, too many for memory: those of a large mail. Texts need not end with NUL. */
enum engine_cell_kind { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_BYTES, CELL_FILE };
struct engine_cell { enum engine_cell_kind kind; int64_t number; const char *at; size_t length; int fd; };
struct engine_row { struct engine_cell at[ENGINE_COLUMNS]; };
/* Says the same of the same row in any database. */
enum status engine_row_digest(const struct engine_table *table, const struct engine_row *row, unsigned char out[ENGINE_ROW_DIGEST], struct error *error);

/* ---------------------------------------------------------------- a database */
enum engine_bulk_use { BULK_FROM, BULK_TO };
struct engine_bulk;
enum status engine_bulk_open(const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk, struct error *error);
void engine_bulk_close(struct engine_bulk **bulk);
/* Does a daemon work on it? */
enum status engine_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error);

/* Rows in the order of the number that their key begins with: those from `from` on, or, where numbers is not NULL, those of one of these. Of a table without such a
 * number: all. One reading at a time, to its end or until the next is begun. What a row points to stands until the next one. */
enum status engine_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error);
bool engine_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error);
/* Where the table's numbers stand, if it is counted. */
enum status engine_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error);

/* ---- a source ---- */
/* id: of this noting, a word that nobody else has; NULL: there is none, and it is not to begin. */
enum status engine_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error);
/* Harmless where it never was. moved_to: where the desk is from now on, which BULK_FACT_MOVED keeps; NULL: here. */
enum status engine_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error);
struct engine_change { int64_t id; const char *table; int64_t number; };
struct engine_changes { struct engine_change *at; size_t count; };
/* What was noted, at most so many; sorted by table and number. */
enum status engine_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error);
enum status engine_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error);
/* Nobody else writes until engine_bulk_release(), which leaves a snapshot to the reader: what he reads from then on is what was there when he held. */
enum status engine_bulk_hold(struct engine_bulk *bulk, struct error *error);
enum status engine_bulk_release(struct engine_bulk *bulk, struct error *error);

/* ---- a target ---- */
enum engine_bulk_state { BULK_EMPTY, BULK_UNFINISHED, BULK_COPIED, BULK_IN_USE };      /* COPIED: complete, and nobody has written to it since */
/* id: of the noting that it is a copy of, "" if none. */
enum status engine_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error);
/* Makes it one that is being filled, for this id, from whatever state but IN_USE. */
enum status engine_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error);
/* The largest number that a key begins with; *any false: there is no row. */
enum status engine_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error);
/* A transaction: rows are taken away (numbers NULL: all of the table), rows are put. durable: on the disk when it ends. */
enum status engine_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error);
enum status engine_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error);
enum status engine_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error);
enum status engine_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error);        /* status not OK: nothing of it happened */
/* How far it came, under a name: in a transaction of its own. *value: 0 where it was never set. */
enum status engine_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error);
enum status engine_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error);
enum status engine_bulk_index(struct engine_bulk *bulk, struct error *error);          /* once all rows are there for the first time */
/* Lookups, triggers, numbers; then it is a database that every program opens. */
enum status engine_bulk_finish(struct engine_bulk *bulk, struct error *error);
enum status engine_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error);

#define BULK_FACT_ID "copy_id"          /* of meta, in a target: until somebody else writes to it */
#define BULK_FACT_AT "copy_at_"         /* and how far it came */
#define BULK_FACT_WATCH "copy_watch"    /* of meta, in a source: the id of the noting */
#define BULK_FACT_MOVED "copy_moved"    /* and where the desk went: a time (ms), a blank, a place */

/* What an engine is here: the functions above, by their names. */
struct engine_bulk_kind {
	enum status (*open)(const struct engine_bulk_kind *kind, const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk, struct error *error);
	void (*close)(struct engine_bulk **bulk);
	enum status (*works)(struct engine_bulk *bulk, bool *works, struct error *error);
	enum status (*read)(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error);
	bool (*next)(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error);
	enum status (*counted)(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error);
	enum status (*watch)(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error);
	enum status (*unwatch)(struct engine_bulk *bulk, const char *moved_to, struct error *error);
	enum status (*changes)(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error);
	enum status (*changes_done)(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error);
	enum status (*hold)(struct engine_bulk *bulk, struct error *error);
	enum status (*release)(struct engine_bulk *bulk, struct error *error);
	enum status (*state)(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error);
	enum status (*prepare)(struct engine_bulk *bulk, const char *id, struct error *error);
	enum status (*last)(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error);
	enum status (*begin)(struct engine_bulk *bulk, bool durable, struct error *error);
	enum status (*remove)(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error);
	enum status (*put)(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error);
	enum status (*end)(struct engine_bulk *bulk, enum status status, struct error *error);
	enum status (*mark)(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error);
	enum status (*marked)(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error);
	enum status (*index)(struct engine_bulk *bulk, struct error *error);
	enum status (*finish)(struct engine_bulk *bulk, struct error *error);
	enum status (*set_counted)(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error);
};
extern const struct engine_bulk_kind sqlite_bulk_kind, postgres_bulk_kind;       /* postgres_bulk_kind: not there in a build with POSTGRESQL=no */

/* ---- for the engines: pieces of SQL of the list of tables, in words that both understand ---- */
void engine_bulk_columns(struct buffer *sql, const struct engine_table *table);         /* "a", "b" */
const char *engine_bulk_lead(const struct engine_table *table);        /* the first column of its key */
void engine_bulk_not_own(struct buffer *sql);   /* " NOT(...)": a row of meta is no engine's own */
/* A statement of the schema's steps makes tables, before rows are put, or indexes, or triggers, after that; it fills tables, or is undone by a later one: nothing. */
enum engine_step { STEP_TABLE, STEP_INDEX, STEP_TRIGGER, STEP_NOTHING };
enum engine_step engine_step_of(const char *sql);

#endif
