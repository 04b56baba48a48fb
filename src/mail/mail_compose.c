/*
 * mail_compose.c - values in, the bytes of a mail out: the order of headers and parts. mail.h says what is promised.
 *
 * Pure but for reading the attached mail. The same values give the same bytes: no clock, no randomness; boundaries are made
 * from the Message-ID, so a mail that is sent twice (RFC 5321 section 4.5.4.1, a connection lost after the final dot) is the
 * same mail twice. STATUS_BAD_INPUT names the address or id that cannot be written; nothing else here can be refused.
 */
#include "mail_compose_private.h"

#include <stdio.h>
#include <string.h>

static void compose_boundary(struct boundary *boundary, const char *message_id, const char *level)
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 sha;

	sha256_init(&sha);
	sha256_add(&sha, level, strlen(level) + 1);
	sha256_add(&sha, message_id, strlen(message_id));
	sha256_end(&sha, digest);
	/* "=_" can stand neither in quoted-printable nor in base64 (RFC 2045 section 6.7 (1)). */
	memcpy(boundary->at, "=_", 3);
	for (size_t i = 0; i < 12; i++)
		snprintf(boundary->at + 2 + 2 * i, 3, "%02x", digest[i]);
}

static enum status addresses_check(const struct mail_addresses *list, const char *field, struct error *error)
{
	for (size_t i = 0; i < list->count; i++)
		if (!mail_address_usable(list->at[i].address))
			return error_set(error, STATUS_BAD_INPUT, "%s: an address that cannot be written: %.100s", field,
			                 list->at[i].address ? list->at[i].address : "");
	return STATUS_OK;
}

static enum status values_check(const struct mail_out *mail, struct error *error)
{
	struct mail_address from = mail->from, reply = { mail->reply_to, "" };
	enum status status = addresses_check(&(struct mail_addresses){ &from, 1 }, "From", error);

	if (!status && reply.address && *reply.address)
		status = addresses_check(&(struct mail_addresses){ &reply, 1 }, "Reply-To", error);
	if (!status)
		status = addresses_check(&mail->to, "To", error);
	if (!status)
		status = addresses_check(&mail->cc, "Cc", error);
	if (!status && !mail_compose_id_usable(mail->message_id))
		status = error_set(error, STATUS_BAD_INPUT, "a Message-ID that cannot be written: %.100s",
		                   mail->message_id ? mail->message_id : "");
	return status;
}

static void write_people(const struct mail_out *mail, struct buffer *out)
{
	struct mail_address from = mail->from, reply = { mail->reply_to, "" };

	mail_compose_field_addresses(out, "From", &(struct mail_addresses){ &from, 1 });
	if (reply.address && *reply.address)
		mail_compose_field_addresses(out, "Reply-To", &(struct mail_addresses){ &reply, 1 });
	if (mail->to.count)
		mail_compose_field_addresses(out, "To", &mail->to);
	else
		buffer_add_string(out, "To: undisclosed-recipients:;\r\n");
	if (mail->cc.count)
		mail_compose_field_addresses(out, "Cc", &mail->cc);
}

/* RFC 3834 section 5; X-Auto-Response-Suppress is what Exchange understands. A person's mail carries neither. */
static void write_automatic(const struct mail_out *mail, struct buffer *out)
{
	if (!mail->auto_submitted || !*mail->auto_submitted)
		return;
	mail_compose_field(out, "Auto-Submitted", mail->auto_submitted);
	mail_compose_field(out, "X-Auto-Response-Suppress", "All");
}

static void write_unsubscribe(const char *url, struct buffer *out)
{
	if (!url || !*url || strlen(url) > 900)
		return;
	for (const char *at = url; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || *at == '<' || *at == '>')
			return;
	buffer_printf(out, "List-Unsubscribe: <%s>\r\n", url);
}

static void write_headers(const struct mail_out *mail, struct buffer *out)
{
	const char *in_reply_to[] = { mail->in_reply_to };
	CLEANUP_ARENA struct arena arena;

	arena_init(&arena);
	buffer_printf(out, "Date: %s\r\n", time_rfc5322(&arena, mail->date));
	write_people(mail, out);
	mail_compose_field_text(out, "Subject", mail->subject);
	buffer_printf(out, "Message-ID: %s\r\n", mail->message_id);
	mail_compose_field_ids(out, "In-Reply-To", &(struct strings){ in_reply_to, *in_reply_to ? 1 : 0 });
	mail_compose_field_ids(out, "References", &mail->references);
	mail_compose_field(out, "Content-Language", mail->language);
	write_automatic(mail, out);
	mail_compose_field(out, "X-Sportello-Desk", mail->desk_mark);
	for (size_t i = 0; i < mail->fields.count; i++)
		mail_compose_field(out, mail->fields.at[i].name, mail->fields.at[i].value);
	write_unsubscribe(mail->list_unsubscribe, out);
	buffer_add_string(out, "MIME-Version: 1.0\r\n");
}

