/*
 * postgres_transaction.c - transactions: to write, one at a time over all machines; to read, in one snapshot.
 *
 * A commit whose answer did not come is unknown: it is told as STATUS_TRY_LATER, and what comes again finds its claim where it did happen.
 */
#include "postgres_private.h"

#include <string.h>

static void end(struct engine *engine)
{
	engine->in_transaction = engine->writes = engine->lost = engine->failed = engine->named = false;
}

/* Where the numbers stand, and whether somebody else wrote since we did. */
static enum status read_stand(struct engine *engine, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	const char *writer;

	postgres_cursor_open_own(&cursor, engine, error, OWN_STAND, "");
	if (postgres_cursor_next(&cursor)) {
		for (int i = 0; i < POSTGRES_NUMBERED; i++)
			engine->numbers.at[i] = postgres_cursor_number(&cursor, i);
		writer = postgres_cursor_text_or_null(&cursor, &arena, POSTGRES_NUMBERED);
		engine->named = writer && strcmp(writer, engine->name) == 0;
		if (!engine->named)
			engine->seen++;
	}
	return postgres_cursor_close(&cursor);
}

enum status postgres_begin(struct engine *engine, struct error *error)
{
	enum status status;

	end(engine);
	if (!engine->connection && (status = postgres_connect(engine, error)) != STATUS_OK)
		return status;
	engine->in_transaction = engine->writes = true;
	status = postgres_run(engine, error, OWN_BEGIN, "");
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_LOCK, "");
	if (status == STATUS_OK)
		status = read_stand(engine, error);
	/* A connection that died in its sleep is made again, once. */
	if (status != STATUS_OK && engine->lost && (end(engine), postgres_connect(engine, error)) == STATUS_OK) {
		engine->in_transaction = engine->writes = true;
		status = postgres_run(engine, error, OWN_BEGIN, "");
		if (status == STATUS_OK)
			status = postgres_run(engine, error, OWN_LOCK, "");
		if (status == STATUS_OK)
			status = read_stand(engine, error);
	}
	if (status != STATUS_OK)
		postgres_rollback(engine);
	engine->numbers_before = engine->numbers;
	return status;
}

enum status postgres_begin_read(struct engine *engine, struct error *error)
{
	enum status status;

	end(engine);
	if (!engine->connection && (status = postgres_connect(engine, error)) != STATUS_OK)
		return status;
	engine->in_transaction = true;
	if ((status = postgres_run(engine, error, OWN_BEGIN_READ, "")) != STATUS_OK)
		postgres_end_read(engine);
	return status;
}

bool postgres_in_transaction(const struct engine *engine)
{
	return engine->in_transaction;
}

/* ROLLBACK, whatever happened before. */
void postgres_rollback(struct engine *engine)
{
	if (engine->in_transaction) {
		postgres_recover(engine);
		engine->failed = false;
		if (engine->connection && postgres_run(engine, NULL, OWN_ROLLBACK, "") == STATUS_OK)
			postgres_recover(engine);
	}
	end(engine);
}

void postgres_end_read(struct engine *engine)
{
	postgres_rollback(engine);
}

enum status postgres_commit(struct engine *engine, struct error *error)
{
	enum status status = STATUS_OK;

	if (engine->lost)
		status = postgres_take(engine, NULL, error);
	if (status == STATUS_OK && engine->writes && !engine->named)
		status = postgres_run(engine, error, OWN_WRITER, "t", engine->name);
	if (status == STATUS_OK)
		status = postgres_run(engine, error, OWN_COMMIT, "");
	if (status == STATUS_OK) {
		postgres_recover(engine);        /* a sync, and all answers */
		status = postgres_take(engine, NULL, error);
	}
	if (status != STATUS_OK) {
		postgres_rollback(engine);
		return status == STATUS_BROKEN ? status : STATUS_TRY_LATER;
	}
	end(engine);
	return STATUS_OK;
}

enum status postgres_savepoint(struct engine *engine, struct error *error)
{
	engine->numbers_before = engine->numbers;
	return postgres_run(engine, error, OWN_SAVEPOINT, "");
}

/* Here a job's failure is told to the job. */
enum status postgres_release(struct engine *engine, struct error *error)
{
	enum status status = postgres_run(engine, error, OWN_RELEASE, "");

	return status == STATUS_OK ? postgres_take(engine, NULL, error) : status;
}

bool postgres_rollback_to(struct engine *engine)
{
	if (engine->in_transaction && postgres_recover(engine)) {
		engine->failed = false;
		if (postgres_run(engine, NULL, OWN_ROLLBACK_TO, "") == STATUS_OK && postgres_run(engine, NULL, OWN_RELEASE, "") == STATUS_OK
		    && postgres_take(engine, NULL, NULL) == STATUS_OK) {
			engine->numbers = engine->numbers_before;
			return true;
		}
	}
	postgres_rollback(engine);
	return false;
}

enum status postgres_settle(struct engine *engine, struct error *error)
{
	return postgres_take(engine, NULL, error);
}

/* Nothing is put off. */
enum status postgres_catch_up(struct engine *engine, size_t jobs, struct error *error)
{
	(void)engine;
	(void)jobs;
	(void)error;
	return STATUS_OK;
}

/* A row is there if it is ours. */
enum status postgres_lease(struct engine *engine, const char *name, const char *holder, int seconds, bool *ours, struct error *error)
{
	int64_t fence;
	enum status status = postgres_number_of(engine, error, &fence, 0, OWN_LEASE, "ttd", name, holder, seconds);

	*ours = status == STATUS_OK && fence > 0;
	return status;
}
