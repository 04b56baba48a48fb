/*
 * store_customer.c - customers: a person with one or more addresses, and what the desk was told of him; found, read, and their history. What changes of them: store_customer_change.c.
 *
 * Each contact is a customer with the contact's number, until contact.person says that its address is another customer's: so a mail makes no
 * row that it would not make anyway. `customer` has a row for those of whom more is known than they wrote. An address belongs to one customer,
 * or is shared and nobody's. Where the address that gave a customer his number leaves him, it moves to a row of its own, and the old row
 * stays without address, to hold the number.
 * Diagnostics: STATUS_NOT_FOUND "there is no customer", STATUS_BAD_INPUT "belongs to", "is shared by", "is no address".
 */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- finding ---- */

bool store_customer_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static enum status none(const char *whom, struct error *error)
{
	return error_set(error, STATUS_NOT_FOUND, "there is no customer %s", whom);
}

enum status store_customer_shared_by(struct store *store, const char *address, int64_t organisation, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;
	const char *name = "";

	cursor_open(&cursor, store->engine, error, SQL_ORGANISATION_GET, "i", organisation);
	if (cursor_next(&cursor))
		name = cursor_text(&cursor, &arena, 0);
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	return error_set(error, STATUS_BAD_INPUT, "%s is shared by the people of %s, and nobody's own", address, name);
}

/* By number: of himself, or of a contact that is his by now. A row that nobody has is left where an address went, or was erased. */
static enum status find_by_number(struct store *store, const char *whom, int64_t *id, struct error *error)
{
	struct cursor cursor;
	int64_t number = atoll(whom), shared = 0, kept = 0, others = 0;
	bool there = false, addressed = false;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_CONTACT_IDENTITY, "i", number);
	if (cursor_next(&cursor)) {
		CLEANUP_ARENA struct arena arena = { 0 };

		there = true;
		*id = cursor_number(&cursor, 0);
		addressed = *cursor_text(&cursor, &arena, 1) != '\0';
		shared = cursor_number(&cursor, 2);
	}
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (there && !addressed)
		status = engine_number(store->engine, error, &kept, 0, SQL_CUSTOMER_CREATED, "i", *id);
	if (status == STATUS_OK && there && !addressed && !kept)
		status = engine_number(store->engine, error, &others, 0, SQL_CUSTOMER_OTHERS, "i", *id);
	if (status != STATUS_OK)
		return status;
	return !there || shared || !(addressed || kept || others) ? none(whom, error) : STATUS_OK;
}

bool store_contact_is_customer(const struct contact *contact)
{
	return contact->written > 0 || contact->last_ticket > 0 || contact->kept || contact->customer != contact->id;
}

static enum status make(struct store *store, const char *address, int64_t *id, struct error *error)
{
	struct contact contact;
	enum status status = store_contact_find_or_add(store, address, clock_now(), &contact, error);

	store->met.known = false;
	*id = contact.customer;
	return status != STATUS_OK || contact.kept ? status
		: engine_run(store->engine, error, SQL_CUSTOMER_PUT, "ittdittii", contact.customer, "", "", 0, (int64_t)0, "", "", (int64_t)0, clock_now());
}

enum status store_customer_find(struct store *store, struct arena *arena, const char *whom, bool create, int64_t *id, struct error *error)
{
	struct contact contact;
	enum status status;

	*id = 0;
	if (store_customer_is_number(whom))
		return find_by_number(store, whom, id, error);
	if (!strchr(whom, '@') || (create && !mail_address_usable(whom)))
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is neither the number nor the address of a customer", whom);
	if ((status = store_contact_find(store, arena, whom, &contact, error)) != STATUS_OK)
		return status;
	if (contact.shared)
		return store_customer_shared_by(store, whom, contact.shared, error);
	if (contact.id && store_contact_is_customer(&contact)) {
		*id = contact.customer;
		return STATUS_OK;
	}
	return create ? make(store, whom, id, error) : none(whom, error);
}

enum status store_customer_by_external(struct store *store, const char *external_id, int64_t *id, struct error *error)
{
	return engine_number(store->engine, error, id, 0, SQL_CUSTOMER_EXTERNAL, "t", external_id);
}

