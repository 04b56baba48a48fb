/*
 * outbox.c - the clerk and the senders. The clerk takes due rows from the store and writes results back, many in one commit; each
 * sender renders a row and sends it over the connection that it keeps.
 *
 * A row that was taken is `busy` until its result is committed: it is never with two senders, and never sent again because the
 * store was slow. When the relay cannot be used, one row pays for the finding out with an attempt; all senders then keep quiet
 * for a growing pause, and one of them tries first (a probe). A sender that alone gets no connection, while others have one, puts
 * its row back and rests: relays bound the connections of one client.
 * Log: outbox.sent, outbox.deferred, outbox.failed, outbox.relay_trouble, outbox.relay_back, outbox.trouble (our own store).
 */
#include "outbox_private.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCH_MOST     256            /* rows taken from the store at once */
#define READY_LOW      128            /* fetch again below that many */
#define WRITE_MOST     256            /* results in one batch */
#define SENDERS_MOST   64
#define POLL_US        1000000        /* rows that nobody wakes us for: time came, the command line */
#define WAKE_GAP_US    2000           /* between two looks for new rows, however often we are woken */
#define IDLE_US        (10 * 1000000) /* a connection without mail is closed */
#define REST_US        (5 * 1000000)  /* of a sender that got no connection while others have one */
#define STOP_US        (8 * 1000000)  /* what is being sent may take that long when we stop */
#define WRITE_TRIES    3              /* of a result: for reasons other than "try later", and when we stop */
#define BUFFER_KEPT    (1024 * 1024)  /* bytes of a rendered mail's buffer that are kept for the next */

/* Rows that were fetched together share their memory. */
struct batch { struct arena arena; _Atomic size_t users; };
struct job { struct job *next; struct batch *batch; struct config *config; struct outcome outcome; };
struct jobs { struct job *first, **last; size_t count; };

struct sender {
	struct outbox *outbox;
	pthread_t thread;
	int index;
	bool started, ended, connected, probes;
	int64_t rest_until;
	unsigned generation;                     /* of the configuration that the connection belongs to */
	struct smtp *smtp;
	struct store *store;
	struct arena scratch;
	struct buffer bytes;
};

struct outbox {
	pthread_mutex_t lock;                    /* all that follows */
	pthread_cond_t senders_wake, clerk_wake;
	struct config *config;
	unsigned generation;
	struct jobs ready, done;
	int64_t *busy; size_t busy_count, busy_room;
	int64_t fetch_at, fetched_at;            /* monotonic us */
	int troubles; int64_t pause_until; bool probing;
	int connected, running;
	bool stopping;
	struct sender senders[SENDERS_MOST]; int wanted;
	struct store_writer *writer;             /* from here: set once */
	struct store *store;                     /* the clerk's */
	pthread_t clerk;
	_Atomic int64_t stop_at, connections, sent, deferred, failed, relay_troubles;
};

/* ---- small things ---- */

static void jobs_init(struct jobs *jobs)
{
	*jobs = (struct jobs){ .last = &jobs->first };
}

static void jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
	jobs->count++;
}

static void jobs_add_first(struct jobs *jobs, struct job *job)
{
	job->next = jobs->first;
	if (!jobs->first)
		jobs->last = &job->next;
	jobs->first = job;
	jobs->count++;
}

static struct job *jobs_take(struct jobs *jobs)
{
	struct job *job = jobs->first;

	if (job) {
		jobs->first = job->next;
		if (!jobs->first)
			jobs->last = &jobs->first;
		jobs->count--;
	}
	return job;
}

static void batch_unuse(struct batch *batch)
{
	if (atomic_fetch_sub(&batch->users, 1) == 1) {
		arena_fini(&batch->arena);
		free(batch);
	}
}

static void job_free(struct job *job)
{
	arena_fini(&job->outcome.arena);
	config_unref(&job->config);
	batch_unuse(job->batch);
	free(job);
}

static void wait_until(struct outbox *outbox, pthread_cond_t *condition, int64_t us)
{
	struct timespec when = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	pthread_cond_timedwait(condition, &outbox->lock, &when);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

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
			job_free(job);
			return;
		}
		jobs_add(&outbox->ready, job);
	}
}

