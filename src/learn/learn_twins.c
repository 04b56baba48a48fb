/*
 * learn_twins.c - orders the mails of each class so that those that are alike stand side by side.
 *
 * Texts to learn from are often made in bundles: one asks for examples and gets ten of a kind, one customer writes three times. If some
 * twins are learnt from and the others are held out, a learner looks better than it is, and promises what it cannot keep. So blocks to
 * hold out are cut from this order: a chain that begins with the oldest and goes on with the most alike that is left.
 * Quadratic in the mails of a class; only for small sets.
 */
#include "learn_private.h"

struct chain {
	const struct vector *vectors;                    /* words only, of each document */
	const uint32_t *members; size_t count;
	float *at_hand;                                  /* by known bucket: the last one of the chain */
	bool *taken;
};

static void words_only(struct vector *vector)
{
	size_t kept = 0;

	for (size_t i = 0; i < vector->count; i++)
		if (vector->at[i].kind == KIND_WORD)
			vector->at[kept++] = vector->at[i];
	vector->count = kept;
}

static void hold(struct chain *chain, const struct vector *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		chain->at_hand[vector->at[i].number] += vector->at[i].value;
}

static void drop(struct chain *chain, const struct vector *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		chain->at_hand[vector->at[i].number] = 0;
}

/* Position of the one most like the last; the oldest of equals. */
static size_t most_alike(const struct chain *chain)
{
	size_t best = chain->count;
	float best_likeness = -1;

	for (size_t i = 0; i < chain->count; i++) {
		const struct vector *vector = &chain->vectors[chain->members[i]];
		float likeness = 0;

		for (size_t k = 0; k < vector->count && !chain->taken[i]; k++)
			likeness += chain->at_hand[vector->at[k].number] * vector->at[k].value;
		if (!chain->taken[i] && likeness > best_likeness) {
			best = i;
			best_likeness = likeness;
		}
	}
	return best;
}

static void order_class(struct chain *chain, uint32_t *rank)
{
	const struct vector *last = NULL;

	for (size_t place = 0; place < chain->count; place++) {
		size_t at = place ? most_alike(chain) : 0;

		if (place)
			drop(chain, last);
		last = &chain->vectors[chain->members[at]];
		hold(chain, last);
		chain->taken[at] = true;
		rank[chain->members[at]] = (uint32_t)place;
	}
	if (last)
		drop(chain, last);
}

void learn_twins_order(const struct corpus *corpus, uint32_t *rank)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct rows all = { ARENA_ARRAY(&arena, uint32_t, corpus->count), corpus->count };
	struct vector *vectors = ARENA_ARRAY(&arena, struct vector, corpus->count);
	uint32_t *members = ARENA_ARRAY(&arena, uint32_t, corpus->count);
	struct vocabulary vocabulary;
	float *at_hand;

	for (size_t i = 0; i < corpus->count; i++)
		all.at[i] = (uint32_t)i;
	learn_vocabulary_make(&arena, corpus, &all, &vocabulary);
	at_hand = ARENA_ARRAY(&arena, float, vocabulary.known.count + 1);
	for (size_t i = 0; i < corpus->count; i++) {
		learn_vector_of(&arena, &vocabulary, &corpus->at[i].features, &vectors[i]);
		words_only(&vectors[i]);
	}
	for (size_t class = 0; class < corpus->classes && learn_patience_lasts(corpus->patience); class++) {
		struct chain chain = { .vectors = vectors, .members = members, .at_hand = at_hand };

		for (size_t i = 0; i < corpus->count; i++)
			if (corpus->at[i].class == class && !corpus->at[i].describes)
				members[chain.count++] = (uint32_t)i;
		chain.taken = ARENA_ARRAY(&arena, bool, chain.count + 1);
		order_class(&chain, rank);
	}
}
