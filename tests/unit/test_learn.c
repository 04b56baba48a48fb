/*
 * test_learn.c - the classifier on small made-up desks: does it learn, does it know when not to know, is a model whole or refused.
 *
 * What must hold: the same texts give the same bytes; a saved model says the same as the one that was saved; no damaged or made-up
 * blob is taken or crashes; nothing is routed without evidence; any bytes may be a text or a label.
 * How well it does on real sets is measured by tests/bench/learn.py.
 */
#include "learn.h"
#include "learn/learn_private.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static int arena_up(void **state) { arena_init(&arena); return 0; }
static int arena_down(void **state) { arena_fini(&arena); return 0; }

/* ---------------------------------------------------------------- a made-up desk */

static const char *const matters[6][8] = {
	{ "vpn", "tunnel", "wifi", "network", "cable", "router", "connect", "anyconnect" },
	{ "invoice", "payment", "bill", "refund", "charge", "card", "price", "account number" },
	{ "printer", "toner", "paper", "scanner", "print queue", "cartridge", "jam", "duplex" },
	{ "password", "login", "locked out", "reset", "token", "two factor", "sign in", "username" },
	{ "holiday", "leave", "vacation", "sick note", "payslip", "contract", "overtime", "timesheet" },
	{ "laptop", "screen", "keyboard", "battery", "charger", "docking station", "mouse", "webcam" },
};
static const char *const labels[6] = { "network", "billing", "printing", "access", "personnel", "hardware" };
static const char *const frames[6] = {
	"hello, my %s does not work since the %s was changed", "please help with %s and also the %s", "question about %s or %s",
	"I need a new %s because of my %s", "who can look at the %s? the %s is urgent", "%s %s problem again",
};

static uint32_t seed;
static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static const char *mail_about(size_t matter)
{
	char *text = arena_alloc(&arena, 300);
	const char *frame = frames[draw(6)], *first = matters[matter][draw(8)], *second = matters[matter][draw(8)], *gap = strstr(frame, "%s");
	const char *next = strstr(gap + 2, "%s");

	snprintf(text, 300, "%.*s%s%.*s%s%s", (int)(gap - frame), frame, first, (int)(next - gap - 2), gap + 2, second, next + 2);
	return text;
}

static struct learn_input desk_of(size_t classes, size_t texts)
{
	struct learn_text *text = ARENA_ARRAY(&arena, struct learn_text, texts + 1);

	seed = 7;
	for (size_t i = 0; i < texts; i++)
		text[i] = (struct learn_text){ .label = labels[i % classes], .text = mail_about(i % classes), .at = 1000000 + (int64_t)i };
	return (struct learn_input){ .texts = text, .text_count = texts, .precision = 0.9 };
}

static struct learn_model *trained(const struct learn_input *input)
{
	struct learn_model *model;
	struct error error;

	assert_int_equal(learn_train(input, &model, &error), STATUS_OK);
	assert_non_null(model);
	return model;
}

static struct learn_guess asked(const struct learn_model *model, const char *text)
{
	struct learn_guess guess;

	learn_predict(model, &arena, text, LEARN_REASONS_ALWAYS, &guess);
	assert_true(guess.confidence >= 0 && guess.confidence <= 1);
	assert_true(guess.best_count >= 1 && guess.best_count <= LEARN_BEST);
	assert_string_equal(guess.label, guess.best[0].label);
	return guess;
}

/* ---------------------------------------------------------------- it learns */

static void test_learns_and_routes(void **state)
{
	struct learn_input input = desk_of(6, 480);
	struct learn_model *model = trained(&input);
	struct learn_facts facts;
	size_t right = 0, routed = 0;

	seed = 99;
	for (size_t i = 0; i < 120; i++) {
		struct learn_guess guess = asked(model, mail_about(i % 6));

		right += !strcmp(guess.label, labels[i % 6]);
		routed += guess.routed;
	}
	assert_true(right >= 117);
	assert_true(routed >= 60);
	learn_facts(model, &facts);
	assert_int_equal(facts.classes, 6);
	assert_int_equal(facts.texts, 480);
	assert_int_equal(facts.held_out, 480);
	assert_true(facts.bytes < 12 * 1000 * 1000);
	assert_true(facts.precision_held_out >= 0.9 && facts.accuracy > 0.9);
	learn_free(&model);
	assert_null(model);
}

