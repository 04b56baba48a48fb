/*
 * kb_score_words.c - BM25F of the question's words, and of words that mean the same, for every article.
 *
 * A posting holds what the word says of the article; here it is weighed by how rare the word is and how much it says in the question. A
 * word of the same row (kb_same.c) counts W_SAME of it, once, however many words of the question stand in that row.
 */
#include "kb_work.h"

#include <string.h>

#define W_SAME 0.30f                     /* of a word that means the same, against the word itself */

static void add_postings(const struct kb_work *work, uint32_t term, float weight, float idf)
{
	const struct kb_snapshot *snapshot = work->snapshot;

	if (term >= snapshot->term_count)
		return;
	weight *= idf;
	for (uint32_t i = snapshot->offset[term]; i < snapshot->offset[term + 1]; i++)
		work->word[snapshot->postings[i].article] += weight * snapshot->postings[i].part;
}

/* Terms with a weight; the largest counts. */
struct others { struct { uint32_t term; float weight; } at[1024]; size_t count; };

#define SETTLED 1000                     /* the weight of what is in the question itself */

static void note(struct others *others, uint32_t term, float weight)
{
	size_t at = (term * 2654435761u) >> 22;

	while (others->at[at].weight > 0 && others->at[at].term != term)
		at = (at + 1) % COUNT_OF(others->at);
	if (others->at[at].weight <= 0) {
		if (others->count == COUNT_OF(others->at) / 2)
			return;
		others->count++;
	}
	others->at[at].term = term;
	if (weight > others->at[at].weight)
		others->at[at].weight = weight;
}

static void note_rows(const struct kb_work *work, struct others *others)
{
	const struct kb_same *same = &work->snapshot->same;
	float weight[KB_SAME_ROWS] = { 0 };

	for (size_t i = 0; i < work->words->count; i++) {
		const struct kb_word *word = &work->words->at[i];
		const uint16_t *rows;
		size_t count = kb_same_rows_of(word->stem, &rows);

		for (size_t k = 0; k < count; k++)
			weight[rows[k]] = word->weight > weight[rows[k]] ? word->weight : weight[rows[k]];
	}
	for (size_t row = 0; row < KB_SAME_ROWS; row++)
		for (uint32_t i = same->offset[row]; weight[row] > 0 && i < same->offset[row + 1]; i++)
			note(others, same->terms[i], weight[row]);
}

void kb_score_words(struct kb_work *work)
{
	struct others others;

	memset(&others, 0, sizeof others);
	for (size_t i = 0; i < work->words->count; i++) {
		const struct kb_word *word = &work->words->at[i];

		add_postings(work, word->term, word->weight, word->idf);
		if (word->term != KB_NO_TERM)
			note(&others, word->term, SETTLED);
	}
	note_rows(work, &others);
	for (size_t i = 0; i < COUNT_OF(others.at); i++)
		if (others.at[i].weight > 0 && others.at[i].weight < SETTLED)
			add_postings(work, others.at[i].term, W_SAME * others.at[i].weight, kb_idf(work->snapshot, others.at[i].term));
}
