/*
 * learn_features.c - what is counted in a text: words, pairs of words (neighbours, and with one word between them), and runs of 2 to 5
 * letters inside each word.
 *
 * Runs of letters see the edges of the word (" ca", "car ") and carry what a stemmer or a list of misspellings would: no
 * language has to be known. Each feature is hashed to one of 2^18 buckets and only the bucket is kept, so that no text can be
 * read back. Two that fall into one bucket are one feature to us; with some ten thousand known ones that is rare enough.
 * The result is sorted by bucket, each with its kind once.
 */
#include "learn_private.h"

#include <string.h>

#define SHORTEST_RUN 2
#define LONGEST_RUN 5

static uint32_t hash(uint32_t seed, const char *bytes, size_t length)
{
	uint32_t value = 2166136261u ^ seed * 0x9E3779B1u;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)bytes[i]) * 16777619u;
	value ^= value >> 15;
	value *= 0x2C1B3C6Du;
	value ^= value >> 12;
	value *= 0x297A2D39u;
	value ^= value >> 15;
	return value & (BUCKETS - 1);
}

static void add(struct feature_origins *origins, uint32_t bucket, enum feature_kind kind, size_t first, size_t second)
{
	origins->at[origins->count++] = (struct feature_origin){ bucket, (uint16_t)kind, (uint32_t)first, (uint32_t)second };
}

static void add_pair(struct feature_origins *origins, const struct token_list *tokens, size_t first, size_t second)
{
	const struct learn_token *a = &tokens->at[first], *b = &tokens->at[second];
	char both[2 * TOKEN_BYTES + 1];

	memcpy(both, tokens->bytes + a->start, a->length);
	both[a->length] = second == first + 1 ? ' ' : '*';
	memcpy(both + a->length + 1, tokens->bytes + b->start, b->length);
	add(origins, hash(2, both, a->length + 1 + b->length), KIND_WORD, first, second);
}

/* Starts of characters of " word ", and its end. */
static size_t characters(const char *word, size_t length, uint8_t at[TOKEN_BYTES + 3])
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		if (((unsigned char)word[i] & 0xC0) != 0x80)
			at[count++] = (uint8_t)i;
	at[count] = (uint8_t)length;
	return count;
}

static void add_runs(struct feature_origins *origins, const char *word, size_t length, size_t first)
{
	char edged[TOKEN_BYTES + 2];
	uint8_t at[TOKEN_BYTES + 3];
	size_t count;

	edged[0] = ' ';
	memcpy(edged + 1, word, length);
	edged[length + 1] = ' ';
	count = characters(edged, length + 2, at);
	for (size_t run = SHORTEST_RUN; run <= LONGEST_RUN && run <= count; run++)
		for (size_t i = 0; i + run <= count; i++)
			add(origins, hash((uint32_t)(10 + run), edged + at[i], (size_t)(at[i + run] - at[i])), KIND_RUN, first, first);
}

static void list_origins(struct arena *arena, const struct token_list *tokens, struct feature_origins *origins)
{
	size_t runs = (LONGEST_RUN - SHORTEST_RUN + 1) * (tokens->length + 2 * tokens->count);

	origins->at = ARENA_ARRAY(arena, struct feature_origin, 3 * tokens->count + runs + 1);
	origins->count = 0;
	for (size_t i = 0; i < tokens->count; i++) {
		const struct learn_token *token = &tokens->at[i];
		const char *word = tokens->bytes + token->start;

		add(origins, hash(1, word, token->length), KIND_WORD, i, i);
		if (i + 1 < tokens->count)
			add_pair(origins, tokens, i, i + 1);
		if (i + 2 < tokens->count)
			add_pair(origins, tokens, i, i + 2);
		add_runs(origins, word, token->length, i);
	}
}

#define DIGIT 10                                 /* bits of a key sorted at once; a key has 18 of the bucket and 2 more */

/* By digits, twice: a mail has thousands of keys, and comparing them was most of a prediction. */
static void sort_keys(struct arena *arena, uint32_t *keys, size_t count)
{
	uint32_t *other = ARENA_ARRAY(arena, uint32_t, count + 1);

	for (int shift = 0; shift < 2 * DIGIT; shift += DIGIT) {
		size_t start[(1 << DIGIT) + 1] = { 0 };

		for (size_t i = 0; i < count; i++)
			start[(keys[i] >> shift & ((1 << DIGIT) - 1)) + 1]++;
		for (size_t i = 0; i < 1 << DIGIT; i++)
			start[i + 1] += start[i];
		for (size_t i = 0; i < count; i++)
			other[start[keys[i] >> shift & ((1 << DIGIT) - 1)]++] = keys[i];
		memcpy(keys, other, count * sizeof *keys);
	}
}

_Static_assert(BUCKETS <= 1 << (2 * DIGIT - 2), "a key fits into two digits");

static const bool *common_tokens(struct arena *arena, const struct token_list *tokens)
{
	bool *common = ARENA_ARRAY(arena, bool, tokens->count + 1);

	for (size_t i = 0; i < tokens->count; i++)
		common[i] = word_is_common(tokens->bytes + tokens->at[i].start);
	return common;
}

void features_of_tokens(struct arena *arena, const struct token_list *tokens, struct features *features, struct feature_origins *origins)
{
	uint32_t *keys;
	const bool *common;

	list_origins(arena, tokens, origins);
	common = common_tokens(arena, tokens);
	keys = ARENA_ARRAY(arena, uint32_t, origins->count + 1);
	for (size_t i = 0; i < origins->count; i++) {
		const struct feature_origin *origin = &origins->at[i];

		keys[i] = origin->bucket << 2 | (uint32_t)(common[origin->first] && common[origin->second]) << 1 | origin->kind;
	}
	sort_keys(arena, keys, origins->count);
	*features = (struct features){ .at = ARENA_ARRAY(arena, struct feature, origins->count + 1), .words = (uint32_t)tokens->count };
	for (size_t i = 0; i < origins->count; i++) {
		struct feature *last = &features->at[features->count - (features->count > 0)];

		if (features->count && last->bucket == keys[i] >> 2 && last->kind == (keys[i] & 1) && last->common == (keys[i] >> 1 & 1))
			last->count += last->count < UINT16_MAX;
		else
			features->at[features->count++] = (struct feature){ keys[i] >> 2, (uint8_t)(keys[i] & 1), keys[i] >> 1 & 1, 1 };
	}
}

/* What is needed on the way is thrown away; only the features are put into `arena`. */
void features_of(struct arena *arena, const char *text, struct features *features)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct token_list tokens;
	struct feature_origins origins;
	struct feature *kept;

	tokens_of(&scratch, text, &tokens);
	features_of_tokens(&scratch, &tokens, features, &origins);
	kept = ARENA_ARRAY(arena, struct feature, features->count + 1);
	memcpy(kept, features->at, features->count * sizeof *kept);
	features->at = kept;
}
