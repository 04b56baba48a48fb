/*
 * rules_check_action.c - the table of commands, and the linter's look at what each action is given: queues, agents, flags, addresses, words.
 *
 * A name that the configuration does not know is an error here and not a surprise at night; the most similar one is offered.
 * vacation is taken and does nothing, with a warning: the desk acknowledges by itself. May only report.
 */
#include <stdio.h>
#include <string.h>

#include "rules_private.h"

static bool no_arguments(struct check *check, const struct node *node)
{
	if (!node->arguments.count)
		return true;
	rules_report_error(check->report, node->arguments.at[0].line, "%s takes nothing behind it: write %s;", node->name, node->name);
	return false;
}

static void check_plain(struct check *check, const struct node *node)
{
	no_arguments(check, node);
}

/* The argument that is one string, if that is all there is besides tags; else reported and NULL. */
static const struct word *check_one_string(struct check *check, const struct node *node, const char *example)
{
	const struct word *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < node->arguments.count; i++) {
		const struct argument *argument = &node->arguments.at[i];
		if (argument->type == ARGUMENT_TAG && strcmp(argument->tag, "flags") == 0) {
			i++;                     /* its list is check_flags's business */
		} else if (argument->type == ARGUMENT_TAG) {
			rules_report_error(check->report, argument->line, "%s knows no :%s: %s%s", node->name, argument->tag,
			                   strcmp(argument->tag, "copy") == 0 ? "a mail is passed on or becomes a ticket; write " : "write ", example);
		} else if (argument->type == ARGUMENT_STRINGS && argument->strings.count == 1) {
			found = &argument->strings.at[0];
			count++;
		} else {
			count += 2;
		}
	}
	if (count == 1)
		return found;
	rules_report_error(check->report, node->line, "%s needs one string: write %s", node->name, example);
	return NULL;
}

static void unknown_name(struct check *check, int line, const char *what, const char *name, const char *pattern, const char *const *names,
                         size_t count, size_t stride)
{
	struct arena *arena = check->report->arena;
	const char *near = rules_report_nearest(name, names, count, stride);
	if (near)
		rules_report_error(check->report, line, "unknown %s \"%s\": write \"%s%s\"", what, name, pattern, near);
	else
		rules_report_error(check->report, line, "unknown %s \"%s\": there %s %s", what, name, count == 1 ? "is" : "are", rules_report_list(arena, names, count, stride));
}

static void unknown_queue(struct check *check, int line, const char *name)
{
	const struct desk_policy *policy = &check->config->policy;
	unknown_name(check, line, "queue", name, "queue/", policy->queues.count ? &policy->queues.at[0].name : NULL, policy->queues.count, sizeof *policy->queues.at);
}

static void unknown_agent(struct check *check, int line, const char *name)
{
	const struct desk_policy *policy = &check->config->policy;
	unknown_name(check, line, "agent", name, "agent:", policy->agents.count ? &policy->agents.at[0].name : NULL, policy->agents.count, sizeof *policy->agents.at);
}

static void check_flag(struct check *check, const struct word *word)
{
	const char *text = word->text, *name = strchr(text, ':') ? strchr(text, ':') + 1 : "";
	const struct desk_field *field = strchr(text, ':') ? desk_field_named(text, strcspn(text, ":")) : NULL;
	if (strncmp(text, "tag:", 4) == 0) {
		if (!*name || strlen(name) > 60 || strpbrk(name, " \t\r\n,;\"'<>\\"))
			rules_report_error(check->report, word->line, "\"%s\" is no tag: write \"tag:\" and one word of at most 60 bytes without blank, comma or quote", text);
	} else if (strncmp(text, "agent:", 6) == 0) {
		if (!desk_agent_named(&check->config->policy, name))
			unknown_agent(check, word->line, name);
	} else if (field) {
		const char *kept = desk_field_kept(field, name), *pattern = arena_printf(check->report->arena, "%s:", field->name);
		if (!kept && !field->words)
			rules_report_error(check->report, word->line, "\"%s\" is no %s: write \"%s\" and %s", text, field->name, pattern, field->wanted);
		else if (!kept || strcmp(kept, name) != 0)
			unknown_name(check, word->line, field->name, name, pattern, field->words, field->count, sizeof *field->words);
	} else {
		rules_report_error(check->report, word->line, "\"%s\" is no flag of a ticket: write \"tag:NAME\", \"priority:high\" or \"agent:NAME\"", text);
	}
}

static void check_flag_list(struct check *check, const struct argument *argument)
{
	for (size_t i = 0; i < argument->strings.count; i++)
		check_flag(check, &argument->strings.at[i]);
}

static void check_flags(struct check *check, const struct node *node)
{
	for (size_t i = 0; i < node->arguments.count; i++)
		if (node->arguments.at[i].type != ARGUMENT_STRINGS || i > 0) {
			rules_report_error(check->report, node->line, "%s needs one list of flags: write %s [\"tag:vpn\", \"priority:high\"];", node->name, node->name);
			return;
		}
	if (!node->arguments.count)
		rules_report_error(check->report, node->line, "%s needs flags: write %s \"tag:vpn\";", node->name, node->name);
	else
		check_flag_list(check, &node->arguments.at[0]);
}

/* fileinto and keep may carry :flags LIST. */
static void check_flags_tag(struct check *check, const struct node *node)
{
	for (size_t i = 0; i < node->arguments.count; i++) {
		const struct argument *argument = &node->arguments.at[i];
		if (argument->type != ARGUMENT_TAG || strcmp(argument->tag, "flags") != 0)
			continue;
		rules_check_needs(check, argument->line, ":flags", "imap4flags");
		if (i + 1 < node->arguments.count && argument[1].type == ARGUMENT_STRINGS)
			check_flag_list(check, &argument[1]);
		else
			rules_report_error(check->report, argument->line, ":flags needs flags: write :flags [\"tag:vpn\"]");
	}
}

