/*
 * rules_emit.c - writes one program for libsieve from the checked trees of all scripts, and the tables that say what its numbers mean.
 *
 * Actions become fileinto "FIRST.COUNT", header names "TEST.KEY": so the worker's answer is the list of numbers of the actions
 * that were reached, in their order, and the test it was at is known when it hangs. Since the scripts follow each other in one
 * program, `stop` ends all of them, as the contract says, and one reading by libsieve does for the whole folder.
 * May only be given trees without errors: strings are written as they are.
 */
#include <string.h>

#include "rules_private.h"

struct emitter { struct program *program; const struct config *config; uint16_t script; };

static void line(struct program *program, const char *text)
{
	buffer_add_string(&program->text, text);
	buffer_add_char(&program->text, '\n');
	program->lines++;
}

void rules_program_begin(struct program *program, struct arena *arena)
{
	*program = (struct program){.arena = arena};
	buffer_init(&program->text);
	buffer_add_string(&program->text, PROGRAM_HEAD);
	program->lines = 1;
	program->last_step = &program->steps;
}

static void emit_list(struct buffer *out, const struct argument *argument)
{
	buffer_add_char(out, ' ');
	for (size_t i = 0; i < argument->strings.count; i++)
		buffer_printf(out, "%s\"%s\"", i ? "," : argument->strings.count > 1 ? "[" : "", argument->strings.at[i].text);
	if (argument->strings.count > 1)
		buffer_add_char(out, ']');
}

static void emit_names(struct emitter *emitter, const struct node *test, const struct argument *argument, size_t number)
{
	struct buffer *out = &emitter->program->text;
	buffer_add_string(out, " [");
	for (size_t i = 0; i < argument->strings.count; i++)
		buffer_printf(out, "%s\"%zu.%zu\"", i ? "," : "", number,
		              rules_program_key(emitter->program, argument->strings.at[i].text, strcmp(test->name, "address") == 0));
	buffer_add_char(out, ']');
}

static void emit_envelope_names(struct buffer *out, struct arena *arena, const struct argument *argument)
{
	buffer_add_string(out, " [");
	for (size_t i = 0; i < argument->strings.count; i++)
		buffer_printf(out, "%s\"%s\"", i ? "," : "", text_lower(arena, argument->strings.at[i].text));
	buffer_add_char(out, ']');
}

static bool takes_value(const char *tag)
{
	return strcmp(tag, "count") == 0 || strcmp(tag, "value") == 0 || strcmp(tag, "comparator") == 0;
}

static void emit_test(struct emitter *emitter, const struct node *test);

static bool has_tag(const struct node *test, const char *tag)
{
	for (size_t i = 0; i < test->arguments.count; i++)
		if (test->arguments.at[i].type == ARGUMENT_TAG && strcmp(test->arguments.at[i].tag, tag) == 0)
			return true;
	return false;
}

/* Tags first, wherever they stood: libsieve wants them so (RFC 5228 section 2.6.2 allows no other order either). A count is a number:
 * libsieve would compare it as text, "10" before "9" (RFC 5231 section 4.2). */
static void emit_tags(struct emitter *emitter, const struct node *test)
{
	struct buffer *out = &emitter->program->text;
	if (has_tag(test, "count") && !has_tag(test, "comparator"))
		buffer_add_string(out, " :comparator \"i;ascii-numeric\"");
	for (size_t i = 0; i < test->arguments.count; i++) {
		const struct argument *argument = &test->arguments.at[i];
		if (argument->type != ARGUMENT_TAG)
			continue;
		buffer_printf(out, " :%s", argument->tag);
		if (takes_value(argument->tag))
			emit_list(out, &test->arguments.at[++i]);
	}
}

static void emit_arguments(struct emitter *emitter, const struct node *test, size_t number)
{
	struct buffer *out = &emitter->program->text;
	bool named = false, envelope = strcmp(test->name, "envelope") == 0;
	emit_tags(emitter, test);
	for (size_t i = 0; i < test->arguments.count; i++) {
		const struct argument *argument = &test->arguments.at[i];
		if (argument->type == ARGUMENT_TAG) {
			i += takes_value(argument->tag);
		} else if (argument->type == ARGUMENT_NUMBER) {
			buffer_printf(out, " %lld", (long long)argument->number);
		} else if (named) {
			emit_list(out, argument);
		} else if (envelope) {
			emit_envelope_names(out, emitter->program->arena, argument);
		} else {
			emit_names(emitter, test, argument, number);
		}
		named |= argument->type == ARGUMENT_STRINGS;
	}
}

static bool has_string(const struct argument *argument, const char *prefix)
{
	for (size_t i = 0; i < argument->strings.count; i++)
		if (text_starts_nocase(argument->strings.at[i].text, prefix))
			return true;
	return false;
}

