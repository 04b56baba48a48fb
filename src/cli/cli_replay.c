/*
 * cli_replay.c - `rules replay`: runs today's rules over the kept mails of the past and shows what would have gone elsewhere. The safe
 * way to change rules: nothing is changed by it.
 *
 * Compared is where a mail went when it came: the queue its ticket was made in, or rejected, discarded, redirected. A mail that joined a
 * ticket differs only where a rule would have kept it out. What the rules may ask of the database (known:yes|no) is answered as it is now.
 */
#include "cli_private.h"

#include <stdlib.h>
#include <string.h>

struct replayed { const char *was, *now; const struct verdict *verdict; };

/* The queue that a ticket was made in: the first row of its history has it. */
static const char *first_queue(struct cli *cli, struct arena *arena, int64_t ticket)
{
	struct ticket_row row;
	struct error error;

	if (store_ticket(cli->store, arena, ticket, &row, &error) != STATUS_OK || !row.history.count)
		return "";
	return store_history_created(arena, &row.history.at[0], HISTORY_CREATED_QUEUE);
}

static const char *where_it_went(struct cli *cli, struct arena *arena, const struct mailbox_row *row)
{
	bool opened = strcmp(row->disposition, DISPOSITION_TICKET) == 0 || (strcmp(row->disposition, DISPOSITION_AUTOMATIC) == 0 && row->seq == 1);

	return opened ? first_queue(cli, arena, row->ticket) : row->disposition;
}

static bool kept_out(const char *disposition)
{
	int number = desk_disposition_named(disposition);

	return number < DISPOSITIONS && desk_dispositions[number].what & DISPOSITION_KEEPS_OUT;
}

/* By the plan of today, for a mail of which nothing else is known. Where it joined a ticket, it joins it again, unless it is kept out. */
static const char *where_it_would_go(const struct plan *plan, const struct mailbox_row *row, const char *was)
{
	bool opens = !strcmp(row->disposition, DISPOSITION_TICKET) || kept_out(row->disposition)
	          || (!strcmp(row->disposition, DISPOSITION_AUTOMATIC) && row->seq == 1);

	for (size_t i = 0; i < plan->count; i++) {
		const struct effect *effect = &plan->at[i];

		if (effect->kind == EFFECT_DISPOSITION && kept_out(effect->to))
			return effect->to;
		if (effect->kind == EFFECT_CREATE_TICKET && opens)
			return effect->create->queue;
	}
	return was;
}

/* False: this mail is not one that rules are asked about, or its raw mail cannot be read. */
static bool replay_one(struct cli *cli, struct arena *arena, const struct mailbox_row *row, struct replayed *this)
{
	const struct advisers advisers = { .config = cli->config, .policy = &cli->policy, .rules = cli->rules, .reader = cli->store };
	struct considered considered = { .as_new = true, .at = row->received };
	struct store_raw raw;
	struct error error;
	struct mail mail;
	struct address_facts address;
	enum status status;

	desk_address(&cli->policy, row->recipient, &address);
	if (address.class != ADDRESS_QUEUE || !strcmp(row->disposition, DISPOSITION_LOOP) || store_raw_open(cli->store, row->raw, &raw, &error) != STATUS_OK)
		return false;
	gateway_look(&advisers, arena, &raw.source, row->envelope_from, row->recipient, false, &mail);
	considered.incoming = (struct incoming){ .trace = "replay", .envelope_from = row->envelope_from, .recipient = row->recipient, .size = row->size,
	                                         .mail = &mail, .received = row->received };
	status = gateway_consider(&advisers, arena, &raw.source, &considered, &error);
	store_raw_close(&raw);
	this->verdict = considered.verdict;
	this->was = where_it_went(cli, arena, row);
	this->now = where_it_would_go(&considered.plan, row, this->was);
	return status == STATUS_OK;
}

static const char *reasons(struct arena *arena, const struct verdict *verdict)
{
	const char *all = "";

	for (size_t i = 0; verdict && i < verdict->because.count; i++) {
		const struct verdict_reason *reason = &verdict->because.at[i];

		all = arena_printf(arena, "%s%s%s %s%s%s", all, i ? "; " : "", reason->by, reason->what, reason->detail ? ": " : "", reason->detail ? reason->detail : "");
	}
	return all;
}

