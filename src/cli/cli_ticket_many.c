/*
 * cli_ticket_many.c - what is done to one ticket, done to all that a query finds: `ticket close --where "state:open updated:>90d" --yes`.
 *
 * Without --yes nothing is done: it says how many they are, and which. With it each is a transaction of its own, so that mail goes on coming in
 * meanwhile; what is refused of one is said, and the others are done. A query without a word means no ticket, not all.
 */
#include "cli_private.h"

#include <stdlib.h>
#include <string.h>

struct refusal { int64_t ticket; const char *why; };
struct many {
	struct { int64_t *at; size_t count; } found, done;
	struct { struct refusal *at; size_t count; } refused;
	enum status first;               /* why the first was */
};

static int by_number(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

/* The oldest first; one into which the others are merged is left out. */
static enum status find(struct cli *cli, int64_t except, struct many *many, struct ticket_rows *rows, struct error *error)
{
	struct query query;
	enum status status = cli_query(cli, cli->option[O_WHERE], &query, error);

	if (status == STATUS_OK && !query.terms.count && !*query.words)
		return error_set(error, STATUS_USAGE, "--where needs a query, such as \"state:open updated:>90d\": an empty one finds nothing");
	if (status == STATUS_OK)
		status = cli_query_ready(cli, &query, error);
	if (status == STATUS_OK)
		status = store_tickets(cli->store, &cli->arena, &query, clock_now(), 0, rows, error);
	for (size_t i = 0; status == STATUS_OK && i < rows->count; i++)
		if (rows->at[i].facts.id != except)
			*ARENA_PUSH(&cli->arena, &many->found) = rows->at[i].facts.id;
	if (many->found.count)
		qsort(many->found.at, many->found.count, sizeof *many->found.at, by_number);
	return status;
}

static void json_numbers(struct json *json, const char *key, const int64_t *at, size_t count)
{
	json_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_number(json, NULL, at[i]);
	json_array_end(json);
}

static void show_json(struct cli *cli, const struct many *many)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "command", cli->command->name);
	json_numbers(&json, "tickets", many->found.at, many->found.count);
	json_numbers(&json, "done", many->done.at, many->done.count);
	json_array(&json, "refused");
	for (size_t i = 0; i < many->refused.count; i++) {
		json_object(&json, NULL);
		json_number(&json, "ticket", many->refused.at[i].ticket);
		json_string(&json, "error", many->refused.at[i].why);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void show(struct cli *cli, const struct many *many, const struct ticket_rows *rows, bool yes)
{
	if (cli->json) {
		show_json(cli, many);
		return;
	}
	for (size_t i = 0; i < many->refused.count; i++)
		buffer_printf(&cli->out, "ticket %lld: %s\n", (long long)many->refused.at[i].ticket, cli_safe(&cli->arena, many->refused.at[i].why, false));
	if (yes) {
		buffer_printf(&cli->out, "%s: done to %zu of %zu ticket%s\n", cli->command->name, many->done.count, many->found.count, many->found.count == 1 ? "" : "s");
		return;
	}
	if (rows->count)
		cli_ticket_rows(cli, rows);
	buffer_printf(&cli->out, "%s%s would be done to %zu ticket%s; nothing was done: add --yes\n", rows->count ? "\n" : "", cli->command->name, many->found.count,
	              many->found.count == 1 ? "" : "s");
}

/* The same words as for one, with its number before them. */
static void do_each(struct cli *cli, cli_ticket_act act, void *context, struct many *many)
{
	const char **own = cli->words, **words = ARENA_ARRAY(&cli->arena, const char *, cli->count + 2);
	size_t count = cli->count;

	memcpy(words + 1, own, count * sizeof *own);
	cli->words = words;
	cli->count = count + 1;
	for (size_t i = 0; i < many->found.count; i++) {
		struct error error;

		words[0] = arena_printf(&cli->arena, "%lld", (long long)many->found.at[i]);
		enum status status = act(cli, context, &error);
		if (status == STATUS_OK)
			*ARENA_PUSH(&cli->arena, &many->done) = many->found.at[i];
		else
			*ARENA_PUSH(&cli->arena, &many->refused) = (struct refusal){ many->found.at[i], arena_string(&cli->arena, error.text) };
		if (status != STATUS_OK && many->first == STATUS_OK)
			many->first = status;
	}
	cli->words = own;
	cli->count = count;
}

enum status cli_ticket_many(struct cli *cli, int64_t except, cli_ticket_act act, void *context, struct error *error)
{
	struct many many = { .first = STATUS_OK };
	struct ticket_rows rows = { NULL, 0 };
	bool yes = cli->option[O_YES];
	enum status status = find(cli, except, &many, &rows, error);

	if (status != STATUS_OK)
		return status;
	if (yes)
		do_each(cli, act, context, &many);
	show(cli, &many, &rows, yes);
	if (many.first != STATUS_OK)
		cli->exit_code = status_exit_code(many.first);
	return STATUS_OK;
}
