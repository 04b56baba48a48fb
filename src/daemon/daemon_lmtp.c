/*
 * daemon_lmtp.c - who comes in by LMTP, and how long he may stay.
 *
 * An acceptor takes connections, of a bounded number (over it: 421 at once, the MTA comes back), and looks each half second who has been silent for too long. What
 * is done with them is daemon_connection.c's and daemon_crew.c's. A stop lets a mail in its DATA finish for up to STOP_GRACE_MS and tells everybody else 421.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon_private.h"

#define LOOK_MS 500
#define STOP_GRACE_MS 30000
#define ROOM_MS 50                               /* that a client who was sent away gets to be gone */

/* ---- accepting ---- */

static void refuse(struct daemon *daemon, int fd, const char *words)
{
	daemon->connections_refused++;
	send(fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* All places are taken: does one become free for a new client? */
static bool make_room(struct daemon *daemon, int most)
{
	if (!daemon_connections_send_one_away(&daemon->slots))
		return false;
	daemon->connections_sent_away++;
	for (int waited = 0; waited < ROOM_MS && daemon->connections >= most; waited++)
		usleep(1000);
	return daemon->connections < most;
}

static void take_connection(struct daemon *daemon, struct listener *listener, int fd)
{
	struct config *config = daemon_config(daemon);
	int most = config->lmtp_connections;
	config_unref(&config);
	daemon->connections_total++;
	if (daemon->connections >= most && !make_room(daemon, most)) {
		log_event(LOG_WARNING, "lmtp.too-many-connections", "most", LOG_NUMBER(most), NULL);
		refuse(daemon, fd, "421 4.3.2 too many connections, try again later\r\n");
		return;
	}
	if (!daemon_connection_open(daemon, listener, fd))
		refuse(daemon, fd, "421 4.3.2 out of memory, try again later\r\n");
}

/* Said once until it works again; no busy loop while descriptors are short. */
static void note_accept(int error, bool *in_trouble)
{
	bool trouble = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
	if (trouble && !*in_trouble)
		log_event(LOG_ERROR, "lmtp.accept", "why", strerror(error), "result", "new connections wait", NULL);
	else if (!error && *in_trouble)
		log_event(LOG_NOTICE, "lmtp.accept.recovered", NULL);
	if (trouble || !error)
		*in_trouble = trouble;
	if (trouble)
		usleep(100000);
}

static void *accept_thread(void *argument)
{
	struct daemon *daemon = argument;
	bool in_trouble = false;
	struct pollfd fds[LISTENERS_MOST + 1];
	size_t count = daemon->listener_count;
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = daemon->listeners[i].fd, .events = POLLIN};
	fds[count] = (struct pollfd){.fd = daemon->stop_fd, .events = POLLIN};
	while (!daemon->stopping) {
		if (poll(fds, count + 1, daemon->connections ? LOOK_MS : -1) < 0 && errno != EINTR)
			break;
		daemon_connections_time_out(&daemon->slots);
		for (size_t i = 0; i < count && !daemon->stopping; i++) {
			if (!fds[i].revents)
				continue;
			int fd = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0)
				take_connection(daemon, &daemon->listeners[i], fd);
			note_accept(fd >= 0 ? 0 : errno, &in_trouble);
		}
	}
	return NULL;
}

enum status daemon_lmtp_start(struct daemon *daemon, struct error *error)
{
	if (!daemon_crew_start(daemon, daemon_connection_attend))
		return error_set(error, STATUS_TRY_LATER, "no threads for connections: %s", strerror(errno));
	if (pthread_create(&daemon->acceptor, NULL, accept_thread, daemon) != 0)
		return error_set(error, STATUS_TRY_LATER, "no thread for accepting connections");
	return STATUS_OK;
}

void daemon_lmtp_stop(struct daemon *daemon)
{
	int64_t begun = clock_monotonic_us();
	bool over = false;
	pthread_join(daemon->acceptor, NULL);
	daemon_close_listeners(daemon);
	daemon_connections_stop(&daemon->slots, false);
	while (daemon->connections > 0) {
		usleep(2000);
		daemon_connections_time_out(&daemon->slots);
		if (!over && clock_monotonic_us() - begun > STOP_GRACE_MS * 1000LL) {
			daemon_connections_stop(&daemon->slots, true);
			over = true;
		}
	}
	daemon_crew_stop(daemon);
}