static void add_difference(struct cli *cli, struct arena *arena, struct json *json, const struct mailbox_row *row, const struct replayed *this)
{
	if (!cli->json) {
		buffer_printf(&cli->out, "mail %lld, %s: %s -> %s (%s)\n", (long long)row->id, cli_safe(arena, row->subject, false), cli_safe(arena, this->was, false),
		              cli_safe(arena, this->now, false), cli_safe(arena, reasons(arena, this->verdict), false));
		return;
	}
	json_object(json, NULL);
	json_number(json, "mailbox", row->id);
	if (row->ticket)
		json_number(json, "ticket", row->ticket);
	else
		json_null(json, "ticket");
	json_string(json, "message_id", row->message_id);
	json_string(json, "subject", row->subject);
	json_string(json, "was", this->was);
	json_string(json, "now", this->now);
	json_string(json, "because", reasons(arena, this->verdict));
	json_object_end(json);
}

/* The tickets of --where, by number. */
struct wanted { bool all; int64_t *at; size_t count; };

static int by_number(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static enum status find_wanted(struct cli *cli, struct wanted *wanted, struct error *error)
{
	struct ticket_rows rows = { NULL, 0 };
	struct query query;
	enum status status;

	*wanted = (struct wanted){ .all = !cli->option[O_WHERE] };
	if (wanted->all)
		return STATUS_OK;
	if ((status = cli_query(cli, cli->option[O_WHERE], &query, error)) != STATUS_OK || (status = cli_query_ready(cli, &query, error)) != STATUS_OK
	    || (status = store_tickets(cli->store, &cli->arena, &query, clock_now(), 0, &rows, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < rows.count; i++)
		*ARENA_PUSH(&cli->arena, wanted) = rows.at[i].facts.id;
	if (wanted->count)
		qsort(wanted->at, wanted->count, sizeof *wanted->at, by_number);
	return STATUS_OK;
}

static bool is_wanted(const struct wanted *wanted, int64_t ticket)
{
	return wanted->all || (wanted->count && bsearch(&ticket, wanted->at, wanted->count, sizeof *wanted->at, by_number));
}

static void replay_all(struct cli *cli, const struct mailbox_rows *rows, const struct wanted *wanted, int64_t since, size_t *looked_at, size_t *differ)
{
	struct arena arena;
	struct json json;

	arena_init(&arena);
	json_init(&json, &cli->out);
	if (cli->json)
		json_array(&json, NULL);
	for (size_t i = rows->count; i > 0; i--) {
		const struct mailbox_row *row = &rows->at[i - 1];
		struct replayed this;

		if (row->received >= since && is_wanted(wanted, row->ticket) && replay_one(cli, &arena, row, &this)) {
			++*looked_at;
			if (strcmp(this.was, this.now) != 0) {
				++*differ;
				add_difference(cli, &arena, &json, row, &this);
			}
		}
		arena_reset(&arena);
	}
	if (cli->json) {
		json_array_end(&json);
		buffer_add_char(&cli->out, '\n');
	}
	arena_fini(&arena);
}

enum status cli_run_rules_replay(struct cli *cli, struct error *error)
{
	struct mailbox_rows rows;
	struct wanted wanted;
	int64_t since;
	size_t looked_at = 0, differ = 0;
	enum status status;

	if ((status = cli_need_config(cli, error)) != STATUS_OK || (status = cli_since(cli->option[O_SINCE] ? cli->option[O_SINCE] : "30d", cli->config->zone, clock_now(), &since, error)) != STATUS_OK || (status = cli_need_rules(cli, error)) != STATUS_OK
	    || (status = cli_need_store(cli, false, error)) != STATUS_OK || (status = find_wanted(cli, &wanted, error)) != STATUS_OK || (status = store_mailbox(cli->store, &cli->arena, 0, &rows, error)) != STATUS_OK)
		return status;
	replay_all(cli, &rows, &wanted, since, &looked_at, &differ);
	if (!cli->json)
		buffer_printf(&cli->out, "%zu of %zu mails would go elsewhere\n", differ, looked_at);
	return STATUS_OK;
}
