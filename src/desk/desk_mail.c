/*
 * desk_mail.c - what happens to one delivery of one mail: the heart. Never fails; the worst mail becomes a ticket.
 *
 * Order: our own mail coming back; automatic mail (kept, never answered, never moves a state); an agent's mail proved by the
 * agent's own token; a reply that may join; else a new ticket, linked to what it pointed at. A reference alone (Message-ID,
 * subject number) never joins a stranger: participant, or the token of the ticket's address.
 *
 * Several of our addresses in one mail: each delivery is decided alone; one ticket for each queue, linked with each other;
 * a ticket holds a mail once.
 */
#include <string.h>

#include "desk_private.h"

#define PARTICIPANTS_MOST 50                     /* a reply-all storm must not grow without end */
#define HOUR_MS (60LL * 60 * 1000)
#define HOPS_MOST 100                            /* Received fields; RFC 5321 section 6.3: at least 100 */

/* ---- who wrote, and may it join? ---- */

bool desk_is_participant(const struct ticket_facts *ticket, const char *address)
{
	if (!*address)
		return false;
	for (size_t i = 0; i < ticket->participants.count; i++)
		if (text_equal_nocase(ticket->participants.at[i].address, address))
			return true;
	return text_equal_nocase(ticket->customer.address, address);
}

struct ticket_facts *desk_copy_ticket(struct arena *arena, const struct ticket_facts *ticket)
{
	struct ticket_facts *copy = ARENA_NEW(arena, struct ticket_facts);
	*copy = *ticket;
	return copy;
}

static bool failed_authentication(const struct mail *mail)
{
	return mail->authentication.dmarc && strcmp(mail->authentication.dmarc, "fail") == 0;
}

/* The agent whose own token this clue carries and who is also the sender; NULL: not proved. */
static const struct desk_agent *proved_agent(const struct desk_policy *policy, const struct clue *clue, const struct mail *mail)
{
	bool agents_token = (clue->kind == EVIDENCE_ADDRESS_TOKEN && (clue->token.kind == TOKEN_AGENT || clue->token.kind == TOKEN_NOTE))
	                 || (clue->kind == EVIDENCE_MESSAGE_TOKEN && clue->token.kind == TOKEN_MAIL_TO_AGENT);
	if (!agents_token || failed_authentication(mail))
		return NULL;
	const struct desk_agent *agent = desk_agent_with_address(policy, mail->from.address);
	return agent && desk_who(agent->name) == clue->token.who ? agent : NULL;
}

/* May a person's mail with this clue join as the customer's side? */
static bool may_join(const struct clue_facts *found, const struct mail *mail)
{
	const struct clue *clue = found->clue;
	bool token_of_customer = clue->kind == EVIDENCE_ADDRESS_TOKEN && clue->token.kind == TOKEN_CUSTOMER;
	bool reference = clue->kind == EVIDENCE_MESSAGE_ID || clue->kind == EVIDENCE_SUBJECT_TOKEN
	              || (clue->kind == EVIDENCE_MESSAGE_TOKEN && clue->token.kind == TOKEN_MAIL_TO_CUSTOMER);
	if (token_of_customer)
		return true;
	return reference && !failed_authentication(mail) && desk_is_participant(found->ticket, mail->from.address);
}

/* Automatic mail joins by what is signed, whoever sent it; by a reference only from a participant. */
static bool automatic_may_join(const struct clue_facts *found, const struct mail *mail)
{
	enum evidence_kind kind = found->clue->kind;
	if (kind == EVIDENCE_ADDRESS_TOKEN || kind == EVIDENCE_BOUNCE_ADDRESS)
		return true;
	if (kind == EVIDENCE_MENTION)
		return false;
	if (kind == EVIDENCE_MESSAGE_TOKEN && mail->kind != MAIL_AUTO_REPLY)
		return true;
	return desk_is_participant(found->ticket, mail->from.address);
}

/* The first ticket that the mail pointed at, joined or not: for the link of a new ticket. */
static int64_t pointed_at(const struct facts *facts)
{
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].ticket && facts->clues.at[i].clue->kind != EVIDENCE_MENTION)
			return facts->clues.at[i].ticket->id;
	return 0;
}

static bool is_our_own(const struct desk_policy *policy, const struct mail *mail)
{
	struct token token;
	if (mail->kind == MAIL_BOUNCE)
		return false;
	return (*mail->our_marks && text_equal_nocase(mail->our_marks, policy->domain))
	    || (mail->message_id && desk_message_id_read(policy, mail->message_id, &token)) || mail->hops > HOPS_MOST;
}

