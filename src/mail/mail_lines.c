/*
 * mail_lines.c - the text of a mail cut into lines that know what they look like: empty, quoted, a header, a rule ...
 *
 * Takes out the marks that mail_html.c left and turns them into flags of the lines. Looks at one line at a time, but for
 * the line that introduces a quote, which mailers wrap (mail_attribution.c). Judges nothing: mail_reply.c decides.
 * Linear: each look ahead is bounded by a number of lines and of bytes. What stands behind LIMIT_TEXT_LINES is one line of text, the rest.
 */
#include "mail_private.h"

struct structure { int quote, soft, bare; bool history, signature, edge; };

static void take_mark(char byte, struct structure *now)
{
	switch (byte) {
	case MARK_QUOTE: now->quote++; break;
	case MARK_QUOTE_END: now->quote -= now->quote > 0; break;
	case MARK_HISTORY: now->history = true; break;
	case MARK_SIGNATURE: now->signature = true; break;
	case MARK_SIGNATURE_END: now->signature = false; break;
	case MARK_EDGE: now->edge = true; break;
	case MARK_SOFT: now->soft++; break;
	case MARK_BARE: now->soft++; now->bare = now->soft; break;
	case MARK_SOFT_END: now->bare = now->bare == now->soft ? 0 : now->bare; now->soft -= now->soft > 0; break;
	default: break;
	}
}

static bool is_mark(char c)
{
	return (c >= MARK_QUOTE && c <= MARK_EDGE) || c == MARK_BARE;
}

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* False: surely none. Text that was not made from HTML has none, and is not looked at byte by byte. */
static bool may_have_marks(const char *text, size_t length)
{
	size_t i = 0;
	uint64_t eight, found = 0;
	for (; i + sizeof eight <= length && !found; i += sizeof eight) {
		memcpy(&eight, text + i, sizeof eight);
		found = ((eight - EACH_BYTE * '\t') | ((eight ^ EACH_BYTE * MARK_BARE) - EACH_BYTE)) & ~eight & HIGH_BITS;
	}
	for (; i < length && !found; i++)
		found = is_mark(text[i]);
	return found != 0;
}

