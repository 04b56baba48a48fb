/*
 * kb_score_past.c - likeness to questions that an article solved before, and, against it, to those that it did not.
 *
 * The nearest past question lifts the article most, the others add to it; and the words of all of them together are one more field of
 * the article. All articles are looked at: a past question may have no word of the article that solved it.
 */
#include "kb_work.h"

#include <string.h>

#define W_OTHER_PAST 0.30f               /* likeness to the past questions that are not the nearest */
#define W_PAST_FIELD 3.00f               /* of the question, what the words of all of them cover */
#define PAST_HALF    3.00f               /* how often a word must stand in them for half of its weight */
#define W_REFUSED    0.50f

_Static_assert(KB_TERMS < 512, "field");

/* The past questions of one article as one more field of it: how much of the question their words cover. */
struct field { uint32_t hash[512]; uint16_t word[512]; uint8_t often[KB_TERMS]; uint16_t touched[KB_TERMS]; size_t count; };

static void field_init(struct field *field, const struct kb_words *words)
{
	memset(field, 0, sizeof *field);
	for (size_t i = 0; i < words->count; i++) {
		uint32_t hash = kb_stem_hash(words->at[i].stem);
		size_t at = hash % COUNT_OF(field->hash);

		while (field->word[at])
			at = (at + 1) % COUNT_OF(field->hash);
		field->hash[at] = hash;
		field->word[at] = (uint16_t)(i + 1);
	}
}

static void field_add(struct field *field, const struct kb_past *past)
{
	for (size_t i = 0; i < past->stem_count; i++)
		for (size_t at = past->stems[i] % COUNT_OF(field->hash); field->word[at]; at = (at + 1) % COUNT_OF(field->hash))
			if (field->hash[at] == past->stems[i]) {
				size_t word = field->word[at] - 1U;

				if (!field->often[word])
					field->touched[field->count++] = (uint16_t)word;
				field->often[word] += field->often[word] < UINT8_MAX;
				break;
			}
}

/* And empties it for the next article. */
static float field_take(struct field *field, const struct kb_words *words)
{
	float sum = 0;

	for (size_t i = 0; i < field->count; i++) {
		const struct kb_word *word = &words->at[field->touched[i]];
		float often = field->often[field->touched[i]];

		sum += word->weight * word->idf * often / (often + PAST_HALF);
		field->often[field->touched[i]] = 0;
	}
	field->count = 0;
	return kb_share(sum, words->mass);
}

static void like_past(struct kb_work *work, const struct kb_past *past, uint32_t slot)
{
	float like = past->norm > 0 ? kb_gram_dot(&work->question, past->grams, past->gram_count) / past->norm : 0;

	if (!past->solved)
		work->past_sum[slot] -= W_REFUSED * like * like;
	else if (like > work->past[slot]) {
		work->past_sum[slot] += W_OTHER_PAST * work->past[slot] * work->past[slot];
		work->past[slot] = like;
	} else
		work->past_sum[slot] += W_OTHER_PAST * like * like;
}

void kb_score_past(struct kb_work *work)
{
	const struct kb_learned *learned = work->learned;
	struct field field;
	size_t end;

	if (!learned || !learned->count)
		return;
	field_init(&field, work->words);
	for (size_t i = 0; i < learned->count; i = end) {
		uint32_t slot = kb_ids_find(work->snapshot, learned->at[i].article);

		for (end = i; end < learned->count && (end == i || !strcmp(learned->at[end].article, learned->at[i].article)); end++) {
			if (slot == KB_NO_TERM || (work->without && work->without->past == (long)end))
				continue;
			like_past(work, &learned->at[end], slot);
			if (learned->at[end].solved)
				field_add(&field, &learned->at[end]);
		}
		if (slot != KB_NO_TERM)
			work->past_sum[slot] += W_PAST_FIELD * field_take(&field, work->words);
	}
	for (size_t i = 0; i < work->snapshot->count; i++)       /* a translation solves what the original solved */
		if (work->snapshot->first_of[i] != i) {
			work->past[i] = work->past[work->snapshot->first_of[i]];
			work->past_sum[i] = work->past_sum[work->snapshot->first_of[i]];
		}
}
