/*
 * gateway_events_check.c - does what is kept for reports say what the histories say? For fsck.
 */
#include "gateway_events_private.h"

struct checking { const struct promise_book *book; struct store *store; struct ticket_ids stale; struct strings addresses; struct arena *arena; struct strings *findings; int64_t now; };

/* A contact's number may have moved since, or the contact be younger than the page: reports see that its address is gone, and ask the ticket. */
static bool is_same_asker(const struct checking *c, struct report_asker kept, struct report_asker told)
{
	bool gone = kept.contact > 0 && ((size_t)kept.contact >= c->addresses.count || !c->addresses.at[kept.contact]);
	return kept.contact == REPORT_ASK_TICKET || gone || (kept.contact == told.contact && kept.created == told.created);
}

static void compare(struct checking *c, int64_t page, struct report_page *kept, struct report_page *told)
{
	if (!report_shapes_same(&kept[FAMILY_SHAPES], &kept[FAMILY_PLACES]))
		strings_add(c->arena, c->findings, arena_printf(c->arena, "tickets from %lld on: the shapes kept of them for reports are not those of their places", (long long)((page - 1) * REPORT_PAGE_TICKETS + 1)));
	for (size_t slot = 0; slot < REPORT_PAGE_TICKETS; slot++) {
		int64_t ticket = (page - 1) * REPORT_PAGE_TICKETS + 1 + (int64_t)slot;
		bool same = true;
		for (int family = 0; family < REPORT_TICKET_FAMILIES; family++)
			same &= report_page_same(&kept[family], &told[family], family, slot);
		same &= is_same_asker(c, report_asker_of(&kept[FAMILY_WHOSE], slot), report_asker_of(&told[FAMILY_WHOSE], slot));
		if (!same && !is_among(&c->stale, ticket))
			strings_add(c->arena, c->findings, arena_printf(c->arena, "ticket %lld: what is kept of it for reports is not what its history says", (long long)ticket));
	}
}

static enum status check_page(struct checking *c, int64_t page, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	const struct telling telling = {&arena, c->book, c->store, c->now};
	struct report_page kept[REPORT_FAMILIES], told[REPORT_FAMILIES];
	bool there;
	enum status status = gateway_events_page(&telling, page, kept, &there, error);
	if (status == STATUS_OK && !there) {
		strings_add(c->arena, c->findings, arena_printf(c->arena, "tickets from %lld on: what is kept of them for reports cannot be read", (long long)((page - 1) * REPORT_PAGE_TICKETS + 1)));
		return STATUS_OK;
	}
	for (int family = 0; family < REPORT_FAMILIES; family++)
		report_page_init(&told[family], &arena);
	for (int64_t ticket = (page - 1) * REPORT_PAGE_TICKETS + 1; ticket <= page * REPORT_PAGE_TICKETS && status == STATUS_OK; ticket++)
		status = gateway_events_tell(&telling, told, ticket, error);
	if (status == STATUS_OK)
		compare(c, page, kept, told);
	return status;
}

enum status gateway_events_check(const struct config *config, const struct promise_book *book, struct store *store, struct arena *arena, struct strings *findings, struct error *error)
{
	struct checking checking = {.book = book, .store = store, .arena = arena, .findings = findings, .now = clock_now()};
	struct events_kept kept;
	struct ticket_ids pages = {0};
	bool began;
	enum status status = store_read_begin(store, &began, error);
	if (status == STATUS_OK)
		status = gateway_events_kept(config, book, store, &kept, error);
	if (status == STATUS_OK && kept.there)
		status = store_event_page_ids(store, arena, FAMILY_PLACES, &pages, error);
	if (status == STATUS_OK && kept.there)
		status = gateway_events_stale(store, arena, kept.upto, &checking.stale, error);
	if (status == STATUS_OK && kept.there)
		status = store_contact_addresses(store, arena, &checking.addresses, error);
	for (size_t i = 0; i < pages.count && status == STATUS_OK; i++)
		status = check_page(&checking, pages.at[i], error);
	store_read_end(store, began);
	return status;
}
