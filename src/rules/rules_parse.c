/*
 * rules_parse.c - tokens of a Sieve script into a tree, by the grammar of RFC 5228 section 8.2 and nothing else.
 *
 * A script that does not follow the grammar gives one error, where it stops doing so, and the tree of what came before: the
 * checks still speak of that. Knows no command and no test by name but `if`, whose missing parts have their own words.
 * Depth is bounded here, so that no script can overflow our stack.
 */
#include <stdio.h>
#include <string.h>

#include "rules_private.h"

struct parser { struct report *report; struct lexer lexer; struct lex_token now; bool failed; int depth; };

static void advance(struct parser *parser)
{
	parser->now = rules_lex_next(&parser->lexer);
	parser->failed |= parser->now.type == LEX_BROKEN;
}

static bool is_mark(const struct parser *parser, char mark)
{
	return parser->now.type == LEX_MARK && parser->now.mark == mark;
}

static const char *what_stands(const struct parser *parser)
{
	switch (parser->now.type) {
	case LEX_END: return "the script ends";
	case LEX_NAME: return arena_printf(parser->report->arena, "\"%s\" stands", parser->now.text);
	case LEX_TAG: return arena_printf(parser->report->arena, "\":%s\" stands", parser->now.text);
	case LEX_NUMBER: return "a number stands";
	case LEX_STRING: case LEX_TEXT: return "a string stands";
	default: return arena_printf(parser->report->arena, "\"%c\" stands", parser->now.mark);
	}
}

static void expect(struct parser *parser, int line, const char *expected)
{
	if (!parser->failed)
		rules_report_error(parser->report, line ? line : parser->now.line, "%s where %s", what_stands(parser), expected);
	parser->failed = true;
}

static bool too_deep(struct parser *parser)
{
	if (parser->depth <= RULES_NESTING)
		return false;
	if (!parser->failed)
		rules_report_error(parser->report, parser->now.line, "nested deeper than %d: write allof (...) or elsif, or a second script", RULES_NESTING);
	return parser->failed = true;
}

static void add_string(struct parser *parser, struct argument *argument)
{
	*ARENA_PUSH(parser->report->arena, &argument->strings) =
		(struct word){.text = parser->now.text, .line = parser->now.line, .block = parser->now.type == LEX_TEXT};
	advance(parser);
}

static bool at_string(const struct parser *parser)
{
	return parser->now.type == LEX_STRING || parser->now.type == LEX_TEXT;
}

static void parse_list(struct parser *parser, struct argument *argument)
{
	int line = parser->now.line;
	argument->list = true;
	do {
		advance(parser);
		if (!at_string(parser)) {
			expect(parser, 0, "a string of the list was expected");
			return;
		}
		add_string(parser, argument);
	} while (is_mark(parser, ','));
	if (!is_mark(parser, ']')) {
		expect(parser, line, "the list that begins here needs \",\" or \"]\"");
		return;
	}
	if (argument->strings.count > RULES_LIST)
		rules_report_error(parser->report, line, "%zu strings in one list: write %d at most, or a keyword set in the configuration", argument->strings.count,
		                   RULES_LIST);
	advance(parser);
}

static bool parse_argument(struct parser *parser, struct node *node)
{
	if (parser->now.type != LEX_TAG && parser->now.type != LEX_NUMBER && !at_string(parser) && !is_mark(parser, '['))
		return false;
	struct argument *argument = ARENA_PUSH(parser->report->arena, &node->arguments);
	argument->line = parser->now.line;
	if (parser->now.type == LEX_TAG || parser->now.type == LEX_NUMBER) {
		argument->type = parser->now.type == LEX_TAG ? ARGUMENT_TAG : ARGUMENT_NUMBER;
		argument->tag = parser->now.text;
		argument->number = parser->now.number;
		advance(parser);
		return true;
	}
	argument->type = ARGUMENT_STRINGS;
	if (is_mark(parser, '['))
		parse_list(parser, argument);
	else
		add_string(parser, argument);
	return true;
}

static struct node *node_here(struct parser *parser)
{
	struct node *node = ARENA_NEW(parser->report->arena, struct node);
	node->name = parser->now.text;
	node->line = parser->now.line;
	advance(parser);
	return node;
}

static void parse_tests(struct parser *parser, struct node *node);

static void parse_test(struct parser *parser, struct node *parent)
{
	if (parser->now.type != LEX_NAME) {
		expect(parser, 0, "a test was expected (header, address, allof ...)");
		return;
	}
	parser->depth++;
	struct node *test = node_here(parser);
	*ARENA_PUSH(parser->report->arena, &parent->tests) = test;
	if (!too_deep(parser))
		parse_tests(parser, test);
	parser->depth--;
}

/* Arguments, then one test or a list of tests in parentheses. */
static void parse_tests(struct parser *parser, struct node *node)
{
	while (!parser->failed && parse_argument(parser, node))
		;
	if (parser->failed)
		return;
	if (parser->now.type == LEX_NAME) {
		parse_test(parser, node);
	} else if (is_mark(parser, '(')) {
		int line = parser->now.line;
		do {
			advance(parser);
			parse_test(parser, node);
		} while (!parser->failed && is_mark(parser, ','));
		if (!is_mark(parser, ')'))
			expect(parser, line, "the tests that begin here need \",\" or \")\"");
		else
			advance(parser);
	}
}

static struct node *parse_commands(struct parser *parser, const struct node *parent);

static void parse_block(struct parser *parser, struct node *node)
{
	int line = parser->now.line;
	node->has_block = true;
	advance(parser);
	parser->depth++;
	if (!too_deep(parser))
		node->block = parse_commands(parser, node);
	parser->depth--;
	if (parser->failed)
		return;
	if (!is_mark(parser, '}'))
		expect(parser, line, "the block that begins here needs \"}\"");
	else
		advance(parser);
}

static struct node *parse_command(struct parser *parser, const struct node *parent)
{
	if (parser->now.type != LEX_NAME) {
		expect(parser, 0, "a command was expected (if, fileinto, keep ...)");
		return NULL;
	}
	struct node *node = node_here(parser);
	node->parent = parent;
	parse_tests(parser, node);
	if (parser->failed)
		return node;
	if (is_mark(parser, '{'))
		parse_block(parser, node);
	else if (is_mark(parser, ';'))
		advance(parser);
	else
		expect(parser, node->line, arena_printf(parser->report->arena, "\"%s\" needs \";\" at its end, or a block in { }", node->name));
	return node;
}

static struct node *parse_commands(struct parser *parser, const struct node *parent)
{
	struct node *first = NULL, **last = &first;
	while (!parser->failed && parser->now.type != LEX_END && !(parent && is_mark(parser, '}'))) {
		if ((*last = parse_command(parser, parent)))
			last = &(*last)->next;
	}
	return first;
}

struct node *rules_parse_script(struct report *report, const char *text, size_t length)
{
	struct parser parser = {.report = report};
	const char *nul = memchr(text, 0, length);
	if (nul) {
		rules_report_error(report, 0, "there is a NUL byte in it: a script is text in UTF-8");
		return NULL;
	}
	rules_lex_init(&parser.lexer, report, text, length);
	advance(&parser);
	return parse_commands(&parser, NULL);
}
