/*
 * desk_side.c - side conversations: an agent asks a third party about a ticket, and hears from it, in a thread of its own.
 *
 * Its mails have their own signed address, their own Message-IDs and subject, and the agent's own words: no byte of the customer's thread is in them but
 * what the agent writes, and no address with which somebody could write as the customer. What comes back is kept on the ticket as "side-in", which no
 * customer's mail or page shows, and is told to the agents, whose answers to that notice go to the third party. The ticket waits for it meanwhile.
 */
#include <string.h>

#include "desk_private.h"

#define WAIT_DAYS 3                              /* then the agents are reminded */

/* ---- words and subject ---- */

static bool is_quoted(const char *line)
{
	line += strspn(line, " \t");
	return *line == '>' || *line == '|';
}

/* Without quotes, and the line that introduces one; and without any signed address or link of ours, whosever. */
const char *desk_side_words(struct decision *d, const struct ticket_facts *ticket, const char *text)
{
	CLEANUP_BUFFER struct buffer out = {0};
	size_t tokens;
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t length = strcspn(at, "\n");
		const char *next = at + length;
		next += strspn(next, "\n \r");
		bool introduces = length && at[length - 1] == ':' && is_quoted(next);
		if (!is_quoted(at) && !introduces)
			buffer_printf(&out, "%.*s\n", (int)length, at);
	}
	const char *own = text_trim(arena_string(d->arena, buffer_string(&out)));
	return desk_without_house_tokens(d->arena, d->policy, -1, desk_queue_of(d, ticket)->address, own, &tokens);
}

/* That of the agent's mail, if it is his own: not the ticket's, and no answer's. "": the usual one. */
const char *desk_side_subject(struct decision *d, const struct ticket_facts *ticket, const struct mail *mail)
{
	const char *own = desk_short_subject(d->arena, mail->subject), *theirs = desk_short_subject(d->arena, ticket->subject);
	bool answers = mail->in_reply_to.count || mail->references.count || strstr(mail->subject, "[#");
	size_t length = strlen(theirs);
	for (const char *at = own; length && *at; at++)
		if (strncasecmp(at, theirs, length) == 0)
			return "";
	return answers ? "" : utf8_cut(d->arena, own, 200);
}

/* ---- which conversation ---- */

static struct side *with(struct ticket_facts *ticket, const char *address)
{
	for (size_t i = 0; i < ticket->sides.count; i++)
		if (text_equal_nocase(ticket->sides.at[i].address, address))
			return &ticket->sides.at[i];
	return NULL;
}

static struct side *begin(struct decision *d, struct ticket_facts *ticket, const char *address, const char *subject)
{
	struct { struct side *at; size_t count; } all = {0};
	for (size_t i = 0; i < ticket->sides.count; i++)
		*ARENA_PUSH(d->arena, &all) = ticket->sides.at[i];
	struct side *side = ARENA_PUSH(d->arena, &all);
	*side = (struct side){(int)all.count, address, subject, ""};
	ticket->sides.at = all.at;
	ticket->sides.count = all.count;
	struct effect *effect = desk_plan_add(d, EFFECT_SIDE, ticket->id);
	effect->number = side->number;
	effect->to = side->address;
	effect->from = side->subject;
	return side;
}

/* That of the mail's signed address, on a ticket that may have been merged since. */
const struct side *desk_side_of(struct decision *d, struct ticket_facts *ticket, const struct side *side)
{
	struct side *known = with(ticket, side->address);
	return known ? known : begin(d, ticket, side->address, side->subject);
}

/* ---- out ---- */

