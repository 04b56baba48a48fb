/*
 * postgres_bulk.c - a database of this engine as source or target of a copy (include/engine_bulk.h): opened, read row by row, and told what it is.
 *
 * Connections of their own, without a pipeline, since COPY knows none: rows come by COPY ... TO STDOUT in binary, in the order of the key's index. A large mail that stands
 * in pieces is handed out as a file without a name. Between its transactions nothing is held, so a pooler in transaction mode does no harm: what a session needs it
 * sets in its transaction.
 */
#define _GNU_SOURCE        /* O_TMPFILE */
#include "postgres_bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "PGCOPY\n\377\r\n\0"
#define HEAD_SIZE 11
#define OUT_MOST ((size_t)256 * 1024)

/* ---- words to the server ---- */

static void hear_nothing(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

enum status postgres_bulk_failed(PGconn *db, const PGresult *result, const char *doing, struct error *error)
{
	struct engine said = { .connection = db };

	return postgres_result_failed(&said, result, doing, error);
}

PGconn *postgres_bulk_connect(const char *url, enum status *status, struct error *error)
{
	const char *const names[] = { "dbname", "fallback_application_name", "client_encoding", "connect_timeout", NULL };
	const char *const values[] = { url, "sportello store copy", "UTF8", CONNECT_SECONDS, NULL };
	PGconn *db = PQconnectdbParams(names, values, 1);

	PQsetNoticeReceiver(db, hear_nothing, NULL);
	*status = PQstatus(db) == CONNECTION_OK ? STATUS_OK : postgres_bulk_failed(db, NULL, "connecting to the database", error);
	if (*status == STATUS_OK)
		return db;
	PQfinish(db);
	return NULL;
}

enum status postgres_bulk_exec(PGconn *db, const char *sql, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	PGresult *result = PQexec(db, sql);
	ExecStatusType is = PQresultStatus(result);
	enum status status = STATUS_OK;

	if (is != PGRES_COMMAND_OK && is != PGRES_TUPLES_OK && is != PGRES_EMPTY_QUERY)
		status = postgres_bulk_failed(db, result, arena_printf(&arena, "%.60s", sql), error);
	PQclear(result);
	return status;
}

enum status postgres_bulk_value(PGconn *db, const char *sql, int64_t *value, bool *any, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	PGresult *result = PQexec(db, sql);
	bool there = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0);
	enum status status = PQresultStatus(result) == PGRES_TUPLES_OK ? STATUS_OK : postgres_bulk_failed(db, result, arena_printf(&arena, "%.60s", sql), error);

	*value = there ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
	if (any)
		*any = there;
	PQclear(result);
	return status;
}

enum status postgres_bulk_text(PGconn *db, struct arena *arena, const char *sql, const char **text, struct error *error)
{
	PGresult *result = PQexec(db, sql);
	enum status status = PQresultStatus(result) == PGRES_TUPLES_OK ? STATUS_OK : postgres_bulk_failed(db, result, arena_printf(arena, "%.60s", sql), error);

	*text = status == STATUS_OK && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0) ? arena_string(arena, PQgetvalue(result, 0, 0)) : NULL;
	PQclear(result);
	return status;
}

void postgres_bulk_numbers(struct buffer *sql, const int64_t *numbers, size_t count)
{
	buffer_add_string(sql, "'{");
	for (size_t i = 0; i < count; i++)
		buffer_printf(sql, "%s%lld", i ? "," : "", (long long)numbers[i]);
	buffer_add_string(sql, "}'::bigint[]");
}

/* ---- COPY in ---- */

static void add_whole(struct buffer *out, uint64_t number, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buffer_add_char(out, (char)(number >> 8 * i & 0xff));
}

void postgres_bulk_row(struct buffer *out, size_t columns)
{
	add_whole(out, columns, 2);
}

void postgres_bulk_number(struct buffer *out, int64_t number)
{
	add_whole(out, 8, 4);
	add_whole(out, (uint64_t)number, 8);
}

void postgres_bulk_bytes(struct buffer *out, const void *bytes, size_t length)
{
	add_whole(out, length, 4);
	if (length)
		buffer_add(out, bytes, length);
}

void postgres_bulk_null(struct buffer *out)
{
	add_whole(out, UINT32_MAX, 4);
}

enum status postgres_bulk_copy_in(struct engine_bulk *bulk, const char *sql, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	PGresult *result = PQexec(bulk->db, sql);
	enum status status = PQresultStatus(result) == PGRES_COPY_IN ? STATUS_OK : postgres_bulk_failed(bulk->db, result, arena_printf(&arena, "%.60s", sql), error);

	PQclear(result);
	buffer_reset(&bulk->out);
	buffer_add(&bulk->out, HEAD, HEAD_SIZE);
	add_whole(&bulk->out, 0, 8);             /* no flags, no more of the head */
	return status;
}

