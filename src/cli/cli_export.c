/*
 * cli_export.c - `customer export WHO DIR|--send`: a copy of what the desk has of one person (cli_export_write.c), as a directory or by mail (cli_export_mail.c).
 *
 * DIR is made, for its owner alone; one that is there must be empty. Each export is written into his history.
 * Diagnostics: "is not empty" (65).
 */
#include "cli_export.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static enum status failed(struct exporting *e, const char *path)
{
	return error_set(e->error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
}

static enum status make_dir(struct exporting *e, const char *path, bool may_be_there)
{
	DIR *dir;
	int entries = 0;

	if (mkdir(path, 0700) == 0)
		return STATUS_OK;
	if (errno != EEXIST || !may_be_there || !(dir = opendir(path)))
		return failed(e, path);
	while (readdir(dir))
		entries++;
	closedir(dir);
	return entries <= 2 ? STATUS_OK : error_set(e->error, STATUS_BAD_INPUT, "%s is not empty; give a directory that is not there yet", path);
}

static enum status into_directory(struct exporting *e)
{
	enum status status = make_dir(e, e->dir, true);

	if (status == STATUS_OK)
		status = make_dir(e, arena_printf(&e->cli->arena, "%s/attachments", e->dir), false);
	if (status == STATUS_OK)
		status = cli_export_write(e);
	return status == STATUS_OK ? cli_export_note(e, "exported", cli_export_counts(e)) : status;
}

static void result(struct exporting *e)
{
	struct json json;

	if (!e->cli->json) {
		buffer_printf(&e->cli->out, "%s: %s; %lld messages of others, notes and the like are not in it\n", cli_safe(&e->cli->arena, e->to ? e->to : e->dir, false), cli_export_counts(e),
		              (long long)e->left_out);
		return;
	}
	json_init(&json, &e->cli->out);
	json_object(&json, NULL);
	json_string(&json, e->to ? "sent_to" : "directory", e->to ? e->to : e->dir);
	json_number(&json, "mails", e->mails);
	json_number(&json, "files", e->files);
	json_number(&json, "left_out", e->left_out);
	json_object_end(&json);
	buffer_add_char(&e->cli->out, '\n');
}

static enum status check_words(struct cli *cli, struct error *error)
{
	bool send = cli->option[O_SEND] != NULL;

	if (!send && cli->count < 2)
		return error_set(error, STATUS_USAGE, "give a directory, or --send");
	return STATUS_OK;
}

enum status cli_run_customer_export(struct cli *cli, struct error *error)
{
	struct exporting e = { .cli = cli, .error = error };
	int64_t id;
	enum status status = check_words(cli, error);

	if (status == STATUS_OK)
		status = cli_need_store(cli, false, error);
	if (status == STATUS_OK)
		status = store_customer_chain(cli->store, error);
	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &id, error);
	if (status == STATUS_OK)
		status = store_customer(cli->store, &cli->arena, id, &e.customer, error);
	if (status != STATUS_OK)
		return status;
	if (cli->option[O_SEND]) {
		status = cli_export_send(&e, cli->count > 1 ? cli->words[1] : NULL);
	} else {
		e.dir = cli->words[1];
		status = into_directory(&e);
	}
	if (status == STATUS_OK)
		result(&e);
	return status;
}
