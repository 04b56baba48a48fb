/*
 * mail_client_words.h - the tables of what mail programs write, by language, and sets of such phrases that are found fast.
 */
#ifndef SPORTELLO_MAIL_CLIENT_WORDS_H
#define SPORTELLO_MAIL_CLIENT_WORDS_H

#include "mail_private.h"

/* Words between bars, lower case; NULL: none of its own. */
struct client_words { const char *language, *from, *date, *to, *cc, *subject, *reply_to, *other; };
struct client_marks { const char *language, *original, *forward, *wrote, *phone; };
extern const struct client_words mail_client_words[];
extern const struct client_marks mail_client_marks[];
extern const size_t mail_client_words_count, mail_client_marks_count;

/* Many phrases by their first two letters. Made before the first thread, kept as long as the process. */
struct phrase_set {
	struct phrase { const char *text; unsigned short next, length; unsigned char kind; } *at;
	size_t count, room;
	unsigned short first[1024];      /* number + 1 of a phrase */
};
/* Each phrase of the list; what stands behind a % in it is kept for mail_phrase_set_holds. */
void mail_phrase_set_add(struct phrase_set *set, const char *list, unsigned char kind);
/* The longest phrase that the text begins with: bytes of the text, 0: none. most: longer texts than a phrase and so many bytes do not count. */
size_t mail_phrase_set_match(const struct phrase_set *set, struct span text, size_t most, const struct phrase **phrase);
/* Does the text begin with one, and hold behind it what that one wants; or end with one that begins with a %? */
bool mail_phrase_set_holds(const struct phrase_set *set, struct span text);

/* ---- mail_wrote.c ---- */
void mail_wrote_init(struct phrase_set *heads);                  /* fills heads with how such lines begin */
bool mail_wrote_match(struct span text);

/* Bytes of a character that nobody sees at `text` (bidi marks, zero width, byte order), 0: it is another one. */
size_t mail_invisible_at(struct span text);
/* Bytes of a blank that is not ASCII: no-break, thin, ideographic. */
size_t mail_blank_wide_at(struct span text);
/* Without all of these and without blanks at both ends. */
struct span mail_visible_trim(struct span text);
/* The value of a decimal digit of any script and its bytes; -1: none. */
int mail_digit_at(struct span text, size_t *size);

#endif
