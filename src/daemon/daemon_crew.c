/*
 * daemon_crew.c - the few threads that attend to all LMTP connections: one epoll, and as many hands at work as there are processors.
 *
 * A hand takes one connection at a time, does all that can be done with it, and gathers the mails that are whole; when no other connection wants anything,
 * it has them written together. So one wake serves many clients while there is much to do, and nobody waits for a commit. Who is going to wait
 * for something, or to calculate for long, steps aside first (daemon_crew_aside()): another hand takes his place, so that there is always one for those who ask.
 * Each connection is one hand's alone: epoll tells of it once (EPOLLONESHOT), and no more before it was parked again.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon_private.h"

#define HANDS_LEAST 2                            /* one may be writing, and waits for the disk */
#define HANDS_MOST 16
#define JOBS_AT_ONCE 64                          /* that a hand gathers, */
#define TURNS_AT_ONCE 32                         /* and how many connections it attends to before it has them written, whoever wants something */

static void *hand_main(void *argument);

static bool add_hand(struct daemon *daemon)
{
	pthread_t thread;
	daemon->crew.hands++;
	if (thread_start(&thread, hand_main, daemon) == 0) {
		pthread_detach(thread);
		return true;
	}
	daemon->crew.hands--;
	return false;
}

static void write_mails(struct hand *hand)
{
	struct store_errand *mails = hand->mails;
	hand->mails = NULL;
	hand->jobs = hand->turns = 0;
	if (mails)
		store_write_later(hand->daemon->gateway.writer, mails);
}

void daemon_crew_gather(struct hand *hand, struct store_errand *mail)
{
	mail->next = hand->mails;
	hand->mails = mail;
	hand->jobs += mail->count;
}

/* With the lock held: who shall take the place of one who steps aside? */
static bool is_short(const struct crew *crew)
{
	return crew->at_work == 0 || (crew->at_work < crew->wanted && crew->listening == 0);
}

void daemon_crew_aside(struct hand *hand)
{
	struct crew *crew = &hand->daemon->crew;
	bool call, add;
	if (hand->aside)
		return;
	write_mails(hand);
	hand->aside = true;
	pthread_mutex_lock(&crew->lock);
	crew->at_work--;
	call = is_short(crew) && crew->resting > 0;
	add = is_short(crew) && !call;
	crew->resting -= call;
	crew->called += call;
	crew->at_work += call || add;
	pthread_mutex_unlock(&crew->lock);
	if (call)
		pthread_cond_signal(&crew->wake);
	if (add && !add_hand(hand->daemon)) {            /* then they wait until we are back */
		pthread_mutex_lock(&crew->lock);
		crew->at_work--;
		pthread_mutex_unlock(&crew->lock);
	}
}

/* Back at work; if others are enough, to rest until one is called, with nothing in his hands. */
static void come_back(struct hand *hand)
{
	struct crew *crew = &hand->daemon->crew;
	if (!hand->aside)
		return;
	write_mails(hand);
	hand->aside = false;
	pthread_mutex_lock(&crew->lock);
	if (crew->at_work < crew->wanted || crew->over) {
		crew->at_work++;
	} else {
		crew->resting++;
		while (!crew->called && !crew->over)
			pthread_cond_wait(&crew->wake, &crew->lock);
		crew->called -= crew->called > 0;
	}
	pthread_mutex_unlock(&crew->lock);
}

/* False: nobody wants anything. NULL: it is over. */
static bool next_event(struct hand *hand, struct connection **connection)
{
	struct crew *crew = &hand->daemon->crew;
	struct epoll_event event;
	int count;
	crew->listening += !hand->mails;
	do
		count = epoll_wait(crew->events, &event, 1, hand->mails ? 0 : -1);
	while (count < 0 && errno == EINTR);
	crew->listening -= !hand->mails;
	*connection = count > 0 ? event.data.ptr : NULL;
	return count > 0;
}

static void *hand_main(void *argument)
{
	struct daemon *daemon = argument;
	struct hand hand = {.daemon = daemon};
	struct connection *connection;
	for (;;) {
		bool some = next_event(&hand, &connection);
		if (some && !connection)
			break;
		if (some)
			daemon->crew.attend(connection, &hand);
		hand.turns += hand.mails != NULL;
		if (!some || hand.jobs >= JOBS_AT_ONCE || hand.turns >= TURNS_AT_ONCE)
			write_mails(&hand);
		come_back(&hand);
	}
	daemon->crew.hands--;
	return NULL;
}

bool daemon_crew_start(struct daemon *daemon, daemon_attend *attend)
{
	struct crew *crew = &daemon->crew;
	struct epoll_event event = {.events = EPOLLIN};          /* no connection: all is over */
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	crew->attend = attend;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->wake, NULL);
	crew->wanted = processors < HANDS_LEAST ? HANDS_LEAST : processors > HANDS_MOST ? HANDS_MOST : (int)processors;
	crew->events = epoll_create1(EPOLL_CLOEXEC);
	crew->end = eventfd(0, EFD_CLOEXEC);
	if (crew->events < 0 || crew->end < 0 || epoll_ctl(crew->events, EPOLL_CTL_ADD, crew->end, &event) != 0)
		return false;
	while (crew->at_work < crew->wanted && add_hand(daemon))
		crew->at_work++;
	return crew->at_work > 0;
}

void daemon_crew_stop(struct daemon *daemon)
{
	struct crew *crew = &daemon->crew;
	pthread_mutex_lock(&crew->lock);
	crew->over = true;
	pthread_cond_broadcast(&crew->wake);
	pthread_mutex_unlock(&crew->lock);
	eventfd_write(crew->end, 1);
	while (crew->hands > 0)
		usleep(1000);
	close(crew->events);
	close(crew->end);
}
