/*
 * mail_clean_colour.c - colours as CSS and HTML write them, and whether text of one can be read on another.
 *
 * Names beyond the common ones are not known, and so not passed on: what nobody here can compare could hide something.
 */
#include "mail_clean.h"

#include <stdlib.h>

#define ALIKE 48                         /* of 255, in the channel that differs most: #ccc on white can be read, #d8d8d8 is hidden */
#define CLEAR 0.15                       /* of 1: ink that is less opaque is not seen */

static const struct { const char *name; unsigned value; } names[] = {
	{ "aqua", 0x00FFFF }, { "black", 0x000000 }, { "blue", 0x0000FF }, { "brown", 0xA52A2A }, { "crimson", 0xDC143C }, { "cyan", 0x00FFFF },
	{ "darkblue", 0x00008B }, { "darkcyan", 0x008B8B }, { "darkgray", 0xA9A9A9 }, { "darkgreen", 0x006400 }, { "darkgrey", 0xA9A9A9 },
	{ "darkorange", 0xFF8C00 }, { "darkred", 0x8B0000 }, { "dimgray", 0x696969 }, { "dimgrey", 0x696969 }, { "fuchsia", 0xFF00FF },
	{ "gold", 0xFFD700 }, { "gray", 0x808080 }, { "green", 0x008000 }, { "grey", 0x808080 }, { "indigo", 0x4B0082 },
	{ "lightblue", 0xADD8E6 }, { "lightgray", 0xD3D3D3 }, { "lightgreen", 0x90EE90 }, { "lightgrey", 0xD3D3D3 }, { "lightyellow", 0xFFFFE0 },
	{ "lime", 0x00FF00 }, { "magenta", 0xFF00FF }, { "maroon", 0x800000 }, { "navy", 0x000080 }, { "olive", 0x808000 }, { "orange", 0xFFA500 },
	{ "pink", 0xFFC0CB }, { "purple", 0x800080 }, { "red", 0xFF0000 }, { "silver", 0xC0C0C0 }, { "slategray", 0x708090 },
	{ "steelblue", 0x4682B4 }, { "teal", 0x008080 }, { "tomato", 0xFF6347 }, { "violet", 0xEE82EE }, { "white", 0xFFFFFF },
	{ "whitesmoke", 0xF5F5F5 }, { "yellow", 0xFFFF00 },
};

static void set(struct colour *colour, unsigned value)
{
	*colour = (struct colour){ (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value };
}

static int hex(char c)
{
	c = lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* #rgb, #rrggbb, with a digit or two of opacity. */
static enum colour_read read_hex(struct span text, struct colour *colour)
{
	unsigned value = 0, clear = 255;
	bool narrow = text.length <= 4;
	if (text.length != 3 && text.length != 4 && text.length != 6 && text.length != 8)
		return COLOUR_NONE;
	for (size_t i = 0; i < text.length; i++) {
		int digit = hex(text.at[i]);
		if (digit < 0)
			return COLOUR_NONE;
		if (i < (narrow ? 3 : 6))
			value = narrow ? value << 8 | (unsigned)digit * 17 : value << 4 | (unsigned)digit;
		else
			clear = narrow ? (unsigned)digit * 17 : i == 6 ? (unsigned)digit << 4 : clear | (unsigned)digit;
	}
	set(colour, value);
	return clear < 255 * CLEAR ? COLOUR_CLEAR : COLOUR_SOLID;
}

/* rgb(1, 2, 3), rgba(1, 2, 3, 0.5), rgb(1 2 3 / 50%). */
static enum colour_read read_function(struct span text, struct colour *colour)
{
	double parts[4] = { 0, 0, 0, 1 };
	size_t count = 0, i = mail_span_starts_nocase(text, "rgba(") ? 5 : 4;
	if (!mail_span_starts_nocase(text, "rgb(") && !mail_span_starts_nocase(text, "rgba("))
		return COLOUR_NONE;
	while (i < text.length && text.at[i] != ')') {
		char number[16];
		size_t n = 0;
		while (i < text.length && strchr(" ,/\t", text.at[i]))
			i++;
		while (i < text.length && n + 1 < sizeof number && (is_digit(text.at[i]) || text.at[i] == '.'))
			number[n++] = text.at[i++];
		number[n] = '\0';
		if (!n || count >= COUNT_OF(parts))
			return COLOUR_NONE;
		bool part = i < text.length && text.at[i] == '%';
		parts[count] = strtod(number, NULL) * (!part ? 1 : count < 3 ? 2.55 : 0.01);
		if (count < 3 && parts[count] > 255)
			parts[count] = 255;
		count++;
		i += part;
		if (i < text.length && !strchr(" ,/\t)", text.at[i]))
			return COLOUR_NONE;
	}
	if (count < 3 || i + 1 != text.length)
		return COLOUR_NONE;
	*colour = (struct colour){ (unsigned char)parts[0], (unsigned char)parts[1], (unsigned char)parts[2] };
	return parts[3] < CLEAR ? COLOUR_CLEAR : COLOUR_SOLID;
}

enum colour_read mail_clean_colour(struct span text, struct colour *colour)
{
	if (text.length && text.at[0] == '#')
		return read_hex((struct span){ text.at + 1, text.length - 1 }, colour);
	if (mail_span_equal_nocase(text, "transparent"))
		return COLOUR_CLEAR;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_equal_nocase(text, names[i].name)) {
			set(colour, names[i].value);
			return COLOUR_SOLID;
		}
	return read_function(text, colour);
}

static bool near(unsigned char a, unsigned char b)
{
	return abs((int)a - (int)b) < ALIKE;
}

bool mail_clean_colours_alike(struct colour a, struct colour b)
{
	return near(a.red, b.red) && near(a.green, b.green) && near(a.blue, b.blue);
}
