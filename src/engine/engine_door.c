/*
 * engine_door.c - the functions of engine.h: each asks the kind of database that it has before it.
 *
 * An engine, a blob and an upkeep begin with their kind (engine_kind.h). Nothing else is done here: one jump, of which a statement takes no notice.
 */
#include "engine_kind.h"

#include "statements.h"

#include <string.h>

static const struct engine_kind *const kinds[] = {
	&sqlite_kind,
#ifndef ENGINE_WITHOUT_POSTGRES
	&postgres_kind,
#endif
};

static inline const struct engine_kind *kind_of(const void *it)
{
	return *(const struct engine_kind *const *)it;
}

/* ---- by URL ---- */

static const struct engine_kind *kind_of_url(const char *url)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strncmp(url, kinds[i]->prefix, strlen(kinds[i]->prefix)) == 0)
			return kinds[i];
	return NULL;
}

enum status engine_open(const char *url, const char *state_dir, bool create, enum engine_use use, engine_before_upgrade before, struct engine **engine,
                        struct error *error)
{
	const struct engine_kind *kind = kind_of_url(url);

	*engine = NULL;
	if (!kind && strncmp(url, "postgresql:", strlen("postgresql:")) == 0)
		return error_set(error, STATUS_BAD_CONFIG, "store.url: this program was built without PostgreSQL: install libpq-dev, and build it with `make POSTGRESQL=yes`");
	return kind ? kind->open(kind, url, state_dir, create, use, before, engine, error)
		: error_set(error, STATUS_BAD_CONFIG, "\"%s\": there is no such kind of database here: \"sqlite:\" is sportello.db in the state directory", url);
}

bool engine_missing(const char *url, const char *state_dir)
{
	const struct engine_kind *kind = kind_of_url(url);

	return kind && kind->missing(url, state_dir);
}

char *engine_place(struct arena *arena, const char *url, const char *state_dir)
{
	const struct engine_kind *kind = kind_of_url(url);

	return kind ? kind->place(arena, url, state_dir) : arena_string(arena, url);
}

size_t engine_ports(const char *url, int ports[ENGINE_PORTS])
{
	const struct engine_kind *kind = kind_of_url(url);

	return kind && kind->ports ? kind->ports(url, ports) : 0;
}

enum status engine_close(struct engine **engine, struct error *error)
{
	return *engine ? kind_of(*engine)->close(engine, error) : STATUS_OK;
}

bool engine_keeps_files(const struct engine *engine)
{
	return kind_of(engine)->keeps_files;
}

bool engine_alone(const struct engine *engine)
{
	return !kind_of(engine)->lease;
}

enum status engine_lease(struct engine *engine, const char *name, const char *holder, int seconds, bool *ours, struct error *error)
{
	*ours = engine_alone(engine);
	return *ours ? STATUS_OK : kind_of(engine)->lease(engine, name, holder, seconds, ours, error);
}

enum status engine_hint(struct engine *engine, struct error *error)
{
	return engine_alone(engine) ? STATUS_OK : kind_of(engine)->hint(engine, error);
}

bool engine_hear(struct engine *engine, int ms)
{
	return !engine_alone(engine) && kind_of(engine)->hear(engine, ms);
}

/* ---- with values ---- */

enum status engine_run(struct engine *engine, struct error *error, enum sql id, const char *format, ...)
{
	enum status status;
	va_list arguments;

	va_start(arguments, format);
	status = kind_of(engine)->run(engine, error, (int)id, format, arguments);
	va_end(arguments);
	return status;
}

enum status engine_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, enum sql id, const char *format, ...)
{
	enum status status;
	va_list arguments;

	va_start(arguments, format);
	status = kind_of(engine)->number(engine, error, value, otherwise, (int)id, format, arguments);
	va_end(arguments);
	return status;
}

void cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, enum sql id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	kind_of(engine)->cursor_open(cursor, engine, error, (int)id, format, arguments);
	va_end(arguments);
}

void cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const struct query *query, int64_t now, size_t limit)
{
	kind_of(engine)->cursor_open_query(cursor, engine, error, TICKET_COLUMNS, query, now, limit);
}

