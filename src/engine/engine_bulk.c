/*
 * engine_bulk.c - the door of engine_bulk.h to whichever database it is, and what a row says of itself.
 *
 * A row's digest is over its values as both engines mean them: a fact is its text, a large mail its bytes wherever they stand. Order does not matter to who adds
 * digests up.
 */
#include "engine_bulk.h"

#include "engine_kind.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *prefix; const struct engine_bulk_kind *kind; } kinds[] = {
	{ "sqlite:", &sqlite_bulk_kind },
#ifndef ENGINE_WITHOUT_POSTGRES
	{ "postgresql:", &postgres_bulk_kind },
#endif
};

static inline const struct engine_bulk_kind *kind_of(struct engine_bulk *bulk)
{
	return *(const struct engine_bulk_kind *const *)bulk;
}

enum status engine_bulk_open(const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk, struct error *error)
{
	*bulk = NULL;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strncmp(url, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return kinds[i].kind->open(kinds[i].kind, url, state_dir, use, bulk, error);
	return error_set(error, STATUS_BAD_CONFIG, "\"%s\": there is no such kind of database here: \"sqlite:\" is sportello.db in the state directory", url);
}

void engine_bulk_close(struct engine_bulk **bulk)
{
	if (*bulk)
		kind_of(*bulk)->close(bulk);
}

enum status engine_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error) { return kind_of(bulk)->works(bulk, works, error); }

enum status engine_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error)
{
	return kind_of(bulk)->read(bulk, table, from, numbers, count, error);
}

bool engine_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error) { return kind_of(bulk)->next(bulk, row, status, error); }

enum status engine_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error)
{
	return kind_of(bulk)->counted(bulk, table, number, error);
}

enum status engine_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error) { return kind_of(bulk)->watch(bulk, arena, begin, id, error); }

enum status engine_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error)
{
	return kind_of(bulk)->unwatch(bulk, moved_to, error);
}

enum status engine_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error)
{
	return kind_of(bulk)->changes(bulk, arena, most, changes, error);
}

enum status engine_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error)
{
	return kind_of(bulk)->changes_done(bulk, changes, error);
}

enum status engine_bulk_hold(struct engine_bulk *bulk, struct error *error) { return kind_of(bulk)->hold(bulk, error); }
enum status engine_bulk_release(struct engine_bulk *bulk, struct error *error) { return kind_of(bulk)->release(bulk, error); }

enum status engine_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error)
{
	return kind_of(bulk)->state(bulk, arena, state, id, error);
}

enum status engine_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error) { return kind_of(bulk)->prepare(bulk, id, error); }

enum status engine_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error)
{
	return kind_of(bulk)->last(bulk, table, last, any, error);
}

enum status engine_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error) { return kind_of(bulk)->begin(bulk, durable, error); }

enum status engine_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error)
{
	return kind_of(bulk)->remove(bulk, table, numbers, count, error);
}

enum status engine_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error)
{
	return kind_of(bulk)->put(bulk, table, row, error);
}

enum status engine_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error) { return kind_of(bulk)->end(bulk, status, error); }
enum status engine_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error) { return kind_of(bulk)->mark(bulk, name, value, error); }
enum status engine_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error) { return kind_of(bulk)->marked(bulk, name, value, error); }
enum status engine_bulk_index(struct engine_bulk *bulk, struct error *error) { return kind_of(bulk)->index(bulk, error); }
enum status engine_bulk_finish(struct engine_bulk *bulk, struct error *error) { return kind_of(bulk)->finish(bulk, error); }

enum status engine_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error)
{
	return kind_of(bulk)->set_counted(bulk, table, number, error);
}

/* ---- what a row says ---- */

static void add_length(struct sha256 *sum, char kind, size_t length)
{
	unsigned char head[9] = { (unsigned char)kind };

	for (int i = 0; i < 8; i++)
		head[1 + i] = (unsigned char)(length >> 8 * i);
	sha256_add(sum, head, sizeof head);
}

static enum status add_file(struct sha256 *sum, const struct engine_cell *cell, struct error *error)
{
	char piece[64 * 1024];

	for (size_t at = 0; at < cell->length;) {
		size_t want = cell->length - at < sizeof piece ? cell->length - at : sizeof piece;
		ssize_t got = pread(cell->fd, piece, want, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(error, got < 0 ? STATUS_TRY_LATER : STATUS_BROKEN, "a large mail cannot be read: %s", got < 0 ? strerror(errno) : "it is shorter than it was");
		sha256_add(sum, piece, (size_t)got);
		at += (size_t)got;
	}
	return STATUS_OK;
}

enum status engine_row_digest(const struct engine_table *table, const struct engine_row *row, unsigned char out[ENGINE_ROW_DIGEST], struct error *error)
{
	unsigned char all[SHA256_SIZE];
	struct sha256 sum;
	enum status status = STATUS_OK;

	sha256_init(&sum);
	for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++) {
		const struct engine_cell *cell = &row->at[i];

		switch (cell->kind) {
		case CELL_NULL:
			add_length(&sum, 'n', 0);
			break;
		case CELL_NUMBER:
			add_length(&sum, 'i', (size_t)cell->number);
			break;
		case CELL_TEXT:
			add_length(&sum, 't', cell->length);
			sha256_add(&sum, cell->at, cell->length);
			break;
		case CELL_BYTES:
			add_length(&sum, 'b', cell->length);
			sha256_add(&sum, cell->at, cell->length);
			break;
		case CELL_FILE:
			add_length(&sum, 'b', cell->length);
			status = add_file(&sum, cell, error);
			break;
		}
	}
	sha256_end(&sum, all);
	memcpy(out, all, ENGINE_ROW_DIGEST);
	return status;
}
