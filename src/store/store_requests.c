/*
 * store_requests.c - what somebody asked before a ticket, the newest first: along the lines in which each address's tickets stand (ticket.previous).
 *
 * Of one address there is one line, of a person with several one each: the highest number of all is the next. A notice costs the same however much he asked.
 */
#include "store_private.h"

#include <string.h>

#define LOOKS_MOST 50                            /* tickets looked at: those that came after this one are passed over */

struct lines { int64_t *at; size_t count; };     /* of each the newest that was not looked at */

/* The lines of his other addresses; this ticket's own begins with itself. */
static enum status begin(struct store *store, struct arena *arena, int64_t ticket, int64_t customer, const char *address, struct lines *lines, struct error *error)
{
	struct cursor cursor;

	*ARENA_PUSH(arena, lines) = ticket;
	if (!customer)
		return STATUS_OK;
	cursor_open(&cursor, store->engine, error, SQL_CUSTOMER_LAST_OF_EACH, "i", customer);
	while (cursor_next(&cursor)) {
		const char *other = cursor_text(&cursor, arena, 0);
		int64_t last = cursor_number(&cursor, 1);

		if (last && !text_equal_nocase(other, store_contact_key(arena, address)))
			*ARENA_PUSH(arena, lines) = last;
	}
	return cursor_close(&cursor);
}

static int64_t *highest(const struct lines *lines)
{
	int64_t *found = &lines->at[0];

	for (size_t i = 1; i < lines->count; i++)
		if (lines->at[i] > *found)
			found = &lines->at[i];
	return found;
}

/* Takes the ticket at the head of a line, which then stands one further on; numbers only grow. */
static enum status take(struct store *store, struct arena *arena, int64_t *line, int64_t below, struct ticket_rows *rows, struct error *error)
{
	struct cursor cursor;
	int64_t previous = 0;

	cursor_open(&cursor, store->engine, error, SQL_TICKET_IN_LINE, "i", *line);
	if (cursor_next(&cursor)) {
		previous = cursor_number(&cursor, 2);
		if (*line < below) {
			struct ticket_facts *facts = &ARENA_PUSH(arena, rows)->facts;

			*facts = (struct ticket_facts){ .id = *line, .subject = cursor_text(&cursor, arena, 1) };
			desk_ticket_state_parse(cursor_text(&cursor, arena, 0), &facts->state);
		}
	}
	*line = previous < *line ? previous : 0;
	return cursor_close(&cursor);
}

enum status store_requests_before(struct store *store, struct arena *arena, int64_t ticket, int64_t customer, const char *address, size_t most, struct ticket_rows *rows, struct error *error)
{
	struct lines lines = { 0 };
	enum status status = begin(store, arena, ticket, customer, address, &lines, error);

	*rows = (struct ticket_rows){ 0 };
	for (int i = 0; i < LOOKS_MOST && rows->count < most && status == STATUS_OK; i++) {
		int64_t *line = highest(&lines);

		if (!*line)
			break;
		status = take(store, arena, line, ticket, rows, error);
	}
	return status;
}
