/*
 * gateway_events.c - keeps pages of events for reports up to date behind the intake: what the history of each ticket says to them, told once.
 *
 * A copy, made of the history alone. It follows the history in order of time, and tells anew each ticket to which something happened, with the ones it went into; pages that
 * are not there yet, or were taken away by an erasure, are made one after the other. What is made goes to the writer in small pieces; if an erasure came between, it is thrown away.
 * Tickets that a page does not have as they are (since `upto`), and those without a page, are told by the report itself.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway_events_private.h"

#define KEPT_EDITION "events_edition"            /* of what is in the pages: by which code and configuration */
#define KEPT_APPLIED "events_applied"            /* which applied version of the promises those that are open have */
#define KEPT_UPTO "events_upto"                  /* how far the history was followed, ms */
#define KEPT_TOP "events_top"                    /* pages of tickets up to this one were made */
#define KEPT_MAILS "events_mails"                /* pages of mails, all of them whole */
#define GO_TICKETS 256                           /* that changed, in one go */
#define GO_LINES 2048                            /* of history that are looked at for it */
#define GO_PAGES 2                               /* that are made whole */
#define GO_MAIL_PAGES 8
#define PORTION_BYTES (256 * 1024)               /* of pages that are written at once: answers to old requests change a page each, of 60 KB */
#define SKEW_MS 5000                             /* how far the clocks of several machines are apart */
#define SET_BACK_MS (10 * 60 * 1000LL)           /* a clock that is set back is seen within that */
#define CLOCKS_APART_MS (60 * 1000LL)            /* two gateways' clocks may be so far apart, and neither was set */
#define EVERYTHING (1LL << 40)

int64_t gateway_events_page_of(int64_t ticket)
{
	return (ticket - 1) / REPORT_PAGE_TICKETS + 1;
}

const char *gateway_events_queue_of(const struct desk_policy *policy, const char *recipient)
{
	struct address_facts address;
	desk_address(policy, recipient, &address);
	return address.queue ? address.queue->name : "";
}

/* ---- what is kept ---- */

static void mix_in(uint64_t *digest, const char *text)
{
	*digest = (*digest ^ hash_text(text)) * UINT64_C(0x9e3779b97f4a7c15);
	*digest ^= *digest >> 29;
}

/* What the pages depend on beside the history: how they are made, where mails go, what was promised from ever. What is promised later says the history, or `applied`. */
static int64_t edition_of(const struct config *config, const struct promise_book *book)
{
	uint64_t digest = REPORT_PAGE_EDITION;
	mix_in(&digest, config->policy.domain ? config->policy.domain : "");
	for (size_t i = 0; i < config->policy.queues.count; i++) {
		const struct desk_queue *queue = &config->policy.queues.at[i];
		mix_in(&digest, queue->name);
		mix_in(&digest, queue->address);
		for (size_t k = 0; k < queue->also.count; k++)
			mix_in(&digest, queue->also.at[k]);
	}
	mix_in(&digest, book->at[0].text);
	return (int64_t)(digest >> 1) | 1;
}

