/*
 * base_private.h - what the files of the base room share and no other room sees.
 */
#ifndef SPORTELLO_BASE_PRIVATE_H
#define SPORTELLO_BASE_PRIVATE_H

#include "base.h"

/* Nothing sensible can be done without memory or randomness: says why on stderr and aborts. */
_Noreturn void base_die(const char *why);

/* How many bytes (1..length) one U+FFFD stands for where utf8_decode() said 0: the "maximal subpart" of Unicode 15
 * section 3.9, so that our replacement marks are as many as those of other software. */
size_t utf8_wrong_span(const char *at, size_t length);

#endif