enum status postgres_bulk_flush(struct engine_bulk *bulk, bool all, struct error *error)
{
	enum status status = STATUS_OK;

	if (bulk->out.length == 0 || (!all && bulk->out.length < OUT_MOST))
		return STATUS_OK;
	if (PQputCopyData(bulk->db, bulk->out.at, (int)bulk->out.length) != 1)
		status = postgres_bulk_failed(bulk->db, NULL, "writing rows", error);
	buffer_reset(&bulk->out);
	return status;
}

enum status postgres_bulk_copy_end(struct engine_bulk *bulk, struct error *error)
{
	enum status status;
	PGresult *result;

	add_whole(&bulk->out, UINT16_MAX, 2);
	status = postgres_bulk_flush(bulk, true, error);
	if (PQputCopyEnd(bulk->db, status == STATUS_OK ? NULL : "broken off") != 1 && status == STATUS_OK)
		status = postgres_bulk_failed(bulk->db, NULL, "writing rows", error);
	while ((result = PQgetResult(bulk->db))) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK && status == STATUS_OK)
			status = postgres_bulk_failed(bulk->db, result, "writing rows", error);
		PQclear(result);
	}
	return status;
}

/* ---- opened ---- */

static enum status has_table(PGconn *db, const char *name, bool *there, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	int64_t is;
	enum status status = postgres_bulk_value(db, arena_printf(&arena, "SELECT (to_regclass('%s') IS NOT NULL)::int", name), &is, NULL, error);

	*there = is != 0;
	return status;
}

static enum status open_source(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *place = postgres_place(&arena, bulk->url, "");
	int64_t version = 0;
	bool there = false, any = false;
	enum status status;

	bulk->lock = postgres_bulk_connect(bulk->url, &status, error);
	if (status == STATUS_OK)
		status = has_table(bulk->db, "meta", &there, error);
	if (status == STATUS_OK && there)
		status = postgres_bulk_value(bulk->db, "SELECT value::bigint FROM meta WHERE key='schema'", &version, &any, error);
	if (status != STATUS_OK)
		return status;
	if (!there)
		return error_set(error, STATUS_NOT_FOUND, "%s: an empty database: there is nothing to copy", place);
	if (!any)
		return error_set(error, STATUS_BAD_INPUT, "%s: not a Sportello database, or an unfinished copy: nothing can be copied from it", place);
	return version == SCHEMA_VERSION ? STATUS_OK
		: error_set(error, STATUS_BAD_INPUT, "%s: of schema %lld, and this program of %d: start this version's sportellod on it first", place, (long long)version, SCHEMA_VERSION);
}

static enum status is_utf8(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *encoding = NULL;
	enum status status = postgres_bulk_text(bulk->db, &arena, "SELECT current_setting('server_encoding')", &encoding, error);

	return status != STATUS_OK || (encoding && strcmp(encoding, "UTF8") == 0) ? status
		: error_set(error, STATUS_BAD_INPUT, "%s: the database is in %s: make it with createdb -E UTF8 -T template0", postgres_place(&arena, bulk->url, ""), encoding);
}

enum status postgres_bulk_open(const struct engine_bulk_kind *kind, const char *url, const char *state_dir, enum engine_bulk_use use, struct engine_bulk **bulk,
                             struct error *error)
{
	struct engine_bulk *it = *bulk = calloc(1, sizeof *it);
	enum status status;

	if (!it || !(it->url = strdup(url)) || !(it->state_dir = strdup(state_dir)))
		abort();
	it->kind = kind;
	it->fd = -1;
	it->db = postgres_bulk_connect(url, &status, error);
	if (status == STATUS_OK)
		status = use == BULK_FROM ? open_source(it, error) : is_utf8(it, error);
	if (status != STATUS_OK)
		postgres_bulk_close(bulk);
	return status;
}

void postgres_bulk_close(struct engine_bulk **bulk)
{
	struct engine_bulk *it = *bulk;

	PQfreemem(it->line);
	if (it->lock)
		PQfinish(it->lock);
	if (it->db)
		PQfinish(it->db);
	cleanup_fd(&it->fd);
	buffer_fini(&it->out);
	free(it->url);
	free(it->state_dir);
	free(it);
	*bulk = NULL;
}

/* Of several gateways one has the lease, as long as any works. */
enum status postgres_bulk_works(struct engine_bulk *bulk, bool *works, struct error *error)
{
	int64_t leases = 0;
	bool there;
	enum status status = has_table(bulk->db, "lease", &there, error);

