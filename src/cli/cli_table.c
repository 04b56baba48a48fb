/*
 * cli_table.c - tables for people: aligned by what a terminal shows, and on a terminal not wider than that.
 *
 * Columns that may be cut give way first, the widest of them first, and end in an ellipsis. Into a pipe nothing is cut:
 * whoever reads there wants all of it (and --json would be better).
 * Cells must be safe text (cli_safe).
 */
#include "cli_private.h"

#include <string.h>

#define GAP 2
#define LEAST_WIDTH 8
#define COLUMNS_MOST 16

void cli_table_cell(struct cli *cli, struct cli_table *table, const char *text)
{
	strings_add(&cli->arena, &table->cells, cli_safe(&cli->arena, text, false));
}

static void natural_widths(const struct cli_table *table, int *widths)
{
	for (size_t i = 0; i < table->width; i++)
		widths[i] = cli_width(table->columns[i].title);
	for (size_t i = 0; i < table->cells.count; i++) {
		int width = cli_width(table->cells.at[i]);

		if (width > widths[i % table->width])
			widths[i % table->width] = width;
	}
}

static void make_fit(const struct cli_table *table, int *widths, int columns)
{
	for (;;) {
		int sum = GAP * ((int)table->width - 1);
		size_t widest = COLUMNS_MOST;

		for (size_t i = 0; i < table->width; i++) {
			sum += widths[i];
			if (table->columns[i].cut && widths[i] > LEAST_WIDTH && (widest == COLUMNS_MOST || widths[i] > widths[widest]))
				widest = i;
		}
		if (!columns || sum <= columns || widest == COLUMNS_MOST)
			return;
		widths[widest]--;
	}
}

/* The cell's text, in at most `width` columns. */
static const char *cut_to(struct cli *cli, const char *text, int width)
{
	size_t length = 0, whole = strlen(text), size;
	uint32_t code;

	if (cli_width(text) <= width)
		return text;
	while (length < whole && (size = utf8_decode(text + length, whole - length, &code))
	       && cli_width(arena_copy(&cli->arena, text, length + size)) < width)
		length += size;
	return arena_printf(&cli->arena, "%.*s\xE2\x80\xA6", (int)length, text);
}

static void pad(struct buffer *out, int count)
{
	while (count-- > 0)
		buffer_add_char(out, ' ');
}

static void print_cell(struct cli *cli, const struct cli_column *column, const char *text, int width, const char *escape, bool last)
{
	const char *shown = cut_to(cli, text, width);
	int blank = width - cli_width(shown);

	if (column->right)
		pad(&cli->out, blank);
	if (*escape)
		buffer_printf(&cli->out, "%s%s" CLI_PLAIN, escape, shown);
	else
		buffer_add_string(&cli->out, shown);
	if (!last)
		pad(&cli->out, (column->right ? 0 : blank) + GAP);
}

void cli_table_print(struct cli *cli, const struct cli_table *table)
{
	int widths[COLUMNS_MOST];
	bool colours = cli_colours();

	natural_widths(table, widths);
	make_fit(table, widths, cli_columns());
	for (size_t i = 0; i < table->width; i++)
		print_cell(cli, &table->columns[i], table->columns[i].title, widths[i], colours ? CLI_BOLD : "", i + 1 == table->width);
	buffer_add_char(&cli->out, '\n');
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t column = i % table->width;
		const char *text = table->cells.at[i];

		print_cell(cli, &table->columns[column], text, widths[column],
		           colours && table->columns[column].coloured ? cli_colour(text) : "", column + 1 == table->width);
		if (column + 1 == table->width)
			buffer_add_char(&cli->out, '\n');
	}
}
