/*
 * kb_numbered.c - n-grams by the numbers that they have in the folder: what an article keeps, and a question is held against.
 *
 * A folder has some thousands, numbered as they came (kb_gram_table.c), where there are 2^18 buckets: a table by number is small enough to stay close to
 * the processor, and what is looked up in it is the n-gram itself and not perhaps another one. Past questions, which no folder has counted, go by
 * bucket (kb_ngram.c). Twenty articles of some eight hundred n-grams each are read for each mail.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 512

void kb_gram_table_number(const struct kb_gram_table *table, uint32_t *grams, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bucket = grams[i] >> (32 - KB_GRAM_BITS);

		grams[i] = table->slot[kb_gram_slot(table, bucket)].number << (32 - KB_GRAM_BITS) | (grams[i] & KB_GRAM_TF);
	}
}

void kb_gram_table_uncount(struct kb_gram_table *table, const uint32_t *numbered, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table->slot[kb_gram_slot(table, table->bucket[numbered[i] >> (32 - KB_GRAM_BITS)])].articles--;
}

void kb_numbered_make_room(struct kb_numbered *question, size_t numbers)
{
	if (numbers < question->room)
		return;
	kb_numbered_fini(question);
	question->room = numbers + numbers / 8 + 1;
	question->has = calloc(question->room, sizeof *question->has);
	question->weight = malloc(question->room * sizeof *question->weight);
	if (!question->has || !question->weight)
		abort();
}

void kb_numbered_fini(struct kb_numbered *question)
{
	free(question->has);
	free(question->weight);
	*question = (struct kb_numbered){ .room = 0 };
}

void kb_numbered_put(struct kb_numbered *question, uint32_t number, float weight)
{
	question->has[number] = 1;
	question->weight[number] = weight;
}

void kb_numbered_take_out(struct kb_numbered *question, uint32_t number)
{
	question->has[number] = 0;
}

/* Which of them the question has, without a branch that nobody can foresee. Returns how many. */
static size_t sift(const uint8_t *has, const uint32_t *grams, size_t count, uint32_t hit[PIECE + 1])
{
	size_t hits = 0;

#pragma GCC unroll 4
	for (size_t i = 0; i < count; i++) {
		hit[hits] = grams[i];
		hits += has[grams[i] >> (32 - KB_GRAM_BITS)];
	}
	return hits;
}

static float add_up(const float *weight, const uint32_t *hit, size_t hits, float sum)
{
	const float *logs = kb_gram_logs();

	for (size_t i = 0; i < hits; i++)
		sum += weight[hit[i] >> (32 - KB_GRAM_BITS)] * logs[hit[i] & KB_GRAM_TF];
	return sum;
}

/* The same where one stands more often than the table of logarithms goes. */
static float add_up_slowly(const float *weight, const uint32_t *hit, size_t hits, float sum)
{
	for (size_t i = 0; i < hits; i++)
		sum += weight[hit[i] >> (32 - KB_GRAM_BITS)] * kb_gram_log(hit[i] & KB_GRAM_TF);
	return sum;
}

/* In pieces, so that what is sifted out stays close to the processor. */
float kb_numbered_dot(const struct kb_numbered *question, const struct kb_entry *entry)
{
	uint32_t hit[PIECE + 1];
	float sum = 0;

	for (size_t from = 0; from < entry->gram_count; from += PIECE) {
		size_t hits = sift(question->has, entry->grams + from, entry->gram_count - from < PIECE ? entry->gram_count - from : PIECE, hit);

		sum = entry->gram_often < KB_GRAM_LOGS ? add_up(question->weight, hit, hits, sum) : add_up_slowly(question->weight, hit, hits, sum);
	}
	return sum;
}
