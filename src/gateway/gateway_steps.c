/*
 * gateway_steps.c - takes the steps of promises: tells agents, queue and supervisors that a clock is due soon or late, in open hours, each step once.
 *
 * Which ticket is next stands beside it (gateway_promises.c); what is told is reckoned again from its history, in the transaction that writes it down: who answered
 * meanwhile stopped the clock, and nobody is told twice. Who would have more than a few mails at once gets one with a list.
 */
#include <string.h>

#include "gateway.h"

#define STEPS_AT_ONCE 50                         /* tickets in one transaction */
#define MAILS_MOST 3                             /* to one agent at once; more are one list */

/* Has this step of this clock been taken? */
static bool was_taken(const struct ticket_row *row, const struct sla_clock *clock, const struct sla_step *step)
{
	for (size_t i = row->history.count; i > 0; i--) {
		const struct history_row *line = &row->history.at[i - 1];
		if (line->kind == HISTORY_WARNED && line->number == clock->started && !strcmp(line->was, sla_kind_name(clock->kind)) && !strcmp(line->now, step->text))
			return true;
	}
	return false;
}

/* A step whose time has come while the calendar is closed waits for its opening. */
static int64_t moment_of(const struct sla_clock *clock, size_t step, int64_t now)
{
	int64_t at = clock->steps[step], opens;
	if (at > now || calendar_add(clock->policy->calendar, now, 1, &opens, NULL) != STATUS_OK)
		return at;
	return opens - 1 > now ? opens - 1 : at;
}

int64_t gateway_steps_of(struct arena *arena, const struct ticket_row *row, const struct sla_clocks *clocks, int64_t now, struct desk_steps *taken)
{
	int64_t next = 0;
	for (size_t i = 0; i < clocks->count; i++) {
		const struct sla_clock *clock = &clocks->at[i];
		for (size_t k = 0; clock->steps && k < clock->policy->steps.count; k++) {
			const struct sla_step *step = &clock->policy->steps.at[k];
			int64_t at = clock->steps[k] < PROMISE_NEVER / 1000 && !was_taken(row, clock, step) ? moment_of(clock, k, now / 1000) : 0;
			if (at && taken && at <= now / 1000)
				*ARENA_PUSH(arena, taken) = (struct desk_step){sla_kind_name(clock->kind), step->text, clock->started, clock->due * 1000, (enum desk_tell)step->tell, step->priority, clock->due <= now / 1000};
			else if (at && (!next || at * 1000 < next))
				next = at * 1000;
		}
	}
	return next;
}

/* ---- one round ---- */

struct due_ticket { struct ticket_row row; struct promise_row promise; struct desk_steps steps; struct facts facts; struct strings names; };
struct told_agent { const char *name; size_t mails; struct buffer lines; };
struct round {
	struct arena *arena;
	const struct config *config;
	const struct promise_book *book;
	int64_t now;
	struct { struct due_ticket *at; size_t count; } due;
	struct { struct told_agent *at; size_t count; } agents;
	size_t mails;
};

static enum status look(struct round *round, struct store *store, const struct promise_row *promise, struct error *error)
{
	struct due_ticket *due = ARENA_PUSH(round->arena, &round->due);
	struct sla_clocks clocks;
	enum status status = store_ticket(store, round->arena, promise->ticket, &due->row, error);
	due->promise = *promise;
	if (status != STATUS_OK)
		return status;
	gateway_clocks_of(round->arena, round->book, store, &due->row, round->now, &clocks);
	due->promise.step = gateway_steps_of(round->arena, &due->row, &clocks, round->now, &due->steps);
	if (!due->steps.count)
		return STATUS_OK;
	if ((status = store_facts_of_ticket(store, round->arena, promise->ticket, &due->facts, error)) != STATUS_OK
	    || (status = store_ticket_last_words(store, promise->ticket, &due->facts.last_words, error)) != STATUS_OK)
		return status;
	desk_step_agents(&round->config->policy, &due->facts, &due->steps, round->arena, &due->names);
	return STATUS_OK;
}

static struct told_agent *told(struct round *round, const char *name)
{
	for (size_t i = 0; i < round->agents.count; i++)
		if (!strcmp(round->agents.at[i].name, name))
			return &round->agents.at[i];
	struct told_agent *agent = ARENA_PUSH(round->arena, &round->agents);
	agent->name = name;
	return agent;
}

