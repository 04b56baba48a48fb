/*
 * test_desk_states.c - prints the table of states and events as a page, and compares it with doc/STATES.md, so that the page is never
 * other than the code. STATES_WRITE=1 writes the page instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "desk.h"

#define PAGE "doc/STATES.md"

static void print_page(struct buffer *out)
{
	buffer_add_string(out, "# The life of a ticket\n\nMade by tests/unit/test_desk_states.c from the one table in src/desk/desk_state.c. A cell is the state that follows;\n"
	                       "an empty one: the event may not happen in that state.\n\n| event |");
	for (int state = 0; state < STATE_COUNT; state++)
		buffer_printf(out, " %s |", ticket_state_name((enum ticket_state)state));
	buffer_add_string(out, "\n| --- |");
	for (int state = 0; state < STATE_COUNT; state++)
		buffer_add_string(out, " --- |");
	for (int event = 0; event < EVENT_COUNT; event++) {
		buffer_printf(out, "\n| %s |", ticket_event_name((enum ticket_event)event));
		for (int state = 0; state < STATE_COUNT; state++) {
			enum ticket_state next;
			bool may = ticket_transition((enum ticket_state)state, (enum ticket_event)event, &next);
			buffer_printf(out, " %s |", !may ? "" : next == (enum ticket_state)state ? "·" : ticket_state_name(next));
		}
	}
	buffer_add_string(out, "\n\n`·` stays as it is. A reply to a closed ticket counts as customer mail within `desk.reopen_days`; a later one opens a new ticket,\n"
	                       "linked to the old. A mail of nothing but thanks within `desk.thanks_hours` of resolved or closed is kept and moves nothing.\n");
}

static void the_page_is_the_table(void **state)
{
	CLEANUP_BUFFER struct buffer page, file;
	struct error error;
	buffer_init(&page);
	buffer_init(&file);
	print_page(&page);
	if (getenv("STATES_WRITE")) {
		FILE *out = fopen(PAGE, "w");
		assert_non_null(out);
		fputs(buffer_string(&page), out);
		fclose(out);
		return;
	}
	if (file_read_all(PAGE, 1 << 20, &file, &error) != STATUS_OK)
		fail_msg("%s: %s", PAGE, error.text);
	assert_string_equal(buffer_string(&file), buffer_string(&page));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_the_table)};
	return cmocka_run_group_tests_name("desk states", tests, NULL, NULL);
}
