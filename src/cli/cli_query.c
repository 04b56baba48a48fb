/*
 * cli_query.c - queries on the command line: read, checked, and what they look at brought up to now.
 *
 * The words' index and the moments that are due are filled by the daemon as it goes; here it is done first, so that a query also sees what
 * happened last, and works while no daemon runs. Where the words' index cannot be written, what is there is searched, and that is said.
 */
#include "cli_private.h"

#define AT_ONCE 200

static const char *text_of(void *context, struct arena *arena, struct store *store, const struct message_row *message)
{
	(void)context;
	return gateway_message_text(arena, store, message);
}

void cli_search_catch_up(struct cli *cli)
{
	struct error error;
	size_t done;

	do {
		if (store_search_index(cli->store, AT_ONCE, text_of, NULL, &done, &error) != STATUS_OK) {
			cli_warn("the newest messages may be missing: %s", error.text);
			return;
		}
	} while (done == AT_ONCE);
}

/* What the configuration promises, where nothing was kept yet. */
static enum status keep_first_version(struct cli *cli, struct error *error)
{
	struct promise_book *book;
	enum status status = cli_book(cli, &book, error);

	if (status != STATUS_OK || book->at[0].id || !book->promises || (status = store_begin(cli->store, error)) != STATUS_OK)
		return status;
	status = gateway_book_keep(cli->store, cli->config, clock_now(), NULL, error);
	if (status == STATUS_OK)
		status = store_commit(cli->store, error);
	else
		store_rollback(cli->store);
	cli->book = NULL;
	return status;
}

enum status cli_follow_promises(struct cli *cli, struct error *error)
{
	struct promise_changes changes = { .more = true };
	struct promise_book *book;
	enum status status = keep_first_version(cli, error);

	if (status == STATUS_OK)
		status = cli_book(cli, &book, error);
	while (status == STATUS_OK && changes.more) {
		CLEANUP_ARENA struct arena arena = { 0 };

		status = gateway_promises_look(book, cli->store, &arena, &changes, error);
		if (status != STATUS_OK || changes.nothing || (!changes.digest && !changes.fresh))
			break;
		if ((status = store_begin(cli->store, error)) != STATUS_OK)
			break;
		status = gateway_promises_keep(cli->store, &changes, error);
		if (status == STATUS_OK)
			status = store_commit(cli->store, error);
		else
			store_rollback(cli->store);
	}
	return status;
}

enum status cli_query_ready(struct cli *cli, const struct query *query, struct error *error)
{
	if (*query->words)
		cli_search_catch_up(cli);
	return query_uses(query, QUERY_DUE) || query_uses(query, QUERY_OVERDUE) ? cli_follow_promises(cli, error) : STATUS_OK;
}

/* What is not there may have been there once: that is no error. */
static void warn_of(struct cli *cli, enum query_key key, const char *value)
{
	if (key == QUERY_QUEUE && !desk_queue_named(&cli->policy, value))
		cli_warn("there is no queue \"%s\" in %s", value, cli->config->file);
	if (key == QUERY_AGENT && *value && !desk_agent_named(&cli->policy, value))
		cli_warn("there is no agent \"%s\" in %s", value, cli->config->file);
}

enum status cli_query_check(struct cli *cli, const struct query *query, struct error *error)
{
	const char *problem = desk_query_problem(&cli->arena, query);

	for (size_t i = 0; i < query->terms.count && !problem; i++)
		for (size_t k = 0; k < query->terms.at[i].values.count; k++)
			warn_of(cli, query->terms.at[i].key, query->terms.at[i].values.at[k]);
	return problem ? error_set(error, STATUS_USAGE, "%s", problem) : STATUS_OK;
}

enum status cli_query(struct cli *cli, const char *text, struct query *query, struct error *error)
{
	enum status status = query_read(&cli->arena, text, query, error);

	return status == STATUS_OK ? cli_query_check(cli, query, error) : status;
}
