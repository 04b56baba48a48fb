/*
 * test_words.c - letters, words, small words and bounds: the one answer that knowledge base, classifier and rules share.
 */
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void letters_lose_their_case_by_rule(void **state)
{
	static const uint32_t pairs[][2] = { { 'A', 'a' }, { 'z', 'z' }, { 0xC9, 0xE9 }, { 0xD7, 0xD7 }, { 0x178, 0xFF }, { 0x141, 0x142 }, { 0x17D, 0x17E },
	                                     { 0x160, 0x161 }, { 0x3A9, 0x3C9 }, { 0x416, 0x436 }, { 0x401, 0x451 }, { 0x4E2D, 0x4E2D } };

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		assert_int_equal(words_lower(pairs[i][0]), pairs[i][1]);
}

/* Every Latin letter with something on it has a plain form, and what is plain stays itself. */
static void small_latin_letters_have_a_plain_form(void **state)
{
	for (uint32_t code = 0xDF; code < 0x180; code++) {
		const char *plain = words_plain(code);

		if (words_lower(code) != code || code == 0xF7)
			continue;
		if (!plain || !*plain || strspn(plain, "abcdefghijklmnopqrstuvwxyz") != strlen(plain))
			fail_msg("U+%04X is %s", code, plain ? plain : "not there");
	}
	assert_string_equal(words_plain(0xDF), "ss");
	assert_string_equal(words_plain(0xE6), "ae");
	assert_null(words_plain('a'));
	assert_null(words_plain(0x436));
}

static void a_text_is_cut_into_words(void **state)
{
	const char *text = "L'Été, Straße 7: ПРИВЕТ 中文!";
	static const char *const wanted[][2] = { { "l", "l" }, { "été", "ete" }, { "straße", "strasse" }, { "7", "7" }, { "привет", "привет" }, { "中", "中" }, { "文", "文" } };
	char word[WORDS_BYTES], folded[WORDS_BYTES];

	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		assert_true(words_next(&text, word, folded));
		assert_string_equal(word, wanted[i][0]);
		assert_string_equal(folded, wanted[i][1]);
	}
	assert_false(words_next(&text, word, folded));
}

static void small_words_tell_a_language(void **state)
{
	static const struct { const char *text, *language; } cases[] = {
		{ "the printer does not work and I do not know why", "en" }, { "la stampante non funziona e non so perché", "it" },
		{ "der Drucker geht nicht und ich weiß nicht warum", "de" }, { "printer", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned hits[16] = { 0 };
		const char *told;

		words_count_language(cases[i].text, hits, NULL);
		told = words_tell_language(hits);
		assert_true(cases[i].language ? told && !strcmp(told, cases[i].language) : !told);
	}
}

static void stems_are_one_for_all_forms(void **state)
{
	struct words_stemmers stemmers = { .count = 0 };
	char one[WORDS_BYTES], other[WORDS_BYTES];

	words_stemmers_add(&stemmers, "en");
	words_stemmers_add(&stemmers, "xx");
	assert_int_equal(stemmers.count, 1);
	words_stem(&stemmers, 0, "printing", one);
	words_stem(&stemmers, 0, "printed", other);
	assert_string_equal(one, other);
	words_stem(&stemmers, 1, "été", one);    /* no such stemmer: the word itself, folded */
	assert_string_equal(one, "ete");
	words_stemmers_fini(&stemmers);
}

/* Wilson, E. B. (1927): of 10, all right, at 1.96 standard errors, .722. */
static void few_are_less_sure_than_many(void **state)
{
	assert_true(words_lower_bound(10, 10, 1.96) > .7224 && words_lower_bound(10, 10, 1.96) < .7226);
	assert_true(words_lower_bound(100, 100, 1.96) > words_lower_bound(10, 10, 1.96));
	assert_true(words_lower_bound(9, 10, 1) < .9 && words_lower_bound(0, 10, 1) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_lose_their_case_by_rule), cmocka_unit_test(small_latin_letters_have_a_plain_form),
		cmocka_unit_test(a_text_is_cut_into_words), cmocka_unit_test(small_words_tell_a_language),
		cmocka_unit_test(stems_are_one_for_all_forms), cmocka_unit_test(few_are_less_sure_than_many),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
