/*
 * test_mail_parts.c - the tree of parts, what is shown of it, what is an attachment, and that no nesting hurts.
 *
 * Attachments are always read on both ways: in the list, with size and digest, and as bytes.
 */
#include "test_mail.h"

#include <fcntl.h>
#include <unistd.h>

#define HEAD "From: ann@example.net\nTo: support@example.org\nSubject: x\nMIME-Version: 1.0\n"

static void a_bare_line_feed_before_a_boundary_costs_no_byte(void **state)
{
	struct mail mail = read_mail("From: a@example.net\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	                             "Content-Type: application/x; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQh\n--b--\r\n");
	assert_int_equal(mail.attachments.count, 1);
	assert_int_equal(mail.attachments.at[0].size, 12);
}

static void the_line_end_before_a_last_delimiter_without_one_is_not_content(void **state)
{
	struct mail mail = read_mail("From: a@example.net\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/x; name=x\r\n\r\nfour\r\n--b--");
	assert_int_equal(mail.attachments.count, 1);
	assert_int_equal(mail.attachments.at[0].size, 4);
}

static void alternatives_show_the_plain_text(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\n"
	                             "Content-Type: text/html\n\n<p>page</p>\n--b--\n");
	assert_string_equal(mail.text, "plain");
	assert_int_equal(mail.attachments.count, 0);
	mail = read_mail(HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\n"
	                 "Content-Type: text/html\n\n<p>page</p>\n--b--\n");
	assert_string_equal(mail.text, "page");
	mail = read_mail(HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nYour mail program cannot display HTML.\n--b\n"
	                 "Content-Type: text/html\n\n<p>page</p>\n--b--\n");
	assert_string_equal(mail.text, "page");
}

static void mixed_shows_every_text(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: multipart/mixed; boundary=\"b b\"\n\npreamble\n--b b\n\none\n--b b\nContent-Type: text/plain\n\ntwo\n"
	                             "--b b\nContent-Type: text/plain; name=three.txt\n\nthree\n--b b--\nepilogue\n");
	assert_string_equal(mail.text, "one\ntwo");
	assert_int_equal(mail.attachments.count, 1);
	assert_string_equal(mail.attachments.at[0].filename, "three.txt");
	assert_int_equal(mail.attachments.at[0].size, 5);
}

static void related_images_are_inline(void **state)
{
	const char *raw = HEAD "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>see <img src=\"cid:p1\"></p>\n--b\n"
	                  "Content-Type: image/png; name=a.png\nContent-ID: <p1>\nContent-Transfer-Encoding: base64\n\nAAEC\n--b--\n";
	struct mail mail = read_mail(raw);
	assert_string_equal(mail.text, "see [image: a.png]");
	assert_true(mail.attachments.at[0].inline_);
	assert_string_equal(mail.attachments.at[0].content_id, "p1");
	size_t length;
	const char *bytes = attachment_bytes(raw, strlen(raw), 1, &length);
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "\0\1\2", 3);
	assert_string_equal(mail.attachments.at[0].sha256, "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc");
}

