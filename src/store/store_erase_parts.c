/*
 * store_erase_parts.c - erases what was ordered; a customer with very many tickets, or a ticket with very many messages, in parts, so that mails go on coming in between; and finishes what was begun.
 *
 * One transaction holds the writer: a thousand tickets take a second or more. So of who has many, some tickets at a time are erased, each part in a transaction of its own with a rest
 * behind it, and then all that is left of him at once (store_erase.c). Of a ticket with thousands of messages these go some at a time before the rest of it. That it is begun is written down first (`erasure`, not done, and meta `erasing`); who finds it begun
 * and untouched for a minute (the daemon, `erase finish`) goes on with it: after a kill it is finished, never half forgotten.
 */
#include "store_private.h"

#include <time.h>

#define WHOLE_MOST   200                 /* tickets of a customer that go in one transaction */
#define PART_TICKETS 20                  /* some ten milliseconds; the rest behind it is of the same length, so that who waits for the writer finds it free soon */
#define PART_MESSAGES 100                /* no further ticket after so many */
#define TICKET_MOST   1000               /* messages of a ticket that go in one transaction */
#define REST_LEAST_US 5000
#define REST_MOST_US 500000
#define ABANDONED_MS 60000               /* who works at it says so at each part */
#define RESUME_US    1000000             /* of the keeper's round */

/* upto: the last ticket that is done. */
struct parts { struct store *store; struct arena *arena; const struct erase_order *order; struct strings addresses; struct customer_ids tickets; size_t at; int64_t upto; struct erased *out; bool dry, resumed; struct error *error; };

static enum status look_if_large(struct parts *p, bool *large)
{
	int64_t messages = 0;
	enum status status = STATUS_OK;

	*large = p->tickets.count > WHOLE_MOST;
	for (size_t i = 0; i < p->tickets.count && !*large && status == STATUS_OK; i++) {
		int64_t has = 0;

		status = engine_number(p->store->engine, p->error, &has, 0, SQL_MESSAGES_COUNT, "i", p->tickets.at[i]);
		*large = (messages += has) > 2 * TICKET_MOST;
	}
	return status;
}

/* Who works at it, and up to which ticket. Who goes on with it does so a little at a time, and leaves it to anybody in between. */
static enum status note(struct parts *p)
{
	enum status status = store_number_set(p->store, STORE_ERASING, p->order->what == ERASE_CUSTOMER ? p->order->customer : -p->order->ticket, p->error);

	if (status == STATUS_OK)
		status = store_number_set(p->store, STORE_ERASING_UPTO, p->upto, p->error);
	return status == STATUS_OK ? store_number_set(p->store, STORE_ERASING_AT, p->resumed ? 0 : clock_now(), p->error) : status;
}

static enum status end(struct parts *p, enum status status)
{
	if (status == STATUS_OK && !p->dry)
		return store_commit(p->store, p->error);
	store_rollback(p->store);
	return status;
}

/* Asked without a transaction: it may take its time. */
static enum status check_hold(struct parts *p)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; p->order->hold && i < p->tickets.count && status == STATUS_OK; i++) {
		CLEANUP_ARENA struct arena arena = { 0 };
		bool holds = false;

		status = store_ticket_holds(p->store, &arena, p->tickets.at[i], p->order->hold, clock_now(), &holds, p->error);
		if (status == STATUS_OK && holds)
			status = error_set(p->error, STATUS_REFUSED, "ticket %lld is held (retention_hold): nothing was erased", (long long)p->tickets.at[i]);
	}
	return status;
}

static enum status write_down(struct parts *p)
{
	enum status status = store_begin(p->store, p->error);

	if (status != STATUS_OK)
		return status;
	if ((status = store_erase_begin(p->store, p->arena, p->order, p->error)) == STATUS_OK)
		status = note(p);
	return end(p, status);
}

static void rest(int64_t us)
{
	struct timespec pause = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&pause, NULL);
}

static void rest_after(int64_t began)
{
	int64_t took = clock_monotonic_us() - began;

	rest(took < REST_LEAST_US ? REST_LEAST_US : took > REST_MOST_US ? REST_MOST_US : took);
}

