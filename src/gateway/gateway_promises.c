/*
 * gateway_promises.c - keeps beside each ticket when the first of its clocks is due, so that what is overdue, what is due soon and whom to tell are
 * found among a million without asking each.
 *
 * Off the commit path: it follows the history in order of time, and reckons anew what something happened to. Another configuration of promises is
 * followed by all open tickets, a piece at a time. Where nothing is promised, nothing is done. Looking needs no transaction that writes; what is
 * written then is small.
 */
#include <string.h>

#include "gateway.h"

#define KEPT_DIGEST "promise_config"             /* of which configuration of promises the rows are */
#define KEPT_UPTO "promise_upto"                 /* how far the history was followed, ms */
#define ROUNDS_A_TICK 10
#define KEPT_OPEN "promise_open"                 /* the open tickets up to this one were reckoned for it; -1: all of them */

/* Of all that promises are reckoned by; 0: nothing is promised. */
static int64_t digest_of(const struct config *config)
{
	CLEANUP_BUFFER struct buffer text = {0};
	unsigned char digest[SHA256_SIZE];
	int64_t number;
	if (!config->promises.count)
		return 0;
	config_write_promises(config, &text);
	sha256_of(text.at, text.length, digest);
	memcpy(&number, digest, sizeof number);
	return number ? number : 1;
}

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

enum status gateway_promise_row(const struct config *config, struct store *store, struct arena *arena, int64_t ticket, int64_t now, struct promise_row *row,
                                struct error *error)
{
	struct ticket_row whole;
	struct sla_clocks clocks = {0};
	enum status status = store_ticket(store, arena, ticket, &whole, error);
	*row = (struct promise_row){.ticket = ticket};
	if (status != STATUS_OK)
		return status;
	if (!whole.facts.merged_into)
		gateway_clocks_of(arena, config, &whole, now, &clocks);
	row->due = first_due(&clocks);
	row->step = gateway_steps_of(arena, &whole, &clocks, now, NULL);
	return STATUS_OK;
}

static enum status reckon_all(const struct config *config, struct store *store, struct arena *arena, const struct changed_tickets *tickets, int64_t now,
                              struct promise_changes *changes, struct error *error)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < tickets->count && status == STATUS_OK; i++)
		status = gateway_promise_row(config, store, arena, tickets->at[i].ticket, now, ARENA_PUSH(arena, &changes->rows), error);
	return status;
}

/* Nobody writes a line of the history with an earlier moment than the clock shows now: the very last one may have company yet. */
static void follow_to(struct promise_changes *changes, const struct changed_tickets *changed, int64_t now)
{
	int64_t last = changed->count ? changed->at[changed->count - 1].at : 0;
	if (last)
		changes->upto = last < now ? last : now - 1;
}

enum status gateway_promises_look(const struct config *config, struct store *store, struct arena *arena, struct promise_changes *changes, struct error *error)
{
	struct changed_tickets open = {0}, changed = {0};
	int64_t digest = digest_of(config), kept = 0, now = clock_now();
	enum status status = store_number_get(store, KEPT_DIGEST, &kept, error);
	*changes = (struct promise_changes){.digest = digest, .upto = now - 1};
	changes->fresh = kept != digest;
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
	if (status == STATUS_OK && (status = reckon_all(config, store, arena, &open, now, changes, error)) == STATUS_OK)
		status = reckon_all(config, store, arena, &changed, now, changes, error);
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

/* ---- the daemon's ---- */

static enum status keep(struct store *store, void *context, struct error *error)
{
	return gateway_promises_keep(store, context, error);
}

/* Looks with a connection of its own, on whoever's thread this is; only what came out goes to the writer. */
void gateway_promises_tick(struct gateway *gateway, const struct config *config, struct store *store)
{
	struct error error;
	bool more = true;
	if (!config->promises.count && gateway->promises_of == config->made)
		return;
	for (int round = 0; round < ROUNDS_A_TICK && more; round++) {
		CLEANUP_ARENA struct arena arena = {0};
		struct promise_changes changes;
		enum status status = gateway_promises_look(config, store, &arena, &changes, &error);
		if (status == STATUS_OK && !changes.nothing && (changes.digest || changes.fresh))
			status = store_write(gateway->writer, keep, &changes, &error);
		if (status != STATUS_OK && store_writer_healthy(gateway->writer))
			log_event(LOG_WARNING, "promises.trouble", "why", error.text, NULL);
		more = status == STATUS_OK && changes.more;
		if (status == STATUS_OK)
			gateway->promises_of = config->made;
	}
}
