/*
 * cli_table.c - tables for people: aligned by what a terminal shows, and on a terminal not wider than that.
 *
 * Columns that may be cut give way, the widest of them first, and end in an ellipsis; those that matter most (CUT_LAST: a subject) only
 * when the others have given what they can. Into a pipe nothing is cut: whoever reads there wants all of it (and --json would be better).
 * A long list is written some hundred rows at a time, as wide as the first of them asked for.
 * Cells must be safe text (cli_safe).
 */
#include "cli_private.h"

#include <string.h>

#define GAP 2
#define LEAST_WIDTH 8
#define LAST_WIDTH 28            /* what CUT_LAST keeps while others can give */
#define GATHERED_MOST 500        /* rows of a list that are aligned together */

void cli_table_cell(struct cli *cli, struct cli_table *table, const char *text)
{
	strings_add(&cli->arena, &table->cells, cli_safe(&cli->arena, text, false));
}

bool cli_is_narrow(void)
{
	return cli_columns() && cli_columns() < CLI_NARROW;
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

/* The widest that may give; COLUMNS_MOST: none. `all`: also what gives last, below what it would like to keep. */
static size_t find_giver(const struct cli_table *table, const int *widths, bool all)
{
	size_t widest = CLI_COLUMNS_MOST;

	for (size_t i = 0; i < table->width; i++) {
		enum cli_cut cut = table->columns[i].cut;
		int least = cut == CUT_LAST && !all ? LAST_WIDTH : LEAST_WIDTH;

		if (cut != CUT_NEVER && widths[i] > least && (widest == CLI_COLUMNS_MOST || widths[i] > widths[widest]))
			widest = i;
	}
	return widest;
}

static void make_fit(const struct cli_table *table, int *widths, int columns)
{
	int sum = GAP * ((int)table->width - 1);

	for (size_t i = 0; i < table->width; i++)
		sum += widths[i];
	for (; columns && sum > columns; sum--) {
		size_t giver = find_giver(table, widths, false);

		if (giver == CLI_COLUMNS_MOST)
			giver = find_giver(table, widths, true);
		if (giver == CLI_COLUMNS_MOST)
			return;
		widths[giver]--;
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

static void print_heading(struct cli *cli, struct cli_table *table, bool colours)
{
	natural_widths(table, table->widths);
	make_fit(table, table->widths, cli_columns());
	for (size_t i = 0; i < table->width; i++)
		print_cell(cli, &table->columns[i], table->columns[i].title, table->widths[i], colours ? CLI_BOLD : "", i + 1 == table->width);
	buffer_add_char(&cli->out, '\n');
	table->begun = true;
}

void cli_table_print(struct cli *cli, struct cli_table *table)
{
	bool colours = cli_colours(), whole = !cli_columns();

	if (!table->begun)
		print_heading(cli, table, colours);
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t column = i % table->width;
		const char *text = table->cells.at[i];
		int width = table->widths[column], wants = cli_width(text);

		/* What came later may be wider than what the widths were made for: into a pipe, and where nothing may be cut, all of it is said. */
		if (wants > width && (whole || table->columns[column].cut == CUT_NEVER))
			width = wants;
		print_cell(cli, &table->columns[column], text, width, colours && table->columns[column].coloured ? cli_colour(text) : "", column + 1 == table->width);
		if (column + 1 == table->width)
			buffer_add_char(&cli->out, '\n');
	}
}

/* ---- lists ---- */

void cli_list_begin(struct cli *cli, struct cli_list *list, const struct cli_column *columns, size_t width, const char *nothing)
{
	*list = (struct cli_list){ .table = { .columns = columns, .width = width }, .whole = cli->arena, .nothing = nothing };
	arena_init(&cli->arena);
	if (!cli->json)
		return;
	json_init(&list->json, &cli->out);
	json_array(&list->json, NULL);
}

static bool write_gathered(struct cli *cli, struct cli_list *list)
{
	if (!cli->json && list->gathered)
		cli_table_print(cli, &list->table);
	list->table.cells = (struct strings){ NULL, 0 };
	list->gathered = 0;
	arena_reset(&cli->arena);
	return cli_flush(cli);
}

bool cli_list_next(struct cli *cli, struct cli_list *list)
{
	list->rows++;
	return ++list->gathered < GATHERED_MOST || write_gathered(cli, list);
}

void cli_list_end(struct cli *cli, struct cli_list *list)
{
	if (cli->json) {
		json_array_end(&list->json);
		buffer_add_char(&cli->out, '\n');
	} else if (list->gathered) {
		cli_table_print(cli, &list->table);
	} else if (!list->rows) {
		buffer_add_string(&cli->out, list->nothing);
	}
	arena_fini(&cli->arena);
	cli->arena = list->whole;
}