/* ---- message of the mail ---- */

static enum message_kind kind_of_message(const struct mail *mail, bool joined)
{
	switch (mail->kind) {
	case MAIL_BOUNCE: return MESSAGE_BOUNCE;
	case MAIL_AUTO_REPLY: return MESSAGE_AUTO_REPLY;
	case MAIL_FEEDBACK_REPORT: return MESSAGE_AUTO_REPLY;
	default: return joined ? MESSAGE_REPLY : MESSAGE_REQUEST;
	}
}

static struct new_message *append_mail(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, enum message_kind kind)
{
	struct new_message *message = plan_message(d, ticket, kind, false);
	message->raw = true;
	message->from = mail->from;
	for (size_t i = 0; i < mail->to.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = mail->to.at[i].address;
	message->message_id = mail->message_id;
	return message;
}

static const char *flags_of(struct decision *d, const struct ticket_facts *ticket, const struct mail *mail)
{
	const char *flags = "";
	if (!desk_is_participant(ticket, mail->from.address))
		flags = "from another address, proved by the ticket's address";
	if (failed_authentication(mail))
		flags = arena_printf(d->arena, "%s%ssender not authenticated (DMARC fail)", flags, *flags ? "; " : "");
	if (strcmp(desk_short_subject(d->arena, mail->subject), desk_short_subject(d->arena, ticket->subject)) != 0)
		flags = arena_printf(d->arena, "%s%ssubject changed: %s", flags, *flags ? "; " : "", utf8_cut(d->arena, mail->subject, 200));
	return flags;
}

/* After a mail of the customer's side, answers refer to it. */
static void note_message_id(struct decision *d, struct ticket_facts *ticket, const char *message_id)
{
	if (!message_id)
		return;
	struct strings ids = {0};
	for (size_t i = ticket->message_ids.count > 9 ? ticket->message_ids.count - 9 : 0; i < ticket->message_ids.count; i++)
		*ARENA_PUSH(d->arena, &ids) = ticket->message_ids.at[i];
	*ARENA_PUSH(d->arena, &ids) = message_id;
	ticket->message_ids = ids;
	ticket->last_customer_message_id = message_id;
}

/* ---- people ---- */

static bool is_authenticated(const struct mail *mail, const struct clue_facts *found)
{
	bool passed = mail->authentication.dmarc && strcmp(mail->authentication.dmarc, "pass") == 0;
	bool proved = found && found->clue->kind == EVIDENCE_ADDRESS_TOKEN && desk_is_participant(found->ticket, mail->from.address);
	return passed || (proved && !failed_authentication(mail));
}

static void add_readers(struct decision *d, struct ticket_facts *ticket, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct mail_address *person = &list->at[i];
		if (!mail_address_usable(person->address) || desk_address_is_ours(d->policy, person->address)
		    || desk_agent_with_address(d->policy, person->address) || desk_is_participant(ticket, person->address)
		    || ticket->participants.count >= PARTICIPANTS_MOST)
			continue;
		struct participant *new = ARENA_NEW(d->arena, struct participant);
		*new = (struct participant){person->address, person->name, ROLE_CC};
		plan_add(d, EFFECT_ADD_PARTICIPANT, ticket->id)->participant = new;
		struct participant *copy = ARENA_ARRAY(d->arena, struct participant, ticket->participants.count + 1);
		if (ticket->participants.count)
			memcpy(copy, ticket->participants.at, ticket->participants.count * sizeof *copy);
		copy[ticket->participants.count++] = *new;
		ticket->participants.at = copy;
	}
}

/* Whom an authenticated sender copies takes part from now on. A forged From adds nobody (Zendesk, 2024). */
static void add_copied(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	if (mail->list_mail || !is_authenticated(mail, found))
		return;
	add_readers(d, ticket, &mail->to);
	add_readers(d, ticket, &mail->cc);
}

/* ---- a new ticket ---- */

static const char *queue_of_new(const struct decision *d, const struct incoming *incoming)
{
	const struct verdict *verdict = d->facts->verdict;
	return verdict && verdict->queue ? verdict->queue : incoming->address.queue->name;
}

