/*
 * daemon_keeper.c - what can be done later, done later: timers, changed articles, keys, killed processes of the rules and a new model, off the
 * commit path. (The search index has a worker of its own, checkpoints are the store's.)
 */
#include "daemon_private.h"

#define ROUND_MS 1000

/* New tickets go into the kept figures, in the writer's next batch. */
static enum status count_job(struct store *store, void *context, struct error *error)
{
	(void)context;
	return store_count_up(store, error);
}

static void count_up(struct daemon *daemon, struct store *store)
{
	struct error error;
	if (store_count_wanted(store))
		store_write(daemon->gateway.writer, count_job, NULL, &error);    /* fails with all the others, which say so */
}

/* Where a power cut, or somebody who read, came between an erasure and what stands beside the tables. */
static void finish_erasures(struct store *store)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct error error;
	bool any;
	if (store_erase_finish(store, &arena, &any, &error) != STATUS_OK)
		log_event(LOG_WARNING, "store.trouble", "why", error.text, NULL);
	else if (any)
		log_event(LOG_NOTICE, "store.erased", NULL);
}

int daemon_keeper_round(struct daemon *daemon, struct store *store)
{
	struct config *config = daemon_config(daemon);
	if (store_has_lease(store))               /* of several gateways, one */
		gateway_tick(&daemon->gateway, config, store);
	gateway_learn_watch(&daemon->gateway, config, store);
	config_unref(&config);
	finish_erasures(store);
	daemon_kb_tick(daemon, store);
	daemon_keys_tick(daemon, store);
	daemon_files_tick(daemon, store);
	rules_care();
	web_tick(daemon->web);
	web_tick(daemon->admin);
	count_up(daemon, store);
	daemon_memory_tick(daemon);
	return ROUND_MS;
}
