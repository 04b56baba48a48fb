/*
 * fuzz_mail_html.c - libFuzzer: any bytes as a page: to marked text, and on to what is new in it.
 */
#include "mail/mail_private.h"
#include "fuzz_effort.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mail_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct effort effort;            /* outlives the arena, which gives its bytes back to it */
	struct arena arena CLEANUP_ARENA;
	struct buffer out CLEANUP_BUFFER;
	struct strings problems = { 0 };
	struct mail mail = { .from = { "", "" }, .subject = "Re: it", .kind = MAIL_REPLY };
	arena_init(&arena);
	effort_of_piece(&effort, size);
	arena_limit(&arena, &effort);
	buffer_init(&out);
	struct span page = mail_charset_to_utf8(&arena, (struct span){ (const char *)data, size }, NULL, "text", &problems);
	mail_html_to_text(&arena, page, NULL, &out, &problems);
	mail.text = mail_marks_strip(&arena, buffer_string(&out));
	struct lines lines = mail_lines_of(&arena, buffer_string(&out));
	struct known known = { .text = "" };
	mail_reply_make(&arena, &arena, buffer_string(&out), &lines, &known, &mail);
	effort_check(&effort);
	return 0;
}
