/*
 * test_desk_template.c - templates of outgoing mail: every built-in one in every language, and the engine with hostile values.
 *
 * What must hold: a template is good or says where it is not; no value gets out of its place (a header line, a tag, an
 * attribute); all languages have the same templates that use the same variables.
 */
#include "desk/desk_private.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static int arena_up(void **state) { arena_init(&arena); return 0; }
static int arena_down(void **state) { arena_fini(&arena); return 0; }

static const char *const languages[] = {"en", "it", "de", "fr", "es"};
static const char *const words[] = {
	"ticket", "subject", "subject_line", "desk", "queue", "queue_description", "customer", "customer_address", "agent",
	"agent_name", "text", "from", "state", "old_state", "attachments", "link_confirm", "link_refuse", "link_status", "days",
	"date", "commands", "problem", "recipient", "reply", "original_subject", "other", "note_address",
	"article_first", "excerpt_first", "link_first", "article_second", "excerpt_second", "link_second", "article_third", "excerpt_third",
	"link_third", "link_solved", "link_help", "expires", "suggested", "more",
	"link_rate", "stars", "heading", "preheader", "address", "logo", "colour", "colour_text", "colour_link", "dark_colour", "dark_text", "dark_link",
};

/* The same whether the set was made ready before, or each file is looked at when it is used. */
static struct rendered render(const struct template_set *own, const char *name, const char *language, const char *record)
{
	struct rendered rendered = {0}, again = {0};
	struct template_set ready = own ? desk_templates_ready(&arena, own->at, own->count) : (struct template_set){NULL, 0, NULL};
	struct error error;

	assert_int_equal(desk_render(&arena, own, name, language, "en", record, &rendered, &error), STATUS_OK);
	assert_int_equal(desk_render(&arena, own ? &ready : NULL, name, language, "en", record, &again, &error), STATUS_OK);
	assert_string_equal(rendered.subject, again.subject);
	assert_string_equal(rendered.text, again.text);
	assert_string_equal(rendered.html, again.html);
	assert_string_equal(rendered.heading, again.heading);
	return again;
}

/* A template of the test's own, tried as NAME.txt, in the language "en". */
static struct rendered render_text(const char *text, const char *html, const char *record)
{
	const struct template_file files[] = {{"en", "own", "txt", text}, {"en", "own", "html", html}};
	const struct template_set set = {files, html ? 2 : 1, NULL};

	return render(&set, "own", "en", record);
}

static const char *record_of(const char *key, const char *value)
{
	struct buffer record;
	const char *text;

	buffer_init(&record);
	record_add(&record, "desk", "Acme Support");
	record_add(&record, key, value);
	text = arena_string(&arena, buffer_string(&record));
	buffer_fini(&record);
	return text;
}

static const char *all_words(const char *value)
{
	struct buffer record;
	const char *text;

	buffer_init(&record);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		record_add(&record, words[i], strncmp(words[i], "link_", 5) ? value : "https://help.example.org/t/abc?d=e&f=g");
	text = arena_string(&arena, buffer_string(&record));
	buffer_fini(&record);
	return text;
}

/* ---- the built-in ones ---- */

static void builtin_ones_are_sound(void **state)
{
	struct error error;

	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (!desk_template_check(file, &error))
			fail_msg("%s", error.text);
}

/* Every mail is a row, and every row has its words in each language, as text and as HTML. */
static void every_notice_has_its_templates(void **state)
{
	size_t files = 0, rows = 0;

	for (const struct template_file *file = builtin_templates; file->language; file++) {
		if (!strcmp(file->name, "frame") || !strcmp(file->name, DESK_PAGES) || desk_template_is_part(file->name))
			continue;
		files++;
		if (!desk_notice_named(file->name))
			fail_msg("%s/%s.%s: no row of desk_notice_table.c", file->language, file->name, file->format);
	}
	while (desk_notices[rows].name) {
		bool to_agent = desk_notices[rows].to == NOTICE_TO_AGENT;

		if ((strncmp(desk_notices[rows].name, "agent-", 6) == 0) != to_agent)
			fail_msg("%s: its name does not say to whom it goes", desk_notices[rows].name);
		const struct desk_news *news = desk_news(&arena, desk_notices[rows].name, "");
		if ((news != NULL) != to_agent)
			fail_msg("%s: has no word for what it tells, or needs none (desk_news.c)", desk_notices[rows].name);
		for (size_t k = 0; news && k < DESK_LANGUAGES; k++)
			assert_true(*news->event && *news->words[k]);
		rows++;
	}
	assert_int_equal(files, rows * 5 * 2);
}

/* `signed_`: there were values, so the line of desk and ticket has something to show. */
static void assert_whole(const struct rendered *mail, const struct template_file *file, bool signed_)
{
	if (signed_ && !strstr(mail->text, "\n-- \n"))
		fail_msg("%s/%s: no signature line in the text", file->language, file->name);
	assert_null(strchr(mail->subject, '\n'));
	assert_null(strstr(mail->text, "\n\n\n"));
	assert_true(utf8_valid(mail->text, strlen(mail->text)) && utf8_valid(mail->html, strlen(mail->html)));
	if (strncmp(mail->html, "<!DOCTYPE html>", 15) || !strstr(mail->html, "</html>\n"))
		fail_msg("%s/%s: not a whole HTML document", file->language, file->name);
	if (strstr(mail->html, "<script") || strstr(mail->html, "{content}"))
		fail_msg("%s/%s: HTML holds what it must not", file->language, file->name);
}

