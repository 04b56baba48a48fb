/*
 * mail_attribution.c - the line that introduces a quote: "On Mon, 3 Mar 2014 at 10:00, Ann <ann@example.org> wrote:".
 *
 * In the languages of mail_phrases.c, wrapped over up to four lines, with a date, an address or both. A verb alone is
 * taken for one only if quoted lines follow; a date and an address alone only with a colon at the end or a quote below.
 * Bounded: a candidate must begin like one, and at most ATTRIBUTION_LINES lines and ATTRIBUTION_BYTES bytes are looked at.
 * In other languages by shape (mail_attribution_shape.c). May not decide what is cut (mail_reply.c).
 */
#include "mail_attribution.h"

#define TAIL 90                          /* last bytes of an introduction, in which the verb stands */

/* How such a line begins. A blank follows, or a digit. */
static const char *const openings[] = {
	"on ", "am ", "le ", "il ", "il giorno ", "in data ", "el ", "em ", "no dia ", "op ", "den ", "d. ", "på ", "kl. ",
	"w dniu ", "dnia ", "dne ",
	"a ", "em ", "à ", "于", "在 ", "在", "quoting ", "från ", "von ", "vom ", "lørdag ", "søndag ", "mandag ", "tirsdag ",
	"onsdag ", "torsdag ", "fredag ",
	"måndag ", "tisdag ", "lördag ", "söndag ", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica",
	"пн", "вт", "ср", "чт", "пт", "сб", "вс", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота",
	"воскресенье", "在您", "man ", "ma ", "di ", "wo ", "do ", "vr ", "za ", "zo ", "śr", "pt", "pon", "wt", "czw", "sob",
	"niedz", "sub",
	"mon,", "tue,", "wed,", "thu,", "fri,", "sat,", "sun,", "dom,", "lun,", "mar,", "mer,", "mié,", "gio,", "jue,", "ven,",
	"vie,", "sab,", "sáb,",
	"sent from", "----", "citando ", "message du ", "selon ", "según ", "jan ", "feb ", "mar ", "apr ", "may ", "jun ",
	"jul ", "aug ", "sep ", "oct ", "nov ", "dec ",
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "wrote ", "in message ", "in article ", "mot ",
};
static const char *const verbs[] = {
	"wrote", "writes", "said:", "schrieb", "schreibt", "geschrieben", "a écrit", "écrit", "ha scritto", "scritto:", "scrive",
	"escribió", "escribio", "escribe", "escreveu", "escreveu:", "schreef",
	"geschreven", "skrev", "skriver", "napisał", "napisała", "napisał(a)", "napisal", "pisze", "napsal", "написал",
	"написала", "написал(а)", "пишет", "писал", "写道", "写到", "寫道", "さんは書きました", "は書きました", "wrote",
	"からのメール", "のメール", "さんが書", "さんからの", "kirjoitti", "yazdı", "wrote as follows", "emailed", "replied",
};

static struct word_index opening_index, verb_index;
static struct phrase_set head_set;       /* how the lines of mail_client_marks.c begin */

void mail_attribution_init(void)
{
	if (head_set.count)
		return;
	mail_word_index_make(&opening_index, openings, sizeof *openings, COUNT_OF(openings));
	mail_word_index_make(&verb_index, verbs, sizeof *verbs, COUNT_OF(verbs));
	mail_wrote_init(&head_set);
}

bool mail_attribution_begins(struct span line)
{
	for (size_t i = word_index_at(&opening_index, line); i; i = opening_index.next[i])
		if (fold_starts(line, openings[i - 1]))
			return true;
	const struct phrase *phrase;
	size_t size;
	if (mail_phrase_set_match(&head_set, line, SIZE_MAX / 2, &phrase))
		return true;
	return line.length && (mail_digit_at(line, &size) >= 0 || line.at[0] == '"' || line.at[0] == '<' || line.at[0] == '[');
}

static struct span stripped(struct span line)
{
	line = mail_visible_trim(line);
	while (line.length && (line.at[0] == '-' || line.at[0] == '*' || line.at[0] == '_' || line.at[0] == '~'))
		line.at++, line.length--;
	while (line.length && strchr("-*_~", line.at[line.length - 1]))
		line.length--;
	return mail_visible_trim(line);
}

bool mail_ends_with_colon(struct span text)
{
	return text.length && (text.at[text.length - 1] == ':' || (text.length >= 3 && memcmp(text.at + text.length - 3, "\xEF\xBC\x9A", 3) == 0)
	                       || (text.length > 2 && text.at[text.length - 2] == ':' && text.at[text.length - 1] == '>'));
}

static bool verb_in_last(struct span text, size_t tail)
{
	if (tail > text.length)
		tail = text.length;
	struct span end = { text.at + text.length - tail, tail };
	while (end.length && ((unsigned char)end.at[0] & 0xC0) == 0x80)
		end.at++, end.length--;
	return mail_fold_find_any(end, verbs, &verb_index);
}

