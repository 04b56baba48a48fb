/*
 * mail_clean_element.c - the elements and attributes that may stay; all others go.
 *
 * An element that is not listed is passed over, and what stands in it is shown; one that runs, loads, asks or hides goes with all that is in
 * it. A value is read as number, word, colour or address, and written anew; none is copied unread. A link leads to the web, a mailbox or a telephone.
 */
#include "mail_clean.h"

#include <stdio.h>
#include <stdlib.h>

#define LINK_MOST 2000                   /* bytes of a link */
#define ALT_MOST 200                     /* bytes of what an image is said to show */

/* In the order of their names. */
static const struct clean_element elements[] = {
	{ "a", "a", CLEAN_LINK }, { "abbr", "abbr", 0 }, { "address", "div", CLEAN_BLOCK }, { "applet", NULL, 0 }, { "article", "div", CLEAN_BLOCK },
	{ "aside", "div", CLEAN_BLOCK }, { "audio", NULL, 0 }, { "b", "b", 0 }, { "big", "big", 0 }, { "blockquote", "blockquote", CLEAN_BLOCK },
	{ "body", "div", CLEAN_BLOCK }, { "br", "br", CLEAN_VOID | CLEAN_BLOCK }, { "canvas", NULL, 0 }, { "caption", "caption", CLEAN_BLOCK | CLEAN_OF_TABLE },
	{ "center", "center", CLEAN_BLOCK }, { "cite", "cite", 0 }, { "code", "code", 0 }, { "col", "col", CLEAN_VOID | CLEAN_COLS | CLEAN_SIZED },
	{ "colgroup", "colgroup", CLEAN_OF_TABLE | CLEAN_COLS | CLEAN_SIZED }, { "datalist", NULL, 0 }, { "dd", "dd", CLEAN_BLOCK }, { "del", "del", 0 },
	{ "dialog", NULL, 0 }, { "dir", "ul", CLEAN_BLOCK | CLEAN_LIST }, { "div", "div", CLEAN_BLOCK }, { "dl", "dl", CLEAN_BLOCK }, { "dt", "dt", CLEAN_BLOCK },
	{ "em", "em", 0 }, { "embed", NULL, 0 }, { "figcaption", "div", CLEAN_BLOCK }, { "figure", "div", CLEAN_BLOCK }, { "font", "font", CLEAN_FONT },
	{ "footer", "div", CLEAN_BLOCK }, { "frame", NULL, 0 }, { "frameset", NULL, 0 }, { "h1", "h1", CLEAN_BLOCK }, { "h2", "h2", CLEAN_BLOCK },
	{ "h3", "h3", CLEAN_BLOCK }, { "h4", "h4", CLEAN_BLOCK }, { "h5", "h5", CLEAN_BLOCK }, { "h6", "h6", CLEAN_BLOCK }, { "header", "div", CLEAN_BLOCK },
	{ "hr", "hr", CLEAN_VOID | CLEAN_BLOCK | CLEAN_SIZED }, { "i", "i", 0 }, { "iframe", NULL, 0 }, { "img", "img", CLEAN_VOID | CLEAN_IMAGE | CLEAN_SIZED },
	{ "input", NULL, CLEAN_VOID }, { "ins", "ins", 0 }, { "kbd", "kbd", 0 }, { "li", "li", CLEAN_BLOCK | CLEAN_ITEM }, { "link", NULL, CLEAN_VOID },
	{ "listing", "pre", CLEAN_BLOCK }, { "main", "div", CLEAN_BLOCK }, { "map", NULL, 0 }, { "mark", "mark", 0 }, { "math", NULL, 0 },
	{ "menu", "ul", CLEAN_BLOCK | CLEAN_LIST }, { "meta", NULL, CLEAN_VOID }, { "meter", NULL, 0 }, { "nav", "div", CLEAN_BLOCK }, { "noembed", NULL, 0 }, { "noframes", NULL, 0 },
	{ "object", NULL, 0 }, { "ol", "ol", CLEAN_BLOCK | CLEAN_LIST }, { "option", NULL, 0 }, { "p", "p", CLEAN_BLOCK }, { "param", NULL, CLEAN_VOID },
	{ "plaintext", "pre", CLEAN_BLOCK }, { "pre", "pre", CLEAN_BLOCK }, { "progress", NULL, 0 }, { "q", "q", 0 }, { "rp", NULL, 0 }, { "s", "s", 0 }, { "samp", "samp", 0 }, { "script", NULL, 0 },
	{ "section", "div", CLEAN_BLOCK }, { "select", NULL, 0 }, { "small", "small", CLEAN_SMALLER }, { "source", NULL, CLEAN_VOID }, { "span", "span", 0 }, { "strike", "s", 0 },
	{ "strong", "strong", 0 }, { "style", NULL, 0 }, { "sub", "sub", CLEAN_SMALLER }, { "sup", "sup", CLEAN_SMALLER }, { "svg", NULL, 0 },
	{ "table", "table", CLEAN_BLOCK | CLEAN_TABLE | CLEAN_SIZED }, { "tbody", "tbody", CLEAN_ROWS | CLEAN_BLOCK }, { "td", "td", CLEAN_BLOCK | CLEAN_CELL | CLEAN_SIZED },
	{ "template", NULL, 0 }, { "textarea", NULL, 0 }, { "tfoot", "tfoot", CLEAN_ROWS | CLEAN_BLOCK }, { "th", "th", CLEAN_BLOCK | CLEAN_CELL | CLEAN_SIZED },
	{ "thead", "thead", CLEAN_ROWS | CLEAN_BLOCK }, { "title", NULL, 0 }, { "tr", "tr", CLEAN_BLOCK | CLEAN_ROW | CLEAN_SIZED }, { "track", NULL, CLEAN_VOID },
	{ "tt", "tt", 0 }, { "u", "u", 0 }, { "ul", "ul", CLEAN_BLOCK | CLEAN_LIST }, { "var", "var", 0 }, { "video", NULL, 0 },
	{ "wbr", "wbr", CLEAN_VOID }, { "xml", NULL, 0 }, { "xmp", "pre", CLEAN_BLOCK },
};

