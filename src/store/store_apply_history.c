/*
 * store_apply_history.c - what every effect on a ticket leaves behind: a row of its history, and when it was last changed.
 */
#include "store_apply.h"

enum status store_add_history(struct applying *a, int64_t ticket, struct happening what, const char *why)
{
	enum status status = STATUS_OK;

	if (a->history.ticket != ticket) {
		a->history.ticket = ticket;
		status = engine_number(a->store->engine, a->error, &a->history.n, 0, SQL_HISTORY_LAST, "i", ticket);
	}
	return status != STATUS_OK ? status
		: engine_run(a->store->engine, a->error, SQL_HISTORY_ADD, "iiitt" "dittd", ticket, ++a->history.n, a->now,
		          text_or_empty(a->plan->who), text_or_empty(why), (int)what.kind, what.number, text_or_empty(what.was), text_or_empty(what.now), (int)(ticket == a->created));
}

static enum status touch(struct applying *a, int64_t ticket)
{
	if (ticket == a->created || ticket == a->touched)
		return STATUS_OK;
	a->touched = ticket;
	return engine_run(a->store->engine, a->error, SQL_TICKET_TOUCH, "ii", ticket, a->now);
}

enum status store_apply_changed(struct applying *a, int64_t ticket, struct happening what, const char *why)
{
	enum status status = touch(a, ticket);

	return status == STATUS_OK ? store_add_history(a, ticket, what, why) : status;
}
