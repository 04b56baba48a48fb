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

/* Position of a bucket in the sorted list; buckets if it is not there. */
static size_t find_bucket(const struct nearest *nearest, uint32_t bucket)
{
	size_t low = 0, high = nearest->buckets;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (nearest->bucket[middle] < bucket)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nearest->buckets && nearest->bucket[low] == bucket ? low : nearest->buckets;
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
	nearest->bucket = ARENA_ARRAY(arena, uint32_t, nearest->buckets + 1);
	nearest->start = ARENA_ARRAY(arena, uint32_t, nearest->buckets + 1);
	for (uint32_t bucket = 0, at = 0; bucket < BUCKETS; bucket++) {
		if (!seen[bucket])
			continue;
		nearest->bucket[at] = bucket;
		nearest->start[at + 1] = nearest->start[at] + seen[bucket];
		at++;
	}
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

void nearest_find(const struct nearest *nearest, const struct vector *vector, size_t class, double *own, double *other)
{
	float *likeness = calloc(nearest->mails + 1, sizeof *likeness);
	float best[2] = { 0, 0 };

	if (!likeness)
		abort();
	for (size_t i = 0; i < vector->count; i++) {
		size_t at = vector->at[i].kind == KIND_WORD ? find_bucket(nearest, vector->at[i].bucket) : nearest->buckets;

		for (uint32_t k = at < nearest->buckets ? nearest->start[at] : 0; at < nearest->buckets && k < nearest->start[at + 1]; k++)
			likeness[nearest->mail[k]] += vector->at[i].value * nearest->value[k];
	}
	for (size_t i = 0; i < nearest->mails; i++) {
		bool same = nearest->class[i] == class;

		if (likeness[i] > best[same])
			best[same] = likeness[i];
	}
	free(likeness);
	*own = fmin(1, best[true] / 255);
	*other = fmin(1, best[false] / 255);
}
