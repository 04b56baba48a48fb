/*
 * kb_score_neighbours.c - words of the question that stand side by side in the article, too, or with one word between them.
 *
 * Each pair counts once. Pairs are found by their first word through a small table, so that an article is read once however many there are.
 */
#include "kb_work.h"

#include <string.h>

#define PAIRS 128
#define HEADS 512

struct pairs {
	uint32_t first[PAIRS], second[PAIRS], found_in[PAIRS];   /* found_in: the article it was last found in */
	float weight[PAIRS];
	uint8_t next[PAIRS], head[HEADS];        /* 1 + index; 0: none */
	size_t count;
};

static void list_pairs(const struct kb_words *words, struct pairs *pairs)
{
	memset(pairs, 0, sizeof *pairs);
	for (size_t i = 0; i + 1 < words->order_count && pairs->count < PAIRS; i++) {
		const struct kb_word *a, *b;
		size_t k;

		if (words->order[i] == KB_GAP || words->order[i + 1] == KB_GAP || words->order[i] == words->order[i + 1])
			continue;
		a = &words->at[words->order[i]];
		b = &words->at[words->order[i + 1]];
		if (a->term == KB_NO_TERM || b->term == KB_NO_TERM)
			continue;
		k = pairs->count++;
		pairs->first[k] = a->term;
		pairs->second[k] = b->term;
		pairs->found_in[k] = KB_NO_TERM;
		pairs->weight[k] = (a->weight < b->weight ? a->weight : b->weight) * (a->idf + b->idf) / 2;
		pairs->next[k] = pairs->head[a->term % HEADS];
		pairs->head[a->term % HEADS] = (uint8_t)(k + 1);
	}
}

static float neighbours_in(struct pairs *pairs, uint32_t article, const uint32_t *sequence, size_t count)
{
	float sum = 0;

	for (size_t i = 0; i + 1 < count; i++)
		for (size_t k = pairs->head[sequence[i] % HEADS]; k; k = pairs->next[k - 1])
			if (pairs->first[k - 1] == sequence[i] && pairs->found_in[k - 1] != article &&
			    (pairs->second[k - 1] == sequence[i + 1] || (i + 2 < count && pairs->second[k - 1] == sequence[i + 2]))) {
				pairs->found_in[k - 1] = article;
				sum += pairs->weight[k - 1];
			}
	return sum;
}

const uint32_t *kb_sequence_in(const struct kb_entry *entry, const char *language)
{
	for (size_t i = 0; language && i < entry->stemmed_count; i++)
		if (!strcmp(entry->stemmed[i], language))
			return entry->sequence[i];
	return entry->sequence[0];
}

void kb_score_neighbours(struct kb_work *work)
{
	struct pairs pairs;

	list_pairs(work->words, &pairs);
	for (size_t k = 0; k < work->candidates && pairs.count; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		work->neighbours[i] = neighbours_in(&pairs, i, kb_sequence_in(entry, work->words->language), entry->sequence_count);
		if (work->neighbours[i] > work->most_neighbours)
			work->most_neighbours = work->neighbours[i];
	}
}
