/*
 * kb_index.c - snapshots: the inverted index over all articles, made whole or from the one before.
 *
 * BM25F: a posting holds the saturated, weighted and length-normalised frequency of a term in an article; the inverse document frequency is
 * taken at the question, so that a changed article touches only its own postings. A change copies the postings in long runs around
 * what changed: a few milliseconds at 10,000 articles. Mean lengths stay as they were at the last whole build, which is made again
 * when a quarter of the articles has changed (kb_open.c).
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

static float part_of(const struct kb_snapshot *snapshot, const struct kb_entry *entry, const struct kb_term *term)
{
	float frequency = TITLE_WEIGHT * normal(term->title, entry->words_title, snapshot->mean_title, SHORT_B) +
	                  KEYWORD_WEIGHT * normal(term->keywords, entry->words_keywords, snapshot->mean_keywords, SHORT_B) +
	                  normal(term->body, entry->words_body, snapshot->mean_body, BODY_B);

	return frequency / (K1 + frequency);
}

/* ---- n-grams ---- */

static void count_grams(struct kb_snapshot *snapshot, const struct kb_entry *entry, int by)
{
	kb_gram_table_count(&snapshot->grams, entry->grams, entry->gram_count, by);
	kb_gram_table_count(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count, by);
}

static void measure_entry(const struct kb_snapshot *snapshot, struct kb_entry *entry)
{
	entry->gram_norm = kb_gram_norm(&snapshot->grams, entry->grams, entry->gram_count);
	entry->title_gram_norm = kb_gram_norm(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count);
}

/* ---- all of it ---- */

/* The languages of the folder: what the heads say counts like the small words of a page. */
static void choose_languages(struct kb_snapshot *snapshot)
{
	unsigned hits[16] = { 0 }, total = 0, best;

	for (size_t i = 0; i < snapshot->count; i++)
		for (size_t k = 0; k < kb_language_count; k++)
			hits[k] += snapshot->at[i]->own[k] + (snapshot->at[i]->declared && !strcmp(snapshot->at[i]->article.language, kb_languages[k].code) ? 30 : 0);
	for (size_t k = 0; k < kb_language_count; k++)
		total += hits[k];
	while (snapshot->language_count < KB_STEMMERS) {
		best = 0;
		for (unsigned k = 1; k < kb_language_count; k++)
			if (hits[k] > hits[best])
				best = k;
		if (!hits[best] || hits[best] * MAIN_LANGUAGE < total)
			break;
		memcpy(snapshot->languages[snapshot->language_count++], kb_languages[best].code, 3);
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
				(struct kb_posting){ (uint32_t)i, part_of(snapshot, snapshot->at[i], &snapshot->at[i]->terms[k]) };
	free(next);
}

/* What a question asks of all articles, so that it need not look into each. */
static void finish(struct kb_snapshot *snapshot)
{
	snapshot->open = must(calloc(snapshot->count + 1, sizeof *snapshot->open));
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->at[i] && !snapshot->at[i]->article.hidden)
			snapshot->open[i] = snapshot->at[i]->article.queues.count ? KB_OPEN_IN_SOME : KB_OPEN;
	kb_titles_index(&snapshot->titles, snapshot->at, snapshot->count);
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
		count_grams(snapshot, snapshot->at[i], 1);
	}
	kb_gram_counter_fini(&counter);
	take_means(snapshot);
	kb_gram_table_weigh(&snapshot->grams, snapshot->live);
	kb_gram_table_weigh(&snapshot->titles.grams, snapshot->live);
	for (size_t i = 0; i < count; i++)
		measure_entry(snapshot, snapshot->at[i]);
	fill_postings(snapshot);
	finish(snapshot);
	return snapshot;
}

/* ---- from the one before ---- */

struct touched { uint32_t term; uint32_t slot; float part; bool gone; };

