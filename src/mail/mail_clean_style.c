/*
 * mail_clean_style.c - a style attribute: the declarations that may stay.
 *
 * A property stays that is listed, with a value that is wholly understood and written anew: no function, no URL, no negative length. What hides
 * text is not merely left out: mail_clean_hide.c says so, and the text goes with it. Linear in the style, which a tag's size bounds.
 */
#include "mail_clean.h"

#include <stdio.h>
#include <stdlib.h>

#define FONT_LEAST 5.0                   /* px: nobody reads less */
#define FONT_MOST 96.0                   /* px */
#define LENGTH_MOST 3000.0               /* px */
#define BORDER_MOST 20.0                 /* px */
#define FAMILY_MOST 200                  /* bytes of font names */
#define BLANKS " \t"

enum value { WORD, INK, PAPER, FONT_SIZE, FAMILY, LENGTHS, LENGTH, BORDER, LINE_HEIGHT, INDENT };
static const struct { const char *name; enum value value; const char *words; } properties[] = {
	{ "color", INK, NULL }, { "background-color", PAPER, NULL }, { "background", PAPER, NULL }, { "background-image", PAPER, NULL },
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
	{ "border-collapse", WORD, " collapse separate " }, { "table-layout", WORD, " auto fixed " }, { "text-indent", INDENT, NULL }, { "border-style", WORD, " none dotted dashed solid double groove ridge inset outset " },
	{ "margin", LENGTHS, NULL }, { "margin-top", LENGTH, NULL }, { "margin-right", LENGTH, NULL }, { "margin-bottom", LENGTH, NULL },
	{ "margin-left", LENGTH, NULL }, { "margin-block", LENGTHS, NULL }, { "margin-block-start", LENGTH, NULL }, { "margin-block-end", LENGTH, NULL },
	{ "margin-inline", LENGTHS, NULL }, { "margin-inline-start", LENGTH, NULL }, { "padding-inline-start", LENGTH, NULL }, { "padding", LENGTHS, NULL }, { "padding-top", LENGTH, NULL }, { "padding-right", LENGTH, NULL },
	{ "padding-bottom", LENGTH, NULL }, { "padding-left", LENGTH, NULL }, { "border-spacing", LENGTHS, NULL }, { "border-radius", LENGTHS, NULL },
	{ "border", BORDER, NULL }, { "border-top", BORDER, NULL }, { "border-right", BORDER, NULL }, { "border-bottom", BORDER, NULL },
	{ "border-left", BORDER, NULL }, { "border-color", BORDER, NULL }, { "border-width", LENGTHS, NULL },
	{ "width", LENGTH, NULL }, { "max-width", LENGTH, NULL }, { "min-width", LENGTH, NULL }, { "height", LENGTH, NULL },
};

/* ---- values that stay ---- */

/* Written as it will be passed on: a plain number and its unit. */
static bool is_plain(struct span token)
{
	for (size_t i = 0; i < token.length; i++)
		if (!is_alpha(token.at[i]) && !is_digit(token.at[i]) && !strchr(".%", token.at[i]))
			return false;
	return token.length;
}

static bool length_fits(struct span token, double font, double most)
{
	double px;
	enum unit unit;
	if (!is_plain(token) || !mail_clean_length(token, font, &px, &unit) || px < 0)
		return false;
	return unit == UNIT_NONE ? px == 0 : unit == UNIT_PERCENT ? px <= 100 : px <= most;
}

