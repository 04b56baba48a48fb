/*
 * kb_gram_table.c - in how many articles each character n-gram stands, and what that weighs.
 *
 * A hash table as large as the folder needs: a few hundred articles have some ten thousand n-grams of the KB_GRAMS buckets. The bucket is a
 * hash already, so its low bits are its place; at KB_GRAMS slots each has one of its own. Each has a number, as they came, which stays. What a changed article has is weighed anew,
 * the rest drifts until the next whole build.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST 1024                      /* slots */

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void kb_gram_table_init(struct kb_gram_table *table)
{
	*table = (struct kb_gram_table){ .slot = must(calloc(FEWEST, sizeof *table->slot)), .slots = FEWEST };
}

void kb_gram_table_fini(struct kb_gram_table *table)
{
	free(table->slot);
	free(table->bucket);
	table->slot = NULL;
	table->bucket = NULL;
}

void kb_gram_table_copy(struct kb_gram_table *table, const struct kb_gram_table *from)
{
	*table = *from;
	table->slot = must(malloc(table->slots * sizeof *table->slot));
	memcpy(table->slot, from->slot, table->slots * sizeof *table->slot);
	table->room = table->count;
	table->bucket = must(malloc((table->room + 1) * sizeof *table->bucket));
	if (table->count)
		memcpy(table->bucket, from->bucket, table->count * sizeof *table->bucket);
}

static struct kb_gram *find(const struct kb_gram_table *table, uint32_t bucket)
{
	return &table->slot[kb_gram_slot(table, bucket)];
}

static void grow(struct kb_gram_table *table)
{
	struct kb_gram_table old = *table;

	table->slots *= 2;
	table->slot = must(calloc(table->slots, sizeof *table->slot));
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i].key)
			*find(table, old.slot[i].key - 1) = old.slot[i];
	free(old.slot);
}

static void give_number(struct kb_gram_table *table, struct kb_gram *gram, uint32_t bucket)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : FEWEST;
		table->bucket = must(realloc(table->bucket, table->room * sizeof *table->bucket));
	}
	gram->key = bucket + 1;
	gram->number = (uint32_t)table->count;
	table->bucket[table->count++] = bucket;
}

void kb_gram_table_count(struct kb_gram_table *table, const uint32_t *grams, size_t count, int by)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bucket = grams[i] >> (32 - KB_GRAM_BITS);
		struct kb_gram *gram;

		if (table->slots < KB_GRAMS && table->count * 4 >= table->slots * 3)
			grow(table);
		gram = find(table, bucket);
		if (!gram->key)
			give_number(table, gram, bucket);
		gram->articles += (uint32_t)by;
	}
}

static void weigh(struct kb_gram *gram, size_t live)
{
	gram->idf = logf((1 + (float)live) / (1 + (float)gram->articles)) + 1;
}

void kb_gram_table_weigh(struct kb_gram_table *table, size_t live)
{
	for (size_t i = 0; i < table->slots; i++)
		if (table->slot[i].key)
			weigh(&table->slot[i], live);
}

void kb_gram_table_weigh_these(struct kb_gram_table *table, const uint32_t *grams, size_t count, size_t live)
{
	for (size_t i = 0; i < count; i++)
		weigh(find(table, grams[i] >> (32 - KB_GRAM_BITS)), live);
}

float kb_gram_norm(const struct kb_gram_table *table, const uint32_t *grams, size_t count)
{
	float sum = 0;

	for (size_t i = 0; i < count; i++) {
		float weight = kb_gram_log(grams[i] & KB_GRAM_TF) * kb_gram_idf(table, grams[i] >> (32 - KB_GRAM_BITS));

		sum += weight * weight;
	}
	return sqrtf(sum);
}
