/*
 * kb_group.c - questions grouped by likeness: what many ask and no article answers.
 *
 * A question is a vector of its stems, and of the rows of words for the same thing that they stand in (kb_same.c), so that two languages
 * meet. The question with the most others near it makes the first group and is its example; then the same with what is left. Each
 * question is in one group; one that is like no other is a group of its own. The largest group comes first.
 * Pure and quadratic: KB_GROUPED questions at most, the newest (the last ones).
 */
#include "kb_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR       0.24f                 /* cosine */
#define ROW_WEIGHT 0.7f                  /* of a row, against a stem */
#define SUBJECT    1.5f                  /* of a word in the subject, against one in the text */
#define TELLING    5                     /* words of a group that are told */
#define ROW        0x80000000u           /* features: rows; the others are terms */

struct feature { uint32_t id; float weight; };
struct vector { struct feature *at; size_t count; };

struct grouping {
	struct arena *arena;
	struct kb_dict *dict;
	struct vector *vector; size_t count;     /* by question */
	struct { const char **at; size_t count; } words;         /* by term: the shortest word of this stem, as it was written */
	unsigned *in, row_in[KB_SAME_ROWS];      /* in how many questions, by term and by row */
	bool *near;                      /* [count * count] */
	size_t *others;                  /* by question: how many that are left are near it */
	bool *taken;
};

/* ---- a question to its vector ---- */

static void add_feature(struct arena *arena, struct vector *vector, uint32_t id, float weight)
{
	for (size_t i = 0; i < vector->count; i++)
		if (vector->at[i].id == id) {
			if (weight > vector->at[i].weight)
				vector->at[i].weight = weight;
			return;
		}
	*ARENA_PUSH(arena, vector) = (struct feature){ id, weight };
}

static void add_word(struct grouping *grouping, struct vector *vector, struct words_stemmers *stemmers, const char *word, float weight)
{
	char stem[WORDS_BYTES];
	const uint16_t *rows;
	uint32_t term;
	size_t count;

	words_stem(stemmers, 0, word, stem);
	term = kb_dict_add(grouping->dict, stem);
	if (term == grouping->words.count)
		*ARENA_PUSH(grouping->arena, &grouping->words) = arena_string(grouping->arena, word);
	else if (strlen(word) < strlen(grouping->words.at[term]))
		grouping->words.at[term] = arena_string(grouping->arena, word);
	add_feature(grouping->arena, vector, term, weight);
	count = kb_same_rows_of(stem, &rows);
	for (size_t i = 0; i < count; i++)
		add_feature(grouping->arena, vector, ROW | rows[i], weight * ROW_WEIGHT);
}

/* A number says nothing of what is asked. */
static bool is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

static void read_question(struct grouping *grouping, const char *text, struct vector *vector)
{
	const char *line = strchr(text, '\n'), *clean, *at, *end;
	char *subject = arena_copy(grouping->arena, text, line ? (size_t)(line - text) : 0), word[WORDS_BYTES], folded[WORDS_BYTES];
	struct words_stemmers stemmers = { .count = 0 };
	unsigned hits[16] = { 0 };

	clean = kb_question_clean(grouping->arena, subject, line ? line + 1 : text);
	words_count_language(clean, hits, NULL);
	words_stemmers_add(&stemmers, words_tell_language(hits));
	end = clean + strcspn(clean, "\n");
	at = clean;
	for (size_t i = 0; i < KB_QUESTION_WORDS && words_next(&at, word, folded); i++)
		if (!words_small_in(folded) && !is_number(folded) && strlen(folded) > 1)
			add_word(grouping, vector, &stemmers, word, at <= end ? SUBJECT : 1);
	words_stemmers_fini(&stemmers);
}

static void weigh(struct grouping *grouping, struct vector *vector)
{
	float square = 0;

	for (size_t i = 0; i < vector->count; i++) {
		struct feature *feature = &vector->at[i];
		unsigned in = feature->id & ROW ? grouping->row_in[feature->id & ~ROW] : grouping->in[feature->id];

		feature->weight *= logf(1 + (float)grouping->count / (float)in);
		square += feature->weight * feature->weight;
	}
	for (size_t i = 0; i < vector->count; i++)
		vector->at[i].weight /= sqrtf(square);
}

