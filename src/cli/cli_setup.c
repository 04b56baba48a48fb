/*
 * cli_setup.c - `setup`: from a machine with a mail server to a desk that mail reaches. Options and questions, what would change, --apply, --undo.
 *
 * Without --apply it changes nothing and shows all of it as a diff. What it writes is its own: a new configuration where there is none, tables of
 * its own for Postfix, a file of its own for the web server; lists of main.cf are made longer (postfix.h). A configuration that is there stays as it
 * is, and Postfix is told what it says; so after a change of queues setup is run again.
 */
#include "cli_private.h"

#include "postfix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ANSWER_BYTES 512

struct setup {
	struct cli *cli;
	const char *file;
	bool fresh;                              /* the configuration is to be written */
	const char *text;                        /* of it */
	struct config *config;                   /* the one that is there, or the new one */
	struct postfix *postfix;                 /* NULL: elsewhere */
	struct postfix_plan plan;
	const char *server, *web_path, *web_text, *web_then;
	struct strings notes, problems;
};

/* ---------------------------------------------------------------- questions */

static const char *ask(struct cli *cli, const char *question, const char *standard)
{
	char answer[ANSWER_BYTES];

	if (!isatty(STDIN_FILENO))
		return standard;
	fprintf(stderr, *standard ? "%s [%s]: " : "%s: ", question, standard);
	if (!fgets(answer, sizeof answer, stdin))
		return standard;
	return *text_trim(answer) ? arena_string(&cli->arena, text_trim(answer)) : standard;
}

static const char *option_or(struct cli *cli, enum cli_option option, const char *question, const char *standard)
{
	return cli->option[option] ? cli->option[option] : ask(cli, question, standard);
}

/* "a, b c" */
static void add_words(struct cli *cli, struct strings *list, const char *text)
{
	while (*text) {
		size_t length;

		text += strspn(text, " ,\t");
		length = strcspn(text, " ,\t");
		if (length)
			strings_add(&cli->arena, list, arena_copy(&cli->arena, text, length));
		text += length;
	}
}

static enum status read_answers(struct setup *setup, struct cli_setup *answers, struct error *error)
{
	struct cli *cli = setup->cli;
	const char *first = cli->all[O_QUEUE].count ? cli->all[O_QUEUE].at[0] : NULL, *of_queue = first && strchr(first, '@') ? strchr(first, '@') + 1 : "";

	answers->domain = option_or(cli, O_DOMAIN, "Domain of the desk's addresses, for example help.example.org", of_queue);
	if (!*answers->domain)
		return error_set(error, STATUS_USAGE, "which domain? --domain help.example.org, or --queue support@help.example.org");
	for (size_t i = 0; i < cli->all[O_QUEUE].count; i++)
		strings_add(&cli->arena, &answers->queues, strchr(cli->all[O_QUEUE].at[i], '@') ? cli->all[O_QUEUE].at[i]
		            : arena_printf(&cli->arena, "%s@%s", cli->all[O_QUEUE].at[i], answers->domain));
	if (!first)
		add_words(cli, &answers->queues, ask(cli, "Address that customers write to (several with blanks between)", arena_printf(&cli->arena, "support@%s", answers->domain)));
	for (size_t i = 0; i < cli->all[O_AGENT].count; i++)
		strings_add(&cli->arena, &answers->agents, cli->all[O_AGENT].at[i]);
	if (!answers->agents.count)
		add_words(cli, &answers->agents, ask(cli, "Who answers, as NAME=ADDRESS (several with blanks between)", ""));
	if (!answers->agents.count)
		return error_set(error, STATUS_USAGE, "who answers? --agent bob=bob@example.org, once for each agent");
	answers->name = option_or(cli, O_NAME, "Name of the desk, as customers see it", "Help desk");
	return STATUS_OK;
}

/* ---------------------------------------------------------------- what there is */

