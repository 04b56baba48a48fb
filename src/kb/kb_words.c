/*
 * kb_words.c - what a mail asks, as weighted terms.
 *
 * Each different word is stemmed once. Small words count little. The language decides which are small and how words are stemmed; if it is
 * not clear, the main languages of the folder are asked. Of a long mail the KB_CHOSEN most telling words are looked for: that bounds
 * what a question costs, and a long tale is judged like a short question.
 */
#include "kb_private.h"

#include <math.h>
#include <string.h>

#define UNKNOWN_VALUE 0.5f              /* of a word that stands in no article, against one that stands in one */

struct reading {
	const struct kb_snapshot *snapshot;
	struct arena *arena;
	struct kb_words *words;
	struct kb_memory *memory;
	struct words_stemmers stemmers;
	const char *language;                    /* of the only stemmer; NULL: there are more */
	float rarest;                            /* about the weight of what stands in one article */
	uint16_t token[KB_QUESTION_WORDS];       /* as they stand */
	size_t token_count;
	uint16_t token_slot[1024], slot[1024];   /* 1 + index by hash of the word, of the stem */
};

_Static_assert(KB_QUESTION_WORDS < 1024 && KB_TERMS < 1024, "slots");

static size_t slot_in(uint32_t hash)
{
	return hash % 1024;
}

static void new_token(const struct reading *reading, struct kb_token *token, const char *word, const char *folded, uint32_t hash)
{
	struct kb_known *known = kb_known_find(reading->memory, word, hash);

	if (!known)
		known = kb_known_add(reading->memory, word, folded, hash);
	if (known) {
		*token = (struct kb_token){ .word = known->word, .folded = known->folded, .small_in = known->small_in, .known = known };
		return;
	}
	*token = (struct kb_token){ .word = arena_string(reading->arena, word) };
	token->folded = strcmp(word, folded) ? arena_string(reading->arena, folded) : token->word;
	token->small_in = words_small_in(folded);
}

static void add_token(struct reading *reading, const char *word, const char *folded)
{
	struct kb_words *words = reading->words;
	uint32_t hash = kb_stem_hash(word);
	size_t at = slot_in(hash);

	while (reading->token_slot[at] && strcmp(words->token[reading->token_slot[at] - 1].word, word) != 0)
		at = slot_in((uint32_t)at + 1);
	if (!reading->token_slot[at]) {
		new_token(reading, &words->token[words->token_count++], word, folded, hash);
		reading->token_slot[at] = (uint16_t)words->token_count;
	}
	words->token[reading->token_slot[at] - 1].often++;
	reading->token[reading->token_count++] = (uint16_t)(reading->token_slot[at] - 1);
}

static void read_tokens(struct reading *reading, const struct kb_question *question)
{
	const char *at = kb_question_clean(reading->arena, question->subject, question->text);
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	while (reading->token_count < KB_QUESTION_WORDS && words_next(&at, word, folded))
		add_token(reading, word, folded);
}

static void choose_language(struct reading *reading, const struct kb_question *question)
{
	struct kb_words *words = reading->words;
	unsigned hits[16] = { 0 };

	if (question->language && *question->language)
		words->language = question->language;
	else {
		for (size_t i = 0; i < words->token_count; i++)
			words_count_small(words->token[i].small_in, words->token[i].often, hits, NULL);
		if (!(words->language = words_tell_language(hits)))
			words->language = words_tell_among(hits, reading->snapshot->languages, reading->snapshot->language_count);
	}
	words_stemmers_add(&reading->stemmers, words->language);
	for (size_t i = 0; !words->language && i < reading->snapshot->language_count; i++)
		words_stemmers_add(&reading->stemmers, reading->snapshot->languages[i]);
	reading->language = reading->stemmers.count == 0 ? "" : reading->stemmers.count == 1 ? words_stemmers_language(&reading->stemmers, 0) : NULL;
}

/* The stem that is remembered is one language's. */
static void stem_in(struct reading *reading, struct kb_token *token, size_t which)
{
	struct kb_known *known = reading->language ? token->known : NULL;
	char stem[WORDS_BYTES];

	if (kb_known_stem_is(known, reading->language)) {
		token->stem[which] = known->stem;
		token->hash[which] = known->stem_hash;
		token->term[which] = known->term;
		token->idf[which] = known->idf;
		return;
	}
	words_stem(&reading->stemmers, which, token->word, stem);
	token->stem[which] = arena_string(reading->arena, stem);
	token->hash[which] = kb_stem_hash(stem);
	token->term[which] = kb_dict_find_hashed(reading->snapshot->dict, stem, token->hash[which]);
	token->idf[which] = kb_idf(reading->snapshot, token->term[which]);
	if (known)
		kb_known_stem(known, reading->language, stem, token->hash[which], token->term[which], token->idf[which]);
}