static void check_keep(struct check *check, const struct node *node)
{
	const struct argument *at = node->arguments.at;
	if (node->arguments.count == 2 && at[0].type == ARGUMENT_TAG && strcmp(at[0].tag, "flags") == 0)
		check_flags_tag(check, node);
	else
		no_arguments(check, node);
}

static void check_fileinto(struct check *check, const struct node *node)
{
	const struct word *word = check_one_string(check, node, "fileinto \"queue/NAME\";");
	check_flags_tag(check, node);
	if (!word)
		return;
	if (strncmp(word->text, "queue/", 6) != 0)
		rules_report_error(check->report, word->line, "\"%s\" is no queue: write fileinto \"queue/%s\";", word->text,
		                   desk_queue_named(&check->config->policy, word->text) ? word->text : "NAME");
	else if (!desk_queue_named(&check->config->policy, word->text + 6))
		unknown_queue(check, word->line, word->text + 6);
}

static void check_redirect(struct check *check, const struct node *node)
{
	const struct word *word = check_one_string(check, node, "redirect \"other@example.net\";");
	if (!word)
		return;
	const struct desk_queue *queue = desk_queue_with_address(&check->config->policy, word->text);
	if (!mail_address_usable(word->text))
		rules_report_error(check->report, word->line, "\"%s\" is no address: write redirect \"other@example.net\";", word->text);
	else if (queue)
		rules_report_error(check->report, word->line, "%s is our own address and the mail would come back: write fileinto \"queue/%s\";", word->text, queue->name);
	else if (desk_address_is_ours(&check->config->policy, word->text))
		rules_report_error(check->report, word->line, "%s is our own address and the mail would come back: write fileinto", word->text);
}

static void check_reject(struct check *check, const struct node *node)
{
	const struct word *word = check_one_string(check, node, "reject \"We take no mail about that.\";");
	if (!word)
		return;
	if (strlen(word->text) > RULES_REJECT_BYTES)
		rules_report_error(check->report, word->line, "%zu bytes are too many for the reply of a reject: write %d at most", strlen(word->text), RULES_REJECT_BYTES);
	if (!word->text[strspn(word->text, " \t\r\n")])
		rules_report_error(check->report, word->line, "reject needs words for the sender: write reject \"We take no mail about that.\";");
}

const struct desk_agent *rules_check_agent(const struct config *config, const char *text)
{
	if (strncmp(text, "mailto:", 7) == 0)
		text += 7;
	else if (strncmp(text, "agent:", 6) == 0)
		text += 6;
	return strchr(text, '@') ? desk_agent_with_address(&config->policy, text) : desk_agent_named(&config->policy, text);
}

/* Any shape in which people write it: notify "agent:bob"; notify :method "mailto" :options ["bob@example.org"] :message "..."; */
static void check_notify(struct check *check, const struct node *node)
{
	bool any = false;
	for (size_t i = 0; i < node->arguments.count; i++) {
		const struct argument *argument = &node->arguments.at[i];
		const char *tag = i && argument[-1].type == ARGUMENT_TAG ? argument[-1].tag : "";
		if (argument->type == ARGUMENT_TAG && !strstr(" method options message id low normal high importance from ",
		                                              arena_printf(check->report->arena, " %s ", argument->tag)))
			rules_report_error(check->report, argument->line, "notify knows no :%s: write notify \"agent:NAME\";", argument->tag);
		if (argument->type != ARGUMENT_STRINGS || strstr(" message id importance from ", arena_printf(check->report->arena, " %s ", *tag ? tag : "-")))
			continue;
		for (size_t k = 0; k < argument->strings.count; k++) {
			const struct word *word = &argument->strings.at[k];
			if (strcmp(tag, "method") == 0 && strcmp(word->text, "mailto") == 0)
				continue;
			any = true;
			if (!rules_check_agent(check->config, word->text))
				unknown_agent(check, word->line, word->text);
		}
	}
	if (!any)
		rules_report_error(check->report, node->line, "notify names no agent: write notify \"agent:NAME\";");
}

static void check_vacation(struct check *check, const struct node *node)
{
	rules_report_warning(check->report, node->line, "vacation does nothing here: the desk acknowledges each mail by itself (templates \"received\"); leave it out");
}

const struct check_command rules_check_commands[] = {
	{"require", NULL, COMMAND_REQUIRE, false, false, rules_check_require},
	{"if", NULL, COMMAND_IF, true, true, check_plain},
	{"elsif", NULL, COMMAND_ELSIF, true, true, check_plain},
	{"else", NULL, COMMAND_ELSE, true, false, check_plain},
	{"stop", NULL, COMMAND_STOP, false, false, check_plain},
	{"keep", NULL, COMMAND_KEEP, false, false, check_keep},
	{"discard", NULL, COMMAND_DISCARD, false, false, check_plain},
	{"redirect", NULL, COMMAND_REDIRECT, false, false, check_redirect},
	{"fileinto", "fileinto", COMMAND_FILEINTO, false, false, check_fileinto},
	{"reject", "reject", COMMAND_REJECT, false, false, check_reject},
	{"addflag", "imap4flags", COMMAND_ADDFLAG, false, false, check_flags},
	{"setflag", "imap4flags", COMMAND_SETFLAG, false, false, check_flags},
	{"removeflag", "imap4flags", COMMAND_REMOVEFLAG, false, false, check_flags},
	{"notify", "notify", COMMAND_NOTIFY, false, false, check_notify},
	{"vacation", "vacation", COMMAND_VACATION, false, false, check_vacation},
	{NULL, NULL, COMMAND_REQUIRE, false, false, NULL}
};
