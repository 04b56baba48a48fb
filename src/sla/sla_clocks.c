/*
 * sla_clocks.c - from what happened to a ticket to its clocks.
 *
 * First the story is told without any calendar: when each clock began and stopped, and in which stages the ticket was (struct story). Then each clock is
 * measured by the policy that was in force at its end: a change of policy moves what is promised, never what has run. Which of several versions of the
 * promises that is was settled when it began, or when another one was applied.
 */
#include "sla.h"

struct run {
	bool begun, over, answered, gone, missed_elsewhere;
	enum sla_kind kind;
	int64_t started, stopped, changed;       /* changed: when `policy` came in place of `before`; 0: it was so from the start */
	size_t version;
	const struct sla_policy *policy, *before;
	const char *by;
};
struct phase { int64_t from, to; enum sla_stage stage; enum sla_waiting waiting; };     /* to: INT64_MAX while it lasts */
struct story {
	struct arena *arena;
	struct run runs[SLA_KINDS];
	struct { struct phase *at; size_t count; } phases;
	struct { struct run *at; size_t count; } stops;  /* each time that one stopped, where that is asked for */
	bool all;                        /* it is */
	enum sla_stage stage;
	struct { const struct sla_policy **at; size_t count; } policies;         /* the ticket's, by version */
	size_t version, applied;         /* in force for what begins, and the newest that what runs had to take */
	int64_t words;                   /* the customer's oldest that wait; 0: none do */
	int64_t late_words;              /* when the newest came that found it over; 0: none did */
};

const char *sla_kind_name(enum sla_kind kind)
{
	static const char *const names[] = { [SLA_FIRST] = "first", [SLA_NEXT] = "next", [SLA_RESOLUTION] = "resolution" };

	return names[kind];
}

const char *sla_state_name(const struct sla_clock *clock)
{
	return clock->missed ? "missed" : clock->over ? "met" : clock->paused ? "paused" : "running";
}

static bool promises(const struct sla_policy *policy, enum sla_kind kind)
{
	return policy && (policy->target[kind].seconds || policy->target[kind].days);
}

/* ---- the story ---- */

static const struct sla_policy *policy_of(const struct story *s, size_t version)
{
	return version < s->policies.count ? s->policies.at[version] : NULL;
}

/* The promise of a clock that runs may have become another one. */
static void follow_policy(struct story *s, struct run *run, int64_t at)
{
	const struct sla_policy *policy = policy_of(s, run->version);

	if (!run->begun || run->over || policy == run->policy)
		return;
	run->before = run->policy;
	run->policy = policy;
	run->changed = at;
}

static void set_policy(struct story *s, const struct sla_event *event)
{
	while (s->policies.count <= event->version)
		*ARENA_PUSH(s->arena, &s->policies) = NULL;
	s->policies.at[event->version] = event->policy;
	for (int kind = 0; kind < SLA_KINDS; kind++)
		follow_policy(s, &s->runs[kind], event->at);
}

static void take_applied(struct story *s, struct run *run, int64_t at)
{
	if (run->version < s->applied)
		run->version = s->applied;
	follow_policy(s, run, at);
}

static void set_version(struct story *s, const struct sla_event *event)
{
	s->version = event->version;
	if (!event->applied)
		return;
	s->applied = event->version;
	for (int kind = 0; kind < SLA_KINDS; kind++)
		if (!s->runs[kind].over)
			take_applied(s, &s->runs[kind], event->at);
}

static void begin(struct story *s, enum sla_kind kind, int64_t at)
{
	struct run *run = &s->runs[kind];

	if (!run->begun || (kind == SLA_NEXT && run->over))
		*run = (struct run){ .begun = true, .kind = kind, .started = at, .version = s->version, .policy = policy_of(s, s->version) };
}

static void stop(struct story *s, enum sla_kind kind, int64_t at, const char *by, bool answered)
{
	struct run *run = &s->runs[kind];

	if (!run->begun || run->over)
		return;
	run->over = true;
	run->stopped = at;
	run->by = by;
	run->answered = answered;
	if (s->all)
		*ARENA_PUSH(s->arena, &s->stops) = *run;
}

