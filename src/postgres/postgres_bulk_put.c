/*
 * postgres_bulk_put.c - a database of this engine as the target of a copy: made, filled by COPY, indexed, finished.
 *
 * Tables come first, indexes when they are full, triggers last: what rows bring about came along as rows. `schema` is missing in meta until it is finished, so that
 * no program takes it for a desk. Commits wait for the disk only where the source forgets what it had noted: what a crash of the server takes before is
 * copied again.
 */
#include "postgres_bulk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)256 * 1024)       /* of a large mail in a row */

/* ---- made ---- */

static enum status drop_triggers(struct engine_bulk *bulk, struct error *error)
{
	return postgres_bulk_exec(bulk->db, "DO $$ DECLARE one record; BEGIN FOR one IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger WHERE NOT tgisinternal LOOP"
	                                    " EXECUTE format('DROP TRIGGER %I ON %s', one.tgname, one.tab); END LOOP; END $$; DELETE FROM meta WHERE key='schema'", error);
}

static enum status set_id(struct engine_bulk *bulk, const char *id, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return postgres_bulk_exec(bulk->db, arena_printf(&arena, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_ID "','%s') ON CONFLICT(key) DO UPDATE SET value=excluded.value", id), error);
}

enum status postgres_bulk_prepare(struct engine_bulk *bulk, const char *id, struct error *error)
{
	CLEANUP_BUFFER struct buffer tables = { 0 };
	int64_t there = 0;
	enum status status = postgres_bulk_begin(bulk, true, error);

	if (status != STATUS_OK)
		return status;
	status = postgres_bulk_value(bulk->db, "SELECT (to_regclass('meta') IS NOT NULL)::int", &there, NULL, error);
	if (status == STATUS_OK && !there) {
		postgres_schema_step(&tables, STEP_TABLE);
		status = postgres_bulk_exec(bulk->db, buffer_string(&tables), error);
	} else if (status == STATUS_OK)
		status = drop_triggers(bulk, error);
	if (status == STATUS_OK)
		status = set_id(bulk, id, error);
	return postgres_bulk_end(bulk, status, error);
}

/* ---- filled ---- */

enum status postgres_bulk_last(struct engine_bulk *bulk, const struct engine_table *table, int64_t *last, bool *any, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return postgres_bulk_value(bulk->db, arena_printf(&arena, "SELECT max(\"%s\") FROM %s", engine_bulk_lead(table), table->name), last, any, error);
}

enum status postgres_bulk_begin(struct engine_bulk *bulk, bool durable, struct error *error)
{
	return postgres_bulk_exec(bulk->db, durable ? "BEGIN" : "BEGIN; SET LOCAL synchronous_commit=off", error);
}

/* A COPY that goes on ends before anything else is said. */
static enum status end_table(struct engine_bulk *bulk, struct error *error)
{
	if (!bulk->put_table)
		return STATUS_OK;
	bulk->put_table = NULL;
	return postgres_bulk_copy_end(bulk, error);
}

static void note_removal(struct engine_bulk *bulk, const struct engine_table *table)
{
	size_t count;

	bulk->removed |= UINT64_C(1) << (table - engine_tables(&count)) % 64;
}

enum status postgres_bulk_remove(struct engine_bulk *bulk, const struct engine_table *table, const int64_t *numbers, size_t count, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status = end_table(bulk, error);

	if (status != STATUS_OK || (numbers && count == 0))
		return status;
	note_removal(bulk, table);
	if (engine_table_is(table, "raw")) {
		buffer_add_string(&sql, "DELETE FROM raw_piece");
		if (numbers) {
			buffer_add_string(&sql, " WHERE raw=ANY(");
			postgres_bulk_numbers(&sql, numbers, count);
			buffer_add_char(&sql, ')');
		}
		buffer_add_string(&sql, "; ");
	}
	buffer_printf(&sql, "DELETE FROM %s", table->name);
	if (numbers) {
		buffer_printf(&sql, " WHERE \"%s\"=ANY(", engine_bulk_lead(table));
		postgres_bulk_numbers(&sql, numbers, count);
		buffer_add_char(&sql, ')');
	} else if (engine_table_is(table, "meta")) {
		buffer_add_string(&sql, " WHERE");
		engine_bulk_not_own(&sql);
	}
	return postgres_bulk_exec(bulk->db, buffer_string(&sql), error);
}

