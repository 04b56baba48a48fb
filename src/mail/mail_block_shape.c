/*
 * mail_block_shape.c - header lines of a quoted mail in a language that no table knows, told by their shape.
 *
 * "-------- words --------", and below it lines of "label: value" of which one holds an address and one a date. May only look where a
 * mark or a drawn line stands above, or a block was found by its words; makes header lines of lines that had none of the known words.
 */
#include "mail_attribution.h"
#include "mail_client_words.h"
#include "mail_reply.h"

#define DASHES 4                         /* at each end of a mark */
#define MARK_MOST 120                    /* bytes of a mark's words */
#define LABEL_MOST 48                    /* bytes of a label */
#define LABEL_WORDS 4
#define BLOCK_MOST 16                    /* lines of a block, empty ones too */
#define EMPTY_MOST 2                     /* empty lines in a row */

static size_t dashes(struct span text, bool end)
{
	size_t n = 0;
	while (n < text.length && memchr("-_=*", text.at[end ? text.length - 1 - n : n], 4))
		n++;
	return n;
}

bool mail_dashed_line(struct span line)
{
	line = mail_visible_trim(line);
	size_t left = dashes(line, false), right = left < line.length ? dashes(line, true) : 0;
	if (left < DASHES || right < DASHES || left + right >= line.length || line.length - left - right > MARK_MOST)
		return false;
	struct span words = mail_visible_trim((struct span){ line.at + left, line.length - left - right });
	return words.length > 2 && !memchr(words.at, '@', words.length) && !memchr(words.at, '|', words.length);
}

/* "Label: value"; the value is not empty. */
bool mail_labelled_line(struct span line, struct span *value)
{
	line = mail_visible_trim(line);
	while (line.length && strchr("*> ", line.at[0]))
		line.at++, line.length--;
	struct span near = { line.at, line.length < LABEL_MOST ? line.length : LABEL_MOST };
	const char *colon = memchr(near.at, ':', near.length), *wide = memmem(near.at, near.length, "\xEF\xBC\x9A", 3);
	const char *at = colon && (!wide || colon < wide) ? colon : wide;
	if (!at || at == line.at)
		return false;
	size_t words = 1;
	for (const char *p = line.at; p < at; p++) {
		if (strchr("<>@/\\\"()[]{};,?!", *p) || is_digit(*p))
			return false;
		words += *p == ' ' && p + 1 < at && p[1] != ' ';
	}
	const char *from = at == wide ? at + 3 : at + 1;
	*value = mail_visible_trim((struct span){ from, (size_t)(line.at + line.length - from) });
	while (value->length && value->at[0] == '*')
		value->at++, value->length--;
	return value->length && words <= LABEL_WORDS && (value->length < 2 || memcmp(value->at, "//", 2) != 0);
}

static bool holds_address(struct span value)
{
	const char *at = memchr(value.at, '@', value.length);
	return at && at > value.at && at + 1 < value.at + value.length && !is_blank(at[-1]) && !is_blank(at[1]);
}

/* At least a day and a time, or a whole date, in digits of any script. */
static bool holds_date(struct span value)
{
	size_t digits = 0, size;
	for (struct span rest = value; rest.length; rest.at += size, rest.length -= size) {
		digits += mail_digit_at(rest, &size) >= 0;
		if (!size)
			size = 1;
	}
	return digits >= 6 && !memchr(value.at, '@', value.length);
}

struct shape { size_t lines, last; unsigned seen; bool address, date, time; };

static enum header_word word_by_value(struct span value, unsigned seen, const char *subject)
{
	if (holds_address(value))
		return !(seen & 1u << HEADER_FROM) ? HEADER_FROM : !(seen & 1u << HEADER_TO) ? HEADER_TO : HEADER_OTHER;
	size_t length = strlen(subject);
	if (!(seen & 1u << HEADER_SUBJECT) && length && value.length <= length && memcmp(value.at, subject, value.length) == 0)
		return HEADER_SUBJECT;
	if (holds_date(value) && !(seen & 1u << HEADER_DATE))
		return HEADER_DATE;
	return seen & 1u << HEADER_SUBJECT ? HEADER_OTHER : HEADER_SUBJECT;
}

