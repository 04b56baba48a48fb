/*
 * mail_forward_block.c - the head of a forwarded mail as programs write it: From, Date, Subject, To, in any order and language.
 *
 * Lines may be wrapped, glued to one line (Yahoo), have blank lines between, or no blank line before the text (new Outlook);
 * addresses come as "Ann <a@example.org<mailto:a@example.org>>", "Ann [mailto:a@example.org]" or "x on behalf of y".
 * Linear: each line is read once, a value is cut at VALUE_MAX bytes, and what it may be wrapped into is bounded.
 */
#include "mail_attribution.h"
#include "mail_client_words.h"
#include "mail_reply.h"

#define VALUE_MAX 2000                   /* bytes of a value that are read */
#define GLUED_MAX 4000                   /* bytes of a line in which several headers are looked for */
#define GLUED_FIELDS 8
#define WRAPPED_LINES 3                  /* lines that a value may go on in */

static const struct mail_address nobody = { "", "" };

static bool opens_link(struct span text)
{
	return text.length > 8 && text.at[0] == '<' && mail_span_starts_nocase((struct span){ text.at + 1, text.length - 1 }, "mailto:");
}

/* As it is seen: no bidi marks, plain blanks, and of "<mailto:...>" nothing where an address stands already. */
static char *plain_value(struct arena *arena, struct span value)
{
	value.length = value.length < VALUE_MAX ? value.length : VALUE_MAX;
	char *out = arena_alloc(arena, value.length + 1);
	size_t n = 0, size;
	for (; value.length; value.at += size, value.length -= size) {
		const char *end = opens_link(value) ? memchr(value.at, '>', value.length) : NULL;
		if ((size = mail_invisible_at(value)) > 0)
			continue;
		if ((size = mail_blank_wide_at(value)) > 0) {
			out[n++] = ' ';
			continue;
		}
		size = end ? (size_t)(end - value.at) + 1 : 1;
		if (!end) {
			out[n++] = value.at[0];
		} else if (!memchr(out, '@', n) && !memchr(end, '@', value.length - size + 1)) {
			out[n++] = '<';                          /* the only address there is */
			size = sizeof "<mailto:" - 1;
		}
	}
	out[n] = '\0';
	return text_trim(out);
}

/* Who sends in whose name: the first of the two who has an address. */
static struct span one_of_two(struct span value)
{
	static const char *const words[] = {
		" on behalf of ", " im auftrag von ", " de la part de ", " per conto di ", " en nombre de ", " em nome de ", " namens ", " på vegne af ",
		" på vegne av ", " för ", " w imieniu ", " от имени ", " jménem ", " v mene ", " nevében ", " adına ", " puolesta ", "代表", " の代理",
	};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const char *at = mail_fold_find(value, words[i]);
		if (!at)
			continue;
		struct span first = { value.at, (size_t)(at - value.at) }, rest = { at, (size_t)(value.at + value.length - at) };
		size_t used = fold_starts(rest, words[i]);
		return memchr(first.at, '@', first.length) ? first : (struct span){ at + used, rest.length - used };
	}
	return value;
}

static struct mail_address address_in(struct arena *arena, struct span raw)
{
	struct span value = one_of_two(span_of(plain_value(arena, raw)));
	/* Mailers write "Ann Lee [mailto:ann@example.org]" and "Ann Lee (ann@example.org)". */
	char *copy = arena_copy(arena, value.at, value.length);
	char *open = strpbrk(copy, "[(");
	struct mail_addresses list = { 0 };
	if (open && strchr(open, '@')) {
		*open++ = '\0';
		open[strcspn(open, "])")] = '\0';
		list = mail_addresses_parse(arena, span_of(open), "utf-8", NULL);
		if (list.count && *copy)
			list.at[0].name = text_trim(copy);
	} else {
		list = mail_addresses_parse(arena, span_of(copy), "utf-8", NULL);
	}
	for (size_t i = 0; i < list.count; i++)
		if (mail_address_plausible(list.at[i].address, strlen(list.at[i].address)))
			return list.at[i];
	return nobody;
}

