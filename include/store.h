/*
 * store.h - tickets, messages, raw mails, history and the outbox, kept for good.
 *
 * Allowed to include: base, mail, query, desk, limits. The door speaks of tickets, plans and facts, never of SQL, so that another
 * engine can stand behind it. Durability: what store_commit() (or the writer's callback) reported as STATUS_OK is on disk
 * (WAL, synchronous=FULL). STATUS_TRY_LATER: locked, disk full, read-only; nothing is half done. STATUS_BROKEN: corrupt.
 *
 * A struct store is one connection: one thread at a time. Open one for each thread that reads; the daemon has one
 * struct store_writer, the command line uses its own connection and begins/commits itself.
 */
#ifndef SPORTELLO_STORE_H
#define SPORTELLO_STORE_H

#include "base.h"
#include "desk.h"
#include "mail.h"
#include "query.h"

struct store;

#define STORE_URL "sqlite:"      /* the database in the state directory */
/* Opens (and with `create` makes) what `url` (NULL: STORE_URL) names, and brings it up to date; without `create` only where no daemon works. STATUS_BAD_CONFIG: no such kind of database. */
enum status store_open(const char *state_dir, const char *url, bool create, struct store **store, struct error *error);
/* What the database's own settings promise less than 250 says. */
enum status store_advise(const char *state_dir, const char *url, struct arena *arena, struct strings *said, struct error *error);
/* Can it be opened? Leaves one of an earlier version as it is: *older is its version then, else 0. */
enum status store_look(const char *state_dir, const char *url, int *older, struct error *error);
bool store_missing(const char *state_dir, const char *url);              /* surely nothing to open there */
/* ---- several gateways on one database (store_machines.c) ---- */
/* Is it this process that does what only one may do (outgoing mail, timers, digests, training)? Asks the database now and then. */
bool store_has_lease(struct store *store);
bool store_lease_held(void);             /* as far as is known, without asking; before anything was asked: no */
int64_t store_lease_term(void);          /* 0: not ours; else the same number for as long as nobody else can have had it */
void store_give_lease(struct store *store);      /* we end: another need not wait */
/* A hint to whoever has it that there is work, which may get lost; and the wait for one, on a store that is asked nothing else. */
void store_hint(struct store *store);
bool store_hear(struct store *store, int ms);
/* STATUS_BAD_CONFIG: this machine's secret key is not the desk's. */
enum status store_keys_agree(struct store *store, struct error *error);
/* Writes into secret.key what another machine changed; nothing to do where it is alone. STATUS_BAD_CONFIG: its ring cannot be opened with any key that is here. */
enum status store_keys_follow(struct store *store, struct error *error);
/* A machine on this database: its name, when it told (ms), and digests of its files in the order of config_digest_names, blanks between. */
struct machine { const char *name; int64_t told; const char *digests; };
struct machines { struct machine *at; size_t count; };
enum status store_machine_tell(struct store *store, const char *name, const char *digests, struct error *error);       /* inside a transaction; nothing where it is alone */
enum status store_machines(const char *state_dir, const char *url, struct arena *arena, struct machines *machines, struct error *error);
#define STORE_PORTS 8
size_t store_ports(const char *url, int ports[STORE_PORTS]);        /* TCP ports that it is reached by */
char *store_place(struct arena *arena, const char *state_dir, const char *url);  /* where it is, for people */
void store_close(struct store **store);
/* Reads STATE_DIR/secret.key into keys; makes it (0600, 32 random bytes, hex, a key a line) if `create` and it is not there. */
enum status store_keys(const char *state_dir, bool create, struct desk_keys *keys, struct error *error);

/* The keys without their secrets, the newest first: that one signs, all of them verify. */
struct store_key { char id[9]; int64_t made, below; };   /* id: of its SHA-256; made 0: not known; below: of struct desk_keys */
struct store_keyring { struct store_key at[DESK_KEYS]; size_t count; };
enum status store_keyring(const char *state_dir, struct store_keyring *ring, struct error *error);
/* A new key signs from now on. Where there would be more than DESK_KEYS, the oldest goes; STATUS_REFUSED if it was made after `keep_since`. */
enum status store_key_rotate(const char *state_dir, const char *url, int64_t keep_since, struct store_keyring *ring, struct error *error);
/* The key of that id verifies no more; NULL: none of them does. If the first goes, a new one signs. STATUS_NOT_FOUND. */
enum status store_key_revoke(const char *state_dir, const char *url, const char *id, struct store_keyring *ring, struct error *error);

/* ---------------------------------------------------------------- transactions */
/* A read transaction around several reads, unless one is open already. */
enum status store_read_begin(struct store *store, bool *began, struct error *error);
void store_read_end(struct store *store, bool began);
enum status store_begin(struct store *store, struct error *error);       /* BEGIN IMMEDIATE, waits up to 5 s for the lock */
enum status store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);
enum status store_savepoint(struct store *store, struct error *error);
enum status store_release(struct store *store, struct error *error);
void store_rollback_to(struct store *store);                             /* to the savepoint, and releases it */

/* ---------------------------------------------------------------- raw mails */
/* A mail's bytes before they are kept: small ones in memory, large ones in a file under STATE_DIR/mails, written and synced by the
 * thread that reads it before the transaction. */
struct store_spool;
struct store_spool *store_spool_new(const char *state_dir);
void store_spool_free(struct store_spool **spool);                       /* removes the file if it was not kept */
void store_spool_reset(struct store_spool *spool);
bool store_spool_add(struct store_spool *spool, const void *bytes, size_t length);   /* false: disk full or the like */
/* Call at the end of the mail, before the transaction: syncs a file (and its directory). */
enum status store_spool_finish(struct store_spool *spool, struct error *error);
bool store_spool_full(const struct store_spool *spool);                  /* what failed: there was no room */
void store_spool_source(const struct store_spool *spool, struct mail_source *source);     /* valid until reset/free */

/* Keeps it in the current transaction; several deliveries of one mail share one raw. */
enum status store_keep_raw(struct store *store, struct store_spool *spool, int64_t *raw, struct error *error);
/* After the commit: the file belongs to the store now. After a rollback do not call it. */
void store_spool_kept(struct store_spool *spool);

/* Opens a kept raw mail. Close with store_raw_close. */
struct store_raw { struct mail_source source; void *owned; };
enum status store_raw_open(struct store *store, int64_t raw, struct store_raw *out, struct error *error);
/* Are its bytes those that came? Reads all of it. STATUS_TRY_LATER: cannot be read now; STATUS_BROKEN: they are not. */
enum status store_raw_check(struct store *store, int64_t raw, const struct store_raw *opened, struct error *error);
void store_raw_close(struct store_raw *raw);
/* A file without a name beside the database, for what is unpacked for a while; gone when it is closed. */
enum status store_scratch(struct store *store, int *fd, struct error *error);

