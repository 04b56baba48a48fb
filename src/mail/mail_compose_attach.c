/*
 * mail_compose_attach.c - what hangs on a mail: a whole other mail, or the attachments of one.
 *
 * A mail is attached as message/rfc822 only if its bytes can travel as they are (7 bits, lines of at most 998, RFC 2046 section
 * 5.2.1 forbids to encode it otherwise); else as a file of base64 with the name ending in .eml. Read in pieces, never whole.
 * Attachments are taken over by their decoded bytes; of the source's headers only name and type come along, both made safe.
 */
#include "mail_compose_private.h"

#include <string.h>
#include <unistd.h>

#define PIECE  (32 * 1024)        /* bytes read at once */

static ssize_t piece_read(const struct mail_source *source, uint64_t at, char *out)
{
	uint64_t left = source->size - at;
	size_t length = left < PIECE ? (size_t)left : PIECE;

	if (source->fd >= 0)
		return pread(source->fd, out, length, (off_t)at);
	memcpy(out, source->data + at, length);
	return (ssize_t)length;
}

/* May the bytes stand in a 7-bit mail? Bare CR, NUL, 8-bit bytes and long lines may not. */
struct scan { size_t column; bool clean, cr; };

static void scan_piece(struct scan *scan, const char *at, size_t length)
{
	for (size_t i = 0; i < length && scan->clean; i++) {
		unsigned char byte = (unsigned char)at[i];

		if (!byte || byte >= 0x80 || (scan->cr && byte != '\n') || ++scan->column > 998)
			scan->clean = false;
		if (byte == '\n')
			scan->column = 0;
		scan->cr = byte == '\r';
	}
}

static enum status source_walk(const struct mail_source *source, void (*use)(void *, const char *, size_t), void *context,
                               struct error *error)
{
	char piece[PIECE];

	for (uint64_t at = 0; at < source->size;) {
		ssize_t got = piece_read(source, at, piece);

		if (got <= 0)
			return error_set(error, STATUS_BROKEN, "a kept mail cannot be read at byte %llu", (unsigned long long)at);
		use(context, piece, (size_t)got);
		at += (uint64_t)got;
	}
	return STATUS_OK;
}

static void use_scan(void *context, const char *at, size_t length)
{
	scan_piece(context, at, length);
}

static void use_base64(void *context, const char *at, size_t length)
{
	mail_base64_add(context, at, length);
}

/* Lines with any end, out with CRLF. */
struct lines_out { struct buffer *out; bool cr; };

static void use_lines(void *context, const char *at, size_t length)
{
	struct lines_out *lines = context;

	while (length) {
		const char *end = memchr(at, '\n', length);
		size_t run = end ? (size_t)(end - at) : length;

		buffer_add(lines->out, at, run);
		if (run)
			lines->cr = at[run - 1] == '\r';
		if (!end)
			return;
		buffer_add(lines->out, lines->cr ? "\n" : "\r\n", lines->cr ? 1 : 2);
		lines->cr = false;
		at += run + 1;
		length -= run + 1;
	}
}

static void part_head(struct buffer *out, const char *type, const char *name, const char *encoding)
{
	buffer_printf(out, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\nContent-Disposition: attachment", type, encoding);
	if (*name)
		mail_compose_parameter(out, "filename", name);
	buffer_add_string(out, "\r\n\r\n");
}

enum status mail_compose_attached_mail(struct buffer *out, const struct mail_source *source, const char *name, struct error *error)
{
	struct scan scan = { .clean = true };
	struct lines_out lines = { .out = out };
	struct base64_lines base64 = { .out = out };
	enum status status = source_walk(source, use_scan, &scan, error);

	if (status)
		return status;
	name = name && *name ? name : "mail.eml";
	part_head(out, scan.clean ? "message/rfc822" : "application/octet-stream", name, scan.clean ? "7bit" : "base64");
	if (scan.clean) {
		status = source_walk(source, use_lines, &lines, error);
		buffer_add(out, "\r\n", 2);
	} else {
		status = source_walk(source, use_base64, &base64, error);
		mail_base64_end(&base64);
	}
	return status;
}

/* type/subtype of RFC 2045 tokens. What is not, and what may not be base64 (message/, multipart/), is a plain file. */
static bool type_usable(const char *type)
{
	size_t slashes = 0;

	if (!*type || strlen(type) > 100 || text_starts_nocase(type, "message/") || text_starts_nocase(type, "multipart/"))
		return false;
	for (const char *at = type; *at; at++) {
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || strchr("()<>@,;:\\\"[]?=", *at))
			return false;
		slashes += *at == '/';
	}
	return slashes == 1 && type[0] != '/' && type[strlen(type) - 1] != '/';
}