static bool has_date(struct span text)
{
	size_t digits = 0;
	for (size_t i = 0; i < text.length; i++)
		digits += is_digit(text.at[i]);
	return digits >= 3;
}

static bool starts_with_date(struct span text)
{
	size_t digits = 0, marks = 0;
	for (size_t i = 0; i < text.length && i < 24; i++) {
		digits += is_digit(text.at[i]);
		marks += strchr("-/.:", text.at[i]) != NULL;
	}
	bool cjk = memmem(text.at, text.length < 24 ? text.length : 24, "年", 3) != NULL;
	return text.length && is_digit(text.at[0]) && digits >= 6 && (marks >= 2 || cjk);
}

/* "2016-03-03 17:21 GMT+01:00 Ann Lee": Gmail's introduction in many languages, alone on its line. */
static bool gmail_date(struct span text)
{
	if (text.length < 26 || text.length > 120)
		return false;
	const char *zone = memmem(text.at + 10, 16, " GMT", 4);
	return zone && is_digit(text.at[0]) && is_digit(text.at[3]) && (text.at[4] == '-' || text.at[4] == '/') && (zone[4] == '+' || zone[4] == '-' || zone[4] == ' ');
}

static bool quoted_follows(const struct lines *lines, size_t i)
{
	for (size_t n = 0; i < lines->count && n < 4; i++, n++)
		if (lines->at[i].kind != LINE_EMPTY)
			return lines->at[i].kind == LINE_QUOTED;
	return false;
}

/* Is this whole text one? quoted: quoted lines follow. */
static bool complete(struct span text, bool quoted)
{
	bool colon = mail_ends_with_colon(text), address = memchr(text.at, '@', text.length) != NULL, date = has_date(text);
	if (!(colon || quoted || date) || !(address || date || quoted))
		return false;
	if (address && date && colon && quoted)
		return true;
	if (starts_with_date(text) && address && (colon || quoted) && text.length < 250)
		return true;
	bool spoken = date && (address || text.length < 160) && !memchr(text.at, '?', text.length) && (fold_starts(text, "on ") || is_digit(text.at[0]))
	              && text.at[text.length - 1] != '.';
	if (!spoken && !colon && !quoted)
		return false;
	/* German and Dutch put the verb before a long name and address. */
	return verb_in_last(text, colon && date && address ? text.length : TAIL);
}