static void test_strangers_are_not_routed(void **state)
{
	static const char *const strangers[] = {
		"", " ", "ok", "thanks!", "lorem ipsum dolor sit amet", "the weather in Trieste is fine and the children sing", "\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
		"1234567890", "buongiorno, vorrei sapere quando arriva il treno",
	};
	struct learn_input input = desk_of(6, 480);
	struct learn_model *model = trained(&input);

	for (size_t i = 0; i < COUNT_OF(strangers); i++)
		assert_false(asked(model, strangers[i]).routed);
	learn_free(&model);
}

static void test_names_alone_suggest(void **state)
{
	static const struct learn_class classes[] = {
		{ "network", "VPN, wifi, cabling" }, { "billing", "Invoices and what you owe us" }, { "OnlineOrders", "" }, { "oil_change", NULL },
	};
	const struct learn_input input = { .classes = classes, .class_count = COUNT_OF(classes) };
	struct learn_model *model = trained(&input);

	assert_string_equal(asked(model, "my wifi is slow").label, "network");
	assert_string_equal(asked(model, "where is the invoice you promised us?").label, "billing");
	assert_string_equal(asked(model, "where is my order?").label, "OnlineOrders");
	assert_string_equal(asked(model, "the oil is old").label, "oil_change");
	assert_false(asked(model, "VPN, wifi, cabling").routed);
	learn_free(&model);
}

static void test_classes_without_mails_are_found(void **state)
{
	static const struct learn_class classes[] = { { "parking", "Parking spaces and bicycle sheds" }, { "network", "VPN" } };
	struct learn_input input = desk_of(3, 60);
	struct learn_model *model;

	input.classes = classes;
	input.class_count = COUNT_OF(classes);
	model = trained(&input);
	assert_string_equal(asked(model, "where are the bicycle sheds").label, "parking");
	assert_string_equal(asked(model, "router cable tunnel").label, "network");
	learn_free(&model);
}

static void test_newest_weigh_most(void **state)
{
	const int64_t year = (int64_t)365 * 24 * 3600 * 1000;
	struct learn_text texts[24];
	struct learn_input input = { .texts = texts, .text_count = 24 };
	struct learn_model *model;

	for (size_t i = 0; i < 24; i++) {
		bool old = i < 12;

		texts[i] = (struct learn_text){ .at = year * (old ? 1 : 5) };
		texts[i].label = i % 3 == 2 ? "other" : old ? "before" : "after";
		texts[i].text = i % 3 == 2 ? "something about lunch in the garden" : "the beamer of the meeting room flickers";
	}
	model = trained(&input);
	assert_string_equal(asked(model, "the beamer flickers").label, "after");
	learn_free(&model);
}

static void test_says_which_words_decided(void **state)
{
	struct learn_input input = desk_of(6, 240);
	struct learn_model *model = trained(&input);
	struct learn_guess guess = asked(model, "Good morning to all, the TONER is empty");
	double sum = 0;

	assert_string_equal(guess.label, "printing");
	assert_true(guess.reason_count >= 1 && guess.reason_count <= LEARN_WORDS);
	assert_string_equal(guess.reasons[0].word, "TONER");
	for (size_t i = 0; i < guess.reason_count; i++)
		sum += guess.reasons[i].weight;
	assert_true(sum > 0 && sum <= 1.000001);
	learn_free(&model);
}

/* ---------------------------------------------------------------- small and odd desks */

static void test_one_class_routes_nothing(void **state)
{
	struct learn_input input = desk_of(1, 40);
	struct learn_model *model = trained(&input);
	struct learn_guess guess = asked(model, "the vpn tunnel");

	assert_string_equal(guess.label, "network");
	assert_int_equal(guess.best_count, 1);
	assert_false(guess.routed);
	learn_free(&model);
}

