/*
 * outbox_dots.c - a mail's bytes as DATA wants them (RFC 5321 section 4.5.2): a dot that begins a line is doubled, every line ends with CRLF, and
 * behind the last one stands the lone dot.
 *
 * A CR or LF alone becomes a line end, since a relay might take it for one. What needs no change goes out as it stands, many lines at once;
 * libetpan's own function looks at each byte. A chunk (RFC 3030) goes as it is, and only where no line end would have to be made.
 */
#include "outbox_smtp.h"

#include <string.h>

/* The line end at `at` or behind it: its first byte, and its length (0: there is none). */
static const char *line_end(const char *at, const char *end, size_t *length)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at)), *cr = memchr(at, '\r', (size_t)((lf ? lf : end) - at));

	if (!cr) {
		*length = lf != NULL;
		return lf ? lf : end;
	}
	*length = 1 + (cr + 1 == lf);
	return cr;
}

bool outbox_smtp_words(struct smtp *smtp, const char *bytes, size_t length)
{
	mailstream *stream = smtp->session->stream;
	const char *end = bytes + length, *from = bytes;         /* from: what is not yet written */
	size_t mark;
	bool good = true;

	for (const char *at = bytes; at < end && good;) {
		const char *stop = line_end(at, end, &mark);

		if (*at == '.') {                /* once more from this dot on */
			good = mailstream_write(stream, from, (size_t)(at + 1 - from)) >= 0;
			from = at;
		}
		if (mark != 2) {
			good = good && mailstream_write(stream, from, (size_t)(stop - from)) >= 0 && mailstream_write(stream, "\r\n", 2) >= 0;
			from = stop + mark;
		}
		at = stop + mark;
	}
	return good && mailstream_write(stream, from, (size_t)(end - from)) >= 0;
}

bool outbox_smtp_may_be_chunk(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	size_t mark = 0;

	for (const char *at = bytes; at < end; at += mark) {
		at = line_end(at, end, &mark);
		if (mark != 2)
			return false;
	}
	return true;
}

bool outbox_smtp_dot(struct smtp *smtp)
{
	mailstream *stream = smtp->session->stream;

	return mailstream_write(stream, ".\r\n", 3) >= 0 && mailstream_flush(stream) >= 0;
}
