/*
 * store_figures.c - the desk in figures, for /metrics: read from counts that are kept, so that asking costs the same however much there is.
 *
 * Tickets are counted when somebody comes to it (store_count_up, the daemon's keeper): a new one costs its mail nothing. What changes a counted
 * ticket, a routed one or an outgoing mail moves it between the counts by a trigger (schema: tally). What came since is counted on top.
 * fsck compares. May not scan what grows for ever.
 */
#include "store_private.h"

#include <string.h>

#define COUNTED "counted_tickets"                /* in meta: tickets up to this number are in the tally */

static void add(struct store_figures *figures, struct arena *arena, const char *queue, const char *word, int64_t count)
{
	struct queue_figures *found = NULL;
	enum ticket_state state;

	if (!desk_ticket_state_parse(word, &state))
		return;
	for (size_t i = 0; i < figures->queues.count && !found; i++)
		if (!strcmp(figures->queues.at[i].queue, queue))
			found = &figures->queues.at[i];
	if (!found) {
		found = ARENA_PUSH(arena, &figures->queues);
		found->queue = queue;
	}
	found->by_state[state] += count;
	figures->by_state[state] += count;
	figures->tickets += count;
}

static enum status count_tickets(struct store *store, struct arena *arena, struct store_figures *figures, struct error *error)
{
	int64_t upto = 0;
	struct cursor cursor;
	enum status status = engine_number(store->engine, error, &upto, 0, SQL_META_GET, "t", COUNTED);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_TALLY, "t", "ticket");
	while (cursor_next(&cursor))
		add(figures, arena, cursor_text(&cursor, arena, 0), cursor_text(&cursor, arena, 1), cursor_number(&cursor, 2));
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_TICKETS_SINCE, "i", upto);
	while (cursor_next(&cursor))
		add(figures, arena, cursor_text(&cursor, arena, 0), cursor_text(&cursor, arena, 1), cursor_number(&cursor, 2));
	return cursor_close(&cursor);
}

static enum status count_routed(struct store *store, struct arena *arena, struct store_figures *figures, struct error *error)
{
	int64_t upto = 0, more = 0;
	struct cursor cursor;
	enum status status = engine_number(store->engine, error, &upto, 0, SQL_META_GET, "t", COUNTED);

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &more, 0, SQL_ROUTED_SINCE, "i", upto);
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_TALLY, "t", "routed");
	while (cursor_next(&cursor))
		*(*cursor_text(&cursor, arena, 1) ? &figures->corrected : &figures->routed) = cursor_number(&cursor, 2);
	figures->routed += more;
	return cursor_close(&cursor);
}

/* While the oldest that waits goes on waiting, it is that one; else it is looked for, among those that wait. */
static enum status oldest_waiting(struct store *store, struct store_figures *figures, struct error *error)
{
	enum status status = engine_number(store->engine, error, &figures->oldest_waiting, 0, SQL_OUTBOX_WAITS, "i", store->counted.oldest);

	if (status != STATUS_OK || figures->oldest_waiting)
		return status;
	status = engine_number(store->engine, error, &store->counted.oldest, 0, SQL_OUTBOX_OLDEST, "");
	return status == STATUS_OK && store->counted.oldest
		? engine_number(store->engine, error, &figures->oldest_waiting, 0, SQL_OUTBOX_WAITS, "i", store->counted.oldest) : status;
}

static enum status count_outbox(struct store *store, struct arena *arena, struct store_figures *figures, struct error *error)
{
	int64_t all = 0;
	struct cursor cursor;
	enum status status = engine_number(store->engine, error, &all, 0, SQL_OUTBOX_LAST, "");

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_TALLY, "t", "outbox");
	while (cursor_next(&cursor))
		figures->outbox[!strcmp(cursor_text(&cursor, arena, 1), "failed") ? OUTBOX_FAILED : OUTBOX_SENT] += cursor_number(&cursor, 2);
	figures->outbox[OUTBOX_WAITING] = all - figures->outbox[OUTBOX_SENT] - figures->outbox[OUTBOX_FAILED];
	status = cursor_close(&cursor);
	return status == STATUS_OK ? oldest_waiting(store, figures, error) : status;
}

enum status store_figures(struct store *store, struct arena *arena, struct store_figures *figures, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	*figures = (struct store_figures){ 0 };
	if (status == STATUS_OK)
		status = count_tickets(store, arena, figures, error);
	if (status == STATUS_OK)
		status = count_routed(store, arena, figures, error);
	if (status == STATUS_OK)
		status = count_outbox(store, arena, figures, error);
	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &figures->last_mail, 0, SQL_MAILBOX_LAST_TIME, "");
	if (status == STATUS_OK)         /* as many as are late: an index has them in that order */
		status = engine_number(store->engine, error, &figures->overdue, 0, SQL_PROMISES_LATE, "i", clock_now());
	store_read_end(store, began);
	engine_size(store->engine, &figures->database_bytes, &figures->log_bytes);
	return status;
}

/* ---- counting ---- */

bool store_count_wanted(struct store *store)
{
	int64_t upto = 0, last = 0;

	return engine_number(store->engine, NULL, &upto, 0, SQL_META_GET, "t", COUNTED) == STATUS_OK
	       && engine_number(store->engine, NULL, &last, 0, SQL_TICKET_LAST, "") == STATUS_OK && last > upto;
}

enum status store_count_up(struct store *store, struct error *error)
{
	int64_t upto = 0, last = 0;
	enum status status = engine_number(store->engine, error, &upto, 0, SQL_META_GET, "t", COUNTED);

	if (status == STATUS_OK)
		status = engine_number(store->engine, error, &last, 0, SQL_TICKET_LAST, "");
	if (status != STATUS_OK || last <= upto)
		return status;
	if (last > upto + COUNT_AT_ONCE)
		last = upto + COUNT_AT_ONCE;
	status = engine_run(store->engine, error, SQL_TALLY_TICKETS, "ii", upto, last);
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_TALLY_ROUTED, "ii", upto, last);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_META_SET, "ti", COUNTED, last) : status;
}
