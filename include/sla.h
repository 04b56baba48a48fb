/*
 * sla.h - promises: how long a ticket's clocks have run, by when an answer is due, and whether that was kept. Computed from what happened, never
 * from a stored figure, so that each number can be explained.
 *
 * Allowed to include: base, calendar, query. Pure: touches no clock, no file and no database. Events come in the order in which they happened.
 *
 * The clocks, as `doc/promises.md` tells them to people:
 *   first       from the customer's first words to an agent's first public words. A ticket that an agent began has none until the customer writes;
 *               one that was held for articles begins when it comes to the agents.
 *   next        after that, from the customer's oldest unanswered words to an agent's next ones. One run a turn; the newest is shown.
 *   resolution  from when the ticket came to the agents until it is resolved; goes on with what had run when it is opened again. Stands still while
 *               the ticket waits for somebody whom the policy names in `pauses`.
 * First and next never pause. Resolving or closing stops all three. A clock is missed from its due moment on, even before it stops.
 *
 * Promises come in versions. A clock keeps the version that was in force when it began; what is applied is taken by all that run. A ticket that goes into another
 * stops no clock: the other one's go on from the earlier start of both.
 */
#ifndef SPORTELLO_SLA_H
#define SPORTELLO_SLA_H

#include "base.h"
#include "calendar.h"
#include "query.h"

enum sla_kind { SLA_FIRST, SLA_NEXT, SLA_RESOLUTION, SLA_KINDS };
const char *sla_kind_name(enum sla_kind kind);

/* For whom a ticket waits, as bits of `pauses`. */
enum sla_waiting { SLA_ON_NOBODY = 0, SLA_ON_CUSTOMER = 1, SLA_ON_THIRD = 2, SLA_ON_OURSELVES = 4 };

/* Whom a step tells. */
enum sla_tell { SLA_TELL_AGENT, SLA_TELL_QUEUE, SLA_TELL_SUPERVISOR };
struct sla_step { const char *text; int64_t at; enum sla_tell tell; const char *priority; };     /* seconds of the calendar after the due moment (< 0: before); priority "": stays */

struct sla_policy {
	const char *name;
	const char *text;                /* `when` as it is written; "": all */
	const struct query *when;        /* for which tickets; NULL: all */
	const struct calendar *calendar;
	struct calendar_length target[SLA_KINDS];        /* both parts 0: nothing is promised */
	unsigned pauses;                 /* of `resolution` */
	struct { struct sla_step *at; size_t count; } steps;
};

enum sla_stage { SLA_UNSEEN /* held, expired: not yet with the agents */, SLA_WORK /* new, open */, SLA_PENDING, SLA_OVER /* resolved, closed */ };
enum sla_event_kind {
	SLA_CUSTOMER_WROTE, SLA_AGENT_WROTE, SLA_STAGE,
	SLA_POLICY,                      /* of `version`, the ticket's promise is `policy` from now on */
	SLA_VERSION,                     /* what begins from now on has `version`; applied: and what runs */
	SLA_JOINED,                      /* another ticket comes, whose story until now is `other` */
	SLA_GONE, SLA_BACK               /* it goes into another one; that is undone */
};
struct sla_events;
struct sla_event {
	int64_t at;                      /* seconds since 1970 */
	enum sla_event_kind kind;
	enum sla_stage stage;            /* SLA_STAGE: from now on; the first event is one */
	enum sla_waiting waiting;        /* SLA_STAGE, of SLA_PENDING */
	const struct sla_policy *policy; /* SLA_POLICY; NULL: none */
	size_t version;                  /* from 0 */
	bool applied;
	const struct sla_events *other;
	const char *by;                  /* who: of what an agent did; NULL: nobody of us */
};
struct sla_events { struct sla_event *at; size_t count; };

struct sla_segment { int64_t from, to, seconds; const char *why; };      /* seconds: those that count */
struct sla_clock {
	enum sla_kind kind;
	const struct sla_policy *policy; /* in force when it stopped, or now */
	bool paused, missed, over;       /* over: it has stopped. Neither paused nor over: it runs */
	int64_t started, due, stopped;   /* stopped: 0 while not over; due: 0 where nothing is promised */
	const char *by;                  /* who stopped it */
	bool answered;                   /* ... by public words */
	size_t version;                  /* of the promises, by which it is measured */
	bool retargeted;                 /* missed, and only since another promise holds for it: from `changed` on, seconds */
	int64_t changed;
	bool gone, missed_elsewhere;     /* it went on in another ticket; it was missed in one that came into this one */
	int64_t used, left;              /* seconds of the policy's calendar; left < 0: that much too late */
	int64_t *steps;                  /* of one that runs: when each step of the policy is taken, seconds; NULL: of none */
	struct { struct sla_segment *at; size_t count; } segments;       /* from start to stop, or now; their seconds are `used` */
};
struct sla_clocks { struct sla_clock *at; size_t count; };
/* "running", "paused", "met" or "missed". */
const char *sla_state_name(const struct sla_clock *clock);

/* The clocks of the ticket at `now` (seconds), at most one of a kind, for which its policy promises something. Those that are gone are not among them. */
void sla_clocks(struct arena *arena, const struct sla_events *events, int64_t now, struct sla_clocks *clocks);
/* Each time that a clock stopped, in their order, and then those that have not; also where its policy promises nothing for it. For reports. */
void sla_runs(struct arena *arena, const struct sla_events *events, int64_t now, struct sla_clocks *runs);

#endif
