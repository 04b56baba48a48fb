/*
 * cli_sla_apply.c - `sla apply`: what another configuration of promises makes of the open requests; --dry-run only says it.
 *
 * With -c a file that the daemon does not read yet can be tried. Where the daemon reads the same file it has done it by itself already, and nothing is left.
 */
#include "cli_private.h"

struct change { int64_t ticket, was, due; bool missed; };
struct changes { struct change *at; size_t count; };

static enum status compare(struct cli *cli, int64_t ticket, int64_t now, struct changes *changes, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct promise_row kept, row;
	enum status status = store_promise_get(cli->store, ticket, &kept, error);

	if (status == STATUS_OK)
		status = gateway_promise_row(cli->config, cli->store, &arena, ticket, now, &row, error);
	if (status == STATUS_OK && kept.due != row.due)
		*ARENA_PUSH(&cli->arena, changes) = (struct change){ ticket, kept.due, row.due, row.due && row.due <= now };
	return status;
}

static enum status find(struct cli *cli, struct changes *changes, struct error *error)
{
	struct changed_tickets open;
	int64_t after = 0, now = clock_now();
	enum status status;

	do {
		if ((status = store_open_tickets(cli->store, &cli->arena, after, PROMISES_AT_ONCE, &open, error)) != STATUS_OK)
			break;
		for (size_t i = 0; i < open.count && status == STATUS_OK; i++)
			status = compare(cli, after = open.at[i].ticket, now, changes, error);
	} while (status == STATUS_OK && open.count);
	return status;
}

static int64_t shown(int64_t due)
{
	return due >= PROMISE_NEVER ? 0 : due;
}

static void show(struct cli *cli, const struct changes *changes)
{
	struct json json;

	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->at[i];

		if (!cli->json) {
			buffer_printf(&cli->out, "ticket %lld: due %s, was %s%s\n", (long long)change->ticket, shown(change->due) ? cli_time(&cli->arena, change->due) : "at no time",
			              shown(change->was) ? cli_time(&cli->arena, change->was) : "at no time", change->missed ? ", missed" : "");
			continue;
		}
		json_object(&json, NULL);
		json_number(&json, "ticket", change->ticket);
		json_time(&json, "was", shown(change->was));
		json_time(&json, "due", shown(change->due));
		json_bool(&json, "missed", change->missed);
		json_object_end(&json);
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	}
}

enum status cli_run_sla_apply(struct cli *cli, struct error *error)
{
	struct changes changes = { NULL, 0 };
	struct query query = { .words = "" };
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = find(cli, &changes, error);
	if (status == STATUS_OK && !cli->option[O_DRY_RUN]) {
		*ARENA_PUSH(&cli->arena, &query.sorts) = (struct query_sort){ .key = QUERY_DUE };
		status = cli_query_ready(cli, &query, error);
	}
	if (status != STATUS_OK)
		return status;
	show(cli, &changes);
	if (!cli->json)
		buffer_printf(&cli->out, "%zu request%s%s\n", changes.count, changes.count == 1 ? "" : "s", cli->option[O_DRY_RUN] ? " would change; nothing was done" : " changed");
	return STATUS_OK;
}
