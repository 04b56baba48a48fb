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
};

static enum status make_tables(struct engine *engine, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < engine_migration_count && status == STATUS_OK; i++)
		for (const char *const *sql = engine_migrations[i].sql; *sql && status == STATUS_OK; sql++) {
			CLEANUP_BUFFER struct buffer text = { 0 };

			postgres_translate_table(&text, *sql);
			if (text.length > 0)
				status = postgres_exec(engine, buffer_string(&text), error);
		}
	for (size_t i = 0; i < COUNT_OF(own_tables) && status == STATUS_OK; i++)
		status = postgres_exec(engine, own_tables[i], error);
	if (status == STATUS_OK)
		status = postgres_run(engine, error, SQL_META_SET, "ti", "schema", (int64_t)SCHEMA_VERSION);
	return status;
}

void postgres_schema_step(struct buffer *sql, enum engine_step step)
{
	for (size_t i = 0; i < engine_migration_count; i++)
		for (const char *const *text = engine_migrations[i].sql; *text; text++)
			if (engine_step_of(*text) == step) {
				postgres_translate_table(sql, *text);
				buffer_add_string(sql, ";\n");
			}
	for (size_t i = 0; i < COUNT_OF(own_tables); i++) {
		enum engine_step is = engine_step_of(own_tables[i]);

		if (is == step || (is == STEP_NOTHING && step == STEP_TABLE))
			buffer_printf(sql, "%s;\n", own_tables[i]);
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

static enum status create_once(struct engine *engine, struct error *error)
{
	bool there;
	enum status status;

	engine->in_transaction = true;
	status = postgres_run(engine, error, OWN_BEGIN, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_SCHEMA_LOCK, "");
	if (status == STATUS_OK)
		status = has_tables(engine, &there, error);      /* another may have been faster */
	if (status == STATUS_OK && !there)
		status = make_tables(engine, error);
	if (status == STATUS_OK)
		return postgres_commit(engine, error);
	postgres_rollback(engine);
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

enum status postgres_bring_up(struct engine *engine, bool create, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *place = postgres_place(&arena, engine->url, "");
	int64_t version = 0;
	bool there;
	enum status status = has_tables(engine, &there, error);

	if (status == STATUS_OK && !there && !create)
		return error_set(error, STATUS_NOT_FOUND, "%s: an empty database: start sportellod, or copy one into it", place);
	if (status == STATUS_OK && !there)
		status = create_once(engine, error);
	if (status == STATUS_OK)
		status = postgres_number_of(engine, error, &version, 0, SQL_META_GET, "t", "schema");
	if (status != STATUS_OK)
		return status;
	if (version == 0)
		return not_ours(engine, place, error);
	return version == SCHEMA_VERSION ? STATUS_OK
		: error_set(error, STATUS_BAD_INPUT, "%s: made by a %s Sportello (schema %lld, this program knows %d)", place, version > SCHEMA_VERSION ? "newer" : "older",
		            (long long)version, SCHEMA_VERSION);
}
