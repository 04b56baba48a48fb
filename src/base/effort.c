/*
 * effort.c - what one job on a stranger's bytes may cost: memory and processor time, counted while it goes on.
 *
 * The clock is that of the thread: a mail that waits for a disk or for other threads spends nothing, so what is cut short is
 * cut short by its own bytes, on a busy machine and on an idle one. That clock costs a system call, so the common one is asked until
 * SURELY_US have gone by: a thread has had no more than that. Memory is counted where arenas take it, and where
 * somebody says so of other memory. May not end anything itself: it only says so, once and for all.
 */
#include "base_private.h"

#include <time.h>

static int64_t thread_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#define SURELY_US 20000

void effort_start(struct effort *effort, size_t bytes, int64_t milliseconds)
{
	*effort = (struct effort){ .bytes_most = bytes, .start = clock_monotonic_us(), .microseconds = milliseconds * 1000 };
}

static bool time_is_over(struct effort *effort)
{
	int64_t surely = effort->microseconds / 2 < SURELY_US ? effort->microseconds / 2 : SURELY_US;

	if (!effort->until && clock_monotonic_us() - effort->start < surely)
		return false;
	if (!effort->until)              /* from here on by the thread's clock; of what went by before, only so much counts: it may have been a pause */
		effort->until = thread_us() + effort->microseconds - surely;
	return thread_us() > effort->until;
}

bool effort_look(struct effort *effort)
{
	if (!effort->spent && time_is_over(effort))
		effort->spent = EFFORT_TIME;
	return effort->spent != EFFORT_LEFT;
}

void effort_take(struct effort *effort, size_t bytes)
{
	if (!effort)
		return;
	effort->bytes += bytes;
	if (effort->bytes > effort->bytes_most && !effort->spent)
		effort->spent = EFFORT_MEMORY;
}

void effort_give(struct effort *effort, size_t bytes)
{
	if (effort)
		effort->bytes -= bytes < effort->bytes ? bytes : effort->bytes;
}
