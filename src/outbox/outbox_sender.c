/*
 * outbox_sender.c - a sender's life: takes a row, has it written and handed over (outbox_attempt.c), judges what came of it.
 *
 * When the relay cannot be used, the rows that found it out pay with an attempt; all senders then keep quiet for a growing pause,
 * and one of them tries first (a probe). A sender that alone gets no connection, while others have one, puts its row back and
 * rests: relays bound the connections of one client. An idle connection is closed, so that the relay need not.
 * Where the store cannot be read, no mail pays for it: the row, and all others that were taken, go back to the store as they were, and the sender rests for a moment.
 * So they do where another gateway sends now, or sent while they waited here (a relay's pause can last longer than a lease). A mail on its way is
 * looked at once more, before its final dot (outbox_smtp.c).
 * Where the store is ours alone, and opening it costs a millisecond, a sender has a connection to it only while there is mail for it: with its tables and caches each takes 150 KB,
 * and most desks need one sender most of the time. A store that others use too stays open, since its server has to be asked for a connection.
 * Log: outbox.relay_trouble with the pause that follows, outbox.relay_back; outbox.trouble once when the store cannot be read.
 */
#include "outbox_pool_private.h"

#include <string.h>

#define IDLE_US        (10 * 1000000) /* a connection without mail is closed */
#define REST_US        (5 * 1000000)  /* of a sender that got no connection while others have one */
#define STORE_REST_US  (1 * 1000000)  /* of a sender that cannot read the store */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- the relay's health, with the lock held ---- */

static void rest(struct sender *sender, int64_t us)
{
	sender->rest_until = clock_monotonic_us() + us;
	if (sender->outbox->rests_until < sender->rest_until)
		sender->outbox->rests_until = sender->rest_until;
}

static void relay_works(struct outbox *outbox)
{
	if (!outbox->troubles)
		return;
	log_event(LOG_NOTICE, "outbox.relay_back", "relay", outbox->config->relay.url, "after", LOG_NUMBER(outbox->troubles), NULL);
	outbox->troubles = 0;
	outbox->pause_until = 0;
	outbox_wake_senders(outbox);
}

static void relay_fails(struct outbox *outbox, const char *why)
{
	int pause = outbox_judge_pause(++outbox->troubles);

	outbox->pause_until = clock_monotonic_us() + (int64_t)pause * 1000000;
	atomic_fetch_add(&outbox->relay_troubles, 1);
	log_event(LOG_ERROR, "outbox.relay_trouble", "relay", outbox->config->relay.url, "why", why, "times",
	          LOG_NUMBER(outbox->troubles), "pause_seconds", LOG_NUMBER(pause), NULL);
}

static void note_connection(struct sender *sender)
{
	bool connected = sender->smtp && outbox_smtp_connected(sender->smtp);

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
		rest(sender, REST_US);
		return false;
	}
	relay_fails(outbox, attempt->count ? attempt->at[attempt->count - 1].reply : "");
	return true;
}

/* ---- the store's, with the lock held ---- */

static void note_store(struct sender *sender, const struct attempt *attempt)
{
	struct outbox *outbox = sender->outbox;

	if (attempt->store_trouble) {
		rest(sender, STORE_REST_US);
		if (!outbox->store_gone)         /* one line, not one a mail */
			log_event(LOG_WARNING, "outbox.trouble", "doing", "writing a mail", "why", attempt->store_trouble, NULL);
	}
	outbox->store_gone = attempt->store_trouble != NULL;
}

/* With all that wait here: they keep their order, and what another gateway did with them meanwhile is seen when they are taken again. */
static void give_back(struct outbox *outbox, struct job *job)
{
	for (; job; job = outbox_jobs_take(&outbox->ready)) {
		job->given_back = true;
		outbox_jobs_add(&outbox->done, job);
	}
	outbox->large_ready = 0;
	pthread_cond_signal(&outbox->clerk_wake);
}

/* ---- its life ---- */

static bool may_try(const struct sender *sender, int64_t now)
{
	const struct outbox *outbox = sender->outbox;

	return now >= outbox->pause_until && now >= sender->rest_until && !(outbox->troubles && outbox->probing);
}

/* What one act tells in two mails arrives in their order: while a mail of a ticket is on its way, the next one waits. Large mails have a sender
 * of their own. */
