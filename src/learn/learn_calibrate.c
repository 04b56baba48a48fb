/*
 * learn_calibrate.c - how sure a learner may be, found out on texts that it has not seen.
 *
 * Two kinds are held out. Known matter: the mails of each class are cut into blocks of what is alike (learn_twins.c), and each
 * block is judged by a learner of the others; of many mails the newest block is judged. Unknown matter: whole
 * classes are left out, and their mails judged by a learner of the rest, as stand-ins for mail that belongs nowhere.
 * How much of the coming mail will be of that kind nobody can know. What can be measured is how much of a held-out mail is
 * new to the learner, and a learner that has seen little of the world must expect more surprises: see share_expected().
 * Temperature, gate and threshold are then fitted to that mixture.
 */
#include "learn_private.h"

#include <math.h>
#include <string.h>

#define BLOCKS_OF_FEW 5                          /* all are judged */
#define BLOCKS_OF_MANY 10                        /* the newest is judged */
#define MANY 3000                                /* texts */
#define FEW_CLASSES 24                           /* so many at most: each is left out alone, too */
#define LEFT_OUT_OF_MANY 3                       /* but of many mails only so many */
#define TO_HALVE 6                               /* so many at least: halves of them are left out together */
#define STRIDES 8                                /* of few mails, halves are taken in several ways: 1, 2 and 4 classes at a time */
#define STRANGERS_MOST 1500                      /* mails of left-out classes that are judged */
#define KNOWN_MOST 3000
#define HEATS 24                                 /* temperatures that are tried: 0.02 to 1.3 */

struct held_out {
	struct evidence_of_text evidence;                /* without decisions */
	double belief[HEATS], surprise[HEATS];           /* of the best class; -ln of the right one */
	double terms[GATE_TERMS];
	enum sample_kind kind;
	bool right, newest;
};

struct trial {
	struct arena arena;
	const struct corpus *corpus;
	uint32_t *age, *rank, *of_class;                 /* places of a mail within its class, by time and for cutting blocks; mails of a class */
	size_t mails;
	struct rows rows;
	struct held_out *at; size_t count, known;        /* known matter first */
	size_t tried, tried_known;                       /* with those of which nothing would have been done: they are not in `at` */
};

static double heat(size_t i)
{
	return 0.02 * pow(1.2, (double)i);
}

static void judge(struct trial *trial, const struct learner *learner, size_t number, const struct features *features, enum sample_kind kind)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	const struct document *document = &trial->corpus->at[number];
	struct held_out *held = &trial->at[trial->count];
	struct evidence_of_text evidence;

	if (!learn_patience_lasts(trial->corpus->patience))
		return;
	learn_learner_weigh(&scratch, learner, features, &evidence);
	trial->tried++;
	if (evidence.first == trial->corpus->quiet)
		return;                          /* nothing would be done: there is nothing to be right or wrong about */
	trial->count++;
	*held = (struct held_out){ .evidence = evidence, .kind = kind };
	held->right = kind == SAMPLE_KNOWN && evidence.first == document->class;
	held->newest = (trial->age[number] + 1) * 10 > 9 * trial->of_class[document->class];
	for (size_t i = 0; i < HEATS; i++) {
		held->belief[i] = learn_belief_of(evidence.decisions, learner->classes, evidence.first, heat(i));
		held->surprise[i] = kind != SAMPLE_KNOWN ? 0 : -log(fmax(1e-9, learn_belief_of(evidence.decisions, learner->classes, document->class, heat(i))));
	}
	learn_gate_terms(&evidence, 0.5, held->terms);         /* the belief is put in when the temperature is known */
	held->evidence.decisions = NULL;
	held->evidence.vector.at = NULL;
}

static void begin(struct trial *trial, const struct corpus *corpus)
{
	struct arena *arena = &trial->arena;

	*trial = (struct trial){ .corpus = corpus };
	trial->age = ARENA_ARRAY(arena, uint32_t, corpus->count + 1);
	trial->rank = trial->age;
	trial->of_class = ARENA_ARRAY(arena, uint32_t, corpus->classes + 1);
	trial->rows.at = ARENA_ARRAY(arena, uint32_t, corpus->count + 1);
	for (size_t i = 0; i < corpus->count; i++)
		if (!corpus->at[i].describes) {
			trial->age[i] = trial->of_class[corpus->at[i].class]++;
			trial->mails++;
		}
	if (trial->mails <= MANY) {
		trial->rank = ARENA_ARRAY(arena, uint32_t, corpus->count + 1);
		learn_twins_order(corpus, trial->rank);
	}
	trial->at = ARENA_ARRAY(arena, struct held_out, 6 * trial->mails + 1);
}

