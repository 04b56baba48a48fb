/*
 * cli_reply.c - `reply list`, `reply show`, `reply lint`: the texts that agents send with /use.
 *
 * May not change anything. Diagnostics: "there is no saved reply" (66); lint ends with 78 where something is wrong.
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void list(struct cli *cli, const struct saved_replies *replies)
{
	struct json json;

	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < replies->count; i++) {
		const struct saved_reply *reply = &replies->at[i];

		if (!cli->json) {
			buffer_printf(&cli->out, "%-24s %-4s %s\n", cli_safe(&cli->arena, reply->name, false), *reply->language ? reply->language : "-",
			              cli_safe(&cli->arena, reply->title, false));
			continue;
		}
		json_object(&json, NULL);
		json_string(&json, "name", reply->name);
		json_string(&json, "language", *reply->language ? reply->language : NULL);
		json_string(&json, "title", reply->title);
		json_string(&json, "queue", *reply->queue ? reply->queue : NULL);
		json_string(&json, "state", *reply->state ? reply->state : NULL);
		json_strings(&json, "tags", &reply->tags);
		json_string(&json, "file", reply->file);
		json_object_end(&json);
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	}
}

static enum status show(struct cli *cli, const struct saved_replies *replies, struct error *error)
{
	bool found = false;
	struct json json;

	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < replies->count; i++) {
		const struct saved_reply *reply = &replies->at[i];

		if (!text_equal_nocase(reply->name, cli->words[0]))
			continue;
		if (cli->json) {
			json_object(&json, NULL);
			json_string(&json, "name", reply->name);
			json_string(&json, "language", *reply->language ? reply->language : NULL);
			json_string(&json, "title", reply->title);
			json_string(&json, "text", text_trim(arena_string(&cli->arena, reply->text)));
			json_object_end(&json);
		} else {
			buffer_printf(&cli->out, "%s%s\n\n%s\n", found ? "\n" : "", cli_safe(&cli->arena, reply->file, false),
			              cli_safe(&cli->arena, text_trim(arena_string(&cli->arena, reply->text)), true));
		}
		found = true;
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	}
	return found ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "there is no saved reply \"%s\" in %s", cli->words[0], cli->config->replies_dir);
}

static void lint(struct cli *cli)
{
	struct config_problems problems = { NULL, 0 };
	struct json json;
	size_t count;

	config_check_replies(cli->config, &cli->arena, &problems, &count);
	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < problems.count; i++) {
		if (cli->json) {
			json_object(&json, NULL);
			json_string(&json, "file", problems.at[i].file);
			json_string(&json, "text", problems.at[i].text);
			json_object_end(&json);
		} else
			fprintf(stderr, "%s: %s\n", cli_safe(&cli->arena, problems.at[i].file, false), cli_safe(&cli->arena, problems.at[i].text, false));
		cli->exit_code = EX_CONFIG;
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	} else if (!problems.count)
		buffer_printf(&cli->out, "%zu saved replies, nothing to say\n", count);
}

enum status cli_run_reply(struct cli *cli, struct error *error)
{
	struct saved_replies replies;
	const char *what = strchr(cli->command->name, ' ') + 1;
	enum status status = cli_need_config(cli, error);

	if (status != STATUS_OK)
		return status;
	if (!strcmp(what, "lint")) {
		lint(cli);
		return STATUS_OK;
	}
	config_replies(cli->config, &cli->arena, &replies, NULL);
	if (!strcmp(what, "show"))
		return show(cli, &replies, error);
	list(cli, &replies);
	return STATUS_OK;
}
