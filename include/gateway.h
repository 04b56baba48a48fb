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
#include "kb.h"
#include "learn.h"
#include "lmtp.h"
#include "mail.h"
#include "report.h"
#include "rules.h"
#include "store.h"
#include "web.h"

/* What the intake counted since the start; read by /metrics. */
struct gateway_counters {
	_Atomic int64_t accepted, duplicates, deferred, refused_recipients, mails, bytes;
	_Atomic int64_t dispositions[DISPOSITIONS + 1];  /* in the order of desk_dispositions; and others */
	_Atomic int64_t acknowledged, over_budget, unacknowledged;       /* new tickets' mails: answered, too many, not to be answered */
	_Atomic int64_t seconds_le[12], seconds_count, microseconds_sum;  /* end of data to reply; bounds in gateway_seconds_bounds */
};
extern const double gateway_seconds_bounds[12];

/* Where mails are read that may take long or much memory (gateway_lane.c). Zeroed: it has no threads, and work is done at once. */
#define LANE_THREADS 8
struct lane {
	pthread_mutex_t lock; pthread_cond_t changed;
	pthread_t threads[LANE_THREADS]; size_t count;
	struct lane_job *first, **last;          /* that wait */
	uint64_t taken;                          /* weight of those that are being read, or were read and not dealt with yet */
	bool stopping;
	_Atomic int64_t heavy;                   /* counter */
};
void gateway_lane_start(struct lane *lane);
void gateway_lane_stop(struct lane *lane);       /* nobody may wait in it any more */
/* Bytes of memory that reading it may take; 0: it is light. */
uint64_t gateway_lane_weight(const struct mail_source *source);
/* Does the work, when there is room for its weight, and returns. The weight stays taken until gateway_lane_leave(). */
void gateway_lane_run(struct lane *lane, uint64_t weight, void (*work)(void *argument), void *argument);
void gateway_lane_leave(struct lane *lane, uint64_t weight);

/* What was promised at each time (gateway_book.c), the first version first. */
struct promise_version { int64_t id, at; bool applied; const char *who, *text; struct promise_list promises; };    /* at: ms */
struct promise_book {
	struct promise_version *at; size_t count;        /* at least one */
	const struct sla_policy *otherwise;      /* by which is measured what is not promised */
	int64_t applied;                         /* number of the newest that is applied */
	bool promises;                           /* anything, at any time */
	bool other, follows_nothing;             /* the configuration promises something else than the newest; that promises nothing */
};
/* Of the daemon's timers alone: read anew when there is another configuration or version. */
struct kept_book { struct arena arena; struct promise_book book; int64_t made, last; };

struct gateway {
	struct store_writer *writer;
	struct store *reader; pthread_mutex_t reader_lock;       /* for what the rules ask of the store */
	struct learned *learned; pthread_mutex_t learned_lock;   /* what the classifier knows, swapped whole; NULL: nothing yet */
	int64_t learned_seen;                    /* newest version in the store that was looked at; only gateway_learn_watch() */
	struct gateway_counters counters;
	struct lane lane;
	struct kept_book book;
	int64_t agents_of;                       /* the configuration whose agents were looked at for tickets of others (config.made); only gateway_tick() */

	_Atomic int64_t selftest_seen;           /* number of the last mail of a selftest that came in */
	void (*outgoing_waits)(void *context);   /* called after a commit that enqueued mail */
	void *context;
};

/* One mail as an LMTP transaction collected it. */
struct transaction {
	struct config *config;                   /* held (config_ref) from MAIL to the end */
	struct ruleset *rules;                   /* held likewise */
	struct kb *kb;                           /* held likewise; NULL: none */
	struct arena arena;                      /* everything of this mail */
	char trace[16];
	const char *envelope_from;
	struct { struct recipient { const char *address; struct address_facts facts; } *at; size_t count; } recipients;
	struct store_spool *spool;
	bool spool_failed;                       /* disk full or the like while spooling */
};

