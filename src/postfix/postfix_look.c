/*
 * postfix_look.c - what is wrong with a Postfix for a desk: each finding names a parameter, says what follows from it, and what to write.
 *
 * Looks at the way of an address and of a signed one made from it, at what is rewritten on the way out, and at sizes. A finding that may be
 * meant so is not certain. What only a mail can show (milters, policy servers, another relay) is `sportello selftest`'s.
 */
#include "postfix_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct look { struct postfix *postfix; const struct postfix_desk *desk; struct postfix_findings *findings; const char *transport; };

#define SETUP_LINE "run: sportello setup --postfix here"

static void add(struct look *look, bool certain, const char *key, const char *what, const char *line)
{
	for (size_t i = 0; i < look->findings->count; i++)
		if (!strcmp(look->findings->at[i].what, what))
			return;
	*ARENA_PUSH(look->postfix->arena, look->findings) = (struct postfix_finding){ key, what, line, certain };
}

#define SAY(look, ...) arena_printf((look)->postfix->arena, __VA_ARGS__)

/* Nothing of a table leads it: what the domain's class does. */
static void no_transport(struct look *look, const char *address, const struct postfix_route *route)
{
	static const struct { enum postfix_class class; const char *key, *before, *after; } rows[] = {
		{ POSTFIX_OTHER, "relay_domains", "Postfix takes no mail for ", ": its domain stands in none of mydestination, virtual_mailbox_domains, relay_domains" },
		{ POSTFIX_LOCAL, "mydestination", "mail to ", " goes to a mailbox of this machine, not to the desk: mydestination holds its domain, and no transport is set" },
		{ POSTFIX_ALIAS, "virtual_alias_domains", "mail to ", " does not go to the desk: its domain is one of virtual_alias_domains, and no transport is set" },
		{ POSTFIX_MAILBOX, "virtual_mailbox_domains", "mail to ", " goes to a virtual mailbox, not to the desk: virtual_mailbox_domains holds its domain, and no transport is set" },
		{ POSTFIX_RELAY, "transport_maps", "mail to ", " is relayed to its domain's MX, not to the desk: no transport is set" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].class == route->class)
			add(look, true, rows[i].key, SAY(look, "%s%s%s", rows[i].before, address, rows[i].after), SETUP_LINE);
}

static void other_transport(struct look *look, const char *address, const struct postfix_route *route)
{
	if (!strncmp(route->transport, "error", 5) || !strncmp(route->transport, "retry", 5) || !strncmp(route->transport, "discard", 7))
		add(look, true, "transport_maps", SAY(look, "%s does not deliver mail to %s: its transport is %s", route->table, address, route->transport), SETUP_LINE);
	else
		add(look, true, "transport_maps", SAY(look, "%s sends mail for %s to %s, and the desk listens on %s", route->table, address, route->transport, look->desk->listen),
		    SAY(look, "%s   %s", address, look->transport));
}

static bool is_ours(const struct look *look, const char *transport)
{
	return look->transport && !strcasecmp(transport, look->transport);
}

/* The signed address goes another way than the queue's own. */
static void lost_tail(struct look *look, const char *address)
{
	const char *delimiters = postfix_value(look->postfix, "recipient_delimiter");

	add(look, true, "recipient_delimiter",
	    SAY(look, "answers to tickets (%.*s%cTOKEN%s) do not reach the desk: recipient_delimiter %s", (int)strcspn(address, "@"), address, *look->desk->separators,
	        strchr(address, '@'), *delimiters ? SAY(look, "is \"%s\" and has no \"%c\"", delimiters, *look->desk->separators) : "is not set"),
	    SAY(look, "recipient_delimiter = %c%s", *look->desk->separators, delimiters));
}

static void look_at_address(struct look *look, const char *address)
{
	struct postfix *postfix = look->postfix;
	struct postfix_route plain, tail;
	const char *signed_one = SAY(look, "%.*s%c%s%s", (int)strcspn(address, "@"), address, *look->desk->separators, "token", strchr(address, '@'));

	postfix_route(postfix, address, &plain);
	if (plain.becomes) {
		add(look, true, plain.by, SAY(look, "%s changes %s into %s: the desk never sees its mail", plain.by, address, plain.becomes),
		    SAY(look, "take %s out of the tables of %s", address, plain.by));
		return;
	}
	if (!plain.transport || plain.class == POSTFIX_OTHER)
		no_transport(look, address, &plain);
	else if (!is_ours(look, plain.transport))
		other_transport(look, address, &plain);
	if (!plain.known && plain.class != POSTFIX_OTHER)
		add(look, true, plain.table, SAY(look, "strangers who write to %s are refused (550): %s does not know it", address, plain.table), SETUP_LINE);
	if (!plain.transport || !plain.known || plain.class == POSTFIX_OTHER)
		return;
	postfix_route(postfix, signed_one, &tail);
	if (tail.becomes)
		add(look, true, tail.by, SAY(look, "%s changes the addresses of tickets (%s) into %s", tail.by, signed_one, tail.becomes), SAY(look, "take that out of the tables of %s", tail.by));
	else if (!tail.known || !tail.transport || strcmp(tail.transport, plain.transport) != 0)
		lost_tail(look, address);
}

