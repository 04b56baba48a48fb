/*
 * store_erase_gather.c - what is to be erased, gathered into the table `erasing`: kinds address, ticket, message, mailbox, raw, file, outbox, near, beside, subject, parted; and of a ticket that
 * was thinned out (store_erase_thin()) how far: messages done, deliveries done, outgoing done, lines done.
 *
 * Nothing is changed here but that table. A raw mail that is also a message of another ticket is taken out again, and said (erased->kept).
 * Diagnostics: STATUS_NOT_FOUND no message of that number.
 */
#include "store_erase_private.h"

#include <stdlib.h>

static enum status add(struct erasing *e, const char *kind, int64_t id, const char *word)
{
	return engine_run(e->store->engine, e->error, SQL_ERASING_ADD, "tit", kind, id, word);
}

enum status store_erase_gathered(struct erasing *e, const char *kind, int64_t id)
{
	return add(e, kind, id, "");
}

static enum status add_thinned(struct erasing *e)
{
	static const char *const kinds[ERASE_THINS] = { [THIN_MESSAGES] = "messages done", [THIN_DELIVERIES] = "deliveries done", [THIN_OUTGOING] = "outgoing done", [THIN_LINES] = "lines done" };
	enum status status = STATUS_OK;

	for (int i = 0; e->thinned && i < ERASE_THINS && status == STATUS_OK; i++)
		status = add(e, kinds[i], e->thinned->upto[i], "");
	return status;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool has(const struct customer_ids *ids, int64_t id)
{
	return ids->count && bsearch(&id, ids->at, ids->count, sizeof id, by_number);
}

static bool is_parted(const struct erasing *e, int64_t ticket)
{
	return e->parted && has(e->parted, ticket);
}

static enum status gather(struct erasing *e, const enum sql *steps, size_t count)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = engine_run(e->store->engine, e->error, steps[i], "");
	return status;
}

enum status store_erase_list(struct erasing *e, const char *kind, struct customer_ids *ids)
{
	struct cursor cursor;

	*ids = (struct customer_ids){ 0 };
	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_LIST, "t", kind);
	while (cursor_next(&cursor))
		*ARENA_PUSH(e->arena, ids) = cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

enum status store_erase_list_words(struct erasing *e, const char *kind, struct strings *words)
{
	struct cursor cursor;

	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_LIST, "t", kind);
	while (cursor_next(&cursor))
		strings_add(e->arena, words, cursor_text(&cursor, e->arena, 1));
	return cursor_close(&cursor);
}

/* What bears an address of his: the tickets that he has, the mails that he wrote. */
static enum status gather_by_address(struct erasing *e, const enum sql *steps, size_t count)
{
	struct strings addresses = { 0 };
	enum status status = store_erase_list_words(e, "address", &addresses);

	for (size_t i = 0; i < addresses.count; i++)
		for (size_t k = 0; k < count && status == STATUS_OK; k++)
			status = engine_run(e->store->engine, e->error, steps[k], "i", store_place_of_address(addresses.at[i]));
	return status;
}

static enum status gather_customer(struct erasing *e)
{
	static const enum sql tickets_of[] = { SQL_ERASING_TICKETS_OF }, his[] = { SQL_ERASING_MESSAGES_FROM, SQL_ERASING_MAILBOX_FROM };
	static const enum sql of_tickets[] = { SQL_ERASING_MESSAGES, SQL_ERASING_NEAR_SIDES, SQL_ERASING_NEAR_PEOPLE }, others[] = { SQL_ERASING_NEAR_MESSAGES };
	struct customer_ids tickets = { 0 };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_ADDRESSES, "i", e->order->customer);

	for (size_t i = 0; e->parted && e->dry && i < e->parted->count && status == STATUS_OK; i++)
		status = add(e, "parted", e->parted->at[i], "");
	if (status == STATUS_OK)
		status = store_customer_tickets(e->store, e->arena, e->order->customer, &tickets, e->error);
	for (size_t i = 0; status == STATUS_OK && i < tickets.count; i++)
		if (!is_parted(e, tickets.at[i]))
			status = add(e, "ticket", tickets.at[i], "");
	if (status == STATUS_OK)
		status = gather_by_address(e, tickets_of, COUNT_OF(tickets_of));
	if (status == STATUS_OK)
		status = gather(e, of_tickets, COUNT_OF(of_tickets));
	if (status == STATUS_OK)
		status = gather_by_address(e, his, COUNT_OF(his));
	return status == STATUS_OK ? gather(e, others, COUNT_OF(others)) : status;
}

