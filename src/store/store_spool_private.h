/*
 * store_spool_private.h - what a spool is made of, for store_spool.c (which fills it) and store_raw.c (which keeps it).
 */
#ifndef SPORTELLO_STORE_SPOOL_PRIVATE_H
#define SPORTELLO_STORE_SPOOL_PRIVATE_H

#include "store_private.h"

#define RAW_NAME_BYTES 16        /* random bytes of a file's name */

struct store_spool {
	char *state_dir;
	struct buffer memory;            /* all of a small mail; of a large one what is not yet written */
	int fd;                          /* -1: small */
	char file[2 + 1 + 2 * RAW_NAME_BYTES + 1];       /* "ab/ab01..." */
	uint64_t size;
	struct sha256 digest;
	unsigned char sha256[SHA256_SIZE];
	bool finished, kept;
	bool in_database;                /* all of it, though it is large: its file goes with the spool */
	int failed;                      /* errno of what went wrong */
	int64_t raw;                     /* row it was last kept as: other recipients of the mail share it */
};

#endif
