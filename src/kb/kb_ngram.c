/*
 * kb_ngram.c - character n-grams of three to five, hashed into buckets: what finds compounds, inflections and misspellings.
 *
 * A word stands between blanks, so its beginning and its end are grams of their own. An article keeps which buckets it has and how often,
 * packed into 32 bits each; weights come from a table of the snapshot when they are needed. The cosine is over 1 + ln tf times idf.
 * May not see accents: words come folded.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST 3
#define LONGEST  5
#define PIECE    512

void kb_grams_of_word(const char *folded, void (*each)(void *context, uint32_t bucket), void *context)
{
	uint32_t code[KB_WORD + 2];
	size_t count = 0, length = strlen(folded), size;

	code[count++] = ' ';
	for (size_t i = 0; i < length; i += size)
		if (!(size = utf8_decode(folded + i, length - i, &code[count++])))
			return;
	code[count++] = ' ';
	for (size_t i = 0; i < count; i++) {
		uint32_t hash = 2166136261u;

		for (size_t n = 1; n <= LONGEST && i + n <= count; n++) {
			hash = (hash ^ code[i + n - 1]) * 16777619u;
			if (n >= SHORTEST)
				each(context, (hash ^ hash >> 15 ^ (uint32_t)n * 2654435761u) >> (32 - KB_GRAM_BITS));
		}
	}
}

void kb_gram_counter_init(struct kb_gram_counter *counter)
{
	counter->tf = calloc(KB_GRAMS, sizeof *counter->tf);
	counter->seen = malloc(KB_GRAMS * sizeof *counter->seen);
	counter->count = 0;
	if (!counter->tf || !counter->seen)
		abort();
}

void kb_gram_counter_fini(struct kb_gram_counter *counter)
{
	free(counter->tf);
	free(counter->seen);
}

void kb_gram_count(void *context, uint32_t bucket)
{
	struct kb_gram_counter *counter = context;

	if (!counter->tf[bucket])
		counter->seen[counter->count++] = bucket;
	if (counter->tf[bucket] < KB_GRAM_TF)
		counter->tf[bucket]++;
}

uint32_t *kb_gram_take(struct kb_gram_counter *counter, struct arena *arena, size_t *count)
{
	uint32_t *grams = ARENA_ARRAY(arena, uint32_t, counter->count + 1);

	for (size_t i = 0; i < counter->count; i++) {
		uint32_t bucket = counter->seen[i];

		grams[i] = bucket << (32 - KB_GRAM_BITS) | counter->tf[bucket];
		counter->tf[bucket] = 0;
	}
	*count = counter->count;
	counter->count = 0;
	return grams;
}

float kb_gram_log(uint32_t tf)
{
	static float table[64];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static atomic_bool ready;

	if (!atomic_load_explicit(&ready, memory_order_acquire)) {
		pthread_mutex_lock(&lock);
		for (uint32_t i = 1; i < COUNT_OF(table); i++)
			table[i] = 1 + logf((float)i);
		atomic_store_explicit(&ready, true, memory_order_release);
		pthread_mutex_unlock(&lock);
	}
	return tf < COUNT_OF(table) ? table[tf] : 1 + logf((float)tf);
}

void kb_gram_question_init(struct kb_gram_question *question)
{
	question->weight = calloc(KB_GRAMS, sizeof *question->weight);
	question->set = calloc(KB_GRAMS / 64, sizeof *question->set);
	if (!question->weight || !question->set)
		abort();
}

void kb_gram_question_fini(struct kb_gram_question *question)
{
	free(question->weight);
	free(question->set);
}

float kb_gram_norm(const float *idf, const uint32_t *grams, size_t count)
{
	float sum = 0;

	for (size_t i = 0; i < count; i++) {
		float weight = kb_gram_log(grams[i] & KB_GRAM_TF) * idf[grams[i] >> (32 - KB_GRAM_BITS)];

		sum += weight * weight;
	}
	return sqrtf(sum);
}

/* In pieces: first which of them the question has, without a branch that nobody can foresee; then those alone. */
float kb_gram_dot(const struct kb_gram_question *question, const uint32_t *grams, size_t count)
{
	uint32_t hit[PIECE + 1];
	float sum = 0;

	for (size_t from = 0; from < count; from += PIECE) {
		size_t hits = 0, end = count - from < PIECE ? count : from + PIECE;

		for (size_t i = from; i < end; i++) {
			uint32_t bucket = grams[i] >> (32 - KB_GRAM_BITS);

			hit[hits] = grams[i];
			hits += question->set[bucket / 64] >> (bucket % 64) & 1;
		}
		for (size_t i = 0; i < hits; i++) {
			uint32_t tf = hit[i] & KB_GRAM_TF;
			float weight = question->weight[hit[i] >> (32 - KB_GRAM_BITS)];

			sum += tf == 1 ? weight : weight * kb_gram_log(tf);
		}
	}
	return sum;
}
