/*
 * mail_clean_css.c - the text of a style attribute, read as a browser reads it: comments, escapes and strings; and its declarations.
 *
 * What an escape stands for is a letter, digit, "-" or "_", or it is nothing that a declaration of ours could have; it never ends a string,
 * a bracket or a declaration. A string that its line ends is no string. Linear in the style.
 */
#include "mail_clean.h"

#include <stdlib.h>

/* ---- characters ---- */

/* HTML5 knows more names of punctuation than the parser does: "display&colon;none". */
static const struct { const char *name; char sign; } entities[] = {
	{ "&Tab;", ' ' }, { "&NewLine;", ' ' }, { "&colon;", ':' }, { "&semi;", ';' }, { "&comma;", ',' }, { "&period;", '.' }, { "&lpar;", '(' }, { "&rpar;", ')' },
	{ "&num;", '#' }, { "&percnt;", '%' }, { "&excl;", '!' }, { "&sol;", '/' }, { "&ast;", '*' }, { "&bsol;", '\\' }, { "&lowbar;", '_' }, { "&plus;", '+' },
};

static void resolve_entities(struct buffer *out, const char *style)
{
	while (*style) {
		size_t length = strcspn(style, "&"), i = 0;
		buffer_add(out, style, length);
		style += length;
		while (*style && i < COUNT_OF(entities) && strncmp(style, entities[i].name, strlen(entities[i].name)) != 0)
			i++;
		if (*style) {
			buffer_add_char(out, i < COUNT_OF(entities) ? entities[i].sign : '&');
			style += i < COUNT_OF(entities) ? strlen(entities[i].name) : 1;
		}
	}
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

/* What "\6e " or "\n" stands for, in small letters; '?': nothing that we would pass on. `at` is behind the backslash. */
static char escaped(const char **at)
{
	char digits[7] = "";
	size_t n = 0;
	for (; n < 6 && **at && strchr("0123456789abcdefABCDEF", **at); ++*at)
		digits[n++] = **at;
	long code = n ? strtol(digits, NULL, 16) : (unsigned char)*(*at)++;
	*at += n && is_blank(**at);
	return code < 128 && (is_alpha((char)code) || is_digit((char)code) || code == '-' || code == '_') ? lower((char)code) : '?';
}

/* A string without what could end one, in '...'; behind it. */
static const char *add_string(struct buffer *out, const char *at)
{
	size_t before = out->length;
	char open = *at++;
	buffer_add_char(out, '\'');
	while (*at && *at != open) {
		char c = *at++;
		if (is_line_end(c)) {
			out->length = before;
			buffer_add_char(out, '?');
			return at;
		}
		if (c == '\\' && is_line_end(*at))
			at++;
		else if (c == '\\' && *at)
			buffer_add_char(out, escaped(&at));
		else
			buffer_add_char(out, is_alpha(c) || is_digit(c) || strchr(" ,-_.", c) || (unsigned char)c >= 128 ? lower(c) : '?');
	}
	buffer_add_char(out, '\'');
	return *at ? at + 1 : at;
}

/* What stands in url( ) without quotes goes: it may have any signs. */
static const char *behind_url(const struct buffer *out, const char *at)
{
	const char *from = at;
	if (out->length < 4 || strncasecmp(out->at + out->length - 4, "url(", 4) != 0)
		return from;
	while (is_blank(*at))
		at++;
	if (*at == '"' || *at == '\'')
		return at;
	while (*at && *at != ')')
		at += *at == '\\' && at[1] ? 2 : 1;
	return at;
}

void mail_clean_css(struct buffer *out, const char *style)
{
	CLEANUP_BUFFER struct buffer resolved;
	buffer_init(&resolved);
	buffer_reset(out);
	if (strchr(style, '&')) {
		resolve_entities(&resolved, style);
		style = buffer_string(&resolved);
	}
	for (const char *at = style; *at;) {
		char c = *at;
		if (c == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");      /* without an end it takes the rest */
			at = end ? end + 2 : at + strlen(at);
		} else if (c == '"' || c == '\'') {
			at = add_string(out, at);
		} else if (c == '\\' && at[1]) {
			at++;
			buffer_add_char(out, escaped(&at));
		} else {
			buffer_add_char(out, (unsigned char)c < 32 ? ' ' : lower(c));
			at = behind_url(out, at + 1);
		}
	}
}

/* ---- tokens ---- */

/* Bytes up to a sign of `ends` that stands in no string and no brackets. */
static size_t length_to(struct span text, const char *ends)
{
	static const char opening[] = "([{", closing[] = ")]}";
	size_t open[3] = { 0 };
	bool string = false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		const char *opens = string ? NULL : strchr(opening, c), *closes = string ? NULL : strchr(closing, c);
		string ^= c == '\'';
		if (opens)
			open[opens - opening]++;
		else if (closes)
			open[closes - closing] -= open[closes - closing] > 0;
		else if (!string && !open[0] && !open[1] && !open[2] && strchr(ends, c))
			return i;
	}
	return text.length;
}

bool mail_clean_token(struct span *value, const char *ends, struct span *token)
{
	while (value->length && strchr(ends, value->at[0]))
		*value = (struct span){ value->at + 1, value->length - 1 };
	*token = (struct span){ value->at, length_to(*value, ends) };
	*value = (struct span){ value->at + token->length, value->length - token->length };
	return token->length > 0;
}

bool mail_clean_declaration(struct span *rest, struct declaration *declaration)
{
	while (rest->length) {
		size_t length = length_to(*rest, ";");
		const char *at = rest->at, *colon = memchr(at, ':', length), *mark;
		*rest = (struct span){ at + length, rest->length - length };
		if (rest->length)
			*rest = (struct span){ rest->at + 1, rest->length - 1 };
		if (!colon)
			continue;
		struct span value = mail_span_trim((struct span){ colon + 1, (size_t)(at + length - colon - 1) });
		mark = memrchr(value.at, '!', value.length);
		declaration->important = mark && mail_span_equal_nocase(mail_span_trim((struct span){ mark + 1, (size_t)(value.at + value.length - mark - 1) }), "important");
		declaration->name = mail_span_trim((struct span){ at, (size_t)(colon - at) });
		declaration->value = mark ? mail_span_trim((struct span){ value.at, (size_t)(mark - value.at) }) : value;
		if (declaration->name.length && declaration->value.length)
			return true;
	}
	return false;
}

bool mail_clean_is_among(struct span token, const char *words)
{
	const char *at = token.length ? memmem(words, strlen(words), token.at, token.length) : NULL;
	for (; at; at = memmem(at + 1, strlen(at + 1), token.at, token.length))
		if (at > words && at[-1] == ' ' && at[token.length] == ' ' && !memchr(token.at, ' ', token.length))
			return true;
	return false;
}