/* ---------------------------------------------------------------- one delivery, inside a transaction */
/* True in *duplicate: this very delivery is there already; its count of repetitions went up by one, nothing else is to be done. */
/* It is looked for by the mail's Message-ID, so it needs the mail too. */
enum status store_claim(struct store *store, const struct incoming *incoming, const unsigned char claim[CLAIM_SIZE],
                        bool *duplicate, struct error *error);
/* Everything desk_decide_mail needs. Read-only; works outside a transaction too (explain). */
enum status store_facts_of_mail(struct store *store, struct arena *arena, const struct incoming *incoming,
                                const struct evidence *evidence, struct facts *facts, struct error *error);
/* What the claim and these facts will ask (store_write_rehearsed()). */
enum status store_rehearse_mail(struct store *store, struct arena *arena, const struct incoming *incoming, const struct evidence *evidence,
                                const unsigned char claim[CLAIM_SIZE], struct error *error);
enum status store_facts_of_ticket(struct store *store, struct arena *arena, int64_t ticket, struct facts *facts, struct error *error);

/* Adds the load of the queue's agents to the facts: for queues that assign. */
enum status store_facts_of_agents(struct store *store, struct arena *arena, const struct desk_queue *queue, struct facts *facts, struct error *error);
/* Has this address written before? Outside a transaction, for the rules. */
enum status store_sender_known(struct store *store, const char *address, bool *known, struct error *error);

struct delivery_record {                 /* what the mailbox keeps of a delivery; NULL for plans that no mail caused */
	const struct incoming *incoming;
	const unsigned char *claim;
	int64_t raw;
};
enum status store_apply(struct store *store, const struct plan *plan, const struct delivery_record *delivery, struct error *error);

/* ---------------------------------------------------------------- group commit: one of the daemon's threads writes for all */
struct store_writer;
/* A job runs inside the batch's transaction, on the writer thread, or on the caller's own if nobody else is writing. STATUS_OK keeps what
 * it wrote; otherwise all of it is undone. It may be run twice, the first time in vain, where another job of its batch failed: what it
 * leaves in its context must be that of the last time. */
typedef enum status (*store_job)(struct store *store, void *context, struct error *error);
enum status store_writer_start(const char *state_dir, const char *url, struct store_writer **writer, struct error *error);
/* Blocks until the batch with the job is committed (or the job failed, or the commit did): then that status. Jobs of one caller keep
 * their order. STATUS_TRY_LATER at once if more than a bounded number of jobs wait. */
enum status store_write(struct store_writer *writer, store_job job, void *context, struct error *error);
/* Many jobs, one wait: statuses[i], errors[i] for each. All in one batch. */
/* The same; `rehearse` reads what the job will read, writes nothing, and may be called several times before it: where a question to the database costs a way to
 * another machine, all that a batch asks is asked at once. Its answer is not looked at. */
void store_write_rehearsed(struct store_writer *writer, store_job rehearse, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors);
/* The same, for who is in no hurry: where nobody writes, waits up to so many microseconds for somebody who does, and goes along in his batch. */
void store_write_along(struct store_writer *writer, int64_t us, store_job rehearse, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors);
void store_write_all(struct store_writer *writer, store_job job, void *const *contexts, size_t count, enum status *statuses, struct error *errors);
/* What nobody waits for, one or many. Each stays where it is until `done` was called with `context`: once, by whoever wrote, which may be the caller before this returns, or by
 * another thread. Mails wait meanwhile: `done` must be short, and may not write to the store itself. */
struct store_errand {
	store_job rehearse, job; void *const *contexts; size_t count;    /* rehearse: NULL, or what the job will read */
	enum status *statuses; struct error *errors;
	void (*done)(void *context); void *context;
	struct store_errand *next;               /* NULL: the last */
};
void store_write_later(struct store_writer *writer, struct store_errand *errands);
void store_writer_stop(struct store_writer **writer);            /* finishes what waits */
bool store_is_alone(const struct store *store);          /* no other machine works on it */
/* All that was read over this connection, outside of a transaction, is on disk for good: for who lets something leave the house on account of it. */
enum status store_durable(struct store *store, struct error *error);
/* How often the database could not be asked, over this connection: one more than before means that something is missing in what was read meanwhile. */
uint64_t store_troubles(const struct store *store);
bool store_writer_healthy(struct store_writer *writer);          /* last commit worked (or nothing was tried) */
bool store_has_said(struct store_writer *writer, const struct error *error);     /* this trouble is the store's own, which stands in the log: once */
struct store_counters { int64_t batches, jobs, failed, waiting; };
void store_writer_counters(struct store_writer *writer, struct store_counters *counters);

/* ---------------------------------------------------------------- outbox */
enum outbox_state { OUTBOX_WAITING, OUTBOX_SENT, OUTBOX_FAILED };        /* failed: refused for good, bounced or given up */
const char *store_outbox_state_name(enum outbox_state state);            /* "waiting", "sent", "failed" */

struct outbox_recipient { const char *address; enum outbox_state state; const char *reply; };
struct outbox_row {
	int64_t id, ticket, created, next_try;
	enum outbox_state state;
	int attempts;
	const char *last_reply;
	struct outgoing outgoing;
	bool outgoing_changed;                   /* something was added to its variables, which the result keeps */
	struct { struct outbox_recipient *at; size_t count; } recipients;
};
struct outbox_rows { struct outbox_row *at; size_t count; };
/* Where its reader stands: rows up to `seen` were looked at when they were new. Begins as zeroes. */
struct outbox_lane { int64_t seen; bool beside; };               /* beside: a backlog waits that new mails pass by */
struct outbox_busy { const int64_t *at; size_t count; };         /* numbers of rows that are being sent */
#define STORE_OUTBOX_RETRIED "outbox_retried"    /* ms: when all that waits was last asked for at once, also what was being tried then */
/* At most `limit` rows that wait, with next_try <= now and not busy: up to half of them new since the last call, in the order in which they were
 * written, so that a fresh mail never waits behind a backlog; then those that are due longest. Of one ticket, what its customer gets keeps its
 * order. lane NULL: by time alone. busy NULL: none. */
enum status store_outbox_due(struct store *store, struct arena *arena, int64_t now, struct outbox_lane *lane, const struct outbox_busy *busy, size_t limit,
                             struct outbox_rows *rows, struct error *error);
enum status store_outbox_list(struct store *store, struct arena *arena, bool all, struct outbox_rows *rows, struct error *error);
/* At most `limit` of them (0: all): all in the order of their numbers, those above after_id; or those that wait, due first, behind that one. */
enum status store_outbox_page(struct store *store, struct arena *arena, bool all, int64_t after_try, int64_t after_id, size_t limit, struct outbox_rows *rows,
                              struct error *error);
