/*
 * learn_reasons.c - which words of a text decided: what each gave the best class over the second.
 *
 * Weights belong to hashed features; here each is led back to the words of this text that it came from, pairs to both halves. The model
 * itself cannot name a word. The same word at two places is one reason, named as it stands at the first.
 */
#include "learn_private.h"

/* What a word gave as the first of a feature's words and as the second: most times it is both, and neither sum waits for the other. */
struct gain { float first, second; };

/* The features that are known, by their places: those of the vector, in its order. No branch: nobody could foretell it. */
static size_t list_known(const struct vocabulary *vocabulary, const struct features *features, uint16_t *known)
{
	size_t count = 0;

	for (size_t i = 0; i < features->count; i++) {
		known[count] = (uint16_t)i;
		count += numbered_has(&vocabulary->known, KEY_BUCKET(features->at[i]));
	}
	return count;
}

static void add_gain(const struct learn_reading *reading, size_t feature, float between, struct gain *gain)
{
	const struct feature_origins *origins = &reading->origins;
	uint32_t times = KEY_TIMES(reading->features.at[feature]);
	float half = times > 1 ? between / (2 * (float)times) : between / 2;

	for (size_t i = feature ? origins->end[feature - 1] : 0; i < origins->end[feature]; i++) {
		const struct feature_origin *origin = &origins->at[origins->order[i]];
		float part = half * (float)KEY_TIMES(origin->key);

		gain[origin->first].first += part;
		gain[origin->second].second += part;
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

void find_reasons(struct arena *arena, const struct learner *learner, const struct learn_reading *reading, const struct evidence_of_text *evidence,
                  struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const struct token_list *tokens = &reading->tokens;
	struct gain *gain = ARENA_ARRAY(&scratch, struct gain, tokens->count + 1);
	double total = 0;
	float *between = (float *)arena_room(&scratch, (evidence->vector.count + 1) * sizeof *between);
	uint16_t *known = (uint16_t *)arena_room(&scratch, (reading->features.count + 1) * sizeof *known);
	size_t count = list_known(&learner->vocabulary, &reading->features, known);

	weights_between(&learner->weights, &evidence->vector, evidence->first, evidence->second, between);
	for (size_t i = 0; i < count; i++)
		add_gain(reading, known[i], between[i], gain);
	for (size_t i = 0; i < tokens->count; i++) {
		gain[i].first += gain[i].second;
		total += gain[i].first > 0 ? (double)gain[i].first : 0;
	}
	for (size_t i = 0; total > 0 && i < LEARN_WORDS; i++)
		name_largest(arena, reading->text, tokens, gain, total, guess);
}
