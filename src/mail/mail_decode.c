/*
 * mail_decode.c - the content of a part without its transfer encoding (RFC 2045 section 6), piece by piece.
 *
 * GMime's decoders do base64, quoted-printable and uuencode; 7bit, 8bit, binary and what nobody knows pass as they are,
 * so that the same bytes come out as went in. Works in pieces of a fixed size: a mail of any size costs the same memory.
 * May not change line ends or charset. Makes no problems: wrong encoding gives what can be read of it.
 */
#include "mail_guard.h"

#define PIECE (32 * 1024)                /* encoded bytes read at once */

static GMimeContentEncoding gmime_encoding(enum encoding encoding)
{
	switch (encoding) {
	case ENCODING_BASE64: return GMIME_CONTENT_ENCODING_BASE64;
	case ENCODING_QP: return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
	case ENCODING_UU: return GMIME_CONTENT_ENCODING_UUENCODE;
	default: return GMIME_CONTENT_ENCODING_DEFAULT;
	}
}

/* uuencode without its "begin" line is not decoded by GMime: such a part passes as it is. */
static bool decodable(const struct mail_source *source, const struct part *part)
{
	if (part->encoding != ENCODING_UU)
		return part->encoding != ENCODING_NONE;
	char first[4096];
	size_t have = source_read(source, part->start, first, part->end - part->start < sizeof first ? (size_t)(part->end - part->start) : sizeof first);
	return (have > 6 && memcmp(first, "begin ", 6) == 0) || memmem(first, have, "\nbegin ", 7);
}

bool part_decode(const struct mail_source *source, const struct part *part, struct sink sink)
{
	GMimeEncoding state;
	bool decode = decodable(source, part);
	if (decode)
		g_mime_encoding_init_decode(&state, gmime_encoding(part->encoding));
	char in[PIECE], out[PIECE + 64];
	for (uint64_t at = part->start; at < part->end;) {
		size_t want = part->end - at < PIECE ? (size_t)(part->end - at) : PIECE;
		const char *piece = in;
		if (source->fd < 0)
			piece = source->data + at;
		else
			want = source_read(source, at, in, want);
		if (!want)
			break;
		at += want;
		if (decode) {
			size_t got = g_mime_encoding_step(&state, piece, want, out);
			if (got && !sink.write(sink.context, out, got))
				return false;
		} else if (!sink.write(sink.context, piece, want)) {
			return false;
		}
	}
	if (decode) {
		size_t got = g_mime_encoding_flush(&state, "", 0, out);
		if (got && !sink.write(sink.context, out, got))
			return false;
	}
	return true;
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

struct span part_bytes(struct arena *arena, const struct mail_source *source, const struct part *part, size_t limit, bool *cut)
{
	*cut = false;
	if (part->encoding == ENCODING_NONE || !decodable(source, part)) {
		*cut = part->end - part->start > limit;
		return source_span(arena, source, part->start, *cut ? part->start + limit : part->end);
	}
	struct buffer out CLEANUP_BUFFER;
	buffer_init(&out);
	struct collector collector = { &out, limit, false };
	part_decode(source, part, (struct sink){ collect, &collector });
	*cut = collector.cut;
	size_t length = out.length;
	return (struct span){ arena_copy(arena, length ? out.at : "", length), length };
}
