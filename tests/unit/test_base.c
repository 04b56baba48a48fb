/*
 * test_base.c - the base room: memory, text, UTF-8, clock, digests, base32, JSON, records, log, files.
 *
 * Parsers get whole and odd input; UTF-8 is compared with a second, slow decoder over every sequence of two bytes and the
 * borders of longer ones. What comes out of JSON and log is compared byte by byte.
 */
#include "base/base_private.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena arena;

static int arena_up(void **state) { arena_init(&arena); return 0; }
static int arena_down(void **state) { arena_fini(&arena); return 0; }

/* ---- arena, buffer, lists ---- */

static void arena_gives_zeroed_aligned_memory(void **state)
{
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *at = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, 0xAA, size);
	}
	arena_reset(&arena);
	assert_true(arena.total <= 64 * 1024);
	assert_int_equal(*(char *)arena_alloc(&arena, 1), 0);
}

static void arena_keeps_old_pieces_when_large_ones_come(void **state)
{
	char *small = arena_string(&arena, "small"), *large = arena_alloc(&arena, 5 * 1024 * 1024);

	memset(large, 1, 5 * 1024 * 1024);
	assert_string_equal(small, "small");
	assert_string_equal(arena_string(&arena, NULL), "");
	assert_string_equal(arena_copy(&arena, "abc", 2), "ab");
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	arena_reset(&arena);
	arena_reset(&arena);
}

static void arena_begins_with_as_much_as_it_is_told(void **state)
{
	struct arena small, large, usual;
	char *first, *text;

	arena_begin(&small, 100);
	assert_int_equal(small.total, 100);
	first = memset(arena_room(&small, 20), 'x', 20);
	text = memset(arena_room(&small, 3000), 'y', 3000);      /* more than there is */
	assert_true(small.total >= 3100);
	assert_true(first[19] == 'x' && text[2999] == 'y');
	arena_fini(&small);
	arena_begin(&small, 9000);
	assert_string_equal(arena_string(&small, "again"), "again");
	arena_reset(&small);                                     /* it need not be kept */
	assert_int_equal(*(char *)arena_alloc(&small, 8000), 0);
	arena_fini(&small);
	for (int i = 0; i < 20; i++) {                           /* no other arena gets its block */
		arena_init(&usual);
		memset(arena_alloc(&usual, 7000), 1, 7000);
		arena_fini(&usual);
		arena_begin(&small, 50);
		arena_fini(&small);
	}
	arena_begin(&large, (size_t)100 * 1024 * 1024);          /* not more than blocks have */
	assert_int_equal(large.total, 0);
	assert_string_equal(arena_string(&large, "abc"), "abc");
	arena_fini(&large);
	(void)state;
}

static void arena_over_its_effort_says_so_and_still_gives(void **state)
{
	struct effort effort;
	struct arena scratch = { .effort = &effort };

	effort_start(&effort, 200 * 1024, 60 * 1000);
	arena_limit(&arena, &effort);
	arena_alloc(&arena, 50 * 1024);
	arena_alloc(&scratch, 120 * 1024);
	assert_false(arena_spent(&arena));
	arena_fini(&scratch);
	arena_alloc(&arena, 40 * 1024);
	assert_false(arena_spent(&arena));                       /* what scratch gave back does not count */
	memset(arena_alloc(&arena, 1024 * 1024), 1, 1024 * 1024);
	assert_true(arena_spent(&arena));
	assert_int_equal(effort.spent, EFFORT_MEMORY);
	arena_reset(&arena);
	assert_true(effort.spent);                               /* once spent, it stays so */
}

static void effort_ends_by_the_time_of_its_own_thread(void **state)
{
	struct effort effort, none = { .bytes_most = 0 };
	unsigned rounds = 0;

	effort_start(&effort, 1, 5);
	usleep(20 * 1000);                                       /* who sleeps spends nothing */
	assert_false(effort_look(&effort));
	while (!effort_spent(&effort))
		assert_true(++rounds < 4000000000u);
	assert_int_equal(effort.spent, EFFORT_TIME);
	assert_true(rounds > EFFORT_LOOK);
	assert_false(effort_spent(NULL));
	effort_take(&none, 1);
	effort_give(&none, 2);
	assert_int_equal(none.bytes, 0);
	assert_int_equal(none.spent, EFFORT_MEMORY);
}

