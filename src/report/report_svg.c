/*
 * report_svg.c - a report as a drawing: bars that stand on each other by time, lines of times, a histogram of how long answers took.
 *
 * Plain SVG without a script: it prints, follows a dark page, and says in <title> and <desc> what is to be seen. What differs differs by its pattern and by its
 * dashes, too: it is read without colours. Numbers are those of the table.
 */
#include "report_private.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 960
#define HEIGHT 390
#define LEFT 70
#define RIGHT 20
#define TOP 64
#define BOTTOM 40
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define SERIES_MOST 3
#define LETTER 7                 /* width of one in a label, at most for most */
#define KEY_LETTERS 24           /* of a label; longer keys are cut, and whole in the bar's title */
#define BARS_MOST 400
#define BAR_WIDTH 120            /* at most */

struct series { const char *title; const char *figure; bool line; };
static const struct { enum report_kind kind; struct series series[SERIES_MOST]; } charts[] = {
	{ REPORT_VOLUME, { { "new", "new", false }, { "reopened", "reopened", false }, { "open at the end", "backlog_end", true } } },
	{ REPORT_ANSWERS, { { "first answer, median", "first_median_seconds", true }, { "first answer, nine of ten within", "first_p90_seconds", true }, { "next answer, median", "next_median_seconds", true } } },
	{ REPORT_RESOLUTION, { { "resolution, median", "resolution_median_seconds", true }, { "resolution, nine of ten within", "resolution_p90_seconds", true } } },
	{ REPORT_PROMISES, { { "met", "met", false }, { "missed", "missed", false } } },
	{ REPORT_SATISFACTION, { { "ratings", "satisfaction_n", false } } },
	{ REPORT_WORKLOAD, { { "answers", "answers", false }, { "notes", "notes", false }, { "open at the end", "backlog_end", true } } },
	{ REPORT_ARTICLES, { { "suggested", "suggested", false }, { "solved", "solved", true } } },
	{ REPORT_MAIL, { { "mails", "n", false } } },
};

struct chart { const struct report *report; struct buffer *out; const struct series *series; double top; bool seconds; struct report_row *const *rows; size_t count; };

static void text(struct buffer *out, const char *words)
{
	for (; *words; words++)
		if (*words == '&' || *words == '<' || *words == '>')
			buffer_add_string(out, *words == '&' ? "&amp;" : *words == '<' ? "&lt;" : "&gt;");
		else
			buffer_add_char(out, *words);
}

static double number_of(const struct chart *chart, const struct series *series, size_t row)
{
	double number = 0;
	const struct report_figure *figure = report_figure_named(chart->report->ask.kind, series->figure);

	return figure && report_number(chart->report, chart->rows[row], figure, &number) ? number : 0;
}

static bool has_number(const struct chart *chart, const struct series *series, size_t row)
{
	double number;
	const struct report_figure *figure = report_figure_named(chart->report->ask.kind, series->figure);

	return figure && report_number(chart->report, chart->rows[row], figure, &number);
}

static void find_top(struct chart *chart)
{
	for (size_t row = 0; row < chart->count; row++) {
		double bars = 0;

		for (int i = 0; i < SERIES_MOST && chart->series[i].title; i++) {
			double number = number_of(chart, &chart->series[i], row);

			bars += chart->series[i].line ? 0 : number;
			chart->top = number > chart->top ? number : chart->top;
		}
		chart->top = bars > chart->top ? bars : chart->top;
	}
}

/* A round number that is not below: 1, 2 or 5 with noughts; of seconds whole minutes, hours, days. */
static double rounded(double top, bool seconds)
{
	static const double lengths[] = { 60, 300, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 24 * 3600, 48 * 3600 };
	double step = 1;

	for (size_t i = 0; seconds && i < COUNT_OF(lengths); i++)
		if (top <= 4 * lengths[i])
			return lengths[i];
	if (seconds)
		step = 86400;
	while (top > 4 * step * 5)
		step *= 10;
	return top > 4 * step * 2 ? step * 5 : top > 4 * step ? step * 2 : step;
}

