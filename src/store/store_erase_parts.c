/*
 * store_erase_parts.c - erases what was ordered; a customer with very many tickets, or a ticket with very many messages, in parts, so that mails go on coming in between; and finishes what was begun.
 *
 * One transaction holds the writer: a thousand tickets take a second or more. So of who has many, some tickets at a time are erased, each part in a transaction of its own with a rest
 * behind it, and then all that is left of him at once (store_erase.c); tickets of others in which he takes part go the same way, if they are many. Of a ticket with thousands of messages these, its
 * deliveries, outgoing mails and lines of history go some at a time before the rest of it. A dry run takes the same way, and rolls each part back. That it is begun is written down first (`erasure`, not done, and meta `erasing`); who finds it begun
 * and untouched for a minute (the daemon, `erase finish`) goes on with it: after a kill it is finished, never half forgotten.
 */
#include "store_private.h"

#include <time.h>

#define WHOLE_MOST   200                 /* tickets of a customer that go in one transaction */
#define PART_TICKETS 20                  /* some ten milliseconds; the rest behind it is of the same length, so that who waits for the writer finds it free soon */
#define PART_MESSAGES 100                /* no further ticket after so many */
#define NEAR_MOST 50                     /* tickets of others that are cleaned in one transaction with the rest of him */
#define PART_NEAR 10                     /* or so many in each part */
#define TICKET_MOST   1000               /* messages of a ticket that go in one transaction */
#define REST_LEAST_US 5000
#define REST_MOST_US 500000
#define ABANDONED_MS 60000               /* who works at it says so at each part */
#define RESUME_US    1000000             /* of the keeper's round */

/* upto: the last ticket that is done. */
struct parts { struct store *store; struct arena *arena; const struct erase_order *order; struct strings addresses; struct customer_ids tickets, near; size_t at, near_at; int64_t upto; struct erased *out; bool dry, resumed; struct error *error; };

static enum status look_if_large(struct parts *p, bool *large)
{
	int64_t messages = 0;
	enum status status = STATUS_OK;

	*large = p->tickets.count > WHOLE_MOST || p->near.count > NEAR_MOST;
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

static enum status next_thin(struct parts *p, int64_t ticket, enum erase_thin what, struct erase_thinned *thinned, bool *more)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased = { 0 };
	int64_t began;
	enum status status = store_begin(p->store, p->error);

	began = clock_monotonic_us();
	if (status != STATUS_OK)
		return status;
	status = store_erase_thin(p->store, &arena, p->order, ticket, what, p->dry, thinned, more, &erased, p->error);
	if (status == STATUS_OK && !p->dry)
		status = note(p);
	if ((status = end(p, status)) == STATUS_OK && !p->dry)
		status = store_erase_files(p->store, &arena, p->error);
	store_erased_add(p->arena, p->out, &erased);
	rest_after(began);
	return status;
}

static enum status thin_out(struct parts *p, int64_t ticket, struct erase_thinned *thinned)
{
	enum status status = STATUS_OK;

	*thinned = (struct erase_thinned){ 0 };
	for (int what = 0; what < ERASE_THINS && status == STATUS_OK; what++)
		for (bool more = true; more && status == STATUS_OK;)
			status = next_thin(p, ticket, (enum erase_thin)what, thinned, &more);
	return status;
}

/* How many tickets go next: what a part costs grows with their messages. One with very many goes alone, *large. */
static enum status next_count(struct parts *p, size_t *count, bool *large)
{
	int64_t messages = 0;
	enum status status = STATUS_OK;

	*large = false;
	for (*count = 0; status == STATUS_OK && messages < PART_MESSAGES && *count < PART_TICKETS && p->at + *count < p->tickets.count; ++*count) {
		int64_t has = 0;

		status = engine_number(p->store->engine, p->error, &has, 0, SQL_MESSAGES_COUNT, "i", p->tickets.at[p->at + *count]);
		*large = has > TICKET_MOST && *count == 0;
		if (has > TICKET_MOST && *count)
			break;
		messages += has;
	}
	return status;
}

typedef enum status (*part_step)(struct store *, struct arena *, const struct erase_order *, const struct erase_part *, struct erased *, struct error *);

/* Files go behind each part: the next one forgets which they were. upto: the last of his tickets that is done with it. */
static enum status run_part(struct parts *p, part_step step, const struct erase_part *part, int64_t upto)
{
	int64_t began;
	CLEANUP_ARENA struct arena arena = { 0 };
	struct erased erased = { 0 };
	enum status status = store_begin(p->store, p->error);

	began = clock_monotonic_us();            /* to wait for others is no work */
	if (status != STATUS_OK)
		return status;
	status = step(p->store, &arena, p->order, part, &erased, p->error);
	if (status == STATUS_OK && !p->dry)
		p->upto = upto, status = note(p);
	if ((status = end(p, status)) == STATUS_OK && !p->dry)
		status = store_erase_files(p->store, &arena, p->error);
	store_erased_add(p->arena, p->out, &erased);
	rest_after(began);
	return status;
}

static enum status next_part(struct parts *p)
{
	struct erase_part part = { .all = &p->tickets, .addresses = &p->addresses, .tickets = p->tickets.at + p->at };
	struct erase_thinned thinned;
	bool large = false;
	enum status status = next_count(p, &part.count, &large);

