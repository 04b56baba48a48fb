/*
 * mail_reply.c - what is new in a mail: its text without quoted history and without signature.
 *
 * In this order: what the HTML page itself marks as history; "Original Message" lines, blocks of From/Sent/To/Subject and
 * introductions without quote marks, below which all is history; then quoted blocks, of which those are kept that the
 * sender answers line by line; then the signature (mail_signature.c). Where nothing would be left, or where it is not
 * clear, text is kept: `reply_text` may hold too much, never too little, and `text` is always whole.
 * Makes no problems.
 */
#include "mail_attribution.h"
#include "mail_reply.h"

#define BLOCK_LINES 12                   /* lines of a header block that are looked at */
#define SHARED_MOST 500                  /* bytes of a line in which one's own words and an introduction stand */
#define SHARED_TRIES 200                 /* lines of a mail that are searched for such */

static bool has_address(struct span text)
{
	return memchr(text.at, '@', text.length) != NULL;
}

/* At least three different headers in a row, or two of which one holds an address; wrapped values allowed. */
size_t mail_header_block(const struct lines *lines, size_t i)
{
	unsigned seen = 0, kinds = 0, strangers = 0;
	bool address = false, date = false, bare = false;
	size_t n = 0, last = 0;
	for (; i + n < lines->count && n < BLOCK_LINES; n++) {
		const struct line *line = &lines->at[i + n];
		if (line->kind == LINE_HEADER) {
			unsigned bit = 1u << line->header;
			kinds += line->header != HEADER_OTHER && !(seen & bit);
			seen |= bit;
			address = address || has_address(line->text);
			for (size_t c = 0; line->header == HEADER_DATE && c < line->text.length; c++)
				date = date || is_digit(line->text.at[c]);
			strangers = 0;
			last = n + 1;
			bare = mail_span_trim(line->text).length && mail_ends_with_colon(mail_span_trim(line->text));
		} else if (bare && line->kind == LINE_TEXT) {
			address = address || has_address(line->text);        /* "Von:", and the value on its own line */
			bare = false;
			last = n + 1;
		} else if (line->kind == LINE_EMPTY || line->kind == LINE_QUOTED || n == 0 || ++strangers > 2) {
			if (line->kind == LINE_EMPTY && n && n < 3 && i + n + 1 < lines->count && lines->at[i + n + 1].kind == LINE_HEADER && kinds < 3)
				continue;                                /* some clients put blank lines between */
			break;
		}
	}
	unsigned from_or_to = seen & (1u << HEADER_FROM | 1u << HEADER_TO), when = seen & (1u << HEADER_DATE);
	if (kinds >= 3 && (address || date) && (seen & 1u << HEADER_FROM))
		return last;
	if (kinds >= 2 && address && from_or_to && (when || (seen & 1u << HEADER_SUBJECT)) && lines->at[i].header != HEADER_SUBJECT)
		return last;
	return 0;
}

static bool quoted_next(const struct lines *lines, size_t i)
{
	for (size_t n = 0; i < lines->count && n < 4; i++, n++)
		if (lines->at[i].kind != LINE_EMPTY)
			return lines->at[i].kind == LINE_QUOTED;
	return false;
}

/* Behind the last line that is not empty. */
static size_t last_line(const struct lines *lines)
{
	size_t end = lines->count;
	while (end && lines->at[end - 1].kind == LINE_EMPTY)
		end--;
	return end;
}

static bool own_text(const struct line *line)
{
	return line->kind != LINE_EMPTY && line->kind != LINE_QUOTED && line->kind != LINE_ATTRIBUTION && line->kind != LINE_RULE;
}

/* An Outlook border in the page: believed if a header or an address stands below it. */
static bool history_believable(const struct lines *lines, size_t i)
{
	for (size_t n = 0, colons = 0; i < lines->count && n < 12; i++, n++) {
		struct span text = lines->at[i].text;
		colons += memchr(text.at, ':', text.length) != NULL || memmem(text.at, text.length, "\xEF\xBC\x9A", 3) != NULL;
		if (lines->at[i].kind == LINE_HEADER || lines->at[i].kind == LINE_ATTRIBUTION || lines->at[i].kind == LINE_QUOTED || colons >= 2)
			return true;
	}
	return false;
}

/* Lines i.. are an introduction: is what stands below it history without quote marks? *below: where it ends, good until that is passed. */
static bool introduces_history(const struct lines *lines, size_t i, size_t last, size_t *below)
{
	for (; *below <= i || (*below < lines->count && lines->at[*below].kind == LINE_ATTRIBUTION); ++*below)
		;
	return *below >= last || !quoted_next(lines, *below);
}