/* What agents were mailed of the customer's other tickets names this one; in the nights of retention only the next few are looked at, as a notice names
 * the last five. */
static enum status gather_beside(struct erasing *e)
{
	struct customer_ids tickets = { 0 };
	struct contact contact = { 0 };
	struct ticket_whose ticket;
	enum status status = store_tickets_whose(e->store, e->arena, e->order->ticket, 1, &ticket, e->error);

	if (status == STATUS_OK && ticket.ticket && e->order->aged)
		return engine_run(e->store->engine, e->error, SQL_ERASING_NEXT_OF, "ii", store_place_of_address(ticket.customer), ticket.ticket);
	if (status == STATUS_OK && ticket.ticket)
		status = store_contact_find(e->store, NULL, ticket.customer, &contact, e->error);
	if (status == STATUS_OK && contact.id && !contact.shared)
		status = store_customer_tickets(e->store, e->arena, contact.customer, &tickets, e->error);
	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		if (tickets.at[i] != e->order->ticket)
			status = add(e, "beside", tickets.at[i], "");
	return status;
}

static enum status gather_ticket(struct erasing *e)
{
	static const enum sql steps[] = { SQL_ERASING_MESSAGES };
	enum status status = add(e, "ticket", e->order->ticket, "");

	if (status == STATUS_OK)
		status = add_thinned(e);
	if (status == STATUS_OK)
		status = gather_beside(e);
	return status == STATUS_OK ? gather(e, steps, COUNT_OF(steps)) : status;
}

static enum status gather_message(struct erasing *e)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_MESSAGE, "id", e->order->ticket, e->order->seq);

	if (status == STATUS_OK && engine_changes(e->store->engine) == 0)
		return error_set(e->error, STATUS_NOT_FOUND, "ticket %lld has no message %d", (long long)e->order->ticket, e->order->seq);
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, SQL_ERASING_OUTBOX_OF_TICKET, "i", e->order->ticket) : status;
}

/* A mail that stands in another ticket, too, stays there. */
static enum status keep_shared(struct erasing *e)
{
	struct cursor cursor;
	enum status status = STATUS_OK;
	struct { int64_t *at; size_t count; } shared = { 0 };

	cursor_open(&cursor, e->store->engine, e->error, SQL_ERASING_SHARED, "");
	while (cursor_next(&cursor)) {
		const char *said;

		*ARENA_PUSH(e->arena, &shared) = cursor_number(&cursor, 0);
		if (is_parted(e, cursor_number(&cursor, 1)))                     /* it goes with that one */
			continue;
		said = arena_printf(e->arena, "raw mail %lld: it is also a message of ticket %lld", (long long)cursor_number(&cursor, 0), (long long)cursor_number(&cursor, 1));
		if (!strings_have(&e->out->kept, said))                          /* by an earlier part */
			strings_add(e->arena, &e->out->kept, said);
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < shared.count && status == STATUS_OK; i++)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_REMOVE, "ti", "raw", shared.at[i]);
	return status;
}

enum status store_erase_gather(struct erasing *e)
{
	static const enum sql mails[] = { SQL_ERASING_MAILBOX, SQL_ERASING_RAWS }, sent[] = { SQL_ERASING_OUTBOX, SQL_ERASING_SUBJECTS };
	enum status status = e->order->what == ERASE_CUSTOMER ? gather_customer(e) : e->order->what == ERASE_TICKET ? gather_ticket(e) : gather_message(e);

	if (status == STATUS_OK)
		status = gather(e, mails, COUNT_OF(mails));
	if (status == STATUS_OK)
		status = keep_shared(e);
	if (status == STATUS_OK)
		status = gather(e, sent, COUNT_OF(sent));
	return status == STATUS_OK ? engine_run(e->store->engine, e->error, e->order->aged ? SQL_ERASING_OUTBOX_BESIDE : SQL_ERASING_OUTBOX_WORDS, "") : status;
}

/* ---- in parts ---- */

static void in_order_and_once(struct customer_ids *ids)
{
	size_t kept = 0;

	if (ids->count)
		qsort(ids->at, ids->count, sizeof *ids->at, by_number);
	for (size_t i = 0; i < ids->count; i++)
		if (!kept || ids->at[i] != ids->at[kept - 1])
			ids->at[kept++] = ids->at[i];
	ids->count = kept;
}

static enum status add_numbers(struct cursor *cursor, struct arena *arena, struct customer_ids *ids)
{
	while (cursor_next(cursor))
		*ARENA_PUSH(arena, ids) = cursor_number(cursor, 0);
	return cursor_close(cursor);
}