static void arena_prints_short_and_long(void **state)
{
	char *text = arena_printf(&arena, "%0300d|%s", 7, "end");

	assert_int_equal(strlen(text), 304);
	assert_string_equal(text + 299, "7|end");
	assert_string_equal(arena_printf(&arena, "%d", 12), "12");
}

static void lists_grow(void **state)
{
	struct { int *at; size_t count; } list = { 0 };
	struct strings names = { 0 };

	for (int i = 0; i < 1000; i++) {
		int *item = ARENA_PUSH(&arena, &list);

		assert_int_equal(*item, 0);
		*item = i;
		strings_add(&arena, &names, arena_printf(&arena, "n%d", i));
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.at[i], i);
	assert_true(strings_have(&names, "n999"));
	assert_false(strings_have(&names, "N999"));
}

/* Of any size: what is taken at once has the room that pushing counts on. */
static void lists_that_are_taken_at_once_grow(void **state)
{
	for (size_t count = 0; count < 20; count++) {
		struct { int *at; size_t count; } list;

		ARENA_LIST(&arena, &list, count);
		for (size_t i = 0; i < count; i++)
			list.at[i] = (int)i;
		for (size_t i = count; i < 50; i++)
			*ARENA_PUSH(&arena, &list) = (int)i;
		assert_int_equal(list.count, 50);
		for (int i = 0; i < 50; i++)
			assert_int_equal(list.at[i], i);
	}
}

static void buffer_grows_and_is_a_string(void **state)
{
	CLEANUP_BUFFER struct buffer buffer;
	CLEANUP_FREE char *stolen = NULL;

	buffer_init(&buffer);
	assert_string_equal(buffer_string(&buffer), "");
	for (int i = 0; i < 1000; i++)
		buffer_add_char(&buffer, 'x');
	buffer_add(&buffer, "", 0);
	buffer_printf(&buffer, "%s-%0500d", "y", 1);
	buffer_add_string(&buffer, "z");
	assert_int_equal(buffer.length, 1503);
	assert_int_equal(strlen(buffer_string(&buffer)), 1503);
	stolen = buffer_steal(&buffer);
	assert_int_equal(strlen(stolen), 1503);
	assert_string_equal(stolen + 1500, "01z");
	assert_null(buffer.at);
	buffer_add_string(&buffer, "again");
	buffer_reset(&buffer);
	assert_string_equal(buffer_string(&buffer), "");
}

/* ---- status ---- */