static enum status begin_table(struct engine_bulk *bulk, const struct engine_table *table, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status;

	if (bulk->put_table == table)
		return STATUS_OK;
	if ((status = end_table(bulk, error)) != STATUS_OK)
		return status;
	buffer_printf(&sql, "COPY %s(", table->name);
	engine_bulk_columns(&sql, table);
	buffer_add_string(&sql, ") FROM STDIN (FORMAT binary)");
	if ((status = postgres_bulk_copy_in(bulk, buffer_string(&sql), error)) == STATUS_OK)
		bulk->put_table = table;
	return status;
}

static enum status put_piece(struct engine_bulk *bulk, int64_t raw, const struct engine_cell *cell, size_t at, char *room, struct error *error)
{
	size_t length = cell->length - at < PIECE ? cell->length - at : PIECE;

	for (size_t done = 0; done < length;) {
		ssize_t got = pread(cell->fd, room + done, length - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(error, STATUS_TRY_LATER, "a large mail cannot be read: %s", got < 0 ? strerror(errno) : "it is shorter than it was");
		done += (size_t)got;
	}
	postgres_bulk_row(&bulk->out, 3);
	postgres_bulk_number(&bulk->out, raw);
	postgres_bulk_number(&bulk->out, (int64_t)at);
	postgres_bulk_bytes(&bulk->out, room, length);
	return postgres_bulk_flush(bulk, false, error);
}

/* The row has no bytes then, but is not one of a mail that is no longer kept. */
static enum status put_pieces(struct engine_bulk *bulk, int64_t raw, const struct engine_cell *cell, struct error *error)
{
	CLEANUP_FREE char *room = malloc(PIECE);
	enum status status = end_table(bulk, error), ended;

	if (!room)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	if (status == STATUS_OK)
		status = postgres_bulk_copy_in(bulk, "COPY raw_piece(raw,at,bytes) FROM STDIN (FORMAT binary)", error);
	if (status != STATUS_OK)
		return status;
	for (size_t at = 0; at < cell->length && status == STATUS_OK; at += PIECE)
		status = put_piece(bulk, raw, cell, at, room, error);
	ended = postgres_bulk_copy_end(bulk, status == STATUS_OK ? error : NULL);
	return status == STATUS_OK ? ended : status;
}

enum status postgres_bulk_put(struct engine_bulk *bulk, const struct engine_table *table, const struct engine_row *row, struct error *error)
{
	const struct engine_cell *large = NULL;
	enum status status = begin_table(bulk, table, error);

	if (status != STATUS_OK)
		return status;
	postgres_bulk_row(&bulk->out, table->column_count);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct engine_cell *cell = &row->at[i];

		switch (cell->kind) {
		case CELL_NULL:
			postgres_bulk_null(&bulk->out);
			break;
		case CELL_NUMBER:
			postgres_bulk_number(&bulk->out, cell->number);
			break;
		case CELL_TEXT: case CELL_BYTES:
			postgres_bulk_bytes(&bulk->out, cell->at, cell->length);
			break;
		case CELL_FILE:
			large = cell;
			postgres_bulk_bytes(&bulk->out, "", 0);
			break;
		}
	}
	status = postgres_bulk_flush(bulk, false, error);
	return status == STATUS_OK && large ? put_pieces(bulk, row->at[0].number, large, error) : status;
}

enum status postgres_bulk_end(struct engine_bulk *bulk, enum status status, struct error *error)
{
	enum status ended = end_table(bulk, status == STATUS_OK ? error : NULL);