enum status store_outbox_get(struct store *store, struct arena *arena, int64_t id, struct outbox_row *row, struct error *error);
/* Inside a transaction: writes state, attempts, next_try, last_reply and recipients of the row. Text of the message that belongs to it
 * (row->outgoing.seq), if that has none yet, becomes `rendered_text` (may be NULL). */
enum status store_outbox_result(struct store *store, const struct outbox_row *row, const char *rendered_text, struct error *error);
/* Inside a transaction: how often it was tried; -1: it does not wait any more, since another gateway sent it, it came back, or it was erased. Also rehearsed. */
enum status store_outbox_tried(struct store *store, int64_t id, int *attempts, struct error *error);
enum status store_outbox_retry_now(struct store *store, int64_t *count, struct error *error);    /* inside a transaction */
int64_t store_outbox_waiting(struct store *store);               /* count; -1: cannot tell */
int64_t store_outbox_next_due(struct store *store);              /* ms; 0: nothing waits */

/* ---------------------------------------------------------------- timers: set and cleared by plans, fired once */
struct timer_row { int64_t id, due, ticket; const char *kind; };
struct timer_rows { struct timer_row *at; size_t count; };
/* Due at `now`, the oldest first. */
enum status store_timers_due(struct store *store, struct arena *arena, int64_t now, size_t limit, struct timer_rows *rows, struct error *error);
/* Inside the transaction that applies what the timer does: *taken is false if it was cleared or fired meanwhile. */
enum status store_timer_take(struct store *store, int64_t id, bool *taken, struct error *error);
/* Has a mail of ours on this ticket been taken by the mail server of its reader? A held request does not expire before. */
enum status store_ticket_last_words(struct store *store, int64_t ticket, int *seq, struct error *error);
/* How many messages of the customer's side a ticket has from that one on. */
enum status store_replies_from(struct store *store, int64_t ticket, int seq, int *count, struct error *error);
enum status store_ticket_told(struct store *store, int64_t ticket, bool *told, struct error *error);
/* Words of agents behind that message, and who last changed the state and the agent, into the facts: for TIMER_COLLEAGUES. */
enum status store_later_words(struct store *store, struct arena *arena, int64_t ticket, int after, struct facts *facts, struct error *error);
/* Who has new, open or pending tickets, each once. */
enum status store_agents_with_tickets(struct store *store, struct arena *arena, struct strings *agents, struct error *error);
/* A number kept under a name, 0 if there is none: what day the digest went out, and the like. Set inside a transaction. */
enum status store_number_get(struct store *store, const char *name, int64_t *number, struct error *error);
enum status store_number_set(struct store *store, const char *name, int64_t number, struct error *error);

/* ---------------------------------------------------------------- what is due: a copy of what the history says (store_promise.c) */
#define PROMISE_NEVER INT64_C(9000000000000000)  /* due: its clocks stand still, and none is late */
struct promise_row { int64_t ticket, due, step; };     /* due 0: no clock of it runs; step: when somebody is to be told, 0: nobody is */
struct promise_rows { struct promise_row *at; size_t count; };
enum status store_promise_get(struct store *store, int64_t ticket, struct promise_row *row, struct error *error);
enum status store_promise_set(struct store *store, const struct promise_row *row, struct error *error);  /* inside a transaction; due 0: takes it away */
enum status store_promise_forget(struct store *store, struct error *error);      /* all; inside a transaction */
/* Of tickets with a number above `after`; without their steps. */
enum status store_promises(struct store *store, struct arena *arena, int64_t after, size_t limit, struct promise_rows *rows, struct error *error);
/* What the configuration promised at each time, the first version first. at 0: from ever; applied: also what ran then; who applied it. */
struct version_row { int64_t id, at; bool applied; const char *who, *text; };
struct version_rows { struct version_row *at; size_t count; };
enum status store_version_add(struct store *store, const struct version_row *row, struct error *error);    /* inside a transaction; with a number of its own */
enum status store_version_last(struct store *store, int64_t *id, struct error *error);     /* 0: there is none */
enum status store_versions(struct store *store, struct arena *arena, struct version_rows *rows, struct error *error);
enum status store_promise_steps(struct store *store, struct arena *arena, int64_t now, size_t limit, struct promise_rows *rows, struct error *error);
/* Tickets to which something happened after `since` (ms), of about the `limit` oldest lines of history: the last moment of each, the oldest first. upto: what happened until then is
 * there, and nothing later (INT64_MAX: that is all there is). */
struct changed_ticket { int64_t ticket, at; };
struct changed_tickets { struct changed_ticket *at; size_t count; int64_t upto; };
enum status store_changed_since(struct store *store, struct arena *arena, int64_t since, size_t limit, struct changed_tickets *tickets, struct error *error);
/* New, open and pending tickets with a number above `after`, in its order. */
enum status store_open_tickets(struct store *store, struct arena *arena, int64_t after, size_t limit, struct changed_tickets *tickets, struct error *error);

/* ---------------------------------------------------------------- reading, for command line, pages and notices */
struct message_row {
	int seq; enum message_kind kind; bool out;
	int64_t raw;                     /* 0: none */
	struct mail_address from; struct strings to;
	int64_t date; const char *message_id;
	const char *text;                /* NULL: derive it from raw, or (notice) render it from outbox */
	const char *agent, *proved, *flags; int64_t outbox;
	int side;                        /* which side conversation it is in; 0: none */
};
/* What happened to a ticket. Which of number, was and now a kind has; the words of each, which people see, are made by store_history.c alone. */
enum history_kind {
	HISTORY_OTHER,                   /* words of the first version that say nothing else below */
	HISTORY_CREATED,                 /* now: state, priority, queue and agent, a line each; and vip, organisation, level, if one of them is set */
	HISTORY_MESSAGE,                 /* number: seq */
	HISTORY_STATE, HISTORY_QUEUE, HISTORY_AGENT,     /* was, now ("": nobody) */
#define HISTORY_FIELD(member, NAME, history) HISTORY_##NAME = history,
	TICKET_FIELDS(HISTORY_FIELD)     /* was, now ("": none); 6, and from 32 on */
#undef HISTORY_FIELD
	HISTORY_MERGED = 7,                /* number: the ticket it went into */
	HISTORY_MERGED_FROM,             /* number: the ticket that came */
	HISTORY_UNMERGED,
	HISTORY_LINKED,                  /* number: the other ticket */
	HISTORY_TAG, HISTORY_UNTAG,      /* now */
	HISTORY_LANGUAGE,                /* now */
	HISTORY_PENDING,                 /* number: until, ms */
	HISTORY_RATED,                   /* number: stars */
	HISTORY_PARTICIPANT, HISTORY_PROPOSED, HISTORY_LEFT,     /* now: the address */
	HISTORY_ANSWER_TO,               /* was: whose answers; now: where they go */
	HISTORY_BOUNCED,                 /* number: of the outgoing mail; now: the address */
	HISTORY_REMARK,                  /* now: the words */
	HISTORY_WATCHES, HISTORY_UNWATCHES,      /* now: the agent */
	HISTORY_WARNED,                  /* number: when the clock began, seconds; was: the clock; now: the step, "-30m agent" */
	HISTORY_KINDS = 64
};
struct history_row { int64_t at; const char *who, *what, *why; enum history_kind kind; int64_t number; const char *was, *now; };
/* Of a created ticket: where it began. "" if the row is not HISTORY_CREATED. */
enum history_field { HISTORY_CREATED_STATE, HISTORY_CREATED_PRIORITY, HISTORY_CREATED_QUEUE, HISTORY_CREATED_AGENT,
                     HISTORY_CREATED_VIP, HISTORY_CREATED_ORGANISATION, HISTORY_CREATED_LEVEL };   /* the last three: "" for most */