static const char *first_reason(struct decision *d)
{
	const struct verdict *verdict = d->facts->verdict;
	if (!verdict->because.count)
		return NULL;
	const struct verdict_reason *reason = &verdict->because.at[0];
	return arena_printf(d->arena, "%s %s%s%s", reason->by, reason->what, reason->detail ? ": " : "", reason->detail ? reason->detail : "");
}

static const char *models_reason(struct decision *d)
{
	const struct verdict *verdict = d->facts->verdict;
	const char *words = "";
	for (size_t i = 0; i < verdict->because.count; i++)
		if (strcmp(verdict->because.at[i].by, "model") == 0 && verdict->because.at[i].detail)
			words = arena_printf(d->arena, ": %s", verdict->because.at[i].detail);
	return arena_printf(d->arena, "model, %.1f %% sure%s", verdict->confidence * 100, words);
}

/* Who decided about the queue, for the history. */
static const char *why_there(struct decision *d)
{
	if (d->facts->verdict && d->facts->verdict->by_model)
		return models_reason(d);
	return d->facts->verdict && d->facts->verdict->queue ? first_reason(d) : NULL;
}

/* An agent passes a customer's mail on to the desk: the original sender is the customer. From alone is a claim, so nothing is sent to
 * that customer before an agent of the queue does it, unless the agent's mail is authenticated. */
static const struct desk_agent *forwarding_agent(const struct desk_policy *policy, const struct mail *mail)
{
	if (!mail->forward.is_forward || !mail->forward.from.address || !mail_address_usable(mail->forward.from.address)
	    || desk_address_is_ours(policy, mail->forward.from.address))
		return NULL;
	return desk_agent_with_address(policy, mail->from.address);
}

/* Who is to be answered: Reply-To where the sender names one person there (RFC 5322 section 3.6.2), else From. */
static struct participant customer_of(const struct desk_policy *policy, const struct mail *mail)
{
	const struct mail_address *from = &mail->from;
	if (forwarding_agent(policy, mail))
		return (struct participant){mail->forward.from.address, mail->forward.from.name ? mail->forward.from.name : "", ROLE_CUSTOMER};
	if (mail->reply_to.count == 1 && !mail->list_mail && mail_address_usable(mail->reply_to.at[0].address)
	    && !desk_address_is_ours(policy, mail->reply_to.at[0].address))
		from = &mail->reply_to.at[0];
	const char *name = *from->name ? from->name : text_equal_nocase(from->address, mail->from.address) ? mail->from.name : "";
	return (struct participant){from->address, name, ROLE_CUSTOMER};
}

/* NULL: an acknowledgement may go out; else why not. */
static const char *no_acknowledgement(struct decision *d, const struct mail *mail, const struct ticket_facts *ticket)
{
	const char *to = ticket->customer.address;
	if (!mail->auto_answer_allowed)
		return *mail->auto_answer_why ? mail->auto_answer_why : "automatic mail";
	if (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY)
		return mail_kind_name(mail->kind);
	if (!mail_address_usable(to))
		return "no address to answer";
	if (desk_address_is_ours(d->policy, to))
		return "the sender's address is one of ours";
	if (forwarding_agent(d->policy, mail) && !is_authenticated(mail, NULL))
		return "forwarded in an agent's name, not authenticated";
	if (failed_authentication(mail))
		return "sender not authenticated (DMARC fail)";
	if (d->facts->sender_bouncing)
		return "mail to that address comes back";
	if (d->facts->acknowledgements_last_hour >= d->policy->acknowledgements_per_hour)
		return arena_printf(d->arena, "%d acknowledgements to that address within an hour", d->facts->acknowledgements_last_hour);
	return NULL;
}

static void acknowledge(struct decision *d, const struct mail *mail, struct ticket_facts *ticket)
{
	const char *why = no_acknowledgement(d, mail, ticket);
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	if (!why && queue && !queue_wants_notice(queue, "received"))
		why = "switched off for the queue";
	if (why) {
		plan_remark(d, ticket->id, "no acknowledgement", why);
		return;
	}
	struct outgoing *notice = notice_to_customer(d, ticket, "received", NULL);
	if (!d->facts->sender_known && !is_authenticated(mail, NULL)) {
		notice->subject = "";            /* a stranger's words are not carried to an address that may be a third party's */
		notice->to.at[0].name = "";
	}
	desk_suggest(d, ticket, notice);
	struct new_message *message = plan_message(d, ticket, MESSAGE_NOTICE, true);
	notice->seq = message->seq;
	message->from = notice->from;
	*ARENA_PUSH(d->arena, &message->to) = ticket->customer.address;
	message->message_id = notice->message_id;
	message->outbox = notice->id;
	plan_add(d, EFFECT_COUNT_ACKNOWLEDGEMENT, ticket->id)->to = ticket->customer.address;
}

