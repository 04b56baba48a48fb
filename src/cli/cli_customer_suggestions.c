/*
 * cli_customer_suggestions.c - `customer suggestions`: who may be one person. Nothing is done; `customer merge` does it.
 */
#include "cli_private.h"

static void as_json(struct json *json, const struct customer_suggestion *one)
{
	json_object(json, NULL);
	json_object(json, "customer");
	json_number(json, "id", one->customer);
	json_string(json, "address", one->address);
	json_object_end(json);
	json_object(json, "other");
	json_number(json, "id", one->other);
	json_string(json, "address", one->other_address);
	json_object_end(json);
	json_number(json, "ticket", one->ticket);
	json_number(json, "message", one->seq);
	json_time(json, "at", one->at);
	json_object_end(json);
}

static void as_words(struct cli *cli, const struct customer_suggestion *one)
{
	struct arena *arena = &cli->arena;

	buffer_printf(&cli->out, "%s and %s: what only the first was sent for ticket %lld was answered by the second (message %d).\n    One person? sportello customer merge %lld %lld\n",
	              cli_safe(arena, one->address, false), cli_safe(arena, one->other_address, false), (long long)one->ticket, one->seq, (long long)one->other, (long long)one->customer);
}

enum status cli_run_customer_suggestions(struct cli *cli, struct error *error)
{
	struct customer_suggestions list;
	struct json json;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_customer_suggestions(cli->store, &cli->arena, &list, error);
	if (status != STATUS_OK)
		return status;
	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < list.count; i++)
		if (cli->json)
			as_json(&json, &list.at[i]);
		else
			as_words(cli, &list.at[i]);
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	} else if (!list.count) {
		buffer_add_string(&cli->out, "nobody seems to be two\n");
	}
	return STATUS_OK;
}
