/*
 * postfix_tables.c - Postfix's lists of domains and its tables, asked as Postfix asks them.
 *
 * A list is split at commas and blanks, but for what stands in braces. Tables are asked by `postmap -q`; one behind proxymap is asked
 * itself. A table that cannot be read answers nothing: `postfix check` and postfix_look() say that.
 */
#include "postfix_private.h"

#include <string.h>
#include <strings.h>

void postfix_items(struct arena *arena, const char *list, struct strings *items)
{
	while (*list) {
		size_t length = 0;
		int depth = 0;

		list += strspn(list, " \t\r\n,");
		for (; list[length] && (depth > 0 || !strchr(" \t\r\n,", list[length])); length++)
			depth += (list[length] == '{') - (list[length] == '}');
		if (length)
			strings_add(arena, items, arena_copy(arena, list, length));
		list += length;
	}
}

static bool is_table(const char *item)
{
	return strchr(item, ':') && *item != '[';
}

static bool is_pattern(const char *table)
{
	return !strncmp(table, "regexp:", 7) || !strncmp(table, "pcre:", 5) || !strncmp(table, "cidr:", 5);
}

/* "proxy:" is for Postfix's daemons in their jail; an item of a union or a pipe is asked as one. */
static const char *without_proxy(const char *table)
{
	while (!strncmp(table, "proxy:", 6))
		table += 6;
	return table;
}

static const char *ask_table(struct postfix *postfix, const char *table, const char *key)
{
	const char *words[] = { "postmap", "-c", postfix->directory, "-q", key, without_proxy(table), NULL };
	CLEANUP_BUFFER struct buffer said;

	buffer_init(&said);
	if (!*key || *key == '-' || postfix_run(words, NULL, &said) != 0)
		return NULL;
	return text_trim(arena_string(postfix->arena, buffer_string(&said)));
}

const char *postfix_ask(struct postfix *postfix, const char *parameter, const char *key, bool part, const char **table)
{
	struct strings tables = { NULL, 0 };

	postfix_items(postfix->arena, postfix_value(postfix, parameter), &tables);
	for (size_t i = 0; i < tables.count; i++) {
		const char *found = part && is_pattern(without_proxy(tables.at[i])) ? NULL : ask_table(postfix, tables.at[i], key);

		if (found && table)
			*table = tables.at[i];
		if (found)
			return found;
	}
	return NULL;
}

const char *postfix_without_extension(const struct postfix *postfix, const char *address)
{
	const char *delimiters = postfix_value(postfix, "recipient_delimiter"), *at = strrchr(address, '@');
	size_t local = at ? (size_t)(at - address) : strlen(address), length = strcspn(address, delimiters);

	return *delimiters && length && length < local ? arena_printf(postfix->arena, "%.*s%s", (int)length, address, at ? at : "") : address;
}

const char *postfix_ask_address(struct postfix *postfix, const char *parameter, const char *address, bool whole_domain, const char **table)
{
	const char *plain = postfix_without_extension(postfix, address), *at = strrchr(address, '@'), *found = postfix_ask(postfix, parameter, address, false, table);
	bool local = at && postfix_domain_in(postfix, "mydestination", at + 1);

	if (!found && plain != address)
		found = postfix_ask(postfix, parameter, plain, true, table);
	if (!found && local)
		found = postfix_ask(postfix, parameter, arena_copy(postfix->arena, address, (size_t)(at - address)), true, table);
	if (!found && local && plain != address)
		found = postfix_ask(postfix, parameter, arena_copy(postfix->arena, plain, strcspn(plain, "@")), true, table);
	if (!found && at && whole_domain)
		found = postfix_ask(postfix, parameter, at, true, table);
	return found;
}

/* One item of a list of domains: a name, ".name" for what is below, a table, or a file of such. */
static bool matches(struct postfix *postfix, const char *item, const char *domain, bool below)
{
	size_t whole = strlen(domain), length = strlen(item);

	if (*item == '/') {
		CLEANUP_BUFFER struct buffer text;
		struct strings items = { NULL, 0 };
		bool found = false;

		buffer_init(&text);
		if (file_read_all(item, 1 << 20, &text, NULL) != STATUS_OK)
			return false;
		postfix_items(postfix->arena, buffer_string(&text), &items);
		for (size_t i = 0; i < items.count && !found; i++)
			found = *items.at[i] != '/' && matches(postfix, items.at[i], domain, below);
		return found;
	}
	if (is_table(item))
		return ask_table(postfix, item, domain) != NULL;
	if (!strcasecmp(item, domain) || (*item == '.' && whole >= length && !strcasecmp(domain + whole - length, item)))
		return true;
	return below && whole > length && domain[whole - length - 1] == '.' && !strcasecmp(domain + whole - length, item);
}

bool postfix_domain_in(struct postfix *postfix, const char *parameter, const char *domain)
{
	struct strings items = { NULL, 0 }, parents = { NULL, 0 };
	bool below;

	postfix_items(postfix->arena, postfix_value(postfix, "parent_domain_matches_subdomains"), &parents);
	below = strings_have(&parents, parameter);
	postfix_items(postfix->arena, postfix_value(postfix, parameter), &items);
	for (size_t i = 0; i < items.count; i++) {
		bool not = *items.at[i] == '!';

		if (matches(postfix, items.at[i] + not, domain, below))
			return !not;
	}
	return false;
}

const char *postfix_own_table(const struct postfix *postfix, const char *name)
{
	const char *type = postfix_value(postfix, "default_database_type");

	return arena_printf(postfix->arena, "%s:%s/%s", *type ? type : "hash", postfix->directory, name);
}
