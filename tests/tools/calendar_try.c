/*
 * calendar_try.c - business time for tests/calendar_laws.py, which has the same computed a second time, by Python's zoneinfo.
 *
 * Reads commands, one a line: a calendar (calendar_words.h); "B FROM TO", "A FROM SECONDS", "D FROM DAYS" print a number or "never"; "O INSTANT" prints offset and abbreviation;
 * "I BYTES" and so many bytes of iCalendar: prints what is closed.
 */
#include "calendar_words.h"

static void print_holidays(int64_t size)
{
	struct error error;
	char *text = arena_alloc(&arena, (size_t)size + 1);

	if (fread(text, 1, (size_t)size, stdin) != (size_t)size)
		exit(1);
	if (calendar_holidays_read(&arena, &calendar, text, (size_t)size, &error) != STATUS_OK)
		printf("%s", error.text);
	for (size_t i = 0; i < calendar.closed.count; i++)
		printf("%s%" PRId64 "-%" PRId64, i ? " " : "", calendar.closed.at[i].from, calendar.closed.at[i].to);
	putchar('\n');
}

static void answer(char what, const int64_t *numbers)
{
	struct error error;
	int64_t a = numbers[0], b = numbers[1], instant = 0;

	if (what == 'B')
		printf("%" PRId64 "\n", calendar_between(&calendar, a, b));
	else if (what == 'O')
		printf("%d %s\n", calendar_zone_span_at(&zone, a)->offset, calendar_zone_span_at(&zone, a)->abbreviation);
	else if (what == 'I')
		print_holidays(a);
	else if ((what == 'A' ? calendar_add(&calendar, a, b, &instant, &error) : calendar_add_days(&calendar, a, (int)b, &instant, &error)) == STATUS_OK)
		printf("%" PRId64 "\n", instant);
	else
		puts("never");
}

int main(void)
{
	read_lines(answer);
	return 0;
}
