/*
 * desk_people.c - who takes part in a ticket, and whose mail is known to be theirs.
 *
 * Copied people take part when an authenticated sender brings them in: by DMARC, or by the ticket's own signed address together with an
 * address that takes part. A forged From adds nobody. Decides nothing about tickets.
 */
#include <string.h>

#include "desk_private.h"

#define PARTICIPANTS_MOST 50                     /* a reply-all storm must not grow without end */

bool desk_is_participant(const struct ticket_facts *ticket, const char *address)
{
	if (!*address)
		return false;
	for (size_t i = 0; i < ticket->participants.count; i++)
		if (text_equal_nocase(ticket->participants.at[i].address, address))
			return true;
	return text_equal_nocase(ticket->customer.address, address);
}

const char *participant_role_name(enum participant_role role)
{
	static const char *const names[] = {[ROLE_CUSTOMER] = "customer", [ROLE_CC] = "cc", [ROLE_PROPOSED] = "proposed", [ROLE_LEFT] = "left"};
	return names[role];
}

void desk_readers(struct arena *arena, const struct ticket_facts *ticket, struct readers *readers)
{
	*readers = (struct readers){0};
	if (mail_address_usable(ticket->customer.address))
		*ARENA_PUSH(arena, readers) = (struct ticket_reader){ticket->customer.address, ticket->customer.name ? ticket->customer.name : "", "customer"};
	for (size_t i = 0; i < ticket->participants.count; i++) {
		const struct participant *person = &ticket->participants.at[i];
		const char *why = person->role == ROLE_CUSTOMER ? "customer of a ticket that was merged into this one" : "takes part";
		if (mail_address_usable(person->address) && !text_equal_nocase(person->address, ticket->customer.address))
			*ARENA_PUSH(arena, readers) = (struct ticket_reader){person->address, person->name ? person->name : "", why};
	}
}

struct ticket_facts *desk_copy_ticket(struct arena *arena, const struct ticket_facts *ticket)
{
	struct ticket_facts *copy = ARENA_NEW(arena, struct ticket_facts);
	*copy = *ticket;
	return copy;
}

bool failed_authentication(const struct mail *mail)
{
	CLEANUP_ARENA struct arena arena = {0};
	return desk_proof(&arena, mail).kind == PROOF_FAILED;
}

bool is_authenticated(const struct mail *mail, const struct clue_facts *found)
{
	CLEANUP_ARENA struct arena arena = {0};
	bool passed = desk_proof(&arena, mail).kind == PROOF_PASS;
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
void add_copied(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	if (mail->list_mail || !is_authenticated(mail, found))
		return;
	add_readers(d, ticket, &mail->to);
	add_readers(d, ticket, &mail->cc);
}
