/*
 * gateway_promises.c - keeps beside each ticket when the first of its clocks is due, so that what is overdue, what is due soon and whom to tell are
 * found among a million without asking each.
 *
 * Off the commit path: it follows the history in order of time, and reckons anew what something happened to. Another configuration of promises is
 * followed by all open tickets, a piece at a time, when it is applied. Where nothing is promised, nothing is done. Looking needs no transaction that writes; what is
 * written then is small.
 */
#include <string.h>

#include "gateway.h"

#define KEPT_DIGEST "promise_applied"            /* of which applied version of the promises the rows are; 0: of none */
#define KEPT_UPTO "promise_upto"                 /* how far the history was followed, ms */
#define ROUNDS_A_TICK 10
#define KEPT_OPEN "promise_open"                 /* the open tickets up to this one were reckoned for it; -1: all of them */

static int64_t first_due(const struct sla_clocks *clocks)
{
	int64_t due = 0;
	for (size_t i = 0; i < clocks->count; i++) {
		const struct sla_clock *clock = &clocks->at[i];
		bool never = (clock->paused && !clock->missed) || clock->due >= PROMISE_NEVER / 1000;
		int64_t at = never ? PROMISE_NEVER : clock->due * 1000;
		if (!clock->over && (!due || at < due))
			due = at;
	}
	return due;
}

enum status gateway_promise_row(const struct promise_book *book, struct store *store, struct arena *arena, int64_t ticket, int64_t now, struct promise_row *row,
                                struct error *error)
{
	struct ticket_row whole;
	struct sla_clocks clocks = {0};
	enum status status = store_ticket(store, arena, ticket, &whole, error);
	*row = (struct promise_row){.ticket = ticket};
	if (status != STATUS_OK)
		return status;
	if (!whole.facts.merged_into)
		gateway_clocks_of(arena, book, store, &whole, now, &clocks);
	row->due = first_due(&clocks);
	row->step = gateway_steps_of(arena, &whole, &clocks, now, NULL);
	return STATUS_OK;
}

static enum status reckon_all(const struct promise_book *book, struct store *store, struct arena *arena, const struct changed_tickets *tickets, int64_t now,
                              struct promise_changes *changes, struct error *error)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < tickets->count && status == STATUS_OK; i++)
		status = gateway_promise_row(book, store, arena, tickets->at[i].ticket, now, ARENA_PUSH(arena, &changes->rows), error);
	return status;
}

/* Nobody writes a line of the history with an earlier moment than the clock shows now: the very last one may have company yet. */
static void follow_to(struct promise_changes *changes, const struct changed_tickets *changed, int64_t now)
{
	int64_t last = changed->count ? changed->at[changed->count - 1].at : 0;
	if (last)
		changes->upto = last < now ? last : now - 1;
}

enum status gateway_promises_look(const struct promise_book *book, struct store *store, struct arena *arena, struct promise_changes *changes, struct error *error)
{
	struct changed_tickets open = {0}, changed = {0};
	int64_t digest = book->promises ? book->applied : 0, kept = 0, now = clock_now();
	enum status status = store_number_get(store, KEPT_DIGEST, &kept, error);
	*changes = (struct promise_changes){.digest = digest, .upto = now - 1};
	changes->fresh = kept != digest;
	if (status == STATUS_OK && changes->fresh && kept)       /* what happened until now is still to be followed: it may have closed some */
		status = store_number_get(store, KEPT_UPTO, &changes->upto, error);
	if (status != STATUS_OK || changes->fresh || !digest) {
		changes->more = changes->fresh && digest;
		return status;
	}
	if ((status = store_number_get(store, KEPT_UPTO, &changes->upto, error)) != STATUS_OK || (status = store_number_get(store, KEPT_OPEN, &changes->open, error)) != STATUS_OK)
		return status;
	int64_t upto = changes->upto, from = changes->open;
	if (changes->upto >= now)                        /* the clock was set back */
		changes->upto = now - 1;
	if (changes->open >= 0 && (status = store_open_tickets(store, arena, changes->open, PROMISES_AT_ONCE, &open, error)) == STATUS_OK)
		changes->open = open.count ? open.at[open.count - 1].ticket : -1;
	if (status == STATUS_OK)
		status = store_changed_since(store, arena, changes->upto, PROMISES_AT_ONCE, &changed, error);
	if (status == STATUS_OK && (status = reckon_all(book, store, arena, &open, now, changes, error)) == STATUS_OK)
		status = reckon_all(book, store, arena, &changed, now, changes, error);
	follow_to(changes, &changed, now);
	changes->more = open.count || changes->upto > upto;
	changes->nothing = !changes->rows.count && changes->upto == upto && changes->open == from;
	return status;
}

