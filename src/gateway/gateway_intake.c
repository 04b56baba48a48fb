/*
 * gateway_intake.c - a mail's way through the house, from the final dot to the replies. It may not decide anything itself.
 *
 * 250 means: this delivery is committed (WAL synced) by whoever writes. Every trouble of ours is a 4xx, and nothing is half
 * done: each recipient's delivery is undone alone. What is decided is gateway_consider.c's. Log: lmtp.accepted, lmtp.duplicate,
 * lmtp.deferred, mail.bounced, with the trace id that the outgoing mails carry on.
 */
#include <string.h>

#include "gateway.h"
#include "limits.h"
#include "outbox.h"

const double gateway_seconds_bounds[12] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

/* One delivery on its way into the store. */
struct delivery {
	struct transaction *transaction;
	struct considered *considered;
	int64_t raw;                             /* out: where its mail is kept */
};

/* Runs where the store is written, twice if need be: claim, facts, plan, apply. A reply that opens a ticket has to be asked about first. */
static enum status deliver(struct store *store, void *context, struct error *error)
{
	struct delivery *delivery = context;
	struct considered *this = delivery->considered;
	struct transaction *transaction = delivery->transaction;
	enum status status = store_claim(store, &this->incoming, this->claim, &this->duplicate, error);
	this->opens = false;
	if (status != STATUS_OK || this->duplicate)
		return status;
	if ((status = gateway_decide(&transaction->config->policy, store, &transaction->arena, this, error)) != STATUS_OK || this->opens)
		return status;
	if ((status = store_keep_raw(store, transaction->spool, &delivery->raw, error)) != STATUS_OK)
		return status;
	struct delivery_record record = {&this->incoming, this->claim, delivery->raw};
	return store_apply(store, &this->plan, &record, error);
}

/* What deliver() will read. */
static enum status rehearse(struct store *store, void *context, struct error *error)
{
	const struct delivery *delivery = context;
	const struct considered *this = delivery->considered;
	CLEANUP_ARENA struct arena arena = {0};
	return store_rehearse_mail(store, &arena, &this->incoming, &this->evidence, this->claim, error);
}

static const struct effect *disposition_of(const struct plan *plan)
{
	for (size_t i = plan->count; i > 0; i--)
		if (plan->at[i - 1].kind == EFFECT_DISPOSITION)
			return &plan->at[i - 1];
	return NULL;
}

static void count_acknowledgement(struct gateway *gateway, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct effect *effect = &plan->at[i];
		if (effect->kind == EFFECT_COUNT_ACKNOWLEDGEMENT)
			gateway->counters.acknowledged++;
		else if (effect->kind == EFFECT_REMARK && strcmp(effect->to, REMARK_UNACKNOWLEDGED) == 0 && plan->over_budget)
			gateway->counters.over_budget++;
		else if (effect->kind == EFFECT_REMARK && strcmp(effect->to, REMARK_UNACKNOWLEDGED) == 0)
			gateway->counters.unacknowledged++;
	}
}

static void log_accepted(const struct considered *delivery)
{
	const struct incoming *in = &delivery->incoming;
	const struct effect *disposition = disposition_of(&delivery->plan);
	const struct clue_word *clue = desk_plan_clue(&delivery->plan);
	log_event(LOG_INFO, "lmtp.accepted", "id", in->trace, "from", in->envelope_from, "to", in->recipient,
	          "message_id", in->mail->message_id ? in->mail->message_id : "", "kind", mail_kind_name(delivery->plan.kind),
	          "disposition", disposition ? disposition->to : "", "ticket", LOG_NUMBER(delivery->plan.ticket),
	          "evidence", desk_evidence_name(delivery->plan.evidence), "bytes", LOG_NUMBER(in->size),
	          clue ? "because" : NULL, clue ? clue->why : NULL, NULL);
}

/* An agent whose mailbox is gone hears of nothing; mail about it is sent to nobody, since that is how loops start. One line a mail: a
 * report may name whom and how many it likes. */
static void log_bounced(const struct considered *delivery)
{
	for (size_t i = 0; i < delivery->plan.count; i++) {
		const struct effect *effect = &delivery->plan.at[i];
		if (effect->kind != EFFECT_MAIL_BOUNCED)
			continue;
		log_event(LOG_WARNING, "mail.bounced", "id", delivery->incoming.trace, "ticket", LOG_NUMBER(effect->ticket), "to", effect->to, "why", effect->why, NULL);
		return;
	}
}

