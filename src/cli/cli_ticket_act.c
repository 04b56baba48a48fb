/*
 * cli_ticket_act.c - everything that changes a ticket: what agents' mails can do (the desk's table of commands), new and split.
 *
 * Each asks the desk for a plan and has the store apply it, in one transaction: the same way a mail or a page goes. Text on
 * standard input goes to the customer; where the command itself has no mail to carry it, it becomes a reply, by --as AGENT or the desk's own.
 * May not decide anything: what is allowed, and who is told, is the desk's.
 * Diagnostics: "it cannot be closed" and the like (77) come from the desk; "is locked" (75): try again.
 */
#include "cli_private.h"

#include <string.h>

enum when_reply { REPLY_NONE, REPLY_BEFORE, REPLY_AFTER };

struct verb {
	enum action_kind kind;
	bool needs_text, needs_agent;
	enum when_reply reply;                   /* text that the action does not carry itself */
	const struct desk_field *field;
};

/* All others need neither, and what is said beside them is sent after them. */
static const struct verb verbs[] = {
	{ ACTION_REPLY, true, true, REPLY_NONE, NULL }, { ACTION_NOTE, true, true, REPLY_NONE, NULL }, { ACTION_NEW, true, true, REPLY_NONE, NULL },
	{ ACTION_PEND, false, false, REPLY_NONE, NULL }, { ACTION_RESOLVE, false, false, REPLY_NONE, NULL }, { ACTION_CLOSE, false, false, REPLY_NONE, NULL },
	{ ACTION_WATCH, false, true, REPLY_AFTER, NULL }, { ACTION_UNWATCH, false, true, REPLY_AFTER, NULL },
	{ ACTION_ASK, true, true, REPLY_NONE, NULL },
	{ ACTION_SPAM, false, false, REPLY_NONE, NULL },
	{ ACTION_MERGE, false, false, REPLY_BEFORE, NULL },
};

static struct verb verb_of_kind(enum action_kind kind)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (verbs[i].kind == kind)
			return verbs[i];
	return (struct verb){ .kind = kind, .reply = REPLY_AFTER };
}

/* As the desk's table calls it; what no mail can do has no row there. */
static struct verb verb_of(const struct cli *cli)
{
	const char *name = strchr(cli->command->name, ' ') + 1;
	const struct desk_command *act;

	for (size_t i = 0; (act = desk_command_at(i)); i++)
		if (!strcmp(desk_command_line_name(act), name)) {
			struct verb verb = verb_of_kind(act->kind);
			verb.field = desk_command_field(act);
			return verb;
		}
	return verb_of_kind(!strcmp(name, "new") ? ACTION_NEW : ACTION_SPLIT);
}

static const char *new_trace(struct arena *arena)
{
	unsigned char bytes[8];

	random_bytes(bytes, sizeof bytes);
	return base32_encode(arena, bytes, sizeof bytes);
}

/* An address, or "Anna Bianchi <anna@example.com>" as a header has it. What is neither, the desk refuses. */
static void read_recipient(struct cli *cli, const char *text, struct action *action)
{
	const char *head = arena_printf(&cli->arena, "To: %s\n\n", cli_safe(&cli->arena, text, false));
	struct mail_source source = { .data = head, .size = strlen(head), .fd = -1 };
	struct mail_options options = { .headers_only = true };
	struct mail mail;

	action->to = text;
	if (!strchr(text, '<'))
		return;
	mail_parse(&cli->arena, &source, &options, &mail);
	if (mail.to.count == 1) {
		action->to = mail.to.at[0].address;
		action->to_name = mail.to.at[0].name;
	}
}

/* What the command line says, checked as far as it can be without a ticket. */
static enum status read_action(struct cli *cli, const struct verb *verb, struct action *action, int64_t *ticket, struct error *error)
{
	enum status status;

