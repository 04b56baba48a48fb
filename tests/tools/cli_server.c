/*
 * cli_server.c - `sportello` for tests: loaded once, forked for each command.
 *
 * To load and bind its libraries costs ten times what most commands do, and the black box gives thousands of commands. The
 * objects are those of `sportello`; main() is called sportello_main here (Makefile). desk.py connects once for each command to
 * the listening socket on file descriptor 3 and sends one message: three files (standard input, output, error) and, each ended
 * by a NUL, the directory, the number of arguments, the arguments, the environment. It is told the process, then "exit status,
 * or minus the signal; microseconds of processor". Ends when its standard input is closed: when the last test is gone.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LISTENER = 3, MESSAGE_MAX = 1 << 18, STRINGS_MAX = 1 << 12 };

int sportello_main(int argc, char **argv);
extern char **environ;

static char message[MESSAGE_MAX];
static char *strings[STRINGS_MAX + 1];

/* Reads the message; the number of strings in it, 0 if it is none. */
static size_t receive(int connection, int files[3])
{
	char room[CMSG_SPACE(3 * sizeof(int))];
	struct iovec part = {message, sizeof message - 1};
	struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
	ssize_t length = recvmsg(connection, &head, 0);
	struct cmsghdr *rights = length > 0 ? CMSG_FIRSTHDR(&head) : NULL;
	size_t count = 0;

	if (!rights || rights->cmsg_len != CMSG_LEN(3 * sizeof(int)) || head.msg_flags & MSG_TRUNC)
		return 0;
	memcpy(files, CMSG_DATA(rights), 3 * sizeof(int));
	for (char *at = message; at < message + length && count < STRINGS_MAX; at += strlen(at) + 1)
		strings[count++] = at;
	return count;
}

static _Noreturn void run_command(const int files[3], size_t count)
{
	size_t arguments = (size_t)atoi(strings[1]);
	static char *argv[STRINGS_MAX + 1];

	if (2 + arguments > count || chdir(strings[0]) < 0)
		_exit(EXIT_FAILURE);
	for (int i = 0; i < 3; i++)
		dup2(files[i], i);
	closefrom(3);
	memcpy(argv, strings + 2, arguments * sizeof *argv);
	environ = strings + 2 + arguments;
	exit(sportello_main((int)arguments, argv));
}

static _Noreturn void serve(int connection)
{
	int files[3], status;
	size_t count = receive(connection, files);
	struct rusage used;
	pid_t child = count > 2 ? fork() : -1;

	if (child == 0)
		run_command(files, count);
	if (child < 0)
		_exit(EXIT_FAILURE);
	dprintf(connection, "%d", (int)child);
	while (wait4(child, &status, 0, &used) < 0 && errno == EINTR)
		;
	dprintf(connection, "%d %lld", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status),
	        (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	_exit(EXIT_SUCCESS);
}

int main(void)
{
	struct pollfd on[2] = {{STDIN_FILENO, POLLIN, 0}, {LISTENER, POLLIN, 0}};

	for (;;) {
		if (poll(on, 2, -1) < 0 && errno != EINTR)
			return EXIT_FAILURE;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (on[0].revents)
			return EXIT_SUCCESS;
		int connection = on[1].revents ? accept(LISTENER, NULL, NULL) : -1;
		if (connection >= 0 && fork() == 0)
			serve(connection);
		close(connection);
	}
}
