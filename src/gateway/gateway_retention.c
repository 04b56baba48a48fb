/*
 * gateway_retention.c - what the configuration lets go of (retention[], retention_sent_days), looked for and done a few tickets at a time, with rests.
 *
 * The strongest rule comes first: a ticket that loses its words needs no look at its files. Looking and reading mails is done outside of every
 * transaction, with a connection of one's own; what is written is a transaction of some milliseconds, after which this rests longer than it wrote, so that mail
 * comes in as always. May be broken off after any of them and begun again: what is done is marked (store_retention.c). A dry run looks the same way, and
 * writes nothing.
 */
#include <string.h>

#include "gateway.h"
#include "outbox.h"

#define PORTION_US 8000                  /* so long a transaction goes on to the next ticket: the mail that waits for it adds that to its own */
#define PORTION_TICKETS 16               /* looked at together, */
#define PORTION_BYTES (8LL << 20)        /* unless their mails are large */
#define REST_LEAST_MS 26                 /* behind it: mails that waited are written before the next one */
#define REST_MOST_MS 250
#define REST_SHARE 3                     /* rests that many times as long as it worked */
#define DAY_MS (24LL * 60 * 60 * 1000)

struct rule { struct retention_rule rule; struct retention_count *count; };

static bool rest(struct gateway_retention *run, int64_t worked_us)
{
	int64_t ms = worked_us * REST_SHARE / 1000;
	return run->rest(run->context, (int)(ms < REST_LEAST_MS ? REST_LEAST_MS : ms > REST_MOST_MS ? REST_MOST_MS : ms));
}

/* ---- writing: the daemon's writer, or our own connection ---- */

static enum status write_down(struct gateway_retention *run, store_job job, void *context, struct error *error)
{
	if (run->writer)
		return store_write(run->writer, job, context, error);
	enum status status = store_begin(run->store, error);
	if (status != STATUS_OK)
		return status;
	if ((status = job(run->store, context, error)) == STATUS_OK)
		return store_commit(run->store, error);
	store_rollback(run->store);
	return status;
}

struct ready { const struct places_missing *missing; size_t done; };

static enum status get_ready(struct store *store, void *context, struct error *error)
{
	struct ready *ready = context;
	return store_places_write(store, ready->missing, clock_monotonic_us() + PORTION_US, &ready->done, error);
}

static enum status write_missing(struct gateway_retention *run, struct places_missing *missing, struct error *error)
{
	do {
		struct ready ready = {missing, 0};
		int64_t start = clock_monotonic_us();
		enum status status = write_down(run, get_ready, &ready, error);
		if (status != STATUS_OK)
			return status;
		missing->done = ready.done;
		run->stopped = !rest(run, clock_monotonic_us() - start);
	} while (missing->done < missing->count && !run->stopped);
	return STATUS_OK;
}

static enum status table_ready(struct gateway_retention *run, int table, struct error *error)
{
	struct places_missing missing = {.rows = PLACES_WORTH_IT};
	enum status status = STATUS_OK;
	while (missing.rows >= PLACES_WORTH_IT && !run->stopped && status == STATUS_OK) {
		CLEANUP_ARENA struct arena arena = {0};
		status = store_places_look_up(run->store, &arena, table, &missing, error);
		if (status == STATUS_OK && missing.rows)
			status = write_missing(run, &missing, error);
	}
	return status;
}

/* A dry run, too: what is to go is found by it. */
static enum status all_ready(struct gateway_retention *run, struct error *error)
{
	enum status status = STATUS_OK;
	for (int table = 0; table < PLACES_TABLES && !run->stopped && status == STATUS_OK; table++)
		status = table_ready(run, table, error);
	return status;
}

/* ---- some tickets ---- */

/* Tickets that were looked at, and are written a few milliseconds at a time: each alone would wait for the disk as often. */
struct one { int64_t ticket; struct retention_drops drops; struct retention_count count; bool done; struct strings files; };
struct portion { struct arena *arena; const struct rule *rule; const struct query *hold; struct one at[PORTION_TICKETS]; size_t count, written, reached; int64_t bytes; };

