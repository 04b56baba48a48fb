/*
 * cli_check.c - `check`: is the configuration right? And the hidden `config-sample` and `config-mdoc`, which print what the
 * table of parameters makes.
 *
 * Says everything at once on standard error, "file:line: key: text" a line; ends with 78 if one of it is an error. A database that is there must
 * open, too. May not create anything.
 */
#include "cli_private.h"

#include "kb.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void problems_as_json(struct cli *cli, const struct config_problems *problems, bool fine, const char *database)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_bool(&json, "ok", fine);
	json_array(&json, "problems");
	for (size_t i = 0; i < problems->count; i++) {
		json_object(&json, NULL);
		json_string(&json, "file", problems->at[i].file);
		json_number(&json, "line", problems->at[i].line);
		json_string(&json, "key", problems->at[i].key);
		json_string(&json, "text", problems->at[i].text);
		json_bool(&json, "warning", problems->at[i].warning);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_string(&json, "database", database);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

/* As a compiler does: to standard error, so that an editor finds file and line. */
static void problems_as_lines(struct cli *cli, const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->at[i];
		const char *line = arena_printf(&cli->arena, "%s:%d: %s%s%s%s", problem->file, problem->line, problem->warning ? "warning: " : "", problem->key,
		                                *problem->key ? ": " : "", problem->text);

		fprintf(stderr, "%s\n", cli_safe(&cli->arena, line, false));
	}
}

/* Errors and warnings of the rules, beside those of the configuration. */
static bool check_rules(struct cli *cli, struct config_problems *problems, size_t *scripts)
{
	struct config_problems of_rules = { NULL, 0 };
	struct ruleset *ruleset = NULL;
	struct error error;

	if (rules_init(&error) != STATUS_OK)
		cli_warn("%s", error.text);
	rules_load(cli->config, &cli->arena, &of_rules, &ruleset);
	for (size_t i = 0; i < of_rules.count; i++)
		*ARENA_PUSH(&cli->arena, problems) = of_rules.at[i];
	*scripts = ruleset ? rules_script_count(ruleset) : 0;
	if (!ruleset)
		return false;
	rules_unref(&ruleset);
	return true;
}

/* What is wrong in the articles: warnings all, since the desk works without them. `kb lint` tells what is merely doubtful, too. */
static void check_kb(struct cli *cli, struct config_problems *problems, size_t *count)
{
	struct kb_problems of_kb = { NULL, 0 };
	struct kb_articles articles;
	struct error error;
	struct kb *kb;

	if (access(cli->config->kb_dir, F_OK) < 0)
		return;
	if (kb_open(cli->config->kb_dir, &kb, &cli->arena, &of_kb, &error) != STATUS_OK) {
		cli_warn("%s", error.text);
		return;
	}
	kb_list(kb, &cli->arena, &articles);
	*count = articles.count;
	for (size_t i = 0; i < of_kb.count; i++)
		*ARENA_PUSH(&cli->arena, problems) = (struct config_problem){ arena_printf(&cli->arena, "%s/%s", cli->config->kb_dir, of_kb.at[i].file), of_kb.at[i].line,
		                                                              "", of_kb.at[i].text, true };
	kb_close(&kb);
}

/* An unknown variable would go to a customer: errors all. */
static bool check_replies(struct cli *cli, struct config_problems *problems)
{
	size_t before = problems->count, count;

	config_check_replies(cli->config, &cli->arena, problems, &count);
	return problems->count == before;
}

/* Does a line of Postfix's main.cf set this parameter to anything? */
static bool main_cf_sets(const char *text, const char *name)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t length = strlen(name);
		const char *value = line + length;

		if (strncmp(line, name, length) != 0 || !strchr(" \t=", *value))
			continue;
		value += strspn(value, " \t=");
		if (*value && *value != '\n')
			return true;
	}
	return false;
}

/* Anybody can write Authentication-Results under the name that we believe: the mail server must take them off. Of this machine's Postfix it can be
 * seen that nothing does; of another mail server nothing can be seen, and that is said. */
