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

#define HASH_OF_RUNS 3624381080u

static uint32_t bucket_of(uint32_t value)
{
	value ^= value >> 15;
	value *= 0x2C1B3C6Du;
	value ^= value >> 12;
	value *= 0x297A2D39u;
	value ^= value >> 15;
	return value & (BUCKETS - 1);
}

/* What is being counted: each word once, with how often it stands there, since a mail says the same words again and again. */
struct counting {
	const struct token_list *tokens;
	uint16_t *place, *times;                         /* of each token: where its word stands first; how often, at that place */
	uint32_t *hash;                                  /* of each token */
	bool *common;                                    /* at that place */
	struct feature_origins *origins;
};

_Static_assert(LEARN_TEXT_BYTES / 2 < 1 << (32 - KEY_BITS) && LEARN_TEXT_BYTES / 2 < UINT16_MAX, "all words of a text may be the same one");

static uint32_t key_of(const struct counting *counting, enum feature_kind kind, uint32_t times, size_t first, size_t second)
{
	uint32_t common = counting->common[first] && counting->common[second];

	return times << KEY_BITS | common << 1 | kind;
}

static void add(struct feature_origins *origins, uint32_t key, uint32_t bucket, size_t first, size_t second)
{
	origins->at[origins->count++] = (struct feature_origin){ key | bucket << 2, (uint16_t)first, (uint16_t)second };
}