static void read_mail(const struct gateway_retention *run, struct arena *arena, int64_t raw, struct mail *mail, enum status *status, struct error *error)
{
	const struct outbox_answered notices = {run->store, run->policy, &run->config->templates};
	const struct mail_options whole = {.authserv_id = run->config->authserv_id, .answered = outbox_answered, .answered_context = &notices};
	*status = store_mail(run->store, arena, raw, &whole, mail, error);
}

/* Which of these mails go, each with what stays of it. One that cannot be read stays as it is: fsck of the database says why. */
static void choose_mails(struct gateway_retention *run, struct arena *arena, const struct rule *rule, const struct retention_mails *mails, struct retention_drops *drops,
                         struct retention_count *count)
{
	for (size_t i = 0; i < mails->count; i++) {
		struct mail *mail = ARENA_NEW(arena, struct mail);
		enum status read = STATUS_OK;
		struct error why;
		if (rule->rule.what != RETENTION_WORDS)
			read_mail(run, arena, mails->at[i].raw, mail, &read, &why);
		if (read != STATUS_OK || (rule->rule.what == RETENTION_ATTACHMENTS && !mail->attachments.count))
			continue;
		*ARENA_PUSH(arena, drops) = (struct retention_drop){mails->at[i].raw, mail, mails->at[i].mailbox};
		count->mails += mails->at[i].raw != 0;
		count->bytes += mails->at[i].size;
	}
}

static bool goes_with(const struct portion *portion, int64_t raw)
{
	for (size_t i = 0; i < portion->count; i++)
		for (size_t k = 0; k < portion->at[i].drops.count; k++)
			if (portion->at[i].drops.at[k].raw == raw)
				return true;
	return false;
}

/* A mail of two tickets goes once. */
static void leave_out_those_before(const struct portion *portion, struct retention_mails *mails)
{
	size_t kept = 0;
	for (size_t i = 0; i < mails->count; i++)
		if (!goes_with(portion, mails->at[i].raw))
			mails->at[kept++] = mails->at[i];
	mails->count = kept;
}

static enum status choose(struct gateway_retention *run, const struct portion *portion, struct one *one, struct error *error)
{
	struct retention_mails mails;
	enum status status = store_retention_mails(run->store, portion->arena, &portion->rule->rule, run->config->retention_held, one->ticket, &mails, error);
	if (status != STATUS_OK)
		return status;
	leave_out_those_before(portion, &mails);
	choose_mails(run, portion->arena, portion->rule, &mails, &one->drops, &one->count);
	return STATUS_OK;
}

static enum status let_go(struct store *store, void *context, struct error *error)
{
	struct portion *portion = context;
	int64_t until = clock_monotonic_us() + PORTION_US;
	enum status status = STATUS_OK;
	portion->reached = portion->written;
	do {
		struct one *one = &portion->at[portion->reached];
		status = store_retention_ticket(store, portion->arena, &portion->rule->rule, portion->hold, one->ticket, &one->drops, &one->done, &one->files, error);
	} while (status == STATUS_OK && ++portion->reached < portion->count && clock_monotonic_us() < until);
	return status;
}

static void add(struct retention_count *to, const struct retention_count *more)
{
	to->tickets += more->tickets;
	to->mails += more->mails;
	to->bytes += more->bytes;
}

static void follow(struct gateway_retention *run, const struct rule *rule, const struct one *one)
{
	if (!one->done)
		return;
	store_retention_files(run->store, &one->files);
	add(rule->count, &one->count);
	run->words_gone |= rule->rule.what == RETENTION_WORDS;
	run->any_gone = true;
	if (run->changed && (one->drops.count || rule->rule.what == RETENTION_WORDS))
		run->changed(run->context, one->ticket);
}