static int by_term_and_slot(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;

	if (x->term != y->term)
		return x->term < y->term ? -1 : 1;
	if (x->gone != y->gone)
		return x->gone ? -1 : 1;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

static struct touched *list_touched(const struct kb_snapshot *old, const struct kb_snapshot *snapshot, const struct kb_change *what, size_t count,
                                    size_t *touched_count)
{
	struct touched *touched;
	size_t room = 1, n = 0;

	for (size_t i = 0; i < count; i++)
		room += (what[i].entry ? what[i].entry->term_count : 0) +
		        (what[i].slot < old->count && old->at[what[i].slot] ? old->at[what[i].slot]->term_count : 0);
	touched = must(malloc(room * sizeof *touched));
	for (size_t i = 0; i < count; i++) {
		const struct kb_entry *before = what[i].slot < old->count ? old->at[what[i].slot] : NULL, *now = what[i].entry;

		for (size_t k = 0; before && k < before->term_count; k++)
			touched[n++] = (struct touched){ before->terms[k].term, (uint32_t)what[i].slot, 0, true };
		for (size_t k = 0; now && k < now->term_count; k++)
			touched[n++] = (struct touched){ now->terms[k].term, (uint32_t)what[i].slot, part_of(snapshot, now, &now->terms[k]), false };
	}
	qsort(touched, n, sizeof *touched, by_term_and_slot);
	*touched_count = n;
	return touched;
}

static bool is_gone(const struct touched *at, size_t count, uint32_t slot)
{
	for (size_t i = 0; i < count && at[i].gone; i++)
		if (at[i].slot == slot)
			return true;
	return false;
}

/* The postings of one term, without the articles that are gone and with the new ones. Returns where it ends. */
static size_t copy_term(const struct kb_snapshot *old, struct kb_snapshot *snapshot, uint32_t term, const struct touched *touched, size_t count,
                        size_t to)
{
	size_t from = term < old->term_count ? old->offset[term] : 0, end = term < old->term_count ? old->offset[term + 1] : 0;

	for (; from < end; from++)
		if (!is_gone(touched, count, old->postings[from].article))
			snapshot->postings[to++] = old->postings[from];
	for (size_t i = 0; i < count; i++)
		if (!touched[i].gone)
			snapshot->postings[to++] = (struct kb_posting){ touched[i].slot, touched[i].part };
	return to;
}

/* Terms from..end as they were, in one run. */
static size_t copy_run(const struct kb_snapshot *old, struct kb_snapshot *snapshot, size_t from, size_t end, size_t to)
{
	size_t stop = end < old->term_count ? end : old->term_count, first, size;

	if (from < stop) {
		first = old->offset[from];
		size = old->offset[stop] - first;
		memcpy(snapshot->postings + to, old->postings + first, size * sizeof *snapshot->postings);
		for (size_t i = from; i < stop; i++)
			snapshot->offset[i] = (uint32_t)(old->offset[i] - first + to);
		to += size;
	}
	for (size_t i = from > stop ? from : stop; i < end; i++)
		snapshot->offset[i] = (uint32_t)to;
	return to;
}

static void patch_postings(const struct kb_snapshot *old, struct kb_snapshot *snapshot, const struct kb_change *what, size_t count)
{
	size_t touched_count, to = 0, term = 0;
	struct touched *touched = list_touched(old, snapshot, what, count, &touched_count);

	snapshot->term_count = snapshot->dict->count;
	snapshot->offset = must(malloc((snapshot->term_count + 1) * sizeof *snapshot->offset));
	snapshot->postings = must(malloc((old->offset[old->term_count] + touched_count + 1) * sizeof *snapshot->postings));
	for (size_t i = 0, n; i < touched_count; i += n) {
		for (n = 1; i + n < touched_count && touched[i + n].term == touched[i].term; n++)
			;
		to = copy_run(old, snapshot, term, touched[i].term, to);
		term = touched[i].term;
		snapshot->offset[term] = (uint32_t)to;
		to = copy_term(old, snapshot, (uint32_t)term++, touched + i, n, to);
	}
	to = copy_run(old, snapshot, term, snapshot->term_count, to);
	snapshot->offset[snapshot->term_count] = (uint32_t)to;
	free(touched);
}

static struct kb_snapshot *begin_change(const struct kb_snapshot *old, size_t count)
{
	struct kb_snapshot *snapshot = must(calloc(1, sizeof *snapshot));

	/* All but refs, which others count in. */
	memcpy((char *)snapshot + sizeof snapshot->refs, (const char *)old + sizeof old->refs, sizeof *old - sizeof old->refs);
	snapshot->refs = 1;
	snapshot->count = count;
	snapshot->at = must(calloc(count + 1, sizeof *snapshot->at));
	memcpy(snapshot->at, old->at, old->count * sizeof *snapshot->at);
	for (size_t i = 0; i < old->count; i++)
		if (snapshot->at[i])
			atomic_fetch_add(&snapshot->at[i]->refs, 1);
	kb_gram_table_copy(&snapshot->grams, &old->grams);
	kb_gram_table_copy(&snapshot->titles.grams, &old->titles.grams);
	return snapshot;
}

struct kb_snapshot *kb_snapshot_change(const struct kb_snapshot *old, const struct kb_change *what, size_t count)
{
	size_t slots = count && what[count - 1].slot >= old->count ? what[count - 1].slot + 1 : old->count;
	struct kb_snapshot *snapshot = begin_change(old, slots);
	struct kb_gram_counter counter;

	snapshot->dict = kb_dict_copy(old->dict);
	kb_gram_counter_init(&counter);
	for (size_t i = 0; i < count; i++) {
		struct kb_entry **at = &snapshot->at[what[i].slot];

		if (*at) {
			count_grams(snapshot, *at, -1);
			snapshot->live--;
			kb_entry_drop(at);
		}
		if (!(*at = what[i].entry))
			continue;
		kb_entry_index(*at, snapshot->dict, snapshot, &counter);
		count_grams(snapshot, *at, 1);
		snapshot->live++;
	}
	kb_gram_counter_fini(&counter);
	for (size_t i = 0; i < count; i++)
		if (what[i].entry) {
			const struct kb_entry *entry = what[i].entry;

			kb_gram_table_weigh_these(&snapshot->grams, entry->grams, entry->gram_count, snapshot->live);
			kb_gram_table_weigh_these(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count, snapshot->live);
			measure_entry(snapshot, what[i].entry);
		}
	patch_postings(old, snapshot, what, count);
	finish(snapshot);
	return snapshot;
}
