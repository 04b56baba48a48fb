/*
 * mail_charset.c - bytes of some charset to clean UTF-8: by declaration, strictly; then by evidence.
 *
 * The order: byte order mark; pure ASCII; UTF-8; the declared charset (the one that mailers mean by the name:
 * mail_charset_name.c); ISO-2022-JP by its escapes;
 * what the letters speak for (mail_charset_guess.c). UTF-8 wins over every other declaration; where it has a few wrong
 * bytes, these are mended and the others stay.
 * What comes out holds no NUL and no control byte but tab and newline, UTF-7 included: it is text, never markup.
 * Problems: every guess, and every byte that could not be read. May not depend on the locale.
 */
#include "mail_private.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#define TORN_RUN 4                       /* wrong bytes in a row in what is said to be UTF-8, from which on it is another charset's word, */
#define TORN_BYTES 6                     /* and wrong bytes in all */

/* 0x80..0x9F of windows-1252; 0: undefined, passed on as the C1 control it would be, which utf8_clean judges. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

bool mail_charset_is_ascii(const char *at, size_t length)
{
	size_t i = 0;
	for (; i + 8 <= length; i += 8) {
		uint64_t eight;
		memcpy(&eight, at + i, 8);
		if (eight & UINT64_C(0x8080808080808080))
			return false;
	}
	for (; i < length; i++)
		if (at[i] & 0x80)
			return false;
	return true;
}

static struct span cleaned(struct arena *arena, const char *at, size_t length)
{
	return span_of(utf8_clean(arena, at, length));
}

/* For what is thrown away as soon as it was read once: a mail's arena keeps all it gives until the mail is done. */
static char *room_for(size_t bytes)
{
	char *room = malloc(bytes);
	if (!room)
		abort();
	return room;
}

static struct span from_1252(struct arena *arena, struct span bytes)
{
	CLEANUP_FREE char *out = room_for(bytes.length * 3 + 1);
	size_t length = 0;
	for (size_t i = 0; i < bytes.length; i++) {
		unsigned char byte = (unsigned char)bytes.at[i];
		if (byte < 0x80)
			out[length++] = (char)byte;
		else
			length += utf8_encode(byte < 0xA0 ? (windows_1252[byte - 0x80] ? windows_1252[byte - 0x80] : 0xFFFD) : byte, out + length);
	}
	return cleaned(arena, out, length);
}

/* Converts with iconv. wrong: how many bytes were replaced; more than `tolerated`, or an unknown charset: false. */
static bool convert(struct arena *arena, struct span bytes, const char *charset, size_t tolerated, size_t *wrong, struct span *text)
{
	iconv_t converter = iconv_open("UTF-8", charset);
	if (converter == (iconv_t)-1)
		return false;
	size_t room = bytes.length * 4 + 16, left = bytes.length, free_room = room;
	CLEANUP_FREE char *out = room_for(room);
	char *to = out, *from = (char *)(uintptr_t)bytes.at;
	*wrong = 0;
	bool right = true;
	while (left && right) {
		if (iconv(converter, &from, &left, &to, &free_room) != (size_t)-1)
			break;
		right = (errno == EILSEQ || errno == EINVAL) && ++*wrong <= tolerated && free_room > 3;
		if (!right || errno == E2BIG)
			break;
		memcpy(to, "\xEF\xBF\xBD", 3);
		to += 3, free_room -= 3, from++, left--;
	}
	if (right)
		iconv(converter, NULL, NULL, &to, &free_room);
	iconv_close(converter);
	if (right)
		*text = cleaned(arena, out, (size_t)(to - out));
	return right;
}

/* ---- UTF-8 with wrong bytes ---- */

/* Letters and signs of living scripts; what accidental UTF-8 in another charset decodes to is mostly none of them. */
static bool plausible(uint32_t code)
{
	return (code >= 0xA0 && code < 0x250) || (code >= 0x370 && code < 0x700) || (code >= 0x900 && code < 0x1100) || (code >= 0x1E00 && code < 0x2300)
	       || (code >= 0x2500 && code < 0x27C0) || (code >= 0x3000 && code < 0x3200) || (code >= 0x4E00 && code < 0xA000) || (code >= 0xAC00 && code < 0xD7A4)
	       || (code >= 0xFE00 && code < 0xFFF0) || (code >= 0x1F000 && code < 0x1FB00);
}

struct utf8_look { size_t wrong, multi, weight, longest; };      /* weight: how much the right sequences say for UTF-8; longest: wrong bytes in a row */

