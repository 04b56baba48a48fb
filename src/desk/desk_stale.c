/*
 * desk_stale.c - what a notice showed, signed into its address, and what an answer to that address finds changed since.
 *
 * The number of an agent's token holds the newest message of the ticket, and a digest of those whom an answer went to. The digest is a sum of
 * keyed digests, one a reader: that somebody only left can be told from somebody having joined, and nobody can choose an address that
 * keeps the sum. A token whose number is 0 is of an older program, and never stale.
 * The number of a third party's address holds the newest message, and which conversation it is: one reader, whom it names.
 * An answer is stale where a colleague's words have come since, or where others would read it than were named. Decides that; says
 * nothing about what becomes of it.
 */
#include <string.h>

#include "desk_private.h"

#define DIGEST_BITS 24                           /* with 25 bits of message numbers, the token keeps to 41 characters */
#define DIGEST_MASK ((1u << DIGEST_BITS) - 1)
#define LEFT_MOST 10                             /* people who left, all subsets of whom are tried: 2^10 sums */
#define NAMED_MOST 12                            /* people named in the reason; the rest is a number */
#define SINCE_BYTES 1500                         /* of a colleague's words, in the mail that comes back */

int desk_shown_seq(const struct token *token)
{
	return (int)(token->number >> DIGEST_BITS & 0x1FFFFFF);
}

int desk_shown_side(const struct token *token)
{
	return (int)(token->number & DIGEST_MASK);
}

int64_t desk_shown_of_side(int seq, int side)
{
	return (int64_t)seq << DIGEST_BITS | side;
}

const struct clue_facts *desk_agents_clue(const struct facts *facts)
{
	for (size_t i = 0; i < facts->clues.count; i++) {
		const struct clue_facts *found = &facts->clues.at[i];
		if (found->ticket && found->clue->kind == EVIDENCE_ADDRESS_TOKEN && desk_token_is_agents(found->clue->token.kind))
			return found;
	}
	return NULL;
}

/* ---- readers ---- */

static uint32_t person_digest(struct arena *arena, const unsigned char key[DESK_KEY_SIZE], const char *address)
{
	unsigned char mac[SHA256_SIZE];
	const char *text = arena_printf(arena, "reader %s", text_lower(arena, address));
	hmac_sha256(key, DESK_KEY_SIZE, text, strlen(text), mac);
	return ((uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2]) & DIGEST_MASK;
}

/* As add_people() does it: no customer is to see an agent's own address. */
static bool gets_answers(const struct decision *d, const struct ticket_facts *ticket, const char *address)
{
	return text_equal_nocase(address, ticket->customer.address) || !desk_agent_with_address(d->policy, address);
}

/* Whom this very mail lets in, its writer knows. */
static bool lets_in(const struct decision *d, const struct ticket_facts *ticket, const char *address)
{
	for (size_t i = 0; i < d->plan->count; i++) {
		const struct effect *effect = &d->plan->at[i];
		if (effect->kind == EFFECT_ADD_PARTICIPANT && effect->ticket == ticket->id && text_equal_nocase(effect->participant->address, address))
			return true;
	}
	return false;
}

/* Of all whom an answer goes to; `stale`: but for those whom the answer itself lets in. */
static uint32_t readers_digest(struct decision *d, const unsigned char key[DESK_KEY_SIZE], const struct ticket_facts *ticket, bool stale)
{
	struct readers readers;
	uint32_t sum = 0;
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count; i++)
		if (gets_answers(d, ticket, readers.at[i].address) && !(stale && lets_in(d, ticket, readers.at[i].address)))
			sum += person_digest(d->arena, key, readers.at[i].address);
	return sum & DIGEST_MASK;
}

static bool is_sum(uint32_t missing, const uint32_t *left, size_t count)
{
	for (uint32_t chosen = 0; chosen < 1u << count; chosen++) {
		uint32_t sum = 0;
		for (size_t i = 0; i < count; i++)
			sum += chosen >> i & 1 ? left[i] : 0;
		if ((sum & DIGEST_MASK) == missing)
			return true;
	}
	return false;
}

/* Were all who read now named? Who was named and has left since is missing in today's sum. */
static bool names_readers(struct decision *d, const unsigned char key[DESK_KEY_SIZE], const struct ticket_facts *ticket, const struct token *token)
{
	uint32_t left[LEFT_MOST], now = readers_digest(d, key, ticket, true);
	size_t count = 0;
	for (size_t i = 0; i < ticket->outside.count && count < LEFT_MOST; i++)
		if (ticket->outside.at[i].role == ROLE_LEFT)
			left[count++] = person_digest(d->arena, key, ticket->outside.at[i].address);
	for (size_t i = 0; i < d->plan->count && count < LEFT_MOST; i++)
		if (d->plan->at[i].kind == EFFECT_REMOVE_PARTICIPANT && d->plan->at[i].ticket == ticket->id)
			left[count++] = person_digest(d->arena, key, d->plan->at[i].to);
	return is_sum(((uint32_t)token->number - now) & DIGEST_MASK, left, count);
}

