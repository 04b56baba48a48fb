/*
 * kb_ngram.c - character n-grams of three to five, hashed into buckets: what finds compounds, inflections and misspellings.
 *
 * A word stands between blanks, so its beginning and its end are grams of their own. An article keeps which buckets it has and how often,
 * packed into 32 bits each; weights come from a table of the snapshot when they are needed (kb_gram_table.c). Those of a question stand in
 * a small table of its own, close to the processor; those of articles go by number (kb_numbered.c). The cosine is over 1 + ln tf times idf.
 * May not see accents: words come folded.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST 3
#define LONGEST  5
#define PIECE    512

size_t kb_grams_of_word(const char *folded, uint32_t bucket[KB_WORD_GRAMS])
{
	uint32_t code[WORDS_BYTES + 2];
	size_t count = 0, length = strlen(folded), grams = 0, size;

	code[count++] = ' ';
	for (size_t i = 0; i < length; i += size) {
		size = 1;
		code[count] = (unsigned char)folded[i];
		if (code[count++] >= 0x80 && !(size = utf8_decode(folded + i, length - i, &code[count - 1])))
			return 0;
	}
	code[count++] = ' ';
	for (size_t i = 0; i < count; i++) {
		uint32_t hash = HASH_START;

		for (size_t n = 1; n <= LONGEST && i + n <= count; n++) {
			hash = hash_byte(hash, code[i + n - 1]);
			if (n >= SHORTEST)
				bucket[grams++] = (hash_spread(hash) ^ (uint32_t)n * 2654435761u) >> (32 - KB_GRAM_BITS);
		}
	}
	return grams;
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

void kb_gram_count(struct kb_gram_counter *counter, const char *folded)
{
	uint32_t bucket[KB_WORD_GRAMS];
	size_t count = kb_grams_of_word(folded, bucket);

	for (size_t i = 0; i < count; i++) {
		if (!counter->tf[bucket[i]])
			counter->seen[counter->count++] = bucket[i];
		if (counter->tf[bucket[i]] < KB_GRAM_TF)
			counter->tf[bucket[i]]++;
	}
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

#define LOGS KB_GRAM_LOGS
static float logs[LOGS];                 /* of tf */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_logs(void)
{
	for (uint32_t i = 1; i < LOGS; i++)
		logs[i] = 1 + logf((float)i);
}

const float *kb_gram_logs(void)
{
	pthread_once(&once, fill_logs);
	return logs;
}

static float log_of(uint32_t tf)
{
	return tf < LOGS ? logs[tf] : 1 + logf((float)tf);
}

float kb_gram_log(uint32_t tf)
{
	pthread_once(&once, fill_logs);
	return log_of(tf);
}

void kb_gram_question_clear(struct kb_gram_question *question, size_t most)
{
	if (most >= UINT16_MAX)
		most = UINT16_MAX - 1;
	if (most + 1 > question->room) {
		question->room = most + 1;
		free(question->at);
		if (!(question->at = malloc(question->room * sizeof *question->at)))
			abort();
	}
	question->count = 1;
	question->at[0] = (struct kb_gram_weight){ .bucket = KB_GRAMS };
	memset(question->head, 0, sizeof question->head);
	memset(question->set, 0, sizeof question->set);
}

static size_t head_of(uint32_t bucket)
{
	return bucket % KB_GRAM_HEADS;
}

static size_t set_of(uint32_t bucket)
{
	return bucket >> (KB_GRAM_BITS - KB_GRAM_SET_BITS);
}

/* 0: the question does not have it. */
static size_t find(const struct kb_gram_question *question, uint32_t bucket)
{
	size_t at = question->head[head_of(bucket)];

	while (at && question->at[at].bucket != bucket)
		at = question->at[at].next;
	return at;
}

struct kb_gram_weight *kb_gram_weight(struct kb_gram_question *question, uint32_t bucket)
{
	size_t at = find(question, bucket);

	if (!at && question->count < question->room) {
		at = question->count++;
		question->at[at] = (struct kb_gram_weight){ .bucket = bucket, .next = question->head[head_of(bucket)], .number = KB_NO_TERM };
		question->head[head_of(bucket)] = (uint16_t)at;
		question->set[set_of(bucket)] = 1;
	}
	return &question->at[at];
}

/* Of n-grams that the question may have. None that it has not adds anything: at[0] weighs nothing. */
static float add_up(const struct kb_gram_question *question, const uint32_t *hit, size_t hits, float sum)
{
	for (size_t i = 0; i < hits; i++)
		sum += question->at[find(question, hit[i] >> (32 - KB_GRAM_BITS))].weight * logs[hit[i] & KB_GRAM_TF];
	return sum;
}

/* The same where one stands more often than the table of logarithms goes. */
static float add_up_slowly(const struct kb_gram_question *question, const uint32_t *hit, size_t hits, float sum)
{
	for (size_t i = 0; i < hits; i++)
		sum += question->at[find(question, hit[i] >> (32 - KB_GRAM_BITS))].weight * log_of(hit[i] & KB_GRAM_TF);
	return sum;
}

/* Which of them the question may have, without a branch that nobody can foresee. Returns how many. */
static size_t sift(const struct kb_gram_question *question, const uint32_t *grams, size_t count, uint32_t hit[PIECE + 1])
{
	size_t hits = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		hit[hits] = grams[i];
		hits += question->set[set_of(grams[i] >> (32 - KB_GRAM_BITS))];
	}
	return hits;
}

/* In pieces, so that what is sifted out stays close to the processor. */
float kb_gram_dot(const struct kb_gram_question *question, const uint32_t *grams, size_t count)
{
	uint32_t hit[PIECE + 1];
	float sum = 0;

	pthread_once(&once, fill_logs);
	for (size_t from = 0; from < count; from += PIECE) {
		size_t hits = sift(question, grams + from, count - from < PIECE ? count - from : PIECE, hit);
		uint32_t most = 0;

		for (size_t i = 0; i < hits; i++)
			most |= hit[i] & KB_GRAM_TF;
		sum = most < LOGS ? add_up(question, hit, hits, sum) : add_up_slowly(question, hit, hits, sum);
	}
	return sum;
}
