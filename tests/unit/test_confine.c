/*
 * test_confine.c - the sandbox, tried from inside: each test confines a child as sportellod confines itself, and lets it do one thing.
 */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <seccomp.h>

#include "confine.h"

#define NOT_CONFINED 99                          /* a child's exit code: this kernel cannot */

static char inside[64], outside[64], sockets[64];
static int open_port, closed_port;

static char *in(const char *directory, const char *name)
{
	static char path[2][160];
	static int turn;
	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
	return path[turn];
}

static int listening_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

static int make_places(void **state)
{
	snprintf(inside, sizeof inside, "/tmp/confine-in-XXXXXX");
	snprintf(outside, sizeof outside, "/tmp/confine-out-XXXXXX");
	snprintf(sockets, sizeof sockets, "/tmp/confine-sock-XXXXXX");
	if (!mkdtemp(inside) || !mkdtemp(outside) || !mkdtemp(sockets))
		return -1;
	close(open(in(outside, "theirs"), O_CREAT | O_WRONLY, 0644));
	open_port = listening_port();
	closed_port = listening_port();
	return 0;
}

static int remove_places(void **state)
{
	char command[256];
	snprintf(command, sizeof command, "rm -rf %s %s %s", inside, outside, sockets);
	return system(command);
}

static void confine(struct confined *confined)
{
	static struct confine_file files[] = {{"/etc", CONFINE_READ}, {"/usr", CONFINE_READ}, {"/lib", CONFINE_READ}, {"/lib64", CONFINE_READ},
	                                      {"/proc/self", CONFINE_READ}, {inside, CONFINE_WRITE}, {sockets, CONFINE_SOCKET},
	                                      {"/dev/null", CONFINE_DEVICE}, {"/there/is/no/such/place", CONFINE_READ}};
	struct confine_files allowed = {.files = {files, COUNT_OF(files)}, .connect = {&open_port, 1}};
	struct error error = {0};
	if (confine_files(&allowed, confined, &error) != STATUS_OK || confine_calls(confined, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		_exit(98);
	}
}

enum part { FILES, PORTS, CALLS };

/* What became of a child that did `act` in the sandbox: its exit code, or minus the signal that ended it. Skips without such a kernel. */
static int outcome(int (*act)(void), enum part part)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct confined confined = {0};
		confine(&confined);
		if ((part == FILES && !confined.files) || (part == PORTS && !confined.ports) || (part == CALLS && !confined.calls))
			_exit(NOT_CONFINED);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED)
		skip();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int open_as(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? errno : 0;
}

/* ---- files ---- */

static int write_inside(void) { return open_as(in(inside, "mine"), O_CREAT | O_RDWR); }
static int move_inside(void)
{
	mkdir(in(inside, "from"), 0700);
	mkdir(in(inside, "to"), 0700);
	int code = open_as(in(inside, "from/mail"), O_CREAT | O_RDWR);
	return code ? code : rename(in(inside, "from/mail"), in(inside, "to/mail")) == 0 ? 0 : errno;
}
static int read_outside(void) { return open_as(in(outside, "theirs"), O_RDONLY); }
static int write_outside(void) { return open_as(in(outside, "new"), O_CREAT | O_RDWR); }
static int remove_outside(void) { return unlink(in(outside, "theirs")) == 0 ? 0 : errno; }
static int write_read_only(void) { return open_as("/etc/sportello-was-here", O_CREAT | O_RDWR); }
static int read_read_only(void) { return open_as("/etc/passwd", O_RDONLY); }
static int list_root(void) { return open_as("/", O_RDONLY | O_DIRECTORY); }
static int device(void) { return open_as("/dev/null", O_RDWR); }
static int move_out(void)
{
	int code = open_as(in(inside, "loot"), O_CREAT | O_RDWR);
	return code ? code : rename(in(inside, "loot"), in(outside, "loot")) == 0 ? 0 : errno;
}
static int link_in(void) { return link(in(outside, "theirs"), in(inside, "theirs")) == 0 ? 0 : errno; }
static int socket_there(const char *directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		return errno;
	return unlink(address.sun_path) == 0 ? 0 : errno;
}
static int socket_where_allowed(void) { return socket_there(sockets); }
static int socket_elsewhere(void) { return socket_there(outside); }

static void files_inside_can_be_used(void **state)
{
	assert_int_equal(outcome(write_inside, FILES), 0);
	assert_int_equal(outcome(move_inside, FILES), 0);
	assert_int_equal(outcome(read_read_only, FILES), 0);
	assert_int_equal(outcome(device, FILES), 0);
	assert_int_equal(outcome(socket_where_allowed, FILES), 0);
}

static void files_outside_cannot(void **state)
{
	assert_int_equal(outcome(read_outside, FILES), EACCES);
	assert_int_equal(outcome(write_outside, FILES), EACCES);
	assert_int_equal(outcome(remove_outside, FILES), EACCES);
	assert_int_equal(outcome(write_read_only, FILES), EACCES);
	assert_int_equal(outcome(list_root, FILES), EACCES);
	assert_int_equal(outcome(socket_elsewhere, FILES), EACCES);
}

static void nothing_is_carried_over_the_border(void **state)
{
	int code = outcome(move_out, FILES);
	assert_true(code == EACCES || code == EXDEV);
	code = outcome(link_in, FILES);
	assert_true(code == EACCES || code == EXDEV);
}

/* ---- network ---- */

static int connect_to(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}
static int connect_open(void) { return connect_to(open_port); }
static int connect_closed(void) { return connect_to(closed_port); }
static int listen_anywhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

