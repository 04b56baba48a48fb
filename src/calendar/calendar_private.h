/* calendar_private.h - what the files of the room share. */
#ifndef SPORTELLO_CALENDAR_PRIVATE_H
#define SPORTELLO_CALENDAR_PRIVATE_H

#include "calendar.h"

static inline int64_t calendar_floor_day(int64_t seconds)
{
	return (seconds >= 0 ? seconds : seconds - (CALENDAR_DAY - 1)) / CALENDAR_DAY;
}

#endif
