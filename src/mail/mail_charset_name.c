/*
 * mail_charset_name.c - what mailers call a charset, and the converter that reads all that they then send.
 *
 * Names are compared by their letters and digits alone, so that ISO_8859-15, iso8859_15 and "iso 8859 15" are one; numbers of
 * Windows code pages and of ISO 8859 are read as numbers. Behind many names stands a superset of what they say, as in the
 * WHATWG Encoding Standard, section 4.2: windows-1252 for ISO-8859-1, GB18030 for GB2312. "" is ASCII, or says nothing.
 * Makes no problems.
 */
#include "mail_private.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_ROOM 64                     /* bytes of a name with its NUL */

struct alias { const char *said, *meant; };
/* `said` in small letters and digits only. */
static const struct alias aliases[] = {
	{ "utf8", "utf-8" }, { "unicode11utf8", "utf-8" }, { "utf8n", "utf-8" }, { "utf8mb4", "utf-8" }, { "cesu8", "utf-8" }, { "utf8mac", "utf-8" },
	{ "unicodeutf8", "utf-8" }, { "utf8unicode", "utf-8" },
	{ "l1", "windows-1252" }, { "ansi", "windows-1252" }, { "iso8859", "windows-1252" }, { "isoir100", "windows-1252" },
	{ "western", "windows-1252" }, { "westerneuropean", "windows-1252" }, { "visual", "ISO-8859-8" }, { "logical", "ISO-8859-8" },
	{ "arabic", "ISO-8859-6" }, { "greek", "ISO-8859-7" }, { "hebrew", "ISO-8859-8" }, { "cyrillic", "ISO-8859-5" }, { "asmo708", "ISO-8859-6" },
	{ "tis620", "CP874" }, { "thai", "CP874" }, { "iso885911", "CP874" },
	{ "gb2312", "GB18030" }, { "gb231280", "GB18030" }, { "gbk", "GB18030" }, { "gb18030", "GB18030" }, { "euccn", "GB18030" }, { "chinese", "GB18030" },
	{ "cngb", "GB18030" }, { "gb", "GB18030" }, { "gb23121980", "GB18030" }, { "gb180302000", "GB18030" },
	{ "hzgb2312", "HZ" }, { "hz", "HZ" },
	{ "ksc56011987", "CP949" }, { "ksc5601", "CP949" }, { "ksc56011989", "CP949" }, { "euckr", "CP949" }, { "korean", "CP949" }, { "uhc", "CP949" },
	{ "ksx1001", "CP949" },
	{ "shiftjis", "CP932" }, { "sjis", "CP932" }, { "mskanji", "CP932" }, { "shiftjisms", "CP932" }, { "eucjp", "EUC-JP-MS" }, { "ujis", "EUC-JP-MS" },
	{ "big5", "BIG5-HKSCS" }, { "xbig5", "BIG5-HKSCS" }, { "big5hkscs", "BIG5-HKSCS" }, { "cnbig5", "BIG5-HKSCS" }, { "big5eten", "BIG5-HKSCS" },
	{ "iso2022jpms", "ISO-2022-JP-3" }, { "iso2022jp", "ISO-2022-JP-3" }, { "iso2022jp1", "ISO-2022-JP-3" }, { "iso2022jp3", "ISO-2022-JP-3" },
	{ "iso2022kr", "ISO-2022-KR" }, { "iso2022cn", "ISO-2022-CN" }, { "iso2022jp2", "ISO-2022-JP-2" },
	{ "unicode11utf7", "UTF-7" }, { "unicode20utf7", "UTF-7" }, { "utf7", "UTF-7" },
	{ "macintosh", "MACINTOSH" }, { "mac", "MACINTOSH" }, { "macroman", "MACINTOSH" }, { "maccyrillic", "MAC-CYRILLIC" }, { "macce", "MAC-CENTRALEUROPE" },
	{ "maccentraleurope", "MAC-CENTRALEUROPE" }, { "maccentraleurroman", "MAC-CENTRALEUROPE" }, { "macgreek", "MACGREEK" }, { "macturkish", "MACTURKISH" },
	{ "koi8", "KOI8-R" }, { "koi8r", "KOI8-R" }, { "koi8u", "KOI8-U" }, { "koi8ru", "KOI8-U" }, { "koi8rru", "KOI8-R" },
	{ "unicode", "UTF-16" }, { "ucs2", "UTF-16" }, { "iso10646ucs2", "UTF-16" }, { "utf16", "UTF-16" }, { "utf16le", "utf-16le" }, { "utf16be", "utf-16be" },
	{ "usascii", "" }, { "ascii", "" }, { "ansix341968", "" }, { "ansix341986", "" }, { "iso646", "" }, { "iso646us", "" }, { "7bit", "" }, { "us", "" },
	{ "8bit", "" }, { "unknown8bit", "" }, { "unknown", "" }, { "default", "" }, { "userdefined", "" }, { "binary", "" }, { "iso88591unknown", "" },
	{ "none", "" }, { "null", "" }, { "undefined", "" }, { "defaultcharset", "" },
};

