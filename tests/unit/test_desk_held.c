/*
 * test_desk_held.c - requests that are held for their customer's word: when one is, and every way it goes on, as printed plans.
 */
#include "test_desk.h"

#define HOUR (60LL * 60 * 1000)

static struct desk_article shown[] = {
	{"vpn", "en", "Connect to the VPN", "Install the client", 0.9}, {"password", "", "Change a password", "", 0.5},
};

static void hold_init(struct world *w, struct mail *mail)
{
	world_init(w, mail, "support@example.org");
	w->policy.base_url = "https://help.example.org";
	w->policy.link_days = 30;
	w->policy.kb_remind_hours = 8;
	w->policy.kb_end_hours = 24;
	w->policy.kb_quiet_hours = 24;
	w->facts.suggestion = (struct suggestion){.shown = SUGGESTION_HELD, .outcome = "", .question = "VPN\nhelp", .language = "en"};
	w->facts.suggestion.articles.at = shown;
	w->facts.suggestion.articles.count = 2;
}

static struct ticket_facts held_ticket(enum ticket_state state, const char *said)
{
	struct ticket_facts ticket = ticket_of(12);
	ticket.state = state;
	ticket.agent = "";
	ticket.created = 1700000000000 - 9 * HOUR;
	ticket.suggestion = (struct suggestion){.shown = SUGGESTION_HELD, .outcome = said};
	ticket.suggestion.articles.at = shown;
	ticket.suggestion.articles.count = 2;
	return ticket;
}

static const char *printed(struct world *w)
{
	struct strings lines = {0};
	const char *all = "";
	desk_plan_print(&w->plan, &lines);
	for (size_t i = 0; i < lines.count; i++)
		all = arena_printf(&w->arena, "%s%s\n", all, lines.at[i]);
	return all;
}

static const struct outgoing *mail_to(const struct world *w, const char *template)
{
	for (size_t i = 0; i < w->plan.count; i++)
		if (w->plan.at[i].kind == EFFECT_ENQUEUE && strcmp(w->plan.at[i].outgoing->template, template) == 0)
			return w->plan.at[i].outgoing;
	return NULL;
}

/* ---------------------------------------------------------------- when */

static void held_and_nobody_told(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	hold_init(&w, &mail);
	const char *plan = decide(&w, NULL);
	expect(plan, "create ticket 12, held, in queue support for anna@customer.example");
	expect(plan, "enqueue mail to anna@customer.example: held");
	expect(plan, "hold for KB answer: vpn, password");
	expect(plan, "timer held-remind of ticket 12 at 2023-11-15T06:13:20Z");
	expect(plan, "timer held-end of ticket 12 at 2023-11-15T22:13:20Z");
	expect(plan, "count an acknowledgement to anna@customer.example");
	expect(plan, "disposition: ticket");
	expect_not(plan, "agent");
	const struct outgoing *asks = mail_to(&w, "held");
	expect(asks->variables, "https://help.example.org/kb/vpn.en?t=r");
	expect(asks->variables, "https://help.example.org/kb/password?t=r");
	expect(asks->variables, "https://help.example.org/l/h");
	expect(asks->variables, "https://help.example.org/l/k");
	assert_string_equal(asks->subject, "");          /* nothing proves who wrote it */
	arena_fini(&w.arena);
}