enum status gateway_promises_keep(struct store *store, const struct promise_changes *changes, struct error *error)
{
	enum status status = STATUS_OK;
	if (changes->fresh && !changes->digest)
		status = store_promise_forget(store, error);
	for (size_t i = 0; i < changes->rows.count && status == STATUS_OK; i++)
		status = store_promise_set(store, &changes->rows.at[i], error);
	if (status == STATUS_OK && changes->fresh)
		status = store_number_set(store, KEPT_DIGEST, changes->digest, error);
	if (status == STATUS_OK)
		status = store_number_set(store, KEPT_UPTO, changes->upto, error);
	return status == STATUS_OK ? store_number_set(store, KEPT_OPEN, changes->open, error) : status;
}

/* ---- fsck ---- */

struct checking { const struct promise_book *book; struct store *store; int64_t upto, now; struct strings *findings; struct arena *arena; };

/* What something happened to since is not followed yet. */
static enum status check_row(struct checking *c, int64_t ticket, int64_t kept, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = {0};
	struct ticket_row whole;
	struct promise_row row;
	enum status status = store_story_of(c->store, &scratch, ticket, &whole, error);
	if (status != STATUS_OK || (whole.history.count && whole.history.at[whole.history.count - 1].at > c->upto))
		return status;
	if ((status = gateway_promise_row(c->book, c->store, &scratch, ticket, c->now, &row, error)) == STATUS_OK && row.due != kept)
		strings_add(c->arena, c->findings, arena_printf(c->arena, "ticket %lld: its promise is kept as due %lld, its history says %lld", (long long)ticket, (long long)kept, (long long)row.due));
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status check_kept(struct checking *c, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct promise_rows rows;
	int64_t after = 0;
	enum status status;
	do {
		if ((status = store_promises(c->store, &arena, after, PROMISES_AT_ONCE, &rows, error)) != STATUS_OK)
			return status;
		for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
			status = check_row(c, after = rows.at[i].ticket, rows.at[i].due, error);
		arena_reset(&arena);
	} while (status == STATUS_OK && rows.count);
	return status;
}

static enum status check_open(struct checking *c, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct changed_tickets open;
	int64_t after = 0;
	enum status status;
	do {
		if ((status = store_open_tickets(c->store, &arena, after, PROMISES_AT_ONCE, &open, error)) != STATUS_OK)
			return status;
		for (size_t i = 0; i < open.count && status == STATUS_OK; i++) {
			struct promise_row kept;
			if ((status = store_promise_get(c->store, after = open.at[i].ticket, &kept, error)) == STATUS_OK && !kept.due)
				status = check_row(c, after, 0, error);
		}
		arena_reset(&arena);
	} while (status == STATUS_OK && open.count);
	return status;
}

enum status gateway_promises_check(const struct promise_book *book, struct store *store, struct arena *arena, struct strings *findings, struct error *error)
{
	struct checking checking = {.book = book, .store = store, .now = clock_now(), .findings = findings, .arena = arena};
	int64_t kept = 0, open = 0;
	enum status status = store_number_get(store, KEPT_DIGEST, &kept, error);
	if (status == STATUS_OK)
		status = store_number_get(store, KEPT_UPTO, &checking.upto, error);
	if (status == STATUS_OK)
		status = store_number_get(store, KEPT_OPEN, &open, error);
	if (status != STATUS_OK || !book->promises || kept != book->applied || open >= 0)
		return status;                           /* they are not all reckoned yet */
	status = check_kept(&checking, error);
	return status == STATUS_OK ? check_open(&checking, error) : status;
}

/* ---- the daemon's ---- */

static enum status keep(struct store *store, void *context, struct error *error)
{
	return gateway_promises_keep(store, context, error);
}

/* Looks with a connection of its own, on whoever's thread this is; only what came out goes to the writer. */
void gateway_promises_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	struct error error;
	struct promise_book *book;
	bool more = gateway_book_of(gateway, config, store, &book, &error) == STATUS_OK;
	if (!more && !store_has_said(gateway->writer, &error))
		log_event(LOG_WARNING, "promises.trouble", "why", error.text, NULL);
	for (int round = 0; round < ROUNDS_A_TICK && more; round++) {
		CLEANUP_ARENA struct arena arena = {0};
		struct promise_changes changes;
		enum status status = gateway_promises_look(book, store, &arena, &changes, &error);
		if (status == STATUS_OK && !changes.nothing && (changes.digest || changes.fresh))
			status = store_write(gateway->writer, keep, &changes, &error);
		if (status != STATUS_OK && !store_has_said(gateway->writer, &error))
			log_event(LOG_WARNING, "promises.trouble", "why", error.text, NULL);
		more = status == STATUS_OK && changes.more;
	}
}