static int by_id(const void *a, const void *b)
{
	const struct feature *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void read_all(struct grouping *grouping, const char *const *questions)
{
	grouping->vector = ARENA_ARRAY(grouping->arena, struct vector, grouping->count + 1);
	for (size_t i = 0; i < grouping->count; i++)
		read_question(grouping, questions[i], &grouping->vector[i]);
	grouping->in = ARENA_ARRAY(grouping->arena, unsigned, grouping->dict->count + 1);
	for (size_t i = 0; i < grouping->count; i++)
		for (size_t k = 0; k < grouping->vector[i].count; k++) {
			uint32_t id = grouping->vector[i].at[k].id;

			if (id & ROW)
				grouping->row_in[id & ~ROW]++;
			else
				grouping->in[id]++;
		}
	for (size_t i = 0; i < grouping->count; i++) {
		weigh(grouping, &grouping->vector[i]);
		if (grouping->vector[i].count)
			qsort(grouping->vector[i].at, grouping->vector[i].count, sizeof(struct feature), by_id);
	}
}

/* ---- groups ---- */

static float likeness(const struct vector *a, const struct vector *b)
{
	float sum = 0;

	for (size_t i = 0, k = 0; i < a->count && k < b->count; )
		if (a->at[i].id == b->at[k].id)
			sum += a->at[i++].weight * b->at[k++].weight;
		else if (a->at[i].id < b->at[k].id)
			i++;
		else
			k++;
	return sum;
}

static void find_near(struct grouping *grouping)
{
	size_t count = grouping->count;

	grouping->near = ARENA_ARRAY(grouping->arena, bool, count * count + 1);
	grouping->others = ARENA_ARRAY(grouping->arena, size_t, count + 1);
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			if (likeness(&grouping->vector[i], &grouping->vector[k]) >= NEAR) {
				grouping->near[i * count + k] = grouping->near[k * count + i] = true;
				grouping->others[i]++;
				grouping->others[k]++;
			}
}

static void take(struct grouping *grouping, struct kb_group *group, size_t i)
{
	group->at[group->count++] = i;
	grouping->taken[i] = true;
	for (size_t k = 0; k < grouping->count; k++)
		if (grouping->near[i * grouping->count + k])
			grouping->others[k]--;
}

/* The one with the most others near it, and these; false: all are taken. */
static bool next_group(struct grouping *grouping, struct kb_group *group)
{
	size_t best = grouping->count;

	for (size_t i = 0; i < grouping->count; i++)
		if (!grouping->taken[i] && (best == grouping->count || grouping->others[i] > grouping->others[best]))
			best = i;
	if (best == grouping->count)
		return false;
	*group = (struct kb_group){ .at = ARENA_ARRAY(grouping->arena, size_t, grouping->others[best] + 1) };
	take(grouping, group, best);
	for (size_t k = 0; k < grouping->count; k++)
		if (!grouping->taken[k] && grouping->near[best * grouping->count + k])
			take(grouping, group, k);
	return true;
}

/* The words with the most weight in the whole group; of a group of several, only what at least two of them have. */
static void tell(struct grouping *grouping, struct kb_group *group)
{
	size_t terms = grouping->dict->count, best;
	float *weight = ARENA_ARRAY(grouping->arena, float, terms + 1);
	unsigned *in = ARENA_ARRAY(grouping->arena, unsigned, terms + 1);

	for (size_t i = 0; i < group->count; i++)
		for (size_t k = 0; k < grouping->vector[group->at[i]].count; k++) {
			const struct feature *feature = &grouping->vector[group->at[i]].at[k];

			if (feature->id & ROW)
				continue;
			weight[feature->id] += feature->weight;
			in[feature->id]++;
		}
	while (group->words.count < TELLING) {
		best = terms;
		for (size_t t = 0; t < terms; t++)
			if (weight[t] > 0 && (in[t] > 1 || group->count == 1) && (best == terms || weight[t] > weight[best]))
				best = t;
		if (best == terms)
			break;
		strings_add(grouping->arena, &group->words, grouping->words.at[best]);
		weight[best] = 0;
	}
}

static int by_size_down(const void *a, const void *b)
{
	const struct kb_group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->at[0] > y->at[0]) - (x->at[0] < y->at[0]);
}

void kb_group(struct arena *arena, const char *const *questions, size_t count, struct kb_groups *groups)
{
	size_t from = count > KB_GROUPED ? count - KB_GROUPED : 0;
	struct grouping grouping = { .arena = arena, .count = count - from, .dict = kb_dict_new() };
	struct kb_group group;

	*groups = (struct kb_groups){ NULL, 0 };
	grouping.taken = ARENA_ARRAY(arena, bool, grouping.count + 1);
	read_all(&grouping, questions + from);
	find_near(&grouping);
	while (next_group(&grouping, &group)) {
		tell(&grouping, &group);
		for (size_t i = 0; i < group.count; i++)
			group.at[i] += from;
		*ARENA_PUSH(arena, groups) = group;
	}
	if (groups->count)
		qsort(groups->at, groups->count, sizeof *groups->at, by_size_down);
	kb_dict_drop(&grouping.dict);
}
