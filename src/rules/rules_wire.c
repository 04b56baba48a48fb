/*
 * rules_wire.c - frames between the daemon and a worker: u32 length of the rest, one letter, numbers (u32) and strings (u32 length,
 * bytes, NUL). Both ends are one machine and one program, so numbers are in its own order. A question (WIRE_EVALUATE): program,
 * separators, envelope from and to, size, number of keys, and for each the number of its values and they. An answer: the numbers of
 * the actions (WIRE_ACTIONS), or words (WIRE_TROUBLE).
 *
 * What comes from a worker is read with every length checked: it may be broken. A string is handed out only if its NUL stands
 * where it must. After `bad` is set, nothing more is read.
 */
#include <stdlib.h>
#include <string.h>

#include "rules_private.h"

void rules_wire_begin(struct buffer *frame, enum wire_letter letter)
{
	rules_wire_number(frame, 0);
	buffer_add_char(frame, (char)letter);
}

void rules_wire_number(struct buffer *frame, uint32_t number)
{
	buffer_add(frame, &number, sizeof number);
}

void rules_wire_bytes(struct buffer *frame, const char *text, size_t length)
{
	rules_wire_number(frame, (uint32_t)length);
	buffer_add(frame, text, length);
	buffer_add_char(frame, 0);
}

void rules_wire_string(struct buffer *frame, const char *text)
{
	rules_wire_bytes(frame, text, strlen(text));
}

void rules_wire_end(struct buffer *frame, size_t begin)
{
	uint32_t length = (uint32_t)(frame->length - begin - sizeof length);
	memcpy(frame->at + begin, &length, sizeof length);
}

enum wire_state rules_wire_state(const struct buffer *frame)
{
	uint32_t length;
	if (frame->length < sizeof length)
		return WIRE_PARTIAL;
	memcpy(&length, frame->at, sizeof length);
	if (length < 1 || length > WIRE_FRAME_BYTES || frame->length > sizeof length + length)
		return WIRE_BAD;
	return frame->length == sizeof length + length ? WIRE_WHOLE : WIRE_PARTIAL;
}

static uint32_t read_number(struct wire_reader *reader)
{
	uint32_t number = 0;
	if (reader->bad || (size_t)(reader->end - reader->at) < sizeof number) {
		reader->bad = true;
		return 0;
	}
	memcpy(&number, reader->at, sizeof number);
	reader->at += sizeof number;
	return number;
}

/* Points into the frame; NULL: bad. */
static const char *read_string(struct wire_reader *reader)
{
	size_t length = read_number(reader);
	const char *text = reader->at;
	if (reader->bad || (size_t)(reader->end - reader->at) < length + 1 || text[length] || memchr(text, 0, length)) {
		reader->bad = true;
		return NULL;
	}
	reader->at += length + 1;
	return text;
}

#define HEAD (sizeof(uint32_t) + 1)      /* length and letter */

static struct wire_reader reader_of(const struct buffer *frame)
{
	return (struct wire_reader){frame->at + HEAD, frame->at + frame->length, false};
}

/* How many of what takes `least` bytes each; more than are there is bad. */
static size_t read_count(struct wire_reader *reader, size_t least)
{
	size_t count = read_number(reader);
	if (count > (size_t)(reader->end - reader->at) / least)
		reader->bad = true;
	return reader->bad ? 0 : count;
}

static void read_key(struct wire_reader *reader, struct value_list *key)
{
	size_t count = read_count(reader, sizeof(uint32_t) + 1);
	if (!(key->at = calloc(count + 1, sizeof *key->at)))
		abort();
	for (size_t i = 0; i < count; i++)
		key->at[i] = (char *)(uintptr_t)read_string(reader);
}

bool rules_question_read(const struct buffer *frame, struct question *question)
{
	struct wire_reader reader = reader_of(frame);
	*question = (struct question){0};
	question->program = read_string(&reader);
	question->separators = read_string(&reader);
	question->from = read_string(&reader);
	question->to = read_string(&reader);
	uint32_t size = read_number(&reader);
	question->size = size > INT32_MAX ? INT32_MAX : (int)size;
	question->key_count = read_count(&reader, sizeof(uint32_t));
	if (!(question->keys = calloc(question->key_count + 1, sizeof *question->keys)))
		abort();
	for (size_t i = 0; i < question->key_count; i++)
		read_key(&reader, &question->keys[i]);
	return frame->at[HEAD - 1] == WIRE_EVALUATE && !reader.bad && reader.at == reader.end;
}

void rules_question_free(struct question *question)
{
	for (size_t i = 0; i < question->key_count; i++)
		free(question->keys[i].at);
	free(question->keys);
	*question = (struct question){0};
}

void rules_answer_read(const struct buffer *frame, size_t action_count, struct arena *arena, struct answer *answer)
{
	struct wire_reader reader = reader_of(frame);
	*answer = (struct answer){0};
	if (frame->at[HEAD - 1] != WIRE_ACTIONS) {
		const char *words = frame->at[HEAD - 1] == WIRE_TROUBLE ? read_string(&reader) : NULL;
		answer->trouble = words ? utf8_clean(arena, words, strlen(words)) : "the worker's answer cannot be read";
		return;
	}
	answer->actions = ARENA_ARRAY(arena, uint16_t, (size_t)(reader.end - reader.at) / sizeof(uint32_t) + 1);
	while (reader.at < reader.end) {
		uint32_t action = read_number(&reader);
		if (reader.bad || action >= action_count) {
			*answer = (struct answer){.trouble = "the worker's answer names an action that is not there"};
			return;
		}
		answer->actions[answer->count++] = (uint16_t)action;
	}
}
