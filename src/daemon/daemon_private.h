/*
 * daemon_private.h - the running daemon: what its files share.
 *
 * Threads: main (signals), one acceptor, a few for all LMTP connections (daemon_crew.c), the store's writer, the outbox's dispatcher and senders,
 * the keeper (timers, search index), the learner (trains the classifier), the slow lane's (gateway_lane.c), one for each
 * HTTP connection. Only main changes `config`; everybody else takes a reference.
 */
#ifndef SPORTELLO_DAEMON_PRIVATE_H
#define SPORTELLO_DAEMON_PRIVATE_H

#include <pthread.h>

#include "config.h"
#include "confine.h"
#include "gateway.h"
#include "kb.h"
#include "outbox.h"
#include "rules.h"
#include "store.h"
#include "web.h"

#define LISTENERS_MOST 16

/* The LMTP connections there are, for when there are too many (daemon_connections.c). */
struct slot {
	struct slot *next, **at;
	int fd; int64_t since; bool in_mail;
	_Atomic bool in_data, sent_away, says;   /* says: he has to read what we said */
	_Atomic int64_t until;                   /* when he has been silent for too long, monotonic us */
};
struct slots { pthread_mutex_t lock; struct slot *first; };

struct daemon;
struct connection;

/* Who attends to connections (daemon_crew.c). Each hand is at work, has stepped aside, or rests. */
struct hand {
	struct daemon *daemon;
	struct store_errand *mails; size_t jobs, turns;  /* mails that are whole, to be written together; turns: since there are any */
	bool aside;
};
typedef void daemon_attend(struct connection *connection, struct hand *hand);
struct crew {
	daemon_attend *attend;
	int events, end;                         /* epoll, and what ends it */
	pthread_mutex_t lock; pthread_cond_t wake;
	int wanted, at_work, resting, called; bool over;
	_Atomic int listening, hands;            /* those who wait for events; all */
};

/* One address that mail comes in by, and what came. */
struct listener { int fd; char *unix_path; const char *name /* stays, for who asks at the end */; _Atomic int64_t mails, last /* ms; 0: none since the start */; };

/* The mail that goes round (daemon_canary.c); times are ms, 0: never. */
struct canary {
	_Atomic bool on, alarm;
	_Atomic int64_t sent, lost, came_at, round_trip_ms;
	int64_t sent_at, awaited; int in_a_row;          /* the worker's alone; awaited: its number, 0: none is under way */
};

/* What is done later, on a thread of its own (daemon_worker.c). */
struct worker {
	const char *name; int nice;
	bool storeless;                          /* it gets none: it needs none, or so seldom that it opens one then */
	int (*round)(struct daemon *daemon, struct store *store);       /* milliseconds until the next one */
	struct daemon *daemon; pthread_t thread; bool started;
};

struct daemon {
	pthread_mutex_t lock;                    /* config */
	struct config *config;
	struct ruleset *rules;                   /* belongs to it */
	struct kb *kb;                           /* of its kb_dir; NULL: none could be opened */
	const char *config_file;
	struct gateway gateway;
	struct outbox *outbox;
	struct web_server *web, *admin;          /* NULL: none */
	bool admin_apart;                        /* /metrics and /healthz have a listener of their own */
	struct store *web_store; pthread_mutex_t web_lock;       /* of who makes a page */
	struct listener listeners[LISTENERS_MOST];
	_Atomic size_t listener_count;    /* none when we stop; somebody may ask for them at that time */
	int stop_fd;                             /* eventfd: readable for good once we stop */
	_Atomic bool stopping;
	pthread_t acceptor;
	struct worker keeper, indexer, learner, mirrorer, backer, canary_sender, retainer, reporter;
	struct slots slots; struct crew crew;
	_Atomic int connections;
	_Atomic int64_t connections_total, connections_refused, connections_sent_away;
	struct confined confined;                /* how far the sandbox reaches; nothing of it: there is none */
	int confined_port;                       /* of the relay, when it was made */
	int64_t started;
	struct { uint64_t inode; int64_t seconds, nanoseconds; } keys_file;      /* the keeper's alone: secret.key as it was last */
	int64_t keys_followed;                   /* the keeper's alone: when the database was last asked for a newer ring, monotonic us */
	bool keys_trouble;                       /* and whether that failed */
	struct { bool told; int64_t looked, said; uint64_t digest; char words[CONFIG_DIGESTS * 17 + 1]; } files;       /* the keeper's alone: what the other gateways were told; monotonic us */
	struct { _Atomic int64_t newest, bytes, failures; int64_t rest_until; } backup;  /* newest: ms, 0: there is none */
	struct { int64_t rest_until, ran; struct mirror *mirror; struct store *store; struct config *config; } retention;        /* the retainer's alone; ran: when it was last done, as far as we know */
	struct canary canary;
	int64_t memory_looked;                   /* the keeper's alone */
	int64_t kb_looked; uint64_t kb_problems; bool kb_good;   /* the keeper's alone: last look at the articles */
	struct kb *kb_taught; int64_t kb_said, kb_rest_until;    /* the keeper's, too: which articles learned what customers said, up to which word */
	int64_t indexed_mails;                   /* the indexer's alone: mails that had come when it last rested */
	bool index_trouble;                      /* the indexer's alone: it was told of */
	int64_t learn_rest_until;                /* the learner's alone */
	struct mirror *mirror; bool mirror_trouble;      /* the mirrorer's alone */
};

