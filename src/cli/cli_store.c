/*
 * cli_store.c - `store copy`: the desk into another kind of database, and what to do next.
 *
 * How far it is goes to standard error, where that is a terminal; the end, with the digests of both sides, to standard output.
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tell(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

static void as_json(struct cli *cli, const struct store_copied *copied)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "from", copied->from);
	json_string(&json, "to", copied->to);
	json_number(&json, "rows", copied->rows);
	json_number(&json, "cleaned", copied->cleaned);
	json_number(&json, "held_ms", copied->held_ms);
	json_number(&json, "ms", copied->ms);
	json_bool(&json, "works", copied->works);
	json_array(&json, "tables");
	for (size_t i = 0; i < copied->tables.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "table", copied->tables.at[i].name);
		json_number(&json, "rows", copied->tables.at[i].rows);
		json_string(&json, "digest", copied->tables.at[i].digest);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void as_words(struct cli *cli, const struct store_copied *copied, const char *to)
{
	struct buffer *out = &cli->out;

	for (size_t i = 0; i < copied->tables.count; i++)
		buffer_printf(out, "%-20s %12lld  %s\n", copied->tables.at[i].name, (long long)copied->tables.at[i].rows, copied->tables.at[i].digest);
	buffer_printf(out, "%s is copied to %s: %lld rows in %zu tables, and their digests (above) are the same on both sides. It took %.1f s; nobody could write for %.1f s.\n",
	              copied->from, copied->to, (long long)copied->rows, copied->tables.count, (double)copied->ms / 1000, (double)copied->held_ms / 1000);
	if (copied->cleaned)
		buffer_printf(out, "%lld texts were not UTF-8 and are cleaned in the copy; the mails themselves are byte for byte.\n", (long long)copied->cleaned);
	if (copied->works)
		buffer_printf(out, "sportellod works on %s: what it takes from now on is not in the copy. Stop it, and run this again: it fetches what came since, in seconds. If you do not want "
		                   "the copy: sportello store copy --end.\n", copied->from);
	else
		buffer_printf(out, "Next: store: { url = \"%s\"; }; in the configuration, sportello fsck, and start sportellod. It makes the full text anew, beside its work. Nothing is written to "
		                   "%s any more; if you stay there: sportello store copy --end.\n", to, copied->from);
}

static enum status end_noting(struct cli *cli, const char *from, struct error *error)
{
	enum status status = store_copy_end(cli->config->state_dir, from, error);

	if (status == STATUS_OK && cli->json)
		buffer_add_string(&cli->out, "{\"ended\":true}\n");
	else if (status == STATUS_OK)
		buffer_add_string(&cli->out, "No changes are noted any more, and the desk is where it was. A copy of it is of no use now: remove it.\n");
	return status;
}

enum status cli_run_store_copy(struct cli *cli, struct error *error)
{
	struct store_copy_order order = { .progress = !cli->json && isatty(STDERR_FILENO) ? tell : NULL };
	struct store_copied copied;
	enum status status = cli_need_config(cli, error);

	if (status != STATUS_OK)
		return status;
	order.state_dir = cli->config->state_dir;
	order.from = cli->option[O_FROM] ? cli->option[O_FROM] : cli->config->store_url;
	order.to = cli->option[O_TO];
	if (cli->option[O_END])
		return end_noting(cli, order.from, error);
	if (!order.to)
		return error_set(error, STATUS_USAGE, "--to says where: \"sqlite:\" is sportello.db in desk.state_dir, or postgresql://user@host/database");
	if ((status = store_copy(&order, &cli->arena, &copied, error)) != STATUS_OK)
		return status;
	if (cli->json)
		as_json(cli, &copied);
	else
		as_words(cli, &copied, order.to);
	return STATUS_OK;
}
