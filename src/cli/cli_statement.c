/*
 * cli_statement.c - `report statement --customer WHO`: what one customer asked in a span of time, when he was answered, how long that took and whether it was promised so.
 *
 * To be given to him, also in a dispute: times as the history has them, for each how long it took by the clock on the wall and in the hours that were promised. Nobody's
 * words stand in it but his own subjects, no agent is named, and nothing of notes, side conversations or other customers. May not reckon: that is the sla room's.
 */
#include "cli_private.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

struct asked { int64_t ticket, created, merged_into; const char *subject; enum ticket_state state; int written, answers; struct sla_clocks runs; };
struct share { int64_t n, promised, in_time; };
struct statement {
	struct customer_row customer;
	int64_t from, to, now;
	const struct zone *zone;
	struct { struct asked *at; size_t count; } asked;
	struct share shares[SLA_KINDS];
	int64_t written, answers;
};

/* ---- what happened ---- */

static bool within(const struct statement *s, int64_t ms)
{
	return ms >= s->from && ms < s->to;
}

/* His, and the desk's to him; what others wrote is theirs. */
static bool is_his_address(const struct statement *s, const char *address)
{
	for (size_t i = 0; i < s->customer.addresses.count; i++)
		if (text_equal_nocase(s->customer.addresses.at[i].address, address))
			return true;
	return false;
}

static void count_messages(struct statement *s, const struct ticket_row *row, struct asked *asked)
{
	for (size_t i = 0; i < row->messages.count; i++) {
		const struct message_row *message = &row->messages.at[i];
		bool words = message->kind == MESSAGE_REQUEST || message->kind == MESSAGE_REPLY;

		if (!words || !within(s, message->date))
			continue;
		asked->written += !message->out && is_his_address(s, message->from.address);
		asked->answers += message->out && *message->agent;
	}
}

/* A time that it took, which ended in the span, or has not ended yet. */
static bool is_shown(const struct statement *s, const struct sla_clock *run)
{
	if (run->gone || (run->over && !run->answered && run->kind != SLA_RESOLUTION))
		return false;
	return run->over ? within(s, run->stopped * 1000) : run->started * 1000 < s->to && s->to > s->now;
}

static void take_runs(struct cli *cli, struct statement *s, struct asked *asked, const struct sla_clocks *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct sla_clock *run = &runs->at[i];
		struct share *share = &s->shares[run->kind];

		if (!is_shown(s, run))
			continue;
		*ARENA_PUSH(&cli->arena, &asked->runs) = *run;
		if (!run->over)
			continue;
		share->n++;
		share->promised += run->due != 0;
		share->in_time += run->due && !run->missed;
	}
}

static enum status take_ticket(struct cli *cli, struct statement *s, const struct promise_book *book, int64_t ticket, struct error *error)
{
	struct ticket_row row;
	struct sla_clocks runs;
	enum status status = store_ticket(cli->store, &cli->arena, ticket, &row, error);

	if (status != STATUS_OK)
		return status;
	struct asked asked = { .ticket = ticket, .created = row.facts.created, .merged_into = row.facts.merged_into, .subject = row.facts.subject, .state = row.facts.state };
	count_messages(s, &row, &asked);
	gateway_runs_of(&cli->arena, book, cli->store, &row, s->now, &runs);
	take_runs(cli, s, &asked, &runs);
	if (!within(s, asked.created) && !asked.written && !asked.answers && !asked.runs.count)
		return STATUS_OK;
	s->written += asked.written;
	s->answers += asked.answers;
	*ARENA_PUSH(&cli->arena, &s->asked) = asked;
	return STATUS_OK;
}

static enum status take_all(struct cli *cli, struct statement *s, int64_t id, struct error *error)
{
	struct customer_ids tickets = { 0 };
	struct promise_book *book;
	enum status status = cli_book(cli, &book, error);

	if (status == STATUS_OK)
		status = store_customer_tickets(cli->store, &cli->arena, id, &tickets, error);
	for (size_t i = 0; i < tickets.count && status == STATUS_OK; i++)
		status = take_ticket(cli, s, book, tickets.at[i], error);
	return status;
}

/* ---- how it is said ---- */

static const char *local_time(struct cli *cli, const struct statement *s, int64_t ms)
{
	return cli_time_in(&cli->arena, s->zone, ms);
}

