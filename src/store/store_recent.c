/*
 * store_recent.c - the small mails that were just taken in, as they were read then, for those who come right behind: the indexer and the notices.
 *
 * Without it each of them reads and parses the raw mail once more. An entry goes when as many have come as were awaited, or after RECENT_US. Where there is
 * no more place, the oldest goes if somebody has come for it: the indexer always does, senders do not while their relay keeps quiet. What finds no place
 * all the same is not kept, since the oldest are asked for first. Memory of this process only: nothing is lost with it, and whoever finds nothing
 * derives it himself. An erased message names no raw mail any more, so nobody asks for what was erased.
 */
#include "store_private.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define RECENT_MAILS 1024
#define RECENT_MOST (16 * 1024)          /* bytes of one */
#define RECENT_ALL (1280 * 1024)         /* bytes of all of them: some six hundred of 2 KB */
#define RECENT_US (10 * 1000 * 1000)

struct recent {
	uint64_t place;                  /* whose store */
	int64_t raw, kept_us;
	int awaited;                     /* 0: nobody is, and the slot is free */
	bool asked;                      /* somebody has come for it */
	size_t text, reply, rest;        /* lengths of what stands at `at` in the ring, the texts with their zero */
	bool begins;                     /* the text does with the reply, which then stands there once: most often it is all of it */
	size_t at;
};

/* Their bytes go round in a mapping of their own: thousands of small pieces that live for a second leave holes in the heap, and each malloc()
 * of the intake looks through them then. What was put there first goes first: a place is free when all that were taken before it are. */
static struct {
	pthread_mutex_t lock;
	struct recent slots[RECENT_MAILS];                                     /* by raw mail */
	struct { int64_t raw; size_t at; } order[RECENT_MAILS];                /* as they came: from `first` to `next`, modulo RECENT_MAILS */
	uint64_t first, next;
	size_t end;                                                            /* of the newest one's bytes */
	char *ring;                                                            /* NULL: not mapped */
	_Atomic bool some;
} recent = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t size_of(const struct recent *it)
{
	return it->text + (it->begins ? 0 : it->reply) + it->rest;
}

static struct recent *slot_of(int64_t raw)
{
	return &recent.slots[(uint64_t)raw % RECENT_MAILS];
}

/* The functions down to find() are called with the lock held. */
static void let_go_of_the_oldest(int64_t now)
{
	for (; recent.first < recent.next; recent.first++) {
		int64_t raw = recent.order[recent.first % RECENT_MAILS].raw;
		struct recent *slot = slot_of(raw);

		if (slot->awaited && slot->raw == raw && now - slot->kept_us <= RECENT_US)
			break;
		if (slot->raw == raw)
			slot->awaited = 0;
	}
	recent.some = recent.first < recent.next;
}

/* False: nobody has come for it yet, or there is none. */
static bool gives_way(int64_t now)
{
	struct recent *oldest = recent.first < recent.next ? slot_of(recent.order[recent.first % RECENT_MAILS].raw) : NULL;

	if (!oldest || !oldest->asked)
		return false;
	oldest->awaited = 0;
	let_go_of_the_oldest(now);
	return true;
}

/* Where `size` bytes in one piece are free, behind the newest or at the ring's begin; RECENT_ALL: nowhere. */
static size_t free_place(size_t size)
{
	if (recent.first == recent.next)
		return size <= RECENT_ALL ? 0 : RECENT_ALL;
	size_t oldest = recent.order[recent.first % RECENT_MAILS].at;
	if (recent.end <= oldest)
		return oldest - recent.end >= size ? recent.end : RECENT_ALL;
	return RECENT_ALL - recent.end >= size ? recent.end : oldest >= size ? 0 : RECENT_ALL;
}

static bool ring_is_there(void)
{
	if (recent.ring)
		return true;
	void *mapped = mmap(NULL, RECENT_ALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	recent.ring = mapped == MAP_FAILED ? NULL : mapped;
	return recent.ring != NULL;
}

static bool has_place(struct recent *it)
{
	it->at = free_place(size_of(it));
	return !slot_of(it->raw)->awaited && it->at != RECENT_ALL && recent.next - recent.first < RECENT_MAILS;
}

static void keep(struct recent *it, const struct mail *mail, const struct buffer *rest)
{
	struct recent *slot = slot_of(it->raw);

	let_go_of_the_oldest(it->kept_us);
	while (!has_place(it))
		if (!gives_way(it->kept_us))
			return;
	if (!ring_is_there())
		return;
	char *to = recent.ring + it->at;
	to = mempcpy(to, mail->text, it->text);
	if (!it->begins)
		to = mempcpy(to, mail->reply_text, it->reply);
	memcpy(to, rest->at, it->rest);
	*slot = *it;
	recent.order[recent.next % RECENT_MAILS].raw = it->raw;
	recent.order[recent.next++ % RECENT_MAILS].at = it->at;
	recent.end = it->at + size_of(it);
	recent.some = true;
}

void store_recent_keep(const struct store *store, int64_t raw, const struct mail *mail, int awaited)
{
	struct recent it = { .place = store->place, .raw = raw, .kept_us = clock_monotonic_us(), .awaited = awaited, .text = strlen(mail->text) + 1,
	                     .reply = strlen(mail->reply_text) + 1 };
	CLEANUP_BUFFER struct buffer rest = { 0 };

	if (it.text + it.reply > RECENT_MOST)
		return;
	it.begins = it.reply <= it.text && memcmp(mail->text, mail->reply_text, it.reply - 1) == 0;
	buffer_init(&rest);
	mail_pack(mail, &rest);
	it.rest = rest.length;
	pthread_mutex_lock(&recent.lock);
	keep(&it, mail, &rest);
	pthread_mutex_unlock(&recent.lock);
}

/* A copy of the entry's bytes, in the arena; NULL: it is not there. */
static char *find(const struct store *store, struct arena *arena, int64_t raw, size_t most, struct recent *found)
{
	struct recent *slot = slot_of(raw);
	char *bytes = NULL;

	pthread_mutex_lock(&recent.lock);
	if (slot->awaited && slot->raw == raw && slot->place == store->place && slot->text <= most) {
		*found = *slot;
		bytes = arena_copy(arena, recent.ring + slot->at, size_of(slot));
		slot->awaited--;
		slot->asked = true;
	}
	pthread_mutex_unlock(&recent.lock);
	return bytes;
}

bool store_recent_mail(const struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail)
{
	struct recent it;
	char *bytes = recent.some ? find(store, arena, raw, options->text_most ? options->text_most : LIMIT_TEXT_BYTES, &it) : NULL;

	if (!bytes || !mail_unpack(arena, bytes + size_of(&it) - it.rest, it.rest, mail))
		return false;
	mail->text = bytes;
	mail->reply_text = !it.begins ? bytes + it.text : it.reply == it.text ? bytes : arena_copy(arena, bytes, it.reply - 1);
	return true;
}

void store_recent_tidy(void)
{
	if (!recent.some)
		return;
	pthread_mutex_lock(&recent.lock);
	let_go_of_the_oldest(clock_monotonic_us());
	if (!recent.some && recent.ring && munmap(recent.ring, RECENT_ALL) == 0)
		recent.ring = NULL;
	pthread_mutex_unlock(&recent.lock);
}