static void test_any_size_trains(void **state)
{
	for (size_t classes = 2; classes <= 6; classes++)
		for (size_t texts = 1; texts <= 64; texts = texts < 4 ? texts + 1 : texts * 2) {
			struct learn_input input = desk_of(classes, texts);
			struct learn_model *model = trained(&input);

			asked(model, "the vpn tunnel");
			learn_free(&model);
		}
}

static void test_two_classes_route(void **state)
{
	struct learn_input input = desk_of(2, 300);
	struct learn_model *model = trained(&input);

	assert_string_equal(asked(model, "please help with invoice and also the refund").label, "billing");
	assert_false(asked(model, "children sing in the garden").routed);
	learn_free(&model);
}

static void test_empty_texts_and_twins(void **state)
{
	struct learn_text texts[60];
	const struct learn_input input = { .texts = texts, .text_count = 60 };
	struct learn_model *model;

	for (size_t i = 0; i < 60; i++)
		texts[i] = (struct learn_text){ .label = labels[i % 3], .text = i % 2 ? "" : i % 4 ? "always the same" : NULL };
	model = trained(&input);
	assert_false(asked(model, "always the same").routed);
	assert_false(asked(model, NULL).routed);
	learn_free(&model);
}

static void test_refuses_what_cannot_be_learnt(void **state)
{
	static const struct learn_text no_label[] = { { .label = "", .text = "a" } }, null_label[] = { { .text = "a" } };
	struct learn_text *many = ARENA_ARRAY(&arena, struct learn_text, LEARN_CLASSES_MAX + 1), long_label = { .text = "a" };
	struct learn_model *model;
	struct error error;

	assert_int_equal(learn_train(&(struct learn_input){ 0 }, &model, &error), STATUS_BAD_INPUT);
	assert_null(model);
	assert_int_equal(learn_train(&(struct learn_input){ .texts = no_label, .text_count = 1 }, &model, &error), STATUS_BAD_INPUT);
	assert_int_equal(learn_train(&(struct learn_input){ .texts = null_label, .text_count = 1 }, &model, &error), STATUS_BAD_INPUT);
	for (int i = 0; i <= LEARN_CLASSES_MAX; i++)
		many[i] = (struct learn_text){ .label = arena_printf(&arena, "l%d", i), .text = "a" };
	assert_int_equal(learn_train(&(struct learn_input){ .texts = many, .text_count = LEARN_CLASSES_MAX + 1 }, &model, &error), STATUS_BAD_INPUT);
	long_label.label = arena_printf(&arena, "%0*d", LEARN_LABEL_BYTES + 1, 0);
	assert_int_equal(learn_train(&(struct learn_input){ .texts = &long_label, .text_count = 1 }, &model, &error), STATUS_BAD_INPUT);
}

#define MOST_TIMES 1000000

static bool counts_down(void *context)
{
	int *left = context;

	return (*left)-- > 0;
}

/* Whoever trains is asked again and again, and may end it at any time: then there is no model. */
static void test_training_can_be_given_up(void **state)
{
	struct learn_input input = desk_of(6, 120);
	struct learn_model *model;
	struct error error;
	int left = MOST_TIMES, times;

	input.go_on = counts_down;
	input.context = &left;
	model = trained(&input);
	learn_free(&model);
	times = MOST_TIMES - left;
	assert_true(times > 120 + 6 * 5);                /* each text, each class of each learner */
	for (int at = 0; at < times; at += 1 + times / 30) {
		left = at;
		assert_int_equal(learn_train(&input, &model, &error), STATUS_TRY_LATER);
		assert_null(model);
		assert_int_equal(left, -1);              /* and is not asked again */
	}
}