static enum status next_messages(struct parts *p, int64_t ticket, int64_t first)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased = { 0 };
	int64_t began;
	enum status status = store_begin(p->store, p->error);

	began = clock_monotonic_us();
	if (status != STATUS_OK)
		return status;
	status = store_erase_messages(p->store, &arena, p->order, ticket, first, first + PART_MESSAGES, &erased, p->error);
	if (status == STATUS_OK)
		status = note(p);
	if ((status = end(p, status)) == STATUS_OK)
		status = store_erase_files(p->store, &arena, p->error);
	store_erased_add(p->arena, p->out, &erased);
	rest_after(began);
	return status;
}

/* A dry run does nothing of it: it counts the ticket as it is. */
static enum status thin_out(struct parts *p, int64_t ticket, int64_t messages)
{
	enum status status = STATUS_OK;

	for (int64_t first = 1; first <= messages && messages > TICKET_MOST && !p->dry && status == STATUS_OK; first += PART_MESSAGES)
		status = next_messages(p, ticket, first);
	return status;
}

static enum status thin_out_all(struct parts *p, size_t count)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		int64_t ticket = p->tickets.at[p->at + i], messages = 0;

		status = engine_number(p->store->engine, p->error, &messages, 0, SQL_MESSAGES_COUNT, "i", ticket);
		if (status == STATUS_OK)
			status = thin_out(p, ticket, messages);
	}
	return status;
}

/* How many tickets go next: what a part costs grows with their messages. One with very many is thinned out before. */
static enum status next_count(struct parts *p, size_t *count)
{
	int64_t messages = 0;
	enum status status = STATUS_OK;

	for (*count = 0; status == STATUS_OK && messages < PART_MESSAGES && *count < PART_TICKETS && p->at + *count < p->tickets.count; ++*count) {
		int64_t has = 0;

		status = engine_number(p->store->engine, p->error, &has, 0, SQL_MESSAGES_COUNT, "i", p->tickets.at[p->at + *count]);
		messages += has;
	}
	return status == STATUS_OK && messages > TICKET_MOST ? thin_out_all(p, *count) : status;
}

/* Files go behind each part: the next one forgets which they were. */
static enum status next_part(struct parts *p)
{
	struct erase_part part = { &p->tickets, &p->addresses, p->tickets.at + p->at, 0 };
	int64_t began;
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased = { 0 };
	enum status status = next_count(p, &part.count);

	if (status == STATUS_OK)
		status = store_begin(p->store, p->error);
	began = clock_monotonic_us();            /* to wait for others is no work */
	if (status != STATUS_OK)
		return status;
	status = store_erase_part(p->store, &arena, p->order, &part, &erased, p->error);
	if (status == STATUS_OK && !p->dry)
		p->upto = part.tickets[part.count - 1], status = note(p);
	if ((status = end(p, status)) == STATUS_OK && !p->dry)
		status = store_erase_files(p->store, &arena, p->error);
	store_erased_add(p->arena, p->out, &erased);
	p->at += part.count;
	rest_after(began);
	return status;
}

static enum status begin(struct parts *p)
{
	enum status status = store_places_catch_up(p->store, p->error);

	return status == STATUS_OK ? store_erase_tickets_of(p->store, p->arena, p->order->customer, &p->addresses, &p->tickets, p->error) : status;
}

/* The messages of a ticket that has very many go before it. */
static enum status erase_ticket(struct parts *p)
{
	const struct customer_ids none = { 0 };
	int64_t messages = 0, ticket = p->order->ticket;
	enum status status = engine_number(p->store->engine, p->error, &messages, 0, SQL_MESSAGES_COUNT, "i", ticket);
	bool many = messages > TICKET_MOST;

	if (status == STATUS_OK && many && !p->resumed) {
		*ARENA_PUSH(p->arena, &p->tickets) = ticket;
		if ((status = check_hold(p)) == STATUS_OK)
			status = engine_forgets(p->store->engine, p->error);
		if (status == STATUS_OK)
			status = store_places_catch_up(p->store, p->error);
		if (status == STATUS_OK)
			status = write_down(p);
	}
	if (status == STATUS_OK)
		status = thin_out(p, ticket, messages);
	return status == STATUS_OK ? store_erase_whole(p->store, p->arena, p->order, many ? &none : NULL, false, p->out, p->error) : status;
}