static struct utf8_look look_utf8(struct span bytes)
{
	struct utf8_look look = { 0 };
	for (size_t i = 0, run = 0; i < bytes.length;) {
		uint32_t code;
		size_t size = utf8_decode(bytes.at + i, bytes.length - i, &code);
		run = size ? 0 : run + 1;
		look.longest = run > look.longest ? run : look.longest;
		look.wrong += size == 0;
		look.multi += size > 1;
		look.weight += size > 1 && plausible(code) ? (size - 1) * (size - 1) : 0;
		i += size ? size : 1;
	}
	return look;
}

/* A character that was cut: a first byte, and some but not all of its others. Returns its bytes, 0: none. */
static size_t cut_character(struct span bytes, size_t at)
{
	unsigned char lead = (unsigned char)bytes.at[at];
	size_t want = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0, have = 1;
	while (want && have < want && at + have < bytes.length && ((unsigned char)bytes.at[at + have] & 0xC0) == 0x80)
		have++;
	bool end = at + have == bytes.length;
	return want && (have > 1 || end) ? have : 0;
}

static bool other_script(uint32_t code)
{
	return (code >= 0x250 && code < 0x1E00) || (code >= 0x2E80 && code < 0xFB00);
}

static bool other_script_at(struct span bytes, size_t at)
{
	uint32_t code;
	return at < bytes.length && utf8_decode(bytes.at + at, bytes.length - at, &code) && other_script(code);
}

/* The right bytes stay; a wrong one becomes the letter that it is in windows-1252, or U+FFFD where a character was cut, and beside letters
 * that windows-1252 has not. */
static struct span utf8_mended(struct arena *arena, struct span bytes)
{
	char *out = arena_alloc(arena, bytes.length * 3 + 1);
	size_t n = 0, size;
	bool beside = false;
	for (size_t i = 0; i < bytes.length; i += size) {
		uint32_t code;
		unsigned char byte = (unsigned char)bytes.at[i];
		size = utf8_decode(bytes.at + i, bytes.length - i, &code);
		if (size) {
			memcpy(out + n, bytes.at + i, size);
			n += size;
			beside = other_script(code);
			continue;
		}
		size = cut_character(bytes, i);
		code = byte >= 0xFE ? 0xFFFD : byte >= 0xA0 ? byte : windows_1252[byte & 31];
		n += utf8_encode(size || !code || beside || other_script_at(bytes, i + 1) ? 0xFFFD : code, out + n);
		size += size == 0;
	}
	return cleaned(arena, out, n);
}

/* CESU-8 (Unicode Technical Report 26): characters beyond the first plane as two halves of three bytes each. */
static struct span cesu_joined(struct arena *arena, struct span bytes)
{
	const char *first = bytes.length ? memchr(bytes.at, 0xED, bytes.length) : NULL;
	if (!first)
		return bytes;
	char *out = arena_room(arena, bytes.length + 1);
	size_t n = 0;
	for (size_t i = 0; i < bytes.length;) {
		const unsigned char *p = (const unsigned char *)bytes.at + i;
		bool pair = i + 5 < bytes.length && p[0] == 0xED && p[1] >= 0xA0 && p[1] < 0xB0 && (p[2] & 0xC0) == 0x80 && p[3] == 0xED && p[4] >= 0xB0
		            && (p[4] & 0xC0) == 0x80 && (p[5] & 0xC0) == 0x80;
		if (pair) {
			uint32_t high = (uint32_t)(p[1] & 15) << 6 | (p[2] & 63), low = (uint32_t)(p[4] & 15) << 6 | (p[5] & 63);
			n += utf8_encode(0x10000 + (high << 10 | low), out + n);
			i += 6;
		} else {
			out[n++] = bytes.at[i++];
		}
	}
	return (struct span){ out, n };
}

/* HZ (RFC 1843): GB 2312 in seven bits between ~{ and ~}. */
static struct span from_hz(struct arena *arena, struct span bytes)
{
	char *gb = arena_room(arena, bytes.length + 1);
	size_t n = 0, wrong;
	bool chinese = false;
	struct span text;
	for (size_t i = 0; i < bytes.length; i++) {
		char c = bytes.at[i], d = i + 1 < bytes.length ? bytes.at[i + 1] : 0;
		if (c == '~' && (d == '{' || d == '}')) {
			chinese = d == '{';
			i++;
		} else if (c == '~' && !chinese && (d == '~' || d == '\n')) {
			if (d == '~')
				gb[n++] = '~';
			i++;
		} else if (chinese && c > 32 && c < 127 && d > 32) {
			gb[n++] = (char)(c | 0x80);
			gb[n++] = (char)(d | 0x80);
			i++;
		} else {
			chinese = chinese && c != '\n';                  /* a line begins in ASCII */
			gb[n++] = c;
		}
	}
	return convert(arena, (struct span){ gb, n }, "GB18030", n, &wrong, &text) ? text : cleaned(arena, bytes.at, bytes.length);
}

