/*
 * lmtp_address.c - the path of MAIL and RCPT: <local@domain>, with quotes, source routes and UTF-8. RFC 5321 section 4.1.2.
 *
 * Writes an address in one plain form, so that the same mailbox is spelled the same: a quoted local part that needs no quotes
 * loses them, one that does keeps them with the fewest escapes; a source route is dropped (appendix C). Lenient about
 * dots and odd domains, which live in the wild and which nobody resolves here; valid UTF-8 is taken whether SMTPUTF8 was asked
 * for or not. Refuses what could mean two things later: control characters, blanks and brackets outside quotes, empty parts.
 */
#include "lmtp_private.h"

#include <string.h>

/* A reader over the path and a writer of the plain form, which is never longer. */
struct cursor { const char *at, *end; char *out; };

static bool next_is(const struct cursor *cursor, char byte)
{
	return cursor->at < cursor->end && *cursor->at == byte;
}

static bool take(struct cursor *cursor, char byte)
{
	if (!next_is(cursor, byte))
		return false;
	cursor->at++;
	return true;
}

static void put(struct cursor *cursor, char byte)
{
	*cursor->out++ = byte;
}

static bool is_special(char byte)
{
	return (unsigned char)byte <= ' ' || byte == 0x7F || strchr("()<>[]:;@\\,\"", byte);
}

/* Copies what needs no quotes; false if there is none. */
static bool take_plain(struct cursor *cursor)
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end && !is_special(*cursor->at))
		put(cursor, *cursor->at++);
	return cursor->at > start;
}

/* Whether quotes can go: RFC 5321's Dot-string, that is, no special bytes and no dot at the ends or doubled. */
static bool needs_no_quotes(const char *at, const char *end)
{
	if (at == end || *at == '.' || end[-1] == '.')
		return false;
	for (; at < end; at++)
		if (is_special(*at) || (*at == '.' && at[1] == '.'))
			return false;
	return true;
}

/* Writes the contents of a quoted string back with quotes: \ only before what needs it. Makes no more bytes than there were. */
static void put_quoted(struct cursor *cursor, const char *in, const char *in_end)
{
	put(cursor, '"');
	while (in < in_end) {
		if (*in == '\\')
			in++;
		if (*in == '"' || *in == '\\')
			put(cursor, '\\');
		put(cursor, *in++);
	}
	put(cursor, '"');
}

/* "..." : first its plain value into out, then, if that needs quotes, once more with them. */
static bool take_quoted(struct cursor *cursor)
{
	char *out = cursor->out;
	const char *in = cursor->at + 1, *in_end = in;

	for (; in_end < cursor->end && *in_end != '"'; in_end++) {
		if (*in_end == '\\' && ++in_end == cursor->end)
			return false;
		put(cursor, *in_end);
	}
	if (in_end == cursor->end)
		return false;
	if (!needs_no_quotes(out, cursor->out)) {
		cursor->out = out;
		put_quoted(cursor, in, in_end);
	}
	cursor->at = in_end + 1;
	return true;
}

/* A name, or an address literal in brackets. */
static bool take_domain(struct cursor *cursor)
{
	if (!next_is(cursor, '['))
		return take_plain(cursor);
	put(cursor, *cursor->at++);
	while (cursor->at < cursor->end && (!is_special(*cursor->at) || *cursor->at == ':'))
		put(cursor, *cursor->at++);
	put(cursor, ']');
	return take(cursor, ']');
}

/* "@one,@two:" says over which hosts to go; RFC 5321 section 4.1.1.3 lets us ignore it. */
static bool skip_source_route(struct cursor *cursor)
{
	while (take(cursor, '@')) {
		char *out = cursor->out;

		if (!take_domain(cursor))
			return false;
		cursor->out = out;
		if (take(cursor, ':'))
			return true;
		if (!take(cursor, ','))
			return false;
	}
	return true;
}

static bool take_mailbox(struct cursor *cursor, bool postmaster_allowed)
{
	char *local = cursor->out;

	if (!skip_source_route(cursor) || !(next_is(cursor, '"') ? take_quoted(cursor) : take_plain(cursor)))
		return false;
	if (take(cursor, '@')) {
		put(cursor, '@');
		return take_domain(cursor);
	}
	*cursor->out = '\0';
	return postmaster_allowed && text_equal_nocase(local, "postmaster");
}

bool lmtp_path_parse(struct lmtp_span *rest, char *address, bool null_allowed, bool postmaster_allowed)
{
	struct cursor cursor = { rest->at, rest->at + rest->length, address };

	*address = '\0';
	if (!take(&cursor, '<'))
		return false;
	if (!(null_allowed && next_is(&cursor, '>')) && !take_mailbox(&cursor, postmaster_allowed))
		return false;
	if (!take(&cursor, '>'))
		return false;
	*cursor.out = '\0';
	rest->length -= (size_t)(cursor.at - rest->at);
	rest->at = cursor.at;
	for (const char *at = address; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			return false;
	/* A NUL in quotes would cut the address short without a word. */
	return strlen(address) == (size_t)(cursor.out - address) && utf8_valid(address, strlen(address));
}
