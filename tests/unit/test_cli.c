/*
 * test_cli.c - what the command line does by itself: times to come, safe text, widths, tables.
 *
 * The commands are tested from outside (tests/blackbox); these are the parts that have odd corners. They are included as
 * source, since the command line is a program and not part of the library.
 */
#include "cli/cli_output.c"
#include "cli/cli_print.c"
#include "cli/cli_table.c"
#include "cli/cli_when.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* 2026-11-22 05:12:21 UTC, a Sunday */
#define NOW INT64_C(1795324341000)

static struct arena arena;

static int up(void **state) { arena_init(&arena); unsetenv("SPORTELLO_CLOCK_FILE"); return 0; }
static int down(void **state) { arena_fini(&arena); return 0; }

static const char *when(const char *text)
{
	struct error error;
	int64_t ms;
	enum status status = cli_when(text, NOW, &ms, &error);

	return status == STATUS_OK ? time_rfc3339(&arena, ms) : status_name(status);
}

static void times_to_come(void **state)
{
	assert_string_equal(time_rfc3339(&arena, NOW), "2026-11-22T05:12:21Z");
	assert_string_equal(when("3d"), "2026-11-25T05:12:21Z");
	assert_string_equal(when("2h"), "2026-11-22T07:12:21Z");
	assert_string_equal(when("30m"), "2026-11-22T05:42:21Z");
	assert_string_equal(when("1w"), "2026-11-29T05:12:21Z");
	assert_string_equal(when("tomorrow"), "2026-11-23T09:00:00Z");
	assert_string_equal(when("Monday"), "2026-11-23T09:00:00Z");
	assert_string_equal(when("sun"), "2026-11-29T09:00:00Z");
	assert_string_equal(when("saturday"), "2026-11-28T09:00:00Z");
	assert_string_equal(when("2026-11-25"), "2026-11-25T09:00:00Z");
	assert_string_equal(when("2026-11-25T10:30"), "2026-11-25T10:30:00Z");
	assert_string_equal(when("2026-11-25 10:30"), "2026-11-25T10:30:00Z");
	assert_string_equal(when("2026-11-25T10:30:15.5+01:00"), "2026-11-25T09:30:15Z");
	assert_string_equal(when("2028-02-29T00:00:00Z"), "2028-02-29T00:00:00Z");
}

static void times_that_are_none(void **state)
{
	static const char *const wrong[] = { "", "3", "3x", "-3d", "0d", "99999999d", "3dd", "yesterday", "mo", "2026-13-01", "2026-02-29", "26-11-25",
	                                     "2026-11-25T25:00", "2026-11-25T10:30+1", "2026-11-25x", "2026-11-25T10:30Zx", "2026-11-25T" };

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		if (strcmp(when(wrong[i]), "usage"))
			fail_msg("\"%s\" gave %s", wrong[i], when(wrong[i]));
	assert_string_equal(when("2026-11-21"), "bad-input");
	assert_string_equal(when("2026-11-22T05:12:21Z"), "bad-input");
}

static void strangers_do_not_steer_the_terminal(void **state)
{
	assert_string_equal(cli_safe(&arena, "a\033[31mb\x7f\xc2\x9b" "2J\r\nc\td", false), "a[31mb2J c d");
	assert_string_equal(cli_safe(&arena, "a\nb\tc\033", true), "a\nb\tc");
	assert_string_equal(cli_safe(&arena, "gnp\xe2\x80\xae" "exe.\xe2\x81\xa6x", false), "gnpexe.x");
	assert_string_equal(cli_safe(&arena, "\xff" "a", false), "\xef\xbf\xbd" "a");
	assert_string_equal(cli_safe(&arena, NULL, false), "");
}

