/*
 * gateway_report.c - makes a report: events of tickets come out of their pages (gateway_events.c); what happened since, and where there is no page, the history is told
 * now, in the same way. All in one snapshot.
 *
 * So a report is as right without pages as with them, and only slower. The snapshot is held no longer than it takes to read: pages are counted from memory when it is gone, for
 * as long as it is there the write-ahead log cannot start again, and mail waits in the end. What is too much for memory is counted while it is read.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway_report_private.h"
#include "limits.h"

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

struct gateway_reading {
	struct promise_book book;
	struct store *store;
	struct arena *arena;                     /* of the report */
	struct report *report;
	struct askers askers;
	struct gathered gathered;                /* pages that are still to be counted */
	size_t most;                             /* bytes of them */
	struct buffer asked_room;                /* of those that the report on articles counts */
	struct asked_rows asked;
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

static void begin_page(struct gateway_reading *m)
{
	arena_reset(&m->page_arena);
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		report_page_init(&m->pages[family], &m->page_arena);
	m->slots = 0;
}

static void count_told(struct gateway_reading *m)
{
	for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
		if (report_needs(&m->report->ask, family))
			report_count(m->report, family, &m->pages[family], m->numbers, m->report->whose ? m->whose : NULL);
	begin_page(m);
}

static bool needs_clocks(const struct report_ask *ask)
{
	return report_needs(ask, FAMILY_ANSWERS) || report_needs(ask, FAMILY_SOLVED) || report_needs(ask, FAMILY_PROMISES);
}

static bool tell(void *context, struct arena *arena, const struct ticket_row *row)
{
	struct gateway_reading *m = context;
	struct sla_clocks runs = {0};
	if (needs_clocks(&m->report->ask))
		gateway_runs_of(arena, &m->book, m->store, row, m->report->ask.now, &runs);
	report_tell(m->pages, m->slots, arena, row, &runs);
	m->numbers[m->slots] = row->facts.id;
	m->whose[m->slots++] = (struct report_whose){gateway_askers_customer(&m->askers, &m->page_arena, row->facts.customer.address), row->facts.created, 0};
	if (m->slots == REPORT_PAGE_TICKETS)
		count_told(m);
	return true;
}

static bool is_told_now(void *context, int64_t ticket)
{
	struct gateway_reading *m = context;
	return has(&m->stale, ticket) || !has(&m->told, gateway_events_page_of(ticket));
}

static enum status tell_stale(struct gateway_reading *m, const struct ticket_ids *stale)
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
static void add_missing(struct gateway_reading *m, int64_t last, struct ticket_ids *stale)
{
	for (int64_t page = 1; page <= gateway_events_page_of(last); page++)
		for (int64_t ticket = (page - 1) * REPORT_PAGE_TICKETS + 1; !has(&m->told, page) && ticket <= page * REPORT_PAGE_TICKETS && ticket <= last; ticket++)
			if (!has(&m->stale, ticket)) {
				set(&m->stale, ticket);
				*ARENA_PUSH(m->arena, stale) = ticket;
			}
}

