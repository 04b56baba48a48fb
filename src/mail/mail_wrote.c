/*
 * mail_wrote.c - does a line say "On ... wrote:" as a mail program in one of many languages does?
 *
 * The patterns of mail_client_marks.c, taken apart once: what stands before the first %, behind the last one, and between. A text
 * is compared with those only that end as it does. Text and patterns are compared without case.
 */
#include "mail_client_words.h"

#include <stdlib.h>

#define PIECES 5                         /* constant pieces of a pattern, with one before and one behind the % */
#define TEXT_MAX 640                     /* bytes of a text, which the caller has bounded */

struct pattern { struct span piece[PIECES]; size_t count; unsigned short next; };
static struct pattern *patterns;
static size_t patterns_count;
static unsigned short by_end[256];       /* number + 1, by the last letter but a colon */

/* Without case; blanks before the last colon go. */
static size_t folded(struct span text, char *out, size_t room)
{
	size_t n = 0;
	while (text.length && n + 5 < room) {
		uint32_t code;
		size_t size = utf8_decode(text.at, text.length, &code);
		if (!size)
			break;
		n += utf8_encode(letter_fold(code), out + n);
		text.at += size, text.length -= size;
	}
	if (n > 1 && out[n - 1] == ':') {
		while (n > 1 && out[n - 2] == ' ')
			n--;
		out[n - 1] = ':';
	}
	return n;
}

/* The slot of how a text ends: its last byte, or the one before a colon. */
static unsigned slot_of(struct span text)
{
	return (unsigned char)(text.length > 1 && text.at[text.length - 1] == ':' ? text.at[text.length - 2] : text.length ? text.at[text.length - 1] : 0);
}

static void add_pattern(const char *text, size_t length)
{
	char *copy = malloc(length + 8);
	if (!copy)
		abort();
	length = folded((struct span){ text, length }, copy, length + 8);
	struct pattern pattern = { .count = 0 };
	for (struct span rest = { copy, length }; pattern.count < PIECES; ) {
		const char *mark = pattern.count + 1 < PIECES ? memchr(rest.at, '%', rest.length) : NULL;
		pattern.piece[pattern.count++] = (struct span){ rest.at, mark ? (size_t)(mark - rest.at) : rest.length };
		if (!mark)
			break;
		rest = (struct span){ mark + 1, (size_t)(rest.at + rest.length - mark - 1) };
	}
	struct span last = pattern.piece[pattern.count - 1];
	bool open = last.length == 0 || (last.length == 1 && last.at[0] == ':');         /* ends with a name: any letter may stand there */
	unsigned short *head = &by_end[open ? 0 : slot_of(last)];
	pattern.next = *head;
	patterns[patterns_count] = pattern;
	*head = (unsigned short)++patterns_count;
}

void mail_wrote_init(struct phrase_set *heads)
{
	size_t count = 0;
	for (size_t i = 0; i < mail_client_marks_count; i++)
		for (const char *p = mail_client_marks[i].wrote; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
			count++;
	patterns = calloc(count + 1, sizeof *patterns);
	if (!patterns)
		abort();
	for (size_t i = 0; i < mail_client_marks_count; i++)
		for (const char *p = mail_client_marks[i].wrote, *end; p; p = end) {
			end = strchr(p, '|');
			size_t length = end ? (size_t)(end - p) : strlen(p), head = 0;
			add_pattern(p, length);
			while (head < length && p[head] != '%')
				head++;
			char start[64];
			if (head > 2 && head < sizeof start) {
				memcpy(start, p, head);
				start[head] = '\0';
				mail_phrase_set_add(heads, start, 0);
			}
			end = end ? end + 1 : NULL;
		}
}

static bool fits(struct span text, const struct pattern *pattern)
{
	struct span first = pattern->piece[0], last = pattern->piece[pattern->count - 1];
	if (text.length < first.length + last.length + 2 || memcmp(text.at, first.at, first.length) != 0
	    || memcmp(text.at + text.length - last.length, last.at, last.length) != 0)
		return false;
	struct span rest = { text.at + first.length, text.length - first.length - last.length };
	for (size_t i = 1; i + 1 < pattern->count; i++) {
		struct span piece = pattern->piece[i];
		const char *at = piece.length && rest.length > 1 ? memmem(rest.at + 1, rest.length - 1, piece.at, piece.length) : NULL;
		if (!at)
			return false;
		rest = (struct span){ at + piece.length, (size_t)(rest.at + rest.length - at) - piece.length };
	}
	return pattern->count == 1 || rest.length > 0;
}

bool mail_wrote_match(struct span text)
{
	char room[TEXT_MAX];
	struct span folded_text = { room, folded(text, room, sizeof room) };
	for (unsigned i = by_end[slot_of(folded_text)]; i; i = patterns[i - 1].next)
		if (fits(folded_text, &patterns[i - 1]))
			return true;
	for (unsigned i = by_end[0]; i; i = patterns[i - 1].next)
		if (fits(folded_text, &patterns[i - 1]))
			return true;
	return false;
}
