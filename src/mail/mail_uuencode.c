/*
 * mail_uuencode.c - files that old mailers put into the text itself: "begin 644 name" ... "end".
 *
 * A block counts only if it is well made: an octal mode, a name, lines whose length byte fits them, and an end. Then it
 * becomes an attachment and leaves the text; anything else is text that a person wrote, and stays.
 * Makes no problems.
 */
#include "mail_private.h"

struct block { size_t start, data, end, next; struct span name; };

static size_t next_line(struct span text, size_t at, size_t *end)
{
	const char *stop = memchr(text.at + at, '\n', text.length - at);
	*end = stop ? (size_t)(stop - text.at) : text.length;
	size_t next = stop ? *end + 1 : text.length;
	if (*end > at && text.at[*end - 1] == '\r')
		--*end;
	return next;
}

static bool find_end(struct span text, struct block *block)
{
	for (size_t at = block->data, end, next; at < text.length; at = next) {
		next = next_line(text, at, &end);
		struct span line = { text.at + at, end - at };
		if (line.length == 3 && memcmp(line.at, "end", 3) == 0) {
			block->end = at;
			block->next = next;
			return true;
		}
		if (line.length && mail_uuencode_line_bytes(line) < 0)
			return false;
	}
	return false;
}

static struct span decode_block(struct arena *arena, struct span text, const struct block *block)
{
	size_t n = 0, most = block->end - block->data;
	char *out = arena_alloc(arena, most + 64);
	for (size_t at = block->data, end, next; at < block->end; at = next) {
		next = next_line(text, at, &end);
		if (n <= most)
			n += mail_uuencode_line((struct span){ text.at + at, end - at }, out + n);
	}
	return (struct span){ out, n };
}

static bool next_block(struct span text, size_t from, struct block *block)
{
	while (from < text.length) {
		const char *at = memmem(text.at + from, text.length - from, "begin ", 6);
		if (!at)
			return false;
		block->start = (size_t)(at - text.at);
		size_t end;
		from = block->start + 6;
		if (block->start > 0 && text.at[block->start - 1] != '\n')
			continue;
		block->data = next_line(text, block->start, &end);
		if (mail_uuencode_begins((struct span){ at, end - block->start }, &block->name) && find_end(text, block))
			return true;
	}
	return false;
}

struct span mail_uuencode_unpack(struct walk *walk, struct span text)
{
	struct block block;
	if (!memmem(text.at, text.length, "begin ", 6) || !next_block(text, 0, &block))
		return text;
	char *rest = arena_alloc(walk->arena, text.length + 1);
	size_t n = 0, from = 0;
	do {
		memcpy(rest + n, text.at + from, block.start - from);
		n += block.start - from;
		from = block.next;
		mail_attachment_add_bytes(walk, arena_copy(walk->arena, block.name.at, block.name.length), "application/octet-stream", "",
		                          decode_block(walk->arena, text, &block));
	} while (walk->number < LIMIT_PARTS && !arena_spent(walk->arena) && next_block(text, from, &block));
	memcpy(rest + n, text.at + from, text.length - from);
	return (struct span){ rest, n + text.length - from };
}