static void test_hostile_texts(void **state)
{
	struct learn_input input = desk_of(3, 60);
	char *noise = arena_alloc(&arena, 40001), *one_word = arena_alloc(&arena, 40001), *short_words = arena_alloc(&arena, 40001);
	struct learn_text *texts = ARENA_ARRAY(&arena, struct learn_text, 66);
	struct learn_model *model;

	seed = 3;
	for (size_t i = 0; i < 40000; i++)
		noise[i] = (char)(1 + draw(255));
	memset(one_word, 'x', 40000);
	for (size_t i = 0; i < 40000; i++)
		short_words[i] = i % 2 ? ' ' : (char)('a' + i / 2 % 26);
	memcpy(texts, input.texts, 60 * sizeof *texts);
	for (size_t i = 60; i < 66; i++)
		texts[i] = (struct learn_text){ i % 2 ? "\xFF\n\"odd" : labels[0], i % 3 == 0 ? noise : i % 3 == 1 ? one_word : short_words, -5, i % 2 ? 1e300 : -1 };
	input.texts = texts;
	input.text_count = 66;
	model = trained(&input);
	asked(model, noise);
	asked(model, one_word);
	asked(model, short_words);
	asked(model, "\xC3");
	asked(model, "e\xCC\x81\xCC\x81 \xCC\x81");
	asked(model, "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E");
	learn_free(&model);
}

/* ---------------------------------------------------------------- bytes */

static void save(const struct learn_input *input, struct buffer *out)
{
	struct learn_model *model = trained(input);

	learn_save(model, out);
	learn_free(&model);
}

static void test_same_texts_same_bytes(void **state)
{
	CLEANUP_BUFFER struct buffer one = { 0 };
	CLEANUP_BUFFER struct buffer two = { 0 };
	struct learn_input input = desk_of(6, 200);

	save(&input, &one);
	srand(12345);
	(void)rand();
	save(&input, &two);
	assert_int_equal(one.length, two.length);
	assert_memory_equal(one.at, two.at, one.length);
}

static void test_loaded_says_the_same(void **state)
{
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	CLEANUP_BUFFER struct buffer again = { 0 };
	struct learn_input input = desk_of(6, 200);
	struct learn_model *model = trained(&input), *loaded;
	struct error error;

	learn_save(model, &bytes);
	assert_int_equal(learn_load(bytes.at, bytes.length, &loaded, &error), STATUS_OK);
	learn_save(loaded, &again);
	assert_int_equal(again.length, bytes.length);
	assert_memory_equal(again.at, bytes.at, bytes.length);
	for (size_t i = 0; i < 60; i++) {
		const char *text = mail_about(i % 6);
		struct learn_guess one = asked(model, text), two = asked(loaded, text);

		assert_string_equal(one.label, two.label);
		assert_true(one.confidence == two.confidence && one.routed == two.routed && one.reason_count == two.reason_count);
	}
	learn_free(&model);
	learn_free(&loaded);
}

static void assert_refused(const void *bytes, size_t length)
{
	struct learn_model *model = (struct learn_model *)&arena;
	struct error error;

	assert_int_equal(learn_load(bytes, length, &model, &error), STATUS_BROKEN);
	assert_null(model);
	assert_true(*error.text);
}

static void test_damage_is_refused(void **state)
{
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	struct learn_input input = desk_of(3, 30);

	save(&input, &bytes);
	assert_refused("", 0);
	assert_refused("SPLEARN\2", 8);
	for (size_t i = 0; i < bytes.length; i += i < 64 ? 1 : bytes.length / 300) {
		bytes.at[i] = (char)(bytes.at[i] ^ 0x40);
		assert_refused(bytes.at, bytes.length);
		bytes.at[i] = (char)(bytes.at[i] ^ 0x40);
		assert_refused(bytes.at, i);
	}
	buffer_add_char(&bytes, 0);
	assert_refused(bytes.at, bytes.length);
}

/* Someone who can write the row can also make the checksum right: then the model is taken or refused, but never leads astray. */
static void test_lies_with_a_right_checksum(void **state)
{
	CLEANUP_BUFFER struct buffer bytes = { 0 };
	struct learn_input input = desk_of(3, 30);
	size_t body, places;
	char *copy;

	save(&input, &bytes);
	body = bytes.length - SHA256_SIZE;
	copy = arena_alloc(&arena, bytes.length);
	seed = 11;
	places = body < 400 ? body : 400;
	for (size_t i = 0; i < 3 * places; i++) {
		size_t length = i % 7 == 0 ? 8 + draw((uint32_t)body - 8) : body, at = i < places ? i : 8 + draw((uint32_t)length - 7);
		struct learn_model *model;
		struct error error;

		memcpy(copy, bytes.at, length);
		if (at < length)
			copy[at] = (char)draw(256);
		sha256_of(copy, length, (unsigned char *)copy + length);
		if (learn_load(copy, length + SHA256_SIZE, &model, &error) != STATUS_OK)
			continue;
		learn_predict(model, &arena, "the vpn tunnel and the invoice", LEARN_REASONS_ALWAYS, &(struct learn_guess){ 0 });
		learn_free(&model);
	}
}

