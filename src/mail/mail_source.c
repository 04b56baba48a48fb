/*
 * mail_source.c - where the bytes of a mail are: in memory, or in a file that is read piece by piece.
 *
 * A file of at most LIMIT_MEMORY_SPOOL is read to memory, a larger one stays a descriptor and is only ever read with
 * pread, so that several threads may share it. Standard input of any size is spooled to an unnamed temporary file.
 * May not change or close a descriptor that it did not open. Makes no diagnostics but the error of opening.
 */
#include "mail_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

size_t mail_source_read(const struct mail_source *source, uint64_t at, void *out, size_t length)
{
	if (at >= source->size)
		return 0;
	if (length > source->size - at)
		length = (size_t)(source->size - at);
	if (source->fd < 0) {
		memcpy(out, source->data + at, length);
		return length;
	}
	size_t have = 0;
	while (have < length) {
		ssize_t got = pread(source->fd, (char *)out + have, length - have, (off_t)(at + have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

struct span mail_source_span(struct arena *arena, const struct mail_source *source, uint64_t start, uint64_t end)
{
	if (end > source->size)
		end = source->size;
	if (start >= end)
		return (struct span){ "", 0 };
	if (source->fd < 0)
		return (struct span){ source->data + start, (size_t)(end - start) };
	char *room = arena_room(arena, (size_t)(end - start) + 1);
	size_t length = mail_source_read(source, start, room, (size_t)(end - start));
	room[length] = '\0';
	return (struct span){ room, length };
}

/* Copies standard input to a file without a name; a small one ends in memory by source_from_fd. */
static int spool(int from, struct error *error)
{
	char name[] = "/tmp/sportello-mail-XXXXXX", piece[65536];
	int fd = mkstemp(name);
	if (fd < 0) {
		error_set(error, STATUS_TRY_LATER, "no temporary file for the mail: %s", strerror(errno));
		return -1;
	}
	unlink(name);
	for (;;) {
		ssize_t got = read(from, piece, sizeof piece);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return fd;
		if (got < 0 || !write_all(fd, piece, (size_t)got)) {
			error_set(error, STATUS_TRY_LATER, "reading the mail: %s", strerror(errno));
			close(fd);
			return -1;
		}
	}
}

static enum status source_from_fd(int fd, const char *path, struct mail_source *source, struct error *error)
{
	struct stat about;
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
		close(fd);
		return error_set(error, STATUS_NOT_FOUND, "%s is not a file", path);
	}
	source->size = (uint64_t)about.st_size;
	source->fd = fd;
	if (source->size > LIMIT_MEMORY_SPOOL)
		return STATUS_OK;
	char *room = malloc(source->size + 1);
	if (!room) {
		close(fd);
		return error_set(error, STATUS_TRY_LATER, "no memory for the mail");
	}
	source->size = mail_source_read(source, 0, room, source->size);
	room[source->size] = '\0';
	source->data = room;
	source->fd = -1;
	close(fd);
	return STATUS_OK;
}

enum status mail_source_open(const char *path, struct mail_source *source, struct error *error)
{
	*source = (struct mail_source){ .fd = -1 };
	bool standard = !path || strcmp(path, "-") == 0;
	int fd = standard ? spool(STDIN_FILENO, error) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && standard)
		return STATUS_TRY_LATER;
	if (fd < 0)
		return error_set(error, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
	return source_from_fd(fd, standard ? "standard input" : path, source, error);
}

void mail_source_close(struct mail_source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	else
		free((void *)(uintptr_t)source->data);
	*source = (struct mail_source){ .fd = -1 };
}
