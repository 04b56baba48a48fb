/*
 * store_fsck.c - is everything there, and does it fit together? Each complaint is one line.
 *
 * First the engine's own check, then ours: each query of the table below gives the rows that should not be there,
 * then what SQL cannot see: histories replayed to the ticket's state, the records of outgoing mails, the engine's own lookups, the
 * bytes of each raw mail against their digest, files that no row names. Changes nothing. The queries see one snapshot and
 * may run beside a working daemon, which then cannot shorten its log until they end.
 * Diagnostics: the findings; a status only where the check itself could not be made.
 */
#include "store_private.h"

#include <errno.h>
#include <string.h>

#define FINDINGS_A_CHECK 20      /* of the same sort; then "and more" */

struct fsck {
	struct store *store;
	struct arena *arena;
	struct strings *findings;
	struct error *error;
};

/* The first column of each row goes to the %lld of the complaint, further text follows it. words: what the statement is given, if anything. */
struct check { enum sql id; const char *complaint, *words; };

static const struct check checks[] = {
	{ SQL_CHECK_GAP_MAILBOX, "mailbox: rows are missing below number %lld", NULL },
	{ SQL_CHECK_GAP_RAW, "raw: rows are missing below number %lld", NULL },
	{ SQL_CHECK_GAP_CONTACT, "contact: rows are missing below number %lld", NULL },
	{ SQL_CHECK_GAP_TICKET, "ticket: rows are missing below number %lld", NULL },
	{ SQL_CHECK_GAP_MESSAGE, "message: rows are missing below number %lld", NULL },
	{ SQL_CHECK_GAP_OUTBOX, "outbox: rows are missing below number %lld", NULL },
	{ SQL_CHECK_MAILBOX_DISPOSITION, "mailbox %lld: has no disposition that we know", DISPOSITION_WORDS },
	{ SQL_CHECK_MAILBOX_ON_NONE, "mailbox %lld: is on a ticket, but on none", NULL },
	{ SQL_CHECK_MAILBOX_TICKET, "mailbox %lld: its ticket is not there", NULL },
	{ SQL_CHECK_MAILBOX_MESSAGE, "mailbox %lld: its message is not there", NULL },
	{ SQL_CHECK_MAILBOX_RAW, "mailbox %lld: its raw mail is not there", NULL },
	{ SQL_CHECK_MAILBOX_TWICE, "mailbox %lld: the same delivery is there twice", NULL },
	{ SQL_CHECK_RAW_UNNAMED, "raw mail %lld: no delivery names it", NULL },
	{ SQL_CHECK_DERIVED_RAW, "derived %lld: its raw mail is not there", NULL },
	{ SQL_CHECK_RAW_NOWHERE, "raw mail %lld: neither bytes nor file", NULL },
	{ SQL_CHECK_RAW_SIZE, "raw mail %lld: not of its size", NULL },
	{ SQL_CHECK_MESSAGE_GAP, "ticket %lld: its messages have a gap", NULL },
	{ SQL_CHECK_HISTORY_GAP, "ticket %lld: its history has a gap", NULL },
	{ SQL_CHECK_TICKET_HISTORY, "ticket %lld: has no history", NULL },
	{ SQL_CHECK_MESSAGE_RAW, "message %lld: its raw mail is not there", NULL },
	{ SQL_CHECK_MESSAGE_OUTBOX, "message %lld: its outgoing mail is not there", NULL },
	{ SQL_CHECK_TICKET_OF_MESSAGE, "message: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_HISTORY, "history: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_PARTICIPANT, "participant: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_LINK, "link: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_TAG, "tag: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_WATCHER, "watcher: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_SIDE, "side: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_SIDE_GAP, "ticket %lld: its side conversations have a gap, or two with one person", NULL },
	{ SQL_CHECK_SIDE_EMPTY, "ticket %lld: a side conversation without a message", NULL },
	{ SQL_CHECK_MESSAGE_SIDE, "message %lld: its side conversation is not there", NULL },
	{ SQL_CHECK_MESSAGE_SIDE_KIND, "message %lld: stands beside the customer's conversation, or in it, against its kind", NULL },
	{ SQL_CHECK_TICKET_OF_TIMER, "timer: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_CONFIRMED, "confirmed: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_ROUTED, "routed: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_LEARNED, "learned: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_TICKET_OF_SUGGESTION, "asked: names ticket %lld, which is not there", NULL },
	{ SQL_CHECK_SUGGESTED_SUGGESTION, "ticket %lld: articles were suggested, but never asked about", NULL },
	{ SQL_CHECK_SUGGESTION_SHOWN, "ticket %lld: what was suggested is not what was shown", NULL },
	{ SQL_CHECK_SUGGESTED_GAP, "ticket %lld: its suggestions have a gap", NULL },
	{ SQL_CHECK_SUGGESTION_OUTCOME, "ticket %lld: a word on its suggestions that nobody can have said", NULL },
	{ SQL_CHECK_SUGGESTED_NUMBER, "ticket %lld: a word on a suggestion without its number", NULL },
	{ SQL_CHECK_SUGGESTED_SOLVED, "ticket %lld: an article solved it, but the customer did not say so", NULL },
	{ SQL_CHECK_TICKET_HELD, "ticket %lld: is held, but nothing was suggested", NULL },
	{ SQL_CHECK_LINK_ONE_WAY, "ticket %lld: is linked one way only", NULL },
	{ SQL_CHECK_TICKET_MERGED, "ticket %lld: is merged into one that is not there", NULL },
	{ SQL_CHECK_LOADS, "ticket %lld: how much its agent has is not what was counted", NULL },
	{ SQL_CHECK_TALLY_TICKETS, "ticket %lld: how many its queue has in its state is not what was counted", NULL },
	{ SQL_CHECK_TALLY_OUTBOX, "outgoing mail %lld: how many are in its state is not what was counted", NULL },
	{ SQL_CHECK_OUTBOX_TICKET, "outgoing mail %lld: its ticket is not there", NULL },
	{ SQL_CHECK_OUTBOX_FAILED, "outgoing mail %lld: failed, and nothing says why", NULL },
	{ SQL_CHECK_CONTACT_TWICE, "contact %lld: the address is there twice", NULL },
	{ SQL_CHECK_CONTACT_PERSON, "contact %lld: is of a customer who is not there", NULL },
	{ SQL_CHECK_ERASURE, "erasure %lld: is in the tables, but files, search or ledger may still have it; it is finished by `sportello erase finish`", NULL },
	{ SQL_CHECK_CUSTOMER, "customer %lld: has no contact, or an organisation that is not there", NULL },
	{ SQL_CHECK_DOMAIN, "organisation %lld: has a domain, but is not there", NULL },
	{ SQL_CHECK_CONTACT_SHARED, "contact %lld: is shared, and somebody's own, or of an organisation that is not there", NULL },
};

static void complain(struct fsck *fsck, const char *format, ...) PRINTF_LIKE(2, 3);
static void complain(struct fsck *fsck, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strings_add(fsck->arena, fsck->findings, arena_vprintf(fsck->arena, format, arguments));
	va_end(arguments);
}

/* A statement that cannot be run on a damaged file is a finding; one that cannot be run now ends the check. */
static enum status finished(struct fsck *fsck, struct cursor *cursor, const struct error *error)
{
	if (cursor_close(cursor) == STATUS_OK)
		return STATUS_OK;
	if (cursor->status == STATUS_BROKEN) {
		complain(fsck, "%s", error->text);
		return STATUS_OK;
	}
	if (fsck->error)
		*fsck->error = *error;
	return cursor->status;
}

static void complain_of_engine(void *context, const char *text)
{
	complain(context, "%s", text);
}

/* ---- the table of queries ---- */

static void complain_of_row(struct fsck *fsck, const struct check *check, int64_t number)
{
	const char *mark = strstr(check->complaint, "%lld");

	complain(fsck, "%.*s%lld%s", (int)(mark - check->complaint), check->complaint, (long long)number, mark + strlen("%lld"));
}

static enum status run_check(struct fsck *fsck, const struct check *check)
{
	struct error error = { 0 };
	struct cursor cursor;
	int found = 0;

	if (check->words)
		cursor_open(&cursor, fsck->store->engine, &error, check->id, "t", check->words);
	else
		cursor_open(&cursor, fsck->store->engine, &error, check->id, "");
	while (cursor_next(&cursor)) {
		if (found++ == FINDINGS_A_CHECK) {
			complain(fsck, "... and more of these");
			break;
		}
		complain_of_row(fsck, check, cursor_number(&cursor, 0));
	}
	return finished(fsck, &cursor, &error);
}

/* ---- histories ---- */

struct replaying {
	struct replay replay;
	int64_t ticket;
	const char *complaint;           /* the first one of this ticket */
	struct arena arena;              /* of this ticket */
};

static const char *compare(const struct replay *replay, struct cursor *row, struct arena *arena)
{
#define FIELD(member, NAME, history) { 11 + TICKET_FIELD_##NAME, #member, replay->member },
	struct { int column; const char *name, *value; } fields[] = {
		{ 7, "state", replay->state }, { 8, "queue", replay->queue }, { 9, "agent", replay->agent }, TICKET_FIELDS(FIELD)
	};
#undef FIELD

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *is = cursor_text(row, arena, fields[i].column);

		if (strcmp(is, fields[i].value) != 0)
			return arena_printf(arena, "its %s is \"%s\", its history says \"%s\"", fields[i].name, is, fields[i].value);
	}
	if (cursor_number(row, 10) != replay->merged_into)
		return "its history does not say what it is merged into";
	if (cursor_number(row, 11) != replay->last_seq)
		return "its history does not tell of all its messages";
	return NULL;
}