/* Lotus Notes writes the head of a quote as a table: "|------------>", "| From:      |". */
static bool notes_table(const struct lines *lines, size_t i)
{
	struct span rule = mail_span_trim(lines->at[i].text), value;
	bool found = false;
	if (rule.length < 6 || rule.at[0] != '|' || rule.at[1] != '-' || rule.at[rule.length - 1] != '>' || i + 1 >= lines->count)
		return false;
	mail_header_line(lines->at[i + 1].text, &value, &found);
	return found;
}

/* The first line from which on all is history; lines->count: none. */
static size_t history_start(const struct lines *lines)
{
	size_t last = last_line(lines), below = 0;
	bool before = false;
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->at[i];
		if (before && line->history && !lines->at[i - 1].history && history_believable(lines, i))
			return i;
		if (before && line->kind == LINE_DELIMITER && last > i + 1)
			return i;
		if (before && ((line->kind == LINE_HEADER && mail_header_block(lines, i)) || notes_table(lines, i)))
			return i;
		if (before && line->attribution_start && introduces_history(lines, i, last, &below))
			return i;
		if (line->kind == LINE_FORWARD && before && last > i + 1)
			return i;
		before = before || own_text(line);
	}
	return lines->count;
}

#define WRAPPED_AT 60                    /* bytes of a quoted line that a mailer may have had to wrap */

/* The end of a long quoted line, which a mailer wrapped: no sentence ended above, and none begins here. */
static bool wrapped_quote(struct span above, struct span text)
{
	above = mail_span_trim(above);
	uint32_t code;
	size_t size = utf8_decode(text.at, text.length, &code);
	if (above.length < WRAPPED_AT || !size || strchr(".?!:>", above.at[above.length - 1]))
		return false;
	return letter_fold(code) == code && strchr("-*#/", text.at[0]) == NULL && text.length < above.length;
}

/* A line of a quote that a client broke without its mark: between two quoted lines, and not a person's words. */
static bool broken_quote(const struct lines *lines, size_t i)
{
	if (i == 0 || i + 1 >= lines->count || lines->at[i - 1].kind != LINE_QUOTED || lines->at[i + 1].kind != LINE_QUOTED)
		return false;
	struct span text = mail_span_trim(lines->at[i].text);
	if (text.length && text.at[text.length - 1] == '>')
		text = mail_span_trim((struct span){ text.at, text.length - 1 });
	bool blank = memchr(text.at, ' ', text.length) != NULL, odd = false;
	for (size_t n = 0; n < text.length; n++)
		odd = odd || strchr("/_=%\\()", text.at[n]) != NULL;
	return (!blank && odd) || (text.length && wrapped_quote(lines->at[i - 1].text, text));
}

struct block { size_t start, end, introduction; bool introduced; };

static bool is_text(const struct line *line)
{
	return !line->hidden && line->kind != LINE_EMPTY && line->kind != LINE_QUOTED && line->kind != LINE_ATTRIBUTION;
}

/* The quoted block at i: quoted lines and the empty ones between them. */
static struct block block_at(struct lines *lines, size_t i, size_t end)
{
	struct block block = { .start = i, .end = i };
	for (size_t n = i; n < end; n++) {
		if (lines->at[n].kind == LINE_QUOTED)
			block.end = n + 1;
		else if (lines->at[n].kind != LINE_EMPTY)
			break;
	}
	size_t above = i;
	while (above && lines->at[above - 1].kind == LINE_EMPTY)
		above--;
	block.introduction = i;
	while (above && lines->at[above - 1].kind == LINE_ATTRIBUTION) {
		block.introduced = true;
		block.introduction = --above;
	}
	return block;
}

static void hide(struct lines *lines, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		lines->at[i].hidden = true;
}

/* Of a quote that is kept: the line above it, and what a client marked as its head (gmail_attr, moz-cite-prefix). */
static void hide_introduction(struct lines *lines, const struct block *block)
{
	if (block->introduced)
		hide(lines, block->introduction, block->start);
	for (size_t i = block->start; i < block->end; i++) {
		const struct line *line = &lines->at[i];
		if (line->quote && !line->soft && !memchr(line->text.at, '>', line->text.length < 4 ? line->text.length : 4))
			lines->at[i].hidden = true;
	}
}

