/*
 * mail_decode.c - the content of a part without its transfer encoding (RFC 2045 section 6), piece by piece.
 *
 * base64, quoted-printable and uuencode in readers of our own, since real mailers break all three: base64 in chunks that
 * are each padded, with a footer behind it or without padding; "=" that escapes nothing; uuencode without its first line.
 * 7bit, 8bit, binary and what nobody knows pass as they are. Works in pieces of a fixed size and in one pass.
 * May not change line ends or charset. Problems: an encoding that was only claimed (mail_encoding_judge).
 */
#include "mail_private.h"

#define PIECE (32 * 1024)                /* encoded bytes read at once */
#define UU_PIECE 1024                    /* the same for uuencode, whose lines may stand for many times their length */
#define HELD 1024                        /* bytes of a line that is looked at before it is decoded */
#define LOOK 4096                        /* bytes of the content that tell whether it is encoded at all */

struct decoder {
	char held[HELD];                 /* uuencode: a line; base64: a line behind a padding; QP: what follows a "=" */
	size_t held_length;
	unsigned bits, have;             /* base64 */
	bool padded, text;               /* base64: a padding went by; of a text, so that a footer is shown */
	bool begun, ended;               /* uuencode */
	char *out;
	size_t n;
};

/* ---- base64 ---- */
static const signed char *base64_values(void)
{
	static const signed char values[256] = {
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
		['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
	};
	return values;                       /* value + 1; 0: not of the alphabet */
}

static void base64_byte(struct decoder *d, int value)
{
	d->bits = d->bits << 6 | (unsigned)value;
	d->have += 6;
	if (d->have >= 8) {
		d->have -= 8;
		d->out[d->n++] = (char)(d->bits >> d->have & 0xFF);
	}
}

/* A line behind a padding: another chunk, or what a mailing list wrote below it in plain words. */
static void base64_line(struct decoder *d, bool whole)
{
	const signed char *values = base64_values();
	struct span line = mail_span_trim((struct span){ d->held, d->held_length });
	bool encoded = true;
	for (size_t i = 0; i < line.length && encoded; i++)
		encoded = values[(unsigned char)line.at[i]] || line.at[i] == '=';
	d->bits = d->have = 0;
	for (size_t i = 0; i < line.length && encoded; i++)
		if (values[(unsigned char)line.at[i]])
			base64_byte(d, values[(unsigned char)line.at[i]] - 1);
		else
			d->bits = d->have = 0;
	if (!encoded && d->text) {
		memcpy(d->out + d->n, d->held, d->held_length);
		d->n += d->held_length;
	}
	d->padded = !encoded || whole || (line.length && line.at[line.length - 1] == '=');
	d->held_length = 0;
}

static void base64_step(struct decoder *d, const char *in, size_t length)
{
	const signed char *values = base64_values();
	for (size_t i = 0; i < length; i++) {
		if (d->padded) {
			d->held[d->held_length++] = in[i];
			if (in[i] == '\n' || d->held_length == HELD)
				base64_line(d, in[i] == '\n');
			continue;
		}
		int value = values[(unsigned char)in[i]];
		if (value)
			base64_byte(d, value - 1);
		else if (in[i] == '=')
			d->padded = true, d->bits = d->have = 0;
	}
}

/* ---- quoted-printable: what is no escape stands for itself ---- */
static int hex_value(char c)
{
	c = lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void qp_give_back(struct decoder *d)
{
	memcpy(d->out + d->n, d->held, d->held_length);
	d->n += d->held_length;
	d->held_length = 0;
}

/* One byte behind "=", "=X", "= " or "=\r". Returns false if it is to be looked at again. */
static bool qp_escape(struct decoder *d, char c)
{
	char last = d->held[d->held_length - 1];
	if (c == '\n' && (last == '=' || last == ' ' || last == '\t' || last == '\r')) {
		d->held_length = 0;                              /* a soft line break */
		return true;
	}
	if (last == '\r') {
		d->held_length = 0;
		return false;
	}
	bool digit = d->held_length == 2 && hex_value(last) >= 0;
	if (digit && hex_value(c) >= 0) {
		d->out[d->n++] = (char)(hex_value(last) * 16 + hex_value(c));
		d->held_length = 0;
		return true;
	}
	bool blank = c == ' ' || c == '\t' || c == '\r';
	if ((!digit && blank && d->held_length < HELD) || (last == '=' && hex_value(c) >= 0)) {
		d->held[d->held_length++] = c;
		return true;
	}
	qp_give_back(d);
	return false;
}

static void qp_step(struct decoder *d, const char *in, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (d->held_length) {
			if (!qp_escape(d, in[i]))
				i--;
			continue;
		}
		const char *sign = memchr(in + i, '=', length - i);
		size_t plain = (sign ? (size_t)(sign - in) : length) - i;
		memcpy(d->out + d->n, in + i, plain);
		d->n += plain;
		i += plain;
		if (i < length)
			d->held[d->held_length++] = '=';
	}
}

/* ---- uuencode ---- */
static void uu_line(struct decoder *d)
{
	struct span line = { d->held, d->held_length };
	d->held_length = 0;
	while (line.length && (line.at[line.length - 1] == '\r' || line.at[line.length - 1] == '\n'))
		line.length--;
	struct span name;
	if (d->ended || (!d->begun && mail_uuencode_begins(line, &name))) {
		d->begun = true;
	} else if (line.length == 3 && memcmp(line.at, "end", 3) == 0) {
		d->ended = d->begun;
	} else if (d->begun && mail_uuencode_line_bytes(line) >= 0) {
		d->n += mail_uuencode_line(line, d->out + d->n);
	}
}

static void uu_step(struct decoder *d, const char *in, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (d->held_length < 200)                        /* a line holds 86 bytes at most: a longer one is none */
			d->held[d->held_length++] = in[i];
		if (in[i] == '\n')
			uu_line(d);
	}
}

