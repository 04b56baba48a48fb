/*
 * cli_print.c - how things look for people: safe text, times, ages, sizes, widths, colours.
 *
 * What a stranger wrote must not steer the terminal: everything that is shown goes through cli_safe(). JSON does not: the
 * writer escapes it. Times are UTC and say so.
 * Colours mean something: what waits for us is bright, what is urgent or failed is red, what is over is dim.
 */
#include "cli_private.h"

#include <stdio.h>
#include <string.h>

struct range { uint32_t first, last; };

static bool within(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

const char *cli_safe(struct arena *arena, const char *text, bool lines)
{
	const char *clean = utf8_clean(arena, text ? text : "", text ? strlen(text) : 0);
	size_t length = strlen(clean), size;
	char *out = arena_alloc(arena, length * 3 + 1), *to = out;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code = 0;

		size = utf8_decode(clean + i, length - i, &code);
		if (!size)
			break;
		if (lines && (code == '\n' || code == '\t'))
			*to++ = (char)code;
		else if (code == '\n' || code == '\t')
			*to++ = ' ';
		else if (!utf8_steers(code)) {
			memcpy(to, clean + i, size);
			to += size;
		}
	}
	*to = '\0';
	return out;
}

/* Unicode's wide blocks and its marks without a width, roughly: enough to align a table. */
static int width_of(uint32_t code)
{
	static const struct range none[] = {
		{ 0x300, 0x36F }, { 0x483, 0x489 }, { 0x591, 0x5BD }, { 0x610, 0x61A }, { 0x64B, 0x65F }, { 0x900, 0x902 }, { 0x93C, 0x93C },
		{ 0x941, 0x948 }, { 0xE31, 0xE31 }, { 0xE34, 0xE3A }, { 0xE47, 0xE4E }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },
		{ 0x200B, 0x200F }, { 0x2060, 0x2064 }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F }, { 0x1F3FB, 0x1F3FF },
		{ 0xE0100, 0xE01EF },
	};
	static const struct range wide[] = {
		{ 0x1100, 0x115F }, { 0x231A, 0x231B }, { 0x23E9, 0x23F3 }, { 0x25FD, 0x25FE }, { 0x2614, 0x2615 }, { 0x26A1, 0x26A1 },
		{ 0x2705, 0x2705 }, { 0x2728, 0x2728 }, { 0x274C, 0x274E }, { 0x2753, 0x2757 }, { 0x2795, 0x2797 }, { 0x2B50, 0x2B55 },
		{ 0x2E80, 0x303E }, { 0x3041, 0xA4CF }, { 0xA960, 0xA97C }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F },
		{ 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
	};

	if (code < 0x300)
		return 1;
	return within(none, COUNT_OF(none), code) ? 0 : within(wide, COUNT_OF(wide), code) ? 2 : 1;
}

int cli_width(const char *text)
{
	size_t length = strlen(text), size;
	int width = 0;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code;

		if (!(size = utf8_decode(text + i, length - i, &code)))
			return width;
		width += width_of(code);
	}
	return width;
}

const char *cli_time(struct arena *arena, int64_t ms)
{
	const char *exact = time_rfc3339(arena, ms);

	return strlen(exact) < 16 ? "" : arena_printf(arena, "%.10s %.5s UTC", exact, exact + 11);
}

const char *cli_time_in(struct arena *arena, const struct zone *zone, int64_t ms)
{
	int64_t local = ms / 1000 + calendar_zone_span_at(zone, ms / 1000)->offset, year;
	int month, day;

	calendar_date_of(local / CALENDAR_DAY, &year, &month, &day);
	return arena_printf(arena, "%04lld-%02d-%02d %02d:%02d", (long long)year, month, day, (int)(local % CALENDAR_DAY / 3600), (int)(local % 3600 / 60));
}

const char *cli_age(struct arena *arena, int64_t ms)
{
	static const struct { int64_t seconds; const char *name; } units[] = {
		{ 365 * 86400, "year" }, { 30 * 86400, "month" }, { 7 * 86400, "week" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
	};
	int64_t seconds = (clock_now() - ms) / 1000;

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		long long count = (long long)(seconds / units[i].seconds);

		if (count)
			return arena_printf(arena, "%lld %s%s", count, units[i].name, count == 1 ? "" : "s");
	}
	return "just now";
}

