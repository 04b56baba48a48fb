/*
 * load.h - the load generator of `make bench`: which mails there are (load_mails.c), and how they are sent (load.c).
 *
 * A mail is a pure function of the file of texts, the run's id and its number: every candidate of a round gets the same ones.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#define MIX_MOST 8

struct mix { size_t bytes[MIX_MOST]; double weight[MIX_MOST]; int count; };

/* `text` is the mail's own; `filler` continues it (shared between mails, may be empty), and `tail` ends it, with the final dot. */
struct mail {
	char *sender, *text;
	size_t text_length;
	const char *filler, *tail;
	size_t filler_length;
};

struct mails_wanted { const char *texts, *to, *run; int count, apart; double replies; struct mix mix; };

/* "2048" or "2048:80,20480:20" */
bool mix_parse(const char *words, struct mix *mix);
/* All mails of a run, made before the clock starts. An answer refers to a mail that is at least `apart` earlier. Ends the program on failure. */
struct mail *mails_make(const struct mails_wanted *wanted);
void mails_free(struct mail *mails, int count);

#endif
