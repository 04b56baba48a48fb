/*
 * cli_mirror.c - `mirror`: the tree of mails made anew, while the daemon runs or not.
 *
 * What is missing is written, what no message is for is removed, what stands in another folder than its ticket's queue is moved; nothing else is
 * touched. fsck says with mirror_check() whether it is needed.
 */
#include "cli_private.h"
#include "mirror.h"

enum status cli_run_mirror(struct cli *cli, struct error *error)
{
	struct mirror_counts counts;
	struct mirror *mirror;
	struct json json;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK && !*cli->config->mirror_maildir)
		return error_set(error, STATUS_BAD_CONFIG, "there is no mirror: set mirror.maildir in %s", cli->config->file);
	if (status == STATUS_OK)
		status = mirror_open(cli->config, &mirror, error);
	if (status != STATUS_OK)
		return status;
	status = mirror_rebuild(mirror, cli->config, &cli->policy, cli->store, &counts, error);
	mirror_close(&mirror);
	if (status != STATUS_OK)
		return status;
	if (!cli->json) {
		buffer_printf(&cli->out, "%s: %zu written, %zu moved, %zu removed\n", cli_safe(&cli->arena, cli->config->mirror_maildir, false), counts.written,
		              counts.moved, counts.removed);
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "maildir", cli->config->mirror_maildir);
	json_number(&json, "written", (int64_t)counts.written);
	json_number(&json, "moved", (int64_t)counts.moved);
	json_number(&json, "removed", (int64_t)counts.removed);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}
