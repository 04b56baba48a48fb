/*
 * cli_csv.c - reads a list of RFC 4180: cells with quotes doubled inside quotes, and what a spreadsheet of another country puts between them.
 *
 * Diagnostics: csv->broken, a sentence without its subject.
 */
#include "cli_private.h"

#include <string.h>

/* What there is most of in the first line. */
static char find_between(const struct csv *csv)
{
	static const char candidates[] = { ',', ';', '\t' };
	size_t counts[COUNT_OF(candidates)] = { 0 }, most = 0;

	for (const char *at = csv->at; at < csv->end && *at != '\n'; at++)
		for (size_t i = 0; i < COUNT_OF(candidates); i++)
			counts[i] += *at == candidates[i];
	for (size_t i = 1; i < COUNT_OF(candidates); i++)
		most = counts[i] > counts[most] ? i : most;
	return candidates[most];
}

struct csv cli_csv_of(const char *bytes, size_t length)
{
	struct csv csv = { .at = bytes, .end = bytes + length, .line = 1, .row_line = 1 };

	if (length >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3))
		csv.at += 3;
	csv.between = find_between(&csv);
	return csv;
}

/* One cell; *last: the row ends behind it. */
static const char *read_cell(struct csv *csv, struct arena *arena, bool *last)
{
	CLEANUP_BUFFER struct buffer cell = { 0 };
	bool quoted = csv->at < csv->end && *csv->at == '"', open = quoted;

	csv->at += quoted;
	for (; csv->at < csv->end && (open || (*csv->at != csv->between && *csv->at != '\n')); csv->at++) {
		if (open && *csv->at == '"' && csv->at + 1 < csv->end && csv->at[1] == '"')
			csv->at++;
		else if (open && *csv->at == '"') {
			open = false;
			continue;
		}
		if (quoted && !open && *csv->at != ' ' && *csv->at != '\r')
			csv->broken = "has words behind a closing quote; a quote inside quotes is written twice";
		csv->line += *csv->at == '\n';
		if (!*csv->at)
			csv->broken = "holds a NUL byte: save the list as UTF-8, not as UTF-16";
		buffer_add_char(&cell, *csv->at);
	}
	if (open)
		csv->broken = "a quote is never closed";
	*last = csv->at >= csv->end || *csv->at == '\n';
	csv->line += csv->at < csv->end && *csv->at == '\n';
	csv->at += csv->at < csv->end;
	return text_trim(arena_copy(arena, cell.length ? cell.at : "", cell.length));
}

void cli_csv_row(struct csv *csv, struct arena *arena, struct strings *cells)
{
	*cells = (struct strings){ 0 };
	csv->row_line = csv->line;
	csv->broken = NULL;
	for (bool last = false; !last;)
		strings_add(arena, cells, read_cell(csv, arena, &last));
}
