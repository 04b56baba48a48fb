/*
 * config_walk.c - goes through what libconfig parsed and puts each value where its row of the table says.
 *
 * libconfig neither reports unknown keys nor wrong types, and a number of the wrong width reads as 0 with success: so every
 * setting is looked up in the table by its path and asked for its type first.
 * May not know any parameter by name.
 * Diagnostics: "unknown key" (with the closest known one), "expected ..., but this is ...", "is out of range", "must be set".
 */
#include "config_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the table, asked */

static const struct config_parameter *config_parameter_at(const char *path)
{
	for (const struct config_parameter *row = config_parameters; row->path; row++)
		if (!strcmp(row->path, path))
			return row;
	return NULL;
}

const char *config_parameter_key(const struct config_parameter *row)
{
	const char *dot = strrchr(row->path, '.');

	return dot ? dot + 1 : row->path;
}

bool config_parameter_inside(const struct config_parameter *row, const char *prefix)
{
	size_t length = strlen(prefix);

	if (!length)
		return !strchr(row->path, '.');
	return !strncmp(row->path, prefix, length) && row->path[length] == '.' && !strchr(row->path + length + 1, '.');
}

/* ---------------------------------------------------------------- saying what is wrong */

static const char *choices_text(struct loader *loader, const char *choices)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	for (const char *at = choices; *at;) {
		size_t length = strcspn(at, "|");

		buffer_printf(&out, "%s\"%.*s\"", out.length ? ", " : "", (int)length, at);
		at += length + (at[length] == '|');
	}
	return arena_string(loader->arena, buffer_string(&out));
}

static const char *range_text(struct loader *loader, const struct config_parameter *row)
{
	const char *unit = *row->unit ? arena_printf(loader->arena, " (%s)", row->unit) : "";

	return arena_printf(loader->arena, "%s from %.10g to %.15g%s", row->type == P_REAL ? "a number" : "a whole number", row->least, row->most, unit);
}

static const char *expected(struct loader *loader, const struct config_parameter *row)
{
	switch (row->type) {
	case P_GROUP:
		return "a group { ... }";
	case P_LIST:
		return "a list of groups ( { ... }, { ... } )";
	case P_STRING:
		return "a string in quotes";
	case P_WORD: case P_CHOICE:
		return arena_printf(loader->arena, "one of %s", choices_text(loader, row->choices));
	case P_STRINGS:
		return "strings [ \"...\", \"...\" ]";
	case P_INTEGER: case P_BYTES: case P_REAL:
		return range_text(loader, row);
	}
	return "";
}

static const char *shown(struct loader *loader, const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
		return arena_printf(loader->arena, "the number %d", config_setting_get_int(setting));
	case CONFIG_TYPE_INT64:
		return arena_printf(loader->arena, "the number %lld", config_setting_get_int64(setting));
	case CONFIG_TYPE_FLOAT:
		return arena_printf(loader->arena, "the number %g", config_setting_get_float(setting));
	case CONFIG_TYPE_STRING:
		return arena_printf(loader->arena, "the string \"%s\"", config_setting_get_string(setting));
	case CONFIG_TYPE_BOOL:
		return "a truth value";
	case CONFIG_TYPE_GROUP:
		return "a group { ... }";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ... ]";
	default:
		return "a list ( ... )";
	}
}

static void wrong_type(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row)
{
	config_complain(loader, setting, row->path, "expected %s, but this is %s", expected(loader, row), shown(loader, setting));
}

static void unknown_key(struct loader *loader, const config_setting_t *setting, const char *prefix, const char *path)
{
	const char *name = config_setting_name(setting), *best = NULL;

	for (const struct config_parameter *row = config_parameters; row->path; row++)
		if (config_parameter_inside(row, prefix))
			best = text_closest(name, best, config_parameter_key(row));
	for (const struct config_parameter *row = config_parameters; !best && row->path; row++)
		if (!strcmp(config_parameter_key(row), name)) {
			config_complain(loader, setting, path, "unknown key; did you mean %s?", row->path);
			return;
		}
	if (best)
		config_complain(loader, setting, path, "unknown key; did you mean \"%s\"?", best);
	else
		config_complain(loader, setting, path, "unknown key; remove it, or see sportello.conf(5) for those that there are");
}

