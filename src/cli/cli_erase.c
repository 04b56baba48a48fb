/*
 * cli_erase.c - `erase customer|ticket|message|list|finish`: gone from the database, its files, search, models, the mirror, and from a backup that is
 * restored later.
 *
 * --dry-run counts the same places, and changes nothing. When the tables are clean, what stands beside them follows; where that cannot be done now, it is
 * said (75), the daemon does it as soon as it can, and so does `erase finish`. Mailboxes of people who were written to are not ours.
 * Diagnostics: "is held" (77), "there is no" (66).
 */
#include "cli_private.h"
#include "limits.h"
#include "mirror.h"

#include <string.h>
#include <unistd.h>

static void as_json(struct cli *cli, const struct erased *erased, bool dry)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "dry_run", dry);
	json_bool(&json, "done", erased->done);
	json_number(&json, "tickets", erased->tickets);
	json_number(&json, "messages", erased->messages);
	json_array(&json, "places");
	for (size_t i = 0; i < erased->places.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "place", erased->places.at[i].where);
		json_number(&json, "count", erased->places.at[i].count);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_strings(&json, "kept", &erased->kept);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void as_words(struct cli *cli, const struct erased *erased, bool dry)
{
	for (size_t i = 0; i < erased->places.count; i++)
		buffer_printf(&cli->out, "%8lld  %s\n", (long long)erased->places.at[i].count, erased->places.at[i].where);
	for (size_t i = 0; i < erased->kept.count; i++)
		buffer_printf(&cli->out, "    kept  %s\n", cli_safe(&cli->arena, erased->kept.at[i], false));
	buffer_add_string(&cli->out, dry ? "dry run: nothing was changed\n" : "erased; mails that were sent stay in the mailboxes of those who got them\n");
}

/* The agents' tree of mails: what is erased is no longer in it. erased NULL: whatever it was. */
static enum status clean_mirror(struct cli *cli, const struct erased *erased, struct error *error)
{
	struct mirror_counts counts;
	struct mirror *mirror;
	enum status status;

	if (!*cli->config->mirror_maildir || access(cli->config->mirror_maildir, F_OK) != 0)
		return STATUS_OK;
	if ((status = mirror_open(cli->config, &mirror, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; erased && i < erased->of.count && status == STATUS_OK; i++)
		status = mirror_renew(mirror, cli->config, &cli->policy, cli->store, erased->of.at[i], erased->raw ? erased->raw : MIRROR_SENT, error);
	if (status == STATUS_OK && !(erased && erased->raw))
		status = mirror_rebuild(mirror, cli->config, &cli->policy, cli->store, &counts, error);
	mirror_close(&mirror);
	return status;
}

static enum status finish(struct cli *cli, const struct erased *erased, bool *any, struct error *error)
{
	enum status status = store_erase_finish(cli->store, &cli->arena, any, error);

	return status == STATUS_OK ? clean_mirror(cli, erased, error) : status;
}

static bool names_one_of(const struct query *when, const struct customer_row *row, const char **name)
{
	for (size_t i = 0; when && i < when->terms.count; i++)
		for (size_t k = 0; when->terms.at[i].key == QUERY_CUSTOMER && k < when->terms.at[i].values.count; k++)
			for (size_t n = 0; n < row->addresses.count; n++)
				if (text_equal_nocase(*name = when->terms.at[i].values.at[k], row->addresses.at[n].address))
					return true;
	return false;
}

/* The daemon would keep again what the configuration says of him. */
static enum status check_promises(struct cli *cli, const struct erase_order *order, struct error *error)
{
	struct customer_row row;
	const char *name;
	enum status status = order->what == ERASE_CUSTOMER ? store_customer(cli->store, &cli->arena, order->customer, &row, error) : STATUS_OK;

	for (size_t i = 0; order->what == ERASE_CUSTOMER && status == STATUS_OK && i < cli->config->promises.count; i++)
		if (names_one_of(cli->config->promises.at[i].when, &row, &name))
			return error_set(error, STATUS_REFUSED, "%s: sla \"%s\" names %s in its \"when\", and would go on to: take it out of there, reload sportellod, and erase then. Nothing was erased",
			                 cli->config->file, cli->config->promises.at[i].name, name);
	return status;
}

static enum status erase(struct cli *cli, struct erase_order *order, struct error *error)
{
	bool dry = cli->option[O_DRY_RUN] != NULL, any;
	struct erased erased;
	enum status status;

	order->who = cli_acting(cli);
	order->hold = cli->config->retention_held;
	if ((status = check_promises(cli, order, error)) != STATUS_OK)
		return status;
	status = store_erase(cli->store, &cli->arena, order, dry, &erased, error);
	if (status == STATUS_OK && !dry && finish(cli, &erased, &any, error) != STATUS_OK) {
		cli_warn("it is erased in the database; what stands beside it follows: %s; see sportello erase finish", error->text);
		cli->exit_code = status_exit_code(STATUS_TRY_LATER);
	}
	if (status != STATUS_OK)
		return status;
	if (cli->json)
		as_json(cli, &erased, dry);
	else
		as_words(cli, &erased, dry);
	return STATUS_OK;
}

enum status cli_run_erase_customer(struct cli *cli, struct error *error)
{
	struct erase_order order = { .what = ERASE_CUSTOMER };
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_customer_chain(cli->store, error);
	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &order.customer, error);
	return status == STATUS_OK ? erase(cli, &order, error) : status;
}

enum status cli_run_erase_ticket(struct cli *cli, struct error *error)
{
	struct erase_order order = { .what = ERASE_TICKET };
	enum status status = cli_number(cli->words[0], "a ticket", &order.ticket, error);

