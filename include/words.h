/*
 * words.h - what all rooms that work on a person's words share: letters without case and accents, words of a text, stems, the small words of
 * languages, and how sure a share of few is.
 *
 * Allowed to include: base. Touches nothing; only the stemmers keep some memory of their own, behind a lock.
 */
#ifndef SPORTELLO_WORDS_H
#define SPORTELLO_WORDS_H

#include "base.h"

#define WORDS_BYTES     48               /* bytes of a word that count, with its NUL */
#define WORDS_STEMMERS  3                /* languages a word is stemmed in, at most */

/* ---- letters (words_letters.c, words_plain.c) ---- */
uint32_t words_lower(uint32_t code);     /* Latin, Greek and Cyrillic, by rule; all others stay as they are */
const char *words_plain(uint32_t code);  /* what a small letter is without its accents ("ae", "ss"); NULL: itself */

/* ---- words of a text (words_tokens.c) ---- */
/* The next word of the text: lower case in `word`, without accents in `folded`. False at the end. */
bool words_next(const char **at, char word[WORDS_BYTES], char folded[WORDS_BYTES]);
void words_fold(const char *text, size_t length, char folded[WORDS_BYTES]);

/* ---- stems (words_stem.c) ---- */
struct words_stemmer;
struct words_stemmers { struct words_stemmer *at[WORDS_STEMMERS]; size_t count; };
void words_stemmers_add(struct words_stemmers *stemmers, const char *language);        /* unknown, or there already: nothing */
const char *words_stemmers_language(const struct words_stemmers *stemmers, size_t which);
void words_stemmers_fini(struct words_stemmers *stemmers);
void words_stemmers_forget(void);        /* what is kept of those that nobody uses: after much that does not come again */
void words_stem(struct words_stemmers *stemmers, size_t which, const char *word, char stem[WORDS_BYTES]);  /* folded */

/* ---- small words, and what language they tell (words_languages.c) ---- */
struct words_language { const char *code; const char *small_words; };
extern const struct words_language words_languages[];
extern const size_t words_language_count;
unsigned words_small_in(const char *folded);     /* the languages that it is a small word of, a bit each */
bool words_small(unsigned small_in, const char *language);       /* language NULL: in any */
/* Adds to hits[words_language_count]; and to own[] (may be NULL) the words that no other language has. */
void words_count_language(const char *text, unsigned *hits, unsigned *own);
void words_count_small(unsigned small_in, unsigned often, unsigned *hits, unsigned *own);      /* the same for one word */
const char *words_tell_language(const unsigned *hits);           /* NULL: not clear */
const char *words_tell_among(const unsigned *hits, const char (*among)[4], size_t count);        /* where only these are likely: a little is enough */

/* ---- how sure a share is (words_bound.c) ---- */
/* The lower bound of right/all (Wilson's) at z standard errors; all > 0, weights may be fractions. */
double words_lower_bound(double right, double all, double z);

#endif