static void axis_label(struct chart *chart, double number)
{
	if (!chart->seconds || number == 0)
		buffer_printf(chart->out, "%.0f", number);
	else if (chart->top <= 2 * 3600)
		buffer_printf(chart->out, "%.0f min", number / 60);
	else if (chart->top < 4 * 86400)
		buffer_printf(chart->out, "%g h", number / 3600);
	else
		buffer_printf(chart->out, "%g d", number / 86400);
}

static double y_of(const struct chart *chart, double number)
{
	return TOP + PLOT_HEIGHT - PLOT_HEIGHT * number / chart->top;
}

static double x_of(const struct chart *chart, size_t row)
{
	return LEFT + PLOT_WIDTH * ((double)row + 0.5) / (double)chart->count;
}

static void draw_axis(struct chart *chart)
{
	double step = rounded(chart->top, chart->seconds);

	chart->top = step * 4;
	for (int i = 0; i <= 4; i++) {
		double y = y_of(chart, step * i);

		buffer_printf(chart->out, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">", LEFT, y, WIDTH - RIGHT, y, LEFT - 8, y + 4);
		axis_label(chart, step * i);
		buffer_add_string(chart->out, "</text>\n");
	}
}

static const char *short_key(struct arena *arena, const char *key)
{
	size_t letters = 0, bytes = 0;

	for (; key[bytes] && letters < KEY_LETTERS; bytes++)
		letters += ((unsigned char)key[bytes + 1] & 0xC0) != 0x80;
	return key[bytes] ? arena_printf(arena, "%s\xE2\x80\xA6", utf8_cut(arena, key, bytes - 1)) : key;
}

/* As many as stand beside each other. */
static void draw_keys(struct chart *chart)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	size_t longest = 1;

	for (size_t row = 0; row < chart->count; row++)
		if (strlen(short_key(&arena, chart->rows[row]->key)) > longest)
			longest = strlen(short_key(&arena, chart->rows[row]->key));
	size_t fit = PLOT_WIDTH / ((longest + 2) * LETTER), every = (chart->count + fit - 1) / fit;
	for (size_t row = 0; row < chart->count; row += every) {
		const char *key = short_key(&arena, chart->rows[row]->key);
		double x = x_of(chart, row), half = (double)strlen(key) * LETTER / 2;

		buffer_printf(chart->out, "<text class=\"key\" x=\"%.1f\" y=\"%d\">", x < half ? half : x, HEIGHT - BOTTOM + 20);
		text(chart->out, key);
		buffer_add_string(chart->out, "</text>\n");
	}
}

static void draw_bars(struct chart *chart)
{
	double width = PLOT_WIDTH / (double)chart->count * 0.7;

	if (width > BAR_WIDTH)
		width = BAR_WIDTH;

	for (size_t row = 0; row < chart->count; row++) {
		double under = 0;

		for (int i = 0; i < SERIES_MOST && chart->series[i].title; i++) {
			double number = chart->series[i].line ? 0 : number_of(chart, &chart->series[i], row);

			if (number <= 0)
				continue;
			buffer_printf(chart->out, "<rect class=\"s%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>", i, x_of(chart, row) - width / 2, y_of(chart, under + number), width,
			              y_of(chart, under) - y_of(chart, under + number));
			text(chart->out, chart->rows[row]->key);
			buffer_printf(chart->out, ": %.0f %s</title></rect>\n", number, chart->series[i].title);
			under += number;
		}
	}
}

