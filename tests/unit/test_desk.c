/*
 * test_desk.c - the desk's decisions, without a store: a mail and facts in, a printed plan out. Linked with base, the mail values
 * and the desk only.
 */
#include "test_desk.h"

/* ---------------------------------------------------------------- tokens */

static void token_survives_and_resists(void **state)
{
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	struct desk_policy policy = policy_of();
	struct token token = {TOKEN_CUSTOMER, 123456, 0, 0}, read;
	char *text = desk_token(&arena, &policy.keys, &token);
	assert_true(strlen(text) <= 33);
	for (char *c = text; *c; c++)
		assert_true((*c >= 'a' && *c <= 'z') || (*c >= '2' && *c <= '7'));
	assert_true(desk_token_read(&policy.keys, text, strlen(text), &read));
	assert_int_equal(read.ticket, 123456);
	for (char *c = text; *c; c++)            /* any case of a letter is the same token */
		if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
	assert_true(desk_token_read(&policy.keys, text, strlen(text), &read));
	text = desk_token(&arena, &policy.keys, &token);
	for (size_t i = 0; text[i]; i++) {       /* any change of any character spoils it */
		char *changed = arena_string(&arena, text);
		changed[i] = changed[i] == 'a' ? 'c' : 'a';
		bool genuine = desk_token_read(&policy.keys, changed, strlen(changed), &read);
		assert_true(!genuine || (read.kind == token.kind && read.ticket == token.ticket));       /* spare bits of the last letter */
	}
	for (size_t cut = 0; cut < strlen(text); cut++)
		assert_false(desk_token_read(&policy.keys, text, cut, &read));
	char *other = arena_string(&arena, text);
	other[0] = TOKEN_AGENT;                  /* another role */
	assert_false(desk_token_read(&policy.keys, other, strlen(other), &read));
}

/* An agent's address with a number, so long as tickets and messages are what a desk sees in a hundred years, keeps to its length. */
static void token_of_a_notice_stays_short(void **state)
{
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	struct desk_policy policy = policy_of();
	struct token token = {TOKEN_AGENT, (1 << 28) - 1, (1LL << 49) - 1, 0xFFFFFFFF}, read;
	char *text = desk_token(&arena, &policy.keys, &token);
	assert_in_range(strlen(text), 30, 41);
	assert_true(desk_token_read(&policy.keys, text, strlen(text), &read));
	assert_true(read.number == token.number);
	assert_int_equal(desk_shown_seq(&read), (1 << 25) - 1);
}

static void token_of_a_rotated_key_still_reads(void **state)
{
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	struct desk_policy old = policy_of(), new = policy_of();
	struct token token = {TOKEN_BOUNCE, 1, 2, 0}, read;
	char *text = desk_token(&arena, &old.keys, &token);
	memcpy(new.keys.key[1], new.keys.key[0], DESK_KEY_SIZE);
	memset(new.keys.key[0], 9, DESK_KEY_SIZE);
	assert_false(desk_token_read(&new.keys, text, strlen(text), &read));
	new.keys.count = 2;
	assert_true(desk_token_read(&new.keys, text, strlen(text), &read));
	assert_int_equal(read.number, 2);
}

static void address_classes(void **state)
{
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	struct desk_policy policy = policy_of();
	struct address_facts facts;
	desk_address(&policy, "Support@Example.ORG", &facts);
	assert_int_equal(facts.class, ADDRESS_QUEUE);
	desk_address(&policy, "nobody@example.org", &facts);
	assert_int_equal(facts.class, ADDRESS_UNKNOWN);
	desk_address(&policy, "supporter@example.org", &facts);
	assert_int_equal(facts.class, ADDRESS_UNKNOWN);
	desk_address(&policy, "support@example.org.evil.example", &facts);
	assert_int_equal(facts.class, ADDRESS_UNKNOWN);
	desk_address(&policy, "support+forged@example.org", &facts);
	assert_int_equal(facts.class, ADDRESS_QUEUE);
	assert_true(facts.bad_token);
	struct token token = {TOKEN_AGENT, 5, 0, desk_who("bob")};
	char *address = desk_token_address(&arena, &policy, "network@example.org", &token);
	desk_address(&policy, address, &facts);
	assert_string_equal(address, arena_printf(&arena, "network%c%s@example.org", policy.separators[0], desk_token(&arena, &policy.keys, &token)));
	assert_int_equal(facts.class, ADDRESS_TICKET);
	assert_string_equal(facts.queue->name, "network");
	*strchr(address, '+') = '-';             /* the other separator */
	desk_address(&policy, address, &facts);
	assert_int_equal(facts.class, ADDRESS_TICKET);
}

static void message_id_reads_back(void **state)
{
	CLEANUP_ARENA struct arena arena;
	arena_init(&arena);
	struct desk_policy policy = policy_of();
	struct token token = {TOKEN_MAIL_TO_CUSTOMER, 77, 5, 0}, read;
	char *id = desk_message_id(&arena, &policy, &token);
	assert_true(desk_message_id_read(&policy, id, &read));
	assert_int_equal(read.ticket, 77);
	assert_false(desk_message_id_read(&policy, "<77.mabc@example.org>", &read));
	assert_false(desk_message_id_read(&policy, "<a@b>", &read));
	assert_false(desk_message_id_read(&policy, "", &read));
}

