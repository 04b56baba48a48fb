/*
 * store_erase_private.h - one erasure under way, between the file that gathers what goes and the one that erases it.
 */
#ifndef STORE_ERASE_PRIVATE_H
#define STORE_ERASE_PRIVATE_H

#include "store_private.h"

struct erasing {
	struct store *store;
	struct arena *arena;
	const struct erase_order *order;
	const struct customer_ids *parted;       /* his tickets, in order, that are erased in other parts; NULL: all goes at once */
	const struct erase_thinned *thinned;     /* of the ticket; NULL: all of it is left */
	bool dry;                                /* and are still there: each was rolled back */
	struct erased *out;
	struct error *error;
	int64_t now;
};

/* All that the order is for; or these tickets of it. In the caller's transaction. */
enum status store_erase_gather(struct erasing *e);
enum status store_erase_gather_part(struct erasing *e, const int64_t *tickets, size_t count);
enum status store_erase_gather_messages(struct erasing *e, int64_t ticket, int64_t first, int64_t end);
enum status store_erase_gather_deliveries(struct erasing *e, int64_t ticket, int64_t above, int64_t upto, int64_t not_of);
enum status store_erase_gather_near(struct erasing *e, const int64_t *tickets, size_t count);
/* ---- store_erase.c, of what was gathered ---- */
enum status store_erase_mails(struct erasing *e);        /* deliveries, their raw mails and what was derived of them */
enum status store_erase_outbox(struct erasing *e);       /* outgoing mails lose their words */
void store_erase_count(struct erasing *e, const char *where, int64_t count);
/* A row of the table. */
enum status store_erase_gathered(struct erasing *e, const char *kind, int64_t id);
/* What was gathered of a kind: numbers, or words; in e->arena. */
enum status store_erase_list(struct erasing *e, const char *kind, struct customer_ids *ids);
enum status store_erase_list_words(struct erasing *e, const char *kind, struct strings *words);

#endif
