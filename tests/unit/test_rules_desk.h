/*
 * test_rules_desk.h - the desk of the rules' tests: three queues, two agents, some keyword sets, scripts from strings, mails from strings.
 *
 * Included by tests/unit/test_rules*.c only. Scripts are given as name and text; each gets a file in a folder of its own.
 */
#ifndef TEST_RULES_DESK_H
#define TEST_RULES_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "rules.h"

#define ALL_REQUIRED "require [\"fileinto\", \"envelope\", \"reject\", \"imap4flags\", \"relational\", \"subaddress\", \"notify\", \"vacation\"];\n"

static struct arena arena;
static struct config config;
static char folder[64];

static void add_keyword(const char *name, const char *words, const char *regex, enum keyword_in in, const char *language)
{
	struct config_keyword *keyword = ARENA_PUSH(&config.arena, &config.keywords);
	char *copy = arena_string(&config.arena, words);
	*keyword = (struct config_keyword){.name = name, .regex = regex, .in = in, .language = language};
	for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
		strings_add(&config.arena, &keyword->any, word);
}

static void add_queue(const char *name)
{
	*ARENA_PUSH(&config.arena, &config.policy.queues) =
		(struct desk_queue){.name = name, .address = arena_printf(&config.arena, "%s@example.org", name), .description = ""};
}

static void add_agent(const char *name)
{
	*ARENA_PUSH(&config.arena, &config.policy.agents) =
		(struct desk_agent){.name = name, .email = arena_printf(&config.arena, "%s@example.org", name), .display = name};
}

static void desk_up(void)
{
	struct error error;
	log_set_level(LOG_ERROR);
	assert_int_equal(rules_init(&error), STATUS_OK);
	mail_init();
	arena_init(&arena);
	memset(&config, 0, sizeof config);
	arena_init(&config.arena);
	snprintf(folder, sizeof folder, "/tmp/test_rules.XXXXXX");
	assert_non_null(mkdtemp(folder));
	config.file = "sportello.conf";
	config.rules_dir = folder;
	config.policy.name = "Desk";
	config.policy.domain = "example.org";
	config.policy.separators = "+";
	add_queue("support");
	add_queue("network");
	add_queue("invoices");
	add_agent("bob");
	add_agent("carla");
	add_keyword("vpn", "vpn|anyconnect|tunnel", "", KEYWORD_IN_BOTH, "");
	add_keyword("invoice", "", "\\b(fattur[ae]|invoices?|rechnung(en)?)\\b", KEYWORD_IN_SUBJECT, "");
	add_keyword("stampa", "stampante|toner", "", KEYWORD_IN_BOTH, "it");
}

static void empty_folder(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'/*", folder);
	assert_int_equal(system(command), 0);
}

static void desk_down(void)
{
	empty_folder();
	rmdir(folder);
	rules_fini();
	arena_fini(&config.arena);
	arena_fini(&arena);
}

static void put_bytes(const char *name, const char *text, size_t length)
{
	FILE *file = fopen(arena_printf(&arena, "%s/%s", folder, name), "w");
	assert_non_null(file);
	fwrite(text, 1, length, file);
	fclose(file);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

/* "10-a.sieve:3: words" a line; warnings begin with "warning: ". */
static const char *told(const struct config_problems *problems)
{
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	for (size_t i = 0; i < problems->count; i++) {
		const char *slash = strrchr(problems->at[i].file, '/');
		buffer_printf(&all, "%s%s:%d: %s\n", problems->at[i].warning ? "warning: " : "", slash ? slash + 1 : problems->at[i].file, problems->at[i].line,
		              problems->at[i].text);
	}
	return arena_string(&arena, buffer_string(&all));
}

static struct ruleset *load_folder(const char **words)
{
	struct config_problems problems = {0};
	struct ruleset *ruleset = NULL;
	enum status status = rules_load(&config, &arena, &problems, &ruleset);
	assert_true((status == STATUS_OK) == (ruleset != NULL));
	*words = told(&problems);
	return ruleset;
}

static struct ruleset *load_one(const char *script)
{
	const char *words;
	empty_folder();
	put("10-a.sieve", script);
	struct ruleset *ruleset = load_folder(&words);
	if (!ruleset)
		fail_msg("refused: %s\n%s", words, script);
	return ruleset;
}

struct rules_question {
	const char *mail, *from, *queue;
	bool known;
};

/* Mails are written with \n; the recipient is QUEUE@example.org. */
static void ask(struct ruleset *ruleset, const struct rules_question *asked, struct verdict *verdict)
{
	struct mail mail;
	const char *queue = asked->queue ? asked->queue : "support";
	struct mail_source source = {asked->mail, strlen(asked->mail), -1};
	struct mail_options options = {.authserv_id = "mx.example.org"};
	mail_parse(&arena, &source, &options, &mail);
	struct rules_input input = {.mail = &mail, .source = &source, .envelope_from = asked->from ? asked->from : "anna@example.net",
	                            .recipient = arena_printf(&arena, "%s+x@example.org", queue), .queue = queue, .known = asked->known};
	rules_evaluate(ruleset, &input, &arena, verdict);
}

/* The whole verdict in one line. */
static const char *verdict_text(const struct verdict *verdict)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	if (verdict->trouble)
		return "trouble";
	if (verdict->reject)
		buffer_printf(&out, "reject(%s) ", verdict->reject);
	for (size_t i = 0; i < verdict->redirects.count; i++)
		buffer_printf(&out, "redirect(%s) ", verdict->redirects.at[i]);
	if (verdict->discard)
		buffer_add_string(&out, "discard ");
	if (verdict->queue)
		buffer_printf(&out, "queue(%s) ", verdict->queue);
	if (verdict->agent)
		buffer_printf(&out, "agent(%s) ", verdict->agent);
	if (verdict->priority)
		buffer_printf(&out, "priority(%s) ", verdict->priority);
	for (size_t i = 0; i < verdict->tags.count; i++)
		buffer_printf(&out, "tag(%s) ", verdict->tags.at[i]);
	for (size_t i = 0; i < verdict->notify.count; i++)
		buffer_printf(&out, "notify(%s) ", verdict->notify.at[i]);
	return arena_string(&arena, text_trim((char *)(uintptr_t)buffer_string(&out)));
}

static void expect_of(struct ruleset *ruleset, const struct rules_question *asked, const char *expected)
{
	struct verdict verdict;
	ask(ruleset, asked, &verdict);
	if (strcmp(verdict_text(&verdict), expected) != 0)
		fail_msg("expected \"%s\", got \"%s\" (%s)", expected, verdict_text(&verdict), verdict.trouble ? verdict.trouble : "");
}

#endif