static bool closes_name(struct span text, size_t *size)
{
	static const char *const quotes[] = { "\"", "\u201D", "\u00BB", "\u201C", "'" };
	for (size_t i = 0; i < COUNT_OF(quotes); i++) {
		*size = strlen(quotes[i]);
		if (text.length > *size && memcmp(text.at + text.length - *size, quotes[i], *size) == 0)
			return true;
	}
	return false;
}

/* Without the word of the introduction that stands before a name: "schrieb Ann Lee", "heeft Ann Lee". */
static const char *introduction_word_off(struct arena *arena, struct span name)
{
	static const char *const words[] = {
		"schrieb", "schreef", "heeft", "skrev", "skreiv", "kl.", "uhr", "időpontban", "keltezéssel", "пользователь", "používateľ",
		"odesílatel", "użytkownik", "lietotājs", "от", "від", "da", "ο χρήστης", "tarihinde", "am", "pm", "a.m.", "p.m.", "um", "at", "om",
	};
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < COUNT_OF(words); i++) {
			size_t used = fold_starts(name, words[i]);
			if (used && used < name.length && name.at[used] == ' ') {
				name = mail_visible_trim((struct span){ name.at + used, name.length - used });
				again = true;
			}
		}
	}
	return arena_copy(arena, name.at, name.length);
}

/* The name that ends here: in quotes of some kind, or the words behind the last digit, comma or verb. */
static const char *introduction_name(struct arena *arena, struct span before)
{
	static const char *const opening[] = { "\"", "\u201E", "\u201C", "\u00AB", "'" };
	size_t size;
	before = mail_visible_trim(before);
	if (closes_name(before, &size)) {
		before.length -= size;
		for (size_t i = before.length; i-- > 0;)
			for (size_t n = 0; n < COUNT_OF(opening); n++) {
				size_t used = strlen(opening[n]);
				if (i + used <= before.length && memcmp(before.at + i, opening[n], used) == 0) {
					struct span name = mail_visible_trim((struct span){ before.at + i + used, before.length - i - used });
					return arena_copy(arena, name.at, name.length);
				}
			}
	}
	size_t from = before.length;
	while (from && !is_digit(before.at[from - 1]) && !strchr(",:;", before.at[from - 1]))
		from--;
	struct span name = mail_visible_trim((struct span){ before.at + from, before.length - from });
	return arena_string(arena, introduction_word_off(arena, name));
}

/* The last address of the line, and the words right before it up to a digit, a comma or a verb. */
void mail_introduction_sender(struct arena *arena, struct span line, struct mail_address *from)
{
	struct span value = span_of(plain_value(arena, line));
	const char *at = memrchr(value.at, '@', value.length);
	size_t open = at ? (size_t)(at - value.at) : 0, close = open;
	while (open && !strchr("<[( \"", value.at[open - 1]))
		open--;
	while (close < value.length && !strchr(">]) ", value.at[close]))
		close++;
	struct mail_addresses list = mail_addresses_parse(arena, (struct span){ value.at + open, close - open }, "utf-8", NULL);
	if (!at || !list.count || !mail_address_plausible(list.at[0].address, strlen(list.at[0].address)))
		return;
	while (open && strchr("<[( ", value.at[open - 1]))
		open--;
	*from = (struct mail_address){ list.at[0].address, introduction_name(arena, (struct span){ value.at, open }) };
}

struct field_at { enum header_word word; struct span value; };

