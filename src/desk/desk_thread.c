/*
 * desk_thread.c - why a mail joined a ticket, or did not: what each clue is worth from this sender, in one sentence a clue.
 *
 * A reference alone (Message-ID, subject number) never joins a stranger: only who takes part, or the ticket's own signed address. Each clue
 * that is looked at leaves {ticket, joined, why} in the plan: `explain` and the log show them. Acts on nothing: desk_mail.c does, which tells
 * desk_thread_joins() of the clue that it follows. An agent's mail goes by the rules of desk_house_mail.c.
 */
#include <string.h>

#include "desk_private.h"

/* ---- what is remembered of a clue ---- */

static struct clue_word *word_of(struct decision *d, const struct clue_facts *found)
{
	for (size_t i = 0; i < d->plan->clues.count; i++)
		if (d->plan->clues.at[i].clue == found->clue)
			return &d->plan->clues.at[i];
	struct clue_word *word = ARENA_PUSH(d->arena, &d->plan->clues);
	*word = (struct clue_word){found->clue, found->ticket ? found->ticket->id : 0, false, ""};
	return word;
}

/* What it points by, as the beginning of a sentence. */
static const char *pointer(const struct clue *clue)
{
	switch (clue->kind) {
	case EVIDENCE_ADDRESS_TOKEN: return clue->token.kind == TOKEN_CUSTOMER ? "the ticket's own address" : "an agent's address of the ticket";
	case EVIDENCE_BOUNCE_ADDRESS: return "the return address of a mail of ours";
	case EVIDENCE_MESSAGE_TOKEN: return "it answers a mail of ours";
	case EVIDENCE_MESSAGE_ID: return "it answers a mail of the ticket";
	case EVIDENCE_SUBJECT_TOKEN: return "the number in its subject";
	case EVIDENCE_MENTION: return "the number in a command";
	case EVIDENCE_NONE: break;
	}
	return "";
}

void desk_thread_not(struct decision *d, const struct clue_facts *found, const char *but)
{
	struct clue_word *word = word_of(d, found);
	word->joined = false;
	word->why = arena_printf(d->arena, "%s, but %s", pointer(found->clue), but);
}

void desk_thread_joins(struct decision *d, const struct clue_facts *found)
{
	struct clue_word *word = word_of(d, found);
	word->ticket = found->ticket->id;
	word->joined = true;
	word->why = pointer(found->clue);
	if (found->clue->kind != EVIDENCE_BOUNCE_ADDRESS && desk_is_participant(found->ticket, d->mail->from.address))
		word->why = arena_printf(d->arena, "%s, and %s takes part", word->why, d->mail->from.address);
}

void desk_thread_rest(struct decision *d)
{
	bool joined = false;
	for (size_t i = 0; i < d->plan->clues.count; i++)
		joined |= d->plan->clues.at[i].joined;
	for (size_t i = 0; i < d->facts->clues.count; i++) {
		const struct clue_facts *found = &d->facts->clues.at[i];
		struct clue_word *word = word_of(d, found);
		if (*word->why)
			continue;
		word->why = !found->ticket ? "leads to no ticket here" : joined ? "not needed: a stronger sign decided" : "not asked: its kind of mail is not decided by it";
	}
}

const struct clue_word *desk_plan_clue(const struct plan *plan)
{
	const struct clue_word *best = NULL;
	for (size_t i = 0; i < plan->clues.count; i++)
		if (plan->clues.at[i].ticket && (!best || (plan->clues.at[i].joined && !best->joined)))
			best = &plan->clues.at[i];
	return best;
}

const char *desk_thread_link(struct decision *d)
{
	const struct clue_word *word = desk_plan_clue(d->plan);
	return word && *word->why ? arena_printf(d->arena, "%s: a ticket of its own", word->why) : "refers to it";
}

void desk_thread_history(struct decision *d, const struct mail *mail)
{
	struct effect *message = &d->plan->at[d->plan->count - 1];
	const struct clue_word *word = desk_plan_clue(d->plan);
	if (word && !(mail->kind_why && *mail->kind_why))
		message->why = word->why;
}

/* ---- people ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);
	return length >= wanted && text_equal_nocase(text + length - wanted, end);
}

/* A number in a subject is one of ours if the rest of the subject is, too: other desks number their tickets as we do. What is passed on
 * may be anybody's. Whatever was put before the subject ("AW:", "[EXTERN]") is not compared. NULL: it is ours. */
