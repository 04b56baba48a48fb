/*
 * learn_numbered.c - a set of small numbers whose members are numbered from 0, in their order.
 *
 * Of 2^18 buckets a model of a few hundred mails knows some ten thousand. What it keeps of a bucket is kept by the bucket's number among the known
 * ones, so that a model is as large as what it learned, and what a mail looks at stays in the processor's cache. A bit for each, and for each
 * 32 of them how many there are before: finding a number is one look into 64 KB.
 */
#include "learn_private.h"

void learn_numbered_make(struct arena *arena, struct numbered *numbered, size_t among)
{
	*numbered = (struct numbered){ .at = ARENA_ARRAY(arena, struct numbered_part, among / 32 + 1), .among = among };
}

void learn_numbered_put(struct numbered *numbered, size_t member)
{
	numbered->at[member / 32].has |= UINT32_C(1) << member % 32;
}

void learn_numbered_done(struct numbered *numbered)
{
	numbered->count = 0;
	for (size_t i = 0; i <= numbered->among / 32; i++) {
		numbered->at[i].before = (uint32_t)numbered->count;
		numbered->count += (size_t)bits_set(numbered->at[i].has);
	}
}
