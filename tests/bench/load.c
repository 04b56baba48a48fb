/*
 * load.c - a load generator for LMTP: N connections, distinct mails, end-of-data latency. For `make bench` only.
 *
 *   load [-s SESSIONS] [-m MAILS] [-l BYTES] [-t ADDRESS] [-r SHARE] [-f FILE] HOST:PORT
 *
 * One thread a session; MAIL, RCPT and DATA in one write, as Postfix does with PIPELINING. SHARE of the mails answer an earlier one of
 * the same session (In-Reply-To). The lines of FILE are the texts, in turn, instead of BYTES of one sentence. Latency runs from just before the last byte is written until the reply was read. Prints one line:
 * "rate p50_ms p99_ms failed". Exit 1 if any mail was not answered 2xx.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

struct options { int sessions, mails; size_t bytes; const char *to; double replies; char **texts; size_t text_count; const char *host, *port; };
struct session {
	const struct options *options;
	int number, count, fd, failed;
	double *latency;
	char in[4096]; size_t in_length, in_at;
};

static long run_id;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int dial(const struct options *options)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int on = 1;
	if (getaddrinfo(options->host, options->port, &hints, &found) != 0)
		return -1;
	int fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static int read_byte(struct session *session)
{
	if (session->in_at == session->in_length) {
		ssize_t n = recv(session->fd, session->in, sizeof session->in, 0);
		if (n <= 0)
			return -1;
		session->in_length = (size_t)n;
		session->in_at = 0;
	}
	return session->in[session->in_at++];
}

/* The code of one reply, multi-line or not; -1: the connection is gone. */
static int read_reply(struct session *session)
{
	for (;;) {
		char line[600];
		size_t n = 0;
		for (int c; (c = read_byte(session)) != '\n';) {
			if (c < 0)
				return -1;
			if (n < sizeof line - 1)
				line[n++] = (char)c;
		}
		line[n] = 0;
		if (n >= 3 && line[3] != '-')
			return atoi(line);
	}
}

static bool send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

/* A mail of about options->bytes, different each time. */
static size_t make_mail(const struct session *session, int i, char *out, size_t room)
{
	const struct options *options = session->options;
	size_t n = (size_t)snprintf(out, room,
		"From: Customer %d <c%d@customer%d.example>\r\nTo: <%s>\r\nSubject: Printer %d in room %d does not answer\r\n"
		"Message-ID: <%lx.%d.%d@bench.example>\r\nDate: Sun, 22 Nov 2026 05:12:21 +0000\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n", i % 500, i % 500, i % 50, options->to, i, session->number, (unsigned long)run_id, session->number, i);
	if (i > 0 && (double)(i % 100) < options->replies * 100)
		n += (size_t)snprintf(out + n, room - n, "In-Reply-To: <%lx.%d.%d@bench.example>\r\n", (unsigned long)run_id, session->number, i - 1);
	n += (size_t)snprintf(out + n, room - n, "\r\n");
	if (options->text_count) {
		const char *text = options->texts[((size_t)i * (size_t)options->sessions + (size_t)session->number) % options->text_count];
		for (size_t at = 0; text[at] && n + 100 < room; at += 78)
			n += (size_t)snprintf(out + n, room - n, "%.78s\r\n", text + at);
		return n;
	}
	for (int line = 0; n < options->bytes && n + 100 < room; line++)
		n += (size_t)snprintf(out + n, room - n, "Line %d of mail %d.%d: since this morning nothing comes out of it any more.\r\n", line, session->number, i);
	return n;
}

static bool one_mail(struct session *session, int i, char *mail, size_t room)
{
	char commands[400];
	int n = snprintf(commands, sizeof commands, "MAIL FROM:<c%d@customer%d.example>\r\nRCPT TO:<%s>\r\nDATA\r\n", i % 500, i % 50, session->options->to);
	if (!send_all(session->fd, commands, (size_t)n))
		return false;
	bool good = read_reply(session) / 100 == 2;
	good &= read_reply(session) / 100 == 2;
	if (read_reply(session) != 354)
		return false;
	size_t length = make_mail(session, i, mail, room);
	memcpy(mail + length, ".\r\n", 3);
	double start = now();
	if (!send_all(session->fd, mail, length + 3))
		return false;
	good &= read_reply(session) / 100 == 2;
	session->latency[i] = now() - start;
	return good;
}