static void only_named_ports_are_reached(void **state)
{
	assert_int_equal(outcome(connect_open, PORTS), 0);
	assert_int_equal(outcome(connect_closed, PORTS), EACCES);
	assert_int_equal(outcome(listen_anywhere, PORTS), EACCES);
}

static int netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? 0 : errno; }
static int packets(void) { return socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? 0 : errno; }

static void other_kinds_of_sockets_do_not_exist(void **state)
{
	assert_int_equal(outcome(netlink, CALLS), EAFNOSUPPORT);
	assert_int_equal(outcome(packets, CALLS), ENOSYS);
}

/* ---- system calls ---- */

static int run_program(void)
{
	execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
	return errno;
}
static int trace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno; }
static int new_namespace(void) { return unshare(CLONE_NEWUSER) == 0 ? 0 : errno; }
static int ring(void) { return syscall(425, 1, NULL) >= 0 ? 0 : errno; }
static int load_module(void) { return syscall(SYS_finit_module, -1, "", 0) == 0 ? 0 : errno; }
static int unknown_call(void) { return syscall(100000) == 0 ? 0 : errno; }
static int child_in_namespace(void) { return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 ? 0 : errno; }
static int written_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED ? 0 : errno;
}
static int made_runnable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
}

static void attacks_end_the_process(void **state)
{
	assert_int_equal(outcome(run_program, CALLS), -SIGSYS);
	assert_int_equal(outcome(trace, CALLS), -SIGSYS);
	assert_int_equal(outcome(new_namespace, CALLS), -SIGSYS);
	assert_int_equal(outcome(ring, CALLS), -SIGSYS);
	assert_int_equal(outcome(load_module, CALLS), -SIGSYS);
}

static void other_calls_do_not_exist(void **state)
{
	assert_int_equal(outcome(unknown_call, CALLS), ENOSYS);
	assert_int_equal(outcome(child_in_namespace, CALLS), ENOSYS);
	assert_int_equal(outcome(written_code, CALLS), ENOSYS);
	assert_int_equal(outcome(made_runnable, CALLS), ENOSYS);
}

/* ---- what libraries load late ---- */

static void *touch(void *flag) { *(bool *)flag = true; return NULL; }
static int thread(void)
{
	bool ran = false;
	pthread_t other;
	return pthread_create(&other, NULL, touch, &ran) == 0 && pthread_join(other, NULL) == 0 && ran ? 0 : 1;
}
static int names(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	return getpwnam("root") && getaddrinfo("localhost", "25", &hints, &found) == 0 ? 0 : 1;
}
static int character_sets(void)
{
	char bytes[] = "\xa4\xb3", out[16], *from = bytes, *to = out;
	size_t left = 2, room = sizeof out;
	iconv_t set = iconv_open("UTF-8", "EUC-JP");
	return set != (iconv_t)-1 && iconv(set, &from, &left, &to, &room) == 0 && !left ? 0 : 1;
}
static int child_process(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	return child > 0 ? 0 : errno;
}
static int signal_to_another(void) { return kill(getppid(), 0) == 0 ? 0 : errno; }
static int signal_to_itself(void) { return kill(getpid(), 0) == 0 && raise(SIGCONT) == 0 ? 0 : errno; }

static void other_processes_are_out_of_reach(void **state)
{
	assert_int_equal(outcome(child_process, CALLS), ENOSYS);
	assert_int_equal(outcome(signal_to_another, CALLS), ENOSYS);
}

static void libraries_work(void **state)
{
	assert_int_equal(outcome(thread, FILES), 0);
	assert_int_equal(outcome(names, FILES), 0);
	assert_int_equal(outcome(character_sets, FILES), 0);
	assert_int_equal(outcome(signal_to_itself, FILES), 0);
}

/* ---- inside another sandbox, as systemd's of Debian 12: it filters the calls that ours is made with ---- */

static int die_by_exec(void)
{
	struct confined confined = {0};
	struct confine_files none = {.files = {NULL, 0}};
	struct error error = {0};
	bool good = confine_files(&none, &confined, &error) == STATUS_OK && confine_calls(&confined, &error) == STATUS_OK;
	if (CONFINE_SANITIZED)
		return NOT_CONFINED;
	if (!good || confined.files || !confined.calls || unknown_call() != ENOSYS)
		return 97;
	return run_program();
}

static void a_sandbox_around_ours_is_no_trouble(void **state)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		static const char *const names[] = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"};
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
		for (size_t i = 0; filter && i < COUNT_OF(names); i++)
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(names[i]), 0);
		if (!filter || seccomp_load(filter) != 0)
			_exit(NOT_CONFINED);
		execl("/proc/self/exe", "test_confine", "inside", (char *)NULL);         /* libseccomp asks the kernel once a process */
		_exit(96);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED)
		skip();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "inside") == 0)
		return die_by_exec();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_inside_can_be_used), cmocka_unit_test(files_outside_cannot), cmocka_unit_test(nothing_is_carried_over_the_border),
		cmocka_unit_test(only_named_ports_are_reached), cmocka_unit_test(other_kinds_of_sockets_do_not_exist),
		cmocka_unit_test(attacks_end_the_process), cmocka_unit_test(other_calls_do_not_exist), cmocka_unit_test(libraries_work),
		cmocka_unit_test(other_processes_are_out_of_reach),
		cmocka_unit_test(a_sandbox_around_ours_is_no_trouble),
	};
	return cmocka_run_group_tests(tests, make_places, remove_places);
}