static int compare_names(const void *name, const void *element)
{
	return strcasecmp(name, ((const struct clean_element *)element)->name);
}

const struct clean_element *mail_clean_element(const char *name)
{
	const struct clean_element *found = bsearch(name, elements, COUNT_OF(elements), sizeof *elements, compare_names);
	static const struct clean_element drawn = { "", NULL, 0 };
	/* <svg:script>, <v:imagedata>: names of another language, but for Word's paragraphs, which hold words. */
	const char *colon = strchr(name, ':');
	return !found && colon && strncasecmp(name, "o:", 2) != 0 && strncasecmp(name, "st1:", 4) != 0 ? &drawn : found;
}

void mail_clean_escape(struct buffer *out, const char *text, size_t length)
{
	uint32_t code;
	for (size_t i = 0, size; i < length; i += size) {
		char c = text[i];
		size = 1;
		if (c == '&')
			buffer_add_string(out, "&amp;");
		else if (c == '<' || c == '>')
			buffer_add_string(out, c == '<' ? "&lt;" : "&gt;");
		else if (c == '"')
			buffer_add_string(out, "&quot;");
		else if (c == '`')
			buffer_add_string(out, "&#96;");
		else if ((unsigned char)c >= 128 && (size = utf8_decode(text + i, length - i, &code)) > 0 && !utf8_steers(code))
			buffer_add(out, text + i, size);
		else if (((unsigned char)c >= 32 && (unsigned char)c < 127) || c == '\n' || c == '\t')
			buffer_add_char(out, c);
		size += !size;
	}
}

/* ---- values ---- */

/* "12", "12px", "50%": the number with its sign, at most 4 digits. */
static bool number_of(const char *value, bool percent, char out[8])
{
	size_t n = 0, at = strspn(value, " \t\r\n");
	while (n < 4 && is_digit(value[at]))
		out[n++] = value[at++];
	bool more = is_digit(value[at]);
	if (percent && value[at] == '%')
		out[n++] = '%';
	out[n] = '\0';
	return n && !more;
}

static void add(struct buffer *out, const char *name, const char *value)
{
	buffer_printf(out, " %s=\"%s\"", name, value);
}

static void add_number(struct buffer *out, const char *const *attributes, const char *name, bool percent)
{
	const char *value = mail_html_attribute(attributes, name);
	char number[8];
	if (value && number_of(value, percent, number))
		add(out, name, number);
}

static void add_word(struct buffer *out, const char *const *attributes, const char *name, const char *words)
{
	const char *value = mail_html_attribute(attributes, name);
	size_t length = value ? strlen(value) : 0;
	for (const char *at = words + 1; length && *at; at += strcspn(at, " ") + 1)
		if (strcspn(at, " ") == length && strncasecmp(at, value, length) == 0)
			buffer_printf(out, " %s=\"%.*s\"", name, (int)length, at);
}

/* "en", "pt-BR". */
static void add_language(struct buffer *out, const char *const *attributes)
{
	const char *value = mail_html_attribute(attributes, "lang");
	size_t length = value ? strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") : 0;
	if (length > 1 && length < 20 && !value[length])
		add(out, "lang", value);
}

