/*
 * desk_pages.c - the sentences of the customers' pages, LANGUAGE/pages.txt: "name: words", one a line; "#" begins a remark.
 *
 * A file of the desk's own needs only the lines that it changes: each replaces the built-in one alone. A sentence may hold variables. One that is
 * broken, or not there in a language, is passed over as if the line were not there: then the built-in one speaks, in the end the English one. The
 * names are those of the built-in English file; each file is a language that the pages speak.
 */
#include <string.h>

#include "desk_template.h"

struct line { int number; const char *name; size_t name_length; const char *words; size_t length; bool sentence; };

/* The next line with something on it. `sentence`: it has a name and words. */
static bool next_line(const char **at, struct line *line)
{
	while (**at) {
		const char *begin = *at, *end = begin + strcspn(begin, "\n");
		*at = end + (*end == '\n');
		line->number++;
		begin += strspn(begin, " \t\r");
		while (end > begin && strchr(" \t\r", end[-1]))
			end--;
		if (begin >= end || *begin == '#')
			continue;
		line->name = begin;
		line->name_length = strspn(begin, "abcdefghijklmnopqrstuvwxyz-");
		line->words = begin + line->name_length + 1;
		line->words += line->words < end ? strspn(line->words, " \t") : 0;
		line->sentence = line->name_length && begin[line->name_length] == ':' && line->words < end;
		line->length = line->sentence ? (size_t)(end - line->words) : 0;
		return true;
	}
	return false;
}

static bool find_line(const char *text, const char *name, size_t length, struct line *line)
{
	*line = (struct line){.number = 0};
	while (next_line(&text, line))
		if (line->sentence && line->name_length == length && memcmp(line->name, name, length) == 0)
			return true;
	return false;
}

static bool is_pages(const struct template_file *file)
{
	return strcmp(file->name, DESK_PAGES) == 0 && strcmp(file->format, "txt") == 0;
}

static const struct template_file *builtin_pages(const char *language)
{
	for (const struct template_file *file = builtin_templates; file->language; file++)
		if (is_pages(file) && desk_template_language_is(language, file->language))
			return file;
	return NULL;
}

static bool is_whole(const char *language, const char *words, struct error *error)
{
	const struct template_file file = {language, "part-" DESK_PAGES, "txt", words};
	return desk_template_check(&file, error);
}

/* NULL: it does not say it in that language, or not so that it can be used. */
static const char *said_by(struct arena *arena, const struct template_set *own, const char *language, const char *name)
{
	struct line line;
	for (size_t i = 0; own && i < own->count; i++) {
		if (!is_pages(&own->at[i]) || !desk_template_language_is(language, own->at[i].language) || !find_line(own->at[i].text, name, strlen(name), &line))
			continue;
		const char *words = arena_copy(arena, line.words, line.length);
		if (is_whole(language, words, NULL))
			return words;
	}
	const struct template_file *file = builtin_pages(language);
	return file && find_line(file->text, name, strlen(name), &line) ? arena_copy(arena, line.words, line.length) : NULL;
}

const char *desk_page_words(struct arena *arena, const struct template_set *own, const char *language, const char *fallback, const char *name,
                            const char *variables)
{
	const char *const wanted[] = {language, fallback, "en"};
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		const char *words = wanted[i] ? said_by(arena, own, wanted[i], name) : NULL;
		if (words)
			return strchr(words, '{') ? desk_fill(arena, own, wanted[i], fallback, words, variables) : words;
	}
	return "";
}

bool desk_pages_problem(struct arena *arena, const struct template_file *file, int *number, struct error *error)
{
	const struct template_file *known = builtin_pages("en");
	const char *at = file->text;
	struct line line = {.number = 0}, same;
	while (next_line(&at, &line)) {
		if (line.number <= *number)
			continue;
		*number = line.number;
		if (!line.sentence) {
			error_set(error, STATUS_BAD_CONFIG, "is not \"name: words\" and is not used");
			return true;
		}
		if (known && !find_line(known->text, line.name, line.name_length, &same)) {
			const char *best = NULL, *wrong = arena_copy(arena, line.name, line.name_length), *all = known->text;
			for (struct line one = {.number = 0}; next_line(&all, &one);)
				best = text_closest(wrong, best, arena_copy(arena, one.name, one.name_length));
			error_set(error, STATUS_BAD_CONFIG, "\"%s\" is no sentence of the pages and is not used%s%s%s", wrong, best ? ", did you mean \"" : "",
			          best ? best : "", best ? "\"?" : "");
			return true;
		}
		struct error why;
		if (!is_whole(file->language, arena_copy(arena, line.words, line.length), &why)) {
			const char *colon = strstr(why.text, ":1: ");
			error_set(error, STATUS_BAD_CONFIG, "\"%.*s\" cannot be used, the built-in sentence is: %s", (int)line.name_length, line.name,
			          colon ? colon + strlen(":1: ") : why.text);
			return true;
		}
	}
	return false;
}

/* ---- the languages that the pages speak ---- */

const char *desk_page_language(const struct template_set *own, size_t index)
{
	static const char *const first[] = {"en", "it", "de", "fr", "es"};
	if (index < COUNT_OF(first))
		return first[index];
	index -= COUNT_OF(first);
	for (size_t i = 0; own && i < own->count; i++)
		if (is_pages(&own->at[i]) && !builtin_pages(own->at[i].language) && index-- == 0)
			return own->at[i].language;
	return NULL;
}

const char *desk_page_language_of(const struct template_set *own, const char *tag)
{
	const char *language;
	for (size_t i = 0; tag && (language = desk_page_language(own, i)); i++)
		if (desk_template_language_is(tag, language))
			return language;
	return NULL;
}