/* The answer costs a question to the database: asked for only where a test could see it, by name or by a pattern. */
static bool may_ask(const struct node *test, const char *const *names, size_t count)
{
	bool marks = false, pattern = false, named = false;
	for (size_t i = 0; i < test->arguments.count; i++) {
		const struct argument *argument = &test->arguments.at[i];
		marks |= has_string(argument, "x-sportello");
		for (size_t k = 0; k < count; k++)
			named |= has_string(argument, names[k]);
		pattern |= argument->type == ARGUMENT_TAG && strcmp(argument->tag, "is") != 0 && strcmp(argument->tag, "comparator") != 0;
	}
	return marks && (named || pattern);
}

static void emit_test(struct emitter *emitter, const struct node *test)
{
	struct program *program = emitter->program;
	static const char *const known[] = {"known:"}, *const standing[] = {"vip:", "level:", "org:"};
	program->asks_known |= may_ask(test, known, COUNT_OF(known));
	program->asks_standing |= may_ask(test, standing, COUNT_OF(standing));
	size_t number = program->tests.count;
	*ARENA_PUSH(program->arena, &program->tests) = (struct program_test){emitter->script, test->line};
	buffer_add_string(&program->text, test->name);
	emit_arguments(emitter, test, number);
	if (!test->tests.count)
		return;
	bool list = strcmp(test->name, "not") != 0;
	buffer_add_string(&program->text, list ? " (" : " ");
	for (size_t i = 0; i < test->tests.count; i++) {
		if (i)
			buffer_add_char(&program->text, ',');
		emit_test(emitter, test->tests.at[i]);
	}
	if (list)
		buffer_add_char(&program->text, ')');
}

/* Names of keyword sets that a test names. */
static void keywords_of(struct emitter *emitter, const struct node *test, struct strings *names)
{
	for (size_t i = 0; i < test->arguments.count; i++)
		for (size_t k = 0; k < test->arguments.at[i].strings.count; k++) {
			const char *text = test->arguments.at[i].strings.at[k].text;
			if (text_starts_nocase(text, "kw:") && !strings_have(names, text + 3))
				strings_add(emitter->program->arena, names, text + 3);
		}
	for (size_t i = 0; i < test->tests.count; i++)
		keywords_of(emitter, test->tests.at[i], names);
}

static void words_of_notify(struct emitter *emitter, const struct node *node, struct strings *words)
{
	for (size_t i = 0; i < node->arguments.count; i++) {
		const struct argument *argument = &node->arguments.at[i];
		const char *tag = i && argument[-1].type == ARGUMENT_TAG ? argument[-1].tag : "";
		if (strcmp(tag, "message") == 0 || strcmp(tag, "id") == 0 || strcmp(tag, "importance") == 0 || strcmp(tag, "from") == 0)
			continue;
		for (size_t k = 0; k < argument->strings.count; k++) {
			const struct desk_agent *agent = rules_check_agent(emitter->config, argument->strings.at[k].text);
			if (agent && !strings_have(words, agent->name))
				strings_add(emitter->program->arena, words, agent->name);
		}
	}
}

/* The name as the configuration writes it, whatever case the script has. */
static const char *queue_of(const struct emitter *emitter, const char *text)
{
	const struct desk_queue *queue = desk_queue_named(&emitter->config->policy, text);
	return queue ? queue->name : text;
}

/* An agent's name as the configuration writes it. */
static const char *flag_of(const struct emitter *emitter, const char *text)
{
	const struct desk_agent *agent = strncmp(text, "agent:", 6) == 0 ? desk_agent_named(&emitter->config->policy, text + 6) : NULL;
	return agent ? arena_printf(emitter->program->arena, "agent:%s", agent->name) : text;
}

