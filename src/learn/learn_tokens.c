/*
 * learn_tokens.c - the words of a text, folded so that the same word is the same however it was typed.
 *
 * A word is a run of letters or digits. Letters become small and lose accents (Latin, Greek, Cyrillic by rule, all others stay as they
 * are); combining marks vanish; every digit of a longer number becomes 0, so that order numbers look alike. Bytes that are
 * not UTF-8 end a word. At most LEARN_TEXT_BYTES of a text are read. What a word looked like in the text is kept by its
 * place, for explanations.
 */
#include "learn_private.h"

#include <string.h>

static bool is_mark(uint32_t code)
{
	return code >= 0x300 && code <= 0x36F;
}

/* Of plain letters and digits; 0: it is none. */
static unsigned char fold_plain(char c)
{
	unsigned char small = (unsigned char)c | 32;

	return (unsigned char)(small - 'a') < 26 ? small : (unsigned char)(c - '0') < 10 ? (unsigned char)c : 0;
}

/* 0: not part of a word. */
static uint32_t fold(uint32_t code)
{
	if (code < 0x80)
		return fold_plain((char)code);
	if (code < 0xC0)
		return code == 0xAA ? 'a' : code == 0xBA ? 'o' : code == 0xB5 ? 0x3BC : 0;
	if (code < 0x180) {              /* of "ae" and its like, the first */
		const char *plain = code == 0xD7 || code == 0xF7 ? "" : words_plain(words_lower(code));

		return plain ? (unsigned char)*plain : words_lower(code);
	}
	if ((code >= 0x2000 && code <= 0x2BFF) || (code >= 0x3000 && code <= 0x303F) || (code >= 0xFF00 && code <= 0xFF0F) || code == 0xFEFF || code == 0xFFFD)
		return 0;
	return words_lower(code);
}

static void hide_number(char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] < '0' || word[i] > '9')
			return;
	if (length > 2)
		memset(word, '0', length);
}

static void end_word(struct token_list *tokens, size_t start, size_t raw, size_t raw_end)
{
	struct learn_token *token;

	if (tokens->length == start)
		return;
	hide_number(tokens->bytes + start, tokens->length - start);
	token = &tokens->at[tokens->count++];
	*token = (struct learn_token){ (uint32_t)start, (uint32_t)(tokens->length - start), (uint32_t)raw, (uint32_t)(raw_end - raw) };
	tokens->bytes[tokens->length++] = '\0';
}

/* Most texts are plain: the next such letters of the word that begins at `start`, without a look at what else there is. Returns how many. */
static size_t take_plain(struct token_list *tokens, size_t start, const char *text, size_t length)
{
	size_t at = 0;
	unsigned char small;

	for (; at < length && (small = fold_plain(text[at])); at++)
		if (tokens->length - start + 4 <= TOKEN_BYTES)
			tokens->bytes[tokens->length++] = (char)small;
	return at;
}

void learn_tokens_of(struct arena *arena, const char *text, struct token_list *tokens)
{
	size_t length = strnlen(text, LEARN_TEXT_BYTES), start = 0, raw = 0;

	*tokens = (struct token_list){ .bytes = arena_room(arena, 3 * length + 2),
	                               .at = (struct learn_token *)arena_room(arena, (length / 2 + 1) * sizeof *tokens->at) };
	for (size_t at = 0; at < length;) {
		uint32_t code = 0, folded;
		size_t taken;

		raw = tokens->length == start ? at : raw;
		at += take_plain(tokens, start, text + at, length - at);
		if (at == length)
			break;
		taken = utf8_decode(text + at, length - at, &code);
		folded = taken ? fold(code) : 0;
		if (folded && !is_mark(code)) {
			if (tokens->length == start)
				raw = at;
			if (tokens->length - start + 4 <= TOKEN_BYTES)
				tokens->length += utf8_encode(folded, tokens->bytes + tokens->length);
		} else if (!folded) {
			end_word(tokens, start, raw, at);
			start = tokens->length;
		}
		at += taken ? taken : 1;
	}
	end_word(tokens, start, raw, length);
}