/* A colour of an attribute becomes one of the style. */
static void add_colour(struct buffer *style, struct buffer *scratch, const char *property, const char *value, struct look *look)
{
	char said[64];
	struct colour colour;
	if (!mail_clean_old_colour(value, &colour))
		return;
	snprintf(said, sizeof said, "%s:#%02x%02x%02x", property, colour.red, colour.green, colour.blue);
	mail_clean_style(style, scratch, said, look);
}

/* ---- links ---- */

/* As a browser reads it: without blanks around it, line ends and tabs in it. */
static bool read_link(const char *value, char out[LINK_MOST + 1])
{
	size_t n = 0;
	while (*value && (unsigned char)*value <= 32)
		value++;
	for (; *value; value++) {
		if (*value == '\t' || *value == '\n' || *value == '\r')
			continue;
		if ((unsigned char)*value < 32 || *value == 127 || n == LINK_MOST)
			return false;
		out[n++] = *value;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n > 0;
}

static bool may_be_followed(const char *link)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:", "tel:" };
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		size_t length = strlen(schemes[i]);
		if (strncasecmp(link, schemes[i], length) == 0)
			return is_alpha(link[length]) || is_digit(link[length]) || strchr("+[?%_", link[length] ? link[length] : ' ') || (unsigned char)link[length] >= 128;
	}
	return false;
}

/* A number to be called, and no code that a telephone carries out at once ("*#06#"). */
static bool is_number(const char *at)
{
	for (; *at; at++)
		if (!is_alpha(*at) && !is_digit(*at) && !strchr("+-.()/ ;=", *at) && strncmp(at, "%20", 3) != 0)
			return false;
	return true;
}

