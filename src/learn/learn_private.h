/*
 * learn_private.h - inside the classifier: tokens, features, the linear model, the gate, and how they hang together.
 *
 * text -> tokens (learn_tokens.c) -> hashed features with counts (learn_features.c) -> tf-idf vector by a vocabulary
 * (learn_vocabulary.c) -> decisions by linear weights (learn_linear.c trains, learn_weights.c holds) and the nearest known mail
 * (learn_nearest.c) -> evidence -> confidence (learn_gate.c) -> routed or not.
 * These parts together are a `struct learner`; learn_calibrate.c trains some on parts of the texts to see how they do on the rest.
 */
#ifndef SPORTELLO_LEARN_PRIVATE_H
#define SPORTELLO_LEARN_PRIVATE_H

#include "learn.h"
#include "words.h"

#define BUCKET_BITS 18
#define BUCKETS (1u << BUCKET_BITS)

/* ---- learn_tokens.c: folded words of a text ---- */
#define TOKEN_BYTES 40                           /* of one word; the rest of a longer one is cut off */
struct token_list {
	char *bytes; size_t length;                      /* folded words, NUL after each */
	struct learn_token { uint32_t start, length; uint32_t raw, raw_length; } *at; size_t count;
};
void learn_tokens_of(struct arena *arena, const char *text, struct token_list *tokens);

/* ---- learn_common.c: words that say nothing of the matter ---- */
extern const char *const learn_common_words[];
extern const size_t learn_common_count;
bool learn_word_is_common(const char *word, uint32_t hash);            /* hash: its hash_text() */

/* ---- learn_features.c: what is counted in a text ---- */
enum feature_kind { KIND_WORD, KIND_RUN };           /* words and pairs of words; 2 to 5 letters of a word with its edges */
/* A feature is a number: bucket, kind, whether it is only of words of learn_common.c, and above all that how often it occurs. */
#define KEY_BITS (BUCKET_BITS + 2)
#define KEY_KIND(key) ((key) & 1)
#define KEY_COMMON(key) ((key) >> 1 & 1)
#define KEY_BUCKET(key) ((key) >> 2 & (BUCKETS - 1))
#define KEY_TIMES(key) ((key) >> KEY_BITS)
#define KEY_MASK ((UINT32_C(1) << KEY_BITS) - 1)
struct features { uint32_t *at; size_t count; uint32_t words; };  /* in their order, each once */
/* Which tokens a feature came from, by the first place of each; second is first if it is not a pair. For explanations. */
struct feature_origin { uint32_t key; uint16_t first, second; };
struct feature_origins { struct feature_origin *at; uint16_t *feature; size_t count; };  /* feature: of each, its place among the features */
void learn_features_of(struct arena *arena, const char *text, struct features *features);
void learn_features_of_tokens(struct arena *arena, const struct token_list *tokens, struct features *features, struct feature_origins *origins);

/* ---- learn_corpus.c: all texts of one training, counted ---- */
#define COPIES_MOST 4
struct document { struct features features; uint16_t class; uint8_t copies; bool describes; };   /* describes: a class's name, no mail */
struct corpus {
	struct document *at; size_t count;
	const char **labels; size_t classes, quiet;      /* quiet: a class, or NO_CLASS */
	struct patience { learn_go_on *go_on; void *context; bool over; } *patience;
};
#define NO_CLASS SIZE_MAX
struct rows { uint32_t *at; size_t count; };             /* numbers of documents, oldest first */
/* False: the training was given up, what is made from now on is thrown away. */
bool learn_patience_lasts(struct patience *patience);
enum status learn_corpus_make(struct arena *arena, const struct learn_input *input, struct corpus *corpus, struct error *error);

