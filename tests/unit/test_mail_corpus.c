/*
 * test_mail_corpus.c - all mails of a corpus survive: read twice, whole and in files, attachments too.
 *
 * SPORTELLO_CORPUS names the folder, of folders of .eml files (HACKING.md says more). Skipped without it. What is understood of them is
 * judged elsewhere: in the tests of each kind, and in tests/reading/trial.py.
 */
#include "test_mail.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>


static void check_text(const char *text)
{
	assert_true(text && utf8_valid(text, strlen(text)));
	for (; *text; text++)
		assert_true((unsigned char)*text >= 32 || *text == '\n' || *text == '\t');
}

static bool count_bytes(void *context, const void *bytes, size_t length)
{
	*(uint64_t *)context += length;
	return true;
}

static void read_both_ways(const char *path)
{
	struct mail_source memory, file;
	struct mail mail, again;
	assert_int_equal(mail_source_open(path, &memory, NULL), STATUS_OK);
	mail_parse(&arena, &memory, NULL, &mail);
	check_text(mail.text);
	check_text(mail.reply_text);
	check_text(mail.subject);
	check_text(mail.from.name);
	for (size_t i = 0; i < mail.attachments.count; i++) {
		uint64_t size = 0;
		assert_int_equal(mail_attachment(&memory, i + 1, count_bytes, &size, NULL), STATUS_OK);
		assert_int_equal(size, mail.attachments.at[i].size);
	}
	file = (struct mail_source){ .fd = open(path, O_RDONLY | O_CLOEXEC), .size = memory.size };
	mail_parse(&arena, &file, NULL, &again);
	assert_string_equal(mail.text, again.text);
	assert_memory_equal(mail.body_digest, again.body_digest, SHA256_SIZE);
	close(file.fd);
	mail_source_close(&memory);
	arena_reset(&arena);
}

static void all_mails_survive(void **state)
{
	glob_t found;
	if (glob(corpus_mails(), 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_both_ways(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(all_mails_survive) };
	return cmocka_run_group_tests(tests, start, NULL);
}
