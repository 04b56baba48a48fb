/*
 * mail_clean_style.c - a style attribute: the declarations that may stay, and whether the others hide what stands there.
 *
 * Comments and escapes are resolved first, then each declaration is read alone. A property stays that is listed, with a value that is wholly
 * understood and written anew: no function but rgb(), no URL, no negative length. What hides text (in any way that mail is known to use) is
 * not merely left out: the text goes with it. Linear in the style, which a tag's size bounds.
 */
#include "mail_clean.h"

#include <stdio.h>
#include <stdlib.h>

#define FONT_LEAST 5.0                   /* px: nobody reads less */
#define FONT_MOST 96.0                   /* px */
#define LENGTH_MOST 3000.0               /* px */
#define BORDER_MOST 20.0                 /* px */
#define AWAY 60.0                        /* px: what is moved so far is not seen */
#define FAMILY_MOST 200                  /* bytes of font names */

enum value { WORD, INK, PAPER, FONT_SIZE, FAMILY, LENGTHS, LENGTH, BORDER, LINE_HEIGHT };
static const struct { const char *name; enum value value; const char *words; } properties[] = {
	{ "color", INK, NULL }, { "background-color", PAPER, NULL }, { "background", PAPER, NULL },
	{ "font-size", FONT_SIZE, NULL }, { "font-family", FAMILY, NULL }, { "line-height", LINE_HEIGHT, NULL },
	{ "font-weight", WORD, " normal bold bolder lighter 100 200 300 400 500 600 700 800 900 " },
	{ "font-style", WORD, " normal italic oblique " }, { "font-variant", WORD, " normal small-caps " },
	{ "text-decoration", WORD, " none underline line-through overline " }, { "text-decoration-line", WORD, " none underline line-through overline " },
	{ "text-align", WORD, " left right center justify start end " }, { "text-transform", WORD, " none uppercase lowercase capitalize " },
	{ "vertical-align", WORD, " baseline top middle bottom sub super text-top text-bottom " },
	{ "white-space", WORD, " normal nowrap pre pre-wrap pre-line " }, { "direction", WORD, " ltr rtl " },
	{ "word-break", WORD, " normal break-all break-word " }, { "overflow-wrap", WORD, " normal break-word anywhere " },
	{ "float", WORD, " none left right " }, { "clear", WORD, " none left right both " },
	{ "list-style-type", WORD, " none disc circle square decimal lower-alpha upper-alpha lower-latin upper-latin lower-roman upper-roman lower-greek " },
	{ "border-collapse", WORD, " collapse separate " }, { "border-style", WORD, " none dotted dashed solid double groove ridge inset outset " },
	{ "margin", LENGTHS, NULL }, { "margin-top", LENGTH, NULL }, { "margin-right", LENGTH, NULL }, { "margin-bottom", LENGTH, NULL },
	{ "margin-left", LENGTH, NULL }, { "margin-block", LENGTHS, NULL }, { "margin-block-start", LENGTH, NULL }, { "margin-block-end", LENGTH, NULL },
	{ "margin-inline", LENGTHS, NULL }, { "margin-inline-start", LENGTH, NULL }, { "padding-inline-start", LENGTH, NULL }, { "padding", LENGTHS, NULL }, { "padding-top", LENGTH, NULL }, { "padding-right", LENGTH, NULL },
	{ "padding-bottom", LENGTH, NULL }, { "padding-left", LENGTH, NULL }, { "border-spacing", LENGTHS, NULL }, { "border-radius", LENGTHS, NULL },
	{ "border", BORDER, NULL }, { "border-top", BORDER, NULL }, { "border-right", BORDER, NULL }, { "border-bottom", BORDER, NULL },
	{ "border-left", BORDER, NULL }, { "border-color", BORDER, NULL }, { "border-width", LENGTHS, NULL },
	{ "width", LENGTH, NULL }, { "max-width", LENGTH, NULL }, { "height", LENGTH, NULL },
};

/* ---- the text of a style ---- */

