/*
 * floor.c - the least an LMTP daemon on SQLite can do: a yardstick for `make bench`, nothing else.
 *
 *   floor PORT DATABASE
 *
 * Takes what load.c sends (no more of LMTP), keeps the raw mail, its Message-ID in an index and a ticket row, in one transaction for all
 * mails that wait (WAL, synchronous=FULL), and answers 250 after the commit. No parsing, no threading, no answers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct job { char *mail; size_t length; bool done; struct job *next; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER, finished = PTHREAD_COND_INITIALIZER;
static struct job *first, **last = &first;
static sqlite3 *db;
static sqlite3_stmt *put_mail, *put_ticket;

static void insert(const struct job *job)
{
	const char *id = strstr(job->mail, "Message-ID: ");
	int length = id ? (int)strcspn(id + 12, "\r\n") : 0;
	sqlite3_bind_text(put_mail, 1, id ? id + 12 : "", length, SQLITE_STATIC);
	sqlite3_bind_blob(put_mail, 2, job->mail, (int)job->length, SQLITE_STATIC);
	sqlite3_step(put_mail);
	sqlite3_reset(put_mail);
	sqlite3_step(put_ticket);
	sqlite3_reset(put_ticket);
}

static void *writer(void *unused)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		while (!first)
			pthread_cond_wait(&work, &lock);
		struct job *batch = first;
		first = NULL;
		last = &first;
		pthread_mutex_unlock(&lock);
		sqlite3_exec(db, "begin immediate", NULL, NULL, NULL);
		for (struct job *job = batch; job; job = job->next)
			insert(job);
		sqlite3_exec(db, "commit", NULL, NULL, NULL);
		pthread_mutex_lock(&lock);
		for (struct job *job = batch, *next; job; job = next) {
			next = job->next;
			job->done = true;
		}
		pthread_cond_broadcast(&finished);
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

static void store(struct job *job)
{
	pthread_mutex_lock(&lock);
	*last = job;
	last = &job->next;
	pthread_cond_signal(&work);
	while (!job->done)
		pthread_cond_wait(&finished, &lock);
	pthread_mutex_unlock(&lock);
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		pthread_exit(NULL);
}

/* One line of commands, or the whole of a mail: `in` keeps what is not yet used. */
static void *serve(void *argument)
{
	int fd = (int)(long)argument;
	size_t room = 1 << 16, length = 0;
	char *in = malloc(room);
	bool data = false;
	say(fd, "220 floor\r\n");
	for (;;) {
		if (length + 4096 > room)
			in = realloc(in, room *= 2);
		ssize_t n = recv(fd, in + length, room - length - 1, 0);
		if (n <= 0)
			break;
		length += (size_t)n;
		in[length] = 0;
		for (;;) {
			char *end = data ? strstr(in, "\r\n.\r\n") : strstr(in, "\r\n");
			if (!end)
				break;
			size_t used = (size_t)(end - in) + (data ? 5 : 2);
			if (data) {
				struct job job = {.mail = in, .length = used - 3};
				store(&job);
				say(fd, "250 2.0.0 kept\r\n");
				data = false;
			} else if (strncmp(in, "DATA", 4) == 0) {
				say(fd, "354 go on\r\n");
				data = true;
			} else {
				say(fd, strncmp(in, "LHLO", 4) == 0 ? "250-floor\r\n250 PIPELINING\r\n" : "250 2.0.0 ok\r\n");
			}
			memmove(in, in + used, length - used + 1);
			length -= used;
		}
	}
	close(fd);
	free(in);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int on = 1;
	if (argc != 3 || sqlite3_open(argv[2], &db) != SQLITE_OK)
		return 2;
	sqlite3_exec(db, "pragma journal_mode=wal; pragma synchronous=full; create table ticket(id integer primary key, subject text);"
	                 "create table mail(id integer primary key, message_id text unique, raw blob)", NULL, NULL, NULL);
	sqlite3_prepare_v2(db, "insert or ignore into mail(message_id, raw) values(?, ?)", -1, &put_mail, NULL);
	sqlite3_prepare_v2(db, "insert into ticket(subject) values('a subject')", -1, &put_ticket, NULL);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0)
		return 2;
	pthread_create(&thread, NULL, writer, NULL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (fd >= 0 && pthread_create(&thread, NULL, serve, (void *)(long)fd) == 0)
			pthread_detach(thread);
	}
}
