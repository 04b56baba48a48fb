/*
 * cli_rules.c - `rules lint [FILE...]` and `rules test FILE...`: are the scripts right, and what do they do with a mail?
 *
 * lint says every problem as a compiler does, "file:line: text" on standard error, and ends with 78 if one is an error; files that are
 * given are looked at together, in their order, instead of the folder. test runs the scripts of the configuration over mails,
 * changes nothing and asks no database: each sender counts as not known. A mail that cannot be read does not stop the rest.
 */
#include "cli_private.h"
#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void problems_as_json(struct cli *cli, const struct config_problems *problems, const struct ruleset *ruleset)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "ok", ruleset != NULL);
	json_number(&json, "scripts", ruleset ? (int64_t)rules_script_count(ruleset) : 0);
	json_array(&json, "problems");
	for (size_t i = 0; i < problems->count; i++) {
		json_object(&json, NULL);
		json_string(&json, "file", problems->at[i].file);
		json_number(&json, "line", problems->at[i].line);
		json_string(&json, "text", problems->at[i].text);
		json_bool(&json, "warning", problems->at[i].warning);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void problems_as_lines(struct cli *cli, const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->at[i];
		const char *line = problem->line ? arena_printf(&cli->arena, ":%d", problem->line) : "";

		line = arena_printf(&cli->arena, "%s%s: %s%s", problem->file, line, problem->warning ? "warning: " : "", problem->text);
		fprintf(stderr, "%s\n", cli_safe(&cli->arena, line, false));
	}
}

/* Configuration, processes, scripts. */
static enum status load(struct cli *cli, const struct strings *files, struct config_problems *problems, struct ruleset **ruleset, struct error *error)
{
	enum status status = rules_init(error);

	if (status != STATUS_OK || (status = cli_need_config(cli, error)) != STATUS_OK)
		return status;
	if (files->count)
		rules_load_files(cli->config, files, &cli->arena, problems, ruleset);
	else
		rules_load(cli->config, &cli->arena, problems, ruleset);
	return STATUS_OK;
}

enum status cli_run_rules_lint(struct cli *cli, struct error *error)
{
	struct config_problems problems = { NULL, 0 };
	struct ruleset *ruleset = NULL;
	struct strings files = { NULL, 0 };
	enum status status;

	for (size_t i = 0; i < cli->count; i++)
		strings_add(&cli->arena, &files, cli->words[i]);
	if ((status = load(cli, &files, &problems, &ruleset, error)) != STATUS_OK)
		return status;
	cli->exit_code = ruleset ? EX_OK : EX_CONFIG;
	if (cli->json) {
		problems_as_json(cli, &problems, ruleset);
	} else {
		problems_as_lines(cli, &problems);
		if (ruleset)
			buffer_printf(&cli->out, "rules  ok: %zu script%s%s%s\n", rules_script_count(ruleset), rules_script_count(ruleset) == 1 ? "" : "s",
			              files.count ? "" : " in ", files.count ? "" : cli_safe(&cli->arena, cli->config->rules_dir, false));
	}
	rules_unref(&ruleset);
	return STATUS_OK;
}

/* ---------------------------------------------------------------- rules test */

struct tested { const char *file, *recipient; const struct verdict *verdict; };

static enum status test(struct cli *cli, struct ruleset *ruleset, const char *file, struct arena *arena, struct tested *tested, struct error *error)
{
	static const struct verdict nothing = { .confidence = -1 };      /* no rule is asked about such an address */
	const struct advisers advisers = { .config = cli->config, .policy = &cli->policy, .rules = ruleset };
	struct considered considered = { .as_new = true };
	struct mail_source source;
	struct mail mail;
	enum status status = mail_source_open(file, &source, error);

	if (status != STATUS_OK)
		return status;
	gateway_look(&advisers, arena, &source, cli->option[O_ENVELOPE_FROM], cli->option[O_RCPT], false, &mail);
	considered.incoming = (struct incoming){ .trace = "test", .mail = &mail, .size = source.size, .received = clock_now(),
		.envelope_from = cli->option[O_ENVELOPE_FROM] ? cli->option[O_ENVELOPE_FROM] : mail.from.address,
		.recipient = text_lower(arena, cli_recipient(cli, &mail)) };
	status = gateway_consider(&advisers, arena, &source, &considered, error);
	*tested = (struct tested){ file, considered.incoming.recipient, considered.verdict ? considered.verdict : &nothing };
	mail_source_close(&source);
	return status;
}

