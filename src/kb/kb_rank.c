/*
 * kb_rank.c - which articles answer a question best.
 *
 * The score is a weighted sum of: BM25F over stems, with what means the same counting less; the cosine of character n-grams with the
 * whole article and with its title; words that stand side by side in both; likeness to questions that the article solved before
 * (and, against it, to questions that it did not). All but the last in proportion to the best of this question.
 * Words, past questions and titles are looked at for all articles, the rest for the best CANDIDATES by these.
 */
#include "kb_work.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES 20                    /* articles whose whole text is looked at */

bool kb_entry_is_for(const struct kb_entry *entry, const char *queue)
{
	return entry && !entry->article.hidden && (!queue || !*queue || !entry->article.queues.count || strings_have(&entry->article.queues, queue));
}

static void allow(struct kb_work *work, const char *queue)
{
	const struct kb_snapshot *snapshot = work->snapshot;
	const char *left_out = work->without ? work->without->article : NULL;
	uint32_t slot;

	for (size_t i = 0; i < snapshot->count; i++)
		work->allowed[i] = snapshot->open[i] == KB_OPEN || (snapshot->open[i] == KB_OPEN_IN_SOME && kb_entry_is_for(snapshot->at[i], queue));
	if (left_out && (slot = kb_ids_find(snapshot, left_out)) != KB_NO_TERM)
		for (size_t i = slot; i < snapshot->count; i++)
			if (snapshot->first_of[i] == slot)
				work->allowed[i] = false;
}

static float largest(const struct kb_work *work, const float *of)
{
	float most = 0;

	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i] && of[i] > most)
			most = of[i];
	return most;
}

/* The best by score, about `wanted` of them: all, if there are not more. */
static void take_candidates(struct kb_work *work, size_t wanted)
{
	float most = largest(work, work->score), least;
	uint32_t histogram[256] = { 0 };
	size_t count = 0, bin = 256;

	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i])
			histogram[(size_t)(kb_share(work->score[i], most) * 255)]++;
	while (bin > 0 && count + histogram[bin - 1] <= wanted)
		count += histogram[--bin];
	least = bin >= 255 ? most : most * (float)bin / 255;
	work->candidates = 0;
	for (size_t i = 0; i < work->snapshot->count && work->candidates < 2 * wanted; i++)
		if (work->allowed[i] && work->score[i] >= least && work->candidates < work->room)
			work->candidate[work->candidates++] = (uint32_t)i;
}

/* The articles that are looked at closely: by words, past questions and titles. */
static void choose_candidates(struct kb_work *work)
{
	work->most_word = largest(work, work->word);
	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->allowed[i])
			work->score[i] = kb_share(work->word[i], work->most_word) + work->past[i] + 0.3f * kb_share(work->title[i], work->most_title);
	take_candidates(work, CANDIDATES);
}

static int by_score_down(const void *a, const void *b, void *context)
{
	const float *score = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (score[x] != score[y])
		return score[x] > score[y] ? -1 : 1;
	return (x > y) - (x < y);
}

static void mix(struct kb_work *work)
{
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];

		work->score[i] = W_WORDS * kb_share(work->word[i], work->most_word) + W_GRAMS * kb_share(work->grams[i], work->most_grams) +
		                 W_TITLE * kb_share(work->title[i], work->most_title) + W_NEIGHBOURS * kb_share(work->neighbours[i], work->most_neighbours) +
		                 W_PASSAGE * kb_share(work->passage[i], work->most_passage) +
		                 W_PAST * work->past[i] + work->past_sum[i];
	}
	qsort_r(work->candidate, work->candidates, sizeof *work->candidate, by_score_down, work->score);
}

/* The best, each article once, in whatever language it matched best. */
static void take_best(const struct kb_work *work, struct kb_ranked *ranked)
{
	for (size_t k = 0; k < work->candidates && ranked->count < KB_RANKED; k++) {
		uint32_t slot = work->candidate[k];
		bool known = false;

		if (work->score[slot] <= 0)
			break;
		for (size_t i = 0; i < ranked->count; i++)
			known |= !strcmp(work->snapshot->at[ranked->at[i].slot]->article.id, work->snapshot->at[slot]->article.id);
		if (!known)
			ranked->at[ranked->count++] = (struct kb_hit){ slot, work->score[slot] };
	}
}

void kb_rank(const struct kb_view *view, const struct kb_words *words, const char *queue, const struct kb_without *without, struct kb_ranked *ranked)
{
	struct kb_work *work;

	memset(ranked, 0, sizeof *ranked);
	if (!words->count || !view->snapshot->live)
		return;
	work = kb_work_take(view, words, without);
	allow(work, queue);
	kb_score_words(work);
	kb_weigh_grams(work);
	kb_score_past(work);
	kb_score_titles(work);
	choose_candidates(work);
	kb_score_grams(work);
	kb_score_places(work);
	mix(work);
	take_best(work, ranked);
	if (ranked->count)
		kb_judge(work, ranked);
	kb_work_give(work);
}
