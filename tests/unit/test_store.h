/*
 * test_store.h - what the store's tests share: a fresh state directory, mails and plans made by hand.
 */
#ifndef TEST_STORE_H
#define TEST_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/sqlite_private.h"
#include "store/store_spool_private.h"

struct fixture {
	char dir[64];
	struct store *store;
	struct arena arena;
	struct error error;
};

#define OK(call) do { enum status status_ = (call); \
	if (status_ != STATUS_OK) fail_msg("%s: %s: %s", #call, status_name(status_), f->error.text); } while (0)

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/test_store.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	arena_init(&f->arena);
	log_set_level(LOG_ERROR);
	*state = f;
	return store_open(f->dir, NULL, true, &f->store, &f->error) == STATUS_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[100];

	store_close(&f->store);
	arena_fini(&f->arena);
	snprintf(command, sizeof command, "rm -rf %s", f->dir);
	if (system(command) != 0)
		return -1;
	free(f);
	return 0;
}

/* ---- mails ---- */

struct parcel {                          /* one delivery, ready to be handed in */
	struct mail mail;
	struct incoming incoming;
	unsigned char claim[CLAIM_SIZE];
	char message_id[100], sender[100], recipient[100];
	struct store_spool *spool;
};


static inline void parcel_init(struct parcel *parcel, const char *sender, const char *message_id, const char *recipient, const char *body)
{
	memset(parcel, 0, sizeof *parcel);
	snprintf(parcel->message_id, sizeof parcel->message_id, "%s", message_id ? message_id : "");
	snprintf(parcel->sender, sizeof parcel->sender, "%s", sender);
	snprintf(parcel->recipient, sizeof parcel->recipient, "%s", recipient);
	parcel->mail.from = (struct mail_address){ parcel->sender, "Ann Other" };
	parcel->mail.message_id = message_id ? parcel->message_id : NULL;
	parcel->mail.subject = "Printer on fire";
	parcel->mail.language = "en";
	sha256_of(body, strlen(body), parcel->mail.body_digest);
	parcel->incoming = (struct incoming){ .trace = "t1", .envelope_from = parcel->sender, .recipient = parcel->recipient,
	                                      .mail = &parcel->mail, .size = strlen(body), .received = clock_now() };
	desk_claim(&parcel->incoming, parcel->claim);
}

static inline struct store_spool *spool_of(const char *dir, const void *bytes, size_t length)
{
	struct store_spool *spool = store_spool_new(dir);
	struct error error;

	assert_true(store_spool_add(spool, bytes, length));
	assert_int_equal(store_spool_finish(spool, &error), STATUS_OK);
	return spool;
}

/* ---- plans ---- */

static inline struct effect *add_effect(struct plan *plan, enum effect_kind kind, int64_t ticket)
{
	struct effect *effect = ARENA_PUSH(plan->arena, plan);

	*effect = (struct effect){ .kind = kind, .ticket = ticket, .from = "", .to = "", .why = "" };
	return effect;
}

static inline void add_create(struct plan *plan, int64_t ticket, const char *customer)
{
	struct effect *effect = add_effect(plan, EFFECT_CREATE_TICKET, ticket);

	effect->create = ARENA_NEW(plan->arena, struct new_ticket);
	*effect->create = (struct new_ticket){ .state = STATE_NEW, .queue = "support", .agent = "", .priority = "normal",
		.subject = "Printer on fire", .language = "en", .customer = { arena_string(plan->arena, customer), "Ann Other", ROLE_CUSTOMER, NULL } };
	effect->why = "a mail came in";
}

static inline struct new_message *add_message(struct plan *plan, int64_t ticket, int seq, enum message_kind kind, bool out, bool raw,
                                              const char *from, const char *message_id)
{
	struct effect *effect = add_effect(plan, EFFECT_APPEND_MESSAGE, ticket);

	effect->message = ARENA_NEW(plan->arena, struct new_message);
	*effect->message = (struct new_message){ .seq = seq, .kind = kind, .out = out, .raw = raw, .from = { from, "" },
		.date = clock_now(), .message_id = message_id, .agent = "", .flags = "" };
	strings_add(plan->arena, &effect->message->to, "someone@example.org");
	return effect->message;
}

