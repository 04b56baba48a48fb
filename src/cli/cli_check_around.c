/*
 * cli_check_around.c - `check`: what stands around the configuration and makes it be of no use: files that nobody reads for their names, domains that do
 * not exist, and folders that systemd's unit hides from the daemon or lets it not write to.
 *
 * Warnings and notes all: another unit, another name server may be meant. May not change anything.
 */
#include "cli_private.h"

#include <dirent.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define UNIT_BYTES ((size_t)64 * 1024)
#define SAID_MOST 5 /* files of one folder: who has more, has seen it by then */
#define UNITS_CONFIG "/etc/sportello/sportello.conf" /* which the unit reads */

struct around {
	struct cli *cli;
	const struct config *config;
	struct cli_findings *findings;
};

#define SAY(around, ...) arena_printf(&(around)->cli->arena, __VA_ARGS__)

static void add(struct around *around, const char *level, const char *what, const char *what_to_do)
{
	*ARENA_PUSH(&around->cli->arena, around->findings) =
		(struct cli_finding){ level, around->config->file, 0, what, what_to_do };
}

/* ---------------------------------------------------------------- files that nobody reads */

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length > tail && !strcasecmp(name + length - tail, end);
}

/* "10-vpn.siv", "vpn.txt": not what was put aside on purpose, and not what an editor or dpkg leaves. */
static bool is_meant(const char *name, const char *end, const char *const likely[])
{
	if (*name == '.' || *name == '_' ||
	    (ends_with(name, end) && !strcmp(name + strlen(name) - strlen(end), end)))
		return false;
	for (size_t i = 0; likely[i]; i++)
		if (ends_with(name, likely[i]))
			return true;
	return false;
}

static void look_at_folder(struct around *around, const char *key, const char *path,
                           const char *end, const char *const likely[])
{
	DIR *directory = path && *path ? opendir(path) : NULL;
	int said = 0;

	for (struct dirent *entry; directory && said < SAID_MOST && (entry = readdir(directory));) {
		const char *name = entry->d_name;

		if (!is_meant(name, end, likely))
			continue;
		add(around, "note",
		    SAY(around, "%s: %s/%s is not read: names there end with %s", key, path, name,
		        end),
		    SAY(around, "mv %s/%s %s/%.*s%s", path, name, path, (int)strcspn(name, "."),
		        name, end));
		said++;
	}
	if (directory)
		closedir(directory);
}

/* ---------------------------------------------------------------- domains */

/* Those that are for examples are said elsewhere; one without a dot is of this house alone. */
static bool is_public(const char *domain)
{
	return strchr(domain, '.') && !strstr(domain, "example.") &&
	       !ends_with(domain, ".example") && !ends_with(domain, ".test") &&
	       !ends_with(domain, ".invalid") && !ends_with(domain, ".local") &&
	       !ends_with(domain, ".localhost") && !ends_with(domain, ".internal");
}

static void look_at_domains(struct around *around)
{
	const struct desk_policy *policy = &around->config->policy;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct strings seen = { NULL, 0 };

	for (size_t i = 0; i < policy->queues.count; i++) {
		const char *at = policy->queues.at[i].address
		                         ? strrchr(policy->queues.at[i].address, '@')
		                         : NULL;
		bool again = !at;

		for (size_t k = 0; !again && k < seen.count; k++)
			again = !strcasecmp(seen.at[k], at + 1);
		if (again || !is_public(at + 1))
			continue;
		strings_add(&around->cli->arena, &seen, at + 1);
		found = NULL;
		if (getaddrinfo(at + 1, NULL, &hints, &found) ==
		    EAI_NONAME) /* a domain with nothing but an MX is known */
			add(around, "warning",
			    SAY(around,
			        "queues[].address: there is no domain %s: nobody outside can write to %s",
			        at + 1, policy->queues.at[i].address),
			    SAY(around, "the domain as it is spelled, or an MX record for %s",
			        at + 1));
		if (found)
			freeaddrinfo(found);
	}
}

/* ---------------------------------------------------------------- systemd's unit */

/* The unit with what `systemctl edit` added; NULL: there is none, or it reads another configuration. */
static const char *read_unit(struct around *around)
{
	static const char *const folders[] = { "/etc/systemd/system", "/run/systemd/system",
		                               "/usr/local/lib/systemd/system",
		                               "/usr/lib/systemd/system", "/lib/systemd/system" };
	CLEANUP_BUFFER struct buffer text = { 0 };
	struct dirent *entry;
	struct error error;
	bool there = false;
	char *extra = SAY(around, "/etc/systemd/system/sportellod.service.d");
	DIR *directory;

	for (size_t i = 0; i < COUNT_OF(folders) && !there; i++)
		there = file_read_all(SAY(around, "%s/sportellod.service", folders[i]), UNIT_BYTES,
		                      &text, &error) == STATUS_OK;
	if (!there || !strstr(buffer_string(&text), UNITS_CONFIG))
		return NULL;
	directory = opendir(extra);
	while (directory && (entry = readdir(directory)))
		if (ends_with(entry->d_name, ".conf")) {
			CLEANUP_BUFFER struct buffer more = { 0 };

			if (file_read_all(SAY(around, "%s/%s", extra, entry->d_name), UNIT_BYTES,
			                  &more, &error) == STATUS_OK)
				buffer_printf(&text, "\n%s\n", buffer_string(&more));
		}
	if (directory)
		closedir(directory);
	return arena_string(&around->cli->arena, buffer_string(&text));
}

