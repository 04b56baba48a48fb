/*
 * desk_acknowledge.c - the automatic answer to a new request: whether one may go out, and which. RFC 3834.
 *
 * It goes to whoever the mail claims to be from. So it repeats nothing of what was written; a stranger whose address nothing proves is not
 * even told the subject and the name. Bounded for each address, never to machines, to our own addresses, to where mail comes back.
 * A held request is answered by its articles ("held"), every other by "received". Why none went out stands in the history.
 */
#include <string.h>

#include "desk_private.h"

/* Why no automatic mail may ever go to that address because of this mail; NULL: it may. */
static const char *desk_must_not_answer(struct decision *d, const struct mail *mail, const char *to)
{
	if (!mail->auto_answer_allowed)
		return *mail->auto_answer_why ? mail->auto_answer_why : "automatic mail";
	if (mail->kind != MAIL_REQUEST && mail->kind != MAIL_REPLY)
		return mail_kind_name(mail->kind);
	if (!mail_address_usable(to))
		return "no address to answer";
	if (desk_agent_with_address(d->policy, to))
		return "the sender is an agent";
	if (desk_address_is_ours(d->policy, to))
		return "the sender's address is one of ours";
	if (desk_forwarding_agent(d->policy, mail) && !desk_is_authenticated(mail, NULL))
		return "forwarded in an agent's name, not authenticated";
	if (desk_failed_authentication(mail))
		return arena_printf(d->arena, "sender not authenticated (%s)", desk_proof(d->arena, mail).why);
	return NULL;
}

const char *desk_no_acknowledgement(struct decision *d, const struct mail *mail, const char *to)
{
	const char *why = desk_must_not_answer(d, mail, to);
	if (why)
		return why;
	if (d->facts->sender_bouncing)
		return "mail to that address comes back";
	return desk_over_budget(d, mail, to);
}

/* What is true of the mail that opens a ticket holds for all that the desk writes by itself later: closing it mails nobody who was not to be
 * acknowledged. A budget that is spent, or a switched-off notice, is no such reason. */
const char *desk_voice_of(struct decision *d, const struct mail *mail, const char *customer)
{
	const char *why = desk_must_not_answer(d, mail, customer);
	return why ? why : desk_is_safe(d, mail, customer) ? VOICE_FREE : VOICE_NEUTRAL;
}

void desk_acknowledge(struct decision *d, const struct mail *mail, struct ticket_facts *ticket)
{
	const char *why = desk_no_acknowledgement(d, mail, ticket->customer.address);
	const char *template = ticket->state == STATE_HELD ? "held" : "received";
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	if (!why && queue && !desk_queue_wants_notice(queue, template))
		why = "switched off for the queue";
	if (why) {
		desk_plan_remark(d, ticket->id, REMARK_UNACKNOWLEDGED, why);
		desk_note_unanswered(d, ticket);
		return;
	}
	struct outgoing *notice = desk_notice_to_customer(d, ticket, template, true, NULL);
	bool stranger = !desk_is_safe(d, mail, ticket->customer.address);
	if (stranger)
		desk_neutral(d, ticket, notice); /* a stranger's words are not carried to an address that may be a third party's */
	desk_suggest(d, ticket, notice, stranger);
	struct new_message *message = desk_plan_message(d, ticket, MESSAGE_NOTICE, true);
	notice->seq = message->seq;
	message->from = notice->from;
	*ARENA_PUSH(d->arena, &message->to) = ticket->customer.address;
	message->message_id = notice->message_id;
	message->outbox = notice->id;
	struct effect *count = desk_plan_add(d, EFFECT_COUNT_ACKNOWLEDGEMENT, ticket->id);
	count->to = ticket->customer.address;
	count->number = stranger && !d->facts->answer_proved;
}
