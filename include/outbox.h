/*
 * outbox.h - from a row of the outbox to a mail that the relay took: rendering, sending, and what comes of it.
 *
 * Allowed to include: base, config, desk, mail, store, limits. Alone in touching libetpan. Decides nothing about tickets: who is
 * told of a mail that could not be delivered is asked of the desk (desk_decide_undeliverable) and applied in the transaction
 * that keeps the result. RFC 5321 (SMTP), 3207 (STARTTLS), 4954 (AUTH), 6531 (SMTPUTF8), 1870 (SIZE).
 *
 * At least once: a mail is sent again if the relay's answer to its final dot was lost, or if we were killed before the answer
 * was committed. It is then the same mail to the last byte, with the same Message-ID.
 *
 * Log: outbox.sent, outbox.deferred, outbox.failed with id (trace of the mail that caused it), outbox, ticket, to, reply; once
 * for each recipient. outbox.late where that does not count: the row was another's meanwhile. outbox.relay_trouble when the relay itself cannot be used, with the pause that follows; outbox.relay_back.
 */
#ifndef SPORTELLO_OUTBOX_H
#define SPORTELLO_OUTBOX_H

#include "base.h"
#include "config.h"
#include "desk.h"
#include "store.h"

/* ---- words and bytes of a row; the same row gives the same bytes ---- */

/* The whole mail, added to `bytes`. `store` is read for the message that the row is about. STATUS_BAD_INPUT: the row can never be
 * written (an unusable address); any other error: it may work later. */
enum status outbox_render(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                          struct arena *arena, const struct outbox_row *row, struct buffer *bytes, struct error *error);
/* The same of a row that is in no database, and with a file: for outbox_try(). */
enum status outbox_render_with_file(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena, const struct outbox_row *row,
                                    const struct mail_file *file, struct buffer *bytes, struct error *error);
/* Only its plain text, as `ticket show` has it and as the ticket keeps it once it is sent. */
enum status outbox_render_text(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                               struct arena *arena, const struct outbox_row *row, const char **text, struct error *error);
/* Text and HTML, as a mail program that answers the notice has them before it. */
enum status outbox_render_notice(struct store *store, const struct desk_policy *policy, const struct template_set *templates,
                                 struct arena *arena, const struct outbox_row *row, struct rendered *rendered, struct error *error);

/* For mail_options.answered: the text of a mail of ours by its signed Message-ID. */
struct outbox_answered { struct store *store; const struct desk_policy *policy; const struct template_set *templates; };
const char *outbox_answered(const void *context, struct arena *arena, const char *message_id);

/* ---- the senders ---- */
struct outbox;

/* Starts a clerk (takes due rows, writes results) and config->relay.senders sender threads, each with a connection that it keeps.
 * Takes a reference to `config`. The writer must outlive the outbox. SIGPIPE must be ignored. */
enum status outbox_start(struct config *config, struct store_writer *writer, struct outbox **outbox, struct error *error);
/* Lets what is being sent finish (some seconds at most), writes the results, ends the threads. */
void outbox_stop(struct outbox **outbox);
/* After a commit that enqueued mail. Cheap, from any thread; outbox NULL: nothing. Rows that others enqueued (the command line)
 * are seen within a second without it. */
void outbox_wake(struct outbox *outbox);
/* After a reload: relay, templates, policy and number of senders of the new configuration count from the next mail on. */
void outbox_reconfigure(struct outbox *outbox, struct config *config);

/* One mail, now and past the outbox: what the relay says to it. Lines of `bytes` end with CRLF. */
enum outbox_said { OUTBOX_TAKEN, OUTBOX_LATER, OUTBOX_REFUSED, OUTBOX_UNREACHED };
enum outbox_said outbox_try(const struct config_relay *relay, struct arena *arena, const char *from, const char *to, const char *bytes, size_t length,
                            const char **reply);

struct outbox_counters {
	int64_t sent, deferred, failed;          /* attempts by what came of the mail: all sent, to be repeated, failed for some */
	int64_t connections;                     /* made to the relay */
	int64_t relay_troubles;                  /* times that the relay could not be used at all */
	int64_t in_flight;                       /* rows taken from the store whose result is not written yet */
};
void outbox_counters(struct outbox *outbox, struct outbox_counters *counters);

#endif
