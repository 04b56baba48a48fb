/*
 * rules_check.c - the linter's walk through a script: is each command known, in its place, complete and reachable?
 *
 * Refuses what libsieve gets wrong or what can do nothing: a missing require, capitals (rules_lex), backslashes, commands after
 * stop, reject after fileinto, else without if. Each message says what to write instead. Actions are looked at in
 * rules_check_action.c, tests in rules_check_test.c, extensions and strings in rules_check_words.c.
 * May not change the tree but for node->row.
 */
#include <stdio.h>
#include <string.h>

#include "rules_private.h"

struct refused { const char *name, *instead; };

static const struct check_command *check_command_named(const char *name)
{
	for (const struct check_command *row = rules_check_commands; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static size_t command_count(void)
{
	size_t count = 0;
	while (rules_check_commands[count].name)
		count++;
	return count;
}

static void unknown_command(struct check *check, const struct node *node)
{
	static const struct refused refused[] = {
		{"ereject", "write reject"}, {"set", "variables are not here: write the value itself"}, {"mark", "write addflag \"tag:NAME\""},
		{"unmark", "write removeflag \"tag:NAME\""}, {"denotify", "leave it out"},
		{"include", "all scripts of the folder run, in the order of their names"},
		{"return", "write stop to end, or nothing to go on with the next script"}, {"addheader", "a mail is kept as it came; write addflag \"tag:NAME\""},
		{"deleteheader", "a mail is kept as it came"}, {"global", "leave it out"}, {"error", "write reject"},
		{"bounce", "write reject"}, {"forward", "write redirect"}, {"elseif", "write elsif"}, {"endif", "blocks stand in { }"},
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (strcmp(refused[i].name, node->name) == 0) {
			rules_report_error(check->report, node->line, "there is no command \"%s\" here: %s", node->name, refused[i].instead);
			return;
		}
	const char *near = rules_report_nearest(node->name, &rules_check_commands[0].name, command_count(), sizeof *rules_check_commands);
	if (near)
		rules_report_error(check->report, node->line, "unknown command \"%s\": write %s", node->name, near);
	else
		rules_report_error(check->report, node->line, "unknown command \"%s\": there are if, elsif, else, stop, fileinto, keep, addflag, setflag, "
		                   "removeflag, redirect, reject, discard, notify", node->name);
}

static bool is_branch(const struct node *node)
{
	return node && node->row && (node->row->kind == COMMAND_IF || node->row->kind == COMMAND_ELSIF);
}

/* Block, test and place: what the grammar leaves open. */
static void check_shape(struct check *check, const struct node *node, const struct node *before)
{
	const struct check_command *row = node->row;
	bool follows = row->kind == COMMAND_ELSIF || row->kind == COMMAND_ELSE;
	if (follows && !is_branch(before))
		rules_report_error(check->report, node->line, "%s without an if before it: write if, or move it behind its block", node->name);
	if (row->block && !node->has_block)
		rules_report_error(check->report, node->line, "%s needs a block: write { ... } instead of \";\"", node->name);
	if (!row->block && node->has_block)
		rules_report_error(check->report, node->line, "%s takes no block: write \";\" behind it", node->name);
	if (row->test && node->tests.count != 1)
		rules_report_error(check->report, node->line, "%s needs one test: write %s header :contains \"subject\" \"word\" { ... }; several stand in "
		                   "allof (...) or anyof (...)", node->name, node->name);
	if (!row->test && node->tests.count)
		rules_report_error(check->report, node->tests.at[0]->line, "%s takes no test: is a \";\" missing before \"%s\"?", node->name, node->tests.at[0]->name);
	if (row->kind == COMMAND_REQUIRE && (node->parent || (before && (!before->row || before->row->kind != COMMAND_REQUIRE))))
		rules_report_error(check->report, node->line, "require must stand at the top of the script, before all else");
	if (row->extension)
		rules_check_needs(check, node->line, node->name, row->extension);
}

static void check_command(struct check *check, struct node *node, const struct node *before)
{
	if (++check->commands == RULES_COMMANDS)
		rules_report_error(check->report, node->line, "the scripts have more than %d commands: write keyword sets or lists of strings instead", RULES_COMMANDS);
	node->row = check_command_named(node->name);
	if (!node->row) {
		unknown_command(check, node);
	} else {
		check_shape(check, node, before);
		if (node->row->check)
			node->row->check(check, node);
	}
	for (size_t i = 0; i < node->arguments.count; i++)
		rules_check_strings(check, &node->arguments.at[i]);
	for (size_t i = 0; i < node->tests.count; i++)
		rules_check_test(check, node->tests.at[i]);
	rules_check_script(check, node->block);
}

void rules_check_script(struct check *check, struct node *script)
{
	for (struct node *node = script, *before = NULL; node; before = node, node = node->next)
		check_command(check, node, before);
}