/* One row for each row of history; the last one of a ticket carries the comparison. */
static void replay_row(struct fsck *fsck, struct replaying *replaying, struct cursor *row)
{
	int64_t ticket = cursor_number(row, 5);
	struct history_row what = { 0 };
	const char *complaint;

	if (ticket != replaying->ticket) {
		arena_fini(&replaying->arena);
		arena_init(&replaying->arena);
		store_replay_init(&replaying->replay);
		replaying->ticket = ticket;
		replaying->complaint = NULL;
	}
	store_history_read_columns(row, &replaying->arena, &what);
	complaint = store_replay_step(&replaying->replay, &replaying->arena, &what);
	if (!complaint && cursor_number(row, 6))
		complaint = compare(&replaying->replay, row, &replaying->arena);
	if (complaint && !replaying->complaint)
		complain(fsck, "ticket %lld: %s", (long long)ticket, complaint);
	if (complaint)
		replaying->complaint = complaint;
}

static enum status check_histories(struct fsck *fsck)
{
	struct replaying replaying = { 0 };
	struct error error = { 0 };
	struct cursor cursor;

	arena_init(&replaying.arena);
	cursor_open(&cursor, fsck->store->engine, &error, SQL_CHECK_HISTORIES, "");
	while (cursor_next(&cursor))
		replay_row(fsck, &replaying, &cursor);
	arena_fini(&replaying.arena);
	return finished(fsck, &cursor, &error);
}

