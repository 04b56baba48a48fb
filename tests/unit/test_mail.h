/*
 * test_mail.h - what the tests of the mail room share: a mail from a string, and the arena it lives in.
 */
#ifndef TEST_MAIL_H
#define TEST_MAIL_H

#include "mail/mail_private.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static struct arena arena;

static int up(void **state) { arena_init(&arena); return 0; }
static int down(void **state) { arena_fini(&arena); return 0; }
static int start(void **state) { mail_init(); return 0; }

/* What this thread has worked: other programs on the machine do not count, nor do those that wait. */
static inline int64_t processor_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static inline struct mail_source source_of(const char *raw, size_t size)
{
	return (struct mail_source){ .data = raw, .size = size, .fd = -1 };
}

static inline struct mail read_bytes(const char *raw, size_t size)
{
	struct mail_source source = source_of(raw, size);
	struct mail_options options = { .authserv_id = "mx.example.org" };
	struct mail mail;
	mail_parse(&arena, &source, &options, &mail);
	return mail;
}

static inline struct mail read_mail(const char *raw)
{
	return read_bytes(raw, strlen(raw));
}

/* A text mail with this body, a reply by its subject. */
static inline struct mail read_text(const char *body)
{
	return read_mail(arena_printf(&arena, "From: Ann Lee <ann@example.net>\nTo: support@example.org\nSubject: Re: [#1] it\n"
	                              "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s", body));
}

static inline struct mail read_html(const char *page)
{
	return read_mail(arena_printf(&arena, "From: Ann Lee <ann@example.net>\nTo: support@example.org\nSubject: Re: [#1] it\n"
	                              "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s", page));
}

static inline bool said(const struct mail *mail, const char *words)
{
	for (size_t i = 0; i < mail->problems.count; i++)
		if (strstr(mail->problems.at[i], words))
			return true;
	return false;
}

static bool collect_bytes(void *context, const void *bytes, size_t length)
{
	buffer_add(context, bytes, length);
	return true;
}

/* The bytes of an attachment, NUL-terminated. */
static inline const char *attachment_bytes(const char *raw, size_t size, size_t number, size_t *length)
{
	struct mail_source source = source_of(raw, size);
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	assert_int_equal(mail_attachment(&source, number, collect_bytes, &out, NULL), STATUS_OK);
	*length = out.length;
	return arena_copy(&arena, out.length ? out.at : "", out.length);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

/* The mails of $SPORTELLO_CORPUS, folders of .eml files, as a pattern; by default of a folder beside the project. */
static inline const char *corpus_mails(void)
{
	static char pattern[1000];
	const char *folder = getenv("SPORTELLO_CORPUS");
	snprintf(pattern, sizeof pattern, "%s/*/*.eml", folder ? folder : "../shared/corpora/open");
	return pattern;
}

#endif
