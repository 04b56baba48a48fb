/*
 * test_rules.c - scripts in, problems or verdicts out: every refusal of the linter, every action, test and value of X-Sportello, keyword sets.
 *
 * A refusal is told by a script and a piece of the problem with its line; a verdict by a script, a mail and one line of what is in it.
 */
#include "test_rules_desk.h"

#define MAIL "From: Anna <anna@example.net>\nTo: support@example.org\nSubject: VPN broken\nMessage-ID: <1@example.net>\n" \
             "X-Spam-Flag: YES\nX-Sportello: kw:invoice\nContent-Type: text/plain; charset=utf-8\n\nThe tunnel is down.\n"

static int up(void **state) { desk_up(); return 0; }
static int down(void **state) { desk_down(); return 0; }

/* ---------------------------------------------------------------- the linter */

static const struct { const char *script, *problem; } refusals[] = {
	/* what libsieve gets wrong or what can hang it */
	{"require \"regex\";\nif header :regex \"subject\" \"a.b\" { keep; }", ":1: there is no extension \"regex\" here: write :matches"},
	{"if header :regex \"subject\" \"a.b\" { keep; }", ":1: :regex is not here"},
	{"\nif header :matches \"subject\" \"*a*a*b\" { keep; }", ":2: \"*a*a*b\" has 3 '*' before its last words"},
	{"if header :matches \"subject\" \"***b\" { keep; }", "has 3 '*'"},
	{"if header :contains \"subject\" \"a\\\"b\" { keep; }", "a backslash in a string is not understood"},
	{"require \"fileinto\"; fileinto \"dir\\\\\";", "a backslash"},
	{"IF true { keep; }", ":1: \"IF\" has capitals, which are not understood: write if"},
	{"if TRUE { discard; }", "\"TRUE\" has capitals"},
	{"if header :Contains \"subject\" \"a\" { keep; }", "\":Contains\" has capitals, which are not understood: write :contains"},
	{"keep;\n/* abc", ":2: this comment has no end"},
	{"keep;\nredirect \"abc;\n", ":2: this string has no end"},
	{"require \"reject\";\nreject text:\nno end\n", ":2: this text: has no end"},
	{"require \"reject\"; reject text: x\n.\n;", "text: must be followed by a new line"},
	{"require \"body\"; if body :contains \"foo\" { discard; } keep;", "there is no extension \"body\" here: write a keyword set"},
	{"if body :contains \"foo\" { discard; } keep;", ":1: there is no test \"body\" here"},
	{ALL_REQUIRED "fileinto \"queue/network\";\nreject \"no\";", ":3: reject after line 2 has kept the mail"},
	{ALL_REQUIRED "fileinto \"queue/network\";\nif true { reject \"no\"; }", ":3: reject after line 2"},
	{ALL_REQUIRED "if true { keep; } else { keep; }\nreject \"no\";", ":3: reject after line 2"},
	{ALL_REQUIRED "reject \"no\"; keep;", "keep after line 2 has refused the mail"},
	{ALL_REQUIRED "redirect \"a@example.net\"; keep;", "keep after line 2 has passed on the mail"},
	{ALL_REQUIRED "keep; redirect \"a@example.net\";", "a mail is passed on or becomes a ticket"},
	{"redirect :copy \"a@example.net\";", "redirect knows no :copy"},
	/* names that must be known */
	{"require \"fileinto\";\nfileinto \"queue/netwrok\";", ":2: unknown queue \"netwrok\": write \"queue/network\""},
	{"require \"fileinto\"; fileinto \"queue/zzz\";", "unknown queue \"zzz\": there are support, network, invoices"},
	{"require \"fileinto\"; fileinto \"INBOX\";", "\"INBOX\" is no queue: write fileinto \"queue/NAME\";"},
	{"require \"fileinto\"; fileinto \"network\";", "write fileinto \"queue/network\";"},
	{"require \"imap4flags\"; addflag \"agent:bobo\";", "unknown agent \"bobo\": write \"agent:bob\""},
	{"require \"imap4flags\"; addflag \"priority:hihg\";", "unknown priority \"hihg\""},
	{"require \"imap4flags\"; addflag \"priority:hig\";", "write \"priority:high\""},
	{"require \"imap4flags\"; addflag \"Seen\";", "\"Seen\" is no flag of a ticket: write \"tag:NAME\""},
	{"require \"imap4flags\"; addflag \"tag:\";", "\"tag:\" is no tag"},
	{"require \"imap4flags\"; addflag \"tag:a b\";", "\"tag:a b\" is no tag"},
	{"require [\"fileinto\", \"imap4flags\"]; fileinto :flags \"agent:x\" \"queue/network\";", "unknown agent \"x\""},
	{"require \"notify\"; notify \"agent:nobody\";", "unknown agent"},
	{"require \"notify\"; notify :message \"x\";", "notify names no agent"},
	{"if header :is \"X-Sportello\" \"kw:vpm\" { keep; }", "unknown keyword set \"vpm\": write kw:vpn"},
	{"if header :is \"x-sportello\" \"to:nowhere\" { keep; }", "unknown queue \"nowhere\""},
	{"if header :is \"x-sportello\" \"auth:maybe\" { keep; }", "write auth:pass, auth:fail or auth:none"},
	{"if header :is \"x-sportello\" \"known:perhaps\" { keep; }", "write known:yes or known:no"},
	{"if header :is \"x-sportello\" \"kind:love\" { keep; }", "write kind:request"},
	{"if header :is \"x-sportello\" \"vpn\" { keep; }", "X-Sportello never is \"vpn\""},
	{"redirect \"support@example.org\";", "would come back: write fileinto \"queue/support\";"},
	{"redirect \"nobody\";", "\"nobody\" is no address"},
	{"require \"reject\"; reject \" \";", "reject needs words"},
	/* require */
	{"fileinto \"queue/network\";", "fileinto needs require \"fileinto\";"},
	{"addflag \"tag:a\";", "addflag needs require \"imap4flags\""},
	{"if envelope \"from\" \"a\" { keep; }", "envelope needs require \"envelope\""},
	{"if header :count \"gt\" \"to\" \"3\" { keep; }", ":count needs require \"relational\""},
	{"if address :detail \"to\" \"a\" { keep; }", ":detail needs require \"subaddress\""},
	{"reject \"no\";", "reject needs require \"reject\""},
	{"keep;\nrequire \"fileinto\";", ":2: require must stand at the top"},
	{"require \"imapflags\";", "write \"imap4flags\""},
	{"require \"fileitno\";", "unknown extension \"fileitno\": write \"fileinto\""},
	/* unreachable */
	{"stop;\nkeep;", ":2: keep is never reached, because of stop in line 1"},
	{"if true { stop; keep; }", "keep is never reached"},
	{"if true { stop; } else { stop; }\nkeep;", ":2: keep is never reached, because every way through the if of line 1 stops"},
	/* shape */
	{"kep;", "unknown command \"kep\": write keep"},
	{"forward \"a@b.c\";", "there is no command \"forward\" here: write redirect"},
	{"if heder \"a\" \"b\" { keep; }", "unknown test \"heder\": write header"},
	{"if hasflag \"tag:a\" { keep; }", "there is no test \"hasflag\" here"},
	{"keep", "the script ends where \"keep\" needs \";\""},
	{"if true keep;", "if needs a block"},
	{"if true { keep;", "the script ends where the block that begins here needs \"}\""},
	{"else { keep; }", "else without an if before it"},
	{"if true { keep; } keep; elsif true { keep; }", "elsif without an if before it"},
	{"if true;", "if needs a block"},
	{"keep { stop; }", "keep takes no block"},
	{"if { keep; }", "if needs one test"},
	{"if anyof \"a\" { keep; }", "anyof takes tests only"},
	{"if header \"subject\" { keep; }", "header needs a name and what to compare with"},
	{"if header :is :contains \"subject\" \"a\" { keep; }", ":is and :contains contradict each other"},
	{"if header :comparator \"i;unicode\" \"subject\" \"a\" { keep; }", "unknown comparator"},
	{ALL_REQUIRED "if header :value \"more\" \"subject\" \"a\" { keep; }", "unknown relation \"more\""},
	{"if header \"Subject:\" \"a\" { keep; }", "\"Subject:\" is no name of a header field"},
	{"if address \"subject\" \"a\" { keep; }", "write header instead of address"},
	{"if header \"subject\" text:\na\n.\n { keep; }", "text: is for the words of reject"},
	{"if header \"subject\" \"a\nb\" { keep; }", "this string goes over a line end"},
	{"if size 100 { keep; }", "size needs :over or :under"},
	{"if size :over 10X { keep; }", "a number may end in K, M or G"},
	{"if size :over 9G { keep; }", "this number is too large"},
	{"if size :over 11111111111G { keep; }", "this number is too large"},
	{"if header [\"a\", ] \"b\" { keep; }", "a string of the list was expected"},
	{"if header [\"a\" \"b\"] \"b\" { keep; }", "needs \",\" or \"]\""},
	{"if not not not not not not not not not not not not not not not not true { keep; }", "nested deeper than 15"},
	{"keep; @", "\"@\" means nothing here"},
	{"keep \"x\";", "keep takes nothing behind it"},
	{"if header \"subject\" \"caf\xe9\" { keep; }", "this string is not UTF-8"},
};

