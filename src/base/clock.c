/*
 * clock.c - what time it is, and how times are written. The only file that reads the clock.
 *
 * Times are milliseconds since 1970-01-01 UTC in an int64_t; 0 means "no time". Durations are microseconds of the monotonic
 * clock. Written times are always UTC and English, whatever zone or locale the machine has.
 * SPORTELLO_CLOCK_FILE, looked up once at first use, moves time for tests: the file holds an offset in seconds (a sign and
 * a fraction are allowed). A file that cannot be read counts as 0, so that a test may remove it again.
 */
#include "base_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

static int64_t offset_ms(void)
{
	char text[64];
	ssize_t length;
	int fd = open(offset_file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	return (int64_t)(strtod(text, NULL) * 1000);
}

int64_t clock_now(void)
{
	struct timespec now;
	int64_t ms;

	pthread_once(&offset_once, offset_file_find);
	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return offset_file ? ms + offset_ms() : ms;
}

int64_t clock_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Rounds down, so that times before 1970 are right as well. */
static void broken_down(int64_t ms, struct tm *parts)
{
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));

	if (!gmtime_r(&seconds, parts))
		*parts = (struct tm){ .tm_year = 70, .tm_mday = 1, .tm_wday = 4 };
}

char *time_rfc3339(struct arena *arena, int64_t ms)
{
	struct tm t;

	if (!ms)
		return arena_string(arena, "");
	broken_down(ms, &t);
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
	                    t.tm_hour, t.tm_min, t.tm_sec);
}

char *time_rfc5322(struct arena *arena, int64_t ms)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm t;

	broken_down(ms, &t);
	return arena_printf(arena, "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000", days + 3 * t.tm_wday, t.tm_mday,
	                    months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

int clock_utc_offset(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm local;

	return localtime_r(&seconds, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}
