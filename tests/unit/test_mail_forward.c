/*
 * test_mail_forward.c - forwards of every kind: who wrote the original, its subject and words; what is kept of a mail that opens a
 * conversation; and what is known to be ours whatever a program made of it.
 */
#include "test_mail.h"

static struct mail read_with(const char *head, const char *body, const struct mail_options *options)
{
	struct mail mail;
	const char *raw = arena_printf(&arena, "From: Ann <ann@example.com>\r\nTo: support@example.org\r\n%s"
	                               "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s", head, body);
	struct mail_source source = { .data = raw, .size = strlen(raw), .fd = -1 };
	mail_parse(&arena, &source, options, &mail);
	return mail;
}

struct expected { const char *head, *body, *address, *name, *subject, *text, *comment; };

static void forwards_of_every_program_are_read(void **state)
{
	static const struct expected all[] = {
		{ "Subject: FW: Order\r\n", "From: Carl <carl@example.net>\nDate: Thursday, 28 October 2021 at 12:46\nTo: Ann\nSubject: Order\nThe box was wet.\nI need a new one.\n\nCall me.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.\nI need a new one.\n\nCall me.", "" },
		{ "Subject: Fwd: Order\r\n", "Look:\n   ----- Forwarded Message ----- From: Carl <carl@example.net>To: \"ann@example.com\" <ann@example.com>Sent: Monday, 4:14 PM GMT+3Subject: Order\n The box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "Look:" },
		{ "Subject: TR: Order\r\n", "________________________________\nDe : Carl <carl@example.net<mailto:carl@example.net>>\nEnvoyé : lundi\nÀ : Ann\nObjet : Order\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "" },
		{ "Subject: WG: Order\r\n", "Bitte.\n\nAm 28.10.2021, 12:46 schrieb \"Carl Maier\" <carl@example.net>:\n\n    The box was wet.\n",
		  "carl@example.net", "Carl Maier", "Order", "The box was wet.", "Bitte." },
		{ "Subject: Fwd: Order\r\n", "> Início da mensagem reencaminhada:\n>\n> De: Carl <carl@example.net>\n> Assunto: Order\n> Data: 26 de outubro\n> Para: ann@example.com\n>\n> The box was wet.\n\nDo it, please.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "Do it, please." },
		{ "Subject: Fwd: Order\r\n", "-------- Üzenet --------\n-------- Továbbított üzenet --------\n\nTárgy: \tOrder\n\nDátum: \tWed, 3 Nov 2021\n\nFeladó: \tCarl <carl@example.net>\n\nCímzett: \tann@example.com\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "-------- Üzenet --------" },
		{ "Subject: FW: Order\r\n", "From: list@example.net on behalf of Carl <carl@example.net>\nSent: Monday\nTo: Ann\nSubject: Order\n\nThe box was wet.\n",
		  "list@example.net", "", "Order", "The box was wet.", "" },
		{ "Subject: Fwd: A very long subject of an order that a mailer wraps somewhere\r\n",
		  "---------- Forwarded message ---------\nFrom: Carl <carl@example.net>\nDate: Monday\nTo: Ann\nSubject: A very long subject of an order\nthat a mailer wraps somewhere\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "A very long subject of an order that a mailer wraps somewhere", "The box was wet.", "" },
		/* a language that nobody knows here */
		{ "Subject: Fwd: Order\r\n", "Look.\n\n---------- Qwaat xyx ----------\nVeet: Carl <carl@example.net>\nTaat: 5/10/26, 9:12\nWyq: Order\nNaat: Ann <ann@example.com>\n\nThe box: wet.\n",
		  "carl@example.net", "Carl", "Order", "The box: wet.", "Look." },
		{ "Subject: Fwd: Order\r\n", "-------- Qwaat xyx --------\n\nWyq: Order\n\nTaat: 5/10/26, 9:12\n\nVeet: Carl <carl@example.net>\n\nNaat: Ann <ann@example.com>\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "" },
		{ "Subject: Fwd: Order\r\n", "> ---------- Qwaat xyx ----------\n> Veet: Carl <carl@example.net>\n> Taat: 5/10/26, 9:12\n> Wyq: Order\n> Naat: Ann <ann@example.com>\n>\n> The box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "" },
		{ "Subject: Fwd: The order of May\r\n", "Look.\n\n-- Qwaat xyx\nVeet: Carl <carl@example.net>\nTaat: 5/10/26, 9:12\nWyq: The order of May\nNaat: Ann <ann@example.com>\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "The order of May", "The box was wet.", "Look." },
		{ "Subject: Fwd: Order\r\n", "---------- Forwarded message ----------\nFrom: Carl <carl@example.net>\nWyq: Order\nDate: 5/10/26\nNaat: Ann <ann@example.com>\n\nThe box was wet.\n",
		  "carl@example.net", "Carl", "Order", "The box was wet.", "" },
	};
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct mail mail = read_with(all[i].head, all[i].body, NULL);
		if (!mail.forward.is_forward)
			fail_msg("forward %zu is not known", i);
		assert_string_equal(mail.forward.from.address, all[i].address);
		assert_string_equal(mail.forward.from.name, all[i].name);
		assert_string_equal(mail.forward.subject, all[i].subject);
		assert_string_equal(mail.forward.text, all[i].text);
		assert_string_equal(mail.forward.comment, all[i].comment);
	}
}

/* As some translations are: the label of a line stands at the end of the one above. */
static void a_torn_block_below_a_mark_is_read(void **state)
{
	const char *head = "From: Bob <bob@example.net>\nSubject: Fwd: Printer\n\n", *block = "Qwe: Kim Oh <kim@example.org> Rty \n: Mon, 05 Oct 2026 09:12 Uio \n: Printer \n Asd: bob@example.net\n\n";
	struct mail mail = read_mail(arena_printf(&arena, "%sPlease look.\n\n---------- Zxc vbn ----------\n %sIt is red: at the back.\n", head, block));
	assert_true(mail.forward.is_forward);
	assert_string_equal(mail.forward.from.address, "kim@example.org");
	assert_string_equal(mail.forward.from.name, "Kim Oh");
	assert_string_equal(mail.forward.subject, "Printer");
	assert_string_equal(mail.forward.text, "It is red: at the back.");
	assert_string_equal(mail.forward.comment, "Please look.");
	/* Without a time it may be anything. */
	assert_false(read_mail(arena_printf(&arena, "%s---------- Zxc vbn ----------\nQwe: Kim Oh <kim@example.org> Rty\n: soon Uio\n: Printer\n Asd: x\n\nIt is red.\n", head)).forward.is_forward);
}

static void an_answer_is_no_forward(void **state)
{
	struct mail mail = read_with("Subject: Re: Order\r\nIn-Reply-To: <1@example.net>\r\n", "Yes.\n\nOn 3 March 2014 at 10:00, Carl <carl@example.net> wrote:\n> The box was wet.\n", NULL);
	assert_false(mail.forward.is_forward);
	assert_string_equal(mail.reply_text, "Yes.");
	assert_true(mail.history_cut);
	assert_string_equal(mail_words(&mail, false), "Yes.");
	assert_non_null(strstr(mail_words(&mail, true), "The box was wet."));
}

static void what_is_forwarded_is_the_request(void **state)
{
	static const char *const bodies[] = {
		"---------- Forwarded message ---------\nFrom: Net <net@example.net>\nDate: Monday\nSubject: Line down\nTo: Ann\n\nLine 42 is down.\n",
		"Please look.\n\n________________________________\nFrom: Net <net@example.net>\nSent: Monday\nTo: Ann\nSubject: Line down\n\nLine 42 is down.\n",
	};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct mail mail = read_with("Subject: Fwd: Line down\r\n", bodies[i], NULL);
		assert_non_null(strstr(mail.reply_text, "Line 42 is down."));
	}
	struct mail form = read_with("Subject: Contact form\r\n", "From: Carla <carla@example.net>\nSubject: Order\nDate: 2026-10-05\nTo: shop@example.org\n\nIt has not come, number 99.\n", NULL);
	assert_non_null(strstr(form.reply_text, "It has not come, number 99."));
	struct mail bare = read_with("Subject: Line down\r\n", "-----Original Message-----\nFrom: Net <net@example.net>\nSent: Monday\nTo: Ann\nSubject: Line down\n\nLine 42 is down.\n", NULL);
	assert_non_null(strstr(bare.reply_text, "Line 42 is down."));
}

static const char our_words[] = "Hello Ann,\n\nplease switch the scanner off, wait for ten minutes and switch it on again.\nDoes the lamp still blink?\n\nBob Rossi\nAcme Support\n";

static const char *ours(const void *context, struct arena *in, const char *message_id)
{
	return strstr(message_id, "@desk.example>") ? our_words : NULL;
}

static void our_own_words_are_a_quote_in_any_dress(void **state)
{
	static const char *const bodies[] = {
		"It works.\n\nHonnan: Acme 2026/10/05 @ support@example.org\n\nHello Ann,\n\nplease switch the scanner off, wait for ten minutes and switch it on again.\nDoes the lamp still blink?\n\nBob Rossi\nAcme Support\n",
		"It works.\n\n* Hello Ann,\n* please switch the scanner off, wait for ten\n* minutes and switch it on again. Does the lamp\n* still blink?\n",
		"It works.\n\nplease switch the scanner off, wait for ten minutes\nand switch it on again.\nDoes the lamp still blink?\n",
	};
	struct mail_options options = { .answered = ours };
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct mail mail = read_with("Subject: Re: Scanner\r\nIn-Reply-To: <1@desk.example>\r\n", bodies[i], &options);
		assert_string_equal(mail.reply_text, "It works.");
	}
	/* A stranger's mail says the same words as his own. */
	struct mail other = read_with("Subject: Re: Scanner\r\nIn-Reply-To: <1@example.net>\r\n", bodies[2], &options);
	assert_non_null(strstr(other.reply_text, "wait for ten"));
}

static void the_head_of_a_forward_may_be_all_that_a_page_marks(void **state)
{
	struct mail mail = read_with("Subject: Fwd: Lamp\r\nContent-Type: text/html\r\n",
	                             "<p>Please look.</p><div class='moz-forward-container'>-------- Forwarded Message --------<table class='moz-email-headers-table'>"
	                             "<tr><th>Subject: </th><td>Lamp</td></tr><tr><th>From: </th><td>Kim Oh &lt;kim@example.org&gt;</td></tr>"
	                             "<tr><th>To: </th><td>ann@example.net</td></tr></table><div>It is red.</div></div>", NULL);
	assert_string_equal(mail.forward.from.address, "kim@example.org");
	assert_string_equal(mail.forward.text, "It is red.");
	assert_string_equal(mail.forward.comment, "Please look.");
}

static void marks_without_words_are_nobodys_comment(void **state)
{
	struct mail mail = read_with("Subject: Fwd: Lamp\r\n", "Please look.\n> \n>\n> ---------- Original Message ----------\n> From: Kim Oh <kim@example.org>\n"
	                             "> To: ann@example.net\n> Date: Mon, 5 Oct 2026 10:00\n> Subject: Lamp\n>\n> It is red.\n", NULL);
	assert_string_equal(mail.forward.from.address, "kim@example.org");
	assert_string_equal(mail.forward.text, "It is red.");
	assert_string_equal(mail.forward.comment, "Please look.");
}

static void what_is_answered_line_by_line_stays(void **state)
{
	struct mail_options options = { .answered = ours };
	struct mail mail = read_with("Subject: Re: Scanner\r\nIn-Reply-To: <1@desk.example>\r\n",
	                             "please switch the scanner off, wait for ten minutes and switch it on again.\n\nI did, twice.\n\nDoes the lamp still blink?\n\nYes, it does.\n", &options);
	assert_non_null(strstr(mail.reply_text, "I did, twice."));
	assert_non_null(strstr(mail.reply_text, "Yes, it does."));
}

static void a_sentence_is_no_signature_of_a_phone(void **state)
{
	struct mail mail = read_with("Subject: x\r\n", "The cable came.\n\nSent from my old account yesterday, sorry if you get this twice.\n", NULL);
	assert_non_null(strstr(mail.reply_text, "Sent from my old account"));
	static const char *const lines[] = { "Sent from my iPhone", "Von meinem Samsung Galaxy gesendet", "Iphone'umdan gönderildi", "Odesláno z iPhonu", "Στάλθηκε από το iPhone μου", "נשלח מה-iPhone שלי", "나의 iPhone에서 보냄", "iPhoneから送信" };
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		mail = read_with("Subject: x\r\n", arena_printf(&arena, "The cable came.\n\n%s\n", lines[i]), NULL);
		if (strcmp(mail.reply_text, "The cable came.") != 0)
			fail_msg("%s stays", lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forwards_of_every_program_are_read), TEST(a_torn_block_below_a_mark_is_read), TEST(an_answer_is_no_forward), TEST(what_is_forwarded_is_the_request), TEST(our_own_words_are_a_quote_in_any_dress),
		TEST(the_head_of_a_forward_may_be_all_that_a_page_marks), TEST(marks_without_words_are_nobodys_comment),
		TEST(what_is_answered_line_by_line_stays), TEST(a_sentence_is_no_signature_of_a_phone),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
