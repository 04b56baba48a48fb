/*
 * file.c - whole files in, whole buffers out, and the cleanup attributes.
 *
 * For files that fit into memory and have a limit: configuration, articles, rules, templates. Mail is streamed elsewhere.
 * Descriptors are always close-on-exec, so that no child inherits one.
 * Diagnostics name the file and the reason of the system: "NAME: No such file or directory".
 */
#include "base_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

static enum status file_failed(const char *path, struct error *error)
{
	const char *text = strerror(errno);     /* of glibc: safe among threads */
	enum status status;

	switch (errno) {
	case ENOENT: case ENOTDIR:
		status = STATUS_NOT_FOUND;
		break;
	case EACCES: case EPERM:
		status = STATUS_REFUSED;
		break;
	case EMFILE: case ENFILE: case ENOMEM: case EAGAIN:
		status = STATUS_TRY_LATER;
		break;
	default:
		status = STATUS_BAD_INPUT;
	}
	return error_set(error, status, "%s: %s", path, text);
}

enum status file_read_all(const char *path, size_t limit, struct buffer *out, struct error *error)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *piece = NULL;
	size_t total = 0;

	if (fd < 0)
		return file_failed(path, error);
	if (!(piece = malloc(PIECE)))
		base_die("out of memory");
	for (;;) {
		ssize_t got = read(fd, piece, PIECE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_failed(path, error);
		if (got == 0)
			return STATUS_OK;
		if ((size_t)got > limit - total)
			return error_set(error, STATUS_BAD_INPUT, "%s: larger than the limit of %zu bytes", path, limit);
		total += (size_t)got;
		buffer_add(out, piece, (size_t)got);
	}
}

int file_open_below(const char *folder, const char *name)
{
	CLEANUP_FD int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd;

	if (at < 0)
		return -1;
	do
		fd = syscall(SYS_openat2, at, name, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN);               /* somebody renames there */
	if (fd >= 0 || errno != ENOSYS)
		return (int)fd;
	fd = openat(at, name, (int)how.flags | O_NOFOLLOW);      /* Linux before 5.6: no links at all */
	if (fd < 0 && errno == ELOOP)
		errno = EXDEV;
	return (int)fd;
}

bool write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		ssize_t written = write(fd, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

bool directory_sync(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

bool directory_make(const char *path, unsigned int mode)
{
	char parent[4096];
	size_t length = strlen(path);

	if (mkdir(path, mode) != 0)
		return errno == EEXIST;
	while (length > 0 && path[length - 1] == '/')
		length--;
	while (length > 0 && path[length - 1] != '/')
		length--;
	if (length < sizeof parent) {
		memcpy(parent, length ? path : ".", length ? length : 1);
		parent[length ? length : 1] = '\0';
		if (directory_sync(parent))
			return true;
	} else {
		errno = ENAMETOOLONG;
	}
	int saved = errno;
	rmdir(path);             /* so that the next attempt makes and syncs it again */
	errno = saved;
	return false;
}

void cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void cleanup_free(void *pointer)
{
	void **owner = pointer;

	free(*owner);
	*owner = NULL;
}