static struct outgoing *mail_to(struct decision *d, const struct ticket_facts *ticket, const struct side *side, const struct desk_agent *agent)
{
	const struct desk_queue *queue = desk_queue_of(d, ticket);
	struct outgoing *o = ARENA_NEW(d->arena, struct outgoing);
	const char *name = agent ? (*agent->display ? agent->display : agent->name) : NULL;
	uint32_t who = desk_who(side->address);
	*o = (struct outgoing){.id = d->next_outbox++, .trace = d->trace, .ticket = ticket->id, .template = "side", .language = d->policy->language, .queue = queue->name,
	                       .agent = agent ? agent->name : "", .from = {queue->address, name ? arena_printf(d->arena, "%s (%s)", name, d->policy->name) : d->policy->name},
	                       .in_reply_to = side->last_id, .subject = side->subject, .date = d->facts->now, .variables = ""};
	struct token bounce = {.kind = TOKEN_BOUNCE, .ticket = ticket->id, .number = o->id}, reply = {.kind = TOKEN_SIDE, .ticket = ticket->id, .number = side->number, .who = who};
	struct token id = {.kind = TOKEN_MAIL_TO_SIDE, .ticket = ticket->id, .number = o->id, .who = who};
	o->envelope_from = desk_token_address(d->arena, d->policy, queue->address, &bounce);
	o->reply_to = desk_token_address(d->arena, d->policy, queue->address, &reply);
	o->message_id = desk_message_id(d->arena, d->policy, &id);
	if (*side->last_id)
		strings_add(d->arena, &o->references, side->last_id);
	*ARENA_PUSH(d->arena, &o->to) = (struct mail_address){side->address, ""};
	desk_plan_add(d, EFFECT_ENQUEUE, ticket->id)->outgoing = o;
	return o;
}

static void send(struct decision *d, struct ticket_facts *ticket, const struct side *side, const struct desk_agent *agent, const char *text, bool raw)
{
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_SIDE_OUT, true);
	struct outgoing *o = mail_to(d, ticket, side, agent);
	message->raw = raw;
	message->text = text;
	message->agent = agent ? agent->name : "";
	message->side = side->number;
	message->from = o->from;
	message->message_id = o->message_id;
	message->outbox = o->id;
	*ARENA_PUSH(d->arena, &message->to) = side->address;
	o->seq = o->about_seq = message->seq;
}

/* The ticket waits for the third party; where it waits for something already, or is over, it stays as it is. */
static void wait_for(struct decision *d, struct ticket_facts *ticket)
{
	if (ticket->state != STATE_NEW && ticket->state != STATE_OPEN)
		return;
	desk_plan_wait(d, ticket, d->facts->now + WAIT_DAYS * DAY_MS, WAITING_THIRD);
}

static enum status refuse(struct decision *d, struct error *error, enum sentence which, const char *one, const char *two)
{
	return error_set(error, STATUS_BAD_INPUT, "%s", desk_sentence(d->arena, d->language ? d->language : "en", which, one, two, NULL));
}

enum status desk_ask(struct decision *d, struct ticket_facts *ticket, const struct desk_agent *agent, const char *address, const char *subject, const char *text,
                     bool raw, struct error *error)
{
	const char *number = arena_printf(d->arena, "%lld", (long long)ticket->id), *to = text_lower(d->arena, address);
	if (!mail_address_usable(to))
		return refuse(d, error, SAY_NO_ADDRESS, address, NULL);
	if (desk_address_is_ours(d->policy, to) || desk_agent_with_address(d->policy, to))
		return refuse(d, error, SAY_OURS, address, NULL);
	if (desk_is_participant(ticket, to))
		return refuse(d, error, SAY_READS, address, number);
	if (!*text)
		return refuse(d, error, SAY_NO_WORDS, "ask", NULL);
	const struct side *side = with(ticket, to);
	if (!side)
		side = begin(d, ticket, to, arena_printf(d->arena, "%s [#%s]", *subject ? subject : "Request", number));
	send(d, ticket, side, agent, text, raw);
	if (agent && !*ticket->agent)
		desk_plan_set_agent(d, ticket, agent->name, "asked somebody");
	else if (agent && !text_equal_nocase(ticket->agent, agent->name) && !strings_have(&ticket->watchers, agent->name))
		desk_plan_add(d, EFFECT_WATCH, ticket->id)->to = agent->name;        /* a colleague's: who asks hears the answer, too */
	wait_for(d, ticket);
	return STATUS_OK;
}

