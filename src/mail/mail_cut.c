/*
 * mail_cut.c - a mail without one of its attachments: the same bytes, but in the attachment's place a text that says what was there.
 *
 * The attachments keep their numbers. Type and size are said, no name: that is the sender's words, too. Only a part of the mail itself can be
 * replaced, not what lies in another one (winmail.dat, uuencoded text, a picture in a page, an opened signature).
 * Diagnostics: STATUS_NOT_FOUND no such attachment; STATUS_BAD_INPUT it lies in another part.
 */
#include "mail_private.h"

#include <stdio.h>

#define STUB_TYPE "Content-Type: text/plain; charset=us-ascii; name=\"erased.txt\"\r\nContent-Disposition: attachment; filename=\"erased.txt\"\r\n"
#define TYPE_MOST 60

static bool count(void *context, const void *bytes, size_t length)
{
	(void)bytes;
	*(uint64_t *)context += length;
	return true;
}

static enum status find(struct walk *walk, size_t number, struct error *error)
{
	if (number)
		mail_walk_parts(walk);
	if (!walk->written)
		return error_set(error, STATUS_NOT_FOUND, "there is no attachment %zu", number);
	if (!walk->found || walk->found->source || walk->found->head >= walk->found->start)
		return error_set(error, STATUS_BAD_INPUT, "attachment %zu lies in another part of its mail, and cannot be erased alone; erase the message", number);
	return STATUS_OK;
}

/* The header of a mail that is nothing but the attachment: all of it but what describes that. */
static void keep_header(struct arena *arena, const struct mail_source *source, const struct part *part, struct buffer *out)
{
	struct span head = mail_source_span(arena, source, part->head, part->start);
	bool drop = false;

	for (const char *at = head.at, *end = at + head.length; at < end;) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		size_t length = line ? (size_t)(line + 1 - at) : (size_t)(end - at);
		struct span this = { at, length };

		if (*at != ' ' && *at != '\t')
			drop = mail_span_starts_nocase(this, "content-") || !mail_span_trim(this).length;
		if (!drop)
			buffer_add(out, at, length);
		at += length;
	}
}

static void write_stub(struct arena *arena, const struct mail_source *source, const struct walk *walk, uint64_t size, struct buffer *out)
{
	char type[TYPE_MOST + 1];
	size_t n = 0;

	for (const char *at = walk->found->type; *at && n < TYPE_MOST; at++)
		type[n++] = is_alpha(*at) || is_digit(*at) || strchr("/.+-_", *at) ? *at : '?';
	type[n] = '\0';
	if (walk->found == walk->root)
		keep_header(arena, source, walk->found, out);
	buffer_printf(out, STUB_TYPE "\r\n[erased: %s, %llu bytes]\r\n", type, (unsigned long long)size);
}

static bool copy(const struct mail_source *source, uint64_t from, uint64_t to, struct sink sink)
{
	char piece[32 * 1024];

	while (from < to) {
		size_t wanted = to - from < sizeof piece ? (size_t)(to - from) : sizeof piece, got = mail_source_read(source, from, piece, wanted);

		if (!got || !sink.write(sink.context, piece, got))
			return false;
		from += got;
	}
	return true;
}

enum status mail_without_attachment(const struct mail_source *source, size_t number, bool (*write)(void *context, const void *bytes, size_t length), void *context,
                                    struct error *error)
{
	struct effort effort;
	struct arena arena CLEANUP_ARENA;
	CLEANUP_BUFFER struct buffer stub = { 0 };
	struct strings problems = { 0 };
	struct sink sink = { write, context };
	struct mail mail = { .text = "", .reply_text = "" };
	struct head head;
	uint64_t size = 0;

	arena_init(&arena);
	mail_effort(&effort, source);
	arena_limit(&arena, &effort);
	mail_head_read(&arena, source, &head, &problems);
	struct walk walk = { .arena = &arena, .source = source, .problems = &problems, .mail = &mail, .wanted = number, .sink = { count, &size }, .text_most = LIMIT_TEXT_BYTES };
	walk.root = mail_parts_read(&arena, source, &head, &problems);
	walk.root->head = head.start;
	enum status status = find(&walk, number, error);
	buffer_fini(&walk.text);
	if (status != STATUS_OK)
		return status;
	write_stub(&arena, source, &walk, size, &stub);
	if (!copy(source, 0, walk.found->head, sink) || !write(context, stub.at, stub.length) || !copy(source, walk.found->end, source->size, sink))
		return error_set(error, STATUS_TRY_LATER, "the mail without its attachment could not be written");
	return STATUS_OK;
}