/* Words that wait begin the clock that is theirs, as soon as the ticket is with the agents. */
static void begin_answer(struct story *s, int64_t at)
{
	if (!s->words || s->stage == SLA_UNSEEN || s->stage == SLA_OVER)
		return;
	begin(s, s->runs[SLA_FIRST].over ? SLA_NEXT : SLA_FIRST, at);
}

static void stop_answer(struct story *s, int64_t at, const char *by, bool answered)
{
	stop(s, SLA_FIRST, at, by, answered);
	stop(s, SLA_NEXT, at, by, answered);
	s->words = 0;
}

static void customer_wrote(struct story *s, int64_t at)
{
	if (s->stage == SLA_OVER) {
		s->late_words = at;
		return;
	}
	if (!s->words)
		s->words = at;
	begin_answer(s, at);
}

static void enter(struct story *s, const struct sla_event *event)
{
	struct phase *last = s->phases.count ? &s->phases.at[s->phases.count - 1] : NULL;
	struct run *resolution = &s->runs[SLA_RESOLUTION];

	if (last)
		last->to = event->at;
	*ARENA_PUSH(s->arena, &s->phases) = (struct phase){ event->at, INT64_MAX, event->stage, event->stage == SLA_PENDING ? event->waiting : SLA_ON_NOBODY };
	s->stage = event->stage;
	if (event->stage == SLA_OVER) {
		stop_answer(s, event->at, event->by, false);
		stop(s, SLA_RESOLUTION, event->at, event->by, false);
		s->late_words = 0;
	} else if (event->stage != SLA_UNSEEN) {
		begin(s, SLA_RESOLUTION, event->at);
		resolution->over = false;
		take_applied(s, resolution, event->at);
		if (s->late_words == event->at)          /* they opened it again; others, mere thanks, wait for nothing */
			s->words = s->late_words;
		begin_answer(s, event->at);
		s->late_words = 0;
	}
}

/* ---- merged tickets ---- */

static void tell(struct story *s, const struct sla_events *events);      /* a story within a story: as deep as tickets were merged */
static struct sla_clock clock_of(struct story *s, const struct run *run, int64_t now);

/* It goes on elsewhere: nothing is kept, and what was not missed by now is not missed here. */
static void leave(struct story *s, int64_t at)
{
	for (int kind = 0; kind < SLA_KINDS; kind++) {
		struct run *run = &s->runs[kind];

		if (!run->begun || run->over)
			continue;
		run->gone = run->over = true;
		run->stopped = at;
	}
}

static void come_back(struct story *s)
{
	for (int kind = 0; kind < SLA_KINDS; kind++)
		if (s->runs[kind].gone)
			s->runs[kind].gone = s->runs[kind].over = false;
}

/* The earlier start of the two; *run runs. */
static void join_run(struct run *run, struct story *other, const struct run *with, int64_t at)
{
	if (with->started < run->started)
		run->started = with->started;
	run->missed_elsewhere |= with->missed_elsewhere || clock_of(other, with, at).missed;
}

/* What the other one went through before this one was there. */
static void join_phases(struct story *s, const struct story *other)
{
	int64_t first = s->phases.count ? s->phases.at[0].from : INT64_MAX;
	struct story joined = { .arena = s->arena };

	for (size_t i = 0; i < other->phases.count && other->phases.at[i].from < first; i++) {
		struct phase *phase = ARENA_PUSH(s->arena, &joined.phases);

		*phase = other->phases.at[i];
		if (phase->to > first)
			phase->to = first;
	}
	for (size_t i = 0; i < s->phases.count; i++)
		*ARENA_PUSH(s->arena, &joined.phases) = s->phases.at[i];
	s->phases.at = joined.phases.at;
	s->phases.count = joined.phases.count;
}

