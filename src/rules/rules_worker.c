/*
 * rules_worker.c - a process that evaluates: frames in, numbers of actions out, libsieve between. The only file that knows libsieve.
 *
 * It has one descriptor, no other system calls than it needs (seccomp kills it else), bounded memory, and a timer that ends an
 * evaluation by ending the process. libsieve 2.2.6 leaks, keeps state over runs and can hang or crash: each evaluation
 * gets a fresh context, headers only one by one (GETHEADER), and any ERRCALL_PARSE or RUNTIME makes the whole answer a trouble.
 * ERRCALL_ADDRESS and HEADER only say that a stranger's field is malformed: the test does not match.
 * May not open, log or return.
 */
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <seccomp.h>
#include <sieve2.h>

#include "confine.h"
#include "rules_private.h"

#define ACTIONS_PER_RUN 16384             /* more than RULES_COMMANDS with their :flags */

static struct {
	int fd;
	struct worker_place *place;
	struct question question;
	uint32_t actions[ACTIONS_PER_RUN]; size_t action_count;
	char trouble[200];
	char *parts[4];                  /* of the address in hand: user, detail, localpart, domain */
} job;

static void set_trouble(const char *what, int line, const char *message)
{
	if (!*job.trouble)
		snprintf(job.trouble, sizeof job.trouble, "%s %d: %s", what, line, message ? message : "");
}

static int on_parse_error(sieve2_context_t *context, void *unused)
{
	set_trouble("libsieve cannot read line", sieve2_getvalue_int(context, (char *)"lineno"), sieve2_getvalue_string(context, (char *)"message"));
	return SIEVE2_OK;
}

static int on_runtime_error(sieve2_context_t *context, void *unused)
{
	set_trouble("libsieve stopped at", 0, sieve2_getvalue_string(context, (char *)"message"));
	return SIEVE2_OK;
}

static int on_malformed(sieve2_context_t *context, void *unused)
{
	return SIEVE2_OK;
}

static int on_script(sieve2_context_t *context, void *unused)
{
	sieve2_setvalue_string(context, (char *)"script", (char *)(uintptr_t)job.question.program);
	return SIEVE2_OK;
}

/* "TEST.KEY" */
static int on_header(sieve2_context_t *context, void *unused)
{
	static char *none[] = {NULL};
	const char *name = sieve2_getvalue_string(context, (char *)"header"), *dot = name ? strchr(name, '.') : NULL;
	size_t key = dot ? strtoul(dot + 1, NULL, 10) : SIZE_MAX;
	if (dot)
		job.place->test = (uint32_t)strtoul(name, NULL, 10) + 1;
	sieve2_setvalue_stringlist(context, (char *)"body", key < job.question.key_count ? job.question.keys[key].at : none);
	return SIEVE2_OK;
}

static int on_envelope(sieve2_context_t *context, void *unused)
{
	sieve2_setvalue_string(context, (char *)"from", (char *)(uintptr_t)job.question.from);
	sieve2_setvalue_string(context, (char *)"to", (char *)(uintptr_t)job.question.to);
	return SIEVE2_OK;
}

static void set_part(size_t part, const char *from, size_t length)
{
	free(job.parts[part]);
	job.parts[part] = strndup(from, length);
}

/* RFC 5233: user SEPARATOR detail @ domain. */
static int on_subaddress(sieve2_context_t *context, void *unused)
{
	const char *address = sieve2_getvalue_string(context, (char *)"address");
	address = address ? address : "";
	const char *at = strrchr(address, '@');
	size_t local = at ? (size_t)(at - address) : strlen(address), user = strcspn(address, job.question.separators);
	user = user < local ? user : local;
	set_part(0, address, user);
	set_part(1, address + user + (user < local), local - user - (user < local));
	set_part(2, address, local);
	set_part(3, at ? at + 1 : "", at ? strlen(at + 1) : 0);
	sieve2_setvalue_string(context, (char *)"user", job.parts[0]);
	sieve2_setvalue_string(context, (char *)"detail", job.parts[1]);
	sieve2_setvalue_string(context, (char *)"localpart", job.parts[2]);
	sieve2_setvalue_string(context, (char *)"domain", job.parts[3]);
	return SIEVE2_OK;
}

static int on_size(sieve2_context_t *context, void *unused)
{
	sieve2_setvalue_int(context, (char *)"size", job.question.size);
	return SIEVE2_OK;
}

/* "FIRST.COUNT" */
static int on_fileinto(sieve2_context_t *context, void *unused)
{
	const char *name = sieve2_getvalue_string(context, (char *)"mailbox"), *dot = name ? strchr(name, '.') : NULL;
	unsigned long first = dot ? strtoul(name, NULL, 10) : 0, count = dot ? strtoul(dot + 1, NULL, 10) : ACTIONS_PER_RUN;
	if (count > ACTIONS_PER_RUN - job.action_count) {
		set_trouble("more actions than", ACTIONS_PER_RUN, "");
		return SIEVE2_OK;
	}
	for (unsigned long i = 0; i < count; i++)
		job.actions[job.action_count++] = (uint32_t)(first + i);
	return SIEVE2_OK;
}

