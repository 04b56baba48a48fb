/*
 * config_finish.c - what only shows when all values are there: texts with parts, names that refer to others, what may not
 * be there twice, files and directories that must be readable; and defaults that depend on other values.
 *
 * May not report what a single value already showed: a value that was refused is not there (NULL or empty) and is passed over.
 * Diagnostics: "is there already, at line N", "there is no agent ...", "cannot be read".
 */
#include "config_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_BYTES 4096
#define CANARY_MOST (365 * 86400)        /* seconds */
#define LISTENERS_MOST 16                /* as many as the daemon has room for */

/* The setting at "queues.[1].address"; its group where it is missing; NULL where nothing was said. */
static const config_setting_t *setting_at(struct loader *loader, const char *list, size_t item, const char *key)
{
	const config_setting_t *all = config_lookup(&loader->tree, list), *group, *found;

	if (!all)
		return NULL;
	group = config_setting_get_elem(all, (unsigned)item);
	found = group ? config_setting_get_member(group, key) : NULL;
	return found ? found : group ? group : all;
}

/* ---------------------------------------------------------------- what may not be there twice */

struct column { const char *list, *key; size_t count, size, offset; const void *at; };

static const char *cell(const struct column *column, size_t i)
{
	return *(const char *const *)((const char *)column->at + i * column->size + column->offset);
}

static void no_twins(struct loader *loader, const struct column *column)
{
	for (size_t i = 1; i < column->count; i++)
		for (size_t j = 0; j < i && cell(column, i); j++) {
			const config_setting_t *first = setting_at(loader, column->list, j, column->key);

			if (!cell(column, j) || !text_equal_nocase(cell(column, i), cell(column, j)))
				continue;
			config_complain(loader, setting_at(loader, column->list, i, column->key),
			                arena_printf(loader->arena, "%s[].%s", column->list, column->key),
			                "\"%s\" is there already, at line %d; each must be different", cell(column, i),
			                (int)config_setting_source_line(first));
			break;
		}
}

