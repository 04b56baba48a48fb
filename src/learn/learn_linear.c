/*
 * learn_linear.c - trains one linear separator a class, by LIBLINEAR's dual L2-loss SVM. The only file that knows LIBLINEAR.
 *
 * With many classes most mails are so far from a class that they teach it nothing: each class learns from its own mails and from
 * those of others that are most like its centre (NEGATIVES and thrice its own), which makes 150 classes as cheap as a few. All
 * take part while there are few. A document's `copies` count it that often (newer mails count more): LIBLINEAR as packaged
 * has no weights for single texts. When all that is known of classes is their names, the centres themselves are the weights.
 * LIBLINEAR draws from rand(); it is seeded before each class, so that the same texts give the same weights.
 */
#include "learn_private.h"

#include <linear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEGATIVES ((size_t)1500)
#define NEGATIVES_EACH ((size_t)3)               /* and so many for each mail of its own */
#define COST 1.0
#define PRECISE_ENOUGH 0.3                       /* LIBLINEAR's eps; 0.01 gives the same accuracy and takes thrice the time */
#define ELSEWHERE (-1000.0f)                     /* decision of a class without texts */

struct trainer {
	const struct corpus *corpus;
	const struct rows *rows;
	const struct vector *vectors;            /* of each row */
	struct word_list { struct word { uint32_t number; float value; } *at; size_t count; } *words;    /* only the words of them */
	struct feature_node **nodes;             /* the same for LIBLINEAR; ends with the bias and -1 */
	uint32_t *number_of; int features;       /* by LIBLINEAR's number of a feature, from 1: the one among the known */
	size_t known; float *centre;             /* of the class at hand, by known bucket */
	float *likeness;                         /* of each row to it */
	struct feature_node **x; double *y;      /* LIBLINEAR's problem */
	struct weight_list list;
	struct weights *weights;
};

static void quiet(const char *text) { }

static size_t class_of(const struct trainer *trainer, size_t row)
{
	return trainer->corpus->at[trainer->rows->at[row]].class;
}

static uint8_t copies_of(const struct trainer *trainer, size_t row)
{
	return trainer->corpus->at[trainer->rows->at[row]].copies;
}

/* Features get numbers in the order of their first appearance. Words and runs that share a bucket add up. */
static struct feature_node *make_row(struct arena *arena, struct trainer *trainer, uint32_t *index_of, const struct vector *vector)
{
	struct feature_node *nodes = ARENA_ARRAY(arena, struct feature_node, vector->count + 2);
	int count = 0;

	for (size_t i = 0; i < vector->count; i++) {
		uint32_t number = vector->at[i].number;

		if (i && number == vector->at[i - 1].number) {
			nodes[count - 1].value += vector->at[i].value;
			continue;
		}
		if (!index_of[number]) {
			index_of[number] = (uint32_t)++trainer->features;
			trainer->number_of[trainer->features] = number;
		}
		nodes[count++] = (struct feature_node){ (int)index_of[number], vector->at[i].value };
	}
	nodes[count] = (struct feature_node){ 0, 1 };    /* the bias; its number is known when all are */
	nodes[count + 1] = (struct feature_node){ -1, 0 };
	return nodes;
}

static void make_words(struct arena *arena, const struct vector *vector, struct word_list *words)
{
	for (size_t i = 0; i < vector->count; i++)
		words->count += vector->at[i].kind == KIND_WORD;
	words->at = ARENA_ARRAY(arena, struct word, words->count + 1);
	for (size_t i = 0, k = 0; i < vector->count; i++)
		if (vector->at[i].kind == KIND_WORD)
			words->at[k++] = (struct word){ vector->at[i].number, vector->at[i].value };
}

static void make_rows(struct arena *arena, struct trainer *trainer)
{
	size_t count = trainer->rows->count;
	uint32_t *index_of = ARENA_ARRAY(arena, uint32_t, trainer->known + 1);

	trainer->number_of = ARENA_ARRAY(arena, uint32_t, trainer->known + 1);
	trainer->nodes = ARENA_ARRAY(arena, struct feature_node *, count + 1);
	trainer->words = ARENA_ARRAY(arena, struct word_list, count + 1);
	for (size_t i = 0; i < count; i++) {
		trainer->nodes[i] = make_row(arena, trainer, index_of, &trainer->vectors[i]);
		make_words(arena, &trainer->vectors[i], &trainer->words[i]);
	}
	for (size_t i = 0; i < count; i++)
		for (struct feature_node *node = trainer->nodes[i]; node->index != -1; node++)
			if (!node->index)
				node->index = trainer->features + 1;
	trainer->centre = ARENA_ARRAY(arena, float, trainer->known + 1);
	trainer->likeness = ARENA_ARRAY(arena, float, count + 1);
	trainer->x = ARENA_ARRAY(arena, struct feature_node *, COPIES_MOST * count + 1);
	trainer->y = ARENA_ARRAY(arena, double, COPIES_MOST * count + 1);
}

static size_t find_centre(struct trainer *trainer, size_t class)
{
	size_t own = 0;

	memset(trainer->centre, 0, trainer->known * sizeof *trainer->centre);
	for (size_t i = 0; i < trainer->rows->count; i++) {
		const struct vector *vector = &trainer->vectors[i];

		if (class_of(trainer, i) != class)
			continue;
		own++;
		for (size_t k = 0; k < vector->count; k++)
			trainer->centre[vector->at[k].number] += vector->at[k].value;
	}
	return own;
}

