/*
 * kb_score_passage.c - how much of the question stands close together in one place of the article.
 *
 * A window of WINDOW words moves over the article; the one that has the most of the question's weight counts, each word once. A long article
 * that has one word here and another far away is no answer; one paragraph that has them all may be.
 */
#include "kb_work.h"

#include <string.h>

#define WINDOW 24
#define HEADS  512

struct passage {
	uint8_t head[HEADS], next[KB_TERMS];     /* 1 + index of a word of the question, by term */
	uint16_t in[KB_TERMS];                   /* how often it is in the window */
};

_Static_assert(KB_TERMS < 256, "passage.head");

static void look_for(struct passage *passage, const struct kb_words *words)
{
	memset(passage, 0, sizeof *passage);
	for (size_t i = 0; i < words->count; i++)
		if (words->at[i].term != KB_NO_TERM) {
			size_t head = words->at[i].term % HEADS;

			passage->next[i] = passage->head[head];
			passage->head[head] = (uint8_t)(i + 1);
		}
}

/* 1 + index; 0: not in the question. */
static size_t word_of(const struct passage *passage, const struct kb_words *words, uint32_t term)
{
	size_t i = passage->head[term % HEADS];

	while (i && words->at[i - 1].term != term)
		i = passage->next[i - 1];
	return i;
}

static float best_window(struct passage *passage, const struct kb_words *words, const uint32_t *sequence, size_t count)
{
	float sum = 0, most = 0;
	uint8_t window[WINDOW] = { 0 };          /* 1 + index of the word at this place, modulo WINDOW; 0: not in the question */

	memset(passage->in, 0, words->count * sizeof *passage->in);
	for (size_t i = 0; i < count; i++) {
		size_t comes = word_of(passage, words, sequence[i]), goes = window[i % WINDOW];

		window[i % WINDOW] = (uint8_t)comes;
		if (goes && !--passage->in[goes - 1])
			sum -= words->at[goes - 1].weight * words->at[goes - 1].idf;
		if (comes && !passage->in[comes - 1]++) {
			sum += words->at[comes - 1].weight * words->at[comes - 1].idf;
			most = sum > most ? sum : most;
		}
	}
	return most;
}

void kb_score_passage(struct kb_work *work)
{
	struct passage passage;

	look_for(&passage, work->words);
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];
		const struct kb_entry *entry = work->snapshot->at[i];

		work->passage[i] = best_window(&passage, work->words, kb_sequence_in(entry, work->words->language), entry->sequence_count);
		if (work->passage[i] > work->most_passage)
			work->most_passage = work->passage[i];
	}
}
