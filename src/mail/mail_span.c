/*
 * mail_span.c - comparing and searching spans of text, and the list of problems.
 *
 * May not allocate (but for problems) and may not depend on the locale: mail is compared in ASCII, RFC 5322 section 2.2.
 * Searching is a plain loop over candidates found with memchr: the needles are short and constant.
 * Problems: each text is said once; after LIMIT of them the rest is left out, so that a hostile mail cannot flood a page.
 */
#include "mail_private.h"

#include <stdio.h>

#define PROBLEM_BYTES 1000                 /* of one, with what it quotes of the mail */
#define PROBLEMS_MAX 40                  /* texts: more than a person reads */

struct span mail_span_trim(struct span span)
{
	while (span.length && is_blank(span.at[0]))
		span.at++, span.length--;
	while (span.length && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

bool mail_span_equal_nocase(struct span span, const char *text)
{
	size_t i = 0;
	for (; i < span.length; i++)
		if (!text[i] || lower(span.at[i]) != lower(text[i]))
			return false;
	return text[i] == '\0';
}

bool mail_span_starts_nocase(struct span span, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (i >= span.length || lower(span.at[i]) != lower(text[i]))
			return false;
	return true;
}

const char *mail_span_find_nocase(struct span span, const char *needle)
{
	size_t length = strlen(needle);
	char first = needle[0], upper = first >= 'a' && first <= 'z' ? (char)(first - 32) : first;
	for (size_t i = 0; length && i + length <= span.length; i++) {
		if (span.at[i] != first && span.at[i] != upper)
			continue;
		size_t j = 1;
		while (j < length && lower(span.at[i + j]) == needle[j])
			j++;
		if (j == length)
			return span.at + i;
	}
	return NULL;
}

void mail_problem_add(struct arena *arena, struct strings *problems, const char *format, ...)
{
	char said[PROBLEM_BYTES];
	if (!problems || problems->count >= PROBLEMS_MAX)
		return;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(said, sizeof said, format, arguments);
	va_end(arguments);
	if (length >= 0 && strings_have(problems, said))         /* lines without number are wrong in the same way */
		return;
	const char *text = utf8_clean(arena, length < 0 ? "" : said, length < 0 ? 0 : strlen(said));
	if (!strings_have(problems, text))
		strings_add(arena, problems, text);
}
