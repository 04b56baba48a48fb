/*
 * store_writer.c - group commit: one writes for all, one fsync for all that wait.
 *
 * Callers queue and sleep on a semaphore of their own; the writer thread takes everything that is there (no waiting for more:
 * the fsync of one batch is the time in which the next one gathers), runs its jobs, commits once and wakes each
 * caller once. A caller who finds nobody writing and nobody waiting is the writer himself, for his own jobs: a lone mail does
 * not pay for waking two threads. `writing` says that somebody is; only he touches the store. A job that fails alone is
 * undone alone: jobs hardly ever fail, and a savepoint costs a copy of every page that changes, so only where one did
 * fail is all of the batch undone and run again, each job in a savepoint. Where the transaction itself is lost (disk full,
 * input/output error, failed commit), every job of the batch fails with STATUS_TRY_LATER: none was answered yet, so all can be tried again.
 * A caller who does something else meanwhile (store_write_later()) is told by whoever wrote, on that thread.
 * A caller who is in no hurry (store_write_along()) waits a moment for somebody who writes, and goes with him: one sync for both.
 * Where questions go far, the jobs of a batch rehearse theirs first (engine_rehearse()), so that all are asked together. A failed sync ends the process (engine_open). A caller with several jobs finds them all in one batch. Diagnostics: log events store.batch.failed and store.recovered.
 */
#define _GNU_SOURCE               /* sem_clockwait */
#include "store_private.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BATCH_JOBS 128           /* jobs of one commit: more would only make the first of them wait */
#define WAITING_JOBS 1024        /* jobs that may wait; beyond it the store cannot keep up, and says so at once */

/* Somebody who waits until his jobs are done. */
struct call { struct store_errand errand; sem_t done; _Atomic bool told /* what sem_clockwait() means ThreadSanitizer does not know */; };

struct store_writer {
	struct store *store;             /* of whoever is writing */
	struct engine_upkeep *upkeep;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct store_errand *first, **last;
	struct store_errand *rider;              /* goes along with whoever writes next; NULL: nobody */
	size_t waiting;
	bool writing, idle, stopping;
	int priority;                    /* of the process when we started; larger is lower */
	bool tidy;                       /* a caller wrote, and the log wants care: the thread's work */
	_Atomic bool healthy;
	_Atomic int64_t batches, jobs, failed;
};

/* ---- the writer thread ---- */

/* False: the transaction is lost. */
static bool run_job(struct store *store, struct store_errand *errand, size_t i, bool in_savepoint)
{
	struct error *error = &errand->errors[i];
	enum status status = in_savepoint ? store_savepoint(store, error) : STATUS_OK;

	store_forget_lookups(store);
	if (status == STATUS_OK) {
		status = errand->job(store, errand->contexts[i], error);
		if (!in_savepoint)
			; /* the transaction is its savepoint */
		else if (status == STATUS_OK)
			status = store_release(store, error);
		else
			store_rollback_to(store);
	}
	errand->statuses[i] = status;
	return engine_in_transaction(store->engine);
}

/* Those whose questions were all answered, by their status, need not be heard again. */
static void rehearse_all(struct store *store, struct store_errand *errands)
{
	for (struct store_errand *errand = errands; errand; errand = errand->next)
		for (size_t i = 0; i < errand->count; i++)
			errand->statuses[i] = errand->rehearse ? STATUS_TRY_LATER : STATUS_OK;
	while (engine_rehearse(store->engine))
		for (struct store_errand *errand = errands; errand; errand = errand->next)
			for (size_t i = 0; i < errand->count; i++) {
				store_forget_lookups(store);
				if (errand->statuses[i] != STATUS_OK)
					errand->statuses[i] = errand->rehearse(store, errand->contexts[i], NULL);
			}
	store_forget_lookups(store);
}

/* STATUS_OK: each has a status. *good: how many were well. Without savepoints it ends with the first that was not. */
static enum status run_jobs(struct store *store, struct store_errand *errands, bool in_savepoints, size_t *good, struct error *error)
{
	*good = 0;
	for (struct store_errand *errand = errands; errand; errand = errand->next)
		for (size_t i = 0; i < errand->count; i++) {
			if (!run_job(store, errand, i, in_savepoints)) {
				error_set(error, STATUS_TRY_LATER, "the transaction was lost: %s", errand->errors[i].text);
				error->full = errand->errors[i].full;
				return STATUS_TRY_LATER;
			}
			if (errand->statuses[i] == STATUS_OK)
				(*good)++;
			else if (!in_savepoints)
				return STATUS_OK;
		}
	return STATUS_OK;
}

