/*
 * postgres_wire.c - the one place where statements are sent, answers taken, and the server's codes become ours.
 *
 * The connection is in pipeline mode. Outside a transaction each statement ends with a sync, and is a transaction of its own; inside, there is no sync until the
 * commit: a write's answer waits in the socket until somebody asks for something (see postgres_private.h). After a failure the server skips all to the next sync.
 * Diagnostics: STATUS_TRY_LATER where the server is gone, starting, full, read-only, or the lock was not to be had; the transaction is lost then, and the next
 * one connects again. STATUS_BROKEN for damaged data, or a statement that does not fit the schema (a mistake of ours).
 */
#include "postgres_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- codes ---- */

static bool of_class(const char *code, const char *class)
{
	return strncmp(code, class, strlen(class)) == 0;
}

static const char *advice(const char *code, enum status *status)
{
	static const struct { const char *class; const char *text; } later[] = {
		{ "08", "the connection to the server is lost; what waits will be tried again" },
		{ "57P", "the server is shutting down or starting; what waits will be tried again" },
		{ "25P03", "this program stood still in the middle of a transaction; what waits will be tried again" },
		{ "53100", "the server's disk is full: make room; what waits will be tried again" },
		{ "53300", "the server has no connection free: raise max_connections; what waits will be tried again" },
		{ "53", "the server is out of resources; what waits will be tried again" },
		{ "55P03", "another gateway or command has been writing for more than " LOCK_TIMEOUT "; what waits will be tried again" },
		{ "40", "another transaction was in the way; what waits will be tried again" },
		{ "25006", "the server only reads: it is a standby; name the primary in store.url, or promote it; what waits will be tried again" },
		{ "25P02", "the transaction was lost before; what waits will be tried again" },
		{ "57014", "the server's time limit; what waits will be tried again" },
		{ "58", "the server reports an error of its disk: look at its log; what waits will be tried again" },
		{ "28", "the server does not let us in: see pg_hba.conf and the user of store.url" },
		{ "3D", "there is no such database on the server: createdb, see doc/OPERATING.md" },
		{ "42501", "the user of store.url may not do this: see doc/OPERATING.md" },
	};

	*status = STATUS_TRY_LATER;
	for (size_t i = 0; i < COUNT_OF(later); i++)
		if (of_class(code, later[i].class))
			return later[i].text;
	*status = STATUS_BROKEN;
	return of_class(code, "XX00") ? "the database is damaged: restore its last backup" : "this should not happen: run `sportello fsck` and report it";
}

static char *one_line(struct arena *arena, const char *text)
{
	char *line = arena_string(arena, text);
	size_t length = strlen(line);

	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == ' '))
		line[--length] = '\0';
	for (char *at = line; *at; at++)
		if (*at == '\n' || *at == '\t' || *at == '\r')
			*at = ' ';
	return line;
}

static enum status failed(const char *code, const char *said, const char *doing, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status;
	const char *text = advice(code, &status);

	error_set(error, status, "%s: %s (PostgreSQL %s: %s)", doing, text, code, one_line(&arena, said));
	if (error)
		error->full = of_class(code, "53100");
	return status;
}

enum status postgres_result_failed(struct engine *engine, const PGresult *result, const char *doing, struct error *error)
{
	const char *code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL, *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	engine->troubles++;
	return failed(code ? code : "08006", said ? said : engine->connection ? PQerrorMessage(engine->connection) : "no connection", doing, error);
}

/* What an error message calls a statement: its first words. */
static const char *name_of(struct arena *arena, int id)
{
	const char *text = id >= 0 ? postgres_text(id) : "a statement of this program";

	return arena_printf(arena, "%.*s", (int)(strcspn(text, "(,;") < 60 ? strcspn(text, "(,;") : 60), text);
}

/* ---- connect ---- */

