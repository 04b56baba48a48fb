/*
 * cli_check.c - `check`: is the configuration right? And the hidden `config-sample` and `config-mdoc`, which print what the
 * table of parameters makes.
 *
 * Says everything at once on standard error, "file:line: key: text" a line; ends with 78 if one of it is an error. A database that is there must
 * open, too. May not create anything.
 */
#include "cli_private.h"

#include "kb.h"
#include "postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* "what is so; what to write": the two apart. */
static void problem_as_finding(struct cli *cli, const struct config_problem *problem, struct cli_findings *findings)
{
	const char *cut = strstr(problem->text, "; ");

	*ARENA_PUSH(&cli->arena, findings) = (struct cli_finding){ problem->warning ? "warning" : "error", problem->file, problem->line,
		arena_printf(&cli->arena, "%s%s%.*s", problem->key, *problem->key ? ": " : "", cut ? (int)(cut - problem->text) : (int)strlen(problem->text), problem->text),
		cut ? cut + 2 : *problem->key ? arena_printf(&cli->arena, "see %s in sportello.conf(5)", problem->key) : "see sportello.conf(5)" };
}

static void findings_as_json(struct cli *cli, const struct config_problems *problems, const struct cli_findings *system)
{
	struct cli_findings all = { NULL, 0 };
	struct json json;

	for (size_t i = 0; i < problems->count; i++)
		problem_as_finding(cli, &problems->at[i], &all);
	for (size_t i = 0; i < system->count; i++)
		*ARENA_PUSH(&cli->arena, &all) = system->at[i];
	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < all.count; i++) {
		json_object(&json, NULL);
		json_string(&json, "level", all.at[i].level);
		json_string(&json, "file", all.at[i].file);
		json_number(&json, "line", all.at[i].line);
		json_string(&json, "what", all.at[i].what);
		json_string(&json, "do", all.at[i].what_to_do);
		json_object_end(&json);
	}
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void findings_as_lines(struct cli *cli, const struct cli_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct cli_finding *finding = &findings->at[i];
		const char *place = finding->line ? arena_printf(&cli->arena, "%s:%d", finding->file, finding->line) : finding->file;

		fprintf(stderr, "%s\n", cli_safe(&cli->arena, arena_printf(&cli->arena, "%s: %s: %s; write: %s", place, finding->level, finding->what, finding->what_to_do), false));
	}
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

