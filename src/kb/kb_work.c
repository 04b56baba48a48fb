/*
 * kb_work.c - the memory of a ranking, kept from one question to the next.
 *
 * There are no more than processors: ranking only computes, more at once would only wait for each other's turn. Whoever ranks takes one
 * out of a list (or waits for one) and gives it back; nobody takes two. What a question wrote is cleared by the one who takes it next.
 */
#include "kb_work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUES 8                         /* floats of an article */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given = PTHREAD_COND_INITIALIZER;
static struct kb_work *idle;
static long made, most;

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* NULL: another one may be made. */
static struct kb_work *take_idle(void)
{
	struct kb_work *work;

	pthread_mutex_lock(&lock);
	if (!most)
		most = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? sysconf(_SC_NPROCESSORS_ONLN) : 1;
	while (!idle && made >= most)
		pthread_cond_wait(&given, &lock);
	if ((work = idle))
		idle = work->next;
	else
		made++;
	pthread_mutex_unlock(&lock);
	return work;
}

static void make_room(struct kb_work *work, size_t articles)
{
	float **values[VALUES] = { &work->word, &work->title, &work->past, &work->past_sum, &work->grams, &work->neighbours, &work->passage, &work->score };

	if (articles > work->room) {
		free(work->allowed);
		free(work->word);
		free(work->candidate);
		work->room = articles;
		work->allowed = must(malloc(articles * sizeof *work->allowed));
		work->word = must(malloc(articles * VALUES * sizeof *work->word));
		work->candidate = must(malloc(articles * sizeof *work->candidate));
		for (size_t i = 1; i < VALUES; i++)
			*values[i] = work->word + i * articles;
	}
	for (size_t i = 0; i < VALUES; i++)
		memset(*values[i], 0, articles * sizeof **values[i]);
}

static void make_past_room(struct kb_work *work, const struct kb_learned *learned)
{
	size_t count = learned ? learned->count : 0;

	if (count > work->past_room) {
		free(work->past_like);
		free(work->group_slot);
		work->past_room = count;
		work->past_like = must(malloc(count * sizeof *work->past_like));
		work->group_slot = must(malloc(count * sizeof *work->group_slot));
	}
	if (count)
		memset(work->past_like, 0, count * sizeof *work->past_like);
	for (size_t i = 0; i < count && i < learned->groups; i++)
		work->group_slot[i] = KB_UNASKED;
}

static void make_marks(struct kb_work *work, size_t terms)
{
	if (terms > work->mark_room) {
		free(work->mark);
		work->mark_room = terms + terms / 8;
		work->mark = must(calloc(work->mark_room, sizeof *work->mark));
	}
}

void kb_work_places(struct kb_work *work, size_t words)
{
	if (words < work->place_room)
		return;
	free(work->place);
	work->place_room = words + words / 2 + 1;
	work->place = must(malloc(work->place_room * sizeof *work->place));
}

struct kb_work *kb_work_take(const struct kb_view *view, const struct kb_words *words, const struct kb_without *without)
{
	struct kb_work *work = take_idle();

	if (!work)
		work = must(calloc(1, sizeof *work));
	work->next = NULL;
	work->snapshot = view->snapshot;
	work->learned = view->learned;
	work->words = words;
	work->without = without;
	work->most_word = work->most_title = work->most_grams = work->most_neighbours = work->most_passage = 0;
	work->candidates = 0;
	make_room(work, view->snapshot->count + 1);
	make_past_room(work, view->learned);
	make_marks(work, view->snapshot->dict->count);
	return work;
}

void kb_work_give(struct kb_work *work)
{
	pthread_mutex_lock(&lock);
	work->next = idle;
	idle = work;
	pthread_cond_signal(&given);
	pthread_mutex_unlock(&lock);
}
