/*
 * postfix_run.c - runs one of Postfix's programs and gathers what it says.
 *
 * They stand in /usr/sbin, which is not in every user's PATH. Never by a shell: names and addresses are arguments.
 */
#include "postfix_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MOST ((size_t)4 * 1024 * 1024)      /* of output that is kept: a thousand parameters are a tenth of it */

static const char more_path[] = ":/usr/sbin:/sbin:/usr/local/sbin";

static void set_path(void)
{
	CLEANUP_BUFFER struct buffer path;
	const char *old = getenv("PATH");

	buffer_init(&path);
	buffer_printf(&path, "%s%s", old ? old : "/usr/bin:/bin", more_path);
	setenv("PATH", buffer_string(&path), 1);
}

bool postfix_program_is_there(const char *name)
{
	CLEANUP_ARENA struct arena arena;
	const char *old = getenv("PATH"), *at;

	arena_init(&arena);
	at = arena_printf(&arena, "%s%s", old ? old : "/usr/bin:/bin", more_path);
	while (*at) {
		size_t length = strcspn(at, ":");

		if (length && access(arena_printf(&arena, "%.*s/%s", (int)length, at, name), X_OK) == 0)
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

/* The child: its input is a file that is read from the start. */
static void become(const char *const *words, int input, int output)
{
	set_path();
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execvp(words[0], (char *const *)words);
	_exit(127);
}

static int input_file(const char *text)
{
	char path[] = "/tmp/sportello-XXXXXX";
	int fd = text ? mkostemp(path, O_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (!text || fd < 0)
		return fd;
	unlink(path);
	if (!write_all(fd, text, strlen(text)) || lseek(fd, 0, SEEK_SET) < 0)
		cleanup_fd(&fd);
	return fd;
}

static void gather(int fd, struct buffer *said)
{
	char piece[16384];
	ssize_t got;

	while ((got = read(fd, piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0 && said->length < SAID_MOST)
			buffer_add(said, piece, (size_t)got);
}

int postfix_run(const char *const *words, const char *input, struct buffer *said)
{
	CLEANUP_FD int in = input_file(input);
	int ends[2], status = -1;
	pid_t child;

	if (in < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if ((child = fork()) == 0)
		become(words, in, ends[1]);
	close(ends[1]);
	if (child > 0)
		gather(ends[0], said);
	close(ends[0]);
	if (child < 0)
		return -1;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}