static enum status open_postfix(struct setup *setup, struct error *error)
{
	const char *where = setup->cli->option[O_POSTFIX] ? setup->cli->option[O_POSTFIX] : "here";
	enum status status;

	if (!strcmp(where, "none"))
		return STATUS_OK;
	if (strcmp(where, "here") != 0 && *where != '/')
		return error_set(error, STATUS_USAGE, "--postfix is here, none, or the directory of its main.cf, not \"%s\"", where);
	status = postfix_open(&setup->cli->arena, *where == '/' ? where : NULL, &setup->postfix, error);
	if (status != STATUS_NOT_FOUND || setup->cli->option[O_POSTFIX])
		return status;
	strings_add(&setup->cli->arena, &setup->notes, arena_printf(&setup->cli->arena, "%s. With another mail server give --postfix none and --relay URL", error->text));
	return STATUS_OK;
}

/* The relay, the separator and the size are what this Postfix has. */
static enum status fit_postfix(struct setup *setup, struct cli_setup *answers, struct error *error)
{
	struct cli *cli = setup->cli;
	int port = setup->postfix ? postfix_port(setup->postfix) : 0;
	const char *delimiters = setup->postfix ? postfix_value(setup->postfix, "recipient_delimiter") : "";
	int64_t size = 0;

	answers->relay = cli->option[O_RELAY] ? cli->option[O_RELAY] : port ? arena_printf(&cli->arena, "smtp://127.0.0.1:%d", port)
	                 : ask(cli, "Mail server that takes what the desk sends, for example smtp+starttls://desk@mail.example.org:587", "");
	if (!*answers->relay)
		return error_set(error, STATUS_USAGE, "which mail server takes what the desk sends? --relay smtp://HOST:25");
	answers->separator = *delimiters && !strchr(delimiters, '+') && strchr("-_=.", *delimiters) ? arena_copy(&cli->arena, delimiters, 1) : "+";
	if (setup->postfix && cli_number(postfix_value(setup->postfix, "message_size_limit"), "bytes", &size, NULL) == STATUS_OK && size > 52428800 && size <= INT32_MAX)
		answers->message_bytes = (uint64_t)size;
	return STATUS_OK;
}

static const char *installed_server(void)
{
	return access("/etc/nginx/sites-enabled", F_OK) == 0 ? "nginx" : access("/etc/caddy/Caddyfile", F_OK) == 0 ? "caddy"
	       : access("/etc/apache2/sites-available", F_OK) == 0 ? "apache" : "none";
}

static const char *host_of(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url;

	return arena_copy(arena, host, strcspn(host, ":/"));
}

/* Customers open the links from outside: without a web server in front they are dead. */
static enum status fit_web(struct setup *setup, struct cli_setup *answers, struct error *error)
{
	struct cli *cli = setup->cli;

	setup->server = option_or(cli, O_WEB, "Web server in front of the pages: nginx, caddy, apache or none", installed_server());
	answers->url = cli->option[O_URL] ? cli->option[O_URL] : strcmp(setup->server, "none") ? arena_printf(&cli->arena, "https://%s", answers->domain) : "";
	if (strcmp(setup->server, "none") != 0 && !cli_setup_web(&cli->arena, setup->server, host_of(&cli->arena, answers->url), "127.0.0.1:8025", &setup->web_path, &setup->web_text, &setup->web_then))
		return error_set(error, STATUS_USAGE, "--web is nginx, caddy, apache or none, not \"%s\"", setup->server);
	if (!*answers->url)
		strings_add(&cli->arena, &setup->notes, "no web server: links in customers' mails would lead to http://127.0.0.1:8025, which only this machine can open. "
		            "Give --web nginx, caddy or apache, or --url");
	return STATUS_OK;
}

/* "support", too, of support@help.example.org. */
static bool has_queue(const struct desk_policy *policy, const char *address)
{
	bool found = strchr(address, '@') && desk_queue_with_address(policy, address);

	for (size_t i = 0; i < policy->queues.count && !found && !strchr(address, '@'); i++)
		found = text_starts_nocase(policy->queues.at[i].address, address) && policy->queues.at[i].address[strlen(address)] == '@';
	return found;
}

