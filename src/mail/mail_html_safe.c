/*
 * mail_html_safe.c - takes out of a page what would make the HTML parser slow.
 *
 * A tag over LIMIT_HTML_TAG bytes or with more than ATTRIBUTES blanks loses its attributes (libxml2 compares each
 * attribute with all others); comments, conditional ones too, and processing instructions are dropped; NUL and other
 * controls become blanks. One pass: each search for an end starts where the last one stopped.
 * May not change what is shown. Problems: a page over LIMIT_HTML_BYTES.
 */
#include "mail_html.h"

#define ATTRIBUTES 120                   /* blanks or equal signs in one tag: Outlook's longest have some forty */

/* memmem that never looks twice at the same place in vain: *known is where the next one stands, or the end. */
static size_t next_of(struct span html, size_t from, const char *what, size_t *known)
{
	if (*known >= from && *known != SIZE_MAX)
		return *known;
	if (from > html.length)
		return *known = html.length;
	const char *at = memmem(html.at + from, html.length - from, what, strlen(what));
	return *known = at ? (size_t)(at - html.at) : html.length;
}

static size_t tag_name_end(struct span html, size_t at, size_t end)
{
	size_t i = at + 1;
	while (i < end && (is_alpha(html.at[i]) || is_digit(html.at[i]) || html.at[i] == '/' || html.at[i] == '!'))
		i++;
	return i;
}

static bool too_large(struct span html, size_t at, size_t end)
{
	if (end - at > LIMIT_HTML_TAG)
		return true;
	size_t blanks = 0, equals = 0, slashes = 0;
	for (size_t i = at; i < end; i++) {
		blanks += is_blank(html.at[i]);
		equals += html.at[i] == '=';
		slashes += html.at[i] == '/' || html.at[i] == '"' || html.at[i] == '\'';
	}
	return equals > ATTRIBUTES || (blanks > ATTRIBUTES && blanks > 20 * (equals + 1)) || slashes > 8 * ATTRIBUTES;
}

/* No '>' comes any more, so no '<' is a tag: `done` bytes of `out`, then the rest with each '<' written out. */
static struct span escape_rest(struct arena *arena, const char *out, size_t done, struct span rest)
{
	size_t room = done + rest.length + 1;
	for (size_t i = 0; i < rest.length; i++)
		room += rest.at[i] == '<' ? 3 : 0;
	char *whole = arena_alloc(arena, room);
	size_t n = done;
	memcpy(whole, out, done);
	for (size_t i = 0; i < rest.length; i++) {
		if (rest.at[i] == '<') {
			memcpy(whole + n, "&lt;", 4);
			n += 4;
		} else {
			whole[n++] = rest.at[i];
		}
	}
	return (struct span){ whole, n };
}

static bool ends_page(struct span rest)
{
	size_t length = mail_span_starts_nocase(rest, "</html") ? 6 : mail_span_starts_nocase(rest, "</body") ? 6 : 0;
	return length && length < rest.length && !is_alpha(rest.at[length]);
}

struct span mail_html_make_safe(struct arena *arena, struct span html, struct strings *problems)
{
	if (html.length > LIMIT_HTML_BYTES) {
		mail_problem_add(arena, problems, "HTML larger than %d bytes; the rest of it was not read", LIMIT_HTML_BYTES);
		html.length = LIMIT_HTML_BYTES;
	}
	char *out = arena_alloc(arena, html.length + 1);
	size_t n = 0, comment_end = SIZE_MAX, tag_end = SIZE_MAX;
	for (size_t i = 0; i < html.length;) {
		const char *open = memchr(html.at + i, '<', html.length - i);
		size_t at = open ? (size_t)(open - html.at) : html.length;
		memcpy(out + n, html.at + i, at - i);
		n += at - i;
		if (!open)
			break;
		struct span rest = { html.at + at, html.length - at };
		if (rest.length >= 4 && memcmp(rest.at, "<!--", 4) == 0) {
			size_t end = next_of(html, at + 4, "-->", &comment_end);
			/* A comment that never ends would hide the rest of the page: only its opening is dropped. */
			i = end < html.length ? end + 3 : at + 4;
			continue;
		}
		size_t end = next_of(html, at + 1, ">", &tag_end);
		if (end >= html.length)
			return escape_rest(arena, out, n, rest);
		/* libxml2 takes an end tag before anything else for the end of the page, and drops what stands behind it; people and
		 * gateways append there. */
		if (rest.length > 1 && (rest.at[1] == '?' || rest.at[1] == '!' || (rest.at[1] == '/' && (n == 0 || ends_page(rest))))) {
			i = end + 1;
			continue;
		}
		size_t stop = too_large(html, at, end) ? tag_name_end(html, at, end) : end;
		memcpy(out + n, html.at + at, stop - at);
		n += stop - at;
		out[n++] = '>';
		i = end + 1;
	}
	return (struct span){ out, n };
}
