/*
 * kb_tokens.c - text into words.
 *
 * A word is a run of letters and digits of any script, in lower case; a Chinese or Japanese character is a word of its own. Folded, it
 * has no accents. Words longer than KB_WORD are cut. Wrong UTF-8 separates words. May not allocate.
 */
#include "kb_private.h"

#include <string.h>

/* What U+00C0 to U+017F are without accents, two bytes each: "ss" for the sharp s, "-" where it is no letter. */
static const char plain[][3] = {
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", "d", "n", "o", "o", "o", "o", "o", "-", "o", "u", "u", "u", "u", "y", "th", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", "d", "n", "o", "o", "o", "o", "o", "-", "o", "u", "u", "u", "u", "y", "th", "y",
	"a", "a", "a", "a", "a", "a", "c", "c", "c", "c", "c", "c", "c", "c", "d", "d", "d", "d", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "g", "g", "g", "g",
	"g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i", "i", "i", "i", "i", "i", "i", "ij", "ij", "j", "j", "k", "k", "q", "l", "l", "l", "l", "l", "l", "l",
	"l", "l", "l", "n", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o", "o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",
	"s", "s", "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s",
};
_Static_assert(COUNT_OF(plain) == 0x180 - 0xC0, "plain");

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

static uint32_t lower(uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	if (code >= 0xC0 && code <= 0xDE && code != 0xD7)
		return code + 32;
	if (code == 0x178)
		return 0xFF;
	if ((code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177))
		return code | 1;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E))
		return code + (code & 1);
	if ((code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
		return code + 32;
	return code >= 0x400 && code <= 0x40F ? code + 80 : code;
}

static void put(char *out, size_t *length, const char *bytes, size_t count)
{
	if (*length + count < KB_WORD) {
		memcpy(out + *length, bytes, count);
		*length += count;
	}
}

static void put_folded(char *out, size_t *length, uint32_t code)
{
	char bytes[4];

	if (code >= 0xC0 && code < 0x180)
		put(out, length, plain[code - 0xC0], strlen(plain[code - 0xC0]));
	else if (code < 0x300 || code > 0x36F)
		put(out, length, bytes, utf8_encode(code, bytes));
}

/* Of plain letters and digits there is nothing to decode and nothing to fold. */
static const char *plain_letters(const char *text, char *word, size_t *length)
{
	while ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z')) {
		if (*length + 1 < KB_WORD)
			word[(*length)++] = (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
		text++;
	}
	return text;
}

bool kb_next_word(const char **at, char word[KB_WORD], char folded[KB_WORD])
{
	size_t length = 0, flat = 0;
	const char *text = *at;

	while (*text && !(*text & 0x80) && !is_letter((unsigned char)*text))
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
		code = lower(code);
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

void kb_fold(const char *text, size_t length, char folded[KB_WORD])
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
