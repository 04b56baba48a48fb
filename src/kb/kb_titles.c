/*
 * kb_titles.c - the n-grams of all titles, by n-gram: a question looks at every title, and only where they have something in common.
 *
 * A posting is 32 bits: the article's slot and how often, which is never 0. Titles are short, so all postings are made anew for each snapshot; the weights
 * of n-grams drift like those of whole articles (kb_gram_table.c).
 */
#include "kb_private.h"

#include <stdlib.h>

#define TF_BITS 8
#define TF_MOST ((1u << TF_BITS) - 1)

_Static_assert(2ull * KB_ARTICLES < 1ull << (32 - TF_BITS), "postings");

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void kb_titles_fini(struct kb_titles *titles)
{
	kb_gram_table_fini(&titles->grams);
	free(titles->first);
	free(titles->postings);
}

void kb_titles_index(struct kb_titles *titles, struct kb_entry *const *at, size_t count)
{
	size_t total = 0;

	titles->first = must(malloc(titles->grams.slots * sizeof *titles->first));
	for (size_t i = 0; i < titles->grams.slots; i++) {
		titles->first[i] = (uint32_t)(total += titles->grams.slot[i].articles);
		total += titles->grams.slot[i].key != 0;
	}
	titles->postings = must(calloc(total + 1, sizeof *titles->postings));
	for (size_t i = count; i-- > 0;)         /* from behind, so that each ends where its first one is */
		for (size_t k = 0; at[i] && k < at[i]->title_gram_count; k++) {
			uint32_t gram = at[i]->title_grams[k], tf = gram & KB_GRAM_TF;

			titles->postings[--titles->first[kb_gram_slot(&titles->grams, gram >> (32 - KB_GRAM_BITS))]] =
				(uint32_t)i << TF_BITS | (tf < TF_MOST ? tf : TF_MOST);
		}
}

void kb_titles_add(const struct kb_titles *titles, uint32_t first, float weight, const float *logs, float *sum)
{
	for (const uint32_t *posting = titles->postings + first; *posting; posting++)
		sum[*posting >> TF_BITS] += weight * logs[*posting & TF_MOST];
}
