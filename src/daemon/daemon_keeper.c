/*
 * daemon_keeper.c - what can be done later, done later: timers, changed articles, killed processes of the rules, the search index and a new model, off the commit path. (Checkpoints are the store's own.)
 *
 * One thread with a store connection of its own. It may fall behind and it may die with the process: all of it can be
 * done again. Diagnostics: keeper.trouble, once for each kind of trouble in a row.
 */
#include <poll.h>

#include "daemon_private.h"

#define ROUND_MS 1000
#define INDEX_AT_ONCE 200                        /* messages indexed in one go, then the timers have their turn */

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	return gateway_message_text(arena, store, message);
}

/* True: there may be more to index. */
static bool one_round(struct store *store, bool *in_trouble)
{
	struct error error;
	size_t done = 0;
	enum status status = store_search_index(store, INDEX_AT_ONCE, text_of, NULL, &done, &error);
	if (status != STATUS_OK && !*in_trouble)
		log_event(LOG_WARNING, "keeper.trouble", "why", error.text, NULL);
	*in_trouble = status != STATUS_OK;
	return status == STATUS_OK && done == INDEX_AT_ONCE;
}

static void *keeper_thread(void *argument)
{
	struct daemon *daemon = argument;
	struct config *config = daemon_config(daemon);
	struct store *store = NULL;
	struct error error;
	bool in_trouble = false, more = false;
	enum status status = store_open(config->state_dir, false, &store, &error);
	config_unref(&config);
	if (status != STATUS_OK) {
		log_event(LOG_ERROR, "keeper.trouble", "why", error.text, NULL);
		return NULL;
	}
	while (!daemon->stopping) {
		struct pollfd stop = {.fd = daemon->stop_fd, .events = POLLIN};
		poll(&stop, 1, more ? ROUND_MS / 20 : ROUND_MS);
		config = daemon_config(daemon);
		gateway_tick(&daemon->gateway, config, store);
		gateway_learn_watch(&daemon->gateway, config, store);
		config_unref(&config);
		daemon_kb_tick(daemon, store);
		daemon_keys_tick(daemon);
		rules_care();
		web_tick(daemon->web);
		more = one_round(store, &in_trouble);
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