static enum status write_portion(struct gateway_retention *run, struct portion *portion, struct error *error)
{
	enum status status = STATUS_OK;
	while (portion->written < portion->count && !run->stopped) {
		int64_t start = clock_monotonic_us();
		if ((status = write_down(run, let_go, portion, error)) != STATUS_OK)
			break;
		int64_t worked = clock_monotonic_us() - start;
		for (; portion->written < portion->reached; portion->written++)
			follow(run, portion->rule, &portion->at[portion->written]);
		run->stopped = !rest(run, worked);
	}
	return status;
}

static enum status look_at_ticket(struct gateway_retention *run, struct portion *portion, int64_t ticket, struct error *error)
{
	const struct rule *rule = portion->rule;
	struct one one = {.ticket = ticket, .count = {.tickets = 1}};
	bool held = false;
	enum status status = store_retention_held(run->store, portion->arena, ticket, run->config->retention_held, &held, error);
	rule->count->held += held;
	if (status != STATUS_OK || held)
		return status;
	status = choose(run, portion, &one, error);
	if (rule->rule.what != RETENTION_WORDS && !one.drops.count)
		one.count.tickets = 0;
	if (status == STATUS_OK && run->dry)
		add(rule->count, &one.count);
	else if (status == STATUS_OK)
		portion->at[portion->count++] = one;
	portion->bytes += one.count.bytes;
	return status;
}

/* ---- all of them ---- */

/* In a dry run: what a stronger rule takes is not counted again. */
static bool is_taken(struct gateway_retention *run, int64_t ticket, bool take)
{
	size_t at = (size_t)(ticket / 8);
	unsigned char bit = (unsigned char)(1u << (ticket % 8));
	if (!run->dry)
		return false;
	while (run->taken.length <= at)
		buffer_add_char(&run->taken, '\0');
	bool was = (unsigned char)run->taken.at[at] & bit;
	if (take)
		run->taken.at[at] = (char)((unsigned char)run->taken.at[at] | bit);
	return was;
}

/* *count: how many of them it took. */
static enum status follow_some(struct gateway_retention *run, const struct rule *rule, const int64_t *tickets, size_t *count, struct error *error)
{
	CLEANUP_ARENA struct arena arena = {0};
	struct portion portion = {.arena = &arena, .rule = rule, .hold = run->config->retention_held};
	size_t all = *count;
	enum status status = STATUS_OK;
	for (*count = 0; *count < all && portion.count < PORTION_TICKETS && portion.bytes < PORTION_BYTES && status == STATUS_OK; ++*count)
		if (!is_taken(run, tickets[*count], true))
			status = look_at_ticket(run, &portion, tickets[*count], error);
	return status == STATUS_OK ? write_portion(run, &portion, error) : status;
}

static enum status follow_rule(struct gateway_retention *run, const struct rule *rule, struct error *error)
{
	int64_t upto = 0;
	enum status status = STATUS_OK;
	do {
		CLEANUP_ARENA struct arena arena = {0};
		struct ticket_ids ids;
		status = store_retention_due(run->store, &arena, &rule->rule, &upto, &ids, error);
		for (size_t i = 0, count; status == STATUS_OK && i < ids.count && !run->stopped; i += count) {
			count = ids.count - i;
			status = follow_some(run, rule, ids.at + i, &count, error);
		}
		if (upto && !run->stopped)
			run->stopped = !rest(run, 0);
	} while (status == STATUS_OK && upto && !run->stopped);
	return status;
}

/* ---- mails on no ticket: of rules that are for every queue, as if they were closed ---- */

struct loose { struct arena *arena; const struct rule *rule; int64_t last; const struct retention_drops *drops; struct strings files; };

static enum status let_loose_go(struct store *store, void *context, struct error *error)
{
	struct loose *loose = context;
	return store_retention_loose_gone(store, loose->arena, &loose->rule->rule, loose->last, loose->drops, &loose->files, error);
}

