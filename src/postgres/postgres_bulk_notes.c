/*
 * postgres_bulk_notes.c - a source of a copy notes what changes while it is copied (triggers, a table of numbers), and is held still for a moment at the end.
 */
#include "postgres_bulk.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_TIMEOUT "30s"

enum status postgres_bulk_lock(PGconn *db, const char *mode, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	size_t count;
	const struct engine_table *tables = engine_tables(&count);

	buffer_printf(&sql, "%s; SET LOCAL lock_timeout='" HOLD_TIMEOUT "'; SET LOCAL idle_in_transaction_session_timeout=0; SET LOCAL synchronous_commit=on; LOCK TABLE ", postgres_text(OWN_LOCK));
	for (size_t i = 0; i < count; i++)
		buffer_printf(&sql, "%s%s", i ? "," : "", tables[i].name);
	buffer_printf(&sql, " IN %s MODE", mode);
	return postgres_bulk_exec(db, buffer_string(&sql), error);
}

static void notes(struct buffer *sql)
{
	size_t count;
	const struct engine_table *tables = engine_tables(&count);

	for (size_t i = 0; i < count; i++) {
		const char *name = tables[i].name, *lead = engine_bulk_lead(&tables[i]);

		if (engine_table_is(&tables[i], "meta"))
			continue;
		buffer_printf(sql, "CREATE FUNCTION copying_%s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ", name);
		if (tables[i].by_number)
			buffer_printf(sql, "IF TG_OP<>'DELETE' THEN INSERT INTO copying(tab,number) VALUES('%s', new.\"%s\"); END IF;"
			                   " IF TG_OP<>'INSERT' THEN INSERT INTO copying(tab,number) VALUES('%s', old.\"%s\"); END IF; ", name, lead, name, lead);
		else
			buffer_printf(sql, "INSERT INTO copying(tab,number) VALUES('%s', 0); ", name);
		buffer_printf(sql, "RETURN NULL; END $$; CREATE TRIGGER copying_%s AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION copying_%s();\n", name, name, name);
	}
}

static enum status begin_notes(struct engine_bulk *bulk, struct arena *arena, const char **id, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	unsigned char name[16];
	enum status status;

	random_bytes(name, sizeof name);
	*id = hex_encode(arena, name, sizeof name);
	if ((status = postgres_bulk_lock(bulk->lock, "SHARE ROW EXCLUSIVE", error)) != STATUS_OK)
		return status;
	buffer_add_string(&sql, "CREATE TABLE copying(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tab text NOT NULL, number bigint NOT NULL);\n");
	notes(&sql);
	buffer_printf(&sql, "INSERT INTO meta(key,value) VALUES('" BULK_FACT_WATCH "','%s')", *id);
	return postgres_bulk_exec(bulk->lock, buffer_string(&sql), error);
}

enum status postgres_bulk_watch(struct engine_bulk *bulk, struct arena *arena, bool begin, const char **id, struct error *error)
{
	enum status status = postgres_bulk_exec(bulk->lock, "BEGIN", error);

	if (status == STATUS_OK)
		status = postgres_bulk_text(bulk->lock, arena, "SELECT value FROM meta WHERE key='" BULK_FACT_WATCH "'", id, error);
	if (status == STATUS_OK && !*id && begin)
		status = begin_notes(bulk, arena, id, error);
	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->lock, "COMMIT", error);
	if (status != STATUS_OK)
		postgres_bulk_exec(bulk->lock, "ROLLBACK", NULL);
	return status;
}

enum status postgres_bulk_end_notes(PGconn *db, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	size_t count;
	const struct engine_table *tables = engine_tables(&count);

	for (size_t i = 0; i < count; i++)
		if (!engine_table_is(&tables[i], "meta"))
			buffer_printf(&sql, "DROP TRIGGER IF EXISTS copying_%s ON %s; DROP FUNCTION IF EXISTS copying_%s();\n", tables[i].name, tables[i].name, tables[i].name);
	buffer_add_string(&sql, "DROP TABLE IF EXISTS copying; DELETE FROM meta WHERE key='" BULK_FACT_WATCH "'");
	return postgres_bulk_exec(db, buffer_string(&sql), error);
}

