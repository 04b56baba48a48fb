/*
 * mail_lines.c - the text of a mail cut into lines that know what they look like: empty, quoted, a header, a rule ...
 *
 * Takes out the marks that mail_html.c left and turns them into flags of the lines. Looks at one line at a time, but for
 * the line that introduces a quote, which mailers wrap (mail_attribution.c). Judges nothing: mail_reply.c decides.
 * Linear: each look ahead is bounded by a number of lines and of bytes.
 */
#include "mail_private.h"

static void take_mark(char byte, int *quote, bool *history, bool *signature)
{
	switch (byte) {
	case MARK_QUOTE: ++*quote; break;
	case MARK_QUOTE_END: *quote -= *quote > 0; break;
	case MARK_HISTORY: *history = true; break;
	case MARK_SIGNATURE: *signature = true; break;
	case MARK_SIGNATURE_END: *signature = false; break;
	default: break;
	}
}

static bool is_mark(char c)
{
	return c >= MARK_QUOTE && c <= MARK_FORWARD;
}

char *marks_strip(struct arena *arena, const char *text)
{
	size_t length = strlen(text), n = 0, i = 0;
	char *out = arena_alloc(arena, length + 1);
	for (; i < length; i++)
		if (!is_mark(text[i]))
			out[n++] = text[i];
	while (n && is_blank(out[n - 1]))
		n--;
	out[n] = '\0';
	for (i = 0; out[i] == '\n' || out[i] == '\r'; i++)
		;
	return out + i;
}

struct lines lines_cut(struct arena *arena, const char *text)
{
	size_t length = strlen(text), count = 1;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		count++;
	struct lines lines = { .at = ARENA_ARRAY(arena, struct line, count) };
	char *out = arena_alloc(arena, length + 1);
	int quote = 0;
	bool history = false, signature = false;
	for (size_t i = 0; i <= length && lines.count < count;) {
		char *start = out;
		int end_quote = quote;
		bool end_signature = signature;
		for (; i < length && text[i] != '\n'; i++) {
			if (!is_mark(text[i])) {
				*out++ = text[i];
				continue;
			}
			bool before = out == start || (out - start < 16 && *start == '>');
			take_mark(text[i], &quote, &history, &signature);
			if (before)
				end_quote = quote, end_signature = signature;
		}
		i++;
		struct line *line = &lines.at[lines.count++];
		line->text = (struct span){ start, (size_t)(out - start) };
		line->quote = (unsigned char)(end_quote > 255 ? 255 : end_quote);
		line->history = history;
		line->signature = end_signature;
	}
	return lines;
}

/* Nothing to see: blanks, no-break spaces, zero-width characters. */
static bool empty_line(struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		unsigned char c = (unsigned char)line.at[i];
		if (is_blank((char)c))
			continue;
		if (c == 0xC2 && i + 1 < line.length && (unsigned char)line.at[i + 1] == 0xA0)
			i++;
		else if (c == 0xE2 && i + 2 < line.length && (unsigned char)line.at[i + 1] == 0x80 && (unsigned char)line.at[i + 2] <= 0x8F)
			i += 2;
		else if (c == 0xEF && i + 2 < line.length && (unsigned char)line.at[i + 1] == 0xBB)
			i += 2;
		else
			return false;
	}
	return true;
}

static bool quoted_line(struct span line)
{
	size_t i = 0;
	while (i < line.length && i < 4 && (line.at[i] == ' ' || line.at[i] == '\t'))
		i++;
	return i < line.length && line.at[i] == '>';
}

bool rule_line(struct span line)
{
	line = span_trim(line);
	if (line.length < 4)
		return false;
	for (size_t i = 0; i < line.length; i++)
		if (!strchr("-_=*~+", line.at[i]) && !((unsigned char)line.at[i] >= 0x80))
			return false;
	for (size_t i = 0; i < line.length;) {
		uint32_t code;
		size_t size = utf8_decode(line.at + i, line.length - i, &code);
		if (!size || (size > 1 && (code < 0x2010 || code > 0x2015) && (code < 0x2500 || code > 0x257F)))
			return false;
		i += size;
	}
	return true;
}

static bool signature_mark(struct span line)
{
	if (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	struct span bare = span_trim(line);
	return line.length && line.at[0] == '-' && bare.length == 2 && bare.at[1] == '-';
}

void lines_classify(struct lines *lines)
{
	bool forward;
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->at[i];
		struct span value;
		bool header = false;
		if (line->kind == LINE_ATTRIBUTION)
			continue;
		if (empty_line(line->text))
			line->kind = LINE_EMPTY;
		else if (quoted_line(line->text) || line->quote)
			line->kind = LINE_QUOTED;
		else if (signature_mark(line->text))
			line->kind = LINE_SIGNATURE;
		else if (delimiter_line(line->text, &forward))
			line->kind = forward ? LINE_FORWARD : LINE_DELIMITER;
		else if (rule_line(line->text))
			line->kind = LINE_RULE;
		else if ((line->header = (unsigned char)header_line(line->text, &value, &header)), header)
			line->kind = LINE_HEADER;
		else
			line->kind = LINE_TEXT;
	}
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->at[i].kind != LINE_TEXT && lines->at[i].kind != LINE_HEADER && lines->at[i].kind != LINE_DELIMITER)
			continue;
		size_t count = attribution_at(lines, i);
		for (size_t j = 0; j < count; j++)
			lines->at[i + j].kind = LINE_ATTRIBUTION;
		if (count)
			lines->at[i].attribution_start = true;
	}
}
