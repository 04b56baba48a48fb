/*
 * postgres_schema.c - the tables of src/engine/engine_schema.c in PostgreSQL, and what only they need here: lookups without case, large mails in pieces, words,
 * and the triggers, whose language is another.
 *
 * Made once, in one transaction and under a lock of its own, whoever of several gateways comes first. meta says which version it is.
 */
#include "postgres_private.h"

#include <stdlib.h>

#define IS_OPEN(row) "(" row ".state IN ('new','open','pending'))"
#define WEIGHT(row) "CASE WHEN " IS_OPEN(row) " THEN CASE " row ".priority WHEN 'urgent' THEN 8 WHEN 'high' THEN 4 WHEN 'normal' THEN 2 ELSE 1 END ELSE 0 END"
#define LOAD_CHANGES(row, sign) \
	"IF " row ".agent<>'' THEN INSERT INTO agent_load SELECT " row ".agent, " sign "(" IS_OPEN(row) ")::int, " sign "(" WEIGHT(row) ")" \
	" ON CONFLICT(agent) DO UPDATE SET open=agent_load.open+excluded.open, weight=agent_load.weight+excluded.weight; END IF; "
#define TRIGGER(name, when, table, body) \
	"CREATE OR REPLACE FUNCTION " name "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " body "RETURN NULL; END $$", \
	"CREATE TRIGGER " name " AFTER " when " ON " table " FOR EACH ROW EXECUTE FUNCTION " name "()"

static const char *const own_tables[] = {
/* A large mail, in pieces: at is where each begins. */
"CREATE TABLE raw_piece(raw bigint NOT NULL, at bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY(raw, at))",
"ALTER TABLE raw_piece ALTER bytes SET STORAGE EXTERNAL",
/* Mails of up to a page stand in their row as they are: packing one takes the server as long as all the rest of writing it. */
"ALTER TABLE raw SET (toast_tuple_target=8160)", "ALTER TABLE raw ALTER bytes SET STORAGE EXTERNAL",
"ALTER TABLE outbox SET (toast_tuple_target=8160)",
/* What only one gateway does: holder is a process, fence counts how often it changed hands. */
"CREATE TABLE lease(name text COLLATE \"C\" PRIMARY KEY, holder text COLLATE \"C\" NOT NULL, until timestamptz NOT NULL, fence bigint NOT NULL)",
/* Full text: message is message.id. */
"CREATE TABLE words(message bigint PRIMARY KEY, words tsvector NOT NULL)",
"CREATE INDEX words_words ON words USING gin(words)",
"INSERT INTO meta(key,value) VALUES('words_edition','0'),('words_upto','0')",
/* Without case. */
"CREATE UNIQUE INDEX participant_without_case ON participant(ticket, lower(address))",
"CREATE INDEX participant_lower ON participant(lower(address))",
"CREATE UNIQUE INDEX organisation_without_case ON organisation(lower(name))",
/* What lets go of a mail lets go of its pieces. */
TRIGGER("pieces_of_raw", "UPDATE OF bytes", "raw", "IF new.bytes IS NULL THEN DELETE FROM raw_piece WHERE raw_piece.raw=new.id; END IF; "),
/* How many an agent has, and how many there are: the triggers of SQLite in this language. */
TRIGGER("load_of_new_ticket", "INSERT", "ticket", LOAD_CHANGES("new", "")),
TRIGGER("load_of_ticket", "UPDATE OF agent, state, priority", "ticket",
	"IF old.agent<>new.agent OR old.state<>new.state OR old.priority<>new.priority THEN " LOAD_CHANGES("old", "-") LOAD_CHANGES("new", "") "END IF; "),
TRIGGER("tally_of_ticket", "UPDATE OF queue, state", "ticket",
	"IF (old.queue<>new.queue OR old.state<>new.state) AND old.id<=(SELECT value::bigint FROM meta WHERE key='counted_tickets') THEN"
	" UPDATE tally SET count=count-1 WHERE what='ticket' AND queue=old.queue AND state=old.state;"
	" INSERT INTO tally VALUES('ticket', new.queue, new.state, 1) ON CONFLICT(what,queue,state) DO UPDATE SET count=tally.count+1; END IF; "),
TRIGGER("tally_of_outbox", "UPDATE OF state", "outbox",
	"IF old.state<>new.state THEN UPDATE tally SET count=count+(tally.state=new.state)::int-(tally.state=old.state)::int WHERE what='outbox' AND queue=''; END IF; "),
TRIGGER("tally_of_routed", "UPDATE OF corrected", "routed",
	"IF (old.corrected<>0)<>(new.corrected<>0) THEN UPDATE tally SET count=count+(new.corrected<>0)::int-(old.corrected<>0)::int"
	" WHERE what='routed' AND queue='' AND state='corrected'; END IF; "),
NULL
};

/* Own tables go by the versions of the common steps. */
static const struct migration own_steps[] = { { 2, own_tables } };

typedef enum status (*take_text)(void *context, const char *sql, struct error *error);

static enum status take_common(const struct migration *step, take_text take, void *context, struct error *error)
{
	enum status status = STATUS_OK;

	for (const char *const *sql = step->sql; *sql && status == STATUS_OK; sql++) {
		CLEANUP_BUFFER struct buffer text = { 0 };

		postgres_translate_table(&text, *sql);
		if (text.length > 0)
			status = take(context, buffer_string(&text), error);
	}
	return status;
}

enum status postgres_schema_steps(int from, int to, take_text take, void *context, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < engine_migration_count && status == STATUS_OK; i++)
		if (engine_migrations[i].to > from && engine_migrations[i].to <= to)
			status = take_common(&engine_migrations[i], take, context, error);
	for (size_t i = 0; i < COUNT_OF(own_steps) && status == STATUS_OK; i++)
		for (const char *const *sql = own_steps[i].sql; *sql && own_steps[i].to > from && own_steps[i].to <= to && status == STATUS_OK; sql++)
			status = take(context, *sql, error);
	return status;
}

