/*
 * memory.c - memory that runs out: LD_PRELOAD for the tests of troubles.
 *
 *   SHIM_MEMORY   a file of two int64_t, mapped: how many requests are still granted (-1: all), and how many were refused
 *
 * A test writes the count into the file while the daemon runs: from that request on `refuse` of them fail (the second half of a
 * 24-byte file says how many; then memory is back).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* glibc's own: no dlsym, which itself asks for memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

struct control { _Atomic int64_t granted, refused, refuse; };
static struct control *control;

__attribute__((constructor)) static void start(void)
{
	const char *file = getenv("SHIM_MEMORY");
	int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
	void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (mapped != MAP_FAILED)
		control = mapped;
}

static bool refused(void)
{
	if (!control || atomic_load_explicit(&control->granted, memory_order_relaxed) < 0)
		return false;
	if (atomic_fetch_sub(&control->granted, 1) > 0)
		return false;
	if (atomic_fetch_add(&control->refused, 1) >= atomic_load(&control->refuse)) {
		atomic_store(&control->granted, -1);
		return false;
	}
	atomic_store(&control->granted, 0);
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refused() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return refused() ? NULL : __libc_realloc(old, size); }