/* RCPT TO: is the address ours? Adds it to the transaction if so. */
void gateway_recipient(struct gateway *gateway, struct transaction *transaction, const char *address, struct lmtp_reply *reply);
/* The end of the data, in two steps. First it is parsed, rules are asked; NULL: it is refused. */
struct intake *gateway_intake(struct gateway *gateway, struct transaction *transaction, struct lmtp_reply *replies, size_t count);
bool gateway_intake_may_wait(const struct transaction *transaction);     /* may that take long, for want of memory, or since others are asked? */
/* Then the facts are gathered inside the write transaction, it is decided, applied, committed, and each recipient has his answer. */
void gateway_intake_write(struct intake *intake);
/* For many mails at once (store_write_later()): whoever writes calls `done` when the answers are there, and it must be short. */
struct store_errand *gateway_intake_errand(struct intake *intake, void (*done)(void *context), void *context);
bool gateway_intake_may_be_left(const struct intake *intake);            /* to who writes; if what comes after the commit is not short, it is the caller's */

/* ---- what would become of a mail (gateway_consider.c): one way for the intake and for every dry run. Nothing here applies anything. ---- */
struct advisers {                        /* who is asked; NULL: nobody */
	const struct config *config;
	const struct desk_policy *policy;        /* the configuration's, with keys */
	struct ruleset *rules;
	const struct learned *learned;
	struct kb *kb;
	struct store *reader;                    /* a connection for reading */
	pthread_mutex_t *lock;                   /* of the reader; NULL: it is the caller's alone */
};
struct considered {                      /* one delivery of one mail; zeroed, and `incoming` filled by the caller */
	struct incoming incoming;
	int64_t at;                              /* the time for which it is decided, ms; 0: now */
	bool as_new;                             /* gateway_consider(): nothing that the store holds counts, but whether rules know the sender */
	struct evidence evidence;
	unsigned char claim[CLAIM_SIZE];
	const struct verdict *verdict;           /* NULL: neither rules nor a model */
	struct suggestion suggestion;            /* what the articles say */
	bool duplicate;
	bool unasked;                            /* a reply: the classifier was not asked */
	bool opens;                              /* ... but must be, since it opens a ticket */
	struct plan plan;
};
/* Reads the mail as it is read for a decision. envelope_from, recipient: as in struct mail_options. whole: with the sizes of its
 * attachments and all of its text, for who shows it. */
void gateway_look(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, const char *envelope_from,
                  const char *recipient, bool whole, struct mail *mail);
/* All deliveries of one mail, before the write transaction: evidence, rules, classifier, articles, and the notices that an agent quotes. */
void gateway_ask(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, struct considered *all, size_t count);
/* One that opens a ticket, after all: then it is decided again. */
void gateway_ask_again(const struct advisers *advisers, struct arena *arena, struct considered *considered);
/* Facts and plan, in the store's transaction or snapshot. store NULL: every mail is new. */
enum status gateway_decide(const struct desk_policy *policy, struct store *store, struct arena *arena, struct considered *considered, struct error *error);
/* Everything behind the look: address, gateway_ask(), whether it is a duplicate, decision. The plan stays empty where the address is not ours, and
 * where it is a duplicate. */
enum status gateway_consider(const struct advisers *advisers, struct arena *arena, const struct mail_source *source, struct considered *considered,
                             struct error *error);

/* What the rules say of a mail to this recipient. NULL: no rules, or an address that no rule is asked about (a ticket's own, a bounce's).
 * `known` says whether the sender has written before; `keywords` is matched once a mail. */
const struct verdict *gateway_ask_rules(struct ruleset *rules, const struct incoming *incoming, const struct mail_source *source,
                                        bool known, const struct standing *standing, const struct rules_keywords *keywords, struct arena *arena);

/* ---- the classifier. A model that is in use is never changed; a mail holds a reference for as long as it asks. ---- */
#define LESSON_CONFIGURATION 17  /* bytes: what of the configuration a lesson is made of, in one word */
struct learned {
	struct learn_model *model, *tags, *priority;     /* of the queues; of tags and priorities, NULL: not learned */
	int64_t version, created;
	char *note;                              /* as it was trained: texts, queues, precision */
	char configuration[LESSON_CONFIGURATION];
	_Atomic bool stopped;                    /* people corrected it too often: it suggests, but routes nothing */
	_Atomic int refs;
};
/* The newest of the store that is whole (each refused one is logged: learn.refused). NULL: there is none. */
struct learned *gateway_learned_open(struct store *store);
struct learned *gateway_learned(struct gateway *gateway);        /* a reference; NULL: nothing was learned yet */
void gateway_learned_unref(struct learned **learned);
/* Takes over what was trained meanwhile, and stops what was corrected too often (learn.stopped). About once a second, on one thread. */
void gateway_learn_watch(struct gateway *gateway, const struct config *config, struct store *store);

