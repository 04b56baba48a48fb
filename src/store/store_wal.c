/*
 * store_wal.c - keeps the write-ahead log short without a commit ever waiting for a checkpoint; and removes stray files.
 *
 * A thread with a connection of its own copies the log into the database (PASSIVE: it blocks nobody) when it has grown by
 * COPY_PAGES, and each second when there is little to do. The log starts again from its beginning only when all of it is
 * copied at the moment of a write, which never happens by itself under constant load: so from RESTART_PAGES on the writer copies
 * the last few pages itself, between two batches and after it has answered, when few are left. Its file then stays short and is overwritten in
 * place, which is also what makes its fdatasync cheap. If the disk cannot keep up, or a long reader (a backup) pins the log,
 * the writer waits for the copying from CAP_PAGES on, once each COPY_PAGES: the log never grows faster than that allows.
 * Diagnostics: log event store.checkpoint.failed, once until it works again.
 */
#include "store_private.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COPY_PAGES 1024          /* 4 MiB of log not yet copied: the thread starts; more at once makes the disk pause longer */
#define RESTART_PAGES 4096       /* 16 MiB of log: time to start it again */
#define FINISH_PAGES 256         /* 1 MiB left to copy then: the writer does the rest itself */
#define CAP_PAGES 16384          /* 64 MiB of log: the writer waits */
#define QUIET_SECONDS 1
#define SWEEP_SECONDS 3600

struct wal_keeper {
	struct store *writer;            /* used by whoever is writing */
	struct store *own;               /* the keeper thread's */
	pthread_t thread;
	pthread_mutex_t mutex;           /* guards all below */
	pthread_cond_t changed;
	bool started, stopping, wanted, copying;
	int pages;                       /* of the log, after the last commit */
	int copied;                      /* of them, in the database for sure */
	int finish_at;                   /* do not try to finish below this length: somebody pins the log */
	unsigned int generation;         /* counts how often the log started again */
	bool failing;
};

/* After each commit, on the thread that writes. */
static int note_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct wal_keeper *keeper = context;

	(void)db;
	(void)name;
	pthread_mutex_lock(&keeper->mutex);
	if (pages < keeper->pages) {
		keeper->generation++;
		keeper->copied = 0;
		keeper->finish_at = 0;
	}
	keeper->pages = pages;
	pthread_mutex_unlock(&keeper->mutex);
	return SQLITE_OK;
}

static void note_result(struct wal_keeper *keeper, int code, sqlite3 *db)
{
	bool failed = code != SQLITE_OK && code != SQLITE_BUSY;

	if (failed)
		end_if_sync_failed(db, "checkpoint");
	if (failed && !keeper->failing)
		log_event(LOG_ERROR, "store.checkpoint.failed", "error", sqlite3_errmsg(db), NULL);
	keeper->failing = failed;
}

/* ---- the keeper thread ---- */

static void copy(struct wal_keeper *keeper)
{
	unsigned int generation = keeper->generation;
	int pages = 0, copied = 0, code;

	keeper->wanted = false;
	keeper->copying = true;
	pthread_mutex_unlock(&keeper->mutex);
	code = sqlite3_wal_checkpoint_v2(keeper->own->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	pthread_mutex_lock(&keeper->mutex);
	keeper->copying = false;
	if (code == SQLITE_OK && generation == keeper->generation && copied > keeper->copied)
		keeper->copied = copied;
	note_result(keeper, code, keeper->own->db);
	pthread_cond_broadcast(&keeper->changed);
}

static void wait_a_while(struct wal_keeper *keeper)
{
	int64_t us = clock_monotonic_us();
	struct timespec until = { .tv_sec = us / 1000000 + QUIET_SECONDS, .tv_nsec = us % 1000000 * 1000 };

	while (!keeper->wanted && !keeper->stopping
	       && pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &until) == 0)
		continue;
}

static void *keeper_main(void *argument)
{
	struct wal_keeper *keeper = argument;
	int64_t swept = 0;

	pthread_mutex_lock(&keeper->mutex);
	while (!keeper->stopping) {
		int64_t now = clock_monotonic_us() / 1000000 + SWEEP_SECONDS;

		if (now - swept >= SWEEP_SECONDS) {
			pthread_mutex_unlock(&keeper->mutex);
			store_sweep(keeper->own);
			pthread_mutex_lock(&keeper->mutex);
			swept = now;
		}
		wait_a_while(keeper);
		if (keeper->pages > keeper->copied && !keeper->stopping)
			copy(keeper);
	}
	pthread_mutex_unlock(&keeper->mutex);
	return NULL;
}

