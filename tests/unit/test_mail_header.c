/*
 * test_mail_header.c - header blocks, encoded words, addresses, ids, dates, parameters: each reader alone, with made-up
 * values that show what mailers write and break, and with values made to hurt.
 */
#include "test_mail.h"

static const char *decoded(const char *raw)
{
	return mail_header_decode(&arena, span_of(raw), NULL, NULL);
}

/* ---- RFC 2047 ---- */
static void words_are_decoded(void **state)
{
	static const struct { const char *raw, *text; } cases[] = {
		{ "plain words", "plain words" },
		{ "folded\r\n value", "folded value" },
		{ "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße" },
		{ "=?utf-8?B?R3LDvMOfZQ==?=", "Grüße" },
		{ "=?iso-8859-1*de?Q?Gr=FC=DFe?= an alle", "Grüße an alle" },
		{ "=?utf-8?Q?a?=  =?utf-8?Q?b?=", "ab" },
		{ "=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c" },
		{ "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC_5?=", "€ 5" },                     /* a character over two words */
		{ "=?utf-8?B?4oI=?=\r\n =?utf-8?B?rA==?=", "€" },
		{ "=?utf-8?Q?two words?=", "two words" },                              /* a blank inside */
		{ "=?utf-8?Q?fold\r\n ed?=", "folded" },
		{ "=?utf-8?Q?line=0D=0ABcc:_x?=", "line Bcc: x" },                     /* no value can add a line */
		{ "=?utf-8?Q?why=3F?=", "why?" },
		{ "=?utf-8?Q?why?" "?=", "why?" },
		{ "=?utf-8?B?8=8?= x", "x" },
		{ "=?windows-1252?Q?=80_5?=", "€ 5" },
		{ "=?unknown-charset?Q?caf=C3=A9?=", "café" },
		{ "=?utf-8?X?abc?=", "=?utf-8?X?abc?=" },
		{ "=?utf-8?Q?", "=?utf-8?Q?" },
		{ "=?", "=?" }, { "", "" }, { "=?=?=?=?", "=?=?=?=?" },
		{ "=?utf-8?Q?cut=20off", "cut off" },
		{ "caf\xE9", "café" }, { "caf\xC3\xA9", "café" },
		{ "=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語" },
		{ "a\tb\001c", "a b c" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(decoded(cases[i].raw), cases[i].text);
}

static void raw_bytes_take_the_charset_of_the_mail(void **state)
{
	assert_string_equal(mail_header_decode(&arena, span_of("\xC1\xC2"), "koi8-r", NULL), "аб");
	assert_string_equal(mail_header_decode(&arena, span_of("caf\xC3\xA9"), "iso-8859-2", NULL), "café");
}

static void a_thousand_open_words_are_read_once(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	for (int i = 0; i < 100000; i++)
		buffer_add_string(&raw, "=?utf-8?Q?x ");
	int64_t before = processor_us();
	decoded(buffer_string(&raw));
	assert_true(processor_us() - before < 3000000);
}

/* ---- addresses ---- */
static void assert_list(const char *raw, const char *expected)
{
	struct mail_addresses list = mail_addresses_parse(&arena, span_of(raw), NULL, NULL);
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	for (size_t i = 0; i < list.count; i++)
		buffer_printf(&out, "%s%s|%s", i ? " " : "", list.at[i].address, list.at[i].name);
	assert_string_equal(buffer_string(&out), expected);
}

static void addresses_are_read_as_written(void **state)
{
	assert_list("ann@example.org", "ann@example.org|");
	assert_list("Ann Lee <Ann@EXAMPLE.org>", "Ann@example.org|Ann Lee");
	assert_list("\"Lee, Ann\" <ann@example.org>, bob@example.org", "ann@example.org|Lee, Ann bob@example.org|");
	assert_list("Lee, Ann <ann@example.org>", "ann@example.org|Lee, Ann");
	assert_list("ann@example.org (Ann Lee)", "ann@example.org|Ann Lee");
	assert_list("Ann (at (home)) <ann@example.org>", "ann@example.org|Ann");
	assert_list("team: ann@example.org, Bob <bob@example.org>;, c@example.org", "ann@example.org| bob@example.org|Bob c@example.org|");
	assert_list("undisclosed-recipients:;", "");
	assert_list("<@relay.example,@b:ann@example.org>", "ann@example.org|");
	assert_list("<<ann@example.org>>", "ann@example.org|");
	assert_list("<mailto:ann@example.org>", "ann@example.org|");
	assert_list("Ann ann@example.org", "ann@example.org|Ann");
	assert_list("ann @ example . org", "ann@example.org|");
	assert_list("\"ann lee\"@example.org", "\"ann lee\"@example.org|");
	assert_list("=?utf-8?Q?Z=C3=B6e=2C_A?= <z@example.org>", "z@example.org|Zöe, A");
	assert_list("\"=?utf-8?Q?Z=C3=B6e?=\" <z@example.org>", "z@example.org|Zöe");
	assert_list("Zöe <zöe@bücher.example>", "zöe@bücher.example|Zöe");
	assert_list("a@example.org; b@example.org", "a@example.org| b@example.org|");
	assert_list("ann@example.org.", "ann@example.org|");
	assert_list("root", "root|");
	assert_list("\"open <ann@example.org>", "ann@example.org|\"open");
	assert_list("Ann <ann@example.org", "ann@example.org|Ann");
	assert_list("", "");
	assert_list(" , ,, ", "");
	assert_list("ann@exa\001mple.org", "ann@example.org|");
}

static void hostile_groups_cost_no_stack(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	for (int i = 0; i < 60000; i++)
		buffer_add_string(&raw, "g:");
	mail_addresses_parse(&arena, (struct span){ raw.at, raw.length }, NULL, NULL);
	buffer_reset(&raw);
	for (int i = 0; i < 60000; i++)
		buffer_add_string(&raw, "(");
	mail_addresses_parse(&arena, (struct span){ raw.at, raw.length }, NULL, NULL);
	buffer_reset(&raw);
	for (int i = 0; i < 10000; i++)
		buffer_add_string(&raw, "a@b.example,");
	struct mail_addresses list = mail_addresses_parse(&arena, (struct span){ raw.at, raw.length }, NULL, NULL);
	assert_int_equal(list.count, LIMIT_ADDRESSES);
}

/* ---- ids and dates ---- */
static void ids_are_found_between_junk(void **state)
{
	static const struct { const char *raw, *ids; } cases[] = {
		{ "<a@b>", "<a@b>" }, { "<a@b> junk <c d@e> <<x@y>> <z@z>", "<a@b><cd@e><x@y><z@z>" }, { "a@b c@d", "<a@b><c@d>" },
		{ "<a@b>\r\n\t<a@b>\r\n\t<c@d>", "<a@b><c@d>" }, { "your mail of Monday", "" }, { "", "" }, { "<", "" },
		{ "<>", "" }, { "<a@b", "<a@b>" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strings ids = { 0 };
		mail_ids_parse(&arena, span_of(cases[i].raw), &ids, true);
		char all[200] = "";
		for (size_t n = 0; n < ids.count; n++)
			strcat(all, ids.at[n]);
		assert_string_equal(all, cases[i].ids);
	}
}

static void of_many_ids_the_newest_stay(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	struct strings ids = { 0 };
	buffer_init(&raw);
	for (int i = 0; i < 5000; i++)
		buffer_printf(&raw, "<%d@x> ", i);
	mail_ids_parse(&arena, (struct span){ raw.at, raw.length }, &ids, true);
	assert_int_equal(ids.count, LIMIT_REFERENCES);
	assert_string_equal(ids.at[LIMIT_REFERENCES - 1], "<4999@x>");
}

static void dates_are_read_in_every_form(void **state)
{
	static const struct { const char *raw; int64_t seconds; int zone; } cases[] = {
		{ "Sun, 22 Nov 2026 05:12:21 +0000", 1795324341, 0 }, { "22 Nov 2026 06:12:21 +0100", 1795324341, 60 },
		{ "Sun, 22 Nov 26 05:12:21 GMT", 1795324341, 0 },
		{ "Sun Nov 22 05:12:21 2026", 1795324341, 0 }, { "Sun, 22 Nov 2026 00:12:21 EST", 1795324341, -300 },
		{ "2026-11-22T05:12:21Z", 1795324341, 0 },
		{ "2026-11-22T06:12:21+01:00", 1795324341, 60 }, { "Sun, 22 (comment) Nov 2026 05:12:21 +0000 (UTC)", 1795324341, 0 },
		{ "Sunday, November 22, 2026 5:12:21 AM +0000", 1795324341, 0 },
		{ "22-Nov-2026 05:12:21 +0000", 1795324341, 0 }, { "Sun, 22 Nov 2026 05:12:21 ABC", 1795324341, 0 },
		{ "So, 22 Nov. 2026 05:12:21 +0000", 1795324341, 0 }, { "Sun, 22 11 2026 05:12:21 +0000", 1795324341, 0 }, { "Sun, 22 Nov 2026 17:12:21 +1200", 1795324341, 720 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t ms = 0;
		int zone = -1;
		assert_true(mail_date_parse(span_of(cases[i].raw), &ms, &zone));
		assert_int_equal(ms, cases[i].seconds * 1000);
		assert_int_equal(zone, cases[i].zone);
	}
	static const char *const none[] = {
		"", "yesterday", "32 Nov 2026 05:00 +0000", "22 Foo 2026 05:00:00", "22 Nov 2026 25:00:00 +0000",
		"1 2 3 4 5",
	};
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		int64_t ms;
		int zone;
		assert_false(mail_date_parse(span_of(none[i]), &ms, &zone));
	}
}

/* Found by fuzzing: a zone of a hundred hours; a zone with its colon at the very end. */
static void odd_zones_are_no_zones(void **state)
{
	int64_t ms;
	int zone;
	assert_true(mail_date_parse(span_of("22 Nov 2026 05:12:21 +010022222"), &ms, &zone));
	assert_int_equal(zone, 0);
	char *exact = malloc(25);
	memcpy(exact, "22 Nov 2026 05:12:21 +01:", 25);
	assert_true(mail_date_parse((struct span){ exact, 25 }, &ms, &zone));
	assert_int_equal(zone, 60);
	free(exact);
}

/* ---- parameters ---- */
static const char *parameter(const char *raw, const char *name)
{
	struct params params;
	mail_params_parse(&arena, span_of(raw), &params, NULL);
	return mail_params_get(&params, name);
}

static void parameters_are_put_together(void **state)
{
	assert_string_equal(parameter("text/plain; charset=utf-8", "charset"), "utf-8");
	assert_string_equal(parameter("text/plain;charset=\"utf-8\";x=y", "charset"), "utf-8");
	assert_string_equal(parameter("attachment; filename*=utf-8''%E2%82%AC%20rates.txt", "filename"), "€ rates.txt");
	assert_string_equal(parameter("attachment; filename*0*=iso-8859-1''t%E9; filename*1*=st%2E; filename*2=txt", "filename"), "tést.txt");
	assert_string_equal(parameter("attachment; filename*1=b; filename*0=a", "filename"), "ab");
	assert_string_equal(parameter("attachment; filename=\"a.txt\"; filename*=utf-8''%C3%A4.txt", "filename"), "ä.txt");
	assert_string_equal(parameter("attachment; filename=my long name.pdf", "filename"), "my long name.pdf");
	assert_string_equal(parameter("attachment; filename=\"=?utf-8?Q?=C3=A4=2Epdf?=\"", "filename"), "ä.pdf");
	assert_string_equal(parameter("attachment; filename=\"C:\\\\tmp\\\\a.txt\"", "filename"), "C:\\tmp\\a.txt");
	assert_string_equal(parameter("attachment; filename=\"never closed", "filename"), "never closed");
	assert_string_equal(parameter("multipart/mixed boundary=\"b\"", "boundary"), "b");
	assert_string_equal(parameter("text/plain; charset=utf-8 format=flowed", "format"), "flowed");
	assert_null(parameter("text/plain", "charset"));
	struct params params;
	mail_params_parse(&arena, span_of("Text/HTML (page); x"), &params, NULL);
	assert_string_equal(params.value, "text/html");
}

static void file_names_are_safe(void **state)
{
	static const struct { const char *name, *safe; } cases[] = {
		{ "../../etc/passwd", "passwd" }, { "C:\\Users\\a.doc", "a.doc" }, { "a\r\nX: y", "a  X_ y" },
		{ "report\xE2\x80\xAE" "fdp.exe", "reportfdp.exe" },
		{ "...", "" }, { ".htaccess", "htaccess" }, { "a<b>.txt", "a_b_.txt" }, { "  x.txt  ", "x.txt" },
		{ "\xFF.txt", "_.txt" }, { "", "" }, { "/", "" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(mail_filename_safe(&arena, cases[i].name, strlen(cases[i].name)), cases[i].safe);
	char name[400];
	memset(name, 'x', 390);
	strcpy(name + 390, ".pdf");
	const char *safe = mail_filename_safe(&arena, name, strlen(name));
	assert_true(strlen(safe) <= 180 && strcmp(safe + strlen(safe) - 4, ".pdf") == 0);
}

/* ---- header blocks ---- */
static void blocks_are_cut_with_any_line_end(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "\r", "\r\r\n" };
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		const char *e = ends[i];
		struct mail mail = read_mail(arena_printf(&arena, "From ann Sun Nov 22%sFrom: ann@example.net%sSubject: a%s b%s%shello%s", e, e, e, e, e, e));
		assert_string_equal(mail.from.address, "ann@example.net");
		assert_string_equal(mail.subject, "a b");
		assert_string_equal(mail.text, "hello");
	}
	/* a stray line feed in the body does not change how the header ends its lines */
	struct mail mail = read_mail("From: ann@example.net\rSubject: a\r\rhello\r\nthere\r");
	assert_string_equal(mail.subject, "a");
	assert_string_equal(mail.from.address, "ann@example.net");
}

static void rubbish_in_the_header_is_skipped(void **state)
{
	struct mail mail = read_mail("From: ann@example.net\nthis is no field\nSubject: a\n\nhello\n");
	assert_string_equal(mail.subject, "a");
	assert_string_equal(mail.text, "hello");
	assert_true(said(&mail, "neither a field"));
	mail = read_mail("From: ann@example.net\nSubject: a\nHello, there is no blank line.\nBye\n");
	assert_string_equal(mail.text, "Hello, there is no blank line.\nBye");
	mail = read_mail("just text\nand more\n");
	assert_string_equal(mail.text, "just text\nand more");
	assert_true(said(&mail, "no header"));
	mail = read_mail("");
	assert_string_equal(mail.text, "");
}

static void limits_of_the_header_hold(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	buffer_add_string(&raw, "From: ann@example.net\nSubject: a\n");
	for (int i = 0; i < 300000; i++)
		buffer_add_string(&raw, "X-A: b\n");
	buffer_add_string(&raw, "\nhello\n");
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_string_equal(mail.subject, "a");
	assert_string_equal(mail.text, "hello");
	assert_true(said(&mail, "header is larger"));
	buffer_reset(&raw);
	buffer_add_string(&raw, "From: ann@example.net\nTo: ");
	for (int i = 0; i < 200000; i++)
		buffer_add_string(&raw, "g:");
	buffer_add_string(&raw, "\n\nhello\n");
	mail = read_bytes(raw.at, raw.length);
	assert_string_equal(mail.from.address, "ann@example.net");
	assert_string_equal(mail.text, "hello");
}

static void senders_are_found(void **state)
{
	assert_string_equal(read_mail("Sender: s@example.org\n\nx\n").from.address, "s@example.org");
	assert_string_equal(read_mail("From: \nFrom: b@example.org\n\nx\n").from.address, "b@example.org");
	assert_string_equal(read_mail("Reply-To: r@example.org\n\nx\n").from.address, "r@example.org");
	struct mail mail = read_mail("From: nobody at all\n\nx\n");
	assert_string_equal(mail.from.address, "");
	assert_false(mail.auto_answer_allowed);
	assert_true(said(&mail, "no usable From"));
}

static void marks_and_traces_are_kept(void **state)
{
	struct mail mail = read_mail("Received: a\nReceived: b\nDelivered-To: Support@Example.org\nX-Original-To: support@example.org\nX-Sportello-Desk: abc\n"
	                             "From: a@example.net\nMessage-ID: <m@x>\nIn-Reply-To: <p@x>\nReferences: <o@x> <p@x>\n\nx\n");
	assert_int_equal(mail.hops, 2);
	assert_int_equal(mail.delivered_to.count, 1);
	assert_string_equal(mail.our_marks, "abc");
	assert_string_equal(mail.message_id, "<m@x>");
	assert_int_equal(mail.references.count, 2);
	assert_int_equal(mail.kind, MAIL_REPLY);
	assert_null(read_mail("From: a@example.net\n\nx\n").message_id);
}

static void header_values_can_be_asked_for(void **state)
{
	const char *raw = "X-A: =?utf-8?Q?=C3=A4?=\nX-A: two\n\nx\n";
	struct mail_source source = source_of(raw, strlen(raw));
	assert_string_equal(mail_header(&arena, &source, "x-a", 0), "ä");
	assert_string_equal(mail_header(&arena, &source, "X-A", 1), "two");
	assert_null(mail_header(&arena, &source, "X-A", 2));
	assert_null(mail_header(&arena, &source, "X-B", 0));
}

static void the_digest_tells_mails_apart(void **state)
{
	struct mail a = read_mail("Received: 1\nMessage-ID: <1@x.example>\nFrom: a@x.example\nSubject: s\n\nbody\n"), b = read_mail("Received: 2\nMessage-ID: <1@x.example>\nFrom: a@x.example\nSubject: s\n\nbody\n");
	struct mail c = read_mail("Received: 1\nMessage-ID: <1@x.example>\nFrom: a@x.example\nSubject: s\n\nbody!\n"), d = read_mail("Received: 1\nMessage-ID: <1@x.example>\nFrom: a@x.example\nSubject: t\n\nbody\n");
	assert_memory_equal(a.body_digest, b.body_digest, SHA256_SIZE);
	assert_memory_not_equal(a.body_digest, c.body_digest, SHA256_SIZE);
	assert_memory_not_equal(a.body_digest, d.body_digest, SHA256_SIZE);
}

static void check_from(const char *head, const char *address, const char *name, bool rewritten)
{
	struct mail mail = read_mail(arena_printf(&arena, "%s\nTo: support@example.org\nSubject: x\n\nHello\n", head));
	assert_string_equal(mail.from.address, address);
	assert_string_equal(mail.from.name, name);
	assert_int_equal(mail.from_rewritten, rewritten);
}

static void a_mailbox_in_an_encoded_word_is_read(void **state)
{
	check_from("From: =?utf-8?Q?Ann_Lee_=3Cann=40example.net=3E?=", "ann@example.net", "Ann Lee", false);
	check_from("From: =?utf-8?B?IkFubiBMZWUiIDxhbm5AZXhhbXBsZS5uZXQ+?=", "ann@example.net", "Ann Lee", false);
	check_from("From: =?utf-8?q?ann=40example.net?= <=?utf-8?q?ann=40example.net?=>", "ann@example.net", "", false);
}

static void the_first_line_may_be_indented(void **state)
{
	check_from(" From: Ann Lee <ann@example.net>", "ann@example.net", "Ann Lee", false);
}

static void who_wrote_through_a_list_is_found(void **state)
{
	check_from("From: 'Ann Lee' via Support <support@example.org>\nReply-To: Other <o@example.net>\nX-Original-From: Ann Lee <ann@example.net>\nList-ID: <support.example.org>",
	           "ann@example.net", "Ann Lee", true);
	check_from("From: Ann Lee via L <l@lists.example>\nReply-To: L <l@lists.example>\nCc: Ann Lee <ann@example.net>\nList-Post: <mailto:l@lists.example>",
	           "ann@example.net", "Ann Lee", true);
	check_from("From: Ann via g <ann=example.net@groups.example>\nReply-To: g@groups.example\nList-Id: <g.groups.example>", "ann@example.net", "Ann", true);
	check_from("From: Ann Lee <000-dmarc-request@list.example>\nReply-To: Ann Lee <ann@example.net>\nList-Post: <mailto:l@list.example>", "ann@example.net", "Ann Lee", true);
	/* A list that rewrites nothing, and a mail that is from no list. */
	check_from("From: Ann Lee <ann@example.net>\nReply-To: L <l@lists.example>\nList-Post: <mailto:l@lists.example>", "ann@example.net", "Ann Lee", false);
	/* what the first server saw: the envelope's sender is of the From's domain, and no return path of one mail */
	check_from("From: L <l@lists.example>\nReply-To: L <l@lists.example>\nList-Post: <mailto:l@lists.example>\n"
	           "ARC-Authentication-Results: i=2; mx.example; spf=pass smtp.mailfrom=l-bounces@lists.example; dmarc=pass header.from=lists.example\n"
	           "ARC-Authentication-Results: i=1; mx.lists.example; dmarc=pass header.from=example.net; spf=pass smtp.mailfrom=ann@example.net", "ann@example.net", "L", true);
	check_from("From: L <l@lists.example>\nList-Post: <mailto:l@lists.example>\nARC-Authentication-Results: i=1; mx; dmarc=pass header.from=example.net; spf=pass smtp.mailfrom=b+x=y.z@example.net",
	           "l@lists.example", "L", false);
	/* a form that a machine sends on: who filled it in is the one other person in Reply-To */
	check_from("From: Shop <no-reply@mailer.example>\nReply-To: Ann Lee <ann@example.net>\nPrecedence: bulk", "ann@example.net", "Ann Lee", true);
	check_from("From: WordPress <wordpress@www.shop.example>\nReply-To: ann@example.net\nList-Unsubscribe: <https://x.example/u>", "ann@example.net", "WordPress", true);
	check_from("From: Shop <no-reply@shop.example>\nReply-To: help@support.shop.example", "no-reply@shop.example", "Shop", false);
	check_from("From: Shop <no-reply@shop.example>\nReply-To: noreply@mailer.example", "no-reply@shop.example", "Shop", false);
	check_from("From: Ann <ann@example.net>\nReply-To: eve@other.example", "ann@example.net", "Ann", false);
	check_from("From: Shop <no-reply@shop.example>\nReply-To: a@example.net, b@example.com", "no-reply@shop.example", "Shop", false);
	check_from("From: Ann via the web <ann@example.net>\nReply-To: eve@example.net", "ann@example.net", "Ann via the web", false);
}

static void a_sender_is_looked_for_in_every_field(void **state)
{
	check_from("From: Ann\nReturn-Path: <ann@example.net>", "ann@example.net", "", false);
	check_from("From: Ann\nReply-To: Ann Lee <ann@example.net>", "ann@example.net", "Ann Lee", false);
	check_from("Return-Path: <>", "", "", false);
}

static void both_forms_of_a_domain_are_one_address(void **state)
{
	check_from("From: Ann <ann@B\xC3\xBC" "cher.example>", "ann@xn--bcher-kva.example", "Ann", false);
	check_from("From: ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example", "", false);
	assert_string_equal(mail_address_with_ascii_domain(&arena, "a@\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88"), "a@xn--r8jz45g.xn--zckzah");
	assert_string_equal(mail_address_with_ascii_domain(&arena, "\xC3\xBC@\xC3\xBC.example"), "\xC3\xBC@\xC3\xBC.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_decoded), TEST(raw_bytes_take_the_charset_of_the_mail), TEST(a_thousand_open_words_are_read_once), TEST(addresses_are_read_as_written),
		TEST(hostile_groups_cost_no_stack), TEST(ids_are_found_between_junk), TEST(of_many_ids_the_newest_stay), TEST(dates_are_read_in_every_form),
		TEST(odd_zones_are_no_zones), TEST(parameters_are_put_together), TEST(file_names_are_safe), TEST(blocks_are_cut_with_any_line_end),
		TEST(rubbish_in_the_header_is_skipped), TEST(limits_of_the_header_hold), TEST(senders_are_found), TEST(marks_and_traces_are_kept),
		TEST(header_values_can_be_asked_for), TEST(the_digest_tells_mails_apart),
		TEST(a_mailbox_in_an_encoded_word_is_read), TEST(the_first_line_may_be_indented), TEST(who_wrote_through_a_list_is_found), TEST(a_sender_is_looked_for_in_every_field), TEST(both_forms_of_a_domain_are_one_address),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