/* One that names only queues that are not there is never suggested. */
static void check_queues_of_articles(struct cli *cli, const struct kb_articles *articles, struct config_problems *problems)
{
	for (size_t i = 0; i < articles->count; i++)
		for (size_t k = 0; k < articles->at[i].queues.count; k++)
			if (!desk_queue_named(&cli->config->policy, articles->at[i].queues.at[k]))
				*ARENA_PUSH(&cli->arena, problems) = (struct config_problem){ arena_printf(&cli->arena, "%s/%s", cli->config->kb_dir, articles->at[i].file), 0, "queues",
				                                                              arena_printf(&cli->arena, "there is no queue \"%s\"; write the name of one", articles->at[i].queues.at[k]), true };
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
	check_queues_of_articles(cli, &articles, problems);
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

/* Anybody can write Authentication-Results under the name that we believe: the mail server must take them off. Of this machine's Postfix it can be
 * seen that nothing does; of another mail server nothing can be seen, and that is said. */
static void check_authserv(struct cli *cli, struct config_problems *problems)
{
	struct postfix *postfix = NULL;
	struct error error;

	if (!*cli->config->authserv_id)
		return;
	if (cli_postfix(cli, cli->config, &postfix, &error) != STATUS_OK)
		postfix = NULL;
	if (postfix && (*postfix_value(postfix, "header_checks") || *postfix_value(postfix, "smtpd_milters")))
		return;
	*ARENA_PUSH(&cli->arena, problems) = (struct config_problem){ postfix ? postfix_main_cf(postfix) : cli->config->file, 0, "authserv_id", postfix
		? "nothing here takes foreign Authentication-Results off incoming mail, so anybody can write \"dmarc=pass\" under that name: set header_checks as "
		  "in contrib/postfix/header_checks.sample, or leave authserv_id empty"
		: "the configuration of the mail server cannot be seen from here: make sure that it takes foreign Authentication-Results of that name off incoming mail, "
		  "or anybody can write \"dmarc=pass\" himself (for Postfix: contrib/postfix/header_checks.sample)", true };
}

/* NULL: not there yet; else "ok" or what is wrong. *older: its version, if it is an earlier one's. */
static const char *check_database(struct cli *cli, int *older)
{
	struct error error;

	if (store_missing(cli->config->state_dir, cli->config->store_url))
		return NULL;
	return store_look(cli->config->state_dir, cli->config->store_url, older, &error) ==
	                       STATUS_OK
	               ? "ok"
	               : arena_string(&cli->arena, error.text);
}

static void say_fine(struct cli *cli, size_t scripts, size_t articles, const char *database)
{
	const struct config *config = cli->config;

	buffer_printf(&cli->out, "configuration  ok: %s, %zu queue%s, %zu agent%s\n", cli_safe(&cli->arena, config->file, false), config->policy.queues.count,
	              config->policy.queues.count == 1 ? "" : "s", config->policy.agents.count, config->policy.agents.count == 1 ? "" : "s");
	buffer_printf(&cli->out, "templates      ok: %zu of your own\n", config->templates.count);
	buffer_printf(&cli->out, "rules          ok: %zu script%s\n", scripts, scripts == 1 ? "" : "s");
	if (*config->kb_dir)
		buffer_printf(&cli->out, "articles       ok: %zu in %s\n", articles, cli_safe(&cli->arena, config->kb_dir, false));
	else
		buffer_add_string(&cli->out, "articles       none: kb_dir is empty\n");
	if (!database)
		buffer_printf(&cli->out, "database       none in %s yet; sportellod makes it\n", cli_safe(&cli->arena, config->state_dir, false));
	else
		buffer_printf(&cli->out, "database       %s%s\n", cli_safe(&cli->arena, database, false), strcmp(database, "ok") ? "" : arena_printf(&cli->arena, ": %s", store_place(&cli->arena, config->state_dir, config->store_url)));
}

/* 250 promises what the server keeps. */
static void advise(struct cli *cli, struct cli_findings *findings)
{
	struct strings said;

	if (store_advise(cli->config->state_dir, cli->config->store_url, &cli->arena, &said, NULL) != STATUS_OK)
		return;
	for (size_t i = 0; i < said.count; i++)
		*ARENA_PUSH(&cli->arena, findings) = (struct cli_finding){ "warning", store_place(&cli->arena, cli->config->state_dir, cli->config->store_url), 0, said.at[i],
			                                                   "see doc/OPERATING.md, PostgreSQL" };
}

static const char *digest_at(const char *digests, size_t number)
{
	return strlen(digests) >= CONFIG_DIGESTS * 17 - 1 ? digests + 17 * number : NULL;
}

/* Gateways of one desk that work with other files than those that are here. */
static void compare_machines(struct cli *cli, struct cli_findings *findings)
{
	struct arena *arena = &cli->arena;
	struct machines machines;
	uint64_t here[CONFIG_DIGESTS];

	if (store_machines(cli->config->state_dir, cli->config->store_url, arena, &machines, NULL) != STATUS_OK || !machines.count)
		return;
	config_digests(cli->config, here);
	for (size_t i = 0; i < machines.count; i++)
		for (size_t k = 0; k < CONFIG_DIGESTS; k++) {
			const char *there = digest_at(machines.at[i].digests, k);

			if (!there || strtoull(there, NULL, 16) == here[k])
				continue;
			*ARENA_PUSH(arena, findings) = (struct cli_finding){ "warning", cli_config_file(cli), 0,
				arena_printf(arena, "the gateway on %s works with other %s than these files (as it said at %s)", cli_safe(arena, machines.at[i].name, false),
				             k ? config_digest_names[k] : "settings", time_rfc3339(arena, machines.at[i].told)),
				"copy what should be alike, and systemctl reload sportellod there and here" };
		}
}

static void find(struct cli *cli, struct cli_findings *findings, const char *level, const char *url, const char *what, const char *what_to_do)
{
	*ARENA_PUSH(&cli->arena, findings) = (struct cli_finding){ level, store_place(&cli->arena, cli->config->state_dir, url), 0, what, what_to_do };
}

/* The SQLite database beside a server's: from before the desk moved, or forgotten. */
static void look_at_left_behind(struct cli *cli, struct cli_findings *findings)
{
	const char *state_dir = cli->config->state_dir;
	struct store_copy_stand stand;
	struct error error;

	if (strcmp(cli->config->store_url, STORE_URL) == 0 || store_missing(state_dir, STORE_URL) || store_copy_stand(state_dir, STORE_URL, &cli->arena, &stand, &error) != STATUS_OK)
		return;
	if (stand.moved)
		find(cli, findings, "note", STORE_URL, "the desk moved from this database; all mail of then is still in it, also what is erased since", "when all is well: remove it, and what mails/ has from then");
	else if (stand.noting)
		find(cli, findings, "warning", STORE_URL, "this database is of before a copy that was not completed: what came into it since is not in the desk's",
		     "stop whoever writes to it; if nothing in it is wanted, sportello store copy --end --from sqlite:");
	else
		find(cli, findings, "note", STORE_URL, "this database is not the desk's: store.url names another one, and nothing says that it was copied there", "look at it, and remove it if nobody needs it");
}

static void look_at_copies(struct cli *cli, struct cli_findings *findings)
{
	const char *url = cli->config->store_url;
	struct store_copy_stand stand;
	struct error error;

	if (store_copy_stand(cli->config->state_dir, url, &cli->arena, &stand, &error) != STATUS_OK)
		return;
	if (stand.noting)
		find(cli, findings, "note", url, "changes are noted for a copy that is not complete",
		     "stop sportellod and run sportello store copy again, which completes it; no copy is wanted: sportello store copy --end");
	if (stand.beside)
		find(cli, findings, "warning", url, "a sportellod worked where this database was copied from: what it took since is not here",
		     "before sportellod works on this one: stop that one, and run the same sportello store copy there again");
	look_at_left_behind(cli, findings);
}

/* A database that does not open is an error like others. */
static bool look_at_system(struct cli *cli, const char *database, int older,
                           struct cli_findings *findings)
{
	bool fine = true;

	if (older)
		*ARENA_PUSH(&cli->arena, findings) = (struct cli_finding){
			"note",
			store_place(&cli->arena, cli->config->state_dir, cli->config->store_url), 0,
			arena_printf(
				&cli->arena,
				"the database is of an older version (schema %d): sportellod makes a backup beside it, of its size, and brings it up to date when it is started",
				older),
			"systemctl restart sportellod"
		};

	if (database && strcmp(database, "ok") != 0)
		*ARENA_PUSH(&cli->arena, findings) = (struct cli_finding){ "error", store_place(&cli->arena, cli->config->state_dir, cli->config->store_url), 0, database, "see sportello(1), fsck and backup" };
	else if (database) {
		advise(cli, findings);
		compare_machines(cli, findings);
		look_at_copies(cli, findings);
	}
	cli_check_system(cli, findings);
	for (size_t i = 0; i < findings->count; i++)
		fine = fine && strcmp(findings->at[i].level, "error") != 0;
	return fine;
}

enum status cli_run_check(struct cli *cli, struct error *error)
{
	const char *database = NULL;
	int older = 0;
	struct cli_findings system = { NULL, 0 };
	struct config_problems problems;
	size_t scripts = 0, articles = 0;
	bool fine = config_load_for_check(cli_config_file(cli), &cli->arena, &cli->config, &problems) == STATUS_OK, read = fine;

	if (fine)
		database = check_database(cli, &older);
	if (cli->config) {
		fine = check_rules(cli, &problems, &scripts) && fine;
		check_kb(cli, &problems, &articles);
		fine = check_replies(cli, &problems) && fine;
		check_authserv(cli, &problems);
	}
	if (read)
		fine = look_at_system(cli, database, older, &system) && fine;
	cli->exit_code = fine ? EX_OK : EX_CONFIG;
	if (cli->json) {
		findings_as_json(cli, &problems, &system);
		return STATUS_OK;
	}
	problems_as_lines(cli, &problems);
	findings_as_lines(cli, &system);
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
