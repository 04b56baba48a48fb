/*
 * gateway_timer.c - time makes plans too: waits that are over, silence, the daily digest. One clock, base's, that tests can move.
 *
 * Each timer is taken and applied in one transaction, so that a crash between any two lines fires it once, later. A timer whose plan
 * cannot be applied stays and is tried at the next round. While the clock is doubted (base.h) nothing is due. Log: timer.fired, timer.trouble,
 * clock.jumped.
 */
#include <string.h>

#include "gateway.h"

#define TIMERS_AT_ONCE 100
#define TIMERS_US (2 * 1000000)                  /* of one tick */
#define HOUR_MS (60LL * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

struct timer_job { struct arena *arena; const struct desk_policy *policy; const struct timer_row *timer; bool mailed; };

static enum status fire(struct store *store, void *context, struct error *error)
{
	struct timer_job *job = context;
	struct facts facts = {0};
	struct plan plan;
	bool taken;
	enum status status = store_timer_take(store, job->timer->id, &taken, error);
	job->mailed = false;
	if (status != STATUS_OK || !taken)
		return status;
	if ((status = store_facts_of_ticket(store, job->arena, job->timer->ticket, &facts, error)) != STATUS_OK)
		return status;
	int told = desk_told_until(job->timer->kind);
	if (told >= 0 && (status = store_later_words(store, job->arena, job->timer->ticket, told, &facts, error)) != STATUS_OK)
		return status;
	if ((status = store_ticket_told(store, job->timer->ticket, &facts.customer_told, error)) != STATUS_OK
	    || (status = store_replies_from(store, job->timer->ticket, desk_gathered_from(job->timer->kind), &facts.gathered, error)) != STATUS_OK
	    || (status = store_ticket_last_words(store, job->timer->ticket, &facts.last_words, error)) != STATUS_OK
	    || (status = gateway_add_loads(store, job->arena, job->policy, NULL, NULL, &facts, error)) != STATUS_OK)
		return status;
	desk_plan_init(&plan, job->arena, "timer");
	desk_decide_timer(job->policy, job->timer->kind, &facts, &plan);
	job->mailed = desk_plan_has(&plan, EFFECT_ENQUEUE);
	return store_apply(store, &plan, NULL, error);
}

/* False: nothing can be written now, which the store has said, once: the others wait for the next round. */
static bool note_fired(struct gateway *gateway, const struct timer_row *timer, enum status status, const struct error *error)
{
	bool healthy = status == STATUS_OK || !store_has_said(gateway->writer, error);
	if (status == STATUS_OK)
		log_event(LOG_INFO, "timer.fired", "ticket", LOG_NUMBER(timer->ticket), "timer", timer->kind, NULL);
	else if (healthy)
		log_event(LOG_WARNING, "timer.trouble", "ticket", LOG_NUMBER(timer->ticket), "timer", timer->kind, "why", error->text, NULL);
	return status == STATUS_OK || healthy;
}

/* True: there may be more, and they can be written. */
static bool fire_some(struct gateway *gateway, const struct config *config, struct store *store, bool *mailed)
{
	CLEANUP_ARENA struct arena arena;
	struct timer_rows rows;
	struct error error;
	size_t fired = 0;
	bool writable = true;
	arena_init(&arena);
	if (store_timers_due(store, &arena, clock_now(), TIMERS_AT_ONCE, &rows, &error) != STATUS_OK) {
		if (!store_has_said(gateway->writer, &error))    /* else the store has said so */
			log_event(LOG_WARNING, "timer.trouble", "doing", "looking for due timers", "why", error.text, NULL);
		return false;
	}
	for (size_t i = 0; i < rows.count && writable; i++) {
		struct timer_job job = {&arena, &config->policy, &rows.at[i], false};
		enum status status = store_write(gateway->writer, fire, &job, &error);
		writable = note_fired(gateway, &rows.at[i], status, &error);
		fired += status == STATUS_OK;
		*mailed |= status == STATUS_OK && job.mailed;
	}
	return writable && fired == TIMERS_AT_ONCE;      /* one that failed is due still: it waits for the next tick */
}

/* After an outage many are due at once: they are taken one behind the other, for a while, and then the other work of a tick has its turn. */
static bool fire_due(struct gateway *gateway, const struct config *config, struct store *store)
{
	int64_t until = clock_monotonic_us() + TIMERS_US;
	bool mailed = false;
	while (fire_some(gateway, config, store, &mailed) && clock_monotonic_us() < until)
		;
	return mailed;
}

/* ---- digest ---- */

struct digest_mail { const struct desk_agent *agent; const char *lines; };
struct digest_job {
	struct arena *arena;
	const struct desk_policy *policy;
	int64_t day;
	struct { struct digest_mail *at; size_t count; } wanted; /* looked for before: nobody waits meanwhile */
	size_t mails;
};

/* A digest of a later day was sent by a clock that has been set back since; a day more may be a zone or a leap. */
static bool was(int64_t last, int64_t day)
{
	return last == day || last == day + 1;
}

