/*
 * postfix_route.c - what Postfix does with a mail to an address: the order of trivial-rewrite(8), cleanup(8) and smtpd(8).
 *
 * Canonical maps change the address, then aliases; the domain's class comes from the lists in their order; a transport of a table is before all
 * classes; and smtpd looks whether the recipient is among those listed. What milters and policy servers do is not seen here.
 */
#include "postfix_private.h"

#include <string.h>

static const struct { const char *domains, *recipients; enum postfix_class class; } classes[] = {
	{ "mydestination", "local_recipient_maps", POSTFIX_LOCAL },
	{ "virtual_alias_domains", "virtual_alias_maps", POSTFIX_ALIAS },
	{ "virtual_mailbox_domains", "virtual_mailbox_maps", POSTFIX_MAILBOX },
	{ "relay_domains", "relay_recipient_maps", POSTFIX_RELAY },
};

static void rewrite(struct postfix *postfix, struct postfix_route *route, const char *address)
{
	static const char *const maps[] = { "recipient_canonical_maps", "canonical_maps", "virtual_alias_maps" };

	for (size_t i = 0; i < COUNT_OF(maps) && !route->becomes; i++) {
		const char *found = *postfix_value(postfix, maps[i]) ? postfix_ask_address(postfix, maps[i], address, true, NULL) : NULL;

		if (found && !text_equal_nocase(found, address) && !text_equal_nocase(found, postfix_without_extension(postfix, address))) {
			route->becomes = found;
			route->by = maps[i];
		}
	}
}

/* The address, the domain, the domains above it, and "*". */
static const char *transport_of(struct postfix *postfix, const char *address, const char **table)
{
	const char *found, *domain = strrchr(address, '@');

	if (!*postfix_value(postfix, "transport_maps"))
		return NULL;
	if ((found = postfix_ask_address(postfix, "transport_maps", address, false, table)) || !domain)
		return found;
	if ((found = postfix_ask(postfix, "transport_maps", domain + 1, true, table)))
		return found;
	for (const char *above = strchr(domain + 1, '.'); above && !found; above = strchr(above + 1, '.'))
		found = postfix_ask(postfix, "transport_maps", above, true, table);
	return found ? found : postfix_ask(postfix, "transport_maps", "*", true, table);
}

void postfix_route(struct postfix *postfix, const char *address, struct postfix_route *route)
{
	const char *domain = strrchr(address, '@'), *listed = NULL;

	*route = (struct postfix_route){ .class = POSTFIX_OTHER };
	rewrite(postfix, route, address);
	for (size_t i = 0; domain && i < COUNT_OF(classes) && route->class == POSTFIX_OTHER; i++)
		if (postfix_domain_in(postfix, classes[i].domains, domain + 1)) {
			route->class = classes[i].class;
			listed = classes[i].recipients;
		}
	route->transport = transport_of(postfix, address, &route->table);
	if (route->class == POSTFIX_OTHER)
		return;
	route->known = (!*postfix_value(postfix, listed) && route->class != POSTFIX_ALIAS) || postfix_ask_address(postfix, listed, address, true, NULL)
	               || (*postfix_value(postfix, "virtual_alias_maps") && postfix_ask_address(postfix, "virtual_alias_maps", address, true, NULL));
	if (!route->known)
		route->table = listed;
}

static bool is_jailed(const struct postfix *postfix)
{
	for (size_t i = 0; i < postfix->services.count; i++) {
		char *save = NULL, *line = arena_string(postfix->arena, postfix->services.at[i]), *words[5] = { NULL };

		for (size_t count = 0; count < COUNT_OF(words); count++)
			words[count] = strtok_r(count ? NULL : line, " \t", &save);
		if (words[4] && !strcmp(words[0], "lmtp") && !strcmp(words[1], "unix"))
			return *words[4] == 'y';
	}
	return false;
}

const char *postfix_transport(const struct postfix *postfix, const char *listen, const char **why)
{
	const char *queue = postfix_value(postfix, "queue_directory"), *port = strrchr(listen, ':');
	size_t length = strlen(queue);

	if (strncmp(listen, "unix:", 5) != 0) {
		bool every = !strncmp(listen, "0.0.0.0:", 8) || !strncmp(listen, "[::]:", 5) || !strncmp(listen, "*:", 2);

		return arena_printf(postfix->arena, "lmtp:inet:%s%s", every ? "127.0.0.1" : "", every && port ? port : listen);
	}
	listen += 5;
	if (!strncmp(listen, queue, length) && listen[length] == '/')
		return arena_printf(postfix->arena, "lmtp:unix:%s", listen + length + 1);
	if (!is_jailed(postfix))
		return arena_printf(postfix->arena, "lmtp:unix:%s", listen);
	*why = arena_printf(postfix->arena, "Postfix's lmtp client is jailed in %s and cannot reach the socket %s: set lmtp.listen to \"unix:%s/sportello/lmtp\" "
	                    "(contrib/postfix/README, \"The socket\") or to \"127.0.0.1:2424\"", queue, listen, queue);
	return NULL;
}
