/*
 * kb_judge.c - what the gate judges by: features of the best article that do not depend on the size of the folder.
 *
 * How much of the question the article covers, by words, by spelling, by n-grams; how far it is ahead of the next ones; how much
 * there is to go by at all. What each is, kb_private.h says; what it is worth, kb_gate.c.
 */
#include "kb_work.h"

#include <math.h>
#include <string.h>

static bool has_term(const struct kb_entry *entry, uint32_t term)
{
	size_t from = 0, end = entry->term_count;

	while (from < end) {
		size_t middle = (from + end) / 2;

		if (entry->terms[middle].term == term)
			return true;
		if (entry->terms[middle].term < term)
			from = middle + 1;
		else
			end = middle;
	}
	return false;
}

/* A word of the question that the article does not have: how like its spelling is to the nearest word of the article, 0..1. */
struct stranger { uint64_t set; int length, most; float like; };       /* most: letters in common that are not enough to be nearer */

/* Each word of the article is fetched once, and held against all strangers. */
ALSO_FOR_NEWER static void find_nearest(const struct kb_entry *entry, const uint64_t *spelling, struct stranger *stranger, size_t count)
{
	for (size_t k = 0; k < entry->term_count; k++) {
		uint64_t other = spelling[entry->terms[k].term];

		for (size_t i = 0; i < count; i++) {
			int common = bits_set(stranger[i].set & other);
			float like;

			if (common <= stranger[i].most)
				continue;
			like = (float)common / (float)bits_set(stranger[i].set | other);
			if (like <= stranger[i].like)
				continue;
			stranger[i].like = like;
			stranger[i].most = (int)(like * (float)stranger[i].length);
		}
	}
}

static float softly(const struct kb_work *work, const struct kb_entry *entry)
{
	struct stranger stranger[KB_TERMS];
	bool known[KB_TERMS];
	size_t count = 0, next = 0;
	float sum = 0;

	for (size_t i = 0; i < work->words->count; i++) {
		uint64_t set;

		if ((known[i] = has_term(entry, work->words->at[i].term)))
			continue;
		set = kb_spelling(work->words->at[i].stem);
		stranger[count++] = (struct stranger){ set, bits_set(set), 0, 0 };
	}
	find_nearest(entry, work->snapshot->dict->spelling, stranger, count);
	for (size_t i = 0; i < work->words->count; i++)
		sum += work->words->at[i].weight * work->words->at[i].idf * (known[i] ? 1 : stranger[next++].like);
	return kb_share(sum, work->words->mass);
}

static bool only_in_left_out(const struct kb_work *work, uint32_t term)
{
	const struct kb_snapshot *snapshot = work->snapshot;

	if (term >= snapshot->term_count || snapshot->offset[term] == snapshot->offset[term + 1])
		return true;
	if (!work->without || !work->without->article || snapshot->offset[term + 1] - snapshot->offset[term] > 4)
		return false;
	for (uint32_t i = snapshot->offset[term]; i < snapshot->offset[term + 1]; i++)
		if (strcmp(snapshot->at[snapshot->postings[i].article]->article.id, work->without->article) != 0)
			return false;
	return true;
}

static float unknown(const struct kb_work *work)
{
	float sum = 0;

	for (size_t i = 0; i < work->words->count; i++)
		if (only_in_left_out(work, work->words->at[i].term))
			sum += work->words->at[i].weight * work->words->at[i].idf;
	return kb_share(sum, work->words->mass);
}

static bool is_best(float value, float most)
{
	return value > 0 && value >= most;
}

static float fourth(const struct kb_work *work, const float *of)
{
	float top[4] = { 0 };

	for (size_t k = 0; k < work->candidates; k++) {
		float value = of[work->candidate[k]];

		for (size_t i = 0; i < 4; i++)
			if (value > top[i]) {
				float next = top[i];

				top[i] = value;
				value = next;
			}
	}
	return top[3];
}

void kb_judge(const struct kb_work *work, struct kb_ranked *ranked)
{
	uint32_t best = ranked->at[0].slot;
	const struct kb_entry *entry = work->snapshot->at[best];
	float *feature = ranked->feature;

	feature[F_COVERED] = kb_share(work->word[best], work->words->mass);
	feature[F_SOFT] = softly(work, entry);
	feature[F_TITLE] = work->title[best];
	feature[F_GRAMS] = work->grams[best];
	feature[F_UNKNOWN] = unknown(work);
	feature[F_LENGTH] = logf(1 + work->words->words);
	feature[F_LEAD] = ranked->at[0].score - (ranked->count > 3 ? ranked->at[3].score : 0);
	feature[F_SCORE] = ranked->at[0].score - W_PAST * work->past[best] - work->past_sum[best];
	feature[F_AGREE] = (float)(is_best(work->word[best], work->most_word) + is_best(work->grams[best], work->most_grams) +
	                           is_best(work->title[best], work->most_title));
	feature[F_NEIGHBOURS] = work->words->words > 0 ? work->neighbours[best] / (3 * work->words->words) : 0;
	feature[F_WORD_LEAD] = kb_share(work->word[best] - fourth(work, work->word), work->words->mass);
	feature[F_EVIDENCE] = logf(1 + work->word[best]);
	for (size_t i = 0; i < ranked->count && i < 3; i++)
		feature[F_PAST] = work->past[ranked->at[i].slot] > feature[F_PAST] ? work->past[ranked->at[i].slot] : feature[F_PAST];
}