const char *store_history_created(struct arena *arena, const struct history_row *row, enum history_field field);
/* The ticket as it is from that line on: state, queue, agent, tags, language and the fields of one word. False: the line changes none of them. Told from the first line,
 * with no tags. */
bool store_history_tell(struct arena *arena, const struct history_row *line, struct ticket_facts *facts);
struct ticket_row {
	struct ticket_facts facts;
	struct strings linked;           /* ticket numbers as text */
	struct { struct message_row *at; size_t count; } messages;
	struct { struct history_row *at; size_t count; } history;
	int stars; const char *rating;   /* 0: not rated; its words */
	int64_t due;                     /* when a clock of it is due, where a query sorts by that; 0: at no time */
};
struct ticket_rows { struct ticket_row *at; size_t count; };
/* Those that the query wants, in the order it asks for (else the newest first, or what fits its words best); without messages and history.
 * now: ms since 1970, from which its times count back. limit 0: all; with words, those of the 5,000 messages that fit best. */
enum status store_tickets(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_rows *rows,
                          struct error *error);
/* Their numbers alone, in the same order: for who reads them one by one (store_ticket_head). */
struct ticket_ids { int64_t *at; size_t count; };
enum status store_ticket_ids(struct store *store, struct arena *arena, const struct query *query, int64_t now, size_t limit, struct ticket_ids *ids, struct error *error);
/* With messages and history. A merged ticket's number gives the survivor only through facts.merged_into. */
enum status store_ticket(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error);

/* The same without messages and history: for who shows a part. */
enum status store_ticket_head(struct store *store, struct arena *arena, int64_t id, struct ticket_row *row, struct error *error);
/* What stands in its own row, and nothing of its people, tags, messages, suggestion and links: for who needs no more. */
enum status store_ticket_alone(struct store *store, struct arena *arena, int64_t id, struct ticket_facts *facts, struct error *error);
/* One message of it. STATUS_NOT_FOUND: it has none of that number. */
enum status store_message(struct store *store, struct arena *arena, int64_t id, int seq, struct message_row *message, struct error *error);
/* Its requests and replies, the newest first: `limit` of them behind the `skip` newest. *count: how many there are in all. */
/* What was asked before that ticket from its customer's address, and from the others of this customer (0: of nobody); the newest first: number, state and
 * subject alone. Of requests since version 0.2. */
enum status store_requests_before(struct store *store, struct arena *arena, int64_t ticket, int64_t customer, const char *address, size_t most, struct ticket_rows *rows, struct error *error);
enum status store_timer_due(struct store *store, int64_t ticket, const char *kind, int64_t *due, struct error *error);    /* 0: none runs */
/* Has the customer's side said these very words, on a page? */
enum status store_stars(struct store *store, int64_t ticket, int *stars, struct error *error);        /* 0: not rated */
enum status store_words_known(struct store *store, int64_t ticket, const char *words, bool *known, struct error *error);
struct message_rows { struct message_row *at; size_t count; };
enum status store_public_messages(struct store *store, struct arena *arena, int64_t id, size_t skip, size_t limit, struct message_rows *rows,
                                  size_t *count, struct error *error);

/* Messages of all tickets in the order they came, those with a number above `after`; the highest number that there is. For who follows the store. */
struct followed_message { int64_t id, ticket; struct message_row message; };
struct followed_messages { struct followed_message *at; size_t count; };
enum status store_messages_after(struct store *store, struct arena *arena, int64_t after, size_t limit, struct followed_messages *rows, struct error *error);
enum status store_messages_last(struct store *store, int64_t *last, struct error *error);
/* Where tickets stand, in the order of their numbers, those above `after`. */
struct ticket_place { int64_t id, updated; const char *state, *queue, *priority; };
struct ticket_places { struct ticket_place *at; size_t count; };
enum status store_ticket_places(struct store *store, struct arena *arena, int64_t after, size_t limit, struct ticket_places *places, struct error *error);

/* ---------------------------------------------------------------- what was made of a mail: derived once, and kept where that was costly */
/* The values of a raw mail: the kept ones, or, where there are none that serve, read now as mail_parse() does. Of kept ones, light and text_only
 * give what a mail_parse() that is neither would, and what the envelope says of the mail (its kind) need not be told. */
enum status store_mail(struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail, struct error *error);
/* The same of a mail that this process took in just now and kept in memory; false: it did not, or no longer. Small mails without attachments only. */
bool store_recent_mail(const struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail);
/* After the commit: keeps its values in memory until they were asked for `awaited` times, for some seconds at most. All of the mail was read. */
void store_recent_keep(const struct store *store, int64_t raw, const struct mail *mail, int awaited);
void store_recent_tidy(void);            /* now and then: gives back what nobody asked for */
/* What a message newly says (or all it says, if nothing is new in it): at most `most` bytes from `offset` on. Costs no more memory than that
 * where the words are kept. "" if it has none. answered: who knows what the mail answers (see mail_options), NULL: nobody. */
struct words { const char *text; size_t left; };         /* left: bytes that follow */
enum status store_words(struct store *store, struct arena *arena, const struct message_row *message, const struct answered *answered, size_t offset,
                        size_t most, struct words *words, struct error *error);
/* Is this mail, of `size` bytes, which took so long to read, worth it? */
bool store_worth_keeping(uint64_t size, int64_t thread_us);
/* Inside a transaction. `whole`: the options were neither light nor text_only, and the text is as long as it may be. */
enum status store_keep_derived(struct store *store, int64_t raw, const struct mail *mail, bool whole, struct error *error);
/* Is it kept whole, by today's parser? */
bool store_has_derived(struct store *store, int64_t raw);

