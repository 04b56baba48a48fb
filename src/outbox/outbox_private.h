/*
 * outbox_private.h - what the files of the outbox tell each other; nobody outside includes it.
 *
 * outbox_asked_files.c, outbox_files.c  which files come along
 * outbox_words.c    row -> words (outbox_words.h)        outbox_render.c   words -> bytes
 * outbox_judge.c    replies -> what becomes of the row (pure)
 * outbox_wire.c     a socket with deadlines              outbox_tls.c      TLS on it, certificates verified
 * outbox_stream.c   libetpan's stream on the two
 * outbox_smtp_open.c  one kept connection: TLS, AUTH         outbox_smtp.c     one mail over it
 * outbox_try.c      one mail past all of it, for `sportello selftest`
 * outbox_maildir.c  mails kept as files
 * outbox_result.c   result -> store                      outbox_jobs.c, outbox_attempt.c, outbox_clerk.c, outbox_sender.c, outbox.c   the threads (outbox_pool_private.h)
 */
#ifndef SPORTELLO_OUTBOX_PRIVATE_H
#define SPORTELLO_OUTBOX_PRIVATE_H

#include "limits.h"
#include "outbox.h"

#include <stdatomic.h>
#include <sys/types.h>

/* ---- one attempt to send one mail, by whatever transport ---- */
enum delivery { DELIVERY_NONE, DELIVERY_SENT, DELIVERY_RETRY, DELIVERY_FAILED };
struct message {
	const char *envelope_from;
	const char *const *recipients;           /* those still waiting; who has a delivery already is left out */
	size_t count;
	const char *bytes; size_t length;
	const char *name;                        /* for the maildir: unique for the row, always the same */
	int64_t term;                            /* of the lease, in which alone the relay may have it; 0: it may at any time */
};
struct attempt {
	struct arena *arena;                     /* of the replies */
	struct { enum delivery delivery; const char *reply; } *at; /* as letter.recipients */
	size_t count;
	bool relay_trouble;                      /* the relay cannot be used at all: not this mail's fault */
	bool relay_reached;                      /* it could be used, whatever it said */
	bool mail_refused;                       /* for good, and not because of a recipient: its size, or what is in it */
	/* Nothing was handed over, and the row goes back to the store as it was: */
	const char *store_trouble;               /* why the store cannot be read now; NULL: it can */
	bool not_ours;                           /* another gateway sends now */
};
void outbox_attempt_init(struct attempt *attempt, struct arena *arena, size_t count);
/* Every recipient that has no delivery yet. */
void outbox_attempt_rest(struct attempt *attempt, enum delivery delivery, const char *reply);

/* ---- outbox_render.c ---- */
/* A row on its way out. What is so at the moment it is first sent stays with the row: its words are then the same at each attempt, and when an
 * answer quotes them. */
struct sending {
	bool heavy_may;                          /* large mails may be made; else STATUS_REFUSED, and `heavy` */
	const char *refused;                     /* what the relay said to its files, which then stay behind; NULL: nothing */
	const char *text;                        /* out: its plain text */
	const char *variables;                   /* out: the row's variables from now on; NULL: as they are */
	uint64_t files_limit;                    /* bytes that a mail may have, as the relay says; 0: nobody knows */
	bool files_alone;                        /* of files that were asked for, one goes a mail: together they were refused */
	bool files, heavy;                       /* out: files of a customer come along; it is a large one */
	size_t asked_files;                      /* out: files that an agent asked for, in this mail */
};
enum status outbox_render_row(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                              const struct outbox_row *row, struct buffer *bytes, struct sending *sending, struct error *error);

/* The variables of a row that brings an agent files, without what attempts found (outbox_asked_files.c). */
const char *outbox_without_found_files(struct arena *arena, const char *variables);

/* ---- outbox_judge.c, pure ---- */
enum smtp_step { STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_DOT };
enum delivery outbox_judge_reply(enum smtp_step step, int code);
/* "550 5.1.1 no such user": one clean line of bounded length. */
const char *outbox_reply_line(struct arena *arena, int code, const char *text);
/* Takes an attempt into the row: recipients, attempts, next_try, last_reply, state. `now`: what came of each recipient in this attempt,
 * as row->recipients; DELIVERY_NONE: it was settled before. */