static enum status set_moved(struct engine_bulk *bulk, const char *to, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };
	char *place = to ? PQescapeLiteral(bulk->lock, to, strlen(to)) : NULL;

	if (to && !place)
		return postgres_bulk_failed(bulk->lock, NULL, "noting where the desk is", error);
	buffer_add_string(&sql, "DELETE FROM meta WHERE key='" BULK_FACT_MOVED "'");
	if (place)
		buffer_printf(&sql, "; INSERT INTO meta(key,value) VALUES('" BULK_FACT_MOVED "', '%lld '||%s)", (long long)clock_now(), place);
	PQfreemem(place);
	return postgres_bulk_exec(bulk->lock, buffer_string(&sql), error);
}

enum status postgres_bulk_unwatch(struct engine_bulk *bulk, const char *moved_to, struct error *error)
{
	enum status status = postgres_bulk_exec(bulk->lock, "BEGIN", error);

	if (status == STATUS_OK)
		status = postgres_bulk_lock(bulk->lock, "ACCESS EXCLUSIVE", error);
	if (status == STATUS_OK)
		status = postgres_bulk_end_notes(bulk->lock, error);
	if (status == STATUS_OK)
		status = set_moved(bulk, moved_to, error);
	if (status == STATUS_OK)
		return postgres_bulk_exec(bulk->lock, "COMMIT", error);
	postgres_bulk_exec(bulk->lock, "ROLLBACK", NULL);
	return status;
}

enum status postgres_bulk_changes(struct engine_bulk *bulk, struct arena *arena, size_t most, struct engine_changes *changes, struct error *error)
{
	PGresult *result = PQexec(bulk->lock, arena_printf(arena, "SELECT id, tab, number FROM (SELECT * FROM copying ORDER BY id LIMIT %zu) AS one ORDER BY tab COLLATE \"C\", number", most));
	enum status status = PQresultStatus(result) == PGRES_TUPLES_OK ? STATUS_OK : postgres_bulk_failed(bulk->lock, result, "reading what changed", error);

	*changes = (struct engine_changes){ 0 };
	for (int i = 0; status == STATUS_OK && i < PQntuples(result); i++)
		*ARENA_PUSH(arena, changes) = (struct engine_change){ strtoll(PQgetvalue(result, i, 0), NULL, 10), engine_table_known(PQgetvalue(result, i, 1)),
		                                                       strtoll(PQgetvalue(result, i, 2), NULL, 10) };
	PQclear(result);
	return status;
}

/* While all are held it is part of the hold's transaction. */
enum status postgres_bulk_changes_done(struct engine_bulk *bulk, const struct engine_changes *changes, struct error *error)
{
	CLEANUP_BUFFER struct buffer sql = { 0 };

	if (changes->count == 0)
		return STATUS_OK;
	buffer_add_string(&sql, "DELETE FROM copying WHERE id IN (");
	for (size_t i = 0; i < changes->count; i++)
		buffer_printf(&sql, "%s%lld", i ? "," : "", (long long)changes->at[i].id);
	buffer_add_char(&sql, ')');
	return postgres_bulk_exec(bulk->lock, buffer_string(&sql), error);
}

enum status postgres_bulk_hold(struct engine_bulk *bulk, struct error *error)
{
	enum status status = postgres_bulk_exec(bulk->lock, "BEGIN", error);

	if (status == STATUS_OK)
		status = postgres_bulk_lock(bulk->lock, "SHARE", error);
	if (status != STATUS_OK)
		postgres_bulk_exec(bulk->lock, "ROLLBACK", NULL);
	return status;
}

/* The snapshot is taken by the first statement, while nobody writes. The other connection reads in the same one, for the pieces of large mails. */
enum status postgres_bulk_release(struct engine_bulk *bulk, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *snapshot = NULL;
	enum status status;

	postgres_bulk_stop(bulk);
	status = postgres_bulk_exec(bulk->db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_sort=off; SET LOCAL max_parallel_workers_per_gather=0", error);
	if (status == STATUS_OK)
		status = postgres_bulk_text(bulk->db, &arena, "SELECT pg_export_snapshot()", &snapshot, error);
	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->lock, "COMMIT", error);
	if (status == STATUS_OK)
		status = postgres_bulk_exec(bulk->lock, arena_printf(&arena, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '%s'", snapshot), error);
	bulk->held = status == STATUS_OK;
	return status;
}
