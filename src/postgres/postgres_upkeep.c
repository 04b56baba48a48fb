/*
 * postgres_upkeep.c - the thread that is called each hour; log, free pages and backups are the server's own.
 */
#include "postgres_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOURLY_SECONDS 3600

struct engine_upkeep {
	const struct engine_kind *kind;
	struct engine *own;
	engine_hourly hourly;
	void *context;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool started, stopping;
};

static void *upkeep_main(void *argument)
{
	struct engine_upkeep *upkeep = argument;

	pthread_mutex_lock(&upkeep->mutex);
	while (!upkeep->stopping) {
		int64_t us = clock_monotonic_us();
		struct timespec until = { .tv_sec = us / 1000000 + HOURLY_SECONDS, .tv_nsec = us % 1000000 * 1000 };

		pthread_mutex_unlock(&upkeep->mutex);
		upkeep->hourly(upkeep->own, upkeep->context);
		pthread_mutex_lock(&upkeep->mutex);
		while (!upkeep->stopping && pthread_cond_timedwait(&upkeep->changed, &upkeep->mutex, &until) == 0)
			continue;
	}
	pthread_mutex_unlock(&upkeep->mutex);
	return NULL;
}

enum status postgres_upkeep_start(struct engine *writer, engine_hourly hourly, void *context, struct engine_upkeep **upkeep, struct error *error)
{
	struct engine_upkeep *it = *upkeep = calloc(1, sizeof *it);
	pthread_condattr_t attributes;
	enum status status;
	int code;

	if (!it)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	*it = (struct engine_upkeep){ .kind = writer->kind, .hourly = hourly, .context = context };
	pthread_mutex_init(&it->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&it->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	status = postgres_open(writer->kind, writer->url, writer->state_dir, false, ENGINE_READS, NULL, &it->own, error);
	if (status == STATUS_OK && (code = thread_start(&it->thread, upkeep_main, it)) != 0)
		status = error_set(error, STATUS_TRY_LATER, "cannot start the hourly thread: %s", strerror(code));
	it->started = status == STATUS_OK;
	if (status != STATUS_OK)
		postgres_upkeep_stop(upkeep);
	return status;
}

void postgres_upkeep_stop(struct engine_upkeep **upkeep)
{
	struct engine_upkeep *it = *upkeep;

	pthread_mutex_lock(&it->mutex);
	it->stopping = true;
	pthread_cond_broadcast(&it->changed);
	pthread_mutex_unlock(&it->mutex);
	if (it->started)
		pthread_join(it->thread, NULL);
	postgres_close(&it->own, NULL);
	pthread_cond_destroy(&it->changed);
	pthread_mutex_destroy(&it->mutex);
	free(it);
	*upkeep = NULL;
}

void postgres_upkeep_after_commit(struct engine_upkeep *upkeep)
{
	(void)upkeep;
}

bool postgres_upkeep_wanted(struct engine_upkeep *upkeep)
{
	(void)upkeep;
	return false;
}

enum status postgres_checkpoint(struct engine *engine)
{
	(void)engine;
	return STATUS_OK;
}

/* The log is the server's. */
void postgres_size(const struct engine *engine, int64_t *bytes, int64_t *log)
{
	*log = 0;
	postgres_number_of((struct engine *)engine, NULL, bytes, 0, OWN_SIZE, "");
}

/* ---- what is the server's ---- */

enum status postgres_copy(struct engine *engine, const char *file, struct engine **copy, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	(void)file;
	*copy = NULL;
	return error_set(error, STATUS_BAD_CONFIG, "the database is %s: back it up by pg_dump, or the server's own means, and keep secret.key beside it (doc/OPERATING.md)",
	                 postgres_place(&arena, engine->url, ""));
}

void postgres_give_up_when(struct engine *engine, const _Atomic bool *told)
{
	engine->give_up = told;
}

/* What is deleted lies in its page until the server's vacuum: postgres_scrub() asks for it at the end. */
enum status postgres_forgets(struct engine *engine, struct error *error)
{
	(void)engine;
	(void)error;
	return STATUS_OK;
}

enum status postgres_scrub(struct engine *engine, struct error *error)
{
	return postgres_exec(engine, "VACUUM", error);
}

/* Pages and indexes are the server's to check (pg_amcheck); that each table can be read to its end is what the other checks do. */
enum status postgres_check(struct engine *engine, const struct engine_findings *findings, struct error *error)
{
	(void)engine;
	(void)findings;
	(void)error;
	return STATUS_OK;
}
