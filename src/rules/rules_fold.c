/*
 * rules_fold.c - cuts a text into words and folds them: small letters, accents off. What keyword sets are looked up in.
 *
 * A word is a run of letters, digits, underscores and combining marks of any script; each Han, kana or Thai character is a word of its
 * own, because those scripts write no blanks. "é" and "e" with a combining accent fold to the same "e". Invalid UTF-8
 * separates words. Small letters are those of the C.UTF-8 locale of libc, the accents those of rules_fold_table.c.
 * May not allocate for each word: one array and one buffer a text.
 */
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "rules_private.h"

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void open_unicode(void)
{
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!unicode)
		unicode = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

void words_init(struct words *words)
{
	*words = (struct words){0};
	buffer_init(&words->forms);
	pthread_once(&unicode_once, open_unicode);
}

void words_fini(struct words *words)
{
	free(words->tokens.at);
	buffer_fini(&words->forms);
}

uint32_t words_hash(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
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
		return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == '_';
	return is_mark(code) || stands_alone(code) || iswalnum_l((wint_t)code, unicode);
}

static int compare_row(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key, from = ((const struct fold_row *)row)->from;
	return code < from ? -1 : code > from;
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
	const struct fold_row *row = bsearch(&code, fold_rows, fold_row_count, sizeof *fold_rows, compare_row);
	if (row)
		buffer_add_string(out, row->to);
	else
		add_code(out, code);
}

void words_fold(struct buffer *out, const char *text, size_t length)
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

/* The word from `start` on: its end. ASCII goes the short way: most words are nothing else. */
static size_t word_end(const char *text, size_t start, size_t length, bool *ascii)
{
	size_t at = start;
	*ascii = true;
	while (at < length) {
		uint32_t code = (unsigned char)text[at];
		size_t size = code < 128 ? 1 : utf8_decode(text + at, length - at, &code);
		if (!size || !is_word(code) || (stands_alone(code) && at > start))
			break;
		*ascii &= code < 128;
		at += size;
		if (stands_alone(code))
			break;
	}
	return at;
}

static void add_ascii_forms(struct words *words, struct token_word *word)
{
	uint32_t hash = 2166136261u;
	word->folded = word->lower = (uint32_t)words->forms.length;
	for (size_t i = 0; i < word->length; i++) {
		char byte = words->text[word->start + i];
		byte = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
		hash = (hash ^ (unsigned char)byte) * 16777619u;
		buffer_add_char(&words->forms, byte);
	}
	buffer_add_char(&words->forms, 0);
	word->hash = hash;
}

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
	words_fold(&folded, words->forms.at + word->lower, words->forms.length - word->lower - 1);
	word->folded = (uint32_t)words->forms.length;
	buffer_add(&words->forms, buffer_string(&folded), folded.length + 1);
	word->hash = words_hash(words->forms.at + word->folded);
}

static struct token_word *push(struct words *words)
{
	if (words->tokens.count == words->tokens.room) {
		words->tokens.room = words->tokens.room ? 2 * words->tokens.room : 256;
		words->tokens.at = realloc(words->tokens.at, words->tokens.room * sizeof *words->tokens.at);
		if (!words->tokens.at)
			abort();
	}
	return &words->tokens.at[words->tokens.count++];
}

void words_cut(struct words *words, const char *text, size_t length)
{
	words->text = text;
	words->tokens.count = 0;
	buffer_reset(&words->forms);
	for (size_t at = 0; at < length;) {
		bool ascii;
		size_t end = word_end(text, at, length, &ascii);
		if (end == at) {
			at++;
			continue;
		}
		struct token_word *word = push(words);
		*word = (struct token_word){.start = (uint32_t)at, .length = (uint32_t)(end - at)};
		if (ascii)
			add_ascii_forms(words, word);
		else
			add_forms(words, word);
		at = end;
	}
}

const char *words_stranger(const char *word)
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