#define COLUMN(list_name, from, type, field) \
	&(struct column){ (list_name), #field, (from).count, sizeof(type), offsetof(type, field), (from).at }

static void check_twins(struct loader *loader)
{
	struct config *config = loader->config;

	no_twins(loader, COLUMN("agents", config->policy.agents, struct desk_agent, name));
	no_twins(loader, COLUMN("agents", config->policy.agents, struct desk_agent, email));
	no_twins(loader, COLUMN("queues", config->policy.queues, struct desk_queue, name));
	no_twins(loader, COLUMN("queues", config->policy.queues, struct desk_queue, address));
	no_twins(loader, COLUMN("calendars", config->calendar_texts, struct config_calendar, name));
	no_twins(loader, COLUMN("sla", config->promise_texts, struct config_promise, name));
	no_twins(loader, COLUMN("keywords", config->keywords, struct config_keyword, name));
}

/* ---------------------------------------------------------------- agents, queues, keywords */

static const char *lower_or_null(struct loader *loader, const char *text)
{
	return text ? text_lower(&loader->config->arena, text) : NULL;
}

/* Another agent whose address it is; NULL: nobody else's. Who wrote no address, or no name, is complained of elsewhere. */
static const struct desk_agent *other_owner(const struct desk_policy *policy, size_t number, const char *address)
{
	for (size_t k = 0; k < policy->agents.count; k++) {
		const struct desk_agent *other = &policy->agents.at[k];

		if (k != number && other->name && ((other->email && !strcmp(other->email, address)) || strings_have(&other->also, address)))
			return other;
	}
	return NULL;
}

/* Whose mail would it be? After all addresses are in lower case. */
static void check_also(struct loader *loader, size_t number)
{
	const struct desk_policy *policy = &loader->config->policy;
	const struct desk_agent *agent = &policy->agents.at[number];

	for (size_t i = 0; i < agent->also.count; i++) {
		const char *address = agent->also.at[i];
		const struct desk_agent *owner = other_owner(policy, number, address);

		if (owner)
			config_complain(loader, setting_at(loader, "agents", number, "also"), "agents[].also",
			                "\"%s\" is an address of the agent \"%s\" already; each address is one agent's", address, owner->name);
		for (size_t k = 0; k < policy->queues.count; k++)
			if (policy->queues.at[k].name && policy->queues.at[k].address && text_equal_nocase(policy->queues.at[k].address, address))
				config_complain(loader, setting_at(loader, "agents", number, "also"), "agents[].also",
				                "\"%s\" is the address of the queue \"%s\"; give an agent's own", address, policy->queues.at[k].name);
	}
}

static void finish_agents(struct loader *loader)
{
	static const char *const reserved[] = { "admin", "desk", "timer", "none" };
	struct desk_policy *policy = &loader->config->policy;

	for (size_t i = 0; i < policy->agents.count; i++) {
		struct desk_agent *agent = &policy->agents.at[i];

		agent->email = lower_or_null(loader, agent->email);
		for (size_t j = 0; j < agent->also.count; j++)
			agent->also.at[j] = lower_or_null(loader, agent->also.at[j]);
		if (!*agent->display)
			agent->display = agent->name;
		agent->signature = "";
		for (size_t j = 0; j < agent->signature_lines.count; j++)
			agent->signature = arena_printf(&loader->config->arena, "%s%s%s", agent->signature, j ? "\n" : "", agent->signature_lines.at[j]);
		for (size_t j = 0; agent->name && j < COUNT_OF(reserved); j++)
			if (text_equal_nocase(agent->name, reserved[j]))
				config_complain(loader, setting_at(loader, "agents", i, "name"), "agents[].name",
				                "\"%s\" has a meaning of its own in the history of tickets; choose another name", agent->name);
	}
	for (size_t i = 0; i < policy->agents.count; i++)
		check_also(loader, i);
}

static bool agent_known(const struct desk_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (policy->agents.at[i].name && !strcmp(policy->agents.at[i].name, name))
			return true;
	return false;
}

static void warn_of_queue(struct loader *loader, size_t number, const char *key, const char *text)
{
	const config_setting_t *at = setting_at(loader, "queues", number, key);

	if (at)
		config_complain_at(loader, true,
		                   config_file_path(loader, config_setting_source_file(at)),
		                   (int)config_setting_source_line(at),
		                   arena_printf(loader->arena, "queues[].%s", key), "%s", text);
}

static void check_queue_agents(struct loader *loader, size_t number)
{
	struct desk_policy *policy = &loader->config->policy;
	const struct desk_queue *queue = &policy->queues.at[number];

	for (size_t i = 0; i < queue->agents.count; i++) {
		const char *best = NULL;

		for (size_t j = 0; j < i; j++)
			if (!strcmp(queue->agents.at[i], queue->agents.at[j]))
				warn_of_queue(
					loader, number, "agents",
					arena_printf(loader->arena,
				                     "\"%s\" is there twice; take one of them out",
				                     queue->agents.at[i]));
		if (agent_known(policy, queue->agents.at[i]))
			continue;
		for (size_t j = 0; j < policy->agents.count; j++)
			if (policy->agents.at[j].name)
				best = text_closest(queue->agents.at[i], best, policy->agents.at[j].name);
		if (best)
			config_complain(loader, setting_at(loader, "queues", number, "agents"), "queues[].agents",
			                "there is no agent \"%s\"; did you mean \"%s\"?", queue->agents.at[i], best);
		else
			config_complain(loader, setting_at(loader, "queues", number, "agents"), "queues[].agents",
			                "there is no agent \"%s\"; add it to agents, or remove it here", queue->agents.at[i]);
	}
}

static void check_queue_notices(struct loader *loader, size_t number)
{
	const struct desk_queue *queue = &loader->config->policy.queues.at[number];

	for (size_t i = 0; i < queue->notices.count; i++) {
		const char *best = NULL;

		if (desk_notice_named(queue->notices.at[i]) || (!strcmp(queue->notices.at[i], "none") && queue->notices.count == 1))
			continue;
		for (const struct desk_notice *notice = desk_notices; notice->name; notice++)
			best = text_closest(queue->notices.at[i], best, notice->name);
		config_complain(loader, setting_at(loader, "queues", number, "notices"), "queues[].notices",
		                "there is no notice \"%s\"%s%s%s", queue->notices.at[i], best ? "; did you mean \"" : "; see sportello.conf(5)",
		                best ? best : "", best ? "\"?" : "");
	}
}

static void check_queue_is_read(struct loader *loader, size_t number)
{
	const config_setting_t *at = setting_at(loader, "queues", number, "agents");
	const struct desk_queue *queue = &loader->config->policy.queues.at[number];

	if (queue->agents.count || !at)
		return;
	if (config_setting_is_group(at)) /* nothing was said of them */
		warn_of_queue(loader, number, "agents",
		              "the queue has no agents: nobody is told of its mail");
	else if (queue->assign != ASSIGN_NONE)
		warn_of_queue(
			loader, number, "assign",
			"the queue has no agents to give tickets to; name some, or write \"none\"");
}

/* Nothing can be held where the mail that asks the customer is switched off. */
static void check_queue_kb(struct loader *loader, size_t number)
{
	const struct desk_queue *queue = &loader->config->policy.queues.at[number];
	const config_setting_t *at = setting_at(loader, "queues", number, "kb");

	if (queue->kb == KB_BEFORE_TICKET && at && queue->notices.count && !strings_have(&queue->notices, "held"))
		config_complain_at(loader, true, config_file_path(loader, config_setting_source_file(at)), (int)config_setting_source_line(at), "queues[].kb",
		                   "nothing will be held: the queue's notices leave out \"held\", the mail that asks the customer");
}

/* In lower case; each leads to one queue, and to no agent. */
static void finish_also(struct loader *loader, size_t number)
{
	struct desk_policy *policy = &loader->config->policy;
	struct strings *also = &policy->queues.at[number].also;

	for (size_t i = 0; i < also->count; i++) {
		also->at[i] = lower_or_null(loader, also->at[i]);
		for (size_t j = 0; j < policy->queues.count; j++) {
			const struct desk_queue *other = &policy->queues.at[j];
			bool twice = (other->address && text_equal_nocase(other->address, also->at[i])) || (j < number && strings_have(&other->also, also->at[i]));

			if (twice)
				config_complain(loader, setting_at(loader, "queues", number, "also"), "queues[].also",
				                "\"%s\" is an address of queue %s already", also->at[i], other->name ? other->name : "?");
		}
		if (desk_agent_with_address(policy, also->at[i]))
			config_complain(loader, setting_at(loader, "queues", number, "also"), "queues[].also",
			                "\"%s\" is the address of an agent; an agent needs an address of their own", also->at[i]);
	}
}

static void finish_queues(struct loader *loader)
{
	struct desk_policy *policy = &loader->config->policy;
	const config_setting_t *list = config_lookup(&loader->tree, "queues");

	if (!list)
		config_complain(loader, NULL, "queues", "must be set; run sportello setup, or write at least one queue: queues: ( { name = \"support\"; address = \"support@example.org\"; } );");
	else if (config_setting_is_list(list) && !config_setting_length(list))
		config_complain(loader, list, "queues", "is empty; the desk needs at least one queue");
	for (size_t i = 0; i < policy->queues.count; i++) {
		policy->queues.at[i].address = lower_or_null(loader, policy->queues.at[i].address);
		finish_also(loader, i);
		check_queue_agents(loader, i);
		check_queue_is_read(loader, i);
		check_queue_notices(loader, i);
		check_queue_kb(loader, i);
	}
}

/* Mail from an agent's address that is a queue's own would go round in circles. */
static void check_agents_are_no_queues(struct loader *loader)
{
	struct desk_policy *policy = &loader->config->policy;

	for (size_t i = 0; i < policy->agents.count; i++)
		for (size_t j = 0; j < policy->queues.count; j++) {
			const char *email = policy->agents.at[i].email, *address = policy->queues.at[j].address;

			if (email && address && !strcmp(email, address))
				config_complain(loader, setting_at(loader, "agents", i, "email"), "agents[].email",
				                "\"%s\" is the address of a queue; an agent needs an address of their own", email);
		}
}

static void finish_keywords(struct loader *loader)
{
	for (size_t i = 0; i < loader->config->keywords.count; i++) {
		struct config_keyword *keyword = &loader->config->keywords.at[i];
		const config_setting_t *group = config_setting_get_elem(config_lookup(&loader->tree, "keywords"), (unsigned)i), *any, *regex;

		any = config_setting_get_member(group, "any");
		regex = config_setting_get_member(group, "regex");
		keyword->file = arena_string(&loader->config->arena, config_file_path(loader, config_setting_source_file(group)));
		keyword->any_line = any ? (int)config_setting_source_line(any) : 0;
		keyword->regex_line = regex ? (int)config_setting_source_line(regex) : 0;
		if (config_setting_is_group(group) && !keyword->any.count && !*keyword->regex && (!any || !config_setting_length(any)))
			config_complain(loader, group, "keywords[]", "matches nothing; expected \"any\" with words, or \"regex\"");
	}
}

/* ---------------------------------------------------------------- texts with parts */

static void finish_lmtp(struct loader *loader)
{
	struct config *config = loader->config;
	const config_setting_t *at = config_lookup(&loader->tree, "lmtp.listen");

	for (size_t i = 0; i < loader->texts.lmtp_listen.count; i++) {
		struct config_listen *listen = ARENA_PUSH(&config->arena, &config->lmtp_listen);

		config_listen_parse(&config->arena, loader->texts.lmtp_listen.at[i], listen);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(config->lmtp_listen.at[j].text, listen->text))
				config_complain(loader, at, "lmtp.listen", "\"%s\" is there twice", listen->text);
	}
	if (config->lmtp_listen.count > LISTENERS_MOST)
		config_complain(loader, at, "lmtp.listen", "has more than %d addresses", LISTENERS_MOST);
	if (at && config_setting_is_aggregate(at) && !config_setting_length(at))
		config_complain(loader, at, "lmtp.listen", "is empty; no mail could come in");
	config->lmtp_socket_mode = (int)strtol(loader->texts.socket_mode, NULL, 8);
}

