/*
 * json.c - writes JSON (RFC 8259) into a buffer: commas, keys and escapes are its business.
 *
 * For the command line's --json, the web room and explain, which prints thousands of mails: plain runs of a string are
 * copied as they stand, one look into a table a byte. Output is always valid UTF-8 on one line; what is not UTF-8 in a value
 * becomes U+FFFD; what would steer a terminal (utf8_steers) is written \uXXXX, which is the same to every reader. Does not check
 * that the caller closes what was opened. There is no reader: nobody sends us JSON.
 */
#include "base_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1 for bytes that stand for themselves in a string: RFC 8259 section 7. Above ASCII: after a look at the sequence. */
static const unsigned char plain[256] = {
	[' '] = 1, ['!'] = 1, ['#' ... '['] = 1, [']' ... 0x7E] = 1,
};

void json_init(struct json *json, struct buffer *out)
{
	json->out = out;
	json->comma = false;
}

static void write_escape(struct buffer *out, uint32_t code)
{
	switch (code) {
	case '"':  buffer_add(out, "\\\"", 2); break;
	case '\\': buffer_add(out, "\\\\", 2); break;
	case '\n': buffer_add(out, "\\n", 2); break;
	case '\r': buffer_add(out, "\\r", 2); break;
	case '\t': buffer_add(out, "\\t", 2); break;
	default:   buffer_printf(out, "\\u%04x", code);
	}
}

/* The length of the run at `at` that can be copied as it stands. */
static size_t plain_run(const char *at, size_t length)
{
	size_t i = 0, size;
	uint32_t code;

	while (i < length) {
		if (plain[(unsigned char)at[i]])
			i++;
		else if (((unsigned char)at[i] & 0x80) && (size = utf8_decode(at + i, length - i, &code)) && !utf8_steers(code))
			i += size;
		else
			break;
	}
	return i;
}

static void write_string(struct buffer *out, const char *at)
{
	size_t length = strlen(at), run;
	uint32_t code;

	buffer_add_char(out, '"');
	for (;;) {
		run = plain_run(at, length);
		buffer_add(out, at, run);
		at += run;
		length -= run;
		if (!length)
			break;
		if ((run = utf8_decode(at, length, &code)))
			write_escape(out, code);
		else {
			buffer_add(out, "\xEF\xBF\xBD", 3);
			run = utf8_wrong_span(at, length);
		}
		at += run;
		length -= run;
	}
	buffer_add_char(out, '"');
}

/* What stands before a value: the comma after the one before, and its key. */
static void write_lead(struct json *json, const char *key)
{
	if (json->comma)
		buffer_add_char(json->out, ',');
	json->comma = true;
	if (key) {
		write_string(json->out, key);
		buffer_add_char(json->out, ':');
	}
}

static void json_open(struct json *json, const char *key, char bracket)
{
	write_lead(json, key);
	buffer_add_char(json->out, bracket);
	json->comma = false;
}

static void json_close(struct json *json, char bracket)
{
	buffer_add_char(json->out, bracket);
	json->comma = true;
}

static void json_word(struct json *json, const char *key, const char *word)
{
	write_lead(json, key);
	buffer_add_string(json->out, word);
}

void json_object(struct json *json, const char *key) { json_open(json, key, '{'); }
void json_object_end(struct json *json) { json_close(json, '}'); }
void json_array(struct json *json, const char *key) { json_open(json, key, '['); }
void json_array_end(struct json *json) { json_close(json, ']'); }
void json_null(struct json *json, const char *key) { json_word(json, key, "null"); }
void json_bool(struct json *json, const char *key, bool value) { json_word(json, key, value ? "true" : "false"); }

void json_string(struct json *json, const char *key, const char *value)
{
	if (!value) {
		json_null(json, key);
		return;
	}
	write_lead(json, key);
	write_string(json->out, value);
}

void json_strings(struct json *json, const char *key, const struct strings *list)
{
	json_array(json, key);
	for (size_t i = 0; i < list->count; i++)
		json_string(json, NULL, list->at[i]);
	json_array_end(json);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	char digits[24];

	json_word(json, key, log_number(digits, value));
}

/* The shortest of 6, 15, 16 and 17 digits that reads back the same: 0.83, not 0.82999999999999996. */
void json_real(struct json *json, const char *key, double value)
{
	static const int precisions[] = { 6, 15, 16, 17 };
	char digits[40] = "null", *comma;

	if (value == 0 || value == 1) {                  /* most shares of few */
		json_word(json, key, signbit(value) ? "-0" : value == 0 ? "0" : "1");
		return;
	}
	if (isfinite(value))
		for (size_t i = 0; i < COUNT_OF(precisions); i++) {
			snprintf(digits, sizeof digits, "%.*g", precisions[i], value);
			if (strtod(digits, NULL) == value)
				break;
		}
	/* A library may have set a locale with a decimal comma. */
	if ((comma = strchr(digits, ',')))
		*comma = '.';
	json_word(json, key, digits);
}

void json_time(struct json *json, const char *key, int64_t ms)
{
	CLEANUP_ARENA struct arena arena;

	arena_init(&arena);
	json_string(json, key, ms ? time_rfc3339(&arena, ms) : NULL);
}
