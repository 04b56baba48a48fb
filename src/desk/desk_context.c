/*
 * desk_context.c - what agents are to know before they write: who wrote, under which subject, with what doubts, and who will read the answer.
 *
 * A notice shows what was so when it was made, so all of it goes into its row, as variables of the template.
 */
#include <string.h>

#include "desk_private.h"

#define NAMED_MOST 12                            /* people named in a notice; the rest is a number */

static const char *person(struct arena *arena, const char *name, const char *address)
{
	return name && *name && !text_equal_nocase(name, address) ? arena_printf(arena, "%s <%s>", name, address) : address;
}

static void add_list(struct decision *d, struct buffer *out, const char *key, const struct strings *people)
{
	CLEANUP_BUFFER struct buffer all;
	buffer_init(&all);
	for (size_t i = 0; i < people->count && i < NAMED_MOST; i++)
		buffer_printf(&all, "%s%s", i ? ", " : "", people->at[i]);
	if (people->count > NAMED_MOST)
		buffer_printf(&all, ", ... (+%zu)", people->count - NAMED_MOST);
	if (people->count)
		record_add(out, key, arena_string(d->arena, buffer_string(&all)));
}

static void add_readers_of(struct decision *d, const struct ticket_facts *ticket, struct buffer *out)
{
	struct readers readers;
	struct strings names = {0}, proposed = {0};
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (text_equal_nocase(readers.at[i].person->address, ticket->customer.address) || !desk_agent_with_address(d->policy, readers.at[i].address))
			*ARENA_PUSH(d->arena, &names) = person(d->arena, readers.at[i].name, readers.at[i].address);
	for (size_t i = 0; i < ticket->outside.count; i++)
		if (ticket->outside.at[i].role == ROLE_PROPOSED)
			*ARENA_PUSH(d->arena, &proposed) = person(d->arena, ticket->outside.at[i].name, ticket->outside.at[i].address);
	add_list(d, out, "readers", &names);
	add_list(d, out, "proposed", &proposed);
}

static bool reads(struct decision *d, const struct ticket_facts *ticket, const char *address)
{
	struct readers readers;
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (text_equal_nocase(readers.at[i].address, address) || text_equal_nocase(readers.at[i].person->address, address))
			return true;
	return false;
}

/* Is this the mail that the notice is about? */
static bool is_about(const struct decision *d, int about_seq)
{
	return d->mail && d->mail_seq && d->mail_seq == about_seq;
}

const struct mail_address *desk_writer(const struct decision *d, const struct ticket_facts *ticket, int about_seq)
{
	if (!is_about(d, about_seq) || !*d->mail->from.address || text_equal_nocase(d->mail->from.address, ticket->customer.address))
		return NULL;
	return &d->mail->from;
}

/* What the header says beside From. `written`: who wrote is said already, with the proof. */
static void add_doubts(struct decision *d, bool written, struct buffer *out)
{
	const struct mail *mail = d->mail;
	struct proof proof = desk_proof(d->arena, mail);
	struct strings others = {0};
	for (size_t i = 0; i < mail->reply_to.count && !mail->list_mail; i++)
		if (!text_equal_nocase(mail->reply_to.at[i].address, mail->from.address))
			*ARENA_PUSH(d->arena, &others) = utf8_cut(d->arena, mail->reply_to.at[i].address, 200);
	add_list(d, out, "answers_to", &others);
	if (*mail->sender.address && !text_equal_nocase(mail->sender.address, mail->from.address) && !mail->list_mail)
		record_add(out, "sent_by", utf8_cut(d->arena, mail->sender.address, 200));
	if (proof.kind == PROOF_FAILED && !written)
		record_add(out, "doubt", proof.why);
}

/* His organisation's contract is over: of what the ticket proved, not of what From says. */
static void add_contract(struct decision *d, const struct ticket_facts *ticket, const char *language, struct buffer *out)
{
	const struct standing *standing = &d->facts->standing;
	if (!standing->ended || !ticket->organisation || !*ticket->organisation || !text_equal_nocase(ticket->organisation, standing->organisation))
		return;
	record_add(out, "contract_of", ticket->organisation);
	record_add(out, "contract_end", desk_date(d->arena, desk_local(d->policy, standing->ended), language));
}

/* Who was asked answers himself: a notice of that names him already. */
static bool is_third_party(const struct decision *d)
{
	return d->facts->side && text_equal_nocase(d->mail->from.address, d->facts->side->address) && !desk_failed_authentication(d->mail);
}

void desk_add_context(struct decision *d, const struct ticket_facts *ticket, int about_seq, const char *language, struct buffer *out)
{
	const struct mail_address *writer = desk_writer(d, ticket, about_seq);
	if (writer && !is_third_party(d)) {
		const char *how = desk_proof(d->arena, d->mail).why;
		record_add(out, "writer", arena_printf(d->arena, "%s%s%s%s", person(d->arena, writer->name, writer->address), *how ? " (" : "", how, *how ? ")" : ""));
		if (!reads(d, ticket, writer->address))
			record_add(out, "unread", "yes");
	}
	if (is_about(d, about_seq))
		add_doubts(d, writer, out);
	if (is_about(d, about_seq) && strcmp(desk_short_subject(d->arena, d->mail->subject), desk_short_subject(d->arena, ticket->subject)) != 0)
		record_add(out, "new_subject", utf8_cut(d->arena, d->mail->subject, 400));
	if (is_about(d, about_seq))
		add_contract(d, ticket, language, out);
	const char *fields = desk_field_lines(d->arena, desk_fields, ticket, language);
	if (*fields)
		record_add(out, "fields", fields);
	add_readers_of(d, ticket, out);
}