static void builtin_ones_render_with_all_and_with_nothing(void **state)
{
	const char *values[] = {"Zürich 12", "one\ntwo\n\n> three\n", ""};

	for (const struct template_file *file = builtin_templates; file->language; file++) {
		if (strcmp(file->format, "txt") || !strcmp(file->name, DESK_PAGES) || desk_template_is_part(file->name))
			continue;
		for (size_t i = 0; i < COUNT_OF(values); i++) {
			struct rendered mail = render(NULL, file->name, file->language, *values[i] ? all_words(values[i]) : "");

			assert_whole(&mail, file, *values[i]);
			if (i == 0 && (!strstr(mail.subject, "Zürich 12") || !strstr(mail.text, "Zürich 12") || !strstr(mail.html, "Zürich 12")))
				fail_msg("%s/%s shows none of its values", file->language, file->name);
			arena_reset(&arena);
		}
	}
}

/* "lang" of the document is that of the words, and the words are not English ones. */
static void languages_are_chosen(void **state)
{
	struct rendered it = render(NULL, "received", "it-CH", ""), fallback = render(NULL, "received", "ja", "");
	struct rendered mail;
	struct error error;

	assert_non_null(strstr(it.text, "Buongiorno"));
	assert_non_null(strstr(it.html, "<html lang=\"it\">"));
	assert_non_null(strstr(fallback.text, "Hello"));
	assert_int_equal(desk_render(&arena, NULL, "received", "ja", "de", "", &mail, &error), STATUS_OK);
	assert_non_null(strstr(mail.text, "Guten Tag"));
	assert_int_equal(desk_render(&arena, NULL, "received", NULL, NULL, NULL, &mail, &error), STATUS_OK);
	assert_non_null(strstr(mail.text, "Hello"));
	assert_int_equal(desk_render(&arena, NULL, "no-such", "en", "en", "", &mail, &error), STATUS_NOT_FOUND);
}

static const struct template_file *builtin(const char *language, const char *name, const char *format)
{
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (!strcmp(file->language, language) && !strcmp(file->name, name) && !strcmp(file->format, format))
			return file;
	return NULL;
}

static void assert_same_parts(const struct template_file *a, const struct template_file *b)
{
	for (const struct template_file *part = builtin_templates; part->language; part++) {
		const char *tag = arena_printf(&arena, "{>%s}\n", part->name);
		if (!strstr(a->text, tag) != !strstr(b->text, tag))
			fail_msg("%s/%s.%s and %s/%s.%s differ in %s", a->language, a->name, a->format, b->language, b->name, b->format, tag);
	}
}

/* In each of the ways a word is used: {w}, {?w}, {!w}. */
static void assert_same_use(const struct template_file *a, const struct template_file *b)
{
	assert_same_parts(a, b);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		for (size_t form = 0; form < 3; form++) {
			char *tag = form == 0 ? arena_printf(&arena, "{%s}", words[i])
			                      : arena_printf(&arena, "{%c%s}", form == 1 ? '?' : '!', words[i]);
			if (!strstr(a->text, tag) != !strstr(b->text, tag))
				fail_msg("%s/%s.%s and %s/%s.%s differ in %s", a->language, a->name, a->format, b->language, b->name, b->format, tag);
		}
}

/* A part that says nothing in any language stands in English alone, and serves all (French has its own blanks). */
static bool without_words(const struct template_file *file)
{
	return desk_template_is_part(file->name) && !builtin("it", file->name, file->format);
}

static void languages_have_the_same_templates_and_words(void **state)
{
	size_t count[COUNT_OF(languages)] = {0};

	for (const struct template_file *file = builtin_templates; file->language; file++) {
		size_t known = 0;
		if (!strcmp(file->name, "frame") || without_words(file))
			continue;
		for (size_t i = 0; i < COUNT_OF(languages); i++) {
			const struct template_file *same = builtin(languages[i], file->name, file->format);
			if (!same)
				fail_msg("%s/%s.%s is missing", languages[i], file->name, file->format);
			assert_same_use(file, same);
			known += !strcmp(file->language, languages[i]) ? ++count[i] : 0;
		}
		assert_true(known);
		if (strcmp(file->name, DESK_PAGES))
			assert_non_null(builtin(file->language, file->name, strcmp(file->format, "txt") ? "txt" : "html"));
	}
	for (size_t i = 1; i < COUNT_OF(languages); i++)
		assert_int_equal(count[i], count[0]);
	assert_true(count[0] >= 40);
}

/* They may go to a forged sender: nothing that the sender wrote is in them (but the Subject, for threading). */
static void acknowledgements_echo_nothing(void **state)
{
	static const char *const names[] = {"received", "held", "held-reminder", "expired"};
	struct rendered mail;

	for (size_t i = 0; i < COUNT_OF(languages) * COUNT_OF(names); i++) {
		struct buffer record;
		buffer_init(&record);
		for (size_t w = 0; w < COUNT_OF(words); w++)
			if (strcmp(words[w], "desk") && strcmp(words[w], "ticket") && strncmp(words[w], "link_", 5) && strcmp(words[w], "subject_line")
			    && strncmp(words[w], "article_", 8) && strncmp(words[w], "excerpt_", 8) && strcmp(words[w], "address") && strcmp(words[w], "logo")
			    && !strstr(words[w], "colour") && strncmp(words[w], "dark_", 5))
				record_add(&record, words[w], strcmp(words[w], "date") ? "BUY-CHEAP" : "2026-12-01");
		mail = render(NULL, names[i / COUNT_OF(languages)], languages[i % COUNT_OF(languages)], buffer_string(&record));
		assert_null(strstr(mail.text, "BUY-CHEAP"));
		assert_null(strstr(mail.html, "BUY-CHEAP"));
		buffer_fini(&record);
	}
}