/* What the world looks like in which the same request becomes a ticket at once. */
static void no_auto(struct world *w, struct mail *mail) { mail->auto_answer_allowed = false; mail->auto_answer_why = "Precedence: bulk"; }
static void forged(struct world *w, struct mail *mail) { mail->authentication.dmarc = "fail"; }
static void bouncing(struct world *w, struct mail *mail) { w->facts.sender_bouncing = true; }
static void budget(struct world *w, struct mail *mail) { w->facts.acknowledgements_last_hour = 60; }
static void refused(struct world *w, struct mail *mail) { w->facts.sender_refused_at = w->facts.now - 23 * HOUR; }
static void silent(struct world *w, struct mail *mail) { w->facts.suggestion = (struct suggestion){.shown = SUGGESTION_NOTHING, .outcome = "", .question = "VPN", .language = ""}; }
static void sibling(struct world *w, struct mail *mail) { static struct sibling other = { 11, "network" }; w->facts.siblings.at = &other; w->facts.siblings.count = 1; }
static void a_reply(struct world *w, struct mail *mail) { mail->kind = MAIL_REPLY; }
static void nobody(struct world *w, struct mail *mail) { mail->from.address = ""; w->incoming.envelope_from = ""; }
static const char *two_notices[] = {"received", "agent-new"};
static void switched_off(struct world *w, struct mail *mail) { queues[0].notices = (struct strings){two_notices, 2}; }
static struct verdict verdict;
static void urgent(struct world *w, struct mail *mail) { verdict = (struct verdict){.priority = "urgent", .confidence = -1}; w->facts.verdict = &verdict; }
static void high(struct world *w, struct mail *mail) { verdict = (struct verdict){.priority = "high", .confidence = -1}; w->facts.verdict = &verdict; }
static void to_bob(struct world *w, struct mail *mail) { verdict = (struct verdict){.agent = "bob", .confidence = -1}; w->facts.verdict = &verdict; }
static const char *vip_tag[] = {"vip"}, *bob_name[] = {"bob"};
static void vip(struct world *w, struct mail *mail) { verdict = (struct verdict){.tags = {vip_tag, 1}, .confidence = -1}; w->facts.verdict = &verdict; }
static void learned(struct world *w, struct mail *mail) { verdict = (struct verdict){.learned_priority = "urgent", .confidence = -1}; w->facts.verdict = &verdict; }
static void no_rules(struct world *w, struct mail *mail) { verdict = (struct verdict){.trouble = "timed out", .confidence = -1}; w->facts.verdict = &verdict; }
static void notify(struct world *w, struct mail *mail) { verdict = (struct verdict){.notify = {bob_name, 1}, .confidence = -1}; w->facts.verdict = &verdict; }

static void a_ticket_at_once_where_it_may_not_wait(void **state)
{
	static const struct { const char *name; void (*make)(struct world *, struct mail *); bool suggests; } cases[] = {
		{"no automatic answer", no_auto, false}, {"forged", forged, false}, {"bouncing", bouncing, false}, {"budget", budget, false},
		{"refused lately", refused, false}, {"nothing fits", silent, false}, {"several queues", sibling, true}, {"a reply", a_reply, true},
		{"no address", nobody, false}, {"its mail is off", switched_off, true}, {"urgent", urgent, false}, {"high", high, true},
		{"an agent of a rule", to_bob, true}, {"vip", vip, false}, {"told at once", notify, true},
		{"learned urgency", learned, false}, {"rules in trouble", no_rules, true},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct mail mail = mail_of("anna@customer.example");
		struct strings before = queues[0].notices;
		hold_init(&w, &mail);
		cases[i].make(&w, &mail);
		const char *plan = decide(&w, NULL);
		queues[0].notices = before;
		if (!strstr(plan, "create ticket 12, new") || strstr(plan, "hold for") || !strstr(plan, "agent-new") || strstr(plan, "timer")
		    || (strstr(plan, "suggested articles") != NULL) != cases[i].suggests)
			fail_msg("%s:\n%s", cases[i].name, plan);
		arena_fini(&w.arena);
	}
}

static void unanswered_ones_are_remembered_even_if_nobody_is_told(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	hold_init(&w, &mail);
	silent(&w, &mail);
	expect(decide(&w, NULL), "remember that no article was good enough for ticket 12");
	arena_fini(&w.arena);
	hold_init(&w, &mail);
	silent(&w, &mail);
	budget(&w, &mail);
	expect(decide(&w, NULL), "remember that no article was good enough for ticket 12");
	arena_fini(&w.arena);
}

/* ---------------------------------------------------------------- the customer's word */

static const char *press(struct world *w, struct ticket_facts *ticket, enum page_kind kind, const char *article, const char *words)
{
	struct mail mail = mail_of("anna@customer.example");
	struct page_act act = {.kind = kind, .words = words, .article = article, .trace = "page"};
	struct error error;
	hold_init(w, &mail);
	w->facts.ticket = ticket;
	desk_plan_init(&w->plan, &w->arena, NULL);
	assert_int_equal(desk_decide_page(&w->policy, &act, &w->facts, &w->plan, &error), STATUS_OK);
	return printed(w);
}