/* One that is there already says all itself; an option that says otherwise is not carried out silently. */
static enum status use_existing(struct setup *setup, struct error *error)
{
	static const enum cli_option words[] = { O_DOMAIN, O_NAME, O_RELAY, O_URL };
	struct cli *cli = setup->cli;
	enum status status = cli_need_config(cli, error);

	if (status != STATUS_OK)
		return status;
	setup->config = cli->config;
	for (size_t i = 0; i < cli->all[O_QUEUE].count; i++)
		if (!has_queue(&cli->policy, cli->all[O_QUEUE].at[i]))
			return error_set(error, STATUS_USAGE, "%s is there already and has no queue with the address %s; write it there, then run setup again", setup->file, cli->all[O_QUEUE].at[i]);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (cli->option[words[i]])
			strings_add(&cli->arena, &setup->notes, arena_printf(&cli->arena, "%s is there already and stays as it is: \"%s\" was not written", setup->file, cli->option[words[i]]));
	if (cli->option[O_WEB] && strcmp(cli->option[O_WEB], "none") != 0) {
		setup->server = cli->option[O_WEB];
		if (!cli_setup_web(&cli->arena, setup->server, host_of(&cli->arena, cli->policy.base_url), cli->config->web_listen.text, &setup->web_path, &setup->web_text, &setup->web_then))
			return error_set(error, STATUS_USAGE, "--web is nginx, caddy, apache or none, not \"%s\"", setup->server);
	}
	return STATUS_OK;
}

static enum status make_fresh(struct setup *setup, struct error *error)
{
	struct cli_setup answers = { .name = NULL };
	enum status status;

	if ((status = read_answers(setup, &answers, error)) != STATUS_OK || (status = fit_postfix(setup, &answers, error)) != STATUS_OK
	    || (status = fit_web(setup, &answers, error)) != STATUS_OK || (status = cli_setup_text(setup->cli, &answers, &setup->text, error)) != STATUS_OK)
		return status;
	return cli_setup_try(setup->cli, setup->text, &setup->config, error);
}

/* ---------------------------------------------------------------- what would change */

/* An agent in a domain that the desk takes whole would never get a notice. */
static void look_at_agents(struct setup *setup)
{
	const struct desk_policy *policy = &setup->config->policy;

	for (size_t i = 0; i < policy->agents.count; i++) {
		const char *address = policy->agents.at[i].email, *domain = strchr(address, '@');
		struct postfix_route route;

		for (size_t k = 0; domain && k < policy->queues.count; k++) {
			const char *of_queue = strchr(policy->queues.at[k].address, '@');

			if (!of_queue || !text_equal_nocase(of_queue, domain))
				continue;
			postfix_route(setup->postfix, address, &route);
			if (route.class == POSTFIX_OTHER || (route.transport && !strncmp(route.transport, "error", 5)))
				strings_add(&setup->cli->arena, &setup->problems, arena_printf(&setup->cli->arena,
				            "the agent %s has an address in the desk's own domain, %s, which nobody but the desk takes mail for; give an address of a mailbox", policy->agents.at[i].name, address));
			break;
		}
	}
}

static void add_all(struct arena *arena, struct strings *to, const struct strings *from)
{
	for (size_t i = 0; i < from->count; i++)
		strings_add(arena, to, from->at[i]);
}

static void make_plan(struct setup *setup)
{
	struct postfix_desk desk;

	if (!setup->postfix)
		return;
	cli_postfix_desk(&setup->cli->arena, setup->config, &desk);
	postfix_plan(setup->postfix, &desk, &setup->plan);
	add_all(&setup->cli->arena, &setup->problems, &setup->plan.problems);
	add_all(&setup->cli->arena, &setup->notes, &setup->plan.notes);
	look_at_agents(setup);
}

