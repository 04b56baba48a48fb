/*
 * mail_compose_body.c - a text as a body part: 7bit where it is plain enough, else quoted-printable or base64, RFC 2045.
 *
 * The shorter of the two encodings is taken; text that is mostly ASCII stays readable in its source. What gateways are known to
 * harm is encoded even in ASCII text: blanks at line ends, "From " and "." at line starts (RFC 2049 section 3), lines over 76.
 * Text is cleaned first: other control characters go, wrong UTF-8 becomes U+FFFD, every line end becomes CRLF.
 */
#include "mail_compose_private.h"

#include <endian.h>
#include <string.h>

#define LINE_BYTES (COMPOSE_BODY_LINE / 4 * 3)

/* The end of a line that earlier pieces began. */
static void base64_groups(struct base64_lines *lines, const unsigned char *at, size_t groups)
{
	char out[4];

	for (size_t i = 0; i < groups; i++) {
		base64_encode(at + 3 * i, 3, out);
		buffer_add(lines->out, out, 4);
		if ((lines->column += 4) == COMPOSE_BODY_LINE) {
			buffer_add(lines->out, "\r\n", 2);
			lines->column = 0;
		}
	}
}

void mail_base64_add(struct base64_lines *lines, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	char line[COMPOSE_BODY_LINE + 2];

	while (lines->left_count && lines->left_count < 3 && length) {
		lines->left[lines->left_count++] = *at++;
		length--;
		if (lines->left_count == 3)
			base64_groups(lines, lines->left, 1);
	}
	if (lines->left_count == 3)
		lines->left_count = 0;
	while (length >= 3) {
		if (!lines->column && length >= LINE_BYTES) {
			base64_encode(at, LINE_BYTES, line);
			memcpy(line + COMPOSE_BODY_LINE, "\r\n", 2);
			buffer_add(lines->out, line, sizeof line);
			at += LINE_BYTES, length -= LINE_BYTES;
		} else {
			base64_groups(lines, at, 1);
			at += 3, length -= 3;
		}
	}
	while (length--)
		lines->left[lines->left_count++] = *at++;
}

void mail_base64_end(struct base64_lines *lines)
{
	char out[4];

	if (lines->left_count) {
		lines->column += base64_encode(lines->left, lines->left_count, out);
		buffer_add(lines->out, out, 4);
	}
	if (lines->column)
		buffer_add(lines->out, "\r\n", 2);
	lines->left_count = lines->column = 0;
}

/* ---- quoted-printable ---- */

static bool qp_plain(unsigned char byte)
{
	return (byte >= 33 && byte <= 126 && byte != '=') || byte == ' ' || byte == '\t';
}

/* Of eight bytes the high bit of the first that is below a blank, above "~", or "=" (what stands behind it may be marked for nothing). */
static uint64_t marked(const char *at)
{
	const uint64_t each = 0x0101010101010101, high = 0x80 * each;
	uint64_t eight, equals;

	memcpy(&eight, at, sizeof eight);
	eight = le64toh(eight);
	equals = eight ^ '=' * each;
	return (eight | (eight + each) | (eight - ' ' * each) | (equals - each)) & high;
}

/* How many bytes from here on are plain, `most` of them looked at. */
static size_t plain_bytes(const char *at, size_t most)
{
	size_t n = 0;

	while (n + 8 <= most) {
		uint64_t other = marked(at + n);

		n += other ? (size_t)__builtin_ctzll(other) / 8 : 8;
		if (other && at[n] != '\t')
			return n;
		n += other != 0;
	}
	while (n < most && qp_plain((unsigned char)at[n]))
		n++;
	return n;
}

/* Blanks may stand in a line but not at its end (RFC 2045 section 6.7 rule 3). */
static bool qp_must(const char *line, size_t i, size_t length)
{
	unsigned char byte = (unsigned char)line[i];

	if (!qp_plain(byte) || ((byte == ' ' || byte == '\t') && i + 1 == length))
		return true;
	return i == 0 && (byte == '.' || (length >= 5 && memcmp(line, "From ", 5) == 0));
}

