/*
 * desk_budget.c - how far an address is trusted, and how many automatic answers it may cost.
 *
 * Whoever forges a sender can make us write to a third party. So only where this very mail proves who wrote it is he answered like a customer:
 * by DMARC, or by a token that we sent nowhere else. What an address proved once says nothing of the next mail that bears its name: it has
 * the small budget of an address, for the hour and the day. Who proved nothing ever shares further ones: for the address, for its domain,
 * and for all together (many senders of one domain, many domains). What is over them becomes a ticket all the same.
 */
#include <string.h>

#include "desk_private.h"

bool desk_is_safe(const struct decision *d, const struct mail *mail, const char *to)
{
	if (desk_failed_authentication(mail))
		return false;
	if (desk_forwarding_agent(d->policy, mail))
		return desk_is_authenticated(mail, NULL);
	for (size_t i = 0; i < d->facts->clues.count; i++)
		if (desk_proves(d->arena, mail, &d->facts->clues.at[i], to))
			return true;
	return desk_proves(d->arena, mail, NULL, to);
}

const char *desk_over_budget(struct decision *d, const struct mail *mail, const char *to)
{
	const struct desk_policy *policy = d->policy;
	const struct facts *facts = d->facts;
	const char *why = NULL;
	if (facts->acknowledgements_last_hour >= policy->acknowledgements_per_hour)
		why = arena_printf(d->arena, "%d acknowledgements to that address within an hour", facts->acknowledgements_last_hour);
	else if (desk_is_safe(d, mail, to))
		return NULL;
	else if (facts->acknowledgements_last_hour >= policy->stranger_acknowledgements_per_hour)
		why = arena_printf(d->arena, "%d acknowledgements within an hour to that address, which may be forged", facts->acknowledgements_last_hour);
	else if (facts->acknowledgements_last_day >= policy->stranger_acknowledgements_per_day)
		why = arena_printf(d->arena, "%d acknowledgements within a day to that address, which may be forged", facts->acknowledgements_last_day);
	else if (facts->answer_proved)           /* known: the storm of strangers does not silence its reader */
		return NULL;
	else if (facts->acknowledgements_domain >= policy->stranger_acknowledgements_per_domain)
		why = arena_printf(d->arena, "%d acknowledgements within an hour to strangers of that domain", facts->acknowledgements_domain);
	else if (facts->acknowledgements_minute >= policy->stranger_acknowledgements_per_minute)
		why = arena_printf(d->arena, "%d acknowledgements within a minute to strangers", facts->acknowledgements_minute);
	d->plan->over_budget |= why != NULL;
	return why;
}

/* A token that went to the customer only, back from the customer's own address. Somebody else may have brought his own token, and our
 * customer's name. */
static bool proved_by_token(const struct mail *mail, const struct clue_facts *found)
{
	enum evidence_kind kind = found->clue->kind;
	bool customers = (kind == EVIDENCE_ADDRESS_TOKEN && found->clue->token.kind == TOKEN_CUSTOMER)
	              || (kind == EVIDENCE_MESSAGE_TOKEN && found->clue->token.kind == TOKEN_MAIL_TO_CUSTOMER);
	return customers && text_equal_nocase(mail->from.address, found->ticket->customer.address);
}

void desk_prove(struct decision *d, const struct mail *mail, const struct clue_facts *found)
{
	if ((d->facts->answer_proved && !d->facts->sender_bouncing) || desk_failed_authentication(mail) || !mail_address_usable(mail->from.address)
	    || !text_equal_nocase(mail->from.address, desk_customer_of(d->policy, mail, "").address))
		return;
	bool proved = desk_is_authenticated(mail, NULL) || (found && proved_by_token(mail, found));
	if (proved && !d->facts->answer_proved)
		desk_plan_add(d, EFFECT_PROVE_ADDRESS, 0)->to = mail->from.address;
	if (proved && d->facts->sender_bouncing)
		desk_plan_add(d, EFFECT_MAIL_ARRIVES, 0)->to = mail->from.address;
}
