/*
 * test_kb_group.c - questions that no article answered, put together by likeness; what a long mail asks; words that are remembered, and n-grams by number.
 */
#include "kb/kb_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static bool has(const struct kb_group *group, size_t question)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->at[i] == question)
			return true;
	return false;
}

static void test_groups(void **state)
{
	static const char *const questions[] = {
		"Parking permit\nHello, where do I get a parking permit for the garage? Thanks, Anna",
		"Badge\nMy door badge does not open the lab any more.",
		"Garage\nI need a permit to park my car in the garage, please.",
		"Question\nHow long is a parking permit valid, and who renews the permit?",
		"Badge lost\nI lost the badge for the door, can I have another badge?",
		"Lunch\nWhat is there for lunch on Thursday?",
	};
	struct kb_groups groups;

	(void)state;
	kb_group(&arena, questions, COUNT_OF(questions), &groups);
	assert_int_equal(groups.count, 3);
	assert_int_equal(groups.at[0].count, 3);
	assert_true(has(&groups.at[0], 0) && has(&groups.at[0], 2) && has(&groups.at[0], 3));
	assert_true(groups.at[0].words.count >= 2);
	assert_true(strings_have(&groups.at[0].words, "permit") && !strings_have(&groups.at[0].words, "the"));
	assert_int_equal(groups.at[1].count, 2);
	assert_true(has(&groups.at[1], 1) && has(&groups.at[1], 4) && strings_have(&groups.at[1].words, "badge"));
	assert_int_equal(groups.at[2].count, 1);
	assert_true(has(&groups.at[2], 5) && strings_have(&groups.at[2].words, "lunch"));
}

/* Words for the same thing bring two languages together; numbers and greetings bring nobody together. */
static void test_groups_over_languages(void **state)
{
	static const char *const questions[] = {
		"Password\nI forgot my password and cannot log in to my account.",
		"Password\nHo dimenticato la password e non riesco ad accedere al mio account, come posso fare?",
		"4711\nGood morning, the coffee machine leaks. Kind regards, Paul Smith",
		"4711\nGood morning, when does the next train leave? Kind regards, Paul Smith",
	};
	struct kb_groups groups;

	(void)state;
	kb_group(&arena, questions, COUNT_OF(questions), &groups);
	assert_int_equal(groups.count, 3);
	assert_true(groups.at[0].count == 2 && has(&groups.at[0], 0) && has(&groups.at[0], 1));
}

static void test_hardly_any_questions(void **state)
{
	static const char *const questions[] = { "", "\n", "\nthe and of it", "same words here\nprinter", "same words here\nprinter" };
	struct kb_groups groups;
	size_t all = 0;

	(void)state;
	kb_group(&arena, questions, 0, &groups);
	assert_int_equal(groups.count, 0);
	kb_group(&arena, questions, COUNT_OF(questions), &groups);
	for (size_t i = 0; i < groups.count; i++)
		all += groups.at[i].count;
	assert_int_equal(all, COUNT_OF(questions));
	assert_int_equal(groups.at[0].count, 2);
	assert_true(has(&groups.at[0], 3) && has(&groups.at[0], 4));
}

/* The newest count where there are too many, and they keep their numbers. */
static void test_bounded(void **state)
{
	size_t count = KB_GROUPED + 5;
	const char **questions = ARENA_ARRAY(&arena, const char *, count);
	struct kb_groups groups;
	size_t all = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		questions[i] = i < 5 ? "the oldest walrus\n" : "printer\nthe printer is jammed";
	kb_group(&arena, questions, count, &groups);
	assert_int_equal(groups.count, 1);
	all = groups.at[0].count;
	assert_int_equal(all, KB_GROUPED);
	assert_false(has(&groups.at[0], 4));
	assert_true(has(&groups.at[0], 5) && has(&groups.at[0], count - 1));
}

static struct kb_snapshot *made_of(const char *const *texts, size_t count)
{
	struct kb_entry *entries[8];

	for (size_t i = 0; i < count; i++) {
		assert_non_null(entries[i] = calloc(1, sizeof **entries));
		entries[i]->refs = 1;
		arena_init(&entries[i]->arena);
		entries[i]->article = (struct kb_article){ .id = arena_printf(&arena, "%zu", i), .file = "f.md", .language = "" };
		kb_entry_text(entries[i], texts[i], &arena, NULL);
	}
	return kb_snapshot_build(entries, count);
}

