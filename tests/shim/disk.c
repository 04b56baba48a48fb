/*
 * disk.c - a disk that remembers and can be made to fail: LD_PRELOAD for the tests of power cuts and of troubles.
 *
 *   SHIM_ROOT     what is below this directory is watched (but *-shm: SQLite maps it, and never trusts it after a crash)
 *   SHIM_CONTROL  a page shared by all processes: a lock, and the faults that a test switches on and off (shim.py writes them)
 *   SHIM_LOG      every write, sync, truncation and change of a directory is appended to it, in the order in which they happened
 *   SHIM_NET      if set, what comes and goes over sockets is in the log too
 *   SHIM_NOSYNC   if set, nothing is really synced: the log is what counts, and the tests are faster
 *
 * powercut.py reads the log and builds the disk as a power cut would leave it. For that, each operation is done and written down under one
 * lock; only a sync is not: what was written before its begin is safe at its end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum record { R_CREATE = 1, R_MKDIR, R_WRITE, R_TRUNCATE, R_SYNC_BEGIN, R_SYNC_END, R_SYNC_FAILED, R_RENAME, R_UNLINK, R_LINK, R_RMDIR, R_IN, R_OUT };
enum op { OP_OPEN = 1, OP_READ = 2, OP_WRITE = 4, OP_SYNC = 8, OP_NAME = 16, OP_CREATE = 32 };

struct head { uint32_t magic, type; uint64_t file, at, size; uint32_t length, length2; };
#define MAGIC 0x54554350

/* The layout is shim.py's too. */
struct fault { uint32_t error, ops; int64_t skip, count, hits; char match[32]; };
#define FAULTS 8
struct control {
	_Atomic uint32_t ready;
	uint32_t unused;
	pthread_mutex_t lock;
	char gap[1024 - 8 - sizeof(pthread_mutex_t)];
	struct fault faults[FAULTS];
};

#define FDS 2048
static struct { uint64_t file; bool watched; char name[128]; } fds[FDS];
static struct control *control;
static int log_fd = -1;
static const char *root;
static size_t root_length;
static bool net, nosync;

#define NEXT(name) ({ static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name); next; })

/* ---- start ---- */

static void lock_init(void)
{
	pthread_mutexattr_t attributes;
	uint32_t none = 0;
	if (atomic_compare_exchange_strong(&control->ready, &none, 1)) {
		pthread_mutexattr_init(&attributes);
		pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
		pthread_mutex_init(&control->lock, &attributes);
		atomic_store(&control->ready, 2);
	}
	while (atomic_load(&control->ready) != 2)
		usleep(100);
}

