/*
 * outbox_smtp.h - a connection to the relay, between the file that makes it and the one that sends mails over it.
 */
#ifndef SPORTELLO_OUTBOX_SMTP_H
#define SPORTELLO_OUTBOX_SMTP_H

#include "outbox_private.h"

#include <libetpan/libetpan.h>

/* How a mail's words go. PROVES_CHUNKS: in two chunks, the first of which is a line that is ours, to see whether the relay knows what it offers. */
enum words_go { BY_DATA, PROVES_CHUNKS, WITH_COMMANDS };
struct smtp {
	struct wire wire;
	mailsmtp *session;                       /* NULL: not connected */
	bool broken;                             /* said or heard something that ends it */
	bool offers_utf8, offers_8bit, offers_size, offers_pipelining, offers_chunking, offers_starttls, offers_auth_plain, offers_auth_login;
	bool ahead;                              /* the commands of the mail that is being sent were said at once */
	enum words_go words_go;                  /* of that mail; WITH_COMMANDS: as one chunk (RFC 3030), a mail is one round trip */
	bool knows_chunks;                       /* on this connection it took one */
	bool no_chunks;                          /* it offers CHUNKING, and does not know BDAT */
	uint64_t size_limit;                     /* with SIZE; 0: none was said */
	struct tls_trust *trust;
	_Atomic int64_t *connections;
	struct buffer reply;                     /* of the last command said by us */
};

/* False: *wire.trouble says why, and nothing is left open. */
bool outbox_smtp_open(struct smtp *smtp, const struct config_relay *relay);
/* A command through libetpan's stream; the code of its reply, whose lines are in smtp->reply. 0: none came. */
int outbox_smtp_say(struct smtp *smtp, int seconds, const char *line);
/* The two halves of it. */
bool outbox_smtp_write(struct smtp *smtp, int seconds, const char *bytes, size_t length);
int outbox_smtp_hear(struct smtp *smtp, int seconds);
/* outbox_dots.c: a mail, and the final dot, before which the relay has nothing. */
bool outbox_smtp_words(struct smtp *smtp, const char *bytes, size_t length);
bool outbox_smtp_may_be_chunk(const char *bytes, size_t length);                /* they can stand as they are: each line ends with CRLF */
bool outbox_smtp_dot(struct smtp *smtp);
int outbox_smtp_reply(struct smtp *smtp);               /* the next reply, within the time of the step that has begun */
void outbox_smtp_drop(struct smtp *smtp);               /* without QUIT */

#endif
