/*
 * kb_score_neighbours.c - words of the question that stand side by side in the article, too, or with one word between them.
 *
 * Each pair counts once. Pairs are found by their first word.
 */
#include "kb_work.h"

#include <string.h>

void kb_list_pairs(struct kb_work *work)
{
	const struct kb_words *words = work->words;
	struct kb_pairs *pairs = &work->pairs;

	pairs->count = 0;
	memset(pairs->head, 0, words->count);
	for (size_t i = 0; i + 1 < words->order_count && pairs->count < KB_PAIRS; i++) {
		uint32_t first = words->order[i], second = words->order[i + 1];
		const struct kb_word *a, *b;

		if (first == KB_GAP || second == KB_GAP || first == second)
			continue;
		a = &words->at[first];
		b = &words->at[second];
		if (a->term == KB_NO_TERM || b->term == KB_NO_TERM)
			continue;
		pairs->at[pairs->count++] = (struct kb_pair){ .second = (uint8_t)(second + 1), .next = pairs->head[first],
		                                              .weight = (a->weight < b->weight ? a->weight : b->weight) * (a->idf + b->idf) / 2 };
		pairs->head[first] = (uint8_t)pairs->count;
	}
}

static bool stands_near(const struct kb_work *work, size_t place, uint8_t second)
{
	for (size_t k = place + 1; k < work->places && work->place[k].at <= work->place[place].at + 2; k++)
		if (work->place[k].word == second)
			return true;
	return false;
}

float kb_neighbours(const struct kb_work *work)
{
	const struct kb_pairs *pairs = &work->pairs;
	bool found[KB_PAIRS] = { false };
	float sum = 0;

	for (size_t i = 0; pairs->count && i < work->places; i++)
		for (size_t k = pairs->head[work->place[i].word - 1]; k; k = pairs->at[k - 1].next)
			if (!found[k - 1] && stands_near(work, i, pairs->at[k - 1].second)) {
				found[k - 1] = true;
				sum += pairs->at[k - 1].weight;
			}
	return sum;
}
