/*
 * test_desk.h - what the desk's tests share: a small desk, a mail, a ticket, and a decision printed as text.
 */
#ifndef TEST_DESK_H
#define TEST_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "desk.h"

static struct desk_agent agents[] = {
	{.name = "bob", .email = "bob@example.org", .display = "Bob Rossi"}, {.name = "eve", .email = "eve@example.org", .display = "Eve Neri"},
};
static const char *both_names[] = {"bob", "eve"};
static const char *one_name[] = {"bob"};
static struct desk_queue queues[] = {
	{.name = "support", .address = "support@example.org", .description = "", .agents = {both_names, 2}},
	{.name = "network", .address = "network@example.org", .description = "", .agents = {one_name, 1}},
};

static inline struct desk_policy policy_of(void)
{
	struct desk_policy policy = {.name = "Acme Support", .domain = "example.org", .language = "en", .base_url = "", .separators = "+-",
	                             .reopen_days = 14, .acknowledgements_per_hour = 60,
	                             .stranger_acknowledgements_per_hour = 10, .stranger_acknowledgements_per_day = 30, .stranger_acknowledgements_per_domain = 60, .stranger_acknowledgements_per_minute = 20};
	policy.agents.at = agents;
	policy.agents.count = 2;
	policy.queues.at = queues;
	policy.queues.count = 2;
	memset(policy.keys.key[0], 7, DESK_KEY_SIZE);
	policy.keys.count = 1;
	return policy;
}

static inline struct mail mail_of(const char *from)
{
	struct mail mail = {.kind = MAIL_REQUEST, .from = {from, ""}, .sender = {"", ""}, .subject = "VPN", .message_id = "<m1@customer.example>",
	                    .text = "It does not work", .reply_text = "It does not work", .auto_answer_allowed = true, .auto_answer_why = "",
	                    .our_marks = ""};
	return mail;
}

static inline struct ticket_facts ticket_of(int64_t id)
{
	struct ticket_facts ticket = {.id = id, .state = STATE_OPEN, .queue = "support", .agent = "bob", .priority = "normal", .subject = "VPN",
	                              .language = "it", .customer = {"anna@customer.example", "Anna", ROLE_CUSTOMER, NULL}, .next_seq = 3,
	                              .last_customer_message_id = "<m1@customer.example>"};
	static struct participant people[1];
	people[0] = (struct participant){"anna@customer.example", "Anna", ROLE_CUSTOMER, NULL};
	ticket.participants.at = people;
	ticket.participants.count = 1;
	return ticket;
}

/* Everything one decision needs; `clue_ticket` answers each clue that names its number or a Message-ID. */
struct world {
	struct arena arena;
	struct desk_policy policy;
	struct incoming incoming;
	struct evidence evidence;
	struct facts facts;
	struct plan plan;
};

static inline void world_init(struct world *w, struct mail *mail, const char *recipient)
{
	memset(w, 0, sizeof *w);
	arena_init(&w->arena);
	w->policy = policy_of();
	w->incoming = (struct incoming){.trace = "trace", .envelope_from = mail->from.address, .recipient = recipient, .mail = mail, .received = 1};
	desk_address(&w->policy, recipient, &w->incoming.address);
	w->facts = (struct facts){.now = 1700000000000, .next_ticket = 12, .next_outbox = 34};
}

static inline const char *decide(struct world *w, struct ticket_facts *ticket)
{
	desk_evidence(&w->arena, &w->policy, &w->incoming, &w->evidence);
	for (size_t i = 0; i < w->evidence.count; i++) {
		const struct clue *clue = &w->evidence.at[i];
		struct clue_facts *found = ARENA_PUSH(&w->arena, &w->facts.clues);
		found->clue = clue;
		bool known_id = clue->kind == EVIDENCE_MESSAGE_ID && strcmp(clue->message_id, "<m1@customer.example>") == 0;
		found->ticket = ticket && (clue->ticket == ticket->id || known_id) ? ticket : NULL;
	}
	desk_plan_init(&w->plan, &w->arena, NULL);
	desk_decide_mail(&w->policy, &w->incoming, &w->facts, &w->plan);
	struct strings lines = {0};
	desk_plan_print(&w->plan, &lines);
	const char *all = "";
	for (size_t i = 0; i < lines.count; i++)
		all = arena_printf(&w->arena, "%s%s\n", all, lines.at[i]);
	return all;
}

static inline void expect(const char *plan, const char *wanted)
{
	if (!strstr(plan, wanted))
		fail_msg("plan lacks \"%s\":\n%s", wanted, plan);
}

static inline void expect_not(const char *plan, const char *unwanted)
{
	if (strstr(plan, unwanted))
		fail_msg("plan has \"%s\":\n%s", unwanted, plan);
}

#endif
