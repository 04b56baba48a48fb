/*
 * fuzz_mail_bounce.c - libFuzzer: any text as a delivery report, in fields and in words.
 */
#include "mail/mail_bounce.h"

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
	struct mail mail = { .subject = "Undelivered mail", .from = { "mailer-daemon@example.org", "" } };
	arena_init(&arena);
	struct span text = { (const char *)data, size };
	struct bounce_words words = mail_bounce_words_read(&arena, text);
	if (words.original > size)
		abort();
	mail_dsn_read(&arena, text, &mail);
	mail_bounce_text_recipients(&arena, (struct span){ text.at, words.original }, text, words.delayed, &mail);
	for (size_t i = 0; i < mail.bounces.count; i++)
		if (!mail.bounces.at[i].action)
			abort();
	return 0;
}