/* ---- the syntax ---- */

static void sections_and_braces(void **state)
{
	const char *template = "Subject: {subject_line}\n\n{?agent}\nA {agent}{?other} O{/other}\n{/agent}\n{!agent}\nnobody\n{/agent}\n{{x} end\n";

	assert_string_equal(render_text(template, NULL, "agent=Bob\n").text, "A Bob\n{x} end\n");
	assert_string_equal(render_text(template, NULL, "agent=Bob\nother=7\n").text, "A Bob O\n{x} end\n");
	assert_string_equal(render_text(template, NULL, "agent= \\n \n").text, "nobody\n{x} end\n");
	assert_string_equal(render_text(template, NULL, "other=7\n").text, "nobody\n{x} end\n");
	assert_string_equal(render_text(template, NULL, "subject_line=Re: a [#1]\n").subject, "Re: a [#1]");
	assert_string_equal(render_text(template, NULL, "").subject, "");
	assert_string_equal(render_text(template, NULL, "").html, "");
}

/* Values are never read as templates, and the first of two values counts. */
static void values_are_not_templates(void **state)
{
	assert_string_equal(render_text("Subject: x\n\n{agent} {{{text}\n", NULL, "agent={text}\nagent=second\ntext={?agent}\n").text,
	                    "{text} {{?agent}\n");
}

static void hostile_values_stay_on_their_line(void **state)
{
	struct rendered mail = render_text("Subject: {subject_line}{agent}\n\n{agent}|{customer}\n", NULL,
	                                   "subject_line=a\\r\\nBcc: x@y\nagent=b\\nc\ncustomer=\td\\re\x7f" "f\n");

	assert_string_equal(mail.subject, "a  Bcc: x@yb c");
	assert_string_equal(mail.text, "b c| d e f\n");
}

static void html_is_escaped(void **state)
{
	const char *evil = "\"><script>alert('&')</script>";
	struct rendered mail = render_text("Subject: x\n\nx\n", "<!doctype html><a title=\"{agent}\">{agent}</a>{text}",
	                                   arena_printf(&arena, "agent=%s\ntext=%s\n", evil, evil));

	assert_string_equal(mail.html,
	                    "<!doctype html><a title=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\">"
	                    "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</a>"
	                    "<p style=\"margin:0 0 16px\">&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>\n");
}

static void every_builtin_html_is_escaped(void **state)
{
	for (const struct template_file *file = builtin_templates; file->language; file++) {
		if (strcmp(file->format, "txt") || !strcmp(file->name, DESK_PAGES) || desk_template_is_part(file->name))
			continue;
		struct rendered mail = render(NULL, file->name, file->language, all_words("<i>&\"'><script>"));
		assert_null(strstr(mail.html, "<i>"));
		assert_null(strstr(mail.html, "<script"));
		arena_reset(&arena);
	}
}

/* ---- words of several lines ---- */

static const char *html_of(const char *text)
{
	return render_text("Subject: x\n\nx\n", "<!doctype html>{text}", record_of("text", text)).html + strlen("<!doctype html>");
}

#define P "<p style=\"margin:0 0 16px\">"
#define AUTO "<p dir=\"auto\" style=\"margin:0 0 16px;text-align:start\">"
#define Q "<blockquote style=\"margin:0 0 16px;padding:0 0 0 12px;border-left:2px solid #8a94a6\">"
#define A(url) "<a href=\"" url "\" style=\"overflow-wrap:anywhere\">" url "</a>"

static void words_become_paragraphs(void **state)
{
	assert_string_equal(html_of("\n\none\ntwo\n\n\nthree\n\n"), P "one<br>\ntwo</p>\n" P "three</p>\n");
	assert_string_equal(html_of("a\n> b\n> c\n>\n> > d\ne"), P "a</p>\n" Q P "b<br>\nc</p>\n" P "&gt; d</p>\n</blockquote>\n" P "e</p>\n");
	assert_string_equal(html_of("  x  y\n\tz"), P "&nbsp;&nbsp;x &nbsp;y<br>\n&nbsp; &nbsp; z</p>\n");
	assert_string_equal(html_of(">"), Q "</blockquote>\n");
	/* where words are written from right to left, the reader's program finds the direction of each paragraph */
	assert_string_equal(html_of("a\n\nשלום"), AUTO "a</p>\n" AUTO "שלום</p>\n");
	assert_string_equal(html_of("مرحبا"), AUTO "مرحبا</p>\n");
	assert_string_equal(html_of("Привет 你好 Ընկեր"), P "Привет 你好 Ընկեր</p>\n");
}

static void links_are_made_of_three_schemes_alone(void **state)
{
	assert_string_equal(html_of("see https://a.example/b?c=d&e=f."), P "see " "<a href=\"https://a.example/b?c=d&amp;e=f\" style=\"overflow-wrap:anywhere\">https://a.example/b?c=d&amp;e=f</a>" ".</p>\n");
	assert_string_equal(html_of("(HTTP://A.example/)"), P "(" A("HTTP://A.example/") ")</p>\n");
	assert_string_equal(html_of("http://a.example/x_(y)"), P A("http://a.example/x_(y)") "</p>\n");
	assert_string_equal(html_of("<mailto:a@b.example>"), P "&lt;" A("mailto:a@b.example") "&gt;</p>\n");
	assert_string_equal(html_of("http:// https://... javascript:alert(1) data:text/html,x xhttps://a.example"),
	                    P "http:// https://... javascript:alert(1) data:text/html,x xhttps://a.example</p>\n");
	assert_string_equal(html_of("https://a.example/\"onclick=x"), P A("https://a.example/") "&quot;onclick=x</p>\n");
	/* A turning character ends the link. */
	assert_string_equal(html_of("https://a.example/\xE2\x80\xAE" "gpj"), P A("https://a.example/") "\xE2\x80\xAE" "gpj</p>\n");
	assert_string_equal(html_of("https://de.example/Größe"), P A("https://de.example/Größe") "</p>\n");
}

