/*
 * desk_policy.c - looking things up in the policy, and telling what an address of ours is.
 *
 * Addresses are compared without regard to ASCII case, the local part too: RFC 5321 section 2.4 leaves that to the
 * receiving host, which we are. A token-like detail that is not ours (cut, mistyped, forged) leaves the queue's address
 * usable: bad_token is set, the mail is taken, and the token proves nothing. A token that is ours is good before any local part.
 */
#include <ctype.h>
#include <string.h>

#include "desk.h"

const struct desk_agent *desk_agent_named(const struct desk_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (text_equal_nocase(policy->agents.at[i].name, name))
			return &policy->agents.at[i];
	return NULL;
}

const struct desk_agent *desk_agent_with_address(const struct desk_policy *policy, const char *address)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (text_equal_nocase(policy->agents.at[i].email, address))
			return &policy->agents.at[i];
	return NULL;
}

const struct desk_queue *desk_queue_named(const struct desk_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->queues.count; i++)
		if (text_equal_nocase(policy->queues.at[i].name, name))
			return &policy->queues.at[i];
	return NULL;
}

const struct desk_queue *desk_queue_with_address(const struct desk_policy *policy, const char *address)
{
	for (size_t i = 0; i < policy->queues.count; i++)
		if (text_equal_nocase(policy->queues.at[i].address, address))
			return &policy->queues.at[i];
	return NULL;
}

/* The queue whose address is `local SEPARATOR detail @ domain`; *detail is set. */
static const struct desk_queue *queue_with_detail(const struct desk_policy *policy, const char *address,
                                                  const char **detail, size_t *detail_length)
{
	const char *at = strrchr(address, '@');
	for (size_t i = 0; at && i < policy->queues.count; i++) {
		const struct desk_queue *queue = &policy->queues.at[i];
		const char *queue_at = strrchr(queue->address, '@');
		size_t local = queue_at ? (size_t)(queue_at - queue->address) : 0;
		if (!queue_at || !text_equal_nocase(queue_at, at) || (size_t)(at - address) <= local)
			continue;
		if (strncasecmp(address, queue->address, local) != 0 || !strchr(policy->separators, address[local]))
			continue;
		*detail = address + local + 1;
		*detail_length = (size_t)(at - *detail);
		return queue;
	}
	return NULL;
}

/* ADDRESS_QUEUE: not the token of an address; that of a Message-ID or a link is none either. */
static enum address_class class_of_token(const struct desk_policy *policy, const char *detail, size_t length, struct token *token)
{
	if (!desk_token_read(&policy->keys, detail, length, token))
		return ADDRESS_QUEUE;
	switch (token->kind) {
	case TOKEN_CUSTOMER: case TOKEN_AGENT: case TOKEN_NOTE: return ADDRESS_TICKET;
	case TOKEN_BOUNCE:                                      return ADDRESS_BOUNCE;
	default:                                                return ADDRESS_QUEUE;
	}
}

/* Signed by us, though no queue has that address any more, or no such separator: it was renamed or taken away, and its customers still
 * have our mails. Such mail is the first queue's. */
static void address_of_the_past(const struct desk_policy *policy, const char *address, struct address_facts *facts)
{
	const char *at = strrchr(address, '@'), *detail = NULL;
	for (const char *byte = address; at && byte < at; byte++)
		if (!isalnum((unsigned char)*byte))
			detail = byte + 1;
	enum address_class class = detail ? class_of_token(policy, detail, (size_t)(at - detail), &facts->token) : ADDRESS_QUEUE;
	if (class == ADDRESS_QUEUE || !policy->queues.count)
		return;
	facts->class = class;
	facts->queue = &policy->queues.at[0];
}

void desk_address(const struct desk_policy *policy, const char *address, struct address_facts *facts)
{
	*facts = (struct address_facts){.class = ADDRESS_UNKNOWN};
	facts->queue = desk_queue_with_address(policy, address);
	if (facts->queue) {
		facts->class = ADDRESS_QUEUE;
		return;
	}
	const char *detail;
	size_t length;
	facts->queue = queue_with_detail(policy, address, &detail, &length);
	if (!facts->queue) {
		address_of_the_past(policy, address, facts);
		return;
	}
	facts->class = class_of_token(policy, detail, length, &facts->token);
	facts->bad_token = facts->class == ADDRESS_QUEUE;
}

bool desk_address_is_ours(const struct desk_policy *policy, const char *address)
{
	struct address_facts facts;
	desk_address(policy, address, &facts);
	return facts.class != ADDRESS_UNKNOWN;
}
