/*
 * report_bytes.h - numbers in the bytes of a page: seven bits a byte, the lowest first; those that may be negative fold their sign into the lowest bit.
 */
#ifndef SPORTELLO_REPORT_BYTES_H
#define SPORTELLO_REPORT_BYTES_H

#include "base.h"

#include <string.h>

static inline void bytes_add(struct buffer *out, uint64_t number)
{
	char bytes[10];
	size_t length = 0;

	for (; number >= 0x80; number >>= 7)
		bytes[length++] = (char)(number | 0x80);
	bytes[length++] = (char)number;
	buffer_add(out, bytes, length);
}

static inline void bytes_add_signed(struct buffer *out, int64_t number)
{
	bytes_add(out, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

/* What is left to read; torn: it ended too early, and everything that is read from then on is 0. */
struct bytes { const unsigned char *at, *end; bool torn; };

static inline uint64_t bytes_read(struct bytes *bytes)
{
	uint64_t number = 0;

	if (bytes->at < bytes->end && !(*bytes->at & 0x80))              /* most are small */
		return *bytes->at++;
	for (int shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
		unsigned char byte = *bytes->at++;

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	bytes->torn = true;
	return 0;
}

/* Eight at a time: a report looks up some hundred thousand pieces of some thirty bytes. For tables whose size is a power of two. */
static inline size_t bytes_hash(const char *at, size_t length)
{
	uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15), piece;

	for (; length >= sizeof piece; at += sizeof piece, length -= sizeof piece) {
		memcpy(&piece, at, sizeof piece);
		hash = (hash ^ piece) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	piece = 0;
	memcpy(&piece, at, length);
	hash = (hash ^ piece) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash ^ hash >> 32);
}

static inline int64_t bytes_read_signed(struct bytes *bytes)
{
	uint64_t number = bytes_read(bytes);

	return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

#endif
