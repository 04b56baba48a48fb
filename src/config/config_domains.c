/*
 * config_domains.c - domains that are nobody's in particular: public suffixes, and providers that give a mailbox to anybody.
 *
 * The lists are built in (conf/domains), and replaced by files that the configuration names; of public suffixes also by that of Debian's package
 * publicsuffix, which is kept up to date. The rules of https://publicsuffix.org/list/: "*.ck" is every domain right below ck, "!www.ck" is
 * none. Read anew each time: only the command line asks, when an organisation gets a domain.
 */
#include <string.h>

#include "config_private.h"

#define LIST_BYTES ((size_t)16 * 1024 * 1024)
#define DEBIANS_LIST "/usr/share/publicsuffix/public_suffix_list.dat"

extern const char config_list_public_suffixes[], config_list_free_mail[];

/* Is `name` on a line of its own? */
static bool has_line(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (; *list; list += strcspn(list, "\n"), list += *list == '\n')
		if (strcspn(list, " \t\r\n") == length && strncmp(list, name, length) == 0)
			return true;
	return false;
}

/* The file's text, or what is built in, if there is none. What Debian's list has in letters beyond ASCII stands in ours as A-labels. */
static const char *text_of(struct buffer *file, const char *named, const char *usual, const char *built_in)
{
	struct error error;
	if (named && *named && file_read_all(named, LIST_BYTES, file, &error) == STATUS_OK)
		return buffer_string(file);
	if (usual && file_read_all(usual, LIST_BYTES, file, &error) == STATUS_OK)
		buffer_add_string(file, built_in);
	else
		buffer_reset(file);
	return file->length ? buffer_string(file) : built_in;
}

bool config_is_public_suffix(const struct config *config, const char *domain)
{
	CLEANUP_BUFFER struct buffer file = {0};
	CLEANUP_ARENA struct arena arena = {0};
	const char *parent = strchr(domain, '.');
	if (!parent)
		return true;
	const char *list = text_of(&file, config->public_suffixes, DEBIANS_LIST, config_list_public_suffixes);
	if (has_line(list, arena_printf(&arena, "!%s", domain)))
		return false;
	return has_line(list, domain) || has_line(list, arena_printf(&arena, "*%s", parent));
}

/* Also of what is below a provider's domain, and of one that it is below: name of the entry. */
const char *config_free_mail(const struct config *config, const char *domain)
{
	CLEANUP_BUFFER struct buffer file = {0};
	const char *list = text_of(&file, config->free_mail, NULL, config_list_free_mail);
	for (const char *name = domain; name && strchr(name, '.'); name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL)
		if (has_line(list, name))
			return name;
	return NULL;
}
