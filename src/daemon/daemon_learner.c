/*
 * daemon_learner.c - the one thread that trains the classifier: off the way of the mails, when it is due.
 *
 * LIBLINEAR draws from rand(): one training at a time in a process, hence one thread. The keeper takes over what comes out.
 * Mail goes first: as long as mails come in, training works a twentieth of the time and sleeps the rest; a crowded machine, where the same
 * work takes longer, lets it sleep longer, too. A priority alone does not do that: it counts among the threads of one service; to the mail
 * server beside us, a daemon of which only the trainer runs weighs as much as any, and memory that training reads is gone from the cache of
 * those who take mails in. So a training of seconds may take minutes on a busy desk, and it always ends. What it leaves free in the midst
 * of the heap is given back by daemon_memory_tick(). Log: learn.trained, learn.trouble.
 */
#include "daemon_private.h"

#define ROUND_MS 1000
#define REST_US (60LL * 1000 * 1000)             /* between two trainings, whatever happens */
#define PIECE_US 20000                           /* of work, between two looks */
#define SLEEP_EACH 19                            /* as long as the piece of work before it */

struct pace { struct daemon *daemon; int64_t since, mails; };

/* Called all the time while it is trained. */
static bool go_on(void *context)
{
	struct pace *pace = context;
	struct daemon *daemon = pace->daemon;
	int64_t worked = clock_monotonic_us() - pace->since;
	if (worked < PIECE_US)
		return !daemon->stopping;
	if (daemon->gateway.counters.mails != pace->mails)
		daemon_wait(daemon, SLEEP_EACH * worked / 1000);
	pace->since = clock_monotonic_us();
	pace->mails = daemon->gateway.counters.mails;
	return !daemon->stopping;
}

int daemon_learner_round(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	const char *why = clock_monotonic_us() >= daemon->learn_rest_until && store_has_lease(store) ? gateway_learn_due(&daemon->gateway, config, store) : NULL;
	if (why) {
		struct pace pace = {daemon, clock_monotonic_us(), daemon->gateway.counters.mails};
		gateway_learn(&daemon->gateway, config, store, why, go_on, &pace);
		daemon->learn_rest_until = clock_monotonic_us() + REST_US;
	}
	config_unref(&config);
	return ROUND_MS;
}