/* ---- in ---- */

static const struct clue_facts *clue_of(const struct decision *d, const struct mail *mail)
{
	for (size_t i = 0; d->facts->side && i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		const struct token *token = &found->clue->token;
		bool answers = found->clue->kind == EVIDENCE_MESSAGE_TOKEN && token->kind == TOKEN_MAIL_TO_SIDE && token->who == desk_who(mail->from.address)
		            && !desk_failed_authentication(mail);
		if (found->ticket && (answers || (found->clue->kind == EVIDENCE_ADDRESS_TOKEN && token->kind == TOKEN_SIDE)))
			return found;
	}
	return NULL;
}

/* Of the mails to agents from `mark` on, the address to answer to is the third party's thread, of each his own. */
void desk_side_answers(struct decision *d, const struct ticket_facts *ticket, const struct side *side, size_t mark)
{
	for (size_t i = mark; i < d->plan->count; i++) {
		struct outgoing *o = d->plan->at[i].kind == EFFECT_ENQUEUE ? d->plan->at[i].outgoing : NULL;
		struct token token = {.kind = TOKEN_SIDE_AGENT, .ticket = ticket->id, .number = desk_shown_of_side(ticket->next_seq - 1, side->number), .who = o ? desk_who(o->agent) : 0};
		if (o && o->to_agent)
			o->reply_to = desk_token_address(d->arena, d->policy, desk_queue_of(d, ticket)->address, &token);
	}
}

/* To those who work on the ticket. */
static void tell(struct decision *d, const struct ticket_facts *ticket, const struct side *side, int seq)
{
	CLEANUP_BUFFER struct buffer variables = {0};
	size_t mark = d->plan->count;
	record_add(&variables, "third", side->address);
	record_add(&variables, "side_subject", side->subject);
	desk_notice_to_agents(d, ticket, "agent-side", seq, NULL, arena_string(d->arena, buffer_string(&variables)));
	desk_side_answers(d, ticket, side, mark);
}

char *desk_side_house_address(struct arena *arena, const struct desk_policy *policy, const struct ticket_facts *ticket, int side, int seq)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	struct token token = {.kind = TOKEN_SIDE_AGENT, .ticket = ticket->id, .number = desk_shown_of_side(seq, side)};
	return desk_token_address(arena, policy, queue ? queue->address : policy->queues.at[0].address, &token);
}

bool desk_decide_side_in(struct decision *d, const struct incoming *incoming, bool automatic)
{
	const struct mail *mail = incoming->mail;
	const struct clue_facts *found = clue_of(d, mail);
	if (!found)
		return false;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	d->plan->evidence = found->clue->kind;
	d->plan->kind = automatic ? mail->kind : MAIL_REPLY;
	desk_thread_joins(d, found);
	if (ticket->same_mail_seq) {
		desk_plan_disposition(d, DISPOSITION_JOINED, ticket->id, ticket->same_mail_seq, "the same mail came by another address of ours");
		return true;
	}
	const struct side *side = desk_side_of(d, ticket, d->facts->side);
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_SIDE_IN, false);
	message->raw = true;
	message->from = mail->from;
	message->message_id = mail->message_id;
	message->side = side->number;
	message->flags = text_equal_nocase(mail->from.address, side->address) ? automatic ? "automatic" : "" : "from another address";
	d->mail_seq = message->seq;
	if (!automatic) {
		if (ticket->state == STATE_PENDING && ticket->waiting && strcmp(ticket->waiting, WAITING_THIRD) == 0)
			desk_plan_event(d, ticket, EVENT_TIME_COME, "the third party answered");
		tell(d, ticket, side, message->seq);
	}
	desk_plan_disposition(d, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_JOINED, ticket->id, message->seq, desk_evidence_name(found->clue->kind));
	return true;
}
