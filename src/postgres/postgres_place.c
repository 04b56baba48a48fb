/*
 * postgres_place.c - where a database is: for people, and for who lets the daemon out to nothing else.
 */
#include "postgres_private.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 5432

/* Without its password. */
char *postgres_place(struct arena *arena, const char *url, const char *state_dir)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	const char *host = "", *port = "", *name = "", *user = "";

	(void)state_dir;
	for (PQconninfoOption *option = options; option && option->keyword; option++) {
		if (!option->val)
			continue;
		if (strcmp(option->keyword, "host") == 0)
			host = arena_string(arena, option->val);
		else if (strcmp(option->keyword, "port") == 0)
			port = arena_printf(arena, ":%s", option->val);
		else if (strcmp(option->keyword, "dbname") == 0)
			name = arena_string(arena, option->val);
		else if (strcmp(option->keyword, "user") == 0)
			user = arena_printf(arena, "%s@", option->val);
	}
	PQconninfoFree(options);
	if (*host == '/')                /* a directory: of a socket */
		return arena_printf(arena, "postgresql://%s%s/%s?host=%s", user, port, name, host);
	return arena_printf(arena, "postgresql://%s%s%s/%s", user, host, port, name);
}

/* libpq tries host after host, each with its port, or all with the one. */
size_t postgres_ports(const char *url, int ports[ENGINE_PORTS])
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	size_t count = 0;

	for (PQconninfoOption *option = options; option && option->keyword; option++) {
		const char *at = option->val;

		if (strcmp(option->keyword, "port") != 0)
			continue;
		for (; at && *at && count < ENGINE_PORTS; at += strcspn(at, ","), at += *at == ',')
			ports[count++] = (int)strtol(at, NULL, 10);
	}
	PQconninfoFree(options);
	if (count == 0)
		ports[count++] = getenv("PGPORT") ? (int)strtol(getenv("PGPORT"), NULL, 10) : DEFAULT_PORT;
	return count;
}
