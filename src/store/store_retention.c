/*
 * store_retention.c - letting go of what is old: mails as they came, and words, of tickets to which nothing has happened for a time.
 *
 * Steps, one ticket each, so that whoever runs them (gateway_retention.c) can rest between two: what is due is found by the numbers of tickets, a piece
 * at a time, and `retained` says how much went already while nothing has happened since. Of a mail whose bytes go, text and the names of its files stay
 * (store_keep_last()); where all words go, the ticket is emptied as `erase ticket` does, but without an entry in the ledger: a backup that is restored has old
 * tickets again, and the next night lets go of them again.
 * Mails on no ticket are numbered as they came: a mark says how far each rule went.
 * A mail that is also a message of a ticket that keeps it stays. Files are removed after the commit; what a power cut leaves, store_sweep.c removes.
 */
#include "store_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOOKED_AT 5000           /* numbers of tickets that one look goes through: a millisecond or two of reading */
#define SENT_AT_ONCE 100         /* outgoing mails in one transaction: a record each is written anew */
#define MARK_SENT "retention_sent"

enum status store_retention_due(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t *upto, struct ticket_ids *ids, struct error *error)
{
	int64_t last = 0, from = *upto;
	struct cursor cursor;
	enum status status = engine_number(store->engine, error, &last, 0, SQL_TICKET_LAST, "");

	*ids = (struct ticket_ids){ 0 };
	if (status != STATUS_OK)
		return status;
	*upto = from + LOOKED_AT < last ? from + LOOKED_AT : 0;
	cursor_open(&cursor, store->engine, error, SQL_RETENTION_DUE, "iittid", from, from + LOOKED_AT, rule->state, rule->queue, rule->before, (int)rule->what);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, ids) = cursor_number(&cursor, 0);
	return cursor_close(&cursor);
}

enum status store_retention_held(struct store *store, struct arena *arena, int64_t ticket, const struct query *hold, bool *held, struct error *error)
{
	*held = false;
	return hold ? store_ticket_holds(store, arena, ticket, hold, clock_now(), held, error) : STATUS_OK;
}

/* ---- whose mail is it, too? ---- */

struct other { int64_t ticket; bool due; };

static enum status is_kept_by_others(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, int64_t raw, bool *kept,
                                     struct error *error)
{
	struct { struct other *at; size_t count; } others = { 0 };
	struct cursor cursor;
	enum status status;

	*kept = false;
	cursor_open(&cursor, store->engine, error, SQL_RETENTION_SHARED, "iitti", raw, ticket, rule->state, rule->queue, rule->before);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &others) = (struct other){ cursor_number(&cursor, 0), cursor_number(&cursor, 1) != 0 };
	status = cursor_close(&cursor);
	for (size_t i = 0; i < others.count && status == STATUS_OK && !*kept; i++) {
		*kept = !others.at[i].due;
		if (!*kept)
			status = store_retention_held(store, arena, others.at[i].ticket, hold, kept, error);
	}
	return status;
}

static enum status there_still(struct store *store, int64_t raw, int64_t *size, bool *there, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	struct cursor cursor;

	*there = false;
	cursor_open(&cursor, store->engine, error, SQL_RAW_GET, "i", raw);
	if (cursor_next(&cursor)) {
		*size = cursor_number(&cursor, 0);
		*there = cursor_number(&cursor, 2) != 0 || cursor_text_or_null(&cursor, &arena, 1);
	}
	return cursor_close(&cursor);
}

enum status store_retention_mails(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, struct retention_mails *mails,
                                  struct error *error)
{
	struct { struct message_row *at; size_t count; } messages = { 0 };
	struct cursor cursor;
	enum status status;

