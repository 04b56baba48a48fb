/*
 * daemon_worker.c - a thread for what can be done later: a store connection of its own (150 KB of tables and caches), a priority, and a round again and again until we stop.
 *
 * A worker may fall behind and it may die with the process: what it does can be done again. One whose database is away when it begins
 * waits for it: without the keeper no timer would ever fire, though mail goes in and out. The priority is the thread's nice value and no
 * more than that (SCHED_IDLE, say): all threads share one heap, and a thread that waits long for the processor with the heap's lock in
 * its hand would hold up every mail. Diagnostics: daemon.worker if one cannot start, or not yet.
 */
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon_private.h"

#define FIRST_ROUND_MS 1000
#define OPEN_AGAIN_MS 1000

static void trouble(const struct worker *worker, enum log_level level, const char *why)
{
	log_event(level, "daemon.worker", "worker", worker->name, "why", why, NULL);
}

bool daemon_wait(const struct daemon *daemon, int64_t ms)
{
	struct pollfd stop = {.fd = daemon->stop_fd, .events = POLLIN};
	poll(&stop, 1, (int)ms);
	return !daemon->stopping;
}

static enum status open_store(const struct worker *worker, struct store **store, struct error *error)
{
	struct config *config = daemon_config(worker->daemon);
	enum status status = store_open(config->state_dir, config->store_url, false, store, error);
	config_unref(&config);
	return status;
}

/* NULL: we stop. One line, however long it takes. */
static struct store *wait_for_store(const struct worker *worker)
{
	struct store *store = NULL;
	struct error error;
	for (int tries = 1; open_store(worker, &store, &error) != STATUS_OK; tries++) {
		if (tries == 1)
			trouble(worker, LOG_WARNING, error.text);
		if (!daemon_wait(worker->daemon, OPEN_AGAIN_MS))
			return NULL;
	}
	return store;
}

static void *worker_thread(void *argument)
{
	struct worker *worker = argument;
	struct store *store = worker->storeless ? NULL : wait_for_store(worker);
	if (!store && !worker->storeless)
		return NULL;
	if (worker->nice && setpriority(PRIO_PROCESS, (id_t)gettid(), worker->nice) != 0)        /* Linux: of this thread alone */
		trouble(worker, LOG_DEBUG, "the priority could not be lowered");
	for (int ms = FIRST_ROUND_MS; daemon_wait(worker->daemon, ms);)
		ms = worker->round(worker->daemon, store);
	store_close(&store);
	return NULL;
}

void daemon_worker_start(struct daemon *daemon, struct worker *worker)
{
	worker->daemon = daemon;
	worker->started = thread_start(&worker->thread, worker_thread, worker) == 0;
	if (!worker->started)
		trouble(worker, LOG_ERROR, "no thread");
}

void daemon_worker_stop(struct worker *worker)
{
	if (worker->started)
		pthread_join(worker->thread, NULL);
	worker->started = false;
}
