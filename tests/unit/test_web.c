/*
 * test_web.c - which HTTP connections are ended for being slow; under which name a file is kept; what pages say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/web_private.h"
#include "web/web_watch_private.h"

#define SECOND 1000000LL

/* Has the other end been shut down? */
static bool is_ended(int fd)
{
	char byte;
	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void who_is_slow_is_ended(void **state)
{
	struct web_watch watch = {.lock = PTHREAD_MUTEX_INITIALIZER};
	int pairs[3][2];
	struct web_line *lines[3];
	for (int i = 0; i < 3; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
		lines[i] = web_watch_opened(&watch, pairs[i][0], i * 10 * SECOND);
	}
	assert_int_equal(web_watch_end_slow(&watch, 29 * SECOND, 30 * SECOND), 0);
	web_watch_answered(&watch, lines[1], 25 * SECOND);           /* kept for the next request */
	assert_int_equal(web_watch_end_slow(&watch, 51 * SECOND, 30 * SECOND), 2);
	assert_true(is_ended(pairs[0][1]) && is_ended(pairs[2][1]));
	assert_false(is_ended(pairs[1][1]));
	web_watch_allow(&watch, lines[1], 10 * SECOND);              /* a file goes out */
	assert_int_equal(web_watch_end_slow(&watch, 64 * SECOND, 30 * SECOND), 0);
	assert_int_equal(web_watch_end_slow(&watch, 51 * SECOND, 30 * SECOND), 0);   /* once each */
	web_watch_closed(&watch, lines[1]);                          /* in the middle, at the beginning, at the end */
	web_watch_closed(&watch, lines[2]);
	web_watch_closed(&watch, lines[0]);
	assert_null(watch.first);
	assert_int_equal(web_watch_end_slow(&watch, 1000 * SECOND, 30 * SECOND), 0);
	for (int i = 0; i < 3; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

/* RFC 6266 with RFC 8187: what a stranger called his file opens no header and ends no name. */
static void a_file_is_kept_under_its_name(void **state)
{
	static const struct { const char *name, *header; } cases[] = {
		{"plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"},
		{"Größe.txt", "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt"},
		{"a \"b\"; c=\\d%41'.exe", "attachment; filename=\"a _b_; c=_d_41'.exe\"; filename*=UTF-8''a%20%22b%22%3B%20c%3D%5Cd%2541%27.exe"},
		{"x\r\ny", "attachment; filename=\"x__y\"; filename*=UTF-8''x%0D%0Ay"},
		{"\xF0\x9F\x98\x80", "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer out CLEANUP_BUFFER;
		buffer_init(&out);
		web_disposition(&out, cases[i].name);
		assert_string_equal(buffer_string(&out), cases[i].header);
	}
}

/* Every sentence has a line in en/pages.txt, and every line a sentence; test_desk_template.c holds the other languages to it. */
static void what_pages_say_is_written_in_their_file(void **state)
{
	struct arena arena CLEANUP_ARENA;
	const struct template_file *file = builtin_templates;
	size_t lines = 0;
	arena_init(&arena);
	while (strcmp(file->language, "en") != 0 || strcmp(file->name, DESK_PAGES) != 0)
		file++;
	for (const char *at = file->text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		lines += *at != '#' && *at != '\n';
	assert_int_equal(lines, WORD_COUNT);
	for (int word = 0; word < WORD_COUNT; word++) {
		const char *name = web_word_name((enum web_word)word);
		if (!name || !strstr(file->text, arena_printf(&arena, "\n%s: ", name)))
			fail_msg("en/pages.txt does not say \"%s\"", name ? name : "?");
	}
}

static const char *page_in(struct arena *arena, const char *language, const char *fallback, const struct template_set *own)
{
	struct desk_colours none = {.button = ""};
	struct web_page page = {.kind = PAGE_VIEW_STATUS, .language = language, .fallback = fallback, .words = own, .desk_name = "<Acme>", .subject = "", .action = "",
	                        .link_status = "", .link_confirm = "", .link_refuse = "", .link_help = "", .link_solved = "", .colours = none, .ticket = 7, .state = STATE_NEW};
	struct web_response response;
	web_page(arena, &page, &response);
	return arena_copy(arena, response.body, response.length);
}

static void a_desks_own_sentence_stands_on_the_page_escaped(void **state)
{
	static const struct template_file files[] = {{"en", DESK_PAGES, "txt", "state-new: <b>Hi</b> from {desk}: #{ticket}.\n"}, {"nl", DESK_PAGES, "txt", "own-name: Nederlands\nsend: Versturen\n"}};
	const struct template_set own = {files, 2, NULL};
	struct arena arena CLEANUP_ARENA;
	arena_init(&arena);
	assert_non_null(strstr(page_in(&arena, "en", "en", NULL), "<p>We have received it"));
	const char *page = page_in(&arena, "en-GB", "en", &own);
	assert_non_null(strstr(page, "<p>&lt;b&gt;Hi&lt;/b&gt; from &lt;Acme&gt;: #7.</p>"));
	assert_non_null(strstr(page, "value=\"nl\" lang=\"nl\">Nederlands</button>"));
	page = page_in(&arena, "nl", "de", &own);
	assert_true(strstr(page, "<html lang=\"nl\">") && strstr(page, "Versturen") && strstr(page, "Sie ist bei uns eingegangen") && !strstr(page, "value=\"nl\""));
	assert_non_null(strstr(page_in(&arena, "nl", "de", NULL), "<html lang=\"de\">"));
	assert_non_null(strstr(page_in(&arena, "xx", NULL, NULL), "<html lang=\"en\">"));
	assert_string_equal(web_language(&own, "tlh, nl-NL;q=0.9, de;q=0.5", "fr"), "nl");
	assert_string_equal(web_language(NULL, "tlh, nl-NL;q=0.9, DE-at;q=0.5", "fr"), "de");
	assert_string_equal(web_language(NULL, ", ;;,-,", "fr"), "fr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_slow_is_ended), cmocka_unit_test(a_file_is_kept_under_its_name),
	                                   cmocka_unit_test(what_pages_say_is_written_in_their_file), cmocka_unit_test(a_desks_own_sentence_stands_on_the_page_escaped)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
