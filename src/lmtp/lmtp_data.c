/*
 * lmtp_data.c - the text after DATA: takes away the dots that were stuffed and finds the end. RFC 5321 section 4.5.2.
 *
 * Only <CRLF>.<CRLF> ends a message; the start of the text counts as after a CRLF. A bare LF or CR never begins or ends a line,
 * so that a mail can't smuggle a second one past a server that sees its end elsewhere (CVE-2023-51764 and kin). All other
 * bytes pass as they came. The hot path of the engine: bytes are handed on in runs as long as the piece allows, and looked
 * at with memchr alone.
 */
#include "lmtp_private.h"

#include <string.h>

void lmtp_data_init(struct lmtp_data *data)
{
	data->place = PLACE_LINE_START;
}

/* Passes over text up to a dot that begins a line, or to the end of the piece. Returns where it stopped. */
static const char *pass_text(struct lmtp_data *data, const char *start, const char *end)
{
	bool after_cr = data->place == PLACE_TEXT_CR;
	const char *at = start, *newline;

	if (data->place == PLACE_LINE_START && *at == '.')
		return at;
	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		bool line_ended = newline > start ? newline[-1] == '\r' : after_cr;

		at = newline + 1;
		if (line_ended && (at == end || *at == '.')) {
			data->place = PLACE_LINE_START;
			return at;
		}
		if (at == end)
			break;
	}
	data->place = end[-1] == '\r' ? PLACE_TEXT_CR : PLACE_TEXT;
	return end;
}

/* A dot at the start of a line: the end if CRLF follows, else it was stuffed and is dropped. Takes one byte or none. */
static const char *after_dot(struct lmtp_data *data, const char *at, lmtp_run_fn *run, void *context)
{
	if (data->place == PLACE_DOT) {
		data->place = *at == '\r' ? PLACE_DOT_CR : PLACE_TEXT;
		return *at == '\r' ? at + 1 : at;
	}
	if (*at == '\n') {
		data->place = PLACE_END;
		return at + 1;
	}
	run(context, "\r", 1);
	data->place = PLACE_TEXT_CR;
	return at;
}

size_t lmtp_data_feed(struct lmtp_data *data, const char *bytes, size_t length, lmtp_run_fn *run, void *context)
{
	const char *at = bytes, *end = bytes + length, *stop;

	while (at < end && data->place != PLACE_END) {
		if (data->place == PLACE_DOT || data->place == PLACE_DOT_CR) {
			at = after_dot(data, at, run, context);
			continue;
		}
		stop = pass_text(data, at, end);
		if (stop > at)
			run(context, at, (size_t)(stop - at));
		at = stop;
		if (at < end) {
			data->place = PLACE_DOT;
			at++;
		}
	}
	return (size_t)(at - bytes);
}