static inline struct outgoing *add_enqueue(struct plan *plan, int64_t id, int64_t ticket, const char *to, const char *template, int seq)
{
	struct effect *effect = add_effect(plan, EFFECT_ENQUEUE, ticket);
	struct outgoing *o = effect->outgoing = ARENA_NEW(plan->arena, struct outgoing);

	*o = (struct outgoing){ .id = id, .trace = "t1", .ticket = ticket, .template = template, .language = "en", .queue = "support",
		.agent = "", .automatic = true, .from = { "support@example.org", "Acme Support" }, .reply_to = "support+cabc@example.org",
		.envelope_from = "support+bdef@example.org", .message_id = "<1.mabcdefghijk@example.org>", .in_reply_to = "<a@customer.example>",
		.subject = "Re: Printer on fire [#1]", .date = clock_now(), .seq = seq, .variables = "queue=support\nname=Ann Other\n" };
	*ARENA_PUSH(plan->arena, &o->to) = (struct mail_address){ to, "" };
	return o;
}

static inline void add_disposition(struct plan *plan, const char *name, int64_t ticket, int seq)
{
	struct effect *effect = add_effect(plan, EFFECT_DISPOSITION, ticket);

	effect->to = name;
	effect->number = seq;
	plan->ticket = ticket;
}

/* The plan of a mail that opens a ticket, with an acknowledgement and a notice to an agent. */
static inline void plan_new_ticket(struct plan *plan, struct arena *arena, const struct parcel *parcel, int64_t ticket, int64_t outbox)
{
	struct new_message *notice;

	desk_plan_init(plan, arena, parcel->mail.from.address);
	add_create(plan, ticket, parcel->mail.from.address);
	add_message(plan, ticket, 1, MESSAGE_REQUEST, false, true, parcel->mail.from.address, parcel->mail.message_id);
	notice = add_message(plan, ticket, 2, MESSAGE_NOTICE, true, false, "support@example.org",
	                     arena_printf(arena, "<%lld.mabcdefghijk@example.org>", (long long)ticket));
	notice->outbox = outbox;
	add_enqueue(plan, outbox, ticket, parcel->mail.from.address, "received", 2);
	add_enqueue(plan, outbox + 1, ticket, "bob@example.org", "new", 0)->to_agent = true;
	add_effect(plan, EFFECT_COUNT_ACKNOWLEDGEMENT, ticket)->to = parcel->mail.from.address;
	add_disposition(plan, DISPOSITION_TICKET, ticket, 1);
}

/* Takes a delivery in as the gateway does; the ticket is the next one. */
static inline enum status take_in(struct store *store, struct arena *arena, struct parcel *parcel, struct store_spool *spool, bool *duplicate,
                                  struct error *error)
{
	struct evidence evidence = { 0 };
	struct facts facts;
	struct plan plan;
	int64_t raw;
	enum status status = store_claim(store, &parcel->incoming, parcel->claim, duplicate, error);

	if (status != STATUS_OK || *duplicate)
		return status;
	if ((status = store_facts_of_mail(store, arena, &parcel->incoming, &evidence, &facts, error)) != STATUS_OK)
		return status;
	plan_new_ticket(&plan, arena, parcel, facts.next_ticket, facts.next_outbox);
	if ((status = store_keep_raw(store, spool, &raw, error)) != STATUS_OK)
		return status;
	return store_apply(store, &plan, &(struct delivery_record){ &parcel->incoming, parcel->claim, raw }, error);
}

/* One committed ticket; its number. */
static inline int64_t make_ticket(struct fixture *f, const char *sender, const char *message_id)
{
	struct parcel parcel;
	struct store_spool *spool = spool_of(f->dir, "the raw mail\r\n", 14);
	bool duplicate;
	int64_t last;

	parcel_init(&parcel, sender, message_id, "support@example.org", message_id);
	OK(store_begin(f->store, &f->error));
	OK(take_in(f->store, &f->arena, &parcel, spool, &duplicate, &f->error));
	OK(store_commit(f->store, &f->error));
	assert_false(duplicate);
	store_spool_free(&spool);
	OK(engine_number(f->store->engine, &f->error, &last, 0, SQL_NEXT_NUMBERS, ""));
	return last - 1;
}

/* Applies a plan that no mail caused, in a transaction of its own. */
static inline void apply_alone(struct fixture *f, struct plan *plan)
{
	OK(store_begin(f->store, &f->error));
	OK(store_apply(f->store, plan, NULL, &f->error));
	OK(store_commit(f->store, &f->error));
}

static inline size_t fsck_findings(struct fixture *f, struct strings *findings)
{
	*findings = (struct strings){ 0 };
	OK(store_fsck(f->store, &f->arena, findings, &f->error));
	return findings->count;
}

static inline void assert_clean(struct fixture *f)
{
	struct strings findings;

	if (fsck_findings(f, &findings) > 0)
		fail_msg("fsck: %zu findings, the first: %s", findings.count, findings.at[0]);
}

static inline void run_sql(struct fixture *f, const char *sql)
{
	assert_int_equal(sqlite3_exec(f->store->engine->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

#endif
