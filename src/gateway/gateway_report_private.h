/*
 * gateway_report_private.h - what the files of a report share: whose each ticket is.
 *
 * From the lowest up: gateway_report_whose.c, gateway_report.c.
 */
#ifndef SPORTELLO_GATEWAY_REPORT_PRIVATE_H
#define SPORTELLO_GATEWAY_REPORT_PRIVATE_H

#include "gateway.h"

/* ---- gateway_report_whose.c ---- */
struct person { const char *address, *primary; };
struct people { struct person *at; size_t count; };
/* Of the tickets of a page: their customers' numbers, and when they came, where that is asked. */
struct page_askers { uint32_t *customers; int64_t *created; };
struct askers {
	struct store *store;
	struct arena *arena;
	bool by_customer, created;
	struct people people;
	struct strings customers;                /* by number: what the customer of each contact is called, NULL: not there; then those that only tickets know. 0: nobody */
	struct { struct page_askers *at; size_t count; } pages;
};
/* "customer:" is the person with all addresses, by any of them, or by number. */
const struct query *gateway_report_all_addresses(struct store *store, struct arena *arena, const struct query *asked);
/* For tickets up to this page. */
enum status gateway_askers_begin(struct askers *askers, struct store *store, struct arena *arena, const struct report_ask *ask, int64_t last_page, struct error *error);
/* In the same snapshot: whose the tickets of a page are. Once it was read, it is known. */
enum status gateway_askers_read(struct askers *askers, int64_t page, struct error *error);
void gateway_askers_of(const struct askers *askers, int64_t page, struct report_whose whose[REPORT_PAGE_TICKETS]);
/* The customer of an address that a ticket says. */
const char *gateway_askers_customer(const struct askers *askers, struct arena *arena, const char *address);

#endif
