/*
 * daemon_connections.c - who gives way when all LMTP connections are taken: silent clients, so that they cannot keep mail out.
 *
 * A client that has been between mails for CONNECTION_REST_US, or inside one for CONNECTION_MAIL_US, may be sent away for a new one; between mails
 * first, the oldest first. It is told 421 and comes again if it is a mail server. While there is room, only the deadlines of the
 * configuration count.
 */
#include <sys/socket.h>

#include "daemon_private.h"

#define CONNECTION_REST_US (1000LL * 1000)
#define CONNECTION_MAIL_US (120 * 1000LL * 1000) /* the largest mail over loopback takes a second */

void daemon_connections_enter(struct slots *slots, struct slot *slot, int fd)
{
	*slot = (struct slot){.fd = fd, .since = clock_monotonic_us(), .until = INT64_MAX, .at = &slots->first};
	pthread_mutex_lock(&slots->lock);
	slot->next = slots->first;
	if (slot->next)
		slot->next->at = &slot->next;
	slots->first = slot;
	pthread_mutex_unlock(&slots->lock);
}

void daemon_connections_leave(struct slots *slots, struct slot *slot)
{
	pthread_mutex_lock(&slots->lock);
	*slot->at = slot->next;
	if (slot->next)
		slot->next->at = slot->at;
	pthread_mutex_unlock(&slots->lock);
}

void daemon_connections_turn(struct slots *slots, struct slot *slot, bool in_mail)
{
	pthread_mutex_lock(&slots->lock);
	slot->in_mail = in_mail;
	slot->since = clock_monotonic_us();
	pthread_mutex_unlock(&slots->lock);
}

static bool before(const struct slot *a, const struct slot *b)
{
	return !b || (a->in_mail == b->in_mail ? a->since < b->since : b->in_mail);
}

bool daemon_connections_send_one_away(struct slots *slots)
{
	int64_t now = clock_monotonic_us();
	struct slot *worst = NULL;
	pthread_mutex_lock(&slots->lock);
	for (struct slot *slot = slots->first; slot; slot = slot->next)
		if (!slot->sent_away && now - slot->since >= (slot->in_mail ? CONNECTION_MAIL_US : CONNECTION_REST_US) && before(slot, worst))
			worst = slot;
	if (worst) {
		worst->sent_away = true;
		shutdown(worst->fd, SHUT_RD);    /* whoever reads the end can still say 421 */
	}
	pthread_mutex_unlock(&slots->lock);
	return worst != NULL;
}

void daemon_connections_time_out(struct slots *slots)
{
	int64_t now = clock_monotonic_us();
	pthread_mutex_lock(&slots->lock);
	for (struct slot *slot = slots->first; slot; slot = slot->next)
		if (now >= slot->until) {
			slot->until = INT64_MAX;
			slot->sent_away = true;
			shutdown(slot->fd, slot->says ? SHUT_RDWR : SHUT_RD);
		}
	pthread_mutex_unlock(&slots->lock);
}

void daemon_connections_stop(struct slots *slots, bool all)
{
	pthread_mutex_lock(&slots->lock);
	for (struct slot *slot = slots->first; slot; slot = slot->next)
		if (all || !slot->in_data)
			shutdown(slot->fd, SHUT_RD);
	pthread_mutex_unlock(&slots->lock);
}