static void help_brings_it_to_the_agents(void **state)
{
	struct world w;
	enum ticket_state states[] = {STATE_HELD, STATE_EXPIRED};
	for (size_t i = 0; i < 2; i++) {
		struct ticket_facts ticket = held_ticket(states[i], i ? OUTCOME_SILENCE : "");
		const char *plan = press(&w, &ticket, PAGE_HELP, "", "Error 42");
		expect(plan, "-> new (the customer still needs help)");
		expect(plan, "what was suggested for ticket 12 is refused");
		expect(plan, "append message 3 (reply, in)");
		expect(plan, "enqueue mail to bob@example.org: agent-new");
		expect_not(plan, "anna@customer.example: ");     /* the page said it */
		expect(mail_to(&w, "agent-new")->variables, "Error 42");
		expect(mail_to(&w, "agent-new")->variables, "vpn, password");
		assert_int_equal(mail_to(&w, "agent-new")->about_seq, 1);
		if (!i)
			expect(plan, "clear timers of ticket 12");
		arena_fini(&w.arena);
	}
	struct ticket_facts ticket = held_ticket(STATE_NEW, OUTCOME_REFUSED);
	assert_string_equal(press(&w, &ticket, PAGE_HELP, "", ""), "");
	arena_fini(&w.arena);
}

/* "I still need help" is never swallowed, whatever became of the request meanwhile. */
static void help_later_on(void **state)
{
	struct world w;
	struct ticket_facts ticket = held_ticket(STATE_CLOSED, OUTCOME_SOLVED);
	const char *plan = press(&w, &ticket, PAGE_HELP, "", "");
	expect(plan, "state of ticket 12: closed -> open");
	expect(plan, "is refused");
	expect(plan, "agent-new");                       /* nobody has seen it */
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_RESOLVED, OUTCOME_TAKEN);
	ticket.agent = "bob";
	plan = press(&w, &ticket, PAGE_HELP, "", "");
	expect(plan, "state of ticket 12: resolved -> open");
	expect(plan, "enqueue mail to bob@example.org: agent-refused");
	arena_fini(&w.arena);
}

static void solved_closes_what_nobody_works_on(void **state)
{
	struct world w;
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	const char *plan = press(&w, &ticket, PAGE_SOLVED, "password", "");
	expect(plan, "is solved: password");
	expect(plan, "state of ticket 12: held -> closed (solved by article password)");
	expect(plan, "clear timers");
	expect_not(plan, "enqueue");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_HELD, "");
	plan = press(&w, &ticket, PAGE_SOLVED, "no-such-article", "");
	expect(plan, "is solved\n");
	expect(plan, "held -> closed (solved, the customer says)");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_CLOSED, OUTCOME_SOLVED);
	assert_string_equal(press(&w, &ticket, PAGE_SOLVED, "vpn", ""), "");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_NEW, OUTCOME_REFUSED); /* the agents know of it: they are told */
	plan = press(&w, &ticket, PAGE_SOLVED, "vpn", "");
	expect(plan, "state of ticket 12: new -> closed");
	expect(plan, "agent-confirmed");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_OPEN, OUTCOME_TAKEN); /* an agent is at it, and closes it */
	plan = press(&w, &ticket, PAGE_SOLVED, "vpn", "");
	expect(plan, "note in the history of ticket 12: solved by article vpn");
	expect_not(plan, "state of ticket");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_NEW, "");             /* nothing was suggested: nothing to say of it */
	ticket.suggestion = (struct suggestion){.outcome = ""};
	assert_string_equal(press(&w, &ticket, PAGE_SOLVED, "vpn", ""), "");
	arena_fini(&w.arena);
}

static const char *reply(struct world *w, struct ticket_facts *ticket, const char *text)
{
	static struct mail mail;
	mail = mail_of("anna@customer.example");
	mail.kind = MAIL_REPLY;
	mail.reply_text = text;
	mail.message_id = "<m9@customer.example>";
	mail.in_reply_to = (struct strings){(const char *[]){"<m1@customer.example>"}, 1};
	hold_init(w, &mail);
	w->facts.suggestion = (struct suggestion){.outcome = ""};
	return decide(w, ticket);
}

