/*
 * confine_files.c - Landlock: which files and TCP ports are left. Raw system calls: neither libc nor the headers of a stable system
 * know all of it.
 *
 * Each version of the kernel's interface adds rights that can be withheld; we withhold all that this kernel knows. Version 1 cannot rename
 * from one directory to another, which large mails need: it counts as none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

/* ---- include/uapi/linux/landlock.h, as of Linux 6.12 ---- */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446
#define VERSION_ASKED 1u
#define RULE_PATH 1
#define RULE_PORT 2

#define FS_EXECUTE     (1ULL << 0)
#define FS_WRITE_FILE  (1ULL << 1)
#define FS_READ_FILE   (1ULL << 2)
#define FS_READ_DIR    (1ULL << 3)
#define FS_REMOVE_DIR  (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR    (1ULL << 7)
#define FS_MAKE_REG    (1ULL << 8)
#define FS_MAKE_SOCK   (1ULL << 9)
#define FS_REFER       (1ULL << 13)
#define FS_TRUNCATE    (1ULL << 14)              /* since version 3 */
#define FS_ALL(version) ((1ULL << ((version) >= 5 ? 16 : (version) >= 3 ? 15 : 14)) - 1)
#define FS_OF_A_FILE   (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

#define NET_BIND_TCP    (1ULL << 0)              /* since version 4 */
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)          /* since version 6 */

struct ruleset { uint64_t files, ports, scopes; };
struct path_rule { uint64_t allowed; int32_t parent; } __attribute__((packed));
struct port_rule { uint64_t allowed, port; };

static uint64_t rights_of(enum confine_right right)
{
	static const uint64_t rights[] = {
		[CONFINE_READ] = FS_READ_FILE | FS_READ_DIR,
		[CONFINE_WRITE] = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR | FS_REMOVE_FILE
		                | FS_REMOVE_DIR | FS_REFER,
		[CONFINE_DEVICE] = FS_READ_FILE | FS_WRITE_FILE,
		[CONFINE_SOCKET] = FS_MAKE_SOCK | FS_REMOVE_FILE,
	};
	return rights[right];
}

static enum status trouble(struct error *error, const char *what)
{
	return error_set(error, STATUS_BROKEN, "Landlock: %s: %s: desk.sandbox = \"off\" does without", what, strerror(errno));
}

static enum status allow_file(int ruleset, const struct confine_file *file, uint64_t known, struct error *error)
{
	CLEANUP_FD int fd = open(file->path, O_PATH | O_CLOEXEC);
	struct stat about;
	if (fd < 0 || fstat(fd, &about) < 0)
		return STATUS_OK;
	struct path_rule rule = {rights_of(file->right) & known, fd};
	if (!S_ISDIR(about.st_mode))
		rule.allowed &= FS_OF_A_FILE;
	return !rule.allowed || syscall(CALL_ADD_RULE, ruleset, RULE_PATH, &rule, 0) == 0 ? STATUS_OK : trouble(error, file->path);
}

static enum status allow_port(int ruleset, int port, uint64_t right, struct error *error)
{
	struct port_rule rule = {right, (uint64_t)port};
	return syscall(CALL_ADD_RULE, ruleset, RULE_PORT, &rule, 0) == 0 ? STATUS_OK : trouble(error, "a port");
}

static enum status add_rules(int ruleset, const struct confine_files *allowed, const struct ruleset *handled, struct error *error)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < allowed->files.count && status == STATUS_OK; i++)
		status = allow_file(ruleset, &allowed->files.at[i], handled->files, error);
	for (size_t i = 0; i < allowed->listen.count && handled->ports && status == STATUS_OK; i++)
		status = allow_port(ruleset, allowed->listen.at[i], NET_BIND_TCP, error);
	for (size_t i = 0; i < allowed->connect.count && handled->ports && status == STATUS_OK; i++)
		status = allow_port(ruleset, allowed->connect.at[i], NET_CONNECT_TCP, error);
	return status;
}

enum status confine_files(const struct confine_files *allowed, struct confined *confined, struct error *error)
{
	long version = syscall(CALL_CREATE_RULESET, NULL, 0, VERSION_ASKED);
	confined->files = confined->ports = false;
	confined->landlock = version > 0 ? (int)version : 0;
	if (version < 2)
		return STATUS_OK;
	struct ruleset handled = {FS_ALL(version), version >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
	                          version >= 6 && !allowed->abstract_sockets ? SCOPE_ABSTRACT_UNIX : 0};
	if (CONFINE_SANITIZED)
		handled.files &= ~FS_EXECUTE;    /* their symbolizer is another program */
	size_t size = version >= 6 ? sizeof handled : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	CLEANUP_FD int ruleset = (int)syscall(CALL_CREATE_RULESET, &handled, size, 0);
	if (ruleset < 0)
		return trouble(error, "no set of rules");
	enum status status = add_rules(ruleset, allowed, &handled, error);
	if (status != STATUS_OK)
		return status;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(CALL_RESTRICT_SELF, ruleset, 0) < 0)
		return trouble(error, "the rules are not taken");
	confined->files = true;
	confined->ports = version >= 4;
	return STATUS_OK;
}