static void widths(void **state)
{
	assert_int_equal(cli_width("abc"), 3);
	assert_int_equal(cli_width("\xc3\xa9t\xc3\xa9"), 3);
	assert_int_equal(cli_width("e\xcc\x81"), 1);
	assert_int_equal(cli_width("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	assert_int_equal(cli_width("\xf0\x9f\x98\x80"), 2);
}

static void ages_and_sizes(void **state)
{
	assert_string_equal(cli_age(&arena, clock_now()), "just now");
	assert_string_equal(cli_age(&arena, clock_now() - 61 * 1000), "1 minute");
	assert_string_equal(cli_age(&arena, clock_now() - 3 * 3600 * 1000), "3 hours");
	assert_string_equal(cli_age(&arena, clock_now() - INT64_C(15) * 86400 * 1000), "2 weeks");
	assert_string_equal(cli_size(&arena, 0), "0 B");
	assert_string_equal(cli_size(&arena, 2048), "2.0 KiB");
	assert_string_equal(cli_size(&arena, 52428800), "50.0 MiB");
	assert_string_equal(cli_time(&arena, NOW), "2026-11-22 05:12 UTC");
	assert_string_equal(cli_time(&arena, 0), "");
}

static void tables_line_up(void **state)
{
	static const struct cli_column columns[] = { { "N", true, false, false }, { "WHAT", false, true, false }, { "X", false, false, false } };
	struct cli_table table = { .columns = columns, .width = 3 };
	struct cli cli = { .exit_code = 0 };

	arena_init(&cli.arena);
	buffer_init(&cli.out);
	cli_table_cell(&cli, &table, "1");
	cli_table_cell(&cli, &table, "\xe6\xbc\xa2\xe5\xad\x97");
	cli_table_cell(&cli, &table, "a");
	cli_table_cell(&cli, &table, "12");
	cli_table_cell(&cli, &table, "caff\xc3\xa8 \033[1m");
	cli_table_cell(&cli, &table, "b");
	cli_table_print(&cli, &table);
	assert_string_equal(buffer_string(&cli.out), " N  WHAT       X\n 1  \xe6\xbc\xa2\xe5\xad\x97       a\n12  caff\xc3\xa8 [1m  b\n");
	buffer_fini(&cli.out);
	arena_fini(&cli.arena);
}

static void tables_fit(void **state)
{
	static const struct cli_column columns[] = { { "A", false, true, false }, { "B", false, false, false }, { "C", false, true, false } };
	struct cli_table table = { .columns = columns, .width = 3 };
	struct cli cli = { .exit_code = 0 };
	int found[3];

	arena_init(&cli.arena);
	cli_table_cell(&cli, &table, "twenty characters here");
	cli_table_cell(&cli, &table, "never cut");
	cli_table_cell(&cli, &table, "and a very very very long one indeed");
	natural_widths(&table, found);
	make_fit(&table, found, 40);
	assert_int_equal(found[0] + found[1] + found[2] + 4, 40);
	assert_int_equal(found[1], 9);
	assert_string_equal(cut_to(&cli, "caff\xc3\xa8 doppio", 8), "caff\xc3\xa8 d\xe2\x80\xa6");
	assert_string_equal(cut_to(&cli, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5), "\xe6\xbc\xa2\xe5\xad\x97\xe2\x80\xa6");
	make_fit(&table, found, 5);
	assert_int_equal(found[0], LEAST_WIDTH);
	arena_fini(&cli.arena);
}

static void indented_text(void **state)
{
	struct buffer out;

	buffer_init(&out);
	cli_indent(&out, "a\n\nb", "  ");
	assert_string_equal(buffer_string(&out), "  a\n\n  b\n");
	buffer_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_to_come), cmocka_unit_test(times_that_are_none), cmocka_unit_test(strangers_do_not_steer_the_terminal),
		cmocka_unit_test(widths), cmocka_unit_test(ages_and_sizes), cmocka_unit_test(tables_line_up), cmocka_unit_test(tables_fit),
		cmocka_unit_test(indented_text),
	};

	return cmocka_run_group_tests(tests, up, down);
}
