/*
 * mail_attribution.h - what the three files that know introductions of quotes ("On ..., Ann wrote:") tell each other.
 */
#ifndef SPORTELLO_MAIL_ATTRIBUTION_H
#define SPORTELLO_MAIL_ATTRIBUTION_H

#include "mail_client_words.h"

#define ATTRIBUTION_LINES 4
#define ATTRIBUTION_BYTES 500

/* Lines as they are seen, one behind the other: no marks, one kind of blank, colon and digit. */
struct joined { char text[ATTRIBUTION_BYTES + ATTRIBUTION_LINES + 1]; size_t length, lines; };
bool mail_joined_add(struct joined *joined, struct span line);   /* false: too long */

/* mail_attribution.c, by words. Of a joined text: does it begin like one ("On ", a day, a number); with more than a day, a month or a number? */
bool mail_attribution_begins(struct span text);
bool mail_attribution_begins_by_phrase(struct span text);
bool mail_attribution_whole(struct span text);                   /* is it one, above a quote? */
bool mail_attribution_said(struct span text);                    /* has it the verb of one, above a quote? */
bool mail_ends_with_colon(struct span text);

/* mail_attribution_shape.c, by shape alone. Right above a quote (`quoted`): an address in brackets, and a date, or where a paragraph begins (`fresh`)
 * a colon or nothing behind it. Else: all of these. */
bool mail_attribution_by_shape(struct span text, bool colon, bool quoted, bool fresh);
bool mail_bracketed_address(struct span text, struct span *behind);
bool mail_has_clock(struct span text);                           /* 9:12, 09.12 or 9h12 */
size_t mail_words_in(struct span text);

#endif