static bool joined_since(struct decision *d, const struct ticket_facts *ticket, const struct token *token)
{
	for (size_t i = 0; i < d->policy->keys.count; i++)       /* the notice may be older than the key that signs today */
		if (names_readers(d, d->policy->keys.key[i], ticket, token))
			return false;
	return true;
}

static int64_t shown_with(struct decision *d, const struct ticket_facts *ticket, int seq)
{
	return (int64_t)seq << DIGEST_BITS | readers_digest(d, d->policy->keys.key[0], ticket, false);
}

/* Of a message as the mirror shows it. */
char *desk_house_address(struct arena *arena, const struct desk_policy *policy, const struct ticket_facts *ticket, int seq)
{
	struct plan plan;
	desk_plan_init(&plan, arena, "");
	struct decision d = {.policy = policy, .plan = &plan, .arena = arena};
	struct token token = {.kind = TOKEN_HOUSE, .ticket = ticket->id, .number = shown_with(&d, ticket, seq)};
	return desk_token_address(arena, policy, desk_queue_of(&d, ticket)->address, &token);
}

int64_t desk_shown(struct decision *d, const struct ticket_facts *ticket)
{
	return shown_with(d, ticket, ticket->next_seq - 1);
}

/* ---- colleagues ---- */

const struct draft *desk_draft(const struct decision *d, const struct desk_agent *agent)
{
	for (size_t i = 0; i < d->facts->drafts.count; i++)
		if (text_equal_nocase(d->facts->drafts.at[i].agent, agent->name))
			return &d->facts->drafts.at[i];
	return NULL;
}

static const char *display_of(const struct decision *d, const char *name)
{
	const struct desk_agent *agent = desk_agent_named(d->policy, name);
	return agent && *agent->display ? agent->display : *name ? name : d->policy->name;
}

/* The newest words of a colleague; all of them into `since`. NULL: there are none. */
static const char *colleagues_words(struct decision *d, const struct desk_agent *agent, struct buffer *since)
{
	const char *newest = NULL;
	for (size_t i = 0; i < d->facts->later.count; i++) {
		const struct later_words *words = &d->facts->later.at[i];
		if (text_equal_nocase(words->agent, agent->name))
			continue;
		const char *who = display_of(d, words->agent);
		if (!newest)
			newest = desk_in_language(d, words->answer ? SAY_ANSWERED_SINCE : SAY_NOTED_SINCE, who, NULL, NULL);
		buffer_printf(since, "%s%s%s:\n%s", since->length ? "\n\n" : "", who, words->answer ? "" : " [note]", utf8_cut(d->arena, words->text, SINCE_BYTES));
	}
	return newest;
}

/* Whatever else was wrong with an answer: the mail that comes back has an address that shows all, so it has to. */
const char *desk_since(struct decision *d, const struct desk_agent *agent)
{
	CLEANUP_BUFFER struct buffer all = {0};
	const struct clue_facts *answered = desk_agents_clue(d->facts);
	if (!answered)
		return "";
	colleagues_words(d, agent, &all);
	return arena_string(d->arena, buffer_string(&all));
}

static const char *readers_now(struct decision *d, const struct ticket_facts *ticket)
{
	struct readers readers;
	const char *names = "";
	desk_readers(d->arena, ticket, &readers);
	for (size_t i = 0; i < readers.count && i < NAMED_MOST; i++)
		if (gets_answers(d, ticket, readers.at[i].address))
			names = arena_printf(d->arena, "%s%s%s", names, *names ? ", " : "", readers.at[i].address);
	return readers.count > NAMED_MOST ? arena_printf(d->arena, "%s, ... (+%zu)", names, readers.count - NAMED_MOST) : names;
}

const char *desk_stale(struct decision *d, const struct ticket_facts *ticket, const struct token *token, const struct desk_agent *agent, bool send,
                       const char **since)
{
	CLEANUP_BUFFER struct buffer all;
	*since = "";
	buffer_init(&all);
	if (!token->number || (token->kind == TOKEN_SIDE_AGENT && !desk_shown_seq(token)))
		return NULL;
	/* /send is for what he was told of: who joined after that, he does not know. */
	const struct draft *draft = desk_draft(d, agent);
	bool told = send && draft && draft->seq != desk_shown_seq(token);
	if (token->kind != TOKEN_SIDE_AGENT && !told && joined_since(d, ticket, token))
		return desk_in_language(d, SAY_OTHERS_READ, readers_now(d, ticket), NULL, NULL);
	const char *problem = send ? NULL : colleagues_words(d, agent, &all);
	*since = arena_string(d->arena, buffer_string(&all));
	return problem;
}
