/*
 * desk_mail.c - what happens to one delivery of one mail: the heart. Never fails; the worst mail becomes a ticket.
 *
 * Order: our own mail coming back; automatic mail (kept, never answered, never moves a state); an agent's mail proved by the
 * agent's own token; a reply that may join (desk_thread.c); else a new ticket, linked to what it pointed at.
 *
 * Several of our addresses in one mail: each delivery is decided alone; one ticket for each queue, linked with each other;
 * a ticket holds a mail once.
 */
#include <string.h>

#include "desk_private.h"

#define HOPS_MOST 100                            /* Received fields; RFC 5321 section 6.3: at least 100 */

static bool is_our_own(const struct desk_policy *policy, const struct mail *mail)
{
	struct token token;
	if (mail->kind == MAIL_BOUNCE)
		return false;
	return (*mail->our_marks && text_equal_nocase(mail->our_marks, policy->domain))
	    || (mail->message_id && desk_message_id_read(policy, mail->message_id, &token)) || mail->hops > HOPS_MOST;
}

/* ---- a mail that joins ---- */

static const char *flags_of(struct decision *d, const struct ticket_facts *ticket, const struct mail *mail)
{
	const char *flags = "";
	if (!desk_is_participant(ticket, mail->from.address))
		flags = "from another address, proved by the ticket's address";
	const char *sender = desk_sender_flags(d->arena, mail);
	if (*sender)
		flags = arena_printf(d->arena, "%s%s%s", flags, *flags ? "; " : "", sender);
	if (strcmp(desk_short_subject(d->arena, mail->subject), desk_short_subject(d->arena, ticket->subject)) != 0)
		flags = arena_printf(d->arena, "%s%ssubject changed: %s", flags, *flags ? "; " : "", utf8_cut(d->arena, mail->subject, 200));
	return flags;
}

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
	desk_plan_disposition(d, disposition, ticket->id, ticket->same_mail_seq, "the same mail came by another address of ours");
	return true;
}

/* A mere thank-you soon after "resolved" or "closed" leaves the ticket as it is; the reminder is not needed any more. Any further word
 * is a reply like others. */
static bool only_thanks(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	int64_t since = ticket->state == STATE_RESOLVED ? ticket->resolved_at : ticket->state == STATE_CLOSED ? ticket->closed_at : 0;
	if (!since || d->facts->now - since > d->policy->thanks_hours * HOUR_MS || mail->attachments.count || !desk_is_thanks(mail->reply_text))
		return false;
	desk_plan_remark(d, ticket->id, arena_printf(d->arena, "a thank-you: stays %s", desk_ticket_state_name(ticket->state)), "any further word reopens it");
	return true;
}

static bool leaves(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	for (size_t i = 0; i < ticket->participants.count; i++) {
		const struct participant *person = &ticket->participants.at[i];
		if (person->role != ROLE_CC || !text_equal_nocase(person->address, mail->from.address) || !desk_is_leave(mail->reply_text))
			continue;
		struct effect *effect = desk_plan_add(d, EFFECT_REMOVE_PARTICIPANT, ticket->id);
		effect->to = person->address;
		effect->why = "asked to leave";
		return true;
	}
	return false;
}

/* Any reply to a held request makes it a ticket. It means "I still need help", as our mail says; but nothing but thanks is no complaint
 * about an article. */
static void customer_wrote(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, int seq)
{
	bool unseen = desk_is_unseen(ticket);
	if (unseen && ticket->state != STATE_CLOSED && desk_is_thanks(mail->reply_text))
		desk_say(d, ticket, OUTCOME_RETURNED, "");
	desk_plan_event(d, ticket, EVENT_CUSTOMER_MAIL, "the customer wrote");
	if (unseen)
		desk_present(d, ticket, mail->reply_text);
	else
		desk_tell_of_reply(d, ticket, seq);
}

/* What the customer writes in is what is answered in: the first mail that tells it, and later one that is sure of another. */
static void learn_language(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	bool known = *ticket->language;
	if (ticket->language_kept || !mail->language || strcmp(mail->language, ticket->language) == 0 || (known && !mail->language_sure))
		return;
	if (known && !text_equal_nocase(mail->from.address, ticket->customer.address))
		return;
	struct effect *effect = desk_plan_add(d, EFFECT_SET_LANGUAGE, ticket->id);
	effect->from = ticket->language;
	effect->to = ticket->language = mail->language;
	effect->why = "as the customer writes";
}

