/*
 * buffer.c - bytes that grow on the heap: replies, pages, JSON, raw mail in memory.
 *
 * For what is built piece by piece and then written or handed over. One byte more than the length is always kept, so that
 * the contents can be read as a string. What a mail's parser makes belongs into an arena instead.
 * Not for two threads at once. Never fails: out of memory ends the process (see arena.c).
 */
#include "base_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256    /* bytes: a reply or two */
#define LARGE_STEPS 4096  /* bytes: up to here it grows fast, since each step asks for the one lock of the heap */

void buffer_init(struct buffer *buffer)
{
	*buffer = (struct buffer){ 0 };
}

void buffer_fini(struct buffer *buffer)
{
	free(buffer->at);
	buffer_init(buffer);
}

void buffer_reset(struct buffer *buffer)
{
	buffer->length = 0;
}

char *buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t needed = buffer->length + more + 1, room = buffer->room ? buffer->room : FIRST_ROOM;

	if (more > SIZE_MAX / 4 || needed > SIZE_MAX / 4)
		base_die("out of memory");
	if (needed > buffer->room) {
		char *larger;

		while (room < needed)
			room *= room < LARGE_STEPS ? 4 : 2;
		if (!(larger = realloc(buffer->at, room)))
			base_die("out of memory");
		buffer->at = larger;
		buffer->room = room;
	}
	return buffer->at + buffer->length;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	if (!length)
		return;
	memcpy(buffer_reserve(buffer, length), bytes, length);
	buffer->length += length;
}

void buffer_add_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}

void buffer_add_char(struct buffer *buffer, char byte)
{
	*buffer_reserve(buffer, 1) = byte;
	buffer->length++;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	size_t room;
	int length;

	buffer_reserve(buffer, 128);
	room = buffer->room - buffer->length;
	va_start(arguments, format);
	length = vsnprintf(buffer->at + buffer->length, room, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length >= room) {
		va_start(arguments, format);
		vsnprintf(buffer_reserve(buffer, (size_t)length), (size_t)length + 1, format, arguments);
		va_end(arguments);
	}
	buffer->length += (size_t)length;
}

const char *buffer_string(struct buffer *buffer)
{
	*buffer_reserve(buffer, 0) = '\0';
	return buffer->at;
}

char *buffer_steal(struct buffer *buffer)
{
	char *text;

	buffer_string(buffer);
	text = buffer->at;
	buffer_init(buffer);
	return text;
}
