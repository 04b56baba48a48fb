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

void vocabulary_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, struct vocabulary *vocabulary)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *seen = ARENA_ARRAY(&scratch, uint32_t, BUCKETS);

	vocabulary->only_names = true;
	for (size_t i = 0; i < rows->count; i++) {
		const struct document *document = &corpus->at[rows->at[i]];

		vocabulary->only_names &= document->describes;
		for (size_t k = 0; k < document->features.count; k++)
			if (!k || document->features.at[k].bucket != document->features.at[k - 1].bucket)
				seen[document->features.at[k].bucket]++;
	}
	vocabulary->rarity = ARENA_ARRAY(arena, uint8_t, BUCKETS);
	vocabulary->rarest = 1;
	for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
		if (seen[bucket])
			vocabulary->rarity[bucket] = rarity_of(rows->count, seen[bucket]);
		if (vocabulary->rarity[bucket] > vocabulary->rarest)
			vocabulary->rarest = vocabulary->rarity[bucket];
	}
}

static double value_of(const struct vocabulary *vocabulary, const struct feature *feature)
{
	uint8_t rarity = vocabulary->rarity[feature->bucket] ? vocabulary->rarity[feature->bucket] : vocabulary->rarest;
	double value = (feature->count == 1 ? 1 : 1 + log(feature->count)) * (1 + RARITY_STEP * (rarity - 1));

	return vocabulary->only_names && feature->common ? COMMON_SHARE * value : value;
}

void vector_of(struct arena *arena, const struct vocabulary *vocabulary, const struct features *features, struct vector *vector)
{
	double squares[2] = { 1e-12, 1e-12 }, unknown[2] = { 0, 0 };
	float scale[2];

	*vector = (struct vector){ .at = ARENA_ARRAY(arena, struct vector_item, features->count + 1), .words = features->words };
	for (size_t i = 0; i < features->count; i++) {
		const struct feature *feature = &features->at[i];
		double value = value_of(vocabulary, feature);

		squares[feature->kind] += value * value;
		if (vocabulary->rarity[feature->bucket])
			vector->at[vector->count++] = (struct vector_item){ feature->bucket, feature->kind, feature->count, (float)value };
		else
			unknown[feature->kind] += value * value;
	}
	for (size_t kind = 0; kind < COUNT_OF(scale); kind++)
		scale[kind] = share_of_kind[kind] / (float)sqrt(squares[kind]);
	for (size_t i = 0; i < vector->count; i++)
		vector->at[i].value *= scale[vector->at[i].kind];
	vector->unknown_words = unknown[KIND_WORD] / squares[KIND_WORD];
	vector->unknown_runs = unknown[KIND_RUN] / squares[KIND_RUN];
}
