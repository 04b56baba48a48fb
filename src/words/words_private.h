/*
 * words_private.h - the table of letters without accents, inside the room.
 */
#ifndef SPORTELLO_WORDS_PRIVATE_H
#define SPORTELLO_WORDS_PRIVATE_H

#include "words.h"

struct words_plain_row { uint32_t from; char to[4]; };
extern const struct words_plain_row words_plain_rows[];         /* by code point */
extern const size_t words_plain_count;

#endif
