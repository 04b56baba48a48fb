/*
 * test_kb_learn.c - what is learned again is not read again, and says the same; many past questions do not drown one.
 */
#include "kb/kb_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct kb_snapshot *snapshot;

static int set_up(void **state)
{
	static const char *const texts[] = { "# Change your password\n\nOpen the account page and type the new one twice.\n",
	                                     "# Clear a paper jam\n\nOpen the cover of the printer and pull the sheet out slowly.\n",
	                                     "# Where to find invoices\n\nAll invoices are in the customer portal.\n" };
	static const char *const ids[] = { "password", "printer", "invoice" };
	struct kb_entry *entries[COUNT_OF(texts)];

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_non_null(entries[i] = calloc(1, sizeof **entries));
		entries[i]->refs = 1;
		arena_init(&entries[i]->arena);
		entries[i]->article = (struct kb_article){ .id = ids[i], .file = "f.md", .language = "" };
		kb_entry_text(entries[i], texts[i], &arena, NULL);
	}
	snapshot = kb_snapshot_build(entries, COUNT_OF(texts));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kb_snapshot_drop(&snapshot);
	arena_fini(&arena);
	return 0;
}

static struct kb_answer ask(struct kb_learned *learned, const char *text)
{
	struct kb_view view = { snapshot, learned };
	struct kb_question question = { .text = text, .language = "en" };
	struct kb_answer answer;

	kb_answer_from(&view, &question, &arena, &answer);
	return answer;
}

/* Against the best of the ranking; 0: not among them. */
static double score_of(struct kb_learned *learned, const char *text, const char *article)
{
	struct kb_answer answer = ask(learned, text);

	for (size_t i = 0; i < answer.ranking.count; i++)
		if (!strcmp(answer.ranking.at[i].article, article))
			return answer.ranking.at[i].score / answer.ranking.at[0].score;
	return 0;
}

static void test_shared_and_the_same(void **state)
{
	static const struct kb_feedback said[] = { { "The gizmo is grumpy", "password", true }, { "My gizmo hums", "invoice", true }, { "The gizmo is grumpy", "printer", false } };
	struct kb_learned *first, *again, *fresh;

	(void)state;
	first = kb_learned_make(snapshot, NULL, said, COUNT_OF(said), false);
	again = kb_learned_make(snapshot, first, said, COUNT_OF(said), true);
	fresh = kb_learned_make(snapshot, NULL, said, COUNT_OF(said), false);
	assert_int_equal(again->count, 3);
	for (size_t i = 0; i < again->count; i++) {
		assert_ptr_equal(again->at[i].text, first->at[i].text);
		assert_ptr_not_equal(again->at[i].text, fresh->at[i].text);
	}
	kb_learned_drop(&first);         /* what is shared lives on */
	assert_true(score_of(again, "the gizmo is grumpy", "password") > score_of(NULL, "the gizmo is grumpy", "password"));
	assert_true(score_of(again, "the gizmo is grumpy", "password") == score_of(fresh, "the gizmo is grumpy", "password"));
	assert_true(score_of(again, "the gizmo hums", "invoice") == score_of(fresh, "the gizmo hums", "invoice"));
	kb_learned_drop(&again);
	kb_learned_drop(&fresh);
}

/* A later word on the same question takes the earlier one's place where all is learned anew, though its text is known. */
static void test_a_later_word(void **state)
{
	static const struct kb_feedback solved = { "The gizmo is grumpy", "password", true }, refused = { "The gizmo is grumpy", "password", false };
	struct kb_learned *before, *after;

	(void)state;
	before = kb_learned_make(snapshot, NULL, &solved, 1, false);
	after = kb_learned_make(snapshot, before, &refused, 1, true);
	assert_int_equal(after->count, 1);
	assert_false(after->at[0].solved);
	assert_ptr_equal(after->at[0].text, before->at[0].text);
	assert_true(score_of(before, "the gizmo is grumpy", "password") > score_of(after, "the gizmo is grumpy", "password"));
	kb_learned_drop(&before);
	kb_learned_drop(&after);
}

static void test_many_do_not_drown_one(void **state)
{
	struct kb_feedback said[3 * KB_PAST + 1];
	struct kb_learned *learned, *without;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(said) - 1; i++) {
		static const char *const ids[] = { "printer", "invoice", "gone" };
		const char *word = arena_printf(&arena, "%c%cq", (char)('a' + i / 26), (char)('a' + i % 26));

		said[i] = (struct kb_feedback){ arena_printf(&arena, "My gadget %s rattles", word), ids[i % 3], true };
	}
	said[COUNT_OF(said) - 1] = (struct kb_feedback){ "The gizmo of my gadget is grumpy", "password", true };
	learned = kb_learned_make(snapshot, NULL, said, COUNT_OF(said), false);
	without = kb_learned_make(snapshot, NULL, said, COUNT_OF(said) - 1, false);
	assert_int_equal(learned->count, without->count + 1);
	assert_true(score_of(learned, "a grumpy gizmo in my gadget", "password") > score_of(without, "a grumpy gizmo in my gadget", "password"));
	assert_true(score_of(learned, "my gadget rattles", "printer") > score_of(learned, "my gadget rattles", "password"));
	kb_learned_drop(&without);
	kb_learned_drop(&learned);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_shared_and_the_same), cmocka_unit_test(test_a_later_word), cmocka_unit_test(test_many_do_not_drown_one) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
