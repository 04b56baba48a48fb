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

struct sentence { const char *at; size_t length; };

static bool ends_here(const char *at)
{
	return *at == '\n' || (strchr(".!?", *at) && (!at[1] || at[1] == ' ' || at[1] == '\n'));
}

static size_t split(const char *text, struct sentence *out)
{
	size_t count = 0;

	while (count < SENTENCES) {
		size_t length = 0;

		text += strspn(text, " \t\n");
		if (!*text)
			break;
		while (text[length] && !ends_here(text + length))
			length++;
		length += text[length] && text[length] != '\n';
		out[count++] = (struct sentence){ text, length };
		text += length;
	}
	return count;
}

/* The weight of the question's words in it; `seen` marks those that count no more. */
static float weight_of(const struct kb_words *words, const struct sentence *sentence, bool *seen, struct arena *arena)
{
	const char *at = arena_copy(arena, sentence->at, sentence->length);
	char word[KB_WORD], folded[KB_WORD];
	float sum = 0;

	while (kb_next_word(&at, word, folded))
		for (size_t i = 0; i < words->count; i++)
			if (!seen[i] && (!strcmp(words->at[i].folded, folded) || !strncmp(words->at[i].stem, folded, strlen(words->at[i].stem)))) {
				seen[i] = true;
				sum += words->at[i].weight * words->at[i].idf;
			}
	return sum;
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

const char *kb_excerpt(struct arena *arena, const struct kb_entry *entry, const struct kb_words *words)
{
	struct sentence *sentence = ARENA_ARRAY(arena, struct sentence, SENTENCES);
	size_t count = split(entry->body, sentence), best = 0, end;
	float most = -1;
	CLEANUP_ARENA struct arena scratch;

	if (!count)
		return "";
	arena_init(&scratch);
	for (size_t i = 0; i < count; i++) {
		bool seen[KB_TERMS] = { false };
		float weight = 0;

		end = window(sentence, count, i);
		for (size_t k = i; k < end; k++)
			weight += weight_of(words, &sentence[k], seen, &scratch);
		weight += i == 0 ? 0.05f * words->mass : 0;
		if (weight > most) {
			most = weight;
			best = i;
		}
		arena_reset(&scratch);
	}
	end = window(sentence, count, best);
	return one_line(arena, sentence[best].at, (size_t)(sentence[end - 1].at + sentence[end - 1].length - sentence[best].at), best == 0, end < count);
}
