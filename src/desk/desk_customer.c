/*
 * desk_customer.c - whose request a mail is: who is to be answered, by From, Reply-To, envelope, or the mail that an agent passes on.
 *
 * Nothing here is proof: desk_proof.c judges that.
 */
#include <string.h>

#include "desk_private.h"

/* A sender that no person reads: answers to it are lost. */
bool desk_nobody_reads(const char *address)
{
	static const char *const names[] = {"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "nobody@", "www-data@", "apache@"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_starts_nocase(address, names[i]))
			return true;
	return false;
}

/* An agent passes a customer's mail on to the desk: the original sender is the customer. From alone is a claim, so nothing is sent to
 * that customer before an agent of the queue does it, unless the agent's mail is authenticated. */
const struct desk_agent *desk_forwarding_agent(const struct desk_policy *policy, const struct mail *mail)
{
	if (!mail->forward.is_forward || !mail->forward.from.address || !mail_address_usable(mail->forward.from.address)
	    || desk_address_is_ours(policy, mail->forward.from.address))
		return NULL;
	return desk_agent_with_address(policy, mail->from.address);
}

/* Who writes may name another address of his own house for the answers; a form of ours, or a sender that nobody reads, any. Anybody else who names
 * a third person stays the customer himself: else that person would be shown as the writer, and be sent what a stranger wants to be sent. */
static bool may_speak_for(const struct desk_policy *policy, const struct mail *mail, const char *other)
{
	const char *from = mail->from.address;
	if (!mail_address_usable(from) || desk_same_house(from, other) || desk_nobody_reads(from) || desk_address_is_ours(policy, from))
		return true;
	for (size_t i = 0; i < policy->queues.count; i++)
		if (desk_same_house(from, policy->queues.at[i].address))
			return true;
	return false;
}

/* Who is to be answered: Reply-To where the sender names one person there (RFC 5322 section 3.6.2), else From; where that is none, the
 * envelope's sender, so that somebody can be. */
struct participant desk_customer_of(const struct desk_policy *policy, const struct mail *mail, const char *envelope_from)
{
	const struct mail_address *from = &mail->from;
	if (desk_forwarding_agent(policy, mail))
		return (struct participant){mail->forward.from.address, mail->forward.from.name ? mail->forward.from.name : "", ROLE_CUSTOMER, NULL};
	if (mail->reply_to.count == 1 && !mail->list_mail && mail_address_usable(mail->reply_to.at[0].address)
	    && !desk_address_is_ours(policy, mail->reply_to.at[0].address) && may_speak_for(policy, mail, mail->reply_to.at[0].address))
		from = &mail->reply_to.at[0];
	if (!mail_address_usable(from->address) && mail_address_usable(envelope_from) && !desk_address_is_ours(policy, envelope_from))
		return (struct participant){envelope_from, from->name, ROLE_CUSTOMER, NULL};
	const char *name = *from->name ? from->name : text_equal_nocase(from->address, mail->from.address) ? mail->from.name : "";
	return (struct participant){from->address, name, ROLE_CUSTOMER, NULL};
}