static enum status run_errands(struct store *store, struct store_errand *errands, size_t jobs, struct error *error)
{
	size_t good;
	enum status status;

	rehearse_all(store, errands);
	status = run_jobs(store, errands, false, &good, error);

	/* Whose failure was not told at once is not known: as if one had failed. */
	if (status == STATUS_OK && good == jobs && (status = engine_settle(store->engine, error)) != STATUS_OK && jobs > 1 && engine_in_transaction(store->engine)) {
		good = 0;
		status = STATUS_OK;
	}
	if (status == STATUS_OK && good < jobs && jobs > 1) {
		store_rollback(store);
		if ((status = store_begin(store, error)) == STATUS_OK)
			status = run_jobs(store, errands, true, &good, error);
	}
	if (status != STATUS_OK)
		return status;
	if (good == 0) {
		store_rollback(store);
		return STATUS_OK;
	}
	status = engine_catch_up(store->engine, jobs, error);
	return status == STATUS_OK ? store_commit(store, error) : status;
}

static void fail_all(struct store_errand *errands, enum status status, const struct error *error)
{
	for (struct store_errand *errand = errands; errand; errand = errand->next)
		for (size_t i = 0; i < errand->count; i++) {
			errand->statuses[i] = status;
			errand->errors[i] = *error;
		}
}

static int64_t count_failed(const struct store_errand *errands)
{
	int64_t failed = 0;

	for (const struct store_errand *errand = errands; errand; errand = errand->next)
		for (size_t i = 0; i < errand->count; i++)
			failed += errand->statuses[i] != STATUS_OK;
	return failed;
}

/* One line when it breaks and one when it works again, not one a mail. */
static void note_health(struct store_writer *writer, enum status status, const struct error *error)
{
	bool was = atomic_exchange(&writer->healthy, status == STATUS_OK);

	if (was && status != STATUS_OK)
		log_event(LOG_ERROR, "store.batch.failed", "status", status_name(status), "error", error->text, NULL);
	else if (!was && status == STATUS_OK)
		log_event(LOG_NOTICE, "store.recovered", NULL);
}

static void run_batch(struct store_writer *writer, struct store_errand *errands, size_t jobs)
{
	struct error error = { 0 };
	enum status status = store_begin(writer->store, &error);

	if (status == STATUS_OK)
		status = run_errands(writer->store, errands, jobs, &error);
	if (status != STATUS_OK) {
		store_rollback(writer->store);
		error.said = true;               /* below, for all of them: when one of them looks, the next batch may have gone well */
		fail_all(errands, status, &error);
	}
	note_health(writer, status, &error);
	atomic_fetch_add(&writer->batches, 1);
	atomic_fetch_add(&writer->jobs, (int64_t)jobs);
	atomic_fetch_add(&writer->failed, count_failed(errands));
}

/* Behind the errands of a batch that end at `end`. With the mutex held. */
static void take_rider(struct store_writer *writer, struct store_errand **end, size_t *jobs)
{
	*end = writer->rider;
	if (writer->rider) {
		*jobs += writer->rider->count;
		writer->waiting -= writer->rider->count;
	}
	writer->rider = NULL;
}

/* Takes what waits, whole errands, at most about BATCH_JOBS jobs. With the mutex held. */
static struct store_errand *take_batch(struct store_writer *writer, size_t *jobs)
{
	struct store_errand *errands = writer->first, **end = &writer->first;

	for (*jobs = 0; *end && (*jobs == 0 || *jobs + (*end)->count <= BATCH_JOBS); end = &(*end)->next)
		*jobs += (*end)->count;
	writer->first = *end;
	if (!writer->first)
		writer->last = &writer->first;
	writer->waiting -= *jobs;
	take_rider(writer, end, jobs);
	return errands;
}

static bool work_for_thread(const struct store_writer *writer)
{
	return !writer->writing && (writer->first || writer->tidy || writer->stopping);
}