static void new_file(struct buffer *out, const char *path, const char *text)
{
	size_t lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	buffer_printf(out, "--- /dev/null\n+++ %s\n@@ -0,0 +1,%zu @@\n", path, lines);
	for (const char *at = text; *at; at += strcspn(at, "\n") + 1)
		buffer_printf(out, "+%.*s\n", (int)strcspn(at, "\n"), at);
}

static bool web_is_written(struct setup *setup)
{
	CLEANUP_BUFFER struct buffer text;

	buffer_init(&text);
	return !setup->web_path || (file_read_all(setup->web_path, (size_t)1 << 20, &text, NULL) == STATUS_OK && !strcmp(buffer_string(&text), setup->web_text));
}

static enum status show_changes(struct setup *setup, struct buffer *out, struct error *error)
{
	if (setup->fresh)
		new_file(out, setup->file, setup->text);
	if (!web_is_written(setup))
		new_file(out, setup->web_path, setup->web_text);
	return setup->postfix ? postfix_diff(setup->postfix, &setup->plan, out, error) : STATUS_OK;
}

/* ---------------------------------------------------------------- doing it */

static enum status write_web(struct setup *setup, struct strings *did, struct error *error)
{
	if (web_is_written(setup))
		return STATUS_OK;
	if (access(setup->web_path, F_OK) == 0)
		return error_set(error, STATUS_REFUSED, "%s is there and says something else; it was not touched: remove it, or write into it what setup shows without --apply", setup->web_path);
	if (access(arena_copy(&setup->cli->arena, setup->web_path, (size_t)(strrchr(setup->web_path, '/') - setup->web_path)), F_OK) < 0 && strcmp(setup->server, "caddy") != 0)
		return error_set(error, STATUS_NOT_FOUND, "%s is not installed: there is no directory for %s; on Debian: apt install %s, then run setup again", setup->server, setup->web_path,
		                 strcmp(setup->server, "apache") ? setup->server : "apache2");
	strings_add(&setup->cli->arena, did, arena_printf(&setup->cli->arena, "wrote %s; then run: %s", setup->web_path, setup->web_then));
	return cli_setup_write(setup->web_path, setup->web_text, false, error);
}

static enum status apply(struct setup *setup, struct strings *did, struct error *error)
{
	enum status status = STATUS_OK;

	if (setup->problems.count)
		return error_set(error, STATUS_REFUSED, "nothing was changed: first mend what is said above, or set that up by hand (contrib/postfix/README)");
	if (setup->postfix && !postfix_plan_is_done(setup->postfix, &setup->plan))
		status = postfix_apply(setup->postfix, &setup->plan, did, error);
	if (status == STATUS_OK && setup->fresh) {
		status = cli_setup_write(setup->file, setup->text, true, error);
		strings_add(&setup->cli->arena, did, arena_printf(&setup->cli->arena, "wrote %s", setup->file));
	}
	return status == STATUS_OK ? write_web(setup, did, error) : status;
}

static void say_lines(struct cli *cli, const char *lead, const struct strings *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		buffer_printf(&cli->out, "%s%s\n", lead, cli_safe(&cli->arena, lines->at[i], false));
}

static void as_json(struct setup *setup, const char *changes, const struct strings *did)
{
	struct json json;

	json_init(&json, &setup->cli->out);
	json_object(&json, NULL);
	json_string(&json, "diff", changes);
	json_strings(&json, "did", did);
	json_strings(&json, "notes", &setup->notes);
	json_strings(&json, "problems", &setup->problems);
	json_object_end(&json);
	buffer_add_char(&setup->cli->out, '\n');
}

