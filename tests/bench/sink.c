/*
 * sink.c - takes mail by SMTP and throws it away, as fast as one thread can: what the outbox is measured against. For `make bench`.
 *
 *   sink PORT MAILS [once | FILE]     once: closes a connection after its first mail
 *
 * Recipients at dead.example are never taken: 451, and DATA without any other gets 554.
 * FILE: gets a line for each notice to an agent: when it was whole (ms, the machine's clock), its ticket, its bytes.
 * Prints "ready", and after MAILS mails one JSON object: seconds from the first MAIL to the last final dot, mean bytes, connections.
 * smtp-sink of Postfix cannot say when it began and ended, and never closes a connection by itself.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client { int fd; bool data; long taken; size_t chunk; bool last; size_t length; char in[65536]; long ticket; double bytes; };

static long wanted, mails, connections;
static double began, bytes;
static bool once;
static FILE *notices;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool say(struct client *client, const char *words)
{
	return send(client->fd, words, strlen(words), MSG_NOSIGNAL) == (ssize_t)strlen(words);
}

/* A command, or the end of a mail; false: the connection is over. */
static bool line_is(struct client *client, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0)
		return say(client, "250-sink.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-SIZE\r\n250 8BITMIME\r\n");
	if (strncasecmp(line, "QUIT", 4) == 0)
		return say(client, "221 2.0.0 bye\r\n") && false;
	if (strncasecmp(line, "MAIL", 4) == 0) {
		began = began == 0 ? now() : began;
		client->taken = 0;
	}
	if (strncasecmp(line, "RCPT", 4) == 0 && strstr(line, "@dead.example>"))
		return say(client, "451 4.4.1 nobody answers there\r\n");
	client->taken += strncasecmp(line, "RCPT", 4) == 0;
	if (strncasecmp(line, "BDAT ", 5) == 0) {
		client->chunk = strtoul(line + 5, NULL, 10);
		client->last = strstr(line, " LAST") != NULL;
		return true;
	}
	if (strncasecmp(line, "DATA", 4) == 0 && !client->taken)
		return say(client, "554 5.5.1 no recipients\r\n");
	client->data = strncasecmp(line, "DATA", 4) == 0;
	return say(client, client->data ? "354 go on\r\n" : "250 2.0.0 ok\r\n");
}

/* Of the first bytes of a mail: they are there when its end comes, or when the buffer is full. */
static void note_ticket(struct client *client, const char *at)
{
	const char *field = notices && !client->ticket ? strstr(at, "\nX-Sportello-Ticket: ") : NULL;

	if (field)
		client->ticket = atol(field + strlen("\nX-Sportello-Ticket: "));
}

static void note_notice(struct client *client)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (client->ticket) {
		fprintf(notices, "%lld %ld %.0f\n", (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, client->ticket, client->bytes);
		fflush(notices);
	}
	client->ticket = 0;
	client->bytes = 0;
}

static bool mail_ended(struct client *client)
{
	client->data = false;
	note_notice(client);
	if (!say(client, client->taken ? "250 2.0.0 thrown away\r\n" : "503 5.5.1 no recipients\r\n"))
		return false;
	if (!client->taken)
		return true;
	if (++mails == wanted) {
		double seconds = now() - began;

		printf("{\"rate\": %.2f, \"seconds\": %.4f, \"bytes\": %.0f, \"connections\": %ld}\n", (double)mails / seconds, seconds,
		       bytes / (double)mails, connections);
		fflush(stdout);
	}
	return !once;
}

/* The words of a chunk, so far as they are there (RFC 3030): where they end. */
static char *swallow(struct client *client, char *at)
{
	size_t there = (size_t)(client->in + client->length - at), n = there < client->chunk ? there : client->chunk;

	bytes += (double)n;
	client->bytes += (double)n;
	note_ticket(client, at);
	client->chunk -= n;
	return at + n;
}

static bool chunk_ended(struct client *client)
{
	return client->last ? mail_ended(client) : say(client, "250 2.0.0 ok\r\n");
}

static bool receive(struct client *client)
{
	ssize_t n = recv(client->fd, client->in + client->length, sizeof client->in - 1 - client->length, 0);
	char *at = client->in, *end;

	if (n <= 0)
		return false;
	client->length += (size_t)n;
	client->in[client->length] = 0;
	if (client->chunk && (at = swallow(client, at)) && !client->chunk && !chunk_ended(client))
		return false;
	while (!client->chunk && (end = strstr(at, client->data ? "\r\n.\r\n" : "\r\n"))) {
		bool data = client->data;

		bytes += data ? (double)(end - at) : 0;
		client->bytes += data ? (double)(end - at) : 0;
		if (data)
			note_ticket(client, at);
		else
			*end = 0;
		if (!(data ? mail_ended(client) : line_is(client, at)))
			return false;
		at = end + (data ? 5 : 2);
		if (client->chunk && (at = swallow(client, at)) && !client->chunk && !chunk_ended(client))
			return false;
	}
	if (client->data && client->in + client->length - at > 4) {
		char *keep = client->in + client->length - 4;

		bytes += (double)(keep - at);
		client->bytes += (double)(keep - at);
		note_ticket(client, at);
		at = keep;
	}
	client->length -= (size_t)(at - client->in);
	memmove(client->in, at, client->length + 1);
	return true;
}

static void take(int poll_fd, int listener)
{
	struct client *client = calloc(1, sizeof *client);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	int on = 1;

	client->fd = accept(listener, NULL, NULL);
	connections++;
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	say(client, "220 sink.example ESMTP\r\n");
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, client->fd, &event);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), poll_fd = epoll_create1(0), on = 1;

	if (argc < 3)
		return 2;
	address.sin_port = htons((unsigned short)atoi(argv[1]));
	wanted = atol(argv[2]);
	once = argc > 3 && strcmp(argv[3], "once") == 0;
	if (argc > 3 && !once && !(notices = fopen(argv[3], "w")))
		return perror(argv[3]), 1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 512) != 0)
		return perror("sink"), 1;
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN });
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(poll_fd, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct client *client = events[i].data.ptr;

			if (!client) {
				take(poll_fd, listener);
			} else if (!receive(client)) {
				close(client->fd);
				free(client);
			}
		}
	}
}
