/*
 * kb_feedback.c - what customers confirmed and refused, kept by article: a model of which article solved what.
 *
 * A past question is kept as its character n-grams; a new question that is like it lifts the article that solved it, and lowers one that did
 * not (kb_rank.c). The newest KB_PAST of each article count, and KB_PAST_ALL in all. The gate learns from the same (kb_gate.c).
 * Immutable once published; learning more makes a new one.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

struct item { const char *article, *question; bool solved; size_t age; };

void kb_learned_drop(struct kb_learned **learned)
{
	if (*learned && atomic_fetch_sub(&(*learned)->refs, 1) == 1) {
		arena_fini(&(*learned)->arena);
		free(*learned);
	}
	*learned = NULL;
}

static int by_article_and_age(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->article, y->article);

	return order ? order : (x->age > y->age) - (x->age < y->age);
}

static struct item *list_items(struct kb_learned *learned, const struct kb_learned *before, const struct kb_feedback *at, size_t count, size_t *items)
{
	size_t old = before ? before->count : 0;
	struct item *list = malloc((old + count + 1) * sizeof *list);

	if (!list)
		abort();
	*items = 0;
	for (size_t i = 0; i < old; i++)
		list[(*items)++] = (struct item){ before->at[i].article, before->at[i].question, before->at[i].solved, i };
	for (size_t i = count > KB_PAST_ALL ? count - KB_PAST_ALL : 0; i < count; i++)
		if (at[i].question && at[i].article && *at[i].article)
			list[(*items)++] = (struct item){ at[i].article, at[i].question, at[i].solved, old + i };
	qsort(list, *items, sizeof *list, by_article_and_age);
	return list;
}

uint32_t kb_stem_hash(const char *stem)
{
	uint32_t hash = 2166136261u;

	while (*stem)
		hash = (hash ^ (unsigned char)*stem++) * 16777619u;
	return hash ^ hash >> 15;
}

static void remember(struct kb_learned *learned, const struct kb_snapshot *snapshot, const struct item *item, struct kb_gram_counter *counter)
{
	struct kb_past *past = ARENA_PUSH(&learned->arena, learned);
	struct kb_question question = { .text = item->question };
	CLEANUP_ARENA struct arena scratch;
	struct kb_words words;

	arena_init(&scratch);
	past->article = learned->count > 1 && !strcmp(past[-1].article, item->article) ? past[-1].article : arena_string(&learned->arena, item->article);
	past->question = arena_string(&learned->arena, item->question);
	past->solved = item->solved;
	kb_question_words(snapshot, &question, &scratch, &words);
	for (size_t i = 0; i < words.token_count; i++)
		for (unsigned k = 0; words.token[i].chosen && !words.token[i].small_in && k < words.token[i].often; k++)
			kb_grams_of_word(words.token[i].folded, kb_gram_count, counter);
	past->grams = kb_gram_take(counter, &learned->arena, &past->gram_count);
	past->norm = kb_gram_norm(snapshot->gram_idf, past->grams, past->gram_count);
	past->stems = ARENA_ARRAY(&learned->arena, uint32_t, words.count + 1);
	for (size_t i = 0; i < words.count; i++)
		past->stems[past->stem_count++] = kb_stem_hash(words.at[i].stem);
}

struct kb_learned *kb_learned_make(const struct kb_snapshot *snapshot, const struct kb_learned *before, const struct kb_feedback *at, size_t count)
{
	struct kb_learned *learned = calloc(1, sizeof *learned);
	struct kb_gram_counter counter;
	struct item *list;
	size_t items, end;

	if (!learned)
		abort();
	learned->refs = 1;
	arena_init(&learned->arena);
	list = list_items(learned, before, at, count, &items);
	kb_gram_counter_init(&counter);
	for (size_t i = 0; i < items; i = end) {
		for (end = i; end < items && !strcmp(list[end].article, list[i].article); end++)
			;
		for (size_t k = end - i > KB_PAST ? end - KB_PAST : i; k < end; k++)
			remember(learned, snapshot, &list[k], &counter);
	}
	kb_gram_counter_fini(&counter);
	free(list);
	return learned;
}
