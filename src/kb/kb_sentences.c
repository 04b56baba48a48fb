/*
 * kb_sentences.c - the sentences of an article, and where their words begin: what an excerpt is chosen from.
 *
 * Found once, when the article is read: five excerpts are cut for each mail, and a question's words stand in few places of a text. Of each
 * word there is its place and a number of its first three letters, so that those that cannot be meant are not even looked at. Only the first
 * KB_SENTENCES count, of the first KB_START_BYTES.
 */
#include "kb_private.h"

#include <string.h>

/* Up to the end of a line or of a sentence, with its mark. */
static size_t sentence_length(const char *text)
{
	size_t i = strcspn(text, "\n.!?");

	for (; text[i] && text[i] != '\n'; i += 1 + strcspn(text + i + 1, "\n.!?"))
		if (!text[i + 1] || text[i + 1] == ' ' || text[i + 1] == '\n')
			return i + 1;
	return i;
}

static void split(const char *body, struct arena *arena, struct kb_entry *entry)
{
	const char *text = body;

	entry->sentence = ARENA_ARRAY(arena, struct kb_sentence, KB_SENTENCES + 1);
	entry->sentence_count = 0;
	while (entry->sentence_count < KB_SENTENCES) {
		size_t length;

		text += strspn(text, " \t\n");
		if (!*text)
			break;
		length = sentence_length(text);
		if ((size_t)(text - body) + length >= KB_START_BYTES)
			break;
		entry->sentence[entry->sentence_count++] = (struct kb_sentence){ .at = (uint32_t)(text - body), .length = (uint32_t)length };
		text += length;
	}
}

/* The first one behind those that fit into an excerpt with this one. */
static uint16_t window_end(const struct kb_entry *entry, size_t first)
{
	const struct kb_sentence *sentence = entry->sentence;
	size_t end = first + 1;

	while (end < entry->sentence_count && sentence[end].at + sentence[end].length - sentence[first].at <= KB_EXCERPT)
		end++;
	return (uint16_t)end;
}

static void find_words(const char *body, struct arena *arena, struct kb_entry *entry, const struct kb_sentence *sentence)
{
	const char *at = body + sentence->at, *end = at + sentence->length;
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	while (at < end) {
		const char *from = at;

		if (!words_next(&at, word, folded) || at > end)
			break;
		*ARENA_PUSH(arena, &entry->starts) = (uint32_t)(from - body) << KB_LETTERS_BITS | kb_letters(folded);
	}
}

void kb_sentences_index(struct kb_entry *entry, struct arena *arena)
{
	entry->starts.count = 0;
	split(entry->body, arena, entry);
	for (size_t i = 0; i < entry->sentence_count; i++) {
		struct kb_sentence *sentence = &entry->sentence[i];

		sentence->end = window_end(entry, i);
		sentence->start = (uint32_t)entry->starts.count;
		find_words(entry->body, arena, entry, sentence);
	}
	entry->sentence[entry->sentence_count].start = (uint32_t)entry->starts.count;
}
