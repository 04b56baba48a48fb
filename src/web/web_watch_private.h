/* web_watch_private.h - the open connections of the server, and since when each has been at its request. */
#ifndef SPORTELLO_WEB_WATCH_PRIVATE_H
#define SPORTELLO_WEB_WATCH_PRIVATE_H

#include <pthread.h>

#include "web.h"

struct web_line;                                 /* a connection */
struct web_watch { pthread_mutex_t lock; struct web_line *first; };

struct web_line *web_watch_opened(struct web_watch *watch, int fd, int64_t now_us);          /* NULL: out of memory; harmless below */
void web_watch_closed(struct web_watch *watch, struct web_line *line);       /* before the descriptor is closed */
void web_watch_answered(struct web_watch *watch, struct web_line *line, int64_t now_us);
void web_watch_allow(struct web_watch *watch, struct web_line *line, int64_t more_us);       /* this request may take so much longer */
/* Shuts down those that have been at it for that long; how many. */
int web_watch_end_slow(struct web_watch *watch, int64_t now_us, int64_t most_us);

#endif
