/*
 * store_erase_attachment.c - erases one attachment: its mail is written anew without it (mail_cut.c), for all deliveries and tickets that have the mail.
 *
 * The new bytes are complete, and on the disk if they are a file, before the transaction that puts them in the place of the old ones; the old file is removed
 * after it, with what else stands beside the tables (store_erase_finish()). Mails of ours that were sent on those tickets and name the file lose their words.
 * Diagnostics: STATUS_NOT_FOUND no such message or attachment; STATUS_BAD_INPUT it lies in another one; STATUS_REFUSED held by law.
 */
#include "store_private.h"

#include "store_spool_private.h"

#include <string.h>
#include <unistd.h>

struct cutting {
	struct store *store; struct arena *arena; const struct erase_order *order; struct erased *out; struct error *error;
	int64_t raw;
	const char *name;                /* of the file; "": made up */
	unsigned char digest[SHA256_SIZE];       /* of the mail as it was */
	struct customer_ids tickets;     /* that have the mail, its own first */
	struct store_spool *spool;
	bool into_row;                   /* the bytes go there, though they are many: a database that was restored has no files */
};

static void place(struct cutting *c, const char *where, int64_t count)
{
	if (count > 0)
		*ARENA_PUSH(c->arena, &c->out->places) = (struct erased_place){ where, count };
}

/* ---- what it is ---- */

static enum status none(struct cutting *c)
{
	return error_set(c->error, STATUS_NOT_FOUND, "message %d of ticket %lld has no attachment %d", c->order->seq, (long long)c->order->ticket, c->order->attachment);
}

static enum status find_raw(struct cutting *c)
{
	struct cursor cursor;
	bool there;

	cursor_open(&cursor, c->store->engine, c->error, SQL_MESSAGE_RAW, "id", c->order->ticket, c->order->seq);
	if ((there = cursor_next(&cursor)))
		c->raw = cursor_number(&cursor, 0);
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	if (!there)
		return error_set(c->error, STATUS_NOT_FOUND, "ticket %lld has no message %d", (long long)c->order->ticket, c->order->seq);
	return c->raw ? STATUS_OK : none(c);
}

static enum status find_name(struct cutting *c, const struct mail_source *source)
{
	struct mail_options options = { .light = true, .text_most = 1 };
	struct mail *mail = ARENA_NEW(c->arena, struct mail);
	size_t number = (size_t)c->order->attachment;

	mail_parse(c->arena, source, &options, mail);
	if (number < 1 || number > mail->attachments.count)
		return none(c);
	c->name = mail->attachments.at[number - 1].named ? mail->attachments.at[number - 1].filename : "";
	return STATUS_OK;
}

static bool to_spool(void *context, const void *bytes, size_t length)
{
	return store_spool_add(context, bytes, length);
}

static enum status read_row(struct cutting *c)
{
	struct cursor cursor;

	cursor_open(&cursor, c->store->engine, c->error, SQL_RAW_GET, "i", c->raw);
	if (cursor_next(&cursor))
		c->into_row = cursor_number(&cursor, 2) != 0;
	if (cursor_close(&cursor) != STATUS_OK)
		return cursor.status;
	cursor_open(&cursor, c->store->engine, c->error, SQL_RAW_DIGEST, "i", c->raw);
	if (cursor_next(&cursor))
		store_raw_kept_digest(&cursor, 0, c->digest);
	return cursor_close(&cursor);
}

static enum status cut(struct cutting *c)
{
	struct store_raw raw;
	enum status status = store_raw_open(c->store, c->raw, &raw, c->error);

	if (status != STATUS_OK)
		return status;
	status = read_row(c);
	if (status == STATUS_OK)
		status = find_name(c, &raw.source);
	if (status == STATUS_OK)
		status = mail_without_attachment(&raw.source, (size_t)c->order->attachment, to_spool, c->spool, c->error);
	store_raw_close(&raw);
	return status == STATUS_OK ? store_spool_finish(c->spool, c->error) : status;
}

/* ---- in the transaction ---- */

static enum status find_tickets(struct cutting *c)
{
	struct cursor cursor;

	*ARENA_PUSH(c->arena, &c->tickets) = c->order->ticket;
	cursor_open(&cursor, c->store->engine, c->error, SQL_TICKETS_OF_RAW, "ii", c->raw, c->order->ticket);
	while (cursor_next(&cursor))
		*ARENA_PUSH(c->arena, &c->tickets) = cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

static enum status check_hold(struct cutting *c)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < c->tickets.count && status == STATUS_OK && c->order->hold; i++) {
		bool holds = false;

		status = store_ticket_holds(c->store, c->arena, c->tickets.at[i], c->order->hold, clock_now(), &holds, c->error);
		if (status == STATUS_OK && holds)
			status = error_set(c->error, STATUS_REFUSED, "ticket %lld is held (retention_hold): nothing was erased", (long long)c->tickets.at[i]);
	}
	return status;
}

static enum status fill_row(struct cutting *c)
{
	struct engine_blob *blob;
	char piece[32 * 1024];
	size_t at = 0;
	ssize_t got;
	enum status status = engine_run(c->store->engine, c->error, SQL_RAW_MAKE_ROOM, "ii", c->raw, (int64_t)c->spool->size);