static const char *not_our_subject(struct decision *d, const struct clue_facts *found, const struct mail *mail)
{
	if (found->clue->kind != EVIDENCE_SUBJECT_TOKEN)
		return NULL;
	if (mail->forwards)
		return "the mail is passed on: the number may be another desk's";
	bool ours = ends_with(desk_short_subject(d->arena, mail->subject), desk_short_subject(d->arena, found->ticket->subject));
	return ours ? NULL : "the rest of the subject is not the ticket's";
}

static const char *takes_no_part(struct decision *d, const struct mail *mail)
{
	return arena_printf(d->arena, "written by %s, who takes no part in it", *mail->from.address ? mail->from.address : "nobody");
}

/* NULL: it may join. An address that the mail server did not see as From is nobody's proof, whether it checks or not. */
static const char *why_not(struct decision *d, const struct clue_facts *found, const struct mail *mail)
{
	const struct clue *clue = found->clue;
	const char *from = mail->from.address;
	if (clue->kind == EVIDENCE_ADDRESS_TOKEN && clue->token.kind == TOKEN_CUSTOMER)
		return NULL;
	/* Some programs answer the envelope sender: that address is signed, but of no role. */
	if (clue->kind == EVIDENCE_BOUNCE_ADDRESS)
		return desk_is_participant(found->ticket, from) ? NULL : takes_no_part(d, mail);
	if (clue->kind == EVIDENCE_MENTION)
		return "it is only named there";
	if (clue->kind == EVIDENCE_MESSAGE_TOKEN && clue->token.kind != TOKEN_MAIL_TO_CUSTOMER)
		return "that mail was for an agent";
	if (mail->from_doubt)
		return "nobody can tell who wrote it: its From can be read in two ways";
	if (desk_failed_authentication(mail))
		return arena_printf(d->arena, "nothing proves that it is from %s: its authentication failed", from);
	/* An agent's address: whom he copied has it, and takes part. */
	if (!desk_is_participant(found->ticket, from) && !desk_has_left(found->ticket, from))
		return takes_no_part(d, mail);
	return not_our_subject(d, found, mail);
}

bool desk_may_join(struct decision *d, const struct clue_facts *found, const struct mail *mail)
{
	const char *but = found->ticket ? why_not(d, found, mail) : NULL;
	if (but)
		desk_thread_not(d, found, but);
	return found->ticket && !but;
}

/* ---- machines ---- */

/* A machine's mail that answers nothing of ours is no answer but a report (an alarm, a fax): people are to see it. */
bool desk_is_report(const struct mail *mail)
{
	return mail->kind == MAIL_AUTO_REPLY && mail->machine == MACHINE_MARKED && !mail->out_of_office;
}

/* One machine's reports that refer to the same: an alarm that flaps, and its end. */
bool desk_again_by_its_machine(const struct ticket_facts *ticket, const struct mail *mail, const struct clue_facts *found)
{
	return desk_is_report(mail) && found->clue->kind == EVIDENCE_MESSAGE_ID && text_equal_nocase(mail->from.address, ticket->customer.address);
}

/* Automatic mail opens nothing again; but an alarm that comes back after its ticket was done is to be seen: a ticket of its own, linked. */
static bool is_over(const struct clue_facts *found, const struct mail *mail)
{
	bool done = found->ticket->state == STATE_RESOLVED || found->ticket->state == STATE_CLOSED || found->ticket->state == STATE_EXPIRED;
	return done && desk_again_by_its_machine(found->ticket, mail, found);
}

/* Automatic mail joins by what is signed, whoever sent it; by a reference only from who takes part. Receipts and answers to invitations
 * come from wherever the mail was read. */
static const char *why_no_machine(struct decision *d, const struct clue_facts *found, const struct mail *mail)
{
	enum evidence_kind kind = found->clue->kind;
	bool answer = mail->kind == MAIL_AUTO_REPLY && mail->machine != MACHINE_RECEIPT && mail->machine != MACHINE_CALENDAR;
	if (kind == EVIDENCE_ADDRESS_TOKEN || kind == EVIDENCE_BOUNCE_ADDRESS)
		return NULL;
	if (kind == EVIDENCE_MENTION)
		return "it is only named there";
	if (kind == EVIDENCE_MESSAGE_TOKEN && (!answer || found->clue->token.kind == TOKEN_MAIL_TO_AGENT))
		return NULL;
	return desk_is_participant(found->ticket, mail->from.address) ? not_our_subject(d, found, mail) : takes_no_part(d, mail);
}

bool desk_automatic_may_join(struct decision *d, const struct clue_facts *found, const struct mail *mail)
{
	if (!found->ticket)
		return false;
	const char *but = why_no_machine(d, found, mail);
	if (!but && is_over(found, mail))
		but = "the ticket is done, and the alarm came back";
	if (but)
		desk_thread_not(d, found, but);
	return !but;
}