	if (status == STATUS_OK)
		status = ended;
	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->db, "COMMIT", error);
	if (status != STATUS_OK)
		postgres_bulk_exec(bulk->db, "ROLLBACK", NULL);
	return status;
}

enum status postgres_bulk_mark(struct engine_bulk *bulk, const char *name, int64_t value, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return postgres_bulk_exec(bulk->db, arena_printf(&arena, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_AT "%s','%lld') ON CONFLICT(key) DO UPDATE SET value=excluded.value", name,
	                                                 (long long)value), error);
}

enum status postgres_bulk_marked(struct engine_bulk *bulk, const char *name, int64_t *value, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return postgres_bulk_value(bulk->db, arena_printf(&arena, "SELECT value::bigint FROM meta WHERE key='" BULK_FACT_AT "%s'", name), value, NULL, error);
}

/* ---- indexed, finished ---- */

/* One after the other, each with its own memory to sort; those that are there are left. */
enum status postgres_bulk_index(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	int64_t there;
	enum status status = postgres_bulk_value(bulk->db, "SELECT (to_regclass('ticket_state') IS NOT NULL)::int", &there, NULL, error);

	if (status != STATUS_OK || there)
		return status;
	if ((status = postgres_bulk_begin(bulk, false, error)) != STATUS_OK)
		return status;
	buffer_add_string(&sql, "SET LOCAL maintenance_work_mem='256MB';\n");
	postgres_schema_step(&sql, STEP_INDEX);
	status = postgres_bulk_end(bulk, postgres_bulk_exec(bulk->db, buffer_string(&sql), error), error);
	return status == STATUS_OK ? postgres_bulk_exec(bulk->db, "ANALYZE", error) : status;
}

/* What lookups are made of. */
static const struct engine_table mailbox_words = {
	.name = "mailbox", .columns = { { "id", COLUMN_NUMBER }, { "message_id", COLUMN_TEXT }, { "mail_digest", COLUMN_BYTES }, { "claim", COLUMN_BYTES }, { "detail", COLUMN_TEXT } },
	.column_count = 5, .key_count = 1, .by_number = true,
};
static const struct engine_table contact_words = {
	.name = "contact", .columns = { { "id", COLUMN_NUMBER }, { "address", COLUMN_TEXT } }, .column_count = 2, .key_count = 1, .by_number = true,
};

static void digest_of(const struct engine_cell *cell, unsigned char out[ENGINE_DIGEST_SIZE])
{
	memset(out, 0, ENGINE_DIGEST_SIZE);
	if (cell->kind == CELL_BYTES && cell->length == ENGINE_DIGEST_SIZE)
		memcpy(out, cell->at, ENGINE_DIGEST_SIZE);
}

/* False: the row was erased, and is not to be found. */
static bool key_of(const struct engine_table *table, const struct engine_row *row, uint64_t *hash, uint32_t *tag)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	unsigned char digest[ENGINE_DIGEST_SIZE], claim[ENGINE_DIGEST_SIZE];

	*tag = 0;
	if (table == &contact_words) {
		*hash = engine_hash(arena_copy(&arena, row->at[1].at, row->at[1].length));
		return row->at[1].length > 0;
	}
	digest_of(&row->at[2], digest);
	digest_of(&row->at[3], claim);
	*hash = engine_mail_hash(row->at[1].kind == CELL_TEXT ? arena_copy(&arena, row->at[1].at, row->at[1].length) : NULL, digest);
	*tag = engine_claim_tag(claim);
	return !(row->at[4].length == strlen("erased") && memcmp(row->at[4].at, "erased", row->at[4].length) == 0);
}

