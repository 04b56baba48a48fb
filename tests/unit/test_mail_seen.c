/*
 * test_mail_seen.c - nothing a person sees is missing: wrappers that hold the words, encodings that are only claimed,
 * plain texts that say nothing, pictures in the page, lists and cells as they are read.
 */
#include "test_mail.h"

#define HEAD "From: Ann Lee <ann@example.net>\nTo: support@example.org\nSubject: x\nMIME-Version: 1.0\n"
#define PLAIN HEAD "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
#define PAIR(plain, html) HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n" plain \
	"\n--b\nContent-Type: text/html; charset=utf-8\n\n" html "\n--b--\n"
#define FILE_PART(encoding, body) HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n--b\nContent-Type: application/x; name=a.bin\n" \
	"Content-Transfer-Encoding: " encoding "\n\n" body "\n--b--\n"

static void check_file(const char *raw, const char *bytes)
{
	size_t length;
	const char *got = attachment_bytes(raw, strlen(raw), 1, &length);
	assert_int_equal(length, strlen(bytes));
	assert_memory_equal(got, bytes, length);
}

static void base64_goes_on_behind_a_padding(void **state)
{
	check_file(FILE_PART("base64", "SGVsbG8=\nIHdvcmxk\nIQ=="), "Hello world!");
	check_file(FILE_PART("base64", "SGVsbG8=IHdvcmxk"), "Hello world");
	check_file(FILE_PART("base64", "SGVsbG8gd29ybGQ"), "Hello world");
	check_file(FILE_PART("base64", "SGVsbG8=\n_____\nlist mailing list, footer"), "Hello");
	struct mail mail = read_mail(PLAIN "X-Y: z\n\nx");
	mail = read_mail(HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n____\nThe list's footer, in words.\n");
	assert_string_equal(mail.text, "Hello____\nThe list's footer, in words.");
}

static void what_is_no_base64_stands_as_it_is(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nThe disk of alpha is full.\nPlease look, now.\n");
	assert_string_equal(mail.text, "The disk of alpha is full.\nPlease look, now.");
	assert_true(said(&mail, "said to be base64"));
	mail = read_mail(HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQ\n");
	assert_string_equal(mail.text, "Hello world");
}

static void uuencode_is_read_by_every_name(void **state)
{
	static const char *const names[] = { "x-uuencode", "uuencode", "x-uue", "uue" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		check_file(arena_printf(&arena, FILE_PART("%s", "begin 644 a.bin\n,2&5L;&\\@=V]R;&0A\n`\nend"), names[i]), "Hello world!");
		check_file(arena_printf(&arena, FILE_PART("%s", ",2&5L;&\\@=V]R;&0A\n`\nend"), names[i]), "Hello world!");
	}
	struct mail mail = read_mail(HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nno, only words\n");
	assert_string_equal(mail.text, "no, only words");
	assert_true(said(&mail, "uuencoded"));
}

static void an_equals_sign_that_escapes_nothing_stays(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=ZZ=D=G1=C3=\n=A4 =  \nend=2");
	assert_string_equal(mail.text, "a=b=ZZ=D=G1\xC3\xA4 end=2");
}

static void a_plain_text_that_says_nothing_gives_way_to_the_page(void **state)
{
	assert_string_equal(read_mail(PAIR("\xC2\xA0 \xE2\x80\x8B\xEF\xBB\xBF", "<p>page</p>")).text, "page");
	assert_string_equal(read_mail(PAIR("Tarvitset HTML-ohjelman.", "<p>Our printer in the second room is broken since this morning.</p>")).text,
	                    "Our printer in the second room is broken since this morning.");
	assert_string_equal(read_mail(PAIR("Printer broken, second room", "<p>Our printer in the second room is broken since this morning.</p>")).text,
	                    "Printer broken, second room");
	assert_string_equal(read_mail(PAIR("Gr\xC3\xBC\xC3\x9F Gott", "<p>Gr&uuml;&szlig; Gott</p><p>" "some long advertisement that nobody reads at all" "</p>")).text, "Gr\xC3\xBC\xC3\x9F Gott");
	assert_string_equal(read_mail(PAIR("ja", "<p><img src=\"cid:a\"></p>")).text, "ja");
}

static void a_page_that_is_sent_as_plain_text_is_read_as_one(void **state)
{
	assert_string_equal(read_mail(PLAIN "\n<html><body><p>It is <b>broken</b>.</p></body></html>").text, "It is broken.");
	assert_string_equal(read_mail(PLAIN "\nMy page: <html><p>a</p></html>").text, "My page: <html><p>a</p></html>");
	assert_string_equal(read_mail(PLAIN "\n<p>Content</p>").text, "<p>Content</p>");
}

static void a_lone_text_is_shown_and_is_a_file(void **state)
{
	struct mail mail = read_mail(HEAD "Content-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\nIt is broken.");
	assert_string_equal(mail.text, "It is broken.");
	assert_int_equal(mail.attachments.count, 1);
	mail = read_mail(HEAD "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nbegin 644 b\n,2&5L;&\\@=V]R;&0A\n`\nend\n");
	assert_int_equal(mail.attachments.count, 1);     /* what lies in the file is no second one */
	mail = read_mail(HEAD "Content-Type: text/plain\nContent-Disposition: attachment\n\nIt is broken.");     /* a nameless file, too */
	assert_string_equal(mail.text, "It is broken.");
	assert_int_equal(mail.attachments.count, 1);
}

static void what_stands_behind_the_page_is_shown(void **state)
{
	assert_string_equal(read_html("<html><body><p>one</p></body></html>\n<html><head><title>t</title></head><body><p>two</p></body></html>").text, "one\n\ntwo");
	assert_string_equal(read_html("<p>one</p></body></html>footer").text, "one\n\nfooter");
}

static void lists_go_on_with_their_numbers(void **state)
{
	assert_string_equal(read_html("<ol><li>a</ol><p>x</p><ol start=2><li>b<li value=7>c<li>d</ol>").text, "1. a\n\nx\n\n2. b\n7. c\n8. d");
	assert_string_equal(read_html("<ol type=a start=3><li>x<li>y</ol>").text, "c. x\nd. y");
	assert_string_equal(read_html("<ol type=I start=4><li>x<li>y</ol><ol reversed start=2><li>p<li>q</ol>").text, "IV. x\nV. y\n\n2. p\n1. q");
	assert_string_equal(read_html("<ol type=a start=27 ><li>x</ol><ol start=-1><li>p</ol>").text, "aa. x\n\n-1. p");
}

static void cells_of_one_line_stay_in_their_row(void **state)
{
	assert_string_equal(read_html("<table><tr><td><p>Name</p></td><td><div>Ann</div></td></tr><tr><td>No</td><td><p>1<br>2</p></td></tr></table>end").text,
	                    "Name\tAnn\nNo\t1\n2\n\nend");
	assert_string_equal(read_html("<table><tr><td><table><tr><td>a</td></tr></table></td><td>b</td></tr></table>").text, "a\tb");
}

static void a_picture_in_the_page_is_a_file(void **state)
{
#define PICTURE "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYIJBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWg=="
	struct mail mail = read_html("<p>this:</p><img src=\"data:image/png;base64," PICTURE "\"><p>why?</p>");
	assert_string_equal(mail.text, "this:\n\nwhy?");
	assert_int_equal(mail.attachments.count, 1);
	assert_string_equal(mail.attachments.at[0].content_type, "image/png");
	assert_int_equal(mail.attachments.at[0].size, 94);
	assert_true(mail.attachments.at[0].inline_);
	assert_int_equal(read_html("<p>data:image/png;base64," PICTURE "</p>").attachments.count, 0);
}

static void clear_signed_words_are_shown_without_armour(void **state)
{
	struct mail mail = read_mail(PLAIN "\nHi\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nIt is broken.\n- -- dash\n-----BEGIN PGP SIGNATURE-----\n\n"
	                             "aaaa\n=bbbb\n-----END PGP SIGNATURE-----\nbye\n");
	assert_string_equal(mail.text, "Hi\nIt is broken.\n-- dash\nbye");
	assert_true(said(&mail, "not checked"));
	mail = read_mail(PLAIN "\n-----BEGIN PGP SIGNED MESSAGE-----\n\nno end\n");
	assert_string_equal(mail.text, "-----BEGIN PGP SIGNED MESSAGE-----\n\nno end");
}

/* ---- S/MIME ---- */
static void der(struct buffer *out, int tag, const char *content, size_t length)
{
	buffer_add_char(out, (char)tag);
	buffer_add_char(out, '\x82');
	buffer_add_char(out, (char)(length >> 8));
	buffer_add_char(out, (char)length);
	buffer_add(out, content, length);
}

static void wrap(struct buffer *inside, int tag, const char *before, size_t before_length)
{
	struct buffer out CLEANUP_BUFFER, all CLEANUP_BUFFER;
	buffer_init(&out), buffer_init(&all);
	buffer_add(&all, before, before_length);
	buffer_add(&all, inside->length ? inside->at : "", inside->length);
	der(&out, tag, all.at, all.length);
	buffer_reset(inside);
	buffer_add(inside, out.at, out.length);
}

static void signed_words_in_an_smime_wrapper_are_read(void **state)
{
	struct buffer b CLEANUP_BUFFER;
	buffer_init(&b);
	buffer_add_string(&b, "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nPlease cancel.\r\n--i\r\nContent-Type: application/x; name=n\r\n\r\nfile\r\n--i--\r\n");
	wrap(&b, 0x04, "", 0);
	wrap(&b, 0xA0, "", 0);
	wrap(&b, 0x30, "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01", 11);
	wrap(&b, 0x30, "\x02\x01\x01\x31\x00", 5);
	wrap(&b, 0xA0, "", 0);
	wrap(&b, 0x30, "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", 11);
	struct buffer raw CLEANUP_BUFFER;
	buffer_init(&raw);
	buffer_add_string(&raw, HEAD "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: binary\n\n");
	buffer_add(&raw, b.at, b.length);
	struct mail mail = read_bytes(raw.at, raw.length);
	assert_string_equal(mail.text, "Please cancel.");
	assert_int_equal(mail.attachments.count, 2);
	assert_true(mail.attachments.at[0].signs);
	size_t length;
	assert_string_equal(attachment_bytes(raw.at, raw.length, 2, &length), "file");
	for (size_t cut = 0; cut < b.length; cut++)                      /* no length may be trusted */
		mail_smime_content(&arena, (struct span){ arena_copy(&arena, b.at, cut), cut });
}

/* Who sends pieces without end gets no more time than any other. */
static void signed_data_and_calendars_end_with_the_budget(void **state)
{
	static const char pieces[] = "\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x80\x30\x80\x02\x01\x01\x31\x01x\x30\x80\x06\x01x\xA0\x80\x24\x80\x04\x02hi\x24\x80\x04\x03 ho\0\0";
	struct span event = SPAN("BEGIN:VEVENT\nSUMMARY:Visit\nEND:VEVENT\n"), bytes = { pieces, sizeof pieces - 1 };
	assert_int_equal(mail_smime_content(&arena, bytes).length, 5);
	assert_string_equal(mail_calendar_line(&arena, event, "en").at, "Event: Visit\n");
	struct effort effort;
	effort_start(&effort, 1, 1000);
	struct arena spent CLEANUP_ARENA = { .effort = &effort };
	effort_take(&effort, 2);
	assert_int_equal(mail_smime_content(&spent, bytes).length, 0);
	assert_int_equal(mail_calendar_line(&spent, event, "en").length, 0);
}

static void rich_text_is_read_as_text(void **state)
{
	bool html;
	struct span text = mail_rtf_to_text(&arena, SPAN("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial Cyr;}}{\\*\\generator X;}"
	                                    "\\f0 Gr\\'fc\\'dfe\\tab a\\{b\\}\\par \\f1\\'cf\\'f0\\f0\\line\\u8364?5 \\bin3 {{{x}"), &html);
	assert_string_equal(arena_copy(&arena, text.at, text.length), "Gr\xC3\xBC\xC3\x9F" "e\ta{b}\n\xD0\x9F\xD1\x80\n\xE2\x82\xAC" "5 x");
	assert_false(html);
	text = mail_rtf_to_text(&arena, SPAN("{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 words\\htmlrtf\\par}\\htmlrtf0 {\\*\\htmltag72 </p>}}"), &html);
	assert_string_equal(arena_copy(&arena, text.at, text.length), "<p>words</p>");
	assert_true(html);
	text = mail_rtf_inflate(&arena, (struct span){ "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0", 49 });
	assert_string_equal(arena_copy(&arena, text.at, text.length), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
}

static void a_calendar_mail_says_what_it_is_about(void **state)
{
#define EVENT(method, more) HEAD "Content-Type: text/calendar; method=" method "; charset=utf-8\n\nBEGIN:VCALENDAR\nMETHOD:" method "\nBEGIN:VEVENT\n" more "END:VEVENT\nEND:VCALENDAR\n"
	assert_string_equal(read_mail(EVENT("REPLY", "SUMMARY:Visit of the\n  technician\nDTSTART:20261006T080000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:a@example.net\n")).text,
	                    "Declined: Visit of the technician, 2026-10-06 08:00 UTC");
	assert_string_equal(read_mail(EVENT("REQUEST", "SUMMARY;LANGUAGE=de:Wartung\nDTSTART;TZID=Europe/Berlin:20261006T100000\nLOCATION:Raum 4\\, Keller\n")).text,
	                    "Einladung: Wartung, 2026-10-06 10:00 (Europe/Berlin), Raum 4, Keller");
	assert_string_equal(read_mail(EVENT("CANCEL", "SUMMARY:la visita del tecnico non si fa\nDTSTART;VALUE=DATE:20261006\nDESCRIPTION:Ci dispiace\\, grazie.\\nCiao\n")).text,
	                    "Annullato: la visita del tecnico non si fa, 2026-10-06\n\nCi dispiace, grazie.\nCiao");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(base64_goes_on_behind_a_padding),
		TEST(what_is_no_base64_stands_as_it_is),
		TEST(uuencode_is_read_by_every_name),
		TEST(an_equals_sign_that_escapes_nothing_stays),
		TEST(a_plain_text_that_says_nothing_gives_way_to_the_page),
		TEST(a_page_that_is_sent_as_plain_text_is_read_as_one),
		TEST(a_lone_text_is_shown_and_is_a_file),
		TEST(what_stands_behind_the_page_is_shown),
		TEST(lists_go_on_with_their_numbers),
		TEST(cells_of_one_line_stay_in_their_row),
		TEST(a_picture_in_the_page_is_a_file),
		TEST(clear_signed_words_are_shown_without_armour),
		TEST(signed_words_in_an_smime_wrapper_are_read), TEST(signed_data_and_calendars_end_with_the_budget),
		TEST(rich_text_is_read_as_text),
		TEST(a_calendar_mail_says_what_it_is_about),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
