/*
 * kb_score_grams.c - the cosine of the question's character n-grams with an article's, and with its title's alone.
 *
 * Finds compounds, inflections that no stemmer knows, and misspellings. Small words weigh little here, too; words that were not chosen
 * (kb_words.c) weigh nothing.
 */
#include "kb_work.h"

#include <math.h>

struct spread { struct kb_work *work; float weight; };

static void spread_gram(void *context, uint32_t bucket)
{
	const struct spread *spread = context;
	struct kb_work *work = spread->work;

	if (!(work->question.set[bucket / 64] >> (bucket % 64) & 1)) {
		work->question.set[bucket / 64] |= 1ULL << (bucket % 64);
		work->seen[work->seen_count++] = bucket;
	}
	work->question.weight[bucket] += spread->weight;
}

static void weigh(struct kb_gram_question *question, const float *idf, const uint32_t *seen, size_t count, float norm)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bucket = seen[i];

		question->weight[bucket] *= idf[bucket] / norm;
		if (question->weight[bucket] > 0)
			question->set[bucket / 64] |= 1ULL << (bucket % 64);
		else
			question->set[bucket / 64] &= ~(1ULL << (bucket % 64));
	}
}

static float norm_of(float square)
{
	return square > 0 ? sqrtf(square) : 1;
}

void kb_weigh_grams(struct kb_work *work)
{
	const struct kb_snapshot *snapshot = work->snapshot;
	struct spread spread = { work, 0 };
	float square = 0, title_square = 0;

	for (size_t i = 0; i < work->words->token_count; i++) {
		const struct kb_token *token = &work->words->token[i];

		spread.weight = token->weight * (float)token->often;
		if (token->chosen)
			kb_grams_of_word(token->folded, spread_gram, &spread);
	}
	for (size_t i = 0; i < work->seen_count; i++) {
		uint32_t bucket = work->seen[i];
		float tf = work->question.weight[bucket], log_tf = tf < 1 ? tf : 1 + logf(tf);
		float weight = log_tf * snapshot->gram_idf[bucket], title_weight = log_tf * snapshot->title_gram_idf[bucket];

		work->question.weight[bucket] = weight;
		work->title_question.weight[bucket] = title_weight;
		square += weight * weight;
		title_square += title_weight * title_weight;
	}
	weigh(&work->question, snapshot->gram_idf, work->seen, work->seen_count, norm_of(square));
	weigh(&work->title_question, snapshot->title_gram_idf, work->seen, work->seen_count, norm_of(title_square));
}

void kb_score_titles(struct kb_work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		if (entry->title_gram_norm > 0)
			work->title[i] = kb_gram_dot(&work->title_question, entry->title_grams, entry->title_gram_count) / entry->title_gram_norm;
		if (work->title[i] > work->most_title)
			work->most_title = work->title[i];
	}
}

void kb_score_grams(struct kb_work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		if (entry->gram_norm > 0)
			work->grams[i] = kb_gram_dot(&work->question, entry->grams, entry->gram_count) / entry->gram_norm;
		if (work->grams[i] > work->most_grams)
			work->most_grams = work->grams[i];
	}
}