static struct ticket_facts *create_ticket(struct decision *d, const struct incoming *incoming, const char *why)
{
	const struct mail *mail = incoming->mail;
	bool automatic = d->plan->kind != MAIL_REQUEST && d->plan->kind != MAIL_REPLY;
	struct new_ticket *new = ARENA_NEW(d->arena, struct new_ticket);
	const char *language = mail->language ? mail->language : d->facts->sender_language ? d->facts->sender_language : "";
	const struct verdict *verdict = d->facts->verdict;
	*new = (struct new_ticket){.state = STATE_NEW, .queue = queue_of_new(d, incoming), .agent = "",
	                           .priority = verdict && verdict->priority ? verdict->priority : automatic ? "low" : "normal", .language = language,
	                           .subject = *mail->subject ? mail->subject : "(no subject)", .customer = customer_of(d->policy, mail)};
	struct effect *effect = plan_add(d, EFFECT_CREATE_TICKET, d->facts->next_ticket);
	effect->create = new;
	effect->why = why ? why : "";
	struct ticket_facts *ticket = ARENA_NEW(d->arena, struct ticket_facts);
	if (forwarding_agent(d->policy, mail) && *mail->forward.subject)
		new->subject = mail->forward.subject;
	*ticket = (struct ticket_facts){.id = effect->ticket, .state = new->state, .queue = new->queue, .agent = "", .priority = new->priority,
	                                .subject = new->subject, .language = language, .customer = new->customer, .next_seq = 1,
	                                .created = d->facts->now, .updated = d->facts->now, .last_customer_message_id = ""};
	if (*new->customer.address) {
		struct participant *person = ARENA_NEW(d->arena, struct participant);
		*person = new->customer;
		plan_add(d, EFFECT_ADD_PARTICIPANT, ticket->id)->participant = person;
	}
	return ticket;
}

static void link_new(struct decision *d, struct ticket_facts *ticket, int64_t other, const char *why)
{
	if (!other || other == ticket->id)
		return;
	struct effect *effect = plan_add(d, EFFECT_LINK, ticket->id);
	effect->number = other;
	effect->why = why;
}

/* Machines that report something are to be seen; answers of machines are not worth a mail to anyone. */
static bool worth_telling(const struct mail *mail)
{
	return mail->kind != MAIL_BOUNCE && mail->kind != MAIL_FEEDBACK_REPORT && !mail->out_of_office
	    && (mail->kind != MAIL_AUTO_REPLY || (!mail->in_reply_to.count && !mail->references.count));
}

/* Tags and trouble of the rules; that the model chose. */
static void follow_verdict(struct decision *d, struct ticket_facts *ticket)
{
	const struct verdict *verdict = d->facts->verdict;
	for (size_t i = 0; verdict && i < verdict->tags.count; i++) {
		plan_add(d, EFFECT_ADD_TAG, ticket->id)->to = verdict->tags.at[i];
		strings_add(d->arena, &ticket->tags, verdict->tags.at[i]);
	}
	if (verdict && verdict->by_model) {
		struct effect *routed = plan_add(d, EFFECT_ROUTED, ticket->id);
		routed->to = verdict->queue;
		routed->number = (int64_t)(verdict->confidence * 10000);
	}
	if (verdict && verdict->trouble)
		plan_remark(d, ticket->id, "the rules could not be run", verdict->trouble);
}

/* A rule's agent, else the queue's way of giving tickets out. */
static void assign(struct decision *d, struct ticket_facts *ticket)
{
	const struct verdict *verdict = d->facts->verdict;
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	const struct desk_agent *agent = verdict && verdict->agent ? desk_agent_named(d->policy, verdict->agent) : NULL;
	const char *why = "by rule";
	if (!agent && queue)
		agent = desk_assign(d->arena, d->policy, queue, d->facts, &ticket->tags, &why);
	if (agent) {
		plan_set_agent(d, ticket, agent->name, why);
		d->plan->at[d->plan->count - 1].number = 1;      /* counts as this agent's turn */
	} else if (why && queue && queue->assign != ASSIGN_NONE)
		plan_remark(d, ticket->id, "assigned to nobody", why);
}

