/*
 * fuzz_rules_worker.c - libFuzzer: any bytes as what comes over the socket between daemon and worker, read by either end, in two pieces.
 *
 * The worker is the one that may have been taken over by a mail: what it answers must be actions that are there, or clean words, and
 * nothing else. A question that a worker takes must be one that could have been written: written again it is the same bytes,
 * and its lists end in NULL. First byte: where the bytes are cut in two; its last bit: whether the length is set right.
 * libsieve is not run here. A crash file is run again with: fuzz_rules_worker FILE
 */
#include "rules/rules_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "not so: %s\n", #condition); abort(); } } while (0)
#define ACTIONS 100

static void write_again(const struct question *question, struct buffer *frame, uint32_t size)
{
	rules_wire_begin(frame, WIRE_EVALUATE);
	rules_wire_string(frame, question->program);
	rules_wire_string(frame, question->separators);
	rules_wire_string(frame, question->from);
	rules_wire_string(frame, question->to);
	rules_wire_number(frame, size);
	rules_wire_number(frame, (uint32_t)question->key_count);
	for (size_t i = 0; i < question->key_count; i++) {
		uint32_t count = 0;

		while (question->keys[i].at[count])
			count++;
		rules_wire_number(frame, count);
		for (uint32_t k = 0; k < count; k++)
			rules_wire_string(frame, question->keys[i].at[k]);
	}
	rules_wire_end(frame, 0);
}

static void ask(const struct buffer *frame)
{
	struct question question;
	struct buffer again;

	buffer_init(&again);
	if (rules_question_read(frame, &question)) {
		uint32_t size;
		size_t at = 5 + 4 * 5 + strlen(question.program) + strlen(question.separators) + strlen(question.from) + strlen(question.to);

		memcpy(&size, frame->at + at, sizeof size);
		CHECK(question.size == (size > INT32_MAX ? INT32_MAX : (int)size));
		write_again(&question, &again, size);
		CHECK(again.length == frame->length && memcmp(again.at, frame->at, again.length) == 0);
	}
	rules_question_free(&question);
	buffer_fini(&again);
}

static void answer(const struct buffer *frame)
{
	struct arena arena;
	struct answer said;

	arena_init(&arena);
	rules_answer_read(frame, ACTIONS, &arena, &said);
	CHECK(!said.trouble || (!said.count && utf8_valid(said.trouble, strlen(said.trouble))));
	for (size_t i = 0; i < said.count; i++)
		CHECK(said.actions[i] < ACTIONS);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct buffer frame;

	if (length < 6)
		return 0;
	size_t cut = (size_t)bytes[0] * (length - 1) / 256;
	char *copy = malloc(length - 1);
	uint32_t rest = (uint32_t)(length - 1 - sizeof rest);

	memcpy(copy, bytes + 1, length - 1);
	if (bytes[0] & 1)
		memcpy(copy, &rest, sizeof rest);
	buffer_init(&frame);
	buffer_add(&frame, copy, cut);
	enum wire_state state = rules_wire_state(&frame);
	CHECK(state == WIRE_PARTIAL || cut >= sizeof rest);
	if (state == WIRE_PARTIAL) {
		buffer_add(&frame, copy + cut, length - 1 - cut);
		state = rules_wire_state(&frame);
	}
	if (state == WIRE_WHOLE) {
		CHECK(frame.length > sizeof rest);
		ask(&frame);
		answer(&frame);
	}
	free(copy);
	buffer_fini(&frame);
	return 0;
}