/* "\6e" and "\n" are "n"; a comment is nothing; letters are small, controls blanks. */
static void normalise(struct buffer *out, const char *style)
{
	bool endless = false;
	buffer_reset(out);
	for (size_t i = 0; style[i];) {
		bool comment = !endless && style[i] == '/' && style[i + 1] == '*';
		const char *end = comment ? strstr(style + i + 2, "*/") : NULL;
		endless |= comment && !end;
		if (end) {
			i = (size_t)(end - style) + 2;
		} else if (style[i] == '\\' && style[i + 1]) {
			char digits[7] = "";
			size_t n = 0;
			for (i++; n < 6 && style[i] && strchr("0123456789abcdefABCDEF", style[i]); i++)
				digits[n++] = style[i];
			long code = n ? strtol(digits, NULL, 16) : (unsigned char)style[i++];
			i += n && is_blank(style[i]);
			buffer_add_char(out, code > 32 && code < 127 ? lower((char)code) : '?');
		} else {
			buffer_add_char(out, (unsigned char)style[i] < 32 ? ' ' : lower(style[i]));
			i++;
		}
	}
}

/* The next token of a value, to a blank outside of brackets; false: no more. */
static bool next_token(struct span *value, struct span *token)
{
	size_t i = 0;
	int depth = 0;
	*value = mail_span_trim(*value);
	for (; i < value->length && (depth || !is_blank(value->at[i])); i++)
		depth += value->at[i] == '(' ? 1 : value->at[i] == ')' ? -1 : 0;
	*token = (struct span){ value->at, i };
	*value = (struct span){ value->at + i, value->length - i };
	return i > 0;
}

/* ---- lengths ---- */