static void draw_line(struct chart *chart, int i)
{
	bool goes_on = false;

	buffer_printf(chart->out, "<path class=\"l%d\" d=\"", i);
	for (size_t row = 0; row < chart->count; row++) {
		bool there = has_number(chart, &chart->series[i], row);

		if (there)
			buffer_printf(chart->out, "%c%.1f %.1f ", goes_on ? 'L' : 'M', x_of(chart, row), y_of(chart, number_of(chart, &chart->series[i], row)));
		goes_on = there;
	}
	buffer_add_string(chart->out, "\"/>\n");
	for (size_t row = 0; row < chart->count && chart->count <= 62; row++)
		if (has_number(chart, &chart->series[i], row))
			buffer_printf(chart->out, "<circle class=\"d%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", i, x_of(chart, row), y_of(chart, number_of(chart, &chart->series[i], row)));
}

static void draw_legend(struct chart *chart)
{
	double x = LEFT;

	for (int i = 0; i < SERIES_MOST && chart->series[i].title; i++) {
		if (chart->series[i].line)
			buffer_printf(chart->out, "<path class=\"l%d\" d=\"M%.0f 44 h24\"/>", i, x);
		else
			buffer_printf(chart->out, "<rect class=\"s%d\" x=\"%.0f\" y=\"37\" width=\"24\" height=\"14\"/>", i, x);
		buffer_printf(chart->out, "<text x=\"%.0f\" y=\"49\">%s</text>\n", x + 30, chart->series[i].title);
		x += 56 + 6.5 * (double)strlen(chart->series[i].title);
	}
}

static const char style[] =
	"<style>text{font:13px system-ui,sans-serif;fill:#222}.end{text-anchor:end}.key{text-anchor:middle;font-size:12px}.name{font-size:17px;font-weight:600}"
	".grid{stroke:#ccc}.s0{fill:#0b5cad}.s1{fill:url(#stripes);stroke:#b54708}.s2{fill:#767676}path{fill:none;stroke-width:2.5}.l0{stroke:#0b5cad}.l1{stroke:#b54708;stroke-dasharray:7 4}"
	".l2{stroke:#222;stroke-dasharray:2 3}.d0{fill:#0b5cad}.d1{fill:#b54708}.d2{fill:#222}.stripe{stroke:#b54708;stroke-width:4}.paper{fill:#fff}"
	"@media (prefers-color-scheme:dark){text{fill:#e6e6e6}.paper{fill:#16181d}.grid{stroke:#444}.s0,.d0{fill:#6cb2f7}.l0{stroke:#6cb2f7}.s1,.l1,.stripe{stroke:#f0a35e}.d1{fill:#f0a35e}"
	".l2{stroke:#e6e6e6}.d2{fill:#e6e6e6}}@media print{text{fill:#000}.paper{fill:#fff}.grid{stroke:#bbb}}</style>\n"
	"<defs><pattern id=\"stripes\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"stripe\" x1=\"2\" y1=\"0\" x2=\"2\" y2=\"8\"/></pattern></defs>\n";

static const char *date_of(struct arena *arena, const struct zone *zone, int64_t ms)
{
	int64_t year, local = ms / 1000 + calendar_zone_span_at(zone, ms / 1000)->offset;
	int month, day;

	calendar_date_of(local / CALENDAR_DAY, &year, &month, &day);
	return arena_printf(arena, "%04d-%02d-%02d", (int)year, month, day);
}

/* On the same clocks. */
static const char *moment_of(struct arena *arena, const struct zone *zone, int64_t ms)
{
	int64_t local = ms / 1000 + calendar_zone_span_at(zone, ms / 1000)->offset, second = local % CALENDAR_DAY;

	return arena_printf(arena, "%s %02d:%02d", date_of(arena, zone, ms), (int)(second / 3600), (int)(second / 60 % 60));
}