/* Of a long mail the telling words are looked for, wherever they stand; neighbours over what was left out are none. */
static void test_long_mail_is_bounded(void **state)
{
	static const char *const texts[] = { "# The gateway\n\nEnter the certificate of the gateway.\n", "# The printer\n\nOpen its cover.\n", "# The bill\n\nIt comes by mail.\n" };
	struct kb_snapshot *snapshot = made_of(texts, COUNT_OF(texts));
	struct kb_question question = { .subject = "Hello there" };
	struct kb_words words;
	char *text = arena_string(&arena, "");
	bool gateway = false, gap = false;

	(void)state;
	for (int i = 0; i < 200; i++)
		text = arena_printf(&arena, "%s so it was then that they %c%cxq had it", text, 'a' + i % 26, 'a' + i / 26);
	question.text = arena_printf(&arena, "The gateway wants a certificate. %s", text);
	kb_question_words(snapshot, NULL, &question, &arena, &words);
	assert_true(words.count <= KB_TERMS && words.order_count <= KB_QUESTION_WORDS);
	for (size_t i = 0; i < words.count; i++)
		gateway |= !strcmp(words.at[i].folded, "gateway");
	for (size_t i = 0; i < words.order_count; i++)
		gap |= words.order[i] == KB_GAP;
	assert_true(gateway && gap);
	kb_snapshot_drop(&snapshot);
}

static void test_words_are_read_as_they_are_written(void **state)
{
	static const char text[] = "Caf\xC3\xA9-Bar STRASSE Stra\xC3\x9F""e, a\xCC\x81 x1\xE6\x97\xA5\xE6\x9C\xAC 9to5 \xFF\xFE end";
	static const char *const want[] = { "cafe", "bar", "strasse", "strasse", "a", "x1", "\xE6\x97\xA5", "\xE6\x9C\xAC", "9to5", "end" };
	char word[WORDS_BYTES], folded[WORDS_BYTES];
	const char *at = text;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(words_next(&at, word, folded));
		assert_string_equal(folded, want[i]);
	}
	assert_false(words_next(&at, word, folded));
}

/* ---- words that are remembered ---- */

/* 4,000 different words, more than are remembered; the same number makes the same text. */
static const char *text_of(unsigned number)
{
	CLEANUP_BUFFER struct buffer text = { 0 };

	for (unsigned i = 0; i < 40; i++) {
		number = number * 1103515245u + 12345u;
		buffer_printf(&text, "%s%c%c%s%s ", number >> 16 & 1 ? "the " : "", 'a' + (int)(number >> 8 & 15), 'a' + (int)(number >> 12 & 7), number >> 5 & 1 ? "printers" : "gateway\xC3\xA0",
		              number >> 20 & 1 ? "ing" : "");
	}
	buffer_add_string(&text, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq covers bills, printers");
	return arena_string(&arena, buffer_string(&text));
}

static void assert_same_grams(const struct kb_snapshot *snapshot, const struct kb_token *a, const struct kb_token *b)
{
	struct kb_known_gram one[KB_WORD_GRAMS], two[KB_WORD_GRAMS];
	size_t count, other;
	const struct kb_known_gram *fresh = kb_known_grams(snapshot, NULL, a->folded, one, &count), *known = kb_known_grams(snapshot, b->known, b->folded, two, &other);

	assert_int_equal(count, other);
	assert_memory_equal(fresh, known, count * sizeof *fresh);
}

static void assert_same_words(const struct kb_snapshot *snapshot, const struct kb_words *a, const struct kb_words *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->order_count, b->order_count);
	assert_memory_equal(a->order, b->order, a->order_count * sizeof *a->order);
	assert_memory_equal(&a->mass, &b->mass, sizeof a->mass);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->at[i].stem, b->at[i].stem);
		assert_string_equal(a->at[i].folded, b->at[i].folded);
		assert_int_equal(a->at[i].term, b->at[i].term);
		assert_memory_equal(&a->at[i].idf, &b->at[i].idf, sizeof a->at[i].idf);
		assert_memory_equal(&a->at[i].weight, &b->at[i].weight, sizeof a->at[i].weight);
	}
	assert_int_equal(a->token_count, b->token_count);
	for (size_t i = 0; i < a->token_count; i++)
		assert_same_grams(snapshot, &a->token[i], &b->token[i]);
}

static void ask_both_ways(const struct kb_snapshot *snapshot, unsigned number)
{
	static const char *const languages[] = { "en", "it", "", "en" };
	struct kb_question question = { .subject = "printer", .text = text_of(number), .language = languages[number % 4] };
	struct kb_memory *memory = kb_memory_take(snapshot);
	struct kb_words anew, known;

	assert_non_null(memory);
	kb_question_words(snapshot, NULL, &question, &arena, &anew);
	kb_question_words(snapshot, memory, &question, &arena, &known);
	assert_same_words(snapshot, &anew, &known);
	kb_memory_give(memory);
}

