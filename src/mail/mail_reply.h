/*
 * mail_reply.h - between mail_reply.c and mail_signature.c.
 */
#ifndef SPORTELLO_MAIL_REPLY_H
#define SPORTELLO_MAIL_REPLY_H

#include "mail_private.h"

bool closing_line(struct span line);
/* Index of the first line of the signature of lines[0..end); `end` trimmed if there is none. author: name of the sender.
 * marked: by more than a formula. */
size_t signature_start(const struct lines *lines, size_t end, const char *author, bool *marked);
size_t header_block(const struct lines *lines, size_t i);        /* lines of a "From: Sent: To:" block at i, 0: none */

#endif
