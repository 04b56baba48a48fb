/*
 * gateway_report.c - makes a report: events of tickets come out of their pages (gateway_events.c); what happened since, and where there is no page, the history is told
 * now, in the same way. So a report is as right without pages as with them, and only slower.
 *
 * Pages are read a piece at a time, each in a snapshot of its own, and counted when that is gone: as long as one is held the write-ahead log cannot start again, all who read
 * search more and more of it, and mail waits in the end. It makes no difference to what is counted: a page that was written anew meanwhile says the same of the time before the
 * report began, unless something was erased, or went from one ticket into another. Whoever does that takes note of it (STORE_EVENTS_TAKEN, STORE_EVENTS_MOVED); the report then begins again, and
 * holds one snapshot until all is read.
 */
#include <string.h>

#include "gateway_report_private.h"

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

struct piece_page { int family; int64_t page; size_t offset, length; };
struct piece { struct buffer bytes; struct piece_page *at; size_t count; };
struct gateway_reading {
	const struct config *config;
	struct promise_book book;
	struct store *store;
	struct arena *arena;                     /* of the report */
	struct report *report;
	struct askers askers;
	int64_t most;                            /* pages of a piece */
	bool holds;                              /* one snapshot for all; else one for each piece */
	bool reads;                              /* one is held now */
	bool began;                              /* and it is ours to end */
	bool changed;                            /* between two pieces something went that was counted, or will be */
	struct piece piece;                      /* that is still to be counted */
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
	struct asked_row asked = {0};
	if (report_needs(&m->report->ask, FAMILY_ASKED) && (m->status = store_asked_of(m->store, row->facts.id, &asked, m->error)) != STATUS_OK)
		return false;
	if (needs_clocks(&m->report->ask))
		gateway_runs_of(arena, &m->book, m->store, row, m->report->ask.now, &runs);
	report_tell(m->pages, m->slots, arena, row, &runs, asked.there ? &asked : NULL);
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

static bool count_page(struct gateway_reading *m, int family, int64_t page, const void *bytes, size_t length)
{
	struct report_page read;
	const struct report_whose *whose = m->report->whose ? m->whose : NULL;
	if (family != FAMILY_MAILS && !has(&m->told, page))
		return true;                     /* made meanwhile: its tickets were told */
	if (family != FAMILY_MAILS)
		find_whose(m, page);
	arena_reset(&m->page_arena);
	if (!report_page_read(&read, &m->page_arena, bytes, length))
		return false;
	if (family == FAMILY_MAILS)
		return report_count(m->report, FAMILY_MAILS, &read, NULL, NULL);
	return read.chunks.count <= REPORT_PAGE_TICKETS && report_count(m->report, family, &read, m->numbers, whose);
}

static bool count_piece(struct gateway_reading *m)
{
	bool whole = true;
	for (size_t i = 0; i < m->piece.count && whole; i++) {
		const struct piece_page *page = &m->piece.at[i];
		whole = count_page(m, page->family, page->page, m->piece.bytes.at + page->offset, page->length);
	}
	m->piece.count = 0;
	buffer_reset(&m->piece.bytes);
	return whole;
}

static void take(struct gateway_reading *m, int family, int64_t page, const void *bytes, size_t length)
{
	*ARENA_PUSH(m->arena, &m->piece) = (struct piece_page){family, page, m->piece.bytes.length, length};
	buffer_add(&m->piece.bytes, bytes, length);
}

/* Is there more to know of where its tickets were? */
static bool is_wanted(struct gateway_reading *m, int64_t page, const void *bytes, size_t length)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct report_page shapes;
	find_whose(m, page);
	return !report_page_read(&shapes, &arena, bytes, length) || !report_has_rows(m->report, &shapes, m->numbers, m->whose);
}

static void take_places(struct gateway_reading *m, int64_t page)
{
	CLEANUP_ARENA struct arena arena = {0};
	const void *bytes;
	size_t length;
	m->status = store_event_page_get(m->store, &arena, FAMILY_PLACES, page, &bytes, &length, m->error);
	if (m->status == STATUS_OK && bytes)
		take(m, FAMILY_PLACES, page, bytes, length);
}

static bool gather_page(void *context, int64_t page, const void *bytes, size_t length)
{
	struct gateway_reading *m = context;
	if (m->family != FAMILY_MAILS && m->report->whose)
		m->status = page > 0 && (size_t)page <= m->askers.pages.count ? gateway_askers_read(&m->askers, page, m->error) : store_event_page_damaged(m->error);
	if (m->status == STATUS_OK && m->family != FAMILY_SHAPES)
		take(m, m->family, page, bytes, length);
	else if (m->status == STATUS_OK && is_wanted(m, page, bytes, length))
		take_places(m, page);
	return m->status == STATUS_OK;
}

/* ---- snapshots ---- */

static enum status look(struct gateway_reading *m)
{
	enum status status = m->reads ? STATUS_OK : store_read_begin(m->store, &m->began, m->error);
	m->reads = status == STATUS_OK;
	return status;
}

static void look_away(struct gateway_reading *m)
{
	if (m->reads)
		store_read_end(m->store, m->began);
	m->reads = false;
}

