/*
 * sqlite_upkeep.c - keeps the write-ahead log short without a commit ever waiting for a checkpoint, and calls what is to be done each hour.
 *
 * A thread with a connection of its own copies the log into the database (PASSIVE: it blocks nobody) when it has grown by
 * COPY_PAGES, and each second, whoever wrote: a command that erases or imports beside a daemon to which no mail comes would else fill the log until the next mail
 * had to wait for all of it. The log starts again from its beginning only when all of it is
 * copied at the moment of a write, which never happens by itself under constant load: so from RESTART_PAGES on the writer copies
 * the last few pages itself, between two batches and after it has answered, when few are left. Its file then stays short and is overwritten in
 * place, which is also what makes its fdatasync cheap. While a long reader (a report, a backup) pins the log, it cannot be copied, and when he is gone there is much to copy:
 * who writes does not wait for that. From CAP_PAGES on he waits where he is faster than the copying: while some of it is copied he may add an eighth of that, so that less is left each time.
 * Diagnostics: log event store.checkpoint.failed, once until it works again.
 */
#include "sqlite_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COPY_PAGES 1024          /* 4 MiB of log not yet copied: the thread starts; more at once makes the disk pause longer */
#define RESTART_PAGES 4096       /* 16 MiB of log: time to start it again */
#define FINISH_PAGES 256         /* 1 MiB left to copy then: the writer does the rest itself */
#define CAP_PAGES 16384          /* 64 MiB of log: the writer may not be faster than the copying */
#define QUIET_SECONDS 1
#define HOURLY_SECONDS 3600

struct engine_upkeep {
	const struct engine_kind *kind;
	struct engine *writer;           /* used by whoever is writing */
	struct engine *own;              /* the thread's */
	engine_hourly hourly;
	void *context;
	pthread_t thread;
	pthread_mutex_t mutex;           /* guards all below */
	pthread_cond_t changed;
	bool started, stopping, wanted, copying;
	int pages;                       /* of the log, after the last commit */
	int copied;                      /* of them, in the database for sure */
	int may_reach;                   /* so long may the log become while some of it is copied */
	int finish_at;                   /* do not try to finish below this length: somebody pins the log */
	unsigned int generation;         /* counts how often the log started again */
	bool failing;
};

/* After each commit, on the thread that writes. */
static int note_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct engine_upkeep *upkeep = context;

	(void)db;
	(void)name;
	pthread_mutex_lock(&upkeep->mutex);
	if (pages < upkeep->pages) {
		upkeep->generation++;
		upkeep->copied = 0;
		upkeep->finish_at = 0;
	}
	upkeep->pages = pages;
	pthread_mutex_unlock(&upkeep->mutex);
	return SQLITE_OK;
}

static void note_result(struct engine_upkeep *upkeep, int code, sqlite3 *db)
{
	bool failed = code != SQLITE_OK && code != SQLITE_BUSY;

	if (failed)
		sqlite_end_if_sync_failed(db, "checkpoint");
	if (failed && !upkeep->failing)
		log_event(LOG_ERROR, "store.checkpoint.failed", "error", sqlite3_errmsg(db), NULL);
	upkeep->failing = failed;
}

/* ---- the thread ---- */

static int may_reach(const struct engine_upkeep *upkeep)
{
	int eighth = (upkeep->pages - upkeep->copied) / 8;

	return upkeep->pages + (eighth > FINISH_PAGES ? eighth : FINISH_PAGES);
}

