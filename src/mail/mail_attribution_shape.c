/*
 * mail_attribution_shape.c - is a line an introduction by its shape alone, in a language that no table knows?
 *
 * "... 2026-10-05 9:12 ... Ann Lee <ann@example.org> ...:": date, time, an address in brackets, few other words. May not look at words.
 */
#include "mail_attribution.h"

bool mail_has_clock(struct span text)
{
	for (size_t i = 1; i + 2 < text.length; i++)
		if ((text.at[i] == ':' || text.at[i] == '.' || text.at[i] == 'h') && is_digit(text.at[i - 1]) && is_digit(text.at[i + 1]) && is_digit(text.at[i + 2]))
			return true;
	return false;
}

/* An address in brackets of any kind. *behind: what stands after it. */
bool mail_bracketed_address(struct span text, struct span *behind)
{
	const char *at = memchr(text.at, '@', text.length);
	size_t i = at ? (size_t)(at - text.at) : 0, open = i;
	while (open && !strchr("<[( ", text.at[open - 1]))
		open--;
	while (at && i < text.length && !strchr(">])", text.at[i]))
		i++;
	if (!at || !open || text.at[open - 1] == ' ' || i >= text.length)
		return false;
	while (i < text.length && strchr(">]) ", text.at[i]))
		i++;
	*behind = (struct span){ text.at + i, text.length - i };
	return true;
}

size_t mail_words_in(struct span text)
{
	size_t words = 0;
	for (size_t i = 0; i < text.length; i++)
		words += text.at[i] != ' ' && (i == 0 || text.at[i - 1] == ' ');
	return words;
}

#define SHAPE_BYTES 250                  /* of a line that is told by its shape alone */
#define SHAPE_WORDS 22
#define SHAPE_WORDS_BEHIND 6             /* behind the address: verb, date */

bool mail_attribution_by_shape(struct span text, bool colon, bool quoted, bool fresh)
{
	struct span behind;
	if (text.length > SHAPE_BYTES || memchr(text.at, '?', text.length) || !mail_bracketed_address(text, &behind) || mail_words_in(text) > SHAPE_WORDS)
		return false;
	size_t digits = 0;
	for (size_t i = 0; i < text.length; i++)
		digits += is_digit(text.at[i]);
	bool dated = digits >= 6 && mail_has_clock(text);
	if (quoted)
		return dated || (fresh && (colon || !behind.length) && mail_words_in(behind) <= SHAPE_WORDS_BEHIND);
	return dated && colon && mail_words_in(behind) <= SHAPE_WORDS_BEHIND + 4;
}
