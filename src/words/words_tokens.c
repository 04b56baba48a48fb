/*
 * words_tokens.c - text into words.
 *
 * A word is a run of letters and digits of any script, in lower case; a Chinese or Japanese character is a word of its own. Folded, it
 * has no accents. Words longer than WORDS_BYTES are cut. Wrong UTF-8 separates words. May not allocate.
 */
#include "words.h"

#include <string.h>

static bool is_letter(uint32_t code)
{
	if (code < 0x80)
		return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
	if (code < 0x370)
		return code >= 0xC0 ? code != 0xD7 && code != 0xF7 : code == 0xAA || code == 0xB5 || code == 0xBA;
	return !(code >= 0x2000 && code <= 0x2E7F) && !(code >= 0x3000 && code <= 0x303F) && !(code >= 0xE000 && code <= 0xF8FF) &&
	       !(code >= 0xFE00 && code <= 0xFE6F) && !(code >= 0xFF00 && code <= 0xFF0F) && code < 0x1F000;
}

static bool stands_alone(uint32_t code)
{
	return code >= 0x3040 && code <= 0x9FFF;
}

static void put(char *out, size_t *length, const char *bytes, size_t count)
{
	if (*length + count < WORDS_BYTES) {
		memcpy(out + *length, bytes, count);
		*length += count;
	}
}

static void put_folded(char *out, size_t *length, uint32_t code)
{
	const char *plain = code >= 0xC0 && code < 0x180 ? words_plain(code) : NULL;
	char bytes[4];

	if (plain)
		put(out, length, plain, strlen(plain));
	else if (code < 0x300 || code > 0x36F)
		put(out, length, bytes, utf8_encode(code, bytes));
}

/* Plain letters and digits. A letter with this bit is small, and digits have it. */
static const bool plain[256] = { ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true };
#define SMALL 32

static bool is_plain(char c)
{
	return plain[(unsigned char)c];
}

/* Of these there is nothing to decode and nothing to fold. */
static const char *plain_letters(const char *text, char *word, size_t *length)
{
	size_t count = 0;

	for (; count + 1 < WORDS_BYTES && is_plain(text[count]); count++)
		word[count] = (char)(text[count] | SMALL);
	*length = count;
	for (text += count; is_plain(*text); text++)     /* longer ones are cut */
		;
	return text;
}

bool words_next(const char **at, char word[WORDS_BYTES], char folded[WORDS_BYTES])
{
	size_t length = 0, flat = 0;
	const char *text = *at;

	while (*text && !(*text & 0x80) && !is_plain(*text))
		text++;
	text = plain_letters(text, word, &length);
	if (length) {
		memcpy(folded, word, length);
		flat = length;
		if (!(*text & 0x80)) {
			word[length] = folded[flat] = '\0';
			*at = text;
			return true;
		}
	}
	while (*text) {
		uint32_t code = 0;
		char bytes[4];
		size_t size = utf8_decode(text, strnlen(text, 4), &code);
		bool letter = size && is_letter(code), alone = letter && stands_alone(code);

		if (length && (!letter || alone))
			break;
		text += size ? size : 1;
		if (!letter)
			continue;
		code = words_lower(code);
		if (code < 0x300 || code > 0x36F)
			put(word, &length, bytes, utf8_encode(code, bytes));
		put_folded(folded, &flat, code);
		if (alone)
			break;
	}
	word[length] = folded[flat] = '\0';
	*at = text;
	return length > 0;
}

void words_fold(const char *text, size_t length, char folded[WORDS_BYTES])
{
	size_t flat = 0, size;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code = 0;

		if (!(size = utf8_decode(text + i, length - i, &code)))
			break;
		put_folded(folded, &flat, code);
	}
	folded[flat] = '\0';
}
