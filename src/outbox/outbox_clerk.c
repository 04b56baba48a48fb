/*
 * outbox_clerk.c - the clerk: takes due rows from the store, and writes results back, many in one commit.
 *
 * A row that was taken is `busy` until its result is committed: it is never with two senders, and never sent again because the store
 * was slow. A result that cannot be written (disk full, locked) is written again and again, and nothing is fetched meanwhile; only
 * if we stop, or if the store will never take it, it is left: the mail is then sent once more after the next start.
 * A result that comes late (outbox_result.c) is written nowhere. A row that was given back was not tried: it is no longer busy, and is looked for again, as the store has it then.
 * Log: outbox.sent, outbox.deferred, outbox.failed when that is committed, outbox.late when it does not count; outbox.trouble is our own store's.
 */
#include "outbox_pool_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WRITE_MOST     256            /* results in one batch */
#define RIDE_US        2000           /* that results wait for a mail that is written anyway; what is sent and not written is sent again if all ends here */
#define WRITE_TRIES    3              /* of a result: for reasons other than "try later", and when we stop */

/* ---- busy rows ---- */

static bool busy_add(struct outbox *outbox, int64_t id)
{
	if (outbox->busy_count == outbox->busy_room) {
		size_t room = outbox->busy_room ? 2 * outbox->busy_room : 2 * FETCH_MOST;
		int64_t *larger = realloc(outbox->busy, room * sizeof *larger);

		if (!larger)
			return false;
		outbox->busy = larger;
		outbox->busy_room = room;
	}
	outbox->busy[outbox->busy_count++] = id;
	return true;
}

static void busy_remove(struct outbox *outbox, int64_t id)
{
	for (size_t i = 0; i < outbox->busy_count; i++)
		if (outbox->busy[i] == id) {
			outbox->busy[i] = outbox->busy[--outbox->busy_count];
			return;
		}
}

/* ---- the clerk: rows in ---- */

static struct job *job_new(struct batch *batch, const struct outbox_row *row)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		return NULL;
	job->batch = batch;
	atomic_fetch_add(&batch->users, 1);
	job->outcome.row = *row;                         /* its strings and recipients are the batch's */
	arena_init(&job->outcome.arena);
	return job;
}

static void take_rows(struct outbox *outbox, struct batch *batch, const struct outbox_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct job *job = job_new(batch, &rows->at[i]);

		if (!job)
			return;                                  /* the others stay in the store */
		if (!busy_add(outbox, rows->at[i].id)) {
			outbox_job_free(job);
			return;
		}
		outbox_jobs_add(&outbox->ready, job);
	}
}

/* Called and left with the lock held. */
static void fetch(struct outbox *outbox)
{
	struct batch *batch = calloc(1, sizeof *batch);
	struct outbox_rows rows = { 0 };
	struct error error;
	bool woken = outbox->woken, ours;
	enum status status;

	outbox->woken = false;
	outbox->fetched_at = clock_monotonic_us();
	outbox->fetch_at = outbox->fetched_at + POLL_US;
	if (!batch)
		return;
	atomic_init(&batch->users, 1);
	arena_init(&batch->arena);
	pthread_mutex_unlock(&outbox->lock);     /* busy: only the clerk adds to it or takes away */
	ours = store_has_lease(outbox->store);
	batch->term = store_lease_term();        /* before they are read */
	if (!ours && woken)
		store_hint(outbox->store);
	status = !ours ? STATUS_OK               /* another gateway sends */
		: store_outbox_due(outbox->store, &batch->arena, clock_now(), &outbox->lane, &(struct outbox_busy){ outbox->busy, outbox->busy_count }, FETCH_MOST,
		                   &rows, &error);
	if (!status && rows.count)
		status = store_durable(outbox->store, &error);   /* what goes out cannot be taken back */
	pthread_mutex_lock(&outbox->lock);
	if (status)
		log_event(LOG_WARNING, "outbox.trouble", "doing", "looking for due mail", "why", error.text, NULL);
	else
		take_rows(outbox, batch, &rows);
	if (rows.count == FETCH_MOST)
		outbox->fetch_at = outbox->fetched_at;
	if (rows.count)
		outbox_wake_sender(outbox);
	outbox_batch_unuse(batch);
}

/* ---- the clerk: results out ---- */

static void log_outcome(const struct outcome *outcome)
{
	static const char *const events[] = { "", "outbox.sent", "outbox.deferred", "outbox.failed" };
	const struct outbox_row *row = &outcome->row;

	for (size_t i = 0; i < row->recipients.count; i++) {
		enum delivery delivery = outcome->result.now[i];

		if (delivery == DELIVERY_NONE)
			continue;
		log_event(delivery == DELIVERY_SENT ? LOG_INFO : delivery == DELIVERY_RETRY ? LOG_NOTICE : LOG_WARNING, events[delivery],
		          "id", row->outgoing.trace, "outbox", LOG_NUMBER(row->id), "ticket", LOG_NUMBER(row->ticket),
		          "to", row->recipients.at[i].address, "template", row->outgoing.template,
		          "message_id", row->outgoing.message_id, "attempts", LOG_NUMBER(row->attempts),
		          "reply", row->recipients.at[i].reply, NULL);
	}
}

