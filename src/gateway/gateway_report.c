/*
 * gateway_report.c - makes a report: events of tickets come out of their pages (gateway_events.c); what happened since, and where there is no page, the history is told
 * now, in the same way. All in one snapshot.
 *
 * So a report is as right without pages as with them, and only slower.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway.h"

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

struct person { const char *address, *primary; };
struct people { struct person *at; size_t count; };

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
		*ARENA_PUSH(arena, people) = (struct person){joined.at[i], person_of(store, arena, joined.at[i])};
	if (people->count)
		qsort(people->at, people->count, sizeof *people->at, by_address);
	return status;
}

static const char *primary_of(const struct people *people, struct arena *arena, const char *address)
{
	if (!people->count)
		return address;
	struct person wanted = {.address = text_lower(arena, address)};
	const struct person *found = bsearch(&wanted, people->at, people->count, sizeof *people->at, by_address);
	return found ? found->primary : address;
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

/* ---- what is told now ---- */

struct bits { unsigned char *at; size_t count; };        /* of numbers from 0 */

static struct bits bits_new(struct arena *arena, int64_t last)
{
	return (struct bits){ARENA_ARRAY(arena, unsigned char, (size_t)last / 8 + 1), (size_t)last + 1};
}

static bool has(const struct bits *bits, int64_t number)
{
	return (size_t)number < bits->count && (bits->at[number / 8] >> number % 8 & 1);
}

static void set(struct bits *bits, int64_t number)
{
	if ((size_t)number < bits->count)
		bits->at[number / 8] |= (unsigned char)(1 << number % 8);
}

struct making {
	struct promise_book book;
	struct store *store;
	struct arena *arena;                     /* of the report */
	struct report *report;
	struct people people;
	struct strings customers;                /* what the customer of each contact is called; NULL: not there */
	bool any_page, gaps;
	struct bits told, stale;                 /* pages that are there; tickets that they do not have as they are */
	struct events_kept kept;
	struct arena page_arena;                 /* of the page that is counted */
	struct report_page pages[REPORT_TICKET_FAMILIES];
	int64_t numbers[REPORT_PAGE_TICKETS];
	struct report_whose whose[REPORT_PAGE_TICKETS];
	size_t slots;
	enum report_family family;               /* that is read */
	struct error *error;
	enum status status;
};

static void begin_page(struct making *m)
{
	arena_reset(&m->page_arena);
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		report_page_init(&m->pages[family], &m->page_arena);
	m->slots = 0;
}

static void count_told(struct making *m)
{
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		if (report_needs(&m->report->ask, family))
			report_count(m->report, family, &m->pages[family], m->numbers, m->report->whose ? m->whose : NULL);
	begin_page(m);
}

static const char *customer_of(struct making *m, struct arena *arena, const char *address)
{
	return m->report->ask.by == BY_CUSTOMER ? primary_of(&m->people, arena, address) : address;
}

static struct report_whose whose_of(struct making *m, const char *address, int64_t created)
{
	return (struct report_whose){customer_of(m, &m->page_arena, address), created, 0};
}

static enum status find_customers(struct making *m)
{
	enum status status = m->report->ask.by == BY_CUSTOMER ? find_people(m->store, m->arena, &m->people, m->error) : STATUS_OK;
	if (status == STATUS_OK)
		status = store_contact_addresses(m->store, m->arena, &m->customers, m->error);
	for (size_t i = 0; i < m->customers.count && status == STATUS_OK; i++)
		if (m->customers.at[i])
			m->customers.at[i] = customer_of(m, m->arena, m->customers.at[i]);
	return status;
}

static bool needs_clocks(const struct report_ask *ask)
{
	return report_needs(ask, FAMILY_ANSWERS) || report_needs(ask, FAMILY_SOLVED) || report_needs(ask, FAMILY_PROMISES);
}

static bool tell(void *context, struct arena *arena, const struct ticket_row *row)
{
	struct making *m = context;
	struct sla_clocks runs = {0};
	if (needs_clocks(&m->report->ask))
		gateway_runs_of(arena, &m->book, m->store, row, m->report->ask.now, &runs);
	report_tell(m->pages, m->slots, arena, row, &runs);
	m->numbers[m->slots] = row->facts.id;
	m->whose[m->slots++] = whose_of(m, arena_string(&m->page_arena, row->facts.customer.address), row->facts.created);
	if (m->slots == REPORT_PAGE_TICKETS)
		count_told(m);
	return true;
}

