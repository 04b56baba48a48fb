/*
 * words_stem.c - words into stems: Snowball's, made from the word with its accents (German needs them) and folded afterwards.
 *
 * A stemmer belongs to one question at a time; those that nobody uses are kept, with the stems of words that came lately: people ask with
 * few words. A word has two places in that memory; the third one with the same places drives the oldest out. Long words are not remembered.
 */
#include "words.h"

#include <libstemmer.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBERED 1024                  /* words of a language; a power of two */
#define BYTES      30                    /* of such a word, and of its stem, with the NUL */
#define KEPT       6                     /* stemmers that nobody uses */

struct words_stemmer {
	struct words_stemmer *next;
	struct sb_stemmer *snowball;
	char language[4];
	struct remembered { uint32_t hash; char word[BYTES], stem[BYTES]; } of[REMEMBERED];      /* pairs of places, the newer one first */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct words_stemmer *idle;
static size_t idle_count;

static struct words_stemmer *take_idle(const char *language)
{
	struct words_stemmer **at, *found;

	pthread_mutex_lock(&lock);
	for (at = &idle; *at && strcmp((*at)->language, language) != 0; at = &(*at)->next)
		;
	if ((found = *at)) {
		*at = found->next;
		idle_count--;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static void stemmer_free(struct words_stemmer *stemmer)
{
	sb_stemmer_delete(stemmer->snowball);
	free(stemmer);
}

/* NULL: Snowball does not know the language. */
static struct words_stemmer *stemmer_new(const char *language)
{
	struct sb_stemmer *snowball = sb_stemmer_new(language, "UTF_8");
	struct words_stemmer *stemmer;

	if (!snowball)
		return NULL;
	if (!(stemmer = calloc(1, sizeof *stemmer)))
		abort();
	stemmer->snowball = snowball;
	memcpy(stemmer->language, language, strlen(language) + 1);
	return stemmer;
}

static void give_back(struct words_stemmer *stemmer)
{
	bool keep;

	pthread_mutex_lock(&lock);
	if ((keep = idle_count < KEPT)) {
		stemmer->next = idle;
		idle = stemmer;
		idle_count++;
	}
	pthread_mutex_unlock(&lock);
	if (!keep)
		stemmer_free(stemmer);
}

void words_stemmers_add(struct words_stemmers *stemmers, const char *language)
{
	struct words_stemmer *stemmer;

	if (!language || !*language || strlen(language) > 3 || stemmers->count == WORDS_STEMMERS)
		return;
	for (size_t i = 0; i < stemmers->count; i++)
		if (!strcmp(stemmers->at[i]->language, language))
			return;
	if ((stemmer = take_idle(language)) || (stemmer = stemmer_new(language)))
		stemmers->at[stemmers->count++] = stemmer;
}

const char *words_stemmers_language(const struct words_stemmers *stemmers, size_t which)
{
	return stemmers->at[which]->language;
}

void words_stemmers_fini(struct words_stemmers *stemmers)
{
	for (size_t i = 0; i < stemmers->count; i++)
		give_back(stemmers->at[i]);
	stemmers->count = 0;
}

void words_stemmers_forget(void)
{
	struct words_stemmer *next;

	pthread_mutex_lock(&lock);
	for (; idle; idle = next) {
		next = idle->next;
		stemmer_free(idle);
	}
	idle_count = 0;
	pthread_mutex_unlock(&lock);
}

static void stem_anew(struct sb_stemmer *snowball, const char *word, size_t length, char stem[WORDS_BYTES])
{
	const sb_symbol *found = sb_stemmer_stem(snowball, (const sb_symbol *)word, (int)length);

	if (found)
		words_fold((const char *)found, (size_t)sb_stemmer_length(snowball), stem);
	else
		words_fold(word, length, stem);
}

static bool is_of(const struct remembered *remembered, const char *word, uint32_t hash)
{
	return remembered->hash == hash && !strcmp(remembered->word, word);
}

void words_stem(struct words_stemmers *stemmers, size_t which, const char *word, char stem[WORDS_BYTES])
{
	size_t length = strlen(word);
	uint32_t hash = hash_bytes(word, length);
	struct words_stemmer *stemmer;
	struct remembered *pair;

	if (which >= stemmers->count) {
		words_fold(word, length, stem);
		return;
	}
	stemmer = stemmers->at[which];
	pair = &stemmer->of[hash_spread(hash) % REMEMBERED & ~1u];
	for (size_t i = 0; i < 2; i++)
		if (is_of(&pair[i], word, hash)) {
			memcpy(stem, pair[i].stem, BYTES);
			return;
		}
	stem_anew(stemmer->snowball, word, length, stem);
	if (length < BYTES && strlen(stem) < BYTES) {
		pair[1] = pair[0];
		pair->hash = hash;
		memcpy(pair->word, word, length + 1);
		strcpy(pair->stem, stem);
	}
}
