/*
 * desk_open.c - a mail opens a ticket: for whom, in which queue, given to whom, acknowledged or why not, and who of us is told.
 *
 * What rules, model and articles said comes in as facts. A request that the articles may answer is held: none of us is told of it yet
 * (desk_hold.c). The ticket is linked with what the mail pointed at, and with the ticket that
 * the same mail made in another queue.
 */
#include <string.h>

#include "desk_private.h"

/* ---- message of the mail ---- */

enum message_kind desk_kind_of_message(const struct mail *mail, bool joined)
{
	switch (mail->kind) {
	case MAIL_BOUNCE: return MESSAGE_BOUNCE;
	case MAIL_AUTO_REPLY: return MESSAGE_AUTO_REPLY;
	case MAIL_FEEDBACK_REPORT: return MESSAGE_AUTO_REPLY;
	default: return joined ? MESSAGE_REPLY : MESSAGE_REQUEST;
	}
}

struct new_message *desk_append_mail(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, enum message_kind kind)
{
	struct new_message *message = desk_plan_message(d, ticket, kind, false);
	message->raw = true;
	message->from = mail->from;
	for (size_t i = 0; i < mail->to.count; i++)
		*ARENA_PUSH(d->arena, &message->to) = mail->to.at[i].address;
	message->message_id = mail->message_id;
	d->mail_seq = message->seq;
	d->plan->at[d->plan->count - 1].why = mail->kind_why;
	return message;
}

/* After a mail of the customer's side, answers refer to it; to the first one always. */
void desk_note_message_id(struct decision *d, struct ticket_facts *ticket, const char *message_id)
{
	if (!message_id)
		return;
	struct strings ids = {0};
	size_t count = ticket->message_ids.count;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || i + 8 >= count)
			*ARENA_PUSH(d->arena, &ids) = ticket->message_ids.at[i];
	*ARENA_PUSH(d->arena, &ids) = message_id;
	ticket->message_ids = ids;
	ticket->last_customer_message_id = message_id;
}

/* The first ticket that the mail pointed at, joined or not: for the link of a new ticket. */
static int64_t pointed_at(const struct facts *facts)
{
	for (size_t i = 0; i < facts->clues.count; i++)
		if (facts->clues.at[i].ticket && facts->clues.at[i].clue->kind != EVIDENCE_MENTION)
			return facts->clues.at[i].ticket->id;
	return 0;
}

/* ---- a new ticket ---- */

static const char *queue_of_new(const struct decision *d, const struct incoming *incoming)
{
	const struct verdict *verdict = d->facts->verdict;
	return verdict && verdict->queue ? verdict->queue : incoming->address.queue->name;
}

const char *desk_first_reason(struct decision *d)
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
		if (strcmp(verdict->because.at[i].by, "model") == 0 && strcmp(verdict->because.at[i].what, verdict->queue) == 0 && verdict->because.at[i].detail)
			words = arena_printf(d->arena, ": %s", verdict->because.at[i].detail);
	return arena_printf(d->arena, "model, %.1f %% sure%s", verdict->confidence * 100, words);
}

/* Who decided about the queue, for the history. */
static const char *why_there(struct decision *d)
{
	if (d->facts->verdict && d->facts->verdict->by_model)
		return models_reason(d);
	return d->facts->verdict && d->facts->verdict->queue ? desk_first_reason(d) : NULL;
}

/* A mail is answered in its own language; where it has too few words to tell, in that of the other mails of its sender. */
static const char *language_of_new(const struct decision *d, const struct mail *mail)
{
	const char *known = d->facts->sender_language ? d->facts->sender_language : "";
	return mail->language ? mail->language : known;
}

/* VIP, level and organisation are his who proves by this very mail that he is the customer. Others are treated as anybody, and the ticket says so. */
static bool has_standing(struct decision *d, const struct mail *mail, const char *customer)
{
	return desk_has_standing(&d->facts->standing) && !desk_forwarding_agent(d->policy, mail) && text_equal_nocase(mail->from.address, customer)
	    && desk_proves_standing(d->arena, mail, NULL);
}