static void links_of_ours_are_web_links(void **state)
{
	const char *html = "<!doctype html>{?link_status}<a href=\"{link_status}\">x</a>{/link_status}{!link_status}none{/link_status}";

	assert_string_equal(render_text("Subject: x\n\nx\n", html, "link_status=https://h/?a&b\n").html,
	                    "<!doctype html><a href=\"https://h/?a&amp;b\">x</a>");
	assert_string_equal(render_text("Subject: x\n\nx\n", html, "link_status=javascript:x\n").html, "<!doctype html>none");
}

static void an_indent_is_repeated_in_text(void **state)
{
	assert_string_equal(render_text("Subject: x\n\n> {text}\n\n  {commands}\n{agent}: {text}\n", NULL, "text=a\\n\\nb\ncommands=/x\\n/y\nagent=B\n").text,
	                    "> a\n>\n> b\n\n  /x\n  /y\nB: a\n\nb\n");
}

/* Escapes and tags multiply hostile words: long ones go out as text alone, in linear time. */
static void long_words(void **state)
{
	size_t size = 1024 * 1024;
	const char *patterns[] = {")", "http://)", "a\n>", "{", "<", "http://", ">\n", "  x"};

	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		for (size_t round = 0; round < 2; round++) {
			size_t length = round ? 60 * 1024 : size;
			struct buffer text;
			buffer_init(&text);
			buffer_add_string(&text, "http://");
			while (text.length < length)
				buffer_add_string(&text, patterns[i]);
			struct rendered mail = render(NULL, "agent-new", "en", record_of("text", buffer_string(&text)));
			assert_true(length < size ? *mail.html && strlen(mail.html) < 4 * size : !*mail.html);
			assert_true(strlen(mail.text) > length / 4);
			buffer_fini(&text);
			arena_reset(&arena);
		}
	}
}

/* ---- buttons, heading and colours ---- */

static void buttons_are_links_in_text_and_tables_in_html(void **state)
{
	const char *record = record_of("link_help", "https://help.example.org/l/abc?a=1&b=2");
	struct rendered mail = render_text("Subject: x\n\nHere:\n\n{=link_help}I'm <stuck>{/link_help}\n{-link_status}Not there{/link_status}\nEnd\n",
	                                   "<p>Here:</p>\n{=link_help}I'm <stuck>{/link_help}\n{-link_status}Not there{/link_status}\n", record);

	assert_string_equal(mail.text, "Here:\n\nI'm <stuck>:\nhttps://help.example.org/l/abc?a=1&b=2\n\nEnd\n");
	assert_non_null(strstr(mail.html, "bgcolor=\"#0b5cad\""));
	assert_non_null(strstr(mail.html, "href=\"https://help.example.org/l/abc?a=1&amp;b=2\""));
	assert_non_null(strstr(mail.html, ">I&#39;m &lt;stuck&gt;</a>"));
	assert_null(strstr(mail.html, "Not there"));
}

static void a_heading_and_a_preheader_stand_in_the_frame(void **state)
{
	struct rendered mail = render_text("Subject: x\n\nx\n", "Preheader: Of {desk} & {subject}\nHeading: Your {ticket}\n<p>x</p>\n",
	                                   arena_printf(&arena, "%s%s", record_of("ticket", "7"), "subject=<b>\nheading=none\n"));

	assert_non_null(strstr(mail.html, ">Your 7</h1>"));
	assert_non_null(strstr(mail.html, "mso-hide:all\">Of Acme Support &amp; &lt;b&gt;</div>"));
	assert_string_equal(mail.heading, "Of Acme Support & <b>\nYour 7\n");
	mail = render_text("Subject: x\n\nx\n", "<p>x</p>\n", record_of("ticket", "7"));
	assert_non_null(strstr(mail.html, "<h1 class=\"muted\""));           /* a page has one heading, for who cannot see: here the line at its end */
	assert_null(strstr(strstr(mail.html, "<h1") + 1, "<h1"));
	assert_null(strstr(mail.html, "mso-hide:all"));
	assert_string_equal(mail.heading, "");
}

/* No file but desk_brand.c says a colour of the brand: whoever sets another one has changed all mails. */
static void one_value_changes_the_colour_everywhere(void **state)
{
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (strstr(file->text, "#0b5cad") || strstr(file->text, "#1b6e3f"))
			fail_msg("%s/%s.%s has a colour of its own", file->language, file->name, file->format);
}

static void assert_readable(const char *colour)
{
	struct desk_colours c;
	assert_true(desk_brand_colours(colour, &c));
	if (desk_contrast(c.text, c.button) < 4.5 || desk_contrast(c.dark_text, c.dark_button) < 4.5 || desk_contrast(c.link, "#ffffff") < 4.5
	    || desk_contrast(c.link, "#f3f4f6") < 4.5 || desk_contrast(c.dark_link, "#1f2429") < 4.5 || desk_contrast(c.dark_link, "#15181c") < 4.5
	    || desk_contrast(c.dark_button, "#1f2429") < 3)
		fail_msg("%s cannot be read: %s on %s, %s; dark %s on %s, %s", colour, c.text, c.button, c.link, c.dark_text, c.dark_button, c.dark_link);
}

