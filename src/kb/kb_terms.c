/*
 * kb_terms.c - what the index needs of an article: how often each term stands in each field, their order, the character n-grams, the sentences.
 *
 * A word is stemmed in the article's language and in the main languages of the whole folder: half translated articles and a title in
 * another language than its text are found too. Done once, before the article is published in a snapshot.
 */
#include "kb_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAD 15                          /* words that the text begins with: they say what it is about, and count twice */

enum field { FIELD_TITLE, FIELD_KEYWORDS, FIELD_BODY };

struct counting {
	struct kb_entry *entry;
	struct kb_dict *dict;
	struct kb_gram_counter *grams;
	struct words_stemmers stemmers;
	uint32_t *slot; size_t slots;            /* of entry->terms, by term */
	size_t room, sequence_room;
};

static void rehash(struct counting *counting)
{
	free(counting->slot);
	counting->slots = counting->slots ? counting->slots * 2 : 512;
	if (!(counting->slot = malloc(counting->slots * sizeof *counting->slot)))
		abort();
	memset(counting->slot, 0xFF, counting->slots * sizeof *counting->slot);
	for (size_t i = 0; i < counting->entry->term_count; i++) {
		size_t at = counting->entry->terms[i].term * 2654435761u & (counting->slots - 1);

		while (counting->slot[at] != UINT32_MAX)
			at = (at + 1) & (counting->slots - 1);
		counting->slot[at] = (uint32_t)i;
	}
}

static struct kb_term *term_of(struct counting *counting, uint32_t term)
{
	struct kb_entry *entry = counting->entry;
	size_t at;

	if (entry->term_count * 2 >= counting->slots)
		rehash(counting);
	at = term * 2654435761u & (counting->slots - 1);
	while (counting->slot[at] != UINT32_MAX) {
		if (entry->terms[counting->slot[at]].term == term)
			return &entry->terms[counting->slot[at]];
		at = (at + 1) & (counting->slots - 1);
	}
	if (entry->term_count == counting->room) {
		counting->room = counting->room ? counting->room * 2 : 256;
		if (!(entry->terms = realloc(entry->terms, counting->room * sizeof *entry->terms)))
			abort();
	}
	counting->slot[at] = (uint32_t)entry->term_count;
	entry->terms[entry->term_count] = (struct kb_term){ .term = term };
	return &entry->terms[entry->term_count++];
}

static void count_in(struct kb_term *term, enum field field)
{
	if (field == FIELD_TITLE && term->title < UINT8_MAX)
		term->title++;
	else if (field == FIELD_KEYWORDS && term->keywords < UINT8_MAX)
		term->keywords++;
	else if (field == FIELD_BODY && term->body < UINT16_MAX)
		term->body++;
}

static void grow_sequence(struct counting *counting)
{
	struct kb_entry *entry = counting->entry;

	if (entry->sequence_count < counting->sequence_room)
		return;
	counting->sequence_room = counting->sequence_room ? counting->sequence_room * 2 : 512;
	for (size_t i = 0; i < entry->stemmed_count; i++)
		if (!(entry->sequence[i] = realloc(entry->sequence[i], counting->sequence_room * sizeof **entry->sequence)))
			abort();
}

static void count_word(struct counting *counting, enum field field, const char *word, const char *folded, unsigned times)
{
	struct kb_entry *entry = counting->entry;
	uint32_t term[WORDS_STEMMERS];
	char stem[WORDS_BYTES];

	grow_sequence(counting);
	for (size_t i = 0; i < entry->stemmed_count; i++) {
		bool known = false;

		words_stem(&counting->stemmers, i, word, stem);
		term[i] = kb_dict_add(counting->dict, stem);
		for (size_t k = 0; k < i; k++)
			known |= term[k] == term[i];
		for (unsigned k = 0; !known && k < times; k++)
			count_in(term_of(counting, term[i]), field);
		entry->sequence[i][entry->sequence_count] = term[i];
	}
	entry->sequence_count++;
	for (unsigned k = 0; k < times; k++)
		kb_gram_count(counting->grams, folded);
}

