/*
 * postgres_sql.c - statements by name: run, asked for a number, read row by row.
 *
 * A row that takes the next number of its table is given it here (the lock of the writer makes it ours), so that nobody waits for the server to say it.
 * A cursor's answer is taken whole, since other things may be asked between two of its rows; that of a statement that may give a whole table, in portions (a cursor of the
 * server's), where a snapshot is held for it: a list of a million costs the memory of PORTION.
 */
#include "postgres_private.h"

#include <stdio.h>
#include <stdlib.h>

#define PORTION 1000             /* rows that are taken at once of what may be a million */

static const bool may_be_large[STATEMENT_COUNT] = {
	[SQL_RAW_ALL] = true, [SQL_MAILBOX_NEWEST] = true, [SQL_CONTACTS_ALL] = true, [SQL_CUSTOMERS] = true, [SQL_CUSTOMERS_EXTERNAL] = true, [SQL_CUSTOMER_OTHERS] = true,
	[SQL_MESSAGES_FROM_ELSEWHERE] = true, [SQL_CONFIRMED_NEWEST] = true, [SQL_SUGGESTIONS_SINCE] = true, [SQL_FEEDBACK] = true, [SQL_STORIES] = true,
	[SQL_STORY_MESSAGES] = true, [SQL_MAIL_BETWEEN] = true, [SQL_PROMISES_ALL] = true, [SQL_CHANGED_SINCE] = true, [SQL_CREATED_SINCE] = true, [SQL_OPEN_SINCE] = true,
	[SQL_OUTBOX_ALL] = true, [SQL_OUTBOX_WAITING_ALL] = true, [SQL_OUTBOX_NEWEST] = true, [SQL_OUTBOX_NAMING] = true, [SQL_CHECK_HISTORIES] = true, [SQL_CHECK_RECORDS] = true,
	[SQL_CHECK_RAW_SIZE] = true,
};

/* ---- writes ---- */

static enum status send_list(struct engine *engine, int id, struct values *values, struct reading *reading, struct error *error)
{
	int number = postgres_numbered(id);

	if (number >= 0 && !engine->writes)
		return error_set(error, STATUS_BROKEN, "a row is added outside of a transaction");
	postgres_expected_changed(engine, id, values);
	if (number >= 0) {
		engine->last_row = ++engine->numbers.at[number];
		postgres_value_number(values, engine->last_row);
	}
	if (id == SQL_TICKET_ADD)
		engine->numbers.at[NUMBER_TICKET] = postgres_value_first(values);
	else if (id == SQL_OUTBOX_ADD)
		engine->numbers.at[NUMBER_OUTBOX] = postgres_value_first(values);
	return postgres_send(engine, id, NULL, values, reading, error);
}

enum status postgres_run_list(struct engine *engine, struct error *error, int id, const char *format, va_list arguments)
{
	struct values values;
	enum status status;

	if (engine->rehearsing)
		return STATUS_OK;
	postgres_values_init(&values);
	postgres_values_list(&values, format, arguments);
	status = send_list(engine, id, &values, NULL, error);
	postgres_values_fini(&values);
	return status == STATUS_OK && !engine->in_transaction ? postgres_take(engine, NULL, error) : status;
}

enum status postgres_run(struct engine *engine, struct error *error, int id, const char *format, ...)
{
	enum status status;
	va_list arguments;

	va_start(arguments, format);
	status = postgres_run_list(engine, error, id, format, arguments);
	va_end(arguments);
	return status;
}

enum status postgres_exec(struct engine *engine, const char *sql, struct error *error)
{
	struct values values;
	enum status status;

	postgres_values_init(&values);
	postgres_expected_changed(engine, -1, &values);
	status = postgres_send(engine, -1, sql, &values, NULL, error);
	postgres_values_fini(&values);
	return status == STATUS_OK ? postgres_take(engine, NULL, error) : status;
}

int64_t postgres_changes(struct engine *engine)
{
	return engine->rehearsing ? 0 : postgres_take(engine, NULL, NULL) == STATUS_OK ? engine->changes : 0;
}

int64_t postgres_last_row(struct engine *engine)
{
	return engine->last_row;
}

/* ---- rows ---- */

/* ---- in portions ---- */

/* A word for the server that gives no rows, or whose rows this reading gets. */
static enum status send_word(struct engine *engine, const char *word, struct reading *reading, struct error *error)
{
	struct values none;
	enum status status;

	postgres_values_init(&none);
	status = postgres_send(engine, -1, word, &none, reading, error);
	postgres_values_fini(&none);
	return status;
}