	*mails = (struct retention_mails){ 0 };
	cursor_open(&cursor, store->engine, error, SQL_MESSAGES, "i", ticket);
	while (cursor_next(&cursor))
		store_read_message_columns(&cursor, arena, ARENA_PUSH(arena, &messages));
	status = cursor_close(&cursor);
	for (size_t i = 0; i < messages.count && status == STATUS_OK; i++) {
		struct retention_mail mail = { messages.at[i].seq, messages.at[i].raw, 0, 0 };
		bool there = false, kept = false;

		if (mail.raw)
			status = there_still(store, mail.raw, &mail.size, &there, error);
		if (status == STATUS_OK && there)
			status = is_kept_by_others(store, arena, rule, hold, ticket, mail.raw, &kept, error);
		if (status == STATUS_OK && there && !kept)
			*ARENA_PUSH(arena, mails) = mail;
	}
	return status;
}

/* ---- outgoing mails: their words stand on the ticket ---- */

/* Of a notice to an agent who may answer it yet, they are needed to tell his own from ours. */
static enum status may_be_bared(struct store *store, struct arena *arena, const struct outbox_row *row, bool *may, struct error *error)
{
	const struct outgoing *outgoing = &row->outgoing;
	struct cursor cursor;
	int64_t said = 0;

	*may = row->state == OUTBOX_SENT && outgoing->variables && *outgoing->variables && strcmp(outgoing->variables, OUTBOX_BARED) != 0;
	if (!*may || !row->ticket)
		return STATUS_OK;
	if (outgoing->seq) {
		enum status status = engine_number(store->engine, error, &said, 0, SQL_MESSAGE_SAID, "id", row->ticket, outgoing->seq);

		*may = said != 0;
		return status;
	}
	cursor_open(&cursor, store->engine, error, SQL_TICKET_STATE_NOW, "i", row->ticket);
	if (cursor_next(&cursor)) {
		const char *state = cursor_text(&cursor, arena, 0);

		*may = !strcmp(state, "closed") || !strcmp(state, "expired");
	}
	return cursor_close(&cursor);
}

static enum status bare(struct store *store, int64_t id, bool dry, bool *bared, struct error *error)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	CLEANUP_BUFFER struct buffer record = { 0 };
	struct outbox_row row;
	enum status status = store_outbox_get(store, &arena, id, &row, error);

	*bared = false;
	if (status == STATUS_OK)
		status = may_be_bared(store, &arena, &row, bared, error);
	if (status != STATUS_OK || !*bared || dry)
		return status;
	row.outgoing.variables = OUTBOX_BARED;
	desk_outgoing_write(&record, &row.outgoing);
	return engine_run(store->engine, error, SQL_OUTBOX_RECORD, "it", id, buffer_string(&record));
}

static enum status bare_ticket(struct store *store, struct arena *arena, int64_t ticket, struct error *error)
{
	struct customer_ids ids = { 0 };
	struct cursor cursor;
	bool bared;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_OF_TICKET, "i", ticket);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &ids) = cursor_number(&cursor, 0);
	status = cursor_close(&cursor);
	for (size_t i = 0; i < ids.count && status == STATUS_OK; i++)
		status = bare(store, ids.at[i], false, &bared, error);
	return status;
}

struct sent { int64_t id, created; bool sent; };

/* They are numbered as they were made: behind the first that is too young there is nothing. */
enum status store_retention_sent(struct store *store, struct arena *arena, int64_t before, bool dry, int64_t *upto, int64_t *count, struct error *error)
{
	struct { struct sent *at; size_t count; } rows = { 0 };
	struct cursor cursor;
	int64_t mark = *upto, last = 0;
	bool bared, young = false;
	enum status status = mark ? STATUS_OK : engine_number(store->engine, error, &mark, 0, SQL_META_GET, "t", MARK_SENT);

	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_OUTBOX_SENT_SINCE, "ii", mark, (int64_t)SENT_AT_ONCE);
	while (cursor_next(&cursor))
		*ARENA_PUSH(arena, &rows) = (struct sent){ cursor_number(&cursor, 0), cursor_number(&cursor, 1), cursor_number(&cursor, 2) != 0 };
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows.count && status == STATUS_OK && !young; i++) {
		if ((young = rows.at[i].created >= before))
			break;
		bared = false;
		if (rows.at[i].sent)
			status = bare(store, rows.at[i].id, dry, &bared, error);
		*count += bared;
		last = rows.at[i].id;
	}
	*upto = young || rows.count < SENT_AT_ONCE ? 0 : last;
	return status == STATUS_OK && last && !dry ? engine_run(store->engine, error, SQL_META_SET, "ti", MARK_SENT, last) : status;
}