enum status store_erase(struct store *store, struct arena *arena, const struct erase_order *order, bool dry, struct erased *erased, struct error *error)
{
	struct parts p = { .store = store, .arena = arena, .order = order, .out = erased, .dry = dry, .error = error };
	bool large = false;
	enum status status = order->what == ERASE_CUSTOMER ? begin(&p) : STATUS_OK;

	*erased = (struct erased){ 0 };
	if (order->what == ERASE_TICKET && !dry)
		return erase_ticket(&p);
	if (status == STATUS_OK && order->what == ERASE_CUSTOMER)
		status = look_if_large(&p, &large);
	if (status != STATUS_OK || !large)
		return status == STATUS_OK ? store_erase_whole(store, arena, order, NULL, dry, erased, error) : status;
	if ((status = check_hold(&p)) == STATUS_OK)
		status = engine_forgets(store->engine, error);
	if (status == STATUS_OK && !dry)
		status = write_down(&p);
	while (status == STATUS_OK && p.at < p.tickets.count)
		status = next_part(&p);
	return status == STATUS_OK ? store_erase_whole(store, arena, order, &p.tickets, dry, erased, error) : status;
}

/* ---- what was begun ---- */

/* Somebody's, whose work ended in the middle: on with it, for a while. *left: it is not done yet. */
static enum status resume(struct store *store, int64_t whose, bool *left, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const struct erase_order order = { .what = ERASE_CUSTOMER, .customer = whose, .who = "desk" };
	struct erased erased = { 0 };
	const struct erase_order of_ticket = { .what = ERASE_TICKET, .ticket = -whose, .who = "desk" };
	struct parts p = { .store = store, .arena = &arena, .order = whose > 0 ? &order : &of_ticket, .out = &erased, .resumed = true, .error = error };
	int64_t until = clock_monotonic_us() + RESUME_US, done = 0;
	enum status status = store_erase_files(store, &arena, error);

	*left = false;
	if (status != STATUS_OK || whose < 0)
		return status == STATUS_OK ? erase_ticket(&p) : status;
	status = begin(&p);
	if (status == STATUS_OK)
		status = store_number_get(store, STORE_ERASING_UPTO, &done, error);
	p.upto = done;
	while (p.at < p.tickets.count && p.tickets.at[p.at] <= done)
		p.at++;
	while (status == STATUS_OK && p.at < p.tickets.count && clock_monotonic_us() < until)
		status = next_part(&p);
	*left = p.at < p.tickets.count;
	return status == STATUS_OK && !*left ? store_erase_whole(store, &arena, &order, &p.tickets, false, &erased, error) : status;
}

enum status store_erase_under_way(struct store *store, int64_t *customer, bool *worked_at, struct error *error)
{
	int64_t at = 0, now = clock_now();
	enum status status = store_number_get(store, STORE_ERASING, customer, error);

	if (status == STATUS_OK && *customer)
		status = store_number_get(store, STORE_ERASING_AT, &at, error);
	*worked_at = *customer && now - at < ABANDONED_MS && now >= at;
	return status;
}

enum status store_erase_finish(struct store *store, struct arena *arena, bool *any, struct error *error)
{
	int64_t open = 0, customer = 0;
	bool left = false, worked_at = false;
	enum status status = engine_number(store->engine, error, &open, 0, SQL_ERASURES_COUNT, "");

	*any = false;
	if (status == STATUS_OK && open)
		status = store_erase_under_way(store, &customer, &worked_at, error);
	if (status != STATUS_OK || !open || worked_at)
		return status;
	if (customer)
		status = resume(store, customer, &left, error);
	if (status != STATUS_OK || left)
		return status;
	*any = true;
	return (status = engine_forgets(store->engine, error)) == STATUS_OK ? store_erase_follow(store, arena, true, error) : status;
}