static bool is_told_now(void *context, int64_t ticket)
{
	struct making *m = context;
	return has(&m->stale, ticket) || !has(&m->told, gateway_events_page_of(ticket));
}

static enum status tell_stale(struct making *m, const struct ticket_ids *stale)
{
	CLEANUP_ARENA struct arena one = {0};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < stale->count && status == STATUS_OK; i++) {
		struct ticket_row row;
		status = store_story_of(m->store, &one, stale->at[i], &row, m->error);
		if (status == STATUS_OK && row.history.count)
			tell(m, &one, &row);
		arena_reset(&one);
	}
	return status;
}

/* ---- what is in pages ---- */

#define MISSING_MOST 64                  /* pages whose tickets are told one by one: beyond it, reading all histories in their order is faster */

/* Where requests come in all the time, the newest pages are always still to be made. */
static void add_missing(struct making *m, int64_t last, struct ticket_ids *stale)
{
	for (int64_t page = 1; page <= gateway_events_page_of(last); page++)
		for (int64_t ticket = (page - 1) * REPORT_PAGE_TICKETS + 1; !has(&m->told, page) && ticket <= page * REPORT_PAGE_TICKETS && ticket <= last; ticket++)
			if (!has(&m->stale, ticket)) {
				set(&m->stale, ticket);
				*ARENA_PUSH(m->arena, stale) = ticket;
			}
}