struct mailbox_row {
	int64_t id, received, ticket, raw; uint64_t size; int seq; int duplicates;
	const char *recipient, *envelope_from, *from, *subject, *message_id, *kind, *disposition, *detail, *trace;
};
struct mailbox_rows { struct mailbox_row *at; size_t count; };
enum status store_mailbox(struct store *store, struct arena *arena, size_t limit, struct mailbox_rows *rows, struct error *error);  /* newest first; 0: all */
/* Those with a number below `before`. */
enum status store_mailbox_before(struct store *store, struct arena *arena, int64_t before, size_t limit, struct mailbox_rows *rows, struct error *error);
enum status store_mailbox_raw(struct store *store, int64_t id, int64_t *raw, struct error *error);        /* its mail; STATUS_NOT_FOUND: no such row */

struct store_totals { int64_t accepted, duplicates, tickets, by_state[STATE_COUNT], outbox[3], mailbox_by_disposition_count, routed, corrected; };
enum status store_totals(struct store *store, struct store_totals *totals, struct error *error);

/* The desk in figures that are kept, or cost the same however much there is. Times are ms; 0: none. */
struct queue_figures { const char *queue; int64_t by_state[STATE_COUNT]; };
struct store_figures {
	int64_t tickets, by_state[STATE_COUNT], outbox[3], overdue, routed, corrected;   /* the last two: by the classifier, and moved by people since */
	struct { struct queue_figures *at; size_t count; } queues;       /* those that ever had a ticket */
	int64_t oldest_waiting, last_mail;       /* when the oldest outgoing mail that waits was written; when the last mail came in */
	int64_t database_bytes, log_bytes;
};
enum status store_figures(struct store *store, struct arena *arena, struct store_figures *figures, struct error *error);
/* Tickets that are not in the kept counts yet are read by each store_figures(): somebody is to count them now and then, inside a transaction. */
#define COUNT_AT_ONCE 100000
bool store_count_wanted(struct store *store);
enum status store_count_up(struct store *store, struct error *error);

/* ---------------------------------------------------------------- for reports: what happened (store_stories.c) */
/* Each ticket that was open at `since` or to which something happened after it, in the order of their numbers: its columns, its history (without words), and of its
 * messages, where they are asked for, seq, kind, out, agent, outbox, flags and date. The row and its arena live until the call returns. False stops. */
typedef bool (*store_story)(void *context, struct arena *arena, const struct ticket_row *row);
/* Of one ticket, with messages. history.count 0: there is none. */
enum status store_story_of(struct store *store, struct arena *arena, int64_t ticket, struct ticket_row *row, struct error *error);
enum status store_stories(struct store *store, int64_t since, bool messages, store_story story, void *context, struct error *error);
/* The same of tickets that `wanted` says (NULL: all); and of those alone, in any order. */
typedef bool (*store_wanted)(void *context, int64_t ticket);
enum status store_stories_of(struct store *store, int64_t since, bool messages, store_wanted wanted, store_story story, void *context, struct error *error);
/* Customer and time of making of tickets from `first` on; those that are not there have number 0. */
struct ticket_whose { int64_t ticket, created; const char *customer; };
enum status store_tickets_whose(struct store *store, struct arena *arena, int64_t first, size_t count, struct ticket_whose *whose, struct error *error);
/* The contact that has this address, in lower case, but else letter by letter; 0: none. */
enum status store_contact_number(struct store *store, struct arena *arena, const char *address, int64_t *number, struct error *error);
/* The address of each contact by its number; NULL: it has none. */
enum status store_contact_addresses(struct store *store, struct arena *arena, struct strings *by_number, struct error *error);
/* Addresses of people who have several. */
enum status store_contacts_joined(struct store *store, struct arena *arena, struct strings *addresses, struct error *error);
/* Tickets that this one ever went into. */
enum status store_merges_of(struct store *store, struct arena *arena, int64_t ticket, struct ticket_ids *into, struct error *error);
enum status store_ticket_last(struct store *store, int64_t *ticket, struct error *error);         /* the newest; 0: none */
enum status store_mailbox_last(struct store *store, int64_t *id, struct error *error);

/* ---------------------------------------------------------------- pages of events (store_events.c; what is in them knows src/report) */
typedef bool (*store_event_page)(void *context, int64_t page, const void *bytes, size_t length);        /* false: they are none */
/* Of a family, from page `first` to before `end`, those with events from `from` to before `to`. */
enum status store_event_pages(struct store *store, int family, int64_t first, int64_t end, int64_t from, int64_t to, store_event_page page, void *context, struct error *error);
enum status store_event_page_damaged(struct error *error);       /* what is said then */
enum status store_event_page_get(struct store *store, struct arena *arena, int family, int64_t page, const void **bytes, size_t *length, struct error *error);   /* NULL: none */
enum status store_event_page_ids(struct store *store, struct arena *arena, int family, struct ticket_ids *pages, struct error *error);
enum status store_event_gaps(struct store *store, struct arena *arena, size_t limit, struct ticket_ids *pages, struct error *error);
/* Inside a transaction. */
enum status store_event_page_put(struct store *store, int family, int64_t page, int64_t first, int64_t last, const void *bytes, size_t length, struct error *error);
enum status store_event_gap_filled(struct store *store, int64_t page, struct error *error);
enum status store_events_clear(struct store *store, struct error *error);
enum status store_events_of_open(struct store *store, struct error *error);      /* takes pages with open tickets away */
#define STORE_EVENTS_MOVED "events_moved"        /* a number that grows whenever a ticket goes into another, or comes out of it: what was counted of both before it does not fit what is read later */
#define STORE_EVENTS_TAKEN "events_taken"        /* a number that grows whenever pages are taken away: what was made before it is not to be put back */

/* Deliveries that were accepted from `from` to before `to`, the oldest first; those with a number above `after`. */
typedef void (*store_accepted)(void *context, int64_t received, const char *disposition, int64_t ticket, const char *recipient);
enum status store_mail_between(struct store *store, int64_t from, int64_t to, int64_t after, store_accepted accepted, void *context, struct error *error);
/* By number, from `first` to before `end`. */
enum status store_mails(struct store *store, int64_t first, int64_t end, store_accepted accepted, void *context, struct error *error);

/* Who looked at figures of single agents: the newest first. Adding it inside a transaction. */
struct looked_row { int64_t at; const char *who, *what; };
struct looked_rows { struct looked_row *at; size_t count; };
enum status store_looked_add(struct store *store, int64_t at, const char *who, const char *what, struct error *error);
enum status store_looked(struct store *store, struct arena *arena, struct looked_rows *rows, struct error *error);

/* ---------------------------------------------------------------- search: a derived database of its own (search.db), never on the commit path */
/* Indexes up to `limit` messages that are not yet in it; *done: how many. text_of makes the text of a message. */
typedef const char *(*store_text_of)(void *context, struct arena *arena, struct store *store, const struct message_row *message);
enum status store_search_index(struct store *store, size_t limit, store_text_of text_of, void *context, size_t *done, struct error *error);
enum status store_search(struct store *store, struct arena *arena, const char *words, struct ticket_rows *rows, struct error *error);