/* Numbers of Windows code pages that iconv has under another name. */
static const struct { int page; const char *meant; } numbered[] = {
	{ 65001, "utf-8" }, { 65000, "UTF-7" }, { 1252, "windows-1252" }, { 28591, "windows-1252" }, { 20127, "" }, { 936, "GB18030" }, { 54936, "GB18030" },
	{ 20936, "GB18030" }, { 52936, "HZ" }, { 950, "BIG5-HKSCS" }, { 951, "BIG5-HKSCS" }, { 51949, "CP949" }, { 51932, "EUC-JP-MS" }, { 20932, "EUC-JP-MS" },
	{ 50220, "ISO-2022-JP-3" }, { 50221, "ISO-2022-JP-3" }, { 50222, "ISO-2022-JP-3" }, { 50225, "ISO-2022-KR" }, { 20866, "KOI8-R" }, { 21866, "KOI8-U" },
	{ 1200, "utf-16le" }, { 1201, "utf-16be" }, { 10000, "MACINTOSH" }, { 10007, "MAC-CYRILLIC" }, { 10029, "MAC-CENTRALEUROPE" }, { 38598, "ISO-8859-8" },
};

/* ISO 8859 by its part. */
static const char *iso_8859(long part, char out[NAME_ROOM])
{
	if (part == 1)
		return "windows-1252";
	if (part == 9 || part == 11)
		return part == 9 ? "CP1254" : "CP874";
	if (part < 1 || part > 16)
		return NULL;
	snprintf(out, NAME_ROOM, "ISO-8859-%ld", part);
	return out;
}

static const char *code_page(long page, char out[NAME_ROOM])
{
	for (size_t i = 0; i < COUNT_OF(numbered); i++)
		if (numbered[i].page == page)
			return numbered[i].meant;
	if (page >= 28592 && page <= 28606)
		return iso_8859(page - 28590, out);
	if (page < 37 || page > 70000)
		return NULL;
	snprintf(out, NAME_ROOM, "CP%ld", page);
	return out;
}

/* "windows1251", "win1251", "cp1251", "ms932", "ibm850", "dos866": the number; 0: none such. */
static long page_number(const char *name)
{
	static const char *const prefixes[] = { "windows", "win", "cp", "ms", "ibm", "dos", "codepage", "ansi", "pc", "oem", "xcp", "windowscp" };
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		size_t length = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], length) == 0 && name[length] && strspn(name + length, "0123456789") == strlen(name + length))
			return strtol(name + length, NULL, 10);
	}
	return strlen(name) == 4 && strncmp(name, "125", 3) == 0 ? strtol(name, NULL, 10) : 0;
}

/* "iso8859N" and "8859N", a year or "i", "e" behind it; "latinN". */
static long iso_part(const char *name)
{
	static const int latin[] = { 0, 1, 2, 3, 4, 9, 10, 13, 14, 15, 16 };
	const char *at = strncmp(name, "iso8859", 7) == 0 ? name + 7 : strncmp(name, "8859", 4) == 0 ? name + 4 : NULL;
	char *end;
	if (strncmp(name, "isolatin", 8) == 0)
		name += 3;
	if (strncmp(name, "latin", 5) == 0 && is_digit(name[5])) {
		long n = strtol(name + 5, &end, 10);
		return n > 0 && n < (long)COUNT_OF(latin) && !*end ? latin[n] : 0;
	}
	if (!at || !is_digit(*at))
		return 0;
	size_t count = strspn(at, "0123456789");
	char number[3] = { at[0], count == 2 || count == 6 ? at[1] : '\0', '\0' };
	bool tail = !at[count] || strcmp(at + count, "i") == 0 || strcmp(at + count, "e") == 0 || strcmp(at + count, "euro") == 0;
	return tail && (count <= 2 || count == 5 || count == 6) ? strtol(number, NULL, 10) : 0;
}

/* Letters and digits only; "x" and "cs" before it go. An RFC 2231 language tag is dropped. */
static size_t bare_name(const char *declared, char out[NAME_ROOM])
{
	size_t length = 0;
	for (const char *at = declared ? declared : ""; *at && *at != '*' && length < NAME_ROOM - 1; at++)
		if (is_alpha(*at) || is_digit(*at))
			out[length++] = lower(*at);
	out[length] = '\0';
	return length;
}

static const char *known_name(const char *name, char out[NAME_ROOM])
{
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		if (strcmp(name, aliases[i].said) == 0)
			return aliases[i].meant;
	long part = iso_part(name), page = part ? 0 : page_number(name);
	return part ? iso_8859(part, out) : page ? code_page(page, out) : NULL;
}

const char *mail_charset_name(const char *declared, char out[64])
{
	char bare[NAME_ROOM];
	size_t length = bare_name(declared, bare);
	out[0] = '\0';
	if (!length)
		return out;
	memcpy(out, bare, length + 1);                                   /* something was said, even if it says nothing */
	if (strcmp(bare, "utf8") == 0)
		return "utf-8";
	const char *known = known_name(bare, out);
	for (const char *rest = bare; !known && *rest == 'x' && rest[1]; )
		known = known_name(++rest, out);
	if (!known && strncmp(bare, "cs", 2) == 0)
		known = known_name(bare + (strncmp(bare + 2, "pc", 2) == 0 ? 4 : 2), out);
	if (known)
		return known;
	/* As it was said, for a converter of that name. */
	length = 0;
	for (const char *at = declared; *at && *at != '*' && length < NAME_ROOM - 1; at++)
		if (*at > 32 && *at < 127 && *at != '"' && *at != '\'')
			out[length++] = lower(*at);
	out[length] = '\0';
	return out;
}