void postgres_disconnect(struct engine *engine)
{
	if (engine->connection)
		PQfinish(engine->connection);
	engine->connection = NULL;
	for (; engine->count > 0; engine->count--) {
		struct request *request = &engine->pending[engine->first];

		if (request->reading)
			request->reading->done = true;
		engine->first = (engine->first + 1) % COUNT_OF(engine->pending);
	}
	memset(engine->prepared, 0, sizeof engine->prepared);
	engine->listens = false;
	engine->lost |= engine->in_transaction;
	engine->in_transaction = engine->broken = false;
}

/* What the server only remarks has no place on standard error. */
static void hear_nothing(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

enum status postgres_connect(struct engine *engine, struct error *error)
{
	const char *const names[] = { "dbname", "fallback_application_name", "client_encoding", "connect_timeout", "keepalives_idle", NULL };
	const char *const values[] = { engine->url, "sportello", "UTF8", CONNECT_SECONDS, "30", NULL };
	enum status status = STATUS_OK;

	postgres_disconnect(engine);
	engine->connection = PQconnectdbParams(names, values, 1);
	PQsetNoticeReceiver(engine->connection, hear_nothing, NULL);
	if (PQstatus(engine->connection) != CONNECTION_OK)
		status = failed("08001", PQerrorMessage(engine->connection), "connecting to the database", error);
	else if (!PQenterPipelineMode(engine->connection))
		status = failed("08001", PQerrorMessage(engine->connection), "connecting to the database", error);
	else
		status = engine->identify(engine, error);
	engine->troubles += status != STATUS_OK;
	if (status != STATUS_OK)
		postgres_disconnect(engine);
	return status;
}

uint64_t postgres_troubles(const struct engine *engine)
{
	return engine->troubles;
}

/* ---- the queue ---- */

static void push(struct engine *engine, enum request_kind kind, int id, bool counts, struct reading *reading)
{
	engine->pending[(engine->first + engine->count++) % COUNT_OF(engine->pending)] = (struct request){ kind, id, counts, reading };
}

static void remember_failure(struct engine *engine, const struct request *request, const PGresult *result)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	engine->broken = true;
	if (request->kind == REQUEST_PREPARE && request->id >= 0)
		engine->prepared[request->id][0] = '\0';
	if (engine->failed || PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
		return;
	engine->failed = true;
	postgres_result_failed(engine, result, name_of(&arena, request->id), &engine->failure);
	engine->failure.status = engine->failure.status == STATUS_OK ? STATUS_BROKEN : engine->failure.status;
}

/* COMMIT of a transaction that failed answers ROLLBACK. */
static bool went_well(const struct request *request, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK: case PGRES_TUPLES_OK:
		return request->kind != REQUEST_STATEMENT || request->id != OWN_COMMIT || strcmp(PQcmdStatus(result), "COMMIT") == 0;
	default:
		return false;
	}
}

static void answer(struct engine *engine, const struct request *request, PGresult *result)
{
	bool ok = went_well(request, result);

	if (!ok)
		remember_failure(engine, request, result);
	else if (request->counts)
		engine->changes = strtoll(PQcmdTuples(result), NULL, 10);
	if (!request->reading) {
		PQclear(result);
		return;
	}
	request->reading->result = result;
	request->reading->done = true;
	request->reading->ok = ok;
}

/* The head of the queue. False: the connection is gone. */
static bool take_one(struct engine *engine)
{
	struct request request = engine->pending[engine->first];
	PGresult *result = PQgetResult(engine->connection), *more;

	if (!result || PQstatus(engine->connection) == CONNECTION_BAD) {
		CLEANUP_ARENA struct arena arena = { 0 };

		if (!engine->failed)
			postgres_result_failed(engine, NULL, name_of(&arena, request.id), &engine->failure);
		engine->failed = true;
		PQclear(result);
		postgres_disconnect(engine);
		return false;
	}
	engine->first = (engine->first + 1) % COUNT_OF(engine->pending);
	engine->count--;
	if (request.kind == REQUEST_SYNC) {
		engine->broken = false;
		PQclear(result);
		return true;
	}
	answer(engine, &request, result);
	while ((more = PQgetResult(engine->connection)))
		PQclear(more);
	return true;
}