static const char *standing_words(struct arena *arena, const struct standing *standing)
{
	return arena_printf(arena, "%s%s%s%s%s", standing->vip ? "VIP" : "", standing->vip && *standing->organisation ? ", " : "", standing->organisation, *standing->level ? ", " : "",
	                    standing->level);
}

static void tell_of_standing(struct decision *d, const struct mail *mail, struct ticket_facts *ticket)
{
	const struct standing *standing = &d->facts->standing;
	if (!desk_has_standing(standing) || desk_forwarding_agent(d->policy, mail) || !text_equal_nocase(mail->from.address, ticket->customer.address))
		return;
	struct proof proof = desk_proof(d->arena, mail);
	if (!desk_proves_standing(d->arena, mail, NULL))
		desk_plan_remark(d, ticket->id, arena_printf(d->arena, "sender not proved: treated as anybody, not as %s", standing_words(d->arena, standing)),
		                 *proof.why ? proof.why : "the mail server says nothing about the sender");
	else if (standing->ended)
		desk_plan_remark(d, ticket->id, arena_printf(d->arena, "the contract of %s is over since %s", standing->organisation,
		                                             desk_date(d->arena, desk_local(d->policy, standing->ended), d->policy->language)), "");
}

/* Who opened the ticket unproved, and proves himself later on it. What it has already stays: people change employers, requests do not. */
void desk_gain_standing(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	const struct standing *standing = &d->facts->standing;
	if (!desk_has_standing(standing) || (ticket->vip && *ticket->vip) || (ticket->organisation && *ticket->organisation)
	    || !text_equal_nocase(mail->from.address, ticket->customer.address) || !desk_proves_standing(d->arena, mail, found))
		return;
	const struct { enum ticket_field field; const char *value; } gained[] = {
		{TICKET_FIELD_VIP, standing->vip ? "yes" : ""}, {TICKET_FIELD_ORGANISATION, standing->organisation}, {TICKET_FIELD_LEVEL, standing->level}};
	for (size_t i = 0; i < COUNT_OF(gained); i++)
		if (*gained[i].value)
			desk_plan_set_field(d, ticket, desk_field_simple(gained[i].field), gained[i].value, "the customer proved himself");
}

static struct ticket_facts *create_ticket(struct decision *d, const struct incoming *incoming, const char *why)
{
	const struct mail *mail = incoming->mail;
	struct participant customer = desk_customer_of(d->policy, mail, incoming->envelope_from);
	const char *queue = queue_of_new(d, incoming);
	bool held = !desk_is_spam(d, mail) && desk_may_hold(d, incoming, desk_queue_named(d->policy, queue), *mail->from.address ? customer.address : "", pointed_at(d->facts));
	bool automatic = d->plan->kind != MAIL_REQUEST && d->plan->kind != MAIL_REPLY;
	struct new_ticket *new = ARENA_NEW(d->arena, struct new_ticket);
	const char *language = language_of_new(d, mail);
	const struct verdict *verdict = d->facts->verdict;
	*new = (struct new_ticket){.state = held ? STATE_HELD : STATE_NEW, .queue = queue, .agent = "",
	                           .priority = verdict && verdict->priority ? verdict->priority : automatic ? "low" : "normal", .language = language,
	                           .subject = *mail->subject ? mail->subject : "(no subject)", .customer = customer};
	new->voice = desk_voice_of(d, mail, customer.address);
	new->vip = new->organisation = new->level = "";
	if (has_standing(d, mail, customer.address)) {
		new->vip = d->facts->standing.vip ? "yes" : "";
		new->organisation = d->facts->standing.organisation;
		new->level = d->facts->standing.level;
	}
	struct effect *effect = desk_plan_add(d, EFFECT_CREATE_TICKET, d->facts->next_ticket);
	effect->create = new;
	effect->why = why ? why : "";
	struct ticket_facts *ticket = ARENA_NEW(d->arena, struct ticket_facts);
	if (desk_forwarding_agent(d->policy, mail) && *mail->forward.subject)
		new->subject = mail->forward.subject;
	*ticket = (struct ticket_facts){.id = effect->ticket, .state = new->state, .queue = new->queue, .agent = "", .priority = new->priority,
	                                .subject = new->subject, .language = language, .voice = new->voice, .customer = new->customer, .next_seq = 1,
	                                .created = d->facts->now, .updated = d->facts->now, .last_customer_message_id = "",
	                                .vip = new->vip, .organisation = new->organisation, .level = new->level};
	if (*new->customer.address) {
		struct participant *person = ARENA_NEW(d->arena, struct participant);
		*person = new->customer;
		desk_plan_add(d, EFFECT_ADD_PARTICIPANT, ticket->id)->participant = person;
	}
	tell_of_standing(d, mail, ticket);
	return ticket;
}

