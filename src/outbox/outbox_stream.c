/*
 * outbox_stream.c - a wire as libetpan wants it: in the clear or by TLS, with a bound for what one reply may have.
 */
#include "outbox_private.h"

#include <errno.h>
#include <libetpan/libetpan.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_BYTES_MOST (64 * 1024)     /* of one reply with all its lines; RFC 5321 section 4.5.3.1.5: 512 a line */
#define STREAM_BUFFER    (16 * 1024)

void outbox_wire_close(struct wire *wire)
{
	outbox_tls_end(wire);
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

static ssize_t plain_read(struct wire *wire, void *out, size_t room)
{
	for (;;) {
		ssize_t got = recv(wire->fd, out, room, 0);

		if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
			if (got < 0)
				outbox_wire_break(wire, "the connection broke: %s", strerror(errno));
			return got;
		}
		if (errno != EINTR && !outbox_wire_wait(wire, POLLIN))
			return -1;
	}
}

static ssize_t plain_write(struct wire *wire, const void *bytes, size_t length)
{
	for (;;) {
		ssize_t put = send(wire->fd, bytes, length, MSG_NOSIGNAL);

		if (put >= 0)
			return put;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			outbox_wire_break(wire, "the connection broke: %s", strerror(errno));
			return -1;
		}
		if (errno != EINTR && !outbox_wire_wait(wire, POLLOUT))
			return -1;
	}
}

static ssize_t driver_read(mailstream_low *low, void *out, size_t room)
{
	struct wire *wire = low->data;
	ssize_t got;

	if (*wire->trouble)
		return -1;
	got = wire->tls ? outbox_tls_read(wire, out, room) : plain_read(wire, out, room);
	if (got == 0) {
		outbox_wire_break(wire, "the relay closed the connection");
		return -1;
	}
	if (got > 0 && (wire->reply_bytes += (size_t)got) > REPLY_BYTES_MOST) {
		outbox_wire_break(wire, "the relay's answer does not end");
		return -1;
	}
	return got;
}

static ssize_t driver_write(mailstream_low *low, const void *bytes, size_t length)
{
	struct wire *wire = low->data;

	if (*wire->trouble)
		return -1;
	return wire->tls ? outbox_tls_write(wire, bytes, length) : plain_write(wire, bytes, length);
}

static int driver_close(mailstream_low *low)
{
	outbox_wire_close(low->data);
	return 0;
}

static int driver_fd(mailstream_low *low)
{
	return ((struct wire *)low->data)->fd;
}

/* The wire belongs to the session, only the shell is libetpan's. */
static void driver_free(mailstream_low *low)
{
	free(low);
}

static void driver_cancel(mailstream_low *low)
{
	(void)low;
}

struct _mailstream *outbox_wire_stream(struct wire *wire)
{
	static mailstream_low_driver driver = {
		.mailstream_read = driver_read, .mailstream_write = driver_write, .mailstream_close = driver_close,
		.mailstream_get_fd = driver_fd, .mailstream_free = driver_free, .mailstream_cancel = driver_cancel,
	};
	mailstream_low *low = mailstream_low_new(wire, &driver);
	mailstream *stream = low ? mailstream_new(low, STREAM_BUFFER) : NULL;

	if (low && !stream)
		mailstream_low_free(low);
	return stream;
}
