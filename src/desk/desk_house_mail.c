/*
 * desk_house_mail.c - what a mail of an agent, or to an agent's own address, is: an answer to the customer, a note, an answer that was sent
 * directly, a machine's, or nothing that can be sent.
 *
 * Only what comes to a notice's own signed address, from an agent who is proved and may act on that ticket, is meant for the customer. All
 * else that an agent writes about a ticket of ours (a forward above all, whose references say nothing about its readers) stays in the house,
 * and he is told. An agent is no customer by answering something of ours. Decides nothing about words: desk_agent_mail.c does.
 */
#include <string.h>

#include "desk_private.h"

/* ---- machines ---- */

static bool has_agents_address(const struct incoming *incoming)
{
	const struct address_facts *address = &incoming->address;
	return address->class == ADDRESS_TICKET && desk_token_is_agents(address->token.kind);
}

/* One sign is enough: what an absence notice tells is not for customers, in whatever language it is written. */
bool desk_is_agents_machine(const struct decision *d, const struct incoming *incoming)
{
	const struct mail *mail = incoming->mail;
	if (!has_agents_address(incoming) && !desk_agent_with_address(d->policy, mail->from.address))
		return false;
	return !incoming->envelope_from || !*incoming->envelope_from || mail->auto_answer_sign == AUTO_SIGN_MACHINE;
}

/* ---- who may act ---- */

/* ---- to an agent's own address ---- */

static const struct desk_agent *owner_of(const struct desk_policy *policy, const struct token *token)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (desk_who(policy->agents.at[i].name) == token->who)
			return &policy->agents.at[i];
	return NULL;
}

/* A stranger's mail to an agent's address is most often that agent's, from an alias. Its writer is told nothing: nobody knows who that is. */
static void keep_strangers(struct decision *d, const struct incoming *incoming, struct ticket_facts *ticket, const struct desk_agent *owner)
{
	d->language = desk_agents_language(d->policy, owner);
	const char *problem = desk_in_language(d, SAY_FROM_STRANGER, *incoming->mail->from.address ? incoming->mail->from.address : "nobody", NULL, NULL);
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_NOTE, false);
	message->raw = true;
	message->from = incoming->mail->from;
	message->message_id = incoming->mail->message_id;
	message->flags = arena_printf(d->arena, "not sent: %s", problem);
	desk_tell_not_sent(d, ticket, owner, message->seq, problem);
	desk_plan_disposition(d, DISPOSITION_COMMAND_ERROR, ticket->id, message->seq, problem);
}

/* A notice's address is one agent's secret; the mirror's, which names none, is everybody's who reads there: From alone says nothing. */
static const char *not_proved(struct decision *d, const struct mail *mail, const struct token *token, const struct desk_agent *sender)
{
	const char *problem = desk_agent_doubt(d, mail);
	if (problem || !sender || token->who || desk_is_proved(d->arena, mail))
		return problem;
	return desk_in_language(d, SAY_MIRROR_PROOF, NULL, NULL, NULL);
}

/* False: somebody of the customer's side wrote to it. */
static bool decide_signed(struct decision *d, const struct incoming *incoming, const struct clue_facts *found, const struct desk_agent *sender)
{
	const struct token *token = &found->clue->token;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	bool own = sender && desk_who(sender->name) == token->who;
	d->language = sender ? desk_agents_language(d->policy, sender) : NULL;
	const char *problem = not_proved(d, incoming->mail, token, sender);
	if (!sender && desk_is_participant(ticket, incoming->mail->from.address) && !problem)
		return false;
	if (!sender)
		keep_strangers(d, incoming, ticket, owner_of(d->policy, token));
	else if (problem)
		desk_not_sent(d, incoming, ticket, sender, problem);
	else if (!own && !desk_may_act(d->policy, ticket, sender))
		desk_not_sent(d, incoming, ticket, sender, desk_in_language(d, SAY_COLLEAGUES_NOTICE, NULL, NULL, NULL));
	else
		desk_decide_agent_mail(d, incoming, ticket, sender, token);
	return true;
}

/* ---- an agent's other mail that refers to a ticket ---- */

static bool is_answer_subject(const char *subject, int64_t ticket, struct arena *arena)
{
	const char *mark = arena_printf(arena, "[#%lld]", (long long)ticket);
	size_t length = strcspn(subject, ":");
	return length && length <= 12 && subject[length] == ':' && strstr(subject, mark);
}

static const struct clue_facts *referred(const struct decision *d, const struct incoming *incoming, const struct desk_agent *sender)
{
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		enum evidence_kind kind = found->clue->kind;
		bool by_subject = kind == EVIDENCE_SUBJECT_TOKEN && found->ticket && desk_may_act(d->policy, found->ticket, sender)
		               && !desk_forwarding_agent(d->policy, incoming->mail) && is_answer_subject(incoming->mail->subject, found->ticket->id, d->arena);
		if (found->ticket && (by_subject || kind == EVIDENCE_MESSAGE_TOKEN || kind == EVIDENCE_MESSAGE_ID || kind == EVIDENCE_ADDRESS_TOKEN
		                      || kind == EVIDENCE_BOUNCE_ADDRESS))
			return found;
	}
	return NULL;
}

