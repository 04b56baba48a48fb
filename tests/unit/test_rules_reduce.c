/*
 * test_rules_reduce.c - leaving out of the program what a mail does not need must change nothing: random scripts and mails, all ways.
 *
 * Each script is asked about each mail three times: libsieve reads the whole program, and what rules_program_reduce leaves of it, and where
 * rules_program_decide is sure, it says the actions itself. They must be the same, in the same order. Words and values are made of few pieces, so that tests are often true,
 * often nearly so, and blanks, capitals, accents, empty values and crooked addresses stand everywhere. RULES_MUTATIONS
 * sets how many pairs are asked (3000).
 */
#include "rules/rules_private.h"
#include "test_rules_desk.h"

static int up(void **state) { desk_up(); return 0; }
static int down(void **state) { desk_down(); return 0; }

static uint32_t seed = 20261122;
static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

#define PICK(list) ((list)[below(COUNT_OF(list))])

/* ---------------------------------------------------------------- scripts */

static const char *const headers[] = {"subject", "from", "to", "cc", "x-a", "X-B", "x-none", "message-id", "x-sportello"};
static const char *const people[] = {"from", "to", "cc", "sender", "reply-to", "x-a", "x-b", "x-none"};
static const char *const words[] = {"a", "A b", " a", "b ", "", "\xc3\xa9", "\xc3\x89", "anna", "Anna@Example.NET", "example", "example.net", "@", ".", "5", "05", "x", "bob+x", "kw:vpn",
                                    "a  b", "<", "anna bianchi", "c\"d", "known", "support", "vpn", "lang:"};
static const char *const patterns[] = {"*", "a*", "*a", "*a*b", "*a*b*", "?", "??", "*?b", "A?B", "*@example.net", "anna*", "*\xc3\xa9*", "", "a", " *", "* ", "bob?x*", "kw:*", "*:yes"};
static const char *const marks[] = {"kw:vpn", "kw:VPN", "kw:stampa", "kw:invoice", "known:yes", "known:no", "to:support", "to:network", "auth:none", "auth:pass", "kind:request", "lang:it"};
static const char *const numbers[] = {"0", "1", "2", "5", "05"};
static const char *const comparators[] = {"i;ascii-casemap", "i;octet"};

static void add_list(struct buffer *out, const char *const *list, size_t count)
{
	bool many = below(3) == 0;
	buffer_add_string(out, many ? " [\"" : " \"");
	for (const char *word = list[below((uint32_t)count)]; *word; word++)
		if (*word != '"')
			buffer_add_char(out, *word);
	buffer_add_char(out, '"');
	if (many)
		buffer_printf(out, ", \"%s\"]", list[below(3)]);
}

static void add_match(struct buffer *out, bool mark_only)
{
	uint32_t way = below(10);
	if (below(4) == 0)
		buffer_printf(out, " :comparator \"%s\"", PICK(comparators));
	buffer_add_string(out, mark_only || way < 3 ? below(2) ? " :is" : "" : way < 6 ? " :contains" : way < 8 ? " :matches" : way < 9 ? " :count \"ge\"" :
	                  " :comparator \"i;ascii-numeric\" :value \"ge\"");
}

static void add_field_test(struct buffer *out, const char *name, const char *const *names, size_t count)
{
	static const char *const parts[] = {"", " :all", " :localpart", " :domain", " :user", " :detail"};
	CLEANUP_BUFFER struct buffer match;
	buffer_init(&match);
	add_match(&match, false);
	buffer_printf(out, "%s%s", name, strcmp(name, "header") ? PICK(parts) : "");
	buffer_add_string(out, buffer_string(&match));
	add_list(out, names, count);
	if (strstr(buffer_string(&match), "numeric"))
		buffer_printf(out, " \"%s\"", PICK(numbers));
	else if (strstr(buffer_string(&match), "count"))
		buffer_printf(out, " \"%s\"", PICK(numbers));
	else if (strstr(buffer_string(&match), "matches"))
		add_list(out, patterns, COUNT_OF(patterns));
	else
		add_list(out, words, COUNT_OF(words));
}