/* Where the model thinks it belongs, if it was not sure enough to put it there. NULL: it has no idea, or was not asked. */
static const char *hint_variables(struct decision *d)
{
	CLEANUP_BUFFER struct buffer out = {0};
	const struct verdict *verdict = d->facts->verdict;
	if (!verdict || !verdict->hint)
		return NULL;
	record_add(&out, "hint", verdict->hint);
	record_add(&out, "hint_queue", verdict->hint_queue);
	return arena_string(d->arena, buffer_string(&out));
}

static void tell_agents(struct decision *d, const struct mail *mail, struct ticket_facts *ticket, int seq)
{
	const struct verdict *verdict = d->facts->verdict;
	const char *variables = hint_variables(d);
	if (worth_telling(mail))
		notice_to_agents(d, ticket, "agent-new", seq, NULL, variables);
	for (size_t i = 0; verdict && i < verdict->notify.count; i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, verdict->notify.at[i]);
		const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
		bool told = worth_telling(mail) && (*ticket->agent ? agent && text_equal_nocase(ticket->agent, agent->name)
		                                                   : agent && queue && strings_have(&queue->agents, agent->name));
		if (agent && !told)
			notice_to_agent(d, ticket, agent, "agent-new", seq, variables);
	}
}

static void decide_new(struct decision *d, const struct incoming *incoming, const char *link_why)
{
	const struct mail *mail = incoming->mail;
	bool automatic = mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY;
	if (mail->kind == MAIL_REPLY)
		d->plan->kind = MAIL_REQUEST;            /* it answers nothing of ours */
	const char *queue = queue_of_new(d, incoming);
	if (d->facts->sibling_ticket && d->facts->sibling_queue && strcmp(d->facts->sibling_queue, queue) == 0) {
		plan_disposition(d, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_JOINED, d->facts->sibling_ticket, 1,
		                 "the same mail came for another address of this queue");
		return;
	}
	struct ticket_facts *ticket = create_ticket(d, incoming, why_there(d));
	struct new_message *message = append_mail(d, ticket, mail, kind_of_message(mail, false));
	note_message_id(d, ticket, mail->message_id);
	if (incoming->address.bad_token)
		message->flags = "came to a ticket address whose token is not valid";
	if (forwarding_agent(d->policy, mail))
		message->flags = arena_printf(d->arena, "forwarded by %s", mail->from.address);
	else
		add_copied(d, ticket, mail, NULL);
	link_new(d, ticket, pointed_at(d->facts), link_why);
	link_new(d, ticket, d->facts->sibling_ticket, "the same mail went to both queues");
	follow_verdict(d, ticket);
	if (!automatic)
		assign(d, ticket);
	acknowledge(d, mail, ticket);
	tell_agents(d, mail, ticket, message->seq);
	plan_disposition(d, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_TICKET, ticket->id, message->seq, NULL);
}

/* ---- a mail that joins ---- */

static bool too_old(const struct decision *d, const struct ticket_facts *ticket)
{
	return ticket->state == STATE_CLOSED && d->policy->reopen_days >= 0
	    && d->facts->now - ticket->closed_at > d->policy->reopen_days * DAY_MS;
}

/* True: this very mail is in the ticket already, by another of our addresses. */
static bool already_there(struct decision *d, const struct ticket_facts *ticket, const char *disposition)
{
	if (!ticket->same_mail_seq)
		return false;
	plan_disposition(d, disposition, ticket->id, ticket->same_mail_seq, "the same mail came by another address of ours");
	return true;
}

/* A mere thank-you soon after "resolved" or "closed" leaves the ticket as it is; the reminder is not needed any more. Any further word
 * is a reply like others. */
static bool only_thanks(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	int64_t since = ticket->state == STATE_RESOLVED ? ticket->resolved_at : ticket->state == STATE_CLOSED ? ticket->closed_at : 0;
	if (!since || d->facts->now - since > d->policy->thanks_hours * HOUR_MS || mail->attachments.count || !desk_is_thanks(mail->reply_text))
		return false;
	plan_remark(d, ticket->id, arena_printf(d->arena, "a thank-you: stays %s", ticket_state_name(ticket->state)), "any further word reopens it");
	return true;
}

