/*
 * engine_kind.h - what an engine is behind its door: the functions of engine.h, each for one kind of database.
 *
 * Allowed to include: engine. Only engines open it. Each kind has a struct engine (and struct engine_blob, struct engine_upkeep) of its own; all of them begin
 * with the kind, so that src/engine finds the function, and that is all it does. Comments stand in engine.h.
 */
#ifndef SPORTELLO_ENGINE_KIND_H
#define SPORTELLO_ENGINE_KIND_H

#include "engine.h"

#include <stdarg.h>

struct engine_kind {
	const char *prefix;              /* of its URLs */
	/* a connection */
	enum status (*open)(const struct engine_kind *kind, const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before, struct engine **engine, struct error *error);
	bool (*missing)(const char *url, const char *state_dir);
	char *(*place)(struct arena *arena, const char *url, const char *state_dir);
	size_t (*ports)(const char *url, int ports[ENGINE_PORTS]);      /* NULL: it needs none */
	bool keeps_files;
	enum status (*close)(struct engine **engine, struct error *error);
	enum status (*make_ready)(struct engine *engine, struct error *error);
	/* transactions */
	enum status (*begin)(struct engine *engine, struct error *error);
	enum status (*begin_read)(struct engine *engine, struct error *error);
	void (*end_read)(struct engine *engine);
	enum status (*commit)(struct engine *engine, struct error *error);
	void (*rollback)(struct engine *engine);
	enum status (*savepoint)(struct engine *engine, struct error *error);
	enum status (*release)(struct engine *engine, struct error *error);
	bool (*rollback_to)(struct engine *engine);
	bool (*in_transaction)(const struct engine *engine);
	enum status (*settle)(struct engine *engine, struct error *error);
	enum status (*durable)(struct engine *engine, struct error *error);      /* NULL: what was committed is */
	bool (*rehearse)(struct engine *engine);         /* NULL: a question costs little */
	enum status (*catch_up)(struct engine *engine, size_t jobs, struct error *error);
	uint64_t (*troubles)(const struct engine *engine);       /* NULL: it has none that one could miss */
	/* several machines */
	enum status (*lease)(struct engine *engine, const char *name, const char *holder, int seconds, bool *ours, struct error *error);       /* NULL: it is alone */
	enum status (*hint)(struct engine *engine, struct error *error);        /* these two NULL with lease */
	bool (*hear)(struct engine *engine, int ms);
	/* statements */
	enum status (*run)(struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
	enum status (*number)(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, va_list arguments);
	int64_t (*changes)(struct engine *engine);
	int64_t (*last_row)(struct engine *engine);
	void (*cursor_open)(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, va_list arguments);
	void (*cursor_open_query)(struct cursor *cursor, struct engine *engine, struct error *error, const char *columns, const struct query *query, int64_t now, size_t limit);
	bool (*cursor_next)(struct cursor *cursor);
	enum status (*cursor_close)(struct cursor *cursor);
	const char *(*cursor_text_or_null)(struct cursor *cursor, struct arena *arena, int column);
	const void *(*cursor_blob)(struct cursor *cursor, int column, size_t *length);
	int64_t (*cursor_number)(struct cursor *cursor, int column);
	/* large values */
	enum status (*blob_open)(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error);
	size_t (*blob_size)(struct engine_blob *blob);
	enum status (*blob_read)(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error);
	enum status (*blob_write)(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error);
	void (*blob_close)(struct engine_blob **blob);
	/* keys */
	enum status (*keys_ready)(struct engine *engine, struct error *error);
	unsigned long (*changes_seen)(struct engine *engine);
	void (*key_added)(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag);
	enum status (*find_newest)(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag, struct engine_hit *hits, size_t room, size_t *count,
	                           struct error *error);
	enum status (*key_forget)(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error);
	enum status (*find_oldest)(struct engine *engine, enum engine_key key, uint64_t hash, struct engine_hit *hits, size_t room, size_t *count, struct error *error);
	/* full text */
	enum status (*words_open)(struct engine *engine, int edition, int64_t *upto, struct error *error);
	enum status (*words_begin)(struct engine *engine, struct error *error);
	enum status (*words_add)(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people, struct error *error);
	enum status (*words_end)(struct engine *engine, int64_t upto, enum status status, struct error *error);
	void (*words_forget)(struct engine *engine);
	enum status (*words_clear)(struct engine *engine, struct error *error);
	enum status (*words_find)(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error);
	/* upkeep */
	enum status (*upkeep_start)(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error);
	void (*upkeep_stop)(struct engine_upkeep **upkeep);
	void (*upkeep_after_commit)(struct engine_upkeep *upkeep);
	bool (*upkeep_wanted)(struct engine_upkeep *upkeep);
	enum status (*checkpoint)(struct engine *engine);
	void (*size)(const struct engine *engine, int64_t *bytes, int64_t *log);
	enum status (*copy)(struct engine *engine, const char *file, struct engine **copy, struct error *error);
	void (*give_up_when)(struct engine *engine, const _Atomic bool *told);
	enum status (*forgets)(struct engine *engine, struct error *error);
	enum status (*scrub)(struct engine *engine, struct error *error);
	enum status (*check)(struct engine *engine, const struct engine_findings *findings, struct error *error);
	enum status (*advise)(struct engine *engine, const struct engine_findings *findings, struct error *error);      /* NULL: it has none */
	enum status (*check_keys)(struct engine *engine, const struct engine_findings *findings, struct error *error);
};

extern const struct engine_kind sqlite_kind, postgres_kind;      /* postgres_kind: not there in a build with POSTGRESQL=no */

/* ---- engine_query.c: the text of a query, of the fixed pieces of that file; what a person wrote is only ever bound ---- */
/* tests: those of a dialect, by enum query_key, where they are not the common ones ("?%d": the value); NULL: none. */
void engine_query_text(struct buffer *sql, const char *const *tests, const char *columns, const struct query *query, size_t limit);
/* Calls for each value in the order of its number, from 1 on. text NULL: it is the number. */
void engine_query_values(const struct query *query, int64_t now, void (*value)(void *context, int number, int64_t is, const char *text), void *context);

#endif