/* Some mailers make the text of a page by taking the tags out alone. */
static char entity_at(struct span text, size_t *size)
{
	static const struct { const char *name; char sign; } all[] = { { "&nbsp;", ' ' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' } };
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (text.length >= (*size = strlen(all[i].name)) && memcmp(text.at, all[i].name, *size) == 0)
			return all[i].sign;
	return '&';
}

bool mail_joined_add(struct joined *joined, struct span line)
{
	line = stripped(line);
	if (joined->length + line.length + 1 > ATTRIBUTION_BYTES)
		return false;
	if (joined->length)
		joined->text[joined->length++] = ' ';
	for (size_t size; line.length; line.at += size, line.length -= size) {
		size = 1;
		char c = line.at[0];
		if (c == '&' && (c = entity_at(line, &size)) == '&')
			size = 1;
		if ((unsigned char)c >= 0xC2) {
			size_t wide, digit;
			int value;
			if ((size = mail_invisible_at(line)) > 0)
				continue;
			if ((wide = mail_blank_wide_at(line)) > 0)
				c = ' ', size = wide;
			else if ((value = mail_digit_at(line, &digit)) >= 0)
				c = (char)('0' + value), size = digit;
			else if (line.length > 2 && memcmp(line.at, "\xEF\xBC\x9A", 3) == 0)
				c = ':', size = 3;
			else
				size = 1;
		}
		joined->text[joined->length++] = c == '\t' ? ' ' : c;
	}
	joined->lines++;
	return true;
}

/* A date with a time and an address in brackets as the last word, no verb: "Wed, 30 Apr 2025, 15:19, Ann <ann@example.org>:". */
static bool date_and_address(struct span text)
{
	const char *at = memrchr(text.at, '@', text.length);
	if (text.length > 250 || !at || text.at[text.length - 1] != ':')
		return false;
	struct span end = mail_span_trim((struct span){ at, (size_t)(text.at + text.length - 1 - at) });
	if (!end.length || !strchr(">)]", end.at[end.length - 1]) || memchr(end.at, ' ', end.length))
		return false;
	struct span start = { text.at, (size_t)(at - text.at) };
	size_t digits = 0;
	for (size_t i = 0; i < start.length; i++)
		digits += is_digit(start.at[i]);
	return digits >= 6 && mail_has_clock(start);
}

/* As a program in any language writes it. Without a quote below only with an address or a time. */
static bool written_by_program(struct span text, bool quoted)
{
	if (date_and_address(text))
		return true;
	bool address = memchr(text.at, '@', text.length) != NULL, date = has_date(text), colon = mail_ends_with_colon(text);
	if (!(quoted && (colon || (address && date))) && !(colon && (address ? date || text.length < 160 : mail_has_clock(text) && text.length < 200)))
		return false;
	return mail_wrote_match(text);
}

bool mail_attribution_begins_by_phrase(struct span text)
{
	const struct phrase *phrase;
	return mail_phrase_set_match(&head_set, text, SIZE_MAX / 2, &phrase) > 0;
}

bool mail_attribution_whole(struct span text)
{
	return complete(text, true) || written_by_program(text, true);
}

bool mail_attribution_said(struct span text)
{
	return written_by_program(text, true) || verb_in_last(text, TAIL);
}

/* "2026. 10. 05. 9:12 ... <ann@example.org>" over several lines may begin in any way: is it worth to join them? */
static bool worth_joining(struct span first)
{
	return mail_ends_with_colon(first) || memchr(first.at, '@', first.length) || first.at[first.length - 1] == '<' || mail_has_clock(first);
}

/* "On ..." and a date may do without a colon. */
static bool begins_bare(struct span text)
{
	size_t size;
	return text.length > 2 && (mail_digit_at(text, &size) >= 0 || fold_starts(text, "on "));
}

/* Does such a line end here: with a colon, or right above a quote? */
static bool ends_one(const struct lines *lines, size_t i)
{
	struct span text = lines->at[i].text;
	while (text.length && (is_blank(text.at[text.length - 1]) || strchr("-*_~>", text.at[text.length - 1])))
		text.length--;
	if (text.length && (unsigned char)text.at[text.length - 1] >= 0x80)
		text = mail_visible_trim(text);
	return mail_ends_with_colon(text);
}

/* The page's own quote that no program marked follows. */
static bool soft_follows(const struct lines *lines, size_t i)
{
	for (size_t n = 0; i < lines->count && n < 3; i++, n++)
		if (lines->at[i].kind != LINE_EMPTY)
			return lines->at[i].soft;
	return false;
}

static bool begins_paragraph(const struct lines *lines, size_t i)
{
	return i == 0 || lines->at[i - 1].kind == LINE_EMPTY || lines->at[i - 1].kind == LINE_QUOTED || lines->at[i - 1].kind == LINE_RULE;
}

bool mail_attribution_near(const struct lines *lines, size_t i, size_t *mark)
{
	if (*mark < i)
		*mark = i;
	while (*mark < lines->count && *mark < i + ATTRIBUTION_LINES + 3 && lines->at[*mark].kind != LINE_QUOTED && !lines->at[*mark].soft && !ends_one(lines, *mark))
		(*mark)++;
	return (*mark < lines->count && *mark < i + ATTRIBUTION_LINES + 3) || begins_bare(stripped(lines->at[i].text));
}

/* Is the bracket of an address open? */
static bool open_bracket(const struct joined *joined)
{
	const char *open = memrchr(joined->text, '<', joined->length);
	return open && !memchr(open, '>', joined->length - (size_t)(open - joined->text));
}

size_t mail_attribution_at(const struct lines *lines, size_t i)
{
	struct span first = stripped(lines->at[i].text);
	if (first.length < 4 || first.length > ATTRIBUTION_BYTES)
		return 0;
	bool opening = mail_attribution_begins(first);
	if (!opening && !worth_joining(first))
		return 0;
	struct joined joined = { .length = 0 };
	bool header = false;
	for (size_t n = 0; n < ATTRIBUTION_LINES && i + n < lines->count; n++) {
		enum line_kind kind = lines->at[i + n].kind;
		bool open = kind == LINE_QUOTED && n && open_bracket(&joined);       /* "<", "mailto:ann@example.org", "> wrote:" */
		if (kind == LINE_EMPTY || (kind == LINE_QUOTED && !open) || kind == LINE_RULE || !mail_joined_add(&joined, lines->at[i + n].text))
			break;
		struct span text = { joined.text, joined.length };
		bool quoted = quoted_follows(lines, i + n + 1);
		if ((opening || (n == 0 && quoted) || (n < 2 && memchr(first.at, '@', first.length) && quoted)) && complete(text, quoted))
			return n + 1;
		header = header || kind == LINE_HEADER;
		if (written_by_program(text, quoted) || (!header && mail_attribution_by_shape(text, mail_ends_with_colon(text), quoted || soft_follows(lines, i + n + 1), begins_paragraph(lines, i))))
			return n + 1;
	}
	/* "Ann Lee <ann@example.org> wrote:" */
	if (mail_ends_with_colon(first) && first.length < 160 && memchr(first.at, '<', first.length) && memchr(first.at, '@', first.length) && verb_in_last(first, TAIL))
		return 1;
	if (gmail_date(first) && (i + 1 == lines->count || lines->at[i + 1].kind == LINE_EMPTY))
		return 1;
	/* "bob wrote:" and other words with a colon right above a quote. */
	if (mail_ends_with_colon(first) && first.length < 160 && quoted_follows(lines, i + 1) && verb_in_last(first, TAIL))
		return 1;
	return 0;
}
