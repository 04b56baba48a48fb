/*
 * lmtp.h - an LMTP server session without sockets: bytes in, replies and events out. RFC 2033, 5321, 2920 (PIPELINING),
 * 6152 (8BITMIME), 6531 (SMTPUTF8), 1870 (SIZE), 2034 and 3463 (ENHANCEDSTATUSCODES), 3030 (CHUNKING, BDAT).
 *
 * Allowed to include: base, limits. No socket, no thread, no clock of its own: the caller reads bytes and gives them in any
 * pieces; the engine says what to send back. The handler is asked at each step and answers with a struct lmtp_reply.
 */
#ifndef SPORTELLO_LMTP_H
#define SPORTELLO_LMTP_H

#include "base.h"

/* A reply: code 250, enhanced status "2.1.5", text without them. One table (lmtp_replies.c) holds all that we ever say. */
struct lmtp_reply { int code; char enhanced[12]; char text[256]; };

/* The table's names; lmtp_reply_of() fills a reply from it. Texts with a %s take `detail`. */
enum lmtp_answer {
	LMTP_ACCEPTED,               /* 250 2.0.0 */
	LMTP_RECIPIENT_OK,           /* 250 2.1.5 */
	LMTP_UNKNOWN_ADDRESS,        /* 550 5.1.1 */
	LMTP_BAD_TOKEN_ADDRESS,      /* 550 5.1.1: address with a token that is not ours */
	LMTP_REJECTED,               /* 550 5.7.1, detail: the rule's words */
	LMTP_TOO_LARGE,              /* 552 5.3.4 */
	LMTP_TOO_MANY_RECIPIENTS,    /* 452 4.5.3 */
	LMTP_BUSY,                   /* 451 4.3.2 */
	LMTP_STORE_FULL,             /* 452 4.3.1 */
	LMTP_STORE_TROUBLE,          /* 451 4.3.0 */
	LMTP_SHUTTING_DOWN,          /* 421 4.3.2 */
	LMTP_IDLE_TIMEOUT,           /* 421 4.4.2 */
	LMTP_ANSWER_COUNT            /* the engine's own (syntax, sequence) are private */
};
void lmtp_reply_of(struct lmtp_reply *reply, enum lmtp_answer answer, const char *detail);

/* message_bytes 0: no limit. command_bytes counts the CRLF (RFC 5321 section 4.5.3.1.4 wants 512 at least). */
struct lmtp_limits { uint64_t message_bytes; size_t recipients, command_bytes, bad_commands; };

/* What the engine asks of its owner. Every function gets `context`; all are needed. A reply with code >= 400 refuses, one with
 * 421 also ends the session. Replies come filled in: 250 for mail and recipient, 451 for data_end, so that nothing is
 * accepted by being forgotten. A text may have several lines; what a reply can't hold is made harmless when it is sent.
 * Strings are the engine's and valid during the call alone. Quoted local parts are unquoted where that changes nothing. */
struct lmtp_handler {
	/* MAIL FROM: address without <>, "" for the null sender; size 0: not declared; smtputf8: asked for */
	void (*mail)(void *context, const char *from, uint64_t size, bool smtputf8, struct lmtp_reply *reply);
	void (*recipient)(void *context, const char *to, struct lmtp_reply *reply);
	/* message bytes, dot-unstuffed, in pieces; false: could not be kept (the rest is swallowed, each recipient gets `data_end`'s replies) */
	bool (*data)(void *context, const void *bytes, size_t length);
	/* The mail is complete. replies[i] belongs to the i-th accepted recipient, in order. May block until the commit.
	 * The transaction is over after it; `reset` is not called. False: what became of the mail is not known yet, and
	 * lmtp_session_answered() will be called when `replies`, which stay, hold it. */
	bool (*data_end)(void *context, struct lmtp_reply *replies, size_t count);
	/* RSET, a new LHLO, QUIT, a message too large, or the end of the session with a transaction open: forget it */
	void (*reset)(void *context);
};

struct lmtp_session;
struct lmtp_session *lmtp_session_new(const char *our_name, const struct lmtp_limits *limits,
                                      const struct lmtp_handler *handler, void *context);
void lmtp_session_free(struct lmtp_session **session);

/* The greeting; to be sent before anything is read. */
void lmtp_session_greet(struct lmtp_session *session, struct buffer *out);

/* Takes bytes, appends replies to `out`; data_end is called from inside. Takes all of them, unless the session ended, or waits for
 * what became of a mail: then the rest is ignored and the count of bytes looked at is returned. How the bytes are cut into pieces
 * changes nothing. */
size_t lmtp_session_feed(struct lmtp_session *session, const void *bytes, size_t length, struct buffer *out);

/* True after QUIT, a 421, or too many bad commands: send what is in `out`, then close. */
bool lmtp_session_ended(const struct lmtp_session *session);
/* True since data_end said that it is not known yet what became of the mail: nothing is taken until lmtp_session_answered(), whose
 * caller may be another thread, if nobody else touches the session meanwhile. */
bool lmtp_session_waits(const struct lmtp_session *session);
void lmtp_session_answered(struct lmtp_session *session, struct buffer *out);
/* True from DATA or the first BDAT to the end of that message: a graceful stop waits for it. */
bool lmtp_session_in_transaction(const struct lmtp_session *session);
/* Ends the session with a 421 (shutdown, idle, total time) wherever it stands. */
void lmtp_session_end(struct lmtp_session *session, enum lmtp_answer why, struct buffer *out);

#endif
