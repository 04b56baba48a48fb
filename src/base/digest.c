/*
 * digest.c - SHA-256 (FIPS 180-4), HMAC (RFC 2104), random bytes, and the ways we write bytes as text: hex, base32 and base64.
 *
 * The only file that reads the random source and the only one that knows nettle. Secrets are compared with
 * bytes_equal_constant_time() alone. Base32 is lower case without padding, and decoding is strict: bits that no byte needs
 * must be 0, so that each value has one spelling (but for case) and a token cannot be varied.
 * Diagnostic: "no random bytes" on stderr, then abort(): a token that can be guessed is worse than no service.
 */
#include "base_private.h"

#include <errno.h>
#include <nettle/base64.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/random.h>

#undef sha256_init        /* nettle renames its own with macros of our names */

_Static_assert(sizeof(struct sha256) >= sizeof(struct sha256_ctx), "struct sha256 in base.h is too small for nettle");
_Static_assert(_Alignof(struct sha256) >= _Alignof(struct sha256_ctx), "struct sha256 in base.h is not aligned enough");
_Static_assert(SHA256_SIZE == SHA256_DIGEST_SIZE, "SHA-256 has 32 bytes");

static struct sha256_ctx *inner(struct sha256 *digest)
{
	return (struct sha256_ctx *)(void *)digest;
}

void sha256_init(struct sha256 *digest)
{
	nettle_sha256_init(inner(digest));
}

void sha256_add(struct sha256 *digest, const void *bytes, size_t length)
{
	nettle_sha256_update(inner(digest), length, bytes);
}

void sha256_end(struct sha256 *digest, unsigned char out[SHA256_SIZE])
{
	nettle_sha256_digest(inner(digest), SHA256_SIZE, out);
}

void sha256_of(const void *bytes, size_t length, unsigned char out[SHA256_SIZE])
{
	struct sha256 digest;

	sha256_init(&digest);
	sha256_add(&digest, bytes, length);
	sha256_end(&digest, out);
}

_Static_assert(SEAL_MORE == CHACHA_POLY1305_NONCE_SIZE + CHACHA_POLY1305_DIGEST_SIZE, "SEAL_MORE holds nonce and tag");
_Static_assert(SHA256_SIZE == CHACHA_POLY1305_KEY_SIZE, "a key has 32 bytes");

static void seal_begin(struct chacha_poly1305_ctx *context, const unsigned char *key, const unsigned char *nonce)
{
	chacha_poly1305_set_key(context, key);
	chacha_poly1305_set_nonce(context, nonce);
}

void seal(const unsigned char key[SHA256_SIZE], const void *bytes, size_t length, unsigned char *out)
{
	struct chacha_poly1305_ctx context;
	unsigned char *text = out + CHACHA_POLY1305_NONCE_SIZE;

	random_bytes(out, CHACHA_POLY1305_NONCE_SIZE);
	seal_begin(&context, key, out);
	chacha_poly1305_encrypt(&context, length, text, bytes);
	chacha_poly1305_digest(&context, CHACHA_POLY1305_DIGEST_SIZE, text + length);
}

bool unseal(const unsigned char key[SHA256_SIZE], const void *sealed, size_t length, unsigned char *out)
{
	struct chacha_poly1305_ctx context;
	const unsigned char *nonce = sealed, *text = nonce + CHACHA_POLY1305_NONCE_SIZE;
	unsigned char tag[CHACHA_POLY1305_DIGEST_SIZE];

	if (length < SEAL_MORE)
		return false;
	seal_begin(&context, key, nonce);
	chacha_poly1305_decrypt(&context, length - SEAL_MORE, out, text);
	chacha_poly1305_digest(&context, sizeof tag, tag);
	return bytes_equal_constant_time(tag, text + length - SEAL_MORE, sizeof tag);
}

size_t base64_encode(const void *bytes, size_t length, char *out)
{
	base64_encode_raw(out, length, bytes);
	return BASE64_ENCODE_RAW_LENGTH(length);
}

void hmac_sha256(const unsigned char *key, size_t key_length, const void *bytes, size_t length, unsigned char out[SHA256_SIZE])
{
	/* Half of the work of a short message is its key, and a desk signs with the same all day: each thread keeps what the last one gave, and a digest
	 * leaves it ready for the next message. */
	static _Thread_local struct { size_t length; unsigned char key[SHA256_SIZE]; struct hmac_sha256_ctx context; } last;
	struct hmac_sha256_ctx other, *context = &last.context;

	if (key_length == 0 || key_length > sizeof last.key) {
		context = &other;
		hmac_sha256_set_key(context, key_length, key);
	} else if (last.length != key_length || memcmp(last.key, key, key_length) != 0) {
		hmac_sha256_set_key(context, key_length, key);
		memcpy(last.key, key, key_length);
		last.length = key_length;
	}
	hmac_sha256_update(context, length, bytes);
	hmac_sha256_digest(context, SHA256_SIZE, out);
}

bool bytes_equal_constant_time(const void *a, const void *b, size_t length)
{
	return nettle_memeql_sec(a, b, length);
}

void random_bytes(void *out, size_t length)
{
	unsigned char *at = out;

	while (length) {
		ssize_t got = getrandom(at, length, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			base_die("no random bytes");
		at += got;
		length -= (size_t)got;
	}
}

char *hex_encode(struct arena *arena, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *at = bytes;
	char *text = arena_alloc(arena, 2 * length + 1);

	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[at[i] >> 4];
		text[2 * i + 1] = digits[at[i] & 15];
	}
	return text;
}

char *base32_encode(struct arena *arena, const void *bytes, size_t length)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	const unsigned char *at = bytes;
	char *text = arena_alloc(arena, (length * 8 + 4) / 5 + 1), *next = text;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < length; i++) {
		held = held << 8 | at[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*next++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits)
		*next = alphabet[held << (5 - bits) & 31];
	return text;
}

static int base32_value(char digit)
{
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a';
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	return digit >= '2' && digit <= '7' ? digit - '2' + 26 : -1;
}

int base32_decode(const char *text, size_t length, unsigned char *out, size_t room)
{
	size_t count = 0;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < length; i++) {
		int value = base32_value(text[i]);

		if (value < 0)
			return -1;
		held = (held << 5 | (unsigned)value) & 0xFFF;
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		if (count >= room)
			return -1;
		out[count++] = (unsigned char)(held >> bits);
	}
	/* A whole digit left over, or a bit set that stands for nothing: not our spelling. */
	if (bits >= 5 || (held & ((1u << bits) - 1)))
		return -1;
	return (int)count;
}