const char *cli_short_age(struct arena *arena, int64_t ms)
{
	static const struct { int64_t seconds; const char *name; } units[] = { { 365 * 86400, "y" }, { 86400, "d" }, { 3600, "h" }, { 60, "min" } };
	int64_t seconds = (clock_now() - ms) / 1000;

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (seconds >= units[i].seconds)
			return arena_printf(arena, "%lld%s", (long long)(seconds / units[i].seconds), units[i].name);
	return "now";
}

const char *cli_size(struct arena *arena, uint64_t bytes)
{
	if (bytes < 1024)
		return arena_printf(arena, "%llu B", (unsigned long long)bytes);
	if (bytes < 1024 * 1024)
		return arena_printf(arena, "%.1f KiB", (double)bytes / 1024);
	return arena_printf(arena, "%.1f MiB", (double)bytes / (1024 * 1024));
}

const char *cli_person(struct arena *arena, const char *address, const char *name)
{
	if (!address || !*address)
		return name && *name ? cli_safe(arena, name, false) : "(unknown)";
	if (!name || !*name)
		return cli_safe(arena, address, false);
	return arena_printf(arena, "%s <%s>", cli_safe(arena, name, false), cli_safe(arena, address, false));
}

const char *cli_join(struct arena *arena, const struct strings *list, const char *between)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	for (size_t i = 0; i < list->count; i++)
		buffer_printf(&out, "%s%s", i ? between : "", cli_safe(arena, list->at[i], false));
	return arena_string(arena, buffer_string(&out));
}

/* Bytes of the line's beginning that fit, up to a blank where there is one; a word that is longer alone is cut. */
static size_t fitting(const char *line, size_t length, int columns)
{
	size_t at = 0, blank = 0, size;
	int width = 0;

	while (at < length) {
		uint32_t code;

		if (!(size = utf8_decode(line + at, length - at, &code)))
			return length;
		width += width_of(code);
		if (width > columns)
			return blank ? blank : at ? at : size;
		if (code == ' ' && at)
			blank = at;
		at += size;
	}
	return length;
}

void cli_wrap(struct buffer *out, const char *text, int columns, const char *first, const char *others)
{
	const char *lead = first;

	do {
		size_t line = strcspn(text, "\n"), room = columns > cli_width(lead) + 20 ? (size_t)(columns - cli_width(lead)) : 0;
		size_t taken = room ? fitting(text, line, (int)room) : line;

		if (taken)
			buffer_add_string(out, lead);
		buffer_add(out, text, taken);
		buffer_add_char(out, '\n');
		text += taken;
		if (taken < line)
			text += strspn(text, " ");
		else
			text += *text == '\n';
		lead = others;
	} while (*text);
}

void cli_indent(struct buffer *out, const char *text, const char *lead)
{
	if (*text)
		cli_wrap(out, text, cli_columns(), lead, lead);
}

const char *cli_colour(const char *word)
{
	static const struct { const char *word, *escape; } colours[] = {
		{ "new", "\033[1;33m" }, { "open", "\033[32m" }, { "pending", "\033[36m" }, { "held", "\033[35m" }, { "resolved", "\033[2m" },
		{ "closed", "\033[2m" }, { "expired", "\033[2m" }, { "urgent", "\033[1;31m" }, { "high", "\033[31m" }, { "low", "\033[2m" },
		{ "waiting", "\033[33m" }, { "failed", "\033[31m" }, { "sent", "\033[32m" }, { "urg", "\033[1;31m" },
		{ "error", "\033[31m" }, { "warning", "\033[33m" }, { "note", "\033[2m" }, { "ok", "\033[32m" }, { "FAILED", "\033[31m" },
	};

	for (size_t i = 0; i < COUNT_OF(colours); i++)
		if (!strcmp(colours[i].word, word))
			return colours[i].escape;
	return "";
}
