/*
 * store_loads.c - how much each agent has, for the desk to give out the next ticket. The sums are kept by what changes a ticket (schema:
 * agent_load), so that nothing here grows with the tickets that are open.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static int by_agent(const void *a, const void *b)
{
	return strcmp(((const struct agent_load *)a)->agent, ((const struct agent_load *)b)->agent);
}

/* Of all agents who ever had a ticket, by name: one reading, however many work in the queue. */
static enum status read_loads(struct store *store, struct arena *arena, const char *queue, struct agent_loads *all, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_AGENT_LOADS, "t", queue);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, all) = (struct agent_load){ cursor_text(&cursor, arena, 0), (int)cursor_number(&cursor, 1), (int)cursor_number(&cursor, 2), cursor_number(&cursor, 3) };
	return cursor_close(&cursor);
}

enum status store_facts_of_agents(struct store *store, struct arena *arena, const struct desk_queue *queue, struct facts *facts, struct error *error)
{
	enum status status = STATUS_OK;
	struct agent_loads all = { 0 };
	struct contact customer;

	if (facts->ticket && (status = store_contact_find(store, arena, facts->ticket->customer.address, &customer, error)) == STATUS_OK)
		facts->last_agent = customer.last_agent;
	if (status == STATUS_OK)
		status = read_loads(store, arena, queue->name, &all, error);
	for (size_t i = 0; i < queue->agents.count && status == STATUS_OK; i++) {
		struct agent_load *load = ARENA_PUSH(arena, &facts->loads);

		*load = (struct agent_load){ .agent = queue->agents.at[i] };
		const struct agent_load *found = all.count ? bsearch(load, all.at, all.count, sizeof *load, by_agent) : NULL;
		if (found)
			*load = *found;
	}
	return status;
}

enum status store_agents_with_tickets(struct store *store, struct arena *arena, struct strings *agents, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_AGENTS_WITH_TICKETS, "");
	while (cursor_next(&cursor))
		strings_add(arena, agents, cursor_text(&cursor, arena, 0));
	return cursor_close(&cursor);
}

/* Those for the customer's side, or for the third party of the side conversation of that number: never the one's for the other. */
