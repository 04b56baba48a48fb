/*
 * cli_organisation.c - `organisation list|show|set|remove`: who a company is, by its domains and shared addresses, and its contract.
 *
 * A domain is written example.org, or .example.org for all below it. What is a public suffix (co.uk) or a free mail provider's can be nobody's:
 * the lists are shipped, and can be replaced (customers.public_suffixes, customers.free_mail).
 * Diagnostics: "is a public suffix", "gives mailboxes to anybody", "belongs to" (65); "there is no organisation" (66).
 */
#include "cli_private.h"

#include <string.h>

/* ---- showing ---- */

static void as_json(struct json *json, const struct organisation_row *row)
{
	json_object(json, NULL);
	json_number(json, "id", row->id);
	json_string(json, "name", row->name);
	json_strings(json, "domains", &row->domains);
	json_strings(json, "shared", &row->shared);
	json_string(json, "level", *row->level ? row->level : NULL);
	json_bool(json, "vip", row->vip);
	json_time(json, "until", row->until);
	json_bool(json, "sees_all", row->sees_all);
	json_string(json, "note", row->note);
	json_object(json, "tickets");
	json_number(json, "open", row->tickets_open);
	json_number(json, "total", row->tickets_total);
	json_object_end(json);
	json_time(json, "created", row->created);
	json_object_end(json);
}

static void line(struct cli *cli, const char *label, const char *value)
{
	if (*value)
		buffer_printf(&cli->out, "%-14s%s\n", label, cli_safe(&cli->arena, value, false));
}

static void as_page(struct cli *cli, const struct organisation_row *row)
{
	line(cli, "Organisation", row->name);
	line(cli, "Domains", cli_join(&cli->arena, &row->domains, ", "));
	line(cli, "Shared", cli_join(&cli->arena, &row->shared, ", "));
	line(cli, "Level", row->level);
	line(cli, "VIP", row->vip ? "yes" : "");
	line(cli, "Contract until", row->until ? cli_time(&cli->arena, row->until) : "");
	line(cli, "Sees all", row->sees_all ? "yes" : "");
	line(cli, "Note", row->note);
	line(cli, "Tickets", arena_printf(&cli->arena, "%lld, %lld of them open", (long long)row->tickets_total, (long long)row->tickets_open));
}

static enum status show(struct cli *cli, const char *name, struct error *error)
{
	struct organisation_row row;
	struct json json;
	enum status status = store_organisation(cli->store, &cli->arena, name, &row, error);

	if (status != STATUS_OK)
		return status;
	json_init(&json, &cli->out);
	if (cli->json)
		as_json(&json, &row);
	else
		as_page(cli, &row);
	if (cli->json)
		buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

enum status cli_run_organisation_show(struct cli *cli, struct error *error)
{
	enum status status = cli_need_store(cli, false, error);

	return status == STATUS_OK ? show(cli, cli->words[0], error) : status;
}

static void list_as_json(struct cli *cli, const struct organisation_rows *rows)
{
	struct json json;

	json_init(&json, &cli->out);
	json_array(&json, NULL);
	for (size_t i = 0; i < rows->count; i++)
		as_json(&json, &rows->at[i]);
	json_array_end(&json);
	buffer_add_char(&cli->out, '\n');
}

enum status cli_run_organisation_list(struct cli *cli, struct error *error)
{
	static const struct cli_column columns[] = { { "ORGANISATION", false, true, false }, { "DOMAINS", false, true, false }, { "LEVEL", false, false, false },
		{ "VIP", false, false, false }, { "UNTIL", false, false, false }, { "OPEN/ALL", true, false, false } };
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	struct organisation_rows rows;
	enum status status = cli_need_store(cli, false, error);

	if (status != STATUS_OK || (status = store_organisations(cli->store, &cli->arena, &rows, error)) != STATUS_OK)
		return status;
	if (cli->json) {
		list_as_json(cli, &rows);
		return STATUS_OK;
	}
	for (size_t i = 0; i < rows.count; i++) {
		const struct organisation_row *row = &rows.at[i];

		cli_table_cell(cli, &table, row->name);
		cli_table_cell(cli, &table, row->domains.count ? cli_join(&cli->arena, &row->domains, ", ") : "-");
		cli_table_cell(cli, &table, *row->level ? row->level : "-");
		cli_table_cell(cli, &table, row->vip ? "yes" : "-");
		cli_table_cell(cli, &table, row->until ? arena_copy(&cli->arena, cli_time(&cli->arena, row->until), 10) : "-");
		cli_table_cell(cli, &table, arena_printf(&cli->arena, "%lld/%lld", (long long)row->tickets_open, (long long)row->tickets_total));
	}
	if (rows.count)
		cli_table_print(cli, &table);
	else
		buffer_add_string(&cli->out, "no organisation\n");
	return STATUS_OK;
}

/* ---- changing ---- */

static bool is_domain(const char *domain)
{
	size_t length = strlen(domain);

	return length && length < 254 && strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-._") == length && !strstr(domain, "..") && domain[length - 1] != '.';
}

/* As it is compared, if it can be a domain of anybody in particular. */
static enum status owned_domain(struct cli *cli, const char *given, const char **domain, struct error *error)
{
	bool below = *given == '.';
	const char *name = mail_domain_to_ascii(&cli->arena, given + below), *list;

