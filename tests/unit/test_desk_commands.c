/*
 * test_desk_commands.c - what agents say by commands: in a reply to a notice and in a mail of their own, on the ticket and on others.
 */
#include "test_desk.h"

/* A reply to bob's notice of ticket 7. */
static const char *replies(struct world *w, struct ticket_facts *ticket, const char *text)
{
	static struct mail mail;
	mail = mail_of("bob@example.org");
	mail.kind = MAIL_REPLY;
	mail.reply_text = text;
	world_init(w, &mail, "support@example.org");
	struct token token = {TOKEN_AGENT, 7, 0, desk_who("bob")};
	w->incoming.recipient = desk_token_address(&w->arena, &w->policy, "support@example.org", &token);
	desk_address(&w->policy, w->incoming.recipient, &w->incoming.address);
	return decide(w, ticket);
}

/* A mail of an agent's own to a queue; dmarc NULL: the mail server says nothing. */
static const char *writes(struct world *w, struct ticket_facts *ticket, const char *from, const char *queue, const char *dmarc, const char *text)
{
	static struct mail mail;
	mail = mail_of(from);
	mail.subject = "Hello";
	mail.message_id = "<own@agents.example>";
	mail.reply_text = text;
	mail.authentication.dmarc = dmarc;
	world_init(w, &mail, queue);
	return decide(w, ticket);
}

#define OWN(text) writes(&w, &ticket, "bob@example.org", "support@example.org", "pass", text)

static void a_summary_comes_back_only_where_something_but_the_answer_was_asked_for(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	expect_not(replies(&w, &ticket, "Restart it."), "agent-done");
	arena_fini(&w.arena);
	expect_not(replies(&w, &ticket, "/note\nShe is late."), "agent-done");
	arena_fini(&w.arena);
	const char *plan = replies(&w, &ticket, "/tag vpn\n\nRestart it.");
	expect(plan, "enqueue mail to anna@customer.example: reply");
	expect(plan, "enqueue mail to bob@example.org: agent-done");
	arena_fini(&w.arena);
}

static void who_only_asks_changes_nothing(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = replies(&w, &ticket, "/show\n/list\n/search printer\n/help\n");
	expect(plan, "enqueue mail to bob@example.org: agent-shown");
	expect(plan, "enqueue mail to bob@example.org: agent-done");
	expect(plan, "disposition: commands");
	expect_not(plan, "append");
	expect_not(plan, "state");
	arena_fini(&w.arena);
	plan = replies(&w, &ticket, "/show\n\nRestart it.");
	expect(plan, "enqueue mail to anna@customer.example: reply");
	expect(plan, "enqueue mail to bob@example.org: agent-shown");
	arena_fini(&w.arena);
}

static void every_wrong_line_is_named(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = replies(&w, &ticket, "/asign eve\n/assign zoe\n/close now\n/tag\n/language klingon\n/list colour:red\n/tag vpn\nHello");
	expect(plan, "not sent: \"/asign\" is not a command;/assign zoe: there is no agent \"zoe\";/close stands alone on its line, but \"now\" follows;/tag needs a word");
	expect(plan, "/language klingon: \"klingon\" is not a language");
	expect(plan, "/list colour:red: ");
	expect_not(plan, "anna@customer.example:");
	expect_not(plan, "tag ticket");
	arena_fini(&w.arena);
	plan = replies(&w, &ticket, "/untag wifi\n/show 99\n/close #98");
	expect(plan, "/show 99: there is no ticket 99;/close #98: there is no ticket 98");
	arena_fini(&w.arena);
}

static void wrong_lines_are_named_in_the_agents_language(void **state)
{
	struct world w;
	static struct mail mail;
	static const char *const languages[] = {"it", "de", "fr", "es"};
	static const char *const wanted[] = {"non è un comando", "ist kein Befehl", "n’est pas une commande", "no es un comando"};
	for (size_t i = 0; i < COUNT_OF(languages); i++) {
		mail = mail_of("bob@example.org");
		mail.reply_text = "/asign #12 me\n";
		mail.authentication.dmarc = "pass";
		world_init(&w, &mail, "support@example.org");
		w.policy.language = languages[i];
		expect(decide(&w, NULL), wanted[i]);
		arena_fini(&w.arena);
	}
}

