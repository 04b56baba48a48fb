/*
 * desk_colleagues.c - what agents are to know of each other: what a colleague did, and what a colleague's dead mailbox did not take.
 *
 * What a colleague does is told to the ticket's agent, while nobody had it to those who were told of it; never to who did it. One mail or
 * command is one notice, whatever it did.
 */
#include <string.h>

#include "desk_private.h"

/* The words that the agent left, and whether they went out. 0: none. */
static int words_of(const struct decision *d, const struct ticket_facts *ticket, size_t from, bool *answer)
{
	for (size_t i = d->plan->count; i > from; i--) {
		const struct effect *effect = &d->plan->at[i - 1];
		const struct new_message *message = effect->kind == EFFECT_APPEND_MESSAGE && effect->ticket == ticket->id ? effect->message : NULL;
		if (!message || (message->kind != MESSAGE_REPLY && message->kind != MESSAGE_NOTE) || strcmp(message->flags, FLAGS_COMMANDS) == 0)
			continue;
		*answer = message->kind == MESSAGE_REPLY;
		return message->seq;
	}
	return 0;
}

static void tell(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent, const char *actor, const char *assigned, int seq,
                 const char *variables)
{
	if (agent && !text_equal_nocase(agent->name, actor) && !text_equal_nocase(agent->name, assigned))
		desk_notice_to_agent(d, ticket, agent, "agent-colleague", seq, variables);
}

static bool hears(const struct desk_queue *queue, const char *what)
{
	return !queue->colleagues.count || strings_have(&queue->colleagues, what);
}

void desk_tell_colleagues(struct decision *d, const struct ticket_facts *before, const struct ticket_facts *ticket, const char *actor, size_t from)
{
	CLEANUP_BUFFER struct buffer out;
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	const struct desk_agent *who = desk_agent_named(d->policy, actor), *owner = desk_agent_named(d->policy, before->agent);
	bool answer = false, taken = strcmp(before->agent, ticket->agent) != 0 && *ticket->agent;
	int seq = words_of(d, ticket, from, &answer);
	bool closed = ticket->state != before->state && (ticket->state == STATE_CLOSED || ticket->state == STATE_RESOLVED) && !ticket->merged_into;
	bool tells_answer = seq && answer && hears(queue, "answered"), tells_note = seq && !answer && hears(queue, "note");
	closed = closed && hears(queue, "closed");
	taken = taken && !answer && hears(queue, "taken");
	buffer_init(&out);
	if (!tells_answer && !tells_note && !closed && !taken)
		return;
	/* Who was just given it has a notice of his own, with all of it. */
	const char *assigned = taken ? ticket->agent : "";
	taken = taken && !tells_note && !closed;
	const struct desk_agent *taker = taken ? desk_agent_named(d->policy, ticket->agent) : who;
	record_add(&out, "colleague", taker ? taker->display : d->policy->name);
	if (tells_answer)
		record_add(&out, "answered", "yes");
	if (tells_note)
		record_add(&out, "noted", "yes");
	if (closed)
		record_add(&out, "closed", "yes");
	if (taken)
		record_add(&out, "taken", "yes");
	const char *variables = arena_string(d->arena, buffer_string(&out));
	if (owner) {
		tell(d, ticket, owner, actor, assigned, seq, variables);
		return;
	}
	for (size_t i = 0; i < queue->agents.count; i++)
		tell(d, ticket, desk_agent_named(d->policy, queue->agents.at[i]), actor, assigned, seq, variables);
}

/* ---- a mailbox that takes nothing ---- */

static bool is_named(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* To all of the queue whose mailboxes were not tried yet. False: there are none. */
static bool pass_to(struct decision *d, const struct ticket_facts *ticket, const struct desk_queue *queue, const char *template, int about_seq,
                    const char *tried, const char *variables)
{
	bool any = false;
	for (size_t i = 0; i < queue->agents.count; i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, queue->agents.at[i]);
		if (!agent || is_named(tried, agent->name) || !mail_address_usable(agent->email))
			continue;
		any |= desk_notice_to_agent(d, ticket, agent, template, about_seq, variables);
	}
	return any;
}

void desk_pass_on(struct decision *d, const struct ticket_facts *ticket, const char *template, const char *agent, int about_seq, const char *variables)
{
	CLEANUP_BUFFER struct buffer out;
	const char *before = record_get(d->arena, variables, "instead_of"), *at = variables, *key, *value;
	const char *tried = before ? arena_printf(d->arena, "%s, %s", before, agent) : agent;
	buffer_init(&out);
	record_add(&out, "instead_of", tried);
	while (record_next(d->arena, &at, &key, &value))         /* what is the reader's own is made anew */
		if (strcmp(key, "instead_of") != 0 && strcmp(key, "note_address") != 0 && strcmp(key, "readers") != 0 && strcmp(key, "fields") != 0 && strcmp(key, "proposed") != 0 && strcmp(key, "filter") != 0)
			record_add(&out, key, value);
	const char *all = arena_string(d->arena, buffer_string(&out));
	const struct desk_queue *queue = desk_queue_of(d, ticket), *first = &d->policy->queues.at[0];
	/* What one agent asked for may tell of tickets that no colleague of his works on. */
	if (desk_notice_is(template, NOTICE_OF_NO_TICKET | NOTICE_ANSWERS_COMMANDS) || is_named(before ? before : "", agent))
		return;
	if (!pass_to(d, ticket, queue, template, about_seq, tried, all) && queue != first)
		pass_to(d, ticket, first, template, about_seq, tried, all);
}
