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

/* 0: not part of a word. */
static uint32_t fold(uint32_t code)
{
	if (code < 0x80) {
		if (code >= 'A' && code <= 'Z')
			return code + 32;
		return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') ? code : 0;
	}
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

void learn_tokens_of(struct arena *arena, const char *text, struct token_list *tokens)
{
	size_t length = strnlen(text, LEARN_TEXT_BYTES), start = 0, raw = 0;

	*tokens = (struct token_list){ .bytes = arena_alloc(arena, 3 * length + 2), .at = ARENA_ARRAY(arena, struct learn_token, length / 2 + 1) };
	for (size_t at = 0; at < length;) {
		uint32_t code = 0, folded;
		size_t taken = utf8_decode(text + at, length - at, &code);

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