enum unit { UNIT_NONE, UNIT_PX, UNIT_PERCENT };
/* A number and its unit, in px; negative ones, too. */
static bool read_length(struct span token, double font, double *px, enum unit *unit)
{
	static const struct { const char *name; double px; } units[] = {
		{ "px", 1 }, { "pt", 4.0 / 3 }, { "em", 0 }, { "rem", 16 }, { "ex", -0.5 }, { "ch", -0.5 }, { "in", 96 }, { "cm", 37.8 }, { "mm", 3.78 }, { "pc", 16 },
	};
	char number[24];
	size_t n = 0;
	while (n < token.length && n + 1 < sizeof number && (is_digit(token.at[n]) || token.at[n] == '.' || (n == 0 && strchr("+-", token.at[n])))) {
		number[n] = token.at[n];
		n++;
	}
	number[n] = '\0';
	if (!n || !strpbrk(number, "0123456789"))
		return false;
	struct span rest = { token.at + n, token.length - n };
	*px = strtod(number, NULL);
	*unit = UNIT_NONE;
	if (!rest.length)
		return true;
	if (mail_span_equal_nocase(rest, "%")) {
		*unit = UNIT_PERCENT;
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (mail_span_equal_nocase(rest, units[i].name)) {
			*px *= units[i].px > 0 ? units[i].px : units[i].px < 0 ? font / 2 : font;
			*unit = UNIT_PX;
			return true;
		}
	return false;
}

static bool length_fits(struct span token, double font, double most)
{
	double px;
	enum unit unit;
	if (!read_length(token, font, &px, &unit) || px < 0)
		return false;
	return unit == UNIT_NONE ? px == 0 : unit == UNIT_PERCENT ? px <= 100 : px <= most;
}

/* ---- values that stay ---- */

static bool is_among(struct span token, const char *words)
{
	const char *at = token.length ? memmem(words, strlen(words), token.at, token.length) : NULL;
	for (; at; at = memmem(at + 1, strlen(at + 1), token.at, token.length))
		if (at > words && at[-1] == ' ' && at[token.length] == ' ' && !memchr(token.at, ' ', token.length))
			return true;
	return false;
}

static void add_colour(struct buffer *out, struct colour colour)
{
	buffer_printf(out, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
}

static bool add_lengths(struct buffer *out, struct span value, double font, size_t most)
{
	struct span token;
	size_t count = 0;
	for (; next_token(&value, &token); count++) {
		if (count == most || (!mail_span_equal_nocase(token, "auto") && !length_fits(token, font, LENGTH_MOST)))
			return false;
		buffer_printf(out, "%s%.*s", count ? " " : "", (int)token.length, token.at);
	}
	return count > 0;
}

static bool add_border(struct buffer *out, struct span value, double font)
{
	struct span token;
	size_t count = 0;
	for (; next_token(&value, &token); count++) {
		struct colour colour;
		bool solid = mail_clean_colour(token, &colour) == COLOUR_SOLID;
		if (count == 4 || (!solid && !length_fits(token, font, BORDER_MOST)
		                   && !is_among(token, " none dotted dashed solid double groove ridge inset outset thin medium thick windowtext transparent ")))
			return false;
		if (mail_span_equal_nocase(token, "windowtext"))         /* what Word calls black */
			token = SPAN("#000000");
		if (count)
			buffer_add_char(out, ' ');
		if (solid)
			add_colour(out, colour);
		else
			buffer_add(out, token.at, token.length);
	}
	return count > 0;
}

static bool add_family(struct buffer *out, struct span value)
{
	char open = 0;
	if (!value.length || value.length > FAMILY_MOST)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		char c = value.at[i];
		if (c == '"' || c == '\'') {
			if (open && open != c)
				return false;
			open = open ? 0 : c;
			c = '\'';
		} else if (!is_alpha(c) && !is_digit(c) && !strchr(" ,-_.", c)) {
			return false;
		}
		buffer_add_char(out, c);
	}
	return !open;
}

/* The size in px, of whatever is said; 0: not understood. */
static double font_size(struct span value, double font)
{
	static const struct { const char *name; double px; } sizes[] = {
		{ "xx-small", 9 }, { "x-small", 10 }, { "small", 13 }, { "medium", 16 }, { "large", 18 }, { "x-large", 24 }, { "xx-large", 32 },
	};
	double px;
	enum unit unit;
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		if (mail_span_equal_nocase(value, sizes[i].name))
			return sizes[i].px;
	if (mail_span_equal_nocase(value, "smaller") || mail_span_equal_nocase(value, "larger"))
		return mail_span_equal_nocase(value, "smaller") ? font / 1.2 : font * 1.2;
	if (!read_length(value, font, &px, &unit) || px < 0)
		return 0;
	px = unit == UNIT_PERCENT ? font * px / 100 : px;
	return px > 0 ? px : 0.01;
}

static bool add_font_size(struct buffer *out, struct span value, struct look *look)
{
	double px = font_size(value, look->font);
	if (px > 0)
		look->font = px > FONT_MOST ? FONT_MOST : px;
	if (px < FONT_LEAST || px > FONT_MOST)
		return false;
	buffer_add(out, value.at, value.length);
	return true;
}

static bool add_line_height(struct buffer *out, struct span value, struct look *look)
{
	double px;
	enum unit unit;
	if (!mail_span_equal_nocase(value, "normal")) {
		if (!read_length(value, look->font, &px, &unit))
			return false;
		double lines = unit == UNIT_NONE ? px : unit == UNIT_PERCENT ? px / 100 : px / look->font;
		if (lines < 0.2)
			look->hidden = true;
		if (lines < 0.7 || lines > 10)
			return false;
	}
	buffer_add(out, value.at, value.length);
	return true;
}

static bool add_ink(struct buffer *out, struct span value, struct look *look)
{
	enum colour_read read = mail_clean_colour(value, &look->ink);
	if (read != COLOUR_NONE)
		look->clear = read == COLOUR_CLEAR;
	if (read == COLOUR_SOLID)
		add_colour(out, look->ink);
	return read == COLOUR_SOLID;
}

static bool add_paper(struct buffer *out, struct span value, struct look *look)
{
	struct colour colour;
	if (mail_clean_colour(value, &colour) != COLOUR_SOLID)
		return false;
	look->paper = colour;
	add_colour(out, colour);
	return true;
}

static bool add_value(struct buffer *out, size_t property, struct span value, struct look *look)
{
	switch (properties[property].value) {
	case INK: return add_ink(out, value, look);
	case PAPER: return add_paper(out, value, look);
	case FONT_SIZE: return add_font_size(out, value, look);
	case FAMILY: return add_family(out, value);
	case LENGTHS: return add_lengths(out, value, look->font, 4);
	case LENGTH: return add_lengths(out, value, look->font, 1);
	case BORDER: return add_border(out, value, look->font);
	case LINE_HEIGHT: return add_line_height(out, value, look);
	case WORD: break;
	}
	if (!is_among(value, properties[property].words))
		return false;
	buffer_add(out, value.at, value.length);
	return true;
}

/* ---- what hides ---- */

struct box { bool no_height, no_width, clipped, out_of_flow, far; };

static bool is_least(struct span value, double font, double px_most)
{
	double px;
	enum unit unit;
	return read_length(value, font, &px, &unit) && px <= px_most && px > -px_most - 1;
}

static bool is_far(struct span value, double font)
{
	double px;
	enum unit unit;
	return read_length(value, font, &px, &unit) && (unit == UNIT_PERCENT ? px <= -50 || px >= 150 : px <= -AWAY || px >= LENGTH_MOST);
}

static bool names(struct span name, const char *words)
{
	return is_among(name, words);
}

static void note_box(struct span name, struct span value, double font, struct box *box)
{
	if (names(name, " height max-height "))
		box->no_height |= is_least(value, font, 2);
	else if (names(name, " width max-width "))
		box->no_width |= is_least(value, font, 2);
	else if (names(name, " overflow overflow-x overflow-y "))
		box->clipped |= !is_among(value, " visible auto scroll ");
	else if (names(name, " position "))
		box->out_of_flow |= is_among(value, " absolute fixed ");
	else if (names(name, " left right top bottom margin-left margin-top margin-right text-indent inset "))
		box->far |= is_far(value, font);
}

static bool is_little(struct span value)
{
	double px;
	enum unit unit;
	return read_length(value, 16, &px, &unit) && (unit == UNIT_PERCENT ? px < 15 : px < 0.15);
}

static bool hides_alone(struct span name, struct span value)
{
	struct colour colour;
	if (names(name, " display "))
		return is_among(value, " none ");
	if (names(name, " visibility content-visibility "))
		return is_among(value, " hidden collapse ");
	if (names(name, " mso-hide "))
		return !is_among(value, " none ");
	if (names(name, " opacity -moz-opacity "))
		return is_little(value);
	if (names(name, " filter -ms-filter "))
		return span_has_nocase(value, "opacity") && (span_has_nocase(value, "(0") || span_has_nocase(value, "=0"));
	if (names(name, " transform -webkit-transform -ms-transform zoom scale "))
		return span_has_nocase(value, "scale(0") || span_has_nocase(value, "scalex(0") || span_has_nocase(value, "scaley(0") || span_has_nocase(value, "translate")
		       || span_has_nocase(value, "matrix") || (!names(name, " transform -webkit-transform -ms-transform ") && is_little(value));
	if (names(name, " clip clip-path -webkit-clip-path mask mask-image -webkit-mask "))
		return !is_among(value, " none auto ");
	if (names(name, " -webkit-text-fill-color "))
		return mail_clean_colour(value, &colour) == COLOUR_CLEAR;
	return false;
}

static bool box_hides(const struct box *box)
{
	return box->far || (box->clipped && (box->no_height || box->no_width)) || (box->out_of_flow && (box->no_height || box->no_width));
}

/* ---- a style ---- */

static void add_declaration(struct buffer *out, struct span name, struct span value, struct look *look)
{
	for (size_t i = 0; i < COUNT_OF(properties); i++) {
		if (!mail_span_equal_nocase(name, properties[i].name))
			continue;
		size_t before = out->length;
		bool paper = properties[i].value == PAPER;
		buffer_printf(out, "%s:", paper ? "background-color" : properties[i].name);
		if (add_value(out, i, value, look))
			buffer_add_char(out, ';');
		else
			out->length = before;
		return;
	}
}

/* To the next ';' outside of quotes and brackets. */
static size_t declaration_length(struct span text)
{
	char quote = 0;
	int depth = 0;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (!quote && (c == '(' || c == ')'))
			depth += c == '(' ? 1 : depth ? -1 : 0;
		else if (!quote && !depth && c == ';')
			return i;
	}
	return text.length;
}