/* Implicit keep; the others never stand in a program, but libsieve wants them named. */
static int on_nothing(sieve2_context_t *context, void *unused)
{
	return SIEVE2_OK;
}

static sieve2_callback_t callbacks[] = {
	{SIEVE2_ERRCALL_PARSE, on_parse_error}, {SIEVE2_ERRCALL_RUNTIME, on_runtime_error}, {SIEVE2_ERRCALL_HEADER, on_malformed},
	{SIEVE2_ERRCALL_ADDRESS, on_malformed}, {SIEVE2_SCRIPT_GETSCRIPT, on_script}, {SIEVE2_MESSAGE_GETHEADER, on_header},
	{SIEVE2_MESSAGE_GETENVELOPE, on_envelope}, {SIEVE2_MESSAGE_GETSUBADDRESS, on_subaddress}, {SIEVE2_MESSAGE_GETSIZE, on_size},
	{SIEVE2_ACTION_FILEINTO, on_fileinto}, {SIEVE2_ACTION_KEEP, on_nothing}, {SIEVE2_ACTION_REDIRECT, on_nothing},
	{SIEVE2_ACTION_DISCARD, on_nothing}, {0, NULL},
};

/* ---------------------------------------------------------------- one evaluation */

/* Not stopped after an evaluation: who waits for the next question uses no CPU time, and that sets it anew. */
static void start_timer(void)
{
	struct itimerval value = {.it_value = {0, RULES_WORKER_MS * 1000}};
	setitimer(ITIMER_PROF, &value, NULL);
}

static void on_timer(int number)
{
	job.place->end = WORKER_OUT_OF_TIME;
	_exit(1);
}

static void run(void)
{
	sieve2_context_t *context = NULL;
	job.action_count = 0;
	*job.trouble = 0;
	start_timer();
	if (sieve2_alloc(&context) != SIEVE2_OK || sieve2_callbacks(context, callbacks) != SIEVE2_OK) {
		set_trouble("libsieve gives no context", 0, "");
	} else {
		int result = sieve2_execute(context, NULL);
		if (result != SIEVE2_OK)
			set_trouble("libsieve ended with", result, sieve2_errstr(result));
	}
	if (context)
		sieve2_free(&context);
}

static void answer(void)
{
	CLEANUP_BUFFER struct buffer frame;
	buffer_init(&frame);
	rules_wire_begin(&frame, *job.trouble ? WIRE_TROUBLE : WIRE_ACTIONS);
	if (*job.trouble)
		rules_wire_string(&frame, job.trouble);
	for (size_t i = 0; i < job.action_count && !*job.trouble; i++)
		rules_wire_number(&frame, job.actions[i]);
	rules_wire_end(&frame, 0);
	for (size_t sent = 0; sent < frame.length;) {
		ssize_t count = send(job.fd, frame.at + sent, frame.length - sent, MSG_NOSIGNAL);
		if (count <= 0)
			_exit(0);
		sent += (size_t)count;
	}
}

static void evaluate(const struct buffer *frame)
{
	if (!rules_question_read(frame, &job.question))
		_exit(2);
	run();
	rules_question_free(&job.question);
	answer();
}

/* ---------------------------------------------------------------- life of the process */

/* One whole frame; nobody asks again before the answer. */
static bool receive(struct buffer *frame)
{
	static char piece[64 * 1024];
	enum wire_state state;
	buffer_reset(frame);
	while ((state = rules_wire_state(frame)) == WIRE_PARTIAL) {
		ssize_t count = recv(job.fd, piece, sizeof piece, 0);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		buffer_add(frame, piece, (size_t)count);
	}
	return state == WIRE_WHOLE;
}

static void limit(int what, rlim_t value)
{
	struct rlimit pair = {value, value};
	setrlimit((__rlimit_resource_t)what, &pair);
}

static void confine(void)
{
	static const int allowed[] = {
		SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(setitimer), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigprocmask),  /* libsieve uses setjmp */
	};
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (CONFINE_SANITIZED)           /* needs terabytes of address space and calls of its own */
		return;
	limit(RLIMIT_AS, RULES_WORKER_MEMORY);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_THREAD);     /* the only thread; KILL_PROCESS is refused where seccomp(2) is */
	for (size_t i = 0; filter && i < COUNT_OF(allowed); i++)
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!filter || seccomp_load(filter) != 0)
		_exit(3);
	seccomp_release(filter);
}

_Noreturn void rules_worker_main(int fd, struct worker_place *place)
{
	struct buffer frame;
	job.fd = fd;
	job.place = place;
	buffer_init(&frame);
	signal(SIGPROF, on_timer);
	prctl(PR_SET_NAME, "sportello-rules");
	confine();
	while (receive(&frame))
		evaluate(&frame);
	_exit(0);
}
