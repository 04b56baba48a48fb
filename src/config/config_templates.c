/*
 * config_templates.c - reads the desk's own texts, templates_dir/LANGUAGE/NAME.txt and .html, over the built-in ones.
 *
 * A broken or unknown file is a warning and never keeps the desk from answering: then the built-in text is used.
 * May not interpret a template: desk_template_check() says whether it can be used.
 * The sentences of the pages (pages.txt) are taken line by line: a wrong one costs itself alone.
 * Diagnostics carry the template's own file name and no line: "is not the name of a template", "cannot be used".
 */
#include "config_private.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TEMPLATE_BYTES ((size_t)256 * 1024)

struct found { struct template_file *at; size_t count; };

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int not_hidden(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* NAME.FORMAT if there is a built-in template of that name. */
static bool split_name(struct loader *loader, const char *file_name, struct template_file *file)
{
	const char *dot = strrchr(file_name, '.');

	if (!dot || (strcmp(dot, ".txt") && strcmp(dot, ".html")))
		return false;
	file->name = arena_copy(&loader->config->arena, file_name, (size_t)(dot - file_name));
	file->format = dot[1] == 't' ? "txt" : "html";
	for (const struct template_file *known = builtin_templates; known->language; known++)
		if (!strcmp(known->name, file->name) && (!strcmp(known->format, file->format) || strcmp(file->name, DESK_PAGES)))
			return true;
	return false;
}

static void say_unknown(struct loader *loader, const char *path, const char *file_name)
{
	const char *dot = strrchr(file_name, '.'), *best = NULL;
	const char *name = dot ? arena_copy(loader->arena, file_name, (size_t)(dot - file_name)) : file_name;

	for (const struct template_file *known = builtin_templates; known->language; known++)
		best = text_closest(name, best, known->name);
	config_complain_at(loader, true, path, 0, "", "is not the name of a template and is not used; expected NAME.txt or NAME.html%s%s%s",
	                   best ? ", did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

static void take_pages(struct loader *loader, const char *path, const struct template_file *file)
{
	struct error error;

	for (int line = 0; desk_pages_problem(loader->arena, file, &line, &error);)
		config_complain_at(loader, true, path, line, "", "%s", error.text);
}

static void take_file(struct loader *loader, const char *path, struct template_file file, struct found *found)
{
	CLEANUP_BUFFER struct buffer text;
	struct error error;

	buffer_init(&text);
	if (file_read_all(path, TEMPLATE_BYTES, &text, &error) != STATUS_OK) {
		config_complain_at(loader, true, path, 0, "", "cannot be read, the built-in text is used: %s", error.text);
		return;
	}
	if (!utf8_valid(text.at ? text.at : "", text.length)) {
		config_complain_at(loader, true, path, 0, "", "cannot be used, the built-in text is used: it is not UTF-8");
		return;
	}
	file.text = arena_copy(&loader->config->arena, buffer_string(&text), text.length);
	bool pages = !strcmp(file.name, DESK_PAGES);

	if (pages)
		take_pages(loader, path, &file);
	if (pages || desk_template_check(&file, &error))
		*ARENA_PUSH(&loader->config->arena, found) = file;
	else
		config_complain_at(loader, true, path, 0, "", "cannot be used, the built-in text is used: %s", error.text);
}

static void take_language(struct loader *loader, const char *directory, const char *language, struct found *found)
{
	const char *path = arena_printf(loader->arena, "%s/%s", directory, language);
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, not_hidden, by_name);

	for (int i = 0; i < count; i++) {
		struct template_file file = { .language = arena_string(&loader->config->arena, language) };
		const char *whole = arena_printf(loader->arena, "%s/%s", path, entries[i]->d_name);

		if (split_name(loader, entries[i]->d_name, &file))
			take_file(loader, whole, file, found);
		else
			say_unknown(loader, whole, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

void config_templates(struct loader *loader)
{
	const char *directory = loader->config->templates_dir;
	struct found found = { NULL, 0 };
	struct dirent **entries = NULL;
	int count = *directory ? scandir(directory, &entries, not_hidden, by_name) : 0;

	for (int i = 0; i < count; i++) {
		const char *path = arena_printf(loader->arena, "%s/%s", directory, entries[i]->d_name);
		struct stat info;

		if (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && !config_check_language(entries[i]->d_name))
			take_language(loader, directory, entries[i]->d_name, &found);
		else
			config_complain_at(loader, true, path, 0, "", "is not used; templates stand in directories named by a language, such as it/");
		free(entries[i]);
	}
	free(entries);
	loader->config->templates = desk_templates_ready(&loader->config->arena, found.at, found.count);
}