/* ---------------------------------------------------------------- life of a ticket */

static void every_cell_of_the_table(void **state)
{
	for (int event = 0; event < EVENT_COUNT; event++)
		for (int from = 0; from < STATE_COUNT; from++) {
			enum ticket_state next = STATE_COUNT;
			bool may = desk_ticket_transition((enum ticket_state)from, (enum ticket_event)event, &next);
			assert_true(next < STATE_COUNT);
			if (!may || event == EVENT_AUTOMATIC_MAIL || event == EVENT_AGENT_NOTE)
				assert_int_equal(next, from);
		}
	enum ticket_state next;
	assert_true(desk_ticket_transition(STATE_HELD, EVENT_CUSTOMER_MAIL, &next) && next == STATE_NEW);
	assert_true(desk_ticket_transition(STATE_PENDING, EVENT_CUSTOMER_MAIL, &next) && next == STATE_OPEN);
	assert_true(desk_ticket_transition(STATE_RESOLVED, EVENT_CONFIRMED, &next) && next == STATE_CLOSED);
	assert_false(desk_ticket_transition(STATE_OPEN, EVENT_CONFIRMED, &next));
}

/* ---------------------------------------------------------------- flows */

static void new_request(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	world_init(&w, &mail, "support@example.org");
	const char *plan = decide(&w, NULL);
	assert_string_equal(plan,
		"create ticket 12, new, in queue support for anna@customer.example\n"
		"add anna@customer.example to ticket 12 as customer\n"
		"append message 1 (request, in) to ticket 12\n"
		"enqueue mail to anna@customer.example: received\n"
		"append message 2 (notice, out) to ticket 12\n"
		"count an acknowledgement to anna@customer.example\n"
		"enqueue mail to bob@example.org: agent-new\n"
		"enqueue mail to eve@example.org: agent-new\n"
		"disposition: ticket\n");
	arena_fini(&w.arena);
}

static void reply_to_the_signed_address_joins(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	ticket.state = STATE_PENDING;
	world_init(&w, &mail, "support@example.org");
	struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
	w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
	desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
	const char *plan = decide(&w, &ticket);
	expect(plan, "append message 3 (reply, in) to ticket 7 (the ticket's own address, and anna@customer.example takes part)\n");
	assert_true(desk_plan_clue(&w.plan)->joined && desk_plan_clue(&w.plan)->ticket == 7);
	expect(plan, "state of ticket 7: pending -> open");
	expect(plan, "enqueue mail to bob@example.org: agent-answered");
	expect_not(plan, "eve@");
	expect_not(plan, "received");
	expect(plan, "disposition: joined (address-token)");
	arena_fini(&w.arena);
}

static void stranger_with_the_signed_address_joins_flagged(void **state)
{
	struct world w;
	struct mail mail = mail_of("other@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	world_init(&w, &mail, "support@example.org");
	struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
	w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
	desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
	const char *plan = decide(&w, &ticket);
	expect(plan, "from another address");
	expect_not(plan, "add other@");
	arena_fini(&w.arena);
}

static void reference_joins_participants_only(void **state)
{
	const char *known[] = {"<m1@customer.example>"};
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	struct mail mail = mail_of("anna@customer.example");
	mail.kind = MAIL_REPLY;
	mail.message_id = "<m2@customer.example>";
	mail.in_reply_to = (struct strings){known, 1};
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, &ticket), "append message 3 (reply, in) to ticket 7");
	arena_fini(&w.arena);

	mail.from.address = "mallory@evil.example";
	world_init(&w, &mail, "support@example.org");
	const char *plan = decide(&w, &ticket);
	expect(plan, "create ticket 12");
	expect(plan, "link ticket 12 with 7 (it answers a mail of the ticket, but written by mallory@evil.example, who takes no part in it: a ticket of its own)");
	assert_false(desk_plan_clue(&w.plan)->joined);
	expect_not(plan, "to ticket 7\n");
	arena_fini(&w.arena);

	mail.from.address = "anna@customer.example";
	mail.authentication.dmarc = "fail";      /* a forged sender is no participant */
	world_init(&w, &mail, "support@example.org");
	plan = decide(&w, &ticket);
	expect(plan, "create ticket 12");
	expect(plan, "no acknowledgement (sender not authenticated");
	arena_fini(&w.arena);
}

static void subject_number_alone_is_a_hint(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	struct mail mail = mail_of("mallory@evil.example");
	mail.subject = "Re: VPN [#7]";
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, &ticket), "create ticket 12");
	arena_fini(&w.arena);
	mail.from.address = "anna@customer.example";
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, &ticket), "disposition: joined (subject-token)");
	arena_fini(&w.arena);
}

static void token_of_a_cut_address_counts_in_the_header(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	struct mail mail = mail_of("other@customer.example");
	world_init(&w, &mail, "support@example.org");
	struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
	struct mail_address to = {desk_token_address(&w.arena, &w.policy, "support@example.org", &token), ""};
	mail.to.at = &to;
	mail.to.count = 1;
	expect(decide(&w, &ticket), "disposition: joined (address-token)");
	struct world other;
	world_init(&other, &mail, "network@example.org");        /* another queue was added: its own ticket */
	expect(decide(&other, &ticket), "create ticket 12, new, in queue network");
	arena_fini(&other.arena);
	arena_fini(&w.arena);
}

