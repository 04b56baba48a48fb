/*
 * daemon_events.c - keeps what reports read up to date (gateway_events.c), at a lower priority than the mails that come in.
 *
 * It goes in small steps. While others write, it rests after each twenty times as long as it took: it costs a twentieth of a processor, so that mail comes in as fast as without; a
 * fresh database, or another edition of the pages, takes its time, or a quiet hour. A report that comes meanwhile is right, and slower. Diagnostics: reports.trouble.
 */
#include "daemon_private.h"

#define ROUND_MS 5000
#define REST 20                                  /* times what a go took, where others write */
#define OWN_JOBS 2                               /* of a go, in the writer */
#define REST_LEAST_MS 5
#define REST_MOST_MS 5000

int daemon_events_round(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	struct store_counters before, after;
	int64_t begin = clock_monotonic_us();
	store_writer_counters(daemon->gateway.writer, &before);
	bool more = store_has_lease(store) && gateway_events_go(&daemon->gateway, config, store);          /* of several gateways, one */
	config_unref(&config);
	store_writer_counters(daemon->gateway.writer, &after);
	if (more && after.jobs - before.jobs <= OWN_JOBS)
		return REST_LEAST_MS;
	int64_t rest = (clock_monotonic_us() - begin) / 1000 * REST;
	return !more ? ROUND_MS : rest < REST_LEAST_MS ? REST_LEAST_MS : rest > REST_MOST_MS ? REST_MOST_MS : (int)rest;
}
