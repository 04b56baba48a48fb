/*
 * desk_brand.c - the colours of mails and pages, reckoned from the one that the configuration names (brand.colour).
 *
 * Whatever it names, words can be read (WCAG 2.2, 1.4.3: a contrast of 4.5): a button's words are white, or black where white
 * would be too faint, and one of the two always is enough; links are the colour itself, made darker on a light ground and
 * lighter on a dark one until they stand out. No other file of the desk knows a colour of the brand.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

#define BRAND_NORMAL "#0b5cad"
#define LIGHT_GROUND "#f3f4f6"                   /* the darkest that a link stands on, of the light ones: behind a page's cards */
#define DARK_GROUND  "#1f2429"                   /* the lightest, of the dark ones: a card */
#define READABLE 4.5                             /* of words */
#define SEEN 3.0                                 /* of a button's area: WCAG 1.4.11 */
#define STEPS 64                                 /* from the colour to black or white */

struct rgb { double part[3]; };                  /* 0..255 */

static bool read_colour(const char *text, struct rgb *colour)
{
	unsigned part[3];
	if (strlen(text) != 7 || text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	sscanf(text + 1, "%2x%2x%2x", &part[0], &part[1], &part[2]);
	for (int i = 0; i < 3; i++)
		colour->part[i] = part[i];
	return true;
}

static void write_colour(const struct rgb *colour, char out[DESK_COLOUR])
{
	snprintf(out, DESK_COLOUR, "#%02x%02x%02x", (unsigned char)(colour->part[0] + 0.5), (unsigned char)(colour->part[1] + 0.5),
	         (unsigned char)(colour->part[2] + 0.5));
}

/* Relative luminance, 0..1. */
static double luminance(const char *text)
{
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	struct rgb colour;
	double sum = 0;
	if (!read_colour(text, &colour))
		return 0;
	for (int i = 0; i < 3; i++) {
		double part = colour.part[i] / 255;
		sum += weight[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double desk_contrast(const char *one, const char *other)
{
	double a = luminance(one), b = luminance(other);
	return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

/* As little towards `end` (0: black, 255: white) as makes it stand out from the ground. */
static void stand_out(const struct rgb *colour, double end, const char *ground, double least, char out[DESK_COLOUR])
{
	for (int step = 0; step <= STEPS; step++) {
		struct rgb mixed;
		for (int i = 0; i < 3; i++)
			mixed.part[i] = colour->part[i] + (end - colour->part[i]) * step / STEPS;
		write_colour(&mixed, out);
		if (desk_contrast(out, ground) >= least)
			return;
	}
}

static void words_on(const char *ground, char out[DESK_COLOUR])
{
	memcpy(out, desk_contrast("#ffffff", ground) >= READABLE ? "#ffffff" : "#000000", DESK_COLOUR);
}

static void reckon(const struct rgb *of, struct desk_colours *colours)
{
	struct rgb colour = *of;
	write_colour(&colour, colours->button);
	words_on(colours->button, colours->text);
	stand_out(&colour, 0, LIGHT_GROUND, READABLE, colours->link);
	stand_out(&colour, 255, DARK_GROUND, SEEN, colours->dark_button);
	words_on(colours->dark_button, colours->dark_text);
	stand_out(&colour, 255, DARK_GROUND, READABLE, colours->dark_link);
}

/* Each mail and page asks, and the answer is the same until the configuration changes: the last one is kept. */
bool desk_brand_colours(const char *text, struct desk_colours *colours)
{
	static _Thread_local struct { char of[DESK_COLOUR]; struct desk_colours colours; } last;
	struct rgb colour;
	if (!text || !*text)
		text = BRAND_NORMAL;
	if (strcmp(last.of, text) != 0) {
		if (!read_colour(text, &colour))
			return false;
		reckon(&colour, &last.colours);
		memcpy(last.of, text, DESK_COLOUR);
	}
	*colours = last.colours;
	return true;
}
