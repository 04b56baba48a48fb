/*
 * config_load.c - one reading of the file: scan, parse, walk, finish; and the counting of who uses the result.
 *
 * libconfig stops at the first error of syntax; everything else is collected, so that one `sportello check` shows all there
 * is to do. The file is read here and handed to libconfig as text: its scanner ends the process on a directory.
 * May not decide anything about single parameters: that stands in the table and in config_values.c.
 * Diagnostics are problems with file, line and key. "larger than the limit": a configuration has at most 1 MiB.
 */
#include "config_private.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_BYTES ((size_t)1024 * 1024)

static _Atomic int64_t readings;

static const char *directory_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');

	if (!slash)
		return ".";
	return slash == file ? "/" : arena_copy(arena, file, (size_t)(slash - file));
}

/* libconfig says where it could not go on; what was meant can often be seen, and where. */
static void complain_of_syntax(struct loader *loader, const struct buffer *text)
{
	const char *said = config_error_text(&loader->tree),
		   *file = config_error_file(&loader->tree), *hint = NULL;
	int line = config_error_line(&loader->tree);

	if (!file && !strncmp(said, "duplicate", 9)) {
		const char *name = config_syntax_name(loader->arena, text->at, text->length, line);

		hint = name ? arena_printf(
				      loader->arena,
				      "%s stands there for the second time; write all of it into one",
				      name)
		            : NULL;
	} else if (!file) {
		hint = config_syntax_hint(loader->arena, text->at, text->length, &line);
	}
	if (hint)
		config_complain_at(loader, false, loader->file, line, "", "%s: %s", said, hint);
	else
		config_complain_at(
			loader, false, config_file_path(loader, file), line, "",
			"%s; look here and at the line before for a missing \";\", quote or bracket, see sportello.conf(5)",
			said);
}

/* Who has just installed it, and who is not root. */
static const char *way_out(const char *file)
{
	if (access(file, R_OK) == 0)
		return "";
	return errno == ENOENT ? "; run sportello setup, or name another file with -c" : errno == EACCES ? "; run it as root" : "";
}

static bool parse(struct loader *loader)
{
	CLEANUP_BUFFER struct buffer text;
	struct error error;

	buffer_init(&text);
	if (file_read_all(loader->file, CONFIG_BYTES, &text, &error) != STATUS_OK) {
		const char *reason = error.text;
		size_t length = strlen(loader->file);

		if (!strncmp(reason, loader->file, length) && !strncmp(reason + length, ": ", 2))
			reason += length + 2;
		config_complain_at(loader, false, loader->file, 0, "", "cannot be read: %s%s", reason, way_out(loader->file));
		return false;
	}
	if (!config_scan(loader, loader->file, buffer_string(&text), text.length, 0))
		return false;
	if (config_read_string(&loader->tree, buffer_string(&text)) == CONFIG_TRUE)
		return true;
	complain_of_syntax(loader, &text);
	return false;
}

static int by_place(const void *a, const void *b)
{
	const struct config_problem *first = a, *second = b;
	int files = strcmp(first->file, second->file);

	if (files)
		return files;
	if (first->line != second->line)
		return first->line < second->line ? -1 : 1;
	return strcmp(first->key, second->key);
}

static bool any_error(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		if (!problems->at[i].warning)
			return true;
	return false;
}

static struct config *config_new(const char *file)
{
	struct config *config = calloc(1, sizeof *config);

	if (!config)
		abort();
	arena_init(&config->arena);
	config->file = arena_string(&config->arena, file);
	config->refs = 1;
	config->made = atomic_fetch_add(&readings, 1) + 1;
	config->read_at = clock_now();
	return config;
}

enum status config_load_for_check(const char *file, struct arena *arena, struct config **config, struct config_problems *problems)
{
	struct loader loader = { .file = file, .arena = arena, .problems = problems };
	bool parsed;

	*problems = (struct config_problems){ NULL, 0 };
	loader.directory = directory_of(arena, file);
	loader.config = config_new(file);
	config_init(&loader.tree);
	config_set_include_dir(&loader.tree, loader.directory);
	parsed = parse(&loader);
	if (parsed) {
		config_walk(&loader);
		config_finish(&loader);
	}
	config_destroy(&loader.tree);
	if (problems->count)
		qsort(problems->at, problems->count, sizeof *problems->at, by_place);
	*config = loader.config;
	if (!any_error(problems))
		return STATUS_OK;
	if (parsed)
		config_drop_nameless(loader.config);
	else
		config_unref(config);
	return STATUS_BAD_CONFIG;
}

enum status config_load(const char *file, struct arena *arena, struct config **config, struct config_problems *problems)
{
	enum status status = config_load_for_check(file, arena, config, problems);

	if (status != STATUS_OK)
		config_unref(config);
	return status;
}

struct config *config_ref(struct config *config)
{
	__atomic_add_fetch(&config->refs, 1, __ATOMIC_RELAXED);
	return config;
}

void config_unref(struct config **config)
{
	struct config *gone = *config;

	*config = NULL;
	if (!gone || __atomic_sub_fetch(&gone->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	arena_fini(&gone->arena);
	free(gone);
}
