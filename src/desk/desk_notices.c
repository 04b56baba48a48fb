/*
 * desk_notices.c - to whom a mail goes out and with which headers. RFC 3834 section 3.1.8 (References),
 * RFC 5322 section 3.6.4.
 *
 * A mail to the customer's side is one mail for all of them; its Reply-To carries the customer's token. A mail to an agent is
 * one for each agent, since its Reply-To carries that agent's own token. The words are rendered later from the template.
 */
#include <string.h>

#include "desk_private.h"

#define GATHER_MS (15 * 60 * 1000)              /* agents wait that long for the rest of a rush */

struct agents { const struct desk_agent **at; size_t count; };

static const char *subject_line(struct decision *d, const struct ticket_facts *ticket, bool answer)
{
	const char *subject = desk_short_subject(d->arena, ticket->subject);
	return arena_printf(d->arena, "%s%s%s[#%lld]", answer ? "Re: " : "", subject, *subject ? " " : "", (long long)ticket->id);
}

/* A queue that names no notices sends all but those that only some desks want. */
bool desk_queue_wants_notice(const struct desk_queue *queue, const char *template)
{
	if (queue->notices.count && !desk_notice_is(template, NOTICE_ANSWERS_COMMANDS))
		return strings_have(&queue->notices, template);
	return !desk_notice_is(template, NOTICE_IF_NAMED);
}

/* What every outgoing mail has. Message-ID and bounce address carry the number of the outbox row. */
static struct outgoing *outgoing_new(struct decision *d, const struct ticket_facts *ticket, const struct desk_queue *queue, const char *template)
{
	struct outgoing *o = ARENA_NEW(d->arena, struct outgoing);
	*o = (struct outgoing){.id = d->next_outbox++, .trace = d->trace, .ticket = ticket->id, .template = template,
	                       .language = d->policy->language, .queue = queue->name, .agent = "", .automatic = true,
	                       .from = {queue->address, d->policy->name}, .reply_to = "", .in_reply_to = "", .variables = "",
	                       .date = d->facts->now};
	struct token bounce = {.kind = TOKEN_BOUNCE, .ticket = ticket->id, .number = o->id};
	o->envelope_from = desk_token_address(d->arena, d->policy, queue->address, &bounce);
	return o;
}

/* One mail for all. Notices are for the customer; answers for all who take part and did not get them from the agent directly. */
static bool add_people(struct decision *d, const struct ticket_facts *ticket, struct outgoing *o)
{
	bool answer = !o->automatic;
	struct readers readers;
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++) {
		struct mail_address address = {readers.at[i].address, readers.at[i].name};
		bool customer = text_equal_nocase(readers.at[i].person->address, ticket->customer.address);
		if (answer ? desk_person_has_it(d, readers.at[i].person) : !customer)
			continue;
		if (!customer && desk_agent_with_address(d->policy, address.address))    /* no customer is to see an agent's own address */
			continue;
		if (o->to.count)
			*ARENA_PUSH(d->arena, &o->cc) = address;
		else
			*ARENA_PUSH(d->arena, &o->to) = address;
	}
	return o->to.count > 0;
}

static void add_link(struct decision *d, struct buffer *out, const char *name, enum token_kind kind, const struct ticket_facts *ticket)
{
	const char *link = desk_link(d->arena, d->policy, kind, ticket->id, ticket->customer.address, d->facts->now);
	if (link)
		record_add(out, name, link);
}

/* What becomes of a held request without a word, and when. */
static void add_end_of_silence(struct decision *d, const struct ticket_facts *ticket, const struct outgoing *o, struct buffer *out)
{
	if (d->policy->kb_end_hours > 0)
		record_add(out, "date", desk_date(d->arena, desk_local(d->policy, ticket->created + d->policy->kb_end_hours * HOUR_MS), o->language));
	if (d->policy->kb_silence == SILENCE_EXPIRE)
		record_add(out, "expires", "yes");
}

