/*
 * desk_evidence.c - which tickets a mail may belong to, strongest evidence first, before the store is asked.
 *
 * Only collects: whether a clue is enough for this sender is decided in desk_mail.c. A ticket address counts in the
 * envelope, and in the mail's own header fields where the MTA cut the detail off the envelope address: it is signed, so
 * where it stands does not matter, except that it must be of the queue that the mail was delivered to (a reply-all that
 * adds another queue is a request to that queue).
 */
#include <string.h>

#include "desk_private.h"

#define CLUES_MOST 24                            /* lookups one mail may cost; the newest references first */
#define SUBJECT_TOKENS_MOST 3

const char *desk_evidence_name(enum evidence_kind kind)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = "none", [EVIDENCE_ADDRESS_TOKEN] = "address-token", [EVIDENCE_BOUNCE_ADDRESS] = "bounce-address",
		[EVIDENCE_MESSAGE_TOKEN] = "message-id", [EVIDENCE_MESSAGE_ID] = "message-id", [EVIDENCE_SUBJECT_TOKEN] = "subject-token",
		[EVIDENCE_MENTION] = "mention",
	};
	return names[kind];
}

static bool has_clue(const struct evidence *evidence, const struct clue *new)
{
	for (size_t i = 0; i < evidence->count; i++) {
		const struct clue *old = &evidence->at[i];
		if (old->kind != new->kind)
			continue;
		if (new->kind == EVIDENCE_MESSAGE_ID ? strcmp(old->message_id, new->message_id) == 0
		    : old->ticket == new->ticket && old->token.kind == new->token.kind && old->token.who == new->token.who
		      && old->token.number == new->token.number)
			return true;
	}
	return false;
}

static void add_clue(struct arena *arena, struct evidence *evidence, struct clue clue)
{
	if (evidence->count < CLUES_MOST && !has_clue(evidence, &clue))
		*ARENA_PUSH(arena, evidence) = clue;
}

static void add_address(struct arena *arena, struct evidence *evidence, const struct address_facts *address)
{
	if (address->class == ADDRESS_TICKET)
		add_clue(arena, evidence, (struct clue){.kind = EVIDENCE_ADDRESS_TOKEN, .token = address->token, .ticket = address->token.ticket});
	else if (address->class == ADDRESS_BOUNCE)
		add_clue(arena, evidence, (struct clue){.kind = EVIDENCE_BOUNCE_ADDRESS, .token = address->token, .ticket = address->token.ticket});
}

static void add_header_address(struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming,
                               const char *text, struct evidence *evidence)
{
	struct address_facts address;
	desk_address(policy, text, &address);
	if (address.queue == incoming->address.queue)
		add_address(arena, evidence, &address);
}

static void add_addresses(struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming, struct evidence *evidence)
{
	const struct mail *mail = incoming->mail;
	add_address(arena, evidence, &incoming->address);
	for (size_t i = 0; i < mail->delivered_to.count; i++)
		add_header_address(arena, policy, incoming, mail->delivered_to.at[i], evidence);
	for (size_t i = 0; i < mail->to.count; i++)
		add_header_address(arena, policy, incoming, mail->to.at[i].address, evidence);
	for (size_t i = 0; i < mail->cc.count; i++)
		add_header_address(arena, policy, incoming, mail->cc.at[i].address, evidence);
}

/* What the mail refers to, nearest first: In-Reply-To, then References from the end, then what a bounce is about. */
static struct strings referred(struct arena *arena, const struct mail *mail)
{
	struct strings ids = {0};
	for (size_t i = 0; i < mail->in_reply_to.count; i++)
		*ARENA_PUSH(arena, &ids) = mail->in_reply_to.at[i];
	for (size_t i = mail->references.count; i > 0; i--)
		*ARENA_PUSH(arena, &ids) = mail->references.at[i - 1];
	for (size_t i = 0; i < mail->bounces.count; i++)
		if (mail->bounces.at[i].original_message_id)
			*ARENA_PUSH(arena, &ids) = mail->bounces.at[i].original_message_id;
	return ids;
}

static void add_references(struct arena *arena, const struct desk_policy *policy, const struct mail *mail, struct evidence *evidence)
{
	struct strings ids = referred(arena, mail);
	struct token token;
	for (size_t i = 0; i < ids.count; i++)
		if (desk_message_id_read(policy, ids.at[i], &token))
			add_clue(arena, evidence, (struct clue){.kind = EVIDENCE_MESSAGE_TOKEN, .token = token, .ticket = token.ticket});
	for (size_t i = 0; i < ids.count; i++)
		if (!desk_message_id_read(policy, ids.at[i], &token))
			add_clue(arena, evidence, (struct clue){.kind = EVIDENCE_MESSAGE_ID, .message_id = ids.at[i]});
}

/* [#12] anywhere in the subject. */
static void add_subject(struct arena *arena, const char *subject, struct evidence *evidence)
{
	int found = 0;
	for (const char *at = strstr(subject, "[#"); at && found < SUBJECT_TOKENS_MOST; at = strstr(at + 2, "[#")) {
		int64_t number = 0;
		const char *digit = at + 2;
		for (; *digit >= '0' && *digit <= '9' && digit - at < 14; digit++)
			number = number * 10 + (*digit - '0');
		if (*digit != ']' || !number)
			continue;
		add_clue(arena, evidence, (struct clue){.kind = EVIDENCE_SUBJECT_TOKEN, .ticket = number});
		found++;
	}
}

/* "/merge 7", "/close #12" on the first lines of what an agent writes: the store has to look the tickets up before the desk decides. They have
 * room of their own: a long thread's references do not crowd them out. */
static void add_mentions(struct arena *arena, const char *text, struct evidence *evidence)
{
	struct numbers tickets = {0};
	desk_command_tickets(arena, text, &tickets, &evidence->past);
	for (size_t i = 0; i < tickets.count; i++) {
		struct clue clue = {.kind = EVIDENCE_MENTION, .ticket = tickets.at[i]};
		if (!has_clue(evidence, &clue))
			*ARENA_PUSH(arena, evidence) = clue;
	}
}

static bool from_an_agent(const struct desk_policy *policy, const struct mail *mail)
{
	return desk_agent_with_address(policy, mail->from.address) != NULL;
}

void desk_evidence(struct arena *arena, const struct desk_policy *policy, const struct incoming *incoming, struct evidence *evidence)
{
	*evidence = (struct evidence){.answer_to = desk_customer_of(policy, incoming->mail, incoming->envelope_from).address};
	add_addresses(arena, policy, incoming, evidence);
	add_references(arena, policy, incoming->mail, evidence);
	add_subject(arena, incoming->mail->subject, evidence);
	if (from_an_agent(policy, incoming->mail))
		add_mentions(arena, incoming->mail->reply_text, evidence);
}

void desk_claim(const struct incoming *incoming, unsigned char claim[CLAIM_SIZE])
{
	struct sha256 digest;
	unsigned char out[SHA256_SIZE];
	const char *id = incoming->mail->message_id ? incoming->mail->message_id : "";
	sha256_init(&digest);
	sha256_add(&digest, incoming->recipient, strlen(incoming->recipient) + 1);
	sha256_add(&digest, id, strlen(id) + 1);
	sha256_add(&digest, incoming->mail->body_digest, SHA256_SIZE);
	sha256_end(&digest, out);
	memcpy(claim, out, CLAIM_SIZE);
}
