/*
 * cli_ticket_why.c - why a message is where it is, out of its ticket's history: for people and for JSON.
 */
#include "cli_private.h"

/* Rows of one mail have one time. */
void cli_message_why(struct cli *cli, const struct ticket_row *row, int seq, struct strings *why)
{
	struct arena *arena = &cli->arena;
	int64_t at = 0;

	for (size_t i = 0; i < row->history.count; i++)
		if (row->history.at[i].kind == HISTORY_MESSAGE && row->history.at[i].number == seq)
			at = row->history.at[i].at;
	for (size_t i = 0; i < row->history.count; i++) {
		const struct history_row *line = &row->history.at[i];

		if (line->at != at || !*line->why)
			continue;
		if ((line->kind == HISTORY_MESSAGE && line->number == seq) || (line->kind == HISTORY_CREATED && seq == 1))
			strings_add(arena, why, line->why);
		else if (line->kind == HISTORY_LINKED)
			strings_add(arena, why, arena_printf(arena, "%s: %s", line->what, line->why));
	}
}