static void linter_refuses(void **state)
{
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		const char *words;
		empty_folder();
		put("10-a.sieve", refusals[i].script);
		struct ruleset *ruleset = load_folder(&words);
		if (ruleset || !strstr(words, refusals[i].problem))
			fail_msg("%s\nexpected: %s\ntold: %s", refusals[i].script, refusals[i].problem, words);
	}
}

static void linter_says_all_at_once(void **state)
{
	const char *words;
	empty_folder();
	put("10-a.sieve", "fileinto \"queue/zzz\";\nkeep;\nfoo;\n");
	put("20-b.sieve", "IF true { keep; }\n");
	put("not-a-script.txt", "rubbish");
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "10-a.sieve:1: fileinto needs"));
	assert_non_null(strstr(words, "10-a.sieve:1: unknown queue"));
	assert_non_null(strstr(words, "10-a.sieve:3: unknown command"));
	assert_non_null(strstr(words, "20-b.sieve:1: \"IF\""));
	assert_null(strstr(words, "rubbish"));
}

static void linter_bounds(void **state)
{
	CLEANUP_BUFFER struct buffer script;
	const char *words;
	buffer_init(&script);
	for (int i = 0; i < 10000; i++)
		buffer_add_string(&script, "keep;\n");
	empty_folder();
	put("10-a.sieve", buffer_string(&script));
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "more than 8000 commands"));
	for (int i = 0; i < 10000; i++)
		buffer_add_string(&script, "keep;\n");
	put("10-a.sieve", buffer_string(&script));
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "64 KiB at most"));
	buffer_reset(&script);
	for (int i = 0; i < 3400; i++)
		buffer_add_string(&script, "if true{");
	put("10-a.sieve", buffer_string(&script));
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "nested deeper than 15"));
	put_bytes("10-a.sieve", "keep;\0discard;", 14);
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "NUL byte"));
}