static void add_test(struct buffer *out, int depth)
{
	static const char *const envelope[] = {"from", "to", "from"};
	switch (below(depth < 3 ? 14 : 10)) {
	case 0: case 1: case 2: case 3: add_field_test(out, "header", headers, COUNT_OF(headers) - 1); break;
	case 4: case 5: add_field_test(out, "address", people, COUNT_OF(people)); break;
	case 6: add_field_test(out, "envelope", envelope, COUNT_OF(envelope)); break;
	case 7: buffer_add_string(out, "exists"); add_list(out, headers, COUNT_OF(headers)); break;
	case 8: buffer_printf(out, "size %s %u", below(2) ? ":over" : ":under", below(400)); break;
	case 9:
		buffer_add_string(out, "header");
		add_match(out, true);
		buffer_add_string(out, " \"X-Sportello\"");
		add_list(out, marks, COUNT_OF(marks));
		break;
	case 10: buffer_add_string(out, below(2) ? "true" : "false"); break;
	case 11:
		buffer_add_string(out, "not ");
		add_test(out, depth + 1);
		break;
	default:
		buffer_add_string(out, below(2) ? "allof (" : "anyof (");
		add_test(out, depth + 1);
		for (uint32_t more = below(3); more > 0; more--) {
			buffer_add_string(out, ", ");
			add_test(out, depth + 1);
		}
		buffer_add_char(out, ')');
	}
}

static int tag;

static void add_commands(struct buffer *out, int depth)
{
	for (uint32_t count = below(3); count > 0 && depth < 4; count--) {
		buffer_add_string(out, "if ");
		add_test(out, 0);
		buffer_add_string(out, " {\n");
		add_commands(out, depth + 1);
		buffer_add_string(out, "}\n");
		for (uint32_t more = below(3); more > 0; more--) {
			buffer_add_string(out, "elsif ");
			add_test(out, 0);
			buffer_add_string(out, " {\n");
			add_commands(out, depth + 1);
			buffer_add_string(out, "}\n");
		}
		if (below(2)) {
			buffer_add_string(out, "else {\n");
			add_commands(out, depth + 1);
			buffer_add_string(out, "}\n");
		}
	}
	if (below(4) && (depth || below(8) == 0))
		buffer_printf(out, "addflag \"tag:t%d\";\n", tag++);
	if (depth && below(8) == 0)
		buffer_add_string(out, "stop;\n");
}

static struct ruleset *random_ruleset(const char **script)
{
	CLEANUP_BUFFER struct buffer out;
	const char *told_words;
	buffer_init(&out);
	buffer_add_string(&out, ALL_REQUIRED);
	tag = 0;
	for (int i = 0; i < 3; i++)
		add_commands(&out, 0);
	*script = arena_string(&arena, buffer_string(&out));
	put("10-a.sieve", *script);
	return load_folder(&told_words);
}

/* ---------------------------------------------------------------- mails */

static const char *const values[] = {"a", " a", "A B", "b ", "", "a  b", "\xc3\xa9 a", "=?utf-8?Q?=C3=89?=", "anna", "5", "05x", "vpn", "aXb", "a\n b", "x a y b z", "<", "c\"d", "kw:vpn",
                                     "anna@example.net", "fattura", "lang:it"};
static const char *const addresses[] = {"anna@example.net", "Anna Bianchi <Anna@Example.NET>", "\"a b\"@example.net", "(c) anna@example.net (d)", "g: anna@example.net, bob@b.example;", "<>", "@",
                                        "bob+x@example.org", "<a@b>, c@d", "anna @ example . net", "b@\xc3\xa9.example", "anna", "\"Anna, B\" <anna@example.net>, bob@a.b", "a@b@c", "<@x:anna@example.net>"};

