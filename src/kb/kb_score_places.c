/*
 * kb_score_places.c - where the question's words stand in an article: side by side, and close together.
 *
 * An article is read once, and each of its words looked up by its number in a table of marks; the few that are of the question are noted with
 * their places, and what is asked of the places is asked of these. Small tables, since twenty articles are read for each mail.
 */
#include "kb_work.h"

#include <string.h>

/* The article as words of this language. */
static const uint32_t *sequence_in(const struct kb_entry *entry, const char *language)
{
	for (size_t i = 0; language && i < entry->stemmed_count; i++)
		if (!strcmp(entry->stemmed[i], language))
			return entry->sequence[i];
	return entry->sequence[0];
}

static void mark(struct kb_work *work, bool marked)
{
	const struct kb_words *words = work->words;

	for (size_t i = 0; i < words->count; i++)
		if (words->at[i].term != KB_NO_TERM)
			work->mark[words->at[i].term] = marked ? (uint8_t)(i + 1) : 0;
}

_Static_assert(KB_TERMS < 256, "kb_work.mark");

static void read_article(struct kb_work *work, const struct kb_entry *entry)
{
	const uint32_t *sequence = sequence_in(entry, work->words->language);
	size_t count = 0;

	kb_work_places(work, entry->sequence_count);
	for (size_t i = 0; i < entry->sequence_count; i++) {
		uint8_t word = work->mark[sequence[i]];

		/* Noted always, counted where it is one: nobody can foresee which. */
		work->place[count] = (struct kb_place){ (uint32_t)i, word };
		count += word != 0;
	}
	work->places = count;
}

void kb_score_places(struct kb_work *work)
{
	kb_list_pairs(work);
	mark(work, true);
	for (size_t k = 0; k < work->candidates; k++) {
		uint32_t i = work->candidate[k];

		read_article(work, work->snapshot->at[i]);
		work->neighbours[i] = kb_neighbours(work);
		work->passage[i] = kb_passage(work);
		if (work->neighbours[i] > work->most_neighbours)
			work->most_neighbours = work->neighbours[i];
		if (work->passage[i] > work->most_passage)
			work->most_passage = work->passage[i];
	}
	mark(work, false);
}
