/*
 * desk_query.c - do the values of a query exist? The keys are the query room's; which words a key takes only the desk knows.
 *
 * One check for the command line, /list, --where and the promises' `when`. What it says names the word, and the words that there are.
 */
#include <string.h>

#include "desk_private.h"
#include "query.h"

/* The words of keys that are no fields of a ticket. */
static const struct { enum query_key key; const char *const words[3], *list; } closed[] = {
	{QUERY_WAITING, {"us", "them"}, "us or them"},
	{QUERY_OVERDUE, {"yes", "no"}, "yes or no"},
};

static const char *check_closed(struct arena *arena, enum query_key key, const char *value)
{
	for (size_t i = 0; i < COUNT_OF(closed); i++)
		if (closed[i].key == key && strcmp(closed[i].words[0], value) != 0 && strcmp(closed[i].words[1], value) != 0)
			return arena_printf(arena, "%s: is %s, not \"%s\"", query_key_name(key), closed[i].list, value);
	return NULL;
}

static const char *check_value(struct arena *arena, enum query_key key, const char *value)
{
	const struct desk_field *field = desk_field_asked(query_key_name(key));
	enum ticket_state state;
	if (key == QUERY_STATE && !desk_ticket_state_parse(value, &state))
		return arena_printf(arena, "\"%s\" is no state; " STATE_NAMES, value);
	if (field && field->words && (!desk_field_kept(field, value) || strcmp(desk_field_kept(field, value), value) != 0))
		return arena_printf(arena, "\"%s\" is no %s; %s", value, field->name, field->wanted);
	return check_closed(arena, key, value);
}

const char *desk_query_problem(struct arena *arena, const struct query *query)
{
	const char *problem = NULL;
	for (size_t i = 0; i < query->terms.count; i++)
		for (size_t k = 0; k < query->terms.at[i].values.count && !problem; k++)
			problem = check_value(arena, query->terms.at[i].key, query->terms.at[i].values.at[k]);
	return problem;
}
