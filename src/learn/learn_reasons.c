/*
 * learn_reasons.c - which words of a text decided: what each gave the best class over the second.
 *
 * Weights belong to hashed features; here each is led back to the words of this text that it came from, pairs to both halves. The model
 * itself cannot name a word. The same word at two places is one reason, named as it stands at the first.
 */
#include "learn_private.h"

/* Origins in their order, and the items of the vector, are sorted alike; only what is known is in the vector. */
static void add_gains(const struct learner *learner, const struct feature_origins *origins, const struct evidence_of_text *evidence, double *gain)
{
	const struct vector *vector = &evidence->vector;

	for (size_t i = 0, next = 0, item = 0; i < origins->count; i = next) {
		uint32_t key = origins->at[origins->order[i]].key & KEY_MASK, bucket = KEY_BUCKET(key);
		bool known = item < vector->count && vector->at[item].bucket == bucket && vector->at[item].kind == KEY_KIND(key);
		double half = 0;

		if (known) {
			half = vector->at[item].value / vector->at[item].count / 2 * weights_between(&learner->weights, bucket, evidence->first, evidence->second);
			item++;
		}
		for (next = i; next < origins->count && (origins->at[origins->order[next]].key & KEY_MASK) == key; next++) {
			const struct feature_origin *origin = &origins->at[origins->order[next]];

			gain[origin->first] += half * KEY_TIMES(origin->key);
			gain[origin->second] += half * KEY_TIMES(origin->key);
		}
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

void find_reasons(struct arena *arena, const struct learner *learner, const struct learn_reading *reading, const struct evidence_of_text *evidence,
                  struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const struct token_list *tokens = &reading->tokens;
	double *gain = ARENA_ARRAY(&scratch, double, tokens->count + 1), total = 0;

	add_gains(learner, &reading->origins, evidence, gain);
	for (size_t i = 0; i < tokens->count; i++)
		total += gain[i] > 0 ? gain[i] : 0;
	for (size_t i = 0; total > 0 && i < LEARN_WORDS; i++)
		name_largest(arena, reading->text, tokens, gain, total, guess);
}
