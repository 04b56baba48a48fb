/*
 * learn_threshold.c - from which confidence on a mail may be routed, so that the promised precision is kept.
 *
 * The lowest threshold whose precision on held-out texts, strangers counted in, has a lower bound (Wilson, one-sided 84 %) of at least
 * what was asked, and which the newest mails do not contradict; whichever kind of strangers comes: the higher threshold counts. Few held-out texts mean a low bound and so a high threshold, or none:
 * a model that cannot show what was asked routes nothing. The same test of contradiction watches a desk in operation.
 */
#include "learn_private.h"

#include <math.h>
#include <stdlib.h>

#define Z 1.0                                    /* standard errors: one-sided 84 % */
#define DOUBT 0.05
#define LEAST_CONFIDENCE 0.5                     /* what is as likely wrong as right is not routed, however well the rest does */
#define LEAST_ROUTED 20                          /* held-out texts above a threshold, for it to mean anything */

struct judged { double confidence, weight; bool right, newest; };

/* P(X <= right) of `routed` draws at `precision`, summed from the largest term down. */
bool learn_precision_holds(size_t routed, size_t right, double precision)
{
	double sum = 0;

	if (right >= routed || precision <= 0)
		return true;
	if (precision >= 1)
		return false;
	for (size_t k = right + 1; k-- > 0;) {
		double n = (double)routed, i = (double)k;
		double term = exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(precision) + (n - i) * log1p(-precision));

		sum += term;
		if (sum >= DOUBT || term < 1e-12 * sum)
			break;
	}
	return sum >= DOUBT;
}

static int descending(const void *a, const void *b)
{
	double left = ((const struct judged *)a)->confidence, right = ((const struct judged *)b)->confidence;

	return left > right ? -1 : left < right;
}

/* With strangers of one kind alone, in the mass that all have together. False: there are none of it. */
static bool judge_kind(const struct gate *gate, const struct gate_sample *samples, size_t count, enum sample_kind kind, struct judged *judged)
{
	double all = 0, of_kind = 0;

	for (size_t i = 0; i < count; i++) {
		all += samples[i].kind != SAMPLE_KNOWN ? samples[i].weight : 0;
		of_kind += samples[i].kind == kind ? samples[i].weight : 0;
	}
	for (size_t i = 0; i < count && of_kind > 0; i++) {
		double weight = samples[i].kind == SAMPLE_KNOWN ? samples[i].weight : samples[i].kind == kind ? samples[i].weight * all / of_kind : 0;

		judged[i] = (struct judged){ learn_gate_confidence(gate, samples[i].x), weight, samples[i].right, samples[i].newest };
	}
	qsort(judged, count, sizeof *judged, descending);
	return of_kind > 0;
}

/* The place of the last that may be routed; count: none. */
static size_t last_routed(const struct judged *judged, size_t count, double asked)
{
	double all = 0, right = 0;
	size_t newest = 0, newest_right = 0, last = count;

	for (size_t i = 0; i < count && judged[i].confidence >= LEAST_CONFIDENCE; i++) {
		all += judged[i].weight;
		right += judged[i].right * judged[i].weight;
		newest += judged[i].newest;
		newest_right += judged[i].newest && judged[i].right;
		if (i + 1 < LEAST_ROUTED || (i + 1 < count && judged[i].confidence <= judged[i + 1].confidence))
			continue;
		if (words_lower_bound(right, all, Z) >= asked && learn_precision_holds(newest, newest_right, asked))
			last = i;
	}
	return last;
}

static void promise_above(const struct judged *judged, size_t count, size_t known, struct promise *promise)
{
	double all = 0, right = 0;
	size_t known_right = 0;

	for (size_t i = 0; i < count && judged[i].confidence >= promise->threshold; i++) {
		all += judged[i].weight;
		right += judged[i].right * judged[i].weight;
		known_right += judged[i].right;
	}
	promise->precision = all > 0 ? right / all : 0;
	promise->share = (double)known_right / (double)known;
}

void learn_find_threshold(const struct gate *gate, const struct gate_sample *samples, size_t count, struct promise *promise)
{
	struct judged *judged = calloc(count + 1, sizeof *judged);
	double highest = 0;
	size_t known = 0;

	if (!judged)
		abort();
	for (size_t i = 0; i < count; i++)
		known += samples[i].kind == SAMPLE_KNOWN;
	for (enum sample_kind kind = SAMPLE_STRANGER; kind < SAMPLE_KINDS; kind++) {
		size_t last;

		if (!judge_kind(gate, samples, count, kind, judged))
			continue;
		last = last_routed(judged, count, promise->asked);
		promise->threshold = last < count ? judged[last].confidence : NEVER_ROUTED;
		if (promise->threshold >= highest) {
			highest = promise->threshold;
			promise_above(judged, count, known, promise);
		}
	}
	/* Nothing would be done about any stranger: then only known matter can be done wrong. */
	if (!(highest > 0) && judge_kind(gate, samples, count, SAMPLE_KNOWN, judged)) {
		size_t last = last_routed(judged, count, promise->asked);

		highest = promise->threshold = last < count ? judged[last].confidence : NEVER_ROUTED;
		promise_above(judged, count, known, promise);
	}
	promise->threshold = highest > 0 ? highest : NEVER_ROUTED;
	free(judged);
}
