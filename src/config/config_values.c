/*
 * config_values.c - judges single values: names, addresses, listeners, relays, modes. And takes apart those that have parts.
 *
 * Every function returns NULL for a good value, else what was expected and what to do, as the end of a sentence. They know
 * nothing of the file, of lines or of other values.
 * May look at the machine only for users and groups: a wrong one would leave Postfix without its socket.
 */
#include "config_private.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define QUEUE_LOCAL_PART 30              /* 64 of RFC 5321, less separator and the longest token, with room to spare */
#define NAME_BYTES 64

const char *config_check_line(const char *value)
{
	if (!utf8_valid(value, strlen(value)))
		return "is not UTF-8; save the file as UTF-8";
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return "has a line break or another control character in it; write it on one line";
	return NULL;
}

const char *config_check_name(const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (strlen(value) > NAME_BYTES)
		return "expected a name of at most 64 characters";
	if (value[strspn(value, letters)] || !isalnum((unsigned char)*value))
		return "expected a name of letters, digits, \".\", \"-\" and \"_\", beginning with a letter or digit";
	return NULL;
}

const char *config_check_zone(const char *value)
{
	return calendar_zone_name_usable(value) ? NULL : "expected the name of a zone such as \"Europe/Rome\"";
}

const char *config_check_domain(const char *value)
{
	size_t length = strlen(value);

	for (const char *at = value; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.' && (unsigned char)*at < 0x80)
			return "expected a domain such as \"example.org\"";
	if (!length || length > 253 || *value == '.' || value[length - 1] == '.' || strstr(value, ".."))
		return "expected a domain such as \"example.org\"";
	return NULL;
}

const char *config_check_address(const char *value)
{
	static const char expected[] = "expected an address such as \"bob@example.org\", without a name, blanks or angle brackets";
	const char *at = strchr(value, '@');

	if (!at || at == value || strchr(at + 1, '@') || config_check_domain(at + 1))
		return expected;
	for (const char *byte = value; byte < at; byte++)
		if ((unsigned char)*byte <= ' ' || strchr("<>()[]\\,;:\"", *byte))
			return expected;
	if (at - value > LIMIT_LOCAL_PART || strlen(value) > LIMIT_ADDRESS)
		return "the address is too long; mail allows 64 bytes before the @ and 254 in all";
	return NULL;
}

const char *config_check_queue_address(const char *value)
{
	const char *complaint = config_check_address(value);

	if (!complaint && strchr(value, '@') - value > QUEUE_LOCAL_PART)
		return "the part before the @ has more than 30 bytes, but the token of a ticket must fit behind it; choose a shorter address";
	return complaint;
}

const char *config_check_store(const char *value)
{
	return strcmp(value, "sqlite:") == 0 || strncmp(value, "postgresql://", strlen("postgresql://")) == 0 ? NULL
		: "is no kind of database that there is here; expected \"sqlite:\", which is sportello.db in desk.state_dir, or \"postgresql://USER@HOST/DATABASE\"";
}

const char *config_check_path(const char *value)
{
	return *value == '/' ? NULL : "expected a path that begins with \"/\"";
}

const char *config_check_separator(const char *value)
{
	for (const char *at = value; *at; at++)
		if (!strchr("+-_=.", *at) || strchr(at + 1, *at))
			return "expected one or more of the characters + - _ = and the dot, each once";
	return NULL;
}

const char *config_check_mode(const char *value)
{
	size_t length = strlen(value);

	if (length < 3 || length > 4 || value[strspn(value, "01234567")] || (length == 4 && *value != '0'))
		return "expected permissions in octal, such as \"0660\"";
	return NULL;
}

const char *config_check_user(const char *value)
{
	char room[4096];
	struct passwd entry, *found = NULL;

	return getpwnam_r(value, &entry, room, sizeof room, &found) == 0 && !found
		? "there is no such user on this machine; create it, or correct the name" : NULL;
}

const char *config_check_group(const char *value)
{
	char room[16384];
	struct group entry, *found = NULL;

	return getgrnam_r(value, &entry, room, sizeof room, &found) == 0 && !found
		? "there is no such group on this machine; create it, or correct the name" : NULL;
}

const char *config_check_base_url(const char *value)
{
	size_t scheme = text_starts_nocase(value, "https://") ? 8 : text_starts_nocase(value, "http://") ? 7 : 0;

	if (!scheme || !value[scheme] || strpbrk(value, " <>\"?#"))
		return "expected a URL such as \"https://help.example.org\"";
	return NULL;
}

const char *config_check_word(const char *value)
{
	return strpbrk(value, " ;()<>\"") ? "expected a name without blanks, such as \"mx.example.org\"" : NULL;
}

const char *config_check_language(const char *value)
{
	size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyz");

	return value[length] || length < 2 || length > 3 ? "expected a language code of two or three small letters, such as \"it\"" : NULL;
}

/* ---------------------------------------------------------------- listeners and relays have parts */

/* "host:port", "[v6]:port"; the port may be missing if there is a default (not 0). */
static bool host_and_port(struct arena *arena, const char *text, int standard, const char **host, int *port)
{
	const char *colon = NULL;
	size_t length;
	char *end;

	if (*text == '[') {
		const char *close = strchr(text, ']');

		if (!close || (close[1] && close[1] != ':'))
			return false;
		*host = arena_copy(arena, text + 1, (size_t)(close - text - 1));
		colon = close[1] ? close + 1 : NULL;
		if (!strchr(*host, ':') || (*host)[strspn(*host, "0123456789abcdefABCDEF:.")])
			return false;
	} else {
		colon = strchr(text, ':');
		length = colon ? (size_t)(colon - text) : strlen(text);
		*host = arena_copy(arena, text, length);
		if (config_check_domain(*host))
			return false;
	}
	*port = standard;
	if (!colon)
		return standard != 0;
	if (!isdigit((unsigned char)colon[1]))
		return false;
	*port = (int)strtol(colon + 1, &end, 10);
	return !*end && strlen(colon + 1) <= 5 && *port >= 1 && *port <= 65535;
}

const char *config_listen_parse(struct arena *arena, const char *text, struct config_listen *listen)
{
	int port;

	*listen = (struct config_listen){ .text = arena_string(arena, text), .host = "", .port = "", .path = "" };
	if (!strncmp(text, "unix:", 5)) {
		listen->is_unix = true;
		listen->path = arena_string(arena, text + 5);
		if (text[5] != '/')
			return "expected \"unix:\" and a path that begins with \"/\"";
		if (strlen(listen->path) >= sizeof ((struct sockaddr_un *)0)->sun_path)
			return "the path of a unix socket has at most 107 bytes; choose a shorter one";
		return NULL;
	}
	if (!host_and_port(arena, text, 0, &listen->host, &port))
		return "expected an address and a port such as \"127.0.0.1:2424\" or \"[::1]:2424\", or \"unix:/path\"";
	listen->port = arena_printf(arena, "%d", port);
	return NULL;
}

const char *config_check_listen(const char *value)
{
	CLEANUP_ARENA struct arena arena;
	struct config_listen listen;

	arena_init(&arena);
	return config_listen_parse(&arena, value, &listen);
}

static bool is_loopback(const char *host)
{
	return !strncmp(host, "127.", 4) || !strcmp(host, "::1") || text_equal_nocase(host, "localhost");
}

static const char *relay_server(struct arena *arena, const char *rest, int standard_port, struct config_relay *relay)
{
	const char *user_end = strrchr(rest, '@');
	size_t length = strlen(rest);

	if (user_end) {
		relay->user = arena_copy(arena, rest, (size_t)(user_end - rest));
		if (!*relay->user || strpbrk(relay->user, " /"))
			return "expected a user before the @";
		if (strchr(relay->user, ':'))
			return "a password must not stand here, where everybody sees it; put it into the file that relay.password_file names";
		rest = user_end + 1;
		length = strlen(rest);
	}
	if (length && rest[length - 1] == '/')
		rest = arena_copy(arena, rest, length - 1);
	if (!host_and_port(arena, rest, standard_port, &relay->host, &relay->port))
		return "expected a host, and a port from 1 to 65535 if it is not the usual one, such as \"smtp://127.0.0.1:25\"";
	if (*relay->user && relay->kind == RELAY_SMTP && !is_loopback(relay->host))
		return "the password would cross the network in the clear; use smtps:// or smtp+starttls://";
	return NULL;
}

const char *config_relay_parse(struct arena *arena, const char *text, struct config_relay *relay)
{
	static const struct { const char *prefix; enum relay_kind kind; int port; } schemes[] = {
		{ "smtp://", RELAY_SMTP, 25 }, { "smtps://", RELAY_SMTPS, 465 }, { "smtp+starttls://", RELAY_STARTTLS, 587 },
	};

	relay->url = arena_string(arena, text);
	relay->host = relay->user = relay->path = relay->password = "";
	if (!strncmp(text, "maildir:", 8)) {
		relay->kind = RELAY_MAILDIR;
		relay->path = arena_string(arena, text + 8);
		return text[8] == '/' ? NULL : "expected \"maildir:\" and a path that begins with \"/\"";
	}
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		size_t length = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, length))
			continue;
		relay->kind = schemes[i].kind;
		return relay_server(arena, text + length, schemes[i].port, relay);
	}
	return "expected smtp://host:port, smtp+starttls://user@host:587, smtps://user@host:465 or maildir:/path";
}