static void automatic_mail_moves_nothing(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	ticket.state = STATE_RESOLVED;
	mail.kind = MAIL_AUTO_REPLY;
	mail.auto_answer_allowed = false;
	mail.out_of_office = true;
	world_init(&w, &mail, "support@example.org");
	struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
	w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
	desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
	const char *plan = decide(&w, &ticket);
	assert_string_equal(plan, "append message 3 (auto-reply, in) to ticket 7\ndisposition: automatic (address-token)\n");
	arena_fini(&w.arena);
	world_init(&w, &mail, "support@example.org");    /* without a ticket: one of its own, silently */
	plan = decide(&w, NULL);
	expect(plan, "create ticket 12");
	expect_not(plan, "enqueue");
	arena_fini(&w.arena);
}

static void bounce_tells_an_agent_and_of_an_agents_mail_his_colleagues_once(void **state)
{
	struct mail_bounce bounce = {"anna@customer.example", "failed", "5.1.1", true, "550 no such user", NULL};
	struct bounced_mail bounced = {.outbox = 33, .ticket = 7, .template = "received", .to = "anna@customer.example", .proved = true, .agent = "",
	                               .variables = ""};
	struct world w;
	struct mail mail = mail_of("mailer-daemon@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	mail.kind = MAIL_BOUNCE;
	mail.bounces.at = &bounce;
	mail.bounces.count = 1;
	for (int round = 0; round < 6; round++) {         /* a customer's mail; bob's; the same again; bob's, after eve's; by no bounce address; what he asked for */
		bool to_agent = round > 0;
		bounced.to_agent = to_agent;
		bounced.agent = to_agent ? "bob" : "";
		bounced.template = round == 5 ? "agent-shown" : to_agent ? "agent-answered" : "received";
		bounced.known = round == 2;
		bounced.variables = round == 3 ? "instead_of=eve\n" : "";
		bounced.proved = round != 4;
		world_init(&w, &mail, "support@example.org");
		w.facts.bounced = &bounced;
		struct token token = {TOKEN_BOUNCE, 7, 33, 0};
		w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
		desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
		const char *plan = decide(&w, &ticket);
		expect(plan, "append message 3 (bounce, in) to ticket 7");
		if (bounced.proved)
			expect(plan, "outgoing mail 33 did not reach anna@customer.example (550 no such user)");
		expect_not(plan, "enqueue mail to bob@example.org: agent-answered");
		if (round == 1)
			expect(plan, "enqueue mail to eve@example.org: agent-answered");
		else if (to_agent)
			expect_not(plan, "enqueue");
		else
			expect(plan, "enqueue mail to bob@example.org: agent-bounced");
		arena_fini(&w.arena);
	}
}

static void our_own_mail_is_a_loop(void **state)
{
	struct world w;
	struct mail mail = mail_of("support@example.org");
	mail.our_marks = "example.org";
	world_init(&w, &mail, "support@example.org");
	assert_string_equal(decide(&w, NULL), "disposition: loop (our own mail came back)\n");
	assert_int_equal(w.plan.kind, MAIL_LOOP);
	arena_fini(&w.arena);
}

static const char *agent_writes(struct world *w, struct ticket_facts *ticket, const char *agent, const char *from, const char *text)
{
	static struct mail mail;
	mail = mail_of(from);
	mail.kind = MAIL_REPLY;
	mail.reply_text = text;
	world_init(w, &mail, "support@example.org");
	struct token token = {TOKEN_AGENT, ticket->id, 0, desk_who(agent)};
	w->incoming.recipient = desk_token_address(&w->arena, &w->policy, "support@example.org", &token);
	desk_address(&w->policy, w->incoming.recipient, &w->incoming.address);
	return decide(w, ticket);
}

static void agent_answers_by_mail(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	ticket.state = STATE_NEW;
	ticket.agent = "";
	const char *plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "Please restart it.");
	expect(plan, "append message 3 (reply, out) to ticket 7");
	expect(plan, "enqueue mail to anna@customer.example: reply");
	expect(plan, "agent of ticket 7: nobody -> bob");
	expect(plan, "state of ticket 7: new -> open");
	for (size_t i = 0; i < w.plan.count; i++) {
		const struct outgoing *o = w.plan.at[i].outgoing;
		if (o && !o->to_agent) {             /* eve is told, too */
			assert_false(o->automatic);
			assert_string_equal(o->in_reply_to, "<m1@customer.example>");
			assert_string_equal(o->from.address, "support@example.org");
			assert_string_equal(o->subject, "Re: VPN [#7]");
		}
	}
	arena_fini(&w.arena);
}