/* ---------------------------------------------------------------- the classifier: what it learns from, learned and did */
/* Tickets that an agent moved to this queue, or answered in it; `raw` is the mail that began the ticket. The newest, at most `limit`, the
 * oldest of them first. */
struct confirmed_row { int64_t ticket, at, raw; const char *queue, *priority; struct strings tags; };
struct confirmed_rows { struct confirmed_row *at; size_t count; };
enum status store_confirmed_tickets(struct store *store, struct arena *arena, size_t limit, struct confirmed_rows *rows, struct error *error);
enum status store_confirmed_since(struct store *store, int64_t at, int64_t *count, struct error *error);

/* Inside a transaction: the next version; the one before it is kept, older ones go. `began`: when its texts were read; `configuration`: what of it they were read for. If there is one already
 * whose texts were read later, that stays the newest and nothing is put. *version: the newest. */
enum status store_model_put(struct store *store, int64_t began, const char *configuration, const char *note, const void *bytes, size_t length, int64_t *version, struct error *error);
struct model_row { int64_t version, created /* when its texts were read */; const char *configuration, *note; const void *bytes; size_t length; bool whole; };  /* whole: its checksum is right */
typedef bool (*store_model_accept)(void *context, const struct model_row *row);
/* Offers the models, the newest first, until one is accepted. *version: that one's; 0: none was. What the row points at lives only during the call. */
enum status store_model_get(struct store *store, store_model_accept accept, void *context, int64_t *version, struct error *error);
enum status store_model_newest(struct store *store, int64_t *version, struct error *error);      /* 0: none */

/* Of the newest tickets (at most `limit`) that models after this version routed and people have judged: how many they left where they were. A
 * ticket that nobody touched counts as judged if it was routed before `untouched_before`. */
enum status store_routed_judged(struct store *store, int64_t after_model, int64_t untouched_before, int64_t limit, int64_t *judged, int64_t *right,
                                struct error *error);
struct routed_row { const char *queue, *month; int64_t routed, corrected; double confidence; };  /* month "2026-11"; confidence: the mean */
struct routed_rows { struct routed_row *at; size_t count; };
enum status store_routed_report(struct store *store, struct arena *arena, struct routed_rows *rows, struct error *error);        /* newest month first */
/* The same of tags ("tag vpn") and priorities ("priority high"), which stand where a queue does. That a tag is wrong nobody can say. */
enum status store_learned_report(struct store *store, struct arena *arena, struct routed_rows *rows, struct error *error);

/* ---------------------------------------------------------------- articles: what was suggested, and what customers said to it */
/* For kb_learn(): each article a customer confirmed or refused, with the question it was suggested for; the oldest word first. At most the
 * newest `limit`. A customer's later word on the same ticket takes the place of the earlier one. */
struct feedback_row { int64_t ticket; const char *question, *article; bool solved; };    /* question: subject, newline, text */
struct feedback_rows { struct feedback_row *at; size_t count; };
enum status store_kb_feedback(struct store *store, struct arena *arena, size_t limit, struct feedback_rows *rows, struct error *error);
/* A number that grows with every such word, over the whole desk: has anything been said since? 0: nothing ever. */
enum status store_kb_said(struct store *store, int64_t *number, struct error *error);

/* What was suggested for one ticket, and said to it. */
enum status store_read_suggestion(struct store *store, struct arena *arena, int64_t ticket, struct suggestion *suggestion, struct error *error);
/* For reports: every request the articles were asked about since `since` (ms), the oldest first. shown == SUGGESTION_NOTHING: none was good enough
 * (articles is empty): the request that no article answers. Else `articles` were shown, the best first, each with the customer's own word on it.
 * said: the last word on the whole, one of OUTCOME_*, "" while there is none. SUGGESTION_HELD with state held: still waiting for that word. Deflected:
 * said is "solved" (any `shown`), and, if you count silence, shown held with state expired. A question that was not asked (queue off,
 * urgent, no articles at all, the customer may not be answered, refused lately) has no row. */
struct suggested_row { const char *article, *language, *title; double score; const char *outcome; };     /* outcome "", "solved", "refused" */
struct suggestion_row {
	int64_t ticket, at, said_at;
	enum suggestion_shown shown;
	const char *outcome, *language, *question; /* question: subject, newline, text; at most SUGGESTION_BYTES */
	const char *queue; enum ticket_state state;      /* of the ticket, now */
	struct { struct suggested_row *at; size_t count; } articles;
};
struct suggestion_rows { struct suggestion_row *at; size_t count; };
enum status store_suggestions_since(struct store *store, struct arena *arena, int64_t since, struct suggestion_rows *rows, struct error *error);
/* Requests for which articles were looked for from `from` to before `to`, by number; shown: the customer was shown some; solved, refused: said before `to`. The rows
 * stand in `room`. */
struct asked_row { int64_t at, said_at; bool there, shown, solved, refused; };       /* said_at: 0 unless solved or refused */
enum status store_asked_of(struct store *store, int64_t ticket, struct asked_row *row, struct error *error);

/* ---------------------------------------------------------------- customers and organisations */
/* A customer is a person with one or more addresses. Who ever wrote, or has a ticket, is one; his number stays, whatever happens to his addresses. What
 * changes one runs inside a transaction, and says it in his history. */
struct customer_address { int64_t contact; const char *address; bool primary, proved, bouncing; };
struct customer_row {
	int64_t id, created;
	const char *name, *language, *note, *external_id;
	const char *organisation;        /* given to him, or by the domain of an address of his; "" */
	const char *own_organisation;    /* given to him; "" */
	bool vip, own_vip;               /* own: not by his organisation */
	struct { struct customer_address *at; size_t count; } addresses;         /* the primary one first */
	int64_t tickets_open, tickets_total;
};
/* whom: a number, or an address. STATUS_NOT_FOUND: there is none; STATUS_BAD_INPUT: it can be neither, or the address is shared. With `create`, an address that
 * nobody has becomes a customer. */
enum status store_customer_find(struct store *store, struct arena *arena, const char *whom, bool create, int64_t *id, struct error *error);
enum status store_customer(struct store *store, struct arena *arena, int64_t id, struct customer_row *row, struct error *error);
/* Of a database of the first version: each customer's requests are put in their line, once; a second for a hundred thousand. Before who looks at many. */
enum status store_customer_chain(struct store *store, struct error *error);
/* Numbers of customers, those above `after`, in their order. */
struct customer_ids { int64_t *at; size_t count; };
enum status store_customer_ids(struct store *store, struct arena *arena, int64_t after, size_t limit, struct customer_ids *ids, struct error *error);
enum status store_customer_tickets(struct store *store, struct arena *arena, int64_t id, struct customer_ids *tickets, struct error *error);      /* of all his addresses */
/* Other people's tickets in which he wrote. Outside a transaction. */
enum status store_customer_beside(struct store *store, struct arena *arena, const struct customer_row *row, const struct customer_ids *his, struct customer_ids *beside,
                                  struct error *error);
