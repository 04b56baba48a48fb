/*
 * cli_deliver.c - `deliver --to ADDRESS FILE...`: hands mails to a running daemon by LMTP, as a mail server would. To try things out.
 *
 * A client as small as can be (RFC 2033): no pipelining, one reply after the other, all of them printed. Line ends become CRLF, a
 * leading mbox "From " line is left as it is. Exit code: 0 if every recipient of every mail was accepted, 75 if one was
 * deferred (4xx), 65 if one was refused (5xx).
 * Diagnostics: "cannot connect" - is sportellod running, and does lmtp.listen say that address?
 */
#include "cli_private.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define MAIL_BYTES ((size_t)1024 * 1024 * 1024)
#define REPLY_BYTES 8192
#define REPLY_SECONDS 120

struct client {
	int fd;
	char input[4096];
	size_t at, length;
	char reply[REPLY_BYTES];                 /* the last one, its lines joined by blanks, without the code */
	int code;
	struct json json;
	bool deferred, refused;
};

/* ---------------------------------------------------------------- connection */

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path));            /* its length was checked when it was read */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_tcp(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &all) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (struct addrinfo *one = all; one && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
		if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(all);
	return fd;
}

/* --lmtp: split at the last colon, so that no configuration is needed. */
static enum status parse_where(struct cli *cli, const char *text, struct config_listen *where, struct error *error)
{
	const char *colon = strrchr(text, ':');

	*where = (struct config_listen){ .text = text };
	if (!strncmp(text, "unix:", 5) && strlen(text + 5) < sizeof ((struct sockaddr_un *)0)->sun_path) {
		where->is_unix = true;
		where->path = text + 5;
		return STATUS_OK;
	}
	if (!colon || colon == text || !colon[1] || !strncmp(text, "unix:", 5))
		return error_set(error, STATUS_USAGE, "\"%s\" is no address; write HOST:PORT or unix:PATH", text);
	where->host = *text == '[' ? arena_copy(&cli->arena, text + 1, strcspn(text + 1, "]")) : arena_copy(&cli->arena, text, (size_t)(colon - text));
	where->port = colon + 1;
	return STATUS_OK;
}

static enum status find_where(struct cli *cli, struct config_listen *where, struct error *error)
{
	enum status status;

	if (cli->option[O_LMTP])
		return parse_where(cli, cli->option[O_LMTP], where, error);
	if ((status = cli_need_config(cli, error)) == STATUS_OK)
		*where = cli->config->lmtp_listen.at[0];
	return status;
}

static enum status open_connection(const struct config_listen *where, struct client *client, struct error *error)
{
	struct timeval wait = { .tv_sec = REPLY_SECONDS };

	client->fd = where->is_unix ? connect_unix(where->path) : connect_tcp(where->host, where->port);
	if (client->fd < 0)
		return error_set(error, STATUS_TRY_LATER, "cannot connect to %s: %s; is sportellod running there?", where->text, strerror(errno));
	setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	return STATUS_OK;
}

/* ---------------------------------------------------------------- dialogue */

static int next_byte(struct client *client)
{
	if (client->at == client->length) {
		ssize_t got;

		do
			got = recv(client->fd, client->input, sizeof client->input, 0);
		while (got < 0 && errno == EINTR);
		if (got <= 0)
			return -1;
		client->at = 0;
		client->length = (size_t)got;
	}
	return (unsigned char)client->input[client->at++];
}

static bool read_line(struct client *client, char *line, size_t room)
{
	size_t length = 0;
	int byte;

	while ((byte = next_byte(client)) >= 0 && byte != '\n')
		if (byte != '\r' && length + 1 < room)
			line[length++] = (char)byte;
	line[length] = '\0';
	return byte == '\n';
}

/* All lines of one reply. */
static enum status read_reply(struct client *client, struct error *error)
{
	char line[1024];
	size_t used = 0;

