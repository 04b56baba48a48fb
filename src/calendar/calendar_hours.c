/*
 * calendar_hours.c - hours of a day and lengths of time, as people write them; and lists of pieces of time.
 *
 * May not know zones.
 */
#include "calendar_private.h"

#include <string.h>

#define LENGTH_MOST (INT64_C(100000) * 3600)     /* seconds of a promise: more is a slip of the keyboard */

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* "09:00", "24:00". */
static bool read_minute(const char *text, int64_t *seconds)
{
	if (!is_digit(text[0]) || !is_digit(text[1]) || text[2] != ':' || !is_digit(text[3]) || !is_digit(text[4]))
		return false;
	int hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
	*seconds = hours * 3600 + minutes * 60;
	return minutes < 60 && *seconds <= CALENDAR_DAY;
}

bool calendar_hours_read(const char *text, struct calendar_piece *piece)
{
	return strlen(text) == 11 && text[5] == '-' && read_minute(text, &piece->from) && read_minute(text + 6, &piece->to) && piece->from < piece->to;
}

void calendar_pieces_add(struct arena *arena, struct calendar_pieces *list, int64_t from, int64_t to)
{
	size_t first = list->count, last;

	while (first > 0 && list->at[first - 1].to >= from)
		first--;
	for (last = first; last < list->count && list->at[last].from <= to; last++) {
		from = list->at[last].from < from ? list->at[last].from : from;
		to = list->at[last].to > to ? list->at[last].to : to;
	}
	if (last > first) {                      /* takes the place of what it joins */
		memmove(&list->at[first + 1], &list->at[last], (list->count - last) * sizeof *list->at);
		list->count -= last - first - 1;
	} else {
		ARENA_PUSH(arena, list);
		memmove(&list->at[first + 1], &list->at[first], (list->count - 1 - first) * sizeof *list->at);
	}
	list->at[first] = (struct calendar_piece){ from, to };
}

bool calendar_length_read(const char *text, struct calendar_length *length)
{
	*length = (struct calendar_length){ 0, 0 };
	for (char last = 0; *text;) {            /* units get smaller, each once: 1h30m; luckily in the order of the alphabet */
		int64_t number = 0;
		const char *from = text;

		for (; is_digit(*text) && text - from < 9; text++)
			number = number * 10 + *text - '0';
		if (text == from)
			return false;
		if (!strcmp(text, "bd") && !length->seconds && number <= 3650) {
			length->days = (int)number;
			return number > 0;
		}
		if ((*text != 'h' && *text != 'm' && *text != 's') || *text <= last)
			return false;
		length->seconds += number * (*text == 'h' ? 3600 : *text == 'm' ? 60 : 1);
		last = *text++;
	}
	return length->seconds > 0 && length->seconds <= LENGTH_MOST;
}