/* Of a ticket's customer: his number (0: nobody is known at that address), and whether a mail of his on this ticket proved that it is his. */
enum status store_ticket_customer(struct store *store, const struct ticket_facts *ticket, int64_t *id, bool *proved, struct error *error);
struct customer_change {                 /* NULL: stays; "": empty */
	const char *name, *language, *vip /* "yes", "no" */, *organisation, *note, *external_id;
	const char *primary;             /* an address of his */
};
enum status store_customer_set(struct store *store, struct arena *arena, int64_t id, const struct customer_change *change, bool *changed, struct error *error);
/* STATUS_BAD_INPUT: it is somebody else's, and whose. */
enum status store_customer_add_address(struct store *store, struct arena *arena, int64_t id, const char *address, bool *changed, struct error *error);
enum status store_customer_remove_address(struct store *store, struct arena *arena, int64_t id, const char *address, struct error *error);
/* One person: what `id` has goes to `into`; undone, both are as they were. */
enum status store_customer_merge(struct store *store, struct arena *arena, int64_t id, int64_t into, const char *who, struct error *error);
/* whom: as before the merge, by number or address. *id: who is apart again. */
enum status store_customer_unmerge(struct store *store, struct arena *arena, const char *whom, const char *who, int64_t *id, struct error *error);
/* Two who may be one: mail that only `customer` was sent was answered from `other_address`. Each pair once, with its first message. */
struct customer_suggestion { int64_t customer, other, ticket, at; int seq; const char *address, *other_address; };
struct customer_suggestions { struct customer_suggestion *at; size_t count; };
enum status store_customer_suggestions(struct store *store, struct arena *arena, struct customer_suggestions *list, struct error *error);
/* Nothing is written. *changes: would something of `id` (0: somebody new)? Refused as the two above would be. */
enum status store_customer_would_change(struct store *store, struct arena *arena, int64_t id, const struct strings *addresses, const struct customer_change *change, bool *changes,
                                        struct error *error);
/* Of all that came from a list of customers: their numbers there. */
struct customer_external { int64_t id; const char *external_id; };
struct customer_externals { struct customer_external *at; size_t count; };
enum status store_customer_externals(struct store *store, struct arena *arena, struct customer_externals *list, struct error *error);
enum status store_customer_by_external(struct store *store, const char *external_id, int64_t *id, struct error *error);        /* 0: nobody */
enum status store_customer_drop(struct store *store, struct arena *arena, int64_t id, struct error *error);      /* what was set; his addresses are apart again */
struct customer_event { int64_t at; const char *who, *kind, *what; };
struct customer_events { struct customer_event *at; size_t count; };
enum status store_customer_history(struct store *store, struct arena *arena, int64_t id, struct customer_events *events, struct error *error);
enum status store_customer_note(struct store *store, int64_t id, const char *who, const char *kind, const char *what, struct error *error);       /* one line more of it */
/* After many at once: what waits for its index goes there. In the transaction. */
enum status store_customer_settle(struct store *store, size_t count, struct error *error);

struct organisation_row {
	int64_t id, created, until;
	const char *name, *level, *note;
	bool vip, sees_all;
	struct strings domains, shared;
	int64_t tickets_open, tickets_total;
};
struct organisation_rows { struct organisation_row *at; size_t count; };
enum status store_organisations(struct store *store, struct arena *arena, struct organisation_rows *rows, struct error *error);
/* Whose contract ends after the one moment and up to the other, the first on top. */
enum status store_organisations_ending(struct store *store, struct arena *arena, int64_t after, int64_t upto, struct organisation_rows *rows, struct error *error);
enum status store_organisation(struct store *store, struct arena *arena, const char *name, struct organisation_row *row, struct error *error);
struct organisation_change {             /* NULL: stays; "": empty */
	const char *level, *vip, *sees_all, *note;
	const struct strings *domains, *shared;  /* all that there are from now on: "example.org", ".example.org", as mail_domain_to_ascii() has them; addresses */
	const int64_t *until;
};
/* Makes it, if it is not there. STATUS_BAD_INPUT: a domain, or an address, is another's, and whose. */
enum status store_organisation_set(struct store *store, struct arena *arena, const char *name, const struct organisation_change *change, bool *made, struct error *error);
enum status store_organisation_remove(struct store *store, struct arena *arena, const char *name, struct error *error);
/* What this address would be, if its mail proved it. Outside a transaction, for the rules. */
enum status store_standing(struct store *store, struct arena *arena, const char *address, struct standing *standing, struct error *error);

/* ---------------------------------------------------------------- erasing: see store_erase.c */
#define ERASED_TEXT "[erased]"           /* what stands in the place of words */
#define ERASED_CUSTOMER "[erased customer]"      /* in the place of his address, from which a mail came back: his clock ran on, and reports stay as they were */
#define ERASED_ADDRESS "erased@erased.invalid"   /* where an address must stand */
#define FLAGS_ERASED "erased"            /* flags of a message that was */
#define FLAGS_ERASED_UNSENT "not sent: erased"   /* of one that had been words to nobody: it counts as none still */
#define ERASED_ADDRESS "erased@erased.invalid"
enum erase_what { ERASE_CUSTOMER, ERASE_TICKET, ERASE_MESSAGE, ERASE_ATTACHMENT };
struct erase_order {
	enum erase_what what;
	int64_t customer, ticket; int seq, attachment;   /* attachment: from 1 */
	const char *who;                 /* who ordered it */
	const struct query *hold;        /* tickets for which it holds are kept by law; NULL: none */
	bool aged;                       /* it is only old: no entry in the ledger, and what else names it is as old */
};
struct erased_place { const char *where; int64_t count; };
struct erased {
	struct { struct erased_place *at; size_t count; } places;
	struct strings kept;             /* what stays, and why */
	int64_t tickets, messages;
	struct { int64_t *at; size_t count; } of; int64_t raw;   /* other tickets whose mails changed; raw: of an attachment, its mail */
	bool done;                       /* in the tables, for good */
};
/* In a transaction of its own, or, of a customer with very many tickets, in several with rests between; `dry`: rolled back, and the same places counted. Then, and after a power cut: store_erase_finish(). */
enum status store_erase(struct store *store, struct arena *arena, const struct erase_order *order, bool dry, struct erased *erased, struct error *error);
/* A customer whose erasure in parts has begun and is not done (below 0: a ticket; 0: none); worked_at: within the last minute. */
enum status store_erase_under_way(struct store *store, int64_t *customer, bool *worked_at, struct error *error);
/* What stands beside the tables: files, full text, the database's log, the ledger. Before that, where parts are left to which nobody is at work: a second's worth of
 * them. *any: all that was open is finished. */
