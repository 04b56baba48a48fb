/*
 * lmtp_private.h - what the files of the LMTP room share: our own replies, parsed commands, the reader of DATA.
 *
 * Nothing in here is for other rooms; include/lmtp.h is the door.
 */
#ifndef SPORTELLO_LMTP_PRIVATE_H
#define SPORTELLO_LMTP_PRIVATE_H

#include "lmtp.h"

/* ---- replies (lmtp_replies.c) ---- */

/* What the engine says by itself; goes on where enum lmtp_answer of the door ends. */
enum {
	SAY_GREETING = LMTP_ANSWER_COUNT, /* 220, detail: our name */
	SAY_BYE,                     /* 221 2.0.0 */
	SAY_HELP,                    /* 214 2.0.0 */
	SAY_NOOP,                    /* 250 2.0.0 */
	SAY_RESET,                   /* 250 2.0.0 */
	SAY_SENDER_OK,               /* 250 2.1.0 */
	SAY_CHUNK_TAKEN,             /* 250 2.0.0 */
	SAY_VERIFY,                  /* 252 2.0.0 */
	SAY_GO_AHEAD,                /* 354 */
	SAY_TOO_MUCH_NOISE,          /* 421 4.7.0 */
	SAY_FOREIGN,                 /* 421 4.7.0: HTTP at the door */
	SAY_UNKNOWN_COMMAND,         /* 500 5.5.2 */
	SAY_USE_LHLO,                /* 500 5.5.1 */
	SAY_LINE_TOO_LONG,           /* 500 5.5.2 */
	SAY_CONTROL_CHARACTER,       /* 500 5.5.2 */
	SAY_NO_ARGUMENT,             /* 501 5.5.4 */
	SAY_LHLO_NEEDS_NAME,         /* 501 5.5.4 */
	SAY_BAD_PARAMETER,           /* 501 5.5.4, detail: which */
	SAY_BAD_SENDER,              /* 501 5.1.7 */
	SAY_BAD_RECIPIENT,           /* 501 5.1.3 */
	SAY_NOT_OFFERED,             /* 502 5.5.1 */
	SAY_LHLO_FIRST,              /* 503 5.5.1 */
	SAY_MAIL_FIRST,              /* 503 5.5.1 */
	SAY_MAIL_TWICE,              /* 503 5.5.1 */
	SAY_NO_RECIPIENTS,           /* 503 5.5.1 */
	SAY_BDAT_ONLY,               /* 503 5.5.1 */
	SAY_BAD_CHUNK,               /* 521 5.5.4 */
	SAY_UNKNOWN_PARAMETER,       /* 555 5.5.4, detail: which */
	SAY_COUNT,
	SAY_NOTHING = -1             /* of functions that may have nothing to object to */
};

/* `say`: one of enum lmtp_answer or of the above. */
void lmtp_reply_fill(struct lmtp_reply *reply, int say, const char *detail);
/* Writes a reply as one or more lines. Without `utf8` (RFC 6531 section 3.7.4) what is not ASCII becomes "?". */
void lmtp_reply_write(struct buffer *out, const struct lmtp_reply *reply, bool utf8);
/* LHLO's answer: our name and what we can do. */
void lmtp_capabilities_write(struct buffer *out, const char *our_name, uint64_t message_bytes);

/* ---- commands (lmtp_command.c) ---- */

enum lmtp_verb {
	VERB_LHLO, VERB_HELO, VERB_MAIL, VERB_RCPT, VERB_DATA, VERB_BDAT, VERB_RSET, VERB_NOOP, VERB_QUIT, VERB_VRFY, VERB_HELP,
	VERB_NOT_OFFERED,            /* known to SMTP, not here: EXPN, STARTTLS, AUTH... */
	VERB_FOREIGN,                /* another protocol: HTTP */
	VERB_MALFORMED,              /* a control character inside the line */
	VERB_UNKNOWN,
	VERB_COUNT
};

/* A span of the command line; nothing is copied. */
struct lmtp_span { const char *at; size_t length; };
struct lmtp_command { enum lmtp_verb verb; bool has_control; struct lmtp_span argument; };

/* The line without its end. */
struct lmtp_command lmtp_command_parse(const char *line, size_t length);

struct lmtp_mail { uint64_t size; bool smtputf8; };

/* Arguments of MAIL and RCPT. `address` has room for as many bytes as the argument has, and one more.
 * SAY_NOTHING, or the reply to give; then *detail may name the culprit (room for 64 bytes). */
int lmtp_mail_parse(struct lmtp_span argument, char *address, struct lmtp_mail *mail, char detail[64]);
int lmtp_recipient_parse(struct lmtp_span argument, char *address, char detail[64]);
/* "BDAT 100 LAST" (RFC 3030 section 2). False: not to be understood. */
bool lmtp_chunk_parse(struct lmtp_span argument, uint64_t *size, bool *last);

/* ---- addresses (lmtp_address.c) ---- */

/* Reads "<local@domain>" at the front of *rest and moves *rest behind it. Writes the address in its plain form.
 * `null_allowed`: "<>" may stand there; `postmaster_allowed`: "<postmaster>" may. */
bool lmtp_path_parse(struct lmtp_span *rest, char *address, bool null_allowed, bool postmaster_allowed);

/* ---- the text after DATA (lmtp_data.c) ---- */

/* Gets runs of message bytes. */
typedef void lmtp_run_fn(void *context, const char *bytes, size_t length);

enum lmtp_place { PLACE_LINE_START, PLACE_DOT, PLACE_DOT_CR, PLACE_TEXT, PLACE_TEXT_CR, PLACE_END };
struct lmtp_data { enum lmtp_place place; };

void lmtp_data_init(struct lmtp_data *data);
/* Takes bytes up to the end of the message or all; returns how many. data->place is PLACE_END after the final dot. */
size_t lmtp_data_feed(struct lmtp_data *data, const char *bytes, size_t length, lmtp_run_fn *run, void *context);

#endif
