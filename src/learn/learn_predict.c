/*
 * learn_predict.c - asks a model about one text: the best class, how sure, whether to route, the three best, and the words that decided.
 *
 * Only reads the model; scratch memory is its own, so any number of threads may ask at once.
 * Hostile texts cost no more than LEARN_TEXT_BYTES of any other.
 */
#include "learn_private.h"

#include <string.h>

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
			model->labels[best], learn_belief_of(evidence->decisions, classes, best, model->gate.temperature)
		};
}

struct learn_reading *learn_read(struct arena *arena, const char *text)
{
	struct learn_reading *reading = ARENA_NEW(arena, struct learn_reading);

	reading->text = text ? text : "";
	learn_tokens_of(arena, reading->text, &reading->tokens);
	learn_features_of_tokens(arena, &reading->tokens, &reading->features, &reading->origins);
	return reading;
}

void learn_ask(const struct learn_model *model, struct arena *arena, const struct learn_reading *reading, enum learn_reasons reasons,
               struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct evidence_of_text evidence;
	double terms[GATE_TERMS];

	learn_learner_weigh(&scratch, &model->learner, &reading->features, &evidence);
	*guess = (struct learn_guess){ .label = model->labels[evidence.first] };
	for (size_t i = 0; i < LEARN_BEST; i++)
		add_choice(model, &evidence, guess);
	learn_gate_terms(&evidence, guess->best[0].share, terms);
	guess->confidence = evidence.empty ? 0 : learn_gate_confidence(&model->gate, terms);
	guess->routed = !evidence.empty && evidence.first != model->quiet && guess->confidence >= model->promise.threshold;
	if (reasons == LEARN_REASONS_ALWAYS || (reasons == LEARN_REASONS_IF_ROUTED && guess->routed))
		learn_find_reasons(arena, &model->learner, reading, &evidence, guess);
}

void learn_predict(const struct learn_model *model, struct arena *arena, const char *text, enum learn_reasons reasons, struct learn_guess *guess)
{
	CLEANUP_ARENA struct arena scratch = { 0 };

	learn_ask(model, arena, learn_read(&scratch, text), reasons, guess);
}

char *learn_text_of(struct arena *arena, const char *subject, const char *reply_text)
{
	size_t length = strlen(subject), more = strnlen(reply_text, LEARN_TEXT_BYTES);
	char *text = arena_room(arena, length + more + 2);

	memcpy(text, subject, length);
	text[length] = '\n';
	memcpy(text + length + 1, reply_text, more);
	text[length + 1 + more] = '\0';
	return text;
}