static void as_json(struct json *json, const struct tested *tested)
{
	const struct verdict *verdict = tested->verdict;
	struct verdict said = *verdict;

	json_object(json, NULL);
	json_string(json, "file", tested->file);
	json_string(json, "recipient", tested->recipient);
	json_string(json, "queue", verdict->queue);
	json_string(json, "agent", verdict->agent);
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple)
			json_string(json, field->name, *desk_field_ruled(&said, field));
	json_strings(json, "tags", &verdict->tags);
	json_strings(json, "notify", &verdict->notify);
	json_strings(json, "redirect", &verdict->redirects);
	json_string(json, "reject", verdict->reject);
	json_bool(json, "discard", verdict->discard);
	json_array(json, "because");
	for (size_t i = 0; i < verdict->because.count; i++) {
		json_object(json, NULL);
		json_string(json, "by", verdict->because.at[i].by);
		json_string(json, "what", verdict->because.at[i].what);
		json_string(json, "detail", verdict->because.at[i].detail);
		json_object_end(json);
	}
	json_array_end(json);
	json_string(json, "trouble", verdict->trouble);
	json_object_end(json);
}

static void add_word(struct cli *cli, const char *what, const char *value)
{
	if (value)
		buffer_printf(&cli->out, "  %-9s %s\n", what, cli_safe(&cli->arena, value, false));
}

static void as_words(struct cli *cli, const struct tested *tested)
{
	const struct verdict *verdict = tested->verdict;
	struct verdict said = *verdict;
	bool ticket = !verdict->reject && !verdict->discard && !verdict->redirects.count;

	buffer_printf(&cli->out, "%s, to %s\n", cli_safe(&cli->arena, tested->file, false), cli_safe(&cli->arena, tested->recipient, false));
	add_word(cli, "trouble", verdict->trouble);
	add_word(cli, "reject", verdict->reject);
	add_word(cli, "redirect", verdict->redirects.count ? cli_join(&cli->arena, &verdict->redirects, ", ") : NULL);
	add_word(cli, "discard", verdict->discard ? "no ticket and no answer" : NULL);
	add_word(cli, "queue", verdict->queue ? verdict->queue : ticket ? "as the address says" : NULL);
	add_word(cli, "agent", verdict->agent);
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple)
			add_word(cli, field->name, *desk_field_ruled(&said, field));
	add_word(cli, "tags", verdict->tags.count ? cli_join(&cli->arena, &verdict->tags, ", ") : NULL);
	add_word(cli, "notify", verdict->notify.count ? cli_join(&cli->arena, &verdict->notify, ", ") : NULL);
	for (size_t i = 0; i < verdict->because.count; i++) {
		const struct verdict_reason *reason = &verdict->because.at[i];

		add_word(cli, "because", arena_printf(&cli->arena, "%s%s, %s", strcmp(reason->by, "keyword") ? "" : "keyword set ", reason->what,
		                                      reason->detail ? reason->detail : ""));
	}
}

static void error_of(struct cli *cli, struct json *json, const char *file, const struct error *error)
{
	cli->exit_code = status_exit_code(error->status);
	if (!cli->json) {
		cli_warn("%s", error->text);
		return;
	}
	json_object(json, NULL);
	json_string(json, "file", file);
	json_string(json, "error", error->text);
	json_object_end(json);
}

enum status cli_run_rules_test(struct cli *cli, struct error *error)
{
	struct config_problems problems = { NULL, 0 };
	struct ruleset *ruleset = NULL;
	struct json json;
	enum status status = load(cli, &(struct strings){ NULL, 0 }, &problems, &ruleset, error);

	if (status != STATUS_OK)
		return status;
	problems_as_lines(cli, &problems);
	if (!ruleset)
		return error_set(error, STATUS_BAD_CONFIG, "%s: the rules have errors; correct them first", cli->config->rules_dir);
	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < cli->count; i++) {
		CLEANUP_ARENA struct arena arena;
		struct tested tested;
		struct error wrong;

		arena_init(&arena);
		if (test(cli, ruleset, cli->words[i], &arena, &tested, &wrong) != STATUS_OK)
			error_of(cli, &json, cli->words[i], &wrong);
		else if (cli->json)
			as_json(&json, &tested);
		else
			as_words(cli, &tested);
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	}
	rules_unref(&ruleset);
	return STATUS_OK;
}