static enum status fetch_portion(struct engine *engine, struct reading *reading, struct error *error)
{
	char word[64];

	snprintf(word, sizeof word, "FETCH %d FROM portion%lu", PORTION, reading->portion);
	return send_word(engine, word, reading, error);
}

static enum status open_portions(struct engine *engine, const char *text, struct values *values, struct reading *reading, struct error *error)
{
	CLEANUP_BUFFER struct buffer declared = { 0 };
	enum status status;

	reading->portion = ++engine->portions;
	buffer_printf(&declared, "DECLARE portion%lu NO SCROLL CURSOR FOR %s", reading->portion, text);
	status = postgres_send(engine, -1, buffer_string(&declared), values, NULL, error);
	return status == STATUS_OK ? fetch_portion(engine, reading, error) : status;
}

/* Its last row was read: are there more? */
static enum status next_portion(struct engine *engine, struct reading *reading, struct error *error)
{
	enum status status = STATUS_OK;

	if (!reading->portion || PQntuples(reading->result) < PORTION)
		return STATUS_OK;
	PQclear(reading->result);
	*reading = (struct reading){ .row = -1, .portion = reading->portion };
	status = fetch_portion(engine, reading, error);
	if (status == STATUS_OK)
		status = postgres_take(engine, reading, error);
	return status == STATUS_OK && !reading->ok ? error_set(error, STATUS_TRY_LATER, "reading the database: the connection to the server was lost; what waits will be tried again")
		: status;
}

static void close_portions(struct engine *engine, const struct reading *reading)
{
	char word[64];

	snprintf(word, sizeof word, "CLOSE portion%lu", reading->portion);
	if (reading->portion && engine->in_transaction && !engine->failed && !engine->lost)
		send_word(engine, word, NULL, NULL);
}

static void forget(struct engine *engine, struct reading *reading)
{
	close_portions(engine, reading);
	if (!reading->from)
		postgres_reading_forget(engine, reading);
	free(reading);
}

/* Known here, since only who has the lock gives numbers. */
static PGresult *next_numbers(struct engine *engine)
{
	PGresAttDesc columns[2] = { { .name = (char[]){ "ticket" }, .typid = TYPE_INT8, .typlen = 8, .format = 1 }, { .name = (char[]){ "outbox" }, .typid = TYPE_INT8, .typlen = 8, .format = 1 } };
	PGresult *result = PQmakeEmptyPGresult(engine->connection, PGRES_TUPLES_OK);
	const int at[] = { NUMBER_TICKET, NUMBER_OUTBOX };
	bool made = result && PQsetResultAttrs(result, 2, columns);

	for (int i = 0; i < 2 && made; i++) {
		struct values values;

		postgres_values_init(&values);
		postgres_value_number(&values, engine->numbers.at[at[i]] + 1);
		made = PQsetvalue(result, 0, i, values.numbers[0], 8);
		postgres_values_fini(&values);
	}
	if (made)
		return result;
	PQclear(result);
	return NULL;
}

static enum status open_reading(struct engine *engine, int id, const char *text, bool large, struct values *values, struct reading *reading, struct error *error)
{
	if (engine->rehearsing)
		return error_set(error, STATUS_TRY_LATER, "only a rehearsal");
	if (large && engine->in_transaction && !engine->writes)
		return open_portions(engine, text ? text : postgres_text(id), values, reading, error);
	return postgres_send(engine, id, text, values, reading, error);
}

static void open_with(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *text, bool large, struct values *values)
{
	struct reading *reading = calloc(1, sizeof *reading);

	*cursor = (struct cursor){ .engine = engine, .error = error, .statement = reading };
	if (!reading) {
		cursor->status = error_set(error, STATUS_TRY_LATER, "reading the database: out of memory");
		return;
	}
	reading->row = -1;
	if (id == SQL_NEXT_NUMBERS && engine->writes && engine->connection && (reading->result = next_numbers(engine))) {
		reading->done = reading->ok = true;
		return;
	}
	reading->from = postgres_expected(engine, id, values, error);
	if (reading->from)
		return;
	cursor->status = open_reading(engine, id, text, large, values, reading, error);
	if (cursor->status != STATUS_OK) {
		reading->done = true;
		postgres_cursor_close(cursor);
	}
}

void postgres_cursor_open(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, va_list arguments)
{
	struct values values;

	postgres_values_init(&values);
	postgres_values_list(&values, format, arguments);
	open_with(cursor, engine, error, id, NULL, may_be_large[id], &values);
	postgres_values_fini(&values);
}

