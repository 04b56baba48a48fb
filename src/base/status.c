/*
 * status.c - errors as values: a status and one sentence.
 *
 * For every room: a function that can fail returns enum status and fills a struct error with what went wrong, where, and
 * what to do about it. The translation to an exit code is here; those to LMTP and HTTP are at their own borders.
 * May not print or log anything: whoever shows the error decides how.
 * A text is one line; newlines that came in with a foreign text (libraries, file names) become blanks.
 */
#include "base_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct { const char *name; int exit_code; } statuses[] = {
	[STATUS_OK]         = { "ok",         EX_OK },
	[STATUS_USAGE]      = { "usage",      EX_USAGE },
	[STATUS_BAD_INPUT]  = { "bad-input",  EX_DATAERR },
	[STATUS_NOT_FOUND]  = { "not-found",  EX_NOINPUT },
	[STATUS_TRY_LATER]  = { "try-later",  EX_TEMPFAIL },
	[STATUS_REFUSED]    = { "refused",    EX_NOPERM },
	[STATUS_BAD_CONFIG] = { "bad-config", EX_CONFIG },
	[STATUS_BROKEN]     = { "broken",     EX_SOFTWARE },
};

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return status;
	error->status = status;
	error->full = error->said = false;
	va_start(arguments, format);
	/* A text cut in the middle of a character is put right by whoever prints it (JSON writer, log). */
	if (vsnprintf(error->text, sizeof error->text, format, arguments) < 0)
		error->text[0] = '\0';
	va_end(arguments);
	for (char *at = error->text; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	return status;
}

int status_exit_code(enum status status)
{
	return (size_t)status < COUNT_OF(statuses) ? statuses[status].exit_code : EX_SOFTWARE;
}

const char *status_name(enum status status)
{
	return (size_t)status < COUNT_OF(statuses) ? statuses[status].name : "unknown";
}

_Noreturn void base_die(const char *why)
{
	dprintf(STDERR_FILENO, "sportello: %s\n", why);
	abort();
}