static const char *random_mail(void)
{
	static const char *const names[] = {"From", "To", "Cc", "Sender", "Reply-To"};
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		for (uint32_t times = below(i < 2 ? 2 : 3) + (i < 2); times > 1 || (times && i < 2); times--)
			buffer_printf(&out, "%s: %s\n", names[i], PICK(addresses));
	for (uint32_t times = below(3); times > 0; times--)
		buffer_printf(&out, "%s:%s%s%s\n", below(2) ? "X-A" : "x-b", below(2) ? " " : "", below(2) ? PICK(values) : PICK(addresses), below(3) ? "" : PICK(values));
	if (below(4))
		buffer_printf(&out, "Subject: %s%s%s\n", PICK(values), below(2) ? " " : "", PICK(values));
	if (below(2))
		buffer_add_string(&out, "Message-ID: <a@b.example>\nX-Sportello: kw:vpn\n");
	buffer_printf(&out, "\n%s %s\n", PICK(values), below(2) ? "tunnel" : "Buongiorno, la stampante del terzo piano non stampa da ieri mattina, grazie.");
	return arena_string(&arena, buffer_string(&out));
}

/* ---------------------------------------------------------------- both ways */

static const char *actions_text(const struct answer *answer)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init(&text);
	for (size_t i = 0; i < answer->count; i++)
		buffer_printf(&text, "%d ", answer->actions[i]);
	return arena_string(&arena, buffer_string(&text));
}

static const char *ask_program(struct ruleset *ruleset, const struct mail_facts *facts, const struct buffer *program)
{
	CLEANUP_BUFFER struct buffer frame;
	struct answer answer;
	buffer_init(&frame);
	rules_facts_write(ruleset, facts, program, &frame);
	rules_pool_ask(ruleset, &frame, &arena, &answer);
	if (answer.trouble)
		return arena_printf(&arena, "trouble: %s", answer.trouble);
	return actions_text(&answer);
}

struct counts { int pairs, shorter, unasked, acted, decided, decided_acted; };

static void compare(struct ruleset *ruleset, const char *script, const char *text, struct counts *counts)
{
	static const char *const senders[] = {"anna@example.net", "", "Bob+x@Example.net", "\"a b\"@example.net", "bounce", "\xc3\xa9@a.example"};
	CLEANUP_BUFFER struct buffer reduced;
	struct mail_source source = {text, strlen(text), -1};
	struct mail_options options = {.authserv_id = "mx.example.org"};
	struct mail mail;
	struct rules_keywords found;
	struct mail_facts facts;
	buffer_init(&reduced);
	mail_parse(&arena, &source, &options, &mail);
	mail.language = below(2) ? "it" : NULL;
	struct rules_input input = {.mail = &mail, .source = &source, .envelope_from = PICK(senders), .recipient = below(2) ? "support+x@example.org" : "network@example.org",
	                            .queue = below(2) ? "support" : "network", .known = below(2)};
	rules_match(ruleset, &mail, &arena, &found);
	rules_facts_gather(ruleset, &input, &found, &arena, &facts);
	bool asked = rules_program_reduce(&ruleset->program, &facts, &arena, &reduced);
	const char *whole = ask_program(ruleset, &facts, &ruleset->program.text), *part = asked ? ask_program(ruleset, &facts, &reduced) : "";
	if (strcmp(whole, part) != 0) {
		fprintf(stderr, "---- script\n%s---- whole\n%s---- reduced\n%s---- mail\n%s", script, buffer_string(&ruleset->program.text), buffer_string(&reduced), text);
		fail_msg("from <%s> to <%s>: whole: %s; reduced: %s", input.envelope_from, input.recipient, whole, part);
	}
	struct answer decided;
	bool sure = rules_program_decide(&ruleset->program, &facts, &arena, &decided);
	if (sure && strcmp(whole, actions_text(&decided)) != 0) {
		fprintf(stderr, "---- script\n%s---- mail\n%s", script, text);
		fail_msg("from <%s> to <%s>: whole: %s; decided: %s", input.envelope_from, input.recipient, whole, actions_text(&decided));
	}
	counts->decided += sure;
	counts->decided_acted += sure && *whole;
	counts->pairs++;
	counts->shorter += reduced.length < ruleset->program.text.length;
	counts->unasked += !asked;
	counts->acted += *whole != 0;
}

