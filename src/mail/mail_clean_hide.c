/*
 * mail_clean_hide.c - does a style hide what stands there? In any way that mails are known to use; what hides is not passed on, and so the text
 * goes with it, instead of being shown by us.
 *
 * Of what is said twice the last counts. What an ancestor says is known as far as struct look goes: opacity, and a box without height.
 */
#include "mail_clean.h"

#include <stdlib.h>

#define AWAY 60.0                        /* px: what is moved so far is not seen */
#define FAR 3000.0                       /* px: nor is what is moved so far to the other side */
#define LITTLE 0.15                      /* of 1 */

static bool is_little(struct span value)
{
	double number;
	enum unit unit;
	return mail_clean_length(value, 16, &number, &unit) && (unit == UNIT_PERCENT ? number < 100 * LITTLE : number < LITTLE);
}

/* At most 2 px: nothing is read in a box of that size. */
static bool is_flat(struct span value, const struct look *look)
{
	double px;
	enum unit unit;
	if (!mail_clean_length(value, look->font, &px, &unit))
		return false;
	return unit == UNIT_PERCENT ? px <= 1 || look->flat : px <= 2;
}

static bool is_far(struct span value, double font)
{
	struct span token;
	double px;
	enum unit unit;
	while (mail_clean_token(&value, " \t", &token))
		if (mail_clean_length(token, font, &px, &unit) && (unit == UNIT_PERCENT ? px <= -50 || px >= 150 : px <= -AWAY || px >= FAR))
			return true;
	return false;
}

static bool has_little(struct span inside)
{
	struct span token;
	while (mail_clean_token(&inside, " ,\t", &token))
		if (is_little(token))
			return true;
	return false;
}

/* A function's brackets, the first of that name: "scale(0.1)". */
static bool finds(struct span value, const char *name, struct span *inside)
{
	const char *at = mail_span_find_nocase(value, name), *stop = value.at + value.length;
	const char *open = at ? memchr(at, '(', (size_t)(stop - at)) : NULL, *close = open ? memchr(open, ')', (size_t)(stop - open)) : NULL;
	*inside = close ? (struct span){ open + 1, (size_t)(close - open - 1) } : (struct span){ "", 0 };
	return close;
}

static bool transform_hides(struct span value)
{
	static const char *const away[] = { "translate", "matrix", "rotatex(", "rotatey(", "rotate3d(", "skew", "perspective(" };
	struct span inside;
	for (size_t i = 0; i < COUNT_OF(away); i++)
		if (span_has_nocase(value, away[i]))
			return true;
	return finds(value, "scale", &inside) && has_little(inside);
}

static bool number_is_below(struct span value, double least)
{
	double number;
	enum unit unit;
	return mail_clean_length(value, 16, &number, &unit) && number < least;
}

/* opacity(), and what makes black white or both of them grey. */
static bool filter_hides(struct span value)
{
	struct span inside;
	double much;
	enum unit unit;
	const char *old = mail_span_find_nocase(value, "opacity=");              /* alpha(opacity=0), in percent */
	const char *number = old ? old + strlen("opacity=") : NULL, *stop = value.at + value.length;
	size_t digits = 0;
	while (number && number + digits < stop && (is_digit(number[digits]) || number[digits] == '.'))
		digits++;
	if (digits && number_is_below((struct span){ number, digits }, 100 * LITTLE))
		return true;
	if (finds(value, "opacity(", &inside) && is_little(inside))
		return true;
	if (finds(value, "contrast", &inside) && is_little(inside))
		return true;
	return finds(value, "brightness", &inside) && mail_clean_length(inside, 16, &much, &unit) && (unit == UNIT_PERCENT ? much / 100 : much) > 3;
}

static bool overflow_clips(struct span value)
{
	struct span token;
	while (mail_clean_token(&value, " \t", &token))
		if (mail_clean_is_among(token, " hidden clip "))
			return true;
	return false;
}

static void note_indent(struct clean_box *box, struct span value, double font)
{
	double px;
	enum unit unit;
	bool known = mail_clean_length(value, font, &px, &unit);
	box->far_in = is_far(value, font);
	box->indented = known && unit == UNIT_PERCENT && px >= 60;
}

static bool rotates_away(struct span value)
{
	struct span token;
	while (mail_clean_token(&value, " \t", &token))
		if (mail_clean_is_among(token, " x y "))
			return true;
	return false;
}

enum what { DISPLAY, VISIBILITY, MSO_HIDE, OPACITY, FILTER, BLEND, SCALE, ROTATE, TRANSFORM, TRANSLATE, CLIP, SECURITY, LETTERS, ADJUST, BELOW, HEIGHT, HEIGHT_MOST, WIDTH, WIDTH_MOST,
            OVERFLOW, CONTAIN, POSITION, INDENT, MOVED, FILL };
