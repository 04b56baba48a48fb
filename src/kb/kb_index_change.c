/*
 * kb_index_change.c - a snapshot from the one before, with some articles changed.
 *
 * Postings are copied in long runs around what changed: a few milliseconds at 10,000 articles. What the old snapshot holds stays as it is:
 * questions are still answered from it.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

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
			touched[n++] = (struct touched){ now->terms[k].term, (uint32_t)what[i].slot, kb_part_of(snapshot, now, &now->terms[k]), false };
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
			kb_gram_table_uncount(&snapshot->grams, (*at)->grams, (*at)->gram_count);
			kb_gram_table_count(&snapshot->titles.grams, (*at)->title_grams, (*at)->title_gram_count, -1);
			snapshot->live--;
			kb_entry_drop(at);
		}
		if (!(*at = what[i].entry))
			continue;
		kb_entry_index(*at, snapshot->dict, snapshot, &counter);
		kb_count_grams(snapshot, *at);
		snapshot->live++;
	}
	kb_gram_counter_fini(&counter);
	for (size_t i = 0; i < count; i++)
		if (what[i].entry) {
			const struct kb_entry *entry = what[i].entry;

			kb_gram_table_weigh_these(&snapshot->grams, entry->grams, entry->gram_count, snapshot->live);
			kb_gram_table_weigh_these(&snapshot->titles.grams, entry->title_grams, entry->title_gram_count, snapshot->live);
			kb_measure_entry(snapshot, what[i].entry);
		}
	patch_postings(old, snapshot, what, count);
	kb_snapshot_finish(snapshot);
	return snapshot;
}