	*domain = below ? arena_printf(&cli->arena, ".%s", name) : name;
	if (!is_domain(name) || *name == '.')
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no domain", given);
	if (config_is_public_suffix(cli->config, name))
		return error_set(error, STATUS_BAD_INPUT, "%s is a public suffix: under it are domains of anybody", given);
	if ((list = config_free_mail(cli->config, name)))
		return error_set(error, STATUS_BAD_INPUT, "%s gives mailboxes to anybody (%s): give its people their organisation one by one, by customer set", given, list);
	return STATUS_OK;
}

static enum status owned_domains(struct cli *cli, struct strings *domains, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < cli->all[O_DOMAIN].count && status == STATUS_OK; i++) {
		const char *domain;

		if (!*cli->all[O_DOMAIN].at[i])
			continue;
		if ((status = owned_domain(cli, cli->all[O_DOMAIN].at[i], &domain, error)) == STATUS_OK && !strings_have(domains, domain))
			strings_add(&cli->arena, domains, domain);
	}
	return status;
}

static enum status until_when(struct cli *cli, int64_t *until, struct error *error)
{
	const char *text = cli->option[O_UNTIL];

	*until = 0;
	return !text || !*text || strcmp(text, "none") == 0 ? STATUS_OK : cli_when(text, 0, until, error);
}

static enum status check_name(const char *name, struct error *error)
{
	if (!*name || strlen(name) > 200 || strpbrk(name, "\n\r\t"))
		return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no name of an organisation", name);
	return STATUS_OK;
}

/* A contract ends with its day, not when that begins: the desk's own day. */
static void end_of_day(const struct desk_policy *policy, const char *text, int64_t *until)
{
	if (!*until || strlen(text) != 10)
		return;
	*until = *until / 86400000 * 86400000 + 86399000;
	*until -= desk_local(policy, *until) - *until;
}

static enum status set(struct cli *cli, struct error *error)
{
	struct strings domains = { 0 }, shared = { 0 };
	struct organisation_change change = { .level = cli->option[O_LEVEL], .vip = cli->option[O_VIP], .sees_all = cli->option[O_SEES_ALL], .note = cli->option[O_NOTE] };
	int64_t until;
	bool made;
	enum status status = owned_domains(cli, &domains, error);

	if (status != STATUS_OK || (status = until_when(cli, &until, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < cli->all[O_SHARED].count; i++)
		if (*cli->all[O_SHARED].at[i])
			strings_add(&cli->arena, &shared, text_lower(&cli->arena, cli->all[O_SHARED].at[i]));
	for (size_t i = 0; i < shared.count; i++)
		if (!mail_address_usable(shared.at[i]))
			return error_set(error, STATUS_BAD_INPUT, "\"%s\" is no address", shared.at[i]);
	if (cli->option[O_UNTIL])
		end_of_day(&cli->config->policy, cli->option[O_UNTIL], &until);
	change.domains = cli->option[O_DOMAIN] ? &domains : NULL;
	change.shared = cli->option[O_SHARED] ? &shared : NULL;
	change.until = cli->option[O_UNTIL] ? &until : NULL;
	return store_organisation_set(cli->store, &cli->arena, cli->words[0], &change, &made, error);
}

static enum status remove_it(struct cli *cli, struct error *error)
{
	return store_organisation_remove(cli->store, &cli->arena, cli->words[0], error);
}

static enum status change(struct cli *cli, enum status (*how)(struct cli *cli, struct error *error), struct error *error)
{
	enum status status = cli_need_store(cli, true, error);

	if (status != STATUS_OK || (status = store_begin(cli->store, error)) != STATUS_OK)
		return status;
	if ((status = how(cli, error)) == STATUS_OK)
		return store_commit(cli->store, error);
	store_rollback(cli->store);
	return status;
}

enum status cli_run_organisation_set(struct cli *cli, struct error *error)
{
	enum status status = check_name(cli->words[0], error);

	if (status == STATUS_OK)
		status = cli_yes_no(cli, O_VIP, error);
	if (status == STATUS_OK)
		status = cli_yes_no(cli, O_SEES_ALL, error);
	if (status == STATUS_OK)
		status = change(cli, set, error);
	return status == STATUS_OK ? show(cli, cli->words[0], error) : status;
}

enum status cli_run_organisation_remove(struct cli *cli, struct error *error)
{
	struct json json;
	enum status status = change(cli, remove_it, error);

	if (status != STATUS_OK)
		return status;
	if (!cli->json) {
		buffer_printf(&cli->out, "%s is removed; its requests keep its name\n", cli_safe(&cli->arena, cli->words[0], false));
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "removed", cli->words[0]);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}