/* Of a request that is over: how long a reply opens it again, and where to say how good the help was. */
static void add_end_of_all(struct decision *d, const struct ticket_facts *ticket, struct buffer *out)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	if (d->policy->reopen_days > 0)
		record_add(out, "days", arena_printf(d->arena, "%d", d->policy->reopen_days));
	if (queue && queue->rating)
		add_link(d, out, "link_rate", TOKEN_LINK_STATUS, ticket);
}

/* Links and dates that the template may show. */
static const char *customer_variables(struct decision *d, const struct ticket_facts *ticket, const struct outgoing *o)
{
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	if (desk_notice_is(o->template, NOTICE_ASKS_IF_SOLVED)) {
		add_link(d, &out, "link_confirm", TOKEN_LINK_CONFIRM, ticket);
		add_link(d, &out, "link_refuse", TOKEN_LINK_REFUSE, ticket);
		int64_t since = ticket->state == STATE_RESOLVED && ticket->resolved_at ? ticket->resolved_at : d->facts->now;
		if (d->policy->close_days > 0)
			record_add(&out, "date", desk_date(d->arena, desk_local(d->policy, since + d->policy->close_days * DAY_MS), o->language));
	} else if (o->automatic) {
		add_link(d, &out, "link_status", TOKEN_LINK_STATUS, ticket);
	}
	if (desk_notice_is(o->template, NOTICE_ASKS_RATING))
		add_end_of_all(d, ticket, &out);
	const char *due = desk_notice_is(o->template, NOTICE_PROMISES) ? desk_due_date(d, ticket, o->language) : NULL;
	if (due)
		record_add(&out, "date", due);
	if (desk_notice_is(o->template, NOTICE_OFFERS_HELP))
		add_link(d, &out, "link_help", TOKEN_LINK_HELP, ticket);
	if (desk_notice_is(o->template, NOTICE_TELLS_END))
		add_end_of_silence(d, ticket, o, &out);
	return arena_string(d->arena, buffer_string(&out));
}

struct outgoing *desk_notice_to_customer(struct decision *d, struct ticket_facts *ticket, const char *template,
                                         bool automatic, const struct desk_agent *writer)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	struct outgoing *o = outgoing_new(d, ticket, queue, template);
	struct token reply = {.kind = TOKEN_CUSTOMER, .ticket = ticket->id};
	struct token id = {.kind = TOKEN_MAIL_TO_CUSTOMER, .ticket = ticket->id, .number = o->id};
	o->automatic = automatic;
	if (writer) {
		o->agent = writer->name;
		o->from.name = arena_printf(d->arena, "%s (%s)", *writer->display ? writer->display : writer->name, d->policy->name);
	}
	if (*ticket->language)
		o->language = ticket->language;
	if (!add_people(d, ticket, o)) {
		d->next_outbox--;
		return NULL;
	}
	o->reply_to = desk_token_address(d->arena, d->policy, queue->address, &reply);
	o->message_id = desk_message_id(d->arena, d->policy, &id);
	o->in_reply_to = ticket->last_customer_message_id;
	o->references = ticket->message_ids;
	o->subject = subject_line(d, ticket, *ticket->last_customer_message_id);
	o->variables = customer_variables(d, ticket, o);
	desk_plan_add(d, EFFECT_ENQUEUE, ticket->id)->outgoing = o;
	return o;
}

struct outgoing *desk_tell_customer(struct decision *d, struct ticket_facts *ticket, const char *template)
{
	if (!desk_queue_wants_notice(desk_queue_of(d, ticket), template))
		return NULL;
	const char *voice = ticket->voice ? ticket->voice : VOICE_FREE;
	bool neutral = strcmp(voice, VOICE_NEUTRAL) == 0;
	const char *silent = d->facts->sender_bouncing ? "mail to that address comes back" : neutral ? "" : voice;
	if (*silent) {
		desk_plan_remark(d, ticket->id, arena_printf(d->arena, "the customer is not told (%s)", template), silent);
		return NULL;
	}
	struct outgoing *o = desk_notice_to_customer(d, ticket, template, true, NULL);
	if (!o)
		return NULL;
	if (neutral)
		desk_neutral(d, ticket, o);
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_NOTICE, true);
	o->seq = message->seq;
	message->from = o->from;
	message->message_id = o->message_id;
	message->outbox = o->id;
	*ARENA_PUSH(d->arena, &message->to) = o->to.at[0].address;
	return o;
}

