/*
 * cli_search.c - `ticket search WORDS...`: tickets in which the words stand.
 */
#include "cli_private.h"

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
