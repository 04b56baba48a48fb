/*
 * learn_predict.c - asks a model about one text: the best class, how sure, whether to route, the three best, and the words that decided.
 *
 * Only reads the model; scratch memory is its own, so any number of threads may ask at once.
 * Hostile texts cost no more than LEARN_TEXT_BYTES of any other.
 */
#include "learn_private.h"

static void add_choice(const struct learn_model *model, const struct evidence_of_text *evidence, struct learn_guess *guess)
{
	size_t best = 0, classes = model->learner.classes;
	bool found = false;

	for (size_t class = 0; class < classes; class++) {
		bool taken = false;

		for (size_t i = 0; i < guess->best_count; i++)
			taken |= guess->best[i].label == model->labels[class];
		if (!taken && (!found || evidence->decisions[class] > evidence->decisions[best])) {
			best = class;
			found = true;
		}
	}
	if (found)
		guess->best[guess->best_count++] = (struct learn_choice){
			model->labels[best], belief_of(evidence->decisions, classes, best, model->gate.temperature)
		};
}

void learn_predict(const struct learn_model *model, struct arena *arena, const char *text, struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct token_list tokens;
	struct features features;
	struct feature_origins origins;
	struct evidence_of_text evidence;
	double terms[GATE_TERMS];

	tokens_of(&scratch, text ? text : "", &tokens);
	features_of_tokens(&scratch, &tokens, &features, &origins);
	learner_weigh(&scratch, &model->learner, &features, &evidence);
	*guess = (struct learn_guess){ .label = model->labels[evidence.first] };
	for (size_t i = 0; i < LEARN_BEST; i++)
		add_choice(model, &evidence, guess);
	gate_terms(&evidence, guess->best[0].share, terms);
	guess->confidence = evidence.empty ? 0 : gate_confidence(&model->gate, terms);
	guess->routed = !evidence.empty && guess->confidence >= model->promise.threshold;
	find_reasons(arena, &model->learner, text ? text : "", &tokens, &origins, &features, &evidence, guess);
}

char *learn_text_of(struct arena *arena, const char *subject, const char *reply_text)
{
	return arena_printf(arena, "%s\n%.*s", subject, LEARN_TEXT_BYTES, reply_text);
}