static void agents_token_is_good_for_agents_of_that_ticket_only(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = agent_writes(&w, &ticket, "bob", "mallory@evil.example", "/close");
	expect_not(plan, "create ticket 12");
	expect(plan, "append message 3 (note, in) to ticket 7: not sent");
	expect(plan, "enqueue mail to bob@example.org: agent-command-error");
	expect_not(plan, "state");
	arena_fini(&w.arena);
	plan = agent_writes(&w, &ticket, "bob", "eve@example.org", "Restart it.");       /* bob's notice was passed on to her */
	expect(plan, "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	ticket.queue = "network";
	plan = agent_writes(&w, &ticket, "bob", "eve@example.org", "Restart it.");
	expect_not(plan, "enqueue mail to anna@customer.example");
	expect(plan, "enqueue mail to eve@example.org: agent-command-error");
	arena_fini(&w.arena);
}

/* The token of the notice about the newest message that the plan tells an agent. */
static struct token notice_token(struct world *w, const char *agent)
{
	struct token token = {0};
	for (size_t i = 0; i < w->plan.count; i++) {
		const struct outgoing *o = w->plan.at[i].outgoing;
		struct address_facts address;
		if (!o || !o->to_agent || strcmp(o->agent, agent) != 0)
			continue;
		desk_address(&w->policy, o->reply_to, &address);
		token = address.token;
	}
	return token;
}

static const char *agent_answers(struct world *w, struct ticket_facts *ticket, const struct token *token, const char *text, const struct later_words *later)
{
	static struct mail mail;
	static struct later_words words[1];
	mail = mail_of("bob@example.org");
	mail.kind = MAIL_REPLY;
	mail.reply_text = text;
	world_init(w, &mail, "support@example.org");
	w->incoming.recipient = desk_token_address(&w->arena, &w->policy, "support@example.org", token);
	desk_address(&w->policy, w->incoming.recipient, &w->incoming.address);
	if (later) {
		words[0] = *later;
		w->facts.later.at = words;
		w->facts.later.count = 1;
	}
	return decide(w, ticket);
}

static void an_answer_to_what_is_old_comes_back(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	struct mail mail = mail_of("anna@customer.example");
	struct later_words eves = {5, true, "eve", "Done."}, own = {5, true, "bob", "Done."};
	struct participant two[2] = {ticket.participants.at[0], {"carl@customer.example", "Carl", ROLE_CC, NULL}};
	struct participant gone = {"carl@customer.example", "Carl", ROLE_LEFT, NULL};
	mail.subject = "Re: VPN [#7]";
	world_init(&w, &mail, "support@example.org");
	decide(&w, &ticket);
	struct token token = notice_token(&w, "bob"), old = token;
	arena_fini(&w.arena);
	assert_int_equal(desk_shown_seq(&token), 3);
	ticket.next_seq = 6;
	expect(agent_answers(&w, &ticket, &token, "Restart it.", &own), "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	const char *plan = agent_answers(&w, &ticket, &token, "/close\nRestart it.", &eves);
	expect(plan, "append message 6 (note, in) to ticket 7: not sent: Eve Neri has answered since");
	expect(plan, "enqueue mail to bob@example.org: agent-command-error");
	expect_not(plan, "mail to anna");
	expect_not(plan, "state of");
	assert_int_equal(desk_shown_seq(&(struct token){.number = notice_token(&w, "bob").number}), 6);
	arena_fini(&w.arena);
	expect(agent_answers(&w, &ticket, &token, "/send\nRestart it.", &eves), "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	expect(agent_answers(&w, &ticket, &token, "/note\nShe is late.", &eves), "append message 6 (note, in) to ticket 7\n");
	arena_fini(&w.arena);
	old.number = 0;
	expect(agent_answers(&w, &ticket, &old, "Restart it.", NULL), "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	ticket.participants.at = two;
	ticket.participants.count = 2;
	plan = agent_answers(&w, &ticket, &token, "Restart it.", NULL);
	expect(plan, "not sent: others would read it than your notice named: it would go to anna@customer.example, carl@customer.example");
	token = notice_token(&w, "bob");         /* that mail named both */
	arena_fini(&w.arena);
	expect(agent_answers(&w, &ticket, &token, "Restart it.", NULL), "enqueue mail to anna@customer.example");
	arena_fini(&w.arena);
	ticket.participants.count = 1;
	ticket.outside.at = &gone;
	ticket.outside.count = 1;
	expect(agent_answers(&w, &ticket, &token, "Restart it.", NULL), "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	ticket.participants.at[0].address = "anna@customer.example";
	ticket.customer.address = "dora@customer.example";
	expect(agent_answers(&w, &ticket, &token, "Restart it.", NULL), "not sent: others would read it");
	arena_fini(&w.arena);
}

/* Each way of writing one is understood, and each of five languages says what it does. */
static void the_notices_name_every_command(void **state)
{
	static const char *const names[] = {"assign", "queue", "tag", "untag", "cc", "uncc", "priority", "pending", "note", "resolve", "close", "reopen", "merge", "send", "help"};
	static const char *const others[] = {"watch", "unwatch", "language", "undo", "show", "list", "search", "new"};
	static const char *const languages[] = {"en", "it", "de", "fr", "es"};
	struct arena arena;
	arena_init(&arena);
	const char *lines = arena_printf(&arena, "\n%s\n", desk_command_lines(&arena, NULL)), *english = desk_command_lines(&arena, "en");
	size_t count = 0;
	for (const char *at = lines; (at = strstr(at, "\n/")); at++)
		count++;
	assert_true(count >= COUNT_OF(names));
	assert_true(desk_command_at(count));             /* /help tells of the others */
	for (size_t i = 0; i < COUNT_OF(names); i++)
		expect(lines, arena_printf(&arena, "\n/%s", names[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		expect_not(lines, arena_printf(&arena, "\n/%s", others[i]));
		expect(english, arena_printf(&arena, "\n/%s", others[i]));
	}
	for (size_t i = 0; i < COUNT_OF(languages); i++) {
		const char *helped = desk_command_lines(&arena, languages[i]);
		assert_true(i == 0 || strcmp(helped, english) != 0);
		assert_true(utf8_valid(helped, strlen(helped)));
		expect(helped, "\n/close                            ");         /* what they do begins in one column */
	}
	assert_string_equal(desk_command_lines(&arena, "xx"), english);
	arena_fini(&arena);
}

static void commands_by_mail(void **state)
{
	struct world w;
	struct ticket_facts ticket = ticket_of(7);
	const char *plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/queue network\n/tag vpn\n\nLook at the router.");
	expect(plan, "queue of ticket 7: support -> network");
	expect(plan, "tag ticket 7 vpn");
	expect(plan, "enqueue mail to anna@customer.example: reply");
	arena_fini(&w.arena);
	static const char *tagged[] = {"vpn", "paper"};
	ticket.tags = (struct strings){tagged, 2};
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/untag vpn\n");
	expect(plan, "untag ticket 7 vpn");
	expect_not(plan, "paper");
	arena_fini(&w.arena);
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/untag wifi\n\nHello");
	expect(plan, "agent-command-error");
	expect_not(plan, "untag ticket");
	arena_fini(&w.arena);
	ticket.tags = (struct strings){0};
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/note\nThe customer is always late.");
	expect(plan, "append message 3 (note, in)");
	expect_not(plan, "enqueue");
	arena_fini(&w.arena);
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/tag vpn\n/asign eve\nHello Anna");
	expect(plan, "append message 3 (note, in) to ticket 7: not sent: \"/asign\" is not a command");
	expect(plan, "enqueue mail to bob@example.org: agent-command-error");
	expect_not(plan, "anna@customer.example:");
	expect_not(plan, "tag ticket");
	expect(plan, "disposition: command-error");
	arena_fini(&w.arena);
	/* Blank lines of mail programs are no words, and do not end the commands: else a note would go out. */
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "\xC2\xA0\n\xEF\xBB\xBF/tag\xC2\xA0vpn\xC2\xA0\n\xE2\x80\x8B\n/note\nThe customer is always late.");
	expect(plan, "tag ticket 7 vpn\n");
	expect(plan, "append message 3 (note, in)");
	expect_not(plan, "anna@customer.example:");
	arena_fini(&w.arena);
	plan = agent_writes(&w, &ticket, "bob", "bob@example.org", "/tag vpn\n\xC2\xA0\n\xE3\x80\x80\n");
	expect(plan, "append message 3 (note, in) to ticket 7: commands only");
	expect_not(plan, "anna@customer.example:");
	arena_fini(&w.arena);
}

/* Nobody is to wait for weeks because the agent of a ticket is away. */
static void who_is_on_leave_is_not_alone_with_his_tickets(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	const char *always[] = {"1970-01-01..2200-01-01"};
	mail.subject = "Re: VPN [#7]";
	for (int away = 0; away < 2; away++) {
		world_init(&w, &mail, "support@example.org");
		agents[0].leave = (struct strings){always, (size_t)away};
		const char *plan = decide(&w, &ticket);
		agents[0].leave.count = 0;
		expect(plan, "enqueue mail to bob@example.org: agent-answered");
		if (away)
			expect(plan, "enqueue mail to eve@example.org: agent-answered");
		else
			expect_not(plan, "eve@example.org");
		arena_fini(&w.arena);
	}
}

static void old_closed_ticket_opens_a_new_one(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	ticket.state = STATE_CLOSED;
	mail.subject = "Re: VPN [#7]";
	for (int days = 13; days <= 15; days += 2) {
		world_init(&w, &mail, "support@example.org");
		ticket.closed_at = w.facts.now - days * 86400000LL;
		const char *plan = decide(&w, &ticket);
		expect(plan, days == 13 ? "state of ticket 7: closed -> open" : "link ticket 12 with 7");
		arena_fini(&w.arena);
	}
}

static void same_mail_by_two_addresses(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	struct ticket_facts ticket = ticket_of(7);
	ticket.same_mail_seq = 1;
	mail.subject = "VPN [#7]";
	world_init(&w, &mail, "support@example.org");
	assert_string_equal(decide(&w, &ticket), "disposition: joined (the same mail came by another address of ours)\n");
	arena_fini(&w.arena);
	mail.subject = "VPN";
	world_init(&w, &mail, "network@example.org");
	struct sibling siblings[] = { { 11, "support" }, { 10, "sales" } };
	w.facts.siblings.at = siblings;
	w.facts.siblings.count = 2;
	expect(decide(&w, NULL), "link ticket 12 with 11 (the same mail went to both queues)");
	arena_fini(&w.arena);
	world_init(&w, &mail, "network@example.org");
	siblings[1].queue = "network";
	w.facts.siblings.at = siblings;
	w.facts.siblings.count = 2;
	assert_string_equal(decide(&w, NULL), "disposition: joined (the same mail came for another address of this queue)\n");
	arena_fini(&w.arena);
}

static void acknowledgements_are_withheld_with_a_reason(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	mail.auto_answer_allowed = false;
	mail.auto_answer_why = "Precedence: bulk";
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, NULL), "no acknowledgement (Precedence: bulk)");
	arena_fini(&w.arena);
	mail.auto_answer_allowed = true;
	world_init(&w, &mail, "support@example.org");
	w.facts.acknowledgements_last_hour = 60;
	expect(decide(&w, NULL), "no acknowledgement (60 acknowledgements");
	arena_fini(&w.arena);
	mail.from.address = "support@example.org";       /* would be a mail to ourselves */
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, NULL), "no acknowledgement (the sender's address is one of ours)");
	arena_fini(&w.arena);
	mail.from.address = "";
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, NULL), "create ticket 12, new, in queue support for nobody");
	arena_fini(&w.arena);
}

