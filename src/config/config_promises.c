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

/* What changes with time or text cannot choose a promise: it would change under a clock that runs. */
static const char *changes_by_itself(const struct query *query)
{
	static const enum query_key keys[] = { QUERY_CREATED, QUERY_UPDATED, QUERY_WAITING, QUERY_STATE };

	if (*query->words)
		return "words of the text";
	if (query->sorts.count)
		return "sort";
	for (size_t i = 0; i < query->terms.count; i++)
		for (size_t k = 0; k < COUNT_OF(keys); k++)
			if (query->terms.at[i].key == keys[k])
				return query_key_name(keys[k]);
	return NULL;
}

static const struct query *query_of(struct loader *loader, size_t number, const char *text)
{
	struct query *query = ARENA_NEW(&loader->config->arena, struct query);
	struct error error;

	if (!*text)
		return NULL;
	if (query_read(&loader->config->arena, text, query, &error) != STATUS_OK)
		config_complain(loader, setting_of(loader, number, "when"), "sla[].when", "%s", error.text);
	else if (changes_by_itself(query))
		config_complain(loader, setting_of(loader, number, "when"), "sla[].when", "%s changes by itself while a clock runs; choose by queue, priority, tag, agent, "
		                "customer or language", changes_by_itself(query));
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

static void finish_promise(struct loader *loader, size_t number)
{
	const struct config_promise *from = &loader->config->promise_texts.at[number];
	struct sla_policy *policy = ARENA_PUSH(&loader->config->arena, &loader->config->promises);
	bool any = false;

	*policy = (struct sla_policy){ .name = from->name ? from->name : "", .pauses = pauses_of(&from->pauses) };
	policy->when = query_of(loader, number, from->when ? from->when : "");
	policy->calendar = calendar_of(loader, number, from->calendar ? from->calendar : "");
	for (int kind = 0; kind < SLA_KINDS; kind++)
		any |= from->targets[kind] && *from->targets[kind] && calendar_length_read(from->targets[kind], &policy->target[kind]);
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
	*policy = (struct sla_policy){ .name = "answer_hours", .when = query, .calendar = calendar };
	policy->target[SLA_FIRST].seconds = policy->target[SLA_NEXT].seconds = queue->answer_hours * 3600LL;
}

void config_finish_promises(struct loader *loader)
{
	struct config *config = loader->config;
	const struct calendar *always = NULL;

	for (size_t i = 0; i < config->promise_texts.count; i++)
		finish_promise(loader, i);
	for (size_t i = 0; i < config->policy.queues.count; i++)
		if (config->policy.queues.at[i].answer_hours > 0 && config->policy.queues.at[i].name)
			short_form(loader, &config->policy.queues.at[i], always = always ? always : around_the_clock(config));
}