	*action = (struct action){ .kind = verb->kind, .field = verb->field, .who = cli->option[O_AS] ? cli->option[O_AS] : "admin", .argument = "", .text = "", .to = "",
	                           .subject = "", .trace = new_trace(&cli->arena) };
	*ticket = 0;
	if (verb->needs_agent && !cli->option[O_AS])
		return error_set(error, STATUS_USAGE, "%s needs an agent: --as AGENT", cli->command->name);
	if (cli->option[O_AS] && !desk_agent_named(&cli->policy, cli->option[O_AS]))
		return error_set(error, STATUS_NOT_FOUND, "there is no agent \"%s\" in %s", cli->option[O_AS], cli->config->file);
	if (verb->kind == ACTION_NEW) {
		if (!cli->option[O_QUEUE] || !cli->to.count || !cli->option[O_SUBJECT])
			return error_set(error, STATUS_USAGE, "ticket new needs --queue QUEUE, --to ADDRESS, --subject SUBJECT and --as AGENT");
		if (cli->to.count > 1)
			return error_set(error, STATUS_USAGE, "--to is given twice");
		action->argument = cli->option[O_QUEUE];
		read_recipient(cli, cli->to.at[0], action);
		action->subject = cli_safe(&cli->arena, cli->option[O_SUBJECT], false);
		return STATUS_OK;
	}
	if (verb->kind == ACTION_PEND) {
		if (!cli->option[O_UNTIL])
			return error_set(error, STATUS_USAGE, "ticket pend needs a time: --until WHEN, for example 3d");
		action->waiting = cli->option[O_WAITING] ? desk_waiting_named(cli->option[O_WAITING]) : NULL;
		if (cli->option[O_WAITING] && !action->waiting)
			return error_set(error, STATUS_USAGE, "--waiting is " WAITING_NAMES ", not \"%s\"", cli->option[O_WAITING]);
		if ((status = cli_when(cli->option[O_UNTIL], clock_now(), &action->until, error)) != STATUS_OK)
			return status;
	}
	if (cli->count > 1)
		action->argument = cli->words[1];
	if (verb->kind == ACTION_MERGE || verb->kind == ACTION_SPLIT) {
		status = cli_number(cli->words[1], verb->kind == ACTION_MERGE ? "a ticket" : "a message", &action->until, error);
		if (status != STATUS_OK)
			return status;
	}
	return cli_number(cli->words[0], "a ticket", ticket, error);
}

/* What merge and split need to know beside the ticket itself. */
static enum status read_more_facts(struct cli *cli, const struct action *action, struct facts *facts, struct error *error)
{
	struct ticket_row row;
	struct facts other = { .ticket = NULL };
	int64_t into = action->kind == ACTION_MERGE ? action->until : 0;
	enum status status = STATUS_OK;

	/* What was merged itself leads on to its survivor. */
	for (; into && status == STATUS_OK; into = other.ticket ? other.ticket->merged_into : 0)
		status = store_facts_of_ticket(cli->store, &cli->arena, into, &other, error);
	facts->other = other.ticket;
	if (action->kind != ACTION_SPLIT || (status = store_ticket(cli->store, &cli->arena, facts->ticket->id, &row, error)) != STATUS_OK)
		return status;
	for (size_t i = 0; i < row.messages.count; i++) {
		const struct message_row *message = &row.messages.at[i];

		if (message->seq != action->until)
			continue;
		facts->message = ARENA_NEW(&cli->arena, struct new_message);
		*facts->message = (struct new_message){ .seq = message->seq, .kind = message->kind, .out = message->out, .from = message->from, .to = message->to,
			.date = message->date, .message_id = message->message_id, .text = message->text, .agent = message->agent, .flags = message->flags };
	}
	return STATUS_OK;
}

/* Decides and applies one action inside the transaction; prints what it does. */
static enum status apply_one(struct cli *cli, const struct action *action, int64_t *ticket, struct strings *done, struct error *error)
{
	struct facts facts;
	struct plan plan;
	enum status status = store_facts_of_ticket(cli->store, &cli->arena, *ticket, &facts, error);

	if (status != STATUS_OK)
		return status;
	if (action->kind != ACTION_NEW && !facts.ticket)
		return error_set(error, STATUS_NOT_FOUND, "there is no ticket %lld", (long long)*ticket);
	if ((status = read_more_facts(cli, action, &facts, error)) != STATUS_OK
	    || (status = gateway_add_loads(cli->store, &cli->arena, &cli->policy, NULL, NULL, &facts, error)) != STATUS_OK)
		return status;
	desk_plan_init(&plan, &cli->arena, action->who);
	if ((status = desk_decide_action(&cli->policy, action, &facts, &plan, error)) != STATUS_OK
	    || (status = store_apply(cli->store, &plan, NULL, error)) != STATUS_OK)
		return status;
	desk_plan_print(&plan, done);
	*ticket = plan.ticket ? plan.ticket : *ticket;
	return STATUS_OK;
}

static bool takes_many(enum action_kind kind)
{
	return kind == ACTION_TAG || kind == ACTION_UNTAG || kind == ACTION_CC || kind == ACTION_UNCC;
}

/* Tags are several actions; words beside an action are a reply: of what was split off, and before a merge closes the ticket. */
static enum status apply_all(struct cli *cli, const struct verb *verb, struct action *action, int64_t *ticket, struct strings *done, struct error *error)
{
	struct action reply = *action;
	bool replies = verb->reply != REPLY_NONE && *action->text;
	enum status status = STATUS_OK;

