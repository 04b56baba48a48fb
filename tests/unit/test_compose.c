/*
 * test_compose.c - mails that we write: read back with GMime, an independent reader, and looked at byte by byte.
 *
 * Every value that a stranger can influence is tried with CR, LF, NUL-like and 8-bit bytes: no value may add a field or a line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <gmime/gmime.h>

#include "limits.h"
#include "mail.h"

static struct mail_address to_one[] = { { "anna@example.com", "Anna" } };

static struct mail_out sample(void)
{
	return (struct mail_out){
		.from = { "support@example.org", "Acme Support" }, .to = { to_one, 1 }, .reply_to = "support+ctoken@example.org",
		.subject = "Printer [#12]", .message_id = "<12.mtoken@example.org>", .in_reply_to = "<a@example.com>",
		.date = 1795324341000, .language = "en", .auto_submitted = "auto-replied", .desk_mark = "example.org",
		.list_unsubscribe = "", .text = "Hello\n", .html = "", .attached = { .fd = -1 }, .attached_name = "",
	};
}

static struct buffer composed(const struct mail_out *mail)
{
	struct buffer out;
	struct error error;

	buffer_init(&out);
	assert_int_equal(mail_compose(mail, &out, &error), STATUS_OK);
	buffer_string(&out);
	return out;
}

static GMimeMessage *parsed(const struct buffer *bytes)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes->at, bytes->length);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	assert_non_null(message);
	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

/* CRLF everywhere, no line over 998, no 8-bit byte unless `utf8`, header lines that are fields or continuations. */
static void wire_check(const struct buffer *bytes, bool utf8)
{
	size_t column = 0;
	bool header = true;

	for (size_t i = 0; i < bytes->length; i++) {
		unsigned char c = (unsigned char)bytes->at[i];

		assert_true(c != 0);
		if (!utf8)
			assert_true(c < 0x80);
		if (c == '\r')
			assert_true(bytes->at[i + 1] == '\n');
		if (c == '\n') {
			assert_true(i && bytes->at[i - 1] == '\r');
			assert_true(column <= 999);
			if (column == 1)
				header = false;
			column = 0;
			continue;
		}
		if (header && !column && c != ' ' && c != '\t' && c != '\r')
			assert_non_null(memchr(bytes->at + i, ':', strcspn(bytes->at + i, " \r")));
		column++;
	}
}

static size_t field_count(const struct buffer *bytes)
{
	size_t count = 0;

	for (const char *at = bytes->at; *at && *at != '\r'; at = strchr(at, '\n') + 1)
		count += *at != ' ' && *at != '\t';
	return count;
}

static char *part_text(GMimeObject *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
	GMimeStream *memory = g_mime_stream_mem_new();
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
	char *text;

	g_mime_data_wrapper_write_to_stream(content, memory);
	text = bytes->len ? strndup((const char *)bytes->data, bytes->len) : strdup("");
	g_object_unref(memory);
	return text;
}

/* Text with LF as we gave it; the mail has CRLF. */
static void assert_text(GMimeObject *part, const char *expected)
{
	char *text = part_text(part), *to = text;

	for (char *at = text; *at; at++)
		if (*at != '\r')
			*to++ = *at;
	*to = '\0';
	assert_string_equal(text, expected);
	free(text);
}

static void test_plain(void **state)
{
	struct mail_out mail = sample();
	struct buffer bytes = composed(&mail);

	(void)state;
	assert_string_equal(bytes.at,
	        "Date: Sun, 22 Nov 2026 05:12:21 +0000\r\n" "From: Acme Support <support@example.org>\r\n"
	        "Reply-To: support+ctoken@example.org\r\n" "To: Anna <anna@example.com>\r\n" "Subject: Printer [#12]\r\n"
	        "Message-ID: <12.mtoken@example.org>\r\n" "In-Reply-To: <a@example.com>\r\n" "Content-Language: en\r\n"
	        "Auto-Submitted: auto-replied\r\n" "X-Auto-Response-Suppress: All\r\n" "X-Sportello-Desk: example.org\r\n"
	        "MIME-Version: 1.0\r\n" "Content-Type: text/plain; charset=UTF-8\r\n" "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n");
	buffer_fini(&bytes);
}

