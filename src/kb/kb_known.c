/*
 * kb_known.c - what a snapshot says of the words that came lately: people ask with few words.
 *
 * Of each: whether it is small, its stem in one language with its term, and its n-grams with what they weigh. All of it stands together, where a
 * dictionary and two tables would have it in as many places as there are n-grams. Nothing is different where it is not here: it is only found out anew.
 * A memory belongs to one question at a time, and to one snapshot: another one's question begins with none. A word has two places; the third one with the
 * same places drives the older out, but never one of the question that is asked. Long words are not remembered.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REMEMBERED 1024                  /* words; a power of two */

struct kb_memory {
	struct kb_memory *next;                  /* while nobody uses it */
	uint64_t edition;                        /* of the snapshot that it is of */
	uint32_t question;                       /* which it is */
	struct kb_known of[REMEMBERED];          /* pairs of places, the newer one first */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kb_memory *idle;
static long made;

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void forget(struct kb_known *known)
{
	free(known->gram);
	*known = (struct kb_known){ .hash = 0 };
}

/* No more than processors: more at once would only wait for each other's turn. */
struct kb_memory *kb_memory_take(const struct kb_snapshot *snapshot)
{
	struct kb_memory *memory;
	bool make = false;

	pthread_mutex_lock(&lock);
	if ((memory = idle))
		idle = memory->next;
	else if ((make = made < sysconf(_SC_NPROCESSORS_ONLN)))
		made++;
	pthread_mutex_unlock(&lock);
	if (make)
		memory = must(calloc(1, sizeof *memory));
	if (!memory)
		return NULL;
	for (size_t i = 0; memory->edition != snapshot->edition && i < REMEMBERED; i++)
		forget(&memory->of[i]);
	memory->edition = snapshot->edition;
	memory->question++;
	return memory;
}

void kb_memory_give(struct kb_memory *memory)
{
	if (!memory)
		return;
	pthread_mutex_lock(&lock);
	memory->next = idle;
	idle = memory;
	pthread_mutex_unlock(&lock);
}

static struct kb_known *pair_of(struct kb_memory *memory, uint32_t hash)
{
	return &memory->of[hash % REMEMBERED & ~1u];
}

struct kb_known *kb_known_find(struct kb_memory *memory, const char *word, uint32_t hash)
{
	struct kb_known *pair;

	if (!memory)
		return NULL;
	pair = pair_of(memory, hash);
	for (size_t i = 0; i < 2; i++)
		if (pair[i].hash == hash && !strcmp(pair[i].word, word)) {
			pair[i].question = memory->question;
			return &pair[i];
		}
	return NULL;
}

/* What this question points to stays where it is. */
static struct kb_known *place_for(struct kb_memory *memory, uint32_t hash)
{
	struct kb_known *pair = pair_of(memory, hash);
	bool first = pair[0].question == memory->question, second = pair[1].question == memory->question;

	if (first && second)
		return NULL;
	if (first || second) {
		forget(&pair[first]);
		return &pair[first];
	}
	forget(&pair[1]);
	pair[1] = pair[0];
	pair[0] = (struct kb_known){ .hash = 0 };
	return pair;
}

struct kb_known *kb_known_add(struct kb_memory *memory, const char *word, const char *folded, uint32_t hash)
{
	struct kb_known *known;
	size_t length = strlen(word), folded_length = strlen(folded);

	if (!memory || !length || length >= KB_KNOWN_BYTES || folded_length >= KB_KNOWN_BYTES)
		return NULL;
	if (!(known = place_for(memory, hash)))
		return NULL;
	known->hash = hash;
	known->question = memory->question;
	memcpy(known->word, word, length + 1);
	memcpy(known->folded, folded, folded_length + 1);
	known->small_in = words_small_in(folded);
	return known;
}

bool kb_known_stem_is(const struct kb_known *known, const char *language)
{
	return known && *known->stem && !strcmp(known->language, language);
}

void kb_known_stem(struct kb_known *known, const char *language, const char *stem, uint32_t hash, uint32_t term, float idf)
{
	size_t length = strlen(stem);

	if (!known || length >= KB_KNOWN_BYTES || strlen(language) >= sizeof known->language)
		return;
	memcpy(known->stem, stem, length + 1);
	memcpy(known->language, language, strlen(language) + 1);
	known->stem_hash = hash;
	known->term = term;
	known->idf = idf;
}

/* ---- n-grams ---- */

static struct kb_known_gram weighed(const struct kb_snapshot *snapshot, uint32_t bucket)
{
	const struct kb_gram *gram = &snapshot->grams.slot[kb_gram_slot(&snapshot->grams, bucket)];
	size_t title = kb_gram_slot(&snapshot->titles.grams, bucket);

	return (struct kb_known_gram){ bucket, gram->key ? gram->number : KB_NO_TERM, snapshot->titles.first[title], gram->idf, snapshot->titles.grams.slot[title].idf };
}

/* Where their weights stand is all over two large tables. */
static void fetch_weights(const struct kb_snapshot *snapshot, const uint32_t *bucket, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		__builtin_prefetch(&snapshot->grams.slot[bucket[i] & (snapshot->grams.slots - 1)]);
		__builtin_prefetch(&snapshot->titles.grams.slot[bucket[i] & (snapshot->titles.grams.slots - 1)]);
	}
}

const struct kb_known_gram *kb_known_grams(const struct kb_snapshot *snapshot, struct kb_known *known, const char *folded, struct kb_known_gram room[KB_WORD_GRAMS], size_t *count)
{
	uint32_t bucket[KB_WORD_GRAMS];
	struct kb_known_gram *gram = room;

	if (known && known->gram) {
		*count = known->grams;
		return known->gram;
	}
	*count = kb_grams_of_word(folded, bucket);
	fetch_weights(snapshot, bucket, *count);
	if (known) {
		known->grams = (uint16_t)*count;
		gram = known->gram = must(malloc((*count + 1) * sizeof *gram));
	}
	for (size_t i = 0; i < *count; i++)
		gram[i] = weighed(snapshot, bucket[i]);
	return gram;
}
