/*
 * gateway.h - where the rooms meet: a mail's way from the LMTP session to its commit, and back as a reply for each recipient.
 *
 * Allowed to include: every room but daemon and cli. The gateway holds no policy of its own and no sockets.
 */
#ifndef SPORTELLO_GATEWAY_H
#define SPORTELLO_GATEWAY_H

#include <pthread.h>

#include "base.h"
#include "config.h"
#include "desk.h"
#include "lmtp.h"
#include "mail.h"
#include "rules.h"
#include "store.h"
#include "web.h"

/* What the intake counted since the start; read by /metrics. */
struct gateway_counters {
	_Atomic int64_t accepted, duplicates, deferred, refused_recipients, mails, bytes;
	_Atomic int64_t dispositions[10];        /* in the order of gateway_disposition_names */
	_Atomic int64_t seconds_le[12], seconds_count, microseconds_sum;  /* end of data to reply; bounds in gateway_seconds_bounds */
};
extern const char *const gateway_disposition_names[10];
extern const double gateway_seconds_bounds[12];

struct gateway {
	struct store_writer *writer;
	struct store *reader; pthread_mutex_t reader_lock;       /* for what the rules ask of the store */
	struct gateway_counters counters;
	void (*outgoing_waits)(void *context);   /* called after a commit that enqueued mail */
	void *context;
};

/* One mail as an LMTP transaction collected it. */
struct transaction {
	struct config *config;                   /* held (config_ref) from MAIL to the end */
	struct ruleset *rules;                   /* held likewise */
	struct arena arena;                      /* everything of this mail */
	char trace[16];
	const char *envelope_from;
	struct { struct recipient { const char *address; struct address_facts facts; } *at; size_t count; } recipients;
	struct store_spool *spool;
	bool spool_failed;                       /* disk full or the like while spooling */
};

/* RCPT TO: is the address ours? Adds it to the transaction if so. */
void gateway_recipient(struct gateway *gateway, struct transaction *transaction, const char *address, struct lmtp_reply *reply);
/* The end of the data: parse, ask the rules, gather the facts inside the write transaction, decide, apply, commit, answer each recipient. */
void gateway_intake(struct gateway *gateway, struct transaction *transaction, struct lmtp_reply *replies, size_t count);

/* What the rules say of a mail to this recipient. NULL: no rules, or an address that no rule is asked about (a ticket's own, a bounce's).
 * `known` says whether the sender has written before; `keywords` is matched once a mail. */
const struct verdict *gateway_ask_rules(struct ruleset *rules, const struct incoming *incoming, const struct mail_source *source,
                                        bool known, const struct rules_keywords *keywords, struct arena *arena);

/* The text of a stored message: kept, or derived again from its raw mail. For search and for people. "" if it has none. */
const char *gateway_message_text(struct arena *arena, struct store *store, const struct message_row *message);

/* Only what is new in it: without quotes and signature. */
const char *gateway_message_words(struct arena *arena, struct store *store, const struct message_row *message);

/* A request for /l/TOKEN. `store` is the caller's own connection, for reading. */
void gateway_page(struct gateway *gateway, const struct config *config, struct store *store, const struct web_request *request,
                  struct web_response *response);

/* Fires what is due; to be called about once a second. `store` is the caller's own connection, for reading. */
void gateway_tick(struct gateway *gateway, const struct config *config, struct store *store);

#endif
