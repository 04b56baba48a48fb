/*
 * gateway_lane.c - the slow lane: where mails are read that may take long or much memory, so that all others pass them by.
 *
 * A mail's weight is what reading it can take in memory at worst, estimated from its size and that of its header. Light ones are read on the
 * thread of their connection. Heavy ones wait, in the order they came, until those that are being read leave room for them, and are
 * read by a few threads of a lower priority: whatever they hold, they take the processor only while no other mail wants it. (A nice value and no
 * more, see daemon_worker.c.) The weight stays taken until the mail is dealt with and its memory is given back.
 * A lane that was not started does the work at once: dry runs and tests need no threads.
 */
#include <semaphore.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway.h"
#include "limits.h"

#define LANE_NICE 5                      /* low enough to let others pass, not so low that it stands still with the heap's lock in its hand */
#define HEAD_WEIGHT 32                   /* bytes of memory for a byte of header: its fields, addresses and their copies */
#define BODY_WEIGHT 10                   /* for a byte of a body: its tree, its text, its lines */

struct lane_job { struct lane_job *next; uint64_t weight; void (*work)(void *argument); void *argument; sem_t done; };

/* Until the first empty line. Only its first piece is looked at: a header that is longer is heavy. */
static uint64_t header_bytes(const struct mail_source *source)
{
	char piece[LIMIT_LIGHT_HEADER + 4];
	const char *at = source->data;
	size_t length = source->size < LIMIT_LIGHT_HEADER ? (size_t)source->size : LIMIT_LIGHT_HEADER;
	if (source->fd >= 0) {
		ssize_t got = pread(source->fd, piece, length, 0);
		length = got > 0 ? (size_t)got : 0;
		at = piece;
	}
	const char *stop = at + length;
	for (const char *line = at; (line = memchr(line, '\n', (size_t)(stop - line))); line++)
		if (line + 1 < stop && (line[1] == '\n' || (line[1] == '\r' && line + 2 < stop && line[2] == '\n')))
			return (uint64_t)(line - at);
	return source->size;
}

uint64_t gateway_lane_weight(const struct mail_source *source)
{
	if (source->size < LIMIT_LIGHT_HEADER)
		return 0;                        /* most mails: not even a look is needed */
	uint64_t header = header_bytes(source), body = source->size - header;
	if (header < LIMIT_LIGHT_HEADER && source->size < LIMIT_LIGHT_MAIL)
		return 0;
	if (header > LIMIT_HEADER_BYTES)
		header = LIMIT_HEADER_BYTES;
	if (body > LIMIT_HTML_BYTES)
		body = LIMIT_HTML_BYTES;
	return header * HEAD_WEIGHT + body * BODY_WEIGHT;
}

/* With the lock held. */
static struct lane_job *take_job(struct lane *lane)
{
	struct lane_job *job = lane->first;
	if (!job || (lane->taken && lane->taken + job->weight > LIMIT_LANE_MEMORY))
		return NULL;
	lane->first = job->next;
	if (!lane->first)
		lane->last = &lane->first;
	lane->taken += job->weight;
	return job;
}

static void *lane_main(void *argument)
{
	struct lane *lane = argument;
	struct lane_job *job;
	setpriority(PRIO_PROCESS, (id_t)gettid(), LANE_NICE);    /* Linux: of this thread alone */
	pthread_mutex_lock(&lane->lock);
	while (!lane->stopping) {
		if (!(job = take_job(lane))) {
			pthread_cond_wait(&lane->changed, &lane->lock);
			continue;
		}
		pthread_mutex_unlock(&lane->lock);
		job->work(job->argument);
		sem_post(&job->done);            /* the job is on its caller's stack: gone now */
		pthread_mutex_lock(&lane->lock);
	}
	pthread_mutex_unlock(&lane->lock);
	return NULL;
}

void gateway_lane_start(struct lane *lane)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = processors < 4 ? 1 : processors > 2 * LANE_THREADS ? LANE_THREADS : (size_t)processors / 2;     /* half of them at most */
	pthread_attr_t attributes;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->changed, NULL);
	lane->last = &lane->first;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	while (lane->count < wanted && pthread_create(&lane->threads[lane->count], &attributes, lane_main, lane) == 0)
		lane->count++;
	pthread_attr_destroy(&attributes);
}

void gateway_lane_stop(struct lane *lane)
{
	if (!lane->last)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->stopping = true;
	pthread_cond_broadcast(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
	for (size_t i = 0; i < lane->count; i++)
		pthread_join(lane->threads[i], NULL);
	pthread_cond_destroy(&lane->changed);
	pthread_mutex_destroy(&lane->lock);
	lane->count = 0;
	lane->stopping = false;
	lane->first = NULL;
	lane->last = NULL;                       /* its counter stays: pages may still be showing it */
}

void gateway_lane_run(struct lane *lane, uint64_t weight, void (*work)(void *argument), void *argument)
{
	struct lane_job job = {.weight = weight, .work = work, .argument = argument};
	if (!weight || !lane->count) {
		work(argument);
		return;
	}
	sem_init(&job.done, 0, 0);
	pthread_mutex_lock(&lane->lock);
	*lane->last = &job;
	lane->last = &job.next;
	lane->heavy++;
	pthread_cond_signal(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
	while (sem_wait(&job.done) < 0)
		continue;                        /* EINTR */
	sem_destroy(&job.done);
}

void gateway_lane_leave(struct lane *lane, uint64_t weight)
{
	if (!weight || !lane->count)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->taken -= weight;
	pthread_cond_broadcast(&lane->changed);
	pthread_mutex_unlock(&lane->lock);
}