	if (status == STATUS_OK)
		status = engine_blob_open(c->store->engine, ENGINE_RAW_BYTES, c->raw, true, &blob, c->error);
	if (status != STATUS_OK)
		return status;
	while (status == STATUS_OK && at < c->spool->size && (got = pread(c->spool->fd, piece, sizeof piece, (off_t)at)) > 0) {
		status = engine_blob_write(blob, piece, (size_t)got, at, c->error);
		at += (size_t)got;
	}
	engine_blob_close(&blob);
	return status == STATUS_OK && at < c->spool->size ? error_set(c->error, STATUS_TRY_LATER, "the mail without its attachment could not be read again") : status;
}

static enum status put_raw(struct cutting *c)
{
	const struct store_spool *spool = c->spool;
	bool in_file = spool->fd >= 0 && !c->into_row;
	int64_t same = 0;
	enum status status = engine_number(c->store->engine, c->error, &same, 0, SQL_RAW_SAME, "ib", c->raw, c->digest, sizeof c->digest);

	if (status == STATUS_OK && !same)
		return error_set(c->error, STATUS_TRY_LATER, "somebody else is at this mail; try again");
	if (status == STATUS_OK)
		status = engine_run(c->store->engine, c->error, SQL_ERASING_ADD, "tit", "raw", c->raw, "");
	if (status == STATUS_OK)
		status = engine_run(c->store->engine, c->error, SQL_ERASING_FILES, "");
	if (status == STATUS_OK)
		status = engine_run(c->store->engine, c->error, SQL_ERASE_DERIVED, "");
	place(c, "texts made of mails", engine_changes(c->store->engine));
	if (status == STATUS_OK)
		status = engine_run(c->store->engine, c->error, SQL_RAW_REWRITE, "iibtb", c->raw, (int64_t)spool->size, spool->sha256, sizeof spool->sha256, in_file ? spool->file : NULL,
		                    spool->fd >= 0 ? NULL : (const void *)spool->memory.at, spool->fd >= 0 ? (size_t)0 : spool->memory.length);
	if (status == STATUS_OK && spool->fd >= 0 && !in_file)
		status = fill_row(c);
	place(c, "raw mails", 1);
	return status == STATUS_OK ? engine_run(c->store->engine, c->error, SQL_ERASING_REMOVE, "ti", "raw", c->raw) : status;
}

static enum status empty_outgoing(struct cutting *c)
{
	int64_t emptied = 0;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < c->tickets.count && status == STATUS_OK && *c->name; i++) {
		struct customer_ids ids = { 0 };
		struct cursor cursor;

		cursor_open(&cursor, c->store->engine, c->error, SQL_OUTBOX_NAMING, "it", c->tickets.at[i], text_lower(c->arena, c->name));
		while (cursor_next(&cursor))
			*ARENA_PUSH(c->arena, &ids) = cursor_number(&cursor, 0);
		status = cursor_close(&cursor);
		for (size_t k = 0; k < ids.count && status == STATUS_OK; k++, emptied++)
			status = store_erase_outgoing(c->store, ids.at[k], c->error);
	}
	place(c, "outgoing mails", emptied);
	return status;
}

static enum status count_files(struct cutting *c)
{
	int64_t files = 0;
	struct cursor cursor;

	cursor_open(&cursor, c->store->engine, c->error, SQL_ERASING_LIST, "t", "file");
	while (cursor_next(&cursor))
		files++;
	place(c, "files", files);
	return cursor_close(&cursor);
}

static enum status change(struct cutting *c)
{
	enum status status = engine_run(c->store->engine, c->error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = store_places_finish(c->store, c->error);
	if (status == STATUS_OK)
		status = find_tickets(c);
	if (status == STATUS_OK)
		status = check_hold(c);
	place(c, "attachments", 1);
	if (status == STATUS_OK)
		status = put_raw(c);
	if (status == STATUS_OK)
		status = empty_outgoing(c);
	if (status == STATUS_OK)
		status = count_files(c);
	return status == STATUS_OK ? store_erasures_note(c->store, c->arena, c->order, clock_now(), c->error) : status;
}

static enum status erase(struct cutting *c, bool dry)
{
	enum status status = find_raw(c);

	if (status == STATUS_OK)
		status = cut(c);
	if (status == STATUS_OK)
		status = store_places_catch_up(c->store, c->error);
	if (status == STATUS_OK)
		status = engine_forgets(c->store->engine, c->error);
	if (status == STATUS_OK)
		status = store_begin(c->store, c->error);
	if (status != STATUS_OK)
		return status;
	status = change(c);
	if (status != STATUS_OK || dry) {
		store_rollback(c->store);
		return status;
	}
	if ((status = store_commit(c->store, c->error)) != STATUS_OK)
		return status;
	if (!c->into_row)
		store_spool_kept(c->spool);
	c->out->done = true;
	return STATUS_OK;
}

enum status store_erase_attachment(struct store *store, struct arena *arena, const struct erase_order *order, bool dry, struct erased *erased, struct error *error)
{
	struct cutting c = { .store = store, .arena = arena, .order = order, .out = erased, .error = error, .spool = store_spool_new(store->state_dir) };
	enum status status = erase(&c, dry);

	erased->raw = c.raw;
	for (size_t i = 0; i < c.tickets.count; i++)
		*ARENA_PUSH(arena, &erased->of) = c.tickets.at[i];
	store_spool_free(&c.spool);
	return status;
}