static const char *long_words(struct cli *cli, int64_t seconds)
{
	return report_duration(&cli->arena, seconds);
}

static const char *what_words(const struct sla_clock *run)
{
	return run->kind == SLA_FIRST ? "first answer" : run->kind == SLA_NEXT ? "answer" : "solution";
}

static const char *kept_words(struct cli *cli, const struct statement *s, const struct sla_clock *run)
{
	if (!run->due)
		return "";
	const char *by = run->due == INT64_MAX ? "" : arena_printf(&cli->arena, "promised by %s", local_time(cli, s, run->due * 1000));
	return arena_printf(&cli->arena, "%s%s", by, run->missed ? ", late" : run->over ? ", in time" : "");
}

static void page_of_ticket(struct cli *cli, const struct statement *s, const struct asked *asked)
{
	buffer_printf(&cli->out, "#%lld  %s\n", (long long)asked->ticket, cli_safe(&cli->arena, asked->subject, false));
	buffer_printf(&cli->out, "    asked %s, now %s%s\n", local_time(cli, s, asked->created), desk_state_word(asked->state, "en"),
	              asked->merged_into ? arena_printf(&cli->arena, ", went on in #%lld", (long long)asked->merged_into) : "");
	for (size_t i = 0; i < asked->runs.count; i++) {
		const struct sla_clock *run = &asked->runs.at[i];
		int64_t elapsed = (run->over ? run->stopped : s->now / 1000) - run->started;

		buffer_printf(&cli->out, "    %-13s %s  to  %-16s  %10s  (%s that count)  %s\n", what_words(run), local_time(cli, s, run->started * 1000),
		              run->over ? local_time(cli, s, run->stopped * 1000) : "now", long_words(cli, elapsed), long_words(cli, run->used), kept_words(cli, s, run));
	}
	buffer_add_string(&cli->out, "\n");
}

static void page(struct cli *cli, const struct statement *s)
{
	const char *name = s->customer.name, *address = s->customer.addresses.count ? s->customer.addresses.at[0].address : "";

	buffer_printf(&cli->out, "%s: statement for %s\n%s to %s, %s\n\n", cli->policy.name, cli_safe(&cli->arena, *name ? arena_printf(&cli->arena, "%s <%s>", name, address) : address, false),
	              local_time(cli, s, s->from), local_time(cli, s, s->to), s->zone->name);
	for (size_t i = 0; i < s->asked.count; i++)
		page_of_ticket(cli, s, &s->asked.at[i]);
	buffer_printf(&cli->out, "%zu request%s, %lld message%s of yours, %lld answer%s\n", s->asked.count, s->asked.count == 1 ? "" : "s", (long long)s->written, s->written == 1 ? "" : "s",
	              (long long)s->answers, s->answers == 1 ? "" : "s");
	for (int kind = 0; kind < SLA_KINDS; kind++) {
		struct sla_clock run = { .kind = (enum sla_kind)kind };

		if (s->shares[kind].promised)
			buffer_printf(&cli->out, "%s: %lld of %lld in time\n", what_words(&run), (long long)s->shares[kind].in_time, (long long)s->shares[kind].promised);
	}
}

static void run_json(struct json *json, const struct statement *s, const struct sla_clock *run)
{
	json_object(json, NULL);
	json_string(json, "what", sla_kind_name(run->kind));
	json_time(json, "started", run->started * 1000);
	json_time(json, "stopped", run->stopped * 1000);
	json_number(json, "elapsed_seconds", (run->over ? run->stopped : s->now / 1000) - run->started);
	json_number(json, "used_seconds", run->used);
	json_string(json, "policy", run->due ? run->policy->name : NULL);
	json_time(json, "due", run->due == INT64_MAX ? 0 : run->due * 1000);
	if (run->due)
		json_bool(json, "in_time", !run->missed);
	else
		json_null(json, "in_time");
	json_object_end(json);
}

static void asked_json(struct json *json, const struct statement *s, const struct asked *asked)
{
	json_object(json, NULL);
	json_number(json, "ticket", asked->ticket);
	json_string(json, "subject", asked->subject);
	json_time(json, "created", asked->created);
	json_string(json, "state", desk_ticket_state_name(asked->state));
	if (asked->merged_into)
		json_number(json, "merged_into", asked->merged_into);
	else
		json_null(json, "merged_into");
	json_number(json, "written", asked->written);
	json_number(json, "answers", asked->answers);
	json_array(json, "times");
	for (size_t i = 0; i < asked->runs.count; i++)
		run_json(json, s, &asked->runs.at[i]);
	json_array_end(json);
	json_object_end(json);
}