static void add_colour(struct buffer *out, struct colour colour)
{
	buffer_printf(out, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
}

static bool add_lengths(struct buffer *out, struct span value, double font, size_t most)
{
	struct span token;
	size_t count = 0;
	for (; mail_clean_token(&value, BLANKS, &token); count++) {
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
	for (; mail_clean_token(&value, BLANKS, &token); count++) {
		struct colour colour;
		bool solid = mail_clean_colour(token, &colour) == COLOUR_SOLID;
		if (count == 4 || (!solid && !length_fits(token, font, BORDER_MOST)
		                   && !mail_clean_is_among(token, " none dotted dashed solid double groove ridge inset outset thin medium thick transparent ")))
			return false;
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
	if (!mail_clean_length(value, font, &px, &unit) || px < 0)
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
	if (is_plain(value))
		buffer_add(out, value.at, value.length);
	else
		buffer_printf(out, "%.1fpx", px);
	return true;
}

static bool add_line_height(struct buffer *out, struct span value, struct look *look)
{
	double px;
	enum unit unit;
	if (!mail_span_equal_nocase(value, "normal")) {
		if (!mail_clean_length(value, look->font, &px, &unit))
			return false;
		double lines = unit == UNIT_NONE ? px : unit == UNIT_PERCENT ? px / 100 : px / look->font;
		if (lines < 0.2)
			look->hidden = true;
		if (lines < 0.7 || lines > 10 || !is_plain(value))
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

/* The first colour in the brackets of a gradient. */
static bool gradient(struct span value, struct colour *colour)
{
	const char *at = mail_span_find_nocase(value, "gradient("), *stop = value.at + value.length;
	struct span part, token, inside = { at ? at + strlen("gradient(") : stop, at ? (size_t)(stop - at) - strlen("gradient(") : 0 };
	if (inside.length && inside.at[inside.length - 1] == ')')
		inside.length--;
	while (mail_clean_token(&inside, ",", &part))
		while (mail_clean_token(&part, BLANKS, &token))
			if (mail_clean_colour(token, colour) == COLOUR_SOLID)
				return true;
	return false;
}

/* The colour of a background, alone or among what else it has; a gradient is as its first colour. */
static bool add_paper(struct buffer *out, struct span value, struct look *look)
{
	struct colour colour;
	struct span token, rest = value;
	bool found = gradient(value, &colour);
	while (!found && mail_clean_token(&rest, BLANKS, &token)) {
		found = mail_clean_colour(token, &colour) == COLOUR_SOLID;
		if (mail_span_equal_nocase(token, "currentcolor")) {
			look->paper = look->ink;         /* whatever it will be: nothing is seen on it */
			return false;
		}
	}
	if (!found)
		return false;
	look->paper = colour;
	add_colour(out, colour);
	return true;
}

/* To the left no further than the paragraph stands to the right: Word's lists have their sign there. */
static bool add_indent(struct buffer *out, struct span value, const struct look *look)
{
	double px;
	enum unit unit;
	bool minus = value.length > 1 && value.at[0] == '-';
	if (!minus)
		return add_lengths(out, value, look->font, 1);
	if (!is_plain((struct span){ value.at + 1, value.length - 1 }) || !mail_clean_length(value, look->font, &px, &unit) || unit != UNIT_PX || -px > look->left)
		return false;
	buffer_add(out, value.at, value.length);
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
	case INDENT: return add_indent(out, value, look);
	case WORD: break;
	}
	if (!mail_clean_is_among(value, properties[property].words))
		return false;
	buffer_add(out, value.at, value.length);
	return true;
}

/* ---- a style ---- */

/* How far the paragraph stands to the right. */
static void note_left(struct span name, struct span value, struct look *look)
{
	double px;
	enum unit unit;
	if (mail_span_equal_nocase(name, "margin-left") && mail_clean_length(value, look->font, &px, &unit) && unit == UNIT_PX && px <= LENGTH_MOST)
		look->left = px;
}

static void add_declaration(struct buffer *out, struct span name, struct span value, struct look *look)
{
	note_left(name, value, look);
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

static bool is_weight(struct span token)
{
	return mail_clean_is_among(token, " bold bolder lighter 100 200 300 400 500 600 700 800 900 ");
}

/* "italic bold 12px/1.4 Arial, sans-serif": each part as its own declaration. */
static void add_font(struct buffer *out, struct span value, struct look *look)
{
	struct span token, size, weight = SPAN("normal"), style = SPAN("normal"), line = SPAN("normal");
	while (mail_clean_token(&value, " \t/", &size)) {
		if (is_weight(size))
			weight = size;
		else if (mail_clean_is_among(size, " italic oblique "))
			style = size;
		else if (font_size(size, look->font) > 0)
			break;
	}
	if (!size.length)
		return;
	token = mail_span_trim(value);
	if (token.length && token.at[0] == '/' && mail_clean_token(&token, " \t/", &line))
		value = token;
	add_declaration(out, SPAN("font-style"), style, look);
	add_declaration(out, SPAN("font-weight"), weight, look);
	add_declaration(out, SPAN("font-size"), size, look);
	add_declaration(out, SPAN("line-height"), line, look);
	add_declaration(out, SPAN("font-family"), mail_span_trim(value), look);
}

bool mail_clean_seen(const struct look *look)
{
	return !look->hidden && !look->clear && look->font >= FONT_LEAST && !mail_clean_colours_alike(look->ink, look->paper);
}

/* What is important goes after all else, as it counts more. */
static void add_declarations(struct buffer *out, struct span style, bool important, struct clean_box *box, struct look *look)
{
	struct declaration said;
	while (mail_clean_declaration(&style, &said)) {
		if (said.important != important)
			continue;
		mail_clean_box_note(box, said.name, said.value, look);
		if (mail_span_equal_nocase(said.name, "font"))
			add_font(out, said.value, look);
		else
			add_declaration(out, said.name, said.value, look);
	}
}

void mail_clean_style(struct buffer *out, struct buffer *scratch, const char *style, struct look *look)
{
	struct clean_box box = { false };
	look->left = 0;
	mail_clean_css(scratch, style);
	struct span all = { scratch->at ? scratch->at : "", scratch->length };
	add_declarations(out, all, false, &box, look);
	add_declarations(out, all, true, &box, look);
	look->hidden |= mail_clean_box_hides(&box, look);
}