enum status gateway_events_kept(const struct config *config, const struct promise_book *book, struct store *store, struct events_kept *kept, struct error *error)
{
	const struct { const char *name; int64_t *number; } numbers[] = {
		{KEPT_EDITION, &kept->edition}, {KEPT_APPLIED, &kept->applied}, {KEPT_UPTO, &kept->upto}, {KEPT_TOP, &kept->top}, {KEPT_MAILS, &kept->mails}, {STORE_EVENTS_TAKEN, &kept->taken}, {STORE_EVENTS_MOVED, &kept->moved},
	};
	enum status status = STATUS_OK;
	int64_t now = clock_now();
	for (size_t i = 0; i < COUNT_OF(numbers) && status == STATUS_OK; i++)
		status = store_number_get(store, numbers[i].name, numbers[i].number, error);
	kept->wanted = edition_of(config, book);
	kept->wanted_applied = book->applied;
	kept->there = kept->edition == kept->wanted && kept->applied == kept->wanted_applied;
	if (kept->upto > now)
		kept->upto = now - SET_BACK_MS;
	return status;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void once_each(struct ticket_ids *ids)
{
	size_t kept = 0;
	if (ids->count)
		qsort(ids->at, ids->count, sizeof *ids->at, by_number);
	for (size_t i = 0; i < ids->count; i++)
		if (!kept || ids->at[kept - 1] != ids->at[i])
			ids->at[kept++] = ids->at[i];
	ids->count = kept;
}

/* A ticket tells the story of those that came into it, too: with one of them, it changes. */
static enum status with_those_it_went_into(struct store *store, struct arena *arena, struct ticket_ids *ids, struct error *error)
{
	struct ticket_ids into, more = {0};
	enum status status = STATUS_OK;
	size_t count = ids->count;
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		status = store_merges_of(store, arena, ids->at[i], &into, error);
		for (size_t k = 0; status == STATUS_OK && k < into.count; k++)
			if (!is_among(&more, into.at[k]))
				*ARENA_PUSH(arena, &more) = into.at[k];
	}
	for (size_t i = 0; i < more.count && status == STATUS_OK; i++) {
		*ARENA_PUSH(arena, ids) = more.at[i];
		status = store_merges_of(store, arena, more.at[i], &into, error);
		for (size_t k = 0; status == STATUS_OK && k < into.count; k++)
			if (!is_among(&more, into.at[k]))
				*ARENA_PUSH(arena, &more) = into.at[k];
	}
	once_each(ids);
	return status;
}

enum status gateway_events_stale(struct store *store, struct arena *arena, int64_t upto, struct ticket_ids *stale, struct error *error)
{
	struct changed_tickets changed;
	enum status status = store_changed_since(store, arena, upto, EVERYTHING, &changed, error);
	*stale = (struct ticket_ids){0};
	for (size_t i = 0; i < changed.count && status == STATUS_OK; i++)
		*ARENA_PUSH(arena, stale) = changed.at[i].ticket;
	return status == STATUS_OK ? with_those_it_went_into(store, arena, stale, error) : status;
}

/* ---- one go: what is made is written later ---- */

struct made { int family; int64_t page, first, last; const void *bytes; size_t length; };
struct go {
	struct arena *arena;
	struct telling telling;
	const struct promise_book *book;
	struct store *store;
	struct events_kept kept;
	int64_t begun;                           /* ms: all that happened before stands in the store */
	int64_t upto, top, mails;                /* as they are after it */
	const struct desk_policy *policy;
	struct { struct made *at; size_t count; } made;
	struct ticket_ids filled;                /* gaps */
	bool fresh, applied, more;
};

static void add_page(struct go *go, int family, int64_t number, const struct report_page *page)
{
	CLEANUP_BUFFER struct buffer bytes = {0};
	struct made *made = ARENA_PUSH(go->arena, &go->made);
	report_page_write(page, &bytes);
	*made = (struct made){.family = family, .page = number, .bytes = arena_copy(go->arena, bytes.at, bytes.length), .length = bytes.length};
	report_page_span(page, family, &made->first, &made->last);
}

static void add_pages(struct go *go, int64_t number, struct report_page *pages, enum status status)
{
	size_t first = go->made.count;
	report_tell_shapes(&pages[FAMILY_SHAPES], &pages[FAMILY_PLACES]);
	for (int family = 0; family < REPORT_FAMILIES && status == STATUS_OK; family++)
		if (gateway_events_of_tickets(family))
			add_page(go, family, number, &pages[family]);
	if (status != STATUS_OK)
		return;
	struct made *places = &go->made.at[first + FAMILY_PLACES], *shapes = &go->made.at[go->made.count - 1];
	shapes->first = places->first;           /* it is asked instead of that one */
	shapes->last = places->last;
}

