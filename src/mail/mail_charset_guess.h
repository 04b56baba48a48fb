/*
 * mail_charset_guess.h - what mail_charset_guess.c is told of languages by mail_charset_models.c.
 */
#ifndef SPORTELLO_MAIL_CHARSET_GUESS_H
#define SPORTELLO_MAIL_CHARSET_GUESS_H

#include "mail_private.h"

struct letter_model { const char *language; bool latin; const char *letters, *pairs; };
struct wide_model { const char *language, *characters; };
extern const struct letter_model mail_letter_models[];
extern const struct wide_model mail_wide_models[];
extern const size_t mail_letter_model_count, mail_wide_model_count;

#endif
