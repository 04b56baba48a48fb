/*
 * desk_assign.c - who gets a new ticket. A pure function over facts: who works in the queue, who is there, who has how much.
 *
 * Fair over any stream: among the agents that are free for a ticket, the one who waited longest for one is next, so that no two who were
 * always free ever differ by more than one. Working hours are the desk's local time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk_private.h"

/* ---- dates and hours ---- */

int64_t desk_day_number(int year, int month, int day)
{
	int64_t of = year - (month <= 2), era = of / 400, of_era = of - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool read_day(const char **text, int64_t *number)
{
	int year, month, day, used = 0;
	if (sscanf(*text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10 || year < 1970
	    || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*number = desk_day_number(year, month, day);
	*text += used;
	return true;
}

static bool read_leave(const char *text, int64_t *first, int64_t *last)
{
	if (!read_day(&text, first))
		return false;
	*last = *first;
	if (strncmp(text, "..", 2) == 0) {
		text += 2;
		if (!read_day(&text, last))
			return false;
	}
	return !*text && *last >= *first;
}

bool desk_check_leave(const char *leave, const char **problem)
{
	int64_t first, last;
	*problem = "write a day, 2026-12-24, or days, 2026-12-24..2027-01-06";
	return read_leave(leave, &first, &last);
}

static int weekday_of(const char *name)                  /* 0 Monday ... 6 Sunday; -1 */
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	for (int i = 0; i < 7; i++)
		if (strncasecmp(name, names[i], 3) == 0)
			return i;
	return -1;
}

struct hours { int first_day, last_day, from, to; };      /* minutes of the day */

static bool read_time(const char **at, int *minutes)
{
	int hour, minute, used = 0;
	if (sscanf(*at, "%2d:%2d%n", &hour, &minute, &used) != 2 || hour < 0 || hour > 24 || minute < 0 || minute > 59)
		return false;
	*minutes = hour * 60 + minute;
	*at += used;
	return *minutes <= 24 * 60;
}

/* "mon-fri 08:00-17:30" */
static bool read_hours(const char **at, struct hours *hours)
{
	*at += strspn(*at, " ,");
	hours->first_day = hours->last_day = weekday_of(*at);
	if (hours->first_day < 0)
		return false;
	*at += 3;
	if (**at == '-') {
		hours->last_day = weekday_of(++*at);
		if (hours->last_day < hours->first_day)
			return false;
		*at += 3;
	}
	*at += strspn(*at, " ");
	if (!read_time(at, &hours->from) || *(*at)++ != '-' || !read_time(at, &hours->to))
		return false;
	*at += strspn(*at, " ");
	return hours->to > hours->from && (**at == ',' || !**at);
}

bool desk_check_hours(const char *text, const char **problem)
{
	struct hours hours;
	*problem = "write days and times, \"mon-fri 08:00-17:30\", several with commas between";
	if (!*text)
		return true;
	do {
		if (!read_hours(&text, &hours))
			return false;
	} while (*text);
	return true;
}

/* He said so by /away. */
static bool is_away(const struct desk_agent *agent, const struct facts *facts)
{
	for (size_t i = 0; i < facts->away.count; i++)
		if (text_equal_nocase(facts->away.at[i].agent, agent->name))
			return facts->away.at[i].until > facts->now;
	return false;
}

bool desk_on_leave(const struct desk_agent *agent, const struct facts *facts)
{
	int64_t first, last, day = (facts->now + facts->utc_offset * 60000LL) / DAY_MS;
	for (size_t i = 0; i < agent->leave.count; i++)
		if (read_leave(agent->leave.at[i], &first, &last) && day >= first && day <= last)
			return true;
	return is_away(agent, facts);
}

static bool within_hours(const struct desk_agent *agent, int64_t local_ms)
{
	const char *at = agent->hours ? agent->hours : "";
	int64_t day = local_ms / DAY_MS;
	int weekday = (int)((day + 3) % 7), minute = (int)(local_ms % DAY_MS / 60000);     /* 1970-01-01 was a Thursday */
	struct hours hours;
	if (!*at)
		return true;
	while (*at && read_hours(&at, &hours))
		if (weekday >= hours.first_day && weekday <= hours.last_day && minute >= hours.from && minute < hours.to)
			return true;
	return false;
}

/* ---- choosing ---- */

static bool is_free(const struct desk_agent *agent, const struct agent_load *load, const struct facts *facts)
{
	int64_t local = facts->now + facts->utc_offset * 60000LL;
	return !desk_on_leave(agent, facts) && within_hours(agent, local) && (!agent->limit || load->open < agent->limit);
}

static bool has_skill(const struct desk_agent *agent, const struct strings *tags)
{
	for (size_t i = 0; tags && i < tags->count; i++)
		if (strings_have(&agent->skills, tags->at[i]))
			return true;
	return false;
}

/* True if some agent of the queue has a skill that a tag asks for: then only those count. */
static bool skill_wanted(const struct desk_policy *policy, const struct facts *facts, const struct strings *tags)
{
	for (size_t i = 0; i < facts->loads.count && tags && tags->count; i++) {
		const struct desk_agent *agent = desk_agent_named(policy, facts->loads.at[i].agent);
		if (agent && has_skill(agent, tags))
			return true;
	}
	return false;
}

static bool better(const struct agent_load *a, const struct agent_load *b, enum desk_assign how)
{
	if (how != ASSIGN_ROUND_ROBIN && a->weight != b->weight)
		return a->weight < b->weight;
	return a->last_assigned < b->last_assigned;
}

const struct desk_agent *desk_assign(struct arena *arena, const struct desk_policy *policy, const struct desk_queue *queue,
                                     const struct facts *facts, const struct strings *tags, const char **why)
{
	const struct desk_agent *best = NULL;
	const struct agent_load *best_load = NULL;
	bool skill = skill_wanted(policy, facts, tags);
	*why = NULL;
	if (queue->assign == ASSIGN_NONE)
		return NULL;
	for (size_t i = 0; i < facts->loads.count; i++) {
		const struct agent_load *load = &facts->loads.at[i];
		const struct desk_agent *agent = desk_agent_named(policy, load->agent);
		if (!agent || agent->role == AGENT_READER || !is_free(agent, load, facts) || (skill && !has_skill(agent, tags)))
			continue;
		if (queue->assign == ASSIGN_STICKY && facts->last_agent && text_equal_nocase(facts->last_agent, agent->name)) {
			*why = "had this customer last";
			return agent;
		}
		if (!best || better(load, best_load, queue->assign)) {
			best = agent;
			best_load = load;
		}
	}
	if (!best) {
		*why = skill ? "nobody with the skill is free" : "nobody of the queue is free";
		return NULL;
	}
	const char *with = skill ? ", has the skill" : "";
	*why = queue->assign == ASSIGN_ROUND_ROBIN ? arena_printf(arena, "next in turn%s", with)
	     : arena_printf(arena, "least loaded, %d open%s", best_load->open, with);
	return best;
}

/* A rule's agent, else the queue's way of giving tickets out. */
void desk_give_out(struct decision *d, struct ticket_facts *ticket)
{
	const struct verdict *verdict = d->facts->verdict;
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	const struct desk_agent *agent = verdict && verdict->agent ? desk_agent_named(d->policy, verdict->agent) : NULL;
	const char *why = "by rule";
	if (!agent && queue)
		agent = desk_assign(d->arena, d->policy, queue, d->facts, &ticket->tags, &why);
	if (agent) {
		desk_plan_set_agent(d, ticket, agent->name, why);
		d->plan->at[d->plan->count - 1].number = 1;      /* counts as this agent's turn */
	} else if (why && queue && queue->assign != ASSIGN_NONE)
		desk_plan_remark(d, ticket->id, "assigned to nobody", why);
}