static enum status tell_page(struct go *go, int64_t page, struct error *error)
{
	struct report_page pages[REPORT_FAMILIES];
	enum status status = STATUS_OK;
	for (int family = 0; family < REPORT_FAMILIES; family++)
		report_page_init(&pages[family], go->arena);
	for (int64_t ticket = (page - 1) * REPORT_PAGE_TICKETS + 1; ticket <= page * REPORT_PAGE_TICKETS && status == STATUS_OK; ticket++)
		status = gateway_events_tell(&go->telling, pages, ticket, error);
	add_pages(go, page, pages, status);
	return status;
}

/* One that is not there, or damaged, is made whole some time. */
static enum status tell_changed_on(struct go *go, int64_t page, const int64_t *tickets, size_t count, struct error *error)
{
	struct report_page pages[REPORT_FAMILIES];
	bool there;
	enum status status = gateway_events_page(&go->telling, page, pages, &there, error);
	if (status != STATUS_OK || !there)
		return status;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = gateway_events_tell(&go->telling, pages, tickets[i], error);
	add_pages(go, page, pages, status);
	return status;
}

/* The first so many that changed, up to a moment behind which all others changed again. */
static enum status find_changed(struct go *go, struct ticket_ids *ids, struct error *error)
{
	struct changed_tickets changed;
	size_t count = GO_TICKETS;
	enum status status = store_changed_since(go->store, go->arena, go->kept.upto, GO_LINES, &changed, error);
	*ids = (struct ticket_ids){0};
	if (status != STATUS_OK)
		return status;
	go->more |= changed.upto != INT64_MAX;
	go->upto = changed.upto < go->begun ? changed.upto : go->begun - 1;
	while (count < changed.count && changed.at[count].at == changed.at[count - 1].at)
		count++;
	if (count < changed.count) {
		go->upto = changed.at[count].at - 1;
		go->more = true;
	}
	for (size_t i = 0; i < changed.count && i < count; i++)
		*ARENA_PUSH(go->arena, ids) = changed.at[i].ticket;
	return with_those_it_went_into(go->store, go->arena, ids, error);
}

static enum status tell_changed(struct go *go, struct error *error)
{
	struct ticket_ids ids;
	enum status status = find_changed(go, &ids, error);
	for (size_t i = 0, end; i < ids.count && status == STATUS_OK; i = end) {
		int64_t page = gateway_events_page_of(ids.at[i]);
		for (end = i + 1; end < ids.count && gateway_events_page_of(ids.at[end]) == page; end++)
			;
		if (page <= go->kept.top)
			status = tell_changed_on(go, page, ids.at + i, end - i, error);
	}
	return status;
}

static enum status tell_missing(struct go *go, struct error *error)
{
	struct ticket_ids gaps;
	int64_t last = 0;
	enum status status = store_event_gaps(go->store, go->arena, GO_PAGES, &gaps, error);
	for (size_t i = 0; i < gaps.count && status == STATUS_OK; i++) {
		status = gaps.at[i] <= go->kept.top ? tell_page(go, gaps.at[i], error) : STATUS_OK;
		*ARENA_PUSH(go->arena, &go->filled) = gaps.at[i];
	}
	go->more |= gaps.count == GO_PAGES;
	if (status == STATUS_OK)
		status = store_ticket_last(go->store, &last, error);
	for (size_t i = gaps.count; i < GO_PAGES && status == STATUS_OK && last && go->top < gateway_events_page_of(last); i++)
		status = tell_page(go, ++go->top, error);
	go->more |= last && go->top < gateway_events_page_of(last);
	return status;
}

struct mail_page { struct report_page page; const struct desk_policy *policy; };

static void add_mail(void *context, int64_t received, const char *disposition, int64_t ticket, const char *recipient)
{
	struct mail_page *mails = context;
	report_tell_mail(&mails->page, received, disposition, gateway_events_queue_of(mails->policy, recipient), ticket);
}

static enum status tell_mails(struct go *go, struct error *error)
{
	int64_t last = 0;
	enum status status = store_mailbox_last(go->store, &last, error);
	for (int i = 0; i < GO_MAIL_PAGES && status == STATUS_OK && (go->mails + 1) * REPORT_PAGE_MAILS <= last; i++) {
		struct mail_page mails = {.policy = go->policy};
		report_page_init(&mails.page, go->arena);
		status = store_mails(go->store, go->mails * REPORT_PAGE_MAILS + 1, (go->mails + 1) * REPORT_PAGE_MAILS + 1, add_mail, &mails, error);
		if (status == STATUS_OK)
			add_page(go, FAMILY_MAILS, ++go->mails, &mails.page);
	}
	go->more |= (go->mails + 1) * REPORT_PAGE_MAILS <= last;
	return status;
}

