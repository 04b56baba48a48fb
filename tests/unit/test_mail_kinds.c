/*
 * test_mail_kinds.c - what kind of mail it is: reports of delivery in fields and in words, automatic answers, lists,
 * forwarded mail, authentication; and persons who must not be taken for any of them.
 */
#include "test_mail.h"
#include "mail/mail_bounce.h"

#define REPORT "From: MAILER-DAEMON@mx.example.com (Mail Delivery System)\nTo: bounce+1@example.org\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"

static const struct mail_bounce *only_bounce(const struct mail *mail)
{
	assert_int_equal(mail->kind, MAIL_BOUNCE);
	assert_int_equal(mail->bounces.count, 1);
	assert_false(mail->auto_answer_allowed);
	return &mail->bounces.at[0];
}

static void reports_in_fields(void **state)
{
	struct mail mail = read_mail(REPORT "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nI'm sorry.\n--b\nContent-Type: message/delivery-status\n\n"
	                             "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; ann@example.net\nOriginal-Recipient: rfc822;ann@example.net\nAction: failed\nStatus: 5.1.1\n"
	                             "Diagnostic-Code: smtp; 550 5.1.1 <ann@example.net>:\n    User unknown\n\nFinal-Recipient: rfc822; bob@example.net\nAction: delayed\nStatus: 4.4.1\n"
	                             "--b\nContent-Type: message/rfc822\n\nMessage-ID: <m1@example.org>\nSubject: x\n\nbody\n--b--\n");
	assert_int_equal(mail.kind, MAIL_BOUNCE);
	assert_int_equal(mail.bounces.count, 2);
	assert_string_equal(mail.bounces.at[0].recipient, "ann@example.net");
	assert_string_equal(mail.bounces.at[0].action, "failed");
	assert_string_equal(mail.bounces.at[0].status, "5.1.1");
	assert_true(mail.bounces.at[0].permanent);
	assert_non_null(strstr(mail.bounces.at[0].diagnostic, "User unknown"));
	assert_string_equal(mail.bounces.at[0].original_message_id, "<m1@example.org>");
	assert_string_equal(mail.bounces.at[1].action, "delayed");
	assert_false(mail.bounces.at[1].permanent);
}

static void fields_in_odd_places(void **state)
{
	struct mail mail = { .subject = "" };
	mail_dsn_read(&arena, SPAN("Final-Recipient: <ann@example.net>\nAction: failed\nStatus: 5.2.2\nFinal-Recipient: rfc822;bob@example.net\nStatus: 4.0.0\n"), &mail);
	assert_int_equal(mail.bounces.count, 2);
	assert_string_equal(mail.bounces.at[0].recipient, "ann@example.net");
	assert_string_equal(mail.bounces.at[1].action, "delayed");
	mail.bounces.count = 0;
	mail_dsn_read(&arena, SPAN("Final-Recipient: rfc822; x\nAction: delivered\nStatus: 2.0.0\n"), &mail);
	assert_string_equal(mail.bounces.at[0].action, "delivered");
	assert_null(mail.bounces.at[0].recipient);
}