	if (status == STATUS_OK && there)
		status = postgres_bulk_value(bulk->db, "SELECT count(*) FROM lease WHERE until>clock_timestamp()", &leases, NULL, error);
	*works = leases > 0;
	return status;
}

/* ---- reading ---- */

static void read_text(struct buffer *sql, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count)
{
	const char *lead = engine_bulk_lead(table);

	buffer_add_string(sql, "COPY (SELECT ");
	engine_bulk_columns(sql, table);
	/* How much of a large mail stands in pieces. */
	buffer_printf(sql, "%s FROM %s", engine_table_is(table, "raw") ? ",(SELECT sum(length(p.bytes))::bigint FROM raw_piece p WHERE p.raw=raw.id)" : "", table->name);
	if (numbers) {
		buffer_printf(sql, " WHERE \"%s\"=ANY(", lead);
		postgres_bulk_numbers(sql, numbers, count);
		buffer_printf(sql, ") ORDER BY \"%s\"", lead);
	} else if (table->by_number)
		buffer_printf(sql, " WHERE \"%s\">='%lld'::bigint ORDER BY \"%s\"", lead, (long long)from, lead);
	else if (engine_table_is(table, "meta")) {
		buffer_add_string(sql, " WHERE");
		engine_bulk_not_own(sql);
	}
	buffer_add_string(sql, ") TO STDOUT (FORMAT binary)");
}

/* What was not read to its end is broken off. */
void postgres_bulk_stop(struct engine_bulk *bulk)
{
	PGresult *result;

	if (!bulk->reading)
		return;
	PQfreemem(bulk->line);
	while (PQgetCopyData(bulk->db, &bulk->line, 0) > 0)
		PQfreemem(bulk->line);
	bulk->line = NULL;
	while ((result = PQgetResult(bulk->db)))
		PQclear(result);
	bulk->reading = false;
	if (!bulk->held)
		postgres_bulk_exec(bulk->db, "ROLLBACK", NULL);
}

/* Along the index, so that the first row comes at once and nothing is sorted. */
enum status postgres_bulk_read(struct engine_bulk *bulk, const struct engine_table *table, int64_t from, const int64_t *numbers, size_t count, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	PGresult *result;
	enum status status;

	postgres_bulk_stop(bulk);
	status = bulk->held ? STATUS_OK : postgres_bulk_exec(bulk->db, "BEGIN READ ONLY; SET LOCAL enable_sort=off; SET LOCAL max_parallel_workers_per_gather=0", error);
	if (status != STATUS_OK)
		return status;
	read_text(&sql, table, from, numbers, count);
	result = PQexec(bulk->db, buffer_string(&sql));
	if (PQresultStatus(result) != PGRES_COPY_OUT)
		status = postgres_bulk_failed(bulk->db, result, table->name, error);
	PQclear(result);
	bulk->table = table;
	bulk->reading = status == STATUS_OK;
	bulk->begun = false;
	if (status != STATUS_OK && !bulk->held)
		postgres_bulk_exec(bulk->db, "ROLLBACK", NULL);
	return status;
}

static enum status finish_reading(struct engine_bulk *bulk, struct error *error)
{
	enum status status = STATUS_OK;
	PGresult *result;

	while ((result = PQgetResult(bulk->db))) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK && status == STATUS_OK)
			status = postgres_bulk_failed(bulk->db, result, bulk->table->name, error);
		PQclear(result);
	}
	bulk->reading = false;
	if (!bulk->held)
		postgres_bulk_exec(bulk->db, "ROLLBACK", NULL);
	return status;
}

static int64_t whole(const char *at, int bytes)
{
	uint64_t bits = at[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < bytes; i++)
		bits = bits << 8 | (unsigned char)at[i];
	return (int64_t)bits;
}

struct line { const char *at, *end; };

static bool take_cell(struct line *line, enum engine_column_type type, struct engine_cell *cell)
{
	int64_t length;

	*cell = (struct engine_cell){ .fd = -1 };
	if (line->end - line->at < 4)
		return false;
	length = whole(line->at, 4);
	line->at += 4;
	if (length < 0)
		return true;                     /* null */
	if (length > line->end - line->at || (type == COLUMN_NUMBER && length != 8))
		return false;
	cell->kind = type == COLUMN_NUMBER ? CELL_NUMBER : type == COLUMN_BYTES ? CELL_BYTES : CELL_TEXT;
	if (type == COLUMN_NUMBER)
		cell->number = whole(line->at, 8);
	cell->at = line->at;
	cell->length = (size_t)length;
	line->at += length;
	return true;
}