static void say_next(struct setup *setup, bool changes)
{
	struct cli *cli = setup->cli;
	const char *more = cli->option[O_CONFIG] ? arena_printf(&cli->arena, " -c %s", setup->file) : "";

	if (!cli->option[O_APPLY])
		buffer_printf(&cli->out, "\n%s\n", changes ? "Nothing was changed yet. The same command with --apply does it; sportello setup --undo takes it back." : "Nothing is left to change.");
	else
		buffer_printf(&cli->out, "\nNext: sportello%s check; systemctl enable --now sportellod; sportello%s selftest\n", more, more);
}

static enum status tell_and_do(struct setup *setup, struct error *error)
{
	struct cli *cli = setup->cli;
	CLEANUP_BUFFER struct buffer changes;
	struct strings did = { NULL, 0 };
	enum status status;

	buffer_init(&changes);
	if ((status = show_changes(setup, &changes, error)) != STATUS_OK)
		return status;
	cli->exit_code = setup->problems.count ? EX_CONFIG : EX_OK;
	if (!cli->option[O_APPLY] && !cli->json)
		buffer_add_string(&cli->out, cli_safe(&cli->arena, buffer_string(&changes), true));
	for (size_t i = 0; i < setup->problems.count; i++)
		cli_warn("%s", setup->problems.at[i]);
	if (cli->option[O_APPLY] && (status = apply(setup, &did, error)) != STATUS_OK) {
		if (!cli->json)
			say_lines(cli, "", &did);
		cli_flush(cli);
		return status;
	}
	if (cli->json) {
		as_json(setup, buffer_string(&changes), &did);
		return STATUS_OK;
	}
	say_lines(cli, "", &did);
	say_lines(cli, "note: ", &setup->notes);
	say_next(setup, changes.length > 0);
	return STATUS_OK;
}

/* What the configuration says now is what the web server's file was made of; without one it is not known, and the file stays. */
static enum status undo_web(struct setup *setup, struct strings *did, struct error *error)
{
	struct cli *cli = setup->cli;
	struct config_problems problems = { NULL, 0 };
	bool known = config_load(setup->file, &cli->arena, &cli->config, &problems) == STATUS_OK;

	return cli_setup_web_undo(&cli->arena, known ? host_of(&cli->arena, cli->config->policy.base_url) : NULL, known ? cli->config->web_listen.text : NULL, did, error);
}

static enum status undo(struct setup *setup, struct error *error)
{
	struct cli *cli = setup->cli;
	struct strings did = { NULL, 0 };
	enum status status = undo_web(setup, &did, error);

	if (status == STATUS_OK && setup->postfix && (status = postfix_undo(setup->postfix, &did, error)) == STATUS_NOT_FOUND && did.count)
		status = STATUS_OK;
	if (status == STATUS_OK && !did.count)
		status = error_set(error, STATUS_NOT_FOUND, "there is no Postfix here, and no site of a web server, whose changes could be undone");
	if (status != STATUS_OK) {
		if (!cli->json)
			say_lines(cli, "", &did);
		cli_flush(cli);
		return status;
	}
	strings_add(&cli->arena, &did, arena_printf(&cli->arena, "%s stays: it is yours", setup->file));
	if (cli->json)
		as_json(setup, "", &did);
	else
		say_lines(cli, "", &did);
	return STATUS_OK;
}

enum status cli_run_setup(struct cli *cli, struct error *error)
{
	struct setup setup = { .cli = cli, .file = cli_config_file(cli) };
	enum status status;

	if (cli->option[O_APPLY] && cli->option[O_UNDO])
		return error_set(error, STATUS_USAGE, "--apply or --undo, not both");
	if ((status = open_postfix(&setup, error)) != STATUS_OK)
		return status;
	if (cli->option[O_UNDO])
		return undo(&setup, error);
	setup.fresh = cli_setup_is_free(cli, setup.file);
	status = setup.fresh ? make_fresh(&setup, error) : use_existing(&setup, error);
	if (status == STATUS_OK) {
		make_plan(&setup);
		status = tell_and_do(&setup, error);
	}
	if (setup.fresh)
		config_unref(&setup.config);
	return status;
}