static enum status find_pages(struct gateway_reading *m, int64_t last, struct ticket_ids *stale)
{
	struct ticket_ids pages;
	enum status status = STATUS_OK;
	int64_t last_page = last ? gateway_events_page_of(last) : 0;
	m->told = bits_new(m->arena, last_page);
	m->stale = bits_new(m->arena, last);
	m->gaps = last > 0;
	if (!m->kept.there)
		return STATUS_OK;
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

/* The numbers of a page's tickets, and whose they are, where that is asked. */
static void find_whose(struct gateway_reading *m, int64_t page)
{
	int64_t first = (page - 1) * REPORT_PAGE_TICKETS + 1;
	for (size_t i = 0; i < REPORT_PAGE_TICKETS; i++)
		m->numbers[i] = has(&m->stale, first + (int64_t)i) ? 0 : first + (int64_t)i;
	if (m->report->whose)
		gateway_askers_of(&m->askers, page, m->whose);
}

static bool count_gathered_page(void *context, int family, int64_t page, const void *bytes, size_t length)
{
	struct gateway_reading *m = context;
	struct report_page read;
	const struct report_whose *whose = m->report->whose ? m->whose : NULL;
	if (family != FAMILY_MAILS)
		find_whose(m, page);
	if (family == FAMILY_PLACES && whose && report_has_rows(m->report, m->numbers, whose, REPORT_PAGE_TICKETS))
		return true;
	arena_reset(&m->page_arena);
	if (!report_page_read(&read, &m->page_arena, bytes, length))
		return false;
	if (family == FAMILY_MAILS)
		return report_count(m->report, FAMILY_MAILS, &read, NULL, NULL);
	return read.chunks.count <= REPORT_PAGE_TICKETS && report_count(m->report, family, &read, m->numbers, whose);
}

static bool count_gathered(struct gateway_reading *m)
{
	return gateway_gathered_use(&m->gathered, count_gathered_page, m);
}

static bool gather_page(void *context, int64_t page, const void *bytes, size_t length)
{
	struct gateway_reading *m = context;
	if (m->gathered.bytes + length > m->most && !count_gathered(m))
		return false;
	if (m->family != FAMILY_MAILS && m->report->whose)
		m->status = page > 0 && (size_t)page <= m->askers.pages.count ? gateway_askers_read(&m->askers, page, m->error) : store_event_page_damaged(m->error);
	if (m->status == STATUS_OK && !gateway_gather(&m->gathered, m->arena, m->family, page, bytes, length))
		m->status = error_set(m->error, STATUS_TRY_LATER, "out of memory");
	return m->status == STATUS_OK;
}

static enum status gather_pages(struct gateway_reading *m, enum report_family family, int64_t first, int64_t end)
{
	const struct report_ask *ask = &m->report->ask;
	m->family = family;
	enum status status = store_event_pages(m->store, family, first, end, ask->from, ask->to, gather_page, m, m->error);
	return m->status == STATUS_OK ? status : m->status;
}

static enum status gather_families(struct gateway_reading *m)
{
	enum status status = STATUS_OK;
	/* Where tickets were comes last: if only rows are wanted of that, most are there by then. */
	for (int family = REPORT_TICKET_FAMILIES - 1; family >= 0 && m->any_page && status == STATUS_OK; family--)
		if (report_needs(&m->report->ask, family))
			status = gather_pages(m, family, 0, INT32_MAX);
	return status;
}

static enum status read_tickets(struct gateway_reading *m)
{
	const struct report_ask *ask = &m->report->ask;
	struct ticket_ids stale = {0};
	int64_t last = 0;
	enum status status = store_ticket_last(m->store, &last, m->error);
	if (status == STATUS_OK)
		status = find_pages(m, last, &stale);
	if (status == STATUS_OK && m->report->whose)
		status = gateway_askers_begin(&m->askers, m->store, m->arena, ask, last ? gateway_events_page_of(last) : 0, m->error);
	if (status == STATUS_OK)
		status = gather_families(m);
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
	struct gateway_reading *m = context;
	report_tell_mail(&m->pages[0], received, disposition, gateway_events_queue_of(m->report->ask.policy, recipient), ticket);
	if (m->pages[0].chunks.count < REPORT_PAGE_MAILS)
		return;
	report_count(m->report, FAMILY_MAILS, &m->pages[0], NULL, NULL);
	begin_page(m);
}

static enum status read_mails(struct gateway_reading *m)
{
	const struct report_ask *ask = &m->report->ask;
	int64_t after = m->kept.there ? m->kept.mails * REPORT_PAGE_MAILS : 0;
	enum status status = after ? gather_pages(m, FAMILY_MAILS, 1, m->kept.mails + 1) : STATUS_OK;
	begin_page(m);
	if (status == STATUS_OK)
		status = store_mail_between(m->store, ask->from, ask->to, after, tell_mail, m, m->error);
	report_count(m->report, FAMILY_MAILS, &m->pages[0], NULL, NULL);
	return status;
}

/* ---- the report ---- */

static enum status read_all(struct gateway_reading *m, const struct config *config, const struct report_ask *asked)
{
	struct report_ask ask = *asked;
	enum status status = gateway_book_read(config, m->store, m->arena, &m->book, m->error);
	if (status == STATUS_OK)
		status = gateway_events_kept(config, &m->book, m->store, &m->kept, m->error);
	if (status == STATUS_OK && ask.where)
		ask.where = gateway_report_all_addresses(m->store, m->arena, ask.where);
	report_begin(m->report, m->arena, &ask);
	m->report->asked = &m->asked;
	if (status == STATUS_OK && ask.kind == REPORT_ARTICLES)
		status = store_asked_between(m->store, &m->asked_room, ask.from, ask.to, &m->asked, m->error);
	if (status == STATUS_OK)
		status = ask.kind == REPORT_MAIL ? read_mails(m) : read_tickets(m);
	return status;
}

static void end(struct gateway_reading *m)
{
	gateway_gathered_fini(&m->gathered);
	buffer_fini(&m->asked_room);
	arena_fini(&m->page_arena);
	m->report->asked = NULL;
}

enum status gateway_report_read(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, size_t most, struct report *report,
                                struct gateway_reading **reading, struct error *error)
{
	struct gateway_reading *m = *reading = ARENA_NEW(arena, struct gateway_reading);
	bool began;
	*m = (struct gateway_reading){.store = store, .arena = arena, .report = report, .most = most, .error = error};
	enum status status = store_read_begin(store, &began, error);
	if (status != STATUS_OK)
		return status;
	status = read_all(m, config, ask);
	store_read_end(store, began);
	if (status != STATUS_OK)
		end(m);
	return status;
}

enum status gateway_report_count(struct gateway_reading *m, struct error *error)
{
	enum status status = count_gathered(m) ? STATUS_OK : store_event_page_damaged(error);
	end(m);
	report_end(m->report);
	return status;
}

enum status gateway_report(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, struct report *report, struct error *error)
{
	struct gateway_reading *reading;
	enum status status = gateway_report_read(config, store, arena, ask, LIMIT_REPORT_GATHERED, report, &reading, error);
	return status == STATUS_OK ? gateway_report_count(reading, error) : status;
}