static void count_outcome(struct outbox *outbox, const struct outcome *outcome)
{
	if (outcome->result.failed)
		atomic_fetch_add(&outbox->failed, 1);
	else if (outcome->result.retried)
		atomic_fetch_add(&outbox->deferred, 1);
	else
		atomic_fetch_add(&outbox->sent, 1);
}

/* What stands in the row was said by somebody else, unless it is what we wrote ourselves, and the answer to that was lost. */
static bool is_another_ones(const struct outcome *outcome)
{
	return outcome->late && outcome->tries == 0;
}

static void log_late(const struct outcome *outcome)
{
	const struct outbox_row *row = &outcome->row;

	log_event(LOG_NOTICE, "outbox.late", "id", row->outgoing.trace, "outbox", LOG_NUMBER(row->id), "ticket", LOG_NUMBER(row->ticket), "reply", row->last_reply, NULL);
}

/* True: it is settled, one way or the other. False: to be written again. */
static bool settle(struct outbox *outbox, struct job *job, enum status status, const struct error *error)
{
	struct outcome *outcome = &job->outcome;

	if (status == STATUS_OK && is_another_ones(outcome)) {
		log_late(outcome);
		return true;
	}
	if (status == STATUS_OK) {
		log_outcome(outcome);
		count_outcome(outbox, outcome);
		return true;
	}
	/* One line a mail, not one a try: what holds the store up may last. */
	if (++outcome->tries == 1 || status != STATUS_TRY_LATER)
		log_event(LOG_ERROR, "outbox.trouble", "doing", "writing a result", "id", outcome->row.outgoing.trace, "outbox",
		          LOG_NUMBER(outcome->row.id), "tries", LOG_NUMBER(outcome->tries), "why", error->text, NULL);
	if (outcome->tries < WRITE_TRIES || (status == STATUS_TRY_LATER && !outbox->stopping))
		return false;
	/* The plan that tells an agent cannot be applied: keep at least the result, or the mail would be sent for ever. */
	if (outcome->result.failed && !outcome->quietly) {
		outcome->quietly = true;
		return false;
	}
	return true;                             /* it stays busy, so that it is not sent again before a restart */
}

static void take_back(struct outbox *outbox, struct job *job)
{
	busy_remove(outbox, job->outcome.row.id);
	outbox_job_free(job);
	outbox->lane.beside = true;              /* what is new of its ticket waits for it */
	outbox->fetch_at = clock_monotonic_us() + POLL_US;
}

/* Called and left with the lock held. Writes all that is done, and again what could not be written. */
static void write_results(struct outbox *outbox)
{
	struct job *jobs[WRITE_MOST];
	void *contexts[WRITE_MOST];
	enum status statuses[WRITE_MOST];
	static struct error errors[WRITE_MOST];  /* large; there is one clerk */
	size_t count = 0, again = 0;
	bool told = false;

	while (count < WRITE_MOST && (jobs[count] = outbox_jobs_take(&outbox->done))) {
		if (jobs[count]->given_back) {
			take_back(outbox, jobs[count]);
			continue;
		}
		contexts[count] = &jobs[count]->outcome;
		count++;
	}
	if (!count)
		return;
	pthread_mutex_unlock(&outbox->lock);
	/* With the next mail's commit, if one comes; not where a sender waits for what he sent last to be on disk. */
	store_write_along(outbox->writer, outbox->one_in_doubt || outbox->stopping ? 0 : RIDE_US, outbox_outcome_rehearse, outbox_outcome_write, contexts, count, statuses, errors);
	pthread_mutex_lock(&outbox->lock);
	for (size_t i = 0; i < count; i++) {
		told |= statuses[i] == STATUS_OK && jobs[i]->outcome.told;
		if (!settle(outbox, jobs[i], statuses[i], &errors[i])) {
			outbox_jobs_add(&outbox->done, jobs[i]);
			again++;
			continue;
		}
		if (statuses[i] == STATUS_OK)
			busy_remove(outbox, jobs[i]->outcome.row.id);
		if (jobs[i]->sender)
			jobs[i]->sender->in_doubt = false;
		outbox_job_free(jobs[i]);
	}
	if (outbox->one_in_doubt)
		pthread_cond_broadcast(&outbox->written);
	if (told)
		outbox->fetch_at = 0;
	if (again == count)                              /* nothing can be written: do not spin */
		outbox_pool_wait(outbox, &outbox->clerk_wake, clock_monotonic_us() + (outbox->stopping ? 200000 : POLL_US));
}

void *outbox_clerk_main(void *context)
{
	struct outbox *outbox = context;

	outbox_pool_stand_back(OUT_NICE);
	pthread_mutex_lock(&outbox->lock);
	for (;;) {
		if (outbox->done.count)
			write_results(outbox);
		else if (outbox->stopping && !outbox->running)
			break;
		else if (!outbox->stopping && outbox_has_room(outbox) && clock_monotonic_us() >= outbox->fetch_at)
			fetch(outbox);
		else if (outbox->stopping || !outbox_has_room(outbox))
			outbox_pool_wait(outbox, &outbox->clerk_wake, clock_monotonic_us() + POLL_US);
		else
			outbox_pool_wait(outbox, &outbox->clerk_wake, outbox->fetch_at);
	}
	pthread_mutex_unlock(&outbox->lock);
	return NULL;
}

