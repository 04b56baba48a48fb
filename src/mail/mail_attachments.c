/*
 * mail_attachments.c - makes the list of attachments while the walk goes by, and hands out the bytes of one of them.
 *
 * Content is hashed while it is decoded, piece by piece, never held. A nested message is one attachment, NAME.eml after
 * its subject. Names come out safe (mail_filename.c); two files
 * may have one name, as in the mail: files are told apart by their number.
 * May not follow a reference outside the mail (message/external-body stays as it is). Problems: none of its own.
 */
#include "mail_private.h"

#include <stdio.h>

struct digest_sink { struct sha256 digest; uint64_t size; };

static bool digest_write(void *context, const void *bytes, size_t length)
{
	struct digest_sink *sink = context;
	sha256_add(&sink->digest, bytes, length);
	sink->size += length;
	return true;
}

static void digest_done(struct digest_sink *sink, struct mail_attachment *attachment)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char out[SHA256_SIZE];
	sha256_end(&sink->digest, out);
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		attachment->sha256[2 * i] = digits[out[i] >> 4];
		attachment->sha256[2 * i + 1] = digits[out[i] & 15];
	}
	attachment->size = sink->size;
}

static bool is_message(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0 || strcmp(type, "message/news") == 0;
}

/* The subject of a nested message, for its name; "" if it has none. */
static const char *nested_subject(struct walk *walk, const struct part *part)
{
	bool cut;
	struct span bytes = mail_part_bytes(walk->arena, walk->source, part, 64 * 1024, &cut);
	struct fields fields = { 0 };
	bool limit;
	mail_head_cut(walk->arena, bytes, &fields, &limit, NULL);
	return mail_header_decode(walk->arena, mail_field_value(&fields, "Subject"), NULL, NULL);
}

static bool is_signature(const char *type)
{
	static const char *const types[] = { "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys" };

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static struct mail_attachment *new_attachment(struct walk *walk, const char *name, const char *type, const char *content_id)
{
	struct mail_attachment *one = ARENA_PUSH(walk->arena, &walk->mail->attachments);
	const char *safe = mail_filename_safe(walk->arena, name ? name : "", name ? strlen(name) : 0);
	one->named = *safe != '\0';
	one->filename = *safe ? safe : mail_filename_made(walk->arena, type, walk->number);
	one->content_type = *type ? type : "application/octet-stream";
	one->content_id = content_id;
	one->signs = is_signature(type);
	return one;
}

void mail_attachment_add(struct walk *walk, struct part *part)
{
	walk->number++;
	if (walk->wanted) {
		if (walk->number == walk->wanted) {
			walk->found = part;
			walk->written = mail_part_decode(walk->source, part, walk->sink) || true;
		}
		return;
	}
	const char *name = part->filename;
	bool made = false;
	if (!name && is_message(part->type)) {
		const char *subject = nested_subject(walk, part);
		made = true;
		char *flat = arena_printf(walk->arena, "%s.eml", *subject ? subject : "message");
		for (char *p = flat; *p; p++)
			if (strchr("/\\:", *p))
				*p = '-';
		name = flat;
	}
	struct mail_attachment *one = new_attachment(walk, name, part->type, part->content_id);
	one->named = one->named && !made;
	one->inline_ = strcmp(part->disposition.value, "inline") == 0
	               || (*part->content_id && *part->disposition.value == '\0' && strncmp(part->type, "image/", 6) == 0);
	if (walk->light)
		return;
	struct digest_sink sink = { .size = 0 };
	sha256_init(&sink.digest);
	mail_part_decode(walk->source, part, (struct sink){ digest_write, &sink });
	digest_done(&sink, one);
}

void mail_attachment_add_bytes(struct walk *walk, const char *filename, const char *type, const char *content_id, struct span bytes)
{
	walk->number++;
	if (walk->wanted) {
		if (walk->number == walk->wanted) {
			walk->sink.write(walk->sink.context, bytes.at, bytes.length);
			walk->written = true;
		}
		return;
	}
	struct mail_attachment *one = new_attachment(walk, filename, type, content_id);
	if (walk->light)
		return;
	struct digest_sink sink = { .size = 0 };
	sha256_init(&sink.digest);
	digest_write(&sink, bytes.at, bytes.length);
	digest_done(&sink, one);
}