static struct span without_important(struct span value)
{
	const char *mark = memrchr(value.at, '!', value.length);
	return mail_span_trim(mark ? (struct span){ value.at, (size_t)(mark - value.at) } : value);
}

bool mail_clean_seen(const struct look *look)
{
	return !look->hidden && !look->clear && look->font >= FONT_LEAST && !mail_clean_colours_alike(look->ink, look->paper);
}

void mail_clean_style(struct buffer *out, struct buffer *scratch, const char *style, struct look *look)
{
	struct box box = { false };
	normalise(scratch, style);
	struct span rest = { scratch->at ? scratch->at : "", scratch->length };
	while (rest.length) {
		size_t length = declaration_length(rest);
		const char *colon = memchr(rest.at, ':', length);
		if (colon) {
			struct span name = mail_span_trim((struct span){ rest.at, (size_t)(colon - rest.at) });
			struct span value = without_important(mail_span_trim((struct span){ colon + 1, (size_t)(rest.at + length - colon - 1) }));
			look->hidden |= hides_alone(name, value);
			note_box(name, value, look->font, &box);
			add_declaration(out, name, value, look);
		}
		length += length < rest.length;
		rest = (struct span){ rest.at + length, rest.length - length };
	}
	look->hidden |= box_hides(&box);
}
