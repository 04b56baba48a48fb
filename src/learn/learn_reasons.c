/*
 * learn_reasons.c - which words of a text decided: what each gave the best class over the second.
 *
 * Weights belong to hashed features; here each is led back to the words of this text that it came from, pairs to both halves. The model
 * itself cannot name a word. The same word at two places is one reason, named as it stands at the first.
 */
#include "learn_private.h"

/* What a word gave as the first of a feature's words and as the second: most times it is both, and neither sum waits for the other. */
struct gain { float first, second; };

/* Of each feature what one word of it gave: half for either word of a pair. Features and items of the vector stand in the same order, but
 * only what is known is in the vector. No branch on that: nobody could foretell it. */
static float *share_out(struct arena *arena, const struct vocabulary *vocabulary, const struct features *features, const float *between)
{
	float *share = (float *)arena_room(arena, (features->count + 1) * sizeof *share);

	for (size_t i = 0; i < features->count; i++) {
		uint32_t key = features->at[i], times = KEY_TIMES(key);
		bool known = numbered_has(&vocabulary->known, KEY_BUCKET(key));

		share[i] = *between / (2 * (float)times) * (float)known;
		between += known;
	}
	return share;
}

/* Origins of the same words stand together: their sums are put back when others come. */
static void add_gains(const struct feature_origins *origins, const float *share, struct gain *gain)
{
	for (size_t i = 0; i < origins->count;) {
		const uint16_t first = origins->at[i].first, second = origins->at[i].second;
		float as_first = gain[first].first, as_second = gain[second].second;

		for (; i < origins->count && origins->at[i].first == first && origins->at[i].second == second; i++) {
			float part = share[origins->feature[i]] * (float)KEY_TIMES(origins->at[i].key);

			as_first += part;
			as_second += part;
		}
		gain[first].first = as_first;
		gain[second].second = as_second;
	}
}

static void name_largest(struct arena *arena, const char *text, const struct token_list *tokens, struct gain *gain, double total,
                         struct learn_guess *guess)
{
	size_t best = 0;

	for (size_t i = 0; i < tokens->count; i++)
		if (gain[i].first > gain[best].first)
			best = i;
	if (gain[best].first <= 0)
		return;
	guess->reasons[guess->reason_count++] = (struct learn_reason){
		arena_copy(arena, text + tokens->at[best].raw, tokens->at[best].raw_length), (double)gain[best].first / total
	};
	gain[best].first = 0;
}

void learn_find_reasons(struct arena *arena, const struct learner *learner, const struct learn_reading *reading, const struct evidence_of_text *evidence,
                        struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const struct token_list *tokens = &reading->tokens;
	struct gain *gain = ARENA_ARRAY(&scratch, struct gain, tokens->count + 1);
	double total = 0;
	float *between = (float *)arena_room(&scratch, (evidence->vector.count + 1) * sizeof *between);

	learn_weights_between(&learner->weights, &evidence->vector, evidence->first, evidence->second, between);
	between[evidence->vector.count] = 0;
	add_gains(&reading->origins, share_out(&scratch, &learner->vocabulary, &reading->features, between), gain);
	for (size_t i = 0; i < tokens->count; i++) {
		gain[i].first += gain[i].second;
		total += gain[i].first > 0 ? (double)gain[i].first : 0;
	}
	for (size_t i = 0; total > 0 && i < LEARN_WORDS; i++)
		name_largest(arena, reading->text, tokens, gain, total, guess);
}
