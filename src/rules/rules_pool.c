/*
 * rules_pool.c - the workers: whoever evaluates takes one that is idle, asks it, puts it back. One round trip a mail.
 *
 * Workers are made when they are needed, up to three for each processor, and ended after RULES_WORKER_LIFE evaluations. One that says
 * nothing or runs out of time is killed and replaced, and the mail in hand loses its rules. One that dies is replaced, too, and the mail
 * asked once more, of a new worker: somebody may have killed the old one. When that dies as well, it was the mail, which loses its rules.
 * Log: rules.worker result=lost why=...
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules_private.h"

enum place_in_pool { PLACE_EMPTY, PLACE_IDLE, PLACE_BUSY };
static struct {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct worker workers[RULES_WORKERS];
	enum place_in_pool places[RULES_WORKERS];
	struct rules_counters counters;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};

/* Locked. Asked once: sysconf reads a file each time. */
static size_t pool_size(void)
{
	static size_t size;
	if (!size) {
		long processors = sysconf(_SC_NPROCESSORS_ONLN);
		size = processors > 1 ? 3 * (size_t)processors : 3;
		size = size > RULES_WORKERS ? RULES_WORKERS : size;
	}
	return size;
}

/* An idle one, or best an empty place; else the other of the two; else RULES_WORKERS. Locked. */
static size_t find_place(enum place_in_pool best)
{
	size_t found = RULES_WORKERS, size = pool_size();
	for (size_t i = 0; i < size; i++) {
		if (pool.places[i] == best)
			return i;
		if (pool.places[i] != PLACE_BUSY)
			found = i;
	}
	return found;
}

static void put_back(size_t slot, enum place_in_pool place)
{
	pthread_mutex_lock(&pool.lock);
	pool.places[slot] = place;
	pthread_cond_signal(&pool.freed);
	pthread_mutex_unlock(&pool.lock);
}

/* fresh: one that has not been asked yet. RULES_WORKERS: none can be made. */
static size_t take(bool fresh)
{
	size_t slot;
	pthread_mutex_lock(&pool.lock);
	while ((slot = find_place(fresh ? PLACE_EMPTY : PLACE_IDLE)) == RULES_WORKERS)
		pthread_cond_wait(&pool.freed, &pool.lock);
	if (fresh && pool.places[slot] == PLACE_IDLE) {
		rules_worker_close(&pool.workers[slot], false);
		pool.places[slot] = PLACE_EMPTY;
	}
	if (pool.places[slot] == PLACE_EMPTY) {
		if (!rules_zygote_make_worker(&pool.workers[slot], slot))
			slot = RULES_WORKERS;
		else
			pool.counters.workers_started++;
	}
	if (slot < RULES_WORKERS)
		pool.places[slot] = PLACE_BUSY;
	pthread_mutex_unlock(&pool.lock);
	return slot;
}

static void lose(size_t slot, const char *why)
{
	log_event(LOG_WARNING, "rules.worker", "result", "lost", "pid", LOG_NUMBER(pool.workers[slot].pid), "why", why, NULL);
	rules_worker_close(&pool.workers[slot], true);
	pthread_mutex_lock(&pool.lock);
	pool.counters.workers_lost++;
	pthread_mutex_unlock(&pool.lock);
	put_back(slot, PLACE_EMPTY);
}

static void done(size_t slot)
{
	struct worker *worker = &pool.workers[slot];
	bool recycle = ++worker->life >= RULES_WORKER_LIFE;
	if (recycle)
		rules_worker_close(worker, false);
	put_back(slot, recycle ? PLACE_EMPTY : PLACE_IDLE);
}

/* ---------------------------------------------------------------- one question */

