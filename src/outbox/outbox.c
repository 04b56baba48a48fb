/*
 * outbox.c - the front door: starts the clerk and the senders, wakes, reconfigures and ends them.
 *
 * Starting opens the clerk's connection to the store, so that a store that cannot be opened is told at once; a sender opens its own in its thread when it has
 * a mail (outbox_sender.c), and waits where it cannot (a reload adds senders while the database is away, too). Ending lets
 * what is being sent finish within STOP_US; what is not settled by then counts as "again later". May not decide about mails.
 */
#include "outbox_pool_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAKE_GAP_US    2000           /* between two looks for new rows, however often we are woken */
#define STOP_US        (8 * 1000000)  /* what is being sent may take that long when we stop */

static void sender_fini(struct sender *sender)
{
	outbox_smtp_free(&sender->smtp);
	store_close(&sender->store);
	arena_fini(&sender->scratch);
	buffer_fini(&sender->bytes);
	sender->started = sender->ended = false;
}

static enum status start(pthread_t *thread, void *(*run)(void *), void *context, struct error *error)
{
	int failed = thread_start(thread, run, context);

	return failed ? error_set(error, STATUS_TRY_LATER, "a thread of the outbox cannot be started: %s", strerror(failed)) : STATUS_OK;
}

/* With the lock held. */
static enum status sender_start(struct outbox *outbox, int index, struct error *error)
{
	struct sender *sender = &outbox->senders[index];
	enum status status;

	*sender = (struct sender){ .outbox = outbox, .index = index, .large = index == SENDER_OF_LARGE, .generation = outbox->generation };
	arena_init(&sender->scratch);
	buffer_init(&sender->bytes);
	if (!(sender->smtp = outbox_smtp_new(&outbox->stop_at, &outbox->connections)))
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	status = start(&sender->thread, outbox_sender_main, sender, error);
	if (status) {
		sender_fini(sender);
		return status;
	}
	sender->started = true;
	outbox->running++;
	return STATUS_OK;
}

/* Ends those that are too many and starts those that are missing. With the lock held. */
static enum status senders_adjust(struct outbox *outbox, struct error *error)
{
	int wanted = outbox->config->relay.senders;
	enum status status = STATUS_OK;

	wanted = wanted < 1 ? 1 : wanted > SENDERS_MOST ? SENDERS_MOST : wanted;
	outbox->wanted = wanted;
	for (int i = 0; i < (int)COUNT_OF(outbox->senders) && !status; i++) {
		struct sender *sender = &outbox->senders[i];
		bool needed = i < wanted || i == SENDER_OF_LARGE;

		if (sender->started && (sender->ended || !needed)) {
			outbox_wake_senders(outbox);
			pthread_mutex_unlock(&outbox->lock);
			pthread_join(sender->thread, NULL);
			pthread_mutex_lock(&outbox->lock);
			sender_fini(sender);
		}
		if (needed && !sender->started)
			status = sender_start(outbox, i, error);
	}
	return status;
}

static struct outbox *outbox_new(struct config *config, struct store_writer *writer)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	pthread_condattr_t monotonic;

	if (!outbox)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&outbox->senders_wake, &monotonic);
	pthread_cond_init(&outbox->large_wake, &monotonic);
	pthread_cond_init(&outbox->clerk_wake, &monotonic);
	pthread_cond_init(&outbox->written, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&outbox->lock, NULL);
	outbox_jobs_init(&outbox->ready);
	outbox_jobs_init(&outbox->done);
	outbox->config = config_ref(config);
	outbox->writer = writer;
	return outbox;
}

static void outbox_free(struct outbox **pointer)
{
	struct outbox *outbox = *pointer;

	for (struct job *job; (job = outbox_jobs_take(&outbox->ready));)
		outbox_job_free(job);
	for (int i = 0; i < (int)COUNT_OF(outbox->senders); i++)
		if (outbox->senders[i].started)
			sender_fini(&outbox->senders[i]);
	store_close(&outbox->store);
	store_close(&outbox->hints);
	config_unref(&outbox->config);
	free(outbox->busy);
	pthread_cond_destroy(&outbox->senders_wake);
	pthread_cond_destroy(&outbox->large_wake);
	pthread_cond_destroy(&outbox->clerk_wake);
	pthread_cond_destroy(&outbox->written);
	pthread_mutex_destroy(&outbox->lock);
	free(outbox);
	*pointer = NULL;
}

