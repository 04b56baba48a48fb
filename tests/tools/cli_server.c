/*
 * cli_server.c - `sportello` for tests: loaded once, forked for each command.
 *
 * To load and bind its libraries costs ten times what most commands do, and the black box gives thousands of commands. What a process
 * does once (mail_init() and its tables of words) is done before the first fork, and a command ends without the destructors of thirty libraries: each
 * page that a child writes to is copied, which costs more than the rest of most commands. The objects are those of `sportello`; main() is called
 * sportello_main here, and its call of mail_init() comes to nothing (Makefile). desk.py connects once for each command to
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
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mail.h"

enum { LISTENER = 3, MESSAGE_MAX = 1 << 18, STRINGS_MAX = 1 << 12, RUNNING_MAX = 256 };

int sportello_main(int argc, char **argv);
void sportello_mail_init(void);
extern char **environ;

static char message[MESSAGE_MAX];
static char *strings[STRINGS_MAX + 1];
static struct { pid_t process; int connection; } running[RUNNING_MAX];

/* What the program's main() calls instead of mail_init(): that is done already. */
void sportello_mail_init(void)
{
}

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
	int code = sportello_main((int)arguments, argv);
#ifdef __SANITIZE_ADDRESS__
	exit(code);              /* leaks are looked for there */
#else
	fflush(NULL);
	_exit(code);
#endif
}

/* Starts what a connection asks for. Whoever cannot be served sees it closed. */
static void serve(int connection, const sigset_t *blocked)
{
	int files[3] = {-1, -1, -1}, place = 0;
	size_t count = receive(connection, files);

	while (place < RUNNING_MAX && running[place].process)
		place++;
	pid_t child = count > 2 && place < RUNNING_MAX ? fork() : -1;
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, blocked, NULL);
		signal(SIGPIPE, SIG_DFL);
		run_command(files, count);
	}
	for (int i = 0; i < 3; i++)
		if (files[i] >= 0)
			close(files[i]);
	if (child < 0) {
		close(connection);
		return;
	}
	dprintf(connection, "%d", (int)child);
	running[place].process = child;
	running[place].connection = connection;
}

/* Says of each that has ended how it did. */
static void reap(void)
{
	int status;
	struct rusage used;

	for (pid_t child; (child = wait4(-1, &status, WNOHANG, &used)) > 0;)
		for (int i = 0; i < RUNNING_MAX; i++)
			if (running[i].process == child) {
				dprintf(running[i].connection, "%d %lld", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status),
				        (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
				close(running[i].connection);
				running[i].process = 0;
			}
}

int main(void)
{
	sigset_t child_ends;
	sigemptyset(&child_ends);
	sigaddset(&child_ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ends, NULL);
	signal(SIGPIPE, SIG_IGN);                    /* of whoever did not wait for the end */
	struct pollfd on[3] = {{STDIN_FILENO, POLLIN, 0}, {LISTENER, POLLIN, 0}, {signalfd(-1, &child_ends, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0}};
	struct signalfd_siginfo told;

	mail_init();
	for (;;) {
		if (poll(on, 3, -1) < 0 && errno != EINTR)
			return EXIT_FAILURE;
		if (on[2].revents && read(on[2].fd, &told, sizeof told) > 0)
			reap();
		if (on[0].revents)
			return EXIT_SUCCESS;
		int connection = on[1].revents ? accept(LISTENER, NULL, NULL) : -1;
		if (connection >= 0)
			serve(connection, &child_ends);
	}
}
