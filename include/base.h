/*
 * base.h - what every room stands on: text, memory, errors, log, clock, threads, digest, JSON.
 *
 * Allowed to include: libc, nettle (digests). The only room that may read the clock or the random source.
 * Nothing in here knows what a mail or a ticket is.
 *
 * Ownership words: _init/_fini work on the caller's storage, _new/_free(x **) on the heap (_free nulls the pointer),
 * _take moves in, _steal moves out. Strings that live in an arena are freed with it and never alone.
 * Text is UTF-8, NUL-terminated, without NUL inside, unless a `size_t` stands beside it.
 */
#ifndef SPORTELLO_BASE_H
#define SPORTELLO_BASE_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Before a function that computes much: it is compiled once more, for processors of the last ten years, and the loader takes the one that fits.
 * Both add up in the same order and round the same (AVX2 has no fused multiply-add), so they give the same bits. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ONE_FOR_ALL 1                    /* the loader asks before a sanitizer is there */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__) || !defined(__x86_64__) || !defined(__GLIBC__)
#define ONE_FOR_ALL 1
#endif
#ifdef ONE_FOR_ALL
#define ALSO_FOR_NEWER
#else
#define ALSO_FOR_NEWER __attribute__((target_clones("avx2", "default")))
#endif

/* How many bits are set. In a function that is ALSO_FOR_NEWER it is one instruction there; otherwise __builtin_popcountll() would be a call. */
static inline int bits_set(uint64_t set)
{
#ifdef ONE_FOR_ALL
	set -= set >> 1 & 0x5555555555555555u;
	set = (set & 0x3333333333333333u) + (set >> 2 & 0x3333333333333333u);
	return (int)(((set + (set >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
#else
	return __builtin_popcountll(set);
#endif
}

/* ---- status: what went wrong, in the field's terms. Each border has one translator (LMTP reply, exit code, HTTP). ---- */
enum status {
	STATUS_OK = 0,
	STATUS_USAGE,       /* the caller's words are off                    exit 64                 */
	STATUS_BAD_INPUT,   /* data that cannot be used                      exit 65                 */
	STATUS_NOT_FOUND,   /* no such ticket, message, file                 exit 66, 404            */
	STATUS_TRY_LATER,   /* busy, locked, full, shutting down             exit 75, 4xx, 503       */
	STATUS_REFUSED,     /* not allowed                                   exit 77, 550 5.7.1, 403 */
	STATUS_BAD_CONFIG,  /* configuration                                 exit 78                 */
	STATUS_BROKEN       /* our own data or a library is not as promised  exit 70, 451, 500       */
};

struct error {
	enum status status;
	bool full;          /* STATUS_TRY_LATER: there is no room on the disk */
	bool said;          /* the log has it already */
	char text[480];     /* one sentence: what, where, what to do. No newline. */
};

/* Fills *error (may be NULL) and returns `status`, so that `return error_set(...)` reads as one line. */
enum status error_set(struct error *error, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);
int status_exit_code(enum status status);         /* sysexits(3) */
const char *status_name(enum status status);

/* ---- effort: what one job on a stranger's bytes may cost, in memory and in processor time of the thread that does it (so that a busy
 * machine cuts no mail short). Nothing is refused and nothing jumps: that it is spent is said by effort_spent(), and each loop over a
 * stranger's bytes asks it once a round and stops. A round may take as long as a line or an element does, not as long as the input. ---- */
enum effort_end { EFFORT_LEFT, EFFORT_TIME, EFFORT_MEMORY };
struct effort {
	size_t bytes, bytes_most;        /* taken from the heap now; the most of it */
	int64_t start, microseconds;     /* of the monotonic clock; how long it may take */
	int64_t until;                   /* microseconds of this thread's processor time; 0: that clock was not asked yet */
	unsigned rounds;
	enum effort_end spent;           /* once spent, it stays so */
};
#define EFFORT_LOOK 256                           /* rounds between two looks at the clock: a look costs what some hundred bytes do */
void effort_start(struct effort *effort, size_t bytes, int64_t milliseconds);
bool effort_look(struct effort *effort);          /* asks the clock; true: spent */
static inline bool effort_spent(struct effort *effort)           /* NULL: nobody counts */
{
	return effort && (effort->spent || (++effort->rounds % EFFORT_LOOK == 0 && effort_look(effort)));
}
/* Memory that is taken elsewhere than from an arena, before it is taken; and given back. */
void effort_take(struct effort *effort, size_t bytes);
void effort_give(struct effort *effort, size_t bytes);

/* ---- large memory ---- */
#define MEMORY_LARGE ((size_t)4 * 1024 * 1024)   /* bytes, from which on it pays */
/* Asks for large pages behind what was just taken from the heap: to find a thousand small ones one by one takes longer than to fill them. */
void memory_large(void *at, size_t length);

/* ---- arena: memory of one mail, one page, one command. Never returns NULL: out of memory ends the process. ---- */
struct arena_block;
struct arena { struct arena_block *head; size_t total; struct effort *effort; };     /* total: bytes taken from the heap */

void arena_init(struct arena *arena);
void arena_begin(struct arena *arena, size_t room);      /* in place of _init, for what stays long and is one of many: a first block of just so many bytes */
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);            /* frees all but the first block */
/* From now on the arena counts on this (NULL: on nothing), until _fini or _reset; what it holds already does not. It must outlive that, or be
 * taken off. A scratch arena of the same job carries the same one. */
void arena_limit(struct arena *arena, struct effort *effort);
static inline bool arena_spent(struct arena *arena) { return effort_spent(arena->effort); }
void *arena_alloc(struct arena *arena, size_t size);             /* zeroed, aligned for any type */
char *arena_room(struct arena *arena, size_t size);              /* not zeroed: for bytes that are written at once */
char *arena_copy(struct arena *arena, const void *bytes, size_t length);  /* adds a NUL */
char *arena_string(struct arena *arena, const char *string);     /* "" for NULL */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/* Grows an array of an arena: makes room for one more and returns the (zeroed) new element. The list must have been grown
 * by this alone, from { NULL, 0 }: its room is not stored but follows from its count. */
#define ARENA_PUSH(arena, list) \
	(arena_grow((arena), (void **)&(list)->at, (list)->count, sizeof *(list)->at), &(list)->at[(list)->count++])
void arena_grow(struct arena *arena, void **at, size_t count, size_t item_size);
/* So many elements at once, which nobody has written yet; ARENA_PUSH may add more. */
#define ARENA_LIST(arena, list, number) ((list)->at = arena_list((arena), (number), sizeof *(list)->at), (list)->count = (number))
void *arena_list(struct arena *arena, size_t count, size_t item_size);

/* ---- growing byte buffer on the heap ---- */
struct buffer { char *at; size_t length, room; };

void buffer_init(struct buffer *buffer);
void buffer_fini(struct buffer *buffer);
void buffer_reset(struct buffer *buffer);         /* empties it, keeps the room */
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_char(struct buffer *buffer, char byte);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
const char *buffer_string(struct buffer *buffer); /* NUL-terminated; valid until the next change */
char *buffer_reserve(struct buffer *buffer, size_t more);        /* room for so many bytes and a NUL behind its end, which is returned */
char *buffer_steal(struct buffer *buffer);        /* NUL-terminated; the caller frees; the buffer is empty afterwards */

/* ---- lists of strings in an arena ---- */
struct strings { const char **at; size_t count; };
void strings_add(struct arena *arena, struct strings *list, const char *string);  /* copies */
bool strings_have(const struct strings *list, const char *string);

/* ---- text ---- */
bool text_equal_nocase(const char *a, const char *b);            /* ASCII case only */
bool text_starts_nocase(const char *text, const char *prefix);
char *text_lower(struct arena *arena, const char *text);         /* ASCII letters only */
char *text_trim(char *text);                                     /* in place; returns the first non-blank */
/* For "did you mean": `candidate` if it is spelt closer to `word` than `best` is (NULL: none yet) and close at all; else `best`. */
const char *text_closest(const char *word, const char *best, const char *candidate);
size_t utf8_decode(const char *at, size_t length, uint32_t *code); /* bytes taken (1..4); 0: not UTF-8 here */
size_t utf8_encode(uint32_t code, char out[4]);
bool utf8_valid(const char *at, size_t length);
/* What a terminal obeys and does not show: controls of C0 and C1, and marks that change the direction of what follows. Below U+10000. */
bool utf8_steers(uint32_t code);
/* A copy that is valid UTF-8 without NUL and other C0 control bytes but tab and newline: wrong bytes become U+FFFD, CR LF and
 * CR become newline, other control bytes are dropped. */
char *utf8_clean(struct arena *arena, const char *at, size_t length);
/* At most `limit` bytes, cut between characters. */
char *utf8_cut(struct arena *arena, const char *text, size_t limit);

/* ---- hash (FNV-1a) for small tables; words that collide can be made, so what a mail fills must be bounded ---- */
#define HASH_START 2166136261u
static inline uint32_t hash_byte(uint32_t hash, uint32_t byte)
{
	return (hash ^ byte) * 16777619u;
}
static inline uint32_t hash_bytes(const char *at, size_t length)
{
	uint32_t hash = HASH_START;

	for (size_t i = 0; i < length; i++)
		hash = hash_byte(hash, (unsigned char)at[i]);
	return hash;
}
static inline uint32_t hash_text(const char *text)
{
	uint32_t hash = HASH_START;

	while (*text)
		hash = hash_byte(hash, (unsigned char)*text++);
	return hash;
}
/* For tables whose size is a power of two: what the high bits know goes to the low ones. */
static inline uint32_t hash_spread(uint32_t hash)
{
	return hash ^ hash >> 15;
}

/* ---- clock: the only one. Tests move it with SPORTELLO_CLOCK (see clock_now). ---- */
/* Milliseconds since 1970-01-01 UTC. The environment variable SPORTELLO_CLOCK_FILE, if set, names a file that holds an
 * offset in seconds that is added (read again each time): tests move time with it; nobody else should. */
int64_t clock_now(void);
int64_t clock_thread_us(void);                    /* microseconds of the processor that this thread has had, for durations only */
int64_t clock_monotonic_us(void);                 /* microseconds, never goes back, for durations only */
/* By how many ms the clock was set since the last call, measured by one that nobody sets; 0: not, or by less than a minute. For one thread,
 * about once a second. One that was set forward by more than ten minutes is doubted for `doubt_ms`: maybe it is wrong, and is set back soon. */
int64_t clock_check(int64_t doubt_ms);
bool clock_doubted(void);
char *time_rfc3339(struct arena *arena, int64_t ms);             /* 2026-11-22T05:12:21Z; "" for 0 */
char *time_rfc5322(struct arena *arena, int64_t ms);             /* Sun, 22 Nov 2026 05:12:21 +0000 */

/* ---- threads (thread.c) ---- */
int thread_start(pthread_t *thread, void *(*run)(void *), void *context);        /* 0, or why not (errno) */

/* ---- digest and random ---- */
#define SHA256_SIZE 32
struct sha256 { uint64_t state[16]; };            /* opaque; large enough for nettle's context, asserted in digest.c */
void sha256_init(struct sha256 *digest);
void sha256_add(struct sha256 *digest, const void *bytes, size_t length);
void sha256_end(struct sha256 *digest, unsigned char out[SHA256_SIZE]);
void sha256_of(const void *bytes, size_t length, unsigned char out[SHA256_SIZE]);
void hmac_sha256(const unsigned char *key, size_t key_length, const void *bytes, size_t length, unsigned char out[SHA256_SIZE]);
/* Encrypts and authenticates (ChaCha20-Poly1305, RFC 8439): `out` has SEAL_MORE bytes more than `bytes`, a fresh nonce first. unseal(): back, into SEAL_MORE
 * bytes less; false: sealed under another key, or changed. */
#define SEAL_MORE 28
void seal(const unsigned char key[SHA256_SIZE], const void *bytes, size_t length, unsigned char *out);
bool unseal(const unsigned char key[SHA256_SIZE], const void *sealed, size_t length, unsigned char *out);
/* RFC 4648 with padding, no line end and no NUL; returns the bytes written: 4 for every 3 begun. */
size_t base64_encode(const void *bytes, size_t length, char *out);
bool bytes_equal_constant_time(const void *a, const void *b, size_t length);
void random_bytes(void *out, size_t length);
char *hex_encode(struct arena *arena, const void *bytes, size_t length);
/* Lower-case base32 without padding, alphabet "abcdefghijklmnopqrstuvwxyz234567" (RFC 4648, lower case): survives MTAs
 * that change the case of a local part. Decoding takes either case; returns the count of bytes, or -1. */
char *base32_encode(struct arena *arena, const void *bytes, size_t length);
int base32_decode(const char *text, size_t length, unsigned char *out, size_t room);

/* ---- log: one `key=value` line an event, to stderr. Values with blanks are quoted, controls escaped. ---- */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };
void log_set_level(enum log_level level);
/* What of mail addresses stands in it, whatever the value they are part of: all, "@domain", "@". */
enum log_addresses { LOG_ADDRESSES_FULL, LOG_ADDRESSES_DOMAIN, LOG_ADDRESSES_OFF };
void log_set_addresses(enum log_addresses addresses);
/* log_event(LOG_INFO, "lmtp.accepted", "id", id, "ticket", number_text, NULL): pairs of strings, NULL-terminated. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
#define LOG_NUMBER(n) (log_number((char[24]){0}, (int64_t)(n)))
const char *log_number(char out[24], int64_t number);

/* ---- JSON writer: commas and escapes are its business. Strings must be UTF-8; wrong bytes become U+FFFD. ---- */
struct json { struct buffer *out; bool comma; };
void json_init(struct json *json, struct buffer *out);
void json_object(struct json *json, const char *key);            /* key NULL: array element or top */
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_string(struct json *json, const char *key, const char *value);   /* NULL value: null */
void json_strings(struct json *json, const char *key, const struct strings *list);        /* an array of them */
void json_number(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_time(struct json *json, const char *key, int64_t ms);  /* RFC 3339; null for 0 */

/* ---- records: `key=value` lines in one text, for small values in one database column. Escapes \n, \r and \\. ---- */
void record_add(struct buffer *out, const char *key, const char *value);
const char *record_get(struct arena *arena, const char *record, const char *key);        /* NULL: not there */
/* Walks: *at starts at the record; false at its end. */
bool record_next(struct arena *arena, const char **at, const char **key, const char **value);

/* ---- cleanup attributes ---- */
void cleanup_fd(int *fd);
void cleanup_free(void *pointer);                 /* takes the address of a pointer */
#define CLEANUP_FD __attribute__((cleanup(cleanup_fd)))
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))
#define CLEANUP_ARENA __attribute__((cleanup(arena_fini)))
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_fini)))

/* ---- files ---- */
enum status file_read_all(const char *path, size_t limit, struct buffer *out, struct error *error);
/* Opens a file of a folder for reading, never one outside of it, whatever links lie there (absolute ones lead out). -1: errno, EXDEV. */
int file_open_below(const char *folder, const char *name);
bool write_all(int fd, const void *bytes, size_t length);        /* false: errno says why */
/* What was made, renamed or removed in a directory outlives a power cut only after this. False: errno. */
bool directory_sync(const char *path);
/* Makes it unless it is there; what is made is synced into its parent. False: errno. */
bool directory_make(const char *path, unsigned int mode);

#endif
