/*
 * daemon_connection.c - one LMTP connection: its socket and the mail that comes over it, around the socketless engine of the lmtp room.
 *
 * A hand of the crew attends to it when there is something to read or room to write, and never waits for the client. At the end of that it is parked (epoll
 * tells when there is more), left to whoever writes the mail that is whole now, or gone. Whoever wrote says the 250, on his thread: the hand does other
 * things meanwhile. Where a client is alone, nothing is to be shared: a hand that steps aside for him waits for his next words and writes his mails. What a client sends behind such a mail is read when he has had his answer, so that answers keep their order.
 * Diagnostics: 421 to who was silent for too long, was here for too long, or was sent away for another one; to all when we stop.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon_private.h"

#define TRACE_LENGTH 12
#define READ_BYTES (32 * 1024)                   /* at once */
#define READS_AT_ONCE 4                          /* of one client, then the next one has his turn */
#define LONG_MAIL (64 * 1024)                    /* bytes: from there on it may go to a file, and keeps a hand busy */
#define LONE_US (100 * 1000)                     /* that a hand waits for the words of the only client, before it is parked as all are */
#define SEND_US (60 * 1000000LL)                 /* that a client has to read what we say */

struct connection {
	struct daemon *daemon;
	struct hand *hand;                       /* that attends to it */
	pthread_mutex_t parking;                 /* held until epoll knows: whoever comes next sees all that was done before */
	int fd;
	bool known;                              /* to epoll */
	struct listener *listener;               /* by which it came */
	struct slot slot;
	struct lmtp_session *session;
	struct buffer out;                       /* what is to be said */
	struct transaction transaction;
	struct intake *intake;                   /* of a mail that is to be written */
	bool in_transaction;
	uint64_t bytes;                          /* of the mail so far */
	int64_t opened_us, idle_us, total_us;
	struct { unsigned char at[20 * TRACE_LENGTH]; size_t left; } random;
};

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
	connection->bytes = 0;
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
	transaction->rules = daemon_rules(connection->daemon);
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
	connection->bytes += length;
	if (connection->bytes > LONG_MAIL)
		daemon_crew_aside(connection->hand);
	if (!transaction->spool_failed && !store_spool_add(transaction->spool, bytes, length))
		transaction->spool_failed = true;
	return !transaction->spool_failed;
}

static bool on_data_end(void *context, struct lmtp_reply *replies, size_t count)
{
	struct connection *connection = context;
	connection->listener->mails++;
	connection->listener->last = clock_now();
	if (gateway_intake_may_wait(&connection->transaction))
		daemon_crew_aside(connection->hand);
	connection->intake = gateway_intake(&connection->daemon->gateway, &connection->transaction, replies, count);
	if (!connection->intake)
		on_reset(connection);            /* the engine does not say it after a mail: nothing of it is kept longer */
	return !connection->intake;
}

static const struct lmtp_handler handler = {on_mail, on_recipient, on_data, on_data_end, on_reset};

/* ---- bytes ---- */

enum sent { SENT, SENT_LATER, SENT_NEVER };      /* later: the client has to read first */

