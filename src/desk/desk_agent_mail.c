/*
 * desk_agent_mail.c - an agent answers from the mail program: the words go to the customer as the desk's answer, commands are
 * carried out, a note stays in the house.
 *
 * The agent was proved by the caller (own token and own address). What is sent on is the agent's new text without quotes and
 * commands, with the signature kept. A wrong command: the mail is kept as a note, the agent is told, nothing is sent on.
 */
#include <string.h>

#include "desk_private.h"

#define COMMANDS_HELP "/assign AGENT, /queue QUEUE, /tag TAG, /priority low|normal|high|urgent, /pending 3d, /note, /resolve, /close, /reopen"

static struct new_message *append_agent_message(struct decision *d, struct ticket_facts *ticket, const struct incoming *incoming,
                                                const struct desk_agent *agent, enum message_kind kind, const char *text)
{
	struct new_message *message = plan_message(d, ticket, kind, kind != MESSAGE_NOTE);
	message->raw = true;
	message->from = incoming->mail->from;
	message->message_id = incoming->mail->message_id;
	message->text = text;
	message->agent = agent->name;
	return message;
}

static void command_error(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket,
                          const struct desk_agent *agent, const char *problem)
{
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	struct new_message *message = append_agent_message(d, ticket, incoming, agent, MESSAGE_NOTE, NULL);
	message->flags = arena_printf(d->arena, "not sent: %s", problem);
	record_add(&variables, "problem", problem);
	record_add(&variables, "commands", COMMANDS_HELP);
	notice_to_agent(d, ticket, agent, "agent-command-error", message->seq, arena_string(d->arena, buffer_string(&variables)));
	plan_disposition(d, DISPOSITION_COMMAND_ERROR, ticket->id, message->seq, problem);
}

/* The mail to the customer that carries message `seq`. */
static void send_words(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, struct new_message *message)
{
	struct outgoing *o = notice_to_customer(d, ticket, "reply", agent);
	if (!o) {
		message->flags = "not sent: the customer has no usable address";
		plan_remark(d, ticket->id, "answer not sent", "the customer has no usable address");
		return;
	}
	o->seq = o->about_seq = message->seq;
	for (size_t i = 0; i < o->to.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = o->to.at[i].address;
	for (size_t i = 0; i < o->cc.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = o->cc.at[i].address;
	message->outbox = o->id;
	message->from = (struct mail_address){o->from.address, o->from.name};
	message->message_id = o->message_id;
}

static void after_reply(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent)
{
	if (!*ticket->agent)
		plan_set_agent(d, ticket, agent->name, "answered first");
	plan_event(d, ticket, EVENT_AGENT_REPLY, "the agent answered");
}

void desk_agent_reply(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, const char *text, bool raw)
{
	struct new_message *message = plan_message(d, ticket, MESSAGE_REPLY, true);
	message->raw = raw;
	message->text = text;
	message->agent = agent->name;
	message->from = (struct mail_address){agent->email, agent->display};
	send_words(d, ticket, agent, message);
	after_reply(d, ticket, agent);
}

static const char *words_of(struct arena *arena, const struct mail *mail)
{
	if (!mail->signature || !*mail->signature)
		return mail->reply_text;
	return arena_printf(arena, "%s\n\n-- \n%s", mail->reply_text, mail->signature);
}

static bool only_signature(const char *text)
{
	return strncmp(text, "-- \n", 4) == 0 || strncmp(text, "--\n", 3) == 0;
}

void desk_decide_agent_mail(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket,
                            const struct desk_agent *agent, bool note)
{
	const char *problem;
	struct agent_words words = {.agent = agent, .note = note, .text = ""};
	struct error error;
	d->plan->who = agent->name;
	if (!desk_commands(d->arena, d->policy, words_of(d->arena, incoming->mail), d->facts->now, &words, &problem)) {
		command_error(d, incoming, ticket, agent, problem);
		return;
	}
	size_t mark = d->plan->count;
	int64_t outbox = d->next_outbox;
	struct ticket_facts before = *ticket;
	for (size_t i = 0; i < words.actions.count; i++) {
		words.actions.at[i].who = agent->name;
		words.actions.at[i].trace = d->trace;
		bool state_after_words = words.actions.at[i].kind == ACTION_RESOLVE || words.actions.at[i].kind == ACTION_CLOSE
		                      || words.actions.at[i].kind == ACTION_PEND;
		if (state_after_words)
			continue;
		if (desk_do_action(d, ticket, &words.actions.at[i], &error) != STATUS_OK)
			goto undo;
	}
	bool has_words = *words.text && !only_signature(words.text);
	int seq = ticket->next_seq;
	if (words.note || !has_words) {
		append_agent_message(d, ticket, incoming, agent, MESSAGE_NOTE, has_words ? words.text : "")->flags
			= has_words ? "" : "commands only";
		plan_event(d, ticket, EVENT_AGENT_NOTE, NULL);
	} else {
		desk_agent_reply(d, ticket, agent, words.text, true);
	}
	for (size_t i = 0; i < words.actions.count; i++) {
		enum action_kind kind = words.actions.at[i].kind;
		if ((kind == ACTION_RESOLVE || kind == ACTION_CLOSE || kind == ACTION_PEND)
		    && desk_do_action(d, ticket, &words.actions.at[i], &error) != STATUS_OK)
			goto undo;
	}
	plan_disposition(d, DISPOSITION_JOINED, ticket->id, seq, evidence_name(d->plan->evidence));
	return;
undo:   /* all or nothing */
	d->plan->count = mark;
	d->next_outbox = outbox;
	*ticket = before;
	command_error(d, incoming, ticket, agent, arena_string(d->arena, error.text));
}
