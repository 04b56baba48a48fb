/*
 * store_customer_beside.c - tickets of other people in which somebody wrote: a part of what the desk has of him.
 *
 * Found by the index of store_places.c, which is brought up first, in small transactions. Outside of a transaction.
 */
#include "store_private.h"

static bool has(const struct customer_ids *ids, int64_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->at[i] == id)
			return true;
	return false;
}

enum status store_customer_beside(struct store *store, struct arena *arena, const struct customer_row *row, const struct customer_ids *his, struct customer_ids *beside,
                                  struct error *error)
{
	enum status status = store_places_catch_up(store, error);

	*beside = (struct customer_ids){ 0 };
	for (size_t i = 0; i < row->addresses.count && status == STATUS_OK; i++) {
		const char *address = row->addresses.at[i].address;
		int64_t last = 0;
		struct cursor cursor;

		cursor_open(&cursor, store->engine, error, SQL_TICKETS_WRITTEN_IN, "it", store_place_of_address(address), store_contact_key(arena, address));
		while (cursor_next(&cursor)) {
			int64_t ticket = cursor_number(&cursor, 0);

			if (ticket != last && !has(his, ticket) && !has(beside, ticket))
				*ARENA_PUSH(arena, beside) = ticket;
			last = ticket;
		}
		status = cursor_close(&cursor);
	}
	return status;
}
