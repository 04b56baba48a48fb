/*
 * mail_fold.c - comparing words of natural language without regard to case, for the phrases of mail programs.
 *
 * Folds Latin (with its extensions), Greek, Cyrillic and Armenian letters one by one; what has no case is compared as it
 * is. The words to look for are constants in lower case. No locale, no allocation, one pass.
 * May not be used for addresses or header names: those are ASCII (mail_span.c).
 */
#include "mail_private.h"

/* Greek capitals with an accent, in the order of their codes from 0x386. */
static uint32_t fold_greek(uint32_t code)
{
	static const unsigned short small[] = { 0x3AC, 0x387, 0x3AD, 0x3AE, 0x3AF, 0x38B, 0x3CC, 0x38D, 0x3CD, 0x3CE };
	return small[code - 0x386];
}

uint32_t mail_letter_fold_wide(uint32_t code)
{
	if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x410 && code <= 0x42F) || (code >= 0x391 && code <= 0x3A9))
		return code + 32;
	if (code >= 0x400 && code <= 0x40F)
		return code + 80;
	if (code >= 0x218 && code <= 0x21B)
		return code < 0x21A ? 0x15F : 0x163;             /* Romanian, with comma or cedilla */
	if ((code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177) || (code >= 0x460 && code <= 0x4BF)
	    || (code >= 0x4D0 && code <= 0x52F) || (code >= 0x1E00 && code <= 0x1EFF) || (code >= 0x1A0 && code <= 0x1A5))
		return code | 1;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E) || code == 0x1AF || code == 0x1B0)
		return code & 1 ? code + 1 : code;
	if (code >= 0x386 && code <= 0x38F)
		return fold_greek(code);
	if (code >= 0x531 && code <= 0x556)
		return code + 48;
	return code == 0x2019 ? '\'' : code;             /* d’origine, d'origine */
}

uint32_t mail_code_fold(uint32_t code)
{
	return letter_fold(code);
}

/* Extended-A folds to the odd one of a pair; the words may hold either. */
size_t mail_fold_starts_slowly(struct span span, const char *word)
{
	size_t i = 0, j = 0;
	while (word[j]) {
		unsigned char a = i < span.length ? (unsigned char)span.at[i] : 0, b = (unsigned char)word[j];
		if (a < 128 && b < 128) {
			if (!a || (lower((char)a)) != (char)b)
				return 0;
			i++, j++;
			continue;
		}
		uint32_t x, y;
		size_t n = i < span.length ? utf8_decode(span.at + i, span.length - i, &x) : 0, m = utf8_decode(word + j, strnlen(word + j, 4), &y);
		if (!n || !m || letter_fold(x) != letter_fold(y))
			return 0;
		i += n, j += m;
	}
	return i;
}

const char *mail_fold_find(struct span span, const char *word)
{
	char first = *word, upper = first >= 'a' && first <= 'z' ? (char)(first - 32) : first;
	bool plain = first > 0 && first != '\'';
	for (size_t i = 0; i < span.length; i++) {
		if (plain ? span.at[i] != first && span.at[i] != upper : ((unsigned char)span.at[i] & 0xC0) == 0x80)
			continue;
		if (fold_starts((struct span){ span.at + i, span.length - i }, word))
			return span.at + i;
	}
	return NULL;
}

bool mail_fold_equal(struct span span, const char *word)
{
	return span.length && fold_starts(span, word) == span.length;
}

/* Of a first letter beyond ASCII, folded as fold_starts() compares it. */
size_t mail_word_slot_wide(struct span span)
{
	uint32_t code;
	return 128 + (utf8_decode(span.at, span.length, &code) ? letter_fold(code) % 64 : 0);
}

void mail_word_index_make(struct word_index *index, const void *words, size_t stride, size_t count)
{
	*index = (struct word_index){ 0 };
	for (size_t i = count; i-- > 0;) {
		const char *word;
		memcpy(&word, (const char *)words + i * stride, sizeof word);
		unsigned short *first = &index->first[(unsigned char)*word < 128 ? (unsigned char)*word : mail_word_slot_wide(span_of(word))];
		index->second[i + 1] = (unsigned char)*word < 128 && (unsigned char)word[1] < 128 ? (unsigned char)word[1] : 0;
		index->next[i + 1] = *first;
		*first = (unsigned short)(i + 1);
	}
}

bool mail_fold_find_any(struct span span, const char *const *words, const struct word_index *index)
{
	for (; span.length; span.at++, span.length--) {
		if (((unsigned char)*span.at & 0xC0) == 0x80)
			continue;
		char next = span.length > 1 ? span.at[1] : '\0';
		for (size_t i = word_index_at(index, span); i; i = index->next[i])
			if (word_may_begin(index, i, *span.at, next) && fold_starts(span, words[i - 1]))
				return true;
	}
	return false;
}