static void multipart_begin(struct buffer *out, const char *subtype, const struct boundary *boundary)
{
	buffer_printf(out, "Content-Type: multipart/%s; boundary=\"%s\"\r\n\r\n", subtype, boundary->at);
}

/* Whose attachments come along; the pictures of a page are the first one's. */
struct relayed { const struct mail_carried *at; size_t count; };

static bool has_files(const struct mail_out *mail, const struct relayed *relayed)
{
	for (size_t i = 0; i < relayed->count; i++)
		if (mail_compose_has_files(relayed->at[i].values, i ? NULL : mail->pictures, relayed->at[i].take))
			return true;
	return false;
}

static enum status write_files(const struct mail_out *mail, const struct relayed *relayed, const struct boundary *boundary, struct buffer *out, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < relayed->count && !status; i++)
		status = mail_compose_attachments(out, relayed->at[i].source, relayed->at[i].values, i ? NULL : mail->pictures, relayed->at[i].take, boundary, error);
	return status;
}

/* The page, with the pictures that it shows (RFC 2387). */
static enum status write_html(const struct mail_out *mail, const struct relayed *relayed, struct buffer *out, struct error *error)
{
	struct boundary boundary;
	bool pictures = relayed->count && mail_compose_has_pictures(relayed->at->values, mail->pictures);
	enum status status = STATUS_OK;

	if (!pictures && !mail->logo.size) {
		mail_compose_text_part(out, "html", mail->html);
		return STATUS_OK;
	}
	compose_boundary(&boundary, mail->message_id, "related");
	buffer_printf(out, "Content-Type: multipart/related; type=\"text/html\"; boundary=\"%s\"\r\n\r\n--%s\r\n", boundary.at, boundary.at);
	mail_compose_text_part(out, "html", mail->html);
	buffer_add(out, "\r\n", 2);
	if (mail->logo.size)
		mail_compose_logo(out, &mail->logo, &boundary);
	if (pictures)
		status = mail_compose_pictures(out, relayed->at->source, relayed->at->values, mail->pictures, &boundary, error);
	buffer_printf(out, "--%s--\r\n", boundary.at);
	return status;
}

/* text/plain alone, or with text/html beside it, the better one last (RFC 2046 section 5.1.4). */
static enum status write_text(const struct mail_out *mail, const struct relayed *relayed, struct buffer *out, struct error *error)
{
	struct boundary boundary;
	enum status status;

	if (!mail->html || !*mail->html) {
		mail_compose_text_part(out, "plain", mail->text ? mail->text : "");
		return STATUS_OK;
	}
	compose_boundary(&boundary, mail->message_id, "alternative");
	multipart_begin(out, "alternative", &boundary);
	buffer_printf(out, "--%s\r\n", boundary.at);
	mail_compose_text_part(out, "plain", mail->text ? mail->text : "");
	buffer_printf(out, "\r\n--%s\r\n", boundary.at);
	status = write_html(mail, relayed, out, error);
	buffer_printf(out, "\r\n--%s--\r\n", boundary.at);
	return status;
}

static enum status write_mail(const struct mail_out *mail, const struct relayed *relayed, struct buffer *out, struct error *error)
{
	bool attached = mail->attached.size > 0, files = has_files(mail, relayed) || mail->files.count;
	enum status status = values_check(mail, error);
	struct boundary boundary;

	if (status)
		return status;
	write_headers(mail, out);
	if (!attached && !files)
		return write_text(mail, relayed, out, error);
	compose_boundary(&boundary, mail->message_id, "mixed");
	multipart_begin(out, "mixed", &boundary);
	buffer_printf(out, "--%s\r\n", boundary.at);
	status = write_text(mail, relayed, out, error);
	buffer_add(out, "\r\n", 2);
	if (!status && files)
		status = write_files(mail, relayed, &boundary, out, error);
	for (size_t i = 0; i < mail->files.count && !status; i++)
		mail_compose_file(out, &mail->files.at[i], &boundary);
	if (!status && attached) {
		buffer_printf(out, "--%s\r\n", boundary.at);
		status = mail_compose_attached_mail(out, &mail->attached, mail->attached_name, error);
	}
	buffer_printf(out, "--%s--\r\n", boundary.at);
	return status;
}

enum status mail_compose(const struct mail_out *mail, struct buffer *out, struct error *error)
{
	return write_mail(mail, &(struct relayed){ NULL, 0 }, out, error);
}

enum status mail_compose_with_attachments(const struct mail_out *mail, const struct mail_source *source, struct buffer *out,
                                          struct error *error)
{
	struct mail_options options = { 0 };
	CLEANUP_ARENA struct arena arena;
	struct mail values;

	arena_init(&arena);
	mail_parse(&arena, source, &options, &values);
	return write_mail(mail, &(struct relayed){ &(struct mail_carried){ source, &values, NULL }, 1 }, out, error);
}

enum status mail_compose_with_files(const struct mail_out *mail, const struct mail_carried *carried, size_t count, struct buffer *out, struct error *error)
{
	return write_mail(mail, &(struct relayed){ carried, count }, out, error);
}
