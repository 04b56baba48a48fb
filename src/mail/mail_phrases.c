/*
 * mail_phrases.c - the lines by which mail programs mark what they quote, in the languages of mail_client_words.c.
 *
 * "-----Original Message-----", "From: / Sent: / To: / Subject:" blocks, "Sent from my phone". One line at a time, no
 * backtracking; may not decide what is cut.
 */
#include "mail_client_words.h"
#include "mail_reply.h"

#define LINE_MOST 4000                   /* bytes of a line that may be a mark: Yahoo glues all header lines to it */

enum { MARK_ORIGINAL, MARK_FORWARD };
static struct phrase_set header_set, mark_set, phone_set;

/* Without leading marks of quoting, emphasis and lists, and without what nobody sees. */
static struct span bare_line(struct span line)
{
	line = mail_visible_trim(line);
	while (line.length && strchr("*>_ |", line.at[0]))
		line = mail_visible_trim((struct span){ line.at + 1, line.length - 1 });
	return line;
}

/* Bytes of a colon of any width, blanks before it included; 0: there is none. */
static size_t colon_at(struct span text)
{
	size_t used = 0;
	while (used < text.length) {
		struct span rest = { text.at + used, text.length - used };
		size_t blank = text.at[used] == ' ' || text.at[used] == '\t' || text.at[used] == '*' ? 1 : mail_blank_wide_at(rest);
		if (!blank)
			break;
		used += blank;
	}
	if (used < text.length && text.at[used] == ':')
		return used + 1;
	return used + 3 <= text.length && memcmp(text.at + used, "\xEF\xBC\x9A", 3) == 0 ? used + 3 : 0;
}

size_t mail_header_name_at(struct span text, enum header_word *word)
{
	const struct phrase *phrase = NULL;
	size_t used = mail_phrase_set_match(&header_set, text, SIZE_MAX / 2, &phrase);
	size_t colon = used ? colon_at((struct span){ text.at + used, text.length - used }) : 0;
	if (!colon)
		return 0;
	*word = phrase->kind;
	return used + colon;
}

enum header_word mail_header_line(struct span line, struct span *value, bool *found)
{
	enum header_word word = HEADER_OTHER;
	*found = false;
	size_t near = line.length < 64 ? line.length : 64;
	if (!memchr(line.at, ':', near) && !(memchr(line.at, 0xEF, near) && memmem(line.at, near, "\xEF\xBC\x9A", 3)))
		return HEADER_OTHER;
	line = bare_line(line);
	size_t used = mail_header_name_at(line, &word);
	if (!used)
		return HEADER_OTHER;
	while (used < line.length && line.at[used] == '*')
		used++;
	*value = mail_visible_trim((struct span){ line.at + used, line.length - used });
	*found = true;
	return word;
}

/* "----- Original Message -----": dashes, a known phrase, dashes; or the phrase alone on its line. */
static bool marks_in(struct span line, bool whole, bool *forward)
{
	const struct phrase *phrase = NULL;
	size_t used = mail_phrase_set_match(&mark_set, line, whole ? 12 : SIZE_MAX / 2, &phrase);
	if (!used)
		return false;
	*forward = phrase->kind == MARK_FORWARD;
	struct span rest = mail_visible_trim((struct span){ line.at + used, line.length - used });
	return !whole || !rest.length || colon_at(rest) == rest.length;
}

size_t mail_delimiter_dashes(struct span *line)
{
	size_t dashes = 0;
	while (line->length && (strchr("-_=~#*> ", line->at[0]) || (line->length > 2 && (unsigned char)line->at[0] == 0xE2 && (unsigned char)line->at[1] == 0x80))) {
		size_t size = (unsigned char)line->at[0] == 0xE2 ? 3 : 1;
		dashes += line->at[0] != ' ';
		line->at += size, line->length -= size;
	}
	return dashes;
}

bool mail_delimiter_line(struct span line, bool *forward)
{
	*forward = false;
	if (line.length > LINE_MOST)
		return false;
	line = bare_line(line);
	size_t dashes = mail_delimiter_dashes(&line);
	while (line.length && (strchr("-_=~#*< ", line.at[line.length - 1])))
		line.length--;
	if (!line.length || (dashes < 2 && line.length > 100))
		return false;
	if (marks_in(line, dashes < 2, forward))
		return true;
	*forward = false;
	/* "##- Please type your reply above this line -##" of other help desks */
	return dashes >= 2 && line.length < 120 && mail_fold_find(line, "above this line") && mail_fold_find(line, "reply");
}

struct span mail_behind_mark(struct span line)
{
	const struct phrase *phrase = NULL;
	line = bare_line(line);
	mail_delimiter_dashes(&line);
	size_t used = mail_phrase_set_match(&mark_set, line, SIZE_MAX / 2, &phrase);
	line = (struct span){ line.at + used, line.length - used };
	while (line.length && strchr("-_=~#*: ", line.at[0]))
		line.at++, line.length--;
	return line;
}

/* A line that goes on like a sentence is a program's own only if it names a device or a program. */
static bool reads_like_a_sentence(struct span line)
{
	static const char *const products[] = {
		"phone", "ipad", "ipod", "android", "samsung", "galaxy", "huawei", "xiaomi", "redmi", "pixel", "nokia", "xperia", "motorola", "blackberry",
		"windows", "outlook", "gmail", "yahoo", "mobil", "tablet", "handy", "telefon", "téléphone", "teléfono", "móvil", "cellulare", "celular",
		"mail", "app", "телефон", "aol", "gmx", "proton", "telekom", "device", "ios",
	};
	size_t words = 1;
	for (size_t i = 0; i < line.length; i++)
		words += line.at[i] == ' ';
	bool ended = line.length && strchr(".!?", line.at[line.length - 1]);
	if (words < (ended ? 5u : 8u))
		return false;
	struct span start = { line.at, line.length < 60 ? line.length : 60 };
	for (size_t i = 0; i < COUNT_OF(products); i++)
		if (mail_fold_find(start, products[i]))
			return false;
	return true;
}

bool mail_signature_phrase(struct span line)
{
	line = bare_line(line);
	while (line.length && strchr("-[(<", line.at[0]))
		line.at++, line.length--;
	line = mail_span_trim(line);
	if (line.length < 6 || line.length > 140)
		return false;
	return mail_phrase_set_holds(&phone_set, line) && !reads_like_a_sentence(line);
}

void mail_phrases_init(void)
{
	if (header_set.count)
		return;
	for (size_t i = 0; i < mail_client_words_count; i++) {
		const struct client_words *row = &mail_client_words[i];
		mail_phrase_set_add(&header_set, row->from, HEADER_FROM);
		mail_phrase_set_add(&header_set, row->date, HEADER_DATE);
		mail_phrase_set_add(&header_set, row->to, HEADER_TO);
		mail_phrase_set_add(&header_set, row->cc, HEADER_CC);
		mail_phrase_set_add(&header_set, row->subject, HEADER_SUBJECT);
		mail_phrase_set_add(&header_set, row->reply_to, HEADER_REPLY_TO);
		mail_phrase_set_add(&header_set, row->other, HEADER_OTHER);
	}
	for (size_t i = 0; i < mail_client_marks_count; i++) {
		mail_phrase_set_add(&mark_set, mail_client_marks[i].original, MARK_ORIGINAL);
		mail_phrase_set_add(&mark_set, mail_client_marks[i].forward, MARK_FORWARD);
		mail_phrase_set_add(&phone_set, mail_client_marks[i].phone, 0);
	}
}
