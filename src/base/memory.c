/*
 * memory.c - large pieces of memory in large pages.
 *
 * Where the system has none, or gives none, nothing is lost.
 */
#include "base_private.h"

#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)2 * 1024 * 1024)

void memory_large(void *at, size_t length)
{
	uintptr_t begin = ((uintptr_t)at + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1), end = ((uintptr_t)at + length) & ~(LARGE_PAGE - 1);

	if (length >= MEMORY_LARGE && end > begin)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);      /* NOLINT(performance-no-int-to-ptr) */
}
