/*
 * fuzz_kb.c - libFuzzer: any bytes as an article and as what a customer asks.
 *
 * The input is an article up to the first byte 0, and a question behind it (without one: the same bytes are both). The article goes through
 * head, Markdown to HTML and plain text, tokenizer, index, excerpt; the question through cleaning, words, groups and ranking, before and after
 * it was confirmed as solved. What is checked: no fault of memory; HTML without a script, an event handler or a link that is no good; words
 * within their bounds and in UTF-8; scores within 0 and 1, an excerpt in UTF-8 and within its length. A crash file is run again with: fuzz_kb FILE
 */
#include "kb/kb_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define INDEXED 16                       /* one in so many is indexed and asked: that alone takes milliseconds */

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "not so: %s\n", #condition); abort(); } } while (0)

/* cmark writes every tag itself: what stands between < and > is its own, so a bad attribute there would be a hole. */
static void check_html(const char *html)
{
	for (const char *tag = html; (tag = strchr(tag, '<')); tag++) {
		size_t end = strcspn(tag, ">");
		const char *link = memmem(tag, end, "href=\"", 6);

		CHECK(strncasecmp(tag, "<script", 7) && strncasecmp(tag, "<iframe", 7) && strncasecmp(tag, "<style", 6) && strncasecmp(tag, "<svg", 4));
		if (!link)
			link = memmem(tag, end, "src=\"", 5);
		if (link) {
			link = strchr(link, '"') + 1;
			CHECK(strncasecmp(link, "javascript:", 11) && strncasecmp(link, "data:", 5) && strncasecmp(link, "vbscript:", 9) && strncasecmp(link, "file:", 5));
		}
	}
}

static void check_words(const char *text)
{
	char word[WORDS_BYTES], folded[WORDS_BYTES];
	const char *before = text;

	while (words_next(&text, word, folded)) {
		CHECK(text > before && strlen(word) < WORDS_BYTES && strlen(folded) < WORDS_BYTES && *word);
		CHECK(utf8_valid(word, strlen(word)) && utf8_valid(folded, strlen(folded)));
		before = text;
	}
}

static void check_scores(const struct kb_scores *scores)
{
	for (size_t i = 0; i < scores->count; i++) {
		const struct kb_scored *scored = &scores->at[i];

		CHECK(scored->score >= 0 && scored->score <= 1 && *scored->article);
		CHECK(strlen(scored->excerpt) < 300 && utf8_valid(scored->excerpt, strlen(scored->excerpt)));
	}
}

static struct kb_entry *entry_of(const char *id, const char *text, struct arena *arena, struct kb_problems *problems)
{
	struct kb_entry *entry = calloc(1, sizeof *entry);

	CHECK(entry);
	entry->refs = 1;
	arena_init(&entry->arena);
	entry->article = (struct kb_article){.id = arena_string(&entry->arena, id), .file = "f.md", .language = ""};
	kb_entry_text(entry, text, arena, problems);
	return entry;
}

static void ask(const struct kb_view *view, const char *subject, const char *text, struct arena *arena)
{
	struct kb_question question = {.subject = subject, .text = text};
	struct kb_answer answer;

	kb_answer_from(view, &question, arena, &answer);
	check_scores(&answer.suggest);
	check_scores(&answer.ranking);
}

static const char other[] = "# Clear a paper jam\n\nOpen the cover of the printer and pull the sheet out slowly.\n";

/* The question's words by an index that knows only the other article, and the excerpt of this one. */
static void read_both(const struct kb_entry *entry, const char *asked, struct arena *arena)
{
	static struct kb_snapshot *snapshot;
	struct kb_problems problems = {NULL, 0};
	struct kb_question question = {.subject = "", .text = asked};
	struct kb_words words;
	const char *excerpt;

	if (!snapshot) {
		struct kb_entry *known = entry_of("other", other, arena, &problems);

		snapshot = kb_snapshot_build(&known, 1);
	}
	check_words(entry->body);
	check_words(kb_question_clean(arena, "", asked));
	kb_question_words(snapshot, NULL, &question, arena, &words);
	CHECK(words.count <= KB_TERMS && words.order_count <= KB_QUESTION_WORDS);
	excerpt = kb_excerpt(arena, entry, kb_finder_new(arena, &words));
	CHECK(strlen(excerpt) < 300 && utf8_valid(excerpt, strlen(excerpt)));
}

/* Takes the entry. */
static void index_and_ask(struct kb_entry *entry, const char *asked, struct arena *arena)
{
	struct kb_problems problems = {NULL, 0};
	struct kb_entry *entries[] = {entry, entry_of("other", other, arena, &problems)};
	struct kb_feedback said[] = {{asked, "fuzzed", true}, {"the printer has a paper jam", "other", true}, {asked, "other", false}};
	struct kb_view view = {kb_snapshot_build(entries, 2), NULL};

	ask(&view, NULL, asked, arena);
	view.learned = kb_learned_make(view.snapshot, NULL, said, COUNT_OF(said), false);
	ask(&view, arena_copy(arena, asked, strnlen(asked, 40)), asked, arena);
	kb_learned_drop(&view.learned);
	kb_snapshot_drop(&view.snapshot);
}

static void group(const char *a, const char *b, struct arena *arena)
{
	const char *questions[] = {a, b, a};
	struct kb_groups groups;
	size_t all = 0;

	kb_group(arena, questions, COUNT_OF(questions), &groups);
	for (size_t i = 0; i < groups.count; i++)
		all += groups.at[i].count;
	CHECK(all == COUNT_OF(questions));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct kb_problems problems = {NULL, 0};
	struct kb_entry *entry;
	struct arena arena;
	struct error error;
	const char *zero = memchr(bytes, 0, length), *text, *asked, *html;
	size_t first = zero ? (size_t)(zero - (const char *)bytes) : length;

	if (first > KB_ARTICLE_BYTES)
		first = KB_ARTICLE_BYTES;
	arena_init(&arena);
	text = utf8_clean(&arena, (const char *)bytes, first);
	asked = zero ? utf8_clean(&arena, zero + 1, length - first - 1) : text;
	entry = entry_of("fuzzed", text, &arena, &problems);
	if (kb_article_html(&arena, entry->article.markdown, "/kb/", &html, &error) == STATUS_OK)
		check_html(html);
	read_both(entry, asked, &arena);
	group(asked, text, &arena);
	if (length % INDEXED == 0)
		index_and_ask(entry, asked, &arena);
	else
		kb_entry_drop(&entry);
	arena_fini(&arena);
	return 0;
}
