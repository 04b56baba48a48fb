/*
 * cli_key.c - `key list`, `key rotate`, `key revoke`: the keys that sign ticket addresses, Message-IDs and links.
 *
 * A key is named by eight digits of its digest; its secret is never shown. A running daemon sees a change within a second or two.
 */
#include "cli_private.h"

#include <string.h>

#define DAY_MS (24LL * 60 * 60 * 1000)

static void as_table(struct cli *cli, const struct store_keyring *ring)
{
	static const struct cli_column columns[] = { { "KEY", false, false, false }, { "MADE", false, false, false }, { "USE", false, false, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };

	for (size_t i = 0; i < ring->count; i++) {
		cli_table_cell(cli, &table, ring->at[i].id);
		cli_table_cell(cli, &table, ring->at[i].made ? cli_time(&cli->arena, ring->at[i].made) : "-");
		cli_table_cell(cli, &table, !i ? "signs" : ring->at[i].below ? arena_printf(&cli->arena, "verifies, of requests below %lld", (long long)ring->at[i].below) : "verifies");
	}
	cli_table_print(cli, &table);
}

static void as_json(struct cli *cli, const struct store_keyring *ring)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < ring->count; i++) {
		json_object(&json, NULL);
		json_string(&json, "key", ring->at[i].id);
		json_time(&json, "made", ring->at[i].made);
		json_bool(&json, "signs", i == 0);
		if (ring->at[i].below)
			json_number(&json, "below", ring->at[i].below);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void print(struct cli *cli, const struct store_keyring *ring)
{
	if (cli->json)
		as_json(cli, ring);
	else
		as_table(cli, ring);
}

enum status cli_run_key_list(struct cli *cli, struct error *error)
{
	struct store_keyring ring;
	enum status status = cli_need_config(cli, error);

	if (status == STATUS_OK && (status = store_keyring(cli->config->state_dir, &ring, error)) == STATUS_OK)
		print(cli, &ring);
	return status;
}

enum status cli_run_key_rotate(struct cli *cli, struct error *error)
{
	struct store_keyring ring;
	enum status status = cli_need_config(cli, error);

	if (status == STATUS_OK)
		status = store_key_rotate(cli->config->state_dir, cli->config->store_url, clock_now() - cli->config->policy.link_days * DAY_MS, &ring, error);
	if (status == STATUS_OK)
		print(cli, &ring);
	return status;
}

enum status cli_run_key_revoke(struct cli *cli, struct error *error)
{
	struct store_keyring ring;
	const char *id = strcmp(cli->words[0], "all") == 0 ? NULL : cli->words[0];
	enum status status = cli_need_config(cli, error);

	if (status == STATUS_OK)
		status = store_key_revoke(cli->config->state_dir, cli->config->store_url, id, &ring, error);
	if (status == STATUS_OK)
		print(cli, &ring);
	return status;
}