static void whole_json(struct cli *cli, const struct statement *s)
{
	struct json json;

	json_init(&json, &cli->out);
	json_object(&json, NULL);
	json_string(&json, "report", "statement");
	json_string(&json, "customer", s->customer.addresses.count ? s->customer.addresses.at[0].address : "");
	json_time(&json, "from", s->from);
	json_time(&json, "to", s->to);
	json_string(&json, "zone", s->zone->name);
	json_array(&json, "requests");
	for (size_t i = 0; i < s->asked.count; i++)
		asked_json(&json, s, &s->asked.at[i]);
	json_array_end(&json);
	json_object(&json, "total");
	json_number(&json, "requests", (int64_t)s->asked.count);
	json_number(&json, "written", s->written);
	json_number(&json, "answers", s->answers);
	for (int kind = 0; kind < SLA_KINDS; kind++) {
		const char *name = sla_kind_name((enum sla_kind)kind);

		json_number(&json, arena_printf(&cli->arena, "%s_n", name), s->shares[kind].n);
		json_number(&json, arena_printf(&cli->arena, "%s_promised", name), s->shares[kind].promised);
		json_number(&json, arena_printf(&cli->arena, "%s_in_time", name), s->shares[kind].in_time);
	}
	json_object_end(&json);
	json_object_end(&json);
	buffer_add_char(&cli->out, '\n');
}

static void whole_csv(struct cli *cli, const struct statement *s)
{
	buffer_add_string(&cli->out, "ticket,subject,what,started,stopped,elapsed_seconds,used_seconds,policy,due,in_time\r\n");
	for (size_t i = 0; i < s->asked.count; i++)
		for (size_t k = 0; k < s->asked.at[i].runs.count; k++) {
			const struct sla_clock *run = &s->asked.at[i].runs.at[k];

			buffer_printf(&cli->out, "%lld,", (long long)s->asked.at[i].ticket);
			report_csv_cell(&cli->out, s->asked.at[i].subject);
			buffer_printf(&cli->out, ",%s,%s,%s,%lld,%lld,", sla_kind_name(run->kind), time_rfc3339(&cli->arena, run->started * 1000), run->over ? time_rfc3339(&cli->arena, run->stopped * 1000) : "",
			              (long long)((run->over ? run->stopped : s->now / 1000) - run->started), (long long)run->used);
			report_csv_cell(&cli->out, run->due ? run->policy->name : "");
			buffer_printf(&cli->out, ",%s,%s\r\n", run->due && run->due != INT64_MAX ? time_rfc3339(&cli->arena, run->due * 1000) : "", !run->due ? "" : run->missed ? "no" : "yes");
		}
}

enum status cli_run_statement(struct cli *cli, struct error *error)
{
	struct statement s = { .now = clock_now() };
	int64_t id = 0;
	enum status status;

	if (!cli->option[O_CUSTOMER])
		return error_set(error, STATUS_USAGE, "report statement is for one customer: --customer ADDRESS");
	if ((status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	s.zone = cli->config->zone;
	s.to = s.now + 1;
	status = cli_since(cli->option[O_SINCE] ? cli->option[O_SINCE] : "30d", s.zone, s.now, &s.from, error);
	if (status == STATUS_OK && cli->option[O_UNTIL])
		status = cli_since(cli->option[O_UNTIL], s.zone, s.now, &s.to, error);
	if (status == STATUS_OK && s.from >= s.to)
		status = error_set(error, STATUS_USAGE, "the statement would end before it begins");
	if (status == STATUS_OK)
		status = store_customer_find(cli->store, &cli->arena, cli->option[O_CUSTOMER], false, &id, error);
	if (status == STATUS_OK)
		status = store_customer(cli->store, &cli->arena, id, &s.customer, error);
	if (status == STATUS_OK)
		status = take_all(cli, &s, id, error);
	if (status != STATUS_OK)
		return status;
	if (cli->option[O_CSV])
		whole_csv(cli, &s);
	else if (cli->json)
		whole_json(cli, &s);
	else
		page(cli, &s);
	return STATUS_OK;
}
