/*
 * kb_gate.c - is it good enough to be shown? A logistic judgement over features that do not depend on the size of the folder.
 *
 * What comes with the desk was fitted on public questions in five languages, short and in the middle of other talk, with the right article
 * there and with it taken away, and on mails about other things. Once a desk has learned from LEAST customers, the gate is fitted again on
 * its own: each confirmed question is asked with that question forgotten, and with its article taken away (nothing is right then); refused ones are wrong. The old
 * weights are where it starts from and is drawn to. The threshold is then the lowest at which the lower bound of the precision reaches
 * PRECISION.
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 0: spoke for the size or the kind of the questions it was fitted on, and was left out. How long a question is, above all: with it a long
 * tale about nothing that stands in any article was shown some. */
static const float given[KB_FEATURES] = {
	[F_SOFT] = 1.233f, [F_TITLE] = 2.906f, [F_GRAMS] = 0.558f, [F_LEAD] = 1.384f, [F_NEIGHBOURS] = 0.606f, [F_PAST] = 0.469f, [F_EVIDENCE] = 1.973f,
};
static const float given_bias = -6.853f;
static const float given_threshold = 0.22f;

#define LEAST       40                   /* confirmed questions, before a gate of its own is fitted */
#define AT_MOST     400                  /* the newest so many */
#define PRECISION   0.80                 /* wanted of what is shown, with nothing right in half of what is asked */
#define BOUND_Z     1.28                 /* one-sided 90 % */
#define LOWEST      0.15f                /* a threshold is never lower, however well it goes */
#define HIGHEST     0.90f
#define ROUNDS      400
#define STEP        0.3f
#define DRAW        0.02f                /* how strongly it is drawn to the weights given */

float kb_gate_confidence(const struct kb_learned *learned, const struct kb_ranked *ranked)
{
	const float *weight = learned && learned->own_gate ? learned->weight : given;
	float sum = learned && learned->own_gate ? learned->bias : given_bias;

	for (size_t i = 0; i < KB_FEATURES; i++)
		sum += weight[i] * ranked->feature[i];
	return 1 / (1 + expf(-sum));
}

float kb_gate_threshold(const struct kb_learned *learned)
{
	return learned && learned->own_gate ? learned->threshold : given_threshold;
}

/* Three; up to KB_SUGGESTED if the next ones are half as good as the best: then the question is not clear. */
size_t kb_gate_count(const struct kb_ranked *ranked)
{
	size_t count = 1;

	while (count < 3 && count < ranked->count && ranked->at[count].score >= 0.2f * ranked->at[0].score)
		count++;
	while (count >= 3 && count < KB_SUGGESTED && count < ranked->count && ranked->at[count].score >= 0.5f * ranked->at[0].score)
		count++;
	return count;
}

/* ---- learning ---- */

struct sample { float feature[KB_FEATURES]; bool right; float confidence; };
struct samples { struct sample *at; size_t count, room; };

static void add_sample(struct samples *samples, const struct kb_ranked *ranked, bool right)
{
	struct sample *sample;

	if (!ranked->count || samples->count == samples->room)
		return;
	sample = &samples->at[samples->count++];
	memcpy(sample->feature, ranked->feature, sizeof sample->feature);
	sample->right = right;
}

static bool shows(const struct kb_view *view, const struct kb_ranked *ranked, const char *article)
{
	for (size_t i = 0; i < kb_gate_count(ranked); i++)
		if (!strcmp(view->snapshot->at[ranked->at[i].slot]->article.id, article))
			return true;
	return false;
}

static void ask(const struct kb_view *view, size_t k, struct samples *samples)
{
	const struct kb_past *past = &view->learned->at[k];
	struct kb_question question = { .text = past->text->question };
	struct kb_without without = { NULL, (long)k };
	CLEANUP_ARENA struct arena scratch;
	struct kb_ranked ranked;
	struct kb_words words;

	arena_init(&scratch);
	kb_question_words(view->snapshot, NULL, &question, &scratch, &words);
	kb_rank(view, &words, NULL, &without, &ranked);
	add_sample(samples, &ranked, past->solved && shows(view, &ranked, past->article));
	if (past->solved) {
		without.article = past->article;
		kb_rank(view, &words, NULL, &without, &ranked);
		add_sample(samples, &ranked, false);
	}
}

