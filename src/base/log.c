/*
 * log.c - one line an event on stderr: ts=2026-11-22T05:12:21.123Z level=info event=lmtp.accepted id=... key="a value"
 *
 * Any thread may log at any time: a line is built on the caller's stack and leaves in one write(2), below PIPE_BUF, so that
 * lines of threads never mix. What strangers wrote cannot forge a line: values with blanks, quotes, "=" or anything
 * unprintable are quoted, control characters and wrong UTF-8 are written \n, \t, \r or \xHH.
 * Addresses in values are shortened as log_set_addresses() wants: in one place, so that no event can forget it.
 * A line that would be too long is cut at the value that does not fit, and ends in "...". A line that stderr does not
 * take is lost: logging never stops the work.
 * Where stderr is systemd's journal, each line begins with its priority (sd-daemon(3)), which the journal takes off: `journalctl -p err`.
 */
#include "base_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_ROOM 4096    /* bytes: PIPE_BUF of Linux, a write up to it is atomic on a pipe */
#define TAIL "..."

struct line { char at[LINE_ROOM]; size_t length; bool cut; };

static _Atomic int level_wanted = LOG_INFO;
static _Atomic int addresses_wanted = LOG_ADDRESSES_FULL;
static const char *const level_names[] = { "error", "warning", "notice", "info", "debug" };
static const char *const journal_priorities[] = { "<3>", "<4>", "<5>", "<6>", "<7>" };

void log_set_level(enum log_level level)
{
	level_wanted = (int)level;
}

void log_set_addresses(enum log_addresses addresses)
{
	addresses_wanted = (int)addresses;
}

const char *log_number(char out[24], int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[20], *end = out;
	size_t count = 0;

	for (; left > 9; left /= 10)
		digits[count++] = (char)('0' + left % 10);
	digits[count++] = (char)('0' + left);
	if (number < 0)
		*end++ = '-';
	while (count)
		*end++ = digits[--count];
	*end = '\0';
	return out;
}

/* All or nothing, so that no escape and no character is cut in two. Room for TAIL, a quote and the newline stays. */
static void line_add(struct line *line, const char *bytes, size_t length)
{
	if (line->cut || length > sizeof line->at - sizeof TAIL - 2 - line->length) {
		line->cut = true;
		return;
	}
	memcpy(line->at + line->length, bytes, length);
	line->length += length;
}

static void line_add_escape(struct line *line, unsigned char byte)
{
	char hex[5];

	switch (byte) {
	case '\n': line_add(line, "\\n", 2); break;
	case '\r': line_add(line, "\\r", 2); break;
	case '\t': line_add(line, "\\t", 2); break;
	case '"':  line_add(line, "\\\"", 2); break;
	case '\\': line_add(line, "\\\\", 2); break;
	default:
		snprintf(hex, sizeof hex, "\\x%02x", byte);
		line_add(line, hex, 4);
	}
}

static bool is_shown_as_it_is(uint32_t code)
{
	return code != '"' && code != '\\' && !utf8_steers(code);
}

static bool needs_quotes(const char *value)
{
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || strchr("\"=\\", *at))
			return true;
	return !*value;
}

static void line_add_value(struct line *line, const char *value)
{
	size_t length = strlen(value), size;
	uint32_t code;

	if (!needs_quotes(value)) {
		if (length > sizeof line->at / 2)
			length = sizeof line->at / 2, line_add(line, value, length), line->cut = true;
		else
			line_add(line, value, length);
		return;
	}
	line_add(line, "\"", 1);
	for (const char *at = value; length && !line->cut; at += size, length -= size) {
		size = utf8_decode(at, length, &code);
		if (size && is_shown_as_it_is(code))
			line_add(line, at, size);
		else {
			size = size ? size : 1;
			for (size_t i = 0; i < size; i++)
				line_add_escape(line, (unsigned char)at[i]);
		}
	}
	line_add(line, "\"", 1);
}