static enum status follow_loose(struct gateway_retention *run, const struct rule *rule, struct error *error)
{
	int64_t upto = 0, from;
	enum status status = STATUS_OK;
	do {
		CLEANUP_ARENA struct arena arena = {0};
		struct retention_mails mails;
		struct retention_drops drops = {0};
		struct retention_count count = {0};
		struct loose loose = {&arena, rule, 0, &drops, {0}};
		from = upto;
		status = store_retention_loose(run->store, &arena, &rule->rule, &upto, &loose.last, &mails, error);
		if (status == STATUS_OK)
			choose_mails(run, &arena, rule, &mails, &drops, &count);
		int64_t start = clock_monotonic_us();
		if (status == STATUS_OK && !run->dry && loose.last != from && (drops.count || upto))
			status = write_down(run, let_loose_go, &loose, error);
		if (status != STATUS_OK)
			return status;
		if (!run->dry)
			store_retention_files(run->store, &loose.files);
		add(rule->count, &count);
		run->any_gone |= !run->dry && drops.count;
		if (upto)
			run->stopped = !rest(run, clock_monotonic_us() - start);
	} while (upto && !run->stopped);
	return status;
}

struct sending { struct arena *arena; int64_t before, upto; int64_t count; };

static enum status bare(struct store *store, void *context, struct error *error)
{
	struct sending *sending = context;
	int64_t upto = sending->upto;
	sending->count = 0;
	enum status status = store_retention_sent(store, sending->arena, sending->before, false, &upto, &sending->count, error);
	if (status == STATUS_OK)
		sending->upto = upto;
	return status;
}

static enum status follow_sent(struct gateway_retention *run, struct error *error)
{
	int64_t before = run->now - run->config->retention_sent_days * DAY_MS, upto = 0;
	enum status status = STATUS_OK;
	do {
		CLEANUP_ARENA struct arena arena = {0};
		struct sending sending = {&arena, before, upto, 0};
		int64_t start = clock_monotonic_us();
		if (run->dry)
			status = store_retention_sent(run->store, &arena, before, true, &sending.upto, &sending.count, error);
		else
			status = write_down(run, bare, &sending, error);
		upto = sending.upto;
		run->sent += sending.count;
		run->any_gone |= !run->dry && sending.count;
		if (upto)
			run->stopped = !rest(run, clock_monotonic_us() - start);
	} while (status == STATUS_OK && upto && !run->stopped);
	return status;
}

enum status gateway_retention_run(struct gateway_retention *run, struct arena *arena, struct error *error)
{
	static const enum retention_what strongest_first[] = {RETENTION_WORDS, RETENTION_RAW, RETENTION_ATTACHMENTS};
	const struct config *config = run->config;
	enum status status = config->retention.count ? all_ready(run, error) : STATUS_OK;
	run->now = clock_now();
	for (size_t i = 0; i < config->retention.count; i++)
		*ARENA_PUSH(arena, &run->counts) = (struct retention_count){0};
	for (size_t k = 0; k < COUNT_OF(strongest_first); k++)
		for (size_t i = 0; i < config->retention.count && status == STATUS_OK && !run->stopped; i++) {
			const struct config_retention *of = &config->retention.at[i];
			struct rule rule = {{(enum retention_what)(of->what + 1), of->queue, of->state, run->now - of->days * DAY_MS}, &run->counts.at[i]};
			if (rule.rule.what == strongest_first[k])
				status = follow_rule(run, &rule, error);
			if (rule.rule.what == strongest_first[k] && status == STATUS_OK && !run->stopped && !*of->queue && !strcmp(of->state, "closed"))
				status = follow_loose(run, &rule, error);
		}
	if (status == STATUS_OK && config->retention_sent_days && !run->stopped)
		status = follow_sent(run, error);
	if (run->any_gone) {
		struct error finishing;
		if (store_retention_finish(run->store, run->words_gone, status == STATUS_OK ? error : &finishing) != STATUS_OK && status == STATUS_OK)
			status = STATUS_TRY_LATER;
	}
	buffer_fini(&run->taken);
	return status;
}