	if (status == STATUS_OK && large) {
		status = thin_out(p, part.tickets[0], &thinned);
		part.thinned = &thinned;
	}
	if (status == STATUS_OK)
		status = run_part(p, store_erase_part, &part, part.tickets[part.count - 1]);
	p->at += part.count;
	return status;
}

static enum status next_near(struct parts *p)
{
	struct erase_part part = { .all = &p->tickets, .addresses = &p->addresses, .tickets = p->near.at + p->near_at };

	part.count = p->near.count - p->near_at < PART_NEAR ? p->near.count - p->near_at : PART_NEAR;
	p->near_at += part.count;
	return run_part(p, store_erase_near_part, &part, p->upto);
}

static bool parts_left(const struct parts *p)
{
	return p->at < p->tickets.count || (p->near.count > NEAR_MOST && p->near_at < p->near.count);
}

static enum status next(struct parts *p)
{
	return p->at < p->tickets.count ? next_part(p) : next_near(p);
}

/* In a dry run all is still there: the last part must not count again what the others had. */
static enum status rest_of_customer(struct parts *p)
{
	struct customer_ids all = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < p->tickets.count; i++) {
		for (; p->dry && n < p->near_at && p->near.at[n] < p->tickets.at[i]; n++)
			*ARENA_PUSH(p->arena, &all) = p->near.at[n];
		*ARENA_PUSH(p->arena, &all) = p->tickets.at[i];
	}
	for (; p->dry && n < p->near_at; n++)
		*ARENA_PUSH(p->arena, &all) = p->near.at[n];
	return store_erase_whole(p->store, p->arena, p->order, &all, NULL, p->dry, p->out, p->error);
}

static enum status begin(struct parts *p)
{
	enum status status = store_places_catch_up(p->store, p->error);

	if (status == STATUS_OK)
		status = store_erase_tickets_of(p->store, p->arena, p->order->customer, &p->addresses, &p->tickets, p->error);
	return status == STATUS_OK ? store_erase_near_of(p->store, p->arena, &p->addresses, &p->tickets, &p->near, p->error) : status;
}

/* Before the first part of a ticket. */
static enum status begin_ticket(struct parts *p)
{
	enum status status;

	*ARENA_PUSH(p->arena, &p->tickets) = p->order->ticket;
	if ((status = check_hold(p)) == STATUS_OK)
		status = engine_forgets(p->store->engine, p->error);
	if (status == STATUS_OK)
		status = store_places_catch_up(p->store, p->error);
	return status == STATUS_OK && !p->dry ? write_down(p) : status;
}

/* The messages of a ticket that has very many go before it. */
static enum status erase_ticket(struct parts *p)
{
	const struct customer_ids none = { 0 };
	struct erase_thinned thinned;
	int64_t messages = 0, ticket = p->order->ticket;
	enum status status = engine_number(p->store->engine, p->error, &messages, 0, SQL_MESSAGES_COUNT, "i", ticket);
	bool many = messages > TICKET_MOST;

	if (status == STATUS_OK && many && !p->resumed)
		status = begin_ticket(p);
	if (status == STATUS_OK && many)
		status = thin_out(p, ticket, &thinned);
	return status == STATUS_OK ? store_erase_whole(p->store, p->arena, p->order, many ? &none : NULL, many ? &thinned : NULL, p->dry, p->out, p->error) : status;
}

/* A contact is found by keys that a connection reads when it first needs them: a second where they are many, and not while it holds the writer. */
static enum status get_ready(struct store *store, struct error *error)
{
	bool began;
	enum status status = store_read_begin(store, &began, error);

	if (status == STATUS_OK)
		status = engine_keys_ready(store->engine, error);
	store_read_end(store, began);
	return status;
}

enum status store_erase(struct store *store, struct arena *arena, const struct erase_order *order, bool dry, struct erased *erased, struct error *error)
{
	struct parts p = { .store = store, .arena = arena, .order = order, .out = erased, .dry = dry, .error = error };
	bool large = false;
	enum status status = get_ready(store, error);

	*erased = (struct erased){ 0 };
	if (status == STATUS_OK && order->what == ERASE_TICKET)
		return erase_ticket(&p);
	if (status == STATUS_OK && order->what == ERASE_CUSTOMER)
		status = begin(&p);
	if (status == STATUS_OK && order->what == ERASE_CUSTOMER)
		status = look_if_large(&p, &large);
	if (status != STATUS_OK || !large)
		return status == STATUS_OK ? store_erase_whole(store, arena, order, NULL, NULL, dry, erased, error) : status;
	if ((status = check_hold(&p)) == STATUS_OK)
		status = engine_forgets(store->engine, error);
	if (status == STATUS_OK && !dry)
		status = write_down(&p);
	while (status == STATUS_OK && parts_left(&p))
		status = next(&p);
	return status == STATUS_OK ? rest_of_customer(&p) : status;
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
	while (status == STATUS_OK && parts_left(&p) && clock_monotonic_us() < until)
		status = next(&p);
	*left = parts_left(&p);
	return status == STATUS_OK && !*left ? rest_of_customer(&p) : status;
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
