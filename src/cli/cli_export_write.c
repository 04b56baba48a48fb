/*
 * cli_export_write.c - the files of `customer export`: what one person wrote to the desk, and what he was told.
 *
 * customer.json: he himself, his tickets, and other people's in which he wrote; mails.mbox: his mails as they came (mboxrd, as most programs read it);
 * attachments/: the files in them, TICKET-MESSAGE-NUMBER-NAME. It is made to be given to him: what is named here goes in, and nothing else. Notes, side
 * conversations and other people's mails stay with the desk. Into a directory, or into an archive that a mail can hold.
 * Diagnostics: "more than a mail holds" (65).
 */
#include "cli_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status failed(struct exporting *e, const char *path)
{
	return error_set(e->error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
}

enum status cli_export_too_large(struct exporting *e)
{
	return error_set(e->error, STATUS_BAD_INPUT, "it is more than a mail holds (%s); nothing was sent: write it into a directory (customer export %lld DIR), and hand that over in another way",
	                 cli_size(&e->cli->arena, LIMIT_EXPORT_MAIL), (long long)e->customer.id);
}

/* ---- one file, in the directory or in the archive ---- */

struct file { struct exporting *e; const char *name; int64_t date; int fd; struct buffer bytes; };

static enum status begin_file(struct exporting *e, struct file *file, const char *name, int64_t date)
{
	*file = (struct file){ .e = e, .name = name, .date = date, .fd = -1 };
	if (e->zip)
		return STATUS_OK;
	file->fd = open(arena_printf(&e->cli->arena, "%s/%s", e->dir, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return file->fd < 0 ? failed(e, name) : STATUS_OK;
}

/* False: it cannot be written, or is more than a mail holds. */
static bool add_to_file(void *context, const void *bytes, size_t length)
{
	struct file *file = context;

	if (!file->e->zip)
		return write_all(file->fd, bytes, length);
	file->e->bytes += length;
	if (file->e->bytes > LIMIT_EXPORT_MAIL)
		return false;
	buffer_add(&file->bytes, bytes, length);
	return true;
}

static enum status end_file(struct file *file, enum status status)
{
	struct exporting *e = file->e;

	if (e->zip && status == STATUS_OK)
		cli_zip_add(e->zip, file->name, file->bytes.at ? file->bytes.at : "", file->bytes.length, file->date);
	buffer_fini(&file->bytes);
	if (file->fd >= 0 && fsync(file->fd) < 0 && status == STATUS_OK)
		status = failed(e, file->name);
	if (file->fd >= 0 && close(file->fd) < 0 && status == STATUS_OK)
		status = failed(e, file->name);
	if (e->zip && e->bytes > LIMIT_EXPORT_MAIL)
		return cli_export_too_large(e);
	return status;
}

/* ---- his mails ---- */

/* A line of the mail that could be taken for the beginning of the next one. */
static bool is_from_line(const char *line, size_t length)
{
	size_t marks = 0;

	while (marks < length && line[marks] == '>')
		marks++;
	return length - marks >= 5 && memcmp(line + marks, "From ", 5) == 0;
}

static bool write_mbox(struct file *mbox, const char *from, int64_t date, const char *bytes, size_t length)
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
	return add_to_file(mbox, out.at, out.length);
}

/* A stranger's name of a file, as one that cannot lead elsewhere. */
static const char *file_name(struct arena *arena, const char *name)
{
	char *safe = utf8_cut(arena, name && *name ? name : "file", 100);

	for (char *at = safe; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '/' || *at == '\\' || *at == ':' || *at == 127)
			*at = '_';
	return safe;
}

static enum status write_attachments(struct exporting *e, const struct store_raw *raw, const struct mail *mail, int64_t ticket, const struct message_row *message)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < mail->attachments.count && status == STATUS_OK; i++) {
		struct file file;

		status = begin_file(e, &file, arena_printf(&arena, "attachments/%lld-%d-%zu-%s", (long long)ticket, message->seq, i + 1, file_name(&arena, mail->attachments.at[i].filename)), message->date);
		if (status == STATUS_OK)
			status = end_file(&file, mail_attachment(&raw->source, i + 1, add_to_file, &file, e->error));
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
		status = e->zip ? cli_export_too_large(e) : failed(e, e->dir);
	mail_parse(&arena, &raw.source, &options, &mail);
	if (status == STATUS_OK)
		status = write_attachments(e, &raw, &mail, ticket, message);
	store_raw_close(&raw);
	return status;
}

/* ---- his tickets ---- */

static bool is_his(const struct exporting *e, const char *address)
{
	for (size_t i = 0; address && i < e->customer.addresses.count; i++)
		if (text_equal_nocase(address, e->customer.addresses.at[i].address))
			return true;
	return false;
}

static bool went_to_him(const struct exporting *e, const struct message_row *message)
{
	for (size_t i = 0; i < message->to.count; i++)
		if (is_his(e, message->to.at[i]))
			return true;
	return false;
}

/* What he wrote, and what he himself was told on his own ticket: others may have been answered there, too, also before two tickets became one. */
static bool is_for_him(const struct exporting *e, const struct message_row *message, bool his_ticket)
{
	return !message_kind_is_inside(message->kind) && (message->out ? his_ticket && went_to_him(e, message) : is_his(e, message->from.address));
}

static void write_words(struct exporting *e, struct json *json, const struct message_row *message)
{
	struct cli_message words;

	cli_message_words(e->cli, message, &words);
	json_object(json, NULL);
	json_number(json, "id", message->seq);
	json_string(json, "kind", desk_message_kind_name(message->kind));
	json_string(json, "direction", message->out ? "out" : "in");
	json_string(json, "from", message->from.address ? message->from.address : "");
	json_time(json, "date", message->date);
	json_string(json, "message_id", message->message_id);
	json_string(json, "text", words.text);
	if (words.mail)
		mail_json_attachments(json, "attachments", words.mail);
	json_object_end(json);
}

static enum status write_message(struct exporting *e, struct json *json, const struct message_row *message, int64_t ticket)
{
	struct arena all = cli_message_begin(e->cli);

	write_words(e, json, message);
	cli_message_end(e->cli, &all);
	return message->raw && !message->out ? write_mail(e, message, ticket) : STATUS_OK;
}

/* Of somebody else's, nothing but its number. */
static void write_facts(struct exporting *e, struct json *json, const struct ticket_row *row, bool his)
{
	const struct ticket_facts *facts = &row->facts;

	json_number(json, "id", facts->id);
	if (!his)
		return;
	json_string(json, "ref", arena_printf(&e->cli->arena, "%lld", (long long)facts->id));
	json_string(json, "subject", facts->subject);
	json_string(json, "state", desk_ticket_state_name(facts->state));
	json_string(json, "queue", facts->queue);
	json_string(json, "language", facts->language);
	json_time(json, "created", facts->created);
	json_time(json, "updated", facts->updated);
	json_string(json, "address", facts->customer.address);
	json_string(json, "name", facts->customer.name);
	if (row->stars) {
		json_object(json, "rating");
		json_number(json, "stars", row->stars);
		json_string(json, "words", row->rating);
		json_object_end(json);
	}
}

static enum status write_ticket(struct exporting *e, struct json *json, int64_t id, bool his)
{
	struct ticket_row row;
	enum status status = store_ticket(e->cli->store, &e->cli->arena, id, &row, e->error);

	if (status != STATUS_OK)
		return status;
	json_object(json, NULL);
	write_facts(e, json, &row, his);
	json_array(json, "messages");
	for (size_t i = 0; i < row.messages.count && status == STATUS_OK; i++)
		if (is_for_him(e, &row.messages.at[i], his))
			status = write_message(e, json, &row.messages.at[i], id);
		else
			e->left_out++;
	json_array_end(json);
	json_object_end(json);
	return status;
}

static enum status write_tickets(struct exporting *e, struct json *json, const char *key, const struct customer_ids *tickets, bool his)
{
	enum status status = STATUS_OK;

	json_array(json, key);
	for (size_t i = 0; i < tickets->count && status == STATUS_OK; i++)
		status = write_ticket(e, json, tickets->at[i], his);
	json_array_end(json);
	return status;
}

static enum status write_all_of_him(struct exporting *e, struct json *json)
{
	struct cli *cli = e->cli;
	struct customer_ids his, beside;
	enum status status = store_customer_tickets(cli->store, &cli->arena, e->customer.id, &his, e->error);

	if (status == STATUS_OK)
		status = store_customer_beside(cli->store, &cli->arena, &e->customer, &his, &beside, e->error);
	if (status != STATUS_OK)
		return status;
	e->customer.note = "";                   /* the agents' own */
	json_object(json, NULL);
	json_object(json, "customer");
	cli_customer_json(json, &e->customer);
	json_object_end(json);
	status = write_tickets(e, json, "tickets", &his, true);
	if (status == STATUS_OK)
		status = write_tickets(e, json, "beside", &beside, false);
	json_object_end(json);
	return status;
}

static enum status write_json(struct exporting *e)
{
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct file file;
	struct json json;
	enum status status;

	e->cli->kept_back = true;                /* nothing goes to standard output message by message */
	json_init(&json, &text);
	status = write_all_of_him(e, &json);
	e->cli->kept_back = false;
	buffer_add_char(&text, '\n');
	if (status == STATUS_OK)
		status = begin_file(e, &file, "customer.json", clock_now());
	if (status == STATUS_OK)
		status = end_file(&file, add_to_file(&file, text.at, text.length) ? STATUS_OK : failed(e, "customer.json"));
	return status;
}

enum status cli_export_write(struct exporting *e)
{
	struct file mbox;
	enum status status = begin_file(e, &mbox, "mails.mbox", clock_now());

	if (status != STATUS_OK)
		return status;
	e->mbox = &mbox;
	status = write_json(e);
	return end_file(&mbox, status);
}

/* ---- his history ---- */

enum status cli_export_note(struct exporting *e, const char *kind, const char *what)
{
	struct store *store = e->cli->store;
	enum status status = store_begin(store, e->error);

	if (status != STATUS_OK)
		return status;
	status = store_customer_note(store, e->customer.id, cli_acting(e->cli), kind, what, e->error);
	if (status == STATUS_OK)
		return store_commit(store, e->error);
	store_rollback(store);
	return status;
}

const char *cli_export_counts(struct exporting *e)
{
	return arena_printf(&e->cli->arena, "%lld mails, %lld files", (long long)e->mails, (long long)e->files);
}
