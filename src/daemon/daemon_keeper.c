/*
 * daemon_keeper.c - what can be done later, done later: timers, changed articles, keys, killed processes of the rules and a new model, off the commit path.
 * (The search index has a thread of its own, checkpoints are the store's.)
 *
 * One thread with a store connection of its own. It may fall behind and it may die with the process: all of it can be
 * done again. Diagnostics: keeper.trouble if it cannot start.
 */
#include <poll.h>

#include "daemon_private.h"

#define ROUND_MS 1000

static void *keeper_thread(void *argument)
{
	struct daemon *daemon = argument;
	struct config *config = daemon_config(daemon);
	struct store *store = NULL;
	struct error error;
	enum status status = store_open(config->state_dir, false, &store, &error);
	config_unref(&config);
	if (status != STATUS_OK) {
		log_event(LOG_ERROR, "keeper.trouble", "why", error.text, NULL);
		return NULL;
	}
	while (!daemon->stopping) {
		struct pollfd stop = {.fd = daemon->stop_fd, .events = POLLIN};
		poll(&stop, 1, ROUND_MS);
		config = daemon_config(daemon);
		gateway_tick(&daemon->gateway, config, store);
		gateway_learn_watch(&daemon->gateway, config, store);
		config_unref(&config);
		daemon_kb_tick(daemon, store);
		daemon_keys_tick(daemon);
		rules_care();
		web_tick(daemon->web);
	}
	store_close(&store);
	return NULL;
}

void daemon_keeper_start(struct daemon *daemon)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	if (pthread_create(&daemon->keeper, &attributes, keeper_thread, daemon) != 0)
		log_event(LOG_ERROR, "keeper.trouble", "why", "no thread", NULL);
	pthread_attr_destroy(&attributes);
}

void daemon_keeper_stop(struct daemon *daemon)
{
	pthread_join(daemon->keeper, NULL);
}