enum status store_erase_finish(struct store *store, struct arena *arena, bool *any, struct error *error);
struct erasure_row { int64_t id, at, ticket; int seq, attachment; const char *kind; bool done; };
struct erasure_rows { struct erasure_row *at; size_t count; };
enum status store_erasures(struct store *store, struct arena *arena, struct erasure_rows *rows, struct error *error);
/* Erases again what the ledger (NULL: the one in the state directory) names: of a database that was restored from a backup. */
enum status store_erasures_replay(struct store *store, struct arena *arena, const char *ledger, size_t *erased, struct error *error);

/* ---------------------------------------------------------------- letting go of what is old: see store_retention.c */
enum retention_what { RETENTION_ATTACHMENTS = 1, RETENTION_RAW, RETENTION_WORDS };
struct retention_rule { enum retention_what what; const char *queue /* "": all */, *state; int64_t before /* ms: nothing has happened since */; };
/* Tickets above *upto for which the rule is, and of which not as much has gone; *upto: how far it looked, a piece at a time; 0: there are no more. */
enum status store_retention_due(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t *upto, struct ticket_ids *ids, struct error *error);
enum status store_retention_held(struct store *store, struct arena *arena, int64_t ticket, const struct query *hold, bool *held, struct error *error);
/* Mails of it whose bytes are there, but those that are also a message of a ticket that keeps them. */
struct retention_mail { int seq; int64_t raw, size, mailbox; };         /* mailbox: of one on no ticket */
struct retention_mails { struct retention_mail *at; size_t count; };
enum status store_retention_mails(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, struct retention_mails *mails,
                                  struct error *error);
/* One ticket, inside a transaction. Text and files' names of each mail stay as `mails` has them, but for RETENTION_WORDS. *files are to be removed after the commit
 * (store_retention_files()). *done false: something has happened to it, and it keeps all; and so does a mail that somebody else has by now. */
struct retention_drop { int64_t raw; const struct mail *mail; int64_t mailbox; };
struct retention_drops { struct retention_drop *at; size_t count; };
enum status store_retention_ticket(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, const struct retention_drops *drops,
                                   bool *done, struct strings *files, struct error *error);
/* Mails that are on no ticket and came before the rule's time, above *upto (0: where it ended last), a few of them; *upto 0: there are no more. And a few, inside a
 * transaction: done up to that one. */
enum status store_retention_loose(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t *upto, int64_t *last, struct retention_mails *mails, struct error *error);
enum status store_retention_loose_gone(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t last, const struct retention_drops *drops, struct strings *files,
                                       struct error *error);
void store_retention_files(struct store *store, const struct strings *files);
/* Before the first of them, and of all that look for something by it outside of a transaction: what the index of places lacks (store_places.c) of one of its tables, up to a number of rows,
 * looked up outside of every transaction; then written inside of one, until that moment (clock_monotonic_us(); 0: all of it). The caller sets `done` once that is committed, and looks up again
 * while `rows` is at least PLACES_WORTH_IT: while mail comes in, there are always some. */
#define PLACES_TABLES 4
#define PLACES_WORTH_IT 100
struct place_entry { int kind; int64_t key, id; };
struct places_missing { struct place_entry *at; size_t count, done, rows; const char *mark; int64_t from, last; };
enum status store_places_look_up(struct store *store, struct arena *arena, int table, struct places_missing *missing, struct error *error);
enum status store_places_write(struct store *store, const struct places_missing *missing, int64_t until, size_t *done, struct error *error);
/* Of outgoing mails above *upto that were sent before `before`: the words, which stand on the ticket. Inside a transaction, unless `dry`. *upto 0: there are no more. */
enum status store_retention_sent(struct store *store, struct arena *arena, int64_t before, bool dry, int64_t *upto, int64_t *count, struct error *error);
#define OUTBOX_BARED "gone=yes\n"        /* the variables of such a one: what it said stands in its message */
/* After all of them: nothing stays in logs and free room; `words`: some lost theirs, and the full text is made again without them. */
enum status store_retention_finish(struct store *store, bool words, struct error *error);

/* ---------------------------------------------------------------- care */
enum status store_checkpoint(struct store *store);               /* passive; called off the commit path */
/* A backup that is being made is broken off once *told: STATUS_TRY_LATER. */
void store_give_up_when(struct store *store, const _Atomic bool *told);
/* A consistent copy in one file while everything runs (raw mails of STATE_DIR/mails included, so that it can be restored alone). */
enum status store_backup(struct store *store, const char *file, struct error *error);
/* Puts such a copy in the place of what is in the directory, while no daemon works there. What was there is kept beside it (`replaced`; NULL:
 * nothing was). Older keys sign for no ticket that the backup does not have. */
struct store_restored { int64_t tickets, mails, newest /* when the last of them came */, waiting /* in the outbox */; const char *replaced; 	size_t erased;                   /* times that the ledger was followed */
};
enum status store_restore(const char *state_dir, const char *file, const char *ledger, struct arena *arena, struct store_restored *out, struct error *error);
/* ---- a desk into another kind of database: see src/store/store_copy.c ---- */
struct store_copy_order { const char *state_dir, *from, *to /* URLs */; void (*progress)(void *context, const char *text) /* may be NULL */; void *context; };
struct store_copied_table { const char *name; int64_t rows; const char *digest; };
struct store_copied {
	struct { struct store_copied_table *at; size_t count; } tables;          /* the same on both sides */
	int64_t rows, cleaned /* texts that were not UTF-8 */, held_ms /* how long nobody could write to the source */, ms;
	const char *from, *to;           /* where they are, for people */
	bool works;                      /* a daemon works on the source: it has more since, and goes on noting what */
};
enum status store_copy(const struct store_copy_order *order, struct arena *arena, struct store_copied *out, struct error *error);
/* The source notes changes for no copy any more, and is open to who writes. */
/* STATUS_BAD_CONFIG: a copy of it was completed, and the desk is there; nothing is written here. */
enum status store_moved(const struct store *store, struct error *error);
/* How a database stands to copies, for who looks from outside. noting: for one that is not complete, or was made beside a daemon; moved: where the desk went, NULL: it is here.
 * beside: it is such a copy itself, and nobody wrote to it yet: what its source took since is not in it. */
struct store_copy_stand { bool noting, beside; const char *moved; };
enum status store_copy_stand(const char *state_dir, const char *url, struct arena *arena, struct store_copy_stand *stand, struct error *error);
enum status store_copy_end(const char *state_dir, const char *from, struct error *error);

/* Every complaint is a line in *findings; none: clean. the engine's own check, then our invariants: one disposition a mail, every ticket's
 * history replays to its state, every raw opens and has its digest, every file under mails has its row (older than an hour), every
 * outgoing mail is sent, waiting or failed with a remark, sequences have no gap. */
enum status store_fsck(struct store *store, struct arena *arena, struct strings *findings, struct error *error);

#endif