/* Quotes that are answered one after the other stay; the rest of the history goes. */
static void hide_quotes(struct lines *lines, size_t end, const char *author)
{
	size_t blocks = 0, last_text = 0;
	for (size_t i = 0; i < end; i++)
		if (broken_quote(lines, i))
			lines->at[i].kind = LINE_QUOTED;
	size_t stop = end;
	bool marked;
	stop = mail_signature_start(lines, end, author, true, &marked);
	if (!marked)
		stop = end;
	for (size_t i = 0; i < stop; i++)
		if (is_text(&lines->at[i]))
			last_text = i + 1;
	for (size_t i = 0; i < end; i++)
		if (lines->at[i].kind == LINE_QUOTED) {
			struct block block = block_at(lines, i, end);
			blocks++;
			i = block.end - 1;
		}
	for (size_t i = 0; i < end; i++) {
		if (lines->at[i].kind != LINE_QUOTED)
			continue;
		struct block block = block_at(lines, i, end);
		bool answer = block.end < last_text;
		if (!answer || (block.introduced && blocks == 1))
			hide(lines, block.introduction, block.end);
		else
			hide_introduction(lines, &block);
		i = block.end - 1;
	}
}

/* Rules that stand alone at the end, and the dot by which trackers mark a mail. */
static void hide_last_rules(struct lines *lines, size_t end)
{
	while (end) {
		struct line *line = &lines->at[end - 1];
		struct span text = mail_span_trim(line->text);
		bool mark = line->kind == LINE_SIGNATURE || line->kind == LINE_RULE || (text.length == 3 && memcmp(text.at, "\xE1\x90\xA7", 3) == 0)
		            || (line->kind == LINE_TEXT && mail_rule_of(text, 3));
		if (!line->hidden && line->kind != LINE_EMPTY && !mark)
			return;
		line->hidden = true;
		end--;
	}
}

static const char *join(struct arena *arena, const struct lines *lines, size_t from, size_t to)
{
	size_t room = 1, n = 0;
	for (size_t i = from; i < to; i++)
		room += lines->at[i].text.length + 1;
	char *out = arena_room(arena, room);
	for (size_t i = from, next; i < to; i = next) {
		struct span run = lines->at[i].text;
		next = i + 1;
		if (lines->at[i].hidden)
			continue;
		/* Lines that stand behind each other in the text are copied together. */
		for (; next < to && !lines->at[next].hidden && lines->at[next].text.at == run.at + run.length + 1 && run.at[run.length] == '\n'; next++)
			run.length += 1 + lines->at[next].text.length;
		memcpy(out + n, run.at, run.length);
		n += run.length;
		if (next >= to || !lines->at[next].glued || lines->at[next].hidden)       /* what stays together stays one line */
			out[n++] = '\n';
	}
	return mail_lines_trimmed(out, n);
}

#define NOTES_LINES 4                    /* above "To:" in a mail of Notes */

/* Notes puts name and date above its block, without words: "Ann Lee <ann@example.org>", "05.10.2026 09:12", "Please respond to ...". */
static size_t above_notes_head(const struct lines *lines, size_t i)
{
	struct span behind;
	for (size_t n = 0; n < NOTES_LINES && i > n + 1; n++) {
		struct span date = mail_span_trim(lines->at[i - 1 - n].text), name = mail_span_trim(lines->at[i - 2 - n].text);
		if (!date.length || !name.length)
			break;
		size_t digits = 0;
		for (size_t c = 0; c < date.length; c++)
			digits += is_digit(date.at[c]);
		if (digits >= 8 && mail_has_clock(date) && mail_words_in(date) <= 4 && !has_address(date) && (mail_bracketed_address(name, &behind) || name.at[name.length - 1] == '"'))
			return i - 2 - n;
	}
	return i;
}

/* Rules and underscores right above the history belong to it. */
static size_t above_history(const struct lines *lines, size_t end)
{
	size_t i = end;
	while (i && (lines->at[i - 1].kind == LINE_EMPTY || lines->at[i - 1].kind == LINE_RULE))
		i--;
	return end < lines->count && lines->at[end].kind == LINE_HEADER ? above_notes_head(lines, i) : i;
}

/* "My answer. On Wed, 4 Apr 2012 at 3:59 PM, bob@example.org wrote:" is two lines in one, above a quote. */
static struct lines split_shared(struct arena *arena, struct lines lines)
{
	for (size_t i = 0, tries = 0; i + 1 < lines.count && tries < SHARED_TRIES; i++) {
		struct span text = lines.at[i].text, next = mail_span_trim(lines.at[i + 1].text);
		if ((next.length && next.at[0] != '>') || !text.length || text.length > SHARED_MOST)
			continue;
		if (!mail_ends_with_colon(mail_visible_trim(text)))
			continue;
		tries++;
		size_t at = mail_attribution_glued(text);
		if (!at)
			continue;
		struct line *room = ARENA_ARRAY(arena, struct line, lines.count + 1);
		memcpy(room, lines.at, (i + 1) * sizeof *room);
		memcpy(room + i + 2, lines.at + i + 1, (lines.count - i - 1) * sizeof *room);
		room[i + 1] = room[i];
		room[i].text = (struct span){ text.at, at };
		room[i + 1].text = (struct span){ text.at + at, text.length - at };
		room[i + 1].glued = true;
		return (struct lines){ room, lines.count + 1 };
	}
	return lines;
}