/* Two words, of which all that matters is known by their hashes. */
static void add_pair(struct counting *counting, size_t first, size_t second)
{
	uint32_t value = (counting->hash[first] + (uint32_t)(second - first)) * 0x9E3779B1u ^ counting->hash[second];
	size_t a = counting->place[first], b = counting->place[second];

	add(counting->origins, key_of(counting, KIND_WORD, 1, a, b), bucket_of(value), a, b);
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

/* Of plain letters each is a byte. */
static struct feature_origin *add_plain_runs(struct feature_origin *next, const char *edged, size_t count, uint32_t key, uint16_t first)
{
	for (size_t i = 0; i + SHORTEST_RUN <= count; i++) {
		uint32_t value = hash_byte(HASH_OF_RUNS, (unsigned char)edged[i]);
		size_t most = count - i < LONGEST_RUN ? count - i : LONGEST_RUN;

		for (size_t run = 1; run < most; run++) {
			value = hash_byte(value, (unsigned char)edged[i + run]);
			*next++ = (struct feature_origin){ key | bucket_of(value) << 2, first, first };
		}
	}
	return next;
}

static void add_runs(struct counting *counting, const char *word, size_t length, size_t first)
{
	char edged[TOKEN_BYTES + 2];
	uint8_t at[TOKEN_BYTES + 3];
	uint32_t key = key_of(counting, KIND_RUN, counting->times[first], first, first);
	struct feature_origin *next = counting->origins->at + counting->origins->count;
	size_t count;

	edged[0] = ' ';
	memcpy(edged + 1, word, length);
	edged[length + 1] = ' ';
	count = characters(edged, length + 2, at);
	if (count == length + 2)
		next = add_plain_runs(next, edged, count, key, (uint16_t)first);
	for (size_t i = 0; count < length + 2 && i + SHORTEST_RUN <= count; i++) {
		uint32_t value = HASH_OF_RUNS;

		for (size_t run = 1, byte = at[i]; run <= LONGEST_RUN && i + run <= count; run++) {
			for (; byte < at[i + run]; byte++)
				value = hash_byte(value, (unsigned char)edged[byte]);
			if (run >= SHORTEST_RUN)
				*next++ = (struct feature_origin){ key | bucket_of(value) << 2, (uint16_t)first, (uint16_t)first };
		}
	}
	counting->origins->count = (size_t)(next - counting->origins->at);
}

/* Finds the first place of each word. The table is twice as large as the tokens are many, and keeps places + 1. */
static void find_places(struct arena *arena, struct counting *counting)
{
	const struct token_list *tokens = counting->tokens;
	size_t slots = 64;
	uint16_t *table;

	while (slots < 2 * tokens->count)
		slots *= 2;
	table = ARENA_ARRAY(arena, uint16_t, slots);
	for (size_t i = 0; i < tokens->count; i++) {
		const struct learn_token *token = &tokens->at[i];
		const char *word = tokens->bytes + token->start;
		uint32_t value = hash_bytes(word, token->length);
		size_t slot;

		counting->hash[i] = value;
		for (slot = bucket_of(value) & (slots - 1); table[slot]; slot = (slot + 1) & (slots - 1)) {
			const struct learn_token *other = &tokens->at[table[slot] - 1];

			if (other->length == token->length && !memcmp(tokens->bytes + other->start, word, token->length))
				break;
		}
		if (!table[slot]) {
			table[slot] = (uint16_t)(i + 1);
			counting->common[i] = learn_word_is_common(word, value);
		}
		counting->place[i] = (uint16_t)(table[slot] - 1);
		counting->times[table[slot] - 1]++;
	}
}

static void list_origins(struct arena *arena, const struct token_list *tokens, struct feature_origins *origins)
{
	size_t room = tokens->count + 1, most = 3 * tokens->count;
	struct counting counting = { .tokens = tokens, .origins = origins };

	counting.place = ARENA_ARRAY(arena, uint16_t, room);
	counting.times = ARENA_ARRAY(arena, uint16_t, room);
	counting.hash = ARENA_ARRAY(arena, uint32_t, room);
	counting.common = ARENA_ARRAY(arena, bool, room);
	find_places(arena, &counting);
	for (size_t i = 0; i < tokens->count; i++)
		most += counting.place[i] == i ? (LONGEST_RUN - SHORTEST_RUN + 1) * (tokens->at[i].length + 2) : 0;
	origins->at = (struct feature_origin *)arena_room(arena, (most + 1) * sizeof *origins->at);
	origins->count = 0;
	for (size_t i = 0; i < tokens->count; i++) {
		const struct learn_token *token = &tokens->at[i];

		if (i + 1 < tokens->count)
			add_pair(&counting, i, i + 1);
		if (i + 2 < tokens->count)
			add_pair(&counting, i, i + 2);
		if (counting.place[i] != i)
			continue;
		add(origins, key_of(&counting, KIND_WORD, counting.times[i], i, i), bucket_of(counting.hash[i]), i, i);
		add_runs(&counting, tokens->bytes + token->start, token->length, i);
	}
}

#define DIGIT 10                                 /* bits of a key sorted at once */
_Static_assert(KEY_BITS == 2 * DIGIT, "a key is two digits");

_Static_assert(3 * (LEARN_TEXT_BYTES / 2) + 4 * (3 * LEARN_TEXT_BYTES) < UINT16_MAX, "an origin has a short number");

/* By digits, twice: a mail has thousands of keys, and comparing them was most of a prediction. Returns the origins in their order. */
static const uint16_t *sort_origins(struct arena *arena, const struct feature_origins *origins)
{
	uint16_t *once = (uint16_t *)arena_room(arena, (origins->count + 1) * sizeof *once), low[(1 << DIGIT) + 1] = { 0 }, high[(1 << DIGIT) + 1] = { 0 };
	uint16_t *order = (uint16_t *)arena_room(arena, (origins->count + 1) * sizeof *order);
	const uint32_t mask = (1 << DIGIT) - 1;

	for (size_t i = 0; i < origins->count; i++) {
		low[(origins->at[i].key & mask) + 1]++;
		high[(origins->at[i].key >> DIGIT & mask) + 1]++;
	}
	for (size_t i = 0; i < 1 << DIGIT; i++) {
		low[i + 1] = (uint16_t)(low[i + 1] + low[i]);
		high[i + 1] = (uint16_t)(high[i + 1] + high[i]);
	}
	for (size_t i = 0; i < origins->count; i++)
		once[low[origins->at[i].key & mask]++] = (uint16_t)i;
	for (size_t i = 0; i < origins->count; i++)
		order[high[origins->at[once[i]].key >> DIGIT & mask]++] = once[i];
	return order;
}

void learn_features_of_tokens(struct arena *arena, const struct token_list *tokens, struct features *features, struct feature_origins *origins)
{
	uint32_t last = UINT32_MAX, sum = 0, *at;
	const uint16_t *order;
	size_t count = 0;

	list_origins(arena, tokens, origins);
	order = sort_origins(arena, origins);
	at = (uint32_t *)arena_room(arena, (origins->count + 1) * sizeof *at);
	origins->feature = (uint16_t *)arena_room(arena, (origins->count + 1) * sizeof *origins->feature);
	for (size_t i = 0; i < origins->count; i++) {
		uint32_t key = origins->at[order[i]].key, kind = key & KEY_MASK;
		bool fresh = kind != last;

		/* Put down each time, counted where it is another one: nobody can foresee that. */
		sum = fresh ? key : sum + (key - kind);
		last = kind;
		count += fresh;
		at[count - 1] = sum;
		origins->feature[order[i]] = (uint16_t)(count - 1);
	}
	*features = (struct features){ .at = at, .count = count, .words = (uint32_t)tokens->count };
}

/* What is needed on the way is thrown away; only the features are put into `arena`. */
void learn_features_of(struct arena *arena, const char *text, struct features *features)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct token_list tokens;
	struct feature_origins origins;
	uint32_t *kept;

	learn_tokens_of(&scratch, text, &tokens);
	learn_features_of_tokens(&scratch, &tokens, features, &origins);
	kept = ARENA_ARRAY(arena, uint32_t, features->count + 1);
	memcpy(kept, features->at, features->count * sizeof *kept);
	features->at = kept;
}
