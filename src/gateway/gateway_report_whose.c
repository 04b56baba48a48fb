/*
 * gateway_report_whose.c - whose each ticket is, for reports that ask: by the numbers of contacts that stand in pages (FAMILY_WHOSE), or, where a contact is not there any
 * more, as the ticket itself says.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway_report_private.h"

/* ---- who is who ---- */

/* A person goes by his primary address, whichever he wrote from. */
static const char *person_of(struct store *store, struct arena *arena, const char *address)
{
	struct customer_row row;
	struct error error;
	int64_t id = 0;

	if (!*address || store_customer_find(store, arena, address, false, &id, &error) != STATUS_OK || !id || store_customer(store, arena, id, &row, &error) != STATUS_OK)
		return address;
	return row.addresses.count ? row.addresses.at[0].address : address;
}

static int by_address(const void *a, const void *b)
{
	return strcmp(((const struct person *)a)->address, ((const struct person *)b)->address);
}

/* Those with several addresses: all others go by the one they have. */
static enum status find_people(struct store *store, struct arena *arena, struct people *people, struct error *error)
{
	struct strings joined;
	enum status status = store_contacts_joined(store, arena, &joined, error);

	for (size_t i = 0; i < joined.count && status == STATUS_OK; i++)
		*ARENA_PUSH(arena, people) = (struct person){ joined.at[i], person_of(store, arena, joined.at[i]) };
	if (people->count)
		qsort(people->at, people->count, sizeof *people->at, by_address);
	return status;
}

static const char *primary_of(const struct people *people, const char *address)
{
	CLEANUP_ARENA struct arena scratch = { 0 };

	if (!people->count)
		return address;
	struct person wanted = { .address = text_lower(&scratch, address) };
	const struct person *found = bsearch(&wanted, people->at, people->count, sizeof *people->at, by_address);

	return found ? found->primary : address;
}

const struct query *gateway_report_all_addresses(struct store *store, struct arena *arena, const struct query *asked)
{
	struct query *query = ARENA_NEW(arena, struct query);

	*query = (struct query){ .words = asked->words };
	for (size_t i = 0; i < asked->terms.count; i++) {
		struct query_term *term = ARENA_PUSH(arena, &query->terms);

		*term = asked->terms.at[i];
		if (term->key != QUERY_CUSTOMER)
			continue;
		term->values = (struct strings){ 0 };
		for (size_t k = 0; k < asked->terms.at[i].values.count; k++) {
			const char *whom = asked->terms.at[i].values.at[k];
			struct customer_row row;
			struct error error;
			int64_t id = 0;

			strings_add(arena, &term->values, whom);
			if (store_customer_find(store, arena, whom, false, &id, &error) != STATUS_OK || !id || store_customer(store, arena, id, &row, &error) != STATUS_OK)
				continue;
			for (size_t n = 0; n < row.addresses.count; n++)
				strings_add(arena, &term->values, row.addresses.at[n].address);
		}
	}
	return query;
}

const char *gateway_askers_customer(const struct askers *askers, struct arena *arena, const char *address)
{
	return arena_string(arena, askers->by_customer ? primary_of(&askers->people, address) : address);
}

/* ---- by number ---- */

enum status gateway_askers_begin(struct askers *askers, struct store *store, struct arena *arena, const struct report_ask *ask, int64_t last_page, struct error *error)
{
	*askers = (struct askers){ .store = store, .arena = arena, .by_customer = ask->by == BY_CUSTOMER, .created = ask->where && query_uses(ask->where, QUERY_CREATED) };
	askers->pages.count = (size_t)last_page;
	askers->pages.at = ARENA_ARRAY(arena, struct page_askers, askers->pages.count + 1);
	enum status status = askers->by_customer ? find_people(store, arena, &askers->people, error) : STATUS_OK;

	if (status == STATUS_OK)
		status = store_contact_addresses(store, arena, &askers->customers, error);
	for (size_t i = 0; i < askers->customers.count && askers->people.count && status == STATUS_OK; i++)
		if (askers->customers.at[i])
			askers->customers.at[i] = primary_of(&askers->people, askers->customers.at[i]);
	return status;
}

static void note(const struct page_askers *page, size_t slot, uint32_t customer, int64_t created)
{
	page->customers[slot] = customer;
	if (page->created)
		page->created[slot] = created;
}

/* False: only the ticket says whose it is. */
static bool take(const struct askers *askers, const struct page_askers *page, size_t slot, struct report_asker asker)
{
	bool there = asker.contact == REPORT_NOBODY || (asker.contact > 0 && (size_t)asker.contact < askers->customers.count && askers->customers.at[asker.contact]);

	if (there)
		note(page, slot, (uint32_t)asker.contact, asker.created);
	return there;
}

static enum status take_all(const struct askers *askers, int64_t number, const struct page_askers *page, bool *taken, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct report_page kept;
	const void *bytes;
	size_t length;
	enum status status = store_event_page_get(askers->store, &scratch, FAMILY_WHOSE, number, &bytes, &length, error);

	*taken = status == STATUS_OK && bytes && report_page_read(&kept, &scratch, bytes, length);
	for (size_t i = 0; i < REPORT_PAGE_TICKETS && *taken; i++)
		*taken = take(askers, page, i, report_asker_of(&kept, i));
	return status;
}

/* Who is no contact any more gets a number behind theirs. */
static uint32_t number_of(struct askers *askers, const char *address)
{
	if (!*address)
		return REPORT_NOBODY;
	if (!askers->customers.count)
		*ARENA_PUSH(askers->arena, &askers->customers) = NULL;
	*ARENA_PUSH(askers->arena, &askers->customers) = gateway_askers_customer(askers, askers->arena, address);
	return (uint32_t)(askers->customers.count - 1);
}

static enum status ask_tickets(struct askers *askers, int64_t number, const struct page_askers *page, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct ticket_whose rows[REPORT_PAGE_TICKETS];
	enum status status = store_tickets_whose(askers->store, &scratch, (number - 1) * REPORT_PAGE_TICKETS + 1, REPORT_PAGE_TICKETS, rows, error);

	for (size_t i = 0; i < REPORT_PAGE_TICKETS && status == STATUS_OK; i++)
		note(page, i, number_of(askers, rows[i].customer), rows[i].created);
	return status;
}

enum status gateway_askers_read(struct askers *askers, int64_t number, struct error *error)
{
	struct page_askers *page = &askers->pages.at[number - 1];
	bool taken;

	if (page->customers)
		return STATUS_OK;
	page->customers = (uint32_t *)(void *)arena_room(askers->arena, REPORT_PAGE_TICKETS * sizeof *page->customers);
	if (askers->created)
		page->created = (int64_t *)(void *)arena_room(askers->arena, REPORT_PAGE_TICKETS * sizeof *page->created);
	enum status status = take_all(askers, number, page, &taken, error);

	return status == STATUS_OK && !taken ? ask_tickets(askers, number, page, error) : status;
}

void gateway_askers_of(const struct askers *askers, int64_t number, struct report_whose whose[REPORT_PAGE_TICKETS])
{
	const struct page_askers *page = &askers->pages.at[number - 1];

	for (size_t i = 0; i < REPORT_PAGE_TICKETS; i++) {
		uint32_t customer = page->customers[i];

		whose[i] = (struct report_whose){ customer ? askers->customers.at[customer] : "", page->created ? page->created[i] : 0, customer };
	}
}