static void an_agents_own_mail_acts_on_the_tickets_that_it_names(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	ticket.agent = "";
	const char *plan = OWN("/assign #12 me\n/tag #12 vpn\n");
	expect(plan, "agent of ticket 12: nobody -> bob");
	expect(plan, "tag ticket 12 vpn");
	expect(plan, "enqueue mail to bob@example.org: agent-done");
	expect(plan, "disposition: commands");
	expect_not(plan, "create ticket");
	arena_fini(&w.arena);
	plan = OWN("/note #12\nShe called.\n");
	expect(plan, "append message 3 (note, in) to ticket 12");
	expect_not(plan, "anna@customer.example:");
	arena_fini(&w.arena);
	plan = OWN("/show 12\n");
	expect(plan, "enqueue mail to bob@example.org: agent-shown");
	arena_fini(&w.arena);
	plan = OWN("/assign me\n");
	expect(plan, "disposition: command-error");
	expect(plan, "/assign needs the number of a ticket here: /assign #12 AGENT");
	arena_fini(&w.arena);
	plan = OWN("/close #12\n\nDear Anna, done.\n");
	expect(plan, "your words are for nobody here");
	expect_not(plan, "state of ticket");
	arena_fini(&w.arena);
}

static void an_agent_acts_on_his_own_tickets_only(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static const char *eve_only[] = {"eve"}, *was[] = {"support"}, *network[] = {"network"};
	ticket.queue = "network";
	ticket.agent = "";
	const char *plan = writes(&w, &ticket, "eve@example.org", "support@example.org", "pass", "/close #12\n/show 12\n");
	expect(plan, "/close #12: ticket 12 is in none of your queues, and you were not told of it;/show 12: ticket 12 is in none");
	expect(plan, "disposition: command-error");
	arena_fini(&w.arena);
	ticket.watchers = (struct strings){eve_only, 1};
	expect(writes(&w, &ticket, "eve@example.org", "support@example.org", "pass", "/close #12\n"), "disposition: commands");
	arena_fini(&w.arena);
	ticket.watchers.count = 0;
	ticket.past.queues = (struct strings){was, 1};
	expect(writes(&w, &ticket, "eve@example.org", "support@example.org", "pass", "/close #12\n"), "disposition: commands");
	arena_fini(&w.arena);
	ticket.past.queues = (struct strings){network, 1};
	ticket.past.agents = (struct strings){eve_only, 1};
	expect(writes(&w, &ticket, "eve@example.org", "support@example.org", "pass", "/close #12\n"), "disposition: commands");
	arena_fini(&w.arena);
}

static void who_changes_something_without_a_signed_address_is_proved_first(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static const char *const results[] = {NULL, "none", "fail"};
	for (size_t i = 0; i < COUNT_OF(results); i++) {
		const char *plan = writes(&w, &ticket, "bob@example.org", "support@example.org", results[i], "/close #12\n");
		expect(plan, "disposition: command-error");
		expect_not(plan, "state of ticket");
		arena_fini(&w.arena);
		plan = writes(&w, &ticket, "bob@example.org", "support@example.org", results[i], "/new anna@customer.example\n\nHello Anna.\n");
		expect(plan, "disposition: command-error");
		expect_not(plan, "anna@customer.example:");
		arena_fini(&w.arena);
	}
	/* The answer goes to his own address. */
	expect(writes(&w, &ticket, "bob@example.org", "support@example.org", NULL, "/list\n"), "enqueue mail to bob@example.org: agent-done");
	arena_fini(&w.arena);
	expect(writes(&w, &ticket, "bob@example.org", "support@example.org", "fail", "/show 12\n"), "disposition: command-error");
	arena_fini(&w.arena);
	/* Nobody else's mail is read for commands. */
	expect(writes(&w, &ticket, "anna@customer.example", "support@example.org", "pass", "/close #12\n"), "create ticket");
	arena_fini(&w.arena);
}

