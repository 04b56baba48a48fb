/*
 * postfix_plan.c - what must change so that a Postfix hands the desk's mail over, whatever it serves beside: as little as does.
 *
 * Each address of a queue gets its transport by name, in a table of our own behind those that are there: other mailboxes of the domain, its
 * root@ and its tables stay as they are. Where Postfix knows recipients by a list, our table is added to the list. A domain that Postfix did
 * not serve at all is the desk's whole: its other addresses are refused at RCPT, so that nothing bounces later.
 * Lists are made longer, never replaced. What somebody else's line decides otherwise is a problem, and told.
 */
#include "postfix_private.h"

#include <string.h>

struct planning {
	struct postfix *postfix;
	const struct postfix_desk *desk;
	struct postfix_plan *plan;
	const char *transport;
	struct buffer transports, recipients, aliases;   /* the tables */
	struct strings new_domains;
	bool lists[5];                                   /* classes whose list of recipients needs ours */
	bool alias;                                      /* aliases of a whole domain would take ours along */
};

#define SAY(planning, ...) arena_printf((planning)->postfix->arena, __VA_ARGS__)

static void note(struct planning *planning, struct strings *list, const char *text)
{
	if (!strings_have(list, text))
		strings_add(planning->postfix->arena, list, text);
}

static void change(struct planning *planning, const char *name, const char *value)
{
	const char *old = postfix_written(planning->postfix, name);

	if (!old || strcmp(old, value) != 0)
		*ARENA_PUSH(planning->postfix->arena, &planning->plan->changes) = (struct postfix_change){ name, old, value };
}

/* One item more at the end of what is there, or of the default. */
static void lengthen(struct planning *planning, const char *name, const char *item)
{
	const char *old = postfix_written(planning->postfix, name), *base = old ? old : *postfix_value(planning->postfix, name) ? postfix_raw(planning->postfix, name) : "";
	struct strings items = { NULL, 0 };

	for (size_t i = 0; i < planning->plan->changes.count; i++)
		if (!strcmp(planning->plan->changes.at[i].name, name))
			base = planning->plan->changes.at[i].new;
	postfix_items(planning->postfix->arena, base, &items);
	if (strings_have(&items, item))
		return;
	base = *base ? SAY(planning, "%s, %s", base, item) : item;
	for (size_t i = 0; i < planning->plan->changes.count; i++)
		if (!strcmp(planning->plan->changes.at[i].name, name)) {
			planning->plan->changes.at[i].new = base;
			return;
		}
	change(planning, name, base);
}

static bool table_is_ours(const char *table)
{
	return table && strstr(table, "/" POSTFIX_TRANSPORTS);
}

/* A domain that Postfix serves for the desk alone: not there yet, or there by an earlier plan of ours. */
static bool is_new_domain(struct planning *planning, const char *domain, const struct postfix_route *route)
{
	const char *table = NULL, *found;

	if (route->class == POSTFIX_OTHER)
		return true;
	if (route->class != POSTFIX_RELAY)
		return false;
	found = postfix_ask(planning->postfix, "transport_maps", domain, true, &table);
	return found && table_is_ours(table);
}

static void plan_domain(struct planning *planning, const char *domain, const struct postfix_route *route)
{
	if (!is_new_domain(planning, domain, route)) {
		planning->lists[route->class] = true;
		return;
	}
	planning->lists[POSTFIX_RELAY] = true;
	if (strings_have(&planning->new_domains, domain))
		return;
	strings_add(planning->postfix->arena, &planning->new_domains, domain);
	lengthen(planning, "relay_domains", domain);
}

static void plan_address(struct planning *planning, const char *address)
{
	struct postfix *postfix = planning->postfix;
	const char *domain = strchr(address, '@') + 1, *table = NULL, *found;
	struct postfix_route route;

	postfix_route(postfix, address, &route);
	found = *postfix_value(postfix, "transport_maps") ? postfix_ask(postfix, "transport_maps", address, false, &table) : NULL;
	if (found && !table_is_ours(table) && !text_equal_nocase(found, planning->transport))
		note(planning, &planning->plan->problems, SAY(planning, "%s has a transport for %s already, %s; write there: %s   %s", table, address, found, address, planning->transport));
	if (route.becomes && !text_equal_nocase(route.by, "virtual_alias_maps"))
		note(planning, &planning->plan->problems, SAY(planning, "%s changes %s into %s; take it out of that table, or choose another address", route.by, address, route.becomes));
	else if (route.becomes && postfix_ask(postfix, "virtual_alias_maps", address, false, NULL))
		note(planning, &planning->plan->problems, SAY(planning, "virtual_alias_maps changes %s into %s; take it out of that table, or choose another address", address, route.becomes));
	else if (route.class == POSTFIX_ALIAS)
		note(planning, &planning->plan->problems, SAY(planning, "%s is one of virtual_alias_domains, which have no mailboxes and no transports; move it to virtual_mailbox_domains, "
		     "or choose an address in a domain of the desk's own", domain));
	else if (route.becomes)
		planning->alias = true;
	plan_domain(planning, domain, &route);
	buffer_printf(&planning->transports, "%s\t%s\n", address, planning->transport);
	buffer_printf(&planning->recipients, "%s\tdesk\n", address);
	buffer_printf(&planning->aliases, "%s\t%s\n", address, address);
}