static void any_reply_makes_it_a_ticket(void **state)
{
	struct world w;
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	const char *plan = reply(&w, &ticket, "Not that one");
	expect(plan, "state of ticket 12: held -> new (the customer wrote)");
	expect(plan, "is refused");
	expect(plan, "agent-new");
	expect_not(plan, "agent-answered");
	expect_not(plan, "enqueue mail to anna");
	expect(mail_to(&w, "agent-new")->variables, "Not that one");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_EXPIRED, OUTCOME_SILENCE);
	plan = reply(&w, &ticket, "Late");
	expect(plan, "expired -> new");
	expect(plan, "is refused");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_HELD, "");            /* no complaint about an article, and yet a ticket */
	plan = reply(&w, &ticket, "Thank you very much!");
	expect(plan, "held -> new");
	expect(plan, "is returned");
	expect_not(plan, "is refused");
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_CLOSED, OUTCOME_SOLVED);
	ticket.closed_at = 1700000000000 - HOUR;
	plan = reply(&w, &ticket, "It is back");
	expect(plan, "closed -> open");
	expect(plan, "is returned");
	expect(plan, "agent-new");
	arena_fini(&w.arena);
}

static void machines_and_bounces(void **state)
{
	struct world w;
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	struct mail mail = mail_of("anna@customer.example");
	mail.kind = MAIL_AUTO_REPLY;
	mail.in_reply_to = (struct strings){(const char *[]){"<m1@customer.example>"}, 1};
	hold_init(&w, &mail);
	const char *plan = decide(&w, &ticket);
	expect(plan, "append message 3 (auto-reply, in) to ticket 12");
	expect_not(plan, "state");
	expect_not(plan, "enqueue");
	arena_fini(&w.arena);

	struct mail_bounce bounce = {.recipient = "anna@customer.example", .action = "failed", .status = "5.1.1", .permanent = true};
	struct bounced_mail bounced = {.outbox = 34, .ticket = 12, .template = "held", .proved = true, .to = "anna@customer.example"};
	mail = mail_of("mailer-daemon@customer.example");
	mail.kind = MAIL_BOUNCE;
	mail.bounces.at = &bounce;
	mail.bounces.count = 1;
	hold_init(&w, &mail);
	struct token token = {.kind = TOKEN_BOUNCE, .ticket = 12, .number = 34};
	w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
	desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
	w.facts.bounced = &bounced;
	plan = decide(&w, &ticket);
	expect(plan, "held -> new (our mail with the articles did not arrive)");
	expect(plan, "agent-new");
	expect(plan, "agent-bounced");
	arena_fini(&w.arena);
}

static void a_refused_mail_makes_it_a_ticket(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	struct outgoing outgoing = {.id = 5, .trace = "t", .ticket = 12, .template = "held"};
	hold_init(&w, &mail);
	w.facts.ticket = &ticket;
	desk_plan_init(&w.plan, &w.arena, NULL);
	desk_decide_undeliverable(&w.policy, &outgoing, "anna@customer.example", "550 no", &w.facts, &w.plan);
	expect(printed(&w), "held -> new");
	expect(printed(&w), "agent-undeliverable");
	arena_fini(&w.arena);
}

/* ---------------------------------------------------------------- agents and time */

static const char *act(struct world *w, struct ticket_facts *ticket, enum action_kind kind, const char *argument, const char *text)
{
	struct mail mail = mail_of("anna@customer.example");
	struct action action = {.kind = kind, .who = "eve", .argument = argument, .text = text, .to = "", .subject = "", .trace = "t"};
	struct error error;
	hold_init(w, &mail);
	w->facts.ticket = ticket;
	desk_plan_init(&w->plan, &w->arena, "eve");
	assert_int_equal(desk_decide_action(&w->policy, &action, &w->facts, &w->plan, &error), STATUS_OK);
	return printed(w);
}

