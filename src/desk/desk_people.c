/*
 * desk_people.c - who comes to take part in a ticket, who leaves, and where somebody wants answers.
 *
 * Copied people take part when somebody who takes part himself brings them in, and proves in that mail to be himself: by DMARC, or by the
 * ticket's own signed address together with his own. Everybody else only proposes: an agent lets in. Who left stays out until he writes
 * again. Decides nothing about tickets.
 */
#include <string.h>

#include "desk_private.h"

/* ---- bringing people in ---- */

/* The address of somebody who is no agent, and none by which mail comes to us, as far as this mail tells. */
static bool may_be_brought(const struct decision *d, const struct mail *mail, const char *address)
{
	return mail_address_usable(address) && !desk_address_is_ours(d->policy, address) && !desk_agent_with_address(d->policy, address)
	    && !strings_have(&mail->delivered_to, text_lower(d->arena, address));
}

/* Into the plan, and the lists of the working copy. */
static void add_person(struct decision *d, struct ticket_facts *ticket, const struct mail_address *who, enum participant_role role, const char *why)
{
	struct participant *new = ARENA_NEW(d->arena, struct participant);
	*new = (struct participant){who->address, who->name ? who->name : "", role, NULL};
	struct effect *effect = desk_plan_add(d, EFFECT_ADD_PARTICIPANT, ticket->id);
	effect->participant = new;
	effect->why = why;
	struct { struct participant *at; size_t count; } kept = {0}, in = {0};
	for (size_t i = 0; i < ticket->outside.count; i++)
		if (!text_equal_nocase(ticket->outside.at[i].address, who->address))
			*ARENA_PUSH(d->arena, &kept) = ticket->outside.at[i];
	for (size_t i = 0; i < ticket->participants.count; i++)
		*ARENA_PUSH(d->arena, &in) = ticket->participants.at[i];
	if (role == ROLE_PROPOSED)
		*ARENA_PUSH(d->arena, &kept) = *new;
	else
		*ARENA_PUSH(d->arena, &in) = *new;
	ticket->outside.at = kept.at, ticket->outside.count = kept.count;
	ticket->participants.at = in.at, ticket->participants.count = in.count;
}

static void bring(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct mail_addresses *list, bool in)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct mail_address *person = &list->at[i];
		const struct participant *known = desk_outsider(ticket, person->address);
		if (!may_be_brought(d, mail, person->address) || desk_is_participant(ticket, person->address) || (known && (!in || known->role == ROLE_LEFT)))
			continue;
		if (in ? ticket->participants.count >= LIMIT_PARTICIPANTS : ticket->outside.count >= LIMIT_OUTSIDE)
			ticket->beyond++;
		else if (in)
			add_person(d, ticket, person, ROLE_CC, arena_printf(d->arena, "copied in by %s", mail->from.address));
		else
			add_person(d, ticket, person, ROLE_PROPOSED, arena_printf(d->arena, "copied by %s, who did not prove to take part", mail->from.address));
	}
}

static void remark_beyond(struct decision *d, const struct ticket_facts *ticket, int most)
{
	if (ticket->beyond)
		desk_plan_remark(d, ticket->id, arena_printf(d->arena, "%d more copied people were left out", ticket->beyond),
		                 arena_printf(d->arena, "a ticket has at most %d participants", most));
}

/* Who takes part, and proved in this very mail to be himself, brings in whom he copies. Anybody else only names them: an agent decides. A pass
 * of a stranger's own domain proves that he is a stranger; a forged From adds nobody (Zendesk, 2024). */
void desk_add_copied(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	if (mail->list_mail)
		return;
	bool in = desk_is_participant(ticket, mail->from.address) && desk_is_authenticated(mail, found);
	bring(d, ticket, mail, &mail->to, in);
	bring(d, ticket, mail, &mail->cc, in);
	remark_beyond(d, ticket, in ? LIMIT_PARTICIPANTS : LIMIT_OUTSIDE);
}

void desk_bring_readers_of(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	bring(d, ticket, mail, &mail->to, true);
	bring(d, ticket, mail, &mail->cc, true);
	remark_beyond(d, ticket, LIMIT_PARTICIPANTS);
}

const struct mail_address *desk_first_outside(const struct decision *d, const struct mail *mail)
{
	const struct mail_addresses *const lists[] = {&mail->to, &mail->cc};
	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k]->count; i++)
			if (may_be_brought(d, mail, lists[k]->at[i].address))
				return &lists[k]->at[i];
	return NULL;
}

/* Who left, and writes himself, takes part again. */
void desk_returns(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	bool token = found->clue->kind == EVIDENCE_ADDRESS_TOKEN && !desk_failed_authentication(mail);
	if (desk_has_left(ticket, mail->from.address) && (token || desk_is_authenticated(mail, NULL)))
		add_person(d, ticket, &mail->from, ROLE_CC, "wrote again after leaving");
}

/* ---- what an agent says of it ---- */