/* ---- outgoing mails ---- */

static void check_outbox_row(struct fsck *fsck, struct cursor *row)
{
	CLEANUP_ARENA struct arena arena = { 0 };
	const char *record = cursor_text_or_null(row, &arena, 1);
	long long id = (long long)cursor_number(row, 0);
	struct outgoing outgoing = { 0 };

	if (!record || desk_outgoing_read(&arena, record, &outgoing) != STATUS_OK)
		complain(fsck, "outgoing mail %lld: cannot be read", id);
	else if (outgoing.id != id)
		complain(fsck, "outgoing mail %lld: is the record of %lld", id, (long long)outgoing.id);
	else if (outgoing.to.count + outgoing.cc.count == 0)
		complain(fsck, "outgoing mail %lld: has no recipient", id);
}

static enum status check_outbox(struct fsck *fsck)
{
	struct error error = { 0 };
	struct cursor cursor;

	cursor_open(&cursor, fsck->store->engine, &error, SQL_CHECK_RECORDS, "");
	while (cursor_next(&cursor))
		check_outbox_row(fsck, &cursor);
	return finished(fsck, &cursor, &error);
}

/* ---- raw mails ---- */

static enum status check_raw(struct fsck *fsck, int64_t id, int64_t size, const unsigned char *digest)
{
	unsigned char found[SHA256_SIZE] = { 0 };
	struct store_raw raw;
	struct error error = { 0 };
	enum status status = store_raw_open(fsck->store, id, &raw, &error);

