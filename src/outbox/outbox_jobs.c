/*
 * outbox_jobs.c - the lists in which jobs wander between the clerk and the senders, and who is woken for them.
 *
 * Nothing here locks: all but outbox_job_free() and outbox_batch_unuse() is called with the outbox's lock held.
 */
#include "outbox_pool_private.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* ---- lists of jobs ---- */

void outbox_jobs_init(struct jobs *jobs)
{
	*jobs = (struct jobs){ .last = &jobs->first };
}

void outbox_jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
	jobs->count++;
}

void outbox_jobs_add_first(struct jobs *jobs, struct job *job)
{
	job->next = jobs->first;
	if (!jobs->first)
		jobs->last = &job->next;
	jobs->first = job;
	jobs->count++;
}

struct job *outbox_jobs_take_if(struct jobs *jobs, bool (*may)(const void *context, const struct job *job), const void *context)
{
	struct job **at = &jobs->first;

	while (*at && !may(context, *at))
		at = &(*at)->next;
	struct job *job = *at;
	if (job) {
		*at = job->next;
		if (!job->next)
			jobs->last = at;
		jobs->count--;
	}
	return job;
}

bool outbox_jobs_have(const struct jobs *jobs, bool (*may)(const void *context, const struct job *job), const void *context)
{
	const struct job *job = jobs->first;

	while (job && !may(context, job))
		job = job->next;
	return job != NULL;
}

struct job *outbox_jobs_take(struct jobs *jobs)
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

void outbox_batch_unuse(struct batch *batch)
{
	if (atomic_fetch_sub(&batch->users, 1) == 1) {
		arena_fini(&batch->arena);
		free(batch);
	}
}

void outbox_job_free(struct job *job)
{
	arena_fini(&job->outcome.arena);
	config_unref(&job->config);
	outbox_batch_unuse(job->batch);
	free(job);
}

/* Large mails that wait for their sender hold nobody else up, up to a bound. */
bool outbox_has_room(const struct outbox *outbox)
{
	return outbox->ready.count - outbox->large_ready < READY_LOW && outbox->large_ready < LARGE_MOST;
}

/* ---- waiting and waking ---- */

void outbox_pool_wait(struct outbox *outbox, pthread_cond_t *condition, int64_t us)
{
	struct timespec when = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	pthread_cond_timedwait(condition, &outbox->lock, &when);
}

/* A nice value and no scheduling class: who holds a lock still gets the processor. Linux: of this thread alone. In vain: it is only less polite. */
void outbox_pool_stand_back(int nice)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), nice);
}

void outbox_wake_senders(struct outbox *outbox)
{
	pthread_cond_broadcast(&outbox->senders_wake);
	pthread_cond_signal(&outbox->large_wake);
}

void outbox_wake_sender(struct outbox *outbox)
{
	if (clock_monotonic_us() < outbox->rests_until)  /* it might be one that rests */
		pthread_cond_broadcast(&outbox->senders_wake);
	else
		pthread_cond_signal(&outbox->senders_wake);
}