static void linter_warns(void **state)
{
	const char *words;
	empty_folder();
	put("10-a.sieve", "require \"vacation\"; vacation \"I am away\"; if true { vacation \"again\"; }\nstop;");
	put("20-b.sieve", "keep;");
	struct ruleset *ruleset = load_folder(&words);
	if (!ruleset)
		fail_msg("%s", words);
	assert_non_null(strstr(words, "warning: 10-a.sieve:1: vacation does nothing here"));
	assert_non_null(strstr(words, "warning: 20-b.sieve:1: never runs"));
	expect_of(ruleset, &(struct rules_question){.mail = MAIL}, "");
	rules_unref(&ruleset);
	config.rules_dir = "/nonexistent/rules";
	ruleset = load_folder(&words);
	config.rules_dir = folder;
	assert_non_null(ruleset);
	assert_null(strstr(words, "error: "));
	assert_int_equal(rules_script_count(ruleset), 0);
	expect_of(ruleset, &(struct rules_question){.mail = MAIL}, "");
	rules_unref(&ruleset);
}

static void keyword_sets_are_checked(void **state)
{
	const char *words;
	empty_folder();
	size_t count = config.keywords.count;
	add_keyword("bad", "", "(", KEYWORD_IN_BOTH, "");
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "sportello.conf:0: keyword set \"bad\": regex, at character 2: missing closing parenthesis"));
	config.keywords.count = count;
	add_keyword("cpp", "c++", "", KEYWORD_IN_BOTH, "");
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "\"+\" in \"c++\" stands in no word: write a regex"));
	config.keywords.count = count;
	add_keyword("none", "--", "", KEYWORD_IN_BOTH, "");
	assert_null(load_folder(&words));
	assert_non_null(strstr(words, "has no letter or digit"));
	config.keywords.count = count;
	add_keyword("klingon", "nuqneH", "", KEYWORD_IN_BOTH, "tlh");
	struct ruleset *ruleset = load_folder(&words);
	assert_non_null(ruleset);
	assert_non_null(strstr(words, "warning: sportello.conf:0: keyword set \"klingon\": there is no stemmer"));
	rules_unref(&ruleset);
	config.keywords.count = count;
}

