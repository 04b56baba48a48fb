/*
 * mail_rtf.c - rich text (RTF 1.9.1) to plain text or to the HTML that Outlook wrapped in it, and its compression.
 *
 * Outlook hides the words of a mail so in winmail.dat (MS-OXRTFCP, MS-OXRTFEX). Read: paragraphs, tabs, cells, characters
 * of code page, font and Unicode; a page between {\*\htmltag ...} comes out as HTML. Skipped: tables of fonts, colours
 * and styles, pictures, headers, fields' instructions, every destination that is marked as one to skip. No recursion, one
 * pass, bounded by LIMIT_RTF_BYTES. May not load or follow anything. Problems: compressed text that is broken.
 */
#include "mail_private.h"

#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 200                    /* open groups that are remembered; deeper ones share the last */
#define FONTS_MAX 256                    /* fonts whose charset is kept */
#define WORD_MAX 32                      /* letters of a control word, RTF 1.9.1 */
#define COMPRESSED 0x75465A4Cu           /* "LZFu" */
#define STORED 0x414C454Du               /* "MELA" */

/* ---- MS-OXRTFCP: LZ77 over a ring of 4096 bytes that begins with what every RTF begins with ---- */
static uint32_t le32(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static const char ring_start[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans Serif"
                                 "SymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

static struct span inflate_lzfu(struct arena *arena, struct span in, size_t size)
{
	char ring[4096] = { 0 }, *out = arena_room(arena, size + 1);
	size_t write = sizeof ring_start - 1, n = 0, i = 0;
	memcpy(ring, ring_start, write);
	while (i < in.length && n < size) {
		unsigned flags = (unsigned char)in.at[i++];
		for (int bit = 0; bit < 8 && i < in.length && n < size; bit++, flags >>= 1) {
			if (!(flags & 1)) {
				ring[write++ & 4095] = out[n++] = in.at[i++];
				continue;
			}
			if (i + 1 >= in.length)
				return (struct span){ out, n };
			unsigned word = (unsigned)(unsigned char)in.at[i] << 8 | (unsigned char)in.at[i + 1], from = word >> 4, count = (word & 15) + 2;
			i += 2;
			if (from == (write & 4095))
				return (struct span){ out, n };
			for (; count && n < size; count--)
				ring[write++ & 4095] = out[n++] = ring[from++ & 4095];
		}
	}
	return (struct span){ out, n };
}

struct span mail_rtf_inflate(struct arena *arena, struct span in)
{
	if (in.length < 16)
		return (struct span){ "", 0 };
	size_t size = le32(in.at + 4);
	uint32_t kind = le32(in.at + 8);
	struct span rest = { in.at + 16, in.length - 16 };
	if (size > LIMIT_RTF_BYTES)
		size = LIMIT_RTF_BYTES;
	if (kind == STORED)
		return (struct span){ rest.at, rest.length < size ? rest.length : size };
	return kind == COMPRESSED ? inflate_lzfu(arena, rest, size) : (struct span){ "", 0 };
}

/* ---- the reader ---- */
struct group { bool skip, html_tag, html_off; unsigned char unicode_skip; short font; };
struct rtf {
	struct arena *arena;
	struct span in;
	size_t at;
	struct group groups[DEPTH_MAX];
	int depth;
	int codepage, default_font;
	short charsets[FONTS_MAX];       /* code page of a font, 0: the document's */
	bool fonts, from_html, first;    /* in the table of fonts; Outlook's HTML; a group has just begun */
	int to_skip;                     /* characters that stand for a \u before */
	struct buffer out, bytes;        /* text in UTF-8; bytes of a code page that are not yet converted */
	int bytes_page;
};

static struct group *top(struct rtf *r)
{
	return &r->groups[r->depth < DEPTH_MAX ? r->depth : DEPTH_MAX - 1];
}

/* Windows charsets of fonts to code pages. */
static short page_of_charset(int charset)
{
	static const struct { short charset, page; } pages[] = {
		{ 0, 1252 }, { 77, 10000 }, { 128, 932 }, { 129, 949 }, { 130, 1361 }, { 134, 936 }, { 136, 950 }, { 161, 1253 }, { 162, 1254 },
		{ 163, 1258 }, { 177, 1255 }, { 178, 1256 }, { 186, 1257 }, { 204, 1251 }, { 222, 874 }, { 238, 1250 },
	};
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (pages[i].charset == charset)
			return pages[i].page;
	return 0;
}

static void flush_bytes(struct rtf *r)
{
	if (!r->bytes.length)
		return;
	char name[16];
	snprintf(name, sizeof name, "CP%d", r->bytes_page);
	struct span text = mail_charset_to_utf8(r->arena, (struct span){ r->bytes.at, r->bytes.length }, name, "RTF", NULL);
	buffer_add(&r->out, text.at, text.length);
	buffer_reset(&r->bytes);
}

static bool silent(struct rtf *r)
{
	const struct group *group = top(r);
	return group->skip || (r->from_html && group->html_off && !group->html_tag) || r->out.length + r->bytes.length > LIMIT_RTF_BYTES;
}

static void put_byte(struct rtf *r, char byte)
{
	if (r->to_skip > 0) {
		r->to_skip--;
		return;
	}
	if (silent(r))
		return;
	short font = top(r)->font;
	int page = font >= 0 && font < FONTS_MAX && r->charsets[font] && !top(r)->html_tag ? r->charsets[font] : r->codepage;
	if (page != r->bytes_page)
		flush_bytes(r);
	r->bytes_page = page;
	buffer_add_char(&r->bytes, byte);
}

static void put_text(struct rtf *r, const char *text)
{
	if (silent(r))
		return;
	flush_bytes(r);
	buffer_add_string(&r->out, text);
}

static void put_unicode(struct rtf *r, int number)
{
	char utf8[5] = "";
	uint32_t code = (uint32_t)(number < 0 ? number + 65536 : number);
	if (code >= 0xD800 && code < 0xE000) {                           /* the halves of a pair: joined as CESU-8 is */
		utf8[0] = (char)0xED;
		utf8[1] = (char)(0x80 | (code >> 6 & 63));
		utf8[2] = (char)(0x80 | (code & 63));
	} else if (code && code < 0x110000) {
		utf8[utf8_encode(code, utf8)] = '\0';
	}
	put_text(r, utf8);
}

/* Destinations whose content nobody reads. Others that are unknown are marked with \* by who writes them. */
static bool is_hidden(const char *word)
{
	static const char *const names[] = {
		"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr",
		"footerf", "fldinst", "xmlopen", "listtable", "listoverridetable", "rsidtbl", "themedata", "datastore", "latentstyles", "nonshppict", "bkmkstart",
		"bkmkend", "revtbl", "filetbl", "pntext",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	return false;
}

static void font_word(struct rtf *r, const char *word, bool has, int number)
{
	if (strcmp(word, "f") == 0 && has && number >= 0 && number < FONTS_MAX)
		top(r)->font = (short)number;
	else if (strcmp(word, "fcharset") == 0 && has && r->fonts && top(r)->font >= 0)
		r->charsets[top(r)->font] = page_of_charset(number);
}

static const char *text_of_word(const char *word)
{
	static const struct { const char *word, *text; } texts[] = {
		{ "par", "\n" }, { "line", "\n" }, { "sect", "\n" }, { "page", "\n" }, { "row", "\n" }, { "tab", "\t" }, { "cell", "\t" },
		{ "emdash", "\xE2\x80\x94" }, { "endash", "\xE2\x80\x93" }, { "bullet", "\xE2\x80\xA2" }, { "lquote", "\xE2\x80\x98" },
		{ "rquote", "\xE2\x80\x99" }, { "ldblquote", "\xE2\x80\x9C" }, { "rdblquote", "\xE2\x80\x9D" }, { "emspace", " " }, { "enspace", " " },
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(word, texts[i].word) == 0)
			return texts[i].text;
	return NULL;
}

static void control_word(struct rtf *r, const char *word, bool has, int number)
{
	struct group *group = top(r);
	const char *text = text_of_word(word);
	if (text && !(r->from_html && group->html_tag && *text != '\n'))
		return put_text(r, text);
	if (strcmp(word, "u") == 0 && has) {
		put_unicode(r, number);
		r->to_skip = group->unicode_skip;
	} else if (strcmp(word, "uc") == 0 && has && number >= 0 && number < 10) {
		group->unicode_skip = (unsigned char)number;
	} else if (strcmp(word, "ansicpg") == 0 && has && number > 0 && number < 65536) {
		r->codepage = number;
	} else if (strcmp(word, "fromhtml") == 0) {
		r->from_html = !has || number == 1;
	} else if (strcmp(word, "htmlrtf") == 0) {
		group->html_off = !has || number != 0;
	} else if (strcmp(word, "fonttbl") == 0) {
		r->fonts = group->skip = true;
	} else if (r->first && is_hidden(word)) {
		group->skip = true;
	} else {
		font_word(r, word, has, number);
	}
}

/* \word, \wordN, \' hh, \* and the escaped signs. */
static void control(struct rtf *r)
{
	const char *in = r->in.at;
	size_t length = r->in.length, at = r->at + 1;
	if (at >= length)
		return (void)(r->at = length);
	char c = in[at];
	if (!is_alpha(c)) {
		r->at = at + 1;
		if (c == '\'' && at + 2 < length) {
			char hex[3] = { in[at + 1], in[at + 2], '\0' };
			r->at = at + 3;
			put_byte(r, (char)strtol(hex, NULL, 16));
		} else if (c == '~') {
			put_text(r, " ");
		} else if (c == '_') {
			put_text(r, "-");
		} else if (c == '\n' || c == '\r') {
			put_text(r, "\n");
		} else if (c == '*') {
			bool tag = mail_span_starts_nocase((struct span){ in + at + 1, length - at - 1 }, "\\htmltag");
			top(r)->html_tag = tag && r->from_html;
			top(r)->skip = top(r)->skip || !tag || !r->from_html;
		} else if (c == '\\' || c == '{' || c == '}') {
			put_byte(r, c);
		}
		return;
	}
	char word[WORD_MAX + 1];
	size_t n = 0;
	for (; at < length && is_alpha(in[at]); at++)
		if (n < WORD_MAX)
			word[n++] = in[at];
	word[n] = '\0';
	bool has = false, negative = at < length && in[at] == '-';
	int number = 0;
	for (at += negative; at < length && is_digit(in[at]); at++) {
		has = true;
		number = number > 99999 ? number : number * 10 + (in[at] - '0');
	}
	if (strcmp(word, "bin") == 0 && has)                             /* so many bytes that are no RTF */
		at += (size_t)number < length - at ? (size_t)number : length - at;
	else if (at < length && in[at] == ' ')
		at++;
	r->at = at;
	control_word(r, word, has, negative ? -number : number);
}

static void open_group(struct rtf *r)
{
	struct group now = *top(r);
	r->depth++;
	if (r->depth < DEPTH_MAX) {
		r->groups[r->depth] = now;
		r->groups[r->depth].html_tag = false;
	}
	r->to_skip = 0;
}

static void close_group(struct rtf *r)
{
	if (r->depth)
		r->depth--;
	r->fonts = r->fonts && r->depth > 1;
	r->to_skip = 0;
}

static void read_all(struct rtf *r)
{
	while (r->at < r->in.length && !arena_spent(r->arena)) {
		char c = r->in.at[r->at];
		if (c == '\\') {
			control(r);
		} else {
			r->at++;
			if (c == '{')
				open_group(r);
			else if (c == '}')
				close_group(r);
			else if (c != '\r' && c != '\n' && c != '\0')
				put_byte(r, c);
		}
		r->first = c == '{' || (r->first && c == '\\' && r->at > 1 && r->in.at[r->at - 1] == '*');
	}
	flush_bytes(r);
}

bool mail_rtf_looks(struct span in)
{
	return mail_span_starts_nocase(mail_span_trim(in), "{\\rtf");
}

struct span mail_rtf_to_text(struct arena *arena, struct span in, bool *html)
{
	struct rtf *r = ARENA_NEW(arena, struct rtf);
	*r = (struct rtf){ .arena = arena, .in = in, .codepage = 1252, .groups = { { .unicode_skip = 1, .font = -1 } } };
	if (r->in.length > LIMIT_RTF_BYTES)
		r->in.length = LIMIT_RTF_BYTES;
	buffer_init(&r->out), buffer_init(&r->bytes);
	read_all(r);
	*html = r->from_html;
	size_t length = r->out.length;
	struct span text = mail_charset_to_utf8(arena, (struct span){ arena_copy(arena, length ? r->out.at : "", length), length }, "utf-8", "RTF", NULL);
	buffer_fini(&r->out), buffer_fini(&r->bytes);
	return text;
}
