/*
 * gateway_report.c - makes a report: what happened comes out of the store, the clocks' runs are reckoned by the configuration, the report room counts.
 */
#include <stdlib.h>

#include "gateway.h"

struct feeding { struct promise_book book; struct store *store; struct report *report; };

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

/* "customer:" is the person with all addresses, by any of them, or by number. */
static const struct query *with_all_addresses(struct store *store, struct arena *arena, const struct query *asked)
{
	struct query *query = ARENA_NEW(arena, struct query);
	*query = (struct query){.words = asked->words};
	for (size_t i = 0; i < asked->terms.count; i++) {
		struct query_term *term = ARENA_PUSH(arena, &query->terms);
		*term = asked->terms.at[i];
		if (term->key != QUERY_CUSTOMER)
			continue;
		term->values = (struct strings){0};
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

static bool feed(void *context, struct arena *arena, const struct ticket_row *row)
{
	struct feeding *feeding = context;
	const struct report_ask *ask = &feeding->report->ask;
	struct sla_clocks runs = {0};
	if (report_needs_messages(ask->kind) && ask->kind != REPORT_WORKLOAD)
		gateway_runs_of(arena, &feeding->book, feeding->store, row, ask->now, &runs);
	struct ticket_row shown = *row;
	if (ask->by == BY_CUSTOMER)
		shown.facts.customer.address = person_of(feeding->store, arena, row->facts.customer.address);
	report_ticket(feeding->report, arena, &shown, &runs);
	return true;
}

static void feed_mail(void *context, int64_t received, const char *disposition, int64_t ticket, const char *recipient)
{
	report_mail(context, received, disposition, ticket, recipient);
}

static int by_ticket(const void *a, const void *b)
{
	const struct suggestion_row *x = a, *y = b;
	return (x->ticket > y->ticket) - (x->ticket < y->ticket);
}

/* The articles that were suggested for requests which came then, by request. */
static enum status find_suggestions(struct store *store, struct arena *arena, struct report *report, struct error *error)
{
	struct suggestion_rows *rows = ARENA_NEW(arena, struct suggestion_rows);
	enum status status = store_suggestions_since(store, arena, report->ask.from, rows, error);
	if (rows->count)
		qsort(rows->at, rows->count, sizeof *rows->at, by_ticket);
	report->suggestions = rows;
	return status;
}

enum status gateway_report(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, struct report *report, struct error *error)
{
	struct feeding feeding = {.store = store, .report = report};
	struct report_ask whole = *ask;
	enum status status = gateway_book_read(config, store, arena, &feeding.book, error);
	if (status != STATUS_OK)
		return status;
	if (ask->where)
		whole.where = with_all_addresses(store, arena, ask->where);
	report_begin(report, arena, &whole);
	if (ask->kind == REPORT_ARTICLES)
		status = find_suggestions(store, arena, report, error);
	if (status == STATUS_OK && ask->kind == REPORT_MAIL)
		status = store_mail_between(store, ask->from, ask->to, ask->by == BY_QUEUE || ask->list, feed_mail, report, error);
	else if (status == STATUS_OK)
		status = store_stories(store, ask->from, report_needs_messages(ask->kind), feed, &feeding, error);
	report_end(report);
	return status;
}
