/*
 * outbox_pool_private.h - the outbox at work: what its clerk, its senders and its front door share.
 *
 * One lock for all that changes. Jobs wander: store -> ready (clerk) -> a sender -> done -> store (clerk). A job belongs to whoever
 * took it out of a list; nothing of it is touched by anybody else meanwhile. One that nobody could try goes back by `done`, too, as it was.
 */
#ifndef SPORTELLO_OUTBOX_POOL_PRIVATE_H
#define SPORTELLO_OUTBOX_POOL_PRIVATE_H

#include "outbox_private.h"

#include <pthread.h>

#define FETCH_MOST     128            /* rows taken from the store at once */
#define READY_LOW      64             /* fetch again below that many */
#define LARGE_MOST     256            /* large mails among those that were taken */
#define SENDERS_MOST   64
#define SENDER_OF_LARGE SENDERS_MOST  /* the one that makes large mails, one after the other, when nobody else wants the processor */
#define POLL_US        1000000        /* rows that nobody wakes us for: time came, the command line */

/* Mail that comes in has somebody who waits for its 250, mail that goes out has nobody: it takes the processor after it. It cannot starve: nice 5 weighs 335 where
 * nice 0 weighs 1,024, so that one thread of the outbox gets a quarter of a processor beside one that never rests, and all of it beside none. */
#define OUT_NICE       5              /* of clerk and senders */
#define LARGE_NICE     10             /* who renders 10 MB must not take the processor from mails that come in, nor from small ones */

/* Rows that were fetched together share their memory, and the term of the lease in which they were: in another one they are read anew, since another gateway may have sent them. */
struct batch { struct arena arena; _Atomic size_t users; int64_t term; };
struct job { struct job *next; struct batch *batch; struct config *config; bool heavy, given_back; struct sender *sender; struct outcome outcome; };   /* heavy: a large mail; given_back: it was not tried; sender: who waits for its result to be written */
struct jobs { struct job *first, **last; size_t count; };

struct sender {
	struct outbox *outbox;
	pthread_t thread;
	int index;
	bool started, ended, connected, probes;
	bool large;                              /* SENDER_OF_LARGE */
	int64_t rest_until;
	int64_t ticket;                          /* of the mail that it is sending, 0: none */
	bool tells_clerk;                        /* when the lock is free: there is something for him to do */
	bool in_doubt;                           /* the relay has a mail from it, and the store does not say so yet */
	unsigned generation;                     /* of the configuration that the connection belongs to */
	struct smtp *smtp;
	struct store *store;
	struct arena scratch;
	struct buffer bytes;
};

struct outbox {
	pthread_mutex_t lock;                    /* all that follows */
	bool one_in_doubt;                       /* other gateways may send, too: see outbox_sender.c */
	pthread_cond_t written;                  /* results are */
	pthread_cond_t senders_wake, large_wake, clerk_wake;     /* large_wake: SENDER_OF_LARGE alone, which waits for other jobs */
	size_t large_ready;                      /* of `ready` */
	struct config *config;
	unsigned generation;
	struct jobs ready, done;
	int64_t *busy; size_t busy_count, busy_room;
	struct outbox_lane lane;         /* the clerk's */
	int64_t fetch_at, fetched_at;            /* monotonic us */
	int troubles; int64_t pause_until; bool probing;
	bool store_gone;                         /* senders cannot read it, which was said */
	int connected, running, idle;            /* idle: senders that wait for a job */
	int64_t rests_until;                     /* of the sender that rests longest */
	bool stopping;
	struct sender senders[SENDERS_MOST + 1]; int wanted;
	struct store_writer *writer;             /* from here: set once */
	struct store *store;                     /* the clerk's */
	pthread_t clerk;
	struct store *hints; pthread_t hearer;   /* of other gateways: that mail waits */
	bool hears, woken;                       /* woken: we wrote what waits, it is not only time to look */
	_Atomic int64_t stop_at, connections, sent, deferred, failed, relay_troubles;
};

/* ---- outbox_jobs.c; with the lock held, but for the two that free ---- */
void outbox_jobs_init(struct jobs *jobs);
void outbox_jobs_add(struct jobs *jobs, struct job *job);
void outbox_jobs_add_first(struct jobs *jobs, struct job *job);
struct job *outbox_jobs_take(struct jobs *jobs);
void outbox_job_free(struct job *job);
void outbox_batch_unuse(struct batch *batch);            /* the last one who uses it frees it */
bool outbox_has_room(const struct outbox *outbox);       /* for more jobs that are ready */
struct job *outbox_jobs_take_if(struct jobs *jobs, bool (*may)(const void *context, const struct job *job), const void *context);   /* the first that may */
bool outbox_jobs_have(const struct jobs *jobs, bool (*may)(const void *context, const struct job *job), const void *context);       /* one that may */
/* Waits for the condition, at most until this monotonic time in microseconds. */
void outbox_pool_wait(struct outbox *outbox, pthread_cond_t *condition, int64_t us);
void outbox_pool_stand_back(int nice);                   /* the calling thread */

void outbox_wake_senders(struct outbox *outbox);         /* all: relay, configuration or end; with the lock held */
void outbox_wake_sender(struct outbox *outbox);          /* one that does not rest: there is a job, and who takes it wakes the next; with the lock held */

/* ---- outbox_attempt.c; without the lock ---- */
/* False: this is a large mail, for the sender of those: it goes back. */
bool outbox_attempt_row(struct sender *sender, struct job *job, struct attempt *attempt);

/* ---- threads ---- */
void *outbox_clerk_main(void *outbox);
void *outbox_sender_main(void *sender);                 /* outbox_sender.c */

#endif
