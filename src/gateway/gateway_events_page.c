/*
 * gateway_events_page.c - tells a ticket's history into the pages of events, and reads them as they are kept.
 */
#include "gateway_events_private.h"

bool gateway_events_of_tickets(int family)
{
	return family < REPORT_TICKET_FAMILIES || family == FAMILY_WHOSE || family == FAMILY_SHAPES;
}

static enum status find_asker(struct store *store, struct arena *arena, const struct ticket_row *row, struct report_asker *asker, struct error *error)
{
	const char *address = row->facts.customer.address ? row->facts.customer.address : "";
	int64_t contact = 0;
	enum status status = *address ? store_contact_number(store, arena, address, &contact, error) : STATUS_OK;
	*asker = (struct report_asker){contact ? contact : *address ? REPORT_ASK_TICKET : REPORT_NOBODY, row->facts.created};
	return status;
}

enum status gateway_events_tell(const struct telling *telling, struct report_page *pages, int64_t ticket, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = {0};
	struct ticket_row row;
	struct sla_clocks runs = {0};
	struct report_asker asker = {REPORT_NOBODY, 0};
	struct asked_row asked = {0};
	size_t slot = (size_t)((ticket - 1) % REPORT_PAGE_TICKETS);
	enum status status = store_story_of(telling->store, &scratch, ticket, &row, error);
	if (status != STATUS_OK)
		return status;
	if (row.history.count)
		gateway_runs_of(&scratch, telling->book, telling->store, &row, telling->now, &runs);
	if (row.history.count)
		status = find_asker(telling->store, &scratch, &row, &asker, error);
	if (row.history.count && status == STATUS_OK)
		status = store_asked_of(telling->store, ticket, &asked, error);
	report_tell(pages, slot, &scratch, row.history.count ? &row : NULL, &runs, asked.there ? &asked : NULL);
	report_tell_asker(&pages[FAMILY_WHOSE], slot, asker);
	return status;
}

enum status gateway_events_page(const struct telling *telling, int64_t page, struct report_page *pages, bool *there, struct error *error)
{
	enum status status = STATUS_OK;
	*there = true;
	for (int family = 0; family < REPORT_FAMILIES && status == STATUS_OK && *there; family++) {
		const void *bytes;
		size_t length;
		if (!gateway_events_of_tickets(family))
			continue;
		status = store_event_page_get(telling->store, telling->arena, family, page, &bytes, &length, error);
		*there = status == STATUS_OK && bytes && report_page_read(&pages[family], telling->arena, bytes, length);
	}
	return status;
}
