/*
 * mail_charset.c - bytes of some charset to clean UTF-8: by declaration, strictly; then by evidence.
 *
 * The order: byte order mark; pure ASCII; the declared charset (with the superset that mailers mean by it: windows-1252
 * for ISO-8859-1, GB18030 for GB2312, CP949 for KS C 5601, CP932 for Shift_JIS); UTF-8; ISO-2022-JP by its escapes;
 * double-byte and Cyrillic charsets by the shape of the high bytes; windows-1252 at last, which cannot fail.
 * What comes out holds no NUL and no control byte but tab and newline, UTF-7 included: it is text, never markup.
 * Problems: every guess, and every byte that could not be read. May not depend on the locale.
 */
#include "mail_private.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>

/* 0x80..0x9F of windows-1252; 0: undefined, passed on as the C1 control it would be, which utf8_clean judges. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

struct alias { const char *said, *meant; };
/* What mailers write, and the converter that reads all that they then send (WHATWG Encoding Standard, section 4.2). */
static const struct alias aliases[] = {
	{ "utf8", "utf-8" }, { "unicode-1-1-utf-8", "utf-8" }, { "utf-8n", "utf-8" }, { "x-utf-8", "utf-8" }, { "utf8mb4", "utf-8" },
	{ "iso-8859-1", "windows-1252" }, { "iso8859-1", "windows-1252" }, { "iso_8859-1", "windows-1252" },
	{ "latin1", "windows-1252" }, { "latin-1", "windows-1252" }, { "l1", "windows-1252" }, { "iso-8859", "windows-1252" },
	{ "iso-8859-1:1987", "windows-1252" }, { "cp1252", "windows-1252" }, { "cp-1252", "windows-1252" }, { "x-cp1252", "windows-1252" },
	{ "ansi", "windows-1252" }, { "x-ansi", "windows-1252" }, { "iso8859_1", "windows-1252" }, { "windows1252", "windows-1252" },
	{ "iso-8859-9", "CP1254" }, { "iso8859-9", "CP1254" }, { "iso-8859-11", "CP874" }, { "tis-620", "CP874" },
	{ "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-8-e", "ISO-8859-8" }, { "iso-8859-6-i", "ISO-8859-6" }, { "visual", "ISO-8859-8" },
	{ "gb2312", "GB18030" }, { "gb_2312-80", "GB18030" }, { "gbk", "GB18030" }, { "x-gbk", "GB18030" }, { "cp936", "GB18030" },
	{ "euc-cn", "GB18030" }, { "chinese", "GB18030" }, { "hz-gb-2312", "HZ" },
	{ "ks_c_5601-1987", "CP949" }, { "ks_c_5601", "CP949" }, { "ks_c_5601-1989", "CP949" }, { "euc-kr", "CP949" },
	{ "korean", "CP949" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" }, { "x-sjis", "CP932" }, { "sjis", "CP932" }, { "windows-31j", "CP932" },
	{ "big5", "BIG5-HKSCS" }, { "x-x-big5", "BIG5-HKSCS" }, { "big5-hkscs", "BIG5-HKSCS" },
	{ "iso-2022-jp-ms", "ISO-2022-JP-3" }, { "cp50220", "ISO-2022-JP-3" }, { "cp50221", "ISO-2022-JP-3" },
	{ "iso-2022-jp", "ISO-2022-JP-3" }, { "csiso2022jp", "ISO-2022-JP-3" }, { "unicode-1-1-utf-7", "UTF-7" },
	{ "x-unicode-2-0-utf-7", "UTF-7" },
	{ "macintosh", "MACINTOSH" }, { "x-mac-roman", "MACINTOSH" }, { "mac", "MACINTOSH" }, { "x-mac-cyrillic", "MAC-CYRILLIC" },
	{ "unicode", "UTF-16" }, { "ucs-2", "UTF-16" }, { "iso-10646-ucs-2", "UTF-16" },
	{ "us-ascii", "" }, { "ascii", "" }, { "ansi_x3.4-1968", "" }, { "us_ascii", "" }, { "usascii", "" },
	{ "iso-646", "" }, { "7bit", "" },
	{ "8bit", "" }, { "unknown-8bit", "" }, { "x-unknown", "" }, { "unknown", "" }, { "default", "" }, { "x-user-defined", "" },
	{ "binary", "" }, { "iso-8859-1-unknown", "" }, { "none", "" },
};

/* Lower case, without quotes and blanks; an RFC 2231 language tag is dropped. */
static const char *charset_name(const char *declared, char out[64])
{
	size_t length = 0;
	for (const char *at = declared ? declared : ""; *at && *at != '*' && length < 63; at++)
		if (*at != '"' && *at != '\'' && !is_blank(*at) && *at > 32 && *at < 127)
			out[length++] = lower(*at);
	out[length] = '\0';
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		if (strcmp(out, aliases[i].said) == 0)
			return aliases[i].meant;
	return out;
}

bool charset_is_ascii(const char *at, size_t length)
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

static struct span from_1252(struct arena *arena, struct span bytes)
{
	char *out = arena_alloc(arena, bytes.length * 3 + 1);
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
	char *out = arena_alloc(arena, room), *to = out, *from = (char *)(uintptr_t)bytes.at;
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

/* The shape of the high bytes: what a guess goes by. */
struct shape { size_t high, pairs, singles, upper, kana_sjis, kana_euc, hangul, hanzi, low_trail, cyrillic_lower, cyrillic_upper, c1; };

static void look(struct span bytes, struct shape *shape)
{
	for (size_t i = 0; i < bytes.length; i++) {
		unsigned char a = (unsigned char)bytes.at[i], b = i + 1 < bytes.length ? (unsigned char)bytes.at[i + 1] : 0;
		if (a < 0x80)
			continue;
		shape->high++;
		shape->c1 += a < 0xA0;
		shape->upper += a >= 0xC0;
		shape->cyrillic_lower += a >= 0xE0;
		shape->cyrillic_upper += a >= 0xC0 && a < 0xE0;
		if ((a == 0x82 && b >= 0x9F && b <= 0xF1) || (a == 0x83 && b >= 0x40 && b <= 0x96))
			shape->kana_sjis++;
		if (b < 0x80) {
			shape->low_trail += b >= 0x40;
			shape->singles++;
			continue;
		}
		shape->pairs++;
		shape->kana_euc += a == 0xA4 || a == 0xA5;
		shape->hangul += a >= 0xB0 && a <= 0xC8;
		shape->hanzi += a >= 0xB0 && a <= 0xD7;
		i++;
		shape->high++;
		shape->upper += b >= 0xC0;
		shape->cyrillic_lower += b >= 0xE0;
		shape->cyrillic_upper += b >= 0xC0 && b < 0xE0;
	}
}

/* The name of a charset that the bytes look like, NULL: like western text. Only bytes that are not UTF-8 come here. */
static const char *guess(struct span bytes)
{
	struct shape s = { 0 };
	look((struct span){ bytes.at, bytes.length < 65536 ? bytes.length : 65536 }, &s);
	if (s.kana_sjis > 2 && s.kana_sjis * 6 > s.high)
		return "CP932";
	if (s.pairs * 4 < s.high || s.pairs < 2 || s.singles > s.pairs)
		return NULL;
	if (s.upper * 20 >= s.high * 19 && s.high > 4)
		return s.cyrillic_lower >= s.cyrillic_upper ? "CP1251" : "KOI8-R";
	if (s.kana_euc * 3 > s.pairs)
		return "EUC-JP";
	if (s.hangul * 10 > s.pairs * 9 && s.pairs > 6)
		return "CP949";
	return s.hanzi * 10 > s.pairs * 6 ? "GB18030" : NULL;
}

static size_t count_wrong(struct span bytes, size_t *multi)
{
	size_t wrong = 0;
	*multi = 0;
	for (size_t i = 0; i < bytes.length;) {
		uint32_t code;
		size_t size = utf8_decode(bytes.at + i, bytes.length - i, &code);
		wrong += size == 0;
		*multi += size > 1;
		i += size ? size : 1;
	}
	return wrong;
}

static bool escapes_2022(struct span bytes)
{
	return memmem(bytes.at, bytes.length, "\033$", 2) || memmem(bytes.at, bytes.length, "\033(J", 3) || memmem(bytes.at, bytes.length, "\033(I", 3);
}

/* ISO-2022-JP with the characters that vendors added to JIS X 0208 (circled digits and the like), which glibc's converter
 * refuses: the same bytes with their high bits set are EUC-JP, and of that glibc knows the vendors' form. RFC 1468. */
static bool from_2022_jp(struct arena *arena, struct span bytes, size_t *wrong, struct span *text)
{
	char *euc = arena_alloc(arena, bytes.length * 2 + 1);
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

static struct span by_evidence(struct arena *arena, struct span bytes, const char *said, const char *where, struct strings *problems)
{
	struct span text;
	size_t wrong, multi;
	const char *what = *said ? said : "undeclared charset";
	if (escapes_2022(bytes) && from_2022_jp(arena, bytes, &wrong, &text)) {
		if (strncmp(said, "ISO-2022", 8) != 0)
			problem(arena, problems, "%s: %s, read as ISO-2022-JP", where, what);
		return text;
	}
	wrong = count_wrong(bytes, &multi);
	if (!wrong || (multi > 2 && wrong * 8 < multi)) {
		problem(arena, problems, wrong ? "%s: %s, read as UTF-8 with %zu wrong bytes" : "%s: %s, read as UTF-8", where, what, wrong);
		return cleaned(arena, bytes.at, bytes.length);
	}
	const char *name = guess(bytes);
	if (name && convert(arena, bytes, name, bytes.length / 100, &wrong, &text)) {
		problem(arena, problems, "%s: %s, read as %s", where, what, name);
		return text;
	}
	problem(arena, problems, "%s: %s, read as windows-1252", where, what);
	return from_1252(arena, bytes);
}

struct span charset_to_utf8(struct arena *arena, struct span bytes, const char *declared, const char *where, struct strings *problems)
{
	char room[64];
	const char *charset = charset_name(declared, room);
	struct span text;
	size_t wrong = 0, multi;
	if (bytes.length >= 3 && memcmp(bytes.at, "\xEF\xBB\xBF", 3) == 0 && utf8_valid(bytes.at, bytes.length))
		return cleaned(arena, bytes.at + 3, bytes.length - 3);
	if (bytes.length >= 2 && bytes.length % 2 == 0 && (memcmp(bytes.at, "\xFF\xFE", 2) == 0 || memcmp(bytes.at, "\xFE\xFF", 2) == 0)
	    && convert(arena, bytes, "UTF-16", bytes.length / 50, &wrong, &text))
		return text;
	if (!unreadable_as_is(charset)) {
		if (charset_is_ascii(bytes.at, bytes.length) && !(memchr(bytes.at, '\033', bytes.length) && escapes_2022(bytes)))
			return cleaned(arena, bytes.at, bytes.length);
		if (strcmp(charset, "utf-8") == 0 && utf8_valid(bytes.at, bytes.length))
			return cleaned(arena, bytes.at, bytes.length);
	}
	if (!*charset || strcmp(charset, "utf-8") == 0)
		return by_evidence(arena, bytes, *charset ? "UTF-8 declared, but it is not" : *room ? "8-bit in what is said to be ASCII" : "", where, problems);
	if (strcmp(charset, "windows-1252") == 0) {
		/* Western charsets cannot be wrong, only unlikely: UTF-8 that is declared so is a mailer's mistake. */
		if (utf8_valid(bytes.at, bytes.length) && !count_wrong(bytes, &multi) && multi > 2)
			return by_evidence(arena, bytes, "declared ISO-8859-1", where, problems);
		return from_1252(arena, bytes);
	}
	bool japanese = strcmp(charset, "ISO-2022-JP-3") == 0 && from_2022_jp(arena, bytes, &wrong, &text);
	if (japanese || convert(arena, bytes, charset, bytes.length / 100, &wrong, &text)) {
		if (wrong)
			problem(arena, problems, "%s: %zu bytes are not in the declared charset %s", where, wrong, charset);
		return text;
	}
	char said[120];
	snprintf(said, sizeof said, "declared %s, which cannot be read", charset);
	return by_evidence(arena, bytes, said, where, problems);
}
