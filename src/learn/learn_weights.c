/*
 * learn_weights.c - the linear model as it is used: for each bucket the classes that care, each with a weight of eight bits.
 *
 * A full matrix of buckets by classes would take a hundred megabytes for 150 classes; most of it says nothing. Weights are kept in steps
 * of 1/127 of the class's largest one, those that round to nothing are gone, and when there are more than WEIGHTS_MOST the
 * smallest go, too: that is what bounds the memory of a model (3 bytes a weight). Of few classes, as most desks have, every weight
 * has its place all the same: a mail has thousands of features, and a row is one look into memory and a few additions at once.
 * Decisions add up in the order of the cells, so they are the same everywhere.
 */
#include "learn_private.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHTS_MOST ((size_t)2400000)

void weight_list_add(struct weight_list *list, uint32_t bucket, size_t class, double steps)
{
	long value = steps < 0 ? (long)(steps - 0.5) : (long)(steps + 0.5);

	if (!value)
		return;
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 65536;
		list->at = realloc(list->at, list->room * sizeof *list->at);
		if (!list->at)
			abort();
	}
	list->at[list->count++] = (struct weight_cell){ bucket, (uint16_t)class, (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value) };
}

/* The smallest weight that may stay. */
static int smallest(const struct weight_list *list)
{
	size_t of_size[128] = { 0 }, kept = 0;

	for (size_t i = 0; i < list->count; i++)
		of_size[abs(list->at[i].value)]++;
	for (int size = 127; size > 0; size--) {
		if (kept + of_size[size] > WEIGHTS_MOST)
			return size + 1;
		kept += of_size[size];
	}
	return 1;
}

/* Counting sort by bucket; within a bucket the classes stay in order. */
static void make_cells(struct arena *arena, const struct weight_list *list, struct weights *weights)
{
	size_t kept = list->count;
	uint32_t *next;

	weights->start = ARENA_ARRAY(arena, uint32_t, BUCKETS + 1);
	weights->class = ARENA_ARRAY(arena, uint16_t, kept + 1);
	weights->value = ARENA_ARRAY(arena, int8_t, kept + 1);
	for (size_t i = 0; i < kept; i++)
		weights->start[list->at[i].bucket + 1]++;
	for (size_t bucket = 0; bucket < BUCKETS; bucket++)
		weights->start[bucket + 1] += weights->start[bucket];
	next = malloc(BUCKETS * sizeof *next);
	if (!next)
		abort();
	memcpy(next, weights->start, BUCKETS * sizeof *next);
	for (size_t i = 0; i < kept; i++) {
		uint32_t place = next[list->at[i].bucket]++;

		weights->class[place] = list->at[i].class;
		weights->value[place] = list->at[i].value;
	}
	free(next);
}

static void make_rows(struct arena *arena, const struct weight_list *list, struct weights *weights)
{
	weights->row = arena_alloc(arena, BUCKETS * sizeof *weights->row);
	for (size_t i = 0; i < list->count; i++)
		weights->row[list->at[i].bucket][list->at[i].class] = list->at[i].value;
}

void weights_make(struct arena *arena, struct weight_list *list, struct weights *weights)
{
	int least = smallest(list);
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (abs(list->at[i].value) >= least)
			list->at[kept++] = list->at[i];
	list->count = weights->cells = kept;
	if (weights->classes <= ROW_CLASSES)
		make_rows(arena, list, weights);
	else
		make_cells(arena, list, weights);
	free(list->at);
	*list = (struct weight_list){ 0 };
}

size_t weights_cells(const struct weights *weights, uint32_t bucket, uint16_t *class, int8_t *value)
{
	size_t count = 0;

	for (size_t i = 0; weights->row && i < weights->classes; i++)
		if (weights->row[bucket][i]) {
			class[count] = (uint16_t)i;
			value[count++] = weights->row[bucket][i];
		}
	for (uint32_t cell = weights->row ? 0 : weights->start[bucket]; !weights->row && cell < weights->start[bucket + 1]; cell++) {
		class[count] = weights->class[cell];
		value[count++] = weights->value[cell];
	}
	return count;
}

#define AHEAD 6                                  /* features whose cells are fetched meanwhile; they are all over the memory */

static void decide_by_rows(const struct weights *weights, const struct vector *vector, float *decisions)
{
	float sum[ROW_CLASSES] = { 0 };

	for (size_t i = 0; i < vector->count; i++) {
		const int8_t *row = weights->row[vector->at[i].bucket];
		float value = vector->at[i].value;

		if (i + AHEAD < vector->count)
			__builtin_prefetch(weights->row[vector->at[i + AHEAD].bucket]);
		for (size_t class = 0; class < ROW_CLASSES; class++)
			sum[class] += value * row[class];
	}
	memcpy(decisions, sum, weights->classes * sizeof *decisions);
}

static void decide_by_cells(const struct weights *weights, const struct vector *vector, float *decisions)
{
	memset(decisions, 0, weights->classes * sizeof *decisions);
	for (size_t i = 0; i < vector->count; i++) {
		if (i + 2 * AHEAD < vector->count)
			__builtin_prefetch(&weights->start[vector->at[i + 2 * AHEAD].bucket]);
		if (i + AHEAD < vector->count) {
			__builtin_prefetch(&weights->class[weights->start[vector->at[i + AHEAD].bucket]]);
			__builtin_prefetch(&weights->value[weights->start[vector->at[i + AHEAD].bucket]]);
		}
		for (uint32_t cell = weights->start[vector->at[i].bucket]; cell < weights->start[vector->at[i].bucket + 1]; cell++)
			decisions[weights->class[cell]] += vector->at[i].value * weights->value[cell];
	}
}

void weights_decide(const struct weights *weights, const struct vector *vector, float *decisions)
{
	if (weights->row)
		decide_by_rows(weights, vector, decisions);
	else
		decide_by_cells(weights, vector, decisions);
	for (size_t class = 0; class < weights->classes; class++)
		decisions[class] = decisions[class] * weights->scale[class] + weights->bias[class];
}

#define FEW_CELLS 24                             /* are read from first to last */

/* Classes stand in order within a bucket. */
static double weight_of(const struct weights *weights, uint32_t bucket, size_t class)
{
	uint32_t low, high;

	if (weights->row)
		return weights->scale[class] * weights->row[bucket][class];
	low = weights->start[bucket];
	high = weights->start[bucket + 1];
	while (high - low > FEW_CELLS) {
		uint32_t middle = low + (high - low) / 2;

		if (weights->class[middle] <= class)
			low = middle;
		else
			high = middle;
	}
	for (; low < high && weights->class[low] <= class; low++)
		if (weights->class[low] == class)
			return weights->scale[class] * weights->value[low];
	return 0;
}

double weights_between(const struct weights *weights, uint32_t bucket, size_t class, size_t other)
{
	return weight_of(weights, bucket, class) - (other != class ? weight_of(weights, bucket, other) : 0);
}
