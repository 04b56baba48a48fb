/*
 * desk_retry.c - how long to wait before a mail is tried again. RFC 5321 section 4.5.4.1 leaves the schedule to us: quick at
 * first, because most troubles are short (grey-listing, a restart), then once an hour.
 */
#include "desk.h"

#define FIRST_MS (60 * 1000)
#define LONGEST_MS (60 * 60 * 1000)

int64_t desk_retry_delay(int attempts, uint64_t seed)
{
	int64_t delay = FIRST_MS;
	for (int i = 1; i < attempts && delay < LONGEST_MS; i++)
		delay *= 2;
	if (delay > LONGEST_MS)
		delay = LONGEST_MS;
	return delay + (int64_t)(seed % (uint64_t)(delay / 10));   /* spread, so that a thousand mails do not come back at once */
}