/* ---------------------------------------------------------------- known matter */

static bool in_block(const struct trial *trial, size_t i, size_t block, size_t blocks)
{
	const struct document *document = &trial->corpus->at[i];

	return !document->describes && (uint64_t)trial->rank[i] * blocks / trial->of_class[document->class] == block;
}

static void judge_block(struct trial *trial, size_t block, size_t blocks)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct learner learner;
	size_t held = 0, every, seen = 0;

	trial->rows.count = 0;
	for (size_t i = 0; i < trial->corpus->count; i++) {
		if (in_block(trial, i, block, blocks))
			held++;
		else
			trial->rows.at[trial->rows.count++] = (uint32_t)i;
	}
	if (!held)
		return;
	every = 1 + held / KNOWN_MOST;
	learn_learner_train(&scratch, trial->corpus, &trial->rows, &learner);
	for (size_t i = 0; i < trial->corpus->count; i++)
		if (in_block(trial, i, block, blocks) && seen++ % every == 0)
			judge(trial, &learner, i, &trial->corpus->at[i].features, SAMPLE_KNOWN);
}

static void judge_known(struct trial *trial)
{
	if (trial->mails > MANY)
		judge_block(trial, BLOCKS_OF_MANY - 1, BLOCKS_OF_MANY);
	else
		for (size_t block = 0; block < BLOCKS_OF_FEW; block++)
			judge_block(trial, block, BLOCKS_OF_FEW);
	trial->known = trial->count;
	trial->tried_known = trial->tried;
}

/* ---------------------------------------------------------------- unknown matter */

/* Every `groups`-th class, from `group` on, when classes are taken `stride` at a time. */
struct left_out { size_t group, groups, stride; };

static bool is_left_out(const struct left_out *left_out, size_t class)
{
	return class / left_out->stride % left_out->groups == left_out->group;
}

static void judge_strangers(struct trial *trial, const struct left_out *left_out, size_t judged_groups)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct learner learner;
	size_t strangers = 0, every, seen = 0;

	trial->rows.count = 0;
	for (size_t i = 0; i < trial->corpus->count; i++) {
		if (!is_left_out(left_out, trial->corpus->at[i].class))
			trial->rows.at[trial->rows.count++] = (uint32_t)i;
		else
			strangers += !trial->corpus->at[i].describes;
	}
	if (!strangers)
		return;
	every = 1 + strangers * judged_groups / STRANGERS_MOST;
	learn_learner_train(&scratch, trial->corpus, &trial->rows, &learner);
	for (size_t i = 0; i < trial->corpus->count; i++)
		if (is_left_out(left_out, trial->corpus->at[i].class) && !trial->corpus->at[i].describes && seen++ % every == 0)
			judge(trial, &learner, i, &trial->corpus->at[i].features, left_out->groups == 2 ? SAMPLE_STRANGER_FAR : SAMPLE_STRANGER);
}

/* With two classes none can be left out. Then a stranger is a mail of which two features of three are other ones. */
static void judge_garbled(struct trial *trial)
{
	CLEANUP_ARENA struct arena scratch = { 0 };
	struct learner learner;

	trial->rows.count = 0;
	for (size_t i = 0; i < trial->corpus->count; i++)
		if (!in_block(trial, i, BLOCKS_OF_FEW - 1, BLOCKS_OF_FEW))
			trial->rows.at[trial->rows.count++] = (uint32_t)i;
	learn_learner_train(&scratch, trial->corpus, &trial->rows, &learner);
	for (size_t i = 0; i < trial->corpus->count; i++) {
		struct features garbled = trial->corpus->at[i].features;

		if (!in_block(trial, i, BLOCKS_OF_FEW - 1, BLOCKS_OF_FEW) || trial->count >= trial->known + STRANGERS_MOST)
			continue;
		garbled.at = ARENA_ARRAY(&scratch, uint32_t, garbled.count + 1);
		memcpy(garbled.at, trial->corpus->at[i].features.at, garbled.count * sizeof *garbled.at);
		for (size_t k = 0; k < garbled.count; k++)
			if (KEY_BUCKET(garbled.at[k]) % 3)
				garbled.at[k] ^= (KEY_BUCKET(garbled.at[k]) ^ ((KEY_BUCKET(garbled.at[k]) * 0x9E3779B1u + 77) % BUCKETS)) << 2;
		judge(trial, &learner, i, &garbled, SAMPLE_STRANGER_FAR);
	}
}

