/*
 * thread.c - how a thread begins: with a stack as deep as GMime needs, and deaf to signals, which are the main thread's.
 *
 * What a thread does wrong itself (SIGSEGV and its kind) stays open, or sanitizers could not say where.
 */
#include "base_private.h"

#include "limits.h"

#include <signal.h>

static void deaf(sigset_t *signals)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

	sigfillset(signals);
	for (size_t i = 0; i < COUNT_OF(own); i++)
		sigdelset(signals, own[i]);
}

int thread_start(pthread_t *thread, void *(*run)(void *), void *context)
{
	pthread_attr_t attributes;
	sigset_t signals, before;
	int code;

	deaf(&signals);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &signals, &before);         /* the new thread inherits it */
	code = pthread_create(thread, &attributes, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return code;
}