static void the_same_actions_are_reached(void **state)
{
	const char *wanted = getenv("RULES_MUTATIONS");
	struct counts counts = {0};
	int count = wanted ? atoi(wanted) : 3000;
	empty_folder();
	while (counts.pairs < count) {
		const char *script;
		struct ruleset *ruleset = random_ruleset(&script);
		for (int i = 0; ruleset && ruleset->program.actions.count && i < 10; i++)
			compare(ruleset, script, random_mail(), &counts);
		rules_unref(&ruleset);
		arena_reset(&arena);
	}
	print_message("%d pairs, %d with a shorter program, %d not asked, %d with actions, %d decided, %d of them with actions\n", counts.pairs, counts.shorter,
	              counts.unasked, counts.acted, counts.decided, counts.decided_acted);
	assert_true(counts.decided > counts.pairs / 10 && counts.decided_acted > counts.pairs / 50);
	assert_true(counts.shorter > counts.pairs / 2 && counts.unasked > counts.pairs / 20 && counts.acted > counts.pairs / 4);
}

static struct mail_facts facts_of_subject(struct ruleset *ruleset, const char *subject)
{
	struct mail mail = {.subject = subject, .reply_text = ""};
	struct rules_input input = {.mail = &mail, .recipient = "support@example.org", .envelope_from = "anna@example.net"};
	struct rules_keywords found;
	struct mail_facts facts;
	rules_match(ruleset, &mail, &arena, &found);
	rules_facts_gather(ruleset, &input, &found, &arena, &facts);
	return facts;
}

static void what_cannot_happen_is_left_out(void **state)
{
	CLEANUP_BUFFER struct buffer out;
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if header :contains \"subject\" \"wifi\" { addflag \"tag:a\"; }\n"
		"elsif header :is \"x-sportello\" \"kw:vpn\" { addflag \"tag:b\"; }\n"
		"elsif address :domain \"from\" \"example.com\" { addflag \"tag:c\"; }\n"
		"elsif not header :matches \"subject\" \"*printer*room\" { addflag \"tag:d\"; }\n");
	struct mail_facts facts = facts_of_subject(ruleset, "Printer in a ROOM");
	buffer_init(&out);
	assert_true(rules_program_reduce(&ruleset->program, &facts, &arena, &out));
	assert_null(strstr(buffer_string(&out), "wifi"));
	assert_null(strstr(buffer_string(&out), "kw:vpn"));
	assert_null(strstr(buffer_string(&out), "example.com"));
	assert_non_null(strstr(buffer_string(&out), "\nif not header :matches"));
	rules_unref(&ruleset);
}

static void where_nothing_can_happen_nobody_is_asked(void **state)
{
	struct rules_counters before, after;
	struct ruleset *ruleset = load_one(ALL_REQUIRED "if header :contains \"subject\" \"wifi\" { addflag \"tag:a\"; stop; }\nif size :over 10K { discard; }\nstop;\n");
	rules_counters(&before);
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: printer\n\nx\n"}, "");
	rules_counters(&after);
	assert_int_equal(after.evaluations, before.evaluations);
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: the WiFi\n\nx\n"}, "tag(a)");
	rules_counters(&after);
	assert_int_equal(after.evaluations, before.evaluations);
	rules_unref(&ruleset);
	ruleset = load_one(ALL_REQUIRED "if header :matches \"subject\" \"*wifi*\" { addflag \"tag:a\"; }\n");
	rules_counters(&before);
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: the WiFi\n\nx\n"}, "tag(a)");
	rules_counters(&after);
	assert_int_equal(after.evaluations, before.evaluations + 1);
	rules_unref(&ruleset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_happen_is_left_out), cmocka_unit_test(where_nothing_can_happen_nobody_is_asked),
		cmocka_unit_test(the_same_actions_are_reached),
	};
	return cmocka_run_group_tests(tests, up, down);
}