static enum status find_pages(struct making *m, struct ticket_ids *stale)
{
	struct ticket_ids pages;
	int64_t last = 0;
	enum status status = store_ticket_last(m->store, &last, m->error);
	int64_t last_page = last ? gateway_events_page_of(last) : 0;
	m->told = bits_new(m->arena, last_page);
	m->stale = bits_new(m->arena, last);
	m->gaps = last > 0;
	if (status != STATUS_OK || !m->kept.there)
		return status;
	if ((status = store_event_page_ids(m->store, m->arena, FAMILY_PLACES, &pages, m->error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < pages.count; i++)
		set(&m->told, pages.at[i]);
	m->any_page = pages.count > 0;
	m->gaps = last_page - (int64_t)pages.count > MISSING_MOST;
	status = gateway_events_stale(m->store, m->arena, m->kept.upto, stale, m->error);
	for (size_t i = 0; i < stale->count; i++)
		set(&m->stale, stale->at[i]);
	if (last && !m->gaps)
		add_missing(m, last, stale);
	return status;
}

/* False: only the ticket says whose it is. */
static bool take_asker(struct making *m, struct report_asker asker, struct report_whose *whose)
{
	*whose = (struct report_whose){"", asker.created, 0};
	if (asker.contact == REPORT_NOBODY)
		return true;
	if (asker.contact < 0 || (size_t)asker.contact >= m->customers.count || !m->customers.at[asker.contact])
		return false;
	whose->customer = m->customers.at[asker.contact];
	whose->number = (size_t)asker.contact;
	return true;
}

static bool take_askers(struct making *m, int64_t page)
{
	struct report_page kept;
	const void *bytes;
	size_t length;
	m->status = store_event_page_get(m->store, &m->page_arena, FAMILY_WHOSE, page, &bytes, &length, m->error);
	if (m->status != STATUS_OK || !bytes || !report_page_read(&kept, &m->page_arena, bytes, length))
		return false;
	for (size_t i = 0; i < REPORT_PAGE_TICKETS; i++)
		if (m->numbers[i] && !take_asker(m, report_asker_of(&kept, i), &m->whose[i]))
			return false;
	return true;
}

/* The numbers of a page's tickets, and whose they are, where that is asked. */
static bool find_whose(struct making *m, int64_t first)
{
	struct ticket_whose rows[REPORT_PAGE_TICKETS];
	for (size_t i = 0; i < REPORT_PAGE_TICKETS; i++)
		m->numbers[i] = has(&m->stale, first + (int64_t)i) ? 0 : first + (int64_t)i;
	if (!m->report->whose || take_askers(m, gateway_events_page_of(first)))
		return true;
	if (m->status != STATUS_OK)
		return false;
	m->status = store_tickets_whose(m->store, &m->page_arena, first, REPORT_PAGE_TICKETS, rows, m->error);
	for (size_t i = 0; i < REPORT_PAGE_TICKETS && m->status == STATUS_OK; i++)
		m->whose[i] = whose_of(m, rows[i].customer, rows[i].created);
	return m->status == STATUS_OK;
}

static bool count_page(void *context, int64_t page, const void *bytes, size_t length)
{
	struct making *m = context;
	struct report_page read;
	arena_reset(&m->page_arena);
	return report_page_read(&read, &m->page_arena, bytes, length) && read.chunks.count <= REPORT_PAGE_TICKETS
	       && find_whose(m, (page - 1) * REPORT_PAGE_TICKETS + 1) && report_count(m->report, m->family, &read, m->numbers, m->report->whose ? m->whose : NULL);
}

static enum status count_pages(struct making *m)
{
	const struct report_ask *ask = &m->report->ask;
	enum status status = STATUS_OK;
	for (int family = 0; family < REPORT_TICKET_FAMILIES && m->any_page && status == STATUS_OK; family++) {
		m->family = family;
		if (report_needs(ask, family))
			status = store_event_pages(m->store, family, 0, INT32_MAX, ask->from, ask->to, count_page, m, m->error);
	}
	return m->status == STATUS_OK ? status : m->status;
}

static enum status count_tickets(struct making *m)
{
	const struct report_ask *ask = &m->report->ask;
	struct ticket_ids stale = {0};
	enum status status = find_pages(m, &stale);
	if (status == STATUS_OK && m->report->whose)
		status = find_customers(m);
	if (status == STATUS_OK)
		status = count_pages(m);
	begin_page(m);
	if (status == STATUS_OK)
		status = m->gaps ? store_stories_of(m->store, ask->from, needs_clocks(ask) || report_needs(ask, FAMILY_WORDS), is_told_now, tell, m, m->error) : tell_stale(m, &stale);
	if (status == STATUS_OK)
		count_told(m);
	return status;
}

/* ---- mails ---- */

static void tell_mail(void *context, int64_t received, const char *disposition, int64_t ticket, const char *recipient)
{
	struct making *m = context;
	report_tell_mail(&m->pages[0], received, disposition, gateway_events_queue_of(m->report->ask.policy, recipient), ticket);
	if (m->pages[0].chunks.count < REPORT_PAGE_MAILS)
		return;
	report_count(m->report, FAMILY_MAILS, &m->pages[0], NULL, NULL);
	begin_page(m);
}

static bool count_mail_page(void *context, int64_t page, const void *bytes, size_t length)
{
	struct making *m = context;
	struct report_page read;
	(void)page;
	arena_reset(&m->page_arena);
	return report_page_read(&read, &m->page_arena, bytes, length) && report_count(m->report, FAMILY_MAILS, &read, NULL, NULL);
}

static enum status count_mails(struct making *m)
{
	const struct report_ask *ask = &m->report->ask;
	int64_t after = m->kept.there ? m->kept.mails * REPORT_PAGE_MAILS : 0;
	enum status status = after ? store_event_pages(m->store, FAMILY_MAILS, 1, m->kept.mails + 1, ask->from, ask->to, count_mail_page, m, m->error) : STATUS_OK;
	begin_page(m);
	if (status == STATUS_OK)
		status = store_mail_between(m->store, ask->from, ask->to, after, tell_mail, m, m->error);
	report_count(m->report, FAMILY_MAILS, &m->pages[0], NULL, NULL);
	return status;
}

/* ---- the report ---- */

static enum status count_all(struct making *m)
{
	CLEANUP_BUFFER struct buffer room = {0};
	const struct report_ask *ask = &m->report->ask;
	struct asked_rows asked = {0};
	enum status status = STATUS_OK;
	if (ask->kind == REPORT_ARTICLES)
		status = store_asked_between(m->store, &room, ask->from, ask->to, &asked, m->error);
	m->report->asked = &asked;
	if (status == STATUS_OK)
		status = ask->kind == REPORT_MAIL ? count_mails(m) : count_tickets(m);
	m->report->asked = NULL;
	return status;
}

enum status gateway_report(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, struct report *report, struct error *error)
{
	struct making making = {.store = store, .arena = arena, .report = report, .error = error};
	struct report_ask whole = *ask;
	bool began;
	enum status status = store_read_begin(store, &began, error);
	if (status == STATUS_OK)
		status = gateway_book_read(config, store, arena, &making.book, error);
	if (status == STATUS_OK)
		status = gateway_events_kept(config, &making.book, store, &making.kept, error);
	if (status == STATUS_OK && ask->where)
		whole.where = with_all_addresses(store, arena, ask->where);
	report_begin(report, arena, &whole);
	if (status == STATUS_OK)
		status = count_all(&making);
	arena_fini(&making.page_arena);
	store_read_end(store, began);
	report_end(report);
	return status;
}