static void decide_join(struct decision *d, const struct incoming *incoming, const struct clue_facts *found)
{
	d->plan->evidence = found->clue->kind;
	d->plan->ticket = found->ticket->id;
	desk_thread_joins(d, found);
	if (already_there(d, found->ticket, DISPOSITION_JOINED))
		return;
	if (too_old(d, found->ticket)) {
		const char *why = arena_printf(d->arena, "answer to a ticket closed more than %d days ago", d->policy->reopen_days);
		desk_thread_not(d, found, why);
		desk_open_ticket(d, incoming, why);
		return;
	}
	d->plan->kind = MAIL_REPLY;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	struct new_message *message = desk_append_mail(d, ticket, incoming->mail, MESSAGE_REPLY);
	desk_thread_history(d, incoming->mail);
	message->flags = flags_of(d, found->ticket, incoming->mail);
	message->proved = desk_proved_by(d->arena, incoming->mail, found);
	if (desk_is_spam_ticket(ticket) && desk_is_spam(d, incoming->mail)) {    /* kept, and told to nobody */
		desk_plan_disposition(d, DISPOSITION_JOINED, ticket->id, message->seq, "its sender is marked as spam");
		return;
	}
	if (desk_proves(d->arena, incoming->mail, found, ticket->customer.address))
		desk_set_voice(d, ticket, VOICE_FREE);
	desk_gain_standing(d, ticket, incoming->mail, found);
	desk_note_message_id(d, ticket, incoming->mail->message_id);
	desk_prove(d, incoming->mail, found);
	desk_follow_reply_to(d, ticket, incoming->mail, found);
	learn_language(d, ticket, incoming->mail);
	if (!leaves(d, ticket, incoming->mail) && !only_thanks(d, ticket, incoming->mail)) {
		desk_returns(d, ticket, incoming->mail, found);
		desk_add_copied(d, ticket, incoming->mail, found);
		customer_wrote(d, ticket, incoming->mail, message->seq);
	}
	desk_plan_disposition(d, DISPOSITION_JOINED, ticket->id, message->seq, desk_evidence_name(found->clue->kind));
}

/* ---- automatic mail ---- */