static void stem_token(struct reading *reading, struct kb_token *token)
{
	for (size_t k = 0; k == 0 || k < reading->stemmers.count; k++) {
		float value;

		stem_in(reading, token, k);
		value = token->weight * (token->term[k] == KB_NO_TERM ? UNKNOWN_VALUE * reading->rarest : token->idf[k]);
		if (value > token->value)
			token->value = value;
	}
}

/* Small words last, and not at all where there are enough others that say more than any of them could. */
static void stem_tokens(struct reading *reading)
{
	float small_most = KB_STOP_WEIGHT * kb_idf(reading->snapshot, KB_NO_TERM);
	struct kb_words *words = reading->words;
	size_t telling = 0;

	for (size_t i = 0; i < words->token_count; i++) {
		struct kb_token *token = &words->token[i];

		token->weight = words_small(token->small_in, words->language) ? KB_STOP_WEIGHT : 1;
		if (token->weight < 1)
			continue;
		stem_token(reading, token);
		telling += token->value > small_most;
	}
	for (size_t i = 0; telling < KB_CHOSEN && i < words->token_count; i++)
		if (words->token[i].weight < 1)
			stem_token(reading, &words->token[i]);
}

/* What the last of the KB_CHOSEN most telling words has; 0: there are not more. */
static float least_value(const struct kb_words *words)
{
	float most[KB_CHOSEN + 1];               /* the largest so far, falling */
	size_t count = 0;

	for (size_t i = 0; i < words->token_count; i++) {
		float value = words->token[i].value;
		size_t at = count;

		if (count == KB_CHOSEN && value <= most[count - 1])
			continue;
		for (; at > 0 && most[at - 1] < value; at--)
			most[at] = most[at - 1];
		most[at] = value;
		count += count < KB_CHOSEN;
	}
	return words->token_count > KB_CHOSEN ? most[KB_CHOSEN - 1] : 0;
}

static void choose_tokens(struct kb_words *words)
{
	float least = least_value(words);
	size_t chosen = 0;

	for (size_t i = 0; i < words->token_count && chosen < KB_CHOSEN; i++)
		chosen += words->token[i].chosen = words->token[i].value >= least;
}

static uint32_t add_word(struct reading *reading, const struct kb_token *token, size_t stemmer)
{
	struct kb_words *words = reading->words;
	const char *stem = token->stem[stemmer];
	size_t at = slot_in(token->hash[stemmer]);
	struct kb_word *word;

	while (reading->slot[at] && strcmp(words->at[reading->slot[at] - 1].stem, stem) != 0)
		at = slot_in((uint32_t)at + 1);
	if (!reading->slot[at]) {
		word = &words->at[words->count++];
		reading->slot[at] = (uint16_t)words->count;
		word->term = token->term[stemmer];
		word->stem = stem;
		word->folded = token->folded;
		word->idf = token->idf[stemmer];
	}
	word = &words->at[reading->slot[at] - 1];
	if (token->weight > word->weight)
		word->weight = token->weight;
	return (uint32_t)(word - words->at);
}

static void add_words(struct reading *reading)
{
	struct kb_words *words = reading->words;
	uint32_t first[KB_QUESTION_WORDS];

	for (size_t i = 0; i < words->token_count; i++) {
		const struct kb_token *token = &words->token[i];

		first[i] = KB_GAP;
		for (size_t k = 0; token->chosen && k < WORDS_STEMMERS && token->stem[k]; k++) {
			uint32_t word = add_word(reading, token, k);

			if (k == 0)
				first[i] = word;
		}
	}
	for (size_t i = 0; i < reading->token_count; i++)
		words->order[words->order_count++] = first[reading->token[i]];
}

void kb_question_words(const struct kb_snapshot *snapshot, struct kb_memory *memory, const struct kb_question *question, struct arena *arena, struct kb_words *words)
{
	struct reading reading = { .snapshot = snapshot, .arena = arena, .words = words, .memory = memory, .rarest = logf(1 + ((float)snapshot->live + 0.5f) / 1.5f) };

	memset(words, 0, sizeof *words);
	words->token = (struct kb_token *)arena_room(arena, KB_QUESTION_WORDS * sizeof *words->token);
	read_tokens(&reading, question);
	choose_language(&reading, question);
	stem_tokens(&reading);
	choose_tokens(words);
	words->at = ARENA_ARRAY(arena, struct kb_word, KB_TERMS);
	words->order = ARENA_ARRAY(arena, uint32_t, KB_QUESTION_WORDS);
	add_words(&reading);
	for (size_t i = 0; i < words->count; i++) {
		words->mass += words->at[i].weight * words->at[i].idf;
		words->words += words->at[i].weight;
	}
	words_stemmers_fini(&reading.stemmers);
}