static void test_person_is_not_automatic(void **state)
{
	struct mail_out mail = sample();
	struct buffer bytes;

	(void)state;
	mail.auto_submitted = mail.language = mail.desk_mark = "";
	bytes = composed(&mail);
	assert_null(strstr(bytes.at, "Auto-"));
	assert_null(strstr(bytes.at, "Precedence"));
	buffer_fini(&bytes);
}

static const char *const texts[] = {
	"", "\n", "one line without end", "From the start\n.\n..dots\n", "trailing blank \nand tab\t\n-- \nsignature\n",
	"Perché no? È così: \"più\" = 3 € — già\n", "日本語のメールです。これは長い行です。これは長い行です。これは長い行です。これは長い行です。\n",
	"a=b =_ --=_0123 soft=\n", "  leading\n\n\n\nempty lines\n",
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 long\n",
	"0123456789012345678901234567890123456789012345678901234567890123456789012345\n",
	"012345678901234567890123456789012345678901234567890123456789012345678901234\xC3\xA9\n",
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct mail_out mail = sample();
		struct buffer bytes;
		GMimeMessage *message;
		size_t length = strlen(texts[i]);
		char *expected;

		mail.text = texts[i];
		mail.html = "<p>perch&eacute; é</p>\n";
		bytes = composed(&mail);
		wire_check(&bytes, false);
		for (const char *at = strstr(bytes.at, "\r\n\r\n"); at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
			assert_true(strcspn(at, "\r") <= 76);
		message = parsed(&bytes);
		assert_true(GMIME_IS_MULTIPART(g_mime_message_get_mime_part(message)));
		expected = malloc(length + 2);
		memcpy(expected, texts[i], length + 1);
		if (length && expected[length - 1] != '\n')
			strcat(expected, "\n");
		assert_text(g_mime_multipart_get_part(GMIME_MULTIPART(g_mime_message_get_mime_part(message)), 0), expected);
		assert_text(g_mime_multipart_get_part(GMIME_MULTIPART(g_mime_message_get_mime_part(message)), 1), mail.html);
		free(expected);
		g_object_unref(message);
		buffer_fini(&bytes);
	}
}

/* Text is looked at eight bytes at a time: each byte at each place among plain ones, once as it may stand and once encoded. */
static void test_each_byte_at_each_place(void **state)
{
	static const char *const behind[] = { "\n", "\xC3\xA9\n" };

	(void)state;
	for (int byte = ' ' - 1; byte < 0x7F; byte++)            /* below a blank: a tab */
		for (size_t place = 0; place < 2 * 18; place++) {
			struct mail_out mail = sample();
			char text[64], *at = text + place / 2;

			memset(text, '~', 30);
			*at = byte < ' ' ? '\t' : (char)byte;
			strcpy(text + 30, behind[place % 2]);
			mail.text = text;
			struct buffer bytes = composed(&mail);
			GMimeMessage *message = parsed(&bytes);
			assert_text(g_mime_message_get_mime_part(message), text);
			assert_int_equal(place % 2 || (*at == '.' && at == text) || (*at == '=' && at == text), strstr(bytes.at, "7bit") == NULL);
			for (const char *p = strstr(bytes.at, "\r\n\r\n") + 4; *p && place % 2; p++)
				assert_true(*p != '=' || p[1] == '\r' || (strchr("0123456789ABCDEF", p[1]) && strchr("0123456789ABCDEF", p[2])));
			g_object_unref(message);
			buffer_fini(&bytes);
		}
}

static const char *const subjects[] = {
	"[#12]", "Re: stampante rotta [#12]", "Re: perché non va? [#12]", "Überraschung", "=?utf-8?q?already?= encoded",
	"日本語の件名はとても長いので折り返す必要がありますが文字を壊してはいけません。さらに続きます。もっと続きます。",
	"a very long subject with many plain words that has to be folded somewhere because it does not fit on one line of mail",
	"012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
	"é", "mixed é plain and then è plain again", "emoji 😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀 end",
};

