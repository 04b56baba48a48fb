/*
 * store_erase_thin.c - some of a ticket that has very many messages, before the rest of it: messages, deliveries, outgoing mails, lines of its history.
 *
 * Each call is a part for a transaction of the caller's (store_erase_parts.c), small enough that mail hardly waits for it; store_erase.c does the rest of the
 * ticket, and leaves alone what is gone by then. A dry run counts the same places, and each part is rolled back.
 */
#include "store_erase_private.h"

#define THIN_AT_ONCE 100         /* messages, deliveries or outgoing mails of a ticket that has very many */
#define LINES_AT_ONCE 500        /* of its history */

static enum status count_files(struct erasing *e)
{
	struct customer_ids files = { 0 };
	enum status status = store_erase_list(e, "file", &files);

	store_erase_count(e, "files", (int64_t)files.count);
	return status;
}

/* The bound is no further than what is there: what comes meanwhile is the last part's. */
static enum status thin_messages(struct erasing *e, int64_t ticket, struct erase_thinned *thinned, bool *more)
{
	int64_t first = thinned->upto[THIN_MESSAGES] + 1, end = first + THIN_AT_ONCE, last = 0;
	enum status status = engine_number(e->store->engine, e->error, &last, 0, SQL_MESSAGE_LAST_SEQ, "i", ticket);

	if (status == STATUS_OK)
		status = store_erase_gather_messages(e, ticket, first, end);
	if (status == STATUS_OK)
		status = store_erase_mails(e);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASE_MESSAGE, "");
	store_erase_count(e, "messages", engine_changes(e->store->engine));
	*more = end <= last;
	thinned->upto[THIN_MESSAGES] = *more ? end - 1 : last;
	e->out->messages += thinned->upto[THIN_MESSAGES] - first + 1;
	return status == STATUS_OK ? count_files(e) : status;
}

static enum status next_places(struct erasing *e, enum store_place kind, int64_t ticket, int64_t above, int64_t *upto)
{
	return engine_number(e->store->engine, e->error, upto, 0, SQL_PLACES_NEXT, "diii", (int)kind, ticket, above, (int64_t)THIN_AT_ONCE);
}

/* A dry run finds those of its messages again. */
static enum status thin_deliveries(struct erasing *e, int64_t ticket, struct erase_thinned *thinned, bool *more)
{
	int64_t upto = 0, *at = &thinned->upto[THIN_DELIVERIES];
	enum status status = next_places(e, PLACE_MAILBOX_OF_TICKET, ticket, *at, &upto);

	*more = upto != 0;
	if (status != STATUS_OK || !upto)
		return status;
	if ((status = store_erase_gather_deliveries(e, ticket, *at, upto, e->dry ? thinned->upto[THIN_MESSAGES] : 0)) == STATUS_OK)
		status = store_erase_mails(e);
	*at = upto;
	return status == STATUS_OK ? count_files(e) : status;
}

static enum status thin_outgoing(struct erasing *e, int64_t ticket, struct erase_thinned *thinned, bool *more)
{
	int64_t upto = 0, *at = &thinned->upto[THIN_OUTGOING];
	enum status status = next_places(e, PLACE_OUTBOX_OF_TICKET, ticket, *at, &upto);

	*more = upto != 0;
	if (status != STATUS_OK || !upto)
		return status;
	if ((status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "")) == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASING_OUTBOX_PART, "iii", ticket, *at, upto);
	*at = upto;
	return status == STATUS_OK ? store_erase_outbox(e) : status;
}

static enum status gather_lines(struct erasing *e, int64_t ticket, int64_t above, int64_t upto)
{
	enum status status = engine_run(e->store->engine, e->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = store_erase_gathered(e, "ticket", ticket);
	if (status == STATUS_OK)
		status = store_erase_gathered(e, "lines done", above);
	return status == STATUS_OK ? store_erase_gathered(e, "lines end", upto) : status;
}

static enum status thin_lines(struct erasing *e, int64_t ticket, struct erase_thinned *thinned, bool *more)
{
	int64_t last = 0, *at = &thinned->upto[THIN_LINES], upto;
	enum status status = engine_number(e->store->engine, e->error, &last, 0, SQL_HISTORY_LAST, "i", ticket);

	*more = *at + LINES_AT_ONCE < last;
	upto = *more ? *at + LINES_AT_ONCE : last;
	if (status == STATUS_OK)
		status = gather_lines(e, ticket, *at, upto);
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASE_HISTORY_WORDS, "");
	store_erase_count(e, "lines of history", engine_changes(e->store->engine));
	if (status == STATUS_OK)
		status = engine_run(e->store->engine, e->error, SQL_ERASE_HISTORY_FIRST, "");
	store_erase_count(e, "lines of history of the first version", engine_changes(e->store->engine));
	*at = upto;
	return status;
}

enum status store_erase_thin(struct store *store, struct arena *arena, const struct erase_order *order, int64_t ticket, enum erase_thin what, bool dry, struct erase_thinned *thinned, bool *more,
                             struct erased *erased, struct error *error)
{
	static enum status (*const thin[ERASE_THINS])(struct erasing *, int64_t, struct erase_thinned *, bool *) = {
		[THIN_MESSAGES] = thin_messages, [THIN_DELIVERIES] = thin_deliveries, [THIN_OUTGOING] = thin_outgoing, [THIN_LINES] = thin_lines };
	struct erasing e = { .store = store, .arena = arena, .order = order, .dry = dry, .out = erased, .error = error, .now = clock_now() };
	enum status status = store_places_finish(store, error);

	return status == STATUS_OK ? thin[what](&e, ticket, thinned, more) : status;
}