static void finish_web(struct loader *loader)
{
	struct config *config = loader->config;
	const char *base = config->policy.base_url;
	size_t length = strlen(base);

	if (*loader->texts.web_listen)
		config_listen_parse(&config->arena, loader->texts.web_listen, &config->web_listen);
	else
		config->web_listen = (struct config_listen){ .text = "", .host = "", .port = "", .path = "" };
	if (*loader->texts.admin_listen)
		config_listen_parse(&config->arena, loader->texts.admin_listen, &config->admin_listen);
	else
		config->admin_listen = (struct config_listen){ .text = "", .host = "", .port = "", .path = "" };
	if (config->admin_listen.is_unix)
		config_complain(loader, config_lookup(&loader->tree, "web.admin_listen"), "web.admin_listen",
		                "\"%s\": expected an address and a port such as \"127.0.0.1:8026\"", config->admin_listen.text);
	if (config->web_listen.is_unix)
		config_complain(loader, config_lookup(&loader->tree, "web.listen"), "web.listen",
		                "\"%s\": expected an address and a port such as \"127.0.0.1:8025\"", config->web_listen.text);
	while (length && base[length - 1] == '/')
		length--;
	config->policy.base_url = arena_copy(&config->arena, base, length);
	if (!length && *config->web_listen.text)
		config->policy.base_url = arena_printf(&config->arena, "http://%s", config->web_listen.text);
}

