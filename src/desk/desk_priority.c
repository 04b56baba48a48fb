/*
 * desk_priority.c - the priorities of tickets: the closed list of their names, the lowest first.
 */
#include <string.h>

#include "desk_private.h"

const char *const desk_priority_names[PRIORITY_COUNT] = {"low", "normal", "high", "urgent"};

const char *desk_waiting_named(const char *name)
{
	static const char *const names[] = {WAITING_CUSTOMER, WAITING_THIRD, WAITING_OURSELVES};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal_nocase(names[i], name))
			return names[i];
	return NULL;
}
