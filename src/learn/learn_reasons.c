/*
 * learn_reasons.c - which words of a text decided: what each gave the best class over the second.
 *
 * Weights belong to hashed features; here each is led back to the words of this text that it came from, pairs to both halves. The model
 * itself cannot name a word. The same word at two places is one reason.
 */
#include "learn_private.h"

#include <stdlib.h>
#include <string.h>

/* What one occurrence of a feature gives; the vector is sorted by bucket. */
static double gain_of(const struct learner *learner, const struct vector *vector, const struct feature_origin *origin, const struct evidence_of_text *evidence)
{
	size_t low = 0, high = vector->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (vector->at[middle].bucket < origin->bucket)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < vector->count && vector->at[low].bucket == origin->bucket; low++)
		if (vector->at[low].kind == origin->kind)
			return vector->at[low].value / vector->at[low].count *
			       weights_between(&learner->weights, origin->bucket, evidence->first, evidence->second);
	return 0;
}

/* Moves what later occurrences of the same word gave to its first one. */
static void join_same(const struct token_list *tokens, double *gain)
{
	for (size_t i = 0; i < tokens->count; i++)
		for (size_t k = i + 1; gain[i] != 0 && k < tokens->count; k++)
			if (gain[k] != 0 && !strcmp(tokens->bytes + tokens->at[i].start, tokens->bytes + tokens->at[k].start)) {
				gain[i] += gain[k];
				gain[k] = 0;
			}
}

static void name_largest(struct arena *arena, const char *text, const struct token_list *tokens, double *gain, double total, struct learn_guess *guess)
{
	size_t best = 0;

	for (size_t i = 0; i < tokens->count; i++)
		if (gain[i] > gain[best])
			best = i;
	if (gain[best] <= 0)
		return;
	guess->reasons[guess->reason_count++] = (struct learn_reason){
		arena_copy(arena, text + tokens->at[best].raw, tokens->at[best].raw_length), gain[best] / total
	};
	gain[best] = 0;
}

#define LOOKED_AT 400                            /* words of a long text; what decides stands early, and joining is quadratic */

void find_reasons(struct arena *arena, const struct learner *learner, const char *text, const struct token_list *tokens,
                  const struct feature_origins *origins, const struct features *features, const struct evidence_of_text *evidence,
                  struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct token_list early = *tokens;
	struct vector vector;
	double *gain, total = 0;

	early.count = early.count > LOOKED_AT ? LOOKED_AT : early.count;
	if (!early.count)
		return;
	gain = ARENA_ARRAY(&scratch, double, tokens->count);
	vector_of(&scratch, &learner->vocabulary, features, &vector);
	for (size_t i = 0; i < origins->count; i++) {
		double half = origins->at[i].first < early.count ? gain_of(learner, &vector, &origins->at[i], evidence) / 2 : 0;

		gain[origins->at[i].first] += half;
		gain[origins->at[i].second] += half;
	}
	join_same(&early, gain);
	for (size_t i = 0; i < early.count; i++)
		total += gain[i] > 0 ? gain[i] : 0;
	for (size_t i = 0; total > 0 && i < LEARN_REASONS; i++)
		name_largest(arena, text, &early, gain, total, guess);
}