/* An introduction above everything, with nothing quoted below it: the line alone goes, what it introduces may be new. */
static void hide_top_introduction(struct lines *lines, size_t end)
{
	size_t i = 0;
	while (i < end && lines->at[i].kind == LINE_EMPTY)
		i++;
	for (size_t n = i; n < end && lines->at[n].kind == LINE_ATTRIBUTION; n++)
		lines->at[n].hidden = true;
}

/* A copy to be changed; the lines of a text with such a line in it are cut anew. */
static struct lines lines_for_reply(struct arena *arena, const char *marked, const struct lines *lines)
{
	struct lines split = split_shared(arena, *lines), copy = { ARENA_ARRAY(arena, struct line, lines->count), lines->count };
	if (split.at == lines->at) {
		memcpy(copy.at, lines->at, lines->count * sizeof *copy.at);
		return copy;
	}
	split = split_shared(arena, mail_lines_cut(arena, marked));
	mail_lines_classify(&split);
	return split;
}

/* Does the text begin with a block of header lines, or with the mark of one? */
static bool begins_with_block(const struct lines *lines)
{
	size_t i = 0;
	while (i < lines->count && (lines->at[i].kind == LINE_EMPTY || lines->at[i].kind == LINE_RULE || lines->at[i].kind == LINE_DELIMITER))
		i++;
	return i < lines->count && lines->at[i].kind == LINE_HEADER && mail_header_block(lines, i);
}

/* A forward: what stands in it is the request. An answer to us says nothing new in what it quotes. */
static bool all_is_new(const struct mail *mail, const struct known *known)
{
	return !known->ours && mail->forward.is_forward && (mail->kind == MAIL_REQUEST || mail_subject_forward_prefix(mail->subject));
}

/* Where the words of a person may end: above what a list adds, unless there are no others. */
static size_t words_end(const struct lines *lines, size_t end)
{
	size_t footer = mail_list_footer(lines);
	for (size_t i = 0; i < footer && footer < end; i++)
		if (own_text(&lines->at[i]))
			return footer;
	return end;
}

/* Is something that a person wrote left out between here and there, or behind it? */
static bool history_cut(const struct lines *lines, size_t end)
{
	for (size_t i = 0; i < lines->count; i++)
		if ((i >= end || lines->at[i].hidden) && lines->at[i].kind != LINE_EMPTY && lines->at[i].kind != LINE_RULE && lines->at[i].kind != LINE_SIGNATURE)
			return true;
	return false;
}

/* Of an answer: blocks in a language that nobody knows below a line that the page draws, as Outlook's. */
static void mark_edged_blocks(struct lines *lines, const char *subject)
{
	size_t prefix;
	if (mail_subject_is_reply(subject, &prefix))
		subject += prefix + strspn(subject + prefix, " ");
	for (size_t i = 1; i + 2 < lines->count; i++)
		mail_block_at_edge(lines, i, subject);
}

void mail_reply_make(struct arena *arena, struct arena *scratch, const char *marked, const struct lines *classified, const struct known *known, struct mail *mail)
{
	if (all_is_new(mail, known)) {
		mail->reply_text = mail->text;
		return;
	}
	struct lines lines = lines_for_reply(scratch, marked, classified);
	mail_known_mark(scratch, known, &lines);
	if (known->ours || mail->kind != MAIL_REQUEST)
		mark_edged_blocks(&lines, mail->subject);
	bool form = !known->ours && begins_with_block(&lines);           /* of a form, and of a mail without words above: nothing is history */
	size_t end = form ? lines.count : history_start(&lines);
	hide(&lines, above_history(&lines, end), lines.count);
	size_t words = words_end(&lines, end);
	if (!form) {
		hide_quotes(&lines, words, mail->from.name);
		hide_top_introduction(&lines, end);
	}
	hide_last_rules(&lines, end);
	mail->history_cut = history_cut(&lines, end);
	bool sure;
	size_t signature = mail_signature_start(&lines, words, mail->from.name, known->ours, &sure);
	mail->reply_text = join(arena, &lines, 0, signature);
	const char *signed_by = join(arena, &lines, signature, end);
	if (!*mail->reply_text && *signed_by && !sure) {
		mail->reply_text = signed_by;                            /* "Thanks, Ann" is all there is */
		signed_by = "";
	}
	mail->signature = *signed_by ? signed_by : NULL;
}