static void qp_line(struct buffer *out, const char *line, size_t length)
{
	static const char hex[] = "0123456789ABCDEF";
	char *text = buffer_reserve(out, COMPOSE_BODY_LINE + 4);
	size_t o = 0;

	for (size_t i = 0; i < length; i++) {
		/* Most of a line is plain, and needs no look at each byte: but for its first and last one, and for a full line's last. */
		size_t most = i && i + 1 < length ? length - 1 - i : 0, room = COMPOSE_BODY_LINE - 1 - o;
		size_t run = plain_bytes(line + i, most < room ? most : room);

		memcpy(text + o, line + i, run);
		o += run;
		i += run;
		bool must = qp_must(line, i, length);
		size_t cost = must ? 3 : 1;

		/* Room for the "=" of a soft break, unless this is the line's last character. */
		if (o + cost > COMPOSE_BODY_LINE - (i + 1 < length)) {
			memcpy(text + o, "=\r\n", 3);
			out->length += o + 3;
			text = buffer_reserve(out, COMPOSE_BODY_LINE + 4);
			o = 0;
		}
		if (!must) {
			text[o++] = line[i];
			continue;
		}
		text[o++] = '=';
		text[o++] = hex[(unsigned char)line[i] >> 4];
		text[o++] = hex[line[i] & 15];
	}
	memcpy(text + o, "\r\n", 2);
	out->length += o + 2;
}

/* ---- lines ---- */

struct text { const char *at, *end; };
struct line { const char *at; size_t length; };

static bool next_line(struct text *text, struct line *line)
{
	const char *at = text->at, *stop;

	if (at == text->end)
		return false;
	stop = memchr(at, '\n', (size_t)(text->end - at));
	*line = (struct line){ at, (size_t)((stop ? stop : text->end) - at) };
	text->at = stop ? stop + 1 : text->end;
	return true;
}

/* ---- which ---- */

/* "=_" begins every boundary of ours and cannot stand in an encoded text. */
static bool has_boundary(const char *at, size_t length)
{
	const char *end = at + length;

	while ((at = memchr(at, '=', (size_t)(end - at))) && ++at < end)
		if (*at == '_')
			return true;
	return false;
}

/* ASCII that needs no encoding; most HTML is known by its first long line. */
static bool stands_as_it_is(struct text text)
{
	for (struct line line; next_line(&text, &line);)
		if (line.length > COMPOSE_BODY_LINE || (line.length && (qp_must(line.at, 0, line.length) || qp_must(line.at, line.length - 1, line.length)))
		    || has_boundary(line.at, line.length))
			return false;
	return true;
}

/* More than a sixth to be encoded: base64 is shorter. */
static bool is_shorter_in_base64(struct text text)
{
	size_t length = 0, encoded = 0;

	for (struct line line; next_line(&text, &line); length += line.length + 2)
		for (size_t i = plain_bytes(line.at, line.length); i < line.length; i += 1 + plain_bytes(line.at + i + 1, line.length - i - 1))
			encoded++;
	return 2 * encoded > length / 3;
}

static void lines_out(struct buffer *out, struct text text, bool quoted)
{
	for (struct line line; next_line(&text, &line);) {
		if (quoted)
			qp_line(out, line.at, line.length);
		else {
			char *to = buffer_reserve(out, line.length + 2);

			memcpy(to, line.at, line.length);
			memcpy(to + line.length, "\r\n", 2);
			out->length += line.length + 2;
		}
	}
}

static void base64_out(struct buffer *out, struct text text)
{
	struct base64_lines lines = { .out = out };

	for (struct line line; next_line(&text, &line);) {
		mail_base64_add(&lines, line.at, line.length);
		mail_base64_add(&lines, "\r\n", 2);
	}
	mail_base64_end(&lines);
}

static bool all_ascii(const char *text, size_t length)
{
	uint64_t bytes, all = 0;

	for (; length >= sizeof bytes; text += sizeof bytes, length -= sizeof bytes) {
		memcpy(&bytes, text, sizeof bytes);
		all |= bytes;
	}
	while (length--)
		all |= (unsigned char)*text++;
	return !(all & 0x8080808080808080);
}

void mail_compose_text_part(struct buffer *out, const char *subtype, const char *raw)
{
	CLEANUP_ARENA struct arena arena;
	const char *at, *encoding;
	struct text text;

	arena_init(&arena);
	at = utf8_clean(&arena, raw, strlen(raw));
	text = (struct text){ at, at + strlen(at) };
	if (all_ascii(at, (size_t)(text.end - at)))
		encoding = stands_as_it_is(text) ? "7bit" : "quoted-printable";
	else
		encoding = is_shorter_in_base64(text) ? "base64" : "quoted-printable";
	buffer_printf(out, "Content-Type: text/%s; charset=UTF-8\r\nContent-Transfer-Encoding: %s\r\n\r\n", subtype, encoding);
	if (*encoding == 'b')
		base64_out(out, text);
	else
		lines_out(out, text, *encoding == 'q');
}