/* ---- learn_numbered.c: members of a set, numbered in their order ---- */
struct numbered { struct numbered_part { uint32_t has, before; } *at; size_t among, count; };     /* of each 32: a bit for each, members before */
void learn_numbered_make(struct arena *arena, struct numbered *numbered, size_t among);
void learn_numbered_put(struct numbered *numbered, size_t member);
void learn_numbered_done(struct numbered *numbered);           /* all are put: from now on they have numbers */

static inline bool numbered_has(const struct numbered *numbered, size_t member)
{
	return numbered->at[member / 32].has >> member % 32 & 1;
}

/* Members before it: its own number, if it is one. */
static inline uint32_t numbered_before(const struct numbered *numbered, size_t member)
{
	const struct numbered_part *part = &numbered->at[member / 32];

	return part->before + (uint32_t)bits_set(part->has & ((UINT32_C(1) << member % 32) - 1));
}

/* ---- learn_vocabulary.c: which features are known, and how rare they are ---- */
struct vocabulary { struct numbered known; uint8_t *rarity, rarest; bool only_names; };  /* rarity: of each known bucket, idf in steps */
struct vector_item { uint32_t number : 31, kind : 1; float value; };     /* number: among the known buckets */
/* unknown_*: shares of the whole, 0 to 1 */
struct vector { struct vector_item *at; size_t count; double unknown_words, unknown_runs; uint32_t words; };
void learn_vocabulary_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, struct vocabulary *vocabulary);
void learn_vector_of(struct arena *arena, const struct vocabulary *vocabulary, const struct features *features, struct vector *vector);

/* ---- learn_weights.c: what each class thinks of each bucket, sparse, in eight bits ---- */
#define ROW_CLASSES 16                           /* so many at most: each bucket has a weight for every class, ready to be added up at once */
#define ROW_OF_FEW 8                             /* half as wide, for so many classes */
struct weights {
	size_t known;                                    /* buckets */
	int8_t *row; size_t width;                       /* of each known bucket; NULL: too many classes, they are in cells */
	uint32_t *start;                                 /* one more than there are known buckets: into the cells */
	uint16_t *class; int8_t *value; size_t cells;
	float *scale, *bias; size_t classes;             /* decision = bias + scale * sum(value * x) */
};
struct weight_list { struct weight_cell { uint32_t number; uint16_t class; int8_t value; } *at; size_t count, room; };
void learn_weight_list_add(struct weight_list *list, uint32_t number, size_t class, double steps);
void learn_weights_make(struct arena *arena, struct weight_list *list, struct weights *weights);       /* frees the list's cells */
/* Room for what weights->known, classes and cells say; then all of one bucket after those of the one before. */
void learn_weights_room(struct arena *arena, struct weights *weights);
void learn_weights_put(struct weights *weights, uint32_t number, const uint16_t *class, const int8_t *value, size_t count);
/* Those of one bucket that are not nothing, in the order of the classes; room for as many as there are classes. Returns how many. */
size_t learn_weights_cells(const struct weights *weights, uint32_t number, uint16_t *class, int8_t *value);
/* Of each item of the vector, what it gave to `class` over `other`. */
void learn_weights_between(const struct weights *weights, const struct vector *vector, size_t class, size_t other, float *between);
void learn_weights_decide(const struct weights *weights, const struct vector *vector, float *decisions);

/* ---- learn_linear.c: the only one that knows LIBLINEAR ---- */
void learn_linear_train(struct arena *arena, const struct corpus *corpus, const struct rows *rows, const struct vector *vectors,
                        const struct vocabulary *vocabulary, struct weights *weights);

/* ---- learn_nearest.c: the known mail that is most like this one, by its words ---- */
#define POSTING_BYTES 3
struct nearest {
	struct numbered words;                           /* of the known buckets those that have postings */
	uint32_t *start;                                 /* of each of them, and one more: into the postings */
	uint8_t *posting; size_t postings;               /* POSTING_BYTES each: the mail's number, lower byte first, and the value, of 255 */
	uint16_t *class; size_t mails;
};
void learn_nearest_make(struct arena *arena, const struct corpus *corpus, const struct rows *rows, const struct vector *vectors, size_t known,
                        struct nearest *nearest);
