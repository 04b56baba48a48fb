/*
 * web_watch.c - requests that take too long: their connections are ended, whatever drips in.
 *
 * libmicrohttpd counts idle time only, and its thread is in its own poll. So each connection is written down when it opens and crossed out
 * before its descriptor is closed, both under one lock; who looks now and then (web_tick) shuts down those whose request is too old, and
 * libmicrohttpd finds them closed by the other side. A connection that is kept between requests begins anew with each answer.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "web_watch_private.h"

struct web_line { struct web_line *next, **at; int fd; int64_t since; bool ended; };

static void lock(struct web_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
}

static void unlock(struct web_watch *watch)
{
	pthread_mutex_unlock(&watch->lock);
}

struct web_line *web_watch_opened(struct web_watch *watch, int fd, int64_t now_us)
{
	struct web_line *line = calloc(1, sizeof *line);
	if (!line)
		return NULL;
	line->fd = fd;
	line->since = now_us;
	lock(watch);
	line->next = watch->first;
	line->at = &watch->first;
	if (line->next)
		line->next->at = &line->next;
	watch->first = line;
	unlock(watch);
	return line;
}

void web_watch_closed(struct web_watch *watch, struct web_line *line)
{
	if (!line)
		return;
	lock(watch);
	*line->at = line->next;
	if (line->next)
		line->next->at = line->at;
	unlock(watch);
	free(line);
}

void web_watch_answered(struct web_watch *watch, struct web_line *line, int64_t now_us)
{
	if (!line)
		return;
	lock(watch);
	line->since = now_us;
	unlock(watch);
}

void web_watch_allow(struct web_watch *watch, struct web_line *line, int64_t more_us)
{
	if (!line)
		return;
	lock(watch);
	line->since += more_us;
	unlock(watch);
}

int web_watch_end_slow(struct web_watch *watch, int64_t now_us, int64_t most_us)
{
	int count = 0;
	lock(watch);
	for (struct web_line *line = watch->first; line; line = line->next) {
		if (line->ended || now_us - line->since < most_us)
			continue;
		line->ended = true;
		shutdown(line->fd, SHUT_RDWR);
		count++;
	}
	unlock(watch);
	return count;
}
