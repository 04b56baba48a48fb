/*
 * effort.c - what one job on a stranger's bytes may cost: memory and processor time, counted while it goes on.
 *
 * The clock is that of the thread: a mail that waits for a disk or for other threads spends nothing, so what is cut short is
 * cut short by its own bytes, on a busy machine and on an idle one. Memory is counted where arenas take it, and where
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

void effort_start(struct effort *effort, size_t bytes, int64_t milliseconds)
{
	*effort = (struct effort){ .bytes_most = bytes, .until = thread_us() + milliseconds * 1000 };
}

bool effort_look(struct effort *effort)
{
	if (!effort->spent && thread_us() > effort->until)
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
