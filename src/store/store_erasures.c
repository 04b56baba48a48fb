/*
 * store_erasures.c - the log of erasures, what follows after each, and the ledger that tells a restored backup what is not to be in it (store_ledger.c).
 *
 * The log is a table and has no word of what was erased: numbers, and keyed digests of addresses. Its rows are `done` when files, full text and the
 * database's own log are clean, too, and the ledger has them: a power cut leaves them to whoever comes next. The ledger is STATE_DIR/erasures, a file
 * of its own that no restore replaces: a head with its key, and a line an erasure, "WHEN KIND NUMBERS DIGEST", and an attachment's number. An entry is known again by its
 * digest over the address, or over number and date of the ticket, so that another ticket of that number stays.
 * Diagnostics: STATUS_BAD_INPUT "is no ledger".
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the log ---- */

/* The key is the ledger's; where there is none, it begins with this. Machines on one database have the same. */
static enum status find_key(struct store *store, struct arena *arena, unsigned char key[LEDGER_KEY_SIZE], struct error *error)
{
	struct ledger ledger;
	const char *hex;
	enum status status = store_ledger_share(store, error);

	if (status == STATUS_OK)
		status = store_ledger_read(arena, store_ledger_path(arena, store), &ledger, error);
	if (status != STATUS_OK || ledger.known) {
		memcpy(key, ledger.key, status == STATUS_OK ? LEDGER_KEY_SIZE : 0);
		return status;
	}
	random_bytes(key, LEDGER_KEY_SIZE);
	hex = hex_encode(arena, key, LEDGER_KEY_SIZE);
	status = store_ledger_begin(store, hex, error);
	return status == STATUS_OK && !engine_alone(store->engine) ? engine_run(store->engine, error, SQL_META_SET, "tt", META_LEDGER_KEY, hex) : status;
}

static enum status note(struct store *store, int64_t now, const char *kind, int64_t a, int64_t b, int64_t c, const char *digest, struct error *error)
{
	return engine_run(store->engine, error, SQL_ERASURE_ADD, "itiiti", now, kind, a, b, digest, c);
}

enum status store_erasures_note(struct store *store, struct arena *arena, const struct erase_order *order, int64_t now, struct error *error)
{
	unsigned char key[LEDGER_KEY_SIZE];
	struct { const char **at; size_t count; } addresses = { 0 };
	struct ticket_whose ticket;
	struct cursor cursor;
	static const char *const kinds[] = { "customer", "ticket", "message", "attachment" };
	enum status status = find_key(store, arena, key, error);

	if (status != STATUS_OK)
		return status;
	if (order->what != ERASE_CUSTOMER) {
		status = store_tickets_whose(store, arena, order->ticket, 1, &ticket, error);
		return status != STATUS_OK || !ticket.ticket ? status : note(store, now, kinds[order->what], order->ticket, order->seq, order->attachment,
		                                                             store_ledger_digest(arena, key, store_ledger_identity(arena, ticket.ticket, ticket.created)), error);
	}
	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "address");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &addresses) = cursor_text(&cursor, arena, 1);
	status = cursor_close(&cursor);
	for (size_t i = 0; i < addresses.count && status == STATUS_OK; i++)
		status = note(store, now, kinds[ERASE_CUSTOMER], 0, 0, 0, store_ledger_digest(arena, key, addresses.at[i]), error);
	return status;
}

/* ---- what follows ---- */

/* That they are gone is on the disk before anybody says so: their rows are emptied, and nothing else would remember them. */
enum status store_erase_files(struct store *store, struct arena *arena, struct error *error)
{
	struct cursor cursor;

	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "file");
	while (cursor_next(&cursor)) {
		char *path = store_raw_path(arena, store->state_dir, cursor_text(&cursor, arena, 1)), *slash = strrchr(path, '/');
		bool gone = unlink(path) == 0 || errno == ENOENT;

		*slash = '\0';
		gone = gone && (directory_sync(path) || errno == ENOENT);
		*slash = '/';
		if (!gone && cursor.status == STATUS_OK)
			cursor.status = error_set(error, STATUS_TRY_LATER, "%s: %s; it is erased at the next try", path, strerror(errno));
	}
	return cursor_close(&cursor);
}

/* Lines that are there already are written once more: that harms nobody. */
static enum status write_ledger(struct store *store, struct arena *arena, struct error *error)
{
	CLEANUP_BUFFER struct buffer lines = { 0 };
	char *path = store_ledger_path(arena, store);
	struct cursor cursor;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_ERASURES_OPEN, "");
	while (cursor_next(&cursor))
		buffer_printf(&lines, "%s\n", store_ledger_line(arena, cursor_number(&cursor, 1), cursor_text(&cursor, arena, 2), cursor_number(&cursor, 3), cursor_number(&cursor, 4),
		                                                cursor_text(&cursor, arena, 5), cursor_number(&cursor, 6)));
	if ((status = cursor_close(&cursor)) != STATUS_OK || !lines.length)
		return status;
	CLEANUP_FD int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || !write_all(fd, lines.at, lines.length) || fsync(fd) < 0)
		return error_set(error, STATUS_TRY_LATER, "%s: %s; the erasure is not in the ledger yet", path, strerror(errno));
	return STATUS_OK;
}

static enum status is_done(struct store *store, struct error *error)
{
	enum status status = store_begin(store, error);

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASING_CLEAR, "");
	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASURES_DONE, "");
	if (status == STATUS_OK)
		return store_commit(store, error);
	store_rollback(store);
	return status;
}

enum status store_erase_follow(struct store *store, struct arena *arena, bool ledger, struct error *error)
{
	enum status status = store_erase_files(store, arena, error);

	if (status == STATUS_OK)
		status = store_search_forget(store, error);
	if (status == STATUS_OK && ledger)
		status = write_ledger(store, arena, error);
	if (status == STATUS_OK)
		status = is_done(store, error);
	return status == STATUS_OK ? engine_scrub(store->engine, error) : status;
}

enum status store_erasures(struct store *store, struct arena *arena, struct erasure_rows *rows, struct error *error)
{
	struct cursor cursor;

	*rows = (struct erasure_rows){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_ERASURES, "");
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, rows) = (struct erasure_row){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 3), (int)cursor_number(&cursor, 4), (int)cursor_number(&cursor, 7), cursor_text(&cursor, arena, 2),
		                                                 cursor_number(&cursor, 6) != 0 };
	return cursor_close(&cursor);
}