/* ---------------------------------------------------------------- actions and tests */

static const struct { const char *commands, *expected; } verdicts[] = {
	/* the contract's table */
	{"fileinto \"queue/network\";", "queue(network)"},
	{"fileinto \"queue/Network\";", "queue(network)"},
	{"addflag [\"tag:vpn\", \"priority:high\", \"agent:bob\"]; fileinto \"queue/network\";", "queue(network) agent(bob) priority(high) tag(vpn)"},
	{"addflag [\"tag:vpn\", \"tag:x\"]; keep;", "tag(vpn) tag(x)"},
	{"addflag \"agent:Bob\";", "agent(bob)"},
	{"keep;", ""},
	{"", ""},
	{"redirect \"other@example.net\";", "redirect(other@example.net)"},
	{"redirect \"a@example.net\"; redirect \"b@example.net\"; redirect \"a@example.net\";", "redirect(a@example.net) redirect(b@example.net)"},
	{"reject \"no such thing\";", "reject(no such thing)"},
	{"reject text:\nWe take\n..no \"such\" mail.\n.\n;", "reject(We take .no \"such\" mail.)"},
	{"discard;", "discard"},
	{"notify \"agent:bob\";", "notify(bob)"},
	{"notify :method \"mailto\" :options [\"carla@example.org\", \"bob\"] :message \"look\" :high;", "notify(carla) notify(bob)"},
	{"notify :message \"look\" \"mailto:bob@example.org\"; notify \"bob\"; keep;", "notify(bob)"},
	/* what goes with what */
	{"discard; keep;", ""},
	{"discard; fileinto \"queue/network\";", "queue(network)"},
	{"fileinto \"queue/network\"; keep;", "queue(network)"},
	{"fileinto \"queue/network\"; fileinto \"queue/invoices\";", "queue(invoices)"},
	{"discard; addflag \"tag:x\";", "discard"},
	{"discard; reject \"no\";", "reject(no)"},
	{"if true { fileinto \"queue/network\"; } if true { reject \"no\"; }", "reject(no)"},
	{"if true { fileinto \"queue/network\"; } if true { redirect \"a@example.net\"; }", "redirect(a@example.net)"},
	{"notify \"bob\"; discard;", "discard"},
	/* faults of libsieve: setflag takes the first only, removeflag all */
	{"setflag [\"tag:x\", \"tag:y\", \"tag:z\"]; keep;", "tag(x) tag(y) tag(z)"},
	{"addflag \"tag:a\"; setflag [\"tag:x\", \"tag:y\"]; removeflag \"tag:y\"; keep;", "tag(x)"},
	{"addflag [\"tag:x\", \"tag:y\"]; removeflag \"tag:y\"; keep;", "tag(x)"},
	{"addflag \"priority:low\"; addflag \"priority:high\"; addflag \"priority:low\";", "priority(low)"},
	{"fileinto :flags [\"tag:a\", \"priority:urgent\"] \"queue/network\";", "queue(network) priority(urgent) tag(a)"},
	{"keep :flags \"tag:a\";", "tag(a)"},
	/* tests */
	{"if header :contains \"subject\" \"vpn\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"Subject\" \"vpn broken\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :is :comparator \"i;octet\" \"subject\" \"vpn broken\" { addflag \"tag:y\"; }", ""},
	{"if header :matches \"subject\" \"*pn*ken\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :matches \"subject\" \"?PN*\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :contains [\"x-none\", \"subject\"] [\"zzz\", \"broken\"] { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :contains \"from\" \"Anna <anna\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"x-spam-flag\" \"yes\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :count \"ge\" \"x-spam-flag\" \"1\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header :count \"ge\" \"x-spam-flag\" \"2\" { addflag \"tag:y\"; }", ""},
	{"if header :count \"ge\" \"x-spam-flag\" \"05\" { addflag \"tag:y\"; }", ""},        /* as text, 1 is more than 05 */
	{"if header :count \"lt\" \"x-spam-flag\" \"05\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address \"from\" \"anna@example.net\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address :domain \"from\" \"EXAMPLE.net\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address :localpart [\"from\", \"to\"] \"support\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address :domain :contains \"from\" \"ample\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address \"from\" :domain \"example.net\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if address :domain \"cc\" \"example.net\" { addflag \"tag:y\"; }", ""},
	{"if envelope \"from\" \"anna@example.net\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if envelope :detail \"to\" \"x\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if envelope :user \"to\" \"support\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if envelope :domain [\"to\", \"from\"] \"example.net\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if exists [\"subject\", \"x-spam-flag\"] { addflag \"tag:y\"; }", "tag(y)"},
	{"if exists [\"subject\", \"x-none\"] { addflag \"tag:y\"; }", ""},
	{"if not exists \"x-none\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if size :over 100 { addflag \"tag:y\"; }", "tag(y)"},
	{"if size :under 1K { addflag \"tag:y\"; }", "tag(y)"},
	{"if size :over 1M { addflag \"tag:y\"; }", ""},
	{"if allof (true, not false, anyof (false, true)) { addflag \"tag:y\"; }", "tag(y)"},
	{"if false { addflag \"tag:n\"; } elsif true { addflag \"tag:y\"; } else { addflag \"tag:n\"; }", "tag(y)"},
	{"if false { addflag \"tag:n\"; } elsif false { addflag \"tag:n\"; } else { addflag \"tag:y\"; }", "tag(y)"},
	{"if true { if true { addflag \"tag:y\"; stop; } } addflag \"tag:n\";", "tag(y)"},
	{"if true { } addflag \"tag:y\";", "tag(y)"},
	/* X-Sportello: ours alone */
	{"if header \"X-Sportello\" \"kw:vpn\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"x-sportello\" \"kw:invoice\" { addflag \"tag:n\"; }", ""},
	{"if header \"x-sportello\" \"to:support\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"x-sportello\" \"to:network\" { addflag \"tag:n\"; }", ""},
	{"if header \"x-sportello\" \"auth:none\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"x-sportello\" \"known:no\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if header \"x-sportello\" \"kind:request\" { addflag \"tag:y\"; }", "tag(y)"},
	{"if allof (header \"x-sportello\" \"kw:vpn\", header \"x-sportello\" \"kind:request\") { addflag \"tag:y\"; }", "tag(y)"},
};

