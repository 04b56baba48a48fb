/*
 * test_calendar.c - zones, hours, holidays, business time: what can be said by hand. A million random ones: tests/calendar_laws.py.
 *
 * Zone files are those of the machine; a test is skipped where they are not there.
 */
#include "calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct zone zone;
static struct calendar calendar;

static int up(void **state)
{
	arena_init(&arena);
	calendar_zone_utc(&arena, &zone);
	calendar = (struct calendar){ .name = "test", .zone = &zone };
	return 0;
}

static int down(void **state)
{
	arena_fini(&arena);
	return 0;
}

static void in_zone(const char *name)
{
	CLEANUP_BUFFER struct buffer bytes;
	struct error error;

	buffer_init(&bytes);
	if (file_read_all(arena_printf(&arena, "/usr/share/zoneinfo/%s", name), 1 << 20, &bytes, &error) != STATUS_OK)
		skip();
	assert_int_equal(calendar_zone_read(&arena, name, bytes.at, bytes.length, &zone, &error), STATUS_OK);
}

static void open_each_day(const char *hours)
{
	struct calendar_piece piece;

	assert_true(calendar_hours_read(hours, &piece));
	for (int day = 0; day < 7; day++)
		calendar_pieces_add(&arena, &calendar.week[day], piece.from, piece.to);
}

static int64_t at(int year, int month, int day, int hour, int minute)
{
	return calendar_day_of(year, month, day) * CALENDAR_DAY + hour * 3600 + minute * 60;
}

/* ---- dates and zones ---- */

static void days_and_dates_agree(void **state)
{
	int64_t year;
	int month, day;

	for (int64_t number = -800000; number < 800000; number += 17) {
		calendar_date_of(number, &year, &month, &day);
		assert_int_equal(calendar_day_of(year, month, day), number);
		assert_true(day >= 1 && day <= calendar_month_length(year, month));
	}
	assert_int_equal(calendar_weekday(calendar_day_of(2026, 11, 29)), 6);
	assert_int_equal(calendar_weekday(0), 3);
	assert_int_equal(calendar_weekday(-1), 2);
}

static void a_zone_knows_summer_and_winter_of_years_to_come(void **state)
{
	in_zone("Europe/Rome");
	assert_int_equal(calendar_zone_span_at(&zone, at(2026, 7, 1, 0, 0))->offset, 7200);
	assert_string_equal(calendar_zone_span_at(&zone, at(2026, 7, 1, 0, 0))->abbreviation, "CEST");
	assert_int_equal(calendar_zone_span_at(&zone, at(2099, 1, 1, 0, 0))->offset, 3600);
	assert_int_equal(calendar_zone_span_at(&zone, at(2026, 3, 29, 0, 59))->offset, 3600);
	assert_int_equal(calendar_zone_span_at(&zone, at(2026, 3, 29, 1, 0))->offset, 7200);
}

static void broken_zone_files_are_refused(void **state)
{
	CLEANUP_BUFFER struct buffer bytes;
	struct error error;
	struct zone other;

	buffer_init(&bytes);
	assert_int_equal(calendar_zone_read(&arena, "x", "TZif", 4, &other, &error), STATUS_BAD_INPUT);
	if (file_read_all("/usr/share/zoneinfo/Europe/Rome", 1 << 20, &bytes, &error) != STATUS_OK)
		skip();
	for (size_t length = 0; length < bytes.length; length++) {       /* its own memory, so that a byte too far is seen */
		char *part = malloc(length ? length : 1);

		memcpy(part, bytes.at, length);
		assert_int_equal(calendar_zone_read(&arena, "x", part, length, &other, &error), STATUS_BAD_INPUT);
		free(part);
	}
	for (size_t i = 0; i < bytes.length; i++) {      /* whatever it says then: it says it */
		bytes.at[i] ^= 0x55;
		if (calendar_zone_read(&arena, "x", bytes.at, bytes.length, &other, &error) == STATUS_OK)
			assert_non_null(calendar_zone_span_at(&other, at(2050, 1, 1, 0, 0)));
		bytes.at[i] ^= 0x55;
	}
}

static void names_of_zones_lead_nowhere_else(void **state)
{
	assert_true(calendar_zone_name_usable("America/Argentina/Buenos_Aires"));
	assert_true(calendar_zone_name_usable("Etc/GMT+5"));
	assert_false(calendar_zone_name_usable("../../etc/passwd"));
	assert_false(calendar_zone_name_usable("/etc/localtime"));
	assert_false(calendar_zone_name_usable(""));
}

/* ---- hours and lengths ---- */

static void hours_are_read_strictly(void **state)
{
	struct calendar_piece piece;
	static const char *const wrong[] = { "", "9:00-13:00", "09:00-24:01", "13:00-09:00", "09:00-09:00", "09:00 - 13:00", "09:60-10:00", "09:00-13:00x", "0900-1300" };

	assert_true(calendar_hours_read("00:00-24:00", &piece));
	assert_int_equal(piece.to - piece.from, CALENDAR_DAY);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(calendar_hours_read(wrong[i], &piece));
}