/* In units of their own spread, so that one step fits all. */
static void spread_of(const struct samples *samples, float mean[KB_FEATURES], float spread[KB_FEATURES])
{
	for (size_t i = 0; i < KB_FEATURES; i++) {
		double sum = 0, square = 0;

		for (size_t k = 0; k < samples->count; k++) {
			sum += (double)samples->at[k].feature[i];
			square += (double)samples->at[k].feature[i] * (double)samples->at[k].feature[i];
		}
		mean[i] = (float)(sum / (double)samples->count);
		spread[i] = (float)sqrt(fmax(square / (double)samples->count - (double)mean[i] * (double)mean[i], 1e-4));
	}
}

static float judge(const struct kb_learned *learned, const struct sample *sample)
{
	float sum = learned->bias;

	for (size_t i = 0; i < KB_FEATURES; i++)
		sum += learned->weight[i] * sample->feature[i];
	return 1 / (1 + expf(-sum));
}

static void fit(struct kb_learned *learned, const struct samples *samples)
{
	float mean[KB_FEATURES], spread[KB_FEATURES], bias = given_bias, scaled[KB_FEATURES], start[KB_FEATURES];

	spread_of(samples, mean, spread);
	for (size_t i = 0; i < KB_FEATURES; i++) {
		start[i] = scaled[i] = given[i] * spread[i];
		bias += given[i] * mean[i];
	}
	for (int round = 0; round < ROUNDS; round++) {
		float gradient[KB_FEATURES] = { 0 }, all = 0;

		for (size_t k = 0; k < samples->count; k++) {
			float sum = bias, off;

			for (size_t i = 0; i < KB_FEATURES; i++)
				sum += scaled[i] * (samples->at[k].feature[i] - mean[i]) / spread[i];
			off = 1 / (1 + expf(-sum)) - (float)samples->at[k].right;
			all += off;
			for (size_t i = 0; i < KB_FEATURES; i++)
				gradient[i] += off * (samples->at[k].feature[i] - mean[i]) / spread[i];
		}
		bias -= STEP * all / (float)samples->count;
		for (size_t i = 0; i < KB_FEATURES; i++)
			scaled[i] -= STEP * (gradient[i] / (float)samples->count + DRAW * (scaled[i] - start[i]));
	}
	for (size_t i = 0; i < KB_FEATURES; i++) {
		learned->weight[i] = scaled[i] / spread[i];
		bias -= learned->weight[i] * mean[i];
	}
	learned->bias = bias;
}

static int by_confidence_down(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->confidence < y->confidence) - (x->confidence > y->confidence);
}

static float choose_threshold(struct kb_learned *learned, struct samples *samples)
{
	float threshold = HIGHEST;
	double right = 0;

	for (size_t k = 0; k < samples->count; k++)
		samples->at[k].confidence = judge(learned, &samples->at[k]);
	qsort(samples->at, samples->count, sizeof *samples->at, by_confidence_down);
	for (size_t k = 0; k < samples->count; k++) {
		right += samples->at[k].right;
		if (k >= 10 && words_lower_bound(right, (double)k + 1, BOUND_Z) >= PRECISION && samples->at[k].confidence < threshold)
			threshold = samples->at[k].confidence;
	}
	return threshold < LOWEST ? LOWEST : threshold;
}

/* The gate of before serves on until there is a twentieth more to learn from: fitting it asks hundreds of questions. */
static bool serves_on(const struct kb_learned *learned, const struct kb_learned *before)
{
	return before && before->own_gate && learned->fresh < 10 + learned->count / 20;
}

void kb_gate_learn(const struct kb_view *view, const struct kb_learned *before)
{
	struct kb_learned *learned = view->learned;
	struct samples samples = { NULL, 0, 0 };
	size_t solved = 0, step;

	for (size_t k = 0; k < learned->count; k++)
		solved += learned->at[k].solved;
	if (solved < LEAST || !view->snapshot->live)
		return;
	if (serves_on(learned, before)) {
		memcpy(learned->weight, before->weight, sizeof learned->weight);
		learned->bias = before->bias;
		learned->threshold = before->threshold;
		learned->own_gate = true;
		return;
	}
	step = (learned->count + AT_MOST - 1) / AT_MOST;
	samples.room = 2 * (learned->count / step + 1);
	if (!(samples.at = calloc(samples.room, sizeof *samples.at)))
		abort();
	for (size_t k = 0; k < learned->count; k += step)
		ask(view, k, &samples);
	if (samples.count >= LEAST) {
		fit(learned, &samples);
		learned->threshold = choose_threshold(learned, &samples);
		learned->own_gate = true;
		learned->fresh = 0;
	}
	free(samples.at);
}
