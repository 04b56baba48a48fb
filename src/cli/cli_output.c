/*
 * cli_output.c - where what a command says goes: standard output; on a terminal, what is longer than the screen through a pager.
 *
 * The pager is $PAGER, else less, else none; "" or cat is none, too. less gets LESS=FRX where LESS is not set: it ends by itself on what fits, shows
 * colours, and leaves the text on the screen. Only cli_flush() pages: bytes of a mail go out as they are. What asks on the terminal, or draws on
 * it, says little or nothing by cli_flush().
 * A reader who has seen enough is no error.
 */
#include "cli_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int output = STDOUT_FILENO, terminal = -1;        /* terminal: the output, if it is one */
static pid_t pager;                                      /* 0: none */

void cli_output_keep(void)
{
	int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (kept < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return;
	output = kept;
	terminal = isatty(kept) ? kept : -1;
}

int cli_output(void)
{
	return output;
}

bool cli_terminal(void)
{
	return terminal >= 0;
}

bool cli_colours(void)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	return terminal >= 0 && !(no && *no) && !(kind && !strcmp(kind, "dumb"));
}

static int size_of(const char *variable, bool columns)
{
	const char *said = getenv(variable);
	struct winsize size;

	if (said && atoi(said) > 0)
		return atoi(said);
	if (ioctl(terminal, TIOCGWINSZ, &size) < 0)
		return 0;
	return columns ? size.ws_col : size.ws_row;
}

int cli_columns(void)
{
	int columns = terminal >= 0 ? size_of("COLUMNS", true) : 0;

	return terminal < 0 ? 0 : columns ? columns : 80;
}

int cli_lines(void)
{
	int lines = terminal >= 0 ? size_of("LINES", false) : 0;

	return terminal < 0 ? 0 : lines ? lines : 24;
}

/* ---- the pager ---- */

static const char *pager_wanted(void)
{
	const char *named = getenv("PAGER"), *kind = getenv("TERM");

	if (terminal < 0 || (kind && !strcmp(kind, "dumb")))
		return NULL;
	if (!named)
		return access("/usr/bin/less", X_OK) == 0 || access("/bin/less", X_OK) == 0 ? "less" : NULL;
	return *named && strcmp(named, "cat") != 0 ? named : NULL;
}

static bool fits(const struct buffer *text)
{
	int lines = 0, most = cli_lines();

	for (size_t i = 0; i < text->length && lines < most; i++)
		lines += text->at[i] == '\n';
	return lines < most;
}

/* Its output and its errors are the terminal; it asks the keyboard by itself. */
static void start_pager(const char *command)
{
	int pipe_ends[2];
	pid_t child;

	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return;
	if ((child = fork()) == 0) {
		dup2(pipe_ends[0], STDIN_FILENO);
		dup2(terminal, STDOUT_FILENO);
		setenv("LESS", "FRX", 0);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(pipe_ends[0]);
	if (child < 0) {
		close(pipe_ends[1]);
		return;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);                 /* it is the pager's to obey */
	pager = child;
	output = pipe_ends[1];
}

void cli_output_end(void)
{
	int status;

	if (!pager)
		return;
	close(output);
	while (waitpid(pager, &status, 0) < 0 && errno == EINTR)
		continue;
	pager = 0;
	output = terminal;
}

bool cli_flush(struct cli *cli)
{
	const char *command = pager || !cli->out.length ? NULL : pager_wanted();

	if (command && !fits(&cli->out))
		start_pager(command);
	if (!cli->out_lost)
		cli->out_lost = !write_all(output, cli->out.at, cli->out.length);
	buffer_reset(&cli->out);
	return !cli->out_lost;
}

bool cli_seen_enough(void)
{
	return pager != 0;
}