static void check_authserv(struct cli *cli, struct config_problems *problems)
{
	static const char path[] = "/etc/postfix/main.cf";
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	bool seen;

	buffer_init(&text);
	if (!*cli->config->authserv_id)
		return;
	seen = file_read_all(path, 1 << 20, &text, &error) == STATUS_OK;
	if (seen && (main_cf_sets(buffer_string(&text), "header_checks") || main_cf_sets(buffer_string(&text), "smtpd_milters")))
		return;
	*ARENA_PUSH(&cli->arena, problems) = (struct config_problem){ seen ? path : cli->config->file, 0, "authserv_id", seen
		? "nothing here takes foreign Authentication-Results off incoming mail, so anybody can write \"dmarc=pass\" under that name: set header_checks as "
		  "in contrib/postfix/header_checks.sample, or leave authserv_id empty"
		: "the configuration of the mail server cannot be seen from here: make sure that it takes foreign Authentication-Results of that name off incoming mail, "
		  "or anybody can write \"dmarc=pass\" himself (for Postfix: contrib/postfix/header_checks.sample)", true };
}

/* NULL: not there yet; else "ok" or what is wrong. */
static const char *check_database(struct cli *cli)
{
	struct store *store = NULL;
	struct error error;

	if (store_missing(cli->config->state_dir, cli->config->store_url))
		return NULL;
	if (store_open(cli->config->state_dir, cli->config->store_url, false, &store, &error) != STATUS_OK)
		return arena_string(&cli->arena, error.text);
	store_close(&store);
	return "ok";
}

static void say_fine(struct cli *cli, size_t scripts, size_t articles, const char *database)
{
	const struct config *config = cli->config;

	buffer_printf(&cli->out, "configuration  ok: %s, %zu queue%s, %zu agent%s\n", cli_safe(&cli->arena, config->file, false), config->policy.queues.count,
	              config->policy.queues.count == 1 ? "" : "s", config->policy.agents.count, config->policy.agents.count == 1 ? "" : "s");
	buffer_printf(&cli->out, "templates      ok: %zu of your own\n", config->templates.count);
	buffer_printf(&cli->out, "rules          ok: %zu script%s\n", scripts, scripts == 1 ? "" : "s");
	buffer_printf(&cli->out, "articles       ok: %zu in %s\n", articles, cli_safe(&cli->arena, config->kb_dir, false));
	if (!database)
		buffer_printf(&cli->out, "database       none in %s yet; sportellod makes it\n", cli_safe(&cli->arena, config->state_dir, false));
	else
		buffer_printf(&cli->out, "database       %s%s\n", cli_safe(&cli->arena, database, false), strcmp(database, "ok") ? "" : arena_printf(&cli->arena, ": %s", store_place(&cli->arena, config->state_dir, config->store_url)));
}

enum status cli_run_check(struct cli *cli, struct error *error)
{
	const char *file = cli->option[O_CONFIG] ? cli->option[O_CONFIG] : CLI_CONFIG_FILE, *database = NULL;
	struct config_problems problems;
	size_t scripts = 0, articles = 0;
	bool fine = config_load_for_check(file, &cli->arena, &cli->config, &problems) == STATUS_OK, opens;

	if (fine)
		database = check_database(cli);
	if (cli->config) {
		fine = check_rules(cli, &problems, &scripts) && fine;
		check_kb(cli, &problems, &articles);
		fine = check_replies(cli, &problems) && fine;
		check_authserv(cli, &problems);
	}
	opens = !database || !strcmp(database, "ok");
	cli->exit_code = fine && opens ? EX_OK : EX_CONFIG;
	if (cli->json) {
		problems_as_json(cli, &problems, fine && opens, database);
		return STATUS_OK;
	}
	problems_as_lines(cli, &problems);
	if (fine)
		say_fine(cli, scripts, articles, database);
	return STATUS_OK;
}

enum status cli_run_config_sample(struct cli *cli, struct error *error)
{
	(void)error;
	config_write_sample(&cli->out);
	return STATUS_OK;
}

enum status cli_run_config_mdoc(struct cli *cli, struct error *error)
{
	(void)error;
	config_write_mdoc(&cli->out);
	return STATUS_OK;
}
