/*
 * fuzz_token.c - libFuzzer: tokens in addresses, Message-IDs and links, and the commands that an agent's mail may hold.
 *
 * A real token is made from the first bytes and spoilt by the rest. What is checked: whatever still reads as genuine says what was
 * signed, in the role it was signed for; addresses, ids and links of any form are read without a fault, and a token of one place is good in no other.
 */
#include "desk/desk_private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct desk_agent agents[] = {{.name = "bob", .email = "bob@example.net", .display = "Bob"}};
static struct desk_queue queues[] = {{.name = "support", .address = "support@example.org"}, {.name = "network", .address = "network@example.org"}};
static struct desk_policy policy = {.name = "Desk", .domain = "example.org", .language = "en", .base_url = "https://example.org/", .separators = "+-",
                                    .link_days = 30, .keys = {.count = 1}};

static void check_spoilt(struct arena *arena, const uint8_t *data, size_t size)
{
	static const char kinds[] = "canbmqsyzdfe";
	struct token made = {.kind = (enum token_kind)kinds[data[0] % (sizeof kinds - 1)], .ticket = data[1] + 1, .number = data[2], .who = data[3] + 1U}, read;
	char *text = desk_token(arena, &policy.keys, &made);
	size_t length = strlen(text);
	if (!desk_token_read(&policy.keys, text, length, &read))
		abort();
	for (size_t i = 4; i + 1 < size; i += 2)
		text[data[i] % length] ^= (char)data[i + 1];
	if (desk_token_read(&policy.keys, text, length, &read)
	    && (read.kind != made.kind || read.ticket != made.ticket || read.number != made.number || read.who != made.who))
		abort();
	struct address_facts facts;
	desk_address(&policy, arena_printf(arena, "support+%s@example.org", desk_token(arena, &policy.keys, &made)), &facts);
	bool in_address = strchr("candf", (char)made.kind) != NULL;
	if ((facts.class == ADDRESS_TICKET) != in_address || (facts.class == ADDRESS_BOUNCE) != (made.kind == TOKEN_BOUNCE))
		abort();
}

static void read_anything(struct arena *arena, const char *text)
{
	struct token token;
	struct address_facts facts;
	struct agent_words words = {0};
	struct facts facts_of_mail = {.now = 1};
	struct decision decision = {.policy = &policy, .facts = &facts_of_mail, .arena = arena, .language = "it"};
	struct numbers tickets = {0};
	bool past = false;
	const char *problem;
	if (desk_token_read(&policy.keys, text, strlen(text), &token) || desk_message_id_read(&policy, text, &token))
		abort();                         /* nobody guesses 80 bits */
	desk_address(&policy, text, &facts);
	if (facts.class == ADDRESS_TICKET || facts.class == ADDRESS_BOUNCE || desk_link_read(&policy, text, 0, &token) != LINK_UNKNOWN)
		abort();
	if (!desk_commands(&decision, text, &words, &problem) && (!problem || !*problem))
		abort();
	desk_command_tickets(arena, text, &tickets, &past);
	desk_parse_until(text, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena CLEANUP_ARENA;
	arena_init(&arena);
	policy.agents.at = agents, policy.agents.count = COUNT_OF(agents);
	policy.queues.at = queues, policy.queues.count = COUNT_OF(queues);
	if (size >= 6)
		check_spoilt(&arena, data, size);
	read_anything(&arena, arena_copy(&arena, (const char *)data, size));
	return 0;
}
