/*
 * daemon_memory.c - how much memory the process keeps: one heap for all threads, and nothing that only its start needed.
 *
 * Loading some forty libraries touches eight megabytes of them, their tables of symbols above all, and most of that never again. Once all
 * is up, those pages are given back; what is used is mapped anew from the page cache when it is next touched, for a microsecond a page.
 * Later, what lies free inside the heap is given back when it has become much: training and a new model leave tens of megabytes behind.
 * Only mappings that cannot be written and hold no page of our own are given back: one with relocations, or with a debugger's
 * breakpoint, is left alone. Where /proc is not there or a call is refused, the pages stay: no trouble.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "daemon_private.h"

#define HEAP_KEPT (8 * 1024 * 1024)      /* bytes */
#define FREE_MOST (2 * 1024 * 1024)      /* bytes that lie free in the heap and are not looked at; a burst of mails needs about so many again */
#define LOOK_US (5 * 1000 * 1000)

/* One heap for all threads: what a connection lets go serves the next one. Blocks up to HEAP_KEPT are taken from it, so that a mail of
 * a megabyte does not fetch each of its pages from the kernel anew, and as much is kept when it is free; larger ones go back at once. */
void daemon_memory_begin(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, HEAP_KEPT);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
#endif
}

struct mapping { unsigned long from, to; char rights[8], path[2]; };

static bool only_read(const struct mapping *mapping)
{
	return *mapping->path == '/' && (strcmp(mapping->rights, "r--p") == 0 || strcmp(mapping->rights, "r-xp") == 0);
}

/* proc_pid_smaps(5): a line for each mapping, then its figures, among them "Anonymous": pages that are not the file's any more. */
static void give_back(FILE *maps)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	struct mapping mapping = {0}, next;
	while (getline(&line, &room, maps) > 0) {
		unsigned long anonymous;
		next = (struct mapping){0};
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %1s", &next.from, &next.to, next.rights, next.path) >= 3)
			mapping = next;
		else if (sscanf(line, "Anonymous: %lu", &anonymous) == 1 && !anonymous && only_read(&mapping))
			madvise((void *)mapping.from, mapping.to - mapping.from, MADV_DONTNEED);
	}
}

void daemon_memory_settle(void)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	if (maps) {
		give_back(maps);
		fclose(maps);
	}
#ifdef M_ARENA_MAX
	malloc_trim(0);
#endif
}

/* Free pages in the middle of the heap are the kernel's to take, too, but nobody tells it. */
void daemon_memory_tick(struct daemon *daemon)
{
#ifdef M_ARENA_MAX
	int64_t now = clock_monotonic_us();
	if (now - daemon->memory_looked < LOOK_US)
		return;
	daemon->memory_looked = now;
	if (mallinfo2().fordblks > FREE_MOST)
		malloc_trim(FREE_MOST / 2);
#endif
}
