/*
 * outbox_wire.c - a socket to the relay under libetpan: never blocks longer than its deadline, never takes more than its share.
 *
 * libetpan's own sockets wait 300 s for each read, whatever trickles in, take reply lines of any length, and select(), which
 * aborts on a descriptor of 1024 or more. So it gets a stream of ours: calls that return after a moment, one absolute deadline for each
 * command with its reply, a bound of bytes for each reply. Once broken it stays broken and `trouble` says why, in words for the
 * outbox list: "no answer within 60 s", "the relay closed the connection", "the relay's answer does not end".
 */
#include "outbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STOP_LOOK_MS     100             /* how often a wait looks whether we stop */

void outbox_wire_break(struct wire *wire, const char *format, ...)
{
	va_list arguments;

	if (*wire->trouble)
		return;                                  /* the first reason is the reason */
	va_start(arguments, format);
	vsnprintf(wire->trouble, sizeof wire->trouble, format, arguments);
	va_end(arguments);
}

void outbox_wire_step(struct wire *wire, int64_t seconds)
{
	wire->deadline = clock_monotonic_us() + seconds * 1000000;
	wire->reply_bytes = 0;
}

/* Milliseconds that may still be waited; 0: none, and `trouble` says why. */
static int time_left(struct wire *wire)
{
	int64_t now = clock_monotonic_us(), left = (wire->deadline - now + 999) / 1000, stop = atomic_load(wire->stop_at);

	if (stop && now >= stop)
		outbox_wire_break(wire, "given up because the desk is shutting down");
	else if (left <= 0)
		outbox_wire_break(wire, "no answer in time");
	else
		return (int)(left < STOP_LOOK_MS ? left : STOP_LOOK_MS);
	return 0;
}

bool outbox_wire_wait(struct wire *wire, short events)
{
	struct pollfd poll_fd = { .fd = wire->fd, .events = events };
	int left;

	while ((left = time_left(wire)) > 0) {
		int ready = poll(&poll_fd, 1, left);

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR) {
			outbox_wire_break(wire, "poll: %s", strerror(errno));
			return false;
		}
	}
	return false;
}

/* ---- connecting ---- */

/* From here on recv() and send() wait themselves, up to the next look at the clock: half of the calls of poll() before each. */
static void wait_in_calls(const struct wire *wire)
{
	const struct timeval look = { .tv_usec = STOP_LOOK_MS * 1000 };

	if (setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look) == 0 && setsockopt(wire->fd, SOL_SOCKET, SO_SNDTIMEO, &look, sizeof look) == 0)
		fcntl(wire->fd, F_SETFL, fcntl(wire->fd, F_GETFL) & ~O_NONBLOCK);
}

static bool connect_to(struct wire *wire, const struct addrinfo *address)
{
	int one = 1, failed = 0;
	socklen_t size = sizeof failed;

	wire->fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
	if (wire->fd < 0) {
		outbox_wire_break(wire, "socket: %s", strerror(errno));
		return false;
	}
	/* Commands are small and each waits for its reply: Nagle's algorithm would only add to it. */
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(wire->fd, address->ai_addr, address->ai_addrlen) == 0)
		return true;
	if (errno != EINPROGRESS)
		failed = errno;
	else if (!outbox_wire_wait(wire, POLLOUT))
		return false;
	else if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
		failed = errno;
	if (!failed)
		return true;
	outbox_wire_break(wire, "%s", strerror(failed));
	return false;
}

bool outbox_wire_connect(struct wire *wire, const char *host, int port, int seconds)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *found = NULL;
	char service[16];
	int failed;

	snprintf(service, sizeof service, "%d", port);
	/* AI_ADDRCONFIG does not count loopback: a machine without a network would not find its own relay. */
	failed = getaddrinfo(host, service, &hints, &found);
	if (failed) {
		hints.ai_flags = 0;
		failed = getaddrinfo(host, service, &hints, &found);
	}
	if (failed) {
		outbox_wire_break(wire, "the relay %s cannot be found: %s", host, gai_strerror(failed));
		return false;
	}
	for (struct addrinfo *address = found; address; address = address->ai_next) {
		wire->trouble[0] = '\0';
		outbox_wire_step(wire, seconds);
		if (connect_to(wire, address))
			break;
		if (wire->fd >= 0)
			close(wire->fd);
		wire->fd = -1;
	}
	freeaddrinfo(found);
	if (wire->fd >= 0)
		wait_in_calls(wire);
	if (wire->fd < 0) {
		char why[sizeof wire->trouble];

		memcpy(why, wire->trouble, sizeof why);
		wire->trouble[0] = '\0';
		outbox_wire_break(wire, "no connection to %.60s:%d: %.60s", host, port, why);
	}
	return wire->fd >= 0;
}

bool outbox_wire_quiet(const struct wire *wire)
{
	struct pollfd poll_fd = { .fd = wire->fd, .events = POLLIN };

	return !*wire->trouble && wire->fd >= 0 && poll(&poll_fd, 1, 0) == 0;
}

/* ---- who we are ---- */

static bool own_address(const struct wire *wire, struct sockaddr_storage *address)
{
	socklen_t size = sizeof *address;

	return getsockname(wire->fd, (struct sockaddr *)address, &size) == 0;
}

bool outbox_wire_is_loopback(const struct wire *wire)
{
	struct sockaddr_storage address;

	if (!own_address(wire, &address))
		return false;
	if (address.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == 127;
	return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr);
}

static bool is_full_name(const char *name)
{
	size_t length = strlen(name);

	if (!strchr(name, '.') || name[0] == '.' || name[0] == '-' || name[length - 1] == '.' || strstr(name, ".."))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == length;
}

const char *outbox_wire_own_name(const struct wire *wire, char out[96])
{
	struct sockaddr_storage address;
	char name[96], text[INET6_ADDRSTRLEN];

	if (gethostname(name, sizeof name) == 0 && memchr(name, '\0', sizeof name) && is_full_name(name)) {
		memcpy(out, name, sizeof name);
		return out;
	}
	snprintf(out, 96, "[127.0.0.1]");
	if (own_address(wire, &address)) {
		if (address.ss_family == AF_INET && inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, sizeof text))
			snprintf(out, 96, "[%s]", text);
		else if (address.ss_family == AF_INET6 && inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, sizeof text))
			snprintf(out, 96, "[IPv6:%s]", text);
	}
	return out;
}
