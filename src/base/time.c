/*
 * time.c - how times are written: always UTC and English, whatever zone or locale the machine has. clock.c says what time it is.
 */
#include "base_private.h"

#include <time.h>

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