/* ---- reading ---- */

static bool bounces(int64_t bounced_at)
{
	return bounced_at > 0 && clock_now() - bounced_at < BOUNCED_MS;
}

/* What he is called, and the language that he writes, are those of his mails, unless somebody said otherwise. */
static enum status read_addresses(struct store *store, struct arena *arena, struct customer_row *row, int64_t main, struct error *error)
{
	struct cursor cursor;
	size_t first = 0;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_CONTACTS, "i", row->id);
	while (cursor_next(&cursor)) {
		struct customer_address *address = ARENA_PUSH(arena, &row->addresses);
		int64_t seen = cursor_number(&cursor, 6);
		const char *name = cursor_text(&cursor, arena, 2), *language = cursor_text(&cursor, arena, 3);

		*address = (struct customer_address){ cursor_number(&cursor, 0), cursor_text(&cursor, arena, 1), false, cursor_number(&cursor, 4) > 0, bounces(cursor_number(&cursor, 5)) };
		if (address->contact == main)
			first = row->addresses.count - 1;
		row->name = *row->name ? row->name : name;
		row->language = *row->language ? row->language : language;
		if (seen && (!row->created || seen < row->created))
			row->created = seen;
	}
	if (row->addresses.count) {
		struct customer_address primary = row->addresses.at[first];

		memmove(row->addresses.at + 1, row->addresses.at, first * sizeof primary);
		row->addresses.at[0] = primary;
		row->addresses.at[0].primary = true;
	}
	return cursor_close(&cursor);
}

static enum status read_kept(struct store *store, struct arena *arena, struct customer_row *row, int64_t *organisation, int64_t *main, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_GET, "i", row->id);
	if (cursor_next(&cursor)) {
		row->name = cursor_text(&cursor, arena, 0);
		row->language = cursor_text(&cursor, arena, 1);
		row->own_vip = row->vip = cursor_number(&cursor, 2) != 0;
		*organisation = cursor_number(&cursor, 3);
		row->note = cursor_text(&cursor, arena, 4);
		row->external_id = cursor_text(&cursor, arena, 5);
		*main = cursor_number(&cursor, 6);
		row->created = cursor_number(&cursor, 7);
	}
	return cursor_close(&cursor);
}

static enum status read_organisation(struct store *store, struct arena *arena, struct customer_row *row, int64_t own, struct error *error)
{
	struct contact given = { .organisation = own, .language = "", .last_agent = "" };
	enum status status = STATUS_OK;

	row->own_organisation = row->organisation = "";
	for (size_t i = 0; i < row->addresses.count + (own != 0) && status == STATUS_OK && !*row->organisation; i++) {
		struct standing standing;

		status = store_standing_of(store, arena, own ? "" : row->addresses.at[i].address, &given, clock_now(), &standing, error);
		row->organisation = standing.organisation;
		row->vip |= standing.vip;
	}
	if (own)
		row->own_organisation = row->organisation;
	return status;
}

static enum status read_counts(struct store *store, struct customer_row *row, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_TICKETS, "i", row->id);
	if (cursor_next(&cursor)) {
		row->tickets_total = cursor_number(&cursor, 0);
		row->tickets_open = cursor_number(&cursor, 1);
	}
	return cursor_close(&cursor);
}

enum status store_customer_row(struct store *store, struct arena *arena, int64_t id, struct customer_row *row, struct error *error)
{
	int64_t organisation = 0, main = 0;
	enum status status;

	*row = (struct customer_row){ .id = id, .name = "", .language = "", .note = "", .external_id = "" };
	if ((status = read_kept(store, arena, row, &organisation, &main, error)) == STATUS_OK)
		status = read_addresses(store, arena, row, main, error);
	if (status == STATUS_OK)
		status = read_organisation(store, arena, row, organisation, error);
	return status == STATUS_OK ? read_counts(store, row, error) : status;
}

enum status store_customer(struct store *store, struct arena *arena, int64_t id, struct customer_row *row, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	if (status == STATUS_OK)
		status = store_customer_row(store, arena, id, row, error);
	store_read_end(store, began);
	return status;
}

