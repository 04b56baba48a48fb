/*
 * daemon_lmtp.c - LMTP connections: sockets, deadlines and threads around the socketless engine of the lmtp room.
 *
 * One thread a connection, of a bounded number: an LMTP client is an MTA that keeps few connections, and the thread may block
 * in the group commit. Over the bound: 421 at once, the MTA comes back. A stop lets a mail in its DATA finish for up to
 * STOP_GRACE_MS and tells everybody else 421.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon_private.h"

#define TRACE_LENGTH 12
#define READ_BYTES (8 * 1024)                    /* at once, from a client who sends small mails; */
#define READ_MOST (32 * 1024)                    /* and from one who had more than that ready */
#define STOP_GRACE_MS 30000
#define SEND_SECONDS 60
#define ROOM_MS 50                               /* that a client who was sent away gets to be gone */

struct connection {
	struct daemon *daemon;
	int fd;
	struct listener *listener;               /* by which it came */
	struct slot slot;
	struct lmtp_session *session;
	struct transaction transaction;
	bool in_transaction;
	int64_t opened_us;
	int idle_seconds, total_seconds, waits_seconds;        /* waits_seconds: what recv() is told now */
	struct { unsigned char at[20 * TRACE_LENGTH]; size_t left; } random;
};

struct config *daemon_config(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	struct config *config = config_ref(daemon->config);
	pthread_mutex_unlock(&daemon->lock);
	return config;
}

static struct ruleset *current_rules(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	struct ruleset *rules = rules_ref(daemon->rules);
	pthread_mutex_unlock(&daemon->lock);
	return rules;
}

/* ---- the engine's questions ---- */

static void on_reset(void *context)
{
	struct connection *connection = context;
	struct transaction *transaction = &connection->transaction;
	if (!connection->in_transaction)
		return;
	connection->in_transaction = false;
	daemon_connections_turn(&connection->daemon->slots, &connection->slot, false);
	store_spool_reset(transaction->spool);
	transaction->spool_failed = false;
	transaction->recipients.at = NULL;
	transaction->recipients.count = 0;
	arena_reset(&transaction->arena);
	kb_close(&transaction->kb);
	rules_unref(&transaction->rules);
	config_unref(&transaction->config);
}

/* Random, that it says nothing to strangers; some are fetched at once, a system call being half a microsecond or two. */
static void new_trace(struct connection *connection, char trace[16])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char *random = connection->random.at;
	if (connection->random.left < TRACE_LENGTH) {
		random_bytes(random, sizeof connection->random.at);
		connection->random.left = sizeof connection->random.at;
	}
	for (size_t i = 0; i < TRACE_LENGTH; i++)
		trace[i] = alphabet[random[--connection->random.left] & 31];
	trace[TRACE_LENGTH] = 0;
}

static void on_mail(void *context, const char *from, uint64_t size, bool smtputf8, struct lmtp_reply *reply)
{
	struct connection *connection = context;
	struct transaction *transaction = &connection->transaction;
	on_reset(connection);
	if (connection->daemon->stopping) {
		lmtp_reply_of(reply, LMTP_SHUTTING_DOWN, NULL);
		return;
	}
	connection->in_transaction = true;
	daemon_connections_turn(&connection->daemon->slots, &connection->slot, true);
	transaction->config = daemon_config(connection->daemon);
	transaction->rules = current_rules(connection->daemon);
	transaction->kb = daemon_kb(connection->daemon);
	new_trace(connection, transaction->trace);
	transaction->envelope_from = arena_string(&transaction->arena, from);
}

static void on_recipient(void *context, const char *to, struct lmtp_reply *reply)
{
	struct connection *connection = context;
	gateway_recipient(&connection->daemon->gateway, &connection->transaction, to, reply);
}

static bool on_data(void *context, const void *bytes, size_t length)
{
	struct connection *connection = context;
	struct transaction *transaction = &connection->transaction;
	if (!transaction->spool_failed && !store_spool_add(transaction->spool, bytes, length))
		transaction->spool_failed = true;
	return !transaction->spool_failed;
}

static void on_data_end(void *context, struct lmtp_reply *replies, size_t count)
{
	struct connection *connection = context;
	connection->listener->mails++;
	connection->listener->last = clock_now();
	gateway_intake(&connection->daemon->gateway, &connection->transaction, replies, count);
	on_reset(connection);                    /* the engine does not say it after a mail: nothing of it is kept longer */
}

static const struct lmtp_handler handler = {on_mail, on_recipient, on_data, on_data_end, on_reset};

/* ---- bytes ---- */