static void link_new(struct decision *d, struct ticket_facts *ticket, int64_t other, const char *why)
{
	if (!other || other == ticket->id)
		return;
	struct effect *effect = desk_plan_add(d, EFFECT_LINK, ticket->id);
	effect->number = other;
	effect->why = why;
}

/* Machines that report something are to be seen; answers of machines are not worth a mail to anyone. */
static bool worth_telling(const struct mail *mail)
{
	return mail->kind != MAIL_BOUNCE && mail->kind != MAIL_FEEDBACK_REPORT && !mail->out_of_office
	    && mail->machine != MACHINE_RECEIPT && mail->machine != MACHINE_CALENDAR
	    && (mail->kind != MAIL_AUTO_REPLY || (!mail->in_reply_to.count && !mail->references.count));
}

static void note_learned(struct decision *d, struct ticket_facts *ticket, const char *kind, const char *value, double confidence)
{
	struct effect *learned = desk_plan_add(d, EFFECT_LEARNED, ticket->id);
	learned->from = kind;
	learned->to = value;
	learned->number = (int64_t)(confidence * 10000);
}

/* What the model learned to give to tickets like this, where no rule gave any. */
static void follow_model(struct decision *d, struct ticket_facts *ticket)
{
	const struct verdict *verdict = d->facts->verdict;
	if (verdict->learned_tag) {
		struct effect *tag = desk_plan_add(d, EFFECT_ADD_TAG, ticket->id);
		tag->to = verdict->learned_tag;
		tag->why = arena_printf(d->arena, "model, %.1f %% sure", verdict->tag_confidence * 100);
		strings_add(d->arena, &ticket->tags, verdict->learned_tag);
		note_learned(d, ticket, "tag", verdict->learned_tag, verdict->tag_confidence);
	}
	if (verdict->learned_priority && strcmp(verdict->learned_priority, ticket->priority) != 0) {
		desk_plan_set_field(d, ticket, desk_field_simple(TICKET_FIELD_PRIORITY), verdict->learned_priority,
		                    arena_printf(d->arena, "model, %.1f %% sure", verdict->priority_confidence * 100));
		note_learned(d, ticket, "priority", verdict->learned_priority, verdict->priority_confidence);
	}
}

/* What it was not created with. */
static void set_ruled_fields(struct decision *d, struct ticket_facts *ticket, const struct verdict *verdict)
{
	struct verdict said = *verdict;
	for (const struct desk_field *field = desk_fields; field->name; field++)
		if (field->simple && *desk_field_ruled(&said, field))
			desk_plan_set_field(d, ticket, field, *desk_field_ruled(&said, field), NULL);
}

