/*
 * desk_proof.c - what proves that the owner of From wrote a mail: the one place that judges what our own mail server found.
 *
 * Only a DMARC pass of the one From proves; who was read from another field is never proved. What the server could not decide (permerror, temperror, several From, results that contradict
 * each other, a pass for another domain) is not "nothing was said": it is not proved, and the reason goes to whoever has to judge it.
 * An agent's mail is refused for it, since his words go out in the desk's name; a customer's is taken, and flagged.
 */
#include <string.h>

#include "desk_private.h"

static struct proof failed(struct arena *arena, const char *result, const char *doubt)
{
	if (doubt)
		return (struct proof){PROOF_FAILED, doubt};
	return (struct proof){PROOF_FAILED, arena_printf(arena, "DMARC %s", result)};
}

struct proof desk_proof(struct arena *arena, const struct mail *mail)
{
	const struct mail_authentication *found = &mail->authentication;
	/* Whether our own server says something of the sender or not: another one that looked at From saw somebody else. */
	const char *doubt = found->doubt ? found->doubt : mail->from_doubt;
	if (doubt)
		return failed(arena, "", doubt);
	if (found->dmarc && strcmp(found->dmarc, "pass") == 0)
		return (struct proof){PROOF_PASS, "DMARC pass"};
	if (found->dmarc && strcmp(found->dmarc, "none") != 0)
		return failed(arena, found->dmarc, NULL);
	if (found->aligned)
		return (struct proof){PROOF_ALIGNED, found->aligned};
	if (found->dmarc || found->dkim || found->spf)
		return (struct proof){PROOF_NONE, "the domain of the sender has no DMARC policy, and nothing else proves it"};
	return (struct proof){PROOF_SILENT, ""};
}

const char *desk_agent_not_proved(struct arena *arena, const struct desk_policy *policy, const struct mail *mail)
{
	struct proof proof = desk_proof(arena, mail);
	bool always = policy->agents_prove == PROVE_ALWAYS;
	if (proof.kind == PROOF_FAILED)
		return arena_printf(arena, "the sender is not authenticated (%s)", proof.why);
	if (proof.kind == PROOF_NONE && always)
		return arena_printf(arena, "the sender is not authenticated (%s)", proof.why);
	if (proof.kind == PROOF_SILENT && always)
		return "the mail server says nothing about the sender, and desk.agents_prove asks for it always";
	return NULL;
}

const char *desk_agent_doubt(const struct decision *d, const struct mail *mail)
{
	struct proof proof = desk_proof(d->arena, mail);
	if (!desk_agent_not_proved(d->arena, d->policy, mail))
		return NULL;
	return proof.kind == PROOF_SILENT ? desk_in_language(d, SAY_SERVER_SILENT, NULL, NULL, NULL) : desk_in_language(d, SAY_NOT_AUTHENTICATED, proof.why, NULL, NULL);
}

/* More than that nothing speaks against him: the mail server found that the owner of From wrote it. */
bool desk_is_proved(struct arena *arena, const struct mail *mail)
{
	enum proof_kind kind = desk_proof(arena, mail).kind;
	return kind == PROOF_PASS || kind == PROOF_ALIGNED;
}

/* Two domains of one house: the same, or one below the other. */
bool desk_same_house(const char *a, const char *b)
{
	const char *one = strrchr(a, '@'), *other = strrchr(b, '@');
	if (!one || !other)
		return false;
	if (strlen(one) < strlen(other))
		return desk_same_house(b, a);
	size_t skip = strlen(one) - strlen(other);
	return text_equal_nocase(one + skip + 1, other + 1) && (skip == 0 || (one[skip] == '.' && strchr(other, '.')));
}

bool desk_proves(struct arena *arena, const struct mail *mail, const struct clue_facts *found, const char *to)
{
	enum proof_kind kind = desk_proof(arena, mail).kind;
	const char *from = mail->from.address, *at = strrchr(from, '@'), *to_at = strrchr(to, '@');
	if (kind == PROOF_PASS && at && to_at && text_equal_nocase(at, to_at))
		return true;
	bool token = found && found->ticket && found->clue->kind == EVIDENCE_ADDRESS_TOKEN && found->clue->token.kind == TOKEN_CUSTOMER;
	return token && kind != PROOF_FAILED && text_equal_nocase(from, to) && desk_is_participant(found->ticket, from);
}

/* How the writer proved himself, in words for the message. */
const char *desk_proved_by(struct arena *arena, const struct mail *mail, const struct clue_facts *found)
{
	bool pass = desk_proof(arena, mail).kind == PROOF_PASS, token = found && desk_proves(arena, mail, found, mail->from.address) && !pass;
	return pass ? "DMARC pass" : token ? "the ticket's address" : "";
}

static const char *and_also(struct arena *arena, const char *flags, const char *more)
{
	return *flags ? arena_printf(arena, "%s; %s", flags, more) : more;
}

/* What whoever answers should know of the sender of this mail. */
const char *desk_sender_flags(struct arena *arena, const struct mail *mail)
{
	struct proof proof = desk_proof(arena, mail);
	const char *flags = "", *from = mail->from.address;
	if (proof.kind == PROOF_FAILED)
		flags = arena_printf(arena, "sender not authenticated (%s)", proof.why);
	for (size_t i = 0; i < mail->reply_to.count && i < 3 && !mail->list_mail; i++)
		if (!text_equal_nocase(mail->reply_to.at[i].address, from))
			flags = and_also(arena, flags, arena_printf(arena, "asks for answers to another address: %s", utf8_cut(arena, mail->reply_to.at[i].address, 200)));
	if (*mail->sender.address && !text_equal_nocase(mail->sender.address, from) && !mail->list_mail)
		flags = and_also(arena, flags, arena_printf(arena, "sent by another address: %s", utf8_cut(arena, mail->sender.address, 200)));
	return flags;
}

bool desk_has_standing(const struct standing *standing)
{
	return standing->vip || (standing->organisation && *standing->organisation) || (standing->level && *standing->level);
}

/* Of this mail, and not of the address once: anybody can write an address that proved itself before. The ticket's own address is known to all who read
 * there, so it counts where nobody else does. */
bool desk_proves_standing(struct arena *arena, const struct mail *mail, const struct clue_facts *found)
{
	if (desk_proof(arena, mail).kind == PROOF_PASS)
		return true;
	return found && found->ticket && found->ticket->participants.count <= 1 && text_equal_nocase(mail->from.address, found->ticket->customer.address)
	    && desk_proves(arena, mail, found, mail->from.address);
}

bool desk_failed_authentication(const struct mail *mail)
{
	CLEANUP_ARENA struct arena arena = {0};
	return desk_proof(&arena, mail).kind == PROOF_FAILED;
}

bool desk_is_authenticated(const struct mail *mail, const struct clue_facts *found)
{
	CLEANUP_ARENA struct arena arena = {0};
	bool passed = desk_proof(&arena, mail).kind == PROOF_PASS;
	bool proved = found && found->clue->kind == EVIDENCE_ADDRESS_TOKEN && desk_is_participant(found->ticket, mail->from.address);
	return passed || (proved && !desk_failed_authentication(mail));
}
