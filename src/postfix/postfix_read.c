/*
 * postfix_read.c - one reading of Postfix's configuration, by postconf.
 *
 * Three times: as it is taken (defaults and $names replaced), with $names, and what main.cf itself sets. master.cf by its services.
 * Diagnostics: "is not installed", "is not set up" (no main.cf), or what postconf says.
 */
#include "postfix_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAIN_CF_MOST ((size_t)1 << 20)

/* "name = value", a line each; warnings of postconf are none. */
static void read_parameters(struct arena *arena, char *text, struct postfix_parameters *list)
{
	for (char *line = text, *next; line && *line; line = next) {
		char *sign = strstr(line, " ="), *end = strchr(line, '\n');

		next = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		if (!sign || strcspn(line, " :") != (size_t)(sign - line))
			continue;
		*sign = '\0';
		*ARENA_PUSH(arena, list) = (struct postfix_parameter){ line, sign[2] == ' ' ? sign + 3 : sign + 2 };
	}
}

static enum status ask(struct postfix *postfix, const char *option, const char *other, char **text, struct error *error)
{
	const char *words[] = { "postconf", "-c", postfix->directory, option ? option : other, option ? other : NULL, NULL };
	CLEANUP_BUFFER struct buffer said;
	int code;

	buffer_init(&said);
	if ((code = postfix_run(words, NULL, &said)) == 0) {
		*text = arena_string(postfix->arena, buffer_string(&said));
		return STATUS_OK;
	}
	if (code < 0)
		return error_set(error, STATUS_NOT_FOUND, "Postfix is not installed here (no postconf); on Debian: apt install postfix");
	return error_set(error, STATUS_BAD_CONFIG, "postconf -c %s: %.300s", postfix->directory, text_trim(arena_string(postfix->arena, buffer_string(&said))));
}

static enum status read_all(struct postfix *postfix, struct error *error)
{
	char *text = NULL;
	enum status status;

	if ((status = ask(postfix, NULL, "-x", &text, error)) != STATUS_OK)
		return status;
	read_parameters(postfix->arena, text, &postfix->expanded);
	if ((status = ask(postfix, NULL, NULL, &text, error)) != STATUS_OK)
		return status;
	read_parameters(postfix->arena, text, &postfix->raw);
	if ((status = ask(postfix, NULL, "-n", &text, error)) != STATUS_OK)
		return status;
	read_parameters(postfix->arena, text, &postfix->written);
	if ((status = ask(postfix, NULL, "-M", &text, error)) != STATUS_OK)
		return status;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		strings_add(postfix->arena, &postfix->services, line);
	return STATUS_OK;
}

enum status postfix_open(struct arena *arena, const char *directory, struct postfix **out, struct error *error)
{
	struct postfix *postfix = ARENA_NEW(arena, struct postfix);
	CLEANUP_BUFFER struct buffer text;
	enum status status;

	buffer_init(&text);
	if (!directory)
		directory = getenv("MAIL_CONFIG") ? getenv("MAIL_CONFIG") : "/etc/postfix";
	postfix->arena = arena;
	postfix->directory = arena_string(arena, directory);
	postfix->main_cf = postfix_path(postfix, "main.cf");
	if (!postfix_program_is_there("postconf"))
		return error_set(error, STATUS_NOT_FOUND, "Postfix is not installed here (no postconf); on Debian: apt install postfix, and choose \"Internet Site\"");
	if (access(postfix->main_cf, F_OK) < 0)
		return error_set(error, STATUS_NOT_FOUND, "Postfix is not set up: there is no %s; on Debian: dpkg-reconfigure postfix, and choose \"Internet Site\"",
		                 postfix->main_cf);
	if ((status = file_read_all(postfix->main_cf, MAIN_CF_MOST, &text, error)) != STATUS_OK || (status = read_all(postfix, error)) != STATUS_OK)
		return status;
	postfix->text = arena_string(arena, buffer_string(&text));
	*out = postfix;
	return STATUS_OK;
}

static const char *find(const struct postfix_parameters *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->at[i].name, name))
			return list->at[i].value;
	return NULL;
}

const char *postfix_value(const struct postfix *postfix, const char *name)
{
	const char *value = find(&postfix->expanded, name);

	return value ? value : "";
}

const char *postfix_raw(const struct postfix *postfix, const char *name)
{
	const char *value = find(&postfix->raw, name);

	return value ? value : "";
}

const char *postfix_written(const struct postfix *postfix, const char *name)
{
	return find(&postfix->written, name);
}

const char *postfix_directory(const struct postfix *postfix)
{
	return postfix->directory;
}

const char *postfix_main_cf(const struct postfix *postfix)
{
	return postfix->main_cf;
}

const char *postfix_path(const struct postfix *postfix, const char *name)
{
	return arena_printf(postfix->arena, "%s/%s", postfix->directory, name);
}

/* The last one counts, as for Postfix. */
int postfix_line(const struct postfix *postfix, const char *name)
{
	size_t length = strlen(name);
	int number = 1, found = 0;

	for (const char *line = postfix->text; *line; number++) {
		if (!strncmp(line, name, length) && strchr(" \t=", line[length]))
			found = number;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return found;
}

/* "smtp", "25", "127.0.0.1:2525", "[::1]:25" of a service of smtpd or postscreen that this machine reaches. */
static int port_of(const char *service)
{
	const char *colon = strrchr(service, ':'), *port = colon ? colon + 1 : service;

	if (colon && strncmp(service, "127.", 4) != 0 && strncmp(service, "localhost:", 10) != 0 && strncmp(service, "[::1]", 5) != 0 && strncmp(service, "0.0.0.0:", 8) != 0)
		return 0;
	return !strcmp(port, "smtp") ? 25 : !strcmp(port, "submission") || !strcmp(port, "smtps") || !strcmp(port, "submissions") ? 0 : atoi(port);
}

int postfix_port(const struct postfix *postfix)
{
	for (size_t i = 0; i < postfix->services.count; i++) {
		char *save = NULL, *line = arena_string(postfix->arena, postfix->services.at[i]), *words[8] = { NULL };
		size_t count = 0;

		for (char *word = strtok_r(line, " \t", &save); word && count < COUNT_OF(words); word = strtok_r(NULL, " \t", &save))
			words[count++] = word;
		if (count == 8 && !strcmp(words[1], "inet") && (!strcmp(words[7], "smtpd") || !strcmp(words[7], "postscreen")) && port_of(words[0]) > 0
		    && !strstr(postfix->services.at[i], "smtpd_tls_wrappermode=yes"))
			return port_of(words[0]);
	}
	return 0;
}
