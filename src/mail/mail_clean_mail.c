/*
 * mail_clean_mail.c - a mail's page as it may be shown or sent on, with the pictures that lie in the mail itself.
 *
 * The walk over the parts gives the page (or pages, one behind the other) and the numbers of the pictures that stand in it as data. A picture is
 * shown by a Content-ID made anew from the Message-ID of the mail that will carry it, so that the same mail comes out each time. What is no bitmap,
 * and what lies outside of the mail, is not shown. Says nothing.
 */
#include "mail_clean.h"

#include <stdio.h>
#include <stdlib.h>

#define PICTURES_ASKED 500               /* images of a page that are looked for among the parts */

struct pictures {
	struct arena *arena;
	const struct mail *mail;
	const char *mail_id;             /* hexadecimal digits of whose mail it will be, "@" and its domain */
	struct mail_html *out;
	size_t asked;
};

static bool is_bitmap(const char *type)
{
	static const char *const types[] = { "image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/gif", "image/webp", "image/bmp" };
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* "%40" is "@": some programs write a Content-ID so in a page. */
static bool same_id(const char *said, const char *id)
{
	for (; *said && *id; said++, id++) {
		char c = *said;
		if (c == '%' && said[1] && said[2] && strspn(said + 1, "0123456789abcdefABCDEF") >= 2) {
			c = (char)strtol((char[]){ said[1], said[2], 0 }, NULL, 16);
			said += 2;
		}
		if (c != *id)
			return false;
	}
	return !*said && !*id;
}

/* The number of the picture that a page calls so; 0: none. */
static size_t picture_of(const struct mail *mail, const char *source)
{
	size_t number = 0, count = mail->attachments.count < LIMIT_PARTS ? mail->attachments.count : LIMIT_PARTS;
	while (is_blank(*source))
		source++;
	if (strncmp(source, PICTURE_MARK, strlen(PICTURE_MARK)) == 0)
		number = strtoul(source + strlen(PICTURE_MARK), NULL, 10);
	for (size_t i = 0; i < count && !number && strncasecmp(source, "cid:", 4) == 0; i++)
		if (*mail->attachments.at[i].content_id && same_id(source + 4, mail->attachments.at[i].content_id))
			number = i + 1;
	return number && number <= count && is_bitmap(mail->attachments.at[number - 1].content_type) ? number : 0;
}

static const char *id_of(void *context, const char *source, bool kept)
{
	struct pictures *pictures = context;
	size_t number = pictures->asked++ < PICTURES_ASKED ? picture_of(pictures->mail, source) : 0, i = 0;
	struct mail_html *out = pictures->out;
	if (!number)
		return NULL;
	while (i < out->pictures.count && out->pictures.at[i].number != number)
		i++;
	if (i == out->pictures.count)
		*ARENA_PUSH(pictures->arena, &out->pictures) = (struct mail_picture){ number, "" };
	if (kept)
		out->pictures.at[i].content_id = arena_printf(pictures->arena, "picture%zu.%s", number, pictures->mail_id);
	return kept ? out->pictures.at[i].content_id : NULL;
}

/* Who will carry it, in signs that may stand in a Content-ID. */
static const char *id_of_mail(struct arena *arena, const char *message_id)
{
	unsigned char digest[SHA256_SIZE];
	const char *at = strrchr(message_id, '@');
	size_t length = at ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") : 0;
	sha256_of(message_id, strlen(message_id), digest);
	return arena_printf(arena, "%s@%.*s", hex_encode(arena, digest, 8), length && length < 200 ? (int)length : 7, length && length < 200 ? at + 1 : "invalid");
}

bool mail_html_clean(struct arena *arena, const struct mail_source *source, const struct mail *mail, const char *words, const char *message_id,
                     struct mail_html *out)
{
	CLEANUP_BUFFER struct buffer html;
	struct effort effort, *outer = arena->effort;
	struct pictures *pictures = ARENA_NEW(arena, struct pictures);
	const struct clean_pictures asked = { id_of, pictures };
	*out = (struct mail_html){ .html = "" };
	*pictures = (struct pictures){ .arena = arena, .mail = mail, .mail_id = id_of_mail(arena, message_id), .out = out };
	buffer_init(&html);
	mail_effort(&effort, source);
	arena_limit(arena, &effort);
	struct span page = mail_page(arena, source);
	bool done = page.length && mail_clean_page(arena, page, words, &asked, &html);
	arena_limit(arena, outer);
	if (done)
		out->html = arena_string(arena, buffer_string(&html));
	return done;
}