static void any_colour_of_the_brand_can_be_read(void **state)
{
	uint64_t seed = 20261129;
	char colour[DESK_COLOUR];
	struct desk_colours c;

	for (int i = 0; i < 1000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		snprintf(colour, sizeof colour, "#%06x", (unsigned)(seed >> 40));
		assert_readable(colour);
	}
	for (const char *const *at = (const char *const[]){"#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#777777", "#FFD700", NULL}; *at; at++)
		assert_readable(*at);
	assert_true(desk_contrast("#000000", "#ffffff") > 20.99 && desk_contrast("#ffffff", "#767676") > 4.5 && desk_contrast("#777777", "#ffffff") < 4.5);
	assert_false(desk_brand_colours("blue", &c));
	assert_false(desk_brand_colours("#12345", &c));
	assert_false(desk_brand_colours("#12345g", &c));
}

/* ---- languages ---- */

/* What the desk says besides its templates, one language of it: to agents about their commands, and of what was done. */
struct said { const char *where, *words; };
#define SAY(where, words) *ARENA_PUSH(&arena, &all) = (struct said){where, words}

static struct all_said { struct said *at; size_t count; } all_said(size_t language)
{
	struct all_said all = {NULL, 0};
	const struct desk_command *command;
	for (int which = 0; which < SAY_COUNT; which++)
		SAY(arena_printf(&arena, "sentence %d", which), desk_sentence(&arena, languages[language], (enum sentence)which, "{1}", "{2}", "{3}"));
	for (size_t i = 0; (command = desk_command_at(i)); i++) {
		SAY(arena_printf(&arena, "/%s: what it asks for", command->name), command->help[language]);
		if (command->done[0])
			SAY(arena_printf(&arena, "/%s: what was done", command->name), command->done[language]);
	}
	for (size_t i = 0; desk_notices[i].name; i++)
		if (desk_notices[i].to == NOTICE_TO_AGENT)
			SAY(desk_notices[i].name, desk_news(&arena, desk_notices[i].name, "")->words[language]);
	for (int state = 0; state < STATE_COUNT; state++)
		SAY("state", desk_state_word((enum ticket_state)state, languages[language]));
	return all;
}

/* Values keep their place, nothing is left out, and nothing is the English words again. */
static void what_is_said_of_commands_is_there_in_every_language(void **state)
{
	struct all_said english = all_said(0);
	for (size_t language = 0; language < DESK_LANGUAGES; language++) {
		struct all_said all = all_said(language);
		assert_int_equal(all.count, english.count);
		for (size_t i = 0; i < all.count; i++) {
			if (!all.at[i].words || !*all.at[i].words)
				fail_msg("%s is missing in %s", all.at[i].where, languages[language]);
			for (int value = 1; value <= 3; value++) {
				const char *mark = arena_printf(&arena, "{%d}", value);
				if (!strstr(all.at[i].words, mark) != !strstr(english.at[i].words, mark))
					fail_msg("%s in %s: %s", all.at[i].where, languages[language], mark);
			}
			if (language && strlen(all.at[i].words) > 12 && strcmp(all.at[i].words, english.at[i].words) == 0)
				fail_msg("%s is English in %s", all.at[i].where, languages[language]);
			if (!utf8_valid(all.at[i].words, strlen(all.at[i].words)))
				fail_msg("%s in %s is not UTF-8", all.at[i].where, languages[language]);
		}
	}
	assert_true(english.count > 100);
}