void cursor_open_query_ids(struct cursor *cursor, struct engine *engine, struct error *error, const struct query *query, int64_t now, size_t limit)
{
	kind_of(engine)->cursor_open_query(cursor, engine, error, "id", query, now, limit);
}

const char *cursor_text(struct cursor *cursor, struct arena *arena, int column)
{
	const char *text = cursor_text_or_null(cursor, arena, column);

	return text ? text : "";
}

enum status engine_blob_open(struct engine *engine, enum engine_value value, int64_t row, bool write, struct engine_blob **blob, struct error *error)
{
	return kind_of(engine)->blob_open(engine, value, row, write, blob, error);
}

enum status engine_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error)
{
	return kind_of(writer)->upkeep_start(writer, hourly, context, upkeep, error);
}

/* ---- handed on ---- */

enum status engine_make_ready(struct engine *engine, struct error *error)
{
	return kind_of(engine)->make_ready(engine, error);
}

enum status engine_begin(struct engine *engine, struct error *error)
{
	return kind_of(engine)->begin(engine, error);
}

enum status engine_begin_read(struct engine *engine, struct error *error)
{
	return kind_of(engine)->begin_read(engine, error);
}

void engine_end_read(struct engine *engine)
{
	kind_of(engine)->end_read(engine);
}

enum status engine_commit(struct engine *engine, struct error *error)
{
	return kind_of(engine)->commit(engine, error);
}

void engine_rollback(struct engine *engine)
{
	kind_of(engine)->rollback(engine);
}

enum status engine_savepoint(struct engine *engine, struct error *error)
{
	return kind_of(engine)->savepoint(engine, error);
}

enum status engine_release(struct engine *engine, struct error *error)
{
	return kind_of(engine)->release(engine, error);
}

bool engine_rollback_to(struct engine *engine)
{
	return kind_of(engine)->rollback_to(engine);
}

bool engine_in_transaction(const struct engine *engine)
{
	return kind_of(engine)->in_transaction(engine);
}

enum status engine_settle(struct engine *engine, struct error *error)
{
	return kind_of(engine)->settle(engine, error);
}

enum status engine_durable(struct engine *engine, struct error *error)
{
	return kind_of(engine)->durable ? kind_of(engine)->durable(engine, error) : STATUS_OK;
}

uint64_t engine_troubles(const struct engine *engine)
{
	return kind_of(engine)->troubles ? kind_of(engine)->troubles(engine) : 0;
}

bool engine_rehearse(struct engine *engine)
{
	return kind_of(engine)->rehearse && kind_of(engine)->rehearse(engine);
}

enum status engine_catch_up(struct engine *engine, size_t jobs, struct error *error)
{
	return kind_of(engine)->catch_up(engine, jobs, error);
}

int64_t engine_changes(struct engine *engine)
{
	return kind_of(engine)->changes(engine);
}

int64_t engine_last_row(struct engine *engine)
{
	return kind_of(engine)->last_row(engine);
}

bool cursor_next(struct cursor *cursor)
{
	return kind_of(cursor->engine)->cursor_next(cursor);
}

enum status cursor_close(struct cursor *cursor)
{
	return kind_of(cursor->engine)->cursor_close(cursor);
}

const char *cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column)
{
	return kind_of(cursor->engine)->cursor_text_or_null(cursor, arena, column);
}

const void *cursor_blob(struct cursor *cursor, int column, size_t *length)
{
	return kind_of(cursor->engine)->cursor_blob(cursor, column, length);
}

int64_t cursor_number(struct cursor *cursor, int column)
{
	return kind_of(cursor->engine)->cursor_number(cursor, column);
}

size_t engine_blob_size(struct engine_blob *blob)
{
	return kind_of(blob)->blob_size(blob);
}

enum status engine_blob_read(struct engine_blob *blob, void *bytes, size_t length, size_t offset, struct error *error)
{
	return kind_of(blob)->blob_read(blob, bytes, length, offset, error);
}