static void pieces_that_touch_become_one(void **state)
{
	struct calendar_pieces list = { 0 };

	calendar_pieces_add(&arena, &list, 10, 20);
	calendar_pieces_add(&arena, &list, 40, 50);
	calendar_pieces_add(&arena, &list, 0, 5);
	calendar_pieces_add(&arena, &list, 20, 30);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.at[1].to, 30);
	calendar_pieces_add(&arena, &list, 4, 45);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.at[0].from, 0);
	assert_int_equal(list.at[0].to, 50);
}

static void lengths_say_their_unit(void **state)
{
	struct calendar_length length;
	static const char *const wrong[] = { "", "4", "1d", "0h", "30m1h", "1h1h", "2bd1h", "1h2bd", "h", "-1h", "999999999h", "2b", "1.5h", "0bd" };

	assert_true(calendar_length_read("1h30m", &length));
	assert_int_equal(length.seconds, 5400);
	assert_true(calendar_length_read("2bd", &length));
	assert_int_equal(length.days, 2);
	assert_int_equal(length.seconds, 0);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(calendar_length_read(wrong[i], &length));
}

/* ---- business time ---- */

static void lunch_and_nights_do_not_count(void **state)
{
	int64_t instant;

	open_each_day("09:00-13:00");
	open_each_day("14:00-18:00");
	assert_int_equal(calendar_between(&calendar, at(2026, 11, 23, 12, 0), at(2026, 11, 23, 15, 0)), 2 * 3600);
	assert_int_equal(calendar_between(&calendar, at(2026, 11, 23, 15, 0), at(2026, 11, 23, 12, 0)), 0);
	assert_int_equal(calendar_add(&calendar, at(2026, 11, 23, 17, 30), 3600, &instant, NULL), STATUS_OK);
	assert_int_equal(instant, at(2026, 11, 24, 9, 30));
	assert_int_equal(calendar_add(&calendar, at(2026, 11, 23, 9, 0), 4 * 3600, &instant, NULL), STATUS_OK);
	assert_int_equal(instant, at(2026, 11, 23, 13, 0));      /* the earliest, not 14:00 */
}

static void a_day_to_midnight_loses_no_minute(void **state)
{
	open_each_day("00:00-24:00");
	assert_int_equal(calendar_between(&calendar, at(2026, 1, 1, 0, 0), at(2027, 1, 1, 0, 0)), INT64_C(365) * CALENDAR_DAY);
}

static void an_hour_that_is_skipped_counts_nothing_and_one_that_comes_twice_counts_twice(void **state)
{
	in_zone("Europe/Rome");
	open_each_day("02:00-03:00");
	assert_int_equal(calendar_between(&calendar, at(2026, 3, 28, 22, 0), at(2026, 3, 29, 22, 0)), 0);
	assert_int_equal(calendar_between(&calendar, at(2026, 10, 24, 22, 0), at(2026, 10, 25, 22, 0)), 7200);
}

static void business_days_end_with_their_last_hour(void **state)
{
	int64_t instant;

	open_each_day("09:00-17:00");
	calendar.week[5].count = calendar.week[6].count = 0;
	calendar_pieces_add(&arena, &calendar.closed, at(2026, 11, 24, 0, 0), at(2026, 11, 25, 0, 0));
	calendar_pieces_add(&arena, &calendar.closed, at(2026, 11, 25, 12, 0), at(2026, 11, 26, 0, 0));
	assert_int_equal(calendar_add_days(&calendar, at(2026, 11, 23, 10, 0), 1, &instant, NULL), STATUS_OK);
	assert_int_equal(instant, at(2026, 11, 25, 12, 0));      /* half a day is one */
	assert_int_equal(calendar_add_days(&calendar, at(2026, 11, 27, 10, 0), 2, &instant, NULL), STATUS_OK);
	assert_int_equal(instant, at(2026, 12, 1, 17, 0));
}

static void the_day_that_was_not_there_is_no_business_day(void **state)
{
	int64_t instant;

	in_zone("Pacific/Apia");
	open_each_day("09:00-17:00");
	assert_int_equal(calendar_add_days(&calendar, at(2011, 12, 29, 22, 0), 1, &instant, NULL), STATUS_OK);   /* 29 December, noon there */
	assert_int_equal(instant, at(2011, 12, 31, 3, 0));       /* 31 December, 17:00 there */
}

static void what_never_opens_is_said(void **state)
{
	struct error error;
	int64_t instant;

	assert_false(calendar_ever_open(&calendar));
	assert_int_equal(calendar_add(&calendar, 0, 1, &instant, &error), STATUS_NOT_FOUND);
	assert_int_equal(calendar_add_days(&calendar, 0, 1, &instant, &error), STATUS_NOT_FOUND);
	assert_non_null(strstr(error.text, "20 years"));
}

/* ---- holidays ---- */