static void test_subjects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(subjects); i++) {
		struct mail_out mail = sample();
		struct buffer bytes;
		GMimeMessage *message;

		mail.subject = subjects[i];
		bytes = composed(&mail);
		wire_check(&bytes, false);
		for (const char *at = bytes.at; *at != '\r'; at = strchr(at, '\n') + 1)
			assert_true(strcspn(at, "\r") <= 78);
		for (const char *at = bytes.at; (at = strstr(at, "=?UTF-8?")); at++)
			assert_true(strstr(at, "?=") + 2 - at <= 75 || strstr(at + 10, "?=") + 2 - at <= 75);
		message = parsed(&bytes);
		assert_string_equal(g_mime_message_get_subject(message), subjects[i]);
		g_object_unref(message);
		buffer_fini(&bytes);
	}
	/* The number stays readable for those who do not decode. */
	struct mail_out mail = sample();
	struct buffer bytes;
	mail.subject = "Re: [#12] perché";
	bytes = composed(&mail);
	assert_non_null(strstr(bytes.at, "Subject: Re: [#12] =?UTF-8?Q?perch=C3=A9?=\r\n"));
	buffer_fini(&bytes);
}

static const char *const names[] = {
	"Anna", "Anna \"the\" Rossi", "Rossi, Anna", "Jürgen Müller", "back\\slash", "a@b <c@d>", "(comment)", "=?utf-8?q?x?=",
	"日本太郎の長い表示名はここに書かれていますがとても長いので折り返す必要があります", "O'Neil & Sons", "Bob Rossi (Acme Support)",
	"a display name that is far longer than any sensible display name would be, with commas, and dots. and more of it",
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct mail_address to[] = { { "a@example.com", names[i] }, { "b@example.com", "" }, { "c@example.com", names[i] } };
		struct mail_out mail = sample();
		struct buffer bytes;
		GMimeMessage *message;
		InternetAddressList *list;

		mail.to = (struct mail_addresses){ to, 3 };
		mail.from.name = names[i];
		bytes = composed(&mail);
		wire_check(&bytes, false);
		message = parsed(&bytes);
		list = g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_TO);
		assert_int_equal(internet_address_list_length(list), 3);
		for (int k = 0; k < 3; k++) {
			InternetAddress *one = internet_address_list_get_address(list, k);

			assert_string_equal(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one)), to[k].address);
			if (*to[k].name)
				assert_string_equal(internet_address_get_name(one), to[k].name);
		}
		g_object_unref(message);
		buffer_fini(&bytes);
	}
}

#define EVIL "x\r\nBcc: victim@example.com\r\n\r\nbody\n\rX: y\xE2\x80\xA8\xC2\x85\x01\x7F\xFF"

