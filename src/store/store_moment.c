/*
 * store_moment.c - which ticket, and which mail, was the first of a moment: found by their numbers, which follow the clock.
 *
 * No index of time is kept for them, which each mail would have to write. The clock may have been set back by as much as a day: so much earlier the
 * search ends, and who asked looks at the times as well.
 */
#include "store_private.h"

static enum status first_since(struct store *store, enum sql newest, enum sql time_of, int64_t moment, int64_t *number, struct error *error)
{
	int64_t low = 1, high = 0, at = 0;
	enum status status = engine_number(store->engine, error, &high, 0, newest, "");

	for (high++; low < high && status == STATUS_OK;) {
		int64_t middle = low + (high - low) / 2;

		status = engine_number(store->engine, error, &at, INT64_MAX, time_of, "i", middle);
		if (at < moment - STORE_SET_BACK_MS)
			low = middle + 1;
		else
			high = middle;
	}
	*number = low;
	return status;
}

enum status store_first_ticket_since(struct store *store, int64_t moment, int64_t *number, struct error *error)
{
	return first_since(store, SQL_TICKET_LAST, SQL_TICKET_CREATED, moment, number, error);
}

enum status store_first_mail_since(struct store *store, int64_t moment, int64_t *number, struct error *error)
{
	return first_since(store, SQL_MAILBOX_LAST, SQL_MAILBOX_RECEIVED, moment, number, error);
}
