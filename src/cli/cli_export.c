/*
 * cli_export.c - `customer export WHO DIR`: everything that the desk has of one person, as files.
 *
 * customer.json: he himself, and his tickets whole; mails.mbox: his mails as they came (mboxrd, as most programs read it); attachments/: the files in them,
 * TICKET-MESSAGE-NUMBER-NAME. DIR is made, for its owner alone; one that is there must be empty. Each export is written into his history.
 * Diagnostics: "is not empty" (65).
 */
#include "cli_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exporting { struct cli *cli; const char *dir; int mbox; int64_t mails, files; struct error *error; };

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

/* A line of the mail that could be taken for the beginning of the next one. */
static bool is_from_line(const char *line, size_t length)
{
	size_t marks = 0;

	while (marks < length && line[marks] == '>')
		marks++;
	return length - marks >= 5 && memcmp(line + marks, "From ", 5) == 0;
}

static bool write_mbox(int fd, const char *from, int64_t date, const char *bytes, size_t length)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer out = { 0 };

	buffer_printf(&out, "From %s %s\n", *from ? from : "MAILER-DAEMON", time_rfc5322(&arena, date));
	for (size_t at = 0; at < length;) {
		const char *end = memchr(bytes + at, '\n', length - at);
		size_t line = end ? (size_t)(end - bytes) - at : length - at, shown = line && bytes[at + line - 1] == '\r' ? line - 1 : line;

		if (is_from_line(bytes + at, shown))
			buffer_add_char(&out, '>');
		buffer_add(&out, bytes + at, shown);
		buffer_add_char(&out, '\n');
		at += line + (end != NULL);
	}
	buffer_add_char(&out, '\n');
	return write_all(fd, out.at, out.length);
}

static bool to_file(void *context, const void *bytes, size_t length)
{
	return write_all(*(int *)context, bytes, length);
}

/* A stranger's name of a file, as one that cannot lead elsewhere. */
static const char *file_name(struct arena *arena, const char *name)
{
	char *safe = utf8_cut(arena, name && *name ? name : "file", 100);

	for (char *at = safe; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '/' || *at == '\\' || *at == 127)
			*at = '_';
	return safe;
}

static enum status write_attachments(struct exporting *e, const struct store_raw *raw, const struct mail *mail, int64_t ticket, int seq)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < mail->attachments.count && status == STATUS_OK; i++) {
		const char *path = arena_printf(&arena, "%s/attachments/%lld-%d-%zu-%s", e->dir, (long long)ticket, seq, i + 1, file_name(&arena, mail->attachments.at[i].filename));
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0)
			return failed(e, path);
		status = mail_attachment(&raw->source, i + 1, to_file, &fd, e->error);
		if (close(fd) < 0 && status == STATUS_OK)
			status = failed(e, path);
		e->files++;
	}
	return status;
}

static enum status write_mail(struct exporting *e, const struct message_row *message, int64_t ticket)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	struct mail_options options = { 0 };
	struct store_raw raw;
	struct mail mail;
	char piece[65536];
	enum status status = store_raw_open(e->cli->store, message->raw, &raw, e->error);

	if (status == STATUS_NOT_FOUND)          /* let go after its time: its text is in customer.json */
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	if (raw.source.fd < 0)
		buffer_add(&bytes, raw.source.data, (size_t)raw.source.size);
	for (uint64_t at = 0; raw.source.fd >= 0 && at < raw.source.size;) {
		ssize_t got = pread(raw.source.fd, piece, sizeof piece, (off_t)at);

		if (got <= 0)
			break;
		buffer_add(&bytes, piece, (size_t)got);
		at += (uint64_t)got;
	}
	e->mails++;
	if (!write_mbox(e->mbox, message->from.address, message->date, bytes.at ? bytes.at : "", bytes.length))
		status = failed(e, e->dir);
	mail_parse(&arena, &raw.source, &options, &mail);
	if (status == STATUS_OK)
		status = write_attachments(e, &raw, &mail, ticket, message->seq);
	store_raw_close(&raw);
	return status;
}

