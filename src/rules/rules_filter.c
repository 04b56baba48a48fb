/*
 * rules_filter.c - makes the filters of a program's tests, once a ruleset: what rules_reduce.c asks of each mail. Which fields are needed, too.
 */
#include <string.h>

#include "rules_private.h"

size_t rules_program_key(struct program *program, const char *name, bool address)
{
	const char *lower = text_lower(program->arena, name);
	for (size_t i = 0; i < program->keys.count; i++)
		if (program->keys.at[i].address == address && strcmp(program->keys.at[i].name, lower) == 0)
			return i;
	*ARENA_PUSH(program->arena, &program->keys) = (struct program_key){address, lower};
	return program->keys.count - 1;
}

struct shape { const char *type; bool numeric, octet; const struct argument *names, *keys; };

static struct shape shape_of(const struct node *test)
{
	struct shape shape = {.type = "is"};
	for (size_t i = 0; i < test->arguments.count; i++) {
		const struct argument *argument = &test->arguments.at[i];
		if (argument->type == ARGUMENT_TAG && strcmp(argument->tag, "comparator") == 0) {
			const char *comparator = test->arguments.at[++i].strings.at[0].text;
			shape.numeric = strcmp(comparator, "i;ascii-numeric") == 0;
			shape.octet = strcmp(comparator, "i;octet") == 0;
		} else if (argument->type == ARGUMENT_TAG && (strcmp(argument->tag, "count") == 0 || strcmp(argument->tag, "value") == 0))
			shape.type = test->arguments.at[i++].tag;
		else if (argument->type == ARGUMENT_TAG && (strcmp(argument->tag, "contains") == 0 || strcmp(argument->tag, "matches") == 0))
			shape.type = argument->tag;
		else if (argument->type == ARGUMENT_STRINGS && !shape.names)
			shape.names = argument;
		else if (argument->type == ARGUMENT_STRINGS)
			shape.keys = argument;
	}
	return shape;
}

static void add_names(struct program *program, const struct node *test, const struct argument *names, struct filter *filter)
{
	filter->envelope = strcmp(test->name, "envelope") == 0;
	filter->address = filter->envelope || strcmp(test->name, "address") == 0;
	for (size_t i = 0; i < names->strings.count; i++) {
		const char *name = names->strings.at[i].text;
		size_t key = filter->envelope ? text_equal_nocase(name, "to") : rules_program_key(program, name, filter->address);
		*ARENA_PUSH(program->arena, &filter->keys) = (uint32_t)key;
	}
}

/* Whole words, or what stands between the wildcards of a pattern. No pieces: anything may match. */
static void add_needle(struct arena *arena, struct filter *filter, const char *word, bool pattern)
{
	struct strings *pieces = ARENA_PUSH(arena, &filter->needles);
	char *text = text_lower(arena, word), *rest = NULL;
	if (!pattern && *text)
		strings_add(arena, pieces, text);
	for (char *piece = pattern ? strtok_r(text, "*?", &rest) : NULL; piece; piece = strtok_r(NULL, "*?", &rest))
		strings_add(arena, pieces, piece);
}

/* Blanks at the ends are nothing that we want to know better than libsieve. */
static bool plain_ends(const struct argument *keys)
{
	for (size_t i = 0; i < keys->strings.count; i++) {
		const char *text = keys->strings.at[i].text;
		if (!*text || *text == ' ' || text[strlen(text) - 1] == ' ')
			return false;
	}
	return true;
}

static void fill_match(struct program *program, const struct node *test, struct filter *filter)
{
	const struct shape shape = shape_of(test);
	bool pattern = strcmp(shape.type, "matches") == 0, is = strcmp(shape.type, "is") == 0;
	add_names(program, test, shape.names, filter);
	if (shape.numeric || strcmp(shape.type, "count") == 0 || strcmp(shape.type, "value") == 0 || !plain_ends(shape.keys))
		return;
	filter->kind = is && !filter->address && !shape.octet ? FILTER_IS : FILTER_HAS;
	filter->whole = !is && !pattern && !filter->address && !shape.octet;
	for (size_t i = 0; i < shape.keys->strings.count; i++)
		add_needle(program->arena, filter, shape.keys->strings.at[i].text, pattern);
}

const struct filter *rules_filter_make(struct program *program, const struct node *test)
{
	static const struct { const char *name; int kind; } kinds[] = {
		{"true", FILTER_TRUE}, {"false", FILTER_FALSE}, {"allof", FILTER_ALL}, {"anyof", FILTER_ANY}, {"not", FILTER_NOT}, {"exists", FILTER_EXISTS},
	};
	struct filter *filter = ARENA_NEW(program->arena, struct filter);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].name, test->name) == 0)
			filter->kind = kinds[i].kind;
	for (size_t i = 0; i < test->tests.count; i++)
		*ARENA_PUSH(program->arena, &filter->tests) = rules_filter_make(program, test->tests.at[i]);
	if (filter->kind == FILTER_EXISTS) {
		add_names(program, test, &test->arguments.at[0], filter);
	} else if (strcmp(test->name, "size") == 0) {
		filter->kind = strcmp(test->arguments.at[0].tag, "over") == 0 ? FILTER_OVER : FILTER_UNDER;
		filter->size = test->arguments.at[1].number;
	} else if (filter->kind == FILTER_PERHAPS) {
		fill_match(program, test, filter);
	}
	return filter;
}