struct row_result { size_t sent, retried, failed; enum delivery *now; };
void outbox_judge_row(struct arena *arena, struct outbox_row *row, const struct attempt *attempt, int64_t now, int64_t give_up_ms,
                      struct row_result *result);
/* What becomes of a mail whose writing ended so at the n-th try (from 1), and whether the store could then be read. */
enum written { WRITTEN, WRITE_AGAIN, WRITE_GOES_BACK, WRITE_RETRY, WRITE_FAILED };
enum written outbox_judge_written(enum status status, bool store_answers, int tries);
/* Seconds that all senders keep quiet after the n-th trouble with the relay in a row (from 1). */
int outbox_judge_pause(int troubles);

/* ---- outbox_wire.c ---- */
struct tls;
struct wire {
	int fd;
	struct tls *tls;                         /* NULL: in the clear */
	int64_t deadline;                        /* of the step that is going on, monotonic us */
	size_t reply_bytes;                      /* read in this step */
	const _Atomic int64_t *stop_at;          /* not 0: monotonic us after which everything is given up */
	char trouble[160];                       /* why it broke; "" while it works */
};
bool outbox_wire_connect(struct wire *wire, const char *host, int port, int seconds);
void outbox_wire_step(struct wire *wire, int64_t seconds);                      /* a new command: its time and its reply's room begin */
bool outbox_wire_quiet(const struct wire *wire);        /* idle and alive: nothing to read, not closed by the other side */
bool outbox_wire_is_loopback(const struct wire *wire);
/* Waits for POLLIN or POLLOUT. False: too late, or we stop; `trouble` says which. */
bool outbox_wire_wait(struct wire *wire, short events);
void outbox_wire_break(struct wire *wire, const char *format, ...) PRINTF_LIKE(2, 3);
/* What to call ourselves (RFC 5321 section 4.1.4): the host's full name, or the address literal of our end. */
const char *outbox_wire_own_name(const struct wire *wire, char out[96]);

/* ---- outbox_tls.c ---- */
struct tls_trust;
struct tls_trust *outbox_tls_trust_new(struct error *error);            /* the system's certificate authorities */
void outbox_tls_trust_free(struct tls_trust **trust);
bool outbox_tls_start(struct wire *wire, struct tls_trust *trust, const char *host);    /* false: wire->trouble */
ssize_t outbox_tls_read(struct wire *wire, void *out, size_t room);
ssize_t outbox_tls_write(struct wire *wire, const void *bytes, size_t length);
void outbox_tls_end(struct wire *wire);

/* ---- outbox_stream.c ---- */
struct _mailstream;
struct _mailstream *outbox_wire_stream(struct wire *wire);              /* libetpan's stream on it; NULL: out of memory */
void outbox_wire_close(struct wire *wire);

/* ---- outbox_smtp.c ---- */
struct smtp;
struct smtp *outbox_smtp_new(const _Atomic int64_t *stop_at, _Atomic int64_t *connections);
void outbox_smtp_free(struct smtp **smtp);              /* says QUIT if that is quick */
void outbox_smtp_hang_up(struct smtp *smtp);
uint64_t outbox_smtp_size_limit(const struct smtp *smtp);       /* bytes of a mail that the relay takes, as it last said (RFC 1870); 0: it did not */
bool outbox_smtp_connected(const struct smtp *smtp);
void outbox_smtp_send(struct smtp *smtp, const struct config_relay *relay, const struct message *message, struct attempt *attempt);

/* ---- outbox_maildir.c ---- */
void outbox_maildir_send(const char *path, const struct message *message, struct attempt *attempt);

/* ---- outbox_result.c ---- */
struct outcome {
	struct arena arena;
	const struct config *config;
	struct outbox_row row;                   /* as it is to be kept */
	struct row_result result;
	const char *rendered_text;               /* NULL: the ticket has it */
	int64_t began;                           /* ms: when the attempt did */
	int tries;                               /* to write it */
	bool quietly;                            /* the plan of a failure could not be applied: the row's result alone */
	bool told;                               /* the write enqueued mail to agents */
	bool late;                               /* the row is not as it was when it was taken: what came of this attempt does not count */
};
enum status outbox_outcome_rehearse(struct store *store, void *outcome, struct error *error);   /* what the write will read */
enum status outbox_outcome_write(struct store *store, void *outcome, struct error *error);      /* a store_job */

#endif