static bool send_out(struct connection *connection, struct buffer *out)
{
	size_t sent = 0;
	while (sent < out->length) {
		ssize_t n = send(connection->fd, out->at + sent, out->length - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	buffer_reset(out);
	return true;
}

/* How long recv() waits: until the client was silent for too long, or has been here for too long. False: it has. */
static bool set_wait(struct connection *connection)
{
	int64_t left = connection->total_seconds - (clock_monotonic_us() - connection->opened_us) / 1000000;
	int seconds = left < connection->idle_seconds ? (int)left : connection->idle_seconds;
	struct timeval most = {.tv_sec = seconds};
	if (seconds <= 0)
		return false;
	if (seconds != connection->waits_seconds)
		setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	connection->waits_seconds = seconds;
	return true;
}

static void end_session(struct connection *connection, enum lmtp_answer why, struct buffer *out)
{
	lmtp_session_end(connection->session, why, out);
	send_out(connection, out);
}

/* 0: no more is waited for, whoever it was that ended it: we stop, the client was sent away for another one, or it is gone. */
static ssize_t wait_for_bytes(struct connection *connection, char *bytes, size_t room)
{
	bool in_data = lmtp_session_in_transaction(connection->session);
	ssize_t n;
	connection->slot.in_data = in_data;
	if (connection->daemon->stopping && !in_data)
		return 0;
	do {
		if (!set_wait(connection))
			return -1;
		n = recv(connection->fd, bytes, room, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? 0 : n;
}

/* What was in them is done with. NULL: there is no memory. */
static char *room_for_more(char *bytes, size_t *room)
{
	if (*room == READ_MOST)
		return bytes;
	free(bytes);
	*room = READ_MOST;
	return malloc(*room);
}

/* Between mails a stop is told at once; a client inside one has STOP_GRACE_MS to come to its end (daemon_lmtp_stop). */
static void serve(struct connection *connection, struct buffer *out)
{
	size_t room = READ_BYTES;
	CLEANUP_FREE char *bytes = malloc(room);
	ssize_t n = 1;
	lmtp_session_greet(connection->session, out);
	while (bytes && n > 0 && send_out(connection, out) && !lmtp_session_ended(connection->session)) {
		n = wait_for_bytes(connection, bytes, room);
		if (n > 0)
			lmtp_session_feed(connection->session, bytes, (size_t)n, out);
		else if (connection->daemon->stopping)
			end_session(connection, LMTP_SHUTTING_DOWN, out);
		else if (n < 0 || connection->slot.sent_away)
			end_session(connection, LMTP_IDLE_TIMEOUT, out);
		if (n == (ssize_t)room)
			bytes = room_for_more(bytes, &room);
	}
}

static void set_socket(int fd)
{
	struct timeval most = {.tv_sec = SEND_SECONDS};
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);       /* fails on a unix socket: no harm */
}

static void *connection_thread(void *argument)
{
	struct connection *connection = argument;
	struct daemon *daemon = connection->daemon;
	struct config *config = daemon_config(daemon);
	struct lmtp_limits limits = {config->lmtp_message_bytes, LIMIT_LMTP_RECIPIENTS, LIMIT_LMTP_COMMAND, LIMIT_LMTP_BAD_COMMANDS};
	CLEANUP_BUFFER struct buffer out;
	buffer_init(&out);
	arena_init(&connection->transaction.arena);
	connection->idle_seconds = config->lmtp_idle_seconds;
	connection->total_seconds = config->lmtp_total_seconds;
	connection->opened_us = clock_monotonic_us();
	connection->transaction.spool = store_spool_new(config->state_dir);
	connection->session = lmtp_session_new(config->policy.domain, &limits, &handler, connection);
	config_unref(&config);
	set_socket(connection->fd);
	daemon_connections_enter(&daemon->slots, &connection->slot, connection->fd);
	serve(connection, &out);
	lmtp_session_free(&connection->session);
	on_reset(connection);
	store_spool_free(&connection->transaction.spool);
	arena_fini(&connection->transaction.arena);
	daemon_connections_leave(&daemon->slots, &connection->slot);
	close(connection->fd);
	free(connection);
	daemon->connections--;
	return NULL;
}

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
	struct connection *connection = calloc(1, sizeof *connection);
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	daemon->connections++;
	if (connection)
		*connection = (struct connection){.daemon = daemon, .fd = fd, .listener = listener};
	if (!connection || pthread_create(&thread, &attributes, connection_thread, connection) != 0) {
		daemon->connections--;
		free(connection);
		refuse(daemon, fd, "421 4.3.2 out of threads, try again later\r\n");
	}
	pthread_attr_destroy(&attributes);
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
		if (poll(fds, count + 1, -1) < 0 && errno != EINTR)
			break;
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
		if (!over && clock_monotonic_us() - begun > STOP_GRACE_MS * 1000LL) {
			daemon_connections_stop(&daemon->slots, true);
			over = true;
		}
	}
}
