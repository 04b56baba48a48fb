/*
 * rules_fold.c - cuts a text into words and folds them: small letters, accents off. What keyword sets are looked up in.
 *
 * A word is a run of letters, digits, underscores and combining marks of any script; each Han, kana or Thai character is a word of its
 * own, because those scripts write no blanks. "é" and "e" with a combining accent fold to the same "e". Invalid UTF-8
 * separates words. Small letters are those of the C.UTF-8 locale of libc, the accents those of words_plain.c.
 * May not allocate for each word: one array and one buffer a text. ASCII, which is most of all text, goes through one table; and only words that begin
 * as one that is looked for are folded.
 */
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "rules_private.h"

#define ROW(from) from, from + 1, from + 2, from + 3, from + 4, from + 5, from + 6, from + 7
/* The small letter of each ASCII byte that a word can hold; else 0. */
static const unsigned char small[256] = {
	['0'] = ROW('0'), '8', '9', ['A'] = ROW('a'), ROW('i'), ROW('q'), 'y', 'z', ['_'] = '_', ['a'] = ROW('a'), ROW('i'), ROW('q'), 'y', 'z'
};

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void open_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!unicode)
		unicode = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

void rules_words_init(struct words *words)
{
	*words = (struct words){0};
	buffer_init(&words->forms);
	pthread_once(&unicode_once, open_unicode);
}

void rules_words_fini(struct words *words)
{
	free(words->tokens.at);
	buffer_fini(&words->forms);
}

static uint32_t hash_step(uint32_t hash, unsigned char byte)
{
	return hash * 33 + byte;
}

uint32_t rules_words_hash(const char *text)
{
	uint32_t hash = 0;
	for (; *text; text++)
		hash = hash_step(hash, (unsigned char)*text);
	return hash;
}

static bool is_mark(uint32_t code)
{
	return code >= 0x300 && code < 0x370;
}

static bool stands_alone(uint32_t code)
{
	return (code >= 0x0E01 && code < 0x0E5C) || (code >= 0x3041 && code < 0x3100) || (code >= 0x3400 && code < 0xA000) ||
	       (code >= 0xF900 && code < 0xFB00) || (code >= 0x20000 && code < 0x32000);
}

static bool is_word(uint32_t code)
{
	if (code < 128)
		return small[code] != 0;
	return is_mark(code) || stands_alone(code) || iswalnum_l((wint_t)code, unicode);
}

static void add_code(struct buffer *out, uint32_t code)
{
	char bytes[4];
	buffer_add(out, bytes, utf8_encode(code, bytes));
}

/* `code` is a small letter. */
static void add_folded(struct buffer *out, uint32_t code)
{
	if (is_mark(code))
		return;
	const char *plain = words_plain(code);
	if (plain)
		buffer_add_string(out, plain);
	else
		add_code(out, code);
}

void rules_words_fold(struct buffer *out, const char *text, size_t length)
{
	for (size_t i = 0, size; i < length; i += size) {
		uint32_t code = 0;
		size = utf8_decode(text + i, length - i, &code);
		if (size == 1)
			buffer_add_char(out, (char)code);
		else if (size)
			add_folded(out, code);
		size = size ? size : 1;
	}
}

/* The word from `start` on: its end. */
static size_t word_end(const char *text, size_t start, size_t length)
{
	size_t at = start;
	while (at < length) {
		uint32_t code = (unsigned char)text[at];
		size_t size = code < 128 ? 1 : utf8_decode(text + at, length - at, &code);
		if (!size || !is_word(code) || (stands_alone(code) && at > start))
			break;
		at += size;
		if (stands_alone(code))
			break;
	}
	return at;
}

/* Of a word that is not ASCII alone. */
static void add_forms(struct words *words, struct token_word *word)
{
	const char *from = words->text + word->start;
	word->lower = (uint32_t)words->forms.length;
	for (size_t i = 0, size; i < word->length; i += size) {
		uint32_t code = 0;
		size = utf8_decode(from + i, word->length - i, &code);
		add_code(&words->forms, (uint32_t)towlower_l((wint_t)code, unicode));
		size = size ? size : 1;
	}
	buffer_add_char(&words->forms, 0);
	CLEANUP_BUFFER struct buffer folded;
	buffer_init(&folded);
	rules_words_fold(&folded, words->forms.at + word->lower, words->forms.length - word->lower - 1);
	word->folded = (uint32_t)words->forms.length;
	buffer_add(&words->forms, buffer_string(&folded), folded.length + 1);
	word->hash = rules_words_hash(words->forms.at + word->folded);
}

