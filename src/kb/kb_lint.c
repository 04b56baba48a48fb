/*
 * kb_lint.c - what is wrong or doubtful in the articles, said with the file.
 *
 * What is wrong with a head or a file is said when it is read (kb_open, kb_refresh); here is what can be told of articles that were
 * read. Articles alike are told by the cosine of their n-grams: ALIKE and above, in the same language.
 * All of it are warnings: every such article can be used.
 */
#include "kb_private.h"

#include <stdlib.h>
#include <string.h>

#define ALIKE      0.90f
#define COMPARED   2000                  /* articles that are compared with each other, at most: it is quadratic */
#define SHORT_TEXT 5                     /* words */

static void lint_text(const struct kb_entry *entry, struct arena *arena, struct kb_problems *problems)
{
	const struct kb_article *article = &entry->article;

	if (!strcmp(article->title, article->id))
		kb_problem_add(arena, problems, article->file, 0, true, "no title: the first heading \"# ...\" is the title");
	if (entry->words_body < SHORT_TEXT)
		kb_problem_add(arena, problems, article->file, 0, true, "there is next to no text in it");
	if (!*article->language)
		kb_problem_add(arena, problems, article->file, 0, true, "the language is not clear; say it in the head, like \"language: it\"");
}

/* "./other.md#there" -> "other.md"; NULL: leads out of the folder, or to a place in the same article. */
static const char *linked_file(struct arena *arena, const char *url)
{
	char *name, language[4];
	size_t length;

	if (!strncmp(url, "./", 2))
		url += 2;
	name = arena_copy(arena, url, strcspn(url, "#?"));
	return !*name || strpbrk(name, "/:") || !kb_file_name(name, &length, language) ? NULL : name;
}

static void lint_links(const struct kb_snapshot *snapshot, const struct kb_entry *entry, struct arena *arena, struct kb_problems *problems)
{
	struct strings links = { NULL, 0 };
	const char *title, *body, *file;
	char language[4];

	kb_plain(arena, entry->article.markdown, &title, &body, &links);
	for (size_t i = 0; i < links.count; i++) {
		size_t length;

		if (!(file = linked_file(arena, links.at[i])))
			continue;
		kb_file_name(file, &length, language);
		if (kb_ids_find(snapshot, arena_copy(arena, file, length)) == KB_NO_TERM)
			kb_problem_add(arena, problems, entry->article.file, 0, true, "a link leads to %s, which is not there", file);
	}
}

static void lint_alike(const struct kb_snapshot *snapshot, size_t slot, struct kb_numbered *question, struct arena *arena,
                       struct kb_problems *problems)
{
	const struct kb_entry *entry = snapshot->at[slot];

	if (entry->gram_norm <= 0)
		return;
	for (size_t i = 0; i < entry->gram_count; i++) {
		uint32_t number = entry->grams[i] >> (32 - KB_GRAM_BITS);
		float idf = kb_gram_idf(&snapshot->grams, snapshot->grams.bucket[number]);

		kb_numbered_put(question, number, kb_gram_log(entry->grams[i] & KB_GRAM_TF) * idf * idf / entry->gram_norm);
	}
	for (size_t i = slot + 1; i < snapshot->count && i < COMPARED; i++) {
		const struct kb_entry *other = snapshot->at[i];

		if (other && other->gram_norm > 0 && !strcmp(other->article.language, entry->article.language) &&
		    kb_numbered_dot(question, other) / other->gram_norm >= ALIKE)
			kb_problem_add(arena, problems, entry->article.file, 0, true, "says nearly the same as %s", other->article.file);
	}
	for (size_t i = 0; i < entry->gram_count; i++)
		kb_numbered_take_out(question, entry->grams[i] >> (32 - KB_GRAM_BITS));
}

/* A language that half of the articles have is expected of all. */
static void lint_translations(const struct kb_snapshot *snapshot, struct arena *arena, struct kb_problems *problems)
{
	size_t ids = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		ids += snapshot->at[i] && snapshot->first_of[i] == i;
	for (size_t k = 0; k < words_language_count; k++) {
		const char *code = words_languages[k].code;
		size_t have = 0;

		for (size_t i = 0; i < snapshot->count; i++)
			have += snapshot->at[i] && !strcmp(snapshot->at[i]->article.language, code);
		for (size_t i = 0; have * 2 > ids && have < ids && i < snapshot->count; i++)
			if (snapshot->at[i] && snapshot->first_of[i] == i && *snapshot->at[i]->article.language &&
			    strcmp(snapshot->at[kb_ids_in_language(snapshot, (uint32_t)i, code)]->article.language, code) != 0)
				kb_problem_add(arena, problems, snapshot->at[i]->article.file, 0, true, "is not there in \"%s\", as most articles are", code);
	}
}

static int by_file(const void *a, const void *b)
{
	const struct kb_problem *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	return order ? order : x->line - y->line;
}

void kb_lint(struct kb *kb, struct arena *arena, struct kb_problems *problems)
{
	struct kb_numbered question = { .room = 0 };
	struct kb_view view;

	kb_view_take(kb, &view);
	kb_numbered_make_room(&question, view.snapshot->grams.count);
	for (size_t i = 0; i < view.snapshot->count; i++)
		if (view.snapshot->at[i]) {
			lint_text(view.snapshot->at[i], arena, problems);
			lint_links(view.snapshot, view.snapshot->at[i], arena, problems);
			if (i < COMPARED)
				lint_alike(view.snapshot, i, &question, arena, problems);
		}
	lint_translations(view.snapshot, arena, problems);
	kb_view_drop(&view);
	kb_numbered_fini(&question);
	if (problems->count)
		qsort(problems->at, problems->count, sizeof *problems->at, by_file);
}
