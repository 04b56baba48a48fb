/*
 * utf8.c - reading, writing, checking and mending UTF-8 (RFC 3629, Unicode 15 section 3.9).
 *
 * All text inside the house is UTF-8; whatever comes from outside passes through utf8_clean() or a charset converter first.
 * Strict: no overlong forms, no surrogates, nothing above U+10FFFF. Converts no other charset (the mail room does).
 * Never fails: what is not UTF-8 becomes U+FFFD, one for each maximal wrong piece.
 */
#include "base_private.h"

#include <endian.h>
#include <string.h>

#define ALL_HIGH_BITS UINT64_C(0x8080808080808080)
#define EACH_BYTE UINT64_C(0x0101010101010101)
#define REPLACEMENT "\xEF\xBF\xBD"

struct lead { uint8_t size, second_low, second_high; };

/* What a lead byte promises: RFC 3629 section 4. size 0: not a lead byte. */
static struct lead lead_of(unsigned char byte)
{
	if (byte >= 0xC2 && byte <= 0xDF)
		return (struct lead){ 2, 0x80, 0xBF };
	if (byte >= 0xE0 && byte <= 0xEF)
		return (struct lead){ 3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF };
	if (byte >= 0xF0 && byte <= 0xF4)
		return (struct lead){ 4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF };
	return (struct lead){ 0, 0, 0 };
}

/* How many bytes fit the promise of the first one, itself included; 0 if it promises nothing. */
static size_t fitting(const unsigned char *at, size_t length, struct lead lead)
{
	size_t i;

	if (!lead.size)
		return 0;
	if (length < 2 || at[1] < lead.second_low || at[1] > lead.second_high)
		return 1;
	for (i = 2; i < lead.size && i < length && (at[i] & 0xC0) == 0x80; i++)
		;
	return i;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text;
	struct lead lead;

	if (!length)
		return 0;
	if (at[0] < 0x80) {
		*code = at[0];
		return 1;
	}
	lead = lead_of(at[0]);
	if (!lead.size || fitting(at, length, lead) != lead.size)
		return 0;
	*code = at[0] & (0x7Fu >> lead.size);
	for (size_t i = 1; i < lead.size; i++)
		*code = *code << 6 | (at[i] & 0x3F);
	return lead.size;
}

size_t utf8_wrong_span(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t span = fitting(at, length, lead_of(at[0]));

	return span ? span : 1;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xC0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		code = 0xFFFD;
	if (code < 0x10000) {
		out[0] = (char)(0xE0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

/* Bytes of ASCII at the front, eight at a time: most text is nothing else. */
static size_t ascii_run(const char *at, size_t length)
{
	size_t i = 0;
	uint64_t eight;

	for (; i + sizeof eight <= length; i += sizeof eight) {
		memcpy(&eight, at + i, sizeof eight);
		if (eight & ALL_HIGH_BITS)
			break;
	}
	while (i < length && !(at[i] & 0x80))
		i++;
	return i;
}

bool utf8_steers(uint32_t code)
{
	if (code < 0x61C)
		return code < ' ' || (code >= 0x7F && code <= 0x9F);
	return code == 0x61C || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

bool utf8_valid(const char *at, size_t length)
{
	uint32_t code;

	for (size_t i = ascii_run(at, length), size; i < length; i += size + ascii_run(at + i + size, length - i - size))
		if (!(size = utf8_decode(at + i, length - i, &code)))
			return false;
	return true;
}

/* Of eight bytes the high bit of the first that is below ' ' or above '~' (what stands behind it may be marked for nothing). */
static uint64_t not_printable(const char *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof eight);
	eight = le64toh(eight);
	return (eight | (eight + EACH_BYTE) | (eight - EACH_BYTE * ' ')) & ALL_HIGH_BITS;
}

static bool is_left(char c)
{
	return (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t';
}

/* Bytes at the front that utf8_clean leaves as they are: printable ASCII, tab and newline. */
static size_t plain_run(const char *at, size_t length)
{
	size_t i = 0;

	while (i + 8 <= length) {
		uint64_t other = not_printable(at + i);

		i += other ? (size_t)__builtin_ctzll(other) / 8 : 8;
		if (other && !is_left(at[i]))
			return i;
		i += other != 0;
	}
	while (i < length && is_left(at[i]))
		i++;
	return i;
}

/* One step of utf8_clean: what stands for the piece at `at`, its size in *taken. CR LF and a lone CR become newline. */
static size_t clean_piece(const char *at, size_t length, size_t *taken, const char **piece)
{
	uint32_t code;

	*piece = at;
	code = (unsigned char)*at;
	*taken = 1;
	if (code >= 0x80 && !(*taken = utf8_decode(at, length, &code))) {
		*taken = utf8_wrong_span(at, length);
		*piece = REPLACEMENT;
		return 3;
	}
	if (code == '\r') {
		*piece = "\n";
		*taken += length > 1 && at[1] == '\n';
		return 1;
	}
	if ((code < ' ' && code != '\t' && code != '\n') || code == 0x7F)
		return 0;
	return *taken;
}

static bool is_ascii(const char *at, size_t length)
{
	uint64_t eight, high = 0;
	size_t i = 0;

	for (; i + sizeof eight <= length; i += sizeof eight) {
		memcpy(&eight, at + i, sizeof eight);
		high |= eight & ALL_HIGH_BITS;
	}
	for (; i < length; i++)
		high |= (unsigned char)at[i] & 0x80u;
	return !high;
}

char *utf8_clean(struct arena *arena, const char *at, size_t length)
{
	size_t taken, size, run = plain_run(at, length), total = run, written = run;
	const char *piece;
	char *clean;

	if (run == length)
		return arena_copy(arena, at, length);
	if (is_ascii(at, length)) {              /* nothing in it grows: no need to measure it first */
		total = length;
	} else {
		bool same = true;

		for (size_t i = run; i < length; i += taken) {
			size = clean_piece(at + i, length - i, &taken, &piece);
			same &= piece == at + i && size == taken;
			total += size;
			size = plain_run(at + i + taken, length - i - taken);
			total += size;
			taken += size;
		}
		if (same)
			return arena_copy(arena, at, length);
	}
	clean = arena_room(arena, total + 1);
	memcpy(clean, at, run);
	for (size_t i = run; i < length; i += taken) {
		size = clean_piece(at + i, length - i, &taken, &piece);
		memcpy(clean + written, piece, size);
		written += size;
		size = plain_run(at + i + taken, length - i - taken);
		memcpy(clean + written, at + i + taken, size);
		written += size;
		taken += size;
	}
	clean[written] = '\0';
	return clean;
}

char *utf8_cut(struct arena *arena, const char *text, size_t limit)
{
	size_t length = strlen(text);

	if (length > limit) {
		length = limit;
		while (length && ((unsigned char)text[length] & 0xC0) == 0x80)
			length--;
	}
	return arena_copy(arena, text, length);
}
