/*
 * config_promises.c - sla[]: the promises of the file become policies that the sla room measures by; queues[].answer_hours, their short form, stand behind.
 *
 * Diagnostics: "there is no calendar ...", "... changes with time: a promise cannot depend on it", "promises nothing".
 */
#include "config_private.h"

#include <string.h>

static const config_setting_t *setting_of(struct loader *loader, size_t number, const char *key)
{
	const config_setting_t *all = config_lookup(&loader->tree, "sla");
	const config_setting_t *group = all ? config_setting_get_elem(all, (unsigned)number) : NULL;
	const config_setting_t *found = group && config_setting_is_group(group) ? config_setting_get_member(group, key) : NULL;

	return found ? found : group;
}

static const struct calendar *around_the_clock(struct config *config)
{
	struct calendar *calendar = ARENA_NEW(&config->arena, struct calendar);

	*calendar = (struct calendar){ .name = "", .zone = config->zone };
	for (int day = 0; day < 7; day++)
		calendar_pieces_add(&config->arena, &calendar->week[day], 0, CALENDAR_DAY);
	return calendar;
}

static const struct calendar *calendar_of(struct loader *loader, size_t number, const char *name)
{
	const struct calendar *calendar = *name ? config_calendar_named(loader->config, name) : around_the_clock(loader->config);
	const char *best = NULL;

	if (calendar)
		return calendar;
	for (size_t i = 0; i < loader->config->calendars.count; i++)
		best = text_closest(name, best, loader->config->calendars.at[i].name);
	config_complain(loader, setting_of(loader, number, "calendar"), "sla[].calendar", "there is no calendar \"%s\"; %s%s%s", name,
	                best ? "did you mean \"" : "add it to calendars, or leave it empty for around the clock", best ? best : "", best ? "\"?" : "");
	return around_the_clock(loader->config);
}

static const struct query *query_of(struct loader *loader, size_t number, const char *text)
{
	struct query *query = ARENA_NEW(&loader->config->arena, struct query);
	struct error error;
	const char *problem = NULL;

	if (!*text)
		return NULL;
	if (query_read(&loader->config->arena, text, query, &error) != STATUS_OK)
		problem = error.text;
	else if (query_changes_by_itself(query))
		problem = arena_printf(loader->arena, "%s changes by itself while a clock runs; choose by queue, priority, tag, agent, customer or language",
		                       query_changes_by_itself(query));
	else
		problem = desk_query_problem(loader->arena, query);
	if (problem)
		config_complain(loader, setting_of(loader, number, "when"), "sla[].when", "%s", problem);
	return query;
}

static unsigned pauses_of(const struct strings *names)
{
	static const struct { const char *name; enum sla_waiting bit; } waits[] = {
		{ WAITING_CUSTOMER, SLA_ON_CUSTOMER }, { WAITING_THIRD, SLA_ON_THIRD }, { WAITING_OURSELVES, SLA_ON_OURSELVES }
	};
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT_OF(waits); i++)
		bits |= strings_have(names, waits[i].name) ? waits[i].bit : 0u;
	return bits;
}

static void finish_steps(struct loader *loader, const struct config_promise *from, struct sla_policy *policy)
{
	struct config *config = loader->config;

	for (size_t i = 0; i < from->steps.count; i++) {
		const struct config_step *step = &from->steps.at[i];
		const char *at = step->at ? step->at : "0m", *priority = step->priority ? step->priority : "";
		struct sla_step *to = ARENA_PUSH(&config->arena, &policy->steps);
		static const char *const tells[] = { "agent", "queue", "supervisor" };

		*to = (struct sla_step){ .text = arena_printf(&config->arena, "%s %s", at, tells[step->tell]), .tell = (enum sla_tell)step->tell, .priority = priority };
		config_step_read(at, &to->at);           /* a wrong one was complained of */
	}
}

