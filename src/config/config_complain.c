/*
 * config_complain.c - one more problem of the configuration, with file, line and key.
 */
#include "config_private.h"

/* libconfig gives no name for the main file, and included ones as they were written. */
const char *config_file_path(const struct loader *loader, const char *source_file)
{
	if (!source_file || !*source_file)
		return loader->file;
	if (*source_file == '/')
		return arena_string(loader->arena, source_file);
	return arena_printf(loader->arena, "%s/%s", loader->directory, source_file);
}

PRINTF_LIKE(6, 0) static void complain(struct loader *loader, bool warning, const char *file, int line, const char *key, const char *format, va_list arguments)
{
	struct config_problem *problem = ARENA_PUSH(loader->arena, loader->problems);

	problem->file = arena_string(loader->arena, file);
	problem->line = line;
	problem->key = arena_string(loader->arena, key);
	problem->text = arena_vprintf(loader->arena, format, arguments);
	problem->warning = warning;
}

void config_complain(struct loader *loader, const config_setting_t *at, const char *key, const char *format, ...)
{
	const char *file = at ? config_file_path(loader, config_setting_source_file(at)) : loader->file;
	va_list arguments;

	va_start(arguments, format);
	complain(loader, false, file, at ? (int)config_setting_source_line(at) : 0, key, format, arguments);
	va_end(arguments);
}

void config_complain_at(struct loader *loader, bool warning, const char *file, int line, const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(loader, warning, file, line, key, format, arguments);
	va_end(arguments);
}