	client->reply[0] = '\0';
	do {
		if (!read_line(client, line, sizeof line))
			return error_set(error, STATUS_TRY_LATER, "the connection broke while waiting for a reply");
		client->code = strlen(line) >= 3 ? atoi(line) : 0;
		if (client->code < 200 || client->code > 599)
			return error_set(error, STATUS_BROKEN, "the other side does not speak LMTP: %.100s", line);
		used += (size_t)snprintf(client->reply + used, sizeof client->reply - used, "%s%s", used ? " " : "", line + (line[3] ? 4 : 3));
		if (used >= sizeof client->reply)
			used = sizeof client->reply - 1;
	} while (line[3] == '-');
	return STATUS_OK;
}

static enum status send_bytes(struct client *client, const char *at, size_t length, struct error *error)
{
	while (length) {
		ssize_t sent = send(client->fd, at, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return error_set(error, STATUS_TRY_LATER, "the connection broke while sending: %s", strerror(errno));
		at += sent;
		length -= (size_t)sent;
	}
	return STATUS_OK;
}

PRINTF_LIKE(3, 4) static enum status command(struct client *client, struct error *error, const char *format, ...)
{
	CLEANUP_ARENA struct arena arena;
	const char *line;
	enum status status;
	va_list arguments;

	arena_init(&arena);
	va_start(arguments, format);
	line = arena_vprintf(&arena, format, arguments);
	va_end(arguments);
	line = arena_printf(&arena, "%s\r\n", line);
	status = send_bytes(client, line, strlen(line), error);
	return status == STATUS_OK ? read_reply(client, error) : status;
}

/* ---------------------------------------------------------------- one mail */

/* Lines end with CRLF, a leading dot is doubled (RFC 5321 section 4.5.2), and the last line is a dot. */
static void stuff(struct buffer *out, const char *at, size_t length)
{
	const char *end = at + length;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t run = (size_t)((newline ? newline : end) - at);

		if (*at == '.')
			buffer_add_char(out, '.');
		buffer_add(out, at, run && newline && at[run - 1] == '\r' ? run - 1 : run);
		buffer_add_string(out, "\r\n");
		at += run + (newline != NULL);
	}
	buffer_add_string(out, ".\r\n");
}

static void tell(struct cli *cli, struct client *client, const char *file, const char *recipient)
{
	client->deferred |= client->code >= 400 && client->code < 500;
	client->refused |= client->code >= 500;
	if (cli->json) {
		json_object(&client->json, NULL);
		json_string(&client->json, "file", file);
		json_string(&client->json, "recipient", recipient);
		json_number(&client->json, "code", client->code);
		json_string(&client->json, "reply", client->reply);
		json_object_end(&client->json);
	} else {
		buffer_printf(&cli->out, "%s: %s: %d %s\n", cli_safe(&cli->arena, file, false), cli_safe(&cli->arena, recipient, false), client->code,
		              cli_safe(&cli->arena, client->reply, false));
	}
}

static bool plain_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return !*text;
}

/* One argument that can stand in a command. */
static enum status check_address(const char *address, struct error *error)
{
	for (const char *at = address; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == '<' || *at == '>' || *at == 0x7f)
			return error_set(error, STATUS_USAGE, "\"%s\" is no address that can stand in an SMTP command", address);
	return STATUS_OK;
}

static const char *sender_of(struct cli *cli, const char *bytes, size_t length)
{
	struct mail_source source = { .data = bytes, .size = length, .fd = -1 };
	struct mail_options options = { .headers_only = true };
	struct mail mail;

	if (cli->option[O_FROM])
		return cli->option[O_FROM];
	mail_parse(&cli->arena, &source, &options, &mail);
	return mail_address_usable(mail.from.address) ? mail.from.address : "";
}

static enum status send_envelope(struct cli *cli, struct client *client, const char *file, const char *from, size_t size, struct strings *accepted, struct error *error)
{
	bool utf8 = !plain_ascii(from);
	enum status status;

