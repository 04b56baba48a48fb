/*
 * fuzz_mail_clean.c - libFuzzer: any bytes as a page, cleaned whole and to the words of its own text.
 *
 * What comes out is read again: nothing in it may be left to clean, and the words are those that were asked for.
 */
#include "mail/mail_clean.h"
#include "fuzz_effort.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mail_init();
	return 0;
}

/* No tag but ours, none that runs or loads. */
static void check(const struct buffer *out)
{
	static const char *const never[] = { "<script", "<style", "<iframe", "<object", "<svg", "<form", "<input", "<link", "<meta", "<base", "href=\"javascript", "src=\"http", "<!" };
	struct span left = { out->at ? out->at : "", out->length };
	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (mail_span_find_nocase(left, never[i]))
			abort();
	for (size_t i = 0, open = 0; i < left.length; i++) {
		if (left.at[i] == '<' && open++)
			abort();
		if (left.at[i] == '>' && !open--)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct effort effort;            /* outlives the arena, which gives its bytes back to it */
	struct arena arena CLEANUP_ARENA;
	struct buffer text CLEANUP_BUFFER, whole CLEANUP_BUFFER, words CLEANUP_BUFFER;
	struct strings problems = { 0 };
	arena_init(&arena);
	effort_of_piece(&effort, size);
	arena_limit(&arena, &effort);
	buffer_init(&text);
	buffer_init(&whole);
	buffer_init(&words);
	struct span page = mail_charset_to_utf8(&arena, (struct span){ (const char *)data, size }, NULL, "text", &problems);
	mail_html_to_text(&arena, page, NULL, &text, &problems);
	mail_clean_page(&arena, page, NULL, NULL, &whole);
	check(&whole);
	mail_clean_page(&arena, page, mail_marks_strip(&arena, buffer_string(&text)), NULL, &words);
	check(&words);
	effort_check(&effort);
	return 0;
}