static void verdicts_are_right(void **state)
{
	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		struct verdict verdict;
		struct ruleset *ruleset = load_one(arena_printf(&arena, ALL_REQUIRED "%s", verdicts[i].commands));
		ask(ruleset, &(struct rules_question){.mail = MAIL}, &verdict);
		if (strcmp(verdict_text(&verdict), verdicts[i].expected) != 0)
			fail_msg("%s\nexpected \"%s\", got \"%s\" %s", verdicts[i].commands, verdicts[i].expected, verdict_text(&verdict), verdict.trouble ? verdict.trouble : "");
		assert_true(verdict.confidence < 0);
		rules_unref(&ruleset);
	}
}

static void pseudo_header_values(void **state)
{
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if header \"x-sportello\" \"auth:pass\" { addflag \"tag:pass\"; }\n"
		"if header \"x-sportello\" \"auth:fail\" { addflag \"tag:fail\"; }\n"
		"if header \"x-sportello\" \"known:yes\" { addflag \"tag:known\"; }\n"
		"if header \"x-sportello\" \"kind:bounce\" { addflag \"tag:bounce\"; }\n"
		"if header \"x-sportello\" \"kind:auto-reply\" { addflag \"tag:auto\"; }\n"
		"if header \"x-sportello\" \"lang:it\" { addflag \"tag:it\"; }\n");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nAuthentication-Results: mx.example.org; dmarc=pass\n\nx\n"}, "tag(pass)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nAuthentication-Results: mx.example.org; dmarc=fail\n\nx\n"}, "tag(fail)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nAuthentication-Results: evil.example; dmarc=pass\n\nx\n"}, "");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nX-Sportello: lang:it\n\nx\n", .known = true}, "tag(known)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nAuto-Submitted: auto-replied\n\nx\n"}, "tag(auto)");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: Stampante\n\nBuongiorno, la nostra stampante non funziona pi\xc3\xb9 da "
		"ieri mattina e non riusciamo a stampare le fatture per i clienti. Potete mandare qualcuno?\n"}, "tag(it)");
	rules_unref(&ruleset);
}

