/*
 * sync.c - LD_PRELOAD: counts the syncs of a program and its children, and makes each one slower if wanted. For `make bench`.
 *
 *   BENCH_SYNC_COUNT=FILE   eight bytes at least; the first eight are the count, shared by all processes
 *   BENCH_SYNC_US=5000      each sync takes that much longer, as on a disk that really flushes
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic long nowhere, *count = &nowhere;
static long delay_us;
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor))
static void start(void)
{
	const char *path = getenv("BENCH_SYNC_COUNT"), *delay = getenv("BENCH_SYNC_US");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared != MAP_FAILED)
		count = shared;
	if (fd >= 0)
		close(fd);
	delay_us = delay ? atol(delay) : 0;
	real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
}

static int sync_with(int (*real)(int), int fd)
{
	struct timespec wait = { delay_us / 1000000, delay_us % 1000000 * 1000 };

	atomic_fetch_add(count, 1);
	if (delay_us)
		nanosleep(&wait, NULL);
	return real(fd);
}

int fsync(int fd)
{
	return sync_with(real_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_with(real_fdatasync, fd);
}