void postgres_cursor_open_own(struct cursor *cursor, struct engine *engine, struct error *error, int id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	postgres_cursor_open(cursor, engine, error, id, format, arguments);
	va_end(arguments);
}

static enum status take(struct engine *engine, struct reading *reading, struct error *error)
{
	struct reading *from = reading->from;
	enum status status = from && from->done ? STATUS_OK : postgres_take(engine, from ? from : reading, error);

	if (from)
		*reading = (struct reading){ .result = from->result, .row = reading->row, .done = from->done, .ok = from->ok, .from = from };
	return status;
}

bool postgres_cursor_next(struct cursor *cursor)
{
	struct reading *reading = cursor->statement;

	if (!reading || cursor->status != STATUS_OK)
		return false;
	if (!reading->done && cursor->engine->rehearsing && !reading->from->done)
		cursor->status = error_set(cursor->error, STATUS_TRY_LATER, "not answered yet");
	else if (!reading->done)
		cursor->status = take(cursor->engine, reading, cursor->error);
	if (cursor->status == STATUS_OK && !reading->ok)         /* it was lost with the connection, and another heard why */
		cursor->status = error_set(cursor->error, STATUS_TRY_LATER, "reading the database: the connection to the server was lost; what waits will be tried again");
	if (cursor->status == STATUS_OK && reading->row + 1 >= PQntuples(reading->result))
		cursor->status = next_portion(cursor->engine, reading, cursor->error);
	if (cursor->status == STATUS_OK && ++reading->row < PQntuples(reading->result))
		return true;
	postgres_cursor_close(cursor);
	return false;
}

enum status postgres_cursor_close(struct cursor *cursor)
{
	if (cursor->statement)
		forget(cursor->engine, cursor->statement);
	cursor->statement = NULL;
	/* Nobody waited for it, and there is no transaction to end: what it said is taken now. */
	return cursor->status;
}

const char *postgres_cursor_text_or_null(struct cursor *cursor, struct arena *arena, int column)
{
	const struct reading *reading = cursor->statement;

	return postgres_result_text(reading->result, reading->row, column, arena);
}

const void *postgres_cursor_blob(struct cursor *cursor, int column, size_t *length)
{
	const struct reading *reading = cursor->statement;

	*length = (size_t)PQgetlength(reading->result, reading->row, column);
	return PQgetisnull(reading->result, reading->row, column) ? NULL : PQgetvalue(reading->result, reading->row, column);
}

int64_t postgres_cursor_number(struct cursor *cursor, int column)
{
	const struct reading *reading = cursor->statement;

	return postgres_result_number(reading->result, reading->row, column);
}

static enum status first_number(struct cursor *cursor, int64_t *value, int64_t otherwise)
{
	struct reading *reading = cursor->statement;

	*value = otherwise;
	if (postgres_cursor_next(cursor) && !PQgetisnull(reading->result, 0, 0))
		*value = postgres_result_number(reading->result, 0, 0);
	return postgres_cursor_close(cursor);
}

enum status postgres_number(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, va_list arguments)
{
	struct cursor cursor;

	postgres_cursor_open(&cursor, engine, error, id, format, arguments);
	return first_number(&cursor, value, otherwise);
}

enum status postgres_number_of(struct engine *engine, struct error *error, int64_t *value, int64_t otherwise, int id, const char *format, ...)
{
	enum status status;
	va_list arguments;

	va_start(arguments, format);
	status = postgres_number(engine, error, value, otherwise, id, format, arguments);
	va_end(arguments);
	return status;
}

/* ---- a query ---- */

static const char *const query_tests[QUERY_KEYS] = {
	[QUERY_ORGANISATION] = "(lower(organisation)=lower(?%d) AND organisation<>'')",
	[QUERY_LEVEL] = "lower(level)=lower(?%d)",
};

static void add_value(void *context, int number, int64_t is, const char *text)
{
	(void)number;
	if (text)
		postgres_value_text(context, text);
	else
		postgres_value_number(context, is);
}

void postgres_cursor_open_query(struct cursor *cursor, struct engine *engine, struct error *error, const char *columns, const struct query *query, int64_t now, size_t limit)
{
	CLEANUP_BUFFER struct buffer common = { 0 };
	CLEANUP_BUFFER struct buffer sql = { 0 };
	struct values values;

	engine_query_text(&common, query_tests, columns, query, limit);
	postgres_translate(&sql, buffer_string(&common));
	postgres_values_init(&values);
	engine_query_values(query, now, add_value, &values);
	open_with(cursor, engine, error, -1, buffer_string(&sql), !limit || limit > PORTION, &values);
	postgres_values_fini(&values);
}