/* ---------------------------------------------------------------- parts */

static void test_words_are_folded(void **state)
{
	struct token_list tokens;

	learn_tokens_of(&arena, "L'Universit\xC3\xA0 di M\xC3\x9CNCHEN, e\xCC\x81t\xC3\xA9 \xD0\x96\xD1\x83\xD0\xBA; order 12345 of 7\xFF""end", &tokens);
	assert_int_equal(tokens.count, 11);
	assert_string_equal(tokens.bytes + tokens.at[1].start, "universita");
	assert_string_equal(tokens.bytes + tokens.at[3].start, "munchen");
	assert_string_equal(tokens.bytes + tokens.at[4].start, "ete");
	assert_string_equal(tokens.bytes + tokens.at[5].start, "\xD0\xB6\xD1\x83\xD0\xBA");
	assert_string_equal(tokens.bytes + tokens.at[7].start, "00000");
	assert_string_equal(tokens.bytes + tokens.at[9].start, "7");
	assert_string_equal(tokens.bytes + tokens.at[10].start, "end");
}

static void test_common_words_are_in_order(void **state)
{
	for (size_t i = 0; i < learn_common_count; i++) {
		struct token_list tokens;

		assert_true(!i || strcmp(learn_common_words[i - 1], learn_common_words[i]) < 0);
		learn_tokens_of(&arena, learn_common_words[i], &tokens);
		assert_string_equal(tokens.bytes + tokens.at[0].start, learn_common_words[i]);
		assert_true(learn_word_is_common(learn_common_words[i], hash_text(learn_common_words[i])));
	}
	assert_false(learn_word_is_common("invoice", hash_text("invoice")));
}

static void test_promise_is_watched(void **state)
{
	assert_true(learn_precision_holds(0, 0, 0.95));
	assert_true(learn_precision_holds(100, 95, 0.95));
	assert_true(learn_precision_holds(100, 92, 0.95));
	assert_false(learn_precision_holds(100, 88, 0.95));
	assert_true(learn_precision_holds(1, 0, 0.94));
	assert_false(learn_precision_holds(2, 0, 0.95));
	assert_false(learn_precision_holds(100000, 90000, 0.95));
	assert_true(learn_precision_holds(100000, 95000, 0.95));
	assert_false(learn_precision_holds(10, 0, 0.95));
	assert_false(learn_precision_holds(5, 4, 1.0));
}

static void test_subject_and_text(void **state)
{
	assert_string_equal(learn_text_of(&arena, "VPN", "does not connect"), "VPN\ndoes not connect");
	assert_string_equal(learn_text_of(&arena, "", ""), "\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)
	const struct CMUnitTest tests[] = {
		TEST(test_learns_and_routes), TEST(test_strangers_are_not_routed), TEST(test_names_alone_suggest),
		TEST(test_classes_without_mails_are_found), TEST(test_newest_weigh_most), TEST(test_says_which_words_decided),
		TEST(test_one_class_routes_nothing), TEST(test_any_size_trains), TEST(test_two_classes_route),
		TEST(test_empty_texts_and_twins), TEST(test_refuses_what_cannot_be_learnt), TEST(test_training_can_be_given_up),
		TEST(test_hostile_texts),
		TEST(test_same_texts_same_bytes), TEST(test_loaded_says_the_same), TEST(test_damage_is_refused),
		TEST(test_lies_with_a_right_checksum), TEST(test_words_are_folded), TEST(test_common_words_are_in_order),
		TEST(test_promise_is_watched), TEST(test_subject_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