/* Without the kind of its server before it ("smtp; 550 5.1.1 ..."): for people. */
static const char *servers_words(const struct mail_bounce *bounce)
{
	const char *words = bounce->diagnostic ? bounce->diagnostic : bounce->status ? bounce->status : "";
	size_t type = strspn(words, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");
	if (type && type < 20 && words[type] == ';')
		words += type + 1 + strspn(words + type + 1, " \t");
	return words;
}

static bool was_for(const struct bounced_mail *bounced, const char *address)
{
	for (size_t i = 0; i < bounced->recipients.count; i++)
		if (text_equal_nocase(bounced->recipients.at[i], address))
			return true;
	return text_equal_nocase(bounced->to, address);
}

/* Whom the report is about, for people: as it says; beside the one it was sent to, where that one passes his mail on. */
static const char *whom_it_names(struct decision *d, const struct bounced_mail *bounced, const char *recipient)
{
	if (!recipient || !*recipient) {
		const char *all = bounced->to;
		for (size_t i = 1; i < bounced->recipients.count; i++)
			all = arena_printf(d->arena, "%s, %s", all, bounced->recipients.at[i]);
		return all;
	}
	bool passed_on = bounced->recipients.count <= 1 && *bounced->to && !was_for(bounced, recipient);
	return passed_on ? arena_printf(d->arena, "%s (%s)", bounced->to, recipient) : recipient;
}

struct returned { bool for_good; const char *whom, *words; };

/* What the report says is shown; it is acted on if it came to the address that only this mail's readers and their servers know. */
static void mark_bounced(struct decision *d, const struct mail *mail, const struct bounced_mail *bounced, struct returned *returned)
{
	for (size_t i = 0; i < mail->bounces.count; i++) {
		const struct mail_bounce *bounce = &mail->bounces.at[i];
		if (!bounce->permanent || (bounce->action && *bounce->action && strcmp(bounce->action, "failed") != 0))
			continue;
		const char *whom = whom_it_names(d, bounced, bounce->recipient);
		returned->whom = returned->for_good ? arena_printf(d->arena, "%s, %s", returned->whom, whom) : whom;
		returned->words = servers_words(bounce);
		returned->for_good = true;
		if (!bounced->proved)
			continue;
		struct effect *effect = desk_plan_add(d, EFFECT_MAIL_BOUNCED, bounced->ticket);
		effect->number = bounced->outbox;
		effect->to = bounce->recipient ? bounce->recipient : bounced->to;
		effect->why = returned->words;
	}
	if (returned->for_good && !bounced->proved)
		desk_plan_remark(d, bounced->ticket, arena_printf(d->arena, "said to have come back: mail to %s", utf8_cut(d->arena, returned->whom, 300)),
		                 "the report came to no bounce address: nothing was marked");
}

static void tell_of_bounce(struct decision *d, const struct ticket_facts *ticket, int seq, const struct bounced_mail *bounced, const struct returned *returned)
{
	if (bounced->to_agent) {                 /* his words go to colleagues, each mailbox once: more would be a loop */
		desk_plan_remark(d, ticket->id, arena_printf(d->arena, "mail to agent %s came back", bounced->agent), returned->words);
		if (bounced->proved && !bounced->known)
			desk_pass_on(d, ticket, bounced->template, bounced->agent, bounced->about_seq, bounced->variables);
		return;
	}
	CLEANUP_BUFFER struct buffer variables;
	buffer_init(&variables);
	record_add(&variables, "recipient", utf8_cut(d->arena, returned->whom, 300));
	record_add(&variables, "reply", returned->words);
	if (bounced->subject && *bounced->subject)
		record_add(&variables, "original_subject", bounced->subject);
	desk_notice_to_agents(d, ticket, "agent-bounced", seq, NULL, arena_string(d->arena, buffer_string(&variables)));
}

static void join_automatic(struct decision *d, const struct mail *mail, const struct clue_facts *found)
{
	d->plan->evidence = found->clue->kind;
	d->plan->ticket = found->ticket->id;
	desk_thread_joins(d, found);
	bool bounce = mail->kind == MAIL_BOUNCE;
	const char *disposition = bounce ? DISPOSITION_BOUNCE : DISPOSITION_AUTOMATIC;
	if (already_there(d, found->ticket, disposition))
		return;
	struct ticket_facts *ticket = desk_copy_ticket(d->arena, found->ticket);
	struct new_message *message = desk_append_mail(d, ticket, mail, desk_kind_of_message(mail, true));
	bool unseen = desk_is_unseen(ticket);
	const struct bounced_mail *bounced = bounce ? d->facts->bounced : NULL;
	struct returned returned = {.words = "", .whom = ""};
	if (bounced && bounced->ticket == ticket->id)
		mark_bounced(d, mail, bounced, &returned);
	if (returned.for_good && bounced->proved)
		desk_held_mail_failed(d, ticket, bounced->template);
	if (returned.for_good && !(unseen && desk_is_unseen(ticket)))
		tell_of_bounce(d, ticket, message->seq, bounced, &returned);
	if (mail->kind == MAIL_AUTO_REPLY)       /* another desk's acknowledgement says where it wants to be answered */
		desk_follow_reply_to(d, ticket, mail, found);
	if (desk_again_by_its_machine(ticket, mail, found))
		desk_tell_of_reply(d, ticket, message->seq);
	desk_plan_event(d, ticket, EVENT_AUTOMATIC_MAIL, NULL);
	desk_plan_disposition(d, disposition, ticket->id, message->seq, desk_evidence_name(found->clue->kind));
}

static void open_report(struct decision *d, const struct incoming *incoming)
{
	struct mail *report = ARENA_NEW(d->arena, struct mail);
	struct incoming as_request = *incoming;
	*report = *incoming->mail;
	report->kind = d->plan->kind = MAIL_REQUEST;
	as_request.mail = d->mail = report;
	desk_open_ticket(d, &as_request, "a machine's mail refers to it");
}

static void decide_automatic(struct decision *d, const struct incoming *incoming)
{
	if (incoming->mail->kind != MAIL_BOUNCE && desk_decide_side_in(d, incoming, true))
		return;
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		if (desk_automatic_may_join(d, found, incoming->mail)) {
			join_automatic(d, incoming->mail, found);
			return;
		}
	}
	if (desk_is_report(incoming->mail))
		open_report(d, incoming);
	else
		desk_open_ticket(d, incoming, desk_thread_link(d));
}

/* What goes by no sign that counts for customers is not an agent's answer all the same. */
static void decide_agents_machine(struct decision *d, const struct incoming *incoming)
{
	struct mail *mail = ARENA_NEW(d->arena, struct mail);
	struct incoming automatic = *incoming;
	*mail = *incoming->mail;
	mail->kind = d->plan->kind = MAIL_AUTO_REPLY;
	automatic.mail = d->mail = mail;
	decide_automatic(d, &automatic);
}