static bool write_base64(void *context, const void *bytes, size_t length)
{
	mail_base64_add(context, bytes, length);
	return true;
}

/* The page that goes out has it, or had it where it was cut off. */
static const struct mail_picture *picture_of(const struct mail_html *pictures, const struct mail *mail, size_t number)
{
	for (size_t i = 0; pictures && i < pictures->pictures.count; i++)
		if (pictures->pictures.at[i].number == number && (*pictures->pictures.at[i].content_id || mail->attachments.at[number - 1].inline_))
			return &pictures->pictures.at[i];
	return NULL;
}

/* What only signed the source stays behind: of the mail that goes out it would be a false signature. */
static bool is_file(const struct mail *mail, const struct mail_html *pictures, const bool *take, size_t number)
{
	return (!take || take[number - 1]) && !mail->attachments.at[number - 1].signs && !picture_of(pictures, mail, number);
}

bool mail_compose_has_files(const struct mail *mail, const struct mail_html *pictures, const bool *take)
{
	for (size_t i = 0; i < mail->attachments.count; i++)
		if (is_file(mail, pictures, take, i + 1))
			return true;
	return false;
}

bool mail_compose_has_pictures(const struct mail *mail, const struct mail_html *pictures)
{
	for (size_t i = 0; pictures && i < pictures->pictures.count; i++)
		if (*pictures->pictures.at[i].content_id && pictures->pictures.at[i].number <= mail->attachments.count)
			return true;
	return false;
}

static enum status write_file(struct buffer *out, const struct mail_source *source, size_t number, struct error *error)
{
	struct base64_lines lines = { .out = out };
	enum status status = mail_attachment(source, number, write_base64, &lines, error);

	mail_base64_end(&lines);
	return status;
}

enum status mail_compose_attachments(struct buffer *out, const struct mail_source *source, const struct mail *mail,
                                     const struct mail_html *pictures, const bool *take, const struct boundary *boundary, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < mail->attachments.count && !status; i++) {
		const struct mail_attachment *attachment = &mail->attachments.at[i];

		if (!is_file(mail, pictures, take, i + 1))
			continue;
		buffer_printf(out, "--%s\r\n", boundary->at);
		part_head(out, type_usable(attachment->content_type) ? attachment->content_type : "application/octet-stream",
		          attachment->filename, "base64");
		status = write_file(out, source, i + 1, error);
	}
	return status;
}

void mail_compose_logo(struct buffer *out, const struct mail_logo *logo, const struct boundary *boundary)
{
	struct base64_lines lines = { .out = out };

	buffer_printf(out, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <%s>\r\nContent-Disposition: inline; filename=\"logo.%s\"\r\n\r\n",
	              boundary->at, logo->type, logo->id, logo->type + strcspn(logo->type, "/") + 1);
	mail_base64_add(&lines, logo->bytes, logo->size);
	mail_base64_end(&lines);
}

/* By its name's ending, as nobody else says it; what is not known is bytes. */
static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
		{ ".pdf", "application/pdf" }, { ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" }, { ".gif", "image/gif" }, { ".csv", "text/csv" },
		{ ".zip", "application/zip" }, { ".ics", "text/calendar" }, { ".odt", "application/vnd.oasis.opendocument.text" },
		{ ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
		{ ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < COUNT_OF(types); i++)
		if (text_equal_nocase(dot, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

void mail_compose_file(struct buffer *out, const struct mail_file *file, const struct boundary *boundary)
{
	struct base64_lines lines = { .out = out };

	buffer_printf(out, "--%s\r\n", boundary->at);
	part_head(out, type_of(file->name), file->name, "base64");
	mail_base64_add(&lines, file->bytes, file->length);
	mail_base64_end(&lines);
}

enum status mail_compose_pictures(struct buffer *out, const struct mail_source *source, const struct mail *mail,
                                  const struct mail_html *pictures, const struct boundary *boundary, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < pictures->pictures.count && !status; i++) {
		const struct mail_picture *picture = &pictures->pictures.at[i];

		if (!*picture->content_id || picture->number > mail->attachments.count)
			continue;
		const struct mail_attachment *attachment = &mail->attachments.at[picture->number - 1];
		buffer_printf(out, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <%s>\r\nContent-Disposition: inline",
		              boundary->at, attachment->content_type, picture->content_id);
		mail_compose_parameter(out, "filename", attachment->filename);
		buffer_add_string(out, "\r\n\r\n");
		status = write_file(out, source, picture->number, error);
	}
	return status;
}