static void decoded_headers(void **state)
{
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if header :contains \"subject\" \"perch\xc3\xa9\" { addflag \"tag:s\"; }\n"
		"if header :contains \"x-other\" \"caff\xc3\xa8\" { addflag \"tag:o\"; }\n");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: =?iso-8859-1?Q?perch=E9?= no\nX-Other: 1\nX-Other: =?utf-8?B?Y2FmZsOo?=\n\nx\n"},
		"tag(s) tag(o)");
	rules_unref(&ruleset);
}

/* A name that decodes to something like addresses makes none. */
static void names_are_no_addresses(void **state)
{
	struct ruleset *ruleset = load_one(ALL_REQUIRED
		"if address :domain [\"from\", \"sender\", \"to\"] \"boss.example\" { addflag \"tag:boss\"; }\n"
		"if address :domain [\"from\", \"sender\", \"to\"] \"b.example\" { addflag \"tag:b\"; }\n");
	expect_of(ruleset, &(struct rules_question){.mail = "From: =?utf-8?Q?ceo=40boss.example=2C_x?= <a@b.example>\n"
		"Sender: =?utf-8?Q?=3Cceo=40boss.example=3E=2C?= <s@b.example>\nTo: \"ceo@boss.example, \" <t@b.example>\n\nx\n"}, "tag(b)");
	rules_unref(&ruleset);
}

static void scripts_in_order(void **state)
{
	const char *words;
	struct verdict verdict;
	empty_folder();
	put("30-c.sieve", ALL_REQUIRED "fileinto \"queue/invoices\";");
	put("10-a.sieve", ALL_REQUIRED "addflag \"tag:a\";");
	put("20-b.sieve", ALL_REQUIRED "# a comment\nif header \"x-sportello\" \"kw:vpn\" {\n\taddflag \"tag:b\";\n\tfileinto \"queue/network\";\n\tstop;\n}");
	struct ruleset *ruleset = load_folder(&words);
	assert_non_null(ruleset);
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: hello\n\nx\n"}, "queue(invoices) tag(a)");
	ask(ruleset, &(struct rules_question){.mail = MAIL}, &verdict);
	assert_string_equal(verdict_text(&verdict), "queue(network) tag(a) tag(b)");
	assert_int_equal(verdict.because.count, 4);
	assert_string_equal(verdict.because.at[0].what, "10-a.sieve");
	assert_string_equal(verdict.because.at[0].detail, "line 2: addflag tag:a");
	assert_string_equal(verdict.because.at[1].by, "keyword");
	assert_string_equal(verdict.because.at[1].what, "vpn");
	assert_string_equal(verdict.because.at[1].detail, "\"VPN\" in the subject");
	assert_string_equal(verdict.because.at[3].what, "20-b.sieve");
	assert_string_equal(verdict.because.at[3].detail, "line 5: fileinto queue/network");
	rules_unref(&ruleset);
}

