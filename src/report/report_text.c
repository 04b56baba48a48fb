/*
 * report_text.c - a report as CSV, and its numbers in words (as JSON: report_json.c). All of them are the numbers of report_number().
 */
#include "report_private.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct report *report, const struct report_figure *figure)
{
	return figure->kind == report->ask.kind;
}

/* ---- CSV ---- */

void report_csv_cell(struct buffer *out, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text), quoted = formula || strpbrk(text, ",\"\r\n");

	buffer_add_string(out, quoted ? "\"" : "");
	buffer_add_string(out, formula ? "'" : "");
	for (; *text; text++) {
		if (*text == '"')
			buffer_add_char(out, '"');
		buffer_add_char(out, *text);
	}
	buffer_add_string(out, quoted ? "\"" : "");
}

/* There are many rows of few tickets, and most of their shares are none or all. */
static void csv_share(struct buffer *out, double number)
{
	if (number == 0 || number == 1)
		buffer_add_string(out, number == 0 ? "0.0000" : "1.0000");
	else
		buffer_printf(out, "%.4f", number);
}

static void csv_row(const struct report *report, struct buffer *out, const struct report_row *row)
{
	char digits[24];

	report_csv_cell(out, row->key);
	for (const struct report_figure *figure = report_figures; figure->name; figure++) {
		double number;

		if (!is_of(report, figure))
			continue;
		buffer_add_char(out, ',');
		if (!report_number(report, row, figure, &number))
			continue;
		if (figure->unit == UNIT_SHARE || figure->unit == UNIT_MEAN)
			csv_share(out, number);
		else
			buffer_add_string(out, log_number(digits, (int64_t)(number + 0.5)));
	}
	buffer_add_string(out, "\r\n");
}

void report_csv(const struct report *report, struct buffer *out, report_take take, void *context)
{
	buffer_add_string(out, report->ask.by == BY_NOTHING ? "key" : report_by_name(report->ask.by));
	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (is_of(report, figure))
			buffer_printf(out, ",%s", figure->name);
	buffer_add_string(out, "\r\n");
	for (size_t i = 0; i < report->rows.count; i++) {
		csv_row(report, out, report->rows.at[i]);
		if (!report_goes_on(out, take, context))
			return;
	}
	csv_row(report, out, report->total);
}

/* ---- words ---- */

const char *report_duration(struct arena *arena, int64_t seconds)
{
	if (seconds < 3600)
		return arena_printf(arena, "%lldm %02ds", (long long)(seconds / 60), (int)(seconds % 60));
	if (seconds < 48 * 3600)
		return arena_printf(arena, "%lldh %02dm", (long long)(seconds / 3600), (int)(seconds / 60 % 60));
	return arena_printf(arena, "%lldd %02dh", (long long)(seconds / 86400), (int)(seconds / 3600 % 24));
}

const char *report_words(struct arena *arena, const struct report *report, const struct report_figure *figure, const struct report_row *row)
{
	double number;

	if (!report_number(report, row, figure, &number))
		return "-";
	switch (figure->unit) {
	case UNIT_SECONDS: return report_duration(arena, (int64_t)(number + 0.5));
	case UNIT_SHARE: return arena_printf(arena, "%.0f %%", 100 * number);
	case UNIT_MEAN: return arena_printf(arena, "%.2f", number);
	default: return arena_printf(arena, "%lld", (long long)number);
	}
}
