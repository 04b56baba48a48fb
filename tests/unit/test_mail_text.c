/*
 * test_mail_text.c - charsets by declaration and by evidence, and pages as a person reads them.
 */
#include "test_mail.h"

static const char *utf8(const char *bytes, const char *declared, struct strings *problems)
{
	struct span text = mail_charset_to_utf8(&arena, span_of(bytes), declared, "text", problems);
	return arena_copy(&arena, text.at, text.length);
}

static void declared_charsets_are_believed(void **state)
{
	static const struct { const char *bytes, *charset, *text; } cases[] = {
		{ "caf\xC3\xA9", "utf-8", "café" }, { "caf\xE9", "iso-8859-1", "café" },
		{ "\x93quoted\x94", "ISO-8859-1", "“quoted”" }, { "\xA4", "iso-8859-15", "€" },
		{ "\xC4\xE3\xBA\xC3", "gb2312", "你好" }, { "\x93\xFA\x96{", "Shift_JIS", "日本" }, { "\x1b$BF|K\\\x1b(B", "iso-2022-jp", "日本" }, { "\x1b$B-!\x1b(B", "iso-2022-jp", "①" },
		{ "\xBE\xC8\xB3\xE7", "euc-kr", "안녕" }, { "\xEF\xF0\xE8\xE2\xE5\xF2", "windows-1251", "привет" },
		{ "\xD0\xD2\xC9\xD7\xC5\xD4", "koi8-r", "привет" },
		{ "+ADw-b+AD4-", "utf-7", "<b>" }, { "plain", "no-such-charset", "plain" },
		{ "\xEF\xBB\xBFmark", "utf-8", "mark" }, { "caf\xE9", "\"iso-8859-1\"", "café" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strings problems = { 0 };
		assert_string_equal(utf8(cases[i].bytes, cases[i].charset, &problems), cases[i].text);
		assert_int_equal(problems.count, 0);
	}
}

static void wrong_declarations_are_guessed_and_said(void **state)
{
	static const struct { const char *bytes, *charset, *text; } cases[] = {
		{ "caf\xC3\xA9", "us-ascii", "café" }, { "caf\xC3\xA9", NULL, "café" }, { "caf\xE9", NULL, "café" },
		{ "caf\xE9 au lait", "utf-8", "café au lait" }, { "\x80 5", NULL, "€ 5" },
		{ "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", "iso-8859-1", "äöüß" }, { "\x1b$BF|K\\\x1b(B", NULL, "日本" },
		{ "caf\xC3\xA9", "no-such-charset", "café" },
		{ "\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD", NULL, "こんにちは" },
		{ "\xEF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0", NULL, "привет мир" },
		{ "\xC4\xE3\xBA\xC3\xCA\xC0\xBD\xE7", NULL, "你好世界" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strings problems = { 0 };
		assert_string_equal(utf8(cases[i].bytes, cases[i].charset, &problems), cases[i].text);
		assert_int_equal(problems.count, 1);
	}
}

static void one_wrong_byte_does_not_spoil_a_text(void **state)
{
	struct strings problems = { 0 };
	const char *text = utf8("äöüäöüäöüäöüäöüäöü \xFF ende", "utf-8", &problems);
	assert_string_equal(text, "äöüäöüäöüäöüäöüäöü \xEF\xBF\xBD ende");
	assert_non_null(strstr(problems.at[0], "1 wrong"));
}

static void controls_never_come_through(void **state)
{
	static const char raw[] = "From: a@example.net\n\na\0b\001c\033d\n";
	struct mail mail = read_bytes(raw, sizeof raw - 1);
	for (const char *p = mail.text; *p; p++)
		assert_true((unsigned char)*p >= 32 || *p == '\n');
}

/* ---- pages ---- */
static const char *page(const char *html)
{
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	mail_html_to_text(&arena, span_of(html), NULL, &out, NULL);
	return mail_marks_strip(&arena, buffer_string(&out));
}

static void pages_become_readable(void **state)
{
	static const struct { const char *html, *text; } cases[] = {
		{ "<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree" },
		{ "<div>one</div><div>two</div>", "one\ntwo" },
		{ "a  b\n c&nbsp;d&amp;&lt;x&gt;&euro;", "a b c d&<x>€" },
		{ "<ul><li>one</li><li>two</li></ul>", "* one\n* two" },
		{ "<ol><li>one<li>two</ol>", "1. one\n2. two" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc" },
		{ "<a href=\"https://example.org/x\">click here</a> now", "click here <https://example.org/x> now" },
		{ "<a href=\"https://example.org/x\">click </a>now", "click <https://example.org/x> now" },
		{ "(<a href=\"https://example.org/x\">click</a>). <a href=\"https://example.org/y\">On</a><a href=\"https://example.org/z\">Off</a>", "(click <https://example.org/x>). On <https://example.org/y> Off <https://example.org/z>" },
		{ "<a href=\"https://example.org/\">example.org</a>", "example.org" },
		{ "<a href=\"javascript:x()\">no</a>", "no" },
		{ "<head><title>t</title><style>p{}</style></head><body><script>x</script>shown</body>", "shown" },
		{ "<span style=\"display:none\">preheader</span>shown", "shown" },
		{ "<div style=\"max-height:0;overflow:hidden\">preheader</div>shown", "shown" },
		{ "<img src=\"http://t.example/p\" width=1 height=1 alt=x>shown", "shown" },
		{ "see <img alt=\"the plan\" src=x>", "see [image: the plan]" },
		{ "<img src=x>", "" },
		{ "<pre>a\n  b</pre>", "a\n  b" },
		{ "<blockquote type=cite>quoted<br>more</blockquote>own", "> quoted\n> more\nown" },
		{ "<!-- hidden --><!--[if mso]>x<![endif]-->shown<!-- open", "shown open" },
		{ "1 < 2 and 3 > 2", "1 < 2 and 3 > 2" },
		{ "a <b", "a <b" },
		{ "", "" }, { "<", "<" }, { "<p", "<p" }, { "</div></div>x", "x" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(page(cases[i].html), cases[i].text);
}

static void the_charset_in_the_page_counts(void **state)
{
	struct mail mail = read_mail("From: a@example.net\nContent-Type: text/html\n\n<meta http-equiv=content-type content=\"text/html; charset=koi8-r\"><p>\xD0\xD2\xC9\xD7\xC5\xD4</p>\n");
	assert_string_equal(mail.text, "привет");
}

static void hostile_pages_are_quick(void **state)
{
	static const char *const pieces[] = {
		"<div>", "<", "<a b=c ", "<p><font>", "<!--", "<table><tr><td>", "<blockquote>", "&", "<ul><li>", "<b",
		"'\"<x ",
	};
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct buffer html CLEANUP_BUFFER;
		buffer_init(&html);
		while (html.length < 600000)
			buffer_add_string(&html, pieces[i]);
		buffer_add_string(&html, ">x");
		int64_t before = processor_us();
		page(buffer_string(&html));
		assert_true(processor_us() - before < 4000000 * (getenv("SLOW") ? atoll(getenv("SLOW")) : 1));  /* linear: far below; quadratic: minutes */
	}
}

/* Found by fuzzing: a link that ends before anything was written. */
static void an_empty_link_is_nothing(void **state)
{
	assert_string_equal(page("<a href=\"http://example.org\"></a>"), "");
}

/* Found by fuzzing: what an image shows, cut in the middle of a letter. */
static void a_long_name_of_an_image_is_cut_between_letters(void **state)
{
	for (int lead = 0; lead < 4; lead++) {
		const char *shown, *name = arena_printf(&arena, "%.*s", lead, "abc");
		for (int i = 0; i < 150; i++)
			name = arena_printf(&arena, "%sя", name);
		shown = page(arena_printf(&arena, "see <img alt=\"%s\" src=x>", name));
		assert_true(utf8_valid(shown, strlen(shown)));
		assert_int_equal(strlen(shown), strlen("see [image: ]") + 200 - (size_t)(lead % 2));
	}
}

static void languages_are_told_or_not(void **state)
{
	static const struct { const char *text, *code; } cases[] = {
		{ "Please can you tell me when the printer will be repaired? We have been waiting for it since Monday.", "en" },
		{ "Buongiorno, vorrei sapere quando sarà riparata la stampante, perché non è possibile lavorare. Grazie", "it" },
		{ "Guten Tag, der Drucker ist seit gestern kaputt und wir können nicht arbeiten. Bitte melden Sie sich.", "de" },
		{ "Bonjour, je ne peux pas imprimer depuis hier et nous avons besoin de votre aide. Merci", "fr" },
		{ "Hola, no puedo imprimir desde ayer y los clientes están esperando. Gracias por la ayuda", "es" },
		{ "Bom dia, não consigo imprimir desde ontem e os clientes estão à espera. Obrigado pela ajuda", "pt" },
		{ "Goedemorgen, de printer is sinds gisteren stuk en wij kunnen niet werken. Kan iemand het maken?", "nl" },
		{ "Dzień dobry, drukarka nie działa od wczoraj i nie możemy pracować. Proszę o pomoc, dziękuję", "pl" },
		{ "Здравствуйте, принтер не работает со вчерашнего дня, и мы не можем печатать. Спасибо", "ru" },
		{ "Hej, skrivaren fungerar inte sedan igår och vi kan inte arbeta. Tack för hjälpen, när är det klart?", "sv" },
		{ "打印机从昨天起就坏了，请尽快修理。", "zh" }, { "プリンターが壊れました。修理をお願いします。", "ja" },
		{ "ok", NULL }, { "", NULL }, { "12345 67890", NULL }, { "Lorem ipsum dolor sit amet", NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *code = mail_language_detect(cases[i].text, NULL);
		if (cases[i].code)
			assert_string_equal(code ? code : "none", cases[i].code);
		else
			assert_null(code);
	}
}

static const char *many_lines(const char *line, size_t count, const char *end)
{
	struct buffer text CLEANUP_BUFFER;
	buffer_init(&text);
	for (size_t i = 0; i < count; i++)
		buffer_add_string(&text, line);
	buffer_add_string(&text, end);
	return arena_copy(&arena, text.at, text.length);
}

static void lines_behind_the_bound_are_one_line_of_text(void **state)
{
	static const char *const ends[] = { "last words\n> and more", "> last words\nand more", "On 1 Jan 2012, a@b.c wrote:\n> last words", "| last words\n| and\n| more" };
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct lines lines = mail_lines_of(&arena, many_lines("a\n", LIMIT_TEXT_LINES - 1, ends[i]));
		assert_int_equal(lines.count, LIMIT_TEXT_LINES);
		struct line last = lines.at[lines.count - 1];
		assert_true(last.rest);
		assert_int_equal(last.kind, LINE_TEXT);
		assert_string_equal(last.text.at, ends[i]);
		assert_int_equal(last.text.length, strlen(ends[i]));
	}
	struct lines few = mail_lines_of(&arena, many_lines("a\n", LIMIT_TEXT_LINES - 2, "> b"));
	assert_int_equal(few.count, LIMIT_TEXT_LINES - 1);
	assert_false(few.at[few.count - 1].rest);
	assert_int_equal(few.at[few.count - 1].kind, LINE_QUOTED);
	struct lines marked = mail_lines_of(&arena, many_lines("a\n", LIMIT_TEXT_LINES - 1, "b\n\001c\003\002\nd"));
	assert_int_equal(marked.count, LIMIT_TEXT_LINES);
	assert_true(marked.at[marked.count - 1].rest);
	assert_false(marked.at[marked.count - 1].history);
	assert_int_equal(marked.at[marked.count - 1].text.length, 5);
	assert_memory_equal(marked.at[marked.count - 1].text.at, "b\nc\nd", 5);
}

static void a_text_of_too_many_lines_is_kept_and_said(void **state)
{
	struct mail mail = read_text(many_lines("a\n", LIMIT_TEXT_LINES + 1000, "the last words"));
	assert_true(said(&mail, "more than 65536 lines"));
	assert_int_equal(strlen(mail.text), 2 * (LIMIT_TEXT_LINES + 1000) + 14);
	assert_string_equal(mail.reply_text, mail.text);
	mail = read_text(many_lines("a\n", LIMIT_TEXT_LINES - 1000, "the last words"));
	assert_int_equal(mail.problems.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(declared_charsets_are_believed), TEST(wrong_declarations_are_guessed_and_said), TEST(one_wrong_byte_does_not_spoil_a_text), TEST(controls_never_come_through),
		TEST(pages_become_readable), TEST(the_charset_in_the_page_counts), TEST(hostile_pages_are_quick), TEST(an_empty_link_is_nothing), TEST(a_long_name_of_an_image_is_cut_between_letters), TEST(languages_are_told_or_not),
		TEST(lines_behind_the_bound_are_one_line_of_text), TEST(a_text_of_too_many_lines_is_kept_and_said),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