/* Between two pieces. */
static enum status look_again(struct gateway_reading *m)
{
	struct events_kept kept;
	enum status status = look(m);
	if (status == STATUS_OK)
		status = gateway_events_kept(m->config, &m->book, m->store, &kept, m->error);
	if (status == STATUS_OK && (!kept.there || kept.taken != m->kept.taken || kept.moved != m->kept.moved)) {
		m->changed = true;
		status = STATUS_TRY_LATER;
	}
	return status;
}

static enum status read_piece(struct gateway_reading *m, int64_t first, int64_t end)
{
	const struct report_ask *ask = &m->report->ask;
	enum status status = m->reads ? STATUS_OK : look_again(m);
	if (status == STATUS_OK)
		status = store_event_pages(m->store, m->family, first, end, ask->from, ask->to, gather_page, m, m->error);
	if (!m->holds)
		look_away(m);
	status = m->status == STATUS_OK ? status : m->status;
	return status == STATUS_OK && !count_piece(m) ? store_event_page_damaged(m->error) : status;
}

static enum status read_pages(struct gateway_reading *m, enum report_family family, int64_t last)
{
	enum status status = STATUS_OK;
	m->family = family;
	for (int64_t first = 1; first <= last && status == STATUS_OK; first += m->most)
		status = read_piece(m, first, first + m->most > last ? last + 1 : first + m->most);
	return status;
}

/* Where tickets were comes last: if only rows are wanted of that, most are there by then. */
static enum status read_families(struct gateway_reading *m, int64_t last)
{
	enum status status = STATUS_OK;
	for (int family = REPORT_TICKET_FAMILIES - 1; family >= 0 && m->any_page && status == STATUS_OK; family--)
		if (report_needs(&m->report->ask, family))
			status = read_pages(m, family == FAMILY_PLACES && m->report->only_rows ? FAMILY_SHAPES : family, last);
	return status;
}

static enum status read_tickets(struct gateway_reading *m)
{
	const struct report_ask *ask = &m->report->ask;
	struct ticket_ids stale = {0};
	int64_t last = 0, last_page;
	enum status status = store_ticket_last(m->store, &last, m->error);
	last_page = last ? gateway_events_page_of(last) : 0;
	if (status == STATUS_OK)
		status = find_pages(m, last, &stale);
	if (status == STATUS_OK && m->report->whose)
		status = gateway_askers_begin(&m->askers, m->store, m->arena, ask, last_page, m->error);
	begin_page(m);
	if (status == STATUS_OK)
		status = m->gaps ? store_stories_of(m->store, ask->from, needs_clocks(ask) || report_needs(ask, FAMILY_WORDS), is_told_now, tell, m, m->error) : tell_stale(m, &stale);
	if (status == STATUS_OK && (status = m->status) == STATUS_OK)
		count_told(m);
	return status == STATUS_OK ? read_families(m, last_page) : status;
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
	int64_t pages = m->kept.there ? m->kept.mails : 0;
	begin_page(m);
	enum status status = store_mail_between(m->store, ask->from, ask->to, pages * REPORT_PAGE_MAILS, tell_mail, m, m->error);
	report_count(m->report, FAMILY_MAILS, &m->pages[0], NULL, NULL);
	return status == STATUS_OK ? read_pages(m, FAMILY_MAILS, pages) : status;
}

/* ---- the report ---- */

static enum status read_all(struct gateway_reading *m, const struct report_ask *asked)
{
	struct report_ask ask = *asked;
	enum status status = look(m);
	if (status == STATUS_OK)
		status = gateway_book_read(m->config, m->store, m->arena, &m->book, m->error);
	if (status == STATUS_OK)
		status = gateway_events_kept(m->config, &m->book, m->store, &m->kept, m->error);
	if (status == STATUS_OK && ask.where)
		ask.where = gateway_report_all_addresses(m->store, m->arena, ask.where);
	report_begin(m->report, m->arena, &ask);
	if (status == STATUS_OK)
		status = ask.kind == REPORT_MAIL ? read_mails(m) : read_tickets(m);
	look_away(m);
	return status;
}

struct making { const struct config *config; struct store *store; struct arena *arena; const struct report_ask *ask; int64_t most; struct report *report; };

static enum status make(const struct making *making, bool holds, bool *changed, struct error *error)
{
	struct gateway_reading *m = ARENA_NEW(making->arena, struct gateway_reading);
	*m = (struct gateway_reading){.config = making->config, .store = making->store, .arena = making->arena, .report = making->report, .most = making->most, .holds = holds, .error = error};
	enum status status = read_all(m, making->ask);
	*changed = m->changed;
	buffer_fini(&m->piece.bytes);
	arena_fini(&m->page_arena);
	return status;
}

enum status gateway_report_in_pieces(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, int64_t most, struct report *report,
                                     struct error *error)
{
	const struct making making = {config, store, arena, ask, most, report};
	bool changed;
	enum status status = make(&making, false, &changed, error);
	if (changed)
		status = make(&making, true, &changed, error);
	if (status == STATUS_OK)
		report_end(report);
	return status;
}

enum status gateway_report(const struct config *config, struct store *store, struct arena *arena, const struct report_ask *ask, struct report *report, struct error *error)
{
	return gateway_report_in_pieces(config, store, arena, ask, GATEWAY_REPORT_PIECE, report, error);
}
