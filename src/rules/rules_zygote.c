/*
 * rules_zygote.c - the process that is forked before all else and does nothing but make workers: small, without threads and secrets.
 *
 * It is asked with one byte (the slot) and answers with the child's pid, and its socket and pidfd as descriptors (SCM_RIGHTS). A pidfd
 * cannot come to mean another process, so a worker can be killed without asking who it is. TERM, INT and HUP are ignored here and
 * in the workers, because they go to the whole group and accepted mails are still to be finished; all of them end when our
 * end of the socket closes, however we end.
 * We cannot fork another one later: by then there are threads and secrets. So a zygote makes a spare of itself, which waits; when
 * one of the two is killed, the other takes its place and makes the next spare. Workers outlive their zygote.
 * Log: rules.worker result=replaced|lost if a zygote was killed. May be called with the pool's lock held only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "rules_private.h"

#define PAGE 4096                        /* each worker sees its own place only */

#define ASK_SPARE 0xFF                   /* instead of a slot */
#define PATIENCE 10                      /* seconds until a zygote that says nothing is as good as dead */

static struct { int fd, spare, first_pid, pid, spare_pid; char *places; } zygote = {-1, -1, 0, 0, 0, NULL};

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
	dup2(fd, 0);
	close_range(1, ~0U, 0);
	munmap(zygote.places, slot * PAGE);
	munmap(zygote.places + (slot + 1) * PAGE, (RULES_WORKERS - slot - 1) * PAGE);
	rules_worker_main(0, place_of(slot));
}

/* True in the child, which has its end of a new socket in *fd; the parent has handed over the other one. */
static bool make_child(int type, int *fd)
{
	int pair[2], fds[2] = {-1, -1}, pid = -1;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) {
		hand_over(-1, fds);
		return false;
	}
	if ((pid = fork()) == 0) {
		close(pair[0]);
		*fd = pair[1];
		return true;
	}
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
	return false;
}

/* In the child that is the spare: from now on it answers at its own socket. */
static void make_spare(void)
{
	int fd;
	if (!make_child(SOCK_SEQPACKET, &fd))
		return;
	close(zygote.fd);
	zygote.fd = fd;
}

static void make_worker(size_t slot)
{
	int fd;
	if (make_child(SOCK_STREAM, &fd))
		become_worker(fd, slot);
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

/* No file and no port, for the workers neither, where the kernel has Landlock. Each worker adds a filter of system calls. */
static void shut_the_doors(void)
{
	struct confine_files nothing = {.files = {NULL, 0}};
	struct confined confined;
	struct error error;
	if (!CONFINE_SANITIZED && confine_files(&nothing, &confined, &error) != STATUS_OK)
		log_event(LOG_WARNING, "rules.worker", "why", error.text, NULL);
}

static _Noreturn void zygote_main(void)
{
	unsigned char slot;
	let_go_of_streams();
	shut_the_doors();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "sportello-zygote");
	while (recv(zygote.fd, &slot, 1, 0) == 1) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (slot == ASK_SPARE)
			make_spare();
		else
			make_worker(slot % RULES_WORKERS);
	}
	_exit(0);
}

static void give_up_after(int fd, int milliseconds)
{
	const struct timeval wait = {milliseconds / 1000, milliseconds % 1000 * 1000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static bool start_first(struct error *error)
{
	int pair[2];
	zygote.places = mmap(NULL, RULES_WORKERS * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (zygote.places == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		error_set(error, STATUS_BROKEN, "the rules get no memory or socket for their workers: %s", strerror(errno));
		return false;
	}
	if ((zygote.first_pid = zygote.pid = fork()) == 0) {
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
	give_up_after(zygote.fd, PATIENCE * 1000);
	return true;
}

/* One child of this zygote: its pid, socket and pidfd; 0: it lives and cannot; -1: it is dead. */
static int ask_zygote(int fd, unsigned char byte, int fds[2])
{
	int pid = -1;
	union control control;
	struct iovec data = {&pid, sizeof pid};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t count;
	if (fd < 0 || send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
		return -1;
	while ((count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		;
	if (count != sizeof pid)
		return -1;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (pid <= 0 || !header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return 0;
	memcpy(fds, CMSG_DATA(header), 2 * sizeof(int));
	return pid;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool is_dead(int fd)
{
	char byte;
	return fd < 0 || recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void replace(void)
{
	zygote.fd = zygote.spare;
	zygote.pid = zygote.spare_pid;
	zygote.spare = -1;
	log_event(LOG_WARNING, "rules.worker", "result", is_dead(zygote.fd) ? "lost" : "replaced", "why", "the process that makes the workers was killed", NULL);
	waitpid(zygote.first_pid, NULL, WNOHANG);        /* the only one whose parent we are */
}

/* One that was killed is followed by the spare, a spare that was killed by a new one. */
void rules_zygote_look_after(void)
{
	int fds[2];
	if (is_dead(zygote.fd)) {
		close_fd(&zygote.fd);
		if (zygote.spare >= 0)
			replace();
	}
	if (!is_dead(zygote.spare) || is_dead(zygote.fd))
		return;
	close_fd(&zygote.spare);
	if ((zygote.spare_pid = ask_zygote(zygote.fd, ASK_SPARE, fds)) > 0) {
		zygote.spare = fds[0];
		give_up_after(zygote.spare, PATIENCE * 1000);
		close(fds[1]);
	}
}

size_t rules_zygote_pids(int pids[2])
{
	size_t count = 0;
	if (zygote.fd >= 0)
		pids[count++] = zygote.pid;
	if (zygote.spare >= 0)
		pids[count++] = zygote.spare_pid;
	return count;
}

bool rules_zygote_start(struct error *error)
{
	if (zygote.fd >= 0)
		return true;
	if (!start_first(error))
		return false;
	rules_zygote_look_after();
	return true;
}

void rules_zygote_stop(void)
{
	if (!zygote.places)
		return;
	close_fd(&zygote.spare);
	close_fd(&zygote.fd);
	waitpid(zygote.first_pid, NULL, 0);
	munmap(zygote.places, RULES_WORKERS * PAGE);
	zygote.places = NULL;
}

bool rules_zygote_make_worker(struct worker *worker, size_t slot)
{
	int pid = -1, fds[2];
	for (int attempt = 0; attempt < 3 && pid < 0; attempt++) {
		rules_zygote_look_after();
		if ((pid = ask_zygote(zygote.fd, (unsigned char)slot, fds)) < 0)
			close_fd(&zygote.fd);
	}
	if (pid <= 0)
		return false;
	give_up_after(fds[0], RULES_WAIT_MS);
	*worker = (struct worker){.fd = fds[0], .pidfd = fds[1], .pid = pid, .place = place_of(slot)};
	return true;
}

void rules_worker_close(struct worker *worker, bool kill_it)
{
	if (kill_it)
		pidfd_send_signal(worker->pidfd, SIGKILL, NULL, 0);
	close(worker->fd);
	close(worker->pidfd);
	worker->fd = worker->pidfd = -1;
}