/* The one translator from our statuses to SMTP replies. */
static void answer(struct gateway *gateway, const struct considered *delivery, enum status status, const struct error *error,
                   struct lmtp_reply *reply)
{
	const struct incoming *in = &delivery->incoming;
	if (status != STATUS_OK) {
		gateway->counters.deferred++;
		log_event(LOG_WARNING, "lmtp.deferred", "id", in->trace, "from", in->envelope_from, "to", in->recipient, "why", error->text, NULL);
		lmtp_reply_of(reply, error->full ? LMTP_STORE_FULL : LMTP_STORE_TROUBLE, NULL);
		return;
	}
	gateway->counters.accepted++;
	if (delivery->duplicate) {
		gateway->counters.duplicates++;
		log_event(LOG_INFO, "lmtp.duplicate", "id", in->trace, "from", in->envelope_from, "to", in->recipient, NULL);
	} else {
		const struct effect *disposition = disposition_of(&delivery->plan);
		gateway->counters.dispositions[desk_disposition_named(disposition ? disposition->to : "")]++;
		count_acknowledgement(gateway, &delivery->plan);
		log_accepted(delivery);
		log_bounced(delivery);
	}
	/* A rejected mail is kept and recorded, and its sender is told; told again when it comes again. */
	if (delivery->verdict && delivery->verdict->reject)
		lmtp_reply_of(reply, LMTP_REJECTED, delivery->verdict->reject);
	else
		lmtp_reply_of(reply, LMTP_ACCEPTED, NULL);
}

static void refuse_all(struct gateway *gateway, const struct transaction *transaction, enum lmtp_answer why, const char *words,
                       struct lmtp_reply *replies, size_t count)
{
	log_event(LOG_WARNING, "lmtp.deferred", "id", transaction->trace, "from", transaction->envelope_from, "why", words, NULL);
	for (size_t i = 0; i < count; i++)
		lmtp_reply_of(&replies[i], why, NULL);
	gateway->counters.deferred += (int64_t)count;
}

/* One mail on its way through the house. */
struct intake {
	struct gateway *gateway;
	struct transaction *transaction;
	struct mail_source source;
	uint64_t weight;
	struct mail mail;
	struct considered *considered; struct delivery *deliveries; struct lmtp_reply *replies; size_t count;
	int64_t begun_us, reading_us;
	struct store_errand errand;
	void (*done)(void *context); void *context;
};

static struct advisers advisers_of(struct gateway *gateway, const struct transaction *transaction)
{
	return (struct advisers){transaction->config, &transaction->config->policy, transaction->rules, NULL, transaction->kb, gateway->reader, &gateway->reader_lock};
}

static void prepare(struct intake *intake, size_t i)
{
	const struct transaction *transaction = intake->transaction;
	const struct recipient *recipient = &transaction->recipients.at[i];
	intake->deliveries[i] = (struct delivery){intake->transaction, &intake->considered[i], 0};
	intake->considered[i] = (struct considered){.incoming = {.trace = transaction->trace, .envelope_from = transaction->envelope_from,
	                                                         .recipient = recipient->address, .address = recipient->facts, .mail = &intake->mail,
	                                                         .size = intake->source.size, .received = clock_now()}};
}

/* All that is done before the write transaction: for a heavy mail, in the slow lane. */
static void consider(void *context)
{
	struct intake *intake = context;
	struct transaction *transaction = intake->transaction;
	struct advisers advisers = advisers_of(intake->gateway, transaction);
	struct learned *learned = gateway_learned(intake->gateway);
	int64_t start = clock_monotonic_us();    /* the thread's own clock costs a system call; a pause of the thread only keeps a mail more */
	gateway_look(&advisers, &transaction->arena, &intake->source, transaction->envelope_from,
	             intake->count == 1 ? transaction->recipients.at[0].address : NULL, false, &intake->mail);
	intake->reading_us = clock_monotonic_us() - start;
	for (size_t i = 0; i < intake->count; i++)
		prepare(intake, i);
	advisers.learned = learned;
	gateway_ask(&advisers, &transaction->arena, &intake->source, intake->considered, intake->count);
	gateway_learned_unref(&learned);
}

