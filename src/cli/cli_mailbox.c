/*
 * cli_mailbox.c - `mailbox list` and `mailbox raw`: every mail ever accepted and the one thing that became of it.
 *
 * For whoever asks "where did my mail go": also what was discarded, redirected or recognised as our own is there.
 * May not change anything.
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>

static const char *null_if_empty(const char *text)
{
	return text && *text ? text : NULL;
}

static void number_or_null(struct json *json, const char *key, int64_t number)
{
	if (number)
		json_number(json, key, number);
	else
		json_null(json, key);
}

static void row_as_json(struct json *json, const struct mailbox_row *row)
{
	json_object(json, NULL);
	json_number(json, "id", row->id);
	json_time(json, "received", row->received);
	json_string(json, "recipient", row->recipient);
	json_string(json, "envelope_from", row->envelope_from ? row->envelope_from : "");
	json_string(json, "from", row->from ? row->from : "");
	json_string(json, "subject", row->subject ? row->subject : "");
	json_string(json, "message_id", null_if_empty(row->message_id));
	json_string(json, "kind", row->kind);
	json_string(json, "disposition", row->disposition);
	json_string(json, "detail", null_if_empty(row->detail));
	number_or_null(json, "ticket", row->ticket);
	number_or_null(json, "message", row->seq);
	json_number(json, "size", (int64_t)row->size);
	json_number(json, "duplicates", row->duplicates);
	json_string(json, "trace", row->trace);
	json_object_end(json);
}

static void rows_as_table(struct cli *cli, const struct mailbox_rows *rows)
{
	static const struct cli_column columns[] = {
		{ "ID", true, false, false }, { "RECEIVED", false, false, false }, { "FROM", false, true, false }, { "RECIPIENT", false, true, false },
		{ "KIND", false, false, false }, { "DISPOSITION", false, false, false }, { "TICKET", true, false, false },
		{ "SIZE", true, false, false }, { "SUBJECT", false, true, false },
	};
	struct cli_table table = { columns, COUNT_OF(columns), { NULL, 0 } };
	char number[24];

	for (size_t i = 0; i < rows->count; i++) {
		const struct mailbox_row *row = &rows->at[i];

		cli_table_cell(cli, &table, log_number(number, row->id));
		cli_table_cell(cli, &table, cli_time(&cli->arena, row->received));
		cli_table_cell(cli, &table, row->from && *row->from ? row->from : "<>");
		cli_table_cell(cli, &table, row->recipient);
		cli_table_cell(cli, &table, row->kind);
		cli_table_cell(cli, &table, row->disposition);
		cli_table_cell(cli, &table, row->ticket ? log_number(number, row->ticket) : "-");
		cli_table_cell(cli, &table, cli_size(&cli->arena, row->size));
		cli_table_cell(cli, &table, row->subject);
	}
	if (rows->count)
		cli_table_print(cli, &table);
	else
		buffer_add_string(&cli->out, "no mail so far\n");
}

enum status cli_run_mailbox_list(struct cli *cli, struct error *error)
{
	struct mailbox_rows rows = { NULL, 0 };
	struct json json;
	size_t limit;
	enum status status;

	if ((status = cli_limit(cli, &limit, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = store_mailbox(cli->store, &cli->arena, limit, &rows, error)) != STATUS_OK)
		return status;
	if (!cli->json) {
		rows_as_table(cli, &rows);
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < rows.count; i++)
		row_as_json(&json, &rows.at[i]);
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

enum status cli_run_mailbox_raw(struct cli *cli, struct error *error)
{
	int64_t id, raw;
	enum status status;

	if ((status = cli_number(cli->words[0], "a mail", &id, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = store_mailbox_raw(cli->store, id, &raw, error)) != STATUS_OK)
		return status;
	return cli_print_raw(cli, raw, error);
}
