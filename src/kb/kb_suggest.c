/*
 * kb_suggest.c - from a question to what a customer would be shown; and an article to read.
 *
 * Rank, judge, and only then say something. The first score is the confidence of the gate that one of those shown is right; the others
 * follow in proportion. An article is shown in the language of the question where it is there in it.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

/* The same article in the customer's language, if that one may be shown, too. */
static const struct kb_entry *entry_to_show(const struct kb_view *view, uint32_t slot, const char *language, const char *queue)
{
	const struct kb_entry *other = view->snapshot->at[kb_ids_in_language(view->snapshot, slot, language)];

	return kb_entry_is_for(other, queue) ? other : view->snapshot->at[slot];
}

static void add_scored(struct arena *arena, const struct kb_view *view, const struct kb_words *words, const struct kb_ranked *ranked, size_t i,
                       const char *queue, double confidence, const struct kb_finder *finder, struct kb_scores *to)
{
	const struct kb_entry *entry = entry_to_show(view, ranked->at[i].slot, words->language, queue);
	struct kb_scored *scored = ARENA_PUSH(arena, to);

	scored->article = arena_string(arena, entry->article.id);
	scored->language = arena_string(arena, entry->article.language);
	scored->title = arena_string(arena, entry->article.title);
	scored->excerpt = finder ? kb_excerpt(arena, entry, finder) : "";
	scored->score = confidence * (double)(ranked->at[i].score / ranked->at[0].score);
}

static void answer_with(const struct kb_view *view, const struct kb_question *question, const struct kb_words *words, const struct kb_ranked *ranked, struct arena *arena,
                        struct kb_answer *answer)
{
	const struct kb_finder *finder;
	size_t shown;

	answer->confidence = (double)kb_gate_confidence(view->learned, ranked);
	shown = answer->confidence >= answer->threshold ? kb_gate_count(ranked) : 0;
	for (size_t i = 0; i < ranked->count; i++)
		add_scored(arena, view, words, ranked, i, question->queue, answer->confidence, NULL, &answer->ranking);
	finder = shown ? kb_finder_new(arena, words) : NULL;
	for (size_t i = 0; i < shown; i++)
		add_scored(arena, view, words, ranked, i, question->queue, answer->confidence, finder, &answer->suggest);
}

void kb_answer_from(const struct kb_view *view, const struct kb_question *question, struct arena *arena, struct kb_answer *answer)
{
	struct kb_ranked ranked;
	struct kb_words words;
	struct kb_memory *memory = kb_memory_take(view->snapshot);

	memset(answer, 0, sizeof *answer);
	kb_question_words(view->snapshot, memory, question, arena, &words);
	answer->language = words.language ? arena_string(arena, words.language) : "";
	kb_rank(view, &words, question->queue, NULL, &ranked);
	answer->threshold = (double)kb_gate_threshold(view->learned);
	if (ranked.count)
		answer_with(view, question, &words, &ranked, arena, answer);
	kb_memory_give(memory);
}

void kb_suggest(struct kb *kb, const struct kb_question *question, struct arena *arena, struct kb_answer *answer)
{
	struct kb_view view;

	kb_view_take(kb, &view);
	kb_answer_from(&view, question, arena, answer);
	kb_view_drop(&view);
}

/* ---- reading ---- */

static void copy_list(struct arena *arena, struct strings *to, const struct strings *from)
{
	for (size_t i = 0; i < from->count; i++)
		strings_add(arena, to, from->at[i]);
}

static size_t learned_of(const struct kb_learned *learned, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; learned && i < learned->count; i++)
		count += learned->at[i].solved && !strcmp(learned->at[i].article, id);
	return count;
}

static void copy_article(struct arena *arena, const struct kb_view *view, const struct kb_entry *entry, bool text, struct kb_article *to)
{
	const struct kb_article *from = &entry->article;

	*to = (struct kb_article){ .id = arena_string(arena, from->id), .language = arena_string(arena, from->language), .title = arena_string(arena, from->title),
	                           .file = arena_string(arena, from->file), .markdown = text ? arena_string(arena, from->markdown) : NULL,
	                           .hidden = from->hidden, .changed = from->changed, .learned = learned_of(view->learned, from->id) };
	copy_list(arena, &to->keywords, &from->keywords);
	copy_list(arena, &to->queues, &from->queues);
}

enum status kb_article(struct kb *kb, struct arena *arena, const char *id, const char *language, const char *fallback,
                       struct kb_article *article, struct error *error)
{
	enum status status = STATUS_OK;
	struct kb_view view;
	uint32_t slot;

	kb_view_take(kb, &view);
	slot = kb_ids_find(view.snapshot, id);
	if (slot == KB_NO_TERM)
		status = error_set(error, STATUS_NOT_FOUND, "there is no article \"%.200s\"", id);
	else {
		slot = kb_ids_in_language(view.snapshot, slot, fallback);
		slot = kb_ids_in_language(view.snapshot, slot, language);
		copy_article(arena, &view, view.snapshot->at[slot], true, article);
	}
	kb_view_drop(&view);
	return status;
}

static int by_id_and_language(const void *a, const void *b)
{
	const struct kb_article *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->language, y->language);
}

bool kb_is_empty(struct kb *kb)
{
	struct kb_view view;
	bool empty = true;

	kb_view_take(kb, &view);
	for (size_t i = 0; i < view.snapshot->count && empty; i++)
		empty = !view.snapshot->at[i];
	kb_view_drop(&view);
	return empty;
}

void kb_list(struct kb *kb, struct arena *arena, struct kb_articles *articles)
{
	struct kb_view view;

	*articles = (struct kb_articles){ NULL, 0 };
	kb_view_take(kb, &view);
	for (size_t i = 0; i < view.snapshot->count; i++)
		if (view.snapshot->at[i])
			copy_article(arena, &view, view.snapshot->at[i], false, ARENA_PUSH(arena, articles));
	kb_view_drop(&view);
	if (articles->count)
		qsort(articles->at, articles->count, sizeof *articles->at, by_id_and_language);
}
