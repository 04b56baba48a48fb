/*
 * test_mail_pack.c - a parsed mail as bytes and back is the same mail; bytes that are not whole are known.
 */
#include "test_mail.h"

static const char full[] =
	"From: Ann Lee <ann@example.net>, bob@example.net\nSender: carl@example.net\nReply-To: Ann <ann@home.example>\nTo: support@example.org\n"
	"Cc: =?utf-8?q?D=C3=B3ra?= <dora@example.net>\nSubject: Re: Fwd: [#1] =?utf-8?q?F=C3=A4cher?=\nMessage-ID: <a@example.net>\n"
	"In-Reply-To: <b@example.org>\nReferences: <c@example.org> <b@example.org>\nDate: Sat, 28 Nov 2026 10:00:00 +0100\nReceived: by x\n"
	"Delivered-To: Support@Example.org\nList-Id: <l.example.net>\nX-Sportello-Desk: other\nMIME-Version: 1.0\n"
	"Authentication-Results: mx.example.org; dkim=pass header.d=example.net; dmarc=fail header.from=example.net\n"
	"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nNew words of mine.\n\n"
	"---------- Forwarded message ---------\nFrom: Eve <eve@example.com>\nDate: today\nSubject: what\nTo: ann\n\nThe old words.\n-- \nAnn\n"
	"--b\nContent-Type: image/png; name=\"a b.png\"\nContent-ID: <p1>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"
	"--b\nContent-Disposition: attachment\n\nnameless\n--b--\n";

static const char bounce[] =
	"From: MAILER-DAEMON@example.com\nSubject: failure\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
	"--b\n\nno\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; c3@example.com\nAction: failed\n"
	"Status: 5.1.1\nDiagnostic-Code: smtp; 550 gone\n\n--b--\n";

static struct mail there_and_back(const struct mail *mail)
{
	CLEANUP_BUFFER struct buffer bytes;
	struct mail back;
	buffer_init(&bytes);
	mail_pack(mail, &bytes);
	assert_true(mail_unpack(&arena, bytes.at, bytes.length, &back));
	back.text = mail->text;
	back.reply_text = mail->reply_text;
	return back;
}

static const char *json_of(const struct mail *mail)
{
	CLEANUP_BUFFER struct buffer out;
	struct json json;
	buffer_init(&out);
	json_init(&json, &out);
	json_object(&json, NULL);
	mail_json(&json, mail);
	json_object_end(&json);
	return arena_string(&arena, buffer_string(&out));
}

static void same(const char *raw)
{
	struct mail mail = read_mail(raw), back = there_and_back(&mail);
	assert_string_equal(json_of(&back), json_of(&mail));
	assert_memory_equal(back.body_digest, mail.body_digest, sizeof mail.body_digest);
	assert_int_equal(back.hops, mail.hops);
	assert_int_equal(back.list_mail, mail.list_mail);
	assert_int_equal(back.date_zone, mail.date_zone);
	assert_string_equal(back.sender.address, mail.sender.address);
	assert_int_equal(back.from_all.count, mail.from_all.count);
	assert_int_equal(back.delivered_to.count, mail.delivered_to.count);
	assert_int_equal(back.machine, mail.machine);
	assert_int_equal(back.forwards, mail.forwards);
	assert_string_equal(back.kind_why ? back.kind_why : "", mail.kind_why ? mail.kind_why : "");
	assert_string_equal(back.our_marks, mail.our_marks);
	assert_int_equal(back.forward.is_forward, mail.forward.is_forward);
	assert_string_equal(back.forward.text, mail.forward.text);
	for (size_t i = 0; i < mail.attachments.count; i++)
		assert_string_equal(back.attachments.at[i].content_id, mail.attachments.at[i].content_id);
}

static void a_packed_mail_is_the_same_mail(void **state)
{
	same(full);
	same(bounce);
	same("");
	same("no header\n\nat all \xff\n");
}

static void what_is_not_whole_is_known(void **state)
{
	CLEANUP_BUFFER struct buffer bytes;
	struct mail mail = read_mail(full), back;
	buffer_init(&bytes);
	mail_pack(&mail, &bytes);
	for (size_t length = 0; length < bytes.length; length++)
		assert_false(mail_unpack(&arena, bytes.at, length, &back));
	buffer_add_char(&bytes, 'x');
	assert_false(mail_unpack(&arena, bytes.at, bytes.length, &back));
	/* A damaged one may be taken or not; it may not reach beyond its bytes, nor ask for more memory than they are worth. */
	for (size_t i = 0; i < bytes.length - 1; i++) {
		char was = bytes.at[i];
		CLEANUP_ARENA struct arena own = { 0 };
		bytes.at[i] = (char)~was;
		mail_unpack(&own, bytes.at, bytes.length - 1, &back);
		assert_true(own.total < 100 * bytes.length);
		bytes.at[i] = was;
	}
}

/* If this fails, a field is new: add it to src/mail/mail_pack.c and above, then its size here. (Where pointers have eight bytes.) */
static void every_field_is_packed(void **state)
{
	if (sizeof(void *) != 8)
		return;
	assert_int_equal(sizeof(struct mail), 464);
	assert_int_equal(sizeof(struct mail_attachment), 112);
	assert_int_equal(sizeof(struct mail_bounce), 48);
	assert_int_equal(sizeof(struct mail_forward), 48);
	assert_int_equal(sizeof(struct mail_authentication), 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(a_packed_mail_is_the_same_mail), TEST(what_is_not_whole_is_known), TEST(every_field_is_packed) };
	return cmocka_run_group_tests(tests, start, NULL);
}
