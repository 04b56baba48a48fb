/*
 * confine.h - what this process may still do once it is up, whatever somebody makes of it: files and ports by Landlock, system calls by
 * seccomp.
 *
 * Allowed to include: base. Both are for ever, for this thread and all that it starts: to be called before there are threads. A kernel that
 * has no Landlock (before 5.19) or lets nobody use it leaves the process as it was, and says so: see struct confined. What is not allowed
 * fails with EACCES (files and ports), with ENOSYS or EPERM (system calls that a library may try and do without), or ends the process with
 * SIGSYS (system calls that only an attacker makes: another program, another process's memory, mounts, modules ...).
 */
#ifndef SPORTELLO_CONFINE_H
#define SPORTELLO_CONFINE_H

#include "base.h"

enum confine_right {
	CONFINE_READ,                    /* a file, or a directory with all below it */
	CONFINE_WRITE,                   /* likewise, and make, rename and remove files in it; never devices, never to run one */
	CONFINE_DEVICE,                  /* one file, such as /dev/null: read and write it */
	CONFINE_SOCKET                   /* a directory: make and remove sockets in it */
};
struct confine_file { const char *path; enum confine_right right; };

struct confine_files {
	struct { struct confine_file *at; size_t count; } files;         /* those that are not there are passed over */
	struct { int *at; size_t count; } listen, connect;               /* TCP ports */
	bool abstract_sockets;                   /* may connect to abstract unix sockets outside */
};

struct confined {
	bool files, ports, calls;        /* what the kernel could do */
	int landlock;                    /* its version; 0: none */
};

/* No file, directory or port but these. STATUS_OK with confined->files false: this kernel cannot. STATUS_BROKEN: it can, but refused. */
enum status confine_files(const struct confine_files *allowed, struct confined *confined, struct error *error);
/* Only the system calls that sportellod needs, from the start of its threads to its end. */
enum status confine_calls(struct confined *confined, struct error *error);

/* Sanitizers make calls of their own: there confine_calls() does nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

#endif