	for (size_t i = 0; i < cli->to.count; i++)
		utf8 |= !plain_ascii(cli->to.at[i]);
	status = command(client, error, "MAIL FROM:<%s> SIZE=%zu BODY=8BITMIME%s", from, size, utf8 ? " SMTPUTF8" : "");
	for (size_t i = 0; i < cli->to.count && status == STATUS_OK; i++) {
		int code_of_mail = client->code;

		if (code_of_mail < 300)
			status = command(client, error, "RCPT TO:<%s>", cli->to.at[i]);
		if (status != STATUS_OK)
			return status;
		if (client->code < 300)
			strings_add(&cli->arena, accepted, cli->to.at[i]);
		else
			tell(cli, client, file, cli->to.at[i]);
		if (code_of_mail < 300)
			client->code = code_of_mail;
	}
	return status;
}

static enum status send_data(struct cli *cli, struct client *client, const char *file, const struct buffer *mail, const struct strings *accepted, struct error *error)
{
	CLEANUP_BUFFER struct buffer stuffed;
	enum status status = command(client, error, "DATA");
	bool taken = client->code == 354;

	buffer_init(&stuffed);
	if (status != STATUS_OK)
		return status;
	if (taken) {
		stuff(&stuffed, mail->at, mail->length);
		status = send_bytes(client, stuffed.at, stuffed.length, error);
	}
	for (size_t i = 0; i < accepted->count && status == STATUS_OK; i++) {
		if (taken)
			status = read_reply(client, error);
		if (status == STATUS_OK)
			tell(cli, client, file, accepted->at[i]);
	}
	return status;
}

static enum status deliver_one(struct cli *cli, struct client *client, const char *file, struct error *error)
{
	CLEANUP_BUFFER struct buffer mail;
	struct strings accepted = { NULL, 0 };
	const char *from;
	enum status status;

	buffer_init(&mail);
	if ((status = file_read_all(strcmp(file, "-") ? file : "/dev/stdin", MAIL_BYTES, &mail, error)) != STATUS_OK)
		return status;
	from = sender_of(cli, mail.at ? mail.at : "", mail.length);
	if ((status = check_address(from, error)) != STATUS_OK
	    || (status = send_envelope(cli, client, file, from, mail.length, &accepted, error)) != STATUS_OK)
		return status;
	if (accepted.count)
		return send_data(cli, client, file, &mail, &accepted, error);
	return command(client, error, "RSET");
}

static enum status deliver_all(struct cli *cli, struct client *client, struct error *error)
{
	enum status status = read_reply(client, error);

	if (status == STATUS_OK && client->code < 300)
		status = command(client, error, "LHLO localhost");
	if (status != STATUS_OK)
		return status;
	if (client->code >= 300)
		return error_set(error, STATUS_TRY_LATER, "the daemon takes no mail now: %d %s", client->code, client->reply);
	for (size_t i = 0; i < cli->count; i++)
		if ((status = deliver_one(cli, client, cli->words[i], error)) != STATUS_OK)
			return status;
	return command(client, error, "QUIT");
}

enum status cli_run_deliver(struct cli *cli, struct error *error)
{
	struct client client = { .fd = -1 };
	struct config_listen where;
	enum status status;

	if (!cli->to.count)
		return error_set(error, STATUS_USAGE, "deliver needs a recipient: --to ADDRESS");
	for (size_t i = 0; i < cli->to.count; i++)
		if ((status = check_address(cli->to.at[i], error)) != STATUS_OK)
			return status;
	if ((status = find_where(cli, &where, error)) != STATUS_OK || (status = open_connection(&where, &client, error)) != STATUS_OK)
		return status;
	json_init(&client.json, &cli->out);
	if (cli->json)
		json_array(&client.json, NULL);
	status = deliver_all(cli, &client, error);
	close(client.fd);
	if (cli->json) {
		json_array_end(&client.json);
		buffer_add_char(&cli->out, '\n');
	}
	cli->exit_code = client.refused ? EX_DATAERR : client.deferred ? EX_TEMPFAIL : EX_OK;
	if (status != STATUS_OK && !cli->json)
		cli_flush(cli);                  /* what was said so far */
	return status;
}