static void errors_are_one_line(void **state)
{
	struct error error;
	char huge[2000];

	assert_int_equal(error_set(NULL, STATUS_REFUSED, "%s", "x"), STATUS_REFUSED);
	assert_int_equal(error_set(&error, STATUS_BROKEN, "a\nb\r%d", 3), STATUS_BROKEN);
	assert_string_equal(error.text, "a b 3");
	memset(huge, 'h', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	error_set(&error, STATUS_BROKEN, "%s", huge);
	assert_int_equal(strlen(error.text), sizeof error.text - 1);
	assert_int_equal(status_exit_code(STATUS_OK), 0);
	assert_int_equal(status_exit_code(STATUS_USAGE), 64);
	assert_int_equal(status_exit_code(STATUS_BAD_INPUT), 65);
	assert_int_equal(status_exit_code(STATUS_NOT_FOUND), 66);
	assert_int_equal(status_exit_code(STATUS_BROKEN), 70);
	assert_int_equal(status_exit_code(STATUS_TRY_LATER), 75);
	assert_int_equal(status_exit_code(STATUS_REFUSED), 77);
	assert_int_equal(status_exit_code(STATUS_BAD_CONFIG), 78);
	assert_int_equal(status_exit_code((enum status)99), 70);
	assert_string_equal(status_name(STATUS_TRY_LATER), "try-later");
}

/* ---- text ---- */

static void text_compares_ascii_case_alone(void **state)
{
	char padded[] = " \t a b\r\n", blank[] = " \n";

	assert_true(text_equal_nocase("Re: VPN", "rE: vpn"));
	assert_false(text_equal_nocase("abc", "ab"));
	assert_false(text_equal_nocase("ab", "abc"));
	assert_false(text_equal_nocase("\xC3\x89", "\xC3\xA9"));
	assert_true(text_starts_nocase("Content-Type: x", "content-type"));
	assert_true(text_starts_nocase("x", ""));
	assert_false(text_starts_nocase("co", "con"));
	assert_string_equal(text_lower(&arena, "ABC-\xC3\x89[@Z"), "abc-\xC3\x89[@z");
	assert_string_equal(text_trim(padded), "a b");
	assert_string_equal(text_trim(blank), "");
}

/* The slow second opinion: by value, after RFC 3629's definition. */
static size_t slow_decode(const unsigned char *at, size_t length)
{
	size_t size = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
	uint32_t code = size == 1 ? at[0] : at[0] & (0xFFu >> (size + 1));

	if (!size || size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		code = code << 6 | (at[i] & 63);
	}
	if ((size == 2 && code < 0x80) || (size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10FFFF)))
		return 0;
	return code >= 0xD800 && code <= 0xDFFF ? 0 : size;
}

static void utf8_decodes_as_the_rfc_says(void **state)
{
	static const unsigned char tails[] = { 0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF };
	unsigned char text[4];
	uint32_t code;

	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++)
			for (size_t t = 0; t < COUNT_OF(tails) * COUNT_OF(tails); t++) {
				text[0] = (unsigned char)first, text[1] = (unsigned char)second;
				text[2] = tails[t / COUNT_OF(tails)], text[3] = tails[t % COUNT_OF(tails)];
				for (size_t length = 1; length <= 4; length++)
					if (utf8_decode((char *)text, length, &code) != slow_decode(text, length))
						fail_msg("%02x %02x %02x %02x of %zu", text[0], text[1], text[2], text[3], length);
			}
	assert_int_equal(utf8_decode("", 0, &code), 0);
}

static void utf8_round_trip(void **state)
{
	char text[4];
	uint32_t code = 0;

	for (uint32_t wanted = 0; wanted <= 0x10FFFF; wanted++) {
		size_t size = utf8_encode(wanted, text);
		uint32_t expected = wanted >= 0xD800 && wanted <= 0xDFFF ? 0xFFFD : wanted;

		if (utf8_decode(text, size, &code) != size || code != expected)
			fail_msg("U+%04X", wanted);
	}
	assert_int_equal(utf8_encode(0x110000, text), 3);
}

static void utf8_valid_whole_and_cut(void **state)
{
	static const char text[] = "eight or more ASCII \xC3\xA9\xE2\x82\xAC and then \xF0\x9F\x98\x80!";

	assert_true(utf8_valid(text, strlen(text)));
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("\0", 1));
	assert_false(utf8_valid("12345678\xFF", 9));
	assert_true(utf8_valid(text, 20) && !utf8_valid(text, 21) && utf8_valid(text, 22));
	assert_false(utf8_valid("\xED\xA0\x80", 3));
}

