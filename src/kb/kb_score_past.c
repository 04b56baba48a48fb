/*
 * kb_score_past.c - likeness to questions that an article solved before, and, against it, to those that it did not.
 *
 * The words of all past questions of an article are one more field of it. The NEAREST past questions by words are then compared as a whole, by
 * their n-grams: the nearest one lifts its article most, the others add to it. Past questions are found by their stems, so that
 * thousands of them cost next to nothing; one that shares no word with the question is not looked at.
 */
#include "kb_work.h"

#include <string.h>

#define NEAREST      160                  /* past questions that are compared as a whole */
#define W_OTHER_PAST 0.30f               /* likeness to those that are not the nearest of their article */
#define W_PAST_FIELD 3.00f               /* of the question, what the words of all of them cover */
#define PAST_HALF    3.00f               /* how often a word must stand in them for half of its weight */
#define W_REFUSED    0.50f

/* KB_NO_TERM: that article is not there. */
static uint32_t slot_of(struct kb_work *work, const struct kb_past *past)
{
	uint32_t *slot = &work->group_slot[past->group];

	if (*slot == KB_UNASKED)
		*slot = kb_ids_find(work->snapshot, past->article);
	return *slot;
}

static void add_field(struct kb_work *work, const struct kb_word *word, const struct kb_past *past, float often)
{
	uint32_t slot;

	if (often > 0 && (slot = slot_of(work, past)) != KB_NO_TERM)
		work->past_sum[slot] += W_PAST_FIELD * kb_share(word->weight * word->idf, work->words->mass) * often / (often + PAST_HALF);
}

/* One word in all past questions; those of one article stand together. */
static void add_word(struct kb_work *work, const struct kb_word *word)
{
	const struct kb_learned *learned = work->learned;
	uint32_t hash = kb_stem_hash(word->stem), last = 0;
	float often = 0;

	for (uint32_t i = learned->stem_offset[hash % KB_PAST_SLOTS]; i < learned->stem_offset[hash % KB_PAST_SLOTS + 1]; i++) {
		uint32_t at = learned->stem[i].past;

		if (learned->stem[i].hash != hash || (work->without && work->without->past == (long)at))
			continue;
		work->past_like[at] += word->weight * word->idf;
		if (!learned->at[at].solved)
			continue;
		if (often > 0 && learned->at[at].group != learned->at[last].group) {
			add_field(work, word, &learned->at[last], often);
			often = 0;
		}
		often++;
		last = at;
	}
	add_field(work, word, &learned->at[last], often);
}

/* The least likeness by words of those that are compared: that of the NEAREST one, or a little less. */
static float least_like(const struct kb_work *work)
{
	size_t histogram[256] = { 0 }, count = 0, bin = 256;
	float most = 0;

	for (size_t i = 0; i < work->learned->count; i++)
		most = work->past_like[i] > most ? work->past_like[i] : most;
	for (size_t i = 0; i < work->learned->count; i++)
		if (work->past_like[i] > 0)
			histogram[(size_t)(kb_share(work->past_like[i], most) * 255)]++;
	while (bin > 0 && count < NEAREST)
		count += histogram[--bin];
	return most * (float)bin / 255;
}

static void compare(struct kb_work *work, const struct kb_past *past)
{
	float like = past->norm > 0 ? kb_gram_dot(&work->question, past->text->grams, past->text->gram_count) / past->norm : 0;
	uint32_t slot = slot_of(work, past);

	if (slot == KB_NO_TERM)
		return;
	if (!past->solved)
		work->past_sum[slot] -= W_REFUSED * like * like;
	else if (like > work->past[slot]) {
		work->past_sum[slot] += W_OTHER_PAST * work->past[slot] * work->past[slot];
		work->past[slot] = like;
	} else
		work->past_sum[slot] += W_OTHER_PAST * like * like;
}

/* A translation solves what the original solved. */
static void share_with_translations(struct kb_work *work)
{
	for (size_t i = 0; i < work->snapshot->count; i++)
		if (work->snapshot->first_of[i] != i) {
			work->past[i] = work->past[work->snapshot->first_of[i]];
			work->past_sum[i] = work->past_sum[work->snapshot->first_of[i]];
		}
}

void kb_score_past(struct kb_work *work)
{
	const struct kb_learned *learned = work->learned;
	size_t compared = 0;
	float least;

	if (!learned || !learned->count)
		return;
	for (size_t i = 0; i < work->words->count; i++)
		add_word(work, &work->words->at[i]);
	least = least_like(work);
	for (size_t i = 0; i < learned->count && compared < 2 * NEAREST; i++)
		if (work->past_like[i] > 0 && work->past_like[i] >= least) {
			compare(work, &learned->at[i]);
			compared++;
		}
	share_with_translations(work);
}