static bool escapes_2022(struct span bytes)
{
	return memmem(bytes.at, bytes.length, "\033$", 2) || memmem(bytes.at, bytes.length, "\033(J", 3) || memmem(bytes.at, bytes.length, "\033(I", 3);
}

/* ISO-2022-JP with the characters that vendors added to JIS X 0208 (circled digits and the like), which glibc's converter
 * refuses: the same bytes with their high bits set are EUC-JP, and of that glibc knows the vendors' form. RFC 1468. */
static bool from_2022_jp(struct arena *arena, struct span bytes, size_t *wrong, struct span *text)
{
	CLEANUP_FREE char *euc = room_for(bytes.length * 2 + 1);
	size_t n = 0;
	enum { ASCII, WIDE, KANA } mode = ASCII;
	for (size_t i = 0; i < bytes.length; i++) {
		char c = bytes.at[i];
		if (c == '\033' && i + 2 < bytes.length && (bytes.at[i + 1] == '$' || bytes.at[i + 1] == '(')) {
			bool wide = bytes.at[i + 1] == '$';
			mode = wide ? WIDE : bytes.at[i + 2] == 'I' ? KANA : ASCII;
			i += wide && (bytes.at[i + 2] == '(' || bytes.at[i + 2] == ')') && i + 3 < bytes.length ? 3 : 2;
		} else if (mode == WIDE && c > 32 && c != 127 && i + 1 < bytes.length && bytes.at[i + 1] > 32) {
			euc[n++] = (char)(c | 0x80);
			euc[n++] = (char)(bytes.at[++i] | 0x80);
		} else if (mode == KANA && c > 32 && c < 0x60) {
			euc[n++] = '\x8E';
			euc[n++] = (char)(c | 0x80);
		} else {
			if (c == '\n')
				mode = ASCII;                                    /* a line begins in ASCII, RFC 1468 */
			euc[n++] = c;
		}
	}
	return convert(arena, (struct span){ euc, n }, "EUC-JP-MS", bytes.length / 50 + 1, wrong, text);
}

static bool unreadable_as_is(const char *charset)
{
	return strncmp(charset, "UTF-7", 5) == 0 || strcmp(charset, "utf-7") == 0 || strcmp(charset, "HZ") == 0
	       || strncmp(charset, "ISO-2022", 8) == 0 || strncmp(charset, "iso-2022", 8) == 0 || strncmp(charset, "UTF-16", 6) == 0
	       || strncmp(charset, "utf-16", 6) == 0 || strncmp(charset, "utf-32", 6) == 0 || strncmp(charset, "ucs", 3) == 0
	       || strstr(charset, "ebcdic") || strncmp(charset, "ibm037", 6) == 0;
}