/* systemd says which file the journal is, so that who redirects stderr is not taken for it. Asked once: stderr stays what it is. */
static bool goes_to_journal(void)
{
	static _Atomic int known = -1;

	if (known < 0) {
		const char *stream = getenv("JOURNAL_STREAM");
		char own[64] = "";
		struct stat info;

		if (stream && fstat(STDERR_FILENO, &info) == 0)
			snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)info.st_dev,
			         (unsigned long long)info.st_ino);
		known = *own && strcmp(stream, own) == 0;
	}
	return known;
}

/* ---- addresses ---- */

/* Ends what stands before an @ and may be a local part, in the log at least. */
static bool ends_local(char byte)
{
	return (unsigned char)byte <= ' ' || byte == 0x7F || strchr("<>()[],;:\"'|", byte);
}

static bool in_domain(char byte)
{
	return (unsigned char)byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || strchr(".-_", byte);
}

/* Where the local part begins that ends at `length`: a quoted one has anything in it. */
static size_t local_begins(const char *text, size_t length)
{
	size_t at = length;

	if (at && text[at - 1] == '"') {
		for (at--; at && text[at - 1] != '"';)
			at--;
		return at ? at - 1 : 0;
	}
	while (at && !ends_local(text[at - 1]))
		at--;
	return at;
}

/* Into `out`, which is as long as a line: what is longer would be cut anyway. */
static const char *shorten_addresses(const char *value, int wanted, char out[LINE_ROOM])
{
	size_t length = 0;

	while (*value && length + 1 < LINE_ROOM) {
		if (*value != '@') {
			out[length++] = *value++;
			continue;
		}
		length = local_begins(out, length);
		out[length++] = *value++;
		if (*value == '[' && wanted == LOG_ADDRESSES_OFF)        /* [192.0.2.1] */
			value += strcspn(value, "]") + (strchr(value, ']') != NULL);
		for (; *value && in_domain(*value) && length + 1 < LINE_ROOM; value++)
			if (wanted == LOG_ADDRESSES_DOMAIN)
				out[length++] = *value;
	}
	out[length] = '\0';
	return out;
}

static void line_add_head(struct line *line, enum log_level level, const char *event)
{
	int64_t now = clock_now();
	time_t seconds = (time_t)(now / 1000);
	struct tm t = { .tm_mday = 1 };
	char head[96];

	gmtime_r(&seconds, &t);
	snprintf(head, sizeof head, "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ level=%s event=", t.tm_year + 1900, t.tm_mon + 1,
	         t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(now % 1000), level_names[level]);
	if (goes_to_journal())
		line_add(line, journal_priorities[level], 3);
	line_add(line, head, strlen(head));
	line_add(line, event, strlen(event));
}

static void line_write(struct line *line)
{
	if (line->cut) {
		memcpy(line->at + line->length, TAIL, sizeof TAIL - 1);
		line->length += sizeof TAIL - 1;
	}
	line->at[line->length++] = '\n';
	if (write(STDERR_FILENO, line->at, line->length) < 0)
		return;
}

void log_event(enum log_level level, const char *event, ...)
{
	struct line line;
	char shortened[LINE_ROOM];
	va_list pairs;
	const char *key, *value;
	int addresses = addresses_wanted;

	if ((int)level > level_wanted)
		return;
	line.length = 0;
	line.cut = false;
	line_add_head(&line, level, event);
	va_start(pairs, event);
	while ((key = va_arg(pairs, const char *)) != NULL) {
		value = va_arg(pairs, const char *);
		line_add(&line, " ", 1);
		line_add(&line, key, strlen(key));
		line_add(&line, "=", 1);
		if (value && addresses != LOG_ADDRESSES_FULL && strchr(value, '@'))
			value = shorten_addresses(value, addresses, shortened);
		line_add_value(&line, value ? value : "");
	}
	va_end(pairs);
	line_write(&line);
}
