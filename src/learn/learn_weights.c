/*
 * learn_weights.c - the linear model as it is used: for each bucket the classes that care, each with a weight of eight bits.
 *
 * Buckets are those that the vocabulary knows, by their numbers. A full matrix of them by 150 classes would take tens of megabytes; most of it
 * says nothing. Weights are kept in steps
 * of 1/127 of the class's largest one, those that round to nothing are gone, and when there are more than WEIGHTS_MOST the
 * smallest go, too: that is what bounds the memory of a model (3 bytes a weight). Of few classes, as most desks have, every weight
 * has its place all the same: a mail has thousands of features, and a row is one look into memory and a few additions at once.
 * Decisions add up in the order of the cells, so they are the same everywhere.
 */
#include "learn_private.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHTS_MOST ((size_t)2400000)

void learn_weight_list_add(struct weight_list *list, uint32_t number, size_t class, double steps)
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
	list->at[list->count++] = (struct weight_cell){ number, (uint16_t)class, (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value) };
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

void learn_weights_room(struct arena *arena, struct weights *weights)
{
	if (weights->classes <= ROW_CLASSES) {
		weights->width = weights->classes <= ROW_OF_FEW ? ROW_OF_FEW : ROW_CLASSES;
		weights->row = ARENA_ARRAY(arena, int8_t, (weights->known + 1) * weights->width);
	} else {
		weights->start = ARENA_ARRAY(arena, uint32_t, weights->known + 1);
		weights->class = ARENA_ARRAY(arena, uint16_t, weights->cells + 1);
		weights->value = ARENA_ARRAY(arena, int8_t, weights->cells + 1);
	}
}

void learn_weights_put(struct weights *weights, uint32_t number, const uint16_t *class, const int8_t *value, size_t count)
{
	for (size_t i = 0; weights->row && i < count; i++)
		weights->row[number * weights->width + class[i]] = value[i];
	if (weights->row)
		return;
	weights->start[number + 1] = weights->start[number] + (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		weights->class[weights->start[number] + i] = class[i];
		weights->value[weights->start[number] + i] = value[i];
	}
}

/* Counting sort by bucket; within a bucket the classes stay in order. */
static void sort_cells(const struct weight_list *list, struct weights *weights)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	uint32_t *next = ARENA_ARRAY(&scratch, uint32_t, weights->known + 1);

	for (size_t i = 0; i < list->count; i++)
		weights->start[list->at[i].number + 1]++;
	for (size_t number = 0; number < weights->known; number++)
		weights->start[number + 1] += weights->start[number];
	memcpy(next, weights->start, weights->known * sizeof *next);
	for (size_t i = 0; i < list->count; i++) {
		uint32_t place = next[list->at[i].number]++;

		weights->class[place] = list->at[i].class;
		weights->value[place] = list->at[i].value;
	}
}

void learn_weights_make(struct arena *arena, struct weight_list *list, struct weights *weights)
{
	int least = smallest(list);
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (abs(list->at[i].value) >= least)
			list->at[kept++] = list->at[i];
	list->count = weights->cells = kept;
	learn_weights_room(arena, weights);
	for (size_t i = 0; weights->row && i < kept; i++)
		learn_weights_put(weights, list->at[i].number, &list->at[i].class, &list->at[i].value, 1);
	if (!weights->row)
		sort_cells(list, weights);
	free(list->at);
	*list = (struct weight_list){ 0 };
}

size_t learn_weights_cells(const struct weights *weights, uint32_t number, uint16_t *class, int8_t *value)
{
	const int8_t *row = weights->row ? weights->row + number * weights->width : NULL;
	size_t count = 0;

	for (size_t i = 0; row && i < weights->classes; i++)
		if (row[i]) {
			class[count] = (uint16_t)i;
			value[count++] = row[i];
		}
	for (uint32_t cell = row ? 0 : weights->start[number]; !row && cell < weights->start[number + 1]; cell++) {
		class[count] = weights->class[cell];
		value[count++] = weights->value[cell];
	}
	return count;
}

