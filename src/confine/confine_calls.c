/*
 * confine_calls.c - seccomp: which system calls are left to sportellod, as tables of names.
 *
 * Three classes. What the daemon and its libraries do is allowed. What nothing here ever does, but somebody who got in would, ends the
 * process: SIGSYS, and the kernel's log names the call. Everything else answers "no such call" (ENOSYS), as an older kernel would, so that
 * a library which tries something new takes its old way; that includes clone3, whose flags a filter cannot see. Names that this machine
 * does not have are passed over.
 */
#include <errno.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <string.h>
#include <unistd.h>
#include <seccomp.h>

#include "confine.h"

static const char *const allowed_calls[] = {
	/* bytes and files; where, is Landlock's */
	"read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2", "lseek", "_llseek", "close",
	"close_range", "dup", "dup2", "dup3", "fcntl", "fcntl64", "flock", "fsync", "fdatasync", "sync_file_range", "ftruncate", "ftruncate64",
	"fallocate", "fadvise64", "readahead", "copy_file_range", "sendfile", "sendfile64", "open", "openat", "openat2", "stat", "fstat", "lstat", "stat64",
	"fstat64", "lstat64", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "statfs64", "fstatfs64", "access", "faccessat",
	"faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
	"renameat", "renameat2", "link", "linkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "chown32", "fchown32",
	"utimensat", "umask",
	/* memory */
	"brk", "munmap", "mremap", "madvise", "mincore", "msync", "membarrier", "mlock", "munlock",
	/* threads; processes were made before */
	"exit", "exit_group", "futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
	"arch_prctl", "set_thread_area", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getpriority", "setpriority",
	"prctl", "wait4", "waitid", "pidfd_send_signal",
	/* who and when */
	"gettid", "getpid", "getppid", "getpgrp", "getpgid", "getuid", "geteuid", "getgid", "getegid", "getuid32", "geteuid32", "getgid32",
	"getegid32", "getresuid", "getresgid", "getgroups", "capget", "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64",
	"clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times", "getrusage", "getcpu", "sysinfo", "uname",
	"getrlimit", "ugetrlimit", "setrlimit", "prlimit64", "getrandom", "restart_syscall",
	/* signals and timers */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigtimedwait_time64",
	"rt_sigsuspend", "sigaltstack", "pause", "alarm", "setitimer", "getitimer", "timerfd_create",
	"timerfd_settime", "timerfd_settime64", "timerfd_gettime", "signalfd4",
	/* sockets; what they reach, is Landlock's */
	"bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername", "getsockopt", "setsockopt", "sendto", "recvfrom", "send",
	"recv", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6",
	"pselect6_time64", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe", "pipe2",
};

static const char *const deadly_calls[] = {
	"execve", "execveat", "uselib", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
	"mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root",
	"chroot", "unshare", "setns", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf", "perf_event_open",
	"userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "swapon", "swapoff", "reboot",
	"settimeofday", "clock_settime", "clock_settime64", "clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname", "iopl",
	"ioperm", "acct", "quotactl", "syslog", "vhangup", "modify_ldt", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "mknod",
	"mknodat", "memfd_secret",
};

static bool add(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int call = seccomp_syscall_resolve_name(name);
	return call == __NR_SCMP_ERROR || seccomp_rule_add(filter, action, call, 0) == 0;
}

static bool add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!add(filter, action, names[i]))
			return false;
	return true;
}

#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* Calls of which an argument decides. */
static const struct conditional { uint32_t action; const char *name; struct scmp_arg_cmp when; } conditional_calls[] = {
	{SCMP_ACT_ALLOW, "clone", {0, SCMP_CMP_MASKED_EQ, NEW_NAMESPACES | CLONE_THREAD, CLONE_THREAD}},
	{SCMP_ACT_ALLOW, "socket", {0, SCMP_CMP_EQ, AF_UNIX, 0}}, {SCMP_ACT_ALLOW, "socketpair", {0, SCMP_CMP_EQ, AF_UNIX, 0}},
	{SCMP_ACT_ALLOW, "socket", {0, SCMP_CMP_EQ, AF_INET, 0}}, {SCMP_ACT_ALLOW, "socket", {0, SCMP_CMP_EQ, AF_INET6, 0}},
	/* getaddrinfo asks the kernel for its addresses by netlink, and does without. */
	{SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", {0, SCMP_CMP_EQ, AF_NETLINK, 0}},
	{SCMP_ACT_ALLOW, "ioctl", {1, SCMP_CMP_EQ, TCGETS, 0}}, {SCMP_ACT_ALLOW, "ioctl", {1, SCMP_CMP_EQ, FIONBIO, 0}},
	{SCMP_ACT_ALLOW, "ioctl", {1, SCMP_CMP_EQ, FIONREAD, 0}},
	/* No page can be written and then run. The loader maps code of libraries from their files, not writable. */
	{SCMP_ACT_ALLOW, "mmap", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, {SCMP_ACT_ALLOW, "mmap", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC}},
	{SCMP_ACT_ALLOW, "mmap2", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, {SCMP_ACT_ALLOW, "mmap2", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC}},
	{SCMP_ACT_ALLOW, "mprotect", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
};

/* Signals: to ourselves, and to the rules' workers by the descriptors that their maker handed over. */
static bool add_signals(scmp_filter_ctx filter)
{
	scmp_datum_t self = (scmp_datum_t)getpid();
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, (struct scmp_arg_cmp){0, SCMP_CMP_EQ, self, 0}) == 0
	    && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, (struct scmp_arg_cmp){0, SCMP_CMP_EQ, self, 0}) == 0;
}

static bool add_conditional(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT_OF(conditional_calls); i++) {
		int call = seccomp_syscall_resolve_name(conditional_calls[i].name);
		if (call != __NR_SCMP_ERROR && seccomp_rule_add_array(filter, conditional_calls[i].action, call, 1, &conditional_calls[i].when) != 0)
			return false;
	}
	return true;
}

/* Where seccomp(2) itself is filtered (an older systemd's @system-service), prctl(2) still takes filters, but none that kills a whole process:
 * then the signal does it, which nobody here handles. */
static uint32_t death(void)
{
	return seccomp_api_get() >= 3 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP;
}

static bool fill(scmp_filter_ctx filter)
{
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);   /* a tree: this filter is met by each call of each mail */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 0);
	return add_all(filter, SCMP_ACT_ALLOW, allowed_calls, COUNT_OF(allowed_calls))
	    && add_all(filter, death(), deadly_calls, COUNT_OF(deadly_calls)) && add_conditional(filter) && add_signals(filter);
}

enum status confine_calls(struct confined *confined, struct error *error)
{
	confined->calls = false;
	if (CONFINE_SANITIZED)
		return STATUS_OK;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (!filter || !fill(filter)) {
		if (filter)
			seccomp_release(filter);
		return error_set(error, STATUS_BROKEN, "seccomp: the filter cannot be made: desk.sandbox = \"off\" does without");
	}
	int code = seccomp_load(filter);
	seccomp_release(filter);
	confined->calls = code == 0;
	if (code != 0 && code != -EINVAL && code != -ENOSYS && code != -ECANCELED)
		return error_set(error, STATUS_BROKEN, "seccomp: the filter is not taken: %s: desk.sandbox = \"off\" does without", strerror(-code));
	return STATUS_OK;                        /* a kernel, or a container, without seccomp */
}
