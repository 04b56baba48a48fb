/*
 * fuzz_web.c - libFuzzer: a form as it was posted, and pages made of what it said.
 *
 * What is checked: a value is UTF-8 without NUL; whatever stands in subject, words, names and languages, the page has exactly the tags that it
 * has for harmless ones, and not a double quotation mark more (attributes stand in those): so nothing of it is markup. But for the links that the page
 * makes of addresses in a message: each is two tags and two attributes of ours.
 */
#include "web/web_private.h"
#include "web.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct marks { size_t tags, quotes; };

static struct marks marks_of(struct arena *arena, enum web_page_kind kind, enum ticket_state state, const char *value, const char *language)
{
	struct web_file files[] = {{1, value, 7}, {2, value, 0}};
	struct web_said said[] = {{.by = OUTCOME_BY_READER, .who = value, .text = value, .when = value, .date = 1, .seq = 1, .more = true, .files = {files, COUNT_OF(files)}},
	                          {.by = OUTCOME_BY_DESK, .who = value, .text = value, .when = value, .date = 1, .seq = 2}, {.by = OUTCOME_BY_OTHER, .who = value, .when = value, .date = 1, .seq = 3}};
	struct web_article suggested[] = {{value, value, value}, {value, value, value}};
	struct web_page page = {.kind = kind, .language = language, .desk_name = value, .ticket = 1, .subject = value, .state = state, .action = value,
	                        .link_status = value, .link_confirm = value, .link_refuse = value, .link_help = value, .link_solved = value,
	                        .suggested = {suggested, COUNT_OF(suggested)}, .notice = value, .said = {said, COUNT_OF(said)},
	                        .article = {.id = value, .title = value, .language = "", .html = ""}};
	struct web_response response;
	struct marks marks = {0, 0};
	web_page(arena, &page, &response);
	static const char link[] = "<a rel=\"nofollow noreferrer\" href=\"";
	for (size_t i = 0; i < response.length; i++) {
		if (response.length - i > sizeof link && memcmp(response.body + i, link, sizeof link - 1) == 0) {
			marks.tags -= 4;
			marks.quotes -= 4;
		}
		marks.tags += response.body[i] == '<' || response.body[i] == '>';
		marks.quotes += response.body[i] == '"';
	}
	return marks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena CLEANUP_ARENA;
	arena_init(&arena);
	struct web_request request = {.arena = &arena, .post = true, .path = "/l/x", .token = "", .form = arena_copy(&arena, (const char *)data, size), .accept_language = ""};
	const char *value = web_form_value(&request, "words");
	if (!value)
		value = utf8_clean(&arena, (const char *)data, size);
	if (!utf8_valid(value, strlen(value)))
		abort();
	const char *language = web_language(NULL, request.form, "en");
	enum web_page_kind kind = (enum web_page_kind)(size % (PAGE_VIEW_SOLVED + 1));
	enum ticket_state state = (enum ticket_state)(size / (PAGE_VIEW_SOLVED + 1) % STATE_COUNT);
	/* "x" and not "": an empty value may leave a whole element out. */
	struct marks evil = marks_of(&arena, kind, state, *value ? value : "x", language), harmless = marks_of(&arena, kind, state, "x", language);
	if (evil.tags != harmless.tags || evil.quotes != harmless.quotes)
		abort();
	return 0;
}