/* Clocks that run there go on in this one, if it is with the agents. */
static void join(struct story *s, const struct sla_event *event)
{
	struct story other = { .arena = s->arena };
	struct run *resolution = &s->runs[SLA_RESOLUTION];

	tell(&other, event->other);
	if (s->stage == SLA_UNSEEN || s->stage == SLA_OVER)
		return;
	const struct run *waits = other.runs[SLA_FIRST].begun && !other.runs[SLA_FIRST].over ? &other.runs[SLA_FIRST] : &other.runs[SLA_NEXT];
	if (waits->begun && !waits->over) {
		struct run *run = &s->runs[s->runs[SLA_FIRST].over ? SLA_NEXT : SLA_FIRST];

		if (!s->words || other.words < s->words)
			s->words = other.words;
		if (!run->begun || run->over)
			*run = (struct run){ .begun = true, .kind = run == &s->runs[SLA_FIRST] ? SLA_FIRST : SLA_NEXT, .started = waits->started, .version = waits->version,
			                     .policy = policy_of(s, waits->version) };
		join_run(run, &other, waits, event->at);
	}
	if (other.runs[SLA_RESOLUTION].begun && !other.runs[SLA_RESOLUTION].over && resolution->begun) {
		join_run(resolution, &other, &other.runs[SLA_RESOLUTION], event->at);
		join_phases(s, &other);
	}
}

static void tell(struct story *s, const struct sla_events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct sla_event *event = &events->at[i];

		switch (event->kind) {
		case SLA_CUSTOMER_WROTE: customer_wrote(s, event->at); break;
		case SLA_AGENT_WROTE: stop_answer(s, event->at, event->by, true); break;
		case SLA_STAGE:
			if (event->stage != s->stage || !s->phases.count || event->stage == SLA_PENDING)
				enter(s, event);
			break;
		case SLA_POLICY: set_policy(s, event); break;
		case SLA_VERSION: set_version(s, event); break;
		case SLA_JOINED: join(s, event); break;
		case SLA_GONE: leave(s, event->at); break;
		case SLA_BACK: come_back(s); break;
		}
	}
}

/* ---- measuring ---- */

/* Does this clock run in that phase? *why: in words. */
static bool counts(const struct sla_clock *clock, const struct phase *phase, const char **why)
{
	bool resolution = clock->kind == SLA_RESOLUTION;

	*why = !resolution ? "the customer waits for an answer" : "with the agents";
	if (phase->stage == SLA_PENDING) {
		bool stands = resolution && (clock->policy->pauses & phase->waiting);

		if (resolution)
			*why = phase->waiting == SLA_ON_THIRD ? "waits for a third party" : phase->waiting == SLA_ON_OURSELVES ? "waits for ourselves" : "waits for the customer";
		return !stands;
	}
	if (resolution && phase->stage == SLA_OVER)
		*why = "resolved";
	return !resolution || phase->stage == SLA_WORK;
}

static void measure(struct story *s, struct sla_clock *clock, int64_t end)
{
	for (size_t i = 0; i < s->phases.count; i++) {
		const struct phase *phase = &s->phases.at[i];
		int64_t from = phase->from > clock->started ? phase->from : clock->started, to = phase->to < end ? phase->to : end;
		const char *why;

		if (from >= to)
			continue;
		bool runs = counts(clock, phase, &why);
		struct sla_segment *last = clock->segments.count ? &clock->segments.at[clock->segments.count - 1] : NULL;
		int64_t seconds = runs ? calendar_between(clock->policy->calendar, from, to) : 0;
		clock->used += seconds;
		if (last && last->why == why && last->to == from) {
			last->to = to;
			last->seconds += seconds;
		} else
			*ARENA_PUSH(s->arena, &clock->segments) = (struct sla_segment){ from, to, seconds, why };
	}
}

/* What is promised, in seconds of the calendar. */
static int64_t promised(const struct sla_clock *clock)
{
	const struct calendar_length *target = &clock->policy->target[clock->kind];
	int64_t end;

	if (!target->days)
		return target->seconds;
	return calendar_add_days(clock->policy->calendar, clock->started, target->days, &end, NULL) == STATUS_OK
		? calendar_between(clock->policy->calendar, clock->started, end) : INT64_MAX;
}

