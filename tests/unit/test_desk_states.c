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
		buffer_printf(out, " %s |", desk_ticket_state_name((enum ticket_state)state));
	buffer_add_string(out, "\n| --- |");
	for (int state = 0; state < STATE_COUNT; state++)
		buffer_add_string(out, " --- |");
	for (int event = 0; event < EVENT_COUNT; event++) {
		buffer_printf(out, "\n| %s |", desk_ticket_event_name((enum ticket_event)event));
		for (int state = 0; state < STATE_COUNT; state++) {
			enum ticket_state next;
			bool may = desk_ticket_transition((enum ticket_state)state, (enum ticket_event)event, &next);
			buffer_printf(out, " %s |", !may ? "" : next == (enum ticket_state)state ? "·" : desk_ticket_state_name(next));
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

/* ---- the closed lists, and their words elsewhere ---- */

static void states_and_priorities_are_told_as_they_are(void **state)
{
	CLEANUP_BUFFER struct buffer states, priorities;
	buffer_init(&states);
	buffer_init(&priorities);
	for (int i = 0; i < STATE_COUNT; i++)
		buffer_printf(&states, "%s%s", !i ? "" : i + 1 < STATE_COUNT ? ", " : " or ", desk_ticket_state_name((enum ticket_state)i));
	for (int i = 0; i < PRIORITY_COUNT; i++)
		buffer_printf(&priorities, "%s%s", !i ? "" : i + 1 < PRIORITY_COUNT ? ", " : " or ", desk_priority_names[i]);
	assert_string_equal(buffer_string(&states), STATE_NAMES);
	assert_string_equal(buffer_string(&priorities), PRIORITY_NAMES);
}

static void dispositions_are_listed_as_they_are(void **state)
{
	CLEANUP_BUFFER struct buffer words;
	buffer_init(&words);
	buffer_add_char(&words, ' ');
	for (int i = 0; i < DISPOSITIONS; i++) {
		buffer_printf(&words, "%s ", desk_dispositions[i].name);
		assert_int_equal(desk_disposition_named(desk_dispositions[i].name), i);
	}
	assert_string_equal(buffer_string(&words), DISPOSITION_WORDS);
	assert_int_equal(desk_disposition_named("lost"), DISPOSITIONS);
}

/* A kind stands in one place alone, and no letter is anything else's. */
static void each_kind_of_token_has_one_place(void **state)
{
	int kinds = 0;
	for (int letter = 1; letter < 256; letter++) {
		enum token_kind kind = (enum token_kind)letter;
		int places = desk_token_is(kind, TOKEN_IN_ADDRESS) + desk_token_is(kind, TOKEN_IN_BOUNCE) + desk_token_is(kind, TOKEN_IN_MESSAGE_ID)
		           + desk_token_is(kind, TOKEN_IN_LINK);
		assert_int_equal(places, desk_token_is(kind, TOKEN_ANYWHERE));
		assert_true(places || !desk_token_is(kind, TOKEN_OF_HOUSE));
		kinds += places;
	}
	assert_int_equal(kinds, 17);
	assert_true(desk_token_is(TOKEN_NOTE, TOKEN_OF_HOUSE) && desk_token_is(TOKEN_HOUSE, TOKEN_OF_HOUSE) && desk_token_is(TOKEN_HOUSE, TOKEN_IN_ADDRESS) && desk_token_is(TOKEN_BOUNCE, TOKEN_OF_HOUSE));
	assert_false(desk_token_is(TOKEN_CUSTOMER, TOKEN_OF_HOUSE) || desk_token_is(TOKEN_LINK_STATUS, TOKEN_OF_HOUSE));
}

/* What a row says of a field holds of a ticket's facts. */
static void fields_are_where_their_rows_say(void **state)
{
	const char *tags[] = {"vpn"};
	struct ticket_facts facts = {.state = STATE_OPEN, .queue = "support", .agent = "", .priority = "high", .subject = "Printer", .language = "it",
	                             .tags = {tags, 1}, .created = 1, .updated = 2, .closed_at = 3, .pending_until = 4};
	int64_t sum = 0;
	for (const struct desk_field *field = desk_fields; field->name; field++)
		sum += field->type == FIELD_TIME ? desk_field_time(&facts, field) : 0;
	assert_int_equal(sum, 10);
	assert_true(desk_field_is(&facts, desk_field_asked("state"), "open") && desk_field_is(&facts, desk_field_asked("queue"), "support"));
	assert_true(desk_field_is(&facts, desk_field_asked("agent"), "") && desk_field_is(&facts, desk_field_asked("priority"), "high"));
	assert_true(desk_field_is(&facts, desk_field_asked("tag"), "vpn") && desk_field_is(&facts, desk_field_asked("language"), "it"));
	assert_false(desk_field_is(&facts, desk_field_asked("tag"), "vp") || desk_field_is(&facts, desk_field_asked("state"), "new"));
	assert_null(desk_field_asked("subject"));
	assert_string_equal(desk_field_changed(&(struct effect){.kind = EFFECT_SET_FIELD, .field = desk_field_simple(TICKET_FIELD_PRIORITY)})->name, "priority");
	assert_string_equal(desk_field_changed(&(struct effect){.kind = EFFECT_SET_AGENT})->name, "agent");
}

/* Each line of fields.h has its row, which says where the ticket and the rules keep it. */
static void every_simple_field_has_its_row(void **state)
{
#define CHECK(member, NAME, history) { \
		const struct desk_field *field = desk_field_simple(TICKET_FIELD_##NAME); \
		struct ticket_facts facts = {.member = "x"}; \
		struct verdict verdict = {.member = "y"}; \
		assert_non_null(field); \
		assert_string_equal(field->name, #member); \
		assert_ptr_equal(field->proved ? NULL : field, desk_field_named(#member, strlen(#member)));    /* no rule and no command */ \
		assert_ptr_equal(field, desk_field_asked(#member)); \
		assert_string_equal(desk_field_word(&facts, field), "x"); \
		assert_string_equal(*desk_field_ruled(&verdict, field), "y"); \
		assert_true(field->wanted && *field->wanted); \
	}
	TICKET_FIELDS(CHECK)
#undef CHECK
	assert_null(desk_field_named("queue", 5));
	assert_null(desk_field_named("priorit", 7));
}

static void a_simple_field_takes_its_words_alone(void **state)
{
	const struct desk_field *priority = desk_field_simple(TICKET_FIELD_PRIORITY);
	struct desk_field any = *priority;
	any.words = NULL;
	any.count = 0;
	assert_string_equal(desk_field_kept(priority, "HIGH"), "high");
	assert_null(desk_field_kept(priority, "highest"));
	assert_null(desk_field_kept(priority, ""));
	assert_string_equal(desk_field_kept(&any, "Billing"), "Billing");
	assert_null(desk_field_kept(&any, "two words"));
	assert_null(desk_field_kept(&any, ""));
	struct ticket_facts low = {.priority = "low"}, high = {.priority = "high"};
	assert_true(desk_field_compare(priority, &low, &high) < 0 && desk_field_compare(&any, &low, &high) > 0);
	assert_int_equal(desk_field_compare(priority, &low, &low), 0);
}

static void notices_tell_of_fields_that_have_a_label_and_are_set(void **state)
{
	struct arena arena;
	struct desk_field rows[] = {*desk_field_asked("queue"), *desk_field_simple(TICKET_FIELD_PRIORITY), *desk_field_asked("agent"), {.name = NULL}};
	struct ticket_facts facts = {.queue = "support", .priority = "high", .agent = ""};
	arena_init(&arena);
	assert_string_equal(desk_field_lines(&arena, desk_fields, &facts, "en"), "");
	for (size_t i = 0; i < DESK_LANGUAGES; i++)
		rows[0].labels[i] = "Queue", rows[1].labels[i] = i == 2 ? "Priorität" : "Priority", rows[2].labels[i] = "Agent";
	assert_string_equal(desk_field_lines(&arena, rows, &facts, "en"), "Queue: support; Priority: high");
	assert_string_equal(desk_field_lines(&arena, rows, &facts, "de"), "Queue: support; Priorität: high");
	arena_fini(&arena);
}

/* On the command line, too: none is left without a name, and none has another's. */
static void every_command_has_a_name_of_its_own_on_the_command_line(void **state)
{
	const struct desk_command *one, *other;
	for (size_t i = 0; (one = desk_command_at(i)); i++) {
		assert_true((one->kind == ACTION_SET_FIELD) == (desk_command_field(one) != NULL));
		for (size_t k = 0; k < i && (other = desk_command_at(k)); k++)
			assert_true(!*desk_command_line_name(one) || strcmp(desk_command_line_name(one), desk_command_line_name(other)) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_the_table), cmocka_unit_test(states_and_priorities_are_told_as_they_are),
		cmocka_unit_test(dispositions_are_listed_as_they_are), cmocka_unit_test(each_kind_of_token_has_one_place),
		cmocka_unit_test(fields_are_where_their_rows_say), cmocka_unit_test(every_simple_field_has_its_row),
		cmocka_unit_test(a_simple_field_takes_its_words_alone), cmocka_unit_test(notices_tell_of_fields_that_have_a_label_and_are_set),
		cmocka_unit_test(every_command_has_a_name_of_its_own_on_the_command_line)};
	return cmocka_run_group_tests_name("desk states", tests, NULL, NULL);
}
