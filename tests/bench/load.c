/*
 * load.c - a load generator for LMTP: N connections, distinct realistic mails, closed or open loop, end-of-data latency. For `make bench`.
 *
 *   load -f TEXTS [-s SESSIONS] [-m MAILS] [-l SIZE[:WEIGHT],...] [-r SHARE] [-o RATE] [-T SECONDS] [-i RUN] [-t ADDRESS] [-e ADDRESS] HOST:PORT
 *
 * One thread and epoll, so that it takes little of the processors it shares with what is measured. All mails are made and all connections
 * greeted before the clock starts. MAIL, RCPT and DATA go in one write, as Postfix does with PIPELINING. SHARE of the mails answer an
 * earlier one. The latency runs from just before the last byte is handed to the kernel until the reply was read. Open loop (-o): mails are
 * due at RATE a second, with random gaps; "due_p99" runs from the moment a mail was due, whether a connection was free for it or not.
 * After SECONDS (-T) no further mail is begun, so that a slow candidate costs no more time than a fast one. -e: the envelope's address, if
 * it is another; a % in it becomes the connection's number (a mailbox for each). Prints one JSON object. Exit 1 if any mail was not answered 2xx.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum phase { GREETED, IDLE, COMMANDS, BODY, REPLY, LOST };

struct session {
	int fd, replies;                         /* replies that are still to come in this phase */
	enum phase phase;
	int mail;
	bool good, wants_out;
	size_t sent;                             /* bytes of the mail */
	double last_byte;
	char in[2048];
	size_t in_length;
};

static struct mails_wanted wanted = { .to = "support@example.org", .count = 1000, .replies = 0.4, .run = "run", .mix = { { 2048 }, { 1 }, 1 } };
static struct mail *mails;
static struct session *sessions;
static const char *envelope;
static double *latency, *late, *due;
static double rate, began, limit = 600;
static int session_count = 1, next_mail, done, failed, lost, poll_fd;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int dial(const char *host, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	inet_pton(AF_INET, host, &address.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		fprintf(stderr, "load: cannot connect to %s:%d\n", host, port);
		exit(2);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void watch(struct session *session, bool out)
{
	struct epoll_event event = { .events = EPOLLIN | (out ? EPOLLOUT : 0u), .data.ptr = session };

	session->wants_out = out;
	epoll_ctl(poll_fd, EPOLL_CTL_MOD, session->fd, &event);
}

static void lose(struct session *session)
{
	if (session->phase >= COMMANDS && session->phase <= REPLY) {
		failed++;
		done++;
	}
	session->phase = LOST;
	lost++;
	close(session->fd);
}

static size_t mail_length(const struct mail *mail)
{
	return mail->text_length + mail->filler_length + strlen(mail->tail);
}

static void send_body(struct session *session)
{
	const struct mail *mail = &mails[session->mail];
	size_t length = mail_length(mail);

	while (session->sent < length) {
		const char *parts[] = { mail->text, mail->filler, mail->tail };
		size_t lengths[] = { mail->text_length, mail->filler_length, strlen(mail->tail) }, skip = session->sent;
		struct iovec vector[3];
		int count = 0;
		ssize_t n;

		for (int i = 0; i < 3; i++) {
			if (skip < lengths[i])
				vector[count++] = (struct iovec){ (char *)parts[i] + skip, lengths[i] - skip };
			skip -= skip < lengths[i] ? skip : lengths[i];
		}
		session->last_byte = now();
		n = sendmsg(session->fd, &(struct msghdr){ .msg_iov = vector, .msg_iovlen = (size_t)count }, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			watch(session, true);
			return;
		}
		if (n < 0) {
			lose(session);
			return;
		}
		session->sent += (size_t)n;
	}
	if (session->wants_out)
		watch(session, false);
	session->phase = REPLY;
	session->replies = 1;
}

static void begin_mail(struct session *session, int mail)
{
	const char *to = envelope ? envelope : wanted.to, *rest = strchr(to, '%');
	char commands[600], number[12] = "";
	int n;

	if (rest)
		snprintf(number, sizeof number, "%d", (int)(session - sessions));
	n = snprintf(commands, sizeof commands, "MAIL FROM:<%s>\r\nRCPT TO:<%.*s%s%s>\r\nDATA\r\n", mails[mail].sender, (int)strcspn(to, "%"), to,
	             number, rest ? rest + 1 : "");

	session->mail = mail;
	session->sent = 0;
	session->good = true;
	session->phase = COMMANDS;
	session->replies = 3;
	if (send(session->fd, commands, (size_t)n, MSG_NOSIGNAL) != n)
		lose(session);
}

/* Gives the session its next mail, if one is due. */
static void feed(struct session *session)
{
	session->phase = IDLE;
	if (now() - began > limit)
		wanted.count = next_mail;
	if (next_mail < wanted.count && (!due || due[next_mail] <= now() - began))
		begin_mail(session, next_mail++);
}

static void replied(struct session *session, int code)
{
	double at;

	session->good &= code / 100 == 2 || (session->phase == COMMANDS && session->replies == 1 && code == 354);
	if (--session->replies) {
		if (session->phase == GREETED && send(session->fd, "LHLO bench.example\r\n", 20, MSG_NOSIGNAL) != 20)
			lose(session);
		return;
	}
	if (session->phase == COMMANDS && code == 354) {
		session->phase = BODY;
		send_body(session);
		return;
	}
	if (session->phase == GREETED) {
		session->phase = IDLE;
		return;
	}
	at = now();
	latency[session->mail] = at - session->last_byte;
	late[session->mail] = due ? at - began - due[session->mail] : 0;
	failed += !session->good;
	done++;
	feed(session);
}

static void receive(struct session *session)
{
	ssize_t n = recv(session->fd, session->in + session->in_length, sizeof session->in - session->in_length, 0);
	char *line = session->in, *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		lose(session);
		return;
	}
	session->in_length += (size_t)n;
	while ((end = memchr(line, '\n', session->in_length - (size_t)(line - session->in)))) {
		bool last = end - line >= 3 && line[3] != '-';
		int code = atoi(line);

		line = end + 1;
		if (last)
			replied(session, code);
		if (session->phase == LOST)
			return;
	}
	session->in_length -= (size_t)(line - session->in);
	memmove(session->in, line, session->in_length);
}

static void turn(double until)
{
	struct epoll_event events[64];
	double left = until - now();
	struct timespec wait = { (time_t)left, (long)((left - floor(left)) * 1e9) };
	int n = epoll_pwait2(poll_fd, events, 64, left > 0 ? &wait : &(struct timespec){ 0 }, NULL);

	for (int i = 0; i < n; i++) {
		struct session *session = events[i].data.ptr;

		if ((events[i].events & EPOLLOUT) && session->phase == BODY)
			send_body(session);
		if ((events[i].events & ~(unsigned)EPOLLOUT) && session->phase != LOST)
			receive(session);
	}
}

static void greet_all(const char *host, int port)
{
	int ready = 0;

	for (int i = 0; i < session_count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &sessions[i] };

		sessions[i] = (struct session){ .fd = dial(host, port), .phase = GREETED, .replies = 2 };
		epoll_ctl(poll_fd, EPOLL_CTL_ADD, sessions[i].fd, &event);
	}
	for (double until = now() + 60; ready < session_count && now() < until && !lost; ready = 0) {
		turn(now() + 0.1);
		for (int i = 0; i < session_count && sessions[i].phase == IDLE; i++)
			if (++ready == session_count)
				return;
	}
	fprintf(stderr, "load: not every connection was greeted\n");
	exit(2);
}