static void read_password(struct loader *loader, const config_setting_t *at)
{
	struct config_relay *relay = &loader->config->relay;
	CLEANUP_BUFFER struct buffer text;
	struct error error;
	const char *line;

	buffer_init(&text);
	if (file_read_all(loader->texts.password_file, PASSWORD_BYTES, &text, &error) != STATUS_OK) {
		config_complain(loader, at, "relay.password_file", "cannot be read: %s", error.text);
		return;
	}
	line = buffer_string(&text);
	relay->password = arena_copy(&loader->config->arena, line, strcspn(line, "\r\n"));
	if (!*relay->password)
		config_complain(loader, at, "relay.password_file", "%s has no password on its first line", loader->texts.password_file);
}

static void finish_relay(struct loader *loader)
{
	struct config *config = loader->config;
	const config_setting_t *url = config_lookup(&loader->tree, "relay.url");

	config_relay_parse(&config->arena, loader->texts.relay_url, &config->relay);
	config->policy.give_up_hours = config->relay.give_up_hours;
	config->relay.password_file = arena_string(&config->arena, loader->texts.password_file);
	if (*loader->texts.password_file)
		read_password(loader, config_lookup(&loader->tree, "relay.password_file"));
	else if (*config->relay.user)
		config_complain(loader, url, "relay.url", "names a user, but relay.password_file is not set; name the file with the password");
}

/* ---------------------------------------------------------------- backups, and the mail that goes round */

