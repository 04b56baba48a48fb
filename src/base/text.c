/*
 * text.c - small questions about strings, and lists of strings.
 *
 * Case here means ASCII case, whatever the locale: header names, keywords and domain names are compared with these, and
 * a daemon must not understand a mail differently under a Turkish locale. Case of natural language is not its business.
 */
#include "base_private.h"

#include <string.h>

static unsigned char ascii_lower(char byte)
{
	unsigned char code = (unsigned char)byte;

	return code >= 'A' && code <= 'Z' ? (unsigned char)(code + ('a' - 'A')) : code;
}

bool text_equal_nocase(const char *a, const char *b)
{
	while (*a && ascii_lower(*a) == ascii_lower(*b))
		a++, b++;
	return ascii_lower(*a) == ascii_lower(*b);
}

bool text_starts_nocase(const char *text, const char *prefix)
{
	while (*prefix && ascii_lower(*text) == ascii_lower(*prefix))
		text++, prefix++;
	return !*prefix;
}

char *text_lower(struct arena *arena, const char *text)
{
	char *copy = arena_string(arena, text);

	for (char *at = copy; *at; at++)
		*at = (char)ascii_lower(*at);
	return copy;
}

static bool is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

char *text_trim(char *text)
{
	size_t length;

	while (is_blank(*text))
		text++;
	length = strlen(text);
	while (length && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

void strings_add(struct arena *arena, struct strings *list, const char *string)
{
	const char *copy = arena_string(arena, string);

	arena_grow(arena, (void **)&list->at, list->count, sizeof *list->at);
	list->at[list->count++] = copy;
}

bool strings_have(const struct strings *list, const char *string)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i], string) == 0)
			return true;
	return false;
}

/* Edit distance (Levenshtein); words of 64 bytes and more are far from everything. */
static size_t distance(const char *a, const char *b)
{
	size_t before[64], here[64], width = strlen(b);

	if (width >= COUNT_OF(here))
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		before[j] = j;
	for (size_t i = 0; a[i]; i++) {
		here[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = before[j] + (a[i] != b[j]);

			if (before[j + 1] + 1 < best)
				best = before[j + 1] + 1;
			if (here[j] + 1 < best)
				best = here[j] + 1;
			here[j + 1] = best;
		}
		memcpy(before, here, sizeof before);
	}
	return before[width];
}

const char *text_closest(const char *word, const char *best, const char *candidate)
{
	size_t allowed = strlen(word) / 3 + 1, far = distance(word, candidate);

	if (far > allowed)
		return best;
	return !best || far < distance(word, best) ? candidate : best;
}
