/*
 * gateway_report_beside.c - counts pages on a thread of its own, while more of them are read.
 *
 * A batch is counted when the next one was begun, or no more is read. The one who reads is not held up, but where more than so many bytes wait.
 */
#include "gateway_report_private.h"

#include <sys/resource.h>

/* The oldest batch to which nothing is added any more; NULL: all were used. Waits for it. With the mutex held. */
static struct gathered_batch *next_batch(struct beside *beside)
{
	struct gathered *gathered = &beside->gathered;

	while (!beside->ended && gathered->first == gathered->last)
		pthread_cond_wait(&beside->more, &beside->mutex);
	struct gathered_batch *batch = gathered->first;

	if (batch && !(gathered->first = batch->next))
		gathered->last = NULL;
	return batch;
}

static void *count_all(void *context)
{
	struct beside *beside = context;
	struct gathered_batch *batch;

	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + beside->nice);       /* of this thread; in vain: it is only less polite */
	pthread_mutex_lock(&beside->mutex);
	while ((batch = next_batch(beside))) {
		bool wanted = !beside->unwanted;

		pthread_mutex_unlock(&beside->mutex);
		wanted = wanted && gateway_batch_use(batch, beside->use, beside->context);
		pthread_mutex_lock(&beside->mutex);
		beside->unwanted = !wanted;
		beside->gathered.bytes -= batch->used;
		pthread_cond_signal(&beside->fewer);
	}
	pthread_mutex_unlock(&beside->mutex);
	return NULL;
}

bool gateway_beside_begin(struct beside *beside, size_t most, int nice, gathered_use use, void *context)
{
	*beside = (struct beside){ .use = use, .context = context, .most = most, .nice = nice };
	pthread_mutex_init(&beside->mutex, NULL);
	pthread_cond_init(&beside->more, NULL);
	pthread_cond_init(&beside->fewer, NULL);
	return thread_start(&beside->thread, count_all, beside) == 0;
}

bool gateway_beside_gather(struct beside *beside, struct arena *arena, int family, int64_t page, const void *bytes, size_t length)
{
	struct gathered *gathered = &beside->gathered;

	pthread_mutex_lock(&beside->mutex);
	while (gathered->bytes + length > beside->most && gathered->first != gathered->last)
		pthread_cond_wait(&beside->fewer, &beside->mutex);
	const struct gathered_batch *last = gathered->last;
	bool good = !beside->unwanted && gateway_gather(gathered, arena, family, page, bytes, length);

	if (gathered->last != last)
		pthread_cond_signal(&beside->more);
	pthread_mutex_unlock(&beside->mutex);
	return good;
}

bool gateway_beside_end(struct beside *beside)
{
	pthread_mutex_lock(&beside->mutex);
	beside->ended = true;
	pthread_cond_signal(&beside->more);
	pthread_mutex_unlock(&beside->mutex);
	pthread_join(beside->thread, NULL);
	gateway_gathered_fini(&beside->gathered);        /* those that nobody wanted */
	return !beside->unwanted;
}
