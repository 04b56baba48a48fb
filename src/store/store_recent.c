/*
 * store_recent.c - the small mails that were just taken in, as they were read then, for those who come right behind: the indexer and the notices.
 *
 * Without it each of them reads and parses the raw mail once more. An entry goes when as many have come as were awaited, or after RECENT_US; what finds
 * no place is not kept, since the oldest are asked for first. Memory of this process only: nothing is lost with it, and whoever finds nothing
 * derives it himself. An erased message names no raw mail any more, so nobody asks for what was erased.
 */
#include "store_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_MAILS 4096
#define RECENT_MOST (16 * 1024)          /* bytes of one */
#define RECENT_ALL (12 * 1024 * 1024)    /* bytes of all of them */
#define RECENT_US (10 * 1000 * 1000)

struct recent {
	uint64_t place;                  /* whose store */
	int64_t raw, kept_us;
	int awaited;
	size_t text, reply, rest;        /* lengths of what follows in `bytes`, the texts with their zero */
	char *bytes;                     /* NULL: free */
};

static struct { pthread_mutex_t lock; struct recent at[RECENT_MAILS]; size_t bytes; _Atomic size_t count; } recent = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t size_of(const struct recent *it)
{
	return it->text + it->reply + it->rest;
}

static void forget(struct recent *it)
{
	recent.bytes -= size_of(it);
	recent.count--;
	free(it->bytes);
	*it = (struct recent){ 0 };
}

static struct recent *slot_of(int64_t raw)
{
	return &recent.at[(uint64_t)raw % RECENT_MAILS];
}

/* With the lock held. */
static bool take_place(struct recent *slot, const struct recent *it)
{
	if (slot->bytes && it->kept_us - slot->kept_us > RECENT_US)
		forget(slot);
	if (slot->bytes || recent.bytes + size_of(it) > RECENT_ALL)
		return false;
	*slot = *it;
	recent.bytes += size_of(it);
	recent.count++;
	return true;
}

void store_recent_keep(const struct store *store, int64_t raw, const struct mail *mail, int awaited)
{
	struct recent it = { .place = store->place, .raw = raw, .kept_us = clock_monotonic_us(), .awaited = awaited, .text = strlen(mail->text) + 1,
	                     .reply = strlen(mail->reply_text) + 1 };
	CLEANUP_BUFFER struct buffer rest = { 0 };
	bool kept;

	if (it.text + it.reply > RECENT_MOST)
		return;
	buffer_init(&rest);
	mail_pack(mail, &rest);
	it.rest = rest.length;
	if (!(it.bytes = malloc(size_of(&it))))
		return;
	memcpy(it.bytes, mail->text, it.text);
	memcpy(it.bytes + it.text, mail->reply_text, it.reply);
	memcpy(it.bytes + it.text + it.reply, rest.at, it.rest);
	pthread_mutex_lock(&recent.lock);
	kept = take_place(slot_of(raw), &it);
	pthread_mutex_unlock(&recent.lock);
	if (!kept)
		free(it.bytes);
}

/* A copy of the entry, its bytes in the arena. */
static bool find(const struct store *store, struct arena *arena, int64_t raw, size_t most, struct recent *found)
{
	struct recent *slot = slot_of(raw);
	bool there;

	pthread_mutex_lock(&recent.lock);
	there = slot->bytes && slot->raw == raw && slot->place == store->place && slot->text <= most;
	if (there) {
		*found = *slot;
		found->bytes = arena_copy(arena, slot->bytes, size_of(slot));
		if (--slot->awaited <= 0)
			forget(slot);
	}
	pthread_mutex_unlock(&recent.lock);
	return there;
}

bool store_recent_mail(const struct store *store, struct arena *arena, int64_t raw, const struct mail_options *options, struct mail *mail)
{
	struct recent it;

	if (!recent.count || !find(store, arena, raw, options->text_most ? options->text_most : LIMIT_TEXT_BYTES, &it)
	    || !mail_unpack(arena, it.bytes + it.text + it.reply, it.rest, mail))
		return false;
	mail->text = it.bytes;
	mail->reply_text = it.bytes + it.text;
	return true;
}

void store_recent_tidy(void)
{
	int64_t now = clock_monotonic_us();

	pthread_mutex_lock(&recent.lock);
	for (size_t i = 0; i < RECENT_MAILS && recent.count; i++)
		if (recent.at[i].bytes && now - recent.at[i].kept_us > RECENT_US)
			forget(&recent.at[i]);
	pthread_mutex_unlock(&recent.lock);
}
