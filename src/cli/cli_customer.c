/*
 * cli_customer.c - `customer list|show|set|add-address|remove-address|merge|unmerge`: people with their addresses.
 *
 * WHO is a number or an address. What changes a customer shows him as he is then. May not know how he is kept: that is the store's.
 * Diagnostics: "there is no customer" (66), "belongs to", "is shared by" (65).
 */
#include "cli_private.h"

#include <string.h>

const char *cli_acting(const struct cli *cli)
{
	return cli->option[O_AS] ? cli->option[O_AS] : "admin";
}

/* ---- showing ---- */

void cli_customer_json(struct json *json, const struct customer_row *row)
{
	json_number(json, "id", row->id);
	json_string(json, "name", row->name);
	json_array(json, "addresses");
	for (size_t i = 0; i < row->addresses.count; i++) {
		json_object(json, NULL);
		json_string(json, "address", row->addresses.at[i].address);
		json_bool(json, "primary", row->addresses.at[i].primary);
		json_bool(json, "proved", row->addresses.at[i].proved);
		json_bool(json, "bouncing", row->addresses.at[i].bouncing);
		json_object_end(json);
	}
	json_array_end(json);
	json_string(json, "organisation", *row->organisation ? row->organisation : NULL);
	json_bool(json, "vip", row->vip);
	json_string(json, "language", row->language);
	json_string(json, "note", row->note);
	json_string(json, "external_id", row->external_id);
	json_object(json, "tickets");
	json_number(json, "open", row->tickets_open);
	json_number(json, "total", row->tickets_total);
	json_object_end(json);
	json_time(json, "created", row->created);
}

/* What a merge kept to be undone is not for people. */
static const char *event_words(struct cli *cli, const struct customer_event *event)
{
	if (strncmp(event->kind, "merge", 5) == 0 && strcmp(event->kind, "merged") != 0) {
		const char *into = record_get(&cli->arena, event->what, "into");

		return arena_printf(&cli->arena, "%s%s", "into ", into ? into : "");
	}
	return event->what;
}

static void add_history(struct cli *cli, struct json *json, const struct customer_events *events)
{
	json_array(json, "history");
	for (size_t i = 0; i < events->count; i++) {
		json_object(json, NULL);
		json_time(json, "at", events->at[i].at);
		json_string(json, "who", events->at[i].who);
		json_string(json, "kind", events->at[i].kind);
		json_string(json, "what", event_words(cli, &events->at[i]));
		json_object_end(json);
	}
	json_array_end(json);
}

static void line(struct cli *cli, const char *label, const char *value)
{
	if (*value)
		buffer_printf(&cli->out, "%-14s%s\n", label, cli_safe(&cli->arena, value, false));
}

static const char *address_words(struct cli *cli, const struct customer_address *address)
{
	return arena_printf(&cli->arena, "%s%s%s%s", address->address, address->primary ? ", primary" : "", address->proved ? ", proved" : "", address->bouncing ? ", mail comes back" : "");
}

static void as_page(struct cli *cli, const struct customer_row *row, const struct customer_events *events)
{
	char number[24];

	line(cli, "Customer", log_number(number, row->id));
	line(cli, "Name", row->name);
	for (size_t i = 0; i < row->addresses.count; i++)
		line(cli, i ? "" : "Addresses", address_words(cli, &row->addresses.at[i]));
	line(cli, "Organisation", row->organisation);
	line(cli, "VIP", row->vip ? "yes" : "");
	line(cli, "Language", row->language);
	line(cli, "External id", row->external_id);
	line(cli, "Note", row->note);
	line(cli, "Tickets", arena_printf(&cli->arena, "%lld, %lld of them open", (long long)row->tickets_total, (long long)row->tickets_open));
	line(cli, "Since", cli_time(&cli->arena, row->created));
	for (size_t i = 0; i < events->count; i++)
		line(cli, i ? "" : "History", arena_printf(&cli->arena, "%s %s: %s %s", cli_time(&cli->arena, events->at[i].at), events->at[i].who, events->at[i].kind, event_words(cli, &events->at[i])));
}

static enum status show(struct cli *cli, int64_t id, struct error *error)
{
	struct customer_row row;
	struct customer_events events;
	struct json json;
	enum status status = store_customer(cli->store, &cli->arena, id, &row, error);