/* What the model adds to what the rules said (`verdict`, may be NULL): a queue where they gave none and it is sure enough, else a hint. Only of
 * a person's mail to the triage queue's own address; a tag and a priority to any queue's. Returns `verdict` itself where the model has no say. */
const struct verdict *gateway_ask_model(const struct learned *learned, const struct desk_policy *policy, const struct incoming *incoming,
                                        const struct verdict *verdict, struct arena *arena);

/* Learns from the confirmed tickets of the store and the queues of the configuration; seconds of work. `go_on` (may be NULL) is called again and
 * again, and ends it early with STATUS_TRY_LATER: see learn.h. STATUS_NOT_FOUND: there are not two queues to choose between. */
struct lesson { char configuration[LESSON_CONFIGURATION]; struct buffer bytes, note; struct learn_facts facts; int64_t began; };
enum status gateway_learn_train(const struct config *config, struct store *store, learn_go_on *go_on, void *context, struct lesson *lesson,
                                struct error *error);
void gateway_lesson_fini(struct lesson *lesson);
/* The models of a lesson as its bytes, in the order of struct learned; NULL: none. And back: false and why, if one is not as it was written. */
void gateway_lesson_add(struct lesson *lesson, const struct learn_model *model);
bool gateway_lesson_open(const void *bytes, size_t length, struct learned *learned, struct error *error);
/* What stands for "no tag" among the tags: no tag can be called so. And the priority that nobody needs to be told of. */
#define LEARN_NO_TAG ","
#define LEARN_USUAL_PRIORITY "normal"
/* Is it time to train again, and if so, why? NULL: no. */
const char *gateway_learn_due(struct gateway *gateway, const struct config *config, struct store *store);
/* Trains and keeps the result (learn.trained, learn.trouble). On a thread of its own. */
void gateway_learn(struct gateway *gateway, const struct config *config, struct store *store, const char *why, learn_go_on *go_on, void *context);
/* A number of the store: models of this version and older ones only suggest. */
#define LEARN_STOPPED "learn_stopped"

/* Asks the articles about this mail: what the customer may be shown, and how its queue wants it. SUGGESTION_NEVER where the desk must be silent: a
 * reply, automatic or list mail, an agent's mail, a queue that wants none, a rule's urgent priority, mail that becomes no ticket; and where
 * there are no articles. */
void gateway_ask_kb(struct kb *kb, const struct desk_policy *policy, const struct incoming *incoming, const struct verdict *verdict,
                    struct arena *arena, struct suggestion *suggestion);
/* Everything lives in the arena, or in the configuration. */
enum status gateway_book_read(const struct config *config, struct store *store, struct arena *arena, struct promise_book *book, struct error *error);
/* As if the configuration were applied at `at`, ms. */
void gateway_book_try(struct promise_book *book, struct arena *arena, const struct config *config, int64_t at);
/* Keeps what the configuration promises from `at` on, ms, where that is something else; who: applies it, also if it is not. Inside a transaction. */
enum status gateway_book_keep(struct store *store, const struct config *config, int64_t at, const char *who, struct error *error);
/* The daemon's configuration comes into force: what it promises is kept. */
void gateway_book_settle(struct gateway *gateway, const struct config *config);
/* The daemon's; what could not be kept then is kept now. */
enum status gateway_book_of(struct gateway *gateway, const struct config *config, struct store *store, struct promise_book **book, struct error *error);
void gateway_book_forget(struct gateway *gateway);
/* The clocks of a ticket that was read with messages and history (store_ticket), at `now`, ms since 1970. `store`: for tickets that came into it. */
void gateway_clocks_of(struct arena *arena, const struct promise_book *book, struct store *store, const struct ticket_row *row, int64_t now, struct sla_clocks *clocks);
/* Every time that one of its clocks stopped or runs, promised or not. For reports. */
void gateway_runs_of(struct arena *arena, const struct promise_book *book, struct store *store, const struct ticket_row *row, int64_t now, struct sla_clocks *runs);
/* What is due when, kept beside the tickets (gateway_promises.c): what is to be written after what happened since, and writing it, in a transaction. */
#define PROMISES_AT_ONCE 200                     /* tickets, or lines of history, that are looked at in one go */
struct promise_changes {
	struct promise_rows rows;
	int64_t digest, upto, open;
	bool fresh;                              /* of another version: all is reckoned anew */
	bool more, nothing;                      /* there may be more; there is nothing to write */
};
enum status gateway_promises_look(const struct promise_book *book, struct store *store, struct arena *arena, struct promise_changes *changes, struct error *error);
enum status gateway_promises_keep(struct store *store, const struct promise_changes *changes, struct error *error);
/* A second's part of both; `store` is the caller's own connection, for reading. */
void gateway_promises_tick(struct gateway *gateway, const struct config *config, struct store *store);
/* What is kept beside a ticket, reckoned now. */
enum status gateway_promise_row(const struct promise_book *book, struct store *store, struct arena *arena, int64_t ticket, int64_t now, struct promise_row *row,
                                struct error *error);
