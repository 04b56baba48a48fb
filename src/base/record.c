/*
 * record.c - small sets of values as text: `key=value` lines, for one database column.
 *
 * For values that the database never asks about alone (the facts behind a notice, the evidence of a route): they stay
 * readable in the sqlite3 shell and need no schema change. In values \ is written \\, newline \n, carriage return \r.
 * Order is kept and a key may come again; record_get() gives the first. Lines without "=" are skipped, an unknown escape
 * stands for itself: whatever the column holds can be read without an error.
 */
#include "base_private.h"

#include <assert.h>
#include <string.h>

void record_add(struct buffer *out, const char *key, const char *value)
{
	assert(*key && !strpbrk(key, "=\n\r"));
	buffer_add_string(out, key);
	buffer_add_char(out, '=');
	for (;;) {
		size_t run = strcspn(value, "\\\n\r");

		buffer_add(out, value, run);
		value += run;
		if (!*value)
			break;
		buffer_add_char(out, '\\');
		buffer_add_char(out, *value == '\n' ? 'n' : *value == '\r' ? 'r' : '\\');
		value++;
	}
	buffer_add_char(out, '\n');
}

static char *unescape(struct arena *arena, const char *at, size_t length)
{
	const char *end = at + length, *stop = memchr(at, '\\', length);
	char *value = arena_copy(arena, at, length), *to = value + (stop ? (size_t)(stop - at) : length);

	while (stop) {
		const char *from = stop;
		char byte = *from++;

		if (from < end && (*from == 'n' || *from == 'r' || *from == '\\')) {
			byte = *from == 'n' ? '\n' : *from == 'r' ? '\r' : '\\';
			from++;
		}
		*to++ = byte;
		stop = memchr(from, '\\', (size_t)(end - from));
		length = (size_t)((stop ? stop : end) - from);
		memcpy(to, from, length);
		to += length;
	}
	*to = '\0';
	return value;
}

/* The next line with a key: its parts, and *at behind it. */
static bool record_line(const char **at, const char **key, size_t *key_length, const char **value, size_t *value_length)
{
	while (**at) {
		const char *line = *at, *equals;
		size_t length = strcspn(line, "\n");

		*at = line + length + (line[length] == '\n');
		equals = memchr(line, '=', length);
		if (!equals || equals == line)
			continue;
		*key = line;
		*key_length = (size_t)(equals - line);
		*value = equals + 1;
		*value_length = length - *key_length - 1;
		return true;
	}
	return false;
}

const char *record_get(struct arena *arena, const char *record, const char *wanted)
{
	size_t wanted_length = strlen(wanted), key_length, value_length;
	const char *key, *value;

	while (record_line(&record, &key, &key_length, &value, &value_length))
		if (key_length == wanted_length && memcmp(key, wanted, key_length) == 0)
			return unescape(arena, value, value_length);
	return NULL;
}

bool record_next(struct arena *arena, const char **at, const char **key, const char **value)
{
	const char *raw_key, *raw_value;
	size_t key_length, value_length;

	if (!record_line(at, &raw_key, &key_length, &raw_value, &value_length))
		return false;
	*key = arena_copy(arena, raw_key, key_length);
	*value = unescape(arena, raw_value, value_length);
	return true;
}