const char *config_check_relay(const char *value)
{
	CLEANUP_ARENA struct arena arena;
	struct config_relay relay = { 0 };

	arena_init(&arena);
	return config_relay_parse(&arena, value, &relay);
}

const char *config_check_leave(const char *value)
{
	const char *problem;

	return desk_check_leave(value, &problem) ? NULL : problem;
}

const char *config_check_hours(const char *value)
{
	const char *problem;

	return desk_check_hours(value, &problem) ? NULL : problem;
}

int config_minute_parse(const char *text)
{
	int hour, minute, length = 0;

	return *text >= '0' && *text <= '9' && sscanf(text, "%2d:%2d%n", &hour, &minute, &length) == 2 && !text[length] && length == 5 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60
		? 60 * hour + minute : -1;
}

const char *config_check_minute(const char *value)
{
	return config_minute_parse(value) >= 0 ? NULL : "expected a time of the day such as \"03:00\"";
}

const char *config_check_every(const char *value)
{
	struct calendar_length length;

	return calendar_length_read(value, &length) && !length.days ? NULL : "expected a length of time such as \"15m\" or \"1h\"";
}

const char *config_check_colleague(const char *value)
{
	static const char *const known[] = { "taken", "answered", "note", "closed", "none" };

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(known[i], value))
			return NULL;
	return "expected taken, answered, note, closed or none";
}