enum status engine_blob_write(struct engine_blob *blob, const void *bytes, size_t length, size_t offset, struct error *error)
{
	return kind_of(blob)->blob_write(blob, bytes, length, offset, error);
}

void engine_blob_close(struct engine_blob **blob)
{
	if (*blob)
		kind_of(*blob)->blob_close(blob);
}

enum status engine_keys_ready(struct engine *engine, struct error *error)
{
	return kind_of(engine)->keys_ready(engine, error);
}

unsigned long engine_changes_seen(struct engine *engine)
{
	return kind_of(engine)->changes_seen(engine);
}

void engine_key_added(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, uint32_t tag)
{
	kind_of(engine)->key_added(engine, key, hash, row, tag);
}

enum status engine_find_newest(struct engine *engine, enum engine_key key, uint64_t hash, const uint32_t *tag, struct engine_hit *hits, size_t room, size_t *count, struct error *error)
{
	return kind_of(engine)->find_newest(engine, key, hash, tag, hits, room, count, error);
}

enum status engine_key_forget(struct engine *engine, enum engine_key key, uint64_t hash, int64_t row, struct error *error)
{
	return kind_of(engine)->key_forget(engine, key, hash, row, error);
}

enum status engine_find_oldest(struct engine *engine, enum engine_key key, uint64_t hash, struct engine_hit *hits, size_t room, size_t *count, struct error *error)
{
	return kind_of(engine)->find_oldest(engine, key, hash, hits, room, count, error);
}

enum status engine_words_open(struct engine *engine, int edition, int64_t *upto, struct error *error)
{
	return kind_of(engine)->words_open(engine, edition, upto, error);
}

enum status engine_words_begin(struct engine *engine, struct error *error)
{
	return kind_of(engine)->words_begin(engine, error);
}

enum status engine_words_add(struct engine *engine, int64_t message, const char *subject, const char *text, size_t length, const char *people, struct error *error)
{
	return kind_of(engine)->words_add(engine, message, subject, text, length, people, error);
}

enum status engine_words_end(struct engine *engine, int64_t upto, enum status status, struct error *error)
{
	return kind_of(engine)->words_end(engine, upto, status, error);
}

void engine_words_forget(struct engine *engine)
{
	kind_of(engine)->words_forget(engine);
}

enum status engine_words_clear(struct engine *engine, struct error *error)
{
	return kind_of(engine)->words_clear(engine, error);
}

enum status engine_words_find(struct engine *engine, struct arena *arena, const char *words, size_t limit, struct engine_found *found, struct error *error)
{
	return kind_of(engine)->words_find(engine, arena, words, limit, found, error);
}

void engine_upkeep_stop(struct engine_upkeep **upkeep)
{
	if (*upkeep)
		kind_of(*upkeep)->upkeep_stop(upkeep);
}

void engine_upkeep_after_commit(struct engine_upkeep *upkeep)
{
	kind_of(upkeep)->upkeep_after_commit(upkeep);
}

bool engine_upkeep_wanted(struct engine_upkeep *upkeep)
{
	return kind_of(upkeep)->upkeep_wanted(upkeep);
}

enum status engine_checkpoint(struct engine *engine)
{
	return kind_of(engine)->checkpoint(engine);
}

void engine_size(const struct engine *engine, int64_t *bytes, int64_t *log)
{
	kind_of(engine)->size(engine, bytes, log);
}

enum status engine_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error)
{
	return kind_of(engine)->copy(engine, file, copy, error);
}

void engine_give_up_when(struct engine *engine, const _Atomic bool *told)
{
	kind_of(engine)->give_up_when(engine, told);
}

enum status engine_forgets(struct engine *engine, struct error *error)
{
	return kind_of(engine)->forgets(engine, error);
}

enum status engine_scrub(struct engine *engine, struct error *error)
{
	return kind_of(engine)->scrub(engine, error);
}

enum status engine_check(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	return kind_of(engine)->check(engine, findings, error);
}

enum status engine_advise(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	return kind_of(engine)->advise ? kind_of(engine)->advise(engine, findings, error) : STATUS_OK;
}

enum status engine_check_keys(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	return kind_of(engine)->check_keys(engine, findings, error);
}
