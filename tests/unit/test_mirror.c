/*
 * test_mirror.c - the index of the mirror's files: each is found, and at once, however many one ticket has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "mirror/mirror_private.h"

#define MESSAGES 40000

static void each_message_of_a_long_ticket_is_found_at_once(void **state)
{
	struct index index;
	char name[128];
	(void)state;
	mirror_index_init(&index);
	clock_t start = clock();
	for (int seq = 1; seq <= MESSAGES; seq++) {
		assert_null(mirror_index_find(&index, 7, seq));
		mirror_base(name, seq * 1000, 7, seq);
		mirror_index_add(&index, 7, seq, 0, false, name);
	}
	for (int seq = 1; seq <= MESSAGES; seq++)
		assert_int_equal(mirror_index_find(&index, 7, seq)->seq, seq);
	/* A walk through all of them for each is 1.6 thousand million steps. */
	assert_true(clock() - start < CLOCKS_PER_SEC);
	mirror_index_fini(&index);
}

static void a_dropped_one_is_gone_and_the_others_are_those_of_their_tickets(void **state)
{
	struct index index;
	int count = 0;
	(void)state;
	mirror_index_init(&index);
	for (int64_t ticket = 1; ticket <= 3000; ticket++)
		for (int seq = 1; seq <= 3; seq++)
			mirror_index_add(&index, ticket, seq, 0, false, "name");
	mirror_index_drop(mirror_index_find(&index, 5, 2));
	assert_null(mirror_index_find(&index, 5, 2));
	mirror_index_add(&index, 5, 2, 1, false, "again");
	assert_string_equal(mirror_index_find(&index, 5, 2)->name, "again");
	for (struct entry *entry = NULL; (entry = mirror_index_of(&index, 6, entry)) != NULL; count++)
		assert_int_equal(entry->ticket, 6);
	assert_int_equal(count, 3);
	mirror_index_fini(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_of_a_long_ticket_is_found_at_once),
		cmocka_unit_test(a_dropped_one_is_gone_and_the_others_are_those_of_their_tickets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