static bool leaves(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	for (size_t i = 0; i < ticket->participants.count; i++) {
		const struct participant *person = &ticket->participants.at[i];
		if (person->role != ROLE_CC || !text_equal_nocase(person->address, mail->from.address) || !desk_is_leave(mail->reply_text))
			continue;
		struct effect *effect = plan_add(d, EFFECT_REMOVE_PARTICIPANT, ticket->id);
		effect->to = person->address;
		effect->why = "asked to leave";
		return true;
	}
	return false;
}

static void decide_join(struct decision *d, const struct incoming *incoming, const struct clue_facts *found)
{
	d->plan->evidence = found->clue->kind;
	d->plan->ticket = found->ticket->id;
	if (already_there(d, found->ticket, DISPOSITION_JOINED))
		return;
	if (too_old(d, found->ticket)) {
		decide_new(d, incoming, arena_printf(d->arena, "answer to a ticket closed more than %d days ago", d->policy->reopen_days));
		return;
	}
	d->plan->kind = MAIL_REPLY;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	struct new_message *message = append_mail(d, ticket, incoming->mail, MESSAGE_REPLY);
	message->flags = flags_of(d, found->ticket, incoming->mail);
	note_message_id(d, ticket, incoming->mail->message_id);
	if (!leaves(d, ticket, incoming->mail) && !only_thanks(d, ticket, incoming->mail)) {
		add_copied(d, ticket, incoming->mail, found);
		plan_event(d, ticket, EVENT_CUSTOMER_MAIL, "the customer wrote");
		notice_to_agents(d, ticket, "agent-answered", message->seq, NULL, NULL);
	}
	plan_disposition(d, DISPOSITION_JOINED, ticket->id, message->seq, evidence_name(found->clue->kind));
}

/* ---- automatic mail ---- */

static void mark_bounced(struct decision *d, const struct mail *mail, const struct bounced_mail *bounced, bool *for_good, const char **words)
{
	for (size_t i = 0; i < mail->bounces.count; i++) {
		const struct mail_bounce *bounce = &mail->bounces.at[i];
		if (!bounce->permanent || (bounce->action && *bounce->action && strcmp(bounce->action, "failed") != 0))
			continue;
		struct effect *effect = plan_add(d, EFFECT_MAIL_BOUNCED, bounced->ticket);
		effect->number = bounced->outbox;
		effect->to = bounce->recipient ? bounce->recipient : bounced->to;
		effect->why = bounce->diagnostic ? bounce->diagnostic : bounce->status ? bounce->status : "";
		*for_good = true;
		*words = effect->why;
	}
}

static void tell_of_bounce(struct decision *d, const struct ticket_facts *ticket, int seq, const struct bounced_mail *bounced, const char *words)
{
	if (bounced->to_agent) {                 /* never mail about mail to agents: that is how loops start */
		plan_remark(d, ticket->id, arena_printf(d->arena, "mail to agent %s came back", bounced->agent), words);
		return;
	}
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	record_add(&variables, "recipient", bounced->to);
	record_add(&variables, "reply", words);
	notice_to_agents(d, ticket, "agent-bounced", seq, NULL, arena_string(d->arena, buffer_string(&variables)));
}

static void join_automatic(struct decision *d, const struct mail *mail, const struct clue_facts *found)
{
	d->plan->evidence = found->clue->kind;
	d->plan->ticket = found->ticket->id;
	bool bounce = mail->kind == MAIL_BOUNCE;
	const char *disposition = bounce ? DISPOSITION_BOUNCE : DISPOSITION_AUTOMATIC;
	if (already_there(d, found->ticket, disposition))
		return;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	struct new_message *message = append_mail(d, ticket, mail, kind_of_message(mail, true));
	bool for_good = false;
	const char *words = "";
	if (bounce && d->facts->bounced)
		mark_bounced(d, mail, d->facts->bounced, &for_good, &words);
	if (for_good)
		tell_of_bounce(d, ticket, message->seq, d->facts->bounced, words);
	plan_event(d, ticket, EVENT_AUTOMATIC_MAIL, NULL);
	plan_disposition(d, disposition, ticket->id, message->seq, evidence_name(found->clue->kind));
}

static void decide_automatic(struct decision *d, const struct incoming *incoming)
{
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		if (found->ticket && automatic_may_join(found, incoming->mail)) {
			join_automatic(d, incoming->mail, found);
			return;
		}
	}
	decide_new(d, incoming, "automatic mail about it, without proof");
}