static void utf8_clean_mends(void **state)
{
	static const struct { const char *in; size_t length; const char *out; } cases[] = {
		{ "plain", 5, "plain" },
		{ "", 0, "" },
		{ "a\r\nb\rc\n\td", 9, "a\nb\nc\n\td" },
		{ "\0a\x1B[1m\x7F", 7, "a[1m" },
		{ "caf\xE9", 4, "caf\xEF\xBF\xBD" },
		{ "\xE2\x82", 2, "\xEF\xBF\xBD" },                         /* one maximal subpart */
		{ "\xE2\x82" "A", 3, "\xEF\xBF\xBD" "A" },
		{ "\xF0\x80\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" }, /* F0 80 can't begin anything */
		{ "\xF4\x8F\xBF", 3, "\xEF\xBF\xBD" },
		{ "\xFF\xFE", 2, "\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\xC3\xA9\0\x80", 4, "\xC3\xA9\xEF\xBF\xBD" },
		{ "abc\r", 4, "abc\n" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *clean = utf8_clean(&arena, cases[i].in, cases[i].length);

		assert_string_equal(clean, cases[i].out);
		assert_true(utf8_valid(clean, strlen(clean)));
	}
}

/* As utf8_clean says it of itself, a byte at a time. */
static size_t clean_slowly(const char *at, size_t length, char *out)
{
	size_t n = 0, size;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code;

		size = utf8_decode(at + i, length - i, &code);
		if (!size) {
			size = utf8_wrong_span(at + i, length - i);
			memcpy(out + n, "\xEF\xBF\xBD", 3);
			n += 3;
		} else if (code == '\r') {
			size += i + 1 < length && at[i + 1] == '\n';
			out[n++] = '\n';
		} else if (code == '\t' || code == '\n' || (code >= ' ' && code != 0x7F)) {
			memcpy(out + n, at + i, size);
			n += size;
		}
	}
	out[n] = '\0';
	return n;
}

/* Eight bytes at a time or one: the same text, whatever stands beside what in it. */
static void utf8_clean_is_the_same_at_any_place(void **state)
{
	static const unsigned char odd[] = { '\r', '\n', '\t', 0, 0x1F, ' ', '~', 0x7F, 0x80, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xFF, 'a' };
	uint32_t random = 1;
	char text[40], slow[3 * sizeof text + 1];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t length = (size_t)i % sizeof text;

		for (size_t k = 0; k < length; k++) {
			random = random * 1664525 + 1013904223;
			text[k] = random >> 29 ? 'a' : (char)odd[random >> 16 & 15];
		}
		clean_slowly(text, length, slow);
		assert_string_equal(utf8_clean(&arena, text, length), slow);
		arena_reset(&arena);
	}
}

static void utf8_cut_between_characters(void **state)
{
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";

	for (size_t limit = 0; limit <= sizeof text; limit++) {
		char *cut = utf8_cut(&arena, text, limit);

		assert_true(strlen(cut) <= limit && utf8_valid(cut, strlen(cut)));
		assert_int_equal(strncmp(cut, text, strlen(cut)), 0);
	}
	assert_string_equal(utf8_cut(&arena, text, 3), "a\xC3\xA9");
	assert_string_equal(utf8_cut(&arena, text, 5), "a\xC3\xA9");
	assert_string_equal(utf8_cut(&arena, text, 10), text);
}

/* ---- clock ---- */

static void offset_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void clock_moves_with_the_file(void **state)
{
	const char *path = getenv("SPORTELLO_CLOCK_FILE");
	int64_t real = clock_now();

	offset_write(path, "86400\n");
	assert_true(clock_now() - real >= 86400000 && clock_now() - real < 86400000 + 60000);
	offset_write(path, "-3600.5");
	assert_true(real - clock_now() > 3500000);
	offset_write(path, "nonsense");
	assert_true(clock_now() - real < 60000 && clock_now() >= real);
	unlink(path);
	assert_true(clock_now() - real < 60000 && clock_now() >= real);
	real = clock_monotonic_us();
	assert_true(clock_monotonic_us() >= real);
}

static void a_clock_that_jumps_forward_is_doubted_until_it_is_set_back(void **state)
{
	const char *path = getenv("SPORTELLO_CLOCK_FILE");
	const int64_t day = 86400000, slack = 60000;
	int64_t by;

	assert_int_equal(clock_check(day), 0);           /* there is nothing to compare with */
	assert_false(clock_doubted());
	offset_write(path, "86400");
	assert_int_equal(clock_check(day), 0);           /* a test that moves time is believed */
	offset_write(path, "jump 30");
	assert_int_equal(clock_check(day), 0);           /* no jump */
	offset_write(path, "jump 330");
	by = clock_check(day);
	assert_true(by > 300000 - slack && by < 300000 + slack);        /* two clocks, read one after the other */
	assert_false(clock_doubted());                   /* said, and believed */
	offset_write(path, "jump 86400");
	assert_true(clock_doubted());                    /* even before anybody looks for it */
	by = clock_check(day);
	assert_true(by > day - 400000 && by < day);
	assert_int_equal(clock_check(day), 0);
	assert_true(clock_doubted());
	unlink(path);
	assert_true(clock_check(day) < -day + slack);
	assert_false(clock_doubted());
	offset_write(path, "jump 86400");
	clock_check(0);
	assert_false(clock_doubted());                   /* not wanted */
	unlink(path);
}

