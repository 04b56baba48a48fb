/*
 * clock.c - what time it is. The only file that reads the clock.
 *
 * Times are milliseconds since 1970-01-01 UTC in an int64_t; 0 means "no time". Durations are microseconds of the monotonic
 * clock.
 * SPORTELLO_CLOCK_FILE, looked up once at first use, moves time for tests: the file holds an offset in seconds (a sign and
 * a fraction are allowed), which is believed; behind the word "jump" it is as if the machine's clock had been set. A file that
 * cannot be read counts as 0, so that a test may remove it again.
 */
#include "base_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOTED_MS (60LL * 1000)                   /* below, it is the slow care of a time service */
#define DOUBTED_MS (10LL * 60 * 1000)            /* what is off by more than that was not set by one */

static const char *offset_file;
static pthread_once_t offset_once = PTHREAD_ONCE_INIT;

static void offset_file_find(void)
{
	const char *name = getenv("SPORTELLO_CLOCK_FILE");

	/* Never freed: it lives as long as the process. */
	if (name && *name) {
		struct buffer copy;

		buffer_init(&copy);
		buffer_add_string(&copy, name);
		offset_file = buffer_steal(&copy);
	}
}

/* *jump: as if the machine's clock had been set. */
static int64_t offset_ms(bool *jump)
{
	char text[64];
	ssize_t length;
	int fd;

	*jump = false;
	pthread_once(&offset_once, offset_file_find);
	if (!offset_file || (fd = open(offset_file, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	*jump = strncmp(text, "jump", 4) == 0;
	return (int64_t)(strtod(text + (*jump ? strlen("jump") : 0), NULL) * 1000);
}

static int64_t machine_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
	bool jump;

	return machine_ms(CLOCK_REALTIME) + offset_ms(&jump);
}

int64_t clock_thread_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- a clock that is set ---- */

static _Atomic int64_t set_to;                   /* wall clock minus time since the machine began (suspended time counts); 0: not looked yet */
static _Atomic int64_t doubted_until;            /* microseconds of the monotonic clock */
static _Atomic int64_t doubt_for;                /* ms, as last asked for */

static int64_t wall_offset(void)
{
	bool jump;
	int64_t offset = offset_ms(&jump);

	return machine_ms(CLOCK_REALTIME) + (jump ? offset : 0) - machine_ms(CLOCK_BOOTTIME);
}

int64_t clock_check(int64_t doubt_ms)
{
	int64_t now = wall_offset(), before = atomic_load(&set_to), by = before ? now - before : 0;

	atomic_store(&doubt_for, doubt_ms);
	if (by > DOUBTED_MS)
		atomic_store(&doubted_until, clock_monotonic_us() + doubt_ms * 1000);
	else if (by < -NOTED_MS)
		atomic_store(&doubted_until, 0);         /* that was it */
	atomic_store(&set_to, now);
	return by > NOTED_MS || by < -NOTED_MS ? by : 0;
}

/* Sees a jump at once, and not when it is next looked for. */
bool clock_doubted(void)
{
	int64_t before = atomic_load(&set_to);

	if (atomic_load(&doubt_for) == 0)
		return false;
	return clock_monotonic_us() < atomic_load(&doubted_until) || (before && wall_offset() - before > DOUBTED_MS);
}
