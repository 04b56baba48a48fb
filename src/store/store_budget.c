/*
 * store_budget.c - how many acknowledgements went to strangers: to each domain within the hour, to all within the minute.
 *
 * Kept in memory by the connection that applies plans (the writer's), since a row of its own for each would cost a page of each commit.
 * Domains are counted in a sketch (count-min: four rows of counters, each domain has one in each, the least counts): of constant size,
 * however many domains a forger thinks of, and it errs only upwards. After a start it is filled from the newest rows of the outbox; of an
 * hour that has more of them than are read the rest is forgotten: nobody can start us anew to have his budget twice, and customers of a
 * busy desk would wait in vain after each start if it counted as spent. Where other gateways write, too, what they spent is taken in from the rows of the outbox that
 * they added, at the beginning of the first transaction after theirs: whoever writes has the lock, so that the budget is one over all of them. A transaction that is undone gives back what it counted, a savepoint does not.
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS (60 * 60 * 1000)
#define MINUTE_MS (60 * 1000)
#define ROWS 4
#define COUNTERS 1024            /* a power of two */
#define OUTBOX_READ 10000        /* rows of the outbox that a start looks at, a tenth of a second */
#define SPENT 1000000000

struct budget {
	int64_t hour, minute;            /* when what is counted began; 0: not yet */
	int in_minute;
	int64_t upto;                    /* rows of the outbox that are in it */
	unsigned long seen;              /* engine_changes_seen() then */
	uint32_t domains[ROWS][COUNTERS];
};

static uint64_t domain_hash(const char *address)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *at = strrchr(address, '@');

	return engine_hash(text_lower(&arena, at ? at + 1 : address));
}

static uint32_t *counter(struct budget *budget, uint64_t hash, size_t row)
{
	return &budget->domains[row][(hash >> (row * 16)) & (COUNTERS - 1)];
}

/* The second one is what the last transaction left. */
void store_budget_settle(struct store *store)
{
	if (store->budget && store->outbox_added > store->budget->upto)
		store->budget->upto = store->outbox_added;
	if (store->budget)
		store->budget[1] = store->budget[0];
	store->outbox_added = 0;
}

void store_budget_undo(struct store *store)
{
	if (store->budget)
		store->budget[0] = store->budget[1];
	store->outbox_added = 0;
}

void store_budget_row(struct store *store, int64_t outbox)
{
	store->outbox_added = outbox > store->outbox_added ? outbox : store->outbox_added;
}

static void turn(struct budget *budget, int64_t now)
{
	if (!budget->hour || now < budget->hour || now - budget->hour >= HOUR_MS) {
		memset(budget->domains, 0, sizeof budget->domains);
		budget->hour = now;
	}
	if (!budget->minute || now < budget->minute || now - budget->minute >= MINUTE_MS) {
		budget->in_minute = 0;
		budget->minute = now;
	}
}

static void spend(struct budget *budget, const char *address, bool this_minute)
{
	uint64_t hash = domain_hash(address);

	for (size_t row = 0; row < ROWS; row++)
		++*counter(budget, hash, row);
	budget->in_minute += this_minute;
}

/* Whether a stranger got it, its row does not say: all that went to customers by themselves count. */
static void take_in(struct budget *budget, struct arena *arena, const char *record, int64_t created, int64_t now)
{
	struct outgoing outgoing;

	if (desk_outgoing_read(arena, record, &outgoing) == STATUS_OK && outgoing.automatic && !outgoing.to_agent && outgoing.to.count)
		spend(budget, outgoing.to.at[0].address, now - created < MINUTE_MS);
}

static enum status fill(struct store *store, struct budget *budget, int64_t now, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	turn(budget, now);
	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_NEWEST, "d", OUTBOX_READ);
	while (cursor_next(&cursor) && now - cursor_number(&cursor, 0) < HOUR_MS) {
		take_in(budget, &arena, cursor_text(&cursor, &arena, 1), cursor_number(&cursor, 0), now);
		arena_reset(&arena);
	}
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	budget->seen = engine_changes_seen(store->engine);
	return engine_number(store->engine, error, &budget->upto, 0, SQL_OUTBOX_LAST, "");
}

/* What other gateways spent since. */
static enum status follow(struct store *store, struct budget *budget, int64_t now, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	unsigned long seen = engine_changes_seen(store->engine);
	struct cursor cursor;

	if (engine_alone(store->engine) || seen == budget->seen)
		return STATUS_OK;
	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_AFTER, "ii", budget->upto, (int64_t)OUTBOX_READ);
	while (cursor_next(&cursor)) {
		struct outgoing outgoing;

		budget->upto = cursor_number(&cursor, 0);
		if (desk_outgoing_read(&arena, cursor_text(&cursor, &arena, 8), &outgoing) == STATUS_OK && outgoing.stranger && outgoing.to.count)
			spend(budget, outgoing.to.at[0].address, now - cursor_number(&cursor, 2) < MINUTE_MS);
		arena_reset(&arena);
	}
	if (cursor_close(&cursor) == STATUS_OK)
		budget->seen = seen;
	return cursor.status;
}

static enum status ready(struct store *store, int64_t now, struct error *error)
{
	enum status status = STATUS_OK;

	if (store->budget) {
		turn(store->budget, now);
		return follow(store, store->budget, now, error);
	}
	store->budget = calloc(2, sizeof *store->budget);
	if (!store->budget)
		return error_set(error, STATUS_TRY_LATER, "out of memory");
	if ((status = fill(store, store->budget, now, error)) != STATUS_OK) {
		free(store->budget);
		store->budget = NULL;
	}
	store_budget_settle(store);       /* none of it is of this transaction, which is about to spend its first */
	return status;
}

enum status store_budget_facts(struct store *store, const char *address, struct facts *facts, struct error *error)
{
	enum status status = ready(store, facts->now, error);
	uint64_t hash = domain_hash(address);
	uint32_t least = UINT32_MAX;

	if (status != STATUS_OK)
		return status;
	for (size_t row = 0; row < ROWS; row++) {
		uint32_t count = *counter(store->budget, hash, row);

		least = count < least ? count : least;
	}
	facts->acknowledgements_domain = least < SPENT ? (int)least : SPENT;
	facts->acknowledgements_minute = store->budget->in_minute;
	return STATUS_OK;
}

enum status store_budget_spend(struct store *store, const char *address, int64_t now, struct error *error)
{
	enum status status = ready(store, now, error);

	if (status == STATUS_OK)
		spend(store->budget, address, true);
	return status;
}
