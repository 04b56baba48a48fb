/*
 * store_erase_outgoing.c - an outgoing mail without a word: its row stays, for who counts; what waited is sent no more.
 *
 * Diagnostics: those of store_outbox_get().
 */
#include "store_private.h"

enum status store_erase_outgoing(struct store *store, int64_t id, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer record = { 0 };
	struct outbox_row row;
	enum status status = store_outbox_get(store, &arena, id, &row, error);
	struct outgoing empty = { .id = id, .trace = "", .ticket = row.ticket, .from = { ERASED_ADDRESS, "" }, .reply_to = "", .envelope_from = "", .message_id = "", .in_reply_to = "",
	                          .subject = ERASED_TEXT, .variables = "" };

	if (status != STATUS_OK)
		return status;
	empty.template = row.outgoing.template;
	empty.language = row.outgoing.language;
	empty.queue = row.outgoing.queue;
	empty.agent = row.outgoing.agent;
	empty.to_agent = row.outgoing.to_agent;
	empty.automatic = row.outgoing.automatic;
	empty.date = row.outgoing.date;
	empty.seq = row.outgoing.seq;
	*ARENA_PUSH(&arena, &empty.to) = (struct mail_address){ ERASED_ADDRESS, "" };
	desk_outgoing_write(&record, &empty);
	return engine_run(store->engine, error, SQL_ERASE_OUTBOX, "it", id, buffer_string(&record));
}
