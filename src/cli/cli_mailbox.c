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

static const struct cli_column columns[] = {
	{ "ID", true, CUT_NEVER, false }, { "RECEIVED", false, CUT_NEVER, false }, { "FROM", false, CUT_FIRST, false }, { "RECIPIENT", false, CUT_FIRST, false },
	{ "KIND", false, CUT_NEVER, false }, { "DISPOSITION", false, CUT_NEVER, false }, { "TICKET", true, CUT_NEVER, false },
	{ "SIZE", true, CUT_NEVER, false }, { "SUBJECT", false, CUT_LAST, false },
};
/* Who wonders what became of a mail knows its sender and subject. */
static const struct cli_column narrow[] = {
	{ "ID", true, CUT_NEVER, false }, { "AGE", true, CUT_NEVER, false }, { "FROM", false, CUT_FIRST, false }, { "DISPOSITION", false, CUT_NEVER, false },
	{ "TICKET", true, CUT_NEVER, false }, { "SUBJECT", false, CUT_LAST, false },
};

static void row_as_cells(struct cli *cli, struct cli_table *table, const struct mailbox_row *row)
{
	bool all = table->columns == columns;
	char number[24];

	cli_table_cell(cli, table, log_number(number, row->id));
	cli_table_cell(cli, table, all ? cli_time(&cli->arena, row->received) : cli_short_age(&cli->arena, row->received));
	cli_table_cell(cli, table, row->from && *row->from ? row->from : "<>");
	if (all) {
		cli_table_cell(cli, table, row->recipient);
		cli_table_cell(cli, table, row->kind);
	}
	cli_table_cell(cli, table, row->disposition);
	cli_table_cell(cli, table, row->ticket ? log_number(number, row->ticket) : "-");
	if (all)
		cli_table_cell(cli, table, cli_size(&cli->arena, row->size));
	cli_table_cell(cli, table, row->subject);
}

#define PAGE ((size_t)500)                       /* rows that are read at a time */

static enum status list_rows(struct cli *cli, struct cli_list *list, size_t limit, struct error *error)
{
	int64_t before = INT64_MAX;

	for (size_t left = limit ? limit : SIZE_MAX; left;) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct mailbox_rows rows = { NULL, 0 };
		size_t wanted = left < PAGE ? left : PAGE;
		enum status status = store_mailbox_before(cli->store, &arena, before, wanted, &rows, error);

		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < rows.count; i++) {
			if (cli->json)
				row_as_json(&list->json, &rows.at[i]);
			else
				row_as_cells(cli, &list->table, &rows.at[i]);
			if (!cli_list_next(cli, list))
				return STATUS_OK;
		}
		if (rows.count < wanted)
			return STATUS_OK;
		before = rows.at[rows.count - 1].id;
		left -= rows.count;
	}
	return STATUS_OK;
}

enum status cli_run_mailbox_list(struct cli *cli, struct error *error)
{
	struct cli_list list;
	size_t limit;
	enum status status;

	if ((status = cli_limit(cli, &limit, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	cli_list_begin(cli, &list, cli_is_narrow() ? narrow : columns, cli_is_narrow() ? COUNT_OF(narrow) : COUNT_OF(columns), "no mail so far\n");
	status = list_rows(cli, &list, limit, error);
	cli_list_end(cli, &list);
	return status;
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