/* Called and left with the lock held. */
static void fetch(struct outbox *outbox)
{
	struct batch *batch = calloc(1, sizeof *batch);
	struct outbox_rows rows = { 0 };
	struct error error;
	enum status status;

	outbox->fetched_at = clock_monotonic_us();
	outbox->fetch_at = outbox->fetched_at + POLL_US;
	if (!batch)
		return;
	atomic_init(&batch->users, 1);
	arena_init(&batch->arena);
	pthread_mutex_unlock(&outbox->lock);     /* busy: only the clerk adds to it or takes away */
	status = store_outbox_due(outbox->store, &batch->arena, clock_now(), outbox->busy, outbox->busy_count, FETCH_MOST, &rows, &error);
	pthread_mutex_lock(&outbox->lock);
	if (status)
		log_event(LOG_WARNING, "outbox.trouble", "doing", "looking for due mail", "why", error.text, NULL);
	else
		take_rows(outbox, batch, &rows);
	if (rows.count == FETCH_MOST)
		outbox->fetch_at = outbox->fetched_at;
	if (rows.count)
		pthread_cond_broadcast(&outbox->senders_wake);
	batch_unuse(batch);
}

/* ---- the clerk: results out ---- */

static void log_outcome(const struct outcome *outcome)
{
	static const char *const events[] = { "", "outbox.sent", "outbox.deferred", "outbox.failed" };
	const struct outbox_row *row = &outcome->row;

	for (size_t i = 0; i < row->recipients.count; i++) {
		enum fate fate = outcome->result.now[i];

		if (fate == FATE_NONE)
			continue;
		log_event(fate == FATE_SENT ? LOG_INFO : fate == FATE_RETRY ? LOG_NOTICE : LOG_WARNING, events[fate],
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

/* True: it is settled, one way or the other. False: to be written again. */
static bool settle(struct outbox *outbox, struct job *job, enum status status, const struct error *error)
{
	struct outcome *outcome = &job->outcome;

	if (status == STATUS_OK) {
		log_outcome(outcome);
		count_outcome(outbox, outcome);
		return true;
	}
	outcome->tries++;
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

/* Called and left with the lock held. Writes all that is done, and again what could not be written. */
static void write_results(struct outbox *outbox)
{
	struct job *jobs[WRITE_MOST];
	void *contexts[WRITE_MOST];
	enum status statuses[WRITE_MOST];
	static struct error errors[WRITE_MOST];  /* large; there is one clerk */
	size_t count = 0, again = 0;
	bool told = false;

	while (count < WRITE_MOST && (jobs[count] = jobs_take(&outbox->done))) {
		contexts[count] = &jobs[count]->outcome;
		count++;
	}
	pthread_mutex_unlock(&outbox->lock);
	store_write_all(outbox->writer, outcome_write, contexts, count, statuses, errors);
	pthread_mutex_lock(&outbox->lock);
	for (size_t i = 0; i < count; i++) {
		told |= statuses[i] == STATUS_OK && jobs[i]->outcome.told;
		if (!settle(outbox, jobs[i], statuses[i], &errors[i])) {
			jobs_add(&outbox->done, jobs[i]);
			again++;
			continue;
		}
		if (statuses[i] == STATUS_OK)
			busy_remove(outbox, jobs[i]->outcome.row.id);
		job_free(jobs[i]);
	}
	if (told)
		outbox->fetch_at = 0;
	if (again == count)                              /* nothing can be written: do not spin */
		wait_until(outbox, &outbox->clerk_wake, clock_monotonic_us() + (outbox->stopping ? 200000 : POLL_US));
}

static void *clerk_main(void *context)
{
	struct outbox *outbox = context;

	pthread_mutex_lock(&outbox->lock);
	for (;;) {
		if (outbox->done.count)
			write_results(outbox);
		else if (outbox->stopping && !outbox->running)
			break;
		else if (!outbox->stopping && outbox->ready.count < READY_LOW && clock_monotonic_us() >= outbox->fetch_at)
			fetch(outbox);
		else if (outbox->stopping || outbox->ready.count >= READY_LOW)
			wait_until(outbox, &outbox->clerk_wake, clock_monotonic_us() + POLL_US);
		else
			wait_until(outbox, &outbox->clerk_wake, outbox->fetch_at);
	}
	pthread_mutex_unlock(&outbox->lock);
	return NULL;
}

/* ---- a sender: one row ---- */

static size_t waiting(const struct outbox_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < row->recipients.count; i++)
		count += row->recipients.at[i].state == OUTBOX_WAITING;
	return count;
}

static void letter_of(struct arena *arena, const struct outbox_row *row, const struct config *config, const struct buffer *bytes,
                      struct letter *letter, struct attempt *attempt)
{
	const char **recipients = ARENA_ARRAY(arena, const char *, attempt->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < row->recipients.count; i++)
		if (row->recipients.at[i].state == OUTBOX_WAITING) {
			recipients[count] = row->recipients.at[i].address;
			if (!mail_address_usable(recipients[count])) {
				attempt->at[count].fate = FATE_FAILED;
				attempt->at[count].reply = "553 5.1.3 not an address that mail can be sent to";
			}
			count++;
		}
	*letter = (struct letter){ .envelope_from = row->outgoing.envelope_from ? row->outgoing.envelope_from : "",
	                           .recipients = recipients, .count = count, .bytes = bytes->at, .length = bytes->length };
	if (*letter->envelope_from && !mail_address_usable(letter->envelope_from))
		letter->envelope_from = "";
	letter->name = arena_printf(arena, "%010lld.M%09lldQ%s.%s", (long long)(row->created / 1000), (long long)row->id,
	                            row->outgoing.trace ? row->outgoing.trace : "", *config->policy.domain ? config->policy.domain : "sportello");
}

static bool someone_left(const struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++)
		if (attempt->at[i].fate == FATE_NONE)
			return true;
	return false;
}

static void transmit(struct sender *sender, struct job *job, struct attempt *attempt)
{
	const struct config *config = job->config;
	struct letter letter;

	letter_of(&sender->scratch, &job->outcome.row, config, &sender->bytes, &letter, attempt);
	if (!someone_left(attempt))
		return;
	if (config->relay.kind == RELAY_MAILDIR)
		maildir_send(config->relay.path, &letter, attempt);
	else
		smtp_send(sender->smtp, &config->relay, &letter, attempt);
	attempt->relay_reached = !attempt->relay_trouble;
}

static void render_and_send(struct sender *sender, struct job *job, struct attempt *attempt)
{
	struct outcome *outcome = &job->outcome;
	const struct config *config = job->config;
	const char *text;
	struct error error;
	enum status status;

	buffer_reset(&sender->bytes);
	arena_reset(&sender->scratch);
	status = render_row(sender->store, &config->policy, &config->templates, &sender->scratch, &outcome->row, &sender->bytes, &text, &error);
	if (status) {
		attempt_rest(attempt, status == STATUS_BAD_INPUT ? FATE_FAILED : FATE_RETRY,
		             arena_printf(&outcome->arena, "the mail cannot be written: %s", error.text));
		return;
	}
	if (outcome->row.outgoing.seq)
		outcome->rendered_text = arena_string(&outcome->arena, text);
	transmit(sender, job, attempt);
	if (sender->bytes.room > BUFFER_KEPT)
		buffer_fini(&sender->bytes);
}

/* ---- a sender: the relay's health, with the lock held ---- */

static void relay_works(struct outbox *outbox)
{
	if (!outbox->troubles)
		return;
	log_event(LOG_NOTICE, "outbox.relay_back", "relay", outbox->config->relay.url, "after", LOG_NUMBER(outbox->troubles), NULL);
	outbox->troubles = 0;
	outbox->pause_until = 0;
	pthread_cond_broadcast(&outbox->senders_wake);
}

static void relay_fails(struct outbox *outbox, const char *why)
{
	int pause = judge_pause(++outbox->troubles);

	outbox->pause_until = clock_monotonic_us() + (int64_t)pause * 1000000;
	atomic_fetch_add(&outbox->relay_troubles, 1);
	log_event(LOG_ERROR, "outbox.relay_trouble", "relay", outbox->config->relay.url, "why", why, "times",
	          LOG_NUMBER(outbox->troubles), "pause_seconds", LOG_NUMBER(pause), NULL);
}

static void note_connection(struct sender *sender)
{
	bool connected = sender->smtp && smtp_connected(sender->smtp);

	sender->outbox->connected += (int)connected - (int)sender->connected;
	sender->connected = connected;
}

/* After an attempt. False: the row goes back, as if it had never been taken. */
static bool note_health(struct sender *sender, const struct attempt *attempt)
{
	struct outbox *outbox = sender->outbox;

	if (sender->probes)
		outbox->probing = sender->probes = false;
	note_connection(sender);
	if (attempt->relay_reached)
		relay_works(outbox);
	if (!attempt->relay_trouble)
		return true;
	if (outbox->connected) {
		sender->rest_until = clock_monotonic_us() + REST_US;
		return false;
	}
	relay_fails(outbox, attempt->count ? attempt->at[attempt->count - 1].reply : "");
	return true;
}

/* ---- a sender: its life ---- */

static bool may_try(const struct sender *sender, int64_t now)
{
	const struct outbox *outbox = sender->outbox;

	return now >= outbox->pause_until && now >= sender->rest_until && !(outbox->troubles && outbox->probing);
}

static struct job *take_job(struct sender *sender)
{
	struct outbox *outbox = sender->outbox;
	struct job *job = jobs_take(&outbox->ready);

	job->config = config_ref(outbox->config);
	job->outcome.config = job->config;
	if (outbox->troubles)
		outbox->probing = sender->probes = true;
	if (outbox->ready.count < READY_LOW)
		pthread_cond_signal(&outbox->clerk_wake);
	if (sender->generation != outbox->generation) {
		sender->generation = outbox->generation;
		pthread_mutex_unlock(&outbox->lock);
		smtp_hang_up(sender->smtp);
		pthread_mutex_lock(&outbox->lock);
		note_connection(sender);
	}
	return job;
}

/* Waits for something to do; meanwhile an idle connection is closed. */
static void sender_wait(struct sender *sender, int64_t *idle_since)
{
	struct outbox *outbox = sender->outbox;
	int64_t now = clock_monotonic_us(), until = now + 60 * (int64_t)1000000;

	if (sender->connected && now >= *idle_since + IDLE_US) {
		pthread_mutex_unlock(&outbox->lock);
		smtp_hang_up(sender->smtp);
		pthread_mutex_lock(&outbox->lock);
		note_connection(sender);
		return;
	}
	if (sender->connected)
		until = earlier(until, *idle_since + IDLE_US);
	if (outbox->ready.count && outbox->pause_until > now)
		until = earlier(until, outbox->pause_until);
	if (outbox->ready.count && sender->rest_until > now)
		until = earlier(until, sender->rest_until);
	wait_until(outbox, &outbox->senders_wake, until);
}

static void do_job(struct sender *sender, struct job *job)
{
	struct outbox *outbox = sender->outbox;
	struct outcome *outcome = &job->outcome;
	struct attempt attempt;

	pthread_mutex_unlock(&outbox->lock);
	attempt_init(&attempt, &outcome->arena, waiting(&outcome->row));
	render_and_send(sender, job, &attempt);
	pthread_mutex_lock(&outbox->lock);
	if (!note_health(sender, &attempt)) {
		config_unref(&job->config);
		jobs_add_first(&outbox->ready, job);
		pthread_cond_broadcast(&outbox->senders_wake);
		return;
	}
	judge_row(&outcome->arena, &outcome->row, &attempt, clock_now(), (int64_t)job->config->relay.give_up_hours * 60 * 60 * 1000,
	          &outcome->result);
	jobs_add(&outbox->done, job);
	pthread_cond_signal(&outbox->clerk_wake);
	if (attempt.relay_trouble)
		pthread_cond_broadcast(&outbox->senders_wake);
}

static void *sender_main(void *context)
{
	struct sender *sender = context;
	struct outbox *outbox = sender->outbox;
	int64_t idle_since = clock_monotonic_us();

	pthread_mutex_lock(&outbox->lock);
	while (!outbox->stopping && sender->index < outbox->wanted) {
		if (!outbox->ready.count || !may_try(sender, clock_monotonic_us())) {
			sender_wait(sender, &idle_since);
			continue;
		}
		do_job(sender, take_job(sender));
		idle_since = clock_monotonic_us();
	}
	pthread_mutex_unlock(&outbox->lock);
	smtp_free(&sender->smtp);
	pthread_mutex_lock(&outbox->lock);
	note_connection(sender);
	sender->ended = true;
	outbox->running--;
	pthread_cond_signal(&outbox->clerk_wake);
	pthread_mutex_unlock(&outbox->lock);
	return NULL;
}

/* ---- starting and ending ---- */

static void sender_fini(struct sender *sender)
{
	smtp_free(&sender->smtp);
	store_close(&sender->store);
	arena_fini(&sender->scratch);
	buffer_fini(&sender->bytes);
	sender->started = sender->ended = false;
}

static enum status thread_start(pthread_t *thread, void *(*run)(void *), void *context, struct error *error)
{
	pthread_attr_t attributes;
	int failed;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	failed = pthread_create(thread, &attributes, run, context);
	pthread_attr_destroy(&attributes);
	return failed ? error_set(error, STATUS_TRY_LATER, "a thread of the outbox cannot be started: %s", strerror(failed)) : STATUS_OK;
}

/* With the lock held. */
static enum status sender_start(struct outbox *outbox, int index, struct error *error)
{
	struct sender *sender = &outbox->senders[index];
	enum status status;

	*sender = (struct sender){ .outbox = outbox, .index = index, .generation = outbox->generation };
	arena_init(&sender->scratch);
	buffer_init(&sender->bytes);
	if (!(sender->smtp = smtp_new(&outbox->stop_at, &outbox->connections)))
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	status = store_open(outbox->config->state_dir, false, &sender->store, error);
	if (!status)
		status = thread_start(&sender->thread, sender_main, sender, error);
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
	for (int i = 0; i < SENDERS_MOST && !status; i++) {
		struct sender *sender = &outbox->senders[i];

		if (sender->started && (sender->ended || i >= wanted)) {
			pthread_cond_broadcast(&outbox->senders_wake);
			pthread_mutex_unlock(&outbox->lock);
			pthread_join(sender->thread, NULL);
			pthread_mutex_lock(&outbox->lock);
			sender_fini(sender);
		}
		if (i < wanted && !sender->started)
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
	pthread_cond_init(&outbox->clerk_wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&outbox->lock, NULL);
	jobs_init(&outbox->ready);
	jobs_init(&outbox->done);
	outbox->config = config_ref(config);
	outbox->writer = writer;
	return outbox;
}

static void outbox_free(struct outbox **pointer)
{
	struct outbox *outbox = *pointer;

	for (struct job *job; (job = jobs_take(&outbox->ready));)
		job_free(job);
	for (int i = 0; i < SENDERS_MOST; i++)
		if (outbox->senders[i].started)
			sender_fini(&outbox->senders[i]);
	store_close(&outbox->store);
	config_unref(&outbox->config);
	free(outbox->busy);
	pthread_cond_destroy(&outbox->senders_wake);
	pthread_cond_destroy(&outbox->clerk_wake);
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
	pthread_cond_broadcast(&outbox->senders_wake);
	pthread_cond_broadcast(&outbox->clerk_wake);
	pthread_mutex_unlock(&outbox->lock);
	for (int i = 0; i < SENDERS_MOST; i++)
		if (outbox->senders[i].started)
			pthread_join(outbox->senders[i].thread, NULL);
	if (clerk)
		pthread_join(outbox->clerk, NULL);
}

enum status outbox_start(struct config *config, struct store_writer *writer, struct outbox **pointer, struct error *error)
{
	struct outbox *outbox = outbox_new(config, writer);
	enum status status;

	*pointer = outbox;
	if (!outbox)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	status = store_open(config->state_dir, false, &outbox->store, error);
	if (!status) {
		pthread_mutex_lock(&outbox->lock);
		status = senders_adjust(outbox, error);
		pthread_mutex_unlock(&outbox->lock);
	}
	if (!status)
		status = thread_start(&outbox->clerk, clerk_main, outbox, error);
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
	outbox_free(outbox);
}

void outbox_wake(struct outbox *outbox)
{
	if (!outbox)
		return;
	pthread_mutex_lock(&outbox->lock);
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
	pthread_cond_broadcast(&outbox->senders_wake);
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