static void reports_in_words(void **state)
{
	static const struct { const char *body, *recipient, *status; bool permanent; } cases[] = {
		{ "Hi. This is the qmail-send program at example.com.\nI'm afraid I wasn't able to deliver your message.\n\n<ann@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
		  "--- Below this line is a copy of the message.\n\nReturn-Path: <bounce+1@example.org>\nTo: other@example.net\n\nbody\n", "ann@example.net", "5.1.1", true },
		{ "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  ann@example.net\n"
		  "    SMTP error from remote mail server after RCPT TO:<ann@example.net>:\n    host mx.example.net: 550 5.7.1 no\n\n------ This is a copy of the message, including all the headers. ------\n\nReceived: x\n", "ann@example.net", "5.7.1", true },
		{ "   ----- The following addresses had permanent fatal errors -----\n<ann@example.net>\n    (reason: 550 5.1.2 Host unknown)\n\n   ----- Transcript of session follows -----\n550 5.1.2 <ann@example.net>... Host unknown\n", "ann@example.net", "5.1.2", true },
		{ "Your message\n\n  To:      Ann\n  Subject: order\n  Sent:    Mon, 3 Mar 2014\n\ndid not reach the following recipient(s):\n\nann@example.net on Mon, 3 Mar 2014 10:00:00\n    The recipient name is not recognized\n", "ann@example.net", NULL, true },
		{ "THIS IS A WARNING MESSAGE ONLY.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:\n\n     ann@example.net\n\nMessage will be retried for 2 more day(s)\n", "ann@example.net", NULL, false },
		{ "Il messaggio\n\nOggetto: ordine\n\nnon \xC3\xA8 stato recapitato a:\n\nann@example.net il 3/3/2014\n   550 5.1.1 Casella inesistente\n", "ann@example.net", "5.1.1", true },
		{ "Ihre Nachricht konnte nicht zugestellt werden.\n\nann@example.net: Mailbox unbekannt\n", "ann@example.net", NULL, true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail mail = read_mail(arena_printf(&arena, REPORT "\n%s", cases[i].body));
		const struct mail_bounce *bounce = only_bounce(&mail);
		assert_string_equal(bounce->recipient, cases[i].recipient);
		if (cases[i].status)
			assert_string_equal(bounce->status ? bounce->status : "none", cases[i].status);
		assert_int_equal(bounce->permanent, cases[i].permanent);
	}
}

static void failed_recipients_of_a_header(void **state)
{
	struct mail mail = read_mail("From: MAILER-DAEMON@example.com\nX-Failed-Recipients: ann@example.net\nSubject: x\n\nann@example.net\n  550 5.2.2 full\n");
	assert_string_equal(only_bounce(&mail)->status, "5.2.2");
}

static void codes_are_no_addresses_or_versions(void **state)
{
	assert_string_equal(mail_status_find(&arena, SPAN("host 5.1.1.2 said: 550 5.2.1 no")), "5.2.1");
	assert_string_equal(mail_status_find(&arena, SPAN("(#5.1.1)")), "5.1.1");
	assert_null(mail_status_find(&arena, SPAN("sendmail 8.12.11, 5.10")));
	assert_int_equal(mail_reply_code_find(SPAN("said: 550-5.1.1")), 550);
	assert_int_equal(mail_reply_code_find(SPAN("port 5500, id 550A, 4500")), 0);
}

static void persons_are_not_bounces(void **state)
{
	static const char *const mails[] = {
		"From: ann@example.net\nSubject: my mail could not be delivered\n\nHello, I got this:\nUndelivered Mail\nPlease help. My address is ann@example.net\n",
		"From: ann@example.net\nSubject: delivery problem\n\nMy parcel was not delivered. Where is it?\n",
		"From: ann@example.net\nSubject: Re: order\nIn-Reply-To: <a@b>\n\nIt failed again with error 550.\n",
		"From: ann@example.net\nSubject: Mail delivery failed: what is this?\n\nHelp:\n\n> A message that you sent could not be delivered.\n>   bob@example.com\n> Received: x\n",
		"From: ann@example.net\nSubject: Rejected: invoice\n\nWe cannot accept this invoice.\n",
	};
	for (size_t i = 0; i < COUNT_OF(mails); i++) {
		struct mail mail = read_mail(mails[i]);
		if (mail.kind != MAIL_REQUEST && mail.kind != MAIL_REPLY)
			fail_msg("%s", mails[i]);
		assert_true(mail.auto_answer_allowed);
	}
}

static void complaints_are_told(void **state)
{
	struct mail mail = read_mail("From: fbl@example.com\nSubject: FW: x\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nabuse\n--b\nContent-Type: message/feedback-report\n\n"
	                             "Feedback-Type: abuse\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n--b--\n");
	assert_int_equal(mail.kind, MAIL_FEEDBACK_REPORT);
	assert_false(mail.auto_answer_allowed);
}

static void automatic_answers(void **state)
{
	static const struct { const char *head; bool office; } cases[] = {
		{ "Auto-Submitted: auto-replied (vacation)\nSubject: Re: x\n", true },
		{ "X-Autoreply: yes\nSubject: thanks\n", false }, { "Precedence: auto_reply\nSubject: x\n", false },
		{ "Subject: Out of Office: Re: x\n", true }, { "Subject: Automatic reply: x\n", true },
		{ "Subject: Automatische Antwort: x\n", true }, { "Subject: Abwesenheitsnotiz: x\n", true },
		{ "Subject: =?utf-8?Q?R=C3=A9ponse_automatique_=3A_x?=\n", true },
		{ "Subject: Risposta automatica: x\n", true }, { "Subject: Respuesta automática: x\n", true },
		{ "Subject: Autosvar: x\n", true }, { "Subject: Автоответ: x\n", true }, { "Subject: 自动回复: x\n", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "From: ann@example.net\nIn-Reply-To: <a@b>\n%s\nI am away.\n", cases[i].head));
		if (mail.kind != MAIL_AUTO_REPLY)
			fail_msg("%s", cases[i].head);
		assert_false(mail.auto_answer_allowed);
		if (cases[i].office)
			assert_true(mail.out_of_office);
	}
	static const char *const persons[] = {
		"Subject: automated tests fail\n", "Subject: Urlaub im Oktober\n", "Subject: office chair\n",
		"Subject: away game tickets\n", "Auto-Submitted: no\nSubject: x\n", "Subject: Holiday booking\n",
	};
	for (size_t i = 0; i < COUNT_OF(persons); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "From: ann@example.net\n%s\nHello\n", persons[i]));
		if (mail.kind != MAIL_REQUEST || !mail.auto_answer_allowed)
			fail_msg("%s", persons[i]);
	}
}