/* Likeness, 0 to 1, of the nearest mail of `class` and of the nearest of any other. */
void learn_nearest_find(struct arena *arena, const struct nearest *nearest, const struct vector *vector, size_t class, double *own, double *other);

/* ---- learn_learner.c: what is learnt from texts, without what is known of its quality ---- */
struct learner { struct vocabulary vocabulary; struct weights weights; struct nearest nearest; size_t classes; };
void learn_learner_train(struct arena *arena, const struct corpus *corpus, const struct rows *rows, struct learner *learner);

/* What is known of a text before it is decided whether to believe it. */
struct evidence_of_text {
	float *decisions;                                /* of each class, in the arena */
	size_t first, second;                            /* the classes with the two largest; the same if there is only one class */
	double near_own, near_other;
	double unknown_words, unknown_runs;
	uint32_t words;
	bool empty;                                      /* nothing in it is known */
	struct vector vector;
};
void learn_learner_weigh(struct arena *arena, const struct learner *learner, const struct features *features, struct evidence_of_text *evidence);

/* ---- learn_gate.c: evidence -> probability that routing would be right ---- */
#define GATE_TERMS 9
struct gate { double temperature; double mean[GATE_TERMS], deviation[GATE_TERMS], weight[GATE_TERMS + 1]; };
/* Whose text: of a class that was learnt; of one that was left out alone; of one that was left out with others. */
enum sample_kind { SAMPLE_KNOWN, SAMPLE_STRANGER, SAMPLE_STRANGER_FAR, SAMPLE_KINDS };
struct gate_sample { double x[GATE_TERMS]; double weight; enum sample_kind kind; bool right, newest; };
double learn_belief_of(const float *decisions, size_t classes, size_t class, double temperature);      /* softmax */
void learn_gate_terms(const struct evidence_of_text *evidence, double belief, double x[GATE_TERMS]);
void learn_gate_put_belief(double x[GATE_TERMS], double belief);
void learn_gate_unfitted(struct gate *gate);                   /* for a model that knows no mails: believes softmax, halved */
void learn_gate_fit(struct gate *gate, const struct gate_sample *samples, size_t count);
double learn_gate_confidence(const struct gate *gate, const double x[GATE_TERMS]);

/* ---- learn_twins.c ---- */
void learn_twins_order(const struct corpus *corpus, uint32_t *rank);   /* of each mail within its class */

/* ---- learn_calibrate.c: how sure a learner may be, from texts it has not seen ---- */
struct promise {
	double asked, threshold;                         /* threshold above 1: nothing is routed */
	double accuracy, precision, share;               /* of held-out mails: all; of the routed; routed */
	uint32_t held_out;
};
#define NEVER_ROUTED 2.0
void learn_calibrate(const struct corpus *corpus, double precision, struct gate *gate, struct promise *promise);

/* ---- learn_threshold.c ---- */
void learn_find_threshold(const struct gate *gate, const struct gate_sample *samples, size_t count, struct promise *promise);

/* ---- learn_predict.c: a text, taken apart once for all models that are asked about it ---- */
struct learn_reading { const char *text; struct token_list tokens; struct features features; struct feature_origins origins; };

/* ---- learn_reasons.c ---- */
void learn_find_reasons(struct arena *arena, const struct learner *learner, const struct learn_reading *reading, const struct evidence_of_text *evidence,
                        struct learn_guess *guess);

/* ---- learn_train.c makes it, learn_model.c saves and loads it, learn_predict.c asks it ---- */
struct learn_model {
	struct arena arena;
	struct learner learner;
	struct gate gate;
	struct promise promise;
	const char **labels;
	size_t quiet;                                    /* the class that is never routed to, or NO_CLASS */
	uint32_t texts;
};

#endif
