/*
 * learn_learner.c - what is learnt from texts: vocabulary, weights, known mails; and what they say of a text.
 *
 * The same for the model that is used and for those that calibration trains on a part of the texts: what a learner says of texts
 * it has not seen is the only thing that its confidence may be made from.
 */
#include "learn_private.h"

void learn_learner_train(struct arena *arena, const struct corpus *corpus, const struct rows *rows, struct learner *learner)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct vector *vectors = ARENA_ARRAY(&scratch, struct vector, rows->count + 1);

	*learner = (struct learner){ .classes = corpus->classes };
	learn_vocabulary_make(arena, corpus, rows, &learner->vocabulary);
	for (size_t i = 0; i < rows->count; i++)
		learn_vector_of(&scratch, &learner->vocabulary, &corpus->at[rows->at[i]].features, &vectors[i]);
	learn_linear_train(arena, corpus, rows, vectors, &learner->vocabulary, &learner->weights);
	learn_nearest_make(arena, corpus, rows, vectors, learner->vocabulary.known.count, &learner->nearest);
}

static void find_best(const float *decisions, size_t classes, struct evidence_of_text *evidence)
{
	for (size_t class = 1; class < classes; class++)
		if (decisions[class] > decisions[evidence->first])
			evidence->first = class;
	evidence->second = evidence->first ? 0 : classes > 1;
	for (size_t class = 0; class < classes; class++)
		if (class != evidence->first && decisions[class] > decisions[evidence->second])
			evidence->second = class;
}

void learn_learner_weigh(struct arena *arena, const struct learner *learner, const struct features *features, struct evidence_of_text *evidence)
{
	struct vector vector;

	learn_vector_of(arena, &learner->vocabulary, features, &vector);
	*evidence = (struct evidence_of_text){
		.decisions = ARENA_ARRAY(arena, float, learner->classes + 1), .words = vector.words, .empty = !vector.count,
		.unknown_words = vector.unknown_words, .unknown_runs = vector.unknown_runs, .vector = vector,
	};
	learn_weights_decide(&learner->weights, &vector, evidence->decisions);
	find_best(evidence->decisions, learner->classes, evidence);
	learn_nearest_find(arena, &learner->nearest, &vector, evidence->first, &evidence->near_own, &evidence->near_other);
}