	reply.kind = ACTION_REPLY;
	if (verb->reply != REPLY_NONE)
		action->text = "";
	if (replies && verb->reply == REPLY_BEFORE)
		status = apply_one(cli, &reply, ticket, done, error);
	for (size_t i = 1; status == STATUS_OK && i < (cli->count > 1 ? cli->count : 2); i++) {
		if (takes_many(verb->kind))
			action->argument = cli->words[i];
		status = apply_one(cli, action, ticket, done, error);
	}
	if (status == STATUS_OK && replies && verb->reply == REPLY_AFTER)
		status = apply_one(cli, &reply, ticket, done, error);
	return status;
}

static enum status transact(struct cli *cli, const struct verb *verb, struct action *action, int64_t *ticket, struct strings *done, struct error *error)
{
	enum status status = store_begin(cli->store, error);

	if (status != STATUS_OK)
		return status;
	status = apply_all(cli, verb, action, ticket, done, error);
	if (status != STATUS_OK) {
		store_rollback(cli->store);
		return status;
	}
	return store_commit(cli->store, error);
}

static enum status show_result(struct cli *cli, int64_t ticket, const struct strings *done, struct error *error)
{
	struct ticket_row row;
	struct json json;
	enum status status = store_ticket(cli->store, &cli->arena, ticket, &row, error);

	if (status != STATUS_OK)
		return status;
	if (cli->json) {
		json_init(&json, &cli->out);
		cli_ticket_json(cli, &json, &row, true);
		buffer_add_char(&cli->out, '\n');
		return STATUS_OK;
	}
	buffer_printf(&cli->out, "ticket %lld is %s, queue %s, agent %s\n", (long long)ticket, desk_ticket_state_name(row.facts.state), row.facts.queue,
	              *row.facts.agent ? row.facts.agent : "nobody");
	for (size_t i = 0; i < done->count; i++)
		buffer_printf(&cli->out, "  %s\n", cli_safe(&cli->arena, done->at[i], false));
	if (!done->count)
		buffer_add_string(&cli->out, "  nothing to change\n");
	return STATUS_OK;
}

/* One of many, with the text that was read once. */
struct one { const struct verb *verb; const char *text; };
static enum status act_on_one(struct cli *cli, void *context, struct error *error)
{
	const struct one *one = context;
	struct strings done = { NULL, 0 };
	struct action action;
	int64_t ticket;
	enum status status = read_action(cli, one->verb, &action, &ticket, error);

	action.text = one->text;
	return status == STATUS_OK ? transact(cli, one->verb, &action, &ticket, &done, error) : status;
}

/* What is wrong with the command line itself is said once, before a text is asked for. */
static enum status act_on_many(struct cli *cli, const struct verb *verb, struct error *error)
{
	struct one one = { verb, "" };
	int64_t into = 0;
	enum status status = cli_need_config(cli, error);

	if (status == STATUS_OK && verb->needs_agent && !cli->option[O_AS])
		return error_set(error, STATUS_USAGE, "%s needs an agent: --as AGENT", cli->command->name);
	if (status == STATUS_OK && verb->kind == ACTION_MERGE)
		status = cli_number(cli->words[0], "a ticket", &into, error);
	if (status != STATUS_OK || (status = cli_need_store(cli, false, error)) != STATUS_OK)
		return status;
	if (cli->option[O_YES] && (status = cli_text(cli, verb->needs_text, &one.text, error)) != STATUS_OK)
		return status;
	return cli_ticket_many(cli, into, act_on_one, &one, error);
}

enum status cli_run_ticket_act(struct cli *cli, struct error *error)
{
	const struct verb own = verb_of(cli), *verb = &own;
	struct strings done = { NULL, 0 };
	struct action action;
	int64_t ticket;
	enum status status;

	if (cli->option[O_WHERE])
		return act_on_many(cli, verb, error);
	if (cli->option[O_YES])
		return error_set(error, STATUS_USAGE, "--yes goes with --where");
	if ((status = cli_need_config(cli, error)) != STATUS_OK || (status = read_action(cli, verb, &action, &ticket, error)) != STATUS_OK
	    || (status = cli_need_store(cli, verb->kind == ACTION_NEW, error)) != STATUS_OK
	    || (status = cli_text(cli, verb->needs_text, &action.text, error)) != STATUS_OK)
		return status;
	if ((status = transact(cli, verb, &action, &ticket, &done, error)) != STATUS_OK)
		return status;
	return show_result(cli, ticket, &done, error);
}