bool desk_notice_to_agent(struct decision *d, const struct ticket_facts *ticket, const struct desk_agent *agent, const char *template,
                          int about_seq, const char *variables)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	if (!mail_address_usable(agent->email) || !desk_queue_wants_notice(queue, template))
		return false;
	struct outgoing *o = outgoing_new(d, ticket, queue, template);
	uint32_t who = desk_who(agent->name);
	struct token reply = {.kind = TOKEN_AGENT, .ticket = ticket->id, .number = desk_shown(d, ticket), .who = who};
	struct token id = {.kind = TOKEN_MAIL_TO_AGENT, .ticket = ticket->id, .number = o->id, .who = who};
	o->to_agent = true;
	o->agent = agent->name;
	const struct mail_address *writer = desk_writer(d, ticket, about_seq);
	const char *customer = *ticket->customer.name ? ticket->customer.name : ticket->customer.address;
	if (writer)
		customer = *writer->name ? writer->name : writer->address;
	o->language = desk_agents_language(d->policy, agent);
	*ARENA_PUSH(d->arena, &o->to) = (struct mail_address){agent->email, agent->display};
	o->reply_to = desk_token_address(d->arena, d->policy, queue->address, &reply);
	o->message_id = desk_message_id(d->arena, d->policy, &id);
	/* One root for all that an agent hears of a ticket: their mail program shows it as one conversation. */
	strings_add(d->arena, &o->references, arena_printf(d->arena, "<ticket.%lld@%s>", (long long)ticket->id, d->policy->domain));
	o->in_reply_to = o->references.at[0];
	o->subject = subject_line(d, ticket, false);
	desk_show_news(d, customer, variables ? variables : "", o);
	o->about_seq = about_seq;
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	buffer_add_string(&all, variables ? variables : "");
	reply.kind = TOKEN_NOTE;
	if (strcmp(template, "agent-overdue") == 0 && !variables)      /* told in the moment it is due */
		record_add(&all, "date", desk_time(d->arena, d->policy, d->facts->now, o->language));
	record_add(&all, "note_address", desk_token_address(d->arena, d->policy, queue->address, &reply));
	desk_add_context(d, ticket, about_seq, o->language, &all);
	/* What filters of mail programs want to know, as it is now. */
	record_add(&all, "filter", arena_printf(d->arena, "%s %s %s", desk_ticket_state_name(ticket->state), ticket->priority, ticket->agent));
	if (desk_notice_is(template, NOTICE_HANDS_OVER) && ticket->next_seq > 2)
		record_add(&all, "earlier", arena_printf(d->arena, "%d", ticket->next_seq - 1));
	o->variables = arena_string(d->arena, buffer_string(&all));
	desk_plan_add(d, EFFECT_ENQUEUE, ticket->id)->outgoing = o;
	return true;
}

/* Was he among the readers of that mail? A new request comes with the address to answer to: who was copied by the customer needs it all the
 * same. And a header that nothing proves may name agents whom no copy has reached. */
static bool was_copied(struct decision *d, const struct desk_agent *agent, const char *template)
{
	return desk_notice_is(template, NOTICE_COPY_WILL_DO) && desk_has_it(d, agent->email) && desk_proof(d->arena, d->mail).kind == PROOF_PASS;
}

/* To those of `agents` who had a copy, or to the others. True: at least one notice goes out. */
static bool notice_to_some(struct decision *d, const struct ticket_facts *ticket, const struct agents *agents, bool copied, const char *template,
                           int about_seq, const char *variables)
{
	bool any = false;
	for (size_t i = 0; i < agents->count; i++)
		if (was_copied(d, agents->at[i], template) == copied)
			any |= desk_notice_to_agent(d, ticket, agents->at[i], template, about_seq, variables);
	return any;
}