/* Replies that open a ticket, after all. */
static void deliver_again(const struct intake *intake)
{
	enum status *statuses = intake->errand.statuses;
	for (size_t i = 0; i < intake->count; i++) {
		if (statuses[i] != STATUS_OK || !intake->considered[i].opens)
			continue;
		struct advisers advisers = advisers_of(intake->gateway, intake->transaction);
		struct learned *learned = gateway_learned(intake->gateway);
		advisers.learned = learned;
		gateway_ask_again(&advisers, &intake->transaction->arena, &intake->considered[i]);
		gateway_learned_unref(&learned);
		statuses[i] = store_write(intake->gateway->writer, deliver, &intake->deliveries[i], &intake->errand.errors[i]);
	}
}

/* How many come to read the mail: the indexer for each message of it, and each notice to an agent. 0: no notice does; for the indexer alone, which
 * has time, memory that goes round costs more than it saves. */
static int awaited_by(const struct plan *plan)
{
	int messages = 0, notices = 0;
	for (size_t i = 0; i < plan->count; i++) {
		messages += plan->at[i].kind == EFFECT_APPEND_MESSAGE && plan->at[i].message->raw;
		notices += plan->at[i].kind == EFFECT_ENQUEUE && plan->at[i].outgoing->to_agent;
	}
	return notices ? messages + notices : 0;
}

/* What was read is not read again for the notices that wait: a small mail is kept in memory, what was costly in the store (store_derived.c). A large
 * attachment is not costly here. Where there is none, and the text was read to its end, there is no more to be derived. */
static void keep_derived(const struct intake *intake, const enum status *statuses)
{
	bool whole = !intake->mail.text_cut && !intake->mail.attachments.count;
	int64_t raw = 0;
	int awaited = 0;
	for (size_t i = 0; i < intake->count; i++) {
		if (statuses[i] != STATUS_OK || intake->considered[i].duplicate)
			continue;
		raw = raw ? raw : intake->deliveries[i].raw;
		awaited += awaited_by(&intake->considered[i].plan);
	}
	if (raw && store_worth_keeping(strlen(intake->mail.text), intake->reading_us))
		gateway_keep(intake->gateway->writer, raw, &intake->mail, whole);
	else if (raw && whole && awaited && intake->gateway->reader && store_lease_held())       /* else another gateway sends, and indexes */
		store_recent_keep(intake->gateway->reader, raw, &intake->mail, awaited);
}

/* Who sent it waits for it (the daemon's canary). */
static void note_selftest(struct gateway *gateway, const struct desk_policy *policy, const struct considered *delivery)
{
	const struct effect *disposition = disposition_of(&delivery->plan);
	struct token token;
	if (disposition && strcmp(disposition->to, DISPOSITION_SELFTEST) == 0 && desk_selftest_read(policy, delivery->incoming.mail->subject, &token))
		gateway->selftest_seen = token.number;
}

static struct store_errand errand_of(const struct intake *intake)
{
	struct arena *arena = &intake->transaction->arena;
	size_t count = intake->count;
	void **contexts = ARENA_ARRAY(arena, void *, count);
	for (size_t i = 0; i < count; i++)
		contexts[i] = &intake->deliveries[i];
	return (struct store_errand){.rehearse = rehearse, .job = deliver, .contexts = contexts, .count = count, .statuses = ARENA_ARRAY(arena, enum status, count), .errors = ARENA_ARRAY(arena, struct error, count)};
}

/* What became of it is known. */
static void answer_all(const struct intake *intake)
{
	struct gateway *gateway = intake->gateway;
	struct transaction *transaction = intake->transaction;
	const enum status *statuses = intake->errand.statuses;
	bool kept = false, outgoing = false;
	for (size_t i = 0; i < intake->count; i++) {
		kept |= statuses[i] == STATUS_OK && !intake->considered[i].duplicate;
		outgoing |= statuses[i] == STATUS_OK && desk_plan_has(&intake->considered[i].plan, EFFECT_ENQUEUE);
		answer(gateway, &intake->considered[i], statuses[i], &intake->errand.errors[i], &intake->replies[i]);
		if (statuses[i] == STATUS_OK)
			note_selftest(gateway, &transaction->config->policy, &intake->considered[i]);
	}
	if (kept)
		store_spool_kept(transaction->spool);
	if (kept)
		keep_derived(intake, statuses);
	if (outgoing && gateway->outgoing_waits)
		gateway->outgoing_waits(gateway->context);
}