	if (status == STATUS_OK)
		status = store_customer_history(cli->store, &cli->arena, id, &events, error);
	if (status != STATUS_OK)
		return status;
	if (!cli->json) {
		as_page(cli, &row, &events);
		return STATUS_OK;
	}
	json_init(&json, &cli->out);
	json_object(&json, NULL);
	cli_customer_json(&json, &row);
	add_history(cli, &json, &events);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
	return STATUS_OK;
}

enum status cli_run_customer_show(struct cli *cli, struct error *error)
{
	int64_t id;
	enum status status = cli_need_store(cli, false, error);

	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &id, error);
	return status == STATUS_OK ? show(cli, id, error) : status;
}

/* ---- list ---- */

static bool holds_word(const struct customer_row *row, const char *word)
{
	if (strcasestr(row->name, word))
		return true;
	for (size_t i = 0; i < row->addresses.count; i++)
		if (strcasestr(row->addresses.at[i].address, word))
			return true;
	return false;
}

static bool is_wanted(const struct cli *cli, const struct customer_row *row)
{
	if (cli->option[O_ORGANISATION] && !text_equal_nocase(cli->option[O_ORGANISATION], row->organisation))
		return false;
	if (cli->option[O_VIP] && row->vip != (strcmp(cli->option[O_VIP], "yes") == 0))
		return false;
	for (size_t i = 0; i < cli->count; i++)
		if (!holds_word(row, cli->words[i]))
			return false;
	return true;
}

static void add_cells(struct cli *cli, struct cli_table *table, const struct customer_row *row)
{
	char number[24];
	size_t more = row->addresses.count;

	cli_table_cell(cli, table, log_number(number, row->id));
	cli_table_cell(cli, table, *row->name ? row->name : "-");
	cli_table_cell(cli, table, !more ? "-" : arena_printf(&cli->arena, more > 1 ? "%s +%zu" : "%s", row->addresses.at[0].address, more - 1));
	cli_table_cell(cli, table, *row->organisation ? row->organisation : "-");
	cli_table_cell(cli, table, row->vip ? "yes" : "-");
	cli_table_cell(cli, table, arena_printf(&cli->arena, "%lld/%lld", (long long)row->tickets_open, (long long)row->tickets_total));
}

enum status cli_run_customer_list(struct cli *cli, struct error *error)
{
	static const struct cli_column columns[] = {
		{ "CUSTOMER", true, false, false }, { "NAME", false, true, false }, { "ADDRESS", false, true, false }, { "ORGANISATION", false, true, false },
		{ "VIP", false, false, false }, { "OPEN/ALL", true, false, false },
	};
	struct cli_table table = { .columns = columns, .width = COUNT_OF(columns) };
	struct customer_ids ids = { 0 };
	struct json json;
	size_t limit = 0, found = 0;
	enum status status;

	if ((status = cli_limit(cli, &limit, error)) != STATUS_OK || (status = cli_yes_no(cli, O_VIP, error)) != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK
	    || (status = store_customer_chain(cli->store, error)) != STATUS_OK || (status = store_customer_ids(cli->store, &cli->arena, 0, 0, &ids, error)) != STATUS_OK)
		return status;
	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = 0; i < ids.count && status == STATUS_OK && (!limit || found < limit); i++) {
		CLEANUP_ARENA struct arena arena = { 0 };
		struct customer_row row;

		status = store_customer(cli->store, &arena, ids.at[i], &row, error);
		if (status != STATUS_OK || !is_wanted(cli, &row))
			continue;
		found++;
		if (cli->json) {
			json_object(&json, NULL);
			cli_customer_json(&json, &row);
			json_object_end(&json);
		} else {
			add_cells(cli, &table, &row);
		}
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	} else if (found) {
		cli_table_print(cli, &table);
	} else {
		buffer_add_string(&cli->out, "no customer\n");
	}
	return status;
}

/* ---- changing ---- */

enum status cli_yes_no(struct cli *cli, enum cli_option option, struct error *error)
{
	const char *value = cli->option[option];

