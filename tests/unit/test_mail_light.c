/*
 * test_mail_light.c - the light look that the intake takes: all that is decided on is the same as of the full one, but for text beyond a
 * bound; and what was cut is cut between lines, so that its charset is still told.
 */
#include "test_mail.h"

#include <glob.h>

static struct mail look(const struct mail_source *source, bool light, size_t text_most, bool text_only)
{
	struct mail_options options = { .authserv_id = "mx.example.org", .envelope_from = "ann@example.net", .recipient = "support@example.org",
	                                .light = light, .text_most = text_most, .text_only = text_only };
	struct mail mail;
	mail_parse(&arena, source, &options, &mail);
	return mail;
}

static void same_strings(const struct strings *a, const struct strings *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->at[i], b->at[i]);
}

static void same_or_none(const char *a, const char *b)
{
	assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void same_decisions(const struct mail *full, const struct mail *light)
{
	assert_int_equal(full->kind, light->kind);
	assert_string_equal(full->from.address, light->from.address);
	assert_string_equal(full->subject, light->subject);
	same_or_none(full->message_id, light->message_id);
	same_strings(&full->in_reply_to, &light->in_reply_to);
	same_strings(&full->references, &light->references);
	same_strings(&full->problems, &light->problems);
	same_or_none(full->language, light->language);
	assert_string_equal(full->text, light->text);
	assert_string_equal(full->reply_text, light->reply_text);
	same_or_none(full->signature, light->signature);
	assert_int_equal(full->bounces.count, light->bounces.count);
	assert_int_equal(full->auto_answer_allowed, light->auto_answer_allowed);
	assert_string_equal(full->auto_answer_why, light->auto_answer_why);
	assert_int_equal(full->forward.is_forward, light->forward.is_forward);
	assert_string_equal(full->forward.from.address, light->forward.from.address);
	assert_memory_equal(full->body_digest, light->body_digest, SHA256_SIZE);
	assert_int_equal(full->attachments.count, light->attachments.count);
	for (size_t i = 0; i < full->attachments.count; i++) {
		assert_string_equal(full->attachments.at[i].filename, light->attachments.at[i].filename);
		assert_string_equal(full->attachments.at[i].content_type, light->attachments.at[i].content_type);
		assert_int_equal(light->attachments.at[i].size, 0);
		assert_string_equal(light->attachments.at[i].sha256, "");
	}
}

static void all_mails_are_decided_alike(void **state)
{
	glob_t found;
	if (glob(corpus_mails(), 0, NULL, &found) != 0)
		skip();
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct mail_source source;
		assert_int_equal(mail_source_open(found.gl_pathv[i], &source, NULL), STATUS_OK);
		struct mail full = look(&source, false, 0, false), light = look(&source, true, LIMIT_INTAKE_TEXT, false);
		if (light.text_cut) {
			assert_int_equal(full.kind, light.kind);
			assert_true(strlen(full.text) >= LIMIT_INTAKE_TEXT - 1024);
		} else {
			same_decisions(&full, &light);
			assert_string_equal(look(&source, true, LIMIT_SEARCH_BYTES, true).text, full.text);
		}
		mail_source_close(&source);
		arena_reset(&arena);
	}
	globfree(&found);
}

static void attachments_are_named_and_counted(void **state)
{
	static const char raw[] = "From: Ann Lee <ann@example.net>\nTo: support@example.org\nSubject: Re: it\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee both.\n\nRegards,\nAnn\n"
		"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nQUJD\n"
		"--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--b--\n";
	struct mail_source source = source_of(raw, sizeof raw - 1);
	struct mail full = look(&source, false, 0, false), light = look(&source, true, 0, false);
	same_decisions(&full, &light);
	assert_int_equal(full.attachments.count, 2);
	assert_int_equal(full.attachments.at[0].size, 3);
	assert_int_equal(strlen(full.attachments.at[0].sha256), 64);
}

/* A head, then lines of `unit` up to at least `size` bytes. */
static const char *long_mail(const char *head, const char *unit, size_t size, const char *end)
{
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	buffer_add_string(&out, head);
	while (out.length < size)
		buffer_add_string(&out, unit);
	buffer_add_string(&out, end);
	return arena_string(&arena, buffer_string(&out));
}

static void long_text_is_read_to_the_bound(void **state)
{
	const char *raw = long_mail("From: Ann Lee <ann@example.net>\nTo: support@example.org\nSubject: it\n"
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGuten Tag, der Drucker ist kaputt und ich kann nicht drucken.\n",
		"Er läßt sich nicht öffnen, und für das Büro wäre das nötig: äöüß.\n", 900000, "Grüße\nAnn\n");
	struct mail_source source = source_of(raw, strlen(raw));
	struct mail full = look(&source, false, 0, false);
	assert_false(full.text_cut);
	for (size_t most = 5000; most < 5080; most++) {
		struct mail light = look(&source, true, most, false);
		assert_true(light.text_cut);
		assert_int_equal(light.problems.count, 0);
		assert_in_range(strlen(light.text), most - 100, most);
		assert_memory_equal(light.text, full.text, strlen(light.text));
		assert_string_equal(light.language, "de");
		assert_int_equal(light.kind, full.kind);
		assert_memory_equal(full.body_digest, light.body_digest, SHA256_SIZE);
	}
}

/* Without a line end near, and in a charset of two bytes a character. */
static void a_long_line_is_cut_between_characters(void **state)
{
	const char *raw = long_mail("From: Ann Lee <ann@example.net>\nSubject: it\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: 8bit\n\n", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 60000, "\n");
	struct mail_source source = source_of(raw, strlen(raw));
	for (size_t most = 20000; most < 20012; most++) {
		struct mail light = look(&source, true, most, false);
		assert_int_equal(light.problems.count, 0);
		assert_in_range(strlen(light.text), most - 4, most);
		assert_memory_equal(light.text, "\xC3\xA4\xE2\x82\xAC", 5);
	}
	struct buffer wide CLEANUP_BUFFER;
	buffer_init(&wide);
	buffer_add_string(&wide, "From: Ann Lee <ann@example.net>\nSubject: it\nContent-Type: text/plain; charset=utf-16le\n\n");
	for (int i = 0; i < 20000; i++)
		buffer_add(&wide, i % 60 ? "a" : "\n", 2);
	source = source_of(wide.at, wide.length);
	struct mail light = look(&source, true, 1000, false);
	assert_true(light.text_cut);
	assert_int_equal(light.problems.count, 0);
	assert_memory_equal(light.text, "aaaaaaaaaaaaaaaa", 16);
}

static void text_alone_is_the_same_text(void **state)
{
	const char raw[] = "From: Ann Lee <ann@example.net>\nSubject: Re: it\n\nYes.\n\nOn Mon, 3 Mar 2014 at 10:00, Bob <bob@example.org> wrote:\n> Is it so?\n";
	struct mail_source source = source_of(raw, sizeof raw - 1);
	struct mail full = look(&source, false, 0, false), text = look(&source, false, 0, true);
	assert_string_equal(full.reply_text, "Yes.");
	assert_string_equal(text.text, full.text);
	assert_string_equal(text.reply_text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_mails_are_decided_alike), TEST(attachments_are_named_and_counted), TEST(long_text_is_read_to_the_bound),
		TEST(a_long_line_is_cut_between_characters), TEST(text_alone_is_the_same_text),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