static void judge_unknown(struct trial *trial)
{
	size_t classes = trial->corpus->classes;
	size_t alone = classes < 3 || classes > FEW_CLASSES ? 0 : trial->mails > MANY ? LEFT_OUT_OF_MANY : classes;

	if (classes == 2)
		judge_garbled(trial);
	for (size_t group = 0; group < alone; group++)
		judge_strangers(trial, &(struct left_out){ group, classes, 1 }, alone);
	if (classes < TO_HALVE)
		return;
	if (trial->mails > MANY)
		judge_strangers(trial, &(struct left_out){ 0, 2, 1 }, 1);
	else
		for (size_t stride = 1; stride < classes && stride < STRIDES; stride *= 2)
			for (size_t group = 0; group < 2; group++)
				judge_strangers(trial, &(struct left_out){ group, 2, stride }, 2);
}

/* ---------------------------------------------------------------- what follows from it */

static size_t best_heat(const struct trial *trial)
{
	double least = 1e300;
	size_t best = 0;

	for (size_t i = 0; i < HEATS; i++) {
		double sum = 0;

		for (size_t k = 0; k < trial->known; k++)
			sum += trial->at[k].surprise[i];
		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	return best;
}

/* Share of coming mail that is expected to belong nowhere. The share of letter runs in a held-out mail that no other mail has is an
 * estimate of what is still missing (as Good and Turing's of unseen species); whole matters are missing more often than
 * pieces of words. Bounded below, for there is always some, and above, so that a desk that knows a third of what comes can begin. */
#define SURPRISES_EACH 3.5
#define STRANGERS_LEAST 0.05
#define STRANGERS_SHARE_MOST 0.7
static double share_expected(const struct trial *trial)
{
	double sum = 0;

	for (size_t i = 0; i < trial->known; i++)
		sum += trial->at[i].evidence.unknown_runs;
	return fmin(STRANGERS_SHARE_MOST, fmax(STRANGERS_LEAST, SURPRISES_EACH * sum / (double)trial->known));
}

static struct gate_sample *make_samples(struct trial *trial, size_t warm)
{
	struct gate_sample *samples = ARENA_ARRAY(&trial->arena, struct gate_sample, trial->count);
	double share = share_expected(trial), strangers = (double)(trial->tried - trial->tried_known);

	for (size_t i = 0; i < trial->count; i++) {
		const struct held_out *held = &trial->at[i];

		samples[i].right = held->right;
		samples[i].kind = held->kind;
		samples[i].newest = held->newest && held->kind == SAMPLE_KNOWN;
		samples[i].weight = held->kind != SAMPLE_KNOWN ? share / (1 - share) * (double)trial->tried_known / strangers : 1;
		memcpy(samples[i].x, held->terms, sizeof held->terms);
		learn_gate_put_belief(samples[i].x, held->belief[warm]);
	}
	return samples;
}

void learn_calibrate(const struct corpus *corpus, double precision, struct gate *gate, struct promise *promise)
{
	struct trial trial;
	struct gate_sample *samples;
	size_t warm, right = 0;

	*promise = (struct promise){ .asked = precision, .threshold = NEVER_ROUTED };
	learn_gate_unfitted(gate);
	begin(&trial, corpus);
	if (corpus->classes > 1 && trial.mails)
		judge_known(&trial);
	if (trial.known && learn_patience_lasts(corpus->patience)) {
		judge_unknown(&trial);
		warm = best_heat(&trial);
		gate->temperature = heat(warm);
		samples = make_samples(&trial, warm);
		learn_gate_fit(gate, samples, trial.count);
		for (size_t i = 0; i < trial.known; i++)
			right += trial.at[i].right;
		promise->held_out = (uint32_t)trial.known;
		promise->accuracy = (double)right / (double)trial.known;
		if (trial.tried > trial.tried_known)
			learn_find_threshold(gate, samples, trial.count, promise);
	}
	arena_fini(&trial.arena);
}