/* When the promised seconds are used up; as if it went on from `end` where they are not. */
static int64_t due_moment(struct story *s, const struct sla_clock *clock, int64_t target, int64_t end)
{
	int64_t used = 0, at = end, from = end;

	for (size_t i = 0; i < s->phases.count; i++) {
		const struct phase *phase = &s->phases.at[i];
		const char *why;
		int64_t begun = phase->from > clock->started ? phase->from : clock->started, to = phase->to < end ? phase->to : end;

		if (begun >= to || !counts(clock, phase, &why))
			continue;
		int64_t here = calendar_between(clock->policy->calendar, begun, to);
		from = begun;
		if (used + here >= target || to == end)
			break;
		used += here;
		from = end;
	}
	if (calendar_add(clock->policy->calendar, from, target - used, &at, NULL) != STATUS_OK)
		at = INT64_MAX;
	return at;
}

static void judge(struct sla_clock *clock, int64_t target, int64_t now)
{
	clock->left = target - clock->used;
	clock->missed = clock->left < 0 || (clock->left == 0 && clock->due <= (clock->over ? clock->stopped : now));
}

static bool is_paused(const struct story *s, const struct sla_clock *clock)
{
	const char *why;

	return !clock->over && s->phases.count && !counts(clock, &s->phases.at[s->phases.count - 1], &why);
}

/* It is late, and by the promise of before it was not when that changed. */
static bool was_retargeted(struct story *s, const struct run *run, const struct sla_clock *clock, int64_t end)
{
	struct sla_clock before = *clock;

	if (!clock->missed || !run->changed || clock->due > run->changed)
		return false;
	before.policy = run->before;
	return !promises(before.policy, before.kind) || due_moment(s, &before, promised(&before), end) > run->changed;
}

/* A step that would come before the clock began comes with its beginning. */
static void find_steps(struct story *s, struct sla_clock *clock, int64_t target, int64_t end)
{
	const struct sla_policy *policy = clock->policy;

	if (clock->over || clock->paused || !policy->steps.count || target == INT64_MAX)
		return;
	clock->steps = ARENA_ARRAY(s->arena, int64_t, policy->steps.count);
	for (size_t i = 0; i < policy->steps.count; i++) {
		int64_t after = target + policy->steps.at[i].at;

		clock->steps[i] = after > 0 ? due_moment(s, clock, after, end) : clock->started;
	}
}

static struct sla_clock clock_of(struct story *s, const struct run *run, int64_t now)
{
	struct sla_clock clock = { .kind = run->kind, .policy = run->policy, .over = run->over, .started = run->started, .stopped = run->over ? run->stopped : 0,
	                           .by = run->by, .answered = run->answered, .version = run->version, .gone = run->gone, .missed_elsewhere = run->missed_elsewhere,
	                           .changed = run->changed };
	int64_t end = run->over ? run->stopped : now > run->started ? now : run->started;

	if (!clock.policy)
		return clock;
	measure(s, &clock, end);
	clock.paused = is_paused(s, &clock);
	if (promises(clock.policy, clock.kind)) {
		int64_t target = promised(&clock);

		clock.due = due_moment(s, &clock, target, end);
		judge(&clock, target, now);
		clock.retargeted = was_retargeted(s, run, &clock, end);
		find_steps(s, &clock, target, end);
	}
	return clock;
}

void sla_clocks(struct arena *arena, const struct sla_events *events, int64_t now, struct sla_clocks *clocks)
{
	struct story s = { .arena = arena };

	*clocks = (struct sla_clocks){ 0 };
	tell(&s, events);
	for (int kind = 0; kind < SLA_KINDS; kind++) {
		const struct run *run = &s.runs[kind];

		if (run->begun && !run->gone && promises(run->policy, run->kind))
			*ARENA_PUSH(arena, clocks) = clock_of(&s, run, now);
	}
}

void sla_runs(struct arena *arena, const struct sla_events *events, int64_t now, struct sla_clocks *runs)
{
	struct story s = { .arena = arena, .all = true };

	*runs = (struct sla_clocks){ 0 };
	tell(&s, events);
	for (size_t i = 0; i < s.stops.count; i++)
		*ARENA_PUSH(arena, runs) = clock_of(&s, &s.stops.at[i], now);
	for (int kind = 0; kind < SLA_KINDS; kind++)
		if (s.runs[kind].begun && (!s.runs[kind].over || s.runs[kind].gone))
			*ARENA_PUSH(arena, runs) = clock_of(&s, &s.runs[kind], now);
}
