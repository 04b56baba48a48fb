/*
 * mail_compose_private.h - what the files of the composer tell each other; nobody outside includes it.
 *
 * The composer writes: mail_compose.c the order of things, mail_compose_header.c header fields, mail_compose_body.c text
 * parts, mail_compose_attach.c attached mails and attachments. All of it only adds to one buffer.
 */
#ifndef SPORTELLO_MAIL_COMPOSE_PRIVATE_H
#define SPORTELLO_MAIL_COMPOSE_PRIVATE_H

#include "limits.h"
#include "mail.h"

#define COMPOSE_LINE      78      /* octets of a header line, where folding can keep to it (RFC 5322 section 2.1.1) */
#define COMPOSE_BODY_LINE 76      /* octets of a line of a body (RFC 2045 section 6.7) */
#define COMPOSE_TEXT_MOST 4000    /* octets of an unstructured value before encoding; more is cut */

/* ---- header fields; each writes one whole field with its CRLF, or nothing if the value is empty ---- */
void mail_compose_field(struct buffer *out, const char *name, const char *token); /* our own ASCII words, not folded */
void mail_compose_field_text(struct buffer *out, const char *name, const char *text);
void mail_compose_field_addresses(struct buffer *out, const char *name, const struct mail_addresses *addresses);
void mail_compose_field_ids(struct buffer *out, const char *name, const struct strings *ids);
bool mail_compose_id_usable(const char *id);                      /* <...>, one token of ASCII, fits a line */

/* `; name=value` on a line of its own in an open field; RFC 2231 where the value needs it. Never ends the field. */
void mail_compose_parameter(struct buffer *out, const char *name, const char *value);

/* ---- bodies ---- */
/* Content-Type, Content-Transfer-Encoding, blank line and the encoded text. `subtype`: "plain" or "html". */
void mail_compose_text_part(struct buffer *out, const char *subtype, const char *text);

/* Base64 in lines, fed piece by piece. */
struct base64_lines { struct buffer *out; unsigned char left[3]; size_t left_count, column; };
void mail_base64_add(struct base64_lines *lines, const void *bytes, size_t length);
void mail_base64_end(struct base64_lines *lines);                 /* padding and the last CRLF */

/* ---- attached ---- */
struct boundary { char at[40]; };
/* A whole mail, read in pieces: message/rfc822 if its bytes may stand in a mail as they are, else base64. */
enum status mail_compose_attached_mail(struct buffer *out, const struct mail_source *source, const char *name, struct error *error);
/* Attachments of `mail` that can come along as files; `pictures` (NULL: none) are no files, nor is what `take` (NULL: takes all) does not take. */
bool mail_compose_has_files(const struct mail *mail, const struct mail_html *pictures, const bool *take);
bool mail_compose_has_pictures(const struct mail *mail, const struct mail_html *pictures);
/* Those files, or pictures, of `source`, whose values are `mail`, each behind its own "--boundary" line. */
enum status mail_compose_attachments(struct buffer *out, const struct mail_source *source, const struct mail *mail,
                                     const struct mail_html *pictures, const bool *take, const struct boundary *boundary, struct error *error);
void mail_compose_logo(struct buffer *out, const struct mail_logo *logo, const struct boundary *boundary);
void mail_compose_file(struct buffer *out, const struct mail_file *file, const struct boundary *boundary);       /* one of our own */
enum status mail_compose_pictures(struct buffer *out, const struct mail_source *source, const struct mail *mail,
                                  const struct mail_html *pictures, const struct boundary *boundary, struct error *error);

#endif
