/*
 * cli_setup_config.c - `setup`: the configuration of a new desk, as text.
 *
 * Short, so that it is read: what it does not say has the defaults of sportello.conf(5). It is judged by the reader of configurations before it is
 * written, and it is never written over one that somebody made: only where there is none, the sample as it was installed, or nothing but comments (what
 * the Debian package installs).
 */
#include "cli_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *quoted(struct arena *arena, const char *text)
{
	CLEANUP_BUFFER struct buffer out;

	buffer_init(&out);
	buffer_add_char(&out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_char(&out, '\\');
		if ((unsigned char)*text >= ' ')
			buffer_add_char(&out, *text);
	}
	buffer_add_char(&out, '"');
	return arena_string(arena, buffer_string(&out));
}

/* "support" of support@example.org: what a short name may hold. */
static const char *short_name(struct arena *arena, const char *address)
{
	char *name = arena_copy(arena, address, strcspn(address, "@")), *to = name;

	for (const char *at = name; *at; at++)
		if (isalnum((unsigned char)*at) || strchr(".-_", *at))
			*to++ = (char)tolower((unsigned char)*at);
	*to = '\0';
	return *name ? name : "support";
}

static enum status add_agents(struct cli *cli, const struct cli_setup *setup, struct buffer *out, struct strings *names, struct error *error)
{
	buffer_add_string(out, "\n# Who answers. Further lines of an agent: display, language, signature, skills, hours ...\nagents: (\n");
	for (size_t i = 0; i < setup->agents.count; i++) {
		const char *agent = setup->agents.at[i], *sign = strchr(agent, '=');

		if (!sign || sign == agent || !strchr(sign, '@'))
			return error_set(error, STATUS_USAGE, "\"%s\" is no agent; write NAME=ADDRESS, for example bob=bob@example.org", agent);
		strings_add(&cli->arena, names, arena_copy(&cli->arena, agent, (size_t)(sign - agent)));
		buffer_printf(out, "\t{ name = %s; email = %s; }%s\n", quoted(&cli->arena, names->at[i]), quoted(&cli->arena, sign + 1), i + 1 < setup->agents.count ? "," : "");
	}
	buffer_add_string(out, ");\n");
	return STATUS_OK;
}

static void add_queues(struct cli *cli, const struct cli_setup *setup, struct buffer *out, const struct strings *agents)
{
	buffer_add_string(out, "\n# Where customers write. The first queue gets what nothing else sorts.\nqueues: (\n");
	for (size_t i = 0; i < setup->queues.count; i++) {
		buffer_printf(out, "\t{ name = %s; address = %s; agents = [ ", quoted(&cli->arena, short_name(&cli->arena, setup->queues.at[i])),
		              quoted(&cli->arena, setup->queues.at[i]));
		for (size_t k = 0; k < agents->count; k++)
			buffer_printf(out, "%s%s", k ? ", " : "", quoted(&cli->arena, agents->at[k]));
		buffer_printf(out, " ]; }%s\n", i + 1 < setup->queues.count ? "," : "");
	}
	buffer_add_string(out, ");\n");
}

enum status cli_setup_text(struct cli *cli, const struct cli_setup *setup, const char **text, struct error *error)
{
	CLEANUP_BUFFER struct buffer out;
	struct strings agents = { NULL, 0 };
	enum status status;

	buffer_init(&out);
	buffer_add_string(&out, "# sportello.conf - written by `sportello setup`. Every parameter: sportello.conf(5), or `sportello config-sample`.\n"
	                  "# After a change: sportello check, then systemctl reload sportellod. After a change of queues: sportello setup --apply.\n\n");
	buffer_printf(&out, "desk: {\n\tname = %s;\n\tdomain = %s;\n", quoted(&cli->arena, setup->name), quoted(&cli->arena, setup->domain));
	if (strcmp(setup->separator, "+") != 0)
		buffer_printf(&out, "\tseparator = %s;               # as Postfix's recipient_delimiter\n", quoted(&cli->arena, setup->separator));
	buffer_add_string(&out, "};\n");
	buffer_add_string(&out, "lmtp: {\n\tlisten = [ \"127.0.0.1:2424\" ];\n");
	if (setup->message_bytes)
		buffer_printf(&out, "\tmax_message_bytes = %llu;   # as Postfix's message_size_limit\n", (unsigned long long)setup->message_bytes);
	buffer_add_string(&out, "};\n");
	buffer_printf(&out, "web: { listen = \"127.0.0.1:8025\"; base_url = %s; };\n", quoted(&cli->arena, setup->url));
	buffer_printf(&out, "relay: { url = %s; };\n", quoted(&cli->arena, setup->relay));
	if ((status = add_agents(cli, setup, &out, &agents, error)) != STATUS_OK)
		return status;
	add_queues(cli, setup, &out, &agents);
	*text = arena_string(&cli->arena, buffer_string(&out));
	return STATUS_OK;
}

