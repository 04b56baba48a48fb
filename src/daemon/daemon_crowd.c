/*
 * daemon_crowd.c - who gives way when all LMTP connections are taken: silent clients, so that they cannot keep mail out.
 *
 * A client that has been between mails for CROWD_REST_US, or inside one for CROWD_MAIL_US, may be sent away for a new one; between mails
 * first, the oldest first. It is told 421 and comes again if it is a mail server. While there is room, only the deadlines of the
 * configuration count.
 */
#include <sys/socket.h>

#include "daemon_private.h"

#define CROWD_REST_US (1000LL * 1000)
#define CROWD_MAIL_US (120 * 1000LL * 1000)      /* the largest mail over loopback takes a second */

void crowd_enter(struct crowd *crowd, struct seat *seat, int fd)
{
	*seat = (struct seat){.fd = fd, .since = clock_monotonic_us(), .at = &crowd->first};
	pthread_mutex_lock(&crowd->lock);
	seat->next = crowd->first;
	if (seat->next)
		seat->next->at = &seat->next;
	crowd->first = seat;
	pthread_mutex_unlock(&crowd->lock);
}

void crowd_leave(struct crowd *crowd, struct seat *seat)
{
	pthread_mutex_lock(&crowd->lock);
	*seat->at = seat->next;
	if (seat->next)
		seat->next->at = seat->at;
	pthread_mutex_unlock(&crowd->lock);
}

void crowd_turn(struct crowd *crowd, struct seat *seat, bool in_mail)
{
	pthread_mutex_lock(&crowd->lock);
	seat->in_mail = in_mail;
	seat->since = clock_monotonic_us();
	pthread_mutex_unlock(&crowd->lock);
}

static bool before(const struct seat *a, const struct seat *b)
{
	return !b || (a->in_mail == b->in_mail ? a->since < b->since : b->in_mail);
}

bool crowd_send_one_away(struct crowd *crowd)
{
	int64_t now = clock_monotonic_us();
	struct seat *worst = NULL;
	pthread_mutex_lock(&crowd->lock);
	for (struct seat *seat = crowd->first; seat; seat = seat->next)
		if (!seat->sent_away && now - seat->since >= (seat->in_mail ? CROWD_MAIL_US : CROWD_REST_US) && before(seat, worst))
			worst = seat;
	if (worst) {
		worst->sent_away = true;
		shutdown(worst->fd, SHUT_RD);    /* its thread reads the end, and can still say 421 */
	}
	pthread_mutex_unlock(&crowd->lock);
	return worst != NULL;
}