const char *config_check_promise(const char *value)
{
	struct calendar_length length;

	return !*value || calendar_length_read(value, &length) ? NULL : "expected a time such as \"30m\", \"4h\", \"1h30m\" or, in business days, \"2bd\"";
}

/* "-30m", "0m", "1h": seconds from the due moment on. */
bool config_step_read(const char *value, int64_t *seconds)
{
	struct calendar_length length;
	bool before = *value == '-';

	value += *value == '-' || *value == '+';
	*seconds = 0;
	if (!strcmp(value, "0") || !strcmp(value, "0m") || !strcmp(value, "0h") || !strcmp(value, "0s"))
		return true;
	if (!calendar_length_read(value, &length) || length.days)
		return false;
	*seconds = before ? -length.seconds : length.seconds;
	return true;
}

const char *config_check_step(const char *value)
{
	int64_t seconds;

	return config_step_read(value, &seconds) ? NULL : "expected a time before or after it is due, such as \"-30m\", \"0m\" or \"1h\"";
}

/* An agent's name, or an address. */
const char *config_check_reader(const char *value)
{
	return strchr(value, '@') ? config_check_address(value) : config_check_name(value);
}

const char *config_check_pause(const char *value)
{
	return desk_waiting_named(value) ? NULL : "expected " WAITING_NAMES;
}
