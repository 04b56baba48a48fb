/*
 * kb_index.c - a snapshot made whole: the inverted index over all articles.
 *
 * BM25F: a posting holds the saturated, weighted and length-normalised frequency of a term in an article; the inverse document frequency is
 * taken at the question, so that a changed article touches only its own postings (kb_index_change.c). Mean lengths stay as they were at the
 * last whole build, which is made again when a quarter of the articles has changed (kb_open.c).
 * May not change anything that an older snapshot holds.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define K1             2.0f
#define TITLE_WEIGHT   5.0f
#define KEYWORD_WEIGHT 4.0f
#define SHORT_B        0.3f              /* how far length counts: title, keywords */
#define BODY_B         0.75f
#define MAIN_LANGUAGE  20                /* a language of the folder has at least one in so many of its small words */

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void kb_snapshot_drop(struct kb_snapshot **at)
{
	struct kb_snapshot *snapshot = *at;

	*at = NULL;
	if (!snapshot || atomic_fetch_sub(&snapshot->refs, 1) != 1)
		return;
	for (size_t i = 0; i < snapshot->count; i++)
		kb_entry_drop(&snapshot->at[i]);
	kb_dict_drop(&snapshot->dict);
	free(snapshot->at);
	free(snapshot->id_slot);
	free(snapshot->first_of);
	free(snapshot->offset);
	free(snapshot->postings);
	kb_gram_table_fini(&snapshot->grams);
	kb_titles_fini(&snapshot->titles);
	free(snapshot->open);
	free(snapshot->same.terms);
	free(snapshot);
}

static float idf_of(double articles, double in)
{
	return (float)log(1 + (articles - in + 0.5) / (in + 0.5));
}

float kb_idf(const struct kb_snapshot *snapshot, uint32_t term)
{
	uint32_t in = term < snapshot->term_count ? snapshot->offset[term + 1] - snapshot->offset[term] : 0;

	return idf_of((double)snapshot->live, in);
}

static float normal(float frequency, unsigned words, float mean, float b)
{
	return frequency / (1 - b + b * (float)words / (mean > 0 ? mean : 1));
}

float kb_part_of(const struct kb_snapshot *snapshot, const struct kb_entry *entry, const struct kb_term *term)
{
	float frequency = TITLE_WEIGHT * normal(term->title, entry->words_title, snapshot->mean_title, SHORT_B) +
	                  KEYWORD_WEIGHT * normal(term->keywords, entry->words_keywords, snapshot->mean_keywords, SHORT_B) +
	                  normal(term->body, entry->words_body, snapshot->mean_body, BODY_B);

	return frequency / (K1 + frequency);
}

/* ---- n-grams ---- */

void kb_count_grams(struct kb_snapshot *snapshot, const struct kb_entry *entry)
{
	kb_gram_table_count(&snapshot->grams, entry->grams, entry->gram_count, 1);
	kb_gram_table_count(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count, 1);
}

void kb_measure_entry(const struct kb_snapshot *snapshot, struct kb_entry *entry)
{
	entry->gram_norm = kb_gram_norm(&snapshot->grams, entry->grams, entry->gram_count);
	entry->title_gram_norm = kb_gram_norm(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count);
	for (size_t i = 0; i < entry->gram_count; i++)
		if ((entry->grams[i] & KB_GRAM_TF) > entry->gram_often)
			entry->gram_often = entry->grams[i] & KB_GRAM_TF;
	kb_gram_table_number(&snapshot->grams, entry->grams, entry->gram_count);
}

/* ---- all of it ---- */

/* The languages of the folder: what the heads say counts like the small words of a page. */
static void choose_languages(struct kb_snapshot *snapshot)
{
	unsigned hits[16] = { 0 }, total = 0, best;

	for (size_t i = 0; i < snapshot->count; i++)
		for (size_t k = 0; k < words_language_count; k++)
			hits[k] += snapshot->at[i]->own[k] + (snapshot->at[i]->declared && !strcmp(snapshot->at[i]->article.language, words_languages[k].code) ? 30 : 0);
	for (size_t k = 0; k < words_language_count; k++)
		total += hits[k];
	while (snapshot->language_count < WORDS_STEMMERS) {
		best = 0;
		for (unsigned k = 1; k < words_language_count; k++)
			if (hits[k] > hits[best])
				best = k;
		if (!hits[best] || hits[best] * MAIN_LANGUAGE < total)
			break;
		memcpy(snapshot->languages[snapshot->language_count++], words_languages[best].code, 3);
		hits[best] = 0;
	}
}

