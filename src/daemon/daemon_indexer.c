/*
 * daemon_indexer.c - fills the search index, at a lower priority than the mails that come in.
 *
 * A worker of its own: a text is parsed and cut into words once more, which takes as long as taking the mail in. Of the tickets' database it
 * writes only what was costly to derive (store_derived.c), through the writer; what is missing is indexed later. Diagnostics: indexer.trouble, once for each trouble in a row.
 */
#include "daemon_private.h"

#define ROUND_MS 1000
#define BUSY_MS 130                              /* between two goes while there is more: two thousand messages a second at most, the rest when there is less to do */
#define BUSY_RESTS 19                            /* times as long as it worked, where that is in mails' way */
#define REST_MS 5000                             /* at most, then */
#define AT_ONCE 256                              /* messages in one go */

struct indexing { struct store_writer *writer; const struct config *config; };

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	const struct indexing *indexing = context;
	return gateway_message_index(arena, store, indexing->writer, indexing->config, message);
}

/* The server of another machine knows nothing of our priority: while mails come in, we work a twentieth of the time. */
static int rest(struct daemon *daemon, struct store *store, int64_t begin)
{
	int64_t mails = daemon->gateway.counters.mails, worked_ms = (clock_monotonic_us() - begin) / 1000;
	bool calm = store_is_alone(store) || mails == daemon->indexed_mails;
	daemon->indexed_mails = mails;
	return calm || worked_ms * BUSY_RESTS < BUSY_MS ? BUSY_MS : worked_ms * BUSY_RESTS < REST_MS ? (int)(worked_ms * BUSY_RESTS) : REST_MS;
}

int daemon_indexer_round(struct daemon *daemon, struct store *store)
{
	struct error error;
	size_t done = 0;
	int64_t begin = clock_monotonic_us();
	store_recent_tidy();
	if (!store_has_lease(store))              /* the words are the database's: another gateway adds them */
		return ROUND_MS;
	struct config *config = daemon_config(daemon);
	struct indexing indexing = {daemon->gateway.writer, config};
	enum status status = store_search_index(store, AT_ONCE, text_of, &indexing, &done, &error);
	config_unref(&config);
	if (status != STATUS_OK && !daemon->index_trouble)
		log_event(LOG_WARNING, "indexer.trouble", "why", error.text, NULL);
	daemon->index_trouble = status != STATUS_OK;
	return status == STATUS_OK && done == AT_ONCE ? rest(daemon, store, begin) : ROUND_MS;
}