static bool is_below(const char *path, const char *folder, size_t length)
{
	while (length > 1 && folder[length - 1] == '/')
		length--;
	return !strncmp(path, folder, length) &&
	       (path[length] == '/' || !path[length] || length == 1);
}

/* Does the last word on a key begin with one of "yes", "strict" ...? */
static bool says(const char *unit, const char *key, const char *value)
{
	bool it = false;
	size_t length = strlen(key);

	for (const char *line = unit; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, key, length) && line[length] == '=')
			it = !strncmp(line + length + 1, value, strlen(value));
	return it;
}

/* ReadWritePaths and the like of the unit: words, some with a sign before. */
static bool is_writable(const char *unit, const char *path)
{
	static const struct {
		const char *key, *below;
	} keys[] = { { "ReadWritePaths=", "" },
		     { "BindPaths=", "" },
		     { "StateDirectory=", "/var/lib/" },
		     { "RuntimeDirectory=", "/run/" } };

	for (const char *line = unit; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		for (size_t i = 0; i < COUNT_OF(keys); i++) {
			size_t length = strlen(keys[i].key), below = strlen(keys[i].below),
			       end = strcspn(line, "\n");

			for (const char *word = line + length;
			     !strncmp(line, keys[i].key, length) && word < line + end;
			     word += strcspn(word, " \t\n") + 1) {
				const char *name = word + strspn(word, "-+");

				if (!below && is_below(path, name, strcspn(name, " \t\n:")))
					return true;
				if (below && is_below(path, keys[i].below, below) &&
				    strlen(path) > below &&
				    is_below(path + below, name, strcspn(name, " \t\n:")))
					return true;
			}
		}
	return false;
}

static void look_at_place(struct around *around, const char *unit, const char *key,
                          const char *path, bool written)
{
	static const char *const homes[] = { "/home", "/root", "/run/user" }, *const own[] = {
		"/tmp", "/var/tmp"
	};

	if (!path || *path != '/')
		return;
	for (size_t i = 0; i < COUNT_OF(homes); i++)
		if (says(unit, "ProtectHome", "yes") &&
		    is_below(path, homes[i], strlen(homes[i]))) {
			add(around, "warning",
			    SAY(around,
			        "%s: systemd's unit hides %s from sportellod (ProtectHome), so %s is not there for it",
			        key, homes[i], path),
			    "a folder elsewhere: below /etc/sportello, /var/lib/sportello or /srv");
			return;
		}
	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (says(unit, "PrivateTmp", "yes") && is_below(path, own[i], strlen(own[i]))) {
			add(around, "warning",
			    SAY(around,
			        "%s: systemd's unit gives sportellod a %s of its own (PrivateTmp), so %s is another place for it",
			        key, own[i], path),
			    "a folder elsewhere: below /etc/sportello, /var/lib/sportello or /srv");
			return;
		}
	if (written && says(unit, "ProtectSystem", "strict") && !is_writable(unit, path))
		add(around, "warning",
		    SAY(around, "%s: systemd's unit does not let sportellod write to %s", key,
		        path),
		    SAY(around,
		        "systemctl edit sportellod, there two lines: [Service] and ReadWritePaths=%s; then systemctl restart sportellod",
		        path));
}

static void look_at_unit(struct around *around)
{
	const struct config *config = around->config;
	const char *unit = strcmp(config->file, UNITS_CONFIG) ? NULL : read_unit(around);

	if (!unit)
		return;
	look_at_place(around, unit, "desk.state_dir", config->state_dir, true);
	look_at_place(around, unit, "backup.dir", config->backup_dir, true);
	look_at_place(around, unit, "mirror.maildir", config->mirror_maildir, true);
	if (config->relay.kind == RELAY_MAILDIR)
		look_at_place(around, unit, "relay.url", config->relay.path, true);
	for (size_t i = 0; i < config->lmtp_listen.count; i++)
		if (config->lmtp_listen.at[i].is_unix)
			look_at_place(around, unit, "lmtp.listen", config->lmtp_listen.at[i].path,
			              true);
	look_at_place(around, unit, "rules_dir", config->rules_dir, false);
	look_at_place(around, unit, "kb_dir", config->kb_dir, false);
	look_at_place(around, unit, "templates_dir", config->templates_dir, false);
	look_at_place(around, unit, "replies_dir", config->replies_dir, false);
	look_at_place(around, unit, "relay.password_file", config->relay.password_file, false);
}

void cli_check_around(struct cli *cli, struct cli_findings *findings)
{
	static const char *const scripts[] = { ".siv", ".sive", ".sieve", ".seive", ".txt", NULL },
				 *const articles[] = { ".markdown", ".mdown", ".md", ".txt", NULL };
	struct around around = { cli, cli->config, findings };

	look_at_folder(&around, "rules_dir", cli->config->rules_dir, ".sieve", scripts);
	look_at_folder(&around, "kb_dir", cli->config->kb_dir, ".md", articles);
	look_at_domains(&around);
	look_at_unit(&around);
}