/* Does what is kept beside the tickets follow from their histories? For fsck. */
enum status gateway_promises_check(const struct promise_book *book, struct store *store, struct arena *arena, struct strings *findings, struct error *error);
/* Steps of its promises that are taken now, if they are wanted; and when the next one is, ms; 0: none (gateway_steps.c). */
int64_t gateway_steps_of(struct arena *arena, const struct ticket_row *row, const struct sla_clocks *clocks, int64_t now, struct desk_steps *taken);
/* Takes those that are due. True: mail was enqueued. */
bool gateway_steps_tick(struct gateway *gateway, const struct config *config, struct store *store);
/* A report; it lives in the arena. `store` is the caller's own connection, for reading. */
enum status gateway_report(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, struct report *report, struct error *error);
/* With so many pages a piece: in one snapshot, and at once in memory. */
#define GATEWAY_REPORT_PIECE 256         /* some four megabytes: what is read stays in the processor's cache until it is counted */
enum status gateway_report_in_pieces(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, int64_t most, struct report *report,
                                     struct error *error);
/* What it reads instead of histories (gateway_events.c). there: it can be believed, but for tickets to which something happened after `upto`, ms. */
struct events_kept { bool there; int64_t edition, wanted, applied, wanted_applied, upto, top, mails, taken, moved; };
enum status gateway_events_kept(const struct config *config, const struct promise_book *book, struct store *store, struct events_kept *kept, struct error *error);
/* Those tickets, each once, by number. */
enum status gateway_events_stale(struct store *store, struct arena *arena, int64_t upto, struct ticket_ids *stale, struct error *error);
int64_t gateway_events_page_of(int64_t ticket);
const char *gateway_events_queue_of(const struct desk_policy *policy, const char *recipient);    /* whose address that is; "": of none */
/* One go of bringing it up to date; `store` is the caller's own connection, for reading. True: there is more to do. */
bool gateway_events_go(struct gateway *gateway, const struct config *config, struct store *store);
/* Each second: pages of reports follow the history from earlier on where the clock was set back, also where it is forward again before they are made next. */
void gateway_events_tick(struct gateway *gateway, struct store *store);
/* Holds it against the history. */
enum status gateway_events_check(const struct config *config, const struct promise_book *book, struct store *store, struct arena *arena, struct strings *findings, struct error *error);
/* Once a week a mail of the week's numbers (gateway_weekly.c). True: mail was enqueued. */
bool gateway_weekly_tick(struct gateway *gateway, const struct config *config, struct store *store);
/* Once a day: contracts that end, or have ended (gateway_contracts.c). True: mail was enqueued. */
bool gateway_contracts_tick(struct gateway *gateway, const struct config *config, struct store *store);
/* Who is free to be given the ticket, where it may be given out: asked only where its queue does that. For a mail, and for what is done to
 * facts->ticket by a page, a timer or a person. Inside the write transaction. */
enum status gateway_add_loads(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming,
                              const struct verdict *verdict, struct facts *facts, struct error *error);
/* Teaches the articles what customers said of them, if anything was said since *seen (0 at first: all of it is new). */
void gateway_kb_learn(struct kb *kb, struct store *store, int64_t *seen);

/* The notices that an agent's mail may quote, as texts: those that it refers to, else what a notice of its ticket says. Fills incoming->known of
 * mails by an agent, or to an agent's address; does nothing for others. `store` is read, outside of a transaction. */
