/*
 * desk_away.c - an agent says by mail that he is away, until when, or that he is back: as agents[].leave, without the configuration.
 *
 * Who is away is given no tickets, and of his own the whole queue hears (desk_on_leave() of desk_assign.c).
 */
#include <string.h>

#include "desk_private.h"

bool desk_is_away(const struct desk_agent *agent, const struct facts *facts)
{
	for (size_t i = 0; i < facts->away.count; i++)
		if (text_equal_nocase(facts->away.at[i].agent, agent->name))
			return facts->away.at[i].until > facts->now;
	return false;
}

/* "", "back", "3d", "until 2026-12-24". */
const char *desk_check_away(struct decision *d, struct action *action)
{
	const char *when = action->argument;
	if (text_starts_nocase(when, "until "))
		when = text_trim(arena_string(d->arena, when + strlen("until ")));
	action->until = !*when ? AWAY_OPEN : text_equal_nocase(when, "back") ? 0 : desk_parse_until(when, d->facts->now);
	if (!action->until && !text_equal_nocase(when, "back"))
		return desk_sentence(d->arena, d->language ? d->language : "en", SAY_NO_TIME, when, NULL, NULL);
	return NULL;
}

void desk_go_away(struct decision *d, const struct desk_agent *agent, struct action *action)
{
	enum sentence said = !action->until ? SAY_BACK : action->until == AWAY_OPEN ? SAY_AWAY : SAY_AWAY_UNTIL;
	struct effect *effect = desk_plan_add(d, EFFECT_AWAY, 0);
	effect->to = agent->name;
	effect->number = action->until;
	action->undone = desk_sentence(d->arena, d->language ? d->language : "en", said,
	                               said == SAY_AWAY_UNTIL ? desk_time(d->arena, d->policy, action->until, d->language ? d->language : "en") : NULL, NULL, NULL);
}
