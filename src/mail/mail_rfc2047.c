/*
 * mail_rfc2047.c - a header value as one line of readable UTF-8.
 *
 * Unfolds (RFC 5322 section 2.2.3), decodes encoded words (RFC 2047, language tags of RFC 2231 section 5) and reads raw
 * 8-bit as RFC 6532 or by guess. Accepts what real mailers break: words inside quotes or glued to text, blanks and folds
 * inside a word, a missing end, a character split over two words (their bytes are joined before they are converted).
 * May not let a control byte through: a line end inside an encoded word becomes a blank, so no value can add a line.
 * Problems: guessed charsets of a header.
 */
#include "mail_private.h"

#define WORD_CHARSET_MAX 60              /* bytes of a charset name in an encoded word */

struct word { const char *charset; size_t charset_length; bool base64; struct span text; const char *end; };

static size_t decode_q(const char *at, size_t length, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;
		if (at[i] == '=' && i + 2 < length) {
			char a = lower(at[i + 1]), b = lower(at[i + 2]);
			high = is_digit(a) ? a - '0' : a >= 'a' && a <= 'f' ? a - 'a' + 10 : -1;
			low = is_digit(b) ? b - '0' : b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
		}
		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = at[i] == '_' ? ' ' : at[i];
		}
	}
	return n;
}

int mail_base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Takes what is not in the alphabet for noise; starts afresh after padding, as joined pieces have it in the middle. */
static size_t decode_b64(const char *at, size_t length, char *out)
{
	size_t n = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < length; i++) {
		int value = mail_base64_value(at[i]);
		if (at[i] == '=')
			bits = have = 0;
		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xFF);
		}
	}
	return n;
}

/* The end of an encoded text that begins at `at`: its "?=", which raw question marks in a Q word may hide. */
static const char *word_text_end(const char *at, const char *stop, bool base64)
{
	for (const char *p = at; p + 1 < stop; p++) {
		if (p[0] != '?' || p[1] != '=')
			continue;
		bool hex = !base64 && p + 3 < stop && (is_digit(p[2]) || (lower(p[2]) >= 'a' && lower(p[2]) <= 'f'))
		           && (is_digit(p[3]) || (lower(p[3]) >= 'a' && lower(p[3]) <= 'f'));
		if (!hex)
			return p;
		for (const char *q = p + 2; q + 1 < stop && !is_blank(*q) && !(q[0] == '=' && q[1] == '?'); q++)
			if (q[0] == '?' && q[1] == '=') {
				p = q - 1;
				hex = false;
				break;
			}
		if (hex)
			return p;
	}
	return NULL;
}

/* *scanned: up to where an end was looked for in vain, so that many open words cost one look. */
static bool word_at(const char *at, const char *stop, const char **scanned, struct word *word)
{
	if (stop - at < 6 || at[0] != '=' || at[1] != '?')
		return false;
	const char *p = at + 2;
	while (p < stop && p - at < WORD_CHARSET_MAX && *p > 32 && *p != '?' && *p != '"' && *p < 127)
		p++;
	if (p == at + 2 || p + 2 >= stop || p[0] != '?' || p[2] != '?' || (lower(p[1]) != 'q' && lower(p[1]) != 'b'))
		return false;
	*word = (struct word){ .charset = at + 2, .charset_length = (size_t)(p - at - 2), .base64 = lower(p[1]) == 'b' };
	const char *text = p + 3, *end = *scanned ? NULL : word_text_end(text, stop, word->base64);
	if (end) {
		word->text = (struct span){ text, (size_t)(end - text) };
		word->end = end + 2;
		return true;
	}
	*scanned = stop;
	/* No end: a cut header. The text goes up to the next blank or quote. */
	for (end = text; end < stop && !is_blank(*end) && *end != '"' && *end != '<' && !(end[0] == '=' && end + 1 < stop && end[1] == '?'); end++)
		;
	word->end = end;
	while (end > text && (end[-1] == '?' || (word->base64 && end[-1] == '=' && end - 1 > text && end[-2] == '?')))
		end--;
	word->text = (struct span){ text, (size_t)(end - text) };
	return end - text > 3;
}

struct decoder {
	struct arena *arena;
	struct strings *problems;
	const char *hint;
	struct buffer out, pending, raw;
	char charset[WORD_CHARSET_MAX + 1];
	bool raw_in_word;
};

static void flush_words(struct decoder *d)
{
	if (!d->pending.length)
		return;
	/* Bytes that stand raw in a word are in the charset of the header, not of the word. */
	bool utf8 = d->raw_in_word && utf8_valid(d->pending.at, d->pending.length);
	struct span text = mail_charset_to_utf8(d->arena, (struct span){ d->pending.at, d->pending.length }, utf8 ? "utf-8" : d->charset, "header", d->problems);
	buffer_add(&d->out, text.at, text.length);
	buffer_reset(&d->pending);
	d->raw_in_word = false;
}