#define AHEAD 12                                 /* features whose cells are fetched meanwhile; they are all over the memory */

/* Eight classes at once. From small to large in steps, for each of which the processor has an instruction. */
typedef int8_t eight_weights __attribute__((vector_size(8)));
typedef int16_t eight_shorts __attribute__((vector_size(16)));
typedef int32_t eight_numbers __attribute__((vector_size(32)));
typedef float eight_sums __attribute__((vector_size(32)));
#define AS_SUMS(weights) \
	__builtin_convertvector(__builtin_convertvector(__builtin_convertvector((weights), eight_shorts), eight_numbers), eight_sums)

/* `width` is a constant to the compiler: a multiple of eight. */
static inline __attribute__((always_inline)) void add_rows(const struct weights *weights, const struct vector *vector, size_t width, eight_sums *sum)
{
	for (size_t i = 0; i < vector->count; i++) {
		const int8_t *row = weights->row + vector->at[i].number * width;
		float value = vector->at[i].value;

		if (i + AHEAD < vector->count)
			__builtin_prefetch(weights->row + vector->at[i + AHEAD].number * width);
		for (size_t eight = 0; eight < width / 8; eight++) {
			eight_weights some;

			memcpy(&some, row + 8 * eight, sizeof some);
			sum[eight] += value * AS_SUMS(some);
		}
	}
}

_Static_assert(ROW_OF_FEW % 8 == 0 && ROW_CLASSES % 8 == 0, "rows are added up by eights");

ALSO_FOR_NEWER static void decide_by_rows(const struct weights *weights, const struct vector *vector, float *decisions)
{
	eight_sums sum[ROW_CLASSES / 8] = { 0 };

	if (weights->width == ROW_OF_FEW)
		add_rows(weights, vector, ROW_OF_FEW, sum);
	else
		add_rows(weights, vector, ROW_CLASSES, sum);
	memcpy(decisions, sum, weights->classes * sizeof *decisions);
}

static void decide_by_cells(const struct weights *weights, const struct vector *vector, float *decisions)
{
	memset(decisions, 0, weights->classes * sizeof *decisions);
	for (size_t i = 0; i < vector->count; i++) {
		if (i + 2 * AHEAD < vector->count)
			__builtin_prefetch(&weights->start[vector->at[i + 2 * AHEAD].number]);
		if (i + AHEAD < vector->count) {
			__builtin_prefetch(&weights->class[weights->start[vector->at[i + AHEAD].number]]);
			__builtin_prefetch(&weights->value[weights->start[vector->at[i + AHEAD].number]]);
		}
		for (uint32_t cell = weights->start[vector->at[i].number]; cell < weights->start[vector->at[i].number + 1]; cell++)
			decisions[weights->class[cell]] += vector->at[i].value * weights->value[cell];
	}
}

void learn_weights_decide(const struct weights *weights, const struct vector *vector, float *decisions)
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
static int8_t weight_of(const struct weights *weights, uint32_t number, size_t class)
{
	uint32_t low = weights->start[number], high = weights->start[number + 1];

	while (high - low > FEW_CELLS) {
		uint32_t middle = low + (high - low) / 2;

		if (weights->class[middle] <= class)
			low = middle;
		else
			high = middle;
	}
	for (; low < high && weights->class[low] <= class; low++)
		if (weights->class[low] == class)
			return weights->value[low];
	return 0;
}

ALSO_FOR_NEWER void learn_weights_between(const struct weights *weights, const struct vector *vector, size_t class, size_t other, float *between)
{
	float scale = weights->scale[class], other_scale = other != class ? weights->scale[other] : 0;

	for (size_t i = 0; weights->row && i < vector->count; i++) {
		const int8_t *row = weights->row + vector->at[i].number * weights->width;

		between[i] = vector->at[i].value * (scale * row[class] - other_scale * row[other]);
	}
	for (size_t i = 0; !weights->row && i < vector->count; i++) {
		uint32_t number = vector->at[i].number;

		between[i] = vector->at[i].value * (scale * weight_of(weights, number, class) - other_scale * weight_of(weights, number, other));
	}
}