static void count_time(struct gateway_counters *counters, int64_t microseconds)
{
	for (size_t i = 0; i < COUNT_OF(gateway_seconds_bounds); i++)
		if ((double)microseconds <= gateway_seconds_bounds[i] * 1e6)
			counters->seconds_le[i]++;
	counters->seconds_count++;
	counters->microseconds_sum += microseconds;
}

static void end(const struct intake *intake)
{
	struct transaction *transaction = intake->transaction;
	struct gateway *gateway = intake->gateway;
	uint64_t weight = intake->weight;
	answer_all(intake);
	count_time(&gateway->counters, clock_monotonic_us() - intake->begun_us);
	if (!weight)
		return;
	arena_reset(&transaction->arena);        /* a reply's words are its own */
	transaction->recipients.at = NULL;
	transaction->recipients.count = 0;
	gateway_lane_leave(&gateway->lane, weight);
}

bool gateway_intake_may_wait(const struct transaction *transaction)
{
	struct mail_source source;
	store_spool_source(transaction->spool, &source);
	return source.size >= LIMIT_LIGHT_HEADER || (transaction->rules && rules_script_count(transaction->rules));
}

struct intake *gateway_intake(struct gateway *gateway, struct transaction *transaction, struct lmtp_reply *replies, size_t count)
{
	struct error error;
	struct intake *intake = ARENA_NEW(&transaction->arena, struct intake);
	*intake = (struct intake){.gateway = gateway, .transaction = transaction, .replies = replies, .count = count, .begun_us = clock_monotonic_us()};
	if (store_spool_finish(transaction->spool, &error) != STATUS_OK) {
		refuse_all(gateway, transaction, store_spool_full(transaction->spool) ? LMTP_STORE_FULL : LMTP_STORE_TROUBLE, error.text, replies, count);
		return NULL;
	}
	store_spool_source(transaction->spool, &intake->source);
	intake->weight = gateway_lane_weight(&intake->source);
	intake->considered = ARENA_ARRAY(&transaction->arena, struct considered, count);
	intake->deliveries = ARENA_ARRAY(&transaction->arena, struct delivery, count);
	gateway_lane_run(&gateway->lane, intake->weight, consider, intake);
	gateway->counters.mails++;
	gateway->counters.bytes += (int64_t)intake->source.size;
	intake->errand = errand_of(intake);
	return intake;
}

/* Is what answer_all() does short, and no write of its own? */
bool gateway_intake_may_be_left(const struct intake *intake)
{
	for (size_t i = 0; i < intake->count; i++)
		if (intake->considered[i].unasked)
			return false;
	return !intake->weight && !store_worth_keeping(strlen(intake->mail.text), intake->reading_us);
}

void gateway_intake_write(struct intake *intake)
{
	struct store_errand *errand = &intake->errand;
	store_write_rehearsed(intake->gateway->writer, errand->rehearse, errand->job, errand->contexts, errand->count, errand->statuses, errand->errors);
	deliver_again(intake);
	end(intake);
}

/* Called by whoever wrote. `done` takes the memory of the mail. */
static void written(void *context)
{
	const struct intake *intake = context;
	end(intake);
	intake->done(intake->context);
}

struct store_errand *gateway_intake_errand(struct intake *intake, void (*done)(void *context), void *context)
{
	intake->done = done;
	intake->context = context;
	intake->errand.done = written;
	intake->errand.context = intake;
	return &intake->errand;
}

void gateway_recipient(struct gateway *gateway, struct transaction *transaction, const char *address, struct lmtp_reply *reply)
{
	struct recipient recipient = {.address = text_lower(&transaction->arena, address)};
	desk_address(&transaction->config->policy, recipient.address, &recipient.facts);
	if (recipient.facts.class == ADDRESS_UNKNOWN) {
		gateway->counters.refused_recipients++;
		log_event(LOG_NOTICE, "lmtp.refused", "id", transaction->trace, "from", transaction->envelope_from, "to", recipient.address,
		          "why", "not an address of this desk", NULL);
		lmtp_reply_of(reply, LMTP_UNKNOWN_ADDRESS, NULL);
		return;
	}
	*ARENA_PUSH(&transaction->arena, &transaction->recipients) = recipient;
	lmtp_reply_of(reply, LMTP_RECIPIENT_OK, NULL);
}