char *mail_lines_trimmed(char *text, size_t length)
{
	while (length && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	while (*text == '\n' || *text == '\r')
		text++;
	return text;
}

char *mail_marks_strip(struct arena *arena, const char *text)
{
	size_t length = strlen(text), n = 0;
	char *out = arena_room(arena, length + 1);
	if (may_have_marks(text, length)) {
		for (size_t i = 0; i < length; i++)
			if (!is_mark(text[i]))
				out[n++] = text[i];
	} else {
		memcpy(out, text, n = length);
	}
	return mail_lines_trimmed(out, n);
}

struct lines mail_lines_cut(struct arena *arena, const char *text)
{
	size_t length = strlen(text), count = 1;
	for (const char *p = text; count < LIMIT_TEXT_LINES && (p = strchr(p, '\n')) != NULL; p++)
		count++;
	struct lines lines = { .at = ARENA_ARRAY(arena, struct line, count) };
	if (!may_have_marks(text, length)) {
		for (const char *end; lines.count + 1 < count; text = end + 1) {
			end = strchr(text, '\n');
			lines.at[lines.count++].text = (struct span){ text, (size_t)(end - text) };
		}
		lines.at[lines.count].rest = count == LIMIT_TEXT_LINES;
		lines.at[lines.count++].text = span_of(text);
		return lines;
	}
	char *out = arena_alloc(arena, length + 1);
	struct structure now = { 0 };
	for (size_t i = 0; i <= length && lines.count < count;) {
		char *start = out;
		struct structure at_text = now;
		bool rest = lines.count + 1 == LIMIT_TEXT_LINES;
		for (; i < length && (rest || text[i] != '\n'); i++) {
			if (!is_mark(text[i])) {
				*out++ = text[i];
				continue;
			}
			bool before = out == start || (out - start < 16 && *start == '>');
			take_mark(text[i], &now);
			if (before)
				at_text = now;
		}
		i++;
		struct line *line = &lines.at[lines.count++];
		line->text = (struct span){ start, (size_t)(out - start) };
		line->quote = (unsigned char)(at_text.quote > 255 ? 255 : at_text.quote);
		line->rest = rest;
		line->history = rest ? at_text.history : now.history;
		line->signature = at_text.signature;
		line->soft = at_text.soft > 0;
		line->bare = at_text.bare > 0;
		line->edge = now.edge;
		now.edge = false;
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

bool mail_rule_of(struct span line, size_t least)
{
	line = mail_span_trim(line);
	if (line.length < least)
		return false;
	for (size_t i = 0; i < line.length; i++)
		if (line.at[i] >= 0 && !memchr("-_=*~+#", line.at[i], 7))
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
	if (!line.length || line.at[0] != '-')
		return false;
	if (line.at[line.length - 1] == '\r')
		line.length--;
	struct span bare = mail_span_trim(line);
	return bare.length == 2 && bare.at[1] == '-';
}

/* "| " before each of at least three lines, and no second bar as tables have it: some clients quote so. */
static void mark_bars(struct lines *lines)
{
	for (size_t i = 0, run = 0; i <= lines->count; i++) {
		struct span text = i < lines->count ? mail_span_trim(lines->at[i].text) : (struct span){ "", 0 };
		if (text.length && text.at[0] == '|' && !lines->at[i].rest && !memchr(text.at + 1, '|', text.length - 1)) {
			run++;
			continue;
		}
		for (size_t n = i - run; run >= 3 && n < i; n++)
			lines->at[n].kind = LINE_QUOTED;
		run = 0;
	}
}

static bool introduced(const struct lines *lines, size_t i)
{
	if (lines->at[i].kind == LINE_ATTRIBUTION)
		return true;
	while (i && lines->at[i - 1].kind == LINE_EMPTY)
		i--;
	return i && lines->at[i - 1].kind == LINE_ATTRIBUTION;
}

static void harden(struct lines *lines, size_t i)
{
	for (; i < lines->count && lines->at[i].soft; i++)
		if (lines->at[i].kind != LINE_EMPTY) {
			lines->at[i].kind = LINE_QUOTED;
			lines->at[i].quote = 1;
		}
}

/* A <blockquote> right below an introduction, or that begins with one, is a quote; the last one of a page without any
 * other sign of history too. */
static void harden_quotes(struct lines *lines)
{
	size_t last = lines->count;
	bool history = false;
	for (size_t i = 0; i < lines->count; i++) {
		history = history || lines->at[i].history || lines->at[i].kind == LINE_QUOTED || lines->at[i].kind == LINE_ATTRIBUTION || lines->at[i].kind == LINE_DELIMITER;
		if (!lines->at[i].soft || lines->at[i].kind == LINE_EMPTY)
			continue;
		size_t start = i;
		if (introduced(lines, i))
			harden(lines, i);
		last = lines->at[i].bare ? start : lines->count;
		while (i + 1 < lines->count && lines->at[i + 1].soft)
			i++;
	}
	if (!history && last)
		harden(lines, last);
}

/* GroupWise: ">>> Ann Lee <ann@example.org> 10/5/2026 9:12 AM >>>" above what it quotes without marks, and ">>> On ... wrote:". */
static bool groupwise_head(struct lines *lines, size_t i)
{
	struct line *line = &lines->at[i];
	struct span text = mail_span_trim(line->text);
	size_t digits = 0;
	if (text.length < 16 || memcmp(text.at, ">>> ", 4) != 0 || (i && lines->at[i - 1].kind == LINE_QUOTED))
		return false;
	for (size_t n = 4; n < text.length; n++)
		digits += is_digit(text.at[n]);
	bool closed = memcmp(text.at + text.length - 3, ">>>", 3) == 0;
	if (digits < 4 || (!closed && !(i + 1 < lines->count && !quoted_line(lines->at[i + 1].text)) && text.at[text.length - 1] != ':'))
		return false;
	line->text = (struct span){ text.at + 4, text.length - 4 };
	line->kind = closed ? LINE_DELIMITER : LINE_TEXT;
	return true;
}

/* "---- words of any language ----" above what looks like a block of header lines. */
static void mark_shaped_blocks(struct lines *lines)
{
	for (size_t i = 0; i + 3 < lines->count; i++) {
		struct line *line = &lines->at[i];
		bool marked = line->kind == LINE_DELIMITER || line->kind == LINE_FORWARD;
		if ((marked || (line->kind == LINE_TEXT && !line->rest && mail_dashed_line(line->text))) && mail_block_by_shape(lines, i + 1, "") && !marked)
			line->kind = LINE_DELIMITER;
	}
}

void mail_lines_classify(struct lines *lines)
{
	bool forward;
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->at[i];
		struct span value;
		bool header = false;
		if (line->kind == LINE_ATTRIBUTION)
			continue;
		if (line->rest)
			line->kind = LINE_TEXT;
		else if (empty_line(line->text))
			line->kind = LINE_EMPTY;
		else if (!line->quote && groupwise_head(lines, i))
			continue;
		else if (quoted_line(line->text) || line->quote)
			line->kind = LINE_QUOTED;
		else if (signature_mark(line->text))
			line->kind = LINE_SIGNATURE;
		else if (mail_delimiter_line(line->text, &forward))
			line->kind = forward ? LINE_FORWARD : LINE_DELIMITER;
		else if (mail_rule_of(line->text, 4))
			line->kind = LINE_RULE;
		else if ((line->header = (unsigned char)mail_header_line(line->text, &value, &header)), header)
			line->kind = LINE_HEADER;
		else
			line->kind = LINE_TEXT;
	}
	mark_bars(lines);
	mark_shaped_blocks(lines);
	for (size_t i = 0, mark = 0; i < lines->count; i++) {
		if (lines->at[i].kind != LINE_TEXT && lines->at[i].kind != LINE_HEADER && lines->at[i].kind != LINE_DELIMITER)
			continue;
		if (lines->at[i].rest || !mail_attribution_near(lines, i, &mark))
			continue;
		size_t count = mail_attribution_at(lines, i);
		for (size_t j = 0; j < count; j++)
			lines->at[i + j].kind = LINE_ATTRIBUTION;
		if (count)
			lines->at[i].attribution_start = true;
	}
	harden_quotes(lines);
}

struct lines mail_lines_of(struct arena *arena, const char *text)
{
	struct lines lines = mail_lines_cut(arena, text);
	mail_lines_classify(&lines);
	return lines;
}