static enum status look(struct go *go, const struct config *config, struct error *error)
{
	bool began;
	enum status status = store_read_begin(go->store, &began, error);
	if (status == STATUS_OK)
		status = gateway_events_kept(config, go->book, go->store, &go->kept, error);
	go->top = go->kept.top;
	go->mails = go->kept.mails;
	go->policy = &config->policy;
	go->fresh = go->kept.edition != go->kept.wanted;
	go->applied = !go->fresh && go->kept.applied != go->kept.wanted_applied;
	go->more = go->fresh || go->applied;
	if (status == STATUS_OK && !go->more)
		status = tell_changed(go, error);
	if (status == STATUS_OK && !go->fresh && !go->applied)
		status = tell_missing(go, error);
	if (status == STATUS_OK && !go->fresh && !go->applied)
		status = tell_mails(go, error);
	store_read_end(go->store, began);
	return status;
}

/* ---- writing ---- */

static enum status begin_anew(struct store *store, const struct go *go, struct error *error)
{
	enum status status = go->fresh ? store_events_clear(store, error) : store_events_of_open(store, error);
	if (status == STATUS_OK && go->fresh)
		status = store_number_set(store, KEPT_TOP, 0, error);
	if (status == STATUS_OK && go->fresh)
		status = store_number_set(store, KEPT_MAILS, 0, error);
	if (status == STATUS_OK && go->fresh)
		status = store_number_set(store, KEPT_UPTO, go->begun - 1, error);
	if (status == STATUS_OK)
		status = store_number_set(store, KEPT_APPLIED, go->kept.wanted_applied, error);
	return status == STATUS_OK ? store_number_set(store, KEPT_EDITION, go->kept.wanted, error) : status;
}

/* Where the clock was set back while we looked, what happens from now on may bear times before those that we saw. */
static int64_t followed_upto(const struct go *go)
{
	int64_t now = clock_now();
	return now < go->begun ? now - SET_BACK_MS : go->upto;
}

/* Mails that come in wait for each of them. How far it is says the last one: until then, who reads tells those tickets himself. */
struct portion { const struct go *go; size_t from, to; };

static size_t portion_to(const struct go *go, size_t from)
{
	size_t to = from, bytes = 0;
	while (to < go->made.count && (bytes < PORTION_BYTES || go->made.at[to].page == go->made.at[to - 1].page))         /* the parts of a page together */
		bytes += go->made.at[to++].length;
	return to;
}

static enum status keep(struct store *store, void *context, struct error *error)
{
	const struct portion *portion = context;
	const struct go *go = portion->go;
	int64_t taken = 0, edition = 0, followed = 0, upto = followed_upto(go);
	enum status status = store_number_get(store, STORE_EVENTS_TAKEN, &taken, error);
	if (status == STATUS_OK)
		status = store_number_get(store, KEPT_UPTO, &followed, error);
	if (status == STATUS_OK)
		status = store_number_get(store, KEPT_EDITION, &edition, error);
	if (status != STATUS_OK || taken != go->kept.taken || edition != go->kept.edition)
		return status;                           /* something was erased: what was made may have it still */
	if (go->fresh || go->applied)
		return begin_anew(store, go, error);
	for (size_t i = portion->from; i < portion->to && status == STATUS_OK; i++) {
		const struct made *made = &go->made.at[i];
		status = store_event_page_put(store, made->family, made->page, made->first, made->last, made->bytes, made->length, error);
	}
	if (portion->to < go->made.count)
		return status;
	for (size_t i = 0; i < go->filled.count && status == STATUS_OK; i++)
		status = store_event_gap_filled(store, go->filled.at[i], error);
	if (status == STATUS_OK && upto != go->kept.upto && followed >= go->kept.upto)         /* nobody saw the clock set back meanwhile */
		status = store_number_set(store, KEPT_UPTO, upto, error);
	if (status == STATUS_OK && go->top != go->kept.top)
		status = store_number_set(store, KEPT_TOP, go->top, error);
	return status == STATUS_OK && go->mails != go->kept.mails ? store_number_set(store, KEPT_MAILS, go->mails, error) : status;
}

