/*
 * desk_policy.c - looking things up in the policy, and telling what an address of ours is.
 *
 * Addresses are compared without regard to ASCII case, the local part too: RFC 5321 section 2.4 leaves that to the
 * receiving host, which we are. A token-like detail that is not ours (cut, mistyped, forged) leaves the queue's address
 * usable: bad_token is set, the mail is taken, and the token proves nothing.
 */
#include <string.h>

#include "desk_private.h"

const struct desk_agent *desk_agent_named(const struct desk_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (text_equal_nocase(policy->agents.at[i].name, name))
			return &policy->agents.at[i];
	return NULL;
}

static bool is_among(const struct strings *addresses, const char *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (text_equal_nocase(addresses->at[i], address))
			return true;
	return false;
}

const struct desk_agent *desk_agent_with_address(const struct desk_policy *policy, const char *address)
{
	for (size_t i = 0; i < policy->agents.count; i++)
		if (text_equal_nocase(policy->agents.at[i].email, address) || is_among(&policy->agents.at[i].also, address))
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
	for (size_t i = 0; i < policy->queues.count; i++) {
		const struct desk_queue *queue = &policy->queues.at[i];
		if (text_equal_nocase(queue->address, address))
			return queue;
		for (size_t k = 0; k < queue->also.count; k++)
			if (text_equal_nocase(queue->also.at[k], address))
				return queue;
	}
	return NULL;
}

/* Is `address`, whose domain begins at `at`, `local SEPARATOR detail @ domain` of `own`? *detail is set. */
static bool has_detail(const struct desk_policy *policy, const char *own, const char *address, const char *at,
                       const char **detail, size_t *detail_length)
{
	const char *own_at = strrchr(own, '@');
	size_t local = own_at ? (size_t)(own_at - own) : 0;
	if (!own_at || !text_equal_nocase(own_at, at) || (size_t)(at - address) <= local)
		return false;
	if (strncasecmp(address, own, local) != 0 || !strchr(policy->separators, address[local]))
		return false;
	*detail = address + local + 1;
	*detail_length = (size_t)(at - *detail);
	return true;
}

static const struct desk_queue *queue_with_detail(const struct desk_policy *policy, const char *address,
                                                  const char **detail, size_t *detail_length)
{
	const char *at = strrchr(address, '@');
	for (size_t i = 0; at && i < policy->queues.count; i++) {
		const struct desk_queue *queue = &policy->queues.at[i];
		if (has_detail(policy, queue->address, address, at, detail, detail_length))
			return queue;
		for (size_t k = 0; k < queue->also.count; k++)
			if (has_detail(policy, queue->also.at[k], address, at, detail, detail_length))
				return queue;
	}
	return NULL;
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
	if (!facts->queue)
		return;
	facts->class = ADDRESS_QUEUE;
	if (!desk_token_read(&policy->keys, detail, length, &facts->token)) {
		facts->bad_token = true;
		return;
	}
	if (desk_token_is(facts->token.kind, TOKEN_IN_ADDRESS))
		facts->class = ADDRESS_TICKET;
	else if (desk_token_is(facts->token.kind, TOKEN_IN_BOUNCE))
		facts->class = ADDRESS_BOUNCE;
	else
		facts->bad_token = true;         /* the token of a Message-ID or a link is no address */
}

bool desk_address_is_ours(const struct desk_policy *policy, const char *address)
{
	struct address_facts facts;
	desk_address(policy, address, &facts);
	return facts.class != ADDRESS_UNKNOWN;
}

const struct desk_queue *desk_queue_of(const struct decision *d, const struct ticket_facts *ticket)
{
	const struct desk_queue *queue = desk_queue_named(d->policy, ticket->queue);
	return queue ? queue : &d->policy->queues.at[0];         /* a queue that the configuration no longer has */
}

int64_t desk_local(const struct desk_policy *policy, int64_t ms)
{
	return policy->zone_offset ? ms + policy->zone_offset(policy->zone, ms) * 1000LL : ms;
}

/* Who works in its queue, has it or watches it, and supervisors; who had it, or works in a queue that it was in, was told of it. */
bool desk_may_act(const struct desk_policy *policy, const struct ticket_facts *ticket, const struct desk_agent *agent)
{
	const struct desk_queue *queue = desk_queue_named(policy, ticket->queue);
	if (agent->role == AGENT_SUPERVISOR || agent->role == AGENT_ADMIN || strings_have(&ticket->watchers, agent->name))
		return true;
	if (text_equal_nocase(ticket->agent, agent->name) || !queue || strings_have(&queue->agents, agent->name)
	    || strings_have(&ticket->past.agents, agent->name))
		return true;
	for (size_t i = 0; i < ticket->past.queues.count; i++)
		if ((queue = desk_queue_named(policy, ticket->past.queues.at[i])) && strings_have(&queue->agents, agent->name))
			return true;
	return false;
}
