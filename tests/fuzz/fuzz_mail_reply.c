/*
 * fuzz_mail_reply.c - libFuzzer: any text through the quote and signature readers; nothing may be made up.
 */
#include "mail/mail_private.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mail_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena CLEANUP_ARENA;
	struct mail mail = { .from = { "ann@example.org", "Ann Lee" }, .subject = "Re: it", .text = "" };
	arena_init(&arena);
	/* Marks may stand in it, as they do in text made from a page. */
	char *text = arena_copy(&arena, data, size);
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = ' ';
	struct lines lines = mail_lines_of(&arena, text);
	/* Once as a stranger's mail, once as an answer to one of ours that said half of it. */
	struct known none = { .text = "" }, half = { true, arena_copy(&arena, text, strlen(text) / 2) };
	mail_reply_make(&arena, &arena, text, &lines, &none, &mail);
	mail_reply_make(&arena, &arena, text, &lines, &half, &mail);
	if (strlen(mail.reply_text) > size || (mail.signature && strlen(mail.signature) > size))
		abort();
	mail_language_detect(mail.reply_text, NULL);
	return 0;
}
