/*
 * mail_guard.h - the door of mail_guard.c; apart from mail_private.h so that only two files see GMime.
 */
#ifndef SPORTELLO_MAIL_GUARD_H
#define SPORTELLO_MAIL_GUARD_H

#include "mail_private.h"

#include <gmime/gmime.h>

struct guard_view {
	const struct mail_source *source;
	const char *head;                /* the header GMime is shown instead of the real one, with its blank line */
	size_t head_length;
	uint64_t body;                   /* offset in the source where the real body begins */
	bool cr_only;
	struct effort *effort;           /* NULL: none */
};

GMimeStream *mail_guard_stream_new(const struct guard_view *view);
void mail_guard_register(void);

#endif