/* A script of one folder that rejects behind one that files: libsieve alone would drop the reject. */
static void reject_in_a_later_script(void **state)
{
	const char *words;
	empty_folder();
	put("10-a.sieve", ALL_REQUIRED "fileinto \"queue/network\";");
	put("20-b.sieve", ALL_REQUIRED "reject \"not you\";");
	struct ruleset *ruleset = load_folder(&words);
	assert_non_null(ruleset);
	expect_of(ruleset, &(struct rules_question){.mail = MAIL}, "reject(not you)");
	rules_unref(&ruleset);
}

/* ---------------------------------------------------------------- keyword sets */

static const struct { const char *subject, *text, *language, *found; } keyword_mails[] = {
	{"VPN", "", NULL, "vpn=VPN/subject"},
	{"vpns", "vpn2 myvpn", NULL, ""},
	{"a (vpn)", "", NULL, "vpn=vpn/subject"},
	{"", "the AnyConnect thing", NULL, "vpn=AnyConnect/text"},
	{"", "", NULL, ""},
	{"Fattura 12", "", NULL, "invoice=Fattura/subject"},
	{"x", "fattura", NULL, ""},
	{"due stampanti rotte", "", "it", "stampa=stampanti/subject"},
	{"", "Le STAMPANTI", NULL, "stampa=STAMPANTI/text"},
	{"stampante", "", "de", ""},
	{"CAFFE", "", NULL, "accents=CAFFE/subject"},
	{"caff\xc3\xa9", "", NULL, "accents=caff\xc3\xa9/subject"},
	{"caffe\xcc\x81!", "", NULL, "accents=caffe\xcc\x81/subject"},
	{"STRASSE", "", NULL, "accents=STRASSE/subject"},
	{"x", "Out\n of-office", NULL, "phrase=Out of-office/text"},
	{"out office", "", NULL, ""},
	{"\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2", "", NULL, "accents=\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2/subject"},
	{"\xe6\x88\x91\xe6\x9c\x89\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba\xe5\x90\x97", "", NULL, "phrase=\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba/subject"},
	{"Drucker", "die H\xc3\xa4usern", "de", "german=H\xc3\xa4usern/text"},
	{"Haus", "", "de", "german=Haus/subject"},
	{"bad \xff vpn", "", NULL, "vpn=vpn/subject"},
	{"x", "Of all that we bought, not one of the old GIFT vouchers works", "en", "pair=GIFT vouchers/text"},
	{"x", "Take an X-Ray of it, and one more word", "en", "pair=X-Ray/text"},
	{"x", "a gift, of which no voucher came", "en", ""},
	{"x", "gift", "en", ""},
};