static void add_line(struct round *round, const struct due_ticket *due, struct told_agent *told)
{
	const struct desk_policy *policy = &round->config->policy;
	const struct desk_agent *agent = desk_agent_named(policy, told->name);
	const struct ticket_facts *ticket = &due->row.facts;
	const char *customer = ticket->customer.name && *ticket->customer.name ? ticket->customer.name : ticket->customer.address;
	buffer_printf(&told->lines, "%s#%lld  %s  %s  %s", told->lines.length ? "\n" : "", (long long)ticket->id,
	              desk_time(round->arena, policy, due->steps.at[0].due, desk_agents_language(policy, agent)), utf8_cut(round->arena, customer, 30),
	              utf8_cut(round->arena, ticket->subject, 90));
}

static enum status take(struct round *round, struct store *store, struct due_ticket *due, struct error *error)
{
	struct strings listed = {0};
	struct plan plan;
	struct facts facts = {0};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < due->names.count; i++)
		if (told(round, due->names.at[i])->mails > MAILS_MOST) {
			add_line(round, due, told(round, due->names.at[i]));
			strings_add(round->arena, &listed, due->names.at[i]);
		}
	if (due->steps.count) {
		desk_plan_init(&plan, round->arena, "timer");
		if ((status = store_facts_of_ticket(store, round->arena, due->row.facts.id, &facts, error)) != STATUS_OK)
			return status;
		facts.last_words = due->facts.last_words;        /* and numbers that are free now */
		desk_decide_steps(&round->config->policy, &due->steps, &listed, &facts, &plan);
		round->mails += plan.count;
		status = store_apply(store, &plan, NULL, error);
	}
	return status == STATUS_OK ? store_promise_set(store, &due->promise, error) : status;
}

static enum status send_list(struct round *round, struct store *store, struct told_agent *told, struct error *error)
{
	const struct desk_agent *agent = desk_agent_named(&round->config->policy, told->name);
	struct facts facts = {0};
	struct plan plan;
	enum status status = told->lines.length ? store_facts_of_ticket(store, round->arena, 0, &facts, error) : STATUS_OK;
	if (status != STATUS_OK || !told->lines.length || !agent)
		return status;
	desk_plan_init(&plan, round->arena, "timer");
	desk_decide_list(&round->config->policy, "agent-promises", agent, arena_string(round->arena, buffer_string(&told->lines)), &facts, &plan);
	return store_apply(store, &plan, NULL, error);
}

/* It may be run twice: it begins anew. */
static enum status take_all(struct store *store, void *context, struct error *error)
{
	struct round *round = context;
	struct promise_rows rows;
	enum status status = store_promise_steps(store, round->arena, round->now, STEPS_AT_ONCE, &rows, error);
	for (size_t i = 0; i < round->agents.count; i++)
		buffer_fini(&round->agents.at[i].lines);
	round->due.count = round->agents.count = round->mails = 0;
	round->due.at = NULL;
	round->agents.at = NULL;
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		status = look(round, store, &rows.at[i], error);
	for (size_t i = 0; i < round->due.count; i++)
		for (size_t k = 0; k < round->due.at[i].names.count; k++)
			told(round, round->due.at[i].names.at[k])->mails++;
	for (size_t i = 0; i < round->due.count && status == STATUS_OK; i++)
		status = take(round, store, &round->due.at[i], error);
	for (size_t i = 0; i < round->agents.count && status == STATUS_OK; i++)
		status = send_list(round, store, &round->agents.at[i], error);
	return status;
}

bool gateway_steps_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct round round = {.arena = &arena, .config = config, .now = clock_now()};
	struct promise_rows rows;
	struct promise_book *book;
	struct error error;
	if (gateway_book_of(gateway, config, store, &book, &error) != STATUS_OK || !book->promises
	    || store_promise_steps(store, &arena, round.now, 1, &rows, &error) != STATUS_OK || !rows.count)
		return false;
	round.book = book;
	enum status status = store_write(gateway->writer, take_all, &round, &error);
	if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "promises.trouble", "why", error.text, NULL);
	for (size_t i = 0; i < round.agents.count; i++)
		buffer_fini(&round.agents.at[i].lines);
	return status == STATUS_OK && round.mails;
}
