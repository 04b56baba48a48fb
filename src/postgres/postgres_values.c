/*
 * postgres_values.c - values on the way in, by the letters of a format, and on the way out, by the type of their column.
 *
 * All go in binary: numbers are int8, texts UTF-8 (a stranger's bytes that are not are cleaned), blobs bytea. Types go along, so that the server never guesses.
 */
#include "postgres_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Types of the server's catalogue, which do not change. */
#define TYPE_BOOL 16
#define TYPE_BYTEA 17
#define TYPE_INT2 21
#define TYPE_INT4 23
#define TYPE_TEXT 25
#define TYPE_NUMERIC 1700

void postgres_values_init(struct values *values)
{
	values->count = 0;
	values->format[0] = 's';
	values->format[1] = '\0';
	values->arena = (struct arena){ 0 };
}

void postgres_values_fini(struct values *values)
{
	arena_fini(&values->arena);
}

static int add(struct values *values, char letter, Oid type, int format)
{
	int i = values->count++;

	assert(i < VALUES_MOST);
	if ((size_t)i + 2 < sizeof values->format) {
		values->format[i + 1] = letter;
		values->format[i + 2] = '\0';
	}
	values->types[i] = type;
	values->formats[i] = format;
	return i;
}

void postgres_value_number(struct values *values, int64_t number)
{
	int i = add(values, 'i', TYPE_INT8, 1);
	uint64_t bits = (uint64_t)number;

	for (int byte = 7; byte >= 0; byte--, bits >>= 8)
		values->numbers[i][byte] = (char)(bits & 0xff);
	values->at[i] = values->numbers[i];
	values->lengths[i] = 8;
}

void postgres_value_text(struct values *values, const char *text)
{
	int i = add(values, 't', TYPE_TEXT, 0);
	size_t length = text ? strlen(text) : 0;

	values->at[i] = text && !utf8_valid(text, length) ? utf8_clean(&values->arena, text, length) : text;
	values->lengths[i] = 0;
}

void postgres_value_bytes(struct values *values, const void *bytes, size_t length)
{
	int i = add(values, 'b', TYPE_BYTEA, 1);

	values->at[i] = bytes;
	values->lengths[i] = (int)length;
}

void postgres_values_list(struct values *values, const char *format, va_list arguments)
{
	for (; *format; format++)
		switch (*format) {
		case 'i':
			postgres_value_number(values, va_arg(arguments, int64_t));
			break;
		case 'd':
			postgres_value_number(values, va_arg(arguments, int));
			break;
		case 't':
			postgres_value_text(values, va_arg(arguments, const char *));
			break;
		case 'b': {
			const void *bytes = va_arg(arguments, const void *);

			postgres_value_bytes(values, bytes, va_arg(arguments, size_t));
			break;
		}
		default:
			assert(!"unknown letter in a bind format");
		}
}

/* ---- on the way out ---- */

static int64_t whole(const char *bytes, int length)
{
	uint64_t bits = length > 0 && (bytes[0] & 0x80) ? UINT64_MAX : 0;

	for (int i = 0; i < length; i++)
		bits = bits << 8 | (unsigned char)bytes[i];
	return (int64_t)bits;
}

/* What sum() of many gives: groups of four decimal digits, the first of which counts 10000^weight. What stands behind the point is left. */
static int64_t numeric(const char *bytes, int length)
{
	int64_t value = 0;
	int digits, weight;

	if (length < 8)
		return 0;
	digits = (int)whole(bytes, 2);
	weight = (int)whole(bytes + 2, 2);
	for (int i = 0; i <= weight; i++)
		value = value * 10000 + (i < digits && 8 + 2 * i + 2 <= length ? whole(bytes + 8 + 2 * i, 2) : 0);
	return whole(bytes + 4, 2) == 0x4000 ? -value : value;
}

int64_t postgres_result_number(const PGresult *result, int row, int column)
{
	const char *bytes;
	int length;

	if (column >= PQnfields(result) || PQgetisnull(result, row, column))
		return 0;
	bytes = PQgetvalue(result, row, column);
	length = PQgetlength(result, row, column);
	switch (PQftype(result, column)) {
	case TYPE_INT2: case TYPE_INT4: case TYPE_INT8:
		return whole(bytes, length);
	case TYPE_BOOL:
		return length == 1 && bytes[0] != 0;
	case TYPE_NUMERIC:
		return numeric(bytes, length);
	default:
		return strtoll(bytes, NULL, 10);
	}
}

const char *postgres_result_text(const PGresult *result, int row, int column, struct arena *arena)
{
	if (column >= PQnfields(result) || PQgetisnull(result, row, column))
		return NULL;
	switch (PQftype(result, column)) {
	case TYPE_INT2: case TYPE_INT4: case TYPE_INT8: case TYPE_BOOL: case TYPE_NUMERIC:
		return arena_printf(arena, "%lld", (long long)postgres_result_number(result, row, column));
	default:
		return arena_copy(arena, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
	}
}