/* Of the guesses: those in which words of ASCII letters with accents are written. */
static bool has_latin_letters(const char *name)
{
	static const char *const names[] = { "windows-1252", "CP1250", "ISO-8859-2", "CP1254", "CP1257", "ISO-8859-4", "ISO-8859-3", "ISO-8859-16" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_double_byte(const char *name)
{
	return strncmp(name, "GB", 2) == 0 || strncmp(name, "BIG5", 4) == 0 || strncmp(name, "CP9", 3) == 0 || strncmp(name, "EUC", 3) == 0 || strncmp(name, "euc", 3) == 0;
}

static struct span by_evidence(struct arena *arena, struct span bytes, const char *said, const char *near, const char *where, struct strings *problems)
{
	char room[64];
	struct span text;
	size_t wrong;
	const char *what = *said ? said : "undeclared charset";
	if (escapes_2022(bytes) && from_2022_jp(arena, bytes, &wrong, &text)) {
		if (strncmp(said, "ISO-2022", 8) != 0)
			mail_problem_add(arena, problems, "%s: %s, read as ISO-2022-JP", where, what);
		return text;
	}
	struct utf8_look look = look_utf8(bytes);
	bool claimed = strncmp(said, "UTF-8", 5) == 0;
	if (!look.wrong || look.weight > (claimed ? look.wrong - 1 : 3 * look.wrong)) {
		mail_problem_add(arena, problems, look.wrong ? "%s: %s, read as UTF-8 with %zu wrong bytes" : "%s: %s, read as UTF-8", where, what, look.wrong);
		return utf8_mended(arena, bytes);
	}
	const char *name = mail_charset_guess(bytes, near ? mail_charset_name(near, room) : NULL);
	if (claimed && look.longest < TORN_RUN && look.wrong < TORN_BYTES && !has_latin_letters(name)) {       /* torn characters, no word of another script */
		mail_problem_add(arena, problems, "%s: %s, read as UTF-8 with %zu wrong bytes", where, what, look.wrong);
		return utf8_mended(arena, bytes);
	}
	if (strcmp(name, "windows-1252") != 0 && convert(arena, bytes, name, bytes.length / 20 + 1, &wrong, &text)) {
		mail_problem_add(arena, problems, "%s: %s, read as %s", where, what, name);
		return text;
	}
	mail_problem_add(arena, problems, "%s: %s, read as windows-1252", where, what);
	return from_1252(arena, bytes);
}

/* UTF-8 that is declared as something else is a mailer's mistake: no other charset gives so many right sequences by chance. Of the double-byte
 * ones some do for a word or two, and Thai for one. */
static bool utf8_all_the_same(const char *charset, struct span bytes)
{
	bool wide = is_double_byte(charset);
	bool thai = strcmp(charset, "CP874") == 0;
	if (unreadable_as_is(charset) || !utf8_valid(bytes.at, bytes.length))
		return false;
	struct utf8_look look = look_utf8(bytes);
	return wide ? look.weight >= 12 && look.weight >= 3 * look.multi : thai ? look.weight >= 8 : look.weight >= look.multi && look.multi;
}

static struct span as_declared(struct arena *arena, struct span bytes, const char *charset, const char *near, const char *where, struct strings *problems)
{
	struct span text;
	size_t wrong = 0;
	char said[120];
	if (strcmp(charset, "windows-1252") == 0)
		return from_1252(arena, bytes);
	if (strcmp(charset, "HZ") == 0)
		return from_hz(arena, bytes);
	bool japanese = strcmp(charset, "ISO-2022-JP-3") == 0 && from_2022_jp(arena, bytes, &wrong, &text);
	if (japanese || convert(arena, bytes, charset, bytes.length / 100, &wrong, &text)) {
		if (wrong)
			mail_problem_add(arena, problems, "%s: %zu bytes are not in the declared charset %s", where, wrong, charset);
		return text;
	}
	snprintf(said, sizeof said, "declared %s, which cannot be read", charset);
	return by_evidence(arena, bytes, said, near ? near : charset, where, problems);
}

struct span mail_charset_to_utf8_near(struct arena *arena, struct span bytes, const char *declared, const char *near, const char *where, struct strings *problems)
{
	char room[64], said[120];
	const char *charset = mail_charset_name(declared, room);
	struct span text;
	size_t wrong = 0;
	if (bytes.length >= 3 && memcmp(bytes.at, "\xEF\xBB\xBF", 3) == 0 && utf8_valid(bytes.at, bytes.length))
		return cleaned(arena, bytes.at + 3, bytes.length - 3);
	if (bytes.length >= 2 && bytes.length % 2 == 0 && (memcmp(bytes.at, "\xFF\xFE", 2) == 0 || memcmp(bytes.at, "\xFE\xFF", 2) == 0)
	    && convert(arena, bytes, "UTF-16", bytes.length / 50, &wrong, &text))
		return text;
	if (!unreadable_as_is(charset)) {
		if (mail_charset_is_ascii(bytes.at, bytes.length) && !(memchr(bytes.at, '\033', bytes.length) && escapes_2022(bytes)))
			return cleaned(arena, bytes.at, bytes.length);
		if (strcmp(charset, "utf-8") == 0 && utf8_valid(bytes.at, bytes.length))
			return cleaned(arena, bytes.at, bytes.length);
	}
	if (!*charset || strcmp(charset, "utf-8") == 0)
		return by_evidence(arena, cesu_joined(arena, bytes), *charset ? "UTF-8 declared, but it is not" : *room ? "8-bit in what is said to be ASCII" : "", near,
		                   where, problems);
	if (utf8_all_the_same(charset, bytes)) {
		snprintf(said, sizeof said, "declared %s", strcmp(charset, "windows-1252") == 0 ? "ISO-8859-1" : charset);
		return by_evidence(arena, bytes, said, near, where, problems);
	}
	return as_declared(arena, bytes, charset, near, where, problems);
}

struct span mail_charset_to_utf8(struct arena *arena, struct span bytes, const char *declared, const char *where, struct strings *problems)
{
	return mail_charset_to_utf8_near(arena, bytes, declared, NULL, where, problems);
}
