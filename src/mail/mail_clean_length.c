/*
 * mail_clean_length.c - numbers and lengths of CSS: "12px", "-1.5em", "1e-3in", "calc(2px + 1pt)", "min(0px, 1em)".
 *
 * A length of the window's is taken for one of a window of 1,000 by 800. A sum of a percentage and a length is not known. Linear; brackets are
 * followed DEPTH deep.
 */
#include "mail_clean.h"

#include <stdlib.h>

#define DEPTH 8

struct reading { struct span rest; double font; int depth; };

/* "+1.5e-3": its bytes; 0: none. */
static size_t number_length(struct span text)
{
	size_t i = 0, digits = 0;
	i += i < text.length && strchr("+-", text.at[i]);
	for (bool dot = false; i < text.length && (is_digit(text.at[i]) || (text.at[i] == '.' && !dot)); i++) {
		dot |= text.at[i] == '.';
		digits += is_digit(text.at[i]);
	}
	if (!digits)
		return 0;
	size_t e = i + 1;
	if (i < text.length && text.at[i] == 'e') {
		e += e < text.length && strchr("+-", text.at[e]);
		if (e < text.length && is_digit(text.at[e]))
			for (i = e; i < text.length && is_digit(text.at[i]); i++)
				;
	}
	return i;
}

static bool read_plain(struct reading *r, double *value, enum unit *unit)
{
	static const struct { const char *name; double px; } units[] = {
		{ "px", 1 }, { "pt", 4.0 / 3 }, { "em", 0 }, { "rem", 16 }, { "ex", -0.5 }, { "ch", -0.5 }, { "in", 96 }, { "cm", 37.8 }, { "mm", 3.78 }, { "q", 0.945 }, { "pc", 16 },
		{ "vw", 10 }, { "vi", 10 }, { "vh", 8 }, { "vb", 8 }, { "vmin", 8 }, { "vmax", 10 }, { "svh", 8 }, { "lvh", 8 }, { "dvh", 8 }, { "svw", 10 }, { "lvw", 10 }, { "dvw", 10 },
		{ "lh", -1.2 }, { "rlh", 19 }, { "cap", -0.7 }, { "ic", -1 },
	};
	char number[48];
	size_t length = number_length(r->rest), n = length;
	if (!length || length >= sizeof number)
		return false;
	memcpy(number, r->rest.at, length);
	number[length] = '\0';
	*value = strtod(number, NULL);
	*unit = UNIT_NONE;
	while (n < r->rest.length && (is_alpha(r->rest.at[n]) || r->rest.at[n] == '%'))
		n++;
	struct span name = { r->rest.at + length, n - length };
	r->rest = (struct span){ r->rest.at + n, r->rest.length - n };
	if (!name.length)
		return true;
	*unit = name.length == 1 && name.at[0] == '%' ? UNIT_PERCENT : UNIT_PX;
	if (*unit == UNIT_PERCENT)
		return true;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (mail_span_equal_nocase(name, units[i].name)) {
			*value *= units[i].px > 0 ? units[i].px : units[i].px < 0 ? -units[i].px * r->font : r->font;
			return true;
		}
	return false;
}

static void skip_blanks(struct reading *r)
{
	while (r->rest.length && is_blank(r->rest.at[0]))
		r->rest = (struct span){ r->rest.at + 1, r->rest.length - 1 };
}

static bool take(struct reading *r, char c)
{
	skip_blanks(r);
	if (!r->rest.length || r->rest.at[0] != c)
		return false;
	r->rest = (struct span){ r->rest.at + 1, r->rest.length - 1 };
	return true;
}

static bool alike(enum unit *unit, enum unit other, double value)
{
	if (*unit == UNIT_NONE && value == 0)
		*unit = other;
	return *unit == other;
}

static bool read_sum(struct reading *r, double *value, enum unit *unit);

/* calc(), min(), max(), clamp(), or brackets alone: the least, the largest, the middle one of what stands in them. */
static bool read_brackets(struct reading *r, double *value, enum unit *unit)
{
	enum { CALC, MIN, MAX, CLAMP } what = CALC;
	static const char *const names[] = { "calc(", "min(", "max(", "clamp(" };
	double at[3];
	size_t count = 0;
	if (mail_span_starts_nocase(r->rest, "-webkit-calc("))
		r->rest = (struct span){ r->rest.at + 8, r->rest.length - 8 };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mail_span_starts_nocase(r->rest, names[i])) {
			what = i;
			r->rest = (struct span){ r->rest.at + strlen(names[i]) - 1, r->rest.length - strlen(names[i]) + 1 };
		}
	if (++r->depth > DEPTH || !take(r, '('))
		return false;
	do {
		enum unit one;
		if (count == COUNT_OF(at) || !read_sum(r, &at[count], &one) || (count && one != *unit && !alike(unit, one, at[0])))
			return false;
		*unit = one;
		count++;
	} while (take(r, ','));
	r->depth--;
	*value = at[0];
	for (size_t i = 1; i < count && what != CLAMP; i++)
		*value = (what == MIN) == (at[i] < *value) ? at[i] : *value;
	if (what == CLAMP && count == 3)
		*value = at[1] < at[0] ? at[0] : at[1] > at[2] ? (at[2] < at[0] ? at[0] : at[2]) : at[1];
	return take(r, ')') && (what == CLAMP ? count == 3 : what != CALC || count == 1);
}

static bool read_item(struct reading *r, double *value, enum unit *unit)
{
	skip_blanks(r);
	return number_length(r->rest) ? read_plain(r, value, unit) : read_brackets(r, value, unit);
}

static bool read_product(struct reading *r, double *value, enum unit *unit)
{
	if (!read_item(r, value, unit))
		return false;
	for (;;) {
		bool times = take(r, '*');
		double other;
		enum unit its;
		if (!times && !take(r, '/'))
			return true;
		if (!read_item(r, &other, &its) || (times ? its != UNIT_NONE && *unit != UNIT_NONE : its != UNIT_NONE || other == 0))
			return false;
		*unit = *unit == UNIT_NONE ? its : *unit;
		*value = times ? *value * other : *value / other;
	}
}

static bool read_sum(struct reading *r, double *value, enum unit *unit)
{
	if (!read_product(r, value, unit))
		return false;
	for (;;) {
		bool plus = take(r, '+');
		double other;
		enum unit its;
		if (!plus && !take(r, '-'))
			return true;
		if (!read_product(r, &other, &its) || (its != *unit && !alike(unit, its, *value) && !(its == UNIT_NONE && other == 0)))
			return false;
		*value += plus ? other : -other;
	}
}

bool mail_clean_length(struct span token, double font, double *value, enum unit *unit)
{
	struct reading r = { token, font, 0 };
	if (!read_item(&r, value, unit))
		return false;
	skip_blanks(&r);
	return r.rest.length == 0;
}