static void finish_promise(struct loader *loader, size_t number)
{
	const struct config_promise *from = &loader->config->promise_texts.at[number];
	struct sla_policy *policy = ARENA_PUSH(&loader->config->arena, &loader->config->promises);
	bool any = false;

	*policy = (struct sla_policy){ .name = from->name ? from->name : "", .text = from->when ? from->when : "", .pauses = pauses_of(&from->pauses) };
	policy->when = query_of(loader, number, from->when ? from->when : "");
	policy->calendar = calendar_of(loader, number, from->calendar ? from->calendar : "");
	for (int kind = 0; kind < SLA_KINDS; kind++)
		any |= from->targets[kind] && *from->targets[kind] && calendar_length_read(from->targets[kind], &policy->target[kind]);
	finish_steps(loader, from, policy);
	if (!any)
		config_complain(loader, setting_of(loader, number, "name"), "sla[]", "promises nothing; set first, next or resolution, such as first = \"1h\"");
}

static void short_form(struct loader *loader, const struct desk_queue *queue, const struct calendar *calendar)
{
	struct config *config = loader->config;
	struct query *query = ARENA_NEW(&config->arena, struct query);
	struct sla_policy *policy = ARENA_PUSH(&config->arena, &config->promises);

	*query = (struct query){ .words = "" };
	query_add(&config->arena, query, QUERY_QUEUE, queue->name);
	*policy = (struct sla_policy){ .name = "answer_hours", .text = arena_printf(&config->arena, "queue:%s", queue->name), .when = query, .calendar = calendar };
	policy->target[SLA_FIRST].seconds = policy->target[SLA_NEXT].seconds = queue->answer_hours * 3600LL;
}

static bool value_is(void *context, enum query_key key, const char *value)
{
	const struct ticket_facts *facts = context;
	const struct desk_field *field = desk_field_asked(query_key_name(key));

	return key == QUERY_CUSTOMER ? text_equal_nocase(facts->customer.address, value) : field && desk_field_is(facts, field, value);
}

/* No key of a time chooses a promise. */
static int64_t no_time(void *context, enum query_key key)
{
	return 0;
}

const struct sla_policy *config_promise_of(const struct promise_list *promises, const struct ticket_facts *facts)
{
	for (size_t i = 0; i < promises->count; i++) {
		const struct sla_policy *policy = &promises->at[i];

		if (!policy->when || query_holds(policy->when, 0, &(struct query_values){ value_is, no_time, (void *)facts }))
			return policy;
	}
	return NULL;
}

/* For the desk, which knows no calendars: by when who writes now hears from an agent. */
static int64_t answer_due(const void *promises, const struct ticket_facts *ticket, int64_t from)
{
	const struct sla_policy *policy = config_promise_of(&((const struct config *)promises)->promises, ticket);
	int64_t due = 0;

	if (!policy || (!policy->target[SLA_FIRST].seconds && !policy->target[SLA_FIRST].days))
		return 0;
	return calendar_add_length(policy->calendar, from / 1000, &policy->target[SLA_FIRST], &due, NULL) == STATUS_OK ? due * 1000 : 0;
}

void config_finish_promises(struct loader *loader)
{
	struct config *config = loader->config;
	const struct calendar *always = NULL;

	config->no_promise = (struct sla_policy){ .name = "", .text = "", .calendar = around_the_clock(config), .pauses = SLA_ON_CUSTOMER };
	config->policy.promises = config;
	for (size_t i = 0; i < config->promise_texts.count; i++)
		finish_promise(loader, i);
	for (size_t i = 0; i < config->policy.queues.count; i++)
		if (config->policy.queues.at[i].answer_hours > 0 && config->policy.queues.at[i].name)
			short_form(loader, &config->policy.queues.at[i], always = always ? always : around_the_clock(config));
	if (config->promises.count)                              /* else nobody need read what of a ticket chooses one */
		config->policy.answer_due = answer_due;
}