/* ---- the whole ---- */

/* A person's answer to a bounce address (some programs answer the envelope sender): the address is signed, but of no role. */
static void decide_person(struct decision *d, const struct incoming *incoming)
{
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		const struct desk_agent *agent = found->ticket ? proved_agent(d->policy, found->clue, incoming->mail) : NULL;
		if (agent) {
			d->plan->evidence = found->clue->kind;
			d->plan->kind = MAIL_REPLY;
			if (!already_there(d, found->ticket, DISPOSITION_JOINED))
				desk_decide_agent_mail(d, incoming, desk_copy_ticket(d->arena, found->ticket), agent,
				                       found->clue->token.kind == TOKEN_NOTE);
			return;
		}
		bool participant_at_bounce = found->ticket && found->clue->kind == EVIDENCE_BOUNCE_ADDRESS
		                          && desk_is_participant(found->ticket, incoming->mail->from.address);
		if (found->ticket && (participant_at_bounce || may_join(found, incoming->mail))) {
			decide_join(d, incoming, found);
			return;
		}
	}
	decide_new(d, incoming, "refers to it, but the sender takes no part in it");
}

/* Passed on as it is, from our bounce address, so that a bounce is recorded here. */
static void redirect(struct decision *d, const struct incoming *incoming, const char *to)
{
	struct outgoing *o = ARENA_NEW(d->arena, struct outgoing);
	*o = (struct outgoing){.id = d->next_outbox++, .trace = d->trace, .template = "redirect", .language = "", .queue = incoming->address.queue->name,
	                       .agent = "", .automatic = true, .from = {incoming->address.queue->address, ""}, .reply_to = "", .in_reply_to = "",
	                       .message_id = incoming->mail->message_id ? incoming->mail->message_id : "", .subject = "", .date = d->facts->now, .variables = ""};
	struct token bounce = {.kind = TOKEN_BOUNCE, .number = o->id};
	o->envelope_from = *incoming->envelope_from ? desk_token_address(d->arena, d->policy, incoming->address.queue->address, &bounce) : "";
	*ARENA_PUSH(d->arena, &o->to) = (struct mail_address){to, ""};
	plan_add(d, EFFECT_ENQUEUE, 0)->outgoing = o;
}

/* What a rule says about mail that never becomes a ticket. False: nothing of the kind. What is proved to belong to a ticket, and what
 * machines say about our own mails, no rule throws away. */
static bool decided_by_rule(struct decision *d, const struct incoming *incoming)
{
	const struct verdict *verdict = d->facts->verdict;
	if (!verdict || incoming->address.class != ADDRESS_QUEUE)
		return false;
	if (verdict->reject) {
		plan_disposition(d, DISPOSITION_REJECTED, 0, 0, verdict->reject);
		return true;
	}
	for (size_t i = 0; i < verdict->redirects.count; i++)
		if (mail_address_usable(verdict->redirects.at[i]) && !desk_address_is_ours(d->policy, verdict->redirects.at[i]))
			redirect(d, incoming, verdict->redirects.at[i]);
	if (d->plan->count) {
		plan_disposition(d, DISPOSITION_REDIRECTED, 0, 0, verdict->redirects.at[0]);
		return true;
	}
	if (verdict->discard)
		plan_disposition(d, DISPOSITION_DISCARDED, 0, 0, first_reason(d));
	return verdict->discard;
}

void desk_decide_mail(const struct desk_policy *policy, const struct incoming *incoming, const struct facts *facts, struct plan *plan)
{
	const struct mail *mail = incoming->mail;
	struct decision d = {policy, facts, plan, plan->arena, incoming->trace, facts->next_outbox, mail};
	plan->kind = mail->kind;
	if (!plan->who)
		plan->who = *mail->from.address ? mail->from.address : "unknown sender";
	if (is_our_own(policy, mail)) {
		plan->kind = MAIL_LOOP;
		plan_disposition(&d, DISPOSITION_LOOP, 0, 0, mail->hops > HOPS_MOST ? "too many hops" : "our own mail came back");
		return;
	}
	if (decided_by_rule(&d, incoming))
		return;
	if (mail->kind == MAIL_BOUNCE || mail->kind == MAIL_AUTO_REPLY || mail->kind == MAIL_FEEDBACK_REPORT)
		decide_automatic(&d, incoming);
	else
		decide_person(&d, incoming);
}
