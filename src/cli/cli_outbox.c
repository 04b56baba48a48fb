/*
 * cli_outbox.c - `outbox list` and `outbox retry`: mail that waits to go out, and why.
 *
 * The list shows attempts, the relay's last words and the next try; retry makes everything due now (the daemon sends it).
 * May not send anything itself.
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>

static void add_addresses(struct json *json, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++)
		json_string(json, NULL, list->at[i].address);
}

static void row_as_json(struct json *json, const struct outbox_row *row)
{
	json_object(json, NULL);
	json_number(json, "id", row->id);
	if (row->ticket)
		json_number(json, "ticket", row->ticket);
	else
		json_null(json, "ticket");
	json_string(json, "template", row->outgoing.template);
	json_array(json, "to");
	add_addresses(json, &row->outgoing.to);
	add_addresses(json, &row->outgoing.cc);
	json_array_end(json);
	json_string(json, "state", store_outbox_state_name(row->state));
	json_number(json, "attempts", row->attempts);
	json_time(json, "created", row->created);
	json_time(json, "next_try", row->state == OUTBOX_WAITING ? row->next_try : 0);
	json_string(json, "last_reply", row->last_reply && *row->last_reply ? row->last_reply : NULL);
	json_string(json, "subject", row->outgoing.subject);
	json_string(json, "message_id", row->outgoing.message_id);
	json_array(json, "recipients");
	for (size_t i = 0; i < row->recipients.count; i++) {
		const char *reply = row->recipients.at[i].reply;

		json_object(json, NULL);
		json_string(json, "address", row->recipients.at[i].address);
		json_string(json, "state", store_outbox_state_name(row->recipients.at[i].state));
		json_string(json, "reply", reply && *reply ? reply : NULL);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static const char *next_try(struct cli *cli, const struct outbox_row *row)
{
	int64_t seconds = (row->next_try - clock_now()) / 1000;

	if (row->state != OUTBOX_WAITING)
		return "-";
	if (seconds <= 0)
		return "now";
	return seconds < 120 ? arena_printf(&cli->arena, "in %lld s", (long long)seconds) : arena_printf(&cli->arena, "in %lld min", (long long)(seconds / 60));
}

static const struct cli_column columns[] = {
	{ "MAIL", true, CUT_NEVER, false }, { "TICKET", true, CUT_NEVER, false }, { "STATE", false, CUT_NEVER, true }, { "TEMPLATE", false, CUT_NEVER, false },
	{ "TO", false, CUT_FIRST, false }, { "AGE", false, CUT_NEVER, false }, { "TRIES", true, CUT_NEVER, false }, { "NEXT", false, CUT_NEVER, false },
	{ "LAST REPLY", false, CUT_LAST, false },
};

static void row_as_cells(struct cli *cli, struct cli_table *table, const struct outbox_row *row)
{
	size_t more = row->outgoing.to.count + row->outgoing.cc.count;
	char number[24];

	cli_table_cell(cli, table, log_number(number, row->id));
	cli_table_cell(cli, table, row->ticket ? log_number(number, row->ticket) : "-");
	cli_table_cell(cli, table, store_outbox_state_name(row->state));
	cli_table_cell(cli, table, row->outgoing.template);
	cli_table_cell(cli, table, row->outgoing.to.count ? arena_printf(&cli->arena, more > 1 ? "%s +%zu" : "%s", row->outgoing.to.at[0].address, more - 1) : "-");
	cli_table_cell(cli, table, cli_is_narrow() ? cli_short_age(&cli->arena, row->created) : cli_age(&cli->arena, row->created));
	cli_table_cell(cli, table, log_number(number, row->attempts));
	cli_table_cell(cli, table, next_try(cli, row));
	cli_table_cell(cli, table, row->last_reply && *row->last_reply ? row->last_reply : "-");
}

#define PAGE ((size_t)500)                       /* rows that are read at a time */

static enum status list_rows(struct cli *cli, struct cli_list *list, struct error *error)
{
	int64_t last_try = INT64_MIN, last_id = 0;

	for (;;) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct outbox_rows rows = { NULL, 0 };
		enum status status = store_outbox_page(cli->store, &arena, cli->option[O_ALL] != NULL, last_try, last_id, PAGE, &rows, error);

		for (size_t i = 0; i < rows.count && status == STATUS_OK; i++) {
			if (cli->json)
				row_as_json(&list->json, &rows.at[i]);
			else
				row_as_cells(cli, &list->table, &rows.at[i]);
			if (!cli_list_next(cli, list))
				return STATUS_OK;
		}
		if (status != STATUS_OK || rows.count < PAGE)
			return status;
		last_try = rows.at[rows.count - 1].next_try;
		last_id = rows.at[rows.count - 1].id;
	}
}

enum status cli_run_outbox_list(struct cli *cli, struct error *error)
{
	struct cli_list list;
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK)
		return status;
	cli_list_begin(cli, &list, columns, COUNT_OF(columns), cli->option[O_ALL] ? "no mail\n" : "nothing waits\n");
	status = list_rows(cli, &list, error);
	cli_list_end(cli, &list);
	return status;
}

enum status cli_run_outbox_retry(struct cli *cli, struct error *error)
{
	int64_t count = 0;
	enum status status;

	if ((status = cli_need_store(cli, false, error)) != STATUS_OK || (status = store_begin(cli->store, error)) != STATUS_OK)
		return status;
	if ((status = store_outbox_retry_now(cli->store, &count, error)) != STATUS_OK) {
		store_rollback(cli->store);
		return status;
	}
	if ((status = store_commit(cli->store, error)) != STATUS_OK)
		return status;
	if (cli->json)
		buffer_printf(&cli->out, "{\"retried\":%lld}\n", (long long)count);
	else
		buffer_printf(&cli->out, "%lld mail%s will be tried now\n", (long long)count, count == 1 ? "" : "s");
	return STATUS_OK;
}