static void draw_head(struct chart *chart, const char *what)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const struct report_ask *ask = &chart->report->ask;
	const char *name = arena_printf(&arena, "%c%s%s%s%s", report_kind_name(ask->kind)[0] - 32, report_kind_name(ask->kind) + 1, what, ask->by && !*what ? " by " : "",
	                                *what ? "" : report_by_name(ask->by));

	buffer_printf(chart->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">%s</title>\n<desc id=\"d\">", WIDTH, HEIGHT, name);
	buffer_printf(chart->out, "From %s to %s, %s.", moment_of(&arena, ask->zone, ask->from), moment_of(&arena, ask->zone, ask->to), ask->zone->name);
	for (const struct report_figure *figure = report_figures; figure->name; figure++)
		if (figure->kind == ask->kind)
			buffer_printf(chart->out, " %s: %s.", figure->name, report_words(&arena, chart->report, figure, chart->report->total));
	buffer_printf(chart->out, "</desc>\n%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n<text class=\"name\" x=\"%d\" y=\"24\">%s</text>\n", style, WIDTH, HEIGHT, LEFT, name);
	buffer_printf(chart->out, "<text class=\"end\" x=\"%d\" y=\"24\">%s to %s, %s</text>\n", WIDTH - RIGHT, date_of(&arena, ask->zone, ask->from), date_of(&arena, ask->zone, ask->to - 1), ask->zone->name);
}

static void draw(struct chart *chart, const char *what)
{
	find_top(chart);
	draw_head(chart, what);
	draw_axis(chart);
	draw_keys(chart);
	draw_bars(chart);
	for (int i = 0; i < SERIES_MOST && chart->series[i].title; i++)
		if (chart->series[i].line)
			draw_line(chart, i);
	draw_legend(chart);
	buffer_add_string(chart->out, "</svg>\n");
}

/* ---- how long it took: so many within 15 minutes, an hour ... ---- */

static const struct { const char *key; double seconds; } classes[] = {
	{ "15 min", 900 }, { "30 min", 1800 }, { "1 h", 3600 }, { "2 h", 7200 }, { "4 h", 14400 }, { "8 h", 28800 }, { "1 d", 86400 }, { "2 d", 172800 }, { "1 w", 604800 }, { "longer", 1e18 },
};

static bool histogram(const struct report *report, struct buffer *out)
{
	static const struct series series[SERIES_MOST] = { { "so many within", "first_n", false } }, solved[SERIES_MOST] = { { "so many within", "resolution_n", false } };
	bool answers = report->ask.kind == REPORT_ANSWERS;
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct report_numbers values = report_values_of(report, report->total, answers ? VALUE_FIRST : VALUE_SOLVED);
	struct report_row *rows[COUNT_OF(classes)];
	struct chart chart = { .report = report, .out = out, .series = answers ? series : solved, .rows = rows, .count = COUNT_OF(classes) };

	for (size_t i = 0; i < COUNT_OF(classes); i++)
		rows[i] = report_row_new(report, &scratch, classes[i].key);
	for (size_t i = 0; i < values.count; i++) {
		size_t class = 0;

		while (values.at[i] >= classes[class].seconds)
			class++;
		report_row_bump(report, rows[class], answers ? COUNT_FIRST : COUNT_SOLVED);
	}
	draw(&chart, answers ? ": how long first answers took" : ": how long it took");
	return values.count > 0;
}

bool report_svg(const struct report *report, struct buffer *out)
{
	struct chart chart = { .report = report, .out = out, .rows = report->rows.at, .count = report->rows.count < BARS_MOST ? report->rows.count : BARS_MOST };
	bool lengths = report->ask.kind == REPORT_ANSWERS || report->ask.kind == REPORT_RESOLUTION;
	struct report_row *only[1] = { report->total };

	if (lengths && report->ask.by < BY_DAY)
		return histogram(report, out);
	if (!chart.count) {
		chart.rows = only;
		chart.count = 1;
	}
	chart.seconds = lengths;
	for (size_t i = 0; i < COUNT_OF(charts); i++)
		if (charts[i].kind == report->ask.kind)
			chart.series = charts[i].series;
	draw(&chart, "");
	return true;
}
