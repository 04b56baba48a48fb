/*
 * arena.c - memory that is freed all at once: of one mail, one page, one command.
 *
 * Blocks are taken from the heap, doubling in size, and handed out from front to back. What is large gets a block of its
 * own, so that it does not throw away the rest of the current one. Nothing is freed alone, nothing is ever NULL.
 * Blocks up to LARGEST_KEPT are not given back to the heap but kept for the next arena, KEPT_MOST bytes in all: a mail takes
 * some twenty of them, of sizes for which malloc(3) has to lock, cut and join every time.
 * An effort that the arena carries learns of each block; what is over it is handed out all the same, since nobody's code may find NULL.
 * Not for two threads at once: an arena belongs to one job.
 * Under AddressSanitizer what was not handed out is poisoned, with a gap after each piece, so overruns are seen; and nothing is kept.
 * Diagnostic: "out of memory" on stderr, then abort(): systemd restarts us, and Postfix tries again.
 */
#include "base_private.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, length) ASAN_POISON_MEMORY_REGION(at, length)
#define UNPOISON(at, length) ASAN_UNPOISON_MEMORY_REGION(at, length)
#define GAP 16
#define KEPT_MOST ((size_t)0)
#else
#define POISON(at, length) ((void)0)
#define UNPOISON(at, length) ((void)0)
#define GAP 0
#define KEPT_MOST ((size_t)1024 * 1024)        /* bytes of blocks that nobody uses */
#endif

#define FIRST_BLOCK ((size_t)8 * 1024)         /* bytes: a small mail's worth of values */
#define LARGEST_BLOCK ((size_t)1024 * 1024)    /* bytes: beyond it doubling only wastes */
#define SIZES 9                                /* of kept blocks: 8, 12, 16, 24, 32 ... KiB */
#define LARGEST_KEPT (FIRST_BLOCK << SIZES / 2)

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	bool counted;                           /* on the arena's effort */
	alignas(max_align_t) char bytes[];
};

static struct { pthread_mutex_t lock; struct arena_block *of_size[SIZES]; size_t bytes; } idle = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t room_of_size(size_t size)
{
	return (size % 2 ? FIRST_BLOCK + FIRST_BLOCK / 2 : FIRST_BLOCK) << size / 2;
}

/* The smallest size that has so much room. */
static size_t size_for(size_t room)
{
	size_t size = 0;

	while (room_of_size(size) < room)
		size++;
	return size;
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){ 0 };
}

/* The other blocks are sizes apart, so that each can serve the next arena: of a thousand arenas that stay, they would be half empty. */
void arena_begin(struct arena *arena, size_t room)
{
	struct arena_block *block = room <= LARGEST_BLOCK ? malloc(sizeof *block + room) : NULL;

	arena_init(arena);
	if (!block)                     /* the usual blocks do */
		return;
	*block = (struct arena_block){ .room = room };
	POISON(block->bytes, room);
	arena->head = block;
	arena->total = room;
}

void arena_limit(struct arena *arena, struct effort *effort)
{
	arena->effort = effort;
}

static bool keep(struct arena_block *block)
{
	size_t size = size_for(block->room);
	bool fits;

	if (block->room != room_of_size(size))        /* arena_begin() */
		return false;
	pthread_mutex_lock(&idle.lock);
	fits = idle.bytes + block->room <= KEPT_MOST;
	if (fits) {
		block->next = idle.of_size[size];
		idle.of_size[size] = block;
		idle.bytes += block->room;
	}
	pthread_mutex_unlock(&idle.lock);
	return fits;
}

static void block_free(struct arena *arena, struct arena_block *block)
{
	if (block->counted)
		effort_give(arena->effort, block->room);
	UNPOISON(block->bytes, block->room);
	if (block->room > LARGEST_KEPT || !keep(block))
		free(block);
}

/* NULL: none is kept of that size. */
static struct arena_block *take_kept(size_t size)
{
	struct arena_block *block;

	pthread_mutex_lock(&idle.lock);
	block = idle.of_size[size];
	if (block) {
		idle.of_size[size] = block->next;
		idle.bytes -= block->room;
	}
	pthread_mutex_unlock(&idle.lock);
	return block;
}