/* The n-th largest (from 1) of them; changes their order. Hoare's selection: no need to sort what is not asked for. */
static float nth_largest(float *values, size_t count, size_t n)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, wanted = (ptrdiff_t)n - 1;

	while (low < high) {
		float pivot = values[wanted];
		ptrdiff_t i = low, k = high;

		while (i <= k) {
			while (values[i] > pivot)
				i++;
			while (values[k] < pivot)
				k--;
			if (i <= k) {
				float other = values[i];

				values[i++] = values[k];
				values[k--] = other;
			}
		}
		if (k < wanted)
			low = i;
		if (wanted < i)
			high = k;
	}
	return values[wanted];
}

/* By words alone: they are few, and enough to say what is near. Fills likeness; returns the least that counts. */
static float likeness_that_counts(struct trainer *trainer, size_t class, size_t most)
{
	float *others = malloc((trainer->rows->count + 1) * sizeof *others), least;
	size_t count = 0;

	if (!others)
		abort();
	for (size_t i = 0; i < trainer->rows->count; i++) {
		const struct word_list *words = &trainer->words[i];
		float sum = 0;

		for (size_t k = 0; k < words->count; k++)
			sum += trainer->centre[words->at[k].number] * words->at[k].value;
		trainer->likeness[i] = sum;
		if (class_of(trainer, i) != class)
			others[count++] = sum;
	}
	least = nth_largest(others, count, most);
	free(others);
	return least;
}

/* Returns the size of the problem: its own texts, and the others that count. */
static int choose(struct trainer *trainer, size_t class, size_t own)
{
	size_t most = NEGATIVES + NEGATIVES_EACH * own;
	bool all = trainer->rows->count - own <= most;
	float least = all ? 0 : likeness_that_counts(trainer, class, most);
	int count = 0;

	for (size_t i = 0; i < trainer->rows->count; i++) {
		bool mine = class_of(trainer, i) == class;

		for (int copy = 0; copy < (mine ? copies_of(trainer, i) : all || trainer->likeness[i] >= least); copy++) {
			trainer->x[count] = trainer->nodes[i];
			trainer->y[count++] = mine ? 1 : -1;
		}
	}
	return count;
}

/* Takes the weights over, in steps of 1/127 of the largest. */
static void keep(struct trainer *trainer, size_t class, const double *weights, double sign, double bias)
{
	double largest = 1e-9;

	for (int feature = 0; feature < trainer->features; feature++)
		if (fabs(weights[feature]) > largest)
			largest = fabs(weights[feature]);
	trainer->weights->scale[class] = (float)(largest / 127);
	trainer->weights->bias[class] = (float)bias;
	for (int feature = 0; feature < trainer->features; feature++)
		learn_weight_list_add(&trainer->list, trainer->number_of[feature + 1], class, sign * weights[feature] / largest * 127);
}

static void train_class(struct trainer *trainer, size_t class, size_t own)
{
	struct problem problem = { .l = choose(trainer, class, own), .n = trainer->features + 1, .y = trainer->y, .x = trainer->x, .bias = 1 };
	struct parameter parameter = { .solver_type = L2R_L2LOSS_SVC_DUAL, .eps = PRECISE_ENOUGH, .C = COST };
	struct model *model;
	double sign;

	srand(1);
	model = train(&problem, &parameter);
	sign = model->label[0];
	keep(trainer, class, model->w, sign, sign * model->w[trainer->features]);
	free_and_destroy_model(&model);
}

/* The centre itself, brought to length one, is what a mail is compared with. */
static void keep_centre(struct trainer *trainer, size_t class)
{
	double squares = 1e-12, *weights = calloc((size_t)trainer->features + 1, sizeof *weights);

	if (!weights)
		abort();
	for (int feature = 1; feature <= trainer->features; feature++)
		squares += pow(trainer->centre[trainer->number_of[feature]], 2);
	for (int feature = 1; feature <= trainer->features; feature++)
		weights[feature - 1] = trainer->centre[trainer->number_of[feature]] / sqrt(squares);
	keep(trainer, class, weights, 1, 0);
	free(weights);
}

void learn_linear_train(struct arena *arena, const struct corpus *corpus, const struct rows *rows, const struct vector *vectors,
                        const struct vocabulary *vocabulary, struct weights *weights)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct trainer trainer = { .corpus = corpus, .rows = rows, .vectors = vectors, .known = vocabulary->known.count, .weights = weights };

	set_print_string_function(quiet);
	make_rows(&scratch, &trainer);
	weights->known = trainer.known;
	weights->classes = corpus->classes;
	weights->scale = ARENA_ARRAY(arena, float, corpus->classes + 1);
	weights->bias = ARENA_ARRAY(arena, float, corpus->classes + 1);
	for (size_t class = 0; class < corpus->classes && learn_patience_lasts(corpus->patience); class++) {
		size_t own = find_centre(&trainer, class);

		if (!own)
			weights->bias[class] = ELSEWHERE;
		else if (vocabulary->only_names || own == rows->count)
			keep_centre(&trainer, class);
		else
			train_class(&trainer, class, own);
	}
	learn_weights_make(arena, &trainer.list, weights);
}
