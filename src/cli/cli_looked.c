/*
 * cli_looked.c - who looked at figures of single agents: written down when it is done, and shown by `report looked` to everybody.
 */
#include "cli_private.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

const char *cli_who(struct arena *arena)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) == 0 && found)
		return arena_string(arena, found->pw_name);
	return arena_printf(arena, "user %u", (unsigned)getuid());
}

enum status cli_note_looked(struct cli *cli, const char *what, struct error *error)
{
	enum status status = store_begin(cli->store, error);

	if (status != STATUS_OK)
		return status;
	if ((status = store_looked_add(cli->store, clock_now(), cli_who(&cli->arena), what, error)) == STATUS_OK)
		return store_commit(cli->store, error);
	store_rollback(cli->store);
	return status;
}

static void show_json(struct cli *cli, const struct looked_rows *rows)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < rows->count; i++) {
		json_object(&json, NULL);
		json_time(&json, "at", rows->at[i].at);
		json_string(&json, "who", rows->at[i].who);
		json_string(&json, "what", rows->at[i].what);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_report_looked(struct cli *cli, struct error *error)
{
	static const struct cli_column columns[] = { { "when", false, false, false }, { "who", false, true, false }, { "what", false, true, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	struct looked_rows rows;
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK || (status = store_looked(cli->store, &cli->arena, &rows, error)) != STATUS_OK)
		return status;
	if (cli->json) {
		show_json(cli, &rows);
		return STATUS_OK;
	}
	for (size_t i = 0; i < rows.count; i++) {
		cli_table_cell(cli, &table, cli_time(&cli->arena, rows.at[i].at));
		cli_table_cell(cli, &table, rows.at[i].who);
		cli_table_cell(cli, &table, rows.at[i].what);
	}
	cli_table_print(cli, &table);
	return STATUS_OK;
}