static enum status exec_text(void *context, const char *sql, struct error *error)
{
	return postgres_exec(context, sql, error);
}

static enum status take_steps(struct engine *engine, int64_t from, struct error *error)
{
	enum status status = postgres_schema_steps((int)from, SCHEMA_VERSION, exec_text, engine, error);

	return status == STATUS_OK ? postgres_run(engine, error, SQL_META_SET, "ti", "schema", (int64_t)SCHEMA_VERSION) : status;
}

void postgres_schema_step(struct buffer *sql, enum engine_step step)
{
	for (size_t i = 0; i < engine_migration_count; i++)
		for (const char *const *text = engine_migrations[i].sql; *text; text++)
			if (engine_step_of(*text) == step) {
				postgres_translate_table(sql, *text);
				buffer_add_string(sql, ";\n");
			}
	for (size_t i = 0; i < COUNT_OF(own_steps); i++)
		for (const char *const *text = own_steps[i].sql; *text; text++) {
			enum engine_step is = engine_step_of(*text);

			if (is == step || (is == STEP_NOTHING && step == STEP_TABLE))
				buffer_printf(sql, "%s;\n", *text);
		}
}

static enum status has_tables(struct engine *engine, bool *there, struct error *error)
{
	struct cursor cursor;

	*there = false;
	postgres_cursor_open_own(&cursor, engine, error, OWN_ABOUT, "");
	if (postgres_cursor_next(&cursor))
		*there = postgres_cursor_number(&cursor, 3) != 0;
	return postgres_cursor_close(&cursor);
}

static enum status version_of(struct engine *engine, int64_t *version, struct error *error)
{
	bool there;
	enum status status = has_tables(engine, &there, error);

	*version = 0;
	return status == STATUS_OK && there ? postgres_number_of(engine, error, version, -1, SQL_META_GET, "t", "schema") : status;
}

/* Gateways of the older version would go on writing as they know it: one that works has the lease. */
static enum status nobody_works(struct engine *engine, const char *place, int64_t version, struct error *error)
{
	int64_t there = 0, leases = 0;
	enum status status = postgres_number_of(engine, error, &there, 0, OWN_HAS_LEASES, "");

	if (status == STATUS_OK && there)
		status = postgres_number_of(engine, error, &leases, 0, OWN_LEASES, "");
	return status != STATUS_OK || !leases ? status
		: error_set(error, STATUS_TRY_LATER, "%s: of an older version (schema %lld), and a gateway works on it: stop all of them before one of this version starts", place, (long long)version);
}

/* Whoever comes first makes or brings up what is there; the others wait for his lock, and find it done. */
static enum status bring_up_once(struct engine *engine, const char *place, struct error *error)
{
	int64_t version = 0, began = clock_monotonic_us();
	enum status status;

	engine->in_transaction = true;
	status = postgres_run(engine, error, OWN_BEGIN, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_SCHEMA_LOCK, "");
	if (status == STATUS_OK)
		status = version_of(engine, &version, error);    /* another may have been faster */
	if (status == STATUS_OK && version > 0 && version < SCHEMA_VERSION)
		status = nobody_works(engine, place, version, error);
	if (status == STATUS_OK && version >= 0 && version < SCHEMA_VERSION)
		status = take_steps(engine, version, error);
	if (status == STATUS_OK)
		status = postgres_commit(engine, error);
	else
		postgres_rollback(engine);
	if (status == STATUS_OK && version > 0 && version < SCHEMA_VERSION)
		log_event(LOG_NOTICE, "store.migrated", "from", LOG_NUMBER(version), "to", LOG_NUMBER(SCHEMA_VERSION), "ms", LOG_NUMBER((clock_monotonic_us() - began) / 1000), NULL);
	return status;
}

static enum status not_ours(struct engine *engine, const char *place, struct error *error)
{
	struct cursor cursor;
	bool copying;

	postgres_cursor_open_own(&cursor, engine, error, SQL_META_GET, "t", BULK_FACT_ID);
	copying = postgres_cursor_next(&cursor);
	if (postgres_cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	return error_set(error, STATUS_BAD_INPUT, copying ? "%s: an unfinished copy of another database: run the same `sportello store copy` again, or empty it" : "%s: not a Sportello database", place);
}

enum status postgres_bring_up(struct engine *engine, bool create, engine_before_upgrade before, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *place = postgres_place(&arena, engine->url, "");
	int64_t version = 0;
	enum status status = version_of(engine, &version, error);

	if (status == STATUS_OK && version == 0 && !create)
		return error_set(error, STATUS_NOT_FOUND, "%s: an empty database: start sportellod, or copy one into it", place);
	if (status == STATUS_OK && version > 0 && version < SCHEMA_VERSION)      /* who only looks brings up nothing */
		status = before ? before(engine, engine->state_dir, (int)version, error)
			: error_set(error, STATUS_TRY_LATER, "%s: of an older version (schema %lld): start sportellod of this version", place, (long long)version);
	if (status == STATUS_OK && version >= 0 && version < SCHEMA_VERSION)
		status = bring_up_once(engine, place, error);
	if (status != STATUS_OK)
		return status;
	if (version < 0)
		return not_ours(engine, place, error);
	return version <= SCHEMA_VERSION ? STATUS_OK
		: error_set(error, STATUS_BAD_INPUT, "%s: made by a newer Sportello (schema %lld, this program knows up to %d): install that version, or restore the server's backup of before the upgrade", place,
		            (long long)version, SCHEMA_VERSION);
}
