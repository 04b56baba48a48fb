/*
 * config_print.c - the commented sample file and the parameters' section of the manual page, made from the table.
 *
 * `sportello config-sample` and `config-mdoc` print them; a test compares conf/sportello.conf and man/sportello.conf.5 with
 * that. The sample is a small working desk: what it sets is set, everything else shows its default behind a #.
 * May not know a parameter by name, but for the further items of the lists.
 */
#include "config_private.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_WIDTH 110
#define MDOC_WIDTH 78

/* Breaks words at `width`; each line starts with `lead`. In mdoc a sentence begins a line. */
static void wrap(struct buffer *out, const char *text, const char *lead, size_t width, bool sentences)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + 1 + length > width) {
			buffer_add_char(out, '\n');
			column = 0;
		}
		if (!column)
			buffer_add_string(out, lead);
		else
			buffer_add_char(out, ' ');
		column += length + (column ? 1 : strlen(lead));
		buffer_add(out, text, length);
		text += length + (text[length] == ' ');
		if (sentences && length && text[-1] == ' ' && text[-2] == '.') {
			buffer_add_char(out, '\n');
			column = 0;
		}
	}
	if (column)
		buffer_add_char(out, '\n');
}

static void add_choices(struct buffer *out, const char *choices)
{
	bool first = true;

	for (const char *at = choices; *at; first = false) {
		size_t length = strcspn(at, "|");

		buffer_printf(out, "%s\"%.*s\"", first ? "" : ", ", (int)length, at);
		at += length + (at[length] == '|');
	}
}

/* "whole number, 1 to 400 connections", "one of ...", "string" */
static void add_kind(struct buffer *out, const struct config_parameter *row)
{
	const char *unit = *row->unit ? " " : "";

	switch (row->type) {
	case P_GROUP: case P_LIST:
		break;
	case P_STRING:
		buffer_add_string(out, "string");
		break;
	case P_STRINGS:
		buffer_add_string(out, "strings");
		break;
	case P_WORD: case P_CHOICE:
		add_choices(out, row->choices);
		break;
	case P_INTEGER: case P_BYTES:
		buffer_printf(out, "%.15g to %.15g%s%s", row->least, row->most, unit, row->unit);
		break;
	case P_REAL:
		buffer_printf(out, "%g to %g", row->least, row->most);
		break;
	}
}

/* The default as it would stand in the file. */
static void add_default(struct buffer *out, const struct config_parameter *row)
{
	if (row->type == P_STRINGS)
		buffer_printf(out, *row->standard ? "[ \"%s\" ]" : "[ ]", row->standard);
	else if (row->type == P_STRING || row->type == P_WORD || row->type == P_CHOICE)
		buffer_printf(out, "\"%s\"", row->standard);
	else
		buffer_add_string(out, row->standard);
}

/* ---------------------------------------------------------------- the sample file */

static const char sample_head[] =
	"# sportello.conf - configuration of the Sportello help desk; the manual page is sportello.conf(5).\n"
	"#\n"
	"# This is a small working desk, and every parameter there is. A line that begins with # shows the default: remove the #\n"
	"# to change it. \"sportello check\" says whether the file is right; \"systemctl reload sportellod\" makes the daemon read it\n"
	"# again (it keeps the old one if the new one is wrong). Strings stand in quotes, every line ends with a semicolon.\n";

static void sample_value(struct buffer *out, const struct config_parameter *row, const char *indent)
{
	CLEANUP_BUFFER struct buffer words;
	char lead[8];

	buffer_init(&words);
	buffer_printf(&words, "%s (", row->text);
	add_kind(&words, row);
	if (row->type == P_LIST) {
		buffer_add_string(&words, "list of groups; see sportello.conf(5)");
	} else if (row->standard) {
		buffer_add_string(&words, "; default ");
		add_default(&words, row);
	} else {
		buffer_add_string(&words, "; must be set");
	}
	buffer_add_char(&words, ')');
	snprintf(lead, sizeof lead, "%s# ", indent);
	buffer_add_char(out, '\n');
	wrap(out, buffer_string(&words), lead, SAMPLE_WIDTH, false);
	buffer_printf(out, "%s%s%s = ", indent, row->sample ? "" : "#", config_parameter_key(row));
	if (row->sample)
		buffer_add_string(out, row->sample);
	else
		add_default(out, row);
	buffer_add_string(out, ";\n");
}

