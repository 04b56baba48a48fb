/*
 * fuzz_learn.c - libFuzzer: a model's row with any bytes of it changed and its checksum right again, and any bytes as the text of a mail.
 *
 * The first byte says which. A row: whole models of three and of twenty classes are made once; the input is a list of places and bytes to
 * change, since no fuzzer would find half a megabyte by itself. What is checked: no fault of memory; what is taken answers, and is saved
 * and taken again. A text: features stand in order and count what they came from, reasons are words of the text, every
 * figure is one. Also any bytes as the row of a lesson. A crash file is run again with: fuzz_learn FILE
 */
#include "gateway.h"
#include "learn/learn_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "not so: %s\n", #condition); abort(); } } while (0)

static struct { struct learn_model *model; struct buffer bytes; } made[2];       /* few classes, in rows; many, in cells */

static void make(size_t which, size_t classes)
{
	static const char *const words[8] = { "vpn", "invoice", "printer", "holiday", "l\xC3\xB3gin", "Rechnung", "modem", "parking" };
	CLEANUP_ARENA struct arena arena = { 0 };
	struct learn_text *texts = ARENA_ARRAY(&arena, struct learn_text, 12 * classes);
	struct learn_input input = { .texts = texts, .text_count = 12 * classes, .precision = 0.6, .quiet = which ? "c3" : NULL };
	struct error error;

	for (size_t i = 0; i < input.text_count; i++)
		texts[i] = (struct learn_text){ .label = arena_printf(&arena, "c%zu", i % classes), .at = (int64_t)i,
			.text = arena_printf(&arena, "the %s%zu and %s, %zu", words[i % classes % 8], i % classes, words[i % 5], i) };
	CHECK(learn_train(&input, &made[which].model, &error) == STATUS_OK);
	learn_save(made[which].model, &made[which].bytes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	make(0, 3);
	make(1, 20);
	return 0;
}

static void check_guess(const struct learn_guess *guess, const char *text)
{
	double sum = 0;

	CHECK(guess->confidence >= 0 && guess->confidence <= 1 && guess->best_count >= 1 && guess->best_count <= LEARN_BEST);
	CHECK(!strcmp(guess->label, guess->best[0].label) && guess->reason_count <= LEARN_WORDS);
	for (size_t i = 0; i < guess->reason_count; i++) {
		CHECK(*guess->reasons[i].word && (!text || strstr(text, guess->reasons[i].word)));
		sum += guess->reasons[i].weight;
	}
	CHECK(sum <= 1.0001);
}

/* Four bytes a change: from where (start, end, anywhere), the place, the byte. A checksum of the whole follows. */
static void change_row(const uint8_t *bytes, size_t length)
{
	CLEANUP_BUFFER struct buffer row = { 0 };
	CLEANUP_BUFFER struct buffer again = { 0 };
	CLEANUP_ARENA struct arena arena = { 0 };
	const struct buffer *from = &made[bytes[0] & 1].bytes;
	size_t body = from->length - SHA256_SIZE;
	struct learn_model *model = NULL;
	struct learn_guess guess;
	struct error error;

	if (bytes[0] & 2 && length > 3)                  /* cut off */
		body = 8 + ((size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3]) % (body - 8);
	buffer_add(&row, from->at, body + SHA256_SIZE);
	for (size_t i = 1; i + 4 <= length; i += 4) {
		size_t place = (size_t)(bytes[i] & 0x3F) << 16 | (size_t)bytes[i + 1] << 8 | bytes[i + 2];

		if (bytes[i] & 0x80)
			place = 8 + place % 1500;
		else if (bytes[i] & 0x40)
			place = body - 1 - place % (body < 8000 ? body : 8000);
		row.at[place % body] = (char)bytes[i + 3];
	}
	sha256_of(row.at, body, (unsigned char *)row.at + body);
	if (learn_load(row.at, body + SHA256_SIZE, &model, &error) != STATUS_OK) {
		CHECK(!model && *error.text);
		return;
	}
	learn_predict(model, &arena, "the vpn0 and the invoice1, Rechnung 12", LEARN_REASONS_ALWAYS, &guess);
	CHECK(guess.confidence >= 0 && guess.confidence <= 1);
	learn_save(model, &again);
	learn_free(&model);
	CHECK(learn_load(again.at, again.length, &model, &error) == STATUS_OK);
	learn_free(&model);
}

static void read_text(const uint8_t *bytes, size_t length)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *text = arena_copy(&arena, bytes, length);
	struct learn_reading *reading = learn_read(&arena, text);
	size_t counted = 0, times = 0;

	CHECK(reading->tokens.count <= LEARN_TEXT_BYTES / 2 + 1);
	for (size_t i = 0; i < reading->tokens.count; i++) {
		const struct learn_token *token = &reading->tokens.at[i];

		CHECK(token->length && token->length <= TOKEN_BYTES && !reading->tokens.bytes[token->start + token->length]);
		CHECK(token->raw + token->raw_length <= strlen(text));
	}
	for (size_t i = 0; i < reading->features.count; i++) {
		const uint32_t *feature = &reading->features.at[i];

		CHECK(!i || (*feature & KEY_MASK) > (feature[-1] & KEY_MASK));
		CHECK(KEY_TIMES(*feature));
		counted += KEY_TIMES(*feature);
	}
	for (size_t i = 0; i < reading->origins.count; i++) {
		CHECK(reading->origins.at[i].first < reading->tokens.count && reading->origins.at[i].second < reading->tokens.count);
		times += KEY_TIMES(reading->origins.at[i].key);
	}
	CHECK(counted == times);
	for (size_t which = 0; which < COUNT_OF(made); which++) {
		struct learn_guess guess;

		learn_ask(made[which].model, &arena, reading, LEARN_REASONS_ALWAYS, &guess);
		check_guess(&guess, text);
	}
}

static void open_lesson(const uint8_t *bytes, size_t length)
{
	struct learned learned = { 0 };
	struct error error;

	CHECK(!gateway_lesson_open(bytes, length, &learned, &error));    /* no such short bytes have a right checksum */
	CHECK(!learned.model && !learned.tags && !learned.priority && *error.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (length < 2)
		return 0;
	if (bytes[0] % 4 == 0)
		change_row(bytes + 1, length - 1);
	else if (bytes[0] % 4 == 1)
		open_lesson(bytes + 1, length - 1);
	else
		read_text(bytes + 1, length - 1);
	return 0;
}