void arena_fini(struct arena *arena)
{
	for (struct arena_block *block = arena->head, *next; block; block = next) {
		next = block->next;
		block_free(arena, block);
	}
	arena_init(arena);
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = NULL;

	for (struct arena_block *block = arena->head, *next; block; block = next) {
		next = block->next;
		if (!kept && block->room == FIRST_BLOCK)
			kept = block;
		else
			block_free(arena, block);
	}
	arena_init(arena);
	if (kept) {
		kept->next = NULL;
		kept->used = 0;
		kept->counted = false;
		POISON(kept->bytes, kept->room);
		arena->head = kept;
		arena->total = kept->room;
	}
}

static struct arena_block *block_new(struct arena *arena, size_t room)
{
	struct arena_block *block = NULL;

	if (room <= LARGEST_KEPT) {
		size_t size = size_for(room);

		room = room_of_size(size);
		block = take_kept(size);
	}
	if (room > SIZE_MAX / 2 || (!block && !(block = malloc(sizeof *block + room))))
		base_die("out of memory");
	memory_large(block, sizeof *block + room);
	block->next = NULL;
	block->used = 0;
	block->room = room;
	block->counted = arena->effort != NULL;
	effort_take(arena->effort, room);
	POISON(block->bytes, room);
	arena->total += room;
	return block;
}

/* A block with room for `size` bytes: a fresh head, or, for what is large, one behind the head. */
static struct arena_block *block_for(struct arena *arena, size_t size)
{
	size_t usual = arena->total < FIRST_BLOCK ? FIRST_BLOCK : arena->total;
	struct arena_block *block;

	if (usual > LARGEST_BLOCK)
		usual = LARGEST_BLOCK;
	if (size > usual / 4 && arena->head) {
		block = block_new(arena, size);
		block->next = arena->head->next;
		arena->head->next = block;
	} else {
		block = block_new(arena, size > usual ? size : usual);
		block->next = arena->head;
		arena->head = block;
	}
	return block;
}

static void *arena_take(struct arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct arena_block *block = arena->head;
	size_t whole;
	char *at;

	if (size > SIZE_MAX / 4)
		base_die("out of memory");
	whole = ((size ? size : 1) + GAP + alignment - 1) & ~(alignment - 1);
	if (!block || block->room - block->used < whole)
		block = block_for(arena, whole);
	at = block->bytes + block->used;
	block->used += whole;
	UNPOISON(at, size);
	return at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
}

char *arena_room(struct arena *arena, size_t size)
{
	return arena_take(arena, size);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
	char *copy = arena_take(arena, length + 1);

	if (length)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
	return arena_copy(arena, string, string ? strlen(string) : 0);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	struct arena_block *block = arena->head;
	size_t room = block ? block->room - block->used : 0;
	char *at = block ? block->bytes + block->used : NULL, *text;
	va_list again;
	int length;

	va_copy(again, arguments);
	UNPOISON(at, room);
	length = vsnprintf(at, room, format, arguments);         /* where it will stand, if it fits */
	POISON(at, room);
	text = arena_take(arena, length < 0 ? 1 : (size_t)length + 1);
	if (length < 0)
		*text = '\0';
	else if (text != at)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

/* The room of a list is not stored: it is the next power of two, at least 4. */
void arena_grow(struct arena *arena, void **at, size_t count, size_t item_size)
{
	size_t room = count < 4 ? 4 : count * 2;
	bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);

	if (full) {
		void *larger;

		if (room > SIZE_MAX / 4 / item_size)
			base_die("out of memory");
		larger = arena_take(arena, room * item_size);
		if (count)
			memcpy(larger, *at, count * item_size);
		*at = larger;
	}
	memset((char *)*at + count * item_size, 0, item_size);
}

void *arena_list(struct arena *arena, size_t count, size_t item_size)
{
	size_t room = 4;

	while (room < count && room <= SIZE_MAX / 8)
		room *= 2;
	if (room > SIZE_MAX / 4 / item_size)
		base_die("out of memory");
	return arena_take(arena, room * item_size);
}
