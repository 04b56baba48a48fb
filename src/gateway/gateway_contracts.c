/*
 * gateway_contracts.c - each day, at the digest's hour: contracts of organisations that end within two weeks, or have ended since, as one mail.
 *
 * To the supervisors; where the desk has none, to the agents of its queues. Each contract is told of twice: before its end, and when it is over; who sets an end that
 * is nearer than that knows it. Kept are moments, not names: ends up to them are told. Mail of such an organisation is never refused (desk_open.c).
 */
#include <string.h>

#include "gateway.h"

#define DAY_MS (24LL * 60 * 60 * 1000)
#define BEFORE_MS (14 * DAY_MS)
#define LINES_MOST 200                           /* of each kind, in a mail */
#define KEPT_DAY "contracts_day"                 /* the last day that was looked at */
#define KEPT_OVER "contracts_over"               /* ends up to here are told as over, ms */
#define KEPT_SOON "contracts_soon"               /* and up to here as near */

enum kind { OVER, SOON, KINDS };
static const char *const headings[KINDS][DESK_LANGUAGES] = {
	[OVER] = {"Contracts that have ended:", "Contratti terminati:", "Abgelaufene Verträge:", "Contrats terminés :", "Contratos terminados:"},
	[SOON] = {"Contracts that end soon:", "Contratti in scadenza:", "Verträge, die bald enden:", "Contrats qui se terminent bientôt :", "Contratos que terminan pronto:"},
};
static const char *const open_requests[DESK_LANGUAGES] = {"open requests:", "richieste aperte:", "offene Anfragen:", "demandes ouvertes :", "solicitudes abiertas:"};

struct contracts_job { struct arena *arena; const struct desk_policy *policy; struct organisation_rows of[KINDS]; int64_t day, over, soon; bool mailed; };

static void add_lines(struct buffer *out, const struct contracts_job *job, enum kind kind, size_t number, const char *language)
{
	const struct organisation_rows *rows = &job->of[kind];
	if (rows->count)
		buffer_printf(out, "%s%s\n", out->length ? "\n\n" : "", headings[kind][number]);
	for (size_t i = 0; i < rows->count && i < LINES_MOST; i++) {
		const struct organisation_row *row = &rows->at[i];
		buffer_printf(out, "\n%s%s%s: %s, %s %lld", row->name, *row->level ? ", " : "", row->level, desk_date(job->arena, desk_local(job->policy, row->until), language), open_requests[number],
		              (long long)row->tickets_open);
	}
	if (rows->count > LINES_MOST)
		buffer_printf(out, "\n... (+%zu)", rows->count - LINES_MOST);
}

static enum status tell(struct store *store, struct contracts_job *job, const struct desk_agent *agent, struct error *error)
{
	CLEANUP_BUFFER struct buffer lines = {0};
	const char *language = desk_agents_language(job->policy, agent);
	struct facts facts = {0};
	struct plan plan;
	enum status status = store_facts_of_ticket(store, job->arena, 0, &facts, error);
	if (status != STATUS_OK)
		return status;
	for (int kind = 0; kind < KINDS; kind++)
		add_lines(&lines, job, kind, desk_language_number(language), language);
	desk_plan_init(&plan, job->arena, "timer");
	desk_decide_list(job->policy, "agent-contracts", agent, arena_string(job->arena, buffer_string(&lines)), &facts, &plan);
	job->mailed |= plan.count > 0;
	return store_apply(store, &plan, NULL, error);
}

static bool is_in_a_queue(const struct desk_policy *policy, const struct desk_agent *agent)
{
	for (size_t i = 0; i < policy->queues.count; i++)
		if (strings_have(&policy->queues.at[i].agents, agent->name))
			return true;
	return false;
}

static enum status tell_all(struct store *store, void *context, struct error *error)
{
	struct contracts_job *job = context;
	bool supervised = false;
	enum status status = STATUS_OK;
	job->mailed = false;                             /* it may be run twice */
	for (size_t i = 0; i < job->policy->agents.count; i++)
		supervised |= job->policy->agents.at[i].role == AGENT_SUPERVISOR;
	for (size_t i = 0; (job->of[OVER].count || job->of[SOON].count) && i < job->policy->agents.count && status == STATUS_OK; i++) {
		const struct desk_agent *agent = &job->policy->agents.at[i];
		if (supervised ? agent->role == AGENT_SUPERVISOR : is_in_a_queue(job->policy, agent))
			status = tell(store, job, agent, error);
	}
	if (status == STATUS_OK)
		status = store_number_set(store, KEPT_DAY, job->day, error);
	if (status == STATUS_OK)
		status = store_number_set(store, KEPT_OVER, job->over, error);
	return status == STATUS_OK ? store_number_set(store, KEPT_SOON, job->soon, error) : status;
}

/* A desk that begins with it tells of no end that is past. A clock that was set back tells nothing twice. */
static enum status look(const struct config *config, struct store *store, struct contracts_job *job, bool *due, struct error *error)
{
	int hour = config->policy.digest_hour < 0 ? 6 : config->policy.digest_hour;
	int64_t now = clock_now(), local = desk_local(&config->policy, now), last = 0, over = 0, soon = 0;
	bool passed = local % DAY_MS >= hour * 3600000LL;
	enum status status = store_number_get(store, KEPT_DAY, &last, error);
	job->day = local / DAY_MS;
	*due = status == STATUS_OK && (!last || (passed && last < job->day));
	if (status != STATUS_OK || !*due)
		return status;
	if (!last) {
		job->day -= !passed;
		job->over = job->soon = now;
		return STATUS_OK;
	}
	if ((status = store_number_get(store, KEPT_OVER, &over, error)) != STATUS_OK || (status = store_number_get(store, KEPT_SOON, &soon, error)) != STATUS_OK)
		return status;
	job->over = now > over ? now : over;
	job->soon = now + BEFORE_MS > soon ? now + BEFORE_MS : soon;
	status = store_organisations_ending(store, job->arena, over, job->over, &job->of[OVER], error);
	return status == STATUS_OK ? store_organisations_ending(store, job->arena, soon > job->over ? soon : job->over, job->soon, &job->of[SOON], error) : status;
}

bool gateway_contracts_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct contracts_job job = {.arena = &arena, .policy = &config->policy};
	struct error error;
	bool due = false;
	enum status status = look(config, store, &job, &due, &error);
	if (status == STATUS_OK && due)
		status = store_write(gateway->writer, tell_all, &job, &error);
	if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "timer.trouble", "timer", "contracts", "why", error.text, NULL);
	return status == STATUS_OK && job.mailed;
}