/* Says stop and waits for all threads that were started. */
static void end_threads(struct outbox *outbox, bool clerk)
{
	atomic_store(&outbox->stop_at, clock_monotonic_us() + STOP_US);
	pthread_mutex_lock(&outbox->lock);
	outbox->stopping = true;
	outbox_wake_senders(outbox);
	pthread_cond_broadcast(&outbox->clerk_wake);
	pthread_mutex_unlock(&outbox->lock);
	for (int i = 0; i < (int)COUNT_OF(outbox->senders); i++)
		if (outbox->senders[i].started)
			pthread_join(outbox->senders[i].thread, NULL);
	if (clerk)
		pthread_join(outbox->clerk, NULL);
	if (outbox->hears)
		pthread_join(outbox->hearer, NULL);
}

/* Where several gateways work on one database, one of them sends: the others tell it when they wrote something that waits. */
#define HEAR_MS 500

static void *hearer_main(void *context)
{
	struct outbox *outbox = context;

	while (!atomic_load(&outbox->stop_at)) {
		if (!store_hear(outbox->hints, HEAR_MS) || !store_lease_held())
			continue;
		outbox_wake(outbox);
	}
	return NULL;
}

static enum status hearer_start(struct outbox *outbox, const struct config *config, struct error *error)
{
	enum status status;

	if (store_is_alone(outbox->store))
		return STATUS_OK;
	status = store_open(config->state_dir, config->store_url, false, &outbox->hints, error);
	if (!status)
		status = start(&outbox->hearer, hearer_main, outbox, error);
	outbox->hears = !status;
	return status;
}

enum status outbox_start(struct config *config, struct store_writer *writer, struct outbox **pointer, struct error *error)
{
	struct outbox *outbox = outbox_new(config, writer);
	enum status status;

	*pointer = outbox;
	if (!outbox)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	status = store_open(config->state_dir, config->store_url, false, &outbox->store, error);
	if (!status) {
		outbox->one_in_doubt = !store_is_alone(outbox->store);
		pthread_mutex_lock(&outbox->lock);
		status = senders_adjust(outbox, error);
		pthread_mutex_unlock(&outbox->lock);
	}
	if (!status)
		status = hearer_start(outbox, config, error);
	if (!status)
		status = start(&outbox->clerk, outbox_clerk_main, outbox, error);
	if (status) {
		end_threads(outbox, false);
		outbox_free(pointer);
	}
	return status;
}

void outbox_stop(struct outbox **outbox)
{
	if (!*outbox)
		return;
	end_threads(*outbox, true);
	store_give_lease((*outbox)->store);
	outbox_free(outbox);
}

void outbox_wake(struct outbox *outbox)
{
	if (!outbox)
		return;
	pthread_mutex_lock(&outbox->lock);
	outbox->woken = true;
	if (outbox->fetch_at > outbox->fetched_at + WAKE_GAP_US) {
		outbox->fetch_at = outbox->fetched_at + WAKE_GAP_US;
		pthread_cond_signal(&outbox->clerk_wake);
	}
	pthread_mutex_unlock(&outbox->lock);
}

void outbox_reconfigure(struct outbox *outbox, struct config *config)
{
	struct config *old;
	struct error error;

	if (!outbox)
		return;
	pthread_mutex_lock(&outbox->lock);
	old = outbox->config;
	outbox->config = config_ref(config);
	outbox->generation++;
	outbox->pause_until = 0;                 /* the relay may be another one */
	if (senders_adjust(outbox, &error))
		log_event(LOG_ERROR, "outbox.trouble", "doing", "starting senders", "why", error.text, NULL);
	outbox_wake_senders(outbox);
	pthread_mutex_unlock(&outbox->lock);
	config_unref(&old);
}

void outbox_counters(struct outbox *outbox, struct outbox_counters *counters)
{
	*counters = (struct outbox_counters){ 0 };
	if (!outbox)
		return;
	counters->sent = atomic_load(&outbox->sent);
	counters->deferred = atomic_load(&outbox->deferred);
	counters->failed = atomic_load(&outbox->failed);
	counters->connections = atomic_load(&outbox->connections);
	counters->relay_troubles = atomic_load(&outbox->relay_troubles);
	pthread_mutex_lock(&outbox->lock);
	counters->in_flight = (int64_t)outbox->busy_count;
	pthread_mutex_unlock(&outbox->lock);
}