static void an_agent_begins_a_conversation(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = writes(&w, &ticket, "bob@example.org", "network@example.org", "pass", "/new carl@customer.example\n/tag visit\n\nDear Carl, when may we come?\n");
	expect(plan, "create ticket 12, new, in queue network for carl");
	expect(plan, "enqueue mail to carl@customer.example: opened");
	expect(plan, "tag ticket 12 visit");
	expect(plan, "agent of ticket 12: nobody -> bob");
	expect(plan, "disposition: commands");
	arena_fini(&w.arena);
	expect(OWN("/new carl@customer.example\n"), "there are no words: write them below /new");
	arena_fini(&w.arena);
	expect(OWN("/new carl@customer.example\n/new eva@customer.example\n\nHello"), "/new may stand in an email only once");
	arena_fini(&w.arena);
	expect(OWN("/new support@example.org\n\nHello"), "is an address of this desk");
	arena_fini(&w.arena);
	plan = replies(&w, &ticket, "/new carl@customer.example\n\nHello Carl.");
	expect(plan, "/new begins a conversation");
	expect_not(plan, "carl@customer.example:");
	arena_fini(&w.arena);
	world_init(&w, &(struct mail){.from = {"bob@example.org", ""}}, "support@example.org");
	struct token token = {TOKEN_AGENT, 7, 0, desk_who("bob")};
	const char *quoting = arena_printf(&w.arena, "/new carl@customer.example\n\nHello, %s wrote", desk_token_address(&w.arena, &w.policy, "support@example.org", &token));
	struct world v;
	plan = writes(&v, &ticket, "bob@example.org", "support@example.org", "pass", quoting);
	expect(plan, "disposition: command-error");
	expect_not(plan, "carl@customer.example:");
	arena_fini(&v.arena);
	arena_fini(&w.arena);
}

static void of_two_queues_in_one_mail_the_first_carries_it_out(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static struct mail mail;
	static struct mail_address to[] = {{"network@example.org", ""}, {"support@example.org", ""}};
	for (int i = 0; i < 2; i++) {
		mail = mail_of("bob@example.org");
		mail.reply_text = "/close #12\n";
		mail.authentication.dmarc = "pass";
		mail.to.at = to;
		mail.to.count = 2;
		world_init(&w, &mail, to[i].address);
		const char *plan = decide(&w, &ticket);
		expect(plan, "disposition: commands");
		i == 0 ? expect(plan, "state of ticket 12: open -> closed") : expect_not(plan, "state of ticket");
		arena_fini(&w.arena);
	}
}

static const char *variables(const struct world *w)
{
	for (size_t i = 0; i < w->plan.count; i++)
		if (w->plan.at[i].kind == EFFECT_ENQUEUE)
			return w->plan.at[i].outgoing->variables;
	return "";
}

static void each_me_of_a_query_is_the_writer(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	expect(OWN("/list agent:me -agent:me agent:meg agent:me\n"), "disposition: commands");
	expect(variables(&w), "agent:bob -agent:bob agent:meg agent:bob");
	arena_fini(&w.arena);
}

static void a_line_that_nobody_wrote_by_hand_is_no_command(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	static const char *const lines[] = {"/list agent:me ", "/search the ", "/tag x", "/nonsense x "};
	for (size_t k = 0; k < COUNT_OF(lines); k++) {
		CLEANUP_BUFFER struct buffer text = {0};
		buffer_add_string(&text, lines[k]);
		for (int i = 0; i < 3000; i++)
			buffer_add_string(&text, strchr(lines[k], ' ') + 1);
		const char *plan = OWN(buffer_string(&text));
		expect(plan, "the line is too long: a command has 1000 bytes at most");
		expect(plan, "disposition: command-error");
		arena_fini(&w.arena);
	}
}

static void a_search_has_the_words_that_a_person_writes(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	static const char *const begins[] = {"/search ", "/list \""};
	for (size_t k = 0; k < COUNT_OF(begins); k++)
		for (int more = 0; more < 2; more++) {
			CLEANUP_BUFFER struct buffer text = {0};
			buffer_add_string(&text, begins[k]);
			for (int i = 0; i < 100 + more; i++)
				buffer_add_string(&text, i ? " the" : "the");
			buffer_add_string(&text, k ? "\"\n" : "\n");
			expect(OWN(buffer_string(&text)), more ? "a search has at most 100 words" : "disposition: commands");
			arena_fini(&w.arena);
		}
}

static void files_are_brought_to_who_asks_and_is_proved(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = replies(&w, &ticket, "/files\n");
	expect(plan, "enqueue mail to bob@example.org: agent-files");
	expect(plan, "disposition: commands");
	expect_not(plan, "anna@customer.example");
	arena_fini(&w.arena);
	ticket = ticket_of(12);
	expect(OWN("/files 12 report.pdf\n"), "enqueue mail to bob@example.org: agent-files");
	arena_fini(&w.arena);
	plan = writes(&w, &ticket, "bob@example.org", "support@example.org", NULL, "/files 12\n");
	expect(plan, "nothing proves that you wrote it");
	expect_not(plan, "agent-files");
	arena_fini(&w.arena);
}