	if (status == STATUS_OK)
		status = cli_need_store(cli, false, error);
	return status == STATUS_OK ? erase(cli, &order, error) : status;
}

enum status cli_run_erase_message(struct cli *cli, struct error *error)
{
	struct erase_order order = { .what = ERASE_MESSAGE };
	int64_t seq = 0, attachment = 0;
	enum status status = cli_number(cli->words[0], "a ticket", &order.ticket, error);

	if (status == STATUS_OK)
		status = cli_number(cli->words[1], "a message", &seq, error);
	order.seq = (int)seq;
	if (status == STATUS_OK && cli->option[O_ATTACHMENT]) {
		status = cli_number(cli->option[O_ATTACHMENT], "an attachment", &attachment, error);
		order.what = ERASE_ATTACHMENT;
		order.attachment = (int)(attachment <= LIMIT_PARTS ? attachment : LIMIT_PARTS + 1);
	}
	if (status == STATUS_OK)
		status = cli_need_store(cli, false, error);
	return status == STATUS_OK ? erase(cli, &order, error) : status;
}

enum status cli_run_erase_finish(struct cli *cli, struct error *error)
{
	struct json json;
	int64_t customer = 0;
	bool any = false, worked_at = false;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_erase_under_way(cli->store, &customer, &worked_at, error);
	if (status == STATUS_OK && worked_at)
		return error_set(error, STATUS_TRY_LATER, "%s %lld is being erased just now; should that have been broken off, try again in a minute (the daemon goes on with it, too)",
		                 customer > 0 ? "customer" : "ticket", (long long)(customer > 0 ? customer : -customer));
	do
		status = status == STATUS_OK ? finish(cli, NULL, &any, error) : status;
	while (status == STATUS_OK && !any && store_erase_under_way(cli->store, &customer, &worked_at, error) == STATUS_OK && customer);
	if (status != STATUS_OK)
		return status;
	if (!cli->json) {
		buffer_add_string(&cli->out, any ? "finished\n" : "nothing was left to do\n");
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "finished", any);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

enum status cli_run_erase_replay(struct cli *cli, struct error *error)
{
	struct json json;
	size_t erased = 0;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_erasures_replay(cli->store, &cli->arena, cli->option[O_LEDGER], &erased, error);
	if (status != STATUS_OK)
		return status;
	if (!cli->json) {
		buffer_printf(&cli->out, erased ? "erased again: %zu\n" : "nothing of what the ledger names is there\n", erased);
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_number(&json, "erased", (int64_t)erased);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

static void list_json(struct cli *cli, const struct erasure_rows *rows)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < rows->count; i++) {
		const struct erasure_row *row = &rows->at[i];

		json_object(&json, NULL);
		json_number(&json, "id", row->id);
		json_time(&json, "at", row->at);
		json_string(&json, "what", row->kind);
		if (row->ticket)
			json_number(&json, "ticket", row->ticket);
		else
			json_null(&json, "ticket");
		if (row->seq)
			json_number(&json, "message", row->seq);
		else
			json_null(&json, "message");
		if (row->attachment)
			json_number(&json, "attachment", row->attachment);
		else
			json_null(&json, "attachment");
		json_bool(&json, "done", row->done);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_erase_list(struct cli *cli, struct error *error)
{
	struct erasure_rows rows;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_erasures(cli->store, &cli->arena, &rows, error);
	if (status != STATUS_OK)
		return status;
	if (cli->json) {
		list_json(cli, &rows);
		return STATUS_OK;
	}
	for (size_t i = 0; i < rows.count; i++)
		buffer_printf(&cli->out, "%s  %s%s%s%s  %s\n", cli_time(&cli->arena, rows.at[i].at), rows.at[i].kind, rows.at[i].ticket ? arena_printf(&cli->arena, " %lld", (long long)rows.at[i].ticket) : "",
		              rows.at[i].seq ? arena_printf(&cli->arena, ", message %d", rows.at[i].seq) : "",
		              rows.at[i].attachment ? arena_printf(&cli->arena, ", attachment %d", rows.at[i].attachment) : "", rows.at[i].done ? "done" : "not finished");
	if (!rows.count)
		buffer_add_string(&cli->out, "nothing was erased\n");
	return STATUS_OK;
}
