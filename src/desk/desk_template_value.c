/*
 * desk_template_value.c - a value into a mail's text or HTML.
 *
 * Values are a stranger's words: in one-line values controls become blanks; in .html everything is escaped, words of several
 * lines become paragraphs, and only http, https and mailto become links, shown as they are.
 */
#include <string.h>

#include "desk_template.h"

#define PARAGRAPH "<p style=\"margin:0 0 16px\">"
#define PARAGRAPH_AUTO "<p dir=\"auto\" style=\"margin:0 0 16px;text-align:start\">"
#define QUOTE "<blockquote style=\"margin:0 0 16px;padding:0 0 0 12px;border-left:2px solid #8a94a6\">"

/* What a byte asks for. Most ask for nothing, and are found to with one look. */
enum { AS_IT_IS, BLANK, BEGINS_LINK, ESCAPED, CONTROL };
#define EIGHT(kind) kind, kind, kind, kind, kind, kind, kind, kind
static const unsigned char kinds[256] = {
	EIGHT(CONTROL), EIGHT(CONTROL), EIGHT(CONTROL), EIGHT(CONTROL), [127] = CONTROL, [' '] = BLANK,
	['h'] = BEGINS_LINK, ['H'] = BEGINS_LINK, ['m'] = BEGINS_LINK, ['M'] = BEGINS_LINK,
	['&'] = ESCAPED, ['<'] = ESCAPED, ['>'] = ESCAPED, ['"'] = ESCAPED, ['\''] = ESCAPED};

static int kind_of(char byte)
{
	return kinds[(unsigned char)byte];
}

static bool is_control(char byte)
{
	return kind_of(byte) == CONTROL;
}

static void add_escaped(struct buffer *out, char byte)
{
	switch (byte) {
	case '&': buffer_add_string(out, "&amp;"); break;
	case '<': buffer_add_string(out, "&lt;"); break;
	case '>': buffer_add_string(out, "&gt;"); break;
	case '"': buffer_add_string(out, "&quot;"); break;
	case '\'': buffer_add_string(out, "&#39;"); break;
	default: buffer_add_char(out, byte);
	}
}

/* Bytes from here on that are written as they are. */
static size_t plain_run(const char *at, bool html)
{
	int most = html ? BEGINS_LINK : ESCAPED;         /* NUL is a control, too */
	size_t n = 0;
	while (kind_of(at[n]) <= most)
		n++;
	return n;
}

void desk_template_add_line(struct buffer *out, bool html, const char *value)
{
	for (;; value++) {
		size_t run = plain_run(value, html);
		buffer_add(out, value, run);
		value += run;
		if (!*value)
			return;
		char byte = is_control(*value) ? ' ' : *value;
		if (html)
			add_escaped(out, byte);
		else
			buffer_add_char(out, byte);
	}
}

/* ---------------------------------------------------------------- several lines into text */

/* What stands before the value on its line is repeated before its other lines, if it is no more than an indent or a quote mark. */
void desk_template_add_text(struct buffer *out, const char *value)
{
	size_t start = out->length;
	while (start && out->at[start - 1] != '\n')
		start--;
	size_t indent = out->length - start;
	for (size_t i = 0; i < indent; i++)
		if (!strchr(" \t>|", out->at[start + i]))
			indent = 0;
	char prefix[16];
	if (indent > sizeof prefix)
		indent = 0;
	memcpy(prefix, out->at ? out->at + start : "", indent);
	size_t bare = indent;            /* before an empty line, without the blank at its end */
	while (bare && prefix[bare - 1] == ' ')
		bare--;
	for (;; value++) {
		size_t run = plain_run(value, false);
		buffer_add(out, value, run);
		value += run;
		if (!*value)
			return;
		if (*value == '\n') {
			buffer_add_char(out, '\n');
			buffer_add(out, prefix, value[1] == '\n' ? bare : indent);
		} else if (*value == '\t' || !is_control(*value))
			buffer_add_char(out, *value);
	}
}

/* ---------------------------------------------------------------- several lines into HTML */

static size_t link_scheme(const char *at, size_t length)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:"};
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (length > strlen(schemes[i]) && text_starts_nocase(at, schemes[i]))
			return strlen(schemes[i]);
	return 0;
}

/* Bytes of a link from `at`: to a blank, a bracket or quote, or any of the invisible and turning characters U+2000..U+206F. */
static size_t link_length(const char *at, size_t length, size_t scheme)
{
	size_t end = scheme;

	while (end < length && at[end] != ' ' && !is_control(at[end]) && !strchr("<>\"`{}|\\^", at[end])) {
		const unsigned char *wide = (const unsigned char *)at + end;
		if (end + 1 < length && ((wide[0] == 0xE2 && (wide[1] == 0x80 || wide[1] == 0x81)) || (wide[0] == 0xC2 && wide[1] == 0xA0)))
			break;
		end++;
	}
	const char *trailing = memchr(at, '(', end) ? ".,;:!?']*_" : ".,;:!?')]*_";
	while (end > scheme && strchr(trailing, at[end - 1]))
		end--;
	return end > scheme ? end : 0;
}

