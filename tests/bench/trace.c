/*
 * trace.c - LD_PRELOAD: notes when sportellod reads a mail, writes it to a file, syncs that file, and answers. For `make bench`.
 *
 * The proof of "250 means on disk" (claim.py) is made of these notes: for each mail, its last byte was read, then its bytes were written
 * to the WAL, then a sync of the WAL began and ended, then the 250 was sent. All times are of one clock in one process, taken before a
 * sync and a send begin, and after a read, a write and a sync have ended. A mail is known by its Message-ID, "<claim.NNNNNNNN@".
 *   BENCH_TRACE=FILE   a file of TRACE_BYTES: a count of eight bytes, then the notes
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRACE_BYTES (256u << 20)
#define MARK        "<claim."

enum { READ_MAIL = 1, READ_END, WROTE, SYNCED, ANSWERED };

struct note { int64_t at, ended; uint64_t file; uint32_t kind, mail; };
struct notes { _Atomic uint64_t count; struct note at[]; };

static struct notes *notes;
static uint64_t most;
static ssize_t (*real_recv)(int, void *, size_t, int), (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor))
static void start(void)
{
	const char *path = getenv("BENCH_TRACE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, TRACE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (shared != MAP_FAILED)
		notes = shared;
	if (fd >= 0)
		close(fd);
	most = (TRACE_BYTES - sizeof *notes) / sizeof(struct note);
	real_recv = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
	real_send = (ssize_t (*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
	real_pwrite64 = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
	real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)1000000000 + ts.tv_nsec;
}

static void note(uint32_t kind, int64_t at, int64_t ended, uint64_t file, uint32_t mail)
{
	uint64_t i = notes ? atomic_fetch_add(&notes->count, 1) : 0;

	if (notes && i < most)
		notes->at[i] = (struct note){ at, ended, file, kind, mail };
}

/* One note for each mail whose Message-ID stands in the bytes. */
static void note_mails(uint32_t kind, int64_t at, int64_t ended, uint64_t file, const char *bytes, size_t length)
{
	const char *end = bytes + length, *found = bytes;

	while ((found = memmem(found, (size_t)(end - found), MARK, sizeof MARK - 1))) {
		uint32_t mail = 0;

		for (found += sizeof MARK - 1; found < end && *found >= '0' && *found <= '9'; found++)
			mail = mail * 10 + (uint32_t)(*found - '0');
		if (found < end && *found == '@')
			note(kind, at, ended, file, mail);
	}
}

static uint64_t file_of(int fd)
{
	struct stat facts;

	return fstat(fd, &facts) == 0 ? (uint64_t)facts.st_ino : 0;
}

/* A mail of `load` comes as header and text in one piece, and what ends with the final dot ends the mail. */
ssize_t recv(int fd, void *bytes, size_t room, int flags)
{
	ssize_t n = real_recv(fd, bytes, room, flags);
	int64_t at = now();

	if (n <= 0)
		return n;
	note_mails(READ_MAIL, at, at, (uint64_t)fd, bytes, (size_t)n);
	if (n >= 5 && memcmp((char *)bytes + n - 5, "\r\n.\r\n", 5) == 0)
		note(READ_END, at, at, (uint64_t)fd, 0);
	return n;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	int64_t at = now();

	if (length > 4 && memcmp(bytes, "250 ", 4) == 0)
		note(ANSWERED, at, at, (uint64_t)fd, 0);
	return real_send(fd, bytes, length, flags);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	int64_t at = now();
	ssize_t n = real_pwrite64(fd, bytes, length, offset);

	note_mails(WROTE, at, now(), file_of(fd), bytes, length);
	return n;
}

static int sync_with(int (*real)(int), int fd)
{
	int64_t at = now();
	int result = real(fd);

	note(SYNCED, at, now(), result == 0 ? file_of(fd) : 0, 0);
	return result;
}

int fsync(int fd)
{
	return sync_with(real_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_with(real_fdatasync, fd);
}