static void copy(struct engine_upkeep *upkeep)
{
	unsigned int generation = upkeep->generation;
	int pages = 0, copied = 0, code;

	upkeep->wanted = false;
	upkeep->copying = true;
	upkeep->may_reach = may_reach(upkeep);
	pthread_mutex_unlock(&upkeep->mutex);
	code = sqlite3_wal_checkpoint_v2(upkeep->own->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	pthread_mutex_lock(&upkeep->mutex);
	upkeep->copying = false;
	if (code == SQLITE_OK && generation == upkeep->generation && copied > upkeep->copied)
		upkeep->copied = copied;
	note_result(upkeep, code, upkeep->own->db);
	pthread_cond_broadcast(&upkeep->changed);
}

static void wait_a_while(struct engine_upkeep *upkeep)
{
	int64_t us = clock_monotonic_us();
	struct timespec until = { .tv_sec = us / 1000000 + QUIET_SECONDS, .tv_nsec = us % 1000000 * 1000 };

	while (!upkeep->wanted && !upkeep->stopping
	       && pthread_cond_timedwait(&upkeep->changed, &upkeep->mutex, &until) == 0)
		continue;
}

static void *upkeep_main(void *argument)
{
	struct engine_upkeep *upkeep = argument;
	int64_t last = 0;

	pthread_mutex_lock(&upkeep->mutex);
	while (!upkeep->stopping) {
		int64_t now = clock_monotonic_us() / 1000000 + HOURLY_SECONDS;

		if (now - last >= HOURLY_SECONDS) {
			pthread_mutex_unlock(&upkeep->mutex);
			upkeep->hourly(upkeep->own, upkeep->context);
			pthread_mutex_lock(&upkeep->mutex);
			last = now;
		}
		wait_a_while(upkeep);
		if (!upkeep->stopping)
			copy(upkeep);
	}
	pthread_mutex_unlock(&upkeep->mutex);
	return NULL;
}

/* ---- on the thread that writes ---- */

/* The few pages that are left: the next write then starts the log again. */
static void finish(struct engine_upkeep *upkeep)
{
	int pages = 0, copied = 0, code;

	pthread_mutex_unlock(&upkeep->mutex);
	code = sqlite3_wal_checkpoint_v2(upkeep->writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	pthread_mutex_lock(&upkeep->mutex);
	if (code == SQLITE_OK && copied > upkeep->copied)
		upkeep->copied = copied;
	if (code != SQLITE_OK || copied < pages)
		upkeep->finish_at = upkeep->pages + COPY_PAGES;
	note_result(upkeep, code, upkeep->writer->db);
}

/* With the mutex held. */
static bool wants_restart(const struct engine_upkeep *upkeep)
{
	return upkeep->pages >= RESTART_PAGES && upkeep->pages >= upkeep->finish_at;
}

static bool wants_copy(const struct engine_upkeep *upkeep)
{
	int left = upkeep->pages - upkeep->copied;

	return (wants_restart(upkeep) ? left > 0 : left >= COPY_PAGES) && !upkeep->wanted;
}

static bool is_too_fast(const struct engine_upkeep *upkeep)
{
	return upkeep->copying && upkeep->pages >= CAP_PAGES && upkeep->pages >= upkeep->may_reach;
}

bool sqlite_upkeep_wanted(struct engine_upkeep *upkeep)
{
	bool wants;

	pthread_mutex_lock(&upkeep->mutex);
	wants = wants_copy(upkeep) && (!upkeep->copying || is_too_fast(upkeep));
	pthread_mutex_unlock(&upkeep->mutex);
	return wants;
}

void sqlite_upkeep_after_commit(struct engine_upkeep *upkeep)
{
	int left;
	bool restart;

	pthread_mutex_lock(&upkeep->mutex);
	restart = wants_restart(upkeep);
	while (is_too_fast(upkeep))
		pthread_cond_wait(&upkeep->changed, &upkeep->mutex);
	left = upkeep->pages - upkeep->copied;
	if (restart && left > 0 && !upkeep->copying && left <= FINISH_PAGES) {
		finish(upkeep);
	} else if (wants_copy(upkeep) && !upkeep->copying) {
		upkeep->wanted = true;
		pthread_cond_broadcast(&upkeep->changed);
	}
	pthread_mutex_unlock(&upkeep->mutex);
}

/* ---- start and stop ---- */

enum status sqlite_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error)
{
	struct engine_upkeep *it = *upkeep = calloc(1, sizeof *it);
	pthread_condattr_t attributes;
	enum status status;
	int code;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	it->kind = writer->kind;
	it->writer = writer;
	it->hourly = hourly;
	it->context = context;
	pthread_mutex_init(&it->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&it->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	status = sqlite_open(writer->kind, SQLITE_URL, writer->state_dir, false, ENGINE_READS, NULL, &it->own, error);
	if (status == STATUS_OK && (code = thread_start(&it->thread, upkeep_main, it)) != 0)
		status = error_set(error, STATUS_TRY_LATER, "cannot start the checkpoint thread: %s", strerror(code));
	it->started = status == STATUS_OK;
	if (status != STATUS_OK)
		sqlite_upkeep_stop(upkeep);
	else
		sqlite3_wal_hook(writer->db, note_commit, it);
	return status;
}

void sqlite_upkeep_stop(struct engine_upkeep **upkeep)
{
	struct engine_upkeep *it = *upkeep;

	if (!it)
		return;
	sqlite3_wal_hook(it->writer->db, NULL, NULL);
	pthread_mutex_lock(&it->mutex);
	it->stopping = true;
	pthread_cond_broadcast(&it->changed);
	pthread_mutex_unlock(&it->mutex);
	if (it->started)
		pthread_join(it->thread, NULL);
	sqlite_close(&it->own, NULL);
	pthread_cond_destroy(&it->changed);
	pthread_mutex_destroy(&it->mutex);
	free(it);
	*upkeep = NULL;
}

/* ---- for those who have no writer ---- */

enum status sqlite_checkpoint(struct engine *engine)
{
	int code = sqlite3_wal_checkpoint_v2(engine->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return sqlite_status(code);
}