enum status desk_admit(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	struct mail_address who = {text_lower(d->arena, action->argument), ""};
	const struct participant *known = desk_outsider(ticket, who.address);
	if (!mail_address_usable(who.address))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_UNUSABLE, action->argument, NULL, NULL);
	if (desk_address_is_ours(d->policy, who.address))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_COMES_BACK, who.address, NULL, NULL);
	if (desk_agent_with_address(d->policy, who.address))
		return desk_refuse(d, error, STATUS_BAD_INPUT, SAY_AGENTS_ADDRESS, who.address, NULL, NULL);
	if (desk_is_participant(ticket, who.address))
		return STATUS_OK;
	if (ticket->participants.count >= LIMIT_PARTICIPANTS)
		return desk_refuse(d, error, STATUS_REFUSED, SAY_MANY_TAKE_PART, arena_printf(d->arena, "%lld", (long long)ticket->id), arena_printf(d->arena, "%d", LIMIT_PARTICIPANTS), NULL);
	if (known)
		who.name = known->name;
	add_person(d, ticket, &who, ROLE_CC, arena_printf(d->arena, "let in by %s", action->who));
	return STATUS_OK;
}

enum status desk_dismiss(struct decision *d, struct ticket_facts *ticket, const struct action *action, struct error *error)
{
	const char *address = text_lower(d->arena, action->argument);
	struct { struct participant *at; size_t count; } in = {0};
	if (text_equal_nocase(address, ticket->customer.address))
		return desk_refuse(d, error, STATUS_REFUSED, SAY_IS_CUSTOMER, address, arena_printf(d->arena, "%lld", (long long)ticket->id), NULL);
	if (desk_has_left(ticket, address))
		return STATUS_OK;
	if (!desk_is_participant(ticket, address) && !desk_outsider(ticket, address))
		return desk_refuse(d, error, STATUS_NOT_FOUND, SAY_TAKES_NO_PART, address, arena_printf(d->arena, "%lld", (long long)ticket->id), NULL);
	for (size_t i = 0; i < ticket->participants.count; i++)
		if (!text_equal_nocase(ticket->participants.at[i].address, address))
			*ARENA_PUSH(d->arena, &in) = ticket->participants.at[i];
	ticket->participants.at = in.at, ticket->participants.count = in.count;
	struct effect *effect = desk_plan_add(d, EFFECT_REMOVE_PARTICIPANT, ticket->id);
	effect->to = address;
	effect->why = arena_printf(d->arena, "taken out by %s", action->who);
	return STATUS_OK;
}

/* ---- where somebody wants answers ---- */

/* NULL: the mail names no one person of its writer's house for the answers. */
static const char *asks_answers_at(const struct decision *d, const struct mail *mail)
{
	const char *to = mail->reply_to.count == 1 ? mail->reply_to.at[0].address : "";
	if (mail->list_mail || mail->from_doubt || !mail_address_usable(to) || !desk_same_house(mail->from.address, to) || desk_nobody_reads(to)
	    || desk_address_is_ours(d->policy, to) || desk_agent_with_address(d->policy, to))
		return NULL;
	return to;
}

static void set_answer_to(struct participant *person, const char *from, const char *before, const char *to)
{
	if (!text_equal_nocase(person->address, from) && !text_equal_nocase(desk_answers_at(person), before))
		return;
	person->answer_to = text_equal_nocase(person->address, to) ? "" : to;
}

/* The writer may stand under the very address that he named before: another desk's ticket address above all. */
void desk_follow_reply_to(struct decision *d, struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	const char *from = mail->from.address, *to = asks_answers_at(d, mail), *before = NULL;
	if (!to || !desk_is_participant(ticket, from) || !desk_is_authenticated(mail, found))
		return;
	for (size_t i = 0; i < ticket->participants.count; i++)
		if (desk_is_person(&ticket->participants.at[i], from))
			before = desk_answers_at(&ticket->participants.at[i]);
	if (desk_is_person(&ticket->customer, from))
		before = desk_answers_at(&ticket->customer);
	if (!before || text_equal_nocase(before, to))
		return;
	struct { struct participant *at; size_t count; } people = {0};
	for (size_t i = 0; i < ticket->participants.count; i++) {
		*ARENA_PUSH(d->arena, &people) = ticket->participants.at[i];
		set_answer_to(&people.at[i], from, before, to);
	}
	set_answer_to(&ticket->customer, from, before, to);
	ticket->participants.at = people.at;
	struct effect *effect = desk_plan_add(d, EFFECT_ANSWER_TO, ticket->id);
	effect->from = before;
	effect->to = to;
	effect->why = arena_printf(d->arena, "%s asks for it in Reply-To", from);
}

/* Who opened the ticket wrote from one address and is the customer by another: mail from the first is his, too. */
void desk_know_writer(struct decision *d, struct ticket_facts *ticket, const struct mail *mail)
{
	const char *from = mail->from.address;
	if (text_equal_nocase(from, ticket->customer.address) || !may_be_brought(d, mail, from) || desk_nobody_reads(from) || !asks_answers_at(d, mail)
	    || !text_equal_nocase(mail->reply_to.at[0].address, ticket->customer.address))
		return;
	add_person(d, ticket, &mail->from, ROLE_CC, "wrote the request");
	struct participant *person = &ticket->participants.at[ticket->participants.count - 1];
	person->answer_to = ticket->customer.address;
	d->plan->at[d->plan->count - 1].participant->answer_to = ticket->customer.address;
}
