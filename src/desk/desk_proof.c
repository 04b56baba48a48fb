/*
 * desk_proof.c - what proves that the owner of From wrote a mail: the one place that judges what our own mail server found.
 *
 * Only a DMARC pass of the one From proves. What the server could not decide (permerror, temperror, several From, results that contradict
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
	if (found->doubt)
		return failed(arena, "", found->doubt);
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