static enum status write_ticket(struct exporting *e, struct json *json, int64_t id)
{
	struct ticket_row row;
	enum status status = store_ticket(e->cli->store, &e->cli->arena, id, &row, e->error);

	if (status != STATUS_OK)
		return status;
	cli_ticket_json(e->cli, json, &row, true);
	for (size_t i = 0; i < row.messages.count && status == STATUS_OK; i++)
		if (row.messages.at[i].raw && !row.messages.at[i].out)
			status = write_mail(e, &row.messages.at[i], id);
	return status;
}

/* cli_ticket_json() writes where the command's output is made, which is put aside. */
static enum status write_json(struct exporting *e, int64_t id, const char *path)
{
	struct cli *cli = e->cli;
	struct buffer said = cli->out;
	struct customer_row row;
	struct customer_ids tickets;
	struct json json;
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum status status = fd < 0 ? failed(e, path) : store_customer(cli->store, &cli->arena, id, &row, e->error);

	if (status == STATUS_OK)
		status = store_customer_tickets(cli->store, &cli->arena, id, &tickets, e->error);
	if (status != STATUS_OK)
		return status;
	buffer_init(&cli->out);
	cli->kept_back = true;
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_object(&json, "customer");
	cli_customer_json(&json, &row);
	json_object_end(&json);
	json_array(&json, "tickets");
	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		status = write_ticket(e, &json, tickets.at[i]);
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	if (status == STATUS_OK && (!write_all(fd, cli->out.at, cli->out.length) || fsync(fd) < 0))
		status = failed(e, path);
	buffer_fini(&cli->out);
	cli->out = said;
	cli->kept_back = false;
	return status;
}

static enum status note(struct exporting *e, int64_t id)
{
	struct store *store = e->cli->store;
	enum status status = store_begin(store, e->error);

	if (status != STATUS_OK)
		return status;
	status = store_customer_note(store, id, cli_acting(e->cli), "exported", arena_printf(&e->cli->arena, "%lld mails, %lld files", (long long)e->mails, (long long)e->files), e->error);
	if (status == STATUS_OK)
		return store_commit(store, e->error);
	store_rollback(store);
	return status;
}

static void result(struct exporting *e)
{
	struct json json;

	if (!e->cli->json) {
		buffer_printf(&e->cli->out, "%s: %lld mails, %lld files\n", cli_safe(&e->cli->arena, e->dir, false), (long long)e->mails, (long long)e->files);
		return;
	}
	json_init(&json, &e->cli->out);
	json_object(&json, NULL);
	json_string(&json, "directory", e->dir);
	json_number(&json, "mails", e->mails);
	json_number(&json, "files", e->files);
	json_object_end(&json);
	buffer_add_char(&e->cli->out, '\n');
}

enum status cli_run_customer_export(struct cli *cli, struct error *error)
{
	struct exporting e = { .cli = cli, .dir = cli->words[1], .error = error };
	int64_t id;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_customer_chain(cli->store, error);
	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &id, error);
	if (status == STATUS_OK)
		status = make_dir(&e, e.dir, true);
	if (status == STATUS_OK)
		status = make_dir(&e, arena_printf(&cli->arena, "%s/attachments", e.dir), false);
	if (status != STATUS_OK)
		return status;
	e.mbox = open(arena_printf(&cli->arena, "%s/mails.mbox", e.dir), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (e.mbox < 0)
		return failed(&e, e.dir);
	status = write_json(&e, id, arena_printf(&cli->arena, "%s/customer.json", e.dir));
	if (close(e.mbox) < 0 && status == STATUS_OK)
		status = failed(&e, e.dir);
	if (status == STATUS_OK)
		status = note(&e, id);
	if (status == STATUS_OK)
		result(&e);
	return status;
}
