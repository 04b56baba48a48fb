/*
 * desk_spam.c - an agent says that a ticket is spam: it is closed without a word, and its sender's next mails are kept and told to nobody.
 *
 * From alone is anybody's. So a mark that was made on a mail which proved nothing does not count against one that proves its sender: whoever was
 * forged goes on being heard. Agents and addresses of the desk are never marked. "/reopen" takes the mark back. The tag is what the classifier learns.
 */
#include <string.h>

#include "desk_private.h"

bool desk_is_spam(const struct decision *d, const struct mail *mail)
{
	if (d->facts->sender_spam == SPAM_NOT || !*mail->from.address || desk_agent_with_address(d->policy, mail->from.address))
		return false;
	return d->facts->sender_spam == SPAM_EVEN_PROVED || desk_proof(d->arena, mail).kind != PROOF_PASS;
}

bool desk_is_spam_ticket(const struct ticket_facts *ticket)
{
	return strings_have(&ticket->tags, SPAM_TAG);
}

/* A ticket that such a mail opened: closed, with the tag, and nobody hears of it. */
void desk_keep_as_spam(struct decision *d, struct ticket_facts *ticket)
{
	desk_plan_add(d, EFFECT_ADD_TAG, ticket->id)->to = SPAM_TAG;
	strings_add(d->arena, &ticket->tags, SPAM_TAG);
	desk_plan_event(d, ticket, EVENT_CLOSE, "its sender is marked as spam");
}

enum status desk_mark_spam(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const char *sender = ticket->customer.address;
	bool ours = desk_agent_with_address(d->policy, sender) || desk_address_is_ours(d->policy, sender);
	if (*action->text)
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_SPAM_SAYS_NOTHING, NULL, NULL, NULL);
	if (desk_is_spam_ticket(ticket) && ticket->state == STATE_CLOSED)
		return STATUS_OK;
	if (!desk_is_spam_ticket(ticket)) {
		desk_plan_add(d, EFFECT_ADD_TAG, ticket->id)->to = SPAM_TAG;
		strings_add(d->arena, &ticket->tags, SPAM_TAG);
	}
	struct effect *effect = desk_plan_add(d, EFFECT_SPAM, ticket->id);
	effect->to = ours ? "" : sender;
	effect->number = ticket->voice && *ticket->voice ? SPAM_UNLESS_PROVED : SPAM_EVEN_PROVED;
	desk_plan_event(d, ticket, EVENT_CLOSE, "spam");
	return STATUS_OK;
}

void desk_lift_spam(struct decision *d, struct ticket_facts *ticket)
{
	struct strings left = {0};
	if (!desk_is_spam_ticket(ticket))
		return;
	for (size_t i = 0; i < ticket->tags.count; i++)
		if (strcmp(ticket->tags.at[i], SPAM_TAG) != 0)
			strings_add(d->arena, &left, ticket->tags.at[i]);
	ticket->tags = left;
	desk_plan_add(d, EFFECT_REMOVE_TAG, ticket->id)->to = SPAM_TAG;
	struct effect *effect = desk_plan_add(d, EFFECT_SPAM, ticket->id);
	effect->to = ticket->customer.address;
	effect->number = SPAM_NOT;
}
