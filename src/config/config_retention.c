/*
 * config_retention.c - retention[]: queues that are there; and retention_hold, a query that must be readable before anything is erased by it.
 *
 * Diagnostics: "there is no queue ...", "matches by words of the text".
 */
#include "config_private.h"

#include <string.h>

static const config_setting_t *setting_of(struct loader *loader, size_t number)
{
	const config_setting_t *all = config_lookup(&loader->tree, "retention");
	const config_setting_t *group = all ? config_setting_get_elem(all, (unsigned)number) : NULL;
	const config_setting_t *found = group && config_setting_is_group(group) ? config_setting_get_member(group, "queue") : NULL;

	return found ? found : group ? group : all;
}

static void check_queue(struct loader *loader, size_t number)
{
	const struct desk_policy *policy = &loader->config->policy;
	const char *name = loader->config->retention.at[number].queue, *best = NULL;

	if (!*name || desk_queue_named(policy, name))
		return;
	for (size_t i = 0; i < policy->queues.count; i++)
		if (policy->queues.at[i].name)
			best = text_closest(name, best, policy->queues.at[i].name);
	config_complain(loader, setting_of(loader, number), "retention[].queue", "there is no queue \"%s\"%s%s%s", name, best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

static void read_hold(struct loader *loader)
{
	struct config *config = loader->config;
	struct query *query = ARENA_NEW(&config->arena, struct query);
	struct error error;
	const char *problem;

	if (!*config->retention_hold)
		return;
	if (query_read(&config->arena, config->retention_hold, query, &error) != STATUS_OK)
		problem = error.text;
	else if (*query->words)
		problem = arena_printf(loader->arena, "\"%s\" matches by words of the text; choose by queue, tag, customer, organisation or another key", query->words);
	else
		problem = desk_query_problem(loader->arena, query);
	if (problem)
		config_complain(loader, config_lookup(&loader->tree, "retention_hold"), "retention_hold", "%s", problem);
	config->retention_held = query;
}

void config_finish_retention(struct loader *loader)
{
	struct config *config = loader->config;

	config->retention_minute = config_minute_parse(loader->texts.retention_at);
	for (size_t i = 0; i < config->retention.count; i++) {
		struct config_retention *rule = &config->retention.at[i];

		rule->queue = rule->queue ? rule->queue : "";
		rule->state = rule->state ? rule->state : "closed";
		check_queue(loader, i);
	}
	read_hold(loader);
}