/* One line, whatever the script had: it becomes a reply line. */
static char *one_line(struct arena *arena, const char *text)
{
	char *line_of = arena_string(arena, text);
	for (char *at = line_of; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	return text_trim(line_of);
}

static const char *action_text(struct arena *arena, const struct program_action *action)
{
	static const char *const names[] = {
		[COMMAND_KEEP] = "keep", [COMMAND_DISCARD] = "discard", [COMMAND_REDIRECT] = "redirect", [COMMAND_FILEINTO] = "fileinto queue/",
		[COMMAND_REJECT] = "reject", [COMMAND_ADDFLAG] = "addflag", [COMMAND_SETFLAG] = "setflag", [COMMAND_REMOVEFLAG] = "removeflag",
		[COMMAND_NOTIFY] = "notify",
	};
	const char *text = arena_printf(arena, "line %d: %s", action->line, names[action->kind]);
	for (size_t i = 0; i < action->words.count; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : action->kind == COMMAND_FILEINTO ? "" : " ", action->words.at[i]);
	return text;
}

/* Flags of fileinto and keep stand before what they are given to, so that words[0] of fileinto is the queue. */
static void add_action(struct emitter *emitter, const struct node *node, enum command_kind kind, const struct argument *flags)
{
	struct program *program = emitter->program;
	struct program_action *action = ARENA_PUSH(program->arena, &program->actions);
	*action = (struct program_action){.kind = kind, .script = emitter->script, .line = node->line};
	for (const struct node *around = node->parent; around; around = around->parent)
		for (size_t i = 0; i < around->tests.count; i++)
			keywords_of(emitter, around->tests.at[i], &action->keywords);
	if (kind == COMMAND_NOTIFY)
		words_of_notify(emitter, node, &action->words);
	for (size_t i = 0; flags && i < flags->strings.count; i++)
		strings_add(program->arena, &action->words, flag_of(emitter, flags->strings.at[i].text));
	for (size_t i = 0; !flags && kind != COMMAND_NOTIFY && i < node->arguments.count; i++) {
		const struct argument *argument = &node->arguments.at[i];
		bool of_tag = argument->type == ARGUMENT_STRINGS && i && argument[-1].type == ARGUMENT_TAG;
		for (size_t k = 0; !of_tag && k < argument->strings.count; k++)
			strings_add(program->arena, &action->words, kind == COMMAND_FILEINTO ? queue_of(emitter, argument->strings.at[k].text + 6) :
			            kind == COMMAND_REJECT ? one_line(program->arena, argument->strings.at[k].text) : flag_of(emitter, argument->strings.at[k].text));
	}
	action->text = action_text(program->arena, action);
}

static bool is_action(const struct node *node)
{
	return node && node->row->kind != COMMAND_REQUIRE && node->row->kind != COMMAND_VACATION && !node->row->block && node->row->kind != COMMAND_STOP;
}

static void add_node(struct emitter *emitter, const struct node *node)
{
	for (size_t i = 0; i + 1 < node->arguments.count; i++)
		if ((node->row->kind == COMMAND_FILEINTO || node->row->kind == COMMAND_KEEP) && node->arguments.at[i].type == ARGUMENT_TAG)
			add_action(emitter, node, COMMAND_ADDFLAG, &node->arguments.at[i + 1]);
	add_action(emitter, node, node->row->kind, NULL);
}

static struct step *add_step(struct emitter *emitter, struct step ***last, enum command_kind kind)
{
	struct step *step = ARENA_NEW(emitter->program->arena, struct step);
	step->kind = kind;
	step->from = step->to = emitter->program->text.length;
	**last = step;
	*last = &step->next;
	return step;
}

/* Actions that follow each other are reached together: one command for all of them. Returns the last. */
static const struct node *emit_actions(struct emitter *emitter, const struct node *node, struct step *step)
{
	size_t first = emitter->program->actions.count;
	add_node(emitter, node);
	while (is_action(node->next)) {
		node = node->next;
		add_node(emitter, node);
	}
	step->first = first;
	step->count = emitter->program->actions.count - first;
	buffer_printf(&emitter->program->text, "fileinto \"%zu.%zu\";", first, step->count);
	line(emitter->program, "");
	step->to = emitter->program->text.length;
	return node;
}

static void emit_commands(struct emitter *emitter, const struct node *commands, struct step ***last);

static void emit_block(struct emitter *emitter, const struct node *node, struct step ***last)
{
	struct program *program = emitter->program;
	buffer_printf(&program->text, "%s ", node->name);
	struct step *step = add_step(emitter, last, node->row->kind), **inside = &step->block;
	if (node->tests.count) {
		emit_test(emitter, node->tests.at[0]);
		step->filter = rules_filter_make(program, node->tests.at[0]);
	}
	step->to = program->text.length;
	line(program, "{");
	emit_commands(emitter, node->block, &inside);
	line(program, "}");
}

static void emit_commands(struct emitter *emitter, const struct node *commands, struct step ***last)
{
	for (const struct node *node = commands; node; node = node->next) {
		if (is_action(node)) {
			node = emit_actions(emitter, node, add_step(emitter, last, COMMAND_FILEINTO));
		} else if (node->row->kind == COMMAND_STOP) {
			struct step *step = add_step(emitter, last, COMMAND_STOP);
			line(emitter->program, "stop;");
			step->to = emitter->program->text.length;
		} else if (node->row->block) {
			emit_block(emitter, node, last);
		}
	}
}

void rules_program_add(struct program *program, const struct config *config, const char *file, const struct node *script)
{
	struct emitter emitter = {program, config, (uint16_t)program->scripts.count};
	const char *slash = strrchr(file, '/');
	*ARENA_PUSH(program->arena, &program->scripts) = arena_string(program->arena, slash ? slash + 1 : file);
	*ARENA_PUSH(program->arena, &program->first_line) = program->lines + 1;
	emit_commands(&emitter, script, &program->last_step);
}