static void make_room(struct words *words)
{
	words->tokens.room = words->tokens.room ? 2 * words->tokens.room : 256;
	words->tokens.at = realloc(words->tokens.at, words->tokens.room * sizeof *words->tokens.at);
	if (!words->tokens.at)
		abort();
}

static inline struct token_word *push(struct words *words)
{
	if (words->tokens.count == words->tokens.room)
		make_room(words);
	return &words->tokens.at[words->tokens.count++];
}

static size_t ascii_length(const unsigned char *text, size_t length)
{
	size_t count = 0;
	while (count < length && small[text[count]])
		count++;
	return count;
}

/* Of ASCII alone: its small letters, and their hash. */
void rules_words_complete(struct words *words, struct token_word *word)
{
	const unsigned char *text = (const unsigned char *)words->text + word->start;
	uint32_t hash = 0;
	char *out;
	if (word->folds)
		return;
	out = words->forms.room - words->forms.length > word->length + 1 ? words->forms.at + words->forms.length : buffer_reserve(&words->forms, word->length + 1);
	for (size_t i = 0; i < word->length; i++) {
		out[i] = (char)small[text[i]];
		hash = hash_step(hash, small[text[i]]);
	}
	out[word->length] = 0;
	word->hash = hash;
	word->folded = word->lower = (uint32_t)words->forms.length;
	word->folds = true;
	words->forms.length += word->length + 1;
}

static bool is_wanted(const struct words *words, const unsigned char *text, size_t length)
{
	size_t pair = rules_words_pair(small[text[0]], length > 1 ? small[text[1]] : 0);
	return !words->wanted || (words->wanted[pair / 64] >> pair % 64 & 1);
}

/* The word at `at`, if there is one; where to go on. */
static size_t cut_word(struct words *words, size_t at, size_t length)
{
	const unsigned char *text = (const unsigned char *)words->text;
	size_t count = ascii_length(text + at, length - at);
	if (at + count == length || text[at + count] < 128) {
		struct token_word *word = push(words);
		*word = (struct token_word){.start = (uint32_t)at, .length = (uint32_t)count};
		if (is_wanted(words, text + at, count))
			rules_words_complete(words, word);
		return at + count;
	}
	size_t end = word_end(words->text, at, length);
	if (end == at)
		return at + 1;
	struct token_word *word = push(words);
	*word = (struct token_word){.start = (uint32_t)at, .length = (uint32_t)(end - at), .folds = true};
	add_forms(words, word);
	return end;
}

static bool is_letter(unsigned char byte)
{
	return byte >= 128 || small[byte];
}

void rules_words_cut(struct words *words, const char *text, size_t length, const uint64_t wanted[RULES_PAIRS])
{
	words->text = text;
	words->wanted = wanted;
	words->tokens.count = 0;
	buffer_reset(&words->forms);
	buffer_reserve(&words->forms, length + 1);
	for (size_t at = 0; at < length;)
		at = is_letter((unsigned char)text[at]) ? cut_word(words, at, length) : at + 1;
	buffer_reserve(&words->forms, length + 1);       /* for all that may yet be completed: ASCII words with a NUL each are no longer than their text */
}

const char *rules_words_stranger(const char *word)
{
	static char found[5];
	size_t length = strlen(word);
	pthread_once(&unicode_once, open_unicode);
	for (size_t i = 0, size; i < length; i += size) {
		uint32_t code = 0;
		size = utf8_decode(word + i, length - i, &code);
		if (size && (is_word(code) || strchr(" \t-'./&", (int)(code < 128 ? code : 'x')) || code == 0xA0 || code == 0x2010 || code == 0x2011 || code == 0x2019)) {
			if (code < 128 || is_word(code) || code > 0x2000 || code == 0xA0)
				continue;
		}
		memcpy(found, word + i, size ? size : 1);
		found[size ? size : 1] = 0;
		return found;
	}
	return "";
}
