/*
 * daemon_indexer.c - fills the search index, at a lower priority than the mails that come in.
 *
 * One thread with a store connection of its own: a text is parsed and cut into words once more, which takes as long as taking the mail in.
 * It only reads the tickets' database. It may fall behind while there is much to do, and it may die with the process: what is
 * missing is indexed later. Diagnostics: indexer.trouble, once for each trouble in a row.
 */
#include <poll.h>
#include <sys/resource.h>

#include "daemon_private.h"

#define ROUND_MS 1000
#define BUSY_MS 50                               /* between two goes while there is more */
#define AT_ONCE 100                              /* messages in one go: one transaction of the index */
#define NICE 10

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	return gateway_message_text(arena, store, message);
}

/* True: there may be more. */
static bool one_round(struct store *store, bool *in_trouble)
{
	struct error error;
	size_t done = 0;
	enum status status = store_search_index(store, AT_ONCE, text_of, NULL, &done, &error);
	if (status != STATUS_OK && !*in_trouble)
		log_event(LOG_WARNING, "indexer.trouble", "why", error.text, NULL);
	*in_trouble = status != STATUS_OK;
	return status == STATUS_OK && done == AT_ONCE;
}

static void *indexer_thread(void *argument)
{
	struct daemon *daemon = argument;
	struct config *config = daemon_config(daemon);
	struct store *store = NULL;
	struct error error;
	bool in_trouble = false, more = false;
	enum status status = store_open(config->state_dir, false, &store, &error);
	config_unref(&config);
	if (status != STATUS_OK) {
		log_event(LOG_ERROR, "indexer.trouble", "why", error.text, NULL);
		return NULL;
	}
	if (setpriority(PRIO_PROCESS, 0, NICE) != 0)     /* Linux: of this thread alone */
		log_event(LOG_DEBUG, "indexer.trouble", "why", "the priority could not be lowered", NULL);
	while (!daemon->stopping) {
		struct pollfd stop = {.fd = daemon->stop_fd, .events = POLLIN};
		poll(&stop, 1, more ? BUSY_MS : ROUND_MS);
		if (!daemon->stopping)
			more = one_round(store, &in_trouble);
	}
	store_close(&store);
	return NULL;
}

void daemon_indexer_start(struct daemon *daemon)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	daemon->indexing = pthread_create(&daemon->indexer, &attributes, indexer_thread, daemon) == 0;
	if (!daemon->indexing)
		log_event(LOG_ERROR, "indexer.trouble", "why", "no thread", NULL);
	pthread_attr_destroy(&attributes);
}

void daemon_indexer_stop(struct daemon *daemon)
{
	if (daemon->indexing)
		pthread_join(daemon->indexer, NULL);
}
