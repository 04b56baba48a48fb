/*
 * mail_reply.h - between mail_reply.c and mail_signature.c.
 */
#ifndef SPORTELLO_MAIL_REPLY_H
#define SPORTELLO_MAIL_REPLY_H

#include "mail_private.h"

bool mail_closing_line(struct span line);
/* Index of the first line of the signature of lines[0..end); `end` trimmed if there is none. author: name of the sender.
 * answers_us: lines with a slash may be commands. marked: by more than a formula. */
size_t mail_signature_start(const struct lines *lines, size_t end, const char *author, bool answers_us, bool *marked);
size_t mail_header_block(const struct lines *lines, size_t i);   /* lines of a "From: Sent: To:" block at i, 0: none */

/* ---- mail_forward_block.c ---- */
/* Reads the header lines from `at` on; returns the line behind them. whole: the subject of the mail, which may complete a wrapped one. */
size_t mail_block_read(struct arena *arena, const struct lines *lines, size_t at, const char *whole, struct mail_forward *forward);
/* A block whose lines are torn ("From: Ann <a@b> Date", ": 5 Oct") below a mark in a mail that says Fwd: lines with a colon near their beginning,
 * the first of them with an address, another with a time. Returns the line behind it, 0: there is none. forward may be NULL. */
size_t mail_block_torn(struct arena *arena, const struct lines *lines, size_t at, struct mail_forward *forward);
bool mail_block_glued(struct arena *arena, struct span line, struct mail_forward *forward); /* all header lines in one */
struct span mail_behind_mark(struct span line);                  /* what a client wrote behind "----- Forwarded message -----" */
void mail_introduction_sender(struct arena *arena, struct span line, struct mail_address *from);

#endif