/* The newest of each becomes the one that his contact names: those made by the first version named none. */
static enum status chain_contacts(struct store *store, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct { struct { const char *address; int64_t last; } *at; size_t count; } newest = { 0 };
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_LAST_TICKETS, "");
	while (cursor_next(&cursor)) {
		const char *address = cursor_text(&cursor, &arena, 0);

		ARENA_PUSH(&arena, &newest)->address = address;
		newest.at[newest.count - 1].last = cursor_number(&cursor, 1);
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < newest.count && status == STATUS_OK; i++)
		status = store_contact_opened(store, newest.at[i].address, newest.at[i].last, clock_now(), error);
	return status;
}

static enum status chain(struct store *store, struct error *error)
{
	enum status status = engine_run(store->engine, error, SQL_CUSTOMER_CHAIN, "");

	if (status == STATUS_OK)
		status = chain_contacts(store, error);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_META_DELETE, "t", "unchained") : status;
}

enum status store_customer_chain(struct store *store, struct error *error)
{
	int64_t upto = 0;
	enum status status = engine_number(store->engine, error, &upto, 0, SQL_META_GET, "t", "unchained");

	if (status != STATUS_OK || !upto || (status = store_begin(store, error)) != STATUS_OK)
		return status;
	if ((status = chain(store, error)) == STATUS_OK)
		return store_commit(store, error);
	store_rollback(store);
	return status;
}

static enum status read_ids(struct cursor *cursor, struct arena *arena, struct customer_ids *ids)
{
	*ids = (struct customer_ids){ 0 };
	while (cursor_next(cursor))
		*ARENA_PUSH(arena, ids) = cursor_number(cursor, 0);
	return cursor_close(cursor);
}

enum status store_customer_ids(struct store *store, struct arena *arena, int64_t after, size_t limit, struct customer_ids *ids, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMERS, "ii", after, limit ? (int64_t)limit : (int64_t)-1);
	return read_ids(&cursor, arena, ids);
}

enum status store_customer_tickets(struct store *store, struct arena *arena, int64_t id, struct customer_ids *tickets, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_TICKET_IDS, "i", id);
	return read_ids(&cursor, arena, tickets);
}

enum status store_customer_externals(struct store *store, struct arena *arena, struct customer_externals *list, struct error *error)
{
	struct cursor cursor;

	*list = (struct customer_externals){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMERS_EXTERNAL, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, list) = (struct customer_external){ cursor_number(&cursor, 0), cursor_text(&cursor, arena, 1) };
	return cursor_close(&cursor);
}

enum status store_ticket_customer(struct store *store, const struct ticket_facts *ticket, int64_t *id, bool *proved, struct error *error)
{
	struct contact contact = { 0 };
	int64_t there = 0;
	enum status status = store_contact_find(store, NULL, ticket->customer.address ? ticket->customer.address : "", &contact, error);

	if (status == STATUS_OK && contact.id)
		status = engine_number(store->engine, error, &there, 0, SQL_MESSAGE_PROVED, "it", ticket->id, ticket->customer.address);
	*id = contact.shared ? 0 : contact.customer;
	*proved = there != 0;
	return status;
}

/* ---- history ---- */

enum status store_customer_event(struct store *store, int64_t customer, const char *who, const char *kind, const char *what, struct error *error)
{
	return engine_run(store->engine, error, SQL_CUSTOMER_EVENT_ADD, "iittt", clock_now(), customer, who, kind, what);
}

enum status store_customer_note(struct store *store, int64_t id, const char *who, const char *kind, const char *what, struct error *error)
{
	return store_customer_event(store, id, who, kind, what, error);
}

enum status store_customer_history(struct store *store, struct arena *arena, int64_t id, struct customer_events *events, struct error *error)
{
	struct cursor cursor;

	*events = (struct customer_events){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_EVENTS, "i", id);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, events) = (struct customer_event){ cursor_number(&cursor, 1), cursor_text(&cursor, arena, 2), cursor_text(&cursor, arena, 3), cursor_text(&cursor, arena, 4) };
	return cursor_close(&cursor);
}
