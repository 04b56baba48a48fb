/*
 * cli_restore.c - `restore FILE`: a backup takes the place of what is in desk.state_dir, and says what that means.
 *
 * May not touch what it does not know: the old files are kept, and where is said.
 */
#include "cli_private.h"

#include <string.h>

static void as_json(struct cli *cli, const char *file, const struct store_restored *restored)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "file", file);
	json_string(&json, "state_dir", cli->config->state_dir);
	json_number(&json, "tickets", restored->tickets);
	json_number(&json, "mails", restored->mails);
	json_time(&json, "newest", restored->newest);
	json_number(&json, "waiting", restored->waiting);
	json_string(&json, "replaced", restored->replaced);
	json_number(&json, "erased", (int64_t)restored->erased);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void as_words(struct cli *cli, const char *file, const struct store_restored *restored)
{
	struct buffer *out = &cli->out;
	const char *plural = restored->tickets == 1 ? "" : "s";

	buffer_printf(out, "%s is restored into %s: %lld ticket%s, %lld mail%s", cli_safe(&cli->arena, file, false), cli->config->state_dir, (long long)restored->tickets, plural,
	              (long long)restored->mails, restored->mails == 1 ? "" : "s");
	if (restored->newest)
		buffer_printf(out, ", the last of %s", cli_time(&cli->arena, restored->newest));
	buffer_add_string(out, "\n");
	if (restored->replaced)
		buffer_printf(out, "What was there is in %s: remove it when all is well.\n", restored->replaced);
	buffer_add_string(out, "Mail that came after the backup is not in it; an answer to it opens a ticket of its own.\n");
	if (restored->erased)
		buffer_printf(out, "What was erased since is erased again: %zu time%s.\n", restored->erased, restored->erased == 1 ? "" : "s");
	if (restored->waiting)
		buffer_printf(out, "%lld mail%s waited to go out when it was made, and go out now, maybe for a second time: see sportello outbox list.\n", (long long)restored->waiting,
		              restored->waiting == 1 ? "" : "s");
	buffer_add_string(out, "Next: sportello fsck, then start sportellod.\n");
}

enum status cli_run_restore(struct cli *cli, struct error *error)
{
	const char *file = cli->words[0];
	struct store_restored restored;
	enum status status = cli_need_config(cli, error);

	if (status == STATUS_OK && strcmp(cli->config->store_url, STORE_URL) != 0)
		status = error_set(error, STATUS_BAD_CONFIG, "store.url is %s; a backup is restored into \"" STORE_URL "\"", cli->config->store_url);
	if (status == STATUS_OK)
		status = store_restore(cli->config->state_dir, file, cli->option[O_LEDGER], &cli->arena, &restored, error);
	if (status != STATUS_OK)
		return status;
	if (cli->json)
		as_json(cli, file, &restored);
	else
		as_words(cli, file, &restored);
	return STATUS_OK;
}