static void plan_lists(struct planning *planning)
{
	static const struct { enum postfix_class class; const char *name; } rows[] = {
		{ POSTFIX_LOCAL, "local_recipient_maps" }, { POSTFIX_MAILBOX, "virtual_mailbox_maps" }, { POSTFIX_RELAY, "relay_recipient_maps" } };
	const char *table = postfix_own_table(planning->postfix, POSTFIX_RECIPIENTS);
	bool used = false;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (planning->lists[rows[i].class] && *postfix_value(planning->postfix, rows[i].name)) {
			lengthen(planning, rows[i].name, table);
			used = true;
		}
	if (used)
		*ARENA_PUSH(planning->postfix->arena, &planning->plan->files) = (struct postfix_file){ POSTFIX_RECIPIENTS, SAY(planning,
			"# Written by `sportello setup`: the desk's addresses, beside the recipients that Postfix knows. Run setup again after a change of queues.\n%s",
			buffer_string(&planning->recipients)) };
	if (planning->alias) {
		lengthen(planning, "virtual_alias_maps", postfix_own_table(planning->postfix, POSTFIX_ALIASES));
		*ARENA_PUSH(planning->postfix->arena, &planning->plan->files) = (struct postfix_file){ POSTFIX_ALIASES, SAY(planning,
			"# Written by `sportello setup`: the desk's addresses stay themselves, whatever is said of their whole domain.\n%s", buffer_string(&planning->aliases)) };
	}
}

/* An identity that an earlier plan put there must be kept by the next one. */
static bool has_own_aliases(const struct postfix *postfix)
{
	struct strings items = { NULL, 0 };

	postfix_items(postfix->arena, postfix_value(postfix, "virtual_alias_maps"), &items);
	return strings_have(&items, postfix_own_table(postfix, POSTFIX_ALIASES));
}

static void plan_transports(struct planning *planning)
{
	for (size_t i = 0; i < planning->new_domains.count; i++)
		buffer_printf(&planning->transports, "# Every other address of this domain is refused while its sender is still connected.\n%s\terror:5.1.1 there is no such address here\n",
		              planning->new_domains.at[i]);
	*ARENA_PUSH(planning->postfix->arena, &planning->plan->files) = (struct postfix_file){ POSTFIX_TRANSPORTS, SAY(planning,
		"# Written by `sportello setup`: what goes to the desk, and so do support+TOKEN@ of each. Run setup again after a change of queues.\n%s",
		buffer_string(&planning->transports)) };
	lengthen(planning, "transport_maps", postfix_own_table(planning->postfix, POSTFIX_TRANSPORTS));
}

static void plan_delimiter(struct planning *planning)
{
	const char *delimiters = postfix_value(planning->postfix, "recipient_delimiter");

	if (strchr(delimiters, *planning->desk->separators) && *delimiters)
		return;
	if (*delimiters)
		note(planning, &planning->plan->notes, SAY(planning, "recipient_delimiter gets \"%c\" beside \"%s\": other people's addresses on this machine that hold a \"%c\" are cut there, too. "
		     "To leave it as it is, set desk.separator = \"%c\" and run setup again", *planning->desk->separators, delimiters, *planning->desk->separators, *delimiters));
	change(planning, "recipient_delimiter", SAY(planning, "%s%c", delimiters, *planning->desk->separators));
}

/* What setup does not change, and what should be known of it. */
static void plan_notes(struct planning *planning)
{
	struct postfix_findings findings = { NULL, 0 };
	struct postfix_desk nothing = *planning->desk;

	nothing.addresses = (struct strings){ NULL, 0 };
	postfix_look(planning->postfix, &nothing, &findings);
	for (size_t i = 0; i < findings.count; i++)
		note(planning, &planning->plan->notes, SAY(planning, "%s; to change it: %s", findings.at[i].what, findings.at[i].line));
	if (!postfix_port(planning->postfix))
		note(planning, &planning->plan->notes, "no service of master.cf takes mail by SMTP on this machine's loopback: relay.url must be another server");
}

void postfix_plan(struct postfix *postfix, const struct postfix_desk *desk, struct postfix_plan *plan)
{
	const char *why = NULL;
	struct planning planning = { .postfix = postfix, .desk = desk, .plan = plan, .transport = postfix_transport(postfix, desk->listen, &why) };

	*plan = (struct postfix_plan){ .changes = { NULL, 0 } };
	if (!planning.transport) {
		note(&planning, &plan->problems, why);
		return;
	}
	buffer_init(&planning.transports);
	buffer_init(&planning.recipients);
	buffer_init(&planning.aliases);
	planning.alias = has_own_aliases(postfix);
	for (size_t i = 0; i < desk->addresses.count; i++)
		plan_address(&planning, desk->addresses.at[i]);
	plan_transports(&planning);
	plan_lists(&planning);
	plan_delimiter(&planning);
	plan_notes(&planning);
	buffer_fini(&planning.aliases);
	buffer_fini(&planning.recipients);
	buffer_fini(&planning.transports);
}

bool postfix_plan_is_done(const struct postfix *postfix, const struct postfix_plan *plan)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		CLEANUP_BUFFER struct buffer text;

		buffer_init(&text);
		if (file_read_all(postfix_path(postfix, plan->files.at[i].name), 1 << 20, &text, NULL) != STATUS_OK || strcmp(buffer_string(&text), plan->files.at[i].text) != 0)
			return false;
	}
	return !plan->changes.count;
}
