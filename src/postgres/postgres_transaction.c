/*
 * postgres_transaction.c - transactions: to write, one at a time over all machines; to read, in one snapshot.
 *
 * The lock is given back before the disk is waited for: the transaction that wrote commits with synchronous_commit off, and a second, empty one behind it, with whatever
 * the server promises, waits until the log is on disk (on the standbys) up to its own record, and so up to ours. Only then is the commit done, and 250 said. The next
 * writer meanwhile works on what we committed: his record stands behind ours in the log, and nothing of his can be there without ours. Who reads may see what a power cut
 * takes back for as long as a sync; who lets something out on account of it (senders, the mirror) asks postgres_durable() first.
 *
 * A commit whose answer did not come is unknown: it is told as STATUS_TRY_LATER, and what comes again finds its claim where it did happen.
 */
#include "postgres_private.h"

#include <string.h>

static void end(struct engine *engine)
{
	postgres_expected_forget(engine);
	engine->in_transaction = engine->writes = engine->lost = engine->failed = engine->named = false;
}

/* Where the numbers stand, and whether somebody else wrote since we did. */
static enum status read_stand(struct engine *engine, struct error *error)
{
	struct cursor cursor;

	engine->named = false;
	postgres_cursor_open_own(&cursor, engine, error, OWN_STAND, "t", engine->numbers_known ? engine->name : "");
	if (postgres_cursor_next(&cursor)) {
		engine->named = postgres_cursor_number(&cursor, POSTGRES_NUMBERED) != 0;
		for (int i = 0; i < POSTGRES_NUMBERED; i++)
			engine->numbers.at[i] = engine->named ? engine->numbers_committed.at[i] : postgres_cursor_number(&cursor, i);
		if (!engine->named)
			engine->seen++;
	}
	engine->numbers_known = false;           /* until we have committed */
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
	engine->rehearsing = false;
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

/* COMMIT, and the wait for the disk behind it; both are sent together. A transaction that failed rolls back, and then nothing need be waited for, but nothing is harmed. */
static enum status commit(struct engine *engine, struct error *error)
{
	enum status status = postgres_run(engine, error, OWN_COMMIT, "");

	if (status == STATUS_OK && engine->writes) {
		postgres_sync(engine);
		status = postgres_run(engine, error, OWN_DURABLE, "");
	}
	return status;
}

enum status postgres_durable(struct engine *engine, struct error *error)
{
	return engine->in_transaction ? STATUS_OK : postgres_run(engine, error, OWN_DURABLE, "");
}

enum status postgres_commit(struct engine *engine, struct error *error)
{
	enum status status = STATUS_OK;

	engine->rehearsing = false;
	if (engine->lost)
		status = postgres_take(engine, NULL, error);
	if (status == STATUS_OK && engine->writes && !engine->named)
		status = postgres_run(engine, error, OWN_WRITER, "t", engine->name);
	if (status == STATUS_OK)
		status = commit(engine, error);
	if (status == STATUS_OK) {
		postgres_recover(engine);        /* a sync, and all answers */
		status = postgres_take(engine, NULL, error);
	}
	if (status != STATUS_OK) {
		postgres_rollback(engine);
		return status == STATUS_BROKEN ? status : STATUS_TRY_LATER;
	}
	engine->numbers_committed = engine->numbers;
	engine->numbers_known = engine->writes;
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
