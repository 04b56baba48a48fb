/*
 * learn_gate.c - how probable it is that routing a text to its best class is right: one number from all the evidence.
 *
 * The decision alone does not say that a mail belongs nowhere: among classes that all do not fit, one fits best. So a small logistic
 * regression looks at what else is known: how far the best is ahead, what softmax makes of all decisions, how like the
 * nearest known mails are, how much of the text was never seen, how long it is. It is fitted by Newton steps to texts
 * that were held out of training, and to texts of classes that were. Few terms and a firm prior: it must hold for texts
 * that are not like any of these.
 */
#include "learn_private.h"

#include <math.h>
#include <string.h>

#define NEWTON_STEPS 30
#define PRIOR 1.0                                /* of a weight of one standard deviation, in samples */

double learn_belief_of(const float *decisions, size_t classes, size_t class, double temperature)
{
	double sum = 0;

	for (size_t i = 0; i < classes; i++)
		sum += exp(fmin(60, (decisions[i] - decisions[class]) / temperature));
	return 1 / sum;
}

void learn_gate_terms(const struct evidence_of_text *evidence, double belief, double x[GATE_TERMS])
{
	double first = evidence->decisions[evidence->first], second = evidence->decisions[evidence->second];

	x[0] = fmax(-3, first);
	x[1] = fmin(3, first - second);
	x[3] = evidence->near_own;
	x[4] = evidence->near_own - evidence->near_other;
	x[5] = evidence->unknown_words;
	x[6] = evidence->unknown_runs;
	x[7] = log(1 + fmin(200, evidence->words));
	x[8] = evidence->near_own * evidence->near_own;
	learn_gate_put_belief(x, belief);
}

void learn_gate_put_belief(double x[GATE_TERMS], double belief)
{
	belief = fmin(0.9999, fmax(1e-6, belief));
	x[2] = log(belief / (1 - belief));
}

void learn_gate_unfitted(struct gate *gate)
{
	*gate = (struct gate){ .temperature = 0.1 };
	for (size_t k = 0; k < GATE_TERMS; k++)
		gate->deviation[k] = 1;
	gate->weight[2] = 0.5;
	gate->weight[GATE_TERMS] = -0.7;
}

static void standardise(struct gate *gate, const struct gate_sample *samples, size_t count)
{
	double total = 1e-9;

	for (size_t i = 0; i < count; i++)
		total += samples[i].weight;
	for (size_t k = 0; k < GATE_TERMS; k++) {
		double sum = 0, squares = 0;

		for (size_t i = 0; i < count; i++)
			sum += samples[i].weight * samples[i].x[k];
		gate->mean[k] = sum / total;
		for (size_t i = 0; i < count; i++)
			squares += samples[i].weight * (samples[i].x[k] - gate->mean[k]) * (samples[i].x[k] - gate->mean[k]);
		gate->deviation[k] = fmax(1e-3, sqrt(squares / total));
	}
}

static double score(const struct gate *gate, const double x[GATE_TERMS])
{
	double sum = gate->weight[GATE_TERMS];

	for (size_t k = 0; k < GATE_TERMS; k++)
		sum += gate->weight[k] * (x[k] - gate->mean[k]) / gate->deviation[k];
	return sum;
}

double learn_gate_confidence(const struct gate *gate, const double x[GATE_TERMS])
{
	return 1 / (1 + exp(-score(gate, x)));
}

#define SIZE (GATE_TERMS + 1)

/* Gauss, with the largest pivot; the matrix is positive definite by the prior. */
static void solve(double matrix[SIZE][SIZE + 1], double out[SIZE])
{
	for (size_t column = 0; column < SIZE; column++)
		for (size_t row = column + 1; row < SIZE; row++) {
			double factor = matrix[row][column] / matrix[column][column];

			for (size_t k = column; k <= SIZE; k++)
				matrix[row][k] -= factor * matrix[column][k];
		}
	for (size_t row = SIZE; row-- > 0;) {
		out[row] = matrix[row][SIZE];
		for (size_t k = row + 1; k < SIZE; k++)
			out[row] -= matrix[row][k] * out[k];
		out[row] /= matrix[row][row];
	}
}

/* Adds what one sample says to gradient (last column) and curvature. */
static void add_sample(const struct gate *gate, const struct gate_sample *sample, double matrix[SIZE][SIZE + 1])
{
	double z[SIZE], p = learn_gate_confidence(gate, sample->x), slope = sample->weight * (sample->right - p), curve = sample->weight * p * (1 - p);

	for (size_t k = 0; k < GATE_TERMS; k++)
		z[k] = (sample->x[k] - gate->mean[k]) / gate->deviation[k];
	z[GATE_TERMS] = 1;
	for (size_t row = 0; row < SIZE; row++) {
		for (size_t k = 0; k < SIZE; k++)
			matrix[row][k] += curve * z[row] * z[k];
		matrix[row][SIZE] += slope * z[row];
	}
}

void learn_gate_fit(struct gate *gate, const struct gate_sample *samples, size_t count)
{
	standardise(gate, samples, count);
	memset(gate->weight, 0, sizeof gate->weight);
	for (int step = 0; step < NEWTON_STEPS; step++) {
		double matrix[SIZE][SIZE + 1] = { 0 }, move[SIZE], largest = 0;

		for (size_t k = 0; k < SIZE; k++) {
			double prior = k < GATE_TERMS ? PRIOR : 1e-3;

			matrix[k][k] = prior;
			matrix[k][SIZE] = -prior * gate->weight[k];
		}
		for (size_t i = 0; i < count; i++)
			add_sample(gate, &samples[i], matrix);
		solve(matrix, move);
		for (size_t k = 0; k < SIZE; k++) {
			largest = fmax(largest, fabs(move[k]));
			gate->weight[k] += fmax(-2, fmin(2, move[k]));
		}
		if (largest < 1e-6)
			break;
	}
}