static void a_nested_message_is_one_attachment(void **state)
{
	const char *inner = "From: Bob <bob@example.com>\nTo: ann@example.net\nSubject: the order\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ninner\n--i--\n";
	const char *raw = arena_printf(&arena, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n%s\n--b--\n", inner);
	struct mail mail = read_mail(raw);
	assert_string_equal(mail.text, "see below");
	assert_int_equal(mail.attachments.count, 1);
	assert_string_equal(mail.attachments.at[0].filename, "the order.eml");
	assert_false(mail.attachments.at[0].named);
	size_t length;
	assert_string_equal(attachment_bytes(raw, strlen(raw), 1, &length), inner);
	assert_true(mail.forward.is_forward);
	assert_string_equal(mail.forward.from.address, "bob@example.com");
	assert_string_equal(mail.forward.text, "inner");
	assert_string_equal(mail.forward.comment, "see below");
}

static void digests_hold_messages(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\n\nSubject: two\n\n2\n--b--\n");
	assert_int_equal(mail.attachments.count, 2);
	assert_string_equal(mail.attachments.at[1].filename, "two.eml");
}

static void encodings_are_undone(void **state)
{
	assert_string_equal(read_mail(HEAD "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\nGr=C3=BC=\n=C3=9Fe =3D\n").text, "Grüße =");
	assert_string_equal(read_mail(HEAD "Content-Transfer-Encoding: BASE64\nContent-Type: text/plain; charset=utf-8\n\nR3LD\nvMOfZQ==\n").text, "Grüße");
	assert_string_equal(read_mail(HEAD "Content-Transfer-Encoding: 9bit\n\nx\n").text, "x");
}

static void uuencoded_files_leave_the_text(void **state)
{
	const char *raw = HEAD "\nhere it is\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";
	struct mail mail = read_mail(raw);
	assert_string_equal(mail.text, "here it is\nbye");
	assert_string_equal(mail.attachments.at[0].filename, "cat.txt");
	size_t length;
	assert_string_equal(attachment_bytes(raw, strlen(raw), 1, &length), "Cat");
	mail = read_mail(HEAD "\nbegin 644 of the day\nwe went home\nend\n");
	assert_int_equal(mail.attachments.count, 0);
	assert_string_equal(mail.text, "begin 644 of the day\nwe went home\nend");
}

static void flowed_lines_are_joined(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: text/plain; format=flowed\n\nthis is \none line\n> quoted \n> on\n from\n-- \nAnn\n");
	assert_string_equal(mail.text, "this is one line\n> quoted on\nfrom\n-- \nAnn");
	mail = read_mail(HEAD "Content-Type: text/plain; format=flowed; delsp=yes\n\nzusam \nmen\n");
	assert_string_equal(mail.text, "zusammen");
}

static void broken_multiparts_are_read(void **state)
{
	/* no boundary said, no closing delimiter, no header in a part, a parameter that lost its fold */
	assert_string_equal(read_mail(HEAD "Content-Type: multipart/mixed\n\n--zz\nContent-Type: text/plain\n\nhello\n--zz--\n").text, "hello");
	assert_string_equal(read_mail(HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n").text, "hello");
	assert_string_equal(read_mail(HEAD "Content-Type: multipart/mixed;\nboundary=b\n\n--b\n\nhello\n--b--\n").text, "hello");
	struct mail mail = read_mail(HEAD "Content-Type: multipart/mixed; boundary=b\n\nno part at all\n");
	assert_string_equal(mail.text, "no part at all");
	assert_true(said(&mail, "without any part"));
	mail = read_mail(HEAD "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative;\nboundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b--\n--a--\n");
	assert_string_equal(mail.text, "hello");
}

static void encrypted_mail_is_kept(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
	                             "--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--b--\n");
	assert_int_equal(mail.attachments.count, 2);
	assert_string_equal(mail.text, "");
	assert_true(said(&mail, "encrypted"));
}

static void nameless_files_get_a_name(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: image/jpeg\n\nx\n--b\nContent-Type: application/x-foo\n\nx\n--b--\n");
	assert_string_equal(mail.attachments.at[0].filename, "attachment-1.jpg");
	assert_false(mail.attachments.at[0].named);
	assert_string_equal(mail.attachments.at[1].filename, "attachment-2.bin");
}

/* ---- TNEF ---- */
static void tnef_u32(struct buffer *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		buffer_add_char(out, (char)(value >> 8 * i & 255));
}

static void tnef_attribute(struct buffer *out, int level, uint32_t id, const char *bytes, size_t length)
{
	buffer_add_char(out, (char)level);
	tnef_u32(out, id);
	tnef_u32(out, (uint32_t)length);
	buffer_add(out, bytes, length);
	buffer_add(out, "\0\0", 2);
}

static void winmail_is_unpacked(void **state)
{
	struct buffer tnef CLEANUP_BUFFER, raw CLEANUP_BUFFER, properties CLEANUP_BUFFER;
	buffer_init(&tnef), buffer_init(&raw), buffer_init(&properties);
	tnef_u32(&tnef, 0x223E9F78);
	buffer_add(&tnef, "\1\0", 2);
	tnef_attribute(&tnef, 2, 0x00069002, "", 0);
	tnef_attribute(&tnef, 2, 0x00018010, "SHORT~1.TXT", 12);
	tnef_attribute(&tnef, 2, 0x0006800F, "bytes\0in", 8);
	tnef_u32(&properties, 2);
	tnef_u32(&properties, 0x3A000003);                               /* a number first */
	tnef_u32(&properties, 7);
	tnef_u32(&properties, 0x3707001F);
	tnef_u32(&properties, 1);
	tnef_u32(&properties, 18);
	buffer_add(&properties, "l\0\xE4\0n\0g\0.\0t\0x\0t\0\0\0\0\0", 20);
	tnef_attribute(&tnef, 2, 0x00069005, properties.at, properties.length);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\n");
	buffer_add(&raw, tnef.at, tnef.length);
	buffer_add_string(&raw, "\n--b--\n");
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_int_equal(mail.attachments.count, 1);
	assert_string_equal(mail.attachments.at[0].filename, "läng.txt");
	size_t length;
	assert_memory_equal(attachment_bytes(raw.at, raw.length, 1, &length), "bytes\0in", 8);
	assert_int_equal(length, 8);
	/* cut anywhere: never more than kept as it is */
	for (size_t cut = 0; cut < tnef.length; cut++) {
		buffer_reset(&raw);
		buffer_add_string(&raw, HEAD "Content-Type: application/ms-tnef\n\n");
		buffer_add(&raw, tnef.at, cut);
		char *exact = malloc(raw.length);
		memcpy(exact, raw.at, raw.length);
		read_bytes(exact, raw.length);
		free(exact);
	}
}

/* A winmail.dat that holds the text alone is no file: what stands behind it keeps its number, whichever is asked for. */
static void files_behind_a_winmail_without_files_keep_their_number(void **state)
{
	struct buffer tnef CLEANUP_BUFFER, raw CLEANUP_BUFFER;
	buffer_init(&tnef), buffer_init(&raw);
	tnef_u32(&tnef, 0x223E9F78);
	buffer_add(&tnef, "\1\0", 2);
	tnef_attribute(&tnef, 1, 0x0002800C, "The words.", 10);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\n");
	buffer_add(&raw, tnef.at, tnef.length);
	buffer_add_string(&raw, "\n--b\nContent-Type: application/pdf; name=a.pdf\n\npdf\n--b--\n");
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_string_equal(mail.text, "The words.");
	assert_int_equal(mail.attachments.count, 1);
	assert_string_equal(mail.attachments.at[0].filename, "a.pdf");
	size_t length;
	assert_memory_equal(attachment_bytes(raw.at, raw.length, 1, &length), "pdf", 3);
	assert_int_equal(length, 3);
}

/* ---- what is made to hurt ---- */
static void repeated(struct buffer *out, const char *format, int count)
{
	for (int i = 0; i < count; i++)
		buffer_add_string(out, format);
}

static void nested_hostile_headers_do_not_reach_gmime(void **state)
{
	static const char *const types[] = {
		"message/rfc822", "message / rfc822", "message(x)/rfc822", "Message/RFC822", "message/news",
		"message/global",
	};
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct buffer raw CLEANUP_BUFFER;
		buffer_init(&raw);
		buffer_printf(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: %s\n\nTo : ", types[i]);
		repeated(&raw, "g:", 200000);
		buffer_add_string(&raw, "\n\nhello\n--b--\n");
		struct mail mail = read_bytes(raw.at, raw.length);
		assert_true(mail.attachments.count <= 1);
	}
}

static void deep_and_wide_trees_are_bounded(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (int i = 0; i < 20000; i++)
		buffer_printf(&raw, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
	int64_t before = processor_us();
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_true(said(&mail, "nested deeper") || said(&mail, "without any part"));
	buffer_reset(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n");
	repeated(&raw, "--b\nContent-Type: image/png\n\nx\n", 50000);
	mail = read_bytes(raw.at, raw.length);
	assert_int_equal(mail.attachments.count, LIMIT_PARTS);
	assert_true(said(&mail, "more than 1000 parts"));
	buffer_reset(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n");
	repeated(&raw, "X-A: b\n", 500000);
	buffer_add_string(&raw, "\nx\n--b--\n");
	read_bytes(raw.at, raw.length);
	assert_true(processor_us() - before < 8000000);
}

/* Each line with dashes is compared with all boundaries that are open. */
static void dashes_below_deep_boundaries_are_quick(void **state)
{
	static const char *const lines[] = { "--\n", "-- \n", "--x\n", "-----\n" };
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct buffer raw CLEANUP_BUFFER;
		buffer_init(&raw);
		buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b0\n\n");
		for (int n = 0; n < 1000; n++)
			buffer_printf(&raw, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", n, n + 1);
		repeated(&raw, lines[i], 300000);
		int64_t before = processor_us();
		read_bytes(raw.at, raw.length);
		assert_true(processor_us() - before < 4000000);
	}
}

/* Types that lie across two pieces of the stream must be hidden as well: 4096 bytes a piece, every shift. */
static void nested_messages_are_hidden_at_every_offset(void **state)
{
	for (int shift = 0; shift < 120; shift++) {
		struct buffer raw CLEANUP_BUFFER;
		buffer_init(&raw);
		buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
		for (int n = 0; n < 3900 + shift; n++)
			buffer_add_char(&raw, n % 70 == 69 ? '\n' : 'x');
		buffer_add_string(&raw, "\n--b\nContent-Type: message/rfc822\n\nFrom: c@example.com\nSubject: in\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\na\n--i\n\nb\n--i--\n--b--\n");
		struct mail mail = read_bytes(raw.at, raw.length);
		assert_int_equal(mail.attachments.count, 1);
		assert_string_equal(mail.attachments.at[0].filename, "in.eml");
		arena_reset(&arena);
	}
}

static void large_text_is_cut(void **state)
{
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: text/plain; charset=utf-8\n\n");
	repeated(&raw, "ein Wörtchen ohne Ende\n", 100000);
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_true(strlen(mail.text) <= LIMIT_TEXT_BYTES);
	assert_true(utf8_valid(mail.text, strlen(mail.text)));
	assert_true(said(&mail, "cut"));
}

/* ---- mails in files ---- */
static void a_large_file_is_read_in_pieces(void **state)
{
	char path[] = "/tmp/test-mail-XXXXXX";
	int fd = mkstemp(path);
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n");
	repeated(&raw, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 40000);
	buffer_add_string(&raw, "--b--\n");
	assert_true(write_all(fd, raw.at, raw.length));
	close(fd);
	struct mail_source source;
	struct mail from_file, from_memory = read_bytes(raw.at, raw.length);
	assert_int_equal(mail_source_open(path, &source, NULL), STATUS_OK);
	assert_true(source.fd >= 0);
	mail_parse(&arena, &source, NULL, &from_file);
	assert_string_equal(from_file.text, "hello");
	assert_int_equal(from_file.attachments.at[0].size, 40000 * 57);
	assert_string_equal(from_file.attachments.at[0].sha256, from_memory.attachments.at[0].sha256);
	assert_memory_equal(from_file.body_digest, from_memory.body_digest, SHA256_SIZE);
	mail_source_close(&source);
	unlink(path);
	struct error error;
	assert_int_equal(mail_source_open("/nonexistent/mail", &source, &error), STATUS_NOT_FOUND);
}

/* Any cut of a mail, byte by byte, is read without a fault; memory behind the end is not touched. */
static void every_prefix_is_a_mail(void **state)
{
	const char *raw = "From ann\nFrom: =?utf-8?Q?Ann?= <ann@example.net>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>a<blockquote type=cite>q</blockquote>"
	                  "\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
	                  "--b\r\nContent-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A4\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
	for (size_t size = 0; size <= strlen(raw); size++) {
		char *exact = malloc(size ? size : 1);
		memcpy(exact, raw, size);
		read_bytes(exact, size);
		free(exact);
		arena_reset(&arena);
	}
}

static bool gather_bytes(void *context, const void *bytes, size_t length)
{
	buffer_add(context, bytes, length);
	return true;
}

static enum status without(const char *raw, size_t number, const char **left)
{
	CLEANUP_BUFFER struct buffer out = { 0 };
	struct mail_source source = source_of(raw, strlen(raw));
	struct error error;
	enum status status = mail_without_attachment(&source, number, gather_bytes, &out, &error);
	*left = arena_string(&arena, buffer_string(&out));
	return status;
}

/* Its bytes and its name are gone, its number is not; all other bytes are the same. */
static void an_attachment_leaves_a_stub_in_its_place(void **state)
{
	static const char *const ends[] = { "\r\n", "\n" };
	for (size_t e = 0; e < COUNT_OF(ends); e++) {
		const char *n = ends[e], *left;
		const char *raw = arena_printf(&arena, "From: a@b.example%sContent-Type: multipart/mixed; boundary=o%s%s--o%sContent-Type: multipart/related; boundary=i%s%s--i%sContent-Type: text/html%s%s<p>hello"
		                               "%s--i%sContent-Type: image/png; name=secret.png%sContent-Transfer-Encoding: base64%sX-Attachment-Id: secret%s%sc2VjcmV0%s--i--%s--o%s"
		                               "Content-Disposition: attachment;%s filename=kept.txt%s%skept%s--o--%s", n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n);
		struct mail was = read_mail(raw), now;
		assert_int_equal(was.attachments.count, 2);
		assert_int_equal(without(raw, 1, &left), STATUS_OK);
		now = read_mail(left);
		assert_null(strstr(left, "secret"));
		assert_null(strstr(left, "c2VjcmV0"));
		assert_non_null(strstr(left, "[erased: image/png, 6 bytes]"));
		assert_int_equal(now.attachments.count, 2);
		assert_string_equal(now.attachments.at[0].filename, "erased.txt");
		assert_string_equal(now.attachments.at[1].sha256, was.attachments.at[1].sha256);
		assert_string_equal(now.text, was.text);
		assert_int_equal(without(left, 2, &left), STATUS_OK);
		now = read_mail(left);
		assert_int_equal(now.attachments.count, 2);
		assert_null(strstr(left, "kept"));
		assert_string_equal(now.text, was.text);
		assert_int_equal(without(raw, 3, &left), STATUS_NOT_FOUND);
		assert_int_equal(without(raw, 0, &left), STATUS_NOT_FOUND);
	}
}

static void what_lies_in_another_part_is_not_cut_out_of_it(void **state)
{
	const char *left;
	assert_int_equal(without(HEAD "\nhere it is\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n", 1, &left), STATUS_BAD_INPUT);
	assert_int_equal(without(HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: secret\n\nsecret\n--b--\n", 1, &left), STATUS_OK);
	assert_null(strstr(left, "secret"));
	assert_int_equal(without(HEAD "Content-Type: application/pdf;\n\tname=secret\nX-Kept: yes\n\nsecret", 1, &left), STATUS_OK);
	assert_null(strstr(left, "secret"));
	assert_non_null(strstr(left, "X-Kept: yes\n"));
	assert_int_equal(read_mail(left).attachments.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bare_line_feed_before_a_boundary_costs_no_byte), TEST(the_line_end_before_a_last_delimiter_without_one_is_not_content),
		TEST(alternatives_show_the_plain_text), TEST(mixed_shows_every_text), TEST(related_images_are_inline), TEST(a_nested_message_is_one_attachment),
		TEST(digests_hold_messages), TEST(encodings_are_undone), TEST(uuencoded_files_leave_the_text), TEST(flowed_lines_are_joined), TEST(broken_multiparts_are_read),
		TEST(encrypted_mail_is_kept), TEST(nameless_files_get_a_name), TEST(winmail_is_unpacked), TEST(files_behind_a_winmail_without_files_keep_their_number), TEST(nested_hostile_headers_do_not_reach_gmime),
		TEST(deep_and_wide_trees_are_bounded), TEST(large_text_is_cut), TEST(dashes_below_deep_boundaries_are_quick), TEST(nested_messages_are_hidden_at_every_offset), TEST(a_large_file_is_read_in_pieces), TEST(an_attachment_leaves_a_stub_in_its_place), TEST(what_lies_in_another_part_is_not_cut_out_of_it), TEST(every_prefix_is_a_mail),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