/* To somebody else of the ticket alone he wrote what the customer, whose page shows the conversation, was not to read. */
static bool went_to_customer(const struct decision *d, const struct ticket_facts *ticket)
{
	bool has = *ticket->customer.address && desk_person_has_it(d, &ticket->customer);
	for (size_t i = 0; i < ticket->participants.count && !*ticket->customer.address; i++)
		has |= desk_person_has_it(d, &ticket->participants.at[i]);
	return has;
}

static void decide_direct(struct decision *d, const struct incoming *incoming, const struct ticket_facts *found, const struct desk_agent *sender)
{
	struct new_message *message = desk_answer_directly(d, incoming, desk_copy_ticket(d->arena, found), sender);
	desk_plan_disposition(d, DISPOSITION_JOINED, found->id, message->seq, desk_evidence_name(d->plan->evidence));
}

static bool decide_referring(struct decision *d, const struct incoming *incoming, const struct clue_facts *found, const struct desk_agent *sender)
{
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	d->language = desk_agents_language(d->policy, sender);
	const char *problem = desk_agent_doubt(d, incoming->mail);
	if (text_equal_nocase(ticket->customer.address, incoming->mail->from.address))
		return false;                    /* his own request: there he is the customer */
	if (!problem && sender->role == AGENT_READER && went_to_customer(d, ticket))
		problem = desk_in_language(d, SAY_READS_ONLY, "/note", NULL, NULL);
	if (problem)
		desk_not_sent(d, incoming, ticket, sender, problem);
	else if (went_to_customer(d, ticket))
		decide_direct(d, incoming, found->ticket, sender);
	else if (found->ticket->queue_is_new) {  /* a note for those who work there */
		desk_thread_not(d, found, "it asks another queue");
		desk_open_beside(d, incoming, found->ticket, sender);
	} else
		desk_not_sent(d, incoming, ticket, sender, desk_in_language(d, SAY_KEPT_AS_NOTE, NULL, NULL, NULL));
	return true;
}

/* His answer went to the notice's address, too; this copy is for those of another queue. */
static bool asks_other_queue(struct decision *d, const struct incoming *incoming, const struct clue_facts *found, const struct desk_agent *sender)
{
	return sender && found->ticket->queue_is_new && !desk_agent_not_proved(d->arena, d->policy, incoming->mail)
	    && !text_equal_nocase(found->ticket->customer.address, incoming->mail->from.address);
}

/* A list, the help, a digest: of no ticket, whatever the mail was about that asked for it. */
static bool answers_no_ticket(const struct decision *d, const struct mail *mail)
{
	struct token token;
	for (size_t i = 0; i < mail->in_reply_to.count; i++)
		if (desk_message_id_read(d->policy, mail->in_reply_to.at[i], &token) && token.kind == TOKEN_MAIL_TO_AGENT && !token.ticket)
			return true;
	return false;
}

bool desk_decide_house_mail(struct decision *d, const struct incoming *incoming)
{
	const struct desk_agent *sender = desk_agent_with_address(d->policy, incoming->mail->from.address);
	const struct clue_facts *found = desk_agents_clue(d->facts);
	bool is_signed = found != NULL;
	if (!found && sender && !answers_no_ticket(d, incoming->mail))
		found = referred(d, incoming, sender);
	if (!found)
		return false;
	enum evidence_kind evidence = d->plan->evidence;
	d->plan->evidence = found->clue->kind;
	bool brings_queue = !is_signed && asks_other_queue(d, incoming, found, sender);
	desk_thread_joins(d, found);
	if (found->ticket->same_mail_seq && !brings_queue) {
		desk_plan_disposition(d, DISPOSITION_JOINED, found->ticket->id, found->ticket->same_mail_seq, "the same mail came by another address of ours");
		return true;
	}
	if (found->ticket->same_mail_seq) {
		desk_thread_not(d, found, "it asks another queue");
		desk_open_beside(d, incoming, found->ticket, sender);
		return true;
	}
	if (is_signed ? decide_signed(d, incoming, found, sender) : decide_referring(d, incoming, found, sender)) {
		d->plan->kind = MAIL_REPLY;
		return true;
	}
	d->plan->evidence = evidence;
	d->plan->clues.count = 0;                /* decided like anybody's */
	return false;
}

/* ---- an agent's mail that begins a conversation ---- */

static bool is_for_us(const struct decision *d, const struct mail *mail)
{
	bool ours = false;
	for (size_t i = 0; i < mail->to.count && !ours; i++)
		ours = desk_address_is_ours(d->policy, mail->to.at[i].address);
	for (size_t i = 0; i < mail->cc.count && !ours; i++)
		ours = desk_address_is_ours(d->policy, mail->cc.at[i].address);
	return ours;
}

/* He wrote to somebody outside, and copied the desk: that one is the customer, and has the words already. What he passes on, what a list hands
 * out, what nothing lets count as his, and what a reader may not write to customers, is decided like anybody's. */
bool desk_decide_first_words(struct decision *d, const struct incoming *incoming)
{
	const struct mail *mail = incoming->mail;
	const struct desk_agent *sender = desk_agent_with_address(d->policy, mail->from.address);
	if (!sender || sender->role == AGENT_READER || incoming->address.class != ADDRESS_QUEUE || mail->list_mail || mail->forwards || desk_forwarding_agent(d->policy, mail)
	    || !is_for_us(d, mail) || desk_agent_not_proved(d->arena, d->policy, mail))
		return false;
	const struct mail_address *customer = desk_first_outside(d, mail);
	if (customer)
		desk_open_direct(d, incoming, customer, sender);
	return customer;
}
