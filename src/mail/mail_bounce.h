/*
 * mail_bounce.h - between the files that read delivery reports.
 */
#ifndef SPORTELLO_MAIL_BOUNCE_H
#define SPORTELLO_MAIL_BOUNCE_H

#include "mail_private.h"

#define BOUNCES_MAX 200                  /* recipients kept of one report */

struct bounce_list { struct mail_bounce *at; size_t count; };

/* RFC 3464 blocks. What is added has an action. */
void mail_dsn_read(struct arena *arena, struct span report, struct mail *mail);

/* What the words of a report say. */
struct bounce_words {
	bool failed, delayed, strong;    /* of delivery; strong: in words no person would begin a mail with */
	size_t original;                 /* offset where the copy of the original begins; length of the text: none */
	const char *original_id;
};
struct bounce_words mail_bounce_words_read(struct arena *arena, struct span text);
void mail_bounce_text_recipients(struct arena *arena, struct span report, struct span words, bool delayed, struct mail *mail);
bool mail_bounce_names_recipient(struct arena *arena, struct span report, bool surely, const struct mail *mail);
bool mail_bounce_subject(const char *subject, bool *delayed);
bool mail_bounce_sender(const struct mail_address *from);

/* "5.1.1" in a text (RFC 3463), the first that is none of an address or version; NULL: none. */
const char *mail_status_find(struct arena *arena, struct span text);
/* 550, 421 ...: 0 if there is none. */
int mail_reply_code_find(struct span text);
bool mail_soft_words(struct span text);
void mail_bounce_add(struct arena *arena, struct mail *mail, struct mail_bounce bounce);

#endif
