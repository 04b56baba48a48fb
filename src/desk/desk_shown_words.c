/*
 * desk_shown_words.c - the words of our notices that an answer may quote, where each stands, and whose it is.
 *
 * Compared are words, not lines, without case and marks: clients wrap, mark and translate. A signed address of the house counts as one word,
 * whichever it is. Linear in the notices, which are of bounded size; a search counts its steps, and finds nothing more when they are spent.
 */
#include <string.h>

#include "desk_private.h"

#define STEPS_MOST   100000000                   /* comparisons for one mail of an agent, some .2 s; beyond, he is asked */
#define MARKS_MOST   2000000                     /* and before, among the notices themselves */
#define TOKEN_LETTERS 27

static bool is_edge(char byte)
{
	return strchr("<>()[]{}*_\"'|,;:.!?=", byte) != NULL && byte;
}

/* Bytes of the blank that stands here; 0: none. A no-break blank ("De :" in French) is one, too: programs make common ones of it. */
static size_t blank_at(const char *at, const char *end)
{
	if (strchr(" \t\r\n", *at))
		return 1;
	if (end - at >= 2 && memcmp(at, "\xC2\xA0", 2) == 0)
		return 2;
	return end - at >= 3 && memcmp(at, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

/* The next word of [at, end) without the marks around it. False: no more. */
static bool next_word(const char **at, const char *end, const char **word, size_t *length)
{
	while (*at < end) {
		for (size_t blank; *at < end && (blank = blank_at(*at, end)) > 0;)
			*at += blank;
		const char *start = *at;
		while (*at < end && !blank_at(*at, end))
			++*at;
		const char *stop = *at;
		while (start < stop && is_edge(*start))
			start++;
		while (stop > start && is_edge(stop[-1]))
			stop--;
		if (stop > start) {
			*word = start;
			*length = (size_t)(stop - start);
			return true;
		}
	}
	return false;
}

/* Without case; a link that a program made of an address beside it is no word. 0: to be skipped. */
static uint32_t hash_of_word(struct desk_shown *shown, const char *word, size_t length)
{
	size_t start, size;
	if (length >= TOKEN_LETTERS && desk_find_house_token(shown->policy, shown->ticket->id, arena_copy(shown->arena, word, length), &start, &size))
		return DESK_TOKEN_WORD;
	if (length > 7 && strncasecmp(word, "mailto:", 7) == 0)
		return 0;
	uint32_t hash = HASH_START;
	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, (unsigned char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]));
	return hash > DESK_TOKEN_WORD ? hash : hash + 2;
}

static bool add_word(struct desk_shown *shown, struct desk_shown_word at, const char *word, size_t length, uint32_t *before)
{
	uint32_t hash = hash_of_word(shown, word, length);
	bool added = hash && !(hash == DESK_TOKEN_WORD && *before == DESK_TOKEN_WORD);
	at.hash = hash;
	if (added)
		*ARENA_PUSH(shown->arena, &shown->words) = at;
	*before = hash;
	return added;
}

/* What stands behind ">" in our notice are the customer's words, behind "|" what went before, notes among it; all else is the house's. */
void desk_shown_add(struct desk_shown *shown, unsigned copy, const char *text)
{
	uint32_t before = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *at = text, *end = text + length, *word;
		size_t size;
		enum desk_speaker speaker = *text == '>' ? DESK_SPEAKER_CUSTOMER : *text == '|' ? DESK_SPEAKER_COLLEAGUE : DESK_SPEAKER_HOUSE;
		bool begins = true;
		while (next_word(&at, end, &word, &size))
			if (add_word(shown, (struct desk_shown_word){0, -1, copy, speaker, begins}, word, size, &before))
				begins = false;
		text += length + (text[length] == '\n');
	}
}