static enum status keep_all(struct store_writer *writer, const struct go *go, struct error *error)
{
	struct portion portion = {.go = go};
	enum status status;
	do {
		portion.from = portion.to;
		portion.to = portion_to(go, portion.from);
		status = store_write(writer, keep, &portion, error);
	} while (status == STATUS_OK && portion.to < go->made.count);
	return status;
}

/* While one writes nobody else does: what happened before stands in the store, or never will. */
static enum status see_the_time(struct store *store, void *context, struct error *error)
{
	(void)store, (void)error;
	*(int64_t *)context = clock_now();
	return STATUS_OK;
}

/* Nothing happened since: the writer is left alone. */
static bool nothing_to_do(struct store *store, const struct config *config, const struct promise_book *book)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct events_kept kept;
	struct ticket_ids gaps;
	struct changed_tickets changed;
	struct error error;
	int64_t last = 0, mails = 0;
	return gateway_events_kept(config, book, store, &kept, &error) == STATUS_OK && kept.there && store_event_gaps(store, &arena, 1, &gaps, &error) == STATUS_OK && !gaps.count
	       && store_ticket_last(store, &last, &error) == STATUS_OK && (!last || kept.top >= gateway_events_page_of(last)) && store_mailbox_last(store, &mails, &error) == STATUS_OK
	       && (kept.mails + 1) * REPORT_PAGE_MAILS > mails && store_changed_since(store, &arena, kept.upto, 1, &changed, &error) == STATUS_OK && !changed.count;
}

bool gateway_events_go(struct gateway *gateway, const struct config *config, struct store *store)
{
	CLEANUP_ARENA struct arena arena = {0}, book_arena = {0};
	struct promise_book book;
	struct go go = {.arena = &arena, .store = store, .book = &book, .telling = {&arena, &book, store, clock_now()}};
	struct error error;
	enum status status = gateway_book_read(config, store, &book_arena, &book, &error);
	if (status == STATUS_OK && nothing_to_do(store, config, &book))
		return false;
	if (status == STATUS_OK)
		status = store_write(gateway->writer, see_the_time, &go.begun, &error);
	go.begun -= store_is_alone(store) ? 0 : SKEW_MS;
	if (status == STATUS_OK)
		status = look(&go, config, &error);
	if (status == STATUS_OK)
		status = keep_all(gateway->writer, &go, &error);
	if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "reports.trouble", "why", error.text, NULL);
	if (status == STATUS_OK)
		log_event(LOG_DEBUG, "reports.kept", "pages", LOG_NUMBER((int64_t)go.made.count), "upto", LOG_NUMBER(go.upto), "more", go.more ? "yes" : "no", NULL);
	return status == STATUS_OK && go.more;
}

/* ---- a clock that is set back ---- */

static bool is_ahead(int64_t upto, int64_t now)
{
	return upto > now + CLOCKS_APART_MS;
}

static enum status follow_again(struct store *store, void *context, struct error *error)
{
	const int64_t *now = context;
	int64_t upto = 0;
	enum status status = store_number_get(store, KEPT_UPTO, &upto, error);
	return status == STATUS_OK && is_ahead(upto, *now) ? store_number_set(store, KEPT_UPTO, *now - SET_BACK_MS, error) : status;
}

void gateway_events_tick(struct gateway *gateway, struct store *store)
{
	struct error error;
	int64_t upto = 0, now = clock_now();
	if (store_number_get(store, KEPT_UPTO, &upto, &error) == STATUS_OK && is_ahead(upto, now))
		store_write(gateway->writer, follow_again, &now, &error);
}