/* A header name that begins inside of a line: behind no letter, or with a capital or a letter that has none. */
static size_t glued_name(struct span line, size_t at, enum header_word *word)
{
	unsigned char c = (unsigned char)line.at[at], before = at ? (unsigned char)line.at[at - 1] : ' ';
	if ((c & 0xC0) == 0x80 || (c < 128 && !is_alpha((char)c)))
		return 0;
	if (c >= 'a' && c <= 'z' && (is_alpha((char)before) || before >= 0x80))
		return 0;
	return mail_header_name_at((struct span){ line.at + at, line.length - at }, word);
}

/* "From: Ann <a@b>To: Bob <c@d>Sent: Monday, 9:12Subject: it": the fields of one line, From first, Subject last; 0: it is none. */
static size_t glued_fields(struct span line, struct field_at fields[GLUED_FIELDS])
{
	size_t count = 0, used;
	unsigned seen = 0;
	enum header_word word = HEADER_OTHER;
	for (size_t i = 0; i < line.length && i < GLUED_MAX && count < GLUED_FIELDS && !(seen & 1u << HEADER_SUBJECT); i++) {
		if (!(used = glued_name(line, i, &word)) || (seen & 1u << word))
			continue;
		if (count)
			fields[count - 1].value.length = (size_t)(line.at + i - fields[count - 1].value.at);
		else if (word != HEADER_FROM)
			return 0;
		seen |= 1u << word;
		fields[count++] = (struct field_at){ word, { line.at + i + used, line.length - i - used } };
		i += used - 1;
	}
	return seen & 1u << HEADER_SUBJECT && count > 2 ? count : 0;
}

static void take(struct arena *arena, struct mail_forward *forward, struct field_at field)
{
	struct span value = mail_visible_trim(field.value);
	if (field.word == HEADER_FROM && !*forward->from.address) {
		struct mail_address from = address_in(arena, value);
		forward->from = *from.address ? from : (struct mail_address){ "", *forward->from.name ? forward->from.name : plain_value(arena, value) };
	}
	if (field.word == HEADER_SUBJECT && !*forward->subject)
		forward->subject = plain_value(arena, value);
}

bool mail_block_glued(struct arena *arena, struct span line, struct mail_forward *forward)
{
	struct field_at fields[GLUED_FIELDS];
	size_t count = glued_fields(mail_visible_trim(line), fields);
	for (size_t i = 0; i < count; i++)
		take(arena, forward, fields[i]);
	return count > 0;
}

static bool is_header(const struct lines *lines, size_t i, struct field_at *field)
{
	bool found = false;
	if (i < lines->count && lines->at[i].kind != LINE_EMPTY)
		field->word = mail_header_line(lines->at[i].text, &field->value, &found);
	if (!found && i < lines->count && lines->at[i].kind == LINE_HEADER && mail_labelled_line(lines->at[i].text, &field->value)) {
		field->word = lines->at[i].header;               /* told by its shape */
		found = true;
	}
	return found;
}

/* Does line i belong to the value above it? whole: the subject of the mail that forwards, which may say how the subject goes on. */
static bool goes_on(const struct lines *lines, size_t i, const struct field_at *last, size_t wrapped, const char *whole)
{
	struct span text = mail_visible_trim(lines->at[i].text), value = mail_visible_trim(last->value);
	struct field_at next;
	if (wrapped >= WRAPPED_LINES || !text.length)
		return false;
	if (!value.length || (last->word == HEADER_FROM && !memchr(value.at, '@', value.length)))
		return true;
	for (size_t n = 1; n <= WRAPPED_LINES - wrapped; n++)
		if (is_header(lines, i + n, &next))
			return true;
	if (last->word != HEADER_SUBJECT)
		return false;
	size_t length = strlen(whole);
	const char *at = length > value.length ? memmem(whole, length, value.at, value.length) : NULL;
	struct span rest = at ? mail_visible_trim(span_of(at + value.length)) : (struct span){ "", 0 };
	return rest.length && (rest.length <= text.length ? memcmp(text.at, rest.at, rest.length) == 0 : memcmp(text.at, rest.at, text.length) == 0);
}