static void *run_session(void *argument)
{
	struct session *session = argument;
	size_t room = session->options->bytes + 4096;
	char *mail = malloc(room);
	session->fd = dial(session->options);
	if (session->fd < 0 || read_reply(session) != 220 || !send_all(session->fd, "LHLO bench.example\r\n", 20) || read_reply(session) != 250) {
		session->failed = session->count;
		return NULL;
	}
	for (int i = 0; i < session->count; i++)
		session->failed += !one_mail(session, i, mail, room);
	send_all(session->fd, "QUIT\r\n", 6);
	close(session->fd);
	free(mail);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int run(const struct options *options)
{
	struct session *sessions = calloc((size_t)options->sessions, sizeof *sessions);
	pthread_t *threads = calloc((size_t)options->sessions, sizeof *threads);
	double *latency = calloc((size_t)options->mails, sizeof *latency);
	int failed = 0, done = 0;
	run_id = (long)time(NULL) * 100000 + getpid();
	double start = now();
	for (int i = 0; i < options->sessions; i++) {
		int count = options->mails / options->sessions + (i < options->mails % options->sessions);
		sessions[i] = (struct session){.options = options, .number = i, .count = count, .latency = latency + done};
		done += count;
		pthread_create(&threads[i], NULL, run_session, &sessions[i]);
	}
	for (int i = 0; i < options->sessions; i++) {
		pthread_join(threads[i], NULL);
		failed += sessions[i].failed;
	}
	double seconds = now() - start;
	qsort(latency, (size_t)options->mails, sizeof *latency, by_value);
	printf("%.1f %.3f %.3f %d\n", options->mails / seconds, latency[options->mails / 2] * 1e3, latency[(size_t)(options->mails * 0.99)] * 1e3, failed);
	free(sessions);
	free(threads);
	free(latency);
	return failed ? 1 : 0;
}

/* The lines of a file; the longest is what a mail may have. */
static bool read_texts(const char *path, struct options *options)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	for (ssize_t n; file && (n = getline(&line, &room, file)) > 0;) {
		line[strcspn(line, "\r\n")] = 0;
		options->texts = realloc(options->texts, (options->text_count + 1) * sizeof *options->texts);
		options->texts[options->text_count++] = strdup(line);
		if ((size_t)n > options->bytes)
			options->bytes = (size_t)n;
	}
	free(line);
	if (file)
		fclose(file);
	return options->text_count > 0;
}

int main(int argc, char **argv)
{
	struct options options = {.sessions = 1, .mails = 1000, .bytes = 2048, .to = "support@example.org", .replies = 0.4};
	for (int option; (option = getopt(argc, argv, "s:m:l:t:r:f:")) != -1;) {
		switch (option) {
		case 's': options.sessions = atoi(optarg); break;
		case 'm': options.mails = atoi(optarg); break;
		case 'l': options.bytes = (size_t)atol(optarg); break;
		case 't': options.to = optarg; break;
		case 'r': options.replies = atof(optarg); break;
		case 'f':
			if (!read_texts(optarg, &options))
				return 2;
			break;
		default: return 2;
		}
	}
	char *colon = optind < argc ? strrchr(argv[optind], ':') : NULL;
	if (!colon || options.sessions < 1 || options.mails < options.sessions) {
		fprintf(stderr, "usage: load [-s SESSIONS] [-m MAILS] [-l BYTES] [-t ADDRESS] [-r SHARE] [-f FILE] HOST:PORT\n");
		return 2;
	}
	*colon = 0;
	options.host = argv[optind];
	options.port = colon + 1;
	return run(&options);
}
