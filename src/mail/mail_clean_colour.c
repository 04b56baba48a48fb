/*
 * mail_clean_colour.c - colours as CSS and HTML write them, and whether text of one can be read on another.
 *
 * All names, the system's ones as a light screen has them. Of the spaces that nobody writes by hand (lab, oklch ...) only how light a colour is
 * is taken: it becomes a grey. Linear; one colour may stand in another's brackets DEPTH deep.
 */
#include "mail_clean.h"

#include <math.h>
#include <stdlib.h>

#define ALIKE 48                         /* of 255, in the channel that differs most: #ccc on white can be read, #d8d8d8 is hidden */
#define CLEAR 0.15                       /* of 1: ink that is less opaque is not seen */
#define DEPTH 4
#define PARTS 8                          /* in the brackets of a colour */

/* In the order of their names. */
static const struct { const char *name; unsigned value; } names[] = {
	{ "accentcolor", 0x0078D7 }, { "accentcolortext", 0xFFFFFF }, { "activeborder", 0x767676 }, { "activecaption", 0xFFFFFF }, { "activetext", 0xFF0000 },
	{ "aliceblue", 0xF0F8FF }, { "antiquewhite", 0xFAEBD7 }, { "appworkspace", 0xFFFFFF }, { "aqua", 0x00FFFF }, { "aquamarine", 0x7FFFD4 },
	{ "azure", 0xF0FFFF }, { "background", 0xFFFFFF }, { "beige", 0xF5F5DC }, { "bisque", 0xFFE4C4 }, { "black", 0x000000 }, { "blanchedalmond", 0xFFEBCD },
	{ "blue", 0x0000FF }, { "blueviolet", 0x8A2BE2 }, { "brown", 0xA52A2A }, { "burlywood", 0xDEB887 }, { "buttonborder", 0x767676 },
	{ "buttonface", 0xF0F0F0 }, { "buttonhighlight", 0xF0F0F0 }, { "buttonshadow", 0xF0F0F0 }, { "buttontext", 0x000000 }, { "cadetblue", 0x5F9EA0 },
	{ "canvas", 0xFFFFFF }, { "canvastext", 0x000000 }, { "captiontext", 0x000000 }, { "chartreuse", 0x7FFF00 }, { "chocolate", 0xD2691E },
	{ "coral", 0xFF7F50 }, { "cornflowerblue", 0x6495ED }, { "cornsilk", 0xFFF8DC }, { "crimson", 0xDC143C }, { "cyan", 0x00FFFF }, { "darkblue", 0x00008B },
	{ "darkcyan", 0x008B8B }, { "darkgoldenrod", 0xB8860B }, { "darkgray", 0xA9A9A9 }, { "darkgreen", 0x006400 }, { "darkgrey", 0xA9A9A9 },
	{ "darkkhaki", 0xBDB76B }, { "darkmagenta", 0x8B008B }, { "darkolivegreen", 0x556B2F }, { "darkorange", 0xFF8C00 }, { "darkorchid", 0x9932CC },
	{ "darkred", 0x8B0000 }, { "darksalmon", 0xE9967A }, { "darkseagreen", 0x8FBC8F }, { "darkslateblue", 0x483D8B }, { "darkslategray", 0x2F4F4F },
	{ "darkslategrey", 0x2F4F4F }, { "darkturquoise", 0x00CED1 }, { "darkviolet", 0x9400D3 }, { "deeppink", 0xFF1493 }, { "deepskyblue", 0x00BFFF },
	{ "dimgray", 0x696969 }, { "dimgrey", 0x696969 }, { "dodgerblue", 0x1E90FF }, { "field", 0xFFFFFF }, { "fieldtext", 0x000000 }, { "firebrick", 0xB22222 },
	{ "floralwhite", 0xFFFAF0 }, { "forestgreen", 0x228B22 }, { "fuchsia", 0xFF00FF }, { "gainsboro", 0xDCDCDC }, { "ghostwhite", 0xF8F8FF },
	{ "gold", 0xFFD700 }, { "goldenrod", 0xDAA520 }, { "gray", 0x808080 }, { "graytext", 0x808080 }, { "green", 0x008000 }, { "greenyellow", 0xADFF2F },
	{ "grey", 0x808080 }, { "highlight", 0x0078D7 }, { "highlighttext", 0xFFFFFF }, { "honeydew", 0xF0FFF0 }, { "hotpink", 0xFF69B4 },
	{ "indianred", 0xCD5C5C }, { "indigo", 0x4B0082 }, { "infobackground", 0xFFFFFF }, { "infotext", 0x000000 }, { "ivory", 0xFFFFF0 }, { "khaki", 0xF0E68C },
	{ "lavender", 0xE6E6FA }, { "lavenderblush", 0xFFF0F5 }, { "lawngreen", 0x7CFC00 }, { "lemonchiffon", 0xFFFACD }, { "lightblue", 0xADD8E6 },
	{ "lightcoral", 0xF08080 }, { "lightcyan", 0xE0FFFF }, { "lightgoldenrodyellow", 0xFAFAD2 }, { "lightgray", 0xD3D3D3 }, { "lightgreen", 0x90EE90 },
	{ "lightgrey", 0xD3D3D3 }, { "lightpink", 0xFFB6C1 }, { "lightsalmon", 0xFFA07A }, { "lightseagreen", 0x20B2AA }, { "lightskyblue", 0x87CEFA },
	{ "lightslategray", 0x778899 }, { "lightslategrey", 0x778899 }, { "lightsteelblue", 0xB0C4DE }, { "lightyellow", 0xFFFFE0 }, { "lime", 0x00FF00 },
	{ "limegreen", 0x32CD32 }, { "linen", 0xFAF0E6 }, { "linktext", 0x0000EE }, { "magenta", 0xFF00FF }, { "mark", 0xFFFF00 }, { "marktext", 0x000000 },
	{ "maroon", 0x800000 }, { "mediumaquamarine", 0x66CDAA }, { "mediumblue", 0x0000CD }, { "mediumorchid", 0xBA55D3 }, { "mediumpurple", 0x9370DB },
	{ "mediumseagreen", 0x3CB371 }, { "mediumslateblue", 0x7B68EE }, { "mediumspringgreen", 0x00FA9A }, { "mediumturquoise", 0x48D1CC },
	{ "mediumvioletred", 0xC71585 }, { "menu", 0xFFFFFF }, { "menutext", 0x000000 }, { "midnightblue", 0x191970 }, { "mintcream", 0xF5FFFA },
	{ "mistyrose", 0xFFE4E1 }, { "moccasin", 0xFFE4B5 }, { "navajowhite", 0xFFDEAD }, { "navy", 0x000080 }, { "oldlace", 0xFDF5E6 }, { "olive", 0x808000 },
	{ "olivedrab", 0x6B8E23 }, { "orange", 0xFFA500 }, { "orangered", 0xFF4500 }, { "orchid", 0xDA70D6 }, { "palegoldenrod", 0xEEE8AA },
	{ "palegreen", 0x98FB98 }, { "paleturquoise", 0xAFEEEE }, { "palevioletred", 0xDB7093 }, { "papayawhip", 0xFFEFD5 }, { "peachpuff", 0xFFDAB9 },
	{ "peru", 0xCD853F }, { "pink", 0xFFC0CB }, { "plum", 0xDDA0DD }, { "powderblue", 0xB0E0E6 }, { "purple", 0x800080 }, { "rebeccapurple", 0x663399 },
	{ "red", 0xFF0000 }, { "rosybrown", 0xBC8F8F }, { "royalblue", 0x4169E1 }, { "saddlebrown", 0x8B4513 }, { "salmon", 0xFA8072 }, { "sandybrown", 0xF4A460 },
	{ "scrollbar", 0xFFFFFF }, { "seagreen", 0x2E8B57 }, { "seashell", 0xFFF5EE }, { "sienna", 0xA0522D }, { "silver", 0xC0C0C0 }, { "skyblue", 0x87CEEB },
	{ "slateblue", 0x6A5ACD }, { "slategray", 0x708090 }, { "slategrey", 0x708090 }, { "snow", 0xFFFAFA }, { "springgreen", 0x00FF7F },
	{ "steelblue", 0x4682B4 }, { "tan", 0xD2B48C }, { "teal", 0x008080 }, { "thistle", 0xD8BFD8 }, { "tomato", 0xFF6347 }, { "turquoise", 0x40E0D0 },
	{ "violet", 0xEE82EE }, { "visitedtext", 0x551A8B }, { "wheat", 0xF5DEB3 }, { "white", 0xFFFFFF }, { "whitesmoke", 0xF5F5F5 }, { "window", 0xFFFFFF },
	{ "windowframe", 0x767676 }, { "windowtext", 0x000000 }, { "yellow", 0xFFFF00 }, { "yellowgreen", 0x9ACD32 },
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

static int compare_names(const void *text, const void *row)
{
	const struct span *span = text;
	const char *name = *(const char *const *)row;
	int way = strncasecmp(span->at, name, span->length);
	return way ? way : name[span->length] ? -1 : 0;
}

static bool read_name(struct span text, struct colour *colour)
{
	size_t at = 0;
	while (at < text.length && is_alpha(text.at[at]))
		at++;
	if (at < text.length || !at)
		return false;
	const struct { const char *name; unsigned value; } *found = bsearch(&text, names, COUNT_OF(names), sizeof *names, compare_names);
	if (found)
		set(colour, found->value);
	return found;
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

/* ---- with brackets ---- */

struct amount { double value; bool percent; };

static unsigned char byte_of(double share)
{
	return (unsigned char)(share <= 0 ? 0 : share >= 1 ? 255 : share * 255 + 0.5);
}

static double share_of(struct amount part, double whole)
{
	return part.percent ? part.value / 100 : part.value / whole;
}

/* Of a hue's angle, and how much of it there is between two shares of light. */
static struct colour of_hue(double hue, double least, double most)
{
	double rgb[3];
	hue = fmod(fmod(hue, 360) + 360, 360) / 60;
	for (int i = 0; i < 3; i++) {
		double far = fabs(fmod(hue + (i == 0 ? 0 : i == 1 ? 4 : 2), 6) - 3) - 1;
		rgb[i] = least + (most - least) * (far < 0 ? 0 : far > 1 ? 1 : far);
	}
	return (struct colour){ byte_of(rgb[0]), byte_of(rgb[1]), byte_of(rgb[2]) };
}

static struct colour of_hsl(double hue, double full, double light)
{
	full = full < 0 ? 0 : full > 1 ? 1 : full;
	light = light < 0 ? 0 : light > 1 ? 1 : light;
	double half = full * (light < 0.5 ? light : 1 - light);
	return of_hue(hue, light - half, light + half);
}

static struct colour of_hwb(double hue, double white, double black)
{
	if (white + black >= 1)
		return of_hue(0, white / (white + black), white / (white + black));
	return of_hue(hue, white, 1 - black);
}

/* "255", "50%", "210deg", "calc(250)": numbers apart from each other by blanks, commas or a slash; COLOUR_NONE words are 0. */
static size_t read_parts(struct span inside, struct amount parts[PARTS])
{
	struct span token;
	size_t count = 0;
	while (mail_clean_token(&inside, " ,/\t", &token)) {
		enum unit unit;
		if (count == PARTS)
			return 0;
		size_t letters = token.length;
		while (letters && is_alpha(token.at[letters - 1]))
			letters--;
		bool angle = token.length - letters == 3 && mail_span_equal_nocase((struct span){ token.at + letters, 3 }, "deg");
		parts[count] = (struct amount){ 0, false };
		if (!mail_span_equal_nocase(token, "none")) {
			if (!mail_clean_length(angle ? (struct span){ token.at, letters } : token, 16, &parts[count].value, &unit) || unit == UNIT_PX)
				return 0;
			parts[count].percent = unit == UNIT_PERCENT;
		}
		count++;
	}
	return count;
}

static enum colour_read read_numbers(struct span name, struct span inside, struct colour *colour)
{
	struct amount part[PARTS];
	bool lightness = mail_clean_is_among(name, " lab lch oklab oklch ");
	struct span space;
	if (mail_span_equal_nocase(name, "color") && !mail_clean_token(&inside, " \t", &space))
		return COLOUR_NONE;
	size_t count = read_parts(inside, part);
	if (count < 3)
		return COLOUR_NONE;
	if (mail_clean_is_among(name, " rgb rgba "))
		*colour = (struct colour){ byte_of(share_of(part[0], 255)), byte_of(share_of(part[1], 255)), byte_of(share_of(part[2], 255)) };
	else if (mail_clean_is_among(name, " hsl hsla "))
		*colour = of_hsl(part[0].value, share_of(part[1], 100), share_of(part[2], 100));
	else if (mail_span_equal_nocase(name, "hwb"))
		*colour = of_hwb(part[0].value, share_of(part[1], 100), share_of(part[2], 100));
	else if (mail_span_equal_nocase(name, "color"))
		*colour = (struct colour){ byte_of(share_of(part[0], 1)), byte_of(share_of(part[1], 1)), byte_of(share_of(part[2], 1)) };
	else if (lightness)
		colour->red = colour->green = colour->blue = byte_of(share_of(part[0], name.at[0] == 'o' ? 1 : 100));
	else
		return COLOUR_NONE;
	return count > 3 && share_of(part[3], 1) < CLEAR ? COLOUR_CLEAR : COLOUR_SOLID;
}

static enum colour_read read_colour(struct span text, int depth, struct colour *colour);

/* light-dark(): the first of two; color-mix(): what lies between them. */
static enum colour_read read_two(struct span inside, bool mix, int depth, struct colour *colour)
{
	struct span token, word;
	struct colour two[2];
	size_t count = 0;
	while (count < 2 && mail_clean_token(&inside, ",", &token))
		while (count < 2 && mail_clean_token(&token, " \t", &word))
			count += read_colour(word, depth + 1, &two[count]) == COLOUR_SOLID;
	if (count < 2)
		return COLOUR_NONE;
	*colour = mix ? (struct colour){ (unsigned char)((two[0].red + two[1].red) / 2), (unsigned char)((two[0].green + two[1].green) / 2),
	                                 (unsigned char)((two[0].blue + two[1].blue) / 2) } : two[0];
	return COLOUR_SOLID;
}

static enum colour_read read_colour(struct span text, int depth, struct colour *colour)
{
	if (text.length && text.at[0] == '#')
		return read_hex((struct span){ text.at + 1, text.length - 1 }, colour);
	if (mail_span_equal_nocase(text, "transparent"))
		return COLOUR_CLEAR;
	if (read_name(text, colour))
		return COLOUR_SOLID;
	const char *open = memchr(text.at, '(', text.length);
	if (!open || text.at[text.length - 1] != ')' || depth == DEPTH)
		return COLOUR_NONE;
	struct span name = { text.at, (size_t)(open - text.at) }, inside = { open + 1, text.length - name.length - 2 };
	if (mail_clean_is_among(name, " light-dark color-mix "))
		return read_two(inside, mail_span_equal_nocase(name, "color-mix"), depth, colour);
	return read_numbers(name, inside, colour);
}

enum colour_read mail_clean_colour(struct span text, struct colour *colour)
{
	return read_colour(text, 0, colour);
}

/* ---- an attribute's ---- */

/* As browsers read `bgcolor` and `color`: any word is one, its letters that are no digits are 0. */
bool mail_clean_old_colour(const char *value, struct colour *colour)
{
	struct span text = mail_span_trim(span_of(value));
	char digits[132];
	size_t n = 0;
	if (!text.length || mail_span_equal_nocase(text, "transparent"))
		return false;
	if (read_name(text, colour) || (text.at[0] == '#' && text.length == 4 && read_hex((struct span){ text.at + 1, 3 }, colour) != COLOUR_NONE))
		return true;
	for (size_t i = text.at[0] == '#'; i < text.length && n < 128; i++)
		digits[n++] = hex(text.at[i]) < 0 ? '0' : text.at[i];
	while (n == 0 || n % 3)
		digits[n++] = '0';
	size_t third = n / 3, skip = third > 8 ? third - 8 : 0;
	while (third - skip > 2 && digits[skip] == '0' && digits[third + skip] == '0' && digits[2 * third + skip] == '0')
		skip++;
	unsigned char part[3];
	for (size_t i = 0; i < 3; i++) {
		const char *at = digits + i * third + skip;
		part[i] = (unsigned char)(third - skip == 1 ? hex(at[0]) : hex(at[0]) * 16 + hex(at[1]));
	}
	*colour = (struct colour){ part[0], part[1], part[2] };
	return true;
}

static bool near(unsigned char a, unsigned char b)
{
	return abs((int)a - (int)b) < ALIKE;
}

bool mail_clean_colours_alike(struct colour a, struct colour b)
{
	return near(a.red, b.red) && near(a.green, b.green) && near(a.blue, b.blue);
}
