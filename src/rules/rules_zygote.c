/*
 * rules_zygote.c - the process that is forked before all else and does nothing but make workers: small, without threads and secrets.
 *
 * It is asked with one byte (the slot) and answers with the worker's pid, and its socket and pidfd as descriptors (SCM_RIGHTS). A pidfd
 * cannot come to mean another process, so a worker can be killed without asking who it is. TERM, INT and HUP are ignored here and
 * in the workers, because they go to the whole group and accepted mails are still to be finished; all of them end when our
 * end of the socket closes, however we end. Log: rules.worker if there is no zygote any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules_private.h"

#define PAGE 4096                        /* each worker sees its own place only */

static struct { int fd, pid; char *places; } zygote = {-1, 0, NULL};

static struct worker_place *place_of(size_t slot)
{
	return (struct worker_place *)(void *)(zygote.places + slot * PAGE);
}

/* What a control message with two descriptors takes. */
union control { char room[CMSG_SPACE(2 * sizeof(int))]; struct cmsghdr align; };

static void hand_over(int pid, const int fds[2])
{
	union control control = {{0}};
	struct iovec data = {&pid, sizeof pid};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (pid <= 0)
		message.msg_control = NULL, message.msg_controllen = 0;
	else {
		*header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(2 * sizeof(int))};
		memcpy(CMSG_DATA(header), fds, 2 * sizeof(int));
	}
	if (sendmsg(zygote.fd, &message, MSG_NOSIGNAL) < 0)
		_exit(0);
}

static _Noreturn void become_worker(int fd, size_t slot)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, 0);
	close_range(1, ~0U, 0);
	munmap(zygote.places, slot * PAGE);
	munmap(zygote.places + (slot + 1) * PAGE, (RULES_WORKERS - slot - 1) * PAGE);
	worker_main(0, place_of(slot));
}

static void make_worker(size_t slot)
{
	int pair[2], fds[2] = {-1, -1}, pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		hand_over(-1, fds);
		return;
	}
	if ((pid = fork()) == 0)
		become_worker(pair[1], slot);
	close(pair[1]);
	fds[0] = pair[0];
	if (pid > 0 && (fds[1] = pidfd_open(pid, 0)) < 0) {
		kill(pid, SIGKILL);              /* not reaped yet: only this process does that, below */
		pid = -1;
	}
	hand_over(pid, fds);
	close(pair[0]);
	if (fds[1] >= 0)
		close(fds[1]);
}

/* Whoever reads our standard output must not wait for the end of this process, too. Errors of a sanitizer may still be seen. */
static void let_go_of_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	if (null > 2)
		close(null);
}

static _Noreturn void zygote_main(void)
{
	unsigned char slot;
	let_go_of_streams();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "sportello-zygote");
	while (recv(zygote.fd, &slot, 1, 0) == 1) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		make_worker(slot % RULES_WORKERS);
	}
	_exit(0);
}

bool zygote_start(struct error *error)
{
	int pair[2];
	if (zygote.fd >= 0)
		return true;
	zygote.places = mmap(NULL, RULES_WORKERS * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (zygote.places == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		error_set(error, STATUS_BROKEN, "the rules get no memory or socket for their workers: %s", strerror(errno));
		return false;
	}
	if ((zygote.pid = fork()) == 0) {
		close(pair[0]);
		zygote.fd = pair[1];
		zygote_main();
	}
	close(pair[1]);
	if (zygote.pid < 0) {
		close(pair[0]);
		error_set(error, STATUS_BROKEN, "the rules get no process for their workers: %s", strerror(errno));
		return false;
	}
	zygote.fd = pair[0];
	return true;
}

void zygote_stop(void)
{
	if (zygote.fd < 0)
		return;
	close(zygote.fd);
	waitpid(zygote.pid, NULL, 0);
	munmap(zygote.places, RULES_WORKERS * PAGE);
	zygote.fd = -1;
}

bool zygote_make_worker(struct worker *worker, size_t slot)
{
	unsigned char byte = (unsigned char)slot;
	int pid = -1, fds[2];
	union control control;
	struct iovec data = {&pid, sizeof pid};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (zygote.fd < 0 || send(zygote.fd, &byte, 1, MSG_NOSIGNAL) != 1)
		return false;
	ssize_t count;
	while ((count = recvmsg(zygote.fd, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	struct cmsghdr *header = count == sizeof pid ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof fds))
		return false;
	memcpy(fds, CMSG_DATA(header), sizeof fds);
	*worker = (struct worker){.fd = fds[0], .pidfd = fds[1], .pid = pid, .place = place_of(slot)};
	return true;
}

void worker_close(struct worker *worker, bool kill_it)
{
	if (kill_it)
		pidfd_send_signal(worker->pidfd, SIGKILL, NULL, 0);
	close(worker->fd);
	close(worker->pidfd);
	worker->fd = worker->pidfd = -1;
}