static void finish_care(struct loader *loader)
{
	struct config *config = loader->config;
	const config_setting_t *at = config_lookup(&loader->tree, "selftest.every");
	struct calendar_length length = { 0 };

	config->backup_minute = config_minute_parse(loader->texts.backup_at);
	if (*loader->texts.canary_every && calendar_length_read(loader->texts.canary_every, &length))
		config->canary_seconds = (int)(length.seconds < CANARY_MOST ? length.seconds : CANARY_MOST);
	if (*loader->texts.alarm_relay)
		config_relay_parse(&config->arena, loader->texts.alarm_relay, &config->alarm_relay);
	else
		config->alarm_relay = (struct config_relay){ .url = "" };
	config->alarm_relay.timeout_seconds = config->relay.timeout_seconds;
	if (config->canary_seconds && config->relay.kind == RELAY_MAILDIR)
		config_complain_at(loader, true, config_file_path(loader, config_setting_source_file(at)), (int)config_setting_source_line(at), "selftest.every",
		                   "relay.url keeps mails as files, and none can come back; none is sent");
}

/* ---------------------------------------------------------------- directories */

/* What was named must be there; a default that is not there simply is not used. */
static void check_directory(struct loader *loader, const char *key, const char *path)
{
	const config_setting_t *at = config_lookup(&loader->tree, key);
	struct stat info;

	if (!*path)
		return;
	if (stat(path, &info) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			config_complain(loader, at, key, "%s: %s", path, strerror(errno));
		else if (at)
			config_complain_at(loader, true, config_file_path(loader, config_setting_source_file(at)), (int)config_setting_source_line(at), key,
			                   "%s does not exist; it is taken as empty", path);
	} else if (!S_ISDIR(info.st_mode)) {
		config_complain(loader, at, key, "%s is not a directory", path);
	} else if (access(path, R_OK | X_OK) < 0) {
		config_complain(loader, at, key, "%s cannot be read: %s; change its permissions", path, strerror(errno));
	}
}

static void check_state_dir(struct loader *loader)
{
	struct stat info;

	if (stat(loader->config->state_dir, &info) == 0 && !S_ISDIR(info.st_mode))
		config_complain(loader, config_lookup(&loader->tree, "desk.state_dir"), "desk.state_dir", "%s is not a directory", loader->config->state_dir);
}

static void finish_domain(struct loader *loader)
{
	struct desk_policy *policy = &loader->config->policy;
	const char *at = policy->queues.count && policy->queues.at[0].address ? strchr(policy->queues.at[0].address, '@') : NULL;

	policy->domain = text_lower(&loader->config->arena, *policy->domain ? policy->domain : at ? at + 1 : "");
}

void config_finish(struct loader *loader)
{
	struct config *config = loader->config;

	finish_lmtp(loader);
	finish_web(loader);
	finish_relay(loader);
	finish_care(loader);
	finish_agents(loader);
	finish_queues(loader);
	finish_keywords(loader);
	finish_domain(loader);
	config_finish_time(loader);
	config_finish_promises(loader);
	config_finish_retention(loader);
	check_twins(loader);
	check_agents_are_no_queues(loader);
	check_state_dir(loader);
	check_directory(loader, "rules_dir", config->rules_dir);
	check_directory(loader, "kb_dir", config->kb_dir);
	check_directory(loader, "templates_dir", config->templates_dir);
	check_directory(loader, "replies_dir", config->replies_dir);
	config_templates(loader);
	config_brand(loader);
}

/* ---------------------------------------------------------------- what is left of a wrong one */

void config_drop_nameless(struct config *config)
{
	size_t agents = 0, queues = 0, keywords = 0;

	for (size_t i = 0; i < config->policy.agents.count; i++)
		if (config->policy.agents.at[i].name)
			config->policy.agents.at[agents++] = config->policy.agents.at[i];
	for (size_t i = 0; i < config->policy.queues.count; i++)
		if (config->policy.queues.at[i].name)
			config->policy.queues.at[queues++] = config->policy.queues.at[i];
	for (size_t i = 0; i < config->keywords.count; i++)
		if (config->keywords.at[i].name)
			config->keywords.at[keywords++] = config->keywords.at[i];
	config->policy.agents.count = agents;
	config->policy.queues.count = queues;
	config->keywords.count = keywords;
	for (size_t i = 0; i < agents; i++)
		if (!config->policy.agents.at[i].email)
			config->policy.agents.at[i].email = "";
	for (size_t i = 0; i < queues; i++)
		if (!config->policy.queues.at[i].address)
			config->policy.queues.at[i].address = "";
}
