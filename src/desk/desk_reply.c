/*
 * desk_reply.c - an agent's answer to the customer: the message, the mail that carries it unless the agent sent it himself, and the state.
 *
 * Decides nothing about the words, or whether they may go out: desk_agent_mail.c, desk_action.c and desk_house_mail.c did.
 */
#include <string.h>

#include "desk_private.h"
#include "limits.h"

/* The mail to the customer that carries the words of `message`. */
static void send_words(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, struct new_message *message,
                       const char *template)
{
	struct outgoing *o = desk_notice_to_customer(d, ticket, template, false, agent);
	if (!o) {
		bool has = d->mail && desk_person_has_it(d, &ticket->customer);
		message->flags = has ? "sent by the agent directly" : "not sent: the customer has no usable address";
		desk_plan_remark(d, ticket->id, "answer not sent", has ? "the customer was among the readers of the agent's mail" : "the customer has no usable address");
		return;
	}
	o->seq = o->about_seq = message->seq;
	for (size_t i = 0; i < o->to.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = o->to.at[i].address;
	for (size_t i = 0; i < o->cc.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = o->cc.at[i].address;
	message->outbox = o->id;
	message->from = o->from;
	message->message_id = o->message_id;
	desk_set_voice(d, ticket, VOICE_FREE);   /* a person of ours has looked at it, and writes to that address */
}

/* An answer that came without a signature gets the agent's own below it. */
static const char *signed_words(struct decision *d, const struct desk_agent *agent, const char *text)
{
	const char *own = agent && agent->signature ? agent->signature : "";
	bool has = (d->mail && d->mail->signature && *d->mail->signature) || strncmp(text, "-- \n", 4) == 0 || strstr(text, "\n-- \n") || strstr(text, own);
	return !*own || !*text || has ? text : arena_printf(d->arena, DESK_SIGNED, text, own);
}

/* What occurred to the agent just after "resolved" opens nothing again. */
static bool is_postscript(const struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent, const char *template)
{
	int64_t since = d->facts->now - ticket->resolved_at;
	bool own = agent && (!*ticket->agent || text_equal_nocase(ticket->agent, agent->name));
	return own && ticket->state == STATE_RESOLVED && strcmp(template, "reply") == 0 && since >= 0 && since <= LIMIT_POSTSCRIPT_MS;
}

void desk_agent_reply(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, const char *text, bool raw,
                      const char *template)
{
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_REPLY, true);
	message->raw = raw;
	message->text = signed_words(d, agent, text);
	message->agent = agent ? agent->name : "";
	message->from = agent ? (struct mail_address){agent->email, agent->display} : (struct mail_address){"", d->policy->name};
	send_words(d, ticket, agent, message, template);
	if (is_postscript(d, ticket, agent, template)) {
		desk_plan_remark(d, ticket->id, "a P.S. of the agent: stays resolved", "written within ten minutes of /resolve");
		return;
	}
	if (agent && !*ticket->agent)
		desk_plan_set_agent(d, ticket, agent->name, "answered first");
	desk_plan_event(d, ticket, EVENT_AGENT_REPLY, agent ? "the agent answered" : "the desk answered");
}

/* The customer has it already, the desk a copy: an answer like any other, but that nothing more is sent. Whom else he wrote to takes part. The page
 * shows his words, and nothing of a notice that he quoted. */
struct new_message *desk_answer_directly(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *sender)
{
	const struct mail *mail = incoming->mail;
	const char *doubt;
	struct ticket_facts before = *ticket;
	size_t mark = d->plan->count;
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_REPLY, true);
	d->plan->who = sender->name;
	message->raw = true;
	message->from = mail->from;
	message->message_id = mail->message_id;
	message->agent = sender->name;
	message->flags = "sent by the agent directly";
	message->text = desk_own_words(d, incoming, ticket, true, &doubt);
	for (size_t i = 0; i < mail->to.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = mail->to.at[i].address;
	desk_bring_readers_of(d, ticket, mail);
	if (!*ticket->agent)
		desk_plan_set_agent(d, ticket, sender->name, "answered first");
	desk_plan_event(d, ticket, EVENT_AGENT_REPLY, "the agent answered directly");
	desk_tell_colleagues(d, &before, ticket, sender->name, mark);
	return message;
}