/* Each mail begins where the one before ended, up to a bound; who may no longer read the ticket gets no more. */
static void further_files_follow_while_there_are_any_and_he_may_read_them(void **state)
{
	struct { const char *agent, *queue, *variables; bool follows; } cases[] = {
		{"bob", "support", "files=9\nfiles_limit=100\nfiles_next=3.2\n", true},
		{"bob", "support", "files=9\nfiles_limit=100\n", false},
		{"bob", "support", "files=9\nfiles_next=3.2\nfiles_part=9\n", true},
		{"bob", "support", "files=9\nfiles_next=3.2\nfiles_part=10\n", false},
		{"nobody", "support", "files=9\nfiles_next=3.2\n", false},
		{"eve", "network", "files=9\nfiles_next=3.2\n", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct mail mail = mail_of("bob@example.org");
		world_init(&w, &mail, "support@example.org");
		struct ticket_facts ticket = ticket_of(7);
		ticket.queue = cases[i].queue;
		w.facts.ticket = &ticket;
		struct outgoing outgoing = {.agent = cases[i].agent, .trace = "t", .template = "agent-files", .variables = cases[i].variables};
		desk_plan_init(&w.plan, &w.arena, NULL);
		desk_decide_more_files(&w.policy, &outgoing, &w.facts, &w.plan);
		assert_int_equal(w.plan.count, cases[i].follows);
		if (cases[i].follows)
			assert_string_equal(record_get(&w.arena, w.plan.at[0].outgoing->variables, "files_from"), "3.2");
		arena_fini(&w.arena);
	}
}

static void spam_is_closed_without_a_word_and_its_sender_marked(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	ticket.voice = VOICE_NEUTRAL;
	const char *plan = replies(&w, &ticket, "/spam\n");
	expect(plan, "state of ticket 7: open -> closed (spam)");
	expect(plan, "tag ticket 7 spam");
	expect(plan, "mails of anna@customer.example are kept, and told to nobody, unless they prove their sender");
	expect_not(plan, "mail to anna@customer.example");
	arena_fini(&w.arena);
	ticket = ticket_of(7);
	expect(replies(&w, &ticket, "/spam\n"), "told to nobody\n");
	arena_fini(&w.arena);
	plan = replies(&w, &ticket, "/spam\n\nGo away.");
	expect(plan, "/spam closes without a word");
	expect_not(plan, "closed");
	arena_fini(&w.arena);
	ticket = ticket_of(7);
	ticket.customer.address = "eve@example.org";
	plan = replies(&w, &ticket, "/spam\n");
	expect(plan, "ticket 7 is spam");
	expect_not(plan, "eve@example.org are kept");
	arena_fini(&w.arena);
}

static void what_a_marked_sender_writes_is_kept_and_told_to_nobody(void **state)
{
	struct { int mark; const char *dmarc; bool silent; } cases[] = {{SPAM_NOT, NULL, false}, {SPAM_UNLESS_PROVED, NULL, true}, {SPAM_UNLESS_PROVED, "pass", false},
		{SPAM_EVEN_PROVED, NULL, true}, {SPAM_EVEN_PROVED, "pass", true}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct mail mail = mail_of("anna@customer.example");
		mail.authentication.dmarc = cases[i].dmarc;
		world_init(&w, &mail, "support@example.org");
		w.facts.sender_spam = cases[i].mark;
		const char *plan = decide(&w, NULL);
		if (cases[i].silent) {
			expect(plan, "tag ticket 12 spam");
			expect(plan, "new -> closed (its sender is marked as spam)");
			expect_not(plan, "enqueue");
		} else
			expect(plan, "enqueue mail to bob@example.org: agent-new");
		arena_fini(&w.arena);
	}
}

static void reopening_takes_the_mark_back(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *tags[] = {"vpn", "spam"};
	ticket.state = STATE_CLOSED;
	ticket.tags = (struct strings){tags, 2};
	const char *plan = replies(&w, &ticket, "/reopen\n");
	expect(plan, "untag ticket 7 spam");
	expect(plan, "mails of anna@customer.example are told again");
	expect_not(plan, "untag ticket 7 vpn");
	arena_fini(&w.arena);
}

static void an_agent_is_away_until_he_is_back(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	expect(OWN("/away\n"), "bob is away\n");
	arena_fini(&w.arena);
	expect(OWN("/away until 2d\n"), "bob is away until 2023-11-16");
	arena_fini(&w.arena);
	expect(OWN("/away back\n"), "bob is back");
	arena_fini(&w.arena);
	expect(OWN("/away yesterday\n"), "is not a future time");
	arena_fini(&w.arena);
	const char *plan = writes(&w, &ticket, "bob@example.org", "support@example.org", NULL, "/away\n");
	expect(plan, "nothing proves that you wrote it");
	expect_not(plan, "is away");
	arena_fini(&w.arena);
}

/* His tickets' news go to his queue, too, as while agents[].leave says so. */
static void of_who_is_away_his_queue_is_told(void **state)
{
	for (int away = 0; away < 2; away++) {
		struct world w;
		struct mail mail = mail_of("anna@customer.example");
		struct ticket_facts ticket = ticket_of(7);
		struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
		struct away gone[] = {{"bob", away ? AWAY_OPEN : 1}};
		mail.kind = MAIL_REPLY;
		world_init(&w, &mail, "support@example.org");
		w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
		desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
		w.facts.away.at = gone;
		w.facts.away.count = 1;
		const char *plan = decide(&w, &ticket);
		expect(plan, "enqueue mail to bob@example.org");
		(away ? expect : expect_not)(plan, "enqueue mail to eve@example.org");
		arena_fini(&w.arena);
	}
}

/* doc/DESIGN.md, "What an agent's mail to a queue is". */
static void a_fresh_mail_of_an_agent_is_his_own_request_and_an_answer_to_a_digest_is_not(void **state)
{
	for (int answers = 0; answers < 2; answers++) {
		struct world w;
		static struct mail mail;
		mail = mail_of("bob@example.org");
		mail.message_id = "<fresh@agents.example>";
		mail.reply_text = "My printer is broken.";
		world_init(&w, &mail, "support@example.org");
		struct token token = {.kind = TOKEN_MAIL_TO_AGENT, .number = 3, .who = desk_who("bob")};
		if (answers)
			strings_add(&w.arena, &mail.in_reply_to, desk_message_id(&w.arena, &w.policy, &token));
		const char *plan = decide(&w, NULL);
		expect(plan, answers ? "your words are for nobody here" : "add bob@example.org to ticket 12 as customer");
		(answers ? expect_not : expect)(plan, "disposition: ticket");
		arena_fini(&w.arena);
	}
}

static size_t times(const char *plan, const char *what);

/* Who forges an agent's name brings him that much and no more; a proof frees him. */
static void what_unproved_commands_bring_within_an_hour_has_an_end(void **state)
{
	struct { const char *dmarc; int hour, before; size_t answers; const char *plan; } cases[] = {
		{NULL, 0, 0, 1, "count 1 answers to unproved commands of bob@example.org"}, {NULL, 19, 0, 1, "count 1 answers"},
		{NULL, 20, 0, 0, "not answered: 20 answers within the hour to commands in bob's name that nothing proves, and 1 mails without one"},
		{NULL, 27, 0, 0, "and 8 mails without one"}, {NULL, 0, 27, 1, "count 1 answers"}, {"pass", 27, 0, 1, "disposition: commands"}, {"pass", 0, 27, 1, "count 1 answers"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		static struct mail mail;
		mail = mail_of("bob@example.org");
		mail.reply_text = "/list\n";
		mail.authentication.dmarc = cases[i].dmarc;
		world_init(&w, &mail, "support@example.org");
		w.facts.asked_last_hour = cases[i].hour;
		w.facts.asked_before = cases[i].before;
		const char *plan = decide(&w, NULL);
		expect(plan, cases[i].plan);
		assert_int_equal(times(plan, "enqueue"), cases[i].answers);
		for (size_t k = 0; k < w.plan.count; k++)
			if (w.plan.at[k].kind == EFFECT_ENQUEUE) {
				const char *said = record_get(&w.arena, w.plan.at[k].outgoing->variables, "unanswered");
				assert_string_equal(said ? said : "0", cases[i].hour > 20 || cases[i].before > 20 ? "7" : "0");
			}
		arena_fini(&w.arena);
	}
}

static size_t times(const char *plan, const char *what)
{
	size_t count = 0;
	for (; (plan = strstr(plan, what)); plan += strlen(what))
		count++;
	return count;
}

static void what_one_mail_asks_for_has_an_end(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	assert_int_equal(times(OWN("/show 12\n/show 12\n/show #12\n/list\n/list\n"), "agent-shown"), 1);
	arena_fini(&w.arena);
	assert_int_equal(times(OWN("/list\n/list\n/list\n/list\n/list\n/list\n/list\n/list\n/help\n/help\n"), "agent-done"), 10);
	arena_fini(&w.arena);
	const char *plan = OWN("/list\n/list\n/list\n/list\n/list\n/list\n/list\n/list\n/help\n/help\n/show 12\n");
	expect(plan, "is answered by 10 emails at most");
	assert_int_equal(times(plan, "enqueue"), 1);
	arena_fini(&w.arena);
}

static void the_same_mail_by_another_address_is_carried_out_once(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static const char *const texts[] = {"/new carl@customer.example\n\nHello.", "/close #12\n", "/list\n", "/nonsense\n"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		static struct mail mail;
		mail = mail_of("bob@example.org");
		mail.reply_text = texts[i];
		mail.authentication.dmarc = "pass";
		world_init(&w, &mail, "support@example.org");
		w.facts.ordered = true;
		const char *plan = decide(&w, &ticket);
		expect(plan, "disposition: commands");
		expect(plan, "as it came by another address of ours");
		expect_not(plan, "enqueue");
		expect_not(plan, "ticket 12");
		arena_fini(&w.arena);
	}
}

/* ---- saved replies ---- */

static struct saved_reply toner = {.name = "toner", .language = "", .title = "", .text = "Dear {customer}, change it.", .queue = "", .state = ""};
static const struct saved_replies saved = {.at = &toner, .count = 1};

static const char *uses(struct world *w, struct ticket_facts *ticket, const char *dmarc, const char *text)
{
	static struct mail mail;
	mail = mail_of("bob@example.org");
	mail.message_id = "<own@agents.example>";
	mail.reply_text = text;
	mail.authentication.dmarc = dmarc;
	world_init(w, &mail, "support@example.org");
	w->incoming.replies = &saved;
	return decide(w, ticket);
}

static void a_saved_reply_needs_somebody_whom_it_goes_to(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static const char *const texts[] = {"/use toner\n\nHello.", "/use toner\n", "/note #12\n/use toner\n\nHello."};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		expect(uses(&w, &ticket, "pass", texts[i]), "your words are for nobody here");
		arena_fini(&w.arena);
		expect(uses(&w, &ticket, NULL, texts[i]), "nothing proves that you wrote it");
		arena_fini(&w.arena);
	}
	expect(uses(&w, &ticket, "pass", "/new carl@customer.example\n/use toner\n"), "enqueue mail to carl@customer.example: opened");
	arena_fini(&w.arena);
}

/* ---- who only reads ---- */

static void a_reader_asks_and_leaves_notes_and_does_nothing_else(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(12);
	static const char *const texts[] = {"/close #12\n", "/assign #12 me\n", "/new carl@customer.example\n\nHello.", "/note #12\n/tag #12 vpn\n\nShe called.", "/undo #12\n"};
	agents[0].role = AGENT_READER;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *plan = OWN(texts[i]);
		expect(plan, "you may read and leave notes, nothing else (agents[].role): begin with the line /note #12");
		expect(plan, "disposition: command-error");
		arena_fini(&w.arena);
	}
	expect(OWN("/note #12\nShe called.\n"), "append message 3 (note, in) to ticket 12");
	arena_fini(&w.arena);
	expect(OWN("/show 12\n/list\n"), "disposition: commands");
	arena_fini(&w.arena);
	agents[0].role = AGENT_PLAIN;
}