static void test_remembered_words_say_the_same(void **state)
{
	static const char *const first[] = { "# The gateway\n\nEnter the certificate of the gateway.\n", "# The printer\n\nOpen its covers.\n", "# The bill\n\nIt comes by mail.\n" };
	static const char *const second[] = { "# The bill\n\nPrinters print it.\n", "# The printer\n\nOpen its cover.\n" };
	struct kb_snapshot *one = made_of(first, COUNT_OF(first)), *two = made_of(second, COUNT_OF(second));

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		ask_both_ways(i / 50 % 2 ? two : one, i % 200);
	kb_snapshot_drop(&one);
	kb_snapshot_drop(&two);
}

/* ---- n-grams by number ---- */

static uint32_t *by_bucket(const struct kb_snapshot *snapshot, const struct kb_entry *entry)
{
	uint32_t *grams = ARENA_ARRAY(&arena, uint32_t, entry->gram_count + 1);

	for (size_t i = 0; i < entry->gram_count; i++)
		grams[i] = snapshot->grams.bucket[entry->grams[i] >> (32 - KB_GRAM_BITS)] << (32 - KB_GRAM_BITS) | (entry->grams[i] & KB_GRAM_TF);
	return grams;
}

/* Weights that are no round numbers, of every second n-gram of the article and of one that no article has. */
static void assert_same_dot(const struct kb_snapshot *snapshot, const struct kb_entry *asked, const struct kb_entry *entry)
{
	struct kb_gram_question buckets = { .room = 0 };
	struct kb_numbered numbers = { .room = 0 };
	float one, two;

	kb_numbered_make_room(&numbers, snapshot->grams.count);
	kb_gram_question_clear(&buckets, asked->gram_count + 1);
	kb_gram_weight(&buckets, 77)->weight = 1;
	for (size_t i = 0; i < asked->gram_count; i += 2) {
		uint32_t number = asked->grams[i] >> (32 - KB_GRAM_BITS);

		kb_gram_weight(&buckets, snapshot->grams.bucket[number])->weight = 1.0f / (float)(i + 3);
		kb_numbered_put(&numbers, number, 1.0f / (float)(i + 3));
	}
	one = kb_gram_dot(&buckets, by_bucket(snapshot, entry), entry->gram_count);
	two = kb_numbered_dot(&numbers, entry);
	assert_memory_equal(&one, &two, sizeof one);
	for (size_t i = 0; i < asked->gram_count; i += 2)
		kb_numbered_take_out(&numbers, asked->grams[i] >> (32 - KB_GRAM_BITS));
	assert_true(kb_numbered_dot(&numbers, entry) == 0);
	kb_numbered_fini(&numbers);
	free(buckets.at);
}

static void assert_all_same_dot(const struct kb_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		for (size_t k = 0; k < snapshot->count; k++)
			if (snapshot->at[i] && snapshot->at[k])
				assert_same_dot(snapshot, snapshot->at[i], snapshot->at[k]);
}

static void test_grams_by_number_add_up_the_same(void **state)
{
	char *often = arena_string(&arena, "# Often\n\n");
	const char *first[] = { "# The gateway\n\nEnter the certificate of the gateway.\n", "# The printer\n\nOpen its covers.\n", "" };
	struct kb_change change[2] = { { .slot = 1 }, { .slot = 2 } };
	struct kb_snapshot *snapshot, *changed, *made;

	(void)state;
	for (int i = 0; i < 300; i++)            /* beyond the table of logarithms */
		often = arena_printf(&arena, "%scovers ", often);
	first[2] = often;
	snapshot = made_of(first, COUNT_OF(first));
	assert_true(snapshot->at[2]->gram_often >= KB_GRAM_LOGS && snapshot->at[0]->gram_often < KB_GRAM_LOGS);
	assert_all_same_dot(snapshot);
	/* One article goes, another one comes. What is left keeps its numbers. */
	made = made_of((const char *const[]){ "# A bill\n\nIt comes by mail, and the gateway opens covers.\n" }, 1);
	change[1].entry = calloc(1, sizeof *change[1].entry);
	change[1].entry->refs = 1;
	arena_init(&change[1].entry->arena);
	change[1].entry->article = (struct kb_article){ .id = "new", .file = "f.md", .language = "" };
	kb_entry_text(change[1].entry, "# A bill\n\nIt comes by mail, and the gateway opens covers.\n", &arena, NULL);
	changed = kb_snapshot_change(snapshot, change, COUNT_OF(change));
	assert_null(changed->at[1]);
	assert_all_same_dot(changed);
	assert_all_same_dot(snapshot);
	assert_all_same_dot(made);
	kb_snapshot_drop(&changed);
	kb_snapshot_drop(&snapshot);
	kb_snapshot_drop(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups), cmocka_unit_test(test_groups_over_languages), cmocka_unit_test(test_hardly_any_questions),
		cmocka_unit_test(test_bounded), cmocka_unit_test(test_long_mail_is_bounded), cmocka_unit_test(test_words_are_read_as_they_are_written),
		cmocka_unit_test(test_remembered_words_say_the_same), cmocka_unit_test(test_grams_by_number_add_up_the_same),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
