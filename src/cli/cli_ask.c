/*
 * cli_ask.c - asks a web server for a page, over plain HTTP, as a browser would: for `health`, and for `check`, which looks whether the address of the
 * pages leads to this desk.
 *
 * One connection, a few seconds, a bounded answer. May not speak TLS.
 */
#include "cli_private.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define ASK_MS 3000
#define ANSWER_MOST ((size_t)256 * 1024)         /* bytes: more than any first page */

static const char *finish_connect(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int trouble = 0;

	if (errno != EINPROGRESS)
		return strerror(errno);
	if (poll(&wait, 1, ASK_MS) != 1)
		return "no answer within three seconds";
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &trouble, &size);
	return trouble ? strerror(trouble) : NULL;
}

const char *cli_connect(const char *host, const char *port, int *to)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	const char *why = "nobody answers";
	int code = getaddrinfo(host, port, &hints, &all);

	if (code)
		return gai_strerror(code);
	for (struct addrinfo *one = all; one && why; one = one->ai_next) {
		int fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, one->ai_protocol);

		if (fd < 0)
			continue;
		why = connect(fd, one->ai_addr, one->ai_addrlen) == 0 ? NULL : finish_connect(fd);
		if (!why && to)
			*to = fd;
		else
			close(fd);
	}
	freeaddrinfo(all);
	return why;
}

/* Until the other side closes, or says nothing for too long. */
static void read_answer(int fd, struct buffer *answer)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char piece[8192];

	while (answer->length < ANSWER_MOST && poll(&wait, 1, ASK_MS) == 1) {
		ssize_t length = read(fd, piece, sizeof piece);

		if (length > 0)
			buffer_add(answer, piece, (size_t)length);
		else if (length == 0 || (errno != EAGAIN && errno != EINTR))
			return;
	}
}

const char *cli_ask(struct arena *arena, const char *host, const char *port, const char *site, const char *path, int *code, const char **body)
{
	CLEANUP_BUFFER struct buffer answer;
	CLEANUP_FD int fd = -1;
	const char *why, *request, *end;

	buffer_init(&answer);
	if ((why = cli_connect(host, port, &fd)))
		return why;
	request = arena_printf(arena, "GET %s HTTP/1.0\r\nHost: %s\r\nAccept-Language: en\r\nConnection: close\r\n\r\n", path, site);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return strerror(errno);
	read_answer(fd, &answer);
	if (strncmp(buffer_string(&answer), "HTTP/1.", 7) != 0 || !(end = strstr(buffer_string(&answer), "\r\n\r\n")))
		return "what answers there is no web server";
	*code = atoi(buffer_string(&answer) + 9);
	*body = arena_string(arena, end + 4);
	return NULL;
}

/* Of a desk without pages: does LMTP answer? */
static const char *ask_lmtp(struct cli *cli)
{
	const struct config_listen *listen = &cli->config->lmtp_listen.at[0];

	return listen->is_unix ? (access(listen->path, F_OK) < 0 ? strerror(errno) : NULL) : cli_connect(listen->host, listen->port, NULL);
}

enum status cli_run_health(struct cli *cli, struct error *error)
{
	const struct config_listen *listen;
	const char *why, *body = "ok\n";
	enum status status = cli_need_config(cli, error);
	int code = 200;

	if (status != STATUS_OK)
		return status;
	listen = *cli->config->admin_listen.text ? &cli->config->admin_listen : &cli->config->web_listen;
	if (*listen->text && listen->is_unix)
		why = access(listen->path, F_OK) < 0 ? strerror(errno) : NULL;
	else
		why = *listen->text ? cli_ask(&cli->arena, listen->host, listen->port, listen->text, "/healthz", &code, &body) : ask_lmtp(cli);
	if (why)
		return error_set(error, STATUS_TRY_LATER, "sportellod does not answer on %s: %s", *listen->text ? listen->text : cli->config->lmtp_listen.at[0].text, why);
	if (code != 200)
		return error_set(error, STATUS_TRY_LATER, "sportellod cannot accept mail: %s", text_trim(arena_string(&cli->arena, body)));
	if (!cli->json)
		buffer_add_string(&cli->out, cli_safe(&cli->arena, body, true));
	else
		buffer_add_string(&cli->out, "{\"ok\":true}\n");
	return STATUS_OK;
}