/* ---- one ticket ---- */

static enum status let_go(struct store *store, struct arena *arena, const struct retention_drop *drop, struct strings *files, struct error *error)
{
	struct cursor cursor;
	const char *file = NULL;
	enum status status;

	cursor_open(&cursor, store->engine, error, SQL_RAW_GET, "i", drop->raw);
	if (cursor_next(&cursor))
		file = cursor_text_or_null(&cursor, arena, 1);
	if ((status = cursor_close(&cursor)) != STATUS_OK)
		return status;
	if (file)
		strings_add(arena, files, file);
	status = store_keep_last(store, drop->raw, drop->mail, error);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_RAW_LET_GO, "i", drop->raw) : status;
}

static enum status forget_lesson(struct store *store, int64_t ticket, struct error *error)
{
	int64_t learned = 0;
	enum status status = engine_number(store->engine, error, &learned, 0, SQL_CONFIRMED_HAS, "i", ticket);

	return status == STATUS_OK && learned ? engine_run(store->engine, error, SQL_ERASE_MODELS, "") : status;
}

static enum status let_words_go(struct store *store, struct arena *arena, int64_t ticket, struct strings *files, struct error *error)
{
	enum status status = forget_lesson(store, ticket, error);

	return status == STATUS_OK ? store_erase_words(store, arena, ticket, "retention", files, error) : status;
}

/* It was chosen a while ago: meanwhile the same mail may have come to somebody else. */
static enum status let_go_unless_kept(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, const struct retention_drop *drop,
                                      struct strings *files, struct error *error)
{
	bool kept = false;
	enum status status = is_kept_by_others(store, arena, rule, hold, ticket, drop->raw, &kept, error);

	return status == STATUS_OK && !kept ? let_go(store, arena, drop, files, error) : status;
}

enum status store_retention_ticket(struct store *store, struct arena *arena, const struct retention_rule *rule, const struct query *hold, int64_t ticket, const struct retention_drops *drops,
                                   bool *done, struct strings *files, struct error *error)
{
	int64_t still = 0;
	enum status status = engine_number(store->engine, error, &still, 0, SQL_RETENTION_STILL, "itti", ticket, rule->state, rule->queue, rule->before);

	*done = still != 0;
	*files = (struct strings){ 0 };
	if (status != STATUS_OK || !still || (status = engine_forgets(store->engine, error)) != STATUS_OK || (status = store_places_finish(store, error)) != STATUS_OK)
		return status;
	if (rule->what == RETENTION_WORDS)
		status = let_words_go(store, arena, ticket, files, error);
	for (size_t i = 0; rule->what != RETENTION_WORDS && i < drops->count && status == STATUS_OK; i++)
		status = let_go_unless_kept(store, arena, rule, hold, ticket, &drops->at[i], files, error);
	if (status == STATUS_OK && rule->what == RETENTION_RAW)
		status = bare_ticket(store, arena, ticket, error);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_RETAINED_SET, "id", ticket, (int)rule->what) : status;
}

/* ---- mails that are on no ticket ---- */

#define LOOSE_AT_ONCE 20         /* rows looked at for one transaction */

static const char *loose_mark(enum retention_what what)
{
	return what == RETENTION_WORDS ? "retention_loose_words" : what == RETENTION_RAW ? "retention_loose_raw" : "retention_loose_attachments";
}

static enum status add_loose(struct store *store, struct arena *arena, const struct retention_mail *loose, enum retention_what what, struct retention_mails *mails, struct error *error)
{
	struct retention_mail mail = *loose;
	int64_t on_ticket = 0;
	bool there = false;
	enum status status = engine_number(store->engine, error, &on_ticket, 0, SQL_RAW_ON_TICKET, "i", mail.raw);