static bool is_next(const void *context, const struct job *job)
{
	const struct sender *sender = context;
	const struct outbox *outbox = sender->outbox;

	if (job->heavy != sender->large)
		return false;
	for (int i = 0; job->outcome.row.ticket && i < (int)COUNT_OF(outbox->senders); i++)
		if (outbox->senders[i].ticket == job->outcome.row.ticket)
			return false;
	return true;
}

/* The clerk has something to do. He is woken when the lock is about to be free: or he would wait for it at once. */
static void tell_clerk(struct sender *sender)
{
	if (sender->tells_clerk)
		pthread_cond_signal(&sender->outbox->clerk_wake);
	sender->tells_clerk = false;
}

/* Who takes a job wakes the next sender where there is one more to take: a lone mail wakes one, and what follows it on its ticket nobody. */
static void pass_on(struct sender *sender)
{
	if (sender->outbox->idle && outbox_jobs_have(&sender->outbox->ready, is_next, sender))
		outbox_wake_sender(sender->outbox);
}

/* NULL: there is none that may be sent now. */
static struct job *take_job(struct sender *sender)
{
	struct outbox *outbox = sender->outbox;
	bool full = !outbox_has_room(outbox);
	struct job *job = outbox_jobs_take_if(&outbox->ready, is_next, sender);

	if (!job)
		return NULL;
	outbox->large_ready -= job->heavy;
	sender->ticket = job->outcome.row.ticket;
	if (!sender->large)
		pass_on(sender);
	job->config = config_ref(outbox->config);
	job->outcome.config = job->config;
	if (outbox->troubles)
		outbox->probing = sender->probes = true;
	sender->tells_clerk |= full && outbox_has_room(outbox);
	if (sender->generation != outbox->generation) {
		sender->generation = outbox->generation;
		pthread_mutex_unlock(&outbox->lock);
		outbox_smtp_hang_up(sender->smtp);
		pthread_mutex_lock(&outbox->lock);
		note_connection(sender);
	}
	return job;
}

/* What it has open and written is of no use while it has nothing to do, or while all keep quiet. */
static bool lets_go(const struct sender *sender, int64_t now, int64_t idle_since)
{
	const struct outbox *outbox = sender->outbox;

	return sender->store && !outbox->one_in_doubt && (now >= idle_since + IDLE_US || outbox->pause_until > now);
}

static void let_go(struct sender *sender)
{
	pthread_mutex_unlock(&sender->outbox->lock);
	store_close(&sender->store);
	arena_fini(&sender->scratch);
	buffer_fini(&sender->bytes);
	pthread_mutex_lock(&sender->outbox->lock);
}

/* Waits for something to do; meanwhile what is idle is closed: the connection, and that to the store. */
static void sender_wait(struct sender *sender, int64_t *idle_since)
{
	struct outbox *outbox = sender->outbox;
	int64_t now = clock_monotonic_us(), until = now + 60 * (int64_t)1000000;

	tell_clerk(sender);
	if (lets_go(sender, now, *idle_since)) {
		let_go(sender);
		return;
	}
	if (sender->connected && now >= *idle_since + IDLE_US) {
		pthread_mutex_unlock(&outbox->lock);
		outbox_smtp_hang_up(sender->smtp);
		pthread_mutex_lock(&outbox->lock);
		note_connection(sender);
		return;
	}
	if (sender->connected || (sender->store && !outbox->one_in_doubt))
		until = earlier(until, *idle_since + IDLE_US);
	if (outbox->ready.count && outbox->pause_until > now)
		until = earlier(until, outbox->pause_until);
	if (outbox->ready.count && sender->rest_until > now)
		until = earlier(until, sender->rest_until);
	outbox->idle += !sender->large;
	outbox_pool_wait(outbox, sender->large ? &outbox->large_wake : &outbox->senders_wake, until);
	outbox->idle -= !sender->large;
}