/* Tags, fields and trouble of the rules; that the model chose. */
static void follow_verdict(struct decision *d, struct ticket_facts *ticket)
{
	const struct verdict *verdict = d->facts->verdict;
	for (size_t i = 0; verdict && i < verdict->tags.count; i++) {
		desk_plan_add(d, EFFECT_ADD_TAG, ticket->id)->to = verdict->tags.at[i];
		strings_add(d->arena, &ticket->tags, verdict->tags.at[i]);
	}
	if (verdict)
		set_ruled_fields(d, ticket, verdict);
	if (verdict && verdict->by_model) {
		struct effect *routed = desk_plan_add(d, EFFECT_ROUTED, ticket->id);
		routed->to = verdict->queue;
		routed->number = (int64_t)(verdict->confidence * 10000);
	}
	if (verdict)
		follow_model(d, ticket);
	if (verdict && verdict->trouble)
		desk_plan_remark(d, ticket->id, "the rules could not be run", verdict->trouble);
}

/* The ticket that the mail refers to without joining it; where the model thinks it belongs, if it was not sure enough to put it there. */
static const char *variables_of_new(struct decision *d)
{
	CLEANUP_BUFFER struct buffer out = {0};
	const struct verdict *verdict = d->facts->verdict;
	int64_t other = pointed_at(d->facts);
	if (other)
		record_add(&out, "other", arena_printf(d->arena, "%lld", (long long)other));
	if (verdict && verdict->hint) {
		record_add(&out, "hint", verdict->hint);
		record_add(&out, "hint_queue", verdict->hint_queue);
	}
	return out.length ? arena_string(d->arena, buffer_string(&out)) : NULL;
}

static void tell_agents(struct decision *d, const struct mail *mail, struct ticket_facts *ticket, int seq)
{
	const struct verdict *verdict = d->facts->verdict;
	const char *variables = variables_of_new(d);
	if (worth_telling(mail))
		desk_notice_to_agents(d, ticket, "agent-new", seq, NULL, variables);
	for (size_t i = 0; verdict && i < verdict->notify.count; i++) {
		const struct desk_agent *agent = desk_agent_named(d->policy, verdict->notify.at[i]);
		const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
		bool told = worth_telling(mail) && (*ticket->agent ? agent && text_equal_nocase(ticket->agent, agent->name)
		                                                   : agent && queue && strings_have(&queue->agents, agent->name));
		if (agent && !told)
			desk_notice_to_agent(d, ticket, agent, "agent-new", seq, variables);
	}
}

/* The same mail made a ticket in that queue by another address of ours. */
static bool is_there(struct decision *d, const char *queue, const char *disposition)
{
	for (size_t i = 0; i < d->facts->siblings.count; i++)
		if (strcmp(d->facts->siblings.at[i].queue, queue) == 0) {
			desk_plan_disposition(d, disposition, d->facts->siblings.at[i].ticket, 1, "the same mail came for another address of this queue");
			return true;
		}
	return false;
}

void desk_open_ticket(struct decision *d, const struct incoming *incoming, const char *link_why)
{
	const struct mail *mail = incoming->mail;
	bool automatic = mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY;
	if (mail->kind == MAIL_REPLY)
		d->plan->kind = MAIL_REQUEST;            /* it answers nothing of ours */
	const char *queue = queue_of_new(d, incoming);
	if (is_there(d, queue, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_JOINED))
		return;
	struct ticket_facts *ticket = create_ticket(d, incoming, why_there(d));
	struct new_message *message = desk_append_mail(d, ticket, mail, desk_kind_of_message(mail, false));
	desk_note_message_id(d, ticket, mail->message_id);
	message->flags = desk_sender_flags(d->arena, mail);
	message->proved = desk_proved_by(d->arena, mail, NULL);
	if (incoming->address.bad_token)
		message->flags = arena_printf(d->arena, "came to a ticket address whose token is not valid%s%s", *message->flags ? "; " : "", message->flags);
	if (desk_forwarding_agent(d->policy, mail))
		message->flags = arena_printf(d->arena, "forwarded by %s", mail->from.address);
	else {
		desk_know_writer(d, ticket, mail);
		desk_add_copied(d, ticket, mail, NULL);
	}
	link_new(d, ticket, pointed_at(d->facts), link_why);
	for (size_t i = 0; i < d->facts->siblings.count; i++)
		link_new(d, ticket, d->facts->siblings.at[i].ticket, "the same mail went to both queues");
	if (desk_is_spam(d, mail)) {
		desk_keep_as_spam(d, ticket);
		desk_plan_disposition(d, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_TICKET, ticket->id, message->seq, "its sender is marked as spam");
		return;
	}
	follow_verdict(d, ticket);
	if (!automatic && ticket->state == STATE_NEW)
		desk_give_out(d, ticket);
	if (!automatic)
		desk_due_starts(d, ticket);
	desk_prove(d, mail, NULL);
	desk_acknowledge(d, mail, ticket);
	if (ticket->state == STATE_NEW)
		tell_agents(d, mail, ticket, message->seq);
	desk_plan_disposition(d, automatic ? DISPOSITION_AUTOMATIC : DISPOSITION_TICKET, ticket->id, message->seq, NULL);
}

