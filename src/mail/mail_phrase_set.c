/*
 * mail_phrase_set.c - sets of phrases that a line may begin with, and letters, digits and blanks of other scripts.
 *
 * Hundreds of phrases, one look at the first two letters: nearly every line of a mail is done with a few comparisons. Blanks
 * that no ASCII test sees, marks that nobody sees and digits of other scripts are told here, for all readers of client lines.
 */
#include "mail_client_words.h"

#include <stdlib.h>

static inline uint32_t letter_at(struct span text, size_t *size)
{
	uint32_t code = 0;
	if (text.length && (unsigned char)text.at[0] < 128) {
		*size = 1;
		return letter_fold((unsigned char)text.at[0]);
	}
	*size = text.length ? utf8_decode(text.at, text.length, &code) : 0;
	return *size ? letter_fold(code) : 0;
}

static inline unsigned slot_of(uint32_t first, uint32_t second)
{
	return (first * 37 + second) & 1023;
}

/* The slots of the phrases of several letters and of those of one letter that the text may begin with. */
static inline bool slots_of(struct span text, unsigned slot[2])
{
	size_t size, size2;
	uint32_t first = letter_at(text, &size);
	slot[0] = slot_of(first, letter_at((struct span){ text.at + size, text.length - size }, &size2));
	slot[1] = slot_of(first, 0);
	return size > 0;
}

static void add_one(struct phrase_set *set, char *text, unsigned char kind)
{
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 128;
		struct phrase *more = realloc(set->at, set->room * sizeof *more);
		if (!more)
			abort();
		set->at = more;
	}
	size_t size, size2;
	struct span word = { text, strcspn(text, "%") };
	uint32_t first = letter_at(word, &size), second = letter_at((struct span){ text + size, word.length - size }, &size2);
	unsigned short *head = &set->first[slot_of(first, second)];
	set->at[set->count] = (struct phrase){ .text = text, .next = *head, .kind = kind, .length = (unsigned short)strlen(text) };
	*head = (unsigned short)++set->count;
}

void mail_phrase_set_add(struct phrase_set *set, const char *list, unsigned char kind)
{
	char *copy = list ? strdup(list) : NULL;
	if (list && !copy)
		abort();
	for (char *word = copy, *end; word; word = end) {
		end = strchr(word, '|');
		if (end)
			*end++ = '\0';
		add_one(set, word, kind);
	}
}

size_t mail_phrase_set_match(const struct phrase_set *set, struct span text, size_t most, const struct phrase **found)
{
	unsigned slot[2];
	size_t best = 0;
	if (!slots_of(text, slot))
		return 0;
	for (int n = 0; n < 2; n++)
		for (unsigned i = set->first[slot[n]]; i; i = set->at[i - 1].next) {
			const struct phrase *phrase = &set->at[i - 1];
			size_t used = text.length <= phrase->length + most ? mail_fold_starts_slowly(text, phrase->text) : 0;
			if (used > best) {
				best = used;
				*found = phrase;
			}
		}
	return best;
}

/* Those with a % are compared piece by piece. */
static bool holds(struct span text, const char *phrase)
{
	char start[64];
	const char *rest = strchr(phrase, '%');
	if (!rest)
		return mail_fold_starts_slowly(text, phrase) > 0;
	size_t length = (size_t)(rest - phrase);
	if (length >= sizeof start)
		return false;
	memcpy(start, phrase, length);
	start[length] = '\0';
	size_t used = length ? mail_fold_starts_slowly(text, start) : 0;
	if (length && !used)
		return false;
	struct span behind = { text.at + used, text.length - used };
	return rest[1] ? mail_fold_find(behind, rest + 1) != NULL : behind.length > 0;
}

/* Nearly always the last byte settles it: case changes no ASCII letter into another byte than its own. */
static bool ends(struct span text, const char *word, size_t length)
{
	if (text.length <= length)
		return false;
	unsigned char a = (unsigned char)text.at[text.length - 1], b = (unsigned char)word[length - 1];
	if (a < 128 ? (unsigned char)lower((char)a) != b : b < 128)
		return false;
	return mail_fold_starts_slowly((struct span){ text.at + text.length - length, length }, word) == length;
}

bool mail_phrase_set_holds(const struct phrase_set *set, struct span text)
{
	unsigned slot[2];
	if (!slots_of(text, slot))
		return false;
	for (int n = 0; n < 2; n++)
		for (unsigned i = set->first[slot[n]]; i; i = set->at[i - 1].next)
			if (set->at[i - 1].text[0] != '%' && holds(text, set->at[i - 1].text))
				return true;
	while (text.length && strchr(".)]> ", text.at[text.length - 1]))
		text.length--;
	for (unsigned i = set->first[slot_of(0, 0)]; i; i = set->at[i - 1].next)
		if (set->at[i - 1].text[0] == '%' && ends(text, set->at[i - 1].text + 1, set->at[i - 1].length - 1u))
			return true;
	return false;
}

size_t mail_invisible_at(struct span text)
{
	const unsigned char *p = (const unsigned char *)text.at;
	if (text.length < 2 || p[0] < 0xC2)
		return 0;
	if (p[0] == 0xD8 && p[1] == 0x9C)
		return 2;                                        /* Arabic letter mark */
	if (p[0] == 0xC2 && p[1] == 0xAD)
		return 2;
	if (text.length < 3)
		return 0;
	bool general = p[0] == 0xE2 && p[1] == 0x80 && ((p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xAA && p[2] <= 0xAE));
	bool isolate = p[0] == 0xE2 && p[1] == 0x81 && ((p[2] >= 0xA6 && p[2] <= 0xA9) || p[2] == 0xA0);
	return general || isolate || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) ? 3 : 0;
}

size_t mail_blank_wide_at(struct span text)
{
	const unsigned char *p = (const unsigned char *)text.at;
	if (text.length >= 2 && p[0] == 0xC2 && p[1] == 0xA0)
		return 2;
	if (text.length < 3)
		return 0;
	bool thin = p[0] == 0xE2 && p[1] == 0x80 && ((p[2] >= 0x80 && p[2] <= 0x8A) || p[2] == 0xAF);
	return thin || (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) ? 3 : 0;
}

static size_t unseen_at(struct span text)
{
	size_t size = mail_invisible_at(text);
	return size ? size : mail_blank_wide_at(text);
}

struct span mail_visible_trim(struct span text)
{
	text = mail_span_trim(text);
	for (size_t size; text.length && (unsigned char)text.at[0] >= 0xC2 && (size = unseen_at(text)) > 0;)
		text = mail_span_trim((struct span){ text.at + size, text.length - size });
	while (text.length > 1 && (unsigned char)text.at[text.length - 1] >= 0x80) {
		size_t size = text.length > 2 && unseen_at((struct span){ text.at + text.length - 3, 3 }) == 3 ? 3
		              : unseen_at((struct span){ text.at + text.length - 2, 2 }) == 2 ? 2 : 0;
		if (!size)
			break;
		text = mail_span_trim((struct span){ text.at, text.length - size });
	}
	return text;
}

int mail_digit_at(struct span text, size_t *size)
{
	static const unsigned short zeros[] = {
		0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0xFF10,
	};
	uint32_t code;
	*size = 1;
	if (text.length && is_digit(text.at[0]))
		return text.at[0] - '0';
	if (!text.length || (unsigned char)text.at[0] < 0xD9 || !(*size = utf8_decode(text.at, text.length, &code)))
		return -1;
	for (size_t i = 0; i < COUNT_OF(zeros); i++)
		if (code >= zeros[i] && code < zeros[i] + 10u)
			return (int)(code - zeros[i]);
	return -1;
}