struct config *daemon_config(struct daemon *daemon);            /* a reference; config_unref when done */
struct ruleset *daemon_rules(struct daemon *daemon);            /* likewise; rules_unref */
struct kb *daemon_kb(struct daemon *daemon);                    /* likewise; kb_close when done; may be NULL */

/* From here on: no files, ports and system calls but those that this configuration needs. Before there are threads. */
enum status daemon_sandbox(struct daemon *daemon, struct error *error);
/* Is what another configuration names within the sandbox that there is? STATUS_BAD_CONFIG: no; the key, and what to do. */
enum status daemon_sandbox_fits(const struct daemon *daemon, const struct config *config, struct error *error);
/* What to add to a complaint about something that cannot be read: "" without a sandbox. */
const char *daemon_sandbox_hint(const struct daemon *daemon);

enum status daemon_listen(struct daemon *daemon, const struct config *config, struct error *error);
void daemon_close_listeners(struct daemon *daemon);

enum status daemon_lmtp_start(struct daemon *daemon, struct error *error);
/* Waits until every connection is gone (each was told 421, or finished its mail). */
void daemon_lmtp_stop(struct daemon *daemon);

bool daemon_crew_start(struct daemon *daemon, daemon_attend *attend);
void daemon_crew_stop(struct daemon *daemon);    /* when there are no connections any more */
/* Before waiting for anything, or calculating for long: another one takes the place, until the connection was attended to. */
void daemon_crew_aside(struct hand *hand);
void daemon_crew_gather(struct hand *hand, struct store_errand *mail);
/* Does what can be done with it now. */
void daemon_connection_attend(struct connection *connection, struct hand *hand);
bool daemon_connection_open(struct daemon *daemon, struct listener *listener, int fd);   /* false: no memory; the descriptor is the caller's */

void daemon_connections_enter(struct slots *slots, struct slot *slot, int fd);
void daemon_connections_leave(struct slots *slots, struct slot *slot);  /* before its descriptor is closed */
void daemon_connections_turn(struct slots *slots, struct slot *slot, bool in_mail); /* a mail begins or ends */
/* Makes room for one more, if somebody has been silent for long enough: marks it, and ends what it may say. */
bool daemon_connections_send_one_away(struct slots *slots);
/* Ends what those may say who were silent for too long. */
void daemon_connections_time_out(struct slots *slots);
/* Who waits for bytes waits no longer; who is inside a mail does, unless `all`. */
void daemon_connections_stop(struct slots *slots, bool all);

/* Opens the knowledge base of this folder, and says what is wrong in it. NULL: it cannot be read. */
struct kb *daemon_kb_open(const char *dir);
/* Called each round of the keeper: looks for changed articles every few seconds, and learns what was said of them. */
void daemon_kb_tick(struct daemon *daemon, struct store *store);
void daemon_kb_learn(struct daemon *daemon, struct kb *kb, struct store *store);

/* Likewise: have the keys been changed? Then everything is read again. */
void daemon_keys_tick(struct daemon *daemon, struct store *store);
void daemon_files_tick(struct daemon *daemon, struct store *store);      /* daemon_files.c */

/* One heap, before there is anything in it; and once all is up, what only the start needed is given back. */
void daemon_memory_begin(void);
void daemon_memory_settle(void);
void daemon_memory_tick(struct daemon *daemon);  /* each round of the keeper: gives back what has become free */

void daemon_worker_start(struct daemon *daemon, struct worker *worker);
void daemon_worker_stop(struct worker *worker);
bool daemon_wait(const struct daemon *daemon, int64_t ms);      /* false at once when we stop */

int daemon_keeper_round(struct daemon *daemon, struct store *store);
int daemon_indexer_round(struct daemon *daemon, struct store *store);
int daemon_learner_round(struct daemon *daemon, struct store *store);
int daemon_events_round(struct daemon *daemon, struct store *store);        /* daemon_events.c */
int daemon_mirror_round(struct daemon *daemon, struct store *store);
int daemon_backup_round(struct daemon *daemon, struct store *store);
int daemon_retention_round(struct daemon *daemon, struct store *store);
int daemon_canary_round(struct daemon *daemon, struct store *store);

/* The customers' links; and, where there is no listener of their own for them, /healthz and /metrics, which alone are on that. */
void daemon_page(void *context, const struct web_request *request, struct web_response *response);
void daemon_admin_page(void *context, const struct web_request *request, struct web_response *response);
/* In the text format of Prometheus, into the arena. The caller holds web_lock. */
const char *daemon_metrics(struct daemon *daemon, struct arena *arena);
/* systemd's notification socket (sd_notify(3)); does nothing without NOTIFY_SOCKET. */
void daemon_notify(const char *state);

#endif
