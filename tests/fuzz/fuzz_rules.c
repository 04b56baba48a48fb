/*
 * fuzz_rules.c - libFuzzer: any bytes as a Sieve script into lexer, parser and linter, and what they accept into the program for libsieve.
 *
 * libsieve itself is not run here: its faults are its worker's, and tests/unit/test_rules_workers.c shows what that survives. What is
 * checked: no fault of memory; every refusal has words and a line within the script; what is accepted becomes a program that
 * holds no backslash and no byte below a blank but newlines, whose blocks, strings and lists are closed. That is what
 * libsieve may rely on. A crash file is run again with: fuzz_rules FILE
 */
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "not so: %s\n", #condition); abort(); } } while (0)

static struct desk_queue queues[] = {{.name = "support", .address = "support@example.org"}, {.name = "network", .address = "network@example.org"}};
static struct desk_agent agents[] = {{.name = "bob", .email = "bob@example.org"}};
static struct config_keyword keywords[] = {{.name = "vpn", .regex = "", .language = ""}};

static void check_problems(const struct config_problems *problems, const uint8_t *bytes, size_t length)
{
	int lines = 1;

	for (size_t i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	for (size_t i = 0; i < problems->count; i++)
		CHECK(*problems->at[i].text && problems->at[i].line >= 0 && problems->at[i].line <= lines);
}

static void check_program(const struct program *program)
{
	int braces = 0, brackets = 0, parentheses = 0;
	bool quoted = false;

	for (size_t i = 0; i < program->text.length; i++) {
		unsigned char byte = (unsigned char)program->text.at[i];

		CHECK(byte != '\\' && (byte >= ' ' || byte == '\n') && !(quoted && byte == '\n'));
		quoted ^= byte == '"';
		if (quoted)
			continue;
		braces += byte == '{' ? 1 : byte == '}' ? -1 : 0;
		brackets += byte == '[' ? 1 : byte == ']' ? -1 : 0;
		parentheses += byte == '(' ? 1 : byte == ')' ? -1 : 0;
		CHECK(braces >= 0 && brackets >= 0 && parentheses >= 0 && byte != '#' && byte != '*');
	}
	CHECK(!quoted && !braces && !brackets && !parentheses);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct config config = {.rules_dir = "", .policy = {.separators = "+", .domain = "example.org"}};
	struct arena arena;
	struct config_problems problems = {0};
	struct report report = {.arena = &arena, .problems = &problems, .file = "f.sieve"};
	struct check check = {.report = &report, .config = &config};

	config.policy.queues.at = queues, config.policy.queues.count = COUNT_OF(queues);
	config.policy.agents.at = agents, config.policy.agents.count = COUNT_OF(agents);
	config.keywords.at = keywords, config.keywords.count = COUNT_OF(keywords);
	arena_init(&arena);
	struct node *script = rules_parse_script(&report, (const char *)bytes, length);
	rules_check_script(&check, script);
	rules_check_flow(&check, script);
	check_problems(&problems, bytes, length);
	if (!report.errors) {
		struct program program;

		rules_program_begin(&program, &arena);
		rules_program_add(&program, &config, "f.sieve", script);
		check_program(&program);
		buffer_fini(&program.text);
	}
	arena_fini(&arena);
	return 0;
}