/* kind is the one of a mail without a ticket of ours; why is part of kind_why. */
struct machine_case { const char *text; enum mail_kind kind; enum mail_machine machine; const char *why; };

static void judge_all(const struct machine_case *cases, size_t count, const char *envelope_from)
{
	for (size_t i = 0; i < count; i++) {
		struct mail_options options = { .envelope_from = envelope_from };
		struct mail_source source = source_of(cases[i].text, strlen(cases[i].text));
		struct mail mail;
		mail_parse(&arena, &source, &options, &mail);
		if (mail.kind != cases[i].kind || mail.machine != cases[i].machine || !strstr(mail.kind_why, cases[i].why) || (!*cases[i].why && *mail.kind_why))
			fail_msg("%s\nis %s, machine %d, by \"%s\"", cases[i].text, mail_kind_name(mail.kind), (int)mail.machine, mail.kind_why);
	}
}

#define REFERS "From: ann@example.net\nIn-Reply-To: <1.a@desk.example>\n"

static void machines_are_known_by_one_sign(void **state)
{
	static const struct machine_case cases[] = {
		{ REFERS "Subject: Re: order\nAuto-Submitted: auto-replied\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "Auto-Submitted: auto-replied" },
		{ "From: a@b.example\nSubject: x\nX-Auto-Response: yes\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "X-Auto-Response" },
		{ "From: a@b.example\nSubject: x\nX-Autogenerated: Reply\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "X-Autogenerated" },
		{ "From: a@b.example\nSubject: x\nX-POST-MessageClass: 9; Autoresponder\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "X-POST-MessageClass" },
		{ "Delivered-To: Autoresponder\nFrom: a@b.example\nSubject: x\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "Delivered-To" },
		{ "From: a@b.example\nSubject: x\nX-Precedence: auto_reply\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "X-Precedence" },
		{ REFERS "Subject: Re: order\nAuto-Submitted: auto-generated\n\nx\n", MAIL_AUTO_REPLY, MACHINE_MARKED, "auto-generated" },
		{ REFERS "Subject: Re: order\nPrecedence: bulk\n\nx\n", MAIL_AUTO_REPLY, MACHINE_MARKED, "Precedence: bulk" },
		{ REFERS "Subject: Re: order\nPrecedence: junk\n\nx\n", MAIL_AUTO_REPLY, MACHINE_MARKED, "Precedence: junk" },
		{ REFERS "Subject: Re: order\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\n\nx\n", MAIL_AUTO_REPLY, MACHINE_MARKED, "X-Auto-Response-Suppress" },
		{ REFERS "Return-Path: <>\nSubject: Re: order\n\nx\n", MAIL_AUTO_REPLY, MACHINE_MARKED, "null envelope sender" },
		{ REFERS "Return-Path: <>\nSubject: \xEC\x9E\x90\xEB\x8F\x99: order\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "null envelope sender" },
		{ "From: nas@b.example\nSubject: Backup failed\nAuto-Submitted: auto-generated\n\nx\n", MAIL_REQUEST, MACHINE_MARKED, "auto-generated" },
		{ "From: fax@b.example\nReturn-Path: <>\nSubject: Fax from 0171 555\n\nx\n", MAIL_REQUEST, MACHINE_MARKED, "null envelope sender" },
	};
	judge_all(cases, COUNT_OF(cases), NULL);
}

static void notices_are_known_by_their_whole_form(void **state)
{
	static const struct machine_case cases[] = {
		{ REFERS "Subject: Automatic reply: order\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
		{ REFERS "Subject: [EXTERN] Automatic reply: order [#1]\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
		{ REFERS "Subject: =?utf-8?Q?Automatick=C3=A1_odpov=C4=9B=C4=8F:_order?=\n\nx\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
		{ REFERS "Subject: AUTO: Bob Rossi is out of the office (returning 06/03/2026)\n\nI am out of the office until 06/03/2026.\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
		{ "From: a@b.example\nSubject: Out of Office: Re: order\n\nI am away.\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
		{ REFERS "Subject: away from my mail\nPrecedence: bulk\n\nI am away.\n", MAIL_AUTO_REPLY, MACHINE_ANSWER, "form" },
	};
	judge_all(cases, COUNT_OF(cases), NULL);
}

static void persons_who_write_about_machines_are_persons(void **state)
{
	static const struct machine_case cases[] = {
		{ "From: a@b.example\nSubject: Out of office assistant does not work\n\nI am away next week and it does not start.\n", MAIL_REQUEST, MACHINE_NONE, "" },
		{ REFERS "Subject: Out of office assistant does not work [#1]\n\nIt still sends nothing while I am away.\n", MAIL_REPLY, MACHINE_NONE, "" },
		{ REFERS "Subject: Re: Automatic reply: order\n\nYou wrote that you are away.\n", MAIL_REPLY, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: How do I set an automatic reply\n\nFor next week, when I am on vacation.\n", MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Automatic reply: how do I set one?\n\nHow do I say that I am out of the office?\n", MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Abwesenheitsnotiz: geht nicht\n\nIch bin im Urlaub und es geht keine Notiz hinaus.\n", MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Vacation\n\nI am on vacation until Monday, please wait with my ticket.\n", MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Re: order\nPrecedence: list\n\nx\n", MAIL_REPLY, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Re: order\nPrecedence: bulk\nList-Id: <l.b.example>\n\nx\n", MAIL_REPLY, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Re: order\nX-Auto-Response-Suppress: OOF\n\nx\n", MAIL_REPLY, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: x\nX-Autogenerated: Forward\nX-No-Autoreply: yes\n\nx\n", MAIL_REQUEST, MACHINE_NONE, "" },
	};
	judge_all(cases, COUNT_OF(cases), "ann@example.net");
}

#define REPORTED "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\n" \
	"Original-Message-ID: <7.x@desk.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
#define INVITES(method) "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nyes\n--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:" method "\nEND:VCALENDAR\n--b--\n"

static void receipts_and_calendar_answers_are_no_persons_words(void **state)
{
	static const struct machine_case cases[] = {
		{ "From: a@b.example\nSubject: Gelesen: order\n" REPORTED, MAIL_AUTO_REPLY, MACHINE_RECEIPT, "read receipt" },
		{ "From: a@b.example\nSubject: Accepted: meeting\n" INVITES("REPLY"), MAIL_AUTO_REPLY, MACHINE_CALENDAR, "invitation" },
		{ "From: a@b.example\nSubject: Proposed: meeting\n" INVITES("COUNTER"), MAIL_AUTO_REPLY, MACHINE_CALENDAR, "invitation" },
		{ "From: a@b.example\nSubject: meeting\n" INVITES("REQUEST"), MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: meeting\n" INVITES("CANCEL"), MAIL_REQUEST, MACHINE_NONE, "" },
		{ "From: a@b.example\nSubject: Fwd: Accepted: meeting\n" INVITES("REPLY"), MAIL_REQUEST, MACHINE_NONE, "" },
	};
	judge_all(cases, COUNT_OF(cases), "a@b.example");
	struct mail mail = read_mail(cases[0].text);
	assert_int_equal(mail.in_reply_to.count, 1);
	assert_string_equal(mail.in_reply_to.at[0], "<7.x@desk.example>");
}

static void what_must_not_be_answered(void **state)
{
	static const char *const heads[] = {
		"Precedence: bulk\n", "Precedence: junk\n", "Precedence: list\n", "List-Id: <x.example.org>\n",
		"List-Unsubscribe: <mailto:x@example.org>\n", "Auto-Submitted: auto-generated\n", "Return-Path: <>\n",
	                                     "X-Auto-Response-Suppress: All\n", "X-Sportello-Desk: d\n", "X-Loop: x\n" };
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "From: ann@example.net\nSubject: x\n%s\nHello\n", heads[i]));
		assert_false(mail.auto_answer_allowed);
		assert_true(*mail.auto_answer_why);
	}
	static const char *const senders[] = {
		"mailer-daemon@example.net", "no-reply@example.net", "noreply+x@example.net", "owner-list@example.net",
		"list-request@example.net", "bounces-x@example.net",
	};
	for (size_t i = 0; i < COUNT_OF(senders); i++)
		assert_false(read_mail(arena_printf(&arena, "From: %s\nSubject: x\n\nHello\n", senders[i])).auto_answer_allowed);
	struct mail_source source = source_of("From: a@example.net\n\nx\n", 23);
	struct mail_options options = { .envelope_from = "" };
	struct mail mail;
	mail_parse(&arena, &source, &options, &mail);
	assert_false(mail.auto_answer_allowed);
	options = (struct mail_options){ .envelope_from = "s@example.org", .recipient = "s@example.org" };
	mail_parse(&arena, &source, &options, &mail);
	assert_false(mail.auto_answer_allowed);
}

/* A list, a filter or an address says less than a machine's own mark: what agents send through one is still theirs. */
static void signs_are_told_apart(void **state)
{
	static const struct { const char *head; enum mail_auto_sign sign; } cases[] = {
		{ "From: ann@example.net\n", AUTO_SIGN_NONE },
		{ "From: ann@example.net\nAuto-Submitted: auto-generated\n", AUTO_SIGN_MACHINE },
		{ "From: ann@example.net\nPrecedence: bulk\n", AUTO_SIGN_MACHINE },
		{ "From: ann@example.net\nX-Loop: x\nX-Spam-Flag: YES\n", AUTO_SIGN_MACHINE },
		{ "From: ann@example.net\nList-Id: <x.example.org>\n", AUTO_SIGN_PASSED_ON },
		{ "From: ann@example.net\nX-Spam-Flag: YES\n", AUTO_SIGN_PASSED_ON },
		{ "From: ann@example.net\nFeedback-ID: a:b\n", AUTO_SIGN_PASSED_ON },
		{ "From: no-reply@example.net\n", AUTO_SIGN_ADDRESS },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "%sSubject: x\n\nHello\n", cases[i].head));
		if (mail.auto_answer_sign != cases[i].sign || mail.auto_answer_allowed != (cases[i].sign == AUTO_SIGN_NONE))
			fail_msg("%sis of sign %d", cases[i].head, (int)mail.auto_answer_sign);
	}
	struct mail_options options = { .envelope_from = "s@example.org", .recipient = "s@example.org" };
	struct mail_source source = source_of("From: a@example.net\n\nx\n", 23);
	struct mail mail;
	mail_parse(&arena, &source, &options, &mail);
	assert_int_equal(mail.auto_answer_sign, AUTO_SIGN_ADDRESS);
	options.envelope_from = "";
	mail_parse(&arena, &source, &options, &mail);
	assert_int_equal(mail.auto_answer_sign, AUTO_SIGN_MACHINE);
}

static void subjects_of_answers_and_forwards(void **state)
{
	static const char *const answers[] = {
		"Re: x", "RE: x", "Aw: x", "AW: x", "Antw: x", "SV: x", "Sv: x", "R: x", "RIF: x", "Re[2]: x", "Re(3): x",
		"RE^2: x", "Odp: x", "回复：x", "答复: x", "[#12] Re: x", "Re : x",
	};
	static const char *const forwards[] = {
		"Fwd: x", "FW: x", "WG: x", "Tr: x", "I: x", "RV: x", "Enc: x", "VB: x", "VS: VL: x", "Re: Fwd: x", "转发: x",
		"[list] Fwd: x",
	};
	static const char *const others[] = { "x", "Reply: x", "Rest: x", "re x", "", ":", "Revision: 2", "Install: x" };
	size_t prefix;
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		assert_true(mail_subject_is_reply(answers[i], &prefix) && !mail_subject_is_forward(answers[i]));
	for (size_t i = 0; i < COUNT_OF(forwards); i++)
		assert_true(mail_subject_is_forward(forwards[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_true(!mail_subject_is_reply(others[i], &prefix) && !mail_subject_is_forward(others[i]));
	assert_int_equal(read_mail("From: a@b.example\nSubject: AW: x\n\ny\n").kind, MAIL_REPLY);
}

static void forwarded_mail_has_its_sender(void **state)
{
	static const char *const bodies[] = {
		"Please take over.\n\n---------- Forwarded message ---------\nFrom: Carl Customer <carl@example.com>\nDate: Mon, 3 Mar 2014 at 10:00\nSubject: broken\nTo: <ann@example.net>\n\n\nIt is broken.\n",
		"Please take over.\n\nBegin forwarded message:\n\n> From: Carl Customer <carl@example.com>\n> Subject: broken\n> Date: 3 March 2014\n> To: ann@example.net\n> \n> It is broken.\n",
		"Please take over.\n\n-------- Weitergeleitete Nachricht --------\nBetreff: broken\nDatum: Mon, 3 Mar 2014\nVon: Carl Customer <carl@example.com>\nAn: ann@example.net\n\nIt is broken.\n",
		"Please take over.\n\nDa: Carl Customer [mailto:carl@example.com]\nInviato: lunedì 3 marzo 2014 10:00\nA: ann@example.net\nOggetto: broken\n\nIt is broken.\n",
		"Please take over.\n\n-----Original Message-----\nFrom: Carl Customer (carl@example.com)\nSent: Monday\nTo: ann@example.net\nSubject: broken\n\nIt is broken.\n",
	};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "From: ann@example.net\nSubject: Fwd: broken\nContent-Type: text/plain; charset=utf-8\n\n%s", bodies[i]));
		assert_true(mail.forward.is_forward);
		assert_string_equal(mail.forward.from.address, "carl@example.com");
		assert_string_equal(mail.forward.from.name, "Carl Customer");
		assert_string_equal(mail.forward.subject, "broken");
		assert_string_equal(mail.forward.text, "It is broken.");
		assert_string_equal(mail.forward.comment, "Please take over.");
	}
	assert_false(read_text("Yes.\n\nFrom: Bob <bob@example.org>\nSent: Monday 3\nTo: Ann\nSubject: it\n\nold\n").forward.is_forward);
}

static void only_the_trusted_server_is_believed(void **state)
{
	struct mail mail = read_mail("Authentication-Results: mx.example.org; dkim=pass header.d=x (a; b); spf=fail smtp.mailfrom=x;\n dmarc=none\n"
	                             "Authentication-Results: evil.example; dmarc=pass\nAuthentication-Results: mx.example.org; spf=pass\nFrom: a@example.net\n\nx\n");
	assert_string_equal(mail.authentication.dkim, "pass");
	assert_string_equal(mail.authentication.spf, "fail");
	assert_string_equal(mail.authentication.dmarc, "none");
	mail = read_mail("Authentication-Results: evil.example; dmarc=pass\nFrom: a@example.net\n\nx\n");
	assert_null(mail.authentication.dmarc);
	struct mail_source source = source_of("Authentication-Results: ; dmarc=pass\nFrom: a@example.net\n\nx\n", 60);
	mail_parse(&arena, &source, NULL, &mail);
	assert_null(mail.authentication.dmarc);
}

/* What a stranger can put into the field that our own server writes: his envelope sender, his own domain's pass. */
static void what_the_trusted_server_repeats_is_not_believed(void **state)
{
	static const struct { const char *results, *dmarc; } cases[] = {
		{ "spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=example.net; b\"@evil.example; dmarc=fail header.from=example.net", "fail" },
		{ "spf=pass smtp.mailfrom=\"a;dmarc=pass \"@evil.example", NULL },
		{ "spf=pass smtp.mailfrom=\"\\\";dmarc=pass;\"@evil.example", NULL },
		{ "spf=pass smtp.mailfrom=\"(\"@evil.example; dmarc=fail header.from=example.net", "fail" },
		{ "spf=pass (domain of \"a\\);dmarc=pass;(\"@evil.example is good) smtp.mailfrom=x", "permerror" },
		{ "spf=pass (domain of \"a);dmarc=pass header.from=example.net;(\"@evil.example is good); dmarc=fail header.from=example.net", "fail" },
		{ "dmarc=pass header.from=evil.example", "fail" },
		{ "dmarc=pass (p=none) header.from=\"evil.example\"", "fail" },
		{ "dmarc=pass header.from = Example.NET", "pass" },
		{ "dmarc=pass header.from=a@example.net", "pass" },
		{ "dmarc=pass", "pass" },
		{ "dmarc=fail header.from=evil.example", "fail" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mail mail = read_mail(arena_printf(&arena, "Authentication-Results: mx.example.org; %s\nFrom: Ann <a@example.net>\n\nx\n",
		                                          cases[i].results));
		if (cases[i].dmarc)
			assert_string_equal(mail.authentication.dmarc, cases[i].dmarc);
		else
			assert_null(mail.authentication.dmarc);
	}
	struct mail mail = read_mail("Authentication-Results: mx.example.org; dmarc=pass\nAuthentication-Results: mx.example.org; dmarc=fail\nFrom: a@example.net\n\nx\n");
	assert_string_equal(mail.authentication.dmarc, "fail");
}

static const char *doubt_of(const char *results, const char *from)
{
	return read_mail(arena_printf(&arena, "Authentication-Results: mx.example.org; %s\n%s\n\nx\n", results, from)).authentication.doubt;
}

/* None of these is "nothing was said": a server that could not decide must not open the door. */
static void what_cannot_be_decided_proves_nothing_and_says_why(void **state)
{
	static const struct { const char *results, *from, *doubt; } cases[] = {
		{ "dmarc=pass header.from=example.net", "From: a@example.net", NULL },
		{ "dmarc=pass header.from=example.net.", "From: Ann <a@Example.NET>", NULL },
		{ "dmarc=pass header.from=\"example.net\"", "From: \"Ann (x) <y>\" <a@example.net>", NULL },
		{ "dmarc=pass header.from=xn--mnchen-3ya.example", "From: a@m\xc3\xbcnchen.example", NULL },
		{ "dmarc=pass header.from=m\xc3\xbcnchen.example", "From: a@xn--mnchen-3ya.example", NULL },
		{ "dmarc=pass (p=none dis=none) header.from=example.net; spf=pass (sender is \"x;y\") smtp.mailfrom=\"a b\"@x.example", "From: a@example.net", NULL },
		{ "dmarc=pass header.from=evil.example", "From: a@m\xc3\xbcnchen.example", "another domain" },
		{ "dmarc=pass header.from=sub.example.net", "From: a@example.net", "another domain" },
		{ "dmarc=pass policy.x=header.from=example.net header.from=evil.example", "From: a@example.net", "another domain" },
		{ "dmarc=pass (header.from=example.net) header.from=evil.example", "From: a@example.net", "another domain" },
		{ "spf=none smtp.helo=(evil; dmarc=fail header.from=example.net", "From: a@example.net", "cannot be read" },
		{ "spf=none smtp.mailfrom=a\"b@evil.example; dmarc=fail header.from=example.net", "From: a@example.net", "cannot be read" },
		{ "spf=none smtp.helo=(x; dmarc=fail header.from=example.net; dkim=none header.i=y)", "From: a@example.net", "cannot be read" },
		{ "dmarc=pass header.from=example.net; dmarc=none", "From: a@example.net", "contradict" },
		{ "dmarc=pass header.from=example.net", "From: a@example.net\nFrom: b@evil.example", "several From" },
		{ "dmarc=pass header.from=example.net", "From: a@example.net, b@evil.example", "several addresses" },
		{ "dmarc=pass header.from=evil.example", "From: <m allory@evil.example>\nSender: a@example.net", "usable" },
		{ "dmarc=permerror", "From: Anna <anna>\nSender: a@example.net", "usable" },
		{ "dmarc=none", "From: a@example.net <x>", "plainly" },
		{ "dmarc=pass header.from=example.net", "From: <a@example.net> <b@evil.example>", "plainly" },
		{ "dmarc=pass header.from=example.net", "From: a@example.net b@evil.example", "" },
		{ "spf=pass", "Sender: a@example.net", "no From" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *doubt = doubt_of(cases[i].results, cases[i].from);
		if (!cases[i].doubt ? doubt != NULL : !doubt || !strstr(doubt, cases[i].doubt))
			fail_msg("%s | %s: %s", cases[i].results, cases[i].from, doubt ? doubt : "no doubt");
	}
}

static void what_stands_beside_dmarc_is_aligned_with_from(void **state)
{
	static const struct { const char *results, *aligned; } cases[] = {
		{ "dmarc=none; dkim=pass header.d=example.net", "DKIM" }, { "dmarc=none; dkim=pass header.i=@mail.example.net", "DKIM" },
		{ "dmarc=none; spf=pass smtp.mailfrom=b@example.net", "SPF" }, { "dmarc=none; auth=pass smtp.auth=a", "logged in" },
		{ "auth=pass smtp.auth=a@example.net", "logged in" }, { "dmarc=none; auth=pass smtp.auth=mallory", NULL },
		{ "dmarc=none; dkim=pass header.d=evil.example", NULL }, { "dmarc=none; dkim=pass header.d=notexample.net", NULL },
		{ "dmarc=none; spf=pass smtp.mailfrom=\"x@example.net\"@evil.example", NULL }, { "dmarc=none; dkim=fail header.d=example.net", NULL },
		{ "dmarc=none; dkim=pass header.d=net", NULL }, { "dmarc=none; spf=pass smtp.helo=example.net", NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *aligned = read_mail(arena_printf(&arena, "Authentication-Results: mx.example.org; %s\nFrom: a@example.net\n\nx\n",
		                                             cases[i].results)).authentication.aligned;
		if (!cases[i].aligned ? aligned != NULL : !aligned || !strstr(aligned, cases[i].aligned))
			fail_msg("%s: %s", cases[i].results, aligned ? aligned : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reports_in_fields), TEST(fields_in_odd_places), TEST(reports_in_words), TEST(failed_recipients_of_a_header), TEST(codes_are_no_addresses_or_versions),
		TEST(persons_are_not_bounces), TEST(complaints_are_told), TEST(automatic_answers), TEST(machines_are_known_by_one_sign),
		TEST(notices_are_known_by_their_whole_form), TEST(persons_who_write_about_machines_are_persons), TEST(receipts_and_calendar_answers_are_no_persons_words),
		TEST(what_must_not_be_answered), TEST(signs_are_told_apart), TEST(subjects_of_answers_and_forwards),
		TEST(forwarded_mail_has_its_sender), TEST(only_the_trusted_server_is_believed), TEST(what_the_trusted_server_repeats_is_not_believed),
		TEST(what_cannot_be_decided_proves_nothing_and_says_why), TEST(what_stands_beside_dmarc_is_aligned_with_from),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