bool gateway_is_agents(const struct desk_policy *policy, const struct incoming *incoming);
/* A file of what an agent sends out that holds an address which opens the house; NULL: there is none. */
const char *gateway_house_file(const struct desk_policy *policy, const struct mail_source *source, const struct incoming *incoming,
                               const struct evidence *evidence);
void gateway_know_notices(struct store *store, const struct desk_policy *policy, const struct template_set *templates, struct arena *arena,
                          const struct evidence *evidence, struct incoming *incoming);

/* The text of a stored message: kept, or derived again from its raw mail, LIMIT_SEARCH_BYTES at most. For search. "" if it has none. */
const char *gateway_message_text(struct arena *arena, struct store *store, const struct message_row *message);

/* The same for the indexer, which sees every message once: keeps what was made of it, where that was costly. */
const char *gateway_message_index(struct arena *arena, struct store *store, struct store_writer *writer, const struct config *config,
                                  const struct message_row *message);
/* Keeps what was made of a raw mail: off the commit path, and no harm if it fails. See store_keep_derived(). */
void gateway_keep(struct store_writer *writer, int64_t raw, const struct mail *mail, bool whole);

/* A request for /l/TOKEN. `store` is the caller's own connection, for reading. */
/* "/", and the brand's picture; without one the response stays as it is. */
void gateway_here_page(const struct config *config, const struct web_request *request, struct web_response *response);
void gateway_logo(const struct config *config, const struct web_request *request, struct web_response *response);
/* With `download` filled (its name is not NULL) a file is asked for: gateway_unpack_file() makes the response, without the store; false: it cannot now. */
struct gateway_download { struct store_raw raw; size_t number; const char *name; int fd; };
void gateway_page(struct gateway *gateway, const struct config *config, struct store *store, const struct web_request *request,
                  struct web_response *response, struct gateway_download *download);
bool gateway_unpack_file(struct gateway_download *download, struct web_response *response);
void gateway_trouble_page(const struct config *config, const struct web_request *request, struct web_response *response);
/* The files of a message that its page may show (`alone`: its own, with all of them); and one of these by its number. False: there is no such one. */
void gateway_add_files(struct store *store, struct arena *arena, const struct message_row *message, bool alone, struct web_said *said);
bool gateway_find_file(struct store *store, struct arena *arena, const struct message_row *message, int number, struct gateway_download *download);

/* A request for /kb/ARTICLE or /kb/ARTICLE.LANGUAGE; with the token of the request it was suggested for (?t=TOKEN) it has that one's buttons. */
void gateway_article_page(const struct config *config, struct kb *kb, struct store *store, const struct web_request *request,
                          struct web_response *response);

/* What the pages of one ticket share (gateway_page.c): the page of a token, with the links of its ticket, as seen from `folder` ("" or "../l/").
 * False: there is no such ticket, or it is no longer that customer's. */
struct web_page gateway_start_page(const struct config *config, const struct web_request *request, enum web_page_kind kind);
bool gateway_fill_page(struct arena *arena, struct store *store, const struct config *config, const struct token *token, const char *folder,
                       struct web_page *page);

/* Fires what is due; to be called about once a second. `store` is the caller's own connection, for reading. */
void gateway_tick(struct gateway *gateway, const struct config *config, struct store *store);

/* The lines of an agent's digest (gateway_digest.c), of what waits for us and for others; "": nothing waits for him. */
const char *gateway_digest_lines(struct store *store, struct arena *arena, const struct desk_policy *policy, const struct desk_agent *agent, int64_t now);

/* ---- letting go of what is old, as the configuration says (gateway_retention.c) ---- */
struct retention_count { int64_t tickets, mails, bytes, held; };
struct gateway_retention {
	const struct config *config; const struct desk_policy *policy;   /* of it, with keys */
	struct store *store;                     /* reads; and writes where there is no writer */
	struct store_writer *writer;
	bool dry;
	bool (*rest)(void *context, int ms);     /* false: somebody wants it to end */
	void (*changed)(void *context, int64_t ticket);  /* may be NULL: its mails are no longer what they were, for who has copies */
	void *context;
	/* what came of it */
	struct { struct retention_count *at; size_t count; } counts;     /* of each rule of the configuration */
	int64_t sent;                            /* outgoing mails that lost their words */
	bool stopped, words_gone, any_gone;
	/* its own */
	int64_t now; struct buffer taken;
};
enum status gateway_retention_run(struct gateway_retention *run, struct arena *arena, struct error *error);

#endif