static void budgets_bind_strangers_only(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	const struct { int hour, day, domain, minute; const char *line; } cases[] = {
		{9, 30, 0, 0, "no acknowledgement (30 acknowledgements within a day to that address, which may be forged)"},
		{10, 10, 0, 0, "no acknowledgement (10 acknowledgements within an hour to that address, which may be forged)"},
		{0, 0, 60, 0, "no acknowledgement (60 acknowledgements within an hour to strangers of that domain)"},
		{0, 0, 0, 20, "no acknowledgement (20 acknowledgements within a minute to strangers)"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int safe = 0; safe < 3; safe++) {
			bool known = safe == 2, counts = safe == 0 || (known && cases[i].hour);      /* what an address proved once says nothing of this mail */
			mail.authentication.dmarc = safe == 1 ? "pass" : NULL;
			world_init(&w, &mail, "support@example.org");
			w.facts.acknowledgements_last_hour = cases[i].hour;
			w.facts.acknowledgements_domain = cases[i].domain;
			w.facts.acknowledgements_minute = cases[i].minute;
			w.facts.acknowledgements_last_day = cases[i].day;
			w.facts.answer_proved = known;
			expect(decide(&w, NULL), counts ? cases[i].line : "count an acknowledgement to anna@customer.example");
			assert_int_equal(w.plan.over_budget, counts);
			arena_fini(&w.arena);
		}
	mail.authentication.dmarc = NULL;
	world_init(&w, &mail, "support@example.org");
	w.facts.acknowledgements_last_hour = 9;
	w.facts.acknowledgements_domain = 59;
	w.facts.acknowledgements_minute = 19;
	expect(decide(&w, NULL), "count an acknowledgement to anna@customer.example");
	arena_fini(&w.arena);
}

/* Authenticated is the sender, and Reply-To is somebody else. */
static void a_third_party_in_reply_to_is_a_stranger(void **state)
{
	static const struct { const char *from, *reply_to, *customer; bool repeats; } cases[] = {
		{"attacker@own.example", "victim@third.example", "attacker@own.example", true},      /* who wrote is the customer */
		{"anna@own.example", "sales@own.example", "sales@own.example", true},                /* of the same domain, which DMARC proved */
		{"anna@mail.own.example", "anna@own.example", "anna@own.example", false},            /* of the house, but another domain */
		{"form@example.org", "visitor@third.example", "visitor@third.example", false},       /* a form of ours */
		{"noreply@shop.example", "visitor@third.example", "visitor@third.example", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct mail mail = mail_of(cases[i].from);
		struct mail_address other = {cases[i].reply_to, "Buy at evil.example"};
		mail.authentication.dmarc = "pass";
		mail.reply_to.at = &other;
		mail.reply_to.count = 1;
		world_init(&w, &mail, "support@example.org");
		const char *lines = decide(&w, NULL);
		expect(lines, arena_printf(&w.arena, "in queue support for %s", cases[i].customer));
		expect(lines, arena_printf(&w.arena, "asks for answers to another address: %s", cases[i].reply_to));
		const struct outgoing *o = NULL;
		for (size_t k = 0; k < w.plan.count && !o; k++)
			o = w.plan.at[k].outgoing;
		assert_string_equal(o->to.at[0].address, cases[i].customer);
		if (cases[i].repeats)
			assert_string_not_equal(o->subject, "");
		else
			assert_string_equal(o->subject, "");
		if (!cases[i].repeats)
			assert_string_equal(o->to.at[0].name, "");
		arena_fini(&w.arena);
	}
}

/* What must not be acknowledged is not told later either that it is closed; a stranger's is told in words that are all ours. */
static void an_agents_own_mail_is_its_readers_ticket(void **state)
{
	struct world w;
	struct mail mail = mail_of("bob@example.org");
	struct mail_address to[] = {{"eve@example.org", ""}, {"anna@customer.example", "Anna"}}, cc[] = {{"support@example.org", ""}, {"dan@third.example", ""}};
	mail.to.at = to, mail.to.count = 2;
	mail.cc.at = cc, mail.cc.count = 2;
	world_init(&w, &mail, "support@example.org");
	const char *plan = decide(&w, NULL);
	expect(plan, "create ticket 12, new, in queue support for anna@customer.example");
	expect(plan, "append message 1 (reply, out) to ticket 12: sent by the agent directly");
	expect(plan, "add dan@third.example to ticket 12 as cc");
	expect(plan, "agent of ticket 12: nobody -> bob");
	expect(plan, "state of ticket 12: new -> open");
	expect_not(plan, "mail to anna@customer.example: received");
	expect_not(plan, "enqueue mail to bob@example.org");
	expect_not(plan, "add eve@example.org");
	arena_fini(&w.arena);
	mail.cc.count = 1, mail.to.count = 1;        /* nobody outside: his own question */
	world_init(&w, &mail, "support@example.org");
	expect(decide(&w, NULL), "create ticket 12, new, in queue support for bob@example.org");
	arena_fini(&w.arena);
}

static void answers_follow_the_newest_reply_to_of_the_same_house(void **state)
{
	static const struct { const char *from, *reply_to, *answers; } cases[] = {
		{"anna@customer.example", "desk+1@customer.example", "answers to anna@customer.example on ticket 7 go to desk+1@customer.example"},
		{"anna@customer.example", "spy@evil.example", NULL}, {"anna@customer.example", "noreply@customer.example", NULL},
		{"anna@customer.example", "support@example.org", NULL}, {"mallory@customer.example", "spy@customer.example", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct mail mail = mail_of(cases[i].from);
		struct mail_address other = {cases[i].reply_to, ""};
		struct ticket_facts ticket = ticket_of(7);
		struct token token = {TOKEN_CUSTOMER, 7, 0, 0};
		mail.reply_to.at = &other, mail.reply_to.count = 1;
		world_init(&w, &mail, "support@example.org");
		w.incoming.recipient = desk_token_address(&w.arena, &w.policy, "support@example.org", &token);
		desk_address(&w.policy, w.incoming.recipient, &w.incoming.address);
		const char *plan = decide(&w, &ticket);
		expect(plan, "append message 3 (reply, in) to ticket 7");
		if (cases[i].answers)
			expect(plan, cases[i].answers);
		else
			expect_not(plan, "on ticket 7 go to");
		arena_fini(&w.arena);
	}
}

static void what_the_desk_says_by_itself_follows_what_the_mail_proved(void **state)
{
	static const struct { const char *voice, *line; bool bounces; } cases[] = {
		{VOICE_FREE, "enqueue mail to anna@customer.example: closed", false},
		{VOICE_NEUTRAL, "enqueue mail to anna@customer.example: closed", false},
		{"Precedence: bulk", "the customer is not told (closed) (Precedence: bulk)", false},
		{VOICE_FREE, "the customer is not told (closed) (mail to that address comes back)", true},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world w;
		struct error error;
		struct mail mail = mail_of("anna@customer.example");
		world_init(&w, &mail, "support@example.org");
		struct ticket_facts ticket = ticket_of(7);
		ticket.voice = cases[i].voice;
		ticket.subject = "Unlock at http://evil.example";
		ticket.last_customer_message_id = "<see-http://evil.example@x>";
		w.facts.ticket = &ticket;
		w.facts.sender_bouncing = cases[i].bounces;
		struct action close = {.kind = ACTION_CLOSE, .who = "bob", .argument = "", .text = "", .trace = "t"};
		desk_plan_init(&w.plan, &w.arena, "bob");
		assert_int_equal(desk_decide_action(&w.policy, &close, &w.facts, &w.plan, &error), STATUS_OK);
		struct strings lines = {0};
		desk_plan_print(&w.plan, &lines);
		const char *all = "";
		for (size_t k = 0; k < lines.count; k++)
			all = arena_printf(&w.arena, "%s%s\n", all, lines.at[k]);
		expect(all, cases[i].line);
		for (size_t k = 0; k < w.plan.count; k++)
			if (w.plan.at[k].outgoing && strcmp(cases[i].voice, VOICE_NEUTRAL) == 0) {
				assert_null(strstr(w.plan.at[k].outgoing->subject, "evil"));
				assert_string_equal(w.plan.at[k].outgoing->in_reply_to, "");
			}
		arena_fini(&w.arena);
	}
}

/* ---------------------------------------------------------------- actions, outbox */

static void actions_of_the_command_line(void **state)
{
	struct world w;
	struct mail mail = mail_of("x@y.example");
	struct error error;
	struct ticket_facts ticket = ticket_of(7);
	world_init(&w, &mail, "support@example.org");
	w.facts.ticket = &ticket;
	struct action action = {.kind = ACTION_ASSIGN, .who = "admin", .argument = "eve", .text = "", .to = "", .subject = "", .trace = "t"};
	desk_plan_init(&w.plan, &w.arena, "admin");
	assert_int_equal(desk_decide_action(&w.policy, &action, &w.facts, &w.plan, &error), STATUS_OK);
	assert_int_equal(w.plan.at[0].kind, EFFECT_SET_AGENT);
	action.argument = "nobody";
	assert_int_equal(desk_decide_action(&w.policy, &action, &w.facts, &w.plan, &error), STATUS_NOT_FOUND);
	ticket.state = STATE_CLOSED;
	action.kind = ACTION_RESOLVE;
	assert_int_equal(desk_decide_action(&w.policy, &action, &w.facts, &w.plan, &error), STATUS_REFUSED);
	assert_int_equal(w.plan.count, 0);
	struct action new = {.kind = ACTION_NEW, .who = "bob", .argument = "network", .to = "carl@c.example", .subject = "Cables", .text = "Hello", .trace = "t"};
	desk_plan_init(&w.plan, &w.arena, "bob");
	assert_int_equal(desk_decide_action(&w.policy, &new, &w.facts, &w.plan, &error), STATUS_OK);
	assert_int_equal(w.plan.ticket, 12);
	new.to = "support@example.org";
	assert_int_equal(desk_decide_action(&w.policy, &new, &w.facts, &w.plan, &error), STATUS_BAD_INPUT);
	new.to = "a@b\r\nRCPT TO:<x@y>";
	assert_int_equal(desk_decide_action(&w.policy, &new, &w.facts, &w.plan, &error), STATUS_BAD_INPUT);
	arena_fini(&w.arena);
}

static void outgoing_record_reads_back(void **state)
{
	struct world w;
	struct mail mail = mail_of("anna@customer.example");
	mail.from.name = "Anna \"the\nsecond\" Bianchi";
	CLEANUP_BUFFER struct buffer record;
	buffer_init(&record);
	world_init(&w, &mail, "support@example.org");
	mail.authentication.dmarc = "pass";      /* a stranger's name is not carried */
	decide(&w, NULL);
	const struct outgoing *o = NULL;
	for (size_t i = 0; i < w.plan.count && !o; i++)
		o = w.plan.at[i].outgoing;
	struct outgoing back;
	desk_outgoing_write(&record, o);
	assert_int_equal(desk_outgoing_read(&w.arena, buffer_string(&record), &back), STATUS_OK);
	assert_int_equal(back.id, o->id);
	assert_string_equal(back.to.at[0].name, mail.from.name);
	assert_string_equal(back.message_id, o->message_id);
	assert_string_equal(back.envelope_from, o->envelope_from);
	assert_true(back.automatic);
	assert_int_equal(desk_outgoing_read(&w.arena, "nonsense", &back), STATUS_BROKEN);
	arena_fini(&w.arena);
}

static void retry_grows_and_ends_at_an_hour(void **state)
{
	int64_t before = 0;
	for (int attempt = 1; attempt < 30; attempt++) {
		int64_t delay = desk_retry_delay(attempt, 0);
		assert_true(delay >= before && delay <= 3600000);
		assert_true(desk_retry_delay(attempt, 123456789) < delay + delay / 10 + 1);
		before = delay;
	}
	assert_int_equal(before, 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_survives_and_resists), cmocka_unit_test(token_of_a_notice_stays_short), cmocka_unit_test(token_of_a_rotated_key_still_reads),
		cmocka_unit_test(address_classes), cmocka_unit_test(message_id_reads_back), cmocka_unit_test(every_cell_of_the_table),
		cmocka_unit_test(new_request), cmocka_unit_test(reply_to_the_signed_address_joins),
		cmocka_unit_test(stranger_with_the_signed_address_joins_flagged), cmocka_unit_test(reference_joins_participants_only),
		cmocka_unit_test(subject_number_alone_is_a_hint), cmocka_unit_test(token_of_a_cut_address_counts_in_the_header),
		cmocka_unit_test(automatic_mail_moves_nothing), cmocka_unit_test(bounce_tells_an_agent_and_of_an_agents_mail_his_colleagues_once),
		cmocka_unit_test(our_own_mail_is_a_loop), cmocka_unit_test(agent_answers_by_mail),
		cmocka_unit_test(agents_token_is_good_for_agents_of_that_ticket_only), cmocka_unit_test(an_answer_to_what_is_old_comes_back), cmocka_unit_test(commands_by_mail), cmocka_unit_test(the_notices_name_every_command),
		cmocka_unit_test(old_closed_ticket_opens_a_new_one), cmocka_unit_test(who_is_on_leave_is_not_alone_with_his_tickets), cmocka_unit_test(same_mail_by_two_addresses),
		cmocka_unit_test(acknowledgements_are_withheld_with_a_reason), cmocka_unit_test(budgets_bind_strangers_only),
		cmocka_unit_test(a_third_party_in_reply_to_is_a_stranger), cmocka_unit_test(an_agents_own_mail_is_its_readers_ticket),
		cmocka_unit_test(answers_follow_the_newest_reply_to_of_the_same_house), cmocka_unit_test(what_the_desk_says_by_itself_follows_what_the_mail_proved), cmocka_unit_test(actions_of_the_command_line),
		cmocka_unit_test(outgoing_record_reads_back), cmocka_unit_test(retry_grows_and_ends_at_an_hour),
	};
	return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