static const char *closed_by(const char *events)
{
	CLEANUP_BUFFER struct buffer out;
	struct error error = { 0 };
	char *text = arena_printf(&arena, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n", events);

	buffer_init(&out);
	calendar.closed.count = 0;
	if (calendar_holidays_read(&arena, &calendar, text, strlen(text), &error) != STATUS_OK)
		return arena_string(&arena, error.text);
	for (size_t i = 0; i < calendar.closed.count && i < 6; i++) {
		int64_t year, from = calendar.closed.at[i].from, to = calendar.closed.at[i].to;
		int month, day;

		calendar_date_of(from / CALENDAR_DAY, &year, &month, &day);
		buffer_printf(&out, "%s%02d-%02d-%02d", i ? " " : "", (int)year, month, day);
		if (from % CALENDAR_DAY || to - from != CALENDAR_DAY)
			buffer_printf(&out, "@%d+%d", (int)(from % CALENDAR_DAY / 3600), (int)((to - from) / 3600));
	}
	return arena_string(&arena, buffer_string(&out));
}

#define EVENT(lines) "BEGIN:VEVENT\r\nUID:a\r\n" lines "END:VEVENT\r\n"

static void days_end_before_dtend(void **state)
{
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226\r\n")), "2026-12-25");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20261225\r\n")), "2026-12-25");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nTRANSP:TRANSPARENT\r\n")), "2026-12-24@0+72");
	assert_string_equal(closed_by(EVENT("DTSTART;TZID=\"Europe:Rome\":20261224T140000\r\nDURATION:PT10H\r\n")), "2026-12-24@14+10");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20261225\r\nSTATUS:CANCELLED\r\n")), "");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=\r\n DATE:2026\r\n\t1225\r\nBEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\n")), "2026-12-25");
}

static void a_time_in_utc_is_one_on_the_wall(void **state)
{
	in_zone("Europe/Rome");
	assert_string_equal(closed_by(EVENT("DTSTART:20260701T120000Z\r\nDTEND:20260701T150000Z\r\n")), "2026-07-01@14+3");
}

static void repetitions_are_written_out(void **state)
{
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;COUNT=3\r\n")), "2026-01-01 2027-01-01 2028-01-01");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231\r\n")), "2026-11-26 2027-11-25 2028-11-23");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2\r\n")), "2026-05-25 2027-05-31");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n")), "2024-02-29 2028-02-29");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4\r\n")), "2026-01-05 2026-01-09 2026-01-19 2026-01-23");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260131\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3\r\n")), "2026-01-31 2026-02-28 2026-03-31");
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;COUNT=3\r\nEXDATE;VALUE=DATE:20270101\r\nRDATE;VALUE=DATE:20260815\r\n")),
	                    "2026-01-01 2026-08-15 2028-01-01");
}

static void an_event_that_was_moved_takes_the_place_of_the_old(void **state)
{
	assert_string_equal(closed_by(EVENT("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n")
	                              EVENT("RECURRENCE-ID;VALUE=DATE:20270101\r\nDTSTART;VALUE=DATE:20270104\r\n")), "2026-01-01 2027-01-04");
}

static void what_is_not_understood_names_its_line(void **state)
{
	assert_non_null(strstr(closed_by(EVENT("DTSTART;VALUE=DATE:20261325\r\n")), "line 5"));
	assert_non_null(strstr(closed_by(EVENT("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYSETPOS=2\r\n")), "RRULE"));
	assert_non_null(strstr(closed_by("BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"), "without DTSTART"));
	assert_non_null(strstr(closed_by("BEGIN:VEVENT\r\n"), "ends within"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(days_and_dates_agree, up, down),
		cmocka_unit_test_setup_teardown(a_zone_knows_summer_and_winter_of_years_to_come, up, down),
		cmocka_unit_test_setup_teardown(broken_zone_files_are_refused, up, down),
		cmocka_unit_test_setup_teardown(names_of_zones_lead_nowhere_else, up, down),
		cmocka_unit_test_setup_teardown(hours_are_read_strictly, up, down),
		cmocka_unit_test_setup_teardown(pieces_that_touch_become_one, up, down),
		cmocka_unit_test_setup_teardown(lengths_say_their_unit, up, down),
		cmocka_unit_test_setup_teardown(lunch_and_nights_do_not_count, up, down),
		cmocka_unit_test_setup_teardown(a_day_to_midnight_loses_no_minute, up, down),
		cmocka_unit_test_setup_teardown(an_hour_that_is_skipped_counts_nothing_and_one_that_comes_twice_counts_twice, up, down),
		cmocka_unit_test_setup_teardown(business_days_end_with_their_last_hour, up, down),
		cmocka_unit_test_setup_teardown(the_day_that_was_not_there_is_no_business_day, up, down),
		cmocka_unit_test_setup_teardown(what_never_opens_is_said, up, down),
		cmocka_unit_test_setup_teardown(days_end_before_dtend, up, down),
		cmocka_unit_test_setup_teardown(a_time_in_utc_is_one_on_the_wall, up, down),
		cmocka_unit_test_setup_teardown(repetitions_are_written_out, up, down),
		cmocka_unit_test_setup_teardown(an_event_that_was_moved_takes_the_place_of_the_old, up, down),
		cmocka_unit_test_setup_teardown(what_is_not_understood_names_its_line, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