static enum sent send_out(struct connection *connection)
{
	struct buffer *out = &connection->out;
	while (out->length) {
		ssize_t n = send(connection->fd, out->at, out->length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? SENT_LATER : SENT_NEVER;
		memmove(out->at, out->at + n, out->length - (size_t)n);
		out->length -= (size_t)n;
	}
	return SENT;
}

static void drop(struct connection *connection)
{
	struct daemon *daemon = connection->daemon;
	lmtp_session_free(&connection->session);
	on_reset(connection);
	store_spool_free(&connection->transaction.spool);
	arena_fini(&connection->transaction.arena);
	buffer_fini(&connection->out);
	daemon_connections_leave(&daemon->slots, &connection->slot);
	pthread_mutex_destroy(&connection->parking);
	close(connection->fd);
	free(connection);
	daemon->connections--;
}

/* Whoever calls this has no more to do with it: another hand may have it, and it may be gone, when this returns. */
static void park(struct connection *connection)
{
	struct daemon *daemon = connection->daemon;
	struct slot *slot = &connection->slot;
	struct epoll_event event = {.events = EPOLLONESHOT | (connection->out.length ? EPOLLOUT : EPOLLIN), .data.ptr = connection};
	int64_t now = clock_monotonic_us(), last = connection->opened_us + connection->total_us, until = now + (connection->out.length ? SEND_US : connection->idle_us);
	int how = connection->known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	bool in_data = lmtp_session_in_transaction(connection->session);
	connection->known = true;
	slot->says = connection->out.length > 0;
	slot->in_data = in_data;
	if (now >= last)
		slot->sent_away = true;
	if (now >= last || lmtp_session_ended(connection->session) || (daemon->stopping && !in_data))
		shutdown(connection->fd, SHUT_RD);       /* then there is an end to be read */
	slot->until = until < last ? until : last;
	pthread_mutex_lock(&connection->parking);
	bool known = epoll_ctl(daemon->crew.events, how, connection->fd, &event) == 0;
	pthread_mutex_unlock(&connection->parking);
	if (!known)
		drop(connection);                /* no memory: nobody would ever hear of it again */
}

/* Called by whoever wrote the mail. Trouble with the client is not his matter: a hand will find it. */
static void on_written(void *context)
{
	struct connection *connection = context;
	on_reset(connection);
	lmtp_session_answered(connection->session, &connection->out);
	if (send_out(connection) == SENT_NEVER)
		shutdown(connection->fd, SHUT_RDWR);
	park(connection);
}

static bool is_lone(const struct connection *connection)
{
	return connection->daemon->connections == 1;
}

/* Where more came behind the mail, its answer is waited for. */
static void write_now(struct connection *connection)
{
	daemon_crew_aside(connection->hand);
	gateway_intake_write(connection->intake);
	on_reset(connection);
	lmtp_session_answered(connection->session, &connection->out);
}

/* False: it is left to who writes. */
static bool take_bytes(struct connection *connection, const char *bytes, size_t length)
{
	size_t taken = 0;
	while (taken < length && !lmtp_session_ended(connection->session)) {
		taken += lmtp_session_feed(connection->session, bytes + taken, length - taken, &connection->out);
		if (!lmtp_session_waits(connection->session))
			continue;
		if (taken == length && !is_lone(connection) && gateway_intake_may_be_left(connection->intake)) {
			daemon_crew_gather(connection->hand, gateway_intake_errand(connection->intake, on_written, connection));
			return false;
		}
		write_now(connection);
	}
	return true;
}

/* Whoever it was that ended it: we stop, the client was sent away or silent for too long, or he is gone. */
static void say_end(struct connection *connection)
{
	if (connection->daemon->stopping)
		lmtp_session_end(connection->session, LMTP_SHUTTING_DOWN, &connection->out);
	else if (connection->slot.sent_away)
		lmtp_session_end(connection->session, LMTP_IDLE_TIMEOUT, &connection->out);
	send_out(connection);
}

/* Epoll would say it, too, for three more system calls. */
static ssize_t receive(struct connection *connection, char *bytes, size_t room, bool lone)
{
	if (lone)
		daemon_crew_aside(connection->hand);
	return recv(connection->fd, bytes, room, lone ? 0 : MSG_DONTWAIT);
}

void daemon_connection_attend(struct connection *connection, struct hand *hand)
{
	char bytes[READ_BYTES];
	ssize_t n;
	pthread_mutex_lock(&connection->parking);
	pthread_mutex_unlock(&connection->parking);
	connection->hand = hand;
	connection->slot.until = connection->opened_us + connection->total_us;
	for (int reads = 0;; reads++) {
		enum sent sent = send_out(connection);
		bool lone = is_lone(connection);
		if (sent == SENT_NEVER || (sent == SENT && lmtp_session_ended(connection->session))) {
			drop(connection);
			return;
		}
		if (sent == SENT_LATER || (reads >= READS_AT_ONCE && !lone))
			break;
		n = receive(connection, bytes, sizeof bytes, lone);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			break;
		if (n <= 0) {
			say_end(connection);
			drop(connection);
			return;
		}
		if (!take_bytes(connection, bytes, (size_t)n))
			return;
		if ((size_t)n < sizeof bytes)
			reads = READS_AT_ONCE;           /* there is no more */
	}
	park(connection);
}

bool daemon_connection_open(struct daemon *daemon, struct listener *listener, int fd)
{
	struct connection *connection = calloc(1, sizeof *connection);
	struct timeval lone = {.tv_usec = LONE_US};
	int on = 1;
	if (!connection)
		return false;
	struct config *config = daemon_config(daemon);
	struct lmtp_limits limits = {config->lmtp_message_bytes, LIMIT_LMTP_RECIPIENTS, LIMIT_LMTP_COMMAND, LIMIT_LMTP_BAD_COMMANDS};
	*connection = (struct connection){.daemon = daemon, .fd = fd, .listener = listener, .opened_us = clock_monotonic_us(),
	                                  .idle_us = config->lmtp_idle_seconds * 1000000LL, .total_us = config->lmtp_total_seconds * 1000000LL};
	pthread_mutex_init(&connection->parking, NULL);
	connection->transaction.spool = store_spool_new(config->state_dir);
	connection->session = lmtp_session_new(config->policy.domain, &limits, &handler, connection);
	config_unref(&config);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);        /* fails on a unix socket: no harm */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lone, sizeof lone);
	daemon->connections++;
	daemon_connections_enter(&daemon->slots, &connection->slot, fd);
	lmtp_session_greet(connection->session, &connection->out);
	if (send_out(connection) == SENT_NEVER)
		shutdown(fd, SHUT_RDWR);
	park(connection);
	return true;
}
