/*
 * kb_head.c - the head of an article: `keywords:`, `language:`, `queues:`, `hidden:` between two lines of ---.
 *
 * Lists are separated by commas, [brackets] and quotes around them are taken off. A head that is never closed is no head: the whole file is
 * the article then, and it is said. What is not known is said and left out.
 * Diagnostics name file and line.
 */
#include "kb_private.h"

#include <stdarg.h>
#include <string.h>

void kb_problem_add(struct arena *arena, struct kb_problems *problems, const char *file, int line, bool warning, const char *format, ...)
{
	va_list arguments;
	struct kb_problem *problem;

	if (!problems)
		return;
	va_start(arguments, format);
	problem = ARENA_PUSH(arena, problems);
	*problem = (struct kb_problem){ arena_string(arena, file), line, arena_vprintf(arena, format, arguments), warning };
	va_end(arguments);
}

static char *bare(char *value)
{
	size_t length;

	value = text_trim(value);
	length = strlen(value);
	if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
		value[length - 1] = '\0';
		value++;
	}
	return text_trim(value);
}

static void read_list(struct arena *arena, struct strings *list, char *value)
{
	size_t length = strlen(value);
	char *rest = value, *item;

	if (length >= 2 && *value == '[' && value[length - 1] == ']') {
		value[length - 1] = '\0';
		rest = value + 1;
	}
	while ((item = strsep(&rest, ",")))
		if (*(item = bare(item)))
			strings_add(arena, list, item);
}

static bool is_yes(const char *value)
{
	return text_equal_nocase(value, "yes") || text_equal_nocase(value, "true") || !strcmp(value, "1");
}

static bool is_no(const char *value)
{
	return text_equal_nocase(value, "no") || text_equal_nocase(value, "false") || !strcmp(value, "0") || !*value;
}

static bool is_language(const char *value)
{
	size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return (length == 2 || length == 3) && (!value[length] || value[length] == '-' || value[length] == '_');
}

/* NULL, or what is wrong. */
static const char *read_value(struct kb_entry *entry, const char *key, char *value)
{
	struct kb_article *article = &entry->article;

	if (text_equal_nocase(key, "keywords"))
		read_list(&entry->arena, &article->keywords, value);
	else if (text_equal_nocase(key, "queues") || text_equal_nocase(key, "queue"))
		read_list(&entry->arena, &article->queues, value);
	else if (text_equal_nocase(key, "language")) {
		if (!is_language(value = bare(value)))
			return "language: expected a code of two or three letters, like \"it\"";
		article->language = text_lower(&entry->arena, value);
		((char *)article->language)[strcspn(article->language, "-_")] = '\0';
		entry->declared = true;
	} else if (text_equal_nocase(key, "hidden")) {
		if (!is_yes(value = bare(value)) && !is_no(value))
			return "hidden: expected yes or no";
		article->hidden = !is_no(value);
	} else
		return "only keywords, language, queues and hidden are known in the head";
	return NULL;
}

static void read_line(struct kb_entry *entry, char *line, int number, struct arena *arena, struct kb_problems *problems)
{
	char *colon = strchr(line, ':');
	const char *wrong = "expected \"key: value\"";

	if (!*(line = text_trim(line)) || *line == '#')
		return;
	if (colon) {
		*colon = '\0';
		wrong = read_value(entry, text_trim(line), text_trim(colon + 1));
	}
	if (wrong)
		kb_problem_add(arena, problems, entry->article.file, number, true, "%s", wrong);
}

static size_t line_length(const char *text)
{
	return strcspn(text, "\n");
}

static bool is_fence(const char *line)
{
	size_t length = line_length(line);

	while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	return length == 3 && !memcmp(line, "---", 3);
}

const char *kb_head_read(struct kb_entry *entry, const char *text, struct arena *arena, struct kb_problems *problems)
{
	const char *line = text, *end;

	if (!is_fence(text))
		return text;
	for (end = text; ; ) {
		end += line_length(end);
		if (!*end++) {
			kb_problem_add(arena, problems, entry->article.file, 1, true, "the head that begins here is never closed by a line ---");
			return text;
		}
		if (is_fence(end))
			break;
	}
	for (int number = 2; (line += line_length(line) + 1) < end; number++)
		read_line(entry, arena_copy(&entry->arena, line, line_length(line)), number, arena, problems);
	end += line_length(end);
	return *end ? end + 1 : end;
}