static void step(struct decoder *d, enum encoding encoding, const char *in, size_t length)
{
	if (encoding == ENCODING_BASE64)
		base64_step(d, in, length);
	else if (encoding == ENCODING_QP)
		qp_step(d, in, length);
	else
		uu_step(d, in, length);
}

static void finish(struct decoder *d, enum encoding encoding)
{
	if (encoding == ENCODING_BASE64 && d->padded && d->held_length)
		base64_line(d, true);
	else if (encoding == ENCODING_QP && d->held_length > 1 && hex_value(d->held[1]) >= 0)
		qp_give_back(d);
	else if (encoding == ENCODING_UU && d->held_length)
		uu_line(d);
}

static const struct mail_source *source_of_part(const struct mail_source *source, const struct part *part)
{
	return part->source ? part->source : source;
}

bool mail_part_decode(const struct mail_source *source, const struct part *part, struct sink sink)
{
	char in[PIECE], out[PIECE + HELD + 64];
	struct decoder d = { .out = out, .text = strncmp(part->type, "text/", 5) == 0 && !part->filename, .begun = part->uu_bare };
	bool decode = part->encoding != ENCODING_NONE;
	size_t most = part->encoding == ENCODING_UU ? UU_PIECE : PIECE;
	source = source_of_part(source, part);
	for (uint64_t at = part->start; at < part->end;) {
		size_t want = part->end - at < most ? (size_t)(part->end - at) : most;
		const char *piece = in;
		if (source->fd < 0)
			piece = source->data + at;
		else
			want = mail_source_read(source, at, in, want);
		if (!want)
			break;
		at += want;
		d.n = 0;
		if (decode)
			step(&d, part->encoding, piece, want);
		if (!decode && !sink.write(sink.context, piece, want))
			return false;
		if (d.n && !sink.write(sink.context, out, d.n))
			return false;
	}
	d.n = 0;
	if (decode)
		finish(&d, part->encoding);
	return !d.n || sink.write(sink.context, out, d.n);
}

/* ---- was it encoded at all? ---- */
static size_t first_line(struct span *rest, struct span *line)
{
	const char *end = memchr(rest->at, '\n', rest->length);
	size_t length = end ? (size_t)(end - rest->at) + 1 : rest->length;
	*line = mail_span_trim((struct span){ rest->at, length });
	*rest = (struct span){ rest->at + length, rest->length - length };
	return length;
}

/* Blanks between words, full stops, commas: base64 has none of them. Text below a first line that is base64 is a footer. */
static bool looks_base64(struct span content)
{
	const signed char *values = base64_values();
	size_t wrong = 0, all = 0;
	struct span rest = mail_span_trim(content), line = { "", 0 };
	for (bool first = true; rest.length && first_line(&rest, &line); first = false) {
		size_t before = wrong;
		for (size_t i = 0; i < line.length; i++)
			wrong += !values[(unsigned char)line.at[i]] && line.at[i] != '=';
		all += line.length;
		if (first && line.length && wrong == before && (line.at[line.length - 1] == '=' || (line.length >= 60 && line.length % 4 == 0)))
			return true;
	}
	return wrong * 20 <= all;
}

static bool looks_uuencoded(struct span content, bool *bare)
{
	struct span line, name, rest = content;
	while (rest.length && first_line(&rest, &line))
		if (mail_uuencode_begins(line, &name))
			return true;
	rest = mail_span_trim(content);
	first_line(&rest, &line);
	return *bare = line.length > 4 && mail_uuencode_line_bytes(line) > 0;
}

void mail_encoding_judge(struct arena *arena, const struct mail_source *source, struct part *part, struct strings *problems)
{
	char room[LOOK];
	size_t want = part->end - part->start < LOOK ? (size_t)(part->end - part->start) : LOOK;
	struct span content = { room, mail_source_read(source_of_part(source, part), part->start, room, want) };
	if (part->encoding == ENCODING_BASE64 && !looks_base64(content)) {
		mail_problem_add(arena, problems, "said to be base64 and is not; taken as it stands");
		part->encoding = ENCODING_NONE;
	} else if (part->encoding == ENCODING_UU && !looks_uuencoded(content, &part->uu_bare)) {
		mail_problem_add(arena, problems, "said to be uuencoded and is not; taken as it stands");
		part->encoding = ENCODING_NONE;
	}
}

struct collector { struct buffer *out; size_t limit; bool cut; };

static bool collect(void *context, const void *bytes, size_t length)
{
	struct collector *collector = context;
	size_t room = collector->limit - collector->out->length;
	if (length > room) {
		collector->cut = true;
		length = room;
	}
	buffer_add(collector->out, bytes, length);
	return !collector->cut;
}

struct span mail_part_bytes(struct arena *arena, const struct mail_source *source, const struct part *part, size_t limit, bool *cut)
{
	*cut = false;
	if (part->encoding == ENCODING_NONE) {
		*cut = part->end - part->start > limit;
		return mail_source_span(arena, source_of_part(source, part), part->start, *cut ? part->start + limit : part->end);
	}
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	struct collector collector = { &out, limit, false };
	mail_part_decode(source, part, (struct sink){ collect, &collector });
	*cut = collector.cut;
	size_t length = out.length;
	return (struct span){ arena_copy(arena, length ? out.at : "", length), length };
}
