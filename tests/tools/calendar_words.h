/*
 * calendar_words.h - the calendar that calendar_try.c and sla_try.c read, one command a line: "Z FILE NAME" a new one in that zone; "W DAY FROM TO" hours of a weekday,
 * seconds; "C FROM TO" closed, local seconds.
 */
#include "calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 5

static struct arena arena;
static struct zone zone;
static struct calendar calendar;

static void new_calendar(const char *words)
{
	char file[512], name[128];
	struct error error = { 0 };
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

/* Every other line goes to `answer`. */
static void read_lines(void (*answer)(char what, const int64_t *numbers))
{
	char line[1024];

	while (fgets(line, sizeof line, stdin)) {
		int64_t n[NUMBERS] = { 0 };

		sscanf(line + 1, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &n[0], &n[1], &n[2], &n[3], &n[4]);
		if (*line == 'Z')
			new_calendar(line + 2);
		else if (*line == 'W')
			calendar_pieces_add(&arena, &calendar.week[n[0]], n[1], n[2]);
		else if (*line == 'C')
			calendar_pieces_add(&arena, &calendar.closed, n[0], n[1]);
		else
			answer(*line, n);
	}
	arena_fini(&arena);
}