/* From and envelope sender of what the desk sends: changed, answers and bounces go elsewhere. */
static void look_at_sender(struct look *look, const char *address)
{
	static const char *const maps[] = { "sender_canonical_maps", "canonical_maps", "smtp_generic_maps" };
	struct postfix *postfix = look->postfix;
	const char *domain = strchr(address, '@') + 1;
	struct strings masked = { NULL, 0 };

	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		const char *found = *postfix_value(postfix, maps[i]) ? postfix_ask_address(postfix, maps[i], address, true, NULL) : NULL;

		if (found && !text_equal_nocase(found, address))
			add(look, true, maps[i], SAY(look, "%s changes the desk's sender %s into %s: customers' answers and bounces go there", maps[i], address, found),
			    SAY(look, "take %s out of the tables of %s", address, maps[i]));
	}
	postfix_items(postfix->arena, postfix_value(postfix, "masquerade_domains"), &masked);
	for (size_t i = 0; i < masked.count; i++) {
		size_t length = strlen(masked.at[i]), whole = strlen(domain);

		if (*masked.at[i] != '!' && whole > length && domain[whole - length - 1] == '.' && !strcasecmp(domain + whole - length, masked.at[i]))
			add(look, true, "masquerade_domains", SAY(look, "masquerade_domains changes the desk's sender %s into one of %s: customers' answers and bounces go there", address, masked.at[i]),
			    SAY(look, "masquerade_domains = !%s %s", domain, postfix_value(postfix, "masquerade_domains")));
	}
}

static void look_at_sizes(struct look *look)
{
	unsigned long long limit = strtoull(postfix_value(look->postfix, "message_size_limit"), NULL, 10), most = look->desk->message_bytes;

	if (!limit || limit > most)
		add(look, true, "message_size_limit", SAY(look, "Postfix takes larger mails (%s) than the desk does (lmtp.max_message_bytes = %llu): those in between bounce",
		    limit ? SAY(look, "message_size_limit = %llu", limit) : "message_size_limit = 0: any size", most), SAY(look, "message_size_limit = %llu", most));
	else if (limit < most / 10)
		add(look, true, "message_size_limit", SAY(look, "Postfix takes mails of at most %llu bytes (message_size_limit), less than a tenth of what the desk takes: customers' "
		    "photographs are refused", limit), "message_size_limit = 25000000");
}

static void look_at_the_rest(struct look *look)
{
	struct postfix *postfix = look->postfix;
	struct strings deferred = { NULL, 0 };

	if (!strcmp(postfix_value(postfix, "soft_bounce"), "yes"))
		add(look, true, "soft_bounce", "soft_bounce = yes: unknown addresses are tried for days in place of being refused", "soft_bounce = no");
	postfix_items(postfix->arena, postfix_value(postfix, "defer_transports"), &deferred);
	if (strings_have(&deferred, "lmtp"))
		add(look, true, "defer_transports", "defer_transports holds lmtp: mail for the desk stays in Postfix's queue", "take lmtp out of defer_transports");
	if (!strcmp(postfix_value(postfix, "inet_interfaces"), "loopback-only"))
		add(look, false, "inet_interfaces", "inet_interfaces = loopback-only: nobody outside of this machine can write to the desk", "inet_interfaces = all");
	if (!strstr(postfix_value(postfix, "mynetworks"), "127.0.0."))
		add(look, false, "mynetworks", "mynetworks does not hold 127.0.0.1: Postfix may refuse what the desk sends", SAY(look, "mynetworks = 127.0.0.0/8, %s", postfix_value(postfix, "mynetworks")));
	if (!strcmp(postfix_value(postfix, "smtputf8_enable"), "no"))
		add(look, false, "smtputf8_enable", "smtputf8_enable = no: people whose addresses are not ASCII cannot write to the desk", "smtputf8_enable = yes");
}

void postfix_look(struct postfix *postfix, const struct postfix_desk *desk, struct postfix_findings *findings)
{
	const char *why = NULL;
	struct look look = { postfix, desk, findings, postfix_transport(postfix, desk->listen, &why) };

	if (!look.transport)
		add(&look, true, "", why, "lmtp.listen in sportello.conf");
	for (size_t i = 0; i < desk->addresses.count; i++) {
		look_at_address(&look, desk->addresses.at[i]);
		look_at_sender(&look, desk->addresses.at[i]);
	}
	look_at_sizes(&look);
	look_at_the_rest(&look);
}

/* postqueue -j prints a JSON object a line; the reason is the last value of its recipient. */
const char *postfix_waiting(struct postfix *postfix, const char *sender)
{
	static const char mark[] = "\"delay_reason\": \"";
	const char *words[] = { "postqueue", "-c", postfix->directory, "-j", NULL }, *line, *reason;
	CLEANUP_BUFFER struct buffer said;

	buffer_init(&said);
	if (postfix_run(words, NULL, &said) != 0)
		return NULL;
	for (line = buffer_string(&said); *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *whole = arena_copy(postfix->arena, line, strcspn(line, "\n"));

		if (!strstr(whole, sender))
			continue;
		reason = strstr(whole, mark);
		return reason ? arena_copy(postfix->arena, reason + strlen(mark), strcspn(reason + strlen(mark), "\"")) : "it is being delivered";
	}
	return NULL;
}