static bool is_word_byte(char byte)
{
	unsigned char code = (unsigned char)byte;
	return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code >= 0x80;
}

static void add_link(struct buffer *out, const char *at, size_t length)
{
	buffer_add_string(out, "<a href=\"");
	for (size_t i = 0; i < length; i++)
		add_escaped(out, at[i]);
	buffer_add_string(out, "\" style=\"overflow-wrap:anywhere\">");
	for (size_t i = 0; i < length; i++)
		add_escaped(out, at[i]);
	buffer_add_string(out, "</a>");
}

/* Bytes from here on that go out as they are: words that are no link, what stands between them, a blank behind something else. */
static size_t as_they_are(const char *at, size_t i, size_t length)
{
	size_t from = i;

	for (; i < length; i++) {
		int kind = kind_of(at[i]);

		if (kind == AS_IT_IS || (kind == BEGINS_LINK && i && is_word_byte(at[i - 1])) || (kind == BLANK && i && at[i - 1] != ' '))
			continue;
		break;
	}
	return i - from;
}

/* One line of words. A blank after a blank, or first on the line, is kept by &nbsp;: code and tables stay readable. */
static void add_words_html(struct buffer *out, const char *at, size_t length)
{
	for (size_t i = 0, linked; i < length; i++) {
		size_t run = as_they_are(at, i, length), scheme;
		buffer_add(out, at + i, run);
		if ((i += run) == length)
			break;
		scheme = i && is_word_byte(at[i - 1]) ? 0 : link_scheme(at + i, length - i);
		if (scheme && (linked = link_length(at + i, length - i, scheme)) != 0) {
			add_link(out, at + i, linked);
			i += linked - 1;
		} else if (at[i] == '\t')
			buffer_add_string(out, "&nbsp; &nbsp; ");
		else if (at[i] == ' ' && (i == 0 || at[i - 1] == ' '))
			buffer_add_string(out, "&nbsp;");
		else if (!is_control(at[i]))
			add_escaped(out, at[i]);
	}
}

void desk_linked_html(struct buffer *out, const char *words)
{
	size_t length = strlen(words);
	for (size_t i = 0, linked; i < length; i++) {
		size_t scheme = i && is_word_byte(words[i - 1]) ? 0 : link_scheme(words + i, length - i);
		if (scheme && (linked = link_length(words + i, length - i, scheme)) != 0) {
			buffer_add_string(out, "<a rel=\"nofollow noreferrer\" href=\"");
			for (size_t k = 0; k < linked; k++)
				add_escaped(out, words[i + k]);
			buffer_add_string(out, "\">");
			for (size_t k = 0; k < linked; k++)
				add_escaped(out, words[i + k]);
			buffer_add_string(out, "</a>");
			i += linked - 1;
		} else if (!is_control(words[i]) || words[i] == '\n' || words[i] == '\t')
			add_escaped(out, words[i]);
	}
}

/* Is there a letter of a script that is written from right to left (Hebrew, Arabic and their kin)? */
static bool right_to_left(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < 0xD6)
			continue;
		else if ((*p >= 0xD7 && *p <= 0xDF) || (*p == 0xD6 && p[1] >= 0x90) || (*p == 0xE0 && p[1] >= 0xA0 && p[1] <= 0xA3)
		    || (*p == 0xEF && ((p[1] == 0xAC && p[2] >= 0x9D) || p[1] == 0xAD || (p[1] >= 0xAE && p[1] <= 0xB7) || p[1] == 0xB9 || p[1] == 0xBA)))
			return true;
	return false;
}

/* Blank lines part paragraphs; lines that begin with ">" are a quotation of any length, shown as one. */
void desk_template_add_html(struct buffer *out, const char *value)
{
	bool in_paragraph = false, in_quote = false;
	const char *paragraph = right_to_left(value) ? PARAGRAPH_AUTO : PARAGRAPH;

	for (size_t length; *value; value += length + (value[length] == '\n')) {
		length = (size_t)(strchrnul(value, '\n') - value);
		bool quoted = *value == '>', blank = strspn(value, " \t\r>") >= length;
		if (in_paragraph && (blank || quoted != in_quote))
			buffer_add_string(out, "</p>\n"), in_paragraph = false;
		if (quoted != in_quote)
			buffer_add_string(out, quoted ? QUOTE : "</blockquote>\n"), in_quote = quoted;
		if (blank)
			continue;
		buffer_add_string(out, in_paragraph ? "<br>\n" : paragraph);
		in_paragraph = true;
		size_t mark = quoted ? 1 + (value[1] == ' ') : 0;
		add_words_html(out, value + mark, length - mark);
	}
	buffer_add_string(out, in_paragraph ? "</p>\n" : "");
	buffer_add_string(out, in_quote ? "</blockquote>\n" : "");
}