static void what_a_reader_wrote_to_a_customer_is_no_answer_of_the_desk(void **state)
{
	struct world w;
	static struct mail mail;
	static struct mail_address to[] = {{"carl@customer.example", ""}, {"support@example.org", ""}};
	for (int reads = 0; reads < 2; reads++) {
		mail = mail_of("bob@example.org");
		mail.authentication.dmarc = "pass";
		mail.to.at = to;
		mail.to.count = 2;
		world_init(&w, &mail, "support@example.org");
		agents[0].role = reads ? AGENT_READER : AGENT_PLAIN;
		expect(decide(&w, NULL), reads ? "in queue support for bob" : "in queue support for carl");
		agents[0].role = AGENT_PLAIN;
		arena_fini(&w.arena);
	}
}

/* ---- /undo ---- */

static struct past_change changed(int64_t at, const char *who, enum past_kind what, const char *was, const char *now)
{
	return (struct past_change){.at = at, .who = who, .why = "", .what = what, .was = was, .now = now};
}

static void the_last_mail_is_taken_back(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	static const char *tags[] = {"vpn"};
	int64_t now = 1700000000000;
	struct past_change changes[] = {changed(now - 60000, "bob", PAST_TAG, "", "vpn"), changed(now - 60000, "bob", PAST_QUEUE, "network", "support"),
	                                changed(now - 90000, "bob", PAST_AGENT, "", "bob"), changed(now - 90000, "anna@customer.example", PAST_OTHER, "", "")};
	ticket.tags = (struct strings){tags, 1};
	ticket.past.changes.at = changes;
	ticket.past.changes.count = COUNT_OF(changes);
	const char *plan = replies(&w, &ticket, "/undo\n");
	expect(plan, "untag ticket 7 vpn");
	expect(plan, "queue of ticket 7: support -> network");
	expect_not(plan, "agent of ticket 7");
	expect(plan, "enqueue mail to bob@example.org: agent-done");
	arena_fini(&w.arena);
	changes[0].who = changes[1].who = "eve";                 /* a colleague has acted since */
	plan = replies(&w, &ticket, "/undo\n");
	expect(plan, "eve has acted on ticket 7 since");
	expect_not(plan, "agent of ticket 7");
	arena_fini(&w.arena);
	changes[0].who = changes[1].who = "bob";
	changes[0].at = changes[1].at = now - 3700000;
	expect(replies(&w, &ticket, "/undo\n"), "there is nothing of yours to undo");
	arena_fini(&w.arena);
	changes[0].at = changes[1].at = now - 1000;
	changes[0].why = changes[1].why = "taken back";
	expect(replies(&w, &ticket, "/undo\n"), "there is nothing of yours to undo");
	arena_fini(&w.arena);
}