static void do_job(struct sender *sender, struct job *job)
{
	struct outbox *outbox = sender->outbox;
	struct outcome *outcome = &job->outcome;
	struct attempt attempt;

	pthread_mutex_unlock(&outbox->lock);
	tell_clerk(sender);
	outcome->began = clock_now();
	bool done = outbox_attempt_row(sender, job, &attempt);
	pthread_mutex_lock(&outbox->lock);
	sender->ticket = 0;
	job->heavy |= !done;
	if (sender->large && outbox->ready.count)        /* one may have waited for this; else it is ours to take */
		outbox_wake_sender(outbox);
	if (outbox->large_ready)
		pthread_cond_signal(&outbox->large_wake);
	bool healthy = note_health(sender, &attempt);
	note_store(sender, &attempt);
	if (attempt.store_trouble || attempt.not_ours) {
		give_back(outbox, job);
		return;
	}
	if (!healthy || !done) {
		config_unref(&job->config);
		outbox_jobs_add_first(&outbox->ready, job);
		outbox->large_ready += job->heavy;
		outbox_wake_senders(outbox);
		return;
	}
	outbox_judge_row(&outcome->arena, &outcome->row, &attempt, clock_now(),
	                 clock_doubted() ? INT64_MAX : (int64_t)job->config->relay.give_up_hours * 60 * 60 * 1000, &outcome->result);
	sender->in_doubt = outbox->one_in_doubt && outcome->result.sent > 0;
	job->sender = sender->in_doubt ? sender : NULL;
	outbox_jobs_add(&outbox->done, job);
	sender->tells_clerk = true;
	if (attempt.relay_trouble)
		outbox_wake_senders(outbox);
}

static bool is_wanted(const struct sender *sender)
{
	return !sender->outbox->stopping && (sender->large || sender->index < sender->outbox->wanted);
}

/* With the lock held; not while a server is waited for. */
static enum status open_store(struct sender *sender, struct error *error)
{
	struct outbox *outbox = sender->outbox;
	struct config *config = config_ref(outbox->config);
	enum status status;

	pthread_mutex_unlock(&outbox->lock);
	status = store_open(config->state_dir, config->store_url, false, &sender->store, error);
	config_unref(&config);
	pthread_mutex_lock(&outbox->lock);
	return status;
}

/* With the lock held. A sender that finds the database away waits for it; that is said once, however long it takes. */
static void wait_for_store(struct sender *sender)
{
	struct outbox *outbox = sender->outbox;
	bool said = outbox->store_gone;
	struct error error;

	for (; is_wanted(sender) && open_store(sender, &error) != STATUS_OK; said = outbox->store_gone = true) {
		if (!said)                       /* by nobody */
			log_event(LOG_WARNING, "outbox.trouble", "doing", "starting a sender", "why", error.text, NULL);
		rest(sender, STORE_REST_US);     /* who is woken for a mail must be one that can send it */
		outbox_pool_wait(outbox, sender->large ? &outbox->large_wake : &outbox->senders_wake, sender->rest_until);
	}
	sender->rest_until = 0;
}

/* There may be a mail for it. Another one may take it while the store is opened. */
static bool lacks_store(const struct sender *sender)
{
	return !sender->store && outbox_jobs_have(&sender->outbox->ready, is_next, sender);
}

void *outbox_sender_main(void *context)
{
	struct sender *sender = context;
	struct outbox *outbox = sender->outbox;
	int64_t idle_since = clock_monotonic_us();

	pthread_mutex_lock(&outbox->lock);
	outbox_pool_stand_back(sender->large ? LARGE_NICE : OUT_NICE);
	if (outbox->one_in_doubt)
		wait_for_store(sender);
	while (is_wanted(sender)) {
		bool may = may_try(sender, clock_monotonic_us());
		if (may && lacks_store(sender)) {
			wait_for_store(sender);
			idle_since = clock_monotonic_us();
			continue;
		}
		struct job *job = may && sender->store ? take_job(sender) : NULL;

		if (!job) {
			sender_wait(sender, &idle_since);
			continue;
		}
		do_job(sender, job);
		idle_since = clock_monotonic_us();
	}
	pthread_mutex_unlock(&outbox->lock);
	outbox_smtp_free(&sender->smtp);
	pthread_mutex_lock(&outbox->lock);
	note_connection(sender);
	sender->ended = true;
	outbox->running--;
	outbox_wake_senders(outbox);             /* what it was woken for is there for another */
	pthread_cond_signal(&outbox->clerk_wake);
	pthread_mutex_unlock(&outbox->lock);
	return NULL;
}