/* Nobody reads it any more: its answer is thrown away, also when it comes. */
void postgres_reading_forget(struct engine *engine, struct reading *reading)
{
	for (size_t i = 0; i < engine->count && !reading->done; i++) {
		struct request *request = &engine->pending[(engine->first + i) % COUNT_OF(engine->pending)];

		if (request->reading == reading)
			request->reading = NULL;
	}
	PQclear(reading->result);
	reading->result = NULL;
}

static enum status told(struct engine *engine, struct error *error)
{
	if (!engine->failed)
		return STATUS_OK;
	if (error)
		*error = engine->failure;
	return engine->failure.status;
}

enum status postgres_take(struct engine *engine, struct reading *reading, struct error *error)
{
	enum status status;

	if (engine->connection && engine->count > 0)
		PQsendFlushRequest(engine->connection);
	while (engine->count > 0 && !(reading && reading->done))
		if (!take_one(engine))
			break;
	status = told(engine, error);
	if (!engine->in_transaction && !engine->lost)    /* told, and over: there is no transaction that it would spoil */
		engine->failed = false;
	return status;
}

void postgres_sync(struct engine *engine)
{
	PQpipelineSync(engine->connection);
	push(engine, REQUEST_SYNC, -1, false, NULL);
}

bool postgres_recover(struct engine *engine)
{
	if (!engine->connection)
		return false;
	postgres_sync(engine);
	while (engine->count > 0)
		if (!take_one(engine))
			return false;
	return true;
}

/* ---- sending ---- */

/* A statement of the list is prepared when it is first used with these types, and kept with the connection. */
static bool send_prepared(struct engine *engine, int id, const char *text, struct values *values)
{
	char name[16];

	snprintf(name, sizeof name, "s%d", id);
	if (!engine->prepared[id][0]) {
		if (!PQsendPrepare(engine->connection, name, text, values->count, values->types))
			return false;
		strcpy(engine->prepared[id], values->format);
		push(engine, REQUEST_PREPARE, id, false, NULL);
	}
	return PQsendQueryPrepared(engine->connection, name, values->count, values->at, values->lengths, values->formats, 1);
}

static bool send_text(struct engine *engine, int id, const char *text, struct values *values)
{
	bool kept = id >= 0 && !engine->pooled && (!engine->prepared[id][0] || strcmp(engine->prepared[id], values->format) == 0)
		&& strlen(values->format) + 1 < sizeof values->format;

	if (kept)
		return send_prepared(engine, id, text, values);
	return PQsendQueryParams(engine->connection, text, values->count, values->types, values->at, values->lengths, values->formats, 1);
}

enum status postgres_send(struct engine *engine, int id, const char *text, struct values *values, struct reading *reading, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = engine->in_transaction || engine->lost ? told(engine, error) : STATUS_OK;

	if (status == STATUS_OK && engine->lost)
		return postgres_result_failed(engine, NULL, name_of(&arena, id), error);
	if (status == STATUS_OK && !engine->connection)
		status = postgres_connect(engine, error);
	if (status == STATUS_OK && engine->count >= PENDING_MOST)
		status = postgres_take(engine, NULL, error);
	if (status != STATUS_OK)
		return status;
	if (!send_text(engine, id, text ? text : postgres_text(id), values)) {
		status = postgres_result_failed(engine, NULL, name_of(&arena, id), error);
		if (PQstatus(engine->connection) == CONNECTION_BAD)
			postgres_disconnect(engine);
		return status;
	}
	push(engine, REQUEST_STATEMENT, id, !reading, reading);
	if (!engine->in_transaction)
		postgres_sync(engine);
	return STATUS_OK;
}
