/*
 * desk_colleagues.c - what agents are to know of each other, and before they write: who wrote, who will read the answer, what a colleague
 * did, and what a colleague's dead mailbox did not take.
 *
 * A notice shows what was so when it was made, so all of it goes into its row. What a colleague does is told to the ticket's agent, while
 * nobody had it to those who were told of it; never to who did it. One mail or command is one notice, whatever it did.
 */
#include <string.h>

#include "desk_private.h"

#define NAMED_MOST 12                            /* people named in a notice; the rest is a number */

static const char *person(struct arena *arena, const char *name, const char *address)
{
	return name && *name && !text_equal_nocase(name, address) ? arena_printf(arena, "%s <%s>", name, address) : address;
}

static void add_list(struct decision *d, struct buffer *out, const char *key, const struct strings *people)
{
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	for (size_t i = 0; i < people->count && i < NAMED_MOST; i++)
		buffer_printf(&all, "%s%s", i ? ", " : "", people->at[i]);
	if (people->count > NAMED_MOST)
		buffer_printf(&all, ", ... (+%zu)", people->count - NAMED_MOST);
	if (people->count)
		record_add(out, key, arena_string(d->arena, buffer_string(&all)));
}

static void add_readers_of(struct decision *d, const struct ticket_facts *ticket, struct buffer *out)
{
	struct readers readers;
	struct strings names = {0}, proposed = {0};
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (text_equal_nocase(readers.at[i].person->address, ticket->customer.address) || !desk_agent_with_address(d->policy, readers.at[i].address))
			*ARENA_PUSH(d->arena, &names) = person(d->arena, readers.at[i].name, readers.at[i].address);
	for (size_t i = 0; i < ticket->outside.count; i++)
		if (ticket->outside.at[i].role == ROLE_PROPOSED)
			*ARENA_PUSH(d->arena, &proposed) = person(d->arena, ticket->outside.at[i].name, ticket->outside.at[i].address);
	add_list(d, out, "readers", &names);
	add_list(d, out, "proposed", &proposed);
}

static bool reads(struct decision *d, const struct ticket_facts *ticket, const char *address)
{
	struct readers readers;
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (text_equal_nocase(readers.at[i].address, address) || text_equal_nocase(readers.at[i].person->address, address))
			return true;
	return false;
}

/* Is this the mail that the notice is about? */
static bool is_about(const struct decision *d, int about_seq)
{
	return d->mail && d->mail_seq && d->mail_seq == about_seq;
}

const struct mail_address *desk_writer(const struct decision *d, const struct ticket_facts *ticket, int about_seq)
{
	if (!is_about(d, about_seq) || !*d->mail->from.address || text_equal_nocase(d->mail->from.address, ticket->customer.address))
		return NULL;
	return &d->mail->from;
}

/* What the header says beside From. `written`: who wrote is said already, with the proof. */
static void add_doubts(struct decision *d, bool written, struct buffer *out)
{
	const struct mail *mail = d->mail;
	struct proof proof = desk_proof(d->arena, mail);
	struct strings others = {0};
	for (size_t i = 0; i < mail->reply_to.count && !mail->list_mail; i++)
		if (!text_equal_nocase(mail->reply_to.at[i].address, mail->from.address))
			*ARENA_PUSH(d->arena, &others) = utf8_cut(d->arena, mail->reply_to.at[i].address, 200);
	add_list(d, out, "answers_to", &others);
	if (*mail->sender.address && !text_equal_nocase(mail->sender.address, mail->from.address) && !mail->list_mail)
		record_add(out, "sent_by", utf8_cut(d->arena, mail->sender.address, 200));
	if (proof.kind == PROOF_FAILED && !written)
		record_add(out, "doubt", proof.why);
}

void desk_add_context(struct decision *d, const struct ticket_facts *ticket, int about_seq, struct buffer *out)
{
	const struct mail_address *writer = desk_writer(d, ticket, about_seq);
	if (writer) {
		const char *how = desk_proof(d->arena, d->mail).why;
		record_add(out, "writer", arena_printf(d->arena, "%s%s%s%s", person(d->arena, writer->name, writer->address), *how ? " (" : "", how, *how ? ")" : ""));
		if (!reads(d, ticket, writer->address))
			record_add(out, "unread", "yes");
	}
	if (is_about(d, about_seq))
		add_doubts(d, writer, out);
	if (is_about(d, about_seq) && strcmp(desk_short_subject(d->arena, d->mail->subject), desk_short_subject(d->arena, ticket->subject)) != 0)
		record_add(out, "new_subject", utf8_cut(d->arena, d->mail->subject, 400));
	add_readers_of(d, ticket, out);
}

/* ---- what a colleague did ---- */

/* The words that the agent left, and whether they went out. 0: none. */
static int words_of(const struct decision *d, const struct ticket_facts *ticket, size_t from, bool *answer)
{
	for (size_t i = d->plan->count; i > from; i--) {
		const struct effect *effect = &d->plan->at[i - 1];
		const struct new_message *message = effect->kind == EFFECT_APPEND_MESSAGE && effect->ticket == ticket->id ? effect->message : NULL;
		if (!message || (message->kind != MESSAGE_REPLY && message->kind != MESSAGE_NOTE) || strcmp(message->flags, "commands only") == 0)
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
		notice_to_agent(d, ticket, agent, "agent-colleague", seq, variables);
}

static bool hears(const struct desk_queue *queue, const char *what)
{
	return !queue->colleagues.count || strings_have(&queue->colleagues, what);
}

void desk_tell_colleagues(struct decision *d, const struct ticket_facts *before, const struct ticket_facts *ticket, const char *actor, size_t from)
{
	CLEANUP_BUFFER struct buffer out;
	const struct desk_queue *queue = queue_of(d, ticket);
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
		any |= notice_to_agent(d, ticket, agent, template, about_seq, variables);
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
		if (strcmp(key, "instead_of") != 0 && strcmp(key, "note_address") != 0 && strcmp(key, "readers") != 0 && strcmp(key, "proposed") != 0)
			record_add(&out, key, value);
	const char *all = arena_string(d->arena, buffer_string(&out));
	const struct desk_queue *queue = queue_of(d, ticket), *first = &d->policy->queues.at[0];
	if (strcmp(template, "agent-digest") == 0 || is_named(before ? before : "", agent))
		return;
	if (!pass_to(d, ticket, queue, template, about_seq, tried, all) && queue != first)
		pass_to(d, ticket, first, template, about_seq, tried, all);
}
