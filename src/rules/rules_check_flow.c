/*
 * rules_check_flow.c - the linter's walk along the ways through a script: what can never be reached, and what contradicts itself.
 *
 * Refuses commands after stop; reject or redirect where every way there has put the mail into a queue, and the other way round: a mail
 * is a ticket, or passed on, or refused. (libsieve drops a reject after fileinto without a word.) Where only some ways
 * contradict each other, as in two ifs, the script is taken: rules_evaluate has an order for that.
 * May only report.
 */
#include <string.h>

#include "rules_private.h"

/* Lines of what has happened on every way here; 0: not on every one. */
struct way { int filed, passed_on, refused; };

static enum command_kind kind_of(const struct node *node)
{
	return node->row ? node->row->kind : COMMAND_REQUIRE;
}

static bool continues_if(const struct node *node)
{
	return node && (kind_of(node) == COMMAND_ELSIF || kind_of(node) == COMMAND_ELSE);
}

/* Does every way through these commands end in stop? */
bool rules_check_always_stops(const struct node *commands)
{
	for (const struct node *node = commands; node; node = node->next) {
		if (kind_of(node) == COMMAND_STOP)
			return true;
		if (kind_of(node) != COMMAND_IF)
			continue;
		bool all = rules_check_always_stops(node->block);
		while (continues_if(node->next)) {
			node = node->next;
			all = rules_check_always_stops(node->block) && all;
			if (kind_of(node) == COMMAND_ELSE && all)
				return true;
		}
	}
	return false;
}

static void look(const struct check *check, const struct node *node, struct way *way)
{
	struct report *report = check->report;
	switch (kind_of(node)) {
	case COMMAND_REJECT:
		if (way->filed)
			rules_report_error(report, node->line, "reject after line %d has kept the mail: write the reject first, with stop behind it", way->filed);
		way->refused = node->line;
		break;
	case COMMAND_REDIRECT:
		if (way->filed)
			rules_report_error(report, node->line, "redirect after line %d has kept the mail: a mail is passed on or becomes a ticket; write one "
			                   "of them, or notify to tell an agent", way->filed);
		way->passed_on = node->line;
		break;
	case COMMAND_FILEINTO: case COMMAND_KEEP:
		if (way->refused || way->passed_on)
			rules_report_error(report, node->line, "%s after line %d has %s the mail, so it has no effect: write stop; or an else", node->name,
			                   way->refused ? way->refused : way->passed_on, way->refused ? "refused" : "passed on");
		way->filed = node->line;
		break;
	default:
		break;
	}
}

static struct way both(struct way a, struct way b)
{
	return (struct way){b.filed ? a.filed : 0, b.passed_on ? a.passed_on : 0, b.refused ? a.refused : 0};
}

static struct way walk(const struct check *check, const struct node *commands, struct way way);

/* From `*at`, an if, to the last elsif or else that belongs to it. */
static struct way walk_if(const struct check *check, const struct node **at, struct way before)
{
	struct way after = before;
	bool full = false, any = false;
	for (;; *at = (*at)->next) {
		struct way inside = walk(check, (*at)->block, before);
		if (!rules_check_always_stops((*at)->block)) {
			after = any ? both(after, inside) : inside;
			any = true;
		}
		full |= kind_of(*at) == COMMAND_ELSE;
		if (!continues_if((*at)->next))
			break;
	}
	return full && any ? after : before;
}

static struct way walk(const struct check *check, const struct node *commands, struct way way)
{
	for (const struct node *node = commands; node && kind_of(node) != COMMAND_STOP; node = node->next) {
		if (kind_of(node) == COMMAND_IF)
			way = walk_if(check, &node, way);
		else
			look(check, node, &way);
	}
	return way;
}

/* The first command behind one that always stops. */
static void unreachable(const struct check *check, const struct node *commands)
{
	for (const struct node *node = commands; node; node = node->next) {
		unreachable(check, node->block);
		if (kind_of(node) == COMMAND_STOP && node->next) {
			rules_report_error(check->report, node->next->line, "%s is never reached, because of stop in line %d: leave it out, or move it before the stop",
			                   node->next->name, node->line);
			return;
		}
	}
}

/* An if whose ways all stop: what follows it. */
static void behind_full_if(const struct check *check, const struct node *commands)
{
	for (const struct node *node = commands; node; node = node->next) {
		behind_full_if(check, node->block);
		if (kind_of(node) != COMMAND_IF)
			continue;
		bool all = rules_check_always_stops(node->block);
		int line = node->line;
		while (continues_if(node->next)) {
			node = node->next;
			behind_full_if(check, node->block);
			all = rules_check_always_stops(node->block) && all;
		}
		if (all && kind_of(node) == COMMAND_ELSE && node->next) {
			rules_report_error(check->report, node->next->line, "%s is never reached, because every way through the if of line %d stops: leave it out",
			                   node->next->name, line);
			return;
		}
	}
}

void rules_check_flow(struct check *check, const struct node *script)
{
	walk(check, script, (struct way){0});
	unreachable(check, script);
	behind_full_if(check, script);
}
