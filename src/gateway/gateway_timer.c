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
#define DIGEST_LINES 200
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
	if ((status = store_ticket_told(store, job->timer->ticket, &facts.customer_told, error)) != STATUS_OK
	    || (status = store_replies_from(store, job->timer->ticket, desk_gathered_from(job->timer->kind), &facts.gathered, error)) != STATUS_OK
	    || (status = store_ticket_last_words(store, job->timer->ticket, &facts.last_words, error)) != STATUS_OK
	    || (status = gateway_add_loads(store, job->arena, job->policy, NULL, NULL, &facts, error)) != STATUS_OK)
		return status;
	plan_init(&plan, job->arena, "timer");
	desk_decide_timer(job->policy, job->timer->kind, &facts, &plan);
	job->mailed = plan_has(&plan, EFFECT_ENQUEUE);
	return store_apply(store, &plan, NULL, error);
}

/* False: nothing can be written now, which the store has said, once: the others wait for the next round. */
static bool note_fired(struct gateway *gateway, const struct timer_row *timer, enum status status, const struct error *error)
{
	bool healthy = store_writer_healthy(gateway->writer);
	if (status == STATUS_OK)
		log_event(LOG_INFO, "timer.fired", "ticket", LOG_NUMBER(timer->ticket), "timer", timer->kind, NULL);
	else if (healthy)
		log_event(LOG_WARNING, "timer.trouble", "ticket", LOG_NUMBER(timer->ticket), "timer", timer->kind, "why", error->text, NULL);
	return status == STATUS_OK || healthy;
}

static bool fire_due(struct gateway *gateway, const struct config *config, struct store *store, struct arena *arena)
{
	struct timer_rows rows;
	struct error error;
	bool mailed = false, writable = true;
	if (store_timers_due(store, arena, clock_now(), TIMERS_AT_ONCE, &rows, &error) != STATUS_OK)
		return false;
	for (size_t i = 0; i < rows.count && writable; i++) {
		struct timer_job job = {arena, &config->policy, &rows.at[i], false};
		enum status status = store_write(gateway->writer, fire, &job, &error);
		writable = note_fired(gateway, &rows.at[i], status, &error);
		mailed |= status == STATUS_OK && job.mailed;
	}
	return mailed;
}

/* ---- digest ---- */

struct digest_job { struct arena *arena; const struct desk_policy *policy; int64_t day; size_t mails; };

static bool waits_for(const struct ticket_facts *ticket, const struct desk_policy *policy, const struct desk_agent *agent)
{
	if (ticket->state != STATE_NEW && ticket->state != STATE_OPEN && ticket->state != STATE_PENDING)
		return false;
	if (*ticket->agent)
		return text_equal_nocase(ticket->agent, agent->name);
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	return queue && strings_have(&queue->agents, agent->name);
}

static const char *digest_lines(struct arena *arena, const struct ticket_rows *rows, const struct desk_policy *policy, const struct desk_agent *agent)
{
	CLEANUP_BUFFER struct buffer out;
	size_t lines = 0;
	buffer_init(&out);
	for (size_t i = 0; i < rows->count && lines < DIGEST_LINES; i++) {
		const struct ticket_facts *ticket = &rows->at[i].facts;
		if (!waits_for(ticket, policy, agent))
			continue;
		buffer_printf(&out, "%s#%lld  %-8s %s%s (%s)", lines++ ? "\n" : "", (long long)ticket->id, ticket_state_name(ticket->state),
		              *ticket->agent ? "" : "[unassigned] ", ticket->subject, ticket->queue);
	}
	return arena_string(arena, buffer_string(&out));
}

/* A digest of a later day was sent by a clock that has been set back since; a day more may be a zone or a leap. */
static bool was(int64_t last, int64_t day)
{
	return last == day || last == day + 1;
}

static enum status digest(struct store *store, void *context, struct error *error)
{
	struct digest_job *job = context;
	struct ticket_rows rows = {0};
	static const char *const states[] = {"open", "new", "pending"};
	int64_t last;
	enum status status = store_number_get(store, "digest_day", &last, error);
	job->mails = 0;
	if (status != STATUS_OK || was(last, job->day))
		return status;
	for (size_t i = 0; last && i < COUNT_OF(states) && status == STATUS_OK; i++) {
		struct ticket_rows some;
		struct query query = {0};
		query_add(job->arena, &query, QUERY_STATE, states[i]);
		status = store_tickets(store, job->arena, &query, 0, 1000, &some, error);
		for (size_t k = 0; status == STATUS_OK && k < some.count; k++)
			*ARENA_PUSH(job->arena, &rows) = some.at[k];
	}
	for (size_t i = 0; i < job->policy->agents.count && status == STATUS_OK; i++) {
		const struct desk_agent *agent = &job->policy->agents.at[i];
		const char *lines = digest_lines(job->arena, &rows, job->policy, agent);
		struct facts facts = {0};
		struct plan plan;
		if (!*lines || (status = store_facts_of_ticket(store, job->arena, 0, &facts, error)) != STATUS_OK)
			continue;
		plan_init(&plan, job->arena, "timer");
		desk_decide_digest(job->policy, agent, lines, &facts, &plan);
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
	struct digest_job job = {arena, &config->policy, day, 0};
	enum status status = store_write(gateway->writer, digest, &job, &error);
	if (status != STATUS_OK && store_writer_healthy(gateway->writer))
		log_event(LOG_WARNING, "timer.trouble", "timer", "digest", "why", error.text, NULL);
	return status == STATUS_OK && job.mails;
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
	if (clock_doubted())
		return;
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	bool mailed = fire_due(gateway, config, store, &arena);
	mailed |= digest_due(gateway, config, store, &arena);
	if (mailed && gateway->outgoing_waits)
		gateway->outgoing_waits(gateway->context);
}
