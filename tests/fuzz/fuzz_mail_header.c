/*
 * fuzz_mail_header.c - libFuzzer: one header value through every reader: encoded words, addresses, ids, date, parameters.
 */
#include "mail/mail_private.h"

#include "fuzz_effort.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mail_init();
	return 0;
}

static void check(const char *text)
{
	if (!utf8_valid(text, strlen(text)) || strpbrk(text, "\r\n"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct effort effort;            /* outlives the arena, which gives its bytes back to it */
	struct arena arena CLEANUP_ARENA;
	struct strings ids = { 0 }, problems = { 0 };
	struct params params;
	int64_t ms;
	int zone;
	arena_init(&arena);
	effort_of_piece(&effort, size);
	arena_limit(&arena, &effort);
	struct span raw = { (const char *)data, size };
	check(mail_header_decode(&arena, raw, NULL, &problems));
	struct mail_addresses list = mail_addresses_parse(&arena, raw, "iso-8859-2", &problems);
	for (size_t i = 0; i < list.count; i++) {
		check(list.at[i].name);
		check(list.at[i].address);
	}
	mail_ids_parse(&arena, raw, &ids, true);
	for (size_t i = 0; i < ids.count; i++)
		check(ids.at[i]);
	if (mail_date_parse(raw, &ms, &zone) && (zone < -1440 || zone > 1440))
		abort();
	mail_params_parse(&arena, raw, &params, &problems);
	for (size_t i = 0; i < params.count; i++)
		check(mail_filename_safe(&arena, params.at[i].text, strlen(params.at[i].text)));
	effort_check(&effort);
	return 0;
}
