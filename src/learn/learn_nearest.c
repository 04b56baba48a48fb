/*
 * learn_nearest.c - the known mail that is most like this one: cosine over words and pairs of words.
 *
 * The linear model says which class fits best, not whether anything fits. That a mail much like this one was seen, and that it was in the
 * same class, is the plainest reason to believe it. An inverted index: for each bucket the mails that have it. Only the newest
 * NEAREST_MAILS are kept. Values are kept in 255ths; a posting takes three bytes.
 */
#include "learn_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_MAILS 12000
#define LEAST_SAID_BY_ALL 50
#define SAID_BY_ALL 20                           /* what is in more than one of so many mails is not indexed: it is slow and says little */

#define LOOKED_AT 10000                          /* postings for one mail: of a long one the words that fewest mails have */

bool nearest_has(const struct nearest *nearest, uint32_t bucket)
{
	return nearest->has[bucket / 64] >> bucket % 64 & 1;
}

void nearest_number(struct nearest *nearest)
{
	for (size_t i = 0; i < BUCKETS / 64; i++)
		nearest->before[i] = i ? nearest->before[i - 1] + (uint32_t)__builtin_popcountll(nearest->has[i - 1]) : 0;
}

/* Its place among the known ones; buckets if it is none. Small enough to stay in the processor's cache. */
static size_t find_bucket(const struct nearest *nearest, uint32_t bucket)
{
	uint64_t below = nearest->has[bucket / 64] & ((UINT64_C(1) << bucket % 64) - 1);

	return nearest_has(nearest, bucket) ? nearest->before[bucket / 64] + (size_t)__builtin_popcountll(below) : nearest->buckets;
}

static void count_postings(struct arena *arena, const struct vector *vectors, size_t count, struct nearest *nearest)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *seen = ARENA_ARRAY(&scratch, uint32_t, BUCKETS);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < vectors[i].count; k++)
			seen[vectors[i].at[k].bucket] += vectors[i].at[k].kind == KIND_WORD;
	for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
		if (seen[bucket] > LEAST_SAID_BY_ALL + count / SAID_BY_ALL)
			seen[bucket] = 0;
		nearest->buckets += seen[bucket] > 0;
	}
	nearest->has = ARENA_ARRAY(arena, uint64_t, BUCKETS / 64);
	nearest->before = ARENA_ARRAY(arena, uint32_t, BUCKETS / 64);
	nearest->start = ARENA_ARRAY(arena, uint32_t, nearest->buckets + 1);
	for (uint32_t bucket = 0, at = 0; bucket < BUCKETS; bucket++) {
		if (!seen[bucket])
			continue;
		nearest->has[bucket / 64] |= UINT64_C(1) << bucket % 64;
		nearest->start[at + 1] = nearest->start[at] + seen[bucket];
		at++;
	}
	nearest_number(nearest);
	nearest->postings = nearest->start[nearest->buckets];
	nearest->mail = ARENA_ARRAY(arena, uint16_t, nearest->postings + 1);
	nearest->value = ARENA_ARRAY(arena, uint8_t, nearest->postings + 1);
}

void nearest_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, const struct vector *vectors, struct nearest *nearest)
{
	size_t skipped = rows->count > NEAREST_MAILS ? rows->count - NEAREST_MAILS : 0;
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *next;

	*nearest = (struct nearest){ .mails = rows->count - skipped };
	vectors += skipped;
	count_postings(arena, vectors, nearest->mails, nearest);
	nearest->class = ARENA_ARRAY(arena, uint16_t, nearest->mails + 1);
	next = ARENA_ARRAY(&scratch, uint32_t, nearest->buckets + 1);
	memcpy(next, nearest->start, nearest->buckets * sizeof *next);
	for (size_t i = 0; i < nearest->mails; i++) {
		nearest->class[i] = corpus->at[rows->at[skipped + i]].class;
		for (size_t k = 0; k < vectors[i].count; k++) {
			const struct vector_item *item = &vectors[i].at[k];
			size_t at = item->kind == KIND_WORD ? find_bucket(nearest, item->bucket) : nearest->buckets;
			uint32_t place;

			if (at == nearest->buckets)
				continue;
			place = next[at]++;
			nearest->mail[place] = (uint16_t)i;
			nearest->value[place] = (uint8_t)lround(255 * fmin(1, item->value));
		}
	}
}

/* Of each word of a text that is indexed: its postings. */
struct looked_up { struct list { uint32_t start, length; float value; } *at; size_t count; };

static void look_up(struct arena *arena, const struct nearest *nearest, const struct vector *vector, struct looked_up *found)
{
	found->at = ARENA_ARRAY(arena, struct list, vector->count + 1);
	found->count = 0;
	for (size_t i = 0; i < vector->count; i++) {
		size_t at = vector->at[i].kind == KIND_WORD ? find_bucket(nearest, vector->at[i].bucket) : nearest->buckets;

		if (at == nearest->buckets)
			continue;
		found->at[found->count++] = (struct list){ nearest->start[at], nearest->start[at + 1] - nearest->start[at], vector->at[i].value };
		__builtin_prefetch(&nearest->mail[nearest->start[at]]);
		__builtin_prefetch(&nearest->value[nearest->start[at]]);
	}
}

/* The longest list that is looked at, so that all of them together stay within bounds. */
static uint32_t longest_list(const struct looked_up *found)
{
	uint32_t of_length[LEAST_SAID_BY_ALL + NEAREST_MAILS / SAID_BY_ALL + 1] = { 0 }, most = COUNT_OF(of_length) - 1, sum = 0, longest;

	for (size_t i = 0; i < found->count; i++)
		of_length[found->at[i].length < most ? found->at[i].length : most] += found->at[i].length;
	for (longest = 0; longest <= most && (sum += of_length[longest]) <= LOOKED_AT; longest++)
		;
	return longest > most ? UINT32_MAX : longest ? longest - 1 : 0;
}

void nearest_find(struct arena *arena, const struct nearest *nearest, const struct vector *vector, size_t class, double *own, double *other)
{
	float *likeness = ARENA_ARRAY(arena, float, nearest->mails + 1), same = 0, different = 0;
	struct looked_up found;
	uint32_t longest;

	look_up(arena, nearest, vector, &found);
	longest = longest_list(&found);
	for (size_t i = 0; i < found.count; i++) {
		const struct list *list = &found.at[i];

		for (uint32_t k = list->start; list->length <= longest && k < list->start + list->length; k++)
			likeness[nearest->mail[k]] += list->value * nearest->value[k];
	}
	for (size_t i = 0; i < nearest->mails; i++) {
		float *best = likeness[i] <= same && likeness[i] <= different ? NULL : nearest->class[i] == class ? &same : &different;

		if (best && likeness[i] > *best)
			*best = likeness[i];
	}
	*own = fmin(1, same / 255);
	*other = fmin(1, different / 255);
}
