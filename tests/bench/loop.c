/*
 * loop.c - the harder floor: what the floor (floor.c) does, without a thread a connection. A yardstick for `make bench`, nothing else.
 *
 *   loop PORT DATABASE
 *
 * One thread: epoll says who has sent something, every mail that is whole by then goes into one transaction (WAL, synchronous=FULL), and all of them
 * are answered after its commit. Takes what load.c sends, no more of LMTP; no parsing, no threading, no answers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define CONNECTIONS 1024

struct connection { int fd; char *in; size_t room, length, mail; bool data; };     /* mail: bytes of the whole one at the start of `in` */

static sqlite3 *db;
static sqlite3_stmt *put_mail, *put_ticket;
static struct connection *whole[CONNECTIONS];
static size_t whole_count;

static void run(sqlite3_stmt *statement)
{
	sqlite3_step(statement);
	sqlite3_reset(statement);
}

static void store_all(void)
{
	sqlite3_exec(db, "begin immediate", NULL, NULL, NULL);
	for (size_t i = 0; i < whole_count; i++) {
		const char *mail = whole[i]->in, *id = memmem(mail, whole[i]->mail, "Message-ID: ", 12);
		sqlite3_bind_text(put_mail, 1, id ? id + 12 : "", id ? (int)strcspn(id + 12, "\r\n") : 0, SQLITE_STATIC);
		sqlite3_bind_blob(put_mail, 2, mail, (int)whole[i]->mail, SQLITE_STATIC);
		run(put_mail);
		run(put_ticket);
	}
	if (sqlite3_exec(db, "commit", NULL, NULL, NULL) != SQLITE_OK)
		exit(1);
}

static void drop(struct connection *it)
{
	close(it->fd);
	free(it->in);
	free(it);
}

static void use(struct connection *it, size_t bytes)
{
	memmove(it->in, it->in + bytes, it->length - bytes + 1);
	it->length -= bytes;
}

/* All commands that are whole, their answers in one piece; a mail that is whole waits for the commit. */
static void take(struct connection *it)
{
	char out[2048];
	size_t said = 0;
	char *end;
	while (said < sizeof out - 64 && (end = strstr(it->in, it->data ? "\r\n.\r\n" : "\r\n")) != NULL) {
		size_t bytes = (size_t)(end - it->in) + (it->data ? 5 : 2);
		if (it->data) {
			it->mail = bytes;
			whole[whole_count++] = it;
			break;
		}
		it->data = strncmp(it->in, "DATA", 4) == 0;
		said += (size_t)snprintf(out + said, sizeof out - said, "%s",
		                         it->data ? "354 go on\r\n" : strncmp(it->in, "LHLO", 4) == 0 ? "250-loop\r\n250 PIPELINING\r\n" : "250 2.0.0 ok\r\n");
		use(it, bytes);
	}
	if (said && send(it->fd, out, said, MSG_NOSIGNAL) < 0)
		perror("loop: send");
}

static void answer_all(void)
{
	static const char kept[] = "250 2.0.0 kept\r\n";
	size_t count = whole_count;
	store_all();
	whole_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct connection *it = whole[i];
		it->data = false;
		use(it, it->mail);
		if (send(it->fd, kept, sizeof kept - 1, MSG_NOSIGNAL) < 0)
			perror("loop: send");
		if (it->length)
			fprintf(stderr, "loop: load.c does not send the next mail before the answer\n");
	}
}

static void accept_one(int epoll, int listener)
{
	int on = 1, fd = accept(listener, NULL, NULL);
	struct connection *it = calloc(1, sizeof *it);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = it};
	if (fd < 0 || !it)
		exit(1);
	*it = (struct connection){.fd = fd, .in = calloc(1, 1 << 16), .room = 1 << 16};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	if (send(fd, "220 loop\r\n", 10, MSG_NOSIGNAL) < 0)
		perror("loop: send");
}

static void receive(struct connection *it)
{
	if (it->length + 4096 > it->room && !(it->in = realloc(it->in, it->room *= 2)))
		exit(1);
	ssize_t n = recv(it->fd, it->in + it->length, it->room - it->length - 1, 0);
	if (n <= 0) {
		drop(it);
		return;
	}
	it->length += (size_t)n;
	it->in[it->length] = 0;
	take(it);
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS], event = {.events = EPOLLIN};
	int on = 1, epoll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 3 || sqlite3_open(argv[2], &db) != SQLITE_OK)
		return 2;
	sqlite3_exec(db, "pragma journal_mode=wal; pragma synchronous=full; create table ticket(id integer primary key, subject text);"
	                 "create table mail(id integer primary key, message_id text unique, raw blob)", NULL, NULL, NULL);
	sqlite3_prepare_v2(db, "insert or ignore into mail(message_id, raw) values(?, ?)", -1, &put_mail, NULL);
	sqlite3_prepare_v2(db, "insert into ticket(subject) values('a subject')", -1, &put_ticket, NULL);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
		return 2;
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < count; i++)
			if (events[i].data.ptr)
				receive(events[i].data.ptr);
			else
				accept_one(epoll, listener);
		if (whole_count)
			answer_all();
	}
}