/* All addresses of his bear tickets, and the lines between them do. In order, each once. */
enum status store_erase_tickets_of(struct store *store, struct arena *arena, int64_t customer, struct strings *addresses, struct customer_ids *tickets, struct error *error)
{
	struct cursor cursor;
	enum status status = store_customer_tickets(store, arena, customer, tickets, error);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_LAST_OF_EACH, "i", customer);
	while (cursor_next(&cursor))
		strings_add(arena, addresses, cursor_text(&cursor, arena, 0));
	status = cursor_close(&cursor);
	for (size_t i = 0; i < addresses->count && status == STATUS_OK; i++) {
		cursor_open(&cursor, store->engine, error, SQL_TICKETS_OF_PLACE, "i", store_place_of_address(addresses->at[i]));
		status = add_numbers(&cursor, arena, tickets);
	}
	in_order_and_once(tickets);
	return status;
}

enum status store_erase_near_of(struct store *store, struct arena *arena, const struct strings *addresses, const struct customer_ids *his, struct customer_ids *near, struct error *error)
{
	struct cursor cursor;
	size_t kept = 0;
	enum status status = STATUS_OK;

	*near = (struct customer_ids){ 0 };
	for (size_t i = 0; i < addresses->count && status == STATUS_OK; i++) {
		const char *address = addresses->at[i];

		cursor_open(&cursor, store->engine, error, SQL_TICKETS_WRITTEN_IN, "it", store_place_of_address(address), store_contact_key(arena, address));
		if ((status = add_numbers(&cursor, arena, near)) != STATUS_OK)
			break;
		cursor_open(&cursor, store->engine, error, SQL_TICKETS_TAKEN_PART_IN, "t", store_contact_key(arena, address));
		status = add_numbers(&cursor, arena, near);
	}
	in_order_and_once(near);
	for (size_t i = 0; i < near->count; i++)
		if (!has(his, near->at[i]))
			near->at[kept++] = near->at[i];
	near->count = kept;
	return status;
}

enum status store_erase_gather_part(struct erasing *e, const int64_t *tickets, size_t count)
{
	static const enum sql of_tickets[] = { SQL_ERASING_MESSAGES, SQL_ERASING_MAILBOX, SQL_ERASING_RAWS }, sent[] = { SQL_ERASING_OUTBOX, SQL_ERASING_SUBJECTS, SQL_ERASING_OUTBOX_WORDS };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add(e, "ticket", tickets[i], "");
	if (status == STATUS_OK)
		status = add_thinned(e);
	if (status == STATUS_OK)
		status = gather(e, of_tickets, COUNT_OF(of_tickets));
	if (status == STATUS_OK)
		status = keep_shared(e);
	return status == STATUS_OK ? gather(e, sent, COUNT_OF(sent)) : status;
}

enum status store_erase_gather_messages(struct erasing *e, int64_t ticket, int64_t first, int64_t end)
{
	static const enum sql mails[] = { SQL_ERASING_MAILBOX, SQL_ERASING_RAWS };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_MESSAGES_PART, "iii", ticket, first, end);
	if (status == STATUS_OK)
		status = gather(e, mails, COUNT_OF(mails));
	return status == STATUS_OK ? keep_shared(e) : status;
}

/* Deliveries of the ticket by their own numbers; not those of its messages up to that one, which were counted with them. */
enum status store_erase_gather_deliveries(struct erasing *e, int64_t ticket, int64_t above, int64_t upto, int64_t not_of)
{
	static const enum sql mails[] = { SQL_ERASING_RAWS };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_MAILBOX_PART, "iiii", ticket, above, upto, not_of);
	if (status == STATUS_OK)
		status = gather(e, mails, COUNT_OF(mails));
	return status == STATUS_OK ? keep_shared(e) : status;
}

/* Tickets of others, and in them what he wrote. */
enum status store_erase_gather_near(struct erasing *e, const int64_t *tickets, size_t count)
{
	static const enum sql his[] = { SQL_ERASING_NEAR_FROM }, mails[] = { SQL_ERASING_MAILBOX, SQL_ERASING_RAWS }, sent[] = { SQL_ERASING_OUTBOX_WORDS };
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_ADDRESSES, "i", e->order->customer);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add(e, "near", tickets[i], "");
	if (status == STATUS_OK)
		status = gather_by_address(e, his, COUNT_OF(his));
	if (status == STATUS_OK)
		status = gather(e, mails, COUNT_OF(mails));
	if (status == STATUS_OK)
		status = keep_shared(e);
	return status == STATUS_OK ? gather(e, sent, COUNT_OF(sent)) : status;
}
