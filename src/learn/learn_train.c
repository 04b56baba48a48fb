/*
 * learn_train.c - from texts to a model: count, learn from all of them, find out how far to believe it.
 *
 * The order matters only for reading: calibration trains learners of its own on parts of the texts and never sees the one
 * that is kept. Everything the model needs is in its own arena; the texts' features are thrown away.
 */
#include "learn_private.h"

#include <math.h>
#include <stdlib.h>

#define PRECISION_USUAL 0.95
#define PRECISION_LEAST 0.5
#define PRECISION_MOST 0.999

static struct learn_model *model_of(const struct corpus *corpus, double precision)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct learn_model *model = calloc(1, sizeof *model);
	struct rows rows = { ARENA_ARRAY(&scratch, uint32_t, corpus->count), corpus->count };

	if (!model)
		abort();
	for (size_t i = 0; i < corpus->count; i++)
		rows.at[i] = (uint32_t)i;
	learn_learner_train(&model->arena, corpus, &rows, &model->learner);
	model->labels = ARENA_ARRAY(&model->arena, const char *, corpus->classes);
	for (size_t class = 0; class < corpus->classes; class++)
		model->labels[class] = arena_string(&model->arena, corpus->labels[class]);
	model->quiet = corpus->quiet;
	model->texts = (uint32_t)(corpus->count - corpus->classes);
	learn_calibrate(corpus, precision, &model->gate, &model->promise);
	return model;
}

enum status learn_train(const struct learn_input *input, struct learn_model **model, struct error *error)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	double precision = input->precision > 0 ? fmin(PRECISION_MOST, fmax(PRECISION_LEAST, input->precision)) : PRECISION_USUAL;
	struct corpus corpus;
	enum status status;

	*model = NULL;
	status = learn_corpus_make(&scratch, input, &corpus, error);
	if (status == STATUS_OK)
		*model = model_of(&corpus, precision);
	if (status == STATUS_OK && corpus.patience->over) {
		learn_free(model);
		return error_set(error, STATUS_TRY_LATER, "stopped before it was trained");
	}
	return status;
}

void learn_free(struct learn_model **model)
{
	if (!*model)
		return;
	arena_fini(&(*model)->arena);
	free(*model);
	*model = NULL;
}

void learn_facts(const struct learn_model *model, struct learn_facts *facts)
{
	*facts = (struct learn_facts){
		.classes = model->learner.classes, .texts = model->texts, .bytes = model->arena.total + sizeof *model,
		.precision_asked = model->promise.asked, .threshold = model->promise.threshold, .accuracy = model->promise.accuracy,
		.precision_held_out = model->promise.precision, .routed_share = model->promise.share, .held_out = model->promise.held_out,
	};
}
