/*
 * desk_subject.c - a subject without what programs put before it ("Re:", "AW:") and without our number.
 */
#include <string.h>

#include "desk_private.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the "Re:" or the like that stands there; 0: none. */
static size_t begins_with_re(const char *subject)
{
	static const char *const marks[] = {"re:", "aw:", "r:", "sv:", "rif:", "antw:", "vs:", "res:", "odp:", "fwd:", "fw:", "wg:"};
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (text_starts_nocase(subject, marks[i]))
			return strlen(marks[i]);
	return 0;
}

/* Bytes of a "[#12]" that stands there; 0: none. */
static size_t number_mark(const char *at)
{
	size_t digits = at[0] == '[' && at[1] == '#' ? strspn(at + 2, "0123456789") : 0;
	return digits && at[2 + digits] == ']' ? digits + 3 : 0;
}

/* Without our number and without leading Re: and the like. One walk: subjects of older databases may be of any length. */
const char *desk_short_subject(struct arena *arena, const char *subject)
{
	char *out = arena_room(arena, strlen(subject) + 1), *text = out;
	size_t length = 0;
	for (size_t skip; *subject; subject += skip ? skip : 1)
		if (!(skip = number_mark(subject)))
			out[length++] = *subject;
	while (length && blank(out[length - 1]))
		length--;
	out[length] = '\0';
	for (size_t skip; (skip = blank(*text) ? 1 : begins_with_re(text));)
		text += skip;
	return text;
}