/* Of a letter's fields those that are words: none attaches a file. */
static bool is_field(const char *at, size_t length)
{
	static const char *const names[] = { "subject", "body", "to", "cc", "bcc" };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (length > strlen(names[i]) && at[strlen(names[i])] == '=' && strncasecmp(at, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void keep_fields(char *link)
{
	char *from = strchr(link, '?'), *to = from;
	while (from && *from) {
		size_t length = strcspn(from + 1, "&");
		char *next = from + 1 + length;
		if (is_field(from + 1, length)) {
			*to = strchr(link, '?') < to ? '&' : '?';
			memmove(to + 1, from + 1, length);
			to += 1 + length;
		}
		from = next;
	}
	if (to)
		*to = '\0';
}

static void add_link(struct buffer *out, const char *const *attributes)
{
	const char *value = mail_html_attribute(attributes, "href");
	char link[LINK_MOST + 1];
	if (!value || !read_link(value, link) || !may_be_followed(link) || strpbrk(link, "\\`<>"))
		return;
	if (strncasecmp(link, "tel:", 4) == 0 && !is_number(link + 4))
		return;
	if (strncasecmp(link, "mailto:", 7) == 0)
		keep_fields(link);
	buffer_add_string(out, " href=\"");
	for (const char *at = link; *at;) {
		size_t length = strcspn(at, " \"");
		mail_clean_escape(out, at, length);
		at += length;
		if (*at)
			buffer_add_string(out, *at++ == ' ' ? "%20" : "%22");
	}
	buffer_add_string(out, "\" rel=\"noopener noreferrer\"");
}

/* ---- an element's attributes ---- */

static void add_font(struct buffer *style, struct buffer *scratch, const char *const *attributes, struct look *look)
{
	static const char *const sizes[] = { "10px", "13px", "16px", "18px", "24px", "32px", "48px" };
	const char *face = mail_html_attribute(attributes, "face"), *size = mail_html_attribute(attributes, "size"), *colour = mail_html_attribute(attributes, "color");
	CLEANUP_BUFFER struct buffer said;
	buffer_init(&said);
	if (face && strlen(face) < 200 && !strpbrk(face, ";:!"))
		buffer_printf(&said, "font-family:%s;", face);
	if (size && *size) {
		int step = atoi(size) + (strchr("+-", *size) ? 3 : 0);
		buffer_printf(&said, "font-size:%s;", sizes[step < 1 ? 0 : step > 7 ? 6 : step - 1]);
	}
	mail_clean_style(style, scratch, buffer_string(&said), look);
	if (colour)
		add_colour(style, scratch, "color", colour, look);
}

/* <body link="#0563C1">: Word says so. */
static void add_link_colour(struct buffer *style, struct buffer *scratch, struct look *look)
{
	char said[64];
	snprintf(said, sizeof said, "color:#%02x%02x%02x", look->link->red, look->link->green, look->link->blue);
	mail_clean_style(style, scratch, said, look);
}

static void add_style(struct buffer *out, struct buffer *scratch, const struct clean_element *element, const char *const *attributes, struct look *look)
{
	CLEANUP_BUFFER struct buffer style, all;
	const char *said = mail_html_attribute(attributes, "style"), *paper = mail_html_attribute(attributes, "bgcolor"), *ink = mail_html_attribute(attributes, "text");
	buffer_init(&style);
	buffer_init(&all);
	if (element->what & CLEAN_FONT)
		add_font(&style, scratch, attributes, look);
	if (paper)
		add_colour(&style, scratch, "background-color", paper, look);
	if (ink && strcmp(element->name, "body") == 0)
		add_colour(&style, scratch, "color", ink, look);
	if ((element->what & CLEAN_LINK) && look->link && mail_html_attribute(attributes, "href"))
		add_link_colour(&style, scratch, look);
	if (look->sheet)
		mail_clean_sheet_add(look->sheet, element->name, mail_html_attribute(attributes, "class"), &all);
	buffer_add_string(&all, said ? said : "");
	if (all.length)
		mail_clean_style(&style, scratch, buffer_string(&all), look);
	if (style.length)
		buffer_printf(out, " style=\"%.*s\"", (int)style.length - 1, style.at);
}

static bool is_named(struct clean_names *names, const char *alt, size_t length)
{
	if (!names->words)
		return true;
	if (names->left < names->length)
		return false;
	const char *found = memmem(names->words, names->length, alt, length);
	names->left -= found ? (size_t)(found - names->words) : names->length;
	return found;
}

/* It is words, too: it goes along only where the text has them. */
static void add_alt(struct buffer *out, const char *alt, struct clean_names *names)
{
	size_t length = alt ? strnlen(alt, ALT_MOST) : 0;
	if (!alt)
		return;
	while (length == ALT_MOST && ((unsigned char)alt[length] & 0xC0) == 0x80)
		length--;
	if (!is_named(names, alt, length))
		length = 0;
	buffer_add_string(out, " alt=\"");
	mail_clean_escape(out, alt, length);
	buffer_add_char(out, '"');
}

void mail_clean_attributes(struct buffer *out, struct buffer *scratch, const struct clean_element *element, const char *const *attributes, struct clean_names *names,
                           struct look *look)
{
	unsigned what = element->what;
	if (what & CLEAN_SMALLER)
		look->font /= 1.2;
	if (!attributes && !look->sheet)
		return;
	look->hidden |= mail_html_attribute(attributes, "hidden") || mail_html_attribute(attributes, "popover");
	add_style(out, scratch, element, attributes, look);
	add_word(out, attributes, "dir", " ltr rtl auto ");
	add_language(out, attributes);
	if (what & (CLEAN_BLOCK | CLEAN_IMAGE | CLEAN_COLS))
		add_word(out, attributes, "align", " left right center justify middle top bottom ");
	if (what & CLEAN_SIZED) {
		add_number(out, attributes, "width", true);
		add_number(out, attributes, "height", true);
	}
	if (what & CLEAN_TABLE) {
		add_number(out, attributes, "border", false);
		add_number(out, attributes, "cellpadding", false);
		add_number(out, attributes, "cellspacing", false);
	}
	if (what & (CLEAN_CELL | CLEAN_ROW | CLEAN_ROWS))
		add_word(out, attributes, "valign", " top middle bottom baseline ");
	if (what & CLEAN_CELL) {
		add_number(out, attributes, "colspan", false);
		add_number(out, attributes, "rowspan", false);
	}
	if (what & CLEAN_COLS)
		add_number(out, attributes, "span", false);
	if (what & CLEAN_LIST)
		add_number(out, attributes, "start", false);
	if (what & CLEAN_ITEM)
		add_number(out, attributes, "value", false);
	if (what & (CLEAN_LIST | CLEAN_ITEM)) {
		const char *type = mail_html_attribute(attributes, "type");
		if (type && type[0] && !type[1] && strchr("1aAiI", type[0]))
			add(out, "type", type);
	}
	if ((what & CLEAN_LIST) && mail_html_attribute(attributes, "reversed"))
		add(out, "reversed", "reversed");
	if (what & CLEAN_LINK)
		add_link(out, attributes);
	if (what & CLEAN_IMAGE)
		add_alt(out, mail_html_attribute(attributes, "alt"), names);
}

bool mail_clean_unknown_hides(struct buffer *scratch, const char *const *attributes, const struct look *look)
{
	static const struct clean_element unknown = { "", "", 0 };
	CLEANUP_BUFFER struct buffer out;
	struct look inside = *look;
	buffer_init(&out);
	mail_clean_attributes(&out, scratch, &unknown, attributes, NULL, &inside);
	return mail_clean_seen(look) && !mail_clean_seen(&inside);
}
