/*
 * learn.h - learns from labelled texts which queue a mail belongs to, and how far that may be believed.
 *
 * Allowed to include: base. Alone in touching LIBLINEAR. Pure computation: no files, no clock, no store, no log. The same input
 * gives the same model, byte for byte (LIBLINEAR draws from rand(), which is seeded before each use: one training at a
 * time in a process). A model is never changed after it was made: any number of threads may ask one.
 *
 * How a desk uses it:
 *  - Texts: for each ticket that an agent confirmed (moved there, or answered there) one learn_text with learn_text_of(subject,
 *    reply_text), the queue's name as label, and the time of the confirmation; oldest first. Only the newest LEARN_TEXTS_MAX and LEARN_BYTES_MAX count.
 *  - Classes: every queue but triage, with its description. A model is of use with these alone: it suggests, and routes nothing.
 *  - Train on a thread of its own at low priority; keep learn_save's bytes in a row, with the row before it; swap the pointer.
 *    A row that learn_load refuses: say so, load the one before, train again.
 *  - A guess routes a mail only if `routed`; else the three best are a hint. Thresholds were set for learn_input.precision.
 *    Watch the corrections all the same: learn_precision_holds says when the newest ones contradict the promise.
 *  - Erasing a customer: train again without these mails. The model holds hashes of words, their weights, and nothing readable
 *    but the labels.
 */
#ifndef SPORTELLO_LEARN_H
#define SPORTELLO_LEARN_H

#include "base.h"

#define LEARN_TEXT_BYTES   1024          /* bytes of one text that are looked at: a mail says early what it is about */
#define LEARN_CLASSES_MAX  2000          /* labels in one model */
#define LEARN_LABEL_BYTES  200           /* of one label */
#define LEARN_TEXTS_MAX    50000         /* texts in one training, the newest */
#define LEARN_BYTES_MAX    (4u << 20)    /* bytes of them, the newest again: training takes about 45 bytes of memory for each */
#define LEARN_BEST         3             /* suggestions in a guess */
#define LEARN_WORDS        6             /* in a guess that says which decided */

/* at: ms, 0 if not known; weight: 1 is usual, 0 counts as 1. Texts stand in the order of time, oldest first. */
struct learn_text { const char *label, *text; int64_t at; double weight; };
struct learn_class { const char *label, *description; };

/* Called again and again during a training, at least between two classes: it may sleep, so that others go first. False: give up. */
typedef bool learn_go_on(void *context);

struct learn_input {
	const struct learn_text *texts; size_t text_count;
	const struct learn_class *classes; size_t class_count;   /* labels that are only in texts are classes, too */
	double precision;                        /* asked of what is routed, 0.5 to 0.999; 0: 0.95 */
	const char *quiet;                       /* a label for "nothing is to be done": never routed to, so it does not count as precision. NULL: none */
	learn_go_on *go_on; void *context;       /* NULL: it is not asked */
};

struct learn_model;

/* STATUS_BAD_INPUT: no class at all, too many, or a label that is empty or too long. STATUS_TRY_LATER: go_on gave up. */
enum status learn_train(const struct learn_input *input, struct learn_model **model, struct error *error);
void learn_free(struct learn_model **model);

/* What the model says of itself, for reports. Shares and precision are those of mails held out of training. */
struct learn_facts {
	size_t classes, texts, bytes;            /* bytes: of memory */
	double precision_asked, threshold;       /* threshold above 1: nothing is ever routed */
	double accuracy;                         /* of all held-out mails, whether routed or not */
	double precision_held_out, routed_share; /* above the threshold */
	size_t held_out;
};
void learn_facts(const struct learn_model *model, struct learn_facts *facts);

struct learn_choice { const char *label; double share; };        /* share of belief among the classes, sums to at most 1 */
struct learn_reason { const char *word; double weight; };        /* as it stands in the text; weights sum to at most 1 */

/* Labels belong to the model; words to the arena. A text in which nothing is known is never routed. */
struct learn_guess {
	const char *label;
	double confidence;                       /* probability that routing to `label` is right */
	bool routed;
	struct learn_choice best[LEARN_BEST]; size_t best_count;
	struct learn_reason reasons[LEARN_WORDS]; size_t reason_count;
};
enum learn_reasons { LEARN_REASONS_NEVER, LEARN_REASONS_IF_ROUTED, LEARN_REASONS_ALWAYS };     /* a third of the time of an answer */
void learn_predict(const struct learn_model *model, struct arena *arena, const char *text, enum learn_reasons reasons, struct learn_guess *guess);

/* The same for several models: the text is taken apart once. It must live as long as the reading. */
struct learn_reading;
struct learn_reading *learn_read(struct arena *arena, const char *text);
void learn_ask(const struct learn_model *model, struct arena *arena, const struct learn_reading *reading, enum learn_reasons reasons,
               struct learn_guess *guess);

/* Subject and new text of a mail as one text. */
char *learn_text_of(struct arena *arena, const char *subject, const char *reply_text);

/* Bytes with version and checksum. learn_load: STATUS_BROKEN for anything that learn_save did not write. */
void learn_save(const struct learn_model *model, struct buffer *out);
enum status learn_load(const void *bytes, size_t length, struct learn_model **model, struct error *error);

/* False: `right` of the newest `routed` cannot be told from bad luck any more at the promised precision (5 % level). */
bool learn_precision_holds(size_t routed, size_t right, double precision);

#endif
