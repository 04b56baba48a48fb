/*
 * mail_attribution_glued.c - an introduction that begins inside of a line, behind somebody's own words.
 *
 * "It works. On Mon, 5 Oct 2026 at 9:12, Ann <ann@example.org> wrote:" is what is left where a program lost the line end between. Places are
 * tried in the order in which they are sure: behind the end of a sentence where it begins as in some known language, behind the last end of a
 * sentence, then where a capital or a script without blanks begins one. Bounded: so many tries a line.
 */
#include "mail_attribution.h"

#define GLUED_BEFORE_DATE 40             /* bytes from where an introduction begins to the first digit of its date */
#define GLUED_LEAST 24                   /* bytes of own words and introduction */
#define GLUED_LONG 20                    /* bytes that are words enough in scripts that put no blanks between them */
#define GLUED_TESTS 8

/* Bytes before the first digit. */
static size_t before_digit(struct span text)
{
	size_t size;
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < 0x80 ? is_digit(text.at[i]) : mail_digit_at((struct span){ text.at + i, text.length - i }, &size) >= 0)
			return i;
	return text.length;
}

/* Is the text, which is the end of a line above a quote, an introduction from its first letter on? */
static bool introduces(struct span text, int sure)
{
	struct joined joined = { .length = 0 };
	struct span behind;
	if (!mail_joined_add(&joined, text))
		return false;
	text = (struct span){ joined.text, joined.length };
	bool dated = before_digit(text) < GLUED_BEFORE_DATE && (sure >= 2 || mail_attribution_begins(text));
	bool named = mail_bracketed_address(text, &behind) && (size_t)(behind.at - text.at) < 90 && !is_digit(text.at[0]);
	bool colon = mail_ends_with_colon(text);
	return (dated && (mail_attribution_whole(text) || (mail_attribution_by_shape(text, colon, true, true) && mail_has_clock(text))))
	       || (named && colon && (mail_attribution_said(text) || mail_attribution_by_shape(text, colon, true, sure >= 2)));
}

/* How sure an introduction can begin at i: 2 behind the end of a sentence, 1 where a capital follows a small letter or a blank; 0: it cannot. */
static int may_begin_at(struct span line, size_t i)
{
	static const char *const ends[] = { ".", "!", "?", ")", "。", "！", "？", "؟", "।", "…", "۔" };
	unsigned char c = (unsigned char)line.at[i];
	size_t above = i;
	if ((c & 0xC0) == 0x80 || c == ' ')
		return 0;
	while (above && line.at[above - 1] == ' ')
		above--;
	for (size_t n = 0; n < COUNT_OF(ends); n++) {
		size_t size = strlen(ends[n]);
		if (above >= size && memcmp(line.at + above - size, ends[n], size) == 0 && (above < i || !is_alpha((char)c) || (c >= 'A' && c <= 'Z')))
			return 2;
	}
	/* Thai, Lao, Khmer, Chinese ... put no blank between words. */
	if (c >= 0xE0 && c < 0xF0 && i && (unsigned char)line.at[i - 1] >= 0x80)
		return 1;
	bool small = c >= 'a' && c <= 'z', letter_above = i && (unsigned char)line.at[i - 1] != ' ';
	bool sign = c < 0x80 && !is_alpha((char)c) && !is_digit((char)c);        /* an address belongs to the name above it */
	return small || sign || (letter_above && !(c >= 'A' && c <= 'Z')) ? 0 : 1;
}

/* Words of a person, not the beginning of a date or a name: several, and no address. "Prof. Dr. Ann" and "Mon, Oct." are none. */
static bool own_words(struct span text, int sure)
{
	if (memchr(text.at, '@', text.length) || before_digit(text) < text.length)
		return false;
	return mail_words_in(text) >= (sure >= 2 ? 3u : 4u) + (strchr(".)", text.at[text.length - 1]) != NULL) || (sure >= 2 && text.length >= GLUED_LONG && (unsigned char)text.at[0] >= 0xE0 && (unsigned char)text.at[text.length - 1] >= 0x80);
}

/* "On ", "Am ": not only a day, a month or a number, as any words may hold. */
static bool begins_by_phrase(struct span text)
{
	return mail_attribution_begins_by_phrase(text) && before_digit(text) < GLUED_BEFORE_DATE;
}

/* Does it begin as an introduction does, with its date near? */
static bool begins_dated(struct span text)
{
	struct joined joined = { .length = 0 };
	if (!mail_joined_add(&joined, text))
		return true;
	text = (struct span){ joined.text, joined.length };
	return mail_attribution_begins(text) && before_digit(text) < GLUED_BEFORE_DATE;
}

/* Where it begins, as sure as said; 0: nowhere. Of ends of sentences the last: each may be one of somebody's own words. */
static size_t place_of(struct span text, int sure)
{
	size_t last = 0;
	for (size_t i = 1, tests = 0; i + 12 < text.length && tests < GLUED_TESTS; i++) {
		if (may_begin_at(text, i) != (sure == 3 ? 2 : sure))
			continue;
		struct span rest = { text.at + i, text.length - i };
		if ((sure != 2 && !mail_attribution_begins(rest)) || (!own_words(mail_span_trim((struct span){ text.at, i }), sure) && !begins_by_phrase(rest)))
			continue;
		tests++;
		if (!introduces(rest, sure))
			continue;
		if (sure != 2)
			return i;
		last = i;
	}
	return last;
}

size_t mail_attribution_glued(struct span line)
{
	struct span text = mail_visible_trim(line);
	size_t start = (size_t)(text.at - line.at);
	if (text.length < GLUED_LEAST || text.length > ATTRIBUTION_BYTES || text.at[0] == '>' || !mail_ends_with_colon(text) || (!memchr(text.at, '@', text.length) && !mail_has_clock(text)))
		return 0;
	if (begins_dated(text))
		return 0;                                        /* nothing stands before it */
	for (int sure = 3; sure > 0; sure--) {
		size_t at = place_of(text, sure);
		if (at)
			return start + at;
	}
	return 0;
}