/* A worker reads while it lives; one that does not, for RULES_WAIT_MS, is as good as dead. */
static bool send_all(const struct worker *worker, const struct buffer *frame)
{
	int64_t deadline = clock_monotonic_us() + RULES_WAIT_MS * 1000LL;
	for (size_t sent = 0; sent < frame->length;) {
		ssize_t count = send(worker->fd, frame->at + sent, frame->length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (count > 0) {
			sent += (size_t)count;
			continue;
		}
		struct pollfd wait = {worker->fd, POLLOUT, 0};
		if (errno != EINTR && errno != EAGAIN)
			return false;
		if (clock_monotonic_us() > deadline || poll(&wait, 1, 100) < 0)
			return false;
	}
	return true;
}

enum listening { HEARD, SILENT, DEAD };

/* Until the frame is whole. The socket gives up by itself after RULES_WAIT_MS without a byte (rules_zygote.c). */
static enum listening listen_to(const struct worker *worker, struct buffer *frame)
{
	int64_t deadline = clock_monotonic_us() + RULES_WAIT_MS * 1000LL;
	char piece[4096];
	for (;;) {
		ssize_t count = recv(worker->fd, piece, sizeof piece, 0);
		if (count < 0 && errno == EAGAIN)
			return SILENT;
		if (count == 0 || (count < 0 && errno != EINTR))
			return DEAD;
		if (count > 0)
			buffer_add(frame, piece, (size_t)count);
		enum wire_state state = rules_wire_state(frame);
		if (state != WIRE_PARTIAL)
			return state == WIRE_WHOLE ? HEARD : DEAD;
		if (clock_monotonic_us() > deadline)
			return SILENT;
	}
}

/* "10-vpn.sieve line 3", as far as the worker's own word can tell. */
static const char *place_name(const struct ruleset *ruleset, const struct worker *worker, struct arena *arena)
{
	const struct program *program = &ruleset->program;
	uint32_t test = worker->place->test;
	if (!test || test > program->tests.count)
		return program->scripts.count ? program->scripts.at[0] : "";
	const struct program_test *at = &program->tests.at[test - 1];
	return arena_printf(arena, "%s line %d", program->scripts.at[at->script], at->line);
}

/* False: the worker died, and it was not its time that was over. */
static bool hear(size_t slot, const struct ruleset *ruleset, struct arena *arena, struct answer *answer)
{
	CLEANUP_BUFFER struct buffer frame;
	struct worker *worker = &pool.workers[slot];
	buffer_init(&frame);
	enum listening heard = listen_to(worker, &frame);
	if (heard == HEARD) {
		rules_answer_read(&frame, ruleset->program.actions.count, arena, answer);
		done(slot);
		return true;
	}
	bool late = worker->place->end == WORKER_OUT_OF_TIME;
	const char *why = late ? arena_printf(arena, "needed more than %d ms", RULES_WORKER_MS) : heard == SILENT ? "gave no answer" : "ended their worker";
	answer->trouble = arena_printf(arena, "%s: the rules %s", place_name(ruleset, worker, arena), why);
	lose(slot, answer->trouble);
	return late || heard == SILENT;
}

static void count_question(int64_t microseconds)
{
	pthread_mutex_lock(&pool.lock);
	pool.counters.evaluations++;
	pool.counters.microseconds_sum += microseconds;
	pthread_mutex_unlock(&pool.lock);
}

void rules_pool_ask(const struct ruleset *ruleset, const struct buffer *frame, struct arena *arena, struct answer *answer)
{
	int64_t start = clock_monotonic_us();
	int deaths = 0;
	for (int attempt = 0; attempt <= RULES_WORKERS && deaths < 2; attempt++) {
		size_t slot = take(deaths > 0);
		*answer = (struct answer){0};
		if (slot == RULES_WORKERS)
			break;
		struct worker *worker = &pool.workers[slot];
		worker->place->test = worker->place->end = 0;
		if (!send_all(worker, frame)) {
			lose(slot, "it was dead before it was asked");
		} else if (hear(slot, ruleset, arena, answer)) {
			count_question(clock_monotonic_us() - start);
			return;
		} else {
			deaths++;
		}
	}
	if (!deaths)
		answer->trouble = "no worker can be made: restart the daemon";
}

void rules_pool_count_trouble(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.counters.troubles++;
	pthread_mutex_unlock(&pool.lock);
}

void rules_counters(struct rules_counters *counters)
{
	pthread_mutex_lock(&pool.lock);
	*counters = pool.counters;
	pthread_mutex_unlock(&pool.lock);
}

size_t rules_pool_pids(int *pids, size_t room)
{
	size_t count = 0;
	pthread_mutex_lock(&pool.lock);
	for (size_t i = 0; i < RULES_WORKERS && count < room; i++)
		if (pool.places[i] != PLACE_EMPTY)
			pids[count++] = pool.workers[i].pid;
	pthread_mutex_unlock(&pool.lock);
	return count;
}

size_t rules_pool_makers(int pids[2])
{
	pthread_mutex_lock(&pool.lock);
	size_t count = rules_zygote_pids(pids);
	pthread_mutex_unlock(&pool.lock);
	return count;
}

static void pool_fini(void)
{
	for (size_t i = 0; i < RULES_WORKERS; i++) {
		if (pool.places[i] != PLACE_EMPTY)
			rules_worker_close(&pool.workers[i], false);
		pool.places[i] = PLACE_EMPTY;
	}
}

enum status rules_init(struct error *error)
{
	return rules_zygote_start(error) ? STATUS_OK : STATUS_BROKEN;
}

void rules_care(void)
{
	pthread_mutex_lock(&pool.lock);
	rules_zygote_look_after();
	pthread_mutex_unlock(&pool.lock);
}

void rules_fini(void)
{
	pool_fini();
	rules_zygote_stop();
}