static void keyword_sets_match_words(void **state)
{
	struct config_problems problems = {0};
	struct ruleset *ruleset;
	size_t count = config.keywords.count;
	empty_folder();
	add_keyword("accents", "caff\xc3\xa8|stra\xc3\x9f" "e|\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "", KEYWORD_IN_BOTH, "");
	add_keyword("phrase", "out of office|\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba", "", KEYWORD_IN_BOTH, "");
	add_keyword("german", "haus", "", KEYWORD_IN_BOTH, "de");
	add_keyword("pair", "gift voucher|x ray", "", KEYWORD_IN_BOTH, "en");
	assert_int_equal(rules_load(&config, &arena, &problems, &ruleset), STATUS_OK);
	for (size_t i = 0; i < COUNT_OF(keyword_mails); i++) {
		struct mail mail = {.subject = keyword_mails[i].subject, .reply_text = keyword_mails[i].text, .language = keyword_mails[i].language};
		struct rules_keywords found;
		const char *text = "";
		rules_match(ruleset, &mail, &arena, &found);
		for (size_t k = 0; k < found.count; k++) {
			char *word = arena_string(&arena, found.at[k].word);
			for (char *at = word; *at; at++)
				*at = *at == '\n' ? 0 : *at;
			text = arena_printf(&arena, "%s%s%s=%s/%s", text, k ? " " : "", found.at[k].name, strlen(word) == strlen(found.at[k].word) ? word :
			                    arena_printf(&arena, "%s%s", word, found.at[k].word + strlen(word) + 1), found.at[k].where);
		}
		if (strcmp(text, keyword_mails[i].found) != 0)
			fail_msg("%s / %s: expected \"%s\", found \"%s\"", keyword_mails[i].subject, keyword_mails[i].text, keyword_mails[i].found, text);
	}
	rules_unref(&ruleset);
	config.keywords.count = count;
}

static void quotes_do_not_count(void **state)
{
	struct ruleset *ruleset = load_one(ALL_REQUIRED "if header \"x-sportello\" \"kw:vpn\" { addflag \"tag:y\"; }");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: hello\n\nThank you.\n\n> the vpn is down\n\n-- \nVPN company\n"}, "");
	expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: hello\n\nThank you, the vpn works.\n"}, "tag(y)");
	rules_unref(&ruleset);
}

static void patterns_have_limits(void **state)
{
	struct config_problems problems = {0};
	struct ruleset *ruleset;
	struct rules_keywords found;
	size_t count = config.keywords.count, length = 1024 * 1024;
	char *text = malloc(length + 1);
	memset(text, 'a', length);
	text[length] = 0;
	empty_folder();
	add_keyword("slow", "", "(a+)+\\d", KEYWORD_IN_BOTH, "");
	add_keyword("slow2", "", "(a|aa)+\\d", KEYWORD_IN_TEXT, "");
	add_keyword("late", "", "a{1000}", KEYWORD_IN_TEXT, "");
	assert_int_equal(rules_load(&config, &arena, &problems, &ruleset), STATUS_OK);
	struct mail mail = {.subject = "", .reply_text = text};
	int64_t start = clock_monotonic_us();
	rules_match(ruleset, &mail, &arena, &found);
	assert_true(clock_monotonic_us() - start < 3000000);
	assert_int_equal(found.given_up.count, 2);
	assert_string_equal(found.given_up.at[0], "slow");
	rules_unref(&ruleset);
	config.keywords.count = count;
	free(text);
}

/* ---------------------------------------------------------------- the starter sets */

static void starter_sets_lint_clean(void **state)
{
	static const char *const sets[] = {"it-desk", "shop"};
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct config_problems problems = {0};
		struct config *starter;
		struct ruleset *ruleset = NULL;
		if (config_load("conf/sportello.conf", &arena, &starter, &problems) != STATUS_OK)
			fail_msg("%s", told(&problems));
		starter->rules_dir = arena_printf(&arena, "rules/%s", sets[i]);
		problems = (struct config_problems){0};
		rules_load(starter, &arena, &problems, &ruleset);
		if (problems.count || !ruleset)
			fail_msg("%s: %s", sets[i], told(&problems));
		assert_true(rules_script_count(ruleset) > 3);
		if (i == 0) {
			expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: ** PROBLEM Host down **\n\nx\n"}, "queue(network) priority(urgent) tag(monitoring) notify(bob)");
			expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: help\nImportance: high\n\nthe VPN again\n", .known = true}, "queue(network) priority(high) tag(vpn)");
			expect_of(ruleset, &(struct rules_question){.mail = "From: a@b.example\nSubject: my password\n\nx\n"}, "tag(password) tag(check-sender)");
		}
		rules_unref(&ruleset);
		config_unref(&starter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linter_refuses), cmocka_unit_test(linter_says_all_at_once), cmocka_unit_test(linter_bounds), cmocka_unit_test(linter_warns),
		cmocka_unit_test(keyword_sets_are_checked), cmocka_unit_test(verdicts_are_right), cmocka_unit_test(pseudo_header_values),
		cmocka_unit_test(decoded_headers), cmocka_unit_test(names_are_no_addresses), cmocka_unit_test(scripts_in_order), cmocka_unit_test(reject_in_a_later_script),
		cmocka_unit_test(keyword_sets_match_words), cmocka_unit_test(quotes_do_not_count), cmocka_unit_test(patterns_have_limits),
		cmocka_unit_test(starter_sets_lint_clean),
	};
	return cmocka_run_group_tests(tests, up, down);
}