static enum status make_keys(struct engine_bulk *bulk, struct engine_bulk *reader, const struct engine_table *table, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct engine_row row;
	uint64_t hash;
	uint32_t tag;
	enum status ended, status = engine_bulk_read(reader, table, INT64_MIN, NULL, 0, error);

	if (status == STATUS_OK)
		status = postgres_bulk_copy_in(bulk, arena_printf(&arena, "COPY %s_key(hash,\"row\",tag) FROM STDIN (FORMAT binary)", table->name), error);
	if (status != STATUS_OK)
		return status;
	while (status == STATUS_OK && engine_bulk_next(reader, &row, &status, error)) {
		if (!key_of(table, &row, &hash, &tag))
			continue;
		postgres_bulk_row(&bulk->out, 3);
		postgres_bulk_number(&bulk->out, (int64_t)hash);
		postgres_bulk_number(&bulk->out, row.at[0].number);
		postgres_bulk_number(&bulk->out, tag);
		status = postgres_bulk_flush(bulk, false, error);
	}
	ended = postgres_bulk_copy_end(bulk, status == STATUS_OK ? error : NULL);
	return status == STATUS_OK ? ended : status;
}

static enum status make_lookups(struct engine_bulk *bulk, struct error *error)
{
	struct engine_bulk *reader = NULL;
	enum status status = engine_bulk_open(bulk->url, bulk->state_dir, BULK_TO, &reader, error);

	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->db, "TRUNCATE mailbox_key, contact_key, place", error);
	if (status == STATUS_OK)
		status = make_keys(bulk, reader, &mailbox_words, error);
	if (status == STATUS_OK)
		status = make_keys(bulk, reader, &contact_words, error);
	engine_bulk_close(&reader);
	return status;
}

/* What gives numbers by itself goes on behind the last one; full text begins anew. */
static void last_words(struct buffer *sql)
{
	size_t count;
	const struct engine_table *tables = engine_tables(&count);

	for (size_t i = 0; i < count; i++)
		if (tables[i].by_number && !tables[i].counted && tables[i].key_count == 1 && strcmp(engine_bulk_lead(&tables[i]), "id") == 0)
			buffer_printf(sql, "SELECT setval('%s_id_seq', (SELECT coalesce(max(id),0)+1 FROM %s), false);\n", tables[i].name, tables[i].name);
	buffer_add_string(sql, "TRUNCATE words; UPDATE meta SET value='0' WHERE key='words_upto' OR key='words_edition';\n"
	                       "DELETE FROM meta WHERE substr(key,1,7)='places_' OR substr(key,1,8)='" BULK_FACT_AT "';\n");
	buffer_printf(sql, "INSERT INTO meta(key,value) VALUES('schema','%d') ON CONFLICT(key) DO UPDATE SET value=excluded.value", SCHEMA_VERSION);
}

/* What was taken away lies in its pages until then. */
static enum status sweep(struct engine_bulk *bulk, struct error *error)
{
	size_t count;
	const struct engine_table *tables = engine_tables(&count);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };

		if (bulk->removed >> i % 64 & 1)
			status = postgres_bulk_exec(bulk->db, arena_printf(&arena, "VACUUM (ANALYZE) %s%s", tables[i].name, engine_table_is(&tables[i], "raw") ? ", raw_piece" : ""), error);
	}
	return status;
}

enum status postgres_bulk_finish(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	enum status status = sweep(bulk, error);

	if (status == STATUS_OK)
		status = postgres_bulk_begin(bulk, true, error);
	if (status != STATUS_OK)
		return status;
	status = make_lookups(bulk, error);
	postgres_schema_step(&sql, STEP_TRIGGER);
	last_words(&sql);
	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->db, buffer_string(&sql), error);
	return postgres_bulk_end(bulk, status, error);
}

enum status postgres_bulk_set_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t number, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *lead = engine_bulk_lead(table);

	return postgres_bulk_exec(bulk->db, arena_printf(&arena, "SELECT setval('%s_%s_seq', greatest(%lld,(SELECT coalesce(max(\"%s\"),0) FROM %s))+1, false)", table->name, lead, (long long)number,
	                                                 lead, table->name), error);
}