static void sample_inside(struct buffer *out, const char *prefix, const char *indent)
{
	for (const struct config_parameter *row = config_parameters; row->path; row++)
		if (config_parameter_inside(row, prefix))
			sample_value(out, row, indent);
}

static const char *more_items(const char *list)
{
	static const struct { const char *list, *items; } more[] = {
		{ "agents", config_more_agents }, { "queues", config_more_queues }, { "keywords", config_more_keywords } };

	for (size_t i = 0; i < COUNT_OF(more); i++)
		if (!strcmp(list, more[i].list))
			return more[i].items;
	return "";
}

static void sample_block(struct buffer *out, const struct config_parameter *row)
{
	char prefix[64];

	buffer_add_char(out, '\n');
	wrap(out, row->text, "# ", SAMPLE_WIDTH, false);
	if (row->type == P_GROUP) {
		buffer_printf(out, "%s: {", row->path);
		sample_inside(out, row->path, "\t");
		buffer_add_string(out, "};\n");
		return;
	}
	if (row->sample) {                       /* not for every desk */
		buffer_printf(out, "#%s = %s;\n", row->path, row->sample);
		return;
	}
	snprintf(prefix, sizeof prefix, "%s[]", row->path);
	buffer_printf(out, "%s: (\n\t{", row->path);
	sample_inside(out, prefix, "\t\t");
	buffer_printf(out, "\t}%s\n%s);\n", *more_items(row->path) ? "," : "", more_items(row->path));
}

void config_write_sample(struct buffer *out)
{
	buffer_add_string(out, sample_head);
	for (const struct config_parameter *row = config_parameters; row->path; row++) {
		if (strstr(row->path, "[]."))
			continue;
		if (row->type == P_GROUP || row->type == P_LIST)
			sample_block(out, row);
		else if (!strchr(row->path, '.'))
			sample_value(out, row, "");
	}
}

/* ---------------------------------------------------------------- the manual page */

/* A line that begins with a dot or a quote would be a macro, and a backslash an escape. */
static void mdoc_text(struct buffer *out, const char *text)
{
	CLEANUP_BUFFER struct buffer escaped;

	buffer_init(&escaped);
	for (; *text; text++) {
		if (*text == '\\')
			buffer_add_string(&escaped, "\\e");
		else
			buffer_add_char(&escaped, *text);
	}
	wrap(out, buffer_string(&escaped), "", MDOC_WIDTH, true);
}

static void mdoc_row(struct buffer *out, const struct config_parameter *row)
{
	CLEANUP_BUFFER struct buffer words;

	buffer_init(&words);
	buffer_printf(out, ".It Ic %s\n", row->path);
	mdoc_text(out, row->text);
	buffer_add_string(&words, "Type: ");
	add_kind(&words, row);
	if (row->standard) {
		buffer_add_string(&words, ". Default: ");
		add_default(&words, row);
		buffer_add_char(&words, '.');
	} else {
		buffer_add_string(&words, ". It must be set.");
	}
	mdoc_text(out, buffer_string(&words));
}

static void mdoc_inside(struct buffer *out, const char *prefix)
{
	buffer_add_string(out, ".Bl -tag -width Ds\n");
	for (const struct config_parameter *row = config_parameters; row->path; row++)
		if (config_parameter_inside(row, prefix) && row->type != P_GROUP && row->type != P_LIST)
			mdoc_row(out, row);
	buffer_add_string(out, ".El\n");
}

void config_write_mdoc(struct buffer *out)
{
	for (const struct config_parameter *row = config_parameters; row->path; row++) {
		char prefix[64];

		if (row->type != P_GROUP && row->type != P_LIST)
			continue;
		snprintf(prefix, sizeof prefix, "%s%s", row->path, row->type == P_LIST ? "[]" : "");
		buffer_printf(out, ".Ss %s\n", row->path);
		mdoc_text(out, row->text);
		mdoc_inside(out, prefix);
	}
	buffer_add_string(out, ".Ss Files, and what belongs to no group\n");
	mdoc_inside(out, "");
}