/* False: nothing waits, and nothing will. *errands NULL: only the log wants care. */
static bool wait_for_batch(struct store_writer *writer, struct store_errand **errands, size_t *jobs)
{
	bool work;

	*errands = NULL;
	pthread_mutex_lock(&writer->mutex);
	while (!work_for_thread(writer)) {
		writer->idle = true;
		pthread_cond_wait(&writer->work, &writer->mutex);
	}
	writer->idle = false;
	if (writer->first)
		*errands = take_batch(writer, jobs);
	work = *errands || writer->tidy;
	writer->writing = work;
	writer->tidy = false;
	pthread_mutex_unlock(&writer->mutex);
	return work;
}

static void stop_writing(struct store_writer *writer, bool tidy)
{
	bool wake;

	pthread_mutex_lock(&writer->mutex);
	writer->writing = false;
	writer->tidy |= tidy;
	wake = writer->idle && work_for_thread(writer);
	if (wake)
		writer->idle = false;
	pthread_mutex_unlock(&writer->mutex);
	if (wake)
		pthread_cond_signal(&writer->work);
}

static void tell(const struct store_errand *errands)
{
	for (const struct store_errand *errand = errands, *next; errand; errand = next) {
		next = errand->next;             /* it is its caller's: gone once he is told */
		errand->done(errand->context);
	}
}

static void *writer_main(void *argument)
{
	struct store_writer *writer = argument;
	struct store_errand *errands;
	size_t jobs;

	while (wait_for_batch(writer, &errands, &jobs)) {
		if (errands)
			run_batch(writer, errands, jobs);
		tell(errands);
		engine_upkeep_after_commit(writer->upkeep);
		stop_writing(writer, false);
	}
	return NULL;
}

/* ---- callers ---- */

static enum status refuse(struct store_writer *writer, struct error *error)
{
	if (writer->stopping)
		return error_set(error, STATUS_TRY_LATER, "shutting down");
	if (writer->waiting >= WAITING_JOBS)
		return error_set(error, STATUS_TRY_LATER, "the store cannot keep up: %zu jobs wait", writer->waiting);
	return STATUS_OK;
}

/* Who runs at a lower priority (the learner, the indexer) must not make others wait for him in the middle of a commit. */
static bool may_write(const struct store_writer *writer)
{
	return !writer->writing && !writer->first && getpriority(PRIO_PROCESS, 0) <= writer->priority;
}

/* *own: nobody is writing, the caller shall: so many jobs, his and those of who goes along. */
static enum status queue(struct store_writer *writer, struct store_errand *errands, size_t *own)
{
	struct error error = { 0 };
	struct store_errand **end = &errands;
	size_t jobs = 0;
	bool wake = false;
	enum status status;

	for (; *end; end = &(*end)->next)
		jobs += (*end)->count;
	pthread_mutex_lock(&writer->mutex);
	status = refuse(writer, &error);
	*own = status == STATUS_OK && may_write(writer) ? jobs : 0;
	if (*own) {
		writer->writing = true;
		take_rider(writer, end, own);
	} else if (status == STATUS_OK) {
		*writer->last = errands;
		writer->last = end;
		writer->waiting += jobs;
		wake = writer->idle && work_for_thread(writer);
		writer->idle &= !wake;
	}
	pthread_mutex_unlock(&writer->mutex);
	if (wake)
		pthread_cond_signal(&writer->work);
	if (status != STATUS_OK)
		fail_all(errands, status, &error);
	return status;
}

static void write_own(struct store_writer *writer, struct store_errand *errands, size_t jobs)
{
	run_batch(writer, errands, jobs);
	stop_writing(writer, engine_upkeep_wanted(writer->upkeep));      /* the next batch need not wait until all were told of this one */
	tell(errands);
}

void store_write_later(struct store_writer *writer, struct store_errand *errands)
{
	size_t own;

	for (struct store_errand *errand = errands; errand; errand = errand->next)
		memset(errand->errors, 0, errand->count * sizeof *errand->errors);
	if (queue(writer, errands, &own) != STATUS_OK)
		tell(errands);
	else if (own)
		write_own(writer, errands, own);
}

static void wake_caller(void *context)
{
	struct call *call = context;

	call->told = true;
	sem_post(&call->done);
}

static void wait_done(struct call *call)
{
	while (sem_wait(&call->done) < 0 && errno == EINTR)
		continue;
}