/* The mail as one that `customer` wrote would be read for a new ticket: nothing of its own answers it. */
static struct ticket_facts *create_for(struct decision *d, const struct incoming *incoming, struct mail_address customer, const char *language)
{
	struct mail *mail = ARENA_NEW(d->arena, struct mail);
	struct incoming as_customer = *incoming;
	*mail = *incoming->mail;
	mail->from = customer;
	mail->reply_to.count = 0;
	mail->forward.is_forward = false;
	mail->kind = d->plan->kind = MAIL_REQUEST;
	mail->auto_answer_allowed = false;
	mail->language = language;
	as_customer.mail = mail;
	return create_ticket(d, &as_customer, why_there(d));
}

void desk_open_beside(struct decision *d, const struct incoming *incoming, const struct ticket_facts *ticket, const struct desk_agent *agent)
{
	d->plan->who = agent->name;
	struct ticket_facts *new = create_for(d, incoming, (struct mail_address){ticket->customer.address, ticket->customer.name}, NULL);
	struct new_message *message = desk_append_mail(d, new, incoming->mail, MESSAGE_NOTE);
	message->agent = agent->name;
	message->flags = arena_printf(d->arena, "from ticket %lld", (long long)ticket->id);
	link_new(d, new, ticket->id, "brought in by an agent");
	desk_give_out(d, new);
	desk_notice_to_agents(d, new, "agent-new", message->seq, agent->name, variables_of_new(d));
	desk_plan_disposition(d, DISPOSITION_TICKET, new->id, message->seq, NULL);
}

void desk_open_direct(struct decision *d, const struct incoming *incoming, const struct mail_address *customer, const struct desk_agent *agent)
{
	const struct mail *mail = incoming->mail;
	if (is_there(d, queue_of_new(d, incoming), DISPOSITION_JOINED))
		return;
	d->plan->who = agent->name;
	struct ticket_facts *ticket = create_for(d, incoming, *customer, mail->language);
	/* From alone is a claim: what the desk writes by itself repeats the words to no third party before one of us wrote there surely. */
	desk_set_voice(d, ticket, desk_is_authenticated(mail, NULL) ? VOICE_FREE : VOICE_NEUTRAL);
	link_new(d, ticket, pointed_at(d->facts), "refers to it, but is no answer to it");
	for (size_t i = 0; i < d->facts->siblings.count; i++)
		link_new(d, ticket, d->facts->siblings.at[i].ticket, "the same mail went to both queues");
	follow_verdict(d, ticket);
	struct new_message *message = desk_answer_directly(d, incoming, ticket, agent);
	desk_plan_remark(d, ticket->id, REMARK_UNACKNOWLEDGED, "an agent wrote to the customer himself");
	desk_plan_disposition(d, DISPOSITION_TICKET, ticket->id, message->seq, NULL);
}