/* ---- on the thread that writes ---- */

/* The few pages that are left: the next write then starts the log again. */
static void finish(struct wal_keeper *keeper)
{
	int pages = 0, copied = 0, code;

	pthread_mutex_unlock(&keeper->mutex);
	code = sqlite3_wal_checkpoint_v2(keeper->writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	pthread_mutex_lock(&keeper->mutex);
	if (code == SQLITE_OK && copied > keeper->copied)
		keeper->copied = copied;
	if (code != SQLITE_OK || copied < pages)
		keeper->finish_at = keeper->pages + COPY_PAGES;
	note_result(keeper, code, keeper->writer->db);
}

/* With the mutex held. */
static bool wants_restart(const struct wal_keeper *keeper)
{
	return keeper->pages >= RESTART_PAGES && keeper->pages >= keeper->finish_at;
}

static bool wants_copy(const struct wal_keeper *keeper)
{
	int left = keeper->pages - keeper->copied;

	return (wants_restart(keeper) ? left > 0 : left >= COPY_PAGES) && !keeper->wanted;
}

bool wal_keeper_wants(struct wal_keeper *keeper)
{
	bool wants;

	pthread_mutex_lock(&keeper->mutex);
	wants = wants_copy(keeper) && (!keeper->copying || keeper->pages >= CAP_PAGES);
	pthread_mutex_unlock(&keeper->mutex);
	return wants;
}

void wal_keeper_after_commit(struct wal_keeper *keeper)
{
	int left;
	bool restart;

	pthread_mutex_lock(&keeper->mutex);
	restart = wants_restart(keeper);
	if (restart && keeper->pages >= CAP_PAGES)
		while (keeper->copying)
			pthread_cond_wait(&keeper->changed, &keeper->mutex);
	left = keeper->pages - keeper->copied;
	if (restart && left > 0 && !keeper->copying && (left <= FINISH_PAGES || keeper->pages >= CAP_PAGES)) {
		finish(keeper);
	} else if (wants_copy(keeper) && !keeper->copying) {
		keeper->wanted = true;
		pthread_cond_broadcast(&keeper->changed);
	}
	pthread_mutex_unlock(&keeper->mutex);
}

/* ---- start and stop ---- */

static int start_thread(struct wal_keeper *keeper)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&keeper->thread, NULL, keeper_main, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	keeper->started = code == 0;
	return code;
}

enum status wal_keeper_start(struct store *writer, struct wal_keeper **keeper, struct error *error)
{
	struct wal_keeper *it = *keeper = calloc(1, sizeof *it);
	pthread_condattr_t attributes;
	enum status status;
	int code;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	it->writer = writer;
	pthread_mutex_init(&it->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&it->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	status = store_open(writer->state_dir, false, &it->own, error);
	if (status == STATUS_OK && (code = start_thread(it)) != 0)
		status = error_set(error, STATUS_TRY_LATER, "cannot start the checkpoint thread: %s", strerror(code));
	if (status != STATUS_OK)
		wal_keeper_stop(keeper);
	else
		sqlite3_wal_hook(writer->db, note_commit, it);
	return status;
}

void wal_keeper_stop(struct wal_keeper **keeper)
{
	struct wal_keeper *it = *keeper;

	if (!it)
		return;
	sqlite3_wal_hook(it->writer->db, NULL, NULL);
	pthread_mutex_lock(&it->mutex);
	it->stopping = true;
	pthread_cond_broadcast(&it->changed);
	pthread_mutex_unlock(&it->mutex);
	if (it->started)
		pthread_join(it->thread, NULL);
	store_close(&it->own);
	pthread_cond_destroy(&it->changed);
	pthread_mutex_destroy(&it->mutex);
	free(it);
	*keeper = NULL;
}

/* ---- for those who have no writer ---- */

enum status store_checkpoint(struct store *store)
{
	int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return sql_status(code);
}
