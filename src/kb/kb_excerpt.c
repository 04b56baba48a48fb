/*
 * kb_excerpt.c - the few lines of an article that fit the question.
 *
 * A window of whole sentences of EXCERPT bytes moves over the text; the one with the most of the question's weight wins, each word once,
 * the beginning of the article a little ahead. Control characters never get in; the text is plain.
 */
#include "kb_private.h"

#include <string.h>

#define EXCERPT   260                    /* bytes, about three lines */
#define SENTENCES 400                    /* of an article that are looked at */
#define FINDS     4096                   /* words of the question in them, at most */
#define PREFIX    3                      /* bytes of a stem that a word of the text may begin with */

struct sentence { const char *at; size_t length; };

/* Up to the end of a line or of a sentence, with its mark. */
static size_t sentence_length(const char *text)
{
	size_t i = strcspn(text, "\n.!?");

	for (; text[i] && text[i] != '\n'; i += 1 + strcspn(text + i + 1, "\n.!?"))
		if (!text[i + 1] || text[i + 1] == ' ' || text[i + 1] == '\n')
			return i + 1;
	return i;
}

static size_t split(const char *text, struct sentence *out)
{
	size_t count = 0;

	while (count < SENTENCES) {
		size_t length;

		text += strspn(text, " \t\n");
		if (!*text)
			break;
		length = sentence_length(text);
		out[count++] = (struct sentence){ text, length };
		text += length;
	}
	return count;
}

/* Words of the question by what is looked for in the text: a stem where a word begins with it, a short one or a whole word as it is. */
#define SLOTS 1024
struct kb_finder {
	const struct kb_words *words;
	uint32_t hash[SLOTS];
	uint16_t word[SLOTS];
	bool whole[SLOTS];
	uint64_t begins[WORDS_BEGINNINGS];
};

_Static_assert(2 * KB_TERMS < SLOTS, "finder");

static size_t beginning(const char *text)
{
	return words_beginning(text[0], text[1]);
}

static void look_for(struct kb_finder *finder, const char *text, size_t word, bool whole)
{
	uint32_t hash = hash_text(text);
	size_t at;

	for (at = hash % SLOTS; finder->word[at]; at = (at + 1) % SLOTS)
		;
	if (!text[1])                    /* a stem of one letter: whatever comes next */
		memset(&finder->begins[beginning(text) / 64], 0xFF, 256 / 8);
	finder->begins[beginning(text) / 64] |= 1ULL << beginning(text) % 64;
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

	if (!(finder->begins[beginning(folded) / 64] >> beginning(folded) % 64 & 1))
		return;
	for (const char *c = folded; *c; c++) {
		hash = hash_byte(hash, (unsigned char)*c);
		for (size_t at = hash % SLOTS; finder->word[at]; at = (at + 1) % SLOTS)
			if (finder->hash[at] == hash && (!c[1] || !finder->whole[at]) && finds->count < FINDS)
				finds->word[finds->count++] = (uint16_t)(finder->word[at] - 1);
	}
}

/* Which words of the question are in each sentence: sentence i has those from first[i] to first[i + 1]. */
static void find_all(const struct kb_finder *finder, const struct sentence *sentence, size_t count, struct finds *finds, size_t *first)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	finds->count = 0;
	for (size_t i = 0; i < count; i++) {
		const char *at = sentence[i].at, *end = at + sentence[i].length;

		first[i] = finds->count;
		while (at < end && words_next_among(&at, end, finder->begins, word, folded) && at <= end)
			find_in(finder, folded, finds);
	}
	first[count] = finds->count;
}

static size_t window(const struct sentence *sentence, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && (size_t)(sentence[end].at + sentence[end].length - sentence[first].at) <= EXCERPT)
		end++;
	return end;
}

static const char *one_line(struct arena *arena, const char *at, size_t length, bool begins, bool goes_on)
{
	char *text = arena_copy(arena, at, length);
	const char *cut = utf8_cut(arena, text, EXCERPT);
	size_t kept = strlen(cut);

	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	if (kept < length) {             /* between words, if there is one near */
		cut = utf8_cut(arena, text, EXCERPT);
		while (kept > EXCERPT / 2 && cut[kept - 1] != ' ')
			kept--;
		return arena_printf(arena, "%s%.*s\xE2\x80\xA6", begins ? "" : "\xE2\x80\xA6 ", (int)(kept > EXCERPT / 2 ? kept - 1 : strlen(cut)), cut);
	}
	return arena_printf(arena, "%s%s%s", begins ? "" : "\xE2\x80\xA6 ", text, goes_on ? " \xE2\x80\xA6" : "");
}

/* The first sentence of the best window. */
static size_t choose(const struct kb_finder *finder, const struct sentence *sentence, size_t count)
{
	size_t first[SENTENCES + 1], best = 0;
	uint16_t seen_in[KB_TERMS] = { 0 };
	struct finds finds;
	float most = -1;

	find_all(finder, sentence, count, &finds, first);
	for (size_t i = 0; i < count; i++) {
		float weight = i == 0 ? 0.05f * finder->words->mass : 0;
		size_t end = first[window(sentence, count, i)];

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
	struct sentence sentence[SENTENCES];
	size_t count = split(entry->body, sentence), best, end;

	if (!count)
		return "";
	best = choose(finder, sentence, count);
	end = window(sentence, count, best);
	return one_line(arena, sentence[best].at, (size_t)(sentence[end - 1].at + sentence[end - 1].length - sentence[best].at), best == 0, end < count);
}