static void take_means(struct kb_snapshot *snapshot)
{
	double title = 0, keywords = 0, body = 0, with = 0, n = snapshot->count ? (double)snapshot->count : 1;

	for (size_t i = 0; i < snapshot->count; i++) {
		title += snapshot->at[i]->words_title;
		keywords += snapshot->at[i]->words_keywords;
		with += snapshot->at[i]->words_keywords != 0;
		body += snapshot->at[i]->words_body;
	}
	snapshot->mean_title = (float)(title / n);
	snapshot->mean_keywords = (float)(with > 0 ? keywords / with : 1);
	snapshot->mean_body = (float)(body / n);
}

static void fill_postings(struct kb_snapshot *snapshot)
{
	uint32_t *next;

	snapshot->term_count = snapshot->dict->count;
	snapshot->offset = must(calloc(snapshot->term_count + 1, sizeof *snapshot->offset));
	for (size_t i = 0; i < snapshot->count; i++)
		for (size_t k = 0; k < snapshot->at[i]->term_count; k++)
			snapshot->offset[snapshot->at[i]->terms[k].term + 1]++;
	for (size_t i = 0; i < snapshot->term_count; i++)
		snapshot->offset[i + 1] += snapshot->offset[i];
	next = must(malloc((snapshot->term_count + 1) * sizeof *next));
	memcpy(next, snapshot->offset, (snapshot->term_count + 1) * sizeof *next);
	snapshot->postings = must(malloc((snapshot->offset[snapshot->term_count] + 1) * sizeof *snapshot->postings));
	for (size_t i = 0; i < snapshot->count; i++)
		for (size_t k = 0; k < snapshot->at[i]->term_count; k++)
			snapshot->postings[next[snapshot->at[i]->terms[k].term]++] =
				(struct kb_posting){ (uint32_t)i, kb_part_of(snapshot, snapshot->at[i], &snapshot->at[i]->terms[k]) };
	free(next);
}

static _Atomic uint64_t editions;

/* What a question asks of all articles, so that it need not look into each. */
void kb_snapshot_finish(struct kb_snapshot *snapshot)
{
	snapshot->open = must(calloc(snapshot->count + 1, sizeof *snapshot->open));
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->at[i] && !snapshot->at[i]->article.hidden)
			snapshot->open[i] = snapshot->at[i]->article.queues.count ? KB_OPEN_IN_SOME : KB_OPEN;
	kb_titles_index(&snapshot->titles, snapshot->at, snapshot->count);
	snapshot->edition = 1 + atomic_fetch_add(&editions, 1);
	kb_ids_index(snapshot);
	kb_same_index(&snapshot->same, snapshot->dict);
}

struct kb_snapshot *kb_snapshot_build(struct kb_entry **entries, size_t count)
{
	struct kb_snapshot *snapshot = must(calloc(1, sizeof *snapshot));
	struct kb_gram_counter counter;

	snapshot->refs = 1;
	snapshot->at = must(calloc(count + 1, sizeof *snapshot->at));
	if (count)
		memcpy(snapshot->at, entries, count * sizeof *entries);
	snapshot->count = snapshot->live = count;
	snapshot->dict = kb_dict_new();
	kb_gram_table_init(&snapshot->grams);
	kb_gram_table_init(&snapshot->titles.grams);
	choose_languages(snapshot);
	kb_gram_counter_init(&counter);
	for (size_t i = 0; i < count; i++) {
		kb_entry_index(snapshot->at[i], snapshot->dict, snapshot, &counter);
		kb_count_grams(snapshot, snapshot->at[i]);
	}
	kb_gram_counter_fini(&counter);
	take_means(snapshot);
	kb_gram_table_weigh(&snapshot->grams, snapshot->live);
	kb_gram_table_weigh(&snapshot->titles.grams, snapshot->live);
	for (size_t i = 0; i < count; i++)
		kb_measure_entry(snapshot, snapshot->at[i]);
	fill_postings(snapshot);
	kb_snapshot_finish(snapshot);
	return snapshot;
}