/* Comments and blanks. */
static bool says_nothing(const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		text += strspn(text, " \t\r\n");
		if (*text && *text != '#' && strncmp(text, "//", 2) != 0)
			return false;
	}
	return true;
}

bool cli_setup_is_free(struct cli *cli, const char *file)
{
	CLEANUP_BUFFER struct buffer text, sample;

	buffer_init(&text);
	buffer_init(&sample);
	if (access(file, F_OK) < 0)
		return errno == ENOENT;
	config_write_sample(&sample);
	return file_read_all(file, (size_t)1 << 20, &text, NULL) == STATUS_OK
	       && (!strcmp(buffer_string(&text), buffer_string(&sample)) || says_nothing(buffer_string(&text)));
}

enum status cli_setup_try(struct cli *cli, const char *text, struct config **config, struct error *error)
{
	char path[] = "/tmp/sportello-conf-XXXXXX";
	CLEANUP_FD int fd = mkostemp(path, O_CLOEXEC);
	struct config_problems problems = { NULL, 0 };
	enum status status;

	if (fd < 0 || !write_all(fd, text, strlen(text)))
		return error_set(error, STATUS_TRY_LATER, "%s: %s", path, strerror(errno));
	status = config_load(path, &cli->arena, config, &problems);
	unlink(path);
	for (size_t i = 0; i < problems.count && status != STATUS_OK; i++)
		if (!problems.at[i].warning)
			cli_warn("%s: %s", problems.at[i].key, problems.at[i].text);
	return status == STATUS_OK ? STATUS_OK : error_set(error, STATUS_USAGE, "these answers make no configuration; correct them");
}

/* Root's, for the daemon to read: passwords of relays may come to stand in it. */
enum status cli_setup_write(const char *file, const char *text, bool secret, struct error *error)
{
	CLEANUP_ARENA struct arena arena;
	const struct group *group = getgrnam("sportello");
	const char *new, *slash;
	int fd;

	arena_init(&arena);
	new = arena_printf(&arena, "%s.new", file);
	slash = strrchr(file, '/');
	if (slash && slash != file) {
		const char *directory = arena_copy(&arena, file, (size_t)(slash - file));
		bool there = access(directory, F_OK) == 0;

		if (!directory_make(directory, 0750))
			return error_set(error, STATUS_REFUSED, "%s cannot be made: %s%s", directory, strerror(errno), geteuid() ? "; run it as root, for example with sudo" : "");
		if (!there && group && geteuid() == 0 && chown(directory, (uid_t)-1, group->gr_gid) < 0)
			cli_warn("%s: %s", directory, strerror(errno));
	}
	if ((fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)) < 0)
		return error_set(error, STATUS_REFUSED, "%s cannot be written: %s%s", file, strerror(errno), geteuid() ? "; run it as root, for example with sudo" : "");
	if (secret && group && geteuid() == 0 && fchown(fd, 0, group->gr_gid) < 0)
		cli_warn("%s: %s", file, strerror(errno));
	if (!write_all(fd, text, strlen(text)) || fchmod(fd, secret ? 0640 : 0644) < 0 || fsync(fd) < 0 || rename(new, file) < 0) {
		close(fd);
		return error_set(error, STATUS_TRY_LATER, "%s: %s", file, strerror(errno));
	}
	close(fd);
	return STATUS_OK;
}
