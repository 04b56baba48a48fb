/*
 * rules_problem.c - what is wrong with a script, kept for the caller: file, line, what to write instead.
 *
 * One sentence a problem, in the shape of the configuration's problems, so that `check`, `rules lint` and the reload print both alike.
 * May not stop anything: the linter goes on, so that all errors come at once. Where a word is unknown, the most similar known
 * one is offered.
 */
#include <stdio.h>
#include <string.h>

#include "rules_private.h"

PRINTF_LIKE(4, 0) static void add(struct report *report, int line, bool warning, const char *format, va_list arguments)
{
	struct config_problem *problem = ARENA_PUSH(report->arena, report->problems);
	*problem = (struct config_problem){.file = report->file, .line = line, .key = report->key ? report->key : "", .warning = warning,
	                                   .text = arena_vprintf(report->arena, format, arguments)};
	report->errors += !warning;
}

void rules_report_error(struct report *report, int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(report, line, false, format, arguments);
	va_end(arguments);
}

void rules_report_warning(struct report *report, int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(report, line, true, format, arguments);
	va_end(arguments);
}

static const char *name_at(const char *const *names, size_t i, size_t stride)
{
	return *(const char *const *)(const void *)((const char *)names + i * stride);
}

const char *rules_report_list(struct arena *arena, const char *const *names, size_t count, size_t stride)
{
	const char *all = count ? "" : "(none)";
	for (size_t i = 0; i < count && i < 12; i++)
		all = arena_printf(arena, "%s%s%s", all, i ? ", " : "", name_at(names, i, stride));
	return count > 12 ? arena_printf(arena, "%s ...", all) : all;
}

const char *rules_report_nearest(const char *word, const char *const *names, size_t count, size_t stride)
{
	const char *best = NULL;
	for (size_t i = 0; i < count; i++)
		best = text_closest(word, best, name_at(names, i, stride));
	return best;
}