static void test_hostile_values(void **state)
{
	struct mail_address evil_to[] = { { "anna@example.com", EVIL } };
	const char *ids[] = { "<ok@example.com>", "<evil\r\nBcc: a@b>", "<two ids>", "no brackets", "<b@example.com>", "" };
	struct mail_out mail = sample();
	struct buffer plain = composed(&mail), bytes;

	(void)state;
	mail.subject = mail.from.name = mail.language = mail.auto_submitted = mail.desk_mark = EVIL;
	mail.list_unsubscribe = "https://x/>\r\nBcc: y";
	mail.in_reply_to = "<evil\r\nBcc: a@b>";
	mail.to.at = evil_to;
	mail.references = (struct strings){ ids, COUNT_OF(ids) };
	mail.text = mail.html = EVIL;
	bytes = composed(&mail);
	wire_check(&bytes, false);
	assert_true(field_count(&bytes) <= field_count(&plain));
	for (const char *at = bytes.at; *at != '\r'; at = strchr(at, '\n') + 1)
		assert_false(text_starts_nocase(at, "Bcc") || text_starts_nocase(at, "X: "));
	assert_non_null(strstr(bytes.at, "References: <ok@example.com> <b@example.com>\r\n"));
	assert_null(strstr(bytes.at, "In-Reply-To"));
	buffer_fini(&bytes);
	buffer_fini(&plain);
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {
		"", "a", "@", "a@", "@b", "a b@c", "a@b c", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "<a@b>", "a@b>", "a,b@c", "a@b,c@d", "a\t@b",
		"a@b..c", "a@.b", "a@b.", "\"a@b", "\"a\"b\"@c", "a@[1.2.3.4\r]", "a\xFF@b", "a\xC2\x85@b", "a(x)@b", "a;b@c", "a@b/c", "\"a\\\"@b",
	};
	static const char *const good[] = {
		"a@b", "a.b+c@example.org", "a..b.@docomo.ne.jp", "\"a,b\"@example.org", "pelé@example.org", "用户@例子.广告", "a@[192.0.2.1]",
		"o'neil@example.org", "a=b@example.org", "support+cabc@example.org", "a/b@example.org",
	};
	char text[LIMIT_ADDRESS + 8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(mail_address_usable(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct mail_address to[] = { { bad[i], "x" } };
		struct mail_out mail = sample();
		struct buffer out;
		struct error error;

		assert_false(mail_address_usable(bad[i]));
		mail.to.at = to;
		buffer_init(&out);
		assert_int_equal(mail_compose(&mail, &out, &error), STATUS_BAD_INPUT);
		buffer_fini(&out);
	}
	memset(text, 'a', sizeof text);
	memcpy(text, "x@", 2);
	text[LIMIT_ADDRESS] = '\0';
	assert_true(mail_address_usable(text));
	text[LIMIT_ADDRESS] = 'a';
	text[LIMIT_ADDRESS + 1] = '\0';
	assert_false(mail_address_usable(text));
}

static void test_utf8_address(void **state)
{
	struct mail_address to[] = { { "pelé@example.org", "Pelé" } };
	struct mail_out mail = sample();
	struct buffer bytes;

	(void)state;
	mail.to.at = to;
	bytes = composed(&mail);
	wire_check(&bytes, true);
	assert_non_null(strstr(bytes.at, "<pelé@example.org>\r\n"));
	buffer_fini(&bytes);
}

static void test_attached_mail(void **state)
{
	static const char clean[] = "From: a@b\nSubject: x\n\nHello\nno end", eight[] = "From: a@b\r\n\r\nperch\xE9\r\n";
	struct mail_out mail = sample();
	struct buffer bytes;
	GMimeMessage *message;
	GMimeObject *part;

	(void)state;
	mail.attached = (struct mail_source){ .data = clean, .size = sizeof clean - 1, .fd = -1 };
	mail.attached_name = "a \"quoted\"/name.eml";
	bytes = composed(&mail);
	wire_check(&bytes, false);
	message = parsed(&bytes);
	part = g_mime_multipart_get_part(GMIME_MULTIPART(g_mime_message_get_mime_part(message)), 1);
	assert_true(GMIME_IS_MESSAGE_PART(part));
	assert_string_equal(g_mime_message_get_subject(g_mime_message_part_get_message(GMIME_MESSAGE_PART(part))), "x");
	g_object_unref(message);
	buffer_fini(&bytes);

	mail.attached = (struct mail_source){ .data = eight, .size = sizeof eight - 1, .fd = -1 };
	mail.attached_name = "perché.eml";
	bytes = composed(&mail);
	wire_check(&bytes, false);
	message = parsed(&bytes);
	part = g_mime_multipart_get_part(GMIME_MULTIPART(g_mime_message_get_mime_part(message)), 1);
	assert_string_equal(g_mime_part_get_filename(GMIME_PART(part)), "perché.eml");
	{
		char *text = part_text(part);

		assert_string_equal(text, eight);
		free(text);
	}
	g_object_unref(message);
	buffer_fini(&bytes);
}

static const char with_files[] =
	"From: bob@example.org\r\nTo: x@y\r\nSubject: s\r\nX-Secret: never\r\nMIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\n/note\r\nsecret words\r\n> quoted\r\n"
	"--bb\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
	"Content-Disposition: attachment; filename*=UTF-8''perch%C3%A9.pdf\r\n\r\nSGVsbG8gd29ybGQ=\r\n"
	"--bb\r\nContent-Type: text/x-log\r\nContent-Disposition: attachment; filename=\"../../etc/long.log\"\r\n\r\nline one\r\nline two\r\n--bb--\r\n";

static void test_relayed_attachments(void **state)
{
	struct mail_source source = { .data = with_files, .size = sizeof with_files - 1, .fd = -1 };
	struct mail_out mail = sample();
	struct buffer bytes;
	struct error error;
	GMimeMessage *message;
	GMimeMultipart *mixed;
	char *text;

	(void)state;
	mail.html = "<p>Hello</p>";
	buffer_init(&bytes);
	assert_int_equal(mail_compose_with_attachments(&mail, &source, &bytes, &error), STATUS_OK);
	buffer_string(&bytes);
	wire_check(&bytes, false);
	assert_null(strstr(bytes.at, "secret"));
	assert_null(strstr(bytes.at, "Secret"));
	assert_null(strstr(bytes.at, "bob@"));
	message = parsed(&bytes);
	mixed = GMIME_MULTIPART(g_mime_message_get_mime_part(message));
	assert_int_equal(g_mime_multipart_get_count(mixed), 3);
	assert_string_equal(g_mime_part_get_filename(GMIME_PART(g_mime_multipart_get_part(mixed, 1))), "perché.pdf");
	text = part_text(g_mime_multipart_get_part(mixed, 1));
	assert_string_equal(text, "Hello world");
	free(text);
	assert_null(strchr(g_mime_part_get_filename(GMIME_PART(g_mime_multipart_get_part(mixed, 2))), '/'));
	text = part_text(g_mime_multipart_get_part(mixed, 2));
	assert_int_equal(strncmp(text, "line one\r\nline two", 18), 0);
	free(text);
	g_object_unref(message);
	buffer_fini(&bytes);
}

/* The same values, the same bytes; random values, never a broken line. */
static void test_random_values(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		static const char *const bits[] = { "\r", "\n", "é", "日", " ", "=?", "?=", "a", "word", "\xFF", "😀", "\t", "\"", "\\", "<", ">", ",", "longlonglonglonglonglonglong" };
		char value[400] = "";
		struct mail_out mail = sample();
		struct mail_address to[] = { { "a@b.example", value } };
		struct buffer one, two;
		GMimeMessage *message;

		for (int i = rand_r(&seed) % 40; i > 0; i--)
			strncat(value, bits[(size_t)rand_r(&seed) % COUNT_OF(bits)], sizeof value - strlen(value) - 1);
		mail.subject = mail.text = mail.html = value;
		mail.to.at = to;
		one = composed(&mail);
		two = composed(&mail);
		assert_true(one.length == two.length && !memcmp(one.at, two.at, one.length));
		wire_check(&one, false);
		message = parsed(&one);
		assert_int_equal(internet_address_list_length(g_mime_message_get_addresses(message, GMIME_ADDRESS_TYPE_TO)), 1);
		g_object_unref(message);
		buffer_fini(&one);
		buffer_fini(&two);
	}
}

static void test_html_escape(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out);
	mail_html_escape(&out, "<a href=\"x\">&'é</a>");
	assert_string_equal(buffer_string(&out), "&lt;a href=&quot;x&quot;&gt;&amp;'é&lt;/a&gt;");
	buffer_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_person_is_not_automatic), cmocka_unit_test(test_texts),
		cmocka_unit_test(test_each_byte_at_each_place),
		cmocka_unit_test(test_subjects), cmocka_unit_test(test_names), cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_bad_addresses), cmocka_unit_test(test_utf8_address), cmocka_unit_test(test_attached_mail),
		cmocka_unit_test(test_relayed_attachments), cmocka_unit_test(test_random_values), cmocka_unit_test(test_html_escape),
	};

	mail_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