static void a_wait_is_taken_back_with_its_state(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	int64_t now = 1700000000000;
	struct past_change changes[] = {changed(now, "bob", PAST_PENDING, "", ""), changed(now, "bob", PAST_STATE, "open", "pending")};
	ticket.state = STATE_PENDING;
	ticket.past.changes.at = changes;
	ticket.past.changes.count = COUNT_OF(changes);
	const char *plan = replies(&w, &ticket, "/undo\n");
	expect(plan, "state of ticket 7: pending -> open");
	expect(plan, "clear timers");
	arena_fini(&w.arena);
}

/* ---- /ask ---- */

static const struct outgoing *mail_of_plan(const struct plan *plan, const char *template)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == EFFECT_ENQUEUE && strcmp(plan->at[i].outgoing->template, template) == 0)
			return plan->at[i].outgoing;
	fail_msg("the plan sends no \"%s\"", template);
	return NULL;
}

static const char *words_of_plan(const struct plan *plan, enum message_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == EFFECT_APPEND_MESSAGE && plan->at[i].message->kind == kind)
			return plan->at[i].message->text;
	fail_msg("the plan appends no %s", desk_message_kind_name(kind));
	return NULL;
}

static void what_is_asked_is_what_the_agent_writes_alone(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	struct desk_policy policy = policy_of();
	struct arena arena;
	arena_init(&arena);
	struct token customer = {TOKEN_CUSTOMER, 7, 0, 0};
	const char *address = desk_token_address(&arena, &policy, "support@example.org", &customer);
	const char *plan = replies(&w, &ticket, arena_printf(&arena, "/ask help@maker.example\nDo you know it? See %s or https://help.example.org/l/%s\n\nAnna wrote:\n> my secret\n  > more of it\n",
		address, desk_link_token(&arena, &policy, TOKEN_LINK_STATUS, 7, "anna@customer.example", 1)));
	expect(plan, "begin side conversation 1 of ticket 7 with help@maker.example");
	expect(plan, "enqueue mail to help@maker.example: side");
	expect(plan, "state of ticket 7: open -> pending");
	expect(plan, "for third-party");
	expect_not(plan, "anna@customer.example:");
	const char *words = words_of_plan(&w.plan, MESSAGE_SIDE_OUT);
	expect(words, "Do you know it?");
	expect_not(words, "secret");
	expect_not(words, "more of it");
	expect_not(words, "Anna wrote");
	expect_not(words, desk_token(&arena, &policy.keys, &customer));
	expect_not(words, "/l/s");
	const struct outgoing *o = mail_of_plan(&w.plan, "side");
	assert_string_equal(o->subject, "Request [#7]");
	assert_int_equal(o->references.count, 0);
	struct address_facts to;
	desk_address(&w.policy, o->reply_to, &to);
	assert_true(to.class == ADDRESS_TICKET && to.token.kind == TOKEN_SIDE && to.token.number == 1);
	arena_fini(&w.arena);
	/* His own subject, where it is not the customer's. */
	plan = OWN("/ask #7 help@maker.example\n\nWhat does it cost?\n");
	expect(plan, "enqueue mail to help@maker.example: side");
	assert_string_equal(mail_of_plan(&w.plan, "side")->subject, "Hello [#7]");
	arena_fini(&w.arena);
	arena_fini(&arena);
}