	if (!value || strcmp(value, "yes") == 0 || strcmp(value, "no") == 0)
		return STATUS_OK;
	return error_set(error, STATUS_USAGE, "\"%s\" is neither yes nor no", value);
}

static enum status check_language(const char *language, struct error *error)
{
	size_t length = language ? strlen(language) : 0;

	if (!length || (length >= 2 && length <= 3 && strspn(language, "abcdefghijklmnopqrstuvwxyz") == length))
		return STATUS_OK;
	return error_set(error, STATUS_USAGE, "\"%s\" is no language; write two letters, as in en or it", language);
}

struct changing { struct cli *cli; int64_t id; };

static enum status set(struct changing *changing, struct error *error)
{
	struct cli *cli = changing->cli;
	const struct customer_change change = { .name = cli->option[O_NAME], .language = cli->option[O_LANGUAGE], .vip = cli->option[O_VIP], .organisation = cli->option[O_ORGANISATION],
	                                        .note = cli->option[O_NOTE], .external_id = cli->option[O_EXTERNAL_ID], .primary = cli->option[O_PRIMARY] };
	bool changed;
	enum status status = store_customer_find(cli->store, &cli->arena, cli->words[0], true, &changing->id, error);

	return status == STATUS_OK ? store_customer_set(cli->store, &cli->arena, changing->id, &change, &changed, error) : status;
}

static enum status add_address(struct changing *changing, struct error *error)
{
	struct cli *cli = changing->cli;
	bool changed;
	enum status status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &changing->id, error);

	if (status == STATUS_OK)
		status = store_customer_add_address(cli->store, &cli->arena, changing->id, cli->words[1], &changed, error);
	return status == STATUS_OK && changed ? store_customer_note(cli->store, changing->id, cli_acting(cli), "address added", cli->words[1], error) : status;
}

static enum status remove_address(struct changing *changing, struct error *error)
{
	struct cli *cli = changing->cli;
	enum status status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &changing->id, error);

	if (status == STATUS_OK)
		status = store_customer_remove_address(cli->store, &cli->arena, changing->id, cli->words[1], error);
	return status == STATUS_OK ? store_customer_note(cli->store, changing->id, cli_acting(cli), "address removed", cli->words[1], error) : status;
}

static enum status merge(struct changing *changing, struct error *error)
{
	struct cli *cli = changing->cli;
	int64_t gone;
	enum status status = store_customer_find(cli->store, &cli->arena, cli->words[0], false, &gone, error);

	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->words[1], false, &changing->id, error);
	return status == STATUS_OK ? store_customer_merge(cli->store, &cli->arena, gone, changing->id, cli_acting(cli), error) : status;
}

static enum status unmerge(struct changing *changing, struct error *error)
{
	struct cli *cli = changing->cli;

	return store_customer_unmerge(cli->store, &cli->arena, cli->words[0], cli_acting(cli), &changing->id, error);
}

static enum status change(struct cli *cli, enum status (*how)(struct changing *changing, struct error *error), struct error *error)
{
	struct changing changing = { cli, 0 };
	enum status status = cli_need_store(cli, true, error);

	if (status != STATUS_OK || (status = store_begin(cli->store, error)) != STATUS_OK)
		return status;
	if ((status = how(&changing, error)) != STATUS_OK) {
		store_rollback(cli->store);
		return status;
	}
	status = store_commit(cli->store, error);
	return status == STATUS_OK ? show(cli, changing.id, error) : status;
}

enum status cli_run_customer_set(struct cli *cli, struct error *error)
{
	enum status status = cli_yes_no(cli, O_VIP, error);

	if (status == STATUS_OK)
		status = check_language(cli->option[O_LANGUAGE], error);
	return status == STATUS_OK ? change(cli, set, error) : status;
}

enum status cli_run_customer_add_address(struct cli *cli, struct error *error)
{
	return change(cli, add_address, error);
}

enum status cli_run_customer_remove_address(struct cli *cli, struct error *error)
{
	return change(cli, remove_address, error);
}

enum status cli_run_customer_merge(struct cli *cli, struct error *error)
{
	return change(cli, merge, error);
}

enum status cli_run_customer_unmerge(struct cli *cli, struct error *error)
{
	return change(cli, unmerge, error);
}