/* ---------------------------------------------------------------- one value */

static int choice_index(const char *choices, const char *word)
{
	int index = 0;

	for (const char *at = choices; *at; index++) {
		size_t length = strcspn(at, "|");

		if (strlen(word) == length && !memcmp(at, word, length))
			return index;
		at += length + (at[length] == '|');
	}
	return -1;
}

static void *place(struct loader *loader, const struct config_parameter *row, void *item)
{
	char *home = row->home == HOME_CONFIG ? (char *)loader->config : row->home == HOME_TEXTS ? (char *)&loader->texts : item;

	return home + row->offset;
}

static bool string_fine(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row, const char *value)
{
	const char *complaint = config_check_line(value);

	if (complaint) {
		config_complain(loader, setting, row->path, "%s", complaint);
		return false;
	}
	if (!*value && (row->may_be_empty || (row->standard && !*row->standard && row->type != P_STRINGS)))
		return true;
	if (!*value) {
		config_complain(loader, setting, row->path, "is empty; write something between the quotes, or remove the line");
		return false;
	}
	complaint = row->check ? row->check(value) : NULL;
	if (complaint)
		config_complain(loader, setting, row->path, "\"%s\": %s", value, complaint);
	return !complaint;
}

static void take_string(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row, void *to)
{
	const char *value;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		wrong_type(loader, setting, row);
		return;
	}
	value = config_setting_get_string(setting);
	if (row->choices) {
		int index = choice_index(row->choices, value);
		const char *best = NULL;

		if (index < 0 && *value) {
			for (const char *at = row->choices; *at; at += strcspn(at, "|"), at += *at == '|')
				best = text_closest(value, best, arena_copy(loader->arena, at, strcspn(at, "|")));
		}
		if (index < 0)
			config_complain(loader, setting, row->path, "expected %s, but this is \"%s\"%s%s%s", expected(loader, row), value,
			                best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
		else if (row->type == P_CHOICE)
			*(int *)to = index;
		else
			*(const char **)to = arena_string(&loader->config->arena, value);
	} else if (string_fine(loader, setting, row, value)) {
		*(const char **)to = arena_string(&loader->config->arena, value);
	}
}

static void take_strings(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row, struct strings *to)
{
	int type = config_setting_type(setting);

	*to = (struct strings){ NULL, 0 };
	if (type == CONFIG_TYPE_STRING) {
		if (string_fine(loader, setting, row, config_setting_get_string(setting)))
			strings_add(&loader->config->arena, to, config_setting_get_string(setting));
		return;
	}
	if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) {
		wrong_type(loader, setting, row);
		return;
	}
	for (int i = 0; i < config_setting_length(setting); i++) {
		config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

		if (config_setting_type(element) != CONFIG_TYPE_STRING)
			wrong_type(loader, element, row);
		else if (string_fine(loader, element, row, config_setting_get_string(element)))
			strings_add(&loader->config->arena, to, config_setting_get_string(element));
	}
}

static void take_number(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row, void *to)
{
	int type = config_setting_type(setting);
	double value;

	if (type == CONFIG_TYPE_INT)
		value = config_setting_get_int(setting);
	else if (type == CONFIG_TYPE_INT64)
		value = (double)config_setting_get_int64(setting);
	else if (type == CONFIG_TYPE_FLOAT && row->type == P_REAL)
		value = config_setting_get_float(setting);
	else {
		wrong_type(loader, setting, row);
		return;
	}
	if (!(value >= row->least && value <= row->most))
		config_complain(loader, setting, row->path, "%.15g is out of range; expected %s", value, range_text(loader, row));
	else if (row->type == P_REAL)
		*(double *)to = value;
	else if (row->type == P_BYTES)
		*(uint64_t *)to = (uint64_t)value;
	else
		*(int *)to = (int)value;
}

/* ---------------------------------------------------------------- defaults, and what has none */