	if (status == STATUS_OK)
		status = there_still(store, mail.raw, &mail.size, &there, error);
	mail.raw = on_ticket ? 0 : mail.raw;
	if (status == STATUS_OK && (what == RETENTION_WORDS || (there && !on_ticket)))
		*ARENA_PUSH(arena, mails) = mail;
	return status;
}

/* They are numbered as they came: the first that is too young ends it. */
enum status store_retention_loose(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t *upto, int64_t *last, struct retention_mails *mails, struct error *error)
{
	struct { struct retention_mail *at; size_t count; } rows = { 0 };
	struct cursor cursor;
	size_t seen = 0;
	int64_t mark = *upto;
	enum status status = mark ? STATUS_OK : engine_number(store->engine, error, &mark, 0, SQL_META_GET, "t", loose_mark(rule->what));

	*mails = (struct retention_mails){ 0 };
	*last = mark;
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_RETENTION_LOOSE, "iii", mark, rule->before, (int64_t)LOOSE_AT_ONCE);
	while (cursor_next(&cursor)) {
		*last = cursor_number(&cursor, 0);
		seen++;
		if (!cursor_number(&cursor, 2))
			*ARENA_PUSH(arena, &rows) = (struct retention_mail){ 0, cursor_number(&cursor, 1), 0, *last };
	}
	status = cursor_close(&cursor);
	for (size_t i = 0; i < rows.count && status == STATUS_OK; i++)
		status = add_loose(store, arena, &rows.at[i], rule->what, mails, error);
	*upto = seen == LOOSE_AT_ONCE ? *last : 0;
	return status;
}

static enum status forget_delivery(struct store *store, struct arena *arena, const struct retention_drop *drop, struct strings *files, struct error *error)
{
	static const enum sql steps[] = { SQL_ERASING_FILES, SQL_ERASE_DERIVED, SQL_ERASE_RAW, SQL_ERASE_MAILBOX };
	struct cursor cursor;
	enum status status = engine_run(store->engine, error, SQL_ERASING_CLEAR, "");

	if (status == STATUS_OK)
		status = engine_run(store->engine, error, SQL_ERASING_ADD, "tit", "mailbox", drop->mailbox, "");
	if (status == STATUS_OK && drop->raw)
		status = engine_run(store->engine, error, SQL_ERASING_ADD, "tit", "raw", drop->raw, "");
	for (size_t i = 0; i < COUNT_OF(steps) && status == STATUS_OK; i++)
		status = engine_run(store->engine, error, steps[i], "");
	if (status != STATUS_OK)
		return status;
	cursor_open(&cursor, store->engine, error, SQL_ERASING_LIST, "t", "file");
	while (cursor_next(&cursor))
		strings_add(arena, files, cursor_text(&cursor, arena, 1));
	status = cursor_close(&cursor);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_ERASING_CLEAR, "") : status;
}

enum status store_retention_loose_gone(struct store *store, struct arena *arena, const struct retention_rule *rule, int64_t last, const struct retention_drops *drops, struct strings *files,
                                       struct error *error)
{
	enum status status = engine_forgets(store->engine, error);

	*files = (struct strings){ 0 };
	for (size_t i = 0; i < drops->count && status == STATUS_OK; i++)
		status = rule->what == RETENTION_WORDS ? forget_delivery(store, arena, &drops->at[i], files, error) : let_go(store, arena, &drops->at[i], files, error);
	return status == STATUS_OK ? engine_run(store->engine, error, SQL_META_SET, "ti", loose_mark(rule->what), last) : status;
}

void store_retention_files(struct store *store, const struct strings *files)
{
	CLEANUP_ARENA struct arena arena = { 0 };

	for (size_t i = 0; i < files->count; i++) {
		const char *path = store_raw_path(&arena, store->state_dir, files->at[i]);

		if (unlink(path) < 0 && errno != ENOENT)
			log_event(LOG_WARNING, "store.trouble", "why", strerror(errno), NULL);
	}
}

enum status store_retention_finish(struct store *store, bool words, struct error *error)
{
	enum status status = words ? store_search_forget(store, error) : STATUS_OK;

	return status == STATUS_OK ? engine_scrub(store->engine, error) : status;
}