const char *mail_word_charset(struct arena *arena, struct span raw)
{
	const char *at = raw.at, *stop = raw.at + raw.length;
	for (int words = 0; words < 20 && (at = memmem(at, (size_t)(stop - at), "=?", 2)) != NULL; words++) {
		const char *name = at += 2;
		while (at < stop && at - name < WORD_CHARSET_MAX && *at > 32 && *at < 127 && *at != '?')
			at++;
		char room[64];
		const char *said = arena_copy(arena, name, (size_t)(at - name)), *known = mail_charset_name(said, room);
		if (at > name && at < stop && *at == '?' && *known && strcmp(known, "utf-8") != 0)
			return said;
	}
	return NULL;
}

/* Raw 8-bit that is UTF-8 is UTF-8 (RFC 6532), whatever the body is in; else what the encoded words beside it are in, or the body, is the best
 * guess. */
const char *mail_raw_charset(struct arena *arena, struct span raw, const char *hint)
{
	if (!memchr(raw.at, '\033', raw.length) && utf8_valid(raw.at, raw.length))
		return "utf-8";
	const char *beside = mail_word_charset(arena, raw);
	return beside ? beside : hint;
}

static void flush_raw(struct decoder *d)
{
	if (!d->raw.length)
		return;
	struct span raw = { d->raw.at, d->raw.length };
	struct span text = mail_charset_to_utf8(d->arena, raw, mail_raw_charset(d->arena, raw, d->hint), "header", d->problems);
	buffer_add(&d->out, text.at, text.length);
	buffer_reset(&d->raw);
}

static void add_word(struct decoder *d, const struct word *word)
{
	char charset[WORD_CHARSET_MAX + 1];
	memcpy(charset, word->charset, word->charset_length);
	charset[word->charset_length] = '\0';
	if (d->pending.length && !text_equal_nocase(charset, d->charset))
		flush_words(d);
	memcpy(d->charset, charset, sizeof charset);
	char *copy = arena_alloc(d->arena, word->text.length + 1), *bytes = arena_alloc(d->arena, word->text.length + 1);
	size_t length = 0;
	for (size_t i = 0; i < word->text.length; i++) {
		/* A fold inside a word is noise; a blank inside a Q word was meant. */
		bool fold = word->text.at[i] == '\r' || word->text.at[i] == '\n';
		if (fold)
			while (i + 1 < word->text.length && is_blank(word->text.at[i + 1]))
				i++;
		else
			copy[length++] = word->text.at[i];
	}
	d->raw_in_word = d->raw_in_word || !mail_charset_is_ascii(copy, length);
	length = word->base64 ? decode_b64(copy, length, bytes) : decode_q(copy, length, bytes);
	buffer_add(&d->pending, bytes, length);
}

/* The value with its encoded words, still holding controls. */
static void decode_words(struct decoder *d, struct span raw)
{
	const char *at = raw.at, *stop = raw.at + raw.length, *scanned = NULL;
	bool after_word = false;
	while (at < stop) {
		struct word word;
		const char *blank = at;
		if (after_word)
			while (blank < stop && is_blank(*blank))
				blank++;
		if (blank < stop && *blank == '=' && word_at(blank, stop, &scanned, &word)) {
			flush_raw(d);
			add_word(d, &word);
			at = word.end;
			after_word = true;
			continue;
		}
		flush_words(d);
		after_word = false;
		if (*at != '\r' && *at != '\n')
			buffer_add_char(&d->raw, *at);
		at++;
	}
	flush_words(d);
	flush_raw(d);
}

static char *one_line(struct arena *arena, const char *at, size_t length)
{
	char *text = arena_copy(arena, at, length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 32 || text[i] == 127)
			text[i] = ' ';
	return text_trim(text);
}

char *mail_header_decode(struct arena *arena, struct span raw, const char *hint, struct strings *problems)
{
	raw = mail_span_trim(raw);
	if (!raw.length)
		return arena_string(arena, "");
	if (!memmem(raw.at, raw.length, "=?", 2)) {
		char *plain = mail_unfold(arena, raw);
		size_t length = strlen(plain);
		if (mail_charset_is_ascii(plain, length) && !memchr(plain, '\033', length))
			return one_line(arena, plain, length);
		struct span line = { plain, length };
		struct span text = mail_charset_to_utf8(arena, line, mail_raw_charset(arena, line, hint), "header", problems);
		return one_line(arena, text.at, text.length);
	}
	const char *beside = mail_charset_is_ascii(raw.at, raw.length) ? NULL : mail_word_charset(arena, raw);
	struct decoder d = { .arena = arena, .problems = problems, .hint = beside ? beside : hint };
	buffer_init(&d.out), buffer_init(&d.pending), buffer_init(&d.raw);
	decode_words(&d, raw);
	char *line = one_line(arena, d.out.length ? d.out.at : "", d.out.length);
	buffer_fini(&d.out), buffer_fini(&d.pending), buffer_fini(&d.raw);
	return line;
}