	if (status == STATUS_TRY_LATER) {
		if (fsck->error)
			*fsck->error = error;
		return status;
	}
	if (status != STATUS_OK)
		complain(fsck, "raw mail %lld: cannot be opened: %s", (long long)id, error.text);
	else if ((int64_t)raw.source.size != size)
		complain(fsck, "raw mail %lld: has %llu bytes, not %lld", (long long)id, (unsigned long long)raw.source.size, (long long)size);
	else if (store_raw_digest(&raw.source, found) == STATUS_TRY_LATER)
		complain(fsck, "raw mail %lld: cannot be read: %s", (long long)id, strerror(errno));
	else if (memcmp(found, digest, sizeof found) != 0)
		complain(fsck, "raw mail %lld: its bytes are not those that came", (long long)id);
	if (status == STATUS_OK)
		store_raw_close(&raw);
	return STATUS_OK;
}

static enum status check_raws(struct fsck *fsck)
{
	struct cursor cursor;
	enum status status = STATUS_OK;

	cursor_open(&cursor, fsck->store->engine, fsck->error, SQL_RAW_ALL, "");
	while (status == STATUS_OK && cursor_next(&cursor)) {
		unsigned char digest[SHA256_SIZE];

		store_raw_kept_digest(&cursor, 2, digest);
		status = check_raw(fsck, cursor_number(&cursor, 0), cursor_number(&cursor, 1), digest);
	}
	if (cursor_close(&cursor) == STATUS_BROKEN) {
		complain(fsck, "the raw mails cannot be read to their end");
		return status;
	}
	return status == STATUS_OK ? cursor.status : status;
}

static void complain_of_stray(struct strays *strays, const char *file)
{
	if (strays->count++ < FINDINGS_A_CHECK)
		complain(strays->context, "mails/%s: no row names this file", file);
}

static enum status check_files(struct fsck *fsck)
{
	struct strays strays = { .engine = fsck->store->engine, .state_dir = fsck->store->state_dir, .error = fsck->error, .found = complain_of_stray, .context = fsck };

	return store_find_strays(&strays);
}

/* ---- all ---- */

static enum status check_snapshot(struct fsck *fsck)
{
	struct engine_findings findings = { complain_of_engine, fsck };
	enum status status = STATUS_OK;

	for (size_t i = 0; i < COUNT_OF(checks) && status == STATUS_OK; i++)
		status = run_check(fsck, &checks[i]);
	if (status == STATUS_OK)
		status = check_histories(fsck);
	if (status == STATUS_OK)
		status = check_outbox(fsck);
	return status == STATUS_OK ? engine_check_keys(fsck->store->engine, &findings, fsck->error) : status;
}

enum status store_fsck(struct store *store, struct arena *arena, struct strings *findings, struct error *error)
{
	struct fsck fsck = { .store = store, .arena = arena, .findings = findings, .error = error };
	bool began = false;
	enum status status = engine_check(store->engine, &(struct engine_findings){ complain_of_engine, &fsck }, error);

	if (status == STATUS_OK)
		status = store_read_begin(store, &began, error);
	if (status == STATUS_OK)
		status = check_snapshot(&fsck);
	store_read_end(store, began);
	if (status == STATUS_OK)
		status = check_raws(&fsck);
	return status == STATUS_OK ? check_files(&fsck) : status;
}