static void nobody_who_reads_the_ticket_is_asked_beside_it(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	static const char *const wrong[] = {"anna@customer.example", "support@example.org", "eve@example.org", "nobody"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct arena arena;
		arena_init(&arena);
		const char *plan = replies(&w, &ticket, arena_printf(&arena, "/ask %s\n\nHello?\n", wrong[i]));
		expect(plan, "not sent: /ask");
		expect_not(plan, ": side\n");
		expect_not(plan, ": reply\n");
		arena_fini(&w.arena);
		arena_fini(&arena);
	}
	expect(replies(&w, &ticket, "/ask help@maker.example\n"), "there are no words: write them below /ask");
	arena_fini(&w.arena);
	const char *plan = replies(&w, &ticket, "/note\n/ask help@maker.example\n\nShe never pays.\n");
	expect_not(plan, "help@maker.example: side");
	expect(plan, "not sent: ");
	arena_fini(&w.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_summary_comes_back_only_where_something_but_the_answer_was_asked_for),
		cmocka_unit_test(who_only_asks_changes_nothing), cmocka_unit_test(every_wrong_line_is_named), cmocka_unit_test(wrong_lines_are_named_in_the_agents_language),
		cmocka_unit_test(an_agents_own_mail_acts_on_the_tickets_that_it_names), cmocka_unit_test(an_agent_acts_on_his_own_tickets_only),
		cmocka_unit_test(who_changes_something_without_a_signed_address_is_proved_first), cmocka_unit_test(an_agent_begins_a_conversation),
		cmocka_unit_test(of_two_queues_in_one_mail_the_first_carries_it_out), cmocka_unit_test(the_last_mail_is_taken_back),
		cmocka_unit_test(a_wait_is_taken_back_with_its_state), cmocka_unit_test(what_is_asked_is_what_the_agent_writes_alone),
		cmocka_unit_test(nobody_who_reads_the_ticket_is_asked_beside_it),
		cmocka_unit_test(a_search_has_the_words_that_a_person_writes), cmocka_unit_test(what_one_mail_asks_for_has_an_end), cmocka_unit_test(files_are_brought_to_who_asks_and_is_proved),
		cmocka_unit_test(a_fresh_mail_of_an_agent_is_his_own_request_and_an_answer_to_a_digest_is_not), cmocka_unit_test(what_unproved_commands_bring_within_an_hour_has_an_end),
		cmocka_unit_test(spam_is_closed_without_a_word_and_its_sender_marked), cmocka_unit_test(what_a_marked_sender_writes_is_kept_and_told_to_nobody),
		cmocka_unit_test(reopening_takes_the_mark_back), cmocka_unit_test(an_agent_is_away_until_he_is_back), cmocka_unit_test(of_who_is_away_his_queue_is_told),
		cmocka_unit_test(further_files_follow_while_there_are_any_and_he_may_read_them),
		cmocka_unit_test(the_same_mail_by_another_address_is_carried_out_once), cmocka_unit_test(each_me_of_a_query_is_the_writer), cmocka_unit_test(a_line_that_nobody_wrote_by_hand_is_no_command),
		cmocka_unit_test(a_saved_reply_needs_somebody_whom_it_goes_to), cmocka_unit_test(a_reader_asks_and_leaves_notes_and_does_nothing_else),
		cmocka_unit_test(what_a_reader_wrote_to_a_customer_is_no_answer_of_the_desk)};
	return cmocka_run_group_tests_name("desk commands", tests, NULL, NULL);
}
