/*
 * mirror.h - every conversation as mails in a Maildir++ tree, a folder a queue, for any IMAP server to show to the agents.
 *
 * Allowed to include: base, config, desk, mail, store, outbox, limits. It follows the store and is no part of it: what stands there is written behind
 * the desk's back, from a position kept beside it (a number of the store's messages), and can be made anew at any time. A file's name says ticket and
 * message, so that what is done twice is there once. Each message of a ticket is one mail: customers' as they came but for Reply-To, which is the
 * house's address for that message, answers and notices as sent, notes under "[note]". State and priority are keywords (dovecot-keywords).
 *
 * One writer at a time: a lock in the folder. STATUS_TRY_LATER: the folder cannot be written, or somebody else writes there.
 */
#ifndef SPORTELLO_MIRROR_H
#define SPORTELLO_MIRROR_H

#include "config.h"
#include "store.h"

struct mirror;
/* Makes the folder unless it is there, for its group, too. False: errno. */
bool mirror_make(const char *path);
/* Of config->mirror_maildir; makes the folder if need be. */
enum status mirror_open(const struct config *config, struct mirror **mirror, struct error *error);
void mirror_close(struct mirror **mirror);
const char *mirror_place(const struct mirror *mirror);

/* Writes what came since, at most `limit` messages, and from time to time looks where each ticket stands; *seen: how many messages came.
 * policy: config's, with keys. */
enum status mirror_round(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store, size_t limit,
                         size_t *seen, struct error *error);
/* From the beginning: writes what is missing, removes what is nowhere, moves what stands wrong. */
struct mirror_counts { size_t written, moved, removed; };
enum status mirror_rebuild(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store,
                           struct mirror_counts *counts, struct error *error);
/* One ticket, after mails of it were let go or erased: they stand there with what is left of them, or no longer. raw: the one that was changed; 0: those that are gone;
 * MIRROR_SENT: all that the desk sent, in which an address may be erased. */
#define MIRROR_SENT INT64_C(-1)
enum status mirror_renew(struct mirror *mirror, const struct config *config, const struct desk_policy *policy, struct store *store, int64_t ticket, int64_t raw, struct error *error);
/* Adds a line for each message that is not there once, in its folder. */
enum status mirror_check(struct mirror *mirror, struct store *store, struct arena *arena, struct strings *findings, struct error *error);

#endif
