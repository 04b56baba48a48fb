/*
 * cli_search.c - `ticket search WORDS...`: tickets in which the words stand.
 *
 * The index is a file of its own that the daemon fills as it goes; what it has not got to yet is indexed here first, so that the
 * search also sees the newest mail, and works while no daemon runs.
 * May not fail because the index cannot be written: then it searches what is there, and says so.
 */
#include "cli_private.h"

#include "gateway.h"

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

enum status cli_run_ticket_search(struct cli *cli, struct error *error)
{
	struct strings words = { cli->words, cli->count };
	struct ticket_rows rows = { NULL, 0 };
	size_t limit;
	enum status status;

	if ((status = cli_limit(cli, &limit, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	cli_search_catch_up(cli);
	if ((status = store_search(cli->store, &cli->arena, cli_join(&cli->arena, &words, " "), &rows, error)) != STATUS_OK)
		return status;
	if (limit && rows.count > limit)
		rows.count = limit;
	cli_ticket_rows(cli, &rows);
	return STATUS_OK;
}