static void index_words(struct desk_shown *shown, bool of_house)
{
	size_t size = 64;
	while (size < shown->words.count * 2)
		size *= 2;
	shown->mask = (uint32_t)size - 1;
	shown->first = ARENA_ARRAY(shown->arena, int, size);
	shown->near = ARENA_ARRAY(shown->arena, int, size);
	memset(shown->first, 0xff, size * sizeof *shown->first);
	memset(shown->near, 0xff, size * sizeof *shown->near);
	for (size_t i = shown->words.count; i > 0; i--) {
		if (of_house && shown->words.at[i - 1].speaker != DESK_SPEAKER_HOUSE)
			continue;
		int *first = &shown->first[hash_spread(shown->words.at[i - 1].hash) & shown->mask];
		shown->words.at[i - 1].next = *first;
		*first = (int)i - 1;
	}
}

static bool is_at(struct desk_shown *shown, int place, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++, shown->steps++)
		if ((size_t)place + i >= shown->words.count || shown->words.at[(size_t)place + i].hash != words[i]
		    || shown->words.at[(size_t)place + i].copy != shown->words.at[place].copy)
			return false;
	return true;
}

int desk_shown_find(struct desk_shown *shown, const uint32_t *words, size_t count, int from, int until)
{
	uint32_t bucket = hash_spread(words[0]) & shown->mask;
	int *near = &shown->near[bucket];        /* lines come in the notice's order: no need to begin at its top for each */
	for (int place = *near >= 0 && *near <= from ? *near : shown->first[bucket]; place >= 0 && place < until;
	     place = shown->words.at[place].next) {
		if (++shown->steps > STEPS_MOST) {
			shown->spent = true;
			return -1;
		}
		if (place <= from)
			*near = place;
		if (place >= from && is_at(shown, place, words, count))
			return place;
	}
	return -1;
}

static bool ends_line(const struct desk_shown *shown, size_t place)
{
	return place >= shown->words.count || shown->words.at[place].begins;
}

/* As how many of the house's own words the customer's words from `place` on stand elsewhere in our notices: those of a whole line, or many in a row. */
static size_t house_words_at(struct desk_shown *shown, size_t place)
{
	const struct desk_shown_word *words = shown->words.at;
	size_t most = 0;
	for (int i = shown->first[hash_spread(words[place].hash) & shown->mask]; i >= 0; i = words[i].next) {
		size_t same = 0;
		if (++shown->marked > MARKS_MOST) {
			shown->spent = true;
			return 0;
		}
		while (place + same < shown->words.count && (size_t)i + same < shown->words.count && words[place + same].speaker == DESK_SPEAKER_CUSTOMER
		       && words[(size_t)i + same].speaker == DESK_SPEAKER_HOUSE && words[place + same].hash == words[(size_t)i + same].hash)
			same++;
		shown->marked += (long)same;
		bool line = words[place].begins && words[i].begins && ends_line(shown, place + same) && ends_line(shown, (size_t)i + same);
		if (same > most && (line || same >= DESK_HOUSE_WORDS))
			most = same;
	}
	return most;
}

/* A customer who has been passed a notice of ours quotes it in his mail: so the house's words stand among his. They stay the house's. */
static void mark_house_words(struct desk_shown *shown)
{
	index_words(shown, true);
	for (size_t i = 0, same; i < shown->words.count && !shown->spent; i += same ? same : 1) {
		same = shown->words.at[i].speaker == DESK_SPEAKER_CUSTOMER ? house_words_at(shown, i) : 0;
		for (size_t k = 0; k < same; k++)
			shown->words.at[i + k].speaker = DESK_SPEAKER_HOUSE;
	}
}

void desk_shown_index(struct desk_shown *shown)
{
	mark_house_words(shown);
	index_words(shown, false);
}

size_t desk_shown_words_of(struct desk_shown *shown, const char *line, size_t length, uint32_t *words, size_t most, bool *token)
{
	const char *at = line, *end = line + length, *word;
	uint32_t before = 0;
	size_t count = 0, size;
	while (count < most && next_word(&at, end, &word, &size)) {
		uint32_t hash = hash_of_word(shown, word, size);
		*token |= hash == DESK_TOKEN_WORD;
		if (hash && !(hash == DESK_TOKEN_WORD && before == DESK_TOKEN_WORD))
			words[count++] = hash;
		before = hash;
	}
	return count;
}