static void agents_take_it(void **state)
{
	struct world w;
	static const struct { enum action_kind kind; const char *argument, *text, *state, *not; } cases[] = {
		{ACTION_ASSIGN, "bob", "", "held -> open", "agent-new"}, {ACTION_REPLY, "", "I do it", "held -> open", "agent-new"},
		{ACTION_CLOSE, "", "", "held -> closed", "agent-new"}, {ACTION_REOPEN, "", "", "held -> new", "refused"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ticket_facts ticket = held_ticket(STATE_HELD, "");
		const char *plan = act(&w, &ticket, cases[i].kind, cases[i].argument, cases[i].text);
		expect(plan, cases[i].state);
		expect(plan, "is taken");
		expect(plan, "clear timers");
		expect_not(plan, cases[i].not);
		arena_fini(&w.arena);
	}
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	expect_not(act(&w, &ticket, ACTION_QUEUE, "network", ""), "enqueue");    /* still nobody's */
	arena_fini(&w.arena);
	expect_not(act(&w, &ticket, ACTION_NOTE, "", "hm"), "state");
	arena_fini(&w.arena);
}

static const char *fire(struct world *w, struct ticket_facts *ticket, const char *timer, enum desk_silence silence, bool told)
{
	struct mail mail = mail_of("anna@customer.example");
	hold_init(w, &mail);
	w->policy.kb_silence = silence;
	w->facts.ticket = ticket;
	w->facts.customer_told = told;
	desk_plan_init(&w->plan, &w->arena, NULL);
	desk_decide_timer(&w->policy, timer, &w->facts, &w->plan);
	return printed(w);
}

static void silence(void **state)
{
	struct world w;
	struct ticket_facts ticket = held_ticket(STATE_HELD, "");
	const char *plan = fire(&w, &ticket, TIMER_HELD_REMIND, SILENCE_CREATE, true);
	expect(plan, "enqueue mail to anna@customer.example: held-reminder");
	expect_not(plan, "state");
	expect(mail_to(&w, "held-reminder")->variables, "Connect to the VPN");
	expect(mail_to(&w, "held-reminder")->variables, "/l/h");
	assert_string_equal(mail_to(&w, "held-reminder")->to.at[0].name, "Anna");
	arena_fini(&w.arena);
	ticket.suggestion.stranger = true;
	fire(&w, &ticket, TIMER_HELD_REMIND, SILENCE_CREATE, true);
	assert_string_equal(mail_to(&w, "held-reminder")->to.at[0].name, "");
	assert_string_equal(mail_to(&w, "held-reminder")->subject, "");
	arena_fini(&w.arena);
	plan = fire(&w, &ticket, TIMER_HELD_END, SILENCE_CREATE, true);
	expect(plan, "held -> new (no answer)");
	expect(plan, "is silence");
	expect(plan, "agent-new");
	expect_not(plan, "enqueue mail to anna");
	arena_fini(&w.arena);
	plan = fire(&w, &ticket, TIMER_HELD_END, SILENCE_EXPIRE, true);
	expect(plan, "held -> expired (no answer)");
	expect(plan, "enqueue mail to anna@customer.example: expired");
	expect_not(plan, "agent-new");
	assert_string_equal(mail_to(&w, "expired")->subject, "");
	arena_fini(&w.arena);
	expect(fire(&w, &ticket, TIMER_HELD_END, SILENCE_EXPIRE, false), "held -> new");        /* our mail never left */
	arena_fini(&w.arena);
	ticket = held_ticket(STATE_NEW, OUTCOME_REFUSED);        /* too late */
	assert_string_equal(fire(&w, &ticket, TIMER_HELD_END, SILENCE_EXPIRE, true), "");
	arena_fini(&w.arena);
	assert_string_equal(fire(&w, &ticket, TIMER_HELD_REMIND, SILENCE_CREATE, true), "");
	arena_fini(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_and_nobody_told), cmocka_unit_test(a_ticket_at_once_where_it_may_not_wait),
		cmocka_unit_test(unanswered_ones_are_remembered_even_if_nobody_is_told), cmocka_unit_test(help_brings_it_to_the_agents),
		cmocka_unit_test(help_later_on), cmocka_unit_test(solved_closes_what_nobody_works_on), cmocka_unit_test(any_reply_makes_it_a_ticket),
		cmocka_unit_test(machines_and_bounces), cmocka_unit_test(a_refused_mail_makes_it_a_ticket), cmocka_unit_test(agents_take_it),
		cmocka_unit_test(silence),
	};
	return cmocka_run_group_tests_name("desk held", tests, NULL, NULL);
}
