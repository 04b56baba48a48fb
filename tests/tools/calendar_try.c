/*
 * calendar_try.c - business time for tests/calendar_laws.py, which has the same computed a second time, by Python's zoneinfo.
 *
 * Reads commands, one a line: "Z FILE NAME" a new calendar in that zone; "W DAY FROM TO" hours of a weekday, seconds; "C FROM TO" closed,
 * local seconds; "B FROM TO", "A FROM SECONDS", "D FROM DAYS" print a number or "never"; "O INSTANT" prints offset and abbreviation;
 * "I BYTES" and so many bytes of iCalendar: prints what is closed.
 */
#include "calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct zone zone;
static struct calendar calendar;

static void new_calendar(const char *words)
{
	char file[512], name[128];
	struct error error;
	struct buffer bytes CLEANUP_BUFFER;

	buffer_init(&bytes);
	arena_reset(&arena);
	calendar = (struct calendar){ .name = "test", .zone = &zone };
	if (sscanf(words, "%511s %127s", file, name) != 2 || file_read_all(file, 1 << 20, &bytes, &error) != STATUS_OK
	    || calendar_zone_read(&arena, name, bytes.at, bytes.length, &zone, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
}

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

static void answer(char what, int64_t a, int64_t b, int64_t c)
{
	struct error error;
	int64_t instant = 0;

	if (what == 'W')
		calendar_pieces_add(&arena, &calendar.week[a], b, c);
	else if (what == 'C')
		calendar_pieces_add(&arena, &calendar.closed, a, b);
	else if (what == 'B')
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
	char line[1024];

	arena_init(&arena);
	while (fgets(line, sizeof line, stdin)) {
		int64_t numbers[3] = { 0 };

		if (*line == 'Z')
			new_calendar(line + 2);
		else {
			sscanf(line + 1, "%" SCNd64 " %" SCNd64 " %" SCNd64, &numbers[0], &numbers[1], &numbers[2]);
			answer(*line, numbers[0], numbers[1], numbers[2]);
		}
	}
	arena_fini(&arena);
	return 0;
}