static void assert_french_blanks(const char *where, const char *text, bool html)
{
	static const char *const wrong[] = {" :", " ?", " !", " ;", "\xC2\xAB ", " \xC2\xBB"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		for (const char *at = text; (at = strstr(at, wrong[i])); at++)
			if (!html || (at[2] && strchr(" \n{<", at[2])))
				fail_msg("%s: a plain blank in \"%.30s\"", where, at > text + 10 ? at - 10 : at);
}

/* French wants a blank that does not break before : ? ! ; and inside its quotation marks. */
static void french_has_its_blanks(void **state)
{
	struct all_said all = all_said(desk_language_number("fr"));
	for (size_t i = 0; i < all.count; i++)
		assert_french_blanks(all.at[i].where, all.at[i].words, false);
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (strcmp(file->language, "fr") == 0)
			assert_french_blanks(arena_printf(&arena, "fr/%s.%s", file->name, file->format), file->text, strcmp(file->format, "html") == 0);
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = text; (at = strstr(at, word)); at++) {
		unsigned char before = at > text ? (unsigned char)at[-1] : ' ', behind = (unsigned char)at[length];
		if (!(before >= 0x80 || strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_{-", before))
		    && !(behind >= 0x80 || (behind && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_}", behind))))
			return true;
	}
	return false;
}

static bool is_for_agents(const char *name)
{
	return !strncmp(name, "agent-", 6) || !strcmp(name, "part-answer") || !strcmp(name, "part-bounce") || !strcmp(name, "part-customer") || !strcmp(name, "part-files") || !strcmp(name, "part-unanswered");
}

/* doc/templates.md says which: Italian speaks to customers with Lei and to agents with tu, the others to everybody with Sie, vous and usted.
 * And some words of the glossary, of which another was used before. */
static void everybody_is_addressed_as_the_documentation_says(void **state)
{
	static const struct { const char *language; int agents; const char *words[24]; } wrong[] = {
		{"it", 0, {"tu", "te", "tuo", "tua", "tue", "tuoi", "ti", "rispondi", "puoi", "hai", "scrivi", "sua", "suo", "sue", "suoi", "le abbiamo", "la aiuta", NULL}},
		{"it", 1, {"Lei", "Sua", "Suo", "Sue", "Suoi", "risponda", "Risponda", "scriva", "ticket", "risolto", "chiuso", NULL}},
		{"de", 2, {"du", "Du", "dein", "deine", "dir", "dich", "Mail", "Ticket", "gelöst", "Haus", "hinaus", NULL}},
		{"fr", 2, {"tu", "ton", "ta", "tes", "toi", "réponds", "ticket", "close", "clos", "ferme", "fermée", "mail", "mails", "seulement", NULL}},
		{"es", 2, {"tu", "tus", "ti", "te", "contigo", "responde a", "ticket", "tique", "casa", "orden", "antes del", NULL}},
		{"en", 2, {"this mail", "our mail", "by mail", "next mail", "mails", "the house", "waits for", NULL}},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct all_said all = all_said(desk_language_number(wrong[i].language));
		for (size_t k = 0; k < all.count && wrong[i].agents; k++)
			for (const char *const *word = wrong[i].words; *word; word++)
				if (has_word(all.at[k].words, *word))
					fail_msg("%s in %s says \"%s\": %s", all.at[k].where, wrong[i].language, *word, all.at[k].words);
	}
	for (const struct template_file *file = builtin_templates; file->language; file++)
		for (size_t i = 0; i < COUNT_OF(wrong); i++) {
			if (strcmp(file->language, wrong[i].language) || (wrong[i].agents != 2 && is_for_agents(file->name) != (wrong[i].agents == 1)) || !strcmp(file->name, "frame"))
				continue;
			for (const char *const *word = wrong[i].words; *word; word++)
				if (has_word(file->text, *word))
					fail_msg("%s/%s.%s says \"%s\"", file->language, file->name, file->format, *word);
		}
}

/* ---- what the pages say ---- */

static const char *sentence_of(const struct template_set *own, const char *language, const char *name)
{
	return desk_page_words(&arena, own, language, "en", name, "desk=Acme <Support>\nticket=12\n");
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		lines += *text != '#' && *text != '\n';
	return lines;
}

/* That each is one that a page says, and the other way round, is in test_web.c. */
static void pages_have_all_their_sentences_in_every_language(void **state)
{
	const char *english = builtin("en", DESK_PAGES, "txt")->text;
	for (size_t i = 0; i < COUNT_OF(languages); i++) {
		const struct template_file *file = builtin(languages[i], DESK_PAGES, "txt");
		int number = 0;
		struct error error;
		assert_non_null(file);
		assert_int_equal(count_lines(file->text), count_lines(english));
		for (const char *at = english; *at; at += strcspn(at, "\n"), at += *at == '\n') {
			if (*at == '#' || *at == '\n')
				continue;
			const char *name = arena_copy(&arena, at, strcspn(at, ":"));
			const char *line = strstr(file->text, arena_printf(&arena, "\n%s: ", name)), *said = sentence_of(NULL, languages[i], name);
			if (!line || !*said)
				fail_msg("%s/pages.txt does not say \"%s\"", languages[i], name);
			if (i && strlen(said) > 12 && strcmp(said, sentence_of(NULL, "en", name)) == 0)
				fail_msg("%s/pages.txt says \"%s\" in English", languages[i], name);
			if (!strstr(said, "Acme <Support>") != !strstr(sentence_of(NULL, "en", name), "Acme <Support>"))
				fail_msg("%s/pages.txt: {desk} in \"%s\"", languages[i], name);
		}
		if (desk_pages_problem(&arena, file, &number, &error))
			fail_msg("%s/pages.txt:%d: %s", languages[i], number, error.text);
	}
}

static void one_sentence_of_a_page_is_replaced_alone(void **state)
{
	const struct template_file files[] = {
		{"en", DESK_PAGES, "txt", "# ours\n\nstate-new: We have it, {desk}!\nstate-open:\nsend: {nonsense}\n  yes :\tsure\nno:  Not at all  \r\nno: later\n"},
		{"nl", DESK_PAGES, "txt", "own-name: Nederlands\nsend: Versturen\n"},
	};
	const struct template_set own = {files, 2, NULL};
	assert_string_equal(sentence_of(&own, "en", "state-new"), "We have it, Acme <Support>!");
	assert_string_equal(sentence_of(&own, "en-GB", "no"), "Not at all");
	assert_string_equal(sentence_of(&own, "en", "state-open"), sentence_of(NULL, "en", "state-open"));        /* empty */
	assert_string_equal(sentence_of(&own, "en", "send"), "Send");                                             /* broken */
	assert_string_equal(sentence_of(&own, "en", "yes"), "Yes, it is solved");                                 /* no name before the colon */
	assert_string_equal(sentence_of(&own, "it", "state-new"), sentence_of(NULL, "it", "state-new"));
	assert_string_equal(sentence_of(&own, "nl", "send"), "Versturen");
	assert_string_equal(sentence_of(&own, "nl", "state-new"), "We have it, Acme <Support>!");                 /* the desk's language, with its own words */
	assert_string_equal(sentence_of(&own, "xx", "nothing"), "");
	assert_string_equal(desk_page_language_of(&own, "nl-BE"), "nl");
	assert_null(desk_page_language_of(NULL, "nl"));
	assert_string_equal(desk_page_language_of(&own, "de-AT"), "de");
	assert_string_equal(desk_page_language(&own, 5), "nl");
	assert_null(desk_page_language(&own, 6));
}

static void wrong_lines_of_pages_are_told_each(void **state)
{
	const struct template_file file = {"en", DESK_PAGES, "txt", "state-new: good\nstate-nwe: x\nno words\nsend: {nonsense}\nyes: {?desk}a\nno:\nstate-new: good {ticket}\n"};
	static const struct { int line; const char *words; } wrong[] = {
		{2, "\"state-nwe\" is no sentence of the pages and is not used, did you mean \"state-new\"?"}, {3, "is not \"name: words\" and is not used"},
		{4, "\"send\" cannot be used, the built-in sentence is: unknown variable {nonsense}"},
		{5, "\"yes\" cannot be used, the built-in sentence is: a section is not closed: {desk}"}, {6, "is not \"name: words\" and is not used"},
	};
	int line = 0;
	struct error error;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_true(desk_pages_problem(&arena, &file, &line, &error));
		assert_int_equal(line, wrong[i].line);
		assert_string_equal(error.text, wrong[i].words);
	}
	assert_false(desk_pages_problem(&arena, &file, &line, &error));
}

/* ---- a desk's own templates ---- */

static void own_templates_come_first_unless_broken(void **state)
{
	const struct template_file good[] = {{"it", "received", "txt", "Subject: mio\n\nmio {ticket}\n"},
	                                     {"en", "frame", "html", "<!doctype html>[{content}]"}};
	const struct template_file bad[] = {{"it", "received", "txt", "Subject: mio\n\n{?ticket}\n"},
	                                    {"en", "frame", "html", "<!doctype html>no content"}};
	const struct template_set own = {good, 2, NULL}, broken = {bad, 2, NULL};
	struct rendered mail = render(&own, "received", "it", "ticket=12\n");

	assert_string_equal(mail.subject, "mio");
	assert_string_equal(mail.text, "mio 12\n");
	assert_non_null(strstr(mail.html, "<!doctype html>[" P "Buongiorno"));
	assert_non_null(strstr(render(&own, "received", "en", "ticket=12\n").text, "Hello"));
	mail = render(&broken, "received", "it", "ticket=12\n");
	assert_non_null(strstr(mail.text, "Buongiorno"));
	assert_non_null(strstr(mail.html, "<html lang=\"it\">"));
}

/* One file for the line that ends every mail of the desk; what is broken in it does no harm. */
static void own_parts_change_all_that_use_them(void **state)
{
	const struct template_file good[] = {{"en", "part-foot", "txt", "-- \nYours, {desk}\n"}};
	const struct template_file bad[] = {{"en", "part-foot", "txt", "-- \n{?desk}\n"}};
	const struct template_set own = {good, 1, NULL}, broken = {bad, 1, NULL};

	assert_non_null(strstr(render(&own, "received", "it", "desk=ACME\n").text, "\n-- \nYours, ACME\n"));
	assert_non_null(strstr(render(&own, "reply", "en", "desk=ACME\ntext=Hi\n").text, "Hi\n\n-- \nYours, ACME\n"));
	assert_non_null(strstr(render(&broken, "reply", "en", "desk=ACME\ntext=Hi\n").text, "Hi\n\n-- \nACME\n"));
}

static void parts_stand_where_they_are_put(void **state)
{
	const char *record = "note_address=n@example.org\ncustomer=Ann\n";
	struct rendered mail = render_text("Subject: x\n\na\n{?customer}\n{>part-customer}\n{/customer}\n{!customer}\n{>part-answer}\n{/customer}\nz\n", NULL, record);

	assert_string_equal(mail.text, "a\nFrom: Ann\n\nz\n");
}

static void broken_ones_are_told_with_their_line(void **state)
{
	static const struct { const char *format, *text, *complaint; } cases[] = {
		{"txt", "Hello\n", "en/own.txt:1: the first line is not \"Subject: ...\""},
		{"txt", "Subject: x\n\n{nonsense}\n", "en/own.txt:3: unknown variable {nonsense}"},
		{"txt", "Subject: {text}\n\nx\n", "en/own.txt:1: several lines do not fit into the Subject: {text}"},
		{"txt", "Subject: x\n\n{?agent}\nx\n", "en/own.txt:3: a section is not closed: {agent}"},
		{"txt", "Subject: x\n\nx\n{/agent}\n", "en/own.txt:4: closes what is not the innermost open section: {/agent}"},
		{"txt", "Subject: x\n{?agent}{?text}{/agent}{/text}", "en/own.txt:2: closes what is not the innermost open section: {/agent}"},
		{"txt", "Subject: x\n\n{ agent}\n", "en/own.txt:3: a brace that begins no {name}; write {{ for a brace"},
		{"txt", "Subject: x\n\n{agent", "en/own.txt:3: a brace that begins no {name}; write {{ for a brace"},
		{"txt", "Subject: x\n\n\xFF\n", "en/own.txt:1: not UTF-8"},
		{"txt", "Subject: x\n\n{>part-nothing}\n", "en/own.txt:3: there is no such part: {>part-nothing}"},
		{"txt", "Subject: x\n\n{=link_help}Help\n", "en/own.txt:3: a button's words and their end, {=link}words{/link}, are missing behind {=link_help}"},
		{"txt", "Subject: x\n\n{=desk}Help{/desk}\n", "en/own.txt:3: a button needs an address of a page, not {desk}"},
		{"txt", "Subject: {-link_help}Help{/link_help}\n", "en/own.txt:1: a button does not fit into the Subject: {link_help}"},
		{"txt", "Subject: {>part-foot}\n\nx\n", "en/own.txt:1: several lines do not fit into the Subject: {>part-foot}"},
		{"html", "{>received}", "en/own.html:1: there is no such part: {>received}"},
		{"html", "<p>{content}</p>", "en/own.html:1: only frame.html may hold {content}"},
		{"html", "{?text}{?text}{?text}{?text}{?text}{?text}{?text}{?text}\n{?text}", "en/own.html:2: sections nest too deep at {text}"},
	};
	struct error error;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct template_file file = {"en", "own", cases[i].format, cases[i].text};
		assert_false(desk_template_check(&file, &error));
		assert_int_equal(error.status, STATUS_BAD_CONFIG);
		assert_string_equal(error.text, cases[i].complaint);
		assert_false(desk_template_check(&file, NULL));
	}
	const struct template_file nested = {"en", "part-foot", "txt", "{>part-answer}\n"};
	assert_false(desk_template_check(&nested, &error));
	assert_string_equal(error.text, "en/part-foot.txt:1: a part may not hold another one: {>part-answer}");
}

/* What a person wrote may not be lost, whatever carries it. */
static void a_persons_words_go_out_in_any_case(void **state)
{
	const struct template_file own[] = {{"en", "closed", "txt", "Subject: Over\n\nIt is over.\n"}, {"en", "closed", "html", "<p>It is over.</p>"}};
	const struct template_file whole[] = {own[0], {"en", "closed", "html", "<!doctype html><p>It is over.</p>"}};

	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (desk_notice_is(file->name, NOTICE_AGENTS_WORDS) && !strstr(file->text, "{text}"))
			fail_msg("%s/%s.%s has no {text}", file->language, file->name, file->format);
	struct rendered mail = render(&(struct template_set){own, 2, NULL}, "closed", "en", record_of("text", "We sent\na <new> one."));
	assert_string_equal(mail.subject, "Over");
	assert_string_equal(mail.text, "We sent\na <new> one.\n\nIt is over.\n");
	assert_non_null(strstr(mail.html, P "We sent<br>\na &lt;new&gt; one.</p>\n\n<p>It is over.</p>"));
	mail = render(&(struct template_set){whole, 2, NULL}, "closed", "en", record_of("text", "words"));
	assert_string_equal(mail.text, "words\n\nIt is over.\n");
	assert_string_equal(mail.html, "");
	mail = render(&(struct template_set){whole, 2, NULL}, "closed", "en", record_of("text", ""));
	assert_string_equal(mail.text, "It is over.\n");
	assert_string_equal(mail.html, "<!doctype html><p>It is over.</p>");
}

/* Where the ticket's address answers, an agent must see who will read his answer. agent-side has an address of its own, and one reader. */
static void whoever_may_answer_sees_who_reads_it(void **state)
{
	for (const struct template_file *file = builtin_templates; file->language; file++) {
		const struct desk_notice *notice = desk_notice_named(file->name);
		if (!notice || notice->to != NOTICE_TO_AGENT || (notice->what & NOTICE_OF_NO_TICKET) || !strcmp(file->name, "agent-side"))
			continue;
		struct rendered mail = render(NULL, file->name, file->language, arena_printf(&arena, "%s%s%s", record_of("customer", "Anna"), record_of("done", "Closed."), record_of("readers", "Rea Ders")));
		if (!strstr(mail.text, "Rea Ders") || !strstr(mail.html, "Rea Ders"))
			fail_msg("%s/%s.%s does not name the readers", file->language, file->name, file->format);
	}
}

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_up, arena_down)
	const struct CMUnitTest tests[] = {
		WITH_ARENA(builtin_ones_are_sound), WITH_ARENA(every_notice_has_its_templates), WITH_ARENA(builtin_ones_render_with_all_and_with_nothing),
		WITH_ARENA(languages_are_chosen), WITH_ARENA(languages_have_the_same_templates_and_words),
		WITH_ARENA(acknowledgements_echo_nothing), WITH_ARENA(sections_and_braces), WITH_ARENA(values_are_not_templates),
		WITH_ARENA(hostile_values_stay_on_their_line), WITH_ARENA(html_is_escaped), WITH_ARENA(every_builtin_html_is_escaped),
		WITH_ARENA(words_become_paragraphs), WITH_ARENA(links_are_made_of_three_schemes_alone),
		WITH_ARENA(links_of_ours_are_web_links), WITH_ARENA(an_indent_is_repeated_in_text), WITH_ARENA(long_words),
		WITH_ARENA(buttons_are_links_in_text_and_tables_in_html), WITH_ARENA(a_heading_and_a_preheader_stand_in_the_frame),
		WITH_ARENA(one_value_changes_the_colour_everywhere), WITH_ARENA(any_colour_of_the_brand_can_be_read), WITH_ARENA(french_has_its_blanks),
		WITH_ARENA(what_is_said_of_commands_is_there_in_every_language), WITH_ARENA(pages_have_all_their_sentences_in_every_language),
		WITH_ARENA(one_sentence_of_a_page_is_replaced_alone), WITH_ARENA(wrong_lines_of_pages_are_told_each),
		WITH_ARENA(everybody_is_addressed_as_the_documentation_says), WITH_ARENA(own_templates_come_first_unless_broken), WITH_ARENA(own_parts_change_all_that_use_them),
		WITH_ARENA(parts_stand_where_they_are_put), WITH_ARENA(broken_ones_are_told_with_their_line),
		WITH_ARENA(a_persons_words_go_out_in_any_case), WITH_ARENA(whoever_may_answer_sees_who_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