static const struct { const char *names; enum what what; } properties[] = {
	{ " display ", DISPLAY }, { " visibility content-visibility ", VISIBILITY }, { " mso-hide ", MSO_HIDE }, { " opacity -moz-opacity -khtml-opacity ", OPACITY },
	{ " filter -ms-filter -webkit-filter ", FILTER }, { " mix-blend-mode ", BLEND }, { " zoom scale ", SCALE }, { " rotate ", ROTATE },
	{ " transform -webkit-transform -ms-transform -moz-transform -o-transform ", TRANSFORM }, { " translate offset-path ", TRANSLATE },
	{ " clip clip-path -webkit-clip-path mask mask-image mask-border -webkit-mask -webkit-mask-image -webkit-mask-box-image ", CLIP }, { " -webkit-text-security ", SECURITY },
	{ " letter-spacing ", LETTERS }, { " font-size-adjust ", ADJUST }, { " z-index ", BELOW }, { " height block-size ", HEIGHT }, { " max-height max-block-size ", HEIGHT_MOST },
	{ " width inline-size ", WIDTH }, { " max-width max-inline-size ", WIDTH_MOST }, { " overflow overflow-x overflow-y overflow-block overflow-inline ", OVERFLOW },
	{ " contain ", CONTAIN }, { " position ", POSITION }, { " text-indent ", INDENT },
	{ " left right top bottom inset inset-inline inset-block inset-inline-start inset-inline-end inset-block-start inset-block-end margin margin-left margin-right margin-top"
	  " margin-inline margin-inline-start margin-inline-end margin-block margin-block-start ", MOVED },
	{ " -webkit-text-fill-color ", FILL },
};

void mail_clean_box_note(struct clean_box *box, struct span name, struct span value, struct look *look)
{
	size_t i = 0;
	double number;
	enum unit unit;
	enum colour_read read;
	while (i < COUNT_OF(properties) && !mail_clean_is_among(name, properties[i].names))
		i++;
	if (i == COUNT_OF(properties))
		return;
	switch (properties[i].what) {
	case DISPLAY:
		if (mail_clean_is_among(value, " none block inline inline-block table table-row table-cell table-row-group flex inline-flex grid list-item flow-root contents "))
			box->none = mail_span_equal_nocase(value, "none");
		break;
	case VISIBILITY: box->invisible = mail_clean_is_among(value, " hidden collapse "); break;
	case MSO_HIDE: box->not_in_word = !mail_span_equal_nocase(value, "none"); break;
	case OPACITY:
		if (mail_clean_length(value, 16, &number, &unit))
			box->faint = unit == UNIT_PERCENT ? 1 - number / 100 : 1 - number;
		break;
	case FILTER: box->filtered = filter_hides(value); break;
	case BLEND: box->blended = !mail_span_equal_nocase(value, "normal"); break;
	case SCALE: box->small = has_little(value); break;
	case ROTATE: box->turned = rotates_away(value); break;
	case TRANSFORM: box->transformed = transform_hides(value); break;
	case TRANSLATE: box->moved = !mail_span_equal_nocase(value, "none"); break;
	case CLIP: box->cut |= !mail_clean_is_among(value, " none auto "); break;
	case SECURITY: box->masked = !mail_span_equal_nocase(value, "none"); break;
	case LETTERS: box->heaped = number_is_below(value, -0.4 * look->font); break;
	case ADJUST: box->shrunk = number_is_below(value, 0.1); break;
	case BELOW: box->below = number_is_below(value, 0); break;
	case HEIGHT: box->no_height = is_flat(value, look); break;
	case HEIGHT_MOST: box->no_height_most = is_flat(value, look); break;
	case WIDTH: box->no_width = is_flat(value, look); break;
	case WIDTH_MOST: box->no_width_most = is_flat(value, look); break;
	case OVERFLOW: box->clipped = overflow_clips(value); break;
	case CONTAIN: box->contained = span_has_nocase(value, "paint") || span_has_nocase(value, "strict") || span_has_nocase(value, "content"); break;
	case POSITION: box->out_of_flow = mail_clean_is_among(value, " absolute fixed "); break;
	case INDENT: note_indent(box, value, look->font); break;
	case MOVED: box->far |= is_far(value, look->font); break;
	case FILL:
		if ((read = mail_clean_colour(value, &look->ink)) != COLOUR_NONE)
			look->clear = read == COLOUR_CLEAR;
		break;
	}
}

bool mail_clean_box_hides(const struct clean_box *box, struct look *look)
{
	bool clipped = box->clipped || box->contained, flat = box->no_height || box->no_height_most, narrow = box->no_width || box->no_width_most;
	double faint = box->faint < 0 ? 0 : box->faint > 1 ? 1 : box->faint;
	look->faint = 1 - (1 - look->faint) * (1 - faint);
	look->flat = flat;
	return box->none || box->invisible || box->not_in_word || look->faint > 1 - LITTLE || box->filtered || box->blended || box->small || box->turned || box->transformed || box->moved
	       || box->cut || box->masked || box->heaped || box->shrunk || box->below || box->far || box->far_in || (clipped && (flat || narrow || box->indented))
	       || (box->out_of_flow && (flat || narrow));
}
