/*
 * fuzz_effort.h - what one input may take: the fuzzers fail where it is more.
 *
 * Memory is that of the arena against the effort of a mail (limits.h), with room for the gaps of the sanitizers and the last piece that
 * went over; time is that of the thread, against the same with what sanitizers cost.
 */
#ifndef FUZZ_EFFORT_H
#define FUZZ_EFFORT_H

#include "base.h"
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOWER 20                        /* times that a build with sanitizers takes, at worst */

/* Of a value or page: linear in its size. */
static inline void effort_of_piece(struct effort *effort, size_t size)
{
	effort_start(effort, 256 * 1024 + 64 * size, SLOWER * 50 + (int64_t)(SLOWER * size / 2000));
}

static inline void effort_of_mail(struct effort *effort)
{
	effort_start(effort, LIMIT_PARSE_MEMORY + LIMIT_PARSE_MEMORY / 3, SLOWER * LIMIT_PARSE_MS / 2);
}

static inline void effort_check(struct effort *effort)
{
	if (!effort_look(effort))
		return;
	fprintf(stderr, "over its effort: %s, %zu bytes\n", effort->spent == EFFORT_TIME ? "time" : "memory", effort->bytes);
	abort();
}

#endif
