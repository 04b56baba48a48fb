/*
 * mail_auth.c - what our own mail server said about a mail: Authentication-Results (RFC 8601) of the trusted authserv-id.
 *
 * Anybody can write such a field; only those whose first word is the configured id count, of them the topmost one for
 * each method, and an MTA that is set up well removes forged ones (section 5). Nothing trusted: all NULL.
 * Our own server's field holds words of strangers, too: a local part may be any quoted text ("a; dmarc=pass"@evil.example). So nothing is
 * read inside quotes or comments, of several DMARC results the worst counts, and a pass for another domain than From's proves nothing.
 * May not verify anything itself. Makes no problems.
 */
#include "mail_private.h"

/* Comments become blanks, and quoted text becomes letters that mean nothing. */
static void silence(char *value)
{
	bool quoted = false;
	int depth = 0;
	for (char *p = value; *p; p++) {
		bool pair = *p == '\\' && p[1] && (quoted || depth);
		bool comment = depth || (*p == '(' && !quoted);
		if (!quoted)
			depth += *p == '(' ? 1 : *p == ')' && depth ? -1 : 0;
		if (!comment && *p == '"')
			quoted = !quoted;
		else if (comment || quoted)
			*p = comment ? ' ' : '_';
		if (pair)
			*++p = comment ? ' ' : '_';
	}
}

/* The domain that the result is about: "header.from=example.com". Length 0: it does not say. */
static struct span header_from(struct span piece)
{
	const char *at = span_find_nocase(piece, "header.from"), *end = piece.at + piece.length;
	if (!at)
		return (struct span){ "", 0 };
	for (at += strlen("header.from"); at < end && (is_blank(*at) || *at == '='); at++)
		;
	struct span value = { at, 0 };
	for (; at < end && !is_blank(*at); at++)
		value = *at == '@' ? (struct span){ at + 1, 0 } : (struct span){ value.at, value.length + 1 };
	return value;
}

static bool about_another(struct span piece, const char *from)
{
	const char *domain = strrchr(from, '@');
	struct span said = header_from(piece);
	bool ascii = true;
	for (const char *p = domain ? domain : ""; *p; p++)
		ascii &= !(*p & 0x80);
	return said.length && ascii && !span_equal_nocase(said, domain ? domain + 1 : "");      /* others are written in two ways */
}

static bool is_dmarc(size_t method)
{
	return method == 2;
}

/* "method=result" at the start of a piece between semicolons. */
static void take_result(struct arena *arena, struct span piece, const char *from, struct mail_authentication *out)
{
	static const char *const methods[] = { "dkim", "spf", "dmarc" };
	const char **slots[] = { &out->dkim, &out->spf, &out->dmarc };
	piece = span_trim(piece);
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		size_t length = strlen(methods[i]);
		if (!span_starts_nocase(piece, methods[i]))
			continue;
		size_t at = length;
		while (at < piece.length && piece.at[at] != '=' && (is_blank(piece.at[at]) || piece.at[at] == '/' || is_digit(piece.at[at])))
			at++;
		if (at >= piece.length || piece.at[at] != '=')
			continue;
		for (at++; at < piece.length && is_blank(piece.at[at]); at++)
			;
		size_t end = at;
		while (end < piece.length && is_alpha(piece.at[end]))
			end++;
		const char *result = text_lower(arena, arena_copy(arena, piece.at + at, end - at));
		if (is_dmarc(i) && strcmp(result, "pass") == 0 && about_another(piece, from))
			result = "none";
		/* Several DKIM signatures: one that passes is enough (RFC 6376 section 4.2). */
		if (*result && (!*slots[i] || (i == 0 && strcmp(result, "pass") == 0) || (is_dmarc(i) && strcmp(result, "fail") == 0)))
			*slots[i] = result;
	}
}

void auth_read(struct arena *arena, const struct fields *fields, const char *authserv_id, const char *from, struct mail_authentication *out)
{
	for (size_t n = 0; n < 50; n++) {
		const struct field *field = field_find(fields, "Authentication-Results", n);
		if (!field)
			return;
		char *value = unfold(arena, field->value);
		silence(value);
		char *rest = strchr(value, ';');
		struct span id = span_trim((struct span){ value, rest ? (size_t)(rest - value) : strlen(value) });
		const char *blank = memchr(id.at, ' ', id.length);       /* a version may follow */
		if (blank)
			id.length = (size_t)(blank - id.at);
		if (!span_equal_nocase(id, authserv_id))
			continue;
		while (rest) {
			char *next = strchr(rest + 1, ';');
			take_result(arena, (struct span){ rest + 1, next ? (size_t)(next - rest - 1) : strlen(rest + 1) }, from, out);
			rest = next;
		}
	}
}
