/*
 * kb_score_passage.c - how much of the question stands close together in one place of the article.
 *
 * A window of WINDOW words moves over the article; the one that has the most of the question's weight counts, each word once. A long article
 * that has one word here and another far away is no answer; one paragraph that has them all may be.
 */
#include "kb_work.h"

#define WINDOW 24

float kb_passage(const struct kb_work *work)
{
	const struct kb_words *words = work->words;
	uint8_t in[KB_TERMS] = { 0 };            /* how often it is in the window */
	float sum = 0, most = 0;
	size_t oldest = 0;

	for (size_t i = 0; i < work->places; i++) {
		const struct kb_word *word = &words->at[work->place[i].word - 1];

		for (; work->place[oldest].at + WINDOW <= work->place[i].at; oldest++) {
			const struct kb_word *goes = &words->at[work->place[oldest].word - 1];

			if (!--in[work->place[oldest].word - 1])
				sum -= goes->weight * goes->idf;
		}
		if (!in[work->place[i].word - 1]++) {
			sum += word->weight * word->idf;
			most = sum > most ? sum : most;
		}
	}
	return most;
}