/* The value with what it was wrapped into. */
static struct span unwrapped(struct arena *arena, struct span value, struct span more)
{
	struct span a = mail_visible_trim(value), b = mail_visible_trim(more);
	a.length = a.length < VALUE_MAX ? a.length : VALUE_MAX;
	b.length = b.length < VALUE_MAX ? b.length : VALUE_MAX;
	return span_of(arena_printf(arena, "%.*s%s%.*s", (int)a.length, a.at, a.length ? " " : "", (int)b.length, b.at));
}

/* Behind empty lines: does the block go on with a field that it has not had? */
static bool block_goes_on(const struct lines *lines, size_t i, unsigned seen)
{
	struct field_at next;
	for (size_t n = 0; n < 2 && i < lines->count && lines->at[i].kind == LINE_EMPTY; n++)
		i++;
	return is_header(lines, i, &next) && (next.word == HEADER_OTHER || !(seen & 1u << next.word));
}

size_t mail_block_read(struct arena *arena, const struct lines *lines, size_t at, const char *whole, struct mail_forward *forward)
{
	struct field_at last = { .word = HEADER_OTHER }, field;
	unsigned seen = 0;
	size_t i = at, wrapped = 0;
	for (; i < lines->count; i++) {
		if (lines->at[i].kind == LINE_EMPTY) {
			if (seen && !block_goes_on(lines, i, seen))
				break;
			continue;
		}
		if (is_header(lines, i, &field)) {
			if (field.word == HEADER_FROM && !seen && mail_block_glued(arena, lines->at[i].text, forward))
				return i + 1;
			bool again = field.word != HEADER_OTHER && (seen & 1u << field.word);
			if (again && field.word != last.word)
				break;                           /* the text begins with a block of its own */
			if (seen)
				take(arena, forward, last);
			seen |= 1u << field.word;
			last = field;
			wrapped = 0;
		} else if (seen && goes_on(lines, i, &last, wrapped, whole)) {
			last.value = unwrapped(arena, last.value, lines->at[i].text);
			wrapped++;
		} else {
			break;
		}
	}
	if (seen)
		take(arena, forward, last);
	return i;
}

#define TORN_MOST 10                     /* lines */
#define TORN_LABEL 48                    /* bytes in which the colon stands */

static const char *colon_near(struct span text)
{
	text.length = text.length < TORN_LABEL ? text.length : TORN_LABEL;
	const char *colon = memchr(text.at, ':', text.length), *wide = memmem(text.at, text.length, "\uFF1A", 3);
	return colon ? colon + 1 : wide ? wide + 3 : NULL;
}

size_t mail_block_torn(struct arena *arena, const struct lines *lines, size_t at, struct mail_forward *forward)
{
	struct span from = { "", 0 };
	size_t shown = 0, last = 0;
	bool time = false, gaps = false;                 /* gaps: some programs put an empty line behind each */
	for (size_t i = at, empty = 0; i < lines->count && shown < TORN_MOST && empty < 2; i++) {
		struct span text = mail_visible_trim(lines->at[i].text);
		while (text.length && (text.at[0] == '>' || text.at[0] == ' '))
			text.at++, text.length--;
		const char *value = colon_near(text), *sign = memchr(text.at, '@', text.length);
		if (!text.length) {
			gaps = gaps || shown == 1;
			if (shown && !gaps)
				break;
			empty++;
			continue;
		}
		if (!value || (!shown && (!sign || sign < value)))
			break;
		if (!shown) {
			const char *end = memchr(sign, '>', (size_t)(text.at + text.length - sign));
			from = (struct span){ value, (size_t)((end ? end + 1 : text.at + text.length) - value) };
		}
		time = time || (shown && mail_has_clock(text));
		shown++, empty = 0;
		last = i + 1;
	}
	if (shown < 3 || !time)
		return 0;
	if (forward)
		forward->from = address_in(arena, from);
	return last;
}
