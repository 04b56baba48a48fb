/*
 * gateway_events_private.h - what the files about kept pages of events share: one ticket told into pages, one page read.
 *
 * From the lowest up: gateway_events_page.c, gateway_events.c, gateway_events_check.c.
 */
#ifndef SPORTELLO_GATEWAY_EVENTS_PRIVATE_H
#define SPORTELLO_GATEWAY_EVENTS_PRIVATE_H

#include "gateway.h"

static inline bool is_among(const struct ticket_ids *ids, int64_t number)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->at[i] == number)
			return true;
	return false;
}

/* arena: of the pages. now: ms, for clocks that run. */
struct telling { struct arena *arena; const struct promise_book *book; struct store *store; int64_t now; };
bool gateway_events_of_tickets(int family);      /* Is it of a ticket's page? */
/* What its history says now, in its slot of the pages (REPORT_FAMILIES of them). */
enum status gateway_events_tell(const struct telling *telling, struct report_page *pages, int64_t ticket, struct error *error);
/* All families of a page as they are kept. *there: it is not missing or damaged. */
enum status gateway_events_page(const struct telling *telling, int64_t page, struct report_page *pages, bool *there, struct error *error);

#endif