/* ---- the whole ---- */

/* A mail to a queue's own address is for that queue, whatever it refers to: one that was not asked before gets a ticket, linked; what
 * follows goes there. True: it is decided. */
static bool decide_for_other_queue(struct decision *d, const struct incoming *incoming, const struct clue_facts *found)
{
	struct clue_facts beside = {found->clue, found->ticket->beside};
	static const char *const why = "goes on in another queue, which the mail was addressed to";
	if (!beside.ticket && !found->ticket->queue_is_new)
		return false;
	if (beside.ticket && desk_may_join(d, &beside, incoming->mail)) {
		decide_join(d, incoming, &beside);
		return true;
	}
	desk_thread_not(d, found, why);
	desk_open_ticket(d, incoming, why);
	return true;
}

static void decide_person(struct decision *d, const struct incoming *incoming)
{
	if (desk_decide_side_in(d, incoming, false) || desk_decide_command_mail(d, incoming) || desk_decide_house_mail(d, incoming))
		return;
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		if (desk_may_join(d, found, incoming->mail)) {
			if (!decide_for_other_queue(d, incoming, found))
				decide_join(d, incoming, found);
			return;
		}
	}
	if (!desk_decide_first_words(d, incoming) && !desk_decide_not_understood(d, incoming))
		desk_open_ticket(d, incoming, desk_thread_link(d));
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
	desk_plan_add(d, EFFECT_ENQUEUE, 0)->outgoing = o;
}

/* What a rule says about mail that never becomes a ticket. False: nothing of the kind. What is proved to belong to a ticket, and what
 * machines say about our own mails, no rule throws away. */
static bool decided_by_rule(struct decision *d, const struct incoming *incoming)
{
	const struct verdict *verdict = d->facts->verdict;
	if (!verdict || incoming->address.class != ADDRESS_QUEUE)
		return false;
	if (verdict->reject) {
		desk_plan_disposition(d, DISPOSITION_REJECTED, 0, 0, verdict->reject);
		return true;
	}
	for (size_t i = 0; i < verdict->redirects.count; i++)
		if (mail_address_usable(verdict->redirects.at[i]) && !desk_address_is_ours(d->policy, verdict->redirects.at[i]))
			redirect(d, incoming, verdict->redirects.at[i]);
	if (d->plan->count) {
		desk_plan_disposition(d, DISPOSITION_REDIRECTED, 0, 0, verdict->redirects.at[0]);
		return true;
	}
	if (verdict->discard)
		desk_plan_disposition(d, DISPOSITION_DISCARDED, 0, 0, desk_first_reason(d));
	return verdict->discard;
}

/* Nobody else can write one: its token is signed. What comes back of it is one, too. */
static bool is_selftest(const struct desk_policy *policy, const struct incoming *incoming)
{
	struct token token;
	return incoming->address.token.kind == TOKEN_SELFTEST || (incoming->mail->subject && desk_selftest_read(policy, incoming->mail->subject, &token));
}

static void decide(struct decision *d, const struct incoming *incoming)
{
	const struct mail *mail = incoming->mail;
	if (is_our_own(d->policy, mail)) {
		d->plan->kind = MAIL_LOOP;
		desk_plan_disposition(d, DISPOSITION_LOOP, 0, 0, mail->hops > HOPS_MOST ? "too many hops" : "our own mail came back");
		return;
	}
	if (is_selftest(d->policy, incoming)) {
		desk_plan_disposition(d, DISPOSITION_SELFTEST, 0, 0, NULL);
		return;
	}
	if (decided_by_rule(d, incoming))
		return;
	if (mail->kind == MAIL_BOUNCE || mail->kind == MAIL_AUTO_REPLY || mail->kind == MAIL_FEEDBACK_REPORT)
		decide_automatic(d, incoming);
	else if (desk_is_agents_machine(d, incoming))
		decide_agents_machine(d, incoming);
	else
		decide_person(d, incoming);
}

void desk_decide_mail(const struct desk_policy *policy, const struct incoming *incoming, const struct facts *facts, struct plan *plan)
{
	const struct mail *mail = incoming->mail;
	struct decision d = {policy, facts, plan, plan->arena, incoming->trace, facts->next_outbox, mail, 0, NULL};
	plan->kind = mail->kind;
	if (!plan->who)
		plan->who = *mail->from.address ? mail->from.address : "unknown sender";
	decide(&d, incoming);
	if (facts->clues.count)
		desk_thread_rest(&d);
}