__attribute__((constructor)) static void start(void)
{
	const char *page = getenv("SHIM_CONTROL"), *log = getenv("SHIM_LOG");
	int fd;
	root = getenv("SHIM_ROOT");
	if (!root || !page || (fd = NEXT(open)(page, O_RDWR | O_CLOEXEC)) < 0)
		return;
	root_length = strlen(root);
	net = getenv("SHIM_NET") != NULL;
	nosync = getenv("SHIM_NOSYNC") != NULL;
	if (log)
		log_fd = NEXT(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct control *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEXT(close)(fd);
	if (mapped == MAP_FAILED)
		return;
	control = mapped;
	lock_init();
}

static void lock(void)
{
	if (pthread_mutex_lock(&control->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&control->lock);
}

static void unlock(void)
{
	int saved = errno;
	pthread_mutex_unlock(&control->lock);
	errno = saved;
}

static void record(enum record type, uint64_t file, uint64_t at, uint64_t size, const void *bytes, size_t length, const void *more, size_t length2)
{
	struct head head = {MAGIC, type, file, at, size, (uint32_t)length, (uint32_t)length2};
	struct iovec parts[3] = {{&head, sizeof head}, {(void *)bytes, length}, {(void *)more, length2}};
	int saved = errno;
	if (log_fd >= 0 && NEXT(writev)(log_fd, parts, 3) < 0)
		abort();
	errno = saved;
}

/* The path below the root; NULL: none of ours. */
static const char *inside(const char *path)
{
	size_t length = strlen(path);
	if (!control || strncmp(path, root, root_length) != 0 || (path[root_length] && path[root_length] != '/'))
		return NULL;
	if (length > 4 && strcmp(path + length - 4, "-shm") == 0)
		return NULL;
	return path[root_length] ? path + root_length + 1 : "";
}

/* True, with errno: a test wants it to fail. */
static bool fails(enum op op, const char *name)
{
	for (int i = 0; control && i < FAULTS; i++) {
		struct fault *fault = &control->faults[i];
		if (!(fault->ops & op) || !fault->error || fault->count == 0 || fnmatch(fault->match, name, 0) != 0)
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		if (fault->count > 0)
			fault->count--;
		fault->hits++;
		errno = (int)fault->error;
		return true;
	}
	return false;
}

static bool watched(int fd)
{
	return control && fd >= 0 && fd < FDS && fds[fd].watched;
}

/* ---- opening ---- */

static void remember(int fd, const char *name)
{
	struct stat about;
	if (fd < 0 || fd >= FDS || fstat(fd, &about) != 0)
		return;
	fds[fd].file = about.st_ino;
	strncpy(fds[fd].name, name, sizeof fds[fd].name - 1);
	fds[fd].watched = true;
}

static int opened(int (*next)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
	const char *name = (flags & O_TMPFILE) == O_TMPFILE ? NULL : inside(path);
	struct stat about;
	if (!name)
		return next(path, flags, mode);
	lock();
	bool was = stat(path, &about) == 0;
	int fd = fails(!was && (flags & O_CREAT) ? OP_CREATE : OP_OPEN, name) ? -1 : next(path, flags, mode);
	if (fd >= 0) {
		remember(fd, name);
		if (!was)
			record(R_CREATE, fds[fd].file, 0, 0, name, strlen(name), NULL, 0);
		else if ((flags & O_TRUNC) && about.st_size)
			record(R_TRUNCATE, fds[fd].file, 0, 0, NULL, 0, NULL, 0);
	}
	unlock();
	return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { MODE return opened(NEXT(open), path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(NEXT(open64), path, flags, mode); }
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int close(int fd)
{
	if (fd >= 0 && fd < FDS)
		fds[fd].watched = false;
	return NEXT(close)(fd);
}

/* ---- bytes ---- */

#define LIMITED(fd, op) if (watched(fd)) { lock(); bool bad = fails(op, fds[fd].name); unlock(); if (bad) return -1; }

ssize_t read(int fd, void *to, size_t length)
{
	LIMITED(fd, OP_READ)
	return NEXT(read)(fd, to, length);
}

ssize_t pread(int fd, void *to, size_t length, off_t at)
{
	LIMITED(fd, OP_READ)
	return NEXT(pread)(fd, to, length, at);
}

ssize_t pread64(int fd, void *to, size_t length, off64_t at)
{
	LIMITED(fd, OP_READ)
	return NEXT(pread64)(fd, to, length, at);
}

static ssize_t written(int fd, const void *bytes, size_t length, off64_t at, bool seek)
{
	lock();
	if (seek)
		at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
	ssize_t done = fails(OP_WRITE, fds[fd].name) ? -1 : seek ? NEXT(write)(fd, bytes, length) : NEXT(pwrite64)(fd, bytes, length, at);
	if (done > 0)
		record(R_WRITE, fds[fd].file, (uint64_t)at, 0, bytes, (size_t)done, NULL, 0);
	unlock();
	return done;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	return watched(fd) ? written(fd, bytes, length, 0, true) : NEXT(write)(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	return watched(fd) ? written(fd, bytes, length, at, false) : NEXT(pwrite)(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return watched(fd) ? written(fd, bytes, length, at, false) : NEXT(pwrite64)(fd, bytes, length, at);
}

int ftruncate64(int fd, off64_t size)
{
	if (!watched(fd))
		return NEXT(ftruncate64)(fd, size);
	lock();
	int code = fails(OP_WRITE, fds[fd].name) ? -1 : NEXT(ftruncate64)(fd, size);
	if (code == 0)
		record(R_TRUNCATE, fds[fd].file, 0, (uint64_t)size, NULL, 0, NULL, 0);
	unlock();
	return code;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/* ---- syncing ---- */

static int synced(int fd, int (*next)(int))
{
	static _Atomic uint64_t number;
	uint64_t mine = ((uint64_t)getpid() << 32) + atomic_fetch_add(&number, 1);
	lock();
	record(R_SYNC_BEGIN, fds[fd].file, mine, 0, NULL, 0, NULL, 0);
	bool bad = fails(OP_SYNC, fds[fd].name);
	unlock();
	int saved = errno, code = bad ? -1 : nosync ? 0 : next(fd);
	lock();
	record(code == 0 ? R_SYNC_END : R_SYNC_FAILED, fds[fd].file, mine, 0, NULL, 0, NULL, 0);
	unlock();
	if (bad)
		errno = saved;
	return code;
}

int fsync(int fd)
{
	return watched(fd) ? synced(fd, NEXT(fsync)) : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return watched(fd) ? synced(fd, NEXT(fdatasync)) : NEXT(fdatasync)(fd);
}

/* ---- names ---- */

static int named(enum record type, const char *path, const char *other, int (*act)(const char *, const char *, mode_t), mode_t mode)
{
	const char *name = inside(path), *name2 = other ? inside(other) : NULL;
	struct stat about = {0};
	if (!name)
		return act(path, other, mode);
	lock();
	int code = fails(OP_NAME, name) ? -1 : act(path, other, mode);
	if (code == 0 && type == R_MKDIR)
		stat(path, &about);
	if (code == 0)
		record(type, about.st_ino, 0, 0, name, strlen(name), name2, name2 ? strlen(name2) : 0);
	unlock();
	return code;
}

static int act_rename(const char *a, const char *b, mode_t mode) { return NEXT(rename)(a, b); }
static int act_link(const char *a, const char *b, mode_t mode) { return NEXT(link)(a, b); }
static int act_unlink(const char *a, const char *b, mode_t mode) { return NEXT(unlink)(a); }
static int act_rmdir(const char *a, const char *b, mode_t mode) { return NEXT(rmdir)(a); }
static int act_mkdir(const char *a, const char *b, mode_t mode) { return NEXT(mkdir)(a, mode); }

int rename(const char *from, const char *to) { return named(R_RENAME, from, to, act_rename, 0); }
int link(const char *from, const char *to) { return named(R_LINK, from, to, act_link, 0); }
int unlink(const char *path) { return named(R_UNLINK, path, NULL, act_unlink, 0); }
int rmdir(const char *path) { return named(R_RMDIR, path, NULL, act_rmdir, 0); }
int mkdir(const char *path, mode_t mode) { return named(R_MKDIR, path, NULL, act_mkdir, mode); }

/* ---- sockets ---- */

static void told(enum record type, int fd, const void *bytes, ssize_t length)
{
	if (!control || !net || length < 0)
		return;
	lock();
	record(type, (uint64_t)fd, 0, 0, bytes, (size_t)length, NULL, 0);
	unlock();
}

ssize_t recv(int fd, void *to, size_t length, int flags)
{
	ssize_t got = NEXT(recv)(fd, to, length, flags);
	told(R_IN, fd, to, got);
	return got;
}

/* Written down before it leaves: what the other side has seen is in the log. */
ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	told(R_OUT, fd, bytes, (ssize_t)length);
	return NEXT(send)(fd, bytes, length, flags);
}
