/*
 * test_query.c - the query language: what is read, what is refused and how it is said, and which values hold.
 */
#include "desk.h"
#include "query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct error error;

static int up(void **state)
{
	arena_init(&arena);
	return 0;
}

static int down(void **state)
{
	arena_fini(&arena);
	return 0;
}

/* One ticket: queue support, open, two tags, nobody's, created a thousand seconds before now (100,000 s). */
static bool is(void *context, enum query_key key, const char *value)
{
	switch (key) {
	case QUERY_QUEUE: return !strcmp(value, "support");
	case QUERY_STATE: return !strcmp(value, "open");
	case QUERY_AGENT: return !*value;
	case QUERY_OVERDUE: return !strcmp(value, "yes");
	case QUERY_TAG: return !strcmp(value, "vpn") || !strcmp(value, "needs parts");
	default: return false;
	}
}

static int64_t at(void *context, enum query_key key)
{
	return 99000 * INT64_C(1000);
}

static bool holds(const char *text)
{
	struct query query;

	assert_int_equal(query_read(&arena, text, &query, &error), STATUS_OK);
	return query_holds(&query, 100000 * INT64_C(1000), &(struct query_values){ is, at, NULL });
}

static void all_terms_must_hold_and_one_value_of_each(void **state)
{
	assert_true(holds(""));
	assert_true(holds("queue:support state:open"));
	assert_false(holds("queue:support state:closed"));
	assert_true(holds("state:closed  queue:support\tstate:open"));
	assert_true(holds("agent:none tag:vpn"));
	assert_false(holds("agent:bob"));
	assert_true(holds("tag:\"needs parts\""));
}

static void a_negated_key_wants_none_of_its_values(void **state)
{
	assert_false(holds("-tag:vpn"));
	assert_false(holds("-tag:other -tag:vpn"));
	assert_true(holds("-tag:other -tag:more tag:vpn"));
	assert_true(holds("-agent:bob"));
	assert_false(holds("-agent:none"));
}

static void times_count_back_from_now(void **state)
{
	assert_true(holds("created:1h"));
	assert_true(holds("created:<17m"));
	assert_false(holds("created:16m"));
	assert_true(holds("created:>16m"));
	assert_false(holds("created:>1d"));
	assert_true(holds("updated:<1h updated:>5m"));
	assert_false(holds("updated:<1h updated:>50m"));
	assert_true(holds("-created:>1w"));
}

/* The one ticket's clock is due at 99,000 s, a thousand seconds ago. */
static void what_is_due_counts_on_from_now(void **state)
{
	assert_true(holds("due:1m"));
	assert_true(holds("due:<1m overdue:yes"));
	assert_false(holds("due:>1m"));
	assert_true(holds("-due:>1m -overdue:no"));
}

static void what_changes_by_itself_is_named(void **state)
{
	static const struct { const char *text, *changes; } queries[] = {
		{ "queue:support tag:vpn -agent:none priority:high customer:a@b.example language:it", NULL }, { "overdue:yes", "overdue" }, { "tag:vpn due:2h", "due" }, { "jam", "words of the text" },
		{ "sort:due", "sort" }, { "-state:open", "state" }, { "waiting:us", "waiting" }, { "updated:7d", "updated" }, { "created:7d", "created" },
	};
	struct query query;

	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		assert_int_equal(query_read(&arena, queries[i].text, &query, &error), STATUS_OK);
		const char *changes = query_changes_by_itself(&query);
		if (queries[i].changes)
			assert_string_equal(changes, queries[i].changes);
		else
			assert_null(changes);
	}
}

static void words_without_a_key_are_text(void **state)
{
	struct query query;

	assert_int_equal(query_read(&arena, "printer state:open \"http://x.example/a b\" jam", &query, &error), STATUS_OK);
	assert_string_equal(query.words, "printer http://x.example/a b jam");
	assert_int_equal(query.terms.count, 1);
	assert_int_equal(query_read(&arena, "sort:-created sort:priority", &query, &error), STATUS_OK);
	assert_string_equal(query.words, "");
	assert_int_equal(query.sorts.count, 2);
	assert_true(query.sorts.at[0].descending && query.sorts.at[0].key == QUERY_CREATED && !query.sorts.at[1].descending);
}

#define LISTED(member, NAME, history) #member ", "
static void what_cannot_be_asked_is_said(void **state)
{
	static const struct { const char *text, *part; } wrong[] = {
		{ "colour:red", "there is no key \"colour\"; queue, state, agent, tag" }, { "state:open prio:high", "no key \"prio\"" }, { "-colour:red", "no key \"colour\"" },
		{ "queue:", "\"queue:\" needs a value" }, { "created:soon", "\"created:soon\" is no time" }, { "created:-3d", "is no time" }, { "updated:<", "is no time" },
		{ "created:99999999999999999999d", "is no time" }, { "created:3days", "is no time" }, { "sort:subject", "sorted by \"subject\"; by " TICKET_FIELDS(LISTED) "due, created, updated" },
		{ "-sort:created", "cannot be negated; the other way round is sort:-created" }, { "-printer", "only what has a key can be negated" },
		{ "http://x", "in \"quotes\"" },
	};
	struct query query;

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_int_equal(query_read(&arena, wrong[i].text, &query, &error), STATUS_USAGE);
		if (!strstr(error.text, wrong[i].part))
			fail_msg("%s: %s", wrong[i].text, error.text);
	}
}

static void a_query_without_end_is_refused(void **state)
{
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct query query;

	for (int i = 0; i < 5000; i++)
		buffer_printf(&text, "state:s%d ", i);
	assert_int_equal(query_read(&arena, buffer_string(&text), &query, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "at most 100 words"));
}

static void a_negated_term_is_no_option(void **state)
{
	assert_true(query_is_term("-state:open") && query_is_term("state:open") && query_is_term("-sort:x"));
	assert_false(query_is_term("-c") || query_is_term("-c/etc/a:b") || query_is_term("--state") || query_is_term("--state:open") || query_is_term("-cfoo:bar"));
}

/* What a ticket's field says it is asked by is a key. */
static void every_field_that_is_asked_for_has_its_key(void **state)
{
	size_t asked = 0;

	for (const struct desk_field *field = desk_fields; field->name; field++) {
		if (!field->query)
			continue;
		asked++;
		if (!query_is_term(arena_printf(&arena, "%s:x", field->query)))
			fail_msg("%s: no key \"%s\"", field->name, field->query);
		assert_ptr_equal(desk_field_asked(field->query), field);
	}
	assert_true(asked >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_terms_must_hold_and_one_value_of_each, up, down),
		cmocka_unit_test_setup_teardown(a_negated_key_wants_none_of_its_values, up, down),
		cmocka_unit_test_setup_teardown(times_count_back_from_now, up, down),
		cmocka_unit_test_setup_teardown(what_is_due_counts_on_from_now, up, down),
		cmocka_unit_test_setup_teardown(what_changes_by_itself_is_named, up, down),
		cmocka_unit_test_setup_teardown(words_without_a_key_are_text, up, down),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_said, up, down),
		cmocka_unit_test_setup_teardown(a_query_without_end_is_refused, up, down),
		cmocka_unit_test_setup_teardown(a_negated_term_is_no_option, up, down),
		cmocka_unit_test_setup_teardown(every_field_that_is_asked_for_has_its_key, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
