/*
 * outbox_maildir.c - the transport that sends nothing: each mail becomes a file of a Maildir, to try things out and for tests.
 *
 * Written to tmp/, synced, renamed into new/, directory synced: a file in new/ is whole. The name is made from the row, so a mail
 * that is written again replaces itself. The envelope stands above the mail, where a local delivery puts it: Return-Path, and a
 * Delivered-To for each recipient. Lines end with LF, as mail readers expect in a Maildir.
 */
#include "outbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool directories_make(const char *path)
{
	static const char *const inside[] = { "", "/tmp", "/new", "/cur" };
	char name[4096];

	for (size_t i = 0; i < COUNT_OF(inside); i++) {
		if (snprintf(name, sizeof name, "%s%s", path, inside[i]) >= (int)sizeof name) {
			errno = ENAMETOOLONG;
			return false;
		}
		if (!directory_make(name, 0750))
			return false;
	}
	return true;
}

static void add_lines(struct buffer *out, const char *at, size_t length)
{
	while (length) {
		const char *end = memchr(at, '\n', length);
		size_t run = end ? (size_t)(end - at) : length, taken = end ? run + 1 : run;

		buffer_add(out, at, run && at[run - 1] == '\r' ? run - 1 : run);
		buffer_add_char(out, '\n');
		at += taken;
		length -= taken;
	}
}

static bool file_write(const char *path, const struct buffer *bytes)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	return fd >= 0 && write_all(fd, bytes->at, bytes->length) && fsync(fd) == 0;
}

static bool deliver(const char *path, const char *name, const struct buffer *bytes)
{
	char tmp[4096], new[4096], directory[4096];

	if (snprintf(tmp, sizeof tmp, "%s/tmp/%s", path, name) >= (int)sizeof tmp) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(new, sizeof new, "%s/new/%s", path, name);
	snprintf(directory, sizeof directory, "%s/new", path);
	if (!file_write(tmp, bytes) && (errno != ENOENT || !directories_make(path) || !file_write(tmp, bytes)))
		return false;
	/* Another sender may be making the folders just now: tmp is there, new not yet. */
	if (rename(tmp, new) != 0 && (errno != ENOENT || !directories_make(path) || rename(tmp, new) != 0))
		return false;
	return directory_sync(directory);
}

void outbox_maildir_send(const char *path, const struct message *message, struct attempt *attempt)
{
	CLEANUP_BUFFER struct buffer bytes;
	size_t count = 0;

	buffer_init(&bytes);
	buffer_printf(&bytes, "Return-Path: <%s>\n", message->envelope_from);
	for (size_t i = 0; i < message->count; i++)
		if (attempt->at[i].delivery == DELIVERY_NONE) {
			buffer_printf(&bytes, "Delivered-To: %s\n", message->recipients[i]);
			count++;
		}
	add_lines(&bytes, message->bytes, message->length);
	if (count && !deliver(path, message->name, &bytes)) {
		attempt->relay_trouble = true;
		outbox_attempt_rest(attempt, DELIVERY_RETRY, arena_printf(attempt->arena, "%s: %s", path, strerror(errno)));
		return;
	}
	outbox_attempt_rest(attempt, DELIVERY_SENT, arena_printf(attempt->arena, "kept as %s", message->name));
}