static enum status digest(struct store *store, void *context, struct error *error)
{
	struct digest_job *job = context;
	int64_t last;
	enum status status = store_number_get(store, "digest_day", &last, error);
	job->mails = 0;
	if (status != STATUS_OK || was(last, job->day))
		return status;
	for (size_t i = 0; last && i < job->wanted.count && status == STATUS_OK; i++) {
		const struct digest_mail *mail = &job->wanted.at[i];
		struct facts facts = {0};
		struct plan plan;
		if ((status = store_facts_of_ticket(store, job->arena, 0, &facts, error)) != STATUS_OK)
			break;
		desk_plan_init(&plan, job->arena, "timer");
		desk_decide_digest(job->policy, mail->agent, mail->lines, &facts, &plan);
		job->mails += plan.count;
		status = store_apply(store, &plan, NULL, error);
	}
	return status == STATUS_OK ? store_number_set(store, "digest_day", job->day, error) : status;
}

/* A fresh desk begins with today's hour as past: nobody wants a digest of the first minute. */
static bool digest_due(struct gateway *gateway, const struct config *config, struct store *store, struct arena *arena)
{
	int hour = config->policy.digest_hour;
	int64_t now = desk_local(&config->policy, clock_now()), day = now / DAY_MS, last = 0;
	struct error error;
	if (hour < 0 || (now % DAY_MS) / HOUR_MS < hour || store_number_get(store, "digest_day", &last, &error) != STATUS_OK || was(last, day))
		return false;
	struct digest_job job = {.arena = arena, .policy = &config->policy, .day = day};
	for (size_t i = 0; last && i < config->policy.agents.count; i++) {
		const struct desk_agent *agent = &config->policy.agents.at[i];
		const char *lines = gateway_digest_lines(store, arena, &config->policy, agent, clock_now());
		if (*lines)
			*ARENA_PUSH(arena, &job.wanted) = (struct digest_mail){agent, lines};
	}
	enum status status = store_write(gateway->writer, digest, &job, &error);
	if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "timer.trouble", "timer", "digest", "why", error.text, NULL);
	return status == STATUS_OK && job.mails;
}

/* ---- who is gone ---- */

#define GONE_AT_ONCE 200                         /* tickets of one who is gone, given back at one tick */

struct gone_job { struct arena *arena; const struct desk_policy *policy; int64_t ticket; };

static enum status give_back(struct store *store, void *context, struct error *error)
{
	struct gone_job *job = context;
	struct facts facts = {0};
	struct plan plan;
	enum status status = store_facts_of_ticket(store, job->arena, job->ticket, &facts, error);
	if (status != STATUS_OK)
		return status;
	desk_plan_init(&plan, job->arena, "desk");
	desk_decide_gone(job->policy, &facts, &plan);
	return store_apply(store, &plan, NULL, error);
}

/* Once for each configuration: an agent whom it no longer has keeps no ticket. */
static bool give_back_of_gone(struct gateway *gateway, const struct config *config, struct store *store, struct arena *arena)
{
	struct strings busy = {0};
	struct error error;
	bool mailed = false, more = false;
	if (gateway->agents_of == config->made || store_agents_with_tickets(store, arena, &busy, &error) != STATUS_OK)
		return false;
	for (size_t i = 0; i < busy.count; i++) {
		struct ticket_rows rows = {0};
		struct query query = {0};
		if (desk_agent_named(&config->policy, busy.at[i]))
			continue;
		query_add(arena, &query, QUERY_AGENT, busy.at[i]);
		for (size_t k = 0; k < 3; k++)
			query_add(arena, &query, QUERY_STATE, (const char *const[]){"new", "open", "pending"}[k]);
		if (store_tickets(store, arena, &query, clock_now(), GONE_AT_ONCE, &rows, &error) != STATUS_OK)
			return mailed;
		more |= rows.count == GONE_AT_ONCE;
		for (size_t k = 0; k < rows.count; k++) {
			struct gone_job job = {arena, &config->policy, rows.at[k].facts.id};
			if (store_write(gateway->writer, give_back, &job, &error) != STATUS_OK)
				return mailed;
			mailed = true;
		}
	}
	if (!more)
		gateway->agents_of = config->made;
	return mailed;
}

/* One line for each jump. Whoever reads the tickets' times afterwards wants to know. */
static void check_clock(const struct config *config)
{
	int64_t by = clock_check(config->clock_doubt_seconds * 1000LL);
	if (by)
		log_event(LOG_WARNING, "clock.jumped", "seconds", LOG_NUMBER(by / 1000), "result", clock_doubted() ? "timers wait, and no mail is given up" : "", NULL);
}

void gateway_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	check_clock(config);
	gateway_events_tick(gateway, store);
	if (clock_doubted())
		return;
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	gateway_promises_tick(gateway, config, store);
	bool mailed = gateway_steps_tick(gateway, config, store);
	mailed |= fire_due(gateway, config, store);
	mailed |= give_back_of_gone(gateway, config, store, &arena);
	mailed |= digest_due(gateway, config, store, &arena);
	mailed |= gateway_weekly_tick(gateway, config, store);
	mailed |= gateway_contracts_tick(gateway, config, store);
	if (mailed && gateway->outgoing_waits)
		gateway->outgoing_waits(gateway->context);
}