static unsigned count_text(struct counting *counting, enum field field, const char *text)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];
	unsigned words = 0;

	while (words_next(&text, word, folded)) {
		count_word(counting, field, word, folded, field == FIELD_BODY && words < LEAD ? 2 : 1);
		words++;
	}
	return words;
}

static void choose_stemmers(struct counting *counting, const struct kb_snapshot *snapshot)
{
	struct kb_entry *entry = counting->entry;

	words_stemmers_add(&counting->stemmers, entry->article.language);
	for (size_t i = 0; i < snapshot->language_count; i++)
		words_stemmers_add(&counting->stemmers, snapshot->languages[i]);
	for (size_t i = 0; i < counting->stemmers.count; i++)
		snprintf(entry->stemmed[i], sizeof entry->stemmed[i], "%s", words_stemmers_language(&counting->stemmers, i));
	entry->stemmed_count = counting->stemmers.count ? counting->stemmers.count : 1;
}

static int by_term(const void *a, const void *b)
{
	const struct kb_term *x = a, *y = b;

	return (x->term > y->term) - (x->term < y->term);
}

static void *put(char **to, const void *from, size_t bytes)
{
	void *at = *to;

	if (bytes)
		memcpy(at, from, bytes);
	*to += bytes;
	return at;
}

/* From where they grew into one block of their size: there are as many as articles, and an arena's blocks would be half empty. */
static void settle(struct kb_entry *entry)
{
	size_t sequence_bytes = entry->sequence_count * sizeof **entry->sequence, term_bytes = entry->term_count * sizeof *entry->terms;
	size_t gram_bytes = entry->gram_count * sizeof *entry->grams, title_bytes = entry->title_gram_count * sizeof *entry->title_grams;
	size_t sentence_bytes = (entry->sentence_count + 1) * sizeof *entry->sentence, start_bytes = entry->starts.count * sizeof *entry->starts.at;
	struct kb_term *terms = entry->terms;
	char *to;

	if (terms)
		qsort(terms, entry->term_count, sizeof *terms, by_term);
	free(entry->index);
	if (!(to = entry->index = malloc(term_bytes + gram_bytes + title_bytes + entry->stemmed_count * sequence_bytes + sentence_bytes + start_bytes)))
		abort();
	entry->terms = put(&to, terms, term_bytes);
	free(terms);
	entry->grams = put(&to, entry->grams, gram_bytes);
	entry->title_grams = put(&to, entry->title_grams, title_bytes);
	for (size_t i = 0; i < entry->stemmed_count; i++) {
		uint32_t *sequence = entry->sequence[i];

		entry->sequence[i] = put(&to, sequence, sequence_bytes);
		free(sequence);
	}
	entry->sentence = put(&to, entry->sentence, sentence_bytes);
	entry->starts.at = put(&to, entry->starts.at, start_bytes);
}

void kb_entry_index(struct kb_entry *entry, struct kb_dict *dict, const struct kb_snapshot *snapshot, struct kb_gram_counter *counter)
{
	struct counting counting = { .entry = entry, .dict = dict, .grams = counter };
	CLEANUP_ARENA struct arena scratch;

	arena_init(&scratch);
	choose_stemmers(&counting, snapshot);
	entry->words_title = count_text(&counting, FIELD_TITLE, entry->article.title);
	entry->title_grams = kb_gram_take(counter, &scratch, &entry->title_gram_count);
	for (size_t i = 0; i < entry->article.keywords.count; i++)
		entry->words_keywords += count_text(&counting, FIELD_KEYWORDS, entry->article.keywords.at[i]);
	entry->words_body = count_text(&counting, FIELD_BODY, entry->body);
	for (int twice = 0; twice < 2; twice++) {       /* the title weighs double */
		const char *text = entry->article.title;
		char word[WORDS_BYTES], folded[WORDS_BYTES];

		while (words_next(&text, word, folded))
			kb_gram_count(counter, folded);
	}
	entry->grams = kb_gram_take(counter, &scratch, &entry->gram_count);
	kb_sentences_index(entry, &scratch);
	settle(entry);
	words_stemmers_fini(&counting.stemmers);
	free(counting.slot);
}
