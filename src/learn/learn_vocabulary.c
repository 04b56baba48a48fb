/*
 * learn_vocabulary.c - which features are known and how rare they are; a text's features as a vector of length one.
 *
 * Sublinear tf-idf: (1 + ln count) * (1 + ln((1 + n) / (1 + df))). Words and letter runs are each brought to the same length before
 * they are put together, so that letter runs do not drown the words. What is not known counts for that length as the rarest does: a
 * text of which little is known gets weak decisions. Rarity is kept in one byte a bucket, in steps that
 * training sees, too: a model that was saved and loaded computes the same.
 */
#include "learn_private.h"

#include <math.h>
#include <string.h>

#define COMMON_SHARE 0.5                         /* of the value of words of learn_common.c, when only names are known */
static const float share_of_kind[2] = { 1.0f, 1.4f };  /* letter runs tell a little more than words, in every set tried */
#define RARITY_STEP (1.0 / 20)                   /* 254 steps reach idf 13.7: a million texts */

static uint8_t rarity_of(size_t count, uint32_t seen)
{
	double steps = log((1.0 + (double)count) / (1.0 + seen)) / RARITY_STEP;

	return (uint8_t)(1 + (steps > 253 ? 253 : steps < 0 ? 0 : lround(steps)));
}

void learn_vocabulary_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, struct vocabulary *vocabulary)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *seen = ARENA_ARRAY(&scratch, uint32_t, BUCKETS);

	vocabulary->only_names = true;
	for (size_t i = 0; i < rows->count; i++) {
		const struct document *document = &corpus->at[rows->at[i]];

		vocabulary->only_names &= document->describes;
		for (size_t k = 0; k < document->features.count; k++)
			if (!k || KEY_BUCKET(document->features.at[k]) != KEY_BUCKET(document->features.at[k - 1]))
				seen[KEY_BUCKET(document->features.at[k])]++;
	}
	learn_numbered_make(arena, &vocabulary->known, BUCKETS);
	for (size_t bucket = 0; bucket < BUCKETS; bucket++)
		if (seen[bucket])
			learn_numbered_put(&vocabulary->known, bucket);
	learn_numbered_done(&vocabulary->known);
	vocabulary->rarity = ARENA_ARRAY(arena, uint8_t, vocabulary->known.count + 1);
	vocabulary->rarest = 1;
	for (size_t bucket = 0, number = 0; bucket < BUCKETS; bucket++) {
		if (!seen[bucket])
			continue;
		vocabulary->rarity[number] = rarity_of(rows->count, seen[bucket]);
		if (vocabulary->rarity[number] > vocabulary->rarest)
			vocabulary->rarest = vocabulary->rarity[number];
		number++;
	}
}

#define OFTEN 8                                  /* times; hardly a feature stands more often in one text */
static struct values { double of_rarity[UINT8_MAX + 1], of_times[OFTEN + 1]; } values;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static double value_of_times(uint32_t times)
{
	return 1 + log(times);
}

static void make_values(void)
{
	for (int rarity = 0; rarity <= UINT8_MAX; rarity++)
		values.of_rarity[rarity] = 1 + RARITY_STEP * (rarity - 1);
	for (uint32_t times = 1; times <= OFTEN; times++)
		values.of_times[times] = value_of_times(times);
}

/* Every second feature is known, the others not, in no order: without branches on that, which the processor would guess wrongly. */
ALSO_FOR_NEWER void learn_vector_of(struct arena *arena, const struct vocabulary *vocabulary, const struct features *features, struct vector *vector)
{
	static const double if_word[2] = { [KIND_WORD] = 1 }, if_run[2] = { [KIND_RUN] = 1 }, if_unknown[2] = { 1, 0 };
	double words = 1e-12, runs = 1e-12, unknown_words = 0, unknown_runs = 0;         /* squares */
	/* Copies, since for all the compiler knows an item that is written might change them. */
	const struct numbered known = vocabulary->known;
	const uint8_t *rarity = vocabulary->rarity, rarest = vocabulary->rarest;
	const bool only_names = vocabulary->only_names;
	struct vector_item *at;
	size_t count = 0;
	float scale[2];

	pthread_once(&once, make_values);
	at = (struct vector_item *)arena_room(arena, (features->count + 1) * sizeof *at);
	for (size_t i = 0; i < features->count; i++) {
		uint32_t key = features->at[i], kind = KEY_KIND(key), times = KEY_TIMES(key);
		uint32_t number = numbered_before(&known, KEY_BUCKET(key));
		bool is_known = numbered_has(&known, KEY_BUCKET(key));
		double value = values.of_rarity[is_known ? rarity[number] : rarest], square, word, run;  /* there is one more rarity than are known */

		value *= times <= OFTEN ? values.of_times[times] : value_of_times(times);
		value *= only_names && KEY_COMMON(key) ? COMMON_SHARE : 1;
		square = value * value;
		word = square * if_word[kind];           /* one of the two is nothing: sums stay out of memory, where each would wait for the last */
		run = square * if_run[kind];
		words += word;
		runs += run;
		unknown_words += word * if_unknown[is_known];
		unknown_runs += run * if_unknown[is_known];
		at[count] = (struct vector_item){ number & INT32_MAX, kind & 1, (float)value };
		count += is_known;
	}
	*vector = (struct vector){ .at = at, .count = count, .words = features->words };
	scale[KIND_WORD] = share_of_kind[KIND_WORD] / (float)sqrt(words);
	scale[KIND_RUN] = share_of_kind[KIND_RUN] / (float)sqrt(runs);
	for (size_t i = 0; i < vector->count; i++)
		vector->at[i].value *= scale[vector->at[i].kind];
	vector->unknown_words = unknown_words / words;
	vector->unknown_runs = unknown_runs / runs;
}