/* A connection beside the one that is reading: the source's other one. */
static enum status fetch_pieces(struct engine_bulk *bulk, int64_t raw, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = STATUS_OK;
	int64_t at = 0;

	for (bool more = true; more && status == STATUS_OK;) {
		const char *sql = arena_printf(&arena, "SELECT bytes FROM raw_piece WHERE raw=%lld AND at>=%lld ORDER BY at LIMIT 1", (long long)raw, (long long)at);
		PGresult *result = PQexecParams(bulk->lock, sql, 0, NULL, NULL, NULL, NULL, 1);

		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			status = postgres_bulk_failed(bulk->lock, result, "reading a large mail", error);
		more = status == STATUS_OK && PQntuples(result) > 0;
		if (more && !write_all(bulk->fd, PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0)))
			status = error_set(error, STATUS_TRY_LATER, "%s: no room to unpack a mail: %s", bulk->state_dir, strerror(errno));
		at += more ? PQgetlength(result, 0, 0) : 0;
		PQclear(result);
	}
	return status;
}

static enum status open_large(struct engine_bulk *bulk, struct line *line, struct engine_row *row, struct error *error)
{
	struct engine_cell pieces, *bytes = &row->at[bulk->table->column_count - 1];
	enum status status = STATUS_OK;

	cleanup_fd(&bulk->fd);
	if (!take_cell(line, COLUMN_NUMBER, &pieces) || pieces.kind != CELL_NUMBER || bytes->kind != CELL_BYTES)
		return STATUS_OK;
	if (!bulk->lock)
		bulk->lock = postgres_bulk_connect(bulk->url, &status, error);
	bulk->fd = open(bulk->state_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (bulk->fd < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: no room to unpack a mail: %s", bulk->state_dir, strerror(errno));
	if (status == STATUS_OK)
		status = fetch_pieces(bulk, row->at[0].number, error);
	*bytes = (struct engine_cell){ .kind = CELL_FILE, .fd = bulk->fd, .length = (size_t)lseek(bulk->fd, 0, SEEK_CUR) };
	return status;
}

static enum status take_row(struct engine_bulk *bulk, struct line *line, struct engine_row *row, struct error *error)
{
	bool ok = true;

	for (size_t i = 0; i < bulk->table->column_count && ok; i++)
		ok = take_cell(line, bulk->table->columns[i].type, &row->at[i]);
	if (!ok)
		return error_set(error, STATUS_BROKEN, "%s: the server sent a row that does not fit the table", bulk->table->name);
	return engine_table_is(bulk->table, "raw") ? open_large(bulk, line, row, error) : STATUS_OK;
}

bool postgres_bulk_next(struct engine_bulk *bulk, struct engine_row *row, enum status *status, struct error *error)
{
	struct line line;
	int length;

	*status = STATUS_OK;
	if (!bulk->reading)
		return false;
	do {
		PQfreemem(bulk->line);
		bulk->line = NULL;
		length = PQgetCopyData(bulk->db, &bulk->line, 0);
		if (length < 0) {
			*status = finish_reading(bulk, error);
			return false;
		}
		line = (struct line){ bulk->line, bulk->line + length };
		if (!bulk->begun && length >= HEAD_SIZE + 8)     /* it comes alone, or before the first row */
			line.at += HEAD_SIZE + 8;
		bulk->begun = true;
	} while (line.end - line.at < 2);
	if (whole(line.at, 2) < 0)               /* the end's mark */
		return postgres_bulk_next(bulk, row, status, error);
	line.at += 2;
	*status = take_row(bulk, &line, row, error);
	return *status == STATUS_OK;
}

enum status postgres_bulk_counted(struct engine_bulk *bulk, const struct engine_table *table, int64_t *number, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	return postgres_bulk_value(bulk->db, arena_printf(&arena, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s_%s_seq", table->name, engine_bulk_lead(table)), number,
	                           NULL, error);
}

/* ---- a target: what it is ---- */

enum status postgres_bulk_state(struct engine_bulk *bulk, struct arena *arena, enum engine_bulk_state *state, const char **id, struct error *error)
{
	int64_t version;
	bool there = false, whole_one = false;
	enum status status = has_table(bulk->db, "meta", &there, error);

	*state = BULK_EMPTY;
	*id = "";
	if (status != STATUS_OK || !there)
		return status;
	*state = BULK_IN_USE;
	status = postgres_bulk_value(bulk->db, "SELECT value::bigint FROM meta WHERE key='schema'", &version, &whole_one, error);
	if (status == STATUS_OK)
		status = postgres_bulk_text(bulk->db, arena, "SELECT value FROM meta WHERE key='" BULK_FACT_ID "'", id, error);
	if (*id)
		*state = whole_one ? BULK_COPIED : BULK_UNFINISHED;
	else
		*id = "";
	return status;
}