static void run(void)
{
	began = now();
	for (int i = 0; i < session_count; i++)
		feed(&sessions[i]);
	while (done < wanted.count && lost < session_count && now() < began + 600) {
		double until = now() + 1;

		if (due) {
			bool idle = false;

			for (int i = 0; i < session_count; i++) {
				if (sessions[i].phase == IDLE)
					feed(&sessions[i]);
				idle |= sessions[i].phase == IDLE;
			}
			if (idle && next_mail < wanted.count)             /* may have become due since it was looked at: then no sleep */
				until = began + due[next_mail];
		}
		turn(until);
	}
	failed += wanted.count - done;
}

static void plan_due(void)
{
	double at = 0;

	if (rate <= 0)
		return;
	due = calloc((size_t)wanted.count, sizeof *due);
	srand48(1);
	for (int i = 0; i < wanted.count; i++)
		due[i] = at += -log(1 - drand48()) / rate;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(double seconds)
{
	double bytes = 0;
	size_t n = (size_t)wanted.count, p99 = (n * 99 + 99) / 100 - 1;

	for (size_t i = 0; i < n; i++)
		bytes += (double)mail_length(&mails[i]);
	qsort(latency, n, sizeof *latency, by_value);
	qsort(late, n, sizeof *late, by_value);
	printf("{\"rate\": %.2f, \"p50\": %.4f, \"p99\": %.4f, \"due_p99\": %.4f, \"due_max\": %.4f, \"failed\": %d, \"seconds\": %.4f, \"bytes\": %.0f, \"mails\": %d}\n",
	       wanted.count / seconds, latency[n / 2] * 1e3, latency[p99] * 1e3, late[p99] * 1e3, late[n - 1] * 1e3, failed, seconds, bytes / (double)n, wanted.count);
}

static void parse(int argc, char **argv)
{
	bool good = true;

	for (int option; (option = getopt(argc, argv, "f:s:m:l:r:o:T:i:t:e:")) != -1;) {
		switch (option) {
		case 'f': wanted.texts = optarg; break;
		case 's': session_count = atoi(optarg); break;
		case 'm': wanted.count = atoi(optarg); break;
		case 'l': good &= mix_parse(optarg, &wanted.mix); break;
		case 'r': wanted.replies = atof(optarg); break;
		case 'o': rate = atof(optarg); break;
		case 'T': limit = atof(optarg); break;
		case 'i': wanted.run = optarg; break;
		case 't': wanted.to = optarg; break;
		case 'e': envelope = optarg; break;
		default: good = false;
		}
	}
	if (!good || optind >= argc || !strchr(argv[optind], ':') || !wanted.texts || session_count < 1 || wanted.count < 1) {
		fprintf(stderr, "usage: load -f TEXTS [-s SESSIONS] [-m MAILS] [-l SIZE[:WEIGHT],...] [-r SHARE] [-o RATE] [-T SECONDS] [-i RUN]"
		                " [-t ADDRESS] [-e ADDRESS] HOST:PORT\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	char *colon;
	double seconds;
	int made;

	parse(argc, argv);
	made = wanted.count;
	wanted.apart = 4 * session_count;
	mails = mails_make(&wanted);
	latency = calloc((size_t)wanted.count, sizeof *latency);
	late = calloc((size_t)wanted.count, sizeof *late);
	sessions = calloc((size_t)session_count, sizeof *sessions);
	poll_fd = epoll_create1(0);
	plan_due();
	colon = strrchr(argv[optind], ':');
	*colon = 0;
	greet_all(argv[optind], atoi(colon + 1));
	run();
	seconds = now() - began;
	for (int i = 0; i < session_count; i++)
		if (sessions[i].phase != LOST && send(sessions[i].fd, "QUIT\r\n", 6, MSG_NOSIGNAL) == 6)
			close(sessions[i].fd);
	report(seconds);
	mails_free(mails, made);
	return failed ? 1 : 0;
}
