/*
 * kb_feedback.c - what customers confirmed and refused, kept by article: a model of which article solved what.
 *
 * A past question is kept as its character n-grams and its stems; a new question that is like it lifts the article that solved it, and lowers
 * one that did not (kb_score_past.c). The newest KB_PAST of each article count, and KB_PAST_ALL in all. The gate learns from the same
 * (kb_gate.c). Immutable once published; learning more makes a new one, which shares the questions that were read before.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

struct item { const char *article, *question; struct kb_past_text *text; bool solved; size_t age; };     /* text NULL: not read yet */
struct items { struct item *at; size_t count; };

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void text_drop(struct kb_past_text *text)
{
	if (atomic_fetch_sub(&text->refs, 1) == 1) {
		arena_fini(&text->arena);
		free(text);
	}
}

void kb_learned_drop(struct kb_learned **learned)
{
	if (*learned && atomic_fetch_sub(&(*learned)->refs, 1) == 1) {
		for (size_t i = 0; i < (*learned)->count; i++)
			text_drop((*learned)->at[i].text);
		arena_fini(&(*learned)->arena);
		free((*learned)->stem);
		free((*learned)->stem_offset);
		free(*learned);
	}
	*learned = NULL;
}

/* ---- what there is to remember ---- */

/* What was read before, by article and question. */
struct known { struct kb_past_text **slot; size_t slots; };

static struct kb_past_text **known_slot(const struct known *known, const char *article, const char *question)
{
	size_t at = (kb_stem_hash(article) * 31 + kb_stem_hash(question)) & (known->slots - 1);

	while (known->slot[at] && (strcmp(known->slot[at]->question, question) != 0 || strcmp(known->slot[at]->article, article) != 0))
		at = (at + 1) & (known->slots - 1);
	return &known->slot[at];
}

static void list_known(struct known *known, const struct kb_learned *before)
{
	for (known->slots = 64; before && known->slots < 2 * before->count; known->slots *= 2)
		;
	known->slot = must(calloc(known->slots, sizeof *known->slot));
	for (size_t i = 0; before && i < before->count; i++)
		*known_slot(known, before->at[i].text->article, before->at[i].text->question) = before->at[i].text;
}

static int by_article_and_age(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->article, y->article);

	return order ? order : (x->age > y->age) - (x->age < y->age);
}

static void list_items(struct items *items, const struct kb_learned *before, const struct kb_feedback *at, size_t count, bool forget)
{
	size_t old = before && !forget ? before->count : 0;
	struct known known;

	list_known(&known, before);
	items->at = must(malloc((old + count + 1) * sizeof *items->at));
	for (size_t i = 0; i < old; i++)
		items->at[items->count++] = (struct item){ before->at[i].article, before->at[i].text->question, before->at[i].text, before->at[i].solved, i };
	for (size_t i = count > KB_PAST_ALL ? count - KB_PAST_ALL : 0; i < count; i++)
		if (at[i].question && at[i].article && *at[i].article)
			items->at[items->count++] =
				(struct item){ at[i].article, at[i].question, *known_slot(&known, at[i].article, at[i].question), at[i].solved, old + i };
	qsort(items->at, items->count, sizeof *items->at, by_article_and_age);
	free(known.slot);
}

/* ---- remembering ---- */

static struct kb_past_text *read_text(const struct kb_snapshot *snapshot, const struct item *item, struct kb_gram_counter *counter)
{
	struct kb_past_text *text = must(calloc(1, sizeof *text));
	struct kb_question question = { .text = item->question };
	CLEANUP_ARENA struct arena scratch;
	struct kb_words words;

	text->refs = 1;
	arena_init(&text->arena);
	arena_init(&scratch);
	text->article = arena_string(&text->arena, item->article);
	text->question = arena_string(&text->arena, item->question);
	kb_question_words(snapshot, NULL, &question, &scratch, &words);
	for (size_t i = 0; i < words.token_count; i++)
		for (unsigned k = 0; words.token[i].chosen && !words.token[i].small_in && k < words.token[i].often; k++)
			kb_gram_count(counter, words.token[i].folded);
	text->grams = kb_gram_take(counter, &text->arena, &text->gram_count);
	text->stems = ARENA_ARRAY(&text->arena, uint32_t, words.count + 1);
	for (size_t i = 0; i < words.count; i++)
		text->stems[text->stem_count++] = kb_stem_hash(words.at[i].stem);
	return text;
}

static void remember(struct kb_learned *learned, const struct kb_snapshot *snapshot, const struct item *item, struct kb_gram_counter *counter)
{
	struct kb_past *past = ARENA_PUSH(&learned->arena, learned);

	if ((past->text = item->text))
		atomic_fetch_add(&past->text->refs, 1);
	else {
		past->text = read_text(snapshot, item, counter);
		learned->fresh++;
	}
	past->article = past->text->article;
	past->solved = item->solved;
	past->norm = kb_gram_norm(&snapshot->grams, past->text->grams, past->text->gram_count);
	past->group = (uint32_t)learned->groups;
}

static void index_stems(struct kb_learned *learned)
{
	uint32_t *offset = must(calloc(KB_PAST_SLOTS + 2, sizeof *offset));

	for (size_t i = 0; i < learned->count; i++)
		for (size_t k = 0; k < learned->at[i].text->stem_count; k++)
			offset[learned->at[i].text->stems[k] % KB_PAST_SLOTS + 2]++;
	for (size_t i = 2; i < KB_PAST_SLOTS + 2; i++)
		offset[i] += offset[i - 1];
	learned->stem = must(malloc((offset[KB_PAST_SLOTS + 1] + 1) * sizeof *learned->stem));
	for (size_t i = 0; i < learned->count; i++)
		for (size_t k = 0; k < learned->at[i].text->stem_count; k++) {
			uint32_t hash = learned->at[i].text->stems[k];

			learned->stem[offset[hash % KB_PAST_SLOTS + 1]++] = (struct kb_past_stem){ hash, (uint32_t)i };
		}
	learned->stem_offset = offset;   /* what was [slot + 1] while it was filled has moved on to where the slot ends */
}

struct kb_learned *kb_learned_make(const struct kb_snapshot *snapshot, const struct kb_learned *before, const struct kb_feedback *at, size_t count,
                                   bool forget)
{
	struct kb_learned *learned = must(calloc(1, sizeof *learned));
	struct items items = { NULL, 0 };
	struct kb_gram_counter counter;
	size_t end;

	learned->refs = 1;
	learned->fresh = before ? before->fresh : 0;
	arena_init(&learned->arena);
	list_items(&items, before, at, count, forget);
	kb_gram_counter_init(&counter);
	for (size_t i = 0; i < items.count; i = end) {
		for (end = i; end < items.count && !strcmp(items.at[end].article, items.at[i].article); end++)
			;
		for (size_t k = end - i > KB_PAST ? end - KB_PAST : i; k < end; k++)
			remember(learned, snapshot, &items.at[k], &counter);
		learned->groups++;
	}
	kb_gram_counter_fini(&counter);
	free(items.at);
	index_stems(learned);
	return learned;
}