/* True: it is done. False: nobody came, and it is for the caller to write. */
static bool ride(struct store_writer *writer, struct call *call, int64_t us)
{
	const int64_t until = clock_monotonic_us() + us;
	const struct timespec when = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };
	bool taken, waits;

	pthread_mutex_lock(&writer->mutex);
	waits = !writer->writing && !writer->first && !writer->rider && !writer->stopping;
	if (waits) {
		writer->rider = &call->errand;
		writer->waiting += call->errand.count;
	}
	pthread_mutex_unlock(&writer->mutex);
	if (!waits)                                      /* a batch is coming: it goes with that one as all do */
		return false;
	while (sem_clockwait(&call->done, CLOCK_MONOTONIC, &when) < 0)
		if (errno != EINTR) {
			pthread_mutex_lock(&writer->mutex);
			if (!(taken = writer->rider != &call->errand)) {
				writer->rider = NULL;
				writer->waiting -= call->errand.count;
			}
			pthread_mutex_unlock(&writer->mutex);
			if (taken)
				wait_done(call);
			return taken;
		}
	return call->told;
}

void store_write_along(struct store_writer *writer, int64_t us, store_job rehearse, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors)
{
	struct call call = { .errand = { .rehearse = rehearse, .job = job, .contexts = contexts, .count = count, .statuses = statuses, .errors = errors, .done = wake_caller } };
	size_t own;

	if (count == 0)
		return;
	memset(errors, 0, count * sizeof *errors);
	sem_init(&call.done, 0, 0);
	call.errand.context = &call;
	if (!(us && ride(writer, &call, us)) && queue(writer, &call.errand, &own) == STATUS_OK) {
		if (own)
			write_own(writer, &call.errand, own);
		wait_done(&call);
	}
	sem_destroy(&call.done);
}

void store_write_rehearsed(struct store_writer *writer, store_job rehearse, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors)
{
	store_write_along(writer, 0, rehearse, job, contexts, count, statuses, errors);
}

void store_write_all(struct store_writer *writer, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors)
{
	store_write_rehearsed(writer, NULL, job, contexts, count, statuses, errors);
}

enum status store_write(struct store_writer *writer, store_job job, void *context, struct error *error)
{
	struct error own;
	enum status status = STATUS_BROKEN;

	store_write_all(writer, job, &context, 1, &status, error ? error : &own);
	return status;
}

/* ---- start and stop ---- */

static void writer_free(struct store_writer *writer)
{
	engine_upkeep_stop(&writer->upkeep);
	store_close(&writer->store);
	pthread_cond_destroy(&writer->work);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

enum status store_writer_start(const char *state_dir, const char *url, struct store_writer **writer, struct error *error)
{
	struct store_writer *it = calloc(1, sizeof *it);
	enum status status;
	int code;

	*writer = NULL;
	if (!it)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	pthread_mutex_init(&it->mutex, NULL);
	pthread_cond_init(&it->work, NULL);
	it->last = &it->first;
	it->healthy = true;
	it->priority = getpriority(PRIO_PROCESS, 0);
	status = store_open_for(state_dir, url, true, ENGINE_WRITES, &it->store, error);
	if (status == STATUS_OK)
		status = engine_make_ready(it->store->engine, error);
	if (status == STATUS_OK)
		status = engine_upkeep_start(it->store->engine, store_sweep, it->store->state_dir, &it->upkeep, error);
	if (status == STATUS_OK && (code = thread_start(&it->thread, writer_main, it)) != 0)
		status = error_set(error, STATUS_TRY_LATER, "cannot start the writer thread: %s", strerror(code));
	if (status != STATUS_OK) {
		writer_free(it);
		return status;
	}
	*writer = it;
	return STATUS_OK;
}

void store_writer_stop(struct store_writer **writer)
{
	struct store_writer *it = *writer;

	if (!it)
		return;
	pthread_mutex_lock(&it->mutex);
	it->stopping = true;
	pthread_cond_signal(&it->work);
	pthread_mutex_unlock(&it->mutex);
	pthread_join(it->thread, NULL);
	writer_free(it);
	*writer = NULL;
}

bool store_has_said(struct store_writer *writer, const struct error *error)
{
	return error->said || !store_writer_healthy(writer);
}

bool store_writer_healthy(struct store_writer *writer)
{
	return atomic_load(&writer->healthy);
}

void store_writer_counters(struct store_writer *writer, struct store_counters *counters)
{
	pthread_mutex_lock(&writer->mutex);
	counters->waiting = (int64_t)writer->waiting;
	pthread_mutex_unlock(&writer->mutex);
	counters->batches = atomic_load(&writer->batches);
	counters->jobs = atomic_load(&writer->jobs);
	counters->failed = atomic_load(&writer->failed);
}