/* What begins behind an empty line may be the text, unless it is the subject, or the next line goes on with the block. */
static bool is_subject(const struct lines *lines, size_t i, struct span value, const char *subject)
{
	if (value.length <= strlen(subject) && memcmp(value.at, subject, value.length) == 0)
		return true;
	for (i++; i < lines->count && lines->at[i].kind == LINE_EMPTY; i++)
		;
	struct span next;
	return i < lines->count && mail_labelled_line(lines->at[i].text, &next) && (holds_address(next) || holds_date(next));
}

/* Goes over the block at i; with `name` true its unknown lines become header lines. */
static struct shape go_over(struct lines *lines, size_t i, const char *subject, bool name)
{
	struct shape shape = { 0 };
	size_t empty = 0, end = i + BLOCK_MOST < lines->count ? i + BLOCK_MOST : lines->count;
	for (; i < end; i++) {
		struct line *line = &lines->at[i];
		struct span value;
		if (line->kind == LINE_EMPTY) {
			if (++empty > EMPTY_MOST || (empty > 1 && shape.lines))
				break;
			continue;
		}
		bool known = line->kind == LINE_HEADER;
		if (line->quote || line->kind == LINE_QUOTED || !mail_labelled_line(line->text, &value)) {
			if (known && !empty)
				continue;                                /* a label without a value */
			break;
		}
		enum header_word word = known ? line->header : word_by_value(value, shape.seen, subject);
		if (!known && (word == HEADER_OTHER || (shape.seen & 1u << word) || (empty && shape.lines && word == HEADER_SUBJECT && !is_subject(lines, i, value, subject))))
			break;
		shape.seen |= 1u << word;
		shape.address = shape.address || holds_address(value);
		shape.date = shape.date || word == HEADER_DATE;
		shape.time = shape.time || (word == HEADER_DATE && holds_date(value) && mail_has_clock(value));
		shape.lines++;
		shape.last = i + 1;
		empty = 0;
		if (name && !known) {
			line->kind = LINE_HEADER;
			line->header = (unsigned char)word;
		}
	}
	return shape;
}

/* A value that is the subject of the mail itself says more than any label. */
static bool names_subject(const struct lines *lines, size_t i, const char *subject)
{
	struct span value;
	size_t length = strlen(subject);
	for (size_t end = i + BLOCK_MOST; length > 3 && i < end && i < lines->count; i++)
		if (mail_labelled_line(lines->at[i].text, &value) && value.length == length && memcmp(value.at, subject, length) == 0)
			return true;
	return false;
}

bool mail_block_by_subject(struct lines *lines, size_t i, const char *subject)
{
	struct span value;
	if (lines->at[i].kind == LINE_EMPTY || lines->at[i].kind == LINE_QUOTED || !mail_labelled_line(lines->at[i].text, &value) || !names_subject(lines, i, subject))
		return false;
	struct shape shape = go_over(lines, i, subject, false);
	if (shape.lines < 3 || !shape.address || !(shape.seen & 1u << HEADER_SUBJECT) || !(shape.date || shape.lines > 3))
		return false;
	go_over(lines, i, subject, true);
	return true;
}

bool mail_block_by_shape(struct lines *lines, size_t i, const char *subject)
{
	struct shape shape = go_over(lines, i, subject, false);
	if (shape.lines < 3 || !shape.address || !(shape.date || shape.seen & 1u << HEADER_SUBJECT))
		return false;
	go_over(lines, i, subject, true);
	return true;
}

static bool below_edge(const struct lines *lines, size_t i)
{
	if (lines->at[i].edge)
		return true;
	while (i && lines->at[i - 1].kind == LINE_EMPTY)
		i--;
	return i && lines->at[i - 1].kind == LINE_RULE;
}

/* A drawn line says less than a mark: tables of data and boxes with a name and a telephone have one, too. */
bool mail_block_at_edge(struct lines *lines, size_t i, const char *subject)
{
	if (lines->at[i].kind == LINE_EMPTY || lines->at[i].kind == LINE_QUOTED || lines->at[i].rest || !below_edge(lines, i))
		return false;
	struct shape shape = go_over(lines, i, subject, false);
	if (shape.lines < 3 || !shape.address || !shape.time)
		return false;
	go_over(lines, i, subject, true);
	return true;
}
