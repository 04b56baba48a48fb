/*
 * cli_sla_apply.c - `sla apply`: open requests take what the configuration promises now, in place of what they were promised; --dry-run only says what that makes of
 * them.
 *
 * With -c a file that the daemon does not read yet can be tried. Requests that are resolved take it when they are opened again; clocks that have stopped never do.
 */
#include "cli_private.h"

struct change { int64_t ticket, was, due; bool missed; };
struct changes { struct change *at; size_t count; };

static enum status compare(struct cli *cli, const struct promise_book *tried, int64_t ticket, int64_t now, struct changes *changes, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct promise_row was, row;
	enum status status = gateway_promise_row(cli->book, cli->store, &arena, ticket, now, &was, error);

	if (status == STATUS_OK)
		status = gateway_promise_row(tried, cli->store, &arena, ticket, now, &row, error);
	if (status == STATUS_OK && was.due != row.due)
		*ARENA_PUSH(&cli->arena, changes) = (struct change){ ticket, was.due, row.due, row.due && row.due <= now };
	return status;
}

static enum status find(struct cli *cli, const struct promise_book *tried, struct changes *changes, struct error *error)
{
	struct changed_tickets open;
	int64_t after = 0, now = clock_now();
	enum status status;

	do {
		if ((status = store_open_tickets(cli->store, &cli->arena, after, PROMISES_AT_ONCE, &open, error)) != STATUS_OK)
			break;
		for (size_t i = 0; i < open.count && status == STATUS_OK; i++)
			status = compare(cli, tried, after = open.at[i].ticket, now, changes, error);
	} while (status == STATUS_OK && open.count);
	return status;
}

/* Is the newest version what the file says, and applied already? */
static bool is_applied(const struct promise_book *book)
{
	return !book->other && book->at[book->count - 1].applied && book->at[book->count - 1].id;
}

static enum status apply(struct cli *cli, struct error *error)
{
	enum status status = is_applied(cli->book) ? STATUS_OK : store_begin(cli->store, error);

	if (status != STATUS_OK || is_applied(cli->book))
		return status;
	if ((status = gateway_book_keep(cli->store, cli->config, clock_now(), cli_who(&cli->arena), error)) == STATUS_OK)
		status = store_commit(cli->store, error);
	else
		store_rollback(cli->store);
	cli->book = NULL;
	return status == STATUS_OK ? cli_follow_promises(cli, error) : status;
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
	struct promise_book *book, tried;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = cli_book(cli, &book, error);
	if (status == STATUS_OK)
		status = gateway_book_read(cli->config, cli->store, &cli->arena, &tried, error);
	if (status != STATUS_OK)
		return status;
	gateway_book_try(&tried, &cli->arena, cli->config, clock_now());
	status = find(cli, &tried, &changes, error);
	if (status == STATUS_OK && !cli->option[O_DRY_RUN])
		status = apply(cli, error);
	if (status != STATUS_OK)
		return status;
	show(cli, &changes);
	if (!cli->json)
		buffer_printf(&cli->out, "%zu request%s%s\n", changes.count, changes.count == 1 ? "" : "s", cli->option[O_DRY_RUN] ? " would change; nothing was done" : " changed");
	return STATUS_OK;
}