static void set_default(struct loader *loader, const struct config_parameter *row, void *to)
{
	switch (row->type) {
	case P_STRING: case P_WORD:
		*(const char **)to = arena_string(&loader->config->arena, row->standard);
		break;
	case P_CHOICE:
		*(int *)to = choice_index(row->choices, row->standard);
		break;
	case P_INTEGER:
		*(int *)to = (int)strtol(row->standard, NULL, 10);
		break;
	case P_BYTES:
		*(uint64_t *)to = strtoull(row->standard, NULL, 10);
		break;
	case P_REAL:
		*(double *)to = strtod(row->standard, NULL);
		break;
	case P_STRINGS:
		if (*row->standard)
			strings_add(&loader->config->arena, to, row->standard);
		break;
	case P_GROUP: case P_LIST:
		break;
	}
}

static void set_defaults(struct loader *loader, enum parameter_home home, const char *prefix, void *item)
{
	for (const struct config_parameter *row = config_parameters; row->path; row++) {
		bool wanted = home == HOME_ITEM ? row->home == HOME_ITEM && config_parameter_inside(row, prefix)
		                                : row->home == HOME_CONFIG || row->home == HOME_TEXTS;

		if (wanted && row->standard)
			set_default(loader, row, place(loader, row, item));
	}
}

static void demand_mandatory(struct loader *loader, const config_setting_t *group, const char *prefix)
{
	for (const struct config_parameter *row = config_parameters; row->path; row++)
		if (config_parameter_inside(row, prefix) && row->home == HOME_ITEM && row->type != P_LIST && !row->standard
		    && !config_setting_get_member(group, config_parameter_key(row)))
			config_complain(loader, group, row->path, "must be set; expected %s", expected(loader, row));
}

/* ---------------------------------------------------------------- the walk */

static void walk_group(struct loader *loader, const config_setting_t *group, const char *prefix, void *item);

static void walk_list(struct loader *loader, const config_setting_t *list, const struct config_parameter *row, void *owner)
{
	struct { char *at; size_t count; } *items = place(loader, row, owner);
	const char *prefix = arena_printf(loader->arena, "%s[]", row->path);

	if (!config_setting_is_list(list)) {
		wrong_type(loader, list, row);
		return;
	}
	for (int i = 0; i < config_setting_length(list); i++) {
		const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);
		void *item;

		arena_grow(&loader->config->arena, (void **)&items->at, items->count, row->item_size);
		item = items->at + row->item_size * items->count++;
		set_defaults(loader, HOME_ITEM, prefix, item);
		if (!config_setting_is_group(element)) {
			wrong_type(loader, element, row);        /* the empty item keeps the numbers right */
			continue;
		}
		walk_group(loader, element, prefix, item);
		demand_mandatory(loader, element, prefix);
	}
}

static void walk_setting(struct loader *loader, const config_setting_t *setting, const struct config_parameter *row, void *item)
{
	switch (row->type) {
	case P_GROUP:
		if (config_setting_is_group(setting))
			walk_group(loader, setting, row->path, NULL);
		else
			wrong_type(loader, setting, row);
		break;
	case P_LIST:
		walk_list(loader, setting, row, item);
		break;
	case P_STRING: case P_WORD: case P_CHOICE:
		take_string(loader, setting, row, place(loader, row, item));
		break;
	case P_STRINGS:
		take_strings(loader, setting, row, place(loader, row, item));
		break;
	case P_INTEGER: case P_BYTES: case P_REAL:
		take_number(loader, setting, row, place(loader, row, item));
		break;
	}
}

static void walk_group(struct loader *loader, const config_setting_t *group, const char *prefix, void *item)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const char *path = arena_printf(loader->arena, "%s%s%s", prefix, *prefix ? "." : "", config_setting_name(setting));
		const struct config_parameter *row = config_parameter_at(path);

		if (row && row->type != P_GROUP && row->type != P_LIST)
			config_digest_add(&loader->config->digest, path, setting);
		if (row)
			walk_setting(loader, setting, row, item);
		else
			unknown_key(loader, setting, prefix, path);
	}
}

void config_walk(struct loader *loader)
{
	set_defaults(loader, HOME_CONFIG, "", NULL);
	walk_group(loader, config_root_setting(&loader->tree), "", NULL);
}
