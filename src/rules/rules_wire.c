/*
 * rules_wire.c - frames between the daemon and a worker: u32 length of the rest, one letter, numbers (u32) and strings (u32 length,
 * bytes, NUL). Both ends are one machine and one program, so numbers are in its own order.
 *
 * What comes from a worker is read with every length checked: it may be broken. A string is handed out only if its NUL stands
 * where it must. After `bad` is set, nothing more is read.
 */
#include <string.h>

#include "rules_private.h"

void wire_begin(struct buffer *frame, enum wire_letter letter)
{
	wire_number(frame, 0);
	buffer_add_char(frame, (char)letter);
}

void wire_number(struct buffer *frame, uint32_t number)
{
	buffer_add(frame, &number, sizeof number);
}

void wire_string(struct buffer *frame, const char *text)
{
	size_t length = strlen(text);
	wire_number(frame, (uint32_t)length);
	buffer_add(frame, text, length + 1);
}

void wire_end(struct buffer *frame, size_t begin)
{
	uint32_t length = (uint32_t)(frame->length - begin - sizeof length);
	memcpy(frame->at + begin, &length, sizeof length);
}

uint32_t wire_read_number(struct wire_reader *reader)
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

const char *wire_read_string(struct wire_reader *reader)
{
	size_t length = wire_read_number(reader);
	const char *text = reader->at;
	if (reader->bad || (size_t)(reader->end - reader->at) < length + 1 || text[length] || memchr(text, 0, length)) {
		reader->bad = true;
		return NULL;
	}
	reader->at += length + 1;
	return text;
}
