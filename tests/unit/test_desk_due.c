/*
 * test_desk_due.c - queues[].answer_hours: when the clock of an answer starts and stops, and what is said when it has run out.
 */
#include "test_desk.h"

#define HOUR (60LL * 60 * 1000)

static struct desk_queue prompt[] = {
	{.name = "support", .address = "support@example.org", .description = "", .agents = {both_names, 2}, .answer_hours = 8},
	{.name = "network", .address = "network@example.org", .description = "", .agents = {one_name, 1}},
};

static void due_init(struct world *w, struct mail *mail, const char *recipient)
{
	world_init(w, mail, recipient);
	w->policy.queues.at = prompt;
}

static const char *printed(struct world *w)
{
	struct strings lines = {0};
	desk_plan_print(&w->plan, &lines);
	const char *all = "";
	for (size_t i = 0; i < lines.count; i++)
		all = arena_printf(&w->arena, "%s%s\n", all, lines.at[i]);
	return all;
}

static const struct outgoing *mail_of_template(const struct world *w, const char *template)
{
	for (size_t i = 0; i < w->plan.count; i++)
		if (w->plan.at[i].kind == EFFECT_ENQUEUE && strcmp(w->plan.at[i].outgoing->template, template) == 0)
			return w->plan.at[i].outgoing;
	fail_msg("no mail %s:\n%s", template, printed((struct world *)w));
	return NULL;
}

static void a_new_request_starts_it_and_its_customer_is_told(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	due_init(&w, &mail, "support@example.org");
	expect(decide(&w, NULL), "timer answer of ticket 12 at 2023-11-15T06:13:20Z");
	expect(mail_of_template(&w, "received")->variables, "date=15 November 2023");
	arena_fini(&w.arena);
	due_init(&w, &mail, "network@example.org");              /* which promises nothing */
	expect_not(decide(&w, NULL), "timer");
	expect_not(mail_of_template(&w, "received")->variables, "date=");
	arena_fini(&w.arena);
	mail.kind = MAIL_AUTO_REPLY;
	mail.auto_answer_allowed = false;
	due_init(&w, &mail, "support@example.org");
	expect_not(decide(&w, NULL), "timer");
	arena_fini(&w.arena);
}

static const char *reply(struct world *w, struct ticket_facts *ticket)
{
	struct mail mail = mail_of("anna@customer.example");
	static const char *id = "<m1@customer.example>";
	mail.kind = MAIL_REPLY;
	mail.in_reply_to = (struct strings){&id, 1};
	due_init(w, &mail, "support@example.org");
	return decide(w, ticket);
}

static void each_word_of_the_customer_starts_it(void **state)
{
	static const enum ticket_state states[] = {STATE_NEW, STATE_OPEN, STATE_PENDING, STATE_RESOLVED, STATE_CLOSED, STATE_EXPIRED};
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct world w;
		struct ticket_facts ticket = ticket_of(5);
		ticket.state = states[i];
		ticket.closed_at = 1700000000000 - HOUR;
		expect(reply(&w, &ticket), "timer answer of ticket 5");
		arena_fini(&w.arena);
	}
}

static const char *act(struct world *w, enum ticket_state from, enum action_kind kind, const char *text)
{
	struct mail mail = mail_of("anna@customer.example");
	struct action action = {.kind = kind, .who = "bob", .argument = "", .text = text, .to = "", .subject = "", .trace = "t", .until = 1700000000000 + HOUR};
	static struct ticket_facts ticket;
	struct error error;
	due_init(w, &mail, "support@example.org");
	ticket = ticket_of(5);
	ticket.state = from;
	w->facts.ticket = &ticket;
	desk_plan_init(&w->plan, &w->arena, "bob");
	assert_int_equal(desk_decide_action(&w->policy, &action, &w->facts, &w->plan, &error), STATUS_OK);
	return printed(w);
}

static void agents_stop_it_by_what_the_customer_sees(void **state)
{
	static const struct { enum ticket_state from; enum action_kind kind; const char *text; bool stops; } cases[] = {
		{STATE_NEW, ACTION_REPLY, "We look.", true}, {STATE_OPEN, ACTION_REPLY, "We look.", true}, {STATE_OPEN, ACTION_RESOLVE, "", true},
		{STATE_NEW, ACTION_CLOSE, "", true}, {STATE_OPEN, ACTION_PEND, "", true}, {STATE_OPEN, ACTION_NOTE, "hm", false},
		{STATE_OPEN, ACTION_REOPEN, "", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		const char *plan = act(&w, cases[i].from, cases[i].kind, cases[i].text);
		if (!strstr(plan, "clear timers of ticket 5") == cases[i].stops)
			fail_msg("case %zu:\n%s", i, plan);
		expect_not(plan, "timer answer");
		arena_fini(&w.arena);
	}
}

/* Moved to a queue that promises nothing, and answered there. */
static void an_answer_stops_it_in_any_queue(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct action action = {.kind = ACTION_REPLY, .who = "bob", .argument = "", .text = "We look.", .to = "", .subject = "", .trace = "t"};
	struct ticket_facts ticket = ticket_of(5);
	struct error error;
	due_init(&w, &mail, "support@example.org");
	ticket.queue = "network";
	w.facts.ticket = &ticket;
	desk_plan_init(&w.plan, &w.arena, "bob");
	assert_int_equal(desk_decide_action(&w.policy, &action, &w.facts, &w.plan, &error), STATUS_OK);
	expect(printed(&w), "clear timers of ticket 5");
	arena_fini(&w.arena);
	world_init(&w, &mail, "support@example.org");            /* nobody promises anything any more */
	w.facts.ticket = &ticket;
	desk_plan_init(&w.plan, &w.arena, NULL);
	desk_decide_timer(&w.policy, TIMER_ANSWER, &w.facts, &w.plan);
	assert_string_equal(printed(&w), "");
	arena_fini(&w.arena);
}

static const char *fire(struct world *w, enum ticket_state from)
{
	struct mail mail = mail_of("anna@customer.example");
	static struct ticket_facts ticket;
	due_init(w, &mail, "support@example.org");
	ticket = ticket_of(5);
	ticket.state = from;
	w->facts.ticket = &ticket;
	w->facts.last_words = 2;
	desk_plan_init(&w->plan, &w->arena, NULL);
	desk_decide_timer(&w->policy, TIMER_ANSWER, &w->facts, &w->plan);
	return printed(w);
}

static void who_waits_too_long_is_spoken_of(void **state)
{
	struct world w;
	const char *plan = fire(&w, STATE_OPEN);
	expect(plan, "enqueue mail to bob@example.org: agent-overdue");
	expect(plan, "overdue");
	expect_not(plan, "anna@customer.example:");
	assert_int_equal(mail_of_template(&w, "agent-overdue")->about_seq, 2);
	arena_fini(&w.arena);
	assert_string_equal(fire(&w, STATE_RESOLVED), "");       /* too late */
	arena_fini(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_request_starts_it_and_its_customer_is_told), cmocka_unit_test(each_word_of_the_customer_starts_it),
		cmocka_unit_test(agents_stop_it_by_what_the_customer_sees), cmocka_unit_test(an_answer_stops_it_in_any_queue), cmocka_unit_test(who_waits_too_long_is_spoken_of),
	};
	return cmocka_run_group_tests_name("desk due", tests, NULL, NULL);
}
