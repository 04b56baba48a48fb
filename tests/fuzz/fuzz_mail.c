/*
 * fuzz_mail.c - libFuzzer: any bytes as a mail. Reads it, then takes out each attachment, then again headers only.
 *
 * Checked beside memory errors and the effort of one mail: every text is valid UTF-8 without control bytes, sizes of attachments are the
 * same on both ways, counts keep their bounds.
 */
#include "mail.h"
#include "limits.h"
#include "fuzz_effort.h"

#include <stdlib.h>
#include <string.h>

static void check_text(const char *text)
{
	if (!text)
		return;
	if (!utf8_valid(text, strlen(text)))
		abort();
	for (; *text; text++)
		if ((unsigned char)*text < 32 && *text != '\n' && *text != '\t')
			abort();
}

static bool count(void *context, const void *bytes, size_t length)
{
	*(uint64_t *)context += length;
	return true;
}

static void check_mail(const struct mail_source *source, const struct mail *mail)
{
	const char *texts[] = { mail->text, mail->reply_text, mail->signature, mail->subject, mail->from.address, mail->from.name, mail->message_id, mail->forward.text,
	                        mail->forward.comment, mail->forward.subject, mail->auto_answer_why };
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_text(texts[i]);
	for (size_t i = 0; i < mail->problems.count; i++)
		check_text(mail->problems.at[i]);
	if (mail->references.count > LIMIT_REFERENCES || mail->to.count > LIMIT_ADDRESSES || strlen(mail->reply_text) > strlen(mail->text) + 2)
		abort();
	for (size_t i = 0; i < mail->attachments.count && i < 20; i++) {
		uint64_t size = 0;
		if (mail_attachment(source, i + 1, count, &size, NULL) != STATUS_OK || size != mail->attachments.at[i].size)
			abort();
		check_text(mail->attachments.at[i].filename);
		if (!*mail->attachments.at[i].filename || strpbrk(mail->attachments.at[i].filename, "/\n"))
			abort();
	}
	if (mail_attachment(source, mail->attachments.count + 1, count, &(uint64_t){ 0 }, NULL) != STATUS_NOT_FOUND)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mail_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_source source = { .data = (const char *)data, .size = size, .fd = -1 };
	struct mail_options options = { .authserv_id = "mx.example.org" };
	struct effort effort;            /* outlives the arena, which gives its bytes back to it */
	struct arena arena CLEANUP_ARENA;
	struct mail mail, again;
	struct buffer out CLEANUP_BUFFER;
	struct json json;
	arena_init(&arena);
	buffer_init(&out);
	effort_of_mail(&effort);
	mail_parse(&arena, &source, &options, &mail);
	effort_take(&effort, arena.total);
	effort_check(&effort);
	check_mail(&source, &mail);
	json_init(&json, &out);
	json_object(&json, NULL);
	mail_json(&json, &mail);
	json_object_end(&json);
	options.headers_only = true;
	mail_parse(&arena, &source, &options, &again);
	if (memcmp(mail.body_digest, again.body_digest, SHA256_SIZE) != 0)
		abort();
	return 0;
}
