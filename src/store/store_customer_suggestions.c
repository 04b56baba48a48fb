/*
 * store_customer_suggestions.c - two customers who may be one person: the address that only the one was given answered from the other's.
 *
 * Said by the message's flags since it came, and never acted on: a colleague who was handed a mail does the same. Reads all messages, so that mails
 * pay for no index that is asked once a month.
 */
#include "store_private.h"

#include <string.h>

static bool is_known(const struct customer_suggestions *list, const struct customer_suggestion *one)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct customer_suggestion *there = &list->at[i];

		if ((there->customer == one->customer && there->other == one->other) || (there->customer == one->other && there->other == one->customer))
			return true;
	}
	return false;
}

static enum status find_both(struct store *store, struct customer_suggestion *one, bool *good, struct error *error)
{
	struct contact contact, other;
	enum status status = store_contact_find(store, NULL, one->address, &contact, error);

	if (status == STATUS_OK)
		status = store_contact_find(store, NULL, one->other_address, &other, error);
	if (status != STATUS_OK)
		return status;
	one->customer = contact.customer;
	one->other = other.customer;
	*good = contact.id && other.id && !contact.shared && !other.shared && contact.customer != other.customer;
	return STATUS_OK;
}

enum status store_customer_suggestions(struct store *store, struct arena *arena, struct customer_suggestions *list, struct error *error)
{
	struct customer_suggestions all = { 0 };
	struct cursor cursor;
	enum status status;

	*list = (struct customer_suggestions){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_MESSAGES_FROM_ELSEWHERE, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &all) = (struct customer_suggestion){ .ticket = cursor_number(&cursor, 0), .seq = (int)cursor_number(&cursor, 1), .at = cursor_number(&cursor, 2),
		                                                         .other_address = cursor_text(&cursor, arena, 3), .address = cursor_text(&cursor, arena, 4) };
	status = cursor_close(&cursor);
	for (size_t i = 0; i < all.count && status == STATUS_OK; i++) {
		bool good = false;

		status = find_both(store, &all.at[i], &good, error);
		if (status == STATUS_OK && good && !is_known(list, &all.at[i]))
			*ARENA_PUSH(arena, list) = all.at[i];
	}
	return status;
}
