/*
 * desk_disposition.c - what may become of a delivery: the closed list, which log, mailbox list, /metrics, replay and fsck share.
 */
#include <string.h>

#include "desk_private.h"

const struct desk_disposition desk_dispositions[DISPOSITIONS] = {
	{DISPOSITION_TICKET, 0}, {DISPOSITION_JOINED, 0}, {DISPOSITION_AUTOMATIC, 0}, {DISPOSITION_BOUNCE, 0}, {DISPOSITION_LOOP, 0},
	{DISPOSITION_COMMAND_ERROR, 0}, {DISPOSITION_COMMANDS, 0}, {DISPOSITION_REJECTED, DISPOSITION_KEEPS_OUT}, {DISPOSITION_DISCARDED, DISPOSITION_KEEPS_OUT},
	{DISPOSITION_REDIRECTED, DISPOSITION_KEEPS_OUT}, {DISPOSITION_SELFTEST, 0},
};

int desk_disposition_named(const char *name)
{
	for (int i = 0; i < DISPOSITIONS; i++)
		if (strcmp(desk_dispositions[i].name, name) == 0)
			return i;
	return DISPOSITIONS;
}
