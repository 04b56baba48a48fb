/*
 * kb_excerpt.c - the few lines of an article that fit the question.
 *
 * A window of whole sentences of KB_EXCERPT bytes moves over the text; the one with the most of the question's weight wins, each word once,
 * the beginning of the article a little ahead. Control characters never get in; the text is plain.
 */
#include "kb_private.h"

#include <string.h>

#define FINDS     4096                   /* words of the question in an article, at most */
#define PREFIX    3                      /* bytes of a stem that a word of the text may begin with */

/* Words of the question by what is looked for in the text: a stem where a word begins with it, a short one or a whole word as it is. */
#define SLOTS 1024
struct kb_finder {
	const struct kb_words *words;
	uint32_t hash[SLOTS];
	uint16_t word[SLOTS];
	bool whole[SLOTS];
	uint64_t letters[(1 << KB_LETTERS_BITS) / 64];   /* kb_letters() of one of them */
};

_Static_assert(2 * KB_TERMS < SLOTS, "finder");

/* PREFIX letters are enough to know them by, and shorter ones are whole words. */
static bool may_be_one(const struct kb_finder *finder, uint32_t start)
{
	uint32_t letters = start & ((1 << KB_LETTERS_BITS) - 1);

	return finder->letters[letters / 64] >> letters % 64 & 1;
}

static void look_for(struct kb_finder *finder, const char *text, size_t word, bool whole)
{
	uint32_t hash = hash_text(text);
	size_t at;

	for (at = hash % SLOTS; finder->word[at]; at = (at + 1) % SLOTS)
		;
	finder->letters[kb_letters(text) / 64] |= UINT64_C(1) << kb_letters(text) % 64;
	finder->hash[at] = hash;
	finder->word[at] = (uint16_t)(word + 1);
	finder->whole[at] = whole;
}

struct kb_finder *kb_finder_new(struct arena *arena, const struct kb_words *words)
{
	struct kb_finder *finder = ARENA_NEW(arena, struct kb_finder);

	finder->words = words;
	for (size_t i = 0; i < words->count; i++) {
		look_for(finder, words->at[i].stem, i, strlen(words->at[i].stem) < PREFIX);
		if (strcmp(words->at[i].stem, words->at[i].folded) != 0)
			look_for(finder, words->at[i].folded, i, true);
	}
	return finder;
}

struct finds { uint16_t word[FINDS]; size_t count; };

static void find_in(const struct kb_finder *finder, const char *folded, struct finds *finds)
{
	uint32_t hash = HASH_START;

	for (const char *c = folded; *c; c++) {
		hash = hash_byte(hash, (unsigned char)*c);
		for (size_t at = hash % SLOTS; finder->word[at]; at = (at + 1) % SLOTS)
			if (finder->hash[at] == hash && (!c[1] || !finder->whole[at]) && finds->count < FINDS)
				finds->word[finds->count++] = (uint16_t)(finder->word[at] - 1);
	}
}

/* Which words of the question are in each sentence: sentence i has those from first[i] to first[i + 1]. */
static void find_all(const struct kb_finder *finder, const struct kb_entry *entry, struct finds *finds, size_t *first)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	finds->count = 0;
	for (size_t i = 0; i < entry->sentence_count; i++) {
		first[i] = finds->count;
		for (uint32_t k = entry->sentence[i].start; k < entry->sentence[i + 1].start; k++) {
			const char *at = entry->body + (entry->starts.at[k] >> KB_LETTERS_BITS);

			if (may_be_one(finder, entry->starts.at[k]) && words_next(&at, word, folded))
				find_in(finder, folded, finds);
		}
	}
	first[entry->sentence_count] = finds->count;
}

static const char *one_line(struct arena *arena, const char *at, size_t length, bool begins, bool goes_on)
{
	char *text = arena_copy(arena, at, length);
	const char *cut = utf8_cut(arena, text, KB_EXCERPT);
	size_t kept = strlen(cut);

	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	if (kept < length) {             /* between words, if there is one near */
		cut = utf8_cut(arena, text, KB_EXCERPT);
		while (kept > KB_EXCERPT / 2 && cut[kept - 1] != ' ')
			kept--;
		return arena_printf(arena, "%s%.*s\xE2\x80\xA6", begins ? "" : "\xE2\x80\xA6 ", (int)(kept > KB_EXCERPT / 2 ? kept - 1 : strlen(cut)), cut);
	}
	return arena_printf(arena, "%s%s%s", begins ? "" : "\xE2\x80\xA6 ", text, goes_on ? " \xE2\x80\xA6" : "");
}

/* The first sentence of the best window. */
static size_t choose(const struct kb_finder *finder, const struct kb_entry *entry)
{
	size_t first[KB_SENTENCES + 1], best = 0;
	uint16_t seen_in[KB_TERMS] = { 0 };
	struct finds finds;
	float most = -1;

	find_all(finder, entry, &finds, first);
	for (size_t i = 0; i < entry->sentence_count; i++) {
		float weight = i == 0 ? 0.05f * finder->words->mass : 0;
		size_t end = first[entry->sentence[i].end];

		for (size_t k = first[i]; k < end; k++) {
			const struct kb_word *word = &finder->words->at[finds.word[k]];

			if (seen_in[finds.word[k]] == i + 1)
				continue;
			seen_in[finds.word[k]] = (uint16_t)(i + 1);
			weight += word->weight * word->idf;
		}
		if (weight > most) {
			most = weight;
			best = i;
		}
	}
	return best;
}

const char *kb_excerpt(struct arena *arena, const struct kb_entry *entry, const struct kb_finder *finder)
{
	const struct kb_sentence *sentence = entry->sentence, *best, *last;

	if (!entry->sentence_count)
		return "";
	best = &sentence[choose(finder, entry)];
	last = &sentence[best->end - 1];
	return one_line(arena, entry->body + best->at, last->at + last->length - best->at, best == sentence, best->end < entry->sentence_count);
}
