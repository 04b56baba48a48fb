/*
 * cli_maintenance.c - `backup` and `fsck`: looking after the database.
 *
 * Both work while the daemon runs. fsck ends with 65 if it found something, and says each finding on a line.
 * May not repair: what is wrong is told, with what can be done about it.
 */
#include "cli_private.h"
#include "mirror.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum status cli_run_backup(struct cli *cli, struct error *error)
{
	const char *file = cli->words[0];
	struct stat info;
	struct json json;
	enum status status;

	if ((status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	if (access(file, F_OK) == 0)
		return error_set(error, STATUS_BAD_INPUT, "%s is there already; a backup overwrites nothing, give a new name", file);
	if ((status = store_backup(cli->store, file, error)) != STATUS_OK)
		return status;
	if (stat(file, &info) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s", file, strerror(errno));
	if (!cli->json) {
		buffer_printf(&cli->out, "%s: %s\n", cli_safe(&cli->arena, file, false), cli_size(&cli->arena, (uint64_t)info.st_size));
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "file", file);
	json_number(&json, "size", (int64_t)info.st_size);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

static void findings_as_json(struct cli *cli, const struct strings *findings)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "clean", !findings->count);
	json_strings(&json, "findings", findings);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

/* Once for each sort of finding: the first row whose word it begins with. */
static const struct { const char *begins, *advice; } what_to_do[] = {
	{ "mirror:", "The mirror is made anew by `sportello mirror`; nothing is lost by it." },
	{ "mails/", "Files that no row names do no harm: a crash left them, and sportellod removes them while it runs." },
	{ "raw mail ", "A raw mail that is not as it came cannot be mended, only be taken from a backup: put its file back from a copy of the state\n"
		"directory, or open a backup on another machine and save it with `sportello ticket raw`. Its ticket, with what was read from it,\n"
		"is not touched, and sportellod can go on. Have the disk examined." },
	{ "", "The database does not hold together. Stop sportellod, copy the whole state directory aside, and restore the last backup that\n"
		"`sportello fsck` finds clean; see sportello(1), backup. Mails that came after it are in the copy: `sportello mailbox list`. Have the\n"
		"disk examined; if it is sound, please report this." },
};

static void say_what_to_do(struct cli *cli, const struct strings *findings)
{
	bool said[COUNT_OF(what_to_do)] = { false };

	for (size_t i = 0; i < findings->count; i++) {
		size_t sort = 0;

		while (strncmp(findings->at[i], what_to_do[sort].begins, strlen(what_to_do[sort].begins)) != 0)
			sort++;
		if (!said[sort])
			buffer_printf(&cli->out, "\n%s\n", what_to_do[sort].advice);
		said[sort] = true;
	}
}

static enum status check_mirror(struct cli *cli, struct strings *findings, struct error *error)
{
	struct mirror *mirror;
	enum status status = STATUS_OK;

	if (!*cli->config->mirror_maildir || access(cli->config->mirror_maildir, F_OK) != 0)
		return STATUS_OK;
	if ((status = mirror_open(cli->config, &mirror, error)) != STATUS_OK)
		return status;
	status = mirror_check(mirror, cli->store, &cli->arena, findings, error);
	mirror_close(&mirror);
	return status;
}

static enum status check_promises(struct cli *cli, struct strings *findings, struct error *error)
{
	struct promise_book *book;
	enum status status = cli_book(cli, &book, error);

	if (status == STATUS_OK)
		status = gateway_promises_check(book, cli->store, &cli->arena, findings, error);
	return status == STATUS_OK ? gateway_events_check(cli->config, book, cli->store, &cli->arena, findings, error) : status;
}

enum status cli_run_fsck(struct cli *cli, struct error *error)
{
	struct strings findings = { NULL, 0 };
	enum status status;

	if ((status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = store_fsck(cli->store, &cli->arena, &findings, error)) != STATUS_OK || (status = check_promises(cli, &findings, error)) != STATUS_OK || (status = check_mirror(cli, &findings, error)) != STATUS_OK)
		return status;
	cli->exit_code = findings.count ? EX_DATAERR : EX_OK;
	if (cli->json) {
		findings_as_json(cli, &findings);
		return STATUS_OK;
	}
	for (size_t i = 0; i < findings.count; i++)
		buffer_printf(&cli->out, "%s\n", cli_safe(&cli->arena, findings.at[i], false));
	say_what_to_do(cli, &findings);
	if (!findings.count)
		buffer_add_string(&cli->out, "clean\n");
	return STATUS_OK;
}