static void times_are_written(void **state)
{
	int64_t ms = INT64_C(1795324341123);

	assert_string_equal(time_rfc3339(&arena, 0), "");
	assert_string_equal(time_rfc3339(&arena, ms), "2026-11-22T05:12:21Z");
	assert_string_equal(time_rfc5322(&arena, ms), "Sun, 22 Nov 2026 05:12:21 +0000");
	assert_string_equal(time_rfc3339(&arena, -1), "1969-12-31T23:59:59Z");
	assert_string_equal(time_rfc3339(&arena, -1000), "1969-12-31T23:59:59Z");
	assert_string_equal(time_rfc5322(&arena, 951782400000), "Tue, 29 Feb 2000 00:00:00 +0000");
}

/* ---- digest, random, base32 ---- */

static void digests_match_the_published_vectors(void **state)
{
	unsigned char out[SHA256_SIZE], pieces[SHA256_SIZE];
	struct sha256 digest;

	sha256_of("abc", 3, out);
	assert_string_equal(hex_encode(&arena, out, sizeof out),
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_init(&digest);
	for (int i = 0; i < 3; i++)
		sha256_add(&digest, &"abc"[i], 1);
	sha256_end(&digest, pieces);
	assert_true(bytes_equal_constant_time(out, pieces, sizeof out));
	pieces[31] ^= 1;
	assert_false(bytes_equal_constant_time(out, pieces, sizeof out));
	hmac_sha256((const unsigned char *)"Jefe", 4, "what do ya want for nothing?", 28, out);   /* RFC 4231, case 2 */
	assert_string_equal(hex_encode(&arena, out, sizeof out),
	                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	/* Keys take turns, of one beginning and of any length: none is taken for the one before. */
	static const unsigned char long_key[64] = "Jefe", zeros[32];
	const struct { const unsigned char *key; size_t length; } keys[] = {
		{ (const unsigned char *)"Jefe", 4 }, { (const unsigned char *)"Jeff", 4 }, { long_key, 5 }, { long_key, 64 }, { long_key, 4 }, { zeros, 32 }, { zeros, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			unsigned char first[SHA256_SIZE], again[SHA256_SIZE];

			hmac_sha256(keys[i].key, keys[i].length, "x", 1, first);
			hmac_sha256(keys[k].key, keys[k].length, "y", 1, again);
			hmac_sha256(keys[i].key, keys[i].length, "x", 1, again);
			assert_memory_equal(first, again, sizeof first);
		}
	hmac_sha256((const unsigned char *)"Jefe", 4, "what do ya want for nothing?", 28, pieces);
	hmac_sha256((const unsigned char *)"Jeff", 4, "what do ya want for nothing?", 28, out);
	assert_memory_not_equal(out, pieces, sizeof out);
}

static void random_bytes_differ(void **state)
{
	unsigned char a[32], b[32];

	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
}

static void base32_there_and_back(void **state)
{
	static const char *const vectors[][2] = {     /* RFC 4648 section 10, lower case, unpadded */
		{ "", "" }, { "f", "my" }, { "fo", "mzxq" }, { "foo", "mzxw6" }, { "foob", "mzxw6yq" },
		{ "fooba", "mzxw6ytb" }, { "foobar", "mzxw6ytboi" },
	};
	unsigned char out[64], bytes[40];

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		assert_string_equal(base32_encode(&arena, vectors[i][0], strlen(vectors[i][0])), vectors[i][1]);
		assert_int_equal(base32_decode(vectors[i][1], strlen(vectors[i][1]), out, sizeof out), strlen(vectors[i][0]));
		assert_memory_equal(out, vectors[i][0], strlen(vectors[i][0]));
	}
	for (size_t length = 0; length <= sizeof bytes; length++) {
		char *text;

		random_bytes(bytes, sizeof bytes);
		text = base32_encode(&arena, bytes, length);
		assert_int_equal(base32_decode(text, strlen(text), out, length), length);
		assert_memory_equal(out, bytes, length);
		for (char *at = text; *at; at++)
			*at = (char)(*at >= 'a' ? *at - 32 : *at);
		assert_int_equal(base32_decode(text, strlen(text), out, length), length);
	}
}

static void base32_refuses_odd_input(void **state)
{
	static const char *const bad[] = { "m", "mzx", "mzxw6y", "mz", "mzxr", "m1", "m8", "my======", "m y", "my\n", "\xC3\xA9", "m-" };
	unsigned char out[8];

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (base32_decode(bad[i], strlen(bad[i]), out, sizeof out) != -1)
			fail_msg("accepted '%s'", bad[i]);
	assert_int_equal(base32_decode("mzxw6ytboi", 10, out, 5), -1);
	assert_int_equal(base32_decode("my\0", 3, out, sizeof out), -1);
}

/* ---- log ---- */

static int stderr_to_file(void)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	fclose(file);
	return saved;
}

static char *stderr_back(int saved)
{
	static char text[16384];
	ssize_t length = pread(STDERR_FILENO, text, sizeof text - 1, 0);

	dup2(saved, STDERR_FILENO);
	close(saved);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}

static void log_lines_cannot_be_forged(void **state)
{
	int saved = stderr_to_file();
	char *text;

	log_event(LOG_INFO, "lmtp.accepted", "id", "7f", "subject", "a b\nts=forged \"x\" \\ \x1B \xFF \xC2\x9B \xC3\xA9",
	          "count", LOG_NUMBER(-12), "empty", "", "none", (char *)NULL, NULL);
	log_event(LOG_DEBUG, "not.shown", NULL);
	text = stderr_back(saved);
	assert_int_equal(text[26], 'Z');
	assert_string_equal(text + 27, " level=info event=lmtp.accepted id=7f subject=\"a b\\nts=forged \\\"x\\\" \\\\ "
	                    "\\x1b \\xff \\xc2\\x9b \xC3\xA9\" count=-12 empty=\"\" none=\"\"\n");
}

static const char *logged(const char *value)
{
	int saved = stderr_to_file();

	log_event(LOG_INFO, "x", "v", value, NULL);
	return strstr(stderr_back(saved), " v=") + 3;
}

static void addresses_stand_in_the_log_as_far_as_it_is_wanted(void **state)
{
	log_set_addresses(LOG_ADDRESSES_DOMAIN);
	assert_string_equal(logged("anna.bianchi+x@secret.example"), "@secret.example\n");
	assert_string_equal(logged("550 <Anna@Secret.example>: no, ask b=c@d.example, please"), "\"550 <@Secret.example>: no, ask @d.example, please\"\n");
	assert_string_equal(logged("\"anna the b\"@x.example a\xC3\xB1@\xC3\xA9.example @ plain"), "\"@x.example @\xC3\xA9.example @ plain\"\n");
	assert_string_equal(logged("a@b@c.example,x@[192.0.2.1]"), "@c.example,@[192.0.2.1]\n");
	assert_string_equal(logged("no address"), "\"no address\"\n");
	log_set_addresses(LOG_ADDRESSES_OFF);
	assert_string_equal(logged("anna@secret.example"), "@\n");
	assert_string_equal(logged("to=<a@b.example> x@[192.0.2.1], <1.2@mail.example>"), "\"to=<@> @, <@>\"\n");
	log_set_addresses(LOG_ADDRESSES_FULL);
	assert_string_equal(logged("anna@secret.example"), "anna@secret.example\n");
}

static void log_lines_have_a_limit(void **state)
{
	char huge[9000], *text;
	int saved;

	for (int round = 0; round < 2; round++) {
		memset(huge, round ? '\n' : 'h', sizeof huge - 1);
		huge[sizeof huge - 1] = '\0';
		saved = stderr_to_file();
		log_event(LOG_ERROR, "much", "value", huge, "after", "lost", NULL);
		text = stderr_back(saved);
		assert_true(strlen(text) <= 4096);
		assert_string_equal(text + strlen(text) - 4, "...\n");
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

/* ---- JSON ---- */

static void json_is_written(void **state)
{
	CLEANUP_BUFFER struct buffer out;
	struct json json;

	buffer_init(&out);
	json_init(&json, &out);
	json_object(&json, NULL);
	json_number(&json, "id", INT64_MIN);
	json_string(&json, "s", "q\" b\\ n\n r\r t\t e\x1B d\x7F c\xC2\x9B o\xE2\x80\xAE / \xC3\xA9 \xFF\xE2\x82 \xF0\x9F\x98\x80");
	json_string(&json, "null", NULL);
	json_array(&json, "a");
	json_bool(&json, NULL, true);
	json_object(&json, NULL);
	json_object_end(&json);
	json_array(&json, NULL);
	json_array_end(&json);
	json_string(&json, NULL, "");
	json_array_end(&json);
	json_real(&json, "r", 0.83);
	json_real(&json, "nan", (double)__builtin_nan(""));
	json_real(&json, "third", 1.0 / 3);
	json_real(&json, "big", 1e300);
	json_time(&json, "t", 1795324341123);
	json_time(&json, "no\"t", 0);
	json_object_end(&json);
	assert_string_equal(buffer_string(&out),
		"{\"id\":-9223372036854775808,\"s\":\"q\\\" b\\\\ n\\n r\\r t\\t e\\u001b d\\u007f c\\u009b o\\u202e / \xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD "
		"\xF0\x9F\x98\x80\",\"null\":null,\"a\":[true,{},[],\"\"],\"r\":0.83,\"nan\":null,\"third\":0.3333333333333333,"
		"\"big\":1e+300,\"t\":\"2026-11-22T05:12:21Z\",\"no\\\"t\":null}");
}

static void json_strings_are_always_utf8(void **state)
{
	CLEANUP_BUFFER struct buffer out;
	struct json json;
	unsigned char noise[200];

	buffer_init(&out);
	for (int round = 0; round < 2000; round++) {
		random_bytes(noise, sizeof noise - 1);
		noise[sizeof noise - 1] = 0;
		buffer_reset(&out);
		json_init(&json, &out);
		json_string(&json, NULL, (char *)noise);
		assert_true(utf8_valid(out.at, out.length));
		for (size_t i = 0; i < out.length; i++)
			assert_true((unsigned char)out.at[i] >= ' ');
	}
}

/* ---- records ---- */

static void records_there_and_back(void **state)
{
	CLEANUP_BUFFER struct buffer out;
	const char *at, *key, *value;

	buffer_init(&out);
	record_add(&out, "subject", "a=b\nc\\n\r\\");
	record_add(&out, "empty", "");
	record_add(&out, "twice", "1");
	record_add(&out, "twice", "2");
	at = buffer_string(&out);
	assert_string_equal(at, "subject=a=b\\nc\\\\n\\r\\\\\nempty=\ntwice=1\ntwice=2\n");
	assert_string_equal(record_get(&arena, at, "subject"), "a=b\nc\\n\r\\");
	assert_string_equal(record_get(&arena, at, "empty"), "");
	assert_string_equal(record_get(&arena, at, "twice"), "1");
	assert_null(record_get(&arena, at, "twic"));
	assert_null(record_get(&arena, at, "b"));
	assert_true(record_next(&arena, &at, &key, &value));
	assert_string_equal(key, "subject");
	assert_true(record_next(&arena, &at, &key, &value) && record_next(&arena, &at, &key, &value));
	assert_true(record_next(&arena, &at, &key, &value));
	assert_string_equal(value, "2");
	assert_false(record_next(&arena, &at, &key, &value));
}

static void records_take_odd_input(void **state)
{
	static const char odd[] = "\n\nno equals\n=no key\nk=v\\x\\\nlast=\\n without newline\\";
	const char *at = odd, *key, *value;

	assert_true(record_next(&arena, &at, &key, &value));
	assert_string_equal(key, "k");
	assert_string_equal(value, "v\\x\\");
	assert_string_equal(record_get(&arena, odd, "last"), "\n without newline\\");
	assert_null(record_get(&arena, "", "x"));
	/* cut at every byte: never reads past the end, never loops */
	for (size_t length = 0; length < sizeof odd; length++) {
		at = arena_copy(&arena, odd, length);
		while (record_next(&arena, &at, &key, &value))
			;
		assert_int_equal(*at, '\0');
	}
}

/* ---- files ---- */

static void files_are_read_within_the_limit(void **state)
{
	CLEANUP_BUFFER struct buffer out;
	char path[] = "/tmp/sportello-test-XXXXXX";
	struct error error;
	int fd = mkstemp(path);

	buffer_init(&out);
	assert_true(write_all(fd, "12345", 5));
	close(fd);
	assert_false(write_all(fd, "x", 1));
	assert_int_equal(errno, EBADF);
	assert_int_equal(file_read_all(path, 5, &out, &error), STATUS_OK);
	assert_string_equal(buffer_string(&out), "12345");
	assert_int_equal(file_read_all(path, 4, &out, &error), STATUS_BAD_INPUT);
	assert_non_null(strstr(error.text, path));
	unlink(path);
	assert_int_equal(file_read_all(path, 5, &out, &error), STATUS_NOT_FOUND);
	assert_int_equal(file_read_all("/tmp", 5, &out, NULL), STATUS_BAD_INPUT);
}

int main(void)
{
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_up, arena_down)
	const struct CMUnitTest tests[] = {
		WITH_ARENA(arena_gives_zeroed_aligned_memory), WITH_ARENA(arena_keeps_old_pieces_when_large_ones_come),
		cmocka_unit_test(arena_begins_with_as_much_as_it_is_told),
		WITH_ARENA(arena_over_its_effort_says_so_and_still_gives),
		cmocka_unit_test(effort_ends_by_the_time_of_its_own_thread),
		WITH_ARENA(arena_prints_short_and_long), WITH_ARENA(lists_grow), WITH_ARENA(lists_that_are_taken_at_once_grow), WITH_ARENA(buffer_grows_and_is_a_string),
		WITH_ARENA(errors_are_one_line), WITH_ARENA(text_compares_ascii_case_alone),
		WITH_ARENA(utf8_decodes_as_the_rfc_says), WITH_ARENA(utf8_round_trip), WITH_ARENA(utf8_valid_whole_and_cut),
		WITH_ARENA(utf8_clean_mends), WITH_ARENA(utf8_clean_is_the_same_at_any_place), WITH_ARENA(utf8_cut_between_characters), WITH_ARENA(clock_moves_with_the_file),
		WITH_ARENA(a_clock_that_jumps_forward_is_doubted_until_it_is_set_back),
		WITH_ARENA(times_are_written), WITH_ARENA(digests_match_the_published_vectors), WITH_ARENA(random_bytes_differ),
		WITH_ARENA(base32_there_and_back), WITH_ARENA(base32_refuses_odd_input), WITH_ARENA(log_lines_cannot_be_forged), WITH_ARENA(addresses_stand_in_the_log_as_far_as_it_is_wanted),
		WITH_ARENA(log_lines_have_a_limit), WITH_ARENA(json_is_written),
		WITH_ARENA(json_strings_are_always_utf8), WITH_ARENA(records_there_and_back), WITH_ARENA(records_take_odd_input),
		WITH_ARENA(files_are_read_within_the_limit),
	};
	char path[64];
	int failed;

	/* Must stand before the first clock_now(): the name is looked up once. */
	snprintf(path, sizeof path, "/tmp/sportello-clock-%ld", (long)getpid());
	setenv("SPORTELLO_CLOCK_FILE", path, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