/* Who was copied is left out only where a colleague has a notice of that mail: a copy shows no address to answer to, and whether it arrived
 * nobody here knows. Somebody of the house is told of all words. */
void desk_notice_to_agents(struct decision *d, const struct ticket_facts *ticket, const char *template, int about_seq,
                           const char *except, const char *variables)
{
	struct agents agents = {0};
	const struct desk_agent *own = *ticket->agent ? desk_agent_named(d->policy, ticket->agent) : NULL;
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	if (!desk_queue_wants_notice(queue, template))           /* nobody is looked up to be told nothing */
		return;
	if (own && (!except || !text_equal_nocase(own->name, except)))
		*ARENA_PUSH(d->arena, &agents) = own;
	for (size_t i = 0; i < queue->agents.count && !(own && !desk_on_leave(own, d->facts)); i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, queue->agents.at[i]);
		if (agent && agent != own && (!except || !text_equal_nocase(agent->name, except)))
			*ARENA_PUSH(d->arena, &agents) = agent;
	}
	for (size_t i = 0; i < ticket->watchers.count; i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, ticket->watchers.at[i]);
		bool there = !agent || (except && text_equal_nocase(agent->name, except));
		for (size_t k = 0; k < agents.count && !there; k++)
			there = agents.at[k] == agent;
		if (!there)
			*ARENA_PUSH(d->arena, &agents) = agent;
	}
	if (!notice_to_some(d, ticket, &agents, false, template, about_seq, variables))
		notice_to_some(d, ticket, &agents, true, template, about_seq, variables);
}

/* ---- how good the help was ---- */

static bool is_told(const struct decision *d, const struct desk_agent *agent, const char *template)
{
	for (size_t i = 0; i < d->plan->count; i++) {
		const struct outgoing *o = d->plan->at[i].outgoing;
		if (o && strcmp(o->template, template) == 0 && text_equal_nocase(o->agent, agent->name))
			return true;
	}
	return false;
}

static bool is_supervisor_of(const struct decision *d, const struct desk_queue *queue, const struct desk_agent *agent)
{
	bool any = false;
	for (size_t i = 0; i < queue->agents.count; i++) {
		const struct desk_agent *other = desk_agent_named(d->policy, queue->agents.at[i]);
		any |= other && other->role == AGENT_SUPERVISOR;
	}
	return agent->role == AGENT_SUPERVISOR && (!any || strings_have(&queue->agents, agent->name));
}

void desk_tell_with_supervisors(struct decision *d, const struct ticket_facts *ticket, const char *template, const char *variables)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	desk_notice_to_agents(d, ticket, template, 0, NULL, variables);
	for (size_t i = 0; i < d->policy->agents.count; i++)
		if (is_supervisor_of(d, queue, &d->policy->agents.at[i]) && !is_told(d, &d->policy->agents.at[i], template))
			desk_notice_to_agent(d, ticket, &d->policy->agents.at[i], template, 0, variables);
}

/* ---- a customer who writes without end ---- */

void desk_tell_of_reply(struct decision *d, const struct ticket_facts *ticket, int seq)
{
	int64_t since = d->facts->now - ticket->rush_since;
	bool rush = ticket->rush_since && since >= 0 && since < HOUR_MS;
	if (!rush && !ticket->gathering) {
		desk_notice_to_agents(d, ticket, "agent-answered", seq, NULL, NULL);
		return;
	}
	if (ticket->gathering)
		return;
	desk_plan_timer(d, ticket, arena_printf(d->arena, TIMER_GATHERED "%d", seq), GATHER_MS);
	desk_plan_remark(d, ticket->id, "agents are told later, of several messages at once", "more than ten within an hour");
}

void desk_tell_of_gathered(struct decision *d, const struct ticket_facts *ticket, int seq)
{
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	if (d->facts->gathered > 1)
		record_add(&variables, "gathered", arena_printf(d->arena, "%d", d->facts->gathered));
	desk_notice_to_agents(d, ticket, "agent-answered", seq, NULL, arena_string(d->arena, buffer_string(&variables)));
}
