/*
 * desk_readers.c - who takes part in a ticket, who reads its next answer, and who has a mail already: read off the facts, nothing decided.
 *
 * desk_people.c changes it; desk_proof.c says whose mail is known to be theirs.
 */
#include <string.h>

#include "desk_private.h"

const char *desk_answers_at(const struct participant *person)
{
	return person->answer_to && *person->answer_to ? person->answer_to : person->address;
}

/* By his address, or by the one where he wants answers. */
bool desk_is_person(const struct participant *person, const char *address)
{
	return text_equal_nocase(person->address, address) || text_equal_nocase(desk_answers_at(person), address);
}

bool desk_is_participant(const struct ticket_facts *ticket, const char *address)
{
	if (!*address)
		return false;
	for (size_t i = 0; i < ticket->participants.count; i++)
		if (desk_is_person(&ticket->participants.at[i], address))
			return true;
	return desk_is_person(&ticket->customer, address);
}

const char *desk_participant_role_name(enum participant_role role)
{
	static const char *const names[] = {[ROLE_CUSTOMER] = "customer", [ROLE_CC] = "cc", [ROLE_PROPOSED] = "proposed", [ROLE_LEFT] = "left"};
	return names[role];
}

/* One mail for each address: two may want their answers at the same. */
static void add_reader(struct arena *arena, struct readers *readers, const struct participant *person, const char *why)
{
	const char *address = desk_answers_at(person);
	if (!mail_address_usable(address))
		return;
	for (size_t i = 0; i < readers->count; i++)
		if (text_equal_nocase(readers->at[i].address, address))
			return;
	*ARENA_PUSH(arena, readers) = (struct ticket_reader){address, person->name ? person->name : "", why, person};
}

void desk_readers(struct arena *arena, const struct ticket_facts *ticket, struct readers *readers)
{
	*readers = (struct readers){0};
	add_reader(arena, readers, &ticket->customer, "customer");
	for (size_t i = 0; i < ticket->participants.count; i++) {
		const struct participant *person = &ticket->participants.at[i];
		const char *why = person->role == ROLE_CUSTOMER ? "customer of a ticket that was merged into this one" : "takes part";
		if (!text_equal_nocase(person->address, ticket->customer.address))
			add_reader(arena, readers, person, why);
	}
}

struct ticket_facts *desk_copy_ticket(struct arena *arena, const struct ticket_facts *ticket)
{
	struct ticket_facts *copy = ARENA_NEW(arena, struct ticket_facts);
	*copy = *ticket;
	return copy;
}

const struct participant *desk_outsider(const struct ticket_facts *ticket, const char *address)
{
	for (size_t i = 0; i < ticket->outside.count; i++)
		if (text_equal_nocase(ticket->outside.at[i].address, address))
			return &ticket->outside.at[i];
	return NULL;
}

bool desk_has_left(const struct ticket_facts *ticket, const char *address)
{
	const struct participant *person = desk_outsider(ticket, address);
	return person && person->role == ROLE_LEFT;
}

bool desk_has_it(const struct decision *d, const char *address)
{
	for (size_t i = 0; d->mail && i < d->mail->to.count; i++)
		if (text_equal_nocase(d->mail->to.at[i].address, address))
			return true;
	for (size_t i = 0; d->mail && i < d->mail->cc.count; i++)
		if (text_equal_nocase(d->mail->cc.at[i].address, address))
			return true;
	return false;
}

bool desk_person_has_it(const struct decision *d, const struct participant *person)
{
	return desk_has_it(d, person->address) || desk_has_it(d, desk_answers_at(person));
}
